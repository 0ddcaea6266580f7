//! Each benchmark runs, and prints what the pages promise; what it measures is asserted nowhere.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::preau::{Server, command, print, run};

/// Runs a scenario in its short form, and returns what it printed.
fn bench(scenario: &str) -> Value {
    bench_with(scenario, &[])
}

fn bench_with(scenario: &str, more: &[&str]) -> Value {
    let arguments = [&["bench", scenario, "--quick", "--format", "json"], more].concat();
    let report: Value = serde_json::from_str(&print(&arguments)).unwrap();
    assert_eq!(report["scenario"], scenario);
    assert!(report["machine"]["cores"].as_u64().unwrap() > 0);
    report
}

/// Returns the different values of a column, in their order.
fn column<'a>(report: &'a Value, table: &str, column: &str) -> Vec<&'a Value> {
    let rows = report["tables"][table].as_array().unwrap_or_else(|| panic!("no table {table}: {report:#}"));
    let mut seen = BTreeSet::new();
    let values = rows.iter().map(|row| row.get(column).unwrap_or_else(|| panic!("no {column}: {row}")));
    values.filter(|value| seen.insert(value.to_string())).collect()
}

/// Checks that every row of a table has a number above zero in these columns.
fn measured(report: &Value, table: &str, columns: &[&str]) {
    for name in columns {
        for value in column(report, table, name) {
            assert!(value.as_f64().is_some_and(|number| number > 0.0), "{table}.{name}: {value}\n{report:#}");
        }
    }
}

#[test]
fn appends_are_measured_next_to_a_bare_file() {
    let report = bench("append");
    assert_eq!(column(&report, "durable_appends", "batch"), [1, 16, 256]);
    assert_eq!(column(&report, "durable_appends", "writers"), [1, 64]);
    assert_eq!(column(&report, "durable_appends", "system"), ["file", "log", "postgres"]);
    assert_eq!(column(&report, "64_writers", "streams"), [64, 1]);
    measured_but(&report, "postgres");
    // Where PostgreSQL is not installed its rows are empty, and a note says so.
    let rows = report["tables"]["durable_appends"].as_array().unwrap();
    let missing = rows.iter().any(|row| row["system"] == "postgres" && row["events_per_s"].is_null());
    let notes = report["notes"].to_string();
    assert_eq!(missing, notes.contains("PostgreSQL was not measured"), "{notes}");
    assert!(notes.contains("UmaDB was not measured"), "{notes}");
}

#[test]
fn one_case_of_appends_is_measured_alone() {
    let report = bench_with("append", &["--batch", "24", "--writers", "3,2"]);
    assert_eq!(column(&report, "durable_appends", "batch"), [24]);
    assert_eq!(column(&report, "durable_appends", "writers"), [3, 2]);
    measured_but(&report, "postgres");
    for (option, number) in [("--batch", "0"), ("--batch", "4097"), ("--writers", "65"), ("--writers", "1,x")]
    {
        let output = run(&["bench", "append", "--quick", option, number]);
        let sentence = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{sentence}");
        assert!(sentence.contains(option), "{sentence}");
    }
}

/// Needs a server's program, and a `preau` with a client for it: `cargo build -p preau --features umadb`.
#[test]
fn appends_are_measured_next_to_umadb_where_its_program_is_given() {
    let Some(program) = umadb() else { return };
    let scratch = TempDir::new().unwrap();
    let folder = scratch.path().to_str().unwrap();
    let report = bench_with("append", &["--umadb", &program, "--scratch", folder]);
    assert_eq!(column(&report, "durable_appends", "system"), ["file", "log", "postgres", "umadb"]);
    let rows = |table: &str| report["tables"][table].as_array().unwrap().clone();
    let of_umadb = |table: &str| rows(table).into_iter().filter(|row| row["system"] == "umadb");
    for (row, batch) in of_umadb("durable_appends").zip([1, 1, 16, 16, 256, 256].repeat(2)) {
        assert_eq!(row["batch"], batch);
        for name in ["events_per_s", "p50_ms", "p99_ms", "of_file"] {
            assert!(row[name].as_f64().is_some_and(|number| number > 0.0), "{name}: {row}");
        }
    }
    // On one stream 64 writers overtake each other, and get in all the same.
    let shared: Vec<Value> = of_umadb("64_writers").collect();
    assert_eq!(shared.len(), 2);
    assert!(
        shared.iter().all(|row| row["events_per_s"].as_f64().is_some_and(|rate| rate > 0.0)),
        "{shared:?}"
    );
    // Every append of each case is in: at least one by each writer, whose length is that of the case.
    let store = of_umadb("stores_after_all_rounds").next().unwrap();
    let least = 2 * 65 * (1 + 16 + 256) + 64 + 1;
    assert!(store["events"].as_u64().unwrap() >= least, "{store}");
    for name in ["disk_mib", "memory_mib"] {
        assert!(store[name].as_f64().is_some_and(|number| number > 0.0), "{name}: {store}");
    }
    assert!(!report["notes"].to_string().contains("UmaDB was not measured"), "{report:#}");
    // Its server is gone, and its database with it.
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
    assert!(processes_naming(folder).is_empty(), "{:?}", processes_naming(folder));
}

