//! Drafts, closing replies, the trash: what an author and a reader do with their own.

use serde_json::{Value, json};

use crate::school::{Caller, School};

const DRAFT: &str = "draft { id subject bodyText to { people { id } others } bcc { groups { name } others } }
    userErrors { code field } position";

fn folder(caller: &Caller, folder: &str) -> Vec<String> {
    let query = "query($folder: Folder!) { mailbox(folder: $folder, first: 10) { nodes { id } } }";
    let found = caller.ask(query, json!({ "folder": folder }));
    let nodes = found["mailbox"]["nodes"].as_array().unwrap().iter();
    nodes.map(|node| node["id"].as_str().unwrap().to_owned()).collect()
}

fn drafts(caller: &Caller) -> Value {
    caller.ask("{ drafts(first: 10) { nodes { id subject } } }", json!({}))["drafts"]["nodes"].take()
}

#[test]
fn a_draft_is_saved_changed_sent_and_gone() {
    let mut school = School::open("published-2025");
    let (teacher, pupil) = (school.person("Cécile Lambert"), school.person("Éloïse Verdier"));
    let far = school.person("Hugo Brunet");
    let saved = teacher.act("saveDraft", json!({"subject": "Sortie", "bodyText": "À finir"}), DRAFT);
    let id = saved["draft"]["id"].as_str().unwrap().to_owned();
    assert_eq!(
        (&saved["draft"]["subject"], &saved["draft"]["bodyText"]),
        (&json!("Sortie"), &json!("À finir"))
    );

    // Saving outlives a crash; a later save replaces all of it, and may name anybody.
    school.crash();
    let (teacher, pupil, far) = (teacher.at(&school), pupil.at(&school), far.at(&school));
    assert_eq!(drafts(&teacher), json!([{"id": id, "subject": "Sortie"}]));
    assert_eq!(drafts(&pupil), json!([]));
    let changed =
        json!({"draft": id, "subject": "Sortie à la ferme", "bodyText": "Jeudi.", "to": [pupil.id]});
    let saved = teacher.act("saveDraft", changed, DRAFT);
    assert_eq!(saved["draft"]["to"], json!({"people": [{"id": pupil.id}], "others": 0}));
    let unreached = json!({"subject": "?", "to": [far.id]});
    let other = pupil.act("saveDraft", unreached, DRAFT);
    assert_eq!(other["draft"]["to"], json!({"people": [], "others": 1}), "who is not reached is not named");
    let other = other["draft"]["id"].as_str().unwrap().to_owned();
    let sent = pupil.act(
        "sendMessage",
        json!({"draft": other, "subject": "?", "to": [far.id]}),
        "userErrors { code }",
    );
    assert_eq!(sent["userErrors"][0]["code"], "messaging.out-of-reach", "the check is at send");
    assert_eq!(drafts(&pupil)[0]["id"], other, "a refused send loses nothing");

    let send = json!({"draft": id, "subject": "Sortie à la ferme", "bodyText": "Jeudi.", "to": [pupil.id]});
    let sent = teacher.act("sendMessage", send, "message { id } userErrors { code }");
    assert_eq!(sent["message"]["id"], id, "the draft becomes the message");
    assert_eq!((drafts(&teacher), folder(&teacher, "SENT")), (json!([]), vec![id.clone()]));
    assert_eq!(folder(&pupil, "INBOX"), vec![id.clone()]);
    for (mutation, code) in
        [("saveDraft", "messaging.already-sent"), ("discardDraft", "messaging.already-sent")]
    {
        let input = if mutation == "saveDraft" {
            json!({"draft": id, "subject": "x"})
        } else {
            json!({ "draft": id })
        };
        assert_eq!(teacher.act(mutation, input, "userErrors { code }")["userErrors"][0]["code"], code);
    }
    for _ in 0..2 {
        let gone = pupil.act("discardDraft", json!({ "draft": other }), "draft { id } userErrors { code }");
        assert_eq!(gone, json!({"draft": null, "userErrors": []}), "twice is once");
    }
    assert_eq!(drafts(&pupil), json!([]));
    school.stop();
}

