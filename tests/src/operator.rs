//! The operator's socket: who can reach it, when it is there, and what can be asked beside a running server.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;

use serde_json::Value;
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
