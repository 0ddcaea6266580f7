//! Roles of people of an academy.

use anyhow::{Result, bail};
use api::Node;
use domain::PersonId;
use domain::actor::{Actor, RoleName};
use domain::person::{Command, Role};

use super::plan::Academy;
use crate::bulk::Undertaking;

/// Grants somebody a role.
pub async fn grant(node: &Node, academy: &Academy, person: PersonId, role: RoleName) -> Result<()> {
    let undertaking = Undertaking { actor: Actor::Operator, correlation: academy.command("accounts", 0) };
    let command = Command::GrantRole(Role { role, structures: vec![], below: false }, None);
    let done = undertaking.people(node, "grant", vec![(person, vec![command])], |_| ()).await?;
    match done.refused.first() {
        Some((person, refusal)) => bail!("person {person} cannot hold a role: {refusal}"),
        None => Ok(()),
    }
}
