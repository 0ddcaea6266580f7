//! What 200 rooms have free in four weeks, with fewer and more bookings; the memory of calendars, and their snapshots.
//!
//! The rooms are those of one domain of an invented school, booked over a school year of 36 weeks, ten hours a day. The
//! windows begin on any day of it.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, ensure};
use api::Node;
use api::graphql::common::Global as _;
use chrono::{Datelike as _, Days, NaiveDate, NaiveDateTime};
use domain::booking::slot::{Slot, instant};
use domain::clock::Zone;
use domain::group::Profile;
use domain::resource_domain::{Command, Create, ResourceDomain};
use domain::{DomainId, GrantId, PersonId, ResourceId, StreamId, StructureId};
use eventlog::clock::SystemClock;
use projections::snapshot::Folder;
use serde_json::json;

use super::super::client::{self, Load, load};
use super::super::data::make;
use super::super::measure::{Memory, Samples, Stopwatch, disk, exponent};
use super::super::report::{Cell, Table};
use super::super::served::Served;
use super::Measured;
use super::site::{Rooms, booking, hour, new_meta, new_rooms, opened, written};
use crate::academy::seed::Draws;

/// How many rooms one question is about.
const ASKED: usize = 200;

/// How many bookings a room has at most.
const OF_A_ROOM: u64 = 500;

/// Days of a school year on which there is school, and hours of such a day.
const YEAR: u64 = 36 * 5;
const HOURS: u64 = 10;

const AVAILABILITY: &str = "query($resources: [ID!]!, $from: Instant!, $to: Instant!) { availability(resources: $resources, from: $from, to: $to) { resource quantity pieces { from to free closed } } }";

/// A school whose rooms are booked.
struct School {
    node: Arc<Node>,
    rooms: Vec<ResourceId>,
    manager: PersonId,
    /// The Monday on which the year begins.
    monday: NaiveDate,
    /// How often each room is booked.
    booked: u64,
}

/// Measures all of it; returns the tables, and a sentence about snapshots.
pub(super) async fn measure(folder: &Path, measured: &Measured, seed: u64) -> Result<(Vec<Table>, String)> {
    let rooms = measured.bookings.div_ceil(OF_A_ROOM).max(ASKED as u64);
    let mut school = School::make(&folder.join("data"), rooms, seed).await?;
    let served = Served::start(Arc::clone(&school.node), folder).await?;
    let columns = &["bookings", "question", "pieces", "p50_ms", "p99_ms", "growth"];
    let mut answers = Table::new("what is free", columns);
    let columns = &["rooms", "bookings", "calendars_mib", "bytes_per_booking", "process_mib"];
    let mut memory = Table::new("memory", columns);
    let mut before = [None; 3];
    for part in [100, 10, 1] {
        school.book(measured.bookings / part / rooms).await?;
        let bookings = rooms * school.booked;
        for ((question, asked), before) in
            school.ask(&served, measured, seed).await?.into_iter().zip(&mut before)
        {
            let (growth, median) = (Cell::Missing, asked.times.median());
            let growth = median.zip(*before).map_or(growth, |(now, (small, then)): (f64, (u64, f64))| {
                Cell::measure(Some(exponent(then, now, bookings as f64 / small as f64)), 2)
            });
            *before = median.map(|median| (bookings, median));
            answers.row([
                Cell::Count(bookings),
                question.into(),
                Cell::measure(asked.pieces.median(), 0),
                Cell::measure(median, 3),
                Cell::measure(asked.times.p99(), 3),
                growth,
            ]);
        }
        let calendars = school.node.read(|world| world.memory().booking) as u64;
        memory.row([
            Cell::Count(rooms),
            Cell::Count(bookings),
            Cell::mebibytes(calendars),
            Cell::Measure(calendars as f64 / bookings.max(1) as f64, 0),
            Memory::own().map_or(Cell::Missing, |memory| Cell::mebibytes(memory.resident)),
        ]);
    }
    drop(served);
    let (snapshots, note) = school.snapshots(&folder.join("snapshots"), measured.rounds).await?;
    Ok((vec![answers, memory, snapshots], note))
}

/// Answers to one kind of question.
#[derive(Default)]
struct Asked {
    /// How long each took, in milliseconds.
    times: Samples,
    /// How much was in each.
    pieces: Samples,
}

