//! What is durable in the write-ahead log is there, whatever became of sled.

use super::super::wal::Wal;
use super::volumes::{SMALL, fill};
use super::*;
use crate::frame::Frame;

/// Two logs: one of 42 events, and the same with 20 more.
struct Twins {
    place: Place,
    later: Vec<Recorded>,
}

impl Twins {
    async fn new() -> Self {
        let (place, other) = (Place::new(), Place::new());
        three_commits(&place).await;
        three_commits(&other).await;
        let (log, _) = other.open();
        for id in 43..63 {
            log.append(append(&format!("s-{}", id % 3), Expected::Any, [id])).wait().await.unwrap();
        }
        Self { place, later: all(&log).await }
    }

    /// Returns a frame of the longer log.
    fn frame(&self, positions: std::ops::RangeInclusive<usize>) -> Vec<u8> {
        let (first, last) = (*positions.start(), *positions.end());
        let records: Vec<u8> =
            self.later[first - 1..last].iter().flat_map(|event| event.record().to_vec()).collect();
        let after = first.checked_sub(2).map(|before| self.later[before].id);
        let frame =
            Frame { first: Position(first as u64), last: Position(last as u64), after, records: &records };
        [&frame.header()[..], &records].concat()
    }

    fn wal(&self, number: usize) -> PathBuf {
        self.place.dir().join(format!("wal.{number}"))
    }

    fn write(&self, number: usize, parts: &[&[u8]]) {
        fs::write(self.wal(number), parts.concat()).unwrap();
    }

    /// Opens the shorter log, which must hold `events` of the longer one, and goes on.
    async fn opens(&self, events: usize) -> OpenReport {
        let (log, report) = self.place.open();
        assert_eq!(report.events, events as u64);
        assert!(all(&log).await.iter().map(seen).eq(self.later[..events].iter().map(seen)));
        assert!(!self.wal(0).exists() && !self.wal(1).exists());
        let next = log.append(append("s-9", Expected::NoStream, [900])).wait().await;
        assert_eq!(next, at(events as u64 + 1, 0));
        log.close();
        let (log, again) = self.place.open();
        assert_eq!((again.events, again.cut), (events as u64 + 1, None));
        let read = all(&log).await;
        assert!(read.iter().take(events).map(seen).eq(self.later[..events].iter().map(seen)));
        report
    }
}

#[tokio::test]
async fn what_a_crash_left_is_brought_in() {
    let one = Twins::new().await;
    one.write(0, &[&one.frame(43..=43), &one.frame(44..=62)]);
    assert_eq!(one.opens(62).await.cut, None);

    // The older frames in the other file, behind the newest what is left of frames of before.
    let two = Twins::new().await;
    two.write(1, &[&two.frame(30..=44), &two.frame(45..=50)]);
    two.write(
        0,
        &[
            &two.frame(51..=60),
            &two.frame(61..=61),
            &two.frame(20..=25)[30..],
            &two.frame(26..=29),
            &[0; 999],
        ],
    );
    assert_eq!(two.opens(61).await.cut, None);

    // Everything is in sled already.
    let three = Twins::new().await;
    three.write(0, &[&three.frame(3..=42), &three.frame(2..=2)]);
    assert_eq!(three.opens(42).await.cut, None);
}

#[tokio::test]
async fn an_unfinished_write_is_cut_and_reported_unless_it_was_acknowledged() {
    let twins = Twins::new().await;
    let torn = twins.frame(51..=62);
    for keep in [30, 60, torn.len() - 1] {
        let twins = Twins::new().await;
        twins.write(0, &[&twins.frame(43..=50), &torn[..keep], &[0; 4000]]);
        let cut = twins.opens(50).await.cut.unwrap();
        let told = format!("{}: the unfinished write from position 51 on was cut", twins.wal(0).display());
        assert!(cut.starts_with(&told), "{cut}");
    }
    for acknowledged in [51, 62] {
        let twins = Twins::new().await;
        twins.write(0, &[&twins.frame(43..=50), &torn[..60], &[0; 4000]]);
        Mark::open(&twins.place.dir()).unwrap().0.set(Position(acknowledged)).unwrap();
        let refusal = twins.place.refusal();
        assert!(
            refusal.contains(&format!("up to position {acknowledged}, which was acknowledged")),
            "{refusal}"
        );
        // Nothing was taken away.
        assert!(twins.wal(0).exists());
        assert_eq!(twins.place.refusal(), refusal);
    }
}

