//! Calendars: what is booked of each resource, by whom, and what waits.
//!
//! Invariants: a resource here is the state its decisions rest on, folded by the same code; texts are as they stand in
//! the log; what somebody has booked, what waits and what a request still has to do is found without a look at all.

mod ask;
mod news;
mod population;
mod statistics;
mod stored;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use domain::booking_request::{Event as RequestEvent, Part};
use domain::clock::Event as ClockEvent;
use domain::message::Event as MessageEvent;
use domain::resource::{Event as ResourceEvent, Resource};
use domain::resource_domain::Event as DomainEvent;
use domain::structure::Event as StructureEvent;
use domain::{
    BookingId, BookingRequestId, Decider, DomainId, Event, EventId, MessageId, PersonId, ResourceId, Sealed,
    StructureId, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::people::People;
use crate::world::{At, Impossible, Owner};
use population::{Population, Populations};

pub use ask::{Booked, Free, Missing};
pub use news::{Untold, Whom};
pub use population::Of;
pub use statistics::{Occupation, Part as Share, Week};

/// A text as it stands in the log, with the event by which it is opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The event it stands in.
    pub event: EventId,
    /// The text.
    pub text: Sealed<String>,
}

/// What is said of a booking, and when it was made and changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// What it is for.
    pub purpose: Option<Text>,
    /// Why it was refused or cancelled last.
    pub reason: Option<Text>,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it was changed last.
    pub changed_at: Timestamp,
    /// The number of the population that made it.
    pub population: u32,
}

/// A resource and its bookings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calendar {
    /// Which resource.
    pub id: ResourceId,
    /// What is decided by.
    pub state: Resource,
    /// What it is called.
    pub name: Text,
    /// What is said of its bookings.
    pub told: BTreeMap<BookingId, Told>,
    /// What became of bookings, by the Monday of the week they are in and the number of the population that made them.
    pub weeks: BTreeMap<domain::Date, BTreeMap<u32, Week>>,
}

/// A booking of several resources at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Which.
    pub id: BookingRequestId,
    /// What was asked for, as it stands in the log.
    pub made: domain::booking_request::Made,
    /// The event that says so.
    pub event: EventId,
    /// When.
    pub made_at: Timestamp,
    /// How far it is.
    pub state: State,
    /// Whether its owner was or is to be told that it is given back: once, not for each resource.
    pub told: bool,
}

/// How far a request is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Each resource is being held.
    Holding,
    /// Each becomes a booking; done if so.
    Granted {
        /// Whether each is one.
        done: bool,
    },
    /// One cannot be had, and all is given back.
    Refused {
        /// Which one, by its place.
        part: Option<u32>,
        /// The codes of what it breaks.
        codes: Vec<domain::Label>,
        /// Whether all is given back.
        done: bool,
    },
}

/// Every resource and what is booked of it.
#[derive(Debug, Default)]
pub struct Calendars {
    pub(crate) all: BTreeMap<ResourceId, Calendar>,
    pub(crate) requests: BTreeMap<BookingRequestId, Request>,
    /// Who books, as far as statistics say.
    populations: Populations,
    of_booking: BTreeMap<BookingId, ResourceId>,
    of_owner: BTreeMap<PersonId, BTreeSet<BookingId>>,
    /// Requests that have not come to their end.
    pending: BTreeSet<BookingRequestId>,
    /// What was added to a domain and is not opened.
    pub(crate) unopened: BTreeMap<ResourceId, Unopened>,
    /// What was deleted and is still in its domain.
    pub(crate) leaving: BTreeSet<ResourceId>,
    /// What has other periods or closures than its structure.
    pub(crate) unfit: BTreeSet<ResourceId>,
    /// What somebody is to be told of, by the message that tells them.
    pub(crate) untold: BTreeMap<MessageId, Untold>,
}

