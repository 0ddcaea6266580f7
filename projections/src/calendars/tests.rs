use chrono::NaiveDateTime;
use domain::booking::recurrence::Rule;
use domain::booking::role::Role;
use domain::booking::slot::{Slot, Wall};
use domain::booking_request::{self as request, Part};
use domain::clock::Zone;
use domain::resource::{
    Answer, Book, By, Cancel, ChangeBooking, Command, OnClosure, Open, Opening, Rules, Scope, Which,
};
use domain::{ClosureId, DomainId, Label, StructureId};

use super::*;
use crate::snapshot::tests::through;
use crate::testing::{School, instant, person, shut};
use crate::world::World;

const ROOM: ResourceId = ResourceId::from_u128(1);

fn wall(text: &str) -> Wall {
    let (start, end) = text.split_once('/').unwrap();
    let read = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
    let start = read(start);
    let end = read(&format!("{} {end}", start.date()));
    Wall { zone: Zone::PARIS, start, end }
}

fn slot(text: &str) -> Slot {
    wall(text).slot().unwrap()
}

fn by(role: Role) -> By {
    By { person: person(1), role, grant: None }
}

fn booking(number: u128) -> BookingId {
    BookingId::from_u128(number)
}

/// A room of one, or of more, in a log in which texts are shut as they always are.
struct Room {
    school: School,
    state: Resource,
}

impl Room {
    fn new(quantity: u32) -> Self {
        let mut room = Self { school: School::bare(), state: Resource::default() };
        let (domain, structure) = (DomainId::from_u128(1), StructureId::from_u128(1));
        let name = "Salle".to_owned();
        let (periods, closures) = (vec![], vec![]);
        room.does(Command::Open(Open {
            resource: ROOM,
            domain,
            structure,
            zone: Zone::PARIS,
            name,
            quantity,
            periods,
            closures,
        }));
        room
    }

    #[track_caller]
    fn does(&mut self, command: Command) {
        for event in self.state.decide(command).unwrap() {
            self.state = std::mem::take(&mut self.state).evolve(&event);
            let mut event = event;
            shut(&mut event);
            self.school.happened(Owner::Resource(ROOM), event);
        }
    }

    fn book(&mut self, number: u128, role: Role, text: &str, rule: Option<&str>) {
        self.does(Command::Book(Box::new(Book {
            booking: booking(number),
            by: by(role),
            owner: person(1),
            groups: vec![],
            quantity: 1,
            wall: wall(text),
            rule: rule.map(|rule| Rule::parse(rule).unwrap()),
            except: std::collections::BTreeSet::new(),
            skip_conflicts: false,
            purpose: Some("Projet".to_owned()),
            passing: vec![],
            reasoned: false,
            request: None,
            now: instant(),
        })));
    }

    fn calendar(&self) -> &Calendar {
        self.school.world.calendars.get(ROOM).unwrap()
    }
}

/// One of each that a calendar can hold.
fn lived() -> Room {
    let mut room = Room::new(2);
    let now = instant();
    room.book(1, Role::PublishingWriter, "2026-09-08 08:00/09:00", Some("FREQ=WEEKLY;COUNT=4"));
    room.book(2, Role::Writer, "2026-09-08 08:00/09:00", None);
    room.book(3, Role::Writer, "2026-09-09 10:00/12:00", None);
    let answer = |number, reason: Option<&str>| Answer {
        booking: booking(number),
        dates: [].into(),
        by: by(Role::Moderator),
        owner_may: true,
        reason: reason.map(str::to_owned),
        now,
    };
    room.does(Command::Refuse(answer(2, Some("non"))));
    let cancel = Cancel {
        booking: booking(1),
        which: Which::This("2026-09-22".parse().unwrap()),
        by: by(Role::PublishingWriter),
        reason: None,
        passing: vec![],
        now,
    };
    room.does(Command::Cancel(cancel));
    room.does(Command::Close {
        closure: ClosureId::from_u128(1),
        slot: slot("2026-09-15 08:30/12:00"),
        in_the_way: OnClosure::Suspend,
        of_structure: false,
        now,
    });
    let Wall { start, end, .. } = wall("2026-09-29 10:00/11:00");
    room.does(Command::Change(Box::new(ChangeBooking {
        booking: booking(1),
        by: by(Role::Writer),
        scope: Scope::This("2026-09-29".parse().unwrap()),
        start,
        end,
        rule: None,
        quantity: None,
        skip_conflicts: false,
        passing: vec![],
        reasoned: false,
        groups: vec![],
        into: booking(9),
        now,
    })));
    room
}

