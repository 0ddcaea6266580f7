//! `preau backup` and `preau restore`: under load, killed, damaged, and asked for what is not there.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::files;
use crate::load::{Random, Writer};
use crate::preau::{Server, command, print, run};
use crate::school::{Caller, School};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Backs up, and returns what was said.
#[track_caller]
fn back_up(data: &Path, to: &Path) -> Value {
    let said = print(&["backup", "--data", text(data), "--to", text(to), "--format", "json"]);
    serde_json::from_str(&said).unwrap()
}

#[track_caller]
fn verify(backup: &Path) -> Value {
    serde_json::from_str(&print(&["backup", "verify", text(backup), "--format", "json"])).unwrap()
}

#[track_caller]
fn restore(backup: &Path, data: &Path, more: &[&str]) -> String {
    print(&[&["restore", "--from", text(backup), "--data", text(data)], more].concat())
}

/// Every event as it is stored, one a line.
#[track_caller]
fn log(data: &Path) -> Vec<String> {
    let lines = print(&["log", "tail", "--data", text(data), "-n", "1000000", "--format", "json"]);
    lines.lines().map(str::to_owned).collect()
}

#[track_caller]
fn models(data: &Path) -> Value {
    serde_json::from_str(&print(&["models", "--data", text(data), "--format", "json"])).unwrap()
}

fn position(said: &Value) -> usize {
    usize::try_from(said["position"].as_u64().unwrap()).unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else if from.is_file() {
            fs::copy(&from, &to).unwrap();
        }
    }
}

/// Calls `work` while three people of the school write, then kills the server. `work` hears the data directory, and
/// has what waits until so many more commands were answered.
fn under_load(school: &mut School, work: impl FnOnce(&Path, &dyn Fn(u64))) {
    let people = ["Cécile Lambert", "Éloïse Verdier", "Lila Masson"].map(|name| school.person(name));
    let done = AtomicU64::new(0);
    let ended = std::thread::scope(|scope| {
        let writer = |(who, caller): (usize, _)| {
            let others = people.iter().map(|other: &Caller| other.id.as_str());
            let others = others.filter(|id| *id != people[who].id).collect();
            Writer { who, caller, others, random: Random(who as u64) }
        };
        let writers: Vec<_> = people.iter().enumerate().map(writer).collect();
        let writers: Vec<_> = writers.into_iter().map(|writer| scope.spawn(|| writer.run(&done))).collect();
        let wait = |more: u64| {
            let enough = done.load(Ordering::SeqCst) + more;
            while done.load(Ordering::SeqCst) < enough {
                assert!(!writers.iter().any(ScopedJoinHandle::is_finished), "a writer ended");
                std::thread::yield_now();
            }
        };
        let ended = catch_unwind(AssertUnwindSafe(|| work(school.data(), &wait)));
        // However it ended: the writers write until the server is gone.
        school.kill();
        ended
    });
    ended.unwrap_or_else(|panic| resume_unwind(panic));
}

