//! A school from its files to an audited message, through HTTP only.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::files;
use crate::preau::print;
use crate::school::{Caller, School};

#[test]
fn the_invented_school_writes_answers_and_is_audited() {
    a_message_and_its_life(School::open("published-2025"));
}

#[test]
fn the_real_school_writes_answers_and_is_audited() {
    for onde in files::real() {
        a_message_and_its_life(School::import(TempDir::new().unwrap(), onde, "published-2025"));
    }
}

/// Somebody of the school, as its administrator sees them.
struct Known {
    id: String,
    classes: Vec<String>,
    relatives: Vec<String>,
    heads: bool,
}

/// Everybody of a profile, page after page.
fn everybody(administrator: &Caller, profile: &str) -> Vec<Known> {
    let query =
        "query($profile: Profile!, $after: String) { people(profile: $profile, first: 100, after: $after) {
        nodes { id classes { name } relatives { id } attachments { functions { function } } }
        pageInfo { hasNextPage endCursor } } }";
    let (mut all, mut after) = (vec![], Value::Null);
    loop {
        let mut page = administrator.ask(query, json!({"profile": profile, "after": after}));
        let page = page["people"].take();
        all.extend(page["nodes"].as_array().unwrap().iter().map(|node| Known {
            id: text(&node["id"]),
            classes: texts(&node["classes"], "name"),
            relatives: texts(&node["relatives"], "id"),
            heads: node["attachments"][0]["functions"].as_array().is_some_and(|held| !held.is_empty()),
        }));
        if page["pageInfo"]["hasNextPage"] == false {
            return all;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

fn texts(list: &Value, field: &str) -> Vec<String> {
    list.as_array().into_iter().flatten().map(|item| text(&item[field])).collect()
}

fn ask_message(caller: &Caller, id: &str) -> Value {
    let query =
        "query($id: ID!) { message(id: $id) { subject bodyText unread mayReply mayReplyToAll delivered opened
        author { id } to { people { id } groups { name } others } cc { others }
        bcc { people { id } groups { name } others } inReplyTo } }";
    caller.ask(query, json!({ "id": id }))["message"].take()
}

fn unread(caller: &Caller) -> Value {
    caller.ask("{ unreadCount }", json!({}))["unreadCount"].take()
}

