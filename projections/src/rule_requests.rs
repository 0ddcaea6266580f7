//! Requests for changes of rules: what was asked, by whom, who decided what, and what became of it.
//!
//! Invariants: what waits for the process is known without a look at the others; no reason is here in clear.

use domain::rule_request::{Change as Asked, Counts, Event as RequestEvent, Inside, Pairs, Undone};
use domain::{Event, EventId, GroupId, PersonId, RuleRequestId, Sealed, Timestamp};
use eventlog::Position;

use crate::graph::{Change, Preview, Side};
use crate::people::People;
use crate::requests::{Request, Requests};
use crate::world::{At, Impossible, Owner};

/// A request for a change of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleRequest {
    /// Which.
    pub id: RuleRequestId,
    /// Who asked.
    pub by: PersonId,
    /// What for, in this order.
    pub changes: Vec<Asked>,
    /// When.
    pub requested_at: Timestamp,
    /// Where the request stands.
    pub position: Position,
    /// Why.
    pub reason: Reason,
    /// What it would have done then.
    pub preview: Counts,
    /// How far it is.
    pub state: State,
}

/// Why, as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The event it stands in, by which it is opened.
    pub event: EventId,
    /// The text.
    pub text: Sealed<String>,
}

/// How far a request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Waits for somebody who may decide.
    Asked,
    /// Somebody said no.
    Refused {
        /// Who.
        by: PersonId,
        /// When.
        at: Timestamp,
        /// Why.
        reason: Reason,
    },
    /// Somebody who may make it let it be made.
    Accepted {
        /// Who.
        by: PersonId,
        /// When.
        at: Timestamp,
        /// The event that says so.
        event: EventId,
        /// Groups of students or relatives that may open.
        accepted: Vec<GroupId>,
        /// When it was made; none while the process has still to do it.
        done: Option<Timestamp>,
        /// What was refused when its turn came.
        undone: Vec<Undone>,
    },
}

/// Every one there ever was.
pub type RuleRequests = Requests<RuleRequest>;

impl Request for RuleRequest {
    type Id = RuleRequestId;

    fn id(&self) -> RuleRequestId {
        self.id
    }

    fn position(&self) -> Position {
        self.position
    }
}

impl Requests<RuleRequest> {
    /// Applies one event.
    pub fn apply(&mut self, at: At, event: &Event) -> Result<(), Impossible> {
        let Event::RuleRequest(event) = event else { return Ok(()) };
        let Owner::RuleRequest(id) = at.owner else {
            return Err(Impossible::here(
                at,
                "an event of a request for a change of rules stands in no stream of one",
            ));
        };
        let reason = |text: &Sealed<String>| Reason { event: at.event, text: text.clone() };
        if let RequestEvent::Made(made) = event {
            let request = RuleRequest {
                id,
                by: made.by,
                changes: made.changes.clone(),
                requested_at: at.recorded_at,
                position: at.position,
                reason: reason(&made.reason),
                preview: made.preview.clone(),
                state: State::Asked,
            };
            self.ask(request);
            return Ok(());
        }
        let known = self.known(id);
        let known = known.ok_or_else(|| {
            Impossible::here(at, "a request for a change of rules goes on that nobody made")
        })?;
        match event {
            RequestEvent::Made(_) => {}
            RequestEvent::Refused(refused) => {
                let (by, reason) = (refused.by, reason(&refused.reason));
                known.state = State::Refused { by, at: at.recorded_at, reason };
            }
            RequestEvent::Accepted(accepted) => {
                known.state = State::Accepted {
                    by: accepted.by,
                    at: at.recorded_at,
                    event: at.event,
                    accepted: accepted.preview.to_accept.clone(),
                    done: None,
                    undone: vec![],
                };
                self.wait(id, true);
            }
            RequestEvent::Done(finished) => {
                if let State::Accepted { done, undone, .. } = &mut known.state {
                    *done = Some(at.recorded_at);
                    undone.clone_from(&finished.undone);
                }
                self.wait(id, false);
            }
        }
        Ok(())
    }
}

