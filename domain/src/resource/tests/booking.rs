use super::*;

#[test]
fn a_resource_is_opened_once_and_is_there_once_at_least() {
    let room = Room::new(1);
    assert!(matches!(room.state.life(), Life::Open { .. }));
    let mut nothing = Resource::default();
    assert_eq!(nothing.decide(Command::SetQuantity { quantity: 1, now: room.now }), Err(Refusal::Unknown));
    assert_eq!(
        nothing.decide(Command::Book(Box::new(book(teacher(), "2026-09-08 08:00/09:00")))),
        Err(Refusal::Unknown)
    );
    let open = |name: &str, quantity| {
        Command::Open(Open {
            resource: ResourceId::from_u128(1),
            domain: DomainId::from_u128(1),
            structure: StructureId::from_u128(1),
            zone: Zone::PARIS,
            name: name.to_owned(),
            quantity,
            periods: vec![],
            closures: vec![],
        })
    };
    for (name, quantity, why) in [
        ("  ", 1, Refusal::NameUnfit),
        ("a\nb", 1, Refusal::NameUnfit),
        ("Salle", 0, Refusal::QuantityUnfit),
        ("Salle", 1_000_001, Refusal::QuantityUnfit),
    ] {
        assert_eq!(nothing.decide(open(name, quantity)), Err(why));
    }
    let opened = nothing.decide(open("Salle", 3)).unwrap();
    nothing = nothing.evolve(&opened[0]);
    assert_eq!(nothing.quantity(), 3);
}

#[test]
fn who_may_book_and_what_it_becomes() {
    let mut room = Room::new(5);
    let visitor = by(3, Role::Visitor);
    let refused = room.books(book(visitor, "2026-09-08 08:00/09:00"));
    assert_eq!(refused, Err(Refusal::RoleTooLow));
    let waits = room.booked(writer(), "2026-09-08 08:00/09:00");
    room.is(waits, Standing::Pending);
    for role in [Role::PublishingWriter, Role::Moderator, Role::Manager] {
        let valid = room.booked(by(4, role), "2026-09-08 08:00/09:00");
        room.is(valid, Standing::Confirmed);
    }
}

#[test]
fn moderators_book_for_others_whose_quotas_count() {
    let mut room = Room::new(5);
    let for_other = |by| Book { owner: PersonId::from_u128(COLLEAGUE), ..book(by, "2026-09-08 08:00/09:00") };
    assert_eq!(room.books(for_other(teacher())), Err(Refusal::RoleTooLow));
    let booking = room.books(for_other(deputy())).unwrap();
    assert_eq!(room.state.booking(booking).unwrap().owner, PersonId::from_u128(COLLEAGUE));
    assert_eq!(room.state.booked(PersonId::from_u128(COLLEAGUE)).unwrap().len(), 1);
    assert!(room.state.booked(PersonId::from_u128(DEPUTY)).is_none());
}

#[test]
fn nobody_books_the_past_nothing_or_a_time_that_is_none() {
    let mut room = Room::new(1);
    for role in [Role::PublishingWriter, Role::Manager] {
        let refused = room.books(book(by(1, role), "2026-09-07 06:59/08:00")).unwrap_err();
        assert_eq!(codes(&refused), ["booking.in-the-past 07"]);
    }
    room.booked(teacher(), "2026-09-07 07:00/08:00");
    for (text, code) in [
        ("2026-09-08 09:00/09:00", "booking.no-length"),
        ("2026-09-08 09:00/08:00", "booking.no-length"),
        ("2027-03-28 02:30/04:00", "booking.no-such-hour"),
    ] {
        assert_eq!(codes(&room.books(book(teacher(), text)).unwrap_err()), [code]);
    }
    let none = Book { quantity: 0, ..book(teacher(), "2026-09-08 09:00/10:00") };
    assert_eq!(room.books(none), Err(Refusal::NoQuantity));
}

#[test]
fn a_single_booking_in_the_double_hour_is_in_the_first_of_both() {
    let mut room = Room::new(1);
    let booking = room.booked(teacher(), "2026-10-25 02:00/02:30");
    let slot = room.state.booking(booking).unwrap().dates[0].slot;
    assert_eq!(slot.start.to_rfc3339(), "2026-10-25T00:00:00+00:00");
}

