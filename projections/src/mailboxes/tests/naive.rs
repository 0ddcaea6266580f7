//! The mailboxes as one would write them without a thought for memory: a row for each recipient.

use std::collections::{BTreeMap, BTreeSet};

use domain::message::{Got, Party};
use domain::{GroupId, MessageId, PersonId};

use super::school::Parties;

#[derive(Debug, Default)]
pub(crate) struct Naive {
    pub(crate) messages: Vec<Written>,
    pub(crate) rows: Vec<Row>,
}

#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) id: MessageId,
    /// None for a notice.
    pub(crate) author: Option<u32>,
    pub(crate) thread: usize,
    pub(crate) blocked: BTreeSet<u32>,
    pub(crate) inactive: BTreeSet<u32>,
}

/// A copy; that of an author is what lies in their sent folder.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) message: usize,
    pub(crate) person: u32,
    pub(crate) got: Got,
    pub(crate) opened: bool,
    pub(crate) trashed: bool,
}

/// Who there is when a message is sent.
pub(crate) struct Now {
    /// By number.
    pub(crate) people: Vec<PersonId>,
    /// Barred or not.
    pub(crate) enrolled: BTreeMap<GroupId, BTreeSet<u32>>,
    pub(crate) barred: BTreeSet<u32>,
    pub(crate) inactive: BTreeSet<u32>,
}

impl Naive {
    pub(crate) fn send(
        &mut self,
        id: MessageId,
        author: Option<u32>,
        parties: &Parties,
        original: Option<usize>,
        now: &Now,
    ) {
        let message = self.messages.len();
        let thread = original.map_or(message, |original| self.messages[original].thread);
        let (mut blocked, mut inactive) = (BTreeSet::new(), BTreeSet::new());
        for reader in (0..).take(now.people.len()) {
            let named = |list: &[Party]| list.iter().any(|party| self.meant(*party, reader, now));
            let openly = named(&parties.to) || named(&parties.cc);
            let got = match (Some(reader) == author, openly, named(&parties.bcc)) {
                (true, _, _) => Got::Author,
                (false, true, _) => Got::Openly,
                (false, false, true) => Got::Blindly,
                (false, false, false) => continue,
            };
            if got != Got::Author && now.barred.contains(&reader) {
                continue;
            }
            if got != Got::Author && now.inactive.contains(&reader) {
                inactive.insert(reader);
            }
            self.rows.push(Row { message, person: reader, got, opened: false, trashed: false });
        }
        for reader in &now.barred {
            let all = parties.to.iter().chain(&parties.cc).chain(&parties.bcc);
            let mut one_by_one = all.filter(|party| !matches!(party, Party::Group(_)));
            if one_by_one.any(|party| self.meant(*party, *reader, now)) {
                blocked.insert(*reader);
            }
        }
        self.messages.push(Written { id, author, thread, blocked, inactive });
    }

    fn meant(&self, party: Party, reader: u32, now: &Now) -> bool {
        match party {
            Party::Person(id) => now.people.get(reader as usize) == Some(&id),
            Party::Group(id) => now.enrolled.get(&id).is_some_and(|group| group.contains(&reader)),
            Party::Audience(id) => {
                let message = self.messages.iter().position(|written| written.id == id);
                message
                    .and_then(|message| self.row(reader, message))
                    .is_some_and(|row| row.got == Got::Openly)
            }
        }
    }

    pub(crate) fn row(&self, person: u32, message: usize) -> Option<&Row> {
        self.rows.iter().find(|row| row.person == person && row.message == message)
    }

    pub(crate) fn row_mut(&mut self, person: u32, message: usize) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.person == person && row.message == message)
    }

    /// Returns the numbers of the rows of a person that pass, newest first, and whether each is unread.
    pub(crate) fn folder(&self, person: u32, passes: impl Fn(&Row) -> bool) -> Vec<(usize, bool)> {
        let rows = self.rows.iter().rev().filter(|row| row.person == person && passes(row));
        rows.map(|row| (row.message, row.got != Got::Author && !row.opened)).collect()
    }
}
