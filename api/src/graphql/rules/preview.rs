//! What a change of rules would do, as a client reads it.
//!
//! Invariants: counts are told to whoever may look at the change; people and groups are named only if the caller sees
//! them anyway.

use async_graphql::SimpleObject;
use projections::dense::PersonNo;
use projections::graph::{self, Change, Warning};
use projections::{GroupNo, World};
use serde::Serialize;

use crate::graphql::acting::Acting;
use crate::graphql::groups::Group;
use crate::graphql::names::{Correspondent, Names};
use crate::graphql::people::Profile;
use crate::rights::Rights;
use crate::texts::Value;

/// What a list of changes would do, if they were made now, one after the other, and accepted where they need it.
#[derive(Debug, SimpleObject)]
pub struct RuleChangePreview {
    /// Ordered pairs that open: one could not write to the other, and then can.
    opened: ReachChange,
    /// Ordered pairs that close.
    closed: ReachChange,
    /// Groups whose members begin to reach each other.
    opened_inside: Vec<InsideChange>,
    /// Groups whose members no longer reach each other by it.
    closed_inside: Vec<InsideChange>,
    /// Whether students or relatives would reach each other: it takes `accept: [OPENS_MEMBERS]`.
    needs_acceptance: bool,
    /// What should be known first.
    warnings: Vec<ChangeWarning>,
}

/// What opens, or what closes.
#[derive(Debug, SimpleObject)]
pub struct ReachChange {
    /// How many ordered pairs.
    pairs: u64,
    /// The same by the profiles of their ends, without those that are none.
    profiles: Vec<ProfilePairs>,
    /// How many people reach more, or fewer.
    who: u64,
    /// Of the first twenty of them, those the caller sees.
    first_who: Vec<Correspondent>,
    /// How many people are reached by more, or by fewer.
    whom: u64,
    /// Of the first twenty of them, those the caller sees.
    first_whom: Vec<Correspondent>,
    /// How many groups are reached as groups, or no longer.
    group_count: u64,
    /// Those of them the caller sees, one hundred at most.
    groups: Vec<GroupReachChange>,
}

/// Ordered pairs of people of two profiles.
#[derive(Debug, SimpleObject, Serialize)]
pub struct ProfilePairs {
    /// Who reaches.
    from: Profile,
    /// Who is reached.
    to: Profile,
    /// How many pairs.
    pairs: u64,
}

/// A group that is reached as a group, or no longer.
#[derive(Debug, SimpleObject)]
pub struct GroupReachChange {
    /// Which.
    group: Group,
    /// By how many people.
    people: u64,
}

/// A group whose members reach each other, or no longer.
#[derive(Debug, SimpleObject)]
pub struct InsideChange {
    /// Which; null if the caller does not see it.
    group: Option<Group>,
    /// How many members it has.
    members: u64,
    /// How many of them are students.
    students: u64,
    /// How many of them are relatives.
    relatives: u64,
    /// Of its first twenty members, those the caller sees.
    first: Vec<Correspondent>,
    /// Whether it takes `accept: [OPENS_MEMBERS]`.
    needs_acceptance: bool,
}

/// What should be known before a change is made.
#[derive(Debug, SimpleObject)]
pub struct ChangeWarning {
    /// Stable, for programs.
    code: String,
    /// The place in the list of the change it is about, from 0; null if it is about all of it.
    change: Option<usize>,
    /// The group it is about.
    group: Option<Group>,
    /// How many ordered pairs it is about.
    pairs: Option<u64>,
    /// For people, in the language of the request.
    message: String,
}

impl ProfilePairs {
    /// Returns a line of a preview.
    pub fn of(line: &graph::Profiles) -> Self {
        Self { from: line.from.into(), to: line.to.into(), pairs: line.pairs }
    }
}

/// How a preview is shown to somebody.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// Who looks.
    pub acting: &'a Acting<'a>,
    /// What is looked at.
    pub world: &'a World,
    /// What they may see.
    pub rights: &'a Rights,
}