#[test]
fn a_bench_that_is_told_to_end_leaves_no_umadb_behind() {
    let Some(program) = umadb() else { return };
    told_to_end(&["append", "--umadb", &program], "--db-path");
}

/// Needs PostgreSQL where Debian puts it.
#[test]
fn a_bench_that_is_told_to_end_leaves_no_postgresql_behind() {
    if !Path::new("/usr/lib/postgresql").is_dir() {
        println!("skipped: there is no PostgreSQL below /usr/lib/postgresql");
        return;
    }
    told_to_end(&["mailbox", "--people", "600", "--deliveries", "10000"], "/cluster");
}

/// Asserts that every system has numbers in every case, but for one that may not be there.
fn measured_but(report: &Value, absent: &str) {
    let rows = report["tables"]["durable_appends"].as_array().unwrap();
    for row in rows.iter().filter(|row| row["system"] != absent) {
        for name in ["events_per_s", "p50_ms", "p99_ms", "of_file"] {
            assert!(row[name].as_f64().is_some_and(|number| number > 0.0), "{name}: {row}");
        }
    }
}

/// Starts a scenario, tells it to end when a server runs on whose command line there is `sign`, and looks what is left.
fn told_to_end(scenario: &[&str], sign: &str) {
    let scratch = TempDir::new().unwrap();
    let folder = scratch.path().to_str().unwrap();
    let arguments = [&["bench"], scenario, &["--scratch", folder]].concat();
    let mut bench = command(&arguments).stderr(Stdio::piped()).spawn().unwrap();
    let pid = bench.id().to_string();
    while !processes_naming(folder).iter().any(|line| line.contains(sign)) {
        assert!(bench.try_wait().unwrap().is_none(), "it ended before its server began");
        std::thread::yield_now();
    }
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let output = bench.wait_with_output().unwrap();
    let sentence = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{sentence}");
    assert!(sentence.contains("stopped before it was over"), "{sentence}");
    assert!(processes_naming(folder).is_empty(), "{:?}", processes_naming(folder));
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
}

/// Returns the program of a UmaDB server, if there is one.
fn umadb() -> Option<String> {
    named("PREAU_UMADB", "a UmaDB 0.7 server")
}

/// Returns what a variable names, which must be the program of `what`.
fn named(variable: &str, what: &str) -> Option<String> {
    let program = std::env::var(variable).ok().filter(|program| !program.is_empty());
    if program.is_none() {
        println!("skipped: {variable} does not name the program of {what}");
    }
    program
}

/// Returns the command lines of running processes that name a folder.
fn processes_naming(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(folder)).collect()
}

#[test]
fn umadb_that_cannot_be_measured_is_refused_before_anything_is() {
    let scratch = TempDir::new().unwrap();
    let folder = scratch.path().to_str().unwrap();
    let refused = |program: &str| {
        let output = run(&["bench", "append", "--quick", "--umadb", program, "--scratch", folder]);
        assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, sentence) = refused("/nowhere/umadb");
    assert_eq!(sentence.lines().count(), 1, "{sentence}");
    if code == Some(3) {
        // Built without a client.
        assert!(sentence.contains("cargo build --release -p preau --features umadb"), "{sentence}");
    } else {
        assert_eq!(code, Some(6), "{sentence}");
        assert!(sentence.contains("/nowhere/umadb"), "{sentence}");
        let (code, sentence) = refused("/bin/ls");
        assert_eq!(code, Some(1), "{sentence}");
        assert!(sentence.contains("ended before it answered"), "{sentence}");
    }
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
}

#[test]
fn a_replay_is_measured_next_to_decoding_with_its_memory_by_part() {
    let report = bench("replay");
    measured(&report, "events_per_second", &["events_per_s", "of_decoding"]);
    assert_eq!(column(&report, "events_per_second", "work").len(), 4);
    assert_eq!(column(&report, "start_to_ready", "page_cache"), ["cold", "warm"]);
    assert_eq!(column(&report, "start_to_ready", "from"), ["the log", "a snapshot"]);
    measured(&report, "start_to_ready", &["seconds", "peak_mib"]);
    for part in ["people", "names", "rule graph", "mailboxes", "- heads of streams", "- keys"] {
        let rows = report["tables"]["memory_by_part"].as_array().unwrap();
        let row = rows.iter().find(|row| row["part"] == part).unwrap_or_else(|| panic!("no {part}"));
        assert!(row["estimated_mib"].as_f64().is_some(), "{row}");
    }
    assert!(report["tables"]["log"][0]["events"].as_u64().unwrap() >= 20_000);
}

