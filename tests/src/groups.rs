//! Groups filled by hand, broadcast lists and favourites: the answers of seed 000 about them, asked of a real server.

use serde_json::{Value, json};

use crate::files;
use crate::preau::print;
use crate::school::{Caller, School};

const FILLED: &str =
    "group { id name kind memberCount } warnings { kind message } userErrors { code field message }";

/// The invented school, its administrator and the id of its structure.
struct Scene {
    school: School,
    administrator: Caller,
    structure: String,
}

fn scene() -> Scene {
    let school = School::open("published-2025");
    let administrator = school.administrator();
    let found = administrator.ask("{ structure(uai: \"0990201F\") { id } }", json!({}));
    let structure = found["structure"]["id"].as_str().unwrap().to_owned();
    Scene { school, administrator, structure }
}

impl Scene {
    fn people<const N: usize>(&self, names: [&str; N]) -> [Caller; N] {
        names.map(|name| self.school.person(name))
    }

    fn group(&self, name: &str) -> String {
        let query = "{ structure(uai: \"0990201F\") { groups(first: 100) { nodes { id name } } } }";
        let groups = self.administrator.ask(query, json!({}))["structure"]["groups"]["nodes"].clone();
        let found = groups.as_array().unwrap().iter().find(|group| group["name"] == name).unwrap().clone();
        found["id"].as_str().unwrap().to_owned()
    }

    /// Creates a free group and puts people in.
    #[track_caller]
    fn free_group(&self, name: &str, internal: bool, people: &[&Caller]) -> String {
        let input = json!({"structure": self.structure, "name": name, "membersReachEachOther": internal});
        let made = done(&self.administrator, "createFreeGroup", input);
        let group = made["group"]["id"].as_str().unwrap().to_owned();
        let people: Vec<_> = people.iter().map(|caller| caller.id.clone()).collect();
        let filled = done(&self.administrator, "addMembers", json!({"group": group, "people": people}));
        assert_eq!(filled["group"]["memberCount"], people.len());
        group
    }

    #[track_caller]
    fn rule(&self, from: &str, to: &str) {
        let input = json!({"from": from, "to": to});
        let made = self.administrator.act("makeRule", input, "userErrors { code message }");
        assert_eq!(made["userErrors"], json!([]));
    }
}

/// Does what must be done, and returns the payload.
#[track_caller]
fn done(caller: &Caller, mutation: &str, input: Value) -> Value {
    let payload = caller.act(mutation, input, FILLED);
    assert_eq!(payload["userErrors"], json!([]), "{mutation}: {payload}");
    payload
}

/// Asks for what must be refused, and returns the codes and the fields.
#[track_caller]
fn refused(caller: &Caller, mutation: &str, input: Value) -> Vec<(String, Value)> {
    let payload = caller.act(mutation, input, FILLED);
    assert!(payload["group"].is_null(), "{mutation}: {payload}");
    let errors = payload["userErrors"].as_array().unwrap();
    errors.iter().map(|error| (error["code"].as_str().unwrap().to_owned(), error["field"].clone())).collect()
}

fn one(code: &str, field: &str) -> Vec<(String, Value)> {
    vec![(code.to_owned(), json!(field))]
}

/// The kinds of warnings of a payload.
fn warned(payload: &Value) -> Vec<&str> {
    payload["warnings"].as_array().unwrap().iter().map(|warning| warning["kind"].as_str().unwrap()).collect()
}

fn reaches(caller: &Caller, other: &Caller) -> bool {
    let query = "query($id: ID!) { reachable(person: $id) { reachable } }";
    caller.ask(query, json!({"id": other.id}))["reachable"]["reachable"].as_bool().unwrap()
}

/// Sends a message, and returns the whole payload.
fn sends(caller: &Caller, to: &[&str], bcc: &[&str]) -> Value {
    let input = json!({"subject": "Sortie", "bodyText": "Demain", "to": to, "bcc": bcc});
    caller.act(
        "sendMessage",
        input,
        "message { id bcc { people { id } groups { name } others } } delivered leftOut
            userErrors { code field message }",
    )
}

fn shown_members(caller: &Caller, group: &str) -> Value {
    let query = "query($id: ID!) { node(id: $id) { ... on Group { name memberCount
        members(first: 10) { totalCount nodes { displayName } } managers { person { id } under { id } } } } }";
    caller.ask(query, json!({ "id": group }))["node"].clone()
}

