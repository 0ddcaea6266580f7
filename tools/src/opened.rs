//! A data directory, opened by the operator on the machine itself.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use api::Node;
use api::node::{Opened, open};
use domain::CommandId;
use domain::actor::Actor;
use domain::id::Ulid;
use eventlog::clock::SystemClock;
use eventlog::keys::Ring;
use eventlog::vault::Vault;
use eventlog::{MemoryLog, Position};
use indicatif::{ProgressBar, ProgressStyle};
use projections::snapshot::Folder;

use crate::failed;
use crate::settings::Settings;

/// Opens the directory, making it if `may_make`, and says what was found.
pub fn directory(settings: &Settings, may_make: bool) -> Result<Opened> {
    let data = settings.data();
    if !may_make {
        must_be_there(&data)?;
    }
    let opened =
        open(&data, settings.master_key().as_deref(), Arc::new(SystemClock)).map_err(failed::unopened)?;
    if opened.keys.made_master {
        tracing::warn!(
            "a master key was made in {}: move it out of the data directory and name it with --master-key",
            data.join("keys").display()
        );
    }
    for cut in opened.report.cut.iter().chain(&opened.keys.cut) {
        tracing::warn!("{}: {cut}", data.display());
    }
    for restored in opened.report.restored.iter().chain(&opened.keys.restored) {
        tracing::warn!("{restored}");
    }
    Ok(opened)
}

/// Refuses a directory in which there is no log.
pub fn must_be_there(data: &Path) -> Result<()> {
    if data.join("log").is_dir() {
        return Ok(());
    }
    Err(failed::not_there(format!(
        "{}: there is no data here; name the directory with --data, or make one with `preau serve` or `preau import`",
        data.display()
    )))
}

/// Returns an empty node that is nowhere: to say what would happen where there is nothing yet.
pub async fn nowhere() -> Result<Node> {
    let clock: Arc<dyn eventlog::Clock> = Arc::new(SystemClock);
    let log = Arc::new(MemoryLog::new(Arc::clone(&clock)));
    let vault = Arc::new(Vault::new(Arc::new(Ring::ephemeral()?)));
    Node::start(log, vault, clock, |_, _| ()).await.context("an empty log cannot be read")
}

/// Builds the read models of an opened directory from its log alone.
pub async fn rebuilt(opened: Opened) -> Result<Node> {
    node(Opened { snapshots: Folder::nowhere(), ..opened }).await
}

/// Builds the read models of an opened directory, with a progress bar where that takes longer than a moment.
pub async fn node(opened: Opened) -> Result<Node> {
    let begun = Instant::now();
    let bar = bar("reading the log");
    let Opened { log, vault, snapshots, occurrences, .. } = opened;
    let node = Node::start_from(log, vault, Arc::new(SystemClock), snapshots, |at, head| {
        if begun.elapsed() > Duration::from_millis(500) {
            bar.set_length(head.0);
            bar.set_position(at.0);
        }
    });
    let node = node.await.context("the log cannot be read")?.with_occurrences(occurrences);
    bar.finish_and_clear();
    Ok(node)
}

/// Opens the directory to build its read models: the newest snapshot is read while the log is opened.
pub fn to_read(settings: &Settings, may_make: bool) -> Result<Opened> {
    let snapshots = Folder::of(&settings.data()).reading_ahead();
    Ok(Opened { snapshots, ..directory(settings, may_make)? })
}

/// Returns the read models of the directory the settings name, which must be there.
pub async fn existing(settings: &Settings) -> Result<Node> {
    node(to_read(settings, false)?).await
}

/// Returns a progress bar on standard error, shown only at a terminal.
pub fn bar(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:16} {bar:40} {pos}/{len}");
    ProgressBar::new(0).with_message(what).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Returns the id of a new command of the operator.
pub fn new_command() -> Result<CommandId> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(|error| anyhow::anyhow!("the machine has no randomness: {error}"))?;
    Ok(CommandId::of(&Actor::Operator, Ulid::from(u128::from_be_bytes(bits))))
}

/// Waits until everything appended so far is in the read models, then gives logins and begins days.
pub async fn settle(node: &Node) -> Result<Position> {
    crate::bulk::caught_up(node, node.log().head()).await?;
    let position =
        api::process::logins::give_all(node).await.map_err(|failure| anyhow::anyhow!("{failure:?}"))?;
    crate::bulk::caught_up(node, position).await?;
    Ok(position)
}
