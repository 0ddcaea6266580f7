//! Domains of resources and the roles granted on them: seed 004, chapter VII, asked of a real server.

use serde_json::{Value, json};

use crate::school::{Caller, School, key};

pub(crate) const DOMAIN: &str =
    "domain { id name myRole detailsShownFrom structure { name } resources(first: 9) { totalCount }
    grants(first: 9) { totalCount nodes { id role person { id } } } } userErrors { code field message }";

pub(crate) const GRANT: &str =
    "grant { id source role from through invitation profile group { name } person { id }
    grantedBy { kind actor { kind role } } } userErrors { code field message }";

/// The invented school, its administrator and the id of its structure.
pub(crate) struct Scene {
    pub(crate) school: School,
    pub(crate) administrator: Caller,
    pub(crate) structure: String,
}

pub(crate) fn scene() -> Scene {
    let school = School::open("published-2025");
    let administrator = school.administrator();
    let found = administrator.ask("{ structure(uai: \"0990201F\") { id } }", json!({}));
    let structure = found["structure"]["id"].as_str().unwrap().to_owned();
    Scene { school, administrator, structure }
}

impl Scene {
    pub(crate) fn people<const N: usize>(&self, names: [&str; N]) -> [Caller; N] {
        names.map(|name| self.school.person(name))
    }

    pub(crate) fn group(&self, name: &str) -> String {
        let query = "{ structure(uai: \"0990201F\") { groups(first: 100) { nodes { id name } } } }";
        let groups = self.administrator.ask(query, json!({}))["structure"]["groups"]["nodes"].clone();
        let found = groups.as_array().unwrap().iter().find(|group| group["name"] == name);
        found.unwrap_or_else(|| panic!("{name}: {groups}"))["id"].as_str().unwrap().to_owned()
    }

    /// Creates a domain, whose MANAGER is the administrator.
    #[track_caller]
    pub(crate) fn domain(&self, name: &str) -> String {
        let input = json!({"structure": self.structure, "name": name});
        id(&done(&self.administrator, "createDomain", input, DOMAIN)["domain"])
    }

    /// Grants a role on a domain as the administrator, and returns the grant.
    #[track_caller]
    pub(crate) fn grant(&self, on: &str, to: &str, role: &str) -> String {
        let input = json!({"on": on, "to": to, "role": role});
        id(&done(&self.administrator, "grantBookingRole", input, GRANT)["grant"])
    }

    fn seen(&self, caller: &Caller) -> Vec<(String, Value)> {
        let query = "query($id: ID!) { domains(structure: $id, first: 9) { nodes { name myRole } } }";
        let seen = caller.ask(query, json!({ "id": self.structure }))["domains"]["nodes"].clone();
        let seen = seen.as_array().unwrap().iter();
        let mut seen: Vec<_> =
            seen.map(|row| (row["name"].as_str().unwrap().to_owned(), row["myRole"].clone())).collect();
        seen.sort_by(|(one, _), (other, _)| one.cmp(other));
        seen
    }
}

pub(crate) fn id(of: &Value) -> String {
    of["id"].as_str().unwrap_or_else(|| panic!("{of}")).to_owned()
}

/// Does what must be done, and returns the payload.
#[track_caller]
pub(crate) fn done(caller: &Caller, mutation: &str, input: Value, fields: &str) -> Value {
    let payload = caller.act(mutation, input, fields);
    assert_eq!(payload["userErrors"], json!([]), "{mutation}: {payload}");
    payload
}

/// Asks for what must be refused, and returns the code and the field.
#[track_caller]
pub(crate) fn refused(caller: &Caller, mutation: &str, input: Value) -> (String, Value) {
    let payload = caller.act(mutation, input, "userErrors { code field message }");
    let error = &payload["userErrors"][0];
    assert!(error["message"].as_str().unwrap_or_else(|| panic!("{mutation}: {payload}")).ends_with('.'));
    (error["code"].as_str().unwrap().to_owned(), error["field"].clone())
}

