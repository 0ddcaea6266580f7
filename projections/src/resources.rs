//! Domains of resources: what is in each, and which roles are granted on them (`booking.md`, Roles).
//!
//! Invariants: names are as they stand in the log. A role is asked of the granted groups, never kept by person. Which
//! day it is says the last day that began in the zone of the domain's structure, never a clock.

mod ask;
#[cfg(test)]
mod lives;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use domain::booking::role::Role;
use domain::resource_domain::{DETAILS_FROM, Event as DomainEvent, RoleGranted, Target};
use domain::{Date, DomainId, Event, EventId, GrantId, GroupId, PersonId, ResourceId, Sealed, StructureId};
use eventlog::Position;

pub use self::ask::{But, Looked, On, is_of};
use crate::world::{At, Impossible, Owner};

/// A domain of resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    /// Which.
    pub id: DomainId,
    /// Where.
    pub structure: StructureId,
    /// What it is called, as it stands in the log.
    pub name: Sealed<String>,
    /// The event that gave the name, by which it is opened.
    pub named: EventId,
    /// From this role up one sees who booked and what for.
    pub details_from: Role,
    /// Its resources.
    pub resources: BTreeSet<ResourceId>,
    /// Grants on the domain, in the order in which they were made.
    pub(crate) grants: Vec<GrantId>,
    /// Grants on its resources, likewise.
    pub(crate) on: BTreeMap<ResourceId, Vec<GrantId>>,
}

/// A role that is granted on a domain or a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Which.
    pub id: GrantId,
    /// Of which domain.
    pub domain: DomainId,
    /// On this resource; on the domain if none.
    pub on: Option<ResourceId>,
    /// Who has it.
    pub to: Target,
    /// What they are.
    pub role: Role,
    /// The first day it counts.
    pub from: Option<Date>,
    /// The last day it counts.
    pub through: Option<Date>,
    /// Whether it is an invitation, and was accepted.
    pub standing: Standing,
    /// Where the event stands that made it; there is who did it, and why.
    pub position: Position,
}

/// Whether a grant is an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is none: it counts.
    Plain,
    /// It is one that was not answered.
    Invited,
    /// It is one that was accepted.
    Accepted,
}

/// Every domain there is.
#[derive(Debug, Default)]
pub struct Resources {
    pub(crate) domains: BTreeMap<DomainId, Domain>,
    pub(crate) grants: BTreeMap<GrantId, Grant>,
    /// Grants that are no more: what a trace of then names, and whose repeated command is answered the same.
    pub(crate) gone: BTreeMap<GrantId, Grant>,
    pub(crate) of_structure: BTreeMap<StructureId, BTreeSet<DomainId>>,
    /// Where each domain is or was: whom its events are about never changes.
    pub(crate) ever: BTreeMap<DomainId, StructureId>,
    /// In which domain each resource is or was.
    pub(crate) of_resource: BTreeMap<ResourceId, DomainId>,
    pub(crate) of_group: BTreeMap<GroupId, BTreeSet<GrantId>>,
    pub(crate) of_person: BTreeMap<PersonId, BTreeSet<GrantId>>,
}

impl Resources {
    /// Applies one event. Whoever is erased stays an id in what was granted to them.
    pub fn apply(&mut self, at: At, event: &Event) -> Result<(), Impossible> {
        let Event::ResourceDomain(event) = event else { return Ok(()) };
        let Owner::Domain(id) = at.owner else {
            return Err(Impossible::here(at, "an event of a domain stands in no stream of one"));
        };
        if let DomainEvent::Created(created) = event {
            if self.domains.contains_key(&id) {
                return Err(Impossible::here(at, "a domain is created twice"));
            }
            let domain = Domain {
                id,
                structure: created.structure,
                name: created.name.clone(),
                named: at.event,
                details_from: DETAILS_FROM,
                resources: BTreeSet::new(),
                grants: vec![],
                on: BTreeMap::new(),
            };
            self.ever.insert(id, domain.structure);
            self.of_structure.entry(domain.structure).or_default().insert(id);
            self.domains.insert(id, domain);
            return Ok(());
        }
        self.fold(at, id, event).ok_or_else(|| {
            Impossible::here(at, "something happens to a domain, a resource or a grant that is not there")
        })
    }

