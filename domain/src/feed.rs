//! Feeds of calendars: secret links by which a program reads somebody's bookings, or those of a resource.
//!
//! Invariant: a link is known here by the SHA-256 of its secret alone. What it shows is decided whenever it is read, by
//! what whoever opened it may see then: a feed gives no right.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::{FeedId, PersonId, ResourceId};
use crate::sealed::Carries;
use crate::{Date, Decider};

/// The most feeds that somebody has at a time.
pub const MOST: usize = 20;

crate::events! {
    /// A link reads it from now on.
    Opened = "feed.opened", schema 1;
    /// Its link reads nothing any more.
    Revoked = "feed.revoked", schema 1;
}

/// What a feed is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// The own bookings of whoever opened it, on any resource.
    Own,
    /// When a resource is taken, and nothing else.
    Busy(ResourceId),
    /// What is booked of a resource, with what whoever opened it may see of that.
    Details(ResourceId),
}

/// A link reads it from now on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// Which.
    pub feed: FeedId,
    /// Who opened it.
    pub person: PersonId,
    /// What it is of.
    pub of: Of,
    /// SHA-256 of the secret in its link: 64 hexadecimal digits.
    pub digest: Box<str>,
    /// The last day on which it is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_day: Option<Date>,
}

impl Carries for Opened {}

/// Its link reads nothing any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Revoked {
    /// Which.
    pub feed: FeedId,
}

impl Carries for Revoked {}

/// What may be asked of the feeds of a person.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Open one.
    Open(Open),
    /// Revoke one.
    Revoke {
        /// Which.
        feed: FeedId,
    },
}

/// Open a feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Open {
    /// Which it becomes.
    pub feed: FeedId,
    /// Who opens it.
    pub person: PersonId,
    /// What it is of.
    pub of: Of,
    /// SHA-256 of the secret in its link.
    pub digest: Box<str>,
    /// The last day on which it is read.
    pub last_day: Option<Date>,
    /// The day it is where they are.
    pub today: Date,
}

/// Why something may not happen to feeds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such feed.
    #[error("feeds.unknown")]
    Unknown,
    /// As many as somebody may have.
    #[error("feeds.too-many")]
    TooMany,
    /// Its last day is over.
    #[error("feeds.over")]
    Over,
}

/// The feeds of one person.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Feeds {
    /// Those that were not revoked, with the last day of each.
    open: BTreeMap<FeedId, Option<Date>>,
    /// Once revoked, an id is not used again.
    revoked: BTreeSet<FeedId>,
}

/// Returns whether something with this last day is over on a day.
pub fn is_over(last_day: Option<Date>, today: Date) -> bool {
    last_day.is_some_and(|last| last < today)
}

impl Decider for Feeds {
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Refusal> {
        match command {
            Command::Open(open) => self.open(open),
            Command::Revoke { feed } if self.open.contains_key(&feed) => Ok(vec![Revoked { feed }.into()]),
            Command::Revoke { feed } if self.revoked.contains(&feed) => Ok(vec![]),
            Command::Revoke { .. } => Err(Refusal::Unknown),
        }
    }

    fn evolve(mut self, event: &Event) -> Self {
        match event {
            Event::Opened(opened) => {
                self.open.insert(opened.feed, opened.last_day);
            }
            Event::Revoked(revoked) => {
                self.open.remove(&revoked.feed);
                self.revoked.insert(revoked.feed);
            }
        }
        self
    }
}

impl Feeds {
    fn open(&self, open: Open) -> Result<Vec<Event>, Refusal> {
        let Open { feed, person, of, digest, last_day, today } = open;
        if self.open.contains_key(&feed) || self.revoked.contains(&feed) {
            return Ok(vec![]); // A retry: already so.
        }
        if is_over(last_day, today) {
            return Err(Refusal::Over);
        }
        // Those that are over by themselves take no place.
        if self.open.values().filter(|last| !is_over(**last, today)).count() >= MOST {
            return Err(Refusal::TooMany);
        }
        Ok(vec![Opened { feed, person, of, digest, last_day }.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decider::testing::given;

    const ME: PersonId = PersonId::from_u128(1);
    const FIRST: FeedId = FeedId::from_u128(7);

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn open(feed: FeedId, last_day: Option<&str>) -> Command {
        let (of, digest, last_day) = (Of::Own, "ab".into(), last_day.map(day));
        Command::Open(Open { feed, person: ME, of, digest, last_day, today: day("2026-09-08") })
    }

    fn opened(feed: FeedId, last_day: Option<&str>) -> Event {
        let last_day = last_day.map(day);
        Opened { feed, person: ME, of: Of::Own, digest: "ab".into(), last_day }.into()
    }

    fn revoked(feed: FeedId) -> Event {
        Revoked { feed }.into()
    }

    #[test]
    fn a_feed_is_opened_once_through_its_last_day() {
        given::<Feeds>([]).when(open(FIRST, None)).then([opened(FIRST, None)]);
        given::<Feeds>([opened(FIRST, None)]).when(open(FIRST, None)).already_so();
        given::<Feeds>([opened(FIRST, None), revoked(FIRST)]).when(open(FIRST, None)).already_so();
        let today = Some("2026-09-08");
        given::<Feeds>([]).when(open(FIRST, today)).then([opened(FIRST, today)]);
        given::<Feeds>([]).when(open(FIRST, Some("2026-09-07"))).refused(Refusal::Over);
    }

    #[test]
    fn a_feed_is_revoked_once() {
        let revoke = || Command::Revoke { feed: FIRST };
        given::<Feeds>([]).when(revoke()).refused(Refusal::Unknown);
        given::<Feeds>([opened(FIRST, None)]).when(revoke()).then([revoked(FIRST)]);
        given::<Feeds>([opened(FIRST, None), revoked(FIRST)]).when(revoke()).already_so();
    }

    #[test]
    fn somebody_has_twenty_and_those_that_are_over_do_not_count() {
        let id = |number: u128| FeedId::from_u128(100 + number);
        let full = |last_day| (0..20).map(move |number| opened(id(number), last_day));
        given::<Feeds>(full(None)).when(open(FIRST, None)).refused(Refusal::TooMany);
        given::<Feeds>(full(Some("2026-09-08"))).when(open(FIRST, None)).refused(Refusal::TooMany);
        given::<Feeds>(full(Some("2026-09-07"))).when(open(FIRST, None)).then([opened(FIRST, None)]);
        let one_less = full(None).chain([revoked(id(3))]);
        given::<Feeds>(one_less).when(open(FIRST, None)).then([opened(FIRST, None)]);
    }
}
