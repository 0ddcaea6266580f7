use std::collections::BTreeSet;

use super::*;

#[test]
fn days_that_are_left_out_from_the_beginning_are_no_dates_and_keep_nobody_away() {
    let mut room = Room::new(1);
    room.books(book(teacher(), "2026-09-15 08:00/09:00")).unwrap();
    let except = BTreeSet::from([day("2026-09-08"), day("2026-09-15")]);
    let series =
        Book { except: except.clone(), ..weekly(teacher(), "2026-09-08 08:00/09:00", "FREQ=WEEKLY;COUNT=4") };
    let id = room.books(series.clone()).unwrap();
    let booked = room.state.booking(id).unwrap();
    let dates: Vec<_> = booked.dates.iter().map(|of| of.date).collect();
    assert_eq!(dates, [day("2026-09-22"), day("2026-09-29")]);
    assert_eq!(booked.except, Vec::from_iter(except));
    let all = BTreeSet::from(["2026-09-08", "2026-09-15", "2026-09-22", "2026-09-29"].map(day));
    let refused = room.books(Book { except: all, ..series });
    assert_eq!(refused, Err(Refusal::Series(recurrence::Refusal::Empty)));
}

fn weekly(by: By, text: &str, rule: &str) -> Book {
    Book { rule: Some(every(rule)), ..book(by, text) }
}

fn days(room: &Room, booking: BookingId) -> Vec<String> {
    let dates = &room.state.booking(booking).unwrap().dates;
    dates
        .iter()
        .filter(|of| of.standing.is_open())
        .map(|of| of.start.format("%m-%d %H:%M").to_string())
        .collect()
}

#[test]
fn a_series_is_refused_whole_and_every_date_in_the_way_is_named() {
    let mut room = Room::new(1);
    room.booked(teacher(), "2026-09-15 08:30/09:00");
    room.booked(teacher(), "2026-09-29 08:00/08:30");
    let refused = room.books(weekly(teacher(), "2026-09-08 08:00/09:00", "FREQ=WEEKLY;COUNT=5")).unwrap_err();
    assert_eq!(codes(&refused), ["booking.slot-taken 15", "booking.slot-taken 29"]);
}

#[test]
fn dates_that_are_taken_are_left_out_where_that_is_asked_for() {
    let mut room = Room::new(1);
    room.booked(teacher(), "2026-09-08 08:30/09:00");
    room.booked(teacher(), "2026-09-22 08:30/09:00");
    let skip =
        Book { skip_conflicts: true, ..weekly(teacher(), "2026-09-08 08:00/09:00", "FREQ=WEEKLY;COUNT=4") };
    let series = room.books(skip.clone()).unwrap();
    assert_eq!(days(&room, series), ["09-15 08:00", "09-29 08:00"]);
    assert_eq!(room.state.booking(series).unwrap().except, [day("2026-09-08"), day("2026-09-22")]);
    let single = Book { rule: None, ..skip };
    assert_eq!(codes(&room.books(single.clone()).unwrap_err()), ["booking.slot-taken 08"]);
    let all = Book { rule: Some(every("FREQ=WEEKLY;INTERVAL=2;COUNT=2")), ..single };
    assert_eq!(codes(&room.books(all).unwrap_err()), ["booking.series-empty"]);
}

#[test]
fn the_hour_on_the_wall_stays_over_both_changes_of_the_clock() {
    let mut room = Room::new(1);
    let series =
        room.books(weekly(teacher(), "2026-10-19 08:00/08:55", "FREQ=WEEKLY;UNTIL=20261102")).unwrap();
    let dates = &room.state.booking(series).unwrap().dates;
    let utc: Vec<_> = dates.iter().map(|of| of.slot.start.format("%m-%dT%H:%MZ").to_string()).collect();
    assert_eq!(utc, ["10-19T06:00Z", "10-26T07:00Z", "11-02T07:00Z"]);
}

#[test]
fn a_date_in_the_gap_of_spring_is_left_out_and_kept_as_an_exception() {
    let mut room = Room::new(1);
    let series = room.books(weekly(teacher(), "2027-03-21 02:30/03:30", "FREQ=WEEKLY;COUNT=3")).unwrap();
    assert_eq!(days(&room, series), ["03-21 02:30", "04-04 02:30"]);
    assert_eq!(room.state.booking(series).unwrap().except, [day("2027-03-28")]);
}

