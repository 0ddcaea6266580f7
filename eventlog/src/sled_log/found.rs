//! What is found on disk at open: every volume is opened, checked, read once and closed again; the last stays open.
//!
//! Invariant: when a log is open, everything that was read is on the disk, and every event that was acknowledged
//! is among it.

use std::path::{Path, PathBuf};

use crate::log::{LogError, Position};

use super::files;
use super::scan::Scan;
use super::volume::{Volume, guarded};

pub(super) struct Found {
    /// All volumes but the last.
    pub closed: Vec<(Position, PathBuf)>,
    /// The last one.
    pub newest: Volume,
    pub scan: Scan,
    /// What the volumes take on disk.
    pub bytes: u64,
    /// What was repaired.
    pub restored: Vec<String>,
}

impl Found {
    /// Reads the volumes in `dir`, or makes the first one. `acknowledged` is what must be found, if it is known.
    pub fn look(dir: &Path, acknowledged: Option<Position>) -> Result<Self, LogError> {
        let mut restored = Vec::new();
        let mut closed = files::volumes(dir)?;
        if !closed.is_empty() && acknowledged.is_none() {
            let mark = dir.join("committed");
            restored.push(format!(
                "{} was missing and made again: how far the log went before is not known",
                mark.display()
            ));
        }
        let acknowledged = acknowledged.unwrap_or_default();
        if closed.is_empty() {
            closed.push(first(dir, acknowledged)?);
        }
        let (count, mut bytes, mut scan, mut newest) = (closed.len(), 0, Scan::after(acknowledged), None);
        for (index, (first, path)) in closed.iter().enumerate() {
            let last = index + 1 == count;
            let (volume, repaired) = guarded(path, *first, || {
                let (volume, repaired) = Volume::open(path.clone(), *first)?;
                scan.read(&volume, last)?;
                bytes += volume.size()?;
                Ok((volume, repaired))
            })?;
            restored.extend(repaired);
            // The others are closed here: only one is open at a time.
            newest = last.then_some(volume);
        }
        closed.pop();
        let newest = newest.ok_or_else(|| LogError::FailStop(format!("{} has no volume", dir.display())))?;
        Ok(Self { closed, newest, scan, bytes, restored })
    }
}

/// Makes the first volume, unless there were others before.
fn first(dir: &Path, acknowledged: Position) -> Result<(Position, PathBuf), LogError> {
    let first = Position(1);
    if acknowledged > Position::START {
        return Err(LogError::Damaged {
            file: dir.display().to_string(),
            position: first,
            what: format!(
                "every volume is missing, and position {acknowledged} was acknowledged: restore a backup; the loss begins"
            ),
        });
    }
    guarded(dir, first, || Ok((first, Volume::create(dir, first)?)))
}
