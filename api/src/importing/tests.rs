//! A file becomes bookings, once; whatever does not has its line.

use std::path::Path;
use std::sync::Arc;

use domain::actor::Actor;
use domain::booking::role::Role;
use domain::resource::{self, Cancel, Which};
use domain::{DomainId, StructureId, Timestamp};
use eventlog::clock::TestClock;
use eventlog::keys::Ring;
use eventlog::vault::Vault;
use eventlog::{EventLog, MemoryLog};

use super::*;
use crate::texts::{Language, Texts};

const ROOM: ResourceId = ResourceId::from_u128(7);
const ME: PersonId = PersonId::from_u128(11);

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A node with one room, at an instant.
async fn node(now: &str) -> (Node, TestClock) {
    let clock = TestClock::at(instant(now));
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(Arc::new(clock.clone())));
    let vault = Arc::new(Vault::new(Arc::new(Ring::ephemeral().unwrap())));
    let node = Node::start(log, vault, Arc::new(clock.clone()), |_, _| ()).await.unwrap();
    let open = resource::Open {
        resource: ROOM,
        domain: DomainId::from_u128(6),
        structure: StructureId::from_u128(1),
        zone: Zone::PARIS,
        name: "Salle".to_owned(),
        quantity: 1,
        periods: vec![],
        closures: vec![],
    };
    does(&node, Command::Open(open)).await;
    (node, clock)
}

async fn does(node: &Node, command: Command) {
    let order = node.order_as(Actor::Operator, CommandId::from_u128(u128::from(node.log().head().0)));
    let carried = node.execute::<Resource>(&order, &StreamId::resource(ROOM), command).await.unwrap();
    assert_eq!(carried.refusal, None);
}

fn by(role: Role) -> By {
    By { person: ME, role, grant: None }
}

fn import(role: Role) -> Import {
    Import {
        resource: ROOM,
        zone: Zone::PARIS,
        by: by(role),
        owner: ME,
        groups: vec![],
        skip_conflicts: false,
        dry_run: false,
    }
}

async fn carried(node: &Node, import: &Import, file: &str) -> Result<Report, Unfit> {
    let order = node.order_as(Actor::Operator, CommandId::from_u128(9));
    import.carry_out(node, &order.meta, file.to_owned()).await.unwrap()
}

/// The lines of a report: line, UID, and what became of it, by code.
async fn report(node: &Node, import: &Import, file: &str) -> Vec<String> {
    let texts = Texts::load().unwrap();
    let voice = Voice { texts: &texts, language: Language::English, called: &|_| None };
    let line = |line: &Line| {
        let (date, uid) = (line.date.map(|date| format!(" {date}")), line.uid.clone());
        let what = match &line.outcome {
            Outcome::Booked { left_out } if left_out.is_empty() => "booked".to_owned(),
            Outcome::Booked { left_out } => format!("booked but {left_out:?}"),
            Outcome::AlreadyThere => "there".to_owned(),
            _ => {
                let errors = line.errors(&voice);
                assert!(errors.iter().all(|error| error.message.ends_with('.')), "{errors:?}");
                errors.into_iter().map(|error| error.code).collect::<Vec<_>>().join(" ")
            }
        };
        format!("{} {}{}: {what}", line.line, uid.unwrap_or_default(), date.unwrap_or_default())
    };
    carried(node, import, file).await.unwrap().lines.iter().map(line).collect()
}

fn event(uid: &str, start: &str, end: &str, more: &str) -> String {
    format!("BEGIN:VEVENT\nUID:{uid}\nDTSTART{start}\nDTEND{end}\nSUMMARY:Club {uid}\n{more}END:VEVENT\n")
}

fn file(events: &[String]) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\n{}END:VCALENDAR\n", events.concat())
}

fn paris(time: &str) -> String {
    format!(";TZID=Europe/Paris:{time}")
}

fn series(uid: &str, day: &str, rule: &str, more: &str) -> String {
    let more = format!("RRULE:{rule}\n{more}");
    event(uid, &paris(&format!("{day}T080000")), &paris(&format!("{day}T090000")), &more)
}

fn instants(node: &Node) -> Vec<String> {
    node.read(|world| {
        let bookings = world.calendars.get(ROOM).unwrap().state.bookings().values();
        let open = bookings.flat_map(|booking| &booking.dates).filter(|of| of.standing.is_open());
        let mut all: Vec<_> = open.map(|of| of.slot.start.format("%m-%dT%H:%M").to_string()).collect();
        all.sort();
        all
    })
}

