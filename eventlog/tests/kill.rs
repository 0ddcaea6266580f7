//! The log is killed in the middle of its work, again and again, and nothing it answered for is lost.
//!
//! The test starts itself as a child that appends without end and prints what was acknowledged, kills it after
//! a random number of lines, opens the log and looks. `PREAU_KILLS` sets the number of rounds, `PREAU_SEED`
//! repeats one.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use domain::{EventId, StreamId};
use preau_eventlog::clock::SystemClock;
use preau_eventlog::log::Ticket;
use preau_eventlog::sled_log::OpenReport;
use preau_eventlog::{Append, Clock, EventLog, Expected, NewEvent, Position, SledLog};

use common::SMALL;

const DIR: &str = "PREAU_KILL_DIR";
const ROUND: &str = "PREAU_KILL_ROUND";
const SEED: &str = "PREAU_SEED";
const TEST: &str = "what_was_acknowledged_survives_a_kill";

#[test]
fn what_was_acknowledged_survives_a_kill() {
    if let Ok(dir) = std::env::var(DIR) {
        let number = |name| std::env::var(name).unwrap().parse().unwrap();
        return append_without_end(Path::new(&dir), number(ROUND), number(SEED));
    }
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seed = number(SEED).unwrap_or_else(|| SystemClock.now().timestamp_millis().unsigned_abs());
    println!("{SEED}={seed}");
    let mut random = Random(seed | 1);
    let mut place = tempfile::TempDir::new().unwrap();
    let mut acknowledged = HashMap::new();
    let (mut cuts, mut volumes) = (0, 0);
    for round in 0..number("PREAU_KILLS").unwrap_or(20) {
        if round % 10 == 9 {
            // Opening reads everything: long runs begin again before that is all they do.
            (place, acknowledged) = (tempfile::TempDir::new().unwrap(), HashMap::new());
        }
        let dir = place.path().join("log");
        let lines = random.below(300);
        acknowledged.extend(run_and_kill(&dir, round, random.next(), lines));
        let report = look(&dir, &acknowledged);
        cuts += u64::from(report.cut.is_some());
        volumes = volumes.max(report.volumes);
        println!("round {round}: {} acknowledged, {report:?}", acknowledged.len());
    }
    println!("{cuts} unfinished commits were cut");
    assert!(volumes > 1, "no volume was ever full: this test would show less than it says");
}

/// Opens the log with volumes so small that every round fills some.
fn open(dir: &Path) -> (SledLog, OpenReport) {
    SledLog::open_with(SledLog::lock(dir).unwrap(), SMALL, Arc::new(SystemClock), Arc::new(())).unwrap()
}

type Acknowledged = HashMap<(String, u64), u64>;

/// Lets a child work until it has printed so many lines, and kills it. Returns all it had printed.
fn run_and_kill(dir: &Path, round: u64, seed: u64, lines: u64) -> Acknowledged {
    struct Killed(Child);
    impl Drop for Killed {
        fn drop(&mut self) {
            self.0.kill().ok();
            self.0.wait().ok();
        }
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture", "--test-threads=1"])
        .envs([(DIR, dir.display().to_string()), (ROUND, round.to_string()), (SEED, seed.to_string())])
        .stdout(Stdio::piped())
        .spawn()
        .map(Killed)
        .unwrap();
    let mut acknowledged = Acknowledged::new();
    let output = BufReader::new(child.0.stdout.take().unwrap());
    let mut lines = Some(lines);
    if lines == Some(0) {
        child.0.kill().unwrap();
    }
    for line in output.lines().map_while(Result::ok) {
        // A line cut short by the kill has no full stop.
        let Some(line) = line.strip_prefix("ack ").and_then(|line| line.strip_suffix('.')) else { continue };
        let words: Vec<_> = line.split(' ').collect();
        let key = (words[0].to_owned(), words[1].parse().unwrap());
        acknowledged.insert(key, words[2].parse().unwrap());
        lines = lines.and_then(|left| left.checked_sub(1));
        if lines == Some(0) {
            child.0.kill().unwrap();
        }
    }
    acknowledged
}

/// Opens the log and compares it with what was acknowledged.
fn look(dir: &Path, acknowledged: &Acknowledged) -> OpenReport {
    let (log, report) = open(dir);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let events = runtime.block_on(log.read_all(Position::START, usize::MAX)).unwrap();
    assert_eq!(report.events, events.len() as u64);
    assert_eq!(report.restored, Vec::<String>::new(), "a kill is no damage");
    let mut ids = HashSet::new();
    let mut there = HashMap::new();
    let mut next = 0;
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event.position, Position(index as u64 + 1), "a gap");
        assert!(ids.insert(event.id), "an id is doubled at {event:?}");
        there.insert((event.stream().to_owned(), event.revision), event.position.0);
        // The events of an append know which of how many they are.
        let meta: serde_json::Value = serde_json::from_slice(event.meta()).unwrap();
        let (at, of) = (meta["at"].as_u64().unwrap(), meta["of"].as_u64().unwrap());
        assert_eq!(at, next, "an append is not whole before {event:?}");
        next = if at + 1 == of { 0 } else { at + 1 };
    }
    assert_eq!(next, 0, "the last append is not whole");
    for (key, position) in acknowledged {
        assert_eq!(there.get(key), Some(position), "{key:?} was acknowledged");
    }
    for (stream, revision) in there.keys() {
        assert!(*revision == 0 || there.contains_key(&(stream.clone(), revision - 1)), "{stream} has a gap");
    }
    report
}

fn append_without_end(dir: &Path, round: u64, seed: u64) {
    let (log, _) = open(dir);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut random = Random(seed | 1);
    let mut waiting: VecDeque<(String, Ticket)> = VecDeque::new();
    let mut output = std::io::stdout();
    // The end is only for when the parent is gone.
    let mut number = 0;
    while number < 100_000 {
        let mut appends = Vec::new();
        for _ in 0..if random.below(10) == 0 { 1 + random.below(30) } else { 1 } {
            appends.push(some_append(&mut random, round, number));
            number += 1;
        }
        let names: Vec<_> = appends.iter().map(|append| append.stream.to_string()).collect();
        waiting.extend(names.into_iter().zip(log.append_all(appends)));
        while waiting.len() as u64 > random.below(60) {
            let (stream, ticket) = waiting.pop_front().unwrap();
            let appended = runtime.block_on(ticket.wait()).unwrap();
            if writeln!(output, "ack {stream} {} {}.", appended.revision, appended.position).is_err() {
                return;
            }
        }
    }
}

fn some_append(random: &mut Random, round: u64, number: u64) -> Append {
    let of = 1 + if random.below(4) == 0 { random.below(50) } else { random.below(3) };
    let large = random.below(20) == 0;
    let events = (0..of).map(|at| {
        let size = if large && at == 0 { 40_000 } else { 400 };
        NewEvent {
            id: EventId::from_u128((u128::from(round) << 96) | (u128::from(number) << 32) | u128::from(at)),
            kind: "test.happened",
            schema: 1,
            data: format!("\"{}\"", "x".repeat(usize::try_from(random.below(size)).unwrap())).into_bytes(),
            meta: format!("{{\"at\":{at},\"of\":{of}}}").into_bytes(),
        }
    });
    let events = events.collect();
    let stream = StreamId::parse(&format!("kill-{}", random.below(9))).unwrap();
    Append { stream, expected: Expected::Any, events }
}

/// Marsaglia's xorshift: repeatable, and no crate.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
