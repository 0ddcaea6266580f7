//! `preau rules preview`: what a change of rules would do, before it is made (`communication.md` section 7).
//!
//! Invariant: nothing is written; what is printed comes from the one preview that the API answers with.

use std::fmt::Write as _;

use anyhow::Result;
use api::Node;
use api::graphql::common::opened;
use api::graphql::names::Names;
use api::graphql::rules::preview::{told, warned};
use api::texts::{Texts, Value};
use domain::group::{Fact, GroupKind, InternalPolicy, Profile};
use projections::dense::PersonNo;
use projections::graph::{Change, Inside, Preview, Side};
use projections::{GroupNo, World};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::arguments::Preview as Args;
use crate::beside::{self, Request};
use crate::cli::{self, Format};
use crate::settings::Settings;
use crate::{failed, named, say};

/// A change as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// `--policy`
    Policy(String, String),
    /// `--remove`
    Remove(String, String),
    /// `--take`
    Take(String, String),
    /// `--grant`
    Grant(String, String),
    /// `--make`
    Make(String, String),
    /// `--make-without-members`
    MakeWithoutMembers(String, String),
}

/// Prints what changes would do.
pub async fn print(args: &Args) -> Result<()> {
    let changes = asked(args);
    if changes.is_empty() {
        let told = "no change is given: use --make, --remove, --grant, --take or --policy";
        return Err(failed::input(told.to_owned()));
    }
    let (format, language) = (args.format, cli::Language::or_of_system(args.language));
    let request = Request::PreviewRules { changes, format, language };
    say(&beside::carry_out(&Settings::of(&args.flags)?, request).await?)
}

fn asked(args: &Args) -> Vec<Asked> {
    type Of = fn(String, String) -> Asked;
    let kinds: [(&Vec<String>, Of); 6] = [
        (&args.policy, Asked::Policy),
        (&args.remove, Asked::Remove),
        (&args.take, Asked::Take),
        (&args.grant, Asked::Grant),
        (&args.make, Asked::Make),
        (&args.make_without_members, Asked::MakeWithoutMembers),
    ];
    let pairs = |(typed, of): (&Vec<String>, Of)| {
        typed.chunks_exact(2).map(|pair| of(pair[0].clone(), pair[1].clone())).collect::<Vec<_>>()
    };
    kinds.into_iter().flat_map(pairs).collect()
}

/// Returns what changes would do, as it is printed.
pub fn of(node: &Node, asked: &[Asked], format: Format, language: cli::Language) -> Result<String> {
    let texts = Texts::load()?;
    let language = language.into();
    node.read(|world| {
        let changes: Result<Vec<_>> = asked.iter().map(|asked| found(world, asked)).collect();
        let changes = changes?.concat();
        let preview = world.graph.preview(&world.people, &changes);
        let shown = Shown { names: Names { world, texts: &texts, language }, preview: &preview };
        Ok(match format {
            Format::Text => shown.text(),
            Format::Json => format!("{:#}\n", shown.json()),
        })
    })
}

fn found(world: &World, asked: &Asked) -> Result<Vec<Change>> {
    Ok(match asked {
        Asked::Policy(uai, policy) => {
            let policy = match policy.to_uppercase().as_str() {
                "IMPLIED" => InternalPolicy::Implied,
                "EXPLICIT" => InternalPolicy::Explicit,
                _ => return Err(failed::input(format!("`{policy}` is no policy: IMPLIED or EXPLICIT"))),
            };
            vec![Change::SetPolicy { structure: named::structure(world, uai)?, policy }]
        }
        Asked::Remove(from, to) => {
            let (start, end) = (group(world, from)?, group(world, to)?);
            let rules = world.graph.rules_from(start).filter(|rule| rule.to == end);
            let removed: Vec<_> = rules.map(|rule| Change::RemoveRule { rule: rule.id }).collect();
            if removed.is_empty() {
                return Err(failed::not_there(format!("there is no rule from `{from}` to `{to}`")));
            }
            removed
        }
        Asked::Take(of, which) => {
            vec![Change::RemoveFact { group: group(world, of)?, fact: fact(which)? }]
        }
        Asked::Grant(of, which) => {
            vec![Change::GrantFact { group: group(world, of)?, fact: fact(which)? }]
        }
        Asked::Make(from, to) => {
            let (from, to) = (group(world, from)?, group(world, to)?);
            vec![Change::MakeRule { from, to, expose_members: true }]
        }
        Asked::MakeWithoutMembers(from, to) => {
            let (from, to) = (group(world, from)?, group(world, to)?);
            vec![Change::MakeRule { from, to, expose_members: false }]
        }
    })
}

fn fact(text: &str) -> Result<Fact> {
    match text.to_lowercase().as_str() {
        "uses" => Ok(Fact::Uses),
        "exposes" => Ok(Fact::Exposes),
        "internal" => Ok(Fact::Internal),
        _ => Err(failed::input(format!("`{text}` is no fact of a group: uses, exposes or internal"))),
    }
}

