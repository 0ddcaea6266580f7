//! The rules of a structure, one sentence each.

mod recipes;

use super::*;
use crate::decider::testing::given;
use crate::group::GroupKind;

const HERE: StructureId = StructureId::from_u128(1);
const ELSEWHERE: StructureId = StructureId::from_u128(2);
const CE1: ClassId = ClassId::from_u128(11);

fn label(text: &str) -> Label {
    Label::parse(text).unwrap()
}

fn command(n: u128) -> CommandId {
    CommandId::from_u128(n)
}

fn create() -> Create {
    Create {
        structure: HERE,
        uai: Some(Uai::parse("0134567U").unwrap()),
        name: label("École des Tilleuls"),
        parent: None,
        zone: Zone::PARIS,
        matrix: Matrix::shipped(Matrix::DEFAULT).unwrap(),
        command: command(1),
    }
}

fn created() -> Vec<Event> {
    Structure::default().decide(Command::Create(create())).unwrap()
}

fn with(more: impl IntoIterator<Item = Event>) -> Vec<Event> {
    created().into_iter().chain(more).collect()
}

fn target(group: &GroupKind) -> Target {
    Target { group: group.id(HERE), structure: HERE, broadcast_list: false }
}

fn teachers() -> Target {
    target(&GroupKind::Profile(Profile::Teacher))
}

fn parents() -> Target {
    target(&GroupKind::Profile(Profile::Relative))
}

fn make(from: Target, to: Target) -> MakeRule {
    let rule = RuleId::from_u128(9);
    MakeRule { rule, from, to, exposes_members: true, opens: vec![], accepted: vec![] }
}

fn made() -> Event {
    let (rule, from, to) = (RuleId::from_u128(9), parents().group, teachers().group);
    RuleMade { rule, from, to, exposes_members: true, accepted: vec![] }.into()
}

#[test]
fn a_structure_is_created_with_what_its_matrix_gives() {
    let events = created();
    assert!(matches!(&events[..], [Event::Created(_), Event::MatrixApplied(_)]));
    given::<Structure>(events).when(Command::Create(create())).already_so();
}

#[test]
fn nothing_can_be_asked_of_a_structure_that_is_not_there() {
    given::<Structure>([]).when(Command::RemoveRule { rule: RuleId::from_u128(1) }).refused(Refusal::Unknown);
}

#[test]
fn one_stream_holds_one_structure() {
    let other = Create { structure: ELSEWHERE, ..create() };
    given::<Structure>(created()).when(Command::Create(other)).refused(Refusal::Exists);
}

#[test]
fn a_class_is_opened_once_under_a_name() {
    let open = |id| Command::OpenClass { class: ClassId::from_u128(id), name: label("CE1") };
    let opened = ClassOpened { class: CE1, name: label("CE1") };
    given::<Structure>(created()).when(open(11)).then([opened.clone().into()]);
    given::<Structure>(with([opened.into()])).when(open(12)).already_so();
}

#[test]
fn a_class_with_people_stays_open() {
    let opened = || with([ClassOpened { class: CE1, name: label("CE1") }.into()]);
    let close = |people| Command::CloseClass { class: CE1, people };
    given::<Structure>(opened()).when(close(1)).refused(Refusal::ClassNotEmpty);
    given::<Structure>(opened()).when(close(0)).then([ClassClosed { class: CE1 }.into()]);
    given::<Structure>(created()).when(close(0)).refused(Refusal::UnknownClass);
}

fn apply(functions: &[&str]) -> Command {
    Command::ApplyMatrix {
        matrix: Matrix::shipped(Matrix::DEFAULT).unwrap(),
        functions: functions.iter().map(|code| label(code)).collect(),
        disciplines: vec![],
        command: command(2),
    }
}

fn rules_of(event: &Event) -> Vec<(GroupId, GroupId)> {
    match event {
        Event::MatrixApplied(applied) => applied.rules.iter().map(|rule| (rule.from, rule.to)).collect(),
        other => panic!("not a matrix: {other:?}"),
    }
}

#[test]
fn a_matrix_applied_again_gives_nothing() {
    given::<Structure>(created()).when(apply(&[])).already_so();
}

#[test]
fn a_new_class_gets_its_facts_and_rules() {
    let history = with([ClassOpened { class: CE1, name: label("CE1") }.into()]);
    let state = history.iter().fold(Structure::default(), Structure::evolve);
    let events = state.decide(apply(&[])).unwrap();
    let pupils = GroupKind::Class(CE1, Profile::Student).id(HERE);
    let class_teachers = GroupKind::Class(CE1, Profile::Teacher).id(HERE);
    assert!(rules_of(&events[0]).contains(&(pupils, class_teachers)));
    assert!(state.evolve(&events[0]).decide(apply(&[])).unwrap().is_empty());
}