fn shown(caller: &Caller, domain: &str) -> Value {
    let query = "query($id: ID!) { domain(id: $id) { name myRole grants(first: 9) { totalCount nodes {
        id role source doubt profile group { name } person { id } } } } }";
    caller.ask(query, json!({ "id": domain }))["domain"].clone()
}

#[test]
fn the_seeds_exercise_creates_a_domain_names_a_manager_takes_that_back_and_deletes_it() {
    let scene = scene();
    let [deputy, teacher] = scene.people(["Agnès Roux", "Cécile Lambert"]);
    let administrator = &scene.administrator;
    let (input, key) = (json!({"structure": scene.structure, "name": " Salles  informatiques "}), key());
    let made = administrator.act_with("createDomain", input.clone(), &key, DOMAIN);
    let domain = id(&made["domain"]);
    assert_eq!(made["domain"]["name"], "Salles informatiques");
    assert_eq!(
        (&made["domain"]["myRole"], &made["domain"]["detailsShownFrom"]),
        (&json!("MANAGER"), &json!("WRITER"))
    );
    assert_eq!(made["domain"]["structure"]["name"], "École des Tilleuls");
    let grants = made["domain"]["grants"]["nodes"].as_array().unwrap();
    assert_eq!((grants.len(), &grants[0]["person"]["id"]), (1, &json!(administrator.id)), "who creates it");
    assert_eq!(
        administrator.act_with("createDomain", input, &key, DOMAIN),
        made,
        "the same command, the same answer"
    );

    let renamed = done(administrator, "renameDomain", json!({"domain": domain, "name": "Salles"}), DOMAIN);
    assert_eq!(renamed["domain"]["name"], "Salles");
    let details = json!({"domain": domain, "from": "MODERATOR"});
    let details = done(administrator, "showBookingDetails", details, DOMAIN);
    assert_eq!(details["domain"]["detailsShownFrom"], "MODERATOR");

    // The deputy head becomes MANAGER: they see the domain and its grants, a teacher sees nothing of it.
    let input = json!({"on": domain, "to": deputy.id, "role": "MANAGER", "reason": "adjointe"});
    let granted = done(administrator, "grantBookingRole", input.clone(), GRANT)["grant"].clone();
    assert_eq!((&granted["source"], &granted["person"]["id"]), (&json!("DOMAIN"), &json!(deputy.id)));
    assert_eq!((&granted["invitation"], &granted["profile"]), (&json!(false), &json!("TEACHER")));
    let by = &granted["grantedBy"];
    assert_eq!(
        (&by["kind"], &by["actor"]["role"]),
        (&json!("domain.role-granted"), &json!("PLATFORM_ADMINISTRATOR"))
    );
    let again = done(administrator, "grantBookingRole", input, GRANT);
    assert_eq!(again["grant"]["id"], granted["id"], "the same again is already so");
    assert_eq!(shown(&deputy, &domain)["grants"]["totalCount"], 2);
    assert_eq!(scene.seen(&deputy), [("Salles".to_owned(), json!("MANAGER"))]);
    assert!(shown(&teacher, &domain).is_null() && scene.seen(&teacher).is_empty());
    for (mutation, input) in [
        ("renameDomain", json!({"domain": domain, "name": "x"})),
        ("deleteDomain", json!({ "domain": domain })),
        ("showBookingDetails", json!({"domain": domain, "from": "VISITOR"})),
        ("grantBookingRole", json!({"on": domain, "to": teacher.id, "role": "MANAGER"})),
        (
            "inviteToBooking",
            json!({"on": domain, "person": teacher.id, "role": "WRITER", "through": "2090-01-01"}),
        ),
        ("revokeBookingRole", json!({ "grant": granted["id"] })),
    ] {
        assert_eq!(teacher.act_code(mutation, input), "NOT_FOUND", "{mutation}: it is not there for them");
    }

    let (revoke, key) = (json!({ "grant": granted["id"] }), crate::school::key());
    let revoked = administrator.act_with("revokeBookingRole", revoke.clone(), &key, GRANT);
    assert_eq!((&revoked["userErrors"], &revoked["grant"]), (&json!([]), &Value::Null));
    assert_eq!(administrator.act_with("revokeBookingRole", revoke, &key, GRANT), revoked);
    assert!(shown(&deputy, &domain).is_null());

    let (delete, key) = (json!({ "domain": domain }), crate::school::key());
    let deleted = administrator.act_with("deleteDomain", delete.clone(), &key, DOMAIN);
    assert_eq!((&deleted["userErrors"], &deleted["domain"]), (&json!([]), &Value::Null));
    assert!(shown(administrator, &domain).is_null() && scene.seen(administrator).is_empty());
    assert_eq!(administrator.act_with("deleteDomain", delete, &key, DOMAIN), deleted);
    assert_eq!(administrator.act_code("renameDomain", json!({"domain": domain, "name": "x"})), "NOT_FOUND");
    scene.school.stop();
}

