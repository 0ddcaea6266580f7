//! Bookings as they are shown. Who booked and what for is in them for who may see that; for all others a slot is taken.

use async_graphql::{Enum, ID, SimpleObject};
use domain::BookingId;
use domain::resource::{Change, OfDate, Standing as DomainStanding};
use projections::World;
use projections::calendars::Calendar;

use super::{facts, opened};
use crate::failure::{Failure, Result};
use crate::graphql::acting::Acting;
use crate::graphql::common::{Day, Global, Instant, WallTime};
use crate::graphql::domains::resource::Resource;
use crate::graphql::messaging::names;
use crate::graphql::names::Correspondent;
use crate::rights::Rights;

/// Where one date of a booking is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "DomainStanding")]
pub enum BookingState {
    /// Being booked: waits for the other resources of its request.
    Held,
    /// Waits for somebody who validates.
    Pending,
    /// Valid.
    Confirmed,
    /// Does not fit now: closed, or too few of the resource.
    Suspended,
    /// Somebody said no, or it became impossible.
    Refused,
    /// Taken back before anybody answered.
    Withdrawn,
    /// Given up.
    Cancelled,
    /// Given back, since another resource of its request could not be had.
    Released,
    /// Goes on as another booking.
    Branched,
}

/// One date of a booking.
#[derive(Debug, Clone, SimpleObject)]
pub struct BookingDate {
    /// Names it: the day on which it was to begin when it was made.
    date: Day,
    /// What a clock on the wall shows at its beginning.
    start: WallTime,
    /// What it shows at its end.
    end: WallTime,
    /// The instant of its beginning.
    starts_at: Instant,
    /// The instant of its end.
    ends_at: Instant,
    /// How much of the resource.
    quantity: u32,
    /// Where it is.
    state: BookingState,
    /// Whether it was moved alone, away from its series.
    moved: bool,
}

/// A change that waits for somebody who validates. Until then nothing changes.
#[derive(Debug, Clone, SimpleObject)]
pub struct BookingProposal {
    /// The date that is to be moved, or from which on it is to go on another way.
    date: Day,
    /// Whether all dates from that one on are meant.
    following: bool,
    /// What a clock on the wall is to show at its beginning.
    start: WallTime,
    /// What it is to show at its end.
    end: WallTime,
    /// How it is to go on.
    rule: Option<String>,
    /// How much of the resource.
    quantity: u32,
}

/// A booking, once or as a series.
#[derive(Debug, Clone, SimpleObject)]
pub struct Booking {
    /// Opaque.
    id: ID,
    /// What is booked; null once the caller no longer sees it.
    resource: Option<Resource>,
    /// What the resource is called.
    resource_name: Option<String>,
    /// Whose it is; null for who sees only that a slot is taken.
    owner: Option<Correspondent>,
    /// What for; null likewise, and once erased.
    purpose: Option<String>,
    /// Why it was refused or cancelled; for its owner and for who validates.
    reason: Option<String>,
    /// Where its hours are.
    time_zone: Option<&'static str>,
    /// How it goes on, as in RFC 5545, if it is a series.
    rule: Option<String>,
    /// Days on which its rule gives a date and there is none.
    except: Vec<Day>,
    /// Its dates, 366 at most.
    dates: Vec<BookingDate>,
    /// A change that waits.
    proposal: Option<BookingProposal>,
    /// The booking it goes on from.
    continues: Option<ID>,
    /// When it was made.
    made_at: Option<Instant>,
    /// How often it was changed.
    sequence: u32,
    /// Whether the caller validates and changes it.
    may_validate: bool,
}

/// Returns a booking as the caller sees it.
pub(super) fn booking(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    calendar: &Calendar,
    id: BookingId,
) -> Result<Booking> {
    let row = calendar.state.booking(id).ok_or(Failure::NotFound)?;
    let own = row.owner == acting.caller.person;
    let details = own || facts::sees_details(acting, world, calendar.id);
    let role = facts::known_of(world, calendar, acting.caller.person, row.owner).map(|by| by.role);
    let moderates = role.is_some_and(|role| {
        role.may(domain::booking::role::Action::Validate) == domain::booking::role::Answer::Yes
    });
    let told = calendar.told.get(&id);
    let node = &*acting.front.node;
    let purpose = told.filter(|_| details).and_then(|told| told.purpose.as_ref());
    let purpose = purpose.map(|text| opened::purpose(node, row.owner, text)).transpose()?;
    let reason = told.filter(|_| own || moderates).and_then(|told| told.reason.as_ref());
    let reason = reason.map(|text| opened::reason(node, row.owner, text)).transpose()?;
    let zone = match calendar.state.life() {
        domain::resource::Life::Open { zone, .. } | domain::resource::Life::Deleted { zone, .. } => {
            Some(zone.name())
        }
        domain::resource::Life::None => None,
    };
    Ok(Booking {
        id: id.global(),
        resource: Resource::by_id(acting, world, rights, calendar.id),
        resource_name: name(acting, calendar)?,
        owner: details.then(|| names(acting, world).person_by_id(row.owner)),
        purpose: purpose.flatten(),
        reason: reason.flatten(),
        time_zone: zone,
        rule: row.rule.as_ref().map(ToString::to_string),
        except: row.except.iter().copied().map(Day).collect(),
        dates: row.dates.iter().map(date).collect(),
        proposal: row.proposal.as_ref().filter(|_| details).map(proposal),
        continues: row.continues.map(Global::global),
        made_at: told.map(|told| Instant(told.made_at)),
        sequence: row.sequence,
        may_validate: moderates,
    })
}

/// Returns one date.
pub(super) fn date(of: &OfDate) -> BookingDate {
    BookingDate {
        date: Day(of.date),
        start: WallTime(of.start),
        end: WallTime(of.end),
        starts_at: Instant(of.slot.start),
        ends_at: Instant(of.slot.end),
        quantity: of.quantity,
        state: of.standing.into(),
        moved: of.moved,
    }
}

fn proposal(change: &Change) -> BookingProposal {
    match change {
        Change::Move(moved) => BookingProposal {
            date: Day(moved.date),
            following: false,
            start: WallTime(moved.start),
            end: WallTime(moved.end),
            rule: None,
            quantity: moved.quantity,
        },
        Change::Branch(branched, made) => BookingProposal {
            date: Day(branched.from),
            following: true,
            start: WallTime(made.when.start),
            end: WallTime(made.when.end),
            rule: made.when.rule.as_ref().map(ToString::to_string),
            quantity: made.quantity,
        },
    }
}

/// Opens what a resource is called; none once erased.
pub(crate) fn name(acting: &Acting<'_>, calendar: &Calendar) -> Result<Option<String>> {
    opened::of_resource(&acting.front.node, calendar)
}
