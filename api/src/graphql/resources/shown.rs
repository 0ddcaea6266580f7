//! Resources as they are shown, and how much of them is taken.

use async_graphql::{ID, SimpleObject};
use domain::clock::Zone;
use domain::resource::Life;
use domain::{Date, ResourceId};
use projections::World;
use projections::calendars::{Occupation, Of};
use projections::resources::On;

use super::rules::ResourceRules;
use crate::failure::{Failure, Result};
use crate::graphql::acting::Acting;
use crate::graphql::bookings::shown::name;
use crate::graphql::common::{Day, Global, Instant};
use crate::graphql::domains::facts::manages;
use crate::graphql::messaging::names;
use crate::graphql::names::NamedGroup;
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
    /// Minutes that are taken, by what their owners were at school when they booked.
    by_profile: Vec<ProfileMinutes>,
    /// All of it by profile, then by class: who was in two classes when they booked is counted in each. Classes whose
    /// groups the caller does not see are left out.
    by_population: Vec<PopulationStatistics>,
}

/// What of a week is a population's.
#[derive(Debug, Clone, SimpleObject)]
pub struct PopulationStatistics {
    /// What they were when they booked; null for a class, and for whom nobody knew.
    profile: Option<Profile>,
    /// The group of a class; null for a profile.
    group: Option<NamedGroup>,
    /// Minutes that they have taken, times how much of the resource.
    taken_minutes: u64,
    /// How many dates they asked for.
    asked: u32,
    /// How many were refused.
    refused: u32,
    /// How many were taken back before anybody answered.
    withdrawn: u32,
    /// How many were given up.
    cancelled: u32,
}

/// Minutes taken by people of a profile.
#[derive(Debug, Clone, SimpleObject)]
pub struct ProfileMinutes {
    /// What they were when they booked; null for whom nobody knew.
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
            let (by_profile, by_population) = by_population(acting, world, rights, &week);
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
                by_population,
            });
        }
    }
    Ok(all)
}

/// Returns a week by populations: minutes of those who have any by profile, and all of it by profile and class.
fn by_population(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    week: &Occupation,
) -> (Vec<ProfileMinutes>, Vec<PopulationStatistics>) {
    let (mut minutes, mut all) = (vec![], vec![]);
    for (of, share) in world.calendars.by_population(week) {
        let (profile, group) = match of {
            Of::Profile(profile) => (profile.map(Into::into), None),
            Of::Class(group) if rights.sees_group(world, group) => {
                (None, Some(names(acting, world).group(group)))
            }
            Of::Class(_) => continue,
        };
        if group.is_none() && share.taken > 0 {
            minutes.push(ProfileMinutes { profile, minutes: share.taken });
        }
        all.push(PopulationStatistics {
            profile,
            group,
            taken_minutes: share.taken,
            asked: share.week.asked,
            refused: share.week.refused,
            withdrawn: share.week.withdrawn,
            cancelled: share.week.cancelled,
        });
    }
    (minutes, all)
}
