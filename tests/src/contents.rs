//! Contents through a request that a second person approves: every refusal, every reading an event.

use serde_json::{Value, json};

use crate::preau::print;
use crate::school::{Caller, School, key, mutated};

const REQUEST: &str = "request { id message wholeThread state reason ends author { id } requestedBy { id }
    decidedBy { id } readingCount lastReading { message } } userErrors { code field message }";
const CONTENTS: &str = "contents { message subject bodyText bodyHtml } userErrors { code } position";

/// A school with somebody for each role; the auditor and the others have theirs from the administrator.
struct Scene {
    school: School,
    administrator: Caller,
    auditor: Caller,
    approver: Caller,
    officer: Caller,
    author: Caller,
    parent: Caller,
    structure: String,
    message: String,
}

fn scene() -> Scene {
    let school = School::open("published-2025");
    let administrator = school.administrator();
    let found = administrator.ask("{ structure(uai: \"0990201F\") { id } }", json!({}));
    let structure = found["structure"]["id"].as_str().unwrap().to_owned();
    let [auditor, approver, officer, author, parent] =
        ["Hugo Brunet", "Agnès Roux", "Solène Verdier", "Cécile Lambert", "Karim Masson"]
            .map(|name| school.person(name));
    let message = author.send("Sortie", &[&parent.id], &[]);
    let scene =
        Scene { school, administrator, auditor, approver, officer, author, parent, structure, message };
    let held = [
        (&scene.auditor, "AUDITOR"),
        (&scene.approver, "CONTENT_APPROVER"),
        (&scene.officer, "DATA_PROTECTION_OFFICER"),
    ];
    for (caller, role) in held {
        scene.school.appoint(caller, role, &[&scene.structure]);
    }
    scene
}

impl Scene {
    /// So many hours after the message was sent.
    fn hours(&self, hours: i64) -> String {
        let query = "query($id: ID!) { messageTrace(id: $id) { sentAt } }";
        let trace = self.administrator.ask(query, json!({"id": self.message}));
        let sent: chrono::DateTime<chrono::Utc> =
            trace["messageTrace"]["sentAt"].as_str().unwrap().parse().unwrap();
        (sent + chrono::TimeDelta::hours(hours)).to_rfc3339()
    }

    fn asks(&self, message: &str, hours: i64) -> Value {
        json!({"message": message, "ends": self.hours(hours), "reason": "Signalement 12"})
    }

    /// Asks for a message and returns the request.
    fn requested(&self, input: Value) -> String {
        let asked = self.auditor.act("requestContents", input, REQUEST);
        assert_eq!(asked["request"]["state"], "ASKED", "{asked}");
        asked["request"]["id"].as_str().unwrap().to_owned()
    }

    fn approved(&self, request: &str) {
        let done = self.approver.act("approveContents", json!({ "request": request }), REQUEST);
        assert_eq!(done["request"]["state"], "APPROVED", "{done}");
        assert_eq!(done["request"]["decidedBy"]["id"], self.approver.id.as_str());
    }

    fn reads(&self, request: &str, message: &str) -> Value {
        let input = json!({"request": request, "message": message});
        self.auditor.act("readContents", input, CONTENTS)
    }
}

fn refused(payload: &Value, code: &str) {
    assert_eq!(payload["userErrors"][0]["code"], code, "{payload}");
    assert!(payload["request"].is_null() && payload["contents"].is_null(), "{payload}");
}

/// The requests that somebody sees.
fn listed(caller: &Caller) -> Value {
    let query = "{ contentRequests(first: 10) { nodes { id state reason author { displayName }
        requestedBy { id } decidedBy { id } readingCount lastReading { message }
        readings(first: 1) { totalCount nodes { message at } pageInfo { hasNextPage endCursor } } } } }";
    caller.ask(query, json!({}))["contentRequests"]["nodes"].clone()
}

