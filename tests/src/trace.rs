//! A trace says of each fact who made it: memberships with their beginning and end, rules, by the API and by `preau trace`.

use serde_json::{Value, json};

use crate::preau::print;
use crate::school::{Caller, School};

const TRACE: &str = "messageTrace(id: $id) { delivered
    parties { group { id } witness { kind rule byMatrix made { kind at position actor { kind } } removed { kind } } }
    recipients(first: 10) { nodes { person { id } through { party group { id name } memberSince memberUntil
        setBy { kind at actor { kind process person { id } } } endedBy { kind at actor { kind role person { id } } } } } } }";

fn through(trace: &Value, person: &Caller) -> Value {
    let rows = trace["recipients"]["nodes"].as_array().unwrap();
    let row = rows.iter().find(|row| row["person"]["id"] == person.id.as_str());
    row.unwrap_or_else(|| panic!("{trace}"))["through"][0].clone()
}

#[test]
fn each_membership_and_each_rule_has_its_beginning_its_end_and_who_set_it() {
    let school = School::open("published-2025");
    let administrator = school.administrator();
    let [teacher, parent, other] =
        ["Cécile Lambert", "Karim Masson", "Marc Verdier"].map(|name| school.person(name));
    let query = "{ structure(uai: \"0990201F\") { groups(first: 100) { nodes { id name } } } }";
    let groups = administrator.ask(query, json!({}))["structure"]["groups"]["nodes"].clone();
    let mut groups = groups.as_array().unwrap().iter();
    let group =
        groups.find(|group| group["name"] == "Parents de CE1 A").expect("the parents of CE1 A").clone();
    let message = teacher.send("Sortie", &[], &[group["id"].as_str().unwrap(), &other.id]);
    let before = teacher.act("saveDraft", json!({"subject": "repère"}), "position");
    let block = json!({"person": parent.id, "cause": "PERSON", "reason": "essai"});
    administrator.act("blockAccount", block, "userErrors { code }");

    let ask = |query: &str| {
        let query =
            format!("query($id: ID!, $at: Position!) {{ {query} asOf(position: $at) {{ {TRACE} }} }}");
        administrator.ask(&query, json!({"id": message, "at": before["position"]}))
    };
    let answer = ask(TRACE);
    let trace = &answer["messageTrace"];
    let party = &trace["parties"][0];
    assert_eq!(party["group"]["id"], group["id"]);
    let (witness, made) = (&party["witness"], &party["witness"]["made"]);
    assert_eq!((&witness["kind"], &witness["byMatrix"]), (&json!("RULE"), &json!(true)), "{witness}");
    assert_eq!(
        (&made["kind"], &made["actor"]["kind"]),
        (&json!("structure.matrix-applied"), &json!("OPERATOR"))
    );
    assert!(made["at"].is_string() && witness["removed"].is_null());

    let gone = through(trace, &parent);
    assert_eq!((&gone["party"], &gone["group"]), (&json!(0), &group));
    assert!(gone["memberSince"].as_str() < gone["memberUntil"].as_str(), "{gone}");
    assert_eq!(gone["memberSince"], gone["setBy"]["at"]);
    assert_eq!(gone["setBy"]["actor"]["kind"], "OPERATOR", "who ran the import: {gone}");
    assert!(gone["setBy"]["kind"].as_str().unwrap().starts_with("person."), "{gone}");
    let ended = &gone["endedBy"];
    assert_eq!((&ended["kind"], &ended["at"]), (&json!("person.blocked"), &gone["memberUntil"]));
    let by = json!({"kind": "PERSON", "role": "PLATFORM_ADMINISTRATOR", "person": {"id": administrator.id}});
    assert_eq!(ended["actor"], by);

    // Whoever is still in it has no end; who is named alone has no membership there.
    let stays = through(trace, &other);
    assert_eq!((&stays["memberUntil"], &stays["endedBy"]), (&Value::Null, &Value::Null));
    assert!(stays["setBy"].is_object());
    let rows = trace["recipients"]["nodes"].as_array().unwrap();
    let row = rows.iter().find(|row| row["person"]["id"] == other.id.as_str()).unwrap();
    let alone = json!({"party": 1, "group": null, "memberSince": null, "memberUntil": null, "setBy": null, "endedBy": null});
    assert_eq!(row["through"][1], alone);

    // As it was before the block: nobody had left.
    let then = through(&answer["asOf"]["messageTrace"], &parent);
    assert_eq!((&then["memberSince"], &then["setBy"]), (&gone["memberSince"], &gone["setBy"]));
    assert_eq!((&then["memberUntil"], &then["endedBy"]), (&Value::Null, &Value::Null), "{then}");
    assert_eq!(answer["asOf"]["messageTrace"]["parties"], trace["parties"]);

    // A page reads its own recipients only, and says the same of them.
    let page = "page: messageTrace(id: $id) { recipients(first: 1) { nodes { person { id } through { setBy { at } } } pageInfo { endCursor } } }";
    let page = ask(page)["page"]["recipients"].clone();
    let (first, all) = (&page["nodes"][0], &trace["recipients"]["nodes"][0]);
    assert_eq!(first["person"], all["person"]);
    assert_eq!(first["through"][0]["setBy"]["at"], all["through"][0]["setBy"]["at"]);

    let (since, until) = (gone["memberSince"].clone(), gone["memberUntil"].clone());
    let folder = school.stop();
    let data = folder.path().join("data");
    let printed =
        |more: &[&str]| print(&[&["trace", "--data", data.to_str().unwrap(), &message], more].concat());
    let text = printed(&["--language", "fr"]);
    for expected in [
        "règle de la matrice, depuis",
        "[structure.matrix-applied ",
        "Parents de CE1 A : membre depuis le ",
        "par l'opérateur [person.",
        ", jusqu'au ",
        "[person.blocked ",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let text = printed(&["--language", "en"]);
    assert!(
        text.contains("rule of the matrix, since") && text.contains("by the operator [person."),
        "{text}"
    );
    let tree: Value = serde_json::from_str(&printed(&["--format", "json", "--language", "fr"])).unwrap();
    let rule = &tree["parties"][0]["rule"];
    assert_eq!((&rule["by_matrix"], &rule["made"]["actor"]), (&json!(true), &json!("operator")), "{rule}");
    let recipients = tree["recipients"].as_array().unwrap();
    let throughs = recipients.iter().flat_map(|one| one["through"].as_array().unwrap());
    let mut ended = throughs.filter(|through| through["member_until"].is_string());
    let one = ended.next().unwrap_or_else(|| panic!("{tree}"));
    assert_eq!((&one["member_since"], &one["member_until"]), (&since, &until));
    assert_eq!(
        (&one["group"], &one["ended_by"]["kind"]),
        (&json!("Parents de CE1 A"), &json!("person.blocked"))
    );
    assert!(ended.next().is_none());
}
