//! The process of resources: what stands in two streams is made whole.
//!
//! `domain.resource-added` → the resource is opened in its own stream; `resource.deleted` → its domain forgets it; periods and closures of a structure → each of its
//! resources. Each
//! step is found by a look at the models, happens once however often it is tried, and is never undone.

use domain::actor::Actor;
use domain::resource::{Command, Open, Resource};
use domain::resource_domain::{Command as OfDomain, ResourceDomain};
use domain::sealed::{Carries, Visit};
use domain::{CommandId, ResourceId, Retention, Sealed, StreamId, StructureId, Subject, Timestamp};
use eventlog::Position;
use projections::World;
use projections::calendars::{Missing, Unopened};

use crate::failure::{Failure, Result};
use crate::node::Node;

/// The name of the process.
pub const NAME: &str = "resources";

/// Makes everything whole that is not, and returns the position that says so.
pub async fn settle(node: &Node) -> Result<Position> {
    let mut position = node.log().head();
    node.at_least(position).await?;
    let unopened: Vec<(ResourceId, Unopened)> =
        node.read(|world| world.calendars.unopened().map(|(id, unopened)| (id, unopened.clone())).collect());
    for (resource, unopened) in unopened {
        position = open(node, resource, &unopened).await?.max(position);
    }
    loop {
        let now = node.now();
        let step = node.read(|world| {
            let calendar = world.calendars.unfit().next()?;
            Some((calendar.id, calendar.misses(&world.people)?))
        });
        let Some((resource, missing)) = step else { break };
        position = fit(node, resource, missing, now).await?.max(position);
    }
    let leaving: Vec<ResourceId> = node.read(|world| world.calendars.leaving().collect());
    for resource in leaving {
        position = leave(node, resource).await?.max(position);
    }
    Ok(position)
}

/// Runs until the read models stop: looks again whenever something is not whole, and moves dates to come whose rules of
/// zones changed since they were decided.
pub async fn run(node: &Node) -> Result<()> {
    rezone(node).await?;
    let mut position = node.live().watch();
    loop {
        settle(node).await?;
        let something = |world: &World| {
            let calendars = &world.calendars;
            calendars.unopened().next().is_some()
                || calendars.leaving().next().is_some()
                || calendars.unfit().next().is_some()
        };
        if position.wait_for(|_| node.read(something)).await.is_err() {
            return Ok(());
        }
    }
}

async fn open(node: &Node, resource: ResourceId, unopened: &Unopened) -> Result<Position> {
    let mut name = Name { structure: unopened.structure, name: unopened.name.text.clone() };
    let opened = node.vault().open(unopened.name.event, &mut name);
    opened.map_err(|error| Failure::Internal(Box::new(error)))?;
    let known = node.read(|world| {
        let row = world.people.structure(world.people.structure_no(unopened.structure)?)?;
        Some(row.zone)
    });
    let zone = known.unwrap_or(domain::clock::Zone::PARIS);
    let command = Command::Open(Open {
        resource,
        domain: unopened.domain,
        structure: unopened.structure,
        zone,
        // A name that was erased leaves something to book all the same.
        name: name.name.into_open().unwrap_or_else(|| "—".to_owned()),
        quantity: unopened.quantity,
        periods: vec![],
        closures: vec![],
    });
    let order =
        node.order_as(Actor::Process(NAME.to_owned()), CommandId::reaction(NAME, unopened.name.event, 0));
    Ok(node.execute::<Resource>(&order, &StreamId::resource(resource), command).await?.position)
}

/// Gives a resource one thing that its structure has and it lacks, or takes one off.
async fn fit(node: &Node, resource: ResourceId, missing: Missing, now: Timestamp) -> Result<Position> {
    let command = match missing {
        Missing::Periods(periods) => Command::SetPeriods { periods },
        Missing::Closure(closure, slot, in_the_way) => {
            Command::Close { closure, slot, in_the_way, of_structure: true, now }
        }
        Missing::Lifted(closure) => Command::Lift { closure, now },
    };
    // What it lacks is looked at anew each time, so a step that was made is not asked for again.
    let at = node.live().position().0.to_be_bytes();
    let key = domain::id::derive(&[b"preau.fit.v1", &resource.to_u128().to_be_bytes(), &at]);
    let order = node.order_as(Actor::Process(NAME.to_owned()), CommandId::from_u128(key));
    let carried = node.execute::<Resource>(&order, &StreamId::resource(resource), command).await?;
    match carried.refusal {
        Some(refusal) => Err(Failure::Internal(Box::new(refusal))),
        None => Ok(carried.position),
    }
}

async fn leave(node: &Node, resource: ResourceId) -> Result<Position> {
    let Some(domain) = node.read(|world| world.resources.domain_of(resource).map(|domain| domain.id)) else {
        return Ok(node.live().position());
    };
    let key = domain::id::derive(&[b"preau.leave.v1", &resource.to_u128().to_be_bytes()]);
    let order = node.order_as(Actor::Process(NAME.to_owned()), CommandId::from_u128(key));
    let command = OfDomain::RemoveResource { resource };
    Ok(node.execute::<ResourceDomain>(&order, &StreamId::domain(domain), command).await?.position)
}

/// Moves dates to come whose hours on the wall are other instants now than when they were decided.
async fn rezone(node: &Node) -> Result<()> {
    node.at_least(node.log().head()).await?;
    let now = node.now();
    let changed: Vec<ResourceId> = node.read(|world| {
        let changed = world.calendars.all().filter(|calendar| calendar.is_to_rezone(now));
        changed.map(|calendar| calendar.id).collect()
    });
    for resource in changed {
        // What a version of the zones changes is changed once: the next start finds nothing.
        let at = node.log().head().0.to_be_bytes();
        let key = domain::id::derive(&[b"preau.rezone.v1", &resource.to_u128().to_be_bytes(), &at]);
        let order = node.order_as(Actor::Process(NAME.to_owned()), CommandId::from_u128(key));
        node.execute::<Resource>(&order, &StreamId::resource(resource), Command::Rezone { now }).await?;
    }
    Ok(())
}

/// The name alone of a resource that is to be opened, with what its key is derived from.
struct Name {
    structure: StructureId,
    name: Sealed<String>,
}

impl Carries for Name {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Structure(self.structure), Retention::Life, "name", 0, &mut self.name);
    }
}
