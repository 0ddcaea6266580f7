//! Killed between any two steps, each change is made once; what others made meanwhile opens nobody unasked.

use std::sync::Arc;

use domain::group::{Fact, GroupKind, Profile};
use domain::person::{self, Attached, Availability, Identity, Person, Register, Source};
use domain::rule_request::{Accept, Change, Counts, Make};
use domain::structure::{Create, Matrix};
use domain::{PersonId, RuleRequestId, StructureId};
use eventlog::clock::SystemClock;
use eventlog::keys::Ring;
use eventlog::vault::Vault;
use eventlog::{EventLog, MemoryLog};

use super::*;

const HERE: StructureId = StructureId::from_u128(1);
const REQUEST: RuleRequestId = RuleRequestId::from_u128(2);
const ASKER: PersonId = PersonId::from_u128(3);
const DECIDER: PersonId = PersonId::from_u128(4);

fn group(profile: Profile) -> GroupId {
    GroupKind::Profile(profile).id(HERE)
}

/// What outlives a node.
struct Machine {
    log: Arc<dyn EventLog>,
    vault: Arc<Vault>,
}

impl Machine {
    fn new() -> Self {
        let log = Arc::new(MemoryLog::new(Arc::new(SystemClock)));
        Self { log, vault: Arc::new(Vault::new(Arc::new(Ring::ephemeral().unwrap()))) }
    }

    async fn node(&self) -> Node {
        let (log, vault) = (Arc::clone(&self.log), Arc::clone(&self.vault));
        Node::start(log, vault, Arc::new(SystemClock), |_, _| ()).await.unwrap()
    }

    /// How many events of a kind there are.
    async fn count(&self, kind: &str) -> usize {
        let all = self.log.read_all(Position::START, 1_000).await.unwrap();
        all.iter().filter(|recorded| recorded.kind() == kind).count()
    }
}

async fn does<D: eventlog::execute::Kept>(node: &Node, stream: &StreamId, command: D::Command)
where
    D::Refusal: std::fmt::Debug,
{
    let number = u128::from(node.log().head().0);
    let order = node.order_as(Actor::Operator, CommandId::from_u128(1_000 + number));
    let carried = node.execute::<D>(&order, stream, command).await.unwrap();
    assert!(carried.refusal.is_none(), "{:?}", carried.refusal);
}

async fn school(node: &Node) {
    let create = Create {
        structure: HERE,
        uai: None,
        name: Label::parse("École").unwrap(),
        parent: None,
        zone: domain::clock::Zone::PARIS,
        matrix: Matrix::shipped(Matrix::DEFAULT).unwrap(),
        command: CommandId::from_u128(9),
    };
    does::<Structure>(node, &StreamId::structure(HERE), Command::Create(create)).await;
}

/// Somebody comes to the school.
async fn comes(node: &Node, person: u128, profile: Profile) {
    let (person, source, availability) = (PersonId::from_u128(person), Source::Manual, Availability::Source);
    let identity = Identity { first_name: "Odile".into(), last_name: "L".into(), ..Identity::default() };
    let register = Register { person, profile, identity, source, availability };
    does::<Person>(node, &StreamId::person(person), person::Command::Register(register)).await;
    let attached = Attached { structure: HERE, main: true, starts: None, ends: None };
    does::<Person>(node, &StreamId::person(person), person::Command::Attach(attached)).await;
}

/// A request that somebody accepted as `preview` says.
async fn accepted(node: &Node, changes: Vec<Change>, preview: Counts) -> RuleRequest {
    let (reason, own) = ("jumelage".to_owned(), false);
    let make = Make { request: REQUEST, by: ASKER, changes, reason, preview: preview.clone(), own };
    let stream = StreamId::rule_request(REQUEST);
    does::<Decided>(node, &stream, Finish::Make(make)).await;
    let accept = Accept { by: DECIDER, preview, opens_members: true, as_it_is_now: false };
    does::<Decided>(node, &stream, Finish::Accept(accept)).await;
    node.read(|world| world.rule_requests.pending().next().cloned().unwrap())
}

