//! A feed: the text of a calendar (RFC 5545, RFC 7986).
//!
//! Invariants: every occurrence a client works out of it has the instants ours has, also where the clocks change
//! within it, where an hour does not exist, and where a short month takes its last day.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDateTime};
use domain::booking::recurrence::{Ends, Every, Refusal, Rule, ShortMonths, on};
use domain::booking::slot::{Slot, Wall};
use domain::clock::Zone;
use domain::{Date, Timestamp};

use super::line::{put, put_text};
use super::zone::put_zone;
use super::{Entry, Moved, Status};

/// Who wrote the file, as the standard wants it told.
const PRODUCT: &str = "-//Preau//Booking//FR";

/// Writes a calendar of this name.
///
/// A rule was expanded when it was decided, so that it is refused only if the counting of days has changed since.
pub fn write(name: &str, entries: &[Entry]) -> Result<String, Refusal> {
    let mut out = String::new();
    put(&mut out, "BEGIN:VCALENDAR");
    put(&mut out, "VERSION:2.0");
    put(&mut out, &format!("PRODID:{PRODUCT}"));
    put(&mut out, "CALSCALE:GREGORIAN");
    put_text(&mut out, "NAME", name);
    put_text(&mut out, "X-WR-CALNAME", name);
    let mut body = String::new();
    let mut used = vec![];
    for entry in entries {
        put_entry(&mut body, entry, &mut used)?;
    }
    put_zones(&mut out, &used);
    out.push_str(&body);
    put(&mut out, "END:VCALENDAR");
    Ok(out)
}

/// Writes each zone once, for all years in which something is.
fn put_zones(out: &mut String, used: &[Wall]) {
    let names: BTreeSet<_> = used.iter().map(|wall| wall.zone.name()).collect();
    for name in names {
        let walls = || used.iter().filter(|wall| wall.zone.name() == name && wall.zone != UTC);
        let (first, last) = (walls().map(|wall| wall.start).min(), walls().map(|wall| wall.end).max());
        if let (Some(wall), Some(first), Some(last)) = (walls().next(), first, last) {
            put_zone(out, wall.zone, first.year()..=last.year());
        }
    }
}

/// The zone whose times need no description.
const UTC: Zone = Zone(chrono_tz::UTC);

/// Returns what stands behind the name of a property that holds times: the zone, and the times.
fn times(zone: Zone, times: &[NaiveDateTime]) -> String {
    let end = if zone == UTC { "Z" } else { "" };
    let times: Vec<_> = times.iter().map(|time| format!("{}{end}", time.format("%Y%m%dT%H%M%S"))).collect();
    let parameter = if zone == UTC { String::new() } else { format!(";TZID={}", zone.name()) };
    format!("{parameter}:{}", times.join(","))
}

fn utc(at: Timestamp) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// What is the same in a series and in a day of it that differs.
fn put_one(out: &mut String, entry: &Entry, wall: &Wall, status: Status, when: &[String]) {
    let event = &entry.event;
    put(out, "BEGIN:VEVENT");
    put_text(out, "UID", &event.uid);
    put(out, &format!("DTSTAMP:{}", utc(entry.modified)));
    put(out, &format!("CREATED:{}", utc(entry.created)));
    put(out, &format!("LAST-MODIFIED:{}", utc(entry.modified)));
    put(out, &format!("SEQUENCE:{}", event.sequence));
    put(out, &format!("DTSTART{}", times(wall.zone, &[wall.start])));
    put(out, &format!("DTEND{}", times(wall.zone, &[wall.end])));
    for line in when {
        put(out, line);
    }
    put(out, &format!("STATUS:{}", status.name()));
    put_text(out, "SUMMARY", &event.summary);
    put_text(out, "DESCRIPTION", &event.description);
    put_text(out, "LOCATION", &event.location);
    put(out, "END:VEVENT");
}

