//! Refused accesses: sign-ins and commands of administration that were not allowed (`audit.md`, Who asks what).
//!
//! Invariant: nothing of what was typed is kept, only whose account it was if there is one. The events stand apart
//! from the features, in `access-<structure>-<month>`, appended with `Any`; no decider and no read model loads them.

use serde::{Deserialize, Serialize};

use crate::id::PersonId;
use crate::label::Label;
use crate::sealed::{Carries, Retention, Sealed, Subject, Visit};

crate::events! {
    /// Somebody was refused.
    Refused = "access.refused", schema 1;
}

/// Somebody was refused: at most one event a minute for each account and address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// The account: the one signed in to, or the one that gave the command. Not there for a login nobody has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<PersonId>,
    /// The name of the command: `logIn`, `blockAccount`.
    pub command: Label,
    /// The stable code of the refusal.
    pub code: Label,
    /// From which address.
    pub address: Sealed<String>,
    /// How many refusals of this account and address this event stands for: itself, and those since the one before.
    pub count: u32,
}

impl Carries for Refused {
    fn each(&mut self, visit: &mut dyn Visit) {
        let subject = self.account.map_or(Subject::Platform, Subject::Identity);
        visit.field(subject, Retention::Connection, "address", 0, &mut self.address);
    }
}
