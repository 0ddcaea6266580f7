//! A quota that all of a group share, asked of a real server: what is told of it, before and when booking, and to whom.

use serde_json::{Value, json};

use crate::domains::{Scene, done, id, scene};
use crate::school::{Caller, key};

const TEAM: &str = "Équipe robotique";

fn wanted(room: &str, hours: (&str, &str), more: Value) -> Value {
    let mut input = json!({"resource": room, "start": format!("2030-09-02T{}", hours.0),
        "end": format!("2030-09-02T{}", hours.1)});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

#[track_caller]
fn books(caller: &Caller, input: Value) -> Value {
    let fields = "booking { id } userErrors { code field message }";
    done(caller, "makeBooking", input, fields)["booking"].clone()
}

/// Returns what booking is refused with, which is what a look ahead tells.
#[track_caller]
fn told(caller: &Caller, input: &Value) -> (String, String) {
    let answer = caller.act("makeBooking", input.clone(), "userErrors { code field message }");
    let query = "query($input: MakeBookingInput!) { previewBooking(input: $input) { state
        userErrors { code field message } } }";
    let mut input = input.clone();
    input["idempotencyKey"] = key().into();
    let preview = caller.ask(query, json!({ "input": input }));
    assert_eq!(preview["previewBooking"]["userErrors"], answer["userErrors"]);
    let [error] = answer["userErrors"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert_eq!(error["field"], "dates.2030-09-02");
    let text = |name: &str| error[name].as_str().unwrap().to_owned();
    (text("code"), text("message"))
}

#[test]
fn a_team_shares_a_quota_and_only_who_sees_the_group_is_told_its_name() {
    let scene: Scene = scene();
    let [cecile, hugo, agnes, karim] =
        scene.people(["Cécile Lambert", "Hugo Brunet", "Agnès Roux", "Karim Masson"]);
    let domain = scene.domain("Tablettes");
    let made = json!({"domain": domain, "name": "Tablettes", "quantity": 9});
    let fields =
        "resource { id details { rules { quotas { shared group } } } } userErrors { code field message }";
    let room = id(&done(&scene.administrator, "createResource", made, fields)["resource"]);
    for who in [&cecile, &hugo, &karim] {
        scene.grant(&domain, &who.id, "PUBLISHING_WRITER");
    }
    scene.grant(&domain, &agnes.id, "MODERATOR");
    let group = "group { id } userErrors { code field message }";
    let team = json!({"structure": scene.structure, "name": TEAM, "membersReachEachOther": false});
    let team = id(&done(&scene.administrator, "createFreeGroup", team, group)["group"]);
    let members = json!({"group": team, "people": [cecile.id, hugo.id]});
    done(&scene.administrator, "addMembers", members, group);
    let quota =
        json!({"group": team, "shared": true, "limit": {"unit": "MINUTES", "per": "DAY", "most": 120}});
    let rules = json!({"resource": room, "rules": {"quotas": [quota]}});
    let set = done(&scene.administrator, "setResourceRules", rules, fields);
    assert_eq!(set["resource"]["details"]["rules"]["quotas"], json!([{"shared": true, "group": team}]));

    let first = books(&cecile, wanted(&room, ("08:00", "09:00"), json!({})));
    books(&hugo, wanted(&room, ("08:00", "09:00"), json!({})));
    let one_more = wanted(&room, ("08:00", "08:30"), json!({}));
    let (code, message) = told(&cecile, &one_more);
    assert_eq!(code, "booking.shared-quota-reached");
    assert!(message.contains(&format!("« {TEAM} »")) && message.contains("120"), "{message}");
    // Who is not in it has nothing to do with it; a moderator passes over it with a reason.
    books(&karim, one_more.clone());
    let passing = json!({"override": ["QUOTAS"], "reason": "Examen blanc", "owner": hugo.id});
    books(&agnes, wanted(&room, ("10:00", "10:30"), passing));

    // What is given up makes room, exactly.
    let gone = json!({ "booking": first["id"] });
    done(&cecile, "cancelBooking", gone, "booking { id } userErrors { code field message }");
    books(&cecile, one_more.clone());

    // Whoever books for one of them and does not see the group is told that there is a limit, and not whose.
    scene.grant(&domain, &karim.id, "MODERATOR");
    let for_her = wanted(&room, ("11:00", "13:00"), json!({ "owner": cecile.id }));
    let (code, message) = told(&karim, &for_her);
    assert_eq!(code, "booking.shared-quota-reached");
    assert!(!message.contains(TEAM) && message.contains("un groupe"), "{message}");

    // Who leaves takes no place any more; what they booked before keeps its own.
    done(&scene.administrator, "removeMembers", json!({"group": team, "people": [hugo.id]}), group);
    books(&hugo, wanted(&room, ("14:00", "18:00"), json!({})));
    assert_eq!(told(&cecile, &one_more).0, "booking.shared-quota-reached");
    scene.school.stop();
}
