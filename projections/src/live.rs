//! The runner: feeds a [`World`] from the log, first what is there, then what comes.
//!
//! Invariant: order, position and once-only are kept here, so that `apply` cannot get them wrong. Readers take one
//! short read lock and copy out what they need; no lock is held across an `await`.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use domain::{Event, person, structure};
use eventlog::decode::{self, Fault};
use eventlog::log::follow;
use eventlog::vault::Vault;
use eventlog::{EventLog, Position, Recorded};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::world::{At, Impossible, World};

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
    /// Builds a world from the whole log, then follows it. `progress` hears the position and the head.
    pub async fn start(
        log: Arc<dyn EventLog>,
        vault: Arc<Vault>,
        mut progress: impl FnMut(Position, Position),
    ) -> Result<Self, Stopped> {
        let mut world = World::default();
        let head = log.head();
        while world.position < head {
            let events = log.read_all(world.position, BATCH).await.map_err(Fault::from)?;
            for recorded in &events {
                apply(&mut world, &vault, recorded)?;
            }
            progress(world.position, head);
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
pub async fn rebuild(log: &Arc<dyn EventLog>, vault: &Vault) -> Result<World, Stopped> {
    let mut world = World::default();
    let head = log.head();
    while world.position < head {
        for recorded in log.read_all(world.position, BATCH).await.map_err(Fault::from)? {
            apply(&mut world, vault, &recorded)?;
        }
    }
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
    let decoded =
        events.iter().map(|recorded| decode_shown(vault, recorded)).collect::<Result<Vec<_>, _>>()?;
    let mut world = world.write().unwrap_or_else(PoisonError::into_inner);
    for (recorded, event) in events.iter().zip(&decoded) {
        world.apply(At::of(recorded), event)?;
    }
    Ok(())
}

fn apply(world: &mut World, vault: &Vault, recorded: &Recorded) -> Result<(), Stopped> {
    let event = decode_shown(vault, recorded)?;
    Ok(world.apply(At::of(recorded), &event)?)
}

/// Returns the event, with those sealed fields open that a model shows: names and typed labels.
fn decode_shown(vault: &Vault, recorded: &Recorded) -> Result<Event, Fault> {
    let mut event = decode::decode(recorded)?;
    let shown = matches!(
        event,
        Event::Person(
            person::Event::Registered(_) | person::Event::IdentityChanged(_) | person::Event::LoginGiven(_)
        ) | Event::Structure(structure::Event::FreeGroupCreated(_))
    );
    if shown {
        vault
            .open(recorded.id, &mut event)
            .map_err(|source| Fault::Sealed { position: recorded.position, source })?;
    }
    Ok(event)
}
