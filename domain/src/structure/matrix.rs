//! Default matrices: data files that say what groups state and reach at first (`communication.md` section 5).
//!
//! Invariant: a matrix is data with a name and a version. What it gives to a structure is computed once, when it
//! is applied, and stored; a later version of the file changes nothing that was.

use serde::Deserialize;

use crate::group::{Fact, Facts, FamilyLink, GroupKind, Profile};
use crate::id::ClassId;
use crate::label::Label;

/// A default matrix, as read from its file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// Its name: `published-2025`.
    pub name: Label,
    /// Its version, from 1.
    pub version: u32,
    groups: Vec<Row>,
    family: FamilyLink,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    group: Pattern,
    #[serde(default)]
    facts: Vec<Fact>,
    #[serde(default)]
    reaches: Vec<Pattern>,
}

/// Which groups a row of a matrix or of a recipe is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "&str")]
pub(super) enum Pattern {
    Structure(Profile),
    Class(Profile),
    ClassHeadTeacher,
    HeadTeachers,
    Functions,
    Disciplines,
    Direction,
}

impl TryFrom<&str> for Pattern {
    type Error = String;

    fn try_from(text: &str) -> Result<Self, String> {
        let profile = |name: &str| {
            Profile::ALL
                .into_iter()
                .find(|p| p.as_str() == name)
                .ok_or_else(|| format!("no profile is called {name}"))
        };
        match (text, text.split_once(' ')) {
            ("functions", _) => Ok(Self::Functions),
            ("disciplines", _) => Ok(Self::Disciplines),
            ("direction", _) => Ok(Self::Direction),
            ("head-teachers", _) => Ok(Self::HeadTeachers),
            ("class head-teacher", _) => Ok(Self::ClassHeadTeacher),
            (_, Some(("structure", name))) => profile(name).map(Self::Structure),
            (_, Some(("class", name))) => profile(name).map(Self::Class),
            (_, Some(_) | None) => Err(format!("`{text}` names no groups of a matrix")),
        }
    }
}

/// What of a structure a matrix can speak about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Extent {
    /// The open classes.
    pub classes: Vec<ClassId>,
    /// The codes of the functions somebody holds.
    pub functions: Vec<Label>,
    /// The codes of the post disciplines somebody holds.
    pub disciplines: Vec<Label>,
}

/// What a matrix gives to one structure.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Given {
    /// What each group states; the third value only for groups of relatives of a class.
    pub facts: Vec<(GroupKind, Facts, Option<FamilyLink>)>,
    /// Who reaches whom.
    pub rules: Vec<(GroupKind, GroupKind)>,
}

impl Matrix {
    /// The one a structure gets when nobody chose.
    pub const DEFAULT: &'static str = "published-2025";

    /// The files that ship, by name.
    pub const SHIPPED: [(&'static str, &'static str); 2] = [
        ("published-2025", include_str!("../../matrices/published-2025.json")),
        ("classic", include_str!("../../matrices/classic.json")),
    ];

    /// Reads the text of a matrix file.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Returns the shipped matrix called `name`.
    pub fn shipped(name: &str) -> Option<Self> {
        let (_, text) = Self::SHIPPED.iter().find(|(shipped, _)| *shipped == name)?;
        Self::parse(text).ok()
    }

    /// Returns how relatives and their children without a class are linked.
    pub fn family(&self) -> FamilyLink {
        self.family
    }

    /// Returns what the matrix gives to a structure of this extent, in a fixed order.
    pub fn give(&self, extent: &Extent) -> Given {
        let mut given = Given::default();
        for row in &self.groups {
            for (class, from) in row.group.groups(None, extent) {
                let link = matches!(from, GroupKind::Class(_, Profile::Relative)).then_some(self.family);
                given.facts.push((from.clone(), facts(&row.facts), link));
                for to in &row.reaches {
                    given
                        .rules
                        .extend(to.groups(class, extent).into_iter().map(|(_, to)| (from.clone(), to)));
                }
            }
        }
        given
    }
}

