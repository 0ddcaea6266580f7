//! Reading every chunk once at open: it is checked, the ends of the streams are found, a torn tail is cut.
//!
//! Invariant: nothing is skipped in silence. A hole that only the last commit can explain is cut with that
//! whole commit, which nobody was told of; anything else that is not as written is an error.

use std::path::Path;
use std::sync::Arc;

use domain::EventId;

use crate::chunk::{self, Commit, HEADER, Header};
use crate::frame::Frame;
use crate::log::{LogError, Position, Recorded};
use crate::plan::{Head, Heads};
use crate::record;

use super::ends::{Ends, Tail};
use super::volume::{Volume, failure};
use super::wal::Left;

/// So many bytes of the write-ahead log, and what completes a frame, are brought into a volume at once.
const PORTION: usize = 1 << 20;

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
    /// What is known to have been durable here.
    acknowledged: Position,
    /// What was cut, and its last position.
    pub cut: Option<String>,
    cut_to: Position,
    /// The commit that is being read, if it is not at its end.
    open: Option<Open>,
}

/// A commit of which more is to come.
struct Open {
    commit: Commit,
    heads: Heads,
    last: Position,
    last_chunk: Position,
    event: Option<EventId>,
    recorded_at: Option<i64>,
    /// The event of which more pieces are to come.
    cut: Option<(Header, Vec<u8>)>,
    /// Something of it is missing, so it must be the last.
    torn: bool,
    chunks: u64,
}

impl Scan {
    /// Begins at the first volume; everything up to `acknowledged` must be found.
    pub fn after(acknowledged: Position) -> Self {
        Self { acknowledged, ..Self::default() }
    }

    /// Goes on behind what is known already.
    pub fn behind(ends: Ends, acknowledged: Position) -> Self {
        let Ends { tail, heads } = ends;
        let Tail { last, last_chunk, event, recorded_at, chunks, .. } = tail;
        let (event, recorded_at) = (Some(event), Some(recorded_at));
        Self { heads, last, last_chunk, event, recorded_at, chunks, acknowledged, ..Self::default() }
    }

    /// Reads one volume from its beginning; `newest` if no other follows it.
    pub fn read(&mut self, volume: &Volume, newest: bool) -> Result<(), LogError> {
        if volume.first.0 != self.last.0 + 1 {
            let what = "the volume before it is missing or ends early: restore it; the loss begins";
            return Err(volume.damaged(Position(self.last.0 + 1), what));
        }
        self.read_on(volume, newest)
    }

    /// Reads what a volume holds behind the last event that is known.
    pub fn read_on(&mut self, volume: &Volume, newest: bool) -> Result<(), LogError> {
        for item in volume.tree.range(chunk::key(Position(self.last.0 + 1))..) {
            let next = Position(self.next() + 1);
            let (key, value) = item.map_err(|error| failure("read", &volume.path, next, error))?;
            let named = chunk::read_key(&key).map_or(next, |(position, _)| position);
            let header = chunk::open(&key, &value).map_err(|broken| volume.damaged(named, broken.0))?;
            self.chunk(volume, &header, &value)?;
        }
        match self.open.take() {
            Some(open) if newest && open.commit.first > self.acknowledged => self.cut(volume, &open),
            Some(open) => Err(volume.damaged(Position(open.last.0 + 1), "is missing")),
            None if newest && self.last < self.acknowledged => Err(self.unfound(volume, self.acknowledged)),
            None => Ok(()),
        }
    }

    fn next(&self) -> u64 {
        self.open.as_ref().map_or(self.last, |open| open.last).0
    }

    fn chunk(&mut self, volume: &Volume, header: &Header, value: &[u8]) -> Result<(), LogError> {
        let mut open = match self.open.take() {
            Some(open) if open.commit == header.commit => open,
            Some(open) => return Err(volume.damaged(Position(open.last.0 + 1), "is missing")),
            None if header.commit.first.0 == self.last.0 + 1 => self.begin(header.commit),
            None if header.commit.first <= self.last => {
                return Err(volume.damaged(header.position, "is of a commit that was over"));
            }
            None => return Err(volume.damaged(Position(self.last.0 + 1), "is missing")),
        };
        open.chunks += 1;
        open.torn = open.torn || open.skips_to(header);
        if !open.torn {
            if !open.continues(header) {
                return Err(volume.damaged(header.position, "a chunk does not follow the one before"));
            }
            open.take(volume, header, value, &self.heads)?;
        }
        if !open.torn && open.cut.is_none() && open.last == open.commit.last {
            self.end(open);
        } else {
            self.open = Some(open);
        }
        Ok(())
    }

    fn begin(&self, commit: Commit) -> Open {
        Open {
            commit,
            heads: Heads::default(),
            last: self.last,
            last_chunk: self.last_chunk,
            event: self.event,
            recorded_at: self.recorded_at,
            cut: None,
            torn: false,
            chunks: 0,
        }
    }

    fn end(&mut self, mut open: Open) {
        self.heads.absorb(&mut open.heads);
        self.last = open.last;
        self.last_chunk = open.last_chunk;
        self.event = open.event;
        self.recorded_at = open.recorded_at;
        self.chunks += open.chunks;
    }

