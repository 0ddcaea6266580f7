use domain::booking::role::Action;
use domain::clock::Zone;
use domain::group::Profile;
use domain::person::BlockCause;
use domain::resource_domain::{
    Created, Deleted, DetailsShownFrom, InvitationAccepted, InvitationDeclined, Renamed, ResourceAdded,
    ResourceRemoved, RoleRevoked,
};

use super::*;
use crate::snapshot::tests::through;
use crate::testing::{ELSEWHERE, HERE, School, of_school, person};
use crate::world::World;

const ROOMS: DomainId = DomainId::from_u128(1);
const VANS: DomainId = DomainId::from_u128(2);
const LAB: ResourceId = ResourceId::from_u128(5);
const HALL: ResourceId = ResourceId::from_u128(6);
const TEACHERS: u128 = 20;

fn added(resource: ResourceId) -> ResourceAdded {
    let name = domain::Sealed::Shut("1:0:202609:bm9t".into());
    ResourceAdded { resource, structure: HERE, name, quantity: 1 }
}

fn happened(school: &mut School, domain: DomainId, event: impl Into<DomainEvent>) {
    school.happened(Owner::Domain(domain), event.into());
}

fn create(school: &mut School, domain: DomainId, structure: StructureId) {
    let name = Sealed::Shut("1:0:202609:bm9t".into());
    happened(school, domain, Created { domain, structure, name, by: None });
}

fn granted(grant: u128, on: Option<ResourceId>, to: Target, role: Role) -> RoleGranted {
    let grant = GrantId::from_u128(grant);
    RoleGranted { grant, on, to, role, from: None, through: None, invitation: false }
}

fn teachers() -> Target {
    Target::Group(of_school(Profile::Teacher))
}

fn one(id: u128) -> Target {
    Target::Person(person(id))
}

/// Teachers 1 and 2, deputy 3 and inspector 4; a domain with two rooms that teachers may book and 3 manages.
fn school() -> School {
    let mut school = School::bare();
    for teacher in [1, 2] {
        school.member(teacher, Profile::Teacher, &[]);
    }
    school.member(3, Profile::Staff, &[]);
    school.member(4, Profile::Guest, &[]);
    school.day(Zone::PARIS, "2026-09-10");
    create(&mut school, ROOMS, HERE);
    for resource in [LAB, HALL] {
        happened(&mut school, ROOMS, added(resource));
    }
    happened(&mut school, ROOMS, granted(TEACHERS, None, teachers(), Role::PublishingWriter));
    happened(&mut school, ROOMS, granted(21, None, one(3), Role::Manager));
    school
}

fn role(school: &School, on: On, who: u128) -> Option<(Role, u128)> {
    let World { people, resources, .. } = &school.world;
    resources.role(people, on, person(who)).map(|(role, grant)| (role, grant.id.to_u128()))
}

fn buts(school: &School, on: On) -> Vec<(u128, Option<But>)> {
    let World { people, resources, .. } = &school.world;
    let looked = resources.looked_at(people, on).unwrap();
    looked.iter().map(|it| (it.grant.id.to_u128(), it.but)).collect()
}

#[test]
fn a_resource_without_grants_of_its_own_uses_those_of_its_domain() {
    let school = school();
    for on in [On::Domain(ROOMS), On::Resource(LAB)] {
        assert_eq!(role(&school, on, 1), Some((Role::PublishingWriter, TEACHERS)));
        assert_eq!(role(&school, on, 3), Some((Role::Manager, 21)));
        assert_eq!(role(&school, on, 4), None);
    }
    assert_eq!(role(&school, On::Resource(ResourceId::from_u128(99)), 1), None);
    assert_eq!(role(&school, On::Domain(ROOMS), 99), None);
}

