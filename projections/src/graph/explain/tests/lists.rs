//! What an explanation says of groups filled by hand and of broadcast lists.

use domain::group::{Fact, Profile};
use domain::roster::{self, MembersAdded};
use domain::structure::{BroadcastListCreated, Criteria, FreeGroupCreated};
use domain::{GroupId, Sealed};

use super::{Authority, Missing, Step};
use crate::graph::Target;
use crate::testing::{HERE, School, of_school, person};
use crate::world::{Owner, World};

const FREE: GroupId = GroupId::from_u128(801);
const LIST: GroupId = GroupId::from_u128(802);

/// Teacher 1, parents 2 and 3: 2 is in a free group, both are on a list. No matrix.
fn school() -> School {
    let mut school = School::bare();
    school.member(1, Profile::Teacher, &[]);
    for id in [2, 3] {
        school.member(id, Profile::Relative, &[]);
    }
    let name = || Sealed::Open("Nom".to_owned());
    let free = FreeGroupCreated { structure: HERE, group: FREE, name: name(), internal: false };
    school.of_structure(HERE, free);
    let members = roster::Event::from(MembersAdded { people: vec![person(2)] });
    school.happened(Owner::Group(FREE), members);
    let (structure, group, profile) = (HERE, LIST, Profile::Relative);
    let criteria = Some(Criteria::default());
    let list = BroadcastListCreated { structure, group, name: name(), profile, criteria };
    school.of_structure(HERE, list);
    school
}

#[test]
fn a_member_of_a_free_group_is_told_with_the_event_that_put_them_in() {
    let mut school = school();
    school.rule(7, of_school(Profile::Teacher), FREE, &[]);
    let routes = school.explained(person(1), person(2)).routes;
    assert_eq!(routes.len(), 1);
    let (parent, group) = (school.no(person(2)), school.group_no(FREE));
    assert_eq!(routes[0].steps.last(), Some(&Step::Member { person: parent, group }));
    let since = school.world.mailboxes.member_since(parent, group).unwrap();
    let (at, event) = school.log.iter().find(|(at, _)| at.position == since.position).unwrap();
    assert_eq!((at.owner, event.kind().kind), (Owner::Group(FREE), "group.members-added"));
}

#[test]
fn a_rule_towards_a_list_is_proposed_to_the_platform_and_one_from_a_list_never() {
    let school = school();
    let list = school.group_no(LIST);
    let misses = school.explained_group(person(1), LIST).misses;
    let from = school.group_no(of_school(Profile::Teacher));
    let missing = Missing::NoRule { from, to: list, one_by_one: false };
    assert_eq!(misses[0].missing, [missing]);
    assert_eq!(school.fixes(missing)[0].by, Authority::Platform);
    let local = Missing::NoRule { from, to: school.group_no(FREE), one_by_one: false };
    assert!(matches!(school.fixes(local)[0].by, Authority::Local(_)));
    // Not even towards people who share a list, one by one, nor to the list itself.
    let World { people, graph, .. } = &school.world;
    for target in [Target::Person(school.no(person(3))), Target::Group(list), Target::Group(from)] {
        let explanation = graph.explain(people, school.no(person(2)), target);
        assert!(explanation.routes.is_empty() && !explanation.misses.is_empty());
        for miss in explanation.misses {
            assert_ne!(miss.from, Some(list), "{miss:?}");
        }
    }
}

#[test]
fn what_a_list_states_is_for_the_platform_to_change() {
    let mut school = school();
    school.rule(7, LIST, of_school(Profile::Teacher), &[]);
    school.ungrant(LIST, Fact::Uses);
    let missing = Missing::DoesNotUse { group: school.group_no(LIST) };
    assert_eq!(school.fixes(missing)[0].by, Authority::Platform);
}

#[test]
fn somebody_who_is_on_a_list_alone_is_attached_nowhere() {
    let mut school = school();
    let outside = school.register(9, Profile::Relative, domain::person::Availability::Source);
    let members = roster::Event::from(MembersAdded { people: vec![outside] });
    school.happened(Owner::Group(LIST), members);
    assert_eq!(school.nearest(person(1), outside), [Missing::NoStructure { person: school.no(outside) }]);
    assert_eq!(school.nearest(outside, person(1)), [Missing::NoStructure { person: school.no(outside) }]);
}
