//! Reading a backup: every byte is looked at, whoever asks.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use domain::Timestamp;
use sha2::{Digest as _, Sha256};

use super::frame::{self, Unread};
use super::manifest::{Manifest, Segment};
use super::{BackupError, MAGIC, digest, hex, log_id};
use crate::durable::tried;
use crate::log::{LogError, Position, Recorded};
use crate::plan::{Head, Heads};

/// The events of a backup, in order, each checked. The first thing that is not as it was written is an error with
/// file and position, and the end.
pub struct Events {
    dir: PathBuf,
    manifest: Manifest,
    /// How many segments were begun.
    begun: usize,
    open: Option<Open>,
    heads: Heads,
    last: Position,
    recorded_at: Option<Timestamp>,
    end: Option<String>,
    over: bool,
}

/// A segment that is being read.
struct Open {
    path: PathBuf,
    segment: Segment,
    file: Hashed<BufReader<File>>,
}

impl Events {
    /// Reads the backup in `dir` from its beginning.
    pub fn of(dir: &Path) -> Result<Self, BackupError> {
        Ok(Self {
            dir: dir.to_owned(),
            manifest: Manifest::read(dir)?,
            begun: 0,
            open: None,
            heads: Heads::default(),
            last: Position::START,
            recorded_at: None,
            end: None,
            over: false,
        })
    }

    /// Returns what the backup says it holds.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Returns how many streams there were so far.
    pub fn streams(&self) -> usize {
        self.heads.len()
    }

    /// Returns the next event; `None` at the end, when everything was as it was written.
    fn read(&mut self) -> Result<Option<Recorded>, LogError> {
        loop {
            let mut open = match self.open.take() {
                Some(open) => open,
                None => match self.manifest.segments.get(self.begun) {
                    Some(segment) => Open::at(&self.dir, segment.clone())?,
                    None => return self.agree().map(|()| None),
                },
            };
            let next = Position(self.last.0 + 1);
            let read = frame::read(&mut open.file).map_err(|unread| open.unread(unread, next))?;
            match read {
                Some(event) if event.position.0 <= open.segment.last => {
                    self.follow(&event).map_err(|what| open.damaged(next, what))?;
                    self.open = Some(open);
                    return Ok(Some(event));
                }
                None if self.last.0 == open.segment.last => {
                    open.end()?;
                    self.begun += 1;
                }
                Some(_) if next.0 > open.segment.last => {
                    return Err(open.damaged(next, "holds more than the manifest says"));
                }
                Some(_) => return Err(open.damaged(next, "another event stands")),
                None => return Err(open.damaged(next, "ends early: the event is missing")),
            }
        }
    }

    /// Notes an event, if it follows the ones before.
    fn follow(&mut self, event: &Recorded) -> Result<(), &'static str> {
        if event.position.0 != self.last.0 + 1 {
            return Err("another event stands");
        }
        let head = self.heads.get(event.stream());
        if event.revision != head.map_or(0, |head| head.revision + 1) {
            return Err("a stream has a gap: the revision does not follow");
        }
        if event.previous != head.map(|head| head.position) {
            return Err("a link does not lead to the event before in the stream");
        }
        if self.recorded_at.is_some_and(|before| event.recorded_at < before) {
            return Err("an event was recorded before the one before it");
        }
        if event.position == Position(1) && self.manifest.log != Some(log_id(event)) {
            return Err("the log begins otherwise than the manifest says");
        }
        if event.position.0 == self.manifest.position {
            self.end = Some(digest(event.record()));
        }
        self.recorded_at = Some(event.recorded_at);
        self.last = event.position;
        self.heads.set(event.stream(), Head { revision: event.revision, position: event.position });
        Ok(())
    }

    /// Looks at the end whether the manifest says the same of it.
    fn agree(&self) -> Result<(), LogError> {
        if (self.recorded_at, &self.end) == (self.manifest.recorded_at, &self.manifest.end) {
            return Ok(());
        }
        Err(LogError::Damaged {
            file: self.dir.join("manifest").display().to_string(),
            position: self.last,
            what: "says something else of the last event,".to_owned(),
        })
    }
}

impl Iterator for Events {
    type Item = Result<Recorded, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let read = self.read().transpose();
        self.over = !matches!(read, Some(Ok(_)));
        read
    }
}

impl Open {
    fn at(dir: &Path, segment: Segment) -> Result<Self, LogError> {
        let path = segment.path(dir);
        let first = Position(segment.first);
        let missing = |what: &str| LogError::Damaged {
            file: path.display().to_string(),
            position: first,
            what: what.to_owned(),
        };
        let file = File::open(&path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => missing("is missing; it begins"),
            _ => tried("read", &path)(error),
        })?;
        let mut file =
            Hashed { from: BufReader::with_capacity(1 << 16, file), hash: Sha256::new(), bytes: 0 };
        let mut magic = [0; MAGIC.len()];
        match file.read_exact(&mut magic) {
            Ok(()) if magic == *MAGIC => Ok(Self { path, segment, file }),
            Ok(()) => Err(missing("is no segment of a backup; it begins")),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                Err(missing("ends early: the event is missing"))
            }
            Err(error) => Err(tried("read", &path)(error)),
        }
    }

    /// Looks at the end whether all of it is what was written.
    fn end(self) -> Result<(), LogError> {
        let first = Position(self.segment.first);
        if self.file.bytes != self.segment.bytes
            || hex(&self.file.hash.clone().finalize()) != self.segment.sha256
        {
            return Err(self.damaged(first, "every record reads well, but the checksum is wrong; it begins"));
        }
        Ok(())
    }

    fn damaged(&self, position: Position, what: &str) -> LogError {
        LogError::Damaged { file: self.path.display().to_string(), position, what: what.to_owned() }
    }

    fn unread(&self, unread: Unread, next: Position) -> LogError {
        match unread {
            Unread::Broken(broken) => self.damaged(next, broken.0),
            Unread::Io(error) => tried("read", &self.path)(error),
        }
    }
}

/// What is read, with its checksum.
struct Hashed<R> {
    from: R,
    hash: Sha256,
    bytes: u64,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.hash.update(&buffer[..read]);
        self.bytes += read as u64;
        Ok(read)
    }
}
