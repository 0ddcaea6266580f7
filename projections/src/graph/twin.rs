//! The naive twin: reach computed over plain sets, written from the page (`communication.md` sections 1 to 7) and
//! not from the models, compared with them over small random schools.
//!
//! Invariants tested: the whole reach equals the twin's for everybody; the question about a pair and about a group
//! equals membership in it; a rebuilt world equals the one that followed.

pub(crate) mod act;
pub(crate) mod decided;
pub(crate) mod naive;

use domain::group::{GroupKind, Profile};
use proptest::prelude::*;

use self::act::{Act, PROFILES, act, acts, beginning, kinds, structure};
use self::naive::Twin;
use crate::dense::{GroupNo, PersonNo};
use crate::graph::Target;
use crate::people::People;
use crate::snapshot::tests::through;
use crate::testing::{School, person};
use crate::world::{Owner, World};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn reach_equals_a_naive_computation_over_sets(first in acts(), second in acts()) {
        let mut school = School::default();
        beginning(&mut school);
        play(&mut school, &first);
        compare(&school, &Twin::of(&school))?;
        play(&mut school, &second);
        compare(&school, &Twin::of(&school))?;
        let (rebuilt, followed) = (school.rebuilt(), &school.world);
        prop_assert_eq!(rebuilt.people.dump(), followed.people.dump());
        prop_assert_eq!(rebuilt.graph.dump(), followed.graph.dump());
        prop_assert_eq!(rebuilt.search.dump(), followed.search.dump());
        for world in [followed, &rebuilt, &through(followed)] {
            prop_assert_eq!(world.people.peopled(), &with_members(&world.people));
            prop_assert_eq!(wholes(&world.people), of_profiles(&world.people));
        }
    }
}

impl Twin {
    /// A twin of a small random school, before anything happened.
    pub(crate) fn small() -> Self {
        let mut twin = Self::default();
        for of in [false, true] {
            for kind in kinds(of) {
                twin.knows(structure(of), kind);
            }
        }
        twin
    }

    /// The twin that followed all that happened in `school`.
    pub(crate) fn of(school: &School) -> Self {
        let mut twin = Self::small();
        for (at, event) in &school.log {
            twin.follow(at.owner, event);
        }
        twin
    }
}

/// Returns the groups with members, each looked at.
fn with_members(people: &People) -> roaring::RoaringBitmap {
    let groups = (0..).map_while(|group| Some((group, people.members(GroupNo(group))?)));
    groups.filter(|(_, members)| !members.is_empty()).map(|(group, _)| group).collect()
}

/// Returns what whoever reaches all groups reaches as a whole, without structures that have no group of a profile.
fn wholes(people: &People) -> Vec<(Vec<GroupNo>, roaring::RoaringBitmap)> {
    let wholes = people.wholly_in(people.peopled()).map(|(own, present)| (own.to_vec(), present.clone()));
    wholes.map(sorted).filter(|(own, _)| !own.is_empty()).collect()
}

/// Returns the same, each structure and group looked at.
fn of_profiles(people: &People) -> Vec<(Vec<GroupNo>, roaring::RoaringBitmap)> {
    let of_profile =
        |group: &&GroupNo| matches!(people.group_row(**group).unwrap().kind, GroupKind::Profile(_));
    let own = |number| people.groups_of(number).iter().filter(of_profile).copied().collect();
    let structures = people.all_structures().map(|(number, _)| (own(number), people.people_of(number)));
    structures.map(sorted).collect()
}

fn sorted<T>((mut groups, rest): (Vec<GroupNo>, T)) -> (Vec<GroupNo>, T) {
    groups.sort_unstable();
    (groups, rest)
}

fn play(school: &mut School, acts: &[Act]) {
    for what in acts {
        act(school, what);
    }
}

/// Compares the reach and the memberships of everybody.
pub(crate) fn compare(school: &School, twin: &Twin) -> Result<(), TestCaseError> {
    let World { people, graph, .. } = &school.world;
    prop_assert_eq!(twin.everybody().count(), people.everybody().count());
    let looked = twin.look();
    for (me, _) in people.everybody() {
        let id = people.id(me).unwrap();
        let reach = graph.reach(people, me);
        let (reached, groups) = twin.reach_in(&looked, id);
        let names = |numbers: &roaring::RoaringBitmap| {
            numbers.iter().map(|number| people.id(PersonNo(number)).unwrap()).collect()
        };
        prop_assert_eq!(&reached, &names(&reach.people), "people of {:?}", id);
        let group_ids = reach.groups.iter().map(|number| people.group_id(GroupNo(number)).unwrap()).collect();
        prop_assert_eq!(&groups, &group_ids, "groups of {:?}", id);
        prop_assert_eq!(people.is_barred(me), twin.barred(id));
        let memberships = people.memberships(me).iter().map(|group| people.group_id(*group).unwrap());
        prop_assert_eq!(&twin.current(id), &memberships.collect(), "memberships of {:?}", id);
        for (other, _) in people.everybody() {
            let witness = graph.witness(people, me, other);
            prop_assert_eq!(witness.is_some(), reach.people.contains(other.0));
            let paths = graph.paths(people, me, Target::Person(other));
            prop_assert_eq!(witness, paths.first().map(|path| path.witness));
        }
        for group in (0..).map(GroupNo).take_while(|group| people.group_id(*group).is_some()) {
            let witness = graph.witness_group(people, me, group);
            prop_assert_eq!(witness.is_some(), reach.groups.contains(group.0));
        }
    }
    for (structure, _) in people.all_structures() {
        let attached = people.attached(structure);
        let there = |fits: &dyn Fn(&crate::people::Attachment) -> bool| {
            let attachment = |who| people.person(PersonNo(who)).and_then(|row| row.attachment(structure));
            attached
                .iter()
                .filter(|who| attachment(*who).is_some_and(fits))
                .collect::<roaring::RoaringBitmap>()
        };
        prop_assert_eq!(people.people_of(structure), there(&|attachment| people.in_force(attachment)));
        prop_assert_eq!(people.staying(structure), there(&|attachment| !people.ended(attachment)));
    }
    for group in (0..).map(GroupNo).take_while(|group| people.group_id(*group).is_some()) {
        let Some(members) = people.members(group) else { continue };
        let apart = |me: u32| {
            let reached = graph.reach(people, PersonNo(me)).people;
            members.iter().any(|other| other != me && !reached.contains(other))
        };
        prop_assert_eq!(graph.all_reach_each_other(people, members), !members.iter().any(apart));
    }
    Ok(())
}

#[test]
fn the_twin_is_not_blind() {
    // A school in which the comparison above has something to compare.
    let mut school = School::with("classic");
    let pupil = school.member(1, Profile::Student, &[crate::testing::CE1]);
    school.parent(2, &[pupil]);
    let twin = Twin::of(&school);
    assert_eq!(twin.reach(pupil).0, [person(2)].into());
    assert!(PROFILES.len() > 9);
}
