//! The tree of a log over its life, and what is said when its files, or the log, are not what they were.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::log::Position;
use crate::tlog::{Checkpoint, TlogError, examine};

use super::{edited, grow, key, leaves, log_of, open};

/// Everything under a folder, by name.
fn stored(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

fn overwrite(file: &Path, at: u64, bytes: &[u8]) {
    OpenOptions::new().write(true).open(file).unwrap().write_all_at(bytes, at).unwrap();
}

#[tokio::test]
async fn a_tree_that_was_closed_anywhere_goes_on_as_if_it_had_not() {
    let (log, once, often) = (log_of(0).await, tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for more in [1, 255, 1, 300, 0, 700] {
        grow(&*log, more).await;
        let (mut tlog, _) = open(often.path(), &*log).await.unwrap();
        if more != 1 {
            tlog.checkpoint().unwrap();
        }
    }
    let (mut tlog, report) = open(once.path(), &*log).await.unwrap();
    assert_eq!((report.made, report.signed, tlog.size()), (1257, 0, 1257));
    let note = tlog.checkpoint().unwrap();
    let (mut again, report) = open(often.path(), &*log).await.unwrap();
    assert_eq!((report.made, report.signed, report.cut), (0, 1257, 0));
    assert_eq!(again.checkpoint().unwrap(), note, "the same events, the same note");
    assert_eq!(again.checkpoints().sizes().unwrap(), [256, 557, 1257]);
    for level in ["level.0", "level.1"] {
        let read = |folder: &tempfile::TempDir| fs::read(folder.path().join("tlog").join(level)).unwrap();
        assert_eq!(read(&once), read(&often), "{level}");
    }
    let leaves = leaves(&*log).await;
    let first = crate::tlog::merkle::leaf_hash(&leaves[0]);
    assert!(note.starts_with(&format!("{}\n1257\n", crate::tlog::note::origin(&first))));
}

#[tokio::test]
async fn levels_that_are_gone_or_torn_are_made_again() {
    let (log, folder) = (log_of(600).await, tempfile::tempdir().unwrap());
    let (mut tlog, _) = open(folder.path(), &*log).await.unwrap();
    tlog.checkpoint().unwrap();
    grow(&*log, 300).await;
    tlog.extend(&*log, log.head()).await.unwrap();
    drop(tlog);
    let whole = stored(folder.path());
    let (zero, one) = (folder.path().join("tlog/level.0"), folder.path().join("tlog/level.1"));
    let cut =
        |file: &Path, length| OpenOptions::new().write(true).open(file).unwrap().set_len(length).unwrap();

    for harm in 0..7 {
        match harm {
            0 => fs::remove_file(&zero).unwrap(),
            1 => fs::remove_file(&one).unwrap(),
            2 => [&zero, &one].into_iter().for_each(|file| fs::remove_file(file).unwrap()),
            // In the middle of a hash.
            3 => cut(&zero, 32 * 590 + 7),
            4 => cut(&one, 33),
            // What was never synced comes back as zeros.
            5 => overwrite(&zero, 32 * 600, &[0; 32 * 200]),
            _ => {
                overwrite(&one, 64, &[0; 32]);
                fs::write(folder.path().join("tlog/checkpoints/00000000000000000900.tmp"), "x").unwrap();
            }
        }
        let (mut tlog, report) =
            open(folder.path(), &*log).await.unwrap_or_else(|error| panic!("{harm}: {error}"));
        assert_eq!((tlog.size(), report.signed, report.cut), (900, 600, 0), "{harm}");
        tlog.inclusion(Position(1), 900).unwrap();
        assert_eq!(stored(folder.path()), whole, "{harm}");
    }
}

#[tokio::test]
async fn hashes_beyond_the_end_of_the_log_are_cut_and_told() {
    let (log, folder) = (log_of(300).await, tempfile::tempdir().unwrap());
    drop(open(folder.path(), &*log).await.unwrap());
    // Nothing was signed: a log from an older backup may be followed.
    let shorter = edited(&*log, 250, |_| false).await;
    let (tlog, report) = open(folder.path(), &*shorter).await.unwrap();
    assert_eq!((tlog.size(), report.cut), (250, 50));
    assert_eq!(fs::metadata(folder.path().join("tlog/level.0")).unwrap().len(), 32 * 250);
    assert!(!folder.path().join("tlog/level.1").exists());
}

#[tokio::test]
async fn a_hash_that_contradicts_the_log_is_an_error_that_names_the_position() {
    let (log, folder) = (log_of(700).await, tempfile::tempdir().unwrap());
    let (mut tlog, _) = open(folder.path(), &*log).await.unwrap();
    tlog.checkpoint().unwrap();
    grow(&*log, 200).await;
    tlog.extend(&*log, log.head()).await.unwrap();
    drop(tlog);
    let zero = folder.path().join("tlog/level.0");
    let whole = fs::read(&zero).unwrap();
    // Behind the checkpoint: met at open. Before it, in the part of the root that is computed: too.
    for position in [701, 900, 650] {
        overwrite(&zero, 32 * (position - 1) + 5, b"x");
        let before = fs::read(&zero).unwrap();
        let error = open(folder.path(), &*log).await.err().unwrap();
        let at = Position(position);
        assert!(matches!(&error, TlogError::Contradicts { position, .. } if *position == at), "{error}");
        assert!(error.to_string().contains(&format!("level.0: the hash kept for position {position} ")));
        assert!(fs::read(&zero).unwrap() == before, "nothing is mended");
        let looked = examine(&folder.path().join("tlog"), &*log, Some(&key()), true).await.err().unwrap();
        assert!(matches!(&looked, TlogError::Contradicts { position, .. } if *position == at), "{looked}");
        fs::write(&zero, &whole).unwrap();
    }
    // In a whole tile: met when it is used.
    overwrite(&zero, 32 * 99, b"x");
    let (mut tlog, _) = open(folder.path(), &*log).await.unwrap();
    let error = tlog.inclusion(Position(7), 900).unwrap_err();
    assert!(matches!(error, TlogError::Inner { .. }), "{error}");
    let error = tlog.located(&*log, error).await;
    assert!(matches!(error, TlogError::Contradicts { position: Position(100), .. }), "{error}");
    fs::write(&zero, &whole).unwrap();
    // A hash above others that are right.
    overwrite(&folder.path().join("tlog/level.1"), 32, b"x");
    let error = open(folder.path(), &*log).await.err().unwrap();
    assert!(error.to_string().contains("level.1: the hash over the positions from 257 on "), "{error}");
}

#[tokio::test]
async fn a_log_that_is_not_the_one_that_was_signed_is_refused() {
    let (log, folder) = (log_of(500).await, tempfile::tempdir().unwrap());
    let (mut tlog, _) = open(folder.path(), &*log).await.unwrap();
    let note = tlog.checkpoint().unwrap();
    let public = tlog.public_key().unwrap();
    drop(tlog);
    let tlog = folder.path().join("tlog");

    let shorter = edited(&*log, 420, |_| false).await;
    let error = open(folder.path(), &*shorter).await.err().unwrap().to_string();
    assert!(
        error.contains("the log ends at position 420: events from position 421 on are missing"),
        "{error}"
    );
    let looked = examine(&tlog, &*shorter, Some(&key()), false).await.err().unwrap();
    assert_eq!(looked.to_string(), error);

    let changed = edited(&*log, 500, |id| id == 123).await;
    // With the hashes of what was recorded there, the position is known.
    let looked = examine(&tlog, &*changed, Some(&key()), true).await.err().unwrap().to_string();
    assert!(looked.contains("position 123 "), "{looked}");
    // Without them, that it was changed.
    fs::remove_file(tlog.join("level.0")).unwrap();
    let error = open(folder.path(), &*changed).await.err().unwrap();
    assert!(matches!(error, TlogError::Inconsistent { size: 500, .. }), "{error}");
    // The first event gives the log its name.
    for level in ["level.0", "level.1"] {
        fs::remove_file(tlog.join(level)).unwrap();
    }
    let other = edited(&*log, 500, |id| id == 1).await;
    let error = open(folder.path(), &*other).await.err().unwrap();
    assert!(matches!(error, TlogError::Note { .. }), "{error}");

    // Another key did not sign it.
    for level in ["level.0", "level.1"] {
        fs::remove_file(tlog.join(level)).unwrap();
    }
    let stranger = ed25519_dalek::SigningKey::from_bytes(&[8; 32]);
    let error = crate::tlog::Tlog::open(&tlog, &*log, stranger).await.err().unwrap();
    assert!(error.to_string().contains("00000000000000000500: it was not signed with this key"), "{error}");
    // The right log and the right key are still fine.
    let (mut tlog, _) = open(folder.path(), &*log).await.unwrap();
    assert_eq!(tlog.checkpoint().unwrap(), note);
    assert_eq!(Checkpoint::open(&note, &public).unwrap().size, 500);
}

#[tokio::test]
async fn an_empty_log_has_nothing_to_sign_and_an_unknown_checkpoint_is_not_there() {
    let (log, folder) = (log_of(0).await, tempfile::tempdir().unwrap());
    let (mut tlog, _) = open(folder.path(), &*log).await.unwrap();
    assert!(matches!(tlog.checkpoint(), Err(TlogError::Empty)));
    grow(&*log, 3).await;
    tlog.extend(&*log, log.head()).await.unwrap();
    tlog.checkpoint().unwrap();
    grow(&*log, 3).await;
    tlog.extend(&*log, log.head()).await.unwrap();
    tlog.checkpoint().unwrap();
    let error = tlog.signed_note(4).unwrap_err().to_string();
    assert_eq!(error, "there is no checkpoint of 4 events; there are 3, 6");
}

#[tokio::test]
async fn a_look_writes_nothing_and_says_what_is_there() {
    let (log, folder) = (log_of(300).await, tempfile::tempdir().unwrap());
    let tlog = folder.path().join("tlog");
    assert_eq!(examine(&tlog, &*log, Some(&key()), true).await.unwrap(), None);
    assert!(!tlog.exists());
    open(folder.path(), &*log).await.unwrap().0.checkpoint().unwrap();
    fs::remove_file(tlog.join("level.1")).unwrap();
    let before = stored(folder.path());
    for deep in [false, true] {
        let found = examine(&tlog, &*log, Some(&key()), deep).await.unwrap().unwrap();
        assert_eq!((found.hashes, found.checkpoints, found.signed), (300, 1, 300));
    }
    assert_eq!(stored(folder.path()), before);
}
