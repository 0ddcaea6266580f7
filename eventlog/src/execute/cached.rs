//! A decider kept between commands, at the last revision handed to the writer.

use std::collections::HashMap;
use std::sync::Arc;

use domain::event::FeatureEvent;
use domain::{CommandId, Decider, EventId, Meta, StreamId};

use super::{Deciders, Fault, Kept};
use crate::decode::{Repetition, open};
use crate::log::{Direction, EventLog, Position, Recorded, Ticket};
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
    /// How many of its events a file knows, or is being written that will.
    pub(super) kept: u64,
}

impl<D: Decider> Cached<D> {
    /// Returns that of a stream without events.
    fn empty() -> Self {
        Self { state: D::default(), revision: None, commands: HashMap::new(), tail: None, kept: 0 }
    }

    /// Returns how many events it knows.
    pub(super) fn events(&self) -> u64 {
        self.revision.map_or(0, |revision| revision + 1)
    }

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

impl<D: Kept> Cached<D> {
    /// Moves on to the state after an event that was read.
    fn read(&mut self, vault: &Vault, recorded: &Recorded) -> Result<(), Fault> {
        let event =
            D::Event::of(open(vault, recorded)?).ok_or(Fault::Misplaced { position: recorded.position })?;
        self.state = std::mem::take(&mut self.state).evolve(&event);
        self.revision = Some(recorded.revision);
        let Repetition { command, variables } = serde_json::from_slice(recorded.meta())?;
        self.commands.insert(command, Rest { variables, position: recorded.position, ticket: None });
        Ok(())
    }
}

/// Reads a stream: from what is kept of it, if it is of this log, else from its beginning.
pub(super) async fn load<D: Kept>(
    log: &dyn EventLog,
    vault: &Vault,
    deciders: &Deciders,
    stream: &StreamId,
) -> Result<Cached<D>, Fault> {
    Ok(load_to_last(log, vault, deciders, stream).await?.0)
}

/// The same, with the id of the last event; none if there is no event.
async fn load_to_last<D: Kept>(
    log: &dyn EventLog,
    vault: &Vault,
    deciders: &Deciders,
    stream: &StreamId,
) -> Result<(Cached<D>, Option<EventId>), Fault> {
    let (mut cached, mut last) = (Cached::empty(), None);
    if let Some(found) = deciders.find::<D>(stream).await {
        let page = log.read_stream(stream, Some(found.revision), Direction::Forwards, PAGE).await?;
        let at = page.first().map(|at| (at.revision, at.id));
        if at == Some((found.revision, found.event)) {
            (cached, last) = (found.cached, page.last().map(|last| last.id));
            for recorded in &page[1..] {
                cached.read(vault, recorded)?;
            }
        } else {
            deciders.remove(stream);
        }
    }
    loop {
        let page = log.read_stream(stream, Some(cached.events()), Direction::Forwards, PAGE).await?;
        for recorded in &page {
            cached.read(vault, recorded)?;
            last = Some(recorded.id);
        }
        if page.len() < PAGE {
            return Ok((cached, last));
        }
    }
}

/// Reads a stream once more, up to what is durable now, and keeps the state; what keeps it from being written is told in
/// the program's log. Nobody waits for it: it has a thread of its own.
pub(super) fn keep_aside<D: Kept>(
    log: &Arc<dyn EventLog>,
    vault: &Arc<Vault>,
    deciders: &Deciders,
    stream: &StreamId,
    turn: tokio::sync::OwnedSemaphorePermit,
) {
    let (log, vault, deciders) = (Arc::clone(log), Arc::clone(vault), deciders.clone());
    let (stream, runtime) = (stream.clone(), tokio::runtime::Handle::current());
    let work = move || {
        let read = runtime.block_on(load_to_last::<D>(&*log, &vault, &deciders, &stream));
        let written = match read {
            Ok((cached, Some(last))) => {
                deciders.write(&stream, &cached, last).map_err(|error| error.to_string())
            }
            Ok((_, None)) => Ok(()),
            Err(fault) => Err(fault.to_string()),
        };
        if let Err(error) = written {
            tracing::warn!(stream = stream.as_str(), error, "the state of a long stream is not kept");
        }
        drop(turn);
    };
    tokio::task::spawn_blocking(work);
}
