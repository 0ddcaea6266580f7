//! Questions about roles: which grants count, what somebody is, who may do something.
//!
//! A resource that has grants of its own uses those instead of its domain's, all of them, except the domain's MANAGER
//! grants, which always count. A grant that has not begun or is over is none of its own; an invitation adds somebody
//! and takes the place of nothing.

use std::collections::BTreeSet;

use domain::booking::role::{Action, Answer, Role};
use domain::resource_domain::Target;
use domain::{Date, DomainId, GrantId, PersonId, ResourceId, StructureId};
use roaring::RoaringBitmap;

use super::{Domain, Grant, Resources, Standing};
use crate::dense::PersonNo;
use crate::people::People;

/// What a role is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// A domain.
    Domain(DomainId),
    /// A resource.
    Resource(ResourceId),
}

/// A grant that was looked at for a domain or a resource.
#[derive(Debug, Clone, Copy)]
pub struct Looked<'a> {
    /// Which.
    pub grant: &'a Grant,
    /// Why it does not count there now, if so.
    pub but: Option<But>,
}

/// Why a grant does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum But {
    /// It is an invitation that was not accepted.
    NotAccepted,
    /// Its first day has not begun.
    NotBegun(Date),
    /// Its last day has passed.
    Over(Date),
    /// It is on the domain, and the resource has grants of its own.
    Replaced,
    /// Whose it is has an account that is closed or blocked.
    Barred,
}

impl Resources {
    /// Returns a domain.
    pub fn domain(&self, domain: DomainId) -> Option<&Domain> {
        self.domains.get(&domain)
    }

    /// Returns the domain a resource is in.
    pub fn domain_of(&self, resource: ResourceId) -> Option<&Domain> {
        self.domain(*self.of_resource.get(&resource)?).filter(|domain| domain.resources.contains(&resource))
    }

    /// Returns where a domain is, or was before it was deleted.
    pub fn structure_of(&self, domain: DomainId) -> Option<StructureId> {
        self.ever.get(&domain).copied()
    }

    /// Returns where a resource is, or was before it was deleted.
    pub fn structure_of_resource(&self, resource: ResourceId) -> Option<StructureId> {
        self.structure_of(*self.of_resource.get(&resource)?)
    }

    /// Returns the domain that is asked about, or in which the resource is.
    pub fn domain_on(&self, on: On) -> Option<&Domain> {
        match on {
            On::Domain(domain) => self.domain(domain),
            On::Resource(resource) => self.domain_of(resource),
        }
    }

    /// Returns the domains of a structure, in the order of their ids.
    pub fn domains_of(&self, structure: StructureId) -> impl Iterator<Item = &Domain> {
        self.of_structure.get(&structure).into_iter().flatten().filter_map(|id| self.domains.get(id))
    }

    /// Returns a grant.
    pub fn granted(&self, grant: GrantId) -> Option<&Grant> {
        self.grants.get(&grant)
    }

    /// Returns a grant that is, or that was until it was revoked or declined or its resource was deleted.
    pub fn grant_ever(&self, grant: GrantId) -> Option<&Grant> {
        self.grants.get(&grant).or_else(|| self.gone.get(&grant))
    }

    /// Returns everything that is or was granted to a person themselves, in the order in which it was.
    pub fn ever_granted_to(&self, person: PersonId) -> Vec<&Grant> {
        let all = self.grants.values().chain(self.gone.values());
        let mut theirs: Vec<_> = all.filter(|grant| grant.to == Target::Person(person)).collect();
        theirs.sort_unstable_by_key(|grant| grant.position);
        theirs
    }

    /// Returns whether somebody managed a domain that was deleted.
    pub fn managed(&self, people: &People, domain: DomainId, person: PersonId) -> bool {
        let Some(number) = people.number(person) else { return false };
        let on_it = self.gone.values().filter(|grant| grant.domain == domain && grant.on.is_none());
        let mut managers = on_it.filter(|grant| grant.role == Role::Manager);
        !self.domains.contains_key(&domain) && managers.any(|grant| is_of(people, grant, person, number))
    }

