//! Asking for a change of rules one may not make: asked, told to both, accepted, refused, made once.

use serde_json::{Value, json};

use crate::files;
use crate::rules::{Groups, NEXT_DOOR, PARENTS, TEACHERS, reaches, two_schools};
use crate::school::{Caller, School, key, mutated};

const REQUEST: &str = "id state reason mayDecide refusal doneAt requestedBy { id } decidedBy { id }
    changes { kind group { name } to { name } fact exposeMembers rule undone { code } }
    previewThen { needsAcceptance opened { from to pairs } closed { pairs }
        openedInside { group { name } members students relatives } }
    previewNow { opened { pairs profiles { from to pairs } } needsAcceptance }
    differences { kind from to group { name } before now }";

fn fields() -> String {
    format!(
        "request {{ {REQUEST} }} preview {{ opened {{ pairs }} needsAcceptance }}
        differences {{ kind from to group {{ name }} before now }} userErrors {{ code field message }}"
    )
}

/// Returns the requests that somebody sees.
pub fn listed(caller: &Caller, state: Option<&str>) -> Vec<Value> {
    let query = format!(
        "query($state: RuleChangeRequestState) {{
            ruleChangeRequests(state: $state, first: 20) {{ nodes {{ {REQUEST} }} }} }}"
    );
    let answer = caller.ask(&query, json!({ "state": state }));
    answer["ruleChangeRequests"]["nodes"].as_array().unwrap().clone()
}

/// The group of all people of a profile next door, as somebody finds it who sees nothing else there.
pub fn next_door(caller: &Caller, name: &str) -> Value {
    let query = "query($uai: String!) { structure(uai: $uai) { profileGroups { id name } } }";
    let answer = caller.ask(query, json!({ "uai": NEXT_DOOR }));
    let groups = answer["structure"]["profileGroups"].as_array().unwrap();
    groups.iter().find(|group| group["name"] == name).unwrap_or_else(|| panic!("{groups:?}"))["id"].clone()
}

/// Asks for changes, and returns the request.
pub fn asks(caller: &Caller, changes: Value) -> Value {
    let asked = caller.act("requestRuleChange", json!({"changes": changes, "reason": "jumelage"}), &fields());
    assert_eq!(
        (&asked["userErrors"], &asked["request"]["state"]),
        (&json!([]), &json!("ASKED")),
        "{asked:#}"
    );
    asked["request"].clone()
}

pub const OWN_TEACHERS: &str = "Enseignants de l'école des Tilleuls";
pub const THEIR_TEACHERS: &str = "Enseignants de l'école des Ormes";

