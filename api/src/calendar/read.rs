//! A file that somebody imports: every event in it is understood or reported (RFC 5545).
//!
//! Invariants: nothing in a file makes this panic; an event is never half understood. Whoever is invited, alarms and
//! what only one program knows is left out; whatever says *when* and is not known here refuses the event by name.

mod when;

use std::collections::{BTreeMap, BTreeSet};

use domain::Date;
use domain::booking::recurrence::{Refusal, Rule, expand};
use domain::booking::slot::Wall;
use domain::clock::Zone;

use super::line::{self, Property, unescape};
use super::{Event, Moved, Status};
use crate::texts::{Language, Texts};
use when::Zones;

/// What a file holds.
#[derive(Debug, PartialEq)]
pub struct Read {
    /// How many events are in it. A day of a series that differs is one of them.
    pub found: usize,
    /// The events, in the order of the file: days that differ are within their series.
    pub events: Vec<Result<Event, Refused>>,
    /// Where each event begins that was understood, by what it is known by; a day that differs also by its day.
    pub lines: BTreeMap<(String, Option<Date>), usize>,
}

/// An event that is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The line of the file, from 1.
    pub line: usize,
    /// What the event is known by, if it says so.
    pub uid: Option<String>,
    /// The stable code of the reason.
    pub code: String,
    /// What in the file it is about: `RDATE`, `DTSTART:20260231`.
    pub part: String,
}

/// The file holds no calendar at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("calendar.not-a-calendar")]
pub struct NotACalendar;

impl Refused {
    /// Returns what is said about it.
    pub fn sentence(&self, texts: &Texts, language: Language) -> String {
        texts.say(language, &self.code, &[("part", self.part.as_str().into())])
    }
}

/// Why an event is not taken, and where that stands in the file.
struct Broken {
    line: usize,
    code: String,
    part: String,
}

impl Broken {
    fn at(property: &Property, code: &str) -> Self {
        let part = format!("{}:{}", property.name, property.value);
        Self::new(property.line, code, &part)
    }

    fn new(line: usize, code: &str, part: &str) -> Self {
        Self { line, code: code.to_owned(), part: part.chars().take(100).collect() }
    }

    /// A rule of booking refused it: its code says why.
    fn refused(property: &Property, refusal: &impl std::fmt::Display) -> Self {
        Self::at(property, &refusal.to_string())
    }
}

/// An event, as its lines.
struct Lines {
    line: usize,
    properties: Vec<Property>,
    ended: bool,
}

/// What one event is.
enum Part {
    Whole(Event),
    /// A day of a series, which is elsewhere in the file.
    Day {
        uid: String,
        recurrence: Property,
        wall: Wall,
        status: Status,
    },
}

/// Reads a file. Times without a zone, and days, are those of `zone`.
pub fn read(bytes: &[u8], zone: Zone) -> Result<Read, NotACalendar> {
    let (lines, zones) = components(line::read(bytes), zone)?;
    let found = lines.len();
    let mut events: BTreeMap<usize, Result<Event, Refused>> = BTreeMap::new();
    let mut lines_by_uid: BTreeMap<String, usize> = BTreeMap::new();
    let (mut days, mut places) = (vec![], BTreeMap::new());
    for event in &lines {
        let refuse = |broken| Err(refused(event, broken));
        match part(event, &zones) {
            Err(broken) => {
                events.insert(event.line, refuse(broken));
            }
            Ok(Part::Day { uid, recurrence, wall, status }) => {
                days.push((event, uid, recurrence, wall, status));
            }
            Ok(Part::Whole(whole)) if lines_by_uid.contains_key(&whole.uid) => {
                let broken = Broken::new(event.line, "calendar.twice", &whole.uid);
                events.insert(event.line, refuse(broken));
            }
            Ok(Part::Whole(whole)) => {
                lines_by_uid.insert(whole.uid.clone(), event.line);
                places.insert((whole.uid.clone(), None), event.line);
                events.insert(event.line, Ok(whole));
            }
        }
    }
    for (event, uid, recurrence, wall, status) in days {
        let series = lines_by_uid.get(&uid).and_then(|line| events.get_mut(line)?.as_mut().ok());
        match join(series, &recurrence, wall, status, &zones) {
            Ok(date) => {
                places.insert((uid, Some(date)), event.line);
            }
            Err(broken) => {
                events.insert(event.line, Err(refused(event, broken)));
            }
        }
    }
    Ok(Read { found, events: events.into_values().collect(), lines: places })
}

fn refused(event: &Lines, broken: Broken) -> Refused {
    let uid = event.properties.iter().find(|property| property.name == "UID");
    let uid = uid.map(|property| unescape(&property.value));
    Refused { line: broken.line, uid, code: broken.code, part: broken.part }
}

