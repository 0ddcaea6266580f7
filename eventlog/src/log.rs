//! The port: what a log of events is, whatever stands behind it.
//!
//! Invariants every adapter keeps (tested by `contract`):
//! - An append is atomic, durable when its [`Ticket`] answers, and takes its place in the order of the calls.
//! - Revisions of a stream count from 0 without gaps; positions grow.
//! - After an append failed for another reason than its expectation, nothing later succeeds (fail-stop).
//! - A repeated append of the same event ids to the same stream answers what the first one answered
//!   (with [`Expected::Any`] nothing is searched: it is written again, which is harmless there).

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use domain::{EventId, StreamId, Timestamp};
use tokio::sync::{SetOnce, watch};

use crate::record;

/// What an asynchronous method of the port returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A place in the log. Opaque, and growing; 0 stands before the first event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(pub u64);

impl Position {
    /// Before the first event.
    pub const START: Self = Self(0);
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What the appender believes of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// It has no event.
    NoStream,
    /// Its last event has this revision.
    At(u64),
    /// Nothing.
    Any,
}

/// An event to be appended: sealed, encoded, ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Fixed across retries.
    pub id: EventId,
    /// The stored name of its kind.
    pub kind: &'static str,
    /// The version of `data`.
    pub schema: u16,
    /// JSON.
    pub data: Vec<u8>,
    /// JSON.
    pub meta: Vec<u8>,
}

/// The largest `data` and `meta` of one event together, in bytes.
pub const MAX_EVENT: usize = 1 << 20;

/// The largest number of events in one append.
pub const MAX_APPEND: usize = 4096;

/// Events for one stream, all or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Append {
    /// Where to.
    pub stream: StreamId,
    /// What must be so.
    pub expected: Expected,
    /// What happened, 1 to [`MAX_APPEND`].
    pub events: Vec<NewEvent>,
}

/// Where the last event of an append went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The position of its last event.
    pub position: Position,
    /// The revision of its last event.
    pub revision: u64,
}

/// Why an append did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The stream is not where it was expected.
    #[error("the stream stands at {actual:?}")]
    WrongExpected {
        /// Its last revision, `None` without events.
        actual: Option<u64>,
    },
    /// An event or the append is larger than the log takes, or empty.
    #[error("{0}")]
    Unfit(String),
    /// The log could not write, and takes nothing more.
    #[error(transparent)]
    Stopped(#[from] LogError),
}

/// The log cannot be read or written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogError {
    /// What is stored is not what was written. Names file and position.
    #[error("{file}: {what} at position {position}")]
    Damaged {
        /// The file or folder.
        file: String,
        /// The first bad position.
        position: Position,
        /// What is wrong.
        what: String,
    },
    /// Another process owns the data directory.
    #[error("{0} is in use by another process")]
    InUse(String),
    /// Reading or writing failed.
    #[error("{what}")]
    Io {
        /// What was tried, and on what.
        what: String,
        /// Why it failed.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// An earlier error stopped the writer for good.
    #[error("the log stopped after an error and must be opened again: {0}")]
    FailStop(String),
}

impl LogError {
    pub(crate) fn io(what: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io { what: what.into(), source: Arc::new(source) }
    }
}

impl PartialEq for LogError {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for LogError {}

/// The promise of an append: it has its place in the order, and answers when durable.
///
/// Can be cloned and waited for by many; dropping it changes nothing.
#[derive(Debug, Clone)]
pub struct Ticket(Arc<SetOnce<Result<Appended, AppendError>>>);

/// The other end of a [`Ticket`]. Dropped, it answers that the log stopped.
#[derive(Debug)]
pub struct Answer(Arc<SetOnce<Result<Appended, AppendError>>>);

impl Ticket {
    /// Returns a ticket and what answers it.
    pub fn new() -> (Answer, Self) {
        let answer = Arc::new(SetOnce::new());
        (Answer(Arc::clone(&answer)), Self(answer))
    }

    /// Returns a ticket that is answered already.
    pub fn ready(result: Result<Appended, AppendError>) -> Self {
        Self(Arc::new(SetOnce::new_with(Some(result))))
    }

    /// Waits until the append is durable, or refused.
    pub async fn wait(self) -> Result<Appended, AppendError> {
        self.0.wait().await.clone()
    }

    /// Returns the answer if there is one.
    pub fn peek(&self) -> Option<Result<Appended, AppendError>> {
        self.0.get().cloned()
    }
}

impl Answer {
    /// Answers everybody who waits.
    pub fn send(self, result: Result<Appended, AppendError>) {
        // It is set nowhere else.
        self.0.set(result).ok();
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if !self.0.initialized() {
            self.0.set(Err(gone())).ok();
        }
    }
}

fn gone() -> AppendError {
    AppendError::Stopped(LogError::FailStop("the writer ended".to_owned()))
}

/// An event as stored. Cheap to clone: `data` and `meta` are borrowed from a shared buffer.
#[derive(Clone)]
pub struct Recorded {
    /// Where it stands.
    pub position: Position,
    /// The position of the event before it in its stream.
    pub previous: Option<Position>,
    /// Its number in its stream, from 0.
    pub revision: u64,
    /// Its id.
    pub id: EventId,
    /// When it was written; never earlier than the event before it.
    pub recorded_at: Timestamp,
    /// The version of `data`.
    pub schema: u16,
    /// Stream, kind, data and meta lie one after the other in `bytes`, ending here.
    pub(crate) ends: [u32; 4],
    pub(crate) start: u32,
    pub(crate) bytes: Arc<[u8]>,
}

impl Recorded {
    /// Returns the stream.
    pub fn stream(&self) -> &str {
        self.text(self.start, self.ends[0])
    }

