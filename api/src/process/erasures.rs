//! The process of erasures: destroys the keys of what two people decided to erase.
//!
//! `erasure.confirmed` → `person.erased` or `message.erased`, from which on nothing is sealed for them any more → their
//! keys are destroyed, all in one rewriting of the ring → `erasure.done`. Killed between two steps, it finds what was
//! confirmed and not done, and every step happens once however often it is tried.

use std::sync::Arc;

use domain::actor::Actor;
use domain::erasure::{Command, Erasure as Decided, What};
use domain::message::{self, Message};
use domain::person::{self, Person};
use domain::{CommandId, ErasureId, StreamId};
use eventlog::Position;
use eventlog::execute::Kept;
use eventlog::keys::{Entry, KeyError, Ring};
use projections::erasures::Erasure;

use crate::failure::{Failure, Result};
use crate::node::Node;

/// The name of the process.
pub const NAME: &str = "erasures";

/// Does everything that was confirmed and is not done, and returns the position that says so.
pub async fn perform_all(node: &Node) -> Result<Position> {
    let mut position = node.log().head();
    node.at_least(position).await?;
    let pending: Vec<Erasure> = node.read(|world| world.erasures.pending().cloned().collect());
    if pending.is_empty() {
        return Ok(position);
    }
    for erasure in &pending {
        mark(node, erasure).await?;
    }
    destroy(node, &pending).await?;
    node.forget();
    for erasure in &pending {
        let stream = StreamId::erasure(erasure.id);
        position = step::<Decided>(node, erasure.id, "finish", &stream, Command::Finish).await?.max(position);
    }
    Ok(position)
}

/// Runs until the read models stop: looks again whenever something was confirmed.
pub async fn run(node: &Node) -> Result<()> {
    let mut position = node.live().watch();
    loop {
        perform_all(node).await?;
        let something = position.wait_for(|_| node.read(|world| world.erasures.pending().next().is_some()));
        if something.await.is_err() {
            return Ok(());
        }
    }
}

/// Notes in the stream of the person or the message that it is erased.
async fn mark(node: &Node, erasure: &Erasure) -> Result<()> {
    match erasure.what {
        What::Person { person, writings } => {
            let command = person::Command::Erase { erasure: erasure.id, writings };
            step::<Person>(node, erasure.id, "mark", &StreamId::person(person), command).await?;
        }
        What::Message { message, .. } => {
            let command = message::Command::Erase { message, erasure: erasure.id };
            step::<Message>(node, erasure.id, "mark", &StreamId::message(message), command).await?;
        }
    }
    Ok(())
}

/// Destroys the keys: those of people all at once, those of single messages one by one.
async fn destroy(node: &Node, pending: &[Erasure]) -> Result<()> {
    let (mut entries, mut messages) = (vec![], vec![]);
    for erasure in pending {
        match erasure.what {
            What::Person { person, writings } => {
                entries.push(Entry::Identity(person));
                entries.extend(writings.then_some(Entry::Writing(person)));
            }
            What::Message { message, author } => {
                let stay = node.read(|world| {
                    world
                        .people
                        .number(author)
                        .map(|author| world.mailboxes.written_by(author))
                        .unwrap_or_default()
                });
                messages.push((author, message, stay));
            }
        }
    }
    let ring: Arc<Ring> = Arc::clone(node.vault().ring());
    let work = move || -> Result<(), KeyError> {
        for (author, message, stay) in messages {
            ring.destroy_message(author, message, stay)?;
        }
        ring.destroy(&entries)
    };
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Failure::Internal(Box::new(error)))?
        .map_err(|error| Failure::Internal(Box::new(error)))
}

/// Carries out a step; the same step is the same command after a crash. A refusal says that it is so already.
async fn step<D: Kept>(
    node: &Node,
    erasure: ErasureId,
    name: &str,
    stream: &StreamId,
    command: D::Command,
) -> Result<Position> {
    let parts = [b"preau.erasure.v1".as_slice(), name.as_bytes(), &erasure.to_u128().to_be_bytes()];
    let order =
        node.order_as(Actor::Process(NAME.to_owned()), CommandId::from_u128(domain::id::derive(&parts)));
    Ok(node.execute::<D>(&order, stream, command).await?.position)
}