#[test]
fn a_resource_with_grants_of_its_own_uses_those_and_the_managers_of_the_domain() {
    let mut school = school();
    happened(&mut school, ROOMS, granted(22, Some(LAB), one(2), Role::Writer));
    let lab = On::Resource(LAB);
    assert_eq!(role(&school, lab, 1), None, "all of them: those of another population too");
    assert_eq!(role(&school, lab, 2), Some((Role::Writer, 22)), "even where the domain gives more");
    assert_eq!(role(&school, lab, 3), Some((Role::Manager, 21)));
    assert_eq!(role(&school, On::Resource(HALL), 1), Some((Role::PublishingWriter, TEACHERS)));
    assert_eq!(buts(&school, lab), [(22, None), (TEACHERS, Some(But::Replaced)), (21, None)]);
    happened(&mut school, ROOMS, RoleRevoked { grant: GrantId::from_u128(22) });
    assert_eq!(role(&school, lab, 1), Some((Role::PublishingWriter, TEACHERS)));
}

#[test]
fn among_the_grants_that_count_somebody_gets_the_highest() {
    let mut school = school();
    for (grant, to, role) in
        [(22, one(1), Role::Moderator), (23, one(1), Role::Visitor), (24, one(2), Role::PublishingWriter)]
    {
        happened(&mut school, ROOMS, granted(grant, None, to, role));
    }
    assert_eq!(role(&school, On::Resource(LAB), 1), Some((Role::Moderator, 22)));
    assert_eq!(
        role(&school, On::Resource(LAB), 2),
        Some((Role::PublishingWriter, TEACHERS)),
        "the first of two"
    );
}

#[test]
fn a_grant_counts_from_its_first_day_through_its_last() {
    let mut school = school();
    let day = |text: &str| Some(text.parse().unwrap());
    let dated = RoleGranted {
        from: day("2026-09-11"),
        through: day("2026-09-12"),
        ..granted(22, Some(LAB), one(4), Role::Writer)
    };
    happened(&mut school, ROOMS, dated);
    let lab = On::Resource(LAB);
    let told = |school: &School| {
        (role(school, lab, 4).is_some(), role(school, lab, 1).is_some(), buts(school, lab)[0].1)
    };
    let (first, last) = ("2026-09-11".parse().unwrap(), "2026-09-12".parse().unwrap());
    assert_eq!(told(&school), (false, true, Some(But::NotBegun(first))), "nor does it replace anything");
    for today in ["2026-09-11", "2026-09-12"] {
        school.day(Zone::PARIS, today);
        assert_eq!(told(&school), (true, false, None), "{today}");
    }
    let World { people, resources, .. } = &school.world;
    assert!(resources.role_on(people, lab, person(4), day("2026-09-10")).is_none(), "on another day");
    // A day that begins elsewhere is not the one of this structure.
    school.day(Zone::parse("Indian/Reunion").unwrap(), "2026-09-13");
    assert_eq!(told(&school), (true, false, None));
    school.day(Zone::PARIS, "2026-09-13");
    assert_eq!(told(&school), (false, true, Some(But::Over(last))));
}

#[test]
fn before_a_day_began_nothing_dated_has_begun_and_nothing_is_over() {
    let mut school = School::bare();
    school.member(1, Profile::Teacher, &[]);
    create(&mut school, ROOMS, HERE);
    let day = Some("2026-09-11".parse().unwrap());
    happened(&mut school, ROOMS, RoleGranted { from: day, ..granted(22, None, one(1), Role::Manager) });
    happened(&mut school, ROOMS, RoleGranted { through: day, ..granted(23, None, one(1), Role::Writer) });
    assert_eq!(role(&school, On::Domain(ROOMS), 1), Some((Role::Writer, 23)));
}

#[test]
fn an_invitation_counts_once_accepted_and_takes_the_place_of_nothing() {
    let mut school = school();
    let lab = On::Resource(LAB);
    let invited = RoleGranted {
        invitation: true,
        through: Some("2026-09-30".parse().unwrap()),
        ..granted(22, Some(LAB), one(4), Role::Writer)
    };
    happened(&mut school, ROOMS, invited);
    assert_eq!(role(&school, lab, 4), None);
    assert_eq!(buts(&school, lab)[0], (22, Some(But::NotAccepted)));
    happened(&mut school, ROOMS, InvitationAccepted { grant: GrantId::from_u128(22) });
    assert_eq!(role(&school, lab, 4), Some((Role::Writer, 22)));
    assert_eq!(role(&school, lab, 1), Some((Role::PublishingWriter, TEACHERS)));
    assert_eq!(role(&school, On::Resource(HALL), 4), None);
    school.day(Zone::PARIS, "2026-10-01");
    assert_eq!(role(&school, lab, 4), None);
}

