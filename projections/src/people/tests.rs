//! Memberships, one sentence each.

mod timetable;

use domain::clock::Zone;
use domain::group::{FamilyLink, GroupKind, InternalPolicy, Profile};
use domain::person::{self as who, Availability, BlockCause, KeptOut};
use domain::structure::{AccessWindowSet, ClassClosed, Created, ProfileBlocked, ProfileUnblocked};
use domain::{Event, GroupId, PersonId, Sealed};

use super::{AccountState, People};
use crate::testing::{CE1, CE2, ELSEWHERE, HERE, School, instant, label, of_class, of_school, person};
use crate::world::Owner;

fn groups(school: &School, id: PersonId) -> Vec<GroupId> {
    let people = &school.world.people;
    let groups = people.memberships(school.no(id));
    assert!(groups.iter().all(|group| people.is_member(school.no(id), *group)));
    let mut ids: Vec<_> = groups.iter().filter_map(|group| people.group_id(*group)).collect();
    ids.sort_unstable();
    ids
}

fn sorted<const N: usize>(mut ids: [GroupId; N]) -> Vec<GroupId> {
    ids.sort_unstable();
    ids.to_vec()
}

#[test]
fn a_pupil_is_in_the_groups_of_their_profile_their_class_and_their_level() {
    let mut school = School::bare();
    let pupil = school.member(1, Profile::Student, &[CE1]);
    school.of_person(pupil, who::LevelsSet { structure: HERE, levels: vec![label("CE1")] });
    let level = |profile| GroupKind::Level(label("CE1"), profile).id(HERE);
    let own = [of_school(Profile::Student), of_class(CE1, Profile::Student), level(Profile::Student)];
    assert_eq!(groups(&school, pupil), sorted(own));
    let parent = school.parent(2, &[pupil]);
    let theirs = [of_school(Profile::Relative), of_class(CE1, Profile::Relative), level(Profile::Relative)];
    assert_eq!(groups(&school, parent), sorted(theirs));
}

#[test]
fn relatives_follow_the_classes_of_their_children() {
    let mut school = School::bare();
    let pupil = school.member(1, Profile::Student, &[CE1]);
    let parent = school.parent(2, &[pupil]);
    school.join(pupil, CE2);
    school.of_person(pupil, who::ClassLeft { structure: HERE, class: CE1 });
    let theirs = [of_school(Profile::Relative), of_class(CE2, Profile::Relative)];
    assert_eq!(groups(&school, parent), sorted(theirs));
    school.of_person(parent, who::ChildUnlinked { child: pupil });
    assert_eq!(groups(&school, parent), [of_school(Profile::Relative)]);
}

#[test]
fn a_child_may_be_named_before_it_is_registered() {
    let mut school = School::bare();
    let parent = school.parent(2, &[person(1)]);
    school.member(1, Profile::Student, &[CE1]);
    assert!(groups(&school, parent).contains(&of_class(CE1, Profile::Relative)));
}

#[test]
fn holders_of_a_function_are_in_its_group_and_heads_in_the_direction() {
    let mut school = School::bare();
    let head = school.member(1, Profile::Staff, &[]);
    let given = |function: &str, discipline: Option<&str>| who::FunctionGiven {
        structure: HERE,
        function: label(function),
        discipline: discipline.map(label),
    };
    school.of_person(head, given(GroupKind::DIRECTION, Some("D0010")));
    school.of_person(head, who::HeadTeacherNamed { structure: HERE, class: CE1 });
    let expected = [
        of_school(Profile::Staff),
        GroupKind::Direction.id(HERE),
        GroupKind::Function(label("DIR")).id(HERE),
        GroupKind::Discipline(label("D0010")).id(HERE),
        GroupKind::HeadTeacher(CE1).id(HERE),
    ];
    assert_eq!(groups(&school, head), sorted(expected));
    let here = school.world.people.structure_no(HERE).unwrap();
    assert_eq!(school.world.people.held(here), (vec![label("DIR")], vec![label("D0010")]));
}

#[test]
fn what_hangs_on_an_attachment_ends_with_it() {
    let mut school = School::bare();
    let teacher = school.member(1, Profile::Teacher, &[CE1]);
    school.of_person(teacher, who::TeachingGroupJoined { structure: HERE, group: GroupId::from_u128(77) });
    school.of_person(teacher, who::Detached { structure: HERE });
    assert_eq!(groups(&school, teacher), []);
    school.attach(teacher, HERE, None, None);
    assert_eq!(groups(&school, teacher), [of_school(Profile::Teacher)]);
}

#[test]
fn an_attachment_is_in_force_from_its_first_day_through_its_last() {
    let mut school = School::bare();
    let teacher = school.register(1, Profile::Teacher, Availability::Source);
    school.day(Zone::PARIS, "2026-08-30");
    school.attach(teacher, HERE, Some("2026-09-01"), Some("2026-09-02"));
    let mut held = vec![!groups(&school, teacher).is_empty()];
    for day in ["2026-08-31", "2026-09-01", "2026-09-02", "2026-09-03"] {
        school.day(Zone::PARIS, day);
        held.push(!groups(&school, teacher).is_empty());
    }
    assert_eq!(held, [false, false, true, true, false]);
}

#[test]
fn days_begin_in_the_zone_of_the_structure() {
    let mut school = School::bare();
    let teacher = school.register(1, Profile::Teacher, Availability::Source);
    school.attach(teacher, HERE, Some("2026-09-01"), None);
    school.day(Zone::parse("Indian/Reunion").unwrap(), "2026-09-01");
    assert_eq!(groups(&school, teacher), []);
    school.day(Zone::PARIS, "2026-09-02");
    assert_eq!(
        groups(&school, teacher),
        [of_school(Profile::Teacher)],
        "a day missed takes effect with the next"
    );
}

