//! Recipes, and the matrix applied again and reset, through the front door and on the command line: questions of the
//! seed 000, under their names.

use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::files;
use crate::preau::{Server, print, run};
use crate::school::{Caller, School, key};

const OWN: &str = "TEACHERS_OWN_CLASSES_ONLY";
const QUIET: &str = "NO_TALK_INSIDE_CLASSES";
const PARENTS: &str = "PARENTS_DO_NOT_WRITE_TO_TEACHERS";

const PREVIEW: &str = "rulesMade rulesRemoved factsGiven factsLost refused { code }
    removedByHand { from { name } to { name } } fromElsewhere { from { name } to { name } }
    facts { group { name } fact reason gets }
    reach { needsAcceptance warnings { code group { name } }
        opened { pairs profiles { from to pairs } } closed { pairs profiles { from to pairs } }
        openedInside { group { name } members needsAcceptance } closedInside { group { name } } }
    explicit { needsAcceptance opened { pairs profiles { from to pairs } } closed { pairs } }";

fn structure(caller: &Caller) -> String {
    let found =
        caller.ask("query($uai: String!) { structure(uai: $uai) { id } }", json!({"uai": files::UAI}));
    found["structure"]["id"].as_str().unwrap().to_owned()
}

fn preview(caller: &Caller, recipe: &str, take_back: bool) -> Value {
    let query = format!(
        "query($of: ID!, $recipe: String!, $back: Boolean!) {{
            previewRecipe(structure: $of, recipe: $recipe, takeBack: $back) {{ {PREVIEW} }} }}"
    );
    let variables = json!({"of": structure(caller), "recipe": recipe, "back": take_back});
    caller.ask(&query, variables)["previewRecipe"].clone()
}

fn input(caller: &Caller, recipe: &str, accepts: bool) -> Value {
    let accept = if accepts { json!(["OPENS_MEMBERS"]) } else { json!([]) };
    json!({"structure": structure(caller), "recipe": recipe, "accept": accept})
}

fn fields() -> String {
    format!("structure {{ name }} preview {{ {PREVIEW} }} userErrors {{ code field }}")
}

#[track_caller]
fn done(caller: &Caller, mutation: &str, recipe: &str, accepts: bool) -> Value {
    let done = caller.act(mutation, input(caller, recipe, accepts), &fields());
    assert_eq!(done["userErrors"], json!([]), "{mutation} {recipe}");
    done
}

fn reaches(caller: &Caller, other: &Caller) -> bool {
    let query = "query($id: ID!) { reachable(person: $id) { reachable } }";
    caller.ask(query, json!({"id": other.id}))["reachable"]["reachable"].as_bool().unwrap()
}

fn recipes(caller: &Caller) -> Value {
    let query = "query($id: ID!) { structure(id: $id) {
        recipes { name version title since { kind actor { person { displayName } } } } } }";
    caller.ask(query, json!({"id": structure(caller)}))["structure"]["recipes"].clone()
}

/// Somebody who administers the school and nothing else.
fn local(school: &School, name: &str) -> Caller {
    let caller = school.person(name);
    school.appoint(&caller, "LOCAL_ADMINISTRATOR", &[&structure(&school.administrator())]);
    caller
}

