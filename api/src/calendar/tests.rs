use std::path::Path;

use chrono::{NaiveDateTime, TimeDelta};
use domain::booking::recurrence::{Ends, Every, ShortMonths, expand};
use domain::clock::Zone;
use proptest::prelude::*;

use super::read::{NotACalendar, Read, read};
use super::write::write;
use super::*;
use crate::texts::{Language, Texts};

fn wall(zone: &str, start: &str, minutes: i64) -> Wall {
    let start = NaiveDateTime::parse_from_str(start, "%Y-%m-%dT%H:%M").unwrap();
    Wall { zone: Zone::parse(zone).unwrap(), start, end: start + TimeDelta::minutes(minutes) }
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn once(first: Wall) -> Event {
    Event {
        uid: "01K4@preau".to_owned(),
        sequence: 0,
        first,
        rule: None,
        except: BTreeSet::new(),
        changed: vec![],
        status: Status::Confirmed,
        summary: "Salle multi 1".to_owned(),
        description: String::new(),
        location: String::new(),
    }
}

fn series(first: Wall, rule: &str) -> Event {
    Event { rule: Some(Rule::parse(rule).unwrap()), ..once(first) }
}

fn feed(event: Event) -> String {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let entry = Entry { event, created: at("2026-09-01T07:00:00Z"), modified: at("2026-09-02T07:00:00Z") };
    write("Réservations", &[entry]).unwrap()
}

/// Returns the lines of a feed that begin so, unfolded.
fn lines(feed: &str, start: &str) -> Vec<String> {
    let feed = feed.replace("\r\n ", "");
    feed.lines().filter(|line| line.starts_with(start)).map(str::to_owned).collect()
}

fn file(lines: &str) -> Read {
    read(format!("BEGIN:VCALENDAR\n{lines}\nEND:VCALENDAR").as_bytes(), Zone::PARIS).unwrap()
}

/// Reads one event: these lines, and what every event has.
fn one(lines: &str) -> Result<Event, (String, String, usize)> {
    let mut read = file(&format!("BEGIN:VEVENT\nUID:1\n{lines}\nEND:VEVENT"));
    assert_eq!((read.found, read.events.len()), (1, 1), "{lines}");
    read.events.remove(0).map_err(|refused| (refused.code, refused.part, refused.line))
}

#[test]
fn an_event_is_written_as_the_standard_says() {
    let mut event = once(wall("Indian/Reunion", "2026-09-07T08:00", 55));
    event.sequence = 2;
    event.description =
        "Classe de 4e B ; prévoir\nles tablettes, merci de bien vouloir fermer à clé en partant".to_owned();
    let expected = r"BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Preau//Booking//FR
CALSCALE:GREGORIAN
NAME:Réservations
X-WR-CALNAME:Réservations
BEGIN:VTIMEZONE
TZID:Indian/Reunion
X-LIC-LOCATION:Indian/Reunion
BEGIN:STANDARD
DTSTART:20250101T040000
TZOFFSETFROM:+0400
TZOFFSETTO:+0400
TZNAME:+0400
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:01K4@preau
DTSTAMP:20260902T070000Z
CREATED:20260901T070000Z
LAST-MODIFIED:20260902T070000Z
SEQUENCE:2
DTSTART;TZID=Indian/Reunion:20260907T080000
DTEND;TZID=Indian/Reunion:20260907T085500
STATUS:CONFIRMED
SUMMARY:Salle multi 1
DESCRIPTION:Classe de 4e B \; prévoir\nles tablettes\, merci de bien voulo
 ir fermer à clé en partant
END:VEVENT
END:VCALENDAR
";
    assert_eq!(feed(event).replace("\r\n", "\n"), expected);
}

#[test]
fn a_series_is_written_with_its_days_left_out_and_changed() {
    let mut event = series(
        wall("Europe/Paris", "2026-10-12T08:00", 55),
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;UNTIL=20261130",
    );
    event.except.insert(date("2026-10-15"));
    event.changed = vec![
        Moved {
            date: date("2026-10-26"),
            wall: wall("Europe/Paris", "2026-10-27T14:00", 60),
            status: Status::Tentative,
        },
        Moved {
            date: date("2026-10-29"),
            wall: wall("Europe/Paris", "2026-10-29T08:00", 55),
            status: Status::Cancelled,
        },
    ];
    let feed = feed(event);
    // The last is Thursday the 26th, in winter: seven o'clock in UTC.
    assert_eq!(
        lines(&feed, "RRULE:FREQ=WEEKLY"),
        ["RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;UNTIL=20261126T070000Z;WKST=MO"]
    );
    assert_eq!(lines(&feed, "EXDATE"), ["EXDATE;TZID=Europe/Paris:20261015T080000"]);
    let moved =
        ["20261026T080000", "20261029T080000"].map(|at| format!("RECURRENCE-ID;TZID=Europe/Paris:{at}"));
    assert_eq!(lines(&feed, "RECURRENCE-ID"), moved);
    assert_eq!(lines(&feed, "STATUS"), ["STATUS:CONFIRMED", "STATUS:TENTATIVE", "STATUS:CANCELLED"]);
    assert_eq!(lines(&feed, "BEGIN:VTIMEZONE").len(), 1);
}

#[test]
fn an_hour_that_does_not_exist_is_left_out_for_clients_too() {
    let feed = feed(series(wall("Europe/Paris", "2026-03-28T02:30", 30), "FREQ=DAILY;COUNT=3"));
    assert_eq!(lines(&feed, "EXDATE"), ["EXDATE;TZID=Europe/Paris:20260329T023000"]);
    assert_eq!(lines(&feed, "RECURRENCE-ID"), [""; 0]);
}

#[test]
fn a_day_within_which_the_clocks_change_is_told_by_itself() {
    let feed = feed(series(wall("Europe/Paris", "2026-10-17T20:00", 12 * 60), "FREQ=WEEKLY;COUNT=3"));
    assert_eq!(lines(&feed, "RECURRENCE-ID"), ["RECURRENCE-ID;TZID=Europe/Paris:20261024T200000"]);
    assert_eq!(
        lines(&feed, "DTEND;TZID=Europe/Paris:20261025T080000").len(),
        1,
        "on the wall, 13 hours later"
    );
}

#[test]
fn the_last_day_of_short_months_is_told_day_by_day() {
    let first = wall("Europe/Paris", "2027-01-31T08:00", 60);
    let feed = |rule| feed(series(first, rule));
    let clamped = feed("FREQ=MONTHLY;COUNT=3;SKIP=BACKWARD");
    assert_eq!(lines(&clamped, "RDATE;"), ["RDATE;TZID=Europe/Paris:20270228T080000,20270331T080000"]);
    assert_eq!(lines(&clamped, "RRULE"), [""; 0]);
    // Where no month is too short, the rule says it.
    let whole = feed("FREQ=MONTHLY;INTERVAL=2;COUNT=1;SKIP=BACKWARD");
    assert_eq!(lines(&whole, "RRULE"), ["RRULE:FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=31;COUNT=1"]);
}

#[test]
fn what_is_in_utc_needs_no_zone() {
    let feed = feed(series(wall("UTC", "2026-09-07T08:00", 60), "FREQ=DAILY;UNTIL=20260908"));
    assert_eq!(lines(&feed, "DTSTART"), ["DTSTART:20260907T080000Z"]);
    assert_eq!(lines(&feed, "RRULE"), ["RRULE:FREQ=DAILY;UNTIL=20260908T080000Z"]);
    assert!(!feed.contains("VTIMEZONE"));
}

#[test]
fn the_events_of_google_are_all_counted() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/fixtures/booking/ics/google-testcalendar-14-events.ics");
    let Ok(bytes) = std::fs::read(&path) else {
        println!("skipped: {} is missing", path.display());
        return;
    };
    let calendar = read(&bytes, Zone::parse("Europe/Berlin").unwrap()).unwrap();
    assert_eq!((calendar.found, calendar.events.len()), (14, 14));
    let named = |name: &str| {
        let mut events = calendar.events.iter().flatten();
        events.find(|event| event.summary == name).unwrap_or_else(|| panic!("{name} is not there")).clone()
    };
    assert_eq!(named("test 11").first, wall("Europe/Berlin", "2016-01-12T00:00", 4 * 24 * 60));
    assert!(named("test 11").description.contains("No meeting until 3/23."));
    let holidays = named("My Holidays");
    assert_eq!(holidays.first, wall("UTC", "2016-01-05T09:00", 56 * 60 + 30));
    assert_eq!((holidays.location.as_str(), holidays.sequence), ("Kansas", 2));
    assert!(
        holidays.description.contains("Some \"special\" 'signs' may be <interesting>, too."),
        "{}",
        holidays.description
    );
    let refused: Vec<_> = calendar.events.iter().filter_map(|event| event.as_ref().err()).collect();
    let told: Vec<_> = refused.iter().map(|refused| format!("{} {}", refused.line, refused.code)).collect();
    assert_eq!(told, ["171 calendar.not-understood", "207 booking.year-out-of-range"]);
    assert_eq!(refused[0].part, "RRULE:BYDAY=-1SU", "every year, and for ever");
}

