//! `preau bench`: how fast it is, next to what limits it and to what somebody would use instead.
//!
//! - [`data`]: an academy in a data directory; the other scenarios make theirs with it.
//! - [`append`], [`booking`], [`replay`], [`mailbox`], [`reach`], [`sign_in`]: one file for each row of what is promised.
//! - [`authority`]: somebody who reaches everybody. [`cluster`]: a PostgreSQL server to compare with.
//! - [`measure`]: stopwatch, quantiles, memory; [`report`]: tables and JSON.
//!
//! Invariant: what is compared runs in the same process tree, in turn, round after round; nothing is asserted.
#![allow(
    clippy::cast_precision_loss,
    reason = "rates and sizes are shown with a few digits; none comes near 2^52"
)]

mod append;
pub mod arguments;
mod authority;
mod booking;
mod child;
mod client;
mod cluster;
mod data;
mod mailbox;
mod measure;
mod reach;
mod replay;
mod report;
mod served;
mod sign_in;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use arguments::{Bench, Common};

/// Runs a scenario and prints what it found. Told to end, it ends the servers it started and removes what they wrote.
pub async fn bench(bench: Bench) -> Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let (stop, stopped) = oneshot::channel();
    // A task of its own: a scenario waits for nobody in much of what it does. What it is in the middle of is ended first,
    // unless it is told so once more.
    tokio::spawn(async move {
        let mut told = async || {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        told().await;
        stop.send(()).ok();
        told().await;
        std::process::exit(1);
    });
    tokio::select! {
        measured = measure(bench) => measured,
        Ok(()) = stopped => bail!("stopped before it was over"),
    }
}

async fn measure(bench: Bench) -> Result<()> {
    match bench {
        Bench::Data(args) => data::data(&args).await,
        Bench::Append(args) => append::append(&args).await,
        Bench::Booking(args) => booking::booking(&args).await,
        Bench::Replay(args) => replay::replay(&args).await,
        Bench::Mailbox(args) => mailbox::mailbox(&args).await,
        Bench::Reach(args) => reach::reach(&args).await,
        Bench::SignIn(args) => sign_in::sign_in(&args).await,
    }
}

/// Returns a folder for temporary data; it goes with the value.
fn scratch(common: &Common) -> Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix("preau-bench-");
    let made = match &common.scratch {
        Some(folder) => builder.tempdir_in(folder),
        None => builder.tempdir(),
    };
    made.with_context(|| "no temporary folder can be made: name another with --scratch".to_owned())
}
