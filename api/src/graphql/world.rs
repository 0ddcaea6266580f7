//! The ways into the graph: anything by its id, and the world as it is at least at a position.

use std::sync::Arc;

use async_graphql::{Context, ID, Interface, Object};
use domain::{GroupId, MessageId, PersonId, StructureId};

use super::acting::Acting;
use super::common::{Global, Instant, Position};
use super::groups::Group;
use super::messaging::{Message, message};
use super::moments::Moments;
use super::people::Person;
use super::schema::Query;
use super::structure::Structure;
use crate::failure::{Failure, Result};
use crate::front::Front;

/// Anything that has an id and can be asked for again by it (Relay, Object Identification).
#[derive(Debug, Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Opaque, the same for ever."))]
pub enum Node {
    /// A person.
    Person(Box<Person>),
    /// A structure.
    Structure(Structure),
    /// A group.
    Group(Group),
    /// A message.
    Message(Box<Message>),
}

/// What can be asked from anywhere.
#[derive(Debug, Default)]
pub struct WorldQuery;

/// Queries.
#[Object]
impl WorldQuery {
    /// A person, structure, group or message; null if it is not there or not for the caller to see.
    async fn node(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Node>> {
        let acting = Acting::of(ctx)?;
        let kind = super::common::opened(&id).map(|(kind, _)| kind).unwrap_or_default();
        Ok(match kind.as_str() {
            PersonId::KIND => {
                Person::by_id(&acting, PersonId::read(&id, "id")?).map(|found| Node::Person(Box::new(found)))
            }
            StructureId::KIND => {
                let structure = StructureId::read(&id, "id")?;
                acting.look(|world, _| Structure::by_id(world, structure)).map(Node::Structure)
            }
            GroupId::KIND => Group::by_id(&acting, GroupId::read(&id, "id")?).map(Node::Group),
            MessageId::KIND => {
                message(&acting, MessageId::read(&id, "id")?)?.map(|found| Node::Message(Box::new(found)))
            }
            _ => {
                return Err(Failure::BadInput("id", "the id of a person, a structure, a group or a message"));
            }
        })
    }

    /// The same questions, answered once this position is in the answer: read your own write on any node. Waits two
    /// seconds at most.
    async fn at_least(&self, ctx: &Context<'_>, position: Position) -> Result<Query> {
        Front::of(ctx)?.node.at_least(position.0).await?;
        Ok(Query::default())
    }

    /// The same questions, answered from the world as it was when the event at a position had happened, or the last one
    /// before an instant: directory, groups, rules, reach, folders, traces. Rights are those of today, and what was
    /// erased since stays erased. For auditors.
    async fn as_of(
        &self,
        ctx: &Context<'_>,
        position: Option<Position>,
        instant: Option<Instant>,
    ) -> Result<Query> {
        let acting = Acting::of(ctx)?;
        if !acting.look(|_, rights| rights.audits_somewhere()) {
            return Err(Failure::Forbidden);
        }
        let position = super::audit::position(&acting.front.node, position, instant).await?;
        let node = Arc::clone(&acting.front.node);
        // Apart: who gives up waiting finds it built when they ask again.
        let world = tokio::spawn(async move { node.past().at(position).await }).await;
        let world = world.map_err(|error| Failure::Internal(Box::new(error)))?;
        Moments::enter(ctx, world.map_err(|stopped| Failure::Internal(Box::new(stopped)))?);
        Ok(Query::default())
    }
}
