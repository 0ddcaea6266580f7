//! A change of rules, before it is made: what a fix proposes, and what a preview is asked for.
//!
//! Invariant: it says what is asked, not what follows; whether it is allowed is decided in `domain`.

use domain::RuleId;
use domain::group::{Fact, InternalPolicy};

use crate::dense::{GroupNo, StructureNo};

/// A change of what groups say and of the rules between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A fact of a group gets a reason by hand.
    GrantFact {
        /// The group.
        group: GroupNo,
        /// The fact.
        fact: Fact,
    },
    /// A fact of a group loses every reason.
    RemoveFact {
        /// The group.
        group: GroupNo,
        /// The fact.
        fact: Fact,
    },
    /// A rule by hand.
    MakeRule {
        /// From this group.
        from: GroupNo,
        /// To this group.
        to: GroupNo,
        /// Whether it is a reason for `exposes` at its end.
        expose_members: bool,
    },
    /// A rule is no more.
    RemoveRule {
        /// Which.
        rule: RuleId,
    },
    /// The policy of a structure.
    SetPolicy {
        /// The structure.
        structure: StructureNo,
        /// What it becomes.
        policy: InternalPolicy,
    },
}