#[test]
fn days_are_from_midnight_to_midnight() {
    for (lines, start, days) in [
        ("DTSTART;VALUE=DATE:20160112\nDTEND;VALUE=DATE:20160116", "2016-01-12T00:00", 4),
        ("DTSTART;VALUE=DATE:20160112", "2016-01-12T00:00", 1),
        ("DTSTART;VALUE=DATE:20160112\nDURATION:P1W", "2016-01-12T00:00", 7),
        // The clocks change: still to midnight.
        ("DTSTART;VALUE=DATE:20160327\nDURATION:P1D", "2016-03-27T00:00", 1),
    ] {
        assert_eq!(one(lines).unwrap().first, wall("Europe/Paris", start, days * 24 * 60), "{lines}");
    }
}

#[test]
fn a_zone_is_known_by_its_name_or_by_what_the_file_says_about_it() {
    let zone = "BEGIN:VTIMEZONE\nTZID:Romance Standard Time\nX-LIC-LOCATION:Europe/Paris\nBEGIN:STANDARD\n\
                DTSTART:16010101T000000\nEND:STANDARD\nEND:VTIMEZONE";
    let event = |zone: &str| {
        format!("BEGIN:VEVENT\nUID:1\nDTSTART;TZID={zone}:20260907T080000\nDURATION:PT55M\nEND:VEVENT")
    };
    let described = file(&format!("{}\n{zone}", event("\"Romance Standard Time\"")));
    assert_eq!(described.events[0].as_ref().unwrap().first, wall("Europe/Paris", "2026-09-07T08:00", 55));
    let known = file(&event("Pacific/Noumea"));
    assert_eq!(known.events[0].as_ref().unwrap().first, wall("Pacific/Noumea", "2026-09-07T08:00", 55));
    let unknown = file(&event("Romance Standard Time"));
    let refused = unknown.events[0].as_ref().unwrap_err();
    assert_eq!((refused.code.as_str(), refused.line), ("calendar.unknown-zone", 4));
    let said = refused.sentence(&Texts::load().unwrap(), Language::English);
    assert!(said.starts_with("The time zone “Romance Standard Time” is none"), "{said}");
}

