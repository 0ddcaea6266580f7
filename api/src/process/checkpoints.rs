//! The checkpoint process: the Merkle tree follows the log, and a checkpoint is signed now and then, and at the end.
//!
//! Invariant: what contradicts a checkpoint or the tree ends the process loudly and is left as it is; the school
//! goes on, and nothing is signed until somebody looked.

use std::path::Path;
use std::time::Duration;

use eventlog::tlog::{Tlog, TlogError, signing_key};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::failure::{Failure, Result};
use crate::node::Node;

/// How often the tree takes in what is new: what is left to do at the end is little.
const STEP: Duration = Duration::from_secs(1);

/// How long a node that goes down waits for a tree that is still being opened.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs until `stop` says so: signs every `every` if the log grew, and once more at the end.
///
/// `directory` is where the tree lies, and is made if it is not there. Whoever is in `asked` gets a checkpoint of all
/// there is, or none if there is nothing.
pub async fn run(
    node: &Node,
    directory: &Path,
    every: Duration,
    mut stop: watch::Receiver<bool>,
    asked: &mut mpsc::Receiver<oneshot::Sender<Option<String>>>,
) -> Result<()> {
    match follow(node, directory, every, &mut stop, asked).await {
        Ok(()) => Ok(()),
        Err(error @ (TlogError::Io { .. } | TlogError::Log(_))) => Err(Failure::Internal(Box::new(error))),
        Err(error) => {
            tracing::error!(%error, "no checkpoint is signed any more: the log and what was signed contradict");
            Ok(())
        }
    }
}

async fn follow(
    node: &Node,
    directory: &Path,
    every: Duration,
    stop: &mut watch::Receiver<bool>,
    asked: &mut mpsc::Receiver<oneshot::Sender<Option<String>>>,
) -> Result<(), TlogError> {
    let log = &**node.log();
    let mut late = stop.clone();
    let gives_up = async move {
        let _ = late.wait_for(|stop| *stop).await;
        let _ = timeout(PATIENCE, std::future::pending::<()>()).await;
    };
    let (mut tlog, found) = tokio::select! {
        opened = Tlog::open(directory, log, signing_key(node.vault().ring())?) => opened?,
        () = gives_up => return Ok(()),
    };
    if found.cut > 0 {
        tracing::warn!(
            hashes = found.cut,
            "the tree was longer than the log; what was beyond its end was cut"
        );
    }
    let mut steps = interval(every.min(STEP));
    steps.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut due = Instant::now() + every;
    loop {
        let mut waits = None;
        let ends = tokio::select! {
            _ = steps.tick() => false,
            Some(asks) = asked.recv() => {
                waits = Some(asks);
                false
            }
            _ = stop.wait_for(|stop| *stop) => true,
        };
        tlog.extend(log, log.head()).await?;
        if ends || waits.is_some() || Instant::now() >= due {
            tlog = sign(tlog).await?;
            due = Instant::now() + every;
        }
        if let Some(waits) = waits {
            // Signing the same again gives the same note. Whoever went away needs none.
            let note = if tlog.size() > 0 { Some(tlog.checkpoint()?) } else { None };
            let _ = waits.send(note);
        }
        if ends {
            return Ok(());
        }
    }
}

/// Signs if the log grew. Syncing takes its time, so it is done where nobody waits for it.
async fn sign(mut tlog: Tlog) -> Result<Tlog, TlogError> {
    if tlog.size() == tlog.signed() {
        return Ok(tlog);
    }
    let signed = tokio::task::spawn_blocking(move || tlog.checkpoint().map(|_| tlog));
    signed.await.map_err(|error| TlogError::Bundle(std::io::Error::other(error)))?
}
