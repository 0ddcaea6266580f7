//! Commands: decided one after another on each stream, appended in that order, answered when durable.
//!
//! Invariants:
//! - The next command of a stream is decided as soon as the append before it is handed to the writer, on the state
//!   after it; nobody is answered before the append they rest on is durable, refusals and "already so" included.
//! - The same command is answered alike however often it comes: it is found by its id among the stream's events.
//! - Only another node can make an expected revision wrong; then the cached state is dropped and it is decided again.
//! - The state of a long stream is kept in a file ([`deciders`]), written beside the commands, which never wait for it.

mod cached;
mod deciders;
#[cfg(test)]
mod tests;

use std::any::Any;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use domain::event::FeatureEvent;
use domain::{Decider, Meta, StreamId};
use lru::LruCache;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::clock::Clock;
use crate::decode;
pub use crate::decode::Fault;
use crate::log::{Append, AppendError, Appended, EventLog, Expected, Position, Ticket};
use crate::vault::Vault;
use cached::{Cached, Rest, keep_aside, load};
pub use deciders::Deciders;

/// How many streams and actors are kept in memory.
const CACHED: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();

/// How often a command is decided again after another node was faster.
const ATTEMPTS: u32 = 20;

/// A command was carried out, now or before.
#[derive(Debug, Clone, PartialEq)]
pub struct Done<E> {
    /// Everything the answer rests on is at or before this position.
    pub position: Position,
    /// What happened just now; empty for "already so" and for a repetition.
    pub events: Vec<E>,
    /// Whether this very command was carried out before.
    pub repeated: bool,
}

/// A command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum NotDone<R> {
    /// A rule said no. `at` is what the refusal rests on.
    #[error("refused")]
    Refused {
        /// Why.
        refusal: R,
        /// What it rests on.
        at: Position,
    },
    /// The same idempotency key came before with other variables.
    #[error("the idempotency key was used for another command")]
    Mismatch,
    /// Other nodes were faster, twenty times.
    #[error("other nodes were faster")]
    Conflict,
    /// The log or a key cannot be used.
    #[error("the log cannot be used")]
    Fault(#[from] Fault),
}

/// What can be kept of a decider between two commands.
pub trait Kept: Decider<Event: FeatureEvent, Command: Clone> + Clone + Send + 'static {}

impl<D: Decider<Event: FeatureEvent, Command: Clone> + Clone + Send + 'static> Kept for D {}

type Slot = Arc<AsyncMutex<Option<Box<dyn Any + Send>>>>;

/// Carries out commands on a log.
pub struct Executor {
    log: Arc<dyn EventLog>,
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
    streams: Mutex<LruCache<StreamId, Slot>>,
    turns: Mutex<LruCache<String, Arc<AsyncMutex<()>>>>,
    deciders: Deciders,
}

/// One actor's turn: while it is held, their other commands wait.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "held, not read")] OwnedMutexGuard<()>);

impl Executor {
    /// Returns an executor on `log`, sealing with `vault` in the month of `clock`.
    pub fn new(log: Arc<dyn EventLog>, vault: Arc<Vault>, clock: Arc<dyn Clock>) -> Self {
        let (streams, turns) = (Mutex::new(LruCache::new(CACHED)), Mutex::new(LruCache::new(CACHED)));
        Self { log, vault, clock, streams, turns, deciders: Deciders::nowhere() }
    }

    /// The same, which keeps the states of long streams there.
    #[must_use]
    pub fn keeping(self, deciders: Deciders) -> Self {
        Self { deciders, ..self }
    }

    /// Returns where the states of long streams are kept.
    pub fn deciders(&self) -> &Deciders {
        &self.deciders
    }

    /// Returns the log.
    pub fn log(&self) -> &Arc<dyn EventLog> {
        &self.log
    }

    /// Returns the vault.
    pub fn vault(&self) -> &Arc<Vault> {
        &self.vault
    }

    /// Forgets every state that is kept between two commands: it is read from the log again.
    pub fn forget_all(&self) {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        // A slot that a command is working on is kept: it goes on with what it read.
        let idle: Vec<_> = streams
            .iter()
            .filter(|(_, slot)| Arc::strong_count(slot) == 1)
            .map(|(stream, _)| stream.clone())
            .collect();
        for stream in idle {
            streams.pop(&stream);
        }
    }

