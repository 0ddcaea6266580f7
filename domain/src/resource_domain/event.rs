//! What happens to a domain of resources, as it is stored. Who did it and why stands in `meta`.

use serde::{Deserialize, Serialize};

use crate::Date;
use crate::booking::role::Role;
use crate::id::{DomainId, GrantId, GroupId, PersonId, ResourceId, StructureId};
use crate::sealed::{Carries, Retention, Sealed, Subject, Visit};

crate::events! {
    /// There is a domain.
    Created = "domain.created", schema 1;
    /// It has another name.
    Renamed = "domain.renamed", schema 1;
    /// It is no more.
    Deleted = "domain.deleted", schema 1;
    /// A resource is in it.
    ResourceAdded = "domain.resource-added", schema 1;
    /// A resource is no longer in it, nor are the roles granted on it.
    ResourceRemoved = "domain.resource-removed", schema 1;
    /// Somebody has a role, or is invited to have it.
    RoleGranted = "domain.role-granted", schema 1;
    /// Somebody has the role they were invited to.
    InvitationAccepted = "domain.invitation-accepted", schema 1;
    /// Somebody does not want the role they were invited to.
    InvitationDeclined = "domain.invitation-declined", schema 1;
    /// A role is no longer granted.
    RoleRevoked = "domain.role-revoked", schema 1;
    /// Other roles see who booked and what for.
    DetailsShownFrom = "domain.details-shown-from", schema 1;
}

/// Who has a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The members of a group.
    Group(GroupId),
    /// One person.
    Person(PersonId),
}

/// There is a domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Created {
    /// Which.
    pub domain: DomainId,
    /// Where.
    pub structure: StructureId,
    /// What it is called.
    pub name: Sealed<String>,
    /// Who created it; none if the operator did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
}

impl Carries for Created {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Structure(self.structure), Retention::Life, "name", 0, &mut self.name);
    }
}

/// It has another name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Renamed {
    /// Where it is.
    pub structure: StructureId,
    /// What it is called from now on.
    pub name: Sealed<String>,
}

impl Carries for Renamed {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Structure(self.structure), Retention::Life, "name", 0, &mut self.name);
    }
}

/// It is no more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deleted {}

impl Carries for Deleted {}

/// A resource is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResourceAdded {
    /// Which.
    pub resource: ResourceId,
    /// The structure of the domain, whose name it is.
    pub structure: StructureId,
    /// What it is to be called when it is opened.
    pub name: Sealed<String>,
    /// How much of it there is to be.
    pub quantity: u32,
}

impl Carries for ResourceAdded {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Structure(self.structure), Retention::Life, "name", 0, &mut self.name);
    }
}

/// A resource is no longer in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResourceRemoved {
    /// Which.
    pub resource: ResourceId,
}

impl Carries for ResourceRemoved {}

/// Somebody has a role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoleGranted {
    /// Which grant.
    pub grant: GrantId,
    /// On this resource; on the domain if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<ResourceId>,
    /// Who.
    pub to: Target,
    /// What they are.
    pub role: Role,
    /// The first day it counts, in the zone of the structure; at once if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The last day it counts; without end if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<Date>,
    /// Whether it counts only once it is accepted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub invitation: bool,
}

impl Carries for RoleGranted {}

/// Somebody has the role they were invited to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InvitationAccepted {
    /// The grant.
    pub grant: GrantId,
}

impl Carries for InvitationAccepted {}

/// Somebody does not want it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InvitationDeclined {
    /// The grant, which is no more.
    pub grant: GrantId,
}

impl Carries for InvitationDeclined {}

/// A role is no longer granted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoleRevoked {
    /// The grant, which is no more.
    pub grant: GrantId,
}

impl Carries for RoleRevoked {}

/// From this role up one sees who booked and what for; the others see busy and free.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DetailsShownFrom {
    /// The least role that sees it.
    pub role: Role,
}

impl Carries for DetailsShownFrom {}
