//! How long a log takes to open: the heads of all streams are found by reading it once.
//!
//! `cargo run --release -p preau-eventlog --example open_time -- DIR EVENTS [MIB]` fills `DIR` up to so many events
//! of 400 bytes in volumes of so many MiB (1024), closes it and opens it again, then reads the first event.
//! With `PREAU_KILL` set it ends without closing once the log is full, as `kill -9` would. Run it again to see what
//! a start costs.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement, for the one who runs it"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use domain::{EventId, StreamId};
use preau_eventlog::clock::SystemClock;
use preau_eventlog::sled_log::Settings;
use preau_eventlog::{Append, EventLog, Expected, NewEvent, Position, SledLog};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [dir, wanted, rest @ ..] = &arguments[..] else { panic!("open_time DIR EVENTS [MIB]") };
    let wanted: u64 = wanted.parse().unwrap();
    let mib: u64 = rest.first().map_or(1024, |text| text.parse().unwrap());
    let open = || open(Path::new(dir), Settings { volume_bytes: mib << 20, ..Settings::default() });
    let log = open();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let begun = now();
    let first = log.head().0;
    let mut next = first;
    while next < wanted {
        let tickets = log.append_all((next..(next + 4096).min(wanted)).map(one).collect());
        next += tickets.len() as u64;
        for ticket in tickets {
            runtime.block_on(ticket.wait()).unwrap();
        }
    }
    if next > first {
        println!("{} events appended in {:.2?}, {}", next - first, begun.elapsed(), memory());
        if std::env::var_os("PREAU_KILL").is_some() {
            std::process::abort();
        }
    }
    for _ in 0..3 {
        let begun = now();
        runtime.block_on(log.read_at(Position(1))).unwrap();
        println!("first event read in {:.2?}, {}", begun.elapsed(), memory());
    }
    let begun = now();
    log.close();
    println!("closed in {:.2?}", begun.elapsed());
    open().close();
}

fn open(dir: &Path, settings: Settings) -> SledLog {
    let begun = now();
    let lock = SledLog::lock(dir).unwrap();
    let (log, report) = SledLog::open_with(lock, settings, Arc::new(SystemClock), Arc::new(())).unwrap();
    println!("opened in {:.2?}, {}: {report:?}", begun.elapsed(), memory());
    log
}

/// An event of about 400 bytes: 37 of 100 begin a stream, like those of an academy.
fn one(number: u64) -> Append {
    let stream = number * 37 / 100;
    let event = NewEvent {
        id: EventId::from_u128(u128::from(number) + 1),
        kind: "test.happened",
        schema: 1,
        data: format!("\"{number:0>200}\"").into_bytes(),
        meta: format!("\"{number:0>80}\"").into_bytes(),
    };
    let stream = StreamId::parse(&format!("person-{stream:0>26}")).unwrap();
    Append { stream, expected: Expected::Any, events: vec![event] }
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    status
        .lines()
        .filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS"))
        .collect::<Vec<_>>()
        .join(" ")
}

#[allow(clippy::disallowed_methods, reason = "a measurement")]
fn now() -> Instant {
    Instant::now()
}
