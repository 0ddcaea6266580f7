//! Reading every chunk once at open: it is checked, the ends of the streams are found, a torn tail is cut.
//!
//! Invariant: nothing is skipped in silence. A hole that only the last commit can explain is cut with that
//! whole commit, which nobody was told of; anything else that is not as written is an error. A commit is begun only
//! when the one before is durable, so whatever has another behind it was.

use std::sync::Arc;

use domain::EventId;

use crate::chunk::{self, Commit, Header};
use crate::log::{LogError, Position, Recorded};
use crate::plan::{Head, Heads};
use crate::record::Broken;

use super::ends::{self, Ends};
use super::index::{Place, Spacing};
use super::volume::{BEGIN, Volume};
use super::walk::{Met, Walk};

/// What is known after all chunks were read.
#[derive(Default)]
pub(super) struct Scan {
    pub heads: Heads,
    pub last: Position,
    pub last_chunk: Position,
    /// The newest event.
    pub event: Option<EventId>,
    pub recorded_at: Option<i64>,
    pub chunks: u64,
    /// Where the next chunk stands in the volume that was read last.
    pub end: u64,
    /// Where what was read stands.
    pub places: Vec<Place>,
    /// What is known to have been durable here.
    acknowledged: Position,
    /// What was cut.
    pub cut: Option<String>,
    /// The commit that is being read, if it is not at its end.
    open: Option<Open>,
}

/// A commit of which more is to come.
struct Open {
    commit: Commit,
    /// Where its first chunk stands.
    begin: u64,
    heads: Heads,
    last: Position,
    last_chunk: Position,
    event: Option<EventId>,
    recorded_at: Option<i64>,
    chunks: u64,
    places: Vec<Place>,
}

impl Scan {
    /// Begins at the first volume; everything up to `acknowledged` must be found.
    pub fn after(acknowledged: Position) -> Self {
        Self { acknowledged, ..Self::default() }
    }

    /// Goes on behind what is known already.
    pub fn behind(ends: Ends, acknowledged: Position) -> Self {
        let Ends { tail, heads } = ends;
        let ends::Tail { last, last_chunk, event, recorded_at, chunks, .. } = tail;
        let (event, recorded_at) = (Some(event), Some(recorded_at));
        Self { heads, last, last_chunk, event, recorded_at, chunks, acknowledged, ..Self::default() }
    }

    /// Reads one volume from its beginning; `newest` if no other follows it.
    pub fn read(&mut self, volume: &Arc<Volume>, newest: bool) -> Result<(), LogError> {
        if volume.first.0 != self.last.0 + 1 {
            let what = "the volume before it is missing or ends early: restore it; the loss begins";
            return Err(volume.damaged(Position(self.last.0 + 1), what));
        }
        if volume.after != self.event {
            return Err(volume.damaged(
                volume.first,
                "does not follow the volume before: it is of another log; it begins",
            ));
        }
        self.read_from(volume, BEGIN, Spacing::new(), newest)
    }

    /// Reads what a volume holds behind the last event that is known; that is from `at` on.
    pub fn read_on(&mut self, volume: &Arc<Volume>, at: u64, newest: bool) -> Result<(), LogError> {
        self.read_from(volume, at, Spacing::behind(), newest)
    }

    fn read_from(
        &mut self,
        volume: &Arc<Volume>,
        at: u64,
        mut spacing: Spacing,
        newest: bool,
    ) -> Result<(), LogError> {
        let mut walk = Walk::new(Arc::clone(volume), at);
        self.end = at;
        loop {
            let place = walk.at;
            match walk.next()? {
                Met::Chunk(header, records) => {
                    self.chunk(volume, place, &header, &records, &mut spacing)?;
                }
                Met::End => break,
                Met::Broken(broken) => {
                    self.broken(&mut walk, broken, newest)?;
                    break;
                }
            }
            if self.open.is_none() {
                self.end = walk.at;
            }
        }
        match self.open.take() {
            Some(open) if newest && open.commit.first > self.acknowledged => {
                let Commit { first, last } = open.commit;
                volume.cut(open.begin)?;
                self.cut = Some(format!(
                    "{}: the unfinished commit of positions {first} to {last} was cut; it was never acknowledged",
                    volume.path.display(),
                ));
            }
            Some(open) => return Err(volume.damaged(Position(open.last.0 + 1), "is missing")),
            None => {}
        }
        if newest && self.last < self.acknowledged {
            let what = format!(
                "everything is missing up to position {}, which was acknowledged: restore it; the loss begins",
                self.acknowledged
            );
            return Err(volume.damaged(Position(self.last.0 + 1), &what));
        }
        Ok(())
    }

