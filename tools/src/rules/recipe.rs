//! `preau rules recipe|apply|reset`: the matrix of a structure and its recipes (`communication.md` sections 5 and 7).
//!
//! Invariant: what is looked at and what is done are what the API looks at and does, by the same code.

use std::fmt::Write as _;

use anyhow::{Result, anyhow};
use api::Node;
use api::graphql::names::Names;
use api::graphql::recipes::title;
use api::matrices::{Looked, What, look};
use api::texts::Texts;
use domain::actor::Actor;
use domain::group::Reason;
use domain::structure::{Refusal, Structure};
use domain::{Label, RuleId, StreamId};
use projections::World;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::arguments::{Accept, Apply, Changing, Recipe, Reset};
use super::preview::Shown;
use crate::beside::{self, Request};
use crate::cli::{self, Format};
use crate::settings::Settings;
use crate::{failed, named, opened, say};

/// What is to be done, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    what: Wanted,
    structure: String,
    accepts: bool,
    preview: bool,
    reason: Option<String>,
    format: Format,
    language: cli::Language,
}

/// What of the matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    Take(String),
    TakeBack(String),
    Apply(Option<String>),
    Reset,
}

/// `preau rules recipe`
pub async fn recipe(args: Recipe) -> Result<()> {
    let what = match (args.take, args.take_back) {
        (Some(recipe), None) => Wanted::Take(recipe),
        (None, Some(recipe)) => Wanted::TakeBack(recipe),
        (Some(_), Some(_)) | (None, None) => {
            return Err(failed::input("say either --take NAME or --take-back NAME"));
        }
    };
    print(what, args.changing).await
}

/// `preau rules apply`
pub async fn apply(args: Apply) -> Result<()> {
    print(Wanted::Apply(args.matrix), args.changing).await
}

/// `preau rules reset`
pub async fn reset(args: Reset) -> Result<()> {
    print(Wanted::Reset, args.changing).await
}

async fn print(what: Wanted, args: Changing) -> Result<()> {
    let settings = Settings::of(&args.flags)?;
    let asked = Asked {
        what,
        structure: args.structure,
        accepts: args.accept.contains(&Accept::OpensMembers),
        preview: args.preview,
        reason: args.reason,
        format: args.format,
        language: cli::Language::or_of_system(args.language),
    };
    say(&beside::carry_out(&settings, Request::ChangeMatrix(asked)).await?)
}

/// Looks, does it unless only a look was asked for, and returns what is printed.
pub async fn of(node: &Node, asked: Asked) -> Result<String> {
    let texts = Texts::load()?;
    let language = asked.language.into();
    let structure = node.read(|world| {
        let number = named::structure(world, &asked.structure)?;
        let row = world.people.structure(number).map(|row| row.id);
        row.ok_or_else(|| failed::not_there(format!("{}: there is no such structure", asked.structure)))
    })?;
    let looked = look(node, structure, asked.what()?).await.map_err(|error| anyhow!("{error:?}"))?;
    // As they are before: rules that end are still there.
    let mut text = node.read(|world| {
        Printed { names: Names { world, texts: &texts, language }, looked: &looked }.print(&asked)
    });
    let say = |code: &str| texts.say(language, code, &[]);
    if asked.preview {
        return Ok(text.finish(asked.format, "previewed", &say("matrix.previewed")));
    }
    let command = opened::new_command()?;
    let mut order = node.order_as(Actor::Operator, command);
    order.meta.reason = asked.reason.clone().map(Into::into);
    let wanted = looked.command(asked.accepts, command);
    let done = node.execute::<Structure>(&order, &StreamId::structure(structure), wanted).await;
    let done = done.map_err(|error| anyhow!("{error:?}: look whether it was done before doing it again"))?;
    match done.refusal {
        Some(refusal) => {
            let way = match &refusal {
                Refusal::OpensMembers(_) => "; say --accept opens-members, or look at it with --preview",
                Refusal::ImpliedByBothDirections(_) => "; look at it with --preview",
                _ => "",
            };
            let told = say(&refusal.to_string());
            let told = told.trim_end_matches('.');
            Err(failed::input(format!("{}: {told} ({refusal}){way}; nothing was changed", asked.structure)))
        }
        None if done.events.is_empty() => Ok(text.finish(asked.format, "already", &say("matrix.already"))),
        None => Ok(text.finish(asked.format, "done", &say("matrix.done"))),
    }
}

