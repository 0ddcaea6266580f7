//! Writing a bundle.

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::log::{EventLog, Position};
use crate::record;
use crate::tlog::merkle::{Hash, leaf_hash};
use crate::tlog::tree::{Tlog, read};
use crate::tlog::{Checkpoint, TlogError};

use super::{FORMAT, Header, Line, Trailer};

/// How many events are read at once.
const BATCH: usize = 256;

/// What a bundle is to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The first event.
    pub from: Position,
    /// The last event; the newest checkpoint is over it.
    pub until: Position,
    /// The earlier checkpoint, by its size; without it, the one before the newest if there is one.
    pub since: Option<u64>,
}

/// What a bundle holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// How many events.
    pub events: u64,
    /// The checkpoint they are proved against.
    pub checkpoint: Checkpoint,
    /// The earlier checkpoint it goes on from, by its size.
    pub since: Option<u64>,
}

/// Writes a bundle of events of `log` to `out`, proved against the newest checkpoint of `tlog`.
///
/// Every event is compared with the tree on the way: one that was changed ends it with an error.
pub async fn write(
    tlog: &mut Tlog,
    log: &dyn EventLog,
    wanted: &Wanted,
    out: &mut (dyn Write + Send),
    mut progress: impl FnMut(Position),
) -> Result<Written, TlogError> {
    let (note, checkpoint) = tlog.signed_note(tlog.signed())?;
    let size = checkpoint.size;
    let since = match wanted.since {
        Some(since) => Some(since),
        None => tlog.checkpoints().sizes()?.into_iter().rev().find(|since| *since < size),
    };
    let (earlier, consistency) = match since {
        Some(since) => (Some(tlog.signed_note(since)?.0), tlog.consistency(since, size)?),
        None => (None, Vec::new()),
    };
    let header = Header {
        format: FORMAT.to_owned(),
        key: tlog.public_key()?.to_string(),
        checkpoint: note,
        since: earlier,
        consistency: texts(&consistency),
        from: wanted.from.0,
        until: wanted.until.0,
    };
    put(out, &header)?;
    let mut after = Position(wanted.from.0.saturating_sub(1));
    while after < wanted.until {
        let left = usize::try_from(wanted.until.0 - after.0).unwrap_or(usize::MAX);
        for event in read(log, after, left.min(BATCH)).await? {
            let (position, leaf) = (event.position, record::leaf(&event));
            if tlog.leaf(position)? != leaf_hash(&leaf) {
                return Err(TlogError::Contradicts { file: tlog.leaves(), position });
            }
            let path = texts(&tlog.inclusion(position, size)?);
            put(out, &Line { position: position.0, leaf: STANDARD.encode(leaf), path })?;
            after = position;
        }
        progress(after);
        tokio::task::yield_now().await;
    }
    let events = (wanted.until.0 + 1).saturating_sub(wanted.from.0);
    put(out, &Trailer { events, end: true })?;
    out.flush().map_err(TlogError::Bundle)?;
    Ok(Written { events, checkpoint, since })
}

fn texts(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| STANDARD.encode(hash)).collect()
}

fn put(out: &mut (dyn Write + Send), line: &impl Serialize) -> Result<(), TlogError> {
    serde_json::to_writer(&mut *out, line).map_err(|error| TlogError::Bundle(io::Error::from(error)))?;
    out.write_all(b"\n").map_err(TlogError::Bundle)
}
