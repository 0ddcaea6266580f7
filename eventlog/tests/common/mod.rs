//! A data directory as a server opens it, log and keys, and events in it whose content is known.
//!
//! What stands at a revision of a person's stream follows from the person and the revision alone, so whoever
//! reads it needs no copy to compare it with.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use domain::actor::Actor;
use domain::group::Profile;
use domain::id::Ulid;
use domain::person::{Address, Availability, Event, Identity, IdentityChanged, Registered, Source};
use domain::{CommandId, PersonId, StreamId};
use preau_eventlog::clock::SystemClock;
use preau_eventlog::keys::{Ring, RingReport};
use preau_eventlog::sled_log::{OpenReport, Settings, make_directory};
use preau_eventlog::vault::Vault;
use preau_eventlog::{Append, EventLog, Expected, Position, SledLog, decode, execute};

/// So small that a few dozen appends fill a volume, and that the ends of the streams are noted on the way.
pub const SMALL: Settings = Settings { volume_bytes: 64 << 10, ends_every: 200 };

/// A log and its keys.
pub struct Opened {
    pub log: SledLog,
    pub vault: Vault,
    pub report: OpenReport,
    pub keys: RingReport,
}

impl Opened {
    /// Returns everything that opening reported.
    pub fn reported(&self) -> Vec<String> {
        let log = self.report.cut.iter().chain(&self.report.restored);
        log.chain(&self.keys.cut).chain(&self.keys.restored).cloned().collect()
    }
}

/// Opens a data directory as `api` does. The error is what an operator reads.
pub fn open(data: &Path, settings: Settings) -> Result<Opened, String> {
    make_directory(data).map_err(|error| sentence(&error))?;
    let lock = SledLog::lock(&data.join("log")).map_err(|error| sentence(&error))?;
    let (ring, keys) = Ring::open(&data.join("keys"), None).map_err(|error| sentence(&error))?;
    let ring = Arc::new(ring);
    let (log, report) = SledLog::open_with(lock, settings, Arc::new(SystemClock), Arc::clone(&ring) as _)
        .map_err(|error| sentence(&error))?;
    if keys.made && log.head() > Position::START {
        return Err(format!("{}: the log has events but its keys are gone", data.display()));
    }
    Ok(Opened { log, vault: Vault::new(ring), report, keys })
}

/// Returns an error and its causes as one line.
pub fn sentence(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line = format!("{line}: {error}");
        cause = error.source();
    }
    line
}

/// How many groups a person's stream has: one that registers them, and one that follows.
const GROUPS: u64 = 2;

/// Returns how many events the first so many groups of a person are.
pub fn events_in(person: PersonId, groups: u64) -> u64 {
    let first = 1 + u64::try_from(person.to_u128() % 4).unwrap();
    [0, first, first + 2][usize::try_from(groups).unwrap()]
}

/// Returns the events of a group as one append.
pub fn group(vault: &Vault, person: PersonId, group: u64) -> Append {
    let (begin, end) = (events_in(person, group), events_in(person, group + 1));
    let events: Vec<Event> = (begin..end).map(|revision| event(person, revision)).collect();
    let stream = StreamId::person(person);
    let command = CommandId::of(&Actor::Operator, Ulid::from(person.to_u128() * 10 + u128::from(group)));
    let meta = execute::meta(Actor::Operator, command);
    let events = decode::encode(vault, &stream, &meta, 202_609, 0, &events).unwrap();
    let expected = if group == 0 { Expected::NoStream } else { Expected::At(begin - 1) };
    Append { stream, expected, events }
}

fn event(person: PersonId, revision: u64) -> Event {
    let identity = identity(person, revision).into();
    if revision > 0 {
        return Event::IdentityChanged(IdentityChanged { person, identity });
    }
    let (source, availability) = (Source::Csv, Availability::Permanent);
    Event::Registered(Registered { person, profile: Profile::Relative, identity, source, availability })
}

fn identity(person: PersonId, revision: u64) -> Identity {
    let number = person.to_u128() + u128::from(revision);
    let size = match number {
        // So large that a commit with some of them reaches the disk piece by piece.
        _ if person.to_u128().is_multiple_of(23) => 60_000,
        _ if number.is_multiple_of(17) => 15_000,
        _ => number % 300,
    };
    Identity {
        first_name: person.to_string(),
        last_name: revision.to_string(),
        address: Some(Address { street: "x".repeat(usize::try_from(size).unwrap()), ..Address::default() }),
        ..Identity::default()
    }
}

/// Why what is there is not what it should be.
#[derive(Debug)]
pub enum Wrong {
    /// The log or the vault said so.
    Said(String),
    /// Nobody said anything.
    Silent(String),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said(text) | Self::Silent(text) => f.write_str(text),
        }
    }
}

/// Makes a directory with the first group of these people, and closes it.
pub fn fill(data: &Path, settings: Settings, people: std::ops::RangeInclusive<u128>) -> Acknowledged {
    let Opened { log, vault, .. } = open(data, settings).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut acknowledged = Acknowledged::new();
    for portion in people.collect::<Vec<_>>().chunks(15) {
        let people = portion.iter().map(|person| PersonId::from_u128(*person));
        let tickets: Vec<_> = people.map(|person| (person, log.append(group(&vault, person, 0)))).collect();
        for (person, ticket) in tickets {
            runtime.block_on(ticket.wait()).unwrap();
            acknowledged.insert(person, events_in(person, 1));
        }
    }
    acknowledged
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// How many events of each person are known to have been acknowledged.
pub type Acknowledged = HashMap<PersonId, u64>;

/// Reads all there is and returns how many events. Fails if something acknowledged is missing or anything is not
/// as it was written.
pub fn compare(opened: &Opened, acknowledged: &Acknowledged) -> Result<u64, Wrong> {
    let said = |error: &dyn Error| Wrong::Said(sentence(error));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let read = opened.log.read_all(Position::START, usize::MAX);
    let events = runtime.block_on(read).map_err(|error| said(&error))?;
    let mut there = HashMap::<PersonId, u64>::new();
    for (index, recorded) in events.iter().enumerate() {
        let silent = |what: &str| Err(Wrong::Silent(format!("{recorded:?} {what}")));
        let person = recorded.stream().strip_prefix("person-").and_then(|id| id.parse::<PersonId>().ok());
        let Some(person) = person else { return silent("is of no person") };
        let next = there.entry(person).or_default();
        if (recorded.position.0, recorded.revision) != (index as u64 + 1, *next) {
            return silent("is at the wrong place");
        }
        let open = decode::open(&opened.vault, recorded).map_err(|error| said(&error))?;
        if open != event(person, recorded.revision).into() {
            return silent(&format!("is not what was written: {open:?}"));
        }
        decode::open_meta(&opened.vault, recorded).map_err(|error| said(&error))?;
        *next += 1;
    }
    for (person, count) in &there {
        if !(1..=GROUPS).any(|groups| events_in(*person, groups) == *count) {
            return Err(Wrong::Silent(format!("{person} has {count} events: a group is not whole")));
        }
    }
    for (person, count) in acknowledged {
        let found = there.get(person).copied().unwrap_or_default();
        if found < *count {
            return Err(Wrong::Silent(format!(
                "{person}: {count} events were acknowledged, {found} are there"
            )));
        }
    }
    Ok(events.len() as u64)
}

/// Marsaglia's xorshift: repeatable, and no crate.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        // Neighbouring seeds are taken apart; 0 would give nothing but itself.
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        random.next();
        random.next();
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 11) % end
    }
}

/// Returns a number from the environment.
pub fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}
