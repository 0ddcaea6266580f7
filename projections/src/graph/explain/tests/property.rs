//! Random schools: what is explained is what reach says, of facts that are true; and the first fix mends.

use domain::StructureId;
use domain::group::{Fact, Reason};
use domain::person as who;
use domain::structure::{FactGranted, GroupShown, PolicySet, RuleMade};
use proptest::prelude::*;

use crate::dense::{GroupNo, PersonNo};
use crate::graph::change::Change;
use crate::graph::explain::{Explanation, Miss, Remedy, Step};
use crate::graph::twin::act::{PROFILES, act, acts, beginning};
use crate::graph::{Graph, Target};
use crate::people::People;
use crate::testing::{School, person};
use crate::world::World;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn allowed_is_what_reach_says_and_the_first_fix_mends(
        acts in acts(),
        me in 0..PROFILES.len(),
        other in 0..PROFILES.len(),
        group in 0..64_u32,
    ) {
        let mut school = School::default();
        beginning(&mut school);
        for what in &acts {
            act(&mut school, what);
        }
        let groups = groups(&school.world.people);
        every_pair(&school.world, groups)?;
        let number = |index: usize| school.no(person(u128::try_from(index).unwrap()));
        let me = number(me);
        let first = explain(&school, me, Target::Person(number(other)));
        let to = Target::Person(number(other));
        mends(&mut school, me, to, &first)?;
        let to = Target::Group(GroupNo(group % groups));
        let second = explain(&school, me, to);
        mends(&mut school, me, to, &second)?;
    }
}

fn groups(people: &People) -> u32 {
    (0..u32::MAX).find(|group| people.group_id(GroupNo(*group)).is_none()).unwrap()
}

fn explain(school: &School, me: PersonNo, to: Target) -> Explanation {
    school.world.graph.explain(&school.world.people, me, to)
}

fn every_pair(World { people, graph, .. }: &World, groups: u32) -> Result<(), TestCaseError> {
    for (me, _) in people.everybody() {
        let reach = graph.reach(people, me);
        let targets =
            people.everybody().map(|(other, _)| (Target::Person(other), reach.people.contains(other.0)));
        let groups = (0..groups).map(|group| (Target::Group(GroupNo(group)), reach.groups.contains(group)));
        for (target, reached) in targets.chain(groups) {
            let explanation = graph.explain(people, me, target);
            prop_assert_eq!(!explanation.routes.is_empty(), reached, "{:?} to {:?}", me, target);
            for route in &explanation.routes {
                for step in &route.steps {
                    prop_assert!(is_true(people, graph, step), "{:?}", step);
                }
                prop_assert!(leads(me, target, &route.steps), "{:?}", route);
            }
            // A list of two groups that hold nobody else is the only way to have nothing to say; there is none here.
            prop_assert_eq!(explanation.misses.is_empty(), reached, "{:?} to {:?}", me, target);
            let changes = |miss: &Miss| {
                let mended = miss.missing.iter().all(|missing| !missing.fixes(graph, people).is_empty());
                (!mended, miss.missing.len())
            };
            prop_assert!(explanation.misses.is_sorted_by_key(changes), "{:?}", explanation.misses);
            for miss in &explanation.misses {
                prop_assert!(!miss.missing.is_empty());
            }
        }
    }
    Ok(())
}

/// Whether the steps begin at the asker, hang together and end at the target.
fn leads(me: PersonNo, target: Target, steps: &[Step]) -> bool {
    let mut at = Target::Person(me);
    for step in steps {
        at = match (step, at) {
            (Step::Member { person, group }, Target::Person(here)) if *person == here => {
                Target::Group(*group)
            }
            (Step::Member { person, group }, Target::Group(here)) if *group == here => {
                Target::Person(*person)
            }
            (Step::States { group, .. }, Target::Group(here)) if *group == here => at,
            (Step::Leads(rule), Target::Group(here)) if rule.from == here => Target::Group(rule.to),
            (Step::Nested { group, within }, Target::Group(here)) if *within == here => Target::Group(*group),
            (Step::Family { relative, child, .. }, Target::Person(here)) if *relative == here => {
                Target::Person(*child)
            }
            (Step::Family { relative, child, .. }, Target::Person(here)) if *child == here => {
                Target::Person(*relative)
            }
            (Step::Linked(link), Target::Person(here)) => match link.leads(here) {
                Some(to) => Target::Person(to),
                None => return false,
            },
            _ => return false,
        };
    }
    at == target
}

