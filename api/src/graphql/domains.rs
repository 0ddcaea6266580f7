//! Domains of resources and the roles granted on them (`booking.md`, Roles).
//!
//! Invariants: a domain is there for who has a role on it or on a resource of it, and for who administers its
//! structure; to anybody else it is not. Its MANAGER and its administrators change it and its grants, MANAGER of a
//! resource the grants on that. Nobody grants to whom or what they do not see.

mod explain;
pub mod facts;
pub mod resource;
mod shown;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use domain::actor::RoleName;
use domain::booking::role::Action;
use domain::resource_domain::{
    Answer, Command, Create, Event, Grant, Outside, Refusal, ResourceDomain as Decided, Revoke,
};
use domain::{DomainId, GrantId, PersonId, ResourceId, StreamId, StructureId};
use projections::World;
use projections::resources::On;

use self::explain::BookingRightExplanation;
use self::facts::{Granted, Managed};
use self::shown::{BookingGrant, BookingInvitation, ResourceDomain};
use super::acting::{Acting, Asked, name};
use super::common::{Day, Global, Listed, Page, Position, Ulid, UserError};
use crate::failure::Result;
use crate::node::{Carried, Order};
use crate::rights::Rights;

/// What somebody is for a domain or a resource. A later one has the rights of those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::booking::role::Role")]
pub enum BookingRole {
    /// Sees what is free.
    Visitor,
    /// Asks for bookings, which somebody validates.
    Writer,
    /// Books.
    PublishingWriter,
    /// Validates, changes and deletes the bookings of others.
    Moderator,
    /// Also creates resources and domains, and grants roles.
    Manager,
}

/// A right of the matrix of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::booking::role::Action")]
pub enum BookingAction {
    /// See when something is free.
    SeeAvailability,
    /// Create a booking.
    CreateBooking,
    /// Change a booking of one's own.
    ChangeOwn,
    /// Change somebody else's.
    ChangeOther,
    /// Validate or refuse somebody else's.
    Validate,
    /// Delete somebody else's.
    DeleteOther,
    /// Is told of bookings to validate.
    HearOfValidation,
    /// Is told when somebody passes their threshold.
    HearOfThreshold,
    /// Create a domain.
    CreateDomain,
    /// Create a resource.
    CreateResource,
}

/// Whether somebody may do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::booking::role::Answer")]
pub enum BookingAnswer {
    /// They may not.
    No,
    /// They may ask: somebody validates it.
    NeedsValidation,
    /// They may.
    Yes,
}