impl Pattern {
    /// Returns the groups meant, each with its class; seen from `class` if the row is about one.
    pub(super) fn groups(self, class: Option<ClassId>, extent: &Extent) -> Vec<(Option<ClassId>, GroupKind)> {
        let classes = || class.map_or_else(|| extent.classes.clone(), |class| vec![class]);
        let each =
            |make: fn(ClassId) -> GroupKind| classes().into_iter().map(|c| (Some(c), make(c))).collect();
        match self {
            Self::Structure(profile) => vec![(None, GroupKind::Profile(profile))],
            Self::Class(profile) => {
                classes().into_iter().map(|c| (Some(c), GroupKind::Class(c, profile))).collect()
            }
            Self::ClassHeadTeacher | Self::HeadTeachers => each(GroupKind::HeadTeacher),
            Self::Functions => {
                extent.functions.iter().map(|code| (None, GroupKind::Function(code.clone()))).collect()
            }
            Self::Disciplines => {
                extent.disciplines.iter().map(|code| (None, GroupKind::Discipline(code.clone()))).collect()
            }
            Self::Direction => vec![(None, GroupKind::Direction)],
        }
    }
}

fn facts(listed: &[Fact]) -> Facts {
    Facts {
        uses: listed.contains(&Fact::Uses),
        exposes: listed.contains(&Fact::Exposes),
        internal: listed.contains(&Fact::Internal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent() -> Extent {
        let code = |text| Label::parse(text).unwrap();
        Extent {
            classes: vec![ClassId::from_u128(1), ClassId::from_u128(2)],
            functions: vec![code("DIR")],
            disciplines: vec![code("P9222")],
        }
    }

    #[test]
    fn both_shipped_matrices_can_be_read() {
        for (name, text) in Matrix::SHIPPED {
            let matrix = Matrix::parse(text).expect(name);
            assert_eq!(matrix.name.as_str(), name);
        }
    }

    #[test]
    fn teachers_reach_every_head_teacher_and_function() {
        let given = Matrix::shipped("published-2025").unwrap().give(&extent());
        let teachers = GroupKind::Profile(Profile::Teacher);
        let reached: Vec<_> =
            given.rules.iter().filter(|(from, _)| *from == teachers).map(|(_, to)| to).collect();
        assert_eq!(reached.len(), 3 + 1 + 1 + 2 + 1);
    }

    #[test]
    fn pupils_reach_the_teachers_of_their_own_class_only() {
        let given = Matrix::shipped("published-2025").unwrap().give(&extent());
        let (one, two) = (ClassId::from_u128(1), ClassId::from_u128(2));
        let pupils = GroupKind::Class(one, Profile::Student);
        assert!(given.rules.contains(&(pupils.clone(), GroupKind::Class(one, Profile::Teacher))));
        assert!(!given.rules.contains(&(pupils, GroupKind::Class(two, Profile::Teacher))));
    }

    #[test]
    fn classic_parents_reach_the_class_and_each_other() {
        let given = Matrix::shipped("classic").unwrap().give(&extent());
        let parents = GroupKind::Class(ClassId::from_u128(1), Profile::Relative);
        let (_, facts, link) = given.facts.iter().find(|(kind, ..)| *kind == parents).unwrap();
        assert!(facts.internal);
        assert_eq!(*link, Some(FamilyLink { to_child: false, to_relative: true }));
        assert!(!given.rules.contains(&(parents, GroupKind::Profile(Profile::Staff))));
    }

    #[test]
    fn an_unknown_pattern_is_an_error_that_names_it() {
        let text = r#"{"name":"x","version":1,"groups":[{"group":"street STUDENT"}],"family":{"to_child":true,"to_relative":true}}"#;
        assert!(Matrix::parse(text).unwrap_err().to_string().contains("street STUDENT"));
    }
}