#[test]
fn a_customised_group_gets_only_rules_towards_new_groups() {
    let removed = RuleRemoved { rule: rule_between(teachers().group, parents().group) };
    let state = with([removed.into()]).iter().fold(Structure::default(), Structure::evolve);
    let events = state.decide(apply(&["SOC"])).unwrap();
    let social = GroupKind::Function(label("SOC")).id(HERE);
    let from_teachers: Vec<_> = rules_of(&events[0])
        .into_iter()
        .filter(|(from, _)| *from == teachers().group)
        .map(|(_, to)| to)
        .collect();
    assert_eq!(from_teachers, [social], "the removed rule does not come back");
}

fn rule_between(from: GroupId, to: GroupId) -> RuleId {
    let events = created();
    let Event::MatrixApplied(applied) = &events[1] else { panic!("no matrix") };
    applied.rules.iter().find(|rule| rule.from == from && rule.to == to).unwrap().rule
}

#[test]
fn a_rule_is_made_once() {
    let ask = || Command::MakeRule(make(parents(), teachers()));
    given::<Structure>(created()).when(ask()).then([made()]);
    given::<Structure>(with([made()])).when(ask()).already_so();
    let twin = MakeRule { rule: RuleId::from_u128(10), ..make(parents(), teachers()) };
    given::<Structure>(with([made()])).when(Command::MakeRule(twin)).refused(Refusal::RuleExists);
}

#[test]
fn a_rule_starts_in_its_own_structure_and_ends_elsewhere_than_it_starts() {
    let foreign = Target { structure: ELSEWHERE, ..teachers() };
    given::<Structure>(created())
        .when(Command::MakeRule(make(foreign, parents())))
        .refused(Refusal::GroupOfAnotherStructure);
    given::<Structure>(created())
        .when(Command::MakeRule(make(teachers(), teachers())))
        .refused(Refusal::RuleToItself);
}

#[test]
fn opening_students_or_relatives_to_each_other_must_be_accepted() {
    let opens = vec![parents().group];
    let ask = MakeRule { opens: opens.clone(), ..make(parents(), teachers()) };
    given::<Structure>(created())
        .when(Command::MakeRule(ask.clone()))
        .refused(Refusal::OpensMembers(opens.clone()));
    let accepted = MakeRule { accepted: opens.clone(), ..ask };
    let Event::RuleMade(made) = made() else { panic!("not a rule") };
    given::<Structure>(created()).when(Command::MakeRule(accepted)).then([RuleMade {
        accepted: opens,
        ..made
    }
    .into()]);
}

#[test]
fn a_rule_towards_a_broadcast_list_exposes_nobody() {
    let list = Target { group: GroupId::from_u128(5), structure: HERE, broadcast_list: true };
    let ask = Command::MakeRule(make(teachers(), list));
    let (rule, from, to) = (RuleId::from_u128(9), teachers().group, list.group);
    given::<Structure>(created()).when(ask).then([RuleMade {
        rule,
        from,
        to,
        exposes_members: false,
        accepted: vec![],
    }
    .into()]);
}

#[test]
fn a_broadcast_list_never_exposes_and_is_never_internal() {
    let group = Target { group: GroupId::from_u128(5), structure: HERE, broadcast_list: true };
    let grant =
        |fact| Command::GrantFact { group, fact, reason: Reason::Hand, opens: vec![], accepted: vec![] };
    given::<Structure>(created()).when(grant(Fact::Exposes)).refused(Refusal::ListNeverExposes);
    given::<Structure>(created()).when(grant(Fact::Internal)).refused(Refusal::ListNeverInternal);
}

#[test]
fn a_fact_that_opens_pupils_or_parents_needs_their_group_accepted() {
    let group = parents();
    let grant = |accepted: Vec<GroupId>| {
        let (fact, reason, opens) = (Fact::Internal, Reason::Hand, vec![group.group]);
        Command::GrantFact { group, fact, reason, opens, accepted }
    };
    given::<Structure>(created()).when(grant(vec![])).refused(Refusal::OpensMembers(vec![group.group]));
    let accepted = vec![group.group];
    let granted = FactGranted {
        group: group.group,
        fact: Fact::Internal,
        reason: Reason::Hand,
        accepted: accepted.clone(),
    };
    given::<Structure>(created()).when(grant(accepted)).then([granted.into()]);
}

#[test]
fn a_rule_is_removed_once() {
    let rule = RuleId::from_u128(9);
    let remove = Command::RemoveRule { rule };
    given::<Structure>(with([made()])).when(remove.clone()).then([RuleRemoved { rule }.into()]);
    given::<Structure>(created()).when(remove).already_so();
}

#[test]
fn a_policy_that_opens_members_must_be_accepted() {
    let opens = vec![parents().group];
    let set = |policy, accepted: &[GroupId]| Command::SetPolicy {
        policy,
        opens: opens.clone(),
        accepted: accepted.to_vec(),
    };
    given::<Structure>(created()).when(set(InternalPolicy::Implied, &[])).already_so();
    given::<Structure>(created())
        .when(set(InternalPolicy::Explicit, &[]))
        .refused(Refusal::OpensMembers(opens.clone()));
    given::<Structure>(created()).when(set(InternalPolicy::Explicit, &opens)).then([PolicySet {
        policy: InternalPolicy::Explicit,
        accepted: opens.clone(),
    }
    .into()]);
}

