//! What every resolver has at hand: the node, the sessions, the passwords, the texts, and who asks.

use std::net::IpAddr;
use std::sync::Arc;

use async_graphql::Context;
use domain::person::KeptOut;
use domain::{PersonId, StructureId, Timestamp};
use projections::World;

use crate::failure::{Failure, Result};
use crate::graphql::common::UserError;
use crate::node::Node;
use crate::password::Hasher;
use crate::refusals::Refusals;
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
    /// Who was refused.
    pub refusals: Refusals,
    /// What people read.
    pub texts: Texts,
}

/// Why the front door cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum CannotOpen {
    /// The folder of the sessions cannot be used.
    #[error("the sessions cannot be kept")]
    Sessions(#[from] crate::session::Unusable),
    /// Passwords cannot be checked.
    #[error("passwords cannot be checked")]
    Hasher(#[from] crate::password::Unhashed),
    /// A file of texts cannot be read.
    #[error("the texts cannot be read")]
    Texts(#[from] crate::texts::Unreadable),
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
    /// Whether a temporary password must be changed before anything else.
    pub must_change: bool,
}

impl Front {
    /// Returns the front door of `node`; sessions are kept below `data`.
    pub fn open(node: Arc<Node>, data: &std::path::Path) -> Result<Self, CannotOpen> {
        Ok(Self {
            node,
            sessions: Sessions::open(&data.join("sessions"))?,
            hasher: Hasher::new()?,
            throttle: Throttle::default(),
            refusals: Refusals::default(),
            texts: Texts::load()?,
        })
    }

    /// Returns the state of the request that is being resolved.
    pub fn of<'a>(ctx: &Context<'a>) -> Result<&'a Self> {
        ctx.data_opt::<Arc<Self>>().map(|front| &**front).ok_or_else(|| lost("Front"))
    }

    /// Returns the caller of a bearer token, unless the session ended or the account was barred since.
    pub fn admit(&self, token: &str, visitor: Visitor) -> Option<Caller> {
        let (session, found) = self.sessions.find(token, self.node.now())?;
        let person = found.person;
        let now = self.node.now();
        if !self.node.read(|world| admitted(world, person, now)) {
            self.sessions.revoke_all(person, None);
            return None;
        }
        let Visitor { language, address } = visitor;
        Some(Caller { person, session, language, address, must_change: found.must_change })
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
    Failure::Internal(
        format!("{what} is not in the context: the request did not come through http.rs").into(),
    )
}

/// Returns whether somebody may sign in now: their account is not barred, and no structure keeps them out.
pub fn admitted(world: &World, person: PersonId, now: Timestamp) -> bool {
    world
        .people
        .number(person)
        .is_none_or(|number| !world.people.is_barred(number) && world.people.kept_out(number, now).is_none())
}

/// Returns what keeps a person out by their structures: a block of their profile, or an access window.
pub fn kept_out(node: &Node, person: PersonId) -> Option<KeptOut> {
    let now = node.now();
    node.read(|world| world.people.kept_out(world.people.number(person)?, now))
}

/// Returns the name of a structure, for those who are told whom to ask.
pub fn structure_name(node: &Node, structure: StructureId) -> Option<String> {
    node.read(|world| Some(world.people.structure(world.people.structure_no(structure)?)?.name.to_string()))
}
