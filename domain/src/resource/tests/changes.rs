use super::*;

const DAY: &str = "2026-09-08";

fn on(booking: BookingId, by: By, text: &str) -> ChangeBooking {
    change(booking, by, Scope::This(day(DAY)), text)
}

fn starts(room: &Room, booking: BookingId) -> Vec<String> {
    let dates = &room.state.booking(booking).unwrap().dates;
    dates
        .iter()
        .filter(|of| of.standing.is_open())
        .map(|of| of.start.format("%d %H:%M").to_string())
        .collect()
}

#[test]
fn a_booking_is_moved_over_its_own_slot() {
    let mut room = Room::new(1);
    let booking = room.booked(teacher(), "2026-09-08 08:00/10:00");
    room.changes(on(booking, teacher(), "2026-09-08 09:00/11:00")).unwrap();
    assert_eq!(starts(&room, booking), ["08 09:00"]);
    room.changes(on(booking, teacher(), "2026-09-10 09:00/11:00")).unwrap();
    assert_eq!(starts(&room, booking), ["10 09:00"], "its name stays the day it was made for");
    room.booked(teacher(), "2026-09-08 09:00/11:00");
    let refused = room.changes(on(booking, teacher(), "2026-09-08 10:00/12:00")).unwrap_err();
    assert_eq!(codes(&refused), ["booking.slot-taken 08"]);
}

#[test]
fn who_may_change_what_is_in_the_matrix() {
    let mut room = Room::new(2);
    let booking = room.booked(teacher(), "2026-09-08 08:00/09:00");
    for other in [by(2, Role::Writer), by(2, Role::PublishingWriter), by(TEACHER, Role::Visitor)] {
        let refused = room.changes(on(booking, other, "2026-09-08 10:00/11:00"));
        assert_eq!(refused, Err(Refusal::RoleTooLow));
    }
    room.changes(on(booking, deputy(), "2026-09-08 10:00/11:00")).unwrap();
    let purpose = || "Projet".to_owned();
    let describe = |by| Command::Describe { booking, by, purpose: purpose() };
    assert_eq!(room.does(describe(by(2, Role::Writer))), Err(Refusal::RoleTooLow));
    room.does(describe(writer())).unwrap();
}

#[test]
fn a_change_by_a_writer_waits_beside_what_is_confirmed() {
    let mut room = Room::new(1);
    let booking = room.booked(teacher(), "2026-09-08 08:00/09:00");
    room.changes(on(booking, writer(), "2026-09-08 08:30/10:00")).unwrap();
    assert_eq!(starts(&room, booking), ["08 08:00"], "nothing changed");
    room.is(booking, Standing::Confirmed);
    // Both the old slot and the new one are held, and where they meet not twice.
    for taken in ["2026-09-08 08:00/08:30", "2026-09-08 09:30/10:00"] {
        assert!(room.books(book(teacher(), taken)).is_err(), "{taken}");
    }
    room.does(Command::Validate(answer(booking))).unwrap();
    assert_eq!(starts(&room, booking), ["08 08:30"]);
    room.booked(teacher(), "2026-09-08 08:00/08:30");
}

#[test]
fn a_change_that_waits_is_refused_or_taken_back_and_nothing_has_changed() {
    let mut room = Room::new(1);
    let booking = room.booked(teacher(), "2026-09-08 08:00/09:00");
    room.changes(on(booking, writer(), "2026-09-08 10:00/11:00")).unwrap();
    room.does(Command::Refuse(answer(booking))).unwrap();
    assert_eq!(room.does(Command::Refuse(answer(booking))), Err(Refusal::NothingWaits));
    room.booked(teacher(), "2026-09-08 10:00/11:00");
    room.changes(on(booking, writer(), "2026-09-08 14:00/15:00")).unwrap();
    let other = Command::WithdrawProposal { booking, by: by(2, Role::PublishingWriter) };
    assert_eq!(room.does(other), Err(Refusal::RoleTooLow));
    // Another change takes the place of the one that waited.
    room.changes(on(booking, writer(), "2026-09-08 16:00/17:00")).unwrap();
    room.booked(teacher(), "2026-09-08 14:00/15:00");
    room.does(Command::WithdrawProposal { booking, by: writer() }).unwrap();
    room.booked(teacher(), "2026-09-08 16:00/17:00");
    assert_eq!(starts(&room, booking), ["08 08:00"]);
    room.is(booking, Standing::Confirmed);
}

#[test]
fn a_writer_changes_what_still_waits_and_it_goes_on_waiting() {
    let mut room = Room::new(1);
    let booking = room.booked(writer(), "2026-09-08 08:00/09:00");
    room.changes(on(booking, writer(), "2026-09-08 10:00/11:00")).unwrap();
    assert_eq!(starts(&room, booking), ["08 10:00"]);
    room.is(booking, Standing::Pending);
}

#[test]
fn more_of_a_resource_is_a_change() {
    let mut room = Room::new(30);
    let booking = room.books(Book { quantity: 10, ..book(teacher(), "2026-09-08 08:00/09:00") }).unwrap();
    let same = "2026-09-08 08:00/09:00";
    room.changes(ChangeBooking { quantity: Some(30), ..on(booking, teacher(), same) }).unwrap();
    let more = ChangeBooking { quantity: Some(31), ..on(booking, teacher(), same) };
    assert_eq!(codes(&room.changes(more).unwrap_err()), ["booking.more-than-there-is"]);
    let none = ChangeBooking { quantity: Some(0), ..on(booking, teacher(), same) };
    assert_eq!(room.changes(none), Err(Refusal::NoQuantity));
}

#[test]
fn a_change_obeys_its_notice_and_never_touches_what_has_begun() {
    let notice = Notice { least: Some(60), most: None };
    let mut room = Room::new(2).with(Rules { to_change: notice, ..Rules::default() });
    let booking = room.booked(teacher(), "2026-09-08 08:00/09:00");
    let at = |now: &str| ChangeBooking {
        now: now.parse().unwrap(),
        ..on(booking, teacher(), "2026-09-09 08:00/09:00")
    };
    assert_eq!(codes(&room.changes(at("2026-09-08T05:01:00Z")).unwrap_err()), ["booking.too-late 08"]);
    assert_eq!(room.changes(at("2026-09-08T06:01:00Z")), Err(Refusal::Begun));
    room.changes(at("2026-09-08T05:00:00Z")).unwrap();
    room.does(Command::Cancel(cancel(booking, teacher(), Which::AllFuture))).unwrap();
    assert_eq!(room.changes(on(booking, teacher(), "2026-09-10 08:00/09:00")), Err(Refusal::Ended));
}

#[test]
fn ones_own_quota_is_no_obstacle_to_moving_a_booking() {
    let quota =
        Quota { group: None, limit: Limit { unit: Unit::Bookings, per: Per::Day, most: 1 }, shared: false };
    let mut room = Room::new(2).with(Rules { quotas: vec![quota], ..Rules::default() });
    let booking = room.booked(teacher(), "2026-09-08 08:00/09:00");
    room.changes(on(booking, teacher(), "2026-09-08 10:00/11:00")).unwrap();
}
