//! Who books, changes and validates, and what the rules of a resource need to know about them.
//!
//! Invariant: a resource or a booking that the caller does not see is not there for them.

use async_graphql::ID;
use chrono::NaiveDateTime;
use domain::actor::RoleName;
use domain::booking::recurrence::Rule;
use domain::booking::role::{Action, Answer, Role};
use domain::booking::slot::Wall;
use domain::resource::{Booking, By, Life};
use domain::{BookingId, GroupId, PersonId, ResourceId};
use projections::World;
use projections::calendars::Calendar;
use projections::resources::On;

use crate::failure::{Failure, Result};
use crate::graphql::acting::Acting;
use crate::graphql::common::Global;
use crate::graphql::domains::facts::seen;
use crate::rights::Rights;

/// What a command on a resource needs to know.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// Which resource.
    pub resource: ResourceId,
    /// Who acts, and as what.
    pub by: By,
    /// For whom.
    pub owner: PersonId,
    /// The groups of quotas that they are in.
    pub groups: Vec<GroupId>,
    /// Whether they may book.
    pub owner_may: bool,
    /// Where the hours of the resource are.
    pub zone: domain::clock::Zone,
}

/// Returns the calendar of a resource that the caller sees.
pub(super) fn calendar<'a>(
    acting: &Acting<'_>,
    world: &'a World,
    rights: &Rights,
    resource: ResourceId,
) -> Result<&'a Calendar> {
    seen(acting, world, rights, On::Resource(resource))?;
    world.calendars.get(resource).ok_or(Failure::NotFound)
}

/// Returns a booking that the caller sees: on a resource of theirs, or their own.
pub(super) fn booking<'a>(
    acting: &Acting<'_>,
    world: &'a World,
    rights: &Rights,
    booking: BookingId,
) -> Result<(&'a Calendar, &'a Booking)> {
    let (calendar, found) = world.calendars.booking(booking).ok_or(Failure::NotFound)?;
    let own = found.owner == acting.caller.person;
    let seen = own || seen(acting, world, rights, On::Resource(calendar.id)).is_ok();
    if seen { Ok((calendar, found)) } else { Err(Failure::NotFound) }
}

/// Returns what a booking of a resource needs to know; the caller must see the resource.
pub(super) fn books(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    resource: ResourceId,
    owner: Option<PersonId>,
) -> Result<(RoleName, Known)> {
    let calendar = calendar(acting, world, rights, resource)?;
    let owner = owner.unwrap_or(acting.caller.person);
    if owner != acting.caller.person {
        let number = world.people.number(owner).ok_or(Failure::NotFound)?;
        rights.sees(world, number).ok_or(Failure::NotFound)?;
    }
    Ok((RoleName::User, known(world, calendar, acting.caller.person, owner).ok_or(Failure::Forbidden)?))
}

/// Returns what a change of a booking needs to know; the caller must see it.
pub(super) fn changes(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    id: BookingId,
) -> Result<(RoleName, Known)> {
    let (calendar, found) = booking(acting, world, rights, id)?;
    let known = known(world, calendar, acting.caller.person, found.owner);
    Ok((RoleName::User, known.ok_or(Failure::Forbidden)?))
}

/// Returns what the rules of a resource need to know; none if who acts has no role there.
///
/// Whoever lost every role may still give up what is theirs: they are looked at as the least one.
pub(crate) fn known_of(world: &World, calendar: &Calendar, person: PersonId, owner: PersonId) -> Option<By> {
    let (role, grant) = match world.resources.role(&world.people, On::Resource(calendar.id), person) {
        Some((role, grant)) => (role, Some(grant.id)),
        None if person == owner => (Role::Visitor, None),
        None => return None,
    };
    Some(By { person, role, grant })
}

fn known(world: &World, calendar: &Calendar, person: PersonId, owner: PersonId) -> Option<Known> {
    let (Life::Open { zone, .. } | Life::Deleted { zone, .. }) = calendar.state.life() else { return None };
    let by = known_of(world, calendar, person, owner)?;
    let groups = groups(world, calendar, owner);
    let owner_may = may_book(world, calendar.id, owner);
    Some(Known { resource: calendar.id, by, owner, groups, owner_may, zone })
}

/// Returns the groups named by quotas of a resource that somebody is in.
pub(crate) fn groups(world: &World, calendar: &Calendar, person: PersonId) -> Vec<GroupId> {
    let Some(number) = world.people.number(person) else { return vec![] };
    let holds = |group: &GroupId| {
        let members = world.people.group(*group).and_then(|group| world.people.members(group));
        members.is_some_and(|members| members.contains(number.0))
    };
    calendar.state.rules().groups().filter(holds).collect()
}

/// Returns whether somebody may book a resource now.
pub(crate) fn may_book(world: &World, resource: ResourceId, person: PersonId) -> bool {
    let role = world.resources.role(&world.people, On::Resource(resource), person);
    role.is_some_and(|(role, _)| role.may(Action::CreateBooking) != Answer::No)
}

/// Returns whether the caller sees who booked a resource and what for.
pub(super) fn sees_details(acting: &Acting<'_>, world: &World, resource: ResourceId) -> bool {
    let from = world.resources.domain_of(resource).map(|domain| domain.details_from);
    let role = world.resources.role(&world.people, On::Resource(resource), acting.caller.person);
    from.zip(role).is_some_and(|(from, (role, _))| role >= from)
}

/// Reads the rule of a series.
pub(super) fn rule(text: Option<&str>) -> Result<Option<Rule>, domain::booking::recurrence::Refusal> {
    text.map(Rule::parse).transpose()
}

/// Reads the id of a person a booking is for.
pub(super) fn owner(id: Option<&ID>) -> Result<Option<PersonId>> {
    id.map(|id| PersonId::read(id, "owner")).transpose()
}

/// Returns from when to when something is, in a zone.
pub(super) fn wall(zone: domain::clock::Zone, start: NaiveDateTime, end: NaiveDateTime) -> Wall {
    Wall { zone, start, end }
}
