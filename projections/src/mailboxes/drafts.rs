//! Drafts: what an author saved and has neither sent nor thrown away.

use std::collections::HashMap;

use domain::message::Drafted;
use domain::{EventId, MessageId, Sealed, Timestamp};
use eventlog::Position;

use crate::dense::{ById, PersonNo};
use crate::mailboxes::Mailboxes;
use crate::world::At;

/// A draft; its body and whom it names are read at its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The message it may become.
    pub message: MessageId,
    /// The event of its last save, by which its sealed fields are opened.
    pub event: EventId,
    /// Where that event stands; the cursor of a page.
    pub position: Position,
    /// When it was saved last.
    pub updated_at: Timestamp,
    /// Its subject as it stands in the log.
    pub subject: Sealed<String>,
}

/// The drafts of everybody.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    pub(super) authors: ById<MessageId, PersonNo>,
    /// In the order of the last save; only of those who have some.
    pub(super) own: HashMap<PersonNo, Vec<Draft>>,
}

impl Drafts {
    /// Keeps the last save of a draft.
    pub(super) fn save(&mut self, at: At, drafted: &Drafted, author: PersonNo) {
        let (message, subject) = (drafted.message, drafted.subject.clone());
        self.remove(message);
        self.authors.insert(message, author);
        let (event, position, updated_at) = (at.event, at.position, at.recorded_at);
        let draft = Draft { message, event, position, updated_at, subject };
        self.own.entry(author).or_default().push(draft);
    }

    /// Forgets a draft, and returns whether there was one.
    pub(super) fn remove(&mut self, message: MessageId) -> bool {
        let Some(author) = self.authors.remove(&message) else { return false };
        if let Some(own) = self.own.get_mut(&author) {
            own.retain(|draft| draft.message != message);
            if own.is_empty() {
                self.own.remove(&author);
            }
        }
        true
    }
}

impl Drafts {
    /// Returns everything an author has.
    pub(super) fn of(&self, author: PersonNo) -> &[Draft] {
        self.own.get(&author).map_or(&[], Vec::as_slice)
    }

    /// Removes everything an author has.
    pub(super) fn remove_all(&mut self, author: PersonNo) {
        for draft in self.own.remove(&author).unwrap_or_default() {
            self.authors.remove(&draft.message);
        }
    }
}

impl Mailboxes {
    /// Returns drafts of `person`, last saved first, those saved before the position `before`.
    pub fn drafts(&self, person: PersonNo, before: Option<Position>, first: usize) -> Vec<Draft> {
        let own = self.drafts.own.get(&person).map_or(&[][..], Vec::as_slice);
        let end = before.map_or(own.len(), |before| own.partition_point(|draft| draft.position < before));
        own[..end].iter().rev().take(first).cloned().collect()
    }

    /// Returns a draft and whose it is.
    pub fn draft(&self, message: MessageId) -> Option<(PersonNo, Draft)> {
        let author = *self.drafts.authors.get(&message)?;
        let own = self.drafts.own.get(&author)?;
        Some((author, own.iter().find(|draft| draft.message == message)?.clone()))
    }
}