fn is_true(people: &People, graph: &Graph, step: &Step) -> bool {
    match step {
        Step::Member { person, group } => people.is_member(*person, *group),
        Step::States { group, fact, because, implied } => {
            let facts = graph.facts(people, *group);
            let holds = match fact {
                Fact::Uses => facts.uses,
                Fact::Exposes => facts.exposes,
                Fact::Internal => facts.internal,
            };
            holds && (!because.is_empty() || implied.is_some_and(|implied| !implied.waiting))
        }
        Step::Leads(rule) => graph.rule(rule.id) == Some(rule),
        Step::Nested { group, within } => people.nested(*within).contains(group),
        Step::Family { relative, child, .. } => people.children(*relative).contains(child),
        Step::Linked(link) => graph.links(link.from).contains(link) && graph.links(link.to).contains(link),
    }
}

/// Does what the first miss proposes first for each thing that is missing: the pair must be allowed then.
fn mends(school: &mut School, me: PersonNo, to: Target, told: &Explanation) -> Result<(), TestCaseError> {
    let Some(miss) = told.misses.first() else { return Ok(()) };
    for missing in &miss.missing {
        let World { people, graph, .. } = &school.world;
        let Some(fix) = missing.fixes(graph, people).first().copied() else { return Ok(()) };
        if !mend(school, fix.remedy) {
            return Ok(());
        }
    }
    let after = explain(school, me, to);
    prop_assert!(!after.routes.is_empty(), "{:?}\nafter: {:?}", miss, after.misses);
    Ok(())
}

/// Makes it so, if it says all that is needed.
fn mend(school: &mut School, remedy: Remedy) -> bool {
    let people = &school.world.people;
    let structure = |number| people.structure(number).unwrap().id;
    let owner = |group: GroupNo| people.group_row(group).map(|row| structure(row.structure));
    let group_id = |group| people.group_id(group).unwrap();
    let id = |person| people.id(person).unwrap();
    match remedy {
        Remedy::Rules(Change::GrantFact { group, fact }) => {
            let (Some(owner), group) = (owner(group), group_id(group)) else { return false };
            school.of_structure(owner, FactGranted { group, fact, reason: Reason::Hand, accepted: vec![] });
        }
        Remedy::Rules(Change::MakeRule { from, to, expose_members }) => {
            let Some(owner) = owner(from) else { return false };
            let (from, to, exposes_members) = (group_id(from), group_id(to), expose_members);
            let rule = domain::RuleId::from_u128(8_000_000 + u128::try_from(school.log.len()).unwrap());
            school.of_structure(owner, RuleMade { rule, from, to, exposes_members, accepted: vec![] });
        }
        Remedy::Rules(Change::SetPolicy { structure: number, policy }) => {
            school.of_structure(structure(number), PolicySet { policy, accepted: vec![] });
        }
        Remedy::Rules(Change::RemoveFact { .. } | Change::RemoveRule { .. }) => panic!("a fix only adds"),
        Remedy::Accept { group } => {
            let (Some(owner), group) = (owner(group), group_id(group)) else { return false };
            let (fact, accepted) = (Fact::Exposes, vec![group]);
            school.of_structure(owner, FactGranted { group, fact, reason: Reason::Hand, accepted });
        }
        Remedy::JoinClass { person, structure: number, class: Some(class) } => {
            let (person, structure): (_, StructureId) = (id(person), structure(number));
            school.of_person(person, who::ClassJoined { structure, class });
        }
        Remedy::JoinGroup { person, group } => {
            let (person, Some(structure), group) = (id(person), owner(group), group_id(group)) else {
                return false;
            };
            school.of_person(person, who::TeachingGroupJoined { structure, group });
        }
        Remedy::Attach { person, structure: Some(number) } => {
            let main = people.person(person).unwrap().attachment(number).unwrap().main;
            let (person, structure) = (id(person), structure(number));
            school.of_person(person, who::Attached { structure, main, starts: None, ends: None });
        }
        Remedy::Unblock { person, cause } => {
            let person = id(person);
            school.of_person(person, who::Unblocked { cause });
        }
        Remedy::Reopen { person } => {
            let person = id(person);
            school.of_person(person, who::Reopened {});
        }
        Remedy::Show { person } => {
            let person = id(person);
            school.of_person(person, who::Shown {});
        }
        Remedy::ShowGroup { group } => {
            let (Some(owner), group) = (owner(group), group_id(group)) else { return false };
            school.of_structure(owner, GroupShown { group });
        }
        Remedy::ReopenStructure { structure: number } => {
            let structure = structure(number);
            school.of_structure(structure, domain::structure::Reopened {});
        }
        Remedy::LinkChild { .. }
        | Remedy::JoinClass { class: None, .. }
        | Remedy::Attach { structure: None, .. } => return false,
    }
    true
}
