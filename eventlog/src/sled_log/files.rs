//! The files of the log on disk, and making them durable.
//!
//! ```text
//! log/lock                          held by the process that runs
//! log/committed                     the position that was acknowledged last, at least
//! log/ends.00000000000000524288     the ends of all streams at a position, see `ends`
//! log/00000000000000000001.events   a volume, named after its first position, see `volume`
//! log/index/                        where the chunks stand in them, see `index`; it can be made again
//! ```
//!
//! `committed` is a position (u64, big-endian) and the CRC-32C of these 8 bytes, rewritten after each commit and
//! not synced: what it says was durable, though more may be. Damage at the end of the last volume looks like a write
//! that a crash cut short; this file tells the two apart.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

pub use crate::durable::make_directory;
pub(super) use crate::durable::tried;
use crate::durable::{sync, write};
use crate::log::{LogError, Position};
use crate::record::field;

/// Makes `dir` if it is missing and keeps every other process out of it as long as the file is open.
pub(super) fn lock(dir: &Path) -> Result<Held, LogError> {
    make_directory(dir)?;
    let path = dir.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(tried("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(Held(file)),
        Err(TryLockError::WouldBlock) => Err(LogError::InUse(dir.display().to_string())),
        Err(TryLockError::Error(error)) => Err(tried("lock", &path)(error)),
    }
}

/// The lock of a directory, held until this is dropped.
#[derive(Debug)]
pub(super) struct Held(File);

impl Drop for Held {
    fn drop(&mut self) {
        // Closing alone would leave it locked while a process that was just forked has a copy.
        self.0.unlock().ok();
    }
}

/// The position that was acknowledged last.
pub(super) struct Mark {
    file: File,
    path: PathBuf,
}

impl Mark {
    /// Opens the mark in `dir` and reads it. If there is none it is made, and the position is none.
    pub fn open(dir: &Path) -> Result<(Self, Option<Position>), LogError> {
        let path = dir.join("committed");
        let found = path.try_exists().map_err(tried("look for", &path))?;
        if !found {
            write(&path, &Self::bytes(Position::START))?;
            sync(dir)?;
        }
        let bytes = fs::read(&path).map_err(tried("read", &path))?;
        let position = field(&bytes, 0).map(|bytes| Position(u64::from_be_bytes(bytes)));
        let position = position.ok().filter(|position| bytes == Self::bytes(*position));
        let position = position.ok_or_else(|| LogError::Damaged {
            file: path.display().to_string(),
            position: Position::START,
            what: "the checksum is wrong; remove the file to open the log without knowing how far it went"
                .to_owned(),
        })?;
        let file = OpenOptions::new().write(true).open(&path).map_err(tried("open", &path))?;
        Ok((Self { file, path }, Some(position).filter(|_| found)))
    }

    /// Notes that everything up to `position` is durable.
    pub fn set(&self, position: Position) -> Result<(), LogError> {
        self.file.write_all_at(&Self::bytes(position), 0).map_err(tried("write", &self.path))
    }

    pub fn sync(&self) -> Result<(), LogError> {
        self.file.sync_data().map_err(tried("sync", &self.path))
    }

    fn bytes(position: Position) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&position.0.to_be_bytes());
        let checksum = crc32c::crc32c(&bytes[..8]);
        bytes[8..].copy_from_slice(&checksum.to_be_bytes());
        bytes
    }
}