#[test]
fn a_draft_names_a_favourite_and_goes_to_whom_it_holds_when_it_is_sent() {
    const SHOWN: &str =
        "draft { id to { people { id } others } toFavourites { id name people { id } outOfReach }
        bccFavourites { id } goneFavourites } userErrors { code }";
    let mut school = School::open("published-2025");
    let teacher = school.person("Cécile Lambert");
    let [lila, eloise, other] =
        ["Lila Masson", "Éloïse Verdier", "Hugo Brunet"].map(|name| school.person(name));
    let save = |teacher: &Caller, favourite: Option<&str>, members: Value| {
        let input = json!({"favourite": favourite, "name": "Le matin", "members": members});
        let saved = teacher.act("saveFavourite", input, "favourite { id } userErrors { code }");
        saved["favourite"]["id"].as_str().unwrap().to_owned()
    };
    let [morning, evening] =
        [json!([lila.id]), json!([other.id])].map(|members| save(&teacher, None, members));
    let draft = json!({"subject": "Sortie", "to": [morning, other.id], "bcc": [evening]});
    let saved = teacher.act("saveDraft", draft, SHOWN)["draft"].clone();
    let held =
        |people: Value| json!([{"id": morning, "name": "Le matin", "people": people, "outOfReach": 0}]);
    assert_eq!(saved["toFavourites"], held(json!([{"id": lila.id}])), "{saved:#}");
    assert_eq!((&saved["bccFavourites"], &saved["goneFavourites"]), (&json!([{"id": evening}]), &json!([])));
    assert_eq!(saved["to"], json!({"people": [{"id": other.id}], "others": 0}), "beside them");

    // Changed meanwhile, it shows what it holds now, also after a crash; deleted, it is gone and sending says so.
    save(&teacher, Some(&morning), json!([eloise.id]));
    teacher.act("deleteFavourite", json!({"favourite": evening}), "position");
    school.crash();
    let (teacher, lila, eloise, other) =
        (teacher.at(&school), lila.at(&school), eloise.at(&school), other.at(&school));
    let query = format!(
        "query($id: ID!) {{ {} }}",
        SHOWN.replace("draft {", "draft(id: $id) {").replace(" userErrors { code }", "")
    );
    let shown = teacher.ask(&query, json!({"id": saved["id"]}))["draft"].clone();
    assert_eq!(shown["toFavourites"], held(json!([{"id": eloise.id}])), "{shown:#}");
    assert_eq!((&shown["bccFavourites"], &shown["goneFavourites"]), (&json!([]), &json!([evening])));
    let fields = "message { id } delivered userErrors { code field message }";
    let mut send =
        json!({"draft": saved["id"], "subject": "Sortie", "to": [morning, other.id], "bcc": [evening]});
    let refused = teacher.act("sendMessage", send.clone(), fields);
    let told = &refused["userErrors"][0];
    assert_eq!((&told["code"], &told["field"]), (&json!("favourites.unknown"), &json!("bcc.0")), "{refused}");
    assert!(told["message"].as_str().unwrap().contains("supprimé"), "{told}");
    assert_eq!(drafts(&teacher)[0]["id"], saved["id"], "a refused send loses nothing");

    // Somebody else's favourite is as little theirs as one that never was, and is kept like anybody a draft may name.
    let stolen = other.act("saveDraft", json!({"subject": "?", "to": [morning]}), SHOWN)["draft"].clone();
    assert_eq!((&stolen["toFavourites"], &stolen["goneFavourites"]), (&json!([]), &json!([morning])));
    let refused =
        other.act("sendMessage", json!({"draft": stolen["id"], "subject": "?", "to": [morning]}), fields);
    assert_eq!(refused["userErrors"][0]["code"], "favourites.unknown");

    send["bcc"] = json!([]);
    let sent = teacher.act("sendMessage", send, fields);
    assert_eq!((&sent["message"]["id"], &sent["delivered"]), (&saved["id"], &json!(2)), "{sent}");
    let got = [&lila, &eloise, &other].map(|who| folder(who, "INBOX").len());
    assert_eq!(got, [0, 1, 1], "who is in it now, not who was");
    school.stop();
}

