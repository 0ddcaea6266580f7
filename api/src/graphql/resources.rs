//! Resources themselves: making them, their rules, closures and end (`booking.md`, Roles and A booking).
//!
//! Invariant: a resource is made and deleted by the MANAGER of its domain or who administers the structure; everything
//! else of it is changed by them or by its own MANAGER.

mod rules;
mod shown;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::booking::slot::Wall;
use domain::resource::{Command, Event, Refusal, Resource as Decided};
use domain::{ClosureId, DomainId, GroupId, ResourceId, StreamId};
use projections::World;
use projections::resources::On;

use self::rules::ResourceRulesInput;
use self::shown::WeekStatistics;
pub use self::shown::{ResourceClosure, ResourceDetails, details};
use super::acting::{Acting, Asked, group, name};
use super::bookings::{facts as booking, refused};
use super::common::{Day, Global, Position, Ulid, UserError, WallTime};
use super::domains::facts::manages;
use super::domains::resource::{Resource, add};
use super::timetable::OnClosure;
use crate::failure::{Failure, Result};
use crate::node::{Carried, Order, PATIENCE};
use crate::rights::Rights;

/// A resource to be made.
#[derive(Debug, InputObject)]
pub struct CreateResourceInput {
    domain: ID,
    /// 1 to 100 characters.
    name: String,
    /// How much of it there is: one room, thirty tablets.
    #[graphql(default = 1)]
    quantity: u32,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// A resource to be called another way.
#[derive(Debug, InputObject)]
pub struct RenameResourceInput {
    resource: ID,
    /// 1 to 100 characters.
    name: String,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// How much of a resource there is from now on.
#[derive(Debug, InputObject)]
pub struct SetResourceQuantityInput {
    resource: ID,
    quantity: u32,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// The rules of a resource: all of them, as they are to be.
#[derive(Debug, InputObject)]
pub struct SetResourceRulesInput {
    resource: ID,
    rules: ResourceRulesInput,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// A time in which a resource is closed.
#[derive(Debug, InputObject)]
pub struct CloseResourceInput {
    resource: ID,
    /// What a clock on the wall shows at its beginning.
    start: WallTime,
    /// What it shows at its end.
    end: WallTime,
    /// What becomes of bookings in its way; `SUSPEND` if left out.
    in_the_way: Option<OnClosure>,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// A closure to be lifted.
#[derive(Debug, InputObject)]
pub struct LiftResourceClosureInput {
    resource: ID,
    closure: ID,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// A resource to be deleted.
#[derive(Debug, InputObject)]
pub struct DeleteResourceInput {
    resource: ID,
    /// Cancel what is booked from now on. Needs a reason, which the owners read.
    #[graphql(default)]
    cancel_future: bool,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// The resource as it is now, or why nothing was done.
#[derive(Debug, SimpleObject)]
pub struct ResourcePayload {
    /// Null if it was refused, or is gone.
    resource: Option<Resource>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// How many dates were suspended, refused or cancelled by it.
    affected: u32,
    /// What the answer rests on.
    position: Position,
}

/// What can be asked about resources.
#[derive(Debug, Default)]
pub struct ResourcesQuery;

/// Queries.
#[Object]
impl ResourcesQuery {
    /// A resource; null if it is not there or not for the caller to see.
    async fn resource(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Resource>> {
        let (acting, id) = (Acting::of(ctx)?, ResourceId::read(&id, "id")?);
        Ok(acting.look(|world, rights| Resource::by_id(&acting, world, rights, id)))
    }

    /// How much of each resource is taken, week by week, of 1 to 50 resources that the caller manages, over 53 weeks at
    /// most.
    async fn booking_statistics(
        &self,
        ctx: &Context<'_>,
        resources: Vec<ID>,
        from: Day,
        through: Day,
    ) -> Result<Vec<WeekStatistics>> {
        let acting = Acting::of(ctx)?;
        if !(1..=50).contains(&resources.len()) {
            return Err(Failure::BadInput("resources", "1 to 50 resources"));
        }
        if !(0..=53 * 7).contains(&(through.0 - from.0).num_days()) {
            return Err(Failure::BadInput("through", "a day from `from` on, 53 weeks later at most"));
        }
        let ids = super::acting::ids::<ResourceId>(&resources, "resources")?;
        acting.look(|world, rights| shown::statistics(&acting, world, rights, &ids, (from.0, through.0)))
    }
}

/// What can be done with resources.
#[derive(Debug, Default)]
pub struct ResourcesMutation;

/// Mutations.
#[Object]
impl ResourcesMutation {
    /// Makes a resource in a domain.
    async fn create_resource(
        &self,
        ctx: &Context<'_>,
        input: CreateResourceInput,
    ) -> Result<ResourcePayload> {
        let (acting, domain) = (Acting::of(ctx)?, DomainId::read(&input.domain, "domain")?);
        let name = name(&input.name)?;
        let asked = Asked::new("createResource", &input, input.idempotency_key, input.reason.as_deref());
        let check = |world: &World, rights: &Rights| manages(&acting, world, rights, On::Domain(domain));
        let (order, ()) = acting.order(asked, check).await?;
        let resource = ResourceId::derived(order.meta.command, 0);
        let added = add(&acting, &order, domain, resource, name, input.quantity).await?;
        if let Some(refusal) = added.refusal {
            let user_errors = vec![acting.refused(refusal, None)];
            let position = Position(added.position);
            return Ok(ResourcePayload { resource: None, user_errors, affected: 0, position });
        }
        // What was added is opened by the process of resources, now or after a crash.
        let is_open = |world: &World| world.calendars.get(resource).is_some();
        settled(&acting, is_open).await;
        Ok(answered(&acting, resource, vec![], acting.front.node.live().position(), 0))
    }