#[test]
fn what_is_no_series_is_refused() {
    let mut room = Room::new(9);
    for (rule, code) in [
        ("FREQ=WEEKLY;BYDAY=MO;COUNT=3", "booking.first-not-in-series"),
        ("FREQ=DAILY;UNTIL=20270910", "booking.series-too-long"),
    ] {
        let refused = room.books(weekly(teacher(), "2026-09-08 08:00/09:00", rule)).unwrap_err();
        assert_eq!(codes(&refused), [code]);
    }
    let refused = room.books(weekly(teacher(), "2026-09-08 08:00/2026-09-09 08:01", "FREQ=DAILY;COUNT=2"));
    assert_eq!(codes(&refused.unwrap_err()), ["booking.series-overlaps-itself"], "whatever the quantity");
    room.books(weekly(teacher(), "2026-09-08 08:00/09:00", "FREQ=DAILY;COUNT=366")).unwrap();
}

#[test]
fn a_quota_counts_the_dates_of_a_series_together() {
    let quota =
        Quota { group: None, limit: Limit { unit: Unit::Bookings, per: Per::Week, most: 2 }, shared: false };
    let mut room = Room::new(1).with(Rules { quotas: vec![quota], ..Rules::default() });
    let refused = room.books(weekly(teacher(), "2026-09-08 08:00/09:00", "FREQ=DAILY;COUNT=8")).unwrap_err();
    let third = ["10", "11", "12", "13"].map(|day| format!("booking.quota-reached {day}"));
    assert_eq!(
        codes(&refused),
        [third.as_slice(), &["booking.quota-reached 15".to_owned()]].concat()[..4].to_vec()
    );
}

#[test]
fn one_date_of_a_series_is_moved_alone() {
    let mut room = Room::new(1);
    let series = room.books(weekly(teacher(), "2026-09-08 08:00/09:00", "FREQ=WEEKLY;COUNT=3")).unwrap();
    room.changes(change(series, teacher(), Scope::This(day("2026-09-15")), "2026-09-16 10:00/11:00"))
        .unwrap();
    assert_eq!(days(&room, series), ["09-08 08:00", "09-16 10:00", "09-22 08:00"]);
    room.booked(teacher(), "2026-09-15 08:00/09:00");
    let nowhere = change(series, teacher(), Scope::This(day("2026-09-16")), "2026-09-17 10:00/11:00");
    assert_eq!(room.changes(nowhere), Err(Refusal::NoSuchDate));
}

#[test]
fn from_a_date_on_a_series_goes_on_as_another_and_the_old_one_ends() {
    let mut room = Room::new(1);
    let series = room.books(weekly(teacher(), "2026-09-08 08:00/09:00", "FREQ=WEEKLY;COUNT=5")).unwrap();
    room.does(Command::Cancel(cancel(series, teacher(), Which::This(day("2026-09-29"))))).unwrap();
    let rest = change(series, teacher(), Scope::Following(day("2026-09-22")), "2026-09-22 08:30/09:30");
    let into = room.changes(rest).unwrap();
    assert_eq!(days(&room, series), ["09-08 08:00", "09-15 08:00"]);
    assert_eq!(days(&room, into), ["09-22 08:30", "10-06 08:30"], "what was given up stays so");
    let old = room.state.booking(series).unwrap();
    assert_eq!(old.rule.as_ref().unwrap().to_string(), "FREQ=WEEKLY;BYDAY=TU;COUNT=2");
    assert_eq!(room.state.booking(into).unwrap().continues, Some(series));
    assert_eq!(room.state.booking(into).unwrap().owner, old.owner);
    let single = room.booked(teacher(), "2026-09-09 08:00/09:00");
    let rest = change(single, teacher(), Scope::AllFuture, "2026-09-09 10:00/11:00");
    assert_eq!(room.changes(rest), Err(Refusal::NoSeries));
}

