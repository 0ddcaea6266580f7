//! The end of the log: what a crash left unfinished is cut, and the room for what comes next.

use super::ends::{files_of, filled};
use super::tamper::Bytes;
use super::volumes::{SMALL, firsts};
use super::*;

/// What a crash can do to the last commit, and what is told of it: the position if it is refused.
type Torn = (Bytes, u64);

const PAGE: usize = 4096;

/// Makes a log whose last commit is of positions 3 to 42, and returns what can be left of its volume.
async fn torn() -> (Place, Vec<Torn>) {
    let place = Place::new();
    three_commits(&place).await;
    let whole = fs::read(place.volume()).unwrap();
    let chunks = Bytes::of(&place.volume()).chunks();
    let begin = chunks[2].1.start;
    // Cut short, with and without room behind.
    let around = |at: usize| at.saturating_sub(1)..=at + 1;
    let borders = chunks[2..].iter().flat_map(|(_, chunk)| {
        around(chunk.start).chain(around(chunk.start + crate::chunk::HEADER)).chain(around(chunk.start + 4))
    });
    let lengths: std::collections::BTreeSet<_> = borders.chain((begin..).step_by(997)).take(60).collect();
    let mut torn = vec![];
    for length in lengths.into_iter().filter(|length| (begin..whole.len()).contains(length)) {
        let first = chunks[2..].iter().find(|(_, chunk)| chunk.end > length).unwrap().0.position.0;
        torn.push((Bytes { bytes: whole[..length].to_vec() }, first));
        torn.push((Bytes { bytes: [&whole[..length], &vec![0; 70_000]].concat() }, first));
    }
    // Any chunk not written, though others behind it are.
    for lost in [&[2][..], &[3], &[4], &[2, 3], &[2, 4], &[3, 4], &[2, 3, 4]] {
        let mut volume = Bytes { bytes: [&whole[..], &[0; 9]].concat() };
        for index in lost {
            volume.zero(chunks[*index].1.clone());
        }
        torn.push((volume, chunks[lost[0]].0.position.0));
    }
    (place, torn)
}

