//! Bookings asked of a real server: roles, rules, series, several at once, closures, and what a crash leaves.

use serde_json::{Value, json};

use crate::domains::{Scene, done, id, refused, scene};
use crate::school::{Caller, key, mutated};
use crate::scope::UNSEEN;

pub(crate) const BOOKING: &str =
    "booking { id purpose rule except resourceName timeZone owner { displayName } reason
    dates { date start end startsAt state quantity moved } proposal { date start following } }
    userErrors { code field message }";

const RESOURCE: &str = "resource { id details { name quantity timeZone closures { id } } } affected
    userErrors { code field message }";

/// A room of the school that teachers book as the role says, moderated by the head.
pub(crate) struct Room {
    pub(crate) scene: Scene,
    pub(crate) domain: String,
    pub(crate) room: String,
    pub(crate) teacher: Caller,
    pub(crate) colleague: Caller,
    pub(crate) deputy: Caller,
}

pub(crate) fn room(role: &str) -> Room {
    let scene = scene();
    let [teacher, colleague, deputy] = scene.people(["Cécile Lambert", "Hugo Brunet", "Agnès Roux"]);
    let domain = scene.domain("Salles informatiques");
    let room = made(&scene, &domain, "Salle multimédia", 1);
    for who in [&teacher, &colleague] {
        scene.grant(&domain, &who.id, role);
    }
    scene.grant(&domain, &deputy.id, "MODERATOR");
    Room { scene, domain, room, teacher, colleague, deputy }
}

fn made(scene: &Scene, domain: &str, name: &str, quantity: u32) -> String {
    let input = json!({"domain": domain, "name": name, "quantity": quantity});
    id(&done(&scene.administrator, "createResource", input, RESOURCE)["resource"])
}

/// A year in which nothing has happened yet: its first of September is a Sunday.
pub(crate) fn slot(room: &str, day: &str, hours: &str) -> Value {
    let (start, end) = hours.split_once('/').unwrap();
    json!({"resource": room, "start": format!("{day}T{start}"), "end": format!("{day}T{end}")})
}

pub(crate) fn with(mut input: Value, more: Value) -> Value {
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    input
}

#[track_caller]
pub(crate) fn books(caller: &Caller, input: Value) -> Value {
    done(caller, "makeBooking", input, BOOKING)["booking"].clone()
}

fn states(booking: &Value) -> Vec<&str> {
    booking["dates"].as_array().unwrap().iter().map(|date| date["state"].as_str().unwrap()).collect()
}

fn seen(caller: &Caller, booking: &Value) -> Value {
    let query = "query($id: ID!) { booking(id: $id) { id purpose reason owner { displayName } mayValidate
        dates { state start } proposal { start } } }";
    caller.ask(query, json!({ "id": booking["id"] }))["booking"].clone()
}

fn queue(caller: &Caller) -> Value {
    caller.ask("{ bookingQueue(first: 9) { totalCount nodes { id } } }", json!({}))["bookingQueue"].clone()
}

#[test]
fn the_seeds_question_the_deputy_alone_validates() {
    let Room { scene, domain, room, teacher, colleague, deputy } = room("PUBLISHING_WRITER");
    let now = books(&teacher, slot(&room, "2030-09-02", "08:00/09:00"));
    assert_eq!(states(&now), ["CONFIRMED"], "until now teachers validated their own");

    // WRITER instead of PUBLISHING_WRITER: every grant of theirs is replaced.
    let query =
        "query($id: ID!) { domain(id: $id) { grants(first: 9) { nodes { id role person { id } } } } }";
    let grants = scene.administrator.ask(query, json!({ "id": domain }))["domain"]["grants"]["nodes"].clone();
    for grant in grants.as_array().unwrap().iter().filter(|grant| grant["role"] == "PUBLISHING_WRITER") {
        let input =
            json!({"on": domain, "to": grant["person"]["id"], "role": "WRITER", "insteadOf": grant["id"]});
        done(
            &scene.administrator,
            "grantBookingRole",
            input,
            "grant { id } userErrors { code field message }",
        );
    }
    let asked =
        books(&teacher, with(slot(&room, "2030-09-02", "10:00/11:00"), json!({"purpose": "Projet robots"})));
    assert_eq!(states(&asked), ["PENDING"]);
    assert_eq!(asked["purpose"], "Projet robots");
    assert_eq!(queue(&deputy)["nodes"], json!([{ "id": asked["id"] }]));
    assert_eq!(queue(&teacher)["totalCount"], 0);
    let validate = json!({ "booking": asked["id"] });
    for who in [&teacher, &colleague] {
        assert_eq!(refused(who, "validateBooking", validate.clone()).0, "booking.role-too-low");
    }
    let answered = done(&deputy, "validateBooking", validate, BOOKING);
    assert_eq!(states(&answered["booking"]), ["CONFIRMED"]);
    assert_eq!(queue(&deputy)["totalCount"], 0);
    scene.school.stop();
}

