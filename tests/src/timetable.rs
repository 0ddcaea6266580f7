//! The hours of a school: periods, and when it is closed; who sets them, who sees them, what is refused.

use serde_json::{Value, json};

use crate::rules::{NEXT_DOOR, two_schools};
use crate::school::{Caller, School, key};

const HOURS: &str = "structure { name periods { name from to }
    closures { id from to start end inTheWay what } } userErrors { code field }";

struct Scene {
    school: School,
    administrator: Caller,
    structure: Value,
}

fn scene() -> Scene {
    let school = School::open("published-2025");
    let administrator = school.administrator();
    let structure = administrator.ask("{ structure(uai: \"0990201F\") { id } }", json!({}));
    Scene { school, administrator, structure: structure["structure"]["id"].clone() }
}

impl Scene {
    #[track_caller]
    fn act(&self, mutation: &str, mut input: Value) -> Value {
        input["structure"] = self.structure.clone();
        self.administrator.act(mutation, input, HOURS)
    }

    /// What must be refused by a rule.
    #[track_caller]
    fn refused(&self, mutation: &str, input: Value, code: &str) {
        let answer = self.act(mutation, input);
        assert_eq!((&answer["structure"], &answer["userErrors"][0]["code"]), (&Value::Null, &json!(code)));
    }
}

fn seen(caller: &Caller) -> Value {
    let query =
        "{ structure(uai: \"0990201F\") { periods { name from to } closures { what from inTheWay } } }";
    caller.ask(query, json!({}))["structure"].clone()
}

fn period(name: &str, from: &str, to: &str) -> Value {
    json!({ "name": name, "from": from, "to": to })
}

#[test]
fn a_day_has_the_periods_that_who_administers_says() {
    let scene = scene();
    let [first, second] = [period("M1", "08:00", "09:00"), period("M2", "09:00", "10:00")];
    let set = scene.act("setPeriods", json!({ "periods": [second, first] }));
    assert_eq!(set["structure"]["periods"], json!([first, second]), "{set}");
    for (periods, code) in [
        (json!([first, period("M2", "08:30", "09:30")]), "structure.periods-overlap"),
        (json!([first, period("M1", "09:00", "10:00")]), "structure.period-named-twice"),
        (json!([period("M1", "09:00", "09:00")]), "booking.no-length"),
    ] {
        scene.refused("setPeriods", json!({ "periods": periods }), code);
    }
    let input = json!({ "structure": scene.structure, "periods": [period("M1", "8 h", "09:00")] });
    assert_eq!(scene.administrator.act_code("setPeriods", input), "GRAPHQL_VALIDATION_FAILED");
    let many: Vec<_> =
        (10..51).map(|n| period(&n.to_string(), &format!("08:{n}"), &format!("08:{}", n + 1))).collect();
    let input = json!({ "structure": scene.structure, "periods": many });
    assert_eq!(scene.administrator.act_code("setPeriods", input), "BAD_USER_INPUT");
    let none = scene.act("setPeriods", json!({ "periods": [] }));
    assert_eq!(none["structure"]["periods"], json!([]));
}

#[test]
fn a_closure_is_by_the_clock_of_the_school_and_can_be_lifted() {
    let scene = scene();
    let christmas =
        json!({ "from": "2199-12-21T00:00", "to": "2199-12-31T23:59", "what": " Vacances de Noël " });
    let (mut input, key) = (christmas.clone(), key());
    input["structure"] = scene.structure.clone();
    let made = scene.administrator.act_with("makeClosure", input.clone(), &key, HOURS);
    let closure = made["structure"]["closures"][0].clone();
    let expected = json!({
        "id": closure["id"], "what": "Vacances de Noël", "inTheWay": "SUSPEND",
        "from": "2199-12-21T00:00", "to": "2199-12-31T23:59",
        "start": "2199-12-20T23:00:00Z", "end": "2199-12-31T22:59:00Z"
    });
    assert_eq!(closure, expected, "{made}");
    // The same again is the same.
    assert_eq!(
        scene.administrator.act_with("makeClosure", input, &key, HOURS)["structure"],
        made["structure"]
    );
    let works = json!({ "from": "2199-07-01T08:00", "to": "2199-07-02T18:00", "what": "Travaux",
        "inTheWay": "BOOK_AROUND" });
    let both = scene.act("makeClosure", works);
    let ways: Vec<_> =
        both["structure"]["closures"].as_array().unwrap().iter().map(|one| &one["inTheWay"]).collect();
    assert_eq!(ways, ["BOOK_AROUND", "SUSPEND"], "in the order of beginnings");

    let with = |from: &str, to: &str| json!({ "from": from, "to": to, "what": "x" });
    for (input, code) in [
        (with("2199-12-21T00:00", "2199-12-21T00:00"), "booking.no-length"),
        (with("2020-12-21T00:00", "2021-01-04T00:00"), "structure.closure-over"),
        (with("2199-12-21T00:00", "2200-01-04T00:00"), "booking.year-out-of-range"),
    ] {
        scene.refused("makeClosure", input, code);
    }
    let mut empty = christmas;
    (empty["what"], empty["structure"]) = (json!("  "), scene.structure.clone());
    assert_eq!(scene.administrator.act_code("makeClosure", empty), "BAD_USER_INPUT");

    let lift = json!({ "closure": closure["id"] });
    for _ in 0..2 {
        let lifted = scene.act("liftClosure", lift.clone());
        assert_eq!(lifted["structure"]["closures"].as_array().unwrap().len(), 1, "{lifted}");
    }
    let unknown = json!({ "closure": "djE6Y2xvc3VyZTowMUs0UUo2WDJGMDAwMDAwMDAwMDAwMDBDMQ" });
    scene.refused("liftClosure", unknown, "structure.unknown-closure");
}

#[test]
fn who_belongs_to_the_school_sees_its_hours_and_does_not_set_them() {
    let scene = scene();
    scene.act("setPeriods", json!({ "periods": [period("M1", "08:00", "09:00")] }));
    scene.act("makeClosure", json!({ "from": "2199-12-21T00:00", "to": "2199-12-28T00:00", "what": "Noël" }));
    let shown = json!({
        "periods": [period("M1", "08:00", "09:00")],
        "closures": [{ "what": "Noël", "from": "2199-12-21T00:00", "inTheWay": "SUSPEND" }]
    });
    let teacher = scene.school.person("Cécile Lambert");
    assert_eq!(seen(&teacher), shown);
    let input = json!({ "structure": scene.structure, "periods": [] });
    assert_eq!(teacher.act_code("setPeriods", input), "FORBIDDEN");
    assert_eq!(seen(&scene.administrator), shown);
}

#[test]
fn who_belongs_elsewhere_sees_no_hours() {
    let (_school, administrator, _, local) = two_schools();
    let query = "query($uai: String!) { structure(uai: $uai) { periods { name } closures { id } } }";
    let next_door = |caller: &Caller| caller.ask(query, json!({ "uai": NEXT_DOOR }))["structure"].clone();
    assert_eq!(next_door(&administrator), json!({ "periods": [], "closures": [] }));
    assert_eq!(next_door(&local), json!({ "periods": null, "closures": null }));
}
