//! The operator's socket: who can reach it, when it is there, and what can be asked beside a running server.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::files;
use crate::preau::{Server, print, run};
use crate::school::School;

#[test]
fn the_socket_is_its_owners_alone_and_goes_with_the_server() {
    let mut school = School::open("classic");
    let socket = school.data().join("operator.sock");
    let look = || {
        let file = fs::symlink_metadata(&socket).unwrap();
        assert!(file.file_type().is_socket());
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
        assert!(UnixStream::connect(&socket).is_ok());
        assert!(!socket.with_file_name("operator.new").exists());
    };
    look();
    // What a kill leaves is replaced.
    school.kill();
    assert!(socket.exists() && UnixStream::connect(&socket).is_err());
    school.crash();
    look();
    school.stop();
    assert!(!socket.exists());
}

#[test]
fn the_log_is_shown_beside_a_running_server() {
    let school = School::open("classic");
    let data = school.data().to_str().unwrap().to_owned();
    let shown = |what: &[&str]| print(&[&["log"], what, &["--data", &data, "--format", "json"]].concat());
    let (tail, stats) = (shown(&["tail", "-n", "1000000"]), shown(&["stats"]));
    let last = shown(&["tail", "-n", "1"]);
    let text = print(&["log", "stats", "--data", &data]);
    let doctor = run(&["doctor", "--data", &data]);
    let said = String::from_utf8_lossy(&doctor.stderr);
    assert_eq!(doctor.status.code(), Some(4));
    assert!(
        said.contains(&format!("a server runs on it, now at position {}", tail.lines().count())),
        "{said}"
    );
    let folder = school.stop();
    assert_eq!(shown(&["tail", "-n", "1000000"]), tail);
    assert_eq!(shown(&["stats"]), stats);
    assert_eq!(print(&["log", "stats", "--data", &data]), text);
    let stats: Value = serde_json::from_str(&stats).unwrap();
    assert_eq!(stats["events"].as_u64(), Some(tail.lines().count() as u64));
    assert_eq!(Some(last.trim_end()), tail.lines().last());
    drop(folder);
}

#[test]
fn a_directory_whose_path_is_too_long_for_a_socket_has_one_all_the_same() {
    let folder = TempDir::new().unwrap();
    let deep = folder.path().join("a-long-name-".repeat(9)).join("data");
    assert!(deep.as_os_str().len() > 107);
    files::write(&folder.path().join("onde"));
    let (data, onde) = (deep.to_str().unwrap(), folder.path().join("onde"));
    print(&[
        "import",
        "onde",
        "--data",
        data,
        "--uai",
        files::UAI,
        "--name",
        "École",
        onde.to_str().unwrap(),
    ]);
    let before = print(&["log", "stats", "--data", data]);
    let mut server = Server::start(&deep);
    assert_eq!(print(&["log", "stats", "--data", data]), before);
    assert!(server.stop().is_some());
    assert!(!deep.join("operator.sock").exists());
}

