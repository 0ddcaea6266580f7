//! The process of requests for changes of rules: makes what was accepted, one change after the other.
//!
//! `rule-request.accepted` → each change in the stream of its structure, in the order of the list → `rule-request.done`,
//! with what was refused meanwhile. Killed between two steps, it finds what was accepted and not done, and every step
//! happens once however often it is tried.
//!
//! Invariant: nothing opens students or relatives to each other but the groups that were accepted; what others made
//! meanwhile is looked at again before each step.

#[cfg(test)]
mod tests;

use domain::actor::Actor;
use domain::rule_request::{Command as Finish, RuleRequest as Decided, Undone};
use domain::structure::{Command, Refusal, Structure};
use domain::{CommandId, EventId, GroupId, Label, PersonId, RuleId, StreamId};
use eventlog::Position;
use projections::World;
use projections::rule_requests::{RuleRequest, State, change};

use crate::failure::{Failure, Result};
use crate::graphql::rules::change as rules;
use crate::node::{Node, Order};

/// The name of the process.
pub const NAME: &str = "rule-requests";

/// Makes everything that was accepted and is not done, and returns the position that says so.
pub async fn perform_all(node: &Node) -> Result<Position> {
    let mut position = node.log().head();
    node.at_least(position).await?;
    let pending: Vec<RuleRequest> = node.read(|world| world.rule_requests.pending().cloned().collect());
    for request in &pending {
        position = perform(node, request).await?.max(position);
    }
    Ok(position)
}

/// Runs until the read models stop: looks again whenever something was accepted.
pub async fn run(node: &Node) -> Result<()> {
    let mut position = node.live().watch();
    loop {
        perform_all(node).await?;
        let something =
            position.wait_for(|_| node.read(|world| world.rule_requests.pending().next().is_some()));
        if something.await.is_err() {
            return Ok(());
        }
    }
}

/// What was accepted, and by whom.
struct Work<'a> {
    request: &'a RuleRequest,
    by: PersonId,
    /// The event that says so.
    event: EventId,
    /// Groups of students or relatives that may open.
    accepted: &'a [GroupId],
}

async fn perform(node: &Node, request: &RuleRequest) -> Result<Position> {
    let Some(work) = Work::of(request) else { return Ok(node.live().position()) };
    let (mut undone, all) = (vec![], request.changes.len());
    for place in 0..all {
        if let Some(code) = work.step(node, place).await? {
            let code = Label::parse(&code).map_err(|error| Failure::Internal(Box::new(error)))?;
            undone.push(Undone { place: number(place), code });
        }
    }
    let (order, stream) = (work.order(node, all), StreamId::rule_request(request.id));
    Ok(node.execute::<Decided>(&order, &stream, Finish::Finish { undone }).await?.position)
}

impl<'a> Work<'a> {
    /// Returns what there is to do, if it was accepted.
    fn of(request: &'a RuleRequest) -> Option<Self> {
        let State::Accepted { by, event, accepted, .. } = &request.state else { return None };
        Some(Self { request, by: *by, event: *event, accepted })
    }

    /// Makes one change. Returns the code of the refusal, if it is refused now.
    async fn step(&self, node: &Node, place: usize) -> Result<Option<String>> {
        let order = self.order(node, place);
        let rule = RuleId::derived(order.meta.command, 0);
        let Some((stream, command)) = node.read(|world| self.prepared(world, place, rule)) else {
            return Ok(Some(Refusal::UnknownRule.to_string()));
        };
        let carried = node.execute::<Structure>(&order, &stream, command).await?;
        Ok(carried.refusal.map(|refusal| refusal.to_string()))
    }

    /// Returns the command of a step and its stream; none if what it is about is no more.
    fn prepared(&self, world: &World, place: usize, rule: RuleId) -> Option<(StreamId, Command)> {
        let rest = self.request.changes[place..].iter();
        let rest: Vec<_> = rest.map(|asked| change(&world.people, *asked)).collect::<Option<_>>()?;
        // What needs accepting is what the rest of the list leaves behind, not what it passes through: until then it
        // waits.
        let preview = world.graph.preview(&world.people, &rest);
        let opens = preview.to_accept.iter().filter_map(|group| world.people.group_id(*group));
        let opens: Vec<_> = opens.collect();
        let accepted = opens.iter().copied().filter(|group| self.accepted.contains(group)).collect();
        let first = *rest.first()?;
        let stream = rules::stream(world, &first).ok()?;
        Some((stream, rules::command(world, first, rule, opens, accepted).ok()?))
    }

    /// Returns the order of a step; the same step is the same command after a crash.
    fn order(&self, node: &Node, place: usize) -> Order {
        let command = CommandId::reaction(NAME, self.event, number(place));
        let mut order = node.order_as(Actor::Process(NAME.to_owned()), command);
        (order.meta.on_behalf_of, order.meta.causation) = (Some(self.by), Some(self.event));
        order
    }
}

/// A list has one hundred changes at most.
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
