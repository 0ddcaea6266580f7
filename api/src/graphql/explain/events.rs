//! The events that made the facts of an explanation so.
//!
//! Invariant: events are read by position; the one that linked a family is looked for in the stream of the relative.

use domain::person::Event as PersonEvent;
use domain::{Event, PersonId, StreamId};
use eventlog::Position;
use eventlog::log::Direction;
use projections::graph::explain::{Route, Step};
use projections::{PersonNo, World};

use super::words::{Links, positions};
use crate::failure::Result;
use crate::graphql::origin::Origins;
use crate::node::Node;

/// Which events an explanation rests on.
#[derive(Debug)]
pub struct Needed {
    positions: Vec<Position>,
    families: Vec<((PersonNo, PersonNo), (PersonId, PersonId))>,
}

impl Needed {
    /// Returns what ways rest on.
    pub fn of(world: &World, routes: &[Route]) -> Self {
        let steps = routes.iter().flat_map(|route| &route.steps);
        let families = steps.filter_map(|step| match step {
            Step::Family { relative, child, .. } => {
                let ids = (world.people.id(*relative)?, world.people.id(*child)?);
                Some(((*relative, *child), ids))
            }
            Step::Member { .. }
            | Step::States { .. }
            | Step::Leads(_)
            | Step::Nested { .. }
            | Step::Linked(_) => None,
        });
        Self { positions: positions(world, routes), families: families.collect() }
    }

    /// Reads them, up to a position if there is one.
    pub async fn read(self, node: &Node, until: Option<Position>) -> Result<(Origins, Links)> {
        let mut links = Links::new();
        for (numbers, (relative, child)) in self.families {
            if let Some(position) = linked(node, relative, child, until).await? {
                links.insert(numbers, position);
            }
        }
        let origins = Origins::read(node, self.positions.into_iter().chain(links.values().copied())).await?;
        Ok((origins, links))
    }
}

/// Returns where the log says last that a child is that of a relative.
async fn linked(
    node: &Node,
    relative: PersonId,
    child: PersonId,
    until: Option<Position>,
) -> Result<Option<Position>> {
    let stream = StreamId::person(relative);
    let events = node.log().read_stream(&stream, None, Direction::Backwards, usize::MAX).await?;
    let links = events.iter().filter(|event| event.kind() == "person.child-linked");
    for event in links.filter(|event| until.is_none_or(|until| event.position <= until)) {
        if let Event::Person(PersonEvent::ChildLinked(linked)) = eventlog::decode::decode(event)?
            && linked.child == child
        {
            return Ok(Some(event.position));
        }
    }
    Ok(None)
}
