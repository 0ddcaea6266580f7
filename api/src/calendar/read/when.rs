//! When something in a file is: its times, its zones, its length.
//!
//! Invariant: a time is never guessed. A zone is one of the IANA database, by its own name or by what the file says
//! about it (`X-LIC-LOCATION`); another one is refused by name.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDateTime, NaiveTime, TimeDelta};
use domain::booking::slot::{self, NotASlot, Wall};
use domain::clock::Zone;
use domain::{Date, Timestamp};

use super::Broken;
use crate::calendar::line::Property;

/// The zones of a file.
pub(super) struct Zones {
    /// Of times that say nothing.
    own: Zone,
    described: BTreeMap<String, String>,
}

/// A time, as it stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    Day(Date),
    /// By the clock on a wall.
    Wall(NaiveDateTime),
    Instant(Timestamp),
}

fn day(text: &str) -> Option<Date> {
    Some(text).filter(|text| text.len() == 8)?;
    Date::parse_from_str(text, "%Y%m%d").ok()
}

fn when(text: &str) -> Option<When> {
    if let Some(day) = day(text) {
        return Some(When::Day(day));
    }
    let (wall, utc) = text.strip_suffix('Z').map_or((text, false), |wall| (wall, true));
    Some(wall).filter(|wall| wall.len() == 15)?;
    let wall = NaiveDateTime::parse_from_str(wall, "%Y%m%dT%H%M%S").ok()?;
    Some(if utc { When::Instant(wall.and_utc()) } else { When::Wall(wall) })
}

/// Returns the last day on which something that begins as `first` does may begin, if it must by `until`.
pub(super) fn last_day(until: &str, first: &Wall) -> Option<Date> {
    let last = match when(until)? {
        When::Day(day) => return Some(day),
        When::Wall(wall) => wall,
        When::Instant(instant) => in_zone(first.zone, instant)?,
    };
    if last.time() < first.start.time() { last.date().pred_opt() } else { Some(last.date()) }
}

/// Returns what a clock shows, unless that is beyond the years of a file.
fn in_zone(zone: Zone, instant: Timestamp) -> Option<NaiveDateTime> {
    (-1..=10_000).contains(&instant.year()).then(|| slot::wall(zone, instant))
}

/// A length: days by the calendar, the rest exact (RFC 5545, 3.3.6).
fn length(text: &str) -> Option<(TimeDelta, TimeDelta)> {
    let text = text.strip_prefix('+').unwrap_or(text).strip_prefix('P')?;
    let (days, time) = text.split_once('T').map_or((text, None), |(days, time)| (days, Some(time)));
    let sum = |text: &str, units: &[(char, i64)]| {
        let (mut number, mut sum) = (String::new(), 0_i64);
        for character in text.chars() {
            if character.is_ascii_digit() && number.len() < 9 {
                number.push(character);
                continue;
            }
            let (_, seconds) = units.iter().find(|(unit, _)| *unit == character)?;
            sum = sum.checked_add(number.parse::<i64>().ok()?.checked_mul(*seconds)?)?;
            number.clear();
        }
        number.is_empty().then(|| TimeDelta::try_seconds(sum)).flatten()
    };
    let days = sum(days, &[('W', 604_800), ('D', 86_400)])?;
    let time = time.map_or(Some(TimeDelta::zero()), |time| sum(time, &[('H', 3600), ('M', 60), ('S', 1)]))?;
    Some((days, time))
}

impl Zones {
    pub(super) fn new(own: Zone) -> Self {
        Self { own, described: BTreeMap::new() }
    }

    /// Notes what a file says about a zone of its own.
    pub(super) fn describe(&mut self, id: String, location: String) {
        self.described.insert(id, location);
    }

    /// Returns the zone of a property that does not say it is in UTC.
    fn zone(&self, property: &Property) -> Result<Zone, Broken> {
        let Some(id) = property.parameter("TZID") else { return Ok(self.own) };
        let described = || Zone::parse(self.described.get(id)?.trim()).ok();
        let known = Zone::parse(id).ok().or_else(described);
        known.ok_or_else(|| Broken::new(property.line, "calendar.unknown-zone", id))
    }

    /// Reads the time of a property, and the zone it is in.
    fn time(&self, property: &Property) -> Result<(When, Zone), Broken> {
        let wrong = || Broken::at(property, "calendar.not-a-time");
        let when = when(property.value.trim()).ok_or_else(wrong)?;
        let zone = match when {
            When::Day(_) => self.own,
            When::Wall(_) => self.zone(property)?,
            When::Instant(_) => Zone(chrono_tz::UTC),
        };
        Ok((when, zone))
    }

