//! `preau bench replay`: all read models rebuilt from a log, next to reading it and to decoding it alone.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use api::node::{Opened, open};
use eventlog::clock::SystemClock;
use eventlog::{Position, Recorded, decode};
use projections::live;
use projections::memory::Parts;
use serde_json::json;

use super::arguments::Replay;
use super::child::{self, Server};
use super::measure::{Memory, Samples, Stopwatch, disk};
use super::report::{Cell, Report, Table};
use crate::failed;

/// How many events are read at once, by the reader alone.
const PAGE: usize = 2048;

/// How many events of a log are made for one person.
const EVENTS: u64 = 25;

/// Runs the scenario.
pub async fn replay(args: &Replay) -> Result<()> {
    let (events, rounds) =
        if args.common.quick { (20_000, 1) } else { (args.events, args.common.rounds.max(1)) };
    let folder = super::scratch(&args.common)?;
    let data = match &args.data {
        Some(data) => data.clone(),
        None => made(folder.path(), events, args.people, args.seed)?,
    };
    let asked = json!({ "events": events, "seed": args.seed, "rounds": rounds,
        "data": args.data.as_ref().map(|data| data.display().to_string()) });
    let mut report = Report::of("replay", asked);
    // A start of its own comes first: nothing of this process is in its memory.
    let starts = starts(&data, rounds)?;
    let (mut speeds, mut parts, mut found) = (Speeds::default(), None, None);
    for round in 0..rounds {
        let (opened, memory) = opened(&data, &mut speeds)?;
        let head = opened.log.head();
        speeds.round(&opened, head).await?;
        let (rebuilt, after) = speeds.rebuild(&opened).await?;
        if round == 0 {
            parts = Some(rebuilt);
            found = Some((head, opened.report.streams, opened.keys.keys, memory, after));
        }
    }
    report.table(speeds.table());
    report.table(starts);
    if let (Some(parts), Some((head, streams, keys, memory, after))) = (parts, found) {
        report.table(memory_table(parts, streams, keys, &memory, after));
        report.table(log_table(&data, head, streams));
    }
    report.note(
        "memory_by_part: `estimated` is what lists and tables have room for; `resident` what the process grew by. \
         The difference is the log and the allocator.",
    );
    report.print(args.common.format)
}

/// Makes a log of about so many events in a process of its own, and returns its folder.
fn made(folder: &Path, events: u64, people: Option<u32>, seed: u64) -> Result<PathBuf> {
    let data = folder.join("data");
    let people = people.unwrap_or_else(|| u32::try_from(events / EVENTS).unwrap_or(u32::MAX).max(300));
    let (people, events, seed) = (people.to_string(), events.to_string(), seed.to_string());
    let out = data.to_str().with_context(|| format!("{} is no text", data.display()))?;
    let arguments = ["--people", &people, "--events", &events, "--seed", &seed, "--out", out];
    child::run(&[&["bench", "data"], &arguments[..]].concat())?;
    Ok(data)
}

/// Starts a server several times, after a kill each time: from the log alone, then from a snapshot; with nothing of the
/// files in memory, and with all of them.
fn starts(data: &Path, rounds: usize) -> Result<Table> {
    let columns = &["from", "page_cache", "times", "seconds", "resident_mib", "peak_mib"];
    let mut table = Table::new("start to ready", columns);
    let mut measured = |from: &str, cold: bool, rounds: usize| -> Result<()> {
        let (mut times, mut memory) = (Samples::default(), None);
        for _ in 0..rounds {
            if from == LOG {
                child::remove(&data.join("models"))?;
            }
            if cold && !child::forget(data) {
                break;
            }
            let (_server, started) = Server::start(data)?;
            times.add(started.seconds);
            memory = started.memory;
        }
        let mebibytes = |bytes: Option<u64>| bytes.map_or(Cell::Missing, Cell::mebibytes);
        table.row([
            from.into(),
            if cold { "cold" } else { "warm" }.into(),
            times.len().into(),
            Cell::measure(times.median(), 2),
            mebibytes(memory.map(|memory| memory.resident)),
            mebibytes(memory.map(|memory| memory.peak)),
        ]);
        Ok(())
    };
    // Writing the snapshot is part of the first kind; twice is enough of what takes longest.
    measured(LOG, true, rounds.min(2))?;
    // A short log gets none by itself.
    child::run(&["snapshot", "--data", &data.display().to_string()])?;
    measured(SNAPSHOT, true, rounds)?;
    measured(SNAPSHOT, false, rounds)?;
    Ok(table)
}

const LOG: &str = "the log";
const SNAPSHOT: &str = "a snapshot";

/// Memory of this process at two moments.
struct Grown {
    before: Option<Memory>,
    opened: Option<Memory>,
}

