//! A sent message as the mailboxes keep it: about 150 bytes, its sealed subject and its targets.
//!
//! A notice is one too: nobody wrote it, and it has no subject of its own.

use chrono::DateTime;
use domain::message::{Field, Notice, Replies};
use domain::{EventId, Sealed, Timestamp};
use eventlog::Position;

use super::openers::Openers;
use crate::dense::{GroupNo, MessageNo, PersonNo};

/// A sent message.
#[derive(Debug)]
pub struct Message {
    /// Who wrote it; nobody for a notice. Apart from the content, so that a row stays within 128 bytes.
    pub(super) writer: PersonNo,
    /// What is in it, as far as a row shows it.
    pub content: Content,
    /// The event, by which its sealed fields are opened.
    pub event: EventId,
    /// Where the event stands: subject and body are read there.
    pub position: Position,
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

/// What is in a message.
#[derive(Debug)]
pub enum Content {
    /// Somebody wrote it: its subject as it stands in the log.
    Written(Sealed<String>),
    /// The system tells of something.
    Notice(Box<Notice>),
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
    /// Returns who wrote it; none for a notice.
    pub fn author(&self) -> Option<PersonNo> {
        match &self.content {
            Content::Written(_) => Some(self.writer),
            Content::Notice(_) => None,
        }
    }

    /// Returns what it tells of, if nobody wrote it.
    pub fn notice(&self) -> Option<&Notice> {
        match &self.content {
            Content::Written(_) => None,
            Content::Notice(notice) => Some(notice),
        }
    }

    /// Returns whom it is of: who wrote it, or the only person it tells something. None for a notice to several.
    pub fn whose(&self) -> Option<PersonNo> {
        self.author().or(match &*self.targets {
            [Target { whom: Whom::Person(person), .. }] => Some(*person),
            _ => None,
        })
    }

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
