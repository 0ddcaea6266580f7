//! From a plan to the log: schools, everybody in them, rules.
//!
//! Invariant: people are decided and appended a few thousand at a time, so that memory does not grow with them
//! beyond the plan itself.

use anyhow::{Context as _, Result, anyhow, bail};
use api::Node;
use api::process::clock;
use domain::actor::Actor;
use domain::clock::Zone;
use domain::structure::{self, Matrix, Structure};
use domain::{Label, StreamId};
use eventlog::{Append, AppendError, Position, Ticket};

use super::enrol;
use super::plan::Academy;
use crate::bulk::{self, Undertaking};

/// How many schools are appended at once.
const SCHOOLS: usize = 256;

/// What is being built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Schools and their classes.
    Schools,
    /// Everybody, with what they are in their schools, their children, their login.
    People,
    /// Who may write to whom.
    Rules,
}

/// Builds `academy` on an empty log; `progress` hears the stage, what is done and what is to do.
///
/// With the argon2id `verifier` of a password, whoever the plan calls active has activated the account with it.
pub async fn build(
    node: &Node,
    academy: &Academy,
    verifier: Option<&str>,
    mut progress: impl FnMut(Stage, usize, usize),
) -> Result<()> {
    let undertaking = Undertaking { actor: Actor::Operator, correlation: academy.command("build", 0) };
    let running = Building { node, academy, undertaking: &undertaking };
    let schools = academy.schools.len();
    running.schools("create", |school| running.creation(school)).await?;
    clock::begin_days(node).await.map_err(|_| anyhow!("the days of the academy could not begin"))?;
    progress(Stage::Schools, schools, schools);
    enrol::everybody(node, academy, &undertaking, verifier, |done| {
        progress(Stage::People, done, academy.people.len());
    })
    .await?;
    running.schools("matrix", |school| running.rules(school)).await?;
    progress(Stage::Rules, schools, schools);
    Ok(())
}

struct Building<'a> {
    node: &'a Node,
    academy: &'a Academy,
    undertaking: &'a Undertaking,
}

impl Building<'_> {
    /// Gives every school its commands and waits for the read models.
    async fn schools(
        &self,
        step: &str,
        commands: impl Fn(usize) -> Result<Vec<structure::Command>>,
    ) -> Result<()> {
        let numbers: Vec<_> = (0..self.academy.schools.len()).collect();
        for chunk in numbers.chunks(SCHOOLS) {
            let mut appends = vec![];
            for school in chunk {
                let stream = StreamId::structure(self.academy.schools[*school].id);
                let meta = self.undertaking.meta(step, &stream);
                let executor = self.node.executor();
                match executor.prepare::<Structure>(&stream, &meta, commands(*school)?).await? {
                    Ok(append) => appends.extend(append),
                    Err(refusal) => bail!("school {school} of the academy is refused: {refusal}"),
                }
            }
            let head = appended(self.node, appends).await?;
            bulk::caught_up(self.node, head).await?;
        }
        Ok(())
    }

    fn creation(&self, school: usize) -> Result<Vec<structure::Command>> {
        let of = &self.academy.schools[school];
        let create = structure::Create {
            structure: of.id,
            uai: of.uai,
            name: label(&of.name)?,
            parent: None,
            zone: Zone::PARIS,
            matrix: matrix(of.matrix)?,
            command: self.academy.command("create", school),
        };
        let mut commands = vec![structure::Command::Create(create)];
        for class in &of.classes {
            commands.push(structure::Command::OpenClass { class: class.id, name: label(&class.name)? });
        }
        Ok(commands)
    }

    fn rules(&self, school: usize) -> Result<Vec<structure::Command>> {
        let of = &self.academy.schools[school];
        let (functions, disciplines) = self.node.read(|world| {
            let number = world.people.structure_no(of.id);
            number.map(|number| world.people.held(number)).unwrap_or_default()
        });
        let (matrix, command) = (matrix(of.matrix)?, self.academy.command("matrix", school));
        Ok(vec![structure::Command::ApplyMatrix { matrix, functions, disciplines, command }])
    }
}

/// Appends on their way to the disk: at most one lot, so that the next is made while it is written.
pub(super) struct Pending<'a> {
    node: &'a Node,
    tickets: Vec<Ticket>,
    head: Position,
}

impl<'a> Pending<'a> {
    /// Returns nothing on its way.
    pub(super) fn new(node: &'a Node) -> Self {
        Self { node, tickets: vec![], head: node.log().head() }
    }

    /// Waits for the lot before, and hands the next one over.
    pub(super) async fn push(&mut self, appends: Vec<Append>) -> Result<()> {
        // In this order: the writer is never without work.
        let next = self.node.log().append_all(appends);
        let before = std::mem::replace(&mut self.tickets, next);
        self.wait(before).await
    }

    /// Waits for the last lot, and returns the last position.
    pub(super) async fn finish(mut self) -> Result<Position> {
        let last = std::mem::take(&mut self.tickets);
        self.wait(last).await?;
        Ok(self.head)
    }

    async fn wait(&mut self, tickets: Vec<Ticket>) -> Result<()> {
        for ticket in tickets {
            match ticket.wait().await {
                Ok(appended) => self.head = self.head.max(appended.position),
                Err(AppendError::WrongExpected { .. }) => {
                    bail!("somebody else writes to this log: an academy is built on an empty one")
                }
                Err(error) => return Err(error).context("the log took no more events"),
            }
        }
        Ok(())
    }
}

/// Appends all or fails, and returns the last position.
pub(super) async fn appended(node: &Node, appends: Vec<Append>) -> Result<Position> {
    let mut pending = Pending::new(node);
    pending.push(appends).await?;
    pending.finish().await
}

pub(super) fn label(text: &str) -> Result<Label> {
    Label::parse(text).with_context(|| format!("`{text}` in the plan of the academy"))
}

fn matrix(name: &str) -> Result<Matrix> {
    Matrix::shipped(name).with_context(|| format!("no matrix called `{name}` is shipped"))
}
