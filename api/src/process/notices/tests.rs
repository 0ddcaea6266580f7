//! Each is told once, however often the process is killed; nobody writes back; only who is told reads it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use async_graphql::Request;
use domain::actor::RoleName;
use domain::booking::slot::Slot;
use domain::group::Profile;
use domain::message::BookingNotice;
use domain::person::{self, BlockCause, Person};
use domain::{BookingId, DomainId, ResourceId, StructureId};
use eventlog::log::Direction;
use serde_json::{Value, json};

use super::*;
use crate::front::{Front, Visitor};
use crate::graphql::common::Global;
use crate::graphql::moments::Moments;
use crate::graphql::schema::schema;
use crate::process::testing::{Machine, comes, does, domain_of, holds, opens, room_in};
use crate::texts::Language;

const HERE: StructureId = StructureId::from_u128(1);
const ELSEWHERE: StructureId = StructureId::from_u128(2);
const CAUSE: EventId = EventId::from_u128(1);
const MANAGER: PersonId = PersonId::from_u128(11);
const OTHER: PersonId = PersonId::from_u128(12);
const BLOCKED: PersonId = PersonId::from_u128(13);
const PUPIL: PersonId = PersonId::from_u128(14);
const OPERATOR: PersonId = PersonId::from_u128(15);
const AUDITOR: PersonId = PersonId::from_u128(16);

fn of(what: BookingNotice) -> Notice {
    let slot =
        Slot { start: "2026-09-04T06:00:00Z".parse().unwrap(), end: "2026-09-04T07:00:00Z".parse().unwrap() };
    let (resource, booking) = (ResourceId::from_u128(7), BookingId::from_u128(8));
    Notice::Booking { resource, booking, what, slot: Some(slot) }
}

async fn school() -> (Machine, Node) {
    let machine = Machine::new();
    let node = machine.node().await;
    opens(&node, HERE, "Indian/Reunion").await;
    opens(&node, ELSEWHERE, "Europe/Paris").await;
    comes(&node, MANAGER, Profile::Staff, HERE).await;
    comes(&node, OTHER, Profile::Teacher, ELSEWHERE).await;
    comes(&node, BLOCKED, Profile::Teacher, HERE).await;
    comes(&node, PUPIL, Profile::Student, ELSEWHERE).await;
    comes(&node, OPERATOR, Profile::Staff, ELSEWHERE).await;
    comes(&node, AUDITOR, Profile::Staff, HERE).await;
    holds(&node, OPERATOR, RoleName::PlatformAdministrator, vec![]).await;
    holds(&node, AUDITOR, RoleName::Auditor, vec![HERE]).await;
    let (cause, by, until) = (BlockCause::Person, None, None);
    let block = person::Command::Block { cause, by, until, reason: "essai".into() };
    does::<Person>(&node, &StreamId::person(BLOCKED), block).await;
    (machine, node)
}

/// A room in a domain of the manager's; nobody else has a role on it.
async fn room(node: &Node) {
    let domain = DomainId::from_u128(6);
    domain_of(node, domain, MANAGER, HERE).await;
    room_in(node, domain, ResourceId::from_u128(7), (HERE, "Indian/Reunion")).await;
}

/// Somebody at the front door of a node.
struct Door {
    front: Arc<Front>,
    _sessions: tempfile::TempDir,
}

impl Door {
    fn of(node: Node) -> Self {
        let sessions = tempfile::tempdir().unwrap();
        Self { front: Arc::new(Front::open(Arc::new(node), sessions.path()).unwrap()), _sessions: sessions }
    }

    async fn ask(&self, person: PersonId, query: &str) -> Value {
        let visitor = Visitor { language: Language::English, address: IpAddr::V4(Ipv4Addr::LOCALHOST) };
        let (token, _) = self.front.sessions.begin(person, false, self.front.node.now()).unwrap();
        let caller = self.front.admit(&token.into_text(), visitor).unwrap();
        let request = Request::new(query).data(visitor).data(Moments::default()).data(caller);
        let answered = schema(Arc::clone(&self.front), false).execute(request).await;
        json!({ "data": answered.data.into_json().unwrap(), "errors": answered.errors.len() })
    }
}

