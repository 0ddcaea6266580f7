//! `kill -9` at random moments under load through HTTP: nothing acknowledged is lost, nothing is doubled.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use crate::preau::print;
use crate::school::{Caller, PASSWORD, School, key};

/// How many times the server is killed; `PREAU_KILLS=200` is the long form.
fn kills() -> u64 {
    std::env::var("PREAU_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(20)
}

/// A small generator, so that a printed seed repeats a run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

const CHANGE: &str = "mutation($input: ChangePasswordInput!) {
    changePassword(input: $input) { position userErrors { code } } }";

/// Changes the password to itself, which is an event each time; returns the position, none if the server died.
fn act(caller: &Caller, idempotency_key: &str) -> Option<String> {
    let input = json!({"input": {"currentPassword": PASSWORD, "newPassword": PASSWORD, "idempotencyKey": idempotency_key}});
    let answer = caller.try_whole(CHANGE, &input).ok()?;
    answer["data"]["changePassword"]["position"].as_str().map(str::to_owned)
}

#[test]
fn a_killed_server_loses_and_doubles_nothing_it_acknowledged() {
    let seed = u64::from(std::process::id());
    println!("seed {seed}");
    let mut random = Random(seed);
    let mut school = School::open("classic");
    let mut acknowledged: HashMap<String, String> = HashMap::new();
    for _ in 0..kills() {
        let caller = school.administrator();
        let (enough, done) = (1 + random.below(4), AtomicU64::new(0));
        let keys: Vec<String> = (0..enough + 2).map(|_| key()).collect();
        let answers = std::thread::scope(|scope| {
            let load = scope.spawn(|| {
                let mut answers = Vec::new();
                for key in &keys {
                    let Some(position) = act(&caller, key) else { break };
                    answers.push((key.clone(), position));
                    done.fetch_add(1, Ordering::SeqCst);
                }
                answers
            });
            while done.load(Ordering::SeqCst) < enough && !load.is_finished() {
                std::thread::yield_now();
            }
            school.crash();
            load.join().unwrap()
        });
        acknowledged.extend(answers.iter().cloned());
        let caller = school.administrator();
        for (key, position) in answers.iter().take(2) {
            assert_eq!(act(&caller, key).as_ref(), Some(position), "repeated after the kill, answered alike");
        }
    }
    let data = school.data().to_owned();
    let (ended, _folder) = school.stop();
    assert!(ended);
    assert!(!acknowledged.is_empty(), "nothing was ever acknowledged: this test would show nothing");
    println!("{} commands acknowledged", acknowledged.len());
    check(&data, &acknowledged);
}

/// Every acknowledged event is there once, and no stream has a hole.
fn check(data: &std::path::Path, acknowledged: &HashMap<String, String>) {
    let lines =
        print(&["log", "tail", "--data", data.to_str().unwrap(), "-n", "1000000", "--format", "json"]);
    let (mut ids, mut positions, mut next) = (HashSet::new(), HashSet::new(), HashMap::<String, u64>::new());
    for line in lines.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let stream = event["stream"].as_str().unwrap().to_owned();
        assert!(ids.insert(event["id"].to_string()), "doubled: {stream}");
        let revision = next.entry(stream).or_default();
        assert_eq!(event["revision"], *revision, "a hole");
        *revision += 1;
        positions.insert(event["position"].to_string());
    }
    for position in acknowledged.values() {
        assert!(positions.contains(position), "acknowledged and lost: {position}");
    }
}
