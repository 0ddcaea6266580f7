//! Rules changed and looked at before: `previewRuleChange`, the refusals that help, and who may do it.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::files;
use crate::preau::{print, run};
use crate::school::{Caller, School, key};

/// The code of the school next door.
pub const NEXT_DOOR: &str = "0990202G";

const PREVIEW: &str = "needsAcceptance warnings { code group { name } pairs message }
    opened { pairs who whom profiles { from to pairs } firstWho { displayName } groups { group { name } people } }
    closed { pairs who whom profiles { from to pairs } firstWho { displayName } groups { group { name } people } }
    openedInside { group { name } members students relatives needsAcceptance first { displayName } }
    closedInside { group { name } members students relatives }";

/// The groups of a school by name, and its id.
pub struct Groups {
    /// The id of the school.
    pub structure: Value,
    groups: Vec<Value>,
}

impl Groups {
    /// Asks for them.
    pub fn of(administrator: &Caller, uai: &str) -> Self {
        let query = "query($uai: String!) { structure(uai: $uai) { id
            groups(first: 100) { nodes { id name rules { id to { name } } } } } }";
        let found = administrator.ask(query, json!({ "uai": uai }))["structure"].clone();
        Self { structure: found["id"].clone(), groups: found["groups"]["nodes"].as_array().unwrap().clone() }
    }

    fn get(&self, name: &str) -> &Value {
        self.groups
            .iter()
            .find(|group| group["name"] == name)
            .unwrap_or_else(|| panic!("{name}: {:?}", self.groups))
    }

    /// The id of a group.
    pub fn id(&self, name: &str) -> Value {
        self.get(name)["id"].clone()
    }

    /// How many rules there are from one group to another.
    pub fn rules(&self, from: &str, to: &str) -> usize {
        let rules = self.get(from)["rules"].as_array().unwrap();
        rules.iter().filter(|rule| rule["to"]["name"] == to).count()
    }

    /// The id of a rule.
    pub fn rule(&self, from: &str, to: &str) -> Value {
        let rules = self.get(from)["rules"].as_array().unwrap();
        rules.iter().find(|rule| rule["to"]["name"] == to).unwrap_or_else(|| panic!("{rules:?}"))["id"]
            .clone()
    }
}

pub const TEACHERS: &str = "Enseignants de CE1 A";
pub const PUPILS: &str = "Élèves de CE1 A";
pub const PARENTS: &str = "Parents de CE1 A";

fn preview(caller: &Caller, changes: Value) -> Value {
    let query = format!(
        "query($changes: [RuleChangeInput!]!) {{ previewRuleChange(changes: $changes) {{ {PREVIEW} }} }}"
    );
    caller.ask(&query, json!({ "changes": changes }))["previewRuleChange"].clone()
}

fn preview_code(caller: &Caller, changes: Value) -> String {
    let query =
        "query($changes: [RuleChangeInput!]!) { previewRuleChange(changes: $changes) { needsAcceptance } }";
    caller.code(query, json!({ "changes": changes }))
}

fn payload(of: &str) -> String {
    format!("{of} preview {{ {PREVIEW} }} userErrors {{ code field message }}")
}

pub fn reaches(caller: &Caller, other: &Caller) -> bool {
    let query = "query($id: ID!) { reachable(person: $id) { reachable } }";
    caller.ask(query, json!({"id": other.id}))["reachable"]["reachable"].as_bool().unwrap()
}

