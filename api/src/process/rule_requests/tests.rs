//! Killed between any two steps, each change is made once; what others made meanwhile opens nobody unasked.

use domain::group::{Fact, GroupKind, Profile};
use domain::rule_request::{Accept, Change, Counts, Make};
use domain::{PersonId, RuleRequestId, StructureId};

use super::*;
use crate::process::testing::{Machine, comes, does, opens};

const HERE: StructureId = StructureId::from_u128(1);
const REQUEST: RuleRequestId = RuleRequestId::from_u128(2);
const ASKER: PersonId = PersonId::from_u128(3);
const DECIDER: PersonId = PersonId::from_u128(4);

fn group(profile: Profile) -> GroupId {
    GroupKind::Profile(profile).id(HERE)
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
            opens(&node, HERE, "Europe/Paris").await;
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
    opens(&node, HERE, "Europe/Paris").await;
    let parents = group(Profile::Relative);
    let change = Change::GrantFact { group: parents, fact: Fact::Internal };
    let request = accepted(&node, vec![change], Counts::default()).await;
    assert_eq!(request.changes, [change]);
    // Nobody was in the group when it was accepted.
    comes(&node, PersonId::from_u128(5), Profile::Relative, HERE).await;
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
    opens(&node, HERE, "Europe/Paris").await;
    comes(&node, PersonId::from_u128(5), Profile::Student, HERE).await;
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