impl School {
    /// Invents a school, and opens rooms in a domain of a teacher of it.
    async fn make(data: &Path, rooms: u64, seed: u64) -> Result<Self> {
        let made = make(data, 600, seed, None).await?;
        let node = Arc::new(made.node);
        let structure = made.academy.schools.first().context("no school was invented")?.id;
        let manager = node.read(|world| {
            let teachers = world.people.everybody().filter(|(number, _)| !world.people.is_barred(*number));
            let mut teachers = teachers.filter(|(_, row)| row.profile == Profile::Teacher);
            teachers.next().map(|(_, row)| row.id)
        });
        let manager = manager.context("nobody teaches there")?;
        let domain = DomainId::from_u128(0xB00C);
        let zone = Zone::PARIS;
        let rooms = new_rooms(rooms);
        listed(&node, domain, structure, manager, &rooms).await?;
        opened(&node, &rooms, Rooms { quantity: 1, domain, structure, zone }).await?;
        let today = node.now().date_naive();
        let monday = today + Days::new(u64::from(14 - today.weekday().num_days_from_monday()));
        Ok(Self { node, rooms, manager, monday, booked: 0 })
    }

    /// Books each room until it is booked so often, no two rooms alike.
    async fn book(&mut self, times: u64) -> Result<()> {
        let (from, to) = (self.booked, times.max(self.booked + 1));
        let (now, monday) = (self.node.now(), self.monday);
        let plans = (0_u64..).zip(&self.rooms).map(|(number, room)| {
            let commands = (from..to).map(|time| {
                // Neither follows the other by any step that divides the year: all hours come, in no order.
                let hours = YEAR * HOURS;
                let place = (time * 1_201 + number * 7) % hours + time / hours * hours;
                let owner = PersonId::from_u128(1 << 90 | u128::from((number * 31 + time) % 1_000));
                booking(owner, hour(at(monday, place)), now)
            });
            (*room, commands.collect())
        });
        written(&self.node, plans).await?;
        self.booked = to;
        Ok(())
    }

