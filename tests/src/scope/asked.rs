//! What is asked by somebody who must not: each field of the roots, with an input that can be read.

use serde_json::{Value, json};

/// Every query as a document that somebody signed in may ask. `$id` is replaced by an id of the kind it takes.
pub(super) const QUERIES: [(&str, &str); 44] = [
    ("node", "{ node(id: $person) { id } }"),
    ("atLeast", "{ atLeast(position: \"1\") { me { id } } }"),
    ("me", "{ me { id } }"),
    ("person", "{ person(id: $person) { id } }"),
    ("people", "{ people(first: 1) { totalCount } }"),
    ("reach", "{ reach(first: 1) { totalCount } }"),
    ("reachGroups", "{ reachGroups(first: 1) { totalCount } }"),
    ("reachable", "{ reachable(person: $person) { reachable } }"),
    ("explainReach", "{ explainReach(to: $person) { allowed } }"),
    ("structure", "{ structure(uai: \"0990201F\") { name } }"),
    ("mailbox", "{ mailbox(folder: INBOX, first: 1) { nodes { id } } }"),
    ("unreadCount", "{ unreadCount }"),
    ("drafts", "{ drafts(first: 1) { nodes { id } } }"),
    ("draft", "{ draft(id: $message) { id } }"),
    ("message", "{ message(id: $message) { id } }"),
    ("messageTrace", "{ messageTrace(id: $message) { id } }"),
    ("session", "{ session { me } }"),
    ("asOf", "{ asOf(position: \"1\") { me { id } } }"),
    ("events", "{ events(first: 1) { nodes { kind } } }"),
    ("diff", "{ diff(from: { position: \"1\" }, to: { position: \"2\" }) { more } }"),
    ("erasures", "{ erasures(first: 1) { nodes { id } } }"),
    ("previewRuleChange", "{ previewRuleChange(changes: [{removeRule: $rule}]) { needsAcceptance } }"),
    (
        "previewRecipe",
        "{ previewRecipe(structure: $structure, recipe: \"NO_TALK_INSIDE_CLASSES\") { rulesMade } }",
    ),
    ("previewMatrix", "{ previewMatrix(structure: $structure) { rulesMade } }"),
    ("favourites", "{ favourites(first: 1) { nodes { id } } }"),
    ("feeds", "{ feeds(first: 1) { nodes { id } } }"),
    ("domains", "{ domains(structure: $structure, first: 1) { nodes { id } } }"),
    ("domain", "{ domain(id: $domain) { id } }"),
    ("grants", "{ grants(resource: $resource, first: 1) { nodes { id } } }"),
    ("validators", "{ validators(resource: $resource) { id } }"),
    (
        "explainBookingRight",
        "{ explainBookingRight(resource: $resource, action: CREATE_BOOKING) { answer } }",
    ),
    ("bookingInvitations", "{ bookingInvitations { domainName } }"),
    ("resource", "{ resource(id: $resource) { id } }"),
    (
        "bookingStatistics",
        "{ bookingStatistics(resources: [$resource], from: \"2026-09-01\", through: \"2026-09-30\") { monday } }",
    ),
    (
        "availability",
        "{ availability(resources: [$resource], from: \"2026-09-01T00:00:00Z\", to: \"2026-09-02T00:00:00Z\") { name } }",
    ),
    (
        "takenSlots",
        "{ takenSlots(resource: $resource, from: \"2026-09-01T00:00:00Z\", to: \"2026-09-02T00:00:00Z\") { state } }",
    ),
    (
        "previewBooking",
        "{ previewBooking(input: {resource: $resource, start: \"2030-09-02T08:00\", end: \"2030-09-02T09:00\",
            idempotencyKey: \"01K4QJ6X2F00000000000000K1\"}) { state } }",
    ),
    (
        "freeResources",
        "{ freeResources(domain: $domain, start: \"2030-09-02T08:00\", end: \"2030-09-02T09:00\") { id } }",
    ),
    ("booking", "{ booking(id: $booking) { id } }"),
    ("bookingRequest", "{ bookingRequest(id: $request) { id } }"),
    ("myBookings", "{ myBookings(first: 1) { nodes { id } } }"),
    ("bookingQueue", "{ bookingQueue(first: 1) { nodes { id } } }"),
    ("contentRequests", "{ contentRequests(first: 1) { nodes { id } } }"),
    ("ruleChangeRequests", "{ ruleChangeRequests(first: 1) { nodes { id } } }"),
];