#[test]
fn reach_is_measured_and_answers_what_postgresql_answers() {
    let report = bench("reach");
    let questions = ["one pair", "whole reach of a teacher", "whole reach of the head of the authority"];
    assert_eq!(column(&report, "questions", "question"), questions);
    measured(&report, "questions", &["people", "p50_us", "p99_us"]);
    measured(&report, "academy", &["groups", "rules", "memberships", "graph_mib"]);
    measured(&report, "a_rule_made_or_removed", &["p50_ms", "p99_ms"]);
    measured(&report, "what_a_rule_would_do", &["pairs_opened", "p50_ms"]);
    // Both were asked the same, or a note says why not; another answer would have ended the scenario.
    let systems = column(&report, "questions", "system");
    let missing = report["notes"].to_string().contains("PostgreSQL was not measured");
    assert_eq!(systems.len(), if missing { 1 } else { 2 }, "{systems:?}");
}

#[test]
fn mailboxes_are_measured_at_three_sizes() {
    let report = bench("mailbox");
    let own = ["durable", "in every mailbox", "answered over HTTP"];
    assert_eq!(column(&report, "one_message", "what"), [&own[..], &["postgres, a row for each"]].concat());
    let rows = report["tables"]["one_message"].as_array().unwrap();
    for row in rows.iter().filter(|row| own.iter().any(|what| row["what"] == *what)) {
        for name in ["recipients", "p50_ms", "p99_ms"] {
            assert!(row[name].as_f64().is_some_and(|number| number > 0.0), "{name}: {row}");
        }
    }
    let missing = rows.iter().any(|row| row["times_postgres"].is_null());
    assert_eq!(missing, report["notes"].to_string().contains("PostgreSQL was not measured"));
    assert_eq!(column(&report, "inbox_page_over_HTTP", "deliveries").len(), 3);
    assert_eq!(column(&report, "inbox_page_over_HTTP", "answered_by"), ["a constant", "the mailbox"]);
    measured(&report, "inbox_page_over_HTTP", &["pages_per_s", "p50_ms", "p99_ms", "of_constant"]);
    measured(&report, "memory", &["mailboxes_mib", "process_mib"]);
    let rows = report["tables"]["inbox_page_over_HTTP"].as_array().unwrap();
    assert!(rows[0]["growth"].is_null() && rows[rows.len() - 1]["growth"].is_number(), "{rows:?}");
}

/// Needs PostGraphile's program, and PostgreSQL: `npm install postgraphile@4`.
#[test]
fn pages_are_measured_next_to_postgraphile_where_its_program_is_given() {
    let Some(program) = named("PREAU_POSTGRAPHILE", "PostGraphile 4") else { return };
    let scratch = TempDir::new().unwrap();
    let folder = scratch.path().to_str().unwrap();
    let report = bench_with("mailbox", &["--postgraphile", &program, "--scratch", folder]);
    let answered_by = column(&report, "inbox_page_over_HTTP", "answered_by");
    assert_eq!(answered_by, ["a constant", "the mailbox", "postgraphile"]);
    measured(&report, "inbox_page_over_HTTP", &["pages_per_s", "p50_ms", "p99_ms", "of_constant"]);
    assert!(!report["notes"].to_string().contains("was not measured"), "{report:#}");
    // Both servers are gone, and what they kept.
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
    assert!(processes_naming(folder).is_empty(), "{:?}", processes_naming(folder));
}

#[test]
fn postgraphile_that_cannot_be_measured_is_refused_before_anything_is() {
    let scratch = TempDir::new().unwrap();
    let folder = scratch.path().to_str().unwrap();
    let refused = |more: &[&str]| {
        let asked = ["bench", "mailbox", "--quick", "--scratch", folder, "--postgraphile"];
        let output = run(&[&asked, more].concat());
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), 0);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, sentence) = refused(&["/nowhere/postgraphile"]);
    assert_eq!(code, Some(6), "{sentence}");
    assert!(
        sentence.contains("there is no PostGraphile at /nowhere/postgraphile: name its program"),
        "{sentence}"
    );
    let (code, sentence) = refused(&["/bin/ls", "--postgres", "/nowhere"]);
    assert_eq!(code, Some(1), "{sentence}");
    assert!(sentence.contains("PostgreSQL was not measured"), "{sentence}");
    let (code, sentence) = refused(&["/bin/ls"]);
    assert_eq!(code, Some(1), "{sentence}");
    let here = sentence.contains("the PostGraphile server ended before it answered");
    assert!(here || sentence.contains("PostgreSQL was not measured"), "{sentence}");
}

