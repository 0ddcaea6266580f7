//! The process that tells people what happens to bookings (`booking.md`, Notifications).
//!
//! An event of a booking → a message from nobody to whom the matrix names. Killed in between, it finds what nobody was
//! told of and tells it; nothing is told twice.

use std::collections::BTreeSet;

use domain::actor::Actor;
use domain::booking::role::Action;

use domain::{MessageId, Meta, PersonId};
use eventlog::Position;
use projections::World;
use projections::calendars::{Untold, Whom};
use projections::dense::PersonNo;
use projections::resources::On;

use super::notices::notify;
use crate::failure::{Failure, Result};
use crate::node::Node;

/// Runs until the read models stop: looks again whenever something happened that nobody was told of.
pub async fn run(node: &Node) -> Result<()> {
    let (mut position, mut nobodys) = (node.live().watch(), BTreeSet::new());
    loop {
        tell(node, &mut nobodys).await?;
        let something = |world: &World| world.calendars.untold().any(|it| !nobodys.contains(&it.message()));
        if position.wait_for(|_| node.read(something)).await.is_err() {
            return Ok(());
        }
    }
}

/// Tells everything that nobody was told of. What there is nobody to tell is noted, and looked at no more until the next
/// start.
pub async fn tell(node: &Node, nobodys: &mut BTreeSet<MessageId>) -> Result<Position> {
    let mut position = node.log().head();
    node.at_least(position).await?;
    let untold: Vec<Untold> = node.read(|world| world.calendars.untold().copied().collect());
    for it in untold.iter().filter(|it| !nobodys.contains(&it.message())).collect::<Vec<_>>() {
        let to = if is_own(node, it).await? { vec![] } else { node.read(|world| whom(world, it)) };
        let told = if to.is_empty() { None } else { Some(notify(node, it.event, to, it.notice).await?) };
        position = told.unwrap_or(position).max(position);
        if node.read(|world| world.calendars.untold().any(|left| left.message() == it.message())) {
            nobodys.insert(it.message());
        }
    }
    Ok(position)
}

/// Returns whether somebody would be told of what they did themselves.
async fn is_own(node: &Node, it: &Untold) -> Result<bool> {
    let Whom::Owner(owner) = it.whom else { return Ok(false) };
    let found = node.log().read_all(Position(it.position - 1), 1).await.map_err(internal)?;
    let Some(recorded) = found.first() else { return Ok(false) };
    let meta: Meta = serde_json::from_slice(recorded.meta()).map_err(internal)?;
    Ok(matches!(meta.actor, Actor::Person { person, .. } if person == owner))
}

/// Returns whom the matrix names.
fn whom(world: &World, it: &Untold) -> Vec<PersonId> {
    let who_may = |action| {
        let all = world.resources.who_may(&world.people, On::Resource(it.resource), action);
        all.into_iter().filter_map(|number| world.people.id(PersonNo(number))).collect()
    };
    match it.whom {
        Whom::Owner(owner) => vec![owner],
        Whom::Validators => who_may(Action::HearOfValidation),
        Whom::Managers => who_may(Action::HearOfThreshold),
    }
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::Internal(Box::new(error))
}
