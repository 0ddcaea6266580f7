//! What only the log in sled promises: it lasts, it is alone, it stops rather than lies.

mod ahead;
mod damage;
mod ends;
mod examine;
mod index;
mod tail;
mod tamper;
mod volumes;
mod walk;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tempfile::TempDir;

use super::volume::{BEGIN, HEADER};
use super::*;
use crate::chunk::MAX_BODY;
use crate::clock::TestClock;
use crate::contract::{Bench, append, at, contract, event, noon, seen, sized, stream};
use crate::log::{AppendError, Expected, MAX_EVENT};
use tamper::Bytes;

contract!(|| bench(Settings::default()));

fn bench(settings: Settings) -> Bench {
    let dir = TempDir::new().unwrap();
    let clock = TestClock::at(noon());
    let lock = SledLog::lock(&dir.path().join("log")).unwrap();
    let (log, _) = SledLog::open_with(lock, settings, Arc::new(clock.clone()), Arc::new(())).unwrap();
    Bench { log: Arc::new(log), clock, _keep: Box::new(dir) }
}

/// A data directory, opened again and again.
struct Place {
    home: TempDir,
    settings: Settings,
}

impl Place {
    fn new() -> Self {
        Self::with(Settings::default())
    }

    fn with(settings: Settings) -> Self {
        Self { home: TempDir::new().unwrap(), settings }
    }

    fn dir(&self) -> PathBuf {
        self.home.path().join("log")
    }

    fn volume(&self) -> PathBuf {
        self.volume_from(1)
    }

    fn volume_from(&self, first: u64) -> PathBuf {
        self.dir().join(format!("{first:020}.events"))
    }

    fn try_open(&self) -> Result<(SledLog, OpenReport), LogError> {
        let lock = SledLog::lock(&self.dir())?;
        SledLog::open_with(lock, self.settings, Arc::new(TestClock::at(noon())), Arc::new(()))
    }

    fn open(&self) -> (SledLog, OpenReport) {
        self.try_open().unwrap()
    }

    fn refusal(&self) -> String {
        self.try_open().err().expect("it must not open").to_string()
    }

    /// Changes the first volume behind the back of the log.
    fn tamper(&self, change: impl FnOnce(&mut Bytes)) {
        tamper::tamper(&self.volume(), change);
    }

    /// Makes the log believe that nothing after `position` was acknowledged.
    fn forget(&self, position: u64) {
        Mark::open(&self.dir()).unwrap().0.set(Position(position)).unwrap();
    }

