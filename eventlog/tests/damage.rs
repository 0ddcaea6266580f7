//! Bytes and files of a closed data directory are changed, cut, removed and swapped, again and again: it opens as
//! before, or says what it repaired or cut, or refuses with a sentence that names file and place. Never a panic,
//! never silence.
//!
//! Each directory is opened and read twice by a child, so that a panic, an abort or a wait without end is seen.
//! `PREAU_DAMAGES` sets how many are tried, `PREAU_SEED` repeats a run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use domain::PersonId;
use preau_eventlog::Clock;
use preau_eventlog::clock::SystemClock;
use preau_eventlog::keys::Ring;
use tempfile::TempDir;

use common::{Acknowledged, Random, SMALL, Wrong, compare, copy, events_in, fill, number, open};

const DATA: &str = "PREAU_DAMAGE_DATA";
const SEED: &str = "PREAU_SEED";
const TEST: &str = "damage_is_repaired_or_refused_and_never_silent";
const PEOPLE: u128 = 200;
const PATIENCE: Duration = Duration::from_mins(2);

#[test]
fn damage_is_repaired_or_refused_and_never_silent() {
    if let Ok(data) = std::env::var(DATA) {
        return look(Path::new(&data));
    }
    let seed = number(SEED).unwrap_or_else(|| SystemClock.now().timestamp_millis().unsigned_abs());
    println!("{SEED}={seed}");
    let whole = TempDir::new().unwrap();
    prepare(&whole.path().join("data"));
    let mut outcomes = BTreeMap::<_, u64>::new();
    for round in 0..number("PREAU_DAMAGES").unwrap_or(30) {
        let place = TempDir::new().unwrap();
        let data = place.path().join("data");
        copy(&whole.path().join("data"), &data);
        let what = damage(&data, &mut Random::new(seed + round));
        // Once more: nothing may pass for whole after it was refused or repaired.
        for time in ["first", "second"] {
            let outcome = judge(&data, &what);
            println!("{round} ({time}): {what}: {outcome}");
            *outcomes.entry(outcome.split(':').next().unwrap().to_owned()).or_default() += 1;
        }
    }
    println!("{outcomes:?}");
    assert!(outcomes.len() > 1, "all damages ended alike: this test would show nothing");
}

/// Makes a directory of several volumes, with keys in the base and in several writes of the journal.
fn prepare(data: &Path) {
    fill(data, SMALL, 1..=PEOPLE / 2);
    Ring::open(&data.join("keys"), None).unwrap().0.compact().unwrap();
    fill(data, SMALL, PEOPLE / 2 + 1..=PEOPLE);
    let opened = open(data, SMALL).unwrap();
    assert!(opened.report.volumes > 2, "{:?}", opened.report);
    assert_eq!(opened.reported(), Vec::<String>::new());
}

/// What the child does: opens the directory, reads everything, and prints one line that says how it went.
fn look(data: &Path) {
    let people = (1..=PEOPLE).map(PersonId::from_u128);
    let everything: Acknowledged = people.map(|person| (person, events_in(person, 1))).collect();
    match open(data, SMALL) {
        Err(refusal) => println!("\n=refused {refusal}"),
        Ok(opened) => {
            let reported = opened.reported().join("; ");
            match compare(&opened, &everything) {
                Ok(_) if reported.is_empty() => println!("\n=whole"),
                Ok(_) => println!("\n=repaired {reported}"),
                Err(Wrong::Said(sentence)) => println!("\n=unreadable {sentence}"),
                Err(Wrong::Silent(what)) => println!("\n=lost {what}; reported: {reported}"),
            }
        }
    }
}

/// Has a child look at the directory, and returns what it said if that is as it should be.
fn judge(data: &Path, what: &str) -> String {
    let output = child(data, what);
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    let said = text.lines().find_map(|line| line.strip_prefix('='));
    let said = said.unwrap_or_else(|| panic!("{what}: the child ended without a word\n{text}\n{errors}"));
    assert!(output.status.success(), "{what}: {said}, and then {}\n{errors}", output.status);
    let (outcome, sentence) = said.split_once(' ').unwrap_or((said, ""));
    let place = data.display().to_string();
    let as_it_should = match outcome {
        "whole" => true,
        "repaired" => {
            sentence.contains("was damaged") || sentence.contains("missing") || sentence.contains("lost")
        }
        // A file of the keys that is gone, or that is no key, has no place in it.
        "refused" => {
            let located = [" at position ", " at byte ", "is missing", "master key"];
            sentence.contains(&place) && located.iter().any(|words| sentence.contains(words))
        }
        "unreadable" => sentence.contains("position"),
        _ => false,
    };
    assert!(as_it_should, "{what}: {said}\n{errors}");
    format!("{outcome}: {sentence}")
}

