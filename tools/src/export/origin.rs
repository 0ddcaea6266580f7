//! Reading for one person: events with their origin, and what people, groups and places are called in the export.
//!
//! Invariant: a person other than the one it is for is named only if they are family, or wrote to them; anybody else
//! is told by their profile.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, anyhow};
use api::Node;
use api::graphql::names::Names;
use api::texts::{Language as Spoken, Texts};
use domain::actor::Actor;
use domain::group::Profile;
use domain::{ClassId, Event, GroupId, Meta, PersonId, Sealed, StreamId, StructureId};
use eventlog::log::Direction;
use eventlog::{Position, Recorded, decode};
use serde::Serialize;
use serde_json::{Value, json};

use super::document::{Datum, Origin, erased};
use crate::cli::Language;

/// An event that was opened, and where it comes from.
pub struct Told {
    /// What happened.
    pub event: Event,
    /// Where it stands, who did it, and why.
    pub origin: Origin,
}

/// Reads what one person is to be told.
pub struct Reader<'a> {
    /// The log and its read models.
    pub node: &'a Node,
    pub(super) texts: &'a Texts,
    pub(super) language: Spoken,
    /// Who it is for.
    pub person: PersonId,
    /// What they are.
    pub profile: Profile,
    /// Children and relatives.
    family: BTreeSet<PersonId>,
}

impl<'a> Reader<'a> {
    /// Returns a reader for a person, who must be there.
    pub fn new(node: &'a Node, texts: &'a Texts, language: Language, person: PersonId) -> Result<Self> {
        let language = language.into();
        let found = node.read(|world| {
            let people = &world.people;
            let number = people.number(person)?;
            let kin = people.children(number).iter().chain(people.relatives(number));
            Some((people.person(number)?.profile, kin.filter_map(|kin| people.id(*kin)).collect()))
        });
        let (profile, family) = found.context("the person is not in the read models")?;
        Ok(Self { node, texts, language, person, profile, family })
    }

    /// Reads a whole stream, in its order.
    pub async fn stream(&self, stream: &StreamId) -> Result<Vec<Told>> {
        let events = self.node.log().read_stream(stream, None, Direction::Forwards, usize::MAX).await;
        events.map_err(crate::failed::of_log)?.iter().map(|recorded| self.told(recorded)).collect()
    }

    /// Reads the event at a position, which a read model named.
    pub async fn at(&self, position: Position) -> Result<Told> {
        let recorded = self.node.log().read_at(position).await.map_err(crate::failed::of_log)?;
        self.told(&recorded.with_context(|| format!("position {position} is not in the log"))?)
    }

    fn told(&self, recorded: &Recorded) -> Result<Told> {
        let cannot = |fault: decode::Fault| anyhow!(fault);
        let event = decode::open(self.node.vault(), recorded).map_err(cannot)?;
        let meta = decode::open_meta(self.node.vault(), recorded).map_err(cannot)?;
        Ok(Told { event, origin: self.origin(recorded, meta) })
    }

    fn origin(&self, recorded: &Recorded, meta: Meta) -> Origin {
        Origin {
            position: recorded.position.0,
            recorded_at: recorded.recorded_at,
            kind: recorded.kind().to_owned(),
            stream: recorded.stream().to_owned(),
            actor: self.actor(&meta.actor),
            source: None,
            reason: meta.reason.map(|reason| sealed(&reason)),
            correlation: meta.correlation,
        }
    }

    fn actor(&self, actor: &Actor) -> Value {
        match actor {
            Actor::Person { person, role } => {
                json!({ "kind": "PERSON", "role": role, "person": self.somebody(*person) })
            }
            Actor::Process(name) => json!({ "kind": "PROCESS", "process": name }),
            Actor::Operator => json!({ "kind": "OPERATOR" }),
        }
    }

    /// Returns a person: by name if they are family or the one it is for, else by profile.
    pub fn somebody(&self, person: PersonId) -> Value {
        if person == self.person || self.family.contains(&person) {
            return self.by_name(person);
        }
        let profile = self.node.read(|world| world.people.person_by_id(person).map(|row| row.profile));
        json!({ "id": person, "profile": profile })
    }

    /// Returns a person by name.
    pub fn by_name(&self, person: PersonId) -> Value {
        self.node.read(|world| {
            let names = Names { world, texts: self.texts, language: self.language };
            let profile = world.people.person_by_id(person).map(|row| row.profile);
            json!({ "id": person, "name": names.person_by_id(person).display_name, "profile": profile })
        })
    }

    /// Returns a group by name.
    pub fn group(&self, group: GroupId) -> Value {
        self.node.read(|world| {
            let names = Names { world, texts: self.texts, language: self.language };
            json!({ "id": group, "name": names.group_by_id(group).name })
        })
    }

    /// Returns a structure by name.
    pub fn structure(&self, structure: StructureId) -> Value {
        self.node.read(|world| {
            let row = world.people.structure_no(structure).and_then(|number| world.people.structure(number));
            json!({ "id": structure, "name": row.map(|row| &row.name) })
        })
    }

    /// Returns a class by name.
    pub fn class(&self, structure: StructureId, class: ClassId) -> Value {
        self.node.read(|world| {
            let row = world.people.structure_no(structure).and_then(|number| world.people.structure(number));
            let name = row.and_then(|row| row.classes.get(&class)).map(|class| &class.name);
            json!({ "id": class, "name": name })
        })
    }
}

/// Returns a value that was sealed, or that it is erased.
pub fn sealed<T: Serialize>(value: &Sealed<T>) -> Value {
    value.open().map_or_else(erased, |value| json!(value))
}

impl Told {
    /// Returns the datum called as its event.
    pub fn datum(self, value: Value) -> Datum {
        Datum { name: self.origin.kind.clone(), value, origin: self.origin }
    }
}
