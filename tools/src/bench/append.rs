//! `preau bench append`: durable appends, next to a bare file and to PostgreSQL.
//!
//! - [`file`]: the limit: the same bytes appended to a file, then `fdatasync`.
//! - [`log`]: the log, through its port. [`commands`]: the same with a decision and sealing before each append.
//! - [`postgres`]: what somebody would use instead.
//!
//! Invariant: every system runs the same case one after the other before the next case begins, round after round.

mod commands;
mod file;
mod log;
mod postgres;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;

use self::commands::Commands;
use self::file::BareFile;
use self::log::{Log, Payload};
use self::postgres::Postgres;
use super::arguments::Append;
use super::measure::{Memory, Samples, disk};
use super::report::{Cell, Report, Table};

/// How many events one append holds.
const BATCHES: [usize; 3] = [1, 16, 256];

/// How many append at once.
const WRITERS: [usize; 2] = [1, 64];

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
    let mut systems = Systems::open(folder.path(), args)?;
    let payloads = [Payload::plain(), Payload::real(systems.log.vault())?];
    let mut cases = vec![];
    for payload in &payloads {
        for batch in BATCHES {
            for writers in WRITERS {
                cases.push((Case { payload, batch, writers, time }, [(); 3].map(|()| Sum::default())));
            }
        }
    }
    let mut shared = [(); 4].map(|()| Sum::default());
    for _ in 0..rounds {
        for (case, [file, log, postgres]) in &mut cases {
            file.add(systems.file.run(*case).await?);
            log.add(systems.log.run(*case).await?);
            if let Ok(server) = &mut systems.postgres {
                postgres.add(server.own_streams(*case)?);
            }
        }
        let [many, one, postgres_many, postgres_one] = &mut shared;
        many.add(systems.commands.run(64, time).await?);
        one.add(systems.commands.run(1, time).await?);
        if let Ok(server) = &mut systems.postgres {
            let case = Case { payload: &payloads[1], batch: 1, writers: 64, time };
            postgres_many.add(server.own_streams(case)?);
            postgres_one.add(server.one_stream(case)?);
        }
    }
    report.table(case_table(&cases));
    report.table(shared_table(&shared));
    report.table(systems.store_table(folder.path()));
    report.note(sealing_note(&systems, &payloads[1], quick)?);
    if let Err(missing) = &systems.postgres {
        report.note(format!("PostgreSQL was not measured: {missing:#}"));
    }
    report.print(args.common.format)
}

/// What is measured, each with a store of its own for the whole run.
struct Systems {
    file: BareFile,
    log: Log,
    commands: Commands,
    postgres: Result<Postgres>,
}

impl Systems {
    fn open(folder: &Path, args: &Append) -> Result<Self> {
        let log = Log::open(&folder.join("log"))?;
        Ok(Self {
            file: BareFile::open(&folder.join("file"))?,
            commands: Commands::on(&log),
            log,
            postgres: Postgres::start(args.postgres.as_deref(), args.common.scratch.as_deref()),
        })
    }

    fn store_table(&self, folder: &Path) -> Table {
        let mut table = Table::new(
            "stores after all rounds",
            &["system", "events", "disk_mib", "bytes_per_event", "memory_mib"],
        );
        let mut row = |system: &str, events: usize, bytes: u64, memory: Option<u64>| {
            let per_event = (events > 0).then(|| bytes as f64 / events as f64);
            table.row([
                system.into(),
                events.into(),
                Cell::mebibytes(bytes),
                Cell::measure(per_event, 0),
                memory.map_or(Cell::Missing, Cell::mebibytes),
            ]);
        };
        row("file", self.file.events(), disk(&folder.join("file")), None);
        let memory = Memory::own().map(|memory| memory.resident);
        row("log", self.log.events(), disk(&folder.join("log")), memory);
        if let Ok(server) = &self.postgres {
            row("postgres", server.events().unwrap_or_default(), server.disk(), server.memory());
        }
        table
    }
}

fn case_table(cases: &[(Case<'_>, [Sum; 3])]) -> Table {
    let columns = &[
        "bytes",
        "batch",
        "writers",
        "system",
        "events_per_s",
        "slowest",
        "fastest",
        "p50_ms",
        "p99_ms",
        "of_file",
    ];
    let mut table = Table::new("durable appends", columns);
    for (case, systems) in cases {
        let limit = systems[0].rates.median();
        for (name, sum) in ["file", "log", "postgres"].into_iter().zip(systems) {
            let before: [Cell; 4] =
                [case.payload.record().into(), case.batch.into(), case.writers.into(), name.into()];
            let share = sum.rates.median().zip(limit).map(|(own, limit)| own / limit);
            table.row([&before[..], &speed(sum), &[Cell::measure(share, 2)]].concat());
        }
    }
    table
}

fn shared_table(shared: &[Sum; 4]) -> Table {
    let columns =
        &["system", "streams", "events_per_s", "slowest", "fastest", "p50_ms", "p99_ms", "of_64_streams"];
    let mut table = Table::new("64 writers", columns);
    for (name, pair) in ["commands, decided and sealed", "postgres"].into_iter().zip(shared.chunks(2)) {
        let many = pair[0].rates.median();
        for (streams, sum) in [64, 1].into_iter().zip(pair) {
            let share = sum.rates.median().zip(many).map(|(own, many)| own / many);
            let before: [Cell; 2] = [name.into(), Cell::Count(streams)];
            table.row([&before[..], &speed(sum), &[Cell::measure(share, 2)]].concat());
        }
    }
    table
}

fn speed(sum: &Sum) -> [Cell; 5] {
    let extremes = sum.rates.extremes();
    [
        Cell::measure(sum.rates.median(), 0),
        Cell::measure(extremes.map(|(slowest, _)| slowest), 0),
        Cell::measure(extremes.map(|(_, fastest)| fastest), 0),
        Cell::measure(sum.calls.median(), 3),
        Cell::measure(sum.calls.p99(), 3),
    ]
}

fn sealing_note(systems: &Systems, payload: &Payload, quick: bool) -> Result<String> {
    let rate = Payload::sealing_rate(systems.log.vault(), if quick { 100 } else { 20_000 })?;
    Ok(format!(
        "Sealing and encoding alone, one core: {rate:.0} events of {} bytes a second.",
        payload.record()
    ))
}