#[test]
fn every_broken_rule_is_told_at_once_in_words_and_before_booking() {
    let Room { scene, room, teacher, deputy, .. } = room("PUBLISHING_WRITER");
    let rules = json!({"opening": [{"day": 1, "from": "08:00", "to": "12:00"}], "longest": 120, "daysAhead": 30,
        "quotas": [{"limit": {"unit": "BOOKINGS", "per": "DAY", "most": 1}}]});
    done(&scene.administrator, "setResourceRules", json!({"resource": room, "rules": rules}), RESOURCE);
    let quota = json!({"group": UNSEEN, "limit": {"unit": "BOOKINGS", "per": "DAY", "most": 1}});
    let unseen = json!({"resource": room, "rules": {"quotas": [quota]}});
    assert_eq!(scene.administrator.act_code("setResourceRules", unseen), "NOT_FOUND", "a group nobody made");
    let wanted = slot(&room, "2030-09-03", "07:00/12:30");
    let answer = teacher.act("makeBooking", wanted.clone(), BOOKING);
    let told = |answer: &Value| {
        let errors = answer["userErrors"].as_array().unwrap().iter();
        errors
            .map(|error| format!("{} {}", error["code"].as_str().unwrap(), error["field"]))
            .collect::<Vec<_>>()
    };
    let field = "\"dates.2030-09-03\"";
    let expected = ["booking.too-long", "booking.outside-opening-hours", "booking.too-far-ahead"];
    assert_eq!(told(&answer), expected.map(|code| format!("{code} {field}")));
    assert!(answer["booking"].is_null());
    let preview = "query($input: MakeBookingInput!) { previewBooking(input: $input) { state dates leftOut
        userErrors { code field message } } }";
    let previewed =
        teacher.ask(preview, json!({"input": with(wanted.clone(), json!({"idempotencyKey": key()}))}));
    assert_eq!(told(&previewed["previewBooking"]), told(&answer));

    // A moderator passes over what may be passed over, with a reason.
    let passing = json!({"override": ["OPENING_HOURS", "NOTICES"]});
    let short = slot(&room, "2030-09-03", "07:00/08:00");
    assert_eq!(
        refused(&teacher, "makeBooking", with(short.clone(), passing.clone())).0,
        "booking.may-not-override"
    );
    assert_eq!(
        refused(&deputy, "makeBooking", with(short.clone(), passing.clone())).0,
        "booking.reason-required"
    );
    let reasoned = with(with(short.clone(), passing), json!({"reason": "Examen blanc", "owner": teacher.id}));
    let booked = books(&deputy, reasoned);
    assert_eq!(booked["owner"]["displayName"], "Cécile LAMBERT");
    assert_eq!(
        refused(&deputy, "makeBooking", with(short, json!({"override": ["NOTICES"], "reason": "x"}))).0,
        "booking.outside-opening-hours"
    );
    assert_eq!(
        refused(&scene.administrator, "makeBooking", slot(&room, "2030-09-02", "12:00/08:00")).0,
        "booking.no-length"
    );
}

