//! A program that keeps states of long streams is killed again and again; what is on the disk then is right or not used.
//!
//! The test starts itself as a child that books a room without end, which makes a file every few events, kills it after a
//! random number of lines, and compares the state that a file gives with the one that the log alone gives.
//! `PREAU_KILLS` sets the number of rounds, `PREAU_SEED` repeats them.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command as Process, Stdio};
use std::sync::Arc;

use chrono::{NaiveDateTime, TimeDelta};
use domain::actor::Actor;
use domain::booking::role::Role;
use domain::booking::slot::Wall;
use domain::clock::Zone;
use domain::id::Ulid;
use domain::resource::{Book, By, Command, Open, Resource};
use domain::{BookingId, CommandId, DomainId, PersonId, ResourceId, StreamId, StructureId};
use preau_eventlog::clock::SystemClock;
use preau_eventlog::execute::{Deciders, Executor, meta};
use preau_eventlog::vault::Vault;
use preau_eventlog::{Clock as _, EventLog};

use common::{Opened, Random, SMALL, number, open};

const DIR: &str = "PREAU_KILL_DIR";
const TEST: &str = "a_kill_while_a_state_is_written_does_no_harm";
const ROOM: ResourceId = ResourceId::from_u128(1);

#[test]
fn a_kill_while_a_state_is_written_does_no_harm() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    if let Ok(data) = std::env::var(DIR) {
        return runtime.block_on(book_without_end(Path::new(&data)));
    }
    let seed = number("PREAU_SEED").unwrap_or_else(|| SystemClock.now().timestamp_millis().unsigned_abs());
    println!("PREAU_SEED={seed}");
    let (mut random, place) = (Random::new(seed), tempfile::TempDir::new().unwrap());
    let (mut used, mut booked) = (0, 0);
    for round in 0..number("PREAU_KILLS").unwrap_or(10) {
        run_and_kill(place.path(), 1 + random.below(60));
        let Opened { log, vault, .. } = open(place.path(), SMALL).unwrap();
        let (log, vault): (Arc<dyn EventLog>, _) = (Arc::new(log), Arc::new(vault));
        let file = deciders(place.path()).join(StreamId::resource(ROOM).as_str());
        let there = file.exists();
        let kept = executor(&log, &vault).keeping(Deciders::of_streams_from(&deciders(place.path()), 1, 20));
        let whole =
            runtime.block_on(executor(&log, &vault).state::<Resource>(&StreamId::resource(ROOM))).unwrap();
        let kept = runtime.block_on(kept.state::<Resource>(&StreamId::resource(ROOM))).unwrap();
        assert_eq!(kept, whole, "round {round}");
        // One that is not used is removed: whatever a kill leaves is whole.
        assert_eq!(file.exists(), there, "round {round}");
        used += u64::from(there);
        assert!(whole.bookings().len() > booked, "round {round} booked nothing");
        booked = whole.bookings().len();
    }
    println!("{booked} bookings, {used} rounds went on from a file");
    assert!(used > 0, "no file was ever written: this test would show less than it says");
}

fn deciders(data: &Path) -> PathBuf {
    data.join("models/deciders")
}

fn executor(log: &Arc<dyn EventLog>, vault: &Arc<Vault>) -> Executor {
    Executor::new(Arc::clone(log), Arc::clone(vault), Arc::new(SystemClock))
}

/// Lets a child work until it has booked so often, and kills it.
fn run_and_kill(data: &Path, lines: u64) {
    struct Killed(Child);
    impl Drop for Killed {
        fn drop(&mut self) {
            self.0.kill().ok();
            self.0.wait().ok();
        }
    }
    let child = Process::new(std::env::current_exe().unwrap())
        .args(["--exact", TEST, "--nocapture", "--test-threads=1"])
        .env(DIR, data)
        .stdout(Stdio::piped())
        .spawn();
    let mut child = Killed(child.unwrap());
    let output = BufReader::new(child.0.stdout.take().unwrap()).lines().map_while(Result::ok);
    let booked = output.filter(|line| line == "booked").take(usize::try_from(lines).unwrap());
    assert_eq!(booked.count() as u64, lines, "the child ended by itself");
}

async fn book_without_end(data: &Path) {
    let Opened { log, vault, .. } = open(data, SMALL).unwrap();
    let (log, vault): (Arc<dyn EventLog>, _) = (Arc::new(log), Arc::new(vault));
    let executor = executor(&log, &vault).keeping(Deciders::of_streams_from(&deciders(data), 1, 20));
    let stream = StreamId::resource(ROOM);
    let known = executor.state::<Resource>(&stream).await.unwrap();
    let does = |key: u32, command: Command| {
        let command_id = CommandId::of(&Actor::Operator, Ulid::from(u128::from(key)));
        let (executor, stream) = (&executor, &stream);
        async move {
            executor.execute::<Resource>(stream, &meta(Actor::Operator, command_id), command).await.unwrap();
        }
    };
    does(0, open_room()).await;
    for key in 1 + u32::try_from(known.bookings().len()).unwrap().. {
        does(key, book(key)).await;
        let mut output = std::io::stdout();
        writeln!(output, "booked").and_then(|()| output.flush()).unwrap();
    }
}

fn open_room() -> Command {
    Command::Open(Open {
        resource: ROOM,
        domain: DomainId::from_u128(1),
        structure: StructureId::from_u128(1),
        zone: Zone::PARIS,
        name: "Salle".to_owned(),
        quantity: 1,
        periods: vec![],
        closures: vec![],
    })
}

fn book(key: u32) -> Command {
    let first: NaiveDateTime = "2026-09-08T08:00:00".parse().unwrap();
    let (start, owner) = (first + TimeDelta::days(i64::from(key)), PersonId::from_u128(9));
    let by = By { person: owner, role: Role::PublishingWriter, grant: None };
    let wall = Wall { zone: Zone::PARIS, start, end: start + TimeDelta::minutes(45) };
    let (booking, now) = (BookingId::from_u128(u128::from(key)), "2026-09-01T08:00:00Z".parse().unwrap());
    Command::Book(Box::new(Book { purpose: Some("Projet".to_owned()), ..Book::once(booking, by, wall, now) }))
}