    /// Calls a resource another way.
    async fn rename_resource(
        &self,
        ctx: &Context<'_>,
        input: RenameResourceInput,
    ) -> Result<ResourcePayload> {
        let (acting, resource) = (Acting::of(ctx)?, ResourceId::read(&input.resource, "resource")?);
        let name = name(&input.name)?;
        let asked = Asked::new("renameResource", &input, input.idempotency_key, input.reason.as_deref());
        let order = managed(&acting, asked, resource).await?;
        carry(&acting, &order, resource, Command::Rename { name }).await
    }

    /// Says how much of a resource there is. With less of it, the newest bookings that no longer fit are suspended.
    async fn set_resource_quantity(
        &self,
        ctx: &Context<'_>,
        input: SetResourceQuantityInput,
    ) -> Result<ResourcePayload> {
        let (acting, resource) = (Acting::of(ctx)?, ResourceId::read(&input.resource, "resource")?);
        let asked = Asked::new("setResourceQuantity", &input, input.idempotency_key, input.reason.as_deref());
        let order = managed(&acting, asked, resource).await?;
        let (quantity, now) = (input.quantity, acting.front.node.now());
        carry(&acting, &order, resource, Command::SetQuantity { quantity, now }).await
    }

    /// Replaces the rules of a resource. What is booked already stays.
    async fn set_resource_rules(
        &self,
        ctx: &Context<'_>,
        input: SetResourceRulesInput,
    ) -> Result<ResourcePayload> {
        let (acting, resource) = (Acting::of(ctx)?, ResourceId::read(&input.resource, "resource")?);
        let rules = input.rules.read()?;
        let asked = Asked::new("setResourceRules", &input, input.idempotency_key, input.reason.as_deref());
        let check = |world: &World, rights: &Rights| {
            // Whoever names a group sees it, unless the rules named it before.
            let known = world.calendars.get(resource).map(|calendar| calendar.state.rules());
            let named = |group: &GroupId| known.is_some_and(|known| known.groups().any(|it| it == *group));
            let new = rules.groups().filter(|group| !named(group));
            new.map(|id| group(world, rights, id)).collect::<Result<Vec<_>>>()?;
            manages(&acting, world, rights, On::Resource(resource))
        };
        let (order, ()) = acting.order(asked, check).await?;
        carry(&acting, &order, resource, Command::SetRules(Box::new(rules))).await
    }

    /// Closes a resource for a time.
    async fn close_resource(&self, ctx: &Context<'_>, input: CloseResourceInput) -> Result<ResourcePayload> {
        let (acting, resource) = (Acting::of(ctx)?, ResourceId::read(&input.resource, "resource")?);
        let asked = Asked::new("closeResource", &input, input.idempotency_key, input.reason.as_deref());
        let check = |world: &World, rights: &Rights| {
            let (role, ()) = manages(&acting, world, rights, On::Resource(resource))?;
            Ok((role, shown::zone(world, resource).ok_or(Failure::NotFound)?))
        };
        let (order, zone) = acting.order(asked, check).await?;
        let slot = Wall { zone, start: input.start.0, end: input.end.0 }.slot();
        let slot = match slot {
            Ok(slot) => slot,
            Err(error) => return Ok(refused_by(&acting, &Refusal::NotASlot(error))),
        };
        let closure = ClosureId::derived(order.meta.command, 0);
        let (in_the_way, now) =
            (input.in_the_way.map(Into::into).unwrap_or_default(), acting.front.node.now());
        let command = Command::Close { closure, slot, in_the_way, of_structure: false, now };
        carry(&acting, &order, resource, command).await
    }