#[test]
fn a_series_is_booked_moved_parted_and_given_up() {
    let Room { scene: _kept, room, teacher, colleague, deputy, .. } = room("PUBLISHING_WRITER");
    books(&colleague, slot(&room, "2030-09-16", "08:30/09:30"));
    let weekly = with(slot(&room, "2030-09-02", "08:00/09:00"), json!({"rule": "FREQ=WEEKLY;COUNT=5"}));
    let taken = teacher.act("makeBooking", weekly.clone(), BOOKING);
    assert_eq!(taken["userErrors"][0]["field"], "dates.2030-09-16");
    let series = books(&teacher, with(weekly, json!({"skipConflicts": true, "purpose": "Club"})));
    assert_eq!((series["dates"].as_array().unwrap().len(), &series["except"]), (4, &json!(["2030-09-16"])));

    let one = json!({"booking": series["id"], "date": "2030-09-09", "start": "2030-09-10T14:00", "end": "2030-09-10T15:00"});
    let moved = done(&teacher, "changeBooking", one, BOOKING)["booking"].clone();
    assert_eq!(moved["dates"][1]["start"], "2030-09-10T14:00");
    let rest = json!({"booking": series["id"], "scope": "FOLLOWING", "date": "2030-09-23",
        "start": "2030-09-23T10:00", "end": "2030-09-23T11:00"});
    let rest = done(&teacher, "changeBooking", rest, BOOKING)["booking"].clone();
    assert_ne!(rest["id"], series["id"]);
    assert_eq!((rest["dates"].as_array().unwrap().len(), &rest["purpose"]), (2, &json!("Club")));
    assert_eq!(states(&seen(&teacher, &series)), ["CONFIRMED", "CONFIRMED", "BRANCHED", "BRANCHED"]);

    assert_eq!(
        refused(&colleague, "cancelBooking", json!({ "booking": rest["id"] })).0,
        "booking.role-too-low"
    );
    assert_eq!(
        refused(&deputy, "cancelBooking", json!({ "booking": rest["id"] })).0,
        "booking.reason-required"
    );
    let given = json!({"booking": rest["id"], "reason": "Salle en travaux"});
    let given = done(&deputy, "cancelBooking", given, BOOKING)["booking"].clone();
    assert_eq!(states(&given), ["CANCELLED", "CANCELLED"]);
    assert_eq!(seen(&teacher, &rest)["reason"], "Salle en travaux");
    let mine = teacher.ask("{ myBookings(first: 9) { totalCount } }", json!({}));
    assert_eq!(mine["myBookings"]["totalCount"], 2);
}

#[test]
fn a_change_by_a_writer_waits_and_nothing_changes_until_then() {
    let Room { scene: _kept, room, teacher, deputy, .. } = room("WRITER");
    let asked = books(&teacher, slot(&room, "2030-09-02", "08:00/09:00"));
    done(&deputy, "validateBooking", json!({ "booking": asked["id"] }), BOOKING);
    let change = json!({"booking": asked["id"], "start": "2030-09-02T10:00", "end": "2030-09-02T11:00"});
    let waits = done(&teacher, "changeBooking", change.clone(), BOOKING)["booking"].clone();
    assert_eq!(
        (waits["dates"][0]["start"].as_str(), states(&waits)),
        (Some("2030-09-02T08:00"), vec!["CONFIRMED"])
    );
    assert_eq!(waits["proposal"]["start"], "2030-09-02T10:00");
    assert_eq!(queue(&deputy)["totalCount"], 1);
    let no = json!({"booking": asked["id"], "reason": "Déjà promis"});
    done(&deputy, "refuseBooking", no, BOOKING);
    let left = seen(&teacher, &asked);
    assert_eq!((&left["proposal"], &left["reason"]), (&Value::Null, &json!("Déjà promis")));
    done(&teacher, "changeBooking", change.clone(), BOOKING);
    done(&teacher, "withdrawBookingProposal", json!({ "booking": asked["id"] }), BOOKING);
    done(&teacher, "changeBooking", change, BOOKING);
    let yes = done(&deputy, "validateBooking", json!({ "booking": asked["id"] }), BOOKING)["booking"].clone();
    assert_eq!(yes["dates"][0]["start"], "2030-09-02T10:00");
}

