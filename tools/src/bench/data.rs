//! `preau bench data`: an invented academy in a data directory.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use api::Node;
use api::node::open;
use api::password::Hasher;
use eventlog::clock::SystemClock;
use serde_json::json;

use super::arguments::Data;
use super::measure::{Memory, Stopwatch, disk};
use super::report::{Cell, Report, Table};
use crate::academy::Academy;
use crate::academy::build::build;
use crate::academy::messages::{self, Enough, Written};
use crate::{demo, failed, opened};

/// An academy that was made, open.
pub(super) struct Made {
    /// The log and the read models.
    pub node: Node,
    /// The plan of it.
    pub academy: Academy,
    /// What was written.
    pub written: Written,
    stages: Table,
}

/// Makes the data directory.
pub async fn data(args: &Data) -> Result<()> {
    let Data { whom, messages, events, ref out, format } = *args;
    let asked = json!({ "people": whom.people, "seed": whom.seed, "messages": messages, "events": events,
        "out": out.display().to_string() });
    let mut report = Report::of("data", asked);
    let enough = messages.map(Enough::Sent).or(events.map(Enough::Events));
    let made = make(out, whom.people, whom.seed, enough).await?;
    let mut result = Table::new(
        "academy",
        &["people", "schools", "messages", "openings", "events", "disk_mib", "peak_mib"],
    );
    result.row([
        made.academy.people.len().into(),
        made.academy.schools.len().into(),
        made.written.sent.into(),
        made.written.openings.into(),
        Cell::Count(made.node.log().head().0),
        Cell::mebibytes(disk(out)),
        Memory::own().map_or(Cell::Missing, |memory| Cell::mebibytes(memory.peak)),
    ]);
    report.table(made.stages);
    report.table(result);
    report.note(format!("Everybody who uses their account has the password {}", demo::password(whom.seed)));
    report.print(format)
}

/// Makes an academy of `people` in the folder `out`, which holds no data yet.
pub(super) async fn make(out: &Path, people: u32, seed: u64, enough: Option<Enough>) -> Result<Made> {
    if out.join("log").is_dir() {
        let text = format!("{}: there is data here already; name a folder that is not there", out.display());
        return Err(failed::input(text));
    }
    let mut stages = Stages(Table::new("stages", &["stage", "events", "seconds", "events_per_s"]));
    let academy = stages.note("invent", None, async { Ok(Academy::invent(people, seed)) }).await?;
    let found = open(out, None, Arc::new(SystemClock)).map_err(failed::unopened)?;
    let node = Node::start(found.log, found.vault, Arc::new(SystemClock), |_, _| ()).await;
    let node = node.context("the log cannot be read")?;
    let verifier = Hasher::new()?.hash(demo::password(seed)).await;
    let verifier = verifier.map_err(|failure| anyhow!("the password cannot be hashed: {failure:?}"))?;
    let bar = opened::bar("inventing");
    let enrolling = build(&node, &academy, Some(&verifier), |_, done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    });
    stages.note("people", Some(&node), enrolling).await?;
    bar.finish_and_clear();
    let written = match enough {
        Some(enough) => {
            let writing = messages::write(&node, &academy, enough, None);
            stages.note("messages", Some(&node), writing).await?
        }
        None => Written::default(),
    };
    Ok(Made { node, academy, written, stages: stages.0 })
}

/// How long each part took.
struct Stages(Table);

impl Stages {
    async fn note<T>(
        &mut self,
        stage: &str,
        node: Option<&Node>,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let head = || node.map_or(0, |node| node.log().head().0);
        let (before, watch) = (head(), Stopwatch::start());
        let done = work.await?;
        let events = usize::try_from(head() - before).unwrap_or(usize::MAX);
        let rate = node.map(|_| watch.rate(events));
        self.0.row([stage.into(), events.into(), Cell::Measure(watch.seconds(), 2), Cell::measure(rate, 0)]);
        Ok(done)
    }
}
