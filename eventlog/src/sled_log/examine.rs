//! Reading everything once more, and going on behind what is damaged.
//!
//! Opening refuses at the first thing that is not as it was written; whoever must decide what to restore wants to
//! know all of it. Here every chunk, record, revision and link is looked at, and every fault is told.
//!
//! Invariant: no event is shown that is not whole, and nothing is skipped without a fault.

use std::path::Path;
use std::sync::Arc;

use domain::EventId;

use crate::chunk::{Commit, Header};
use crate::log::{LogError, Position, Recorded};
use crate::plan::{Head, Heads};
use crate::record;

use super::files::Mark;
use super::scan::later;
use super::volume::{self, BEGIN, Volume};
use super::walk::{self, Walk};
use super::{Lock, SledLog};

/// What can be wrong with a log, from the largest part to the smallest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// A volume cannot be opened or read.
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
        let volumes = volume::list(&lock.dir)?;
        let acknowledged = Mark::open(&lock.dir).map(|(_, position)| position.unwrap_or_default());
        let known = acknowledged.as_ref().map_or(Position::START, |position| *position);
        let mut reader = Reader {
            meet,
            heads: Heads::default(),
            next: Some(Position(1)),
            before: Some(Position::START),
            open: None,
            event: Some(0),
            recorded_at: i64::MIN,
            chunks: 0,
        };
        for (index, (first, path)) in volumes.iter().enumerate() {
            // What a crash left unfinished at the end is no fault; opening cuts it.
            let unfinished = (index + 1 == volumes.len()).then_some(known);
            reader.volume(path, *first, unfinished);
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
    /// The commit of which more must come, likewise.
    open: Option<Commit>,
    /// The id of the event before, 0 if none, likewise.
    event: Option<u128>,
    recorded_at: i64,
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
        (self.next, self.before, self.open, self.event) = (None, None, None, None);
    }

    /// Notes that the chunk at `position` is the next one.
    fn reach(&mut self, path: &Path, position: Position) {
        if let Some(next) = self.next.filter(|next| *next != position) {
            (self.before, self.open, self.event) = (None, None, None);
            if next < position {
                self.missing(path, next, Position(position.0 - 1));
            } else {
                self.fault(Part::Chunk, path, position, "a chunk stands where others end later");
            }
        }
    }

    /// Reads a volume. What stands behind `unfinished` at its end need not be whole.
    fn volume(&mut self, path: &Path, first: Position, unfinished: Option<Position>) {
        self.reach(path, first);
        self.next = Some(first);
        if let Err(error) = self.read(path, first, unfinished) {
            self.lose_track();
            (self.meet)(Met::Fault(Part::Volume, error));
        }
    }

    fn read(&mut self, path: &Path, first: Position, unfinished: Option<Position>) -> Result<(), LogError> {
        let volume = Arc::new(Volume::open(path.to_owned(), first)?);
        if self.event.is_some_and(|event| event != volume.after.map_or(0, EventId::to_u128)) {
            let what = "does not follow the volume before: it is of another log; it begins";
            self.fault(Part::Volume, path, first, what);
        }
        let mut walk = Walk::new(volume, BEGIN);
        let mut last = first;
        loop {
            match walk.next()? {
                walk::Met::Chunk(header, records) => {
                    self.chunk(path, &header, &records);
                    last = header.last();
                }
                walk::Met::End => return Ok(()),
                walk::Met::Broken(broken) => {
                    let (at, next) = (walk.at, self.next.unwrap_or(last));
                    let begun = self.open.map_or(next, |open| open.first);
                    if unfinished.is_some_and(|known| begun > known) && !later(&mut walk, begun)? {
                        return Ok(());
                    }
                    self.fault(Part::Chunk, path, next, broken.0);
                    self.lose_track();
                    walk.go(at);
                    if !walk.resume()? {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn chunk(&mut self, path: &Path, header: &Header, records: &Arc<[u8]>) {
        self.chunks += 1;
        self.reach(path, header.position);
        let commit = header.commit;
        if let Some(before) = self.before {
            if before != header.previous {
                self.fault(Part::Chunk, path, header.position, "a chunk does not follow the one before");
            } else if self.open.map_or(commit.first != header.position, |open| open != commit) {
                self.fault(Part::Chunk, path, header.position, "a chunk is of another commit");
            }
        }
        self.before = Some(header.position);
        self.open = Some(commit).filter(|commit| header.last() < commit.last);
        self.next = Some(Position(header.last().0 + 1));
        let mut at = 0;
        for index in 0..u64::from(header.count) {
            let position = Position(header.position.0 + index);
            match record::decode(position, records, at) {
                Ok((event, end)) => {
                    self.event(path, event);
                    at = end;
                }
                Err(broken) => {
                    self.event = None;
                    return self.fault(Part::Record, path, position, broken.0);
                }
            }
        }
        if at != records.len() {
            self.fault(Part::Record, path, header.position, "a chunk holds more than its records");
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
        self.event = Some(event.id.to_u128());
        self.heads.set(event.stream(), Head { revision: event.revision, position });
        (self.meet)(Met::Event(event));
    }
}
