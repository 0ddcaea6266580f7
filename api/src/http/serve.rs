//! Serving, and going down without dropping what is being answered.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// How long answers on their way may take after the node was told to go down.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves `router` on `listener` until `shutdown`, then finishes what is being answered, ten seconds at most.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let (stop, late) = ending(shutdown);
    tokio::select! {
        done = axum::serve(listener, service).with_graceful_shutdown(stop) => done,
        () = late => Ok(()),
    }
}

/// Returns what tells a server to take nothing more, and what ends when it has had time enough to finish.
///
/// The second must be polled as well: it waits for `shutdown`.
pub(crate) fn ending(
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> (impl Future<Output = ()> + Send + 'static, impl Future<Output = ()> + Send + 'static) {
    let (tell, told) = oneshot::channel();
    let stop = async move { drop(told.await) };
    let late = async move {
        shutdown.await;
        tell.send(()).ok();
        tokio::time::sleep(DRAIN).await;
        tracing::warn!("some answers were not finished when the node went down");
    };
    (stop, late)
}
