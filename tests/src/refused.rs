//! Refused accesses: in the log for auditors, counted, and without what was typed.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::canary::hits;
use crate::school::{Caller, School, key};

fn sign_in(school: &School, login: &str) -> String {
    let enter = "mutation($input: LogInInput!) { logIn(input: $input) { token userErrors { code } } }";
    let input = json!({"login": login, "password": "pas celui-là", "idempotencyKey": key()});
    let done = school.nobody().ask(enter, json!({ "input": input }));
    done["logIn"]["userErrors"][0]["code"].as_str().unwrap_or_else(|| panic!("{done}")).to_owned()
}

/// The refused accesses that a caller sees, oldest first.
fn refused(caller: &Caller) -> Vec<Value> {
    let query = "{ events(filter: { kinds: [\"access.refused\"] }, first: 50) {
        nodes { stream data actor { kind process person { id } } } } }";
    let mut events = caller.ask(query, json!({}))["events"]["nodes"].take();
    let read = |event: &mut Value| {
        event["data"] = serde_json::from_str(event["data"].as_str().unwrap()).unwrap();
        event.take()
    };
    events.as_array_mut().unwrap().iter_mut().map(read).collect()
}

#[test]
fn what_was_refused_is_there_for_auditors_and_nothing_of_what_was_typed() {
    let school = School::open("classic");
    let administrator = school.administrator();
    let (teacher, parent) = (school.person("Cécile Lambert"), school.person("Karim Masson"));
    let head = school.person("Agnès Roux");
    let structure = administrator.ask("{ structure(uai: \"0990201F\") { id } }", json!({}));
    school.appoint(&head, "AUDITOR", &[structure["structure"]["id"].as_str().unwrap()]);
    let login = parent.ask("{ me { login } }", json!({}))["me"]["login"].as_str().unwrap().to_owned();

    // Ten within a minute: five are wrong, the others have to wait. One event.
    let codes: Vec<_> = (0..10).map(|_| sign_in(&school, &login)).collect();
    assert_eq!(codes[0], "auth.invalid-credentials");
    assert_eq!(codes[9], "auth.throttled");
    assert_eq!(sign_in(&school, "login-canari"), "auth.invalid-credentials");
    let block = json!({"person": parent.id, "cause": "PERSON", "reason": "essai"});
    for _ in 0..2 {
        assert_eq!(teacher.act_code("blockAccount", block.clone()), "FORBIDDEN");
    }
    // What everybody does every day is no administration.
    assert_eq!(parent.act_code("openMessage", json!({"message": "djE6bWVzc2FnZTow"})), "BAD_USER_INPUT");
    // What was told is written before a server ends.
    let folder = school.stop();
    let school = School::at(folder);
    let all = refused(&school.administrator());
    let told: Vec<_> = all
        .iter()
        .map(|event| {
            let data = &event["data"];
            assert!(data["address"].is_null(), "{event}");
            let place = event["stream"].as_str().unwrap().rsplit_once('-').unwrap().0;
            let place = if place == "access-platform" { "platform" } else { "structure" };
            (place, data["command"].as_str().unwrap(), data["code"].as_str().unwrap(), &data["count"])
        })
        .collect();
    let mut sorted = told.clone();
    sorted.sort_by_key(|(_, command, ..)| *command);
    sorted.sort_by_key(|(place, ..)| *place);
    assert_eq!(
        sorted,
        [
            ("platform", "logIn", "auth.invalid-credentials", &json!(1)),
            ("structure", "blockAccount", "FORBIDDEN", &json!(1)),
            ("structure", "logIn", "auth.invalid-credentials", &json!(1)),
        ],
        "{all:?}"
    );
    let of = |command: &str, place: &str| {
        let there = |event: &&Value| {
            event["data"]["command"] == command && event["stream"].as_str().unwrap().contains(place)
        };
        all.iter().find(there).unwrap()
    };
    // Nobody is known to have signed in; whoever gave a command is.
    assert_eq!(of("logIn", "platform")["data"].get("account"), None);
    assert_eq!(of("logIn", "")["actor"]["process"], "sign-in");
    assert_eq!(of("blockAccount", "")["actor"]["person"]["id"], json!(teacher.id));

    // An auditor of the school sees what is of the school; nobody else sees any of it.
    let head = head.at(&school);
    let seen = refused(&head);
    assert_eq!(seen.len(), 2, "{seen:?}");
    assert!(seen.iter().all(|event| !event["stream"].as_str().unwrap().contains("platform")));
    assert_eq!(teacher.at(&school).code("{ events(first: 1) { nodes { kind } } }", json!({})), "FORBIDDEN");
    let about =
        "query($id: ID!) { events(filter: { kinds: [\"access.\"], subject: $id }) { nodes { kind } } }";
    let about = head.ask(about, json!({"id": parent.id}))["events"]["nodes"].clone();
    assert_eq!(about, json!([{"kind": "access.refused"}]));
    let folder = school.stop();
    for canary in ["127.0.0.1", "login-canari", "pas celui"] {
        assert_eq!(hits(&folder.path().join("data"), canary), Vec::<PathBuf>::new(), "{canary}");
    }
}
