//! A quota that all of a group share: whoever was in it when they booked counts, and nobody else.

use super::*;

const SHARED: &str = "booking.shared-quota-reached";

fn shared(group: Option<GroupId>, unit: Unit, per: Per, most: u32) -> Rules {
    let quota = Quota { group, limit: Limit { unit, per, most }, shared: true };
    Rules { quotas: vec![quota], ..Rules::default() }
}

/// A booking by somebody who is in the group.
fn member(person: u128, text: &str) -> Book {
    Book { groups: vec![group(7)], ..book(by(person, Role::PublishingWriter), text) }
}

#[test]
fn members_have_exactly_so_much_together_and_others_neither_count_nor_are_limited() {
    let mut room = Room::new(9).with(shared(Some(group(7)), Unit::Bookings, Per::Day, 2));
    room.books(member(1, "2026-09-08 08:00/09:00")).unwrap();
    room.booked(by(3, Role::PublishingWriter), "2026-09-08 08:00/09:00");
    room.books(member(2, "2026-09-08 08:00/09:00")).unwrap();
    let refused = room.books(member(4, "2026-09-08 10:00/11:00")).unwrap_err();
    assert_eq!(codes(&refused), [format!("{SHARED} 08")]);
    let limit = Limit { unit: Unit::Bookings, per: Per::Day, most: 2 };
    let rule = Rule::SharedQuotaReached { group: Some(group(7)), limit };
    assert_eq!(refused, Refusal::Broken(vec![Broken { rule, date: Some(day("2026-09-08")) }]));
    room.booked(by(3, Role::PublishingWriter), "2026-09-08 10:00/11:00");
    room.books(member(4, "2026-09-09 10:00/11:00")).unwrap();
    let passing =
        Book { passing: vec![Overridable::Quotas], reasoned: true, ..member(9, "2026-09-08 12:00/13:00") };
    room.books(Book { by: deputy(), ..passing }).unwrap();
}

#[test]
fn a_quota_of_all_counts_everybody_and_one_of_each_stays_ones_own() {
    let all = shared(None, Unit::Minutes, Per::Month, 90);
    let own =
        Quota { group: None, limit: Limit { unit: Unit::Bookings, per: Per::Month, most: 1 }, shared: false };
    let quotas = vec![all.quotas[0], own];
    let mut room = Room::new(9).with(Rules { quotas, ..Rules::default() });
    room.booked(teacher(), "2026-09-08 08:00/09:00");
    let more = room.books(book(by(COLLEAGUE, Role::PublishingWriter), "2026-09-30 08:00/08:31")).unwrap_err();
    assert_eq!(codes(&more), [format!("{SHARED} 30")]);
    let both = room.books(book(teacher(), "2026-09-30 08:00/08:31")).unwrap_err();
    assert_eq!(codes(&both), [format!("{SHARED} 30"), "booking.quota-reached 30".to_owned()]);
    room.booked(by(COLLEAGUE, Role::PublishingWriter), "2026-09-30 08:00/08:30");
    room.booked(by(COLLEAGUE, Role::PublishingWriter), "2026-10-01 08:00/09:30");
}

#[test]
fn weeks_begin_on_monday_where_the_resource_is() {
    let zone = Zone::parse("Indian/Reunion").unwrap();
    let mut room = Room::in_zone(9, zone).with(shared(Some(group(7)), Unit::Bookings, Per::Week, 1));
    let at = |person, text| Book { wall: wall_in(zone, text), ..member(person, "2026-09-08 08:00/09:00") };
    room.books(at(1, "2026-09-13 23:00/23:30")).unwrap(); // Sunday there.
    room.books(at(2, "2026-09-14 01:00/02:00")).unwrap(); // Monday there, Sunday in UTC and in Paris.
    assert_eq!(codes(&room.books(at(3, "2026-09-07 10:00/11:00")).unwrap_err()), [format!("{SHARED} 07")]);
    assert_eq!(codes(&room.books(at(3, "2026-09-20 23:30/23:45")).unwrap_err()), [format!("{SHARED} 20")]);
    room.books(at(3, "2026-09-21 00:00/01:00")).unwrap();
}

