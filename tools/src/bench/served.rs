//! A node behind its HTTP front door, in this process, on a free port of this machine.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use api::Node;
use api::front::Front;
use api::graphql::schema::schema;
use api::http::{self, Settings, router, router_of};
use async_graphql::{EmptyMutation, EmptySubscription, ObjectType, Schema};
use domain::PersonId;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A node that is served until this value goes.
pub struct Served {
    /// What every resolver has at hand.
    pub front: Arc<Front>,
    /// Where it listens.
    pub address: SocketAddr,
    /// What ends each server when it goes, and the server.
    running: Vec<(oneshot::Sender<()>, JoinHandle<std::io::Result<()>>)>,
}

impl Served {
    /// Serves `node`; sessions are kept below `data`.
    pub async fn start(node: Arc<Node>, data: &Path) -> Result<Self> {
        let front = Arc::new(Front::open(node, data)?);
        let schema = schema(Arc::clone(&front), false);
        let (listener, address) = listen().await?;
        let (running, ended) = oneshot::channel();
        let router = router(Arc::clone(&front), schema, Settings::default());
        let server = tokio::spawn(http::serve(listener, router, gone(ended)));
        Ok(Self { front, address, running: vec![(running, server)] })
    }

    /// Serves another schema through the same front door, and returns where.
    pub async fn beside<Query: ObjectType + 'static>(&mut self, query: Query) -> Result<SocketAddr> {
        let schema = Schema::build(query, EmptyMutation, EmptySubscription).data(Arc::clone(&self.front));
        let schema = schema.disable_suggestions().disable_introspection().finish();
        let (listener, address) = listen().await?;
        let (running, ended) = oneshot::channel();
        let router = router_of(Arc::clone(&self.front), schema, Settings::default());
        let server = tokio::spawn(http::serve(listener, router, gone(ended)));
        self.running.push((running, server));
        Ok(address)
    }

    /// Ends the servers, and lets go of the node.
    pub async fn stop(self) -> Result<()> {
        for (running, server) in self.running {
            drop(running);
            server.await.context("a server ended early")??;
        }
        Ok(())
    }

    /// Signs somebody in without a password, and returns the token.
    pub fn token(&self, person: PersonId) -> Result<String> {
        let begun = self.front.sessions.begin(person, false, self.front.node.now());
        Ok(begun.context("a session cannot begin")?.0.into_text())
    }
}

async fn listen() -> Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("no port of this machine is free")?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Waits until the other end is gone.
async fn gone(ended: oneshot::Receiver<()>) {
    let _ = ended.await;
}
