//! Each decision about who is in a group filled by hand.

use super::*;
use crate::decider::testing::given;

const fn person(number: u128) -> PersonId {
    PersonId::from_u128(number)
}

const ODILE: PersonId = person(1);
const SIMON: PersonId = person(2);
const AMINA: PersonId = person(3);
const LEO: PersonId = person(4);

fn teacher(person: PersonId) -> Candidate {
    Candidate { person, reached: Some(Profile::Teacher) }
}

fn stranger(person: PersonId) -> Candidate {
    Candidate { person, reached: None }
}

fn add(people: &[Candidate], by: By) -> Command {
    Command::Add { people: people.to_vec(), kind: Kind::Free, by }
}

fn into_list(people: &[Candidate]) -> Command {
    Command::Add { people: people.to_vec(), kind: Kind::List(Profile::Teacher), by: By::Administrator }
}

fn remove(people: &[PersonId], by: By) -> Command {
    Command::Remove { people: people.to_vec(), kind: Kind::Free, by }
}

fn out_of_list(people: &[PersonId]) -> Command {
    Command::Remove { people: people.to_vec(), kind: Kind::List(Profile::Teacher), by: By::Administrator }
}

fn name(person: PersonId, under: Option<PersonId>, by: By) -> Command {
    Command::Name { manager: teacher(person), under, kind: Kind::Free, by }
}

fn end(person: PersonId, by: By) -> Command {
    Command::End { person, by }
}

fn added(people: &[PersonId]) -> Event {
    MembersAdded { people: people.to_vec() }.into()
}

fn removed(people: &[PersonId]) -> Event {
    MembersRemoved { people: people.to_vec() }.into()
}

fn named(person: PersonId, under: Option<PersonId>) -> Event {
    ManagerNamed { person, under }.into()
}

fn ended(person: PersonId) -> Event {
    ManagerEnded { person }.into()
}

const BOSS: By = By::Administrator;

#[test]
fn people_are_added_once_and_only_those_who_were_not_in() {
    given::<Roster>([])
        .when(add(&[teacher(SIMON), teacher(ODILE), teacher(SIMON)], BOSS))
        .then([added(&[ODILE, SIMON])]);
    let is_in = || given::<Roster>([added(&[ODILE])]);
    is_in().when(add(&[teacher(ODILE)], BOSS)).already_so();
    is_in().when(add(&[teacher(ODILE), teacher(AMINA)], BOSS)).then([added(&[AMINA])]);
    is_in().when(add(&[], BOSS)).already_so();
}

#[test]
fn who_is_not_reached_is_named_by_place_and_nobody_is_added() {
    let people = [teacher(ODILE), stranger(SIMON), teacher(AMINA), stranger(LEO)];
    given::<Roster>([]).when(add(&people, BOSS)).refused(Refusal::OutOfReach(vec![1, 3]));
}

#[test]
fn a_thousand_people_are_added_at_once_and_no_more() {
    let people: Vec<_> = (0..1_001).map(person).collect();
    let candidates: Vec<_> = people.iter().copied().map(teacher).collect();
    given::<Roster>([]).when(add(&candidates, BOSS)).refused(Refusal::TooManyAtOnce);
    given::<Roster>([]).when(add(&candidates[..1_000], BOSS)).then([added(&people[..1_000])]);
    given::<Roster>([added(&people)]).when(remove(&people, BOSS)).refused(Refusal::TooManyAtOnce);
}

#[test]
fn only_who_is_in_a_free_group_is_taken_out() {
    given::<Roster>([]).when(remove(&[ODILE], BOSS)).already_so();
    let is_in = || given::<Roster>([added(&[ODILE, SIMON])]);
    is_in().when(remove(&[ODILE, LEO, ODILE], BOSS)).then([removed(&[ODILE])]);
    given::<Roster>([added(&[ODILE]), removed(&[ODILE])]).when(remove(&[ODILE], BOSS)).already_so();
    given::<Roster>([added(&[ODILE]), removed(&[ODILE])])
        .when(add(&[teacher(ODILE)], BOSS))
        .then([added(&[ODILE])]);
}

#[test]
fn a_list_is_of_one_profile() {
    let pupil = Candidate { person: LEO, reached: Some(Profile::Student) };
    given::<Roster>([]).when(into_list(&[teacher(ODILE), pupil])).refused(Refusal::AnotherProfile(vec![1]));
    given::<Roster>([]).when(into_list(&[teacher(ODILE)])).then([added(&[ODILE])]);
    given::<Roster>([]).when(add(&[teacher(ODILE), pupil], BOSS)).then([added(&[ODILE, LEO])]);
}

#[test]
fn whom_the_criteria_of_a_list_put_in_is_taken_out_once() {
    given::<Roster>([]).when(out_of_list(&[ODILE])).then([removed(&[ODILE])]);
    given::<Roster>([removed(&[ODILE])]).when(out_of_list(&[ODILE])).already_so();
    given::<Roster>([removed(&[ODILE]), added(&[ODILE])])
        .when(out_of_list(&[ODILE]))
        .then([removed(&[ODILE])]);
}