#[test]
fn a_fact_is_granted_and_removed_in_its_own_structure() {
    let group = parents();
    let granted =
        FactGranted { group: group.group, fact: Fact::Uses, reason: Reason::Hand, accepted: vec![] };
    let grant = |group| Command::GrantFact {
        group,
        fact: Fact::Uses,
        reason: Reason::Hand,
        opens: vec![],
        accepted: vec![],
    };
    given::<Structure>(created()).when(grant(group)).then([granted.clone().into()]);
    given::<Structure>(with([granted.into()])).when(grant(group)).already_so();
    let foreign = Target { structure: ELSEWHERE, ..group };
    given::<Structure>(created()).when(grant(foreign)).refused(Refusal::GroupOfAnotherStructure);
    given::<Structure>(created())
        .when(Command::RemoveFact { group: foreign, fact: Fact::Uses })
        .refused(Refusal::GroupOfAnotherStructure);
    given::<Structure>(created()).when(Command::RemoveFact { group, fact: Fact::Uses }).then([FactRemoved {
        group: group.group,
        fact: Fact::Uses,
    }
    .into()]);
}

#[test]
fn a_profile_is_kept_out_and_let_in_once() {
    let block = || Command::BlockProfile { profile: Profile::Student, until: None, reason: "alerte".into() };
    let blocked = || -> Event {
        let reason = Sealed::Open("alerte".into());
        ProfileBlocked { structure: HERE, profile: Profile::Student, until: None, reason }.into()
    };
    let unblock = || Command::UnblockProfile { profile: Profile::Student };
    given::<Structure>(created()).when(block()).then([blocked()]);
    given::<Structure>(with([blocked()])).when(block()).already_so();
    given::<Structure>(with([blocked()]))
        .when(unblock())
        .then([ProfileUnblocked { profile: Profile::Student }.into()]);
    given::<Structure>(created()).when(unblock()).already_so();
}

#[test]
fn an_access_window_is_set_once() {
    let opens = Some("2026-09-01".parse().unwrap());
    let set = || Command::SetAccessWindow { profile: Profile::Student, opens };
    let event = || -> Event { AccessWindowSet { profile: Profile::Student, opens }.into() };
    given::<Structure>(created()).when(set()).then([event()]);
    given::<Structure>(with([event()])).when(set()).already_so();
}

#[test]
fn groups_are_made_once() {
    let group = GroupId::from_u128(77);
    let open = || Command::OpenTeachingGroup { group, name: label("ULIS") };
    let opened = || -> Event { TeachingGroupOpened { group, name: label("ULIS") }.into() };
    given::<Structure>(created()).when(open()).then([opened()]);
    given::<Structure>(with([opened()])).when(open()).already_so();
    let free = Command::CreateFreeGroup { group, name: "Sortie".into(), members_reach_each_other: true };
    let name = Sealed::Open("Sortie".into());
    given::<Structure>(created()).when(free).then([FreeGroupCreated {
        structure: HERE,
        group,
        name,
        internal: true,
    }
    .into()]);
}

#[test]
fn a_closed_structure_refuses_everything_but_to_open_again() {
    let closed = || with([Closed {}.into()]);
    given::<Structure>(created()).when(Command::Close).then([Closed {}.into()]);
    given::<Structure>(closed()).when(Command::Close).already_so();
    given::<Structure>(closed())
        .when(Command::MakeRule(make(parents(), teachers())))
        .refused(Refusal::Closed);
    given::<Structure>(closed())
        .when(Command::OpenClass { class: CE1, name: label("CE1") })
        .refused(Refusal::Closed);
    given::<Structure>(created()).when(Command::Reopen).already_so();
    given::<Structure>(closed()).when(Command::Reopen).then([Reopened {}.into()]);
    let open = with([Closed {}.into(), Reopened {}.into()]);
    given::<Structure>(open)
        .when(Command::HideGroup(teachers()))
        .then([GroupHidden { group: teachers().group }.into()]);
}

#[test]
fn a_group_of_ones_own_is_hidden_once_and_shown_once() {
    let (hidden, shown) = (GroupHidden { group: teachers().group }, GroupShown { group: teachers().group });
    let other = Target { structure: ELSEWHERE, ..teachers() };
    given::<Structure>(created()).when(Command::HideGroup(other)).refused(Refusal::GroupOfAnotherStructure);
    given::<Structure>(created()).when(Command::ShowGroup(teachers())).already_so();
    given::<Structure>(with([hidden.clone().into()])).when(Command::HideGroup(teachers())).already_so();
    given::<Structure>(with([hidden.into()])).when(Command::ShowGroup(teachers())).then([shown.into()]);
}
