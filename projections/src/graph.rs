//! The rule graph: the one implementation of reach (`communication.md` section 3).
//!
//! Invariants:
//! - A fact of a group is true while it has a reason; `internal` that is only implied is computed, never stored.
//! - Every answer about who reaches whom comes from one enumeration, `ways` in `reach.rs`.
//!
//! Implied `internal` fails closed (section 7). In a group that held students or relatives when it became implied,
//! it is in force only while an event behind it named the group in `accepted`: one that is a reason now for `uses`
//! or for `exposes` of the group, or the one that set the policy. A matrix accepts nothing: it opens such a group by
//! granting `internal` itself. Otherwise the group is *waiting for acceptance*.

mod adjusting;
pub mod change;
mod dump;
mod ends;
pub mod explain;
mod fold;
mod join;
mod links;
mod memory;
mod nodes;
mod preview;
mod reach;
mod report;
mod says;
mod standing;
mod stored;
#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod twin;

use std::borrow::Cow;
use std::collections::BTreeMap;

pub use change::Change;
use domain::group::{Fact, Facts, FamilyLink, InternalPolicy};
use domain::{EventId, GroupId, RuleId};
use eventlog::Position;
pub use links::Link;
use links::Links;
use nodes::{Nodes, State};
pub use preview::{GroupReach, Inside, Preview, Profiles, Side, Warning};
pub use reach::{Path, Reach, Target};
pub use report::{PersonLine, ProfilePair};
use says::Says;
pub use standing::{Named, Standing};

use crate::dense::{ById, GroupNo, PersonNo, StructureNo};
use crate::people::{Groups, People};

/// Who may write to whom.
#[derive(Debug, Default)]
pub struct Graph {
    nodes: Nodes,
    rules: ById<RuleId, Rule>,
    /// Rules that were removed: what a witness of then names.
    removed: ById<RuleId, Removed>,
    /// By structure number.
    policies: Vec<Policy>,
    links: Links,
    /// Which matrix and which recipes each structure has.
    standings: BTreeMap<StructureNo, Standing>,
}

/// Which event made something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since {
    /// Where it stands.
    pub position: Position,
    /// Its id.
    pub event: EventId,
}

/// Why a fact is true (`communication.md` section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The default matrix of the structure.
    Matrix,
    /// An administrator, or an import of the four-value attribute.
    Hand,
    /// `internal` of a mixed teaching group.
    Feed,
    /// A rule made by hand.
    Rule(RuleId),
}

/// A reason of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Because {
    /// Why.
    pub cause: Cause,
    /// Since which event.
    pub since: Since,
    /// Whether that event accepted that members of the group reach each other.
    pub accepted: bool,
}

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// From this group.
    pub from: GroupNo,
    /// To this group.
    pub to: GroupNo,
    /// Whether a matrix gave it; then it is a reason for nothing.
    pub by_matrix: bool,
    /// Since which event.
    pub since: Since,
}

/// A rule that is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    /// As it was.
    pub rule: Rule,
    /// Which event removed it.
    pub until: Since,
}

/// What the events said of one group.
#[derive(Debug, Clone, Default, PartialEq)]
struct Node {
    uses: Vec<Because>,
    exposes: Vec<Because>,
    internal: Vec<Because>,
    /// Set while `uses` and `exposes` hold under a policy that implies `internal`.
    implied: Option<Implied>,
    /// Rules that start here, oldest first, with their ends.
    starts: Vec<(RuleId, GroupNo)>,
    /// Rules that end here, oldest first.
    ends: Vec<RuleId>,
    /// For relatives of a class: how they and their own children are linked.
    family: Option<FamilyLink>,
    /// Which event said so last.
    family_since: Option<Since>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Implied {
    since: Since,
    /// Whether the group held students or relatives when it became implied.
    held: bool,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Policy {
    policy: InternalPolicy,
    accepted: Vec<GroupId>,
}

impl Node {
    /// Returns where its rules end, in their order.
    fn ends_of_rules(&self) -> Vec<GroupNo> {
        self.starts.iter().map(|(_, to)| *to).collect()
    }

    fn reasons(&self, fact: Fact) -> &Vec<Because> {
        match fact {
            Fact::Uses => &self.uses,
            Fact::Exposes => &self.exposes,
            Fact::Internal => &self.internal,
        }
    }

    fn reasons_mut(&mut self, fact: Fact) -> &mut Vec<Because> {
        match fact {
            Fact::Uses => &mut self.uses,
            Fact::Exposes => &mut self.exposes,
            Fact::Internal => &mut self.internal,
        }
    }
}

/// Whether members of a group reach each other only because `uses` and `exposes` imply it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Implication {
    /// The event that made it so.
    pub since: Since,
    /// Whether it opens nobody until it is accepted.
    pub waiting: bool,
}

impl Graph {
    /// Returns what a group states now.
    pub fn facts(&self, people: &People, group: GroupNo) -> Facts {
        Facts { uses: self.uses(group), exposes: self.exposes(group), internal: self.internal(people, group) }
    }

