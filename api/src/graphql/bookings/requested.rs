//! Booking several resources at once: a room and a trolley.

use async_graphql::{Enum, ID, InputObject, SimpleObject};
use domain::booking_request::{BookingRequest as Decided, Command, Made, Part, Refusal};
use domain::clock::Zone;
use domain::{BookingId, BookingRequestId, PersonId, ResourceId, StreamId};
use projections::World;
use projections::calendars::State;

use super::shown::{self, Booking};
use super::{BookingRule, facts, passing, purpose, reasoned, refused};
use crate::failure::{Failure, Result};
use crate::graphql::acting::{Acting, Asked};
use crate::graphql::common::{Global, Position, Ulid, UserError, WallTime};
use crate::node::PATIENCE;
use crate::rights::Rights;

/// One resource of several.
#[derive(Debug, InputObject)]
pub struct BookingPartInput {
    resource: ID,
    /// How much of it.
    #[graphql(default = 1)]
    quantity: u32,
}

/// What is to be booked at once.
#[derive(Debug, InputObject)]
pub struct MakeBookingsInput {
    /// 2 to 20 resources of one zone, each once.
    parts: Vec<BookingPartInput>,
    /// What a clock on the wall shows at its beginning.
    start: WallTime,
    /// What it shows at its end.
    end: WallTime,
    /// How it goes on, as in RFC 5545.
    rule: Option<String>,
    /// What for, 500 characters at most.
    purpose: Option<String>,
    /// For whom, if not for the caller; for moderators and managers of all of them.
    owner: Option<ID>,
    #[graphql(default)]
    r#override: Vec<BookingRule>,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// How far a booking of several resources is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum BookingRequestState {
    /// Each is being held.
    Holding,
    /// Each is a booking, or is about to be.
    Granted,
    /// One could not be had, so none is booked.
    Refused,
}

/// A booking of several resources at once.
#[derive(Debug, SimpleObject)]
pub struct BookingRequest {
    /// Opaque.
    id: ID,
    /// How far it is.
    state: BookingRequestState,
    /// Whether all of it is done: booked, or given back.
    done: bool,
    /// The bookings, as far as the caller sees them.
    bookings: Vec<Booking>,
    /// The resource that could not be had; null otherwise, and if it took too long.
    refused_by: Option<ID>,
    /// Why it could not.
    user_errors: Vec<UserError>,
}

