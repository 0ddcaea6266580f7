//! Proof that nothing was edited: checkpoints, bundles, and what is said of those that were tampered with.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::files;
use crate::preau::{Server, print, run};
use crate::school::School;

/// Makes a data directory with the invented school in it, which nobody served yet.
fn imported(folder: &TempDir, name: &str) -> PathBuf {
    let onde = folder.path().join("onde");
    files::write(&onde);
    let data = folder.path().join(name);
    let (text, onde) = (data.to_str().unwrap(), onde.to_str().unwrap());
    print(&["import", "onde", "--data", text, "--uai", files::UAI, "--name", "École des Tilleuls", onde]);
    data
}

/// Appends a few events.
fn act(data: &str, login: &str) {
    print(&["admin", "create", "--data", data, "--login", login]);
}

fn events(data: &str) -> u64 {
    let stats = print(&["log", "stats", "--data", data, "--format", "json"]);
    let stats: Value = serde_json::from_str(&stats).unwrap();
    stats["kinds"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum()
}

/// The sizes of the checkpoints of a data directory.
fn checkpoints(data: &Path) -> Vec<u64> {
    let Ok(entries) = fs::read_dir(data.join("tlog/checkpoints")) else { return vec![] };
    let mut sizes: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.parse().ok())
        .collect();
    sizes.sort_unstable();
    sizes
}

#[track_caller]
fn refused(arguments: &[&str], code: i32, words: &str) {
    let output = run(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{said}");
    assert!(said.contains(words), "{arguments:?}: {said}");
    assert!(!said.contains("panicked") && said.lines().count() == 1, "{said}");
}

#[test]
fn what_a_school_did_is_proved_and_every_tampering_is_located() {
    let school = School::open("classic");
    let parent = school.person("Karim Masson");
    school.person("Cécile Lambert").send("Sortie", &[&parent.id], &[]);
    let folder = school.stop();
    let path = folder.path().join("data");
    let data = path.to_str().unwrap();
    let served = events(data);
    assert_eq!(checkpoints(&path), [served], "a server that stops signs for what it acknowledged");
    let note = print(&["audit", "checkpoint", "--data", data]);
    assert_eq!(note, fs::read_to_string(path.join(format!("tlog/checkpoints/{served:020}"))).unwrap());
    act(data, "admin.second");
    let size = events(data);
    assert!(size > served);

    let key = print(&["audit", "key", "--data", data]);
    let key = key.trim();
    assert!(key.starts_with(note.lines().next().unwrap()), "{key} is named after the log");
    let bundle = folder.path().join("proof.jsonl");
    let bundle = bundle.to_str().unwrap();
    let said = print(&["audit", "export", "--data", data, "--to", bundle]);
    assert!(said.contains(&format!("positions 1 to {size}")), "{said}");
    assert!(said.contains(&format!("unchanged since that of {served}")), "{said}");
    assert_eq!(checkpoints(&path), [served, size]);

    let verify = |more: &[&str]| print(&[&["audit", "verify", bundle], more].concat());
    assert!(verify(&[]).contains(&format!("Proved: these are the events 1 to {size} of preau/")));
    assert!(verify(&["--key", key]).contains("The key is the one you gave."));
    let found: Value = serde_json::from_str(&verify(&["--format", "json", "--key", key])).unwrap();
    assert_eq!((found["proved"].as_bool(), found["keyGiven"].as_bool()), (Some(true), Some(true)));
    assert_eq!((&found["since"]["events"], &found["checkpoint"]["events"]), (&json!(served), &json!(size)));

    let whole = fs::read_to_string(bundle).unwrap();
    let lines: Vec<_> = whole.split_inclusive('\n').map(str::to_owned).collect();
    // A line of an event is numbered after its position: the first line is 0.
    let with = |at: usize, line: &str| {
        let mut lines = lines.clone();
        line.clone_into(&mut lines[at]);
        lines.concat()
    };
    let without = |at: usize| [&lines[..at], &lines[at + 1..]].concat().concat();
    let twice = |at: usize| [&lines[..=at], &lines[at..]].concat().concat();
    let swapped = {
        let mut lines = lines.clone();
        lines.swap(7, 9);
        lines.concat()
    };
    // A character of the bytes, the proof, the note, the signature: another of the same alphabet.
    let other = |line: &str, after: &str, skip: usize| {
        let at = line.find(after).unwrap() + after.len() + skip;
        let changed = if &line[at..=at] == "A" { "B" } else { "A" };
        format!("{}{changed}{}", &line[..at], &line[at + 1..])
    };
    for (what, tampered, words) in [
        ("event", with(5, &other(&lines[5], "\"leaf\":\"", 40)), "position 5: the event is not the one"),
        ("proof", with(6, &other(&lines[6], "\"path\":[\"", 9)), "position 6: the event is not the one"),
        ("removed", without(8), "position 8: the event of position 9 stands in its place"),
        ("inserted", twice(8), "position 9: the event of position 8 stands in its place"),
        ("swapped", swapped, "position 7: the event of position 9 stands in its place"),
        ("cut", lines[..10].concat(), "position 10: the event is missing: the file was cut"),
        ("cut in a line", whole[..whole.len() - 5].to_owned(), "the last line is cut"),
        ("root", with(0, &other(&lines[0], &format!("\\n{size}\\n"), 3)), "the checkpoint: "),
        (
            "earlier root",
            with(0, &other(&lines[0], &format!("\\n{served}\\n"), 3)),
            "the earlier checkpoint: ",
        ),
        ("consistency", with(0, &other(&lines[0], "\"consistency\":[\"", 3)), "does not go on from that"),
        ("key", with(0, &other(&lines[0], "\"key\":\"preau/", 3)), "the public key of the bundle: "),
    ] {
        let file = folder.path().join(what);
        fs::write(&file, tampered).unwrap();
        refused(&["audit", "verify", file.to_str().unwrap()], 5, words);
    }
    let file = folder.path().join("event");
    let output = run(&["audit", "verify", file.to_str().unwrap(), "--format", "json"]);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), found["proved"].as_bool()), (Some(5), Some(false)));
    assert_eq!((found["position"].as_u64(), found["line"].as_u64()), (Some(5), Some(6)));

    let another = imported(&folder, "another");
    let stranger = print(&["audit", "key", "--data", another.to_str().unwrap()]);
    refused(&["audit", "verify", bundle, "--key", stranger.trim()], 5, "another key than the one given");

    // Without any key, all of it holds: what is hashed is what is sealed.
    fs::remove_dir_all(path.join("keys")).unwrap();
    assert!(verify(&["--key", key]).contains("Proved"));
    let output = run(&["doctor", "--data", data, "--deep", "--format", "json"]);
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["tlog"]["hashes"], json!(size));
    let kinds: Vec<_> = found["damage"].as_array().unwrap().iter().map(|damage| &damage["kind"]).collect();
    assert_eq!(kinds, ["keys"]);
}

