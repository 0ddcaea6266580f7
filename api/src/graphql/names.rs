//! What people and groups are called in what a reader sees.
//!
//! Invariant: whoever builds one of these has checked that the reader may see it; nothing here asks for reach.

use async_graphql::{Enum, ID, SimpleObject};
use domain::group::GroupKind;
use domain::{ClassId, PersonId};
use projections::people::{Group, People, Structure};
use projections::{GroupNo, PersonNo, World};

use super::common::Global;
use crate::texts::{Language, Texts};

/// What somebody is at school.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::group::Profile", name = "CorrespondentProfile")]
pub enum Profile {
    /// Enseignant.
    Teacher,
    /// Personnel non enseignant.
    Staff,
    /// Élève.
    Student,
    /// Parent ou responsable.
    Relative,
    /// Invité.
    Guest,
}

/// Somebody who writes or is written to.
#[derive(Debug, Clone, SimpleObject)]
pub struct Correspondent {
    /// Who.
    pub id: ID,
    /// First and last name; "erased person" once erased.
    pub display_name: String,
    /// What they are at school.
    pub profile: Option<Profile>,
}

/// A group, by name.
#[derive(Debug, Clone, SimpleObject)]
pub struct NamedGroup {
    /// Which.
    pub id: Option<ID>,
    /// What it is called, in the language of the school.
    pub name: String,
}

/// How things are called now, in a language.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    /// The world the names are in.
    pub world: &'a World,
    /// The texts around them.
    pub texts: &'a Texts,
    /// The language of the reader.
    pub language: Language,
}

impl Names<'_> {
    /// Returns a person.
    pub fn person(&self, person: PersonNo) -> Correspondent {
        let id = self.world.people.id(person).map_or_else(|| ID(String::new()), Global::global);
        let profile = self.world.people.person(person).map(|row| row.profile.into());
        Correspondent { id, display_name: self.name(person), profile }
    }

    /// Returns a person by id.
    pub fn person_by_id(&self, person: PersonId) -> Correspondent {
        match self.world.people.number(person) {
            Some(number) => self.person(number),
            None => Correspondent { id: person.global(), display_name: self.erased(), profile: None },
        }
    }

    /// Returns the first and last name of a person.
    pub fn name(&self, person: PersonNo) -> String {
        let identity = self.world.people.person(person).and_then(|row| row.identity.as_ref());
        identity.map_or_else(
            || self.erased(),
            |known| {
                let last = known.usual_name.as_ref().unwrap_or(&known.last_name);
                format!("{} {last}", known.first_name)
            },
        )
    }

    /// Returns a group.
    pub fn group(&self, group: GroupNo) -> NamedGroup {
        let name = group_name(&self.world.people, group);
        NamedGroup {
            id: self.world.people.group_id(group).map(Global::global),
            name: name.unwrap_or_else(|| self.unnamed()),
        }
    }

    /// Returns a group nobody was ever in, or whose name was erased.
    pub fn unnamed(&self) -> String {
        self.texts.say(self.language, "group.unnamed", &[])
    }

    fn erased(&self) -> String {
        self.texts.say(self.language, "person.erased", &[])
    }
}

/// Returns what a group is called, in French, the language of a school; none if it has no name.
pub fn group_name(people: &People, group: GroupNo) -> Option<String> {
    let row = people.group_row(group)?;
    let structure = people.structure(row.structure)?;
    let class = |class: &ClassId| structure.classes.get(class).map(|class| class.name.to_string());
    Some(match &row.kind {
        GroupKind::Profile(profile) => format!("{} {}", many(*profile), of(structure)),
        GroupKind::Class(of, profile) => format!("{} de {}", many(*profile), class(of)?),
        GroupKind::HeadTeacher(of) => format!("Professeurs principaux de {}", class(of)?),
        GroupKind::Direction => format!("Direction {}", of(structure)),
        GroupKind::Function(code) => format!("Fonction {code} {}", of(structure)),
        GroupKind::Discipline(code) => format!("Discipline {code} {}", of(structure)),
        GroupKind::Subject(code) => format!("Matière {code} {}", of(structure)),
        GroupKind::Level(level, profile) => {
            format!("{} du niveau {level} {}", many(*profile), of(structure))
        }
        GroupKind::Teaching(_) | GroupKind::Free(_) | GroupKind::BroadcastList(_) => given(row)?,
    })
}

/// Returns the name a feed or a person gave.
fn given(row: &Group) -> Option<String> {
    row.typed.clone().or_else(|| row.label.as_ref().map(ToString::to_string))
}

fn many(profile: domain::group::Profile) -> &'static str {
    match profile {
        domain::group::Profile::Teacher => "Enseignants",
        domain::group::Profile::Staff => "Personnels",
        domain::group::Profile::Student => "Élèves",
        domain::group::Profile::Relative => "Parents",
        domain::group::Profile::Guest => "Invités",
    }
}

/// Returns the name of a structure after "de": schools have names that begin with what they are.
fn of(structure: &Structure) -> String {
    let name = structure.name.as_str();
    let (first, rest) = name.split_once(' ').unwrap_or((name, ""));
    let first = first.to_lowercase();
    let joined = |article: &str| format!("{article}{first} {rest}").trim_end().to_owned();
    match first.as_str() {
        "école" | "ecole" | "académie" | "institut" => joined("de l'"),
        "collège" | "college" | "lycée" | "lycee" | "groupe" | "réseau" | "rectorat" => joined("du "),
        "cité" | "circonscription" => joined("de la "),
        _ => format!("de {name}"),
    }
}
