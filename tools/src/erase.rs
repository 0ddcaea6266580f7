//! `preau person erase`, `preau message erase`: the operator erases, on the machine itself.
//!
//! Whoever runs this has the keys anyway: no second person is asked. What was done, and why, stands in the log.

use anyhow::{Context as _, Result, anyhow};
use api::process;
use domain::actor::Actor;
use domain::erasure::{Command, Erasure, Request as Asked, What};
use domain::{ErasureId, StreamId};
use eventlog::Position;

use crate::beside::{self, Place, Request};
use crate::bulk;
use crate::cli::{MessageErase, PersonErase};
use crate::settings::Settings;
use crate::{failed, named, opened, say};

/// Erases a person.
pub async fn person(args: PersonErase) -> Result<()> {
    let PersonErase { flags, person, reason, writings, yes } = args;
    let request = Request::ErasePerson { person, reason, writings, yes };
    say(&beside::carry_out(&Settings::of(&flags)?, request).await?)
}

/// Erases one message.
pub async fn message(args: MessageErase) -> Result<()> {
    let MessageErase { flags, message, reason, yes } = args;
    say(&beside::carry_out(&Settings::of(&flags)?, Request::EraseMessage { message, reason, yes }).await?)
}

/// Erases a person where the log is open, and returns what is printed.
pub async fn of_person(
    place: Place<'_>,
    named: &str,
    reason: String,
    writings: bool,
    yes: bool,
) -> Result<String> {
    let person = named::person(place.node, named).await?;
    if place.node.read(|world| world.people.person_by_id(person).is_some_and(|row| row.erased)) {
        return Ok(format!("{person} was erased before: nothing to do.\n"));
    }
    let scope = if writings { "names, account and everything they wrote" } else { "names and account" };
    if !yes {
        return Err(failed::input(format!(
            "{person}: {scope} would be erased for ever; say --yes to do it, nothing was changed"
        )));
    }
    erase(place, What::Person { person, writings }, reason).await?;
    Ok(format!("{person} is erased: {scope}. Backups of `keys/` still open it: destroy them too.\n"))
}

/// Erases one message where the log is open, and returns what is printed.
pub async fn of_message(place: Place<'_>, named: &str, reason: String, yes: bool) -> Result<String> {
    let message = named::message(named)?;
    let author = place.node.read(|world| {
        let row = world.mailboxes.message(world.mailboxes.number(message)?)?;
        world.people.id(row.author()?)
    });
    let author = author.ok_or_else(|| {
        failed::not_there(format!(
            "message {message} was never sent, is a notice that holds nothing to erase, or is not in this data directory"
        ))
    })?;
    if !yes {
        return Err(failed::input(format!(
            "message {message}: subject and body would be erased for ever; say --yes to do it, nothing was changed"
        )));
    }
    erase(place, What::Message { message, author }, reason).await?;
    Ok(format!("message {message} is erased. Backups of `keys/` still open it: destroy them too.\n"))
}

async fn erase(place: Place<'_>, what: What, reason: String) -> Result<()> {
    let node = place.node;
    let command = opened::new_command()?;
    let erasure = ErasureId::derived(command, 0);
    let stream = StreamId::erasure(erasure);
    let request = Asked { erasure, what, by: None, reason };
    let mut position = Position::START;
    for (step, command) in
        [("request", Command::Request(request)), ("confirm", Command::Confirm { by: None })]
    {
        let id = domain::id::derive(&[b"preau.step.v1", &erasure.to_u128().to_be_bytes(), step.as_bytes()]);
        let meta = eventlog::execute::meta(Actor::Operator, domain::CommandId::from_u128(id));
        let done = node.executor().execute::<Erasure>(&stream, &meta, command).await;
        let done = done.map_err(|error| match error {
            eventlog::execute::NotDone::Refused { refusal, .. } => {
                failed::input(format!("refused: {refusal}"))
            }
            other => anyhow!(other).context("the log took no more events"),
        })?;
        position = done.position;
    }
    if place.served {
        // The process of the server destroys the keys, alone.
        bulk::caught_up(node, position).await?;
        let mut there = node.live().watch();
        let over = there.wait_for(|_| node.read(|world| !world.erasures.is_pending(erasure)));
        return over.await.map(|_| ()).context("the erasure is noted and not done: the server is going down");
    }
    let position = process::erasures::perform_all(node).await;
    let position = position.map_err(|failure| {
        anyhow!("the erasure is noted and not done: {failure:?}; run `preau serve`, which goes on")
    })?;
    bulk::caught_up(node, position).await.context("the read models do not follow")
}
