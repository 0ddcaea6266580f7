//! A preview says what then happens: against the difference of reach before and after, over small random schools,
//! and the pairs of facts of two groups one by one.

mod recipes;

use std::collections::{BTreeMap, BTreeSet};

use domain::GroupId;
use domain::group::{Fact, InternalPolicy, Profile, Reason};
use domain::structure::{FactGranted, FactRemoved, PolicySet, RuleMade, RuleRemoved};
use domain::{RuleId, StructureId};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::dense::StructureNo;
use crate::graph::twin::act::{Act, act, acts, beginning};
use crate::testing::{CE1, CE2, HERE, School, of_class, of_school};
use crate::world::World;

/// A change by numbers, taken modulo what there is.
#[derive(Debug, Clone)]
enum Asked {
    Grant(usize, u8),
    Remove(usize, u8),
    Make(usize, usize, bool),
    Unmake(usize),
    Policy(bool, bool),
}

fn asked() -> impl Strategy<Value = Asked> {
    let n = 0..96_usize;
    prop_oneof![
        3 => (n.clone(), 0..3_u8).prop_map(|(group, fact)| Asked::Grant(group, fact)),
        3 => (n.clone(), 0..3_u8).prop_map(|(group, fact)| Asked::Remove(group, fact)),
        4 => (n.clone(), n.clone(), any::<bool>()).prop_map(|(from, to, expose)| Asked::Make(from, to, expose)),
        4 => n.prop_map(Asked::Unmake),
        1 => any::<(bool, bool)>().prop_map(|(second, implied)| Asked::Policy(second, implied)),
    ]
}

fn changes(world: &World, asked: &[Asked]) -> Vec<Change> {
    let groups = (0..10_000).map(GroupNo).take_while(|group| world.people.group_id(*group).is_some()).count();
    // Half of the numbers fall on groups somebody is in: there is little to see in the others.
    let peopled: Vec<_> = (0..groups)
        .filter(|group| world.people.members(no(*group)).is_some_and(|those| !those.is_empty()))
        .collect();
    let group = |number: usize| match peopled.get(number % (2 * peopled.len().max(1))) {
        Some(group) => no(*group),
        None => no(number % groups),
    };
    let fact = |number: u8| [Fact::Uses, Fact::Exposes, Fact::Internal][usize::from(number)];
    let rules: Vec<_> = world.graph.all_rules().into_keys().collect();
    let change = |asked: &Asked| match *asked {
        Asked::Grant(of, which) => Some(Change::GrantFact { group: group(of), fact: fact(which) }),
        Asked::Remove(of, which) => Some(Change::RemoveFact { group: group(of), fact: fact(which) }),
        Asked::Make(from, to, expose_members) => {
            Some(Change::MakeRule { from: group(from), to: group(to), expose_members })
        }
        Asked::Unmake(rule) => {
            rules.get(rule % rules.len().max(1)).map(|rule| Change::RemoveRule { rule: *rule })
        }
        Asked::Policy(second, implied) => {
            let policy = if implied { InternalPolicy::Implied } else { InternalPolicy::Explicit };
            Some(Change::SetPolicy { structure: StructureNo(u32::from(second)), policy })
        }
    };
    asked.iter().filter_map(change).collect()
}

fn no(group: usize) -> GroupNo {
    GroupNo(u32::try_from(group).unwrap())
}

/// Makes the changes as a structure would: what is refused, or already so, does not happen.
fn make(school: &mut School, changes: &[Change], warned: &[(Option<usize>, Warning)], accepted: &[GroupId]) {
    for (place, change) in changes.iter().enumerate() {
        let refused = |warning: &Warning| {
            let shut =
                matches!(warning, Warning::ListStaysShut(_)) && matches!(change, Change::GrantFact { .. });
            shut || matches!(warning, Warning::AlreadySo | Warning::UnknownRule(_) | Warning::RuleToItself(_))
        };
        if warned.iter().any(|(of, warning)| *of == Some(place) && refused(warning)) {
            continue;
        }
        let accepted = accepted.to_vec();
        let id = |group| school.world.people.group_id(group).unwrap();
        let of = |group: GroupNo| {
            let people = &school.world.people;
            people.group_row(group).and_then(|row| people.structure(row.structure)).map_or(HERE, |row| row.id)
        };
        let (owner, event): (StructureId, domain::structure::Event) = match *change {
            Change::GrantFact { group, fact } => {
                (of(group), FactGranted { group: id(group), fact, reason: Reason::Hand, accepted }.into())
            }
            Change::RemoveFact { group, fact } => (of(group), FactRemoved { group: id(group), fact }.into()),
            Change::MakeRule { from, to, expose_members } => {
                let is_list = |list| id(to) == crate::graph::twin::act::list(list);
                let exposes_members = expose_members && !is_list(false) && !is_list(true);
                let rule = RuleId::from_u128(90_000 + u128::try_from(school.log.len()).unwrap());
                (of(from), RuleMade { rule, from: id(from), to: id(to), exposes_members, accepted }.into())
            }
            Change::RemoveRule { rule } => (HERE, RuleRemoved { rule }.into()),
            Change::SetPolicy { structure, policy } => {
                (school.world.people.structure(structure).unwrap().id, PolicySet { policy, accepted }.into())
            }
        };
        school.of_structure(owner, event);
    }
}