#[test]
fn contents_are_read_once_a_second_person_approved_and_every_reading_is_an_event() {
    let scene = scene();
    let Scene { administrator, auditor, approver, officer, author, parent, message, .. } = &scene;

    // An end within seven days, a reason, a message that was sent and is in scope, and the right to ask.
    let long = auditor.act("requestContents", scene.asks(message, 24 * 7 + 1), REQUEST);
    refused(&long, "contents.ends-too-late");
    assert_eq!(long["userErrors"][0]["field"], "ends");
    refused(&auditor.act("requestContents", scene.asks(message, -1), REQUEST), "contents.ends-too-early");
    let mut blank = scene.asks(message, 24);
    blank["reason"] = " ".into();
    assert_eq!(auditor.act_code("requestContents", blank), "BAD_USER_INPUT");
    for caller in [author, parent, approver, officer] {
        assert_eq!(caller.act_code("requestContents", scene.asks(message, 24)), "FORBIDDEN");
    }
    let draft = author.act("saveDraft", json!({"subject": "Brouillon"}), "draft { id }");
    let draft = draft["draft"]["id"].as_str().unwrap();
    assert_eq!(auditor.act_code("requestContents", scene.asks(draft, 24)), "NOT_FOUND");
    assert_eq!(listed(officer), json!([]), "what was refused is no request");

    let (once, input) = (key(), scene.asks(message, 24));
    let asked = auditor.act_with("requestContents", input.clone(), &once, REQUEST);
    let request = asked["request"]["id"].as_str().unwrap_or_else(|| panic!("{asked}")).to_owned();
    assert_eq!(asked["request"]["state"], "ASKED");
    assert_eq!(
        (&asked["request"]["reason"], &asked["request"]["wholeThread"]),
        (&json!("Signalement 12"), &json!(false))
    );
    assert_eq!(auditor.act_with("requestContents", input, &once, REQUEST), asked, "asked once");
    refused(&scene.reads(&request, message), "contents.not-approved");

    // Shown to who asked, who may approve and the officer; to nobody else, administrators included.
    for caller in [auditor, approver, officer] {
        let seen = listed(caller);
        assert_eq!((seen.as_array().unwrap().len(), &seen[0]["id"]), (1, &json!(request)), "{seen}");
        assert_eq!(seen[0]["reason"], "Signalement 12");
    }
    for caller in [administrator, author, parent] {
        assert_eq!(listed(caller), json!([]));
    }

    // Neither who asked nor who granted the role approves, whatever else they hold; nobody without the role does.
    let input = json!({ "request": request });
    for caller in [auditor, administrator, officer, author] {
        assert_eq!(caller.act_code("approveContents", input.clone()), "NOT_FOUND");
    }
    for caller in [auditor, administrator] {
        scene.school.appoint(caller, "CONTENT_APPROVER", &[&scene.structure]);
        let alone = caller.act("approveContents", input.clone(), REQUEST);
        refused(&alone, "contents.second-person-required");
    }
    scene.approved(&request);
    let again = administrator.act("approveContents", input.clone(), REQUEST);
    assert_eq!(again["request"]["decidedBy"]["id"], approver.id.as_str(), "it was so already: {again}");
    refused(&approver.act("declineContents", input, REQUEST), "contents.approved");

    // Who asked reads it, and nothing else.
    let expected = json!({"message": message, "subject": "Sortie", "bodyText": "Sortie !", "bodyHtml": "<p>Sortie !</p>"});
    let (once, input) = (key(), json!({"request": request, "message": message}));
    let read = auditor.act_with("readContents", input.clone(), &once, CONTENTS);
    assert_eq!(read["contents"], expected, "{read}");
    assert_eq!(auditor.act_with("readContents", input.clone(), &once, CONTENTS), read, "one reading");
    assert_eq!(scene.reads(&request, message)["contents"], expected);
    let other = author.send("Autre chose", &[&parent.id], &[]);
    refused(&scene.reads(&request, &other), "contents.not-covered");
    for caller in [approver, officer, administrator, author, parent] {
        assert_eq!(caller.act_code("readContents", input.clone()), "NOT_FOUND");
    }

    // The officer sees the request, the approval and both readings.
    let seen = listed(officer)[0].clone();
    assert_eq!((&seen["state"], &seen["readingCount"]), (&json!("APPROVED"), &json!(2)), "{seen}");
    assert_eq!(
        (&seen["requestedBy"]["id"], &seen["decidedBy"]["id"]),
        (&json!(auditor.id), &json!(approver.id))
    );
    assert_eq!(seen["lastReading"]["message"], json!(message));
    assert_eq!(
        (&seen["readings"]["totalCount"], &seen["readings"]["pageInfo"]["hasNextPage"]),
        (&json!(2), &json!(true))
    );
    let query = "query($after: String!) { contentRequests(state: APPROVED, first: 1) { nodes {
        readings(first: 5, after: $after) { nodes { message } pageInfo { hasNextPage } } } } }";
    let rest = officer.ask(query, json!({"after": seen["readings"]["pageInfo"]["endCursor"]}));
    let rest = &rest["contentRequests"]["nodes"][0]["readings"];
    assert_eq!(rest, &json!({"nodes": [{ "message": message }], "pageInfo": {"hasNextPage": false}}));

    // In the log, without the reason.
    let query =
        "{ events(filter: { kinds: [\"contents.\"] }) { nodes { kind data actor { role person { id } } } } }";
    let events = administrator.ask(query, json!({}))["events"]["nodes"].clone();
    let kinds: Vec<_> =
        events.as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["contents.requested", "contents.approved", "contents.read", "contents.read"]);
    assert_eq!(
        (&events[1]["actor"]["role"], &events[3]["actor"]["role"]),
        (&json!("CONTENT_APPROVER"), &json!("AUDITOR"))
    );
    assert!(!events.to_string().contains("Signalement"), "{events}");

    // Rights are those of today: with the role goes the reading.
    let role = json!({"person": auditor.id, "role": "AUDITOR", "structures": [scene.structure]});
    administrator.act("revokeRole", role, "userErrors { code }");
    assert_eq!(auditor.act_code("readContents", input), "FORBIDDEN");
    scene.school.stop();
}