/// Every mutation with an input that can be read.
pub(super) fn mutations(person: &str, structure: &str, message: &str) -> Vec<(&'static str, Value)> {
    let reason = "parce que";
    let mut all = vec![
        ("changePassword", json!({"currentPassword": "x", "newPassword": "y"})),
        ("issueActivationCodes", json!({"people": [person]})),
        ("resetPassword", json!({ "person": person })),
        ("blockAccount", json!({"person": person, "cause": "PERSON", "reason": reason})),
        ("unblockAccount", json!({"person": person, "cause": "PERSON"})),
        ("blockProfile", json!({"structure": structure, "profile": "STUDENT", "reason": reason})),
        ("unblockProfile", json!({"structure": structure, "profile": "STUDENT"})),
        ("setAccessWindow", json!({"structure": structure, "profile": "STUDENT", "opens": "2030-09-01"})),
        ("setPeriods", json!({"structure": structure, "periods": []})),
        (
            "makeClosure",
            json!({"structure": structure, "from": "2030-12-21T00:00", "to": "2031-01-06T00:00", "what": reason}),
        ),
        ("liftClosure", json!({"structure": structure, "closure": UNCLOSED})),
        ("grantRole", json!({"person": person, "role": "LOCAL_ADMINISTRATOR", "structures": [structure]})),
        ("revokeRole", json!({"person": person, "role": "LOCAL_ADMINISTRATOR", "structures": [structure]})),
        ("saveDraft", json!({"draft": message, "subject": "a"})),
        ("discardDraft", json!({ "draft": message })),
        ("sendMessage", json!({"subject": "a", "to": [person]})),
        ("replyToMessage", json!({"message": message, "bodyText": "a"})),
        ("closeReplies", json!({ "message": message })),
        ("openMessage", json!({ "message": message })),
        ("trashMessages", json!({ "messages": [message] })),
        ("restoreMessages", json!({ "messages": [message] })),
        ("erasePerson", json!({"person": person, "reason": reason})),
        ("eraseMessage", json!({"message": message, "reason": reason})),
        ("confirmErasure", json!({ "erasure": UNKNOWN })),
        ("declineErasure", json!({ "erasure": UNKNOWN })),
        (
            "requestContents",
            json!({"message": message, "ends": "2030-09-01T08:00:00Z", "reason": reason, "wholeThread": true}),
        ),
        ("approveContents", json!({ "request": UNASKED })),
        ("declineContents", json!({ "request": UNASKED })),
        ("readContents", json!({"request": UNASKED, "message": message})),
        ("makeRule", json!({"from": UNSEEN, "to": UNSEEN})),
        ("removeRule", json!({ "rule": UNMADE })),
        ("grantFact", json!({"group": UNSEEN, "fact": "USES"})),
        ("removeFact", json!({"group": UNSEEN, "fact": "USES"})),
        ("closeInternal", json!({ "group": UNSEEN })),
        ("setInternalPolicy", json!({"structure": structure, "policy": "EXPLICIT"})),
        ("makeDirectLink", json!({"from": person, "to": person, "reason": reason})),
        ("removeDirectLink", json!({"from": person, "to": person})),
        ("hide", json!({"target": person, "reason": reason})),
        ("unhide", json!({ "target": person })),
        ("closeStructure", json!({"structure": structure, "reason": reason})),
        ("reopenStructure", json!({ "structure": structure })),
        ("requestRuleChange", json!({"changes": [{ "removeRule": UNMADE }], "reason": reason})),
        ("acceptRuleChange", json!({ "request": UNWANTED })),
        ("refuseRuleChange", json!({"request": UNWANTED, "reason": reason})),
        ("takeRecipe", json!({"structure": structure, "recipe": "NO_TALK_INSIDE_CLASSES"})),
        ("takeBackRecipe", json!({"structure": structure, "recipe": "NO_TALK_INSIDE_CLASSES"})),
        ("applyMatrix", json!({ "structure": structure })),
        ("resetMatrix", json!({ "structure": structure })),
        ("createFreeGroup", json!({"structure": structure, "name": "x", "membersReachEachOther": false})),
        ("createBroadcastList", json!({"structure": structure, "name": "x", "profile": "RELATIVE"})),
        ("setListCriteria", json!({ "group": UNSEEN })),
        ("renameGroup", json!({"group": UNSEEN, "name": "x"})),
        ("addMembers", json!({"group": UNSEEN, "people": [person]})),
        ("removeMembers", json!({"group": UNSEEN, "people": [person]})),
        ("nameManager", json!({"group": UNSEEN, "person": person})),
        ("endManager", json!({"group": UNSEEN, "person": person})),
        ("saveFavourite", json!({"name": "x", "members": [person]})),
        ("deleteFavourite", json!({ "favourite": UNSAVED })),
        (
            "readIncident",
            json!({"account": person, "from": "2026-09-01T00:00:00Z", "to": "2026-09-08T00:00:00Z", "reason": reason}),
        ),
    ];
    all.extend(of_booking(person, structure));
    all
}

