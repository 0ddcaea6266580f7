//! Imports of a structure: file received, applied in steps, report.
//!
//! Invariant: an import never runs twice at once for one structure; what it changed is in the streams it changed,
//! here stands only that it ran.

use serde::{Deserialize, Serialize};

use crate::Decider;
use crate::id::{ImportId, StructureId};
use crate::person::Source;
use crate::sealed::{Carries, Retention, Sealed, Subject, Visit};

crate::events! {
    /// Files arrived.
    Received = "import.received", schema 1;
    /// A step was applied.
    StepApplied = "import.step-applied", schema 1;
    /// A page of its report.
    Reported = "import.reported", schema 1;
    /// It ended.
    Finished = "import.finished", schema 1;
    /// It was found unfinished and given up.
    Abandoned = "import.abandoned", schema 1;
}

/// Files arrived. They are not kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Received {
    /// This run.
    pub import: ImportId,
    /// What they are.
    pub source: Source,
    /// Each of them.
    pub files: Vec<File>,
}

impl Carries for Received {}

/// A file that was imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Which table it holds.
    pub table: Table,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: Box<str>,
    /// Its size in bytes.
    pub bytes: u64,
}

/// What a file of a school's people holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Table {
    /// Pupils.
    Pupils,
    /// Teachers.
    Teachers,
    /// Relatives.
    Relatives,
}

/// A step was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepApplied {
    /// Of which run.
    pub import: ImportId,
    /// Which step.
    pub step: Step,
    /// How many streams it changed.
    pub changed: u32,
}

impl Carries for StepApplied {}

/// The steps of an import, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Step {
    /// The structure and its classes.
    Structure,
    /// People, with everything about them.
    People,
    /// Relatives and their children.
    Families,
    /// What the matrix gives to new groups.
    Rules,
}

/// A page of what it found, line by line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reported {
    /// Whose import it is.
    pub structure: StructureId,
    /// Which run.
    pub import: ImportId,
    /// The lines.
    pub report: Vec<Sealed<Line>>,
}

impl Carries for Reported {
    fn each(&mut self, visit: &mut dyn Visit) {
        for (line, index) in self.report.iter_mut().zip(0..) {
            visit.field(Subject::Structure(self.structure), Retention::Import, "report", index, line);
        }
    }
}

/// It ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finished {
    /// Which run.
    pub import: ImportId,
    /// What it counted.
    pub counts: Counts,
}

impl Carries for Finished {}

/// What an import counted in its files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Pupils.
    pub pupils: u32,
    /// Teachers.
    pub teachers: u32,
    /// Relatives.
    pub relatives: u32,
    /// Classes.
    pub classes: u32,
    /// Links of a relative to a child.
    pub links: u32,
    /// Pairs that may be one person.
    pub proposals: u32,
    /// People who were new.
    pub created: u32,
    /// People who were known and changed.
    pub changed: u32,
}

/// A line of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The table.
    pub table: Table,
    /// The line of the file, from 1.
    pub line: u32,
    /// A stable code.
    pub code: String,
    /// The line as it stood.
    pub original: String,
}

/// It was found unfinished and given up; what it had applied stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abandoned {
    /// Which run.
    pub import: ImportId,
}

impl Carries for Abandoned {}

/// What may be asked of the imports of a structure.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Begin.
    Receive(Received),
    /// Note a step.
    Apply(StepApplied),
    /// Note a page of the report.
    Report(Reported),
    /// End.
    Finish(Finished),
    /// Give up a run that was left unfinished.
    Abandon(ImportId),
}

/// Why an import may not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another one runs for this structure.
    #[error("import.runs-already")]
    RunsAlready(ImportId),
    /// It does not run.
    #[error("import.not-running")]
    NotRunning,
}

/// The imports of one structure.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Imports {
    running: Option<ImportId>,
    last: Option<ImportId>,
}

impl Imports {
    /// Returns the run that was begun and not ended.
    pub fn running(&self) -> Option<ImportId> {
        self.running
    }
}