fn opened(data: &Path, speeds: &mut Speeds) -> Result<(Opened, Grown)> {
    let (before, watch) = (Memory::own(), Stopwatch::start());
    let opened = open(data, None, Arc::new(SystemClock)).map_err(failed::unopened)?;
    let events = usize::try_from(opened.log.head().0).unwrap_or(usize::MAX);
    speeds.opening.add(watch.rate(events));
    Ok((opened, Grown { before, opened: Memory::own() }))
}

/// Events per second, round by round.
#[derive(Default)]
struct Speeds {
    opening: Samples,
    reading: Samples,
    decoding: Samples,
    replaying: Samples,
}

impl Speeds {
    async fn round(&mut self, opened: &Opened, head: Position) -> Result<()> {
        let events = usize::try_from(head.0).unwrap_or(usize::MAX);
        let watch = Stopwatch::start();
        each_page(opened, head, |_| Ok(())).await?;
        self.reading.add(watch.rate(events));
        let watch = Stopwatch::start();
        each_page(opened, head, |page| {
            for recorded in page {
                std::hint::black_box(decode::decode(recorded)?);
            }
            Ok(())
        })
        .await?;
        self.decoding.add(watch.rate(events));
        Ok(())
    }

    /// Rebuilds all read models, and returns how much they take with the memory of the process after.
    async fn rebuild(&mut self, opened: &Opened) -> Result<(Parts, Option<Memory>)> {
        let watch = Stopwatch::start();
        let world = live::rebuild(&opened.log, &opened.vault).await.context("the log cannot be read")?;
        self.replaying.add(watch.rate(usize::try_from(world.position.0).unwrap_or(usize::MAX)));
        let after = Memory::own();
        Ok((world.memory(), after))
    }

    fn table(&self) -> Table {
        let columns = &["work", "events_per_s", "slowest", "fastest", "of_decoding"];
        let mut table = Table::new("events per second", columns);
        let work = [
            ("open: read, check, find the ends of streams", &self.opening),
            ("read alone, one core", &self.reading),
            ("read and decode alone, one core", &self.decoding),
            ("replay: all read models", &self.replaying),
        ];
        for (name, samples) in work {
            let extremes = samples.extremes();
            let share = samples.median().zip(self.decoding.median()).map(|(own, limit)| own / limit);
            table.row([
                name.into(),
                Cell::measure(samples.median(), 0),
                Cell::measure(extremes.map(|(slowest, _)| slowest), 0),
                Cell::measure(extremes.map(|(_, fastest)| fastest), 0),
                Cell::measure(share, 2),
            ]);
        }
        table
    }
}

async fn each_page(
    opened: &Opened,
    head: Position,
    mut look: impl FnMut(&[Recorded]) -> Result<()>,
) -> Result<()> {
    let mut after = Position::START;
    while after < head {
        let page = opened.log.read_all(after, PAGE).await.context("the log cannot be read")?;
        look(&page)?;
        after = page.last().map_or(head, |last| last.position);
    }
    Ok(())
}

fn memory_table(parts: Parts, streams: usize, keys: usize, grown: &Grown, after: Option<Memory>) -> Table {
    let mut table = Table::new("memory by part", &["part", "estimated_mib", "resident_mib"]);
    let grew = |from: Option<Memory>, to: Option<Memory>| {
        let (from, to) = from.zip(to)?;
        Some(Cell::mebibytes(to.resident.saturating_sub(from.resident)))
    };
    let heads = table_of(streams, 32);
    let ring = table_of(keys, 53);
    let opening = grew(grown.before, grown.opened).unwrap_or(Cell::Missing);
    table.row(["opened: index, heads of streams, keys".into(), Cell::Missing, opening]);
    let mut part = |name: &str, bytes: usize| table.row([name.into(), Cell::mebibytes(bytes as u64)]);
    part("- heads of streams", heads);
    part("- keys", ring);
    part("people", parts.people);
    part("names", parts.names);
    part("rule graph", parts.graph);
    part("mailboxes", parts.mailboxes);
    part("- who was a member of what, when", parts.memberships);
    let models = grew(grown.opened, after).unwrap_or(Cell::Missing);
    table.row([
        "read models together, and what reading needs".into(),
        Cell::mebibytes(parts.sum() as u64),
        models,
    ]);
    let all = after.map_or(Cell::Missing, |memory| Cell::mebibytes(memory.resident));
    table.row(["this process".into(), Cell::Missing, all]);
    table
}

/// Returns how many bytes a table of so many entries takes: a power of two of places, a byte beside each.
fn table_of(entries: usize, size: usize) -> usize {
    (entries * 8 / 7).next_power_of_two() * (size + 1)
}

fn log_table(data: &Path, head: Position, streams: usize) -> Table {
    let mut table = Table::new("log", &["events", "streams", "disk_mib", "bytes_per_event"]);
    let bytes = disk(data);
    let per_event = bytes as f64 / head.0.max(1) as f64;
    table.row([Cell::Count(head.0), streams.into(), Cell::mebibytes(bytes), Cell::Measure(per_event, 0)]);
    table
}