fn put_entry(out: &mut String, entry: &Entry, used: &mut Vec<Wall>) -> Result<(), Refusal> {
    let event = &entry.event;
    used.push(event.first);
    let Some(rule) = &event.rule else {
        put_one(out, entry, &event.first, event.status, &[]);
        return Ok(());
    };
    let series = Series::of(entry, rule)?;
    used.extend(series.dates.last().map(|last| on(&event.first, *last)));
    put_one(out, entry, &event.first, event.status, &series.lines());
    for moved in series.overrides() {
        used.push(moved.wall);
        let zone = event.first.zone;
        let given = times(zone, &[on(&event.first, moved.date).start]);
        put_one(out, entry, &moved.wall, moved.status, &[format!("RECURRENCE-ID{given}")]);
    }
    Ok(())
}

/// A series, looked at day by day.
struct Series<'a> {
    entry: &'a Entry,
    rule: Rule,
    /// The days the rule gives.
    dates: Vec<Date>,
    /// The slots of those that have one.
    slots: Vec<(Date, Slot)>,
}

impl<'a> Series<'a> {
    fn of(entry: &'a Entry, rule: &Rule) -> Result<Self, Refusal> {
        let first = &entry.event.first;
        let dates = rule.dates(first.start.date())?;
        let slots = dates.iter().filter_map(|date| Some((*date, on(first, *date).slot().ok()?))).collect();
        Ok(Self { entry, rule: rule.pinned(first.start.date()), dates, slots })
    }

    fn has_slot(&self, date: Date) -> bool {
        self.slots.binary_search_by_key(&date, |(date, _)| *date).is_ok()
    }

    fn changed(&self, date: Date) -> bool {
        self.entry.event.changed.iter().any(|moved| moved.date == date)
    }

    /// Returns what says when it comes again.
    fn lines(&self) -> Vec<String> {
        let first = &self.entry.event.first;
        let starts = |dates: &[Date]| -> Vec<_> { dates.iter().map(|date| on(first, *date).start).collect() };
        let mut lines = vec![self.again().unwrap_or_else(|| {
            // Nothing that clients know says this: day by day.
            format!("RDATE{}", times(first.zone, &starts(self.dates.get(1..).unwrap_or_default())))
        })];
        // An hour that does not exist is no occurrence here; for the standard it is one, an hour later.
        let left_out: Vec<_> = self
            .dates
            .iter()
            .filter(|date| {
                self.entry.event.except.contains(date) || !(self.has_slot(**date) || self.changed(**date))
            })
            .copied()
            .collect();
        if !left_out.is_empty() {
            lines.push(format!("EXDATE{}", times(first.zone, &starts(&left_out))));
        }
        lines
    }

    /// Returns the RRULE, if there is one that clients know: they leave out short months.
    fn again(&self) -> Option<String> {
        let rule =
            Rule::new(self.rule.every().clone(), self.rule.interval(), self.rule.ends(), ShortMonths::Skip);
        let rule = rule.ok().filter(|rule| rule.dates(self.dates[0]).as_ref() == Ok(&self.dates))?;
        let week = if matches!(rule.every(), Every::Week(_)) { ";WKST=MO" } else { "" };
        let text = rule.to_string();
        let text = match rule.ends() {
            Ends::Count(_) => text,
            // With a zone at the start, the end is an instant: the last start.
            Ends::Until(_) => {
                let (_, last) = self.slots.last()?;
                format!("{};UNTIL={}", text.rsplit_once(";UNTIL=")?.0, utc(last.start))
            }
        };
        Some(format!("RRULE:{text}{week}"))
    }

    /// Returns the days that must be told by themselves: those that were changed, and those that take longer or less
    /// long than the first because the clocks change. By the standard each has the exact length of the first
    /// (RFC 5545, 3.8.5.3); here it has the same hours on the wall.
    fn overrides(&self) -> Vec<Moved> {
        let event = &self.entry.event;
        let length = event.first.slot().ok().map(Slot::minutes);
        let uneven = self.slots.iter().filter(|(date, slot)| {
            Some(slot.minutes()) != length && !self.changed(*date) && !event.except.contains(date)
        });
        let uneven = uneven.map(|(date, _)| Moved {
            date: *date,
            wall: on(&event.first, *date),
            status: event.status,
        });
        let changed = event.changed.iter().filter(|moved| !event.except.contains(&moved.date)).cloned();
        let mut all: Vec<_> = changed.chain(uneven).collect();
        all.sort_by_key(|moved| moved.date);
        all
    }
}
