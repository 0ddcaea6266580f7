//! The canonical dump: all that the mailboxes know, in a fixed order, as text.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use super::Mailboxes;
use super::openers::Openers;

impl Mailboxes {
    /// Returns all that is known, in a fixed order: two models are the same if their dumps are.
    pub fn dump(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_dump(&mut text);
        text
    }

    fn write_dump(&self, out: &mut String) -> fmt::Result {
        for (number, message) in self.messages.iter().enumerate() {
            writeln!(out, "message {number} {:?}", self.ids.id(u32::try_from(number).unwrap_or(u32::MAX)))?;
            writeln!(out, "  {message:?}")?;
        }
        for (number, moment) in self.memberships.moments.iter().enumerate() {
            writeln!(out, "moment {number} {moment:?}")?;
        }
        for (person, intervals) in self.memberships.intervals.iter().enumerate() {
            for interval in intervals {
                writeln!(out, "membership of {person} {interval:?}")?;
            }
        }
        for (group, ever) in self.memberships.ever.iter().enumerate() {
            writeln!(out, "ever in {group} {:?}", ever.iter().collect::<Vec<_>>())?;
        }
        for (group, feed) in self.feeds.iter().enumerate() {
            writeln!(out, "feed {group} {feed:?}")?;
        }
        for (person, own) in self.boxes.iter().enumerate() {
            writeln!(out, "box {person} {own:?}")?;
        }
        writeln!(out, "unread {:?}", self.unread)?;
        for (message, people) in &self.refused {
            writeln!(out, "refused {message} {:?}", people.iter().collect::<Vec<_>>())?;
        }
        for (message, answered) in &self.answers {
            let openly: Vec<_> = answered.openly.iter().collect();
            let blindly: Vec<_> = answered.blindly.iter().collect();
            writeln!(out, "answered {message} {openly:?} {blindly:?}")?;
        }
        for (first, following) in self.threads.iter().collect::<BTreeMap<_, _>>() {
            writeln!(out, "thread {first} {following:?}")?;
        }
        for (author, drafts) in self.drafts.own.iter().collect::<BTreeMap<_, _>>() {
            writeln!(out, "drafts of {author:?} {drafts:?}")?;
        }
        Ok(())
    }
}

/// All of them: the own form of a bitmap names only some.
impl fmt::Debug for Openers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
