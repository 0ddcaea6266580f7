use super::*;
use crate::decider::testing::given;
use crate::id::GroupId;

const DOMAIN: DomainId = DomainId::from_u128(1);
const HERE: StructureId = StructureId::from_u128(2);
const ME: PersonId = PersonId::from_u128(3);
const DEPUTY: PersonId = PersonId::from_u128(4);
const TEACHERS: Target = Target::Group(GroupId::from_u128(5));
const ROOM: ResourceId = ResourceId::from_u128(6);
const MINE: GrantId = GrantId::from_u128(10);

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn today() -> Date {
    day("2026-09-10")
}

fn id(number: u128) -> GrantId {
    GrantId::from_u128(number)
}

fn create(name: &str) -> Command {
    let (name, by) = (name.to_owned(), Some((ME, MINE)));
    Command::Create(Create { domain: DOMAIN, structure: HERE, name, by })
}

fn created() -> Event {
    Created { domain: DOMAIN, structure: HERE, name: "Salles".to_owned().into(), by: Some(ME) }.into()
}

fn granted(grant: u128, to: Target, role: Role) -> RoleGranted {
    RoleGranted { grant: id(grant), on: None, to, role, from: None, through: None, invitation: false }
}

fn mine() -> Event {
    RoleGranted { grant: MINE, ..granted(0, Target::Person(ME), Role::Manager) }.into()
}

fn added(resource: ResourceId) -> Event {
    let (structure, name) = (HERE, "Salle".to_owned().into());
    ResourceAdded { resource, structure, name, quantity: 1 }.into()
}

fn add(name: &str, quantity: u32) -> Command {
    Command::AddResource { resource: ROOM, name: name.to_owned(), quantity }
}

#[test]
fn a_resource_has_a_name_and_there_is_some_of_it() {
    for (name, quantity, why) in
        [(" ", 1, Refusal::Name), ("Salle", 0, Refusal::Quantity), ("Salle", 1_000_001, Refusal::Quantity)]
    {
        given::<ResourceDomain>([created()]).when(add(name, quantity)).refused(why);
    }
}

fn room() -> Event {
    added(ROOM)
}

/// A domain, its MANAGER, a room, and what else happened.
fn domain(more: impl IntoIterator<Item = Event>) -> Vec<Event> {
    [created(), mine(), room()].into_iter().chain(more).collect()
}

fn grant(grant: u128, to: Target, role: Role) -> Grant {
    Grant {
        grant: id(grant),
        on: None,
        to,
        role,
        from: None,
        through: None,
        invitation: None,
        instead_of: None,
        today: today(),
    }
}

fn invite(grant_id: u128) -> Grant {
    let (through, invitation) = (Some(day("2026-09-30")), Some(Outside(true)));
    Grant { through, invitation, ..grant(grant_id, Target::Person(DEPUTY), Role::Writer) }
}

fn invited(grant: u128) -> Event {
    let through = Some(day("2026-09-30"));
    let plain = granted(grant, Target::Person(DEPUTY), Role::Writer);
    RoleGranted { through, invitation: true, ..plain }.into()
}

fn revoke(grant: u128) -> Revoke {
    Revoke { grant: id(grant), administers: false, today: today() }
}

fn revoked(grant: u128) -> Event {
    RoleRevoked { grant: id(grant) }.into()
}

fn answer(grant: u128, by: PersonId) -> Answer {
    Answer { grant: id(grant), by, today: today() }
}

#[test]
fn who_creates_a_domain_is_its_manager() {
    given::<ResourceDomain>([]).when(create(" Salles ")).then([created(), mine()]);
    given::<ResourceDomain>([created(), mine()]).when(create("Salles")).already_so();
    let other = Create { domain: DOMAIN, structure: HERE, name: "Salles".to_owned(), by: None };
    given::<ResourceDomain>([created(), mine()]).when(Command::Create(other.clone())).refused(Refusal::Other);
    let operator = Created { domain: DOMAIN, structure: HERE, name: "Salles".to_owned().into(), by: None };
    given::<ResourceDomain>([]).when(Command::Create(other)).then([operator.into()]);
}

