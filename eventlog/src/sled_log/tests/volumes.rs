//! More than one volume: rolling over, reading across, opening again, what is missing.

use std::sync::atomic::AtomicBool;

use domain::EventId;

use super::super::volume::Volume;
use super::tamper::{self, tamper};
use super::*;
use crate::log::follow;

/// So small that every commit fills a volume.
const TINY: Settings = Settings { volume_bytes: 1, ends_every: 1 };

/// So small that a volume has about 48 of the events of [`fill`].
pub(super) const SMALL: Settings = Settings { volume_bytes: 1 << 18, ends_every: 200 };

/// Without files of ends: every volume is read at open.
pub(super) const WHOLE: Settings = Settings { ends_every: u64::MAX, ..SMALL };

contract!(|| bench(TINY));

/// Appends events of about 6 KiB, one after the other, to five streams in turn.
pub(super) async fn fill(log: &SledLog, ids: std::ops::Range<u128>) {
    let appends = ids.map(|id| {
        let mut one = append(&format!("s-{}", id % 5), Expected::Any, []);
        one.events = vec![sized(id, 6_000)];
        one
    });
    // In portions: one call is one durable write, which lies in one volume.
    for portion in appends.collect::<Vec<_>>().chunks(8) {
        for ticket in log.append_all(portion.to_vec()) {
            ticket.wait().await.unwrap();
        }
    }
}

/// Returns the first positions of the volumes on disk.
pub(super) fn firsts(place: &Place) -> Vec<u64> {
    volume::list(&place.dir()).unwrap().into_iter().map(|(first, _)| first.0).collect()
}

fn small() -> Place {
    Place::with(SMALL)
}

#[tokio::test]
async fn a_full_volume_is_followed_by_another_and_everything_is_read_across() {
    let place = small();
    let (log, report) = place.open();
    assert_eq!(report.volumes, 1);
    fill(&log, 0..1_000).await;
    let volumes = firsts(&place);
    assert!(volumes.len() > 16, "{volumes:?}");
    assert_eq!(volumes[0], 1);
    let before = all(&log).await;
    assert!(before.iter().map(|event| event.id.to_u128()).eq(0..1_000));
    log.close();

    let (log, report) = place.open();
    assert_eq!((report.volumes, report.events, report.streams), (volumes.len(), 1_000, 5));
    assert_eq!((report.cut, report.restored), (None, vec![]));
    assert_eq!(log.shared.volumes.open(), 1);
    assert!(all(&log).await.iter().map(seen).eq(before.iter().map(seen)));
    assert_eq!(log.shared.volumes.open(), volumes.len());
    for event in before.iter().step_by(97) {
        assert_eq!(log.read_at(event.position).await.unwrap().as_ref().map(seen), Some(seen(event)));
    }
    for (direction, first) in [(Direction::Forwards, 0), (Direction::Backwards, 199)] {
        let events = log.read_stream(&stream("s-3"), None, direction, 1_000).await.unwrap();
        assert_eq!((events.len(), events[0].revision), (200, first));
        assert!(
            events
                .iter()
                .all(|event| seen(event) == seen(&before[usize::try_from(event.position.0).unwrap() - 1]))
        );
    }
    // It goes on where it ended: links and expectations lead into closed volumes.
    assert_eq!(log.append(append("s-3", Expected::At(199), [5_000])).wait().await, at(1_001, 200));
    let again = place_of(&before, 1).map(|id| append("s-0", Expected::NoStream, [id])).unwrap();
    assert_eq!(log.append(again).wait().await, at(1, 0));
}

