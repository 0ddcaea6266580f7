//! `preau person erase`, `preau message erase`: the operator erases, on the machine itself.
//!
//! Whoever runs this has the keys anyway: no second person is asked. What was done, and why, stands in the log.

use anyhow::{Context as _, Result, anyhow};
use api::graphql::common::opened;
use api::{Node, process};
use domain::actor::Actor;
use domain::erasure::{Command, Erasure, Request, What};
use domain::person::login;
use domain::{ErasureId, MessageId, PersonId, StreamId};

use crate::bulk;
use crate::cli::{MessageErase, PersonErase};
use crate::settings::Settings;
use crate::{failed, opened as directory, say};

/// Erases a person.
pub async fn person(args: PersonErase) -> Result<()> {
    let node = directory::existing(&Settings::of(&args.flags)?).await?;
    let person = find(&node, &args.person).await?;
    let known = node.read(|world| {
        let row = world.people.person(world.people.number(person)?)?;
        Some(row.erased)
    });
    match known {
        None => return Err(failed::not_there(format!("{}: no such person is here", args.person))),
        Some(true) => return say(&format!("{person} was erased before: nothing to do.\n")),
        Some(false) => {}
    }
    let scope = if args.writings { "names, account and everything they wrote" } else { "names and account" };
    if !args.yes {
        return Err(failed::input(format!(
            "{person}: {scope} would be erased for ever; say --yes to do it, nothing was changed"
        )));
    }
    erase(&node, What::Person { person, writings: args.writings }, args.reason).await?;
    say(&format!("{person} is erased: {scope}. Backups of `keys/` still open it: destroy them too.\n"))
}

/// Erases one message.
pub async fn message(args: MessageErase) -> Result<()> {
    let node = directory::existing(&Settings::of(&args.flags)?).await?;
    let message: MessageId = id(&args.message, "message").ok_or_else(|| {
        failed::input(format!(
            "`{}` is no message: give the id the API shows, or its 26 characters",
            args.message
        ))
    })?;
    let author = node.read(|world| {
        let row = world.mailboxes.message(world.mailboxes.number(message)?)?;
        world.people.id(row.author)
    });
    let author = author.ok_or_else(|| {
        failed::not_there(format!("message {message} was never sent, or is not in this data directory"))
    })?;
    if !args.yes {
        return Err(failed::input(format!(
            "message {message}: subject and body would be erased for ever; say --yes to do it, nothing was changed"
        )));
    }
    erase(&node, What::Message { message, author }, args.reason).await?;
    say(&format!("message {message} is erased. Backups of `keys/` still open it: destroy them too.\n"))
}

async fn erase(node: &Node, what: What, reason: String) -> Result<()> {
    let command = directory::new_command()?;
    let erasure = ErasureId::derived(command, 0);
    let stream = StreamId::erasure(erasure);
    let request = Request { erasure, what, by: None, reason };
    for (step, command) in
        [("request", Command::Request(request)), ("confirm", Command::Confirm { by: None })]
    {
        let id = domain::id::derive(&[b"preau.step.v1", &erasure.to_u128().to_be_bytes(), step.as_bytes()]);
        let meta = eventlog::execute::meta(Actor::Operator, domain::CommandId::from_u128(id));
        let done = node.executor().execute::<Erasure>(&stream, &meta, command).await;
        done.map_err(|error| match error {
            eventlog::execute::NotDone::Refused { refusal, .. } => {
                failed::input(format!("refused: {refusal}"))
            }
            other => anyhow!(other).context("the log took no more events"),
        })?;
    }
    let position = process::erasures::perform_all(node).await;
    let position = position.map_err(|failure| {
        anyhow!("the erasure is noted and not done: {failure:?}; run `preau serve`, which goes on")
    })?;
    bulk::caught_up(node, position).await.context("the read models do not follow")
}

/// Finds a person by the id of the API, its 26 characters, or the login.
async fn find(node: &Node, text: &str) -> Result<PersonId> {
    if let Some(person) = id(text, "person") {
        return Ok(person);
    }
    let login = login::normalise(text).map_err(|_| {
        failed::input(format!(
            "`{text}` is no person: give a login, the id the API shows, or its 26 characters"
        ))
    })?;
    let stream = StreamId::login(&node.vault().ring().login_digest(&login));
    let holder = node.executor().state::<login::Holder>(&stream).await.context("the log cannot be read")?;
    holder.person().ok_or_else(|| failed::not_there(format!("nobody has the login `{login}`")))
}

fn id<T: std::str::FromStr>(text: &str, kind: &str) -> Option<T> {
    let ulid =
        opened(&text.into()).filter(|(known, _)| known == kind).map_or(text.to_owned(), |(_, ulid)| ulid);
    ulid.parse().ok()
}
