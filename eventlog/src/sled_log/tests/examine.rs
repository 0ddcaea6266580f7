//! A look at everything tells all that is wrong, and shows all that is whole.

use super::tamper::{self, Bytes, tamper};
use super::volumes::{SMALL, WHOLE, fill, firsts};
use super::*;

/// The first fault, and what makes it.
type Damage<'a> = ((Part, u64), &'a dyn Fn(&Place));

/// Returns the positions of whole events, and what is wrong: the part and the position.
pub(super) fn examined(place: &Place) -> (Vec<u64>, Vec<(Part, u64)>) {
    let (mut events, mut faults) = (Vec::new(), Vec::new());
    let lock = SledLog::lock(&place.dir()).unwrap();
    SledLog::examine(&lock, &mut |met| match met {
        Met::Event(event) => events.push(event.position.0),
        Met::Fault(part, LogError::Damaged { file, position, .. }) => {
            assert!(file.starts_with(&*place.dir().display().to_string()), "{file}");
            faults.push((part, position.0));
        }
        Met::Fault(part, error) => panic!("{part:?} {error}"),
    })
    .unwrap();
    (events, faults)
}

#[tokio::test]
async fn a_whole_log_is_shown_whole() {
    let place = Place::with(SMALL);
    let (log, _) = place.open();
    fill(&log, 0..300).await;
    let mut large = append("a-1", Expected::Any, []);
    large.events = vec![event(1_000), sized(1_001, 30_000), event(1_002)];
    log.append(large).wait().await.unwrap();
    log.close();
    assert_eq!(examined(&place), ((1..=303).collect(), vec![]));
    assert_eq!(place.open().1.events, 303);
}

#[tokio::test]
async fn every_fault_is_told_and_what_lies_behind_is_read() {
    let place = Place::with(SMALL);
    let (log, _) = place.open();
    fill(&log, 0..400).await;
    log.close();
    let volumes = firsts(&place);
    assert!(volumes.len() > 4);
    // In the first volume a chunk that is changed, in the second one that is gone, the third unreadable, in the
    // fourth one that is no chunk any more.
    place.tamper(|volume| volume.flip(1));
    let (gone, zeros) = (volumes[1] + 3, volumes[3] + 7);
    tamper(&place.volume_from(volumes[1]), |volume| volume.remove(gone));
    tamper(&place.volume_from(volumes[2]), |volume| volume.bytes[20] ^= 1);
    tamper(&place.volume_from(volumes[3]), |volume| volume.zero(volume.chunk(zeros)));
    let (events, faults) = examined(&place);
    let unread =
        |position: &u64| [1, gone, zeros].contains(position) || (volumes[2]..volumes[3]).contains(position);
    assert_eq!(events, (1..=400).filter(|position| !unread(position)).collect::<Vec<_>>());
    let at = |wanted: Part| -> Vec<u64> {
        faults.iter().filter(|(part, _)| *part == wanted).map(|(_, position)| *position).collect()
    };
    assert_eq!(
        (at(Part::Chunk), at(Part::Gap), at(Part::Volume)),
        (vec![1, zeros], vec![gone], vec![volumes[2]])
    );
    // The next event of each stream is the first to miss the one before.
    assert_eq!((at(Part::Revision)[0], at(Part::Link)[0]), (6, 6));
    assert_eq!((at(Part::Record), at(Part::Instant)), (vec![], vec![]));
}

#[tokio::test]
async fn what_was_acknowledged_and_is_gone_is_told() {
    let place = Place::new();
    three_commits(&place).await;
    for (length, seen) in [(0, 18), (20, 18)] {
        let place = place.twin();
        place.tamper(|volume| volume.bytes.truncate(volume.chunk(19).start + length));
        let (events, faults) = examined(&place);
        assert_eq!(events, (1..=seen).collect::<Vec<_>>());
        let part = if length == 0 { Part::Gap } else { Part::Chunk };
        assert_eq!(faults, [(part, 19)]);
    }
}