#[tokio::test]
async fn each_event_is_booked_once_and_has_its_line() {
    let (node, _) = node("2026-09-01T08:00:00Z").await;
    let taken = event("taken", ":20260916T060000Z", ":20260916T070000Z", "");
    assert_eq!(report(&node, &import(Role::Manager), &file(&[taken])).await, ["3 taken: booked"]);
    let (from, to) = (paris("20260907T080000"), paris("20260907T090000"));
    let moved = |day: &str, status: &str| {
        let more = format!("RECURRENCE-ID;TZID=Europe/Paris:{day}T080000\nSTATUS:{status}\n");
        event("weekly", &paris("20261015T140000"), &paris("20261015T150000"), &more)
    };
    let events = [
        event("one", &from, &to, ""),
        series("weekly", "20260909", "FREQ=WEEKLY;COUNT=8", "EXDATE;TZID=Europe/Paris:20260916T080000\n"),
        moved("20261014", "CONFIRMED"),
        moved("20261021", "CANCELLED"),
        event("past", &paris("20260831T080000"), &paris("20260831T090000"), ""),
        event("off", &from, &to, "STATUS:CANCELLED\n"),
        event("odd", &from, &to, "RDATE:20260908T080000Z\n"),
        event("rival", &from, &paris("20260907T083000"), ""),
        // Weekly by the clock of Greenwich is not weekly by the one of Paris, across the change of October.
        event("utc", ":20261019T060000Z", ":20261019T070000Z", "RRULE:FREQ=WEEKLY;COUNT=3\n"),
        event("utc-short", ":20261005T160000Z", ":20261005T170000Z", "RRULE:FREQ=WEEKLY;COUNT=2\n"),
    ];
    let lines = [
        "3 one: booked",
        "9 weekly: booked",
        "17 weekly 2026-10-14: booked",
        "25 weekly 2026-10-21: calendar.cancelled",
        "33 past: booking.in-the-past",
        "39 off: calendar.cancelled",
        "51 odd: calendar.not-understood",
        "53 rival: booking.slot-taken",
        "59 utc: calendar.other-zone",
        "66 utc-short: booked",
    ];
    let file = file(&events);
    let dry = Import { dry_run: true, ..import(Role::Manager) };
    let before = node.log().head();
    assert_eq!(report(&node, &dry, &file).await, lines, "what would become of it");
    assert_eq!(node.log().head(), before, "nothing was written");
    assert_eq!(report(&node, &import(Role::Manager), &file).await, lines);
    let booked = [
        "09-07T06:00",
        "09-09T06:00",
        "09-16T06:00",
        "09-23T06:00",
        "09-30T06:00",
        "10-05T16:00",
        "10-07T06:00",
        "10-12T16:00",
        "10-15T12:00",
        "10-28T07:00",
    ];
    assert_eq!(instants(&node), booked);
    let again = report(&node, &import(Role::Manager), &file).await;
    assert_eq!(again.iter().filter(|line| line.ends_with(": there")).count(), 4, "{again:?}");
    assert!(!again.iter().any(|line| line.contains("booked")), "{again:?}");
    assert_eq!(instants(&node), booked);
}

#[tokio::test]
async fn what_changed_since_is_told_and_not_touched() {
    let (node, _) = node("2026-09-01T08:00:00Z").await;
    let import = import(Role::PublishingWriter);
    let one = |hour: &str| {
        let (from, to) = (paris(&format!("20260907T{hour}0000")), paris(&format!("20260907T{hour}3000")));
        file(&[event("one", &from, &to, "")])
    };
    assert_eq!(report(&node, &import, &one("08")).await, ["3 one: booked"]);
    assert_eq!(report(&node, &import, &one("10")).await, ["3 one: calendar.there-otherwise"]);
    let weekly = |except: &str| file(&[series("weekly", "20260909", "FREQ=WEEKLY;COUNT=3", except)]);
    assert_eq!(report(&node, &import, &weekly("")).await, ["3 weekly: booked"]);
    let except = "EXDATE;TZID=Europe/Paris:20260916T080000\n";
    assert_eq!(report(&node, &import, &weekly(except)).await, ["3 weekly: calendar.there-otherwise"]);
    let booked: Vec<BookingId> =
        node.read(|world| world.calendars.get(ROOM).unwrap().state.bookings().keys().copied().collect());
    assert_eq!(booked.len(), 2);
    for booking in booked {
        let (which, reason, passing, now) = (Which::AllFuture, None, vec![], node.now());
        let by = by(Role::PublishingWriter);
        does(&node, Command::Cancel(Cancel { booking, which, by, reason, passing, now })).await;
    }
    assert_eq!(report(&node, &import, &one("08")).await, ["3 one: calendar.given-up"]);
    assert_eq!(report(&node, &import, &weekly("")).await, ["3 weekly: calendar.given-up"]);
}

