//! What somebody did in a window: each reading is an event, with addresses, without contents, in scope only.

use serde_json::{Value, json};

use crate::preau::{print, run};
use crate::school::{Caller, School, key};

const INCIDENT: &str = "incident {
        person { id displayName } from to complete outOfScope
        signIns { nodes { at address } more }
        account { nodes { kind actor { kind person { id } } } more }
        refused { nodes { command code address count } more }
        sent { nodes { message at recipients opened } more }
        opened { nodes { message at } more }
        acts { nodes { kind stream about { id displayName } } more }
    } userErrors { code field } position";

/// A school whose head did something, and an auditor of that school.
struct Scene {
    school: School,
    administrator: Caller,
    auditor: Caller,
    head: Caller,
    parent: Caller,
    sent: String,
    opened: String,
}

fn scene() -> Scene {
    let school = School::open("classic");
    let administrator = school.administrator();
    let structure = administrator.ask("{ structure(uai: \"0990201F\") { id } }", json!({}));
    let structure = structure["structure"]["id"].as_str().unwrap();
    let [auditor, head, parent, teacher] =
        ["Hugo Brunet", "Agnès Roux", "Karim Masson", "Cécile Lambert"].map(|name| school.person(name));
    school.appoint(&auditor, "AUDITOR", &[structure]);
    let role = json!({"person": head.id, "role": "PLATFORM_ADMINISTRATOR"});
    assert_eq!(administrator.act("grantRole", role, "userErrors { code }")["userErrors"], json!([]));
    let sent = head.send("Sujet-canari", &[&parent.id, &teacher.id], &[]);
    parent.act("openMessage", json!({ "message": sent }), "userErrors { code }");
    let opened = teacher.send("Réponse", &[&head.id], &[]);
    head.act("openMessage", json!({ "message": opened }), "userErrors { code }");
    head.act("saveDraft", json!({"subject": "Brouillon"}), "userErrors { code }");
    head.act("trashMessages", json!({"messages": [opened]}), "userErrors { code }");
    for person in [&parent.id, &administrator.id] {
        let block = json!({"person": person, "cause": "PERSON", "reason": "essai"});
        assert_eq!(head.act("blockAccount", block, "userErrors { code }")["userErrors"], json!([]));
        let unblock = json!({"person": person, "cause": "PERSON"});
        assert_eq!(head.act("unblockAccount", unblock, "userErrors { code }")["userErrors"], json!([]));
    }
    // Somebody else tries the head's account.
    let login = head.ask("{ me { login } }", json!({}))["me"]["login"].clone();
    let enter = "mutation($input: LogInInput!) { logIn(input: $input) { userErrors { code } } }";
    let wrong = json!({"login": login, "password": "pas celui-là", "idempotencyKey": key()});
    school.nobody().ask(enter, json!({ "input": wrong }));
    let administrator = school.administrator();
    Scene { school, administrator, auditor, head, parent, sent, opened }
}

/// The window around now: a day before and a day after.
#[allow(clippy::disallowed_methods, reason = "the server that is asked has the clock of the machine")]
fn now() -> [String; 2] {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let now = chrono::DateTime::from_timestamp(i64::try_from(since).unwrap(), 0).unwrap();
    [now - chrono::TimeDelta::days(1), now + chrono::TimeDelta::days(1)].map(|instant| instant.to_rfc3339())
}

fn about(account: &str) -> Value {
    let [from, to] = now();
    json!({"account": account, "from": from, "to": to, "reason": "Signalement du 3 septembre"})
}

/// The readings of anybody's acts that somebody sees in the log.
fn readings(caller: &Caller) -> Value {
    let query = "{ events(filter: { kinds: [\"person.incident-read\"] }, first: 50) {
        nodes { stream reason actor { kind person { id } } } } }";
    caller.ask(query, json!({}))["events"]["nodes"].clone()
}

fn texts<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    list["nodes"].as_array().unwrap().iter().map(|row| row[field].as_str().unwrap()).collect()
}

/// The refused access is written by nobody who waits: what comes later in the same stream says that it is there.
fn settled(scene: Scene) -> Scene {
    let folder = scene.school.stop();
    let school = School::at(folder);
    let [administrator, auditor, head, parent] =
        [&scene.administrator, &scene.auditor, &scene.head, &scene.parent].map(|caller| caller.at(&school));
    Scene { school, administrator, auditor, head, parent, ..scene }
}

