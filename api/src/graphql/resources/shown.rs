//! Resources as they are shown, and how much of them is taken.

use async_graphql::{ID, SimpleObject};
use domain::clock::Zone;
use domain::resource::Life;
use domain::{Date, ResourceId};
use projections::World;
use projections::resources::On;

use super::rules::ResourceRules;
use crate::failure::{Failure, Result};
use crate::graphql::acting::Acting;
use crate::graphql::bookings::shown::name;
use crate::graphql::common::{Day, Global, Instant};
use crate::graphql::domains::facts::manages;
use crate::graphql::people::Profile;
use crate::graphql::timetable::Period;
use crate::rights::Rights;

/// A time in which a resource is closed.
#[derive(Debug, Clone, SimpleObject)]
pub struct ResourceClosure {
    /// Opaque.
    id: ID,
    /// From this instant on.
    from: Instant,
    /// To this one.
    to: Instant,
}

/// What a resource is, and what it asks of bookings.
#[derive(Debug, Clone, SimpleObject)]
pub struct ResourceDetails {
    /// What it is called; null once erased.
    name: Option<String>,
    /// How much of it there is.
    quantity: u32,
    /// Where its hours are.
    time_zone: &'static str,
    /// What it asks of bookings.
    rules: ResourceRules,
    /// The named periods of its structure.
    periods: Vec<Period>,
    /// When it is closed, in the order of beginning.
    closures: Vec<ResourceClosure>,
}

/// How much of a resource is taken in a week.
#[derive(Debug, Clone, SimpleObject)]
pub struct WeekStatistics {
    /// Which resource.
    resource: ID,
    /// What it is called.
    name: Option<String>,
    /// The Monday of the week.
    monday: Day,
    /// Minutes that are taken, times how much of the resource.
    taken_minutes: u64,
    /// Minutes that it is open and not closed, times how much there is.
    open_minutes: u64,
    /// What is taken of what is open, in per mille; null where it is not open.
    occupation: Option<u32>,
    /// How many dates were asked for.
    asked: u32,
    /// How many were refused.
    refused: u32,
    /// How many were taken back before anybody answered.
    withdrawn: u32,
    /// How many were given up.
    cancelled: u32,
    /// Minutes that are taken, by what their owners are at school.
    by_profile: Vec<ProfileMinutes>,
}

/// Minutes taken by people of a profile.
#[derive(Debug, Clone, SimpleObject)]
pub struct ProfileMinutes {
    /// What they are; null for who was erased.
    profile: Option<Profile>,
    /// How many minutes, times how much of the resource.
    minutes: u64,
}

/// Returns where the hours of a resource are; none once it is no more.
pub(super) fn zone(world: &World, resource: ResourceId) -> Option<Zone> {
    match world.calendars.get(resource)?.state.life() {
        Life::Open { zone, .. } => Some(zone),
        Life::None | Life::Deleted { .. } => None,
    }
}

/// Returns what a resource is.
pub fn details(acting: &Acting<'_>, world: &World, resource: ResourceId) -> Result<Option<ResourceDetails>> {
    let Some(calendar) = world.calendars.get(resource) else { return Ok(None) };
    let Some(zone) = zone(world, resource) else { return Ok(None) };
    let state = &calendar.state;
    let mut closures: Vec<_> = state.closures().iter().collect();
    closures.sort_by_key(|(_, slot)| **slot);
    let closures = closures.into_iter().map(|(id, slot)| ResourceClosure {
        id: id.global(),
        from: Instant(slot.start),
        to: Instant(slot.end),
    });
    Ok(Some(ResourceDetails {
        name: name(acting, calendar)?,
        quantity: state.quantity(),
        time_zone: zone.name(),
        rules: state.rules().into(),
        periods: state.periods().iter().map(Into::into).collect(),
        closures: closures.collect(),
    }))
}

/// Returns how much of each resource is taken, if the caller manages all of them.
pub(super) fn statistics(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    resources: &[ResourceId],
    (from, through): (Date, Date),
) -> Result<Vec<WeekStatistics>> {
    let mut all = vec![];
    for resource in resources {
        manages(acting, world, rights, On::Resource(*resource))?;
        let calendar = world.calendars.get(*resource).ok_or(Failure::NotFound)?;
        let name = name(acting, calendar)?;
        for week in calendar.occupation(from, through) {
            let mut by_profile: Vec<ProfileMinutes> = vec![];
            for (owner, minutes) in &week.by_owner {
                let row = world.people.number(*owner).and_then(|number| world.people.person(number));
                let profile = row.map(|row| row.profile.into());
                match by_profile.iter_mut().find(|line| line.profile == profile) {
                    Some(line) => line.minutes += minutes,
                    None => by_profile.push(ProfileMinutes { profile, minutes: *minutes }),
                }
            }
            let occupation = (week.taken * 1000).checked_div(week.open);
            all.push(WeekStatistics {
                resource: resource.global(),
                name: name.clone(),
                monday: Day(week.monday),
                taken_minutes: week.taken,
                open_minutes: week.open,
                occupation: occupation.and_then(|rate| u32::try_from(rate).ok()),
                asked: week.week.asked,
                refused: week.week.refused,
                withdrawn: week.week.withdrawn,
                cancelled: week.week.cancelled,
                by_profile,
            });
        }
    }
    Ok(all)
}