#[test]
fn a_series_is_read_with_its_days() {
    let read = file(
        "BEGIN:VEVENT\nUID:1\nRECURRENCE-ID:20261027T070000Z\nDTSTART:20261028T100000Z\nDTEND:20261028T110000Z\n\
         STATUS:CANCELLED\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:1\nDTSTART;TZID=Europe/Paris:20261013T080000\nDTEND;TZID=Europe/Paris:20261013T085500\n\
         RRULE:FREQ=WEEKLY;WKST=SU;UNTIL=20261103T225959Z\nEXDATE;TZID=Europe/Paris:20261020T080000\n\
         EXDATE:20261027T080000Z\nBEGIN:VALARM\nDURATION:PT5M\nEND:VALARM\nEND:VEVENT",
    );
    assert_eq!((read.found, read.events.len()), (2, 1), "the day is within its series");
    let event = read.events[0].as_ref().unwrap();
    assert_eq!(event.rule.as_ref().unwrap().to_string(), "FREQ=WEEKLY;UNTIL=20261103");
    // The second is an hour off in winter: it names nothing.
    assert_eq!(event.except, BTreeSet::from([date("2026-10-20")]));
    let moved = Moved {
        date: date("2026-10-27"),
        wall: wall("UTC", "2026-10-28T10:00", 60),
        status: Status::Cancelled,
    };
    assert_eq!(event.changed, [moved]);
}