/// Sorts lines by what they belong to.
fn components(lines: Vec<Property>, zone: Zone) -> Result<(Vec<Lines>, Zones), NotACalendar> {
    let begins = |property: &Property| property.name == "BEGIN" && property.value.trim() == "VCALENDAR";
    if !lines.iter().any(begins) {
        return Err(NotACalendar);
    }
    let (mut events, mut zones): (Vec<Lines>, _) = (vec![], Zones::new(zone));
    // How deep in parts of an event we are: alarms have lines of the same names.
    let (mut open, mut within, mut described) = (false, 0_usize, None);
    for property in lines {
        let value = property.value.trim().to_ascii_uppercase();
        match (property.name.as_str(), value.as_str()) {
            ("BEGIN", "VEVENT") => {
                events.push(Lines { line: property.line, properties: vec![], ended: false });
                (open, within) = (true, 0);
            }
            ("END", "VEVENT") => {
                if let Some(event) = events.last_mut().filter(|_| open) {
                    event.ended = true;
                }
                open = false;
            }
            ("BEGIN", _) if open => within += 1,
            ("END", _) if open => within = within.saturating_sub(1),
            ("BEGIN", "VTIMEZONE") => described = Some((None, None)),
            ("END", "VTIMEZONE") => {
                if let Some((Some(id), Some(location))) = described.take() {
                    zones.describe(id, location);
                }
            }
            (name, _) => {
                if let Some((id, location)) = &mut described {
                    match name {
                        "TZID" => *id = Some(property.value),
                        "X-LIC-LOCATION" => *location = Some(property.value),
                        _ => {}
                    }
                } else if let Some(event) = events.last_mut().filter(|_| open && within == 0) {
                    event.properties.push(property);
                }
            }
        }
    }
    Ok((events, zones))
}

/// Joins a day that differs to its series, and returns which day it is.
fn join(
    series: Option<&mut Event>,
    recurrence: &Property,
    wall: Wall,
    status: Status,
    zones: &Zones,
) -> Result<Date, Broken> {
    let alone = || Broken::at(recurrence, "calendar.no-series");
    let series = series.ok_or_else(alone)?;
    let rule = series.rule.as_ref().ok_or_else(alone)?;
    if recurrence.parameter("RANGE").is_some() {
        return Err(Broken::new(recurrence.line, "calendar.not-understood", "RECURRENCE-ID;RANGE"));
    }
    let date = zones.days(recurrence, &series.first)?.first().copied().ok_or_else(alone)?;
    let known = rule.dates(series.first.start.date()).is_ok_and(|dates| dates.contains(&date));
    match series.changed.binary_search_by_key(&date, |moved| moved.date) {
        Err(place) if known => series.changed.insert(place, Moved { date, wall, status }),
        // Named twice, or no day of the series.
        Ok(_) | Err(_) => return Err(alone()),
    }
    Ok(date)
}

fn part(event: &Lines, zones: &Zones) -> Result<Part, Broken> {
    if !event.ended {
        return Err(Broken::new(event.line, "calendar.not-ended", "VEVENT"));
    }
    let one = |name: &str| event.properties.iter().find(|property| property.name == name);
    for name in ["RDATE", "EXRULE"] {
        if let Some(property) = one(name) {
            return Err(Broken::new(property.line, "calendar.not-understood", name));
        }
    }
    let mut rules = event.properties.iter().filter(|property| property.name == "RRULE");
    let (recurring, second) = (rules.next(), rules.next());
    if let Some(second) = second {
        return Err(Broken::at(second, "calendar.not-understood"));
    }
    let text = |name: &str| one(name).map(|property| unescape(&property.value)).unwrap_or_default();
    let uid = text("UID");
    if uid.trim().is_empty() {
        return Err(Broken::new(event.line, "calendar.no-uid", "UID"));
    }
    let start = one("DTSTART").ok_or_else(|| Broken::new(event.line, "calendar.not-a-time", "DTSTART"))?;
    let first = zones.wall(start, one("DTEND"), one("DURATION"))?;
    let status = match one("STATUS") {
        None => Status::Confirmed,
        Some(property) => {
            let value = property.value.trim().to_ascii_uppercase();
            let known = Status::NAMES.iter().find(|(_, name)| *name == value);
            known.map(|(status, _)| *status).ok_or_else(|| Broken::at(property, "calendar.not-understood"))?
        }
    };
    if let Some(recurrence) = one("RECURRENCE-ID") {
        return Ok(Part::Day { uid, recurrence: recurrence.clone(), wall: first, status });
    }
    let mut except = BTreeSet::new();
    for property in event.properties.iter().filter(|property| property.name == "EXDATE") {
        except.extend(zones.days(property, &first)?);
    }
    let rule = recurring.map(|property| rule(property, &first, &except)).transpose()?;
    if rule.is_none() {
        except.clear();
    }
    let sequence = one("SEQUENCE").and_then(|property| property.value.trim().parse().ok()).unwrap_or(0);
    Ok(Part::Whole(Event {
        uid,
        sequence,
        first,
        rule,
        except,
        changed: vec![],
        status,
        summary: text("SUMMARY"),
        description: text("DESCRIPTION"),
        location: text("LOCATION"),
    }))
}

/// Reads a rule. Its end is an instant where the start has a zone, and becomes the day of the last start.
fn rule(property: &Property, first: &Wall, except: &BTreeSet<Date>) -> Result<Rule, Broken> {
    let mut parts = vec![];
    for part in property.value.trim().split(';') {
        match part.split_once('=') {
            Some((name, until)) if name.eq_ignore_ascii_case("UNTIL") && until.len() != 8 => {
                let last = when::last_day(until, first)
                    .ok_or_else(|| Broken::at(property, "calendar.not-a-time"))?;
                parts.push(format!("UNTIL={}", last.format("%Y%m%d")));
            }
            _ => parts.push(part.to_owned()),
        }
    }
    let refused = |refusal| match refusal {
        Refusal::NotUnderstood { part } => {
            Broken::new(property.line, "calendar.not-understood", &format!("RRULE:{part}"))
        }
        other => Broken::refused(property, &other),
    };
    let rule = Rule::parse(&parts.join(";")).map_err(refused)?;
    expand(&rule, first, except).map_err(refused)?;
    Ok(rule)
}
