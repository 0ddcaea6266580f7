//! What schools ask of rules and groups today, each question by its name, and what happens here when somebody does it:
//! through the front door, of the invented school.
//!
//! The questions are those of the communication page of the seeds (`000`).

use serde_json::{Value, json};

use crate::files;
use crate::preau::print;
use crate::rules::{Groups, NEXT_DOOR, PARENTS, PUPILS, TEACHERS, reaches, two_schools};
use crate::school::{Caller, School};

const ERRORS: &str = "userErrors { code field }";

/// Does what must be done.
#[track_caller]
fn does(caller: &Caller, mutation: &str, input: Value) {
    let done = caller.act(mutation, input, ERRORS);
    assert_eq!(done["userErrors"], json!([]), "{mutation}");
}

/// The code of why a mutation refused.
#[track_caller]
fn refused(caller: &Caller, mutation: &str, input: Value) -> Value {
    caller.act(mutation, input, ERRORS)["userErrors"][0]["code"].clone()
}

fn groups(school: &School) -> Groups {
    Groups::of(&school.administrator(), files::UAI)
}

/// The school after its files came again, with other words in them.
fn imported_again(school: School, words: &[(&str, &str)]) -> School {
    let folder = school.stop();
    let (data, onde) = (folder.path().join("data"), folder.path().join("again"));
    files::write(&onde);
    for file in std::fs::read_dir(&onde).unwrap().map(|file| file.unwrap().path()) {
        let bytes = std::fs::read(&file).unwrap();
        let mut text: String = bytes.iter().copied().map(char::from).collect();
        for (word, other) in words {
            text = text.replace(word, other);
        }
        files::write_one(&file, &text);
    }
    let [data, onde] = [&data, &onde].map(|path| path.to_str().unwrap());
    let name = "École des Tilleuls";
    print(&["import", "onde", "--data", data, "--uai", files::UAI, "--name", name, onde]);
    School::at(folder)
}

/// What is missing on the nearest way, as an administrator reads it: kinds, and who may mend the first.
fn nearest(administrator: &Caller, from: &str, to: &str) -> (Vec<String>, Value) {
    let query = "query($from: ID, $to: ID!) { explainReach(from: $from, to: $to) { misses {
        missing { kind fixes { kind by } } } } }";
    let told = administrator.ask(query, json!({"from": from, "to": to}));
    let missing = told["explainReach"]["misses"][0]["missing"].as_array().unwrap().clone();
    let kinds = missing.iter().map(|gap| gap["kind"].as_str().unwrap().to_owned()).collect();
    (kinds, missing[0]["fixes"][0].clone())
}

fn found(caller: &Caller, name: &str) -> usize {
    let query = "query($name: String!) { people(search: $name, first: 5) { nodes { id } } }";
    caller.ask(query, json!({ "name": name }))["people"]["nodes"].as_array().unwrap().len()
}

fn shown(caller: &Caller, message: &str) -> Value {
    let query = "query($id: ID!) { message(id: $id) { subject mayReply mayReplyToAll } }";
    caller.ask(query, json!({ "id": message }))["message"].clone()
}

#[test]
fn comment_voir_toute_la_communication_des_eleves() {
    // « Les conversations sont fermées entre les destinataires. Vous pouvez couper la communication au sein des
    // classes […] puis ouvrir la messagerie. »
    let school = School::open("published-2025");
    let (administrator, groups) = (school.administrator(), groups(&school));
    let (lila, eloise) = (school.person("Lila Masson"), school.person("Éloïse Verdier"));
    let message = lila.send("Secret", &[&eloise.id], &[]);
    assert!(shown(&administrator, &message).is_null(), "an administrator reads nobody's messages");
    does(&administrator, "closeInternal", json!({"group": groups.id(PUPILS)}));
    assert!(!reaches(&lila, &eloise));
    let input = json!({"subject": "Encore", "to": [eloise.id]});
    assert_eq!(refused(&lila, "sendMessage", input), "messaging.out-of-reach");
    assert!(reaches(&lila, &school.person("Cécile Lambert")), "their teacher they still reach");
    let open = json!({"group": groups.id(PUPILS), "fact": "INTERNAL", "accept": ["OPENS_MEMBERS"]});
    does(&administrator, "grantFact", open);
    assert!(reaches(&lila, &eloise));
    school.stop();
}

