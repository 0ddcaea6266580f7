//! sled's own snapshots, `snap.<lsn>`: how far it read its file at an earlier open, so that it need not again.
//!
//! They can always be made anew from the file. But sled takes what a kill left half-written under the name
//! `snap.<lsn>.generating` for the newest one, and refuses a volume for a snapshot that is damaged.
//!
//! Invariant: sled only ever sees snapshots that are whole.

use std::fs;
use std::path::Path;

use crate::log::LogError;

use super::files::tried;

/// The length of what was compressed (u64) and the CRC-32 of the rest (u32), both little-endian, at the end.
const TRAILER: usize = 12;

/// Removes from a volume what sled never finished writing, and returns what was damaged and removed.
pub(super) fn tidy(volume: &Path) -> Result<Vec<String>, LogError> {
    let mut damaged = Vec::new();
    for entry in fs::read_dir(volume).map_err(tried("list", volume))? {
        let path = entry.map_err(tried("list", volume))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !name.starts_with("snap.") || !path.is_file() {
            continue;
        }
        let unfinished = name.ends_with(".generating");
        if !unfinished && is_whole(&fs::read(&path).map_err(tried("read", &path))?) {
            continue;
        }
        fs::remove_file(&path).map_err(tried("remove", &path))?;
        if !unfinished {
            damaged.push(format!("{} was damaged and removed: sled makes it anew", path.display()));
        }
    }
    Ok(damaged)
}

fn is_whole(bytes: &[u8]) -> bool {
    let Some((body, trailer)) = bytes.split_last_chunk::<TRAILER>() else { return false };
    !body.is_empty() && crc32fast::hash(body).to_le_bytes() == trailer[8..]
}
