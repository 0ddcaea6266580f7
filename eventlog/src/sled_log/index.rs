//! Where the chunks stand: a database of sled in `log/index`, and in memory what is not there yet.
//!
//! A place is the first position of a chunk and where in its volume that chunk stands; there is one for every
//! [`SPACING`] bytes of a volume. In sled a key is the first of up to [`GROUP`] places, which are its value. Who looks
//! for a position goes to the last place before it, and on from there by the headers of the chunks. So a place that is
//! missing costs time and nothing else, and one that is wrong is noticed: no chunk of that position stands there.
//!
//! Traps of sled 0.34 that are minded here: its flush does not sync (spacejam/sled #1351, #1452), so we do; it panics on
//! much of what it does not expect; a thread of it may hold its file a moment longer than the database lives; a
//! snapshot that it was writing when it was killed is damage to it, so that is removed before.
//!
//! Invariants: nothing is in here that is not in the volumes, so the folder can be removed and is made again; what a
//! file of ends ([`super::ends`]) was written for was durable here before.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use crate::durable::{sync, tried};
use crate::log::{LogError, Position};

use super::volume::BEGIN;

/// There is a place for every so many bytes of a volume.
pub(super) const SPACING: u64 = 16 << 10;

const TREE: &[u8] = b"places";
const CACHE: u64 = 16 << 20;
const PATIENCE: Duration = Duration::from_secs(5);

/// So many places stand under one key of sled at most, that of the first: a key for each would take most of the time.
const GROUP: usize = 64;

/// What a place takes there: position and offset, u64, big-endian.
const PLACE: usize = 16;

/// Where a chunk stands in its volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub position: Position,
    pub at: u64,
}

/// Chooses the places of a volume, chunk by chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spacing(u64);

impl Spacing {
    /// Begins at the beginning of a volume.
    pub fn new() -> Self {
        Self(BEGIN)
    }

    /// Begins somewhere behind, where the next chunk is a place.
    pub fn behind() -> Self {
        Self(0)
    }

    /// Says whether the chunk that stands at `at` is a place.
    pub fn takes(&mut self, at: u64) -> bool {
        let far = at >= self.0 + SPACING || self.0 == 0;
        if far {
            self.0 = at;
        }
        far
    }
}

pub(super) struct Index {
    dir: PathBuf,
    /// What is not in sled yet, in the order of positions.
    recent: RwLock<Vec<Place>>,
    sled: Option<Sled>,
    /// Something in it was wrong.
    doubted: AtomicBool,
}

struct Sled {
    tree: sled::Tree,
    db: sled::Db,
    // Last, so that it waits for the others.
    file: Held,
}

/// Our own descriptor of sled's file. Dropping it waits until nobody in this process has that locked any more, so that
/// it can be opened again.
struct Held(File);

impl Drop for Held {
    fn drop(&mut self) {
        let begun = Instant::now();
        while matches!(self.0.try_lock(), Err(TryLockError::WouldBlock)) && begun.elapsed() < PATIENCE {
            std::thread::yield_now();
        }
        // Closing alone would leave it locked while a process that was just forked has a copy.
        self.0.unlock().ok();
    }
}

impl Index {
    /// Opens what there is in `dir`. None if there is nothing that can be used.
    pub fn open(dir: &Path) -> Option<Self> {
        let folder = folder(dir);
        if !folder.join("db").is_file() {
            return None;
        }
        remove_unfinished(&folder).ok()?;
        let sled = guarded(|| Sled::open(&folder)).ok()?;
        Some(Self::of(folder, sled))
    }

    /// Makes an empty one in `dir`; what there was is removed.
    pub fn make(dir: &Path) -> Result<Self, LogError> {
        let folder = folder(dir);
        remove(&folder)?;
        fs::create_dir(&folder).map_err(tried("make", &folder))?;
        let sled = guarded(|| Sled::open(&folder)).map_err(tried("make the index of the log in", &folder))?;
        sled.db.flush().map_err(|error| tried("write", &folder)(error.into()))?;
        for part in [folder.join("conf"), folder.join("db"), folder.clone(), dir.to_owned()] {
            sync(&part)?;
        }
        Ok(Self::of(folder, sled))
    }

    fn of(dir: PathBuf, sled: Sled) -> Self {
        Self { dir, recent: RwLock::default(), sled: Some(sled), doubted: AtomicBool::new(false) }
    }

    /// Adds places behind all others.
    pub fn add(&self, places: &[Place]) {
        if !places.is_empty() {
            self.recent.write().unwrap_or_else(PoisonError::into_inner).extend_from_slice(places);
        }
    }

    /// Returns the last place up to a position.
    pub fn before(&self, position: Position) -> Option<Place> {
        let recent = self.recent.read().unwrap_or_else(PoisonError::into_inner);
        let after = recent.partition_point(|place| place.position <= position);
        let found = after.checked_sub(1).and_then(|at| recent.get(at)).copied();
        drop(recent);
        found.or_else(|| self.in_sled(position))
    }

