//! Signing in and out.

use async_graphql::{ID, InputObject, SimpleObject};
use domain::actor::RoleName;
use domain::person::{Account, Command, Person};
use domain::{Decider, StreamId};

use super::{Attempt, verifier};
use crate::failure::Result;
use crate::front::{Caller, Front, Visitor, kept_out};
use crate::graphql::common::{Global, Instant, Position, Secret, Ulid, UserError, variables};

/// Who wants to sign in.
#[derive(Debug, InputObject)]
pub struct LogInInput {
    login: String,
    password: Secret,
    idempotency_key: Ulid,
}

/// A session, or why there is none.
#[derive(Debug, Default, SimpleObject)]
pub struct LogInPayload {
    /// Send it as `Authorization: Bearer`. It is shown here only.
    token: Option<String>,
    /// The session ends then, however it is used; an hour after its last use if that is earlier.
    expires_at: Option<Instant>,
    /// Who is signed in.
    me: Option<ID>,
    /// Whether the password was given by somebody else and must be changed now.
    password_must_change: Option<bool>,
    /// Why it was not done.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Option<Position>,
}

pub(super) async fn log_in(front: &Front, visitor: Visitor, input: LogInInput) -> Result<LogInPayload> {
    let refused = |error| LogInPayload { user_errors: vec![error], ..LogInPayload::default() };
    let asked = variables("logIn", &input);
    let attempt = match Attempt::begin(front, visitor, &input.login, "logIn") {
        Ok(attempt) => attempt,
        Err(error) => return Ok(refused(error)),
    };
    let found = attempt.person(front).await?;
    let known = found.as_ref().and_then(|(_, state)| verifier(state));
    let right = front.hasher.verify(input.password.0, known.clone()).await?;
    let (Some((person, _)), Some(verified), true) = (found, known, right) else {
        return Ok(refused(attempt.invalid(front)));
    };
    attempt.succeeded(front);
    let (node, stream) = (&front.node, StreamId::person(person));
    let order = node.order(person, RoleName::User, input.idempotency_key.0, &asked).await?;
    let (address, out) = (visitor.address.to_string(), kept_out(node, person));
    let command = Command::SignIn { verified, address, kept_out: out };
    let carried = node.execute::<Person>(&order, &stream, command.clone()).await?;
    let state: Person = node.executor().state(&stream).await?;
    let refusal = match carried.refusal {
        // A repetition is not decided again, and may come after a block.
        None if carried.events.is_empty() => state.decide(command).err(),
        refusal => refusal,
    };
    if let Some(refusal) = refusal {
        return Ok(refused(attempt.shut_out(front, &refusal)));
    }
    let must_change = matches!(state.account(), Account::Active { temporary: true, .. });
    let (token, session) = front.sessions.begin(person, must_change, node.now())?;
    Ok(LogInPayload {
        token: Some(token.into_text()),
        expires_at: Some(Instant(session.expires())),
        me: Some(person.global()),
        password_must_change: Some(must_change),
        user_errors: vec![],
        position: Some(Position(carried.position)),
    })
}

/// What to sign out of.
#[derive(Debug, InputObject)]
pub struct LogOutInput {
    /// All sessions of the caller, not only this one.
    #[graphql(default)]
    everywhere: bool,
    /// For the shape of all mutations: signing out twice does no more than once.
    #[allow(dead_code, reason = "part of every input; signing out needs none")]
    idempotency_key: Ulid,
}

/// The session ended.
#[derive(Debug, SimpleObject)]
pub struct LogOutPayload {
    /// How many sessions ended just now.
    ended: usize,
    /// Why it was not done.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

pub(super) fn log_out(front: &Front, caller: Option<Caller>, input: &LogOutInput) -> LogOutPayload {
    let ended = caller.map_or(0, |caller| {
        if input.everywhere {
            return front.sessions.revoke_all(caller.person, None);
        }
        usize::from(front.sessions.revoke(caller.session))
    });
    LogOutPayload { ended, user_errors: vec![], position: Position(front.node.live().position()) }
}
