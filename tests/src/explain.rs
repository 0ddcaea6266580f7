//! Why can or can't they write to each other: asked through the API and on the command line, by who may and who may not.

use std::process::Command;

use serde_json::{Value, json};

use crate::preau::{binary, print, run};
use crate::school::{Caller, School};

/// Everything the schema says of an explanation.
const ALL: &str =
    "query($from: ID, $to: ID!) { explainReach(from: $from, to: $to) { allowed sentence askAdministrator
    paths { sentence steps { kind sentence person { ...who } child { ...who } linked { ...who } group { ...what }
        to { ...what } rule byMatrix since { ...event } reasons { cause rule accepted since { ...event } } } }
    misses { changes sentence from { ...what } to { ...what } missing { kind sentence person { ...who }
        group { ...what } to { ...what } structure { ...where } class { id name } fixes { kind sentence
            person { ...who } group { ...what } to { ...what } fact exposeMembers structure { ...where }
            class { id name } policy by byStructures { ...where } preview { clause opened
                openedProfiles { from to pairs } closed closedProfiles { from to pairs } needsAcceptance
                openedInside { group { ...what } members students relatives needsAcceptance } } } } } } }
    fragment who on Correspondent { id displayName profile }
    fragment what on NamedGroup { id name }
    fragment where on Structure { id uai name }
    fragment event on TracedOrigin { position at kind actor { kind person { ...who } role process } }";

/// Ids of a person and of a group that never were.
const NOBODY: &str = "djE6cGVyc29uOjAxSzRRSjZYMkYwMDAwMDAwMDAwMDAwMFAx";
const NOTHING: &str = "djE6Z3JvdXA6MDFLNFFKNlgyRjAwMDAwMDAwMDAwMDAwRzE";

fn explained(caller: &Caller, from: Option<&str>, to: &str) -> Value {
    caller.ask(ALL, json!({"from": from, "to": to}))["explainReach"].clone()
}

fn group(administrator: &Caller, name: &str) -> String {
    let query = "{ structure(uai: \"0990201F\") { groups(first: 100) { nodes { id name } } } }";
    let groups = administrator.ask(query, json!({}))["structure"]["groups"]["nodes"].clone();
    let found = groups.as_array().unwrap().iter().find(|group| group["name"] == name).unwrap().clone();
    found["id"].as_str().unwrap().to_owned()
}

