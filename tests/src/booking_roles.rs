//! Which grants count on a resource, who validates and why somebody may: asked of a real server.

use serde_json::{Value, json};

use crate::domains::{GRANT, Scene, done, id, scene};
use crate::school::Caller;

const TEACHERS: &str = "Enseignants de l'école des Tilleuls";

fn resource(scene: &Scene, domain: &str, name: &str) -> String {
    let input = json!({"domain": domain, "name": name});
    let made = scene.administrator.act("createResource", input, "resource { id } userErrors { code }");
    id(&made["resource"])
}

/// What is granted on a resource: role, where it comes from, why it does not count.
fn grants(caller: &Caller, resource: &str) -> Vec<(String, String, Value)> {
    let query = "query($id: ID!) { grants(resource: $id, first: 9) { nodes { role source doubt message } } }";
    let nodes = caller.ask(query, json!({ "id": resource }))["grants"]["nodes"].clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let row = |row: &Value| {
        assert_eq!(row["doubt"].is_null(), row["message"].is_null(), "a doubt is said in words: {row}");
        (text(&row["role"]), text(&row["source"]), row["doubt"].clone())
    };
    nodes.as_array().unwrap().iter().map(row).collect()
}

/// Who validates bookings of a resource: names of people and of groups.
fn validators(caller: &Caller, resource: &str) -> Vec<String> {
    let query = "query($id: ID!) { validators(resource: $id) { person { displayName } group { name } } }";
    let found = caller.ask(query, json!({ "id": resource }))["validators"].clone();
    let name = |row: &Value| {
        row["person"]["displayName"].as_str().or(row["group"]["name"].as_str()).unwrap().to_owned()
    };
    found.as_array().unwrap().iter().map(name).collect()
}

const EXPLAIN: &str = "query($person: ID, $resource: ID!, $action: BookingAction!) {
    explainBookingRight(person: $person, resource: $resource, action: $action) {
        answer role decides { role source } others { role doubt message } } }";

/// The answer, the role, and why each other grant does not decide.
fn explained(
    caller: &Caller,
    of: Option<&Caller>,
    resource: &str,
    action: &str,
) -> (String, Value, Vec<String>) {
    let asked = json!({"person": of.map(|of| of.id.clone()), "resource": resource, "action": action});
    let told = caller.ask(EXPLAIN, asked)["explainBookingRight"].clone();
    assert_eq!(told["role"].is_null(), told["decides"].is_null(), "{told}");
    let doubt = |other: &Value| {
        assert!(other["message"].as_str().unwrap().ends_with('.'), "{other}");
        other["doubt"].as_str().unwrap().to_owned()
    };
    let others = told["others"].as_array().unwrap().iter().map(doubt).collect();
    (told["answer"].as_str().unwrap().to_owned(), told["role"].clone(), others)
}

fn resources(caller: &Caller, domain: &str) -> Vec<Value> {
    let query = "query($id: ID!) { domain(id: $id) { resources(first: 9) { nodes { id myRole } } } }";
    let found = caller.ask(query, json!({ "id": domain }))["domain"]["resources"]["nodes"].clone();
    found.as_array().unwrap().clone()
}

#[test]
fn a_resource_with_grants_of_its_own_uses_those_and_says_so() {
    let scene = scene();
    let [cecile, hugo] = scene.people(["Cécile Lambert", "Hugo Brunet"]);
    let administrator = &scene.administrator;
    let domain = scene.domain("Salles");
    let [lab, hall] = ["Labo", "Préau"].map(|name| resource(&scene, &domain, name));
    scene.grant(&domain, &scene.group(TEACHERS), "WRITER");
    let row = |role: &str, source: &str, doubt: Value| (role.to_owned(), source.to_owned(), doubt);
    let of_domain = [row("MANAGER", "DOMAIN", Value::Null), row("WRITER", "DOMAIN", Value::Null)];
    assert_eq!(grants(administrator, &lab), of_domain);
    assert_eq!(resources(&cecile, &domain).len(), 2);

    // Hugo alone moderates the lab: nobody else books it, and MANAGER of the domain still counts.
    scene.grant(&lab, &hugo.id, "MODERATOR");
    let of_lab = [
        row("MODERATOR", "RESOURCE", Value::Null),
        row("MANAGER", "DOMAIN", Value::Null),
        row("WRITER", "DOMAIN", json!("REPLACED")),
    ];
    assert_eq!(grants(administrator, &lab), of_lab);
    assert_eq!(grants(administrator, &hall), of_domain);
    assert_eq!(resources(&cecile, &domain), [json!({"id": hall, "myRole": "WRITER"})]);
    let mut mine = resources(&hugo, &domain);
    mine.sort_by_key(|row| row["myRole"].as_str().unwrap().to_owned());
    assert_eq!(mine, [json!({"id": lab, "myRole": "MODERATOR"}), json!({"id": hall, "myRole": "WRITER"})]);
    assert_eq!(validators(administrator, &hall).len(), 1);
    assert_eq!(validators(administrator, &lab)[0], "Hugo BRUNET");
    for caller in [&hugo, &cecile] {
        let (grants, validators) = (
            "query($id: ID!) { grants(resource: $id, first: 9) { totalCount } }",
            "query($id: ID!) { validators(resource: $id) { id } }",
        );
        for query in [grants, validators] {
            assert_eq!(caller.code(query, json!({ "id": hall })), "FORBIDDEN", "for MANAGER");
        }
    }
    scene.school.stop();
}

