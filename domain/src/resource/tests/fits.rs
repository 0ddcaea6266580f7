use super::*;

fn close(room: &Room, number: u128, text: &str, in_the_way: OnClosure) -> Command {
    let (closure, slot) = (ClosureId::from_u128(number), wall(text).slot().unwrap());
    Command::Close { closure, slot, in_the_way, of_structure: false, now: room.now }
}

fn lift(room: &Room, number: u128) -> Command {
    Command::Lift { closure: ClosureId::from_u128(number), now: room.now }
}

#[test]
fn what_is_in_the_way_of_a_closure_is_suspended_and_comes_back() {
    let mut room = Room::new(2);
    let (valid, waits) =
        (room.booked(teacher(), "2026-09-08 08:00/09:00"), room.booked(writer(), "2026-09-08 08:00/09:00"));
    let beside = room.booked(teacher(), "2026-09-08 09:00/10:00");
    room.does(close(&room, 1, "2026-09-08 06:00/09:00", OnClosure::Suspend)).unwrap();
    room.is(valid, Standing::Suspended);
    room.is(waits, Standing::Refused);
    room.is(beside, Standing::Confirmed);
    let refused = room.books(book(deputy(), "2026-09-08 08:59/09:30")).unwrap_err();
    assert_eq!(codes(&refused), ["booking.closed 08"]);
    room.does(lift(&room, 1)).unwrap();
    room.is(valid, Standing::Confirmed);
    room.is(waits, Standing::Refused);
    assert_eq!(room.does(lift(&room, 7)), Ok(vec![]));
}

#[test]
fn a_closure_cancels_books_around_or_reports() {
    for (in_the_way, standing, closed) in [
        (OnClosure::Cancel, Standing::Cancelled, true),
        (OnClosure::BookAround, Standing::Confirmed, true),
        (OnClosure::Report, Standing::Confirmed, false),
    ] {
        let mut room = Room::new(2);
        let booking = room.booked(teacher(), "2026-09-08 08:00/09:00");
        let happened = room.does(close(&room, 1, "2026-09-08 06:00/09:00", in_the_way)).unwrap();
        room.is(booking, standing);
        assert_eq!(room.books(book(teacher(), "2026-09-08 07:00/08:00")).is_err(), closed, "{in_the_way:?}");
        let declined =
            matches!(happened[..], [Event::ClosureDeclined(ClosureDeclined { in_the_way: 1, .. })]);
        assert_eq!(declined, !closed);
    }
    let mut room = Room::new(2);
    room.does(close(&room, 1, "2026-09-08 06:00/09:00", OnClosure::Report)).unwrap();
    assert!(room.books(book(teacher(), "2026-09-08 07:00/08:00")).is_err(), "nothing was in its way");
}

#[test]
fn a_date_under_two_closures_comes_back_when_both_are_lifted() {
    let mut room = Room::new(1);
    let booking = room.booked(teacher(), "2026-09-08 08:00/09:00");
    room.does(close(&room, 1, "2026-09-08 06:00/09:00", OnClosure::Suspend)).unwrap();
    room.does(close(&room, 2, "2026-09-08 08:30/12:00", OnClosure::Suspend)).unwrap();
    room.does(lift(&room, 1)).unwrap();
    room.is(booking, Standing::Suspended);
    room.does(lift(&room, 2)).unwrap();
    room.is(booking, Standing::Confirmed);
}

#[test]
fn a_hold_in_the_way_goes_on_with_its_request_suspended() {
    let mut room = Room::new(1);
    let request = Some(crate::BookingRequestId::from_u128(1));
    let held = |text| Book { request, ..book(teacher(), text) };
    let (one, other) = (
        room.books(held("2026-09-08 08:00/09:00")).unwrap(),
        room.books(held("2026-09-08 10:00/11:00")).unwrap(),
    );
    room.does(close(&room, 1, "2026-09-08 06:00/12:00", OnClosure::Suspend)).unwrap();
    room.does(Command::Settle { booking: one }).unwrap();
    room.does(Command::Release { booking: other }).unwrap();
    room.is(one, Standing::Suspended);
    room.is(other, Standing::Released);
    room.does(lift(&room, 1)).unwrap();
    room.is(one, Standing::Confirmed);
}

