//! Who is in groups filled by hand, event by event.

use domain::clock::Zone;
use domain::group::{InternalPolicy, Profile};
use domain::import::{Counts, Finished};
use domain::person::{self as who, BlockCause};
use domain::roster::{ManagerEnded, ManagerNamed, MembersAdded, MembersRemoved};
use domain::structure::{BroadcastListCreated, Criteria, FreeGroupCreated, GroupRenamed, ListCriteriaSet};
use domain::{GroupId, ImportId, PersonId, Sealed, StructureId};

use super::events;
use crate::testing::{ELSEWHERE, HERE, School, label, person};
use crate::world::Owner;

const FREE: GroupId = GroupId::from_u128(801);
const LIST: GroupId = GroupId::from_u128(802);

fn fill(school: &mut School, group: GroupId, event: impl Into<events::Event>) {
    school.happened(Owner::Group(group), event.into());
}

fn add(school: &mut School, group: GroupId, people: &[u128]) {
    fill(school, group, MembersAdded { people: people.iter().copied().map(person).collect() });
}

fn remove(school: &mut School, group: GroupId, people: &[u128]) {
    fill(school, group, MembersRemoved { people: people.iter().copied().map(person).collect() });
}

fn import_ends(school: &mut School) {
    let (import, counts) = (ImportId::from_u128(1), Counts::default());
    school.happened(Owner::Other, domain::import::Event::from(Finished { import, counts }));
}

/// Two schools; teachers 1 and 2 here, 3 there, pupil 4 here, teacher 5 in none.
fn schools() -> School {
    let mut school = School::bare();
    school.structure(ELSEWHERE, Zone::PARIS, InternalPolicy::Implied);
    for id in [1, 2] {
        school.member(id, Profile::Teacher, &[]);
    }
    for id in [3, 5] {
        school.register(id, Profile::Teacher, who::Availability::Source);
    }
    school.attach(person(3), ELSEWHERE, None, None);
    school.member(4, Profile::Student, &[]);
    school
}

fn with_free_group(internal: bool) -> School {
    let mut school = schools();
    let name = Sealed::Open("Sortie".to_owned());
    school.of_structure(HERE, FreeGroupCreated { structure: HERE, group: FREE, name, internal });
    school
}

fn with_list(structures: &[StructureId], functions: &[&str]) -> School {
    let mut school = schools();
    let functions = functions.iter().map(|code| label(code)).collect();
    let criteria = Some(Criteria { structures: structures.to_vec(), functions });
    let (structure, group, profile) = (HERE, LIST, Profile::Teacher);
    let name = Sealed::Open("Liste".to_owned());
    school.of_structure(HERE, BroadcastListCreated { structure, group, name, profile, criteria });
    school
}

fn is_soc(school: &mut School, id: u128) {
    let (structure, function) = (HERE, label("SOC"));
    school.of_person(person(id), who::FunctionGiven { structure, function, discipline: None });
}

fn is_no_longer_soc(school: &mut School, id: u128) {
    let (structure, function) = (HERE, label("SOC"));
    school.of_person(person(id), who::FunctionTaken { structure, function, discipline: None });
}

fn members(school: &School, group: GroupId) -> Vec<u128> {
    let people = &school.world.people;
    let members = people.members(school.group_no(group)).unwrap();
    let mut ids: Vec<_> = members.iter().filter_map(|number| people.id(crate::PersonNo(number))).collect();
    ids.sort_unstable();
    ids.into_iter().map(PersonId::to_u128).collect()
}

/// What followed is what is built again, and what a snapshot gives back.
fn comes_back(school: &School) {
    let dump = school.world.people.dump();
    assert_eq!(school.rebuilt().people.dump(), dump);
    assert_eq!(crate::snapshot::tests::through(&school.world).people.dump(), dump);
}