#[test]
fn j_ai_cree_un_groupe_manuel_mais_je_ne_parviens_pas_a_effectuer_de_partage_avec_ce_groupe() {
    let scene = scene();
    let Scene { administrator, structure, .. } = &scene;
    let [cecile, karim, lila, awa] =
        scene.people(["Cécile Lambert", "Karim Masson", "Lila Masson", "Awa N'Guessan"]);
    // It must be said whether members reach each other.
    let unsaid = "mutation($input: CreateFreeGroupInput!) { createFreeGroup(input: $input) { position } }";
    let input = json!({"structure": structure, "name": "Sortie", "idempotencyKey": crate::school::key()});
    assert!(administrator.whole(unsaid, json!({ "input": input }))["errors"].is_array());

    let input = json!({"structure": structure, "name": "Sortie", "membersReachEachOther": false});
    let made = done(administrator, "createFreeGroup", input);
    assert_eq!((&made["group"]["name"], &made["group"]["kind"]), (&json!("Sortie"), &json!("FREE")));
    let group = made["group"]["id"].as_str().unwrap();
    let input = json!({"group": group, "people": [karim.id, awa.id]});
    let filled = done(administrator, "addMembers", input);
    assert_eq!(warned(&filled), ["REACHED_BY_NOBODY"]);
    assert_eq!(filled["group"]["memberCount"], 2);
    assert!(!reaches(&karim, &awa), "they were not made to reach each other");

    // Whoever knows of the group is told what is missing; to others it is not there.
    for knows in [administrator, &karim] {
        let refused = sends(knows, &[group], &[]);
        let error = &refused["userErrors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!("messaging.out-of-reach"), &json!("to.0")));
        assert!(error["message"].as_str().unwrap().contains("aucune règle n'aboutit"), "{refused}");
    }
    let refused_ = sends(&lila, &[group], &[]);
    assert_eq!(refused_["userErrors"][0]["code"], "messaging.out-of-reach");
    assert!(!refused_["userErrors"][0]["message"].as_str().unwrap().contains("aboutit"), "{refused_}");
    assert!(shown_members(&lila, group).is_null());
    let explain = "query($from: ID, $to: ID!) { explainReach(from: $from, to: $to) { allowed
        paths { steps { kind group { name } since { kind actor { kind role } } } }
        misses { missing { kind to { name } fixes { kind } } } } }";
    let asked = json!({"from": lila.id, "to": group});
    let told = administrator.ask(explain, asked.clone())["explainReach"].clone();
    assert_eq!(told["allowed"], false);
    let missing = &told["misses"][0]["missing"][0];
    assert_eq!((&missing["kind"], &missing["to"]["name"]), (&json!("NO_RULE"), &json!("Sortie")), "{told}");
    assert_eq!(missing["fixes"][0]["kind"], "MAKE_RULE");

    // The rule is set: it can be shared with, and each fact has its event.
    scene.rule(&scene.group("Élèves de CE1 A"), group);
    assert_eq!(administrator.ask(explain, asked)["explainReach"]["allowed"], true);
    assert_eq!(sends(&lila, &[], &[group])["delivered"], 2);
    assert!(reaches(&lila, &awa) && !reaches(&karim, &awa));
    let told = administrator.ask(explain, json!({"from": lila.id, "to": awa.id}))["explainReach"].clone();
    let steps = told["paths"][0]["steps"].as_array().unwrap();
    let last = steps.last().unwrap();
    assert_eq!((&last["kind"], &last["group"]["name"]), (&json!("MEMBER"), &json!("Sortie")));
    assert_eq!(last["since"]["kind"], "group.members-added");
    assert_eq!(last["since"]["actor"]["role"], "PLATFORM_ADMINISTRATOR");
    let filled = done(administrator, "addMembers", json!({"group": group, "people": [cecile.id]}));
    assert_eq!(warned(&filled), Vec::<&str>::new());

    // Who left gets nothing new and keeps what they got.
    done(administrator, "removeMembers", json!({"group": group, "people": [awa.id]}));
    assert!(!reaches(&lila, &awa));
    assert_eq!(sends(&lila, &[], &[group])["delivered"], 2);
    assert_eq!(
        awa.ask("{ mailbox(folder: INBOX, first: 9) { nodes { id } } }", json!({}))["mailbox"]["nodes"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    scene.school.stop();
}

#[test]
fn members_of_a_free_group_reach_each_other_if_it_was_asked_for_at_creation() {
    let scene = scene();
    let [karim, awa, cecile] = scene.people(["Karim Masson", "Awa N'Guessan", "Cécile Lambert"]);
    let group = scene.free_group("Délégués", true, &[&karim, &awa]);
    assert!(reaches(&karim, &awa) && reaches(&awa, &karim));
    assert_eq!(sends(&karim, &[&group], &[])["delivered"], 1);
    let shown = shown_members(&karim, &group);
    assert_eq!((&shown["members"]["totalCount"], &shown["managers"]), (&json!(2), &Value::Null), "{shown}");
    let filled = done(&scene.administrator, "addMembers", json!({"group": group, "people": [karim.id]}));
    assert_eq!(warned(&filled), ["REACHED_BY_MEMBERS_ALONE", "OPENS_MEMBERS"]);
    assert!(shown_members(&cecile, &group).is_null());

    let renamed =
        done(&scene.administrator, "renameGroup", json!({"group": group, "name": " Parents délégués "}));
    assert_eq!(renamed["group"]["name"], "Parents délégués");
    assert_eq!(shown_members(&awa, &group)["name"], "Parents délégués");
    assert_eq!(
        scene.administrator.act_code("renameGroup", json!({"group": group, "name": " "})),
        "BAD_USER_INPUT"
    );
    let profile = scene.group("Parents de CE1 A");
    let input = json!({"group": profile, "people": [karim.id]});
    assert_eq!(scene.administrator.act_code("addMembers", input), "BAD_USER_INPUT", "not filled by hand");
    // A blocked account is out, as of every group.
    let block = json!({"person": awa.id, "cause": "PERSON", "reason": "essai"});
    scene.administrator.act("blockAccount", block, "userErrors { code }");
    assert!(!reaches(&karim, &awa));
    scene.school.stop();
}

#[test]
fn a_manager_adds_and_removes_members_and_names_managers_under_themselves_never_above() {
    let scene = scene();
    let [karim, cecile, agnes, lila, awa] =
        scene.people(["Karim Masson", "Cécile Lambert", "Agnès Roux", "Lila Masson", "Awa N'Guessan"]);
    let group = scene.free_group("Chorale", false, &[]);
    let admin = &scene.administrator;
    let manager = |person: &Caller, under: Option<&Caller>| {
        let under = under.map(|under| under.id.clone());
        json!({"group": group, "person": person.id, "under": under})
    };
    let input = manager(&karim, None);
    assert_eq!(karim.act_code("nameManager", input.clone()), "NOT_FOUND", "nobody names themselves");
    done(admin, "nameManager", input);

    // Only those whom he reaches: his own child, not a parent of another class.
    let input = json!({"group": group, "people": [lila.id, awa.id]});
    assert_eq!(refused(&karim, "addMembers", input), one("members.out-of-reach", "people.1"));
    done(&karim, "addMembers", json!({"group": group, "people": [lila.id]}));
    let shown = shown_members(&karim, &group);
    assert_eq!(shown["members"]["nodes"], json!([{"displayName": "Lila MASSON"}]));
    assert_eq!(shown["memberCount"], Value::Null, "a manager administers nothing else");
    assert_eq!(lila.act_code("addMembers", json!({"group": group, "people": [lila.id]})), "FORBIDDEN");

    let above = manager(&cecile, None);
    assert_eq!(refused(&karim, "nameManager", above), one("members.manager-above", "under"));
    let under = manager(&cecile, Some(&karim));
    done(&karim, "nameManager", under);
    let managers = shown_members(&cecile, &group)["managers"].clone();
    let expected = json!([{"person": {"id": karim.id}, "under": null},
        {"person": {"id": cecile.id}, "under": {"id": karim.id}}]);
    assert_eq!(managers, expected);
    let end = |person: &Caller| json!({"group": group, "person": person.id});
    assert_eq!(refused(&cecile, "endManager", end(&karim)), one("members.manager-above", "person"));
    let over = manager(&karim, Some(&cecile));
    assert_eq!(refused(&cecile, "nameManager", over), one("members.manager-above", "under"));
    let round = manager(&karim, Some(&cecile));
    assert_eq!(refused(admin, "nameManager", round), one("members.manager-under-themselves", "under"));
    let unknown = manager(&agnes, Some(&agnes));
    assert_eq!(refused(admin, "nameManager", unknown), one("members.manager-under-themselves", "under"));
    assert_eq!(cecile.act_code("renameGroup", json!({"group": group, "name": "À moi"})), "FORBIDDEN");
    done(&cecile, "removeMembers", json!({"group": group, "people": [lila.id]}));

    // When one ends, those under them go to who was above: here to nobody.
    done(admin, "endManager", end(&karim));
    assert_eq!(
        shown_members(&cecile, &group)["managers"],
        json!([{"person": {"id": cecile.id}, "under": null}])
    );
    assert_eq!(karim.act_code("addMembers", json!({"group": group, "people": [lila.id]})), "NOT_FOUND");
    done(&cecile, "endManager", end(&cecile));
    assert!(shown_members(&cecile, &group).is_null());
    scene.school.stop();
}

#[test]
fn a_local_administrator_fills_groups_of_their_own_structures_with_people_in_scope_or_in_reach() {
    let mut scene = scene();
    let Scene { school, administrator, structure } = &scene;
    school.appoint(&school.person("Hugo Brunet"), "LOCAL_ADMINISTRATOR", &[structure]);
    let hugo = school.person("Hugo Brunet");
    let above = administrator.ask("{ me { id } }", json!({}))["me"]["id"].clone();
    let input = json!({"structure": structure, "name": "Cantine", "membersReachEachOther": false});
    let made = done(&hugo, "createFreeGroup", input.clone());
    let group = made["group"]["id"].as_str().unwrap().to_owned();
    let karim = school.person("Karim Masson");
    let people = json!({"group": group, "people": [above, karim.id]});
    assert_eq!(refused(&hugo, "addMembers", people), one("members.out-of-reach", "people.0"));
    done(&hugo, "addMembers", json!({"group": group, "people": [karim.id]}));

    // Of another school, neither the structure nor the group.
    let folder = scene.school.stop();
    let next = folder.path().join("next");
    files::write_neighbour(&next);
    let (data, next) = (folder.path().join("data"), next.to_str().unwrap().to_owned());
    let data = data.to_str().unwrap();
    print(&["import", "onde", "--data", data, "--uai", "0990202G", "--name", "École des Ormes", &next]);
    scene.school = School::at(folder);
    let (administrator, hugo) = (scene.school.administrator(), scene.school.person("Hugo Brunet"));
    let other = administrator.ask("{ structure(uai: \"0990202G\") { id } }", json!({}));
    let mut elsewhere = input;
    elsewhere["structure"] = other["structure"]["id"].clone();
    assert_eq!(hugo.act_code("createFreeGroup", elsewhere.clone()), "FORBIDDEN");
    let theirs = done(&administrator, "createFreeGroup", elsewhere)["group"]["id"].clone();
    for (mutation, input) in [
        ("addMembers", json!({"group": theirs, "people": [hugo.id]})),
        ("removeMembers", json!({"group": theirs, "people": [hugo.id]})),
        ("nameManager", json!({"group": theirs, "person": hugo.id})),
        ("endManager", json!({"group": theirs, "person": hugo.id})),
        ("renameGroup", json!({"group": theirs, "name": "x"})),
    ] {
        assert_eq!(hugo.act_code(mutation, input.clone()), "NOT_FOUND", "{mutation}");
        let mut own = input;
        own["group"] = group.clone().into();
        done(&hugo, mutation, own);
    }
    // A person may be of any structure.
    let neighbour = scene.school.person("Karim Moreau");
    done(&administrator, "addMembers", json!({"group": theirs, "people": [neighbour.id, hugo.id]}));
    assert_eq!(
        hugo.act_code("addMembers", json!({"group": theirs, "people": [hugo.id]})),
        "FORBIDDEN",
        "a member"
    );
    scene.school.stop();
}

#[test]
fn comment_fonctionnent_les_listes_de_diffusion() {
    let scene = scene();
    let Scene { school, administrator, structure } = &scene;
    let [cecile, hugo, karim, awa, lila] =
        scene.people(["Cécile Lambert", "Hugo Brunet", "Karim Masson", "Awa N'Guessan", "Lila Masson"]);
    let input = json!({"structure": structure, "name": "Tous les parents", "profile": "RELATIVE",
        "criteria": {"structures": [structure]}});
    // Only a platform administrator creates one.
    school.appoint(&hugo, "LOCAL_ADMINISTRATOR", &[structure]);
    let hugo = school.person("Hugo Brunet");
    for caller in [&hugo, &cecile] {
        assert_eq!(caller.act_code("createBroadcastList", input.clone()), "FORBIDDEN");
    }
    let made = done(administrator, "createBroadcastList", input);
    assert_eq!(
        (&made["group"]["kind"], &made["group"]["memberCount"]),
        (&json!("BROADCAST_LIST"), &json!(5))
    );
    let list = made["group"]["id"].as_str().unwrap();
    for (mutation, input) in [
        ("setListCriteria", json!({ "group": list })),
        ("renameGroup", json!({"group": list, "name": "x"})),
        ("addMembers", json!({"group": list, "people": [karim.id]})),
        ("removeMembers", json!({"group": list, "people": [karim.id]})),
        ("nameManager", json!({"group": list, "person": hugo.id})),
        ("endManager", json!({"group": list, "person": hugo.id})),
    ] {
        assert_eq!(hugo.act_code(mutation, input), "FORBIDDEN", "{mutation}");
    }

    // Its members do not reach each other, and are reached by nobody one by one.
    for (fact, code) in
        [("EXPOSES", "communication.list-never-exposes"), ("INTERNAL", "communication.list-never-internal")]
    {
        let refused =
            administrator.act("grantFact", json!({"group": list, "fact": fact}), "userErrors { code }");
        assert_eq!(refused["userErrors"][0]["code"], code);
    }
    assert!(!reaches(&karim, &awa));

    // One profile: who has another is refused by name.
    let input = json!({"group": list, "people": [karim.id, cecile.id]});
    assert_eq!(refused(administrator, "addMembers", input), one("members.another-profile", "people.1"));
    let input = json!({"group": list, "person": karim.id});
    assert_eq!(refused(administrator, "nameManager", input), one("members.list-has-no-managers", "person"));

    // Visible where it is reached, its members are not; usable as a blind copy only.
    assert!(shown_members(&lila, list).is_null());
    scene.rule(&scene.group("Élèves de CE1 A"), list);
    let shown = shown_members(&lila, list);
    assert_eq!(
        (&shown["name"], &shown["members"], &shown["memberCount"]),
        (&json!("Tous les parents"), &Value::Null, &Value::Null)
    );
    let reached = lila.ask("{ reachGroups(first: 100) { nodes { name } } }", json!({}));
    assert!(
        reached["reachGroups"]["nodes"].as_array().unwrap().contains(&json!({"name": "Tous les parents"}))
    );
    let people = "query($group: ID!) { people(group: $group, first: 1) { totalCount } }";
    assert_eq!(lila.code(people, json!({ "group": list })), "NOT_FOUND");
    assert_eq!(shown_members(administrator, list)["members"]["totalCount"], 5);
    assert!(!reaches(&lila, &awa), "a rule towards a list exposes nobody");
    assert_eq!(sends(&lila, &[list], &[])["userErrors"][0]["code"], "messaging.list-only-blind");
    let sent = sends(&lila, &[], &[list]);
    assert_eq!((&sent["delivered"], &sent["userErrors"]), (&json!(5), &json!([])));
    let bcc = &sent["message"]["bcc"];
    assert_eq!((&bcc["people"], &bcc["groups"]), (&json!([]), &json!([{"name": "Tous les parents"}])));

    // Recipients can reply to the sender and to nobody else, and gain no right to write anew.
    let message = sent["message"]["id"].as_str().unwrap();
    let got = "query($id: ID!) { message(id: $id) { mayReply mayReplyToAll to { others groups { name } }
        bcc { people { id } groups { name } others } } }";
    let got = awa.ask(got, json!({ "id": message }))["message"].clone();
    assert_eq!((&got["mayReply"], &got["mayReplyToAll"]), (&json!(true), &json!(false)));
    assert_eq!(got["bcc"], json!({"people": [{"id": awa.id}], "groups": [], "others": 0}));
    assert!(shown_members(&awa, list)["members"].is_null());
    let answer = |everyone: bool| {
        let input = json!({"message": message, "everyone": everyone, "bodyText": "Merci"});
        awa.act("replyToMessage", input, "delivered userErrors { code }")
    };
    let code = "messaging.blind-copies-answer-the-sender-alone";
    assert_eq!(answer(true)["userErrors"][0]["code"], code);
    assert_eq!(answer(false)["delivered"], 1);
    assert!(!reaches(&awa, &lila));
    assert_eq!(sends(&awa, &[&lila.id], &[])["userErrors"][0]["code"], "messaging.out-of-reach");
    assert_eq!(sends(&awa, &[], &[list])["userErrors"][0]["code"], "messaging.out-of-reach");
    scene.school.stop();
}

