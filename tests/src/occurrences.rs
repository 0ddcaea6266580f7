//! The log of a large school is asked for what somebody did: with the index of the log and without it.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::school::{Caller, School};

/// More than one segment of the index.
const EVENTS: u64 = 66_000;

/// Returns the positions of all that a filter finds.
fn found(caller: &Caller, filter: &Value) -> Vec<u64> {
    let query = "query($filter: EventsFilter, $after: Position) {
        events(filter: $filter, after: $after, first: 200) { nodes { position } lookedTo hasNextPage } }";
    let (mut all, mut after) = (vec![], "0".to_owned());
    loop {
        let page = caller.ask(query, json!({"filter": filter, "after": after}))["events"].clone();
        let position = |node: &Value| node["position"].as_str().unwrap().parse::<u64>().unwrap();
        all.extend(page["nodes"].as_array().unwrap().iter().map(position));
        if page["hasNextPage"] == false {
            return all;
        }
        page["lookedTo"].as_str().unwrap().clone_into(&mut after);
    }
}

#[test]
fn the_index_of_the_log_changes_no_answer_and_may_be_lost() {
    let school = School::grown(1_000, EVENTS);
    let administrator = school.administrator();
    // What the index is to find, from a page of the log itself.
    let page = "{ events(filter: { kinds: [\"message.sent\"] }, first: 200) {
        nodes { command actor { person { id } } } } }";
    let page = administrator.ask(page, json!({}));
    let sent = page["events"]["nodes"].as_array().unwrap().clone();
    let people: BTreeSet<&str> =
        sent.iter().map(|event| event["actor"]["person"]["id"].as_str().unwrap()).collect();
    let of_one = "{ people(first: 1) { nodes { attachments { structure { id } } } } }";
    let one = administrator.ask(of_one, json!({}))["people"]["nodes"][0].clone();
    let structure = &one["attachments"][0]["structure"]["id"];
    let mut filters = vec![
        json!({"kinds": ["person.blocked", "structure.created"]}),
        json!({"structure": structure, "kinds": ["person.registered", "structure."]}),
        json!({"correlation": sent[7]["command"]}),
    ];
    for person in people.iter().take(1) {
        filters.push(json!({"actor": person}));
        filters.push(json!({"subject": person}));
        filters.push(json!({"actor": person, "subject": person, "kinds": ["message."]}));
    }
    let folder = school.data().join("models/occurrences");
    let file = folder.join("0000000000");
    let begun = Instant::now();
    while !file.exists() {
        assert!(begun.elapsed() < Duration::from_mins(2), "the index is not made");
        administrator.ask("{ unreadCount }", json!({}));
    }
    let answers = || filters.iter().map(|filter| found(&administrator, filter)).collect::<Vec<_>>();
    let with = answers();
    assert!(with.iter().all(|found| !found.is_empty()), "{with:?}");
    assert!(folder.join("0000000001").symlink_metadata().is_err(), "a segment that is not full has no file");
    fs::remove_file(&file).unwrap();
    assert_eq!(answers(), with);
    school.stop();
}