#[test]
fn a_thread_is_read_as_far_as_it_was_sent_when_it_was_approved() {
    let scene = scene();
    let Scene { auditor, approver, author, parent, message, .. } = &scene;
    let reply = |caller: &Caller, text: &str| {
        let input = json!({"message": message, "bodyText": text});
        let sent = caller.act("replyToMessage", input, "message { id } userErrors { code }");
        sent["message"]["id"].as_str().unwrap_or_else(|| panic!("{sent}")).to_owned()
    };
    let answer = reply(parent, "Combien ?");
    let mut input = scene.asks(&answer, 24);
    input["wholeThread"] = true.into();
    let asked = auditor.act("requestContents", input, REQUEST)["request"].clone();
    assert_eq!(
        (&asked["message"], &asked["wholeThread"]),
        (&json!(message), &json!(true)),
        "its first message"
    );
    assert_eq!(asked["author"]["id"], author.id.as_str());
    let request = asked["id"].as_str().unwrap();
    scene.approved(request);
    assert_eq!(scene.reads(request, message)["contents"]["subject"], "Sortie");
    assert_eq!(scene.reads(request, &answer)["contents"]["bodyText"], "Combien ?");
    let later = reply(parent, "Et quand ?");
    refused(&scene.reads(request, &later), "contents.not-covered");
    let elsewhere = author.send("Autre fil", &[&parent.id], &[]);
    refused(&scene.reads(request, &elsewhere), "contents.not-covered");

    // Somebody says no: it is over. Who asked may say so too.
    let declined = scene.requested(scene.asks(&elsewhere, 24));
    let of = json!({ "request": declined });
    for caller in [author, parent, &scene.officer] {
        assert_eq!(caller.act_code("declineContents", of.clone()), "NOT_FOUND");
    }
    let no = approver.act("declineContents", of.clone(), REQUEST);
    assert_eq!(
        (&no["request"]["state"], &no["request"]["decidedBy"]["id"]),
        (&json!("DECLINED"), &json!(approver.id))
    );
    refused(&approver.act("approveContents", of, REQUEST), "contents.declined");
    refused(&scene.reads(&declined, &elsewhere), "contents.declined");
    let taken_back = scene.requested(scene.asks(&elsewhere, 24));
    let no = auditor.act("declineContents", json!({ "request": taken_back }), REQUEST);
    assert_eq!(no["request"]["state"], "DECLINED");
    let query =
        "{ contentRequests(state: DECLINED, first: 1) { nodes { id } pageInfo { hasNextPage endCursor } } }";
    let page = scene.officer.ask(query, json!({}))["contentRequests"].clone();
    assert_eq!(
        (&page["nodes"][0]["id"], &page["pageInfo"]["hasNextPage"]),
        (&json!(taken_back), &json!(true))
    );
    let query = "query($after: String!) { contentRequests(state: DECLINED, first: 5, after: $after) { nodes { id } } }";
    let rest = scene.officer.ask(query, json!({"after": page["pageInfo"]["endCursor"]}));
    assert_eq!(rest["contentRequests"]["nodes"], json!([{ "id": declined }]));

    // The key of a command belongs to what was asked.
    let (once, fields) = (key(), "contents { subject } userErrors { code }");
    auditor.act_with("readContents", json!({"request": request, "message": message}), &once, fields);
    let (query, variables) =
        mutated("readContents", json!({"request": request, "message": answer}), &once, fields);
    assert_eq!(auditor.code(&query, variables), "IDEMPOTENCY_MISMATCH");
    scene.school.stop();
}

