//! Reading the hashes back, a tile at a time, with every hash between two levels computed.
//!
//! Invariant: a whole tile is handed out only if its root is the hash that stands above it, so a changed hash
//! is met when it is used, wherever it is.

use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;

use crate::log::Position;

use super::error::TlogError;
use super::levels::{Levels, TILE};
use super::merkle::{Hash, Nodes, node_hash};

/// How many tiles are kept: 16 KiB each.
const KEPT: NonZeroUsize = NonZeroUsize::new(64).unwrap();

/// A tile: its hashes, and row by row those over two, four, … of them.
pub(super) struct Subtree {
    rows: Vec<Vec<Hash>>,
}

impl Subtree {
    /// Returns the subtree over at most 256 hashes.
    pub fn over(tile: Vec<Hash>) -> Self {
        let mut rows = vec![tile];
        while let Some(row) = rows.last().filter(|row| row.len() > 1) {
            rows.push(row.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect());
        }
        Self { rows }
    }

    fn width(&self) -> u64 {
        self.rows.first().map_or(0, |row| row.len() as u64)
    }

    fn node(&self, row: usize, at: usize) -> Option<Hash> {
        self.rows.get(row)?.get(at).copied()
    }
}

/// The tiles that were read last.
pub(super) struct Cache(LruCache<(usize, u64), Arc<Subtree>>);

impl Cache {
    pub fn new() -> Self {
        Self(LruCache::new(KEPT))
    }

    /// Returns a way to the hashes of these levels.
    pub fn on<'a>(&'a mut self, levels: &'a Levels) -> OnDisk<'a> {
        OnDisk { levels, cache: &mut self.0 }
    }
}

/// The hashes of a tree in files.
pub(super) struct OnDisk<'a> {
    levels: &'a Levels,
    cache: &'a mut LruCache<(usize, u64), Arc<Subtree>>,
}

impl OnDisk<'_> {
    /// Looks whether every whole tile fits to the hash above it.
    pub fn check(&mut self) -> Result<(), TlogError> {
        let mut number = 0;
        while self.levels.count(number) >= TILE {
            for tile in 0..self.levels.count(number) / TILE {
                self.tile(number, tile)?;
            }
            number += 1;
        }
        Ok(())
    }

    /// Returns a tile; the last of a level grows, so what is kept of it is used only while it is all of it.
    fn tile(&mut self, number: usize, tile: u64) -> Result<Arc<Subtree>, TlogError> {
        let there = self.levels.count(number).saturating_sub(tile * TILE).min(TILE);
        let kept = self.cache.get(&(number, tile)).filter(|kept| kept.width() == there);
        if let Some(kept) = kept {
            return Ok(Arc::clone(kept));
        }
        let subtree = Arc::new(Subtree::over(self.levels.read(number, tile * TILE, there)?));
        if there == TILE {
            let above = self.levels.read(number + 1, tile, 1)?;
            if subtree.node(8, 0) != above.first().copied() {
                return Err(unfit(self.levels, number, tile));
            }
        }
        self.cache.put((number, tile), Arc::clone(&subtree));
        Ok(subtree)
    }
}

/// Returns the error of a tile that does not fit to the hash above it.
fn unfit(levels: &Levels, number: usize, tile: u64) -> TlogError {
    let leaves = 1_u64 << (8 * number).min(63);
    let position = Position(tile.saturating_mul(TILE).saturating_mul(leaves).saturating_add(1));
    TlogError::Inner { file: levels.file(number + 1), position }
}

impl Nodes for OnDisk<'_> {
    type Error = TlogError;

    fn node(&mut self, height: u32, index: u64) -> Result<Hash, TlogError> {
        let (number, row) = ((height / 8) as usize, height % 8);
        let tile = (index << row) / TILE;
        let subtree = self.tile(number, tile)?;
        let at = usize::try_from(index % (TILE >> row)).unwrap_or(usize::MAX);
        // Not there: somebody asked for more leaves than there are.
        subtree.node(row as usize, at).ok_or_else(|| unfit(self.levels, number, tile))
    }
}
