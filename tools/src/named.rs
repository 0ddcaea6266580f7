//! People, messages and structures, as an operator names them: by the id the API shows, its 26 characters, or a login;
//! a structure by its code.

use anyhow::{Context as _, Result};
use api::Node;
use api::graphql::common::opened;
use domain::label::Uai;
use domain::person::login;
use domain::{MessageId, PersonId, StreamId};
use projections::World;
use projections::dense::StructureNo;

use crate::failed;

/// Finds a person, who is there; erased or not.
pub async fn person(node: &Node, text: &str) -> Result<PersonId> {
    let person = look_up(node, text).await?;
    let known = node.read(|world| world.people.person_by_id(person).is_some());
    if known { Ok(person) } else { Err(failed::not_there(format!("{text}: no such person is here"))) }
}

async fn look_up(node: &Node, text: &str) -> Result<PersonId> {
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

/// Finds a structure by its code.
pub fn structure(world: &World, text: &str) -> Result<StructureNo> {
    let uai = Uai::parse(text).map_err(|error| failed::input(format!("`{text}`: {error}")))?;
    let known = world.people.structure_by_uai(uai);
    known
        .ok_or_else(|| failed::not_there(format!("{uai}: there is no such structure in this data directory")))
}

/// Reads the name of a message, which need not be there.
pub fn message(text: &str) -> Result<MessageId> {
    id(text, "message").ok_or_else(|| {
        failed::input(format!("`{text}` is no message: give the id the API shows, or its 26 characters"))
    })
}

fn id<T: std::str::FromStr>(text: &str, kind: &str) -> Option<T> {
    let ulid =
        opened(&text.into()).filter(|(known, _)| known == kind).map_or(text.to_owned(), |(_, ulid)| ulid);
    ulid.parse().ok()
}
