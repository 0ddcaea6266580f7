//! What happens to a booking of several resources at once, as it is stored.

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use crate::booking::recurrence::Rule;
use crate::clock::Zone;
use crate::id::{BookingId, BookingRequestId, PersonId, ResourceId};
use crate::label::Label;
use crate::resource::Overridable;
use crate::sealed::{Carries, Retention, Sealed, Subject, Visit};

crate::events! {
    /// Somebody asked for all of it.
    Made = "booking-request.made", schema 1;
    /// All of it is held: each becomes a booking.
    Granted = "booking-request.granted", schema 1;
    /// One of it cannot be had: all is given back.
    Refused = "booking-request.refused", schema 1;
    /// Each became a booking, or was given back.
    Done = "booking-request.done", schema 1;
}

/// One resource of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Which resource.
    pub resource: ResourceId,
    /// The booking it becomes there.
    pub booking: BookingId,
    /// How much of it.
    pub quantity: u32,
}

/// Somebody asked for all of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// Which request.
    pub request: BookingRequestId,
    /// Who asks.
    pub by: PersonId,
    /// For whom.
    pub owner: PersonId,
    /// Which resources, 2 to 20, each once.
    pub parts: Vec<Part>,
    /// The zone of all of them.
    pub zone: Zone,
    /// What a clock on the wall shows at the beginning of the first slot.
    pub start: NaiveDateTime,
    /// What it shows at its end.
    pub end: NaiveDateTime,
    /// How it goes on, if it is a series.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Sealed<String>>,
    /// Rules to pass over, for the reason beside the event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passing: Vec<Overridable>,
}

impl Carries for Made {
    fn each(&mut self, visit: &mut dyn Visit) {
        if let Some(purpose) = &mut self.purpose {
            visit.field(Subject::Identity(self.owner), Retention::Life, "purpose", 0, purpose);
        }
    }
}

/// All of it is held: each becomes a booking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Granted {}

impl Carries for Granted {}

/// One of it cannot be had: all is given back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// Which one, by its place; none if it took too long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
    /// The codes of all that it breaks.
    pub codes: Vec<Label>,
}

impl Carries for Refused {}

/// Each became a booking, or was given back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {}

impl Carries for Done {}
