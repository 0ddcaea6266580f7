//! Notices: what a process tells people, as messages from nobody.
//!
//! Invariant: the id of a notice is derived from the event that causes it and from what it says. So whoever sends it a
//! second time, after a crash, sends nothing; and one event may cause several that say different things.

#[cfg(test)]
mod tests;

use domain::actor::Actor;
use domain::message::{Command, Message, Notice, Notify};
use domain::{EventId, MessageId, PersonId, StreamId};
use eventlog::Position;
use projections::World;

use crate::failure::{Failure, Result};
use crate::node::Node;

/// The name of the process.
pub const NAME: &str = "notices";

/// Tells these people something because of an event, and returns the position that says so.
///
/// Who is erased, closed or blocked is told nothing. The models must have passed `cause`.
pub async fn notify(node: &Node, cause: EventId, to: Vec<PersonId>, notice: Notice) -> Result<Position> {
    let command = |place| notice.command(cause, place);
    let to = node.read(|world| to.into_iter().filter(|person| gets_any(world, *person)).collect());
    let all = Notify::all(to, notice, |place| MessageId::derived(command(place), 0));
    let mut position = node.live().position();
    for (place, notify) in (0..).zip(all) {
        let mut order = node.order_as(Actor::Process(NAME.to_owned()), command(place));
        order.meta.causation = Some(cause);
        let stream = StreamId::message(notify.message());
        let carried = node.execute::<Message>(&order, &stream, Command::Notify(notify)).await?;
        if let Some(refusal) = carried.refusal {
            return Err(Failure::Internal(Box::new(refusal)));
        }
        position = carried.position.max(position);
    }
    Ok(position)
}

/// Returns whether somebody gets messages at all.
fn gets_any(world: &World, person: PersonId) -> bool {
    world.people.number(person).is_some_and(|number| !world.people.is_barred(number))
}
