//! Who may do what with a domain and its grants, and what its rules need to know.
//!
//! Invariant: what the caller does not see is not there for them, whatever they ask.

use async_graphql::ID;
use domain::actor::RoleName;
use domain::booking::role::Role;
use domain::group::{GroupKind, Profile};
use domain::resource_domain::{Grant as Wanted, Target};
use domain::{Date, DomainId, GrantId, GroupId, PersonId, ResourceId, StructureId};
use projections::World;
use projections::resources::{Domain, Grant, On, Standing};

use crate::failure::{Failure, Result};
use crate::graphql::acting::{Acting, group};
use crate::graphql::common::Global;
use crate::rights::{Right, Rights};

/// What somebody manages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Managed {
    /// The domain, or that of the resource.
    pub domain: DomainId,
    /// Whether they administer its structure.
    pub administers: bool,
    /// The day it is there.
    pub today: Date,
}

/// A role that is to be granted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Granted {
    /// On what.
    pub managed: Managed,
    /// On this resource, if not on the domain.
    pub on: Option<ResourceId>,
    /// Whether whom it is granted to has no role there by a group.
    pub outside: bool,
}

/// Reads the id of a domain or a resource.
pub(super) fn on(id: &ID) -> Result<On> {
    if let Ok(domain) = DomainId::read(id, "on") {
        return Ok(On::Domain(domain));
    }
    ResourceId::read(id, "on").map(On::Resource)
}

/// Reads the id of a group or a person.
pub(super) fn target(id: &ID) -> Result<Target> {
    if let Ok(group) = GroupId::read(id, "to") {
        return Ok(Target::Group(group));
    }
    PersonId::read(id, "to").map(Target::Person)
}

/// Reads the id of a person.
pub(super) fn target_person(id: &ID) -> Result<Target> {
    PersonId::read(id, "person").map(Target::Person)
}

/// Returns the profile of everybody in a group, where its kind says one.
pub(super) fn profile(kind: &GroupKind) -> Option<Profile> {
    match kind {
        GroupKind::Profile(profile) | GroupKind::Class(_, profile) | GroupKind::Level(_, profile) => {
            Some(*profile)
        }
        GroupKind::HeadTeacher(_)
        | GroupKind::Direction
        | GroupKind::Function(_)
        | GroupKind::Discipline(_)
        | GroupKind::Subject(_)
        | GroupKind::Teaching(_)
        | GroupKind::Free(_)
        | GroupKind::BroadcastList(_) => None,
    }
}

/// Returns the role in which the caller administers the structure of a domain.
pub(super) fn administers(rights: &Rights, domain: &Domain) -> Option<RoleName> {
    rights.may(Right::Rules, domain.structure)
}

/// Returns the domain that is asked about, or in which the resource is, if the caller sees it.
pub fn seen<'a>(acting: &Acting<'_>, world: &'a World, rights: &Rights, on: On) -> Result<&'a Domain> {
    let (resources, person) = (&world.resources, acting.caller.person);
    let domain = resources.domain_on(on).ok_or(Failure::NotFound)?;
    let has_role = || match on {
        On::Domain(id) => resources.seen_by(&world.people, person).contains(&id),
        On::Resource(_) => resources.role(&world.people, on, person).is_some(),
    };
    if administers(rights, domain).is_some() || has_role() { Ok(domain) } else { Err(Failure::NotFound) }
}

/// Returns the role in which the caller manages a domain or a resource: as its MANAGER, or as who administers the
/// structure.
pub fn manages(acting: &Acting<'_>, world: &World, rights: &Rights, on: On) -> Result<(RoleName, ())> {
    let domain = seen(acting, world, rights, on)?;
    let role = || world.resources.role(&world.people, on, acting.caller.person);
    let manager = || role().filter(|(role, _)| *role == Role::Manager).map(|_| RoleName::User);
    let role = administers(rights, domain).or_else(manager).ok_or(Failure::Forbidden)?;
    Ok((role, ()))
}

/// Returns the role in which the caller creates a domain in a structure. Structures are no secret.
pub(super) fn creates(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    structure: StructureId,
) -> Result<(RoleName, ())> {
    let number = world.people.structure_no(structure).ok_or(Failure::NotFound)?;
    world.people.structure(number).ok_or(Failure::NotFound)?;
    let manages = || world.resources.manages_in(&world.people, structure, acting.caller.person);
    let role = rights.may(Right::Rules, structure).or_else(|| manages().then_some(RoleName::User));
    Ok((role.ok_or(Failure::Forbidden)?, ()))
}