    /// Returns what somebody may do: a domain or a resource is created in a domain, whatever one is of a resource.
    pub fn may(&self, people: &People, on: On, person: PersonId, action: Action) -> Answer {
        let role = self.on_for(on, action).and_then(|on| self.role(people, on, person));
        role.map_or(Answer::No, |(role, _)| role.may(action))
    }

    /// Returns what an action is asked about: what creates something, about the domain.
    pub fn on_for(&self, on: On, action: Action) -> Option<On> {
        match action {
            Action::CreateDomain | Action::CreateResource => Some(On::Domain(self.domain_on(on)?.id)),
            Action::SeeAvailability
            | Action::CreateBooking
            | Action::ChangeOwn
            | Action::ChangeOther
            | Action::Validate
            | Action::DeleteOther
            | Action::HearOfValidation
            | Action::HearOfThreshold => Some(on),
        }
    }

    /// Returns what was granted to a person, in the order of ids, invitations among it; not what their groups have.
    pub fn granted_to(&self, person: PersonId) -> impl Iterator<Item = &Grant> {
        self.of_person.get(&person).into_iter().flatten().filter_map(|grant| self.grants.get(grant))
    }

    /// Returns the day it is in the structure of a domain: the last that began there.
    pub fn today(&self, people: &People, domain: &Domain) -> Option<Date> {
        let structure = people.structure(people.structure_no(domain.structure)?)?;
        people.today(structure.zone)
    }

    /// Returns the highest role that somebody has now, and the grant that gives it: the first of its own before the
    /// first of the domain, where several give the same.
    pub fn role(&self, people: &People, on: On, person: PersonId) -> Option<(Role, &Grant)> {
        let day = self.today(people, self.domain_on(on)?);
        self.role_on(people, on, person, day)
    }

    /// Returns the same for another day. Who is in a group is as it is now.
    pub fn role_on(
        &self,
        people: &People,
        on: On,
        person: PersonId,
        day: Option<Date>,
    ) -> Option<(Role, &Grant)> {
        let number = people.number(person).filter(|number| !people.is_barred(*number))?;
        let mut highest: Option<&Grant> = None;
        self.each(on, day, |grant, but| {
            let higher = highest.is_none_or(|highest| highest.role < grant.role);
            if but.is_none() && higher && is_of(people, grant, person, number) {
                highest = Some(grant);
            }
        })?;
        highest.map(|grant| (grant.role, grant))
    }