#[test]
fn je_veux_m_adresser_aux_parents_mais_je_ne_souhaite_pas_avoir_de_reponses_que_faire() {
    // « En choisissant le CCI, les parents peuvent uniquement vous répondre, mais pas entre eux. »
    let school = School::open("published-2025");
    let (teacher, parents) = (school.person("Cécile Lambert"), groups(&school).id(PARENTS));
    let (karim, solene) = (school.person("Karim Masson"), school.person("Solène Verdier"));
    let send = |replies: Value| {
        let input = json!({"subject": "Sortie", "bodyText": "Jeudi.", "bcc": [parents], "replies": replies});
        let sent = teacher.act("sendMessage", input, "message { id } userErrors { code }");
        sent["message"]["id"].as_str().unwrap_or_else(|| panic!("{sent}")).to_owned()
    };
    let (to_me, to_nobody) = (send(Value::Null), send("NONE".into()));
    assert_eq!(shown(&karim, &to_me), json!({"subject": "Sortie", "mayReply": true, "mayReplyToAll": false}));
    assert_eq!(
        shown(&solene, &to_nobody),
        json!({"subject": "Sortie", "mayReply": false, "mayReplyToAll": false})
    );
    let answer = |message: &str| json!({"message": message, "bodyText": "Merci !"});
    assert_eq!(refused(&karim, "replyToMessage", answer(&to_nobody)), "messaging.replies-closed");
    does(&karim, "replyToMessage", answer(&to_me));
    school.stop();
}

#[test]
fn je_ne_veux_pas_que_les_parents_me_contactent() {
    // « Nous pouvons couper les droits de communication […] : passer par l'assistance. » Here it is one rule less.
    let school = School::open("published-2025");
    let (administrator, groups) = (school.administrator(), groups(&school));
    let (karim, teacher) = (school.person("Karim Masson"), school.person("Cécile Lambert"));
    assert!(reaches(&karim, &teacher));
    does(&administrator, "removeRule", json!({"rule": groups.rule(PARENTS, TEACHERS)}));
    assert!(!reaches(&karim, &teacher) && reaches(&teacher, &karim));
    let input = json!({"subject": "Bonjour", "to": [teacher.id]});
    assert_eq!(refused(&karim, "sendMessage", input), "messaging.out-of-reach");
    let message = teacher.send("Bulletin", &[&karim.id], &[]);
    does(&karim, "replyToMessage", json!({"message": message, "bodyText": "Bien reçu."}));
    let (kinds, _) = nearest(&administrator, &karim.id, &teacher.id);
    assert_eq!(kinds, ["NO_RULE"]);
    school.stop();
}

#[test]
fn je_souhaite_empecher_certains_utilisateurs_precis_de_communiquer_avec_d_autres_comment_faire() {
    // « Les règles fonctionnent par groupes […], il n'est pas possible de les restreindre pour un utilisateur. »
    let school = School::open("published-2025");
    let (administrator, groups) = (school.administrator(), groups(&school));
    let (lila, eloise) = (school.person("Lila Masson"), school.person("Éloïse Verdier"));
    for rule in [
        json!({"from": lila.id, "to": groups.id(PUPILS)}),
        json!({"from": groups.id(PUPILS), "to": eloise.id}),
    ] {
        assert_eq!(administrator.act_code("makeRule", rule), "BAD_USER_INPUT", "rules are between groups");
    }
    // The whole group, or a block of the whole account.
    let block = json!({"person": lila.id, "cause": "PERSON", "reason": "charte"});
    does(&administrator, "blockAccount", block);
    assert!(!reaches(&eloise, &lila));
    does(&administrator, "unblockAccount", json!({"person": lila.id, "cause": "PERSON"}));
    assert!(reaches(&eloise, &lila));
    school.stop();
}

#[test]
fn je_ne_parviens_pas_a_retirer_un_droit_de_communication_entre_les_membres_d_un_groupe() {
    // « Si vous ouvrez les droits dans les deux sens […] la communication est permise entre les membres. Il faut
    // supprimer un des deux droits. »
    let school = School::open("published-2025");
    let (administrator, groups) = (school.administrator(), groups(&school));
    let (karim, solene) = (school.person("Karim Masson"), school.person("Solène Verdier"));
    let back = json!({"from": groups.id(TEACHERS), "to": groups.id(PARENTS), "accept": ["OPENS_MEMBERS"]});
    let made = administrator.act("makeRule", back, "rule { id } userErrors { code }");
    assert!(reaches(&karim, &solene), "both ways, so among themselves");
    let fields =
        "inTheWay { rules { closes rule { id from { name } to { name } } } explicit { closed { pairs } } }
        userErrors { code }";
    let close = json!({"group": groups.id(PARENTS)});
    let refused = administrator.act("closeInternal", close, fields);
    assert_eq!(refused["userErrors"][0]["code"], "communication.implied-by-both-directions");
    let rules = refused["inTheWay"]["rules"].as_array().unwrap();
    let named = |from: &str, to: &str| {
        rules.iter().any(|rule| rule["rule"]["from"]["name"] == from && rule["rule"]["to"]["name"] == to)
    };
    assert!(named(TEACHERS, PARENTS) && named(PARENTS, TEACHERS), "{refused:#}");
    assert!(refused["inTheWay"]["explicit"]["closed"]["pairs"].as_u64().unwrap() > 0, "the other way out");
    does(&administrator, "removeRule", json!({"rule": made["rule"]["id"]}));
    assert!(!reaches(&karim, &solene));
    assert!(reaches(&karim, &school.person("Cécile Lambert")), "what was there before stays");
    school.stop();
}