#[test]
fn members_of_a_free_group_reach_each_other_if_it_was_made_so() {
    for internal in [true, false] {
        let mut school = with_free_group(internal);
        add(&mut school, FREE, &[1, 3, 5]);
        assert_eq!(members(&school, FREE), [1, 3, 5], "of any structure, and of none");
        assert_eq!(school.reaches(person(1), person(3)), internal);
        assert_eq!(school.reaches_group(person(3), FREE), internal);
        assert!(!school.reaches(person(2), person(3)));
        remove(&mut school, FREE, &[3]);
        assert_eq!(members(&school, FREE), [1, 5]);
        assert!(!school.reaches(person(1), person(3)));
        comes_back(&school);
    }
}

#[test]
fn a_closed_or_blocked_account_is_out_and_comes_back() {
    let mut school = with_free_group(true);
    add(&mut school, FREE, &[1, 2]);
    school.of_person(person(1), who::Closed {});
    school.block(person(2), BlockCause::Security);
    assert_eq!(members(&school, FREE), []);
    school.of_person(person(1), who::Reopened {});
    assert_eq!(members(&school, FREE), [1]);
    comes_back(&school);
}

#[test]
fn who_is_added_before_they_are_registered_is_in_it_then() {
    let mut school = with_free_group(true);
    add(&mut school, FREE, &[1, 9]);
    assert_eq!(members(&school, FREE), [1]);
    school.register(9, Profile::Guest, who::Availability::Source);
    assert_eq!(members(&school, FREE), [1, 9]);
    comes_back(&school);
}

#[test]
fn managers_stand_in_an_order_and_manage_without_being_members() {
    let mut school = with_free_group(true);
    let name =
        |person_, under: Option<u128>| ManagerNamed { person: person(person_), under: under.map(person) };
    fill(&mut school, FREE, name(1, None));
    fill(&mut school, FREE, name(2, Some(1)));
    fill(&mut school, FREE, name(3, Some(2)));
    let below = |school: &School, one: u128, other: u128| {
        let roster = school.world.people.roster(school.group_no(FREE)).unwrap();
        roster.is_below(school.no(person(one)), school.no(person(other)))
    };
    assert!(below(&school, 2, 1) && below(&school, 3, 1) && !below(&school, 1, 3) && !below(&school, 1, 1));
    fill(&mut school, FREE, ManagerEnded { person: person(2) });
    assert!(below(&school, 3, 1) && !below(&school, 2, 1) && !below(&school, 3, 2));
    assert_eq!(members(&school, FREE), []);
    comes_back(&school);
}

#[test]
fn a_list_is_filled_by_its_criteria_at_once_and_then_when_an_import_ends() {
    let mut school = with_list(&[HERE], &["SOC"]);
    assert_eq!(members(&school, LIST), []);
    is_soc(&mut school, 1);
    assert_eq!(members(&school, LIST), [], "only when an import ends or a day begins");
    import_ends(&mut school);
    assert_eq!(members(&school, LIST), [1]);
    is_no_longer_soc(&mut school, 1);
    is_soc(&mut school, 2);
    assert_eq!(members(&school, LIST), [1]);
    school.day(Zone::PARIS, "2026-09-02");
    assert_eq!(members(&school, LIST), [2]);
    comes_back(&school);
}

#[test]
fn a_list_is_of_everybody_of_a_profile_who_belongs_somewhere_if_nothing_else_is_asked() {
    assert_eq!(members(&with_list(&[], &[]), LIST), [1, 2, 3]);
    assert_eq!(members(&with_list(&[ELSEWHERE], &[]), LIST), [3]);
    assert_eq!(members(&with_list(&[HERE, ELSEWHERE], &[]), LIST), [1, 2, 3]);
    assert_eq!(members(&with_list(&[HERE], &["DIR"]), LIST), []);
}

#[test]
fn automatic_members_leave_when_they_stop_matching_and_those_added_by_hand_stay() {
    let mut school = with_list(&[HERE], &[]);
    add(&mut school, LIST, &[2, 5]);
    assert_eq!(members(&school, LIST), [1, 2, 5]);
    for id in [1, 2] {
        school.of_person(person(id), who::Detached { structure: HERE });
    }
    import_ends(&mut school);
    assert_eq!(members(&school, LIST), [2, 5]);
    comes_back(&school);
}

