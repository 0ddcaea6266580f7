//! Many people at once: decided one stream each, appended in few durable writes (`architecture.md`, The log).

use anyhow::{Context as _, Result, bail};
use api::Node;
use domain::actor::Actor;
use domain::id::derive;
use domain::person::{Command, Person, Refusal};
use domain::{CommandId, Meta, PersonId, StreamId};
use eventlog::AppendError;
use eventlog::execute::meta;

/// How many streams are appended in one durable write.
const BATCH: usize = 2048;

/// An undertaking that changes many people: all its events share its command as correlation.
#[derive(Debug, Clone)]
pub struct Undertaking {
    /// Who.
    pub actor: Actor,
    /// What they share.
    pub correlation: CommandId,
}

/// What a step did.
#[derive(Debug, Default)]
pub struct Done {
    /// How many people changed.
    pub changed: u32,
    /// Who was left as they were, and why.
    pub refused: Vec<(PersonId, Refusal)>,
}

impl Undertaking {
    /// Returns the `meta` of the events of `step` in one stream: the same after a crash.
    pub fn meta(&self, step: &str, stream: &StreamId) -> Meta {
        let shared = self.correlation.to_u128().to_be_bytes();
        let command = derive(&[b"preau.step.v1", &shared, step.as_bytes(), stream.as_str().as_bytes()]);
        Meta {
            correlation: Some(self.correlation),
            ..meta(self.actor.clone(), CommandId::from_u128(command))
        }
    }

    /// Carries out `commands` on each person; `progress` hears how many are done.
    pub async fn people(
        &self,
        node: &Node,
        step: &str,
        plans: Vec<(PersonId, Vec<Command>)>,
        mut progress: impl FnMut(usize),
    ) -> Result<Done> {
        let mut done = Done::default();
        let mut head = node.log().head();
        let mut seen = 0;
        for batch in plans.chunks(BATCH) {
            let mut appends = Vec::with_capacity(batch.len());
            for (person, commands) in batch {
                let stream = StreamId::person(*person);
                let meta = self.meta(step, &stream);
                match node.executor().prepare::<Person>(&stream, &meta, commands.clone()).await? {
                    Ok(append) => appends.extend(append),
                    Err(refusal) => done.refused.push((*person, refusal)),
                }
            }
            for answer in node.executor().append_all(appends).await {
                match answer {
                    Ok(appended) => {
                        head = head.max(appended.position);
                        done.changed += 1;
                    }
                    Err(AppendError::WrongExpected { .. }) => {
                        bail!("somebody changed the same people meanwhile: run the import again")
                    }
                    Err(error) => return Err(error).context("the log took no more events"),
                }
            }
            seen += batch.len();
            progress(seen);
        }
        caught_up(node, head).await?;
        Ok(done)
    }
}

/// Waits until the read models passed `position`, however long that takes.
pub async fn caught_up(node: &Node, position: eventlog::Position) -> Result<()> {
    let mut there = node.live().watch();
    there.wait_for(|there| *there >= position).await.map(|_| ()).context("the read models stopped")
}
