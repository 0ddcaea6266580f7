//! What the platform sets beside the rules: direct links, who and what nobody reaches, closed structures.

use serde_json::{Value, json};

use crate::files;
use crate::preau::{print, run};
use crate::school::{Caller, School};

const EXPLAIN: &str = "query($from: ID, $to: ID!) { explainReach(from: $from, to: $to) { allowed sentence
    paths { sentence steps { kind person { displayName } linked { displayName } since { kind } } }
    misses { changes missing { kind sentence fixes { kind sentence by } } } } }";

fn explained(caller: &Caller, from: Option<&str>, to: &str) -> Value {
    caller.ask(EXPLAIN, json!({"from": from, "to": to}))["explainReach"].clone()
}

fn reaches(caller: &Caller, other: &Caller) -> bool {
    let query = "query($id: ID!) { reachable(person: $id) { reachable } }";
    caller.ask(query, json!({"id": other.id}))["reachable"]["reachable"].as_bool().unwrap()
}

/// The first thing that is missing: its kind, its fix, and who may do that.
fn missing(told: &Value) -> [&str; 3] {
    let gap = &told["misses"][0]["missing"][0];
    let fix = &gap["fixes"][0];
    [&gap["kind"], &fix["kind"], &fix["by"]].map(|part| part.as_str().unwrap_or_else(|| panic!("{told:#}")))
}

/// A school, and a local administrator of it.
fn scene() -> (School, Caller, Caller) {
    let school = School::open("published-2025");
    let administrator = school.administrator();
    let local = school.person("Agnès Roux");
    let structure =
        administrator.ask("query($uai: String!) { structure(uai: $uai) { id } }", json!({"uai": files::UAI}));
    let role = json!({"person": local.id, "role": "LOCAL_ADMINISTRATOR", "structures": [structure["structure"]["id"]]});
    assert_eq!(administrator.act("grantRole", role, "userErrors { code }")["userErrors"], json!([]));
    (school, administrator, local)
}

#[test]
fn a_direct_link_lets_two_people_write_and_stands_in_every_explanation() {
    let (school, administrator, local) = scene();
    let (parent, stranger) = (school.person("Karim Masson"), school.person("Awa N'Guessan"));
    assert!(!reaches(&parent, &stranger) && !reaches(&stranger, &parent));
    let input = json!({"from": parent.id, "to": stranger.id, "bothWays": false, "reason": "médiation"});
    assert_eq!(local.act_code("makeDirectLink", input.clone()), "FORBIDDEN", "for the platform alone");
    let unreasoned = json!({"from": parent.id, "to": stranger.id, "reason": " "});
    assert_eq!(administrator.act_code("makeDirectLink", unreasoned), "BAD_USER_INPUT");
    let oneself = json!({"from": parent.id, "to": parent.id, "reason": "médiation"});
    let refused =
        administrator.act("makeDirectLink", oneself, "from { id } userErrors { code field message }");
    assert_eq!(refused["userErrors"][0]["code"], "communication.link-to-oneself");
    assert!(refused["from"].is_null());

    let made =
        administrator.act("makeDirectLink", input.clone(), "from { id } to { id } userErrors { code }");
    assert_eq!((&made["from"]["id"], &made["userErrors"]), (&json!(parent.id), &json!([])));
    assert!(reaches(&parent, &stranger) && !reaches(&stranger, &parent), "one way");
    let told = explained(&local, Some(&parent.id), &stranger.id);
    let path = &told["paths"][0];
    let sentence = path["sentence"].as_str().unwrap();
    assert!(
        sentence.starts_with("Un lien direct posé à la main permet à Karim MASSON d'écrire à "),
        "{sentence}"
    );
    assert!(sentence.contains(" depuis le ") && sentence.contains("posé"), "{sentence}");
    assert_eq!(path["steps"][0]["kind"], "DIRECT_LINK");
    assert_eq!(path["steps"][0]["since"]["kind"], "person.link-made");
    assert_eq!(explained(&parent, None, &stranger.id), told, "from oneself in full");

    // The witness of what is sent is the link.
    let message = parent.send("Bonjour", &[&stranger.id], &[]);
    let auditor = json!({"person": local.id, "role": "AUDITOR", "ends": "2090-01-01", "reason": "enquête"});
    administrator.act("grantRole", auditor, "userErrors { code }");
    let trace = "query($id: ID!) { messageTrace(id: $id) { parties { witness { kind text } } } }";
    let traced = local.ask(trace, json!({"id": message}))["messageTrace"].clone();
    assert_eq!(traced["parties"][0]["witness"]["kind"], "DIRECT_LINK");

    let mut both = input;
    both["bothWays"] = true.into();
    administrator.act("makeDirectLink", both, "userErrors { code }");
    assert!(reaches(&stranger, &parent));
    let links = "query($id: ID!) { person(id: $id) { directLinks { from { id } to { id } bothWays } } }";
    let shown = administrator.ask(links, json!({"id": stranger.id}))["person"]["directLinks"].clone();
    assert_eq!(shown, json!([{"from": {"id": parent.id}, "to": {"id": stranger.id}, "bothWays": true}]));
    let removed = json!({"from": parent.id, "to": stranger.id});
    administrator.act("removeDirectLink", removed, "userErrors { code }");
    assert!(!reaches(&parent, &stranger) && !reaches(&stranger, &parent));

    let folder = school.stop();
    let data = folder.path().join("data");
    let copy = folder.path().join("copy");
    let [data, to] = [&data, &copy].map(|path| path.to_str().unwrap());
    print(&["person", "export", "karim.masson", "--to", to, "--reason", "demande", "--data", data]);
    let exported = std::fs::read_to_string(copy.join("export.json")).unwrap();
    assert!(exported.contains("person.link-made") && exported.contains("person.link-removed"), "{exported}");
}

