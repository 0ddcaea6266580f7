//! The hours of a structure and the times when it is closed, as they are stored.
//!
//! Invariant: the instants of a closure stand beside its wall times, as they were computed when it was made.

use chrono::{NaiveDateTime, NaiveTime};
use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::id::{ClosureId, StructureId};
use crate::label::Label;
use crate::sealed::{Carries, Retention, Sealed, Subject, Visit};

/// A named part of the day: `M1`, from 08:00 to 09:00.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Period {
    /// What it is called.
    pub name: Label,
    /// When it begins, by the clock on the wall.
    pub from: NaiveTime,
    /// When it is over.
    pub to: NaiveTime,
}

/// These are the periods of the day, in their order; there are no others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PeriodsSet {
    /// All of them.
    pub periods: Vec<Period>,
}

impl Carries for PeriodsSet {}

/// What becomes of bookings in the way of a closure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OnClosure {
    /// They wait, and stand again if the closure is lifted.
    #[default]
    Suspend,
    /// They are cancelled.
    Cancel,
    /// They stand; nothing else is booked there.
    BookAround,
    /// They stand: nothing is closed where something is booked, and it is said what is in the way.
    Report,
}

/// A structure is closed for some time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClosureMade {
    /// The structure.
    pub structure: StructureId,
    /// The closure.
    pub closure: ClosureId,
    /// What a clock there shows at its beginning.
    pub from: NaiveDateTime,
    /// What a clock there shows at its end.
    pub to: NaiveDateTime,
    /// The instant of its beginning.
    pub start: Timestamp,
    /// The first instant after it.
    pub end: Timestamp,
    /// Why, in the author's words: `vacances de Noël`.
    pub what: Sealed<String>,
    /// What becomes of bookings in its way.
    pub way: OnClosure,
}

impl Carries for ClosureMade {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Structure(self.structure), Retention::Life, "what", 0, &mut self.what);
    }
}

/// A structure is not closed then after all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClosureLifted {
    /// Which closure.
    pub closure: ClosureId,
}

impl Carries for ClosureLifted {}