    /// Returns every grant on a domain, or on a resource and its domain, with why it does not count, if so: those on the
    /// resource first, each in the order in which they were made. None of what is not there.
    pub fn looked_at(&self, people: &People, on: On) -> Option<Vec<Looked<'_>>> {
        let day = self.today(people, self.domain_on(on)?);
        let mut looked = vec![];
        self.each(on, day, |grant, but| {
            let but = but.or_else(|| is_barred(people, grant).then_some(But::Barred));
            looked.push(Looked { grant, but });
        })?;
        Some(looked)
    }

    /// Returns the grants that let their people do something without asking: for [`Action::Validate`] the validators.
    pub fn which_may(&self, people: &People, on: On, action: Action) -> Vec<&Grant> {
        let looked = self.looked_at(people, on).unwrap_or_default().into_iter();
        let may = looked.filter(|it| it.but.is_none() && it.grant.role.may(action) == Answer::Yes);
        may.map(|it| it.grant).collect()
    }

    /// Returns everybody who may do something without asking.
    pub fn who_may(&self, people: &People, on: On, action: Action) -> RoaringBitmap {
        let mut all = RoaringBitmap::new();
        for grant in self.which_may(people, on, action) {
            match grant.to {
                Target::Group(group) => {
                    if let Some(members) = people.group(group).and_then(|group| people.members(group)) {
                        all |= members;
                    }
                }
                Target::Person(person) => all.extend(people.number(person).map(|number| number.0)),
            }
        }
        all
    }

    /// Returns the domains on which, or on a resource of which, somebody has a role now.
    pub fn seen_by(&self, people: &People, person: PersonId) -> BTreeSet<DomainId> {
        let counts = |grant: &&Grant| {
            let domain = self.domain(grant.domain);
            domain.is_some_and(|domain| counting(grant, self.today(people, domain)).is_none())
        };
        self.grants_for(people, person).filter(counts).map(|grant| grant.domain).collect()
    }

    /// Returns whether somebody is MANAGER of a domain of a structure now: they may create another one there.
    pub fn manages_in(&self, people: &People, structure: StructureId, person: PersonId) -> bool {
        self.grants_for(people, person).filter(|grant| grant.on.is_none() && grant.role == Role::Manager).any(
            |grant| {
                let domain = self.domain(grant.domain).filter(|domain| domain.structure == structure);
                domain.is_some_and(|domain| counting(grant, self.today(people, domain)).is_none())
            },
        )
    }

    /// Returns whether somebody has a role on a resource by a group: whoever has one is not invited.
    pub fn is_inside(&self, people: &People, on: On, person: PersonId) -> bool {
        let Some(number) = people.number(person) else { return false };
        let looked = self.looked_at(people, on).unwrap_or_default();
        looked.iter().any(|it| {
            let of_group = matches!(it.grant.to, Target::Group(_));
            it.but.is_none() && of_group && is_of(people, it.grant, person, number)
        })
    }

    /// Returns the grants to somebody and to the groups they are in, whether they count or not.
    fn grants_for(&self, people: &People, person: PersonId) -> impl Iterator<Item = &Grant> {
        let number = people.number(person).filter(|number| !people.is_barred(*number));
        let groups = number.map_or(&[][..], |number| people.memberships(number));
        let by_group =
            groups.iter().filter_map(|group| self.of_group.get(&people.group_id(*group)?)).flatten();
        let own = number.and_then(|_| self.of_person.get(&person)).into_iter().flatten();
        own.chain(by_group).filter_map(|grant| self.grants.get(grant))
    }

    /// Meets every grant that is looked at, with why it does not count on a day; accounts are not asked here.
    fn each<'a>(
        &'a self,
        on: On,
        day: Option<Date>,
        mut meet: impl FnMut(&'a Grant, Option<But>),
    ) -> Option<()> {
        let domain = self.domain_on(on)?;
        let mut replaced = false;
        if let On::Resource(resource) = on {
            for grant in domain.on.get(&resource).into_iter().flatten().filter_map(|id| self.grants.get(id)) {
                let but = counting(grant, day);
                replaced |= but.is_none() && grant.standing == Standing::Plain;
                meet(grant, but);
            }
        }
        for grant in domain.grants.iter().filter_map(|id| self.grants.get(id)) {
            let replaced = (replaced && grant.role != Role::Manager).then_some(But::Replaced);
            meet(grant, counting(grant, day).or(replaced));
        }
        Some(())
    }
}

/// Returns why a grant counts nowhere on a day, if so. Before the first day began, what has a first day has not begun
/// and nothing is over.
fn counting(grant: &Grant, day: Option<Date>) -> Option<But> {
    if grant.standing == Standing::Invited {
        return Some(But::NotAccepted);
    }
    let over = grant.through.filter(|through| day.is_some_and(|day| *through < day)).map(But::Over);
    let not_begun = || grant.from.filter(|from| day.is_none_or(|day| day < *from)).map(But::NotBegun);
    over.or_else(not_begun)
}

/// Returns whether somebody has what was granted.
pub fn is_of(people: &People, grant: &Grant, person: PersonId, number: PersonNo) -> bool {
    match grant.to {
        Target::Group(group) => people.group(group).is_some_and(|group| people.is_member(number, group)),
        Target::Person(to) => to == person,
    }
}

/// Returns whether a grant is to one person whose account is barred.
fn is_barred(people: &People, grant: &Grant) -> bool {
    match grant.to {
        Target::Group(_) => false,
        Target::Person(person) => people.number(person).is_none_or(|number| people.is_barred(number)),
    }
}
