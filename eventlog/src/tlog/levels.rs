//! The hashes of the tree on disk: one file for each level, see the module above.
//!
//! Invariants: a level holds one hash for each 256 hashes of the level below, no more; nothing is durable before
//! [`Levels::sync`]; a hash lies within one sector, so what a crash tears is whole hashes of zeros, or missing.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::log::Position;

use super::error::{TlogError, io_error};
use super::merkle::{Hash, node_hash};

/// How many hashes of one level stand below one of the next: a tile.
pub(super) const TILE: u64 = 256;

/// The length of a hash in bytes.
const LENGTH: u64 = 32;

/// More levels than any log fills.
pub(super) const MOST: usize = 8;

/// How many hashes are read or written at once at most: 2 MiB.
const PORTION: u64 = 64 << 10;

pub(super) struct Levels {
    directory: PathBuf,
    levels: Vec<Level>,
    /// Hashes of leaves up to here were there when the files were opened: the log is compared with them.
    kept: u64,
}

struct Level {
    path: PathBuf,
    file: File,
    /// How many hashes are taken for good.
    count: u64,
    /// The last of them, those that have none above them yet.
    open: Vec<Hash>,
}

impl Level {
    /// Returns how many whole hashes the file holds.
    fn stored(&self) -> Result<u64, TlogError> {
        Ok(self.file.metadata().map_err(io_error("read", &self.path))?.len() / LENGTH)
    }

    fn read(&self, first: u64, count: u64) -> Result<Vec<Hash>, TlogError> {
        let length = usize::try_from(count * LENGTH).unwrap_or(usize::MAX);
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, first * LENGTH).map_err(io_error("read", &self.path))?;
        Ok(bytes.as_chunks::<32>().0.to_vec())
    }

    fn write(&self, first: u64, hashes: &[Hash]) -> Result<(), TlogError> {
        self.file.write_all_at(hashes.as_flattened(), first * LENGTH).map_err(io_error("write", &self.path))
    }

    fn cut(&self, count: u64) -> Result<(), TlogError> {
        self.file.set_len(count * LENGTH).map_err(io_error("cut", &self.path))
    }
}

impl Levels {
    /// Opens the files and takes the first `trusted` hashes of leaves for good, or fewer if fewer are there.
    ///
    /// Whatever stands above them is made again where it is not there.
    pub fn open(directory: &Path, trusted: u64) -> Result<Self, TlogError> {
        let mut levels = Self { directory: directory.to_owned(), levels: Vec::new(), kept: 0 };
        levels.kept = levels.level(0)?.stored()?;
        let size = trusted.min(levels.kept);
        let mut count = size;
        for number in 0..MOST {
            let level = levels.level(number)?;
            level.count = count;
            level.open = level.read(count - count % TILE, count % TILE)?;
            count /= TILE;
            if count == 0 {
                break;
            }
            levels.complete(number + 1, count)?;
        }
        levels.cut_above()?;
        Ok(levels)
    }

