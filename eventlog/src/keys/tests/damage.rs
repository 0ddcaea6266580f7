//! What a crash and what a bad disk leave behind.

use proptest::prelude::*;

use super::*;

/// Makes the mark say that the journal was on disk up to `end` only, as before its last writes.
fn forget(files: &mut Files, number: u64, end: usize) {
    files.insert("committed".into(), mark::encode(Marked { number, end: end as u64 }).into());
}

#[test]
fn a_rewriting_cut_short_before_the_base_has_its_name_never_was() {
    let (old, keys) = sample();
    let mut cut = old.clone();
    cut.insert("epoch.3".into(), vec![1; 80]);
    cut.insert("journal.3".into(), vec![2; 7]);
    cut.insert("ring.3.tmp".into(), vec![3; 1000]);
    let folder = folder_with(&cut);
    let (ring, _) = open(&folder);
    assert!(keys.iter().all(|(entry, key)| ring.key(*entry, 0).as_ref() == Some(key)));
    assert_eq!(files(&folder), old);
}

#[test]
fn a_rewriting_cut_short_after_the_base_has_its_name_is_finished() {
    let (old, keys) = sample();
    let folder = folder_with(&old);
    open(&folder).0.compact().unwrap();
    let new = files(&folder);
    let overwritten = Files::from([("epoch.2".into(), vec![0; 80])]);
    let unlinked = Files::from([("journal.2".into(), old["journal.2"].clone())]);
    // The mark may still be the old one.
    let mut unmarked = new.clone();
    unmarked.insert("committed".into(), old["committed"].clone());
    let with_new = |left: &Files| left.iter().chain(&new).map(|(a, b)| (a.clone(), b.clone())).collect();
    for left in [with_new(&old), with_new(&overwritten), with_new(&unlinked), unmarked] {
        let folder = folder_with(&left);
        let (ring, _) = open(&folder);
        assert!(keys.iter().all(|(entry, key)| ring.key(*entry, 0).as_ref() == Some(key)));
        assert_eq!(files(&folder), new);
    }
}

#[test]
fn a_first_start_cut_short_begins_again() {
    let folder = TempDir::new().unwrap();
    drop(open(&folder));
    let mut cut = files(&folder);
    let base = cut.remove("ring.1").unwrap();
    cut.insert("ring.1.tmp".into(), base);
    cut.insert("master.key.tmp".into(), vec![1; 9]);
    cut.get_mut("journal.1").unwrap().truncate(20);
    forget(&mut cut, 1, 20);
    let folder = folder_with(&cut);
    let (_, report) = open(&folder);
    assert!(report.made && !report.made_master);
    assert_eq!(names(&folder), ["committed", "epoch.1", "journal.1", "master.key", "ring.1"]);
}

#[test]
fn a_missing_file_is_an_error_that_names_it() {
    let (whole, _) = sample();
    for name in ["epoch.2", "journal.2", "ring.2"] {
        let mut files = whole.clone();
        files.remove(name);
        let error = fault(&folder_with(&files));
        assert!(matches!(&error, KeyError::Missing(file) if file.ends_with(name)), "{error}");
    }
    let folder = TempDir::new().unwrap();
    drop(open(&folder));
    fs::remove_file(folder.path().join("keys/ring.1")).unwrap();
    assert!(matches!(fault(&folder), KeyError::Missing(_)));
}

#[test]
fn a_journal_cut_anywhere_gives_the_keys_of_the_whole_writes() {
    let (whole, keys) = sample();
    let journal = &whole["journal.2"];
    let frame = 8 + 2 * 53 + 16;
    assert_eq!(journal.len(), 20 + 3 * frame);
    for length in 20..=journal.len() {
        let mut files = whole.clone();
        files.get_mut("journal.2").unwrap().truncate(length);
        let writes = (length - 20) / frame;
        forget(&mut files, 2, 20 + writes * frame);
        let folder = folder_with(&files);
        let (ring, report) = open(&folder);
        assert_eq!(report.cut.is_some(), (length - 20) % frame != 0);
        for (at, (entry, key)) in keys.iter().enumerate() {
            assert_eq!(ring.key(*entry, 0).as_ref(), (at < 2 + 2 * writes).then_some(key));
        }
        // What comes after the cut is kept.
        let key = ring.get_or_create(person(99)).unwrap();
        ring.before_commit().unwrap();
        drop(ring);
        let (ring, report) = open(&folder);
        assert_eq!((ring.get_or_create(person(99)).unwrap(), report.cut), (key, None));
    }
}

