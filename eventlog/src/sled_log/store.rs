//! The end of the log: commits become chunks at the end of the newest volume, and a full one is followed by another.
//!
//! Invariant: a commit is begun only when the one before is durable, and a volume only when the one before is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::EventId;

use crate::chunk::Packing;
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
        let tip = Tip::at(end, volume.size()?);
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
        self.tip = Tip::at(BEGIN, BEGIN);
        self.spacing = Spacing::new();
        Ok(Some(Arc::clone(&self.volume)))
    }

    /// Writes a commit; returns when it is durable, and what of it belongs into the index.
    pub fn append(&mut self, first: Position, records: &[u8], ends: &[usize]) -> Result<&[Place], LogError> {
        let Self { spacing, places, bytes, chunks, tip, volume, .. } = self;
        places.clear();
        let begin = tip.end;
        let piece = if records.len() < SPLIT { usize::MAX } else { PIECE.min(records.len().div_ceil(2)) };
        let mut packing = Packing::of(first, self.last_chunk, records, ends);
        loop {
            bytes.clear();
            let more = packing.fill(piece, bytes, |position, begin| {
                *chunks += 1;
                let at = tip.end + begin as u64;
                if spacing.takes(at) {
                    places.push(Place { position, at });
                }
            });
            tip.write(volume, bytes)?;
            if !more {
                break;
            }
            tip.hasten(volume, bytes.len());
        }
        self.last_chunk = packing.previous;
        tip.sync(volume, begin)?;
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

/// A commit of so many bytes is written in two pieces at least, so that the disk has something to do while the rest
/// is made.
const SPLIT: usize = 128 << 10;

/// No piece has many more bytes than this.
const PIECE: usize = 256 << 10;

/// A commit that needed more does not leave its room to those that follow.
pub(super) const MOST_KEPT: usize = 16 << 20;
