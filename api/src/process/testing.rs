//! What the tests of processes share: a log that outlives its nodes, and commands of the operator.

use std::sync::Arc;

use domain::actor::Actor;
use domain::group::Profile;
use domain::person::{self, Attached, Availability, Identity, Person, Register, Source};
use domain::{CommandId, PersonId, StreamId, StructureId};
use eventlog::clock::SystemClock;
use eventlog::keys::Ring;
use eventlog::vault::Vault;
use eventlog::{EventLog, MemoryLog, Position};

use crate::node::Node;

/// What outlives a node.
pub(super) struct Machine {
    pub(super) log: Arc<dyn EventLog>,
    pub(super) vault: Arc<Vault>,
}

impl Machine {
    pub(super) fn new() -> Self {
        let log = Arc::new(MemoryLog::new(Arc::new(SystemClock)));
        Self { log, vault: Arc::new(Vault::new(Arc::new(Ring::ephemeral().unwrap()))) }
    }

    pub(super) async fn node(&self) -> Node {
        let (log, vault) = (Arc::clone(&self.log), Arc::clone(&self.vault));
        Node::start(log, vault, Arc::new(SystemClock), |_, _| ()).await.unwrap()
    }

    /// How many events of a kind there are.
    pub(super) async fn count(&self, kind: &str) -> usize {
        let all = self.log.read_all(Position::START, 1_000).await.unwrap();
        all.iter().filter(|recorded| recorded.kind() == kind).count()
    }
}

/// Carries out a command that must not be refused.
pub(super) async fn does<D: eventlog::execute::Kept>(node: &Node, stream: &StreamId, command: D::Command)
where
    D::Refusal: std::fmt::Debug,
{
    let number = u128::from(node.log().head().0);
    let order = node.order_as(Actor::Operator, CommandId::from_u128(1_000 + number));
    let carried = node.execute::<D>(&order, stream, command).await.unwrap();
    assert!(carried.refusal.is_none(), "{:?}", carried.refusal);
}

/// Somebody comes to a structure.
pub(super) async fn comes(node: &Node, person: PersonId, profile: Profile, structure: StructureId) {
    let (source, availability) = (Source::Manual, Availability::Source);
    let first_name = format!("Odile{}", person.to_u128());
    let identity = Identity { first_name, last_name: "L".into(), ..Identity::default() };
    let register = Register { person, profile, identity, source, availability };
    does::<Person>(node, &StreamId::person(person), person::Command::Register(register)).await;
    let attached = Attached { structure, main: true, starts: None, ends: None };
    does::<Person>(node, &StreamId::person(person), person::Command::Attach(attached)).await;
}