#[test]
fn what_waits_and_whose_it_is_is_found() {
    let room = lived();
    let calendars = &room.school.world.calendars;
    let waiting: Vec<_> = room.calendar().waiting().map(|(id, _)| id).collect();
    assert_eq!(waiting, [booking(1), booking(3)], "a change that waits, and a booking");
    let own: Vec<_> = calendars.of_owner(person(1)).map(|(id, ..)| id).collect();
    assert_eq!(own, [booking(1), booking(2), booking(3)]);
    assert_eq!(calendars.of_owner(person(2)).count(), 0);
    let told = |number| &room.calendar().told[&booking(number)];
    assert!(told(1).purpose.is_some() && told(1).reason.is_none() && told(2).reason.is_some());
    assert!(calendars.booking(booking(7)).is_none());
}

#[test]
fn what_is_free_is_told_piece_by_piece() {
    let room = lived();
    let pieces = |text| {
        let free = room.calendar().free(slot(text)).into_iter();
        let tell = |free: Free| {
            format!(
                "{} {}{}",
                free.slot.start.format("%H:%M"),
                free.free,
                if free.closed { " closed" } else { "" }
            )
        };
        free.map(tell).collect::<Vec<_>>()
    };
    assert_eq!(pieces("2026-09-08 07:00/10:00"), ["05:00 2", "06:00 1", "07:00 2"]);
    assert_eq!(
        pieces("2026-09-15 08:00/13:00"),
        ["06:00 2", "06:30 0 closed", "10:00 2"],
        "what is suspended holds nothing"
    );
    // Both the old hour and the one that is asked for.
    assert_eq!(pieces("2026-09-29 07:00/12:00"), ["05:00 2", "06:00 1", "07:00 2", "08:00 1", "09:00 2"]);
    let calendar = room.calendar();
    assert!(
        calendar.has_free(slot("2026-09-08 08:00/09:00"), 1)
            && !calendar.has_free(slot("2026-09-08 08:59/09:30"), 2)
    );
    assert!(!calendar.has_free(slot("2026-09-15 11:59/12:30"), 1), "closed");
}

#[test]
fn statistics_tell_what_is_taken_of_what_is_open_and_what_became_of_the_rest() {
    let mut room = lived();
    let day = |text: &str| text.parse::<domain::Date>().unwrap();
    let opening =
        vec![Opening { day: 2, from: "08:00:00".parse().unwrap(), to: "12:00:00".parse().unwrap() }];
    room.does(Command::SetRules(Box::new(Rules { opening, ..Rules::default() })));
    let weeks = room.calendar().occupation(day("2026-09-09"), day("2026-09-22"));
    let mondays: Vec<_> = weeks.iter().map(|week| week.monday.to_string()).collect();
    assert_eq!(mondays, ["2026-09-07", "2026-09-14", "2026-09-21"]);
    let first = &weeks[0];
    assert_eq!((first.taken, first.open), (60, 2 * 240));
    assert_eq!(first.by_owner, [(person(1), 60)]);
    assert_eq!(first.week, Week { asked: 3, refused: 1, withdrawn: 0, cancelled: 0 });
    assert_eq!((weeks[1].taken, weeks[1].open), (0, 2 * 30), "suspended, and closed from 08:30");
    assert_eq!(weeks[2].week, Week { asked: 1, refused: 0, withdrawn: 0, cancelled: 1 });
}

