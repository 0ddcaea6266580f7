use super::*;

#[test]
fn what_waits_is_validated_or_refused_with_a_reason_by_a_moderator() {
    let mut room = Room::new(2);
    let (yes, no) =
        (room.booked(writer(), "2026-09-08 08:00/09:00"), room.booked(writer(), "2026-09-08 08:00/09:00"));
    for by in [writer(), teacher()] {
        assert_eq!(room.does(Command::Validate(Answer { by, ..answer(yes) })), Err(Refusal::RoleTooLow));
    }
    room.does(Command::Validate(answer(yes))).unwrap();
    room.is(yes, Standing::Confirmed);
    assert_eq!(
        room.does(Command::Refuse(Answer { reason: None, ..answer(no) })),
        Err(Refusal::ReasonRequired)
    );
    room.does(Command::Refuse(answer(no))).unwrap();
    room.is(no, Standing::Refused);
    assert_eq!(room.does(Command::Refuse(answer(yes))), Err(Refusal::NothingWaits));
    assert_eq!(room.does(Command::Validate(answer(no))), Err(Refusal::NothingWaits));
    let unknown = answer(BookingId::from_u128(99));
    assert_eq!(room.does(Command::Validate(unknown)), Err(Refusal::UnknownBooking));
}

#[test]
fn a_right_that_was_lost_before_the_validation_is_looked_at_again() {
    let mut room = Room::new(1);
    let waits = room.booked(writer(), "2026-09-08 08:00/09:00");
    let lost = Answer { owner_may: false, ..answer(waits) };
    assert_eq!(room.does(Command::Validate(lost.clone())), Err(Refusal::OwnerMayNot));
    room.does(Command::Refuse(lost)).unwrap();
}

#[test]
fn what_waited_too_long_is_not_validated() {
    let mut room = Room::new(1);
    let waits = room.booked(writer(), "2026-09-08 08:00/09:00");
    let now = "2026-09-08T06:01:00Z".parse().unwrap();
    let refused = room.does(Command::Validate(Answer { now, ..answer(waits) })).unwrap_err();
    assert_eq!(codes(&refused), ["booking.in-the-past 08"]);
}

#[test]
fn a_series_is_validated_as_a_whole_or_date_by_date() {
    let mut room = Room::new(1);
    let rule = Some(every("FREQ=DAILY;COUNT=4"));
    let series = room.books(Book { rule, ..book(writer(), "2026-09-08 08:00/09:00") }).unwrap();
    let dates = [day("2026-09-09")].into();
    room.does(Command::Validate(Answer { dates, ..answer(series) })).unwrap();
    let dates = [day("2026-09-10")].into();
    room.does(Command::Refuse(Answer { dates, ..answer(series) })).unwrap();
    let (waits, yes, no) = (Standing::Pending, Standing::Confirmed, Standing::Refused);
    assert_eq!(room.standing(series), [waits, yes, no, waits]);
    room.does(Command::Validate(answer(series))).unwrap();
    assert_eq!(room.standing(series), [yes, yes, no, yes]);
    let dates = [day("2026-09-20")].into();
    assert_eq!(room.does(Command::Validate(Answer { dates, ..answer(series) })), Err(Refusal::NoSuchDate));
}

#[test]
fn what_waits_holds_its_slot_or_leaves_it_and_then_refuses_its_rivals() {
    let mut room = Room::new(2);
    room.booked(writer(), "2026-09-08 08:00/09:00");
    room.booked(writer(), "2026-09-08 08:00/09:00");
    assert!(room.books(book(writer(), "2026-09-08 08:30/09:30")).is_err());

    let mut room = Room::new(2).with(Rules { pending_leaves_free: true, ..Rules::default() });
    let waiting: Vec<_> = ["08:00/09:00", "08:00/09:00", "08:30/09:30", "09:00/10:00"]
        .iter()
        .map(|hours| room.booked(writer(), &format!("2026-09-08 {hours}")))
        .collect();
    room.does(Command::Validate(answer(waiting[0]))).unwrap();
    room.is(waiting[2], Standing::Pending);
    let happened = room.does(Command::Validate(answer(waiting[1]))).unwrap();
    let because = Some(Because::Rival(waiting[1]));
    let lost = happened
        .iter()
        .find_map(|event| if let Event::Refused(refused) = event { Some(refused) } else { None });
    assert_eq!(lost.map(|lost| (lost.booking, lost.because)), Some((waiting[2], because)));
    room.is(waiting[3], Standing::Pending);
    // A confirmed booking takes the slot before anybody validates.
    let mut room = Room::new(1).with(Rules { pending_leaves_free: true, ..Rules::default() });
    let waits = room.booked(writer(), "2026-09-08 08:00/09:00");
    room.booked(teacher(), "2026-09-08 08:00/09:00");
    assert_eq!(codes(&room.does(Command::Validate(answer(waits))).unwrap_err()), ["booking.slot-taken 08"]);
}

