//! Requests for changes of rules as they are printed: in sentences, and as JSON.

use anyhow::{Result, anyhow};
use api::Node;
use api::graphql::erasure::opened_reason;
use api::graphql::names::Names;
use api::graphql::rule_requests::differences::{self, Difference, PreviewDifferenceKind};
use api::graphql::rule_requests::facts::previewed;
use api::texts::Value;
use domain::rule_request::Change as Asked;
use domain::{GroupId, PersonId, RuleId, Timestamp};
use projections::graph::Preview;
use projections::rule_requests::{Reason, RuleRequest as Row, State};
use serde_json::{Value as Json, json};

use super::arguments::StateName;
use crate::cli::Format;
use crate::rules::preview::Shown as Previewed;

/// Reasons in clear; none once erased.
pub(super) struct Reasons {
    asked: Option<String>,
    refused: Option<String>,
}

impl Reasons {
    pub(super) fn of(node: &Node, row: &Row) -> Result<Self> {
        let open = |reason: &Reason| {
            let opened = opened_reason(node, reason.event, &reason.text);
            opened.map_err(|failure| anyhow!("a reason cannot be opened: {failure:?}"))
        };
        let refused = match &row.state {
            State::Refused { reason, .. } => open(reason)?,
            State::Asked | State::Accepted { .. } => None,
        };
        Ok(Self { asked: open(&row.reason)?, refused })
    }
}

/// Returns how far a request is.
pub(super) fn state(row: &Row) -> StateName {
    match row.state {
        State::Asked => StateName::Asked,
        State::Refused { .. } => StateName::Refused,
        State::Accepted { done: None, .. } => StateName::Accepted,
        State::Accepted { done: Some(_), .. } => StateName::Done,
    }
}

/// A request for somebody who reads a language.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) names: Names<'a>,
    pub(super) row: &'a Row,
    pub(super) reasons: &'a Reasons,
}

