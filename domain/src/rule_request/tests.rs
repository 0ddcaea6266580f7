//! Every refusal, every retry.

use super::*;
use crate::decider::testing::given;
use crate::group::{Fact, Profile};
use crate::label::Label;
use crate::sealed::Sealed;

const REQUEST: RuleRequestId = RuleRequestId::from_u128(1);
const ASKER: PersonId = PersonId::from_u128(1);
const DECIDER: PersonId = PersonId::from_u128(2);
const TEACHERS: GroupId = GroupId::from_u128(7);
const PARENTS: GroupId = GroupId::from_u128(8);

fn changes() -> Vec<Change> {
    vec![Change::MakeRule { from: TEACHERS, to: PARENTS, exposes_members: true }]
}

fn counts(pairs: u64) -> Counts {
    let (from, to) = (Profile::Teacher, Profile::Relative);
    Counts { opened: vec![Pairs { from, to, pairs }], ..Counts::default() }
}

fn opening(pairs: u64) -> Counts {
    let inside = Inside { group: PARENTS, members: 27, students: 0, relatives: 27 };
    Counts { opened_inside: vec![inside], to_accept: vec![PARENTS], ..counts(pairs) }
}

fn make() -> Make {
    let reason = "jumelage".to_owned();
    Make { request: REQUEST, by: ASKER, changes: changes(), reason, preview: counts(5), own: false }
}

fn made_with(preview: Counts) -> Event {
    let reason = Sealed::Open("jumelage".to_owned());
    Made { request: REQUEST, by: ASKER, changes: changes(), reason, preview }.into()
}

fn made() -> Event {
    made_with(counts(5))
}

fn accept(preview: Counts) -> Accept {
    Accept { by: DECIDER, preview, opens_members: false, as_it_is_now: false }
}

fn accepted(preview: Counts) -> Event {
    Accepted { by: DECIDER, preview }.into()
}

fn refuse(reason: &str) -> Command {
    Command::Refuse { by: DECIDER, reason: reason.to_owned() }
}

fn refused() -> Event {
    Refused { by: DECIDER, reason: Sealed::Open("trop large".to_owned()) }.into()
}

fn undone() -> Vec<Undone> {
    vec![Undone { place: 0, code: Label::parse("communication.rule-exists").unwrap() }]
}

fn done() -> Event {
    Done { undone: undone() }.into()
}

#[test]
fn one_asks_for_what_one_may_not_make_and_says_why() {
    let asks = |make: Make| given::<RuleRequest>([]).when(Command::Make(make));
    asks(make()).then([made()]);
    asks(Make { own: true, ..make() }).refused(Refusal::YoursToMake);
    asks(Make { reason: " ".to_owned(), ..make() }).refused(Refusal::ReasonRequired);
    asks(Make { changes: vec![], ..make() }).refused(Refusal::NothingAsked);
}

#[test]
fn asking_again_is_already_so_and_asking_for_something_else_is_another_request() {
    for after in [vec![], vec![refused()], vec![accepted(counts(5))], vec![accepted(counts(5)), done()]] {
        let events = || std::iter::once(made()).chain(after.clone()).collect::<Vec<_>>();
        given::<RuleRequest>(events()).when(Command::Make(make())).already_so();
        let other = vec![Change::GrantFact { group: TEACHERS, fact: Fact::Uses }];
        let other = Make { changes: other, ..make() };
        given::<RuleRequest>(events()).when(Command::Make(other)).refused(Refusal::Other);
        let another = Make { by: DECIDER, ..make() };
        given::<RuleRequest>(events()).when(Command::Make(another)).refused(Refusal::Other);
    }
}

#[test]
fn it_is_accepted_as_it_was_looked_at_or_expressly_as_it_is_now() {
    let when = |accept: Accept| given::<RuleRequest>([made()]).when(Command::Accept(accept));
    when(accept(counts(5))).then([accepted(counts(5))]);
    when(accept(counts(6))).refused(Refusal::DiffersNow);
    when(Accept { as_it_is_now: true, ..accept(counts(6)) }).then([accepted(counts(6))]);
    given::<RuleRequest>([]).when(Command::Accept(accept(counts(5)))).refused(Refusal::Unknown);
    given::<RuleRequest>([made(), refused()])
        .when(Command::Accept(accept(counts(5))))
        .refused(Refusal::Refused);
    for after in [vec![accepted(counts(5))], vec![accepted(counts(5)), done()]] {
        let events: Vec<_> = std::iter::once(made()).chain(after).collect();
        given::<RuleRequest>(events).when(Command::Accept(accept(counts(9)))).already_so();
    }
}

#[test]
fn what_opens_students_or_relatives_to_each_other_is_accepted_by_name() {
    let when = |accept: Accept| given::<RuleRequest>([made_with(opening(5))]).when(Command::Accept(accept));
    when(accept(opening(5))).refused(Refusal::OpensMembers(vec![PARENTS]));
    when(Accept { opens_members: true, ..accept(opening(5)) }).then([accepted(opening(5))]);
    let now = Accept { as_it_is_now: true, ..accept(opening(6)) };
    when(now.clone()).refused(Refusal::OpensMembers(vec![PARENTS]));
    when(Accept { opens_members: true, ..now }).then([accepted(opening(6))]);
}

#[test]
fn a_no_has_a_reason_and_comes_before_the_yes() {
    given::<RuleRequest>([]).when(refuse("trop large")).refused(Refusal::Unknown);
    given::<RuleRequest>([made()]).when(refuse(" ")).refused(Refusal::ReasonRequired);
    given::<RuleRequest>([made()]).when(refuse("trop large")).then([refused()]);
    given::<RuleRequest>([made(), refused()]).when(refuse("encore")).already_so();
    for after in [vec![accepted(counts(5))], vec![accepted(counts(5)), done()]] {
        let events: Vec<_> = std::iter::once(made()).chain(after).collect();
        given::<RuleRequest>(events).when(refuse("trop tard")).refused(Refusal::Accepted);
    }
}

#[test]
fn it_is_done_once_after_it_was_accepted() {
    let finish = || Command::Finish { undone: undone() };
    given::<RuleRequest>([]).when(finish()).refused(Refusal::Unknown);
    given::<RuleRequest>([made()]).when(finish()).refused(Refusal::NotAccepted);
    given::<RuleRequest>([made(), refused()]).when(finish()).refused(Refusal::NotAccepted);
    given::<RuleRequest>([made(), accepted(counts(5))]).when(finish()).then([done()]);
    given::<RuleRequest>([made(), accepted(counts(5)), done()]).when(finish()).already_so();
}
