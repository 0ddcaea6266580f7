//! A decider kept between commands, at the last revision handed to the writer.

use std::collections::HashMap;

use domain::event::FeatureEvent;
use domain::{CommandId, Decider, Meta, StreamId};

use super::{Fault, Kept};
use crate::decode::{Repetition, open};
use crate::log::{Direction, EventLog, Position, Ticket};
use crate::vault::Vault;

/// How many events are read at once: in practice the whole stream, since a read walks it back from its head.
const PAGE: usize = 1 << 20;

/// What a command that was carried out left behind.
#[derive(Debug, Clone)]
pub(super) struct Rest {
    pub(super) variables: Option<Box<str>>,
    pub(super) position: Position,
    /// While the append may not be durable yet.
    pub(super) ticket: Option<Ticket>,
}

/// A state, and what it rests on.
pub(super) struct Cached<D> {
    pub(super) state: D,
    pub(super) revision: Option<u64>,
    pub(super) commands: HashMap<CommandId, Rest>,
    /// The newest append handed to the writer.
    pub(super) tail: Option<Ticket>,
}

impl<D: Decider> Cached<D> {
    /// Moves on to the state after `events`, which were handed to the writer.
    pub(super) fn follow(&mut self, meta: &Meta, events: &[D::Event], ticket: &Ticket) {
        self.state = events.iter().fold(std::mem::take(&mut self.state), D::evolve);
        let count = u64::try_from(events.len()).unwrap_or(u64::MAX);
        self.revision = Some(self.revision.map_or(count - 1, |revision| revision + count));
        let (variables, ticket) = (meta.variables.clone(), Some(ticket.clone()));
        self.tail.clone_from(&ticket);
        self.commands.insert(meta.command, Rest { variables, position: Position::START, ticket });
    }
}

/// Reads a stream from its beginning.
pub(super) async fn load<D: Kept>(
    log: &dyn EventLog,
    vault: &Vault,
    stream: &StreamId,
) -> Result<Cached<D>, Fault> {
    let mut cached = Cached { state: D::default(), revision: None, commands: HashMap::new(), tail: None };
    loop {
        let from = cached.revision.map_or(0, |revision| revision + 1);
        let page = log.read_stream(stream, Some(from), Direction::Forwards, PAGE).await?;
        for recorded in &page {
            let event = D::Event::of(open(vault, recorded)?)
                .ok_or(Fault::Misplaced { position: recorded.position })?;
            cached.state = cached.state.evolve(&event);
            cached.revision = Some(recorded.revision);
            let Repetition { command, variables } = serde_json::from_slice(recorded.meta())?;
            cached.commands.insert(command, Rest { variables, position: recorded.position, ticket: None });
        }
        if page.len() < PAGE {
            return Ok(cached);
        }
    }
}
