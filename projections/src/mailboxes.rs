//! Mailboxes: feeds cut to membership intervals (`architecture.md`, Mailboxes: what a delivery is).
//!
//! Invariants:
//! - Who got a message is fixed by its number and never stored as rows: a message to a group is one entry in the
//!   feed of the group, to a person one entry in theirs. All lists hold message numbers, ascending.
//! - The unread counter of a person is the number of rows of their inbox that they never opened.
//! - An act on a message that its person did not get changes nothing.
//!
//! Start with `delivery` (sending) and `folders` (reading a page).

mod copies;
mod delivery;
mod drafts;
mod dump;
mod folders;
mod memberships;
mod memory;
mod openers;
mod population;
mod sent;
mod stored;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, HashMap};

use domain::message::Event as MessageEvent;
use domain::reading::Event as ReadingEvent;
use domain::{Event, MessageId};
use roaring::RoaringBitmap;

use crate::dense::{GroupNo, MessageNo, Numbers, PersonNo};
use crate::people::{Change, People};
use crate::rows::Rows;
use crate::world::{At, Impossible, Owner};

pub use delivery::{Recipient, Through};
pub use drafts::Draft;
use drafts::Drafts;
pub use folders::Entry;
use memberships::Memberships;
pub use memberships::{Membership, Moment};
use population::Population;
pub use sent::{Content, Counts, Message, Target, Whom};

/// Who got what.
#[derive(Debug, Default)]
pub struct Mailboxes {
    ids: Numbers<MessageId>,
    /// By message number.
    messages: Rows<Message>,
    memberships: Memberships,
    /// Messages to a group, by group.
    feeds: Vec<Vec<u32>>,
    /// What a person has of their own, by person.
    boxes: Vec<Mailbox>,
    /// Rows of the inbox never opened, by person.
    unread: Vec<u32>,
    /// People named in a message while they were to get nothing; only where there are any.
    refused: BTreeMap<u32, RoaringBitmap>,
    /// Who got an answer addressed to the audience of another message; only for such messages.
    answers: BTreeMap<u32, Answered>,
    /// What follows the first message of a thread, by the number of the first.
    threads: HashMap<u32, Vec<u32>>,
    drafts: Drafts,
}

/// What one person has besides the feeds of their groups.
#[derive(Debug, Default)]
struct Mailbox {
    /// Messages that named the person.
    entries: Vec<u32>,
    /// Messages they wrote.
    sent: Vec<u32>,
    /// What they put into the trash.
    trash: Vec<u32>,
}

/// Everybody who got an answer.
#[derive(Debug, Default)]
struct Answered {
    /// In `to` or `cc`.
    openly: RoaringBitmap,
    /// In `bcc`.
    blindly: RoaringBitmap,
}

impl Mailboxes {
    /// Applies one event; `people` are as they are after it, `changes` are the memberships it began and ended.
    pub fn apply(
        &mut self,
        at: At,
        event: &Event,
        people: &People,
        changes: &[Change],
    ) -> Result<(), Impossible> {
        self.fold(at, event, people, changes)
    }

    fn fold(
        &mut self,
        at: At,
        event: &Event,
        people: &dyn Population,
        changes: &[Change],
    ) -> Result<(), Impossible> {
        self.memberships.apply(at, self.next(), changes);
        match event {
            Event::Reading(event) => {
                self.read(event, people);
                Ok(())
            }
            Event::Message(event) => self.write(at, event, people),
            Event::Person(domain::person::Event::Erased(_)) => {
                self.forget(at, people);
                Ok(())
            }
            Event::Person(_)
            | Event::Login(_)
            | Event::Structure(_)
            | Event::Roster(_)
            | Event::Favourite(_)
            | Event::Feed(_)
            | Event::Import(_)
            | Event::Erasure(_)
            | Event::Contents(_)
            | Event::RuleRequest(_)
            | Event::ResourceDomain(_)
            | Event::Resource(_)
            | Event::BookingRequest(_)
            | Event::Clock(_)
            | Event::Access(_)
            | Event::Retention(_) => Ok(()),
        }
    }

    fn read(&mut self, event: &ReadingEvent, people: &dyn Population) {
        match event {
            ReadingEvent::Opened(opened) => self.open(opened, people),
            ReadingEvent::Trashed(trashed) => self.put_into_trash(trashed, people),
            ReadingEvent::Restored(restored) => self.take_out_of_trash(restored, people),
        }
    }

