//! A look at everything tells all that is wrong, and shows all that is whole.

use super::volumes::{SMALL, fill, firsts};
use super::*;

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
    assert!(volumes.len() > 3);
    let first = Position(1);
    // In the first volume a chunk that is changed, in the second one that is gone, the third unreadable.
    tamper_with(&place.volume_from(volumes[0]), |tree| {
        let mut value = tree.get(chunk::key(first)).unwrap().unwrap().to_vec();
        value[100] ^= 1;
        tree.insert(chunk::key(first), value).unwrap();
    });
    let gone = volumes[1] + 3;
    tamper_with(&place.volume_from(volumes[1]), |tree| {
        tree.remove(chunk::key(Position(gone))).unwrap().unwrap();
    });
    fs::write(place.volume_from(volumes[2]).join("manifest.json"), "{}").unwrap();
    let (events, faults) = examined(&place);
    let unread = 1 + 1 + (volumes[3] - volumes[2]);
    assert_eq!(events.len() as u64, 400 - unread);
    assert_eq!(events.last(), Some(&400));
    let at = |wanted: Part| faults.iter().find(|(part, _)| *part == wanted).map(|(_, position)| *position);
    assert_eq!((at(Part::Chunk), at(Part::Gap), at(Part::Volume)), (Some(1), Some(gone), Some(volumes[2])));
    // The next event of each stream is the first to miss the one before.
    assert_eq!((at(Part::Revision), at(Part::Link)), (Some(6), Some(6)));
    assert_eq!((at(Part::Record), at(Part::Instant)), (None, None));
}

#[tokio::test]
async fn what_was_acknowledged_and_is_gone_is_told() {
    let place = Place::new();
    three_commits(&place).await;
    place.tamper(|tree| {
        for position in [19, 35] {
            tree.remove(chunk::key(Position(position))).unwrap().unwrap();
        }
    });
    assert_eq!(examined(&place), ((1..=18).collect(), vec![(Part::Gap, 19)]));
}

#[tokio::test]
async fn pieces_that_are_gone_are_told() {
    for missing in [0, 1, 2] {
        let place = Place::new();
        let (log, _) = place.open();
        let mut large = append("a-1", Expected::Any, []);
        large.events = vec![event(1), sized(2, 20_000), event(3)];
        log.append(large).wait().await.unwrap();
        log.close();
        place.tamper(|tree| {
            tree.remove(chunk::part_key(Position(2), missing)).unwrap().unwrap();
        });
        let (events, faults) = examined(&place);
        assert_eq!(events, [1, 3]);
        assert_eq!(faults[0], (Part::Gap, 2), "piece {missing}: {faults:?}");
    }
}
