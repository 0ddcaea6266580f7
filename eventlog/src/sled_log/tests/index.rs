//! The index may be lost or lie: what is read is the same, and it is made again.

use super::super::index::{Index, Place as Stands, SPACING, Spacing};
use super::ends::{files_of, filled};
use super::volumes::{SMALL, WHOLE, fill, firsts};
use super::*;

/// When it is told that the index is made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// At the first opening.
    AtOnce,
    /// At the opening after it was read.
    Later,
    /// Only if sled notices.
    Perhaps,
    /// There is nothing to tell.
    Never,
}

/// What is done to the index, and what is told of it.
type Damage<'a, T> = (Told, &'a dyn Fn(&T));

fn folder(place: &Place) -> PathBuf {
    place.dir().join("index")
}

/// Changes places in sled.
fn with_sled(place: &Place, change: impl FnOnce(&sled::Tree)) {
    Index::open(&place.dir()).unwrap().tamper(change);
}

/// Opens a log whose index was damaged: it holds the same events. Says when that was told.
async fn opens(place: &Place, report: &OpenReport, events: &[Recorded], told: Told, which: usize) {
    let again = format!("{} was missing or damaged and was made again", folder(place).display());
    let open = || {
        let (log, found) = place.open();
        assert!(found.restored.iter().all(|restored| *restored == again), "{:?}", found.restored);
        let restored = found.restored.len();
        assert_eq!(OpenReport { restored: vec![], ..found }, *report);
        (log, restored)
    };
    let (log, at_once) = open();
    for event in events {
        let read = log.read_at(event.position).await.unwrap().unwrap();
        assert_eq!(seen(&read), seen(event));
    }
    for after in (0..events.len()).step_by(149) {
        let read = log.read_all(Position(after as u64), 100).await.unwrap();
        assert!(same(&read, &events[after..events.len().min(after + 100)]));
    }
    let (name, own): (_, Vec<_>) =
        ("s-3", events.iter().filter(|event| event.stream() == "s-3").cloned().collect());
    for direction in [Direction::Forwards, Direction::Backwards] {
        let mut read = log.read_stream(&stream(name), None, direction, usize::MAX).await.unwrap();
        if direction == Direction::Backwards {
            read.reverse();
        }
        assert!(same(&read, &own));
    }
    log.close();
    // Doubt was noted: there is none before the next opening.
    let doubted = !folder(place).exists();
    let (log, later) = open();
    assert!(same(&all(&log).await, events));
    log.close();
    assert_eq!(later, usize::from(doubted));
    let expected: &[(usize, usize)] = match told {
        Told::AtOnce => &[(1, 0)],
        Told::Later => &[(0, 1)],
        Told::Never => &[(0, 0)],
        Told::Perhaps => &[(0, 0), (0, 1), (1, 0)],
    };
    assert!(expected.contains(&(at_once, later)), "damage {which}: {at_once} {later}");
    let (log, restored) = open();
    assert_eq!(restored, 0);
    log.close();
}