#[test]
fn an_author_ends_the_replies_for_good() {
    let school = School::open("published-2025");
    let (teacher, pupil) = (school.person("Cécile Lambert"), school.person("Éloïse Verdier"));
    let message = teacher.send("Une question", &[&pupil.id], &[]);
    let answer = json!({"message": message, "bodyText": "Oui."});
    assert!(pupil.act("replyToMessage", answer.clone(), "message { id }")["message"].is_object());
    let closed = teacher.act(
        "closeReplies",
        json!({ "message": message }),
        "message { mayReply } userErrors { code }",
    );
    assert_eq!(closed, json!({"message": {"mayReply": false}, "userErrors": []}));
    let refused = pupil.act("replyToMessage", answer, "message { id } userErrors { code message }");
    assert_eq!(refused["userErrors"][0]["code"], "messaging.replies-closed");
    let shown = "query($id: ID!) { message(id: $id) { mayReply } }";
    assert_eq!(pupil.ask(shown, json!({ "id": message }))["message"]["mayReply"], false);
    school.stop();
}

#[test]
fn the_trash_takes_copies_and_gives_them_back() {
    let school = School::open("published-2025");
    let (teacher, pupil) = (school.person("Cécile Lambert"), school.person("Éloïse Verdier"));
    let first = teacher.send("Un", &[&pupil.id], &[]);
    let second = teacher.send("Deux", &[&pupil.id], &[]);
    let trashed = pupil.act("trashMessages", json!({ "messages": [first] }), "unreadCount");
    assert_eq!(trashed["unreadCount"], 1, "what is in the trash is not counted");
    assert_eq!(
        (folder(&pupil, "INBOX"), folder(&pupil, "TRASH")),
        (vec![second.clone()], vec![first.clone()])
    );
    let restored = pupil.act("restoreMessages", json!({ "messages": [first] }), "unreadCount");
    assert_eq!(restored["unreadCount"], 2);
    assert_eq!(folder(&pupil, "INBOX"), [second.clone(), first.clone()], "newest first");
    teacher.act("trashMessages", json!({ "messages": [first] }), "unreadCount");
    assert_eq!((folder(&teacher, "SENT"), folder(&teacher, "TRASH")), (vec![second], vec![first]));
    school.stop();
}

#[test]
fn families_named_openly_are_warned_of() {
    let school = School::open("published-2025");
    let teacher = school.person("Cécile Lambert");
    let (one, other) = (school.person("Karim Masson"), school.person("Marc Verdier"));
    let input = json!({"subject": "Réunion", "to": [one.id, other.id]});
    let fields = "message { id } delivered userErrors { code message }";
    let warned = teacher.act("sendMessage", input.clone(), fields);
    assert_eq!(warned["userErrors"][0]["code"], "messaging.recipients-can-reply-to-all");
    let mut accepted = input;
    accepted["accept"] = json!(["REPLY_ALL_EXPOSURE"]);
    let sent = teacher.act("sendMessage", accepted, fields);
    assert_eq!(sent["delivered"], 2, "{sent}");
    // Then, and only in that thread, they may write to each other.
    let message = sent["message"]["id"].as_str().unwrap();
    let all = json!({"message": message, "everyone": true, "bodyText": "Je viens."});
    assert_eq!(one.act("replyToMessage", all, "delivered userErrors { code }")["delivered"], 2);
    let anew = one.act("sendMessage", json!({"subject": "Et vous ?", "to": [other.id]}), fields);
    assert_eq!(anew["userErrors"][0]["code"], "messaging.out-of-reach");
    school.stop();
}
