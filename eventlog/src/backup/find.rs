//! Where a log that is brought back is to end.
//!
//! Invariant: never inside of an append. A command is written whole or not at all; what is decided and shown rests on
//! that, so half of one is a state that never was. Whoever names a position inside of one gets the end of the append
//! before. In a backup an append is known by its stream and its command: the two are the same from event to event.

use std::fmt;
use std::path::Path;

use domain::Timestamp;
use serde::Deserialize;

use super::{BackupError, Events, Manifest};
use crate::log::{Position, Recorded};

/// Up to where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To {
    /// Up to this position.
    Position(Position),
    /// Everything recorded at this instant or before.
    Instant(Timestamp),
}

impl fmt::Display for To {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Position(position) => write!(f, "position {position}"),
            Self::Instant(instant) => write!(f, "{}", shown(*instant)),
        }
    }
}

fn shown(instant: Timestamp) -> String {
    instant.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

impl To {
    fn wants(self, event: &Recorded) -> bool {
        match self {
            Self::Position(position) => event.position <= position,
            Self::Instant(instant) => event.recorded_at <= instant,
        }
    }

    fn is_behind(self, manifest: &Manifest) -> bool {
        match self {
            Self::Position(position) => position.0 > manifest.position,
            Self::Instant(instant) => manifest.recorded_at.is_none_or(|last| instant > last),
        }
    }
}

/// Returns the last position of the last append that is whole at `to`, and reads the backup in `dir` up to there.
///
/// Damage behind it is not met, so that what stands before it can still be had.
pub fn find(dir: &Path, to: To) -> Result<Position, BackupError> {
    let mut events = Events::of(dir)?;
    let not_there = |holds: String| BackupError::NotThere { backup: dir.display().to_string(), to, holds };
    let manifest = events.manifest();
    if to.is_behind(manifest) {
        let last = manifest.recorded_at.map(|at| format!(", recorded at {}", shown(at))).unwrap_or_default();
        return Err(not_there(format!(
            "its last position is {}{last}; leave --to out to restore all of it",
            manifest.position
        )));
    }
    let (mut last, mut whole) = (None::<Recorded>, Position::START);
    let mut begun_at = None;
    let found = loop {
        match events.next() {
            Some(Ok(event)) => {
                begun_at = begun_at.or(Some(event.recorded_at));
                if let Some(last) = last.take().filter(|last| !is_one_append(last, &event)) {
                    whole = last.position;
                }
                if !to.wants(&event) {
                    break whole;
                }
                last = Some(event);
            }
            // Whether the append goes on is not known.
            Some(Err(_)) if last.as_ref().is_some_and(|last| to == To::Position(last.position)) => {
                break whole;
            }
            Some(Err(error)) => return Err(error.into()),
            None => break last.map_or(whole, |last| last.position),
        }
    };
    if found == Position::START {
        let first = begun_at.map(shown).unwrap_or_default();
        return Err(not_there(format!("its first event was recorded at {first}")));
    }
    Ok(found)
}

fn is_one_append(before: &Recorded, event: &Recorded) -> bool {
    before.stream() == event.stream() && command(before).is_some_and(|id| command(event) == Some(id))
}

fn command(event: &Recorded) -> Option<&str> {
    #[derive(Deserialize)]
    struct Of<'a> {
        command: &'a str,
    }
    serde_json::from_slice(event.meta()).ok().map(|Of { command }| command)
}
