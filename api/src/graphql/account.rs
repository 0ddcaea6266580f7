//! An account: signing in and out, activation, one's password.
//!
//! Invariant: what somebody who is not signed in is answered tells nobody whether a login exists, by text or by
//! time: one argon2 each way. Only a correct password is told that the account is blocked, by whom, until when.

mod activate;
mod password;
mod sign_in;

use async_graphql::{Context, ID, Object, SimpleObject};
use domain::clock::Zone;
use domain::person::login::{self, Holder};
use domain::person::{Account, Person, Refusal};
use domain::{PersonId, StreamId, StructureId};

use super::common::{Global, Instant, UserError};
use crate::failure::{Failure, Result};
use crate::front::{Caller, Front, Visitor, structure_name};
use crate::refusals::Whose;
use crate::texts::{Language, Value};
use crate::throttle::Wait;
use activate::{ActivateAccountInput, ActivateAccountPayload};
use password::{ChangePasswordInput, ChangePasswordPayload};
use sign_in::{LogInInput, LogInPayload, LogOutInput, LogOutPayload};

/// What can be asked of accounts.
#[derive(Debug, Default)]
pub struct AccountQuery;

/// A session of the caller.
#[derive(Debug, SimpleObject)]
struct Session {
    /// Who is signed in.
    me: ID,
    /// Since when.
    started_at: Instant,
    /// It ends then, however it is used; an hour after its last use if that is earlier.
    expires_at: Instant,
}

/// Queries.
#[Object]
impl AccountQuery {
    /// The session this request was sent in; null if nobody is signed in.
    async fn session(&self, ctx: &Context<'_>) -> Result<Option<Session>> {
        let front = Front::of(ctx)?;
        let session = Caller::maybe(ctx).and_then(|caller| front.sessions.get(caller.session));
        Ok(session.map(|session| Session {
            me: session.person.global(),
            started_at: Instant(session.started),
            expires_at: Instant(session.expires()),
        }))
    }
}

/// What can be done with accounts.
#[derive(Debug, Default)]
pub struct AccountMutation;

/// Mutations.
#[Object]
impl AccountMutation {
    /// Signs in. A session is nothing to be repeated: a repetition makes a new one, and the first stays.
    async fn log_in(&self, ctx: &Context<'_>, input: LogInInput) -> Result<LogInPayload> {
        sign_in::log_in(Front::of(ctx)?, Visitor::of(ctx)?, input).await
    }

    /// Ends the session of this request, or all of the caller's. Without a session it is ended already.
    async fn log_out(&self, ctx: &Context<'_>, input: LogOutInput) -> Result<LogOutPayload> {
        Ok(sign_in::log_out(Front::of(ctx)?, Caller::maybe(ctx), &input))
    }

    /// Gives an account that was never used its password. It does not sign in.
    async fn activate_account(
        &self,
        ctx: &Context<'_>,
        input: ActivateAccountInput,
    ) -> Result<ActivateAccountPayload> {
        activate::activate(Front::of(ctx)?, Visitor::of(ctx)?, input).await
    }

    /// Changes the caller's password, and ends all other sessions of the caller.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        input: ChangePasswordInput,
    ) -> Result<ChangePasswordPayload> {
        password::change(Front::of(ctx)?, Caller::of(ctx)?, input).await
    }
}

/// An attempt of somebody who is not signed in: the throttle let it begin.
struct Attempt {
    /// The digest of the login as it was typed, whether somebody has it or not.
    login: String,
    visitor: Visitor,
    /// What is attempted.
    command: &'static str,
}

impl Attempt {
    /// Begins one, or tells how long to wait.
    fn begin(front: &Front, visitor: Visitor, typed: &str, command: &'static str) -> Result<Self, UserError> {
        // What cannot be a login is throttled like one.
        let login = login::normalise(typed).unwrap_or_else(|_| typed.chars().take(64).collect());
        let login = front.node.vault().ring().login_digest(&login);
        let attempt = Self { login, visitor, command };
        match front.throttle.begin(&attempt.login, visitor.address, front.node.now()) {
            Ok(()) => Ok(attempt),
            Err(wait) => {
                let error = throttled(front, visitor.language, wait);
                attempt.refused(front, &error.code);
                Err(error)
            }
        }
    }

