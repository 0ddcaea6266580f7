//! Access requests: everything that is known of one person, with where it comes from.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::preau::{print, run};
use crate::school::{Caller, School, key};

fn read(folder: &Path) -> (Value, String) {
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    (serde_json::from_str(&text("export.json")).unwrap(), text("export.html"))
}

fn data<'a>(document: &'a Value, section: &str) -> &'a Vec<Value> {
    let sections = document["sections"].as_array().unwrap();
    let found = sections.iter().find(|one| one["section"] == section);
    found.unwrap_or_else(|| panic!("{section}: {sections:?}"))["data"].as_array().unwrap()
}

/// The names of the data of a section, in their order.
fn names<'a>(document: &'a Value, section: &str) -> Vec<&'a str> {
    data(document, section).iter().map(|datum| datum["name"].as_str().unwrap()).collect()
}

/// What there is of a parent who got, wrote, threw away and drafted, was refused and blocked; one message was erased.
fn life(school: &School) -> String {
    let administrator = school.administrator();
    let (teacher, parent) = (school.person("Cécile Lambert"), school.person("Karim Masson"));
    let done = "userErrors { code }";
    let [read_one, gone] =
        ["Sujet-reçu", "Sujet-jeté"].map(|subject| teacher.send(subject, &[&parent.id], &[]));
    parent.act("openMessage", json!({ "message": read_one }), done);
    parent.act("trashMessages", json!({"messages": [gone]}), done);
    let reply = json!({"message": read_one, "bodyText": "Texte-écrit"});
    let written = parent.act("replyToMessage", reply, "message { id } userErrors { code }");
    assert!(written["message"].is_object(), "{written}");
    let illegal = parent.send("Illicite", &[&teacher.id], &[]);
    parent.act("saveDraft", json!({"subject": "Sujet-brouillon", "bodyText": "à finir"}), done);
    let input = json!({"name": "Favori-nom", "members": [teacher.id]});
    parent.act("saveFavourite", input, done);
    let opened = parent.act("openFeed", json!({"scope": "OWN", "lastDay": "2090-07-05"}), "feed { id }");
    parent.act("revokeFeed", json!({"feed": opened["feed"]["id"]}), done);
    put_into_groups(&administrator, &parent.id);
    put_into_a_domain(&administrator, &parent.id);
    let login = parent.ask("{ me { login } }", json!({}))["me"]["login"].clone();
    let enter = "mutation($input: LogInInput!) { logIn(input: $input) { token userErrors { code } } }";
    let input = json!({"login": login, "password": "pas celui-là", "idempotencyKey": key()});
    let refused = school.nobody().ask(enter, json!({ "input": input }));
    assert!(refused["logIn"]["token"].is_null(), "{refused}");
    let block = json!({"person": parent.id, "cause": "SECURITY", "reason": "Motif-blocage"});
    administrator.act("blockAccount", block, done);
    let data = school.data().to_str().unwrap();
    print(&["message", "erase", &illegal, "--reason", "Ordonnance", "--yes", "--data", data]);
    parent.id
}

/// Put into a group by hand, made its manager, and taken out again.
fn put_into_groups(administrator: &Caller, person: &str) {
    let found = administrator.ask("{ structure(uai: \"0990201F\") { id } }", json!({}));
    let input =
        json!({"structure": found["structure"]["id"], "name": "Groupe-nom", "membersReachEachOther": true});
    let group = administrator.act("createFreeGroup", input, "group { id }")["group"]["id"].clone();
    for (mutation, input) in [
        ("addMembers", json!({"group": group, "people": [person]})),
        ("nameManager", json!({"group": group, "person": person})),
        ("removeMembers", json!({"group": group, "people": [person]})),
        ("endManager", json!({"group": group, "person": person})),
    ] {
        administrator.act(mutation, input, "userErrors { code }");
    }
}

/// A domain of resources, a role on it, and the end of that role.
fn put_into_a_domain(administrator: &Caller, person: &str) {
    let found = administrator.ask("{ structure(uai: \"0990201F\") { id } }", json!({}));
    let input = json!({"structure": found["structure"]["id"], "name": "Salles"});
    let domain = administrator.act("createDomain", input, "domain { id }")["domain"]["id"].clone();
    let input = json!({"on": domain, "to": person, "role": "MODERATOR", "through": "2090-01-01"});
    let grant = administrator.act("grantBookingRole", input, "grant { id }")["grant"]["id"].clone();
    administrator.act("revokeBookingRole", json!({ "grant": grant }), "userErrors { code }");
}