    /// Returns why a fact of a group is true; for `internal` the reasons of its own.
    pub fn reasons(&self, group: GroupNo, fact: Fact) -> &[Because] {
        self.node(group).map_or(&[], |node| node.reasons(fact))
    }

    /// Returns the implication of `internal`, if `uses` and `exposes` imply it under the policy of the structure.
    pub fn implication(&self, people: &People, group: GroupNo) -> Option<Implication> {
        self.implied(people, group)
    }

    /// Returns a rule.
    pub fn rule(&self, rule: RuleId) -> Option<&Rule> {
        self.rules.get(&rule)
    }

    /// Returns a rule that is, or that was until an event removed it.
    pub fn rule_ever(&self, rule: RuleId) -> Option<(&Rule, Option<Since>)> {
        let removed = || self.removed.get(&rule).map(|removed| (&removed.rule, Some(removed.until)));
        self.rules.get(&rule).map(|rule| (rule, None)).or_else(removed)
    }

    /// Returns every rule, by id: for comparing two moments.
    pub(crate) fn all_rules(&self) -> BTreeMap<RuleId, Rule> {
        self.rules.iter().map(|(id, rule)| (*id, *rule)).collect()
    }

    /// Returns the facts of every group, by number: for comparing two moments.
    pub(crate) fn all_facts(&self, people: &People) -> Vec<Facts> {
        (0..).take(self.nodes.len()).map(|group| self.facts(people, GroupNo(group))).collect()
    }

    /// Returns the rules that start at a group, oldest first.
    pub fn rules_from(&self, group: GroupNo) -> impl Iterator<Item = &Rule> {
        let starts = self.node(group).map_or(&[][..], |node| &node.starts);
        starts.iter().filter_map(|(rule, _)| self.rules.get(rule))
    }

    /// Returns the rules that end at a group, oldest first.
    pub fn rules_to(&self, group: GroupNo) -> impl Iterator<Item = &Rule> {
        let ends = self.node(group).map_or(&[][..], |node| &node.ends);
        ends.iter().filter_map(|rule| self.rules.get(rule))
    }

    /// Returns how the relatives of a class and their own children are linked, if a matrix said so.
    pub fn family(&self, group: GroupNo) -> Option<FamilyLink> {
        self.node(group)?.family
    }

    /// Returns the direct links that start at a person or end there, in the order in which they were made.
    pub fn links(&self, person: PersonNo) -> &[Link] {
        self.links.of(person)
    }

    /// `internal` is implied and opens nobody until it is accepted, and has no reason of its own.
    fn is_waiting(&self, people: &People, group: GroupNo) -> bool {
        let waiting = self.implication(people, group).is_some_and(|implication| implication.waiting);
        waiting && !self.internal(people, group)
    }
}

impl Says for Graph {
    fn node(&self, group: GroupNo) -> Option<&Node> {
        self.nodes.get(group)
    }

    fn state(&self, group: GroupNo) -> State {
        self.nodes.state(group)
    }

    fn ends(&self, group: GroupNo) -> Cow<'_, [GroupNo]> {
        Cow::Borrowed(self.nodes.ends(group))
    }

    fn may_lead(&self, group: GroupNo, to: Groups<'_>) -> bool {
        self.nodes.may_lead(group, to)
    }

    fn policy(&self, structure: StructureNo) -> Option<&Policy> {
        self.policies.get(structure.index())
    }
}