#[tokio::test]
async fn what_does_not_follow_is_refused() {
    let gap = Twins::new().await;
    gap.write(0, &[&gap.frame(44..=62)]);
    let told = format!("{}: what comes before it is missing", gap.wal(0).display());
    assert!(gap.place.refusal().starts_with(&told), "{}", gap.place.refusal());
    assert!(gap.place.refusal().ends_with("at position 43"), "{}", gap.place.refusal());

    // A frame changed in the middle: what comes behind it says that it was durable.
    let changed = Twins::new().await;
    let mut middle = changed.frame(46..=50);
    middle[100] ^= 1;
    changed.write(0, &[&changed.frame(43..=45), &middle, &changed.frame(51..=62)]);
    assert!(
        changed.place.refusal().contains("what comes before it is missing"),
        "{}",
        changed.place.refusal()
    );

    let foreign = Twins::new().await;
    let other = Place::new();
    let (log, _) = other.open();
    fill(&log, 1_000..1_050).await;
    let foreign_frame = Twins { later: all(&log).await, place: other }.frame(43..=50);
    foreign.write(1, &[&foreign_frame]);
    assert!(foreign.place.refusal().contains("it is of another log"), "{}", foreign.place.refusal());
    fs::remove_file(foreign.wal(1)).unwrap();
    foreign.opens(42).await;
}

#[tokio::test]
async fn what_sled_lost_of_its_last_commit_is_brought_back() {
    for missing in [&[3][..], &[19], &[35], &[3, 19], &[3, 35], &[19, 35], &[3, 19, 35]] {
        let twins = Twins::new().await;
        twins.place.tamper(|tree| {
            for position in missing {
                tree.remove(chunk::key(Position(*position))).unwrap().unwrap();
            }
        });
        let without = twins.place.refusal();
        assert!(without.contains("missing"), "{without}");
        twins.write(1, &[&twins.frame(2..=2), &twins.frame(3..=20), &twins.frame(21..=45)]);
        assert_eq!(twins.opens(45).await.cut, None);
    }
}

#[tokio::test]
async fn what_sled_lost_and_the_write_ahead_log_does_not_hold_whole_is_reported() {
    let twins = Twins::new().await;
    twins.place.tamper(|tree| drop(tree.remove(chunk::key(Position(19))).unwrap().unwrap()));
    Mark::open(&twins.place.dir()).unwrap().0.set(Position(2)).unwrap();
    twins.write(0, &[&twins.frame(3..=20), &twins.frame(21..=42)[..99]]);
    let cut = twins.opens(20).await.cut.unwrap();
    assert!(cut.contains("positions 3 to 42 was cut"), "{cut}");
}

#[tokio::test]
async fn frames_before_a_gap_are_not_relied_on() {
    let twins = Twins::new().await;
    twins.place.tamper(|tree| drop(tree.remove(chunk::key(Position(19))).unwrap().unwrap()));
    twins.write(0, &[&twins.frame(30..=50), &twins.frame(2..=5)]);
    assert!(twins.place.refusal().contains("missing"), "{}", twins.place.refusal());
    // Nothing was cut for what cannot be brought back.
    let mut left = 0;
    twins.place.tamper(|tree| left = tree.len());
    assert_eq!(left, 4);
}

#[test]
fn nothing_is_overwritten_before_it_is_in_sled() {
    let dir = TempDir::new().unwrap();
    let mut wal = Wal::new(dir.path(), 1_000);
    let records = [7; 300];
    let file = |number: usize| fs::read(dir.path().join(format!("wal.{number}"))).unwrap();
    let mut asked = vec![];
    let mut append = |first: u64, stored: bool| {
        let after = None;
        let frame = Frame { first: Position(first), last: Position(first + 1), after, records: &records };
        wal.append(&frame, |position| {
            asked.push((first, position.0));
            if stored { Ok(()) } else { Err(LogError::FailStop("sled is full".to_owned())) }
        })
    };
    for first in [1, 3, 5, 7, 9, 11] {
        append(first, true).unwrap();
    }
    let before = file(1);
    append(13, false).unwrap_err();
    assert_eq!(file(1), before);
    assert_eq!(asked, [(9, 4), (13, 8)]);
}