    /// Reads from when to when something is.
    pub(super) fn wall(
        &self,
        start: &Property,
        end: Option<&Property>,
        duration: Option<&Property>,
    ) -> Result<Wall, Broken> {
        let (when, zone) = self.time(start)?;
        let begin = match when {
            When::Day(day) => day.and_time(NaiveTime::MIN),
            When::Wall(wall) => wall,
            When::Instant(instant) => instant.naive_utc(),
        };
        let far = |property: &Property| Broken::refused(property, &NotASlot::OutOfRange);
        let (told, end) = match (end, duration) {
            (Some(end), _) => (end, self.end(end, zone)?),
            (None, Some(duration)) => {
                let wrong = || Broken::at(duration, "calendar.not-a-time");
                let (days, rest) = length(duration.value.trim()).ok_or_else(wrong)?;
                (duration, later(zone, begin, days, rest).ok_or_else(wrong)?)
            }
            // A whole day; without a length there is nothing to book.
            (None, None) if matches!(when, When::Day(_)) => {
                (start, begin.checked_add_signed(TimeDelta::days(1)).ok_or_else(|| far(start))?)
            }
            (None, None) => (start, begin),
        };
        let wall = Wall { zone, start: begin, end };
        let blamed = |broken: NotASlot| {
            Broken::refused(if broken == NotASlot::NoLength { told } else { start }, &broken)
        };
        wall.slot().map(|_| wall).map_err(blamed)
    }

    /// Reads an end, as a clock in `zone` shows it.
    fn end(&self, property: &Property, zone: Zone) -> Result<NaiveDateTime, Broken> {
        let (when, own) = self.time(property)?;
        let instant = match when {
            When::Day(day) => return Ok(day.and_time(NaiveTime::MIN)),
            When::Wall(wall) if own == zone => return Ok(wall),
            When::Wall(wall) => {
                slot::instant(own, wall).map_err(|broken| Broken::refused(property, &broken))?
            }
            When::Instant(instant) => instant,
        };
        only(zone, instant).ok_or_else(|| Broken::at(property, "calendar.not-a-time"))
    }

    /// Reads days of a series that begins with `first`. A time that is not that of its occurrences means none.
    pub(super) fn days(&self, property: &Property, first: &Wall) -> Result<Vec<Date>, Broken> {
        let mut days = vec![];
        for value in property.value.split(',') {
            let one = Property { value: value.to_owned(), ..property.clone() };
            let (when, zone) = self.time(&one)?;
            let far = || Broken::refused(property, &NotASlot::OutOfRange);
            let wall = match when {
                When::Day(day) => {
                    days.push(day);
                    continue;
                }
                When::Wall(wall) if zone == first.zone => wall,
                When::Wall(wall) => {
                    let instant =
                        slot::instant(zone, wall).map_err(|broken| Broken::refused(property, &broken))?;
                    in_zone(first.zone, instant).ok_or_else(far)?
                }
                When::Instant(instant) => in_zone(first.zone, instant).ok_or_else(far)?,
            };
            if wall.time() == first.start.time() {
                days.push(wall.date());
            }
        }
        Ok(days)
    }
}

/// Returns what the clock shows so many days and then so long after `begin`.
fn later(zone: Zone, begin: NaiveDateTime, days: TimeDelta, rest: TimeDelta) -> Option<NaiveDateTime> {
    let wall = begin.checked_add_signed(days).filter(|wall| wall.year() < 10_000)?;
    if rest.is_zero() {
        return Some(wall);
    }
    only(zone, slot::instant(zone, wall).ok()?.checked_add_signed(rest)?)
}

/// Returns what a clock shows at an instant, unless it showed that an hour before: the autumn change.
fn only(zone: Zone, instant: Timestamp) -> Option<NaiveDateTime> {
    in_zone(zone, instant).filter(|wall| slot::instant(zone, *wall) == Ok(instant))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_in_weeks_or_days_and_exact_hours() {
        let of = |days, minutes| Some((TimeDelta::days(days), TimeDelta::minutes(minutes)));
        for (text, expected) in [
            ("PT1H30M", of(0, 90)),
            ("P1D", of(1, 0)),
            ("P2W", of(14, 0)),
            ("+P1DT1H", of(1, 60)),
            ("PT0S", of(0, 0)),
            ("-PT1H", None),
            ("PT1X", None),
            ("PT1", None),
            ("PTH", None),
            ("1H", None),
            ("PT99999999999999H", None),
            ("P999999999W", of(7 * 999_999_999, 0)),
        ] {
            assert_eq!(length(text), expected, "{text}");
        }
    }

    #[test]
    fn a_time_is_a_day_a_wall_time_or_an_instant() {
        let wall = Date::from_ymd_opt(2026, 9, 7).unwrap().and_hms_opt(8, 0, 0).unwrap();
        assert_eq!(when("20260907"), Some(When::Day(wall.date())));
        assert_eq!(when("20260907T080000"), Some(When::Wall(wall)));
        assert_eq!(when("20260907T080000Z"), Some(When::Instant(wall.and_utc())));
        for text in [
            "",
            "2026",
            "20260231",
            "20260907T",
            "20260907T080000ZZ",
            "20260907T0800",
            "+2026090",
            "2026-09-",
        ] {
            assert_eq!(when(text), None, "{text}");
        }
    }

    #[test]
    fn the_last_day_is_that_of_the_last_start_that_is_still_allowed() {
        let at = |text: &str| NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").unwrap();
        let first = Wall { zone: Zone::PARIS, start: at("20260907T080000"), end: at("20260907T090000") };
        for (until, expected) in [
            ("20260921T060000Z", "2026-09-21"),
            ("20260921T055959Z", "2026-09-20"),
            ("20260921T220000Z", "2026-09-21"),
            ("20260921T080000", "2026-09-21"),
            ("20260921T000000", "2026-09-20"),
            ("20260921", "2026-09-21"),
        ] {
            assert_eq!(last_day(until, &first), Some(expected.parse().unwrap()), "{until}");
        }
    }
}