#[test]
fn a_visitor_sees_that_a_slot_is_taken_and_not_by_whom() {
    let Room { scene, domain, room, teacher, .. } = room("WRITER");
    let [visitor, stranger] = scene.people(["Karim Masson", "Inès Masson"]);
    scene.grant(&domain, &visitor.id, "VISITOR");
    let booked =
        books(&teacher, with(slot(&room, "2030-09-02", "08:00/09:00"), json!({"purpose": "Conseil"})));
    let day = json!({"resource": room, "from": "2030-09-02T00:00:00Z", "to": "2030-09-03T00:00:00Z"});
    let query = "query($resource: ID!, $from: Instant!, $to: Instant!) {
        takenSlots(resource: $resource, from: $from, to: $to) { start booking owner { displayName } }
        availability(resources: [$resource], from: $from, to: $to) { name pieces { free } } }";
    let seen_by = |caller: &Caller| caller.ask(query, day.clone());
    let visited = seen_by(&visitor);
    assert_eq!(visited["takenSlots"], json!([{"start": "2030-09-02T08:00", "booking": null, "owner": null}]));
    let free: Vec<_> = visited["availability"][0]["pieces"]
        .as_array()
        .unwrap()
        .iter()
        .map(|of| of["free"].clone())
        .collect();
    assert_eq!(
        (free, &visited["availability"][0]["name"]),
        (vec![json!(1), json!(0), json!(1)], &json!("Salle multimédia"))
    );
    assert_eq!(seen_by(&teacher)["takenSlots"][0]["owner"]["displayName"], "Cécile LAMBERT");
    let known = seen(&visitor, &booked);
    assert_eq!((&known["purpose"], &known["owner"]), (&Value::Null, &Value::Null));
    assert_eq!(seen(&stranger, &booked), Value::Null);
    assert_eq!(
        refused(&visitor, "makeBooking", slot(&room, "2030-09-02", "10:00/11:00")).0,
        "booking.role-too-low"
    );
    let change = json!({"booking": booked["id"], "start": "2030-09-02T10:00", "end": "2030-09-02T11:00"});
    assert_eq!(stranger.act_code("changeBooking", change), "NOT_FOUND");
    let free = "query($id: ID!) { freeResources(domain: $id, start: \"2030-09-02T08:30\", end: \"2030-09-02T09:30\") { id } }";
    assert_eq!(teacher.ask(free, json!({ "id": domain }))["freeResources"], json!([]));
    let later = free.replace("08:30", "09:00");
    assert_eq!(teacher.ask(&later, json!({ "id": domain }))["freeResources"], json!([{ "id": room }]));
}

#[test]
fn a_right_that_was_lost_is_looked_at_again_when_somebody_validates() {
    let Room { scene, domain, room, teacher, deputy, .. } = room("WRITER");
    let asked = books(&teacher, slot(&room, "2030-09-02", "08:00/09:00"));
    let query = "query($id: ID!) { domain(id: $id) { grants(first: 9) { nodes { id person { id } } } } }";
    let grants = scene.administrator.ask(query, json!({ "id": domain }))["domain"]["grants"]["nodes"].clone();
    let theirs =
        grants.as_array().unwrap().iter().find(|grant| grant["person"]["id"] == json!(teacher.id)).unwrap();
    done(
        &scene.administrator,
        "revokeBookingRole",
        json!({ "grant": theirs["id"] }),
        "userErrors { code field message }",
    );
    assert_eq!(
        refused(&deputy, "validateBooking", json!({ "booking": asked["id"] })).0,
        "booking.owner-may-not"
    );
    // What is theirs they still see and may take back.
    let back = done(&teacher, "cancelBooking", json!({ "booking": asked["id"] }), BOOKING)["booking"].clone();
    assert_eq!(states(&back), ["WITHDRAWN"]);
}

