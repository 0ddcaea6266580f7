//! PostGraphile on that PostgreSQL: the same page, as GraphQL over HTTP, for whoever asks.
//!
//! It is version 4, with what it does when nothing is set, and nobody has to say who they are: that is in its favour.
//!
//! Invariant: the server listens on the loopback only, and ends with its value.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tempfile::TempDir;

use super::super::child::{self, Foreign};
use super::super::client::{self, Client};
use super::postgres::Postgres;
use crate::failed;

/// The page of [`super::INBOX`], as it is called there.
const INBOX: &str = "query($me: Int!) { allDeliveries(condition: { recipient: $me }, orderBy: MESSAGE_DESC, first: 20) { nodes { messageByMessage { id subject sentAt personByAuthor { id displayName profile } } unread } pageInfo { hasNextPage endCursor } } }";

/// A server that answers from a [`Postgres`].
pub(super) struct Postgraphile {
    _server: Foreign,
    _folder: TempDir,
    pub(super) address: SocketAddr,
}

impl Postgraphile {
    /// Looks whether the program is there, before anything is measured.
    pub(super) fn check(program: &Path) -> Result<()> {
        let sentence = || format!("there is no PostGraphile at {}: name its program", program.display());
        if program.is_file() { Ok(()) } else { Err(failed::not_there(sentence())) }
    }

    /// Starts the server. Fails if the program is no PostGraphile.
    pub(super) async fn start(program: &Path, scratch: Option<&Path>, database: &Postgres) -> Result<Self> {
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix("preau-bench-postgraphile-");
        let folder = scratch.map_or_else(|| builder.tempdir(), |scratch| builder.tempdir_in(scratch))?;
        let address = child::free_address()?;
        // It runs in another folder.
        let mut command = Command::new(std::path::absolute(program)?);
        command.args(["--schema", "public", "--host", "127.0.0.1", "--port", &address.port().to_string()]);
        command.args(["--disable-graphiql", "--disable-query-log"]).env("NODE_ENV", "production");
        command.env("PGHOST", database.socket()).envs([("PGUSER", "postgres"), ("PGDATABASE", "postgres")]);
        let mut server = Foreign::start("PostGraphile", &mut command, folder.path())?;
        let hello = client::request(None, "{ __typename }", &json!({}));
        server.first_answer(async || Client::to(address)?.ask(&hello)).await?;
        Ok(Self { _server: server, _folder: folder, address })
    }

    /// Returns the requests of these people for their inboxes, each of which it must answer with something.
    pub(super) fn requests(&self, readers: &[u64]) -> Result<Vec<Vec<u8>>> {
        let requests: Vec<_> =
            readers.iter().map(|reader| client::request(None, INBOX, &json!({ "me": reader }))).collect();
        let answer =
            Client::to(self.address)?.ask(requests.first().context("nobody has anything to read")?)?;
        let text = String::from_utf8_lossy(&answer);
        ensure!(full(&answer) && text.contains("Marie-Hélène"), "PostGraphile answered {text}");
        Ok(requests)
    }
}

/// Says whether an answer is a page with something on it.
pub(super) fn full(answer: &[u8]) -> bool {
    answer.starts_with(b"{\"data\":{\"allDeliveries\":{\"nodes\":[{")
}