/// A resource that was added to its domain and is to be opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unopened {
    /// In which domain.
    pub domain: DomainId,
    /// Of which structure.
    pub structure: StructureId,
    /// What it is to be called; stands in the event that added it.
    pub name: Text,
    /// How much of it there is to be.
    pub quantity: u32,
}

impl Calendars {
    /// Applies one event.
    pub fn apply(&mut self, at: At, event: &Event, people: &People) -> Result<(), Impossible> {
        match event {
            Event::Resource(event) => {
                let Owner::Resource(resource) = at.owner else {
                    return Err(Impossible::here(at, "an event of a resource stands in no stream of one"));
                };
                self.fold(at, resource, event, people)?;
                self.fit(resource, people);
                Ok(())
            }
            Event::BookingRequest(event) => {
                let Owner::BookingRequest(request) = at.owner else {
                    return Err(Impossible::here(at, "an event of a request stands in no stream of one"));
                };
                self.follow(at, request, event)
            }
            Event::ResourceDomain(event) => {
                self.listed(at, event);
                Ok(())
            }
            Event::Structure(event) => {
                self.timetable(at, event, people);
                Ok(())
            }
            Event::Message(MessageEvent::Notified(notified)) => {
                self.untold.remove(&notified.message);
                Ok(())
            }
            Event::Clock(ClockEvent::DayBegan(began)) => {
                // Who could not be told in a week is told no more.
                self.untold.retain(|_, untold| (began.date - untold.at.date_naive()).num_days() <= 7);
                Ok(())
            }
            Event::Reading(_)
            | Event::Message(_)
            | Event::Person(_)
            | Event::Login(_)
            | Event::Roster(_)
            | Event::Favourite(_)
            | Event::Feed(_)
            | Event::Import(_)
            | Event::Erasure(_)
            | Event::Contents(_)
            | Event::RuleRequest(_)
            | Event::Access(_)
            | Event::Retention(_) => Ok(()),
        }
    }

    fn fold(
        &mut self,
        at: At,
        id: ResourceId,
        event: &ResourceEvent,
        people: &People,
    ) -> Result<(), Impossible> {
        let population = self.population(id, event, people);
        if let ResourceEvent::Opened(opened) = event {
            let name = Text { event: at.event, text: opened.name.clone() };
            let state = Resource::default();
            let calendar = Calendar { id, state, name, told: BTreeMap::new(), weeks: BTreeMap::new() };
            self.all.entry(id).or_insert(calendar);
            self.unopened.remove(&id);
        }
        if let ResourceEvent::Deleted(_) = event {
            self.leaving.insert(id);
        }
        let calendar = self.all.get_mut(&id);
        let calendar =
            calendar.ok_or_else(|| Impossible::here(at, "a resource goes on that was never opened"))?;
        calendar.tell(at, event, population);
        calendar.state = std::mem::take(&mut calendar.state).evolve(event);
        if let ResourceEvent::Made(made) = event {
            self.of_booking.insert(made.booking, id);
            self.of_owner.entry(made.owner).or_default().insert(made.booking);
        }
        let news = calendar.news(at, event);
        let news = news.filter(|_| self.is_news(id, event));
        self.untold.extend(news.map(|untold| (untold.message(), untold)));
        Ok(())
    }

    /// Returns the number of the population that made the booking an event is of.
    fn population(&mut self, id: ResourceId, event: &ResourceEvent, people: &People) -> u32 {
        let told = |booking: BookingId| self.all.get(&id)?.told.get(&booking).map(|told| told.population);
        let ResourceEvent::Made(made) = event else {
            return event.booking().and_then(told).unwrap_or_default();
        };
        // What goes on from another booking is made by whoever made that.
        let before = made.continues.and_then(told);
        before.unwrap_or_else(|| self.populations.number(Population::of(people, made.owner)))
    }