#[test]
fn listes_mises_a_jour_automatiquement_d_apres_les_fichiers() {
    let mut scene = scene();
    let [cecile, hugo] = scene.people(["Cécile Lambert", "Hugo Brunet"]);
    let Scene { administrator, structure, .. } = &scene;
    let input = json!({"structure": structure, "name": "Directions", "profile": "TEACHER",
        "criteria": {"structures": [structure], "functions": ["DIR"]}});
    let list = done(administrator, "createBroadcastList", input)["group"]["id"].as_str().unwrap().to_owned();
    let members = |caller: &Caller| {
        let shown = shown_members(caller, &list)["members"]["nodes"].clone();
        shown
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["displayName"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(members(administrator), ["Agnès ROUX"]);
    done(administrator, "addMembers", json!({"group": list, "people": [hugo.id]}));
    let query = "query($id: ID!) { node(id: $id) { ... on Group { broadcastList { profile byHand
        criteria { structures { uai } functions } } } } }";
    let shown = administrator.ask(query, json!({ "id": list }))["node"]["broadcastList"].clone();
    let criteria = json!({"structures": [{"uai": files::UAI}], "functions": ["DIR"]});
    assert_eq!(shown, json!({"profile": "TEACHER", "byHand": 1, "criteria": criteria}));

    // The next import has another head: who no longer matches leaves, who was added by hand stays.
    let folder = scene.school.stop();
    let onde = folder.path().join("onde");
    let teachers = "\"Civilité\";\"Nom usage\";\"Nom\";\"Prénom\";\"Courriel\";\"Directeur\";\"Classe\"\n\
        \"MME\";;\"LAMBERT\";\"Cécile\";;\"oui\";\"CE1 A\"\n\
        \"M.\";;\"BRUNET\";\"Hugo\";;\"non\";\"CM1\"\n\
        \"MME\";;\"ROUX\";\"Agnès\";;\"non\";\"CM1\"\n";
    files::write_one(&onde.join("CSVExtraction-enseignants.csv"), teachers);
    let (data, onde) = (folder.path().join("data"), onde.to_str().unwrap().to_owned());
    let name = "École des Tilleuls";
    print(&["import", "onde", "--data", data.to_str().unwrap(), "--uai", files::UAI, "--name", name, &onde]);
    scene.school = School::at(folder);
    let administrator = scene.school.administrator();
    let mut now = members(&administrator);
    now.sort();
    assert_eq!(now, ["Cécile LAMBERT", "Hugo BRUNET"]);

    // Who is taken out stays out, also when the criteria are set again.
    done(&administrator, "removeMembers", json!({"group": list, "people": [cecile.id]}));
    let input = json!({"group": list, "criteria": {}});
    done(&administrator, "setListCriteria", input);
    let mut now = members(&administrator);
    now.sort();
    assert_eq!(now, ["Agnès ROUX", "Hugo BRUNET"]);
    done(&administrator, "setListCriteria", json!({ "group": list }));
    assert_eq!(members(&administrator), ["Hugo BRUNET"]);
    scene.school.stop();
}

