//! Roles: granted with a scope, by those who hold as much (`directory.md`, Scopes).
//!
//! Invariant: nobody grants or revokes more than they hold. Who reads traces is named with a reason and a last day.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::person::{Command, Person as Decided, Role};
use domain::{PersonId, StreamId, StructureId};
use projections::World;

use super::access::required;
use super::acting::{Acting, Asked, ids, over};
use super::common::{Day, Global, Position, Ulid, UserError};
use super::people::{Person, RoleName};
use crate::failure::{Failure, Result};
use crate::rights::{Right, Rights};

/// Who is to hold a role, and where.
#[derive(Debug, InputObject)]
pub struct GrantRoleInput {
    person: ID,
    role: RoleName,
    /// The structures it is held in. A platform administrator names none. An auditor, an approver of contents or a
    /// data-protection officer who names none has the whole platform.
    #[graphql(default)]
    structures: Vec<ID>,
    /// Also in all structures below.
    #[graphql(default)]
    below: bool,
    /// The last day. An auditor needs one.
    ends: Option<Day>,
    /// Why, kept sealed in the log. An auditor needs one.
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// Who is to hold a role no longer: as it was granted.
#[derive(Debug, InputObject)]
pub struct RevokeRoleInput {
    person: ID,
    role: RoleName,
    #[graphql(default)]
    structures: Vec<ID>,
    #[graphql(default)]
    below: bool,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// The person with their roles, or why nothing was changed.
#[derive(Debug, SimpleObject)]
pub struct RolePayload {
    /// Whose; null if it was refused.
    person: Option<Person>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// What can be done with roles.
#[derive(Debug, Default)]
pub struct RolesMutation;

/// Mutations.
#[Object]
impl RolesMutation {
    /// Grants a role. The same role granted again gets the new last day.
    async fn grant_role(&self, ctx: &Context<'_>, input: GrantRoleInput) -> Result<RolePayload> {
        let (acting, person) = (Acting::of(ctx)?, PersonId::read(&input.person, "person")?);
        let role = role(input.role, &input.structures, input.below)?;
        let ends = input.ends.map(|day| day.0);
        if input.role == RoleName::Auditor {
            required(input.reason.as_deref().unwrap_or_default())?;
            if ends.is_none() {
                return Err(Failure::BadInput("ends", "an auditor's role has a last day"));
            }
        }
        let asked = Asked::new("grantRole", &input, input.idempotency_key, input.reason.as_deref());
        let covers = |rights: &Rights| rights.covers(&role, ends);
        change(&acting, asked, person, &role, covers, Command::GrantRole(role.clone(), ends)).await
    }

    /// Revokes a role that was granted with this very scope.
    async fn revoke_role(&self, ctx: &Context<'_>, input: RevokeRoleInput) -> Result<RolePayload> {
        let (acting, person) = (Acting::of(ctx)?, PersonId::read(&input.person, "person")?);
        let role = role(input.role, &input.structures, input.below)?;
        let asked = Asked::new("revokeRole", &input, input.idempotency_key, input.reason.as_deref());
        // Taking away is no more than giving for a day.
        let covers = |rights: &Rights| rights.covers(&role, Some(acting.today()));
        change(&acting, asked, person, &role, covers, Command::RevokeRole(role.clone())).await
    }
}

/// Reads a role and its scope.
fn role(role: RoleName, structures: &[ID], below: bool) -> Result<Role> {
    let mut structures: Vec<StructureId> = ids(structures, "structures")?;
    structures.sort_unstable();
    structures.dedup();
    let fits = match role {
        RoleName::User => {
            Err(Failure::BadInput("role", "everybody with an account is a user: name another role"))
        }
        RoleName::PlatformAdministrator if !structures.is_empty() => {
            Err(Failure::BadInput("structures", "none for an administrator of the platform"))
        }
        RoleName::LocalAdministrator if structures.is_empty() => {
            Err(Failure::BadInput("structures", "at least one for a local administrator"))
        }
        RoleName::PlatformAdministrator
        | RoleName::LocalAdministrator
        | RoleName::Auditor
        | RoleName::ContentApprover
        | RoleName::DataProtectionOfficer => Ok(()),
    };
    fits.map(|()| Role { role: role.into(), structures, below })
}

async fn change(
    acting: &Acting<'_>,
    asked: Asked<'_>,
    person: PersonId,
    role: &Role,
    covers: impl Fn(&Rights) -> bool,
    command: Command,
) -> Result<RolePayload> {
    let check = |world: &World, rights: &Rights| {
        let (used, _, _) = over(world, rights, Right::People, person)?;
        let there = |id: &StructureId| {
            world.people.structure_no(*id).is_some_and(|number| world.people.structure(number).is_some())
        };
        if !role.structures.iter().all(there) {
            return Err(Failure::BadInput("structures", "structures that this server knows"));
        }
        covers(rights).then_some((used, ())).ok_or(Failure::Forbidden)
    };
    let (order, ()) = acting.order(asked, check).await?;
    let carried = acting.carry::<Decided>(&order, &StreamId::person(person), command).await?;
    Ok(RolePayload {
        person: Person::by_id(acting, person).filter(|_| carried.refusal.is_none()),
        user_errors: carried.refusal.iter().map(|refusal| acting.refused(refusal, Some("person"))).collect(),
        position: Position(carried.position),
    })
}
