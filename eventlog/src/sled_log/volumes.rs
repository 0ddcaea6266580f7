//! All volumes of a log: the one that is written, and the closed ones, which are opened when read.
//!
//! Invariants: the last one is always open; of the others at most [`MOST`] are, and who needs one more closes
//! the one that was read longest ago. A volume is followed by another only when everything in it is durable,
//! so only the last can end in a torn commit. Nobody uses a volume while it is opened or closed.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::log::{LogError, Position};

use super::volume::{Volume, guarded};

/// How many closed volumes may be open for reading at a time.
pub(super) const MOST: usize = 4;

pub(super) struct Volumes {
    /// Sorted by first position.
    slots: RwLock<Vec<Arc<Slot>>>,
    pool: Mutex<Pool>,
    /// Somebody gave up a place in the pool.
    freed: Condvar,
    /// Counts reads, to tell which volume was read longest ago.
    ticks: AtomicU64,
}

/// One volume, open or not.
struct Slot {
    first: Position,
    path: PathBuf,
    read_at: AtomicU64,
    volume: RwLock<Option<Volume>>,
}

/// Which of the closed volumes are open. A slot is in it from the end of its opening to the begin of its closing,
/// so whoever closes one waits for its readers, and never for somebody who waits for the pool.
#[derive(Default)]
struct Pool {
    open: Vec<Arc<Slot>>,
    opening: usize,
}

impl Volumes {
    /// Begins with the volumes found on disk, all of them closed but the last, which is `newest`.
    pub fn new(closed: impl IntoIterator<Item = (Position, PathBuf)>, newest: Volume) -> Self {
        let mut slots: Vec<_> =
            closed.into_iter().map(|(first, path)| Arc::new(Slot::of(first, path, None))).collect();
        slots.push(Arc::new(Slot::written(newest)));
        Self {
            slots: RwLock::new(slots),
            pool: Mutex::default(),
            freed: Condvar::new(),
            ticks: AtomicU64::default(),
        }
    }

    /// Does something with the volume that holds `position`, opening it if need be.
    pub fn with<T>(
        &self,
        position: Position,
        work: impl FnOnce(&Volume) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        let slot = self.slot(position)?;
        slot.read_at.store(self.ticks.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        let open = slot.read();
        if open.is_some() {
            return slot.work(&open, work);
        }
        drop(open);
        slot.work(&self.open(&slot)?, work)
    }

    /// Does something with the volume that is written.
    pub fn with_newest<T>(&self, work: impl FnOnce(&Volume) -> Result<T, LogError>) -> Result<T, LogError> {
        let newest = self.slots.read().unwrap_or_else(PoisonError::into_inner).last().cloned();
        let newest = newest.ok_or_else(|| LogError::FailStop("no volume is open".to_owned()))?;
        newest.work(&newest.read(), work)
    }

    /// Goes over to `next`, which is on disk and empty. The one written so far is full, durable, and still open.
    pub fn roll_over(&self, next: Volume) {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        slots.push(Arc::new(Slot::written(next)));
    }

    /// Closes the volume that was full, and opens it for reading.
    ///
    /// sled notes how far it read its file when it opens it, not when it closes it: the first opening reads all
    /// of it (0.9 s for 1 GiB), the later ones do not. The readers at the end of the log need it next.
    pub fn close_full(&self) -> Result<(), LogError> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        let full = slots.len().checked_sub(2).and_then(|at| slots.get(at)).cloned();
        drop(slots);
        let Some(full) = full else { return Ok(()) };
        full.close();
        self.open(&full).map(drop)
    }

    fn slot(&self, position: Position) -> Result<Arc<Slot>, LogError> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        let after = slots.partition_point(|slot| slot.first <= position);
        after.checked_sub(1).and_then(|at| slots.get(at)).cloned().ok_or_else(|| LogError::Damaged {
            file: "the log".to_owned(),
            position,
            what: "no volume holds it".to_owned(),
        })
    }

    /// Opens a closed volume and keeps it open.
    fn open<'a>(&self, slot: &'a Arc<Slot>) -> Result<RwLockReadGuard<'a, Option<Volume>>, LogError> {
        let mut place = slot.volume.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have opened it meanwhile.
        if place.is_none() {
            self.make_room();
            let opened = guarded(&slot.path, slot.first, || Volume::open(slot.path.clone(), slot.first));
            let mut pool = self.pool();
            pool.opening -= 1;
            if opened.is_ok() {
                pool.open.push(Arc::clone(slot));
            }
            drop(pool);
            self.freed.notify_one();
            let (volume, repaired) = opened?;
            for what in repaired {
                tracing::warn!("{what}");
            }
            *place = Some(volume);
        }
        Ok(RwLockWriteGuard::downgrade(place))
    }

    /// Takes a place in the pool for a volume that will be opened, closing another if all are taken.
    fn make_room(&self) {
        let mut pool = self.pool();
        while pool.open.is_empty() && pool.opening == MOST {
            pool = self.freed.wait(pool).unwrap_or_else(PoisonError::into_inner);
        }
        let full = pool.open.len() + pool.opening >= MOST;
        let read_at = |slot: &Arc<Slot>| slot.read_at.load(Ordering::Relaxed);
        let oldest = (0..pool.open.len()).min_by_key(|at| read_at(&pool.open[*at])).filter(|_| full);
        let oldest = oldest.map(|at| pool.open.swap_remove(at));
        pool.opening += 1;
        drop(pool);
        if let Some(oldest) = oldest {
            oldest.close();
        }
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how many closed volumes are open now.
    #[cfg(test)]
    pub fn open_for_reading(&self) -> usize {
        self.pool().open.len()
    }
}

impl Slot {
    fn of(first: Position, path: PathBuf, volume: Option<Volume>) -> Self {
        Self { first, path, read_at: AtomicU64::default(), volume: RwLock::new(volume) }
    }

    fn written(volume: Volume) -> Self {
        Self::of(volume.first, volume.path.clone(), Some(volume))
    }

    fn read(&self) -> RwLockReadGuard<'_, Option<Volume>> {
        self.volume.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn work<T>(
        &self,
        open: &RwLockReadGuard<'_, Option<Volume>>,
        work: impl FnOnce(&Volume) -> Result<T, LogError>,
    ) -> Result<T, LogError> {
        let Some(volume) = &**open else {
            return Err(LogError::FailStop(format!("{} is closed", self.path.display())));
        };
        guarded(&self.path, self.first, || work(volume))
    }

    /// Closes the volume once nobody reads it any more.
    fn close(&self) {
        let mut volume = self.volume.write().unwrap_or_else(PoisonError::into_inner);
        // Under the lock: it takes until sled let go of the file, and nobody can open it before.
        drop(volume.take());
    }
}
