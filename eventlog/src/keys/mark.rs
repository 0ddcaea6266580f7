//! `committed`: how far the journal is on disk, at least.
//!
//! 20 bytes: n (u64), the length of `journal.<n>` (u64), CRC-32C of these 16 bytes (u32). Numbers are big-endian.
//! Rewritten after each write of the journal and not synced: what it says was on disk, though more may be.
//!
//! Invariant: a journal that ends before its mark is damaged. Without the mark, one that lost its last writes
//! would read like one that never had them, and the events that need their keys would pass for erased.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::error::{KeyError, io_error};
use super::{files, journal};

const LENGTH: usize = 20;

/// What a mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Marked {
    /// The ring in force.
    pub number: u64,
    /// How long its journal was.
    pub end: u64,
}

/// What was found where the mark should be.
pub(super) enum Witness {
    /// The mark.
    Whole(Marked),
    /// Nothing.
    Missing,
    /// Something else.
    Damaged,
}

/// A mark open for writing.
pub(super) struct Mark {
    path: PathBuf,
    file: File,
}

impl Mark {
    /// Reads the mark in `directory`.
    pub fn read(directory: &Path) -> Result<Witness, KeyError> {
        let path = path(directory);
        match fs::read(&path) {
            Ok(bytes) => Ok(decode(&bytes).map_or(Witness::Damaged, Witness::Whole)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Witness::Missing),
            Err(error) => Err(io_error("read", &path)(error)),
        }
    }

    /// Opens the mark, or makes it. Its name is on disk after the directory is synced.
    pub fn open(directory: &Path) -> Result<Self, KeyError> {
        let path = path(directory);
        let open = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = open.map_err(io_error("open", &path))?;
        Ok(Self { path, file })
    }

    /// Writes the mark anew, on disk when this returns.
    pub fn write(&self, marked: Marked) -> Result<(), KeyError> {
        self.set(marked)?;
        let synced = self.file.set_len(LENGTH as u64).and_then(|()| self.file.sync_all());
        synced.map_err(io_error("sync", &self.path))
    }

    /// Notes that so much is on disk.
    pub fn set(&self, marked: Marked) -> Result<(), KeyError> {
        self.file.write_all_at(&encode(marked), 0).map_err(io_error("write", &self.path))
    }
}

/// Returns where the mark is.
pub(super) fn path(directory: &Path) -> PathBuf {
    directory.join("committed")
}

pub(super) fn encode(marked: Marked) -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    bytes[..8].copy_from_slice(&marked.number.to_be_bytes());
    bytes[8..16].copy_from_slice(&marked.end.to_be_bytes());
    let check = crc32c::crc32c(&bytes[..16]);
    bytes[16..].copy_from_slice(&check.to_be_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<Marked> {
    let number = bytes.first_chunk::<8>().copied().map(u64::from_be_bytes)?;
    let end = bytes.get(8..)?.first_chunk::<8>().copied().map(u64::from_be_bytes)?;
    let marked = Marked { number, end };
    (encode(marked) == bytes).then_some(marked)
}

/// Makes sure that no ring is missing where there is none.
pub(super) fn never_was(witness: &Witness, directory: &Path) -> Result<(), KeyError> {
    match witness {
        // A first start cut short left a mark, and nothing in the journal yet.
        Witness::Whole(marked) if *marked > (Marked { number: 1, end: journal::HEADER as u64 }) => {
            Err(KeyError::Missing(files::numbered(directory, "ring", marked.number)))
        }
        Witness::Whole(_) | Witness::Missing | Witness::Damaged => Ok(()),
    }
}

/// Compares what was read of the ring in force with its mark. Returns what is to be reported.
pub(super) fn check(directory: &Path, witness: &Witness, found: Marked) -> Result<Option<String>, KeyError> {
    let again = |what: &str| {
        let path = path(directory);
        Ok(Some(format!(
            "{} was {what} and made again: how far the keys went before is not known",
            path.display()
        )))
    };
    match witness {
        Witness::Whole(marked) if marked.number > found.number => {
            Err(KeyError::Missing(files::numbered(directory, "ring", marked.number)))
        }
        Witness::Whole(marked) if *marked > found => Err(KeyError::Damaged {
            file: files::numbered(directory, "journal", found.number),
            offset: found.end,
            what: "it ends here, and keys that were on disk are missing",
        }),
        Witness::Whole(_) => Ok(None),
        Witness::Missing => again("missing"),
        Witness::Damaged => again("damaged"),
    }
}