#[test]
fn what_would_open_parents_to_each_other_is_refused_with_its_preview_until_it_is_accepted() {
    let school = School::open("published-2025");
    let administrator = school.administrator();
    let groups = Groups::of(&administrator, files::UAI);
    let (karim, solene) = (school.person("Karim Masson"), school.person("Solène Verdier"));
    let change = json!([{"makeRule": {"from": groups.id(TEACHERS), "to": groups.id(PARENTS)}}]);
    let looked = preview(&administrator, change);
    let parents = json!([{"from": "RELATIVE", "to": "RELATIVE", "pairs": 12}]);
    assert_eq!((&looked["opened"]["profiles"], &looked["needsAcceptance"]), (&parents, &json!(true)));
    assert_eq!((&looked["opened"]["who"], &looked["closed"]["pairs"]), (&json!(4), &json!(0)));

    let input = json!({"from": groups.id(TEACHERS), "to": groups.id(PARENTS)});
    let fields = payload("rule { id }");
    let refused = administrator.act("makeRule", input.clone(), &fields);
    assert_eq!(refused["userErrors"][0]["code"], "communication.opens-members");
    assert_eq!(refused["userErrors"][0]["field"], "accept");
    assert_eq!(
        (&refused["preview"], &refused["rule"]),
        (&looked, &Value::Null),
        "the refusal carries the preview"
    );
    assert!(!reaches(&karim, &solene));

    let mut accepted = input;
    accepted["accept"] = json!(["OPENS_MEMBERS"]);
    let (made_key, reason) = (key(), "rentrée");
    accepted["reason"] = reason.into();
    let made = administrator.act_with("makeRule", accepted.clone(), &made_key, &fields);
    assert_eq!((&made["userErrors"], &made["preview"]), (&json!([]), &looked));
    assert!(reaches(&karim, &solene));
    let again = administrator.act_with("makeRule", accepted, &made_key, &fields);
    assert_eq!((&again["rule"], &again["preview"]), (&made["rule"], &Value::Null), "made once");

    let removed = json!({"rule": made["rule"]["id"]});
    let fields = payload("staysInternal { pairs }");
    let gone = administrator.act("removeRule", removed, &fields);
    assert_eq!((&gone["preview"]["closed"]["profiles"], &gone["staysInternal"]), (&parents, &json!([])));
    assert!(!reaches(&karim, &solene));

    // By hand, and by the policy, just the same.
    let grant = json!({"group": groups.id(PARENTS), "fact": "INTERNAL"});
    let fields = payload("group { name }");
    let refused = administrator.act("grantFact", grant.clone(), &fields);
    assert_eq!(refused["userErrors"][0]["code"], "communication.opens-members");
    assert_eq!(refused["preview"]["opened"]["pairs"], 12);
    let mut accepted = grant.clone();
    accepted["accept"] = json!(["OPENS_MEMBERS"]);
    assert_eq!(administrator.act("grantFact", accepted, &fields)["userErrors"], json!([]));
    assert!(reaches(&karim, &solene));
    let taken = administrator.act("removeFact", grant, &fields);
    assert_eq!(
        (&taken["preview"]["closed"]["pairs"], &taken["group"]["name"]),
        (&json!(12), &json!(PARENTS))
    );
    assert!(!reaches(&karim, &solene));

    let policy = |policy: &str| json!({"structure": groups.structure, "policy": policy});
    let fields = payload("structure { internalPolicy }");
    let set = administrator.act("setInternalPolicy", policy("EXPLICIT"), &fields);
    assert_eq!(set["structure"]["internalPolicy"], "EXPLICIT");
    let input = json!({"from": groups.id(TEACHERS), "to": groups.id(PARENTS)});
    assert_eq!(administrator.act("makeRule", input, "userErrors { code }")["userErrors"], json!([]));
    let refused = administrator.act("setInternalPolicy", policy("IMPLIED"), &fields);
    assert_eq!(refused["userErrors"][0]["code"], "communication.opens-members");
    assert_eq!(refused["preview"]["opened"]["profiles"], parents);
    let mut accepted = policy("IMPLIED");
    accepted["accept"] = json!(["OPENS_MEMBERS"]);
    assert_eq!(
        administrator.act("setInternalPolicy", accepted, &fields)["structure"]["internalPolicy"],
        "IMPLIED"
    );
    assert!(reaches(&karim, &solene));
    school.stop();
}

