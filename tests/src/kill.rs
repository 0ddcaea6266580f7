//! `kill -9` at random moments under load through HTTP: nothing acknowledged is lost, nothing is doubled.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::ScopedJoinHandle;

use serde_json::Value;

use crate::load::{Acknowledged, Random, Writer};
use crate::preau::print;
use crate::school::School;

/// How many times the server is killed; `PREAU_KILLS=200` is the long form.
fn kills() -> u64 {
    std::env::var("PREAU_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(20)
}

/// Whether a repetition is searched for: what commutes is simply written again.
fn answered_alike(mutation: &str) -> bool {
    matches!(mutation, "sendMessage" | "saveDraft")
}

#[test]
fn a_killed_server_loses_and_doubles_nothing_it_acknowledged() {
    let seed = std::env::var("PREAU_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("PREAU_SEED={seed}");
    let mut random = Random(seed);
    let mut school = School::open("published-2025");
    let names = ["Cécile Lambert", "Éloïse Verdier", "Lila Masson"];
    let people = names.map(|name| school.person(name));
    let mut positions = HashSet::new();
    for round in 0..kills() {
        let callers = people.each_ref().map(|caller| caller.at(&school));
        let (enough, done) = (1 + random.below(40), AtomicU64::new(0));
        let acknowledged: Vec<Acknowledged> = std::thread::scope(|scope| {
            let writer = |(who, caller): (usize, _)| {
                let others = people.iter().map(|other| other.id.as_str()).filter(|id| *id != people[who].id);
                let random = Random(seed ^ (round << 8) ^ who as u64);
                Writer { who, caller, others: others.collect(), random }
            };
            let loads: Vec<_> = callers.iter().enumerate().map(writer).collect();
            let loads: Vec<_> = loads.into_iter().map(|load| scope.spawn(|| load.run(&done))).collect();
            while done.load(Ordering::SeqCst) < enough && !loads.iter().any(ScopedJoinHandle::is_finished) {
                std::thread::yield_now();
            }
            school.crash();
            loads.into_iter().flat_map(|load| load.join().unwrap()).collect()
        });
        positions
            .extend(acknowledged.iter().map(|done| done.answer["position"].as_str().unwrap().to_owned()));
        for Acknowledged { who, mutation, input, key, answer } in acknowledged.into_iter().rev().take(6) {
            if answered_alike(mutation) {
                let fields = if mutation == "saveDraft" {
                    "draft { id } position"
                } else {
                    "message { id } position userErrors { code }"
                };
                let again = people[who].at(&school).act_with(mutation, input, &key, fields);
                assert_eq!(again, answer, "{mutation} repeated after the kill, answered alike");
            }
        }
    }
    assert!(positions.len() as u64 >= kills(), "nothing was acknowledged: this test would show nothing");
    println!("{} commands acknowledged in {} lives", positions.len(), kills());
    // Ends well, and the models that followed equal the ones rebuilt from the log.
    let folder = school.stop();
    let data = folder.path().join("data");
    check(&data, &positions);
    // The tree that each life went on with is that of the log, hash by hash.
    let looked = print(&["doctor", "--data", data.to_str().unwrap(), "--deep", "--format", "json"]);
    let looked: Value = serde_json::from_str(&looked).unwrap();
    assert_eq!(looked["tlog"]["hashes"], looked["log"]["events"], "{looked}");
    assert_eq!(looked["tlog"]["signed"], looked["log"]["events"], "{looked}");
}

/// Every acknowledged event is there once, and no stream has a hole.
fn check(data: &std::path::Path, acknowledged: &HashSet<String>) {
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
    for position in acknowledged {
        assert!(positions.contains(position), "acknowledged and lost: {position}");
    }
}
