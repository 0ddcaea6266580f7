//! What people and groups are called in what a reader sees, and the one place where a group gets its name.
//!
//! Invariant: whoever builds one of these has checked that the reader may see it; nothing here asks for reach.

use async_graphql::{ID, SimpleObject};
use domain::actor::Actor;
use domain::group::{GroupKind, Profile as DomainProfile};
use domain::message::Witness;
use domain::{ClassId, GroupId, PersonId};
use projections::people::Structure;
use projections::{GroupNo, PersonNo, World};
use serde::Serialize;

use super::common::Global;
use super::people::{Profile, display_name};
use crate::texts::{Language, Texts};

/// Somebody who writes or is written to.
#[derive(Debug, Clone, SimpleObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Correspondent {
    /// Who.
    pub id: ID,
    /// First and last name; "erased person" once erased.
    pub display_name: String,
    /// What they are at school.
    pub profile: Option<Profile>,
}

/// A group, by name.
#[derive(Debug, Clone, SimpleObject, Serialize)]
pub struct NamedGroup {
    /// Which; null for one that nobody was ever in.
    pub id: Option<ID>,
    /// What it is called, in the language of the request.
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
            None => {
                Correspondent { id: person.global(), display_name: self.say("person.erased"), profile: None }
            }
        }
    }

    /// Returns the first and last name of a person.
    pub fn name(&self, person: PersonNo) -> String {
        let identity = self.world.people.person(person).and_then(|row| row.identity.as_ref());
        identity.map_or_else(|| self.say("person.erased"), display_name)
    }

    /// Returns a group.
    pub fn group(&self, group: GroupNo) -> NamedGroup {
        NamedGroup {
            id: self.world.people.group_id(group).map(Global::global),
            name: self.group_name(group).unwrap_or_else(|| self.say("group.unnamed")),
        }
    }

    /// Returns a group by id: one that nobody was ever in has no name.
    pub fn group_by_id(&self, group: GroupId) -> NamedGroup {
        match self.world.people.group(group) {
            Some(number) => self.group(number),
            None => NamedGroup { id: None, name: self.say("group.unnamed") },
        }
    }

    /// Returns what a group is called; none if it is not known, or if what somebody called it was erased.
    pub fn group_name(&self, group: GroupNo) -> Option<String> {
        let row = self.world.people.group_row(group)?;
        let structure = self.world.people.structure(row.structure)?;
        let class = |class: &ClassId| Some(self.of(structure.classes.get(class)?.name.as_str()));
        let whole = || self.of_structure(structure);
        let of = |code: &str, of: String| self.texts.say(self.language, code, &[("of", of.into())]);
        let held = |code: &str, name: &str| {
            self.texts.say(self.language, code, &[("name", name.into()), ("of", whole().into())])
        };
        Some(match &row.kind {
            GroupKind::Profile(profile) => of(many(*profile), whole()),
            GroupKind::Class(id, profile) => of(many(*profile), class(id)?),
            GroupKind::Level(level, profile) => {
                let values = [("name", level.as_str().into()), ("of", whole().into())];
                self.texts.say(
                    self.language,
                    if *profile == DomainProfile::Relative {
                        "group.level-relatives"
                    } else {
                        "group.level-students"
                    },
                    &values,
                )
            }
            GroupKind::HeadTeacher(id) => of("group.head-teachers", class(id)?),
            GroupKind::Direction => of("group.direction", whole()),
            GroupKind::Function(name) => held("group.function", name.as_str()),
            GroupKind::Discipline(name) => held("group.discipline", name.as_str()),
            GroupKind::Subject(name) => held("group.subject", name.as_str()),
            GroupKind::Teaching(_) | GroupKind::Free(_) | GroupKind::BroadcastList(_) => {
                row.typed.clone().or_else(|| row.label.as_ref().map(ToString::to_string))?
            }
        })
    }

    /// Returns a witness as a sentence.
    pub fn witness(&self, witness: Witness) -> String {
        let group = |id| self.group_by_id(id).name;
        match witness {
            Witness::Rule { from, to, .. } => {
                let values = [("from", group(from).into()), ("to", group(to).into())];
                self.texts.say(self.language, "witness.rule", &values)
            }
            Witness::Internal { group: id } => {
                self.texts.say(self.language, "witness.internal", &[("group", group(id).into())])
            }
            Witness::Family { relative, child } => {
                let name = |id| self.person_by_id(id).display_name;
                let values = [("relative", name(relative).into()), ("child", name(child).into())];
                self.texts.say(self.language, "witness.family", &values)
            }
            Witness::Link { from, to } => {
                let name = |id| self.person_by_id(id).display_name;
                let values = [("from", name(from).into()), ("to", name(to).into())];
                self.texts.say(self.language, "witness.link", &values)
            }
            Witness::Reply { .. } => self.say("witness.reply"),
        }
    }

    /// Returns people of a profile, as they are called in a sentence.
    pub fn profile(&self, profile: DomainProfile) -> String {
        self.say(match profile {
            DomainProfile::Teacher => "group.profile-teachers",
            DomainProfile::Staff => "group.profile-staff",
            DomainProfile::Student => "group.profile-students",
            DomainProfile::Relative => "group.profile-relatives",
            DomainProfile::Guest => "group.profile-guests",
        })
    }

    /// Returns who caused something.
    pub fn actor(&self, actor: &Actor) -> String {
        match actor {
            Actor::Person { person, .. } => self.person_by_id(*person).display_name,
            Actor::Process(name) => {
                self.texts.say(self.language, "explain.by-process", &[("name", name.as_str().into())])
            }
            Actor::Operator => self.say("explain.by-operator"),
        }
    }

    /// Returns a text that takes no values.
    pub fn say(&self, code: &str) -> String {
        self.texts.say(self.language, code, &[])
    }

    /// Returns a name after "of".
    fn of(&self, name: &str) -> String {
        match self.language {
            Language::French => format!("de {name}"),
            Language::English => format!("of {name}"),
        }
    }

    /// Returns the name of a structure after "of": in French, schools have names that begin with what they are.
    pub fn of_structure(&self, structure: &Structure) -> String {
        let name = structure.name.as_str();
        let (first, rest) = name.split_once(' ').unwrap_or((name, ""));
        let first = first.to_lowercase();
        let joined = |article: &str| format!("{article}{first} {rest}").trim_end().to_owned();
        match (self.language, first.as_str()) {
            (Language::French, "école" | "ecole" | "académie" | "institut") => joined("de l'"),
            (
                Language::French,
                "collège" | "college" | "lycée" | "lycee" | "groupe" | "réseau" | "rectorat",
            ) => joined("du "),
            (Language::French, "cité" | "circonscription") => joined("de la "),
            (Language::French | Language::English, _) => self.of(name),
        }
    }
}

fn many(profile: DomainProfile) -> &'static str {
    match profile {
        DomainProfile::Teacher => "group.teachers",
        DomainProfile::Staff => "group.staff",
        DomainProfile::Student => "group.students",
        DomainProfile::Relative => "group.relatives",
        DomainProfile::Guest => "group.guests",
    }
}