    /// Brings what a crash left in the write-ahead log into the newest volume, behind what was read. All that was
    /// `acknowledged` is there then.
    pub fn redo(&mut self, newest: &Volume, left: &Left, acknowledged: Position) -> Result<(), LogError> {
        let mut portion = Portion::behind(self);
        for (path, frame) in left.frames() {
            if frame.last > portion.open.last {
                portion.take(path, &frame, &self.heads)?;
            }
            if portion.records.len() >= PORTION {
                self.bring(newest, portion)?;
                portion = Portion::behind(self);
            }
        }
        self.bring(newest, portion)?;
        if self.last < acknowledged {
            return Err(self.unfound(newest, acknowledged));
        }
        if self.last >= self.cut_to {
            // What was cut from sled and brought back was not lost.
            self.cut = None;
        }
        let next = Position(self.last.0 + 1);
        if let Some(torn) = left.torn(next) {
            self.cut.get_or_insert(format!(
                "{}: the unfinished write from position {next} on was cut; it was never acknowledged",
                torn.display()
            ));
        }
        Ok(())
    }

    /// Brings frames into a volume, as one commit.
    fn bring(&mut self, volume: &Volume, portion: Portion) -> Result<(), LogError> {
        let Portion { mut open, records, ends } = portion;
        if ends.is_empty() {
            return Ok(());
        }
        let packed = chunk::pack(Position(self.last.0 + 1), self.last_chunk, &records, &ends);
        (open.last_chunk, open.chunks) = (packed.last_chunk, packed.chunks.len() as u64);
        volume.commit(packed)?;
        self.end(open);
        Ok(())
    }

    fn unfound(&self, volume: &Volume, acknowledged: Position) -> LogError {
        let what = format!(
            "everything is missing up to position {acknowledged}, which was acknowledged: restore it; the loss begins"
        );
        volume.damaged(Position(self.last.0 + 1), &what)
    }

    fn cut(&mut self, volume: &Volume, open: &Open) -> Result<(), LogError> {
        volume.cut(open.commit.first)?;
        self.cut_to = open.commit.last;
        self.cut = Some(format!(
            "{}: the unfinished commit of positions {} to {} was cut; it was never acknowledged",
            volume.path.display(),
            open.commit.first,
            open.commit.last
        ));
        Ok(())
    }
}

/// What is brought into a volume at once.
struct Portion {
    open: Open,
    records: Vec<u8>,
    ends: Vec<usize>,
}

impl Portion {
    fn behind(scan: &Scan) -> Self {
        let first = Position(scan.last.0 + 1);
        Self { open: scan.begin(Commit { first, last: first }), records: vec![], ends: vec![] }
    }

    /// Takes what is new of a frame. `heads` are the ends of the streams before the portion.
    fn take(&mut self, path: &Path, frame: &Frame<'_>, heads: &Heads) -> Result<(), LogError> {
        let damaged = |position, what: &str| LogError::Damaged {
            file: path.display().to_string(),
            position,
            what: what.to_owned(),
        };
        let next = Position(self.open.last.0 + 1);
        if frame.first > next {
            return Err(damaged(next, "what comes before it is missing: restore a backup; the loss begins"));
        }
        if frame.first == next && frame.after != self.open.event {
            return Err(damaged(next, "it is of another log and was left here: remove it; it begins"));
        }
        let events = frame.events().map_err(|broken| damaged(frame.first, broken.0))?;
        for event in events.iter().filter(|event| event.position >= next) {
            self.open.event(event, heads).map_err(|what| damaged(event.position, what))?;
            self.records.extend_from_slice(event.record());
            self.ends.push(self.records.len());
        }
        Ok(())
    }
}

impl Open {
    /// Says whether something is missing before this chunk.
    fn skips_to(&self, header: &Header) -> bool {
        match &self.cut {
            Some((first, _)) => (header.position, header.part) > (first.position, first.part + 1),
            None => (header.position.0, header.part) > (self.last.0 + 1, 0),
        }
    }

    /// Says whether this chunk is the next one.
    fn continues(&self, header: &Header) -> bool {
        match &self.cut {
            Some((first, _)) => {
                header.position == first.position
                    && header.part == first.part + 1
                    && header.parts == first.parts
                    && header.previous == first.previous
            }
            None => {
                header.part == 0 && header.position.0 == self.last.0 + 1 && header.previous == self.last_chunk
            }
        }
    }

    fn take(
        &mut self,
        volume: &Volume,
        header: &Header,
        value: &[u8],
        heads: &Heads,
    ) -> Result<(), LogError> {
        let (first, bytes, start): (_, Arc<[u8]>, _) = if header.parts == 1 {
            (*header, Arc::from(value), HEADER)
        } else {
            let (mut first, mut bytes) = self.cut.take().unwrap_or((*header, Vec::new()));
            bytes.extend_from_slice(&value[HEADER..]);
            if header.part + 1 < header.parts {
                first.part = header.part;
                self.cut = Some((first, bytes));
                return Ok(());
            }
            (Header { count: 1, ..first }, bytes.into(), 0)
        };
        let mut at = start;
        for index in 0..u64::from(first.count) {
            let position = Position(first.position.0 + index);
            let (event, end) =
                record::decode(position, &bytes, at).map_err(|broken| volume.damaged(position, broken.0))?;
            self.event(&event, heads).map_err(|what| volume.damaged(position, what))?;
            at = end;
        }
        if at != bytes.len() {
            return Err(volume.damaged(first.position, "a chunk holds more than its records"));
        }
        self.last_chunk = first.position;
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
