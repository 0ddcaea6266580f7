//! What is written is read, nothing personal is in clear, and what was damaged or erased is not there.

use std::sync::Arc;

use domain::group::Profile;
use domain::message::{Addressed, Notified, Party, Replies, Sent, Witness};
use domain::person::Availability;
use domain::{EventId, MessageId, Sealed};
use eventlog::keys::{Entry, Ring};

use super::*;
use crate::testing::{CE1, School, of_class, person};
use crate::world::Owner;

/// Returns a vault that has a key for everybody of `world`.
fn vault(world: &World) -> Vault {
    let ring = Ring::ephemeral().unwrap();
    for (_, row) in world.people.everybody() {
        ring.get_or_create(Entry::Identity(row.id)).unwrap();
    }
    for (_, row) in world.people.all_structures() {
        ring.get_or_create(Entry::Structure(row.id)).unwrap();
    }
    Vault::new(Arc::new(ring))
}

fn event() -> EventId {
    EventId::from_u128(7)
}

/// Returns `world` as it is after it was written and read.
pub(crate) fn through(world: &World) -> World {
    let vault = vault(world);
    let bytes = write(world, event(), &vault).unwrap();
    assert_eq!(write(world, event(), &vault).unwrap(), bytes, "the same model gives the same bytes");
    opened(&bytes, &vault).unwrap()
}

/// A class with its teacher, a parent, a message.
fn school() -> School {
    let mut school = School::with("published-2025");
    let teacher = school.member(1, Profile::Teacher, &[CE1]);
    let child = school.member(2, Profile::Student, &[CE1]);
    school.parent(3, &[child]);
    let group = of_class(CE1, Profile::Relative);
    let sent = Sent {
        message: MessageId::from_u128(500),
        author: teacher,
        subject: Sealed::Shut("1:0:202609:c3ViamVjdA".into()),
        body: Sealed::Shut("1:0:202609:Ym9keQ".into()),
        to: vec![Addressed { party: Party::Group(group), witness: Witness::Internal { group } }],
        cc: vec![],
        bcc: vec![],
        in_reply_to: None,
        thread: MessageId::from_u128(500),
        replies: Replies::All,
    };
    school.happened(Owner::Other, domain::message::Event::from(sent));
    let (message, notice) = (MessageId::from_u128(501), crate::mailboxes::tests::school::NOTICE);
    let notified = Notified { message, to: vec![teacher], notice };
    school.happened(Owner::Other, domain::message::Event::from(notified));
    school
}

#[test]
fn what_is_written_is_read() {
    let school = school();
    assert_eq!(through(&school.world).dumps(), school.world.dumps());
    assert_eq!(through(&World::default()).dumps(), World::default().dumps());
}

#[test]
fn no_name_stands_in_it_in_clear() {
    let mut school = school();
    let number = school.no(person(1));
    let named = school.world.people.person(number).unwrap().identity.clone().unwrap();
    let mut canary = named;
    canary.last_name = "Canari-Témoin".to_owned();
    let names = Names {
        people: vec![(number, names::Named { identity: Some(canary), login: Some("canari.login".into()) })],
        groups: vec![],
    };
    school.world.people.name(names).unwrap();
    let bytes = write(&school.world, event(), &vault(&school.world)).unwrap();
    for text in ["Canari", "canari"] {
        assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()), "{text}");
    }
}

#[test]
fn whoever_was_erased_since_has_no_name_in_it() {
    let school = school();
    let keys = vault(&school.world);
    let bytes = write(&school.world, event(), &keys).unwrap();
    keys.ring().destroy(&[Entry::Identity(person(1))]).unwrap();
    let world = opened(&bytes, &keys).unwrap();
    let identity = |id| world.people.person(school.no(person(id))).unwrap().identity.clone();
    assert_eq!(identity(1), None);
    assert!(identity(2).is_some());
    // A key that is gone and that nobody destroyed is a loss, and no erasure.
    let others = Vault::new(Arc::new(Ring::ephemeral().unwrap()));
    assert!(matches!(opened(&bytes, &others), Err(Unusable::Sealed(_))));
}

#[test]
fn whatever_is_damaged_is_not_used() {
    let mut school = School::bare();
    school.register(9, Profile::Guest, Availability::Permanent);
    let keys = vault(&school.world);
    let bytes = write(&school.world, event(), &keys).unwrap();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x41;
        assert!(opened(&damaged, &keys).is_err(), "byte {at}");
        assert!(opened(&bytes[..at], &keys).is_err(), "cut at {at}");
    }
    assert!(opened(&[&bytes[..], &[0]].concat(), &keys).is_err());
}

/// Reads the bytes of a snapshot.
fn opened(bytes: &[u8], vault: &Vault) -> Result<World, Unusable> {
    let (bytes, position) = (bytes.to_vec(), bytes.get(16..24).and_then(|at| at.try_into().ok()));
    let position = Position(u64::from_le_bytes(position.ok_or(Unusable::Unreadable)?));
    Reading::begin(move || Some(bytes)).finish(position, Some(event()), vault)
}

#[tokio::test]
async fn what_was_read_ahead_is_what_is_asked_for_and_a_damaged_one_is_removed() {
    use domain::clock::{DayBegan, Zone};
    use eventlog::log::{Append, Expected};

    let clock: Arc<dyn eventlog::Clock> = Arc::new(eventlog::clock::SystemClock);
    let log: Arc<dyn eventlog::EventLog> = Arc::new(eventlog::MemoryLog::new(clock));
    let vault = Arc::new(Vault::new(Arc::new(Ring::ephemeral().unwrap())));
    for day in ["2026-09-01", "2026-09-02"] {
        let event =
            domain::clock::Event::DayBegan(DayBegan { zone: Zone::PARIS, date: day.parse().unwrap() });
        let stream = domain::StreamId::clock(Zone::PARIS.name());
        let command = domain::CommandId::from_u128(u128::try_from(day.len()).unwrap());
        let meta = eventlog::execute::meta(domain::actor::Actor::Operator, command);
        let events = eventlog::decode::encode(&vault, &stream, &meta, 202_609, 0, &[event]).unwrap();
        log.append(Append { stream, expected: Expected::Any, events }).wait().await.unwrap();
    }
    let place = tempfile::TempDir::new().unwrap();
    let folder = Folder::of(place.path());
    let (first, second) = (Position(1), Position(2));
    for position in [first, second] {
        let event = log.read_at(position).await.unwrap().unwrap().id;
        folder.write(&World { position, ..World::default() }, event, &vault).unwrap();
    }
    let ahead = folder.clone().reading_ahead();
    for asked in [second, first, second] {
        let world = ahead.nearest(&log, &vault, asked).await.unwrap().unwrap();
        assert_eq!(world.position, asked, "the newest was read ahead, and once only");
    }
    let other = folder.clone().reading_ahead();
    let world = other.nearest(&log, &vault, first).await.unwrap().unwrap();
    assert_eq!(world.position, first, "another one was read ahead");
    let file = place.path().join("models/00000000000000000002");
    assert!(file.exists(), "and stays");
    let mut bytes = std::fs::read(&file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let world = folder.reading_ahead().nearest(&log, &vault, second).await.unwrap().unwrap();
    assert_eq!((world.position, file.exists()), (first, false));
}
