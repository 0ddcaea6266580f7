//! Bookings as entries of a calendar.
//!
//! Invariant: every occurrence a client works out of an entry has the instants that are stored. Where what is stored is
//! not what the rule and the zone give now, the date is told by itself; a series that its rule does not give any more is
//! told date by date.

use domain::booking::recurrence::{Rule, on};
use domain::booking::slot::{Slot, Wall, wall};
use domain::clock::Zone;
use domain::resource::{Booking, OfDate, Standing};
use domain::{Date, Timestamp};

use super::{Entry, Event, Moved, Status};

/// What is told of a booking beside its times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What it is known by.
    pub uid: String,
    /// What it is called.
    pub summary: String,
    /// What is said about it.
    pub description: String,
    /// Where it is.
    pub location: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was changed last.
    pub modified: Timestamp,
    /// Whether dates that do not take place are told, as cancelled; only those that do are if not.
    pub ended: bool,
}

/// The zone in which any instant can be written.
const UTC: Zone = Zone(chrono_tz::UTC);

/// Returns the entries of a booking: one, several if its dates are told by themselves, none if nothing of it is told.
pub fn entries(booking: &Booking, zone: Zone, told: &Told) -> Vec<Entry> {
    let dates: Vec<(&OfDate, Status)> =
        booking.dates.iter().filter_map(|of| Some((of, status(of.standing, told.ended)?))).collect();
    let series = booking.rule.as_ref().and_then(|rule| series(booking, rule, zone, &dates));
    let entry = |event: Event| Entry { event, created: told.created, modified: told.modified };
    let event = |uid: String, first: Wall, status: Status| Event {
        uid,
        sequence: booking.sequence,
        first,
        rule: None,
        except: std::collections::BTreeSet::new(),
        changed: vec![],
        status,
        summary: told.summary.clone(),
        description: told.description.clone(),
        location: told.location.clone(),
    };
    match (series, dates.as_slice()) {
        (_, []) => vec![],
        (Some(series), _) => {
            let Series { first, rule, except, changed, status } = series;
            let whole = event(told.uid.clone(), first, status);
            vec![entry(Event { rule: Some(rule), except, changed, ..whole })]
        }
        (None, [(of, status)]) => vec![entry(event(told.uid.clone(), stored(zone, of), *status))],
        (None, several) => {
            let uid = |date: Date| format!("{}-{}", date.format("%Y%m%d"), told.uid);
            several.iter().map(|(of, status)| entry(event(uid(of.date), stored(zone, of), *status))).collect()
        }
    }
}

/// Returns what is said of a date; none if it is not told.
fn status(standing: Standing, ended: bool) -> Option<Status> {
    match standing {
        Standing::Held | Standing::Pending => Some(Status::Tentative),
        Standing::Confirmed => Some(Status::Confirmed),
        Standing::Suspended | Standing::Cancelled => ended.then_some(Status::Cancelled),
        Standing::Refused | Standing::Withdrawn | Standing::Released | Standing::Branched => None,
    }
}

/// Returns the hours of a date that stand for the instants that are stored.
fn stored(zone: Zone, of: &OfDate) -> Wall {
    let hours = Wall { zone, start: of.start, end: of.end };
    if hours.slot() == Ok(of.slot) {
        return hours;
    }
    let Slot { start, end } = of.slot;
    Wall { zone: UTC, start: wall(UTC, start), end: wall(UTC, end) }
}

/// A booking that is told as a rule.
struct Series {
    first: Wall,
    rule: Rule,
    except: std::collections::BTreeSet<Date>,
    changed: Vec<Moved>,
    status: Status,
}