#[test]
fn a_school_that_was_destroyed_under_load_comes_back() {
    let mut school = School::open("published-2025");
    let folder = school.folder().to_owned();
    let (backup, keys) = (folder.join("backup"), folder.join("keys-copy"));
    let (mut first, mut second) = (Value::Null, Value::Null);
    under_load(&mut school, |data, wait| {
        wait(20);
        first = back_up(data, &backup);
        wait(20);
        second = back_up(data, &backup);
        let saved = print(&["backup", "keys", "--data", text(data), "--to", text(&keys)]);
        assert!(saved.contains("the master key too"), "{saved}");
        wait(20);
    });
    let (middle, end) = (position(&first), position(&second));
    assert_eq!(end - middle, usize::try_from(second["added"]["events"].as_u64().unwrap()).unwrap());
    assert!(middle < end, "nothing was written meanwhile: {first} {second}");
    assert_eq!(position(&verify(&backup)), end);

    // What it was, to compare with; then the log is gone.
    let (data, original) = (school.data().to_owned(), folder.join("original"));
    copy(&data, &original);
    fs::remove_dir_all(data.join("log")).unwrap();
    let lines = log(&original);
    assert!(lines.len() > end, "nothing was written after the second backup");

    // In its place, with the keys that are still there.
    assert!(data.join("sessions").is_dir());
    fs::create_dir_all(data.join("models")).unwrap();
    let said = restore(&backup, &data, &[]);
    assert!(!data.join("sessions").exists() && !data.join("models").exists(), "of a future that is no more");
    assert!(said.contains(&format!("up to position {end}")) && said.contains("doctor --deep"), "{said}");
    assert_eq!(log(&data), lines[..end]);
    let deep = print(&["doctor", "--deep", "--data", text(&data), "--format", "json"]);
    let deep: Value = serde_json::from_str(&deep).unwrap();
    assert_eq!((deep["deep"]["events"].as_u64(), &deep["deep"]["erased"]), (Some(end as u64), &0.into()));

    // Elsewhere, the first backup's end, with a copy of the keys.
    let elsewhere = folder.join("elsewhere");
    restore(&backup, &elsewhere, &["--to", &middle.to_string(), "--keys", text(&keys)]);
    assert_eq!(log(&elsewhere), lines[..middle]);
    print(&["doctor", "--deep", "--data", text(&elsewhere)]);
    // A second copy takes the place of the first, and holds the keys of all that was written.
    print(&["backup", "keys", "--data", text(&original), "--to", text(&keys)]);
    let beside: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!beside.iter().any(|name| name == "keys-copy.old" || name == "keys-copy.new"), "{beside:?}");

    // All of the original, from a backup of the closed directory; and a part of it, by the instant.
    let (whole, part, closed) = (folder.join("whole"), folder.join("part"), folder.join("closed"));
    assert_eq!(position(&back_up(&original, &closed)), lines.len());
    restore(&closed, &whole, &["--keys", text(&keys)]);
    assert_eq!(log(&whole), lines);
    assert_eq!(models(&whole), models(&original));
    print(&["doctor", "--deep", "--data", text(&whole)]);
    let recorded_at = second["recorded_at"].as_str().unwrap();
    restore(&closed, &part, &["--to", recorded_at, "--keys", text(&keys)]);
    let same_instant = lines.iter().filter(|line| {
        let event: Value = serde_json::from_str(line).unwrap();
        event["recorded_at"].as_str().unwrap() <= recorded_at
    });
    assert_eq!(log(&part), same_instant.cloned().collect::<Vec<_>>());
    fs::remove_dir_all(part.join("log")).unwrap();
    restore(&closed, &part, &["--to", &end.to_string()]);
    assert_eq!(models(&part), models(&data));

    // It serves, and goes on from there.
    let mut server = Server::start(&data);
    assert_eq!(server.stop().unwrap(), models(&data));
    assert!(position(&back_up(&data, &backup)) >= end);
}

#[test]
fn a_backup_that_is_killed_is_what_it_was() {
    let mut school = School::open("published-2025");
    let backup = school.folder().join("backup");
    under_load(&mut school, |data, wait| {
        let begun = Instant::now();
        back_up(data, &data.with_extension("aside"));
        let usual = begun.elapsed();
        let (mut random, mut last, mut killed) = (Random(u64::from(std::process::id())), 0, 0);
        for _ in 0..20 {
            wait(2);
            let arguments = ["backup", "--data", text(data), "--to", text(&backup)];
            let mut child = command(&arguments).stdout(Stdio::null()).spawn().unwrap();
            let begun = Instant::now();
            let moment = usual * u32::try_from(random.below(1_000)).unwrap() / 1_000;
            while begun.elapsed() < moment {
                std::thread::yield_now();
            }
            child.kill().unwrap();
            killed += u64::from(!child.wait().unwrap().success());
            let output = run(&["backup", "verify", text(&backup), "--format", "json"]);
            match output.status.code() {
                Some(0) => {
                    let position = position(&serde_json::from_slice(&output.stdout).unwrap());
                    assert!(position >= last, "{position} after {last}");
                    last = position;
                }
                // Killed before there was anything.
                Some(6) => assert_eq!(last, 0),
                other => panic!("{other:?}: {}", String::from_utf8_lossy(&output.stderr)),
            }
        }
        assert!(killed > 0, "none was killed in time: this test would show nothing");
        wait(2);
        let end = position(&back_up(data, &backup));
        assert_eq!(position(&verify(&backup)), end);
        assert!(end > last);
    });
    let restored = school.folder().join("restored");
    restore(&backup, &restored, &[]);
    let lines = log(school.data());
    let back = log(&restored);
    assert_eq!(back, lines[..back.len()]);
}