#[test]
fn with_fewer_of_it_or_closed_what_no_longer_fits_is_suspended_and_comes_back() {
    let Room { scene, domain, teacher, colleague, deputy, .. } = room("PUBLISHING_WRITER");
    let tablets = made(&scene, &domain, "Tablettes", 30);
    let first = books(&teacher, with(slot(&tablets, "2030-09-02", "08:00/09:00"), json!({"quantity": 20})));
    let second =
        books(&colleague, with(slot(&tablets, "2030-09-02", "08:00/10:00"), json!({"quantity": 10})));
    let manager = &scene.administrator;
    let quantity = |quantity: u32| json!({"resource": tablets, "quantity": quantity});
    assert_eq!(refused(manager, "setResourceQuantity", quantity(0)).0, "resource.quantity-unfit");
    assert_eq!(deputy.act_code("setResourceQuantity", quantity(20)), "FORBIDDEN", "no moderator");
    let lowered = done(manager, "setResourceQuantity", quantity(20), RESOURCE);
    assert_eq!(lowered["affected"], 1);
    assert_eq!(
        (states(&seen(&teacher, &first)), states(&seen(&colleague, &second))),
        (vec!["CONFIRMED"], vec!["SUSPENDED"])
    );
    done(manager, "setResourceQuantity", quantity(30), RESOURCE);
    assert_eq!(states(&seen(&colleague, &second)), ["CONFIRMED"]);

    let closure = json!({"resource": tablets, "start": "2030-09-02T07:00", "end": "2030-09-02T08:30"});
    let report = with(closure.clone(), json!({"inTheWay": "REPORT"}));
    let reported = done(manager, "closeResource", report, RESOURCE);
    assert_eq!(
        (&reported["affected"], &reported["resource"]["details"]["closures"]),
        (&json!(2), &json!([]))
    );
    let closed = done(manager, "closeResource", closure, RESOURCE);
    assert_eq!(closed["affected"], 2);
    let lift = json!({"resource": tablets, "closure": closed["resource"]["details"]["closures"][0]["id"]});
    done(manager, "liftResourceClosure", lift, RESOURCE);
    assert_eq!(states(&seen(&teacher, &first)), ["CONFIRMED"]);

    assert_eq!(refused(manager, "deleteResource", json!({ "resource": tablets })).0, "resource.booked");
    let unsaid = json!({"resource": tablets, "cancelFuture": true});
    assert_eq!(refused(manager, "deleteResource", unsaid).0, "booking.reason-required");
    let said = json!({"resource": tablets, "cancelFuture": true, "reason": "Volées"});
    let gone = done(manager, "deleteResource", said, RESOURCE);
    assert_eq!(gone["resource"], Value::Null);
    let left = seen(&teacher, &first);
    assert_eq!((states(&left), &left["reason"]), (vec!["CANCELLED"], &json!("Volées")));
    let query = "query($id: ID!) { domain(id: $id) { resources(first: 9) { totalCount } } }";
    assert_eq!(manager.ask(query, json!({ "id": domain }))["domain"]["resources"]["totalCount"], 1);
    scene.school.stop();
}

const REQUEST: &str =
    "request { id state done refusedBy bookings { id dates { state } } userErrors { code field } }
    userErrors { code field message }";

#[test]
fn several_resources_are_booked_all_or_none() {
    let Room { scene, domain, room, teacher, colleague, .. } = room("PUBLISHING_WRITER");
    let trolley = made(&scene, &domain, "Chariot", 1);
    let both = |hours: &str| {
        let mut input = slot(&room, "2030-09-02", hours);
        input.as_object_mut().unwrap().remove("resource");
        with(input, json!({"parts": [{ "resource": room }, { "resource": trolley }]}))
    };
    let granted = done(&teacher, "makeBookings", both("08:00/09:00"), REQUEST)["request"].clone();
    assert_eq!((&granted["state"], &granted["done"]), (&json!("GRANTED"), &json!(true)));
    for booking in granted["bookings"].as_array().unwrap() {
        assert_eq!(states(booking), ["CONFIRMED"]);
    }
    books(&colleague, slot(&trolley, "2030-09-02", "10:30/11:00"));
    let no = teacher.act("makeBookings", both("10:00/11:00"), REQUEST);
    assert_eq!((&no["request"]["state"], &no["request"]["refusedBy"]), (&json!("REFUSED"), &json!(trolley)));
    assert_eq!(no["userErrors"][0]["code"], "booking.slot-taken");
    assert_eq!(no["userErrors"][0]["field"], "parts.1");
    assert_eq!(states(&no["request"]["bookings"][0]), ["RELEASED"], "given back");
    books(&colleague, slot(&room, "2030-09-02", "10:00/11:00"));
    let twice = with(both("12:00/13:00"), json!({"parts": [{ "resource": room }, { "resource": room }]}));
    assert_eq!(refused(&teacher, "makeBookings", twice).0, "booking-request.parts-unfit");
    scene.school.stop();
}

