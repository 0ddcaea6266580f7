//! What a feed shows: bookings as a calendar, for whoever has its link.
//!
//! Invariants: decided at each reading by what whoever opened it may see then. A link that is unknown, revoked or over,
//! one of an account that may not sign in now, and one of a resource on which they have no role any more are all
//! nothing, alike.

use chrono::TimeDelta;
use domain::booking::role::Role;
use domain::clock::Zone;
use domain::feed::{Of, is_over};
use domain::id::derive;
use domain::resource::{Booking, Life, Standing};
use domain::{BookingId, CommandId, FeedId, PersonId, ResourceId, Timestamp};
use eventlog::keys::Ring;
use projections::World;
use projections::calendars::{Calendar, Text};
use projections::feeds::Feed;
use projections::resources::On;
use sha2::{Digest, Sha256};

use crate::calendar::booked::{Told, entries};
use crate::calendar::write::write;
use crate::failure::{Failure, Result};
use crate::front::{Front, admitted};
use crate::graphql::bookings::opened;
use crate::graphql::names::Names;
use crate::graphql::notices::home;
use crate::texts::Language;

/// How long what is over stays in a feed, in days.
const PAST: i64 = 366;

/// Returns the secret of the feed that `command` opens for `person`: the same command gives the same, however often.
///
/// 256 bits in 64 hexadecimal digits, derived under the platform's code key. What goes in is longer than any activation
/// code and has colons, so that it can never be the digest of one.
pub fn secret(ring: &Ring, command: CommandId, person: PersonId) -> String {
    ring.code_digest(&format!("preau.feed.v1:{command}:{person}"))
}

