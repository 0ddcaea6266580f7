//! What people do with copies of messages they got: opening, trashing, restoring.
//!
//! Invariant: these events commute or the last act counts; they are appended with `Any`, and no decider ever
//! loads their streams.

use serde::{Deserialize, Serialize};

use crate::id::{MessageId, PersonId};
use crate::sealed::Carries;

crate::events! {
    /// Somebody opened a message; the first of a person counts.
    Opened = "message.opened", schema 1;
    /// Copies were put into the trash.
    Trashed = "copies.trashed", schema 1;
    /// Copies were taken out of the trash.
    Restored = "copies.restored", schema 1;
}

/// Somebody opened a message, in `openings-<message>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// Which.
    pub message: MessageId,
    /// Who.
    pub person: PersonId,
}

impl Carries for Opened {}

/// Copies were put into the trash, in `copies-<person>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trashed {
    /// Whose.
    pub person: PersonId,
    /// Which.
    pub messages: Vec<MessageId>,
}

impl Carries for Trashed {}

/// Copies were taken out of the trash, in `copies-<person>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Restored {
    /// Whose.
    pub person: PersonId,
    /// Which.
    pub messages: Vec<MessageId>,
}

impl Carries for Restored {}