#[test]
fn a_journal_that_lost_what_was_on_disk_is_damage() {
    let (whole, _) = sample();
    for length in 20..whole["journal.2"].len() {
        let mut files = whole.clone();
        files.get_mut("journal.2").unwrap().truncate(length);
        let error = fault(&folder_with(&files));
        assert!(
            matches!(&error, KeyError::Damaged { file, offset, .. } if file.ends_with("journal.2") && *offset <= length as u64),
            "{length}: {error}"
        );
    }
}

#[test]
fn a_mark_that_is_gone_or_damaged_is_made_again_and_reported() {
    let (whole, keys) = sample();
    let (mut missing, mut changed, mut short) = (whole.clone(), whole.clone(), whole.clone());
    missing.remove("committed");
    changed.get_mut("committed").unwrap()[12] ^= 1;
    short.get_mut("committed").unwrap().truncate(7);
    for (files, word) in [(missing, "was missing"), (changed, "was damaged"), (short, "was damaged")] {
        let folder = folder_with(&files);
        let (ring, report) = open(&folder);
        let restored = report.restored.unwrap();
        assert!(restored.contains("committed") && restored.contains(word), "{restored}");
        assert!(keys.iter().all(|(entry, key)| ring.key(*entry, 0).as_ref() == Some(key)));
        assert_eq!(super::files(&folder), whole);
    }
}

#[test]
fn a_ring_that_is_gone_altogether_is_missed() {
    let (whole, _) = sample();
    let mut gone = whole.clone();
    gone.retain(|name, _| ["committed", "master.key"].contains(&&**name));
    let error = fault(&folder_with(&gone));
    assert!(matches!(&error, KeyError::Missing(file) if file.ends_with("ring.2")), "{error}");
    // The same when an older one is put in its place.
    let mut older = whole.clone();
    older.extend(
        ["epoch", "ring", "journal"].map(|name| (format!("{name}.1"), whole[&format!("{name}.2")].clone())),
    );
    older.retain(|name, _| !name.ends_with(".2"));
    assert!(matches!(fault(&folder_with(&older)), KeyError::Damaged { .. } | KeyError::Missing(_)));
}

#[test]
fn a_last_write_with_a_sector_never_written_is_cut() {
    let folder = TempDir::new().unwrap();
    let (ring, _) = open(&folder);
    ring.get_or_create(person(0)).unwrap();
    ring.before_commit().unwrap();
    let start = files(&folder)["journal.1"].len();
    for number in 1..40 {
        ring.get_or_create(person(number)).unwrap();
    }
    ring.before_commit().unwrap();
    let whole = files(&folder);
    let length = whole["journal.1"].len();
    for (from, to) in [(start, 512), (512, 1024), (2048, length), (start, length), (1024, 2048)] {
        let mut files = whole.clone();
        files.get_mut("journal.1").unwrap()[from..to].fill(0);
        assert!(matches!(fault(&folder_with(&files)), KeyError::Damaged { .. }), "the mark knows more");
        forget(&mut files, 1, start);
        let (ring, report) = open(&folder_with(&files));
        let cut = report.cut.unwrap();
        assert!(cut.contains("journal.1") && cut.ends_with(&format!("at byte {start}")), "{cut}");
        assert_eq!((ring.key(person(0), 0).is_some(), ring.key(person(1), 0)), (true, None));
    }
    // The same before another write is damage: that one was on disk.
    ring.get_or_create(person(40)).unwrap();
    ring.before_commit().unwrap();
    for (from, to) in [(start, 512), (512, 1024), (1024, 2048)] {
        let mut files = super::files(&folder);
        files.get_mut("journal.1").unwrap()[from..to].fill(0);
        let error = fault(&folder_with(&files));
        assert!(matches!(&error, KeyError::Damaged { offset, .. } if *offset == start as u64), "{error}");
    }
}

#[test]
fn a_changed_byte_anywhere_is_damage_with_file_and_offset() {
    let (whole, _) = sample();
    for (name, frames) in
        [("journal.2", vec![20, 150, 280, 410]), ("ring.2", vec![28, 379]), ("epoch.2", vec![80])]
    {
        for at in 0..whole[name].len() {
            let mut files = whole.clone();
            files.get_mut(name).unwrap()[at] ^= 0x10;
            let folder = folder_with(&files);
            let error = fault(&folder);
            let begins = frames.iter().rev().find(|it| **it <= at).map_or(0, |it| *it as u64);
            assert!(
                matches!(&error, KeyError::Damaged { file, offset, .. } if file.ends_with(name) && *offset == begins),
                "{at}: {error}"
            );
            assert_eq!(super::files(&folder), files, "nothing was changed");
        }
    }
}

