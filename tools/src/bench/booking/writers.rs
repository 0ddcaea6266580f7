//! Sixty-four who book at once: one room, ten thousand rooms, or one slot that all of them want.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use api::Failure;
use domain::actor::RoleName;
use domain::id::Ulid;
use domain::resource::{Command, Resource};
use domain::{PersonId, ResourceId, StreamId};
use eventlog::execute::NotDone;

use super::super::measure::{Samples, Stopwatch};
use super::site::{Site, new_meta, next};
use super::{QUANTITY, WRITERS};

/// What is booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    /// One room after another slot each.
    OneRoom,
    /// A free slot of one of many rooms.
    ManyRooms,
    /// One slot of one room, by everybody.
    OneSlot,
}

impl Aim {
    pub(super) const ALL: [Self; 3] = [Self::OneRoom, Self::ManyRooms, Self::OneSlot];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::OneRoom => "one room",
            Self::ManyRooms => "many rooms",
            Self::OneSlot => "one slot that all want",
        }
    }
}

/// How a booking goes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Through {
    /// Decided and durable.
    Commands,
    /// All that a mutation does below GraphQL: the turn of its author, and the read models before and after.
    Mutations,
}

/// What writers were told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Told {
    booked: u64,
    refused: u64,
    conflict: u64,
    busy: u64,
}

impl Told {
    /// Returns that of so many who booked and so many who were refused.
    pub(super) fn of(booked: u64, refused: u64) -> Self {
        Self { booked, refused, ..Self::default() }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.booked += other.booked;
        self.refused += other.refused;
        self.conflict += other.conflict;
        self.busy += other.busy;
    }

    pub(super) fn counts(self) -> [u64; 4] {
        [self.booked, self.refused, self.conflict, self.busy]
    }
}

/// What one run did.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) seconds: f64,
    /// How long each attempt took, in milliseconds.
    pub(super) calls: Samples,
    pub(super) told: Told,
}

/// Who books, and where.
pub(super) struct Writers {
    site: Arc<Site>,
    many: Arc<[ResourceId]>,
    /// The next slot of the many rooms, counted over all of them.
    free: Arc<AtomicU64>,
}

impl Writers {
    pub(super) async fn of(site: Site, rooms: u64) -> Result<Self> {
        let many = site.rooms(rooms, 1).await?.into();
        Ok(Self { site: Arc::new(site), many, free: Arc::default() })
    }

    /// Lets everybody book for a time, each the next one as soon as they were answered. What is one room is a new one
    /// each time.
    pub(super) async fn run(&self, through: Through, aim: Aim, time: Duration) -> Result<Run> {
        let quantity = if aim == Aim::OneSlot { QUANTITY } else { 1 };
        let (rooms, free) = match aim {
            Aim::ManyRooms => (Arc::clone(&self.many), Arc::clone(&self.free)),
            Aim::OneRoom | Aim::OneSlot => (self.site.rooms(1, quantity).await?.into(), Arc::default()),
        };
        let watch = Stopwatch::start();
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (site, rooms, free) = (Arc::clone(&self.site), Arc::clone(&rooms), Arc::clone(&free));
                tokio::spawn(async move {
                    let writer =
                        Writer { site, person: PersonId::from_u128(1 << 90 | writer as u128), through };
                    let (mut calls, mut told) = (Samples::default(), Told::default());
                    loop {
                        let number = free.fetch_add(1, Ordering::Relaxed);
                        let (room, slot) = (number % rooms.len() as u64, number / rooms.len() as u64);
                        let room = rooms[usize::try_from(room)?];
                        let slot = if aim == Aim::OneSlot { 0 } else { slot };
                        let command = writer.site.book(writer.person, slot)?;
                        let call = Stopwatch::start();
                        told.add(writer.attempt(room, command).await?);
                        calls.add_time(call.elapsed());
                        if watch.elapsed() >= time {
                            return Ok::<_, anyhow::Error>((calls, told));
                        }
                    }
                })
            })
            .collect();
        let mut run = Run::default();
        for writer in writers {
            let (calls, told) = writer.await??;
            run.calls.append(calls);
            run.told.add(told);
        }
        run.seconds = watch.seconds();
        let Told { booked, refused, .. } = run.told;
        if aim == Aim::OneSlot {
            ensure!(booked == u64::from(QUANTITY), "{booked} won a slot of which there are {QUANTITY}");
        } else {
            ensure!(refused == 0, "{refused} bookings of free slots were refused");
        }
        Ok(run)
    }
}

/// One of them.
struct Writer {
    site: Arc<Site>,
    person: PersonId,
    through: Through,
}

impl Writer {
    async fn attempt(&self, room: ResourceId, command: Command) -> Result<Told> {
        match self.through {
            Through::Commands => self.command(room, command).await,
            Through::Mutations => self.mutation(room, command).await,
        }
    }

    async fn command(&self, room: ResourceId, command: Command) -> Result<Told> {
        let executor = self.site.node.executor();
        match executor.execute::<Resource>(&StreamId::resource(room), &new_meta(), command).await {
            Ok(_) => Ok(Told::of(1, 0)),
            Err(NotDone::Refused { .. }) => Ok(Told::of(0, 1)),
            Err(NotDone::Conflict) => Ok(Told { conflict: 1, ..Told::default() }),
            Err(other) => Err(other.into()),
        }
    }

    async fn mutation(&self, room: ResourceId, command: Command) -> Result<Told> {
        let node = &self.site.node;
        let (key, variables) = (Ulid::from(u128::from(next())), format!("bookResource {room} {command:?}"));
        let carried = match node.order(self.person, RoleName::User, key, variables.as_bytes()).await {
            Ok(order) => node.execute::<Resource>(&order, &StreamId::resource(room), command).await,
            Err(failure) => Err(failure),
        };
        match carried {
            Ok(carried) if carried.refusal.is_some() => Ok(Told::of(0, 1)),
            Ok(_) => Ok(Told::of(1, 0)),
            Err(Failure::Conflict) => Ok(Told { conflict: 1, ..Told::default() }),
            Err(Failure::Busy) => Ok(Told { busy: 1, ..Told::default() }),
            Err(other) => bail!("a booking was answered {}", other.code()),
        }
    }
}
