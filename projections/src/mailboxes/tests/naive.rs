//! The mailboxes as one would write them without a thought for memory: a row for each recipient.

use std::collections::BTreeSet;

use domain::message::{Got, Party};

use super::school::{Parties, person};

#[derive(Debug, Default)]
pub(super) struct Naive {
    pub(super) messages: Vec<Written>,
    pub(super) rows: Vec<Row>,
}

#[derive(Debug)]
pub(super) struct Written {
    pub(super) author: u32,
    pub(super) thread: usize,
    pub(super) blocked: BTreeSet<u32>,
    pub(super) inactive: BTreeSet<u32>,
}

/// A copy; that of an author is what lies in their sent folder.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) message: usize,
    pub(super) person: u32,
    pub(super) got: Got,
    pub(super) opened: bool,
    pub(super) trashed: bool,
}

/// Who there is when a message is sent.
pub(super) struct Now {
    pub(super) people: u32,
    pub(super) enrolled: Vec<BTreeSet<u32>>,
    pub(super) barred: BTreeSet<u32>,
    pub(super) inactive: BTreeSet<u32>,
}

impl Naive {
    pub(super) fn send(&mut self, author: u32, parties: &Parties, original: Option<usize>, now: &Now) {
        let message = self.messages.len();
        let thread = original.map_or(message, |original| self.messages[original].thread);
        let (mut blocked, mut inactive) = (BTreeSet::new(), BTreeSet::new());
        for reader in 0..now.people {
            let named = |list: &[Party]| list.iter().any(|party| self.meant(*party, reader, now));
            let openly = named(&parties.to) || named(&parties.cc);
            let got = match (reader == author, openly, named(&parties.bcc)) {
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
        self.messages.push(Written { author, thread, blocked, inactive });
    }

    fn meant(&self, party: Party, reader: u32, now: &Now) -> bool {
        match party {
            Party::Person(id) => id == person(reader),
            Party::Group(id) => now
                .enrolled
                .iter()
                .enumerate()
                .any(|(number, group)| id.to_u128() == 2_000 + number as u128 && group.contains(&reader)),
            Party::Audience(id) => {
                let message = usize::try_from(id.to_u128() - 3_000).unwrap();
                self.row(reader, message).is_some_and(|row| row.got == Got::Openly)
            }
        }
    }

    pub(super) fn row(&self, person: u32, message: usize) -> Option<&Row> {
        self.rows.iter().find(|row| row.person == person && row.message == message)
    }

    pub(super) fn row_mut(&mut self, person: u32, message: usize) -> Option<&mut Row> {
        self.rows.iter_mut().find(|row| row.person == person && row.message == message)
    }

    /// Returns the numbers of the rows of a person that pass, newest first, and whether each is unread.
    pub(super) fn folder(&self, person: u32, passes: impl Fn(&Row) -> bool) -> Vec<(usize, bool)> {
        let rows = self.rows.iter().rev().filter(|row| row.person == person && passes(row));
        rows.map(|row| (row.message, row.got != Got::Author && !row.opened)).collect()
    }
}
