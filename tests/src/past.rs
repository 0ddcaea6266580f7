//! Time travel: the world as it was, by the same schema and the same resolvers; the log itself; what changed.

use serde_json::{Value, json};

use crate::preau::print;
use crate::school::{Caller, School};

/// Queries whose answer at the head must be the live one. `$person`, `$structure` and `$message` are replaced.
const QUERIES: [&str; 17] = [
    "me { id displayName login roles { role } attachments { structure { name } } unreadCount }",
    "person(id: $person) { displayName profile classes { name } relatives { id } children { id } account { state } }",
    "people(first: 50) { totalCount nodes { id displayName login profile } pageInfo { endCursor hasNextPage } }",
    "people(search: \"mass\", first: 5) { nodes { displayName } }",
    "reach(first: 50) { totalCount nodes { id } }",
    "reachGroups(first: 50) { totalCount nodes { id name } }",
    "reachable(person: $person) { reachable paths { text rule since } }",
    "explainReach(to: $person) { allowed sentence paths { sentence steps { kind since { position kind } } } misses { sentence } }",
    "previewRuleChange(changes: [{ setInternalPolicy: { structure: $structure, policy: EXPLICIT } }]) {
        opened { pairs } closed { pairs who whom groupCount } closedInside { members } needsAcceptance }",
    "structure(id: $structure) { name internalPolicy classes { name } access { profile }
        matrix { name version since { position kind } } recipes { name since { kind } }
        groups(first: 50) { totalCount nodes { id name } } }",
    "node(id: $person) { id }",
    "unreadCount",
    "mailbox(folder: INBOX, first: 10) { nodes { id subject unread author { displayName } } }",
    "drafts(first: 5) { nodes { id subject } }",
    "message(id: $message) { subject bodyText to { people { displayName } groups { name } } }",
    "messageTrace(id: $message) { delivered opened position parties { list witness { text } }
        recipients(first: 20) { nodes { person { displayName } openedAt through { memberSince } } } }",
    "contentRequests(first: 5) { nodes { id state reason readingCount readings(first: 5) { nodes { at } } } }",
];

struct Scene {
    school: School,
    administrator: Caller,
    teacher: Caller,
    parent: Caller,
    structure: String,
    message: String,
}

fn scene() -> Scene {
    let school = School::open("published-2025");
    let administrator = school.administrator();
    let (teacher, parent) = (school.person("Cécile Lambert"), school.person("Karim Masson"));
    let structure = administrator.ask("{ structure(uai: \"0990201F\") { id } }", json!({}));
    let structure = structure["structure"]["id"].as_str().unwrap().to_owned();
    let message = teacher.send("Réunion", &[&parent.id], &[]);
    Scene { school, administrator, teacher, parent, structure, message }
}

/// The position that the newest thing a caller did rests on.
fn now(caller: &Caller) -> String {
    let draft = caller.act("saveDraft", json!({"subject": "repère"}), "draft { id } position");
    let gone =
        caller.act("discardDraft", json!({"draft": draft["draft"]["id"]}), "position userErrors { code }");
    gone["position"].as_str().unwrap().to_owned()
}

#[test]
fn as_of_the_head_equals_the_live_answer_for_every_query() {
    let scene = scene();
    scene.school.appoint(&scene.teacher, "AUDITOR", &[&scene.structure]);
    scene.parent.act("openMessage", json!({"message": scene.message}), "userErrors { code }");
    scene.parent.act("saveDraft", json!({"subject": "à finir"}), "userErrors { code }");
    let sent = "query($id: ID!) { messageTrace(id: $id) { sentAt } }";
    let sent = scene.administrator.ask(sent, json!({"id": scene.message}));
    let ends: chrono::DateTime<chrono::Utc> =
        sent["messageTrace"]["sentAt"].as_str().unwrap().parse().unwrap();
    let ends = (ends + chrono::TimeDelta::days(1)).to_rfc3339();
    let asks = json!({"message": scene.message, "ends": ends, "reason": "Signalement"});
    let asked = scene.teacher.act("requestContents", asks, "request { id } userErrors { code }");
    assert!(asked["request"]["id"].is_string(), "{asked}");
    let position = now(&scene.administrator);
    for query in QUERIES {
        let mut told = false;
        for caller in [&scene.administrator, &scene.teacher] {
            let query = query
                .replace("$person", &json!(scene.parent.id).to_string())
                .replace("$structure", &json!(scene.structure).to_string())
                .replace("$message", &json!(scene.message).to_string());
            let both = format!("{{ {query} then: asOf(position: \"{position}\") {{ {query} }} }}");
            let mut answer = caller.ask(&both, json!({}));
            let then = answer.as_object_mut().unwrap().remove("then").unwrap();
            assert_eq!(then, answer, "{query}");
            told |= !answer.as_object().unwrap().values().all(Value::is_null);
        }
        assert!(told, "{query}: nothing to compare");
    }
    scene.school.stop();
}