#[tokio::test]
async fn killed_and_begun_again_it_tells_each_once() {
    let (machine, node) = school().await;
    let to = vec![OTHER, MANAGER, BLOCKED, PersonId::from_u128(99), OTHER];
    notify(&node, CAUSE, to.clone(), of(BookingNotice::ToValidate)).await.unwrap();
    drop(node);
    let node = machine.node().await;
    notify(&node, CAUSE, to, of(BookingNotice::ToValidate)).await.unwrap();
    assert_eq!(machine.count("message.notified").await, 1);
    // The same event may cause something else to be said; another event causes its own.
    notify(&node, CAUSE, vec![MANAGER], of(BookingNotice::Validated)).await.unwrap();
    notify(&node, EventId::from_u128(2), vec![MANAGER], of(BookingNotice::Validated)).await.unwrap();
    assert_eq!(machine.count("message.notified").await, 3);
    let unread = |person| node.read(|world| world.mailboxes.unread(world.people.number(person).unwrap()));
    assert_eq!([MANAGER, OTHER, BLOCKED].map(unread), [3, 1, 0]);
    // Whoever is told it could not have been told is in no event.
    notify(&node, CAUSE, vec![BLOCKED], of(BookingNotice::Refused)).await.unwrap();
    assert_eq!(machine.count("message.notified").await, 3);
}

#[tokio::test]
async fn the_event_says_who_is_told_what_because_of_what() {
    let (machine, node) = school().await;
    for person in 0..3 {
        comes(&node, PersonId::from_u128(100 + person), Profile::Teacher, HERE).await;
    }
    let to: Vec<_> = (100..103).map(PersonId::from_u128).collect();
    let position = notify(&node, CAUSE, to, of(BookingNotice::Suspended)).await.unwrap();
    let recorded = machine.log.read_at(position).await.unwrap().unwrap();
    let event = eventlog::decode::decode(&recorded).unwrap();
    let domain::Event::Message(domain::message::Event::Notified(notified)) = event else {
        panic!("{event:?}")
    };
    assert_eq!((notified.to.len(), notified.notice), (3, of(BookingNotice::Suspended)));
    let meta: domain::Meta = serde_json::from_slice(recorded.meta()).unwrap();
    assert_eq!((meta.actor, meta.causation), (Actor::Process(NAME.into()), Some(CAUSE)));
    let stream = StreamId::message(notified.message);
    let whole = machine.log.read_stream(&stream, None, Direction::Forwards, 10).await.unwrap();
    assert_eq!(whole.len(), 1);
}