#[test]
fn more_than_there_is_is_told_apart_from_what_is_taken() {
    let mut room = Room::new(30);
    let tablets = |quantity| Book { quantity, ..book(teacher(), "2026-09-08 08:00/09:00") };
    room.books(tablets(20)).unwrap();
    let refused = room.books(tablets(11)).unwrap_err();
    let Refusal::Broken(broken) = &refused else { panic!("{refused:?}") };
    assert_eq!(broken[0].rule, Rule::SlotTaken { free: 10 });
    assert_eq!(codes(&room.books(tablets(31)).unwrap_err()), ["booking.more-than-there-is"]);
    room.books(tablets(10)).unwrap();
}

#[test]
fn every_broken_rule_is_told_at_once() {
    let opening = Opening { day: 2, from: time("08:00"), to: time("17:00") };
    let mut room = Room::new(1).with(Rules {
        opening: vec![opening],
        longest: Some(120),
        to_book: Notice { least: Some(26 * 60), most: None },
        ..Rules::default()
    });
    room.does(Command::Close {
        closure: ClosureId::from_u128(1),
        slot: wall("2026-09-08 12:00/14:00").slot().unwrap(),
        in_the_way: OnClosure::default(),
        of_structure: false,
        now: room.now,
    })
    .unwrap();
    let refused = room.books(book(teacher(), "2026-09-08 07:30/12:30")).unwrap_err();
    let expected = [
        "booking.too-long 08",
        "booking.outside-opening-hours 08",
        "booking.too-late 08",
        "booking.closed 08",
    ];
    assert_eq!(codes(&refused), expected);
}

#[test]
fn hours_are_open_where_they_touch_and_over_midnight() {
    let open = |day, from, to| Opening { day, from: time(from), to: time(to) };
    let opening = vec![
        open(1, "08:00", "12:00"),
        open(1, "12:00", "00:00"),
        open(2, "00:00", "02:00"),
        open(4, "09:00", "10:00"),
    ];
    let mut room = Room::new(9).with(Rules { opening, ..Rules::default() });
    for fits in ["2026-09-07 08:00/12:00", "2026-09-07 11:00/13:00", "2026-09-07 23:00/2026-09-08 02:00"] {
        room.booked(teacher(), fits);
    }
    for not in [
        "2026-09-07 07:59/09:00",
        "2026-09-08 01:00/02:01",
        "2026-09-09 09:00/10:00",
        "2026-09-10 09:00/10:01",
    ] {
        let refused = room.books(book(teacher(), not)).unwrap_err();
        assert!(codes(&refused)[0].starts_with("booking.outside-opening-hours"), "{not}");
    }
}

#[test]
fn a_slot_may_have_to_be_whole_periods() {
    let mut room = Room::new(9).with(Rules { periods_only: true, ..Rules::default() });
    let period = |name: &str, from, to| Period {
        name: crate::Label::parse(name).unwrap(),
        from: time(from),
        to: time(to),
    };
    let periods = vec![period("M1", "08:00", "08:55"), period("M2", "09:00", "09:55")];
    room.does(Command::SetPeriods { periods }).unwrap();
    for fits in ["2026-09-08 08:00/08:55", "2026-09-08 08:00/09:55"] {
        room.booked(teacher(), fits);
    }
    for not in ["2026-09-08 08:00/09:00", "2026-09-08 08:05/08:55", "2026-09-08 08:00/2026-09-09 09:55"] {
        assert_eq!(
            codes(&room.books(book(teacher(), not)).unwrap_err()),
            ["booking.not-whole-periods 08"],
            "{not}"
        );
    }
}

#[test]
fn notices_count_from_the_instant_exactly_at_the_limit_is_allowed() {
    let notice = Notice { least: Some(60), most: Some(24 * 60) };
    let mut room = Room::new(9).with(Rules { to_book: notice, days_ahead: Some(1), ..Rules::default() });
    room.booked(teacher(), "2026-09-07 08:00/09:00");
    room.booked(teacher(), "2026-09-08 07:00/09:00");
    for (text, code) in [
        ("2026-09-07 07:59/09:00", "booking.too-late 07"),
        ("2026-09-08 07:01/09:00", "booking.too-early 08"),
    ] {
        assert_eq!(codes(&room.books(book(teacher(), text)).unwrap_err()), [code]);
    }
    let refused = room.books(book(teacher(), "2026-09-09 06:00/09:00")).unwrap_err();
    assert_eq!(codes(&refused), ["booking.too-early 09", "booking.too-far-ahead 09"]);
}

#[test]
fn lengths_are_whole_at_both_limits() {
    let mut room = Room::new(9).with(Rules { shortest: Some(30), longest: Some(60), ..Rules::default() });
    room.booked(teacher(), "2026-09-08 08:00/08:30");
    room.booked(teacher(), "2026-09-08 08:00/09:00");
    for (text, code) in [
        ("2026-09-08 08:00/08:29", "booking.too-short 08"),
        ("2026-09-08 08:00/09:01", "booking.too-long 08"),
    ] {
        assert_eq!(codes(&room.books(book(teacher(), text)).unwrap_err()), [code]);
    }
}