#[test]
fn of_what_was_erased_nothing_is_read() {
    let scene = scene();
    let Scene { administrator, approver, message, .. } = &scene;
    let request = scene.requested(scene.asks(message, 24));
    scene.approved(&request);
    let platform = json!({"person": approver.id, "role": "PLATFORM_ADMINISTRATOR"});
    administrator.act("grantRole", platform, "userErrors { code }");
    let erase = json!({"message": message, "reason": "Ordonnance 12/345"});
    let asked = administrator.act("eraseMessage", erase, "erasure { id } userErrors { code }");
    let confirm = json!({"erasure": asked["erasure"]["id"]});
    let done = approver.act("confirmErasure", confirm, "erasure { state } userErrors { code }");
    assert_eq!(done["erasure"]["state"], "DONE", "{done}");
    let read = scene.reads(&request, message);
    let nothing = json!({"message": message, "subject": null, "bodyText": null, "bodyHtml": null});
    assert_eq!(read["contents"], nothing, "{read}");
    scene.school.stop();
}

#[test]
fn who_granted_the_role_before_it_was_revoked_does_not_approve_either() {
    let scene = scene();
    let Scene { administrator, auditor, approver, message, .. } = &scene;
    let request = scene.requested(scene.asks(message, 24));
    // The administrator gives the role up to a second one, and takes the place of the approver.
    let platform = json!({"person": approver.id, "role": "PLATFORM_ADMINISTRATOR"});
    administrator.act("grantRole", platform, "userErrors { code }");
    let role = json!({"person": auditor.id, "role": "AUDITOR", "structures": [scene.structure]});
    let revoked = administrator.act("revokeRole", role.clone(), "userErrors { code }");
    assert_eq!(revoked["userErrors"], json!([]));
    let mut again = role;
    again["ends"] = "2090-01-01".into();
    again["reason"] = "désignation".into();
    let granted = approver.act("grantRole", again, "userErrors { code }");
    assert_eq!(granted["userErrors"], json!([]), "{granted}");
    scene.school.appoint(administrator, "CONTENT_APPROVER", &[&scene.structure]);
    for caller in [administrator, approver] {
        let alone = caller.act("approveContents", json!({ "request": request }), REQUEST);
        refused(&alone, "contents.second-person-required");
    }
    scene.school.appoint(&scene.officer, "CONTENT_APPROVER", &[&scene.structure]);
    let done = scene.officer.act("approveContents", json!({ "request": request }), REQUEST);
    assert_eq!(done["request"]["state"], "APPROVED", "{done}");
    scene.school.stop();
}

#[test]
fn roles_of_another_school_open_nothing() {
    let scene = scene();
    let request = scene.requested(scene.asks(&scene.message, 24));
    let asks = scene.asks(&scene.message, 24);
    let Scene { school, administrator, author, parent, officer, message, .. } = scene;
    let folder = school.stop();
    let (data, onde) = (folder.path().join("data"), folder.path().join("onde"));
    let [data, onde] = [&data, &onde].map(|path| path.to_str().unwrap());
    print(&["import", "onde", "--data", data, "--uai", "0990202G", "--name", "École voisine", onde]);
    let school = School::at(folder);
    let [administrator, author, parent, officer] =
        [administrator, author, parent, officer].map(|caller| caller.at(&school));
    let found = administrator.ask("{ structure(uai: \"0990202G\") { id } }", json!({}));
    let elsewhere = &found["structure"]["id"];
    let grant = |to: &Caller, role: &str, structures: Value| {
        let input = json!({"person": to.id, "role": role, "structures": structures, "ends": "2090-01-01",
            "reason": "désignation"});
        let granted = administrator.act("grantRole", input, "userErrors { code }");
        assert_eq!(granted["userErrors"], json!([]), "{role}");
    };
    for role in ["AUDITOR", "CONTENT_APPROVER", "DATA_PROTECTION_OFFICER"] {
        grant(&author, role, json!([elsewhere]));
    }
    assert_eq!(listed(&author), json!([]));
    assert_eq!(author.act_code("requestContents", asks), "NOT_FOUND");
    for mutation in ["approveContents", "declineContents"] {
        assert_eq!(author.act_code(mutation, json!({ "request": request })), "NOT_FOUND", "{mutation}");
    }
    let input = json!({"request": request, "message": message});
    assert_eq!(author.act_code("readContents", input), "NOT_FOUND");
    // Of the school, and of the whole platform.
    grant(&parent, "DATA_PROTECTION_OFFICER", json!([]));
    for caller in [&officer, &parent] {
        assert_eq!(listed(caller)[0]["id"], json!(request));
    }
    school.stop();
}
