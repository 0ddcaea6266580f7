//! What a backup promises: it is whole at a position, goes on where it ended, and tells of every damage.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::clock::TestClock;
use crate::contract::{append, noon, sized};
use crate::log::{EventLog, Expected};
use crate::memory::MemoryLog;
use crate::sled_log::{Restore, Settings, SledLog};

/// So small that a few events fill one.
const SMALL: u64 = 2_000;

/// A log in memory whose events are of all sizes, in five streams.
async fn log(events: u128) -> MemoryLog {
    let log = MemoryLog::new(Arc::new(TestClock::at(noon())));
    add(&log, 0..events).await;
    log
}

async fn add(log: &MemoryLog, ids: std::ops::Range<u128>) {
    for id in ids {
        let mut one = append(&format!("s-{}", id % 5), Expected::Any, []);
        one.events = vec![sized(id, 40 + usize::try_from(id * 37 % 900).unwrap())];
        log.append(one).wait().await.unwrap();
    }
}

async fn events(log: &dyn EventLog) -> Vec<Recorded> {
    log.read_all(Position::START, usize::MAX).await.unwrap()
}

/// Backs up the events up to `head`.
fn back_up_to(dir: &Path, all: &[Recorded], head: u64) -> Result<Added, BackupError> {
    back_up_in(dir, all, head, SMALL)
}

/// Backs up the events up to `head` in segments of so many bytes.
fn back_up_in(dir: &Path, all: &[Recorded], head: u64, segment: u64) -> Result<Added, BackupError> {
    let log = all.first().map(log_id);
    let mut run = Backup::open(dir)?.begin_with(log.as_deref(), Position(head), segment)?;
    let after = run.after();
    for event in all.iter().filter(|event| event.position > after && event.position.0 <= head) {
        run.take(event)?;
    }
    run.finish()
}

fn back_up(dir: &Path, all: &[Recorded]) -> Result<Added, BackupError> {
    back_up_to(dir, all, all.len() as u64)
}

fn read(dir: &Path) -> Result<Vec<Recorded>, LogError> {
    Events::of(dir)
        .map_err(|error| match error {
            BackupError::Log(error) => error,
            other => panic!("{other}"),
        })?
        .collect()
}