impl Decider for Imports {
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Refusal> {
        match command {
            Command::Receive(received) => match self.running {
                Some(running) if running == received.import => Ok(vec![]),
                Some(running) => Err(Refusal::RunsAlready(running)),
                None if self.last == Some(received.import) => Ok(vec![]),
                None => Ok(vec![received.into()]),
            },
            Command::Apply(step) => self.only_running(step.import, step.into()),
            Command::Report(page) => self.only_running(page.import, page.into()),
            Command::Finish(finished) if self.last == Some(finished.import) => Ok(vec![]),
            Command::Finish(finished) => self.only_running(finished.import, finished.into()),
            Command::Abandon(import) if self.running == Some(import) => Ok(vec![Abandoned { import }.into()]),
            Command::Abandon(_) => Ok(vec![]),
        }
    }

    fn evolve(self, event: &Event) -> Self {
        match event {
            Event::Received(received) => Self { running: Some(received.import), ..self },
            Event::StepApplied(_) | Event::Reported(_) => self,
            Event::Finished(Finished { import, .. }) | Event::Abandoned(Abandoned { import }) => {
                Self { running: None, last: Some(*import) }
            }
        }
    }
}

impl Imports {
    fn only_running(&self, import: ImportId, event: Event) -> Result<Vec<Event>, Refusal> {
        if self.running == Some(import) { Ok(vec![event]) } else { Err(Refusal::NotRunning) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decider::testing::given;

    fn received(n: u128) -> Received {
        Received { import: ImportId::from_u128(n), source: Source::Onde, files: vec![] }
    }

    fn finished(n: u128) -> Finished {
        Finished { import: ImportId::from_u128(n), counts: Counts::default() }
    }

    fn reported(n: u128) -> Reported {
        let line =
            Line { table: Table::Pupils, line: 3, code: "onde.bad-date".into(), original: "x;y".into() };
        let (structure, import) = (StructureId::from_u128(1), ImportId::from_u128(n));
        Reported { structure, import, report: vec![line.into()] }
    }

    fn step(n: u128) -> StepApplied {
        StepApplied { import: ImportId::from_u128(n), step: Step::People, changed: 3 }
    }

    #[test]
    fn an_import_never_runs_twice_at_once() {
        given::<Imports>([received(1).into()])
            .when(Command::Receive(received(2)))
            .refused(Refusal::RunsAlready(ImportId::from_u128(1)));
        given::<Imports>([received(1).into()]).when(Command::Receive(received(1))).already_so();
    }

    #[test]
    fn the_next_begins_when_one_ended_or_was_given_up() {
        let abandoned = Abandoned { import: ImportId::from_u128(1) };
        for end in [finished(1).into(), abandoned.into()] {
            given::<Imports>([received(1).into(), end])
                .when(Command::Receive(received(2)))
                .then([received(2).into()]);
        }
    }

    #[test]
    fn only_a_running_import_applies_steps_and_ends() {
        given::<Imports>([]).when(Command::Apply(step(1))).refused(Refusal::NotRunning);
        given::<Imports>([]).when(Command::Finish(finished(1))).refused(Refusal::NotRunning);
        given::<Imports>([]).when(Command::Report(reported(1))).refused(Refusal::NotRunning);
        given::<Imports>([received(1).into()]).when(Command::Report(reported(1))).then([reported(1).into()]);
        given::<Imports>([received(1).into()]).when(Command::Apply(step(1))).then([step(1).into()]);
        given::<Imports>([received(1).into()]).when(Command::Finish(finished(1))).then([finished(1).into()]);
    }

    #[test]
    fn ending_and_giving_up_can_be_repeated() {
        let ended = || [received(1).into(), finished(1).into()];
        given::<Imports>(ended()).when(Command::Finish(finished(1))).already_so();
        given::<Imports>(ended()).when(Command::Abandon(ImportId::from_u128(1))).already_so();
    }
}
