//! Every query and mutation, asked by somebody who must not.
//!
//! Invariant: each field of the roots stands here by name; a new one without its test fails.

use serde_json::{Value, json};

use crate::school::{Caller, School, key, mutated};

mod asked;

pub(crate) use asked::UNSEEN;
use asked::{NOT_THEIRS, NOT_THERE, OPEN, QUERIES, UNBOOKED, UNBUILT, UNHELD, UNMADE, UNMET, mutations};

/// The names of the fields of a type of the committed schema.
fn fields(of: &str) -> Vec<String> {
    let schema = include_str!("../../api/schema.graphql");
    let body = schema.split(&format!("type {of} {{\n")).nth(1).unwrap().split("\n}").next().unwrap();
    // Outside of the descriptions, which stand between three quotes.
    let code = body.split("\"\"\"").step_by(2).flat_map(str::lines);
    let field = |line: &str| {
        let name = line.strip_prefix('\t')?.split(['(', ':']).next()?;
        name.starts_with(|c: char| c.is_ascii_lowercase()).then(|| name.to_owned())
    };
    code.filter_map(field).collect()
}

/// A school with people of every kind of caller, and a message between two of them.
struct Scene {
    school: School,
    administrator: Caller,
    head: Caller,
    teacher: Caller,
    pupil: Caller,
    parent: Caller,
    stranger: Caller,
    structure: String,
    message: String,
}

fn scene() -> Scene {
    let school = School::open("published-2025");
    let administrator = school.administrator();
    let structure = administrator.ask("{ structure(uai: \"0990201F\") { id } }", json!({}));
    let [head, teacher, pupil, parent, stranger] =
        ["Agnès Roux", "Cécile Lambert", "Lila Masson", "Karim Masson", "Awa N'Guessan"]
            .map(|name| school.person(name));
    let message = teacher.send("Pour les Masson", &[], &[&parent.id]);
    let structure = structure["structure"]["id"].as_str().unwrap().to_owned();
    Scene { school, administrator, head, teacher, pupil, parent, stranger, structure, message }
}

#[test]
fn without_a_session_nothing_is_answered() {
    let scene = scene();
    let Scene { school, structure, message, parent, .. } = &scene;
    let mut asked: Vec<String> = QUERIES.iter().map(|(name, _)| (*name).to_owned()).collect();
    asked.sort();
    let mut all = fields("Query");
    all.sort();
    assert_eq!(asked, all, "a query has no test here");
    let nobody = school.nobody();
    for (name, query) in QUERIES {
        let query = query
            .replace("$person", &json!(parent.id).to_string())
            .replace("$message", &json!(message).to_string())
            .replace("$structure", &json!(structure).to_string())
            .replace("$rule", &json!(UNMADE).to_string())
            .replace("$domain", &json!(UNBUILT).to_string())
            .replace("$resource", &json!(UNBOOKED).to_string())
            .replace("$booking", &json!(UNMET).to_string())
            .replace("$request", &json!(UNHELD).to_string());
        if name == "session" {
            assert!(nobody.ask(&query, json!({}))["session"].is_null());
        } else {
            assert_eq!(nobody.code(&query, json!({})), "UNAUTHENTICATED", "{name}");
        }
    }
    let mutations = mutations(&parent.id, structure, message);
    let mut asked: Vec<_> = mutations.iter().map(|(name, _)| (*name).to_owned()).collect();
    asked.extend(OPEN.map(str::to_owned));
    asked.sort();
    let mut all = fields("Mutation");
    all.sort();
    assert_eq!(asked, all, "a mutation has no test here");
    for (name, input) in mutations {
        assert_eq!(nobody.act_code(name, input), "UNAUTHENTICATED", "{name}");
    }
    let out = nobody.act("logOut", json!({}), "ended userErrors { code }");
    assert_eq!(out["ended"], 0);
    for mutation in ["logIn", "activateAccount"] {
        let mut input = json!({"login": "karim.masson", "password": "quatre platanes dans la cour"});
        if mutation == "activateAccount" {
            input["code"] = "abcdefghjkmnp".into();
            input["acceptCharter"] = true.into();
        }
        let refused = nobody.act(mutation, input, "me userErrors { code }");
        assert_eq!(refused["userErrors"][0]["code"], "auth.invalid-credentials", "{mutation}");
        assert!(refused["me"].is_null());
    }
}