#[test]
fn why_somebody_may_or_may_not_is_told_and_to_whom_it_concerns() {
    let scene = scene();
    let [cecile, hugo, karim] = scene.people(["Cécile Lambert", "Hugo Brunet", "Karim Masson"]);
    let administrator = &scene.administrator;
    let domain = scene.domain("Salles");
    let [lab, hall] = ["Labo", "Préau"].map(|name| resource(&scene, &domain, name));
    scene.grant(&domain, &scene.group(TEACHERS), "WRITER");
    scene.grant(&domain, &cecile.id, "VISITOR");
    scene.grant(&lab, &hugo.id, "MODERATOR");

    let asks = ("NEEDS_VALIDATION".to_owned(), json!("WRITER"), vec!["NOT_THE_HIGHEST".to_owned()]);
    assert_eq!(explained(&cecile, None, &hall, "CREATE_BOOKING"), asks, "of others' grants nothing");
    let (answer, role, others) = explained(administrator, Some(&cecile), &hall, "CREATE_BOOKING");
    assert_eq!((answer, role), (asks.0, asks.1));
    assert_eq!(others, ["NOT_THEIRS", "NOT_THE_HIGHEST"], "the whole list, MANAGER of the domain first");

    let (answer, role, others) = explained(administrator, Some(&cecile), &lab, "SEE_AVAILABILITY");
    assert_eq!((answer.as_str(), role), ("NO", Value::Null));
    assert_eq!(others, ["NOT_THEIRS", "NOT_THEIRS", "REPLACED", "REPLACED"]);
    let (answer, _, others) = explained(&hugo, None, &lab, "VALIDATE");
    assert_eq!((answer.as_str(), others), ("YES", vec!["REPLACED".to_owned()]));
    assert_eq!(explained(&hugo, None, &lab, "HEAR_OF_THRESHOLD").0, "NO");

    let code = |caller: &Caller, of: Option<&Caller>, resource: &str| {
        let person = of.map(|of| of.id.clone());
        caller.code(EXPLAIN, json!({"person": person, "resource": resource, "action": "VALIDATE"}))
    };
    assert_eq!(code(&cecile, None, &lab), "NOT_FOUND", "she does not see the lab");
    assert_eq!(code(&karim, None, &hall), "NOT_FOUND");
    assert_eq!(code(&cecile, Some(&hugo), &hall), "FORBIDDEN");

    // MANAGER of one resource grants on it and creates nothing.
    let input = json!({"on": lab, "to": hugo.id, "role": "MANAGER"});
    done(administrator, "grantBookingRole", input, GRANT);
    assert_eq!(explained(&hugo, None, &lab, "HEAR_OF_THRESHOLD").0, "YES");
    assert_eq!(explained(&hugo, None, &lab, "CREATE_RESOURCE").0, "NO");
    let granted =
        done(&hugo, "grantBookingRole", json!({"on": lab, "to": cecile.id, "role": "WRITER"}), GRANT);
    assert_eq!(granted["grant"]["source"], "RESOURCE");
    assert_eq!(explained(&hugo, Some(&cecile), &lab, "CREATE_BOOKING").0, "NEEDS_VALIDATION");
    for (mutation, input) in [
        ("createDomain", json!({"structure": scene.structure, "name": "x"})),
        ("createResource", json!({"domain": domain, "name": "x"})),
        ("grantBookingRole", json!({"on": domain, "to": cecile.id, "role": "MANAGER"})),
        ("grantBookingRole", json!({"on": hall, "to": cecile.id, "role": "MANAGER"})),
    ] {
        assert_eq!(hugo.act_code(mutation, input), "FORBIDDEN", "{mutation}");
    }
    scene.school.stop();
}

#[test]
fn a_domain_with_resources_is_not_deleted_and_one_emptied_is() {
    let scene = scene();
    let domain = scene.domain("Salles");
    let lab = resource(&scene, &domain, "Labo");
    let administrator = &scene.administrator;
    let delete = json!({ "domain": domain });
    let refused = crate::domains::refused(administrator, "deleteDomain", delete.clone());
    assert_eq!(refused, ("domain.not-empty".into(), Value::Null));
    let deleted = administrator.act(
        "deleteResource",
        json!({"resource": lab, "reason": "fini"}),
        "userErrors { code }",
    );
    assert_eq!(deleted["userErrors"], json!([]));
    done(administrator, "deleteDomain", delete, "domain { id } userErrors { code }");
    scene.school.stop();
}
