//! An import and the giving of logins, killed between any two of their steps: nothing is lost, done twice or stuck.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;

use crate::files;
use crate::preau::{command, print};

/// How many pupils there are, every third of them of the same name; each has one relative.
const PUPILS: usize = 60;

/// How many times the import is killed; `PREAU_KILLS=200` is the long form.
fn kills() -> u64 {
    std::env::var("PREAU_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(20)
}

fn write(folder: &Path) {
    files::write(folder);
    let (mut pupils, mut relatives) = (files::PUPILS.to_owned(), files::RELATIVES.to_owned());
    for number in 0..PUPILS {
        let first = ["Léa", "Noémie", "Zoé"][number % 3];
        let (year, day) = (2015 + number % 4, 1 + number % 28);
        let _ = writeln!(
            pupils,
            "\"MARTIN\";;\"{first}\";\"{year}-{:02}-{day:02}\";\"F\";\"CYCLE III\";\"CM1\";\"CM{}\"",
            1 + number % 12,
            1 + number % 2
        );
        let _ = writeln!(
            relatives,
            "\"MME\";;\"MARTIN\";\"Jeanne\";\"{number} rue des Érables\";\"99100\";\"Villefictive\";\"FRANCE\";\
             ;;;;;\"VERDIER\";\"Noé\";\"CM1\""
        );
    }
    files::write_one(&folder.join("CSVExtraction-eleves.csv"), &pupils);
    files::write_one(&folder.join("CSVExtraction-responsables.csv"), &relatives);
}

/// How far the log is known to go: the first eight bytes of its mark.
fn committed(data: &Path) -> u64 {
    let mark = fs::read(data.join("log/committed")).unwrap_or_default();
    mark.get(..8).map_or(0, |bytes| u64::from_be_bytes(bytes.try_into().unwrap()))
}

#[test]
fn an_import_killed_anywhere_is_finished_by_the_next_one() {
    let folder = TempDir::new().unwrap();
    let (data, onde) = (folder.path().join("data"), folder.path().join("onde"));
    write(&onde);
    let arguments = |data: &Path| {
        let mut all = ["import", "onde", "--uai", files::UAI, "--data"].map(str::to_owned).to_vec();
        all.extend([data.display().to_string(), onde.display().to_string()]);
        all
    };
    let import = |data: &Path| {
        let arguments = arguments(data);
        print(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    };
    // How many events a whole import takes says where it can be killed.
    let whole = folder.path().join("whole");
    import(&whole);
    let events = committed(&whole);
    assert!(events > 500, "{events}");
    let (mut killed, mut seed) = (0, u64::from(std::process::id()));
    println!("seed {seed}");
    for _ in 0..kills() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let from = committed(&data);
        // Somewhere ahead; near the end of what is left the next rounds find ever smaller steps.
        let target = from + 1 + (seed >> 33) % (events.saturating_sub(from) / 4 + 4);
        let arguments = arguments(&data);
        let mut child = command(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while committed(&data) < target && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        killed += u64::from(child.try_wait().unwrap().is_none());
        let _ = child.kill();
        child.wait().unwrap();
    }
    assert!(killed > kills() / 4, "killed only {killed} times: this test would show nothing");
    import(&data);
    let people = 4 + 3 + 5 + 2 * PUPILS;
    let stats: Value = counted(&data);
    for kind in ["person.registered", "person.login-given", "login.claimed"] {
        assert_eq!(stats["kinds"][kind], people, "{kind}: once for everybody");
    }
    let whole: Value = counted(&whole);
    for kind in ["person.child-linked", "person.class-joined", "person.attached", "structure.class-opened"] {
        assert_eq!(stats["kinds"][kind], whole["kinds"][kind], "{kind}: as without a kill");
    }
    let data = data.to_str().unwrap();
    let report = print(&["rules", "report", "--data", data, "--structure", files::UAI]);
    let mut logins: Vec<_> = report.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    logins.sort_unstable();
    assert!(logins.contains(&"jeanne.martin") && logins.contains(&format!("jeanne.martin{PUPILS}").as_str()));
    logins.dedup();
    assert_eq!(logins.len(), people, "no login twice");
}

fn counted(data: &Path) -> Value {
    let data = data.to_str().unwrap();
    serde_json::from_str(&print(&["log", "stats", "--data", data, "--format", "json"])).unwrap()
}
