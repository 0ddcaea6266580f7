//! The power goes at a random moment, again and again, and nothing that was acknowledged is lost.
//!
//! The test starts itself as a child under `power_loss.c`, a disk that forgets what was not synced; several
//! writers append sealed events of new people there and print what was acknowledged. Then the directory is opened
//! without it. `PREAU_POWER_LOSSES` sets how often, `PREAU_SEED` repeats a run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test")]

mod common;

use std::collections::VecDeque;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use domain::PersonId;
use preau_eventlog::clock::SystemClock;
use preau_eventlog::sled_log::Settings;
use preau_eventlog::{Clock, EventLog};
use tempfile::TempDir;

use common::{Acknowledged, Random, SMALL, compare, copy, events_in, fill, group, number, open};

const DATA: &str = "PREAU_POWER_DATA";
const ROUND: &str = "PREAU_POWER_ROUND";
const PEOPLE: &str = "PREAU_POWER_PEOPLE";
const SEED: &str = "PREAU_SEED";
const TEST: &str = "what_was_acknowledged_survives_a_loss_of_power";
const WRITERS: u64 = 4;

/// The status of a process whose power went.
const LOST: i32 = 77;

#[test]
fn what_was_acknowledged_survives_a_loss_of_power() {
    if let Ok(data) = std::env::var(DATA) {
        return write_people(Path::new(&data), number(ROUND).unwrap(), number(PEOPLE).unwrap());
    }
    let seed = number(SEED).unwrap_or_else(|| SystemClock.now().timestamp_millis().unsigned_abs());
    println!("{SEED}={seed}");
    let disk = Disk::new();
    let (mut place, mut acknowledged, mut events) = (TempDir::new().unwrap(), Acknowledged::new(), 0);
    let (mut volumes, mut put_back) = (0, 0);
    for round in 0..number("PREAU_POWER_LOSSES").unwrap_or(10) {
        // A few times the same directory: what opening repaired must hold as well.
        if round % 5 == 0 {
            (place, acknowledged) = (TempDir::new().unwrap(), Acknowledged::new());
        }
        let data = place.path().join("data");
        let loss = Loss::random(&mut Random::new(seed + round));
        let lost = disk.lose_power(&data, round, 40, &loss);
        acknowledged.extend(lost.acknowledged);
        println!("round {round}: {loss:?}: {}", lost.said);
        let opened = open(&data, SMALL).unwrap();
        println!("  {} acknowledged; {:?}, {:?}", acknowledged.len(), opened.report, opened.keys);
        assert_eq!(opened.report.restored, Vec::<String>::new(), "a loss of power is no damage");
        events = events.max(compare(&opened, &acknowledged).unwrap());
        volumes = volumes.max(opened.report.volumes);
        put_back += lost.pages;
    }
    assert!(events > 0 && volumes > 1 && put_back > 0, "nothing was ever lost: this test would show nothing");
}

#[test]
fn without_our_own_syncs_what_was_acknowledged_is_lost() {
    let disk = Disk::new();
    for without in [".events", "journal."] {
        let found = (0..10).find_map(|seed| {
            let place = TempDir::new().unwrap();
            let data = place.path().join("data");
            let loss = Loss { seed, after: 150 + seed * 20, percent: 100, without, ..Loss::default() };
            let lost = disk.lose_power(&data, 0, 60, &loss);
            match open(&data, SMALL) {
                Ok(opened) => compare(&opened, &lost.acknowledged).err().map(|wrong| wrong.to_string()),
                Err(refusal) => Some(refusal),
            }
        });
        println!(
            "without syncing {without}: {}",
            found.expect("what was never synced is gone, and nobody noticed")
        );
    }
}

