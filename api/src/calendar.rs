//! Calendars as files: RFC 5545 is written for whoever subscribes, and read from whoever imports.
//!
//! Pure: text in, text out; who may see what was decided before. Times are those of the wall in a zone, as in
//! `domain::booking`. Written and read here and not by a crate: those we looked at (`icalendar`, `ical`) give up a file
//! at its first bad line and know no line numbers; what is left of them is folding and escaping ([`line`]).
//! Invariants: what is written is read again alike, by us and by others (`api/tests/calendar.rs`); of a file that is
//! read every event is either understood or reported with its line.

pub mod booked;
pub mod line;
pub mod read;
pub mod write;
pub mod zone;

use std::collections::BTreeSet;

use domain::booking::recurrence::Rule;
use domain::booking::slot::Wall;
use domain::{Date, Timestamp};

/// Something in a calendar: once, or a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What it is known by, in every file, for ever.
    pub uid: String,
    /// How often it was changed.
    pub sequence: u32,
    /// When it is; of a series, the first time, also if that is left out.
    pub first: Wall,
    /// How it comes again.
    pub rule: Option<Rule>,
    /// The days of the rule on which it is not.
    pub except: BTreeSet<Date>,
    /// The days of the rule on which it is otherwise, in order.
    pub changed: Vec<Moved>,
    /// Whether it takes place.
    pub status: Status,
    /// What it is called.
    pub summary: String,
    /// What is said about it.
    pub description: String,
    /// Where it is.
    pub location: String,
}

/// One day of a series that differs from the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The day the rule gives.
    pub date: Date,
    /// When it is instead.
    pub wall: Wall,
    /// Whether it takes place.
    pub status: Status,
}

/// Whether something takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Perhaps: somebody has to agree.
    Tentative,
    /// Yes.
    Confirmed,
    /// No longer.
    Cancelled,
}

/// An event as a feed tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The event.
    pub event: Event,
    /// When it was made.
    pub created: Timestamp,
    /// When it was changed last.
    pub modified: Timestamp,
}

impl Status {
    /// Every status, with its name in the standard.
    const NAMES: [(Self, &'static str); 3] =
        [(Self::Tentative, "TENTATIVE"), (Self::Confirmed, "CONFIRMED"), (Self::Cancelled, "CANCELLED")];

    fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(status, _)| *status == self).map_or("", |(_, name)| *name)
    }
}

#[cfg(test)]
mod tests;