#[test]
fn a_rule_to_another_school_is_asked_for_and_both_are_told_what_was_decided() {
    let (school, administrator, [here, _], local) = two_schools();
    let there = next_door(&local, THEIR_TEACHERS);
    let rule = json!({"makeRule": {"from": here.id(OWN_TEACHERS), "to": there}});
    let preview =
        "query($changes: [RuleChangeInput!]!) { previewRuleChange(changes: $changes) { needsAcceptance
        opened { pairs profiles { from to pairs } } } }";
    assert_eq!(local.code(preview, json!({ "changes": [rule] })), "NOT_FOUND", "it is not theirs to look at");
    let request = asks(&local, json!([rule]));
    let change = &request["changes"][0];
    assert_eq!(
        (&change["kind"], &change["group"]["name"], &change["to"]["name"], &change["exposeMembers"]),
        (&json!("MAKE_RULE"), &json!(OWN_TEACHERS), &json!(THEIR_TEACHERS), &json!(true))
    );
    // The same for who asked and for who may decide, but for whether they may.
    let looked = administrator.ask(preview, json!({ "changes": [rule] }))["previewRuleChange"].clone();
    let [own, theirs] = [&local, &administrator].map(|caller| listed(caller, Some("ASKED")));
    assert_eq!((own.len(), theirs.len()), (1, 1));
    assert_eq!((&own[0]["mayDecide"], &theirs[0]["mayDecide"]), (&json!(false), &json!(true)));
    for shown in [&own[0], &theirs[0]] {
        assert_eq!((&shown["reason"], &shown["requestedBy"]["id"]), (&json!("jumelage"), &json!(local.id)));
        assert_eq!(shown["previewNow"], looked);
        assert_eq!(shown["previewThen"]["opened"], looked["opened"]["profiles"]);
        assert_eq!(shown["differences"], json!([]));
        assert_eq!(shown["previewThen"]["opened"], json!([{"from": "TEACHER", "to": "TEACHER", "pairs": 9}]));
    }
    // Nobody else is told, and nobody else decides.
    let (teacher, parent) = (school.person("Hugo Brunet"), school.person("Karim Masson"));
    let decide = json!({"request": request["id"]});
    let refuse = json!({"request": request["id"], "reason": "non"});
    for other in [&teacher, &parent] {
        assert_eq!(listed(other, None), [] as [Value; 0]);
        assert_eq!(other.act_code("acceptRuleChange", decide.clone()), "NOT_FOUND");
        assert_eq!(other.act_code("refuseRuleChange", refuse.clone()), "NOT_FOUND");
    }
    assert_eq!(local.act_code("acceptRuleChange", decide.clone()), "FORBIDDEN", "they may not make it");

    let accept_key = key();
    let done = administrator.act_with("acceptRuleChange", decide.clone(), &accept_key, &fields());
    assert_eq!((&done["userErrors"], &done["request"]["state"]), (&json!([]), &json!("DONE")), "{done:#}");
    assert_eq!(done["request"]["changes"][0]["undone"], Value::Null);
    assert!(done["request"]["doneAt"].is_string() && done["preview"].is_null(), "{done:#}");
    let again = administrator.act_with("acceptRuleChange", decide, &accept_key, &fields());
    assert_eq!(again, done, "the same answer");
    let told = &listed(&local, Some("DONE"))[0];
    assert_eq!(told["decidedBy"]["id"], done["request"]["decidedBy"]["id"]);
    let rules = Groups::of(&administrator, files::UAI).rules(OWN_TEACHERS, THEIR_TEACHERS);
    assert_eq!(rules, 1, "it was made");
    let late = administrator.act("refuseRuleChange", refuse, &fields());
    assert_eq!(late["userErrors"][0]["code"], "rule-request.accepted");

    // A no, with a reason that both read; and what was asked for is taken back by who asked.
    let back = json!([{"makeRule": {"from": there, "to": here.id(OWN_TEACHERS)}}]);
    let no = |request: &Value| json!({"request": request["id"], "reason": "Attendons le conseil d'école."});
    let second = asks(&local, back.clone());
    let refused = administrator.act("refuseRuleChange", no(&second), &fields());
    assert_eq!(refused["request"]["state"], "REFUSED");
    for caller in [&local, &administrator] {
        let shown = &listed(caller, Some("REFUSED"))[0];
        assert_eq!(shown["refusal"], "Attendons le conseil d'école.");
        assert_eq!((&shown["previewNow"], shown["decidedBy"]["id"].is_string()), (&Value::Null, true));
    }
    let late = administrator.act("acceptRuleChange", json!({"request": second["id"]}), &fields());
    assert_eq!(late["userErrors"][0]["code"], "rule-request.refused");
    let third = asks(&local, back);
    assert_eq!(local.act("refuseRuleChange", no(&third), &fields())["request"]["state"], "REFUSED");
    school.stop();
}

