//! The log, through its port; and what is appended.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Result;
use api::node::{Opened, open};
use domain::actor::Actor;
use domain::group::Profile;
use domain::person::{Availability, Event, Identity, Registered, Source};
use domain::{CommandId, EventId, Meta, PersonId, StreamId};
use eventlog::clock::SystemClock;
use eventlog::log::Append;
use eventlog::vault::Vault;
use eventlog::{EventLog, Expected, NewEvent, decode, execute, record};

use super::super::measure::{Samples, Stopwatch};
use super::{Case, Run};
use crate::failed;

/// A log in a folder of its own.
pub(super) struct Log {
    opened: Opened,
    /// How many streams were begun.
    streams: u64,
}

/// Numbers events, so that no two have the same id.
static NEXT: AtomicU64 = AtomicU64::new(1);

impl Log {
    pub(super) fn open(folder: &Path) -> Result<Self> {
        let opened = open(folder, None, Arc::new(SystemClock)).map_err(failed::unopened)?;
        Ok(Self { opened, streams: 0 })
    }

    pub(super) fn vault(&self) -> &Arc<Vault> {
        &self.opened.vault
    }

    pub(super) fn port(&self) -> &Arc<dyn EventLog> {
        &self.opened.log
    }

    pub(super) fn events(&self) -> usize {
        usize::try_from(self.opened.log.head().0).unwrap_or(usize::MAX)
    }

    /// Lets each writer append to a stream of its own, at the revision it knows.
    pub(super) async fn run(&mut self, case: Case<'_>) -> Result<Run> {
        let watch = Stopwatch::start();
        let writers: Vec<_> = (0..case.writers)
            .map(|_| {
                self.streams += 1;
                let stream = StreamId::person(PersonId::from_u128(u128::from(self.streams)));
                let (log, event) = (Arc::clone(&self.opened.log), case.payload.event.clone());
                tokio::spawn(async move {
                    let (mut expected, mut calls) = (Expected::NoStream, Samples::default());
                    loop {
                        let call = Stopwatch::start();
                        let events = numbered(&event, case.batch);
                        let append = Append { stream: stream.clone(), expected, events };
                        expected = Expected::At(log.append(append).wait().await?.revision);
                        calls.add_time(call.elapsed());
                        if watch.elapsed() >= case.time {
                            return Ok::<_, anyhow::Error>(calls);
                        }
                    }
                })
            })
            .collect();
        let mut calls = Samples::default();
        for writer in writers {
            calls.append(writer.await??);
        }
        Ok(Run { events: calls.len() * case.batch, seconds: watch.seconds(), calls })
    }
}

/// Returns so many of an event, each with an id of its own.
pub(super) fn numbered(event: &NewEvent, count: usize) -> Vec<NewEvent> {
    let first = NEXT.fetch_add(count as u64, Ordering::Relaxed);
    (first..).take(count).map(|id| NewEvent { id: EventId::from_u128(id.into()), ..event.clone() }).collect()
}

/// What is appended, again and again.
#[derive(Debug)]
pub(super) struct Payload {
    /// The event, ready for the log.
    pub(super) event: NewEvent,
    record: Vec<u8>,
}

/// What stands in the place of a person's id.
const SOMEBODY: PersonId = PersonId::from_u128(0x0198_F3A1_77C2_4E5B_9D11_0042_8ACE_1357);

impl Payload {
    /// An event whose record has 400 bytes: what a reader does.
    pub(super) fn plain() -> Self {
        let of = |filler: usize| {
            let data = format!("{{\"person\":\"{SOMEBODY}\",\"filler\":\"{}\"}}", "x".repeat(filler));
            let meta = serde_json::to_vec(&meta()).unwrap_or_default();
            Self::of(NewEvent {
                id: EventId::from_u128(0),
                kind: "message.opened",
                schema: 1,
                data: data.into_bytes(),
                meta,
            })
        };
        let filler = 400_usize.saturating_sub(of(0).record());
        of(filler)
    }

    /// A real event of about 600 bytes: a teacher is registered, names and contact data sealed.
    pub(super) fn real(vault: &Vault) -> Result<Self> {
        let stream = StreamId::person(SOMEBODY);
        let [event] = encode(vault, &stream)?;
        Ok(Self::of(event))
    }

    fn of(event: NewEvent) -> Self {
        let stream = StreamId::person(SOMEBODY);
        let draft = record::Draft {
            stream: stream.as_str(),
            kind: event.kind,
            schema: event.schema,
            revision: 0,
            recorded_at: 0,
            id: event.id,
            previous: None,
            data: &event.data,
            meta: &event.meta,
        };
        let mut bytes = vec![];
        // A payload is made here, of texts that fit.
        let _ = record::encode(&draft, &mut bytes);
        Self { event, record: bytes }
    }

    /// Returns the length of its record.
    pub(super) fn record(&self) -> usize {
        self.record.len()
    }

    /// Returns `count` records one after the other.
    pub(super) fn bytes(&self, count: usize) -> Vec<u8> {
        self.record.repeat(count)
    }

    /// Returns how many events like the real one are sealed and encoded in a second.
    pub(super) fn sealing_rate(vault: &Vault, count: usize) -> Result<f64> {
        let (stream, watch) = (StreamId::person(SOMEBODY), Stopwatch::start());
        for _ in 0..count {
            std::hint::black_box(encode(vault, &stream)?);
        }
        Ok(watch.rate(count))
    }
}

fn encode(vault: &Vault, stream: &StreamId) -> Result<[NewEvent; 1]> {
    let identity = Identity {
        honorific: Some("Mme".to_owned()),
        first_name: "Marie-Hélène".to_owned(),
        last_name: "Lefèvre-D’Ornano".to_owned(),
        email: Some("marie-helene.lefevre@example.org".to_owned()),
        mobile_phone: Some("06 39 98 12 34".to_owned()),
        ..Identity::default()
    };
    let registered = Registered {
        person: SOMEBODY,
        profile: Profile::Teacher,
        identity: identity.into(),
        source: Source::Aaf,
        availability: Availability::Source,
    };
    let events = decode::encode(vault, stream, &meta(), 202_609, 0, &[Event::from(registered)])?;
    events.try_into().map_err(|_| anyhow::anyhow!("one event was encoded as another number of them"))
}

fn meta() -> Meta {
    let command = CommandId::from_u128(0x0198_F3A1_77C2_4E5B_9D11_0042_8ACE_0001);
    Meta { correlation: Some(command), ..execute::meta(Actor::Operator, command) }
}
