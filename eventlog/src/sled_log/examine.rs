//! Reading everything once more, and going on behind what is damaged.
//!
//! Opening refuses at the first thing that is not as it was written; whoever must decide what to restore wants to
//! know all of it. Here every chunk, record, revision and link is looked at, and every fault is told.
//!
//! Invariant: no event is shown that is not whole, and nothing is skipped without a fault.

use std::path::Path;
use std::sync::Arc;

use crate::chunk::{self, HEADER, Header};
use crate::frame::Frame;
use crate::log::{LogError, Position, Recorded};
use crate::plan::{Head, Heads};
use crate::record;

use super::files::{self, Mark};
use super::volume::{Volume, failure, guarded};
use super::wal::Left;
use super::{Lock, SledLog};

/// What can be wrong with a log, from the largest part to the smallest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// A volume cannot be opened, or not be read to its end.
    Volume,
    /// Positions are missing.
    Gap,
    /// A chunk has the wrong checksum, or contradicts the one before.
    Chunk,
    /// A record has.
    Record,
    /// A revision does not follow the one before in its stream.
    Revision,
    /// A link does not lead to the event before in its stream.
    Link,
    /// An event is older than the one before.
    Instant,
}

impl Part {
    /// Returns its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Gap => "gap",
            Self::Chunk => "chunk",
            Self::Record => "record",
            Self::Revision => "revision",
            Self::Link => "link",
            Self::Instant => "instant",
        }
    }
}

/// What is met while reading.
#[derive(Debug)]
pub enum Met {
    /// An event, whole.
    Event(Recorded),
    /// Something that is not as it was written.
    Fault(Part, LogError),
}

impl SledLog {
    /// Reads all of a log that nobody has open, and shows what it meets. Returns how many chunks were whole.
    pub fn examine(lock: &Lock, meet: &mut dyn FnMut(Met)) -> Result<u64, LogError> {
        let volumes = files::volumes(&lock.dir)?;
        let acknowledged = Mark::open(&lock.dir).map(|(_, position)| position.unwrap_or_default());
        let mut reader = Reader {
            meet,
            heads: Heads::default(),
            next: Some(Position(1)),
            before: Some(Position::START),
            pieces: None,
            recorded_at: i64::MIN,
            shown: Position::START,
            chunks: 0,
        };
        for (first, path) in &volumes {
            reader.volume(path, *first);
        }
        for (path, frame) in Left::read(&lock.dir)?.frames() {
            reader.frame(path, &frame);
        }
        let last = volumes.last().map_or(lock.dir.as_path(), |(_, path)| path);
        match (acknowledged, reader.next) {
            (Ok(acknowledged), Some(next)) if acknowledged >= next => {
                reader.missing(last, next, acknowledged);
            }
            (Ok(_), _) => {}
            (Err(error), _) => (reader.meet)(Met::Fault(Part::Volume, error)),
        }
        Ok(reader.chunks)
    }
}

struct Reader<'a> {
    meet: &'a mut dyn FnMut(Met),
    heads: Heads,
    /// The position that must come next, unless what was damaged leaves it open.
    next: Option<Position>,
    /// The first position of the chunk before, likewise.
    before: Option<Position>,
    /// An event of which more pieces are to come.
    pieces: Option<(Header, Vec<u8>)>,
    recorded_at: i64,
    /// The newest event that was shown.
    shown: Position,
    chunks: u64,
}

