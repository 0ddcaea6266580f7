//! `preau rules diff`: what changed in rules, facts of groups and memberships between two moments.
//!
//! Invariant: what was done and undone between the two is not there; names are those of today.

use std::fmt::Write as _;

use anyhow::Result;
use api::Node;
use api::graphql::names::Names;
use api::graphql::origin::Origins;
use api::texts::{Texts, Value};
use domain::group::Facts;
use eventlog::Position;
use projections::dense::StructureNo;
use projections::graph::Rule;
use projections::past::Between;
use projections::{GroupNo, World};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::arguments::Diff;
use super::moment;
use crate::beside::{self, Request};
use crate::cli::{Format, Language};
use crate::settings::Settings;
use crate::{failed, named, say};

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    structure: Option<String>,
    from: String,
    to: Option<String>,
    memberships: bool,
    format: Format,
    language: Language,
}

/// Prints what changed.
pub async fn print(args: Diff) -> Result<()> {
    let Diff { flags, structure, from, to, memberships, format, language } = args;
    let language = Language::or_of_system(language);
    let question = Question { structure, from, to, memberships, format, language };
    say(&beside::carry_out(&Settings::of(&flags)?, Request::DiffRules(question)).await?)
}

/// Returns what changed, as it is printed.
pub async fn of(node: &Node, question: &Question) -> Result<String> {
    let Question { structure, from, to, memberships, format, language } = question;
    let from = moment::read("--from", from)?.position(node).await?;
    let to = match to {
        Some(to) => moment::read("--to", to)?.position(node).await?,
        None => node.log().head(),
    };
    if from > to {
        return Err(failed::input(format!("--to is at {to}, before --from at {from}: exchange the two")));
    }
    let only = node.read(|world| structure.as_deref().map(|uai| named::structure(world, uai)).transpose())?;
    let between = node.past().between(from, to).await?;
    let positions = between.rules_made.iter().map(|rule| rule.since.position);
    let origins = Origins::read(node, positions).await;
    let origins = origins.map_err(|failure| anyhow::anyhow!("the log cannot be read: {failure:?}"))?;
    let texts = Texts::load()?;
    node.read(|world| {
        let names = Names { world, texts: &texts, language: (*language).into() };
        let told = Told { names, origins: &origins, only, memberships: *memberships };
        Ok(match format {
            Format::Text => told.text(&between, from, to),
            Format::Json => format!("{}\n", serde_json::to_string_pretty(&told.json(&between, from, to))?),
        })
    })
}

/// What changed, told to somebody.
struct Told<'a> {
    names: Names<'a>,
    origins: &'a Origins,
    only: Option<StructureNo>,
    memberships: bool,
}

impl Told<'_> {
    fn world(&self) -> &World {
        self.names.world
    }

    fn is_shown(&self, group: GroupNo) -> bool {
        let row = self.world().people.group_row(group);
        self.only.is_none_or(|only| row.is_some_and(|row| row.structure == only))
    }

    fn rules<'r>(&self, rules: &'r [Rule]) -> impl Iterator<Item = &'r Rule> {
        rules.iter().filter(|rule| self.is_shown(rule.from) || self.is_shown(rule.to))
    }

    fn facts<'r>(&self, between: &'r Between) -> impl Iterator<Item = &'r (GroupNo, Facts, Facts)> {
        between.facts.iter().filter(|(group, ..)| self.is_shown(*group))
    }

    fn say(&self, code: &str, values: &[(&str, Value<'_>)]) -> String {
        self.names.texts.say(self.names.language, code, values)
    }

    fn group(&self, group: GroupNo) -> String {
        self.names.group(group).name
    }

    /// Returns who made something, and when; nothing where that is not known.
    fn origin(&self, position: Position) -> String {
        let Some(origin) = self.origins.at(position) else { return String::new() };
        let who = self.names.actor(&origin.actor);
        format!(" ({}, {who}) [{position}]", origin.at.format("%Y-%m-%d %H:%M:%S UTC"))
    }

    fn text(&self, between: &Between, from: Position, to: Position) -> String {
        let mut lines = vec![];
        for rule in self.rules(&between.rules_made) {
            let values = [("from", self.group(rule.from).into()), ("to", self.group(rule.to).into())];
            lines.push(format!("+ {}{}", self.say("diff.rule", &values), self.origin(rule.since.position)));
        }
        for rule in self.rules(&between.rules_removed) {
            let values = [("from", self.group(rule.from).into()), ("to", self.group(rule.to).into())];
            lines.push(format!("- {}", self.say("diff.rule", &values)));
        }
        for (group, before, after) in self.facts(between) {
            let facts = [
                (before.uses, after.uses, "diff.uses"),
                (before.exposes, after.exposes, "diff.exposes"),
                (before.internal, after.internal, "diff.internal"),
            ];
            for (before, after, code) in facts.into_iter().filter(|(before, after, _)| before != after) {
                let sign = if after && !before { '+' } else { '-' };
                lines.push(format!("{sign} {}", self.say(code, &[("group", self.group(*group).into())])));
            }
        }
        for ((person, group), joined) in self.memberships_of(between) {
            let values = [("person", self.names.name(*person).into()), ("group", self.group(*group).into())];
            let sign = if *joined { '+' } else { '-' };
            lines.push(format!("{sign} {}", self.say("explain.member", &values)));
        }
        let values = [("from", from.0.into()), ("to", to.0.into())];
        let mut text = format!("{}\n", self.say("diff.title", &values));
        if lines.is_empty() {
            lines.push(self.names.say("diff.nothing"));
        }
        for line in lines {
            // Nobody's name is a line of its own, nor a command to a terminal; writing to a String cannot fail.
            let _ = writeln!(text, "  {}", line.replace(char::is_control, "\u{fffd}"));
        }
        text
    }

    fn memberships_of<'r>(
        &self,
        between: &'r Between,
    ) -> impl Iterator<Item = (&'r (projections::PersonNo, GroupNo), &'r bool)> {
        let asked = self.memberships;
        between.memberships.iter().filter(move |((_, group), _)| asked && self.is_shown(*group))
    }

    fn json(&self, between: &Between, from: Position, to: Position) -> Json {
        let group = |group: GroupNo| json!(self.names.group(group));
        let rule = |rule: &Rule| {
            json!({ "id": rule.id.to_string(), "from": group(rule.from), "to": group(rule.to),
                "byMatrix": rule.by_matrix, "since": rule.since.position.0 })
        };
        let facts = |facts: &Facts| json!(facts);
        let changed = self.facts(between).map(|(of, before, after)| {
            json!({ "group": group(*of), "before": facts(before), "after": facts(after) })
        });
        let mut told = json!({
            "from": from.0,
            "to": to.0,
            "rulesMade": self.rules(&between.rules_made).map(rule).collect::<Vec<_>>(),
            "rulesRemoved": self.rules(&between.rules_removed).map(rule).collect::<Vec<_>>(),
            "facts": changed.collect::<Vec<_>>(),
        });
        if self.memberships {
            let of = |joined: bool| {
                let those = self.memberships_of(between).filter(|(_, is)| **is == joined);
                let those = those.map(
                    |((person, of), _)| json!({ "person": self.names.person(*person), "group": group(*of) }),
                );
                those.collect::<Vec<_>>()
            };
            (told["joined"], told["left"]) = (of(true).into(), of(false).into());
        }
        told
    }
}