    /// Asks about random rooms and weeks: the read model alone, and over HTTP.
    async fn ask(
        &self,
        served: &Served,
        measured: &Measured,
        seed: u64,
    ) -> Result<[(&'static str, Asked); 3]> {
        let mut draws = Draws::of(seed, "booking");
        let (mut model, mut free, mut http) = (Asked::default(), Asked::default(), Asked::default());
        let token = served.token(self.manager)?;
        for _ in 0..measured.rounds {
            let mut requests = vec![];
            for _ in 0..measured.questions {
                let (rooms, weeks) = self.question(&mut draws)?;
                let watch = Stopwatch::start();
                let pieces = self.node.read(|world| {
                    let calendars = rooms.iter().filter_map(|room| world.calendars.get(*room));
                    calendars.map(|calendar| calendar.free(weeks)).collect::<Vec<_>>()
                });
                model.times.add_time(watch.elapsed());
                ensure!(pieces.len() == ASKED, "{} of {ASKED} rooms were found", pieces.len());
                model.pieces.add(pieces.iter().map(Vec::len).sum::<usize>() as f64);
                let lesson = Slot { start: weeks.start, end: weeks.start + chrono::TimeDelta::hours(2) };
                let watch = Stopwatch::start();
                let found = self.node.read(|world| {
                    let calendars = self.rooms.iter().filter_map(|room| world.calendars.get(*room));
                    calendars.filter(|calendar| calendar.has_free(lesson, 1)).count()
                });
                free.times.add_time(watch.elapsed());
                free.pieces.add(found as f64);
                let ids: Vec<_> = rooms.iter().map(|room| room.global().to_string()).collect();
                let variables = json!({ "resources": ids, "from": weeks.start, "to": weeks.end });
                requests.push(client::request(Some(&token), AVAILABILITY, &variables));
            }
            let answered = |answer: &[u8]| answer.starts_with(b"{\"data\":{\"availability\":[{");
            let Load { calls, .. } = load(served.address, requests, 1, answered).await?;
            http.times.append(calls);
        }
        http.pieces = model.pieces.clone();
        Ok([
            ("200 rooms, four weeks, read model alone", model),
            ("which rooms of all are free for two hours, read model alone", free),
            ("200 rooms, four weeks, over HTTP", http),
        ])
    }

    /// Draws rooms, and four weeks that begin on a day of the year, at eight.
    fn question(&self, draws: &mut Draws) -> Result<(Vec<ResourceId>, Slot)> {
        let mut rooms = self.rooms.clone();
        draws.shuffle(&mut rooms);
        rooms.truncate(ASKED);
        let day = u64::try_from(draws.below(usize::try_from(YEAR)?))?;
        let start = at(self.monday, day * HOURS);
        let end = start + Days::new(28);
        let [start, end] = [start, end].map(|wall| instant(Zone::PARIS, wall));
        let unknown = |error| anyhow!("an hour of a school day is none: {error}");
        Ok((rooms, Slot { start: start.map_err(unknown)?, end: end.map_err(unknown)? }))
    }

    /// Writes a snapshot of everything, and starts from it; next to a start from the log alone.
    async fn snapshots(self, folder: &Path, rounds: usize) -> Result<(Table, String)> {
        let Self { node, rooms, booked, .. } = self;
        let snapshots = Folder::of(folder);
        let (log, vault) = (Arc::clone(node.log()), Arc::clone(node.vault()));
        let head = log.head();
        let event = log.read_at(head).await?.context("the log is empty")?.id;
        let [mut writing, mut reading, mut replaying] = [(); 3].map(|()| Samples::default());
        for _ in 0..rounds {
            let watch = Stopwatch::start();
            node.read(|world| snapshots.write(world, event, &vault))?;
            writing.add_time(watch.elapsed());
        }
        drop(node);
        for _ in 0..rounds {
            for (from, times) in [(Folder::nowhere(), &mut replaying), (snapshots.clone(), &mut reading)] {
                let watch = Stopwatch::start();
                let (log, vault) = (Arc::clone(&log), Arc::clone(&vault));
                let node = Node::start_from(log, vault, Arc::new(SystemClock), from, |_, _| ()).await;
                let node = node.context("the log cannot be read")?;
                times.add_time(watch.elapsed());
                let known = node.read(|world| {
                    let calendars = rooms.iter().filter_map(|room| world.calendars.get(*room));
                    calendars.map(|calendar| calendar.state.bookings().len() as u64).sum::<u64>()
                });
                let all = booked * rooms.len() as u64;
                ensure!(known == all, "{known} of {all} bookings came back");
            }
        }
        let bytes = disk(folder);
        let mut table =
            Table::new("snapshots", &["bookings", "work", "times", "p50_ms", "slowest_ms", "mib"]);
        for (work, times, size) in [
            ("a snapshot of everything is written", &writing, Cell::mebibytes(bytes)),
            ("started from that snapshot", &reading, Cell::Missing),
            ("started from the log alone", &replaying, Cell::Missing),
        ] {
            table.row([
                Cell::Count(booked * rooms.len() as u64),
                work.into(),
                times.len().into(),
                Cell::measure(times.median(), 0),
                Cell::measure(times.extremes().map(|(_, slowest)| slowest), 0),
                size,
            ]);
        }
        let note =
            "Snapshots: 600 people and their school are in them too, which is little beside the calendars.";
        Ok((table, note.to_owned()))
    }
}

/// Returns the hour with this number of a school year, and of those after it.
fn at(monday: NaiveDate, hour: u64) -> NaiveDateTime {
    let (day, hour) = (hour / HOURS, 8 + hour % HOURS);
    let date = monday + Days::new(day / 5 * 7 + day % 5);
    date.and_time(chrono::NaiveTime::MIN) + chrono::TimeDelta::hours(i64::try_from(hour).unwrap_or(8))
}

/// Puts rooms into a new domain whose MANAGER somebody is, as it is done before they are opened.
async fn listed(
    node: &Node,
    domain: DomainId,
    structure: StructureId,
    manager: PersonId,
    rooms: &[ResourceId],
) -> Result<()> {
    let by = Some((manager, GrantId::from_u128(1)));
    let create = Command::Create(Create { domain, structure, name: "Salles".to_owned(), by });
    let added = rooms.iter().map(|resource| Command::AddResource {
        resource: *resource,
        name: "Salle multimédia".to_owned(),
        quantity: 1,
    });
    let commands: Vec<_> = std::iter::once(create).chain(added).collect();
    for commands in commands.chunks(1_000) {
        let (stream, commands) = (StreamId::domain(domain), commands.to_vec());
        let append = node.executor().prepare::<ResourceDomain>(&stream, &new_meta(), commands).await?;
        let append = append.map_err(|refusal| anyhow!("a domain is refused: {refusal}"))?;
        for answer in node.executor().append_all(append.into_iter().collect()).await {
            answer.context("the log took no more events")?;
        }
    }
    crate::bulk::caught_up(node, node.log().head()).await
}
