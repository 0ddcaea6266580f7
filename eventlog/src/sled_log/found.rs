//! What is found on disk at open: the volumes are opened, checked, read once and closed again; the last stays open.
//! Those before the newest [`Ends`] are not opened: they were read when it was made, and are again when asked for.
//! What a crash left in the write-ahead log is brought into the last one.
//!
//! Invariant: when a log is open, everything that was read is on the disk, and every event that was acknowledged
//! is among it.

use std::path::{Path, PathBuf};

use crate::log::{LogError, Position};

use super::ends::{self, Ends, Tail};
use super::files;
use super::scan::Scan;
use super::volume::{Volume, guarded};
use super::wal::Left;

pub(super) struct Found {
    /// All volumes but the last.
    pub closed: Vec<(Position, PathBuf)>,
    /// The last one.
    pub newest: Volume,
    pub scan: Scan,
    /// Up to where the ends of the streams are in a file.
    pub known: Position,
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
        let left = Left::read(dir)?;
        // What the write-ahead log holds need not be in a volume.
        let ahead = left.frames().first().map(|(_, frame)| Position(frame.first.0 - 1));
        let settled = ahead.map_or(acknowledged, |ahead| ahead.min(acknowledged));
        if closed.is_empty() {
            closed.push(first(dir, acknowledged)?);
        }
        let mut known = Position::START;
        let mut walked = None;
        if let Some(ends) = Ends::newest(dir, &closed, &mut restored)? {
            let last = ends.tail.last;
            walked = Walked::behind(ends, &closed, settled)?;
            if walked.is_some() {
                known = last;
            } else {
                restored.push(ends::discard(&ends::path(dir, last))?);
            }
        }
        // Those that are not opened are at least the ones they are called after.
        for (first, path) in closed.iter().filter(|(first, _)| *first <= known) {
            restored.extend(files::check(path, *first)?);
        }
        let walked = walked.map_or_else(|| Walked::all(&closed, settled), Ok)?;
        let Walked { mut scan, newest, repaired } = walked;
        restored.extend(repaired);
        guarded(&newest.path, newest.first, || scan.redo(&newest, &left, acknowledged))?;
        left.remove(dir)?;
        let mut bytes = newest.size()?;
        closed.pop();
        for (_, path) in &closed {
            bytes += files::size(path)?;
        }
        Ok(Self { closed, newest, scan, known, bytes, restored })
    }
}

/// What reading the volumes gave.
struct Walked {
    scan: Scan,
    newest: Volume,
    repaired: Vec<String>,
}

impl Walked {
    /// Reads every volume.
    fn all(volumes: &[(Position, PathBuf)], acknowledged: Position) -> Result<Self, LogError> {
        Self::from(volumes, Scan::after(acknowledged), Scan::read)
    }

    /// Reads what follows `ends`. None if they do not fit what is stored.
    fn behind(
        ends: Ends,
        volumes: &[(Position, PathBuf)],
        acknowledged: Position,
    ) -> Result<Option<Self>, LogError> {
        let Tail { last, last_chunk, event, .. } = ends.tail;
        let before = ends.tail.volumes.len().saturating_sub(1);
        let (scan, volumes) = (Scan::behind(ends, acknowledged), &volumes[before..]);
        let fits = |volume: &Volume| {
            let loaded = volume.load(last).ok();
            loaded.is_some_and(|loaded| {
                let found = loaded.events.last().map(|event| (event.position, event.id));
                loaded.first == last_chunk && found == Some((last, event))
            })
        };
        let mut fit = true;
        let walked = Self::from(volumes, scan, |scan, volume, newest| {
            if volume.first > last {
                return scan.read(volume, newest);
            }
            fit = fits(volume);
            if fit { scan.read_on(volume, newest) } else { Ok(()) }
        });
        if fit { walked.map(Some) } else { Ok(None) }
    }

    fn from(
        volumes: &[(Position, PathBuf)],
        mut scan: Scan,
        mut read: impl FnMut(&mut Scan, &Volume, bool) -> Result<(), LogError>,
    ) -> Result<Self, LogError> {
        let (count, mut newest, mut repaired) = (volumes.len(), None, vec![]);
        for (index, (first, path)) in volumes.iter().enumerate() {
            let last = index + 1 == count;
            let (volume, more) = guarded(path, *first, || {
                let (volume, more) = Volume::open(path.clone(), *first)?;
                read(&mut scan, &volume, last)?;
                Ok((volume, more))
            })?;
            repaired.extend(more);
            // The others are closed here: only one is open at a time.
            newest = last.then_some(volume);
        }
        let newest = newest.ok_or_else(|| LogError::FailStop("the log has no volume".to_owned()))?;
        Ok(Self { scan, newest, repaired })
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
