//! What `preau bench append` found, as tables.
//!
//! Invariant: a system that was not asked for has no rows; one that was and is not there has empty ones.

use std::path::Path;

use anyhow::Result;

use super::super::measure::{Memory, disk};
use super::super::report::{Cell, Table};
use super::{Case, Sum, Systems};

/// Returns how fast each case was: of the file, the log, PostgreSQL and UmaDB.
pub(super) fn cases(cases: &[(Case<'_>, [Sum; 4])], umadb: bool) -> Table {
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
        let names = ["file", "log", "postgres"].into_iter().chain(umadb.then_some("umadb"));
        for (name, sum) in names.zip(systems) {
            let before: [Cell; 4] =
                [case.payload.record().into(), case.batch.into(), case.writers.into(), name.into()];
            table.row([&before[..], &speed(sum), &[share(sum, &systems[0])]].concat());
        }
    }
    table
}

/// Returns how fast 64 writers were, on 64 streams and on one: through commands, PostgreSQL and UmaDB.
pub(super) fn shared(shared: &[Sum; 6], umadb: bool) -> Table {
    let columns =
        &["system", "streams", "events_per_s", "slowest", "fastest", "p50_ms", "p99_ms", "of_64_streams"];
    let mut table = Table::new("64 writers", columns);
    let names = ["commands, decided and sealed", "postgres"].into_iter().chain(umadb.then_some("umadb"));
    for (name, pair) in names.zip(shared.chunks(2)) {
        for (streams, sum) in [64, 1].into_iter().zip(pair) {
            let before: [Cell; 2] = [name.into(), Cell::Count(streams)];
            table.row([&before[..], &speed(sum), &[share(sum, &pair[0])]].concat());
        }
    }
    table
}

/// Returns what each system holds now, and what that takes.
pub(super) async fn stores(systems: &mut Systems, folder: &Path) -> Result<Table> {
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
    row("file", systems.file.events(), disk(&folder.join("file")), None);
    let memory = Memory::own().map(|memory| memory.resident);
    row("log", systems.log.events(), disk(&folder.join("log")), memory);
    if let Ok(server) = &systems.postgres {
        row("postgres", server.events().unwrap_or_default(), server.disk(), server.memory());
    }
    if let Some(server) = &mut systems.umadb {
        row("umadb", server.events().await?, server.disk(), server.memory());
    }
    Ok(table)
}

/// Returns what a system did of what another did: the median of the rounds, each for itself, because a disk gives more in
/// one than in the next.
fn share(own: &Sum, other: &Sum) -> Cell {
    Cell::measure(own.rates.over(&other.rates).median(), 2)
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
