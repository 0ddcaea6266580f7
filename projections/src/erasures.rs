//! Erasures: what was asked, by whom, and how far it is.
//!
//! Invariant: what waits for the process is known without a look at the others.

use domain::erasure::{Event as ErasureEvent, What};
use domain::{ErasureId, Event, EventId, PersonId, Sealed, Timestamp};
use eventlog::Position;

use crate::requests::{Request, Requests};
use crate::world::{At, Impossible, Owner};

/// One erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Which.
    pub id: ErasureId,
    /// Of what.
    pub what: What,
    /// Who asked; none for the operator.
    pub by: Option<PersonId>,
    /// When.
    pub requested_at: Timestamp,
    /// Where the request stands.
    pub position: Position,
    /// The event of the request, by which its reason is opened.
    pub event: EventId,
    /// Why, as it stands in the log.
    pub reason: Sealed<String>,
    /// How far it is.
    pub state: State,
}

/// How far an erasure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Waits for a second person.
    Asked,
    /// Somebody said no.
    Declined {
        /// Who; none for the operator.
        by: Option<PersonId>,
        /// When.
        at: Timestamp,
    },
    /// A second person agreed.
    Confirmed {
        /// Who; none for the operator.
        by: Option<PersonId>,
        /// When.
        at: Timestamp,
        /// When the keys were destroyed; none while the process has still to do it.
        done: Option<Timestamp>,
    },
}

/// Every one there ever was.
pub type Erasures = Requests<Erasure>;

impl Request for Erasure {
    type Id = ErasureId;

    fn id(&self) -> ErasureId {
        self.id
    }

    fn position(&self) -> Position {
        self.position
    }
}

impl Requests<Erasure> {
    /// Applies one event.
    pub fn apply(&mut self, at: At, event: &Event) -> Result<(), Impossible> {
        let Event::Erasure(event) = event else { return Ok(()) };
        let Owner::Erasure(id) = at.owner else {
            return Err(Impossible::here(at, "an event of an erasure stands in no stream of one"));
        };
        if let ErasureEvent::Requested(requested) = event {
            let erasure = Erasure {
                id,
                what: requested.what,
                by: requested.by,
                requested_at: at.recorded_at,
                position: at.position,
                event: at.event,
                reason: requested.reason.clone(),
                state: State::Asked,
            };
            self.ask(erasure);
            return Ok(());
        }
        let known = self.known(id);
        let known = known.ok_or_else(|| Impossible::here(at, "an erasure goes on that nobody asked for"))?;
        match event {
            ErasureEvent::Requested(_) => {}
            ErasureEvent::Confirmed(confirmed) => {
                known.state = State::Confirmed { by: confirmed.by, at: at.recorded_at, done: None };
                self.wait(id, true);
            }
            ErasureEvent::Declined(declined) => {
                known.state = State::Declined { by: declined.by, at: at.recorded_at };
            }
            ErasureEvent::Done(_) => {
                if let State::Confirmed { done, .. } = &mut known.state {
                    *done = Some(at.recorded_at);
                }
                self.wait(id, false);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use domain::erasure::{Confirmed, Declined, Done, Requested};

    use super::*;
    use crate::testing::{School, instant, person};

    fn requested(erasure: u128) -> Requested {
        let erasure = ErasureId::from_u128(erasure);
        let what = What::Person { person: person(9), writings: false };
        Requested { erasure, what, by: Some(person(1)), reason: Sealed::Shut("1".into()) }
    }

    #[test]
    fn an_erasure_is_pending_from_its_confirmation_until_it_is_done() {
        let mut school = School::default();
        let owner = |id| Owner::Erasure(ErasureId::from_u128(id));
        let pending =
            |school: &School| school.world.erasures.pending().map(|one| one.id.to_u128()).collect::<Vec<_>>();
        for id in [1, 2] {
            school.happened(owner(id), ErasureEvent::from(requested(id)));
        }
        assert_eq!(pending(&school), [] as [u128; 0]);
        school.happened(owner(1), ErasureEvent::from(Confirmed { by: Some(person(2)) }));
        school.happened(owner(2), ErasureEvent::from(Declined { by: Some(person(2)) }));
        assert_eq!(pending(&school), [1]);
        school.happened(owner(1), ErasureEvent::from(Done {}));
        assert_eq!(pending(&school), [] as [u128; 0]);
        let states: Vec<_> =
            school.world.erasures.newest(None).map(|one| (one.id.to_u128(), one.state)).collect();
        let (by, at) = (Some(person(2)), instant());
        let done = State::Confirmed { by, at, done: Some(at) };
        assert_eq!(states, [(2, State::Declined { by, at }), (1, done)]);
        let before = school.world.erasures.get(ErasureId::from_u128(2)).map(|one| one.position);
        assert_eq!(school.world.erasures.newest(before).count(), 1);
    }
}