#[test]
fn what_is_within_a_part_of_an_event_is_not_the_events() {
    let event = one("BEGIN:VALARM\nSUMMARY:wake up\nDTEND:20260907T070000Z\nEND:VALARM\nSUMMARY:Conseil\n\
         DTSTART:20260907T080000Z\nDURATION:PT55M");
    let event = event.unwrap();
    assert_eq!((event.summary.as_str(), event.first), ("Conseil", wall("UTC", "2026-09-07T08:00", 55)));
}

#[test]
fn a_day_that_differs_is_one_of_its_series_and_differs_once() {
    let day = |date: &str| {
        format!(
            "BEGIN:VEVENT\nUID:1\nRECURRENCE-ID:{date}T080000Z\nDTSTART:{date}T090000Z\nDURATION:PT5M\nEND:VEVENT\n"
        )
    };
    let series = "BEGIN:VEVENT\nUID:1\nDTSTART:20260907T080000Z\nDURATION:PT5M\nRRULE:FREQ=WEEKLY;COUNT=2\nEND:VEVENT\n";
    let read = file(&format!("{series}{}{}{}", day("20260914"), day("20260915"), day("20260914")));
    assert_eq!(read.found, 4);
    let days: Vec<_> = read.events[0].as_ref().unwrap().changed.iter().map(|moved| moved.date).collect();
    assert_eq!(days, [date("2026-09-14")]);
    let told = read.events[1..].iter().map(|event| event.as_ref().unwrap_err());
    let told: Vec<_> =
        told.map(|refused| (refused.code.as_str(), refused.part.as_str(), refused.line)).collect();
    let alone = "calendar.no-series";
    assert_eq!(
        told,
        [(alone, "RECURRENCE-ID:20260915T080000Z", 16), (alone, "RECURRENCE-ID:20260914T080000Z", 22)]
    );
}

