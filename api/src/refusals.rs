//! Refused accesses go into the log: sign-ins and commands of administration (`audit.md`, Who asks what).
//!
//! Invariants: at most one event a minute for each account and address; what comes in between is counted by the next.
//! Nobody who is refused waits for it, so the time of an answer tells nothing. Of what was typed nothing is kept.
//! What is remembered is bounded, and in memory: a restart forgets what was not written yet.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::TimeDelta;
use domain::access::Refused;
use domain::actor::{Actor, RoleName};
use domain::id::Ulid;
use domain::person::login::Holder;
use domain::{CommandId, Label, PersonId, StreamId, StructureId, Timestamp};
use eventlog::execute;
use tokio::sync::RwLock;

use crate::failure::{Failure, Result};
use crate::node::Node;
use crate::throttle::network;

/// The shortest time between two events of one account and address.
const APART: TimeDelta = TimeDelta::minutes(1);

/// How many accounts at addresses are remembered.
const KNOWN: usize = 65_536;

/// The name of the process that notes a refused sign-in: nobody is known to have caused it.
const NAME: &str = "sign-in";

/// Who was refused.
#[derive(Debug)]
pub enum Whose {
    /// Whoever has the login of this digest, if somebody has.
    Login(String),
    /// Somebody who is signed in.
    Caller(PersonId),
}

/// Writes down who was refused.
#[derive(Debug, Default)]
pub struct Refusals {
    counts: Arc<Counts>,
    /// Read by whoever is writing.
    writing: Arc<RwLock<()>>,
}

impl Refusals {
    /// Notes that `command` was refused with `code`. Returns at once.
    pub fn tell(&self, node: &Arc<Node>, whose: Whose, command: &str, code: &str, address: IpAddr) {
        // While somebody waits for the end nothing more begins.
        let Ok(writing) = Arc::clone(&self.writing).try_read_owned() else { return };
        let (counts, node) = (Arc::clone(&self.counts), Arc::clone(node));
        let (command, code) = (command.to_owned(), code.to_owned());
        tokio::spawn(async move {
            if let Err(failure) = write(&counts, &node, whose, &command, &code, address).await {
                tracing::error!(?failure, command, code, "a refused access could not be written down");
            }
            drop(writing);
        });
    }

    /// Waits until everything that was told is in the log, or counted.
    pub async fn settle(&self) {
        drop(self.writing.write().await);
    }
}

async fn write(
    counts: &Counts,
    node: &Node,
    whose: Whose,
    command: &str,
    code: &str,
    address: IpAddr,
) -> Result<()> {
    let (account, actor) = match whose {
        Whose::Caller(person) => (Some(person), Actor::Person { person, role: RoleName::User }),
        Whose::Login(digest) => {
            let holder: Holder = node.executor().state(&StreamId::login(&digest)).await?;
            (holder.person(), Actor::Process(NAME.to_owned()))
        }
    };
    let (account, structure) = home(node, account);
    let now = node.now();
    let Some(count) = counts.note(account, address, now) else { return Ok(()) };
    let label = |text: &str| Label::parse(text).map_err(|error| Failure::Internal(Box::new(error)));
    let address = address.to_string().into();
    let refused = Refused { account, command: label(command)?, code: label(code)?, address, count };
    let meta = execute::meta(actor.clone(), CommandId::of(&actor, drawn()?));
    let stream = StreamId::access(structure, execute::month(now));
    node.executor().append_any(&stream, &meta, &[domain::access::Event::from(refused)]).await?;
    Ok(())
}

/// Returns the account, unless it is erased, and the structure it belongs to first.
///
/// Nothing is sealed any more for somebody who is erased: it would make them a new key.
fn home(node: &Node, account: Option<PersonId>) -> (Option<PersonId>, Option<StructureId>) {
    node.read(|world| {
        let row = account.and_then(|account| world.people.person_by_id(account));
        let main = row.and_then(|row| world.people.structure(row.main()?.structure));
        (account.filter(|_| row.is_none_or(|row| !row.erased)), main.map(|structure| structure.id))
    })
}

/// Draws a key: one derived from an address would tell it for ever.
fn drawn() -> Result<Ulid> {
    let mut bits = [0; 16];
    getrandom::fill(&mut bits).map_err(|error| Failure::Internal(Box::new(error)))?;
    Ok(Ulid::from(u128::from_be_bytes(bits)))
}

/// Which accounts were refused at which addresses.
#[derive(Debug, Default)]
struct Counts(Mutex<HashMap<(Option<PersonId>, IpAddr), Count>>);

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    /// When an event was written last.
    written: Option<Timestamp>,
    /// How many refusals no event stands for yet.
    waiting: u32,
}

impl Count {
    fn rests(&self, now: Timestamp) -> bool {
        self.written.is_none_or(|written| now - written >= APART)
    }
}

impl Counts {
    /// Notes a refusal. Returns how many the event stands for that is to be written now; none if it is too early.
    fn note(&self, account: Option<PersonId>, address: IpAddr, now: Timestamp) -> Option<u32> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (account, network(address));
        if counts.len() >= KNOWN && !counts.contains_key(&key) {
            counts.retain(|_, count| !count.rests(now));
            if counts.len() >= KNOWN {
                counts.clear();
            }
        }
        let count = counts.entry(key).or_default();
        count.waiting = count.waiting.saturating_add(1);
        if !count.rests(now) {
            return None;
        }
        count.written = Some(now);
        Some(std::mem::take(&mut count.waiting))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_timestamp_millis(seconds * 1000).unwrap()
    }

    const fn somebody(number: u128) -> PersonId {
        PersonId::from_u128(number)
    }

    #[test]
    fn one_event_a_minute_counts_what_came_in_between() {
        let counts = Counts::default();
        assert_eq!(counts.note(Some(somebody(1)), HERE, at(0)), Some(1));
        for second in 1..10 {
            assert_eq!(counts.note(Some(somebody(1)), HERE, at(second)), None);
        }
        assert_eq!(counts.note(Some(somebody(1)), HERE, at(59)), None);
        assert_eq!(counts.note(Some(somebody(1)), HERE, at(60)), Some(11), "ten were held back");
        assert_eq!(counts.note(Some(somebody(1)), HERE, at(61)), None);
        assert_eq!(counts.note(Some(somebody(1)), HERE, at(600)), Some(2));
    }

    #[test]
    fn accounts_and_addresses_are_counted_apart() {
        let counts = Counts::default();
        for (account, address) in
            [(Some(somebody(1)), HERE), (Some(somebody(2)), HERE), (None, HERE), (Some(somebody(1)), THERE)]
        {
            assert_eq!(counts.note(account, address, at(0)), Some(1));
            assert_eq!(counts.note(account, address, at(1)), None);
        }
    }

    #[test]
    fn what_is_remembered_is_bounded_and_the_last_minute_stays() {
        let counts = Counts::default();
        for number in 0..200_000_u32 {
            counts.note(Some(somebody(number.into())), HERE, at(i64::from(number / 1000)));
        }
        assert!(counts.0.lock().unwrap().len() <= KNOWN);
        assert_eq!(counts.note(Some(somebody(150_000)), HERE, at(200)), None);
    }
}