#[test]
fn the_past_is_seen_as_it_was_with_the_rights_of_today() {
    let scene = scene();
    let Scene { administrator, teacher, parent, message, .. } = &scene;
    let before = now(administrator);
    parent.act("openMessage", json!({ "message": message }), "userErrors { code }");
    let block = json!({"person": parent.id, "cause": "PERSON", "reason": "essai"});
    administrator.act("blockAccount", block, "userErrors { code }");
    let after = now(administrator);
    let asked = |position: &str| {
        let query = "query($at: Position!, $id: ID!, $message: ID!) { asOf(position: $at) {
            person(id: $id) { account { blocks { cause } } }
            messageTrace(id: $message) { opened }
            reachable: messageTrace(id: $message) { answers } } }";
        let variables = json!({"at": position, "id": parent.id, "message": message});
        administrator.ask(query, variables)["asOf"].clone()
    };
    let (then, now_) = (asked(&before), asked(&after));
    assert_eq!((&then["messageTrace"]["opened"], &now_["messageTrace"]["opened"]), (&json!(0), &json!(1)));
    assert_eq!(then["person"]["account"]["blocks"], json!([]));
    assert_eq!(now_["person"]["account"]["blocks"], json!([{"cause": "PERSON"}]));
    // What could this parent see then, and why? Nobody, once blocked.
    let reached = |position: &str| {
        let query = "query($at: Position!, $id: ID!, $to: ID!) { asOf(position: $at) {
            reach(of: $id, first: 50) { totalCount } reachable(of: $id, person: $to) { paths { text } } } }";
        administrator.ask(query, json!({"at": position, "id": parent.id, "to": teacher.id}))["asOf"].clone()
    };
    assert!(reached(&before)["reach"]["totalCount"].as_u64().unwrap() > 0);
    assert!(!reached(&before)["reachable"]["paths"].as_array().unwrap().is_empty());
    assert_eq!(reached(&after)["reach"]["totalCount"], 0);
    // Whoever is no auditor today asks nothing of the past, whatever they were.
    assert_eq!(teacher.code("{ asOf(position: \"1\") { me { id } } }", json!({})), "FORBIDDEN");
    // What cannot be a moment is said.
    for (arguments, says) in [
        ("position: \"0\"", "position"),
        ("position: \"999999999\"", "position"),
        ("instant: \"2001-01-01T00:00:00Z\"", "instant"),
        ("instant: \"2999-01-01T00:00:00Z\"", "instant"),
        ("position: \"1\", instant: \"2026-01-01T00:00:00Z\"", "position"),
    ] {
        let whole = administrator.whole(&format!("{{ asOf({arguments}) {{ me {{ id }} }} }}"), json!({}));
        assert_eq!(whole["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{arguments}: {whole}");
        assert!(whole["errors"][0]["message"].as_str().unwrap().contains(says), "{whole}");
    }
    scene.school.stop();
}