#[test]
fn what_is_ones_own_to_make_is_made_and_not_asked_for() {
    let (school, administrator, [here, _], local) = two_schools();
    let own = json!([{"grantFact": {"group": here.id(TEACHERS), "fact": "INTERNAL"}}]);
    let input = |changes: &Value| json!({"changes": changes, "reason": "essai"});
    let head = school.person("Agnès Roux");
    let refused = local.act("requestRuleChange", input(&own), &fields());
    assert_eq!(refused["userErrors"][0]["code"], "rule-request.yours-to-make");
    assert_eq!((&refused["userErrors"][0]["field"], &refused["request"]), (&json!("changes"), &Value::Null));
    let refused = administrator.act("requestRuleChange", input(&own), &fields());
    assert_eq!(refused["userErrors"][0]["code"], "rule-request.yours-to-make", "everything is theirs");
    // A head of school changes no rules, so asks; the local administrator decides.
    asks(&head, own);
    let waiting = listed(&local, Some("ASKED"));
    assert_eq!((waiting.len(), &waiting[0]["mayDecide"]), (1, &json!(true)));
    let accepted = local.act("acceptRuleChange", json!({"request": waiting[0]["id"]}), &fields());
    assert_eq!(accepted["request"]["state"], "DONE", "{accepted:#}");
    // What only the platform may change, with something that is one's own.
    let wide = here.id("Élèves de l'école des Tilleuls");
    let mixed = json!([{"removeFact": {"group": here.id(TEACHERS), "fact": "INTERNAL"}},
        {"grantFact": {"group": wide, "fact": "USES"}}]);
    asks(&local, mixed);
    assert_eq!(listed(&local, Some("ASKED"))[0]["mayDecide"], false);

    for bad in [json!({"changes": [], "reason": "essai"}), json!({"changes": [], "reason": " "})] {
        assert_eq!(local.act_code("requestRuleChange", bad), "BAD_USER_INPUT");
    }
    let unseen = Groups::of(&administrator, NEXT_DOOR).id(PARENTS);
    let unseen = json!([{"makeRule": {"from": here.id(TEACHERS), "to": unseen}}]);
    assert_eq!(
        local.act_code("requestRuleChange", input(&unseen)),
        "NOT_FOUND",
        "classes next door are a secret"
    );
    assert_eq!(school.person("Lila Masson").act_code("requestRuleChange", input(&unseen)), "FORBIDDEN");
    let structure = "query($uai: String!) { structure(uai: $uai) { profileGroups { id } } }";
    let shown = school.person("Hugo Brunet").ask(structure, json!({ "uai": NEXT_DOOR }));
    assert_eq!(shown["structure"]["profileGroups"], Value::Null, "for who may ask");
    school.stop();
}

#[test]
fn what_differs_now_is_answered_and_nothing_changes_until_it_is_accepted_as_it_is_now() {
    let (school, administrator, [here, _], local) = two_schools();
    let (karim, solene) = (school.person("Karim Masson"), school.person("Solène Verdier"));
    let wide = here.id("Élèves de l'école des Tilleuls");
    let changes = json!([{"makeRule": {"from": here.id(TEACHERS), "to": here.id(PARENTS)}},
        {"grantFact": {"group": wide, "fact": "USES"}}]);
    let request = asks(&local, changes);
    assert_eq!(request["previewThen"]["needsAcceptance"], true, "the parents of the class, and the pupils");
    let accept = |more: Value| {
        let mut input = json!({"request": request["id"]});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        administrator.act("acceptRuleChange", input, &fields())
    };
    let refused = accept(json!({}));
    assert_eq!(refused["userErrors"][0]["code"], "communication.opens-members");
    assert_eq!((&refused["userErrors"][0]["field"], &refused["differences"]), (&json!("accept"), &json!([])));
    assert_eq!(refused["preview"]["needsAcceptance"], true, "with its preview");

    let block = json!({"person": karim.id, "cause": "PERSON", "reason": "essai"});
    administrator.act("blockAccount", block, "userErrors { code }");
    let refused = accept(json!({"accept": ["OPENS_MEMBERS"]}));
    assert_eq!(refused["userErrors"][0]["code"], "rule-request.differs-now");
    assert_eq!(refused["userErrors"][0]["field"], "asItIsNow");
    let differences = refused["differences"].as_array().unwrap();
    let parents = json!({"kind": "OPENED_INSIDE", "from": null, "to": null, "group": {"name": PARENTS},
        "before": 4, "now": 3});
    assert!(differences.contains(&parents), "{differences:#?}");
    let pairs = json!({"kind": "OPENED", "from": "RELATIVE", "to": "RELATIVE", "group": null, "before": 12, "now": 6});
    assert!(differences.contains(&pairs), "{differences:#?}");
    let waiting = &listed(&local, Some("ASKED"))[0];
    assert_eq!(&waiting["differences"], &refused["differences"], "told while it waits, too");
    assert_eq!(waiting["previewThen"], request["previewThen"]);
    assert_eq!(Groups::of(&administrator, files::UAI).rules(TEACHERS, PARENTS), 0, "nothing changed");
    let refused = accept(json!({"asItIsNow": true}));
    assert_eq!(refused["userErrors"][0]["code"], "communication.opens-members");

    let done = accept(json!({"asItIsNow": true, "accept": ["OPENS_MEMBERS"]}));
    assert_eq!((&done["userErrors"], &done["request"]["state"]), (&json!([]), &json!("DONE")), "{done:#}");
    let undone: Vec<_> =
        done["request"]["changes"].as_array().unwrap().iter().map(|it| &it["undone"]).collect();
    assert_eq!(undone, [&Value::Null, &Value::Null]);
    let others = school.person("Marc Verdier");
    assert!(reaches(&solene, &others), "what was accepted is in force");
    school.stop();
}

