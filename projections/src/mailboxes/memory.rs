//! How much memory they take.

use super::memberships::{Interval, Moment};
use super::openers::Openers;
use super::sent::{Content, Message, Target};
use super::{Answered, Draft, Mailbox, Mailboxes};
use crate::memory::{Heap, flat};

impl Mailboxes {
    /// Returns how many bytes they take: all of it, and of that what says who was a member of what.
    pub(crate) fn memory(&self) -> (usize, usize) {
        let Self { ids, messages, memberships, feeds, boxes, unread, refused, answers, threads, drafts } =
            self;
        let members = memberships.intervals.heap() + memberships.ever.heap() + memberships.moments.heap();
        let rows = ids.memory() + messages.heap() + feeds.heap() + boxes.heap() + unread.heap();
        let few =
            refused.heap() + answers.heap() + threads.heap() + drafts.own.heap() + drafts.authors.heap();
        (rows + few + members, members)
    }
}

impl Heap for Mailbox {
    fn heap(&self) -> usize {
        self.entries.heap() + self.sent.heap() + self.trash.heap()
    }
}

impl Heap for Answered {
    fn heap(&self) -> usize {
        self.openly.heap() + self.blindly.heap()
    }
}

impl Heap for Message {
    fn heap(&self) -> usize {
        self.content.heap() + self.targets.heap() + self.openers.heap()
    }
}

impl Heap for Content {
    fn heap(&self) -> usize {
        match self {
            Self::Written(subject) => subject.heap(),
            Self::Notice(notice) => size_of_val(&**notice),
        }
    }
}

impl Heap for Openers {
    fn heap(&self) -> usize {
        match self {
            Self::Few(list) => list.heap(),
            Self::Many(all) => all.heap(),
        }
    }
}

impl Heap for Draft {
    fn heap(&self) -> usize {
        self.subject.heap()
    }
}

flat! { Interval Moment Target }