/// Returns requests one behind the other.
pub(super) fn list(shown: &[Shown<'_>], names: Names<'_>, format: Format) -> Result<String> {
    Ok(match format {
        Format::Text if shown.is_empty() => names.say("request.none") + "\n",
        Format::Text => shown.iter().map(Shown::told).collect::<Vec<_>>().join("\n"),
        Format::Json => {
            let all: Vec<_> = shown.iter().map(Shown::json).collect();
            format!("{}\n", serde_json::to_string_pretty(&all)?)
        }
    })
}

impl Shown<'_> {
    /// Returns it with what it would do now, while nobody decided.
    pub(super) fn print(&self, format: Format) -> Result<String> {
        let world = self.names.world;
        let waits = state(self.row) == StateName::Asked;
        let looked = if waits { previewed(world, self.row.id).ok() } else { None };
        let (preview, now) = looked.unzip();
        let found = now.map(|now| differences::between(&self.row.preview, &now)).unwrap_or_default();
        Ok(match format {
            Format::Text => self.text(preview.as_ref(), &found),
            Format::Json => {
                let mut json = self.json();
                let shown = |preview| Previewed { names: self.names, preview }.json();
                json["preview_now"] = preview.as_ref().map(shown).into();
                json["differences"] = found.iter().map(|it| self.difference_json(it)).collect();
                format!("{}\n", serde_json::to_string_pretty(&json)?)
            }
        })
    }

    fn text(&self, preview: Option<&Preview>, found: &[Difference]) -> String {
        let mut text = self.told();
        let Some(preview) = preview else { return text };
        text += &line(&self.say("request.now", &[]));
        for told in (Previewed { names: self.names, preview }).text().lines() {
            text += &line(&format!("  {told}"));
        }
        for it in found {
            text += &line(&format!("! {}", self.difference(it)));
        }
        text
    }

    /// Returns who asked for what and why, and what became of it.
    fn told(&self) -> String {
        let row = self.row;
        let by = [("who", self.person(row.by).into()), ("when", when(row.requested_at).into())];
        let mut text = line(&format!("{}: {}", row.id, self.say("request.made", &by)));
        if let Some(reason) = &self.reasons.asked {
            text +=
                &line(&format!("  {}", self.say("request.reason", &[("reason", reason.as_str().into())])));
        }
        for (place, asked) in (0..).zip(&row.changes) {
            text += &line(&format!("  {}. {}", place + 1, self.change(*asked)));
            if let State::Accepted { undone, .. } = &row.state
                && let Some(undone) = undone.iter().find(|undone| undone.place == place)
            {
                let told = self.say(undone.code.as_str(), &[]);
                text += &line(&format!("     ! {}", self.say("request.undone", &[("told", told.into())])));
            }
        }
        text + &line(&format!("  {}", self.became()))
    }

    fn became(&self) -> String {
        let decided = |code, by: PersonId, at, more: &[(&str, Value<'_>)]| {
            let mut values = vec![("who", self.person(by).into()), ("when", when(at).into())];
            values.extend_from_slice(more);
            self.say(code, &values)
        };
        match &self.row.state {
            State::Asked => self.say("request.waits", &[]),
            State::Refused { by, at, .. } => {
                let reason = self.reasons.refused.clone().unwrap_or_default();
                decided("request.refused", *by, *at, &[("reason", reason.into())])
            }
            State::Accepted { by, at, done: None, .. } => decided("request.accepted", *by, *at, &[]),
            State::Accepted { by, at, done: Some(done), .. } => {
                decided("request.done", *by, *at, &[("done", when(*done).into())])
            }
        }
    }

    fn change(&self, asked: Asked) -> String {
        let fact = |code, group, fact: domain::group::Fact| {
            let fact = format!("{fact:?}").to_lowercase();
            self.say(code, &[("group", self.group(group).into()), ("fact", fact.into())])
        };
        match asked {
            Asked::GrantFact { group, fact: of } => fact("request.grants", group, of),
            Asked::RemoveFact { group, fact: of } => fact("request.takes", group, of),
            Asked::MakeRule { from, to, exposes_members } => {
                let code = if exposes_members { "request.makes" } else { "request.makes-as-group" };
                self.say(code, &[("from", self.group(from).into()), ("to", self.group(to).into())])
            }
            Asked::RemoveRule { rule } => {
                let (from, to) = self.ends(rule);
                self.say("request.removes", &[("from", from.into()), ("to", to.into())])
            }
            Asked::SetPolicy { structure, policy } => {
                let people = &self.names.world.people;
                let row = people.structure_no(structure).and_then(|number| people.structure(number));
                let name = row.map_or_else(|| structure.to_string(), |row| row.name.to_string());
                let policy = format!("{policy:?}").to_uppercase();
                self.say("request.policy", &[("structure", name.into()), ("policy", policy.into())])
            }
        }
    }

    /// Returns the names of the ends of a rule, one that is no more too.
    fn ends(&self, rule: RuleId) -> (String, String) {
        match self.names.world.graph.rule_ever(rule) {
            Some((rule, _)) => (self.names.group(rule.from).name, self.names.group(rule.to).name),
            None => (rule.to_string(), String::new()),
        }
    }

    fn difference(&self, it: &Difference) -> String {
        let what = match (it.kind, it.ends) {
            (_, Some((from, to))) => {
                format!("{} → {}", self.names.profile(from), self.names.profile(to))
            }
            (_, None) => it.group.map(|group| self.group(group)).unwrap_or_default(),
        };
        let code = match it.kind {
            PreviewDifferenceKind::Opened => "request.differs-opened",
            PreviewDifferenceKind::Closed => "request.differs-closed",
            PreviewDifferenceKind::OpenedInside => "request.differs-inside",
            PreviewDifferenceKind::NeedsAcceptance => "request.differs-accept",
        };
        self.say(code, &[("what", what.into()), ("before", it.before.into()), ("now", it.now.into())])
    }

    fn difference_json(&self, it: &Difference) -> Json {
        let kind = match it.kind {
            PreviewDifferenceKind::Opened => "opened",
            PreviewDifferenceKind::Closed => "closed",
            PreviewDifferenceKind::OpenedInside => "opened_inside",
            PreviewDifferenceKind::NeedsAcceptance => "needs_acceptance",
        };
        let (from, to) = it.ends.map(|(from, to)| (from.as_str(), to.as_str())).unzip();
        json!({
            "kind": kind, "from": from, "to": to, "group": it.group.map(|group| self.group(group)),
            "before": it.before, "now": it.now,
        })
    }

    fn json(&self) -> Json {
        let row = self.row;
        let (decided, done) = match &row.state {
            State::Asked => (None, None),
            State::Refused { by, at, .. } => (Some((*by, *at)), None),
            State::Accepted { by, at, done, .. } => (Some((*by, *at)), *done),
        };
        let undone = |place: u32| match &row.state {
            State::Accepted { undone, .. } => undone.iter().find(|undone| undone.place == place),
            State::Asked | State::Refused { .. } => None,
        };
        let changes = (0..).zip(&row.changes).map(|(place, asked)| {
            json!({"change": self.change(*asked), "undone": undone(place).map(|undone| undone.code.as_str())})
        });
        let counted = counted(row);
        json!({
            "request": row.id.to_string(),
            "state": state(row),
            "requested_by": self.names.person_by_id(row.by),
            "requested_at": row.requested_at.to_rfc3339(),
            "reason": self.reasons.asked,
            "changes": changes.collect::<Vec<_>>(),
            "pairs_opened_then": counted.0,
            "pairs_closed_then": counted.1,
            "decided_by": decided.map(|(by, _)| self.names.person_by_id(by)),
            "decided_at": decided.map(|(_, at)| at.to_rfc3339()),
            "refusal": self.reasons.refused,
            "done_at": done.map(|at| at.to_rfc3339()),
        })
    }

    fn person(&self, person: PersonId) -> String {
        self.names.person_by_id(person).display_name
    }

    fn group(&self, group: GroupId) -> String {
        self.names.group_by_id(group).name
    }

    fn say(&self, code: &str, values: &[(&str, Value<'_>)]) -> String {
        self.names.texts.say(self.names.language, code, values)
    }
}

/// Returns how many ordered pairs it would have opened and closed when it was asked for.
fn counted(row: &Row) -> (u64, u64) {
    let pairs = |lines: &[domain::rule_request::Pairs]| lines.iter().map(|line| line.pairs).sum();
    (pairs(&row.preview.opened), pairs(&row.preview.closed))
}

/// Nobody's name or reason is a line of its own, nor a command to a terminal.
fn line(told: &str) -> String {
    told.replace(char::is_control, "\u{fffd}") + "\n"
}

fn when(instant: Timestamp) -> String {
    instant.format("%Y-%m-%d %H:%M UTC").to_string()
}
