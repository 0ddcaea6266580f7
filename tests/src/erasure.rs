//! Erasing: two people decide, keys are destroyed, and nothing personal comes back from any file.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::canary::hits;
use crate::preau::{Server, print, run};
use crate::school::{Caller, School, administrator_at, key, mutated};

const ERASURE: &str = "erasure { id state reason person { displayName } requestedBy { id } decidedBy { id } } \
                       userErrors { code }";

/// A second platform administrator, and the first.
fn two_administrators(school: &School) -> [Caller; 2] {
    let first = school.administrator();
    let head = school.person("Agnès Roux");
    let grant = json!({"person": head.id, "role": "PLATFORM_ADMINISTRATOR"});
    let granted = first.act("grantRole", grant, "userErrors { code }");
    assert_eq!(granted["userErrors"], json!([]));
    [first, head]
}

fn erase(asks: &Caller, confirms: &Caller, person: &str, writings: bool) -> Value {
    let input = json!({"person": person, "writings": writings, "reason": "Demande du 3 septembre"});
    let asked = asks.act("erasePerson", input, ERASURE);
    assert_eq!(asked["erasure"]["state"], "ASKED", "{asked}");
    let confirmed = confirms.act("confirmErasure", json!({"erasure": asked["erasure"]["id"]}), ERASURE);
    assert_eq!(confirmed["erasure"]["state"], "DONE", "{confirmed}");
    confirmed["erasure"].clone()
}

#[test]
fn two_people_decide_and_only_then_somebody_is_erased() {
    let school = School::open("classic");
    let [first, second] = two_administrators(&school);
    let parent = school.person("Karim Masson");
    let child = school.person("Lila Masson");
    let teacher = school.person("Cécile Lambert");
    let message = teacher.send("Réunion", &[&parent.id], &[]);
    parent.act("openMessage", json!({ "message": message }), "userErrors { code }");

    let input = json!({"person": parent.id, "reason": "Demande du 3 septembre"});
    let asked = first.act("erasePerson", input, ERASURE);
    let erasure = json!({"erasure": asked["erasure"]["id"]});
    let refused = first.act("confirmErasure", erasure.clone(), ERASURE);
    assert_eq!(refused["userErrors"][0]["code"], "erasure.second-person-required");
    // Nothing happened yet.
    assert_eq!(parent.ask("{ me { lastName } }", json!({}))["me"]["lastName"], "MASSON");
    let listed = "{ erasures(state: ASKED, first: 5) { nodes { id reason requestedBy { id } person { displayName } } } }";
    let waiting = second.ask(listed, json!({}))["erasures"]["nodes"].clone();
    assert_eq!(waiting[0]["reason"], "Demande du 3 septembre");
    assert_eq!(waiting[0]["person"]["displayName"], "Karim MASSON");
    // A no ends it; a new request begins another one.
    let declined = second.act("declineErasure", erasure.clone(), ERASURE);
    assert_eq!(declined["erasure"]["state"], "DECLINED");
    let late = second.act("confirmErasure", erasure, ERASURE);
    assert_eq!(late["userErrors"][0]["code"], "erasure.declined");
    let blank = json!({"person": parent.id, "reason": " "});
    assert_eq!(first.act_code("erasePerson", blank), "BAD_USER_INPUT");

    let done = erase(&first, &second, &parent.id, false);
    assert_eq!(done["person"]["displayName"], "personne effacée");
    // Gone from the session, the directory, the search; the trace and its counts stay.
    assert_eq!(parent.code("{ me { id } }", json!({})), "UNAUTHENTICATED");
    let found = first.ask("{ people(search: \"Masson\", first: 10) { nodes { id } } }", json!({}));
    let found = found["people"]["nodes"].as_array().unwrap();
    assert!(found.iter().all(|person| person["id"] != parent.id), "{found:?}");
    let record = "query($id: ID!) { person(id: $id) { displayName login contact { email } profile } }";
    let person = first.ask(record, json!({"id": parent.id}))["person"].clone();
    assert_eq!(person, json!({"displayName": null, "login": null, "contact": null, "profile": "RELATIVE"}));
    let trace = "query($id: ID!) { messageTrace(id: $id) { delivered opened
        recipients(first: 5) { nodes { person { displayName } openedAt } } } }";
    let trace = first.ask(trace, json!({ "id": message }))["messageTrace"].clone();
    assert_eq!((&trace["delivered"], &trace["opened"]), (&json!(1), &json!(1)));
    assert_eq!(trace["recipients"]["nodes"][0]["person"]["displayName"], "personne effacée");
    assert!(trace["recipients"]["nodes"][0]["openedAt"].is_string());
    let family = "query($id: ID!) { person(id: $id) { relatives { displayName } } }";
    let relatives = first.ask(family, json!({"id": child.id}))["person"]["relatives"].clone();
    assert!(relatives.as_array().unwrap().iter().any(|one| one["displayName"].is_null()), "{relatives}");
    // Again is once: the person is erased, and nothing happens to them any more.
    let codes = first.act("resetPassword", json!({"person": parent.id}), "userErrors { code }");
    assert_eq!(codes["userErrors"][0]["code"], "account.erased");
    // What followed equals what is rebuilt.
    school.stop();
}