    /// Returns whether nobody was told before of what an event says: of a request that is given back its owner is told by
    /// the first resource that gives it back.
    fn is_news(&mut self, id: ResourceId, event: &ResourceEvent) -> bool {
        let ResourceEvent::Released(of) = event else { return true };
        let booking = self.all.get(&id).and_then(|calendar| calendar.state.booking(of.booking));
        let request = booking.and_then(|booking| booking.request);
        let request = request.and_then(|request| self.requests.get_mut(&request));
        request.is_none_or(|request| !std::mem::replace(&mut request.told, true))
    }

    /// Notes which resources of a structure no longer have its periods and closures.
    fn timetable(&mut self, at: At, event: &StructureEvent, people: &People) {
        let changes = matches!(
            event,
            StructureEvent::PeriodsSet(_) | StructureEvent::ClosureMade(_) | StructureEvent::ClosureLifted(_)
        );
        let Owner::Structure(structure) = at.owner else { return };
        if !changes {
            return;
        }
        let of_it = self.all.values().filter(|calendar| calendar.structure() == Some(structure));
        let of_it: Vec<ResourceId> = of_it.map(|calendar| calendar.id).collect();
        for resource in of_it {
            self.fit(resource, people);
        }
    }

    /// Notes whether a resource has the periods and closures of its structure.
    fn fit(&mut self, resource: ResourceId, people: &People) {
        if self.all.get(&resource).is_some_and(|calendar| calendar.misses(people).is_some()) {
            self.unfit.insert(resource);
        } else {
            self.unfit.remove(&resource);
        }
    }

    fn listed(&mut self, at: At, event: &DomainEvent) {
        match event {
            DomainEvent::ResourceAdded(added) => {
                let Owner::Domain(domain) = at.owner else { return };
                let name = Text { event: at.event, text: added.name.clone() };
                let (structure, quantity) = (added.structure, added.quantity);
                self.unopened.insert(added.resource, Unopened { domain, structure, name, quantity });
            }
            DomainEvent::ResourceRemoved(removed) => {
                self.unopened.remove(&removed.resource);
                self.leaving.remove(&removed.resource);
            }
            DomainEvent::Created(_)
            | DomainEvent::Renamed(_)
            | DomainEvent::Deleted(_)
            | DomainEvent::RoleGranted(_)
            | DomainEvent::InvitationAccepted(_)
            | DomainEvent::InvitationDeclined(_)
            | DomainEvent::RoleRevoked(_)
            | DomainEvent::DetailsShownFrom(_) => {}
        }
    }

    fn follow(&mut self, at: At, id: BookingRequestId, event: &RequestEvent) -> Result<(), Impossible> {
        if let RequestEvent::Made(made) = event {
            let (made, state) = (made.clone(), State::Holding);
            let (event, made_at) = (at.event, at.recorded_at);
            self.requests.insert(id, Request { id, made, event, made_at, state, told: false });
            self.pending.insert(id);
            return Ok(());
        }
        let known = self.requests.get_mut(&id);
        let known = known.ok_or_else(|| Impossible::here(at, "a request goes on that nobody made"))?;
        match event {
            RequestEvent::Made(_) => {}
            RequestEvent::Granted(_) => known.state = State::Granted { done: false },
            RequestEvent::Refused(refused) => {
                let (part, codes) = (refused.part, refused.codes.clone());
                known.state = State::Refused { part, codes, done: false };
            }
            RequestEvent::Done(_) => {
                match &mut known.state {
                    State::Holding => {}
                    State::Granted { done } | State::Refused { done, .. } => *done = true,
                }
                self.pending.remove(&id);
            }
        }
        Ok(())
    }

    /// Returns everything it knows, as canonical text.
    pub fn dump(&self) -> String {
        let mut text = String::new();
        for calendar in self.all.values() {
            let _ = writeln!(text, "{calendar:?}");
        }
        for request in self.requests.values() {
            let _ = writeln!(text, "{request:?}");
        }
        let (unopened, leaving, unfit) = (&self.unopened, &self.leaving, &self.unfit);
        let _ = writeln!(text, "untold {:?} populations {:?}", self.untold, self.populations.all());
        let _ = writeln!(text, "unopened {unopened:?} leaving {leaving:?} unfit {unfit:?}");
        let _ =
            writeln!(text, "pending {:?} of {:?} owners {:?}", self.pending, self.of_booking, self.of_owner);
        text
    }

