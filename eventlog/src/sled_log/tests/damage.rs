//! What a crash left unfinished is cut and reported; anything else that is not as written refuses.

use super::*;

/// Makes the log believe that nothing after `position` was acknowledged.
fn forget(place: &Place, position: u64) {
    Mark::open(&place.dir()).unwrap().0.set(Position(position)).unwrap();
}

#[tokio::test]
async fn a_changed_byte_is_reported_with_its_position() {
    for (position, named) in [(1, 1), (2, 2), (3, 3), (19, 19), (35, 35)] {
        let place = Place::new();
        three_commits(&place).await;
        place.tamper(|tree| {
            let key = chunk::key(Position(position));
            let mut value = tree.get(key).unwrap().unwrap().to_vec();
            let middle = value.len() / 2;
            value[middle] ^= 0x10;
            tree.insert(key, value).unwrap();
        });
        let refusal = place.refusal();
        assert!(refusal.contains("00000000000000000001"), "{refusal}");
        assert!(refusal.ends_with(&format!("wrong at position {named}")), "{refusal}");
    }
}

#[tokio::test]
async fn a_byte_that_changes_while_it_runs_is_reported_when_it_is_read() {
    let place = Place::new();
    three_commits(&place).await;
    let (log, _) = place.open();
    let tree = log.shared.volumes.with_newest(|volume| Ok(volume.tree.clone())).unwrap();
    let key = chunk::key(Position(19));
    let mut value = tree.get(key).unwrap().unwrap().to_vec();
    value[100] ^= 1;
    tree.insert(key, value).unwrap();
    let error = log.read_all(Position::START, 100).await.unwrap_err();
    assert!(matches!(error, LogError::Damaged { position: Position(19), .. }), "{error}");
    assert_eq!(log.read_all(Position::START, 10).await.unwrap().len(), 10);
    tree.remove(key).unwrap();
    let error = log.read_at(Position(20)).await.unwrap_err();
    assert!(error.to_string().ends_with("is missing at position 20"), "{error}");
}

#[tokio::test]
async fn an_unfinished_commit_at_the_end_is_cut_whole_and_reported() {
    // Any part of the last commit may be missing, in any order.
    for missing in [&[3][..], &[19], &[35], &[3, 19], &[3, 35], &[19, 35]] {
        let place = Place::new();
        three_commits(&place).await;
        forget(&place, 2);
        place.tamper(|tree| {
            for position in missing {
                tree.remove(chunk::key(Position(*position))).unwrap().unwrap();
            }
        });
        let (log, report) = place.open();
        assert_eq!(report.events, 2);
        let cut = report.cut.unwrap();
        assert!(cut.contains("positions 3 to 42 was cut"), "{cut}");
        // The stream stands where it stood before, and goes on.
        assert_eq!(log.append(append("a-1", Expected::At(0), [70])).wait().await, at(3, 1));
        log.close();
        let (log, report) = place.open();
        assert_eq!((report.events, report.cut), (3, None));
        assert_eq!(all(&log).await.last().unwrap().id.to_u128(), 70);
    }
}