#[test]
fn a_request_is_pending_until_it_is_done() {
    let mut room = lived();
    let id = |number| BookingRequestId::from_u128(number);
    let Wall { zone, start, end } = wall("2026-09-08 08:00/09:00");
    let parts = vec![Part { resource: ROOM, booking: booking(1), quantity: 1 }];
    let mut happened =
        |number, event: request::Event| room.school.happened(Owner::BookingRequest(id(number)), event);
    for number in [1, 2, 3] {
        let (by, owner, parts) = (person(1), person(1), parts.clone());
        let (rule, purpose, passing) = (None, None, vec![]);
        happened(
            number,
            request::Made { request: id(number), by, owner, parts, zone, start, end, rule, purpose, passing }
                .into(),
        );
    }
    happened(1, request::Granted {}.into());
    happened(1, request::Done {}.into());
    happened(
        2,
        request::Refused { part: Some(0), codes: vec![Label::parse("booking.slot-taken").unwrap()] }.into(),
    );
    let calendars = &room.school.world.calendars;
    let pending: Vec<_> = calendars.pending().map(|request| request.id).collect();
    assert_eq!(pending, [id(2), id(3)]);
    assert!(!calendars.is_pending(id(1)) && calendars.request(id(1)).unwrap().state.is_done());
    let dump = calendars.dump();
    assert_eq!(room.school.rebuilt().calendars.dump(), dump);
    assert_eq!(through(&room.school.world).calendars.dump(), dump);
}

#[test]
fn it_comes_back_from_the_log_and_from_a_snapshot() {
    let room = lived();
    let dump = room.school.world.calendars.dump();
    assert_eq!(room.school.rebuilt().calendars.dump(), dump);
    assert_eq!(through(&room.school.world).calendars.dump(), dump);
    assert!(room.school.world.calendars.memory() > 3 * size_of::<domain::resource::Booking>());
}

#[test]
fn dates_whose_instants_are_no_longer_right_are_noticed() {
    let mut room = lived();
    assert!(!room.calendar().is_to_rezone(instant()));
    let slots = vec![("2026-09-09".parse().unwrap(), slot("2026-09-09 09:00/11:00"))];
    room.school.happened(
        Owner::Resource(ROOM),
        domain::resource::Event::from(domain::resource::Rezoned { booking: booking(3), slots }),
    );
    assert!(room.calendar().is_to_rezone(instant()));
    assert!(!room.calendar().is_to_rezone(slot("2026-10-09 09:00/11:00").start), "what is past is left");
}

#[test]
fn what_was_never_opened_or_asked_for_cannot_go_on() {
    let mut room = lived();
    let at = At { owner: Owner::Resource(ResourceId::from_u128(7)), ..room.school.log[0].0 };
    let deleted = Event::from(domain::resource::Event::from(domain::resource::Deleted {}));
    let World { calendars, people, .. } = &mut room.school.world;
    let people = &*people;
    assert!(calendars.apply(at, &deleted, people).is_err());
    assert!(calendars.apply(At { owner: Owner::Other, ..at }, &deleted, people).is_err());
    let done = Event::from(request::Event::from(request::Done {}));
    let owner = Owner::BookingRequest(BookingRequestId::from_u128(7));
    assert!(calendars.apply(At { owner, ..at }, &done, people).is_err());
    assert!(calendars.apply(at, &done, people).is_err());
}