#[test]
fn an_auditor_reads_what_somebody_did_and_each_reading_is_an_event() {
    let mut scene = settled(scene());
    let Scene { auditor, head, parent, administrator, .. } = &scene;
    let key = key();
    let read = auditor.act_with("readIncident", about(&head.id), &key, INCIDENT);
    let incident = &read["incident"];
    assert_eq!(incident["person"]["displayName"], "Agnès ROUX", "{read}");
    assert_eq!(incident["complete"], true);
    for list in ["signIns", "account", "refused", "sent", "opened", "acts"] {
        assert_eq!(incident[list]["more"], false, "{list}");
    }
    let addresses = texts(&incident["signIns"], "address");
    assert!(!addresses.is_empty() && addresses.iter().all(|it| *it == "127.0.0.1"), "{incident}");
    let refused =
        json!({"command": "logIn", "code": "auth.invalid-credentials", "address": "127.0.0.1", "count": 1});
    assert_eq!(incident["refused"]["nodes"], json!([refused]));
    let sent = &incident["sent"]["nodes"];
    assert_eq!(sent.as_array().map(Vec::len), Some(1));
    assert_eq!((&sent[0]["message"], &sent[0]["recipients"]), (&json!(scene.sent), &json!(2)));
    assert_eq!(sent[0]["opened"], 1);
    assert_eq!(texts(&incident["opened"], "message"), [scene.opened.as_str()]);
    // Drafts and the own trash are nobody's business; who belongs to no school of the auditor is not shown.
    assert_eq!(texts(&incident["acts"], "kind"), ["person.blocked", "person.unblocked"]);
    assert!(incident["acts"]["nodes"].as_array().unwrap().iter().all(|act| act["about"]["id"] == parent.id));
    assert_eq!(incident["outOfScope"], 2);
    let account = texts(&incident["account"], "kind");
    for kind in ["person.code-issued", "person.activated", "person.role-granted"] {
        assert!(account.contains(&kind), "{account:?}");
    }
    assert!(!account.contains(&"person.incident-read"), "the reading itself is not part of what it reads");
    assert!(!read.to_string().contains("canari"), "contents are another request");

    // The same request is answered alike, and is one reading.
    assert_eq!(
        auditor.act_with("readIncident", about(&head.id), &key, INCIDENT)["position"],
        read["position"]
    );
    let one = |reading: &Value| {
        assert_eq!(reading["actor"]["person"]["id"], json!(auditor.id), "{reading}");
        assert_eq!(reading["reason"], "Signalement du 3 septembre");
    };
    let told = readings(administrator);
    assert_eq!(told.as_array().map(Vec::len), Some(1));
    one(&told[0]);
    // Another one is another reading, which tells of the first; both are there after a crash.
    let again = auditor.act("readIncident", about(&head.id), INCIDENT);
    assert_eq!(texts(&again["incident"]["account"], "kind").last(), Some(&"person.incident-read"));
    scene.school.crash();
    let administrator = scene.administrator.at(&scene.school);
    let told = readings(&administrator);
    assert_eq!(told.as_array().map(Vec::len), Some(2));
    // Who audits all sees all.
    let all = administrator.act("readIncident", about(&scene.head.id), INCIDENT);
    assert_eq!(
        (&all["incident"]["outOfScope"], texts(&all["incident"]["acts"], "kind").len()),
        (&json!(0), 4)
    );
    scene.school.stop();
}

#[test]
fn only_who_audits_somebody_reads_and_only_in_a_window() {
    let scene = scene();
    let Scene { auditor, head, parent, administrator, .. } = &scene;
    let teacher = scene.school.person("Cécile Lambert");
    assert_eq!(teacher.act_code("readIncident", about(&head.id)), "FORBIDDEN");
    assert_eq!(
        parent.act_code("readIncident", about(&auditor.id)),
        "NOT_FOUND",
        "a parent does not see them"
    );
    // Whoever belongs to no school of theirs is not there for an auditor.
    assert_eq!(auditor.act_code("readIncident", about(&administrator.id)), "NOT_FOUND");
    let with = |field: &str, value: &str| {
        let mut input = about(&head.id);
        input[field] = value.into();
        input
    };
    for (field, value) in [
        ("to", "2020-01-01T00:00:00Z"),
        ("from", "2020-01-01T00:00:00Z"),
        ("reason", " "),
        ("account", "djE6cGVyc29uOjA"),
    ] {
        assert_eq!(auditor.act_code("readIncident", with(field, value)), "BAD_USER_INPUT", "{field}");
    }
    assert_eq!(readings(administrator), json!([]), "nothing was read");
    // Before the school was there, nobody did anything.
    let mut before = with("from", "2020-01-01T00:00:00Z");
    before["to"] = "2020-01-31T00:00:00Z".into();
    let read = auditor.act("readIncident", before, INCIDENT);
    for list in ["signIns", "account", "refused", "sent", "opened", "acts"] {
        assert_eq!(read["incident"][list], json!({"nodes": [], "more": false}), "{list}");
    }
    assert_eq!(read["incident"]["complete"], true);
    scene.school.stop();
}

