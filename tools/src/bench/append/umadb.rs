//! UmaDB over gRPC, one server for the whole run: a stream is a tag, its expected revision an append condition.
//!
//! - [`protocol`]: the messages and calls.
//!
//! Each writer has a connection of its own, made before anything is measured. An append holds if nothing with the tag
//! of its stream came after the last position its writer knows: what our log is asked with an expected revision.
//!
//! Invariant: the server listens on the loopback only, keeps everything in a temporary folder, and ends with its value.

mod protocol;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use eventlog::NewEvent;
use tempfile::TempDir;

use self::protocol::{Client, Event, MetadataEntry};
use super::super::child::{self, Foreign};
use super::super::measure::{Memory, Samples, Stopwatch, disk};
use super::log::numbered;
use super::{Case, Run, WRITERS};
use crate::failed;

/// A server on a database of its own, and connections to it.
#[derive(Debug)]
pub(super) struct Umadb {
    clients: Vec<Client>,
    server: Foreign,
    folder: TempDir,
    /// How many streams were begun.
    streams: usize,
    /// How many events it said that it has.
    acknowledged: usize,
}

impl Umadb {
    /// Starts the server and connects. Fails if the program is not there or is no UmaDB.
    pub(super) async fn start(program: &Path, scratch: Option<&Path>) -> Result<Self> {
        if !program.is_file() {
            let sentence = format!("there is no UmaDB server at {}: name its program", program.display());
            return Err(failed::not_there(sentence));
        }
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix("preau-bench-umadb-");
        let folder = scratch.map_or_else(|| builder.tempdir(), |scratch| builder.tempdir_in(scratch))?;
        let address = child::free_address()?.to_string();
        // It runs in another folder.
        let program = std::path::absolute(program)?;
        let mut server = start(&program, folder.path(), &address)?;
        let ask = async || {
            let mut client = Client::connect(&address).await?;
            client.head().await.map(|head| (client, head))
        };
        let (first, head) = server.first_answer(ask).await?;
        if head.is_some() {
            bail!("another UmaDB than the one that was started answers on {address}");
        }
        let mut clients = vec![first];
        while clients.len() < WRITERS {
            clients.push(Client::connect(&address).await.context("UmaDB takes no more connections")?);
        }
        Ok(Self { clients, server, folder, streams: 0, acknowledged: 0 })
    }

    /// Lets each writer append to a stream of its own, after the position it knows.
    pub(super) async fn own_streams(&mut self, case: Case<'_>) -> Result<Run> {
        self.run(case, case.writers).await
    }

    /// Lets all writers append to one stream: who was overtaken reads its end and tries again.
    pub(super) async fn one_stream(&mut self, case: Case<'_>) -> Result<Run> {
        self.run(case, 1).await
    }

    async fn run(&mut self, case: Case<'_>, streams: usize) -> Result<Run> {
        let first = self.streams;
        self.streams += streams;
        let watch = Stopwatch::start();
        let clients = self.clients.iter().cycle().take(case.writers).cloned();
        let writers: Vec<_> = clients
            .enumerate()
            .map(|(writer, client)| {
                let tag = format!("person-{:026}", first + writer % streams);
                let writer =
                    Writer { client, tag, event: case.payload.event.clone(), batch: case.batch, after: None };
                tokio::spawn(writer.write(watch, case.time))
            })
            .collect();
        let mut calls = Samples::default();
        for writer in writers {
            calls.append(writer.await??);
        }
        let run = Run { events: calls.len() * case.batch, seconds: watch.seconds(), calls };
        self.acknowledged += run.events;
        Ok(run)
    }

    /// Returns how many events it holds, which must be those it acknowledged: positions begin at 1 and leave none out.
    pub(super) async fn events(&mut self) -> Result<usize> {
        let client = self.clients.first_mut().context("there is no connection to UmaDB")?;
        let held = usize::try_from(client.head().await?.unwrap_or_default())?;
        if held != self.acknowledged {
            bail!(
                "UmaDB acknowledged {} events and holds {held}: it was measured wrongly",
                self.acknowledged
            );
        }
        Ok(held)
    }

    /// Returns how many bytes it takes on the disk, what it made room for included.
    pub(super) fn disk(&self) -> u64 {
        disk(&self.folder.path().join("database"))
    }

    /// Returns how much memory it takes.
    pub(super) fn memory(&self) -> Option<u64> {
        Memory::of(self.server.id()).map(|memory| memory.resident)
    }
}

/// Somebody who appends to a stream.
struct Writer {
    client: Client,
    /// The stream.
    tag: String,
    event: NewEvent,
    batch: usize,
    /// The last position of the stream that is known here.
    after: Option<u64>,
}

impl Writer {
    /// Appends until the time is over, and returns how long it took each time until the append was in.
    async fn write(mut self, watch: Stopwatch, time: Duration) -> Result<Samples> {
        let mut calls = Samples::default();
        loop {
            let call = Stopwatch::start();
            loop {
                let events = numbered(&self.event, self.batch).into_iter().map(|event| of(event, &self.tag));
                let appended = self.client.append(events.collect(), &self.tag, self.after).await?;
                if appended.is_some() {
                    self.after = appended;
                    break;
                }
                if watch.elapsed() >= time {
                    return Ok(calls);
                }
                self.after = self.client.last(&self.tag).await?;
            }
            calls.add_time(call.elapsed());
            if watch.elapsed() >= time {
                return Ok(calls);
            }
        }
    }
}

fn of(event: NewEvent, tag: &str) -> Event {
    let meta = String::from_utf8_lossy(&event.meta).into_owned();
    Event {
        event_type: event.kind.to_owned(),
        tags: vec![tag.to_owned()],
        data: event.data,
        uuid: uuid(event.id.to_u128()),
        metadata: vec![MetadataEntry { key: "meta".to_owned(), value: meta }],
    }
}

fn uuid(id: u128) -> String {
    let digits = format!("{id:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| digits.get(part).unwrap_or_default());
    parts.join("-")
}

/// Starts the server's program.
fn start(program: &Path, folder: &Path, address: &str) -> Result<Foreign> {
    let database = folder.join("database");
    fs::create_dir(&database)?;
    let mut command = Command::new(program);
    command.args(["--listen", address, "--db-path"]).arg(&database);
    // What is measured is what it does when nothing is set.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("UMADB_") {
            command.env_remove(name);
        }
    }
    Foreign::start("UmaDB", &mut command, folder)
}