#[test]
fn without_a_sync_of_the_index_nothing_is_lost() {
    let disk = Disk::new();
    let mut made_again = 0;
    for seed in 0..20 {
        if seed >= 6 && made_again > 0 {
            break;
        }
        let place = TempDir::new().unwrap();
        let data = place.path().join("data");
        // Long enough for files of ends, which rely on the index. At 50 % parts of it are left.
        let percent = if seed % 2 == 0 { 100 } else { 50 };
        let loss = Loss { seed, after: 500 + seed * 60, percent, without: "db", ..Loss::default() };
        let lost = disk.lose_power(&data, 0, 60, &loss);
        let opened = open(&data, SMALL).unwrap_or_else(|error| panic!("{loss:?}: {error}"));
        println!("{loss:?}: {:?}", opened.report);
        compare(&opened, &lost.acknowledged).unwrap_or_else(|error| panic!("{loss:?}: {error}"));
        made_again += u64::from(opened.report.restored.iter().any(|what| what.contains("index")));
    }
    assert!(made_again > 0, "nobody relied on the index: this test would show nothing");
}

#[test]
fn a_kill_while_the_log_is_opened_costs_no_index() {
    let disk = Disk::new();
    let full = TempDir::new().unwrap();
    let before = fill(&full.path().join("data"), SMALL, 1..=50);
    // The first writes of a process are those of sled, which notes what it found.
    for after in 1..=6 {
        let place = TempDir::new().unwrap();
        let data = place.path().join("data");
        copy(&full.path().join("data"), &data);
        let loss = Loss { seed: after, after, percent: 0, ..Loss::default() };
        let lost = disk.lose_power(&data, 1, 2, &loss);
        let mut acknowledged = before.clone();
        acknowledged.extend(lost.acknowledged);
        let opened = open(&data, SMALL).unwrap();
        assert_eq!(opened.reported(), Vec::<String>::new(), "at write {after}");
        compare(&opened, &acknowledged).unwrap();
    }
}

#[test]
fn a_roll_over_survives_a_kill_and_a_loss_of_power_at_every_step() {
    let disk = Disk::new();
    let full = TempDir::new().unwrap();
    // The first volume is above its size, and no other begun.
    let before = fill(&full.path().join("data"), Settings::default(), 1..=150);
    leave_room(&full.path().join("data/log/00000000000000000001.events"));
    for percent in [0, 100] {
        let (mut step, mut over, mut unfinished) = (0, false, 0);
        while !over {
            step += 1;
            let place = TempDir::new().unwrap();
            let data = place.path().join("data");
            copy(&full.path().join("data"), &data);
            let loss = Loss { seed: step, step, percent, ..Loss::default() };
            let lost = disk.lose_power(&data, 1, 2, &loss);
            over = lost.said.contains("at exit");
            let mut acknowledged = before.clone();
            acknowledged.extend(lost.acknowledged);
            unfinished += u64::from(has_unfinished_volume(&data));
            let opened = open(&data, SMALL).unwrap_or_else(|error| panic!("step {step}: {error}"));
            compare(&opened, &acknowledged).unwrap_or_else(|error| panic!("step {step}: {error}"));
            assert_eq!(opened.report.restored, Vec::<String>::new(), "step {step}");
            assert!(!over || opened.report.volumes > 1, "no volume was full");
            // Closed, and opened once more: a volume that is begun and empty stays.
            drop(opened);
            let again = open(&data, SMALL).unwrap_or_else(|error| panic!("step {step}: {error}"));
            assert_eq!(again.reported(), Vec::<String>::new(), "step {step}");
        }
        println!("{step} steps at {percent} %, {unfinished} left a volume without its name");
        assert!(step > 20, "a roll-over and what follows have more steps than {step}");
        assert!(percent > 0 || unfinished > 0, "the volume was not begun step by step");
    }
}

/// Leaves room at the end of a volume, as a log that is not closed does.
fn leave_room(volume: &Path) {
    let file = OpenOptions::new().write(true).open(volume).unwrap();
    file.set_len(file.metadata().unwrap().len() + (256 << 10)).unwrap();
}

/// Says whether a volume was being made.
fn has_unfinished_volume(data: &Path) -> bool {
    let mut paths = fs::read_dir(data.join("log")).unwrap().map(|entry| entry.unwrap().path());
    paths.any(|path| {
        let volume = path.file_stem().is_some_and(|name| name.to_string_lossy().starts_with('0'));
        volume && path.extension().is_some_and(|kind| kind == "new")
    })
}

