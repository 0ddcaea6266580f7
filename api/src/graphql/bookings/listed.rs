//! Lists of what is free and what is booked.

use async_graphql::connection::{Edge, OpaqueCursor};
use async_graphql::{ID, SimpleObject};
use chrono::{NaiveDateTime, TimeDelta};
use domain::booking::role::{Action, Answer};
use domain::booking::slot::{Slot, Wall};
use domain::resource::{Command, Event, Life, Made, Refusal};
use domain::{BookingId, Decider, DomainId, ResourceId};
use projections::World;
use projections::calendars::Calendar;
use projections::resources::On;

use super::shown::{self, Booking, BookingState};
use super::{facts, refused};
use crate::failure::{Failure, Result};
use crate::graphql::acting::Acting;
use crate::graphql::common::{Day, Global, Instant, Listed, Page, Total, UserError, WallTime};
use crate::graphql::domains::facts::seen;
use crate::graphql::domains::resource::Resource;
use crate::graphql::messaging::names;
use crate::graphql::names::Correspondent;
use crate::rights::Rights;

/// The longest time that is looked at in one question, in days.
const LONGEST: i64 = 92;

/// How much of a resource is free, piece by piece; together the pieces are what was asked for.
#[derive(Debug, SimpleObject)]
pub struct ResourceAvailability {
    /// Opaque.
    resource: ID,
    /// What it is called.
    name: Option<String>,
    /// How much of it there is.
    quantity: u32,
    /// In order; two that follow each other differ.
    pieces: Vec<FreePiece>,
}

/// A time in which as much is free all along.
#[derive(Debug, SimpleObject)]
pub struct FreePiece {
    /// From this instant on.
    from: Instant,
    /// To this one.
    to: Instant,
    /// How much is free.
    free: u32,
    /// Whether it is closed.
    closed: bool,
}

/// A slot that is booked.
#[derive(Debug, SimpleObject)]
pub struct TakenSlot {
    /// The booking; null for who sees only that it is taken.
    booking: Option<ID>,
    /// The date of it, by its name; likewise.
    date: Option<Day>,
    /// What a clock on the wall shows at its beginning.
    start: WallTime,
    /// What it shows at its end.
    end: WallTime,
    /// The instant of its beginning.
    from: Instant,
    /// The instant of its end.
    to: Instant,
    /// How much of the resource.
    quantity: u32,
    /// Where it is.
    state: BookingState,
    /// Whose; null for who sees only that it is taken.
    owner: Option<Correspondent>,
}

/// What booking would answer.
#[derive(Debug, SimpleObject)]
pub struct BookingPreview {
    /// What it would be; null if it would be refused.
    state: Option<BookingState>,
    /// The dates it would have.
    dates: Vec<Day>,
    /// Days of the series on which there would be none: the clock skips the hour, or they are taken and were to be left
    /// out.
    left_out: Vec<Day>,
    /// Every rule it would break.
    user_errors: Vec<UserError>,
}

/// Reads a time that is looked at.
pub(super) fn span(from: Instant, to: Instant) -> Result<Slot> {
    let slot = Slot { start: from.0, end: to.0 };
    let long = slot.end - slot.start;
    if long > TimeDelta::zero() && long <= TimeDelta::days(LONGEST) {
        Ok(slot)
    } else {
        Err(Failure::BadInput("to", "after `from`, by 92 days at most"))
    }
}

/// Returns how much of each resource is free. One that the caller does not see is not there.
pub(super) fn availability(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    resources: &[ResourceId],
    slot: Slot,
) -> Result<Vec<ResourceAvailability>> {
    let one = |resource: &ResourceId| {
        let calendar = facts::calendar(acting, world, rights, *resource)?;
        let pieces = calendar.free(slot).into_iter().map(|free| FreePiece {
            from: Instant(free.slot.start),
            to: Instant(free.slot.end),
            free: free.free,
            closed: free.closed,
        });
        Ok(ResourceAvailability {
            resource: resource.global(),
            name: shown::name(acting, calendar)?,
            quantity: calendar.state.quantity(),
            pieces: pieces.collect(),
        })
    };
    resources.iter().map(one).collect()
}

/// Returns the resources of a domain of which so much is free all the time.
pub(super) fn free(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    domain: DomainId,
    (start, end): (NaiveDateTime, NaiveDateTime),
    quantity: u32,
) -> Result<Vec<Resource>> {
    let domain = seen(acting, world, rights, On::Domain(domain))?;
    let is_free = |calendar: &Calendar| -> Result<bool> {
        let Life::Open { zone, .. } = calendar.state.life() else { return Ok(false) };
        let slot = Wall { zone, start, end }.slot();
        let slot =
            slot.map_err(|_| Failure::BadInput("end", "an hour after `start`, that the clock shows"))?;
        Ok(calendar.has_free(slot, quantity))
    };
    let mut found = vec![];
    for calendar in domain.resources.iter().filter_map(|resource| world.calendars.get(*resource)) {
        if is_free(calendar)? {
            found.extend(Resource::by_id(acting, world, rights, calendar.id));
        }
    }
    Ok(found)
}

