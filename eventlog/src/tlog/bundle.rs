//! The bundle: events of a log with all that proves them, in one file that is checked without the log.
//!
//! It is UTF-8, JSON Lines: each line is one JSON object and ends in a newline. Bytes are in base64 (RFC 4648,
//! section 4, padded).
//!
//! | Line | Fields |
//! |---|---|
//! | first | `format` (`preau-bundle/1`), `key` (public key), `checkpoint` (signed note), `since` (signed note of an earlier checkpoint, or null), `consistency` (hashes: RFC 6962 PROOF from `since` to `checkpoint`; empty without `since`), `from`, `until` (positions of the first and the last event) |
//! | one for each event | `position`, `leaf` (what is hashed: layout in [`crate::record`]), `path` (hashes: RFC 6962 PATH of leaf `position - 1` in the tree of `checkpoint`) |
//! | last | `events` (how many lines of events), `end` (true) |
//!
//! Notes and key: [`super::note`]. The first line and any one line of an event prove that event alone.
//!
//! Each event has a whole path of its own, about 900 bytes for a million events, most of it the same as in the line
//! before: so any checker of RFC 6962 takes it as it is, each line is found right or wrong by itself, and whoever
//! wants it smaller compresses the file.
//!
//! Invariant: both ways the file passes line by line; memory does not grow with it.

mod verify;
mod write;

use serde::{Deserialize, Serialize};

pub use verify::{Unproven, Verified, verify};
pub use write::{Wanted, Written, write};

/// What the first line says it is.
pub const FORMAT: &str = "preau-bundle/1";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: String,
    key: String,
    checkpoint: String,
    since: Option<String>,
    consistency: Vec<String>,
    from: u64,
    until: u64,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    position: u64,
    leaf: String,
    path: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trailer {
    events: u64,
    end: bool,
}