impl Asked {
    fn what(&self) -> Result<What> {
        let label =
            |text: &str| Label::parse(text).map_err(|error| failed::input(format!("`{text}`: {error}")));
        Ok(match &self.what {
            Wanted::Take(recipe) => What::Take(label(recipe)?),
            Wanted::TakeBack(recipe) => What::TakeBack(label(recipe)?),
            Wanted::Apply(matrix) => What::Apply(matrix.as_deref().map(label).transpose()?),
            Wanted::Reset => What::Reset,
        })
    }
}

/// What was looked at, for somebody who reads a language.
struct Printed<'a> {
    names: Names<'a>,
    looked: &'a Looked,
}

/// It as it is printed, but for what became of it.
struct Page {
    text: String,
    json: Json,
}

impl Page {
    fn finish(&mut self, format: Format, outcome: &str, sentence: &str) -> String {
        match format {
            Format::Text => std::mem::take(&mut self.text) + sentence + "\n",
            Format::Json => {
                self.json["outcome"] = outcome.into();
                format!("{:#}\n", self.json)
            }
        }
    }
}

impl Printed<'_> {
    fn print(&self, asked: &Asked) -> Page {
        let mut text = String::new();
        if let Wanted::Take(recipe) | Wanted::TakeBack(recipe) = &asked.what {
            let known = domain::structure::Recipe::shipped(recipe).is_some();
            let told = if known { self.names.say(&title(recipe)) } else { String::new() };
            let _ = writeln!(text, "{recipe}: {told}");
        }
        let Self { names, looked } = self;
        let change = looked.change.clone().unwrap_or_default();
        let shown = |preview| Shown { names: *names, preview };
        text += &shown(&looked.preview).text();
        let counts = [
            ("made", change.rules.len()),
            ("removed", change.removed.len()),
            ("given", change.facts.len()),
            ("lost", change.lost.len()),
        ];
        let counts = counts.map(|(name, count)| (name, (count as u64).into()));
        let _ = writeln!(text, "{}", names.texts.say(names.language, "matrix.counts", &counts));
        let by_hand: Vec<_> = change.removed.iter().filter_map(|rule| self.rule(*rule, true)).collect();
        let elsewhere = looked.from_elsewhere(names.world);
        let elsewhere: Vec<_> = elsewhere.iter().filter_map(|rule| self.rule(*rule, false)).collect();
        for (code, rules) in [("matrix.by-hand", &by_hand), ("matrix.elsewhere", &elsewhere)] {
            for (from, to) in rules {
                let ends = [("from", from.as_str().into()), ("to", to.as_str().into())];
                let _ = writeln!(text, "  {}", names.texts.say(names.language, code, &ends));
            }
        }
        let facts: Vec<_> = change.lost.iter().filter(|it| it.reason == Reason::Hand).collect();
        for it in &facts {
            let group = names.group_by_id(it.group).name;
            let fact = format!("{:?}", it.fact).to_lowercase();
            let values = [("group", group.as_str().into()), ("fact", fact.as_str().into())];
            let _ = writeln!(text, "  {}", names.texts.say(names.language, "matrix.fact-by-hand", &values));
        }
        if let Some(refusal) = &looked.refusal {
            let _ = writeln!(text, "! {}", names.say(&refusal.to_string()));
        }
        if let Some(explicit) = &looked.explicit {
            let _ = writeln!(text, "{}", names.say("matrix.explicit"));
            for line in shown(explicit).text().lines() {
                let _ = writeln!(text, "  {line}");
            }
        }
        let ends = |rules: &[(String, String)]| -> Vec<Json> {
            rules.iter().map(|(from, to)| json!({"from": from, "to": to})).collect()
        };
        let json = json!({
            "reach": shown(&looked.preview).json(),
            "rules_made": change.rules.len(),
            "rules_removed": change.removed.len(),
            "facts_given": change.facts.len(),
            "facts_lost": change.lost.len(),
            "removed_by_hand": ends(&by_hand),
            "from_elsewhere": ends(&elsewhere),
            "refused": looked.refusal.as_ref().map(ToString::to_string),
            "explicit": looked.explicit.as_ref().map(|explicit| shown(explicit).json()),
        });
        Page { text, json }
    }

    fn rule(&self, rule: RuleId, by_hand: bool) -> Option<(String, String)> {
        let World { graph, .. } = self.names.world;
        let rule = graph.rule(rule).filter(|rule| !(by_hand && rule.by_matrix))?;
        Some((self.names.group(rule.from).name, self.names.group(rule.to).name))
    }
}
