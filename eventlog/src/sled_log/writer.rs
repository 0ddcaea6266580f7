//! The one thread that writes: it takes what waits, writes it with one durable write, answers everybody.
//!
//! Invariants: appends are written in the order of the calls; nobody is answered before everything the answer
//! rests on is durable; after any error nothing is written any more, and every ticket says so.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;

use domain::EventId;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::log::{Answer, Append, AppendError, Appended, LogError, Position};
use crate::plan::Plan;

use super::BeforeCommit;
use super::ends::{self, Tail};
use super::files::Mark;
use super::read::Shared;
use super::store::Store;

/// The most appends and bytes that one durable write takes, unless one item alone is larger.
const MOST: usize = 256;
const MOST_BYTES: usize = 1 << 20;

/// Appends that came with one call.
pub(super) struct Item {
    pub appends: Vec<(Append, Answer)>,
    pub bytes: usize,
}

impl Item {
    pub fn new(appends: Vec<(Append, Answer)>) -> Self {
        let events = appends.iter().flat_map(|(append, _)| &append.events);
        let bytes = events.map(|event| event.data.len() + event.meta.len()).sum();
        Self { appends, bytes }
    }

    fn refuse(self, error: &LogError) {
        for (_, answer) in self.appends {
            answer.send(Err(AppendError::Stopped(error.clone())));
        }
    }
}

pub(super) struct Writer {
    pub items: Receiver<Item>,
    pub shared: Arc<Shared>,
    pub committed: watch::Sender<Position>,
    pub mark: Mark,
    pub clock: Arc<dyn Clock>,
    pub before_commit: Arc<dyn BeforeCommit>,
    pub store: Store,
    /// The newest event.
    pub last: Position,
    pub event: Option<EventId>,
    pub recorded_at: i64,
    pub dir: PathBuf,
    pub noting: Noting,
}

/// Up to where the ends of the streams are in a file, and what the next one needs.
pub(super) struct Noting {
    /// After how many events there is a new one.
    pub every: u64,
    pub known: Position,
    /// The thread that writes it.
    pub thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Runs until nobody can append any more, then ends with everything written.
    pub fn run(mut self) {
        self.note_ends(self.noting.every);
        while let Ok(first) = self.items.recv() {
            let items = self.drain(first);
            let mut answers = Vec::new();
            match self.write(items, &mut answers) {
                Ok(results) => answers
                    .into_iter()
                    .zip(results)
                    .for_each(|(answer, result): (Answer, _)| answer.send(result)),
                Err(error) => return self.stop(answers, &error),
            }
        }
        // An eighth of the way is worth a file: the next opening is a clean one.
        self.note_ends(self.noting.every.div_ceil(8));
        self.noting.settle();
        if let Err(error) = self.store.close() {
            tracing::warn!(%error, "the last volume keeps room that it does not need");
        }
        if let Err(error) = self.mark.sync() {
            tracing::warn!(%error, "the log was closed, but how far it went may not be on the disk");
        }
    }

    fn drain(&self, first: Item) -> Vec<Item> {
        let mut count = first.appends.len();
        let mut bytes = first.bytes;
        let mut items = vec![first];
        while count < MOST && bytes < MOST_BYTES {
            match self.items.try_recv() {
                Ok(item) => {
                    count += item.appends.len();
                    bytes += item.bytes;
                    items.push(item);
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        items
    }

    /// Writes what is admitted and returns the answers in order; everything they rest on is durable.
    fn write(
        &mut self,
        items: Vec<Item>,
        answers: &mut Vec<Answer>,
    ) -> Result<Vec<Result<Appended, AppendError>>, LogError> {
        let all = items.iter().flat_map(|item| &item.appends).map(|(append, _)| append);
        let mut plan = Plan::after(self.last, self.recorded_at, all);
        let mut results = Vec::new();
        let mut failed = None;
        let heads = self.shared.heads.read().unwrap_or_else(PoisonError::into_inner);
        for (append, answer) in items.into_iter().flat_map(|item| item.appends) {
            answers.push(answer);
            if failed.is_some() {
                continue;
            }
            match plan.admit(&append, self.clock.now(), &heads, &|at| self.shared.at(at)) {
                Err(AppendError::Stopped(error)) => failed = Some(error),
                result => results.push(result),
            }
        }
        drop(heads);
        if let Some(error) = failed {
            return Err(error);
        }
        if !plan.ends.is_empty() {
            self.commit(plan)?;
        }
        Ok(results)
    }

    fn commit(&mut self, mut plan: Plan) -> Result<(), LogError> {
        let last = plan.last();
        self.before_commit
            .before_commit()
            .map_err(|error| LogError::io("cannot do what must come before a write to the log", error))?;
        if let Some(next) = self.store.roll_over(plan.first, self.event)? {
            self.shared.volumes.roll_over(next);
        }
        let places = self.store.append(plan.first, &plan.records, &plan.ends)?;
        self.shared.index.add(places);
        self.mark.set(last)?;
        (self.last, self.event, self.recorded_at) = (last, plan.event, plan.recorded_at);
        // Under one lock: who finds an event through its stream finds it committed.
        let mut heads = self.shared.heads.write().unwrap_or_else(PoisonError::into_inner);
        heads.absorb(&mut plan.heads);
        self.committed.send_replace(last);
        drop(heads);
        self.note_ends(self.noting.every);
        Ok(())
    }

    /// Has the ends of the streams written to a file if so many events came since the last one.
    fn note_ends(&mut self, after: u64) {
        if self.last.0 - self.noting.known.0 < after.max(1) || !self.noting.is_idle() {
            return;
        }
        let Some(event) = self.event else { return };
        let heads = self.shared.heads.read().unwrap_or_else(PoisonError::into_inner);
        let tail = Tail {
            last: self.last,
            event,
            last_chunk: self.store.last_chunk,
            recorded_at: self.recorded_at,
            chunks: self.store.chunks,
            volumes: self.shared.volumes.firsts(),
        };
        let bytes = tail.encode(&heads);
        drop(heads);
        let (dir, position, shared) = (self.dir.clone(), self.last, Arc::clone(&self.shared));
        let write = move || {
            // Who goes on from the file relies on the index up to there.
            let written = shared.index.settle(position).and_then(|()| ends::write(&dir, position, bytes));
            if let Err(error) = written {
                tracing::warn!(%error, "the next opening will take longer");
            }
        };
        match std::thread::Builder::new().name("log-ends".to_owned()).spawn(write) {
            Ok(thread) => (self.noting.thread, self.noting.known) = (Some(thread), position),
            Err(error) => tracing::warn!(%error, "the next opening will take longer"),
        }
    }

    /// Answers everybody, now and later, that the log stopped. A sync is never tried again: what the disk
    /// holds is known only after opening anew.
    fn stop(mut self, answers: Vec<Answer>, error: &LogError) {
        let mut text = error.to_string();
        if let Some(source) = std::error::Error::source(error) {
            text = format!("{text}: {source}");
        }
        tracing::error!(error = text, "the log stopped and must be opened again");
        let stopped = LogError::FailStop(text);
        for answer in answers {
            answer.send(Err(AppendError::Stopped(stopped.clone())));
        }
        self.noting.settle();
        let Self { items, committed, .. } = self;
        drop(committed); // Whoever follows learns it as well.
        while let Ok(item) = items.recv() {
            item.refuse(&stopped);
        }
    }
}

impl Noting {
    fn is_idle(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Waits until the file is written.
    fn settle(&mut self) {
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("noting the ends of the streams panicked");
        }
    }
}
