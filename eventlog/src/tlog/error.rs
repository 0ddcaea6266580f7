//! Why the tree cannot be used. Every text names the file or the position.

use std::io;
use std::path::{Path, PathBuf};

use crate::log::{LogError, Position};

use super::note::BadNote;

/// The tree of a log cannot be extended, proved from or signed.
#[derive(Debug, thiserror::Error)]
pub enum TlogError {
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] LogError),
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
    /// A hash is not that of the event.
    #[error(
        "{}: the hash kept for position {position} is not that of the event in the log: one of the two was changed; \
         compare with a bundle or a backup, and if the log is right, delete the files tlog/level.* and they are made again",
        file.display()
    )]
    Contradicts {
        /// The file with the hash.
        file: PathBuf,
        /// The first position where they differ.
        position: Position,
    },
    /// Hashes do not fit to those above them, though they are those of the events.
    #[error(
        "{}: the hash over the positions from {position} on is not the one of the hashes below it; \
         delete the files tlog/level.* and they are made again from the log",
        file.display()
    )]
    Inner {
        /// The file with the hash.
        file: PathBuf,
        /// The first position it is over.
        position: Position,
    },
    /// Events that were signed for are not in the log.
    #[error(
        "{}: signed for {size} events, but the log ends at position {head}: events from position {} on are missing; \
         bring the log back from its backup",
        file.display(), head.0 + 1
    )]
    Missing {
        /// The checkpoint.
        file: PathBuf,
        /// How many events it is over.
        size: u64,
        /// Where the log ends.
        head: Position,
    },
    /// A checkpoint cannot be read, or was signed by another key.
    #[error("{}: {what}", file.display())]
    Note {
        /// The checkpoint.
        file: PathBuf,
        /// What is wrong.
        what: BadNote,
    },
    /// A checkpoint was signed for other events.
    #[error(
        "{}: the {size} events of the log are not those it was signed for: the log was changed before position {}",
        file.display(), size + 1
    )]
    Inconsistent {
        /// The checkpoint.
        file: PathBuf,
        /// How many events it is over.
        size: u64,
    },
    /// There is no such checkpoint.
    #[error("there is no checkpoint of {size} events; there are {there}")]
    NoCheckpoint {
        /// What was asked for.
        size: u64,
        /// The sizes there are, the last few of them.
        there: String,
    },
    /// The log is empty: there is nothing to sign.
    #[error("the log has no event yet: there is nothing to sign")]
    Empty,
    /// The positions of this log are not 1, 2, 3, …
    #[error("position {0} of the log is not followed by the next number: such a log has no tree here")]
    Gap(Position),
    /// The bundle cannot be written.
    #[error("the bundle cannot be written")]
    Bundle(#[source] io::Error),
    /// The ring has no key to sign with.
    #[error("the key that signs checkpoints cannot be had from the key ring")]
    NoKey,
}

/// Puts what was tried, and on what, before an error of the operating system.
pub(super) fn io_error(what: &'static str, file: &Path) -> impl FnOnce(io::Error) -> TlogError {
    move |source| TlogError::Io { what, file: file.to_owned(), source }
}
