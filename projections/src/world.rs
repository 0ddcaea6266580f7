//! The core models in lock-step: people and memberships, rule graph, mailboxes, in this order for every event.
//!
//! Invariant: they share one position, and a later one reads the earlier ones as they are at this event; this is
//! how a group is resolved "at the position of the event".

use domain::{Event, EventId, Timestamp};
use eventlog::Position;

use crate::graph::Graph;
use crate::mailboxes::Mailboxes;
use crate::people::People;

/// Where and when an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    /// Its position.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Its id.
    pub event: EventId,
}

/// Something that cannot happen stands in the log; the projections stop here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("position {position}: {what}")]
pub struct Impossible {
    /// Where.
    pub position: Position,
    /// What.
    pub what: String,
}

/// The core models and their position.
#[derive(Debug, Default)]
pub struct World {
    /// The position of the last event applied.
    pub position: Position,
    /// Who there is.
    pub people: People,
    /// Who may write to whom.
    pub graph: Graph,
    /// Who got what.
    pub mailboxes: Mailboxes,
}

impl World {
    /// Applies one event to every model. Sealed fields that a model shows (names, labels) are open or erased;
    /// all others are as they stand in the log.
    pub fn apply(&mut self, at: At, event: &Event) -> Result<(), Impossible> {
        let changes = self.people.apply(at, event)?;
        self.graph.apply(at, event, &self.people, &changes)?;
        self.mailboxes.apply(at, event, &self.people, &changes)?;
        self.position = at.position;
        Ok(())
    }
}