#[test]
fn closing_a_class_keeps_what_a_rule_rests_on_and_rules_both_ways_are_named_with_what_each_closes() {
    let school = School::open("published-2025");
    let administrator = school.administrator();
    let groups = Groups::of(&administrator, files::UAI);
    let (lila, eloise) = (school.person("Lila Masson"), school.person("Éloïse Verdier"));
    let teacher = school.person("Cécile Lambert");
    let fields = payload(
        "group { facts { uses exposes internal } }
        inTheWay { rules { closes rule { from { name } to { name } } } explicit { closed { pairs } } }",
    );
    let close = json!({"group": groups.id(PUPILS)});

    // Rules both ways: the teachers of the class get one to its pupils.
    let input = json!({"from": groups.id(TEACHERS), "to": groups.id(PUPILS)});
    let made = administrator.act("makeRule", input, "rule { id } userErrors { code }");
    assert_eq!(made["userErrors"], json!([]), "the pupils reach each other already: nothing opens");
    let refused = administrator.act("closeInternal", close.clone(), &fields);
    assert_eq!(refused["userErrors"][0]["code"], "communication.implied-by-both-directions");
    let rules = refused["inTheWay"]["rules"].as_array().unwrap();
    let closes = |from: &str, to: &str| {
        let of = |rule: &&Value| rule["rule"]["from"]["name"] == from && rule["rule"]["to"]["name"] == to;
        rules.iter().find(of).unwrap_or_else(|| panic!("{rules:?}"))["closes"].clone()
    };
    assert_eq!(closes(PUPILS, TEACHERS), 2, "two pupils, one teacher");
    assert_eq!(closes(TEACHERS, PUPILS), 0, "the teachers of the school reach them anyway");
    assert_eq!(refused["inTheWay"]["explicit"]["closed"]["pairs"], 2, "the pupils among themselves");
    assert!(reaches(&lila, &eloise));

    let gone = administrator.act(
        "removeRule",
        json!({"rule": made["rule"]["id"]}),
        "staysInternal { group { name } pairs }",
    );
    assert_eq!(gone["staysInternal"], json!([{"group": {"name": PUPILS}, "pairs": 2}]), "that was granted");
    let closed = administrator.act("closeInternal", close, &fields);
    assert_eq!(closed["userErrors"], json!([]));
    assert_eq!(closed["group"]["facts"], json!({"uses": true, "exposes": false, "internal": false}));
    let pupils = json!([{"from": "STUDENT", "to": "STUDENT", "pairs": 2}]);
    assert_eq!(closed["preview"]["closed"]["profiles"], pupils);
    assert!(!reaches(&lila, &eloise) && reaches(&lila, &teacher));
    school.stop();
}

/// Two schools, and somebody who administers the first.
pub fn two_schools() -> (School, Caller, [Groups; 2], Caller) {
    let folder = TempDir::new().unwrap();
    files::write(&folder.path().join("onde"));
    let (next, data) = (folder.path().join("next"), folder.path().join("data"));
    files::write_neighbour(&next);
    let (next, data) = (next.to_str().unwrap().to_owned(), data.to_str().unwrap().to_owned());
    print(&["import", "onde", "--data", &data, "--uai", NEXT_DOOR, "--name", "École des Ormes", &next]);
    let school = School::import(folder, "onde", "published-2025");
    let administrator = school.administrator();
    let groups = [files::UAI, NEXT_DOOR].map(|uai| Groups::of(&administrator, uai));
    let local = school.person("Cécile Lambert");
    administers(&administrator, &local, &groups[0]);
    (school, administrator, groups, local)
}

fn administers(administrator: &Caller, local: &Caller, of: &Groups) {
    let role = json!({"person": local.id, "role": "LOCAL_ADMINISTRATOR", "structures": [of.structure]});
    assert_eq!(administrator.act("grantRole", role, "userErrors { code }")["userErrors"], json!([]));
}

#[test]
fn a_local_administrator_changes_groups_of_their_own_structures() {
    let (school, _, [here, there], local) = two_schools();
    let fact = |group: Value| json!({"group": group, "fact": "USES"});
    for mutation in ["grantFact", "removeFact"] {
        let done = local.act(mutation, fact(here.id(TEACHERS)), "userErrors { code }");
        assert_eq!(done["userErrors"], json!([]), "{mutation}");
        assert_eq!(local.act_code(mutation, fact(there.id(TEACHERS))), "NOT_FOUND", "{mutation}");
    }
    assert_eq!(local.act_code("closeInternal", json!({"group": there.id(PUPILS)})), "NOT_FOUND");
    let policy = |of: &Groups| json!({"structure": of.structure, "policy": "EXPLICIT"});
    assert_eq!(local.act_code("setInternalPolicy", policy(&there)), "FORBIDDEN");
    let set = local.act("setInternalPolicy", policy(&here), "userErrors { code }");
    assert_eq!(set["userErrors"], json!([]));
    let rule = |of: &Groups| json!({"rule": of.rule(PUPILS, TEACHERS)});
    assert_eq!(local.act_code("removeRule", rule(&there)), "NOT_FOUND");
    assert_eq!(local.act("removeRule", rule(&here), "userErrors { code }")["userErrors"], json!([]));

    // Whoever only reaches a group, or is in it, changes nothing; what is not seen is not there.
    let (teacher, pupil, stranger) =
        (school.person("Hugo Brunet"), school.person("Lila Masson"), school.person("Awa N'Guessan"));
    for (mutation, input) in [
        ("grantFact", fact(here.id(PARENTS))),
        ("removeFact", fact(here.id(PARENTS))),
        ("closeInternal", json!({"group": here.id(PARENTS)})),
        ("makeRule", json!({"from": here.id(PARENTS), "to": here.id(PUPILS)})),
        ("removeRule", json!({"rule": here.rule(PARENTS, TEACHERS)})),
    ] {
        assert_eq!(teacher.act_code(mutation, input.clone()), "FORBIDDEN", "{mutation}");
        assert_eq!(stranger.act_code(mutation, input), "NOT_FOUND", "{mutation}");
    }
    let own = json!([{"grantFact": {"group": here.id(PUPILS), "fact": "INTERNAL"}}]);
    assert_eq!(preview_code(&teacher, own.clone()), "FORBIDDEN");
    assert_eq!(preview_code(&pupil, own.clone()), "FORBIDDEN");
    assert_eq!(preview_code(&stranger, own), "NOT_FOUND");
    school.stop();
}

