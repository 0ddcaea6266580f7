//! Groups: kinds, facts, and the ids of those that are derived and never written.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{ClassId, GroupId, StructureId, derive};
use crate::label::Label;

/// What a person is at school; exactly one each (`directory.md`, People).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Profile {
    /// Enseignant.
    Teacher,
    /// Personnel non enseignant.
    Staff,
    /// Élève.
    Student,
    /// Parent ou responsable.
    Relative,
    /// Work-placement tutors and inspectors.
    Guest,
}

impl Profile {
    /// Every profile, in the order of reports.
    pub const ALL: [Self; 5] = [Self::Teacher, Self::Staff, Self::Student, Self::Relative, Self::Guest];

    /// Returns the stored name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Teacher => "TEACHER",
            Self::Staff => "STAFF",
            Self::Student => "STUDENT",
            Self::Relative => "RELATIVE",
            Self::Guest => "GUEST",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a group says about its own members (`communication.md` section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Facts {
    /// Members may use the rules that start at the group.
    pub uses: bool,
    /// Members are reachable, one by one, by whoever reaches the group.
    pub exposes: bool,
    /// Members reach each other, and the group itself.
    pub internal: bool,
}

/// One of the three facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Fact {
    /// See [`Facts::uses`].
    Uses,
    /// See [`Facts::exposes`].
    Exposes,
    /// See [`Facts::internal`].
    Internal,
}

/// Why a fact holds, besides the rules that give it (`communication.md` section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Reason {
    /// The default matrix of the structure.
    Matrix,
    /// An administrator, or an import of the four-value attribute.
    Hand,
    /// `internal` of a mixed teaching group.
    Feed,
}

/// Whether `uses` and `exposes` together imply `internal` (`communication.md` section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InternalPolicy {
    /// They do: what the seed describes.
    #[default]
    Implied,
    /// `internal` only where it was granted.
    Explicit,
}

/// What a group is. Kinds up to [`GroupKind::Level`] exist while somebody is in them and are never written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupKind {
    /// People of a profile in the structure.
    Profile(Profile),
    /// People of a profile in a class; nested in the structure's.
    Class(ClassId, Profile),
    /// The head teachers of a class.
    HeadTeacher(ClassId),
    /// Holders of the direction function.
    Direction,
    /// Holders of a function, by code.
    Function(Label),
    /// Holders of a post discipline, by code.
    Discipline(Label),
    /// Who teaches a subject, by code.
    Subject(Label),
    /// Pupils of a level, or their relatives; nested in the structure's group of that profile.
    Level(Label, Profile),
    /// A teaching group (groupe d'enseignement).
    Teaching(GroupId),
    /// A free group (groupe manuel).
    Free(GroupId),
    /// A broadcast list (liste de diffusion).
    BroadcastList(GroupId),
}

impl GroupKind {
    /// The code of the direction function (`directory.md`, rights).
    pub const DIRECTION: &'static str = "DIR";

    /// Returns the id of the group of this kind in `structure`.
    pub fn id(&self, structure: StructureId) -> GroupId {
        let code = match self {
            Self::Teaching(id) | Self::Free(id) | Self::BroadcastList(id) => return *id,
            Self::Profile(profile) => format!("profile/{profile}"),
            Self::Class(class, profile) => format!("class/{class}/{profile}"),
            Self::HeadTeacher(class) => format!("head-teacher/{class}"),
            Self::Direction => "direction".to_owned(),
            Self::Function(code) => format!("function/{code}"),
            Self::Discipline(code) => format!("discipline/{code}"),
            Self::Subject(code) => format!("subject/{code}"),
            Self::Level(level, profile) => format!("level/{profile}/{level}"),
        };
        GroupId::from_u128(derive(&[b"preau.group.v1", &structure.to_u128().to_be_bytes(), code.as_bytes()]))
    }

    /// Returns the group this one is nested in, if any.
    pub fn parent(&self) -> Option<Self> {
        match self {
            Self::Class(_, profile) | Self::Level(_, profile) => Some(Self::Profile(*profile)),
            Self::Profile(_)
            | Self::HeadTeacher(_)
            | Self::Direction
            | Self::Function(_)
            | Self::Discipline(_)
            | Self::Subject(_)
            | Self::Teaching(_)
            | Self::Free(_)
            | Self::BroadcastList(_) => None,
        }
    }
}

/// In which directions a relative and their own child are linked (`communication.md` section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FamilyLink {
    /// The relative reaches the child.
    pub to_child: bool,
    /// The child reaches the relative.
    pub to_relative: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_derived_group_never_changes() {
        // Rules in the log name these ids.
        let structure = StructureId::from_u128(1);
        let group = GroupKind::Profile(Profile::Teacher).id(structure);
        assert_eq!(group.to_string(), "6GZ81XG1MGRCXBHKFRMR694NWJ");
    }

    #[test]
    fn groups_of_two_structures_differ() {
        let kind = GroupKind::Direction;
        assert_ne!(kind.id(StructureId::from_u128(1)), kind.id(StructureId::from_u128(2)));
    }
}
