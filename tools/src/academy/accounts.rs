//! Accounts that are used: everybody the plan calls active gets a code and activates with it.

use anyhow::{Result, bail};
use api::Node;
use domain::actor::{Actor, RoleName};
use domain::person::{Command, Person as Account, Role};
use domain::{PersonId, StreamId};
use projections::people::AccountState;

use super::build::{appended, label};
use super::plan::{Academy, Person};
use crate::bulk::{self, Undertaking};

/// The version of the charter that everybody accepted.
const CHARTER: &str = "demo-1";

/// How many accounts are activated in one durable write.
const BATCH: usize = 2048;

/// Activates whoever uses their account, all with the password that `verifier` is of.
pub async fn activate(node: &Node, academy: &Academy, verifier: &str) -> Result<()> {
    let active: Vec<&Person> = academy.people.iter().filter(|person| person.active).collect();
    for batch in active.chunks(BATCH) {
        let mut appends = vec![];
        for person in batch {
            let stream = StreamId::person(person.id);
            let meta = undertaking(academy).meta("activate", &stream);
            let commands = commands(node, academy, person.id, verifier)?;
            match node.executor().prepare::<Account>(&stream, &meta, commands).await? {
                Ok(append) => appends.extend(append),
                Err(refusal) => bail!("person {} cannot activate: {refusal}", person.id),
            }
        }
        let head = appended(node, appends).await?;
        bulk::caught_up(node, head).await?;
    }
    Ok(())
}

/// Grants somebody a role.
pub async fn grant(node: &Node, academy: &Academy, person: PersonId, role: RoleName) -> Result<()> {
    let command = Command::GrantRole(Role { role, structures: vec![], below: false }, None);
    let done = undertaking(academy).people(node, "grant", vec![(person, vec![command])], |_| ()).await?;
    match done.refused.first() {
        Some((person, refusal)) => bail!("person {person} cannot hold a role: {refusal}"),
        None => Ok(()),
    }
}

fn undertaking(academy: &Academy) -> Undertaking {
    Undertaking { actor: Actor::Operator, correlation: academy.command("accounts", 0) }
}

fn commands(node: &Node, academy: &Academy, person: PersonId, verifier: &str) -> Result<Vec<Command>> {
    let (account, kept_out) = node.read(|world| {
        let number = world.people.number(person);
        let row = number.and_then(|number| world.people.person(number));
        let kept_out = number.and_then(|number| world.people.kept_out(number, node.now()));
        (row.map(projections::people::Person::account), kept_out)
    });
    if account == Some(AccountState::Active) {
        return Ok(vec![]);
    }
    let code = format!(
        "{:032x}",
        domain::id::derive(&[b"code", &academy.seed.to_be_bytes(), &person.to_u128().to_be_bytes()])
    );
    let digest = node.vault().ring().code_digest(&code);
    let activate = Command::Activate {
        code: digest.clone(),
        password: verifier.to_owned(),
        charter: Some(label(CHARTER)?),
        kept_out,
    };
    Ok(vec![Command::IssueCode { digest }, activate])
}
