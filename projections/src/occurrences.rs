//! Where in the log somebody or something occurs: so that a question about the log reads what it must, and not all
//! (`audit.md`, `events`).
//!
//! The log is cut into segments of 256 blocks of 256 events. A file for each segment says for every person, structure,
//! kind and command in which of its blocks they occur. It lies on the disk and is read there: nothing of it is kept in
//! memory but two kilobytes a segment.
//!
//! Invariants:
//! - It says which blocks need not be read, and nothing of the others: those are read and filtered exactly. So a wrong
//!   file could hide an event; one that does not fit the log or its own checksums is not used, and made again.
//! - A segment is written when the read models passed its last event, and never changed.

mod segment;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{CommandId, PersonId, StructureId};
use eventlog::decode::{Fault, made};
use eventlog::{EventLog, LogError, Position, Recorded};
use segment::{BLOCKS, Entries, Head};
pub use segment::{Blocks, Wanted};

use crate::about::About;
use crate::live::Live;
use crate::world::World;

/// How many events a block has.
const BLOCK: u64 = 256;

/// How many events are looked at under one read lock.
const READ: usize = 256;

/// What occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key<'a> {
    /// A person: who caused an event, or whom it is about.
    Person(PersonId),
    /// A structure an event is about.
    Structure(StructureId),
    /// A kind, or the beginning of one up to a dot and with it.
    Kind(&'a str),
    /// A command, or what the events of one undertaking share.
    Command(CommandId),
}

/// Where the files are, and which of them can be used.
#[derive(Debug)]
pub struct Occurrences {
    folder: Option<PathBuf>,
    /// How many events a block has.
    block: u64,
    known: Mutex<BTreeMap<u64, Arc<Head>>>,
}

/// What is to be read next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Nothing that is wanted stands up to here.
    pub after: Position,
    /// So many events behind it may be wanted; none if the end was reached.
    pub events: u64,
}

impl Occurrences {
    /// Returns an index that is nowhere: everything is read.
    pub fn nowhere() -> Self {
        Self { folder: None, block: BLOCK, known: Mutex::default() }
    }

    /// Returns the index in the folder `models/occurrences` below `data`.
    pub fn of(data: &Path) -> Self {
        Self { folder: Some(data.join("models").join("occurrences")), ..Self::nowhere() }
    }

    /// Makes the next segment usable, reading its file or else the log. Returns whether there was one to do.
    pub async fn advance(&self, log: &Arc<dyn EventLog>, live: &Live) -> Result<bool, Fault> {
        let Some(folder) = &self.folder else { return Ok(false) };
        let number = self.known().last_key_value().map_or(0, |(last, _)| last + 1);
        let (first, last) = self.bounds(number);
        if live.position() < last {
            return Ok(false);
        }
        let Some(event) = log.read_at(last).await?.map(|event| event.id) else { return Ok(false) };
        let path = folder.join(format!("{number:010}"));
        let head = match fs::read(&path).ok().and_then(|bytes| Head::decode(&bytes)) {
            Some(head) if head.fits(self.block, number, event) => head,
            Some(_) | None => {
                let entries = self.read(log, live, first, last).await?;
                let (head, bytes) = entries.encode(self.block, number, event);
                if let Err(error) = write(folder, &path, &bytes) {
                    tracing::warn!(file = %path.display(), %error, "questions about the log will take longer");
                    return Ok(false);
                }
                head
            }
        };
        self.known().insert(number, Arc::new(head));
        Ok(true)
    }