#[test]
fn comment_empecher_les_parents_de_communiquer_entre_eux_suite_a_l_envoi_d_un_message() {
    // « Si vous mettez les parents en destinataires, ils pourront “Répondre à tous”. Il faut les mettre en CCi. »
    let school = School::open("published-2025");
    let teacher = school.person("Cécile Lambert");
    let (karim, solene) = (school.person("Karim Masson"), school.person("Solène Verdier"));
    let both = [karim.id.as_str(), solene.id.as_str()];
    let everyone = |message: &str| json!({"message": message, "everyone": true, "bodyText": "Qui vient ?"});
    let fields = "message { id } delivered userErrors { code }";
    let subject = json!({"subject": "Ouvert", "bodyText": "Jeudi.", "to": both, "accept": [
        "REPLY_ALL_EXPOSURE"]});
    let open = teacher.act("sendMessage", subject, fields);
    let open = open["message"]["id"].as_str().unwrap_or_else(|| panic!("{open}"));
    let answered = karim.act("replyToMessage", everyone(open), fields);
    assert_eq!(answered["delivered"], 2, "the teacher and the other parent");
    assert!(shown(&solene, answered["message"]["id"].as_str().unwrap()).is_object());

    let blind = teacher.send("Fermé", &[], &both);
    let code = refused(&karim, "replyToMessage", everyone(&blind));
    assert_eq!(code, "messaging.blind-copies-answer-the-sender-alone");
    let input = json!({"message": blind, "bodyText": "Nous venons."});
    let answered = karim.act("replyToMessage", input, fields);
    assert_eq!(answered["delivered"], 1);
    assert!(shown(&solene, answered["message"]["id"].as_str().unwrap()).is_null());
    school.stop();
}

#[test]
fn que_faire_si_un_eleve_ne_respecte_pas_la_charte_d_utilisation() {
    // « Bloquer une personne de l'ensemble de l'ENT est une mesure transparente. »
    let school = School::open("published-2025");
    let (head, lila) = (school.person("Agnès Roux"), school.person("Lila Masson"));
    let (eloise, teacher) = (school.person("Éloïse Verdier"), school.person("Cécile Lambert"));
    does(&head, "blockAccount", json!({"person": lila.id, "cause": "PERSON", "reason": "charte"}));
    assert_eq!(lila.code("{ me { id } }", json!({})), "UNAUTHENTICATED", "of everything, at once");
    for other in [&eloise, &teacher] {
        assert!(!reaches(other, &lila));
        assert_eq!(found(other, "Lila Masson"), 0);
    }
    does(&head, "unblockAccount", json!({"person": lila.id, "cause": "PERSON"}));
    assert!(reaches(&eloise, &lila));
    school.stop();
}

#[test]
fn pourquoi_les_parents_n_arrivent_pas_a_contacter_les_enseignants_de_leurs_enfants() {
    // « Il faut vérifier que les parents ET les enseignants sont bien rattachés à leur classe. »
    let school = School::open("published-2025");
    let (administrator, karim) = (school.administrator(), school.person("Karim Masson"));
    let hugo = school.person("Hugo Brunet");
    assert!(!reaches(&karim, &hugo));
    let (kinds, fix) = nearest(&administrator, &karim.id, &hugo.id);
    assert_eq!(kinds, ["NOT_IN_CLASS"]);
    assert_eq!((&fix["kind"], &fix["by"]), (&json!("JOIN_CLASS"), &json!("LOCAL")));
    // The child goes to the class of the teacher, and with it the parent.
    let school = imported_again(
        school,
        &[
            ("\"LAMBERT\";\"Cécile\";;\"non\";\"CE1 A\"", "\"LAMBERT\";\"Cécile\";;\"non\";\"CM1\""),
            (
                "\"MASSON\";;\"Lila\";\"2018-07-08\";\"F\";\"CYCLE II\";\"CE1\";\"CE1 A\"",
                "\"MASSON\";;\"Lila\";\"2018-07-08\";\"F\";\"CYCLE III\";\"CM1\";\"CM1\"",
            ),
            ("\"MASSON\";\"Lila\";\"CE1 A\"", "\"MASSON\";\"Lila\";\"CM1\""),
        ],
    );
    let (karim, hugo) = (karim.at(&school), hugo.at(&school));
    assert!(reaches(&karim, &hugo), "both are in the class now");
    school.stop();
}

