use chrono::NaiveDateTime;
use domain::booking::recurrence::Rule;
use domain::booking::role::Role;
use domain::booking::slot::{Slot, Wall};
use domain::booking_request::{self as request, Part};
use domain::clock::Zone;
use domain::group::Profile;
use domain::resource::{
    Answer, Book, By, Cancel, ChangeBooking, Command, OnClosure, Open, Opening, Rules, Scope, Which,
};
use domain::{ClosureId, DomainId, Label, StructureId};

use super::*;
use crate::snapshot::tests::through;
use crate::testing::{CE1, HERE, School, instant, of_class, person, shut};
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
        let rule = rule.map(|rule| Rule::parse(rule).unwrap());
        self.does(Command::Book(Box::new(Book { by: by(role), wall: wall(text), rule, ..one(number) })));
    }

    fn calendar(&self) -> &Calendar {
        self.school.world.calendars.get(ROOM).unwrap()
    }
}

fn one(number: u128) -> Book {
    let wall = wall("2026-09-08 08:00/09:00");
    let once = Book::once(booking(number), by(Role::PublishingWriter), wall, instant());
    Book { owner: person(1), purpose: Some("Projet".to_owned()), ..once }
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
    let all = room.school.world.calendars.by_population(first);
    assert_eq!(all[&Of::Profile(None)], Share { taken: 60, week: first.week }, "whom nobody knows");
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
    room.school.of_structure(HERE, PeriodsSet { periods: vec![period] });
    assert_eq!(unfit(&room), 1);
    let Some(Missing::Periods(periods)) = missing(&room) else { panic!("{:?}", missing(&room)) };
    room.does(Command::SetPeriods { periods });
    assert_eq!((unfit(&room), missing(&room)), (0, None));
    let closure = ClosureId::from_u128(7);
    let wall = wall("2026-12-21 08:00/18:00");
    let made = ClosureMade {
        closure,
        structure: HERE,
        from: wall.start,
        to: wall.end,
        start: wall.slot().unwrap().start,
        end: wall.slot().unwrap().end,
        what: Sealed::Shut("1:0:202609:bm9t".into()),
        way: domain::structure::OnClosure::Cancel,
    };
    room.school.of_structure(HERE, made);
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
    room.school.of_structure(HERE, ClosureLifted { closure });
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

/// A request of two rooms that both hold, and both give back.
#[test]
fn whose_request_is_given_back_is_told_once_and_not_for_each_resource() {
    use domain::message::{BookingNotice, Notice};
    let other = ResourceId::from_u128(2);
    let id = BookingRequestId::from_u128(1);
    let mut room = Room::new(2);
    let opened = room.school.log.iter().find_map(|(_, event)| match event {
        Event::Resource(ResourceEvent::Opened(opened)) => Some(opened.clone()),
        _ => None,
    });
    let opened = domain::resource::Opened { resource: other, ..opened.unwrap() };
    room.school.happened(Owner::Resource(other), ResourceEvent::from(opened));
    let Wall { zone, start, end } = wall("2026-09-08 08:00/09:00");
    let parts: Vec<Part> = [(ROOM, 1), (other, 2)]
        .map(|(resource, number)| Part { resource, booking: booking(number), quantity: 1 })
        .into();
    let (by, owner, rule, purpose, passing) = (person(1), person(1), None, None, vec![]);
    let asked = request::Made { request: id, by, owner, parts, zone, start, end, rule, purpose, passing };
    room.school.happened(Owner::BookingRequest(id), request::Event::from(asked));
    room.does(Command::Book(Box::new(Book { request: Some(id), ..one(1) })));
    let made = room.school.log.iter().rev().find_map(|(_, event)| match event {
        Event::Resource(ResourceEvent::Made(made)) => Some(made.clone()),
        _ => None,
    });
    let made = domain::resource::Made { booking: booking(2), ..made.unwrap() };
    room.school.happened(Owner::Resource(other), ResourceEvent::from(made));
    let released = |room: &Room| {
        let told =
            room.school.world.calendars.untold().filter(|it| {
                matches!(it.notice, Notice::Booking { what: BookingNotice::RequestReleased, .. })
            });
        told.map(|it| it.resource).collect::<Vec<_>>()
    };
    for (resource, number) in [(ROOM, 1), (other, 2)] {
        let given = domain::resource::Released { booking: booking(number) };
        room.school.happened(Owner::Resource(resource), ResourceEvent::from(given));
        assert_eq!(released(&room), [ROOM], "by the first that gives it back");
    }
    let dump = room.school.world.calendars.dump();
    assert_eq!(through(&room.school.world).calendars.dump(), dump);
}

/// What a teacher of a class booked is counted in their profile and in the class, and stays there when they leave it.
#[test]
fn statistics_by_population_tell_what_owners_were_when_they_booked() {
    let mut room = Room::new(2);
    room.school.member(1, Profile::Teacher, &[CE1]);
    room.book(1, Role::PublishingWriter, "2026-09-08 08:00/09:00", None);
    room.school.of_person(person(1), domain::person::ClassLeft { structure: HERE, class: CE1 });
    room.book(2, Role::Writer, "2026-09-08 10:00/12:00", None);
    let now = instant();
    let answer = Answer {
        booking: booking(2),
        dates: [].into(),
        by: by(Role::Moderator),
        owner_may: true,
        reason: Some("non".into()),
        now,
    };
    room.does(Command::Refuse(answer));
    let day = "2026-09-08".parse().unwrap();
    let weeks = room.calendar().occupation(day, day);
    let all = room.school.world.calendars.by_population(&weeks[0]);
    let share = |taken, asked, refused| Share { taken, week: Week { asked, refused, ..Week::default() } };
    let group = room.school.group_no(of_class(CE1, Profile::Teacher));
    assert_eq!(all[&Of::Class(group)], share(60, 1, 0), "not what they booked after");
    assert_eq!(all[&Of::Profile(Some(Profile::Teacher))], share(60, 2, 1));
    assert_eq!(all.len(), 2);
    let dump = room.school.world.calendars.dump();
    assert_eq!(room.school.rebuilt().calendars.dump(), dump);
    assert_eq!(through(&room.school.world).calendars.dump(), dump);
}