#[test]
fn comment_limiter_la_communication_des_enseignants_uniquement_avec_les_eleves_et_parents_de_leur_classe() {
    let school = School::open("published-2025");
    let local = local(&school, "Hugo Brunet");
    let [teacher, lila, noe, karim, solene, awa] =
        ["Cécile Lambert", "Lila Masson", "Noé Verdier", "Karim Masson", "Solène Verdier", "Awa N'Guessan"]
            .map(|name| school.person(name));
    assert!(reaches(&teacher, &noe) && reaches(&teacher, &awa) && !reaches(&karim, &solene));

    // Parents of each class would write to each other: counted, refused until accepted, with the way without.
    let looked = preview(&local, OWN, false);
    let opened = json!([{"from": "RELATIVE", "to": "RELATIVE", "pairs": 14}]);
    assert_eq!(looked["reach"]["opened"]["profiles"], opened, "twelve in CE1 A, two in CM1");
    assert_eq!((&looked["reach"]["needsAcceptance"], &looked["refused"]), (&json!(true), &Value::Null));
    let without = &looked["explicit"];
    assert_eq!((&without["needsAcceptance"], &without["opened"]["pairs"]), (&json!(false), &json!(0)));
    let refused = local.act("takeRecipe", input(&local, OWN, false), &fields());
    assert_eq!(refused["userErrors"], json!([{"code": "communication.opens-members", "field": "accept"}]));
    assert_eq!((&refused["preview"], &refused["structure"]), (&looked, &Value::Null));
    assert!(reaches(&teacher, &noe) && !reaches(&karim, &solene), "nothing was done");

    let (once, accepted) = (key(), input(&local, OWN, true));
    let taken = local.act_with("takeRecipe", accepted.clone(), &once, &fields());
    assert_eq!((&taken["preview"], &taken["userErrors"]), (&looked, &json!([])));
    let again = local.act_with("takeRecipe", accepted, &once, &fields());
    assert_eq!((&again["preview"], &again["structure"]), (&Value::Null, &taken["structure"]), "taken once");
    assert!(reaches(&teacher, &lila) && reaches(&teacher, &karim));
    assert!(!reaches(&teacher, &noe) && !reaches(&teacher, &awa) && reaches(&karim, &solene));
    let shown = &recipes(&local)[0];
    assert_eq!((&shown["name"], &shown["version"]), (&json!(OWN), &json!(1)));
    assert_eq!(shown["since"]["kind"], "structure.recipe-taken");
    assert_eq!(shown["since"]["actor"]["person"]["displayName"], "Hugo BRUNET");
    assert!(shown["title"].as_str().unwrap().contains("leurs classes"), "{shown}");

    // In September there is another class.
    let folder = school.stop();
    let (onde, data) = (folder.path().join("onde"), folder.path().join("data"));
    for (file, line) in [
        ("CSVExtraction-eleves.csv", r#""DUPONT";;"Lou";"2017-01-02";"F";"CYCLE II";"CE2";"CE2""#),
        ("CSVExtraction-enseignants.csv", r#""MME";;"PETIT";"Jeanne";;"non";"CE2""#),
    ] {
        let mut file = std::fs::File::options().append(true).open(onde.join(file)).unwrap();
        writeln!(file, "{line}").unwrap();
    }
    let (data, onde) = (data.to_str().unwrap(), onde.to_str().unwrap());
    print(&["import", "onde", "--data", data, "--uai", files::UAI, onde]);
    let school = School::at(folder);
    let (jeanne, lou) = (school.person("Jeanne Petit"), school.person("Lou Dupont"));
    let [teacher, lila, noe, karim, solene] = [teacher, lila, noe, karim, solene].map(|it| it.at(&school));
    assert!(reaches(&jeanne, &lou) && !reaches(&jeanne, &lila) && !reaches(&teacher, &lou));

    let local = local.at(&school);
    let back = preview(&local, OWN, true);
    let back_again = done(&local, "takeBackRecipe", OWN, false);
    assert_eq!(back_again["preview"], back);
    assert!(reaches(&teacher, &noe) && reaches(&teacher, &lou) && reaches(&jeanne, &lila));
    assert!(!reaches(&karim, &solene), "opened by it, closed with it");
    assert_eq!(recipes(&local), json!([]));
    school.stop();
}

#[test]
fn je_ne_veux_pas_que_les_parents_me_contactent() {
    let school = School::open("published-2025");
    let local = local(&school, "Hugo Brunet");
    let [teacher, karim, lila] =
        ["Cécile Lambert", "Karim Masson", "Lila Masson"].map(|name| school.person(name));
    assert!(reaches(&karim, &teacher));
    let looked = preview(&local, PARENTS, false);
    assert_eq!(looked["reach"]["opened"]["pairs"], 0);
    // Four parents to one teacher, two to two; the head of the school is still reached as direction.
    assert_eq!((&looked["rulesRemoved"], &looked["factsLost"]), (&json!(4), &json!(0)));
    let taken = done(&local, "takeRecipe", PARENTS, false);
    assert_eq!(taken["preview"], looked);
    assert!(!reaches(&karim, &teacher) && reaches(&teacher, &karim) && reaches(&lila, &teacher));

    // Replies stay possible.
    let refused =
        karim.act("sendMessage", json!({"subject": "Bonjour", "to": [teacher.id]}), "userErrors { code }");
    assert_eq!(refused["userErrors"][0]["code"], "messaging.out-of-reach");
    let message = teacher.send("Sortie de jeudi", &[&karim.id], &[]);
    let reply = json!({"message": message, "bodyText": "D'accord."});
    let replied = karim.act("replyToMessage", reply, "message { id } userErrors { code }");
    assert_eq!(replied["userErrors"], json!([]));

    done(&local, "takeBackRecipe", PARENTS, false);
    assert!(reaches(&karim, &teacher));
    school.stop();
}

#[test]
fn vous_pouvez_couper_la_communication_au_sein_des_classes() {
    let school = School::open("classic");
    let local = local(&school, "Hugo Brunet");
    let [lila, eloise, teacher, karim] =
        ["Lila Masson", "Éloïse Verdier", "Cécile Lambert", "Karim Masson"].map(|it| school.person(it));
    assert!(reaches(&lila, &eloise) && reaches(&karim, &eloise));

    // Rules run both ways here, which implies it: it takes EXPLICIT, and that is said.
    let looked = preview(&local, QUIET, false);
    assert_eq!(looked["refused"]["code"], "communication.implied-by-both-directions");
    assert_eq!(looked["explicit"]["closed"]["pairs"], 4, "two pupils in each of two classes");
    let refused = local.act("takeRecipe", input(&local, QUIET, true), &fields());
    assert_eq!(refused["userErrors"][0]["code"], "communication.implied-by-both-directions");
    assert_eq!(refused["preview"], looked);
    let policy = json!({"structure": structure(&local), "policy": "EXPLICIT"});
    assert_eq!(local.act("setInternalPolicy", policy, "userErrors { code }")["userErrors"], json!([]));
    let taken = done(&local, "takeRecipe", QUIET, false);
    assert_eq!(taken["preview"]["reach"]["closed"]["pairs"], 4);
    assert!(!reaches(&lila, &eloise) && reaches(&lila, &teacher) && reaches(&karim, &eloise));

    // Quand les élèves comprennent les règles, vous pouvez ouvrir: taken back, which has to be accepted.
    let refused = local.act("takeBackRecipe", input(&local, QUIET, false), &fields());
    assert_eq!(refused["userErrors"][0]["code"], "communication.opens-members");
    assert_eq!(refused["preview"]["reach"]["opened"]["pairs"], 4);
    done(&local, "takeBackRecipe", QUIET, true);
    assert!(reaches(&lila, &eloise));
    school.stop();

    let school = School::open("published-2025");
    let administrator = school.administrator();
    let [lila, eloise, teacher] =
        ["Lila Masson", "Éloïse Verdier", "Cécile Lambert"].map(|it| school.person(it));
    done(&administrator, "takeRecipe", QUIET, false);
    assert!(!reaches(&lila, &eloise) && reaches(&lila, &teacher), "as IMPLIED, no rule ends at the pupils");
    let own = administrator.act("takeRecipe", input(&administrator, OWN, true), &fields());
    assert_eq!(
        own["userErrors"][0]["code"], "communication.implied-by-both-directions",
        "it would reopen them"
    );
    let unknown = administrator.act("takeRecipe", input(&administrator, "REST", true), &fields());
    assert_eq!(unknown["userErrors"][0]["code"], "communication.unknown-recipe");
    school.stop();
}

/// The groups of the school by name: their ids.
fn group(caller: &Caller, name: &str) -> Value {
    let query = "query($id: ID!) { structure(id: $id) { groups(first: 100) { nodes { id name } } } }";
    let found = caller.ask(query, json!({"id": structure(caller)}));
    let groups = found["structure"]["groups"]["nodes"].as_array().unwrap();
    groups.iter().find(|group| group["name"] == name).unwrap_or_else(|| panic!("{name}: {groups:?}"))["id"]
        .clone()
}

#[test]
fn a_reset_lists_what_it_will_undo_first_and_leaves_what_others_made() {
    let folder = TempDir::new().unwrap();
    files::write(&folder.path().join("onde"));
    let (next, data) = (folder.path().join("next"), folder.path().join("data"));
    files::write_neighbour(&next);
    let (next, data) = (next.to_str().unwrap().to_owned(), data.to_str().unwrap().to_owned());
    print(&["import", "onde", "--data", &data, "--uai", "0990202G", "--name", "École des Ormes", &next]);
    let school = School::import(folder, "onde", "published-2025");
    let administrator = school.administrator();
    let local = local(&school, "Hugo Brunet");
    let [lila, eloise, karim, solene] =
        ["Lila Masson", "Éloïse Verdier", "Karim Masson", "Solène Verdier"].map(|it| school.person(it));
    let of = structure(&administrator);
    let [pupils, parents, others] =
        ["Élèves de CE1 A", "Parents de CE1 A", "Enseignants de CM1"].map(|name| group(&administrator, name));
    let theirs = administrator
        .ask("{ structure(uai: \"0990202G\") { groups(first: 100) { nodes { id name } } } }", json!({}));
    let theirs = theirs["structure"]["groups"]["nodes"].as_array().unwrap();
    let theirs = theirs.iter().find(|it| it["name"] == "Enseignants de CE1 A").unwrap()["id"].clone();
    let act = |mutation: &str, input: Value| {
        let done = administrator.act(mutation, input, "userErrors { code }");
        assert_eq!(done["userErrors"], json!([]), "{mutation}");
    };
    done(&administrator, "takeRecipe", PARENTS, false);
    act("removeFact", json!({"group": pupils, "fact": "INTERNAL"}));
    act("removeFact", json!({"group": pupils, "fact": "EXPOSES"}));
    act("grantFact", json!({"group": parents, "fact": "INTERNAL", "accept": ["OPENS_MEMBERS"]}));
    act("makeRule", json!({"from": parents, "to": others}));
    act("makeRule", json!({"from": theirs, "to": parents, "accept": ["OPENS_MEMBERS"]}));
    assert!(!reaches(&lila, &eloise) && reaches(&karim, &solene) && reaches(&karim, &local));

    let query = format!("query($of: ID!) {{ previewMatrix(structure: $of, reset: true) {{ {PREVIEW} }} }}");
    assert_eq!(local.code(&query, json!({ "of": of })), "FORBIDDEN", "for the platform");
    let looked = administrator.ask(&query, json!({ "of": of }))["previewMatrix"].clone();
    let by_hand = json!([{"from": {"name": "Parents de CE1 A"}, "to": {"name": "Enseignants de CM1"}}]);
    assert_eq!(looked["removedByHand"], by_hand);
    let stays = json!([{"from": {"name": "Enseignants de CE1 A"}, "to": {"name": "Parents de CE1 A"}}]);
    assert_eq!(looked["fromElsewhere"], stays, "a rule of the school next door");
    let facts = looked["facts"].as_array().unwrap();
    let lost =
        json!({"group": {"name": "Parents de CE1 A"}, "fact": "INTERNAL", "reason": "HAND", "gets": false});
    let got =
        json!({"group": {"name": "Élèves de CE1 A"}, "fact": "INTERNAL", "reason": "MATRIX", "gets": true});
    assert!(facts.contains(&lost) && facts.contains(&got), "{facts:?}");

    let reset = |accepts: bool| {
        let accept = if accepts { json!(["OPENS_MEMBERS"]) } else { json!([]) };
        json!({"structure": of, "accept": accept})
    };
    assert_eq!(local.act_code("resetMatrix", reset(true)), "FORBIDDEN");
    let refused = administrator.act("resetMatrix", reset(false), &fields());
    assert_eq!(refused["userErrors"][0]["code"], "communication.opens-members", "the pupils' class");
    assert_eq!(refused["preview"], looked);
    let done_ = administrator.act("resetMatrix", reset(true), &fields());
    assert_eq!(done_["userErrors"], json!([]));
    assert_eq!(done_["preview"]["reach"], looked["reach"]);
    assert!(reaches(&lila, &eloise) && !reaches(&karim, &local), "the rule by hand is gone");
    assert_eq!(recipes(&administrator)[0]["name"], PARENTS, "recipes stay");
    let again = administrator.act("resetMatrix", reset(false), &fields());
    assert_eq!((&again["preview"], &again["userErrors"]), (&Value::Null, &json!([])), "already so");

    // Applied again nothing is added; another matrix is for the platform.
    let apply = |matrix: Value| json!({"structure": of, "matrix": matrix});
    let same = local.act("applyMatrix", apply(Value::Null), &fields());
    assert_eq!((&same["preview"], &same["userErrors"]), (&Value::Null, &json!([])));
    let same = local.act("applyMatrix", apply(json!("published-2025")), &fields());
    assert_eq!((&same["preview"], &same["userErrors"]), (&Value::Null, &json!([])));
    assert_eq!(local.act_code("applyMatrix", apply(json!("classic"))), "FORBIDDEN");
    let unknown = administrator.act("applyMatrix", apply(json!("ours")), &fields());
    assert_eq!(unknown["userErrors"][0]["code"], "communication.unknown-matrix");
    let other = administrator.act("applyMatrix", apply(json!("classic")), &fields());
    assert_eq!(other["userErrors"][0]["code"], "communication.opens-members", "it opens parents");
    let mut accepted = apply(json!("classic"));
    accepted["accept"] = json!(["OPENS_MEMBERS"]);
    assert_eq!(administrator.act("applyMatrix", accepted, &fields())["userErrors"], json!([]));
    let matrix = "query($id: ID!) { structure(id: $id) { matrix { name version since { kind } } } }";
    let shown = local.ask(matrix, json!({ "id": of }))["structure"]["matrix"].clone();
    let kind = json!({"kind": "structure.matrix-applied"});
    assert_eq!(shown, json!({"name": "classic", "version": 1, "since": kind}));
    school.stop();
}

#[test]
fn the_command_line_takes_recipes_beside_a_server_and_without_one() {
    let folder = TempDir::new().unwrap();
    files::write(&folder.path().join("onde"));
    let own = folder.path().join("ours.json");
    let text = include_str!("../../domain/matrices/published-2025.json");
    std::fs::write(&own, text.replace("\"published-2025\"", "\"ours\"")).unwrap();
    let config = folder.path().join("own.toml");
    std::fs::write(&config, format!("matrix = {:?}\n", own.to_str().unwrap())).unwrap();
    let (own, config) = (own.to_str().unwrap().to_owned(), config.to_str().unwrap().to_owned());
    let school = School::import(folder, "onde", &own);
    let data = school.data().to_str().unwrap().to_owned();
    let (teacher, noe) = (school.person("Cécile Lambert"), school.person("Noé Verdier"));
    let rules = |command: &str, more: &[&str]| {
        let all = ["rules", command, "--data", &data, "--structure", files::UAI, "--language", "en"];
        run(&[&all[..], more].concat())
    };
    let said = |command: &str, more: &[&str]| {
        let output = rules(command, more);
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{command} {more:?}: {out}{err}");
        out.into_owned()
    };
    let refused = |command: &str, more: &[&str], told: &str, code: i32| {
        let output = rules(command, more);
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(err.contains(told), "{command} {more:?}: {err}");
        assert_eq!(output.status.code(), Some(code), "{command} {more:?}: {err}");
    };
    let looked = said("recipe", &["--take", OWN, "--preview"]);
    for part in [
        "Teachers write to the pupils and parents of their own classes only.",
        "parents and guardians → parents and guardians: 14",
        "Rules: 4 begin, 2 end.",
        "With the policy EXPLICIT it would be as follows.\n  Opens no ordered pair of people.",
        "Nothing is written.",
    ] {
        assert!(looked.contains(part), "{part}\n{looked}");
    }
    assert!(reaches(&teacher, &noe));
    refused("recipe", &["--take", OWN], "say --accept opens-members", 3);
    assert!(said("recipe", &["--take", OWN, "--accept", "opens-members"]).ends_with("Done.\n"));
    assert!(!reaches(&teacher, &noe), "the server did it");
    refused("recipe", &["--take", "REST"], "communication.unknown-recipe", 3);
    refused("apply", &["--matrix", "ours"], "communication.unknown-matrix", 3);

    let folder = school.stop();
    assert!(said("recipe", &["--take", OWN]).ends_with("It is so already: nothing to do.\n"));
    let back = said("recipe", &["--take-back", OWN, "--reason", "essai terminé", "--format", "json"]);
    let back: Value = serde_json::from_str(&back).unwrap();
    assert_eq!(
        (&back["outcome"], &back["reach"]["closed"]["profiles"][0]["pairs"]),
        (&json!("done"), &json!(14))
    );
    // The matrix of this operator's own is known where its file is named.
    refused("reset", &[], "communication.unknown-matrix", 3);
    assert!(said("reset", &["--config", &config]).contains("It is so already"));
    assert!(said("apply", &["--config", &config]).contains("It is so already"));
    let mut server = Server::start_with(Path::new(&data), &["--matrix", &own]);
    assert!(said("reset", &[]).contains("It is so already"), "the server knows it");
    server.stop();
    let other = said("apply", &["--matrix", "classic", "--accept", "opens-members"]);
    assert!(other.ends_with("Done.\n"), "{other}");
    std::fs::write(&own, text.replace("direction", "directions")).unwrap();
    refused("apply", &["--config", &config], "`directions` names no groups of a matrix at line", 3);
    refused("recipe", &[], "--take", 2);
    drop(folder);
}
