//! Past worlds: the same models, fed from the same log, up to an earlier position (`architecture.md`, Past worlds).
//!
//! Invariants: one at a time, since it takes as much memory as the live one; it is moved forward where the next
//! question is later, and begun again from the nearest snapshot where it is earlier. What was erased since is erased
//! in it too: a world that was built before an erasure is not used after it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use domain::Timestamp;
use domain::group::Facts;
use eventlog::decode::Fault;
use eventlog::vault::Vault;
use eventlog::{EventLog, Position};

use crate::dense::{GroupNo, PersonNo};
use crate::graph::Rule;
use crate::live::Stopped;
use crate::people::Change;
use crate::replay::replay;
use crate::snapshot::Folder;
use crate::world::World;

/// How long a past world is kept that nobody asks.
const KEPT: Duration = Duration::from_mins(5);

/// What is another way at one position than at an earlier one.
#[derive(Debug, Default)]
pub struct Between {
    /// Who joined (true) or left (false) what.
    pub memberships: BTreeMap<(PersonNo, GroupNo), bool>,
    /// Rules that are there now, by id.
    pub rules_made: Vec<Rule>,
    /// Rules that are there no longer, by id.
    pub rules_removed: Vec<Rule>,
    /// Groups whose facts changed, before and after.
    pub facts: Vec<(GroupNo, Facts, Facts)>,
}

/// The log, and the last past world that was asked for.
pub struct Past {
    log: Arc<dyn EventLog>,
    vault: Arc<Vault>,
    snapshots: Folder,
    /// One builds at a time; the others wait for it.
    building: tokio::sync::Mutex<()>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    world: Option<(Arc<World>, Instant)>,
    /// Counts erasures: a world that was begun before one is not kept after it.
    erasures: u64,
}

impl Past {
    /// Returns the past of a log.
    pub fn new(log: Arc<dyn EventLog>, vault: Arc<Vault>, snapshots: Folder) -> Self {
        Self { log, vault, snapshots, building: tokio::sync::Mutex::default(), kept: Mutex::default() }
    }

    /// Returns the world as it was when the event at `position` had been applied. `position` is in the log.
    pub async fn at(&self, position: Position) -> Result<Arc<World>, Stopped> {
        if let Some(world) = self.known(position) {
            return Ok(world);
        }
        let _alone = self.building.lock().await;
        if let Some(world) = self.known(position) {
            return Ok(world);
        }
        let (begun, erasures) = self.begin(position);
        let mut world = match begun {
            Some(world) => world,
            None => self.snapshots.nearest(&self.log, &self.vault, position).await?.unwrap_or_default(),
        };
        replay(&self.log, &self.vault, &mut world, position, |_, _| ()).await?;
        let world = Arc::new(world);
        let mut kept = self.kept();
        if kept.erasures == erasures {
            kept.world = Some((Arc::clone(&world), Instant::now()));
        }
        Ok(world)
    }

