//! A log written anew from the records of another: same positions, same bytes.
//!
//! It is made beside its place, in `log.new`, and renamed when all of it is on disk. A restore that was killed leaves
//! that folder, and the next one begins it again.
//!
//! Invariant: there is no log under its name that is not whole.

use std::fs;
use std::path::{Path, PathBuf};

use crate::chunk;
use crate::durable::{rename, sync, tried};
use crate::log::{LogError, Position, Recorded};

use super::files::{self, Held, Mark};
use super::volume::{Volume, guarded};
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
    settings: Settings,
    volume: Option<Volume>,
    records: Vec<u8>,
    ends: Vec<usize>,
    /// The last position and the last chunk that were written.
    last: Position,
    last_chunk: Position,
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
        Ok(Self {
            dir: dir.to_owned(),
            new,
            settings,
            volume: None,
            records: Vec::new(),
            ends: Vec::new(),
            last: Position::START,
            last_chunk: Position::START,
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
        self.records.extend_from_slice(event.record());
        self.ends.push(self.records.len());
        if self.records.len() >= MOST_BYTES || self.ends.len() == MOST { self.write() } else { Ok(()) }
    }

    /// Puts the log under its name. Returns its last position, and what keeps others out of it.
    pub fn finish(mut self) -> Result<(Position, Lock), LogError> {
        self.write()?;
        // Closed before it is moved: the next one to open it finds it clean.
        drop(self.volume.take());
        let (mut mark, _) = Mark::open(&self.new)?;
        mark.set(self.last)?;
        mark.sync()?;
        sync(&self.new)?;
        rename(&self.new, &self.dir)?;
        Ok((self.last, Lock { held: self.held, dir: self.dir }))
    }

    /// Gives up, and removes what was written.
    pub fn abandon(self) -> Result<(), LogError> {
        drop(self.volume);
        fs::remove_dir_all(&self.new).map_err(tried("remove", &self.new))
    }

    fn write(&mut self) -> Result<(), LogError> {
        if self.ends.is_empty() {
            return Ok(());
        }
        let first = Position(self.last.0 + 1);
        let packed = chunk::pack(first, self.last_chunk, &self.records, &self.ends);
        let last_chunk = packed.last_chunk;
        let full = match &self.volume {
            Some(volume) => volume.size()? >= self.settings.volume_bytes,
            None => true,
        };
        if full {
            drop(self.volume.take());
            let opened = guarded(&self.new, first, || Volume::open(Volume::create(&self.new, first)?, first));
            self.volume = Some(opened?.0);
        }
        if let Some(volume) = &self.volume {
            guarded(&volume.path, first, || volume.commit(packed))?;
        }
        self.last = Position(self.last.0 + self.ends.len() as u64);
        self.last_chunk = last_chunk;
        self.records.clear();
        self.ends.clear();
        Ok(())
    }
}
