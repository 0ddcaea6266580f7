//! What is not as it was written refuses, and is told with file and position.

use super::ends::filled;
use super::tamper::{Bytes, Damage, tamper};
use super::volumes::{SMALL, WHOLE, fill, firsts};
use super::*;

#[tokio::test]
async fn a_changed_byte_is_reported_with_its_position() {
    for position in [1, 2, 3, 19, 35] {
        let place = Place::new();
        three_commits(&place).await;
        place.tamper(|volume| volume.flip(position));
        let told =
            format!("{}: the checksum of a chunk is wrong at position {position}", place.volume().display());
        assert_eq!(place.refusal(), told);
    }
}

#[tokio::test]
async fn a_byte_changed_in_a_closed_volume_refuses_whatever_was_acknowledged() {
    let place = Place::with(WHOLE);
    let (log, _) = place.open();
    fill(&log, 0..200).await;
    log.close();
    place.forget(0);
    let volumes = firsts(&place);
    // Also its last commit, behind which nothing stands in its file.
    for position in [volumes[1], volumes[1] + 17, volumes[2] - 1] {
        let (place, path) = (place.twin(), place.volume_from(volumes[1]));
        let path = place.dir().join(path.file_name().unwrap());
        tamper(&path, |volume| volume.flip(position));
        let before = fs::read(&path).unwrap();
        let told = format!("{}: the checksum of a chunk is wrong at position {position}", path.display());
        assert_eq!(place.refusal(), told);
        assert!(fs::read(&path).unwrap() == before);
    }
}

#[tokio::test]
async fn every_volume_must_be_the_one_it_is_called_after_though_it_is_not_read() {
    let place = Place::with(SMALL);
    filled(&place).await;
    let [one, other] = [1, 2].map(|index| firsts(&place)[index]);
    let damages: [Damage<&str>; 3] = [
        ("the checksum of its header is wrong", |volume| volume.bytes[20] ^= 1),
        ("ends in its header", |volume| volume.bytes.truncate(20)),
        ("is no volume of a format", |volume| volume.zero(0..8)),
    ];
    for (told, damage) in damages {
        let place = place.twin();
        tamper(&place.volume_from(one), damage);
        let (refusal, file) = (place.refusal(), place.volume_from(one).display().to_string());
        assert!(refusal.starts_with(&format!("{file}: {told}")), "{refusal}");
        assert!(refusal.ends_with(&format!("at position {one}")), "{refusal}");
    }
    fs::copy(place.volume_from(other), place.volume_from(one)).unwrap();
    assert!(place.refusal().contains(&format!("is the volume from position {other}")), "{}", place.refusal());
}

#[tokio::test]
async fn a_byte_changed_anywhere_refuses() {
    let place = Place::new();
    let (log, _) = place.open();
    fill(&log, 0..50).await;
    log.close();
    let whole = Bytes::of(&place.volume());
    let length = whole.bytes.len();
    let header = whole.chunk(30).start;
    for at in (0..HEADER).chain((0..16).map(|part| length * part / 16 + 500)).chain(header..header + 60) {
        place.tamper(|volume| volume.bytes[at] ^= 0x55);
        match place.try_open() {
            Ok(_) => panic!("it opens with byte {at} changed"),
            Err(LogError::Damaged { file, .. }) => assert_eq!(file, place.volume().display().to_string()),
            Err(error) => panic!("{error}"),
        }
        fs::write(place.volume(), &whole.bytes).unwrap();
    }
    assert_eq!(place.open().1.events, 50);
}