#[test]
fn a_part_is_proved_against_the_checkpoint_one_asks_for() {
    let folder = TempDir::new().unwrap();
    let path = imported(&folder, "data");
    let data = path.to_str().unwrap();
    let mut sizes = vec![];
    for login in ["admin.one", "admin.two", "admin.three"] {
        act(data, login);
        print(&["audit", "checkpoint", "--data", data]);
        sizes.push(events(data));
    }
    assert_eq!(checkpoints(&path), sizes);
    let bundle = folder.path().join("part.jsonl");
    let bundle = bundle.to_str().unwrap();
    let since = sizes[0].to_string();
    let part = ["--from", "10", "--until", "12", "--since", &since];
    print(&[&["audit", "export", "--data", data, "--to", bundle], &part[..]].concat());
    assert_eq!(fs::read_to_string(bundle).unwrap().lines().count(), 5);
    let found = print(&["audit", "verify", bundle, "--format", "json"]);
    let found: Value = serde_json::from_str(&found).unwrap();
    assert_eq!((found["from"].as_u64(), found["until"].as_u64()), (Some(10), Some(12)));
    assert_eq!(found["since"]["events"].as_u64(), Some(sizes[0]));
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}

#[test]
fn a_log_written_anew_under_the_same_key_is_told_by_a_checkpoint_kept_elsewhere() {
    let folder = TempDir::new().unwrap();
    let (data, anew) = (imported(&folder, "data"), folder.path().join("anew"));
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let sign = |data: &Path, name: &str| {
        let note = folder.path().join(name);
        fs::write(&note, print(&["audit", "checkpoint", "--data", &text(data)])).unwrap();
        text(&note)
    };
    let first = sign(&data, "first");
    copy(&data, &anew);
    act(&text(&data), "admin.true");
    let kept = sign(&data, "kept");
    act(&text(&anew), "admin.false");

    let export = |data: &Path, name: &str, more: &[&str]| {
        let bundle = text(&folder.path().join(name));
        print(&[&["audit", "export", "--data", &text(data), "--to", &bundle], more].concat());
        bundle
    };
    let honest = export(&data, "honest.jsonl", &[]);
    for note in [&first, &kept] {
        print(&["audit", "verify", &honest, "--checkpoint", note]);
    }
    let forged = export(&anew, "forged.jsonl", &[]);
    print(&["audit", "verify", &forged, "--key", print(&["audit", "key", "--data", &text(&data)]).trim()]);
    print(&["audit", "verify", &forged, "--checkpoint", &first]);
    refused(&["audit", "verify", &forged, "--checkpoint", &kept], 5, "the log was written anew");

    act(&text(&data), "admin.last");
    let later = export(&data, "later.jsonl", &[]);
    print(&["audit", "verify", &later, "--checkpoint", &kept]);
    refused(&["audit", "verify", &later, "--checkpoint", &first], 3, "export it with --since ");
    refused(&["audit", "verify", &later, "--checkpoint", &honest], 5, "it is not a signed note");
    refused(&["audit", "verify", &later, "--checkpoint", "/nowhere/note"], 3, "/nowhere/note: ");
}