/// The request as it is now, or why nothing was done.
#[derive(Debug, SimpleObject)]
pub struct BookingRequestPayload {
    /// Null if it was refused at once.
    request: Option<BookingRequest>,
    /// Why not, if not; the field of what a resource refuses begins with its place: `parts.1`.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// Asks for all of it, and waits until it is decided; later than two seconds it is decided as surely.
pub(super) async fn make(acting: &Acting<'_>, input: &MakeBookingsInput) -> Result<BookingRequestPayload> {
    let wanted = input.parts.iter().map(|part| ResourceId::read(&part.resource, "parts"));
    let (wanted, owner) = (wanted.collect::<Result<Vec<_>>>()?, facts::owner(input.owner.as_ref())?);
    let (purpose, rule) = (purpose(input.purpose.as_deref())?, facts::rule(input.rule.as_deref()));
    let asked = Asked::new("makeBookings", input, input.idempotency_key, input.reason.as_deref());
    let check = |world: &World, rights: &Rights| {
        let zone = zone(acting, world, rights, &wanted, owner)?;
        Ok((domain::actor::RoleName::User, zone))
    };
    let (order, zone) = acting.order(asked, check).await?;
    let refused = |code: &dyn ToString, field: &str| BookingRequestPayload {
        request: None,
        user_errors: vec![acting.refused(code.to_string(), Some(field))],
        position: Position(acting.front.node.live().position()),
    };
    let rule = match rule {
        Ok(rule) => rule,
        Err(error) => return Ok(refused(&error, "rule")),
    };
    if !input.r#override.is_empty() && !reasoned(input.reason.as_deref()) {
        return Ok(refused(&domain::resource::Refusal::ReasonRequired, "reason"));
    }
    let request = BookingRequestId::derived(order.meta.command, 0);
    let parts = (0..).zip(wanted.iter().zip(&input.parts)).map(|(place, (resource, part))| Part {
        resource: *resource,
        booking: BookingId::derived(order.meta.command, place),
        quantity: part.quantity,
    });
    let made = Made {
        request,
        by: acting.caller.person,
        owner: owner.unwrap_or(acting.caller.person),
        parts: parts.collect(),
        zone,
        start: input.start.0,
        end: input.end.0,
        rule,
        purpose: purpose.map(Into::into),
        passing: passing(&input.r#override),
    };
    let (stream, command) = (StreamId::booking_request(request), Command::Make(Box::new(made)));
    let carried = acting.carry::<Decided>(&order, &stream, command).await?;
    if let Some(refusal) = &carried.refusal {
        let field = if *refusal == Refusal::PartsUnfit { "parts" } else { "" };
        return Ok(refused(refusal, field));
    }
    decided(acting, request).await;
    let shown = acting.look(|world, rights| shown(acting, world, rights, request))?;
    let user_errors = shown.as_ref().map(|shown| shown.user_errors.clone()).unwrap_or_default();
    let position = Position(acting.front.node.live().position().max(carried.position));
    Ok(BookingRequestPayload { request: shown, user_errors, position })
}

/// Returns the zone of all resources, if the caller may book each and all are in one.
fn zone(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    wanted: &[ResourceId],
    owner: Option<PersonId>,
) -> Result<Zone> {
    let mut zones = vec![];
    for resource in wanted {
        zones.push(facts::books(acting, world, rights, *resource, owner)?.1.zone);
    }
    let first = *zones.first().ok_or(Failure::BadInput("parts", "2 to 20 resources"))?;
    if zones.iter().all(|zone| *zone == first) {
        Ok(first)
    } else {
        Err(Failure::BadInput("parts", "resources of one time zone"))
    }
}

/// Waits until the process came to the end of a request.
async fn decided(acting: &Acting<'_>, request: BookingRequestId) {
    let node = &acting.front.node;
    let mut position = node.live().watch();
    let over = position.wait_for(|_| node.read(|world| !world.calendars.is_pending(request)));
    let _ = tokio::time::timeout(PATIENCE, over).await;
}

/// Returns a request of the caller's.
pub(super) fn shown(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    id: BookingRequestId,
) -> Result<Option<BookingRequest>> {
    let caller = acting.caller.person;
    let row = world.calendars.request(id).filter(|row| [row.made.by, row.made.owner].contains(&caller));
    let Some(row) = row else { return Ok(None) };
    let mut bookings = vec![];
    for part in row.parts() {
        if let Some((calendar, _)) = world.calendars.booking(part.booking) {
            bookings.push(shown::booking(acting, world, rights, calendar, part.booking)?);
        }
    }
    let (state, refused_by, user_errors) = match &row.state {
        State::Holding => (BookingRequestState::Holding, None, vec![]),
        State::Granted { .. } => (BookingRequestState::Granted, None, vec![]),
        State::Refused { part, codes, .. } => {
            let place = part.and_then(|part| usize::try_from(part).ok());
            let refused_by =
                place.and_then(|place| row.parts().get(place)).map(|part| part.resource.global());
            let field = place.map_or("parts".to_owned(), |place| format!("parts.{place}"));
            let errors = codes.iter().map(|code| refused::plain(acting, code.as_str(), Some(&field)));
            (BookingRequestState::Refused, refused_by, errors.collect())
        }
    };
    let done = row.state.is_done();
    Ok(Some(BookingRequest { id: id.global(), state, done, bookings, refused_by, user_errors }))
}
