//! Proof that nothing was edited: a Merkle tree over the log, and checkpoints of it that are signed.
//!
//! - [`merkle`]: the tree of RFC 6962, and how its proofs are made and checked; pure.
//! - `levels`: the hashes on disk. `subtrees`: reading them back.
//! - [`note`]: the signed note. [`checkpoints`]: those that were signed, on disk.
//! - [`tree`]: the tree of a log, extended and proved from. `examine`: a look at it that writes nothing.
//! - [`bundle`]: the file that an auditor takes away and that is checked anywhere.
//!
//! The leaf of the event at position `p` is its [`record::leaf`](crate::record::leaf) and has the index `p - 1`;
//! positions are 1, 2, 3, …, which every adapter of one machine keeps. The sealed fields are hashed as they are
//! stored, so destroying their keys changes no hash.
//!
//! ```text
//! tlog/level.0                                a hash for each leaf, 32 bytes, one after the other
//! tlog/level.1                                the root of each 256 whole hashes of level.0; and so on
//! tlog/checkpoints/00000000000000012345       the signed note of the first 12345 events
//! ```
//!
//! These are the tiles of C2SP tlog-tiles, one after the other: tile `n` of level `l` is `level.<l>` from byte
//! `8192 × n`, at most 8192 bytes. They are not one file each, because 10 million events would be 39,216 files to
//! make and to sync for no gain on one machine; who serves them over HTTP cuts them out without computing.
//!
//! Invariants:
//! - The log is what counts. The levels can be deleted, and are made again from it.
//! - Nothing is signed before the hashes under it are synced, so whatever a crash tore lies behind the newest
//!   checkpoint: zeros and missing bytes there are made again, and cost no more than was written since.
//! - Anything else that is not what the log says is an error that names the position. Nothing is mended in silence.
//! - The newest checkpoint is a checkpoint of this tree, looked at when opened and before another is signed.

pub mod bundle;
pub mod checkpoints;
mod error;
mod examine;
mod levels;
pub mod merkle;
pub mod note;
mod subtrees;
#[cfg(test)]
mod tests;
pub mod tree;

pub use error::TlogError;
pub use examine::{Examined, examine};
pub use merkle::Hash;
pub use note::{Checkpoint, PublicKey};
pub use tree::{Report, Tlog, signing_key};