    /// Returns the kind.
    pub fn kind(&self) -> &str {
        self.text(self.ends[0], self.ends[1])
    }

    /// Returns the JSON of the event.
    pub fn data(&self) -> &[u8] {
        &self.bytes[self.ends[1] as usize..self.ends[2] as usize]
    }

    /// Returns the JSON beside it: who, why, in which command.
    pub fn meta(&self) -> &[u8] {
        &self.bytes[self.ends[2] as usize..self.ends[3] as usize]
    }

    /// Returns the whole record, byte for byte as it was stored ([`crate::record`]).
    pub fn record(&self) -> &[u8] {
        &self.bytes[(self.start as usize).saturating_sub(record::HEADER)..self.ends[3] as usize]
    }

    fn text(&self, from: u32, to: u32) -> &str {
        std::str::from_utf8(&self.bytes[from as usize..to as usize]).unwrap_or_default()
    }
}

impl fmt::Debug for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{} {} {}", self.stream(), self.revision, self.position, self.kind())
    }
}

/// Which way a stream is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the oldest.
    Forwards,
    /// From the newest.
    Backwards,
}

/// What an adapter can do beyond the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Survives the end of the process.
    pub durable: bool,
    /// Other nodes may append too, so an expectation may fail at any time.
    pub shared: bool,
}

/// A log of events.
pub trait EventLog: Send + Sync + 'static {
    /// Puts the events in line, in the order of the calls, and returns at once.
    fn append(&self, append: Append) -> Ticket;

    /// Puts many streams' events in line as one: atomic for each stream, one durable write for all.
    ///
    /// Answers come in the order of `appends`; one that is refused does not stop the others.
    fn append_all(&self, appends: Vec<Append>) -> Vec<Ticket>;

    /// Returns at most `limit` events after `after`, oldest first.
    fn read_all(&self, after: Position, limit: usize) -> BoxFuture<'_, Result<Vec<Recorded>, LogError>>;

    /// Returns at most `limit` events of a stream. `from` is the first revision to return, in the direction read;
    /// `None` is the end to begin with.
    fn read_stream(
        &self,
        stream: &StreamId,
        from: Option<u64>,
        direction: Direction,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Recorded>, LogError>>;

    /// Returns the event at `position`, if there is one.
    fn read_at(&self, position: Position) -> BoxFuture<'_, Result<Option<Recorded>, LogError>>;

    /// Watches the position of the newest durable event.
    fn committed(&self) -> watch::Receiver<Position>;

    /// Returns what this adapter can do.
    fn capabilities(&self) -> Capabilities;

    /// Returns the position of the newest durable event.
    fn head(&self) -> Position {
        *self.committed().borrow()
    }
}

/// Reads the log without end: first what is there, then what comes. No gap, no double.
pub struct Follow {
    log: Arc<dyn EventLog>,
    committed: watch::Receiver<Position>,
    after: Position,
}

/// Follows `log` after `after`.
pub fn follow(log: Arc<dyn EventLog>, after: Position) -> Follow {
    let committed = log.committed();
    Follow { log, committed, after }
}

impl Follow {
    /// Returns the next events, at most `limit`; waits if there are none yet.
    ///
    /// Safe to drop while it waits: nothing is lost.
    pub async fn next(&mut self, limit: usize) -> Result<Vec<Recorded>, LogError> {
        let after = self.after;
        if self.committed.wait_for(|head| *head > after).await.is_err() {
            return Err(LogError::FailStop("the writer ended".to_owned()));
        }
        let events = self.log.read_all(after, limit).await?;
        if let Some(last) = events.last() {
            self.after = last.position;
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_ticket_is_answered_once_for_everybody_and_also_when_nobody_answers() {
        let answered = Appended { position: Position(7), revision: 3 };
        let (answer, ticket) = Ticket::new();
        let other = ticket.clone();
        assert_eq!(ticket.peek(), None);
        answer.send(Ok(answered));
        assert_eq!(ticket.peek(), Some(Ok(answered)));
        assert_eq!((ticket.wait().await, other.wait().await), (Ok(answered), Ok(answered)));
        assert_eq!(Ticket::ready(Ok(answered)).wait().await, Ok(answered));

        let (answer, ticket) = Ticket::new();
        drop(answer);
        assert_eq!(ticket.peek(), Some(Err(gone())));
    }
}