#[test]
fn somebody_kept_until_a_day_is_in_no_group_after_it() {
    let mut school = School::bare();
    school.day(Zone::PARIS, "2026-09-01");
    let guest = school.register(1, Profile::Guest, Availability::Until("2026-09-01".parse().unwrap()));
    school.attach(guest, HERE, None, None);
    assert_eq!(groups(&school, guest), [of_school(Profile::Guest)]);
    school.day(Zone::PARIS, "2026-09-02");
    assert_eq!(groups(&school, guest), []);
    assert!(school.world.people.is_barred(school.no(guest)));
}

#[test]
fn a_block_for_one_cause_is_not_lifted_with_another() {
    let mut school = School::bare();
    let pupil = school.member(1, Profile::Student, &[]);
    school.block(pupil, BlockCause::Person);
    school.block(pupil, BlockCause::Security);
    school.of_person(pupil, who::Unblocked { cause: BlockCause::Security });
    assert_eq!(groups(&school, pupil), []);
    school.of_person(pupil, who::Unblocked { cause: BlockCause::Person });
    assert_eq!(groups(&school, pupil), [of_school(Profile::Student)]);
}

#[test]
fn changes_name_what_ended_and_what_began() {
    let mut people = People::default();
    let mut school = School::bare();
    let pupil = school.member(1, Profile::Student, &[CE1]);
    let parent = school.parent(2, &[pupil]);
    school.of_person(pupil, who::Detached { structure: HERE });
    let mut last = vec![];
    for (at, event) in &school.log {
        last = people.apply(*at, event).unwrap();
    }
    let (pupil, parent) = (school.no(pupil), school.no(parent));
    assert!(last.iter().all(|change| !change.joined));
    assert_eq!(last.iter().map(|change| change.person).collect::<Vec<_>>(), [pupil, pupil, parent]);
    assert_eq!(people.dump(), school.world.people.dump());
}

#[test]
fn an_account_is_inactive_then_active_then_closed() {
    let mut school = School::bare();
    let id = school.member(1, Profile::Student, &[]);
    let state = |school: &School| school.world.people.person_by_id(id).unwrap().account();
    assert_eq!(state(&school), AccountState::Inactive);
    assert!(school.world.people.inactive().contains(school.no(id).0));
    let password = Sealed::Shut("v1".into());
    school.of_person(id, who::Activated { person: id, password, charter: label("1") });
    assert_eq!(state(&school), AccountState::Active);
    assert!(school.world.people.inactive().is_empty());
    school.of_person(id, who::Closed {});
    assert_eq!(state(&school), AccountState::Closed);
    school.of_person(id, who::Reopened {});
    assert_eq!(state(&school), AccountState::Active);
    assert_eq!(groups(&school, id), [of_school(Profile::Student)]);
}

#[test]
fn a_closed_class_holds_nobody() {
    let mut school = School::bare();
    let pupil = school.member(1, Profile::Student, &[CE1]);
    let parent = school.parent(2, &[pupil]);
    school.of_structure(HERE, ClassClosed { class: CE1 });
    assert_eq!(groups(&school, pupil), [of_school(Profile::Student)]);
    assert_eq!(groups(&school, parent), [of_school(Profile::Relative)]);
}

#[test]
fn a_person_is_kept_out_only_if_every_structure_of_theirs_keeps_them_out() {
    let mut school = School::bare();
    school.structure(ELSEWHERE, Zone::PARIS, InternalPolicy::default());
    let pupil = school.member(1, Profile::Student, &[]);
    let (profile, opens) = (Profile::Student, "2026-09-02".parse().unwrap());
    let kept = |school: &School| school.world.people.kept_out(school.no(pupil), instant());
    assert_eq!(kept(&school), None);
    school.of_structure(HERE, AccessWindowSet { profile, opens: Some(opens) });
    assert_eq!(kept(&school), Some(KeptOut::Window(HERE, opens)));
    school.attach(pupil, ELSEWHERE, None, None);
    assert_eq!(kept(&school), None);
    let reason = Sealed::Shut("v1".into());
    school.of_structure(ELSEWHERE, ProfileBlocked { structure: ELSEWHERE, profile, until: None, reason });
    assert_eq!(kept(&school), Some(KeptOut::Profile(ELSEWHERE, None)), "the main structure answers");
    school.of_structure(ELSEWHERE, ProfileUnblocked { profile });
    assert_eq!(kept(&school), None);
}

#[test]
fn structures_below_one_are_found_through_all_levels() {
    let mut school = School::default();
    let id = domain::StructureId::from_u128;
    for (structure, parent) in [(1, None), (2, Some(1)), (3, Some(2)), (4, None)] {
        let created = Created {
            structure: id(structure),
            uai: None,
            name: label("S"),
            parent: parent.map(id),
            zone: Zone::PARIS,
            policy: InternalPolicy::default(),
            family: FamilyLink::default(),
        };
        school.of_structure(id(structure), created);
    }
    let people = &school.world.people;
    let below = people.below(people.structure_no(id(1)).unwrap());
    let ids: Vec<_> = below.iter().map(|number| people.structure(*number).unwrap().id).collect();
    assert_eq!(ids, [id(1), id(2), id(3)]);
    assert_eq!(people.structure_zones(), [Zone::PARIS]);
}

#[test]
fn what_cannot_happen_stops_the_model_and_names_the_position() {
    let mut school = School::bare();
    let (mut at, _) = school.log[0];
    at.owner = Owner::Person(person(9));
    let event = Event::Person(who::Missing {}.into());
    let stopped = school.world.people.apply(at, &event).unwrap_err();
    assert!(stopped.to_string().starts_with("position 1: "), "{stopped}");
}