fn id(administrator: &Caller, name: &str) -> String {
    let query = "query($name: String!) { people(search: $name, first: 1) { nodes { id } } }";
    let found = administrator.ask(query, json!({ "name": name }));
    found["people"]["nodes"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_path_is_a_sentence_and_each_of_its_facts_has_the_event_that_made_it() {
    let school = School::open("published-2025");
    let administrator = school.administrator();
    let (parent, teacher) = (school.person("Karim Masson"), id(&administrator, "Cécile Lambert"));
    let told = explained(&administrator, Some(&parent.id), &teacher);
    assert_eq!((&told["allowed"], &told["misses"]), (&json!(true), &json!([])), "{told:#}");
    let path = &told["paths"][0];
    let sentence = path["sentence"].as_str().unwrap();
    for piece in [
        "Karim MASSON est dans « Parents de CE1 A » depuis le ",
        ", qui utilise ses règles (par la matrice depuis le ",
        " → règle vers « Enseignants de CE1 A » depuis le ",
        ", donnée par une matrice, qui expose ses membres (par la matrice depuis le ",
        " → Cécile LAMBERT en fait partie depuis le ",
    ] {
        assert!(sentence.contains(piece), "{piece}\n{sentence}");
    }
    let steps = path["steps"].as_array().unwrap();
    let kinds: Vec<_> = steps.iter().map(|step| step["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["MEMBER", "USES", "RULE", "EXPOSES", "MEMBER"]);
    for step in steps {
        let events: Vec<_> = match step["reasons"].as_array().unwrap() {
            none if none.is_empty() => vec![&step["since"]],
            reasons => reasons.iter().map(|reason| &reason["since"]).collect(),
        };
        for event in events {
            assert!(event["position"].is_string() && event["at"].is_string(), "{step:#}");
            assert_eq!(event["actor"]["kind"], "OPERATOR", "{step:#}");
        }
    }
    assert_eq!(steps[0]["since"]["kind"], "person.child-linked");
    assert_eq!(steps[2]["since"]["kind"], "structure.matrix-applied");
    assert_eq!(steps[4]["since"]["kind"], "person.class-joined");
    // The same for the parent who asks from themselves, and the class teachers as a group.
    assert_eq!(explained(&parent, None, &teacher), told);
    let teachers = group(&administrator, "Enseignants de CE1 A");
    let whole = explained(&parent, None, &teachers);
    assert_eq!((&whole["allowed"], whole["paths"][0]["steps"].as_array().unwrap().len()), (&json!(true), 3));
    // A family, with the event that linked it.
    let child = id(&administrator, "Lila Masson");
    let family = explained(&parent, None, &child);
    let step = &family["paths"][0]["steps"][0];
    assert_eq!((&step["kind"], &step["since"]["kind"]), (&json!("FAMILY"), &json!("person.child-linked")));
    assert_eq!(step["child"]["id"], json!(child));
    assert_eq!(step["reasons"][0]["since"]["kind"], "structure.matrix-applied", "what links them");
    school.stop();
}

#[test]
fn a_miss_names_what_is_missing_what_mends_it_and_who_may() {
    let school = School::open("published-2025");
    let administrator = school.administrator();
    let [parent, teacher] = ["Karim Masson", "Hugo Brunet"].map(|name| id(&administrator, name));
    let told = explained(&administrator, Some(&parent), &teacher);
    assert_eq!((&told["allowed"], &told["askAdministrator"]), (&json!(false), &json!(false)));
    let misses = told["misses"].as_array().unwrap();
    let changes: Vec<_> = misses.iter().map(|miss| miss["changes"].as_u64().unwrap()).collect();
    assert!(changes.is_sorted() && changes[0] == 1, "{changes:?}");
    let gap = &misses[0]["missing"][0];
    assert_eq!(gap["kind"], "NOT_IN_CLASS", "{told:#}");
    let fix = &gap["fixes"][0];
    assert_eq!((&fix["kind"], &fix["by"]), (&json!("JOIN_CLASS"), &json!("LOCAL")));
    assert_eq!(fix["byStructures"][0]["name"], "École des Tilleuls");
    let all: Vec<_> = misses.iter().map(|miss| miss["sentence"].as_str().unwrap()).collect();
    let expected = "Hugo BRUNET n'est pas rattaché·e à la classe CE1 A → rattacher Hugo BRUNET à la classe CE1 A (par un \
                    administrateur local de l'école des Tilleuls).";
    assert!(all.contains(&expected), "{all:#?}");

    // Blocked: named as such for who may know, with the way out.
    let block = json!({"person": teacher, "cause": "PERSON", "reason": "essai"});
    let before = explained(&administrator, Some(&id(&administrator, "Aya N'Guessan")), &teacher);
    assert_eq!(before["allowed"], true);
    let blocked = administrator.act("blockAccount", block, "position userErrors { code }");
    let after = explained(&administrator, Some(&id(&administrator, "Aya N'Guessan")), &teacher);
    assert_eq!(after["misses"][0]["missing"][0]["kind"], "ACCOUNT_BLOCKED");
    assert_eq!(after["misses"][0]["missing"][0]["fixes"][0]["by"], "LOCAL_OR_HEAD");
    // As it was before, by the same field below `asOf`.
    let position: u64 = blocked["position"].as_str().unwrap().parse().unwrap();
    let then = "query($at: Position!, $from: ID!, $to: ID!) {
        asOf(position: $at) { explainReach(from: $from, to: $to) { allowed paths { sentence } } } }";
    let pupil = id(&administrator, "Aya N'Guessan");
    let asked = json!({"at": (position - 1).to_string(), "from": pupil, "to": teacher});
    let then = administrator.ask(then, asked)["asOf"]["explainReach"].clone();
    assert_eq!(then["allowed"], true);
    assert_eq!(then["paths"][0]["sentence"], before["paths"][0]["sentence"]);
    school.stop();
}

/// The fixes of an explanation that are rules.
fn rules_to_make(told: &Value) -> Vec<&Value> {
    let misses = told["misses"].as_array().unwrap().iter();
    let gaps = misses.flat_map(|miss| miss["missing"].as_array().unwrap());
    let fixes = gaps.flat_map(|gap| gap["fixes"].as_array().unwrap());
    fixes.filter(|fix| fix["kind"] == "MAKE_RULE").collect()
}

#[test]
fn each_fix_of_rules_says_what_it_would_open_which_is_what_its_preview_and_making_it_say() {
    let school = School::open("published-2025");
    let administrator = school.administrator();
    let (parent, teacher) = (school.person("Karim Masson"), id(&administrator, "Hugo Brunet"));
    let told = explained(&administrator, Some(&parent.id), &teacher);
    let rules = rules_to_make(&told);
    assert!(!rules.is_empty(), "{told:#}");
    let preview = "query($changes: [RuleChangeInput!]!) { previewRuleChange(changes: $changes) {
        needsAcceptance openedInside { members } opened { pairs profiles { from to pairs } } } }";
    for fix in &rules {
        let rule =
            json!({"from": fix["group"]["id"], "to": fix["to"]["id"], "exposeMembers": fix["exposeMembers"]});
        let looked = administrator.ask(preview, json!({"changes": [{ "makeRule": rule }]}));
        let (looked, own) = (&looked["previewRuleChange"], &fix["preview"]);
        assert!(own["opened"].as_u64().unwrap() > 0, "{fix:#}");
        assert_eq!(own["opened"], looked["opened"]["pairs"], "{fix:#}");
        assert_eq!(own["openedProfiles"], looked["opened"]["profiles"], "{fix:#}");
        assert_eq!(own["needsAcceptance"], looked["needsAcceptance"], "{fix:#}");
        let clause = own["clause"].as_str().unwrap();
        assert!(clause.starts_with("ouvre ") && clause.contains("parents et responsables → "), "{clause}");
    }
    let joins = &told["misses"][0]["missing"][0]["fixes"][0];
    assert_eq!(
        (&joins["kind"], &joins["preview"]),
        (&json!("JOIN_CLASS"), &Value::Null),
        "no change of rules"
    );
    let (fix, opened) = (rules[0], rules[0]["preview"]["opened"].clone());
    let input = json!({"from": fix["group"]["id"], "to": fix["to"]["id"], "exposeMembers": fix["exposeMembers"],
        "accept": ["OPENS_MEMBERS"]});
    let made = administrator.act("makeRule", input, "preview { opened { pairs } } userErrors { code }");
    assert_eq!((&made["userErrors"], &made["preview"]["opened"]["pairs"]), (&json!([]), &opened));
    assert_eq!(explained(&administrator, Some(&parent.id), &teacher)["allowed"], true);
    // Whoever is told about themselves alone is told no number either.
    let own = explained(&school.person("Lila Masson"), None, &teacher).to_string();
    assert!(!own.contains("\"opened\""), "{own}");
    school.stop();
}

#[test]
fn who_asks_from_themselves_learns_nothing_of_whom_they_do_not_reach() {
    let school = School::open("published-2025");
    let administrator = school.administrator();
    let (parent, teacher) = (school.person("Karim Masson"), school.person("Cécile Lambert"));
    let stranger = id(&administrator, "Awa N'Guessan");
    assert_eq!(explained(&parent, None, &teacher.id)["allowed"], true);
    let block = json!({"person": teacher.id, "cause": "PERSON", "reason": "essai"});
    administrator.act("blockAccount", block, "userErrors { code }");
    let elsewhere = group(&administrator, "Enseignants de CM1");
    let answers = [&teacher.id, &stranger, NOBODY, &elsewhere, NOTHING, &parent.id]
        .map(|to| parent.whole(ALL, json!({"from": null, "to": to})).to_string());
    for answer in &answers {
        assert_eq!(answer, &answers[0], "blocked, of another family, unknown: the same, byte for byte");
    }
    let answer = explained(&parent, Some(&parent.id), NOBODY);
    assert_eq!((&answer["allowed"], &answer["askAdministrator"]), (&json!(false), &json!(true)));
    assert_eq!(
        answer["sentence"],
        "Vous ne pouvez pas joindre ce destinataire : adressez-vous à votre administrateur."
    );
    assert_eq!(answer["misses"], json!([]), "nothing is missing about the parent");

    // What is missing about oneself is said, and still nothing of the other.
    let fields = "misses { sentence missing { kind } } askAdministrator";
    let query = format!("query($to: ID!) {{ explainReach(to: $to) {{ {fields} }} }}");
    let alone = school.person("Agnès Roux");
    let heads = alone.ask(&query, json!({"to": stranger}))["explainReach"].clone();
    assert_eq!(heads["askAdministrator"], false, "a head of school asks with both ends in scope: {heads}");
    school.stop();
}

#[test]
fn only_who_has_both_ends_in_scope_asks_for_others() {
    let school = School::open("published-2025");
    let administrator = school.administrator();
    let [head, teacher, parent, stranger] =
        ["Agnès Roux", "Cécile Lambert", "Karim Masson", "Awa N'Guessan"].map(|name| school.person(name));
    let asked = json!({"from": parent.id, "to": teacher.id});
    assert_eq!(teacher.code(ALL, asked.clone()), "FORBIDDEN", "seen, and not in scope");
    assert_eq!(stranger.code(ALL, asked.clone()), "NOT_FOUND", "not seen");
    for to in [NOBODY, NOTHING] {
        assert_eq!(
            teacher.code(ALL, json!({"from": parent.id, "to": to})),
            "FORBIDDEN",
            "before whether it is there"
        );
        assert_eq!(administrator.code(ALL, json!({"from": parent.id, "to": to})), "NOT_FOUND");
    }
    for bad in [json!({"from": parent.id, "to": "?"}), json!({"from": NOTHING, "to": teacher.id})] {
        assert_eq!(administrator.code(ALL, bad), "BAD_USER_INPUT");
    }
    let whole = explained(&administrator, Some(&parent.id), &teacher.id);
    assert_eq!(explained(&head, Some(&parent.id), &teacher.id), whole, "a head of school");
    let structure = administrator.ask("{ structure(uai: \"0990201F\") { id } }", json!({}));
    let structures = [structure["structure"]["id"].clone()];
    let local = json!({"person": teacher.id, "role": "LOCAL_ADMINISTRATOR", "structures": structures});
    let auditor = json!({"person": stranger.id, "role": "AUDITOR", "structures": structures, "ends": "2090-01-01",
        "reason": "enquête"});
    for (role, caller) in [(local, &teacher), (auditor, &stranger)] {
        let granted = administrator.act("grantRole", role, "userErrors { code }");
        assert_eq!(granted["userErrors"], json!([]));
        assert_eq!(explained(caller, Some(&parent.id), &teacher.id), whole);
    }
    let above = administrator.ask("{ me { id } }", json!({}))["me"]["id"].clone();
    assert_eq!(
        teacher.code(ALL, json!({"from": parent.id, "to": above})),
        "NOT_FOUND",
        "the other end is not"
    );
    school.stop();
}

#[test]
fn the_command_line_says_it_beside_a_server_and_without_one() {
    let school = School::open("published-2025");
    let administrator = school.administrator();
    let [parent, teacher, other] =
        ["Karim Masson", "Cécile Lambert", "Hugo Brunet"].map(|name| id(&administrator, name));
    let data = school.data().to_str().unwrap().to_owned();
    let ask = |to: &str, more: &[&str]| {
        let asked = ["rules", "explain", "--data", &data, "--from", "karim.masson", "--to", to];
        print(&[&asked, more].concat())
    };
    let asked: [(&str, &[&str]); 5] = [
        ("cecile.lambert", &["--lang", "fr"]),
        ("hugo.brunet", &["--lang", "en"]),
        ("Parents de CE1 A", &["--language", "en"]),
        (&other, &["--format", "json", "--lang", "fr"]),
        (&teacher, &["--format", "json", "--lang", "fr"]),
    ];
    let beside = asked.map(|(to, more)| ask(to, more));
    for piece in [
        "Karim MASSON peut voir Cécile LAMBERT et lui écrire.\nPar ces chemins :\n  1. Karim MASSON est dans « Parents de CE1 A »",
        "\n     [structure.matrix-applied ",
        "\n     [person.class-joined ",
    ] {
        assert!(beside[0].contains(piece), "{piece}\n{}", beside[0]);
    }
    for piece in [
        "Karim MASSON may neither see Hugo BRUNET nor write to them.\nWhat is missing, the nearest first:\n  1. ",
        "Hugo BRUNET is not attached to class CE1 A → attach Hugo BRUNET to class CE1 A (by a local administrator of École des Tilleuls).\n",
        "to “Teachers of CM1” (by a local administrator of École des Tilleuls; opens 6 ordered pairs (parents and guardians → teachers)).\n",
        "; opens 26 ordered pairs (parents and guardians → teachers: 6, parents and guardians → parents and guardians: 20), members of “Parents and guardians of École des Tilleuls” will reach each other, which must be accepted: 5).\n",
    ] {
        assert!(beside[1].contains(piece), "{piece}\n{}", beside[1]);
    }
    assert!(
        beside[2].starts_with("Karim MASSON may not write to “Parents and guardians of CE1 A”.\n"),
        "{}",
        beside[2]
    );
    for (printed, to) in [(&beside[3], &other), (&beside[4], &teacher)] {
        let printed: Value = serde_json::from_str(printed).unwrap();
        assert_eq!(printed, explained(&administrator, Some(&parent), to), "what the API answers");
    }
    // Before the parent had a child, and the school its rules.
    let told: Value = serde_json::from_str(&beside[4]).unwrap();
    let linked = told["paths"][0]["steps"][0]["since"]["position"].as_str().unwrap();
    let before = (linked.parse::<u64>().unwrap() - 1).to_string();
    let then = ask("cecile.lambert", &["--at", &before, "--lang", "en"]);
    for piece in [
        "Karim MASSON may neither see Cécile LAMBERT",
        " has no rule to “Teachers of CE1 A” yet → make a rule ",
    ] {
        assert!(then.contains(piece), "{piece}\n{then}");
    }
    let code = |to: &str, more: &[&str]| {
        let asked = ["rules", "explain", "--data", &data, "--from", "karim.masson", "--to", to];
        run(&[&asked, more].concat()).status.code()
    };
    assert_eq!(code("nobody.here", &[]), Some(6));
    assert_eq!(code("cecile.lambert", &["--at", "hier"]), Some(3));
    assert_eq!(code("cecile.lambert", &["--at", "99999999"]), Some(6));
    let _folder = school.stop();
    assert_eq!(asked.map(|(to, more)| ask(to, more)), beside, "the same without a server");
}

#[test]
fn the_commands_of_the_readme_say_what_it_says() {
    let school = School::open("published-2025");
    let readme = include_str!("../../README.md");
    let blocks = readme.split("```sh explain\n").skip(1).filter_map(|rest| rest.split("```").next());
    let script: String = blocks.collect();
    assert!(script.lines().count() > 2, "the README has commands to walk");
    let path = format!("{}:{}", binary().parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut bash = Command::new("bash");
    let walked =
        bash.args(["-euc", &script]).current_dir(school.folder()).env("PATH", path).output().unwrap();
    let said =
        String::from_utf8_lossy(&walked.stdout).into_owned() + &String::from_utf8_lossy(&walked.stderr);
    assert!(walked.status.success(), "{said}");
    for expected in [
        "Karim MASSON may see and write to Cécile LAMBERT.\nBy these ways:\n  1. Karim MASSON is in “Parents and guardians of CE1 A” since ",
        "Karim MASSON ne peut ni voir Hugo BRUNET ni lui écrire.\nCe qui manque, le plus proche d'abord :\n  1. ",
        "\"allowed\": true",
    ] {
        assert!(said.contains(expected), "{expected}\n{said}");
    }
    school.stop();
}