#[test]
fn bookings_are_measured_next_to_postgresql() {
    let report = bench("booking");
    let aims = ["one room", "many rooms", "one slot that all want"];
    assert_eq!(column(&report, "64_writers", "aim"), aims);
    let systems = column(&report, "64_writers", "system");
    assert_eq!(systems, ["commands, durable", "as a mutation does, and seen", "postgres"]);
    let rows = report["tables"]["64_writers"].as_array().unwrap();
    for row in rows.iter().filter(|row| row["system"] != "postgres") {
        for name in ["per_s", "p50_ms", "p99_ms"] {
            assert!(row[name].as_f64().is_some_and(|number| number > 0.0), "{name}: {row}");
        }
    }
    let missing = rows.iter().any(|row| row["system"] == "postgres" && row["per_s"].is_null());
    assert_eq!(missing, report["notes"].to_string().contains("PostgreSQL was not measured"));
    // Nobody is ever told of a conflict, and of one slot as many win as there are of it.
    for row in report["tables"]["what_they_were_told"].as_array().unwrap() {
        assert_eq!(row["conflict"], 0, "{row}");
        let (contended, postgres) = (row["aim"] == "one slot that all want", row["system"] == "postgres");
        let booked = row["booked"].as_u64().unwrap();
        assert!(if contended { booked == if postgres { 1 } else { 7 } } else { booked >= 64 }, "{row}");
    }
    measured(&report, "what_is_free", &["bookings", "pieces", "p50_ms", "p99_ms"]);
    assert_eq!(column(&report, "what_is_free", "bookings").len(), 3);
    assert_eq!(column(&report, "what_is_free", "question").len(), 3);
    measured(&report, "memory", &["rooms", "calendars_mib", "bytes_per_booking", "process_mib"]);
    measured(&report, "snapshots", &["bookings", "times", "p50_ms"]);
    measured(&report, "a_long_stream", &["events", "times", "p50_ms"]);
    let kept = column(&report, "a_long_stream", "file_mib");
    assert!(kept.iter().any(|size| size.is_number()), "{kept:?}");
}

#[test]
fn signing_in_is_measured_next_to_the_hash() {
    let report = bench("sign-in");
    assert_eq!(column(&report, "signing_in", "work"), ["the hash alone", "signing in over HTTP"]);
    measured(&report, "signing_in", &["per_s", "p50_ms", "p99_ms", "of_hash"]);
}

#[test]
fn the_same_seed_makes_the_same_academy_and_no_directory_is_written_twice() {
    let folder = TempDir::new().unwrap();
    let make = |name: &str| {
        let out = folder.path().join(name);
        let out = out.to_str().unwrap();
        print(&["bench", "data", "--people", "700", "--messages", "50", "--seed", "7", "--out", out]);
        let report = print(&["log", "stats", "--data", out, "--format", "json"]);
        let stats: Value = serde_json::from_str(&report).unwrap();
        assert_eq!(stats["kinds"]["person.registered"], 700);
        assert_eq!(stats["kinds"]["message.sent"], 50);
        stats
    };
    let first = make("one");
    assert_eq!(first, make("two"));
    let again =
        run(&["bench", "data", "--people", "300", "--out", folder.path().join("one").to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&again.stderr).contains("there is data here already"));
}

/// Returns the most memory a process ever had, in MiB.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().trim().parse::<u64>().unwrap() / 1024
}

fn serve(data: &Path) -> u64 {
    peak(Server::start(data).process())
}

#[test]
fn an_academy_of_five_thousand_with_its_messages_takes_less_memory_than_promised() {
    let folder = TempDir::new().unwrap();
    let (empty, full) = (folder.path().join("empty"), folder.path().join("full"));
    let out = full.to_str().unwrap();
    print(&["bench", "data", "--people", "5000", "--events", "60000", "--out", out]);
    let (without, with) = (serve(&empty), serve(&full));
    // 60,000 events are 50 MB on the disk. The log keeps the ends of its streams and a bounded cache of its index; the
    // rest is the models.
    let grown = with.saturating_sub(without);
    assert!(grown < PROMISED, "{grown} MiB for 5,000 people and 60,000 events, {with} in all");
}

/// MiB that the academy of the test may add to an empty server.
const PROMISED: u64 = 160;