/// Returns the role in which the caller deletes a domain, or deleted it.
pub(super) fn deletes(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    domain: DomainId,
) -> Result<(RoleName, ())> {
    if world.resources.domain(domain).is_some() {
        return manages(acting, world, rights, On::Domain(domain));
    }
    let structure = world.resources.structure_of(domain).ok_or(Failure::NotFound)?;
    let managed = || world.resources.managed(&world.people, domain, acting.caller.person);
    let role = rights.may(Right::Rules, structure).or_else(|| managed().then_some(RoleName::User));
    Ok((role.ok_or(Failure::NotFound)?, ()))
}

/// Returns what is to be granted, if the caller may and sees to whom.
pub(super) fn grants(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    on: On,
    to: Target,
) -> Result<(RoleName, Granted)> {
    let (role, ()) = manages(acting, world, rights, on)?;
    let outside = match to {
        Target::Group(id) => group(world, rights, id).map(|_| true)?,
        Target::Person(person) => {
            let number = world.people.number(person).ok_or(Failure::NotFound)?;
            rights.sees(world, number).ok_or(Failure::NotFound)?;
            !world.resources.is_inside(&world.people, on, person)
        }
    };
    let domain = world.resources.domain_on(on).ok_or(Failure::NotFound)?;
    let managed = of(acting, world, rights, domain)?;
    let on = if let On::Resource(resource) = on { Some(resource) } else { None };
    Ok((role, Granted { managed, on, outside }))
}

/// Returns whose grant is to be revoked, if the caller may; one that was revoked is revoked again.
pub(super) fn revokes(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    grant: GrantId,
) -> Result<(RoleName, Managed)> {
    let grant = world.resources.grant_ever(grant).ok_or(Failure::NotFound)?;
    let domain = world.resources.domain(grant.domain).ok_or(Failure::NotFound)?;
    let on = grant.on.map_or(On::Domain(domain.id), On::Resource);
    let (role, ()) = manages(acting, world, rights, on)?;
    Ok((role, of(acting, world, rights, domain)?))
}

/// Returns the domain to which the caller is or was invited, and the day it is there.
pub(super) fn invited(acting: &Acting<'_>, world: &World, grant: GrantId) -> Result<(DomainId, Date)> {
    let grant = world.resources.grant_ever(grant).ok_or(Failure::NotFound)?;
    let theirs = grant.standing != Standing::Plain && grant.to == Target::Person(acting.caller.person);
    let domain = world.resources.domain(grant.domain).filter(|_| theirs).ok_or(Failure::NotFound)?;
    Ok((domain.id, today(acting, world, domain)?))
}

/// Returns whether the caller is told of every grant that is looked at, or of those alone that are about them.
pub(super) fn explains(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    on: On,
    person: PersonId,
) -> Result<bool> {
    let whole = manages(acting, world, rights, on);
    if person == acting.caller.person {
        seen(acting, world, rights, on)?;
        return Ok(whole.is_ok());
    }
    whole?;
    let number = world.people.number(person).ok_or(Failure::NotFound)?;
    rights.sees(world, number).map(|_| true).ok_or(Failure::NotFound)
}

/// Returns the grant that says already what was asked for.
pub(super) fn same<'a>(world: &'a World, domain: DomainId, wanted: &Wanted) -> Option<&'a Grant> {
    let on = wanted.on.map_or(On::Domain(domain), On::Resource);
    let looked = world.resources.looked_at(&world.people, on)?.into_iter().map(|looked| looked.grant);
    let (dates, invitation) = ((wanted.from, wanted.through), wanted.invitation.is_some());
    let mut looked = looked.filter(|it| (it.on, it.to, it.role) == (wanted.on, wanted.to, wanted.role));
    looked.find(|it| (it.from, it.through) == dates && (it.standing != Standing::Plain) == invitation)
}

fn of(acting: &Acting<'_>, world: &World, rights: &Rights, domain: &Domain) -> Result<Managed> {
    let (administers, today) = (administers(rights, domain).is_some(), today(acting, world, domain)?);
    Ok(Managed { domain: domain.id, administers, today })
}

/// Returns the day it is where a domain is. Only a decision looks at the clock.
fn today(acting: &Acting<'_>, world: &World, domain: &Domain) -> Result<Date> {
    let structure = world.people.structure_no(domain.structure);
    let row = structure.and_then(|structure| world.people.structure(structure)).ok_or(Failure::NotFound)?;
    Ok(row.zone.day_at(acting.front.node.now()))
}