#[test]
fn pourquoi_des_comptes_utilisateurs_n_apparaissent_ils_pas_dans_l_annuaire() {
    // « Vérifiez que vous êtes bien rattaché(e) à une classe ou à un groupe. Si les comptes ont été bloqués, il n'est
    // pas possible de les voir dans l'annuaire. »
    let school = School::open("published-2025");
    let administrator = school.administrator();
    let (lila, karim) = (school.person("Lila Masson"), school.person("Karim Masson"));
    assert_eq!((found(&lila, "Cécile Lambert"), found(&lila, "Hugo Brunet")), (1, 0));
    let hugo = school.person("Hugo Brunet");
    let (kinds, _) = nearest(&administrator, &lila.id, &hugo.id);
    assert_eq!(kinds, ["NOT_IN_CLASS"]);
    let teacher = school.person("Cécile Lambert");
    does(&administrator, "blockAccount", json!({"person": teacher.id, "cause": "PERSON", "reason": "essai"}));
    for caller in [&lila, &karim] {
        assert_eq!(found(caller, "Cécile Lambert"), 0);
        let own =
            "query($to: ID!) { explainReach(to: $to) { allowed askAdministrator misses { sentence } } }";
        let told = caller.ask(own, json!({"to": teacher.id}))["explainReach"].clone();
        assert_eq!(told, json!({"allowed": false, "askAdministrator": true, "misses": []}), "nothing of her");
    }
    let (kinds, fix) = nearest(&administrator, &lila.id, &teacher.id);
    assert_eq!((kinds, &fix["kind"]), (vec!["ACCOUNT_BLOCKED".to_owned()], &json!("UNBLOCK")));
    assert_eq!(found(&administrator, "Cécile Lambert"), 1, "who administers sees the record all the same");
    school.stop();
}

#[test]
fn pourquoi_je_ne_vois_pas_la_classe_ulis_dans_les_classes() {
    // « Dans l'onglet Classe(s), l'élève est toujours rattaché à sa classe d'inclusion. Il est toutefois possible de
    // créer des classes correspondant à ces groupes d'enseignement. »
    let school = School::open("published-2025");
    let classes = |school: &School| {
        let query = "{ structure(uai: \"0990201F\") { classes { name } } }";
        school.administrator().ask(query, json!({}))["structure"]["classes"].clone()
    };
    assert_eq!(classes(&school), json!([{"name": "CE1 A"}, {"name": "CM1"}]), "the files name no other");
    let (lila, karim) = (school.person("Lila Masson"), school.person("Karim Masson"));
    // A class beside the class: the pupil stands in the file once for each.
    let own = "\"MASSON\";;\"Lila\";\"2018-07-08\";\"F\";\"CYCLE II\";\"CE1\";\"CE1 A\"";
    let both = format!("{own}\n{}", own.replace("CE1 A", "ULIS"));
    let teacher = "\"MME\";;\"ROUX\"";
    let teachers = format!("\"MME\";;\"PETIT\";\"Rose\";;\"non\";\"ULIS\"\n{teacher}");
    let school = imported_again(school, &[(own, &both), (teacher, &teachers)]);
    assert_eq!(classes(&school), json!([{"name": "CE1 A"}, {"name": "CM1"}, {"name": "ULIS"}]));
    let query = "query($id: ID!) { person(id: $id) { classes { name } } }";
    let shown = school.administrator().ask(query, json!({"id": lila.id}));
    assert_eq!(shown["person"]["classes"], json!([{"name": "CE1 A"}, {"name": "ULIS"}]), "her own class too");
    let (rose, cecile) = (school.person("Rose Petit"), school.person("Cécile Lambert"));
    for caller in [lila.at(&school), karim.at(&school)] {
        assert!(reaches(&caller, &rose) && reaches(&caller, &cecile), "the teachers of both");
    }
    assert!(!reaches(&school.person("Éloïse Verdier"), &rose));
    school.stop();
}

