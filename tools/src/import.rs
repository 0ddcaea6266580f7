//! Applying what the files of a school would change: a process in the stream `imports-<structure>`.
//!
//! Invariant: stopping between steps keeps what was applied, and running the same files again appends nothing but
//! the import's own events.

mod known;
mod people;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod walk;

use anyhow::{Context as _, Result, bail};
use api::Node;
use domain::actor::Actor;
use domain::clock::Zone;
use domain::group::Profile;
use domain::import::{self, Command, Counts, Imports, Received, Reported, Step, StepApplied, Table};
use domain::label::Uai;
use domain::person::Source;
use domain::structure::{self, Matrix, Structure};
use domain::{ClassId, CommandId, ImportId, Label, StreamId, StructureId};

use crate::bulk::{self, Undertaking};
use crate::failed;
use crate::onde::finding::Severity;
use crate::onde::plan::Plan;
use crate::onde::read::Tables;
use crate::onde::reconcile::reconcile;

/// How many lines of a report are kept in one event.
const PAGE: usize = 200;

/// From which share of people who would be missing a complete import stops until confirmed.
const MOST_MISSING: f64 = 0.2;

/// What an import is asked to do.
#[derive(Debug, Clone)]
pub struct Order {
    /// The school's code.
    pub uai: Uai,
    /// Its name, if it is new.
    pub name: Label,
    /// The matrix it has; none for the one it has already, or the default.
    pub matrix: Option<Matrix>,
    /// Where its days begin, if it is new.
    pub zone: Zone,
    /// Whether people the files no longer have are marked missing.
    pub complete: bool,
    /// The number of people the caller knows will be marked missing.
    pub confirm_missing: Option<usize>,
}

/// A school's files, compared with what is known.
pub struct Compared {
    /// The school, if it is there.
    pub structure: Option<StructureId>,
    /// What would change.
    pub plan: Plan,
}

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Outcome {
    /// The school.
    pub structure: StructureId,
    /// What was counted.
    pub counts: Counts,
    /// How many people were marked missing.
    pub missing: u32,
}

/// Compares the files with what is known. Changes nothing. A closed school takes no files.
pub fn compare(node: &Node, uai: Uai, tables: &Tables) -> Result<Compared> {
    let (structure, known, closed) = node.read(|world| {
        let (structure, known) = known::of(&world.people, uai);
        let row = world.people.structure_by_uai(uai).and_then(|number| world.people.structure(number));
        (structure, known, row.is_some_and(|row| row.closed))
    });
    if closed {
        return Err(failed::input(format!(
            "{uai}: this structure is closed; nothing was changed: have a platform administrator open it again first"
        )));
    }
    Ok(Compared { structure, plan: reconcile(tables, &known) })
}

/// Applies `compared`; `progress` hears the step and how far it is.
pub async fn apply(
    node: &Node,
    order: &Order,
    tables: &Tables,
    compared: Compared,
    run: CommandId,
    mut progress: impl FnMut(Step, usize, usize),
) -> Result<Outcome> {
    let Compared { structure, plan } = compared;
    let missing = refuse_too_many_missing(order, &plan)?;
    let structure = structure.unwrap_or_else(|| StructureId::derived(run, 0));
    let matrix = matrix_of(node, structure, order).await?;
    let running = Running {
        node,
        structure,
        import: ImportId::derived(run, 0),
        undertaking: Undertaking { actor: Actor::Operator, correlation: run },
        matrix,
    };
    running.receive(tables).await?;

    progress(Step::Structure, 0, 1);
    let classes = running.open(order, &plan).await?;
    progress(Step::Structure, 1, 1);

    let planned = people::plan(&plan, structure, &classes, run, node);
    let total = planned.own.len();
    let own =
        running.undertaking.people(node, "people", planned.own, |done| progress(Step::People, done, total));
    let own = own.await?;
    running.applied(Step::People, own.changed).await?;

    let total = planned.families.len();
    let families = running.undertaking.people(node, "families", planned.families, |done| {
        progress(Step::Families, done, total);
    });
    let families = families.await?;
    let marks = missing.iter().map(|person| (*person, vec![domain::person::Command::MarkMissing])).collect();
    let marked = running.undertaking.people(node, "missing", marks, |_| ()).await?;
    running.applied(Step::Families, families.changed).await?;
    if let Some((person, refusal)) = own.refused.first().or(families.refused.first()) {
        bail!("person {person} could not be changed ({refusal}); the rest was applied, run the import again")
    }

    progress(Step::Rules, 0, 1);
    let ruled = running.apply_matrix().await?;
    running.applied(Step::Rules, ruled).await?;
    progress(Step::Rules, 1, 1);

    let counts = counts(&plan);
    running.finish(&plan, counts).await?;
    Ok(Outcome { structure, counts, missing: marked.changed })
}