/// What is booked of a resource on the second of September.
fn taken(caller: &Caller, resource: &str) -> Value {
    let query = "query($resource: ID!, $from: Instant!, $to: Instant!) {
        takenSlots(resource: $resource, from: $from, to: $to) { start state } }";
    let day = json!({"resource": resource, "from": "2030-09-02T00:00:00Z", "to": "2030-09-03T00:00:00Z"});
    caller.ask(query, day)["takenSlots"].clone()
}

#[test]
fn a_request_that_is_killed_anywhere_leaves_no_half() {
    let Room { scene, domain, room, teacher, .. } = room("PUBLISHING_WRITER");
    let trolley = made(&scene, &domain, "Chariot", 1);
    let mut school = scene.school;
    let mut booked = 0;
    for round in 0..10 {
        let mut input = slot(&room, "2030-09-02", &format!("{:02}:00/{:02}:30", 8 + round, 8 + round));
        input.as_object_mut().unwrap().remove("resource");
        let input = with(input, json!({"parts": [{ "resource": room }, { "resource": trolley }]}));
        let asking = teacher.at(&school);
        let running = std::thread::spawn(move || {
            let (query, variables) = mutated("makeBookings", input, &key(), REQUEST);
            asking.try_whole(&query, &variables).is_ok()
        });
        // A little later each time.
        for _ in 0..round {
            teacher.at(&school).ask("{ unreadCount }", json!({}));
        }
        school.crash();
        let acknowledged = running.join().unwrap();
        let teacher = teacher.at(&school);
        let slots = loop {
            let (one, other) = (taken(&teacher, &room), taken(&teacher, &trolley));
            let held = |slots: &Value| slots.as_array().unwrap().iter().any(|slot| slot["state"] == "HELD");
            // The two are looked at one after the other: what differs now may be the same at the next look.
            if !held(&one) && !held(&other) && one == other {
                break one;
            }
        };
        let now = slots.as_array().unwrap().len();
        assert!(now > booked || !acknowledged, "round {round}: an answer was lost");
        booked = now;
    }
    assert!(booked > 0, "every one was killed before it was asked for: this test shows nothing");
    school.stop();
}

/// The notices in somebody's inbox, the newest first, once there are so many: processes send them.
fn notices(caller: &Caller, count: usize) -> Vec<Value> {
    let query = "{ mailbox(folder: INBOX, first: 20) { nodes { subject author { id } notice { kind } } } }";
    loop {
        let rows = caller.ask(query, json!({}))["mailbox"]["nodes"].as_array().unwrap().clone();
        let notices: Vec<_> = rows.into_iter().filter(|row| row["notice"] != Value::Null).collect();
        if notices.len() >= count {
            return notices;
        }
    }
}

#[test]
fn people_are_told_of_what_happens_to_their_bookings_and_of_what_waits_for_them() {
    let Room { scene, room, teacher, deputy, .. } = room("WRITER");
    let asked = books(&teacher, slot(&room, "2030-09-02", "08:00/09:00"));
    let told = notices(&deputy, 1);
    assert_eq!((&told[0]["author"], told.len()), (&Value::Null, 1));
    let kind = told[0]["notice"]["kind"].clone();
    done(&deputy, "validateBooking", json!({ "booking": asked["id"] }), BOOKING);
    let answered = notices(&teacher, 1);
    assert_ne!(answered[0]["notice"]["kind"], kind, "{answered:?}");
    // What somebody did themselves they are not told of.
    done(&teacher, "cancelBooking", json!({ "booking": asked["id"] }), BOOKING);
    let again = books(&teacher, slot(&room, "2030-09-02", "10:00/11:00"));
    let no = json!({"booking": again["id"], "reason": "Examen"});
    done(&deputy, "refuseBooking", no, BOOKING);
    assert_eq!(notices(&teacher, 2).len(), 2);
    assert_eq!(notices(&deputy, 2).len(), 2);
    scene.school.stop();
}