#[test]
fn a_population_has_a_role_and_a_manager_grants_only_what_they_see() {
    let scene = scene();
    let [cecile, hugo, karim] = scene.people(["Cécile Lambert", "Hugo Brunet", "Karim Masson"]);
    let domain = scene.domain("Chariots");
    let teachers = scene.group("Enseignants de l'école des Tilleuls");
    scene.grant(&domain, &teachers, "WRITER");
    scene.grant(&domain, &hugo.id, "MANAGER");
    assert_eq!(scene.seen(&cecile), [("Chariots".to_owned(), json!("WRITER"))]);
    assert_eq!(scene.seen(&hugo), [("Chariots".to_owned(), json!("MANAGER"))], "the highest of two");
    assert_eq!(scene.seen(&karim), []);
    assert!(shown(&cecile, &domain)["grants"].is_null(), "grants are for MANAGER");
    let grants = shown(&hugo, &domain)["grants"]["nodes"].clone();
    assert_eq!(
        (&grants[1]["group"]["name"], &grants[1]["profile"]),
        (&json!("Enseignants de l'école des Tilleuls"), &json!("TEACHER"))
    );
    assert!(grants.as_array().unwrap().iter().all(|grant| grant["doubt"].is_null()));

    // A writer sees the domain and changes nothing; MANAGER creates another one, and is MANAGER of it.
    let writer = |mutation: &str, input: Value| cecile.act_code(mutation, input);
    assert_eq!(writer("renameDomain", json!({"domain": domain, "name": "x"})), "FORBIDDEN");
    assert_eq!(
        writer("grantBookingRole", json!({"on": domain, "to": cecile.id, "role": "MANAGER"})),
        "FORBIDDEN"
    );
    assert_eq!(writer("createDomain", json!({"structure": scene.structure, "name": "x"})), "FORBIDDEN");
    let vans =
        done(&hugo, "createDomain", json!({"structure": scene.structure, "name": "Véhicules"}), DOMAIN);
    assert_eq!(vans["domain"]["myRole"], "MANAGER");
    assert_eq!(scene.seen(&cecile).len(), 1, "roles on one domain are none on another");
    assert_eq!(scene.seen(&scene.administrator).len(), 2, "who administers sees all");

    // What is not seen is not there: neither a person nor a group.
    let vans = id(&vans["domain"]);
    let secret = json!({"structure": scene.structure, "name": "Secret", "membersReachEachOther": false});
    let secret = id(&scene.administrator.act("createFreeGroup", secret, "group { id }")["group"]);
    for unseen in [&secret, &scene.administrator.id] {
        let input = json!({"on": vans, "to": unseen, "role": "VISITOR"});
        assert_eq!(hugo.act_code("grantBookingRole", input), "NOT_FOUND");
    }
    done(&hugo, "grantBookingRole", json!({"on": vans, "to": cecile.id, "role": "VISITOR"}), GRANT);
    assert_eq!(
        karim.act_code("grantBookingRole", json!({"on": vans, "to": karim.id, "role": "WRITER"})),
        "NOT_FOUND"
    );
    scene.school.stop();
}