impl Reader<'_> {
    fn fault(&mut self, part: Part, path: &Path, position: Position, what: &str) {
        let (file, what) = (path.display().to_string(), what.to_owned());
        (self.meet)(Met::Fault(part, LogError::Damaged { file, position, what }));
    }

    fn missing(&mut self, path: &Path, from: Position, to: Position) {
        self.fault(
            Part::Gap,
            path,
            from,
            &format!("everything is missing up to position {to}; the loss begins"),
        );
    }

    /// Forgets what must come next: what was damaged may have held anything.
    fn lose_track(&mut self) {
        (self.next, self.before, self.pieces) = (None, None, None);
    }

    /// Notes that the chunk at `position` is the next one.
    fn reach(&mut self, path: &Path, position: Position) {
        if let Some(next) = self.next.filter(|next| *next != position) {
            self.before = None;
            if next < position {
                self.missing(path, next, Position(position.0 - 1));
            } else {
                self.fault(Part::Chunk, path, position, "a chunk stands where others end later");
            }
        }
    }

    fn volume(&mut self, path: &Path, first: Position) {
        self.unfinished(path);
        self.reach(path, first);
        self.next = Some(first);
        let read = guarded(path, first, || {
            let (volume, _) = Volume::open(path.to_owned(), first)?;
            for item in &volume.tree {
                let (key, value) =
                    item.map_err(|error| failure("read", path, self.next.unwrap_or(first), error))?;
                self.chunk(path, &key, &value);
            }
            Ok(())
        });
        if let Err(error) = read {
            self.lose_track();
            (self.meet)(Met::Fault(Part::Volume, error));
        }
    }

    fn chunk(&mut self, path: &Path, key: &[u8], value: &[u8]) {
        let header = match chunk::open(key, value) {
            Ok(header) => header,
            Err(broken) => {
                let named =
                    chunk::read_key(key).map_or(self.next.unwrap_or_default(), |(position, _)| position);
                self.fault(Part::Chunk, path, named, broken.0);
                return self.lose_track();
            }
        };
        self.chunks += 1;
        if header.part > 0 {
            return self.piece(path, header, value);
        }
        self.unfinished(path);
        self.reach(path, header.position);
        if self.before.is_some_and(|before| before != header.previous) {
            self.fault(Part::Chunk, path, header.position, "a chunk does not follow the one before");
        }
        self.before = Some(header.position);
        self.next = Some(Position(header.position.0 + u64::from(header.count)));
        if header.parts > 1 {
            self.pieces = Some((header, value[HEADER..].to_vec()));
        } else {
            self.records(path, &header, &Arc::from(value), HEADER);
        }
    }

    fn piece(&mut self, path: &Path, header: Header, value: &[u8]) {
        match self.pieces.take() {
            Some((mut first, mut bytes))
                if (header.position, header.part, header.parts, header.commit)
                    == (first.position, first.part + 1, first.parts, first.commit) =>
            {
                bytes.extend_from_slice(&value[HEADER..]);
                first.part = header.part;
                if header.part + 1 < header.parts {
                    self.pieces = Some((first, bytes));
                } else {
                    self.records(path, &first, &bytes.into(), 0);
                }
            }
            other => {
                self.pieces = other;
                self.unfinished(path);
                // Where track was lost, the piece before was told of already.
                if self.next.is_some() {
                    self.fault(Part::Gap, path, header.position, "a piece of the event is missing");
                }
            }
        }
    }

    /// Tells of an event whose last pieces did not come.
    fn unfinished(&mut self, path: &Path) {
        if let Some((first, _)) = self.pieces.take() {
            self.fault(Part::Gap, path, first.position, "a piece of the event is missing");
        }
    }

    fn records(&mut self, path: &Path, header: &Header, bytes: &Arc<[u8]>, start: usize) {
        let mut at = start;
        for index in 0..u64::from(header.count) {
            let position = Position(header.position.0 + index);
            match record::decode(position, bytes, at) {
                Ok((event, end)) => {
                    self.event(path, event);
                    at = end;
                }
                Err(broken) => return self.fault(Part::Record, path, position, broken.0),
            }
        }
        if at != bytes.len() {
            self.fault(Part::Record, path, header.position, "a chunk holds more than its records");
        }
    }

    /// Reads what is in the write-ahead log and not yet in a volume.
    fn frame(&mut self, path: &Path, frame: &Frame<'_>) {
        if frame.last <= self.shown {
            return;
        }
        self.unfinished(path);
        let first = Position(frame.first.0.max(self.shown.0 + 1));
        self.reach(path, first);
        self.next = Some(Position(frame.last.0 + 1));
        match frame.events() {
            Ok(events) => {
                for event in events.into_iter().filter(|event| event.position >= first) {
                    self.event(path, event);
                }
            }
            Err(broken) => self.fault(Part::Record, path, first, broken.0),
        }
    }

    fn event(&mut self, path: &Path, event: Recorded) {
        let (head, position) = (self.heads.get(event.stream()), event.position);
        let follows = head.map_or(0, |head| head.revision + 1);
        if event.revision != follows {
            let what = format!("{} should be at revision {follows}, not {}", event.stream(), event.revision);
            self.fault(Part::Revision, path, position, &what);
        }
        if event.previous != head.map(|head| head.position) {
            self.fault(Part::Link, path, position, "a link does not lead to the event before in the stream");
        }
        let recorded_at = event.recorded_at.timestamp_millis();
        if recorded_at < self.recorded_at {
            self.fault(Part::Instant, path, position, "an event was recorded before the one before it");
        }
        self.recorded_at = recorded_at;
        self.shown = self.shown.max(position);
        self.heads.set(event.stream(), Head { revision: event.revision, position });
        (self.meet)(Met::Event(event));
    }
}