#[test]
fn buffers_widen_every_date() {
    let mut room = Room::new(1).with(Rules { buffer: (10, 5), ..Rules::default() });
    room.booked(teacher(), "2026-09-08 09:00/10:00");
    // 5 minutes after the one and 10 before the other.
    let refused = room.books(book(teacher(), "2026-09-08 10:14/11:00")).unwrap_err();
    assert_eq!(codes(&refused), ["booking.slot-taken 08"]);
    room.booked(teacher(), "2026-09-08 10:15/11:00");
    let close = |by| Book {
        passing: vec![Overridable::Buffers],
        reasoned: true,
        ..book(by, "2026-09-08 08:00/09:00")
    };
    assert_eq!(room.books(close(teacher())), Err(Refusal::MayNotOverride));
    room.books(close(deputy())).unwrap();
    let over = Book { wall: wall("2026-09-08 08:30/09:30"), ..close(deputy()) };
    assert_eq!(codes(&room.books(over).unwrap_err()), ["booking.slot-taken 08"], "nobody passes capacity");
}

#[test]
fn moderators_pass_over_rules_with_a_reason_never_capacity_or_closures() {
    let opening = vec![Opening { day: 2, from: time("08:00"), to: time("09:00") }];
    let quota =
        Quota { group: None, limit: Limit { unit: Unit::Bookings, per: Per::Day, most: 0 }, shared: false };
    let rules = Rules { opening, quotas: vec![quota], days_ahead: Some(0), ..Rules::default() };
    let mut room = Room::new(1).with(rules);
    let plain = book(deputy(), "2026-09-10 08:00/09:00");
    let refused = room.books(plain.clone()).unwrap_err();
    let all = ["booking.outside-opening-hours 10", "booking.too-far-ahead 10", "booking.quota-reached 10"];
    assert_eq!(codes(&refused), all);
    let passing = vec![Overridable::Notices, Overridable::OpeningHours, Overridable::Quotas];
    let over = Book { passing, ..plain };
    assert_eq!(room.books(over.clone()), Err(Refusal::ReasonRequired));
    let over = Book { reasoned: true, ..over };
    let booking = room.books(over.clone()).unwrap();
    room.is(booking, Standing::Confirmed);
    assert_eq!(codes(&room.books(over).unwrap_err()), ["booking.slot-taken 10"]);
}

#[test]
fn quotas_are_each_ones_own_in_the_week_of_the_zone() {
    let limit = Limit { unit: Unit::Bookings, per: Per::Week, most: 2 };
    // Réunion: Sunday evening in UTC is Monday there.
    let zone = Zone::parse("Indian/Reunion").unwrap();
    let mut room = Room::in_zone(9, zone)
        .with(Rules { quotas: vec![Quota { group: None, limit, shared: false }], ..Rules::default() });
    let at = |text| Book { wall: wall_in(zone, text), ..book(teacher(), "2026-09-08 08:00/09:00") };
    room.books(at("2026-09-13 23:00/23:30")).unwrap(); // Sunday, 19:00 UTC.
    room.books(at("2026-09-14 01:00/02:00")).unwrap(); // Monday, still Sunday in UTC.
    room.books(at("2026-09-20 23:30/2026-09-21 00:30")).unwrap(); // Counts where it begins.
    assert_eq!(codes(&room.books(at("2026-09-17 08:00/09:00")).unwrap_err()), ["booking.quota-reached 17"]);
    room.books(at("2026-09-13 08:00/09:00")).unwrap();
    assert_eq!(codes(&room.books(at("2026-09-12 08:00/09:00")).unwrap_err()), ["booking.quota-reached 12"]);
    let other = by(COLLEAGUE, Role::PublishingWriter);
    room.books(Book { by: other, owner: other.person, ..at("2026-09-17 08:00/09:00") }).unwrap();
}