#[tokio::test]
async fn an_index_that_is_lost_or_damaged_is_made_again() {
    let place = Place::with(SMALL);
    let (report, events) = filled(&place).await;
    let other = Place::with(SMALL);
    let (log, _) = other.open();
    // Of another size, so that nothing stands where it stands here.
    for id in 0..300_u128 {
        let mut one = append(&format!("s-{}", id % 5), Expected::Any, []);
        one.events = (0..4).map(|index| sized(id * 4 + index, 1_100)).collect();
        log.append(one).wait().await.unwrap();
    }
    log.close();
    let foreign = folder(&other);
    let random = |folder: &Path, from: usize, to: usize| {
        let (file, mut next) = (folder.join("db"), 7_u32);
        let mut bytes = fs::read(&file).unwrap();
        let length = bytes.len();
        for byte in &mut bytes[length * from / 8..length * to / 8] {
            next = next.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = next.to_be_bytes()[0];
        }
        fs::write(file, bytes).unwrap();
    };
    let cut = |folder: &Path, part: u64| {
        let file = fs::OpenOptions::new().write(true).open(folder.join("db")).unwrap();
        file.set_len(file.metadata().unwrap().len() * part / 8).unwrap();
    };
    let damages: [Damage<'_, Path>; 14] = [
        (Told::Never, &|_| {}),
        (Told::AtOnce, &|folder| fs::remove_dir_all(folder).unwrap()),
        (Told::AtOnce, &|folder| {
            fs::remove_dir_all(folder).unwrap();
            fs::create_dir(folder).unwrap();
        }),
        (Told::AtOnce, &|folder| fs::remove_file(folder.join("db")).unwrap()),
        (Told::AtOnce, &|folder| random(folder, 0, 8)),
        (Told::Perhaps, &|folder| random(folder, 0, 1)),
        (Told::Perhaps, &|folder| random(folder, 3, 5)),
        (Told::Perhaps, &|folder| random(folder, 7, 8)),
        (Told::AtOnce, &|folder| cut(folder, 0)),
        (Told::Perhaps, &|folder| cut(folder, 4)),
        (Told::Perhaps, &|folder| cut(folder, 7)),
        (Told::Perhaps, &|folder| fs::remove_file(folder.join("conf")).unwrap()),
        (Told::Perhaps, &|folder| fs::write(folder.join("conf"), "segment_size: 256\n").unwrap()),
        (Told::AtOnce, &|folder| {
            fs::remove_dir_all(folder).unwrap();
            copy(&foreign, folder);
        }),
    ];
    for (which, (told, damage)) in damages.into_iter().enumerate() {
        let twin = place.twin();
        damage(&folder(&twin));
        opens(&twin, &report, &events, told, which).await;
    }
}

/// Returns the positions and offsets of a group.
fn places_of(group: &[u8]) -> Vec<[u64; 2]> {
    let number = |bytes: &[u8]| u64::from_be_bytes(bytes.try_into().unwrap());
    group.chunks_exact(16).map(|place| [number(&place[..8]), number(&place[8..])]).collect()
}

fn change_group(tree: &sled::Tree, key: &[u8], change: impl FnOnce(&mut Vec<[u64; 2]>)) {
    let mut places = places_of(&tree.get(key).unwrap().unwrap());
    change(&mut places);
    let bytes: Vec<u8> = places.into_iter().flatten().flat_map(u64::to_be_bytes).collect();
    tree.insert(key, bytes).unwrap();
}

#[tokio::test]
async fn places_that_are_wrong_are_noticed() {
    let place = Place::with(SMALL);
    let (report, events) = filled(&place).await;
    let set = |tree: &sled::Tree, position: u64, at: &[u8]| {
        tree.insert(position.to_be_bytes(), at).unwrap();
    };
    let each = |tree: &sled::Tree, change: &dyn Fn(u64) -> u64| {
        for key in tree.iter().keys().collect::<Result<Vec<_>, _>>().unwrap() {
            change_group(tree, &key, |places| {
                for place in places {
                    place[1] = change(place[1]);
                }
            });
        }
    };
    let early = |tree: &sled::Tree, at: u64| {
        let (key, _) = tree.first().unwrap().unwrap();
        change_group(tree, &key, |places| places[3][1] = at);
    };
    let no_places = |tree: &sled::Tree| {
        for key in tree.iter().keys().collect::<Result<Vec<_>, _>>().unwrap() {
            tree.insert(key, vec![7; 3]).unwrap();
        }
    };
    let damages: [Damage<'_, sled::Tree>; 13] = [
        (Told::AtOnce, &|tree| tree.clear().unwrap()),
        (Told::AtOnce, &|tree| each(tree, &|at| at + 1)),
        (Told::AtOnce, &|tree| each(tree, &|at| at - 1)),
        (Told::AtOnce, &|tree| each(tree, &|_| u64::MAX)),
        (Told::AtOnce, &|tree| each(tree, &|_| 1 << 40)),
        (Told::AtOnce, &no_places),
        // The last place is right, so only who reads notices.
        (Told::Later, &|tree| early(tree, BEGIN)),
        (Told::Later, &|tree| early(tree, BEGIN + 1)),
        (Told::Later, &|tree| early(tree, u64::MAX)),
        (Told::Later, &|tree| set(tree, 77, b"odd")),
        (Told::Later, &|tree| {
            tree.insert([0, 0, 0, 0, 0, 0, 0, 77, 0], &[0; 8]).unwrap();
        }),
        // Places that are missing cost time alone.
        (Told::Never, &|tree| {
            let (key, _) = tree.first().unwrap().unwrap();
            tree.remove(key).unwrap();
        }),
        // Those of what is not there are removed.
        (Told::Never, &|tree| (1_001..1_400).for_each(|position| set(tree, position, &[0; 8]))),
    ];
    for (which, (told, damage)) in damages.into_iter().enumerate() {
        let twin = place.twin();
        with_sled(&twin, damage);
        opens(&twin, &report, &events, told, which).await;
    }
}

