//! A log written anew from the records of another: same positions, same bytes.
//!
//! It is made beside its place, in `log.new`, and renamed when all of it is on disk. A restore that was killed leaves
//! that folder, and the next one begins it again.
//!
//! Invariant: there is no log under its name that is not whole.

use std::fs;
use std::path::{Path, PathBuf};

use domain::EventId;

use crate::durable::{rename, sync, tried};
use crate::log::{LogError, Position, Recorded};

use super::files::{self, Held, Mark};
use super::store::Store;
use super::{Lock, Settings};

/// The most bytes and records of one durable write.
const MOST_BYTES: usize = 1 << 20;
const MOST: usize = 4096;

/// A log that is being written anew.
pub struct Restore {
    /// Where it will stand.
    dir: PathBuf,
    /// Where it is made.
    new: PathBuf,
    store: Store,
    records: Vec<u8>,
    ends: Vec<usize>,
    /// The last position that was written, and the last event that was taken.
    last: Position,
    event: Option<EventId>,
    held: Held,
}

impl Restore {
    /// Begins to write the log that will stand in `dir`, where there must be none.
    pub fn begin(dir: &Path, settings: Settings) -> Result<Self, LogError> {
        let new = dir.with_extension("new");
        let held = files::lock(&new)?;
        for entry in fs::read_dir(&new).map_err(tried("list", &new))? {
            let path = entry.map_err(tried("list", &new))?.path();
            let removed = if path.is_dir() {
                fs::remove_dir_all(&path)
            } else if path.ends_with("lock") {
                Ok(())
            } else {
                fs::remove_file(&path)
            };
            removed.map_err(tried("remove", &path))?;
        }
        let store = Store::begin(&new, settings.volume_bytes)?;
        Ok(Self {
            dir: dir.to_owned(),
            new,
            store,
            records: Vec::new(),
            ends: Vec::new(),
            last: Position::START,
            event: None,
            held,
        })
    }

    /// Writes the next event, as it is.
    pub fn take(&mut self, event: &Recorded) -> Result<(), LogError> {
        let next = Position(self.last.0 + 1 + self.ends.len() as u64);
        if event.position != next {
            let what = format!("another event ({}) stands", event.position);
            return Err(LogError::Damaged { file: "the events to restore".to_owned(), position: next, what });
        }
        if self.ends.is_empty() {
            self.store.roll_over(next, self.event)?;
        }
        self.event = Some(event.id);
        self.records.extend_from_slice(event.record());
        self.ends.push(self.records.len());
        if self.records.len() >= MOST_BYTES || self.ends.len() == MOST { self.write() } else { Ok(()) }
    }

    /// Puts the log under its name. Returns its last position, and what keeps others out of it.
    pub fn finish(mut self) -> Result<(Position, Lock), LogError> {
        self.write()?;
        self.store.close()?;
        let (mark, _) = Mark::open(&self.new)?;
        mark.set(self.last)?;
        mark.sync()?;
        sync(&self.new)?;
        rename(&self.new, &self.dir)?;
        Ok((self.last, Lock { held: self.held, dir: self.dir }))
    }

    /// Gives up, and removes what was written.
    pub fn abandon(self) -> Result<(), LogError> {
        fs::remove_dir_all(&self.new).map_err(tried("remove", &self.new))
    }

    fn write(&mut self) -> Result<(), LogError> {
        if self.ends.is_empty() {
            return Ok(());
        }
        self.store.append(Position(self.last.0 + 1), &self.records, &self.ends)?;
        self.last = Position(self.last.0 + self.ends.len() as u64);
        self.records.clear();
        self.ends.clear();
        Ok(())
    }
}