#[tokio::test]
async fn an_unfinished_tail_is_no_fault_unless_it_was_acknowledged() {
    let place = Place::new();
    three_commits(&place).await;
    let damages: [tamper::Damage; 6] = [
        (3, |volume| volume.bytes.truncate(volume.chunk(3).start + 30)),
        (35, |volume| volume.bytes.truncate(volume.chunk(35).start)),
        (35, |volume| volume.zero(volume.chunk(35))),
        (3, |volume| volume.zero(volume.chunk(3))),
        (19, |volume| volume.zero(volume.chunk(19))),
        (19, |volume| volume.flip(19)),
    ];
    for (position, damage) in damages {
        let place = place.twin();
        place.tamper(damage);
        let acknowledged = examined(&place);
        assert_eq!(acknowledged.1.first().map(|(_, position)| *position), Some(position));
        place.forget(2);
        // What stands before the hole is shown, though opening cuts the commit whole.
        assert_eq!(examined(&place), ((1..position).collect(), vec![]), "{position}");
        let volume = fs::read(place.volume()).unwrap();
        assert_eq!(place.open().1.events, 2);
        assert!(fs::read(place.volume()).unwrap() != volume);
    }
    // A later commit shows that this one was finished.
    place.forget(0);
    place.tamper(|volume| volume.flip(2));
    let (events, faults) = examined(&place);
    assert_eq!((events.len(), faults[0]), (41, (Part::Chunk, 2)));
}

#[tokio::test]
async fn room_at_the_end_is_no_fault_and_a_look_changes_nothing() {
    let place = Place::new();
    let (log, _) = place.open();
    log.append(append("a-1", Expected::Any, 0..40)).wait().await.unwrap();
    let crashed = place.twin();
    log.close();
    let before = fs::read(crashed.volume()).unwrap();
    assert!(before.ends_with(&[0; 1_000]));
    assert_eq!(examined(&crashed), ((1..=40).collect(), vec![]));
    assert!(fs::read(crashed.volume()).unwrap() == before);
    // One byte in it is a fault, if what comes there was acknowledged.
    crashed.tamper(|volume| *volume.bytes.last_mut().unwrap() = 1);
    assert_eq!(examined(&crashed), ((1..=40).collect(), vec![]));
    crashed.forget(41);
    let (events, faults) = examined(&crashed);
    assert_eq!((events.len(), faults), (40, vec![(Part::Chunk, 41)]));
}

#[tokio::test]
async fn what_opening_refuses_is_a_fault() {
    let place = Place::with(WHOLE);
    let (log, _) = place.open();
    fill(&log, 0..100).await;
    log.close();
    let volumes = firsts(&place);
    let other = Place::with(WHOLE);
    let (log, _) = other.open();
    fill(&log, 1_000..1_100).await;
    log.close();
    let number = |volume: &mut Bytes, at: usize, number: u64| {
        volume.rewrite(5, |chunk| chunk[at..at + 8].copy_from_slice(&number.to_be_bytes()));
    };
    let damages: [Damage<'_>; 7] = [
        ((Part::Volume, volumes[1]), &|place| {
            fs::copy(other.volume_from(volumes[1]), place.volume_from(volumes[1])).unwrap();
        }),
        ((Part::Gap, volumes[1]), &|place| fs::remove_file(place.volume_from(volumes[1])).unwrap()),
        ((Part::Chunk, 5), &|place| place.tamper(|volume| number(volume, 22, 1))),
        ((Part::Chunk, 5), &|place| place.tamper(|volume| number(volume, 30, 3))),
        ((Part::Chunk, 5), &|place| place.tamper(|volume| number(volume, 38, 12))),
        ((Part::Record, 5), &|place| place.tamper(|volume| volume.rewrite(5, |chunk| chunk[500] ^= 1))),
        ((Part::Gap, 5), &|place| place.tamper(|volume| volume.remove(5))),
    ];
    for (fault, damage) in damages {
        let place = place.twin();
        damage(&place);
        let (_, faults) = examined(&place);
        assert_eq!(faults.first(), Some(&fault), "{faults:?}");
        place.refusal();
    }
}
