//! Everything that is not data: a few opaque codes, made here and nowhere else.
//!
//! Invariant: [`Failure`] is not `Display`, so that no `?` can print an error's text to a client. Refusals of rules
//! are data and never come here (`style.md`, Errors).

use async_graphql::{Error, ErrorExtensionValues};
use eventlog::decode::Fault;
use eventlog::execute::NotDone;

/// What resolvers return. The alias must be called `Result`: async-graphql's macro goes by that name.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// An argument cannot be read: its name, and what is expected.
    BadInput(&'static str, &'static str),
    /// Nobody is signed in.
    Unauthenticated,
    /// A temporary password must be changed before anything else.
    PasswordMustChange,
    /// The caller may not, and may know that it is there.
    Forbidden,
    /// Not there, or not for the caller to know.
    NotFound,
    /// The idempotency key was used for another command.
    IdempotencyMismatch,
    /// Another node was faster, twenty times.
    Conflict,
    /// The read models are behind.
    Busy,
    /// Our fault. The cause is logged, never shown.
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

impl Failure {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadInput(..) => "BAD_USER_INPUT",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::PasswordMustChange => "PASSWORD_MUST_CHANGE",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::IdempotencyMismatch => "IDEMPOTENCY_MISMATCH",
            Self::Conflict => "CONFLICT",
            Self::Busy => "BUSY",
            Self::Internal(_) => "INTERNAL",
        }
    }

    /// Returns the sentence a client sees, in English; clients translate the code.
    fn sentence(&self) -> String {
        match self {
            Self::BadInput(argument, expected) => format!("`{argument}` cannot be read: {expected}."),
            Self::Unauthenticated => "Nobody is signed in, or the session ended: sign in again.".to_owned(),
            Self::PasswordMustChange => {
                "This password was given by somebody else: change it with `changePassword` first.".to_owned()
            }
            Self::Forbidden => "This account has no right to do that.".to_owned(),
            Self::NotFound => "There is no such thing, or it is not yours to see.".to_owned(),
            Self::IdempotencyMismatch => {
                "This idempotency key was used for another command: take a new one.".to_owned()
            }
            Self::Conflict => "Others were faster: try again with the same idempotency key.".to_owned(),
            Self::Busy => "The read models are behind: try again in a moment.".to_owned(),
            Self::Internal(_) => "Something failed on our side; the trace id finds it in the log.".to_owned(),
        }
    }
}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        let trace = trace_id();
        if let Failure::Internal(error) = &failure {
            let cause = error.source().map(ToString::to_string);
            tracing::error!(trace, %error, cause, "internal failure");
        }
        #[expect(clippy::disallowed_methods, reason = "the one place that may")]
        let mut shown = Self::new(failure.sentence());
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", failure.code());
        extensions.set("traceId", trace);
        shown.extensions = Some(extensions);
        shown
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Internal(Box::new(fault))
    }
}

impl From<eventlog::LogError> for Failure {
    fn from(error: eventlog::LogError) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl<R> From<NotDone<R>> for Failure {
    /// A refusal is data; whoever lets one come here asked for something no rule may refuse.
    fn from(not_done: NotDone<R>) -> Self {
        match not_done {
            NotDone::Refused { .. } => Self::Forbidden,
            NotDone::Mismatch => Self::IdempotencyMismatch,
            NotDone::Conflict => Self::Conflict,
            NotDone::Fault(fault) => fault.into(),
        }
    }
}

/// Returns 64 random bits, hexadecimal: finds an answer in the program's log.
pub(crate) fn trace_id() -> String {
    let mut bits = [0; 8];
    // Without randomness every trace is called 0, which is worse for us than for the client.
    let _ = getrandom::fill(&mut bits);
    format!("{:016x}", u64::from_be_bytes(bits))
}
