//! What is missing that somebody be reached, typed.

use domain::ClassId;
use domain::person::BlockCause;

use super::fix::Fix;
use crate::dense::{GroupNo, PersonNo, StructureNo};
use crate::graph::{Graph, Target};
use crate::people::{Barred, Late, People};

/// One way that would lead to the target, and what is missing on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// The group of the asker it would start from; none where it would be a family.
    pub from: Option<GroupNo>,
    /// The group it would end at.
    pub to: Option<GroupNo>,
    /// What is missing: each is one change.
    pub missing: Vec<Missing>,
}

/// One thing that is missing, or in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// Nobody writes to themselves.
    Oneself,
    /// The account is blocked.
    Blocked {
        /// Whose.
        person: PersonNo,
        /// By which block.
        cause: BlockCause,
    },
    /// The account is closed.
    Closed {
        /// Whose.
        person: PersonNo,
    },
    /// The account was kept until a day that has passed.
    Expired {
        /// Whose.
        person: PersonNo,
    },
    /// A platform administrator hid somebody: nobody reaches them.
    Hidden {
        /// Whom.
        person: PersonNo,
    },
    /// A platform administrator hid a group: nobody reaches it as a group.
    HiddenGroup {
        /// Which.
        group: GroupNo,
    },
    /// A structure is closed: nobody is attached to it.
    StructureClosed {
        /// Which.
        structure: StructureNo,
    },
    /// An attachment has not begun, or has ended.
    NotInForce(Late),
    /// `internal` is implied, and waits until somebody accepts that it opens the members to each other.
    WaitingForAcceptance {
        /// Of which group.
        group: GroupNo,
    },
    /// Somebody is attached to no structure.
    NoStructure {
        /// Who.
        person: PersonNo,
    },
    /// A relative has no child.
    NoChild {
        /// Who.
        relative: PersonNo,
    },
    /// Somebody is in no class of a structure.
    NoClass {
        /// Who; for a relative one of their children.
        person: PersonNo,
        /// Where.
        structure: StructureNo,
        /// A class that would do, if one was looked for.
        class: Option<ClassId>,
    },
    /// Somebody is not in a class.
    NotInClass {
        /// Who; for a relative one of their children.
        person: PersonNo,
        /// Where.
        structure: StructureNo,
        /// Which.
        class: ClassId,
    },
    /// Somebody is not in a teaching group.
    NotInGroup {
        /// Who.
        person: PersonNo,
        /// Which.
        group: GroupNo,
    },
    /// A group does not expose its members.
    DoesNotExpose {
        /// Which.
        group: GroupNo,
    },
    /// A group does not use its rules.
    DoesNotUse {
        /// Which.
        group: GroupNo,
    },
    /// Members of a group do not reach each other.
    NotInternal {
        /// Which.
        group: GroupNo,
    },
    /// Members of a group do not reach each other, because the policy of the structure implies nothing.
    NotImplied {
        /// Which.
        group: GroupNo,
        /// Whose policy.
        structure: StructureNo,
    },
    /// No rule leads from one group to the other.
    NoRule {
        /// From.
        from: GroupNo,
        /// To.
        to: GroupNo,
        /// Whether its members must be exposed.
        one_by_one: bool,
    },
    /// A group has no rule at all. About the asker alone.
    NoRuleAtAll {
        /// Which.
        group: GroupNo,
    },
    /// Nobody is in a group.
    Empty {
        /// Which.
        group: GroupNo,
    },
    /// A relative and their own child are not linked in this direction: the class of the child says so.
    NotLinked {
        /// The relative.
        relative: PersonNo,
        /// The child.
        child: PersonNo,
        /// From the relative to the child, or back.
        to_child: bool,
    },
}

impl Missing {
    pub(super) fn waiting(group: GroupNo) -> Self {
        Self::WaitingForAcceptance { group }
    }

    pub(super) fn no_rule_at_all(group: GroupNo) -> Self {
        Self::NoRuleAtAll { group }
    }

    /// Returns why an attachment is not in force.
    pub(super) fn late(people: &People, late: Late) -> impl Iterator<Item = Self> + use<> {
        let Late { person, structure, .. } = late;
        let attachment = people.person(person).and_then(|row| row.attachment(structure));
        // Without one it is a group filled by hand, in which nobody's days are asked for.
        let in_days = attachment.is_none_or(|attachment| people.in_days(attachment));
        let closed = people.structure(structure).is_some_and(|row| row.closed);
        let closed = closed.then_some(Self::StructureClosed { structure });
        closed.into_iter().chain((!in_days).then_some(Self::NotInForce(late)))
    }

    /// Returns what keeps anybody from reaching a target.
    pub(super) fn of_target(people: &People, target: Target) -> Option<Self> {
        match target {
            Target::Person(person) => people.hidden().contains(person.0).then_some(Self::Hidden { person }),
            Target::Group(group) => {
                people.hidden_groups().contains(group.0).then_some(Self::HiddenGroup { group })
            }
        }
    }

    /// Returns what keeps an account out.
    pub(super) fn of_account(people: &People, person: PersonNo) -> impl Iterator<Item = Self> + use<> {
        people.why_barred(person).into_iter().map(move |why| match why {
            Barred::Closed => Self::Closed { person },
            Barred::Blocked(cause) => Self::Blocked { person, cause },
            Barred::Expired => Self::Expired { person },
        })
    }

    /// Returns what would mend it, the smallest opening first; each alone is enough. None where no change would.
    pub fn fixes(&self, graph: &Graph, people: &People) -> Vec<Fix> {
        Fix::of(graph, people, *self)
    }
}
