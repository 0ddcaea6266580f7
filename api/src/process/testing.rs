//! What tests of processes stand on: a node that may be killed and begun again, and a school in its log.

use std::sync::Arc;

use domain::actor::{Actor, RoleName};
use domain::clock::Zone;
use domain::group::Profile;
use domain::person::{self, Attached, Availability, Identity, Person, Register, Role, Source};
use domain::resource::{self, Resource};
use domain::resource_domain::{self, ResourceDomain};
use domain::structure::{self, Create, Matrix, Structure};
use domain::{CommandId, DomainId, GrantId, Label, PersonId, ResourceId, StreamId, StructureId};
use eventlog::clock::{Clock, SystemClock};
use eventlog::keys::Ring;
use eventlog::vault::Vault;
use eventlog::{EventLog, MemoryLog, Position};

use crate::node::Node;

/// What outlives a node.
pub(super) struct Machine {
    pub log: Arc<dyn EventLog>,
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
}

impl Machine {
    pub fn new() -> Self {
        Self::with(Arc::new(SystemClock))
    }

    /// One whose time is told by `clock`.
    pub fn with(clock: Arc<dyn Clock>) -> Self {
        let log = Arc::new(MemoryLog::new(Arc::clone(&clock)));
        Self { log, vault: Arc::new(Vault::new(Arc::new(Ring::ephemeral().unwrap()))), clock }
    }

    pub async fn node(&self) -> Node {
        let (log, vault, clock) = (Arc::clone(&self.log), Arc::clone(&self.vault), Arc::clone(&self.clock));
        Node::start(log, vault, clock, |_, _| ()).await.unwrap()
    }

    /// How many events of a kind there are.
    pub async fn count(&self, kind: &str) -> usize {
        let all = self.log.read_all(Position::START, 1_000).await.unwrap();
        all.iter().filter(|recorded| recorded.kind() == kind).count()
    }
}

/// Has the operator do what must not be refused.
pub(super) async fn does<D: eventlog::execute::Kept>(node: &Node, stream: &StreamId, command: D::Command)
where
    D::Refusal: std::fmt::Debug,
{
    let number = u128::from(node.log().head().0);
    let order = node.order_as(Actor::Operator, CommandId::from_u128(1_000 + number));
    let carried = node.execute::<D>(&order, stream, command).await.unwrap();
    assert!(carried.refusal.is_none(), "{:?}", carried.refusal);
}

/// A school opens.
pub(super) async fn opens(node: &Node, structure: StructureId, zone: &str) {
    let create = Create {
        structure,
        uai: None,
        name: Label::parse("École").unwrap(),
        parent: None,
        zone: Zone::parse(zone).unwrap(),
        matrix: Matrix::shipped(Matrix::DEFAULT).unwrap(),
        command: CommandId::from_u128(structure.to_u128()),
    };
    does::<Structure>(node, &StreamId::structure(structure), structure::Command::Create(create)).await;
}

/// Somebody comes to a school.
pub(super) async fn comes(node: &Node, person: PersonId, profile: Profile, structure: StructureId) {
    let (source, availability) = (Source::Manual, Availability::Source);
    let first_name = format!("Odile{}", person.to_u128());
    let identity = Identity { first_name, last_name: "L".into(), ..Identity::default() };
    let register = Register { person, profile, identity, source, availability };
    does::<Person>(node, &StreamId::person(person), person::Command::Register(register)).await;
    let attached = Attached { structure, main: true, starts: None, ends: None };
    does::<Person>(node, &StreamId::person(person), person::Command::Attach(attached)).await;
}

/// Somebody is given a role.
pub(super) async fn holds(node: &Node, person: PersonId, role: RoleName, structures: Vec<StructureId>) {
    let role = Role { role, structures, below: false };
    let grant = person::Command::GrantRole(role, None);
    does::<Person>(node, &StreamId::person(person), grant).await;
}

/// A domain of somebody, who is its MANAGER.
pub(super) async fn domain_of(node: &Node, domain: DomainId, manager: PersonId, structure: StructureId) {
    let by = Some((manager, GrantId::from_u128(5)));
    let create = resource_domain::Create { domain, structure, name: "Salles".into(), by };
    does::<ResourceDomain>(node, &StreamId::domain(domain), resource_domain::Command::Create(create)).await;
}

/// A room in a domain.
pub(super) async fn room_in(
    node: &Node,
    domain: DomainId,
    resource: ResourceId,
    (structure, zone): (StructureId, &str),
) {
    let (name, quantity) = (format!("Salle {}", resource.to_u128()), 1);
    let add = resource_domain::Command::AddResource { resource, name: name.clone(), quantity };
    does::<ResourceDomain>(node, &StreamId::domain(domain), add).await;
    let (zone, periods, closures) = (Zone::parse(zone).unwrap(), vec![], vec![]);
    let open = resource::Open { resource, domain, structure, zone, name, quantity, periods, closures };
    does::<Resource>(node, &StreamId::resource(resource), resource::Command::Open(open)).await;
}