#[test]
fn managers_alone_are_told_of_a_threshold() {
    let Room { scene, room, teacher, deputy, .. } = room("PUBLISHING_WRITER");
    let rules = json!({"threshold": {"unit": "BOOKINGS", "per": "WEEK", "most": 1}});
    done(&scene.administrator, "setResourceRules", json!({"resource": room, "rules": rules}), RESOURCE);
    for hours in ["08:00/09:00", "09:00/10:00", "10:00/11:00"] {
        books(&teacher, slot(&room, "2030-09-02", hours));
    }
    let told = notices(&scene.administrator, 1);
    let about = json!({ "kind": "BOOKING_THRESHOLD_PASSED" });
    assert_eq!((told.len(), &told[0]["notice"]), (1, &about), "once in a week");
    // What waits is told to moderators too: it comes after whatever they would have been told before.
    let [writer] = scene.people(["Karim Masson"]);
    scene.grant(&room, &writer.id, "WRITER");
    scene.grant(&room, &deputy.id, "MODERATOR");
    books(&writer, slot(&room, "2030-09-02", "14:00/15:00"));
    let waits = notices(&deputy, 1);
    assert_eq!((waits.len(), &waits[0]["notice"]["kind"]), (1, &json!("BOOKING_TO_VALIDATE")));
    scene.school.stop();
}

#[test]
fn a_school_that_closes_closes_its_resources_and_those_that_come_later() {
    let Room { scene, domain, room, teacher, .. } = room("PUBLISHING_WRITER");
    let booked = books(&teacher, slot(&room, "2030-12-23", "08:00/09:00"));
    let holidays = json!({"structure": scene.structure, "from": "2030-12-21T00:00", "to": "2031-01-06T00:00",
        "what": "Vacances de Noël"});
    let fields = "structure { closures { id } } userErrors { code field message }";
    let made_it = done(&scene.administrator, "makeClosure", holidays, fields);
    let periods =
        json!({"structure": scene.structure, "periods": [{"name": "M1", "from": "08:00", "to": "08:55"}]});
    done(&scene.administrator, "setPeriods", periods, "userErrors { code field message }");
    let details = |resource: &str| {
        let query =
            "query($id: ID!) { resource(id: $id) { details { periods { name } closures { from } } } }";
        teacher.ask(query, json!({ "id": resource }))["resource"]["details"].clone()
    };
    let carried = |resource: &str| loop {
        let details = details(resource);
        if details["periods"] == json!([{ "name": "M1" }])
            && details["closures"].as_array().unwrap().len() == 1
        {
            break;
        }
    };
    carried(&room);
    assert_eq!(states(&seen(&teacher, &booked)), ["SUSPENDED"]);
    let later = made(&scene, &domain, "Chariot", 1);
    carried(&later);
    assert_eq!(
        refused(&teacher, "makeBooking", slot(&later, "2030-12-24", "08:00/09:00")).0,
        "booking.closed"
    );
    let lift = json!({"structure": scene.structure, "closure": made_it["structure"]["closures"][0]["id"]});
    done(&scene.administrator, "liftClosure", lift, "userErrors { code field message }");
    while states(&seen(&teacher, &booked)) != ["CONFIRMED"] {}
    scene.school.stop();
}