/// Returns a change that was asked for as the graph takes it; none if it is of what is not known.
pub fn change(people: &People, asked: Asked) -> Option<Change> {
    Some(match asked {
        Asked::GrantFact { group, fact } => Change::GrantFact { group: people.group(group)?, fact },
        Asked::RemoveFact { group, fact } => Change::RemoveFact { group: people.group(group)?, fact },
        Asked::MakeRule { from, to, exposes_members: expose_members } => {
            Change::MakeRule { from: people.group(from)?, to: people.group(to)?, expose_members }
        }
        Asked::RemoveRule { rule } => Change::RemoveRule { rule },
        Asked::SetPolicy { structure, policy } => {
            Change::SetPolicy { structure: people.structure_no(structure)?, policy }
        }
    })
}

/// Returns a change as it is asked for; none if it is of what is not known.
pub fn asked(people: &People, change: Change) -> Option<Asked> {
    Some(match change {
        Change::GrantFact { group, fact } => Asked::GrantFact { group: people.group_id(group)?, fact },
        Change::RemoveFact { group, fact } => Asked::RemoveFact { group: people.group_id(group)?, fact },
        Change::MakeRule { from, to, expose_members: exposes_members } => {
            Asked::MakeRule { from: people.group_id(from)?, to: people.group_id(to)?, exposes_members }
        }
        Change::RemoveRule { rule } => Asked::RemoveRule { rule },
        Change::SetPolicy { structure, policy } => {
            Asked::SetPolicy { structure: people.structure(structure)?.id, policy }
        }
    })
}

