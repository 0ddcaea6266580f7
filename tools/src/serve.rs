//! `preau serve`: opens, builds the read models, listens, and ends well on SIGTERM or Ctrl-C.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use api::front::Front;
use api::graphql::schema::schema;
use api::http::{self, router};
use api::operator::{self, Carry, Socket};
use api::process::retention::Delays;
use api::{Node, process};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::cli::Serve;
use crate::settings::Settings;
use crate::{beside, failed, opened, say};

/// Serves a data directory until told to stop.
pub async fn serve(args: Serve) -> Result<()> {
    let variable = |name: &str| std::env::var(name).ok();
    let settings = Settings::gather(&args.flags, &args.serving, variable)?;
    let manner = Manner {
        introspection: settings.introspection()?,
        interval: settings.checkpoint_interval()?,
        delays: settings.retention()?,
    };
    let matrices = settings.matrices()?;
    // The address first: who cannot listen need not read the whole log.
    let listener = listen(settings.listen()).await?;
    let data = settings.data();
    let opened = opened::to_read(&settings, true)?;
    let empty = opened.log.head() == eventlog::Position::START;
    let node = Arc::new(opened::node(opened).await?.with_matrices(matrices));
    if empty {
        say(&format!(
            "{} is empty: make the first administrator with `preau admin create --data {0} --login …` \
             before serving.\n",
            data.display()
        ))?;
    }
    let ready = |url: &str| say(&format!("Préau listens on {url}\n"));
    on(listener, Arc::clone(&node), &data, manner, ready).await?;
    if args.digests {
        // Nothing is written any more: what was acknowledged is what the models are to have seen.
        crate::bulk::caught_up(&node, node.log().head()).await?;
        say(&format!("{}\n", node.read(crate::models::digests)))?;
    }
    Ok(())
}

/// Binds an address, which may name port 0 for a free one.
pub async fn listen(address: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        failed::input(format!("--listen {address}: {error}; name an address of this machine and a free port"))
    })
}

/// How a directory is served.
#[derive(Debug)]
pub struct Manner {
    /// Whether introspection is answered.
    pub introspection: bool,
    /// How often a checkpoint of the log is signed if it grew; one is before the server ends.
    pub interval: Duration,
    /// After how many months what ends by the month ends.
    pub delays: Delays,
}

/// Serves `node` on `listener` and on the operator's socket, with its processes; `ready` hears the address.
pub async fn on(
    listener: TcpListener,
    node: Arc<Node>,
    data: &Path,
    manner: Manner,
    ready: impl FnOnce(&str) -> Result<()>,
) -> Result<()> {
    let Manner { introspection, interval, delays } = manner;
    let front = Arc::new(Front::open(Arc::clone(&node), data)?);
    let router =
        router(Arc::clone(&front), schema(Arc::clone(&front), introspection), http::Settings::default());
    let (stopping, told) = watch::channel(false);
    let (asks, mut asked) = mpsc::channel(1);
    let operator = operator(&node, data, beside::carrier(Arc::clone(&node), delays.clone(), asks), told);
    let processes = processes(&node, delays);
    let (end, told) = watch::channel(false);
    let (signed, tlog) = (Arc::clone(&node), data.join("tlog"));
    let checkpoints =
        tokio::spawn(async move { checkpoints(signed, tlog, interval, told, &mut asked).await });
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    ready(&format!("http://{}", listener.local_addr()?))?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stopping.send_replace(true);
    };
    let served = http::serve(listener, router, stop).await;
    if let Some(operator) = operator {
        operator.await.context("the operator's socket")?;
    }
    front.refusals.settle().await;
    for process in processes {
        process.abort();
    }
    // Last: what was acknowledged is in the log, and is signed for.
    end.send_replace(true);
    checkpoints.await.context("signing a checkpoint failed")?;
    served.context("serving failed")
}

/// Listens on the operator's socket until told to stop. A server without one serves all the same, and says so.
fn operator(
    node: &Arc<Node>,
    data: &Path,
    carry: Carry,
    mut told: watch::Receiver<bool>,
) -> Option<JoinHandle<()>> {
    let path = operator::path(data);
    let socket = match Socket::bind(data) {
        Ok(socket) => socket,
        Err(error) => {
            tracing::warn!(
                "{}: {error}; commands of the operator, such as `preau backup`, cannot ask this server",
                path.display()
            );
            return None;
        }
    };
    let router = operator::router(Arc::clone(node), carry);
    Some(tokio::spawn(async move {
        // Whoever told is gone: that is the end as well.
        let stop = async move { drop(told.wait_for(|stopping| *stopping).await) };
        if let Err(error) = socket.serve(router, stop).await {
            tracing::error!(%error, "the operator's socket failed");
        }
    }))
}

/// How long a process that failed rests before it looks again: its steps can all be repeated.
const REST: Duration = Duration::from_secs(1);

fn processes(node: &Arc<Node>, delays: Delays) -> [JoinHandle<()>; 10] {
    [
        kept("clock", node, |node| async move { process::clock::run(&node).await }),
        kept("logins", node, |node| async move { process::logins::run(&node).await }),
        kept("erasures", node, |node| async move { process::erasures::run(&node).await }),
        kept("rule-requests", node, |node| async move { process::rule_requests::run(&node).await }),
        kept("booking-notices", node, |node| async move { process::booking_notices::run(&node).await }),
        kept("booking-requests", node, |node| async move { process::booking_requests::run(&node).await }),
        kept("resources", node, |node| async move { process::resources::run(&node).await }),
        kept("snapshots", node, |node| async move { process::snapshots::run(&node).await }),
        kept("occurrences", node, |node| async move { process::occurrences::run(&node).await }),
        kept("retention", node, move |node| {
            let delays = delays.clone();
            async move { process::retention::run(&node, &delays).await }
        }),
    ]
}

/// Runs a process, and again after a rest whenever it failed.
fn kept<F: Future<Output = api::Result<()>> + Send>(
    name: &'static str,
    node: &Arc<Node>,
    run: impl Fn(Arc<Node>) -> F + Send + 'static,
) -> JoinHandle<()> {
    let node = Arc::clone(node);
    tokio::spawn(async move {
        while again(name, run(Arc::clone(&node)).await) {
            tokio::time::sleep(REST).await;
        }
    })
}

async fn checkpoints(
    node: Arc<Node>,
    tlog: PathBuf,
    interval: Duration,
    mut end: watch::Receiver<bool>,
    asked: &mut mpsc::Receiver<oneshot::Sender<Option<String>>>,
) {
    while again("checkpoints", process::checkpoints::run(&node, &tlog, interval, end.clone(), asked).await) {
        // At the end nobody tries again: the next start does.
        tokio::select! {
            () = tokio::time::sleep(REST) => {}
            _ = end.wait_for(|end| *end) => return,
        }
    }
}

/// Returns whether a process is to run again: it failed, and did not end because the read models did.
fn again(name: &'static str, end: api::Result<()>) -> bool {
    match end {
        Ok(()) => false,
        Err(failure) => {
            tracing::error!(process = name, ?failure, "a process failed and begins again");
            true
        }
    }
}
