//! Bookings of a person: what they booked or was booked for them, what for, and what became of it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use domain::resource::{Change, Event as ResourceEvent, Made};
use domain::{BookingId, BookingRequestId, Event, ResourceId, StreamId, booking_request};
use serde_json::{Value, json};

use super::document::{Datum, Section};
use super::origin::{Reader, sealed};

/// Returns what stands in the streams of resources about bookings of the person, and of requests for them.
pub async fn sections(reader: &Reader<'_>) -> Result<Vec<Section>> {
    let (own, requests) = reader.node.read(|world| {
        let mut own: BTreeMap<ResourceId, BTreeSet<BookingId>> = BTreeMap::new();
        for (booking, calendar, _) in world.calendars.of_owner(reader.person) {
            own.entry(calendar.id).or_default().insert(booking);
        }
        let requests = world.calendars.requests().filter(|request| request.made.owner == reader.person);
        (own, requests.map(|request| request.id).collect::<Vec<BookingRequestId>>())
    });
    let mut data = vec![];
    for (resource, own) in own {
        for told in reader.stream(&StreamId::resource(resource)).await? {
            let Event::Resource(event) = &told.event else { continue };
            if let Some((_, value)) = about(resource, event).filter(|(booking, _)| own.contains(booking)) {
                data.push(told.datum(value));
            }
        }
    }
    for request in requests {
        for told in reader.stream(&StreamId::booking_request(request)).await? {
            let Event::BookingRequest(booking_request::Event::Made(made)) = &told.event else { continue };
            let purpose = made.purpose.as_ref().map(sealed);
            let resources: Vec<_> = made.parts.iter().map(|part| part.resource).collect();
            let value =
                json!({ "resources": resources, "starts": made.start, "ends": made.end, "purpose": purpose });
            data.push(told.datum(value));
        }
    }
    data.sort_by_key(|datum: &Datum| datum.origin.position);
    Ok(vec![Section { section: "bookings".to_owned(), data }])
}

/// Returns which booking an event is about, and what it says; none if it is about the resource.
fn about(resource: ResourceId, event: &ResourceEvent) -> Option<(BookingId, Value)> {
    let plain = |booking: BookingId| json!({ "resource": resource, "booking": booking });
    let of = |booking: BookingId, more: Value| {
        let mut value = plain(booking);
        if let (Some(all), Value::Object(more)) = (value.as_object_mut(), more) {
            all.extend(more);
        }
        (booking, value)
    };
    Some(match event {
        ResourceEvent::Made(made) => of(made.booking, booked(made)),
        ResourceEvent::Settled(it) => (it.booking, plain(it.booking)),
        ResourceEvent::Released(it) => (it.booking, plain(it.booking)),
        ResourceEvent::Validated(it) => of(it.booking, json!({ "dates": it.dates })),
        ResourceEvent::Refused(it) => {
            of(it.booking, json!({ "dates": it.dates, "reason": it.reason.as_ref().map(sealed) }))
        }
        ResourceEvent::Cancelled(it) => {
            of(it.booking, json!({ "dates": it.dates, "reason": it.reason.as_ref().map(sealed) }))
        }
        ResourceEvent::Withdrawn(it) => of(it.booking, json!({ "dates": it.dates })),
        ResourceEvent::Suspended(it) => of(it.booking, json!({ "dates": it.dates })),
        ResourceEvent::Resumed(it) => of(it.booking, json!({ "dates": it.dates })),
        ResourceEvent::Moved(it) => of(
            it.booking,
            json!({ "dates": [it.date], "starts": it.start, "ends": it.end, "quantity": it.quantity }),
        ),
        ResourceEvent::Branched(it) => of(it.booking, json!({ "dates": [it.from], "into": it.into })),
        ResourceEvent::Described(it) => of(it.booking, json!({ "purpose": sealed(&it.purpose) })),
        ResourceEvent::Proposed(it) => of(
            it.booking,
            match &it.change {
                Change::Move(moved) => {
                    json!({ "dates": [moved.date], "starts": moved.start, "ends": moved.end, "quantity": moved.quantity })
                }
                Change::Branch(_, made) => booked(made),
            },
        ),
        ResourceEvent::ProposalEnded(it) => {
            of(it.booking, json!({ "state": it.end, "reason": it.reason.as_ref().map(sealed) }))
        }
        ResourceEvent::ThresholdPassed(it) => of(it.booking, json!({ "count": it.booked })),
        ResourceEvent::Rezoned(it) => {
            let dates: Vec<_> = it.slots.iter().map(|(date, _)| date).collect();
            of(it.booking, json!({ "dates": dates }))
        }
        ResourceEvent::Opened(_)
        | ResourceEvent::Renamed(_)
        | ResourceEvent::QuantitySet(_)
        | ResourceEvent::RulesSet(_)
        | ResourceEvent::PeriodsSet(_)
        | ResourceEvent::Closed(_)
        | ResourceEvent::ClosureDeclined(_)
        | ResourceEvent::ClosureLifted(_)
        | ResourceEvent::Deleted(_) => return None,
    })
}

fn booked(made: &Made) -> Value {
    json!({ "starts": made.when.start, "ends": made.when.end, "quantity": made.quantity,
        "series": made.when.rule.as_ref().map(ToString::to_string), "state": made.beginning,
        "purpose": made.purpose.as_ref().map(sealed) })
}