/// Returns the numbers of a preview.
pub fn counts(people: &People, preview: &Preview) -> Counts {
    let pairs = |side: &Side| {
        let line = side.profiles.iter().map(|line| Pairs { from: line.from, to: line.to, pairs: line.pairs });
        line.collect()
    };
    let inside = preview.opened_inside.iter().filter_map(|inside| {
        let group = people.group_id(inside.group)?;
        let (members, students, relatives) = (inside.members, inside.students, inside.relatives);
        Some(Inside { group, members, students, relatives })
    });
    Counts {
        opened: pairs(&preview.opened),
        closed: pairs(&preview.closed),
        opened_inside: inside.collect(),
        to_accept: preview.to_accept.iter().filter_map(|group| people.group_id(*group)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use domain::group::{Fact, InternalPolicy, Profile};
    use domain::rule_request::{Accepted, Done, Made, Refused};
    use domain::{Label, RuleId};

    use super::*;
    use crate::snapshot::tests::through;
    use crate::testing::{CE1, HERE, School, instant, of_class, of_school, person};
    use crate::world::World;

    fn changes() -> Vec<Asked> {
        let (from, to) = (of_class(CE1, Profile::Teacher), of_class(CE1, Profile::Relative));
        vec![
            Asked::MakeRule { from, to, exposes_members: true },
            Asked::GrantFact { group: from, fact: Fact::Uses },
            Asked::RemoveFact { group: to, fact: Fact::Exposes },
            Asked::RemoveRule { rule: RuleId::from_u128(5) },
            Asked::SetPolicy { structure: HERE, policy: InternalPolicy::Explicit },
        ]
    }

    fn reason() -> Sealed<String> {
        Sealed::Shut("1:0:202609:cmFpc29u".into())
    }

    fn preview(school: &School) -> Counts {
        let World { people, graph, .. } = &school.world;
        let rule = change(people, changes()[0]).unwrap();
        counts(people, &graph.preview(people, &[rule]))
    }

    /// Three requests: one accepted and done but for a part, one refused, one accepted and not done.
    fn school() -> School {
        let mut school = School::with("published-2025");
        let child = school.member(1, Profile::Student, &[CE1]);
        school.member(2, Profile::Teacher, &[CE1]);
        let _ = [school.parent(3, &[child]), school.parent(4, &[child])];
        let preview = preview(&school);
        let mut happened = |request: u128, event: RequestEvent| {
            school.happened(Owner::RuleRequest(RuleRequestId::from_u128(request)), event);
        };
        for number in 1..=3 {
            let request = RuleRequestId::from_u128(number);
            let (by, changes, preview) = (person(1), changes(), preview.clone());
            happened(number, Made { request, by, changes, reason: reason(), preview }.into());
        }
        happened(1, Accepted { by: person(2), preview: preview.clone() }.into());
        happened(2, Refused { by: person(2), reason: reason() }.into());
        happened(3, Accepted { by: person(2), preview }.into());
        let code = Label::parse("communication.rule-exists").unwrap();
        happened(1, Done { undone: vec![Undone { place: 1, code }] }.into());
        school
    }

    #[test]
    fn a_request_is_pending_from_its_acceptance_until_it_is_done() {
        let school = school();
        let requests = &school.world.rule_requests;
        let pending: Vec<_> = requests.pending().map(|request| request.id.to_u128()).collect();
        assert_eq!(pending, [3]);
        let states: Vec<_> = requests
            .newest(None)
            .map(|request| match &request.state {
                State::Asked => "asked".to_owned(),
                State::Refused { by, at, .. } => format!("refused {}", (*by, *at) == (person(2), instant())),
                State::Accepted { done, undone, .. } => {
                    format!("accepted {} {}", done.is_some(), undone.len())
                }
            })
            .collect();
        assert_eq!(states, ["accepted false 0", "refused true", "accepted true 1"]);
        let second = requests.get(RuleRequestId::from_u128(2)).unwrap();
        assert_eq!(requests.newest(Some(second.position)).count(), 1);
    }

    #[test]
    fn it_comes_back_from_the_log_and_from_a_snapshot() {
        let school = school();
        let told = school.world.rule_requests.dump();
        assert_eq!(school.rebuilt().rule_requests.dump(), told);
        assert_eq!(through(&school.world).rule_requests.dump(), told);
        assert_eq!(told.lines().count(), 4);
    }

    #[test]
    fn what_is_asked_is_what_the_graph_takes_and_its_numbers_are_the_previews() {
        let school = school();
        let people = &school.world.people;
        for one in changes() {
            assert_eq!(asked(people, change(people, one).unwrap()), Some(one));
        }
        let (relatives, twice) = (of_class(CE1, Profile::Relative), preview(&school));
        assert_eq!(twice.to_accept, [relatives], "two parents would reach each other");
        let pairs = Pairs { from: Profile::Relative, to: Profile::Relative, pairs: 2 };
        assert_eq!(twice.opened, [pairs]);
        let inside = Inside { group: relatives, members: 2, students: 0, relatives: 2 };
        assert!(twice.opened_inside.contains(&inside), "{twice:?}");
        let nowhere = Asked::GrantFact { group: GroupId::from_u128(1), fact: Fact::Uses };
        assert_eq!(change(people, nowhere), None);
        assert!(
            change(people, Asked::GrantFact { group: of_school(Profile::Guest), fact: Fact::Uses }).is_some()
        );
    }

    #[test]
    fn what_nobody_asked_for_cannot_go_on() {
        let (owner, nowhere) = (Owner::RuleRequest(RuleRequestId::from_u128(1)), Owner::Other);
        let at = At { position: Position(1), recorded_at: instant(), event: EventId::from_u128(1), owner };
        let event = Event::from(RequestEvent::from(Done { undone: vec![] }));
        assert!(RuleRequests::default().apply(at, &event).is_err());
        assert!(school().world.rule_requests.apply(At { owner: nowhere, ..at }, &event).is_err());
        assert!(school().world.rule_requests.apply(at, &event).is_ok());
    }
}