    /// Returns who holds the login, as they are now.
    async fn person(&self, front: &Front) -> Result<Option<(PersonId, Person)>> {
        let holder: Holder = front.node.executor().state(&StreamId::login(&self.login)).await?;
        let Some(person) = holder.person() else {
            return Ok(None);
        };
        Ok(Some((person, front.node.executor().state(&StreamId::person(person)).await?)))
    }

    /// Says that it was refused, and why: the log keeps it, whatever the answer tells.
    fn refused(&self, front: &Front, code: &str) {
        let whose = Whose::Login(self.login.clone());
        front.refusals.tell(&front.node, whose, self.command, code, self.visitor.address);
    }

    /// Answers that login and password, or code, do not go together: all that is told where more would tell of others.
    fn invalid(&self, front: &Front) -> UserError {
        let error = invalid_credentials(front, self.visitor.language);
        self.refused(front, &error.code);
        error
    }

    /// Answers a refusal of the rules as far as the owner of the account is told.
    fn shut_out(&self, front: &Front, refusal: &Refusal) -> UserError {
        self.refused(front, &refusal.to_string());
        let error = shut_out(front, self.visitor.language, refusal);
        error.unwrap_or_else(|| invalid_credentials(front, self.visitor.language))
    }

    /// Says that it was right.
    fn succeeded(&self, front: &Front) {
        front.throttle.succeeded(&self.login, self.visitor.address);
    }
}

fn throttled(front: &Front, language: Language, wait: Wait) -> UserError {
    front.user_error(language, "auth.throttled", None, &[("seconds", wait.seconds().into())])
}

fn invalid_credentials(front: &Front, language: Language) -> UserError {
    front.user_error(language, "auth.invalid-credentials", None, &[])
}

/// Returns the verifier in force, if the account has one that may be used.
fn verifier(person: &Person) -> Option<String> {
    match person.account() {
        Account::Active { password, .. } => password.open().cloned(),
        Account::Inactive | Account::Issued { .. } | Account::Closed(_) => None,
    }
}

/// Checks, after a command that found itself done before, that what it did is what is asked now: a password stands
/// in no variables, so a repetition with another one is found here.
async fn same_password(front: &Front, stream: &StreamId, password: String) -> Result<()> {
    let state: Person = front.node.executor().state(stream).await?;
    let same = front.hasher.verify(password, verifier(&state)).await?;
    same.then_some(()).ok_or(Failure::IdempotencyMismatch)
}

/// Tells the owner of an account why it does not open; to all others a refusal says nothing.
fn shut_out(front: &Front, language: Language, refusal: &Refusal) -> Option<UserError> {
    let named = |by: StructureId| structure_name(&front.node, by).unwrap_or_else(|| by.to_string());
    // The text may say more than the code: whom to ask, until when.
    let (text, values): (_, Vec<(&str, String)>) = match refusal {
        Refusal::Blocked { by: None, .. } => ("account.blocked", vec![]),
        Refusal::Blocked { by: Some(by), .. } => ("account.blocked-by", vec![("structure", named(*by))]),
        Refusal::ProfileBlocked { by, until: None } => {
            ("account.profile-blocked", vec![("structure", named(*by))])
        }
        Refusal::ProfileBlocked { by, until: Some(until) } => {
            let until = until.with_timezone(&Zone::PARIS.0).format("%d/%m/%Y").to_string();
            ("account.profile-blocked-until", vec![("structure", named(*by)), ("until", until)])
        }
        Refusal::WindowClosed { by, opens } => {
            let opens = opens.format("%d/%m/%Y").to_string();
            ("account.window-closed", vec![("structure", named(*by)), ("opens", opens)])
        }
        _ => return None,
    };
    let values: Vec<_> = values.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
    let message = front.texts.say(language, text, &values);
    Some(UserError { code: refusal.to_string(), field: None, message })
}

impl From<crate::password::Unhashed> for Failure {
    fn from(error: crate::password::Unhashed) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl From<crate::session::Unusable> for Failure {
    fn from(error: crate::session::Unusable) -> Self {
        Self::Internal(Box::new(error))
    }
}