#[test]
fn with_fewer_of_it_the_newest_are_suspended_until_there_are_more() {
    let mut room = Room::new(3);
    let bookings: Vec<_> = ["08:00/09:00", "08:00/10:00", "08:30/09:30", "09:30/10:00"]
        .iter()
        .map(|hours| room.booked(teacher(), &format!("2026-09-08 {hours}")))
        .collect();
    let quantity = |quantity, room: &Room| Command::SetQuantity { quantity, now: room.now };
    room.does(quantity(2, &room)).unwrap();
    let standings = |room: &Room| bookings.iter().map(|id| room.standing(*id)[0]).collect::<Vec<_>>();
    let (yes, not) = (Standing::Confirmed, Standing::Suspended);
    assert_eq!(standings(&room), [yes, yes, not, yes]);
    room.does(quantity(1, &room)).unwrap();
    assert_eq!(standings(&room), [yes, not, not, yes], "only what no longer fits");
    room.does(quantity(2, &room)).unwrap();
    assert_eq!(standings(&room), [yes, yes, not, yes], "the oldest come back first");
    assert_eq!(room.does(quantity(0, &room)), Err(Refusal::QuantityUnfit));
}

#[test]
fn with_fewer_of_it_what_waits_is_refused_and_a_change_that_waits_ends() {
    let mut room = Room::new(2);
    let valid = room.booked(teacher(), "2026-09-08 08:00/09:00");
    let waits = room.booked(writer(), "2026-09-08 08:00/09:00");
    let asks = room.booked(teacher(), "2026-09-09 08:00/09:00");
    room.booked(teacher(), "2026-09-10 08:00/09:00");
    room.changes(change(asks, writer(), Scope::This(day("2026-09-09")), "2026-09-10 08:00/09:00")).unwrap();
    let happened = room.does(Command::SetQuantity { quantity: 1, now: room.now }).unwrap();
    room.is(waits, Standing::Refused);
    room.is(valid, Standing::Confirmed);
    room.is(asks, Standing::Confirmed);
    let ended =
        happened.iter().any(|event| matches!(event, Event::ProposalEnded(ended) if ended.booking == asks));
    assert!(ended, "{happened:?}");
}

#[test]
fn what_is_over_is_not_touched_by_fewer_or_by_a_closure() {
    let mut room = Room::new(2);
    let (one, other) =
        (room.booked(teacher(), "2026-09-07 08:00/09:00"), room.booked(teacher(), "2026-09-07 08:00/09:00"));
    let now = "2026-09-07T07:00:00Z".parse().unwrap();
    let slot = wall("2026-09-07 00:00/2026-09-09 00:00").slot().unwrap();
    let happened = room.state.decide(Command::SetQuantity { quantity: 1, now }).unwrap();
    assert_eq!(happened.len(), 1, "{happened:?}");
    room.does(Command::Close {
        closure: ClosureId::from_u128(1),
        slot,
        in_the_way: OnClosure::Cancel,
        of_structure: false,
        now,
    })
    .unwrap();
    room.is(one, Standing::Confirmed);
    room.is(other, Standing::Confirmed);
}