    fn write(&mut self, at: At, event: &MessageEvent, people: &dyn Population) -> Result<(), Impossible> {
        match event {
            MessageEvent::Drafted(drafted) => {
                let author = population::author(at, drafted.author, people)?;
                self.drafts.save(at, drafted, author);
                Ok(())
            }
            MessageEvent::Discarded(discarded) => {
                if self.drafts.remove(discarded.message) {
                    Ok(())
                } else {
                    Err(at.impossible(format!("{:?} is discarded but is no draft", discarded.message)))
                }
            }
            MessageEvent::Sent(sent) => self.deliver(at, sent, people),
            MessageEvent::Notified(notified) => self.notify(at, notified, people),
            MessageEvent::RepliesClosed(closed) => {
                let known = self.number(closed.message).and_then(|n| self.messages.get_mut(n.index()));
                match known {
                    Some(message) => {
                        message.closed = true;
                        Ok(())
                    }
                    None => Err(at.impossible(format!("replies to {:?}, never sent, end", closed.message))),
                }
            }
            MessageEvent::Erased(erased) => {
                self.drafts.remove(erased.message);
                let known = self.number(erased.message).and_then(|n| self.messages.get_mut(n.index()));
                // What is left is who wrote to whom, and when.
                if let Some(Message { content: Content::Written(subject), closed, .. }) = known {
                    (*subject, *closed) = (domain::Sealed::Erased, true);
                }
                Ok(())
            }
        }
    }

    /// Forgets what only an erased person had: drafts, trash, what was sent to them alone. Who got what stays.
    fn forget(&mut self, at: At, people: &dyn Population) {
        let Owner::Person(person) = at.owner else { return };
        let Some(number) = people.person(person) else { return };
        self.drafts.remove_all(number);
        if let Some(own) = self.boxes.get_mut(number.index()) {
            *own = Mailbox::default();
        }
        if let Some(unread) = self.unread.get_mut(number.index()) {
            *unread = 0;
        }
    }

    /// Returns since when a person is a current member of a group; none if they are not.
    pub fn member_since(&self, person: PersonNo, group: GroupNo) -> Option<Moment> {
        self.memberships.since(person, group)
    }

    /// Returns the number of a sent message.
    pub fn number(&self, message: MessageId) -> Option<MessageNo> {
        self.ids.get(message).map(MessageNo)
    }

    /// Returns the id of a sent message.
    pub fn id(&self, message: MessageNo) -> Option<MessageId> {
        self.ids.id(message.0)
    }

    /// Returns a sent message.
    pub fn message(&self, message: MessageNo) -> Option<&Message> {
        self.messages.get(message.index())
    }

    /// Returns the messages of a thread, in the order of sending, by the first of them.
    pub fn whole_thread(&self, first: MessageNo) -> impl Iterator<Item = MessageNo> + '_ {
        let rest = self.threads.get(&first.0).into_iter().flatten();
        std::iter::once(first).chain(rest.copied().map(MessageNo))
    }

    /// Returns every message `author` sent, and every draft they have. Walks over all messages: for erasing one.
    pub fn written_by(&self, author: PersonNo) -> Vec<MessageId> {
        let sent = (0..).zip(self.messages.iter()).filter(|(_, message)| message.author() == Some(author));
        let sent = sent.filter_map(|(number, _)| self.ids.id(number));
        sent.chain(self.drafts.of(author).iter().map(|draft| draft.message)).collect()
    }

    /// Returns how many rows of the inbox of `person` were never opened.
    pub fn unread(&self, person: PersonNo) -> u32 {
        self.unread.get(person.index()).copied().unwrap_or(0)
    }

    /// Returns the number the next message gets.
    fn next(&self) -> u32 {
        u32::try_from(self.messages.len()).unwrap_or(u32::MAX)
    }

    fn mailbox(&self, person: PersonNo) -> Option<&Mailbox> {
        self.boxes.get(person.index())
    }

    fn mailbox_mut(&mut self, person: PersonNo) -> &mut Mailbox {
        at_index(&mut self.boxes, person.index())
    }
}

impl At {
    fn impossible(self, what: String) -> Impossible {
        Impossible { position: self.position, what }
    }
}

/// Returns the element at `index`, after making the list long enough.
fn at_index<T: Default>(list: &mut Vec<T>, index: usize) -> &mut T {
    if list.len() <= index {
        list.resize_with(index + 1, T::default);
    }
    &mut list[index]
}