#[test]
fn a_family_sees_nothing_of_another_one() {
    let Scene { school: _school, pupil, parent, stranger, teacher, message, structure, .. } = scene();
    let one = |caller: &Caller, query: &str, id: &str| caller.ask(query, json!({ "id": id }));
    for query in [
        "query($id: ID!) { found: person(id: $id) { id } }",
        "query($id: ID!) { found: node(id: $id) { id } }",
    ] {
        assert!(one(&stranger, query, &parent.id)["found"].is_null(), "{query}");
        assert!(one(&stranger, query, &pupil.id)["found"].is_null(), "{query}");
        assert!(one(&parent, query, &pupil.id)["found"].is_object(), "a parent sees their own child");
    }
    let reachable = "query($id: ID!) { reachable(person: $id) { reachable paths { text } } }";
    assert_eq!(one(&stranger, reachable, &parent.id)["reachable"], json!({"reachable": false, "paths": []}));
    for query in [
        "query($id: ID!) { found: message(id: $id) { subject } }",
        "query($id: ID!) { found: node(id: $id) { id } }",
        "query($id: ID!) { found: draft(id: $id) { id } }",
    ] {
        assert!(one(&stranger, query, &message)["found"].is_null(), "{query}");
    }
    assert!(one(&parent, "query($id: ID!) { message(id: $id) { id } }", &message)["message"].is_object());
    let lists = "{ people(search: \"Masson\", first: 10) { totalCount }
        reach(first: 100) { nodes { id } }
        mailbox(folder: INBOX, first: 10) { nodes { id } }
        unreadCount drafts(first: 1) { nodes { id } } }";
    let seen = stranger.ask(lists, json!({}));
    assert_eq!(seen["people"]["totalCount"], 0);
    assert_eq!(seen["mailbox"]["nodes"], json!([]));
    assert_eq!((&seen["unreadCount"], &seen["drafts"]["nodes"]), (&json!(0), &json!([])));
    let reached = seen["reach"]["nodes"].as_array().unwrap();
    assert!(!reached.iter().any(|person| person["id"] == parent.id || person["id"] == teacher.id));
    // What a structure is made of is for those who administer or head it.
    let inside = "query($id: ID!) { structure(id: $id) { name internalPolicy access { profile }
        groups(first: 1) { totalCount } classes { name } } }";
    let structure = one(&stranger, inside, &structure)["structure"].clone();
    assert_eq!(structure["name"], "École des Tilleuls");
    for hidden in ["internalPolicy", "access", "groups"] {
        assert!(structure[hidden].is_null(), "{hidden}");
    }
    assert_eq!(structure["classes"], json!([{"name": "CM1"}]), "the class of their own child");
    let record =
        "query($id: ID!) { person(id: $id) { login contact { email } account { state } roles { role }
        unreadCount relatives { id } } }";
    let shown = one(&teacher, record, &pupil.id)["person"].clone();
    for hidden in ["login", "contact", "account", "roles", "unreadCount", "relatives"] {
        assert!(shown[hidden].is_null(), "{hidden}: a teacher reaches a pupil and sees no record");
    }
}

