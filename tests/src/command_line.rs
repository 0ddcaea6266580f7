//! The command line, as an operator who is new to it would use it.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::files;
use crate::preau::{print, run};
use crate::school::School;

fn stats(data: &str) -> Value {
    serde_json::from_str(&print(&["log", "stats", "--data", data, "--format", "json"])).unwrap()
}

fn import(data: &str, folder: &str, more: &[&str]) -> String {
    let mut arguments =
        vec!["import", "onde", "--data", data, "--uai", files::UAI, "--name", "École des Tilleuls"];
    arguments.extend(more);
    arguments.push(folder);
    print(&arguments)
}

#[test]
fn importing_the_same_files_again_appends_nothing_but_the_imports_own_events() {
    let folder = TempDir::new().unwrap();
    files::write(&folder.path().join("onde"));
    let (data, onde) = (folder.path().join("data"), folder.path().join("onde"));
    let (data, onde) = (data.to_str().unwrap(), onde.to_str().unwrap());

    let dry = import(data, onde, &["--dry-run", "--format", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&dry).unwrap()["report"]["counts"]["pupils"], 4);
    assert!(!folder.path().join("data").exists(), "a dry run changes nothing");

    import(data, onde, &[]);
    let first = stats(data);
    assert_eq!(first["kinds"]["person.registered"], 12);
    assert_eq!(first["kinds"]["person.login-given"], 12);
    assert_eq!(first["kinds"]["person.child-linked"], 6);
    assert_eq!(first["kinds"]["structure.class-opened"], 2);

    import(data, onde, &[]);
    let second = stats(data);
    for (kind, count) in second["kinds"].as_object().unwrap() {
        if !kind.starts_with("import.") {
            assert_eq!(first["kinds"][kind], *count, "{kind}");
        }
    }
    assert_eq!(second["kinds"]["import.finished"], 2);
}

#[test]
fn the_real_school_is_imported_whole_and_quietly_the_second_time() {
    for onde in files::real() {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        let (data, onde) = (data.to_str().unwrap(), onde.to_str().unwrap());
        import(data, onde, &["--matrix", "classic"]);
        let first = stats(data);
        assert_eq!(first["kinds"]["person.registered"], 247 + 14 + 469);
        assert_eq!(first["kinds"]["person.child-linked"], 491);
        assert_eq!(first["kinds"]["structure.class-opened"], 10);
        assert_eq!(first["kinds"]["person.login-given"], 247 + 14 + 469);
        import(data, onde, &["--matrix", "classic"]);
        let second = stats(data);
        let own = |stats: &Value| -> u64 {
            let kinds = stats["kinds"].as_object().unwrap().iter();
            kinds
                .filter(|(kind, _)| !kind.starts_with("import."))
                .map(|(_, count)| count.as_u64().unwrap())
                .sum()
        };
        assert_eq!(own(&first), own(&second));
        let report =
            print(&["rules", "report", "--data", data, "--structure", files::UAI, "--format", "csv"]);
        assert_eq!(report.lines().count(), 1 + 247 + 14 + 469);
    }
}

#[test]
fn bad_input_is_one_sentence_and_an_exit_code_and_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let onde = folder.path().join("onde");
    files::write(&onde);
    let data = folder.path().join("data");
    let (data, onde_text) = (data.to_str().unwrap(), onde.to_str().unwrap());

    let refused = |arguments: &[&str], code: i32, words: &str| {
        let output = run(arguments);
        let text =
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{text}");
        assert!(text.contains(words), "{arguments:?}: {text}");
        assert!(!text.contains("panicked"), "{text}");
    };
    refused(&["rules", "report", "--data", data, "--structure", files::UAI], 6, "no data here");
    refused(&["import", "onde", "--data", data, "--uai", "0990201A", onde_text], 3, "should be F");
    refused(
        &["import", "onde", "--data", data, "--uai", files::UAI, "--matrix", "none", onde_text],
        3,
        "classic",
    );
    refused(
        &["import", "onde", "--data", data, "--uai", files::UAI, "--zone", "Paris", onde_text],
        3,
        "Europe/Paris",
    );
    refused(&["admin", "create", "--data", data, "--login", "É"], 3, "3 to 64");

    let pupils = onde.join("CSVExtraction-eleves.csv");
    let good = fs::read(&pupils).unwrap();
    fs::write(&pupils, String::from_utf8_lossy(&good).replace(';', ",")).unwrap();
    refused(
        &["import", "onde", "--data", data, "--uai", files::UAI, onde_text],
        3,
        "CSVExtraction-eleves.csv",
    );
    assert!(!folder.path().join("data").exists(), "nothing was made");

    fs::write(&pupils, good).unwrap();
    import(data, onde_text, &[]);
    refused(&["rules", "matrix", "--data", data, "--structure", "0134567U"], 6, "no such structure");
    refused(&["trace", "--data", data, "nonsense"], 3, "no message");
    refused(&["trace", "--data", data, "01ARZ3NDEKTSV4RRFFQ69G5FAV"], 6, "never sent");
    refused(&["frobnicate"], 2, "unrecognized");
}

#[test]
fn a_directory_that_a_server_uses_is_refused_and_says_so() {
    let school = School::open("classic");
    let output = run(&["models", "--data", school.data().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&output.stderr).contains("server"));
    school.stop();
}

#[test]
fn every_setting_says_where_it_comes_from() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("preau.toml");
    fs::write(&file, "listen = \"127.0.0.1:9\"\n").unwrap();
    let explained = print(&["config", "explain", "--data", "here", "--config", file.to_str().unwrap()]);
    let line = |name: &str| explained.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("data").contains("here") && line("data").contains("flag"), "{explained}");
    assert!(line("listen").contains("127.0.0.1:9") && line("listen").contains("file"), "{explained}");
    assert!(line("introspection").contains("default"), "{explained}");
}

#[test]
fn a_rules_matrix_counts_ordered_pairs() {
    let folder = TempDir::new().unwrap();
    files::write(&folder.path().join("onde"));
    let (data, onde) = (folder.path().join("data"), folder.path().join("onde"));
    let (data, onde) = (data.to_str().unwrap(), onde.to_str().unwrap());
    import(data, onde, &["--matrix", "published-2025"]);
    let matrix = print(&["rules", "matrix", "--data", data, "--structure", files::UAI, "--format", "csv"]);
    // Three teachers reach each of four pupils; each pupil reaches the teachers of the own class only.
    assert!(matrix.lines().any(|line| line == "TEACHER,STUDENT,12,6"), "{matrix}");
    assert!(matrix.lines().any(|line| line == "STUDENT,TEACHER,6,0"), "{matrix}");
    assert!(matrix.lines().any(|line| line == "TEACHER,TEACHER,6,0"), "{matrix}");
}