#[tokio::test]
async fn a_look_at_everything_shows_what_is_not_in_sled() {
    let twins = Twins::new().await;
    twins.write(0, &[&twins.frame(43..=50), &twins.frame(51..=55)]);
    twins.write(1, &[&twins.frame(40..=42)]);
    assert_eq!(examine::examined(&twins.place), ((1..=55).collect(), vec![]));
    twins.write(0, &[&twins.frame(51..=55)]);
    let (events, faults) = examine::examined(&twins.place);
    assert_eq!(events, (1..=42).chain(51..=55).collect::<Vec<_>>());
    assert_eq!(faults[0], (Part::Gap, 43));
    assert_eq!(fs::read(twins.wal(0)).unwrap(), twins.frame(51..=55));
    // What is in sled as well is shown once.
    fs::remove_file(twins.wal(0)).unwrap();
    twins.write(1, &[&twins.frame(30..=35)]);
    assert_eq!(examine::examined(&twins.place), ((1..=42).collect(), vec![]));
}

#[tokio::test]
async fn the_files_are_written_in_turn_and_gone_when_the_log_is_closed() {
    let place = Place::with(SMALL);
    let (log, _) = place.open();
    let files = || {
        [0, 1].map(|number| fs::metadata(place.dir().join(format!("wal.{number}"))).map(|file| file.len()))
    };
    // Twelve times what both hold.
    fill(&log, 0..250).await;
    let room = SMALL.wal_bytes + (256 << 10);
    assert!(files().into_iter().all(|length| length.is_ok_and(|length| length > 0 && length <= room)));
    // One append larger than all of that takes its room and gives it back.
    let mut large = append("a-1", Expected::Any, []);
    large.events = (1_000..1_004).map(|id| sized(id, 700_000)).collect();
    log.append(large).wait().await.unwrap();
    assert!(files().into_iter().any(|length| length.is_ok_and(|length| length > 2_800_000)));
    let read = log.read_all(Position(250), 10).await.unwrap();
    assert!(read.iter().map(|event| event.id.to_u128()).eq(1_000..1_004));
    fill(&log, 2_000..2_250).await;
    assert!(files().into_iter().all(|length| length.is_ok_and(|length| length <= room)));
    // It went to sled as a whole, though it was cut for readers.
    let commit = |position| {
        let key = chunk::key(Position(position));
        let value = log.shared.volumes.with(Position(position), |volume| Ok(volume.tree.get(key).unwrap()));
        chunk::open(&key, &value.unwrap().unwrap()).unwrap().commit
    };
    assert_eq!(commit(251), commit(254));
    let before = all(&log).await;
    log.close();
    assert!(files().into_iter().all(|length| length.is_err()));
    assert!(all(&place.open().0).await.iter().map(seen).eq(before.iter().map(seen)));
}

#[tokio::test]
async fn what_cannot_be_brought_into_sled_stops_the_log_and_is_there_at_the_next_opening() {
    let place = Place::with(Settings { volume_bytes: 1, settle_bytes: 1, ..Settings::default() });
    let (log, _) = place.open();
    assert_eq!(log.append(append("a-1", Expected::Any, [1])).wait().await, at(1, 0));
    log.settled();
    // The next volume cannot be made.
    let obstacle = place.dir().join(format!("{:020}.new", 2));
    fs::write(&obstacle, "in the way").unwrap();
    assert_eq!(log.append(append("a-1", Expected::Any, [2])).wait().await, at(2, 1));
    let error = log.shared.pending.settled(Position(2)).err().unwrap();
    assert!(error.to_string().contains("cannot make"), "{error}");
    let stopped = log.append(append("a-1", Expected::Any, [3])).wait().await.unwrap_err();
    assert!(matches!(&stopped, AppendError::Stopped(LogError::FailStop(_))), "{stopped}");
    let before = all(&log).await;
    assert_eq!(before.len(), 2);
    log.close();
    fs::remove_file(obstacle).unwrap();
    let (log, report) = place.open();
    assert_eq!((report.events, report.cut), (2, None));
    assert!(all(&log).await.iter().map(seen).eq(before.iter().map(seen)));
    assert_eq!(log.append(append("a-1", Expected::Any, [3])).wait().await, at(3, 2));
}

#[tokio::test]
async fn what_was_just_written_is_read_wherever_it_is() {
    let place = Place::with(Settings { settle_bytes: usize::MAX, ..Settings::default() });
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