#[tokio::test]
async fn a_byte_that_changes_while_it_runs_is_reported_when_it_is_read() {
    let place = Place::with(SMALL);
    let (log, _) = place.open();
    fill(&log, 0..200).await;
    let before = all(&log).await;
    assert!(firsts(&place).len() > 2);
    let damaged = |error: LogError, what: &str| {
        let LogError::Damaged { file, position, what: told } = error else { panic!("{error}") };
        assert_eq!(file, place.volume().display().to_string());
        assert!(told.contains(what), "{told}");
        position.0
    };
    place.tamper(|volume| volume.flip(11));
    assert_eq!(damaged(log.read_at(Position(11)).await.unwrap_err(), "checksum"), 11);
    assert_eq!(damaged(log.read_all(Position::START, 100).await.unwrap_err(), "checksum"), 11);
    assert!(same(&log.read_all(Position::START, 10).await.unwrap(), &before[..10]));
    assert!(same(&log.read_all(Position(11), 189).await.unwrap(), &before[11..]));
    // Gone, as are those behind it up to the next place; those before are read.
    place.tamper(|volume| volume.zero(volume.chunk(11)));
    assert_eq!(damaged(log.read_at(Position(11)).await.unwrap_err(), "no chunk begins"), 11);
    assert!(same(&log.read_all(Position::START, 10).await.unwrap(), &before[..10]));
    assert!(same(&log.read_all(Position(20), 180).await.unwrap(), &before[20..]));
    // A chunk that is right in itself, but of another position.
    place.tamper(|volume| {
        let other = volume.bytes[volume.chunk(1)].to_vec();
        volume.replace(5, &other);
    });
    assert_eq!(damaged(log.read_at(Position(5)).await.unwrap_err(), "is missing"), 5);
    assert_eq!(damaged(log.read_all(Position(1), 9).await.unwrap_err(), "is missing"), 5);
    let error = log.read_stream(&stream("s-4"), None, Direction::Forwards, 9).await.unwrap_err();
    assert_eq!(damaged(error, ""), 5);
}

#[tokio::test]
async fn a_gap_refuses() {
    let place = Place::new();
    three_commits(&place).await;
    let (log, _) = place.open();
    log.append(append("c-1", Expected::Any, [80])).wait().await.unwrap();
    log.close();
    for missing in [1, 2, 3, 19, 35] {
        let place = place.twin();
        place.tamper(|volume| volume.remove(missing));
        let told = format!("{}: is missing at position {missing}", place.volume().display());
        assert_eq!(place.refusal(), told);
        // It is no torn write, whatever the mark says.
        place.forget(0);
        assert_eq!(place.refusal(), told);
    }
}

#[tokio::test]
async fn chunks_that_changed_places_refuse() {
    let place = Place::new();
    three_commits(&place).await;
    for (one, other) in [(1, 2), (2, 3), (3, 19), (19, 35)] {
        let place = place.twin();
        place.tamper(|volume| {
            let [first, second] = [one, other].map(|position| volume.bytes[volume.chunk(position)].to_vec());
            let range = volume.chunk(one).start..volume.chunk(other).end;
            volume.bytes.splice(range, [second, first].concat());
        });
        let refusal = place.refusal();
        assert!(refusal.ends_with(&format!("is missing at position {one}")), "{refusal}");
    }
    // One that stands there twice.
    place.tamper(|volume| {
        let (range, twice) = (volume.chunk(1), volume.bytes[volume.chunk(1)].to_vec());
        volume.bytes.splice(range.end..range.end, twice);
    });
    let refusal = place.refusal();
    assert!(refusal.ends_with("is of a commit that was over at position 1"), "{refusal}");
}

#[tokio::test]
async fn chunks_that_contradict_each_other_refuse() {
    // A chunk that is right in itself but says another one stands before it, or another commit around it.
    let place = Place::new();
    let (log, _) = place.open();
    for id in 1..=3 {
        log.append(append("a-1", Expected::Any, [id])).wait().await.unwrap();
    }
    log.close();
    for (previous, first, last, named) in
        [(1, 3, 3, "does not follow"), (2, 2, 3, "commit that was over"), (2, 3, 4, "is missing")]
    {
        let place = place.twin();
        place.tamper(|volume| {
            volume.rewrite(3, |chunk| {
                for (at, number) in [(22, previous), (30, first), (38, last)] {
                    chunk[at..at + 8].copy_from_slice(&u64::to_be_bytes(number));
                }
            });
        });
        let refusal = place.refusal();
        // A commit that is longer is missing its end.
        let position = if last == 4 { 4 } else { 3 };
        assert!(refusal.contains(named), "{refusal}");
        assert!(refusal.ends_with(&format!("at position {position}")), "{refusal}");
    }
}