    /// Opens the files to look at the first `size` leaves and the levels above them, `most` levels in all, and
    /// writes nothing.
    ///
    /// `None`: not all of it is there; it would be made again.
    pub fn look(directory: &Path, size: u64, most: usize) -> Result<Option<Self>, TlogError> {
        let mut levels = Self { directory: directory.to_owned(), levels: Vec::new(), kept: size };
        let mut count = size;
        while count > 0 && levels.levels.len() < most {
            let path = levels.path(levels.levels.len());
            let file = match File::open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(io_error("open", &path)(error)),
            };
            let level = Level { path, file, count, open: Vec::new() };
            if level.stored()? < count {
                return Ok(None);
            }
            levels.levels.push(level);
            count /= TILE;
        }
        Ok(Some(levels))
    }

    /// Makes the first `count` hashes of a level, those that are not there, and cuts what is behind them.
    fn complete(&mut self, number: usize, count: u64) -> Result<(), TlogError> {
        let level = self.level(number)?;
        let mut at = level.stored()?.min(count);
        level.cut(at)?;
        while at < count {
            let portion = (count - at).min(PORTION / TILE);
            let below = self.read(number - 1, at * TILE, portion * TILE)?;
            let above: Vec<_> = below.chunks(256).map(|tile| tile_root(tile.to_vec())).collect();
            self.level(number)?.write(at, &above)?;
            at += portion;
        }
        Ok(())
    }

    /// Removes what stands on levels that the tree does not reach yet.
    fn cut_above(&mut self) -> Result<(), TlogError> {
        for number in self.levels.len()..MOST {
            let path = self.path(number);
            match std::fs::remove_file(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(io_error("remove", &path)(error));
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    fn path(&self, number: usize) -> PathBuf {
        path(&self.directory, number)
    }

    fn level(&mut self, number: usize) -> Result<&mut Level, TlogError> {
        while self.levels.len() <= number {
            let path = self.path(self.levels.len());
            let file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .read(true)
                .write(true)
                .open(&path)
                .map_err(io_error("open", &path))?;
            self.levels.push(Level { path, file, count: 0, open: Vec::new() });
        }
        Ok(&mut self.levels[number])
    }

    /// Returns how many hashes a level holds.
    pub fn count(&self, number: usize) -> u64 {
        self.levels.get(number).map_or(0, |level| level.count)
    }

    /// Returns how many leaves there are.
    pub fn size(&self) -> u64 {
        self.count(0)
    }

    /// Returns how many hashes of leaves are on disk beyond those taken for good: they are to be compared.
    pub fn left_over(&self) -> u64 {
        self.kept.saturating_sub(self.size())
    }

    /// Forgets hashes of leaves that were there when the files were opened and that the log has no event for.
    pub fn cut(&mut self) -> Result<(), TlogError> {
        if self.left_over() > 0 {
            self.kept = self.size();
        }
        let count = self.size();
        self.level(0)?.cut(count)
    }

    /// Returns hashes of a level, all of which are there.
    pub fn read(&self, number: usize, first: u64, count: u64) -> Result<Vec<Hash>, TlogError> {
        match self.levels.get(number) {
            Some(level) => level.read(first, count),
            None => Err(io_error("read", &self.path(number))(ErrorKind::NotFound.into())),
        }
    }

    /// Returns the file of a level.
    pub fn file(&self, number: usize) -> PathBuf {
        self.path(number)
    }

    /// Adds the hashes of the next leaves.
    ///
    /// One that was there before and is another one is an error, unless it is what a crash leaves: zeros.
    pub fn append(&mut self, leaves: &[Hash]) -> Result<(), TlogError> {
        let size = self.size();
        let known = self.left_over().min(leaves.len() as u64);
        if known > 0 {
            let before = self.read(0, size, known)?;
            for (index, (before, now)) in before.iter().zip(leaves).enumerate() {
                if before != now && *before != [0; 32] {
                    let position = Position(size + index as u64 + 1);
                    return Err(TlogError::Contradicts { file: self.path(0), position });
                }
            }
        }
        self.push(0, leaves)
    }

    fn push(&mut self, number: usize, hashes: &[Hash]) -> Result<(), TlogError> {
        let level = self.level(number)?;
        level.write(level.count, hashes)?;
        level.count += hashes.len() as u64;
        let mut above = Vec::new();
        for hash in hashes {
            level.open.push(*hash);
            if level.open.len() as u64 == TILE {
                above.push(tile_root(std::mem::take(&mut level.open)));
            }
        }
        if above.is_empty() || number + 1 == MOST { Ok(()) } else { self.push(number + 1, &above) }
    }

    /// Puts everything on disk, names included.
    pub fn sync(&self) -> Result<(), TlogError> {
        for level in &self.levels {
            level.file.sync_all().map_err(io_error("sync", &level.path))?;
        }
        sync_directory(&self.directory)
    }
}

/// Returns the file of a level in a directory.
pub(super) fn path(directory: &Path, number: usize) -> PathBuf {
    directory.join(format!("level.{number}"))
}

/// Returns how many hashes of leaves are kept in a directory.
pub(super) fn kept(directory: &Path) -> Result<u64, TlogError> {
    let path = path(directory, 0);
    match std::fs::metadata(&path) {
        Ok(metadata) => Ok(metadata.len() / LENGTH),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
        Err(error) => Err(io_error("read", &path)(error)),
    }
}

/// Puts the names in a directory on disk.
pub(super) fn sync_directory(directory: &Path) -> Result<(), TlogError> {
    File::open(directory).and_then(|it| it.sync_all()).map_err(io_error("sync", directory))
}

/// Returns the root over a tile.
pub(super) fn tile_root(mut row: Vec<Hash>) -> Hash {
    while row.len() > 1 {
        row = row.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    row.first().copied().unwrap_or_else(super::merkle::empty_root)
}