fn the_roles_of_booking_are_told(document: &Value) {
    let told = data(document, "bookingRoles");
    assert_eq!(names(document, "bookingRoles"), ["domain.role-granted", "domain.role-revoked"]);
    let granted = &told[0]["value"];
    assert_eq!((&granted["role"], &granted["ends"]), (&json!("MODERATOR"), &json!("2090-01-01")));
    assert_eq!(told[1]["value"]["grant"], granted["grant"]);
}

fn the_groups_are_told(document: &Value) {
    let told = ["group.members-added", "group.manager-named", "group.members-removed", "group.manager-ended"];
    assert_eq!(names(document, "groupsByHand"), told);
    assert!(
        data(document, "groupsByHand").iter().all(|datum| datum["value"]["group"]["name"] == "Groupe-nom")
    );
    let favourites = data(document, "favourites");
    assert_eq!((favourites.len(), &favourites[0]["value"]["name"]), (1, &json!("Favori-nom")));
    assert_eq!(favourites[0]["value"]["people"][0]["profile"], "TEACHER");
    assert_eq!(names(document, "feeds"), ["feed.opened", "feed.revoked"]);
    let opened = &data(document, "feeds")[0]["value"];
    assert_eq!((&opened["ends"], &opened["digest"]), (&json!("2090-07-05"), &Value::Null));
}

fn the_record_is_told(document: &Value) {
    assert_eq!(document["format"], "preau.person-export.v1");
    let identity = data(document, "identity");
    let first_name = identity.iter().find(|datum| datum["name"] == "first_name").unwrap();
    assert_eq!(first_name["value"], "Karim");
    let origin = &first_name["origin"];
    assert_eq!((&origin["kind"], &origin["source"]), (&json!("person.registered"), &json!("ONDE")));
    assert!(origin["position"].as_u64().unwrap() > 0 && origin["recordedAt"].is_string());
    assert!(identity.iter().any(|datum| datum["value"]["street"] == "2 rue des Tilleuls"));
    assert_eq!(data(document, "family")[0]["value"]["child"]["name"], "Lila MASSON");
    let account = names(document, "account");
    for kind in [
        "person.registered",
        "person.login-given",
        "login.claimed",
        "person.code-issued",
        "person.activated",
        "person.signed-in",
        "person.blocked",
    ] {
        assert!(account.contains(&kind), "{kind}: {account:?}");
    }
    let of =
        |kind: &str| &data(document, "account").iter().find(|datum| datum["name"] == kind).unwrap()["value"];
    assert_eq!(of("person.signed-in")["address"], "127.0.0.1");
    assert_eq!(of("person.blocked")["reason"], "Motif-blocage");
    assert_eq!(of("person.code-issued"), &json!({}));
    assert_eq!(names(document, "refusedAccess"), ["access.refused"]);
    let refused = &data(document, "refusedAccess")[0]["value"];
    let told =
        json!({"command": "logIn", "code": "auth.invalid-credentials", "address": "127.0.0.1", "count": 1});
    assert_eq!(refused, &told);
}

fn the_mail_is_told(document: &Value) {
    let received = data(document, "messagesReceived");
    assert_eq!(received.len(), 2);
    assert_eq!(received[0]["value"]["subject"], "Sujet-reçu");
    assert_eq!(received[0]["value"]["author"]["name"], "Cécile LAMBERT");
    assert!(received[0]["value"]["openedAt"].is_string() && received[1]["value"]["openedAt"].is_null());
    assert_eq!(
        (&received[0]["value"]["inTrash"], &received[1]["value"]["inTrash"]),
        (&json!(false), &json!(true))
    );
    let sent = data(document, "messagesWritten");
    assert_eq!(sent.len(), 2);
    assert!(sent[0]["value"]["text"].as_str().unwrap().contains("Texte-écrit"));
    assert_eq!(sent[0]["value"]["to"][0]["person"]["profile"], "TEACHER");
    let erased = json!({ "erased": true });
    assert_eq!((&sent[1]["value"]["subject"], &sent[1]["value"]["text"]), (&erased, &erased));
    assert_eq!(data(document, "drafts")[0]["value"]["subject"], "Sujet-brouillon");
    assert_eq!(names(document, "copies"), ["copies.trashed"]);
    assert_eq!(data(document, "erasures")[0]["value"]["state"], "DONE");
}