#[test]
fn a_rule_between_two_structures_needs_both_or_the_platform() {
    let (school, administrator, [here, there], local) = two_schools();
    let between = json!({"from": here.id(TEACHERS), "to": there.id(TEACHERS)});
    let look = json!([{ "makeRule": between }]);
    assert_eq!(local.act_code("makeRule", between.clone()), "NOT_FOUND");
    assert_eq!(preview_code(&local, look.clone()), "NOT_FOUND");
    let made = administrator.act("makeRule", between.clone(), "rule { id } userErrors { code }");
    assert_eq!(made["userErrors"], json!([]));
    // Now the local administrator reaches the group, being a teacher of the class, and knows of it.
    assert_eq!(local.act_code("makeRule", between), "FORBIDDEN");
    assert_eq!(preview_code(&local, look.clone()), "FORBIDDEN");
    let remove = json!({"rule": made["rule"]["id"]});
    assert_eq!(local.act_code("removeRule", remove.clone()), "FORBIDDEN");
    administers(&administrator, &local, &there);
    assert_eq!(preview(&local, look)["warnings"][0]["code"], "preview.already-so");
    let removed = local.act("removeRule", remove, "preview { closed { pairs } } userErrors { code }");
    assert_eq!(removed["preview"]["closed"]["pairs"], 1, "one teacher of each class");
    school.stop();
}

#[test]
fn what_structure_wide_pupils_and_parents_say_is_for_the_platform_by_hand_and_by_rule() {
    let (school, administrator, [here, _], local) = two_schools();
    let wide = ["Élèves de l'école des Tilleuls", "Parents de l'école des Tilleuls"];
    for name in wide {
        let fact = json!({"group": here.id(name), "fact": "EXPOSES"});
        for mutation in ["grantFact", "removeFact"] {
            assert_eq!(local.act_code(mutation, fact.clone()), "FORBIDDEN", "{mutation}, {name}");
        }
        assert_eq!(local.act_code("closeInternal", json!({"group": here.id(name)})), "FORBIDDEN", "{name}");
        // It does not use: a rule from it would make it.
        let from = json!({"from": here.id(name), "to": here.id(TEACHERS)});
        assert_eq!(local.act_code("makeRule", from.clone()), "FORBIDDEN", "{name}");
        assert_eq!(preview_code(&local, json!([{ "makeRule": from }])), "FORBIDDEN", "{name}");
        // It exposes already: a rule to it gives it nothing it lacks.
        let to = json!({"from": here.id(TEACHERS), "to": here.id(name)});
        let made = local.act("makeRule", to, "userErrors { code }");
        assert_eq!(made["userErrors"], json!([]), "{name}");
    }
    // Neither may the policy make them say more: EXPLICIT, then a rule of the platform, then IMPLIED.
    let policy =
        |policy: &str| json!({"structure": here.structure, "policy": policy, "accept": ["OPENS_MEMBERS"]});
    assert_eq!(
        local.act("setInternalPolicy", policy("EXPLICIT"), "userErrors { code }")["userErrors"],
        json!([])
    );
    let rule = json!({"from": here.id(wide[0]), "to": here.id(TEACHERS)});
    assert_eq!(administrator.act("makeRule", rule, "userErrors { code }")["userErrors"], json!([]));
    assert_eq!(local.act_code("setInternalPolicy", policy("IMPLIED")), "FORBIDDEN");
    let set = administrator.act("setInternalPolicy", policy("IMPLIED"), "userErrors { code }");
    assert_eq!(set["userErrors"], json!([]));
    school.stop();
}

