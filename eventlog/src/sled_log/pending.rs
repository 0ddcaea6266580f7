//! What is durable in the write-ahead log and not yet in sled, kept in memory for who reads it, and whoever brings it
//! there or waits for that.
//!
//! Invariants: what is in here follows what is in sled without a gap; it leaves only when it is durable there; so who
//! looks here first, and then in sled, finds everything that is committed.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::chunk::MAX_COUNT;
use crate::log::{LogError, Position};
use crate::record;

use super::volume::Loaded;

/// What waits longer is brought to sled however little it is.
const PATIENCE: Duration = Duration::from_millis(250);

/// A reader keeps one lot in memory, so a long commit becomes several.
const LOT: usize = 1 << 20;

/// A run of events of one commit.
pub(super) struct Lot {
    pub first: Position,
    /// Their records one after the other.
    pub records: Arc<[u8]>,
    /// Where each record ends.
    pub ends: Box<[usize]>,
    /// With it, its commit is over.
    over: bool,
}

impl Lot {
    pub fn last(&self) -> Position {
        Position(self.first.0 + self.ends.len() as u64 - 1)
    }

    /// Returns the events around a position that is in it, as many as a chunk would hold.
    fn load(&self, position: Position) -> Result<Loaded, LogError> {
        let block = usize::try_from(position.0 - self.first.0).unwrap_or(usize::MAX) / MAX_COUNT * MAX_COUNT;
        let first = Position(self.first.0 + block as u64);
        let start = block.checked_sub(1).map_or(0, |before| self.ends[before]);
        let count = MAX_COUNT.min(self.ends.len() - block);
        let read = record::decode_run(first, count, &self.records, start);
        let (events, _) = read.map_err(|broken| LogError::Damaged {
            file: "the memory of the log".to_owned(),
            position,
            what: broken.to_string(),
        })?;
        Ok(Loaded { first, events })
    }
}

pub(super) struct Pending {
    state: Mutex<State>,
    /// So many bytes are worth to be brought to sled.
    enough: usize,
    /// There is more, or somebody is in a hurry.
    more: Condvar,
    /// Something is in sled, or never will be.
    settled: Condvar,
}

#[derive(Default)]
struct State {
    lots: VecDeque<Arc<Lot>>,
    bytes: usize,
    /// Somebody waits for the end of it.
    hurry: bool,
    /// Nothing more will come.
    closed: bool,
    store: Stored,
    failed: Option<LogError>,
}

/// How far sled is.
#[derive(Debug, Clone, Default)]
pub(super) struct Stored {
    pub last: Position,
    pub last_chunk: Position,
    /// How many chunks there are.
    pub chunks: u64,
    /// The first positions of all volumes.
    pub firsts: Vec<Position>,
}

impl Pending {
    pub fn behind(store: Stored, enough: usize) -> Self {
        let state = Mutex::new(State { store, ..State::default() });
        Self { state, enough, more: Condvar::new(), settled: Condvar::new() }
    }

    /// Adds a commit, which is durable. `ends` says where each of its records ends.
    pub fn push(&self, first: Position, records: Vec<u8>, ends: &[usize]) {
        let lots = cut(first, records, ends);
        let mut state = self.state();
        let before = state.bytes;
        state.bytes += lots.iter().map(|lot| lot.records.len()).sum::<usize>();
        state.lots.extend(lots.into_iter().map(Arc::new));
        // Nobody is woken for what need not be done yet.
        let worth = before == 0 || (before < self.enough && state.bytes >= self.enough);
        drop(state);
        if worth {
            self.more.notify_one();
        }
    }

    /// Returns the events around a position if it is in here.
    pub fn load(&self, position: Position) -> Result<Option<Loaded>, LogError> {
        let state = self.state();
        let after = state.lots.partition_point(|lot| lot.first <= position);
        let lot = after.checked_sub(1).and_then(|at| state.lots.get(at)).cloned();
        drop(state);
        lot.filter(|lot| position <= lot.last()).map(|lot| lot.load(position)).transpose()
    }

    /// Waits until it is worth to bring something to sled, or something waited long. Returns whole commits; none once it
    /// is closed and empty.
    pub fn next(&self) -> Option<Vec<Arc<Lot>>> {
        let mut state = self.state();
        while state.lots.is_empty() {
            if state.closed {
                return None;
            }
            state = self.more.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let waits = |state: &mut State| state.bytes < self.enough && !state.hurry && !state.closed;
        let waited = self.more.wait_timeout_while(state, PATIENCE, waits);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let mut bytes = 0;
        let mut more = true;
        let portion = state.lots.iter().take_while(|lot| {
            let taken = more;
            bytes += lot.records.len();
            more = bytes < self.enough || !lot.over;
            taken
        });
        Some(portion.cloned().collect())
    }

    /// Notes that the first lots are durable in sled.
    pub fn settle(&self, lots: usize, store: Stored) {
        let mut state = self.state();
        let bytes: usize = state.lots.drain(..lots).map(|lot| lot.records.len()).sum();
        state.bytes -= bytes;
        state.hurry &= !state.lots.is_empty();
        state.store = store;
        drop(state);
        self.settled.notify_all();
    }

    /// Notes that nothing will be brought to sled any more.
    pub fn fail(&self, error: LogError) {
        self.state().failed.get_or_insert(error);
        self.settled.notify_all();
    }

    /// Returns why nothing can be brought to sled any more, if so.
    pub fn failed(&self) -> Result<(), LogError> {
        self.state().failed.clone().map_or(Ok(()), Err)
    }

    /// Waits until everything up to a position is in sled. Returns how far that is.
    pub fn settled(&self, position: Position) -> Result<Stored, LogError> {
        let mut state = self.state();
        while state.store.last < position {
            if let Some(error) = &state.failed {
                return Err(error.clone());
            }
            state.hurry = true;
            self.more.notify_one();
            state = self.settled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(state.store.clone())
    }

    /// Lets what is in here be brought to sled, and nothing after it.
    pub fn close(&self) {
        self.state().closed = true;
        self.more.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cuts a commit into lots.
fn cut(first: Position, records: Vec<u8>, ends: &[usize]) -> Vec<Lot> {
    if records.len() <= LOT {
        return vec![Lot { first, records: records.into(), ends: ends.into(), over: true }];
    }
    let (mut lots, mut begun, mut start) = (vec![], 0, 0);
    for (index, end) in ends.iter().enumerate() {
        let over = index + 1 == ends.len();
        if over || end - start >= LOT {
            let ends = ends[begun..=index].iter().map(|end| end - start).collect();
            let first = Position(first.0 + begun as u64);
            lots.push(Lot { first, records: records[start..*end].into(), ends, over });
            (begun, start) = (index + 1, *end);
        }
    }
    lots
}