#[test]
fn the_last_manager_is_taken_away_by_an_administrator_and_a_grant_can_take_the_place_of_another() {
    let scene = scene();
    let [hugo, deputy] = scene.people(["Hugo Brunet", "Agnès Roux"]);
    let domain = scene.domain("Salles");
    let hugos = scene.grant(&domain, &hugo.id, "MANAGER");
    let first = shown(&hugo, &domain)["grants"]["nodes"][0]["id"].clone();
    done(&hugo, "revokeBookingRole", json!({ "grant": first }), GRANT);
    assert_eq!(
        refused(&hugo, "revokeBookingRole", json!({ "grant": hugos })),
        ("domain.last-manager".into(), Value::Null)
    );

    // Until now teachers validated their own bookings; only the deputy head is to.
    let teachers = scene.group("Enseignants de l'école des Tilleuls");
    let publishing = scene.grant(&domain, &teachers, "PUBLISHING_WRITER");
    let input = json!({"on": domain, "to": teachers, "role": "WRITER", "insteadOf": publishing});
    let instead = done(&hugo, "grantBookingRole", input, GRANT)["grant"].clone();
    assert_eq!((&instead["role"], instead["id"] == publishing), (&json!("WRITER"), false));
    let moderates = scene.grant(&domain, &deputy.id, "MODERATOR");
    done(&scene.administrator, "revokeBookingRole", json!({ "grant": hugos }), GRANT);
    let left = shown(&scene.administrator, &domain)["grants"]["nodes"].clone();
    let left: Vec<_> = left.as_array().unwrap().iter().map(|grant| grant["role"].as_str().unwrap()).collect();
    assert_eq!(left, ["WRITER", "MODERATOR"]);
    assert_eq!(scene.seen(&hugo), [("Salles".to_owned(), json!("WRITER"))]);
    assert_eq!(deputy.act_code("revokeBookingRole", json!({ "grant": moderates })), "FORBIDDEN");

    let unknown =
        json!({"on": domain, "to": teachers, "role": "VISITOR", "insteadOf": first_of(&scene, "Autres")});
    assert_eq!(refused(&scene.administrator, "grantBookingRole", unknown).0, "domain.unknown-grant");
    let days = |from: &str, through: &str| json!({"on": domain, "to": hugo.id, "role": "WRITER", "from": from, "through": through});
    let through = json!("through");
    assert_eq!(
        refused(&scene.administrator, "grantBookingRole", days("2090-01-02", "2090-01-01")),
        ("domain.days-out-of-order".into(), through.clone())
    );
    assert_eq!(
        refused(&scene.administrator, "grantBookingRole", days("2020-01-01", "2020-01-02")),
        ("domain.days-passed".into(), through)
    );
    // What has not begun gives nothing yet, and says so.
    done(
        &scene.administrator,
        "grantBookingRole",
        json!({"on": domain, "to": hugo.id, "role": "MANAGER", "from": "2090-01-01"}),
        GRANT,
    );
    assert_eq!(scene.seen(&hugo), [("Salles".to_owned(), json!("WRITER"))]);
    let grants = shown(&scene.administrator, &domain)["grants"]["nodes"].clone();
    assert_eq!(grants[2]["doubt"], "NOT_BEGUN");
    scene.school.stop();
}

/// The grant of the MANAGER of another domain.
fn first_of(scene: &Scene, name: &str) -> Value {
    let other = scene.domain(name);
    shown(&scene.administrator, &other)["grants"]["nodes"][0]["id"].clone()
}