#[test]
fn a_resource_that_is_booked_is_deleted_only_with_a_reason_and_keeps_its_past() {
    let mut room = Room::new(3);
    let past = room.booked(teacher(), "2026-09-07 08:00/09:00");
    let (valid, waits) =
        (room.booked(teacher(), "2026-09-08 08:00/09:00"), room.booked(writer(), "2026-09-08 08:00/09:00"));
    let request = Some(crate::BookingRequestId::from_u128(1));
    let held = room.books(Book { request, ..book(teacher(), "2026-09-08 08:00/09:00") }).unwrap();
    let now = "2026-09-07T08:00:00Z".parse().unwrap();
    let delete = |reason: Option<&str>| Command::Delete { cancel_future: reason.map(str::to_owned), now };
    assert_eq!(room.does(delete(None)), Err(Refusal::Booked { dates: 3 }));
    assert_eq!(room.does(delete(Some(" "))), Err(Refusal::Booked { dates: 3 }));
    room.does(delete(Some("travaux"))).unwrap();
    for (booking, standing) in [
        (past, Standing::Confirmed),
        (valid, Standing::Cancelled),
        (waits, Standing::Refused),
        (held, Standing::Released),
    ] {
        room.is(booking, standing);
    }
    assert_eq!(room.books(book(teacher(), "2026-09-10 08:00/09:00")), Err(Refusal::Deleted));
    assert_eq!(room.does(Command::Validate(answer(waits))), Err(Refusal::Deleted));
    assert_eq!(room.does(Command::Settle { booking: held }), Err(Refusal::NotHeld));
}

#[test]
fn an_empty_resource_is_deleted_without_a_word() {
    let mut room = Room::new(1);
    let booking = room.booked(teacher(), "2026-09-08 08:00/09:00");
    room.does(Command::Cancel(cancel(booking, teacher(), Which::AllFuture))).unwrap();
    room.does(Command::Delete { cancel_future: None, now: room.now }).unwrap();
}

/// The zone data of tomorrow cannot be had today: what it would do is played by instants that are wrong.
#[test]
fn dates_to_come_follow_rules_of_zones_that_changed() {
    let mut room = Room::new(1);
    let first = room.booked(teacher(), "2026-09-08 08:00/09:00");
    let second = room.booked(teacher(), "2026-09-08 09:00/10:00");
    let early = |booking, hours: i64| {
        let of = room.state.booking(booking).unwrap().dates[0];
        let by = TimeDelta::hours(hours);
        let slot = Slot { start: of.slot.start - by, end: of.slot.end - by };
        Event::from(Rezoned { booking, slots: vec![(of.date, slot)] })
    };
    let (one, other) = (early(first, 1), early(second, 3));
    for event in [one, other] {
        room.state = std::mem::take(&mut room.state).evolve(&event);
    }
    let happened = room.does(Command::Rezone { now: room.now }).unwrap();
    assert_eq!(happened.len(), 2);
    for (booking, text) in [(first, "2026-09-08 08:00/09:00"), (second, "2026-09-08 09:00/10:00")] {
        assert_eq!(room.state.booking(booking).unwrap().dates[0].slot, wall(text).slot().unwrap());
    }
}

#[test]
fn a_date_that_new_instants_bring_over_another_is_suspended() {
    let mut room = Room::new(1);
    let first = room.booked(teacher(), "2026-09-08 08:00/09:00");
    let early = wall("2026-09-08 05:00/06:00").slot().unwrap();
    let event = Event::from(Rezoned { booking: first, slots: vec![(day("2026-09-08"), early)] });
    room.state = std::mem::take(&mut room.state).evolve(&event);
    // While its instants were wrong somebody else booked the right ones.
    let second = room.booked(teacher(), "2026-09-08 08:00/09:00");
    room.does(Command::Rezone { now: room.now }).unwrap();
    room.is(first, Standing::Confirmed);
    room.is(second, Standing::Suspended);
}

#[test]
fn a_change_that_waits_ends_with_what_it_was_to_take_the_place_of() {
    let mut room = Room::new(2);
    let both = room.books(Book { quantity: 2, ..book(teacher(), "2026-09-08 08:00/10:00") }).unwrap();
    // Shorter, and in the same slot: it holds nothing more than what it would leave.
    let shorter = change(both, writer(), Scope::This(day("2026-09-08")), "2026-09-08 08:00/09:00");
    room.changes(shorter).unwrap();
    let happened = room.does(Command::SetQuantity { quantity: 1, now: room.now }).unwrap();
    room.is(both, Standing::Suspended);
    let ended = happened.iter().filter(|event| matches!(event, Event::ProposalEnded(_))).count();
    assert_eq!(ended, 1, "{happened:?}");
}