#[test]
fn everything_known_of_a_person_is_handed_out_with_its_origin() {
    let school = School::open("classic");
    let (parent, server) = (life(&school), school.data().to_str().unwrap().to_owned());
    let (first, second) = (school.folder().join("first"), school.folder().join("second"));
    let export = |to: &Path| {
        let to = to.to_str().unwrap();
        print(&[
            "person",
            "export",
            &parent,
            "--to",
            to,
            "--reason",
            "Demande-12",
            "--language",
            "fr",
            "--data",
            &server,
        ])
    };

    // Beside the running server, and without one.
    assert!(export(&first).contains("export.json"));
    let folder = school.stop();
    export(&second);
    let ((document, page), (later, _)) = (read(&first), read(&second));
    for file in ["export.json", "export.html"] {
        assert_eq!(fs::metadata(first.join(file)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    for section in [
        "identity",
        "identityHistory",
        "attachments",
        "family",
        "roles",
        "messagesWritten",
        "messagesReceived",
        "drafts",
        "copies",
        "erasures",
    ] {
        assert_eq!(data(&document, section), data(&later, section), "{section}");
    }
    // Each export is an event of the record, with its reason, and is told like any other.
    let exports =
        |document| names(document, "account").iter().filter(|name| **name == "person.exported").count();
    assert_eq!((exports(&document), exports(&later)), (1, 2));
    let told = data(&document, "account").last().unwrap();
    assert_eq!(
        (&told["origin"]["reason"], &told["origin"]["actor"]["kind"]),
        (&json!("Demande-12"), &json!("OPERATOR"))
    );
    the_record_is_told(&later);
    the_mail_is_told(&document);
    the_groups_are_told(&document);
    the_roles_of_booking_are_told(&document);

    for said in [
        "Karim",
        "Sujet-reçu",
        "Sujet-jeté",
        "Texte-écrit",
        "Sujet-brouillon",
        "Motif-blocage",
        "effacé",
        "Demande-12",
        "Identité",
        "Messages reçus",
        "size: A4",
    ] {
        assert!(page.contains(said), "{said}");
    }
    // No secret of the account, and nobody else than family and authors.
    for (text, what) in [(document.to_string(), "json"), (page, "html")] {
        for secret in ["argon2", "digest", "VERDIER", "Agnès", "Illicite", "<script"] {
            assert!(!text.contains(secret), "{secret} in {what}");
        }
    }
    // That it was read is for auditors to see.
    let school = School::at(folder);
    let query = "{ events(filter: { kinds: [\"person.exported\"] }) { nodes { reason } } }";
    let seen = school.administrator().ask(query, json!({}))["events"]["nodes"].clone();
    assert_eq!(seen, json!([{"reason": "Demande-12"}, {"reason": "Demande-12"}]));
    school.stop();
}

#[test]
fn what_cannot_be_exported_is_refused_and_nothing_is_written() {
    let school = School::open("classic");
    let (parent, teacher) = (school.person("Karim Masson"), school.person("Cécile Lambert"));
    let data = school.data().to_str().unwrap().to_owned();
    let to = school.folder().join("out");
    let inside = school.data().join("out");
    let export = |who: &str, to: &Path, reason: &str| {
        let to = to.to_str().unwrap();
        let output = run(&["person", "export", who, "--to", to, "--reason", reason, "--data", &data]);
        (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let events = || print(&["log", "stats", "--data", &data, "--format", "json"]);
    print(&["person", "erase", &parent.id, "--reason", "Demande", "--yes", "--data", &data]);
    let before = events();
    for (who, to, reason, code, why) in [
        (parent.id.as_str(), &to, "x", 3, "was erased"),
        ("nobody.here", &to, "x", 6, "nobody has the login"),
        ("01K4QJ6X2F00000000000000P1", &to, "x", 6, "no such person"),
        ("no login!", &to, "x", 3, "is no person"),
        (&teacher.id, &to, " ", 3, "say why"),
        (&teacher.id, &inside, "x", 3, "is inside of the data directory"),
    ] {
        let (found, said) = export(who, to, reason);
        assert!(found == code && said.contains(why), "{who}: {found} {said}");
    }
    assert_eq!(events(), before, "nothing was read, so nothing is noted");
    assert_eq!(export(&teacher.id, &to, "x").0, 0);
    let (code, said) = export(&teacher.id, &to, "x");
    assert!(code == 3 && said.contains("is there already"), "{said}");
    school.stop();
}