#[test]
fn a_list_is_cut_at_two_hundred_and_a_shorter_window_shows_the_rest() {
    let school = School::open("classic");
    let (administrator, teacher) = (school.administrator(), school.person("Cécile Lambert"));
    let parent = school.person("Karim Masson");
    let sent: Vec<_> = (0..203).map(|number| teacher.send(&number.to_string(), &[&parent.id], &[])).collect();
    let first = administrator.act("readIncident", about(&teacher.id), INCIDENT)["incident"]["sent"].take();
    assert_eq!(
        (first["more"].as_bool(), texts(&first, "message")),
        (Some(true), sent[..200].iter().map(String::as_str).collect())
    );
    let mut rest = about(&teacher.id);
    rest["from"] = first["nodes"][199]["at"].clone();
    let rest = administrator.act("readIncident", rest, INCIDENT)["incident"]["sent"].take();
    assert_eq!(rest["more"], false);
    let rest = texts(&rest, "message");
    assert!(rest.len() < 200 && rest.ends_with(&sent[199..].iter().map(String::as_str).collect::<Vec<_>>()));
    school.stop();
}

#[test]
fn the_operator_reads_beside_a_server_and_without_one() {
    let scene = settled(scene());
    let data = scene.school.data().to_str().unwrap().to_owned();
    let [from, to] = now();
    let login = scene.head.ask("{ me { login } }", json!({}))["me"]["login"].as_str().unwrap().to_owned();
    let command = |more: &[&str]| {
        let window =
            ["incident", &login, "--data", &data, "--from", &from, "--to", &to, "--reason", "Plainte"];
        [&window[..], more].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let printed = |more: &[&str]| print(&command(more).iter().map(String::as_str).collect::<Vec<_>>());
    let beside: Value = serde_json::from_str(&printed(&["--format", "json"])).unwrap();
    assert_eq!(beside["sent"]["nodes"][0]["recipients"], 2, "{beside}");
    assert_eq!(beside["refused"]["nodes"][0]["address"], "127.0.0.1");
    assert_eq!(beside["acts"]["nodes"].as_array().map(Vec::len), Some(4), "the operator audits all");
    let told = readings(&scene.administrator);
    assert_eq!(
        (&told[0]["actor"]["kind"], &told[0]["reason"], told.as_array().map(Vec::len)),
        (&json!("OPERATOR"), &json!("Plainte"), Some(1))
    );
    let folder = scene.school.stop();
    let without: Value = serde_json::from_str(&printed(&["--format", "json"])).unwrap();
    for list in ["refused", "sent", "opened", "acts", "signIns"] {
        assert_eq!(without[list], beside[list], "{list}");
    }
    let french = printed(&["--language", "fr"]);
    for part in [
        "Ce qu'a fait Agnès ROUX",
        "Connexions (",
        "127.0.0.1",
        "1 × logIn (auth.invalid-credentials)",
        "remis à 2, ouvert par 1",
        "compte bloqué",
        "rôle donné, par",
        "lues après un incident, par l'exploitant",
    ] {
        assert!(french.contains(part), "{part}: {french}");
    }
    let english = printed(&["--language", "en"]);
    assert!(
        english.contains("What was done by Agnès ROUX") && english.contains("account blocked"),
        "{english}"
    );
    assert!(!french.contains("canari") && !english.contains("canari"));
    for (flags, code, part) in [
        (["--to", "2020-01-01T00:00:00Z"], 3, "after --from"),
        (["--from", "yesterday"], 3, "with its offset"),
        (["--reason", " "], 3, "say why"),
    ] {
        let mut asked = command(&[]);
        let at = asked.iter().position(|word| word == flags[0]).unwrap();
        asked[at + 1] = flags[1].to_owned();
        let refused = run(&asked.iter().map(String::as_str).collect::<Vec<_>>());
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(code), "{said}");
        assert!(said.contains(part), "{part}: {said}");
    }
    drop(folder);
}
