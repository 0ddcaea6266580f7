//! All or none, whatever happens between two steps: another node, a deleted resource, two minutes.

use std::sync::Arc;

use domain::booking_request::Made;
use domain::group::Profile;
use domain::resource::Standing;
use domain::{BookingId, BookingRequestId, DomainId, PersonId, ResourceId, StructureId};
use eventlog::clock::TestClock;

use super::*;
use crate::process::testing::{Machine, comes, does, domain_of, opens, room_in};

const HERE: StructureId = StructureId::from_u128(1);
const MANAGER: PersonId = PersonId::from_u128(11);
const REQUEST: BookingRequestId = BookingRequestId::from_u128(20);
const ROOMS: [ResourceId; 2] = [ResourceId::from_u128(31), ResourceId::from_u128(32)];

fn instant(text: &str) -> domain::Timestamp {
    text.parse().unwrap()
}

/// A school with two rooms, and a request of both.
async fn asked() -> (Machine, TestClock) {
    let clock = TestClock::at(instant("2026-09-01T06:00:00Z"));
    let machine = Machine::with(Arc::new(clock.clone()));
    let node = machine.node().await;
    opens(&node, HERE, "Pacific/Noumea").await;
    comes(&node, MANAGER, Profile::Staff, HERE).await;
    let domain = DomainId::from_u128(6);
    domain_of(&node, domain, MANAGER, HERE).await;
    let mut parts = vec![];
    for resource in ROOMS {
        room_in(&node, domain, resource, (HERE, "Pacific/Noumea")).await;
        parts.push(Part { resource, booking: BookingId::from_u128(resource.to_u128() + 10), quantity: 1 });
    }
    let made = Made {
        request: REQUEST,
        by: MANAGER,
        owner: MANAGER,
        parts,
        zone: domain::clock::Zone::parse("Pacific/Noumea").unwrap(),
        start: "2026-09-08T08:00:00".parse().unwrap(),
        end: "2026-09-08T09:00:00".parse().unwrap(),
        rule: None,
        purpose: None,
        passing: vec![],
    };
    let stream = StreamId::booking_request(REQUEST);
    does::<Decided>(&node, &stream, Decide::Make(Box::new(made))).await;
    (machine, clock)
}

fn request(node: &Node) -> Request {
    node.read(|world| world.calendars.request(REQUEST).unwrap().clone())
}

/// Where the bookings of the request are; none for a room that never heard of it.
fn standings(node: &Node) -> [Option<Standing>; 2] {
    node.read(|world| {
        ROOMS.map(|room| {
            let (_, booking) = world.calendars.booking(BookingId::from_u128(room.to_u128() + 10))?;
            Some(booking.dates[0].standing)
        })
    })
}

#[tokio::test]
async fn killed_while_it_holds_one_and_not_the_other_it_goes_on() {
    let (machine, _clock) = asked().await;
    let node = machine.node().await;
    let holding = request(&node);
    assert_eq!(hold(&node, &holding, holding.parts()[0], 0).await.unwrap(), None);
    drop(node);
    let node = machine.node().await;
    assert_eq!(standings(&node), [Some(Standing::Held), None]);
    perform_all(&node).await.unwrap();
    assert_eq!(standings(&node), [Some(Standing::Confirmed); 2]);
    let head = machine.log.head();
    perform_all(&node).await.unwrap();
    assert_eq!((machine.log.head(), machine.count("booking.made").await), (head, 2), "each happened once");
}

#[tokio::test]
async fn what_takes_longer_than_two_minutes_is_refused_and_gives_back_what_it_holds() {
    let (machine, clock) = asked().await;
    let node = machine.node().await;
    let holding = request(&node);
    assert_eq!(hold(&node, &holding, holding.parts()[0], 0).await.unwrap(), None);
    drop(node);
    clock.set(instant("2026-09-01T06:02:01Z"));
    let node = machine.node().await;
    perform_all(&node).await.unwrap();
    assert_eq!(standings(&node), [Some(Standing::Released), None]);
    let State::Refused { codes, part, .. } = request(&node).state else {
        panic!("{:?}", request(&node).state)
    };
    let codes: Vec<_> = codes.iter().map(Label::as_str).collect();
    assert_eq!((part, codes), (None, vec!["booking-request.took-too-long"]));
}

#[tokio::test]
async fn two_minutes_are_enough() {
    let (machine, clock) = asked().await;
    clock.set(instant("2026-09-01T06:02:00Z"));
    let node = machine.node().await;
    perform_all(&node).await.unwrap();
    assert_eq!(standings(&node), [Some(Standing::Confirmed); 2]);
}

#[tokio::test]
async fn a_resource_that_is_deleted_while_the_request_waits_refuses_it() {
    for held in [false, true] {
        let (machine, clock) = asked().await;
        let node = machine.node().await;
        let holding = request(&node);
        for (place, part) in (0..).zip(holding.parts()).take(if held { 2 } else { 0 }) {
            assert_eq!(hold(&node, &holding, *part, place).await.unwrap(), None);
        }
        let delete = Command::Delete { cancel_future: held.then(|| "travaux".to_owned()), now: node.now() };
        does::<Resource>(&node, &StreamId::resource(ROOMS[1]), delete).await;
        drop(node);
        clock.set(instant("2026-09-01T06:00:30Z"));
        let node = machine.node().await;
        perform_all(&node).await.unwrap();
        let gone = held.then_some(Standing::Released);
        assert_eq!(standings(&node), [Some(Standing::Released), gone], "held: {held}");
        let State::Refused { part, codes, .. } = request(&node).state else { panic!("held: {held}") };
        assert_eq!((part, codes[0].as_str()), (Some(1), "resource.deleted"), "held: {held}");
    }
}

#[test]
fn what_another_node_decided_before_is_what_stands() {
    assert!(stands(true, None) && !stands(false, None));
    assert!(stands(false, Some(No::Granted)), "nothing is given back once all is held");
    assert!(!stands(true, Some(No::Refused)), "nothing is settled once it is refused");
}
