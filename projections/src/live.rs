//! The runner: feeds a [`World`] from the log, first what is there, then what comes.
//!
//! Invariant: order, position and once-only are kept here, so that `apply` cannot get them wrong. Readers take one
//! short read lock and copy out what they need; no lock is held across an `await`.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use eventlog::decode::Fault;
use eventlog::log::follow;
use eventlog::vault::Vault;
use eventlog::{EventLog, Position, Recorded};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::replay::{decode_all, replay};
use crate::snapshot::Folder;
use crate::world::{Impossible, World};

/// How many events are applied under one write lock.
const BATCH: usize = 512;

/// Why a world stands still.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The log or an event cannot be read.
    #[error("the read models stopped")]
    Fault(#[from] Fault),
    /// Something that cannot happen stands in the log.
    #[error("the read models stopped")]
    Impossible(#[from] Impossible),
    /// Reading or decoding ended early: the program is going down, or has a fault of its own.
    #[error("reading the log ended early")]
    Ended,
}

/// A world that follows the log.
#[derive(Debug)]
pub struct Live {
    world: Arc<RwLock<World>>,
    position: watch::Receiver<Position>,
    follower: JoinHandle<()>,
}

/// The read models did not get there in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotThere {
    /// They are behind.
    #[error("the read models are behind")]
    Behind,
    /// They stopped.
    #[error("the read models stopped")]
    Stopped,
}

impl Live {
    /// Builds a world from the newest snapshot and the log behind it, then follows the log. `progress` hears the
    /// position and the head. A long way is not gone twice: at its end a snapshot is written.
    pub async fn start(
        log: Arc<dyn EventLog>,
        vault: Arc<Vault>,
        snapshots: &Folder,
        progress: impl FnMut(Position, Position),
    ) -> Result<Self, Stopped> {
        let head = log.head();
        let mut world = snapshots.nearest(&log, &vault, head).await?.unwrap_or_default();
        let begun = world.position;
        replay(&log, &vault, &mut world, head, progress).await?;
        if world.position.0 - begun.0 >= snapshots.every() {
            snapshots.write_or_warn(&world, &log, &vault).await?;
        }
        let (sender, position) = watch::channel(world.position);
        let world = Arc::new(RwLock::new(world));
        let follower = tokio::spawn(run(log, vault, Arc::clone(&world), sender));
        Ok(Self { world, position, follower })
    }

    /// Reads the world. `look` must copy out what it needs, and be short.
    pub fn read<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.world.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns the position of the last event applied.
    pub fn position(&self) -> Position {
        *self.position.borrow()
    }

    /// Returns whether the models still follow.
    pub fn follows(&self) -> bool {
        !self.follower.is_finished()
    }

    /// Waits until the models passed `position`.
    pub async fn wait_for(&self, position: Position, at_most: Duration) -> Result<(), NotThere> {
        let mut watched = self.position.clone();
        let passed = watched.wait_for(|there| *there >= position);
        match tokio::time::timeout(at_most, passed).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(NotThere::Stopped),
            Err(_) => Err(NotThere::Behind),
        }
    }

    /// Watches the position of the last event applied.
    pub fn watch(&self) -> watch::Receiver<Position> {
        self.position.clone()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.follower.abort();
    }
}

/// Returns a world built from the log up to its head, which does not follow.
pub async fn rebuild(log: &Arc<dyn EventLog>, vault: &Arc<Vault>) -> Result<World, Stopped> {
    let mut world = World::default();
    replay(log, vault, &mut world, log.head(), |_, _| ()).await?;
    Ok(world)
}

async fn run(
    log: Arc<dyn EventLog>,
    vault: Arc<Vault>,
    world: Arc<RwLock<World>>,
    sender: watch::Sender<Position>,
) {
    let mut following = follow(log, *sender.borrow());
    loop {
        let events = match following.next(BATCH).await {
            Ok(events) => events,
            Err(error) => {
                tracing::warn!(%error, "the read models no longer follow the log");
                return;
            }
        };
        let applied = apply_batch(&world, &vault, &events);
        let position = world.read().unwrap_or_else(PoisonError::into_inner).position;
        if let Err(error) = applied {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::error!(%position, error = %error, cause, "the read models stopped");
            return;
        }
        sender.send_replace(position);
    }
}

fn apply_batch(world: &RwLock<World>, vault: &Vault, events: &[Recorded]) -> Result<(), Stopped> {
    // Decoding and opening happen before the lock, so that readers wait for the fold alone.
    let (decoded, fault) = decode_all(vault, events);
    let mut world = world.write().unwrap_or_else(PoisonError::into_inner);
    for (at, event) in &decoded {
        world.apply(*at, event)?;
    }
    fault.map_or(Ok(()), |fault| Err(fault.into()))
}
