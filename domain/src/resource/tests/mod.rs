//! A room that lives: every command is tried twice, and after every event nothing is over capacity.

mod answers;
mod booking;
mod changes;
mod conflicts;
mod fits;
mod packed;
mod property;
mod series;
mod shared;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::*;
use crate::booking::recurrence::Rule as Recurrence;
use crate::booking::slot::Wall;
use crate::id::GroupId;

/// Monday 2026-09-07, 07:00 in Paris: the instant of all commands unless a test says another.
const NOW: &str = "2026-09-07T05:00:00Z";
const TEACHER: u128 = 1;
const COLLEAGUE: u128 = 2;
const DEPUTY: u128 = 9;

struct Room {
    state: Resource,
    now: Timestamp,
    made: u128,
}

fn by(person: u128, role: Role) -> By {
    By { person: PersonId::from_u128(person), role, grant: Some(GrantId::from_u128(person)) }
}

fn teacher() -> By {
    by(TEACHER, Role::PublishingWriter)
}

fn writer() -> By {
    by(TEACHER, Role::Writer)
}

fn deputy() -> By {
    by(DEPUTY, Role::Moderator)
}

/// Reads `2026-09-07 09:00/10:00`; the end may name another day: `2026-09-07 22:00/2026-09-08 02:00`.
fn wall_in(zone: Zone, text: &str) -> Wall {
    let (start, end) = text.split_once('/').unwrap();
    let read = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
    let start = read(start);
    let end = if end.len() > 5 { read(end) } else { start.date().and_time(time(end)) };
    Wall { zone, start, end }
}

fn wall(text: &str) -> Wall {
    wall_in(Zone::PARIS, text)
}

fn time(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn every(rule: &str) -> Recurrence {
    Recurrence::parse(rule).unwrap()
}

fn book(by: By, text: &str) -> Book {
    Book::once(BookingId::from_u128(0), by, wall(text), NOW.parse().unwrap())
}

fn change(booking: BookingId, by: By, scope: Scope, text: &str) -> ChangeBooking {
    let Wall { start, end, .. } = wall(text);
    ChangeBooking {
        booking,
        by,
        scope,
        start,
        end,
        rule: None,
        quantity: None,
        skip_conflicts: false,
        passing: vec![],
        reasoned: false,
        groups: vec![],
        into: BookingId::from_u128(0),
        now: NOW.parse().unwrap(),
    }
}

fn answer(booking: BookingId) -> Answer {
    let (by, now) = (deputy(), NOW.parse().unwrap());
    Answer { booking, dates: [].into(), by, owner_may: true, reason: Some("non".to_owned()), now }
}

fn cancel(booking: BookingId, by: By, which: Which) -> Cancel {
    let (passing, now) = (vec![], NOW.parse().unwrap());
    Cancel { booking, which, by, reason: Some("malade".to_owned()), passing, now }
}

impl Room {
    fn new(quantity: u32) -> Self {
        Self::in_zone(quantity, Zone::PARIS)
    }

    fn in_zone(quantity: u32, zone: Zone) -> Self {
        let mut room = Self { state: Resource::default(), now: NOW.parse().unwrap(), made: 0 };
        let open = Open {
            resource: ResourceId::from_u128(1),
            domain: DomainId::from_u128(1),
            structure: StructureId::from_u128(1),
            zone,
            name: "Salle multimédia".to_owned(),
            quantity,
            periods: vec![],
            closures: vec![],
        };
        room.does(Command::Open(open)).unwrap();
        room
    }

    fn with(mut self, rules: Rules) -> Self {
        self.does(Command::SetRules(Box::new(rules))).unwrap();
        self
    }

    #[track_caller]
    fn does(&mut self, command: Command) -> Result<Vec<Event>, Refusal> {
        let before = self.state.clone();
        let happened = self.state.decide(command.clone())?;
        for event in &happened {
            self.state = std::mem::take(&mut self.state).evolve(event);
        }
        self.is_sound();
        // A command that is repeated does nothing more, but for texts, of which nobody knows what they were.
        if !matches!(command, Command::Rename { .. } | Command::Describe { .. }) {
            let again = self.state.decide(command.clone());
            let nothing_waits = matches!(command, Command::Refuse(_)) && again == Err(Refusal::NothingWaits);
            assert!(again == Ok(vec![]) || nothing_waits, "{again:?} again after {before:?}");
        }
        Ok(happened)
    }

    #[track_caller]
    fn is_sound(&self) {
        let everything =
            Slot { start: Timestamp::UNIX_EPOCH, end: Timestamp::UNIX_EPOCH + TimeDelta::days(90_000) };
        let peak = self.state.level().peak(everything);
        assert!(peak <= self.state.quantity(), "{peak} of {} are held", self.state.quantity());
        let packed = self.state.packed().unwrap();
        assert_eq!(Resource::unpacked(&packed).as_ref(), Some(&self.state), "what is read again is what was");
    }

    #[track_caller]
    fn books(&mut self, book: Book) -> Result<BookingId, Refusal> {
        self.made += 1;
        let booking = BookingId::from_u128(self.made);
        let now = self.now;
        self.does(Command::Book(Box::new(Book { booking, now, ..book }))).map(|_| booking)
    }

    #[track_caller]
    fn booked(&mut self, by: By, text: &str) -> BookingId {
        self.books(book(by, text)).unwrap()
    }

    #[track_caller]
    fn changes(&mut self, change: ChangeBooking) -> Result<BookingId, Refusal> {
        self.made += 1;
        let into = BookingId::from_u128(self.made);
        self.does(Command::Change(Box::new(ChangeBooking { into, ..change }))).map(|_| into)
    }

    fn standing(&self, booking: BookingId) -> Vec<Standing> {
        self.state.booking(booking).unwrap().dates.iter().map(|of| of.standing).collect()
    }

    #[track_caller]
    fn is(&self, booking: BookingId, standing: Standing) {
        let all = self.standing(booking);
        assert!(all.iter().all(|of| *of == standing), "{all:?}");
    }
}

/// The codes of what is broken, with the day of the month where one date is meant.
fn codes(refusal: &Refusal) -> Vec<String> {
    match refusal {
        Refusal::Broken(broken) => {
            let one = |broken: &Broken| match broken.date {
                Some(date) => format!("{} {}", broken.rule, date.format("%d")),
                None => broken.rule.to_string(),
            };
            broken.iter().map(one).collect()
        }
        other => vec![other.to_string()],
    }
}

fn group(number: u128) -> GroupId {
    GroupId::from_u128(number)
}