/// Everything that is reached: people, and groups as groups, by whom.
type All = (BTreeSet<(u32, u32)>, BTreeSet<(u32, u32)>, BTreeSet<u32>);

fn all(world: &World) -> All {
    let World { people, graph, .. } = world;
    let (mut pairs, mut groups) = (BTreeSet::new(), BTreeSet::new());
    for (me, _) in people.everybody() {
        let reach = graph.reach(people, me);
        pairs.extend(reach.people.iter().map(|other| (me.0, other)));
        groups.extend(reach.groups.iter().map(|group| (me.0, group)));
    }
    let inside = (0..).map(GroupNo).take_while(|group| people.group_id(*group).is_some());
    let inside = inside.filter(|group| graph.facts(people, *group).internal).map(|group| group.0);
    (pairs, groups, inside.collect())
}

/// The side of a preview, from the pairs themselves.
fn naive(people: &People, pairs: &BTreeSet<(u32, u32)>, groups: &BTreeSet<(u32, u32)>) -> Side {
    let profile = |who: u32| people.person(PersonNo(who)).unwrap().profile;
    let mut profiles: BTreeMap<(Profile, Profile), u64> = BTreeMap::new();
    for (from, to) in pairs {
        *profiles.entry((profile(*from), profile(*to))).or_default() += 1;
    }
    let (mut who, mut whom) = (RoaringBitmap::new(), RoaringBitmap::new());
    who.extend(pairs.iter().map(|(from, _)| *from));
    whom.extend(pairs.iter().map(|(_, to)| *to));
    let mut by_group: BTreeMap<u32, u64> = BTreeMap::new();
    for (_, group) in groups {
        *by_group.entry(*group).or_default() += 1;
    }
    Side {
        profiles: profiles.into_iter().map(|((from, to), pairs)| Profiles { from, to, pairs }).collect(),
        who: who.len(),
        first_who: who.iter().take(20).map(PersonNo).collect(),
        whom: whom.len(),
        first_whom: whom.iter().take(20).map(PersonNo).collect(),
        groups: by_group
            .into_iter()
            .map(|(group, people)| GroupReach { group: GroupNo(group), people })
            .collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_a_preview_says_is_what_then_happens(
        before in acts(),
        asked in vec(asked(), 1..6),
        accepts in prop::bool::weighted(0.8),
    ) {
        let mut school = School::default();
        beginning(&mut school);
        // Classes with people in them, and matrices, so that there is something to change.
        for number in 0..11 {
            act(&mut school, &Act::Class { who: number, school: false, second: number % 3 == 0, join: true });
            act(&mut school, &Act::Child { relative: number, child: number / 2, link: true });
        }
        act(&mut school, &Act::Matrix(false, before.len() % 2 == 0));
        for what in &before {
            act(&mut school, what);
        }
        let changes = changes(&school.world, &asked);
        let preview = school.world.graph.preview(&school.world.people, &changes);
        let was = all(&school.world);
        let id = |group: &GroupNo| school.world.people.group_id(*group).unwrap();
        let accepted: Vec<_> = preview.to_accept.iter().map(id).collect();
        if accepts {
            make(&mut school, &changes, &preview.warnings, &accepted);
            let will = all(&school.world);
            let people = &school.world.people;
            prop_assert_eq!(&preview.opened, &naive(people, &(&will.0 - &was.0), &(&will.1 - &was.1)));
            prop_assert_eq!(&preview.closed, &naive(people, &(&was.0 - &will.0), &(&was.1 - &will.1)));
            let numbers = |inside: &[Inside]| inside.iter().map(|inside| inside.group.0).collect::<BTreeSet<_>>();
            prop_assert_eq!(numbers(&preview.opened_inside), &will.2 - &was.2);
            prop_assert_eq!(numbers(&preview.closed_inside), &was.2 - &will.2);
        } else {
            // What was not accepted opens none of those groups, unless it is granted: then the command is refused.
            make(&mut school, &changes, &preview.warnings, &[]);
            let (_, _, inside) = all(&school.world);
            let granted = |group| !school.world.graph.reasons(group, Fact::Internal).is_empty();
            let mut asked = preview.to_accept.iter().filter(|group| !granted(**group));
            prop_assert!(asked.all(|group| !inside.contains(&group.0)));
        }
    }
}

/// Two people in each of two groups with the facts of the four-value attribute, under a policy.
fn two_by_two(policy: InternalPolicy, values: [&str; 2], profile: Profile) -> (School, [GroupNo; 2]) {
    let mut school = School::bare();
    if policy == InternalPolicy::Explicit {
        school.of_structure(HERE, PolicySet { policy, accepted: vec![] });
    }
    for (id, class) in [(1, CE1), (2, CE1), (3, CE2), (4, CE2)] {
        school.member(id, profile, &[class]);
    }
    let groups = [CE1, CE2].map(|class| of_class(class, profile));
    for (group, value) in groups.into_iter().zip(values) {
        let facts: &[Fact] = match value {
            "NONE" => &[],
            "IN" => &[Fact::Uses],
            "OUT" => &[Fact::Exposes],
            _ => &[Fact::Uses, Fact::Exposes, Fact::Internal],
        };
        for fact in facts {
            school.grant(group, *fact);
        }
    }
    let numbers = groups.map(|group| school.group_no(group));
    (school, numbers)
}

const FOUR: [&str; 4] = ["NONE", "IN", "OUT", "BOTH"];

/// Pairs that a rule opens when it is added, and closes when it is removed: start by row, end by column. Four are
/// those from start to end, two those inside the start, two those inside the end.
const IMPLIED: [[u64; 4]; 4] = [[4, 6, 4, 4], [4, 6, 4, 4], [6, 8, 6, 6], [4, 6, 4, 4]];

#[test]
fn a_rule_opens_when_it_is_added_and_closes_when_it_is_removed_what_the_table_says() {
    for (row, start) in FOUR.into_iter().enumerate() {
        for (column, end) in FOUR.into_iter().enumerate() {
            for policy in [InternalPolicy::Implied, InternalPolicy::Explicit] {
                let cell = format!("{start} → {end}, {policy:?}");
                let pairs = if policy == InternalPolicy::Implied { IMPLIED[row][column] } else { 4 };
                let (mut school, [from, to]) = two_by_two(policy, [start, end], Profile::Student);
                let change = Change::MakeRule { from, to, expose_members: true };
                let preview = school.world.graph.preview(&school.world.people, &[change]);
                assert_eq!((preview.opened.pairs(), preview.closed.pairs()), (pairs, 0), "{cell}, added");
                assert_eq!(
                    u64::try_from(preview.to_accept.len()).unwrap() * 2 + 4,
                    pairs,
                    "{cell}, accepted"
                );
                let id = |group: &GroupNo| school.world.people.group_id(*group).unwrap();
                let accepted: Vec<_> = preview.to_accept.iter().map(id).collect();
                let before = all(&school.world).0.len();
                make(&mut school, &[change], &[], &accepted);
                let between = all(&school.world).0.len();
                assert_eq!(u64::try_from(between - before).unwrap(), pairs, "{cell}, made");
                let rule = school.world.graph.rules_from(from).next().unwrap().id;
                let preview =
                    school.world.graph.preview(&school.world.people, &[Change::RemoveRule { rule }]);
                assert_eq!((preview.opened.pairs(), preview.closed.pairs()), (0, pairs), "{cell}, removed");
                school.unrule(rule);
                assert_eq!(all(&school.world).0.len(), before, "{cell}, unmade");
            }
        }
    }
}

#[test]
fn a_rule_without_exposing_opens_the_group_and_nobody_in_it() {
    let (school, [from, to]) = two_by_two(InternalPolicy::Implied, ["IN", "NONE"], Profile::Staff);
    let change = Change::MakeRule { from, to, expose_members: false };
    let preview = school.world.graph.preview(&school.world.people, &[change]);
    assert_eq!(preview.opened.pairs(), 0);
    assert_eq!(preview.opened.groups, [GroupReach { group: to, people: 2 }]);
}

/// 27 parents of pupils of CE1, and a teacher.
fn parents() -> School {
    let mut school = School::with("published-2025");
    for number in 0..27 {
        let pupil = school.member(100 + number, Profile::Student, &[CE1]);
        school.parent(200 + number, &[pupil]);
    }
    school.member(1, Profile::Teacher, &[CE1]);
    school
}

#[test]
fn teachers_of_their_own_class_only_would_open_its_parents_to_each_other() {
    // Seed 000, and `communication.md` section 7: the answer names the group and the count.
    let school = parents();
    let [from, to] = [Profile::Teacher, Profile::Relative].map(|it| school.group_no(of_class(CE1, it)));
    let change = Change::MakeRule { from, to, expose_members: true };
    let preview = school.world.graph.preview(&school.world.people, &[change]);
    let inside = preview.opened_inside.iter().find(|inside| inside.group == to).unwrap();
    assert_eq!((inside.members, inside.students, inside.relatives), (27, 0, 27));
    assert_eq!((inside.first.len(), preview.to_accept.as_slice()), (20, [to].as_slice()));
    // The teachers of the class begin to use what they expose already: they reach each other, one as yet.
    let pair = Profiles { from: Profile::Relative, to: Profile::Relative, pairs: 27 * 26 };
    assert_eq!(
        preview.opened.profiles,
        [pair],
        "and the teacher reaches them by the structure's rule already"
    );
    assert_eq!((preview.opened.who, preview.opened.whom, preview.opened.first_who.len()), (27, 27, 20));
    let explicit = Change::SetPolicy { structure: StructureNo(0), policy: InternalPolicy::Explicit };
    let preview = school.world.graph.preview(&school.world.people, &[explicit, change]);
    assert_eq!((preview.to_accept.len(), preview.opened.pairs()), (0, 0), "EXPLICIT is the way without");
}

#[test]
fn internal_by_hand_must_be_accepted_where_there_are_pupils_or_parents() {
    let school = parents();
    for (profile, asked) in [(Profile::Relative, 1), (Profile::Teacher, 0)] {
        let group = school.group_no(of_class(CE1, profile));
        let change = Change::GrantFact { group, fact: Fact::Internal };
        let preview = school.world.graph.preview(&school.world.people, &[change]);
        assert_eq!((preview.opened_inside.len(), preview.to_accept.len()), (1, asked), "{profile}");
    }
}

#[test]
fn an_internal_that_was_granted_stays_when_a_rule_goes_and_the_pairs_are_told() {
    let school = parents();
    let pupils = school.group_no(of_class(CE1, Profile::Student));
    let teachers = school.group_no(of_class(CE1, Profile::Teacher));
    let graph = &school.world.graph;
    let rule = graph.rules_from(pupils).find(|rule| rule.to == teachers).unwrap().id;
    let preview = graph.preview(&school.world.people, &[Change::RemoveRule { rule }]);
    let stays = Warning::StaysInternal { group: pupils, pairs: 27 * 26 };
    assert_eq!(preview.warnings, [(Some(0), stays)]);
    assert_eq!(preview.closed.pairs(), 27, "each pupil to the teacher");
}

#[test]
fn what_could_not_be_done_is_said_by_its_place_in_the_list() {
    let mut school = parents();
    let group = school.group_no(of_school(Profile::Student));
    let teachers = school.group_no(of_school(Profile::Teacher));
    school.grant(of_school(Profile::Student), Fact::Exposes);
    let unknown = RuleId::from_u128(5);
    let changes = [
        Change::GrantFact { group, fact: Fact::Exposes },
        Change::MakeRule { from: group, to: group, expose_members: true },
        Change::RemoveRule { rule: unknown },
        Change::MakeRule { from: teachers, to: group, expose_members: true },
        Change::MakeRule { from: teachers, to: group, expose_members: true },
    ];
    let preview = school.world.graph.preview(&school.world.people, &changes);
    let told = [
        (Some(0), Warning::AlreadySo),
        (Some(1), Warning::RuleToItself(group)),
        (Some(2), Warning::UnknownRule(unknown)),
        (Some(4), Warning::AlreadySo),
    ];
    assert_eq!(preview.warnings, told);
}

#[test]
fn what_waits_for_acceptance_is_said() {
    let mut school = parents();
    let (rule, from, to) =
        (RuleId::from_u128(7), of_class(CE1, Profile::Teacher), of_class(CE1, Profile::Relative));
    school.of_structure(HERE, RuleMade { rule, from, to, exposes_members: true, accepted: vec![] });
    let to = school.group_no(to);
    let change = Change::RemoveFact { group: to, fact: Fact::Internal };
    let preview = school.world.graph.preview(&school.world.people, &[change]);
    assert_eq!(preview.warnings, [(None, Warning::Waiting(to))]);
    assert_eq!((preview.opened.pairs(), preview.closed.pairs()), (0, 0));
}