fn child(data: &Path, what: &str) -> Output {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", TEST, "--nocapture", "--test-threads=1"]).env(DATA, data);
    let child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (id, (sender, receiver)) = (child.id(), mpsc::channel());
    std::thread::spawn(move || sender.send(child.wait_with_output().unwrap()).ok());
    receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        Command::new("kill").args(["-KILL", &id.to_string()]).status().ok();
        panic!("{what}: the child did not end within {PATIENCE:?}")
    })
}

/// Damages one thing, or changes two for each other, and returns what.
fn damage(data: &Path, random: &mut Random) -> String {
    let mut files = Vec::new();
    every_file(data, &mut files);
    files.sort();
    let volumes: Vec<_> = files.iter().filter(|path| is_volume(path)).cloned().collect();
    match random.below(3) {
        // The volumes are most of the bytes, and most of the files.
        0 => files.clone_from(&volumes),
        1 => files.retain(|path| !is_volume(path)),
        _ => {}
    }
    let pick = |random: &mut Random, from: &[PathBuf]| from[below(random, from.len())].clone();
    let path = pick(random, &files);
    let name = path.strip_prefix(data).unwrap().display().to_string();
    let mut bytes = fs::read(&path).unwrap();
    // Where it holds anything: a file of sled is mostly room.
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(bytes.len(), |last| last + 1);
    let what = match random.below(9) {
        0 => {
            fs::remove_file(&path).unwrap();
            return format!("{name} removed");
        }
        1 => {
            let other = pick(random, &files);
            let away = data.join("away");
            for (from, to) in [(&path, &away), (&other, &path), (&away, &other)] {
                fs::rename(from, to).unwrap_or_default();
            }
            return format!("{name} and {} swapped", other.strip_prefix(data).unwrap().display());
        }
        2 => {
            fs::remove_dir_all(data.join("log/index")).unwrap();
            if random.below(2) == 0 {
                return "log/index removed".to_owned();
            }
            // What may be missing makes nothing up for what may not.
            let volume = pick(random, &volumes);
            fs::remove_file(&volume).unwrap();
            return format!("log/index and {} removed", volume.strip_prefix(data).unwrap().display());
        }
        _ if bytes.is_empty() => {
            bytes = (0..40).map(|_| byte(random)).collect();
            format!("{name} filled")
        }
        3 => {
            let length = below(random, used);
            bytes.truncate(length);
            format!("{name} cut to {length}")
        }
        4 => {
            let length = bytes.len().saturating_sub(1 + below(random, 40));
            bytes.truncate(length);
            format!("{name} cut a little to {length}")
        }
        5 => {
            let (a, b) = (below(random, used), below(random, used));
            bytes.swap(a, b);
            format!("{name}: bytes {a} and {b} swapped")
        }
        6 => {
            let (from, length) = (below(random, used), 1 + below(random, 600));
            let to = (from + length).min(bytes.len());
            let with = if random.below(2) == 0 { 0 } else { byte(random) };
            bytes[from..to].fill(with);
            format!("{name}: bytes {from} to {to} set to {with}")
        }
        _ => {
            let (at, bit) = (below(random, used), random.below(8));
            bytes[at] ^= 1 << bit;
            format!("{name}: bit {bit} of byte {at} flipped")
        }
    };
    fs::write(&path, bytes).unwrap();
    what
}

fn is_volume(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "events")
}

fn below(random: &mut Random, end: usize) -> usize {
    usize::try_from(random.below(end as u64)).unwrap()
}

fn byte(random: &mut Random) -> u8 {
    u8::try_from(random.below(256)).unwrap()
}

fn every_file(folder: &Path, to: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() { every_file(&entry, to) } else { to.push(entry) }
    }
}
