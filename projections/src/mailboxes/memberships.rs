//! Memberships as intervals of message numbers.
//!
//! Invariant: the intervals of a person in a group are disjoint and not empty, but for the last one if it is open.
//! An interval `[first, end)` holds the messages sent while the person was a current member.

use domain::Timestamp;
use eventlog::Position;
use roaring::RoaringBitmap;

use super::at_index;
use crate::dense::{GroupNo, MessageNo, PersonNo};
use crate::people::Change;
use crate::world::At;

/// Still a member.
const OPEN: u32 = u32::MAX;

/// When something began or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The event that did it.
    pub position: Position,
    /// When that was recorded.
    pub recorded_at: Timestamp,
}

/// A membership, from the message number `first` to before `end`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Interval {
    pub(super) group: GroupNo,
    pub(super) first: u32,
    pub(super) end: u32,
    /// The number of the moment it began.
    pub(super) since: u32,
    /// The number of the moment it ended; [`OPEN`] until then.
    pub(super) until: u32,
}

/// How long somebody was a member: the one membership that was in force at a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// When it began.
    pub since: Moment,
    /// When it ended, if it has.
    pub until: Option<Moment>,
}

/// Who was a member of what, when.
#[derive(Debug, Default)]
pub(super) struct Memberships {
    /// By person, in the order of beginning.
    pub(super) intervals: Vec<Vec<Interval>>,
    /// Everybody who ever was in a group, by group: where to look for its members at a message.
    pub(super) ever: Vec<RoaringBitmap>,
    /// Each event that began or ended a membership.
    pub(super) moments: Vec<Moment>,
}

impl Memberships {
    /// Begins and ends memberships at an event; `next` is the number of the next message.
    pub(super) fn apply(&mut self, at: At, next: u32, changes: &[Change]) {
        if !changes.is_empty() {
            self.moments.push(Moment { position: at.position, recorded_at: at.recorded_at });
        }
        let now = u32::try_from(self.moments.len().saturating_sub(1)).unwrap_or(u32::MAX);
        for Change { person, group, joined } in changes.iter().copied() {
            let own = at_index(&mut self.intervals, person.index());
            let open = own.iter().rposition(|interval| interval.group == group && interval.end == OPEN);
            match (joined, open) {
                (true, None) => {
                    own.push(Interval { group, first: next, end: OPEN, since: now, until: OPEN });
                    at_index(&mut self.ever, group.index()).insert(person.0);
                }
                (false, Some(place)) if own[place].first == next => {
                    own.remove(place);
                }
                (false, Some(place)) => (own[place].end, own[place].until) = (next, now),
                (true, Some(_)) | (false, None) => {}
            }
        }
    }

    /// Returns the memberships of a person, current and past.
    pub(super) fn of(&self, person: PersonNo) -> &[Interval] {
        self.intervals.get(person.index()).map_or(&[], Vec::as_slice)
    }

    /// Returns since when a person is a current member of a group.
    pub(super) fn since(&self, person: PersonNo, group: GroupNo) -> Option<Moment> {
        let mut open = self.of(person).iter().filter(|interval| interval.end == OPEN);
        let interval = open.find(|interval| interval.group == group)?;
        self.moments.get(interval.since as usize).copied()
    }

    /// Returns the membership of `person` in `group` when `message` was sent.
    pub(super) fn when(&self, person: PersonNo, group: GroupNo, message: MessageNo) -> Option<&Interval> {
        self.of(person).iter().find(|interval| interval.group == group && interval.holds(message.0))
    }

    /// Returns the members of `group` when `message` was sent, with their membership.
    pub(super) fn members(
        &self,
        group: GroupNo,
        message: MessageNo,
    ) -> impl Iterator<Item = (PersonNo, Option<Membership>)> + '_ {
        let ever = self.ever.get(group.index()).into_iter().flatten().map(PersonNo);
        ever.filter_map(move |person| {
            let interval = self.when(person, group, message)?;
            Some((person, self.membership(interval)))
        })
    }

    fn membership(&self, interval: &Interval) -> Option<Membership> {
        let moment = |number: u32| self.moments.get(number as usize).copied();
        Some(Membership { since: moment(interval.since)?, until: moment(interval.until) })
    }
}

impl Interval {
    /// Returns whether a message was sent during it.
    pub(super) fn holds(self, message: u32) -> bool {
        self.first <= message && message < self.end
    }

    /// Returns the part of an ascending list of messages that lies in it and before `limit`.
    pub(super) fn cut(self, feed: &[u32], limit: u32) -> &[u32] {
        let start = feed.partition_point(|message| *message < self.first);
        let end = feed.partition_point(|message| *message < self.end.min(limit));
        feed.get(start..end).unwrap_or(&[])
    }
}
