//! Reading what is durable, while the writer writes.
//!
//! Invariant: a reader sees no position above the committed one.

use std::sync::{PoisonError, RwLock};

use crate::log::{Direction, LogError, Position, Recorded};
use crate::plan::Heads;

use super::pending::Pending;
use super::volume::Loaded;
use super::volumes::Volumes;

/// What the writer and the readers share.
pub(super) struct Shared {
    pub volumes: Volumes,
    /// What is durable and not yet in them.
    pub pending: Pending,
    /// The ends of the streams, durable events only.
    pub heads: RwLock<Heads>,
}

impl Shared {
    /// Returns at most `limit` events after `after`, none above `committed`.
    pub fn all(&self, after: Position, committed: Position, limit: usize) -> Result<Vec<Recorded>, LogError> {
        let there = usize::try_from(committed.0.saturating_sub(after.0)).unwrap_or(usize::MAX);
        let mut left = there.min(limit);
        let mut events = Vec::with_capacity(left.min(4096));
        let mut reader = Reader::new(self);
        let mut next = Position(after.0.saturating_add(1));
        while left > 0 {
            let loaded = reader.chunk(next)?;
            let skip = usize::try_from(next.0 - loaded.first.0).unwrap_or(usize::MAX);
            let before = events.len();
            events.extend(loaded.events.iter().skip(skip).take(left).cloned());
            let taken = events.len() - before;
            left -= taken;
            next = Position(next.0 + taken as u64);
        }
        Ok(events)
    }

    /// Returns the event at a position that is there.
    pub fn at(&self, position: Position) -> Result<Recorded, LogError> {
        Reader::new(self).event(position)
    }

    /// Returns at most `limit` events of a stream.
    pub fn stream(
        &self,
        stream: &str,
        from: Option<u64>,
        direction: Direction,
        limit: usize,
    ) -> Result<Vec<Recorded>, LogError> {
        let head = self.heads.read().unwrap_or_else(PoisonError::into_inner).get(stream);
        let mut reader = Reader::new(self);
        let mut position = head.map(|head| head.position);
        let mut events = Vec::new();
        match direction {
            Direction::Backwards => {
                while let Some(at) = position.filter(|_| events.len() < limit) {
                    let event = reader.event(at)?;
                    position = event.previous;
                    if from.is_none_or(|from| event.revision <= from) {
                        events.push(event);
                    }
                }
            }
            Direction::Forwards => {
                // Links lead backwards only: note the places, then read the oldest of them.
                let from = from.unwrap_or(0);
                let mut revision = head.map_or(0, |head| head.revision);
                let mut places = Vec::new();
                while let Some(at) = position.filter(|_| revision >= from) {
                    places.push(at);
                    position = if revision == from { None } else { reader.event(at)?.previous };
                    revision = revision.saturating_sub(1);
                }
                for at in places.into_iter().rev().take(limit) {
                    events.push(reader.event(at)?);
                }
            }
        }
        Ok(events)
    }
}

/// Reads events one by one and keeps the last chunk: neighbours are often read together.
struct Reader<'a> {
    shared: &'a Shared,
    loaded: Option<Loaded>,
}

impl<'a> Reader<'a> {
    fn new(shared: &'a Shared) -> Self {
        Self { shared, loaded: None }
    }

    fn event(&mut self, position: Position) -> Result<Recorded, LogError> {
        let kept = self.loaded.as_ref().and_then(|loaded| loaded.at(position)).cloned();
        if let Some(event) = kept {
            return Ok(event);
        }
        let missing = LogError::Damaged {
            file: "the log".to_owned(),
            position,
            what: "a link leads nowhere".to_owned(),
        };
        self.chunk(position)?.at(position).cloned().ok_or(missing)
    }

    fn chunk(&mut self, position: Position) -> Result<&Loaded, LogError> {
        let loaded = match self.shared.pending.load(position)? {
            Some(loaded) => loaded,
            None => self.shared.volumes.with(position, |volume| volume.load(position))?,
        };
        Ok(self.loaded.insert(loaded))
    }
}