#[test]
fn whose_account_is_barred_has_no_role_and_leaves_theirs_in_place() {
    let mut school = school();
    happened(&mut school, ROOMS, granted(22, Some(LAB), one(4), Role::Moderator));
    school.block(person(4), BlockCause::Person);
    school.block(person(1), BlockCause::Person);
    let lab = On::Resource(LAB);
    assert_eq!(role(&school, lab, 4), None);
    assert_eq!(role(&school, On::Domain(ROOMS), 1), None);
    assert_eq!(role(&school, lab, 2), None, "a room is not opened to all because one is blocked");
    assert_eq!(buts(&school, lab)[0], (22, Some(But::Barred)));
    assert!(
        !school
            .world
            .resources
            .who_may(&school.world.people, lab, Action::Validate)
            .contains(school.no(person(4)).0)
    );
}

#[test]
fn validators_are_the_targets_whose_role_validates() {
    let mut school = school();
    let validators = |school: &School| {
        let World { people, resources, .. } = &school.world;
        let which = resources.which_may(people, On::Resource(LAB), Action::Validate);
        let who = resources.who_may(people, On::Resource(LAB), Action::Validate);
        let ids = who.iter().map(|number| people.id(crate::dense::PersonNo(number)).unwrap().to_u128());
        (which.iter().map(|grant| grant.id.to_u128()).collect::<Vec<_>>(), ids.collect::<BTreeSet<_>>())
    };
    assert_eq!(validators(&school), (vec![21], [3].into()));
    happened(&mut school, ROOMS, granted(22, None, teachers(), Role::Moderator));
    assert_eq!(validators(&school), (vec![21, 22], [1, 2, 3].into()));
    // The deputy alone: from everybody else it is taken.
    happened(&mut school, ROOMS, RoleRevoked { grant: GrantId::from_u128(22) });
    happened(&mut school, ROOMS, RoleRevoked { grant: GrantId::from_u128(21) });
    happened(&mut school, ROOMS, granted(23, None, one(4), Role::Moderator));
    assert_eq!(validators(&school), (vec![23], [4].into()));
}

#[test]
fn a_domain_is_seen_by_who_has_a_role_on_it_or_on_a_resource_of_it() {
    let mut school = school();
    school.structure(ELSEWHERE, Zone::PARIS, domain::group::InternalPolicy::Implied);
    create(&mut school, VANS, ELSEWHERE);
    happened(&mut school, VANS, added(ResourceId::from_u128(9)));
    happened(&mut school, VANS, granted(30, Some(ResourceId::from_u128(9)), one(1), Role::Manager));
    let World { people, resources, .. } = &school.world;
    let seen = |who| resources.seen_by(people, person(who));
    assert_eq!((seen(1), seen(2), seen(4)), ([ROOMS, VANS].into(), [ROOMS].into(), [].into()));
    let manages = |who, structure| resources.manages_in(people, structure, person(who));
    assert!(manages(3, HERE) && !manages(3, ELSEWHERE));
    assert!(!manages(1, ELSEWHERE), "MANAGER of one resource creates nothing");
    let van = On::Resource(ResourceId::from_u128(9));
    let may = |on, who, action| resources.may(people, on, person(who), action);
    assert_eq!(may(van, 1, Action::DeleteOther), domain::booking::role::Answer::Yes);
    assert_eq!(may(van, 1, Action::CreateResource), domain::booking::role::Answer::No);
    assert_eq!(may(On::Resource(LAB), 3, Action::CreateResource), domain::booking::role::Answer::Yes);
    assert!(!resources.managed(people, ROOMS, person(3)), "it is still there");
    assert!(resources.is_inside(people, On::Domain(ROOMS), person(1)));
    assert!(!resources.is_inside(people, On::Domain(ROOMS), person(3)), "by a group, not in person");
    let here: Vec<_> = resources.domains_of(HERE).map(|domain| domain.id).collect();
    assert_eq!(here, [ROOMS]);
}

