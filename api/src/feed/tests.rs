//! A link reads what it may, through its last day.

use std::sync::Arc;

use domain::StreamId;
use domain::actor::Actor;
use domain::feed::{Command, Feeds, Open};
use domain::group::Profile;
use domain::person::{self, Availability, Identity, Person, Register, Source};
use eventlog::MemoryLog;
use eventlog::clock::TestClock;
use eventlog::vault::Vault;

use super::*;
use crate::node::Node;

#[test]
fn the_same_command_gives_a_person_the_same_secret() {
    let ring = Ring::ephemeral().unwrap();
    let (command, person) = (CommandId::from_u128(1), PersonId::from_u128(2));
    let first = secret(&ring, command, person);
    assert_eq!(first.len(), 64, "256 bits");
    assert_eq!(first, secret(&ring, command, person));
    assert_ne!(first, secret(&ring, CommandId::from_u128(2), person));
    assert_ne!(first, secret(&ring, command, PersonId::from_u128(3)));
    assert_ne!(first, secret(&Ring::ephemeral().unwrap(), command, person));
    assert_ne!(first, digest(&first));
}

#[test]
fn a_secret_is_known_by_its_sha_256() {
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(digest("abc"), abc, "FIPS 180-2, appendix B.1");
}

async fn does<D: eventlog::execute::Kept>(node: &Node, stream: &StreamId, command: D::Command)
where
    D::Refusal: std::fmt::Debug,
{
    let order = node.order_as(Actor::Operator, CommandId::from_u128(u128::from(node.log().head().0)));
    let carried = node.execute::<D>(&order, stream, command).await.unwrap();
    assert!(carried.refusal.is_none(), "{:?}", carried.refusal);
}

#[tokio::test]
async fn it_is_read_through_its_last_day_where_its_owner_is_at_home() {
    let clock = TestClock::at("2026-09-08T08:00:00Z".parse().unwrap());
    let vault = Arc::new(Vault::new(Arc::new(Ring::ephemeral().unwrap())));
    let log = Arc::new(MemoryLog::new(Arc::new(clock.clone())));
    let node = Node::start(log, vault, Arc::new(clock.clone()), |_, _| ()).await.unwrap();
    let person = PersonId::from_u128(1);
    let identity = Identity { first_name: "Odile".into(), last_name: "L".into(), ..Identity::default() };
    let (source, availability) = (Source::Manual, Availability::Source);
    let register = Register { person, profile: Profile::Teacher, identity, source, availability };
    does::<Person>(&node, &StreamId::person(person), person::Command::Register(register)).await;
    let last_day = Some("2026-09-09".parse().unwrap());
    let (feed, today) = (FeedId::from_u128(5), "2026-09-08".parse().unwrap());
    let open = Open { feed, person, of: Of::Own, digest: digest("secret").into(), last_day, today };
    does::<Feeds>(&node, &StreamId::feeds(person), Command::Open(open)).await;
    let sessions = tempfile::tempdir().unwrap();
    let front = Front::open(Arc::new(node), sessions.path()).unwrap();
    let read_at = |instant: &str, secret: &str| {
        clock.set(instant.parse().unwrap());
        read(&front, &digest(secret), Language::French).unwrap()
    };
    let text = read_at("2026-09-09T21:59:00Z", "secret").unwrap();
    assert!(text.contains("X-WR-CALNAME:Mes réservations\r\n"), "{text}");
    // Without a structure they are at home in Paris, where it is midnight.
    assert_eq!(read_at("2026-09-09T22:00:00Z", "secret"), None);
    assert_eq!(read_at("2026-09-09T08:00:00Z", "another"), None);
    assert!(read_at("2026-09-09T08:00:00Z", "secret").is_some());
    assert_eq!(read_at("2026-09-09T08:00:00Z", &digest("secret")), None, "a digest opens nothing");
}
