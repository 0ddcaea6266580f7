//! From a plan to the log: schools, people, families, rules, logins.
//!
//! Invariant: people are decided and appended a few thousand at a time, so that memory does not grow with them
//! beyond the plan itself.

use anyhow::{Context as _, Result, bail};
use api::Node;
use api::process::{clock, logins};
use domain::actor::Actor;
use domain::clock::Zone;
use domain::group::Profile;
use domain::person::{Attached, Availability, Command, Register, Source};
use domain::structure::{self, Matrix, Structure};
use domain::{Label, PersonId, StreamId};
use eventlog::{AppendError, Position};

use super::plan::{Academy, Person, Place};
use super::schools::Post;
use crate::bulk::{self, Undertaking};

/// How many people are planned at once.
const CHUNK: usize = 8192;

/// How many schools are appended at once.
const SCHOOLS: usize = 256;

/// What is being built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Schools and their classes.
    Schools,
    /// Everybody, with what they are in their schools.
    People,
    /// Relatives and their children.
    Families,
    /// Who may write to whom.
    Rules,
    /// Logins.
    Logins,
}

/// Builds `academy` on an empty log; `progress` hears the stage, what is done and what is to do.
pub async fn build(
    node: &Node,
    academy: &Academy,
    mut progress: impl FnMut(Stage, usize, usize),
) -> Result<()> {
    let undertaking = Undertaking { actor: Actor::Operator, correlation: academy.command("build", 0) };
    let running = Building { node, academy, undertaking: &undertaking };
    let schools = academy.schools.len();
    running.schools("create", |school| running.creation(school)).await?;
    clock::begin_days(node).await.map_err(|_| anyhow::anyhow!("the days of the academy could not begin"))?;
    progress(Stage::Schools, schools, schools);
    running.people(Stage::People, |person| own(academy, person), &mut progress).await?;
    running.people(Stage::Families, |person| Ok(family(academy, person)), &mut progress).await?;
    running.schools("matrix", |school| running.rules(school)).await?;
    progress(Stage::Rules, schools, schools);
    let done = logins::give_all(node).await;
    done.map_err(|_| anyhow::anyhow!("logins could not be given: the read models did not keep up"))?;
    progress(Stage::Logins, academy.people.len(), academy.people.len());
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

    async fn people(
        &self,
        stage: Stage,
        commands: impl Fn(&Person) -> Result<Vec<Command>>,
        progress: &mut impl FnMut(Stage, usize, usize),
    ) -> Result<()> {
        let (mut before, total) = (0, self.academy.people.len());
        for chunk in self.academy.people.chunks(CHUNK) {
            let mut plans: Vec<(PersonId, Vec<Command>)> = Vec::with_capacity(chunk.len());
            for person in chunk {
                plans.push((person.id, commands(person)?));
            }
            plans.retain(|(_, commands)| !commands.is_empty());
            let step = format!("{stage:?}");
            let done = self.undertaking.people(self.node, &step, plans, |_| ()).await?;
            if let Some((person, refusal)) = done.refused.first() {
                bail!("person {person} of the academy is refused: {refusal}");
            }
            before += chunk.len();
            progress(stage, before, total);
        }
        Ok(())
    }
}

/// Appends all or fails, and returns the last position.
pub(super) async fn appended(node: &Node, appends: Vec<eventlog::Append>) -> Result<Position> {
    let mut head = node.log().head();
    for answer in node.executor().append_all(appends).await {
        match answer {
            Ok(appended) => head = head.max(appended.position),
            Err(AppendError::WrongExpected { .. }) => {
                bail!("somebody else writes to this log: an academy is built on an empty one")
            }
            Err(error) => return Err(error).context("the log took no more events"),
        }
    }
    Ok(head)
}

/// Returns what makes a person and puts them where they belong.
fn own(academy: &Academy, person: &Person) -> Result<Vec<Command>> {
    let register = Register {
        person: person.id,
        profile: person.profile,
        identity: academy.identity(person),
        source: Source::Aaf,
        availability: Availability::Source,
    };
    let mut commands = vec![Command::Register(register)];
    for (index, place) in person.places.iter().enumerate() {
        let structure = academy.schools[place.school].id;
        commands.push(Command::Attach(Attached { structure, main: index == 0, starts: None, ends: None }));
        commands.extend(within(academy, place)?);
    }
    Ok(commands)
}

fn within(academy: &Academy, place: &Place) -> Result<Vec<Command>> {
    let school = &academy.schools[place.school];
    let joined = place.classes.iter().map(|class| Command::JoinClass(school.id, school.classes[*class].id));
    let mut commands: Vec<_> = joined.collect();
    let named = place.head_teacher.iter();
    commands.extend(named.map(|class| Command::NameHeadTeacher(school.id, school.classes[*class].id)));
    for Post { function, discipline } in &place.posts {
        let discipline = discipline.map(label).transpose()?;
        commands.push(Command::GiveFunction(school.id, label(function)?, discipline));
    }
    if let Some(level) = place.level {
        commands.push(Command::SetLevels(school.id, vec![label(level)?]));
    }
    Ok(commands)
}

fn family(academy: &Academy, person: &Person) -> Vec<Command> {
    let child = |child: &u32| Command::LinkChild {
        child: academy.people[*child as usize].id,
        profile: Profile::Student,
    };
    person.children.iter().map(child).collect()
}

pub(super) fn label(text: &str) -> Result<Label> {
    Label::parse(text).with_context(|| format!("`{text}` in the plan of the academy"))
}

fn matrix(name: &str) -> Result<Matrix> {
    Matrix::shipped(name).with_context(|| format!("no matrix called `{name}` is shipped"))
}