#[test]
fn nobody_acts_on_what_is_not_theirs() {
    let Scene { school: _school, head, teacher, pupil, parent, stranger, structure, message, .. } = scene();
    let not_found = ["replyToMessage", "closeReplies", "openMessage", "trashMessages", "restoreMessages"];
    for (name, input) in mutations(&parent.id, &structure, &message) {
        let code = |caller: &Caller| caller.act_code(name, input.clone());
        match name {
            "issueActivationCodes" => {
                for caller in [&teacher, &head, &pupil, &stranger] {
                    assert_eq!(code(caller), "NOT_FOUND", "{name}");
                }
            }
            // A teacher sees the parent, another family does not: what is not seen is not there.
            "resetPassword" | "blockAccount" | "unblockAccount" => {
                assert_eq!(
                    (code(&teacher), code(&stranger)),
                    ("FORBIDDEN".into(), "NOT_FOUND".into()),
                    "{name}"
                );
                assert_eq!(code(&pupil), "FORBIDDEN", "{name}: also not over one's own parent");
            }
            "grantRole" | "revokeRole" | "erasePerson" | "readIncident" => {
                for caller in [&teacher, &head, &pupil] {
                    assert_eq!(code(caller), "FORBIDDEN", "{name}");
                }
                assert_eq!(code(&stranger), "NOT_FOUND", "{name}");
            }
            // The person named is the parent: a local administrator is asked about in `exceptions.rs`.
            "makeDirectLink" | "removeDirectLink" | "hide" | "unhide" => {
                for caller in [&teacher, &head, &pupil] {
                    assert_eq!(code(caller), "FORBIDDEN", "{name}");
                }
                assert_eq!(code(&stranger), "NOT_FOUND", "{name}");
            }
            "closeStructure" | "reopenStructure" => {
                for caller in [&teacher, &head, &pupil, &stranger] {
                    assert_eq!(code(caller), "FORBIDDEN", "{name}");
                }
            }
            "eraseMessage" => {
                for caller in [&teacher, &head, &parent] {
                    assert_eq!(code(caller), "FORBIDDEN", "{name}");
                }
            }
            _ if NOT_THERE.contains(&name) => {
                for caller in [&teacher, &head, &parent, &stranger] {
                    assert_eq!(code(caller), "NOT_FOUND", "{name}");
                }
            }
            // A head of school asks; who administers and heads nothing does not.
            "requestRuleChange" => {
                for caller in [&teacher, &parent, &pupil, &stranger] {
                    assert_eq!(code(caller), "FORBIDDEN", "{name}");
                }
                assert_eq!(code(&head), "NOT_FOUND", "{name}: what is not seen");
            }
            "requestContents" => {
                for caller in [&teacher, &head, &parent, &stranger] {
                    assert_eq!(code(caller), "FORBIDDEN", "{name}");
                }
            }
            _ if NOT_THEIRS.contains(&name) => {
                for caller in [&teacher, &head, &pupil, &stranger] {
                    assert_eq!(code(caller), "FORBIDDEN", "{name}");
                }
            }
            "blockProfile" | "unblockProfile" | "setAccessWindow" => {
                for caller in [&teacher, &pupil, &stranger] {
                    assert_eq!(code(caller), "FORBIDDEN", "{name}");
                }
            }
            "saveFavourite" | "deleteFavourite" => {
                let refused = stranger.act(name, input.clone(), "userErrors { code }");
                let refused = refused["userErrors"][0]["code"].as_str().unwrap().to_owned();
                let codes = ["favourites.out-of-reach", "favourites.unknown"];
                assert_eq!(refused, codes[usize::from(name == "deleteFavourite")], "{name}");
            }
            "revokeFeed" => {
                let refused = stranger.act(name, input.clone(), "userErrors { code }");
                assert_eq!(refused["userErrors"][0]["code"], "feeds.unknown", "{name}");
            }
            _ if not_found.contains(&name) => assert_eq!(code(&stranger), "NOT_FOUND", "{name}"),
            _ => {}
        }
    }
}