/// Returns what is booked of a resource.
pub(super) fn taken(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    resource: ResourceId,
    slot: Slot,
) -> Result<Vec<TakenSlot>> {
    let calendar = facts::calendar(acting, world, rights, resource)?;
    let (all, names) = (facts::sees_details(acting, world, resource), names(acting, world));
    let slots = calendar.during(slot).map(|booked| {
        let details = all || booked.booking.owner == acting.caller.person;
        TakenSlot {
            booking: details.then(|| booked.id.global()),
            date: details.then_some(Day(booked.of.date)),
            start: WallTime(booked.of.start),
            end: WallTime(booked.of.end),
            from: Instant(booked.of.slot.start),
            to: Instant(booked.of.slot.end),
            quantity: booked.of.quantity,
            state: booked.of.standing.into(),
            owner: details.then(|| names.person_by_id(booked.booking.owner)),
        }
    });
    Ok(slots.collect())
}

/// Returns the caller's own bookings.
pub(super) fn own(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    page: &Page<BookingId>,
) -> Result<Listed<BookingId, Booking>> {
    let all = || world.calendars.of_owner(acting.caller.person).map(|(id, calendar, _)| (id, calendar));
    listed(acting, world, rights, page, all)
}

/// Returns what waits for the caller's answer.
pub(super) fn queue(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    page: &Page<BookingId>,
) -> Result<Listed<BookingId, Booking>> {
    let domains = world.resources.seen_by(&world.people, acting.caller.person);
    let resources = domains.iter().filter_map(|domain| world.resources.domain(*domain));
    let resources = resources.flat_map(|domain| domain.resources.iter().copied());
    let validates = |resource: &ResourceId| {
        let role = world.resources.role(&world.people, On::Resource(*resource), acting.caller.person);
        role.is_some_and(|(role, _)| role.may(Action::Validate) == Answer::Yes)
    };
    // Where nothing waits nobody's role is asked for.
    let waits = |calendar: &&Calendar| !calendar.state.waiting().is_empty();
    let calendars = resources.filter_map(|resource| world.calendars.get(resource)).filter(waits);
    let calendars = calendars.filter(|calendar| validates(&calendar.id));
    let mut waiting: Vec<(BookingId, &Calendar)> =
        calendars.flat_map(|calendar| calendar.waiting().map(move |(id, _)| (id, calendar))).collect();
    waiting.sort_unstable_by_key(|(id, _)| *id);
    listed(acting, world, rights, page, || waiting.iter().copied())
}

fn listed<'a, I: Iterator<Item = (BookingId, &'a Calendar)>>(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    page: &Page<BookingId>,
    all: impl Fn() -> I,
) -> Result<Listed<BookingId, Booking>> {
    let Page::First(first, after) = page else {
        return Err(Failure::BadInput("last", "this list is read from its beginning"));
    };
    let mut rest = all().filter(|(id, _)| after.is_none_or(|after| *id > after));
    let rows: Vec<_> = rest.by_ref().take(*first).collect();
    let total = Total { total_count: Some(all().count() as u64) };
    let mut listed = Listed::with_additional_fields(after.is_some(), rest.next().is_some(), total);
    for (id, calendar) in rows {
        let booking = shown::booking(acting, world, rights, calendar, id)?;
        listed.edges.push(Edge::new(OpaqueCursor(id), booking));
    }
    Ok(listed)
}

/// Returns what the resource decides, as if it were asked now.
pub(super) fn decided(
    world: &World,
    resource: ResourceId,
    command: Result<Command, Refusal>,
) -> Result<Result<Vec<Event>, Refusal>> {
    let calendar = world.calendars.get(resource).ok_or(Failure::NotFound)?;
    Ok(command.and_then(|command| calendar.state.decide(command)))
}

/// Returns what booking would answer.
pub(super) fn preview(acting: &Acting<'_>, decided: Result<Vec<Event>, Refusal>) -> BookingPreview {
    match decided {
        Ok(events) => {
            let made =
                events.iter().find_map(|event| if let Event::Made(made) = event { Some(made) } else { None });
            made.map_or_else(|| told(vec![]), would)
        }
        Err(refusal) => told(refused::errors(acting, &refusal)),
    }
}

fn would(made: &Made) -> BookingPreview {
    let state = match made.beginning {
        domain::resource::Beginning::Pending => BookingState::Pending,
        domain::resource::Beginning::Confirmed => BookingState::Confirmed,
    };
    BookingPreview {
        state: Some(state),
        dates: made.when.slots().map(|(date, _)| Day(date)).collect(),
        left_out: made.when.except.iter().copied().map(Day).collect(),
        user_errors: vec![],
    }
}

fn told(user_errors: Vec<UserError>) -> BookingPreview {
    BookingPreview { state: None, dates: vec![], left_out: vec![], user_errors }
}