fn bytes(events: &[Recorded]) -> Vec<(u64, &[u8])> {
    events.iter().map(|event| (event.position.0, event.record())).collect()
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> =
        fs::read_dir(dir.join("events")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[tokio::test]
async fn a_second_run_adds_only_what_is_new() {
    let home = TempDir::new().unwrap();
    let (dir, log) = (home.path().join("backup"), log(60).await);
    let first = events(&log).await;
    let added = back_up(&dir, &first).unwrap();
    assert_eq!((added.position, added.events), (Position(60), 60));
    let (segments, written) = (files(&dir), fs::read(dir.join("manifest")).unwrap());
    assert!(segments.len() > 5, "{segments:?}");
    let again = back_up(&dir, &first).unwrap();
    assert_eq!((again.position, again.events, again.bytes), (Position(60), 0, 0));
    assert_eq!(again.recorded_at, added.recorded_at);
    assert_eq!(fs::read(dir.join("manifest")).unwrap(), written, "nothing new, nothing written");

    add(&log, 60..65).await;
    let all = events(&log).await;
    let kept: Vec<_> = segments.iter().map(|path| fs::read(path).unwrap()).collect();
    assert_eq!(back_up(&dir, &all).unwrap().events, 5);
    assert!(segments.iter().map(|path| fs::read(path).unwrap()).eq(kept), "segments are never written again");
    assert_eq!(bytes(&read(&dir).unwrap()), bytes(&all));
    assert_eq!(Manifest::read(&dir).unwrap().recorded_at, Some(all[64].recorded_at));
}

#[tokio::test]
async fn a_log_without_events_has_a_backup_without_segments() {
    let home = TempDir::new().unwrap();
    let dir = home.path().join("backup");
    assert_eq!(back_up(&dir, &[]).unwrap().position, Position::START);
    assert_eq!(read(&dir).unwrap().len(), 0);
    let all = events(&log(3).await).await;
    assert_eq!(back_up(&dir, &all).unwrap().events, 3);
    assert_eq!(bytes(&read(&dir).unwrap()), bytes(&all));
}

#[tokio::test]
async fn another_log_and_a_log_that_was_set_back_are_refused() {
    let home = TempDir::new().unwrap();
    let dir = home.path().join("backup");
    let mine = log(10).await;
    let all = events(&mine).await;
    back_up(&dir, &all).unwrap();
    let other = MemoryLog::new(Arc::new(TestClock::at(noon())));
    add(&other, 100..120).await;
    let refusal = back_up(&dir, &events(&other).await).unwrap_err();
    assert!(matches!(refusal, BackupError::AnotherLog(_)), "{refusal}");
    let refusal = back_up(&dir, &all[..8]).unwrap_err();
    assert!(matches!(refusal, BackupError::Ahead { .. }), "{refusal}");
    let refusal = back_up(&dir, &[]).unwrap_err();
    assert!(matches!(refusal, BackupError::Ahead { .. }), "{refusal}");
    // Set back to position 8, then it went on otherwise.
    let again = log(8).await;
    add(&again, 50..60).await;
    let refusal = back_up(&dir, &events(&again).await).unwrap_err();
    assert!(matches!(refusal, BackupError::Diverged { position: Position(10), .. }), "{refusal}");
    assert_eq!(bytes(&read(&dir).unwrap()), bytes(&all), "nothing was changed");
}

#[tokio::test]
async fn a_run_that_does_not_finish_changes_nothing() {
    let home = TempDir::new().unwrap();
    let dir = home.path().join("backup");
    let all = events(&log(60).await).await;
    for (from, to) in [(0, 20), (20, 60)] {
        for stop in (from..to).step_by(3) {
            let mut run =
                Backup::open(&dir).unwrap().begin_with(Some(&log_id(&all[0])), Position(to), SMALL).unwrap();
            let after = run.after();
            for event in all.iter().filter(|event| event.position > after && event.position.0 <= stop) {
                run.take(event).unwrap();
            }
            // What a kill leaves: no destructor tidies.
            drop(run);
            assert_eq!(bytes(&read(&dir).unwrap()), bytes(&all[..usize::try_from(from).unwrap()]));
        }
        let mut run = Backup::open(&dir).unwrap().begin(Some(&log_id(&all[0])), Position(to)).unwrap();
        let missing = usize::try_from(from).unwrap();
        assert!(run.take(&all[missing + 1]).is_err(), "an event is left out");
        assert!(run.finish().is_err(), "the head was not reached");
        // In other segments than those that were left over.
        back_up_in(&dir, &all, to, 3 * SMALL).unwrap();
        assert_eq!(bytes(&read(&dir).unwrap()), bytes(&all[..usize::try_from(to).unwrap()]));
    }
    let named =
        Manifest::read(&dir).unwrap().segments.iter().map(|segment| segment.path(&dir)).collect::<Vec<_>>();
    assert_eq!(files(&dir), named, "nothing is left over");
}

#[tokio::test]
async fn only_one_run_at_a_time_and_never_in_a_folder_of_something_else() {
    let home = TempDir::new().unwrap();
    let dir = home.path().join("backup");
    let all = events(&log(3).await).await;
    let open = Backup::open(&dir).unwrap();
    let refusal = Backup::open(&dir).unwrap_err();
    assert!(matches!(refusal, BackupError::InUse(_)), "{refusal}");
    drop(open);
    back_up(&dir, &all).unwrap();
    fs::write(home.path().join("letter"), "Bonjour").unwrap();
    let refusal = Backup::open(home.path()).unwrap_err();
    assert!(matches!(refusal, BackupError::Foreign(_)), "{refusal}");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2, "nothing was made");
    let refusal = Events::of(home.path()).err().unwrap();
    assert!(matches!(refusal, BackupError::Missing(_)), "{refusal}");
    fs::remove_file(dir.join("manifest")).unwrap();
    let refusal = Backup::open(&dir).unwrap_err();
    assert!(refusal.to_string().contains("manifest: is missing"), "{refusal}");
    assert!(Events::of(&dir).is_err());
}

/// Restores events into `dir/log` in volumes as small as can be.
fn restore(dir: &Path, events: &[Recorded]) {
    let mut restore =
        Restore::begin(&dir.join("log"), Settings { volume_bytes: 1, ends_every: u64::MAX }).unwrap();
    for event in events {
        restore.take(event).unwrap();
    }
    assert_eq!(restore.finish().unwrap().0.0, events.len() as u64);
}

#[tokio::test]
async fn a_restored_log_has_the_same_records_at_the_same_positions() {
    let home = TempDir::new().unwrap();
    let memory = log(40).await;
    let mut large = append("large", Expected::Any, []);
    large.events = vec![sized(1_000, 200_000)];
    memory.append(large).wait().await.unwrap();
    // More than one durable write.
    for _ in 0..5 {
        let mut large = append("large", Expected::Any, []);
        large.events = vec![sized(1_001, 900_000), sized(1_002, 10)];
        memory.append(large).wait().await.unwrap();
    }
    let all = events(&memory).await;
    // One that was killed.
    let mut killed = Restore::begin(&home.path().join("log"), Settings::default()).unwrap();
    for event in &all {
        killed.take(event).unwrap();
    }
    assert!(Restore::begin(&home.path().join("log"), Settings::default()).is_err(), "one at a time");
    drop(killed);
    restore(home.path(), &all);
    assert!(!home.path().join("log.new").exists());
    assert_eq!(fs::read(home.path().join("log/committed")).unwrap()[..8], 51_u64.to_be_bytes());
    let open =
        || SledLog::open(&home.path().join("log"), Arc::new(TestClock::at(noon())), Arc::new(())).unwrap();
    let (sled, report) = open();
    assert_eq!((report.events, report.cut, report.restored), (51, None, vec![]));
    assert!(report.volumes > 1, "{}", report.volumes);
    assert_eq!(bytes(&events(&sled).await), bytes(&all));
    sled.append(append("s-0", Expected::At(7), [2_000])).wait().await.unwrap();
    sled.close();
    assert_eq!(open().1.events, 52);
    // A log that is there stays.
    let over = Restore::begin(&home.path().join("log"), Settings::default()).unwrap();
    assert!(over.finish().is_err());
    assert_eq!(open().1.events, 52);
}

fn changed(
    dir: &Path,
    file: prop::sample::Index,
    other: prop::sample::Index,
    at: prop::sample::Index,
    how: u8,
) {
    let mut all = files(dir);
    all.push(dir.join("manifest"));
    let path = file.get(&all);
    let mut bytes = fs::read(path).unwrap();
    let at = at.index(bytes.len());
    match how {
        0..=3 => bytes[at] ^= 1 << (how * 2),
        4 => bytes.truncate(at),
        5 => bytes.insert(at, 0),
        6 => bytes.extend_from_slice(&[0; 12]),
        7 => {
            let aside = dir.join("aside");
            let other = other.get(&all);
            fs::rename(path, &aside).unwrap();
            // With itself: it is gone.
            if fs::rename(other, path).is_ok() {
                fs::rename(&aside, other).unwrap();
            }
            return;
        }
        _ => return fs::remove_file(path).unwrap(),
    }
    fs::write(path, bytes).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_damage_is_told_with_file_and_position(
        file: prop::sample::Index, other: prop::sample::Index, at: prop::sample::Index, how in 0_u8..9,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let all = runtime.block_on(async { events(&log(30).await).await });
        let home = TempDir::new().unwrap();
        let dir = home.path().join("backup");
        back_up_to(&dir, &all, 20).unwrap();
        back_up(&dir, &all).unwrap();
        changed(&dir, file, other, at, how);
        let mut whole = Vec::new();
        let mut refusal = None;
        match Events::of(&dir) {
            Ok(read) => for event in read {
                match event {
                    Ok(event) => whole.push(event),
                    Err(error) => refusal = Some(error.to_string()),
                }
            },
            Err(error) => refusal = Some(error.to_string()),
        }
        let refusal = refusal.expect("it passed for whole");
        prop_assert!(refusal.contains(dir.to_str().unwrap()) && refusal.contains("position"), "{}", refusal);
        prop_assert_eq!(bytes(&whole), bytes(&all[..whole.len()]), "only what is whole is shown");
        // Nothing is added to what is known to be damaged; what is not looked at then is found when it is read.
        if back_up(&dir, &all).is_ok() {
            prop_assert!(read(&dir).is_err(), "a run made it good");
        }
    }
}

#[tokio::test]
async fn records_that_read_well_but_are_not_those_that_were_written_are_told() {
    let home = TempDir::new().unwrap();
    let dir = home.path().join("backup");
    let (all, other) = (events(&log(4).await).await, MemoryLog::new(Arc::new(TestClock::at(noon()))));
    back_up(&dir, &all).unwrap();
    // The same but for one letter, with right checksums of their own.
    for id in 0..4_u128 {
        let mut one = append(&format!("s-{}", id % 5), Expected::Any, []);
        one.events = vec![sized(id, 40 + usize::try_from(id * 37 % 900).unwrap())];
        if id == 2 {
            let at = one.events[0].data.len() - 4;
            one.events[0].data[at] ^= 1;
        }
        other.append(one).wait().await.unwrap();
    }
    let mut bytes = MAGIC.to_vec();
    for event in events(&other).await {
        frame::encode(&event, &mut bytes);
    }
    let path = &files(&dir)[0];
    assert_eq!(bytes.len(), fs::read(path).unwrap().len());
    fs::write(path, bytes).unwrap();
    let refusal = read(&dir).unwrap_err().to_string();
    assert!(
        refusal.contains("the checksum is wrong") && refusal.contains(path.to_str().unwrap()),
        "{refusal}"
    );
}

/// A log of commands: so many events each, one a minute, to two streams in turn.
async fn commands(sizes: &[u128]) -> Vec<Recorded> {
    let clock = TestClock::at(noon());
    let log = MemoryLog::new(Arc::new(clock.clone()));
    for (number, size) in sizes.iter().enumerate() {
        clock.set(noon() + chrono::TimeDelta::minutes(i64::try_from(number).unwrap()));
        let ids = (0..*size).map(|index| 100 * number as u128 + index);
        let mut one = append(&format!("s-{}", number / 2 % 2), Expected::Any, ids);
        for event in &mut one.events {
            event.meta = format!("{{\"actor\":\"operator\",\"command\":\"{number}\"}}").into_bytes();
        }
        log.append(one).wait().await.unwrap();
    }
    events(&log).await
}

#[tokio::test]
async fn a_position_inside_of_an_append_is_the_end_of_the_one_before() {
    let home = TempDir::new().unwrap();
    let dir = home.path().join("backup");
    // They end at 1, 4, 5, 9, 10; the first two and the next two are of one stream.
    let all = commands(&[1, 3, 1, 4, 1]).await;
    back_up(&dir, &all).unwrap();
    let found = |to| find(&dir, To::Position(Position(to))).map(|position| position.0);
    let ends: Vec<_> = (1..=10).map(|to| found(to).unwrap()).collect();
    assert_eq!(ends, [1, 1, 1, 4, 5, 5, 5, 5, 9, 10]);
    for unknown in [0, 11, u64::MAX] {
        let refusal = found(unknown).unwrap_err();
        assert!(matches!(refusal, BackupError::NotThere { .. }), "{refusal}");
    }
    let at = |minutes, seconds| {
        let instant = noon() + chrono::TimeDelta::minutes(minutes) + chrono::TimeDelta::seconds(seconds);
        find(&dir, To::Instant(instant)).map(|position| position.0)
    };
    let ends: Vec<_> = (0..=3).flat_map(|minute| [at(minute, 0).unwrap(), at(minute, 59).unwrap()]).collect();
    assert_eq!(ends, [1, 1, 4, 4, 5, 5, 9, 9]);
    assert_eq!(at(4, 0).unwrap(), 10);
    let (early, late) = (at(0, -1).unwrap_err().to_string(), at(4, 1).unwrap_err().to_string());
    assert!(early.contains("first event was recorded at 2023-11-14T22:13:20Z"), "{early}");
    assert!(late.contains("last position is 10, recorded at 2023-11-14T22:17:20Z"), "{late}");
}

#[tokio::test]
async fn what_stands_before_a_damage_can_be_had() {
    let home = TempDir::new().unwrap();
    let dir = home.path().join("backup");
    let all = commands(&[1, 3, 1, 4, 1]).await;
    back_up(&dir, &all).unwrap();
    let path = &files(&dir)[0];
    let mut bytes = fs::read(path).unwrap();
    let before: usize = all[..5].iter().map(|event| event.record().len() + 12).sum();
    // Position, length and record of the sixth.
    for at in [0, 3, 7, 8, 9, 10, 11, 12, 100] {
        bytes[MAGIC.len() + before + at] ^= 1;
        fs::write(path, &bytes).unwrap();
        let shown: Vec<_> = Events::of(&dir).unwrap().collect();
        assert_eq!(shown.len(), 6, "five events and a refusal");
        let refusal = shown.into_iter().last().unwrap().unwrap_err();
        assert!(matches!(refusal, LogError::Damaged { position: Position(6), .. }), "{at}: {refusal}");
        bytes[MAGIC.len() + before + at] ^= u8::from(at != 100);
    }
    let found = |to| find(&dir, To::Position(Position(to))).map(|position| position.0);
    assert_eq!(found(4).unwrap(), 4);
    assert_eq!(found(5).unwrap(), 4, "whether the command at 5 goes on is not known");
    assert!(found(6).is_err());
    assert!(find(&dir, To::Instant(all[4].recorded_at)).is_err(), "more may have been recorded then");
}