#[test]
fn a_quota_of_hours_is_reached_exactly_and_counts_for_its_group() {
    let quota = |group, most| Quota {
        group,
        limit: Limit { unit: Unit::Minutes, per: Per::Month, most },
        shared: false,
    };
    let quotas = vec![quota(None, 600), quota(Some(group(7)), 90)];
    let mut room = Room::new(9).with(Rules { quotas, ..Rules::default() });
    let pupil = |text| Book { groups: vec![group(7)], ..book(by(3, Role::PublishingWriter), text) };
    room.books(pupil("2026-09-08 08:00/09:00")).unwrap();
    let refused = room.books(pupil("2026-09-30 08:00/08:31")).unwrap_err();
    assert_eq!(codes(&refused), ["booking.quota-reached 30"]);
    room.books(pupil("2026-09-30 08:00/08:30")).unwrap();
    room.books(pupil("2026-10-01 08:00/09:30")).unwrap();
    room.booked(teacher(), "2026-09-08 08:00/18:00");
}

#[test]
fn what_was_given_up_no_longer_counts() {
    let quota =
        Quota { group: None, limit: Limit { unit: Unit::Bookings, per: Per::Year, most: 1 }, shared: false };
    let mut room = Room::new(1).with(Rules { quotas: vec![quota], ..Rules::default() });
    let first = room.booked(teacher(), "2026-12-31 08:00/09:00");
    room.booked(teacher(), "2027-01-01 08:00/09:00");
    let again = book(teacher(), "2026-12-30 08:00/09:00");
    assert_eq!(codes(&room.books(again.clone()).unwrap_err()), ["booking.quota-reached 30"]);
    room.does(Command::Cancel(cancel(first, teacher(), Which::AllFuture))).unwrap();
    room.books(again).unwrap();
}

#[test]
fn managers_are_told_once_when_somebody_passes_the_threshold() {
    let limit = Limit { unit: Unit::Bookings, per: Per::Week, most: 2 };
    let mut room = Room::new(9).with(Rules { threshold: Some(limit), ..Rules::default() });
    let mut told = vec![];
    for hour in ["08:00/09:00", "09:00/10:00", "10:00/11:00", "11:00/12:00"] {
        room.made += 1;
        let booking = BookingId::from_u128(room.made);
        let text = format!("2026-09-08 {hour}");
        let happened =
            room.does(Command::Book(Box::new(Book { booking, ..book(teacher(), &text) }))).unwrap();
        told.push(happened.iter().any(|event| matches!(event, Event::ThresholdPassed(_))));
    }
    assert_eq!(told, [false, false, true, false]);
}

#[test]
fn what_is_held_for_a_request_becomes_what_its_role_allows_or_is_given_back() {
    let mut room = Room::new(1);
    let request = Some(crate::BookingRequestId::from_u128(1));
    let held = room.books(Book { request, ..book(writer(), "2026-09-08 08:00/09:00") }).unwrap();
    room.is(held, Standing::Held);
    let refused = room.books(book(teacher(), "2026-09-08 08:00/09:00")).unwrap_err();
    assert_eq!(codes(&refused), ["booking.slot-taken 08"]);
    room.does(Command::Settle { booking: held }).unwrap();
    room.is(held, Standing::Pending);
    room.does(Command::Release { booking: held }).unwrap();
    room.is(held, Standing::Pending);
    let second = room.books(Book { request, ..book(teacher(), "2026-09-08 09:00/10:00") }).unwrap();
    room.does(Command::Release { booking: second }).unwrap();
    room.is(second, Standing::Released);
    assert_eq!(room.does(Command::Settle { booking: second }), Err(Refusal::NotHeld));
    assert_eq!(
        room.does(Command::Settle { booking: BookingId::from_u128(99) }),
        Err(Refusal::UnknownBooking)
    );
    room.booked(teacher(), "2026-09-08 09:00/10:00");
}

#[test]
fn rules_that_cannot_be_kept_are_refused_by_their_field() {
    let mut room = Room::new(1);
    let fields = [
        (
            "opening",
            Rules {
                opening: vec![Opening { day: 8, from: time("08:00"), to: time("09:00") }],
                ..Rules::default()
            },
        ),
        (
            "opening",
            Rules {
                opening: vec![Opening { day: 1, from: time("09:00"), to: time("09:00") }],
                ..Rules::default()
            },
        ),
        ("shortest", Rules { shortest: Some(60), longest: Some(30), ..Rules::default() }),
        ("shortest", Rules { shortest: Some(0), ..Rules::default() }),
        ("toBook", Rules { to_book: Notice { least: Some(2), most: Some(1) }, ..Rules::default() }),
        ("toCancel", Rules { to_cancel: Notice { least: Some(u32::MAX), most: None }, ..Rules::default() }),
        ("buffer", Rules { buffer: (0, 1441), ..Rules::default() }),
    ];
    for (field, rules) in fields {
        assert_eq!(room.does(Command::SetRules(Box::new(rules))), Err(Refusal::RulesUnfit(field)));
    }
}
