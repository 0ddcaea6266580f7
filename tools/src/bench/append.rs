//! `preau bench append`: durable appends, next to a bare file, to PostgreSQL and to UmaDB.
//!
//! - [`file`]: the limit: the same bytes appended to a file, then `fdatasync`.
//! - [`log`]: the log, through its port. [`commands`]: the same with a decision and sealing before each append.
//! - [`postgres`], [`umadb`]: what somebody would use instead; the second where this program has a client for it.
//! - [`tables`]: what was found.
//!
//! Invariant: every system runs the same case one after the other before the next case begins, round after round.

mod commands;
mod file;
mod log;
mod postgres;
mod tables;
#[cfg(feature = "umadb")]
mod umadb;
#[cfg(not(feature = "umadb"))]
#[path = "append/without_umadb.rs"]
mod umadb;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use self::commands::Commands;
use self::file::BareFile;
use self::log::{Log, Payload};
use self::postgres::Postgres;
use self::umadb::Umadb;
use super::arguments::Append;
use super::measure::Samples;
use super::report::Report;

/// How many share one stream, and the most that append at once.
const WRITERS: usize = 64;

/// What is appended how.
#[derive(Debug, Clone, Copy)]
struct Case<'a> {
    payload: &'a Payload,
    /// Events in one append.
    batch: usize,
    /// How many append at once, each to a stream of its own.
    writers: usize,
    /// How long.
    time: Duration,
}

/// What one system did in one case and round.
#[derive(Debug, Default)]
struct Run {
    /// Events that are durable.
    events: usize,
    seconds: f64,
    /// How long each append took, in milliseconds.
    calls: Samples,
}

/// What one system did in one case, all rounds.
#[derive(Debug, Default)]
struct Sum {
    rates: Samples,
    calls: Samples,
}

impl Sum {
    fn add(&mut self, run: Run) {
        self.rates.add(run.events as f64 / run.seconds.max(f64::EPSILON));
        self.calls.append(run.calls);
    }
}

/// Runs the scenario.
pub async fn append(args: &Append) -> Result<()> {
    let quick = args.common.quick;
    let rounds = if quick { 1 } else { args.common.rounds.max(1) };
    let time = if quick { Duration::from_millis(20) } else { Duration::from_secs(args.seconds.max(1)) };
    let asked = json!({ "rounds": rounds, "seconds": time.as_secs_f64() });
    let mut report = Report::of("append", asked);
    let folder = super::scratch(&args.common)?;
    let mut systems = Systems::open(folder.path(), args).await?;
    let payloads = [Payload::plain(), Payload::real(systems.log.vault())?];
    let mut cases = vec![];
    for payload in &payloads {
        for batch in args.batch.iter().copied().map(usize::from) {
            for writers in args.writers.iter().copied().map(usize::from) {
                cases.push((Case { payload, batch, writers, time }, [(); 4].map(|()| Sum::default())));
            }
        }
    }
    let mut shared = [(); 6].map(|()| Sum::default());
    for round in 0..rounds {
        for (case, sums) in &mut cases {
            systems.run(*case, round, sums).await?;
        }
        let [many, one, postgres_many, postgres_one, umadb_many, umadb_one] = &mut shared;
        many.add(systems.commands.run(WRITERS, time).await?);
        one.add(systems.commands.run(1, time).await?);
        let case = Case { payload: &payloads[1], batch: 1, writers: WRITERS, time };
        if let Ok(server) = &mut systems.postgres {
            postgres_many.add(server.own_streams(case)?);
            postgres_one.add(server.one_stream(case)?);
        }
        if let Some(server) = &mut systems.umadb {
            umadb_many.add(server.own_streams(case).await?);
            umadb_one.add(server.one_stream(case).await?);
        }
    }
    report.table(tables::cases(&cases, systems.umadb.is_some()));
    report.table(tables::shared(&shared, systems.umadb.is_some()));
    report.table(tables::stores(&mut systems, folder.path()).await?);
    report.note(sealing_note(&systems, &payloads[1], quick)?);
    if let Err(missing) = &systems.postgres {
        report.note(format!("PostgreSQL was not measured: {missing:#}"));
    }
    if systems.umadb.is_none() {
        report.note("UmaDB was not measured: name the program of its server with --umadb.");
    }
    report.print(args.common.format)
}

/// What is measured, each with a store of its own for the whole run.
struct Systems {
    file: BareFile,
    log: Log,
    commands: Commands,
    postgres: Result<Postgres>,
    /// Where it was asked for.
    umadb: Option<Umadb>,
}

impl Systems {
    async fn open(folder: &Path, args: &Append) -> Result<Self> {
        let scratch = args.common.scratch.as_deref();
        let umadb = match &args.umadb {
            Some(program) => Some(Umadb::start(program, scratch).await?),
            None => None,
        };
        let log = Log::open(&folder.join("log"))?;
        Ok(Self {
            file: BareFile::open(&folder.join("file"))?,
            commands: Commands::on(&log),
            log,
            postgres: Postgres::start(args.postgres.as_deref(), scratch),
            umadb,
        })
    }

    /// Lets each system do a case, in every other round backwards: a disk may give more to who comes after one that asked
    /// for little.
    async fn run(&mut self, case: Case<'_>, round: usize, sums: &mut [Sum; 4]) -> Result<()> {
        let mut order = [0, 1, 2, 3];
        if round % 2 == 1 {
            order.reverse();
        }
        for system in order {
            let run = match system {
                0 => Some(self.file.run(case).await?),
                1 => Some(self.log.run(case).await?),
                2 => self.postgres.as_mut().ok().map(|server| server.own_streams(case)).transpose()?,
                _ => match &mut self.umadb {
                    Some(server) => Some(server.own_streams(case).await?),
                    None => None,
                },
            };
            if let Some(run) = run {
                sums[system].add(run);
            }
        }
        Ok(())
    }
}

fn sealing_note(systems: &Systems, payload: &Payload, quick: bool) -> Result<String> {
    let rate = Payload::sealing_rate(systems.log.vault(), if quick { 100 } else { 20_000 })?;
    Ok(format!(
        "Sealing and encoding alone, one core: {rate:.0} events of {} bytes a second.",
        payload.record()
    ))
}
