//! A domain of resources: its resources, and the roles granted on it and on each of them
//! (`booking.md`, Roles).
//!
//! A resource is added here first, then opened in a stream of its own. Which grants count for somebody on a day is
//! asked of the read model; here is decided which there are.
//!
//! Invariants: a domain is deleted empty; a MANAGER never revokes the last MANAGER of a domain; an invitation is for
//! one person, has a last day, and is answered by nobody else.

mod event;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use event::*;

use crate::booking::role::Role;
use crate::id::{DomainId, GrantId, PersonId, ResourceId, StructureId};
use crate::{Date, Decider};

/// The longest name of a domain, in characters.
pub const LONGEST_NAME: usize = 100;

/// The most resources in a domain.
pub const MOST_RESOURCES: usize = 10_000;

/// The most grants on a domain and its resources.
pub const MOST_GRANTS: usize = 5_000;

/// From which role up one sees who booked and what for, until somebody says otherwise.
pub const DETAILS_FROM: Role = Role::Writer;

/// What may be asked of a domain.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Create it.
    Create(Create),
    /// Call it otherwise.
    Rename {
        /// How.
        name: String,
    },
    /// Delete it.
    Delete,
    /// Put a resource into it, which is opened in its own stream then.
    AddResource {
        /// Which.
        resource: ResourceId,
        /// What it is to be called.
        name: String,
        /// How much of it there is to be.
        quantity: u32,
    },
    /// Take a resource out of it, with the roles granted on it.
    RemoveResource {
        /// Which.
        resource: ResourceId,
    },
    /// Give somebody a role, or invite them.
    Grant(Grant),
    /// Say yes to an invitation.
    Accept(Answer),
    /// Say no to it.
    Decline(Answer),
    /// Take a role.
    Revoke(Revoke),
    /// Say who sees who booked and what for.
    ShowDetails {
        /// The least role that does.
        from: Role,
    },
}

/// Create a domain.
#[derive(Debug, Clone, PartialEq)]
pub struct Create {
    /// Which.
    pub domain: DomainId,
    /// Where.
    pub structure: StructureId,
    /// What it is called.
    pub name: String,
    /// Who: they become its MANAGER by a grant with this id. None for the operator.
    pub by: Option<(PersonId, GrantId)>,
}

/// Give somebody a role.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// Which grant.
    pub grant: GrantId,
    /// On this resource; on the domain if none.
    pub on: Option<ResourceId>,
    /// Whom.
    pub to: Target,
    /// What they become.
    pub role: Role,
    /// The first day it counts.
    pub from: Option<Date>,
    /// The last day it counts.
    pub through: Option<Date>,
    /// Whether it counts only once it is accepted.
    pub invitation: Option<Outside>,
    /// A grant on the same that this one stands for from now on: both in one, so that nobody is without a role between.
    pub instead_of: Option<Revoke>,
    /// Looked up: the day it is in the structure's zone.
    pub today: Date,
}

/// Whether somebody who is invited is outside the populations that have a role there already, as looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outside(pub bool);

/// Answer an invitation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    /// The grant.
    pub grant: GrantId,
    /// Who answers.
    pub by: PersonId,
    /// Looked up: the day it is in the structure's zone.
    pub today: Date,
}

/// Take a role.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Revoke {
    /// The grant.
    pub grant: GrantId,
    /// Looked up: whether who asks administers the structure, and is who is left without a MANAGER.
    pub administers: bool,
    /// Looked up: the day it is in the structure's zone.
    pub today: Date,
}