    /// Copies the data directory.
    fn twin(&self) -> Self {
        let other = Self::with(self.settings);
        copy(self.home.path(), other.home.path());
        other
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Says whether these are the same events.
fn same(some: &[Recorded], others: &[Recorded]) -> bool {
    some.iter().map(seen).eq(others.iter().map(seen))
}

async fn all(log: &SledLog) -> Vec<Recorded> {
    log.read_all(Position::START, usize::MAX).await.unwrap()
}

/// Writes two commits of single events, then one of 40 events in three chunks: positions 1, 2, 3 to 42.
async fn three_commits(place: &Place) {
    let (log, _) = place.open();
    log.append(append("a-1", Expected::Any, [1])).wait().await.unwrap();
    log.append(append("b-1", Expected::Any, [2])).wait().await.unwrap();
    assert_eq!(log.append(append("a-1", Expected::Any, 3..43)).wait().await, at(42, 40));
    log.close();
}

#[tokio::test]
async fn what_was_written_is_there_after_opening_again() {
    let place = Place::new();
    let (log, report) = place.open();
    assert_eq!((report.events, report.streams, report.cut), (0, 0, None));
    let mut tickets = Vec::new();
    for id in 0..500_u128 {
        let mut one = append(&format!("s-{}", id % 37), Expected::Any, []);
        let size = if id % 100 == 7 { 30_000 } else { 50 };
        one.events = (0..=id % 5).map(|index| sized(id * 10 + index, size)).collect();
        tickets.push(log.append(one));
    }
    let before = {
        tickets.pop().unwrap().wait().await.unwrap();
        all(&log).await
    };
    log.close();
    let (log, report) = place.open();
    assert_eq!((report.events, report.streams, report.volumes), (before.len() as u64, 37, 1));
    assert_eq!((report.cut, report.restored), (None, vec![]));
    assert!(all(&log).await.iter().map(seen).eq(before.iter().map(seen)));
    assert_eq!(log.head(), before.last().unwrap().position);
    // It goes on where it ended.
    let last = before.iter().rfind(|event| event.stream() == "s-0").unwrap();
    let next = log.append(append("s-0", Expected::At(last.revision), [9999])).wait().await;
    assert_eq!(next, at(before.len() as u64 + 1, last.revision + 1));
    let appended = log.read_stream(&stream("s-0"), None, Direction::Backwards, 2).await.unwrap();
    assert_eq!(seen(&appended[1]), seen(last));
}

#[tokio::test]
async fn time_does_not_go_back_over_a_restart() {
    let place = Place::new();
    three_commits(&place).await;
    let early = TestClock::at(noon() - chrono::Duration::hours(1));
    let (log, _) = SledLog::open(&place.dir(), Arc::new(early), Arc::new(())).unwrap();
    log.append(append("a-1", Expected::Any, [90])).wait().await.unwrap();
    assert_eq!(all(&log).await.last().unwrap().recorded_at, noon());
}

#[tokio::test]
async fn it_opens_and_closes_many_times() {
    let place = Place::new();
    for round in 0..60 {
        let (log, report) = place.open();
        assert_eq!(report.events, round);
        log.append(append("a-1", Expected::Any, [round.into()])).wait().await.unwrap();
    }
}

#[tokio::test]
async fn a_second_process_is_kept_out() {
    let place = Place::new();
    let (log, _) = place.open();
    assert_eq!(place.try_open().err(), Some(LogError::InUse(place.dir().display().to_string())));
    log.close();
    place.open();
}

#[tokio::test]
async fn the_largest_events_and_the_fullest_chunks_are_there_after_opening_again() {
    let place = Place::new();
    let (log, _) = place.open();
    for id in 0..20 {
        let mut one = append("a-1", Expected::Any, []);
        one.events = vec![sized(id * 2, MAX_EVENT - 2), sized(id * 2 + 1, 3_000)];
        log.append(one);
    }
    let full = (0..2_000).map(|id| {
        let mut one = append("b-1", Expected::Any, []);
        one.events = vec![sized(1000 + id, MAX_BODY - 75)];
        one
    });
    for ticket in log.append_all(full.collect()) {
        ticket.wait().await.unwrap();
    }
    let before = all(&log).await;
    assert_eq!(before.len(), 2_040);
    // So large that another byte would not fit.
    assert_eq!(
        before.iter().map(|event| event.record().len()).filter(|size| *size == MAX_BODY).count(),
        2_000
    );
    log.close();
    assert!(same(&all(&place.open().0).await, &before));
}

#[tokio::test]
async fn what_was_just_written_is_read_wherever_it_is() {
    let place = Place::new();
    let (log, _) = place.open();
    let mut expected = vec![];
    for id in 0..60_u128 {
        let mut one = append("a-1", Expected::Any, []);
        one.events =
            (0..=id % 23).map(|index| sized(id * 100 + index, if id == 30 { 200_000 } else { 50 })).collect();
        expected.extend(one.events.iter().map(|event| event.id.to_u128()));
        let last = log.append(one).wait().await.unwrap();
        assert_eq!(last.position.0, expected.len() as u64);
        let event = log.read_at(last.position).await.unwrap().unwrap();
        assert_eq!(Some(&event.id.to_u128()), expected.last());
    }
    for from in (0..expected.len()).step_by(7) {
        let read = log.read_all(Position(from as u64), 40).await.unwrap();
        assert!(read.iter().map(|event| event.id.to_u128()).eq(expected[from..].iter().take(40).copied()));
    }
    let backwards = log.read_stream(&stream("a-1"), None, Direction::Backwards, usize::MAX).await.unwrap();
    assert!(backwards.iter().rev().map(|event| event.id.to_u128()).eq(expected.iter().copied()));
}

#[test]
fn an_unfinished_creation_is_begun_again() {
    let place = Place::new();
    let new = place.volume().with_extension("new");
    fs::create_dir_all(place.dir()).unwrap();
    fs::write(&new, "half").unwrap();
    let (_log, report) = place.open();
    assert_eq!(report.events, 0);
    assert!(!new.exists());
}

/// Counts what is asked of it, and fails when told to.
#[derive(Default)]
struct Journal {
    synced: AtomicU64,
    broken: AtomicBool,
}

impl BeforeCommit for Journal {
    fn before_commit(&self) -> io::Result<()> {
        self.synced.fetch_add(1, Ordering::SeqCst);
        if self.broken.load(Ordering::SeqCst) { Err(io::Error::other("disk full")) } else { Ok(()) }
    }
}

#[tokio::test]
async fn what_comes_before_a_commit_stops_the_log_for_good_when_it_fails() {
    let place = Place::new();
    let journal = Arc::new(Journal::default());
    let (log, _) =
        SledLog::open(&place.dir(), Arc::new(TestClock::at(noon())), Arc::clone(&journal) as _).unwrap();
    let mut committed = log.committed();
    log.append(append("a-1", Expected::NoStream, [1])).wait().await.unwrap();
    assert_eq!(journal.synced.load(Ordering::SeqCst), 1);
    // A refusal writes nothing.
    log.append(append("a-1", Expected::NoStream, [2])).wait().await.unwrap_err();
    assert_eq!(journal.synced.load(Ordering::SeqCst), 1);

    journal.broken.store(true, Ordering::SeqCst);
    let mut tickets = log.append_all(vec![
        append("a-1", Expected::At(0), [3]),
        append("a-1", Expected::NoStream, [4]),
        append("b-1", Expected::Any, [5]),
    ]);
    tickets.push(log.append(append("c-1", Expected::Any, [6])));
    for ticket in tickets {
        let error = ticket.wait().await.unwrap_err();
        assert!(matches!(error, AppendError::Stopped(LogError::FailStop(_))), "{error}");
        assert!(error.to_string().contains("disk full"), "{error}");
    }
    journal.broken.store(false, Ordering::SeqCst);
    assert!(log.append(append("d-1", Expected::Any, [7])).wait().await.is_err());
    // Followers learn it; what is durable can still be read.
    committed.mark_unchanged();
    assert!(committed.changed().await.is_err());
    assert_eq!(all(&log).await.len(), 1);
    log.close();
    let (log, report) = place.open();
    assert_eq!(report.events, 1);
    assert_eq!(log.append(append("a-1", Expected::At(0), [3])).wait().await, at(2, 1));
}

#[tokio::test]
async fn closing_writes_what_is_queued() {
    let place = Place::new();
    let (log, _) = place.open();
    let tickets: Vec<_> = (0..2_000).map(|id| log.append(append("a-1", Expected::Any, [id]))).collect();
    log.stop();
    assert!(tickets.iter().all(|ticket| ticket.peek().is_some_and(|answer| answer.is_ok())));
    assert!(log.append(append("a-1", Expected::Any, [1])).wait().await.is_err());
    assert_eq!(all(&log).await.len(), 2_000);
    log.close();
    assert_eq!(place.open().1.events, 2_000);
}

#[tokio::test]
async fn appends_of_one_call_are_one_durable_write() {
    let place = Place::new();
    let journal = Arc::new(Journal::default());
    let (log, _) =
        SledLog::open(&place.dir(), Arc::new(TestClock::at(noon())), Arc::clone(&journal) as _).unwrap();
    let appends = (0..3_000).map(|id| append(&format!("s-{id}"), Expected::NoStream, [id])).collect();
    let tickets = log.append_all(appends);
    for (index, ticket) in tickets.into_iter().enumerate() {
        assert_eq!(ticket.wait().await, at(index as u64 + 1, 0));
    }
    assert_eq!(journal.synced.load(Ordering::SeqCst), 1);
}
