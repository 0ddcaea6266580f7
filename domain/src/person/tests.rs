//! The rules of a person and their account, one sentence each.

mod account;

use super::*;
use crate::actor::RoleName;
use crate::decider::testing::given;

const ODILE: PersonId = PersonId::from_u128(1);
const LOUP: PersonId = PersonId::from_u128(2);
const HERE: StructureId = StructureId::from_u128(11);
const ELSEWHERE: StructureId = StructureId::from_u128(12);
const CM2: ClassId = ClassId::from_u128(21);
const CHESS: GroupId = GroupId::from_u128(31);

fn label(text: &str) -> Label {
    Label::parse(text).unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn identity() -> Identity {
    Identity { first_name: "Odile".into(), last_name: "Vasseur".into(), ..Identity::default() }
}

fn register(profile: Profile) -> Register {
    Register {
        person: ODILE,
        profile,
        identity: identity(),
        source: Source::Onde,
        availability: Availability::Source,
    }
}

fn registered_as(profile: Profile) -> Event {
    let Register { person, profile, identity, source, availability } = register(profile);
    Registered { person, profile, identity: identity.into(), source, availability }.into()
}

fn attached(structure: StructureId) -> Attached {
    Attached { structure, main: true, starts: None, ends: None }
}

fn a(profile: Profile, more: impl IntoIterator<Item = Event>) -> Vec<Event> {
    [registered_as(profile), attached(HERE).into()].into_iter().chain(more).collect()
}

fn a_teacher(more: impl IntoIterator<Item = Event>) -> Vec<Event> {
    a(Profile::Teacher, more)
}

/// Asserts that `command` makes `event` happen after `before`, and that asking again changes nothing.
#[track_caller]
fn happens_once(before: Vec<Event>, command: Command, event: Event) {
    given::<Person>(before.clone()).when(command.clone()).then([event.clone()]);
    given::<Person>(before.into_iter().chain([event])).when(command).already_so();
}

#[test]
fn a_person_is_registered_once() {
    happens_once(vec![], Command::Register(register(Profile::Teacher)), registered_as(Profile::Teacher));
}

#[test]
fn a_profile_is_for_ever() {
    given::<Person>(a_teacher([]))
        .when(Command::Register(register(Profile::Relative)))
        .refused(Refusal::ProfileIsFinal);
}

#[test]
fn both_names_are_required() {
    let nameless = [
        Identity { first_name: " ".into(), ..identity() },
        Identity { last_name: String::new(), ..identity() },
    ];
    for identity in nameless {
        let ask = Register { identity: identity.clone(), ..register(Profile::Staff) };
        given::<Person>([]).when(Command::Register(ask)).refused(Refusal::NameRequired);
        given::<Person>(a_teacher([])).when(Command::ChangeIdentity(identity)).refused(Refusal::NameRequired);
    }
}

#[test]
fn nothing_can_be_asked_of_a_person_who_is_not_there() {
    given::<Person>([]).when(Command::Close).refused(Refusal::Unknown);
    given::<Person>([]).when(Command::Attach(attached(HERE))).refused(Refusal::Unknown);
}

#[test]
fn an_identity_changes_once() {
    let married = Identity { usual_name: Some("Le Bihan".into()), ..identity() };
    let changed = IdentityChanged { person: ODILE, identity: married.clone().into() };
    happens_once(a_teacher([]), Command::ChangeIdentity(married), changed.into());
    given::<Person>(a_teacher([])).when(Command::ChangeIdentity(identity())).already_so();
}

#[test]
fn somebody_is_attached_once() {
    let before = vec![registered_as(Profile::Teacher)];
    happens_once(before, Command::Attach(attached(HERE)), attached(HERE).into());
}

#[test]
fn the_days_of_an_attachment_may_change() {
    let until = Attached { ends: Some(day("2027-07-03")), ..attached(HERE) };
    happens_once(a_teacher([]), Command::Attach(until.clone()), until.into());
}

#[test]
fn an_attachment_does_not_end_before_it_starts() {
    let (starts, ends) = (Some(day("2026-09-02")), Some(day("2026-09-01")));
    given::<Person>(a_teacher([]))
        .when(Command::Attach(Attached { starts, ends, ..attached(HERE) }))
        .refused(Refusal::EndsBeforeItStarts);
    let one_day = Attached { starts, ends: starts, ..attached(HERE) };
    given::<Person>(a_teacher([])).when(Command::Attach(one_day.clone())).then([one_day.into()]);
}

#[test]
fn one_structure_at_a_time_is_the_main_one() {
    let moved = a_teacher([attached(ELSEWHERE).into()]);
    happens_once(moved, Command::Attach(attached(HERE)), attached(HERE).into());
}

#[test]
fn an_attachment_ends_once() {
    let detach = Command::Detach(HERE);
    happens_once(a_teacher([]), detach, Detached { structure: HERE }.into());
}

#[test]
fn what_hangs_on_an_attachment_ends_with_it() {
    let (structure, class, group) = (HERE, CM2, CHESS);
    let gone = || {
        a_teacher([
            ClassJoined { structure, class }.into(),
            HeadTeacherNamed { structure, class }.into(),
            TeachingGroupJoined { structure, group }.into(),
            FunctionGiven { structure, function: label("DOC"), discipline: None }.into(),
            Detached { structure }.into(),
        ])
    };
    let ends = [
        Command::LeaveClass(HERE, CM2),
        Command::EndHeadTeacher(HERE, CM2),
        Command::LeaveTeachingGroup(HERE, CHESS),
        Command::TakeFunction(HERE, label("DOC"), None),
    ];
    for end in ends {
        given::<Person>(gone()).when(end).already_so();
    }
}

#[test]
fn what_hangs_on_an_attachment_needs_it() {
    let asks = [
        Command::JoinClass(ELSEWHERE, CM2),
        Command::JoinTeachingGroup(ELSEWHERE, CHESS),
        Command::SetLevels(ELSEWHERE, vec![label("CM2")]),
        Command::GiveFunction(ELSEWHERE, label("DIR"), None),
        Command::NameHeadTeacher(ELSEWHERE, CM2),
    ];
    for ask in asks {
        given::<Person>(a_teacher([])).when(ask).refused(Refusal::NotAttached);
    }
}

#[test]
fn a_class_is_joined_and_left_once() {
    let (structure, class) = (HERE, CM2);
    let joined = || ClassJoined { structure, class }.into();
    happens_once(a_teacher([]), Command::JoinClass(HERE, CM2), joined());
    let left = ClassLeft { structure, class };
    happens_once(a_teacher([joined()]), Command::LeaveClass(HERE, CM2), left.into());
}

#[test]
fn relatives_and_guests_are_in_no_class() {
    for profile in [Profile::Relative, Profile::Guest] {
        given::<Person>(a(profile, []))
            .when(Command::JoinClass(HERE, CM2))
            .refused(Refusal::ProfileHasNoClass);
    }
}

#[test]
fn a_teaching_group_is_joined_and_left_once() {
    let (structure, group) = (HERE, CHESS);
    let joined = || TeachingGroupJoined { structure, group }.into();
    happens_once(a_teacher([]), Command::JoinTeachingGroup(HERE, CHESS), joined());
    let left = TeachingGroupLeft { structure, group };
    happens_once(a_teacher([joined()]), Command::LeaveTeachingGroup(HERE, CHESS), left.into());
}

#[test]
fn levels_are_set_once() {
    let levels = vec![label("CM1"), label("CM2")];
    let set = LevelsSet { structure: HERE, levels: levels.clone() };
    happens_once(a(Profile::Student, []), Command::SetLevels(HERE, levels), set.clone().into());
    let none = LevelsSet { structure: HERE, levels: vec![] };
    happens_once(a(Profile::Student, [set.into()]), Command::SetLevels(HERE, vec![]), none.into());
    given::<Person>(a(Profile::Student, [])).when(Command::SetLevels(HERE, vec![])).already_so();
}

#[test]
fn a_function_is_given_and_taken_once_for_each_discipline() {
    let (structure, function) = (HERE, label("SOC"));
    let discipline = || Some(label("P9222"));
    let given = || FunctionGiven { structure, function: function.clone(), discipline: discipline() }.into();
    happens_once(a_teacher([]), Command::GiveFunction(HERE, label("SOC"), discipline()), given());
    let bare = FunctionGiven { structure, function: label("SOC"), discipline: None };
    happens_once(a_teacher([given()]), Command::GiveFunction(HERE, label("SOC"), None), bare.into());
    let taken = FunctionTaken { structure, function: label("SOC"), discipline: discipline() };
    let take = Command::TakeFunction(HERE, label("SOC"), discipline());
    happens_once(a_teacher([given()]), take, taken.into());
}

#[test]
fn a_head_teacher_is_named_and_ended_once() {
    let (structure, class) = (HERE, CM2);
    let named = || HeadTeacherNamed { structure, class }.into();
    happens_once(a_teacher([]), Command::NameHeadTeacher(HERE, CM2), named());
    let ended = HeadTeacherEnded { structure, class };
    happens_once(a_teacher([named()]), Command::EndHeadTeacher(HERE, CM2), ended.into());
}

#[test]
fn a_child_is_linked_and_unlinked_once() {
    let link = Command::LinkChild { child: LOUP, profile: Profile::Student };
    let linked = || ChildLinked { child: LOUP }.into();
    happens_once(a(Profile::Relative, []), link, linked());
    let unlinked = ChildUnlinked { child: LOUP };
    happens_once(a(Profile::Relative, [linked()]), Command::UnlinkChild(LOUP), unlinked.into());
}

#[test]
fn only_a_relative_has_children_and_only_a_pupil_is_one() {
    let link = |profile| Command::LinkChild { child: LOUP, profile };
    given::<Person>(a_teacher([])).when(link(Profile::Student)).refused(Refusal::NotAFamily);
    given::<Person>(a(Profile::Relative, [])).when(link(Profile::Relative)).refused(Refusal::NotAFamily);
}

#[test]
fn a_missing_person_is_marked_and_returns_once() {
    happens_once(a_teacher([]), Command::MarkMissing, Missing {}.into());
    happens_once(a_teacher([Missing {}.into()]), Command::MarkReturned, Returned {}.into());
    given::<Person>(a_teacher([])).when(Command::MarkReturned).already_so();
}

#[test]
fn no_feed_marks_somebody_missing_who_is_kept_without_it() {
    let by_hand = Register { source: Source::Manual, ..register(Profile::Guest) };
    let for_good = Register { availability: Availability::Permanent, ..register(Profile::Guest) };
    for register in [by_hand, for_good] {
        let events = Person::default().decide(Command::Register(register)).unwrap();
        given::<Person>(events).when(Command::MarkMissing).already_so();
    }
}

#[test]
fn a_role_is_granted_and_revoked_once() {
    let role = || Role { role: RoleName::LocalAdministrator, structures: vec![HERE], below: true };
    let granted = |ends| RoleGranted { role: role(), ends }.into();
    let until = Some(day("2027-08-31"));
    happens_once(a_teacher([]), Command::GrantRole(role(), None), granted(None));
    happens_once(a_teacher([granted(None)]), Command::GrantRole(role(), until), granted(until));
    let revoked = RoleRevoked { role: role() };
    happens_once(a_teacher([granted(None)]), Command::RevokeRole(role()), revoked.into());
}

#[test]
fn every_export_is_an_event_of_its_own() {
    let exported = || Event::from(Exported {});
    given::<Person>(a_teacher([])).when(Command::Export).then([exported()]);
    given::<Person>(a_teacher([exported()])).when(Command::Export).then([exported()]);
    given::<Person>([]).when(Command::Export).refused(Refusal::Unknown);
}

#[test]
fn every_look_at_what_somebody_did_is_an_event_of_its_own() {
    let at = |text: &str| text.parse().unwrap();
    let (from, until) = (at("2026-09-01T00:00:00Z"), at("2026-09-08T00:00:00Z"));
    let read = || Event::from(IncidentRead { from, until });
    let look = || Command::ReadIncident { from, until };
    given::<Person>(a_teacher([])).when(look()).then([read()]);
    given::<Person>(a_teacher([read()])).when(look()).then([read()]);
    given::<Person>([]).when(look()).refused(Refusal::Unknown);
}

#[test]
fn nothing_happens_any_more_to_somebody_who_is_erased() {
    let erase = || Command::Erase { erasure: ErasureId::from_u128(1), writings: true };
    let erased = || Event::from(Erased { erasure: ErasureId::from_u128(1), writings: true });
    happens_once(a_teacher([]), erase(), erased());
    for command in [
        Command::Register(register(Profile::Teacher)),
        Command::ChangeIdentity(Identity {
            first_name: "A".into(),
            last_name: "B".into(),
            ..Identity::default()
        }),
        Command::GiveLogin("a.b".to_owned()),
        Command::Reopen,
        Command::MarkMissing,
        Command::Export,
        Command::ReadIncident { from: Timestamp::UNIX_EPOCH, until: Timestamp::UNIX_EPOCH },
    ] {
        given::<Person>(a_teacher([erased()])).when(command).refused(Refusal::Erased);
    }
    given::<Person>([]).when(erase()).refused(Refusal::Unknown);
    let person = a_teacher([erased()]).iter().fold(Person::default(), Person::evolve);
    assert_eq!((person.identity(), person.profile()), (None, Some(Profile::Teacher)));
}