/// Returns what a secret is known by.
pub fn digest(secret: &str) -> String {
    Sha256::digest(secret.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the path of the link of a secret.
pub fn path(secret: &str) -> String {
    format!("/calendar/{secret}.ics")
}

/// What is to be told of a booking, as it is copied out of the world.
struct Row {
    id: BookingId,
    booking: Booking,
    zone: Zone,
    location: String,
    /// Whose, where that is told.
    owner: Option<String>,
    /// What for, sealed; none where that is not told.
    purpose: Option<Text>,
    /// Whether nothing but its times is told.
    busy: bool,
    /// Whether how much of the resource is told.
    counted: bool,
    created: Timestamp,
    modified: Timestamp,
}

/// Returns the calendar of a link as text; none if there is nothing to be read by it.
pub fn read(front: &Front, digest: &str, language: Language) -> Result<Option<String>> {
    let gathered = front.node.read(|world| gather(front, world, digest, language));
    let Some((feed, name, rows)) = gathered? else { return Ok(None) };
    let mut all = vec![];
    for row in rows {
        let told = told(front, feed, &row, language)?;
        all.extend(entries(&row.booking, row.zone, &told));
    }
    // A rule that gives no dates is told date by date, so nothing is left that could be refused.
    write(&name, &all).map(Some).map_err(|refusal| Failure::Internal(Box::new(refusal)))
}

type Gathered = Option<(FeedId, String, Vec<Row>)>;

fn gather(front: &Front, world: &World, digest: &str, language: Language) -> Result<Gathered> {
    let now = front.node.now();
    let Some(feed) = world.feeds.by_digest(digest).filter(|feed| is_readable(world, feed, now)) else {
        return Ok(None);
    };
    let names = Names { world, texts: &front.texts, language };
    let mut rows = vec![];
    let name = match feed.of {
        Of::Own => {
            for (id, calendar, booking) in world.calendars.of_owner(feed.owner) {
                let location = || called(front, calendar);
                rows.extend(row(&names, calendar, (id, booking), Sees::Own, now, location)?);
            }
            names.say("feed.own")
        }
        Of::Busy(resource) | Of::Details(resource) => {
            let (Some(calendar), Some(role)) =
                (world.calendars.get(resource), role(world, resource, feed.owner))
            else {
                return Ok(None);
            };
            let from = world.resources.domain_of(resource).map(|domain| domain.details_from);
            let details = matches!(feed.of, Of::Details(_)) && from.is_some_and(|from| role >= from);
            let name = called(front, calendar)?;
            for (id, booking) in calendar.state.bookings() {
                let own = matches!(feed.of, Of::Details(_)) && booking.owner == feed.owner;
                let sees = if details || own { Sees::Details } else { Sees::Busy };
                rows.extend(row(&names, calendar, (*id, booking), sees, now, || Ok(name.clone()))?);
            }
            name
        }
    };
    Ok(Some((feed.id, name, rows)))
}

/// Returns whether a link reads something now.
fn is_readable(world: &World, feed: &Feed, now: Timestamp) -> bool {
    let Some(number) = world.people.number(feed.owner) else { return false };
    admitted(world, feed.owner, now) && !is_over(feed.last_day, home(world, number).day_at(now))
}

fn role(world: &World, resource: ResourceId, person: PersonId) -> Option<Role> {
    world.resources.role(&world.people, On::Resource(resource), person).map(|(role, _)| role)
}

/// How much of a booking is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sees {
    /// That a slot is taken.
    Busy,
    /// Who booked and what for.
    Details,
    /// It is whoever reads it's own.
    Own,
}

fn called(front: &Front, calendar: &Calendar) -> Result<String> {
    Ok(opened::of_resource(&front.node, calendar)?.unwrap_or_default())
}

/// Copies a booking out of the world; none if it is over for long. The name of its resource is asked for only if not.
fn row(
    names: &Names<'_>,
    calendar: &Calendar,
    (id, booking): (BookingId, &Booking),
    sees: Sees,
    now: Timestamp,
    location: impl FnOnce() -> Result<String>,
) -> Result<Option<Row>> {
    let since = now - TimeDelta::days(PAST);
    let is_told = |standing: Standing| !matches!(standing, Standing::Branched | Standing::Released);
    if !booking.dates.iter().any(|of| of.slot.end >= since && is_told(of.standing)) {
        return Ok(None);
    }
    let (Life::Open { zone, .. } | Life::Deleted { zone, .. }) = calendar.state.life() else {
        return Ok(None);
    };
    let (told, busy) = (calendar.told.get(&id), sees == Sees::Busy);
    Ok(Some(Row {
        id,
        booking: booking.clone(),
        zone,
        location: location()?,
        owner: (sees == Sees::Details).then(|| names.person_by_id(booking.owner).display_name),
        purpose: told.filter(|_| !busy).and_then(|told| told.purpose.clone()),
        busy,
        counted: calendar.state.quantity() > 1,
        created: told.map_or(now, |told| told.made_at),
        modified: told.map_or(now, |told| told.changed_at),
    }))
}

/// Returns what is told of a booking.
fn told(front: &Front, feed: FeedId, row: &Row, language: Language) -> Result<Told> {
    let say = |code: &str, values: &[_]| front.texts.say(language, code, values);
    let purpose = row.purpose.as_ref().map(|text| opened::purpose(&front.node, row.booking.owner, text));
    let purpose = purpose.transpose()?.flatten();
    let unnamed =
        || if row.owner.is_some() || row.busy { say("feed.taken", &[]) } else { row.location.clone() };
    let quantity = row.booking.dates.first().map(|of| u64::from(of.quantity)).filter(|_| row.counted);
    let quantity = quantity.map(|quantity| say("feed.quantity", &[("quantity", quantity.into())]));
    let description: Vec<String> = row.owner.clone().into_iter().chain(quantity).collect();
    Ok(Told {
        uid: uid(feed, row),
        summary: purpose.unwrap_or_else(unnamed),
        description: description.join("\n"),
        location: row.location.clone(),
        created: row.created,
        modified: row.modified,
        ended: !row.busy,
    })
}

/// Returns what a booking is known by. Where nothing but its times is told, that is not by which others know it.
fn uid(feed: FeedId, row: &Row) -> String {
    if row.busy {
        let (feed, booking) = (feed.to_u128().to_be_bytes(), row.id.to_u128().to_be_bytes());
        let id = BookingId::from_u128(derive(&[b"preau.feed.uid.v1", &feed, &booking]));
        return format!("{id}@preau");
    }
    format!("{}@preau", row.id)
}

#[cfg(test)]
mod tests;
