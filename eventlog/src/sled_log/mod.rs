//! The log on one machine: volumes of chunks, an index of them in sled, one writer, streams linked backwards.
//!
//! - `files`: the folder, its lock and its mark. `volume`: one file of chunks; `walk`: reading it. `volumes`: all of them.
//! - `index`: where the chunks stand, in sled.
//! - `writer`: the thread that takes appends; `commit`: the thread that writes them; `store`: the end of the log, where it
//!   does. `found`, `scan`: what happens at open. `read`: everybody else.
//! - `ends`: what makes opening short.
//! - `examine`: a look at everything, whatever is damaged. `restore`: a log written anew from its records.
//!
//! Invariants: what is stored can be read from the volumes alone; a ticket is answered after the sync of its volume; the
//! ends of the streams live in memory, found by a scan at open.
//! Reading is blocking but short (memory, or a few pages of a file), so it happens where it is awaited.

mod commit;
mod ends;
mod examine;
mod files;
mod found;
mod index;
mod read;
mod restore;
mod scan;
mod store;
#[cfg(test)]
mod tests;
mod volume;
mod volumes;
mod walk;
mod writer;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use domain::StreamId;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::log::{
    Append, BoxFuture, Capabilities, Direction, EventLog, LogError, Position, Recorded, Ticket,
};
use crate::plan::{Plan, Ready};

use commit::Committer;
pub use examine::{Met, Part};
pub use files::make_directory;
use files::{Held, Mark};
use found::Found;
use read::Shared;
pub use restore::Restore;
use store::Store;
use volumes::Volumes;
use writer::{Item, Lot, Noting, Told, Writer};

/// What can be chosen of a log on one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The writer begins a new volume when the file of the open one has this many bytes.
    pub volume_bytes: u64,
    /// The writer notes the ends of all streams in a file after so many events, so that opening reads no more.
    pub ends_every: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { volume_bytes: 1 << 30, ends_every: 1 << 19 }
    }
}

/// What must be durable before events are.
pub trait BeforeCommit: Send + Sync + 'static {
    /// Is called before each durable write, by the thread that makes it. An error stops the log for good.
    fn before_commit(&self) -> std::io::Result<()>;
}

impl BeforeCommit for () {
    fn before_commit(&self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What was found at open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenReport {
    /// How many events there are.
    pub events: u64,
    /// How many streams.
    pub streams: usize,
    /// How many chunks hold them.
    pub chunks: u64,
    /// How many volumes hold those.
    pub volumes: usize,
    /// How many bytes the volumes take on disk.
    pub bytes: u64,
    /// What was cut because a crash left it unfinished. Nobody was told it was written.
    pub cut: Option<String>,
    /// What was lost or damaged and could be made again without loss, as sentences that name the file.
    pub restored: Vec<String>,
}

/// The log in a folder.
pub struct SledLog {
    line: Mutex<Option<Sender<Told>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    committed: watch::Receiver<Position>,
    shared: Arc<Shared>,
    // Last, so that it is released last.
    _lock: Held,
}

/// A directory that no other process can open.
#[derive(Debug)]
pub struct Lock {
    held: Held,
    dir: std::path::PathBuf,
}

impl SledLog {
    /// Opens the log in `dir`, or makes it. Reads once what follows the last file of ends, or all of it.
    ///
    /// `before_commit` is called before each durable write; `()` does nothing.
    pub fn open(
        dir: &Path,
        clock: Arc<dyn Clock>,
        before_commit: Arc<dyn BeforeCommit>,
    ) -> Result<(Self, OpenReport), LogError> {
        Self::open_locked(Self::lock(dir)?, clock, before_commit)
    }

    /// Takes the data directory for this process, before anything in it is looked at.
    pub fn lock(dir: &Path) -> Result<Lock, LogError> {
        files::lock(dir).map(|held| Lock { held, dir: dir.to_owned() })
    }

    /// Opens the log in a directory that was taken before.
    pub fn open_locked(
        lock: Lock,
        clock: Arc<dyn Clock>,
        before_commit: Arc<dyn BeforeCommit>,
    ) -> Result<(Self, OpenReport), LogError> {
        Self::open_with(lock, Settings::default(), clock, before_commit)
    }

    /// Opens the log in a directory that was taken before, with settings of its own.
    pub fn open_with(
        lock: Lock,
        settings: Settings,
        clock: Arc<dyn Clock>,
        before_commit: Arc<dyn BeforeCommit>,
    ) -> Result<(Self, OpenReport), LogError> {
        let Lock { held, dir } = lock;
        let (mark, acknowledged) = Mark::open(&dir)?;
        let Found { closed, newest, scan, index, known, bytes, restored } = Found::look(&dir, acknowledged)?;
        let volumes = closed.len() + 1;
        mark.set(scan.last)?;
        let report = OpenReport {
            events: scan.last.0,
            streams: scan.heads.len(),
            chunks: scan.chunks,
            volumes,
            bytes,
            cut: scan.cut,
            restored,
        };
        index.add(&scan.places);
        let store = Store::behind(
            &dir,
            settings.volume_bytes,
            Arc::clone(&newest),
            scan.end,
            scan.last_chunk,
            scan.chunks,
        )?;
        let volumes = Volumes::new(closed, newest);
        let shared = Arc::new(Shared { volumes, index, heads: RwLock::new(scan.heads) });
        let (line, told) = mpsc::channel();
        let (work, given) = mpsc::channel();
        let (sender, committed) = watch::channel(scan.last);
        let recorded_at = scan.recorded_at.unwrap_or(i64::MIN);
        let committer = Committer {
            store,
            mark,
            before_commit,
            shared: Arc::clone(&shared),
            last: scan.last,
            event: scan.event,
            recorded_at,
        };
        let writer = Writer {
            told,
            shared: Arc::clone(&shared),
            committed: sender,
            clock,
            dir,
            committer: Some(Box::new(committer)),
            work,
            noting: Noting { every: settings.ends_every, known, thread: None },
            waiting: VecDeque::new(),
            next: Lot::of(Plan::after(scan.last, recorded_at)),
            ahead: None,
            spare: None,
        };
        let teller = line.clone();
        let threads = start("log-commit", move || commit::run(&given, &teller))
            .and_then(|commit| Ok([start("log-writer", move || writer.run())?, commit]))
            .map_err(|error| LogError::io("cannot start the writer of the log", error))?;
        let log = Self {
            line: Mutex::new(Some(line)),
            threads: Mutex::new(Vec::from(threads)),
            committed,
            shared,
            _lock: held,
        };
        Ok((log, report))
    }

    /// Writes what is queued and takes nothing more. Reading goes on; who follows learns that it is over.
    pub fn stop(&self) {
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(line) = line {
            line.send(Told::Over).ok();
        }
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        for thread in threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("the writer of the log panicked");
            }
        }
    }

