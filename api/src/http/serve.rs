//! Serving, and going down without dropping what is being answered.

use std::future::{Future, IntoFuture};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How long answers on their way may take after the node was told to go down.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves `router` on `listener` until `shutdown`, then finishes what is being answered, ten seconds at most.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    until(shutdown, |stop| axum::serve(listener, service).with_graceful_shutdown(stop)).await
}

/// What tells a server to take nothing more.
pub(crate) type Stop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Lets a server run until `shutdown`, and ten seconds more at most, for what is being answered.
pub(crate) async fn until<S: IntoFuture<Output = io::Result<()>>>(
    shutdown: impl Future<Output = ()> + Send + 'static,
    server: impl FnOnce(Stop) -> S,
) -> io::Result<()> {
    let (down, mut told) = watch::channel(false);
    let graceful = async move {
        shutdown.await;
        down.send_replace(true);
        // The channel stays open: a sender that is dropped would read as news.
        std::future::pending::<()>().await;
    };
    let mut stop = told.clone();
    let served = server(Box::pin(async move {
        let _ = stop.wait_for(|down| *down).await;
    }));
    let late = async move {
        let _ = told.wait_for(|down| *down).await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        done = served.into_future() => done,
        () = late => {
            tracing::warn!("some answers were not finished when the node went down");
            Ok(())
        }
        () = graceful => Ok(()),
    }
}
