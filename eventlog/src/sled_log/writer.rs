//! The thread that takes appends: it decides them in the order of the calls, has them written (`commit`), and answers
//! everybody once they are durable. While one durable write is under way it decides what belongs into the next.
//!
//! Invariants: appends are written in the order of the calls; nobody is answered before everything the answer
//! rests on is durable, refusals included; after any error nothing is written any more, and every ticket says so.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, TryRecvError};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::watch;

use crate::clock::Clock;
use crate::log::{Answer, AppendError, Appended, LogError, Position};
use crate::plan::{Before, Plan, Ready};

use super::commit::{Committer, Done, Written};
use super::ends::{self, Tail};
use super::read::Shared;
use super::store::MOST_KEPT;

/// The most appends and bytes that one durable write takes, unless one item alone is larger.
const MOST: usize = 256;
const MOST_BYTES: usize = 4 << 20;

/// What the writer is told.
pub(super) enum Told {
    Append(Item),
    /// The write that was under way is over.
    Written(Written),
    /// Nobody appends any more.
    Over,
}

/// Appends that came with one call.
pub(super) struct Item {
    pub appends: Vec<(Ready, Answer)>,
    pub bytes: usize,
}

impl Item {
    pub fn new(appends: Vec<(Ready, Answer)>) -> Self {
        let bytes = appends.iter().map(|(append, _)| append.records.len()).sum();
        Self { appends, bytes }
    }

    fn refuse(self, error: &LogError) {
        for (_, answer) in self.appends {
            answer.send(Err(AppendError::Stopped(error.clone())));
        }
    }
}

pub(super) struct Writer {
    pub told: Receiver<Told>,
    pub shared: Arc<Shared>,
    pub committed: watch::Sender<Position>,
    pub clock: Arc<dyn Clock>,
    pub dir: PathBuf,
    /// What writes; none while it does so on its own thread.
    pub committer: Option<Box<Committer>>,
    /// Where its thread takes work.
    pub work: Sender<(Box<Committer>, Arc<Plan>)>,
    pub noting: Noting,
    /// What came while the next write was full.
    pub waiting: VecDeque<Item>,
    /// What the next write will hold.
    pub next: Lot,
    /// What is being written.
    pub ahead: Option<(Arc<Plan>, Answers)>,
    /// A plan whose room can be used again.
    pub spare: Option<Plan>,
}

/// Who waits for a write, and what they will be told.
pub(super) type Answers = Vec<(Answer, Result<Appended, AppendError>)>;

/// What is written at once.
pub(super) struct Lot {
    pub plan: Plan,
    pub answers: Answers,
    pub bytes: usize,
}

impl Lot {
    pub fn of(plan: Plan) -> Self {
        Self { plan, answers: vec![], bytes: 0 }
    }

    fn is_full(&self) -> bool {
        self.answers.len() >= MOST || self.bytes >= MOST_BYTES
    }

