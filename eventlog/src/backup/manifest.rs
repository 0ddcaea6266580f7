//! `manifest`: what is in a backup.
//!
//! Two lines: the manifest as JSON, and the SHA-256 of that line without its end, in hexadecimal digits.
//!
//! Invariant: it is written beside its place, synced and renamed, so it is always a whole one, old or new; the
//! segments it names follow one another without a gap, from position 1 to its position.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use domain::Timestamp;
use serde::{Deserialize, Serialize};

use super::{BackupError, digest};
use crate::durable::{self, tried};
use crate::log::{LogError, Position};

const NAME: &str = "manifest";
const FORMAT: u32 = 1;

/// What is in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: u32,
    /// Of which log ([`log_id`](super::log_id)); `None` until it has an event.
    pub log: Option<String>,
    /// Everything up to here is in it.
    pub position: u64,
    /// When its last event was recorded.
    pub recorded_at: Option<Timestamp>,
    /// The SHA-256 of the record of its last event.
    pub end: Option<String>,
    /// Where the events are, in their order.
    pub segments: Vec<Segment>,
}

/// A file of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// Its first position.
    pub first: u64,
    /// Its last position.
    pub last: u64,
    /// Its length.
    pub bytes: u64,
    /// The SHA-256 of all of it.
    pub sha256: String,
}

/// What every manifest says, of whatever format.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

impl Segment {
    /// Returns the name of its file in `events/`.
    pub fn name(&self) -> String {
        format!("{:020}-{:020}", self.first, self.last)
    }

    /// Returns its path in the backup `dir`.
    pub fn path(&self, dir: &Path) -> PathBuf {
        events(dir).join(self.name())
    }
}

/// Returns the folder of the segments of the backup `dir`.
pub(super) fn events(dir: &Path) -> PathBuf {
    dir.join("events")
}

impl Manifest {
    /// Returns that of a backup in which nothing is yet.
    pub(super) fn empty() -> Self {
        Self { format: FORMAT, log: None, position: 0, recorded_at: None, end: None, segments: vec![] }
    }

    /// Reads the manifest of the backup `dir`.
    pub fn read(dir: &Path) -> Result<Self, BackupError> {
        let path = dir.join(NAME);
        let damaged = |what: &str| LogError::Damaged {
            file: path.display().to_string(),
            position: Position(1),
            what: format!("{what}; what is in the backup is not known, which begins"),
        };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                let segments = fs::read_dir(events(dir)).is_ok_and(|mut entries| entries.next().is_some());
                return Err(if segments {
                    damaged("is missing").into()
                } else {
                    BackupError::Missing(dir.display().to_string())
                });
            }
            Err(error) if error.kind() == ErrorKind::InvalidData => {
                return Err(damaged("is not what was written").into());
            }
            Err(error) => return Err(tried("read", &path)(error).into()),
        };
        let line =
            text.split_once('\n').filter(|(line, rest)| *rest == format!("{}\n", digest(line.as_bytes())));
        let (line, _) = line.ok_or_else(|| damaged("is not what was written"))?;
        let unread = |error: serde_json::Error| damaged(&format!("cannot be read ({error})"));
        let Format { format } = serde_json::from_str(line).map_err(unread)?;
        if format != FORMAT {
            let what = format!("has format {format}, this program knows {FORMAT} only: run a newer one");
            return Err(damaged(&what).into());
        }
        let manifest: Self = serde_json::from_str(line).map_err(unread)?;
        if manifest.is_whole() { Ok(manifest) } else { Err(damaged("contradicts itself").into()) }
    }

    /// Writes it; it is on disk when this returns.
    pub(super) fn write(&self, dir: &Path) -> Result<(), LogError> {
        let path = dir.join(NAME);
        let line = serde_json::to_string(self).map_err(|error| tried("write", &path)(error.into()))?;
        durable::replace(&path, format!("{line}\n{}\n", digest(line.as_bytes())).as_bytes())
    }

    fn is_whole(&self) -> bool {
        let mut next = Some(1);
        for segment in &self.segments {
            if next != Some(segment.first) || segment.last < segment.first {
                return false;
            }
            next = segment.last.checked_add(1);
        }
        let known = [self.log.is_some(), self.end.is_some(), self.recorded_at.is_some()];
        next == self.position.checked_add(1) && known.iter().all(|known| *known == (self.position > 0))
    }
}
