//! The end of the log: commits become chunks at the end of the newest volume, and a full one is followed by another.
//!
//! Invariant: a commit is begun only when the one before is durable, and a volume only when the one before is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::EventId;

use crate::chunk;
use crate::log::{LogError, Position};

use super::index::{Place, Spacing};
use super::volume::{BEGIN, Tip, Volume};

pub(super) struct Store {
    dir: PathBuf,
    /// At which size the next volume is begun.
    volume_bytes: u64,
    volume: Arc<Volume>,
    tip: Tip,
    /// The first position of the last chunk.
    pub last_chunk: Position,
    /// How many chunks there are.
    pub chunks: u64,
    spacing: Spacing,
    places: Vec<Place>,
    bytes: Vec<u8>,
}

impl Store {
    /// Goes on in a volume that holds something up to `end`.
    pub fn behind(
        dir: &Path,
        volume_bytes: u64,
        volume: Arc<Volume>,
        end: u64,
        last_chunk: Position,
        chunks: u64,
    ) -> Result<Self, LogError> {
        let tip = Tip { end, room: volume.size()? };
        let (dir, spacing) = (dir.to_owned(), Spacing::behind());
        let (places, bytes) = (vec![], vec![]);
        Ok(Self { dir, volume_bytes, volume, tip, last_chunk, chunks, spacing, places, bytes })
    }

    /// Begins a log in `dir`, where there is none.
    pub fn begin(dir: &Path, volume_bytes: u64) -> Result<Self, LogError> {
        let volume = Arc::new(Volume::create(dir, Position(1), None)?);
        Self::behind(dir, volume_bytes, volume, BEGIN, Position::START, 0)
    }

    /// Goes over to another volume if this one reached its size, and returns that. `next` is the position that comes
    /// next, `after` the event before.
    pub fn roll_over(
        &mut self,
        next: Position,
        after: Option<EventId>,
    ) -> Result<Option<Arc<Volume>>, LogError> {
        if self.tip.end < self.volume_bytes || self.volume.first == next {
            return Ok(None);
        }
        self.tip.close(&self.volume)?;
        self.volume = Arc::new(Volume::create(&self.dir, next, after)?);
        self.tip = Tip { end: BEGIN, room: BEGIN };
        self.spacing = Spacing::new();
        Ok(Some(Arc::clone(&self.volume)))
    }

    /// Writes a commit; returns when it is durable, and what of it belongs into the index.
    pub fn append(&mut self, first: Position, records: &[u8], ends: &[usize]) -> Result<&[Place], LogError> {
        let Self { spacing, places, bytes, chunks, tip, .. } = self;
        bytes.clear();
        places.clear();
        self.last_chunk = chunk::pack(first, self.last_chunk, records, ends, bytes, |position, begin| {
            *chunks += 1;
            let at = tip.end + begin as u64;
            if spacing.takes(at) {
                places.push(Place { position, at });
            }
        });
        tip.append(&self.volume, bytes)?;
        if self.bytes.capacity() > MOST_KEPT {
            self.bytes = vec![];
        }
        Ok(&self.places)
    }

    /// Gives back the room that is left; returns when that is durable.
    pub fn close(&self) -> Result<(), LogError> {
        self.tip.close(&self.volume)
    }
}

/// A commit that needed more does not leave its room to those that follow.
pub(super) const MOST_KEPT: usize = 16 << 20;