/// Returns a booking as a rule; none if its rule does not give all its dates.
fn series(booking: &Booking, rule: &Rule, zone: Zone, dates: &[(&OfDate, Status)]) -> Option<Series> {
    let first = Wall { zone, start: booking.start, end: booking.end };
    let given = rule.dates(booking.start.date()).ok()?;
    if dates.iter().any(|(of, _)| given.binary_search(&of.date).is_err()) {
        return None;
    }
    let is = |wanted: Status| dates.iter().any(|(_, status)| *status == wanted);
    let status = [Status::Confirmed, Status::Tentative].into_iter().find(|status| is(*status));
    let status = status.unwrap_or(Status::Cancelled);
    let mut changed = vec![];
    for (of, own) in dates {
        let (usual, wall) = (on(&first, of.date), stored(zone, of));
        if wall != usual || *own != status {
            changed.push(Moved { date: of.date, wall, status: *own });
        }
    }
    let told = |date: &Date| dates.binary_search_by_key(date, |(of, _)| of.date).is_ok();
    let except = given.into_iter().filter(|date| !told(date)).collect();
    Some(Series { first, rule: rule.clone(), except, changed, status })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chrono::{NaiveDateTime, TimeDelta};
    use domain::PersonId;
    use domain::booking::recurrence::expand;
    use domain::resource::Beginning;

    use super::*;
    use crate::calendar::read::read;
    use crate::calendar::write::write;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap()
    }

    fn told(ended: bool) -> Told {
        let at = "2026-09-01T07:00:00Z".parse().unwrap();
        let word = |text: &str| text.to_owned();
        Told {
            uid: word("b@preau"),
            summary: word("Club"),
            description: word(""),
            location: word("Salle"),
            created: at,
            modified: at,
            ended,
        }
    }

    fn booking(start: &str, rule: &str) -> Booking {
        let (start, rule) = (at(start), Rule::parse(rule).unwrap());
        let end = start + TimeDelta::minutes(60);
        let found = expand(&rule, &Wall { zone: Zone::PARIS, start, end }, &BTreeSet::new()).unwrap();
        let date = |date: Date, slot| {
            let start = date.and_time(start.time());
            let (standing, end) = (Standing::Confirmed, start + TimeDelta::minutes(60));
            OfDate { date, start, end, slot, quantity: 1, standing, moved: false }
        };
        Booking {
            owner: PersonId::from_u128(1),
            order: 0,
            start,
            end,
            rule: Some(rule),
            except: found.dropped,
            beginning: Beginning::Confirmed,
            request: None,
            settled: true,
            buffer: (0, 0),
            leaves_free: false,
            dates: found.occurrences.iter().map(|of| date(of.date, of.slot)).collect(),
            proposal: None,
            continues: None,
            counts_for: vec![],
            sequence: 4,
        }
    }

    /// What a reader of the file finds: the slot of each date with its status.
    fn found(booking: &Booking, ended: bool) -> Vec<(Slot, Status)> {
        let text = write("Salles", &entries(booking, Zone::PARIS, &told(ended))).unwrap();
        let read = read(text.as_bytes(), Zone::PARIS).unwrap();
        let mut slots = vec![];
        for event in read.events {
            let event = event.unwrap_or_else(|refused| panic!("{refused:?}\n{text}"));
            assert_eq!(event.sequence, 4);
            match &event.rule {
                None => slots.push((event.first.slot().unwrap(), event.status)),
                Some(rule) => {
                    // A day that is told by itself counts also where its usual hour does not exist.
                    let told = |date: Date| event.changed.iter().any(|moved| moved.date == date);
                    let usual = expand(rule, &event.first, &event.except).unwrap().occurrences;
                    let usual = usual.iter().filter(|of| !told(of.date)).map(|of| (of.slot, event.status));
                    slots.extend(usual);
                    slots
                        .extend(event.changed.iter().map(|moved| (moved.wall.slot().unwrap(), moved.status)));
                }
            }
        }
        slots.sort_unstable_by_key(|(slot, _)| *slot);
        slots
    }

    fn meant(booking: &Booking, ended: bool) -> Vec<(Slot, Status)> {
        let told = booking.dates.iter().filter_map(|of| Some((of.slot, status(of.standing, ended)?)));
        let mut slots: Vec<_> = told.collect();
        slots.sort_unstable_by_key(|(slot, _)| *slot);
        slots
    }

    #[test]
    fn a_series_is_one_entry_with_its_changes_and_the_dates_that_ended() {
        let mut series = booking("2026-09-07T08:00", "FREQ=WEEKLY;COUNT=9");
        series.dates[1].standing = Standing::Cancelled;
        series.dates[2].standing = Standing::Pending;
        series.dates[3].standing = Standing::Withdrawn;
        series.dates[4].standing = Standing::Suspended;
        let moved = Wall { zone: Zone::PARIS, start: at("2026-10-20T14:00"), end: at("2026-10-20T16:00") };
        (series.dates[6].start, series.dates[6].end) = (moved.start, moved.end);
        (series.dates[6].slot, series.dates[6].moved) = (moved.slot().unwrap(), true);
        for (ended, count) in [(true, 8), (false, 6)] {
            let slots = found(&series, ended);
            assert_eq!((slots.len(), &slots), (count, &meant(&series, ended)));
            assert_eq!(entries(&series, Zone::PARIS, &told(ended)).len(), 1);
        }
    }

    #[test]
    fn instants_that_the_zone_does_not_give_now_are_told_as_they_are_stored() {
        let mut series = booking("2026-10-05T08:00", "FREQ=WEEKLY;COUNT=5");
        // As if the winter time had been given up when it was decided, and no longer is.
        for of in &mut series.dates[3..] {
            (of.slot.start, of.slot.end) =
                (of.slot.start - TimeDelta::hours(1), of.slot.end - TimeDelta::hours(1));
        }
        let entry = &entries(&series, Zone::PARIS, &told(true))[0].event;
        assert_eq!(
            entry.changed.iter().map(|moved| moved.date).collect::<Vec<_>>(),
            [series.dates[3].date, series.dates[4].date]
        );
        assert_eq!(found(&series, true), meant(&series, true));
        let mut once = Booking { rule: None, ..series };
        once.dates.drain(..4);
        assert_eq!(found(&once, true), meant(&once, true));
    }

    #[test]
    fn a_series_whose_rule_does_not_give_its_dates_is_told_date_by_date() {
        let mut series = booking("2026-09-07T08:00", "FREQ=WEEKLY;COUNT=3");
        series.rule = Some(Rule::parse("FREQ=WEEKLY;COUNT=2").unwrap());
        let told = entries(&series, Zone::PARIS, &told(true));
        let uids: Vec<_> = told.iter().map(|entry| entry.event.uid.as_str()).collect();
        assert_eq!(uids, ["20260907-b@preau", "20260914-b@preau", "20260921-b@preau"]);
        assert_eq!(found(&series, true), meant(&series, true));
    }

    #[test]
    fn what_was_branched_refused_or_never_held_is_not_told() {
        let mut series = booking("2026-09-07T08:00", "FREQ=WEEKLY;COUNT=4");
        series.dates[0].standing = Standing::Refused;
        series.dates[3].standing = Standing::Branched;
        // The rule ends before what goes on as another booking.
        series.rule = Some(Rule::parse("FREQ=WEEKLY;COUNT=3").unwrap());
        assert_eq!(found(&series, true), meant(&series, true));
        assert_eq!(found(&series, true).len(), 2);
        for of in &mut series.dates {
            of.standing = Standing::Released;
        }
        assert_eq!(entries(&series, Zone::PARIS, &told(true)), []);
    }

    #[test]
    fn the_second_of_two_hours_and_an_hour_that_is_none_are_told_as_instants() {
        let mut night = booking("2026-10-23T02:30", "FREQ=DAILY;COUNT=4");
        let second = &mut night.dates[2];
        (second.slot.start, second.slot.end) =
            (second.slot.start + TimeDelta::hours(1), second.slot.start + TimeDelta::hours(2));
        assert_eq!(found(&night, true), meant(&night, true));
        let mut gap = booking("2027-03-26T02:30", "FREQ=DAILY;COUNT=4");
        // It was an hour when it was decided.
        let start = "2027-03-28T00:30:00Z".parse().unwrap();
        let slot = Slot { start, end: start + TimeDelta::hours(1) };
        let date = "2027-03-28".parse().unwrap();
        let hours = (at("2027-03-28T02:30"), at("2027-03-28T03:30"));
        let of = OfDate { date, start: hours.0, end: hours.1, slot, ..gap.dates[0] };
        gap.dates.insert(2, of);
        gap.except.clear();
        assert_eq!(gap.dates.len(), 4);
        assert_eq!(found(&gap, true), meant(&gap, true));
    }
}