    /// Cuts what is no chunk if a crash can have left it, and refuses anything else.
    fn broken(&mut self, walk: &mut Walk, broken: Broken, newest: bool) -> Result<(), LogError> {
        let begun = self.open.as_ref().map_or(Position(self.last.0 + 1), |open| open.commit.first);
        let next = Position(self.open.as_ref().map_or(self.last, |open| open.last).0 + 1);
        let torn = newest && begun > self.acknowledged && !later(walk, begun)?;
        if !torn {
            return Err(walk.volume.damaged(next, broken.0));
        }
        if self.open.is_none() {
            walk.volume.cut(self.end)?;
            self.cut = Some(format!(
                "{}: the unfinished write from position {next} on was cut; it was never acknowledged",
                walk.volume.path.display(),
            ));
        }
        Ok(())
    }

    fn chunk(
        &mut self,
        volume: &Volume,
        at: u64,
        header: &Header,
        records: &Arc<[u8]>,
        spacing: &mut Spacing,
    ) -> Result<(), LogError> {
        let mut open = match self.open.take() {
            Some(open) if open.commit == header.commit => open,
            Some(open) => return Err(volume.damaged(Position(open.last.0 + 1), "is missing")),
            None if header.commit.first.0 == self.last.0 + 1 => self.begin(header.commit, at),
            None if header.commit.first <= self.last => {
                return Err(volume.damaged(header.position, "is of a commit that was over"));
            }
            None => return Err(volume.damaged(Position(self.last.0 + 1), "is missing")),
        };
        if header.position.0 > open.last.0 + 1 {
            return Err(volume.damaged(Position(open.last.0 + 1), "is missing"));
        }
        if header.position.0 <= open.last.0 || header.previous != open.last_chunk {
            return Err(volume.damaged(header.position, "a chunk does not follow the one before"));
        }
        if spacing.takes(at) {
            open.places.push(Place { position: header.position, at });
        }
        open.take(volume, header, records, &self.heads)?;
        if open.last == open.commit.last {
            self.end(open);
        } else {
            self.open = Some(open);
        }
        Ok(())
    }

    fn begin(&self, commit: Commit, begin: u64) -> Open {
        Open {
            commit,
            begin,
            heads: Heads::default(),
            last: self.last,
            last_chunk: self.last_chunk,
            event: self.event,
            recorded_at: self.recorded_at,
            chunks: 0,
            places: vec![],
        }
    }

    fn end(&mut self, mut open: Open) {
        self.heads.absorb(&open.heads);
        self.last = open.last;
        self.last_chunk = open.last_chunk;
        self.event = open.event;
        self.recorded_at = open.recorded_at;
        self.chunks += open.chunks;
        self.places.append(&mut open.places);
    }
}

/// Says whether anything of a later commit stands behind what is broken.
pub(super) fn later(walk: &mut Walk, begun: Position) -> Result<bool, LogError> {
    while walk.resume()? {
        while let Met::Chunk(header, _) = walk.next()? {
            if header.commit.first > begun {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

impl Open {
    fn take(
        &mut self,
        volume: &Volume,
        header: &Header,
        records: &Arc<[u8]>,
        heads: &Heads,
    ) -> Result<(), LogError> {
        let damaged = |position, what| volume.damaged(position, what);
        let events = chunk::records(header, records);
        for event in events.map_err(|broken| damaged(header.position, broken.0))? {
            self.event(&event, heads).map_err(|what| damaged(event.position, what))?;
        }
        self.last_chunk = header.position;
        self.chunks += 1;
        Ok(())
    }

    fn event(&mut self, event: &Recorded, heads: &Heads) -> Result<(), &'static str> {
        let head = self.heads.get(event.stream()).or_else(|| heads.get(event.stream()));
        if event.revision != head.map_or(0, |head| head.revision + 1) {
            return Err("a stream has a gap: the revision does not follow");
        }
        if event.previous != head.map(|head| head.position) {
            return Err("a link does not lead to the event before in the stream");
        }
        let recorded_at = event.recorded_at.timestamp_millis();
        if self.recorded_at.is_some_and(|before| recorded_at < before) {
            return Err("an event was recorded before the one before it");
        }
        self.recorded_at = Some(recorded_at);
        self.last = event.position;
        self.event = Some(event.id);
        self.heads.set(event.stream(), Head { revision: event.revision, position: event.position });
        Ok(())
    }
}
