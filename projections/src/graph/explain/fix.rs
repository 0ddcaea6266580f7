//! What would mend what is missing, and who may do it.
//!
//! Invariant: a fix proposed first for each thing that is missing on a way makes that way lead to its target.

use domain::ClassId;
use domain::group::{Fact, GroupKind, InternalPolicy, Profile};
use domain::person::BlockCause;

use super::miss::Missing;
use crate::dense::{GroupNo, PersonNo, StructureNo};
use crate::graph::change::Change;
use crate::graph::{Graph, Preview};
use crate::people::People;

/// A change that would mend something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fix {
    /// What.
    pub remedy: Remedy,
    /// Who may do it.
    pub by: Authority,
}

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// A fact, a rule or a policy: it can be previewed.
    Rules(Change),
    /// Accept that the members of a group reach each other.
    Accept {
        /// Which.
        group: GroupNo,
    },
    /// Attach somebody to a class.
    JoinClass {
        /// Who.
        person: PersonNo,
        /// Where.
        structure: StructureNo,
        /// Which; their own, where none was looked for.
        class: Option<ClassId>,
    },
    /// Put somebody into a teaching group.
    JoinGroup {
        /// Who.
        person: PersonNo,
        /// Which.
        group: GroupNo,
    },
    /// Attach somebody to a structure, or change the days of the attachment.
    Attach {
        /// Who.
        person: PersonNo,
        /// Where, if they ever were.
        structure: Option<StructureNo>,
    },
    /// Link a relative to their child.
    LinkChild {
        /// Who.
        relative: PersonNo,
    },
    /// Lift a block.
    Unblock {
        /// Whose.
        person: PersonNo,
        /// Which.
        cause: BlockCause,
    },
    /// Open a closed account.
    Reopen {
        /// Whose.
        person: PersonNo,
    },
    /// Hide somebody no longer.
    Show {
        /// Whom.
        person: PersonNo,
    },
    /// Hide a group no longer.
    ShowGroup {
        /// Which.
        group: GroupNo,
    },
    /// Open a closed structure.
    ReopenStructure {
        /// Which.
        structure: StructureNo,
    },
}

/// Who may do something; a platform administrator always may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authority {
    /// Nobody else.
    Platform,
    /// A local administrator of a structure.
    Local(StructureNo),
    /// Somebody who is a local administrator of both.
    LocalOfBoth(StructureNo, StructureNo),
    /// A local administrator or a head of a structure.
    LocalOrHead(StructureNo),
}

impl Remedy {
    /// Returns the change of rules it is, if it is one. To accept that members reach each other opens what granting it
    /// would.
    pub fn change(self) -> Option<Change> {
        match self {
            Self::Rules(change) => Some(change),
            Self::Accept { group } => Some(Change::GrantFact { group, fact: Fact::Internal }),
            Self::JoinClass { .. }
            | Self::JoinGroup { .. }
            | Self::Attach { .. }
            | Self::LinkChild { .. }
            | Self::Unblock { .. }
            | Self::Reopen { .. }
            | Self::Show { .. }
            | Self::ShowGroup { .. }
            | Self::ReopenStructure { .. } => None,
        }
    }

    /// Returns what it would open and close if it were done alone now; none of what is no change of rules.
    pub fn preview(self, graph: &Graph, people: &People) -> Option<Preview> {
        self.change().map(|change| graph.preview(people, &[change]))
    }
}

