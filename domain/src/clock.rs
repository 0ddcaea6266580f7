//! Time passes in the log: a day begins in a zone by an event.
//!
//! Whatever changes with the date takes effect with [`DayBegan`], so that every answer is a function of a position.

use serde::{Deserialize, Serialize};

use crate::sealed::Carries;
use crate::{Date, Decider};

crate::events! {
    /// A local midnight passed.
    DayBegan = "clock.day-began", schema 1;
}

/// A day began in a time zone. Appended at local midnight, and for each day missed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DayBegan {
    /// The zone, from the IANA database.
    pub zone: Zone,
    /// The day.
    pub date: Date,
}

impl Carries for DayBegan {}

/// A time zone of the IANA database: `Europe/Paris`, `Indian/Reunion`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone(pub chrono_tz::Tz);

impl Zone {
    /// The zone of metropolitan France.
    pub const PARIS: Self = Self(chrono_tz::Europe::Paris);

    /// Reads a name of the IANA database.
    pub fn parse(name: &str) -> Result<Self, NotAZone> {
        name.parse().map(Self).map_err(|_| NotAZone)
    }

    /// Returns the name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Returns the day it is in the zone at `instant`.
    pub fn day_at(self, instant: crate::Timestamp) -> Date {
        instant.with_timezone(&self.0).date_naive()
    }
}

impl Serialize for Zone {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::parse(&name).map_err(serde::de::Error::custom)
    }
}

/// The text names no zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time zone: a name such as Europe/Paris or Indian/Reunion is expected")]
pub struct NotAZone;

/// Begin every day up to `today`.
#[derive(Debug, Clone, PartialEq)]
pub struct BeginDays {
    /// The zone of the stream.
    pub zone: Zone,
    /// The day it is there now.
    pub today: Date,
}

/// Nothing can refuse a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {}

/// The days of one zone. A zone seen for the first time begins with today.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Days {
    last: Option<Date>,
}

impl Decider for Days {
    type Command = BeginDays;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(&self, command: BeginDays) -> Result<Vec<Event>, Refusal> {
        let first = self.last.map_or(Some(command.today), |last| last.succ_opt());
        let missed =
            first.into_iter().flat_map(|day| day.iter_days()).take_while(|day| *day <= command.today);
        Ok(missed.map(|date| DayBegan { zone: command.zone, date }.into()).collect())
    }

    fn evolve(self, event: &Event) -> Self {
        match event {
            Event::DayBegan(began) => Self { last: Some(began.date) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decider::testing::given;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn began(text: &str) -> Event {
        DayBegan { zone: Zone::PARIS, date: day(text) }.into()
    }

    fn begin(text: &str) -> BeginDays {
        BeginDays { zone: Zone::PARIS, today: day(text) }
    }

    #[test]
    fn a_zone_seen_for_the_first_time_begins_with_today() {
        given::<Days>([]).when(begin("2026-09-01")).then([began("2026-09-01")]);
    }

    #[test]
    fn each_missed_day_begins_in_order() {
        given::<Days>([began("2026-10-24")])
            .when(begin("2026-10-26"))
            .then([began("2026-10-25"), began("2026-10-26")]);
    }

    #[test]
    fn a_day_begins_once() {
        given::<Days>([began("2026-10-24")]).when(begin("2026-10-24")).already_so();
    }

    #[test]
    fn a_clock_set_back_begins_nothing() {
        given::<Days>([began("2026-10-24")]).when(begin("2026-10-20")).already_so();
    }
}
