//! One node: the log, the read models, the queue of commands, and what a mutation does with them.
//!
//! A mutation: note the head → wait until the read models passed it → read the facts → decide in turn → append →
//! wait until durable and until the read models passed it → answer (`architecture.md`, A command).

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use domain::actor::{Actor, RoleName};
use domain::event::FeatureEvent;
use domain::id::Ulid;
use domain::meta::ClientFamily;
use domain::structure::Matrix;
use domain::{CommandId, Label, Meta, PersonId, StreamId};
use eventlog::execute::{Executor, Kept, NotDone, Turn};
use eventlog::keys::{Ring, RingReport};
use eventlog::sled_log::{OpenReport, make_directory};
use eventlog::vault::Vault;
use eventlog::{Clock, EventLog, Position, SledLog};
use projections::occurrences::Occurrences;
use projections::past::Past;
use projections::snapshot::Folder;
use projections::{Live, World};

use crate::failure::{Failure, Result};

/// How long a command or a query waits for the read models.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// An opened data directory.
pub struct Opened {
    /// The log.
    pub log: Arc<dyn EventLog>,
    /// The keys.
    pub vault: Arc<Vault>,
    /// What opening the log found.
    pub report: OpenReport,
    /// What opening the keys found.
    pub keys: RingReport,
    /// Where snapshots of the read models are.
    pub snapshots: Folder,
    /// Where in the log somebody occurs.
    pub occurrences: Occurrences,
}