fn of_booking(person: &str, structure: &str) -> Vec<(&'static str, Value)> {
    let reason = "parce que";
    vec![
        ("createDomain", json!({"structure": structure, "name": "x"})),
        ("renameDomain", json!({"domain": UNBUILT, "name": "x"})),
        ("deleteDomain", json!({ "domain": UNBUILT })),
        ("showBookingDetails", json!({"domain": UNBUILT, "from": "VISITOR"})),
        ("grantBookingRole", json!({"on": UNBUILT, "to": person, "role": "WRITER"})),
        (
            "inviteToBooking",
            json!({"on": UNBOOKED, "person": person, "role": "WRITER", "through": "2090-01-01"}),
        ),
        ("revokeBookingRole", json!({ "grant": UNGRANTED })),
        ("createResource", json!({"domain": UNBUILT, "name": "x"})),
        ("renameResource", json!({"resource": UNBOOKED, "name": "x"})),
        ("setResourceQuantity", json!({"resource": UNBOOKED, "quantity": 2})),
        ("setResourceRules", json!({"resource": UNBOOKED, "rules": {}})),
        (
            "closeResource",
            json!({"resource": UNBOOKED, "start": "2030-09-02T08:00", "end": "2030-09-02T09:00"}),
        ),
        ("liftResourceClosure", json!({"resource": UNBOOKED, "closure": UNCLOSED})),
        ("deleteResource", json!({ "resource": UNBOOKED })),
        (
            "makeBooking",
            json!({"resource": UNBOOKED, "start": "2030-09-02T08:00", "end": "2030-09-02T09:00"}),
        ),
        (
            "makeBookings",
            json!({"parts": [{ "resource": UNBOOKED }, { "resource": UNBOOKED }], "start": "2030-09-02T08:00",
                "end": "2030-09-02T09:00"}),
        ),
        ("importCalendar", json!({"resource": UNBOOKED, "file": "x"})),
        ("openFeed", json!({"scope": "BUSY", "resource": UNBOOKED})),
        ("revokeFeed", json!({ "feed": UNOPENED })),
        ("changeBooking", json!({"booking": UNMET, "start": "2030-09-02T08:00", "end": "2030-09-02T09:00"})),
        ("cancelBooking", json!({ "booking": UNMET })),
        ("validateBooking", json!({ "booking": UNMET })),
        ("refuseBooking", json!({"booking": UNMET, "reason": reason})),
        ("withdrawBookingProposal", json!({ "booking": UNMET })),
        ("describeBooking", json!({"booking": UNMET, "purpose": "x"})),
        ("acceptInvitation", json!({ "invitation": UNGRANTED })),
        ("declineInvitation", json!({ "invitation": UNGRANTED })),
    ]
}

/// The id of an erasure that nobody asked for.
pub(super) const UNKNOWN: &str = "djE6ZXJhc3VyZTowMUs0UUo2WDJGMDAwMDAwMDAwMDAwMDBFMQ";

/// The id of a request for contents that nobody made.
pub(super) const UNASKED: &str = "djE6Y29udGVudC1yZXF1ZXN0OjAxSzRRSjZYMkYwMDAwMDAwMDAwMDAwMEMx";

