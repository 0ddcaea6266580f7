//! A booking of several resources at once: a room and a trolley (`architecture.md`, A command; `booking.md`).
//!
//! A process holds each, then says that all are held, then makes each a booking; where one refuses it says so and gives
//! all back. Killed between two steps it goes on from there.
//!
//! Invariant: what was granted is never refused, what was refused never granted.

mod event;
#[cfg(test)]
mod tests;

pub use event::*;

use crate::Decider;
use crate::label::Label;

/// How long a request may take to hold everything, in seconds; then it is refused.
pub const PATIENCE: i64 = 120;

/// What may be asked of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Ask for all of it.
    Make(Box<Made>),
    /// Note that all of it is held.
    Grant,
    /// Note that one of it cannot be had.
    Refuse {
        /// Which one, by its place; none if it took too long.
        part: Option<u32>,
        /// The codes of all that it breaks.
        codes: Vec<Label>,
    },
    /// Note that each became a booking, or was given back.
    Finish,
}

/// Why something may not happen to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody asked for it.
    #[error("booking-request.unknown")]
    Unknown,
    /// It is of one resource only, of more than twenty, or of one twice.
    #[error("booking-request.parts-unfit")]
    PartsUnfit,
    /// It was granted.
    #[error("booking-request.granted")]
    Granted,
    /// It was refused.
    #[error("booking-request.refused")]
    Refused,
    /// Nobody decided about it.
    #[error("booking-request.undecided")]
    Undecided,
}

/// Where a request is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BookingRequest {
    /// Nobody asked.
    #[default]
    Unmade,
    /// Each is being held.
    Holding,
    /// Each becomes a booking.
    Granted,
    /// Each is given back.
    Refused,
    /// It came to its end.
    Done {
        /// Whether it was granted.
        granted: bool,
    },
}

type Decision = Result<Vec<Event>, Refusal>;

impl Decider for BookingRequest {
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(&self, command: Command) -> Decision {
        match command {
            Command::Make(made) => self.make(*made),
            Command::Grant => match self {
                Self::Unmade => Err(Refusal::Unknown),
                Self::Holding => Ok(vec![Granted {}.into()]),
                Self::Granted | Self::Done { granted: true } => Ok(vec![]),
                Self::Refused | Self::Done { granted: false } => Err(Refusal::Refused),
            },
            Command::Refuse { part, codes } => match self {
                Self::Unmade => Err(Refusal::Unknown),
                Self::Holding => Ok(vec![Refused { part, codes }.into()]),
                Self::Refused | Self::Done { granted: false } => Ok(vec![]),
                Self::Granted | Self::Done { granted: true } => Err(Refusal::Granted),
            },
            Command::Finish => match self {
                Self::Unmade => Err(Refusal::Unknown),
                Self::Holding => Err(Refusal::Undecided),
                Self::Granted | Self::Refused => Ok(vec![Done {}.into()]),
                Self::Done { .. } => Ok(vec![]),
            },
        }
    }

    fn evolve(self, event: &Event) -> Self {
        match event {
            Event::Made(_) => Self::Holding,
            Event::Granted(_) => Self::Granted,
            Event::Refused(_) => Self::Refused,
            Event::Done(_) => Self::Done { granted: self == Self::Granted },
        }
    }
}

impl BookingRequest {
    fn make(self, made: Made) -> Decision {
        if self != Self::Unmade {
            return Ok(vec![]); // A retry: its id is of this command alone.
        }
        let mut resources: Vec<_> = made.parts.iter().map(|part| part.resource).collect();
        resources.sort_unstable();
        resources.dedup();
        if !(2..=20).contains(&made.parts.len()) || resources.len() != made.parts.len() {
            return Err(Refusal::PartsUnfit);
        }
        Ok(vec![made.into()])
    }
}
