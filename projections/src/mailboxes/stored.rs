//! How they are written down in a snapshot. Subjects are as they stand in the log.

use super::drafts::{Draft, Drafts};
use super::memberships::{Interval, Memberships, Moment};
use super::openers::Openers;
use super::sent::{Content, Counts, Message, Target, Whom};
use super::{Answered, Mailbox, Mailboxes};
use crate::snapshot::bytes::{Stored, stored};

stored! {
    Mailboxes { ids, messages, memberships, feeds, boxes, unread, refused, answers, threads, drafts }
    Mailbox { entries, sent, trash }
    Answered { openly, blindly }
    Message {
        writer,
        content,
        event,
        position,
        thread,
        in_reply_to,
        replies,
        closed,
        counts,
        targets,
        openers,
        recorded_at,
    }
    Counts { delivered, inactive, blocked }
    Target { field, whom }
    Memberships { intervals, ever, moments }
    Interval { group, first, end, since, until }
    Moment { position, recorded_at }
    Drafts { authors, own }
    Draft { message, event, position, updated_at, subject }
}

impl Stored for Whom {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Person(person) => {
                to.push(0);
                person.put(to);
            }
            Self::Group(group) => {
                to.push(1);
                group.put(to);
            }
            Self::Audience(message) => {
                to.push(2);
                message.put(to);
            }
            Self::Nobody => to.push(3),
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        match u8::get(from)? {
            0 => Stored::get(from).map(Self::Person),
            1 => Stored::get(from).map(Self::Group),
            2 => Stored::get(from).map(Self::Audience),
            3 => Some(Self::Nobody),
            _ => None,
        }
    }
}

impl Stored for Content {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Written(subject) => {
                to.push(0);
                subject.put(to);
            }
            Self::Notice(notice) => {
                to.push(1);
                notice.put(to);
            }
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        match u8::get(from)? {
            0 => Stored::get(from).map(Self::Written),
            1 => Stored::get(from).map(Self::Notice),
            _ => None,
        }
    }
}

impl Stored for Openers {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Few(list) => {
                to.push(0);
                list.put(to);
            }
            Self::Many(all) => {
                to.push(1);
                all.put(to);
            }
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        match u8::get(from)? {
            0 => Stored::get(from).map(Self::Few),
            1 => Stored::get(from).map(Self::Many),
            _ => None,
        }
    }
}
