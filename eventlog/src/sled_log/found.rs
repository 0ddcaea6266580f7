//! What is found on disk at open: the volumes are opened, checked and read once.
//! Those before the newest [`Ends`] are not: they were read when it was made, and are again when asked for.
//!
//! Invariant: when a log is open, everything that was read is on the disk, and every event that was acknowledged
//! is among it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::durable::tried;
use crate::log::{LogError, Position};

use super::ends::{self, Ends};
use super::index::{self, Index, Place, SPACING, Spacing};
use super::scan::Scan;
use super::volume::{self, BEGIN, Volume};
use super::walk::{Met, Walk};

/// So many places are brought into a new index at once.
const PORTION: usize = 1 << 16;

pub(super) struct Found {
    /// All volumes but the last.
    pub closed: Vec<(Position, PathBuf)>,
    /// The last one.
    pub newest: Arc<Volume>,
    pub scan: Scan,
    pub index: Index,
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
        let mut closed = volume::list(dir)?;
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
        let mut behind = None;
        if let Some(ends) = Ends::newest(dir, &closed, &mut restored)? {
            let last = ends.tail.last;
            behind = Behind::look(dir, &ends, &closed)?.map(|behind| (ends, behind));
            if behind.is_none() {
                restored.push(ends::discard(&ends::path(dir, last))?);
            }
        }
        let known = behind.as_ref().map_or(Position::START, |(ends, _)| ends.tail.last);
        let (scan, newest, index) = if let Some((ends, behind)) = behind {
            let index = match behind.index {
                Some(index) => index,
                None => anew(dir, &closed, known, &mut restored)?,
            };
            index.cut(known)?;
            let mut scan = Scan::behind(ends, acknowledged);
            let rest = closed.iter().filter(|(first, _)| *first > known);
            scan.read_on(&behind.volume, behind.at, rest.clone().next().is_none())?;
            let newest = read(&mut scan, rest)?.unwrap_or(behind.volume);
            (scan, newest, index)
        } else {
            let mut scan = Scan::after(acknowledged);
            let newest = read(&mut scan, closed.iter())?;
            let newest = newest.ok_or_else(|| LogError::FailStop("the log has no volume".to_owned()))?;
            (scan, newest, Index::make(dir)?)
        };
        closed.pop();
        let mut bytes = newest.size()?;
        for (_, path) in &closed {
            bytes += fs::metadata(path).map_err(tried("look at", path))?.len();
        }
        Ok(Self { closed, newest, scan, index, known, bytes, restored })
    }
}

/// Reads volumes from their beginnings to the end of the log. Returns the last.
fn read<'a>(
    scan: &mut Scan,
    volumes: impl Iterator<Item = &'a (Position, PathBuf)>,
) -> Result<Option<Arc<Volume>>, LogError> {
    let (mut volumes, mut newest) = (volumes.peekable(), None);
    while let Some((first, path)) = volumes.next() {
        let volume = Arc::new(Volume::open(path.clone(), *first)?);
        scan.read(&volume, volumes.peek().is_none())?;
        newest = Some(volume);
    }
    Ok(newest)
}

/// Where the log goes on behind a file of ends.
struct Behind {
    volume: Arc<Volume>,
    /// Where the next chunk stands.
    at: u64,
    /// None if it cannot be used.
    index: Option<Index>,
}

impl Behind {
    /// Finds the end that a file names. None if it does not fit what is stored.
    fn look(dir: &Path, ends: &Ends, volumes: &[(Position, PathBuf)]) -> Result<Option<Self>, LogError> {
        let last = ends.tail.last;
        let before = || volumes.iter().filter(|(first, _)| *first <= last);
        let mut volume = None;
        for (first, path) in before() {
            // Those that are not read are at least the ones they are called after. One after the other: there may be more
            // than files that a process may have open.
            volume = Some(Volume::open(path.clone(), *first)?);
        }
        let Some(volume) = volume.map(Arc::new) else { return Ok(None) };
        let begin = Place { position: volume.first, at: BEGIN };
        if let Some(index) = Index::open(dir).filter(|index| reaches(index, before().rev(), last)) {
            let place = index.before(last).filter(|place| place.position >= volume.first);
            if let Some(at) = Self::end(&volume, place.unwrap_or(begin), ends)? {
                return Ok(Some(Self { volume, at, index: Some(index) }));
            }
        }
        let found = Self::end(&volume, begin, ends)?;
        Ok(found.map(|at| Self { volume, at, index: None }))
    }

    /// Returns where the last chunk ends, if it is found from a place on and is the one that is named.
    fn end(volume: &Arc<Volume>, from: Place, ends: &Ends) -> Result<Option<u64>, LogError> {
        let mut walk = Walk::new(Arc::clone(volume), from.at);
        if walk.reach(from.position, ends.tail.last)?.is_err() {
            return Ok(None);
        }
        let Met::Chunk(header, records) = walk.next()? else { return Ok(None) };
        let events = crate::chunk::records(&header, &records).unwrap_or_default();
        let found = events.last().map(|event| (event.position, event.id));
        let fits =
            header.position == ends.tail.last_chunk && found == Some((ends.tail.last, ends.tail.event));
        Ok(fits.then_some(walk.at))
    }
}

/// Says whether an index has the last place it must have up to a position: sled may have lost it. `volumes` begin with the
/// one that holds the position; one that is young has no place, so the one before it is asked. What is damaged says nothing.
fn reaches<'a>(
    index: &Index,
    volumes: impl Iterator<Item = &'a (Position, PathBuf)>,
    mut last: Position,
) -> bool {
    for (first, path) in volumes {
        let begin = Place { position: *first, at: BEGIN };
        let from = index.before(last).filter(|place| place.position >= *first).unwrap_or(begin);
        let Ok(volume) = Volume::open(path.clone(), *first) else { return true };
        let mut walk = Walk::new(Arc::new(volume), from.at);
        if matches!(walk.reach(from.position, last), Ok(Ok(()))) && walk.at - from.at >= SPACING {
            return false;
        }
        if from != begin {
            return true;
        }
        last = Position(first.0.saturating_sub(1));
    }
    true
}

/// Makes the index again, up to a position. What is damaged there is told when somebody reads it; what stands behind it
/// has its places.
fn anew(
    dir: &Path,
    volumes: &[(Position, PathBuf)],
    last: Position,
    restored: &mut Vec<String>,
) -> Result<Index, LogError> {
    restored.push(format!("{} was missing or damaged and was made again", index::folder(dir).display()));
    let index = Index::make(dir)?;
    for (first, path) in volumes.iter().filter(|(first, _)| *first <= last) {
        let mut walk = Walk::new(Arc::new(Volume::open(path.clone(), *first)?), BEGIN);
        let (mut spacing, mut places) = (Spacing::new(), vec![]);
        loop {
            let Ok(header) = walk.header()? else {
                if walk.resume()? {
                    continue;
                }
                break;
            };
            if header.position > last {
                break;
            }
            if spacing.takes(walk.at) {
                places.push(Place { position: header.position, at: walk.at });
            }
            if places.len() == PORTION {
                index.add(&places);
                index.settle(last)?;
                places.clear();
            }
            walk.at += header.total() as u64;
        }
        index.add(&places);
    }
    index.settle(last)?;
    Ok(index)
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
    Ok((first, Volume::create(dir, first, None)?.path))
}
