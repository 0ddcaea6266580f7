//! What is looked up before a group is filled: the group, what the caller may do to it, whom they may put in.
//!
//! Invariant: a group that the caller does not know of is not there; one that is not filled by hand is no answer here.

use domain::actor::RoleName;
use domain::label::Label;
use domain::roster::{By, Candidate, Kind};
use domain::structure::Criteria;
use domain::{GroupId, PersonId, StructureId};
use projections::{GroupNo, World};

use super::ListCriteriaInput;
use crate::failure::{Failure, Result};
use crate::graphql::acting::{Acting, group, ids, label};
use crate::rights::{Right, Rights};

/// The most structures and the most functions that criteria name.
const CRITERIA: usize = 1_000;

/// A group filled by hand, and in which role the caller may fill it.
#[derive(Debug)]
pub(super) struct Filler {
    number: GroupNo,
    pub(super) structure: StructureId,
    pub(super) kind: Kind,
    pub(super) by: By,
    role: Option<RoleName>,
}

impl Filler {
    /// Returns the role in which the caller fills the group.
    pub(super) fn fills(&self) -> Result<RoleName> {
        self.role.ok_or(Failure::Forbidden)
    }

    /// Returns the role in which the caller administers the group.
    pub(super) fn administers(&self) -> Result<RoleName> {
        self.role.filter(|_| self.by == By::Administrator).ok_or(Failure::Forbidden)
    }

    /// Returns those of `people` whom removing takes out.
    pub(super) fn in_it(&self, world: &World, people: &[PersonId]) -> Vec<PersonId> {
        let holds = |person: &&PersonId| {
            let number = world.people.number(**person);
            number.zip(world.people.roster(self.number)).is_some_and(|(number, roster)| roster.holds(number))
        };
        match self.kind {
            // The group's own stream knows best.
            Kind::Free => people.to_vec(),
            Kind::List(_) => people.iter().filter(holds).copied().collect(),
        }
    }
}

/// Returns a group filled by hand, with what the caller may do to it.
pub(super) fn of_group(world: &World, rights: &Rights, acting: &Acting<'_>, id: GroupId) -> Result<Filler> {
    let (number, structure) = group(world, rights, id)?;
    let roster = world.people.roster(number);
    let roster = roster.ok_or(Failure::BadInput("group", "a group that is filled by hand"))?;
    let person = acting.caller.person;
    let (kind, administers) = match &roster.list {
        Some(list) => (Kind::List(list.profile), rights.platform()),
        None => (Kind::Free, rights.may(Right::Rules, structure)),
    };
    let me = world.people.number(person).filter(|me| !world.people.is_barred(*me));
    let manages = me.is_some_and(|me| roster.managers.contains_key(&me));
    let (by, role) = match administers {
        Some(role) => (By::Administrator, Some(role)),
        None => (By::Manager(person), manages.then_some(RoleName::User)),
    };
    Ok(Filler { number, structure, kind, by, role })
}

/// Returns somebody who is to be put in, with their profile if the caller administers or reaches them, or is them.
/// Whoever is not there is out of reach like anybody else.
pub(super) fn candidate(world: &World, rights: &Rights, acting: &Acting<'_>, person: PersonId) -> Candidate {
    let me = world.people.number(acting.caller.person);
    let number = world.people.number(person).filter(|number| {
        let reached = |me| me == *number || world.graph.witness(&world.people, me, *number).is_some();
        rights.over(world, Right::People, *number).is_some() || me.is_some_and(reached)
    });
    let row = number.and_then(|number| world.people.person(number)).filter(|row| !row.erased);
    Candidate { person, reached: row.map(|row| row.profile) }
}

/// Returns criteria as they were asked for; structures are no secret.
pub(super) fn criteria(world: &World, input: Option<&ListCriteriaInput>) -> Result<Option<Criteria>> {
    let Some(input) = input else { return Ok(None) };
    if input.structures.len() > CRITERIA || input.functions.len() > CRITERIA {
        return Err(Failure::BadInput("criteria", "at most 1000 structures and 1000 functions"));
    }
    let structures: Vec<StructureId> = ids(&input.structures, "criteria.structures")?;
    let known = |id: &StructureId| {
        let number = world.people.structure_no(*id);
        number.and_then(|number| world.people.structure(number)).is_some()
    };
    if !structures.iter().all(known) {
        return Err(Failure::NotFound);
    }
    let functions: Result<Vec<Label>> =
        input.functions.iter().map(|code| label(code, "criteria.functions")).collect();
    Ok(Some(Criteria { structures, functions: functions? }))
}
