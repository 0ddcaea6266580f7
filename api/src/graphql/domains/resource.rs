//! A resource, as far as its domain knows it: which it is, and what the caller is for it.

use async_graphql::{Context, ID, Object};
use domain::resource_domain::{Command, Event, Refusal, ResourceDomain as Decided};
use domain::{DomainId, ResourceId, StreamId};
use projections::World;
use projections::resources::On;

use super::shown::{self, ResourceDomain};
use super::{BookingRole, facts};
use crate::failure::Result;
use crate::graphql::acting::Acting;
use crate::graphql::common::Global;
use crate::graphql::resources::{ResourceDetails, details};
use crate::node::{Carried, Order};
use crate::rights::Rights;

/// What can be booked: a room, a trolley of tablets, a vehicle.
#[derive(Debug, Clone)]
pub struct Resource {
    id: ResourceId,
}

impl Resource {
    /// Returns a resource, if the caller sees it.
    pub fn by_id(acting: &Acting<'_>, world: &World, rights: &Rights, id: ResourceId) -> Option<Self> {
        facts::seen(acting, world, rights, On::Resource(id)).ok().map(|_| Self { id })
    }
}

/// A resource.
#[Object]
impl Resource {
    /// Opaque.
    async fn id(&self) -> ID {
        self.id.global()
    }

    /// The domain it is in.
    async fn domain(&self, ctx: &Context<'_>) -> Result<Option<ResourceDomain>> {
        let acting = Acting::of(ctx)?;
        acting.look(|world, rights| {
            let domain = world.resources.domain_of(self.id).map(|domain| domain.id);
            domain.map_or(Ok(None), |domain| shown::domain(&acting, world, rights, domain))
        })
    }

    /// What it is, its rules and when it is closed.
    async fn details(&self, ctx: &Context<'_>) -> Result<Option<ResourceDetails>> {
        let acting = Acting::of(ctx)?;
        acting.look(|world, _| details(&acting, world, self.id))
    }

    /// What the caller is for it now; null for who only administers its structure.
    async fn my_role(&self, ctx: &Context<'_>) -> Result<Option<BookingRole>> {
        let acting = Acting::of(ctx)?;
        let on = On::Resource(self.id);
        let role = |world: &World| Some(world.resources.role(&world.people, on, acting.caller.person)?.0);
        Ok(acting.look(|world, _| role(world)).map(Into::into))
    }
}

/// Puts a resource into a domain. Whoever calls this has checked that the caller creates resources there; a process
/// opens it in its own stream.
pub async fn add(
    acting: &Acting<'_>,
    order: &Order,
    domain: DomainId,
    resource: ResourceId,
    name: String,
    quantity: u32,
) -> Result<Carried<Event, Refusal>> {
    let command = Command::AddResource { resource, name, quantity };
    acting.carry::<Decided>(order, &StreamId::domain(domain), command).await
}
