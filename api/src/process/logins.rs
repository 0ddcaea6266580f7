//! The login process: everybody who was registered gets a login (`architecture.md`, One command writes to one stream).
//!
//! `person.registered` (no login yet is a state) → claim `login-<digest>` with `NoStream` → `person.login-given`.
//! Killed between two steps, it finds people without login again: who claimed keeps what they claimed.

use domain::actor::Actor;
use domain::person::login::{self, Claim, Holder};
use domain::person::{self, Person};
use domain::{CommandId, Meta, PersonId, StreamId};
use eventlog::execute::meta;
use eventlog::{Append, AppendError, Position};

use crate::failure::{Failure, Result};
use crate::node::Node;

/// The name of the process.
pub const NAME: &str = "logins";

/// How many people are served in one durable write.
const BATCH: usize = 1024;

/// How many homonyms one name may have before something is wrong.
const MOST: u32 = 100_000;

/// A person who has no login yet.
#[derive(Debug, Clone)]
struct Waiting {
    person: PersonId,
    base: String,
    /// The number of the login that is tried next.
    next: u32,
}

/// Gives a login to everybody who has none, and returns the position that says so.
pub async fn give_all(node: &Node) -> Result<Position> {
    let mut position = node.log().head();
    loop {
        node.at_least(position).await?;
        let waiting = node.read(|world| {
            let people = world.people.without_login(BATCH).into_iter();
            people.map(|(person, base)| Waiting { person, base, next: 1 }).collect::<Vec<_>>()
        });
        if waiting.is_empty() {
            return Ok(position);
        }
        position = give(node, waiting).await?;
    }
}

/// Runs until the read models stop: looks again whenever somebody without login appears.
pub async fn run(node: &Node) -> Result<()> {
    let mut position = node.live().watch();
    loop {
        give_all(node).await?;
        let somebody = position.wait_for(|_| node.read(|world| !world.people.without_login(1).is_empty()));
        if somebody.await.is_err() {
            return Ok(());
        }
    }
}

async fn give(node: &Node, waiting: Vec<Waiting>) -> Result<Position> {
    let claimed = claim(node, waiting).await?;
    let mut gifts = Vec::with_capacity(claimed.len());
    for (person, login) in claimed {
        let commands = vec![person::Command::GiveLogin(login)];
        let (stream, meta) = (StreamId::person(person), order(person, "give", 0));
        let prepared = node.executor().prepare::<Person>(&stream, &meta, commands).await?;
        // Refused: somebody gave one by hand meanwhile, so nothing is left to do.
        if let Ok(Some(append)) = prepared {
            gifts.push(append);
        }
    }
    let mut position = node.log().head();
    for answer in node.executor().append_all(gifts).await {
        match answer {
            Ok(appended) => position = position.max(appended.position),
            // The person's stream moved meanwhile: the next round looks again.
            Err(AppendError::WrongExpected { .. }) => {}
            Err(error) => return Err(Failure::Internal(Box::new(error))),
        }
    }
    Ok(position)
}

/// Claims a login for each, trying the next number where one is taken. Numbers are tried from the first, so that a
/// login this person claimed before a crash is found on the way and taken up again.
async fn claim(node: &Node, mut waiting: Vec<Waiting>) -> Result<Vec<(PersonId, String)>> {
    let mut claimed = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let mut asked: Vec<(Waiting, String)> = Vec::with_capacity(waiting.len());
        let mut claims: Vec<Append> = Vec::with_capacity(waiting.len());
        for mut who in std::mem::take(&mut waiting) {
            if who.next > MOST {
                return Err(Failure::Busy);
            }
            let login = login::homonym(&who.base, who.next);
            let stream = StreamId::login(&node.vault().ring().login_digest(&login));
            let (command, meta) =
                (Claim { person: who.person, login: login.clone() }, order(who.person, "claim", who.next));
            who.next += 1;
            match node.executor().prepare::<Holder>(&stream, &meta, vec![command]).await? {
                Ok(Some(append)) => {
                    claims.push(append);
                    asked.push((who, login));
                }
                // Claimed by this very person before a crash.
                Ok(None) => claimed.push((who.person, login)),
                Err(login::Taken) => waiting.push(who),
            }
        }
        for ((who, login), answer) in asked.into_iter().zip(node.executor().append_all(claims).await) {
            match answer {
                Ok(_) => claimed.push((who.person, login)),
                // Taken between the look and the append: the next number.
                Err(AppendError::WrongExpected { .. }) => waiting.push(who),
                Err(error) => return Err(Failure::Internal(Box::new(error))),
            }
        }
    }
    Ok(claimed)
}

/// Returns the `meta` of a step for a person: the same step is the same command after a crash.
fn order(person: PersonId, step: &str, number: u32) -> Meta {
    let parts = [
        b"preau.login.v1".as_slice(),
        step.as_bytes(),
        &person.to_u128().to_be_bytes(),
        &number.to_be_bytes(),
    ];
    meta(Actor::Process(NAME.to_owned()), CommandId::from_u128(domain::id::derive(&parts)))
}