#[test]
fn what_cannot_be_taken_over_is_reported_by_line_and_name() {
    let start = "DTSTART:20260907T080000Z\nDTEND:20260907T090000Z";
    let with = |line: &str| format!("{start}\n{line}");
    for (lines, code, part, line) in [
        (with("RDATE:20260908T080000Z"), "calendar.not-understood", "RDATE", 6),
        (with("EXRULE:FREQ=DAILY;COUNT=2"), "calendar.not-understood", "EXRULE", 6),
        (with("RRULE:FREQ=HOURLY;COUNT=2"), "calendar.not-understood", "RRULE:FREQ=HOURLY", 6),
        (with("RRULE:FREQ=DAILY"), "booking.series-without-end", "RRULE:FREQ=DAILY", 6),
        (with("RRULE:FREQ=DAILY;UNTIL=2026"), "calendar.not-a-time", "RRULE:FREQ=DAILY;UNTIL=2026", 6),
        (with("RRULE:FREQ=DAILY;COUNT=999"), "booking.series-too-long", "RRULE:FREQ=DAILY;COUNT=999", 6),
        (
            with("RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=2"),
            "booking.first-not-in-series",
            "RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=2",
            6,
        ),
        (
            with("RRULE:FREQ=DAILY;COUNT=2\nRRULE:FREQ=WEEKLY;COUNT=2"),
            "calendar.not-understood",
            "RRULE:FREQ=WEEKLY;COUNT=2",
            7,
        ),
        (with("RRULE:FREQ=DAILY;COUNT=2\nEXDATE:2026"), "calendar.not-a-time", "EXDATE:2026", 7),
        (with("STATUS:PERHAPS"), "calendar.not-understood", "STATUS:PERHAPS", 6),
        (with("RECURRENCE-ID:20260907T080000Z"), "calendar.no-series", "RECURRENCE-ID:20260907T080000Z", 6),
        ("DTEND:20260907T090000Z".to_owned(), "calendar.not-a-time", "DTSTART", 2),
        ("DTSTART:20260907T080000Z".to_owned(), "booking.no-length", "DTSTART:20260907T080000Z", 4),
        ("DTSTART:20260231".to_owned(), "calendar.not-a-time", "DTSTART:20260231", 4),
        (
            "DTSTART:20260907T080000Z\nDTEND:20260907T080000Z".to_owned(),
            "booking.no-length",
            "DTEND:20260907T080000Z",
            5,
        ),
        ("DTSTART:20260907T080000Z\nDURATION:-PT5M".to_owned(), "calendar.not-a-time", "DURATION:-PT5M", 5),
        (
            "DTSTART:20260907T080030Z\nDURATION:PT5M".to_owned(),
            "booking.whole-minutes",
            "DTSTART:20260907T080030Z",
            4,
        ),
        (
            "DTSTART:19410512T080000Z\nDURATION:PT5M".to_owned(),
            "booking.year-out-of-range",
            "DTSTART:19410512T080000Z",
            4,
        ),
        (
            "DTSTART:20260329T023000\nDURATION:P1D".to_owned(),
            "booking.no-such-hour",
            "DTSTART:20260329T023000",
            4,
        ),
        // It ends when the clock shows half past two for the second time: no wall time says that.
        (
            "DTSTART;TZID=Europe/Paris:20261025T010000\nDTEND:20261025T013000Z".to_owned(),
            "calendar.not-a-time",
            "DTEND:20261025T013000Z",
            5,
        ),
        (
            "DTSTART;TZID=Europe/Paris:20261025T010000\nDURATION:PT2H30M".to_owned(),
            "calendar.not-a-time",
            "DURATION:PT2H30M",
            5,
        ),
    ] {
        assert_eq!(one(&lines), Err((code.to_owned(), part.to_owned(), line)), "{lines}");
    }
}

#[test]
fn events_that_are_no_whole_ones_are_reported() {
    let codes = |read: &Read| -> Vec<_> {
        let refused = read.events.iter().filter_map(|event| event.as_ref().err());
        refused.map(|refused| (refused.line, refused.code.clone(), refused.uid.clone())).collect()
    };
    let whole = "BEGIN:VEVENT\nUID:1\nDTSTART:20260907T080000Z\nDURATION:PT5M\nEND:VEVENT";
    let uid = Some("1".to_owned());
    let twice = file(&format!("{whole}\n{whole}"));
    assert_eq!((twice.found, codes(&twice)), (2, vec![(7, "calendar.twice".to_owned(), uid.clone())]));
    let unended = file(&format!("BEGIN:VEVENT\nUID:1\n{whole}\nBEGIN:VEVENT"));
    let ended = "calendar.not-ended".to_owned();
    assert_eq!((unended.found, codes(&unended)), (3, vec![(2, ended.clone(), uid), (9, ended, None)]));
    let unnamed = file("BEGIN:VEVENT\nDTSTART:20260907T080000Z\nDURATION:PT5M\nEND:VEVENT");
    assert_eq!(codes(&unnamed), [(2, "calendar.no-uid".to_owned(), None)]);
    assert_eq!(file("BEGIN:VTODO\nUID:1\nEND:VTODO").found, 0, "what is to be done is no event");
    for bytes in ["", "no calendar", "BEGIN:VEVENT\nEND:VEVENT", "PK\u{3}\u{4}"] {
        assert_eq!(read(bytes.as_bytes(), Zone::PARIS), Err(NotACalendar), "{bytes}");
    }
}