/// Why something may not happen to a domain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody created it.
    #[error("domain.unknown")]
    Unknown,
    /// It was deleted.
    #[error("domain.deleted")]
    Deleted,
    /// It is another domain.
    #[error("domain.other")]
    Other,
    /// A name is 1 to [`LONGEST_NAME`] characters on one line.
    #[error("domain.name")]
    Name,
    /// There is none of a resource, or more than a million.
    #[error("domain.resource-quantity")]
    Quantity,
    /// Resources are still in it.
    #[error("domain.not-empty")]
    NotEmpty,
    /// It holds as many resources as a domain may.
    #[error("domain.too-many-resources")]
    TooManyResources,
    /// This resource is not in it, or no longer.
    #[error("domain.unknown-resource")]
    UnknownResource,
    /// There are as many grants as a domain may have.
    #[error("domain.too-many-grants")]
    TooManyGrants,
    /// The last day is before the first.
    #[error("domain.days-out-of-order")]
    DaysOutOfOrder,
    /// The last day has passed.
    #[error("domain.days-passed")]
    DaysPassed,
    /// Only one person is invited, not a group.
    #[error("domain.invites-one-person")]
    InvitesOnePerson,
    /// An invitation has a last day.
    #[error("domain.invitation-needs-end")]
    InvitationNeedsEnd,
    /// They have a role there already by a population.
    #[error("domain.invited-has-role")]
    InvitedHasRole,
    /// There is no such grant, or nobody was invited by it.
    #[error("domain.unknown-grant")]
    UnknownGrant,
    /// The grant that is to be replaced is on something else.
    #[error("domain.grant-on-other")]
    GrantOnOther,
    /// The invitation was accepted already.
    #[error("domain.invitation-accepted")]
    InvitationAccepted,
    /// The invitation was declined.
    #[error("domain.invitation-declined")]
    InvitationDeclined,
    /// The grant was revoked.
    #[error("domain.role-revoked")]
    RoleRevoked,
    /// Nobody else manages the domain.
    #[error("domain.last-manager")]
    LastManager,
}

/// A domain, as far as its rules need to know.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum ResourceDomain {
    /// Nobody created it.
    #[default]
    Unmade,
    /// There it is.
    Open(Box<Open>),
    /// It was deleted.
    Deleted,
}

/// A domain that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Open {
    structure: StructureId,
    by: Option<PersonId>,
    name: Option<String>,
    details_from: Role,
    resources: BTreeSet<ResourceId>,
    removed: BTreeSet<ResourceId>,
    grants: BTreeMap<GrantId, (RoleGranted, Standing)>,
    /// Grants that are no more, and why.
    gone: BTreeMap<GrantId, (RoleGranted, Gone)>,
}

/// How far a grant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Counts,
    Invited,
    Accepted,
}

/// How a grant ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gone {
    Declined,
    Revoked,
}

type Decision = Result<Vec<Event>, Refusal>;

impl Decider for ResourceDomain {
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(&self, command: Command) -> Decision {
        let open = match (self, &command) {
            (Self::Unmade, Command::Create(create)) => return create.clone().decide(),
            (Self::Unmade, _) => return Err(Refusal::Unknown),
            (Self::Deleted, Command::Delete) => return Ok(vec![]),
            (Self::Deleted, _) => return Err(Refusal::Deleted),
            (Self::Open(open), _) => open,
        };
        match command {
            Command::Create(create) => open.created(&create),
            Command::Rename { name } => open.rename(&name),
            Command::Delete => open.delete(),
            Command::AddResource { resource, name, quantity } => open.add(resource, &name, quantity),
            Command::RemoveResource { resource } => open.remove(resource),
            Command::Grant(grant) => open.grant(grant),
            Command::Accept(answer) => open.accept(answer),
            Command::Decline(answer) => open.decline(answer),
            Command::Revoke(revoke) => open.revoke(revoke),
            Command::ShowDetails { from } => Ok(open.show_details(from)),
        }
    }

    fn evolve(self, event: &Event) -> Self {
        match (self, event) {
            (_, Event::Created(created)) => Self::Open(Box::new(Open::of(created))),
            (Self::Open(_), Event::Deleted(_)) => Self::Deleted,
            (Self::Open(mut open), event) => {
                open.evolve(event);
                Self::Open(open)
            }
            (state, _) => state,
        }
    }
}

impl Create {
    fn decide(self) -> Decision {
        let Self { domain, structure, name, by } = self;
        let name = parse(&name)?;
        let created = Created { domain, structure, name: name.into(), by: by.map(|(person, _)| person) };
        let manages = by.map(|(person, grant)| RoleGranted {
            grant,
            on: None,
            to: Target::Person(person),
            role: Role::Manager,
            from: None,
            through: None,
            invitation: false,
        });
        Ok(std::iter::once(created.into()).chain(manages.map(Event::from)).collect())
    }
}

/// Reads a name: on one line, without outer spaces.
fn parse(name: &str) -> Result<String, Refusal> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits { Ok(name) } else { Err(Refusal::Name) }
}