#[test]
fn managers_see_how_much_is_taken() {
    let Room { scene, room, teacher, deputy, .. } = room("PUBLISHING_WRITER");
    let rules = json!({"opening": [{"day": 1, "from": "08:00", "to": "18:00"}]});
    done(&scene.administrator, "setResourceRules", json!({"resource": room, "rules": rules}), RESOURCE);
    let booked = books(&teacher, slot(&room, "2030-09-02", "08:00/10:00"));
    let gone = books(&teacher, slot(&room, "2030-09-02", "14:00/15:00"));
    done(&teacher, "cancelBooking", json!({ "booking": gone["id"] }), BOOKING);
    let query = "query($id: ID!) { bookingStatistics(resources: [$id], from: \"2030-09-03\", through: \"2030-09-08\") {
        monday name takenMinutes openMinutes occupation asked cancelled refused byProfile { profile minutes } } }";
    let weeks = scene.administrator.ask(query, json!({ "id": room }))["bookingStatistics"].clone();
    assert_eq!(
        weeks,
        json!([{"monday": "2030-09-02", "name": "Salle multimédia", "takenMinutes": 120, "openMinutes": 600,
            "occupation": 200, "asked": 2, "cancelled": 1, "refused": 0,
            "byProfile": [{"profile": "TEACHER", "minutes": 120}]}])
    );
    assert_eq!(deputy.code(query, json!({ "id": room })), "FORBIDDEN");
    let query = "query($id: ID!) { bookingStatistics(resources: [$id], from: \"2030-09-03\", through: \"2030-09-08\") {
        byPopulation { profile group { name } takenMinutes asked cancelled } } }";
    let weeks = scene.administrator.ask(query, json!({ "id": room }))["bookingStatistics"].clone();
    let all = |profile: Value, group: Value| json!({"profile": profile, "group": group, "takenMinutes": 120, "asked": 2, "cancelled": 1});
    let class = json!({"name": "Enseignants de CE1 A"});
    assert_eq!(
        weeks[0]["byPopulation"],
        json!([all(json!("TEACHER"), Value::Null), all(Value::Null, class)])
    );

    // What happened to her bookings is about her, whoever did it.
    let query = "query($who: ID!) { events(filter: {subject: $who, kinds: [\"booking.\"]}, first: 9) {
        nodes { kind data } } }";
    let events = scene.administrator.ask(query, json!({ "who": teacher.id }))["events"]["nodes"].clone();
    let kinds: Vec<_> =
        events.as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["booking.made", "booking.made", "booking.cancelled"], "{booked}: {events}");
    let none = scene.administrator.ask(query, json!({ "who": deputy.id }));
    assert_eq!(none["events"]["nodes"], json!([]));
}

/// Commands of one person wait for each other, so eight people try, each from eight places. `PREAU_ATTEMPTS=10000` is the
/// long form.
#[test]
fn one_slot_is_won_by_as_many_as_there_are_however_many_try_at_once() {
    let attempts: usize =
        std::env::var("PREAU_ATTEMPTS").ok().and_then(|all| all.parse().ok()).unwrap_or(640);
    let Room { scene, domain, teacher, colleague, deputy, .. } = room("PUBLISHING_WRITER");
    let more =
        scene.people(["Solène Verdier", "Marc Verdier", "Karim Masson", "Inès Masson", "Awa N'Guessan"]);
    for who in &more {
        scene.grant(&domain, &who.id, "PUBLISHING_WRITER");
    }
    let people: Vec<_> = [teacher, colleague, deputy].into_iter().chain(more).collect();
    let tablets = made(&scene, &domain, "Tablettes", 7);
    let (places, won) = (8, std::sync::atomic::AtomicUsize::new(0));
    let each = attempts.div_ceil(people.len() * places);
    std::thread::scope(|scope| {
        for who in people.iter().flat_map(|who| std::iter::repeat_n(who, places)) {
            let (tablets, won) = (&tablets, &won);
            scope.spawn(move || {
                for _ in 0..each {
                    let wanted = slot(tablets, "2030-09-02", "08:00/09:00");
                    let answer = who.act("makeBooking", wanted, BOOKING);
                    match answer["userErrors"].as_array().unwrap().as_slice() {
                        [] => {
                            won.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        }
                        [error] => assert_eq!(error["code"], "booking.slot-taken"),
                        more => panic!("{more:?}"),
                    }
                }
            });
        }
    });
    assert_eq!(won.into_inner(), 7);
    scene.school.stop();
}