/// Returns the matrix to apply: the one the school has. Another one would add to it and take nothing away.
async fn matrix_of(node: &Node, structure: StructureId, order: &Order) -> Result<Matrix> {
    let known = node.executor().state::<Structure>(&StreamId::structure(structure)).await?;
    match (known.matrix(), &order.matrix) {
        (Some(has), Some(asked)) if *has != asked.name => Err(failed::input(format!(
            "{}: the school has the matrix `{has}`, not `{}`; leave --matrix out, nothing was changed",
            order.uai, asked.name
        ))),
        (_, Some(asked)) => Ok(asked.clone()),
        (Some(has), None) => node.matrix(has).ok_or_else(|| {
            failed::input(format!(
                "{}: the school has the matrix `{has}`: name its file with --matrix",
                order.uai
            ))
        }),
        (None, None) => Matrix::shipped(Matrix::DEFAULT).context("the default matrix cannot be read"),
    }
}

fn refuse_too_many_missing(order: &Order, plan: &Plan) -> Result<Vec<domain::PersonId>> {
    if !order.complete {
        return Ok(vec![]);
    }
    let (absent, known) = (plan.absent.len(), plan.counts.unchanged_people + plan.counts.changed_people);
    #[expect(clippy::cast_precision_loss, reason = "numbers of people of one school")]
    let share = absent as f64 / (absent + known).max(1) as f64;
    if share > MOST_MISSING && order.confirm_missing != Some(absent) {
        bail!(
            "{absent} of {} people of {} are not in these files and would be marked missing; if that is right, \
             run it again with --confirm-missing {absent}",
            absent + known,
            order.uai
        )
    }
    Ok(plan.absent.clone())
}

fn counts(plan: &Plan) -> Counts {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Counts {
        pupils: count(plan.counts.pupils),
        teachers: count(plan.counts.teachers),
        relatives: count(plan.counts.relatives),
        classes: count(plan.counts.classes),
        links: count(plan.counts.links),
        proposals: count(plan.counts.proposals),
        created: count(plan.counts.new_people),
        changed: count(plan.counts.changed_people),
    }
}

/// An import under way.
struct Running<'a> {
    node: &'a Node,
    structure: StructureId,
    import: ImportId,
    undertaking: Undertaking,
    matrix: Matrix,
}

