//! Contents that auditors read: what was asked, by whom, who agreed, how often it was read.
//!
//! Invariant: nothing of the contents is here, nor of a reason in clear.

use domain::contents::{Event as ContentsEvent, What};
use domain::{ContentRequestId, Event, EventId, MessageId, PersonId, Sealed, Timestamp};
use eventlog::Position;

use crate::requests::{Request, Requests};
use crate::world::{At, Impossible, Owner};

/// A request to read contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentRequest {
    /// Which.
    pub id: ContentRequestId,
    /// Of what.
    pub what: What,
    /// Who asked.
    pub by: PersonId,
    /// When.
    pub requested_at: Timestamp,
    /// From when on nothing is read.
    pub ends: Timestamp,
    /// Where the request stands.
    pub position: Position,
    /// The event of the request, by which its reason is opened.
    pub event: EventId,
    /// Why, as it stands in the log.
    pub reason: Sealed<String>,
    /// How far it is.
    pub state: State,
    /// How often something was read.
    pub readings: u64,
    /// The last reading.
    pub last: Option<Reading>,
}

/// How far a request is. Whether it has ended is for who looks at a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Waits for a second person.
    Asked,
    /// Somebody said no.
    Declined {
        /// Who.
        by: PersonId,
        /// When.
        at: Timestamp,
    },
    /// A second person agreed.
    Approved {
        /// Who.
        by: PersonId,
        /// When.
        at: Timestamp,
    },
}

/// A reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Of which message.
    pub message: MessageId,
    /// When.
    pub at: Timestamp,
}

/// Every one there ever was.
pub type Contents = Requests<ContentRequest>;

impl Request for ContentRequest {
    type Id = ContentRequestId;

    fn id(&self) -> ContentRequestId {
        self.id
    }

    fn position(&self) -> Position {
        self.position
    }
}

impl Requests<ContentRequest> {
    /// Applies one event.
    pub fn apply(&mut self, at: At, event: &Event) -> Result<(), Impossible> {
        let Event::Contents(event) = event else { return Ok(()) };
        let Owner::Contents(id) = at.owner else {
            return Err(Impossible::here(
                at,
                "an event of a request for contents stands in no stream of one",
            ));
        };
        if let ContentsEvent::Requested(requested) = event {
            let request = ContentRequest {
                id,
                what: requested.what,
                by: requested.by,
                requested_at: at.recorded_at,
                ends: requested.ends,
                position: at.position,
                event: at.event,
                reason: requested.reason.clone(),
                state: State::Asked,
                readings: 0,
                last: None,
            };
            self.ask(request);
            return Ok(());
        }
        let known = self.known(id);
        let known =
            known.ok_or_else(|| Impossible::here(at, "a request for contents goes on that nobody made"))?;
        match event {
            ContentsEvent::Requested(_) => {}
            ContentsEvent::Approved(approved) => {
                known.state = State::Approved { by: approved.by, at: at.recorded_at };
            }
            ContentsEvent::Declined(declined) => {
                known.state = State::Declined { by: declined.by, at: at.recorded_at };
            }
            ContentsEvent::Read(read) => {
                known.readings += 1;
                known.last = Some(Reading { message: read.message, at: at.recorded_at });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::contents::{Approved, Declined, Read, Requested};

    use super::*;
    use crate::snapshot::tests::through;
    use crate::testing::{School, instant, person};

    const MESSAGE: MessageId = MessageId::from_u128(5);
    const ANSWER: MessageId = MessageId::from_u128(6);

    fn happened(school: &mut School, request: u128, event: impl Into<ContentsEvent>) {
        school.happened(Owner::Contents(ContentRequestId::from_u128(request)), event.into());
    }

    /// Two requests: one of a thread, approved and read twice; one of a message, declined.
    fn school() -> School {
        let mut school = School::default();
        let whats = [
            What::Thread { thread: MESSAGE, author: person(9) },
            What::Message { message: MESSAGE, author: person(9) },
        ];
        for (request, what) in (1..).zip(whats) {
            let reason = Sealed::Shut("1:0:202609:cmFpc29u".into());
            let (by, ends) = (person(1), instant());
            let request_id = ContentRequestId::from_u128(request);
            happened(&mut school, request, Requested { request: request_id, what, by, ends, reason });
        }
        let approved = Approved { by: person(2), at: instant(), granted_by: vec![person(3)] };
        happened(&mut school, 1, approved);
        happened(&mut school, 2, Declined { by: person(2) });
        for message in [MESSAGE, ANSWER] {
            happened(&mut school, 1, Read { message, by: person(1) });
        }
        school
    }

    #[test]
    fn readings_are_counted_and_the_last_is_known() {
        let school = school();
        let (by, at) = (person(2), instant());
        let known: Vec<_> = school
            .world
            .contents
            .newest(None)
            .map(|one| (one.id.to_u128(), one.state, one.readings, one.last))
            .collect();
        let last = Some(Reading { message: ANSWER, at });
        let expected = [(2, State::Declined { by, at }, 0, None), (1, State::Approved { by, at }, 2, last)];
        assert_eq!(known, expected);
        let second = school.world.contents.get(ContentRequestId::from_u128(2)).unwrap();
        let older: Vec<_> = school.world.contents.newest(Some(second.position)).map(|one| one.id).collect();
        assert_eq!(older, [ContentRequestId::from_u128(1)]);
    }

    #[test]
    fn it_comes_back_from_the_log_and_from_a_snapshot() {
        let school = school();
        assert_eq!(school.rebuilt().contents.dump(), school.world.contents.dump());
        assert_eq!(through(&school.world).contents.dump(), school.world.contents.dump());
        assert_eq!(school.world.contents.dump().lines().count(), 3, "two requests, and that nothing waits");
    }

    #[test]
    fn what_nobody_asked_for_cannot_go_on() {
        let at = At {
            position: Position(1),
            recorded_at: instant(),
            event: EventId::from_u128(1),
            owner: Owner::Contents(ContentRequestId::from_u128(1)),
        };
        let event = Event::from(ContentsEvent::from(Declined { by: person(2) }));
        assert!(Contents::default().apply(at, &event).is_err());
        let misplaced = At { owner: Owner::Other, ..at };
        assert!(school().world.contents.apply(misplaced, &event).is_err());
        assert!(school().world.contents.apply(at, &event).is_ok());
    }
}