/// Finds a group: `UAI/PROFILE`, `UAI/CLASS/PROFILE`, or its id.
fn group(world: &World, text: &str) -> Result<GroupNo> {
    let people = &world.people;
    let lost = || failed::not_there(format!("`{text}`: there is no such group in this data directory"));
    let Some((uai, rest)) = text.split_once('/') else {
        let known = opened(&text.into()).filter(|(kind, _)| kind == "group");
        let id = known.map_or(text.to_owned(), |(_, ulid)| ulid).parse().map_err(|_| {
            failed::input(format!(
                "`{text}` is no group: write UAI/TEACHER, UAI/CLASS/RELATIVE, or the id the API shows"
            ))
        })?;
        return people.group(id).ok_or_else(lost);
    };
    let structure = named::structure(world, uai)?;
    let profile = |name: &str| {
        let named = Profile::ALL.into_iter().find(|profile| profile.as_str() == name.to_uppercase());
        named.ok_or_else(|| {
            failed::input(format!(
                "`{text}`: `{name}` is no profile: TEACHER, STAFF, STUDENT, RELATIVE or GUEST"
            ))
        })
    };
    let kind = match rest.rsplit_once('/') {
        None => GroupKind::Profile(profile(rest)?),
        Some((class, name)) => {
            let row = people.structure(structure).ok_or_else(lost)?;
            let mut classes = row.classes.iter().filter(|(_, known)| known.open);
            let found = classes.find(|(_, known)| known.name.as_str() == class);
            GroupKind::Class(*found.ok_or_else(lost)?.0, profile(name)?)
        }
    };
    people.group_of_kind(structure, &kind).ok_or_else(lost)
}

/// A preview for somebody who reads a language.
pub(super) struct Shown<'a> {
    pub names: Names<'a>,
    pub preview: &'a Preview,
}

impl Shown<'_> {
    pub fn text(&self) -> String {
        let Preview { opened, closed, opened_inside, closed_inside, warnings, .. } = self.preview;
        let mut text = String::new();
        self.side(&mut text, "preview.opens", "preview.group-opens", opened);
        self.side(&mut text, "preview.closes", "preview.group-closes", closed);
        for inside in opened_inside {
            let accept = self.preview.to_accept.contains(&inside.group);
            let code = if accept { "preview.inside-accept" } else { "preview.inside-opens" };
            self.inside(&mut text, code, inside);
        }
        for inside in closed_inside {
            self.inside(&mut text, "preview.inside-closes", inside);
        }
        for (_, warning) in warnings {
            let _ = writeln!(text, "! {}", warned(&self.names, *warning, true));
        }
        text
    }

    fn side(&self, text: &mut String, code: &str, group: &str, side: &Side) {
        let values = [("pairs", side.pairs()), ("who", side.who), ("whom", side.whom)];
        let _ = writeln!(text, "{}", self.say(code, &values.map(|(name, count)| (name, count.into()))));
        for line in &side.profiles {
            let [from, to] = [line.from, line.to].map(|profile| self.names.profile(profile));
            let _ = writeln!(text, "  {from} → {to}: {}", line.pairs);
        }
        let people = [&side.first_who, &side.first_whom].map(|people| self.people(people));
        if side.who > 0 {
            let _ = writeln!(text, "  {} → {}", people[0], people[1]);
        }
        for reach in &side.groups {
            let named = self.names.group(reach.group).name;
            let values = [("group", named.into()), ("people", reach.people.into())];
            let _ = writeln!(text, "  {}", self.say(group, &values));
        }
    }

    fn inside(&self, text: &mut String, code: &str, inside: &Inside) {
        let values = [
            ("group", self.names.group(inside.group).name.into()),
            ("members", inside.members.into()),
            ("students", inside.students.into()),
            ("relatives", inside.relatives.into()),
        ];
        let _ = writeln!(text, "{}\n  {}", self.say(code, &values), self.people(&inside.first));
    }

    fn people(&self, people: &[PersonNo]) -> String {
        people.iter().map(|person| self.names.name(*person)).collect::<Vec<_>>().join(", ")
    }

    fn say(&self, code: &str, values: &[(&str, Value<'_>)]) -> String {
        self.names.texts.say(self.names.language, code, values)
    }

    pub fn json(&self) -> Json {
        let preview = self.preview;
        let inside = |those: &[Inside]| those.iter().map(|it| self.inside_json(it)).collect::<Vec<_>>();
        let warnings = preview.warnings.iter().map(|(_, warning)| {
            let (code, group, pairs) = told(*warning);
            let message = warned(&self.names, *warning, true);
            let group = group.map(|group| self.group(group));
            json!({"code": code, "group": group, "pairs": pairs, "message": message})
        });
        json!({
            "opened": self.side_json(&preview.opened),
            "closed": self.side_json(&preview.closed),
            "opened_inside": inside(&preview.opened_inside),
            "closed_inside": inside(&preview.closed_inside),
            "needs_acceptance": preview.to_accept.iter().map(|group| self.group(*group)).collect::<Vec<_>>(),
            "warnings": warnings.collect::<Vec<_>>(),
        })
    }

    fn side_json(&self, side: &Side) -> Json {
        let profiles = side
            .profiles
            .iter()
            .map(|line| json!({"from": line.from.as_str(), "to": line.to.as_str(), "pairs": line.pairs}));
        let groups = side.groups.iter().map(|it| json!({"group": self.group(it.group), "people": it.people}));
        json!({
            "pairs": side.pairs(),
            "profiles": profiles.collect::<Vec<_>>(),
            "who": side.who,
            "first_who": self.persons(&side.first_who),
            "whom": side.whom,
            "first_whom": self.persons(&side.first_whom),
            "groups": groups.collect::<Vec<_>>(),
        })
    }

    fn inside_json(&self, inside: &Inside) -> Json {
        json!({
            "group": self.group(inside.group),
            "members": inside.members,
            "students": inside.students,
            "relatives": inside.relatives,
            "first": self.persons(&inside.first),
        })
    }

    fn persons(&self, people: &[PersonNo]) -> Vec<Json> {
        let person = |person: &PersonNo| {
            let id = self.names.world.people.id(*person).map(|id| id.to_string());
            json!({"id": id, "name": self.names.name(*person)})
        };
        people.iter().map(person).collect()
    }

    fn group(&self, group: GroupNo) -> Json {
        let id = self.names.world.people.group_id(group).map(|id| id.to_string());
        json!({"id": id, "name": self.names.group(group).name})
    }
}