    /// Returns the clock.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Waits for the turn of the actor called `key`: commands of one person run one at a time, so that the facts
    /// of each are read after the one before.
    pub async fn turn(&self, key: &str) -> Turn {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(turns.get_or_insert(key.to_owned(), Arc::default))
        };
        Turn(turn.lock_owned().await)
    }

    /// Decides `command` on `stream` and appends what happens.
    pub async fn execute<D: Kept>(
        &self,
        stream: &StreamId,
        meta: &Meta,
        command: D::Command,
    ) -> Result<Done<D::Event>, NotDone<D::Refusal>> {
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                // Another node was faster: let it finish. The wait grows, and differs between commands.
                let jitter = u64::try_from(meta.command.to_u128() % 7).unwrap_or(0);
                tokio::time::sleep(Duration::from_millis(u64::from(attempt) + jitter)).await;
            }
            match self.attempt::<D>(stream, meta, command.clone()).await {
                Ok(answer) => return answer,
                Err(Overtaken) => self.forget(stream).await,
            }
        }
        Err(NotDone::Conflict)
    }

    /// Appends events that commute, or of which the last counts, to a stream no decider loads.
    ///
    /// A repetition of the command appends them again, which is harmless.
    pub async fn append_any<E: FeatureEvent>(
        &self,
        stream: &StreamId,
        meta: &Meta,
        events: &[E],
    ) -> Result<Position, Fault> {
        let events = self.encode(stream, meta, 0, events)?;
        let ticket = self.log.append(Append { stream: stream.clone(), expected: Expected::Any, events });
        Ok(durable(ticket).await?.position)
    }

    /// Returns the state of `stream`, everything in it durable.
    pub async fn state<D: Kept>(&self, stream: &StreamId) -> Result<D, Fault> {
        let slot = self.slot(stream);
        let mut guard = slot.lock().await;
        let cached = self.cached::<D>(&mut guard, stream).await?;
        let (state, tail) = (cached.state.clone(), cached.tail.clone());
        drop(guard);
        if let Some(tail) = tail {
            durable(tail).await?;
        }
        Ok(state)
    }

    /// Decides commands on one stream without queueing, for [`Executor::append_all`]: processes and imports.
    ///
    /// Commands after one that is refused are not decided.
    pub async fn prepare<D: Kept>(
        &self,
        stream: &StreamId,
        meta: &Meta,
        commands: Vec<D::Command>,
    ) -> Result<Result<Option<Append>, D::Refusal>, Fault> {
        let Cached { mut state, revision, commands: known, .. } =
            load::<D>(&*self.log, &self.vault, &self.deciders, stream).await?;
        if known.contains_key(&meta.command) {
            return Ok(Ok(None));
        }
        let mut events = Vec::new();
        for command in commands {
            match state.decide(command) {
                Ok(happened) => {
                    state = happened.iter().fold(state, D::evolve);
                    events.extend(happened);
                }
                Err(refusal) => return Ok(Err(refusal)),
            }
        }
        if events.is_empty() {
            return Ok(Ok(None));
        }
        let events = self.encode(stream, meta, 0, &events)?;
        Ok(Ok(Some(Append { stream: stream.clone(), expected: expected(revision), events })))
    }

    /// Appends to many streams in one durable write; answers in the order of `appends`.
    pub async fn append_all(&self, appends: Vec<Append>) -> Vec<Result<Appended, AppendError>> {
        let streams: Vec<_> = appends.iter().map(|append| append.stream.clone()).collect();
        let mut answers = Vec::with_capacity(streams.len());
        for ticket in self.log.append_all(appends) {
            answers.push(ticket.wait().await);
        }
        for stream in streams {
            self.forget(&stream).await;
        }
        answers
    }

    async fn attempt<D: Kept>(
        &self,
        stream: &StreamId,
        meta: &Meta,
        command: D::Command,
    ) -> Result<Result<Done<D::Event>, NotDone<D::Refusal>>, Overtaken> {
        let slot = self.slot(stream);
        let mut guard = slot.lock().await;
        let cached = match self.cached::<D>(&mut guard, stream).await {
            Ok(cached) => cached,
            Err(fault) => return Ok(Err(fault.into())),
        };
        if let Some(made) = cached.commands.get(&meta.command).cloned() {
            drop(guard);
            return repetition(meta, made).await;
        }
        match cached.state.decide(command) {
            Err(refusal) => {
                let tail = cached.tail.clone();
                drop(guard);
                Ok(match self.rest(tail).await? {
                    Ok(at) => Err(NotDone::Refused { refusal, at }),
                    Err(fault) => Err(fault.into()),
                })
            }
            Ok(events) if events.is_empty() => {
                let tail = cached.tail.clone();
                drop(guard);
                let rested = self.rest(tail).await?;
                Ok(rested.map(|position| Done { position, events, repeated: false }).map_err(NotDone::Fault))
            }
            Ok(events) => {
                let encoded = match self.encode(stream, meta, 0, &events) {
                    Ok(encoded) => encoded,
                    Err(fault) => return Ok(Err(fault.into())),
                };
                // From here to the end of the block nothing waits: state and writer move together.
                let expected = expected(cached.revision);
                let ticket = self.log.append(Append { stream: stream.clone(), expected, events: encoded });
                cached.follow(meta, &events, &ticket);
                self.keep(stream, cached);
                drop(guard);
                match ticket.wait().await {
                    Ok(Appended { position, .. }) => Ok(Ok(Done { position, events, repeated: false })),
                    Err(AppendError::WrongExpected { .. }) => Err(Overtaken),
                    Err(error) => Ok(Err(not_written(error).into())),
                }
            }
        }
    }

    async fn cached<'a, D: Kept>(
        &self,
        guard: &'a mut Option<Box<dyn Any + Send>>,
        stream: &StreamId,
    ) -> Result<&'a mut Cached<D>, Fault> {
        let known = guard.take().and_then(|kept| kept.downcast::<Cached<D>>().ok());
        let cached = match known {
            Some(cached) => cached,
            None => Box::new(load::<D>(&*self.log, &self.vault, &self.deciders, stream).await?),
        };
        let kept: &mut Box<dyn Any + Send> = guard.insert(cached);
        kept.downcast_mut::<Cached<D>>().ok_or_else(|| {
            Fault::Log(crate::log::LogError::FailStop("a cached state changed its type".to_owned()))
        })
    }

    /// Lets the state of a stream be kept, if it has grown by enough since it was.
    fn keep<D: Kept>(&self, stream: &StreamId, cached: &mut Cached<D>) {
        let events = cached.events();
        if D::PACKS
            && self.deciders.is_due(cached.kept, events)
            && let Some(turn) = self.deciders.turn()
        {
            cached.kept = events;
            keep_aside::<D>(&self.log, &self.vault, &self.deciders, stream, turn);
        }
    }

    /// Waits until everything before is durable, and returns the position that says so.
    async fn rest(&self, tail: Option<Ticket>) -> Result<Result<Position, Fault>, Overtaken> {
        let Some(tail) = tail else {
            return Ok(Ok(self.log.head()));
        };
        match tail.wait().await {
            Ok(appended) => Ok(Ok(appended.position)),
            Err(AppendError::WrongExpected { .. }) => Err(Overtaken),
            Err(error) => Ok(Err(not_written(error))),
        }
    }

    fn encode<E: FeatureEvent>(
        &self,
        stream: &StreamId,
        meta: &Meta,
        first: u32,
        events: &[E],
    ) -> Result<Vec<crate::log::NewEvent>, Fault> {
        let month = month(self.clock.now());
        decode::encode(&self.vault, stream, meta, month, first, events)
    }

    fn slot(&self, stream: &StreamId) -> Slot {
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(streams.get_or_insert(stream.clone(), Arc::default))
    }

    async fn forget(&self, stream: &StreamId) {
        let slot = {
            let streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
            streams.peek(stream).map(Arc::clone)
        };
        if let Some(slot) = slot {
            *slot.lock().await = None;
        }
    }
}