#[test]
fn a_name_is_one_to_a_hundred_characters() {
    for name in ["", "  ", "a\u{7}b", &"é".repeat(101)] {
        given::<ResourceDomain>([]).when(create(name)).refused(Refusal::Name);
        given::<ResourceDomain>(domain([]))
            .when(Command::Rename { name: name.to_owned() })
            .refused(Refusal::Name);
    }
    let (most, renamed) = ("é".repeat(100), |name: &str| {
        Event::from(Renamed { structure: HERE, name: name.to_owned().into() })
    });
    given::<ResourceDomain>(domain([])).when(Command::Rename { name: most.clone() }).then([renamed(&most)]);
    let rename = |name: &str| Command::Rename { name: name.to_owned() };
    given::<ResourceDomain>(domain([])).when(rename("Salles")).already_so();
    given::<ResourceDomain>(domain([renamed("Labos")])).when(rename("Labos")).already_so();
    given::<ResourceDomain>(domain([renamed("Labos")])).when(rename("Salles")).then([renamed("Salles")]);
}

#[test]
fn an_empty_domain_can_be_deleted_and_one_with_resources_not() {
    given::<ResourceDomain>(domain([])).when(Command::Delete).refused(Refusal::NotEmpty);
    let emptied = || domain([ResourceRemoved { resource: ROOM }.into()]);
    given::<ResourceDomain>(emptied()).when(Command::Delete).then([Deleted {}.into()]);
    let deleted = || emptied().into_iter().chain([Deleted {}.into()]);
    given::<ResourceDomain>(deleted()).when(Command::Delete).already_so();
    given::<ResourceDomain>(deleted()).when(create("Salles")).refused(Refusal::Deleted);
    given::<ResourceDomain>([]).when(Command::Delete).refused(Refusal::Unknown);
}

#[test]
fn a_resource_is_added_once_and_removed_once() {
    let (add, remove) = (|| add("Salle", 1), || Command::RemoveResource { resource: ROOM });
    let removed = || Event::from(ResourceRemoved { resource: ROOM });
    given::<ResourceDomain>([created()]).when(add()).then([room()]);
    given::<ResourceDomain>(domain([])).when(add()).already_so();
    given::<ResourceDomain>([created()]).when(remove()).refused(Refusal::UnknownResource);
    given::<ResourceDomain>(domain([])).when(remove()).then([removed()]);
    given::<ResourceDomain>(domain([removed()])).when(remove()).already_so();
    given::<ResourceDomain>(domain([removed()])).when(add()).refused(Refusal::UnknownResource);
    let full = (0..10_000).map(|number| added(ResourceId::from_u128(number + 100)));
    given::<ResourceDomain>(std::iter::once(created()).chain(full))
        .when(add())
        .refused(Refusal::TooManyResources);
}

#[test]
fn a_role_is_granted_on_the_domain_or_on_a_resource_of_it() {
    let plain = grant(1, TEACHERS, Role::Writer);
    given::<ResourceDomain>(domain([])).when(Command::Grant(plain.clone())).then([granted(
        1,
        TEACHERS,
        Role::Writer,
    )
    .into()]);
    let on_room = Grant { on: Some(ROOM), ..plain.clone() };
    let on_it = RoleGranted { on: Some(ROOM), ..granted(1, TEACHERS, Role::Writer) };
    given::<ResourceDomain>(domain([])).when(Command::Grant(on_room.clone())).then([on_it.clone().into()]);
    given::<ResourceDomain>([created(), mine()])
        .when(Command::Grant(on_room.clone()))
        .refused(Refusal::UnknownResource);
    // With the resource go the grants on it.
    let gone = domain([on_it.into(), ResourceRemoved { resource: ROOM }.into()]);
    given::<ResourceDomain>(gone).when(Command::Revoke(revoke(1))).refused(Refusal::UnknownGrant);
}

#[test]
fn granting_the_same_again_is_already_so() {
    let given_once = || domain([granted(1, TEACHERS, Role::Writer).into()]);
    given::<ResourceDomain>(given_once()).when(Command::Grant(grant(2, TEACHERS, Role::Writer))).already_so();
    let higher = granted(2, TEACHERS, Role::Moderator);
    given::<ResourceDomain>(given_once())
        .when(Command::Grant(grant(2, TEACHERS, Role::Moderator)))
        .then([higher.into()]);
    let ended = domain([granted(1, TEACHERS, Role::Writer).into(), revoked(1)]);
    given::<ResourceDomain>(ended.clone())
        .when(Command::Grant(grant(1, TEACHERS, Role::Writer)))
        .already_so();
    given::<ResourceDomain>(ended).when(Command::Grant(grant(2, TEACHERS, Role::Writer))).then([granted(
        2,
        TEACHERS,
        Role::Writer,
    )
    .into()]);
}

