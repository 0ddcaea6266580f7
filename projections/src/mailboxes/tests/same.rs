//! Whether the mailboxes say the same as the naive model.

use domain::message::Got;
use proptest::prelude::*;

use super::naive::Naive;
use crate::dense::{MessageNo, PersonNo};
use crate::mailboxes::{Entry, Mailboxes};

/// Compares the unread counter of everybody.
pub(crate) fn counters(mailboxes: &Mailboxes, naive: &Naive, people: u32) -> Result<(), TestCaseError> {
    for person in (0..people).map(PersonNo) {
        let inbox = naive.folder(person.0, |row| row.got != Got::Author && !row.trashed);
        let unread = inbox.iter().filter(|row| row.1).count();
        prop_assert_eq!(mailboxes.unread(person) as usize, unread, "unread of {:?}", person);
    }
    Ok(())
}

/// Compares every folder, thread and recipient.
pub(crate) fn everything(mailboxes: &Mailboxes, naive: &Naive, people: u32) -> Result<(), TestCaseError> {
    counters(mailboxes, naive, people)?;
    for person in (0..people).map(PersonNo) {
        folders(mailboxes, naive, person)?;
    }
    for (number, message) in (0..).map(MessageNo).zip(&naive.messages) {
        prop_assert_eq!(mailboxes.id(number), Some(message.id));
        let rows = naive.rows.iter().filter(|row| row.message == number.index());
        let got: Vec<_> = rows.filter(|r| r.got != Got::Author).map(|r| (r.person, r.got)).collect();
        let recipients = mailboxes.recipients(number);
        prop_assert_eq!(&recipients.iter().map(|r| (r.person.0, r.got)).collect::<Vec<_>>(), &got);
        let openly: Vec<_> = got.iter().filter(|r| r.1 == Got::Openly).map(|r| r.0).collect();
        prop_assert_eq!(mailboxes.audience(number).iter().collect::<Vec<_>>(), openly);
        let counts = mailboxes.message(number).unwrap().counts;
        let counts = [counts.delivered, counts.inactive, counts.blocked].map(|count| count as usize);
        prop_assert_eq!(counts, [got.len(), message.inactive.len(), message.blocked.len()]);
    }
    Ok(())
}

fn folders(mailboxes: &Mailboxes, naive: &Naive, person: PersonNo) -> Result<(), TestCaseError> {
    let plain =
        |rows: Vec<Entry>| -> Vec<_> { rows.iter().map(|row| (row.message.index(), row.unread)).collect() };
    let inbox = naive.folder(person.0, |row| row.got != Got::Author && !row.trashed);
    let trash = naive.folder(person.0, |row| row.trashed);
    let sent = naive.folder(person.0, |row| row.got == Got::Author && !row.trashed);
    for size in [1, 3, 1_000] {
        let paged = |page: &dyn Fn(Option<MessageNo>) -> Vec<Entry>| plain(in_pages(size, page));
        prop_assert_eq!(paged(&|before| mailboxes.inbox(person, before, size)), inbox.clone());
        prop_assert_eq!(paged(&|before| mailboxes.trash(person, before, size)), trash.clone());
        prop_assert_eq!(paged(&|before| mailboxes.sent(person, before, size)), sent.clone());
    }
    for number in (0..naive.messages.len()).map(|n| MessageNo(u32::try_from(n).unwrap())) {
        let got = naive.row(person.0, number.index()).map(|row| row.got);
        prop_assert_eq!(mailboxes.can_see(person, number), got, "{:?} sees {:?}", person, number);
        let thread = naive.messages[number.index()].thread;
        let seen = naive.rows.iter().filter(|row| row.person == person.0);
        let seen = seen.filter(|row| naive.messages[row.message].thread == thread);
        let seen: Vec<_> = seen.map(|row| row.message).collect();
        let thread = mailboxes.thread(person, number);
        prop_assert_eq!(thread.iter().map(|m| m.index()).collect::<Vec<_>>(), seen);
    }
    Ok(())
}

/// Returns all rows of a folder, read page by page.
fn in_pages(size: usize, page: &dyn Fn(Option<MessageNo>) -> Vec<Entry>) -> Vec<Entry> {
    let mut rows = page(None);
    let mut full = rows.len() == size;
    while full {
        let next = page(rows.last().map(|row| row.message));
        full = next.len() == size;
        rows.extend(next);
    }
    rows
}
