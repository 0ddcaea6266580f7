//! One sled database: the chunks from a first position on.
//!
//! Invariants: the tree `log` is the only one that is written; a commit is one batch, flushed and then synced
//! through our own descriptor, because sled's flush does not sync (spacejam/sled #1351, #1452).
//! What sled finds at open is on the disk before it looks: it notes durably how far it read.

use std::fs::{File, TryLockError};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::chunk::{self, HEADER, Packed};
use crate::log::{LogError, Position, Recorded};
use crate::record::Broken;

use super::files::{self, tried};
use super::snapshots;

const TREE: &[u8] = b"log";
const CACHE: u64 = 64 << 20;
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) struct Volume {
    pub first: Position,
    pub path: PathBuf,
    pub tree: sled::Tree,
    db: sled::Db,
    // Last, so that it waits for the others.
    file: Synced,
}

/// Our own descriptor of sled's file.
///
/// A thread of sled may hold its file, and the lock on it, a moment longer than the database lives; so may a
/// process that was just forked. Dropping this waits until nobody does, so that the same process can open it again.
pub(super) struct Synced(File);

impl Synced {
    pub fn open(volume: &Path) -> Result<Self, LogError> {
        let file = volume.join("db");
        File::open(&file).map(Self).map_err(tried("open", &file))
    }

    fn sync(&self, volume: &Path) -> Result<(), LogError> {
        self.0.sync_data().map_err(tried("sync", volume))
    }
}

impl Drop for Synced {
    fn drop(&mut self) {
        let begun = Instant::now();
        while matches!(self.0.try_lock(), Err(TryLockError::WouldBlock)) && begun.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        // Closing alone would leave it locked while a process that was just forked has a copy.
        self.0.unlock().ok();
    }
}

/// The events of one chunk.
pub(super) struct Loaded {
    pub first: Position,
    pub events: Vec<Recorded>,
}

impl Loaded {
    /// Returns the event at `position` if it is in this chunk.
    pub fn at(&self, position: Position) -> Option<&Recorded> {
        self.events.get(usize::try_from(position.0.checked_sub(self.first.0)?).ok()?)
    }
}

impl Volume {
    /// Makes an empty volume in `dir`.
    pub fn create(dir: &Path, first: Position) -> Result<PathBuf, LogError> {
        files::create(dir, first, |path| {
            let volume = Self::connect(path.to_owned(), first)?;
            volume.db.flush().map_err(|error| failure("make", path, first, error))?;
            Ok(())
        })
    }

    /// Opens a volume. The second value says what of sled's own files had to be repaired.
    pub fn open(path: PathBuf, first: Position) -> Result<(Self, Vec<String>), LogError> {
        let mut repaired = Vec::from_iter(files::check(&path, first)?);
        repaired.extend(snapshots::tidy(&path)?);
        Synced::open(&path)?.sync(&path)?;
        Ok((Self::connect(path, first)?, repaired))
    }

    fn connect(path: PathBuf, first: Position) -> Result<Self, LogError> {
        let failed = |error| failure("open", &path, first, error);
        let config = sled::Config::new().path(&path).cache_capacity(CACHE).flush_every_ms(None);
        let db = config.mode(sled::Mode::HighThroughput).open().map_err(failed)?;
        let tree = db.open_tree(TREE).map_err(failed)?;
        let file = Synced::open(&path)?;
        Ok(Self { first, path, tree, db, file })
    }

    /// Writes chunks; returns when they are durable.
    pub fn commit(&self, mut packed: Packed) -> Result<(), LogError> {
        // One chunk is atomic by itself; a batch would write a second record around it.
        if packed.chunks.len() == 1
            && let Some((key, value)) = packed.chunks.pop()
        {
            let failed = |error| failure("write", &self.path, self.first, error);
            self.tree.insert(key, value).map_err(failed)?;
            return self.flush();
        }
        let mut batch = sled::Batch::default();
        for (key, value) in packed.chunks {
            batch.insert(key, value);
        }
        self.apply(batch)
    }