#[test]
fn a_preview_names_whom_the_caller_sees_and_counts_the_others() {
    let (school, administrator, [here, there], local) = two_schools();
    let between = json!({"from": there.id(TEACHERS), "to": here.id(TEACHERS)});
    assert_eq!(administrator.act("makeRule", between, "userErrors { code }")["userErrors"], json!([]));
    let change = json!([{"removeFact": {"group": here.id(TEACHERS), "fact": "EXPOSES"}}]);
    let names = |caller: &Caller| {
        let closed = preview(caller, change.clone())["closed"].clone();
        let named = closed["firstWho"].as_array().unwrap().iter();
        let named = named.map(|person| person["displayName"].as_str().unwrap().to_owned());
        (closed["who"].as_u64().unwrap(), named.collect::<Vec<_>>())
    };
    let (all, named) = names(&administrator);
    assert!(named.contains(&"Cécile LECOMTE".to_owned()), "{named:?}");
    let (counted, seen) = names(&local);
    assert_eq!((counted, seen.len()), (all, named.len() - 1));
    assert!(!seen.contains(&"Cécile LECOMTE".to_owned()), "{seen:?}");

    // An auditor in scope looks, and changes nothing.
    let auditor = school.person("Hugo Brunet");
    assert_eq!(preview_code(&auditor, change.clone()), "FORBIDDEN");
    school.appoint(&auditor, "AUDITOR", &[here.structure.as_str().unwrap()]);
    assert_eq!(names(&auditor).0, all);
    assert_eq!(
        auditor.act_code("removeFact", json!({"group": here.id(TEACHERS), "fact": "EXPOSES"})),
        "FORBIDDEN"
    );
    let far = json!([{"removeFact": {"group": there.id(PUPILS), "fact": "EXPOSES"}}]);
    assert_eq!(preview_code(&auditor, far), "NOT_FOUND", "out of scope");
    assert_eq!(preview_code(&administrator, json!([])), "BAD_USER_INPUT");
    school.stop();
}

#[test]
fn the_command_line_says_what_a_change_would_do_beside_a_server_and_without_one() {
    let school = School::open("published-2025");
    let data = school.data().to_str().unwrap().to_owned();
    let [teachers, parents] = ["TEACHER", "RELATIVE"].map(|it| format!("{}/CE1 A/{it}", files::UAI));
    let make = ["rules", "preview", "--data", &data, "--make", &teachers, &parents];
    let french = print(&[&make[..], &["--language", "fr"]].concat());
    for said in [
        "Ouvre 12 couples orientés de personnes : 4 écrivent à plus de monde, 4 reçoivent de plus de monde.",
        "  parents et responsables → parents et responsables: 12",
        "Ne ferme aucun couple orienté de personnes.",
        "Les membres de « Parents de CE1 A » commencent à communiquer entre eux : 4, dont 0 élèves et 4 parents ou responsables. Il faut l'accepter.",
        "Karim MASSON",
    ] {
        assert!(french.contains(said), "{said}\n{french}");
    }
    let english = print(&[&make[..], &["--language", "en"]].concat());
    assert!(english.contains("Opens 12 ordered pairs of people"), "{english}");
    let folder = school.stop();
    let json = print(&[&make[..], &["--format", "json"]].concat());
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["opened"]["pairs"], &json["opened"]["profiles"][0]["to"]),
        (&json!(12), &json!("RELATIVE"))
    );
    let explicit = ["--policy", files::UAI, "explicit", "--format", "json"];
    let json: Value = serde_json::from_str(&print(&[&make[..], &explicit[..]].concat())).unwrap();
    assert_eq!(json["opened"]["pairs"], 0, "the way without");
    let pupils = format!("{}/CE1 A/STUDENT", files::UAI);
    let remove = ["rules", "preview", "--data", &data, "--remove", &pupils, &teachers, "--language", "en"];
    let removed = print(&remove);
    assert!(removed.contains("Closes 2 ordered pairs"), "{removed}");
    assert!(removed.contains("still write to each other, because that was granted: 2"), "{removed}");

    for (arguments, told, code) in [
        (vec![], "no change is given", 3),
        (vec!["--grant", "0990201F/CE1 A/PUPIL", "uses"], "is no profile", 3),
        (vec!["--grant", "0990201F/CE9/STUDENT", "uses"], "there is no such group", 6),
        (vec!["--grant", &pupils, "shows"], "is no fact of a group", 3),
        (vec!["--remove", &teachers, &pupils], "there is no rule from", 6),
    ] {
        let output = run(&[&["rules", "preview", "--data", &data][..], &arguments].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(told), "{arguments:?}: {said}");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    }
    drop(folder);
}