#[test]
fn who_was_taken_out_of_a_list_stays_out_whatever_its_criteria_say() {
    let mut school = with_list(&[HERE], &[]);
    remove(&mut school, LIST, &[1]);
    assert_eq!(members(&school, LIST), [2]);
    is_soc(&mut school, 1);
    import_ends(&mut school);
    assert_eq!(members(&school, LIST), [2]);
    add(&mut school, LIST, &[1]);
    assert_eq!(members(&school, LIST), [1, 2]);
    comes_back(&school);
}

#[test]
fn an_attachment_puts_somebody_on_a_list_from_its_first_day_through_its_last() {
    let mut school = with_list(&[ELSEWHERE], &[]);
    school.attach(person(5), ELSEWHERE, Some("2026-09-03"), Some("2026-09-04"));
    for (day, there) in [("02", false), ("03", true), ("04", true), ("05", false)] {
        school.day(Zone::PARIS, &format!("2026-09-{day}"));
        assert_eq!(members(&school, LIST).contains(&5), there, "{day}");
    }
    comes_back(&school);
}

#[test]
fn criteria_that_change_are_looked_at_at_once_for_everybody() {
    let mut school = with_list(&[HERE], &[]);
    is_soc(&mut school, 2);
    let criteria = Some(Criteria { structures: vec![ELSEWHERE], functions: vec![] });
    school.of_structure(HERE, ListCriteriaSet { group: LIST, criteria });
    assert_eq!(members(&school, LIST), [3]);
    school.of_structure(HERE, ListCriteriaSet { group: LIST, criteria: None });
    assert_eq!(members(&school, LIST), []);
    comes_back(&school);
}

#[test]
fn setting_the_criteria_of_one_list_does_not_forget_who_changed_for_another() {
    let mut school = with_list(&[HERE], &["SOC"]);
    is_soc(&mut school, 1);
    let (structure, group, profile) = (HERE, GroupId::from_u128(803), Profile::Teacher);
    let name = Sealed::Open("Autre".to_owned());
    let criteria = Some(Criteria::default());
    school.of_structure(HERE, BroadcastListCreated { structure, group, name, profile, criteria });
    assert_eq!(members(&school, group), [1, 2, 3]);
    assert_eq!(members(&school, LIST), []);
    import_ends(&mut school);
    assert_eq!(members(&school, LIST), [1]);
}

#[test]
fn a_renamed_group_is_called_what_it_was_called_last() {
    let mut school = with_free_group(true);
    let name = Sealed::Open("Voyage".to_owned());
    school.of_structure(HERE, GroupRenamed { structure: HERE, group: FREE, name });
    let row = school.world.people.group_row(school.group_no(FREE)).unwrap();
    assert_eq!(row.typed.as_deref(), Some("Voyage"));
    comes_back(&school);
}

#[test]
fn only_a_group_that_was_made_is_filled() {
    let mut school = schools();
    let at = crate::world::At { owner: Owner::Group(FREE), ..school.log[0].0 };
    let event = events::Event::from(MembersAdded { people: vec![person(1)] });
    assert!(school.world.people.apply(at, &domain::Event::Roster(event.clone())).is_err());
    let misplaced = crate::world::At { owner: Owner::Other, ..at };
    let mut school = with_free_group(true);
    assert!(school.world.people.apply(misplaced, &domain::Event::Roster(event.clone())).is_err());
    assert!(school.world.people.apply(at, &domain::Event::Roster(event)).is_ok());
    let unmade = ListCriteriaSet { group: FREE, criteria: None };
    let at = crate::world::At { owner: Owner::Structure(HERE), ..at };
    assert!(school.world.people.apply(at, &domain::Event::Structure(unmade.into())).is_err());
}