#[test]
fn one_withdraws_what_waits_at_any_time_and_cancels_within_the_notice() {
    let notice = Notice { least: Some(25 * 60), most: None };
    let mut room = Room::new(2).with(Rules { to_cancel: notice, ..Rules::default() });
    let waits = room.booked(writer(), "2026-09-08 07:30/09:00");
    room.does(Command::Cancel(cancel(waits, writer(), Which::AllFuture))).unwrap();
    room.is(waits, Standing::Withdrawn);
    let late = room.booked(teacher(), "2026-09-08 07:59/09:00");
    let refused = room.does(Command::Cancel(cancel(late, teacher(), Which::AllFuture))).unwrap_err();
    assert_eq!(codes(&refused), ["booking.too-late 08"]);
    let exact = room.booked(teacher(), "2026-09-08 08:00/09:00");
    room.does(Command::Cancel(cancel(exact, teacher(), Which::AllFuture))).unwrap();
    room.is(exact, Standing::Cancelled);
    let passing = vec![Overridable::Notices];
    room.does(Command::Cancel(Cancel { passing, ..cancel(late, deputy(), Which::AllFuture) })).unwrap();
    room.is(late, Standing::Cancelled);
}

#[test]
fn only_moderators_give_up_what_is_somebody_elses_and_say_why() {
    let mut room = Room::new(2);
    let booking = room.booked(teacher(), "2026-09-08 08:00/09:00");
    let colleague = by(COLLEAGUE, Role::PublishingWriter);
    let by_other = |by| cancel(booking, by, Which::AllFuture);
    assert_eq!(room.does(Command::Cancel(by_other(colleague))), Err(Refusal::RoleTooLow));
    let unsaid = Cancel { reason: Some(" ".to_owned()), ..by_other(deputy()) };
    assert_eq!(room.does(Command::Cancel(unsaid)), Err(Refusal::ReasonRequired));
    room.does(Command::Cancel(by_other(deputy()))).unwrap();
    let waits = room.booked(writer(), "2026-09-08 08:00/09:00");
    room.does(Command::Cancel(cancel(waits, deputy(), Which::AllFuture))).unwrap();
    room.is(waits, Standing::Refused);
}

#[test]
fn the_past_of_a_series_is_not_given_up() {
    let mut room = Room::new(1);
    let rule = Some(every("FREQ=DAILY;COUNT=4"));
    let series = room.books(Book { rule, ..book(teacher(), "2026-09-07 08:00/09:00") }).unwrap();
    let now = "2026-09-08T10:00:00Z".parse().unwrap();
    let past = Cancel { now, ..cancel(series, teacher(), Which::This(day("2026-09-07"))) };
    assert_eq!(room.does(Command::Cancel(past)), Err(Refusal::Begun));
    let one = Cancel { now, ..cancel(series, teacher(), Which::This(day("2026-09-09"))) };
    room.does(Command::Cancel(one)).unwrap();
    let (yes, no) = (Standing::Confirmed, Standing::Cancelled);
    assert_eq!(room.standing(series), [yes, yes, no, yes]);
    room.does(Command::Cancel(Cancel { now, ..cancel(series, teacher(), Which::AllFuture) })).unwrap();
    assert_eq!(room.standing(series), [yes, yes, no, no]);
}