    /// Writes what is queued and closes the files.
    pub fn close(self) {
        drop(self);
    }

    /// Puts `item` in line. If nothing is taken any more it is dropped, which answers its tickets.
    fn enqueue(&self, item: Item) {
        if let Some(line) = &*self.line.lock().unwrap_or_else(PoisonError::into_inner) {
            line.send(Told::Append(item)).ok();
        }
    }
}

fn start(name: &str, work: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work)
}

impl Drop for SledLog {
    fn drop(&mut self) {
        self.stop();
    }
}

impl EventLog for SledLog {
    fn append(&self, append: Append) -> Ticket {
        match Ready::of(&append) {
            Ok(ready) => {
                let (answer, ticket) = Ticket::new();
                self.enqueue(Item::new(vec![(ready, answer)]));
                ticket
            }
            Err(unfit) => Ticket::ready(Err(unfit)),
        }
    }

    fn append_all(&self, appends: Vec<Append>) -> Vec<Ticket> {
        let (mut item, mut tickets) = (vec![], vec![]);
        for append in appends {
            tickets.push(match Ready::of(&append) {
                Ok(ready) => {
                    let (answer, ticket) = Ticket::new();
                    item.push((ready, answer));
                    ticket
                }
                Err(unfit) => Ticket::ready(Err(unfit)),
            });
        }
        if !item.is_empty() {
            self.enqueue(Item::new(item));
        }
        tickets
    }

    fn read_all(&self, after: Position, limit: usize) -> BoxFuture<'_, Result<Vec<Recorded>, LogError>> {
        Box::pin(async move { self.shared.all(after, self.head(), limit) })
    }

    fn read_stream(
        &self,
        stream: &StreamId,
        from: Option<u64>,
        direction: Direction,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Recorded>, LogError>> {
        let stream = stream.clone();
        Box::pin(async move { self.shared.stream(stream.as_str(), from, direction, limit) })
    }

    fn read_at(&self, position: Position) -> BoxFuture<'_, Result<Option<Recorded>, LogError>> {
        Box::pin(async move {
            let there = position > Position::START && position <= self.head();
            there.then(|| self.shared.at(position)).transpose()
        })
    }

    fn committed(&self) -> watch::Receiver<Position> {
        self.committed.clone()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { durable: true, shared: false }
    }
}
