//! Feeds of calendars: which secret links there are, by the digests of their secrets.
//!
//! Invariant: a link is found by its digest alone; one that was revoked is not there. What a feed shows is not decided
//! here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use domain::feed::{Event as FeedEvent, Of};
use domain::{Date, Event, FeedId, PersonId, Timestamp};

use crate::world::{At, Impossible, Owner};

/// A feed that was not revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Which.
    pub id: FeedId,
    /// Who opened it.
    pub owner: PersonId,
    /// What it is of.
    pub of: Of,
    /// SHA-256 of the secret in its link, in hexadecimal digits.
    pub digest: String,
    /// The last day on which it is read.
    pub last_day: Option<Date>,
    /// When it was opened.
    pub opened_at: Timestamp,
}

/// Every feed there is.
#[derive(Debug, Default)]
pub struct Feeds {
    pub(crate) all: BTreeMap<FeedId, Feed>,
    pub(crate) of: BTreeMap<PersonId, BTreeSet<FeedId>>,
    pub(crate) by_digest: BTreeMap<String, FeedId>,
}

impl Feeds {
    /// Applies one event. An erased person has no feeds.
    pub fn apply(&mut self, at: At, event: &Event) -> Result<(), Impossible> {
        if let Event::Feed(event) = event {
            let Owner::Feeds(owner) = at.owner else {
                return Err(Impossible::here(at, "a feed stands in no stream of feeds"));
            };
            return self.fold(at, owner, event);
        }
        if let (Event::Person(domain::person::Event::Erased(_)), Owner::Person(person)) = (event, at.owner) {
            for feed in self.of.remove(&person).unwrap_or_default() {
                self.forget(feed);
            }
        }
        Ok(())
    }

    fn fold(&mut self, at: At, owner: PersonId, event: &FeedEvent) -> Result<(), Impossible> {
        match event {
            FeedEvent::Opened(opened) => {
                let (id, digest) = (opened.feed, opened.digest.to_string());
                let (of, last_day, opened_at) = (opened.of, opened.last_day, at.recorded_at);
                self.by_digest.insert(digest.clone(), id);
                self.of.entry(owner).or_default().insert(id);
                self.all.insert(id, Feed { id, owner, of, digest, last_day, opened_at });
                Ok(())
            }
            FeedEvent::Revoked(revoked) => {
                let known = self.forget(revoked.feed);
                known.ok_or_else(|| Impossible::here(at, "a feed is revoked that nobody opened"))?;
                if let Some(own) = self.of.get_mut(&owner) {
                    own.remove(&revoked.feed);
                }
                Ok(())
            }
        }
    }

    fn forget(&mut self, feed: FeedId) -> Option<()> {
        let known = self.all.remove(&feed)?;
        self.by_digest.remove(&known.digest).map(drop)
    }

    /// Returns a feed.
    pub fn get(&self, feed: FeedId) -> Option<&Feed> {
        self.all.get(&feed)
    }

    /// Returns the feed whose secret has this digest.
    pub fn by_digest(&self, digest: &str) -> Option<&Feed> {
        self.all.get(self.by_digest.get(digest)?)
    }

    /// Returns the feeds that somebody opened, in the order of their ids.
    pub fn of(&self, owner: PersonId) -> impl Iterator<Item = &Feed> {
        self.of.get(&owner).into_iter().flatten().filter_map(|feed| self.all.get(feed))
    }

    /// Returns how many bytes it takes.
    pub(crate) fn memory(&self) -> usize {
        let each = |feed: &Feed| size_of::<Feed>() + 2 * feed.digest.capacity() + 3 * size_of::<FeedId>();
        self.all.values().map(each).sum()
    }

    /// Returns everything it knows, as canonical text.
    pub fn dump(&self) -> String {
        let mut text = String::new();
        for feed in self.of.keys().flat_map(|owner| self.of(*owner)) {
            let found = self.by_digest(&feed.digest).map(|found| found.id);
            let _ = writeln!(text, "{feed:?} found {found:?}");
        }
        let _ = writeln!(text, "{} feeds, {} digests", self.all.len(), self.by_digest.len());
        text
    }
}

#[cfg(test)]
mod tests {
    use domain::ResourceId;
    use domain::feed::{Opened, Revoked};

    use super::*;
    use crate::snapshot::tests::through;
    use crate::testing::{School, person};

    fn happened(school: &mut School, owner: u128, event: impl Into<FeedEvent>) {
        school.happened(Owner::Feeds(person(owner)), event.into());
    }

    fn opened(owner: u128, feed: u128, of: Of) -> Opened {
        let (feed, digest) = (FeedId::from_u128(feed), format!("{feed:064x}").into());
        let last_day = Some("2027-07-05".parse().unwrap());
        Opened { feed, person: person(owner), of, digest, last_day }
    }

    fn revoked(feed: u128) -> Revoked {
        Revoked { feed: FeedId::from_u128(feed) }
    }

    /// Two people with three feeds, one of them revoked.
    fn school() -> School {
        let mut school = School::bare();
        for owner in [1, 2] {
            school.member(owner, domain::group::Profile::Teacher, &[]);
        }
        happened(&mut school, 1, opened(1, 7, Of::Own));
        happened(&mut school, 1, opened(1, 8, Of::Busy(ResourceId::from_u128(3))));
        happened(&mut school, 2, opened(2, 6, Of::Details(ResourceId::from_u128(3))));
        happened(&mut school, 1, revoked(8));
        school
    }

    fn found(school: &School, feed: u128) -> Option<PersonId> {
        school.world.feeds.by_digest(&format!("{feed:064x}")).map(|feed| feed.owner)
    }

    #[test]
    fn a_feed_is_found_by_its_digest_until_it_is_revoked() {
        let school = school();
        assert_eq!(
            [6, 7, 8, 9].map(|feed| found(&school, feed)),
            [Some(person(2)), Some(person(1)), None, None]
        );
        let own: Vec<_> = school.world.feeds.of(person(1)).map(|feed| feed.id.to_u128()).collect();
        assert_eq!(own, [7]);
    }

    #[test]
    fn it_comes_back_from_the_log_and_from_a_snapshot() {
        let school = school();
        assert_eq!(school.rebuilt().feeds.dump(), school.world.feeds.dump());
        assert_eq!(through(&school.world).feeds.dump(), school.world.feeds.dump());
        assert_eq!(school.world.feeds.dump().lines().count(), 3);
    }

    #[test]
    fn an_erased_person_has_none() {
        let mut school = school();
        let erased = domain::person::Erased { erasure: domain::ErasureId::from_u128(1), writings: true };
        school.of_person(person(1), erased);
        assert_eq!([6, 7].map(|feed| found(&school, feed)), [Some(person(2)), None]);
        assert_eq!(school.world.feeds.of(person(1)).count(), 0);
        assert_eq!(school.rebuilt().feeds.dump(), school.world.feeds.dump());
    }

    #[test]
    fn what_nobody_opened_is_not_revoked() {
        let mut school = school();
        let at = At { owner: Owner::Feeds(person(1)), ..school.log[0].0 };
        let event = Event::from(FeedEvent::from(revoked(99)));
        assert!(school.world.feeds.apply(at, &event).is_err());
        let misplaced = Event::from(FeedEvent::from(opened(1, 5, Of::Own)));
        assert!(school.world.feeds.apply(At { owner: Owner::Other, ..at }, &misplaced).is_err());
    }
}