#[test]
fn a_base_cut_or_made_longer_is_damage() {
    let (whole, _) = sample();
    let base = &whole["ring.2"];
    for length in (0..base.len()).chain([base.len() + 1, base.len() + 600]) {
        let mut files = whole.clone();
        files.get_mut("ring.2").unwrap().resize(length, 0);
        assert!(matches!(fault(&folder_with(&files)), KeyError::Damaged { .. }));
    }
}

#[test]
fn frames_of_another_epoch_are_not_taken() {
    let (whole, _) = sample();
    let folder = folder_with(&whole);
    open(&folder).0.compact().unwrap();
    let mut mixed = files(&folder);
    mixed.insert("journal.3".into(), whole["journal.2"].clone());
    assert!(matches!(fault(&folder_with(&mixed)), KeyError::Damaged { offset: 0, .. }));
}

#[derive(Debug, Clone)]
enum Mutilation {
    Set(usize, u8),
    Cut(usize),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Zero(usize, usize),
    Repeat(usize, usize),
}

impl Mutilation {
    fn of(&self, bytes: &mut Vec<u8>) {
        let within = |at: usize, to: usize| {
            let at = at % (bytes.len() + 1);
            (at, (at + to).min(bytes.len()))
        };
        match self {
            Self::Set(at, to) => {
                let at = at % bytes.len();
                bytes[at] = *to;
            }
            Self::Cut(at) => bytes.truncate(at % bytes.len()),
            Self::Insert(at, new) => {
                let (at, _) = within(*at, 0);
                bytes.splice(at..at, new.iter().copied());
            }
            Self::Remove(at, length) => {
                let (from, to) = within(*at, *length);
                bytes.drain(from..to);
            }
            Self::Zero(at, length) => {
                let (from, to) = within(*at, *length);
                bytes[from..to].fill(0);
            }
            Self::Repeat(at, length) => {
                let (from, to) = within(*at, *length);
                let again = bytes[from..to].to_vec();
                bytes.splice(from..from, again);
            }
        }
    }
}

fn mutilation() -> impl Strategy<Value = Mutilation> {
    let at = 0..100_000_usize;
    prop_oneof![
        (at.clone(), any::<u8>()).prop_map(|(at, to)| Mutilation::Set(at, to)),
        at.clone().prop_map(Mutilation::Cut),
        (at.clone(), prop::collection::vec(any::<u8>(), 1..40))
            .prop_map(|(at, new)| Mutilation::Insert(at, new)),
        (at.clone(), 1..200_usize).prop_map(|(at, length)| Mutilation::Remove(at, length)),
        (at.clone(), 1..600_usize).prop_map(|(at, length)| Mutilation::Zero(at, length)),
        (at, 1..300_usize).prop_map(|(at, length)| Mutilation::Repeat(at, length)),
    ]
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn a_mutilated_file_gives_an_error_or_true_keys_and_never_a_panic(
        name in prop::sample::select(vec!["journal.2", "journal.2", "ring.2", "epoch.2"]),
        mutilations in prop::collection::vec(mutilation(), 1..3),
    ) {
        let (mut files, keys) = sample();
        let bytes = files.get_mut(name).unwrap();
        let whole = bytes.clone();
        for mutilation in &mutilations {
            if !bytes.is_empty() {
                mutilation.of(bytes);
            }
        }
        let (same, shorter) = (*bytes == whole, whole.starts_with(bytes));
        let folder = folder_with(&files);
        if let Ok((ring, report)) = Ring::open(&folder.path().join("keys"), None) {
            prop_assert!(same || shorter || report.cut.is_some());
            for (at, (entry, key)) in keys.iter().enumerate() {
                let found = ring.key(*entry, 0);
                prop_assert!(found.as_ref() == Some(key) || found.is_none() && at >= 2);
            }
        }
    }

    #[test]
    fn random_bytes_in_place_of_a_file_never_panic(
        name in prop::sample::select(vec!["journal.2", "ring.2", "epoch.2"]),
        header in any::<bool>(),
        bytes in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let (mut files, _) = sample();
        let start = if header { files[name][..20].to_vec() } else { Vec::new() };
        files.insert(name.to_owned(), [start, bytes].concat());
        let folder = folder_with(&files);
        if let Ok((_, report)) = Ring::open(&folder.path().join("keys"), None) {
            prop_assert!(name == "journal.2" && (report.cut.is_some() || files[name].len() == 20));
        }
    }
}