    fn in_sled(&self, position: Position) -> Option<Place> {
        let tree = &self.sled.as_ref()?.tree;
        let found = guarded(|| tree.get_lt(position.0.saturating_add(1).to_be_bytes()));
        match found {
            Ok(found) => {
                let (_, group) = found?;
                let place = last_in(&group, position);
                if place.is_none() {
                    self.doubt();
                }
                place
            }
            Err(error) => {
                self.doubt();
                tracing::warn!(%error, "the index of the log cannot be read");
                None
            }
        }
    }

    /// Notes that something in here is wrong: it is made again at the next opening.
    pub fn doubt(&self) {
        if !self.doubted.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "{} is damaged: reading takes longer until the log is opened again",
                self.dir.display()
            );
        }
    }

    /// Removes every place behind a position.
    pub fn cut(&self, position: Position) -> Result<(), LogError> {
        let Some(sled) = &self.sled else { return Ok(()) };
        guarded(|| {
            for key in sled.tree.range((position.0 + 1).to_be_bytes()..).keys() {
                sled.tree.remove(key?)?;
            }
            // What is left of the group that begins before.
            if let Some((key, group)) = sled.tree.last()?
                && let count = up_to(&group, position)
                && count * PLACE < group.len()
            {
                sled.tree.insert(key, &group[..count * PLACE])?;
            }
            Ok(())
        })
        .map_err(tried("write", &self.dir))
    }

    /// Brings every place up to a position into sled; returns when they are durable there.
    pub fn settle(&self, position: Position) -> Result<(), LogError> {
        let Some(sled) = &self.sled else { return Ok(()) };
        let recent = self.recent.read().unwrap_or_else(PoisonError::into_inner);
        let count = recent.partition_point(|place| place.position <= position);
        let places = recent[..count].to_vec();
        drop(recent);
        guarded(|| {
            for group in places.chunks(GROUP) {
                let bytes = group.iter().flat_map(|place| [place.position.0, place.at].map(u64::to_be_bytes));
                let value: Vec<u8> = bytes.flatten().collect();
                sled.tree.insert(&value[..8], value.clone())?;
            }
            sled.db.flush()
        })
        .map_err(tried("write", &self.dir))?;
        sled.file.0.sync_data().map_err(tried("sync", &self.dir))?;
        self.recent.write().unwrap_or_else(PoisonError::into_inner).drain(..count);
        Ok(())
    }

    /// Changes what is in sled behind the back of the log.
    #[cfg(test)]
    pub fn tamper(&self, change: impl FnOnce(&sled::Tree)) {
        let sled = self.sled.as_ref().unwrap();
        change(&sled.tree);
        sled.db.flush().unwrap();
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        drop(self.sled.take());
        if *self.doubted.get_mut()
            && let Err(error) = remove(&self.dir)
        {
            tracing::warn!(%error, "the index of the log is damaged and stays");
        }
    }
}

impl Sled {
    fn open(folder: &Path) -> sled::Result<Self> {
        let config = sled::Config::new().path(folder).cache_capacity(CACHE).flush_every_ms(None);
        let db = config.mode(sled::Mode::HighThroughput).open()?;
        let tree = db.open_tree(TREE)?;
        let file = Held(File::open(folder.join("db"))?);
        Ok(Self { tree, db, file })
    }
}

/// Asks sled for something; what it panics on is an error.
fn guarded<T>(work: impl FnOnce() -> sled::Result<T>) -> std::io::Result<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(Into::into),
        Err(_) => Err(std::io::Error::other("sled panicked")),
    }
}

/// Returns how many places of a group do not stand behind a position.
fn up_to(group: &[u8], position: Position) -> usize {
    group.as_chunks::<PLACE>().0.partition_point(|place| number(place) <= Some(position.0))
}

/// Returns the last place of a group up to a position; none if these are no places.
fn last_in(group: &[u8], position: Position) -> Option<Place> {
    let (places, rest) = group.as_chunks::<PLACE>();
    let place = places.get(up_to(group, position).checked_sub(1)?).filter(|_| rest.is_empty())?;
    // No file is longer than that: to read there is an error of the system, not the end of the file.
    let at = i64::try_from(number(&place[8..])?).ok()?;
    Some(Place { position: Position(number(place)?), at: at.cast_unsigned() })
}

fn number(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk().copied().map(u64::from_be_bytes)
}

/// Returns where the index of a log stands.
pub(super) fn folder(dir: &Path) -> PathBuf {
    dir.join("index")
}

/// Removes a snapshot that was never finished. What it would say is in the file of sled as well.
fn remove_unfinished(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "generating") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

fn remove(folder: &Path) -> Result<(), LogError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(tried("remove", folder)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}