#[tokio::test]
async fn places_left_over_are_not_met_when_the_log_goes_on() {
    let place = Place::with(SMALL);
    filled(&place).await;
    with_sled(&place, |tree| {
        for position in 1_001..1_400_u64 {
            tree.insert(position.to_be_bytes(), &[0; 8]).unwrap();
        }
    });
    let (log, _) = place.open();
    with_places(&log, |places| assert_eq!(places, None));
    fill(&log, 1_000..1_100).await;
    let before = all(&log).await;
    log.close();
    assert!(folder(&place).exists(), "nothing was doubted");
    let (log, report) = place.open();
    assert_eq!((report.events, report.restored), (1_100, vec![]));
    assert!(same(&all(&log).await, &before));
}

/// Shows the place of a position behind the end.
fn with_places(log: &SledLog, look: impl FnOnce(Option<Stands>)) {
    look(log.shared.index.before(Position(u64::MAX)).filter(|place| place.position > log.head()));
}

#[tokio::test]
async fn without_ends_the_index_is_made_again_in_silence() {
    let place = Place::with(WHOLE);
    let (log, _) = place.open();
    fill(&log, 0..200).await;
    let before = all(&log).await;
    log.close();
    for damage in [true, false] {
        if damage {
            fs::write(folder(&place).join("db"), "nothing").unwrap();
        }
        let (log, report) = place.open();
        assert_eq!((report.events, report.restored), (200, vec![]));
        assert!(same(&all(&log).await, &before));
        log.close();
    }
}

#[tokio::test]
async fn reading_begins_at_a_place_not_at_the_beginning_of_the_volume() {
    let place = Place::with(SMALL);
    let (_, events) = filled(&place).await;
    let volumes = firsts(&place);
    assert_eq!(files_of(&place).len(), 1);
    // With the index as it is, and made again.
    for made_again in [false, true] {
        let place = place.twin();
        if made_again {
            fs::remove_dir_all(folder(&place)).unwrap();
        }
        // Of an old volume an early chunk has no header any more.
        let (damaged, late, next) = (volumes[2] + 1, volumes[2] + 30, volumes[3]);
        tamper::tamper(&place.volume_from(volumes[2]), |volume| volume.zero(volume.chunk(damaged)));
        let (log, report) = place.open();
        assert_eq!(report.restored.len(), usize::from(made_again));
        for position in [volumes[2], late, next - 1, next] {
            let event = log.read_at(Position(position)).await.unwrap().unwrap();
            assert_eq!(seen(&event), seen(&events[usize::try_from(position).unwrap() - 1]));
        }
        let error = log.read_at(Position(damaged)).await.unwrap_err();
        assert!(matches!(error, LogError::Damaged { position, .. } if position.0 == damaged), "{error}");
        log.close();
    }
}