#[test]
fn all_that_is_to_come_leaves_the_past_alone() {
    let mut room = Room::new(1);
    let series = room.books(weekly(teacher(), "2026-09-07 08:00/09:00", "FREQ=DAILY;COUNT=5")).unwrap();
    let now = "2026-09-09T10:00:00Z".parse().unwrap();
    let rest = change(series, teacher(), Scope::AllFuture, "2026-09-10 18:00/19:00");
    let into = room.changes(ChangeBooking { now, ..rest }).unwrap();
    assert_eq!(days(&room, series), ["09-07 08:00", "09-08 08:00", "09-09 08:00"]);
    assert_eq!(days(&room, into), ["09-10 18:00", "09-11 18:00"]);
}

#[test]
fn a_writer_asks_for_another_time_of_the_rest_and_keeps_what_is_confirmed_until_then() {
    let mut room = Room::new(1);
    let series = room.books(weekly(teacher(), "2026-09-08 08:00/09:00", "FREQ=WEEKLY;COUNT=4")).unwrap();
    let rest = change(series, writer(), Scope::Following(day("2026-09-22")), "2026-09-22 10:00/11:00");
    let into = room.changes(rest).unwrap();
    assert_eq!(days(&room, series).len(), 4);
    assert!(room.state.booking(into).is_none());
    for taken in ["2026-09-22 08:00/09:00", "2026-09-29 10:00/11:00"] {
        assert!(room.books(book(teacher(), taken)).is_err(), "{taken}");
    }
    room.does(Command::Validate(answer(series))).unwrap();
    assert_eq!(days(&room, series), ["09-08 08:00", "09-15 08:00"]);
    assert_eq!(days(&room, into), ["09-22 10:00", "09-29 10:00"]);
    room.is(into, Standing::Confirmed);
}

#[test]
fn another_rule_for_the_rest_begins_on_its_first_day() {
    let mut room = Room::new(1);
    let series = room.books(weekly(teacher(), "2026-09-08 08:00/09:00", "FREQ=WEEKLY;COUNT=4")).unwrap();
    let thursday = change(series, teacher(), Scope::Following(day("2026-09-15")), "2026-09-17 08:00/09:00");
    assert_eq!(codes(&room.changes(thursday.clone()).unwrap_err()), ["booking.first-not-in-series"]);
    let rule = Some(every("FREQ=WEEKLY;BYDAY=TH;COUNT=2"));
    let into = room.changes(ChangeBooking { rule, ..thursday }).unwrap();
    assert_eq!(days(&room, into), ["09-17 08:00", "09-24 08:00"]);
}

#[test]
fn days_left_out_stay_with_the_half_they_are_in() {
    let mut room = Room::new(1);
    for taken in ["2026-09-15 08:30/09:00", "2026-10-06 08:30/09:00"] {
        room.booked(teacher(), taken);
    }
    let weekly = weekly(teacher(), "2026-09-08 08:00/09:00", "FREQ=WEEKLY;COUNT=6");
    let series = room.books(Book { skip_conflicts: true, ..weekly }).unwrap();
    let rest = change(series, teacher(), Scope::Following(day("2026-09-22")), "2026-09-22 10:00/11:00");
    let into = room.changes(rest).unwrap();
    let except = |booking| room.state.booking(booking).unwrap().except.clone();
    assert_eq!((except(series), except(into)), (vec![day("2026-09-15")], vec![day("2026-10-06")]));
}

#[test]
fn a_change_of_the_rest_that_waits_ends_when_its_first_date_is_given_up_and_not_before() {
    let mut room = Room::new(1);
    let weekly = weekly(teacher(), "2026-09-08 08:00/09:00", "FREQ=WEEKLY;COUNT=4");
    let series = room.books(weekly).unwrap();
    let rest = change(series, writer(), Scope::Following(day("2026-09-22")), "2026-09-22 10:00/11:00");
    room.changes(rest).unwrap();
    let waits = |room: &Room| room.state.booking(series).unwrap().proposal.is_some();
    for (date, still) in [("2026-09-15", true), ("2026-09-22", false)] {
        room.does(Command::Cancel(cancel(series, teacher(), Which::This(day(date))))).unwrap();
        assert_eq!(waits(&room), still, "{date}");
    }
}