impl Open {
    fn of(created: &Created) -> Self {
        Self {
            structure: created.structure,
            by: created.by,
            name: created.name.open().cloned(),
            details_from: DETAILS_FROM,
            resources: BTreeSet::new(),
            removed: BTreeSet::new(),
            grants: BTreeMap::new(),
            gone: BTreeMap::new(),
        }
    }

    fn created(&self, create: &Create) -> Decision {
        let same = (self.structure, self.by) == (create.structure, create.by.map(|(person, _)| person));
        if same { Ok(vec![]) } else { Err(Refusal::Other) }
    }

    fn rename(&self, name: &str) -> Decision {
        let name = parse(name)?;
        if self.name.as_ref() == Some(&name) {
            return Ok(vec![]);
        }
        Ok(vec![Renamed { structure: self.structure, name: name.into() }.into()])
    }

    fn delete(&self) -> Decision {
        if self.resources.is_empty() { Ok(vec![Deleted {}.into()]) } else { Err(Refusal::NotEmpty) }
    }

    fn add(&self, resource: ResourceId, name: &str, quantity: u32) -> Decision {
        if self.resources.contains(&resource) {
            return Ok(vec![]);
        }
        if self.removed.contains(&resource) {
            return Err(Refusal::UnknownResource);
        }
        if self.resources.len() >= MOST_RESOURCES {
            return Err(Refusal::TooManyResources);
        }
        if !(1..=1_000_000).contains(&quantity) {
            return Err(Refusal::Quantity);
        }
        let (structure, name) = (self.structure, parse(name)?.into());
        Ok(vec![ResourceAdded { resource, structure, name, quantity }.into()])
    }

    fn remove(&self, resource: ResourceId) -> Decision {
        if self.resources.contains(&resource) {
            return Ok(vec![ResourceRemoved { resource }.into()]);
        }
        if self.removed.contains(&resource) { Ok(vec![]) } else { Err(Refusal::UnknownResource) }
    }

    fn grant(&self, asked: Grant) -> Decision {
        let Grant { grant, on, to, role, from, through, invitation, instead_of, today } = asked;
        let granted = RoleGranted { grant, on, to, role, from, through, invitation: invitation.is_some() };
        let mut events = match instead_of {
            Some(revoke) => self.replace(&granted, revoke)?,
            None => vec![],
        };
        if on.is_some_and(|resource| !self.resources.contains(&resource)) {
            return Err(Refusal::UnknownResource);
        }
        if self.gone.contains_key(&grant) || self.is_granted(&granted) {
            return Ok(events);
        }
        if from.is_some_and(|from| through.is_some_and(|through| through < from)) {
            return Err(Refusal::DaysOutOfOrder);
        }
        if through.is_some_and(|through| through < today) {
            return Err(Refusal::DaysPassed);
        }
        if let Some(Outside(outside)) = invitation {
            if matches!(to, Target::Group(_)) {
                return Err(Refusal::InvitesOnePerson);
            }
            if through.is_none() {
                return Err(Refusal::InvitationNeedsEnd);
            }
            if !outside {
                return Err(Refusal::InvitedHasRole);
            }
        }
        if self.grants.len() >= MOST_GRANTS {
            return Err(Refusal::TooManyGrants);
        }
        events.push(granted.into());
        Ok(events)
    }

    /// Returns what ends because `granted` begins.
    fn replace(&self, granted: &RoleGranted, revoke: Revoke) -> Decision {
        let gone = self.gone.get(&revoke.grant).map(|(known, _)| known);
        let (known, _) = match self.grants.get(&revoke.grant) {
            Some(known) => known,
            // It ended already, perhaps because this one began.
            None if gone.is_some_and(|gone| gone.on == granted.on) => return Ok(vec![]),
            None if gone.is_some() => return Err(Refusal::GrantOnOther),
            None => return Err(Refusal::UnknownGrant),
        };
        if known.on != granted.on {
            return Err(Refusal::GrantOnOther);
        }
        if same(known, granted) {
            return Ok(vec![]);
        }
        let goes_on = granted.on.is_none() && granted.role == Role::Manager && !granted.invitation;
        if goes_on { Ok(vec![RoleRevoked { grant: revoke.grant }.into()]) } else { self.revoke(revoke) }
    }