#[tokio::test]
async fn an_index_that_lost_what_stands_before_a_young_volume_is_noticed() {
    let place = Place::with(SMALL);
    let (log, _) = place.open();
    fill(&log, 0..96).await;
    // So little that there is no place in the newest volume.
    log.append(append("s-3", Expected::Any, [96])).wait().await.unwrap();
    let events = all(&log).await;
    log.close();
    assert_eq!(firsts(&place), [1, 49, 97]);
    let (log, report) = place.open();
    log.close();
    let last_of_old = |tree: &sled::Tree| {
        let (key, _) = tree.last().unwrap().unwrap();
        change_group(tree, &key, |places| assert_eq!(places.pop().unwrap()[0], 94));
    };
    let damages: [Damage<'_, sled::Tree>; 2] =
        [(Told::AtOnce, &|tree| tree.clear().unwrap()), (Told::AtOnce, &last_of_old)];
    for (which, (told, damage)) in damages.into_iter().enumerate() {
        let twin = place.twin();
        with_sled(&twin, damage);
        opens(&twin, &report, &events, told, which).await;
    }
}

#[test]
fn there_is_a_place_for_every_so_many_bytes() {
    let takes = |mut spacing: Spacing, at: &[u64]| -> Vec<u64> {
        at.iter().copied().filter(|at| spacing.takes(*at)).collect()
    };
    let (one, two) = (BEGIN + SPACING, BEGIN + 2 * SPACING);
    let chunks =
        [BEGIN, BEGIN + 1, one - 1, one, one + 1, two - 1, two, two + 3 * SPACING, two + 3 * SPACING + 9];
    assert_eq!(takes(Spacing::new(), &chunks), [one, two, two + 3 * SPACING]);
    // A place counts from where the one before stands, not from a grid.
    assert_eq!(takes(Spacing::new(), &[one + 5, two, two + 4, two + 5]), [one + 5, two + 5]);
    // Behind what is known the first chunk is one.
    assert_eq!(takes(Spacing::behind(), &[one + 7, two, two + 7]), [one + 7, two + 7]);
}

#[test]
fn a_place_is_found_in_memory_and_in_sled() {
    let dir = TempDir::new().unwrap();
    let places: Vec<_> =
        (1..=10).map(|place| Stands { position: Position(place * 10), at: place * 1_000 }).collect();
    let index = Index::make(dir.path()).unwrap();
    let before =
        |index: &Index, position: u64| index.before(Position(position)).map(|place| place.position.0);
    let all_of = |index: &Index| {
        for position in [0, 9] {
            assert_eq!(before(index, position), None);
        }
        for position in 10..=120 {
            assert_eq!(before(index, position), Some((position / 10 * 10).min(100)), "{position}");
        }
        assert_eq!(index.before(Position(u64::MAX)), Some(places[9]));
    };
    index.add(&places[..4]);
    index.add(&places[4..]);
    all_of(&index);
    let mut in_sled = vec![];
    // Up to a place, between two, before what is there already, and all of it.
    for (settled, last) in [(5, None), (50, Some(50)), (69, Some(60)), (20, Some(60)), (u64::MAX, Some(100))]
    {
        index.settle(Position(settled)).unwrap();
        all_of(&index);
        index.tamper(|tree| {
            let groups = tree.iter().map(|group| places_of(&group.unwrap().1));
            in_sled = groups.flatten().map(|[position, _]| position).collect();
        });
        let expected: Vec<_> = (1..=10)
            .map(|place| place * 10)
            .filter(|place| last.is_some_and(|last| *place <= last))
            .collect();
        assert_eq!(in_sled, expected);
    }
    drop(index);
    let index = Index::open(dir.path()).unwrap();
    all_of(&index);
    index.cut(Position(45)).unwrap();
    assert_eq!([before(&index, 39), before(&index, 100)], [Some(30), Some(40)]);
    // What was cut is not back when others come.
    index.add(&[Stands { position: Position(55), at: 1 }]);
    assert_eq!([before(&index, 54), before(&index, 100)], [Some(40), Some(55)]);
    drop(index);
    // What was not settled is lost, which costs time alone.
    let index = Index::open(dir.path()).unwrap();
    assert_eq!(before(&index, 100), Some(40));
    index.doubt();
    assert!(dir.path().join("index").exists());
    drop(index);
    assert!(!dir.path().join("index").exists());
    assert!(Index::open(dir.path()).is_none());
}

#[test]
fn an_index_can_be_made_where_one_is_and_opened_again_and_again() {
    let dir = TempDir::new().unwrap();
    for round in 1..20 {
        let index =
            if round % 4 == 1 { Index::make(dir.path()).unwrap() } else { Index::open(dir.path()).unwrap() };
        let last = (round - 1) / 4 * 4;
        let before = index.before(Position(u64::MAX)).map(|place| place.position.0);
        assert_eq!(before, Some(round - 1).filter(|before| *before > last));
        index.add(&[Stands { position: Position(round), at: round }]);
        index.settle(Position(round)).unwrap();
    }
}
