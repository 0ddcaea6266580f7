//! `preau rules explain`: why somebody may write to a person or a group, or what is missing (`communication.md` section 8).
//!
//! Invariant: it says what the API answers to an administrator, made by the same code.

use std::fmt::Write as _;

use anyhow::Result;
use api::Node;
use api::graphql::common::opened;
use api::graphql::explain::events::Needed;
use api::graphql::explain::previewed::{self, Previews};
use api::graphql::explain::shown::ReachExplanation;
use api::graphql::explain::words::{Words, positions};
use api::graphql::names::Names;
use api::graphql::origin::Origins;
use api::texts::{Language as Spoken, Texts};
use domain::GroupId;
use eventlog::Position;
use projections::graph::Target;
use projections::graph::explain::{Explanation, Route, Step};
use projections::{GroupNo, PersonNo, World};
use serde::{Deserialize, Serialize};

use super::arguments::{Explain, ExplainFormat};
use super::moment;
use crate::beside::{self, Request};
use crate::cli::Language;
use crate::settings::Settings;
use crate::{failed, named, say};

/// What is asked.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    from: String,
    to: String,
    at: Option<String>,
    format: ExplainFormat,
    language: Language,
}

/// Prints why.
pub async fn print(args: Explain) -> Result<()> {
    let language = Language::or_of_system(args.language);
    let question = Question { from: args.from, to: args.to, at: args.at, format: args.format, language };
    say(&beside::carry_out(&Settings::of(&args.flags)?, Request::ExplainReach(question)).await?)
}

/// Returns why, as it is printed.
pub async fn of(node: &Node, question: Question) -> Result<String> {
    let Question { from, to, at, format, language } = question;
    let spoken = language.into();
    let texts = Texts::load()?;
    let past = match at.as_deref().map(|at| moment::read("--at", at)).transpose()? {
        Some(at) => Some(at.world(node).await?),
        None => None,
    };
    let me = named::person(node, &from).await?;
    let named = Named { texts: &texts, text: &to };
    let person = named.person_or_group(node).await?;
    let found = look(node, past.as_deref(), |world| -> Result<_> {
        let people = &world.people;
        let there = |id| people.number(id).filter(|number| people.person(*number).is_some());
        let gone = |text: &str| failed::not_there(format!("{text}: no such person was here at that moment"));
        let me = there(me).ok_or_else(|| gone(&from))?;
        let target = match person {
            Some(person) => Target::Person(there(person).ok_or_else(|| gone(&to))?),
            None => Target::Group(named.group(world)?),
        };
        let explanation = world.graph.explain(people, me, target);
        let needed = Needed::of(world, &explanation.routes);
        Ok((me, target, explanation, needed))
    });
    let (me, target, explanation, needed) = found?;
    let until = past.as_ref().map(|world| world.position);
    let read = needed.read(node, until).await;
    let (origins, links) = read.map_err(|failure| anyhow::anyhow!("the log cannot be read: {failure:?}"))?;
    let mut previews = Previews::default();
    for change in look(node, past.as_deref(), |world| previewed::changes(world, &explanation)) {
        look(node, past.as_deref(), |world| previews.add(world, change, |_| true));
    }
    look(node, past.as_deref(), |world| {
        let names = Names { world, texts: &texts, language: spoken };
        let words = Words { names, origins: &origins, links: &links, previews: &previews };
        match format {
            ExplainFormat::Text => Ok(text(&words, me, target, &explanation)),
            ExplainFormat::Json => {
                let whole = ReachExplanation::whole(&words, me, target, &explanation);
                Ok(format!("{}\n", serde_json::to_string_pretty(&whole)?))
            }
        }
    })
}

fn look<T>(node: &Node, past: Option<&World>, look: impl FnOnce(&World) -> T) -> T {
    match past {
        Some(world) => look(world),
        None => node.read(look),
    }
}

fn text(words: &Words<'_>, me: PersonNo, target: Target, explanation: &Explanation) -> String {
    let title = if explanation.routes.is_empty() { "explain.misses" } else { "explain.ways" };
    let colon = if words.names.language == Spoken::French { " :" } else { ":" };
    let mut out = String::new();
    let mut line = |text: String| {
        // Nobody's name is a line of its own, nor a command to a terminal.
        let text = text.replace(char::is_control, "\u{fffd}");
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{text}");
    };
    line(words.verdict(me, target, explanation));
    line(words.names.say(title) + colon);
    for (number, route) in explanation.routes.iter().enumerate() {
        line(format!("  {}. {}", number + 1, words.route(route)));
        for event in events(words, route) {
            line(format!("     {event}"));
        }
    }
    for (number, miss) in explanation.misses.iter().enumerate() {
        line(format!("  {}. {}", number + 1, words.miss_previewed(miss)));
    }
    out
}

/// Returns the events a way rests on, as `preau log tail` shows where they are.
fn events(words: &Words<'_>, route: &Route) -> Vec<String> {
    let world = words.names.world;
    let mut there = positions(world, std::slice::from_ref(route));
    let families = route.steps.iter().filter_map(|step| match step {
        Step::Family { relative, child, .. } => words.links.get(&(*relative, *child)),
        Step::Member { .. }
        | Step::States { .. }
        | Step::Leads(_)
        | Step::Nested { .. }
        | Step::Linked(_) => None,
    });
    there.extend(families);
    there.sort_unstable();
    there.dedup();
    let origins: &Origins = words.origins;
    let shown = |position: &Position| {
        let origin = origins.at(*position)?;
        Some(format!("[{} {position}] {}", origin.kind, origin.at.format("%Y-%m-%d %H:%M:%S UTC")))
    };
    there.iter().filter_map(shown).collect()
}

/// Somebody or a group, as the operator calls them.
struct Named<'a> {
    texts: &'a Texts,
    text: &'a str,
}

impl Named<'_> {
    /// Returns the person, none if it is to be a group.
    async fn person_or_group(&self, node: &Node) -> Result<Option<domain::PersonId>> {
        if opened(&self.text.into()).is_some_and(|(kind, _)| kind == "group") {
            return Ok(None);
        }
        let person = named::person(node, self.text).await;
        let is_group = || node.read(|world| !self.groups(world).is_empty());
        match person {
            Ok(person) => Ok(Some(person)),
            Err(_) if is_group() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn group(&self, world: &World) -> Result<GroupNo> {
        match self.groups(world)[..] {
            [group] => Ok(group),
            [] => Err(failed::not_there(format!("{}: no such group was here at that moment", self.text))),
            [_, _, ..] => Err(failed::input(format!(
                "{}: several groups are called so; name one by the id that the API shows",
                self.text
            ))),
        }
    }

    /// Returns the groups of this id, or of this name in either language.
    fn groups(&self, world: &World) -> Vec<GroupNo> {
        let id = opened(&self.text.into()).map_or(self.text.to_owned(), |(_, id)| id);
        if let Some(group) = id.parse::<GroupId>().ok().and_then(|id| world.people.group(id)) {
            return vec![group];
        }
        let called = |group: &GroupNo| {
            [Spoken::French, Spoken::English].into_iter().any(|language| {
                let names = Names { world, texts: self.texts, language };
                names.group_name(*group).is_some_and(|name| name == self.text)
            })
        };
        let all = world.people.all_structures().flat_map(|(structure, _)| world.people.groups_of(structure));
        all.copied().filter(called).collect()
    }
}
