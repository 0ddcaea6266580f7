//! What each fix of an explanation would open: its own preview, as numbers and as a clause.
//!
//! Invariants: at most the fixes that are told are looked at, each change once, and each in a short look of its own;
//! a group is named only if the caller sees it anyway.

use async_graphql::SimpleObject;
use projections::graph::explain::{Explanation, Remedy};
use projections::graph::{Change, Inside, Preview, Side};
use projections::{GroupNo, World};
use serde::Serialize;

use super::words::Words;
use crate::graphql::names::NamedGroup;
use crate::graphql::rules::preview::ProfilePairs;

/// What a fix would open, if it were made now, alone, and accepted where it needs it.
#[derive(Debug, SimpleObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FixPreview {
    /// As a clause, in the language of the request.
    clause: String,
    /// How many ordered pairs of people open.
    opened: u64,
    /// The same by the profiles of their ends, without those that are none.
    opened_profiles: Vec<ProfilePairs>,
    /// How many ordered pairs close.
    closed: u64,
    /// The same by the profiles of their ends, without those that are none.
    closed_profiles: Vec<ProfilePairs>,
    /// Groups whose members will reach each other.
    opened_inside: Vec<FixInside>,
    /// Whether students or relatives would reach each other: it takes `accept: [OPENS_MEMBERS]`.
    needs_acceptance: bool,
}

/// A group whose members will reach each other.
#[derive(Debug, SimpleObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FixInside {
    /// Which; null if the caller does not see it.
    group: Option<NamedGroup>,
    /// How many members it has.
    members: u64,
    /// How many of them are students.
    students: u64,
    /// How many of them are relatives.
    relatives: u64,
    /// Whether it takes `accept: [OPENS_MEMBERS]`.
    needs_acceptance: bool,
}

/// The previews of the fixes that are told.
#[derive(Debug, Default)]
pub struct Previews(Vec<(Change, Previewed)>);

#[derive(Debug)]
struct Previewed {
    preview: Preview,
    /// Groups the caller must not be told of.
    hidden: Vec<GroupNo>,
}

/// Returns the changes of rules that an explanation tells as fixes, each once.
pub fn changes(world: &World, told: &Explanation) -> Vec<Change> {
    let missing = told.misses.iter().flat_map(|miss| &miss.missing);
    let fixes = missing.flat_map(|missing| missing.fixes(&world.graph, &world.people));
    let mut changes = vec![];
    for change in fixes.filter_map(|fix| fix.remedy.change()) {
        if !changes.contains(&change) {
            changes.push(change);
        }
    }
    changes
}

impl Previews {
    /// Looks at what one more change would do. `sees` says which groups may be named.
    pub fn add(&mut self, world: &World, change: Change, sees: impl Fn(GroupNo) -> bool) {
        let preview = world.graph.preview(&world.people, &[change]);
        let inside = preview.opened_inside.iter().map(|inside| inside.group);
        let hidden = inside.filter(|group| !sees(*group)).collect();
        self.0.push((change, Previewed { preview, hidden }));
    }

    fn of(&self, remedy: Remedy) -> Option<&Previewed> {
        let change = remedy.change()?;
        self.0.iter().find(|(known, _)| *known == change).map(|(_, previewed)| previewed)
    }
}

impl FixPreview {
    /// Shows what a fix would open; none if that was not looked at.
    pub(super) fn of(words: &Words<'_>, remedy: Remedy) -> Option<Self> {
        let Previewed { preview, hidden } = words.previews.of(remedy)?;
        let inside = |inside: &Inside| FixInside {
            group: (!hidden.contains(&inside.group)).then(|| words.names.group(inside.group)),
            members: inside.members,
            students: inside.students,
            relatives: inside.relatives,
            needs_acceptance: preview.to_accept.contains(&inside.group),
        };
        Some(Self {
            clause: clause(words, preview, hidden),
            opened: preview.opened.pairs(),
            opened_profiles: pairs(&preview.opened),
            closed: preview.closed.pairs(),
            closed_profiles: pairs(&preview.closed),
            opened_inside: preview.opened_inside.iter().map(inside).collect(),
            needs_acceptance: !preview.to_accept.is_empty(),
        })
    }
}

impl Words<'_> {
    /// Returns what a fix would open as a clause; none if that was not looked at.
    pub fn previewed(&self, remedy: Remedy) -> Option<String> {
        let Previewed { preview, hidden } = self.previews.of(remedy)?;
        Some(clause(self, preview, hidden))
    }
}

fn pairs(side: &Side) -> Vec<ProfilePairs> {
    side.profiles.iter().map(ProfilePairs::of).collect()
}

/// Returns a preview as one clause: "opens 240 pairs (parents → teachers)".
fn clause(words: &Words<'_>, preview: &Preview, hidden: &[GroupNo]) -> String {
    let mut pieces = vec![];
    if preview.opened.pairs() > 0 {
        pieces.push(side(words, "explain.preview-opens", &preview.opened));
    }
    if preview.closed.pairs() > 0 {
        pieces.push(side(words, "explain.preview-closes", &preview.closed));
    }
    if pieces.is_empty() {
        pieces.push(words.names.say("explain.preview-nobody"));
    }
    for inside in &preview.opened_inside {
        let named = !hidden.contains(&inside.group);
        let group =
            if named { words.names.group(inside.group).name } else { words.names.say("group.unnamed") };
        let accept = preview.to_accept.contains(&inside.group);
        let code = if accept { "explain.preview-accept" } else { "explain.preview-inside" };
        pieces.push(words.say(code, &[("group", group.into()), ("members", inside.members.into())]));
    }
    pieces.join(", ")
}

/// Returns "opens 240 pairs (parents → teachers)"; with counts where there are pairs of several profiles.
fn side(words: &Words<'_>, code: &str, side: &Side) -> String {
    let counted = side.profiles.len() > 1;
    let profiles = side.profiles.iter().map(|line| {
        let [from, to] = [line.from, line.to].map(|profile| words.names.profile(profile));
        if !counted {
            return format!("{from} → {to}");
        }
        let values = [("from", from.into()), ("to", to.into()), ("pairs", line.pairs.into())];
        words.say("explain.preview-line", &values)
    });
    let profiles = profiles.collect::<Vec<_>>().join(", ");
    words.say(code, &[("pairs", side.pairs().into()), ("profiles", profiles.into())])
}