#[test]
fn with_a_resource_and_with_a_domain_go_their_grants() {
    let mut school = school();
    happened(&mut school, ROOMS, granted(22, Some(LAB), one(4), Role::Writer));
    happened(&mut school, ROOMS, ResourceRemoved { resource: LAB });
    let resources = &school.world.resources;
    assert!(resources.domain_of(LAB).is_none() && resources.granted(GrantId::from_u128(22)).is_none());
    assert_eq!(resources.granted_to(person(4)).count(), 0);
    happened(&mut school, ROOMS, ResourceRemoved { resource: HALL });
    happened(&mut school, ROOMS, Deleted {});
    let resources = &school.world.resources;
    assert!(resources.domains.is_empty() && resources.grants.is_empty() && resources.of_group.is_empty());
    assert!(resources.of_person.is_empty() && resources.of_structure.is_empty());
    // Who managed it is known, so that deleting again is answered the same; whom events are about stays as it is.
    let people = &school.world.people;
    assert!(resources.managed(people, ROOMS, person(3)) && !resources.managed(people, ROOMS, person(1)));
    let writer = resources.grant_ever(GrantId::from_u128(22)).unwrap();
    assert_eq!((writer.to, resources.ever_granted_to(person(4)).len()), (one(4), 1));
    assert_eq!(resources.structure_of(ROOMS), Some(HERE));
    assert_eq!(resources.structure_of_resource(LAB), Some(HERE));
}

#[test]
fn a_name_is_the_last_and_so_is_who_sees_details() {
    let mut school = school();
    let name = Sealed::Shut("1:0:202610:bm9t".into());
    happened(&mut school, ROOMS, Renamed { structure: HERE, name: name.clone() });
    happened(&mut school, ROOMS, DetailsShownFrom { role: Role::Moderator });
    let (last, rooms) = (school.log.len() as u128, school.world.resources.domain(ROOMS).unwrap());
    assert_eq!((&rooms.name, rooms.named), (&name, EventId::from_u128(last - 1)));
    assert_eq!(rooms.details_from, Role::Moderator);
}

#[test]
fn it_comes_back_from_the_log_and_from_a_snapshot() {
    let mut school = school();
    happened(&mut school, ROOMS, granted(22, Some(LAB), one(4), Role::Writer));
    let day = Some("2026-10-01".parse().unwrap());
    for grant in [23, 24] {
        let invited =
            RoleGranted { through: day, invitation: true, ..granted(grant, None, one(4), Role::Visitor) };
        happened(&mut school, ROOMS, invited);
    }
    happened(&mut school, ROOMS, InvitationAccepted { grant: GrantId::from_u128(23) });
    happened(&mut school, ROOMS, InvitationDeclined { grant: GrantId::from_u128(24) });
    let told = school.world.resources.dump();
    assert_eq!(school.rebuilt().resources.dump(), told);
    assert_eq!(through(&school.world).resources.dump(), told);
    assert_eq!(told.lines().count(), 1 + 1 + 4 + 1 + 1, "{told}");
    assert!(school.world.resources.memory() > Resources::default().memory());
}

#[test]
fn what_is_not_there_cannot_go_on() {
    let mut school = school();
    let at = At { owner: Owner::Domain(ROOMS), ..school.log[0].0 };
    let mut refuses = |at: At, event: DomainEvent| {
        assert!(school.world.resources.apply(at, &Event::from(event)).is_err());
    };
    let unknown = GrantId::from_u128(99);
    refuses(at, RoleRevoked { grant: unknown }.into());
    refuses(at, InvitationAccepted { grant: unknown }.into());
    refuses(at, InvitationDeclined { grant: unknown }.into());
    refuses(at, ResourceRemoved { resource: ResourceId::from_u128(99) }.into());
    refuses(At { owner: Owner::Domain(VANS), ..at }, Deleted {}.into());
    refuses(At { owner: Owner::Other, ..at }, Deleted {}.into());
    let name = Sealed::Erased;
    refuses(at, Created { domain: ROOMS, structure: HERE, name, by: None }.into());
}