#[test]
fn who_leaves_counts_with_what_they_booked_before_and_no_more() {
    let mut room = Room::new(9).with(shared(Some(group(7)), Unit::Bookings, Per::Week, 2));
    let before = room.books(member(1, "2026-09-08 08:00/09:00")).unwrap();
    room.books(member(2, "2026-09-08 08:00/09:00")).unwrap();
    assert_eq!(room.state.booking(before).unwrap().counts_for, [group(7)]);
    // Person 1 is in the group no more: not limited, not counted.
    let after = room.booked(by(1, Role::PublishingWriter), "2026-09-09 08:00/09:00");
    assert!(room.state.booking(after).unwrap().counts_for.is_empty());
    assert!(room.books(member(3, "2026-09-10 08:00/09:00")).is_err(), "what was booked before still counts");
    // A change of it goes on counting, and is no obstacle to itself.
    let here = Scope::This(day("2026-09-08"));
    room.changes(change(before, by(1, Role::PublishingWriter), here, "2026-09-11 08:00/09:00")).unwrap();
    assert!(room.books(member(3, "2026-09-10 08:00/09:00")).is_err());
    let away = by(1, Role::PublishingWriter);
    room.does(Command::Cancel(cancel(before, away, Which::AllFuture))).unwrap();
    room.books(member(3, "2026-09-10 08:00/09:00")).unwrap();
}

#[test]
fn the_rest_of_a_series_counts_like_its_beginning() {
    let mut room = Room::new(9).with(shared(Some(group(7)), Unit::Bookings, Per::Day, 1));
    let series = Book { rule: Some(every("FREQ=DAILY;COUNT=3")), ..member(1, "2026-09-08 08:00/09:00") };
    let series = room.books(series).unwrap();
    let rest = change(series, teacher(), Scope::Following(day("2026-09-09")), "2026-09-09 10:00/11:00");
    let rest = room.changes(rest).unwrap();
    assert_eq!(room.state.booking(rest).unwrap().counts_for, [group(7)]);
    for taken in ["2026-09-08", "2026-09-09", "2026-09-10"] {
        let refused = room.books(member(2, &format!("{taken} 14:00/15:00"))).unwrap_err();
        assert_eq!(codes(&refused), [format!("{SHARED} {}", &taken[8..])]);
    }
    room.books(member(2, "2026-09-11 14:00/15:00")).unwrap();
}

#[test]
fn what_is_suspended_takes_nobody_elses_place_when_it_is_moved() {
    let mut room = Room::new(2).with(shared(Some(group(7)), Unit::Bookings, Per::Day, 1));
    let suspended = room.books(member(1, "2026-09-08 08:00/09:00")).unwrap();
    let slot = wall("2026-09-08 08:00/09:00").slot().unwrap();
    room.does(Command::Close {
        closure: ClosureId::from_u128(1),
        slot,
        in_the_way: OnClosure::Suspend,
        of_structure: false,
        now: room.now,
    })
    .unwrap();
    room.is(suspended, Standing::Suspended);
    room.books(member(2, "2026-09-08 10:00/11:00")).unwrap();
    let here = Scope::This(day("2026-09-08"));
    let refused = room.changes(change(suspended, teacher(), here, "2026-09-08 14:00/15:00")).unwrap_err();
    assert_eq!(codes(&refused), [format!("{SHARED} 08")]);
}

#[test]
fn groups_are_kept_with_a_booking_only_where_they_share_a_quota() {
    let mut room = Room::new(9).with(shared(Some(group(7)), Unit::Bookings, Per::Day, 9));
    let groups = vec![group(8), group(7), group(7)];
    let booking = room.books(Book { groups, ..member(1, "2026-09-08 08:00/09:00") }).unwrap();
    assert_eq!(room.state.booking(booking).unwrap().counts_for, [group(7)]);
    assert_eq!(room.state.booked_together(Some(group(7))).unwrap()[&day("2026-09-08")], (1, 60));
    assert!(room.state.booked_together(Some(group(8))).is_none());
    room.does(Command::Cancel(cancel(booking, teacher(), Which::AllFuture))).unwrap();
    assert!(room.state.booked_together(None).is_none(), "nothing is kept of what is gone");
}
