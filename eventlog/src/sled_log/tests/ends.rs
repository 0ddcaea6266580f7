//! Opening reads what follows the last file of ends, and the whole log where there is none that can be used.

use super::volumes::{SMALL, fill, firsts};
use super::*;

/// Returns the files of ends, oldest first.
pub(super) fn files_of(place: &Place) -> Vec<PathBuf> {
    let entries = fs::read_dir(place.dir()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> =
        entries.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("ends.")).collect();
    files.sort();
    files
}

/// Makes a log of several volumes, of which the first ones are before the ends; returns its report and events.
pub(super) async fn filled(place: &Place) -> (OpenReport, Vec<Recorded>) {
    let (log, _) = place.open();
    fill(&log, 0..1_000).await;
    let events = all(&log).await;
    log.close();
    let (log, report) = place.open();
    log.close();
    (report, events)
}

#[tokio::test]
async fn only_what_follows_the_ends_is_read_at_open() {
    let place = Place::with(SMALL);
    let (report, events) = filled(&place).await;
    let files = files_of(&place);
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!((report.events, report.streams), (1_000, 5));
    // Nothing of the first volume but its header can be read any more: it is not missed before somebody reads it.
    place.tamper(|volume| volume.bytes[HEADER..].fill(0xA5));
    let (log, again) = place.open();
    assert_eq!(again, report);
    let tail = log.read_all(Position(900), 100).await.unwrap();
    assert!(tail.iter().map(seen).eq(events[900..].iter().map(seen)));
    let error = log.read_at(Position(1)).await.unwrap_err();
    assert!(matches!(error, LogError::Damaged { position: Position(1), .. }), "{error}");
    // It goes on where it ended, in every stream.
    assert_eq!(log.append(append("s-3", Expected::At(199), [5_000])).wait().await, at(1_001, 200));
    log.close();
    // Without the ends the damage is found at once.
    for file in files_of(&place) {
        fs::remove_file(file).unwrap();
    }
    let refusal = place.refusal();
    let told = format!("{}: no chunk begins where one should at position 1", place.volume().display());
    assert_eq!(refusal, told);
}

#[tokio::test]
async fn ends_that_cannot_be_used_are_removed_and_the_whole_log_is_read() {
    let place = Place::with(SMALL);
    let (report, events) = filled(&place).await;
    let other = Place::with(SMALL);
    let (log, _) = other.open();
    fill(&log, 50_000..51_000).await;
    log.close();
    let foreign = fs::read(files_of(&other).pop().unwrap()).unwrap();
    let name = files_of(&place).pop().unwrap();
    let whole = fs::read(&name).unwrap();
    let changes: Vec<Vec<u8>> = (0..whole.len())
        .step_by(whole.len() / 23)
        .map(|at| {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x20;
            bytes
        })
        .chain([vec![], whole[..whole.len() - 1].to_vec(), [&whole[..], &[0]].concat(), foreign])
        .collect();
    for bytes in changes {
        let twin = place.twin();
        let file = twin.dir().join(name.file_name().unwrap());
        fs::write(&file, bytes).unwrap();
        let (log, again) = twin.open();
        let removed = format!("{} was damaged, or is of another log", file.display());
        assert!(again.restored.len() == 1 && again.restored[0].starts_with(&removed), "{:?}", again.restored);
        assert_eq!(OpenReport { restored: vec![], ..again }, report);
        assert!(all(&log).await.iter().map(seen).eq(events.iter().map(seen)));
        log.close();
        // A whole one was made again.
        assert_eq!(twin.open().1, report);
    }
}

#[tokio::test]
async fn a_log_that_ends_before_its_ends_is_refused_as_without_them() {
    let place = Place::with(SMALL);
    filled(&place).await;
    let volumes = firsts(&place);
    for lost in [volumes.len() - 1, volumes.len() / 2, 0] {
        let twin = place.twin();
        fs::remove_file(twin.volume_from(volumes[lost])).unwrap();
        let refusal = twin.refusal();
        assert!(refusal.ends_with(&format!("at position {}", volumes[lost])), "{refusal}");
    }
}

#[tokio::test]
async fn a_file_of_ends_that_was_never_finished_is_removed() {
    let place = Place::with(SMALL);
    let (report, _) = filled(&place).await;
    let unfinished = place.dir().join("ends.new");
    fs::write(&unfinished, b"half").unwrap();
    assert_eq!(place.open().1, report);
    assert!(!unfinished.exists());
}

#[tokio::test]
async fn a_small_log_has_no_file_of_ends() {
    let place = Place::new();
    three_commits(&place).await;
    assert_eq!(files_of(&place), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn ends_are_noted_while_it_runs() {
    let place = Place::with(Settings { ends_every: 10, ..Settings::default() });
    let (log, _) = place.open();
    let mut portions = (0..2_000_u128).map(|portion| portion * 8..portion * 8 + 8);
    while !files_of(&place).iter().any(|file| file.extension().is_some_and(|extension| extension != "new")) {
        fill(&log, portions.next().expect("no ends are noted")).await;
    }
    log.close();
}
