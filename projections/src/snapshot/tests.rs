//! What is written is read, nothing personal is in clear, and what was damaged or erased is not there.

use std::sync::Arc;

use domain::group::Profile;
use domain::message::{Addressed, Party, Replies, Sent, Witness};
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
    read(&bytes, &vault).unwrap()
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
    let world = read(&bytes, &keys).unwrap();
    let identity = |id| world.people.person(school.no(person(id))).unwrap().identity.clone();
    assert_eq!(identity(1), None);
    assert!(identity(2).is_some());
    // A key that is gone and that nobody destroyed is a loss, and no erasure.
    let others = Vault::new(Arc::new(Ring::ephemeral().unwrap()));
    assert!(matches!(read(&bytes, &others), Err(Unusable::Sealed(_))));
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
        assert!(read(&damaged, &keys).is_err(), "byte {at}");
        assert!(read(&bytes[..at], &keys).is_err(), "cut at {at}");
    }
    assert!(read(&[&bytes[..], &[0]].concat(), &keys).is_err());
}