#[test]
fn what_others_made_meanwhile_is_said_to_be_undone() {
    let (school, administrator, [here, _], local) = two_schools();
    let there = next_door(&local, THEIR_TEACHERS);
    let rule = json!({"from": here.id(OWN_TEACHERS), "to": there});
    let back = json!({"from": there, "to": here.id(OWN_TEACHERS)});
    let request = asks(&local, json!([{ "makeRule": rule }, { "makeRule": back }]));
    administrator.act("makeRule", rule, "userErrors { code }");
    let input = json!({"request": request["id"], "asItIsNow": true});
    let done = administrator.act("acceptRuleChange", input, &fields());
    assert_eq!(done["request"]["state"], "DONE", "{done:#}");
    let changes = done["request"]["changes"].as_array().unwrap();
    assert_eq!(changes[0]["undone"]["code"], "communication.rule-exists");
    assert_eq!(changes[1]["undone"], Value::Null, "the rest is made");
    let rules = Groups::of(&administrator, NEXT_DOOR).rules(THEIR_TEACHERS, OWN_TEACHERS);
    assert_eq!(rules, 1);
    school.stop();
}

#[test]
fn a_request_that_is_killed_anywhere_after_its_acceptance_is_made_once_after_the_restart() {
    let (mut school, administrator, [here, there], local) = two_schools();
    let names = ["Enseignants", "Personnels", "Élèves", "Parents"];
    let of = |name: &str, school: &str| format!("{name} de l'école des {school}");
    let mut survived = [0, 0];
    for round in 0..8 {
        let (from, to) =
            (of(names[round / 2], "Tilleuls"), of(names[(round / 2 + round % 2 + 1) % 4], "Ormes"));
        let changes = json!([
            {"makeRule": {"from": here.id(&from), "to": there.id(&to)}},
            {"makeRule": {"from": there.id(&to), "to": here.id(&from)}},
            {"grantFact": {"group": there.id(&to), "fact": "USES"}},
        ]);
        let request = asks(&local.at(&school), changes);
        let input = json!({"request": request["id"], "asItIsNow": true, "accept": ["OPENS_MEMBERS"]});
        let (accepting, accept) = (administrator.at(&school), input.clone());
        let running = std::thread::spawn(move || {
            let (query, variables) = mutated("acceptRuleChange", accept, &key(), &fields());
            accepting.try_whole(&query, &variables).is_ok()
        });
        // A little later each time.
        for _ in 0..round {
            administrator.at(&school).ask("{ unreadCount }", json!({}));
        }
        school.crash();
        let acknowledged = running.join().unwrap();
        let state = loop {
            let newest = listed(&administrator.at(&school), None)[0].clone();
            assert_eq!(newest["id"], request["id"]);
            if newest["state"] != "ACCEPTED" {
                break newest;
            }
        };
        let done = state["state"] == "DONE";
        assert!(
            done || (state["state"] == "ASKED" && !acknowledged),
            "{state:#}, acknowledged: {acknowledged}"
        );
        survived[usize::from(done)] += 1;
        let made = if done {
            state
        } else {
            administrator.at(&school).act("acceptRuleChange", input, &fields())["request"].clone()
        };
        assert_eq!(made["state"], "DONE");
        for change in made["changes"].as_array().unwrap() {
            assert_eq!(change["undone"], Value::Null, "{made:#}");
        }
        let [own, theirs] = [files::UAI, NEXT_DOOR].map(|uai| Groups::of(&administrator.at(&school), uai));
        assert_eq!((own.rules(&from, &to), theirs.rules(&to, &from)), (1, 1), "once each");
    }
    println!("of 8 kills, {} before the acceptance and {} after", survived[0], survived[1]);
    School::stop(school);
}