#[test]
fn every_code_of_a_report_is_said_with_its_part() {
    let texts = Texts::load().unwrap();
    for code in ["not-ended", "no-uid", "twice", "no-series", "not-a-time", "unknown-zone", "not-understood"]
    {
        for language in [Language::French, Language::English] {
            assert!(texts.has(language, &format!("calendar.{code}")), "{code}");
        }
    }
    assert!(texts.has(Language::French, &NotACalendar.to_string()));
    let refused = |code: &str| super::read::Refused {
        line: 1,
        uid: None,
        code: code.to_owned(),
        part: "RDATE".to_owned(),
    };
    assert!(refused("calendar.not-understood").sentence(&texts, Language::French).contains(" : RDATE."));
    let said = refused("booking.no-such-hour").sentence(&texts, Language::French);
    assert!(said.starts_with("Cette heure n’existe pas"), "{said}");
}

fn any_event() -> impl Strategy<Value = Event> {
    let zone =
        prop_oneof![Just("Europe/Paris"), Just("America/Miquelon"), Just("Pacific/Tahiti"), Just("UTC")];
    let every = prop_oneof![
        Just(Every::Day),
        Just(Every::Week(vec![])),
        Just(Every::Month(None)),
        Just(Every::Year(None)),
    ];
    let ends = prop_oneof![
        (1_u16..9).prop_map(Ends::Count),
        (0_i64..60).prop_map(|days| { Ends::Until(date("2026-12-01") + TimeDelta::days(days)) })
    ];
    let status = prop_oneof![Just(Status::Tentative), Just(Status::Confirmed), Just(Status::Cancelled)];
    let text = "[a-z;,:\\\\\"\n éà🎈]{0,90}";
    (
        zone,
        0_i64..300,
        0_i64..1440,
        1_i64..1440,
        every,
        1_u8..4,
        ends,
        status,
        text,
        proptest::collection::btree_set(0_usize..9, 0..3),
    )
        .prop_map(|(zone, day, minute, minutes, every, interval, ends, status, text, left_out)| {
            let mut first = wall(zone, "2026-01-31T00:00", minutes);
            first.start += TimeDelta::days(day) + TimeDelta::minutes(minute);
            first.end += TimeDelta::days(day) + TimeDelta::minutes(minute);
            let rule = Rule::new(every, interval, ends, ShortMonths::Skip).unwrap();
            let days = rule.dates(first.start.date()).unwrap_or_default();
            let except = left_out.iter().filter_map(|index| days.get(*index).copied()).collect();
            let sequence = u32::from(interval);
            Event {
                rule: Some(rule),
                except,
                status,
                description: text.clone(),
                summary: text,
                sequence,
                ..once(first)
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_is_read_again_alike(event in any_event()) {
        let Some(rule) = event.rule.clone() else { return Ok(()) };
        let Ok(ours) = expand(&rule, &event.first, &event.except) else { return Ok(()) };
        let read = read(feed(event.clone()).as_bytes(), Zone::PARIS).unwrap();
        let read = read.events[0].clone().unwrap();
        let theirs = expand(read.rule.as_ref().unwrap(), &read.first, &read.except).unwrap();
        prop_assert_eq!(theirs.occurrences, ours.occurrences);
        // Days told by themselves say what the rule says.
        for moved in &read.changed {
            let on = domain::booking::recurrence::on(&event.first, moved.date);
            prop_assert_eq!((moved.wall, moved.status), (on, event.status));
        }
        let texts = |event: &Event| (event.summary.clone(), event.description.clone(), event.status, event.sequence);
        prop_assert_eq!(texts(&read), texts(&event));
        prop_assert_eq!(read.first, event.first);
    }

    #[test]
    fn no_bytes_break_the_reader(
        event in any_event(), edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..4), 1..12)
    ) {
        let mut bytes = feed(event).into_bytes();
        for (at, byte, how) in edits {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                // A figure where one may be: dates far away, long series.
                _ => bytes[at] = b'0' + byte % 10,
            }
        }
        if let Ok(read) = read(&bytes, Zone::PARIS) {
            prop_assert!(read.events.len() <= read.found);
            for refused in read.events.iter().filter_map(|event| event.as_ref().err()) {
                prop_assert!(refused.line >= 1 && refused.line <= bytes.len());
            }
        }
    }
}