impl Shown<'_> {
    /// Returns what changes would do.
    pub fn preview(self, changes: &[Change]) -> RuleChangePreview {
        self.show(&self.world.graph.preview(&self.world.people, changes))
    }

    /// Returns a preview as the caller reads it.
    pub fn show(self, preview: &graph::Preview) -> RuleChangePreview {
        let inside = |those: &[graph::Inside]| -> Vec<_> {
            those.iter().map(|inside| self.inside(inside, &preview.to_accept)).collect()
        };
        let warnings = preview.warnings.iter();
        RuleChangePreview {
            opened: self.side(&preview.opened),
            closed: self.side(&preview.closed),
            opened_inside: inside(&preview.opened_inside),
            closed_inside: inside(&preview.closed_inside),
            needs_acceptance: !preview.to_accept.is_empty(),
            warnings: warnings.map(|(change, warning)| self.warning(*change, *warning)).collect(),
        }
    }

    /// Returns a group, if the caller sees it.
    pub fn group(self, group: GroupNo) -> Option<Group> {
        let seen = self.rights.sees_group(self.world, group);
        seen.then(|| Group::of(self.acting.front, self.acting.caller.language, self.world, group))?
    }

    fn side(self, side: &graph::Side) -> ReachChange {
        let groups = side.groups.iter().filter_map(|reach| {
            Some(GroupReachChange { group: self.group(reach.group)?, people: reach.people })
        });
        ReachChange {
            pairs: side.pairs(),
            profiles: side.profiles.iter().map(ProfilePairs::of).collect(),
            who: side.who,
            first_who: self.people(&side.first_who),
            whom: side.whom,
            first_whom: self.people(&side.first_whom),
            group_count: side.groups.len() as u64,
            groups: groups.take(GROUPS).collect(),
        }
    }

    fn inside(self, inside: &graph::Inside, to_accept: &[GroupNo]) -> InsideChange {
        InsideChange {
            group: self.group(inside.group),
            members: inside.members,
            students: inside.students,
            relatives: inside.relatives,
            first: self.people(&inside.first),
            needs_acceptance: to_accept.contains(&inside.group),
        }
    }

    fn people(self, people: &[PersonNo]) -> Vec<Correspondent> {
        let seen = people.iter().filter(|person| self.rights.sees(self.world, **person).is_some());
        seen.map(|person| self.names().person(*person)).collect()
    }

    fn warning(self, change: Option<usize>, warning: Warning) -> ChangeWarning {
        let (code, group, pairs) = told(warning);
        let shown = group.and_then(|group| self.group(group));
        let message = warned(&self.names(), warning, shown.is_some());
        ChangeWarning { code: code.to_owned(), change, group: shown, pairs, message }
    }

    fn names(&self) -> Names<'_> {
        let (texts, language) = (&self.acting.front.texts, self.acting.caller.language);
        Names { world: self.world, texts, language }
    }
}

/// The most groups that are shown of those reached.
const GROUPS: usize = 100;

/// Returns the code of a warning, and what it is about.
pub fn told(warning: Warning) -> (&'static str, Option<GroupNo>, Option<u64>) {
    match warning {
        Warning::AlreadySo => ("preview.already-so", None, None),
        Warning::UnknownRule(_) => ("communication.unknown-rule", None, None),
        Warning::RuleToItself(group) => ("communication.rule-to-itself", Some(group), None),
        Warning::ListStaysShut(group) => ("communication.list-never-exposes", Some(group), None),
        Warning::StaysInternal { group, pairs } => ("preview.stays-internal", Some(group), Some(pairs)),
        Warning::StaysImplied(group) => ("preview.stays-implied", Some(group), None),
        Warning::LeftAlone(group) => ("preview.left-alone", Some(group), None),
        Warning::Waiting(group) => ("preview.waiting", Some(group), None),
    }
}

/// Returns a warning as a sentence; a group that is not to be named is an unnamed one.
pub fn warned(names: &Names<'_>, warning: Warning, named: bool) -> String {
    let (code, group, pairs) = told(warning);
    let group = group.filter(|_| named).map_or_else(|| names.say("group.unnamed"), |it| names.group(it).name);
    let values = [("group", Value::from(group)), ("pairs", Value::from(pairs.unwrap_or_default()))];
    names.texts.say(names.language, code, &values)
}
