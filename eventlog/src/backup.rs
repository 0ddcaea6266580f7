//! A backup: the records of a log as they stand in it, in immutable files of their own, without sled and without keys.
//!
//! ```text
//! manifest                                                  what is in the backup, see [`manifest`]
//! lock                                                      held by the run that adds to it
//! events/00000000000000000001-00000000000000065536          a segment: its first and its last position
//! events/00000000000000065537.tmp                           of a run that did not finish; ignored, and removed by the next
//! ```
//!
//! A segment begins with the 8 bytes [`MAGIC`]; then come the frames ([`frame`]) of its events, one after the other.
//!
//! Invariants:
//! - What the manifest names is on the disk, and is never written again. A run that is killed leaves the manifest as
//!   it was; what it wrote stands under names the manifest does not have.
//! - A run ends at a position that was the head of the log, so a backup never ends inside of an append.
//! - A backup goes on only from the log it was made of: the first event is the same, and so is the last one it has.
//! - Reading ([`Events`]) shows no event that is not whole, in its place, and linked as it was written.

mod find;
pub mod frame;
pub mod manifest;
mod read;
#[cfg(test)]
mod tests;
mod write;

use sha2::{Digest as _, Sha256};

use crate::log::{LogError, Position, Recorded};
use crate::record;

pub use find::{To, find};
pub use manifest::{Manifest, Segment};
pub use read::Events;
pub use write::{Added, Backup, Run};

/// What a segment begins with.
pub const MAGIC: &[u8; 8] = b"PREAUEV1";

/// Why a backup is not made or not used.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It is damaged, or cannot be read or written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// There is none.
    #[error("{0}: there is no backup here")]
    Missing(String),
    /// The directory is used for something else.
    #[error("{0}: is not empty and holds no backup; name an empty directory, or one that is not there yet")]
    Foreign(String),
    /// Another run adds to it.
    #[error("{0}: another backup is being made here; wait for its end")]
    InUse(String),
    /// It was made of another log.
    #[error("{0}: holds the backup of another log; name another directory")]
    AnotherLog(String),
    /// The log ends before the backup does.
    #[error(
        "{backup}: goes to position {backed_up}, but the log only to {head}: the log was restored to an earlier \
         position; begin a backup in another directory"
    )]
    Ahead {
        /// The backup.
        backup: String,
        /// Where it ends.
        backed_up: Position,
        /// Where the log ends.
        head: Position,
    },
    /// What was asked for is not in it.
    #[error("{backup}: holds nothing up to {to}; {holds}")]
    NotThere {
        /// The backup.
        backup: String,
        /// What was asked for.
        to: To,
        /// What there is instead.
        holds: String,
    },
    /// The log has another event where the backup ends.
    #[error(
        "{backup}: the log has another event at position {position}: it was restored to an earlier position and \
         went on; begin a backup in another directory"
    )]
    Diverged {
        /// The backup.
        backup: String,
        /// Where it ends.
        position: Position,
    },
}

/// Returns what tells a log from every other: the SHA-256 of the [`leaf`](record::leaf) of its first event, in
/// hexadecimal digits.
pub fn log_id(first: &Recorded) -> String {
    hex(&Sha256::digest(record::leaf(first)))
}

fn digest(record: &[u8]) -> String {
    hex(&Sha256::digest(record))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