#[tokio::test]
async fn records_that_are_not_those_that_were_written_refuse() {
    let place = Place::new();
    three_commits(&place).await;
    let mark = crate::chunk::HEADER;
    let refused = |change: &dyn Fn(&mut [u8])| {
        let place = place.twin();
        place.tamper(|volume| volume.rewrite(2, change));
        let refusal = place.refusal();
        assert!(refusal.ends_with("at position 2"), "{refusal}");
        refusal
    };
    assert!(refused(&|chunk| *chunk.last_mut().unwrap() ^= 1).contains("checksum of a record"));
    // A record whose own checksum is right as well.
    let rewritten = |at: usize, number: u64| {
        refused(&|chunk| {
            let record = &mut chunk[mark..];
            record[at..at + 8].copy_from_slice(&number.to_be_bytes());
            let checksum = crc32c::crc32c_append(crc32c::crc32c(&record[..53]), &record[57..]);
            record[53..57].copy_from_slice(&checksum.to_be_bytes());
        })
    };
    assert!(rewritten(13, 1).contains("a stream has a gap"));
    assert!(rewritten(21, 0).contains("was recorded before the one before it"));
    assert!(rewritten(45, 1).contains("a link does not lead to the event before"));
}

#[tokio::test]
async fn a_chunk_of_another_log_refuses() {
    let (place, other) = (Place::new(), Place::new());
    three_commits(&place).await;
    let (log, _) = other.open();
    for (name, ids) in [("a-1", 1..2), ("b-1", 2..3), ("b-1", 3..43)] {
        log.append(append(name, Expected::Any, ids)).wait().await.unwrap();
    }
    log.close();
    let other = Bytes::of(&other.volume());
    // The same positions in the same commits, but another stream.
    // The first of them goes on in that one, which the next contradicts.
    for (position, named) in [(3, 19), (19, 19), (35, 35)] {
        let place = place.twin();
        place.tamper(|volume| volume.replace(position, &other.bytes[other.chunk(position)]));
        let refusal = place.refusal();
        assert!(refusal.contains("a stream has a gap"), "{refusal}");
        assert!(refusal.ends_with(&format!("at position {named}")), "{refusal}");
    }
}

#[tokio::test]
async fn a_volume_without_its_header_refuses() {
    let place = Place::new();
    three_commits(&place).await;
    let whole = fs::read(place.volume()).unwrap();
    let told = |what: &str| {
        let (file, refusal) = (place.volume().display().to_string(), place.refusal());
        let told = format!("{file}: {what}: restore the volume from a backup; it begins at position 1");
        assert_eq!(refusal, told);
    };
    for at in 0..HEADER {
        let mut changed = whole.clone();
        changed[at] ^= 4;
        fs::write(place.volume(), &changed).unwrap();
        told(if at < 8 {
            "is no volume of a format this program knows"
        } else {
            "the checksum of its header is wrong"
        });
        fs::write(place.volume(), &whole[..at]).unwrap();
        told("ends in its header");
        // Nothing was made in its place.
        assert_eq!(fs::read(place.volume()).unwrap(), whole[..at]);
    }
    fs::write(place.volume(), whole).unwrap();
    assert_eq!(place.open().1.events, 42);
}

#[tokio::test]
async fn a_log_of_the_format_before_refuses_and_says_what_to_do() {
    for with_others in [false, true] {
        let place = Place::new();
        if with_others {
            three_commits(&place).await;
        }
        // Also one whose creation was not finished.
        let folder = place.volume().with_extension(if with_others { "new" } else { "" });
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("db"), "sled").unwrap();
        let told = format!(
            "{}: is a volume of format 1, which this program cannot read: make a backup with the program that wrote \
             it and restore that with this one; it begins at position 1",
            folder.display()
        );
        assert_eq!(place.refusal(), told);
        let lock = SledLog::lock(&place.dir()).unwrap();
        let error = SledLog::examine(&lock, &mut |met| panic!("{met:?}")).unwrap_err();
        assert_eq!(error.to_string(), told);
        assert_eq!(fs::read(folder.join("db")).unwrap(), b"sled");
        assert_eq!(place.volume().exists(), with_others);
    }
}