#[test]
fn days_are_in_order_and_not_over() {
    let days = |from: &str, through: &str| {
        let (from, through) = (Some(day(from)), Some(day(through)));
        Command::Grant(Grant { from, through, ..grant(1, TEACHERS, Role::Writer) })
    };
    given::<ResourceDomain>(domain([]))
        .when(days("2026-09-12", "2026-09-11"))
        .refused(Refusal::DaysOutOfOrder);
    given::<ResourceDomain>(domain([])).when(days("2026-09-01", "2026-09-09")).refused(Refusal::DaysPassed);
    let one_day =
        RoleGranted { from: Some(today()), through: Some(today()), ..granted(1, TEACHERS, Role::Writer) };
    given::<ResourceDomain>(domain([])).when(days("2026-09-10", "2026-09-10")).then([one_day.into()]);
}

#[test]
fn one_person_outside_is_invited_for_some_days() {
    given::<ResourceDomain>(domain([])).when(Command::Grant(invite(1))).then([invited(1)]);
    given::<ResourceDomain>(domain([invited(1)])).when(Command::Grant(invite(1))).already_so();
    let refused = |asked: Grant, why: Refusal| {
        given::<ResourceDomain>(domain([])).when(Command::Grant(asked)).refused(why);
    };
    refused(Grant { to: TEACHERS, ..invite(1) }, Refusal::InvitesOnePerson);
    refused(Grant { through: None, ..invite(1) }, Refusal::InvitationNeedsEnd);
    refused(Grant { invitation: Some(Outside(false)), ..invite(1) }, Refusal::InvitedHasRole);
}

#[test]
fn who_is_invited_accepts_or_declines_and_nobody_else() {
    let accepted = || Event::from(InvitationAccepted { grant: id(1) });
    let declined = || Event::from(InvitationDeclined { grant: id(1) });
    let after = |event: Event| given::<ResourceDomain>(domain([invited(1), event]));
    let invited = || given::<ResourceDomain>(domain([invited(1)]));
    let (accept, decline) = (|| Command::Accept(answer(1, DEPUTY)), || Command::Decline(answer(1, DEPUTY)));
    invited().when(accept()).then([accepted()]);
    invited().when(decline()).then([declined()]);
    invited().when(Command::Accept(answer(1, ME))).refused(Refusal::UnknownGrant);
    invited().when(Command::Decline(answer(1, ME))).refused(Refusal::UnknownGrant);
    let late = Answer { today: day("2026-10-01"), ..answer(1, DEPUTY) };
    invited().when(Command::Accept(late)).refused(Refusal::DaysPassed);
    after(accepted()).when(accept()).already_so();
    after(accepted()).when(decline()).refused(Refusal::InvitationAccepted);
    after(declined()).when(decline()).already_so();
    after(declined()).when(accept()).refused(Refusal::InvitationDeclined);
    after(revoked(1)).when(accept()).refused(Refusal::RoleRevoked);
    after(declined()).when(Command::Accept(answer(1, ME))).refused(Refusal::UnknownGrant);
    let plain = granted(2, Target::Person(DEPUTY), Role::Writer).into();
    after(plain).when(Command::Accept(answer(2, DEPUTY))).refused(Refusal::UnknownGrant);
}

#[test]
fn who_declined_may_be_invited_again() {
    let declined = domain([invited(1), InvitationDeclined { grant: id(1) }.into()]);
    given::<ResourceDomain>(declined).when(Command::Grant(invite(2))).then([invited(2)]);
}

#[test]
fn a_role_is_revoked_once() {
    let once = || domain([granted(1, TEACHERS, Role::Writer).into()]);
    given::<ResourceDomain>(once()).when(Command::Revoke(revoke(1))).then([revoked(1)]);
    given::<ResourceDomain>(once().into_iter().chain([revoked(1)]))
        .when(Command::Revoke(revoke(1)))
        .already_so();
    given::<ResourceDomain>(once()).when(Command::Revoke(revoke(9))).refused(Refusal::UnknownGrant);
}

