//! One durable write after the other, on a thread of its own.
//!
//! Invariant: what must be durable before events is, before anything of them is written.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use domain::EventId;

use crate::log::{LogError, Position};
use crate::plan::Plan;

use super::BeforeCommit;
use super::files::Mark;
use super::read::Shared;
use super::store::Store;
use super::writer::Told;

/// What writes.
pub(super) struct Committer {
    pub store: Store,
    pub mark: Mark,
    pub before_commit: Arc<dyn BeforeCommit>,
    pub shared: Arc<Shared>,
    /// The newest event that is durable.
    pub last: Position,
    pub event: Option<EventId>,
    pub recorded_at: i64,
}

/// How far it is.
pub(super) struct Done {
    pub last: Position,
    pub event: EventId,
    pub recorded_at: i64,
    pub last_chunk: Position,
    pub chunks: u64,
}

/// A write that is over, well or not.
pub(super) struct Written {
    pub committer: Box<Committer>,
    pub done: Result<(), LogError>,
}

impl Committer {
    /// Writes a plan; returns when it is durable.
    pub fn commit(&mut self, plan: &Plan) -> Result<(), LogError> {
        if plan.ends.is_empty() {
            return Ok(());
        }
        self.before_commit
            .before_commit()
            .map_err(|error| LogError::io("cannot do what must come before a write to the log", error))?;
        if let Some(next) = self.store.roll_over(plan.first, self.event)? {
            self.shared.volumes.roll_over(next);
        }
        let places = self.store.append(plan.first, &plan.records, &plan.ends)?;
        self.shared.index.add(places);
        (self.last, self.event, self.recorded_at) = (plan.last(), plan.event, plan.recorded_at);
        self.mark.set(self.last)
    }

    /// Returns how far it is, unless there is nothing yet.
    pub fn done(&self) -> Option<Done> {
        let (last_chunk, chunks) = (self.store.last_chunk, self.store.chunks);
        let Self { last, recorded_at, .. } = *self;
        self.event.map(|event| Done { last, event, recorded_at, last_chunk, chunks })
    }

    /// Gives back what is not needed any more.
    pub fn close(self) {
        if let Err(error) = self.store.close() {
            tracing::warn!(%error, "the last volume keeps room that it does not need");
        }
        if let Err(error) = self.mark.sync() {
            tracing::warn!(%error, "the log was closed, but how far it went may not be on the disk");
        }
    }
}

/// Writes what it is given until nothing comes any more, and tells the writer.
pub(super) fn run(work: &Receiver<(Box<Committer>, Arc<Plan>)>, told: &Sender<Told>) {
    while let Ok((mut committer, plan)) = work.recv() {
        let done = catch_unwind(AssertUnwindSafe(|| committer.commit(&plan)));
        let done = done.unwrap_or_else(|_| Err(LogError::FailStop("writing panicked".to_owned())));
        // The writer uses the room of the plan again.
        drop(plan);
        if told.send(Told::Written(Written { committer, done })).is_err() {
            return;
        }
    }
}
