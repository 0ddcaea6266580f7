//! The checkpoints that were signed, a file each, named after the number of events it is over.
//!
//! Invariant: a file that has its name is whole and on disk; one that was never finished ends in `.tmp` and is
//! removed at open. None is ever written again.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::error::{TlogError, io_error};
use super::levels::sync_directory;
use super::note::{Checkpoint, PublicKey};

/// How many digits a name has, so that names lie in the order of sizes.
const DIGITS: usize = 20;

/// The folder of the checkpoints.
pub struct Checkpoints {
    directory: PathBuf,
}

impl Checkpoints {
    /// Returns those under the folder of a tree, which need not exist.
    pub(super) fn of(tlog: &Path) -> Self {
        Self { directory: tlog.join("checkpoints") }
    }

    /// Makes the folder and removes what was never finished.
    pub(super) fn prepare(&self) -> Result<(), TlogError> {
        fs::create_dir_all(&self.directory).map_err(io_error("make", &self.directory))?;
        if let Some(above) = self.directory.parent() {
            sync_directory(above)?;
        }
        for entry in fs::read_dir(&self.directory).map_err(io_error("read", &self.directory))? {
            let path = entry.map_err(io_error("read", &self.directory))?.path();
            if path.extension().is_some_and(|extension| extension == "tmp") {
                fs::remove_file(&path).map_err(io_error("remove", &path))?;
            }
        }
        Ok(())
    }

    /// Returns the sizes there are, smallest first. Other names are left alone.
    pub fn sizes(&self) -> Result<Vec<u64>, TlogError> {
        let entries = match fs::read_dir(&self.directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io_error("read", &self.directory)(error)),
        };
        let mut sizes = Vec::new();
        for entry in entries {
            let name = entry.map_err(io_error("read", &self.directory))?.file_name();
            let size =
                name.to_str().filter(|name| name.len() == DIGITS).and_then(|name| name.parse::<u64>().ok());
            sizes.extend(size);
        }
        sizes.sort_unstable();
        Ok(sizes)
    }

    /// Returns the file of a checkpoint.
    pub fn file(&self, size: u64) -> PathBuf {
        self.directory.join(format!("{size:0DIGITS$}"))
    }

    /// Returns the note of a checkpoint.
    pub fn read(&self, size: u64) -> Result<String, TlogError> {
        let file = self.file(size);
        match fs::read_to_string(&file) {
            Ok(note) => Ok(note),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let mut sizes = self.sizes()?.iter().rev().take(5).map(u64::to_string).collect::<Vec<_>>();
                sizes.reverse();
                let there = if sizes.is_empty() { "none".to_owned() } else { sizes.join(", ") };
                Err(TlogError::NoCheckpoint { size, there })
            }
            Err(error) => Err(io_error("read", &file)(error)),
        }
    }

    /// Returns a note and what it says, if `key` signed it for that size.
    pub fn open(&self, size: u64, key: &PublicKey) -> Result<(String, Checkpoint), TlogError> {
        let note = self.read(size)?;
        let bad = |what| TlogError::Note { file: self.file(size), what };
        let checkpoint = Checkpoint::open(&note, key).map_err(bad)?;
        if checkpoint.size != size {
            return Err(bad(super::note::BadNote("it is of another size than its name says")));
        }
        Ok((note, checkpoint))
    }

    /// Puts a note on disk.
    pub(super) fn write(&self, size: u64, note: &str) -> Result<(), TlogError> {
        let file = self.file(size);
        let aside = file.with_extension("tmp");
        let written = fs::File::create(&aside).and_then(|mut to| {
            to.write_all(note.as_bytes())?;
            to.sync_all()
        });
        written.map_err(io_error("write", &aside))?;
        fs::rename(&aside, &file).map_err(io_error("rename to", &file))?;
        sync_directory(&self.directory)
    }
}
