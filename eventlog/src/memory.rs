//! A log in memory, for tests and demonstrations. It keeps the contract and forgets everything.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::StreamId;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::log::{
    Append, AppendError, Appended, BoxFuture, Capabilities, Direction, EventLog, LogError, Position,
    Recorded, Ticket,
};
use crate::plan::{Before, Heads, Plan, Ready};
use crate::record;

/// A log in memory.
pub struct MemoryLog {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
    committed: watch::Sender<Position>,
}

#[derive(Default)]
struct State {
    /// The event at position `n` is at `n - 1`.
    events: Vec<Recorded>,
    heads: Heads,
    recorded_at: Option<i64>,
}

impl State {
    fn at(&self, position: Position) -> Option<&Recorded> {
        self.events.get(usize::try_from(position.0.checked_sub(1)?).ok()?)
    }

    fn stored(&self, position: Position) -> Result<Recorded, LogError> {
        self.at(position).cloned().ok_or_else(|| LogError::Damaged {
            file: "memory".to_owned(),
            position,
            what: "a link leads nowhere".to_owned(),
        })
    }

    fn append(&mut self, append: &Append, clock: &dyn Clock) -> Result<Appended, AppendError> {
        let last = Position(self.events.len() as u64);
        let mut plan = Plan::after(last, self.recorded_at.unwrap_or(i64::MIN));
        let before = Before { ahead: None, durable: &self.heads, stored: &|at| self.stored(at) };
        let appended = plan.admit(&Ready::of(append)?, clock.now(), &before)?;
        let bytes: Arc<[u8]> = plan.records.into();
        let mut start = 0;
        for position in (last.0 + 1..).map(Position).take(plan.ends.len()) {
            let (event, end) = record::decode(position, &bytes, start).map_err(|broken| {
                LogError::Damaged { file: "memory".to_owned(), position, what: broken.to_string() }
            })?;
            self.events.push(event);
            start = end;
        }
        if !plan.ends.is_empty() {
            self.recorded_at = Some(plan.recorded_at);
        }
        self.heads.absorb(&plan.heads);
        Ok(appended)
    }
}

impl MemoryLog {
    /// Returns an empty log that takes the time from `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default(), committed: watch::channel(Position::START).0 }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventLog for MemoryLog {
    fn append(&self, append: Append) -> Ticket {
        let mut state = self.state();
        let result = state.append(&append, &*self.clock);
        self.committed.send_replace(Position(state.events.len() as u64));
        Ticket::ready(result)
    }

    fn append_all(&self, appends: Vec<Append>) -> Vec<Ticket> {
        let mut state = self.state();
        let results: Vec<_> = appends.iter().map(|append| state.append(append, &*self.clock)).collect();
        self.committed.send_replace(Position(state.events.len() as u64));
        results.into_iter().map(Ticket::ready).collect()
    }

    fn read_all(&self, after: Position, limit: usize) -> BoxFuture<'_, Result<Vec<Recorded>, LogError>> {
        Box::pin(async move {
            let skip = usize::try_from(after.0).unwrap_or(usize::MAX);
            Ok(self.state().events.iter().skip(skip).take(limit).cloned().collect())
        })
    }

    fn read_stream(
        &self,
        stream: &StreamId,
        from: Option<u64>,
        direction: Direction,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Recorded>, LogError>> {
        let stream = stream.clone();
        Box::pin(async move {
            let state = self.state();
            let newest = state.heads.get(stream.as_str()).map(|head| head.position);
            let back = |event: &Recorded| event.previous.and_then(|position| state.at(position)).cloned();
            let backwards =
                std::iter::successors(newest.and_then(|position| state.at(position)).cloned(), back);
            Ok(match direction {
                Direction::Backwards => backwards
                    .skip_while(|event| from.is_some_and(|from| event.revision > from))
                    .take(limit)
                    .collect(),
                Direction::Forwards => {
                    let mut events: Vec<_> =
                        backwards.take_while(|event| event.revision >= from.unwrap_or(0)).collect();
                    events.reverse();
                    events.truncate(limit);
                    events
                }
            })
        })
    }

    fn read_at(&self, position: Position) -> BoxFuture<'_, Result<Option<Recorded>, LogError>> {
        Box::pin(async move { Ok(self.state().at(position).cloned()) })
    }

    fn committed(&self) -> watch::Receiver<Position> {
        self.committed.subscribe()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { durable: false, shared: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::TestClock;
    use crate::contract::{Bench, contract, noon};

    contract!(|| {
        let clock = TestClock::at(noon());
        let log = Arc::new(MemoryLog::new(Arc::new(clock.clone())));
        Bench { log, clock, _keep: Box::new(()) }
    });
}