#[tokio::test]
async fn an_unfinished_commit_is_cut_whole_and_reported() {
    let (place, torn) = torn().await;
    let begin = Bytes::of(&place.volume()).chunk(3).start;
    place.forget(2);
    for (volume, _) in torn {
        fs::write(place.volume(), &volume.bytes).unwrap();
        let place = place.twin();
        let (log, report) = place.open();
        assert_eq!((report.events, report.streams), (2, 2));
        let left = volume.bytes[begin..].iter().any(|byte| *byte != 0);
        assert_eq!(report.cut.is_some(), left, "{:?}", report.cut);
        if let Some(cut) = report.cut {
            let named = cut.contains("of positions 3 to 42 was") || cut.contains("from position 3 on was");
            assert!(named && cut.starts_with(&place.volume().display().to_string()), "{cut}");
            assert_eq!(fs::metadata(place.volume()).unwrap().len(), begin as u64);
        }
        // The stream stands where it stood before, and goes on.
        assert_eq!(log.append(append("a-1", Expected::At(0), [70])).wait().await, at(3, 1));
        log.close();
        let (log, report) = place.open();
        assert_eq!((report.events, report.cut), (3, None));
        assert_eq!(all(&log).await.last().unwrap().id.to_u128(), 70);
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_never_cut() {
    let (place, torn) = torn().await;
    for (volume, position) in torn {
        fs::write(place.volume(), &volume.bytes).unwrap();
        let refusal = place.refusal();
        assert!(refusal.starts_with(&place.volume().display().to_string()), "{refusal}");
        assert!(refusal.ends_with(&format!("at position {position}")), "{refusal}");
        assert!(fs::read(place.volume()).unwrap() == volume.bytes, "{refusal}");
    }
    // Everything up to a border is lost, as if it had never been written.
    place.tamper(|volume| volume.bytes.truncate(volume.chunk(2).end));
    let refusal = place.refusal();
    assert!(refusal.contains("up to position 42, which was acknowledged"), "{refusal}");
    place.forget(0);
    assert_eq!(place.open().1.events, 2);
    fs::write(place.dir().join("committed"), [0; 12]).unwrap();
    assert!(place.refusal().contains("remove the file"));
}

/// Appends events of 6 KB as one commit.
async fn large(log: &SledLog, ids: std::ops::Range<u128>) {
    let mut one = append("c-1", Expected::Any, []);
    one.events = ids.map(|id| sized(id, 6_000)).collect();
    log.append(one).wait().await.unwrap();
}

#[tokio::test]
async fn pages_that_did_not_reach_the_disk_are_noticed_though_later_ones_did() {
    let place = Place::new();
    three_commits(&place).await;
    let (log, _) = place.open();
    large(&log, 100..106).await;
    let running = place.twin();
    log.close();
    running.forget(42);
    let whole = fs::read(running.volume()).unwrap();
    let (begin, end) = (Bytes::of(&running.volume()).chunk(43).start, Bytes::of(&running.volume()).end());
    assert!(whole.len() > end + PAGE, "there is room behind");
    let pages: Vec<_> = (begin / PAGE..end.div_ceil(PAGE))
        .map(|page| begin.max(page * PAGE)..end.min((page + 1) * PAGE))
        .collect();
    assert!(pages.len() > 8);
    let count = pages.len();
    let alone = (0..count).map(|page| vec![page]);
    let from = (1..count).map(|page| (page..count).collect());
    let odd = (0..2).map(|odd| (odd..count).step_by(2).collect());
    for lost in alone.chain(from).chain(odd) {
        let place = running.twin();
        place.tamper(|volume| lost.iter().for_each(|page| volume.zero(pages[*page].clone())));
        let acknowledged = place.twin();
        acknowledged.forget(48);
        let (log, report) = place.open();
        assert_eq!(report.events, 42, "{lost:?}");
        let cut = report.cut.unwrap();
        assert!(
            cut.contains("of positions 43 to 48 was") || cut.contains("from position 43 on was"),
            "{cut}"
        );
        assert_eq!(log.append(append("a-1", Expected::Any, [70])).wait().await, at(43, 41));
        log.close();
        assert_eq!(place.open().1.events, 43);
        assert!(acknowledged.refusal().contains("at position 4"), "{}", acknowledged.refusal());
    }
}

#[tokio::test]
async fn what_a_later_commit_stands_behind_is_not_cut_whatever_the_mark_says() {
    let place = Place::new();
    three_commits(&place).await;
    let (log, _) = place.open();
    log.append(append("b-1", Expected::Any, 50..90)).wait().await.unwrap();
    log.close();
    place.forget(0);
    let damages: [tamper::Damage; 6] = [
        (1, |volume| volume.flip(1)),
        (2, |volume| volume.zero(volume.chunk(2))),
        (3, |volume| volume.zero(volume.chunk(3).start..volume.chunk(3).start + 1)),
        (19, |volume| volume.zero(volume.chunk(19))),
        (35, |volume| volume.flip(35)),
        (35, |volume| volume.remove(35)),
    ];
    for (position, damage) in damages {
        // The later commit need not be whole: one chunk of it is enough.
        for whole in [true, false] {
            let place = place.twin();
            place.tamper(|volume| {
                if !whole {
                    volume.bytes.truncate(volume.chunk(43).end + 100);
                }
                damage(volume);
            });
            let before = fs::read(place.volume()).unwrap();
            let refusal = place.refusal();
            assert!(refusal.starts_with(&place.volume().display().to_string()), "{refusal}");
            assert!(refusal.ends_with(&format!("at position {position}")), "{refusal}");
            assert!(fs::read(place.volume()).unwrap() == before);
        }
    }
    // Without anything behind it the same is an unfinished write.
    place.tamper(|volume| {
        volume.bytes.truncate(volume.chunk(42).end);
        volume.flip(35);
    });
    assert_eq!(place.open().1.events, 2);
}

#[tokio::test]
async fn what_was_cut_never_comes_back() {
    let place = Place::new();
    three_commits(&place).await;
    place.forget(2);
    // The first chunk is lost, those behind it are whole.
    place.tamper(|volume| volume.zero(volume.chunk(3)));
    let (log, report) = place.open();
    assert!(report.cut.is_some());
    // Less than what was cut.
    log.append(append("a-1", Expected::At(0), [70])).wait().await.unwrap();
    let crashed = place.twin();
    log.close();
    for place in [crashed, place] {
        let volume = Bytes::of(&place.volume());
        assert!(volume.bytes[volume.end()..].iter().all(|byte| *byte == 0));
        let (log, report) = place.open();
        assert_eq!((report.events, report.cut), (3, None));
        log.append(append("a-1", Expected::At(1), 71..100)).wait().await.unwrap();
        log.close();
        let (log, report) = place.open();
        assert_eq!((report.events, report.cut), (32, None));
        assert!(all(&log).await[2..].iter().map(|event| event.id.to_u128()).eq(70..100));
    }
}

#[tokio::test]
async fn behind_the_ends_the_tail_is_cut_or_refused_alike() {
    let place = Place::with(SMALL);
    filled(&place).await;
    let (log, _) = place.open();
    for ids in [2_000..2_010, 2_010..2_020] {
        log.append(append("t-1", Expected::Any, ids)).wait().await.unwrap();
    }
    let before = all(&log).await;
    log.close();
    let newest = |place: &Place| place.volume_from(*firsts(place).last().unwrap());
    // One that another stands behind is not cut, and the ends stay.
    let damaged = place.twin();
    damaged.forget(0);
    tamper::tamper(&newest(&damaged), |volume| volume.flip(1_001));
    let ends = files_of(&damaged);
    assert!(damaged.refusal().ends_with("is wrong at position 1001"), "{}", damaged.refusal());
    assert_eq!((ends.len(), files_of(&damaged)), (1, ends));
    // The last one is, unless it was acknowledged.
    tamper::tamper(&newest(&place), |volume| volume.bytes.truncate(volume.end() - 9));
    let refusal = place.refusal();
    assert!(refusal.ends_with("at position 1011"), "{refusal}");
    place.forget(1_010);
    let (log, report) = place.open();
    assert_eq!((report.events, report.streams, report.restored), (1_010, 6, vec![]));
    assert!(report.cut.unwrap().contains("from position 1011 on was cut"));
    assert!(same(&all(&log).await, &before[..1_010]));
}

fn length(place: &Place) -> usize {
    usize::try_from(fs::metadata(place.volume()).unwrap().len()).unwrap()
}

#[tokio::test]
async fn room_that_a_crash_left_is_written_over_and_closing_gives_it_back() {
    let place = Place::new();
    let (log, _) = place.open();
    assert_eq!(length(&place), HEADER);
    log.append(append("a-1", Expected::Any, [1])).wait().await.unwrap();
    let end = Bytes::of(&place.volume()).end();
    let made = length(&place);
    assert!(made > end + 100_000, "{made} {end}");
    let crashed = place.twin();
    log.close();
    assert_eq!(length(&place), end);

    let (log, report) = crashed.open();
    assert_eq!((report.events, report.cut), (1, None));
    for id in 2..20 {
        log.append(append("a-1", Expected::Any, [id])).wait().await.unwrap();
    }
    assert_eq!(length(&crashed), made);
    assert_eq!(all(&log).await.len(), 19);
    log.close();
    assert_eq!(length(&crashed), Bytes::of(&crashed.volume()).end());
    assert_eq!(crashed.open().1.events, 19);
}

#[tokio::test]
async fn a_large_commit_makes_no_room() {
    let place = Place::new();
    let (log, _) = place.open();
    let room = || length(&place) - Bytes::of(&place.volume()).end();
    large(&log, 0..20).await;
    assert_eq!(room(), 0);
    log.append(append("a-1", Expected::Any, [100])).wait().await.unwrap();
    assert!(room() > 200_000);
    // What there is, is used; what goes beyond it makes none.
    large(&log, 200..220).await;
    assert!((1..200_000).contains(&room()), "{}", room());
    large(&log, 300..400).await;
    assert_eq!(room(), 0);
    let before = all(&log).await;
    log.close();
    assert!(same(&all(&place.open().0).await, &before));
}
