//! The folder `models/` of a data directory.
//!
//! Invariant: a snapshot has its name when all of it is on the disk. So many are kept, spread over the log as evenly
//! as they were written: the newest always, and of the others the one goes that is missed least.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use eventlog::decode::Fault;
use eventlog::execute::Deciders;
use eventlog::vault::{Vault, VaultError};
use eventlog::{EventLog, Position};

use super::Reading;
use crate::world::World;

/// After so many events there is a new snapshot: what is left to read at a start takes less than a second.
const EVERY: u64 = 1 << 18;

/// How many are kept.
const KEPT: usize = 16;

/// Where snapshots are, if there is a place for them.
#[derive(Debug, Clone)]
pub struct Folder {
    path: Option<PathBuf>,
    every: u64,
    kept: usize,
    ahead: Arc<Mutex<Option<Ahead>>>,
}

/// The newest snapshot, while it is read before it is asked for.
type Ahead = (Position, Reading);

/// A snapshot was not written. Nothing is lost but the time of the next start.
#[derive(Debug, thiserror::Error)]
pub enum Unwritten {
    /// The file cannot be written.
    #[error("{} cannot be written", .0.display())]
    Io(PathBuf, #[source] io::Error),
    /// A name cannot be sealed.
    #[error("a name cannot be sealed")]
    Sealed(#[from] VaultError),
}

impl Folder {
    /// Returns a folder that is nowhere: everything is read from the log.
    pub fn nowhere() -> Self {
        Self { path: None, every: u64::MAX, kept: 0, ahead: Arc::default() }
    }

    /// Returns the folder `models` below `data`.
    pub fn of(data: &Path) -> Self {
        Self { path: Some(data.join("models")), every: EVERY, kept: KEPT, ahead: Arc::default() }
    }

    /// Returns where states of long streams are kept: beside the snapshots, and like them for this program alone.
    pub fn deciders(&self) -> Deciders {
        let folder = self.path.as_ref().map(|path| path.join("deciders"));
        folder.map_or_else(Deciders::nowhere, |folder| Deciders::of(&folder, super::fingerprint()))
    }

    /// Begins to read the newest snapshot in a thread of its own, so that it is there when the log has been opened.
    #[must_use]
    pub fn reading_ahead(self) -> Self {
        let newest = self.positions().pop();
        if let Some((position, file)) = newest.and_then(|newest| Some((newest, self.file(newest)?))) {
            *self.ahead() = Some((position, Reading::begin(move || fs::read(file).ok())));
        }
        self
    }

    fn ahead(&self) -> std::sync::MutexGuard<'_, Option<Ahead>> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns after how many events there is a new one.
    pub fn every(&self) -> u64 {
        self.every
    }

    /// Returns the positions of the snapshots there are, ascending.
    pub fn positions(&self) -> Vec<Position> {
        let entries = self.path.as_ref().and_then(|path| fs::read_dir(path).ok()).into_iter().flatten();
        let names = entries.flatten().map(|entry| entry.file_name());
        let position = |name: &str| name.parse().ok().filter(|_| name.len() == 20).map(Position);
        let mut positions: Vec<_> = names.filter_map(|name| position(name.to_str()?)).collect();
        positions.sort_unstable();
        positions
    }

    /// Returns where a snapshot is missing most: in the widest gap up to the newest, if there is room for one there.
    pub fn gap(&self) -> Option<Position> {
        gap(&self.positions(), self.every, self.kept)
    }

    /// Returns the world of the last snapshot that is not behind `position` and fits the log. Those that do not are
    /// removed.
    pub(crate) async fn nearest(
        &self,
        log: &Arc<dyn EventLog>,
        vault: &Arc<Vault>,
        position: Position,
    ) -> Result<Option<World>, Fault> {
        let positions = self.positions();
        for there in positions.into_iter().rev().filter(|there| *there <= position) {
            let Some(file) = self.file(there) else { continue };
            let event = log.read_at(there).await?.map(|event| event.id);
            let (path, keys) = (file.clone(), Arc::clone(vault));
            let ahead = self.ahead().take().filter(|(position, _)| *position == there);
            let reading =
                ahead.map_or_else(|| Reading::begin(move || fs::read(path).ok()), |(_, reading)| reading);
            let read = move || reading.finish(there, event, &keys);
            match tokio::task::spawn_blocking(read).await {
                Ok(Ok(world)) => return Ok(Some(world)),
                Ok(Err(why)) => {
                    tracing::info!(file = %file.display(), %why, "a snapshot is not used and removed");
                    let _ = fs::remove_file(&file);
                }
                Err(_) => {}
            }
        }
        Ok(None)
    }

    /// Writes a snapshot of `world`; what keeps it from being written is told in the program's log.
    pub(crate) async fn write_or_warn(
        &self,
        world: &World,
        log: &Arc<dyn EventLog>,
        vault: &Vault,
    ) -> Result<(), Fault> {
        let Some(event) = log.read_at(world.position).await? else { return Ok(()) };
        if let Err(error) = self.write(world, event.id, vault) {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(%error, cause, "the next start will take longer");
        }
        Ok(())
    }

    /// Writes a snapshot of `world`, whose last event is `event`, and removes those that are too many.
    pub fn write(&self, world: &World, event: domain::EventId, vault: &Vault) -> Result<(), Unwritten> {
        let Some((folder, file)) = self.path.as_ref().zip(self.file(world.position)) else { return Ok(()) };
        let bytes = super::write(world, event, vault)?;
        let aside = folder.join("new");
        let written = fs::create_dir_all(folder).and_then(|()| {
            let mut to =
                fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
            to.write_all(&bytes)?;
            to.sync_all()?;
            fs::rename(&aside, &file)?;
            File::open(folder)?.sync_all()
        });
        written.map_err(|error| Unwritten::Io(file, error))?;
        for position in surplus(self.positions(), self.kept) {
            if let Some(file) = self.file(position) {
                let _ = fs::remove_file(file);
            }
        }
        Ok(())
    }

    fn file(&self, position: Position) -> Option<PathBuf> {
        Some(self.path.as_ref()?.join(format!("{:020}", position.0)))
    }
}

/// Returns the place of the next snapshot in the widest gap between `positions`, ascending, and the beginning; none if
/// they lie as close together as so many of them should.
fn gap(positions: &[Position], every: u64, kept: usize) -> Option<Position> {
    let newest = positions.last()?.0;
    // One less than are kept: the newest moves on, and what is written here must not be what goes next.
    let step = every.max(newest / (kept.max(2) as u64 - 1));
    let before = std::iter::once(0).chain(positions.iter().map(|position| position.0));
    let gaps = before.zip(positions).map(|(before, after)| (after.0 - before, before));
    let (width, before) = gaps.max()?;
    (width >= step.saturating_mul(2)).then_some(Position(before + step))
}

/// Returns what is too much among `positions`, ascending: not the last, and each time the one whose neighbours are
/// closest together.
fn surplus(mut positions: Vec<Position>, kept: usize) -> Vec<Position> {
    let mut gone = vec![];
    while positions.len() > kept.max(1) {
        let gap = |at: usize| {
            let before = at.checked_sub(1).map_or(0, |before| positions[before].0);
            positions[at + 1].0 - before
        };
        let Some(at) = (0..positions.len() - 1).min_by_key(|at| gap(*at)) else { break };
        gone.push(positions.remove(at));
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_stays_and_the_others_are_spread() {
        let positions = |list: &[u64]| list.iter().copied().map(Position).collect::<Vec<_>>();
        assert_eq!(surplus(positions(&[10, 20, 30]), 3), []);
        assert_eq!(surplus(positions(&[10, 20, 30, 31]), 3), positions(&[30]));
        assert_eq!(surplus(positions(&[1, 20, 30, 45]), 2), positions(&[1, 30]));
        assert_eq!(surplus(positions(&[5]), 0), []);
    }

    #[test]
    fn gaps_are_filled_until_snapshots_lie_close_enough() {
        let mut positions = vec![Position(1_000)];
        while let Some(missing) = gap(&positions, 10, 5) {
            positions.push(missing);
            positions.sort_unstable();
        }
        assert_eq!(positions, [250, 500, 750, 1_000].map(Position));
        assert_eq!(surplus(positions, 5), []);
        assert_eq!(gap(&[Position(19)], 10, 5), None);
        assert_eq!(gap(&[Position(20)], 10, 5), Some(Position(10)));
        assert_eq!(gap(&[], 10, 5), None);
    }

    #[test]
    fn a_folder_that_is_nowhere_holds_nothing() {
        assert_eq!(Folder::nowhere().positions(), []);
    }
}
