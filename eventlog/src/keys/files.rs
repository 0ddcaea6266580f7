//! The files of a ring: their names, and how they are made and destroyed.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::error::{KeyError, io_error};
use super::journal;

/// Returns the path of a numbered file.
pub(super) fn numbered(directory: &Path, name: &str, number: u64) -> PathBuf {
    directory.join(format!("{name}.{number}"))
}

/// What a directory holds.
#[derive(Debug, Default)]
pub(super) struct Found {
    rings: BTreeSet<u64>,
    epochs: BTreeSet<u64>,
    journals: BTreeSet<u64>,
    temporary: BTreeSet<PathBuf>,
}

impl Found {
    /// Looks at `directory`, which need not exist. What it does not know it leaves alone.
    pub fn look(directory: &Path) -> Result<Self, KeyError> {
        let mut found = Self::default();
        let entries = match fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(found),
            Err(error) => return Err(io_error("read", directory)(error)),
        };
        for entry in entries {
            let entry = entry.map_err(io_error("read", directory))?;
            let name = entry.file_name();
            let Some((kind, number)) = name.to_str().and_then(|it| it.split_once('.')) else { continue };
            match (kind, number.parse()) {
                ("ring", Ok(number)) => found.rings.insert(number),
                ("epoch", Ok(number)) => found.epochs.insert(number),
                ("journal", Ok(number)) => found.journals.insert(number),
                ("ring", Err(_)) if number.strip_suffix(".tmp").is_some() => {
                    found.temporary.insert(entry.path())
                }
                ("master", Err(_)) if number == "key.tmp" => found.temporary.insert(entry.path()),
                _ => continue,
            };
        }
        Ok(found)
    }

    /// Returns the number of the ring in force. `None`: there was never one here.
    pub fn current(&self, directory: &Path) -> Result<Option<u64>, KeyError> {
        if let Some(number) = self.rings.last() {
            return Ok(Some(*number));
        }
        // A first start cut short leaves an epoch and an empty journal, both with the number 1.
        for number in self.epochs.union(&self.journals) {
            let journal = numbered(directory, "journal", *number);
            let written = match fs::metadata(&journal) {
                Ok(metadata) => metadata.len(),
                Err(error) if error.kind() == ErrorKind::NotFound => 0,
                Err(error) => return Err(io_error("read", &journal)(error)),
            };
            if *number > 1 || written > journal::HEADER as u64 {
                return Err(KeyError::Missing(numbered(directory, "ring", *number)));
            }
        }
        Ok(None)
    }

    /// Destroys what a rewriting that was cut short left beside the ring in force.
    pub fn tidy(&self, directory: &Path, current: u64) -> Result<(), KeyError> {
        let mut changed = false;
        for number in self.epochs.iter().filter(|it| **it != current) {
            destroy(&numbered(directory, "epoch", *number))?;
            changed = true;
        }
        let rings = self.rings.iter().map(|it| ("ring", *it));
        let journals = self.journals.iter().map(|it| ("journal", *it));
        let numbered = rings
            .chain(journals)
            .filter(|(_, number)| *number != current)
            .map(|(name, number)| numbered(directory, name, number));
        for file in numbered.chain(self.temporary.iter().cloned()) {
            remove(&file)?;
            changed = true;
        }
        if changed { sync_directory(directory) } else { Ok(()) }
    }
}

/// Makes the directory, for its owner alone.
pub(super) fn make_directory(directory: &Path) -> Result<(), KeyError> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(io_error("make", directory))?;
    match directory.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_directory(parent),
        _ => Ok(()),
    }
}

/// Writes a file anew and on disk, readable by its owner alone. Its name is on disk after [`sync_directory`].
pub(super) fn write(
    file: &Path,
    put: impl FnOnce(&mut dyn Write) -> Result<(), KeyError>,
) -> Result<(), KeyError> {
    let to = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)
        .map_err(io_error("create", file))?;
    put(&mut &to)?;
    to.sync_all().map_err(io_error("sync", file))
}

/// Writes a file beside its place, then puts it there: nobody ever sees half of it.
pub(super) fn write_aside(
    file: &Path,
    put: impl FnOnce(&mut dyn Write) -> Result<(), KeyError>,
) -> Result<(), KeyError> {
    let mut aside = file.as_os_str().to_owned();
    aside.push(".tmp");
    let aside = PathBuf::from(aside);
    write(&aside, put)?;
    fs::rename(&aside, file).map_err(io_error("rename to", file))
}

/// Reads a file that must be there.
pub(super) fn read(file: &Path) -> Result<Vec<u8>, KeyError> {
    match fs::read(file) {
        Ok(bytes) => Ok(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(KeyError::Missing(file.to_owned())),
        Err(error) => Err(io_error("read", file)(error)),
    }
}

/// Overwrites a small file in place and removes it.
///
/// On flash old blocks may survive; what they hold opens with the master key only.
pub(super) fn destroy(file: &Path) -> Result<(), KeyError> {
    let overwrite = || -> io::Result<()> {
        let mut to = OpenOptions::new().write(true).open(file)?;
        let length = usize::try_from(to.metadata()?.len()).unwrap_or(4096);
        to.write_all(&vec![0; length.min(4096)])?;
        to.sync_all()
    };
    overwrite().map_err(io_error("overwrite", file))?;
    remove(file)
}

/// Removes a file.
pub(super) fn remove(file: &Path) -> Result<(), KeyError> {
    fs::remove_file(file).map_err(io_error("remove", file))
}

/// Puts the names in a directory on disk.
pub(super) fn sync_directory(directory: &Path) -> Result<(), KeyError> {
    File::open(directory).and_then(|it| it.sync_all()).map_err(io_error("sync", directory))
}