impl Fix {
    /// Returns what would mend something, the smallest opening first.
    pub(super) fn of(graph: &Graph, people: &People, missing: Missing) -> Vec<Self> {
        let local = |structure: Option<StructureNo>| structure.map_or(Authority::Platform, Authority::Local);
        let at_home = |person| local(home(people, person));
        let one = |remedy, by| vec![Self { remedy, by }];
        let grant = |group, fact| {
            let by = of_facts(people, group);
            Self { remedy: Remedy::Rules(Change::GrantFact { group, fact }), by }
        };
        match missing {
            Missing::Blocked { person, cause } => {
                let by = blocked_by(people, person, cause).or_else(|| home(people, person));
                let by = by.map_or(Authority::Platform, Authority::LocalOrHead);
                one(Remedy::Unblock { person, cause }, by)
            }
            Missing::Closed { person } => one(Remedy::Reopen { person }, at_home(person)),
            Missing::Hidden { person } => one(Remedy::Show { person }, Authority::Platform),
            Missing::HiddenGroup { group } => one(Remedy::ShowGroup { group }, Authority::Platform),
            Missing::StructureClosed { structure } => {
                one(Remedy::ReopenStructure { structure }, Authority::Platform)
            }
            Missing::NotInForce(late) => {
                let structure = Some(late.structure);
                one(Remedy::Attach { person: late.person, structure }, local(structure))
            }
            Missing::NoStructure { person } => {
                one(Remedy::Attach { person, structure: None }, Authority::Platform)
            }
            Missing::NoChild { relative } => one(Remedy::LinkChild { relative }, at_home(relative)),
            Missing::NoClass { person, structure, class } => {
                one(Remedy::JoinClass { person, structure, class }, Authority::Local(structure))
            }
            Missing::NotInClass { person, structure, class } => {
                let class = Some(class);
                one(Remedy::JoinClass { person, structure, class }, Authority::Local(structure))
            }
            Missing::NotInGroup { person, group } => {
                one(Remedy::JoinGroup { person, group }, local(owner(people, group)))
            }
            Missing::WaitingForAcceptance { group } => one(Remedy::Accept { group }, of_facts(people, group)),
            Missing::DoesNotExpose { group } => vec![grant(group, Fact::Exposes)],
            Missing::DoesNotUse { group } => vec![grant(group, Fact::Uses)],
            Missing::NotInternal { group } => vec![grant(group, Fact::Internal)],
            Missing::NotImplied { group, structure } => {
                let policy = Change::SetPolicy { structure, policy: InternalPolicy::Implied };
                let policy = Self { remedy: Remedy::Rules(policy), by: Authority::Local(structure) };
                vec![grant(group, Fact::Internal), policy]
            }
            Missing::NoRule { from, to, one_by_one } => {
                let change = Change::MakeRule { from, to, expose_members: one_by_one };
                one(Remedy::Rules(change), of_rule(graph, people, from, to, one_by_one))
            }
            Missing::Oneself
            | Missing::Expired { .. }
            | Missing::NoRuleAtAll { .. }
            | Missing::Empty { .. }
            | Missing::NotLinked { .. } => vec![],
        }
    }
}

/// Who may make a rule: both ends must be theirs, and it gives no fact that only the platform may give (section 7).
fn of_rule(graph: &Graph, people: &People, from: GroupNo, to: GroupNo, one_by_one: bool) -> Authority {
    let gives = |group, fact| graph.reasons(group, fact).is_empty() && is_structure_wide(people, group);
    let lists = is_list(people, from) || is_list(people, to);
    if lists || gives(from, Fact::Uses) || (one_by_one && gives(to, Fact::Exposes)) {
        return Authority::Platform;
    }
    match (owner(people, from), owner(people, to)) {
        (Some(one), Some(other)) if one == other => Authority::Local(one),
        (Some(one), Some(other)) => Authority::LocalOfBoth(one, other),
        (None, _) | (_, None) => Authority::Platform,
    }
}

fn of_facts(people: &People, group: GroupNo) -> Authority {
    let platform = is_structure_wide(people, group) || is_list(people, group);
    let structure = owner(people, group).filter(|_| !platform);
    structure.map_or(Authority::Platform, Authority::Local)
}

/// Returns whether a group is the STUDENT or the RELATIVE group of a whole structure, whose facts only a platform
/// administrator changes (`communication.md` section 7).
pub fn is_structure_wide(people: &People, group: GroupNo) -> bool {
    let row = people.group_row(group);
    row.is_some_and(|row| matches!(row.kind, GroupKind::Profile(Profile::Student | Profile::Relative)))
}

/// Returns whether a group is a broadcast list, which only a platform administrator changes.
pub(super) fn is_list(people: &People, group: GroupNo) -> bool {
    people.group_row(group).is_some_and(|row| matches!(row.kind, GroupKind::BroadcastList(_)))
}

fn owner(people: &People, group: GroupNo) -> Option<StructureNo> {
    people.group_row(group).map(|row| row.structure)
}

fn home(people: &People, person: PersonNo) -> Option<StructureNo> {
    people.person(person)?.main().map(|attachment| attachment.structure)
}

fn blocked_by(people: &People, person: PersonNo, cause: BlockCause) -> Option<StructureNo> {
    let block = people.person(person)?.blocks.iter().find(|block| block.cause == cause)?;
    people.structure_no(block.by?)
}
