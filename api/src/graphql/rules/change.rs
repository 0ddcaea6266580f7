//! A change of rules as a client asks for it, and who may make it (`communication.md` section 7, Scope).
//!
//! Invariant: what is looked at and what is made are read by the same code and judged by the same rights.

use async_graphql::{Enum, ID, InputObject, OneofObject};
use domain::actor::RoleName;
use domain::group::{GroupKind as Kind, Reason};
use domain::structure::{Closing, Command, MakeRule, Target};
use domain::{GroupId, RuleId, StreamId, StructureId};
use projections::graph::Change;
use projections::{GroupNo, World};

use crate::failure::{Failure, Result};
use crate::graphql::acting::group;
use crate::graphql::common::Global;
use crate::graphql::groups::Fact;
use crate::graphql::structure::InternalPolicy;
use crate::rights::{Right, Rights, is_structure_wide};

/// One change of what groups say, or of the rules between them.
#[derive(Debug, OneofObject)]
pub enum RuleChangeInput {
    /// A fact of a group gets a reason by hand.
    GrantFact(FactOfGroupInput),
    /// A fact of a group loses every reason.
    RemoveFact(FactOfGroupInput),
    /// A rule by hand.
    MakeRule(RuleBetweenInput),
    /// A rule is no more.
    RemoveRule(ID),
    /// The policy of a structure.
    SetInternalPolicy(PolicyOfStructureInput),
}

/// A fact of a group.
#[derive(Debug, InputObject)]
pub struct FactOfGroupInput {
    /// The group.
    pub group: ID,
    /// The fact.
    pub fact: Fact,
}

/// A rule from a group to a group.
#[derive(Debug, InputObject)]
pub struct RuleBetweenInput {
    /// From this group.
    pub from: ID,
    /// To this group.
    pub to: ID,
    /// Whether members of `to` are reached one by one because of it.
    #[graphql(default = true)]
    pub expose_members: bool,
}

/// A policy of internal communication.
#[derive(Debug, InputObject)]
pub struct PolicyOfStructureInput {
    /// The structure.
    pub structure: ID,
    /// What it becomes.
    pub policy: InternalPolicy,
}

/// What somebody who changes rules accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum AcceptedOpening {
    /// Students or relatives come to reach each other.
    OpensMembers,
}

impl RuleChangeInput {
    /// Returns the change, of groups, rules and structures that the caller knows of.
    pub fn found(&self, world: &World, rights: &Rights) -> Result<Change> {
        self.of_known(world, rights, |id| Ok(group(world, rights, id)?.0))
    }

    /// The same for who may only ask for it: they may also name the profile groups of any structure, which are no
    /// secret.
    pub fn asked(&self, world: &World, rights: &Rights) -> Result<Change> {
        self.of_known(world, rights, |id| {
            let public = world.people.group(id).filter(|number| is_public(world, *number));
            public.map_or_else(|| Ok(group(world, rights, id)?.0), Ok)
        })
    }

    fn of_known(
        &self,
        world: &World,
        rights: &Rights,
        group: impl Fn(GroupId) -> Result<GroupNo>,
    ) -> Result<Change> {
        let known = |id: &ID, argument| GroupId::read(id, argument).and_then(&group);
        Ok(match self {
            Self::GrantFact(of) => {
                Change::GrantFact { group: known(&of.group, "group")?, fact: of.fact.into() }
            }
            Self::RemoveFact(of) => {
                Change::RemoveFact { group: known(&of.group, "group")?, fact: of.fact.into() }
            }
            Self::MakeRule(rule) => Change::MakeRule {
                from: known(&rule.from, "from")?,
                to: known(&rule.to, "to")?,
                expose_members: rule.expose_members,
            },
            Self::RemoveRule(rule) => {
                let rule = RuleId::read(rule, "rule")?;
                let (ends, _) = world.graph.rule_ever(rule).ok_or(Failure::NotFound)?;
                // Whoever knows neither end does not know of the rule.
                if ![ends.from, ends.to].iter().any(|end| rights.sees_group(world, *end)) {
                    return Err(Failure::NotFound);
                }
                Change::RemoveRule { rule }
            }
            Self::SetInternalPolicy(of) => {
                let structure = StructureId::read(&of.structure, "structure")?;
                let number = world.people.structure_no(structure).ok_or(Failure::NotFound)?;
                world.people.structure(number).ok_or(Failure::NotFound)?;
                Change::SetPolicy { structure: number, policy: of.policy.into() }
            }
        })
    }
}

/// Returns the role in which the caller may make a change.
pub fn may_make(world: &World, rights: &Rights, change: &Change) -> Result<RoleName> {
    if let Some(platform) = rights.platform() {
        return Ok(platform);
    }
    let roles = structures(world, change).into_iter().map(|of| rights.may(Right::Rules, of));
    let roles: Option<Vec<_>> = roles.collect();
    // What costs more is asked last.
    let role = roles.and_then(|roles| roles.first().copied()).filter(|_| !is_the_platforms(world, change));
    role.ok_or(Failure::Forbidden)
}