#[test]
fn the_last_manager_is_revoked_by_an_administrator_alone() {
    let last = || Revoke { grant: MINE, ..revoke(0) };
    let ends = || Event::from(RoleRevoked { grant: MINE });
    let deputy = granted(1, Target::Person(DEPUTY), Role::Manager);
    let with = |more: Event| given::<ResourceDomain>(domain([more]));
    with(deputy.clone().into()).when(Command::Revoke(last())).then([ends()]);
    with(room()).when(Command::Revoke(last())).refused(Refusal::LastManager);
    with(room()).when(Command::Revoke(Revoke { administers: true, ..last() })).then([ends()]);
    // Somebody who is only invited, whose days are over, or who manages a room alone, does not manage the domain.
    let pending = RoleGranted { through: Some(day("2026-09-30")), invitation: true, ..deputy.clone() };
    let over = RoleGranted { through: Some(day("2026-09-09")), ..deputy.clone() };
    let of_room = RoleGranted { on: Some(ROOM), ..deputy.clone() };
    for other in [pending, over, of_room.clone()] {
        with(other.into()).when(Command::Revoke(last())).refused(Refusal::LastManager);
    }
    let no_more = domain([of_room.into(), ends()]);
    given::<ResourceDomain>(no_more).when(Command::Revoke(revoke(1))).then([revoked(1)]);
}

#[test]
fn a_grant_takes_the_place_of_another() {
    // The seed's question: teachers validated their own bookings, and no longer do.
    let publishes = || domain([granted(1, TEACHERS, Role::PublishingWriter).into()]);
    let instead = |of: u128| Grant { instead_of: Some(revoke(of)), ..grant(2, TEACHERS, Role::Writer) };
    let after = [revoked(1), granted(2, TEACHERS, Role::Writer).into()];
    given::<ResourceDomain>(publishes()).when(Command::Grant(instead(1))).then(after.clone());
    given::<ResourceDomain>(publishes().into_iter().chain(after))
        .when(Command::Grant(instead(1)))
        .already_so();
    given::<ResourceDomain>(publishes()).when(Command::Grant(instead(9))).refused(Refusal::UnknownGrant);
    let on_room = Grant { on: Some(ROOM), ..instead(1) };
    given::<ResourceDomain>(publishes()).when(Command::Grant(on_room.clone())).refused(Refusal::GrantOnOther);
    given::<ResourceDomain>(publishes().into_iter().chain([revoked(1)]))
        .when(Command::Grant(on_room))
        .refused(Refusal::GrantOnOther);
    let same = Grant { role: Role::PublishingWriter, ..instead(1) };
    given::<ResourceDomain>(publishes()).when(Command::Grant(same)).already_so();
}

#[test]
fn the_last_manager_gives_their_place_to_a_manager_alone() {
    let mine = Some(Revoke { grant: MINE, ..revoke(0) });
    let to = |role| Command::Grant(Grant { instead_of: mine, ..grant(1, Target::Person(DEPUTY), role) });
    given::<ResourceDomain>(domain([])).when(to(Role::Moderator)).refused(Refusal::LastManager);
    let ends = RoleRevoked { grant: MINE }.into();
    let begins = granted(1, Target::Person(DEPUTY), Role::Manager).into();
    given::<ResourceDomain>(domain([])).when(to(Role::Manager)).then([ends, begins]);
}

#[test]
fn a_domain_has_five_thousand_grants_at_most() {
    let many = (100..5_099)
        .map(|grant| granted(grant, Target::Person(PersonId::from_u128(grant)), Role::Visitor).into());
    given::<ResourceDomain>(domain(many))
        .when(Command::Grant(grant(1, TEACHERS, Role::Writer)))
        .refused(Refusal::TooManyGrants);
}

#[test]
fn a_setting_says_who_sees_who_booked() {
    let show = |from| Command::ShowDetails { from };
    let shown = DetailsShownFrom { role: Role::Visitor };
    given::<ResourceDomain>(domain([])).when(show(Role::Writer)).already_so();
    given::<ResourceDomain>(domain([])).when(show(Role::Visitor)).then([shown.clone().into()]);
    given::<ResourceDomain>(domain([shown.into()])).when(show(Role::Visitor)).already_so();
}
