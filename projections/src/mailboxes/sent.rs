//! A sent message as the mailboxes keep it: about 150 bytes, its sealed subject and its targets.

use chrono::DateTime;
use domain::message::{Field, Replies};
use domain::{EventId, Sealed, Timestamp};
use eventlog::Position;

use super::openers::Openers;
use crate::dense::{GroupNo, MessageNo, PersonNo};

/// A sent message.
#[derive(Debug)]
pub struct Message {
    /// Who wrote it.
    pub author: PersonNo,
    /// The event, by which its sealed fields are opened.
    pub event: EventId,
    /// Where the event stands: subject and body are read there.
    pub position: Position,
    /// Its subject as it stands in the log.
    pub subject: Sealed<String>,
    /// The first message of its thread; itself if it begins one.
    pub thread: MessageNo,
    /// The message answered.
    pub in_reply_to: Option<MessageNo>,
    /// Who may answer, and whom.
    pub replies: Replies,
    /// Whether its author ended the replies.
    pub closed: bool,
    /// How many got it.
    pub counts: Counts,
    pub(super) targets: Box<[Target]>,
    pub(super) openers: Openers,
    /// Milliseconds since 1970.
    pub(super) recorded_at: i64,
}

/// How many got a message; fixed when it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Everybody who got it.
    pub delivered: u32,
    /// Those of them who never activated their account.
    pub inactive: u32,
    /// People named one by one, or by a reply to all, who were to get nothing. The members of a group never
    /// include such people.
    pub blocked: u32,
}

/// One party of a sent message, in the order of `to`, `cc`, `bcc`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Openly or blindly.
    pub field: Field,
    /// Whom.
    pub whom: Whom,
}

/// A party, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// One person.
    Person(PersonNo),
    /// The members of a group.
    Group(GroupNo),
    /// Whoever got another message openly.
    Audience(MessageNo),
    /// A group nobody was ever in.
    Nobody,
}

impl Target {
    /// Returns whether the others see it.
    pub fn openly(self) -> bool {
        match self.field {
            Field::To | Field::Cc => true,
            Field::Bcc => false,
        }
    }
}

impl Message {
    /// Returns when it was sent.
    pub fn sent_at(&self) -> Timestamp {
        DateTime::from_timestamp_millis(self.recorded_at).unwrap_or_default()
    }

    /// Returns its parties in the order of `to`, `cc`, `bcc`. Those in `bcc` are for its author only.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Returns how many opened it.
    pub fn opened(&self) -> u32 {
        self.openers.len()
    }

    /// Returns whether `person` opened it.
    pub fn opened_by(&self, person: PersonNo) -> bool {
        self.openers.contains(person)
    }

    /// Returns who opened it, ascending.
    pub fn openers(&self) -> impl Iterator<Item = PersonNo> + '_ {
        self.openers.iter()
    }
}
