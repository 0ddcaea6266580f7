//! When something is booked: wall time in a zone, and the instants it stands for.
//!
//! Invariants: a slot is not empty and in whole minutes; a wall time that the spring change skips stands for no
//! instant, one that the autumn change repeats for the first of the two.

use chrono::offset::LocalResult;
use chrono::{Datelike, NaiveDateTime, TimeDelta, TimeZone, Timelike};
use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::clock::Zone;

/// The first year and the last in which something can be booked.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2199;

/// From one instant to another, without the second: half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slot {
    /// Its first instant.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
}

/// From one wall time to another, in a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wall {
    /// The zone, from the IANA database.
    pub zone: Zone,
    /// What a clock there shows at its beginning.
    pub start: NaiveDateTime,
    /// What a clock there shows at its end.
    pub end: NaiveDateTime,
}

/// Why wall times are no slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NotASlot {
    /// It ends when it begins, or before.
    #[error("booking.no-length")]
    NoLength,
    /// Seconds are given.
    #[error("booking.whole-minutes")]
    WholeMinutes,
    /// A clock never shows this time: the spring change skips it.
    #[error("booking.no-such-hour")]
    NoSuchHour,
    /// Too far away.
    #[error("booking.year-out-of-range")]
    OutOfRange,
}

impl Slot {
    /// Returns how long it is, in minutes.
    pub fn minutes(self) -> i64 {
        (self.end - self.start).num_minutes()
    }

    /// Returns whether both have an instant in common. What only touches does not overlap.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Returns the slot with so many minutes more before it and after it.
    #[must_use]
    pub fn widened(self, before: u32, after: u32) -> Self {
        let minutes = |minutes: u32| TimeDelta::minutes(i64::from(minutes));
        Self { start: self.start - minutes(before), end: self.end + minutes(after) }
    }
}

impl Wall {
    /// Returns the instants it stands for.
    pub fn slot(&self) -> Result<Slot, NotASlot> {
        if [self.start, self.end].iter().any(|wall| wall.second() != 0 || wall.nanosecond() != 0) {
            return Err(NotASlot::WholeMinutes);
        }
        if [self.start, self.end].iter().any(|wall| !YEARS.contains(&wall.year())) {
            return Err(NotASlot::OutOfRange);
        }
        let (start, end) = (instant(self.zone, self.start)?, instant(self.zone, self.end)?);
        // By the clock on the wall and by the instants: in the double hour they may differ.
        if self.end <= self.start || end <= start { Err(NotASlot::NoLength) } else { Ok(Slot { start, end }) }
    }
}

/// Returns the instant at which a clock in `zone` shows `wall`: the first one, if it does so twice.
pub fn instant(zone: Zone, wall: NaiveDateTime) -> Result<Timestamp, NotASlot> {
    match zone.0.from_local_datetime(&wall) {
        LocalResult::Single(instant) | LocalResult::Ambiguous(instant, _) => Ok(instant.to_utc()),
        LocalResult::None => Err(NotASlot::NoSuchHour),
    }
}

/// Returns what a clock in `zone` shows at an instant.
pub fn wall(zone: Zone, instant: Timestamp) -> NaiveDateTime {
    instant.with_timezone(&zone.0).naive_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall_of(zone: &str, start: &str, end: &str) -> Wall {
        let read = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap();
        Wall { zone: Zone::parse(zone).unwrap(), start: read(start), end: read(end) }
    }

    fn slot(zone: &str, start: &str, end: &str) -> Result<String, NotASlot> {
        wall_of(zone, start, end).slot().map(|slot| {
            let text = |instant: Timestamp| instant.format("%dT%H:%MZ").to_string();
            format!("{}/{}", text(slot.start), text(slot.end))
        })
    }

    #[test]
    fn a_wall_time_is_an_instant_of_its_zone_not_of_the_servers() {
        for (zone, expected) in [
            ("Europe/Paris", "04T06:00Z/04T07:00Z"),
            ("America/Martinique", "04T12:00Z/04T13:00Z"),
            ("America/Cayenne", "04T11:00Z/04T12:00Z"),
            ("America/Miquelon", "04T10:00Z/04T11:00Z"),
            ("Indian/Reunion", "04T04:00Z/04T05:00Z"),
            ("Indian/Mayotte", "04T05:00Z/04T06:00Z"),
            ("Pacific/Noumea", "03T21:00Z/03T22:00Z"),
            ("Pacific/Tahiti", "04T18:00Z/04T19:00Z"),
            ("Pacific/Wallis", "03T20:00Z/03T21:00Z"),
        ] {
            assert_eq!(slot(zone, "2026-09-04T08:00", "2026-09-04T09:00").unwrap(), expected, "{zone}");
        }
    }

    #[test]
    fn what_ends_when_it_begins_or_before_is_refused() {
        for end in ["2026-09-04T08:00", "2026-09-04T07:59"] {
            assert_eq!(slot("Europe/Paris", "2026-09-04T08:00", end), Err(NotASlot::NoLength));
        }
    }

    #[test]
    fn an_hour_that_the_spring_change_skips_is_refused() {
        for (start, end) in
            [("2026-03-29T02:30", "2026-03-29T04:00"), ("2026-03-29T01:00", "2026-03-29T02:59")]
        {
            assert_eq!(slot("Europe/Paris", start, end), Err(NotASlot::NoSuchHour), "{start}");
        }
        let over = slot("Europe/Paris", "2026-03-29T01:00", "2026-03-29T03:00");
        assert_eq!(over.unwrap(), "29T00:00Z/29T01:00Z", "one hour, not two");
    }

    #[test]
    fn an_hour_that_comes_twice_is_the_first() {
        let over = slot("Europe/Paris", "2026-10-25T02:30", "2026-10-25T03:30");
        assert_eq!(over.unwrap(), "25T00:30Z/25T02:30Z");
    }

    #[test]
    fn seconds_and_far_years_are_refused() {
        let mut wall = wall_of("Europe/Paris", "2026-09-04T08:00", "2026-09-04T09:00");
        wall.end += TimeDelta::seconds(30);
        assert_eq!(wall.slot(), Err(NotASlot::WholeMinutes));
        assert_eq!(slot("Europe/Paris", "2200-01-01T08:00", "2200-01-01T09:00"), Err(NotASlot::OutOfRange));
    }

    #[test]
    fn what_touches_does_not_overlap() {
        let slot = |start, end| wall_of("Europe/Paris", start, end).slot().unwrap();
        let (first, second) =
            (slot("2026-09-04T08:00", "2026-09-04T09:00"), slot("2026-09-04T09:00", "2026-09-04T10:00"));
        assert!(!first.overlaps(second) && !second.overlaps(first));
        assert!(first.widened(0, 1).overlaps(second) && second.overlaps(first.widened(0, 1)));
        assert_eq!((first.minutes(), first.widened(15, 5).minutes()), (60, 80));
    }
}
