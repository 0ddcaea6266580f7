//! `preau doctor`: what it says of a directory that is well, and of one that is not.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::files;
use crate::preau::{print, run};

/// Makes a data directory with the invented school in it.
fn school(folder: &TempDir, name: &str) -> PathBuf {
    let onde = folder.path().join("onde");
    files::write(&onde);
    let data = folder.path().join(name);
    let (text, onde) = (data.to_str().unwrap(), onde.to_str().unwrap());
    print(&["import", "onde", "--data", text, "--uai", files::UAI, "--name", "École des Tilleuls", onde]);
    data
}

/// Returns the exit code, what was printed as JSON, and what was said beside it.
fn doctor(data: &Path, more: &[&str]) -> (Option<i32>, Value, String) {
    let mut arguments = vec!["doctor", "--data", data.to_str().unwrap(), "--format", "json"];
    arguments.extend(more);
    let output = run(&arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("panicked at tools"), "{said}");
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default(), said)
}

/// Returns the first damage of a kind.
fn first<'a>(found: &'a Value, kind: &str) -> &'a str {
    let damage = found["damage"].as_array().unwrap().iter().find(|damage| damage["kind"] == kind);
    damage.unwrap_or_else(|| panic!("no {kind} in {found}"))["first"].as_str().unwrap()
}

#[test]
fn a_directory_that_is_well_is_said_to_be_so() {
    let folder = TempDir::new().unwrap();
    let data = school(&folder, "data");
    let (code, found, _) = doctor(&data, &["--deep"]);
    assert_eq!((code, &found["damage"]), (Some(0), &Value::Array(vec![])));
    assert_eq!((found["log"]["volumes"].as_u64(), found["keys"]["generation"].as_u64()), (Some(1), Some(1)));
    assert_eq!(found["deep"]["events"], found["log"]["events"]);
    assert_eq!(found["deep"]["chunks"], found["log"]["chunks"]);
    // Twelve people with a name each, at least.
    assert!(found["deep"]["opened"].as_u64().unwrap() >= 12, "{found}");
    assert_eq!(found["deep"]["erased"], 0);
    assert!(doctor(&data, &[]).1["deep"].is_null());

    let text = print(&["doctor", "--data", data.to_str().unwrap(), "--deep"]);
    let events = found["log"]["events"].as_u64().unwrap();
    for words in [
        format!("{events} events in"),
        "generation 1 of the ring".to_owned(),
        "nothing was cut".to_owned(),
        format!("{events} events in {} chunks read again", found["log"]["chunks"]),
    ] {
        assert!(text.contains(&words), "{words}: {text}");
    }
}

#[test]
fn a_directory_that_is_missing_or_in_use_is_left_alone() {
    let folder = TempDir::new().unwrap();
    let nowhere = folder.path().join("nowhere");
    assert_eq!(doctor(&nowhere, &[]).0, Some(6));
    assert!(!nowhere.exists());
    let data = school(&folder, "data");
    // What a running server holds.
    let lock = fs::File::open(data.join("log/lock")).unwrap();
    lock.try_lock().unwrap();
    let (code, _, said) = doctor(&data, &["--deep"]);
    assert_eq!(code, Some(4));
    assert!(said.contains("server"), "{said}");
    lock.unlock().unwrap();
    assert_eq!(doctor(&data, &["--deep"]).0, Some(0));
}

#[test]
fn keys_that_are_gone_damaged_or_of_another_directory_are_told() {
    let folder = TempDir::new().unwrap();
    let (data, other) = (school(&folder, "data"), school(&folder, "other"));
    let (keys, away) = (data.join("keys"), folder.path().join("away"));

    fs::rename(&keys, &away).unwrap();
    let (code, found, said) = doctor(&data, &["--deep"]);
    assert_eq!(code, Some(5), "{said}");
    assert!(first(&found, "keys").contains("are gone"), "{found}");
    assert!(said.contains("damaged (keys)"), "{said}");
    assert!(!keys.exists(), "nothing was made");

    // Those of another school open, and open nothing here.
    fs::rename(other.join("keys"), &keys).unwrap();
    assert_eq!(doctor(&data, &[]).0, Some(0), "only a deep look opens what is sealed");
    let (code, found, _) = doctor(&data, &["--deep"]);
    assert_eq!((code, found["deep"]["opened"].as_u64()), (Some(5), Some(0)));
    let sealed = first(&found, "sealed");
    assert!(sealed.contains("position ") && sealed.contains("nobody destroyed it"), "{sealed}");

    fs::remove_dir_all(&keys).unwrap();
    fs::rename(&away, &keys).unwrap();
    let journal = keys.join("journal.1");
    let whole = fs::read(&journal).unwrap();
    fs::write(&journal, &whole[..whole.len() - 1]).unwrap();
    let (code, found, _) = doctor(&data, &[]);
    assert_eq!(code, Some(5));
    assert!(first(&found, "keys").contains("journal.1"), "{found}");
    assert!(found["log"]["events"].as_u64().unwrap() > 0, "the log is looked at all the same");
    fs::write(&journal, whole).unwrap();
    assert_eq!(doctor(&data, &["--deep"]).0, Some(0));
}

#[test]
fn a_log_that_is_damaged_is_told_with_file_and_position() {
    let folder = TempDir::new().unwrap();
    let data = school(&folder, "data");
    let whole = doctor(&data, &["--deep"]).1["deep"]["events"].as_u64().unwrap();
    let volume = data.join("log/00000000000000000001.events");
    let mut bytes = fs::read(&volume).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&volume, bytes).unwrap();
    let (code, found, said) = doctor(&data, &["--deep"]);
    assert_eq!(code, Some(5), "{said}");
    let log = first(&found, "log");
    assert!(log.contains("00000000000000000001.events: ") && log.contains(" at position "), "{log}");
    assert!(found["log"].is_null());
    // What was still to be read was read, in front of the damage and behind it.
    let read = found["deep"]["events"].as_u64().unwrap();
    assert!((whole - 16..whole).contains(&read), "{read} of {whole}: {found}");
    let text = run(&["doctor", "--data", data.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&text.stdout).contains("damaged   log: "), "{text:?}");
}
