//! A node with rooms of nobody in particular, and what is booked of them.
//!
//! Invariant: every booking is one of its own, and so is its command: nothing is a repetition.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result, anyhow};
use api::Node;
use api::node::open;
use chrono::{Days, NaiveDateTime, TimeDelta};
use domain::actor::Actor;
use domain::booking::role::Role;
use domain::booking::slot::Wall;
use domain::clock::Zone;
use domain::resource::{Book, By, Command, Open, Resource};
use domain::{
    BookingId, CommandId, DomainId, GrantId, Meta, PersonId, ResourceId, StreamId, StructureId, Timestamp,
};
use eventlog::clock::SystemClock;
use eventlog::execute::meta;

use crate::failed;

/// How many rooms are opened, or booked, in one durable write.
const BATCH: usize = 512;

/// How long each slot is, in minutes, where one follows the other.
const MINUTES: i64 = 15;

/// Numbers commands and bookings.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// A node in a folder of its own, as a server opens it.
pub(super) struct Site {
    pub(super) node: Arc<Node>,
    /// The day before the first slot.
    now: Timestamp,
}

/// How rooms are opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rooms {
    pub(super) quantity: u32,
    pub(super) domain: DomainId,
    pub(super) structure: StructureId,
    pub(super) zone: Zone,
}

/// Returns a number that was not there before.
pub(super) fn next() -> u64 {
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Returns what stands beside the events of a new command.
pub(super) fn new_meta() -> Meta {
    meta(Actor::Operator, CommandId::from_u128(u128::from(next()) << 64))
}

impl Site {
    pub(super) async fn open(folder: &Path) -> Result<Self> {
        let clock = Arc::new(SystemClock);
        let found = open(folder, None, Arc::clone(&clock) as _).map_err(failed::unopened)?;
        let node = Node::start_from(found.log, found.vault, clock, found.snapshots, |_, _| ()).await;
        let node = Arc::new(node.context("the log cannot be read")?);
        let now = node.now();
        Ok(Self { node, now })
    }

    /// Opens rooms where clocks never change, in a domain that is not there: nobody looks for it.
    pub(super) async fn rooms(&self, count: u64, quantity: u32) -> Result<Vec<ResourceId>> {
        let zone = Zone::parse("America/Martinique").context("a zone is not known")?;
        let (domain, structure) = (DomainId::from_u128(1), StructureId::from_u128(1));
        let ids = new_rooms(count);
        opened(&self.node, &ids, Rooms { quantity, domain, structure, zone }).await?;
        Ok(ids)
    }

    /// Returns a command that books the slot with this number.
    pub(super) fn book(&self, owner: PersonId, slot: u64) -> Result<Command> {
        let minutes = i64::try_from(slot).unwrap_or(i64::MAX).saturating_mul(MINUTES);
        let first = (self.now.date_naive() + Days::new(2)).and_time(chrono::NaiveTime::MIN);
        let start = TimeDelta::try_minutes(minutes).and_then(|after| first.checked_add_signed(after));
        let start = start.context("there are no more days: ask for fewer rounds or seconds")?;
        let zone = Zone::parse("America/Martinique").context("a zone is not known")?;
        let wall = Wall { zone, start, end: start + TimeDelta::minutes(MINUTES) };
        Ok(booking(owner, wall, self.now))
    }
}

/// Returns a command that books so, once, for a purpose.
pub(super) fn booking(owner: PersonId, wall: Wall, now: Timestamp) -> Command {
    let by = By { person: owner, role: Role::PublishingWriter, grant: Some(GrantId::from_u128(1)) };
    let purpose = Some("Projet de sciences en demi-groupe".to_owned());
    let once = Book::once(BookingId::from_u128(u128::from(next())), by, wall, now);
    Command::Book(Box::new(Book { purpose, ..once }))
}

/// Returns a wall time of an hour in the zone of Paris.
pub(super) fn hour(start: NaiveDateTime) -> Wall {
    Wall { zone: Zone::PARIS, start, end: start + TimeDelta::hours(1) }
}

/// Returns the ids of so many rooms that were not there before.
pub(super) fn new_rooms(count: u64) -> Vec<ResourceId> {
    (0..count).map(|_| ResourceId::from_u128(1 << 100 | u128::from(next()))).collect()
}

/// Opens rooms, and waits until they are seen.
pub(super) async fn opened(node: &Node, ids: &[ResourceId], rooms: Rooms) -> Result<()> {
    let Rooms { quantity, domain, structure, zone } = rooms;
    let plans = ids.iter().map(|resource| {
        let (name, periods, closures) = ("Salle multimédia".to_owned(), vec![], vec![]);
        let resource = *resource;
        let open = Open { resource, domain, structure, zone, name, quantity, periods, closures };
        (resource, vec![Command::Open(open)])
    });
    written(node, plans).await
}

/// Carries out commands on each room, many rooms in one durable write, and waits until all is seen.
pub(super) async fn written(
    node: &Node,
    plans: impl Iterator<Item = (ResourceId, Vec<Command>)>,
) -> Result<()> {
    let mut plans = plans.peekable();
    while plans.peek().is_some() {
        let mut appends = vec![];
        let mut commands = 0;
        while commands < BATCH
            && let Some((resource, asked)) = plans.next()
        {
            commands += asked.len();
            let stream = StreamId::resource(resource);
            let append = node.executor().prepare::<Resource>(&stream, &new_meta(), asked).await?;
            appends.extend(append.map_err(|refusal| anyhow!("a booking is refused: {refusal:?}"))?);
        }
        for answer in node.executor().append_all(appends).await {
            answer.context("the log took no more events")?;
        }
    }
    crate::bulk::caught_up(node, node.log().head()).await
}