#[test]
fn somebody_outside_is_invited_until_a_day_and_has_a_role_once_they_accept() {
    let scene = scene();
    let [karim, awa, cecile] = scene.people(["Karim Masson", "Awa N'Guessan", "Cécile Lambert"]);
    let domain = scene.domain("Salles");
    scene.grant(&domain, &scene.group("Enseignants de l'école des Tilleuls"), "WRITER");
    let invite = |person: &Caller, through: &str| json!({"on": domain, "person": person.id, "role": "WRITER", "through": through});
    let administrator = &scene.administrator;
    let has_role = refused(administrator, "inviteToBooking", invite(&cecile, "2090-01-01"));
    assert_eq!(has_role, ("domain.invited-has-role".into(), json!("person")));
    let over = refused(administrator, "inviteToBooking", invite(&karim, "2020-01-01"));
    assert_eq!(over, ("domain.days-passed".into(), json!("through")));

    let mine = |caller: &Caller| {
        let query = "{ bookingInvitations { domainName structure { name } grant { id role through } } }";
        caller.ask(query, json!({}))["bookingInvitations"].clone()
    };
    let invited =
        done(administrator, "inviteToBooking", invite(&karim, "2090-01-01"), GRANT)["grant"].clone();
    assert_eq!((&invited["invitation"], &invited["through"]), (&json!(true), &json!("2090-01-01")));
    let invitation = json!({ "invitation": invited["id"] });
    assert_eq!(mine(&karim)[0]["domainName"], "Salles");
    assert_eq!(mine(&karim)[0]["grant"]["id"], invited["id"]);
    assert_eq!((mine(&awa), scene.seen(&karim)), (json!([]), vec![]));
    let doubts = shown(administrator, &domain)["grants"]["nodes"].clone();
    assert_eq!(doubts[2]["doubt"], "NOT_ACCEPTED");
    for other in [&awa, &cecile, administrator] {
        assert_eq!(other.act_code("acceptInvitation", invitation.clone()), "NOT_FOUND");
        assert_eq!(other.act_code("declineInvitation", invitation.clone()), "NOT_FOUND");
    }
    done(&karim, "acceptInvitation", invitation.clone(), GRANT);
    assert_eq!(scene.seen(&karim), [("Salles".to_owned(), json!("WRITER"))]);
    done(&karim, "acceptInvitation", invitation.clone(), GRANT);
    assert_eq!(refused(&karim, "declineInvitation", invitation.clone()).0, "domain.invitation-accepted");
    assert_eq!(mine(&karim), json!([]));
    done(administrator, "revokeBookingRole", json!({ "grant": invited["id"] }), GRANT);
    assert_eq!(refused(&karim, "acceptInvitation", invitation).0, "domain.role-revoked");
    assert_eq!(scene.seen(&karim), []);

    let invited = done(administrator, "inviteToBooking", invite(&awa, "2090-01-01"), GRANT)["grant"].clone();
    let invitation = json!({ "invitation": invited["id"] });
    let declined = done(&awa, "declineInvitation", invitation.clone(), GRANT);
    assert!(declined["grant"].is_null());
    done(&awa, "declineInvitation", invitation.clone(), GRANT);
    assert_eq!(refused(&awa, "acceptInvitation", invitation).0, "domain.invitation-declined");
    let again = done(administrator, "inviteToBooking", invite(&awa, "2090-01-01"), GRANT)["grant"].clone();
    assert_ne!(again["id"], invited["id"], "who declined may be invited again");
    scene.school.stop();
}

#[test]
fn a_local_administrator_has_the_domains_of_their_structures_alone() {
    let scene = scene();
    let [cecile, hugo] = scene.people(["Cécile Lambert", "Hugo Brunet"]);
    let create = json!({"structure": scene.structure, "name": "Salles"});
    assert_eq!(cecile.act_code("createDomain", create.clone()), "FORBIDDEN");
    scene.school.appoint(&cecile, "LOCAL_ADMINISTRATOR", &[&scene.structure]);
    let made = done(&cecile, "createDomain", create, DOMAIN);
    let domain = id(&made["domain"]);
    let names = ["", "  ", &"é".repeat(101)];
    for name in names {
        assert_eq!(
            cecile.act_code("renameDomain", json!({"domain": domain, "name": name})),
            "BAD_USER_INPUT"
        );
    }
    assert_eq!(scene.seen(&hugo), []);
    // What happened is about the structure, also once the domain is gone.
    done(&cecile, "deleteDomain", json!({"domain": domain, "reason": "fictif"}), DOMAIN);
    let events =
        "query($id: ID!) { events(filter: { structure: $id, kinds: [\"domain.\"] }) { nodes { kind } } }";
    let events = scene.administrator.ask(events, json!({ "id": scene.structure }))["events"]["nodes"].clone();
    let kinds: Vec<_> = events.as_array().unwrap().iter().map(|event| event["kind"].clone()).collect();
    assert_eq!(kinds, ["domain.created", "domain.role-granted", "domain.deleted"]);
    scene.school.stop();
}
