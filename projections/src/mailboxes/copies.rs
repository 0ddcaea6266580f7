//! What people do with their copies: opening, trashing, restoring.
//!
//! Invariant: these events were appended without a look at who has what, so one that names a message its person
//! does not have changes nothing. An author has no copy to open, but may put away what they sent.

use domain::message::Got;
use domain::reading::{Opened, Restored, Trashed};
use domain::{MessageId, PersonId};

use super::Mailboxes;
use super::population::Population;
use crate::dense::{MessageNo, PersonNo};

impl Mailboxes {
    /// Notes an opening; the first one of a person counts.
    pub(super) fn open(&mut self, opened: &Opened, people: &dyn Population) {
        let Some((person, message, got)) = self.copy(opened.person, opened.message, people) else { return };
        let Some(sent) = self.messages.get_mut(message.index()) else { return };
        if got != Got::Author && sent.openers.insert(person) && !self.in_trash(person, message) {
            self.count(person, -1);
        }
    }

    /// Puts copies into the trash.
    pub(super) fn put_into_trash(&mut self, trashed: &Trashed, people: &dyn Population) {
        for message in &trashed.messages {
            let Some((person, message, got)) = self.copy(trashed.person, *message, people) else { continue };
            let trash = &mut self.mailbox_mut(person).trash;
            if let Err(place) = trash.binary_search(&message.0) {
                trash.insert(place, message.0);
                if self.is_unread(person, message, got) {
                    self.count(person, -1);
                }
            }
        }
    }

    /// Takes copies out of the trash.
    pub(super) fn take_out_of_trash(&mut self, restored: &Restored, people: &dyn Population) {
        for message in &restored.messages {
            let Some((person, message, got)) = self.copy(restored.person, *message, people) else { continue };
            let trash = &mut self.mailbox_mut(person).trash;
            if let Ok(place) = trash.binary_search(&message.0) {
                trash.remove(place);
                if self.is_unread(person, message, got) {
                    self.count(person, 1);
                }
            }
        }
    }

    /// Returns whether `person` put a message into the trash.
    pub fn in_trash(&self, person: PersonNo, message: MessageNo) -> bool {
        self.mailbox(person).is_some_and(|own| own.trash.binary_search(&message.0).is_ok())
    }

    /// Returns the copy that an event names, if there is one.
    fn copy(
        &self,
        person: PersonId,
        message: MessageId,
        people: &dyn Population,
    ) -> Option<(PersonNo, MessageNo, Got)> {
        let (person, message) = (people.person(person)?, self.number(message)?);
        Some((person, message, self.can_see(person, message)?))
    }

    fn is_unread(&self, person: PersonNo, message: MessageNo, got: Got) -> bool {
        got != Got::Author && self.message(message).is_some_and(|sent| !sent.opened_by(person))
    }

    fn count(&mut self, person: PersonNo, change: i32) {
        if let Some(unread) = self.unread.get_mut(person.index()) {
            *unread = unread.saturating_add_signed(change);
        }
    }
}