    /// Returns the position of the last event that was recorded at `instant` or before; the beginning if none was.
    pub async fn position_at(&self, instant: Timestamp) -> Result<Position, Fault> {
        let (mut before, mut after) = (0, self.log.head().0 + 1);
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            let event = self.log.read_at(Position(middle)).await?;
            if event.is_some_and(|event| event.recorded_at <= instant) {
                before = middle;
            } else {
                after = middle;
            }
        }
        Ok(Position(before))
    }

    /// Returns the position of the last event that was recorded before `instant`; the beginning if none was.
    pub async fn position_before(&self, instant: Timestamp) -> Result<Position, Fault> {
        // Times are recorded in milliseconds.
        let earlier = instant.checked_sub_signed(TimeDelta::milliseconds(1));
        self.position_at(earlier.unwrap_or(instant)).await
    }

    /// Returns what is another way at `to` than at `from`, which is not later.
    pub async fn between(&self, from: Position, to: Position) -> Result<Between, Stopped> {
        let _alone = self.building.lock().await;
        let (begun, _) = self.begin(from);
        let mut world = match begun {
            Some(world) => world,
            None => self.snapshots.nearest(&self.log, &self.vault, from).await?.unwrap_or_default(),
        };
        replay(&self.log, &self.vault, &mut world, from, |_, _| ()).await?;
        let (rules, facts) = (world.graph.all_rules(), world.graph.all_facts(&world.people));
        world.changes = Some(vec![]);
        replay(&self.log, &self.vault, &mut world, to, |_, _| ()).await?;
        let mut between = Between::default();
        for Change { person, group, joined } in world.changes.take().unwrap_or_default() {
            // Who left and came back, or came and left, is where they were.
            if between.memberships.remove(&(person, group)).is_none() {
                between.memberships.insert((person, group), joined);
            }
        }
        let later = world.graph.all_rules();
        between.rules_made = later.values().filter(|rule| !rules.contains_key(&rule.id)).copied().collect();
        between.rules_removed =
            rules.values().filter(|rule| !later.contains_key(&rule.id)).copied().collect();
        let nothing = Facts::default();
        for (group, after) in world.graph.all_facts(&world.people).into_iter().enumerate() {
            let before = facts.get(group).copied().unwrap_or(nothing);
            if before != after {
                let number = u32::try_from(group).unwrap_or(u32::MAX);
                between.facts.push((GroupNo(number), before, after));
            }
        }
        Ok(between)
    }

    /// Writes a snapshot of the world at the head if the newest one is far behind it. Returns whether it did.
    pub async fn snapshot(&self) -> Result<bool, Stopped> {
        let (head, newest) = (self.log.head(), self.snapshots.positions().pop().unwrap_or_default());
        let due = head.0.saturating_sub(newest.0) >= self.snapshots.every();
        if due { self.write_snapshot().await } else { Ok(false) }
    }

    /// Writes one snapshot into the widest gap between two others, if it is wider than gaps need be: a new version of
    /// the program finds none of those from before. Returns whether it did.
    pub async fn fill(&self) -> Result<bool, Stopped> {
        match self.snapshots.gap() {
            Some(position) => self.write_at(position).await,
            None => Ok(false),
        }
    }

    /// Writes a snapshot of the world at the head. Returns whether there was anything to write.
    pub async fn write_snapshot(&self) -> Result<bool, Stopped> {
        self.write_at(self.log.head()).await
    }

    async fn write_at(&self, position: Position) -> Result<bool, Stopped> {
        let world = self.at(position).await?;
        let Some(event) = self.log.read_at(position).await.map_err(Fault::from)? else { return Ok(false) };
        let (snapshots, vault, written) =
            (self.snapshots.clone(), Arc::clone(&self.vault), Arc::clone(&world));
        let write = move || snapshots.write(&written, event.id, &vault);
        match tokio::task::spawn_blocking(write).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                tracing::warn!(%error, cause, "the next start will take longer");
            }
            Err(_) => return Err(Stopped::Ended),
        }
        // It was made for this; whoever asks about the past begins from the file.
        self.kept().world = None;
        Ok(true)
    }

    /// Drops the world that is kept, and every one that is being built: somebody was erased.
    pub fn forget(&self) {
        let mut kept = self.kept();
        kept.world = None;
        kept.erasures += 1;
    }

    /// Drops the world that is kept if nobody asked it for five minutes.
    pub fn tidy(&self) {
        let mut kept = self.kept();
        if kept.world.as_ref().is_some_and(|(_, used)| used.elapsed() >= KEPT) {
            kept.world = None;
        }
    }

    fn known(&self, position: Position) -> Option<Arc<World>> {
        let mut kept = self.kept();
        let (world, used) = kept.world.as_mut().filter(|(world, _)| world.position == position)?;
        *used = Instant::now();
        Some(Arc::clone(world))
    }

    /// Takes the world that is kept, if it is earlier than `position`, nobody else uses it, and no snapshot is nearer.
    fn begin(&self, position: Position) -> (Option<World>, u64) {
        let nearest = self.snapshots.positions().into_iter().rev().find(|there| *there <= position);
        let mut kept = self.kept();
        let erasures = kept.erasures;
        let nearer =
            |world: &World| world.position < position && nearest.is_none_or(|near| near <= world.position);
        let world = kept.world.take().filter(|(world, _)| nearer(world));
        (world.and_then(|(world, _)| Arc::into_inner(world)), erasures)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