/// Returns the id of the event at a position.
fn place_of(events: &[Recorded], position: u64) -> Option<u128> {
    events.iter().find(|event| event.position.0 == position).map(|event| event.id.to_u128())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_readers_of_many_volumes_see_what_was_written_while_more_is() {
    let place = small();
    let (log, _) = place.open();
    fill(&log, 0..500).await;
    let log = Arc::new(log);
    let over = Arc::new(AtomicBool::new(false));
    let mut readers = tokio::task::JoinSet::new();
    for reader in 0..6_u64 {
        let (log, over) = (Arc::clone(&log), Arc::clone(&over));
        readers.spawn(async move {
            let (mut position, mut reads) = (reader * 80, 0_u64);
            while !over.load(Ordering::SeqCst) || reads < 200 {
                position = (position * 31 + 17) % 500;
                let event = log.read_at(Position(position + 1)).await.unwrap().unwrap();
                assert_eq!(event.id.to_u128(), u128::from(position));
                reads += 1;
                tokio::task::yield_now().await;
            }
        });
    }
    let mut follower = follow(Arc::clone(&log) as Arc<dyn EventLog>, Position::START);
    let followed = tokio::spawn(async move {
        let mut ids = Vec::new();
        while ids.len() < 1_500 {
            ids.extend(follower.next(64).await.unwrap().iter().map(|event| event.id.to_u128()));
        }
        ids
    });
    fill(&log, 500..1_500).await;
    assert!(followed.await.unwrap().into_iter().eq(0..1_500));
    over.store(true, Ordering::SeqCst);
    readers.join_all().await;
}

#[tokio::test]
async fn a_crash_right_after_a_roll_over_leaves_an_empty_volume_that_is_filled_next() {
    let place = small();
    let (log, _) = place.open();
    fill(&log, 0..200).await;
    log.close();
    let (before, dir) = (firsts(&place), place.dir());
    Volume::create(&dir, Position(201), Some(EventId::from_u128(199))).unwrap();
    fs::write(dir.join(format!("{:020}.new", 300)), "half").unwrap();
    let (log, report) = place.open();
    assert_eq!((report.volumes, report.events, report.cut), (before.len() + 1, 200, None));
    assert!(!dir.join(format!("{:020}.new", 300)).exists());
    fill(&log, 200..240).await;
    log.close();
    let (log, report) = place.open();
    assert_eq!(firsts(&place)[..=before.len()], [&before[..], &[201]].concat());
    assert_eq!((report.events, all(&log).await.len()), (240, 240));
}

#[tokio::test]
async fn a_missing_volume_refuses_and_nothing_is_made_in_its_place() {
    let place = small();
    let (log, _) = place.open();
    fill(&log, 0..300).await;
    log.close();
    let volumes = firsts(&place);
    let (first, middle, last) = (volumes[0], volumes[1], *volumes.last().unwrap());
    for (missing, named) in
        [(first, "before it is missing"), (middle, "before it is missing"), (last, "up to position 300")]
    {
        let away = place.home.path().join("away");
        fs::rename(place.volume_from(missing), &away).unwrap();
        let refusal = place.refusal();
        assert!(refusal.contains(named), "{refusal}");
        assert!(refusal.ends_with(&format!("at position {missing}")), "{refusal}");
        assert!(!place.volume_from(missing).exists());
        fs::rename(&away, place.volume_from(missing)).unwrap();
    }
    assert_eq!(place.open().1.events, 300);
    for first in &volumes {
        fs::remove_file(place.volume_from(*first)).unwrap();
    }
    assert!(place.refusal().contains("every volume is missing, and position 300 was acknowledged"));
    assert_eq!(firsts(&place), Vec::<u64>::new());
}

#[tokio::test]
async fn only_the_last_volume_may_end_in_an_unfinished_commit() {
    let place = Place::with(WHOLE);
    let (log, _) = place.open();
    fill(&log, 0..300).await;
    log.close();
    let volumes = firsts(&place);
    // Nothing is known to be acknowledged: the last volume is cut, another one is not.
    place.forget(0);
    let forget_last = |volume: u64| {
        tamper(&place.volume_from(volume), |volume| {
            let last = volume.chunks().pop().unwrap().1;
            volume.bytes.truncate(last.start);
        });
    };
    forget_last(*volumes.last().unwrap());
    let (log, report) = place.open();
    assert!(report.cut.unwrap().contains("was cut"));
    log.close();
    place.forget(0);
    forget_last(volumes[1]);
    let path = place.volume_from(volumes[1]);
    let bytes = fs::read(&path).unwrap();
    assert_eq!(place.refusal(), format!("{}: is missing at position {}", path.display(), volumes[2] - 1));
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[tokio::test]
async fn volumes_that_changed_places_refuse() {
    let place = Place::with(WHOLE);
    let (log, _) = place.open();
    fill(&log, 0..300).await;
    log.close();
    let volumes = firsts(&place);
    let [a, b] = [volumes[0], volumes[1]].map(|first| place.volume_from(first));
    let away = place.home.path().join("away");
    for (from, to) in [(&a, &away), (&b, &a), (&away, &b)] {
        fs::rename(from, to).unwrap();
    }
    let refusal = place.refusal();
    let told = format!("{}: is the volume from position {}", a.display(), volumes[1]);
    assert!(refusal.starts_with(&told) && refusal.ends_with("at position 1"), "{refusal}");
    // What stands in them changed places, not what they are called.
    tamper(&a, |one| {
        tamper(&b, |other| {
            for at in 0..HEADER {
                std::mem::swap(&mut one.bytes[at], &mut other.bytes[at]);
            }
        });
    });
    let told = format!("{}: is missing at position 1", a.display());
    assert_eq!(place.refusal(), told);
}

#[tokio::test]
async fn a_volume_of_another_log_refuses() {
    let (place, other) = (Place::with(WHOLE), Place::with(WHOLE));
    for (place, ids) in [(&place, 0..300), (&other, 50_000..50_300)] {
        let (log, _) = place.open();
        fill(&log, ids).await;
        log.close();
    }
    let volumes = firsts(&place);
    assert_eq!(volumes, firsts(&other));
    for first in [volumes[1], volumes[2], *volumes.last().unwrap()] {
        let place = place.twin();
        fs::copy(other.volume_from(first), place.volume_from(first)).unwrap();
        let told = format!(
            "{}: does not follow the volume before: it is of another log; it begins at position {first}",
            place.volume_from(first).display()
        );
        assert_eq!(place.refusal(), told);
    }
    // The first of them is told by the one that follows.
    fs::copy(other.volume(), place.volume()).unwrap();
    let refusal = place.refusal();
    assert!(refusal.starts_with(&place.volume_from(volumes[1]).display().to_string()), "{refusal}");
}

#[tokio::test]
async fn a_volume_that_cannot_be_made_stops_the_log_and_loses_nothing() {
    let place = Place::with(TINY);
    let (log, _) = place.open();
    assert_eq!(log.append(append("a-1", Expected::Any, [1])).wait().await, at(1, 0));
    let obstacle = place.volume_from(2).with_extension("new");
    fs::create_dir(&obstacle).unwrap();
    for id in [2, 3] {
        let stopped = log.append(append("a-1", Expected::Any, [id])).wait().await.unwrap_err();
        assert!(matches!(&stopped, AppendError::Stopped(LogError::FailStop(_))), "{stopped}");
        assert!(stopped.to_string().contains("cannot make"), "{stopped}");
    }
    let before = all(&log).await;
    assert_eq!(before.len(), 1);
    log.close();
    fs::remove_dir(obstacle).unwrap();
    let (log, report) = place.open();
    assert_eq!((report.events, report.cut), (1, None));
    assert!(same(&all(&log).await, &before));
    assert_eq!(log.append(append("a-1", Expected::Any, [3])).wait().await, at(2, 1));
}

#[tokio::test]
async fn a_restored_log_has_volumes_that_follow_each_other() {
    let place = small();
    let (log, _) = place.open();
    fill(&log, 0..700).await;
    let before = all(&log).await;
    let dir = place.home.path().join("restored/log");
    let mut restore = Restore::begin(&dir, WHOLE).unwrap();
    let again = restore.take(&before[1]).unwrap_err();
    assert!(again.to_string().ends_with("another event (2) stands at position 1"), "{again}");
    for event in &before {
        restore.take(event).unwrap();
    }
    assert!(!dir.exists());
    let (last, lock) = restore.finish().unwrap();
    assert_eq!(last, Position(700));
    let volumes = volume::list(&dir).unwrap();
    // A volume is full when a durable write, of 1 MiB here, ends behind its size.
    assert_eq!(volumes.len(), 5);
    for (first, path) in volumes {
        let before = usize::try_from(first.0).unwrap().checked_sub(2).map(|index| before[index].id);
        assert_eq!(Volume::open(path.clone(), first).unwrap().after, before);
        let volume = tamper::Bytes::of(&path);
        assert_eq!((volume.end(), volume.chunks()[0].0.position), (volume.bytes.len(), first));
    }
    let clock = Arc::new(TestClock::at(noon()));
    let (log, report) = SledLog::open_with(lock, WHOLE, clock, Arc::new(())).unwrap();
    assert_eq!((report.events, report.volumes, report.cut), (700, 5, None));
    assert!(same(&all(&log).await, &before));
}

#[tokio::test]
async fn a_mark_that_is_gone_is_reported() {
    let place = small();
    three_commits(&place).await;
    fs::remove_file(place.dir().join("committed")).unwrap();
    let (log, report) = place.open();
    assert_eq!(report.events, 42);
    assert!(report.restored[0].contains("committed was missing"), "{:?}", report.restored);
    log.close();
    assert_eq!(place.open().1.restored, Vec::<String>::new());
}

#[test]
fn folders_are_made_down_to_the_last() {
    let place = Place::new();
    let deep = place.home.path().join("a/b/c");
    make_directory(&deep).unwrap();
    make_directory(&deep).unwrap();
    assert!(deep.is_dir());
    fs::write(deep.join("file"), "").unwrap();
    assert!(make_directory(&deep.join("file/d")).unwrap_err().to_string().contains("cannot make"));
}