#[tokio::test]
async fn taken_dates_of_a_series_are_left_out_if_that_is_asked_for() {
    let (node, _) = node("2026-09-01T08:00:00Z").await;
    let import = import(Role::Manager);
    report(&node, &import, &file(&[event("x", ":20260916T060000Z", ":20260916T070000Z", "")])).await;
    let weekly = file(&[series("weekly", "20260909", "FREQ=WEEKLY;COUNT=3", "")]);
    assert_eq!(report(&node, &import, &weekly).await, ["3 weekly: booking.slot-taken"]);
    let skipping = Import { skip_conflicts: true, ..import };
    assert_eq!(report(&node, &skipping, &weekly).await, ["3 weekly: booked but [2026-09-16]"]);
    assert_eq!(report(&node, &skipping, &weekly).await, ["3 weekly: there"]);
}

#[tokio::test]
async fn what_is_no_file_or_too_much_is_refused_as_a_whole() {
    let (node, _) = node("2026-09-01T08:00:00Z").await;
    let import = import(Role::Manager);
    let (from, to) = (":20260916T060000Z", ":20260916T070000Z");
    let many: Vec<String> = (0..=MOST).map(|number| event(&number.to_string(), from, to, "")).collect();
    for (text, unfit) in [
        ("https://exemple.fr/agenda.ics".to_owned(), Unfit::AnAddress),
        (" WebCal://exemple.fr/agenda.ics".to_owned(), Unfit::AnAddress),
        ("Bonjour".to_owned(), Unfit::NotACalendar(NotACalendar)),
        (file(&many), Unfit::TooMany),
        (file(&[event(&"x".repeat(LONGEST), from, to, "")]), Unfit::TooLarge),
    ] {
        assert_eq!(carried(&node, &import, &text).await, Err(unfit));
    }
    assert_eq!(instants(&node), Vec::<String>::new());
    let as_many = Import { dry_run: true, ..import };
    assert_eq!(carried(&node, &as_many, &file(&many[1..])).await.unwrap().lines.len(), MOST);
}

#[tokio::test]
async fn who_may_not_book_imports_nothing() {
    assert_eq!(import(Role::Visitor).refused(), Some(Refusal::RoleTooLow));
    assert_eq!(import(Role::Writer).refused(), None);
    let for_other = |role| Import { owner: PersonId::from_u128(12), ..import(role) }.refused();
    assert_eq!(for_other(Role::PublishingWriter), Some(Refusal::RoleTooLow));
    assert_eq!(for_other(Role::Moderator), None);
}

#[tokio::test]
async fn a_file_of_google_is_reported_event_by_event() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/fixtures/booking/ics/google-testcalendar-14-events.ics");
    let Ok(google) = std::fs::read_to_string(&path) else {
        println!("skipped: {} is not there", path.display());
        return;
    };
    let (node, clock) = node("2015-12-01T08:00:00Z").await;
    let lines = report(&node, &import(Role::Manager), &google).await;
    let codes: Vec<&str> = lines.iter().filter_map(|line| Some(line.rsplit_once(": ")?.1)).collect();
    let (booked, taken) = ("booked", "booking.slot-taken");
    // Whole days that overlap, one rule outside of the subset, one year that is too long ago.
    let (endless, old) = ("calendar.not-understood", "booking.year-out-of-range");
    let expected = [
        booked, booked, booked, taken, booked, taken, taken, taken, taken, taken, endless, taken, booked, old,
    ];
    assert_eq!(codes, expected, "{lines:#?}");
    let count = |lines: &[String], what: &str| lines.iter().filter(|line| line.ends_with(what)).count();
    let booked = count(&lines, ": booked");
    let again = report(&node, &import(Role::Manager), &google).await;
    assert_eq!((count(&again, ": there"), count(&again, ": booked")), (booked, 0), "{again:#?}");
    clock.set(instant("2026-09-01T08:00:00Z"));
    let later = report(&node, &import(Role::Manager), &google).await;
    assert_eq!(count(&later, ": there"), booked, "{later:#?}");
}