fn a_message_and_its_life(school: School) {
    let administrator = school.administrator();
    let (teachers, pupils) = (everybody(&administrator, "TEACHER"), everybody(&administrator, "STUDENT"));
    let (teacher, pupil) = teachers
        .iter()
        .filter(|one| one.classes.len() == 1 && !one.heads)
        .flat_map(|teacher| pupils.iter().map(move |pupil| (teacher, pupil)))
        .find(|(teacher, pupil)| pupil.classes == teacher.classes && pupil.relatives.len() > 1)
        .expect("a teacher with a class, in which a pupil has two relatives");
    let class = &teacher.classes[0];
    let elsewhere = pupils.iter().find(|one| !one.classes.contains(class) && !one.relatives.is_empty());
    let elsewhere = elsewhere.expect("a pupil of another class");
    let of_class = |one: &&Known| one.classes.contains(class);
    let mut relatives: Vec<_> =
        pupils.iter().filter(of_class).flat_map(|one| one.relatives.clone()).collect();
    relatives.sort();
    relatives.dedup();

    // A teacher logs in and finds whom she reaches: every pupil, every relative, the other teachers.
    let writer = school.signed_in(&teacher.id);
    let reach = "{ students: reach(profile: STUDENT, first: 1) { totalCount }
        teachers: reach(profile: TEACHER, first: 1) { totalCount }
        reachGroups(first: 100) { nodes { id name } } }";
    let found = writer.ask(reach, json!({}));
    assert_eq!(found["students"]["totalCount"], pupils.len());
    assert_eq!(found["teachers"]["totalCount"], teachers.len() - 1);
    let groups = found["reachGroups"]["nodes"].as_array().unwrap();
    let parents = groups.iter().find(|group| group["name"] == format!("Parents de {class}"));
    let parents = text(&parents.unwrap_or_else(|| panic!("no parents of {class}"))["id"]);

    // She writes to the relatives of her class in bcc.
    let input = json!({"subject": "Sortie", "bodyText": "Jeudi, à la ferme.", "bcc": [parents]});
    let fields = "message { id } delivered inactive blocked userErrors { code } position";
    let sent = writer.act("sendMessage", input, fields);
    assert_eq!(sent["userErrors"], json!([]));
    assert_eq!((&sent["delivered"], &sent["blocked"]), (&json!(relatives.len()), &json!(0)));
    assert_eq!(sent["inactive"], relatives.len(), "nobody of them has activated an account yet");
    let message = text(&sent["message"]["id"]);

    // A relative opens it: it was there although the account was inactive; of the others nothing is seen.
    let reader = school.signed_in(&pupil.relatives[0]);
    assert_eq!(unread(&reader), 1);
    let shown = ask_message(&reader, &message);
    assert_eq!((&shown["subject"], &shown["bodyText"]), (&json!("Sortie"), &json!("Jeudi, à la ferme.")));
    assert_eq!(shown["to"], json!({"people": [], "groups": [], "others": 0}));
    assert_eq!(shown["bcc"], json!({"people": [{"id": reader.id}], "groups": [], "others": 0}));
    assert_eq!((&shown["mayReply"], &shown["mayReplyToAll"]), (&json!(true), &json!(false)));
    assert_eq!((&shown["delivered"], &shown["opened"]), (&Value::Null, &Value::Null));
    let opened = reader.act("openMessage", json!({ "message": message }), "unreadCount position");
    assert_eq!(opened["unreadCount"], 0);

    // They cannot answer the others, only the sender.
    let all = json!({"message": message, "everyone": true, "bodyText": "Qui vient ?"});
    let refused = reader.act("replyToMessage", all, "message { id } userErrors { code }");
    assert_eq!(refused["userErrors"][0]["code"], "messaging.blind-copies-answer-the-sender-alone");
    assert!(refused["message"].is_null());
    let alone = json!({"message": message, "bodyText": "Merci !"});
    let answered = reader.act("replyToMessage", alone, "message { id } delivered userErrors { code }");
    assert_eq!(answered["delivered"], 1, "{answered}");
    let answer = text(&answered["message"]["id"]);
    let other = school.signed_in(&pupil.relatives[1]);
    assert!(ask_message(&other, &answer).is_null(), "another relative does not see the answer");
    let person = "query($id: ID!) { person(id: $id) { id } reachable(person: $id) { reachable } }";
    let hidden = other.ask(person, json!({ "id": reader.id }));
    assert_eq!(hidden, json!({"person": null, "reachable": {"reachable": false}}));

    // Another family's relative sees none of it.
    let stranger = school.signed_in(&elsewhere.relatives[0]);
    if !relatives.contains(&stranger.id) {
        assert!(ask_message(&stranger, &message).is_null());
        assert_eq!(unread(&stranger), 0);
    }

    // The teacher gets the answer, and sees how many opened hers.
    assert_eq!(unread(&writer), 1);
    let inbox = "{ mailbox(folder: INBOX, first: 10) { nodes { id unread subject author { id } } } }";
    let rows = writer.ask(inbox, json!({}));
    let row = json!({"id": answer, "unread": true, "subject": "Re: Sortie", "author": {"id": reader.id}});
    assert_eq!(rows["mailbox"]["nodes"], json!([row]));
    assert_eq!(ask_message(&writer, &message)["opened"], 1);

    // A pupil cannot write to a teacher of another class: the refusal names whom and why.
    let child = school.signed_in(&pupil.id);
    let barred = teachers.iter().find(|one| !one.classes.contains(class) && !one.classes.is_empty());
    let barred = &barred.expect("a teacher of another class").id;
    let input = json!({"subject": "Bonjour", "bodyText": "?", "to": [teacher.id, barred]});
    let refused = child.act("sendMessage", input, "message { id } userErrors { code field message }");
    let errors = refused["userErrors"].as_array().unwrap();
    assert_eq!((errors.len(), &refused["message"]), (1, &Value::Null), "{refused}");
    assert_eq!((&errors[0]["code"], &errors[0]["field"]), (&json!("messaging.out-of-reach"), &json!("to.1")));
    assert!(text(&errors[0]["message"]).contains(&format!("Élèves de {class}")), "{refused}");

    traced(&administrator, &message, &answer, &reader, relatives.len());
    let folder = school.stop();
    let data = folder.path().join("data");
    let printed = print(&["trace", "--data", data.to_str().unwrap(), "--language", "fr", &message]);
    for expected in ["écrit par", &format!("Parents de {class}"), "La règle de", "ouvert", "réponse"] {
        assert!(printed.contains(expected), "{expected}: {printed}");
    }
}

/// The trace shows all of it, with times and the witness that allowed it.
fn traced(auditor: &Caller, message: &str, answer: &str, reader: &Caller, delivered: usize) {
    let query = "query($id: ID!) { messageTrace(id: $id) { sentAt position delivered opened answers
        parties { list group { name } witness { kind text rule from { name } to { name } } }
        recipients(first: 100) { totalCount nodes { person { id } blindly openedAt
            through { party memberSince } } } } }";
    let trace = auditor.ask(query, json!({ "id": message }))["messageTrace"].take();
    assert_eq!((&trace["delivered"], &trace["opened"]), (&json!(delivered), &json!(1)));
    assert_eq!(trace["answers"], json!([answer]));
    let party = &trace["parties"][0];
    assert_eq!((&party["list"], &party["witness"]["kind"]), (&json!("BCC"), &json!("RULE")), "{party}");
    for group in [&party["witness"]["from"]["name"], &party["witness"]["to"]["name"]] {
        assert!(text(&party["witness"]["text"]).contains(&text(group)));
    }
    assert!(party["witness"]["rule"].is_string());
    assert_eq!(trace["recipients"]["totalCount"], delivered);
    let rows = trace["recipients"]["nodes"].as_array().unwrap();
    let row = rows.iter().find(|row| row["person"]["id"] == reader.id).expect("the reader");
    assert_eq!(row["blindly"], true);
    assert!(text(&row["openedAt"]) >= text(&trace["sentAt"]));
    assert!(text(&row["through"][0]["memberSince"]) < text(&trace["sentAt"]));
}