#[test]
fn comment_ouvrir_la_communication_vers_un_autre_etablissement() {
    // « Vous pouvez faire une demande d'assistance pour solliciter l'ouverture des droits. »
    let (school, administrator, [here, _], local) = two_schools();
    let mine = here.id("Enseignants de l'école des Tilleuls");
    let query = "query($uai: String!) { structure(uai: $uai) { profileGroups { id name } } }";
    let groups = local.ask(query, json!({ "uai": NEXT_DOOR }))["structure"]["profileGroups"].clone();
    let theirs = groups[0]["id"].clone();
    assert_eq!(groups[0]["name"], "Enseignants de l'école des Ormes");
    let rule = json!({"from": mine, "to": theirs});
    assert_eq!(
        local.act_code("makeRule", rule.clone()),
        "NOT_FOUND",
        "it takes both schools, or the platform"
    );
    let ask = json!({"changes": [{ "makeRule": rule }], "reason": "jumelage"});
    let asked = local.act("requestRuleChange", ask, "request { id } userErrors { code }");
    let neighbour = "query { people(search: \"Lecomte\", first: 1) { nodes { id } } }";
    let neighbour = administrator.ask(neighbour, json!({}))["people"]["nodes"][0]["id"].clone();
    let reachable = "query($id: ID!) { reachable(person: $id) { reachable } }";
    let reached = || local.ask(reachable, json!({ "id": neighbour }))["reachable"]["reachable"].clone();
    assert_eq!(reached(), false);
    does(&administrator, "acceptRuleChange", json!({"request": asked["request"]["id"]}));
    assert_eq!(reached(), true);
    let pupil = school.person("Lila Masson");
    let own = pupil.ask(reachable, json!({ "id": neighbour }));
    assert_eq!(own["reachable"]["reachable"], false, "for the teachers alone");
    school.stop();
}

#[test]
fn que_se_passe_t_il_si_j_envoie_un_message_a_des_comptes_inactifs() {
    // « Les utilisateurs pourront voir le message envoyé une fois leur compte activé. »
    let school = School::open("published-2025");
    let (teacher, parents) = (school.person("Cécile Lambert"), groups(&school).id(PARENTS));
    let input = json!({"subject": "Rentrée", "bodyText": "Lundi.", "bcc": [parents]});
    let sent = teacher.act("sendMessage", input, "message { id } delivered inactive userErrors { code }");
    assert_eq!((&sent["delivered"], &sent["inactive"]), (&json!(4), &json!(4)));
    let message = sent["message"]["id"].as_str().unwrap();
    let solene = school.person("Solène Verdier");
    assert_eq!(solene.ask("{ unreadCount }", json!({}))["unreadCount"], 1, "once activated");
    assert_eq!(shown(&solene, message)["subject"], "Rentrée");
    school.stop();
}

#[test]
fn pourquoi_je_recois_toujours_des_notifications_du_carnet_de_liaison_pour_les_parents_de_mon_ancienne_classe()
 {
    // « Une fois envoyé […] la confirmation de lecture à l'auteur reste active. Cela ne peut se produire que sur des
    // anciens mots, pas sur des nouveaux. »
    let school = School::open("published-2025");
    let (teacher, karim) = (school.person("Cécile Lambert"), school.person("Karim Masson"));
    let parents = groups(&school).id(PARENTS);
    let old = teacher.send("Ancien mot", &[], &[parents.as_str().unwrap()]);
    let school = imported_again(
        school,
        &[
            (
                "\"MASSON\";;\"Lila\";\"2018-07-08\";\"F\";\"CYCLE II\";\"CE1\";\"CE1 A\"",
                "\"MASSON\";;\"Lila\";\"2018-07-08\";\"F\";\"CYCLE III\";\"CM1\";\"CM1\"",
            ),
            ("\"MASSON\";\"Lila\";\"CE1 A\"", "\"MASSON\";\"Lila\";\"CM1\""),
        ],
    );
    let (teacher, karim) = (teacher.at(&school), karim.at(&school));
    assert!(!reaches(&karim, &teacher), "another class, another teacher");
    assert_eq!(shown(&karim, &old)["subject"], "Ancien mot");
    does(&karim, "openMessage", json!({ "message": old }));
    let opened = "query($id: ID!) { message(id: $id) { opened } }";
    assert_eq!(teacher.ask(opened, json!({ "id": old }))["message"]["opened"], 1, "its author is told");
    let new = teacher.send("Nouveau mot", &[], &[parents.as_str().unwrap()]);
    assert!(shown(&karim, &new).is_null(), "what is written now goes to the parents of now");
    school.stop();
}