/// Returns whether the caller may see what a change would do: who may make it, or an auditor of all it is about.
pub fn may_preview(world: &World, rights: &Rights, change: &Change) -> Result<()> {
    let audits = |of: StructureId| rights.may(Right::Audit, of).is_some();
    if structures(world, change).into_iter().all(audits) {
        return Ok(());
    }
    may_make(world, rights, change).map(|_| ())
}

/// Returns the structures whose groups a change is about.
fn structures(world: &World, change: &Change) -> Vec<StructureId> {
    let of = |group| structure_of(world, group);
    let known = match *change {
        Change::GrantFact { group, .. } | Change::RemoveFact { group, .. } => vec![of(group)],
        Change::MakeRule { from, to, .. } => vec![of(from), of(to)],
        Change::RemoveRule { rule } => match world.graph.rule_ever(rule) {
            Some((rule, _)) => vec![of(rule.from), of(rule.to)],
            None => vec![],
        },
        Change::SetPolicy { structure, .. } => vec![world.people.structure(structure).map(|row| row.id)],
    };
    known.into_iter().flatten().collect()
}

/// Returns whether only a platform administrator makes a change: one of a broadcast list, or of what the STUDENT or the
/// RELATIVE group of a whole structure says, by hand or by a rule that would give it a fact it lacks.
fn is_the_platforms(world: &World, change: &Change) -> bool {
    let people = &world.people;
    let wide = |group| is_structure_wide(people, group);
    let facts = |group| world.graph.facts(people, group);
    let list = |group| is_list(world, group);
    match *change {
        Change::GrantFact { group, .. } | Change::RemoveFact { group, .. } => wide(group) || list(group),
        Change::MakeRule { from, to, expose_members } => {
            let gives =
                (wide(from) && !facts(from).uses) || (wide(to) && expose_members && !facts(to).exposes);
            gives || list(from) || list(to)
        }
        Change::RemoveRule { rule } => {
            world.graph.rule_ever(rule).is_some_and(|(rule, _)| list(rule.from) || list(rule.to))
        }
        Change::SetPolicy { .. } => {
            let opened = world.graph.preview(people, &[*change]).opened_inside;
            opened.iter().any(|inside| wide(inside.group))
        }
    }
}

/// Returns whether it is no secret that a group is there: every structure has one for each profile.
pub fn is_public(world: &World, group: GroupNo) -> bool {
    world.people.group_row(group).is_some_and(|row| matches!(row.kind, Kind::Profile(_)))
}

/// Returns the command that makes a change: `opens` are the groups of students or relatives that it would open, and of
/// which `accepted` may.
pub fn command(
    world: &World,
    change: Change,
    rule: RuleId,
    opens: Vec<GroupId>,
    accepted: Vec<GroupId>,
) -> Result<Command> {
    Ok(match change {
        Change::GrantFact { group, fact } => {
            let (group, reason) = (target(world, group)?, Reason::Hand);
            Command::GrantFact { group, fact, reason, opens, accepted }
        }
        Change::RemoveFact { group, fact } => Command::RemoveFact { group: target(world, group)?, fact },
        Change::MakeRule { from, to, expose_members: exposes_members } => {
            let (from, to) = (target(world, from)?, target(world, to)?);
            Command::MakeRule(MakeRule { rule, from, to, exposes_members, opens, accepted })
        }
        Change::RemoveRule { rule } => Command::RemoveRule { rule },
        Change::SetPolicy { policy, .. } => Command::SetPolicy { policy, opens, accepted },
    })
}

/// Returns a group as its structure's rules take it.
pub fn target(world: &World, group: GroupNo) -> Result<Target> {
    let id = world.people.group_id(group).ok_or(Failure::NotFound)?;
    let structure = structure_of(world, group).ok_or(Failure::NotFound)?;
    Ok(Target { group: id, structure, broadcast_list: is_list(world, group) })
}

/// Returns what is to be known to close a group's internal communication.
pub fn closing(world: &World, number: GroupNo) -> Result<Closing> {
    world.graph.closing(&world.people, number).ok_or(Failure::NotFound)
}

/// Returns the stream in which a change of a structure is decided.
pub fn stream(world: &World, change: &Change) -> Result<StreamId> {
    let first = structures(world, change).first().copied().ok_or(Failure::NotFound)?;
    Ok(StreamId::structure(first))
}

fn structure_of(world: &World, group: GroupNo) -> Option<StructureId> {
    let row = world.people.group_row(group)?;
    Some(world.people.structure(row.structure)?.id)
}

fn is_list(world: &World, group: GroupNo) -> bool {
    world.people.group_row(group).is_some_and(|row| matches!(row.kind, Kind::BroadcastList(_)))
}