#[tokio::test]
async fn killed_between_any_two_steps_it_goes_on_and_makes_each_change_once() {
    let (teachers, guests, pupils) =
        (group(Profile::Teacher), group(Profile::Guest), group(Profile::Student));
    let changes = vec![
        Change::MakeRule { from: teachers, to: guests, exposes_members: false },
        Change::GrantFact { group: guests, fact: Fact::Uses },
        Change::RemoveFact { group: pupils, fact: Fact::Exposes },
    ];
    for steps in 0..=changes.len() {
        let machine = Machine::new();
        {
            let node = machine.node().await;
            school(&node).await;
            let request = accepted(&node, changes.clone(), Counts::default()).await;
            let work = Work::of(&request).unwrap();
            for place in 0..steps {
                assert_eq!(work.step(&node, place).await.unwrap(), None);
            }
        }
        let node = machine.node().await;
        perform_all(&node).await.unwrap();
        let head = machine.log.head();
        perform_all(&node).await.unwrap();
        assert_eq!(machine.log.head(), head, "nothing is left to do");
        for kind in
            ["structure.rule-made", "structure.fact-granted", "structure.fact-removed", "rule-request.done"]
        {
            assert_eq!(machine.count(kind).await, 1, "{kind}, killed after {steps} steps");
        }
        let undone = node.read(|world| match &world.rule_requests.get(REQUEST).unwrap().state {
            State::Accepted { undone, done, .. } => (undone.len(), done.is_some()),
            State::Asked | State::Refused { .. } => panic!("it was accepted"),
        });
        assert_eq!(undone, (0, true));
    }
}

#[tokio::test]
async fn what_would_open_somebody_who_was_not_accepted_is_left_undone() {
    let machine = Machine::new();
    let node = machine.node().await;
    school(&node).await;
    let parents = group(Profile::Relative);
    let change = Change::GrantFact { group: parents, fact: Fact::Internal };
    let request = accepted(&node, vec![change], Counts::default()).await;
    assert_eq!(request.changes, [change]);
    // Nobody was in the group when it was accepted.
    comes(&node, 5, Profile::Relative).await;
    perform_all(&node).await.unwrap();
    node.read(|world| {
        let State::Accepted { undone, .. } = &world.rule_requests.get(REQUEST).unwrap().state else {
            panic!("it was accepted")
        };
        assert_eq!((undone[0].place, undone[0].code.as_str()), (0, "communication.opens-members"));
        let number = world.people.group(parents).unwrap();
        assert!(!world.graph.facts(&world.people, number).internal);
    });
}

#[tokio::test]
async fn what_a_list_passes_through_is_not_asked_about() {
    let machine = Machine::new();
    let node = machine.node().await;
    school(&node).await;
    comes(&node, 5, Profile::Student).await;
    let (teachers, pupils) = (group(Profile::Teacher), group(Profile::Student));
    let policy = domain::group::InternalPolicy::Explicit;
    // A rule from the pupils would open them to each other, if the policy did not become another.
    let changes = vec![
        Change::MakeRule { from: pupils, to: teachers, exposes_members: true },
        Change::SetPolicy { structure: HERE, policy },
    ];
    accepted(&node, changes, Counts::default()).await;
    perform_all(&node).await.unwrap();
    node.read(|world| {
        let State::Accepted { undone, done, .. } = &world.rule_requests.get(REQUEST).unwrap().state else {
            panic!("it was accepted")
        };
        assert_eq!((undone.len(), done.is_some()), (0, true));
        let number = world.people.group(pupils).unwrap();
        let facts = world.graph.facts(&world.people, number);
        assert!(facts.uses && facts.exposes && !facts.internal, "{facts:?}");
    });
}
