//! Reading what is durable, while the writer writes.
//!
//! Invariant: a reader sees no position above the committed one.

use std::sync::{Arc, PoisonError, RwLock};

use crate::chunk;
use crate::log::{Direction, LogError, Position, Recorded};
use crate::plan::Heads;

use super::index::{Index, Place};
use super::volume::{BEGIN, Volume};
use super::volumes::Volumes;
use super::walk::{Met, Walk};

/// What the writer and the readers share.
pub(super) struct Shared {
    pub volumes: Volumes,
    /// Where in them the chunks stand.
    pub index: Index,
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

    /// Finds the chunk of a volume that holds a position, with what was read of the volume before if it is the same.
    fn find(&self, volume: Arc<Volume>, before: Option<Walk>, position: Position) -> Result<Walk, LogError> {
        let place = self.index.before(position).filter(|place| place.position >= volume.first);
        let begin = Place { position: volume.first, at: BEGIN };
        let mut from = place.unwrap_or(begin);
        let mut walk = match before.filter(|walk| Arc::ptr_eq(&walk.volume, &volume)) {
            Some(mut walk) => {
                walk.go(from.at);
                walk
            }
            None => Walk::new(volume, from.at),
        };
        if from != begin && !walk.header()?.is_ok_and(|header| header.position == from.position) {
            // Either the index is wrong, or the volume here: reading from its beginning tells.
            self.index.doubt();
            from = begin;
            walk.go(from.at);
        }
        match walk.reach(from.position, position)? {
            Ok(()) => Ok(walk),
            Err((position, broken)) => Err(walk.volume.damaged(position, broken.0)),
        }
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

/// The events of one chunk.
struct Loaded {
    first: Position,
    events: Vec<Recorded>,
}

impl Loaded {
    /// Returns the event at `position` if it is in this chunk.
    fn at(&self, position: Position) -> Option<&Recorded> {
        let index = position.0.checked_sub(self.first.0).and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| self.events.get(index))
    }
}

/// Reads events one by one and keeps the last chunk, and what was read around it: neighbours are often read together.
struct Reader<'a> {
    shared: &'a Shared,
    loaded: Option<Loaded>,
    /// Behind the last chunk, and the position that stands there.
    walk: Option<(Walk, Position)>,
}

impl<'a> Reader<'a> {
    fn new(shared: &'a Shared) -> Self {
        Self { shared, loaded: None, walk: None }
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

    /// Returns the chunk that holds a position.
    fn chunk(&mut self, position: Position) -> Result<&Loaded, LogError> {
        let volume = self.shared.volumes.of(position)?;
        let mut walk = match self.walk.take() {
            Some((walk, next)) if next == position && Arc::ptr_eq(&walk.volume, &volume) => walk,
            walk => self.shared.find(volume, walk.map(|(walk, _)| walk), position)?,
        };
        let (header, records) = match walk.next()? {
            Met::Chunk(header, records) => (header, records),
            Met::End => return Err(walk.volume.damaged(position, "is missing")),
            Met::Broken(broken) => return Err(walk.volume.damaged(position, broken.0)),
        };
        if header.position > position || header.last() < position {
            return Err(walk.volume.damaged(position, "is missing"));
        }
        let events = chunk::records(&header, &records);
        let events = events.map_err(|broken| walk.volume.damaged(header.position, broken.0))?;
        self.walk = Some((walk, Position(header.last().0 + 1)));
        Ok(self.loaded.insert(Loaded { first: header.position, events }))
    }
}