impl Running<'_> {
    async fn receive(&self, tables: &Tables) -> Result<()> {
        let files = tables.files.iter().filter_map(|file| {
            let (sha256, bytes) = (file.sha256.clone().into(), u64::try_from(file.size).ok()?);
            Some(import::File { table: table_of(file.table?), sha256, bytes })
        });
        let received = Received { import: self.import, source: Source::Onde, files: files.collect() };
        let imports = self.node.executor().state::<Imports>(&StreamId::imports(self.structure)).await?;
        if let Some(left) = imports.running() {
            // This process owns the data directory, so whoever ran it is gone; what it had applied stays.
            self.note("abandon", Command::Abandon(left)).await?;
        }
        self.note("receive", Command::Receive(received)).await
    }

    /// Creates the structure if it is new, opens the classes, and returns every class by folded name.
    async fn open(&self, order: &Order, plan: &Plan) -> Result<Vec<(Label, ClassId)>> {
        let stream = StreamId::structure(self.structure);
        let create = structure::Create {
            structure: self.structure,
            uai: Some(order.uai),
            name: order.name.clone(),
            parent: None,
            zone: order.zone,
            matrix: self.matrix.clone(),
            command: self.undertaking.correlation,
        };
        let known = self.node.executor().state::<Structure>(&stream).await?;
        if known == Structure::default() {
            let meta = self.undertaking.meta("create", &stream);
            self.execute::<Structure>(&stream, &meta, structure::Command::Create(create)).await?;
        }
        let mut classes = Vec::with_capacity(plan.classes.len());
        let mut opened = 0;
        for (planned, index) in plan.classes.iter().zip(0..) {
            let name = Label::parse(&planned.name).with_context(|| format!("class `{}`", planned.name))?;
            let class = ClassId::derived(self.undertaking.correlation, index);
            let meta = self.undertaking.meta(&format!("class {index}"), &stream);
            let open = structure::Command::OpenClass { class, name: name.clone() };
            opened += u32::from(planned.new);
            self.execute::<Structure>(&stream, &meta, open).await?;
            let state = self.node.executor().state::<Structure>(&stream).await?;
            classes.extend(state.class(&name).map(|class| (name, class)));
        }
        self.applied(Step::Structure, opened).await?;
        Ok(classes)
    }

    async fn apply_matrix(&self) -> Result<u32> {
        let (functions, disciplines) = self.node.read(|world| {
            let number = world.people.structure_no(self.structure);
            number.map(|number| world.people.held(number)).unwrap_or_default()
        });
        let stream = StreamId::structure(self.structure);
        let meta = self.undertaking.meta("matrix", &stream);
        let (matrix, command) = (self.matrix.clone(), meta.command);
        let apply = structure::Command::ApplyMatrix { matrix, functions, disciplines, command };
        self.execute::<Structure>(&stream, &meta, apply).await
    }

    async fn applied(&self, step: Step, changed: u32) -> Result<()> {
        let applied = StepApplied { import: self.import, step, changed };
        self.note(&format!("applied {step:?}"), Command::Apply(applied)).await
    }

    async fn finish(&self, plan: &Plan, counts: Counts) -> Result<()> {
        let kept: Vec<_> = plan
            .findings
            .iter()
            .filter(|finding| finding.severity != Severity::Info)
            .map(|finding| import::Line {
                table: table_in(&finding.file),
                line: finding.line,
                code: finding.code.to_owned(),
                original: finding.original.clone(),
            })
            .collect();
        for (page, number) in kept.chunks(PAGE).zip(0_u32..) {
            let report = page.iter().cloned().map(Into::into).collect();
            let reported = Reported { structure: self.structure, import: self.import, report };
            self.note(&format!("report {number}"), Command::Report(reported)).await?;
        }
        self.note("finish", Command::Finish(import::Finished { import: self.import, counts })).await
    }

    async fn note(&self, step: &str, command: Command) -> Result<()> {
        let stream = StreamId::imports(self.structure);
        let meta = self.undertaking.meta(step, &stream);
        self.execute::<Imports>(&stream, &meta, command).await.map(|_| ())
    }

    /// Executes one command and waits for the read models; returns how many events it made.
    async fn execute<D>(&self, stream: &StreamId, meta: &domain::Meta, command: D::Command) -> Result<u32>
    where
        D: eventlog::execute::Kept<Refusal: std::fmt::Display + std::fmt::Debug>,
    {
        use eventlog::execute::NotDone;
        match self.node.executor().execute::<D>(stream, meta, command).await {
            Ok(done) => {
                bulk::caught_up(self.node, done.position).await?;
                Ok(u32::try_from(done.events.len()).unwrap_or(u32::MAX))
            }
            Err(NotDone::Refused { refusal, .. }) => bail!("the school refuses: {refusal}"),
            Err(NotDone::Fault(fault)) => Err(fault).context("the log cannot be used"),
            Err(NotDone::Mismatch | NotDone::Conflict) => {
                bail!("somebody else imports at the same time: try again")
            }
        }
    }
}

fn table_of(table: crate::onde::headers::Table) -> Table {
    use crate::onde::headers::Table as Onde;
    match table {
        Onde::Pupils => Table::Pupils,
        Onde::Teachers => Table::Teachers,
        Onde::Relatives => Table::Relatives,
    }
}

fn table_in(file: &str) -> Table {
    if file.contains("eleve") {
        Table::Pupils
    } else if file.contains("enseignant") {
        Table::Teachers
    } else {
        Table::Relatives
    }
}

/// Returns the profile the platform has for one of ONDE.
fn profile_of(profile: crate::onde::known::Profile) -> Profile {
    use crate::onde::known::Profile as Onde;
    match profile {
        Onde::Student => Profile::Student,
        Onde::Teacher => Profile::Teacher,
        Onde::Relative => Profile::Relative,
    }
}
