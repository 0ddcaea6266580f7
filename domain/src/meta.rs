//! What stands beside an event: who, for whom, why, in which command.

use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::id::{CommandId, EventId, MessageId, PersonId, StructureId};
use crate::sealed::{Carries, Retention, Sealed, Subject, Visit};
use crate::stream::StreamId;

/// The `meta` of an event. Decoded only by those who ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Who gave the command.
    pub actor: Actor,
    /// For whom, if not for themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<PersonId>,
    /// The command.
    pub command: CommandId,
    /// Keyed hash of the command's variables, 32 hexadecimal digits: tells a repetition from another command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variables: Option<Box<str>>,
    /// What all events of one undertaking share (an import, a first command and its reactions).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation: Option<CommandId>,
    /// The event this one reacts to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causation: Option<EventId>,
    /// The position at which the facts of the command were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts_at: Option<u64>,
    /// The family of the client (`web`, `mobile`, `cli`), never its full name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientFamily>,
    /// Why, in the actor's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Sealed<String>>,
}

/// What kind of client gave a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ClientFamily {
    /// A browser.
    Web,
    /// A mobile application.
    Mobile,
    /// Anything else over HTTP.
    Api,
    /// The command line on the machine itself.
    CommandLine,
}

/// A [`Meta`] together with the stream it stands in, which says whose its reason is.
#[derive(Debug)]
pub struct MetaIn<'a>(pub &'a mut Meta, pub &'a StreamId);

impl Carries for MetaIn<'_> {
    fn each(&mut self, visit: &mut dyn Visit) {
        let subject = subject_of(self.1);
        if let Some(reason) = &mut self.0.reason {
            visit.field(subject, Retention::Life, "meta.reason", 0, reason);
        }
    }
}

/// Returns whose a reason is that stands in `stream`: the person's or structure's the stream is about.
fn subject_of(stream: &StreamId) -> Subject {
    let person = || stream.key().parse().ok().map(|id: PersonId| Subject::Identity(id));
    let structure = || stream.key().parse().ok().map(|id: StructureId| Subject::Structure(id));
    match stream.category() {
        "person" | "copies" | "mailbox" | "favourites" | "feeds" => person(),
        "structure" | "imports" => structure(),
        _ => None,
    }
    .unwrap_or(Subject::Platform)
}

/// Returns the id of the message a stream is about, if it is about one.
pub fn message_of(stream: &StreamId) -> Option<MessageId> {
    matches!(stream.category(), "message" | "openings").then(|| stream.key().parse().ok()).flatten()
}
