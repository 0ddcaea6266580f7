//! How long a start takes: all read models built from a log of so many events.
//!
//! `cargo run --release -p preau-projections --example replay -- DIR EVENTS` fills an empty `DIR` with a quarter of
//! events of people and three of messages and openings, sealed as ever, then opens it and builds the models; run
//! again it only opens and builds.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement, for the one who runs it"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use domain::actor::Actor;
use domain::clock::Zone;
use domain::group::{FamilyLink, GroupKind, InternalPolicy, Profile};
use domain::message::{Addressed, Body, Party, Replies, Sent, Witness};
use domain::person::{Attached, Availability, ClassJoined, Identity, LoginGiven, Registered, Source};
use domain::reading::Opened;
use domain::structure::{ClassOpened, Created};
use domain::{
    ClassId, CommandId, Event, GroupId, Label, MessageId, PersonId, StreamId, StructureId, message, person,
    reading, structure,
};
use eventlog::clock::SystemClock;
use eventlog::keys::Ring;
use eventlog::vault::Vault;
use eventlog::{Append, EventLog, Expected, Position, SledLog};
use preau_projections::Live;
use preau_projections::snapshot::Folder;

/// People of a structure, in classes of [`CLASS`].
const STRUCTURE: u64 = 600;
const CLASS: u64 = 30;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [dir, wanted] = &arguments[..] else { panic!("replay DIR EVENTS") };
    let (dir, wanted) = (Path::new(dir), wanted.parse::<u64>().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (ring, _) = Ring::open(&dir.join("keys"), None).unwrap();
    let ring = Arc::new(ring);
    let begun = now();
    let (log, report) = SledLog::open(&dir.join("log"), Arc::new(SystemClock), ring.clone()).unwrap();
    println!("log opened in {:.2?}: {} events, {} streams", begun.elapsed(), report.events, report.streams);
    let (log, vault): (Arc<dyn EventLog>, _) = (Arc::new(log), Arc::new(Vault::new(ring)));
    if log.head() == Position::START {
        runtime.block_on(fill(&*log, &vault, wanted));
    }
    for _ in 0..3 {
        let begun = now();
        let live = runtime
            .block_on(Live::start(Arc::clone(&log), Arc::clone(&vault), &Folder::nowhere(), |_, _| ()))
            .unwrap();
        let took = begun.elapsed();
        let events = live.position().0;
        let rate = u128::from(events) * 1_000 / took.as_millis().max(1);
        println!("models built in {took:.2?}: {events} events, {rate} a second");
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
}

async fn fill(log: &dyn EventLog, vault: &Vault, wanted: u64) {
    let people = (wanted / 16).next_multiple_of(STRUCTURE);
    let begun = now();
    let mut waiting = vec![];
    for first in (0..people).step_by(2_048) {
        let chunk = first..(first + 2_048).min(people);
        let begins =
            chunk.clone().filter(|number| number % STRUCTURE == 0).map(|number| school(vault, number));
        let appends = begins.chain(chunk.map(|number| person(vault, number))).collect();
        waiting.extend(log.append_all(appends));
    }
    for first in (0..(wanted - people * 4) / 4).step_by(1_024) {
        waiting.extend(
            log.append_all(
                (first..first + 1_024).flat_map(|number| message(vault, number, people)).collect(),
            ),
        );
    }
    for ticket in waiting {
        ticket.wait().await.unwrap();
    }
    println!("filled with {} events in {:.2?}", log.head(), begun.elapsed());
}

fn append(vault: &Vault, stream: StreamId, key: u128, events: &[Event]) -> Append {
    let meta = eventlog::execute::meta(Actor::Operator, CommandId::from_u128(key));
    let events = eventlog::decode::encode(vault, &stream, &meta, 202_611, 0, events).unwrap();
    Append { stream, expected: Expected::Any, events }
}

fn label(text: &str) -> Label {
    Label::parse(text).unwrap()
}

fn place(number: u64) -> (StructureId, ClassId) {
    let structure = u128::from(number / STRUCTURE);
    (StructureId::from_u128(structure + 1), ClassId::from_u128(u128::from(number / CLASS) + 1))
}

fn school(vault: &Vault, number: u64) -> Append {
    let (structure, _) = place(number);
    let created = Created {
        structure,
        uai: None,
        name: label(&format!("Collège {number}")),
        parent: None,
        zone: Zone::PARIS,
        policy: InternalPolicy::Implied,
        family: FamilyLink::default(),
    };
    let classes = (number..number + STRUCTURE).step_by(usize::try_from(CLASS).unwrap_or(1));
    let opened =
        classes.map(|first| ClassOpened { class: place(first).1, name: label(&format!("C{first}")) });
    let opened = opened.map(|opened| Event::Structure(structure::Event::ClassOpened(opened)));
    let events: Vec<_> =
        std::iter::once(Event::Structure(structure::Event::Created(created))).chain(opened).collect();
    append(vault, StreamId::structure(structure), 1 << 100 | u128::from(number), &events)
}

fn person(vault: &Vault, number: u64) -> Append {
    let id = PersonId::from_u128(u128::from(number) + 1);
    let (structure, class) = place(number);
    let identity = Identity {
        first_name: format!("Prénom{}", number % 400),
        last_name: format!("Nom{}", number % 7_000),
        ..Identity::default()
    };
    let registered = Registered {
        person: id,
        profile: Profile::Student,
        identity: identity.into(),
        source: Source::Onde,
        availability: Availability::Source,
    };
    let events = [
        person::Event::Registered(registered),
        person::Event::Attached(Attached { structure, main: true, starts: None, ends: None }),
        person::Event::ClassJoined(ClassJoined { structure, class }),
        person::Event::LoginGiven(LoginGiven { person: id, login: format!("login.{number}").into() }),
    ];
    append(vault, StreamId::person(id), 2 << 100 | u128::from(number), &events.map(Event::Person))
}

/// A message to a class, which three of it open.
fn message(vault: &Vault, number: u64, people: u64) -> Vec<Append> {
    let author = number * 7 % people;
    let (structure, class) = place(author);
    let group: GroupId = GroupKind::Class(class, Profile::Student).id(structure);
    let id = MessageId::from_u128(u128::from(number) + 1);
    let text = "Bonjour, la sortie de jeudi commence à neuf heures devant le portail.".repeat(3);
    let sent = Sent {
        message: id,
        author: PersonId::from_u128(u128::from(author) + 1),
        subject: "Sortie de jeudi".to_owned().into(),
        body: Body { html: format!("<p>{text}</p>"), text }.into(),
        to: vec![],
        cc: vec![],
        bcc: vec![Addressed { party: Party::Group(group), witness: Witness::Internal { group } }],
        in_reply_to: None,
        thread: id,
        replies: Replies::All,
    };
    let sent = Event::Message(message::Event::Sent(sent));
    let mut appends = vec![append(vault, StreamId::message(id), 3 << 100 | u128::from(number), &[sent])];
    for reader in 1..4 {
        let reader = author / CLASS * CLASS + (author + reader) % CLASS;
        let opened = Opened { message: id, person: PersonId::from_u128(u128::from(reader) + 1) };
        let key = 4 << 100 | u128::from(number) << 8 | u128::from(reader);
        let opened = Event::Reading(reading::Event::Opened(opened));
        appends.push(append(vault, StreamId::openings(id), key, &[opened]));
    }
    appends
}

#[allow(clippy::disallowed_methods, reason = "a measurement")]
fn now() -> Instant {
    Instant::now()
}