    /// Begins to look for what is `wanted`.
    pub fn walk(&self, wanted: Wanted) -> Walk<'_> {
        Walk { occurrences: self, wanted: Arc::new(wanted), at: None }
    }

    async fn read(
        &self,
        log: &Arc<dyn EventLog>,
        live: &Live,
        first: Position,
        last: Position,
    ) -> Result<Entries, Fault> {
        let (mut entries, mut after) = (Entries::default(), Position(first.0 - 1));
        while after < last {
            let left = usize::try_from(last.0 - after.0).unwrap_or(READ);
            let events = log.read_all(after, left.min(READ)).await?;
            let Some(newest) = events.last() else { break };
            after = newest.position;
            live.read(|world| {
                events.iter().try_for_each(|event| self.note(&mut entries, first, world, event))
            })?;
        }
        Ok(entries)
    }

    fn note(
        &self,
        entries: &mut Entries,
        first: Position,
        world: &World,
        event: &Recorded,
    ) -> Result<(), Fault> {
        let block = u8::try_from((event.position.0 - first.0) / self.block).unwrap_or(u8::MAX);
        let (about, made) = (About::of(world, event)?, made(event)?);
        let mut note = |key: Key<'_>| entries.note(key, block);
        for person in [about.person, made.actor.person()].into_iter().flatten() {
            note(Key::Person(person));
        }
        if let Some(structure) = about.structure {
            note(Key::Structure(structure));
        }
        for command in [Some(made.command), made.correlation].into_iter().flatten() {
            note(Key::Command(command));
        }
        let kind = event.kind();
        note(Key::Kind(kind));
        for (dot, _) in kind.match_indices('.') {
            note(Key::Kind(&kind[..=dot]));
        }
        Ok(())
    }

    /// Returns the number of the segment of a position, from 0.
    fn number(&self, position: Position) -> u64 {
        position.0.saturating_sub(1) / (self.block * BLOCKS)
    }

    /// Returns the first and the last position of a segment.
    fn bounds(&self, number: u64) -> (Position, Position) {
        let events = self.block * BLOCKS;
        (Position(number * events + 1), Position((number + 1) * events))
    }

    /// Returns in which blocks of a segment something wanted may be; none if its file cannot be used.
    async fn blocks(&self, number: u64, wanted: &Arc<Wanted>) -> Option<Blocks> {
        let head = self.known().get(&number).map(Arc::clone)?;
        let path = self.folder.as_ref()?.join(format!("{number:010}"));
        let (wanted, file) = (Arc::clone(wanted), path.clone());
        let found = tokio::task::spawn_blocking(move || head.find(&File::open(file)?, &wanted)).await.ok()?;
        match found {
            Ok(blocks) => Some(blocks),
            Err(error) => {
                // From here on it is made again, and everything behind it looked at again.
                tracing::warn!(file = %path.display(), %error, "an index of the log is not used and made again");
                let _ = fs::remove_file(&path);
                self.known().split_off(&number);
                None
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Head>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Goes through the log from stretch to stretch.
#[derive(Debug)]
pub struct Walk<'a> {
    occurrences: &'a Occurrences,
    wanted: Arc<Wanted>,
    /// The segment looked at last, and the blocks in it if its file can be used.
    at: Option<(u64, Option<Blocks>)>,
}

impl Walk<'_> {
    /// Returns what is to be read behind `after`, at most to `until` and `most` events.
    pub async fn next(&mut self, after: Position, until: Position, most: u64) -> Stretch {
        if after >= until {
            return Stretch { after, events: 0 };
        }
        let number = self.occurrences.number(Position(after.0 + 1));
        let (first, last) = self.occurrences.bounds(number);
        let left = most.min(until.0 - after.0);
        let blocks = match &self.at {
            Some((at, blocks)) if *at == number => blocks.clone(),
            Some(_) | None if self.wanted.is_everything() => None,
            Some(_) | None => {
                let blocks = self.occurrences.blocks(number, &self.wanted).await;
                self.at = Some((number, blocks.clone()));
                blocks
            }
        };
        let Some(blocks) = blocks else {
            return Stretch { after, events: left.min(last.0 - after.0) };
        };
        let per_block = self.occurrences.block;
        let Some((begin, end)) = blocks.run((after.0 + 1 - first.0) / per_block) else {
            return Stretch { after: last.min(until), events: 0 };
        };
        let begin = after.0.max(first.0 - 1 + begin * per_block).min(until.0);
        let end = (first.0 - 1 + end * per_block).min(until.0);
        Stretch { after: Position(begin), events: (end - begin).min(most) }
    }
}

impl Walk<'_> {
    /// Reads what [`Walk::next`] names, and returns how far it looked.
    pub async fn read(
        &mut self,
        log: &Arc<dyn EventLog>,
        after: Position,
        until: Position,
        most: u64,
    ) -> Result<(Vec<Recorded>, Position), LogError> {
        let stretch = self.next(after, until, most).await;
        let count = usize::try_from(stretch.events).unwrap_or_default();
        let read = if count == 0 { vec![] } else { log.read_all(stretch.after, count).await? };
        let reached = read.last().map_or(stretch.after, |last| last.position);
        Ok((read, reached))
    }
}

/// Writes a file so that it has its name when all of it is on the disk.
fn write(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let aside = folder.join("new");
    let mut to = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
    to.write_all(bytes)?;
    to.sync_all()?;
    fs::rename(&aside, path)?;
    File::open(folder)?.sync_all()
}
