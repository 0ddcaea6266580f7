//! All volumes of a log, each opened when it is first read.
//!
//! Invariant: a volume is followed by another only when everything in it is durable, so only the last can end in a
//! torn commit.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use crate::log::{LogError, Position};

use super::volume::Volume;

pub(super) struct Volumes {
    /// Sorted by first position.
    slots: RwLock<Vec<Arc<Slot>>>,
}

/// One volume, open or not.
struct Slot {
    first: Position,
    path: PathBuf,
    volume: OnceLock<Arc<Volume>>,
}

impl Volumes {
    /// Begins with the volumes found on disk, of which the last is open.
    pub fn new(closed: impl IntoIterator<Item = (Position, PathBuf)>, newest: Arc<Volume>) -> Self {
        let closed = closed.into_iter().map(|(first, path)| Slot { first, path, volume: OnceLock::new() });
        let slots = closed.chain([Slot::open(newest)]).map(Arc::new).collect();
        Self { slots: RwLock::new(slots) }
    }

    /// Returns the volume that holds `position`.
    pub fn of(&self, position: Position) -> Result<Arc<Volume>, LogError> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        let after = slots.partition_point(|slot| slot.first <= position);
        let slot = after.checked_sub(1).and_then(|at| slots.get(at)).cloned();
        drop(slots);
        let slot = slot.ok_or_else(|| LogError::Damaged {
            file: "the log".to_owned(),
            position,
            what: "no volume holds it".to_owned(),
        })?;
        if let Some(volume) = slot.volume.get() {
            return Ok(Arc::clone(volume));
        }
        let opened = Arc::new(Volume::open(slot.path.clone(), slot.first)?);
        Ok(Arc::clone(slot.volume.get_or_init(|| opened)))
    }

    /// Goes over to `next`, which is on disk and empty. The one written so far is full and durable.
    pub fn roll_over(&self, next: Arc<Volume>) {
        let mut slots = self.slots.write().unwrap_or_else(PoisonError::into_inner);
        slots.push(Arc::new(Slot::open(next)));
    }

    /// Returns the first positions of all volumes.
    pub fn firsts(&self) -> Vec<Position> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.iter().map(|slot| slot.first).collect()
    }

    /// Returns how many volumes are open.
    #[cfg(test)]
    pub fn open(&self) -> usize {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.iter().filter(|slot| slot.volume.get().is_some()).count()
    }
}

impl Slot {
    fn open(volume: Arc<Volume>) -> Self {
        Self { first: volume.first, path: volume.path.clone(), volume: OnceLock::from(volume) }
    }
}