#[test]
fn a_restore_that_is_killed_is_begun_again() {
    let folder = TempDir::new().unwrap();
    let data = imported(&folder, "data");
    let (backup, keys) = (folder.path().join("backup"), data.join("keys"));
    back_up(&data, &backup);
    let lines = log(&data);
    let (mut random, mut usual, mut killed) = (Random(u64::from(std::process::id())), Duration::ZERO, 0);
    for round in 0..12 {
        let to = folder.path().join(format!("restored-{round}"));
        let arguments = ["restore", "--from", text(&backup), "--data", text(&to), "--keys", text(&keys)];
        let begun = Instant::now();
        let mut child = command(&arguments).stdout(Stdio::null()).spawn().unwrap();
        if round == 0 {
            assert!(child.wait().unwrap().success());
            usual = begun.elapsed();
        }
        let moment = usual * u32::try_from(random.below(1_000)).unwrap() / 1_000;
        while begun.elapsed() < moment {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        killed += u64::from(!child.wait().unwrap().success());
        // Either it had ended, or the same command begins again.
        if !to.join("log").exists() {
            print(&arguments);
        }
        assert_eq!(log(&to), lines);
        assert!(!to.join("log.new").exists());
        for entry in fs::read_dir(&keys).unwrap() {
            let path = entry.unwrap().path();
            assert_eq!(
                fs::read(&path).unwrap(),
                fs::read(to.join("keys").join(path.file_name().unwrap())).unwrap()
            );
        }
    }
    assert!(killed > 0, "none was killed in time: this test would show nothing");
}

/// Makes a data directory with the invented school in it.
fn imported(folder: &TempDir, name: &str) -> PathBuf {
    let onde = folder.path().join("onde");
    files::write(&onde);
    let data = folder.path().join(name);
    print(&["import", "onde", "--data", text(&data), "--uai", files::UAI, "--name", name, text(&onde)]);
    data
}

/// Runs what must be refused, in one sentence with these words.
#[track_caller]
fn refused(arguments: &[&str], code: i32, words: &[&str]) {
    let output = run(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    assert!(said.starts_with("preau: ") && said.trim_end().lines().count() == 1, "{said}");
    for words in words {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn what_cannot_be_backed_up_or_brought_back_is_refused_in_a_sentence() {
    let folder = TempDir::new().unwrap();
    let (data, other) = (imported(&folder, "data"), imported(&folder, "other"));
    let path = |name: &str| folder.path().join(name);
    let (backup, new) = (path("backup"), path("new"));
    let end = position(&back_up(&data, &backup));

    refused(&["backup", "--data", text(&new), "--to", text(&path("no"))], 6, &["no data here"]);
    refused(&["backup", "--data", text(&other), "--to", text(&backup)], 3, &["of another log"]);
    refused(&["backup", "--data", text(&data), "--to", text(&path("onde"))], 3, &["holds no backup"]);
    let file = path("onde/CSVExtraction-eleves.csv");
    refused(&["backup", "--data", text(&data), "--to", text(&file)], 1, &[text(&file)]);
    refused(&["backup", "--data", text(&data), "--to", "/proc/backup"], 1, &["cannot make /proc/backup"]);
    for inside in ["keys", "backup"].map(|name| data.join(name)) {
        refused(
            &["backup", "keys", "--data", text(&data), "--to", text(&inside)],
            3,
            &["inside of the data"],
        );
        refused(&["backup", "--data", text(&data), "--to", text(&inside)], 3, &["inside of the data"]);
    }
    refused(&["backup", "keys", "--data", text(&data), "--to", text(&path("onde"))], 3, &["no copy of keys"]);
    refused(&["backup", "keys", "--data", text(&new), "--to", text(&path("no"))], 6, &["no data here"]);
    refused(&["backup", "verify", text(&new)], 6, &["no backup here"]);
    assert_eq!(run(&["backup", "--data", text(&data)]).status.code(), Some(2));

    let from = ["restore", "--from", text(&backup), "--data", text(&new)];
    let to = |to: &'static str| [&from[..], &["--to", to]].concat();
    refused(&["restore", "--from", text(&new), "--data", text(&path("no"))], 6, &["no backup here"]);
    refused(&["restore", "--from", text(&backup), "--data", text(&data)], 3, &["there is a log already"]);
    refused(&to("yesterday"), 3, &["--to yesterday"]);
    refused(&to("2026-09-03 18:00"), 3, &["with its offset"]);
    refused(&to("0"), 6, &["position 0", "first event"]);
    for behind in ["1000000", "99999999999999999999999", "2999-01-01T00:00:00Z"] {
        refused(&to(behind), 6, &[&format!("last position is {end}")]);
    }
    refused(&to("1999-01-01T00:00:00+02:00"), 6, &["1998-12-31T22:00:00Z", "first event"]);
    refused(&[&from[..], &["--keys", text(&path("onde"))]].concat(), 6, &["no keys here"]);
    assert!(!new.exists() && !path("no").exists(), "nothing was made");

    // Other keys are never replaced; none is said.
    fs::create_dir_all(&new).unwrap();
    copy(&other.join("keys"), &new.join("keys"));
    refused(&[&from[..], &["--keys", text(&data.join("keys"))]].concat(), 3, &["other keys"]);
    fs::remove_dir_all(new.join("keys")).unwrap();
    assert!(restore(&backup, &new, &[]).contains("bring the newest copy of `keys` back"));
    for _ in 0..2 {
        refused(&["models", "--data", text(&new)], 5, &["its keys are gone"]);
        assert!(!new.join("keys").exists(), "new keys would pass for the right ones");
    }

    // Set back to an earlier position, and gone on from there.
    let back = path("back");
    restore(&backup, &back, &["--to", &(end - 1).to_string(), "--keys", text(&data.join("keys"))]);
    refused(&["backup", "--data", text(&back), "--to", text(&backup)], 3, &["another directory"]);
    print(&["admin", "create", "--data", text(&back), "--login", "admin.test"]);
    refused(
        &["backup", "--data", text(&back), "--to", text(&backup)],
        3,
        &["restored to an earlier position"],
    );
    assert_eq!(position(&verify(&backup)), end);
}

#[test]
fn a_disk_that_is_full_is_told_and_the_backup_stays_what_it_was() {
    let folder = TempDir::new().unwrap();
    let data = imported(&folder, "data");
    let backup = folder.path().join("backup");
    let before = position(&back_up(&data, &backup));
    let onde = folder.path().join("onde");
    let uai = "0990202G";
    print(&["import", "onde", "--data", text(&data), "--uai", uai, "--name", "École", text(&onde)]);
    let _server = Server::start(&data);
    // No file may grow beyond 4 KiB: to whoever writes, that is a disk that is full.
    let limited = |arguments: &[&str]| {
        let preau = command(arguments);
        let mut shell = std::process::Command::new("sh");
        shell
            .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$@\"", "sh"])
            .arg(preau.get_program())
            .args(arguments);
        shell.current_dir(folder.path()).output().unwrap()
    };
    let output = limited(&["backup", "--data", text(&data), "--to", text(&backup)]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("preau: cannot write") && said.contains("events/"), "{said}");
    assert_eq!(position(&verify(&backup)), before);
    assert!(position(&back_up(&data, &backup)) > before);
    verify(&backup);
}

#[test]
fn a_damaged_backup_is_refused_with_file_and_position() {
    let folder = TempDir::new().unwrap();
    let data = imported(&folder, "data");
    let backup = folder.path().join("backup");
    back_up(&data, &backup);
    print(&["admin", "create", "--data", text(&data), "--login", "admin.test"]);
    back_up(&data, &backup);
    let seed = std::env::var("PREAU_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("PREAU_SEED={seed}");
    for round in 0..16 {
        let mut random = Random(seed + round);
        let broken = folder.path().join(format!("broken-{round}"));
        copy(&backup, &broken);
        let what = damage(&broken, &mut random, round % 4);
        let restored = folder.path().join(format!("restored-{round}"));
        let restore = ["restore", "--from", text(&broken), "--data", text(&restored)];
        for arguments in [&["backup", "verify", text(&broken)][..], &restore] {
            let output = run(arguments);
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(5), "{what}: {said}");
            assert!(said.contains(text(&broken)) && said.contains("position "), "{what}: {said}");
        }
        assert!(!restored.join("log").exists() && !restored.join("log.new").exists(), "{what}");
    }
}

/// Damages a file of a backup, and says what was done.
fn damage(backup: &Path, random: &mut Random, how: u64) -> String {
    let mut segments: Vec<_> =
        fs::read_dir(backup.join("events")).unwrap().map(|entry| entry.unwrap().path()).collect();
    segments.sort();
    assert_eq!(segments.len(), 2);
    let path = &segments[usize::try_from(random.below(2)).unwrap()];
    let mut bytes = fs::read(path).unwrap();
    let at = usize::try_from(random.below(bytes.len() as u64)).unwrap();
    match how {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes.truncate(at),
        2 => {
            fs::remove_file(path).unwrap();
            return format!("{} removed", path.display());
        }
        _ => {
            let aside = backup.join("aside");
            fs::rename(&segments[0], &aside).unwrap();
            fs::rename(&segments[1], &segments[0]).unwrap();
            fs::rename(&aside, &segments[1]).unwrap();
            return "both segments exchanged".to_owned();
        }
    }
    fs::write(path, bytes).unwrap();
    format!("{} damaged at {at} ({how})", path.display())
}