#[test]
fn what_cannot_be_proved_is_one_sentence_and_an_exit_code() {
    let folder = TempDir::new().unwrap();
    let nowhere = folder.path().join("nowhere");
    refused(&["audit", "checkpoint", "--data", nowhere.to_str().unwrap()], 6, "no data here");
    assert!(!nowhere.exists());
    let path = imported(&folder, "data");
    let data = path.to_str().unwrap();
    let size = events(data);
    let bundle = folder.path().join("proof.jsonl");
    let bundle = bundle.to_str().unwrap();
    let export = ["audit", "export", "--data", data, "--to", bundle];
    let beyond = (size + 1).to_string();
    for (more, code, words) in [
        (["--from", "0"], 3, "name positions from 1 on"),
        (["--from", &beyond], 6, "is not in the log: it holds the positions 1 to"),
        (["--until", &beyond], 6, "it holds the positions 1 to"),
        (["--since", "3"], 6, "there is no checkpoint of 3 events; there are "),
    ] {
        refused(&[&export[..], &more[..]].concat(), code, words);
    }
    assert!(!Path::new(bundle).exists(), "nothing half-written is left");
    assert!(!folder.path().join("proof.jsonl.tmp").exists());
    refused(&[&export[..], &["--from", "2", "--until", "1"]].concat(), 3, "the first before the last");
    refused(&["audit", "verify", bundle], 6, "there is no such file");
    print(&export);
    refused(&["audit", "verify", bundle, "--key", "nonsense"], 3, "--key: a public key is written");
    fs::write(bundle, "nonsense").unwrap();
    refused(&["audit", "verify", bundle], 5, "the first line is cut");

    // What a running server holds.
    let lock = fs::File::open(path.join("log/lock")).unwrap();
    lock.try_lock().unwrap();
    refused(&["audit", "checkpoint", "--data", data], 4, "is in use, and no server answers");
    lock.unlock().unwrap();

    // The tree against the log: made again if it is gone, told if it is another.
    fs::remove_file(path.join("tlog/level.0")).unwrap();
    print(&["audit", "checkpoint", "--data", data]);
    let level = path.join("tlog/level.0");
    let mut bytes = fs::read(&level).unwrap();
    bytes[32 * 8 + 3] ^= 1;
    fs::write(&level, bytes).unwrap();
    refused(&["audit", "checkpoint", "--data", data], 5, "kept for position 9 is not that of the event");
    let output = run(&["doctor", "--data", data, "--deep"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.contains("damaged   tlog: ") && said.contains("position 9 "), "{said}");

    // The school goes on all the same, and nothing is signed until somebody looked.
    let signed = checkpoints(&path);
    act(data, "admin.later");
    let mut server = Server::start(&path);
    let lived = ureq::get(format!("{}/livez", server.url)).call().unwrap();
    assert_eq!(lived.status(), 200);
    server.stop().expect("it ends well");
    assert_eq!(checkpoints(&path), signed);
}

#[test]
fn a_server_signs_at_an_interval_while_its_log_grows() {
    let folder = TempDir::new().unwrap();
    let path = imported(&folder, "data");
    act(path.to_str().unwrap(), "admin.test");
    let mut server = Server::start_with(&path, &["--checkpoint-interval", "1s"]);
    // Who asks has nothing to do but to ask again.
    let agent = ureq::Agent::new_with_defaults();
    let begun = std::time::Instant::now();
    while checkpoints(&path).is_empty() {
        assert!(begun.elapsed().as_secs() < 60, "nothing is signed");
        agent.get(format!("{}/livez", server.url)).call().unwrap();
    }
    server.stop().expect("it ends well");
    let data = path.to_str().unwrap();
    assert_eq!(checkpoints(&path).last(), Some(&events(data)));
    refused(&["serve", "--data", data, "--checkpoint-interval", "soon"], 3, "as in 10m");
}