/// Somebody else appended to the stream first.
struct Overtaken;

async fn repetition<E, R>(meta: &Meta, made: Rest) -> Result<Result<Done<E>, NotDone<R>>, Overtaken> {
    if made.variables != meta.variables {
        return Ok(Err(NotDone::Mismatch));
    }
    let position = match made.ticket {
        None => made.position,
        Some(ticket) => match ticket.wait().await {
            Ok(appended) => appended.position,
            Err(AppendError::WrongExpected { .. }) => return Err(Overtaken),
            Err(error) => return Ok(Err(not_written(error).into())),
        },
    };
    Ok(Ok(Done { position, events: vec![], repeated: true }))
}

async fn durable(ticket: Ticket) -> Result<Appended, Fault> {
    ticket.wait().await.map_err(not_written)
}

fn not_written(error: AppendError) -> Fault {
    Fault::Log(match error {
        AppendError::Stopped(error) => error,
        AppendError::Unfit(what) => crate::log::LogError::FailStop(what),
        AppendError::WrongExpected { actual } => {
            crate::log::LogError::FailStop(format!("the stream stands at {actual:?}"))
        }
    })
}

fn expected(revision: Option<u64>) -> Expected {
    revision.map_or(Expected::NoStream, Expected::At)
}

/// Returns the month of an instant as `yyyymm`.
pub fn month(instant: domain::Timestamp) -> u32 {
    use chrono::Datelike;
    u32::try_from(instant.year()).unwrap_or(0) * 100 + instant.month()
}

/// Returns a `meta` of `actor` and `command`, everything else left out.
pub fn meta(actor: domain::actor::Actor, command: domain::CommandId) -> Meta {
    Meta {
        actor,
        command,
        on_behalf_of: None,
        variables: None,
        correlation: None,
        causation: None,
        facts_at: None,
        client: None,
        reason: None,
    }
}