/// A domain to be created.
#[derive(Debug, InputObject)]
pub struct CreateDomainInput {
    /// Where.
    structure: ID,
    /// 1 to 100 characters.
    name: String,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// A domain to be called something else.
#[derive(Debug, InputObject)]
pub struct RenameDomainInput {
    domain: ID,
    /// 1 to 100 characters.
    name: String,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// An empty domain to be deleted.
#[derive(Debug, InputObject)]
pub struct DeleteDomainInput {
    domain: ID,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// Who is to see who booked and what for.
#[derive(Debug, InputObject)]
pub struct ShowBookingDetailsInput {
    domain: ID,
    /// The least role that does; those below it see busy and free.
    from: BookingRole,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// A role to be granted.
#[derive(Debug, InputObject)]
pub struct GrantBookingRoleInput {
    /// A domain, or a resource.
    on: ID,
    /// A group, or a person, that the caller sees.
    to: ID,
    role: BookingRole,
    /// The first day it counts; at once if left out.
    from: Option<Day>,
    /// The last day it counts; without end if left out.
    through: Option<Day>,
    /// A grant on the same that is revoked by this: nobody is without a role in between.
    instead_of: Option<ID>,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// Somebody to be invited.
#[derive(Debug, InputObject)]
pub struct InviteToBookingInput {
    /// A domain, or a resource.
    on: ID,
    /// Somebody whom the caller sees and who has no role there by a group.
    person: ID,
    role: BookingRole,
    /// The first day it counts; once accepted if left out.
    from: Option<Day>,
    /// The last day it counts.
    through: Day,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// A grant or an invitation to be revoked.
#[derive(Debug, InputObject)]
pub struct RevokeBookingRoleInput {
    grant: ID,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// An invitation of the caller that they accept.
#[derive(Debug, InputObject)]
pub struct AcceptInvitationInput {
    invitation: ID,
    idempotency_key: Ulid,
}

/// An invitation of the caller that they decline.
#[derive(Debug, InputObject)]
pub struct DeclineInvitationInput {
    invitation: ID,
    idempotency_key: Ulid,
}

/// The domain as it is now, or why nothing was done.
#[derive(Debug, SimpleObject)]
pub struct ResourceDomainPayload {
    /// Null if it was refused, or is gone.
    domain: Option<ResourceDomain>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// The grant as it is now, or why nothing was done.
#[derive(Debug, SimpleObject)]
pub struct BookingGrantPayload {
    /// Null if it was refused, or is no more.
    grant: Option<BookingGrant>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// What can be asked about domains of resources.
#[derive(Debug, Default)]
pub struct DomainsQuery;

/// Queries.
#[Object]
impl DomainsQuery {
    /// The domains of a structure that the caller sees, in a fixed order: those on which, or on a resource of which, they
    /// have a role; all of them for who administers the structure.
    async fn domains(
        &self,
        ctx: &Context<'_>,
        structure: ID,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Listed<DomainId, ResourceDomain>> {
        let (acting, structure) = (Acting::of(ctx)?, StructureId::read(&structure, "structure")?);
        let page = Page::read(first, after.as_deref(), None, None)?;
        acting.look(|world, rights| shown::domains(&acting, world, rights, structure, &page))
    }

    /// A domain; null if it is not there or not for the caller to see.
    async fn domain(&self, ctx: &Context<'_>, id: ID) -> Result<Option<ResourceDomain>> {
        let (acting, domain) = (Acting::of(ctx)?, DomainId::read(&id, "id")?);
        acting.look(|world, rights| shown::domain(&acting, world, rights, domain))
    }

    /// The grants on a resource and on its domain, with where each comes from and why it does not count there, if so:
    /// those on the resource first. For MANAGER and for who administers the structure.
    async fn grants(
        &self,
        ctx: &Context<'_>,
        resource: ID,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Listed<GrantId, BookingGrant>> {
        let (acting, on) = (Acting::of(ctx)?, On::Resource(ResourceId::read(&resource, "resource")?));
        let page = Page::read(first, after.as_deref(), None, None)?;
        acting.look(|world, rights| {
            facts::manages(&acting, world, rights, on)?;
            shown::grants(&acting, world, on, &page)
        })
    }

    /// Who validates bookings of a resource now: groups and people. For MANAGER and for who administers the structure.
    async fn validators(&self, ctx: &Context<'_>, resource: ID) -> Result<Vec<BookingGrant>> {
        let (acting, on) = (Acting::of(ctx)?, On::Resource(ResourceId::read(&resource, "resource")?));
        acting.look(|world, rights| {
            facts::manages(&acting, world, rights, on)?;
            let validators = world.resources.which_may(&world.people, on, Action::Validate);
            Ok(validators.into_iter().map(|grant| shown::grant(&acting, world, grant, None)).collect())
        })
    }

    /// Which grant decides what somebody may do with a resource, and why each other one does not. Of oneself for who
    /// sees the resource, by the grants to oneself and one's groups; of anybody one sees for MANAGER and for who
    /// administers the structure.
    async fn explain_booking_right(
        &self,
        ctx: &Context<'_>,
        person: Option<ID>,
        resource: ID,
        action: BookingAction,
    ) -> Result<BookingRightExplanation> {
        let (acting, on) = (Acting::of(ctx)?, On::Resource(ResourceId::read(&resource, "resource")?));
        let person = person.map_or(Ok(acting.caller.person), |id| PersonId::read(&id, "person"))?;
        acting.look(|world, rights| {
            let whole = facts::explains(&acting, world, rights, on, person)?;
            explain::explained(&acting, world, on, person, action, whole)
        })
    }

    /// Invitations of the caller that they did not answer, in a fixed order.
    async fn booking_invitations(&self, ctx: &Context<'_>) -> Result<Vec<BookingInvitation>> {
        let acting = Acting::of(ctx)?;
        acting.look(|world, _| shown::invitations(&acting, world))
    }
}

/// What can be done with domains of resources.
#[derive(Debug, Default)]
pub struct DomainsMutation;

/// Mutations.
#[Object]
impl DomainsMutation {
    /// Creates a domain, of which the caller is MANAGER: for who administers the structure, and for MANAGER of another
    /// domain there.
    async fn create_domain(
        &self,
        ctx: &Context<'_>,
        input: CreateDomainInput,
    ) -> Result<ResourceDomainPayload> {
        let (acting, structure) = (Acting::of(ctx)?, StructureId::read(&input.structure, "structure")?);
        let name = name(&input.name)?;
        let asked = Asked::new("createDomain", &input, input.idempotency_key, input.reason.as_deref());
        let check = |world: &World, rights: &Rights| facts::creates(&acting, world, rights, structure);
        let (order, ()) = acting.order(asked, check).await?;
        let (domain, grant) =
            (DomainId::derived(order.meta.command, 0), GrantId::derived(order.meta.command, 0));
        let by = Some((acting.caller.person, grant));
        let command = Command::Create(Create { domain, structure, name, by });
        of_domain(&acting, &order, domain, command).await
    }

    /// Calls a domain something else: for its MANAGER and for who administers its structure.
    async fn rename_domain(
        &self,
        ctx: &Context<'_>,
        input: RenameDomainInput,
    ) -> Result<ResourceDomainPayload> {
        let (acting, domain) = (Acting::of(ctx)?, DomainId::read(&input.domain, "domain")?);
        let name = name(&input.name)?;
        let asked = Asked::new("renameDomain", &input, input.idempotency_key, input.reason.as_deref());
        let order = managed(&acting, asked, domain).await?;
        of_domain(&acting, &order, domain, Command::Rename { name }).await
    }

    /// Deletes a domain without resources: for its MANAGER and for who administers its structure.
    async fn delete_domain(
        &self,
        ctx: &Context<'_>,
        input: DeleteDomainInput,
    ) -> Result<ResourceDomainPayload> {
        let (acting, domain) = (Acting::of(ctx)?, DomainId::read(&input.domain, "domain")?);
        let asked = Asked::new("deleteDomain", &input, input.idempotency_key, input.reason.as_deref());
        let check = |world: &World, rights: &Rights| facts::deletes(&acting, world, rights, domain);
        let (order, ()) = acting.order(asked, check).await?;
        of_domain(&acting, &order, domain, Command::Delete).await
    }

    /// Says from which role up one sees who booked and what for: for MANAGER of the domain and for who administers its
    /// structure.
    async fn show_booking_details(
        &self,
        ctx: &Context<'_>,
        input: ShowBookingDetailsInput,
    ) -> Result<ResourceDomainPayload> {
        let (acting, domain) = (Acting::of(ctx)?, DomainId::read(&input.domain, "domain")?);
        let asked = Asked::new("showBookingDetails", &input, input.idempotency_key, input.reason.as_deref());
        let order = managed(&acting, asked, domain).await?;
        of_domain(&acting, &order, domain, Command::ShowDetails { from: input.from.into() }).await
    }

    /// Grants a role on a domain or a resource to a group or a person: for MANAGER of it and for who administers its
    /// structure. A resource with grants of its own no longer uses those of its domain, but for MANAGER.
    async fn grant_booking_role(
        &self,
        ctx: &Context<'_>,
        input: GrantBookingRoleInput,
    ) -> Result<BookingGrantPayload> {
        let (acting, on, to) = (Acting::of(ctx)?, facts::on(&input.on)?, facts::target(&input.to)?);
        let replaced = input.instead_of.as_ref().map(|id| GrantId::read(id, "insteadOf")).transpose()?;
        let asked = Asked::new("grantBookingRole", &input, input.idempotency_key, input.reason.as_deref());
        let check = |world: &World, rights: &Rights| facts::grants(&acting, world, rights, on, to);
        let (order, found) = acting.order(asked, check).await?;
        let Granted { managed: Managed { domain, administers, today }, on, .. } = found;
        let instead_of = replaced.map(|grant| Revoke { grant, administers, today });
        let (grant, role) = (GrantId::derived(order.meta.command, 0), input.role.into());
        let (from, through) = (input.from.map(|day| day.0), input.through.map(|day| day.0));
        let granted = Grant { grant, on, to, role, from, through, invitation: None, instead_of, today };
        of_grant(&acting, &order, domain, grant, Command::Grant(granted)).await
    }

    /// Invites somebody who has no role on a domain or a resource by a group, until a day; it counts once they accept it.
    /// For MANAGER of it and for who administers its structure.
    async fn invite_to_booking(
        &self,
        ctx: &Context<'_>,
        input: InviteToBookingInput,
    ) -> Result<BookingGrantPayload> {
        let (acting, on) = (Acting::of(ctx)?, facts::on(&input.on)?);
        let to = facts::target_person(&input.person)?;
        let asked = Asked::new("inviteToBooking", &input, input.idempotency_key, input.reason.as_deref());
        let check = |world: &World, rights: &Rights| facts::grants(&acting, world, rights, on, to);
        let (order, found) = acting.order(asked, check).await?;
        let Granted { managed: Managed { domain, today, .. }, on, outside } = found;
        let (grant, role) = (GrantId::derived(order.meta.command, 0), input.role.into());
        let (from, through, invitation) =
            (input.from.map(|day| day.0), Some(input.through.0), Some(Outside(outside)));
        let granted = Grant { grant, on, to, role, from, through, invitation, instead_of: None, today };
        of_grant(&acting, &order, domain, grant, Command::Grant(granted)).await
    }

    /// Revokes a grant or an invitation: for MANAGER of what it is on and for who administers the structure. The last
    /// MANAGER of a domain is revoked by an administrator alone.
    async fn revoke_booking_role(
        &self,
        ctx: &Context<'_>,
        input: RevokeBookingRoleInput,
    ) -> Result<BookingGrantPayload> {
        let (acting, grant) = (Acting::of(ctx)?, GrantId::read(&input.grant, "grant")?);
        let asked = Asked::new("revokeBookingRole", &input, input.idempotency_key, input.reason.as_deref());
        let check = |world: &World, rights: &Rights| facts::revokes(&acting, world, rights, grant);
        let (order, found) = acting.order(asked, check).await?;
        let Managed { domain, administers, today } = found;
        let command = Command::Revoke(Revoke { grant, administers, today });
        of_grant(&acting, &order, domain, grant, command).await
    }

    /// Accepts an invitation to the caller.
    async fn accept_invitation(
        &self,
        ctx: &Context<'_>,
        input: AcceptInvitationInput,
    ) -> Result<BookingGrantPayload> {
        let (acting, grant) = (Acting::of(ctx)?, GrantId::read(&input.invitation, "invitation")?);
        let asked = Asked::new("acceptInvitation", &input, input.idempotency_key, None);
        answer(&acting, asked, grant, Command::Accept).await
    }

    /// Declines an invitation to the caller.
    async fn decline_invitation(
        &self,
        ctx: &Context<'_>,
        input: DeclineInvitationInput,
    ) -> Result<BookingGrantPayload> {
        let (acting, grant) = (Acting::of(ctx)?, GrantId::read(&input.invitation, "invitation")?);
        let asked = Asked::new("declineInvitation", &input, input.idempotency_key, None);
        answer(&acting, asked, grant, Command::Decline).await
    }
}

/// Returns an order of who manages a domain.
async fn managed(acting: &Acting<'_>, asked: Asked<'_>, domain: DomainId) -> Result<Order> {
    let check = |world: &World, rights: &Rights| facts::manages(acting, world, rights, On::Domain(domain));
    Ok(acting.order(asked, check).await?.0)
}

/// Carries out a command of a domain.
async fn of_domain(
    acting: &Acting<'_>,
    order: &Order,
    domain: DomainId,
    command: Command,
) -> Result<ResourceDomainPayload> {
    let carried = acting.carry::<Decided>(order, &StreamId::domain(domain), command).await?;
    let user_errors = errors(acting, &carried);
    let shown = |world: &World, rights: &Rights| shown::domain(acting, world, rights, domain);
    let domain = if user_errors.is_empty() { acting.look(shown)? } else { None };
    Ok(ResourceDomainPayload { domain, user_errors, position: Position(carried.position) })
}

/// Carries out a command about a grant.
async fn of_grant(
    acting: &Acting<'_>,
    order: &Order,
    domain: DomainId,
    grant: GrantId,
    command: Command,
) -> Result<BookingGrantPayload> {
    let wanted = if let Command::Grant(wanted) = &command { Some(wanted.clone()) } else { None };
    let carried = acting.carry::<Decided>(order, &StreamId::domain(domain), command).await?;
    let user_errors = errors(acting, &carried);
    let grant = acting.look(|world, _| {
        let same = || wanted.and_then(|wanted| facts::same(world, domain, &wanted));
        let row = world.resources.granted(grant).or_else(same).filter(|_| user_errors.is_empty());
        row.map(|row| shown::grant(acting, world, row, None))
    });
    Ok(BookingGrantPayload { grant, user_errors, position: Position(carried.position) })
}

/// Carries out the answer to an invitation.
async fn answer(
    acting: &Acting<'_>,
    asked: Asked<'_>,
    grant: GrantId,
    command: impl FnOnce(Answer) -> Command,
) -> Result<BookingGrantPayload> {
    let check = |world: &World, _: &Rights| Ok((RoleName::User, facts::invited(acting, world, grant)?));
    let (order, (domain, today)) = acting.order(asked, check).await?;
    let command = command(Answer { grant, by: acting.caller.person, today });
    of_grant(acting, &order, domain, grant, command).await
}

fn errors(acting: &Acting<'_>, carried: &Carried<Event, Refusal>) -> Vec<UserError> {
    let error = |refusal: &Refusal| acting.refused(refusal, field(refusal));
    carried.refusal.iter().map(error).collect()
}

/// Returns the field of the input a refusal is about.
fn field(refusal: &Refusal) -> Option<&'static str> {
    match refusal {
        Refusal::Name => Some("name"),
        Refusal::Quantity => Some("quantity"),
        Refusal::DaysOutOfOrder | Refusal::DaysPassed | Refusal::InvitationNeedsEnd => Some("through"),
        Refusal::InvitesOnePerson | Refusal::InvitedHasRole => Some("person"),
        Refusal::GrantOnOther => Some("insteadOf"),
        Refusal::UnknownResource => Some("on"),
        Refusal::Unknown
        | Refusal::Deleted
        | Refusal::Other
        | Refusal::NotEmpty
        | Refusal::TooManyResources
        | Refusal::TooManyGrants
        | Refusal::UnknownGrant
        | Refusal::InvitationAccepted
        | Refusal::InvitationDeclined
        | Refusal::RoleRevoked
        | Refusal::LastManager => None,
    }
}
