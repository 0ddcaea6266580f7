//! Why the key ring cannot be used. Texts hold file names and ids, never a key.

use std::io;
use std::path::{Path, PathBuf};

use super::entry::Entry;

/// The key ring cannot be read, written or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Reading or writing failed.
    #[error("cannot {what} {}", file.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        file: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// There is no master key where it was looked for, and none may be made there.
    #[error("the master key {} is missing: put it back, or name it with --master-key FILE", .0.display())]
    MasterMissing(PathBuf),
    /// The file is not a master key.
    #[error("{} is not a master key: 32 bytes or 64 hexadecimal digits are expected", .0.display())]
    MasterMalformed(PathBuf),
    /// A new key is made only in the place of one beside the ring.
    #[error("the master key is {}, not beside the ring: name the new one with --new FILE", .0.display())]
    MasterElsewhere(PathBuf),
    /// The master key belongs to another ring.
    #[error("{} is the wrong master key: it does not open {}; name the right one with --master-key FILE", master.display(), epoch.display())]
    WrongMaster {
        /// The file of the master key.
        master: PathBuf,
        /// The file it should have opened.
        epoch: PathBuf,
    },
    /// A file is not what was written.
    #[error("{}: {what} at byte {offset}; restore the folder of the key ring from its backup", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
        /// Where the first thing begins that cannot be read.
        offset: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// A file of the ring is not there, while others of it are.
    #[error("{} is missing: restore the folder of the key ring from its backup", .0.display())]
    Missing(PathBuf),
    /// No key can be made.
    #[error("the machine gives no randomness: {0}")]
    NoRandomness(getrandom::Error),
    /// This key must never exist again.
    #[error("the key of {0:?} was destroyed and is never made again")]
    Destroyed(Entry),
    /// An earlier error stopped the ring for good.
    #[error("the key ring stopped after an error: start again")]
    Stopped,
}

/// Puts what was tried, and on what, before an error of the operating system.
pub(super) fn io_error(what: &'static str, file: &Path) -> impl FnOnce(io::Error) -> KeyError {
    move |source| KeyError::Io { what, file: file.to_owned(), source }
}