/// When the power goes, and what is lost then; see `power_loss.c`.
#[derive(Debug, Default)]
struct Loss {
    seed: u64,
    /// At this write, 0 for at exit.
    after: u64,
    /// Before this step of a roll-over.
    step: u64,
    percent: u64,
    /// `fdatasync` of files so named does nothing.
    without: &'static str,
}

impl Loss {
    fn random(random: &mut Random) -> Self {
        let after = [random.below(60) + 1, random.below(600) + 1, random.below(600) + 1, 0];
        Self {
            seed: random.next(),
            after: after[usize::try_from(random.below(4)).unwrap()],
            percent: [100, 50, 20][usize::try_from(random.below(3)).unwrap()],
            ..Self::default()
        }
    }
}

/// The shared object made of `power_loss.c`.
struct Disk(TempDir);

struct Lost {
    acknowledged: Acknowledged,
    said: String,
    pages: u64,
}

impl Disk {
    fn new() -> Self {
        let place = TempDir::new().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/power_loss.c");
        let mut compiler = Command::new("gcc");
        compiler.args(["-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"]);
        let built = compiler.arg(Self::object(&place)).arg(source).status().expect("gcc is needed");
        assert!(built.success(), "power_loss.c cannot be compiled");
        Self(place)
    }

    fn object(place: &TempDir) -> PathBuf {
        place.path().join("power_loss.so")
    }

    /// Lets a child write people into `data` until its power goes.
    fn lose_power(&self, data: &Path, round: u64, people: u64, loss: &Loss) -> Lost {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", TEST, "--nocapture", "--test-threads=1"]);
        child.env(DATA, data).env(ROUND, round.to_string()).env(PEOPLE, people.to_string());
        child.env("LD_PRELOAD", Self::object(&self.0)).env("PREAU_POWER_DIR", data);
        let numbers = [
            ("PREAU_POWER_SEED", loss.seed),
            ("PREAU_POWER_AFTER", loss.after),
            ("PREAU_POWER_STEP", loss.step),
            ("PREAU_POWER_MARK", 1),
            ("PREAU_POWER_LOSS", loss.percent),
        ];
        child.env("PREAU_POWER_IGNORE", loss.without);
        let output = child.envs(numbers.map(|(name, number)| (name, number.to_string()))).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(LOST), "{loss:?}\n{said}");
        let acknowledged =
            String::from_utf8_lossy(&output.stdout).lines().filter_map(acknowledgement).collect();
        let said = said.lines().rfind(|line| line.starts_with("power lost")).unwrap().to_owned();
        let pages = said.split_once(": ").and_then(|(_, rest)| rest.split(' ').next()?.parse().ok()).unwrap();
        Lost { acknowledged, said, pages }
    }
}

/// Reads a line of a child. One cut short has no full stop.
fn acknowledgement(line: &str) -> Option<(PersonId, u64)> {
    let (person, count) = line.strip_prefix("ack ")?.strip_suffix('.')?.split_once(' ')?;
    Some((person.parse().unwrap(), count.parse().unwrap()))
}

/// What the child does: every writer registers people, changes each a moment later, and says what is durable.
fn write_people(data: &Path, round: u64, people: u64) {
    let opened = Arc::new(open(data, SMALL).unwrap());
    let writers = (0..WRITERS).map(|writer| {
        let opened = Arc::clone(&opened);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let mut waiting = VecDeque::new();
            for number in 0..people * 2 {
                let id = ((round + 1) << 32) | (writer << 24) | (number / 2);
                let person = PersonId::from_u128(u128::from(id));
                let ticket = opened.log.append(group(&opened.vault, person, number % 2));
                waiting.push_back((person, events_in(person, number % 2 + 1), ticket));
                let most = if number + 1 == people * 2 { 0 } else { usize::try_from(number % 5).unwrap() };
                while waiting.len() > most {
                    let (person, count, ticket) = waiting.pop_front().unwrap();
                    runtime.block_on(ticket.wait()).unwrap();
                    println!("ack {person} {count}.");
                }
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.join().unwrap();
    }
}
