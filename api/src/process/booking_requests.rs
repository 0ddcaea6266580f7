//! The process of bookings of several resources: holds each, then makes each a booking; or gives all back.
//!
//! `booking-request.made` → each resource holds its part → `booking-request.granted` → each is settled →
//! `booking-request.done`. Where one refuses, or it takes longer than two minutes: `booking-request.refused` → each that
//! is held is released → done. Killed between two steps it goes on from there; every step happens once.
//!
//! Invariant: nothing is settled before all are held, nothing is released once all were.

use domain::actor::Actor;
use domain::booking::slot::Wall;
use domain::booking_request::{BookingRequest as Decided, Command as Decide, PATIENCE, Part, Refusal as No};
use domain::resource::{Book, Command, Refusal, Resource, Standing};
use domain::sealed::{Carries, Visit};
use domain::{CommandId, Label, Retention, Sealed, StreamId, Subject};
use eventlog::Position;
use projections::World;
use projections::calendars::{Request, State};

use crate::failure::{Failure, Result};
use crate::graphql::bookings::facts;
use crate::node::{Node, Order};

/// The name of the process.
pub const NAME: &str = "booking-requests";

/// Brings everything to its end that was asked for, and returns the position that says so.
pub async fn perform_all(node: &Node) -> Result<Position> {
    let mut position = node.log().head();
    node.at_least(position).await?;
    let pending: Vec<Request> = node.read(|world| world.calendars.pending().cloned().collect());
    for request in &pending {
        position = perform(node, request).await?.max(position);
    }
    Ok(position)
}

/// Runs until the read models stop: looks again whenever something was asked for.
pub async fn run(node: &Node) -> Result<()> {
    let mut position = node.live().watch();
    loop {
        perform_all(node).await?;
        let something = position.wait_for(|_| node.read(|world| world.calendars.pending().next().is_some()));
        if something.await.is_err() {
            return Ok(());
        }
    }
}

async fn perform(node: &Node, request: &Request) -> Result<Position> {
    let granted = match &request.state {
        State::Holding => decide(node, request).await?,
        State::Granted { .. } => true,
        State::Refused { .. } => false,
    };
    for (place, part) in (0..).zip(request.parts()) {
        let booking = part.booking;
        let command = if granted { Command::Settle { booking } } else { Command::Release { booking } };
        let order = order(node, request, 1, place);
        // A part whose resource was deleted since all was granted stays given back: its owner was told.
        node.execute::<Resource>(&order, &StreamId::resource(part.resource), command).await?;
    }
    let order = order(node, request, 2, 1);
    let stream = StreamId::booking_request(request.id);
    Ok(node.execute::<Decided>(&order, &stream, Decide::Finish).await?.position)
}

/// Holds each part, and says whether all are held.
async fn decide(node: &Node, request: &Request) -> Result<bool> {
    let mut refused = None;
    for (place, part) in (0..).zip(request.parts()) {
        if (node.now() - request.made_at).num_seconds() > PATIENCE {
            refused = Some((None, vec!["booking-request.took-too-long".to_owned()]));
            break;
        }
        if let Some(codes) = hold(node, request, *part, place).await? {
            refused = Some((Some(place), codes));
            break;
        }
    }
    if refused.is_none() {
        refused =
            given_back(node, request).await?.map(|part| (Some(part), vec![Refusal::Deleted.to_string()]));
    }
    let command = match refused {
        None => Decide::Grant,
        Some((part, codes)) => {
            let codes = codes.iter().map(|code| Label::parse(code)).collect::<Result<_, _>>();
            Decide::Refuse { part, codes: codes.map_err(|error| Failure::Internal(Box::new(error)))? }
        }
    };
    let granted = matches!(command, Decide::Grant);
    let stream = StreamId::booking_request(request.id);
    let carried = node.execute::<Decided>(&order(node, request, 2, 0), &stream, command).await?;
    Ok(stands(granted, carried.refusal))
}

/// Returns the place of a part that was held and given back since: its resource was deleted. That a step was made says
/// nothing about it, because the same command has the same answer for ever.
async fn given_back(node: &Node, request: &Request) -> Result<Option<u32>> {
    node.at_least(node.log().head()).await?;
    let released = |world: &World, part: Part| {
        let booking = world.calendars.booking(part.booking);
        booking.is_some_and(|(_, of)| of.dates.iter().any(|date| date.standing == Standing::Released))
    };
    let mut parts = (0..).zip(request.parts());
    Ok(node.read(|world| parts.find(|(_, part)| released(world, **part)).map(|(place, _)| place)))
}

/// Returns whether a request is granted, once this was asked for: another node may have decided otherwise, and what
/// stands there counts.
fn stands(wanted: bool, refusal: Option<No>) -> bool {
    match refusal {
        None => wanted,
        Some(No::Granted) => true,
        Some(No::Refused | No::Unknown | No::PartsUnfit | No::Undecided) => false,
    }
}

/// Holds one part. Returns the codes of what it breaks, if it is refused.
async fn hold(node: &Node, request: &Request, part: Part, place: u32) -> Result<Option<Vec<String>>> {
    let made = &request.made;
    let mut purpose = Purpose { request, text: made.purpose.clone() };
    let opened = node.vault().open(request.event, &mut purpose);
    opened.map_err(|error| Failure::Internal(Box::new(error)))?;
    let purpose = purpose.text.and_then(Sealed::into_open);
    let look = |world: &World| {
        let calendar = world.calendars.get(part.resource)?;
        let by = facts::known_of(world, calendar, made.by, made.by)?;
        Some((by, facts::groups(world, calendar, made.owner)))
    };
    let Some((by, groups)) = node.read(look) else {
        return Ok(Some(vec![Refusal::Unknown.to_string()]));
    };
    let wall = Wall { zone: made.zone, start: made.start, end: made.end };
    let command = Command::Book(Box::new(Book {
        owner: made.owner,
        groups,
        quantity: part.quantity,
        rule: made.rule.clone(),
        purpose,
        passing: made.passing.clone(),
        // That a reason is given was looked at when it was asked for.
        reasoned: true,
        request: Some(request.id),
        ..Book::once(part.booking, by, wall, node.now())
    }));
    let order = order(node, request, 0, place);
    let carried = node.execute::<Resource>(&order, &StreamId::resource(part.resource), command).await?;
    Ok(carried.refusal.map(|refusal| codes(&refusal)))
}

/// Returns the codes of everything that a refusal names.
fn codes(refusal: &Refusal) -> Vec<String> {
    match refusal {
        Refusal::Broken(broken) => {
            let mut codes: Vec<_> = broken.iter().map(|broken| broken.rule.to_string()).collect();
            codes.dedup();
            codes
        }
        other => vec![other.to_string()],
    }
}

/// Returns the order of a step: the same step is the same command after a crash.
fn order(node: &Node, request: &Request, phase: u32, place: u32) -> Order {
    let command = CommandId::reaction(NAME, request.event, phase * 100 + place);
    let mut order = node.order_as(Actor::Process(NAME.to_owned()), command);
    (order.meta.on_behalf_of, order.meta.causation) = (Some(request.made.by), Some(request.event));
    order
}

/// What a request is for, with what its key is derived from.
struct Purpose<'a> {
    request: &'a Request,
    text: Option<Sealed<String>>,
}

impl Carries for Purpose<'_> {
    fn each(&mut self, visit: &mut dyn Visit) {
        if let Some(text) = &mut self.text {
            visit.field(Subject::Identity(self.request.made.owner), Retention::Life, "purpose", 0, text);
        }
    }
}

#[cfg(test)]
mod tests;
