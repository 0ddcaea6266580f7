//! Folders, newest first, in pages: the cursor is the number of the last message shown.
//!
//! A page costs two binary searches for each list merged and a step for each row passed over; no list is scanned.

use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::Mailboxes;
use crate::dense::{MessageNo, PersonNo};

/// A row of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Which message.
    pub message: MessageNo,
    /// Whether it was received and never opened.
    pub unread: bool,
}

impl Mailboxes {
    /// Returns `first` rows of the inbox of `person` before the cursor.
    pub fn inbox(&self, person: PersonNo, before: Option<MessageNo>, first: usize) -> Vec<Entry> {
        let limit = before.map_or(u32::MAX, |before| before.0);
        let feeds = self.memberships.of(person).iter().filter_map(|interval| {
            let feed = self.feeds.get(interval.group.index()).filter(|_| interval.first < limit)?;
            Some(interval.cut(feed, limit))
        });
        let own = self.mailbox(person).map_or(&[][..], |own| until(&own.entries, limit));
        let trash = self.mailbox(person).map_or(&[][..], |own| &own.trash);
        newest_first(feeds.chain([own]))
            .filter_map(|message| self.row(person, message))
            .filter(|(mine, row)| !mine && trash.binary_search(&row.message.0).is_err())
            .map(|(_, row)| row)
            .take(first)
            .collect()
    }

    /// Returns `first` rows of the trash of `person` before the cursor: what they got, and what they sent.
    pub fn trash(&self, person: PersonNo, before: Option<MessageNo>, first: usize) -> Vec<Entry> {
        let trash = self.mailbox(person).map_or(&[][..], |own| &own.trash);
        let rows = until(trash, before.map_or(u32::MAX, |before| before.0)).iter().rev();
        rows.filter_map(|message| Some(self.row(person, *message)?.1)).take(first).collect()
    }

    /// Returns `first` rows of what `person` sent and did not put into the trash, before the cursor.
    pub fn sent(&self, person: PersonNo, before: Option<MessageNo>, first: usize) -> Vec<Entry> {
        let Some(own) = self.mailbox(person) else { return vec![] };
        let rows = until(&own.sent, before.map_or(u32::MAX, |before| before.0)).iter().rev();
        rows.filter(|message| own.trash.binary_search(message).is_err())
            .filter_map(|message| Some(self.row(person, *message)?.1))
            .take(first)
            .collect()
    }

    /// Returns the messages of the thread of `message` that `person` has, in the order of sending.
    pub fn thread(&self, person: PersonNo, message: MessageNo) -> Vec<MessageNo> {
        let Some(sent) = self.message(message) else { return vec![] };
        let following = self.threads.get(&sent.thread.0).into_iter().flatten().copied().map(MessageNo);
        let all = [sent.thread].into_iter().chain(following);
        all.filter(|message| self.can_see(person, *message).is_some()).collect()
    }

    /// Returns the answers to a message, in the order of sending, whoever has them.
    pub fn answers(&self, message: MessageNo) -> impl Iterator<Item = MessageNo> + '_ {
        let thread = self.message(message).and_then(|sent| self.threads.get(&sent.thread.0));
        let following = thread.into_iter().flatten().copied().map(MessageNo);
        following.filter(move |one| self.message(*one).is_some_and(|one| one.in_reply_to == Some(message)))
    }

    /// Returns a row, and whether the person wrote it.
    fn row(&self, person: PersonNo, message: u32) -> Option<(bool, Entry)> {
        let sent = self.messages.get(message as usize)?;
        let mine = sent.author() == Some(person);
        Some((mine, Entry { message: MessageNo(message), unread: !mine && !sent.opened_by(person) }))
    }
}

/// Returns the part of an ascending list before `limit`.
fn until(list: &[u32], limit: u32) -> &[u32] {
    &list[..list.partition_point(|message| *message < limit)]
}

/// Merges ascending lists, the greatest first, each number once.
fn newest_first<'a>(lists: impl Iterator<Item = &'a [u32]>) -> impl Iterator<Item = u32> {
    let mut heads: BinaryHeap<(u32, &[u32])> =
        lists.filter_map(|list| list.split_last().map(|(newest, rest)| (*newest, rest))).collect();
    let mut last = None;
    std::iter::from_fn(move || {
        loop {
            let mut head = heads.peek_mut()?;
            let (message, rest) = *head;
            match rest.split_last() {
                Some((next, rest)) => *head = (*next, rest),
                None => drop(PeekMut::pop(head)),
            }
            if last != Some(message) {
                last = Some(message);
                return last;
            }
        }
    })
}