#[test]
fn one_message_is_erased_alone() {
    let school = School::open("classic");
    let [first, second] = two_administrators(&school);
    let (teacher, parent) = (school.person("Cécile Lambert"), school.person("Karim Masson"));
    let [bad, good] = ["Illicite", "Licite"].map(|subject| teacher.send(subject, &[&parent.id], &[]));
    let asked = first.act("eraseMessage", json!({"message": bad, "reason": "Ordonnance 12/345"}), ERASURE);
    let confirmed = second.act("confirmErasure", json!({"erasure": asked["erasure"]["id"]}), ERASURE);
    assert_eq!(confirmed["erasure"]["state"], "DONE", "{confirmed}");
    let read = "query($id: ID!) { message(id: $id) { subject bodyText } }";
    for reader in [&teacher, &parent] {
        let shown = reader.ask(read, json!({ "id": bad }))["message"].clone();
        assert_eq!(shown, json!({"subject": null, "bodyText": null}));
        assert_eq!(reader.ask(read, json!({ "id": good }))["message"]["subject"], "Licite");
    }
    let later = teacher.send("Après", &[&parent.id], &[]);
    assert_eq!(parent.ask(read, json!({ "id": later }))["message"]["subject"], "Après");
    let trace = "query($id: ID!) { messageTrace(id: $id) { erasedAt delivered } }";
    let trace = first.ask(trace, json!({ "id": bad }))["messageTrace"].clone();
    assert!(trace["erasedAt"].is_string() && trace["delivered"] == 1, "{trace}");
    let folder = school.stop();
    assert_eq!(hits(folder.path(), "Illicite"), Vec::<PathBuf>::new());
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// One canary in names and one in a body that a teacher holds: after the erasure no file, no snapshot and no answer
/// has the first; the second is read in the teacher's mailbox until the writings are erased too.
#[test]
fn canaries_are_gone_from_every_file_and_answer() {
    let school = School::open("classic");
    let teacher = school.person("Cécile Lambert");
    let parent = school.person("Karim Masson");
    let sent = parent.send("Sujet-canari", &[&teacher.id], &[]);
    let login = parent.ask("{ me { login } }", json!({}))["me"]["login"].as_str().unwrap().to_owned();
    let folder = school.stop();
    let data = folder.path().join("data");
    let data_text = data.to_str().unwrap().to_owned();
    // A snapshot and a backup from before the erasure, as an older day would bring them back.
    print(&["snapshot", "--data", &data_text]);
    let [backup, keys, restored] =
        ["backup", "keys", "restored"].map(|name| folder.path().join(name).to_str().unwrap().to_owned());
    print(&["backup", "--data", &data_text, "--to", &backup]);
    let before = folder.path().join("before");
    copy(&data.join("models"), &before);

    let refused = run(&["person", "erase", &login, "--reason", "Demande", "--data", &data_text]);
    assert_eq!(refused.status.code(), Some(3), "without --yes nothing is done");
    print(&["person", "erase", &login, "--reason", "Demande", "--yes", "--data", &data_text]);
    copy(&before, &data.join("models"));
    let again = print(&["person", "erase", &parent.id, "--reason", "Demande", "--yes", "--data", &data_text]);
    assert!(again.contains("was erased before"), "{again}");
    print(&["backup", "keys", "--data", &data_text, "--to", &keys]);
    print(&["restore", "--from", &backup, "--data", &restored, "--keys", &keys]);
    for canary in ["Karim", "KARIM", login.as_str()] {
        assert_eq!(hits(folder.path().join("data").as_path(), canary), Vec::<PathBuf>::new(), "{canary}");
        for copy in [&backup, &keys, &restored] {
            assert_eq!(hits(Path::new(copy), canary), Vec::<PathBuf>::new(), "{canary} in {copy}");
        }
    }
    // Nor does the old log tell it again, with the keys of today.
    let old = Server::start(Path::new(&restored));
    let answered =
        administrator_at(&old.url).ask("{ people(first: 100) { nodes { displayName login } } }", json!({}));
    let people = answered["people"]["nodes"].as_array().unwrap();
    assert!(people.len() > 10 && !answered.to_string().contains("Karim"), "{answered}");
    drop(old);
    let school = School::at(folder);
    let administrator = school.administrator();
    let everybody = administrator.ask("{ people(first: 100) { nodes { displayName login } } }", json!({}));
    assert!(!everybody.to_string().contains("Karim"), "{everybody}");
    // The reason and who decided stay.
    let log = administrator.ask(
        "{ events(filter: { kinds: [\"erasure.\"] }) { nodes { kind data actor { kind } } } }",
        json!({}),
    );
    assert_eq!(log["events"]["nodes"].as_array().unwrap().len(), 3, "{log}");
    let teacher = teacher.at(&school);
    let read = "query($id: ID!) { message(id: $id) { subject author { displayName } } }";
    let shown = teacher.ask(read, json!({ "id": sent }))["message"].clone();
    assert_eq!(shown["subject"], "Sujet-canari", "what was written lives in the mailbox of who holds it");
    assert_eq!(shown["author"]["displayName"], "personne effacée");
    let folder = school.stop();

    let message = print(&["message", "erase", &sent, "--reason", "Demande", "--yes", "--data", &data_text]);
    assert!(message.contains("is erased"), "{message}");
    let school = School::at(folder);
    let shown = teacher.at(&school).ask(read, json!({ "id": sent }))["message"].clone();
    assert!(shown["subject"].is_null(), "{shown}");
    school.stop();
}

#[test]
fn an_erasure_that_is_killed_anywhere_is_done_after_the_restart() {
    let mut school = School::open("classic");
    let [first, second] = two_administrators(&school);
    let everybody = first.ask("{ people(profile: RELATIVE, first: 8) { nodes { id } } }", json!({}));
    let everybody = everybody["people"]["nodes"].as_array().unwrap().clone();
    assert!(everybody.len() > 4);
    let listed = "{ erasures(first: 1) { nodes { state } } }";
    let mut survived = [0, 0];
    for (round, person) in everybody.iter().enumerate() {
        let input = json!({"person": person["id"], "reason": "Demande"});
        let asked = first.at(&school).act("erasePerson", input, ERASURE);
        let erasure = json!({"erasure": asked["erasure"]["id"]});
        let confirming = second.at(&school);
        let confirm = erasure.clone();
        let running = std::thread::spawn(move || {
            let (query, variables) = mutated("confirmErasure", confirm, &key(), ERASURE);
            confirming.try_whole(&query, &variables).is_ok()
        });
        // A little later each time.
        for _ in 0..round {
            first.at(&school).ask("{ unreadCount }", json!({}));
        }
        school.crash();
        let acknowledged = running.join().unwrap();
        let state = loop {
            let answer = first.at(&school).ask(listed, json!({}));
            let state = answer["erasures"]["nodes"][0]["state"].as_str().unwrap();
            if state != "CONFIRMED" {
                break state.to_owned();
            }
        };
        assert!(
            state == "DONE" || (state == "ASKED" && !acknowledged),
            "{state}, acknowledged: {acknowledged}"
        );
        survived[usize::from(state == "DONE")] += 1;
        if state == "ASKED" {
            let confirmed = second.at(&school).act("confirmErasure", erasure, ERASURE);
            assert_eq!(confirmed["erasure"]["state"], "DONE");
        }
        let record = "query($id: ID!) { person(id: $id) { displayName } }";
        let shown = first.at(&school).ask(record, json!({"id": person["id"]}));
        assert_eq!(shown["person"], json!({"displayName": null}));
    }
    println!(
        "of {} kills, {} before the confirmation and {} after",
        everybody.len(),
        survived[0],
        survived[1]
    );
    school.stop();
}

#[test]
fn keys_are_rotated_and_a_month_ends() {
    let school = School::open("classic");
    let folder = school.stop();
    let data = folder.path().join("data");
    let data_text = data.to_str().unwrap();
    let models = || print(&["models", "--data", data_text, "--format", "json"]);
    let before = models();
    let old = fs::read(data.join("keys/master.key")).unwrap();
    print(&["keys", "rotate", "--data", data_text]);
    print(&["keys", "rotate-master", "--data", data_text]);
    assert_ne!(fs::read(data.join("keys/master.key")).unwrap(), old);
    assert_eq!(models(), before, "the same keys under other ones");
    for (month, why) in [("999999", "no month"), ("202613", "no month"), ("209901", "not over yet")] {
        let refused =
            run(&["keys", "end-month", "import", month, "--reason", "r", "--yes", "--data", data_text]);
        assert_eq!(refused.status.code(), Some(3));
        assert!(String::from_utf8_lossy(&refused.stderr).contains(why), "{month}");
    }
    print(&[
        "keys",
        "end-month",
        "connection",
        "202001",
        "--reason",
        "Arrêté 12",
        "--yes",
        "--data",
        data_text,
    ]);
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let (before, after) = (read(&before), read(&models()));
    assert_eq!(after["models"], before["models"]);
    assert_eq!(after["position"].as_u64(), before["position"].as_u64().map(|at| at + 1), "the log says so");
}