    /// Makes again what is not written down.
    fn indexed(mut self) -> Self {
        for (id, calendar) in &self.all {
            for (booking, known) in calendar.state.bookings() {
                self.of_booking.insert(*booking, *id);
                self.of_owner.entry(known.owner).or_default().insert(*booking);
            }
        }
        let open = self.requests.values().filter(|request| !request.state.is_done());
        self.pending = open.map(|request| request.id).collect();
        self
    }
}

impl State {
    /// Returns whether a request came to its end.
    pub fn is_done(&self) -> bool {
        match self {
            Self::Holding => false,
            Self::Granted { done } | Self::Refused { done, .. } => *done,
        }
    }
}

impl Request {
    /// Returns the parts of a request.
    pub fn parts(&self) -> &[Part] {
        &self.made.parts
    }
}

impl Calendar {
    /// Notes what an event says of a booking, before its state is another.
    fn tell(&mut self, at: At, event: &ResourceEvent, population: u32) {
        let text = |text: &Option<Sealed<String>>| text.clone().map(|text| Text { event: at.event, text });
        self.count(event, population);
        let (booking, purpose, reason) = match event {
            ResourceEvent::Opened(_)
            | ResourceEvent::QuantitySet(_)
            | ResourceEvent::RulesSet(_)
            | ResourceEvent::PeriodsSet(_)
            | ResourceEvent::Closed(_)
            | ResourceEvent::ClosureDeclined(_)
            | ResourceEvent::ClosureLifted(_)
            | ResourceEvent::Deleted(_) => return,
            ResourceEvent::Renamed(renamed) => {
                self.name = Text { event: at.event, text: renamed.name.clone() };
                return;
            }
            ResourceEvent::Made(made) => {
                // What goes on from another booking is for the same.
                let before = made.continues.and_then(|before| self.told.get(&before));
                let purpose = text(&made.purpose).or_else(|| before.and_then(|told| told.purpose.clone()));
                let (made_at, changed_at) = (at.recorded_at, at.recorded_at);
                let told = Told { purpose, reason: None, made_at, changed_at, population };
                self.told.insert(made.booking, told);
                return;
            }
            ResourceEvent::Settled(of) => (of.booking, None, None),
            ResourceEvent::Released(of) => (of.booking, None, None),
            ResourceEvent::Validated(of) => (of.booking, None, None),
            ResourceEvent::Refused(of) => (of.booking, None, text(&of.reason)),
            ResourceEvent::Withdrawn(of) => (of.booking, None, None),
            ResourceEvent::Cancelled(of) => (of.booking, None, text(&of.reason)),
            ResourceEvent::Suspended(of) => (of.booking, None, None),
            ResourceEvent::Resumed(of) => (of.booking, None, None),
            ResourceEvent::Moved(of) => (of.booking, None, None),
            ResourceEvent::Branched(of) => (of.booking, None, None),
            ResourceEvent::Described(of) => (of.booking, text(&Some(of.purpose.clone())), None),
            ResourceEvent::Proposed(of) => (of.booking, None, None),
            ResourceEvent::ProposalEnded(of) => (of.booking, None, text(&of.reason)),
            ResourceEvent::ThresholdPassed(of) => (of.booking, None, None),
            ResourceEvent::Rezoned(of) => (of.booking, None, None),
        };
        if let Some(told) = self.told.get_mut(&booking) {
            told.changed_at = at.recorded_at;
            told.purpose = purpose.or(told.purpose.take());
            told.reason = reason.or(told.reason.take());
        }
    }
}
