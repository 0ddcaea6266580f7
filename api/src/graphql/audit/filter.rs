//! Which events are asked for, and which of them the caller audits.

use async_graphql::{ID, InputObject};
use domain::id::Ulid;
use domain::{CommandId, PersonId, StreamId, StructureId};
use eventlog::decode::Made;
use eventlog::{Position as Place, Recorded};
use projections::World;
use projections::about::About;
use projections::dense::PersonNo;
use projections::occurrences::{Key, Wanted};

use crate::failure::{Failure, Result};
use crate::graphql::acting::Acting;
use crate::graphql::common::{Global, Instant};
use crate::rights::{Right, Rights};

/// Which events are asked for: all that every field given here allows.
#[derive(Debug, Default, InputObject)]
pub struct EventsFilter {
    /// The person who caused them.
    actor: Option<ID>,
    /// The person they are about: their record, their account, what they did with copies, their erasure, refusals, who
    /// asked to read what they wrote.
    subject: Option<ID>,
    /// The stream they stand in: `person-01J…`.
    stream: Option<String>,
    /// What happened: `message.sent`; a name that ends with a dot stands for all that begin with it.
    kinds: Option<Vec<String>>,
    /// The structure they are about, or whose people they are about.
    structure: Option<ID>,
    /// What all events of one undertaking share, a ULID.
    correlation: Option<String>,
    /// Recorded at this instant or later.
    from: Option<Instant>,
    /// Recorded before this instant.
    until: Option<Instant>,
}

/// A filter that was read.
pub(super) struct Asked {
    actor: Option<PersonId>,
    subject: Option<PersonId>,
    pub(super) stream: Option<StreamId>,
    kinds: Option<Vec<String>>,
    structure: Option<StructureId>,
    correlation: Option<CommandId>,
    /// Before the first and at the last position that are in the window.
    pub(super) after: Place,
    pub(super) until: Place,
}

impl Asked {
    pub(super) async fn read(acting: &Acting<'_>, filter: EventsFilter) -> Result<Self> {
        let past = acting.front.node.past();
        let after = match filter.from {
            Some(from) => past.position_before(from.0).await?,
            None => Place::START,
        };
        let until = match filter.until {
            Some(until) => past.position_before(until.0).await?,
            None => Place(u64::MAX),
        };
        let stream = filter.stream.as_deref().map(StreamId::parse).transpose();
        let correlation = filter.correlation.as_deref().map(Ulid::from_string).transpose();
        Ok(Self {
            actor: filter.actor.map(|id| PersonId::read(&id, "filter.actor")).transpose()?,
            subject: filter.subject.map(|id| PersonId::read(&id, "filter.subject")).transpose()?,
            stream: stream.map_err(|_| Failure::BadInput("filter.stream", "the name of a stream"))?,
            kinds: filter.kinds,
            structure: filter.structure.map(|id| StructureId::read(&id, "filter.structure")).transpose()?,
            correlation: correlation
                .map_err(|_| Failure::BadInput("filter.correlation", "a ULID of 26 characters"))?
                .map(|id| CommandId::from_u128(id.into())),
            after,
            until,
        })
    }

    /// Returns whether an event is asked for, as far as its header says.
    pub(super) fn by_header(&self, recorded: &Recorded) -> bool {
        let named = |kind: &String| {
            if kind.ends_with('.') {
                recorded.kind().starts_with(kind.as_str())
            } else {
                recorded.kind() == *kind
            }
        };
        self.kinds.as_ref().is_none_or(|kinds| kinds.iter().any(named))
    }

    /// Returns whether an event is asked for, as far as what stands beside it says.
    pub(super) fn by_made(&self, made: &Made) -> bool {
        let correlated = |asked| made.correlation == Some(asked) || made.command == asked;
        self.actor.is_none_or(|actor| made.actor.person() == Some(actor))
            && self.correlation.is_none_or(correlated)
    }

    /// Returns whether an event is about what is asked for, and about what the caller audits.
    pub(super) fn in_scope(&self, world: &World, rights: &Rights, about: About) -> bool {
        let subject = self.subject.is_none_or(|subject| about.person == Some(subject));
        let structure = self.structure.is_none_or(|structure| concerns(about, world, structure));
        subject && structure && audited(about, world, rights)
    }

    /// Returns what of it an index of the log can look for.
    pub(super) fn wanted(&self, world: &World) -> Wanted {
        let mut wanted = Wanted::default();
        for person in [self.actor, self.subject].into_iter().flatten() {
            wanted.any_of([Key::Person(person)]);
        }
        if let Some(kinds) = &self.kinds {
            wanted.any_of(kinds.iter().map(|kind| Key::Kind(kind)));
        }
        if let Some(command) = self.correlation {
            wanted.any_of([Key::Command(command)]);
        }
        if let Some(structure) = self.structure {
            let number = world.people.structure_no(structure);
            let attached = number.map(|number| world.people.attached(number)).unwrap_or_default();
            let people = attached.iter().filter_map(|person| world.people.id(PersonNo(person)));
            wanted.any_of(people.map(Key::Person).chain([Key::Structure(structure)]));
        }
        wanted
    }
}

/// Returns whether an event concerns a structure: it is about it, or about who is attached to it.
fn concerns(about: About, world: &World, structure: StructureId) -> bool {
    let number = world.people.structure_no(structure);
    let attached = |person: PersonNo| {
        let row = world.people.person(person);
        row.zip(number).is_some_and(|(row, number)| row.attachment(number).is_some())
    };
    match about.structure {
        Some(own) => own == structure,
        None => person(about, world).is_some_and(attached),
    }
}

/// Returns whether the caller audits it. What stands in the stream of a structure is for who audits that one; what is
/// about nobody (days, settings) for who audits the platform.
pub(in crate::graphql) fn audited(about: About, world: &World, rights: &Rights) -> bool {
    let over = |person: PersonNo| rights.over(world, Right::Audit, person).is_some();
    rights.audits_all()
        || match about.structure {
            Some(structure) => rights.may(Right::Audit, structure).is_some(),
            None => person(about, world).is_some_and(over),
        }
}

fn person(about: About, world: &World) -> Option<PersonNo> {
    world.people.number(about.person?)
}
