//! The core models in lock-step: people and memberships, rule graph, mailboxes, in this order for every event.
//!
//! Invariant: they share one position, and a later one reads the earlier ones as they are at this event; this is
//! how a group is resolved "at the position of the event".

use domain::{
    BookingRequestId, ContentRequestId, DomainId, ErasureId, Event, EventId, GroupId, PersonId, ResourceId,
    RuleRequestId, StructureId, Timestamp,
};
use eventlog::Position;

use crate::calendars::Calendars;
use crate::contents::Contents;
use crate::erasures::Erasures;
use crate::favourites::Favourites;
use crate::feeds::Feeds;
use crate::graph::Graph;
use crate::mailboxes::Mailboxes;
use crate::people::{Change, People};
use crate::resources::Resources;
use crate::rule_requests::RuleRequests;
use crate::search::Search;

/// Where and when an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    /// Its position.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Its id.
    pub event: EventId,
    /// Whose stream it stands in: most events of a person or a structure do not repeat it.
    pub owner: Owner,
}

impl At {
    /// Returns where a recorded event stands.
    pub fn of(recorded: &eventlog::Recorded) -> Self {
        let owner = Owner::of(recorded.stream());
        Self { position: recorded.position, recorded_at: recorded.recorded_at, event: recorded.id, owner }
    }
}

/// Whose stream an event stands in, as far as the core models ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// `person-<ulid>`.
    Person(PersonId),
    /// `structure-<ulid>`.
    Structure(StructureId),
    /// `group-<ulid>`.
    Group(GroupId),
    /// `favourites-<ulid>`.
    Favourites(PersonId),
    /// `feeds-<ulid>`.
    Feeds(PersonId),
    /// `erasure-<ulid>`.
    Erasure(ErasureId),
    /// `contents-<ulid>`.
    Contents(ContentRequestId),
    /// `rule-request-<ulid>`.
    RuleRequest(RuleRequestId),
    /// `domain-<ulid>`.
    Domain(DomainId),
    /// `resource-<ulid>`.
    Resource(ResourceId),
    /// `booking-request-<ulid>`.
    BookingRequest(BookingRequestId),
    /// Any other.
    Other,
}

impl Owner {
    /// Returns whose stream the one called `stream` is.
    pub fn of(stream: &str) -> Self {
        match stream.split_once('-') {
            Some(("person", id)) => id.parse().map_or(Self::Other, Self::Person),
            Some(("structure", id)) => id.parse().map_or(Self::Other, Self::Structure),
            Some(("group", id)) => id.parse().map_or(Self::Other, Self::Group),
            Some(("favourites", id)) => id.parse().map_or(Self::Other, Self::Favourites),
            Some(("feeds", id)) => id.parse().map_or(Self::Other, Self::Feeds),
            Some(("erasure", id)) => id.parse().map_or(Self::Other, Self::Erasure),
            Some(("contents", id)) => id.parse().map_or(Self::Other, Self::Contents),
            Some(("rule", key)) => {
                let id = key.strip_prefix("request-").and_then(|id| id.parse().ok());
                id.map_or(Self::Other, Self::RuleRequest)
            }
            Some(("domain", id)) => id.parse().map_or(Self::Other, Self::Domain),
            Some(("resource", id)) => id.parse().map_or(Self::Other, Self::Resource),
            Some(("booking", key)) => {
                let id = key.strip_prefix("request-").and_then(|id| id.parse().ok());
                id.map_or(Self::Other, Self::BookingRequest)
            }
            Some(_) | None => Self::Other,
        }
    }
}

/// Something that cannot happen stands in the log; the projections stop here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("position {position}: {what}")]
pub struct Impossible {
    /// Where.
    pub position: Position,
    /// What.
    pub what: String,
}

impl Impossible {
    /// Returns the error that says `what` cannot happen at `at`.
    pub(crate) fn here(at: At, what: impl Into<String>) -> Self {
        Self { position: at.position, what: what.into() }
    }
}

/// The core models and their position.
#[derive(Debug, Default)]
pub struct World {
    /// The position of the last event applied.
    pub position: Position,
    /// Who there is.
    pub people: People,
    /// Their names.
    pub search: Search,
    /// Who may write to whom.
    pub graph: Graph,
    /// Who got what.
    pub mailboxes: Mailboxes,
    /// Who is to be erased.
    pub erasures: Erasures,
    /// Who reads contents that are not theirs.
    pub contents: Contents,
    /// Who asked for changes of rules.
    pub rule_requests: RuleRequests,
    /// What people saved for themselves.
    pub favourites: Favourites,
    /// By which secret links calendars are read.
    pub feeds: Feeds,
    /// Which resources there are, and who has which role on them.
    pub resources: Resources,
    /// What is booked of them.
    pub calendars: Calendars,
    /// Memberships that began and ended since somebody began to note them.
    pub(crate) changes: Option<Vec<Change>>,
}

impl World {
    /// Applies one event to every model. Sealed fields that a model shows (names, labels) are open or erased;
    /// all others are as they stand in the log.
    pub fn apply(&mut self, at: At, event: &Event) -> Result<(), Impossible> {
        let changes = self.people.apply(at, event)?;
        self.search.apply(at, event, &self.people)?;
        self.graph.apply(at, event, &self.people, &changes)?;
        self.mailboxes.apply(at, event, &self.people, &changes)?;
        self.erasures.apply(at, event)?;
        self.contents.apply(at, event)?;
        self.rule_requests.apply(at, event)?;
        self.favourites.apply(at, event)?;
        self.feeds.apply(at, event)?;
        self.resources.apply(at, event)?;
        self.calendars.apply(at, event, &self.people)?;
        if let Some(noted) = &mut self.changes {
            noted.extend_from_slice(&changes);
        }
        self.position = at.position;
        Ok(())
    }

    /// Returns everything each model knows, as canonical text under its name: a rebuilt world and one that followed
    /// say the same. Holds names: to be compared or hashed, never to be logged.
    pub fn dumps(&self) -> [(&'static str, String); 11] {
        [
            ("people", self.people.dump()),
            ("search", self.search.dump()),
            ("rules", self.graph.dump()),
            ("mailboxes", self.mailboxes.dump()),
            ("erasures", self.erasures.dump()),
            ("contents", self.contents.dump()),
            ("rule-requests", self.rule_requests.dump()),
            ("favourites", self.favourites.dump()),
            ("feeds", self.feeds.dump()),
            ("resources", self.resources.dump()),
            ("calendars", self.calendars.dump()),
        ]
    }

    /// Returns how much memory the models take, by part. Walks over everything: for operators and benchmarks.
    pub fn memory(&self) -> crate::memory::Parts {
        let (people, identities) = self.people.memory();
        let (mailboxes, memberships) = self.mailboxes.memory();
        let (names, mailboxes) = (identities + self.search.memory(), mailboxes + self.favourites.memory());
        let booking = self.resources.memory() + self.calendars.memory() + self.feeds.memory();
        let graph = self.graph.memory();
        crate::memory::Parts { people, names, graph, mailboxes, memberships, booking }
    }
}