    /// Says whether there is something to write, for more than one.
    fn is_shared(&self) -> bool {
        self.answers.len() > 1 && !self.plan.ends.is_empty()
    }
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
        let over = self.work();
        match &over {
            // An eighth of the way is worth a file: the next opening is a clean one.
            Ok(()) => self.note_ends(self.noting.every.div_ceil(8)),
            Err(error) => self.stop(error),
        }
        self.noting.settle();
        if let Some(committer) = self.committer.filter(|_| over.is_ok()) {
            committer.close();
        }
    }

    fn work(&mut self) -> Result<(), LogError> {
        let mut over = false;
        while !over || self.ahead.is_some() || !self.next.answers.is_empty() {
            // Who waits is asked for first; nobody is waited for while there is something to write.
            let told = if self.ahead.is_none() && !self.next.answers.is_empty() {
                match self.told.try_recv() {
                    Ok(told) => told,
                    Err(TryRecvError::Empty | TryRecvError::Disconnected) => {
                        self.begin()?;
                        continue;
                    }
                }
            } else {
                self.told.recv().unwrap_or(Told::Over)
            };
            match told {
                Told::Append(item) => self.take(item)?,
                Told::Written(written) => self.end(written)?,
                Told::Over => over = true,
            }
            if self.ahead.is_none() && self.next.is_full() {
                self.begin()?;
            }
        }
        Ok(())
    }

    /// Decides what came with one call, or lets it wait if the next write is full.
    fn take(&mut self, item: Item) -> Result<(), LogError> {
        if self.next.is_full() {
            self.waiting.push_back(item);
            return Ok(());
        }
        self.admit(item)
    }

    fn admit(&mut self, item: Item) -> Result<(), LogError> {
        let Self { next, shared, ahead, clock, .. } = self;
        next.bytes += item.bytes;
        let heads = shared.heads.read().unwrap_or_else(PoisonError::into_inner);
        let before = Before {
            ahead: ahead.as_ref().map(|(plan, _)| &**plan),
            durable: &heads,
            stored: &|at| shared.at(at),
        };
        let mut failed = None;
        for (append, answer) in item.appends {
            let result = match &failed {
                Some(error) => Err(AppendError::Stopped(LogError::clone(error))),
                None => next.plan.admit(&append, clock.now(), &before),
            };
            if let Err(AppendError::Stopped(error)) = &result {
                failed.get_or_insert_with(|| error.clone());
            }
            next.answers.push((answer, result));
        }
        failed.map_or(Ok(()), Err)
    }

    /// Has what was decided written.
    fn begin(&mut self) -> Result<(), LogError> {
        let Some(mut committer) = self.committer.take() else { return Ok(()) };
        let shared = self.next.is_shared();
        let (last, recorded_at) = (self.next.plan.last(), self.next.plan.recorded_at);
        let plan = match self.spare.take() {
            Some(plan) => plan.again(last, recorded_at),
            None => Plan::after(last, recorded_at),
        };
        let Lot { plan, answers, .. } = std::mem::replace(&mut self.next, Lot::of(plan));
        let plan = Arc::new(plan);
        self.ahead = Some((Arc::clone(&plan), answers));
        if !shared {
            // Nobody else asks for anything: waking another thread would take longer than it gives.
            let done = committer.commit(&plan);
            return self.end(Written { committer, done });
        }
        self.work.send((committer, plan)).map_err(|_| gone())?;
        self.fill()
    }

    /// Takes what waited into the next write.
    fn fill(&mut self) -> Result<(), LogError> {
        while !self.next.is_full()
            && let Some(item) = self.waiting.pop_front()
        {
            self.admit(item)?;
        }
        Ok(())
    }

    /// Shows what is durable now to everybody, and answers.
    fn end(&mut self, written: Written) -> Result<(), LogError> {
        let Written { committer, done } = written;
        self.committer = Some(committer);
        done?;
        let Some((plan, answers)) = self.ahead.take() else { return Ok(()) };
        if !plan.ends.is_empty() {
            // Under one lock: who finds an event through its stream finds it committed.
            let mut heads = self.shared.heads.write().unwrap_or_else(PoisonError::into_inner);
            heads.absorb(&plan.heads);
            self.committed.send_replace(plan.last());
            drop(heads);
        }
        self.note_ends(self.noting.every);
        self.spare = Arc::into_inner(plan).filter(|plan| plan.records.capacity() <= MOST_KEPT);
        // The disk has its next work before those who waited are woken: that takes as long as a small write.
        let begun = if self.next.is_shared() { self.begin() } else { self.fill() };
        for (answer, result) in answers {
            answer.send(result);
        }
        begun
    }

    /// Has the ends of the streams written to a file if so many events came since the last one.
    fn note_ends(&mut self, after: u64) {
        let Some(Done { last, event, recorded_at, last_chunk, chunks }) =
            self.committer.as_ref().and_then(|committer| committer.done())
        else {
            return;
        };
        if last.0 - self.noting.known.0 < after.max(1) || !self.noting.is_idle() {
            return;
        }
        let heads = self.shared.heads.read().unwrap_or_else(PoisonError::into_inner);
        let volumes = self.shared.volumes.firsts();
        let bytes = Tail { last, event, last_chunk, recorded_at, chunks, volumes }.encode(&heads);
        drop(heads);
        let (dir, shared) = (self.dir.clone(), Arc::clone(&self.shared));
        let write = move || {
            // Who goes on from the file relies on the index up to there.
            let written = shared.index.settle(last).and_then(|()| ends::write(&dir, last, bytes));
            if let Err(error) = written {
                tracing::warn!(%error, "the next opening will take longer");
            }
        };
        match std::thread::Builder::new().name("log-ends".to_owned()).spawn(write) {
            Ok(thread) => (self.noting.thread, self.noting.known) = (Some(thread), last),
            Err(error) => tracing::warn!(%error, "the next opening will take longer"),
        }
    }

    /// Answers everybody, now and later, that the log stopped. A sync is never tried again: what the disk
    /// holds is known only after opening anew.
    fn stop(&mut self, error: &LogError) {
        let mut text = error.to_string();
        if let Some(source) = std::error::Error::source(error) {
            text = format!("{text}: {source}");
        }
        tracing::error!(error = text, "the log stopped and must be opened again");
        let stopped = LogError::FailStop(text);
        let ahead = self.ahead.take().map(|(_, answers)| answers);
        let next = std::mem::take(&mut self.next.answers);
        for (answer, _) in ahead.into_iter().flatten().chain(next) {
            answer.send(Err(AppendError::Stopped(stopped.clone())));
        }
        // Whoever follows learns it as well.
        self.committed = watch::channel(Position::START).0;
        for item in self.waiting.drain(..) {
            item.refuse(&stopped);
        }
        while let Ok(told) = self.told.recv() {
            match told {
                Told::Append(item) => item.refuse(&stopped),
                Told::Written(_) => {}
                Told::Over => return,
            }
        }
    }
}

fn gone() -> LogError {
    LogError::FailStop("the thread that writes ended".to_owned())
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