/// Why a data directory cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum CannotOpen {
    /// The keys cannot be used.
    #[error("the keys cannot be used")]
    Keys(#[from] eventlog::keys::KeyError),
    /// The log cannot be used.
    #[error("the log cannot be used")]
    Log(#[from] eventlog::LogError),
    /// The log has events, and no key was ever made.
    #[error("{0}: the log has events but its keys are gone; bring `keys/` back from its backup")]
    KeysGone(String),
    /// Nobody can use the directory.
    #[error("{0}: the directory cannot be made")]
    Directory(String, #[source] eventlog::LogError),
}

/// Opens the data directory at `data`, making it if it is not there.
pub fn open(data: &Path, master_key: Option<&Path>, clock: Arc<dyn Clock>) -> Result<Opened, CannotOpen> {
    let unusable = |error| CannotOpen::Directory(data.display().to_string(), error);
    make_directory(data).map_err(unusable)?;
    let mut lock = SledLog::lock(&data.join("log"))?;
    if !Ring::exists(&data.join("keys"))? {
        // None are made where some were lost: at the next start they would pass for the right ones.
        let (log, _) = SledLog::open_locked(lock, Arc::clone(&clock), Arc::new(()))?;
        if log.head() > Position::START {
            return Err(CannotOpen::KeysGone(data.display().to_string()));
        }
        log.close();
        lock = SledLog::lock(&data.join("log"))?;
    }
    let (ring, keys) = Ring::open(&data.join("keys"), master_key)?;
    let ring = Arc::new(ring);
    let before_commit: Arc<Ring> = Arc::clone(&ring);
    let (log, report) = SledLog::open_locked(lock, clock, before_commit)?;
    let (log, vault) = (Arc::new(log), Arc::new(Vault::new(ring)));
    let (snapshots, occurrences) = (Folder::of(data), Occurrences::of(data));
    Ok(Opened { log, vault, report, keys, snapshots, occurrences })
}

/// The log, the read models and the queue of commands.
pub struct Node {
    executor: Executor,
    live: Live,
    past: Past,
    occurrences: Occurrences,
    /// Matrices of this operator's own.
    matrices: Vec<Matrix>,
}

/// A command on its way: whose, under which key, and its turn.
pub struct Order {
    /// What stands beside its events.
    pub meta: Meta,
    _turn: Option<Turn>,
}

/// What a command left behind.
#[derive(Debug)]
pub struct Carried<E, R> {
    /// Everything the answer rests on is at or before this position; the read models passed it.
    pub position: Position,
    /// Why it was not done, if a rule said no.
    pub refusal: Option<R>,
    /// What happened just now.
    pub events: Vec<E>,
}

impl Node {
    /// Builds the read models from the log alone, then follows it. `progress` hears the position and the head.
    pub async fn start(
        log: Arc<dyn EventLog>,
        vault: Arc<Vault>,
        clock: Arc<dyn Clock>,
        progress: impl FnMut(Position, Position),
    ) -> Result<Self, projections::live::Stopped> {
        Self::start_from(log, vault, clock, Folder::nowhere(), progress).await
    }

    /// The same, from the newest of these snapshots on; more are written while the log grows.
    pub async fn start_from(
        log: Arc<dyn EventLog>,
        vault: Arc<Vault>,
        clock: Arc<dyn Clock>,
        snapshots: Folder,
        progress: impl FnMut(Position, Position),
    ) -> Result<Self, projections::live::Stopped> {
        let live = Live::start(Arc::clone(&log), Arc::clone(&vault), &snapshots, progress).await?;
        let deciders = snapshots.deciders();
        let past = Past::new(Arc::clone(&log), Arc::clone(&vault), snapshots);
        let occurrences = Occurrences::nowhere();
        let matrices = vec![];
        Ok(Self {
            executor: Executor::new(log, vault, clock).keeping(deciders),
            live,
            past,
            occurrences,
            matrices,
        })
    }

    /// The same, with this index of the log; a process makes it while serving.
    #[must_use]
    pub fn with_occurrences(self, occurrences: Occurrences) -> Self {
        Self { occurrences, ..self }
    }

    /// The same, which also knows these matrices by name.
    #[must_use]
    pub fn with_matrices(self, matrices: Vec<Matrix>) -> Self {
        Self { matrices, ..self }
    }

    /// Returns the matrix of a name: one of this operator's own, or one that ships.
    pub fn matrix(&self, name: &Label) -> Option<Matrix> {
        let own = self.matrices.iter().find(|matrix| matrix.name == *name).cloned();
        own.or_else(|| Matrix::shipped(name.as_str()))
    }

    /// Returns where in the log somebody occurs.
    pub fn occurrences(&self) -> &Occurrences {
        &self.occurrences
    }

    /// Returns the queue of commands.
    pub fn executor(&self) -> &Executor {
        &self.executor
    }

    /// Returns the log.
    pub fn log(&self) -> &Arc<dyn EventLog> {
        self.executor.log()
    }

    /// Returns the keys.
    pub fn vault(&self) -> &Arc<Vault> {
        self.executor.vault()
    }

    /// Returns the read models' runner.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// Returns the worlds of the past.
    pub fn past(&self) -> &Past {
        &self.past
    }

    /// Drops whatever in memory may still know what was just erased, but for the read models that follow.
    pub fn forget(&self) {
        self.past.forget();
        self.executor.forget_all();
    }

    /// Returns the instant.
    pub fn now(&self) -> domain::Timestamp {
        self.executor.clock().now()
    }

    /// Reads the world. `look` must copy out what it needs, and be short.
    pub fn read<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        self.live.read(look)
    }

    /// Waits until the read models passed `position`.
    pub async fn at_least(&self, position: Position) -> Result<()> {
        self.live.wait_for(position, PATIENCE).await.map_err(|_| Failure::Busy)
    }

    /// Takes the turn of `person` and waits until the read models passed the head of this moment.
    ///
    /// `variables` are the canonical bytes of what was asked: the same key with others is a mismatch.
    pub async fn order(
        &self,
        person: PersonId,
        role: RoleName,
        key: Ulid,
        variables: &[u8],
    ) -> Result<Order> {
        let actor = Actor::Person { person, role };
        let turn = self.executor.turn(&actor.key()).await;
        self.at_least(self.log().head()).await?;
        let command = CommandId::of(&actor, key);
        let meta = Meta {
            variables: Some(self.vault().ring().variables_hash(variables).into()),
            client: Some(ClientFamily::Api),
            facts_at: Some(self.live.position().0),
            ..eventlog::execute::meta(actor, command)
        };
        Ok(Order { meta, _turn: Some(turn) })
    }

    /// Returns an order of the operator or of a process, under a command id of its own.
    pub fn order_as(&self, actor: Actor, command: CommandId) -> Order {
        let facts_at = Some(self.live.position().0);
        Order { meta: Meta { facts_at, ..eventlog::execute::meta(actor, command) }, _turn: None }
    }

    /// Decides `command` on `stream`, and answers when durable and when the read models passed it.
    pub async fn execute<D: Kept>(
        &self,
        order: &Order,
        stream: &StreamId,
        command: D::Command,
    ) -> Result<Carried<D::Event, D::Refusal>> {
        let (position, refusal, events) = match self.executor.execute::<D>(stream, &order.meta, command).await
        {
            Ok(done) => (done.position, None, done.events),
            Err(NotDone::Refused { refusal, at }) => (at, Some(refusal), vec![]),
            Err(other) => return Err(other.into()),
        };
        self.at_least(position).await?;
        Ok(Carried { position, refusal, events })
    }

    /// Appends events that commute to a stream no decider loads, and answers like [`Node::execute`].
    pub async fn append_any<E: FeatureEvent>(
        &self,
        order: &Order,
        stream: &StreamId,
        events: &[E],
    ) -> Result<Position> {
        let position = self.executor.append_any(stream, &order.meta, events).await?;
        self.at_least(position).await?;
        Ok(position)
    }
}
