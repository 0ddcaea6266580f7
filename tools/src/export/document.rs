//! The shape of `export.json` (`docs/directory.md`, Access requests).
//!
//! Invariant: a datum always tells where it comes from, and a value whose key was destroyed is [`erased`], never left
//! out. Once published, names are added and never changed.

use domain::group::Profile;
use domain::{CommandId, PersonId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cli::Language;

/// The name and version of the shape.
pub const FORMAT: &str = "preau.person-export.v1";

/// Everything that is known of one person.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// [`FORMAT`].
    pub format: String,
    /// The language in which groups and erased people are named.
    pub language: Language,
    /// Who.
    pub person: PersonId,
    /// What they are at school.
    pub profile: Profile,
    /// When it was written.
    pub exported_at: Timestamp,
    /// The position of the log it goes up to.
    pub position: u64,
    /// What is known, by subject; a section without data is there too.
    pub sections: Vec<Section>,
}

/// Data about one subject, in the order of the log.
#[derive(Debug, Serialize, Deserialize)]
pub struct Section {
    /// Its name: `identity`, `messagesReceived`.
    pub section: String,
    /// What is known.
    pub data: Vec<Datum>,
}

/// One thing that is known, and where it comes from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Datum {
    /// What it is: `last_name`, or the kind of the event.
    pub name: String,
    /// What is known.
    pub value: Value,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a datum comes from: an event of the log.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// Where it stands.
    pub position: u64,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// What happened: `person.registered`.
    pub kind: String,
    /// The stream it stands in.
    pub stream: String,
    /// Who caused it.
    pub actor: Value,
    /// The file or feed the record comes from, where the event says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Value>,
    /// Why, in the words of the actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Value>,
    /// What all events of one undertaking share: an import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<CommandId>,
}

/// What stands for a value whose key was destroyed.
pub fn erased() -> Value {
    json!({ "erased": true })
}

/// Returns whether a value is [`erased`].
pub fn is_erased(value: &Value) -> bool {
    value.get("erased") == Some(&Value::Bool(true))
}
