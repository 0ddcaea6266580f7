//! What happens to a request for a change of rules, as it is stored.

use serde::{Deserialize, Serialize};

use crate::group::{Fact, InternalPolicy, Profile};
use crate::id::{GroupId, PersonId, RuleId, RuleRequestId, StructureId};
use crate::label::Label;
use crate::sealed::{Carries, Retention, Sealed, Subject, Visit};

crate::events! {
    /// Somebody asked for it.
    Made = "rule-request.made", schema 1;
    /// Somebody who may make it let it be made.
    Accepted = "rule-request.accepted", schema 1;
    /// Somebody said no.
    Refused = "rule-request.refused", schema 1;
    /// Its changes were made.
    Done = "rule-request.done", schema 1;
}

/// One change of what groups say, or of the rules between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A fact of a group gets a reason by hand.
    GrantFact {
        /// The group.
        group: GroupId,
        /// The fact.
        fact: Fact,
    },
    /// A fact of a group loses every reason.
    RemoveFact {
        /// The group.
        group: GroupId,
        /// The fact.
        fact: Fact,
    },
    /// A rule by hand.
    MakeRule {
        /// From this group.
        from: GroupId,
        /// To this group.
        to: GroupId,
        /// Whether it is a reason for `exposes` at its end.
        exposes_members: bool,
    },
    /// A rule is no more.
    RemoveRule {
        /// Which.
        rule: RuleId,
    },
    /// The policy of a structure.
    SetPolicy {
        /// The structure.
        structure: StructureId,
        /// What it becomes.
        policy: InternalPolicy,
    },
}

/// What a list of changes would do, as numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Ordered pairs that open, without those that are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opened: Vec<Pairs>,
    /// Ordered pairs that close, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed: Vec<Pairs>,
    /// Groups whose members begin to reach each other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opened_inside: Vec<Inside>,
    /// Those of them that hold students or relatives: they open only if that is accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to_accept: Vec<GroupId>,
}

/// Ordered pairs of people of two profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pairs {
    /// Who reaches.
    pub from: Profile,
    /// Who is reached.
    pub to: Profile,
    /// How many pairs.
    pub pairs: u64,
}

/// A group whose members begin to reach each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inside {
    /// Which.
    pub group: GroupId,
    /// How many members it has.
    pub members: u64,
    /// How many of them are students.
    pub students: u64,
    /// How many of them are relatives.
    pub relatives: u64,
}

/// Somebody asked for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// Which request.
    pub request: RuleRequestId,
    /// Who asked.
    pub by: PersonId,
    /// What for, in this order.
    pub changes: Vec<Change>,
    /// Why. It stays when people are erased, so nothing personal belongs in it.
    pub reason: Sealed<String>,
    /// What it would have done when it was asked for.
    pub preview: Counts,
}

impl Carries for Made {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Platform, Retention::Life, "reason", 0, &mut self.reason);
    }
}

/// Somebody who may make it let it be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Accepted {
    /// Who.
    pub by: PersonId,
    /// What it would have done at that moment. Groups in its `to_accept`, and no others, may open.
    pub preview: Counts,
}

impl Carries for Accepted {}

/// Somebody said no.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// Who; who asked, if they took it back.
    pub by: PersonId,
    /// Why. It stays when people are erased.
    pub reason: Sealed<String>,
}

impl Carries for Refused {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Platform, Retention::Life, "reason", 0, &mut self.reason);
    }
}

/// Its changes were made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// What was refused meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undone: Vec<Undone>,
}

impl Carries for Done {}

/// A change that was refused when its turn came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// Its place in the list, from 0.
    pub place: u32,
    /// The code of the refusal.
    pub code: Label,
}