    fn accept(&self, answer: Answer) -> Decision {
        let (granted, standing) = self.invited(answer)?;
        if standing == Standing::Accepted {
            return Ok(vec![]);
        }
        if granted.through.is_some_and(|through| through < answer.today) {
            return Err(Refusal::DaysPassed);
        }
        Ok(vec![InvitationAccepted { grant: answer.grant }.into()])
    }

    fn decline(&self, answer: Answer) -> Decision {
        let declined = self
            .gone
            .get(&answer.grant)
            .filter(|(granted, gone)| granted.to == Target::Person(answer.by) && *gone == Gone::Declined);
        if declined.is_some() {
            return Ok(vec![]);
        }
        let (_, standing) = self.invited(answer)?;
        if standing == Standing::Accepted {
            return Err(Refusal::InvitationAccepted);
        }
        Ok(vec![InvitationDeclined { grant: answer.grant }.into()])
    }

    /// Returns the invitation that somebody answers.
    fn invited(&self, answer: Answer) -> Result<(&RoleGranted, Standing), Refusal> {
        let theirs = |granted: &RoleGranted| granted.invitation && granted.to == Target::Person(answer.by);
        if let Some((granted, gone)) = self.gone.get(&answer.grant)
            && theirs(granted)
        {
            return Err(match gone {
                Gone::Declined => Refusal::InvitationDeclined,
                Gone::Revoked => Refusal::RoleRevoked,
            });
        }
        let known = self.grants.get(&answer.grant).filter(|(granted, _)| theirs(granted));
        let (granted, standing) = known.ok_or(Refusal::UnknownGrant)?;
        Ok((granted, *standing))
    }

    fn revoke(&self, revoke: Revoke) -> Decision {
        let Revoke { grant, administers, today } = revoke;
        if self.gone.contains_key(&grant) {
            return Ok(vec![]);
        }
        let known = self.grants.get(&grant).ok_or(Refusal::UnknownGrant)?;
        let manages = |(granted, standing): &(RoleGranted, Standing)| {
            let on_domain = granted.on.is_none() && granted.role == Role::Manager;
            let lasts = granted.through.is_none_or(|through| today <= through);
            on_domain && lasts && *standing != Standing::Invited
        };
        let alone = self.grants.iter().all(|(other, known)| *other == grant || !manages(known));
        if manages(known) && alone && !administers {
            return Err(Refusal::LastManager);
        }
        Ok(vec![RoleRevoked { grant }.into()])
    }

    fn show_details(&self, role: Role) -> Vec<Event> {
        if self.details_from == role { vec![] } else { vec![DetailsShownFrom { role }.into()] }
    }

    /// Returns whether the same is granted already. Who declined an invitation may be invited again.
    fn is_granted(&self, granted: &RoleGranted) -> bool {
        self.grants.values().any(|(known, _)| same(known, granted))
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            // A domain is created and deleted by its state as a whole.
            Event::Created(_) | Event::Deleted(_) => {}
            Event::Renamed(renamed) => self.name = renamed.name.open().cloned(),
            Event::ResourceAdded(added) => {
                self.resources.insert(added.resource);
            }
            Event::ResourceRemoved(removed) => {
                self.resources.remove(&removed.resource);
                self.removed.insert(removed.resource);
                self.grants.retain(|_, (granted, _)| granted.on != Some(removed.resource));
            }
            Event::RoleGranted(granted) => {
                let standing = if granted.invitation { Standing::Invited } else { Standing::Counts };
                self.grants.insert(granted.grant, (granted.clone(), standing));
            }
            Event::InvitationAccepted(accepted) => {
                if let Some((_, standing)) = self.grants.get_mut(&accepted.grant) {
                    *standing = Standing::Accepted;
                }
            }
            Event::InvitationDeclined(declined) => self.end(declined.grant, Gone::Declined),
            Event::RoleRevoked(revoked) => self.end(revoked.grant, Gone::Revoked),
            Event::DetailsShownFrom(shown) => self.details_from = shown.role,
        }
    }

    fn end(&mut self, grant: GrantId, how: Gone) {
        if let Some((granted, _)) = self.grants.remove(&grant) {
            self.gone.insert(grant, (granted, how));
        }
    }
}

/// Returns whether two grants differ in nothing but their ids.
fn same(one: &RoleGranted, other: &RoleGranted) -> bool {
    RoleGranted { grant: other.grant, ..one.clone() } == *other
}
