//! Recipes: named changes of a matrix, as data files (`communication.md` section 7).
//!
//! Invariant: a recipe is data with a name and a version. A structure that took one keeps it until it takes it back;
//! what it does to groups is computed when they get it, and stored.

use serde::Deserialize;

use super::event::{Link, Reasoned};
use super::matrix::{Extent, Pattern};
use crate::group::{Fact, GroupKind, Reason};
use crate::id::{GroupId, StructureId};
use crate::label::Label;

/// A recipe, as read from its file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Its name: `NO_TALK_INSIDE_CLASSES`.
    pub name: Label,
    /// Its version, from 1.
    pub version: u32,
    groups: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    group: Pattern,
    #[serde(default)]
    facts: Vec<Fact>,
    #[serde(default)]
    reaches: Vec<Pattern>,
    #[serde(default)]
    no_longer_reaches: Vec<Pattern>,
    #[serde(default)]
    closes_internal: bool,
}

/// What a recipe asks of the groups of one structure.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Asks {
    /// Reasons that groups get.
    pub facts: Vec<Reasoned>,
    /// Rules that begin.
    pub links: Vec<Link>,
    /// Rules of the matrix that are not to stand.
    pub unlinks: Vec<Link>,
    /// Groups whose members are not to reach each other.
    pub closes: Vec<GroupId>,
}

impl Recipe {
    /// The files that ship, by name.
    pub const SHIPPED: [(&'static str, &'static str); 3] = [
        ("TEACHERS_OWN_CLASSES_ONLY", include_str!("../../recipes/teachers-own-classes-only.json")),
        ("NO_TALK_INSIDE_CLASSES", include_str!("../../recipes/no-talk-inside-classes.json")),
        (
            "PARENTS_DO_NOT_WRITE_TO_TEACHERS",
            include_str!("../../recipes/parents-do-not-write-to-teachers.json"),
        ),
    ];

    /// Reads the text of a recipe file.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Returns the shipped recipe called `name`.
    pub fn shipped(name: &str) -> Option<Self> {
        let (_, text) = Self::SHIPPED.iter().find(|(shipped, _)| *shipped == name)?;
        Self::parse(text).ok()
    }

    /// Returns what the recipe asks of a structure of this extent, in a fixed order.
    pub(super) fn asks(&self, structure: StructureId, extent: &Extent) -> Asks {
        let mut asks = Asks::default();
        for row in &self.groups {
            for (class, kind) in row.group.groups(None, extent) {
                let group = kind.id(structure);
                let ends = |patterns: &[Pattern]| -> Vec<Link> {
                    let kinds = patterns.iter().flat_map(|pattern| pattern.groups(class, extent));
                    kinds.map(|(_, to): (_, GroupKind)| Link { from: group, to: to.id(structure) }).collect()
                };
                asks.links.extend(ends(&row.reaches));
                asks.unlinks.extend(ends(&row.no_longer_reaches));
                let reasoned = |fact: &Fact| Reasoned { group, fact: *fact, reason: Reason::Matrix };
                asks.facts.extend(row.facts.iter().map(reasoned));
                asks.closes.extend(row.closes_internal.then_some(group));
            }
        }
        asks
    }

    /// Returns every group the recipe is about.
    pub(super) fn about(&self, structure: StructureId, extent: &Extent) -> Vec<GroupId> {
        let kinds = self.groups.iter().flat_map(|row| row.group.groups(None, extent));
        kinds.map(|(_, kind)| kind.id(structure)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ClassId;

    #[test]
    fn every_shipped_recipe_can_be_read_under_its_name() {
        for (name, text) in Recipe::SHIPPED {
            let recipe = Recipe::parse(text).expect(name);
            assert_eq!(recipe.name.as_str(), name);
        }
    }

    #[test]
    fn a_recipe_asks_the_same_of_each_class() {
        let classes = vec![ClassId::from_u128(1), ClassId::from_u128(2)];
        let extent = Extent { classes, ..Extent::default() };
        let asks = |name| Recipe::shipped(name).unwrap().asks(StructureId::from_u128(1), &extent);
        let own = asks("TEACHERS_OWN_CLASSES_ONLY");
        assert_eq!((own.links.len(), own.unlinks.len(), own.facts.len()), (4, 2, 6));
        let parents = asks("PARENTS_DO_NOT_WRITE_TO_TEACHERS");
        assert_eq!((parents.links.len(), parents.unlinks.len(), parents.facts.len()), (0, 4, 0));
        assert_eq!(asks("NO_TALK_INSIDE_CLASSES").closes.len(), 2);
    }
}