const FAVOURITE: &str =
    "favourite { id name people { id } groups { name } outOfReach } userErrors { code field }";

fn favourites(caller: &Caller) -> Value {
    let query =
        "{ favourites(first: 10) { totalCount nodes { id name people { id } groups { name } outOfReach } } }";
    caller.ask(query, json!({}))["favourites"].clone()
}

#[test]
fn comment_gerer_une_classe_a_double_niveau() {
    let scene = scene();
    let [cecile, hugo, karim, lila, eloise] =
        scene.people(["Cécile Lambert", "Hugo Brunet", "Karim Masson", "Lila Masson", "Éloïse Verdier"]);
    // A group by hand for each level …
    let group = scene.free_group("CE1 de la classe double", true, &[&lila, &eloise]);
    assert!(reaches(&lila, &eloise));

    // … or simply a favourite: people and groups she reaches.
    let parents = scene.group("Parents de CE1 A");
    let members = json!([lila.id, eloise.id, parents]);
    let mut input = json!({"name": "CE1 du matin", "members": members});
    let saved = cecile.act("saveFavourite", input.clone(), FAVOURITE)["favourite"].clone();
    assert_eq!((&saved["name"], &saved["outOfReach"]), (&json!("CE1 du matin"), &json!(0)), "{saved}");
    assert_eq!(saved["groups"], json!([{"name": "Parents de CE1 A"}]));
    let id = saved["id"].as_str().unwrap();
    let sent = sends(&cecile, &[], &[id, &hugo.id]);
    assert_eq!((&sent["delivered"], &sent["leftOut"]), (&json!(7), &json!(0)), "{sent}");

    // Nobody is saved who is not reached.
    let unattached = scene.administrator.ask("{ me { id } }", json!({}))["me"]["id"].clone();
    input["members"] = json!([lila.id, unattached, group]);
    let refused = cecile.act("saveFavourite", input.clone(), FAVOURITE);
    let code = "favourites.out-of-reach";
    let expected = json!([{"code": code, "field": "members.1"}, {"code": code, "field": "members.2"}]);
    assert_eq!((&refused["favourite"], &refused["userErrors"]), (&Value::Null, &expected));

    // An error names the place in the list as it was asked for, whatever a favourite before it became.
    let input_to = json!({"subject": "a", "bodyText": "a", "to": [id, unattached]});
    let refused = cecile.act("sendMessage", input_to, "userErrors { code field }");
    let expected = json!([{"code": "messaging.out-of-reach", "field": "to.1"}]);
    assert_eq!(refused["userErrors"], expected);

    // Reading shows what is still reachable and counts the rest; so does sending.
    let block = json!({"person": lila.id, "cause": "PERSON", "reason": "essai"});
    scene.administrator.act("blockAccount", block, "userErrors { code }");
    let shown = favourites(&cecile);
    assert_eq!(shown["totalCount"], 1);
    assert_eq!(
        (&shown["nodes"][0]["people"], &shown["nodes"][0]["outOfReach"]),
        (&json!([{"id": eloise.id}]), &json!(1))
    );
    let sent = sends(&cecile, &[], &[id]);
    assert_eq!((&sent["delivered"], &sent["leftOut"]), (&json!(5), &json!(1)));
    input["favourite"] = id.into();
    input["members"] = json!([lila.id, karim.id]);
    let again = cecile.act("saveFavourite", input, FAVOURITE);
    assert_eq!(
        (&again["favourite"]["id"], &again["favourite"]["outOfReach"]),
        (&json!(id), &json!(1)),
        "who is in may stay"
    );

    // It is private: nobody else reads, uses, replaces or deletes it.
    assert_eq!(favourites(&hugo)["totalCount"], 0);
    assert_eq!(favourites(&scene.administrator)["totalCount"], 0);
    let input = json!({"subject": "a", "bodyText": "a", "to": [id]});
    let refused = hugo.act("sendMessage", input, "message { id } userErrors { code field }");
    let unknown = json!([{"code": "favourites.unknown", "field": "to.0"}]);
    assert_eq!((&refused["message"], &refused["userErrors"]), (&Value::Null, &unknown));
    let input = json!({"favourite": id, "name": "À moi", "members": [cecile.id]});
    assert_eq!(hugo.act("saveFavourite", input, FAVOURITE)["userErrors"][0]["code"], "favourites.unknown");
    let delete = json!({ "favourite": id });
    assert_eq!(
        hugo.act("deleteFavourite", delete.clone(), FAVOURITE)["userErrors"][0]["code"],
        "favourites.unknown"
    );
    assert_eq!(
        cecile.act("deleteFavourite", delete, FAVOURITE),
        json!({"favourite": null, "userErrors": []})
    );
    assert_eq!(favourites(&cecile)["totalCount"], 0);
    scene.school.stop();
}