#[test]
fn nobody_asks_for_what_is_not_theirs() {
    let Scene { school: _school, head, teacher, pupil, parent, stranger, structure, message, .. } = scene();
    let trace = "query($id: ID!) { messageTrace(id: $id) { id } }";
    for caller in [&teacher, &head, &parent, &stranger] {
        assert_eq!(caller.code(trace, json!({ "id": message })), "FORBIDDEN", "traces are for auditors");
    }
    for name in ["asOf", "events", "diff"] {
        let (_, query) = QUERIES.into_iter().find(|(known, _)| *known == name).unwrap();
        for caller in [&teacher, &head, &parent, &stranger] {
            assert_eq!(caller.code(query, json!({})), "FORBIDDEN", "{name} is for auditors");
        }
    }
    for name in ["previewRecipe", "previewMatrix"] {
        let (_, query) = QUERIES.into_iter().find(|(known, _)| *known == name).unwrap();
        let query = query.replace("$structure", &json!(structure).to_string());
        for caller in [&teacher, &head, &parent, &stranger] {
            assert_eq!(caller.code(&query, json!({})), "FORBIDDEN", "{name} is for who may change it");
        }
    }
    for name in [
        "grants",
        "validators",
        "explainBookingRight",
        "bookingStatistics",
        "availability",
        "takenSlots",
        "previewBooking",
        "freeResources",
    ] {
        let (_, query) = QUERIES.into_iter().find(|(known, _)| *known == name).unwrap();
        let query = query.replace("$resource", &json!(UNBOOKED).to_string());
        let query = query.replace("$domain", &json!(UNBUILT).to_string());
        for caller in [&teacher, &head, &parent, &stranger] {
            assert_eq!(caller.code(&query, json!({})), "NOT_FOUND", "{name} is for who has to do with it");
        }
    }
    for caller in [&teacher, &head, &parent, &stranger] {
        let unknown = "query($b: ID!, $q: ID!, $r: ID!) { booking(id: $b) { id } bookingRequest(id: $q) { id }
            resource(id: $r) { id } myBookings(first: 1) { totalCount } bookingQueue(first: 1) { totalCount } }";
        let seen = caller.ask(unknown, json!({"b": UNMET, "q": UNHELD, "r": UNBOOKED}));
        let nothing = json!({"booking": null, "bookingRequest": null, "resource": null,
            "myBookings": {"totalCount": 0}, "bookingQueue": {"totalCount": 0}});
        assert_eq!(seen, nothing);
    }
    let domains = "query($id: ID!) { domains(structure: $id, first: 9) { totalCount } }";
    for caller in [&teacher, &head, &parent, &stranger] {
        assert_eq!(caller.ask(domains, json!({ "id": structure }))["domains"]["totalCount"], 0);
    }
    for query in [
        "query($id: ID!) { reach(of: $id, first: 1) { totalCount } }",
        "query($id: ID!) { reachGroups(of: $id, first: 1) { totalCount } }",
        "query($id: ID!) { reachable(of: $id, person: $id) { reachable } }",
        "query($id: ID!) { explainReach(from: $id, to: $id) { allowed } }",
    ] {
        let code = |caller: &Caller| caller.code(query, json!({"id": parent.id}));
        assert_eq!((code(&teacher), code(&stranger)), ("FORBIDDEN".into(), "NOT_FOUND".into()), "{query}");
    }
    // Who got a message is not its author.
    let refused = parent.act("closeReplies", json!({ "message": message }), "userErrors { code }");
    assert_eq!(refused["userErrors"][0]["code"], "messaging.unknown");
    // Somebody else's draft is nobody's.
    let draft = teacher.act("saveDraft", json!({"subject": "À moi"}), "draft { id }");
    let draft = draft["draft"]["id"].as_str().unwrap();
    for (mutation, input) in [
        ("saveDraft", json!({"draft": draft, "subject": "À moi ?"})),
        ("discardDraft", json!({ "draft": draft })),
        ("sendMessage", json!({"draft": draft, "subject": "À moi ?", "to": [pupil.id]})),
    ] {
        let refused = parent.act(mutation, input, "userErrors { code }");
        assert_eq!(refused["userErrors"][0]["code"], "messaging.unknown", "{mutation}");
    }
    let refused =
        stranger.act("sendMessage", json!({"subject": "a", "to": [parent.id]}), "userErrors { code }");
    assert_eq!(refused["userErrors"][0]["code"], "messaging.out-of-reach");
    let wrong = json!({"currentPassword": "quatre platanes", "newPassword": "trois platanes au fond"});
    let refused = parent.act("changePassword", wrong, "userErrors { code }");
    assert_eq!(refused["userErrors"][0]["code"], "account.wrong-password");
}