#[test]
fn the_same_past_after_a_snapshot_and_a_restart() {
    let scene = scene();
    let early = now(&scene.administrator);
    scene.parent.act("openMessage", json!({"message": scene.message}), "userErrors { code }");
    let late = now(&scene.administrator);
    let query = "query($at: Position!) { asOf(position: $at) {
        people(first: 50) { totalCount nodes { id displayName login } }
        structure(uai: \"0990201F\") { groups(first: 50) { totalCount nodes { id name } } } } }";
    let asked = |caller: &Caller, at: &str| caller.ask(query, json!({ "at": at }));
    let first = [asked(&scene.administrator, &early), asked(&scene.administrator, &late)];
    let folder = scene.school.stop();
    print(&["snapshot", "--data", folder.path().join("data").to_str().unwrap()]);
    let school = School::at(folder);
    let administrator = scene.administrator.at(&school);
    // Backwards and forwards: from the beginning, then on.
    let second = [asked(&administrator, &early), asked(&administrator, &late)];
    assert_eq!(first, second);
    assert_eq!(asked(&administrator, &early), first[0]);
    school.stop();
}

#[test]
fn the_log_is_read_by_whoever_audits_it() {
    let scene = scene();
    let Scene { administrator, teacher, parent, structure, .. } = &scene;
    let block = json!({"person": parent.id, "cause": "PERSON", "reason": "Motif lisible"});
    administrator.act("blockAccount", block, "userErrors { code }");
    let events = |caller: &Caller, filter: Value| -> Vec<Value> {
        let query = "query($filter: EventsFilter, $after: Position) { events(filter: $filter, after: $after, first: 200) {
            nodes { kind stream position recordedAt reason data command correlation actor { kind role person { id } } }
            lookedTo hasNextPage } }";
        let (mut all, mut after) = (vec![], "0".to_owned());
        loop {
            let page = caller.ask(query, json!({"filter": filter, "after": after}))["events"].clone();
            all.extend(page["nodes"].as_array().unwrap().iter().cloned());
            if page["hasNextPage"] == false {
                return all;
            }
            assert_ne!(page["lookedTo"], json!(after), "a page goes on");
            after = page["lookedTo"].as_str().unwrap().to_owned();
        }
    };
    let everything = events(administrator, Value::Null);
    let positions: Vec<u64> =
        everything.iter().map(|event| event["position"].as_str().unwrap().parse().unwrap()).collect();
    assert!(
        (1..).zip(&positions).all(|(place, position)| place == *position),
        "every event, in the order of the log"
    );
    assert!(
        !everything.iter().any(|event| event["data"].to_string().contains("1:0:")),
        "nothing sealed is shown"
    );
    let of = |filter: Value, holds: &dyn Fn(&Value) -> bool| {
        let found = events(administrator, filter.clone());
        let expected: Vec<_> = everything.iter().filter(|event| holds(event)).cloned().collect();
        assert!(!expected.is_empty(), "{filter}: nothing to find");
        assert_eq!(found, expected, "{filter}");
    };
    of(json!({"kinds": ["message.sent"]}), &|event| event["kind"] == "message.sent");
    of(json!({"kinds": ["message."]}), &|event| event["kind"].as_str().unwrap().starts_with("message."));
    of(json!({"actor": teacher.id}), &|event| event["actor"]["person"]["id"] == teacher.id);
    let sent = everything.iter().find(|event| event["kind"] == "message.sent").unwrap();
    of(json!({"stream": sent["stream"]}), &|event| event["stream"] == sent["stream"]);
    let import = everything.iter().find(|event| event["correlation"].is_string()).unwrap();
    of(json!({"correlation": import["correlation"]}), &|event| {
        event["correlation"] == import["correlation"] || event["command"] == import["correlation"]
    });
    of(json!({"from": sent["recordedAt"]}), &|event| {
        event["recordedAt"].as_str().unwrap().len() >= 20 && instant(event) >= instant(sent)
    });
    of(json!({"until": sent["recordedAt"]}), &|event| instant(event) < instant(sent));
    let subject = events(administrator, json!({"subject": parent.id}));
    assert!(subject.iter().any(|event| event["kind"] == "person.blocked"), "{subject:?}");
    assert!(
        subject
            .iter()
            .all(|event| event["stream"] == subject[0]["stream"] || event["kind"] == "login.claimed")
    );

    // An auditor of the school sees what is about it and its people, and not what is about the platform.
    scene.school.appoint(teacher, "AUDITOR", &[&scene.structure]);
    let seen = events(teacher, Value::Null);
    assert!(seen.iter().any(|event| event["kind"] == "structure.created"));
    assert!(!seen.iter().any(|event| event["kind"] == "clock.day-began"));
    assert!(seen.len() < everything.len());
    assert_eq!(events(teacher, json!({"structure": structure, "kinds": ["structure.created"]})).len(), 1);
    let page = teacher.code("{ events(first: 0) { lookedTo } }", json!({}));
    assert_eq!(page, "BAD_USER_INPUT");
    scene.school.stop();
}

fn instant(event: &Value) -> chrono::DateTime<chrono::Utc> {
    event["recordedAt"].as_str().unwrap().parse().unwrap()
}

#[test]
fn what_changed_between_two_moments() {
    let scene = scene();
    let Scene { administrator, parent, .. } = &scene;
    let first = now(administrator);
    let block = json!({"person": parent.id, "cause": "PERSON", "reason": "essai"});
    administrator.act("blockAccount", block, "userErrors { code }");
    let second = now(administrator);
    administrator.act(
        "unblockAccount",
        json!({"person": parent.id, "cause": "PERSON"}),
        "userErrors { code }",
    );
    let third = now(administrator);
    let diff = |from: &str, to: &str| {
        let query = "query($from: MomentInput!, $to: MomentInput!) { diff(from: $from, to: $to) {
            rulesMade { id from { name } } rulesRemoved { id } facts { group { name } before { uses } after { uses } }
            joined { person { id } group { name } } left { person { id } group { name } } more } }";
        let moment = |position: &str| json!({ "position": position });
        administrator.ask(query, json!({"from": moment(from), "to": moment(to)}))["diff"].clone()
    };
    let blocked = diff(&first, &second);
    let left = blocked["left"].as_array().unwrap();
    assert!(left.len() >= 2 && left.iter().all(|one| one["person"]["id"] == parent.id), "{blocked}");
    assert_eq!(blocked["joined"], json!([]));
    let back = diff(&second, &third);
    assert_eq!(back["joined"], blocked["left"]);
    let nothing = diff(&first, &third);
    for list in ["joined", "left", "rulesMade", "rulesRemoved", "facts"] {
        assert_eq!(nothing[list], json!([]), "done and undone: {list}");
    }
    let begun = diff("1", &first);
    assert!(
        !begun["rulesMade"].as_array().unwrap().is_empty() && !begun["facts"].as_array().unwrap().is_empty()
    );
    let query = "{ diff(from: {position: \"2\"}, to: {position: \"1\"}) { more } }";
    assert_eq!(administrator.code(query, json!({})), "BAD_USER_INPUT");
    scene.school.stop();
}
