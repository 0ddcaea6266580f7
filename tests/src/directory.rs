//! Finding people: by name in any order, by filters, page after page.

use serde_json::{Value, json};

use crate::school::{Caller, School};

fn names(caller: &Caller, arguments: &str) -> Vec<String> {
    let found = caller
        .ask(&format!("{{ people({arguments}, first: 100) {{ nodes {{ displayName }} }} }}"), json!({}));
    let nodes = found["people"]["nodes"].as_array().unwrap().iter();
    nodes.map(|node| node["displayName"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_name_is_found_by_its_beginnings_in_any_order_and_without_accents() {
    let school = School::open("published-2025");
    let administrator = school.administrator();
    for (search, found) in [
        ("eloise", vec!["Éloïse VERDIER"]),
        ("verdier elo", vec!["Éloïse VERDIER"]),
        ("ÉLO VERD", vec!["Éloïse VERDIER"]),
        ("guessan", vec!["Awa N'GUESSAN", "Aya N'GUESSAN"]),
        ("nguessan", vec![]),
        ("n'guessan awa", vec!["Awa N'GUESSAN"]),
        ("zzz", vec![]),
    ] {
        assert_eq!(names(&administrator, &format!("search: \"{search}\"")), found, "{search}");
    }
}

#[test]
fn filters_take_away_and_pages_miss_nobody() {
    let school = School::open("published-2025");
    let (administrator, head) = (school.administrator(), school.person("Agnès Roux"));
    let inside = "{ structure(uai: \"0990201F\") { id classes { id name }
        groups(first: 100) { nodes { id name memberCount } } } }";
    let structure = administrator.ask(inside, json!({}))["structure"].clone();
    let class =
        structure["classes"].as_array().unwrap().iter().find(|class| class["name"] == "CE1 A").unwrap();
    let of_class = format!("class: {}", class["id"]);
    let expected = ["Cécile LAMBERT", "Lila MASSON", "Éloïse VERDIER"];
    assert_eq!(names(&administrator, &of_class), expected);
    assert_eq!(names(&administrator, &format!("{of_class}, profile: STUDENT")), expected[1..]);

    // Blocked, a pupil stays in the class for who administers, and for nobody else.
    let lila = administrator.ask("{ people(search: \"lila\", first: 1) { nodes { id } } }", json!({}));
    let block = json!({"person": lila["people"]["nodes"][0]["id"], "cause": "PERSON", "reason": "essai"});
    administrator.act("blockAccount", block, "userErrors { code }");
    assert_eq!(names(&administrator, &of_class), expected);
    assert_eq!(names(&head, &of_class), expected, "a head of school sees the records of the school");
    let teacher = school.person("Cécile Lambert");
    assert_eq!(names(&teacher, &of_class), ["Cécile LAMBERT", "Éloïse VERDIER"]);

    let groups = structure["groups"]["nodes"].as_array().unwrap();
    let parents = groups.iter().find(|group| group["name"] == "Parents de CE1 A").unwrap();
    assert_eq!(parents["memberCount"], 4);
    assert_eq!(names(&administrator, &format!("group: {}", parents["id"])).len(), 4);
    let everybody = names(&administrator, &format!("structure: {}", structure["id"]));
    assert_eq!(everybody.len(), 12);

    // Page after page, in one order, while people sign in.
    let (mut paged, mut after) = (vec![], Value::Null);
    let query =
        "query($after: String, $structure: ID) { people(first: 5, after: $after, structure: $structure) {
        totalCount nodes { displayName } pageInfo { hasNextPage endCursor } } }";
    loop {
        let page = administrator.ask(query, json!({"after": after, "structure": structure["id"]}));
        let page = &page["people"];
        assert_eq!(page["totalCount"], 12);
        let nodes = page["nodes"].as_array().unwrap().iter();
        paged.extend(nodes.map(|node| node["displayName"].as_str().unwrap().to_owned()));
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(paged, everybody);
    let bad = "{ people(first: 5, after: \"nonsense\") { totalCount } }";
    assert_eq!(administrator.code(bad, json!({})), "BAD_USER_INPUT");
    assert_eq!(administrator.code("{ people { totalCount } }", json!({})), "BAD_USER_INPUT");
    school.stop();
}