#[test]
fn a_role_gives_what_it_says_and_nobody_gives_more_than_they_hold() {
    let Scene { school, administrator, teacher, pupil, parent, structure, message, .. } = scene();
    let local = json!({"person": teacher.id, "role": "LOCAL_ADMINISTRATOR", "structures": [structure]});
    let granted =
        administrator.act("grantRole", local.clone(), "person { roles { role } } userErrors { code }");
    assert_eq!(granted["person"]["roles"], json!([{"role": "LOCAL_ADMINISTRATOR"}]));
    let fields = "codes { code } userErrors { code }";
    let issued = teacher.act("issueActivationCodes", json!({"people": [pupil.id]}), fields);
    assert_eq!(issued["userErrors"][0]["code"], "account.active", "in scope now, and the rule speaks");
    let more = json!({"person": parent.id, "role": "PLATFORM_ADMINISTRATOR"});
    assert_eq!(teacher.act_code("grantRole", more), "FORBIDDEN");
    let auditor = json!({"person": parent.id, "role": "AUDITOR", "structures": [structure], "ends": "2090-01-01",
        "reason": "enquête"});
    assert_eq!(teacher.act_code("grantRole", auditor.clone()), "FORBIDDEN");
    for role in ["CONTENT_APPROVER", "DATA_PROTECTION_OFFICER"] {
        let given = json!({"person": parent.id, "role": role, "structures": [structure]});
        assert_eq!(teacher.act_code("grantRole", given), "FORBIDDEN", "{role}: by the platform alone");
    }
    // Nor may a local administrator act on the account of somebody who holds more.
    let above = administrator.ask("{ me { id } }", json!({}));
    let block = json!({"person": above["me"]["id"], "cause": "PERSON", "reason": "essai"});
    assert_eq!(teacher.act_code("blockAccount", block), "NOT_FOUND");

    // An auditor is named with a reason and a last day, then reads traces in scope and nothing else.
    let trace = "query($id: ID!) { messageTrace(id: $id) { delivered } }";
    let mut endless = auditor.clone();
    endless["ends"] = Value::Null;
    assert_eq!(administrator.act_code("grantRole", endless), "BAD_USER_INPUT");
    administrator.act("grantRole", auditor.clone(), "userErrors { code }");
    assert_eq!(parent.ask(trace, json!({ "id": message }))["messageTrace"]["delivered"], 1);
    let private = teacher.send("Entre nous", &[&pupil.id], &[]);
    let read = "query($id: ID!) { message(id: $id) { subject } }";
    assert!(parent.ask(read, json!({ "id": private }))["message"].is_null(), "a trace holds no contents");
    let mut revoked = auditor;
    for field in ["ends", "reason"] {
        revoked.as_object_mut().unwrap().remove(field);
    }
    administrator.act("revokeRole", revoked, "userErrors { code }");
    assert_eq!(parent.code(trace, json!({ "id": message })), "FORBIDDEN");
    administrator.act("revokeRole", local, "userErrors { code }");
    assert_eq!(teacher.act_code("issueActivationCodes", json!({"people": [pupil.id]})), "NOT_FOUND");
    school.stop();
}

#[test]
fn the_key_of_a_command_belongs_to_its_caller() {
    let Scene { school: _school, teacher, parent, pupil, stranger, .. } = scene();
    let (key, input) = (key(), json!({"subject": "Une fois", "to": [parent.id]}));
    let fields = "message { id } position userErrors { code }";
    let first = teacher.act_with("sendMessage", input.clone(), &key, fields);
    assert_eq!(first, teacher.act_with("sendMessage", input, &key, fields), "the same answer");
    let other = json!({"subject": "Deux fois", "to": [parent.id]});
    let (query, variables) = mutated("sendMessage", other, &key, fields);
    assert_eq!(teacher.code(&query, variables), "IDEMPOTENCY_MISMATCH");
    // Another person's key is unknown to me.
    let mine = json!({"subject": "Une fois", "to": [parent.id]});
    let own = pupil.act_with("sendMessage", mine, &key, fields);
    assert_ne!(own["message"], first["message"]);
    assert_eq!(stranger.ask("{ unreadCount }", json!({}))["unreadCount"], 0);
}