#[test]
fn who_is_hidden_is_reached_by_nobody_and_who_may_know_is_told_why() {
    let (school, administrator, local) = scene();
    let (parent, teacher) = (school.person("Karim Masson"), school.person("Cécile Lambert"));
    assert!(reaches(&parent, &teacher));
    let input = json!({"target": teacher.id, "reason": "compte technique"});
    assert_eq!(local.act_code("hide", input.clone()), "FORBIDDEN", "for the platform alone");
    let hidden = administrator.act("hide", input, "person { id hidden } userErrors { code }");
    assert_eq!(hidden["person"], json!({"id": teacher.id, "hidden": true}));
    assert!(!reaches(&parent, &teacher));
    let search = "{ people(search: \"Lambert\", first: 5) { nodes { id } } }";
    assert_eq!(parent.ask(search, json!({}))["people"]["nodes"], json!([]), "nor found");
    let told = explained(&local, Some(&parent.id), &teacher.id);
    assert_eq!(missing(&told), ["HIDDEN", "UNHIDE", "PLATFORM"]);
    // From oneself the same is said of who is hidden and of who never was.
    let nobody = "djE6cGVyc29uOjAxSzRRSjZYMkYwMDAwMDAwMDAwMDAwMFAx";
    assert_eq!(explained(&parent, None, &teacher.id), explained(&parent, None, nobody));
    let refused =
        parent.act("sendMessage", json!({"subject": "a", "to": [teacher.id]}), "userErrors { code }");
    assert_eq!(refused["userErrors"][0]["code"], "messaging.out-of-reach");
    assert!(
        !explained(&teacher, None, &local.id)["paths"].as_array().unwrap().is_empty(),
        "they write as before"
    );

    // A group: it goes, its members stay reachable one by one.
    administrator.act("unhide", json!({"target": teacher.id}), "userErrors { code }");
    assert!(reaches(&parent, &teacher));
    let groups = "query($after: String) { reachGroups(first: 100, after: $after) { nodes { id name } } }";
    let known = parent.ask(groups, json!({}))["reachGroups"]["nodes"].clone();
    let teachers =
        known.as_array().unwrap().iter().find(|group| group["name"] == "Enseignants de CE1 A").unwrap();
    let input = json!({"target": teachers["id"], "reason": "essai"});
    let hidden = administrator.act("hide", input, "group { hidden } userErrors { code }");
    assert_eq!(hidden["group"]["hidden"], true);
    let now = parent.ask(groups, json!({}))["reachGroups"]["nodes"].clone();
    assert_eq!(now.as_array().unwrap().len() + 1, known.as_array().unwrap().len());
    assert!(reaches(&parent, &teacher));
    let told = explained(&local, Some(&parent.id), teachers["id"].as_str().unwrap());
    assert_eq!(missing(&told), ["HIDDEN", "UNHIDE", "PLATFORM"]);
    school.stop();
}

#[test]
fn a_closed_structure_lets_nobody_reach_anybody_until_it_opens_again() {
    let (school, administrator, local) = scene();
    let (parent, teacher) = (school.person("Karim Masson"), school.person("Cécile Lambert"));
    let query = "query($uai: String!) { structure(uai: $uai) { id closed } }";
    let structure = administrator.ask(query, json!({"uai": files::UAI}))["structure"].clone();
    assert_eq!(structure["closed"], false);
    let input = json!({"structure": structure["id"], "reason": "fusion d'écoles"});
    assert_eq!(local.act_code("closeStructure", input.clone()), "FORBIDDEN", "for the platform alone");
    let closed = administrator.act("closeStructure", input, "structure { closed } userErrors { code }");
    assert_eq!(closed["structure"]["closed"], true);
    assert!(!reaches(&parent, &teacher));
    assert_eq!(
        parent.ask("{ reachGroups(first: 5) { totalCount } }", json!({}))["reachGroups"]["totalCount"],
        0
    );
    let told = explained(&administrator, Some(&parent.id), &teacher.id);
    assert_eq!(missing(&told), ["STRUCTURE_CLOSED", "REOPEN_STRUCTURE", "PLATFORM"]);
    let policy = json!({"structure": structure["id"], "policy": "EXPLICIT"});
    let refused = administrator.act("setInternalPolicy", policy, "userErrors { code }");
    assert_eq!(refused["userErrors"][0]["code"], "structure.closed");
    // Nor does it take files.
    let folder = school.stop();
    let [data, onde] = ["data", "again"].map(|name| folder.path().join(name));
    files::write(&onde);
    let [data, onde] = [&data, &onde].map(|path| path.to_str().unwrap());
    for dry_run in [&["--dry-run"][..], &[]] {
        let refused =
            run(&[&["import", "onde", onde, "--data", data, "--uai", files::UAI][..], dry_run].concat());
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(
            (refused.status.code(), said.contains("this structure is closed")),
            (Some(3), true),
            "{said}"
        );
    }
    let school = School::at(folder);
    let [administrator, parent, teacher] = [administrator, parent, teacher].map(|caller| caller.at(&school));
    let open = json!({"structure": structure["id"]});
    let opened = administrator.act("reopenStructure", open, "structure { closed } userErrors { code }");
    assert_eq!(opened["structure"]["closed"], false);
    assert!(reaches(&parent, &teacher), "as it was");
    school.stop();
}