/// The id of a request for a change of rules that nobody made.
pub(super) const UNWANTED: &str = "djE6cnVsZS1yZXF1ZXN0OjAxSzRRSjZYMkYwMDAwMDAwMDAwMDAwMFEx";

/// The id of a rule that nobody made; who must not change one that is there is in `rules.rs`.
pub(super) const UNMADE: &str = "djE6cnVsZTowMUs0UUo2WDJGMDAwMDAwMDAwMDAwMDBSMQ";

/// The id of a group that nobody made; likewise.
pub(crate) const UNSEEN: &str = "djE6Z3JvdXA6MDFLNFFKNlgyRjAwMDAwMDAwMDAwMDAwRzE";

/// The id of a favourite that nobody saved; whose may not be used is in `groups.rs`.
pub(super) const UNSAVED: &str = "djE6ZmF2b3VyaXRlOjAxSzRRSjZYMkYwMDAwMDAwMDAwMDAwMEYx";

/// The id of a domain that nobody created; whose must not be changed is in `domains.rs`.
pub(super) const UNBUILT: &str = "djE6ZG9tYWluOjAxSzRRSjZYMkYwMDAwMDAwMDAwMDAwMEQx";

/// The id of a resource that nobody created; likewise.
pub(super) const UNBOOKED: &str = "djE6cmVzb3VyY2U6MDFLNFFKNlgyRjAwMDAwMDAwMDAwMDAwUjE";

/// The id of a grant that nobody made; likewise.
pub(super) const UNGRANTED: &str = "djE6Z3JhbnQ6MDFLNFFKNlgyRjAwMDAwMDAwMDAwMDAwVDE";

/// The id of a booking that nobody made; whose must not be changed is in `bookings.rs`.
pub(super) const UNMET: &str = "djE6Ym9va2luZzowMUs0UUo2WDJGMDAwMDAwMDAwMDAwMDBCMQ";

/// The id of a request for bookings that nobody made.
pub(super) const UNHELD: &str = "djE6Ym9va2luZy1yZXF1ZXN0OjAxSzRRSjZYMkYwMDAwMDAwMDAwMDAwMFEx";

/// The id of a closure that nobody made.
pub(super) const UNCLOSED: &str = "djE6Y2xvc3VyZTowMUs0UUo2WDJGMDAwMDAwMDAwMDAwMDBDMQ";

/// The id of a feed that nobody opened.
pub(super) const UNOPENED: &str = "djE6ZmVlZDowMUs0UUo2WDJGMDAwMDAwMDAwMDAwMDBGMQ";

/// What nobody needs to sign in for.
pub(super) const OPEN: [&str; 3] = ["logIn", "logOut", "activateAccount"];

/// What is about something that is not there for anybody who asks here.
pub(super) const NOT_THERE: [&str; 43] = [
    "importCalendar",
    "openFeed",
    "confirmErasure",
    "declineErasure",
    "approveContents",
    "declineContents",
    "readContents",
    "acceptRuleChange",
    "refuseRuleChange",
    "makeRule",
    "removeRule",
    "grantFact",
    "removeFact",
    "closeInternal",
    "setListCriteria",
    "renameGroup",
    "addMembers",
    "removeMembers",
    "nameManager",
    "endManager",
    "renameDomain",
    "deleteDomain",
    "showBookingDetails",
    "grantBookingRole",
    "inviteToBooking",
    "revokeBookingRole",
    "acceptInvitation",
    "declineInvitation",
    "createResource",
    "renameResource",
    "setResourceQuantity",
    "setResourceRules",
    "closeResource",
    "liftResourceClosure",
    "deleteResource",
    "makeBooking",
    "makeBookings",
    "changeBooking",
    "cancelBooking",
    "validateBooking",
    "refuseBooking",
    "withdrawBookingProposal",
    "describeBooking",
];

/// What only who administers a structure does.
pub(super) const NOT_THEIRS: [&str; 11] = [
    "setInternalPolicy",
    "takeRecipe",
    "takeBackRecipe",
    "applyMatrix",
    "resetMatrix",
    "createFreeGroup",
    "createBroadcastList",
    "createDomain",
    "setPeriods",
    "makeClosure",
    "liftClosure",
];