#[test]
fn a_directory_in_use_without_a_server_says_so() {
    let folder = TempDir::new().unwrap();
    fs::create_dir_all(folder.path().join("log")).unwrap();
    let lock = fs::File::create(folder.path().join("log/lock")).unwrap();
    lock.try_lock().unwrap();
    let output = run(&["log", "stats", "--data", folder.path().to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("no server answers") && said.contains("operator.sock"), "{said}");
}

/// What a command says: its exit code, what it prints, and its sentence.
fn said(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = run(arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    // Warnings of the log of the program come before the sentence.
    let sentence = text(&output.stderr).lines().filter(|line| line.starts_with("preau:")).collect();
    (output.status.code(), text(&output.stdout), sentence)
}

#[test]
fn a_trace_beside_a_running_server_is_the_one_without() {
    let school = School::open("classic");
    let data = school.data().to_str().unwrap().to_owned();
    let (teacher, parent) = (school.person("Cécile Lambert"), school.person("Karim Masson"));
    let message = teacher.send("Réunion", &[&parent.id], &[]);
    parent.act("openMessage", json!({ "message": message }), "userErrors { code }");
    let asks = [
        vec!["trace", &message, "--format", "text", "--language", "fr"],
        vec!["trace", &message, "--format", "json"],
        vec!["trace", &message, "--format", "html", "--language", "en"],
        vec!["trace", "01K4QJ6X2F00000000000000M1"],
        vec!["trace", "nothing"],
        vec!["message", "erase", &message, "--reason", "essai"],
        vec!["person", "erase", "nobody.here", "--reason", "essai", "--yes"],
        vec!["person", "erase", "no login!", "--reason", "essai", "--yes"],
        vec!["person", "erase", "01K4QJ6X2F00000000000000P1", "--reason", "essai", "--yes"],
    ];
    let ask =
        || asks.iter().map(|ask| said(&[ask.as_slice(), &["--data", &data]].concat())).collect::<Vec<_>>();
    let beside = ask();
    let folder = school.stop();
    let alone = ask();
    assert_eq!(beside, alone);
    let codes: Vec<_> = alone.iter().map(|(code, ..)| code.unwrap()).collect();
    assert_eq!(codes, [0, 0, 0, 6, 3, 3, 6, 3, 6]);
    assert!(alone[0].1.contains("Karim MASSON") && alone[2].1.starts_with("<!DOCTYPE html>"), "{alone:?}");
    // The page has every line of the tree.
    let (tree, page) = (print(&["trace", &message, "--language", "en", "--data", &data]), &alone[2].1);
    for line in tree.lines() {
        let said = line.trim_start_matches(['│', '├', '└', '─', ' ']);
        let escaped = said.replace('&', "&amp;").replace('\'', "&#39;").replace('"', "&quot;");
        assert!(page.contains(&escaped), "{line}");
    }
    drop(folder);
}

#[test]
fn the_operator_erases_beside_a_running_server() {
    let school = School::open("classic");
    let data = school.data().to_str().unwrap().to_owned();
    let (teacher, parent) = (school.person("Cécile Lambert"), school.person("Karim Masson"));
    let [bad, good] = ["Illicite", "Licite"].map(|subject| parent.send(subject, &[&teacher.id], &[]));
    let erase = |what: &[&str]| print(&[what, &["--reason", "Demande", "--yes", "--data", &data]].concat());
    let printed = erase(&["message", "erase", &bad]);
    assert!(printed.contains("is erased. Backups of `keys/`"), "{printed}");
    let read = "query($id: ID!) { message(id: $id) { subject author { displayName } } }";
    let shown = |id: &str| teacher.ask(read, json!({ "id": id }))["message"].clone();
    assert!(shown(&bad)["subject"].is_null());
    assert_eq!(shown(&good)["subject"], "Licite");

    let printed = erase(&["person", "erase", &parent.id]);
    assert!(printed.contains("is erased: names and account."), "{printed}");
    // The session of who was erased ends, and their name is gone from the answers of this server.
    assert_eq!(parent.code("{ me { id } }", json!({})), "UNAUTHENTICATED");
    assert_eq!(shown(&good)["author"]["displayName"], "personne effacée");
    let again = erase(&["person", "erase", &parent.id]);
    assert!(again.contains("was erased before"), "{again}");
    // Who decided, and why, stands in the log.
    let query = "{ events(filter: { kinds: [\"erasure.requested\"] }) { nodes { actor { kind } } } }";
    let asked = school.administrator().ask(query, json!({}))["events"]["nodes"].clone();
    assert_eq!(asked, json!([{"actor": {"kind": "OPERATOR"}}, {"actor": {"kind": "OPERATOR"}}]));
    let folder = school.stop();
    for canary in ["Karim", "Illicite"] {
        assert_eq!(
            crate::canary::hits(&folder.path().join("data"), canary),
            Vec::<std::path::PathBuf>::new(),
            "{canary}"
        );
    }
}

#[test]
fn a_checkpoint_is_signed_beside_a_running_server() {
    let school = School::open("classic");
    let data = school.data().to_str().unwrap().to_owned();
    let ask = || print(&["audit", "checkpoint", "--data", &data]);
    let note = ask();
    let size = note.lines().nth(1).unwrap();
    let files = fs::read_dir(school.data().join("tlog/checkpoints")).unwrap();
    let kept = |file: std::io::Result<fs::DirEntry>| fs::read_to_string(file.unwrap().path()).unwrap();
    assert!(files.map(kept).any(|kept| kept == note), "it lies with the others");
    let head = print(&["log", "tail", "-n", "1", "--data", &data, "--format", "json"]);
    let head: Value = serde_json::from_str(&head).unwrap();
    assert_eq!(head["position"].to_string(), size, "it is over all there is");
    let folder = school.stop();
    assert_eq!(ask(), note, "the same events, the same note");
    drop(folder);
}
