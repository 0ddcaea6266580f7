//! What is written down is read again, and nothing else is.

use super::*;

/// Two of something with one of each that a booking can be.
fn lived() -> Room {
    let mut room = Room::new(2).with(Rules { buffer: (5, 10), ..Rules::default() });
    let series =
        Book { rule: Some(every("FREQ=WEEKLY;COUNT=4")), ..book(teacher(), "2026-09-08 08:00/09:00") };
    let series = room.books(series).unwrap();
    room.books(book(writer(), "2026-09-09 10:00/12:00")).unwrap();
    let request = Some(crate::BookingRequestId::from_u128(3));
    room.books(Book { request, ..book(teacher(), "2026-09-10 10:00/12:00") }).unwrap();
    let (now, closure) = (room.now, ClosureId::from_u128(4));
    room.does(Command::Cancel(cancel(series, teacher(), Which::This(day("2026-09-15"))))).unwrap();
    let moved = change(series, teacher(), Scope::This(day("2026-09-22")), "2026-09-23 08:00/09:30");
    room.does(Command::Change(Box::new(moved))).unwrap();
    let rest = change(series, writer(), Scope::Following(day("2026-09-29")), "2026-09-29 11:00/12:00");
    room.does(Command::Change(Box::new(ChangeBooking { into: BookingId::from_u128(77), ..rest }))).unwrap();
    let (slot, in_the_way) = (wall("2026-09-23 08:00/12:00").slot().unwrap(), OnClosure::Suspend);
    room.does(Command::Close { closure, slot, in_the_way, of_structure: true, now }).unwrap();
    room
}

#[test]
fn a_resource_goes_on_from_what_was_written_as_from_its_events() {
    let mut room = lived();
    let standings: Vec<_> = room.state.bookings().values().flat_map(|it| &it.dates).collect();
    assert!(standings.iter().any(|of| of.standing == Standing::Suspended), "{standings:?}");
    assert!(room.state.bookings().values().any(|booking| booking.proposal.is_some()));
    let mut read = Resource::unpacked(&room.state.packed().unwrap()).unwrap();
    let lift = Command::Lift { closure: ClosureId::from_u128(4), now: room.now };
    for command in [lift, Command::SetQuantity { quantity: 1, now: room.now }] {
        let happened = room.does(command.clone()).unwrap();
        assert_eq!(read.decide(command), Ok(happened.clone()));
        read = happened.iter().fold(read, Resource::evolve);
        assert_eq!(read, room.state);
    }
}

#[test]
fn what_was_cut_or_added_to_is_not_read() {
    let bytes = lived().state.packed().unwrap();
    for end in 0..bytes.len() {
        assert_eq!(Resource::unpacked(&bytes[..end]), None, "cut at {end}");
    }
    assert_eq!(Resource::unpacked(&[&bytes[..], &[0]].concat()), None);
}

#[test]
fn a_booking_of_one_date_takes_few_bytes() {
    let mut room = Room::new(1);
    let before = room.state.packed().unwrap().len();
    room.books(book(teacher(), "2026-09-08 08:00/09:00")).unwrap();
    assert_eq!(room.state.packed().unwrap().len() - before, 109);
}