    /// Removes every chunk from `position` on; returns when that is durable.
    pub fn cut(&self, position: Position) -> Result<(), LogError> {
        let mut batch = sled::Batch::default();
        for key in self.tree.range(chunk::key(position)..).keys() {
            batch.remove(key.map_err(|error| failure("read", &self.path, position, error))?);
        }
        self.apply(batch)
    }

    fn apply(&self, batch: sled::Batch) -> Result<(), LogError> {
        let failed = |error| failure("write", &self.path, self.first, error);
        self.tree.apply_batch(batch).map_err(failed)?;
        self.flush()
    }

    /// Makes durable what was written.
    fn flush(&self) -> Result<(), LogError> {
        let failed = |error| failure("write", &self.path, self.first, error);
        self.db.flush().map_err(failed)?;
        self.sync()
    }

    /// Makes durable what is in the file.
    pub fn sync(&self) -> Result<(), LogError> {
        self.file.sync(&self.path)
    }

    /// Returns the chunk that holds `position`, which is known to be there.
    pub fn load(&self, position: Position) -> Result<Loaded, LogError> {
        let failed = |error| failure("read", &self.path, position, error);
        let key = chunk::key(position);
        let found = match self.tree.get(key).map_err(failed)? {
            Some(value) => Some((sled::IVec::from(&key), value)),
            None => self.tree.get_lt(key).map_err(failed)?,
        };
        let (key, value) = found.ok_or_else(|| self.damaged(position, "is missing"))?;
        let broken = |broken: Broken| self.damaged(position, broken.0);
        let header = chunk::open(&key, &value).map_err(broken)?;
        if header.part != 0 || header.position.0 + u64::from(header.count) <= position.0 {
            return Err(self.damaged(position, "is missing"));
        }
        let (bytes, start): (Arc<[u8]>, usize) = if header.parts == 1 {
            (Arc::from(&*value), HEADER)
        } else {
            let mut whole = value[HEADER..].to_vec();
            for part in 1..header.parts {
                let key = chunk::part_key(header.position, part);
                let value = self.tree.get(&key).map_err(failed)?;
                let value = value.ok_or_else(|| self.damaged(position, "a piece is missing"))?;
                if chunk::open(&key, &value).map_err(broken)?.commit != header.commit {
                    return Err(self.damaged(position, "a piece is of another commit"));
                }
                whole.extend_from_slice(&value[HEADER..]);
            }
            (whole.into(), 0)
        };
        let events = chunk::records(header.position, header.count, &bytes, start).map_err(broken)?;
        Ok(Loaded { first: header.position, events })
    }

    pub fn damaged(&self, position: Position, what: &str) -> LogError {
        LogError::Damaged { file: self.path.display().to_string(), position, what: what.to_owned() }
    }

    /// Returns how many bytes the database takes.
    pub fn size(&self) -> Result<u64, LogError> {
        let path = self.path.join("db");
        self.file.0.metadata().map(|file| file.len()).map_err(tried("look at", &path))
    }
}

/// Does something with a database that may be damaged: sled panics on much of what it does not expect.
pub(super) fn guarded<T>(
    path: &Path,
    first: Position,
    work: impl FnOnce() -> Result<T, LogError>,
) -> Result<T, LogError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(LogError::Damaged {
            file: path.display().to_string(),
            position: first,
            what: "sled cannot read db: restore a backup; the volume begins".to_owned(),
        })
    })
}

pub(super) fn failure(verb: &str, path: &Path, position: Position, error: sled::Error) -> LogError {
    let error = match error {
        sled::Error::Corruption { at, .. } => {
            return LogError::Damaged {
                file: path.display().to_string(),
                position,
                what: format!("sled found damage in db ({at:?}): restore a backup; reading stopped"),
            };
        }
        sled::Error::Io(error) => error,
        other => std::io::Error::other(other.to_string()),
    };
    tried(verb, path)(error)
}
