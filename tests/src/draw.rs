//! The groups of a school and their rules, drawn; and what changed of them.

use serde_json::{Value, json};

use crate::files;
use crate::preau::{print, run};
use crate::school::School;

#[test]
fn a_school_is_drawn_and_its_twin_says_the_same_beside_a_server_and_without_one() {
    let school = School::open("published-2025");
    let data = school.data().to_str().unwrap().to_owned();
    let draw = |more: &[&str]| {
        let common = ["rules", "draw", "--data", &data, "--structure", files::UAI, "--lang", "fr"];
        print(&[&common[..], more].concat())
    };
    let formats = ["svg", "dot", "text", "csv"];
    let drawn = formats.map(|format| draw(&["--format", format]));
    let [svg, dot, text, csv] = &drawn;
    assert!(svg.starts_with("<svg ") && svg.contains("Groupes et règles : École des Tilleuls"), "{svg}");
    let lines = svg.matches("class=\"rule\"").count();
    assert_eq!(dot.matches(" -> ").count(), lines);
    assert!(lines > 10, "{dot}");
    let mut rows = csv.lines();
    assert_eq!(rows.next(), Some("groupe,semblables,membres,utilise,expose,interne,joint"));
    let rows: Vec<_> = rows.collect();
    assert_eq!(svg.matches("<g>").count(), rows.len());
    let pupils =
        rows.iter().find(|row| row.starts_with("Élèves de CE1 A,")).unwrap_or_else(|| panic!("{csv}"));
    assert!(pupils.contains(",x,x,x,") && pupils.contains("Enseignants de CE1 A"), "{pupils}");
    assert!(text.contains("Parents de CE1 A"), "{text}");

    // One class alone.
    let class = draw(&["--format", "csv", "--class", "CM1"]);
    assert!(class.contains("Élèves de CM1") && !class.contains("CE1 A"), "{class}");
    let unknown = run(&["rules", "draw", "--data", &data, "--structure", files::UAI, "--class", "CM9"]);
    assert_eq!(unknown.status.code(), Some(6));
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(said.contains("CM9: the structure has no open class of this name"), "{said}");

    let folder = school.stop();
    assert_eq!(formats.map(|format| draw(&["--format", format])), drawn, "without a server");
    let file = folder.path().join("rules.svg");
    assert_eq!(draw(&["--out", file.to_str().unwrap()]), "");
    assert_eq!(&std::fs::read_to_string(&file).unwrap(), svg);
    let nowhere =
        run(&["rules", "draw", "--data", &data, "--structure", files::UAI, "--out", "/nowhere/x.svg"]);
    assert_eq!(nowhere.status.code(), Some(3));
}

#[test]
fn what_changed_between_two_moments_is_told_with_who_and_when() {
    let school = School::open("published-2025");
    let administrator = school.administrator();
    let data = school.data().to_str().unwrap().to_owned();
    let diff = |more: &[&str]| {
        let common = ["rules", "diff", "--data", &data, "--lang", "en"];
        print(&[&common[..], more].concat())
    };
    let query =
        "query($uai: String!) { structure(uai: $uai) { id groups(first: 100) { nodes { id name } } } }";
    let structure = administrator.ask(query, json!({ "uai": files::UAI }))["structure"].clone();
    let same = json!({"structure": structure["id"], "policy": "IMPLIED"});
    let before = administrator.act("setInternalPolicy", same, "position")["position"].clone();
    let before = before.as_str().unwrap();
    assert!(diff(&["--from", before]).contains("nothing"));

    let groups = structure["groups"]["nodes"].clone();
    let id = |name: &str| {
        let found = groups.as_array().unwrap().iter().find(|group| group["name"] == name);
        found.unwrap_or_else(|| panic!("{groups}"))["id"].clone()
    };
    let input = json!({"from": id("Enseignants de CE1 A"), "to": id("Élèves de CE1 A")});
    let made = administrator.act("makeRule", input, "rule { id } userErrors { code }");
    assert_eq!(made["userErrors"], json!([]));
    let removed = json!({"group": id("Élèves de CE1 A"), "fact": "INTERNAL"});
    administrator.act("removeFact", removed, "userErrors { code }");

    let told = diff(&["--from", before, "--structure", files::UAI]);
    assert!(told.contains("+ rule from “Teachers of CE1 A” to “Pupils of CE1 A” ("), "{told}");
    assert!(told.contains("+ “Teachers of CE1 A” uses its rules"), "{told}");
    assert!(!told.contains("is in"), "who is in what was not asked for: {told}");
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let json = read(&diff(&["--from", before, "--format", "json", "--memberships"]));
    assert_eq!(json["rulesMade"][0]["to"]["name"], "Pupils of CE1 A");
    assert_eq!((&json["joined"], &json["rulesRemoved"]), (&json!([]), &json!([])));
    let all = diff(&["--from", "1", "--memberships"]);
    assert!(all.contains("Karim MASSON is in “Parents and guardians of CE1 A”"), "{all}");

    for (arguments, code, said) in [
        (["--from", "yesterday"], 3, "write a position"),
        (["--from", "999999999"], 6, "this log goes from position 1"),
    ] {
        let refused = run(&[&["rules", "diff", "--data", &data][..], &arguments].concat());
        let words = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!((refused.status.code(), words.contains(said)), (Some(code), true), "{words}");
    }
    school.stop();
}
