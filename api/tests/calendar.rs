//! What is written as a calendar is read alike by a client library: `icalendar` and `recurring-ical-events`, in Python.
//!
//! They are installed by the test into an environment of its own below `target/`. Where they cannot be (no Python, no
//! way to where packages come from), the test is skipped and says so.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test")]

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use chrono::{NaiveDateTime, TimeDelta};
use domain::booking::recurrence::{Rule, expand};
use domain::booking::slot::{Slot, Wall};
use domain::clock::Zone;
use domain::{Date, Timestamp};
use preau_api::calendar::write::write;
use preau_api::calendar::{Entry, Event, Moved, Status};

mod python;

use python::{python, run};

fn wall(zone: &str, start: &str, minutes: i64) -> Wall {
    let start = NaiveDateTime::parse_from_str(start, "%Y-%m-%dT%H:%M").unwrap();
    Wall { zone: Zone::parse(zone).unwrap(), start, end: start + TimeDelta::minutes(minutes) }
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn once(first: Wall) -> Event {
    Event {
        uid: String::new(),
        sequence: 3,
        first,
        rule: None,
        except: BTreeSet::new(),
        changed: vec![],
        status: Status::Confirmed,
        summary: "Réunion ; salle, étage \\ 2".to_owned(),
        description: "Première ligne\nune deuxième, si longue qu’elle doit être pliée, et même deux fois : 🎈🎈🎈🎈🎈🎈🎈🎈🎈"
            .to_owned(),
        location: "Salle informatique".to_owned(),
    }
}

fn series(zone: &str, start: &str, minutes: i64, rule: &str) -> Event {
    Event { rule: Some(Rule::parse(rule).unwrap()), ..once(wall(zone, start, minutes)) }
}

/// What a client should find: the slots of the rule, with those that were moved where they are now.
fn meant(event: &Event) -> Vec<(Slot, Status)> {
    let Some(rule) = &event.rule else { return vec![(event.first.slot().unwrap(), event.status)] };
    let moved = |date: Date| event.changed.iter().find(|moved| moved.date == date);
    let given = expand(rule, &event.first, &event.except).unwrap().occurrences;
    given
        .iter()
        .map(|at| match moved(at.date) {
            Some(moved) => (moved.wall.slot().unwrap(), moved.status),
            None => (at.slot, event.status),
        })
        .collect()
}

fn feeds() -> Vec<Event> {
    let mut all = vec![
        once(wall("Europe/Paris", "2026-09-07T08:00", 55)),
        once(wall("Europe/Paris", "2026-10-24T22:00", 600)),
        Event {
            status: Status::Tentative,
            ..series("Europe/Paris", "2026-09-07T08:00", 55, "FREQ=WEEKLY;COUNT=30")
        },
        Event {
            status: Status::Cancelled,
            ..series("UTC", "2026-09-07T08:00", 55, "FREQ=DAILY;UNTIL=20260910")
        },
        series("Europe/Paris", "2026-09-06T18:00", 55, "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH,SU;COUNT=12"),
        series("Europe/Paris", "2026-09-08T00:00", 1440, "FREQ=DAILY;INTERVAL=3;UNTIL=20270630"),
        series("Europe/Paris", "2026-09-08T10:00", 90, "FREQ=MONTHLY;BYDAY=2TU;COUNT=12"),
        series("Europe/Paris", "2026-09-25T10:00", 90, "FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20270827"),
        series("Europe/Paris", "2026-09-30T10:00", 90, "FREQ=MONTHLY;BYDAY=5WE;COUNT=5"),
        series("Europe/Paris", "2026-08-31T10:00", 90, "FREQ=MONTHLY;COUNT=7"),
        series("Europe/Paris", "2026-08-31T10:00", 90, "FREQ=MONTHLY;COUNT=7;SKIP=BACKWARD"),
        series("Europe/Paris", "2028-02-29T10:00", 90, "FREQ=YEARLY;COUNT=3"),
        series("Europe/Paris", "2026-05-01T10:00", 90, "FREQ=YEARLY;INTERVAL=2;UNTIL=20360501"),
        // Hours that do not exist, that come twice, and nights in which the clocks change.
        series("Europe/Paris", "2026-03-27T02:30", 20, "FREQ=DAILY;COUNT=5"),
        series("Europe/Paris", "2026-10-23T02:30", 20, "FREQ=DAILY;COUNT=5"),
        series("Europe/Paris", "2026-03-14T20:00", 720, "FREQ=WEEKLY;UNTIL=20261130"),
        // The first is the night of thirteen hours.
        series("Europe/Paris", "2026-10-24T20:00", 720, "FREQ=DAILY;COUNT=4"),
        series("Australia/Lord_Howe", "2026-03-30T22:00", 600, "FREQ=DAILY;COUNT=200"),
    ];
    for zone in [
        "America/Cayenne",
        "America/Guadeloupe",
        "America/Martinique",
        "America/Miquelon",
        "Indian/Mayotte",
        "Indian/Reunion",
        "Pacific/Noumea",
        "Pacific/Tahiti",
        "Pacific/Wallis",
    ] {
        all.push(series(zone, "2026-02-23T07:30", 60, "FREQ=WEEKLY;BYDAY=MO,FR;UNTIL=20261231"));
    }
    let mut changed = series("Europe/Paris", "2026-10-05T08:00", 55, "FREQ=WEEKLY;UNTIL=20261221");
    changed.except = ["2026-10-05", "2026-10-26", "2026-12-21"].map(date).into();
    let moved = |day: &str, to: Wall, status| Moved { date: date(day), wall: to, status };
    changed.changed = vec![
        moved("2026-10-12", wall("Europe/Paris", "2026-10-13T14:00", 110), Status::Confirmed),
        moved("2026-11-02", wall("Europe/Paris", "2026-11-02T08:00", 55), Status::Cancelled),
        moved("2026-11-09", wall("Indian/Reunion", "2026-11-09T08:00", 55), Status::Tentative),
        // Beyond the last of the rule.
        moved("2026-12-14", wall("Europe/Paris", "2027-01-04T08:00", 55), Status::Confirmed),
    ];
    all.push(changed);
    for (index, event) in all.iter_mut().enumerate() {
        event.uid = format!("{index}@preau");
    }
    all
}

#[test]
fn a_client_library_finds_the_same_occurrences() {
    let python = match python() {
        Ok(python) => python,
        Err(reason) => {
            println!("skipped: the client library cannot be installed: {reason}");
            return;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let at: Timestamp = "2026-09-01T07:00:00Z".parse().unwrap();
    let put = |name: &str, events: &[Event]| {
        let entries: Vec<_> =
            events.iter().map(|event| Entry { event: event.clone(), created: at, modified: at }).collect();
        let occurrence = |event: &Event, (slot, status): (Slot, Status)| {
            let status = format!("{status:?}").to_uppercase();
            let [start, end] = [slot.start, slot.end].map(|at| at.format("%Y-%m-%dT%H:%MZ").to_string());
            serde_json::json!([event.uid, start, end, status])
        };
        let meant: Vec<_> = events
            .iter()
            .flat_map(|event| meant(event).into_iter().map(|given| occurrence(event, given)))
            .collect();
        fs::write(folder.path().join(format!("{name}.ics")), write("Salles", &entries).unwrap()).unwrap();
        fs::write(folder.path().join(format!("{name}.json")), serde_json::to_string(&meant).unwrap())
            .unwrap();
        meant.len()
    };
    let events = feeds();
    let alone: usize = events
        .iter()
        .enumerate()
        .map(|(index, event)| put(&format!("f{index}"), std::slice::from_ref(event)))
        .sum();
    let together = put("all", &events);
    assert_eq!(alone, together);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/calendar_client.py");
    let said =
        run(Command::new(python).arg(script).arg(folder.path())).unwrap_or_else(|said| panic!("{said}"));
    println!("{said}");
    // Alone and together, each with zones that are known and that are described.
    assert_eq!(said.trim(), format!("compared {}", 2 * (alone + together)));
}
