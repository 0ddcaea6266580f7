//! Commands: each is decided on the state of its stream, sealed, appended; 64 at once, on one stream or on 64.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};
use domain::actor::Actor;
use domain::group::Profile;
use domain::person::{Availability, Command, Identity, Person, Register, Source};
use domain::{CommandId, PersonId, StreamId};
use eventlog::clock::SystemClock;
use eventlog::execute::{Executor, meta};

use super::super::measure::{Samples, Stopwatch};
use super::log::Log;
use super::{Run, WRITERS};

/// Carries out commands on the log that is measured.
pub(super) struct Commands {
    executor: Arc<Executor>,
    people: u64,
}

/// Numbers commands, so that none is a repetition.
static NEXT: AtomicU64 = AtomicU64::new(1);

fn command() -> CommandId {
    CommandId::from_u128(u128::from(NEXT.fetch_add(1, Ordering::Relaxed)) << 64)
}

impl Commands {
    pub(super) fn on(log: &Log) -> Self {
        let executor = Executor::new(Arc::clone(log.port()), Arc::clone(log.vault()), Arc::new(SystemClock));
        Self { executor: Arc::new(executor), people: 0 }
    }

    /// Lets 64 writers reset the passwords of `streams` people, each of them as fast as it is answered.
    pub(super) async fn run(&mut self, streams: usize, time: Duration) -> Result<Run> {
        let mut people = vec![];
        for _ in 0..streams {
            people.push(self.person().await?);
        }
        let watch = Stopwatch::start();
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (executor, stream) = (Arc::clone(&self.executor), people[writer % streams].clone());
                tokio::spawn(async move {
                    let mut calls = Samples::default();
                    loop {
                        let (call, password) = (Stopwatch::start(), verifier());
                        let change = Command::ChangePassword { verified: None, password, temporary: false };
                        let meta = meta(Actor::Operator, command());
                        executor.execute::<Person>(&stream, &meta, change).await?;
                        calls.add_time(call.elapsed());
                        if watch.elapsed() >= time {
                            return Ok::<_, anyhow::Error>(calls);
                        }
                    }
                })
            })
            .collect();
        let mut calls = Samples::default();
        for writer in writers {
            calls.append(writer.await?.context("a command was not carried out")?);
        }
        Ok(Run { events: calls.len(), seconds: watch.seconds(), calls })
    }

    /// Registers somebody with a login, and returns their stream.
    async fn person(&mut self) -> Result<StreamId> {
        self.people += 1;
        let person = PersonId::from_u128(1 << 120 | u128::from(self.people));
        let identity =
            Identity { first_name: "Odile".into(), last_name: "Roy".into(), ..Identity::default() };
        let register = Register {
            person,
            profile: Profile::Staff,
            identity,
            source: Source::Aaf,
            availability: Availability::Source,
        };
        let commands =
            vec![Command::Register(register), Command::GiveLogin(format!("odile.roy{}", self.people))];
        let stream = StreamId::person(person);
        let append =
            self.executor.prepare::<Person>(&stream, &meta(Actor::Operator, command()), commands).await?;
        let append = append.map_err(|refusal| anyhow!("nobody to command: {refusal}"))?;
        for answer in self.executor.append_all(append.into_iter().collect()).await {
            answer?;
        }
        Ok(stream)
    }
}

/// Text as long as a verifier of argon2id.
fn verifier() -> String {
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$7Yk9rV0W3m1bqQ8eJp2x5uT4hN6cZsLdKfGiOaRvXyE"
        .to_owned()
}
