//! `preau bench booking`: bookings by 64 writers, next to PostgreSQL; what is free; the first command on a long stream.
//!
//! - [`site`]: a node with rooms, and what is booked of them. [`writers`]: 64 who book at once.
//! - [`postgres`]: the same bookings in a table that excludes what overlaps.
//! - [`calendars`]: what 200 rooms have free in four weeks, at three sizes; memory and snapshots of that.
//! - [`long`]: the first command on a stream of many events, with its state kept and without.
//!
//! Invariant: whoever is told more or less than the rules say ends the scenario: what is counted was booked.

mod calendars;
mod long;
mod postgres;
mod site;
mod writers;

use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use self::postgres::Postgres;
use self::site::Site;
use self::writers::{Aim, Run, Through, Writers};
use super::arguments::Booking;
use super::measure::Samples;
use super::report::{Cell, Report, Table};

/// How many book at once.
const WRITERS: usize = 64;

/// How much there is of the room whose one slot everybody wants.
const QUANTITY: u32 = 7;

/// How many rooms there are where each writer finds one.
const ROOMS: u64 = 10_000;

/// What is measured how often.
struct Measured {
    rounds: usize,
    time: Duration,
    rooms: u64,
    bookings: u64,
    events: u64,
    questions: usize,
}

impl Measured {
    fn of(args: &Booking) -> Self {
        let (rounds, time) = (args.common.rounds.max(1), Duration::from_secs(args.seconds.max(1)));
        let Booking { bookings, events, questions, .. } = *args;
        if args.common.quick {
            let time = Duration::from_millis(50);
            return Self { rounds: 1, time, rooms: 100, bookings: 4_000, events: 200, questions: 10 };
        }
        Self { rounds, time, rooms: ROOMS, bookings, events, questions }
    }
}

/// Runs the scenario.
pub async fn booking(args: &Booking) -> Result<()> {
    let measured = Measured::of(args);
    let asked = json!({ "rounds": measured.rounds, "seconds": measured.time.as_secs_f64(),
        "writers": WRITERS, "rooms": measured.rooms, "bookings": measured.bookings, "events": measured.events,
        "questions": measured.questions, "seed": args.seed });
    let mut report = Report::of("booking", asked);
    let folder = super::scratch(&args.common)?;
    let peer = Postgres::start(args.postgres.as_deref(), args.common.scratch.as_deref());
    let missing = peer.as_ref().err().map(|missing| format!("PostgreSQL was not measured: {missing:#}"));
    let site = Site::open(&folder.path().join("writers")).await?;
    for table in written(&measured, site, peer.ok()).await? {
        report.table(table);
    }
    let (tables, note) = calendars::measure(&folder.path().join("calendars"), &measured, args.seed).await?;
    for table in tables {
        report.table(table);
    }
    report.table(long::measure(&folder.path().join("long"), &measured).await?);
    report.note("growth: the exponent over the size before; 0 is constant, 1 is linear.");
    report.note(note);
    report.note(format!(
        "A slot that everybody wants: {QUANTITY} of ours won in each round, and one of PostgreSQL's, whose exclusion \
         knows no quantities; a call is an attempt, won or lost."
    ));
    if let Some(missing) = missing {
        report.note(missing);
    }
    report.print(args.common.format)
}

/// What one system did with one aim, all rounds.
#[derive(Default)]
struct Sum {
    rates: Samples,
    calls: Samples,
    told: writers::Told,
}

impl Sum {
    fn add(&mut self, run: Run) {
        self.rates.add(run.calls.len() as f64 / run.seconds.max(f64::EPSILON));
        self.calls.append(run.calls);
        self.told.add(run.told);
    }
}

/// Who books, in the order of the table.
const SYSTEMS: [&str; 3] = ["commands, durable", "as a mutation does, and seen", "postgres"];

/// Lets everybody book in turn, round after round.
async fn written(measured: &Measured, site: Site, mut peer: Option<Postgres>) -> Result<[Table; 2]> {
    let writers = Writers::of(site, measured.rooms).await?;
    let mut sums = Aim::ALL.map(|aim| (aim, [(); 3].map(|()| Sum::default())));
    for _ in 0..measured.rounds {
        for (aim, [commands, mutations, postgres]) in &mut sums {
            commands.add(writers.run(Through::Commands, *aim, measured.time).await?);
            mutations.add(writers.run(Through::Mutations, *aim, measured.time).await?);
            if let Some(server) = &mut peer {
                postgres.add(server.run(*aim, measured.rooms, measured.time)?);
            }
        }
    }
    let speed = &["aim", "system", "per_s", "slowest", "fastest", "p50_ms", "p99_ms", "of_postgres"];
    let mut speed = Table::new("64 writers", speed);
    let mut told =
        Table::new("what they were told", &["aim", "system", "booked", "refused", "conflict", "busy"]);
    for (aim, systems) in &sums {
        let limit = systems[2].rates.median();
        for (name, sum) in SYSTEMS.into_iter().zip(systems) {
            let share = sum.rates.median().zip(limit).map(|(own, limit)| own / limit);
            let extremes = sum.rates.extremes();
            speed.row([
                aim.name().into(),
                name.into(),
                Cell::measure(sum.rates.median(), 0),
                Cell::measure(extremes.map(|(slowest, _)| slowest), 0),
                Cell::measure(extremes.map(|(_, fastest)| fastest), 0),
                Cell::measure(sum.calls.median(), 3),
                Cell::measure(sum.calls.p99(), 3),
                Cell::measure(share, 2),
            ]);
            if sum.calls.len() > 0 {
                let (before, counts) = ([aim.name().into(), name.into()], sum.told.counts().map(Cell::Count));
                told.row([&before[..], &counts[..]].concat());
            }
        }
    }
    Ok([speed, told])
}