#[test]
fn a_resource_is_unfit_until_it_has_the_periods_and_closures_of_its_structure() {
    use domain::structure::{ClosureLifted, ClosureMade, Period as Given, PeriodsSet};
    let mut room = lived();
    let unfit = |room: &Room| room.school.world.calendars.unfit().count();
    let missing = |room: &Room| room.calendar().misses(&room.school.world.people);
    let clock = |text: &str| text.parse().unwrap();
    let period = Given { name: Label::parse("M1").unwrap(), from: clock("08:00:00"), to: clock("08:55:00") };
    room.school.of_structure(crate::testing::HERE, PeriodsSet { periods: vec![period] });
    assert_eq!(unfit(&room), 1);
    let Some(Missing::Periods(periods)) = missing(&room) else { panic!("{:?}", missing(&room)) };
    room.does(Command::SetPeriods { periods });
    assert_eq!((unfit(&room), missing(&room)), (0, None));
    let closure = ClosureId::from_u128(7);
    let wall = wall("2026-12-21 08:00/18:00");
    let made = ClosureMade {
        closure,
        structure: crate::testing::HERE,
        from: wall.start,
        to: wall.end,
        start: wall.slot().unwrap().start,
        end: wall.slot().unwrap().end,
        what: Sealed::Shut("1:0:202609:bm9t".into()),
        way: domain::structure::OnClosure::Cancel,
    };
    room.school.of_structure(crate::testing::HERE, made);
    assert_eq!(missing(&room), Some(Missing::Closure(closure, wall.slot().unwrap(), OnClosure::Cancel)));
    let slot = wall.slot().unwrap();
    room.does(Command::Close {
        closure,
        slot,
        in_the_way: OnClosure::Cancel,
        of_structure: true,
        now: instant(),
    });
    assert_eq!(unfit(&room), 0);
    room.school.of_structure(crate::testing::HERE, ClosureLifted { closure });
    assert_eq!(missing(&room), Some(Missing::Lifted(closure)));
    assert_eq!(through(&room.school.world).calendars.dump(), room.school.world.calendars.dump());
    room.does(Command::Lift { closure, now: instant() });
    assert_eq!(
        unfit(&room),
        0,
        "what was closed here alone stays closed: {:?}",
        room.calendar().state.closures()
    );
}

#[test]
fn what_happens_is_untold_until_the_message_that_tells_it_is_there_or_a_week_has_passed() {
    use domain::message::{BookingNotice, Event as MessageEvent, Notice, Notified};
    let mut room = lived();
    let untold = |room: &Room| {
        let told = |it: &Untold| {
            let Notice::Booking { what, .. } = it.notice;
            (what, it.whom)
        };
        room.school.world.calendars.untold().map(told).collect::<std::collections::HashSet<_>>()
    };
    let owner = Whom::Owner(person(1));
    let expected = [
        (BookingNotice::ToValidate, Whom::Validators),
        (BookingNotice::Refused, owner),
        (BookingNotice::Cancelled, owner),
        (BookingNotice::Suspended, owner),
        (BookingNotice::ProposalToValidate, Whom::Validators),
    ];
    assert_eq!(untold(&room), expected.into());
    assert_eq!(room.school.world.calendars.untold().count(), 6, "two bookings wait");
    let refused = |it: &&Untold| matches!(it.notice, Notice::Booking { what: BookingNotice::Refused, .. });
    let refused = *room.school.world.calendars.untold().find(refused).unwrap();
    let (message, notice) = (refused.message(), refused.notice);
    let notified = Notified { message, to: vec![person(1)], notice };
    room.school.member(1, domain::group::Profile::Teacher, &[]);
    room.school.happened(Owner::Other, MessageEvent::from(notified));
    assert_eq!(room.school.world.calendars.untold().count(), 5);
    assert_eq!(through(&room.school.world).calendars.dump(), room.school.world.calendars.dump());
    let day = |text: &str| domain::clock::DayBegan { zone: Zone::PARIS, date: text.parse().unwrap() };
    room.school.happened(Owner::Other, domain::clock::Event::from(day("2026-09-08")));
    assert_eq!(room.school.world.calendars.untold().count(), 5);
    room.school.happened(Owner::Other, domain::clock::Event::from(day("2026-09-09")));
    assert_eq!(room.school.world.calendars.untold().count(), 0);
}
