//! What happened to a message. A diff of this file is a change of what is stored.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::notice::Notified;
use crate::id::{ErasureId, FavouriteId, GroupId, MessageId, PersonId, RuleId};
use crate::sealed::{Carries, Retention, Sealed, Subject, Visit};

crate::events! {
    /// A draft was saved.
    Drafted = "message.drafted", schema 1;
    /// A draft was thrown away.
    Discarded = "message.discarded", schema 1;
    /// A message was sent.
    Sent = "message.sent", schema 1;
    /// The author ended the replies.
    RepliesClosed = "message.replies-closed", schema 1;
    /// Erased alone: the key of its subject and body is destroyed.
    Erased = "message.erased", schema 1;
    /// The system told people something.
    Notified = "message.notified", schema 1;
}

/// What is written, besides its subject.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Cleaned HTML.
    pub html: String,
    /// The same as plain text.
    pub text: String,
}

/// What people wrote never reaches a program log.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(…)")
    }
}

/// Whom a message is addressed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// One person.
    Person(PersonId),
    /// The members of a group at the position of the send.
    Group(GroupId),
    /// Whoever got another message in `to` or `cc`: the people a reply to all goes to.
    Audience(MessageId),
}

/// The fact that allowed a party: kept, so that a trace needs no past world (`architecture.md`, Facts).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Witness {
    /// A rule from a group of the author to the party, to its group, or to the group it is nested in.
    Rule {
        /// The rule.
        rule: RuleId,
        /// The group of the author.
        from: GroupId,
        /// Where the rule ends.
        to: GroupId,
    },
    /// The author is in a group whose members reach each other.
    Internal {
        /// The group.
        group: GroupId,
    },
    /// A relative and their own child.
    Family {
        /// The relative.
        relative: PersonId,
        /// The child.
        child: PersonId,
    },
    /// A direct link by hand.
    Link {
        /// Whose stream holds it.
        from: PersonId,
        /// To whom it was made; if both ways, it leads back too.
        to: PersonId,
    },
    /// An answer: reach is not asked for (seed 000).
    Reply {
        /// The message answered.
        to: MessageId,
    },
}

/// A party of a sent message, with what allowed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressed {
    /// Whom.
    pub party: Party,
    /// By which fact.
    pub witness: Witness,
}

/// Who may answer, and whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Replies {
    /// The sender, and everybody in `to` and `cc`.
    #[default]
    All,
    /// The sender only.
    Sender,
    /// Nobody.
    None,
}

/// A draft was saved: all of it, as it is now. May name people the author cannot reach.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drafted {
    /// The message it may become.
    pub message: MessageId,
    /// Whose it is.
    pub author: PersonId,
    /// Its subject.
    pub subject: Sealed<String>,
    /// Its body.
    pub body: Sealed<Body>,
    /// Named in `to`.
    pub to: Vec<Party>,
    /// Named in `cc`.
    pub cc: Vec<Party>,
    /// Named in `bcc`.
    pub bcc: Vec<Party>,
    /// Favourites named in `to`: whom they hold is looked up when the message is sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to_favourites: Vec<FavouriteId>,
    /// Favourites named in `cc`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc_favourites: Vec<FavouriteId>,
    /// Favourites named in `bcc`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bcc_favourites: Vec<FavouriteId>,
}

/// A draft was thrown away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Discarded {
    /// Which.
    pub message: MessageId,
}

impl Carries for Discarded {}

/// A message was sent. Groups are resolved to people at the position of this event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sent {
    /// Its id.
    pub message: MessageId,
    /// Who wrote it.
    pub author: PersonId,
    /// Its subject.
    pub subject: Sealed<String>,
    /// Its body.
    pub body: Sealed<Body>,
    /// Addressed openly.
    pub to: Vec<Addressed>,
    /// Addressed openly, for information.
    pub cc: Vec<Addressed>,
    /// Addressed blindly.
    pub bcc: Vec<Addressed>,
    /// The message answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<MessageId>,
    /// The first message of the thread; itself if it begins one.
    pub thread: MessageId,
    /// Who may answer, and whom.
    pub replies: Replies,
}

/// The author ended the replies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RepliesClosed {
    /// Of which message.
    pub message: MessageId,
}

impl Carries for RepliesClosed {}

/// Erased alone. Who decided and why stands in the stream of the erasure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Erased {
    /// Which message.
    pub message: MessageId,
    /// By which erasure.
    pub erasure: ErasureId,
}

impl Carries for Erased {}

macro_rules! sealed_writing {
    ($($name:ident)+) => {$(
        impl Carries for $name {
            fn each(&mut self, visit: &mut dyn Visit) {
                let subject = Subject::Writing(self.author, self.message);
                visit.field(subject, Retention::Message, "subject", 0, &mut self.subject);
                visit.field(subject, Retention::Message, "body", 0, &mut self.body);
            }
        }
    )+};
}

sealed_writing! { Drafted Sent }