#[tokio::test]
async fn it_is_read_like_a_message_and_answered_by_nobody() {
    let (_, node) = school().await;
    let told = of(BookingNotice::ThresholdPassed { person: PUPIL });
    notify(&node, CAUSE, vec![MANAGER, OTHER], told).await.unwrap();
    let message = node.read(|world| world.mailboxes.id(projections::MessageNo(0)).unwrap()).global();
    let door = Door::of(node);

    let inbox = "{ unreadCount mailbox(folder: INBOX, first: 5) { nodes { id subject author { id } unread
        to { others } notice { kind resource booking start end person { id } } } } }";
    let answer = door.ask(MANAGER, inbox).await;
    let row = &answer["data"]["mailbox"]["nodes"][0];
    assert_eq!(answer["data"]["unreadCount"], 1);
    assert_eq!(
        (&row["subject"], &row["author"]),
        (&json!("Threshold of bookings passed"), &Value::Null),
        "{answer}"
    );
    // Nobody shows a pupil of another school to this manager.
    let notice = json!({
        "kind": "BOOKING_THRESHOLD_PASSED", "resource": ResourceId::from_u128(7).global(),
        "booking": BookingId::from_u128(8).global(),
        "start": "2026-09-04T06:00:00Z", "end": "2026-09-04T07:00:00Z", "person": null
    });
    assert_eq!(row["notice"], notice);

    let one = format!(
        "{{ message(id: \"{}\") {{ subject bodyText bodyHtml author {{ id }} mayReply mayReplyToAll
            bcc {{ people {{ id }} others }} delivered notice {{ person {{ id }} }} }} }}",
        message.as_str()
    );
    let answer = door.ask(MANAGER, &one).await;
    let text =
        "A resource, on 4 September 2026 from 10:00 to 11:00: somebody has booked more than the threshold.";
    let shown = json!({
        "subject": "Threshold of bookings passed", "bodyText": text, "bodyHtml": format!("<p>{text}</p>"),
        "author": null, "mayReply": false, "mayReplyToAll": false, "delivered": null,
        "bcc": { "people": [{ "id": MANAGER.global() }], "others": 0 }, "notice": { "person": null }
    });
    assert_eq!(answer["data"]["message"], shown);
    // Whoever was not told anything sees nothing, not even the administrator of the platform.
    assert_eq!(door.ask(OPERATOR, &one).await["data"]["message"], Value::Null);

    let key = "01K4QJ6X2F00000000000000K";
    let act = |place: u8, mutation: &str, input: &str, answer: &str| {
        let (message, key) = (message.as_str(), format!("{key}{place}"));
        format!(
            "mutation {{ {mutation}(input: {{ {input}: \"{message}\", idempotencyKey: \"{key}\"}}) {{ {answer} }} }}"
        )
    };
    let reply = act(1, "replyToMessage", "bodyText: \"Merci\", message", "userErrors { code }");
    let refused = json!({ "replyToMessage": { "userErrors": [{ "code": "messaging.replies-closed" }] } });
    assert_eq!(door.ask(MANAGER, &reply).await["data"], refused);
    let close = act(2, "closeReplies", "message", "userErrors { code }");
    let refused = json!({ "closeReplies": { "userErrors": [{ "code": "messaging.unknown" }] } });
    assert_eq!(door.ask(MANAGER, &close).await["data"], refused);
    let open = act(3, "openMessage", "message", "unreadCount");
    assert_eq!(door.ask(MANAGER, &open).await["data"]["openMessage"]["unreadCount"], 0);
    let trash = act(4, "trashMessages", "messages", "unreadCount");
    assert_eq!(door.ask(OTHER, &trash).await["data"]["trashMessages"]["unreadCount"], 0);
    let trash = "{ mailbox(folder: TRASH, first: 5) { nodes { subject } } }";
    assert_eq!(door.ask(OTHER, trash).await["data"]["mailbox"]["nodes"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_resource_is_named_to_who_has_a_role_on_it() {
    let (_, node) = school().await;
    room(&node).await;
    notify(&node, CAUSE, vec![MANAGER, OTHER], of(BookingNotice::Cancelled)).await.unwrap();
    let door = Door::of(node);
    let inbox = "{ mailbox(folder: INBOX, first: 5) { nodes { id subject } } }";
    for (reader, subject, named) in [
        (MANAGER, "Booking cancelled – Salle 7", "Salle 7, on 4 September"),
        (OTHER, "Booking cancelled", "A resource, on 4 September"),
    ] {
        let rows = door.ask(reader, inbox).await["data"]["mailbox"]["nodes"].clone();
        assert_eq!(rows[0]["subject"], subject);
        let one = format!("{{ message(id: {}) {{ subject bodyText }} }}", rows[0]["id"]);
        let message = door.ask(reader, &one).await["data"]["message"].clone();
        assert_eq!(message["subject"], subject);
        assert!(message["bodyText"].as_str().unwrap().starts_with(named), "{message}");
    }
}

#[tokio::test]
async fn its_trace_is_for_who_audits_everybody_it_was_sent_to() {
    let (_, node) = school().await;
    let told = of(BookingNotice::ThresholdPassed { person: PUPIL });
    notify(&node, CAUSE, vec![MANAGER, OTHER], told).await.unwrap();
    notify(&node, CAUSE, vec![MANAGER], of(BookingNotice::Cancelled)).await.unwrap();
    let ids = node.read(|world| [0, 1].map(|n| world.mailboxes.id(projections::MessageNo(n)).unwrap()));
    let door = Door::of(node);
    let trace = |message: MessageId| {
        format!(
            "{{ messageTrace(id: \"{}\") {{ author {{ id }} notice {{ kind person {{ id }} }} replies delivered
                parties {{ list person {{ id }} witness {{ text }} }} recipients(first: 5) {{ nodes {{ blindly }} }} }} }}",
            message.global().as_str()
        )
    };
    let whole = door.ask(OPERATOR, &trace(ids[0])).await;
    let party =
        |person: PersonId| json!({ "list": "BCC", "person": { "id": person.global() }, "witness": null });
    let shown = json!({
        "author": null, "replies": "NONE", "delivered": 2,
        "notice": { "kind": "BOOKING_THRESHOLD_PASSED", "person": { "id": PUPIL.global() } },
        "parties": [party(MANAGER), party(OTHER)],
        "recipients": { "nodes": [{ "blindly": true }, { "blindly": true }] }
    });
    assert_eq!(whole["data"]["messageTrace"], shown, "{whole}");
    assert_eq!(
        door.ask(AUDITOR, &trace(ids[0])).await,
        json!({ "data": { "messageTrace": null }, "errors": 0 })
    );
    let own = door.ask(AUDITOR, &trace(ids[1])).await;
    assert_eq!(own["data"]["messageTrace"]["notice"]["kind"], "BOOKING_CANCELLED");
    assert_eq!(door.ask(MANAGER, &trace(ids[1])).await["errors"], 1, "no auditor");
}