    /// None if what it happens to is not there.
    fn fold(&mut self, at: At, id: DomainId, event: &DomainEvent) -> Option<()> {
        let domain = self.domains.get_mut(&id)?;
        match event {
            DomainEvent::Created(_) => {}
            DomainEvent::Renamed(renamed) => {
                domain.name = renamed.name.clone();
                domain.named = at.event;
            }
            DomainEvent::Deleted(_) => self.delete(id)?,
            DomainEvent::ResourceAdded(added) => {
                domain.resources.insert(added.resource);
                self.of_resource.insert(added.resource, id);
            }
            DomainEvent::ResourceRemoved(removed) => {
                domain.resources.remove(&removed.resource).then_some(())?;
                let on_it = domain.on.remove(&removed.resource).unwrap_or_default();
                for grant in on_it {
                    self.forget(grant)?;
                }
            }
            DomainEvent::RoleGranted(granted) => {
                match granted.on {
                    None => domain.grants.push(granted.grant),
                    Some(resource) => domain.on.entry(resource).or_default().push(granted.grant),
                }
                self.grant(at, id, granted);
            }
            DomainEvent::InvitationAccepted(accepted) => {
                self.grants.get_mut(&accepted.grant)?.standing = Standing::Accepted;
            }
            DomainEvent::InvitationDeclined(declined) => self.end(declined.grant)?,
            DomainEvent::RoleRevoked(revoked) => self.end(revoked.grant)?,
            DomainEvent::DetailsShownFrom(shown) => domain.details_from = shown.role,
        }
        Some(())
    }

    fn grant(&mut self, at: At, domain: DomainId, granted: &RoleGranted) {
        let RoleGranted { grant: id, on, to, role, from, through, invitation } = *granted;
        let standing = if invitation { Standing::Invited } else { Standing::Plain };
        let grant = Grant { id, domain, on, to, role, from, through, standing, position: at.position };
        self.grants.insert(id, grant);
        match to {
            Target::Group(group) => self.of_group.entry(group).or_default().insert(id),
            Target::Person(person) => self.of_person.entry(person).or_default().insert(id),
        };
    }

    /// A grant is no more; its domain still is.
    fn end(&mut self, id: GrantId) -> Option<()> {
        let grant = self.forget(id)?;
        let domain = self.domains.get_mut(&grant.domain)?;
        match grant.on {
            None => domain.grants.retain(|other| *other != id),
            Some(resource) => {
                let on_it = domain.on.get_mut(&resource)?;
                on_it.retain(|other| *other != id);
                if on_it.is_empty() {
                    domain.on.remove(&resource);
                }
            }
        }
        Some(())
    }

    /// Takes a grant out of all but its domain.
    fn forget(&mut self, id: GrantId) -> Option<Grant> {
        let grant = self.grants.remove(&id)?;
        self.gone.insert(id, grant.clone());
        match grant.to {
            Target::Group(group) => take(&mut self.of_group, group, id),
            Target::Person(person) => take(&mut self.of_person, person, id),
        }
        Some(grant)
    }

    fn delete(&mut self, id: DomainId) -> Option<()> {
        let domain = self.domains.remove(&id)?;
        take(&mut self.of_structure, domain.structure, id);
        for grant in domain.grants.into_iter().chain(domain.on.into_values().flatten()) {
            self.forget(grant)?;
        }
        Some(())
    }

    /// Returns how many bytes it takes.
    pub(crate) fn memory(&self) -> usize {
        let of_domain = |domain: &Domain| {
            let lists = domain.grants.capacity() + domain.on.values().map(Vec::capacity).sum::<usize>();
            let resources = domain.resources.len() * size_of::<ResourceId>();
            size_of::<Domain>() + lists * size_of::<GrantId>() + resources
        };
        let of_grant = size_of::<Grant>() + 2 * size_of::<GrantId>();
        let ever = self.ever.len() * size_of::<(DomainId, StructureId)>();
        let ever = ever + self.of_resource.len() * size_of::<(ResourceId, DomainId)>();
        ever + self.domains.values().map(of_domain).sum::<usize>()
            + (self.grants.len() + self.gone.len()) * of_grant
    }

    /// Returns everything it knows, as canonical text.
    pub fn dump(&self) -> String {
        let mut text = String::new();
        for (structure, domains) in &self.of_structure {
            for id in domains {
                let _ = writeln!(text, "{structure} {:?}", self.domains.get(id));
            }
        }
        let _ = writeln!(text, "ever {:?} {:?}", self.ever, self.of_resource);
        for grant in self.grants.values() {
            let _ = writeln!(text, "{grant:?}");
        }
        for grant in self.gone.values() {
            let _ = writeln!(text, "gone {grant:?}");
        }
        let _ = writeln!(text, "groups {:?} people {:?}", self.of_group, self.of_person);
        text
    }
}

/// Takes a value out of a set in a table; an empty set goes with it.
fn take<K: Ord, V: Ord>(table: &mut BTreeMap<K, BTreeSet<V>>, key: K, value: V) {
    if let Some(set) = table.get_mut(&key) {
        set.remove(&value);
        if set.is_empty() {
            table.remove(&key);
        }
    }
}