#[test]
fn a_list_has_no_managers() {
    let asked =
        Command::Name { manager: teacher(ODILE), under: None, kind: Kind::List(Profile::Teacher), by: BOSS };
    given::<Roster>([]).when(asked).refused(Refusal::ListHasNoManagers);
}

#[test]
fn only_who_manages_a_group_now_adds_and_removes() {
    let odile = By::Manager(ODILE);
    given::<Roster>([]).when(add(&[teacher(SIMON)], odile)).refused(Refusal::NotAManager);
    given::<Roster>([added(&[SIMON])]).when(remove(&[SIMON], odile)).refused(Refusal::NotAManager);
    given::<Roster>([named(ODILE, None)]).when(add(&[teacher(SIMON)], odile)).then([added(&[SIMON])]);
    given::<Roster>([named(ODILE, None), added(&[SIMON])])
        .when(remove(&[SIMON], odile))
        .then([removed(&[SIMON])]);
    given::<Roster>([named(ODILE, None), ended(ODILE)])
        .when(add(&[teacher(SIMON)], odile))
        .refused(Refusal::NotAManager);
}

#[test]
fn an_administrator_names_managers_wherever_they_are_to_be() {
    given::<Roster>([]).when(name(ODILE, None, BOSS)).then([named(ODILE, None)]);
    given::<Roster>([named(ODILE, None)]).when(name(ODILE, None, BOSS)).already_so();
    given::<Roster>([named(ODILE, None)])
        .when(name(SIMON, Some(ODILE), BOSS))
        .then([named(SIMON, Some(ODILE))]);
    given::<Roster>([]).when(name(SIMON, Some(ODILE), BOSS)).refused(Refusal::UnknownManager);
    let unknown = Command::Name { manager: stranger(ODILE), under: None, kind: Kind::Free, by: BOSS };
    given::<Roster>([]).when(unknown).refused(Refusal::OutOfReach(vec![0]));
}

/// Odile, Simon under her, Amina under Simon.
fn chain() -> [Event; 3] {
    [named(ODILE, None), named(SIMON, Some(ODILE)), named(AMINA, Some(SIMON))]
}

#[test]
fn nobody_manages_a_group_under_themselves() {
    for under in [ODILE, SIMON, AMINA] {
        given::<Roster>(chain())
            .when(name(ODILE, Some(under), BOSS))
            .refused(Refusal::ManagerUnderThemselves);
    }
    given::<Roster>(chain()).when(name(AMINA, Some(ODILE), BOSS)).then([named(AMINA, Some(ODILE))]);
}

#[test]
fn a_manager_names_managers_under_themselves_and_never_above() {
    let by_simon = |person, under| given::<Roster>(chain()).when(name(person, under, By::Manager(SIMON)));
    by_simon(LEO, Some(SIMON)).then([named(LEO, Some(SIMON))]);
    by_simon(LEO, Some(AMINA)).then([named(LEO, Some(AMINA))]);
    by_simon(LEO, Some(ODILE)).refused(Refusal::ManagerAbove);
    by_simon(LEO, None).refused(Refusal::ManagerAbove);
    by_simon(ODILE, Some(SIMON)).refused(Refusal::ManagerAbove);
    by_simon(SIMON, Some(AMINA)).refused(Refusal::ManagerAbove);
    by_simon(AMINA, Some(SIMON)).already_so();
    given::<Roster>(chain()).when(name(LEO, Some(LEO), By::Manager(LEO))).refused(Refusal::NotAManager);
}

#[test]
fn a_manager_ends_those_below_and_themselves() {
    let by_simon = |person| given::<Roster>(chain()).when(end(person, By::Manager(SIMON)));
    by_simon(AMINA).then([ended(AMINA)]);
    by_simon(SIMON).then([ended(SIMON)]);
    by_simon(ODILE).refused(Refusal::ManagerAbove);
    by_simon(LEO).already_so();
    given::<Roster>(chain()).when(end(AMINA, By::Manager(LEO))).refused(Refusal::NotAManager);
    given::<Roster>([]).when(end(LEO, By::Manager(LEO))).already_so();
    given::<Roster>(chain()).when(end(ODILE, BOSS)).then([ended(ODILE)]);
}

#[test]
fn who_was_under_a_manager_that_ended_goes_to_who_was_above() {
    let without_simon = || chain().into_iter().chain([ended(SIMON)]);
    given::<Roster>(without_simon()).when(name(AMINA, Some(ODILE), BOSS)).already_so();
    given::<Roster>(without_simon()).when(end(AMINA, By::Manager(ODILE))).then([ended(AMINA)]);
    given::<Roster>(chain().into_iter().chain([ended(ODILE)])).when(name(SIMON, None, BOSS)).already_so();
}

#[test]
fn a_group_has_a_hundred_managers_and_no_more() {
    let full = || (0..100).map(|number| named(person(100 + number), None));
    given::<Roster>(full()).when(name(ODILE, None, BOSS)).refused(Refusal::TooManyManagers);
    given::<Roster>(full())
        .when(name(person(100), Some(person(101)), BOSS))
        .then([named(person(100), Some(person(101)))]);
}
