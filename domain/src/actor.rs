//! Who acts: everybody who causes an event is an [`Actor`].

use serde::{Deserialize, Serialize};

use crate::id::PersonId;

/// Who gave a command.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person, with the role they used.
    Person {
        /// Who.
        person: PersonId,
        /// The role used; rights are those of the role.
        role: RoleName,
    },
    /// A process of the platform (logins, clock), by name.
    Process(String),
    /// Whoever runs `preau … --data DIR` on the machine itself.
    Operator,
}

/// The name of a role, without its scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RoleName {
    /// Everybody with an account.
    User,
    /// Administrator of a list of structures.
    LocalAdministrator,
    /// Administrator of all of them.
    PlatformAdministrator,
    /// Reads traces in a scope.
    Auditor,
    /// Approves that an auditor reads contents, in a scope.
    ContentApprover,
    /// Sees who asked for contents, who approved and what was read, in a scope.
    DataProtectionOfficer,
}

impl Actor {
    /// Returns the text that stands for the actor in a command id: the role is not part of it.
    pub fn key(&self) -> String {
        match self {
            Self::Person { person, .. } => format!("person:{person}"),
            Self::Process(name) => format!("process:{name}"),
            Self::Operator => "operator".to_owned(),
        }
    }

    /// Returns the person, if a person acts.
    pub fn person(&self) -> Option<PersonId> {
        match self {
            Self::Person { person, .. } => Some(*person),
            Self::Process(_) | Self::Operator => None,
        }
    }
}