    /// Lifts a closure of a resource. What was suspended and fits again is confirmed again.
    async fn lift_resource_closure(
        &self,
        ctx: &Context<'_>,
        input: LiftResourceClosureInput,
    ) -> Result<ResourcePayload> {
        let (acting, resource) = (Acting::of(ctx)?, ResourceId::read(&input.resource, "resource")?);
        let closure = ClosureId::read(&input.closure, "closure")?;
        let asked = Asked::new("liftResourceClosure", &input, input.idempotency_key, input.reason.as_deref());
        let order = managed(&acting, asked, resource).await?;
        let now = acting.front.node.now();
        carry(&acting, &order, resource, Command::Lift { closure, now }).await
    }

    /// Deletes a resource. Refused while it is booked in times to come, unless that is cancelled with a reason.
    async fn delete_resource(
        &self,
        ctx: &Context<'_>,
        input: DeleteResourceInput,
    ) -> Result<ResourcePayload> {
        let (acting, resource) = (Acting::of(ctx)?, ResourceId::read(&input.resource, "resource")?);
        let asked = Asked::new("deleteResource", &input, input.idempotency_key, input.reason.as_deref());
        // MANAGER of one resource creates nothing, and so deletes nothing.
        let check = |world: &World, rights: &Rights| {
            let domain = world.resources.domain_of(resource).ok_or(Failure::NotFound)?;
            booking::calendar(&acting, world, rights, resource)?;
            manages(&acting, world, rights, On::Domain(domain.id))
        };
        let (order, ()) = acting.order(asked, check).await?;
        let reason = input.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
        if input.cancel_future && reason.is_none() {
            return Ok(refused_by(&acting, &Refusal::ReasonRequired));
        }
        let cancel_future = reason.filter(|_| input.cancel_future).map(ToOwned::to_owned);
        let now = acting.front.node.now();
        let deleted = carry(&acting, &order, resource, Command::Delete { cancel_future, now }).await?;
        if deleted.user_errors.is_empty() {
            // Its domain forgets it by the process of resources, now or after a crash.
            let is_out = |world: &World| world.resources.domain_of(resource).is_none();
            settled(&acting, is_out).await;
        }
        Ok(ResourcePayload {
            resource: deleted.resource.filter(|_| !deleted.user_errors.is_empty()),
            ..deleted
        })
    }
}

/// Waits until the process of resources did its part. Later than two seconds it is done as surely.
async fn settled(acting: &Acting<'_>, is: impl Fn(&World) -> bool) {
    let mut position = acting.front.node.live().watch();
    let done = position.wait_for(|_| acting.front.node.read(&is));
    let _ = tokio::time::timeout(PATIENCE, done).await;
}

/// Takes the caller's turn, if they manage a resource.
async fn managed(acting: &Acting<'_>, asked: Asked<'_>, resource: ResourceId) -> Result<Order> {
    let check = |world: &World, rights: &Rights| manages(acting, world, rights, On::Resource(resource));
    Ok(acting.order(asked, check).await?.0)
}

async fn carry(
    acting: &Acting<'_>,
    order: &Order,
    resource: ResourceId,
    command: Command,
) -> Result<ResourcePayload> {
    let carried: Carried<Event, Refusal> =
        acting.carry::<Decided>(order, &StreamId::resource(resource), command).await?;
    let errors = carried.refusal.as_ref().map(|refusal| refused::errors(acting, refusal));
    let affected = carried.events.iter().map(affected).sum();
    Ok(answered(acting, resource, errors.unwrap_or_default(), carried.position, affected))
}

/// Returns how many dates an event takes from their owners.
fn affected(event: &Event) -> u32 {
    let dates = match event {
        Event::Suspended(of) => of.dates.len(),
        Event::Refused(of) => of.dates.len(),
        Event::Cancelled(of) => of.dates.len(),
        Event::ClosureDeclined(of) => usize::try_from(of.in_the_way).unwrap_or(usize::MAX),
        _ => 0,
    };
    u32::try_from(dates).unwrap_or(u32::MAX)
}

fn refused_by(acting: &Acting<'_>, refusal: &Refusal) -> ResourcePayload {
    let (user_errors, position) = (refused::errors(acting, refusal), acting.front.node.live().position());
    ResourcePayload { resource: None, user_errors, affected: 0, position: Position(position) }
}

fn answered(
    acting: &Acting<'_>,
    resource: ResourceId,
    user_errors: Vec<UserError>,
    position: eventlog::Position,
    affected: u32,
) -> ResourcePayload {
    let shown = acting.look(|world, rights| Resource::by_id(acting, world, rights, resource));
    let resource = shown.filter(|_| user_errors.is_empty());
    ResourcePayload { resource, user_errors, affected, position: Position(position) }
}