#[tokio::test]
async fn an_unfinished_large_event_is_cut_whole() {
    for missing in [0, 1, 2] {
        let place = Place::new();
        let (log, _) = place.open();
        log.append(append("a-1", Expected::Any, [1])).wait().await.unwrap();
        log.settled();
        let mut large = append("a-1", Expected::Any, []);
        large.events = vec![event(2), sized(3, 20_000), event(4)];
        log.append(large).wait().await.unwrap();
        log.close();
        forget(&place, 1);
        place.tamper(|tree| {
            tree.remove(chunk::part_key(Position(3), missing)).unwrap().unwrap();
        });
        let (log, report) = place.open();
        assert!(report.cut.unwrap().contains("positions 2 to 4 was cut"));
        assert_eq!(all(&log).await.len(), 1);
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_never_cut() {
    let place = Place::new();
    three_commits(&place).await;
    place.tamper(|tree| {
        tree.remove(chunk::key(Position(35))).unwrap().unwrap();
    });
    let refusal = place.refusal();
    assert!(refusal.ends_with("is missing at position 35"), "{refusal}");
    place.tamper(|tree| {
        for position in [3, 19] {
            tree.remove(chunk::key(Position(position))).unwrap().unwrap();
        }
    });
    let refusal = place.refusal();
    assert!(refusal.contains("up to position 42") && refusal.ends_with("at position 3"), "{refusal}");
    forget(&place, 0);
    assert_eq!(place.open().1.events, 2);
    fs::write(place.dir().join("committed"), [0; 12]).unwrap();
    assert!(place.refusal().contains("remove the file"));
}

#[tokio::test]
async fn a_byte_changed_anywhere_in_the_file_loses_nothing_in_silence() {
    let place = Place::new();
    let (log, _) = place.open();
    for id in 0..300 {
        let mut one = append("a-1", Expected::Any, []);
        one.events = vec![sized(id, 4_000)];
        log.append(one).wait().await.unwrap();
    }
    let before = all(&log).await;
    log.close();
    let file = place.volume().join("db");
    let length = fs::metadata(&file).unwrap().len();
    for part in 0..16 {
        let other = Place::new();
        fs::create_dir_all(other.volume().join("blobs")).unwrap();
        for entry in fs::read_dir(place.volume()).unwrap().map(Result::unwrap) {
            if entry.path().is_file() {
                fs::copy(entry.path(), other.volume().join(entry.file_name())).unwrap();
            }
        }
        fs::copy(place.dir().join("committed"), other.dir().join("committed")).unwrap();
        let mut bytes = fs::read(&file).unwrap();
        let at = usize::try_from((length * part / 16 + 500).min(length - 1)).unwrap();
        bytes[at] ^= 0x55;
        fs::write(other.volume().join("db"), bytes).unwrap();
        match other.try_open() {
            Ok((log, _)) => assert!(all(&log).await.iter().map(seen).eq(before.iter().map(seen))),
            Err(error) => assert!(matches!(error, LogError::Damaged { .. }), "{error}"),
        }
    }
}

#[tokio::test]
async fn a_gap_refuses() {
    for (missing, named) in [(1, 1), (2, 2)] {
        let place = Place::new();
        three_commits(&place).await;
        place.tamper(|tree| {
            tree.remove(chunk::key(Position(missing))).unwrap().unwrap();
        });
        let refusal = place.refusal();
        assert!(refusal.ends_with(&format!("is missing at position {named}")), "{refusal}");
    }
    let place = Place::new();
    three_commits(&place).await;
    let (log, _) = place.open();
    log.append(append("c-1", Expected::Any, [80])).wait().await.unwrap();
    log.close();
    place.tamper(|tree| {
        tree.remove(chunk::key(Position(19))).unwrap().unwrap();
    });
    let refusal = place.refusal();
    assert!(refusal.ends_with("is missing at position 19"), "{refusal}");
}

#[tokio::test]
async fn chunks_that_contradict_each_other_refuse() {
    // A chunk that is right in itself but says another one stands before it, or another commit around it.
    for (previous, first, last) in [(1, 3, 3), (2, 2, 3), (2, 3, 2)] {
        let place = Place::new();
        let (log, _) = place.open();
        for id in 1..=3 {
            log.append(append("a-1", Expected::Any, [id])).wait().await.unwrap();
            log.settled();
        }
        log.close();
        place.tamper(|tree| {
            let key = chunk::key(Position(3));
            let mut value = tree.get(key).unwrap().unwrap().to_vec();
            for (at, number) in [(10, previous), (18, first), (26, last)] {
                value[at..at + 8].copy_from_slice(&u64::to_be_bytes(number));
            }
            let checksum = crc32c::crc32c(&[&key[..], &value[..2], &value[6..]].concat()).to_be_bytes();
            value[2..6].copy_from_slice(&checksum);
            tree.insert(key, value).unwrap();
        });
        let refusal = place.refusal();
        assert!(refusal.ends_with("at position 3"), "{refusal}");
    }
}

#[tokio::test]
async fn a_lost_conf_is_restored_and_a_foreign_manifest_refused() {
    let place = Place::new();
    three_commits(&place).await;
    let conf = place.volume().join("conf");
    let kept = fs::read(&conf).unwrap();
    for change in [None, Some(&b"segment_size: 256\n"[..])] {
        match change {
            None => fs::remove_file(&conf).unwrap(),
            Some(bytes) => fs::write(&conf, bytes).unwrap(),
        }
        let (log, report) = place.open();
        let restored = format!("{} was lost or damaged and restored from the manifest", conf.display());
        assert_eq!(report.restored, [restored]);
        assert_eq!(all(&log).await.len(), 42);
        log.close();
        assert_eq!(fs::read(&conf).unwrap(), kept);
    }
    let manifest = place.volume().join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("\"format\":1", "\"format\":2")).unwrap();
    assert!(place.refusal().contains("format 2"));
    fs::remove_file(&manifest).unwrap();
    assert!(place.refusal().contains("manifest.json"));
}
