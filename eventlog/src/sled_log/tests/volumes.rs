//! More than one volume: rolling over, reading across, opening again, what is missing.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;

use super::super::volume::Volume;
use super::super::volumes::MOST;
use super::*;
use crate::log::follow;

/// So small that every commit fills a volume.
const TINY: Settings = Settings { volume_bytes: 1, ends_every: 1, wal_bytes: 1, settle_bytes: 1 };

/// As small as a file of sled that has begun its second segment.
pub(super) const SMALL: Settings =
    Settings { volume_bytes: (1 << 19) + 1, ends_every: 200, wal_bytes: 1 << 16, settle_bytes: 1 << 14 };

/// Without files of ends: every volume is read at open.
const WHOLE: Settings = Settings { ends_every: u64::MAX, ..SMALL };

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
        log.settled();
    }
}

/// Returns the first positions of the volumes on disk.
pub(super) fn firsts(place: &Place) -> Vec<u64> {
    files::volumes(&place.dir()).unwrap().into_iter().map(|(first, _)| first.0).collect()
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
    assert!(volumes.len() > MOST + 3, "{volumes:?}");
    assert_eq!(volumes[0], 1);
    let before = all(&log).await;
    assert!(before.iter().map(|event| event.id.to_u128()).eq(0..1_000));
    log.close();

    let (log, report) = place.open();
    assert_eq!((report.volumes, report.events, report.streams), (volumes.len(), 1_000, 5));
    assert_eq!((report.cut, report.restored), (None, vec![]));
    assert_eq!(log.shared.volumes.open_for_reading(), 0);
    assert!(all(&log).await.iter().map(seen).eq(before.iter().map(seen)));
    assert_eq!(log.shared.volumes.open_for_reading(), MOST);
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
    assert!(log.shared.volumes.open_for_reading() <= MOST);
}

#[tokio::test]
async fn a_crash_right_after_a_roll_over_leaves_an_empty_volume_that_is_filled_next() {
    let place = small();
    let (log, _) = place.open();
    fill(&log, 0..200).await;
    log.close();
    let (before, dir) = (firsts(&place), place.dir());
    Volume::create(&dir, Position(201)).unwrap();
    fs::create_dir(dir.join(format!("{:020}.new", 300))).unwrap();
    let (log, report) = place.open();
    assert_eq!((report.volumes, report.events, report.cut), (before.len() + 1, 200, None));
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
        fs::remove_dir_all(place.volume_from(*first)).unwrap();
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
    Mark::open(&place.dir()).unwrap().0.set(Position::START).unwrap();
    let forget_last = |end: u64, volume: u64| {
        tamper_with(&place.volume_from(volume), |tree| {
            let (key, _) = tree.get_lt(chunk::key(Position(end))).unwrap().unwrap();
            tree.remove(key).unwrap();
        });
    };
    forget_last(301, *volumes.last().unwrap());
    let (log, report) = place.open();
    assert!(report.cut.unwrap().contains("was cut"));
    log.close();
    forget_last(volumes[2], volumes[1]);
    assert!(place.refusal().contains("is missing at position"), "{}", place.refusal());
}

#[tokio::test]
async fn volumes_that_changed_places_refuse() {
    let place = Place::with(WHOLE);
    let (log, _) = place.open();
    fill(&log, 0..300).await;
    log.close();
    let swap = |name: &str| {
        let [a, b] =
            [&firsts(&place)[0], &firsts(&place)[1]].map(|first| place.volume_from(*first).join(name));
        let away = place.home.path().join("away");
        for (from, to) in [(&a, &away), (&b, &a), (&away, &b)] {
            fs::rename(from, to).unwrap();
        }
    };
    swap("manifest.json");
    assert!(place.refusal().contains("manifest is that of the volume from"), "{}", place.refusal());
    swap("manifest.json");
    swap("db");
    let refusal = place.refusal();
    assert!(refusal.contains(&place.volume().display().to_string()), "{refusal}");
}

#[tokio::test]
async fn what_sled_never_finished_or_lost_of_its_own_is_made_again() {
    let place = small();
    let (log, _) = place.open();
    fill(&log, 0..40).await;
    log.close();
    place.open().0.close(); // sled takes its snapshots at open.
    let volume = place.volume();
    let snapshots = || -> HashMap<_, _> {
        let files = fs::read_dir(&volume).unwrap().map(|entry| entry.unwrap().path());
        files
            .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("snap."))
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect()
    };
    let before = snapshots();
    let (path, whole) = before.iter().next().expect("sled takes a snapshot");
    for damage in [&b"half"[..], &whole[..whole.len() - 3], &[&[7], &whole[1..]].concat()] {
        fs::write(path, damage).unwrap();
        fs::write(volume.join("snap.FFFFFFFFFFFFFFFF.generating"), &whole[..whole.len() / 2]).unwrap();
        let (log, report) = place.open();
        assert_eq!(
            report.restored,
            [format!("{} was damaged and removed: sled makes it anew", path.display())]
        );
        assert_eq!(all(&log).await.len(), 40);
        log.close();
        assert_eq!(snapshots().keys().collect::<Vec<_>>(), [path]);
    }
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

#[tokio::test]
async fn a_manifest_with_a_changed_copy_of_conf_refuses_and_leaves_conf_alone() {
    let place = Place::new();
    three_commits(&place).await;
    let (manifest, conf) = (place.volume().join("manifest.json"), place.volume().join("conf"));
    let (text, before) = (fs::read_to_string(&manifest).unwrap(), fs::read(&conf).unwrap());
    let at = text.find("\"conf\":\"").unwrap() + 9;
    let mut changed = text.clone().into_bytes();
    changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
    fs::write(&manifest, changed).unwrap();
    assert!(place.refusal().contains("manifest.json: the copy of conf"), "{}", place.refusal());
    assert_eq!(fs::read(&conf).unwrap(), before);
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
