//! What every resolver has at hand: the node, the sessions, the passwords, the texts, and who asks.

use std::net::IpAddr;
use std::sync::Arc;

use async_graphql::Context;
use domain::person::KeptOut;
use domain::{PersonId, StructureId};
use projections::World;

use crate::failure::{Failure, Result};
use crate::graphql::common::UserError;
use crate::node::Node;
use crate::password::Hasher;
use crate::session::{SessionId, Sessions};
use crate::texts::{Language, Texts, Value};
use crate::throttle::Throttle;

/// The state of the front door.
pub struct Front {
    /// The log, the read models, the queue of commands.
    pub node: Arc<Node>,
    /// Who signed in.
    pub sessions: Sessions,
    /// Passwords.
    pub hasher: Hasher,
    /// How often somebody may guess.
    pub throttle: Throttle,
    /// What people read.
    pub texts: Texts,
}

/// Where a request comes from, signed in or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visitor {
    /// The language of the answer.
    pub language: Language,
    /// The address.
    pub address: IpAddr,
}

/// Who asks, signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub person: PersonId,
    /// In which session.
    pub session: SessionId,
    /// The language of the answer.
    pub language: Language,
    /// From which address.
    pub address: IpAddr,
}

impl Front {
    /// Returns the state of the request that is being resolved.
    pub fn of<'a>(ctx: &Context<'a>) -> Result<&'a Self> {
        ctx.data_opt::<Arc<Self>>().map(|front| &**front).ok_or_else(|| lost("Front"))
    }

    /// Returns the caller of a bearer token, unless the session ended or the account was barred since.
    pub fn admit(&self, token: &str, visitor: Visitor) -> Option<Caller> {
        let (session, found) = self.sessions.find(token, self.node.now())?;
        let person = found.person;
        let barred = |world: &World| world.people.number(person).is_some_and(|who| world.people.is_barred(who));
        if self.node.read(barred) || kept_out(&self.node, person).is_some() {
            self.sessions.revoke_all(person, None);
            return None;
        }
        Some(Caller { person, session, language: visitor.language, address: visitor.address })
    }

    /// Returns a refusal as the caller reads it; `code` is what the refusal's `Display` says.
    pub fn user_error(
        &self,
        language: Language,
        code: impl ToString,
        field: Option<&str>,
        values: &[(&str, Value<'_>)],
    ) -> UserError {
        let code = code.to_string();
        let message = self.texts.say(language, &code, values);
        UserError { code, field: field.map(ToOwned::to_owned), message }
    }
}

impl std::fmt::Debug for Front {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Front(…)")
    }
}

impl Visitor {
    /// Returns where the request that is being resolved comes from.
    pub fn of(ctx: &Context<'_>) -> Result<Self> {
        ctx.data_opt::<Self>().copied().ok_or_else(|| lost("Visitor"))
    }
}

impl Caller {
    /// Returns who asks, if somebody is signed in.
    pub fn maybe(ctx: &Context<'_>) -> Option<Self> {
        ctx.data_opt::<Self>().copied()
    }

    /// Returns who asks.
    pub fn of(ctx: &Context<'_>) -> Result<Self> {
        Self::maybe(ctx).ok_or(Failure::Unauthenticated)
    }
}

fn lost(what: &'static str) -> Failure {
    Failure::Internal(format!("{what} is not in the context: the request did not come through http.rs").into())
}

/// Returns what keeps a person out by their structures: a block of their profile, or an access window.
pub fn kept_out(node: &Node, person: PersonId) -> Option<KeptOut> {
    let now = node.now();
    node.read(|world| world.people.kept_out(world.people.number(person)?, now))
}

/// Returns the name of a structure, for those who are told whom to ask.
pub fn structure_name(node: &Node, structure: StructureId) -> Option<String> {
    node.read(|world| {
        let row = world.people.structure(world.people.structure_no(structure)?)?;
        Some(row.name.to_string())
    })
}
