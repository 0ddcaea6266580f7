//! The matrix of a structure: its base matrix plus its recipes (`communication.md` sections 5 and 7).
//!
//! Invariant: what a recipe closes stays closed. Where rules run both ways and imply what is to be closed, a group
//! that is made afterwards is not exposed: it fails closed.

use std::collections::{BTreeMap, BTreeSet};

use super::event::{GivenFacts, Link, Reasoned};
use super::matrix::{Extent, Matrix};
use super::recipe::Recipe;
use super::taking::Held;
use crate::group::{Fact, Facts, InternalPolicy, Reason};
use crate::id::{GroupId, StructureId};
use crate::label::Label;

/// What a matrix and recipes give to a structure.
#[derive(Debug, Default)]
pub(super) struct Effective {
    /// What the matrix says of groups, without what a recipe withholds.
    pub facts: Vec<GivenFacts>,
    /// The rules of the matrix that stand.
    pub links: Vec<Link>,
    /// What each recipe is.
    pub parts: Vec<Part>,
}

/// What one recipe is.
#[derive(Debug)]
pub(super) struct Part {
    pub recipe: Label,
    pub version: u32,
    /// Whether what it opens in groups made afterwards is accepted.
    pub accepts: bool,
    pub facts: Vec<Reasoned>,
    pub links: Vec<Link>,
    pub withheld: Vec<Reasoned>,
    pub without: Vec<Link>,
}

/// Returns the three facts as they are listed.
pub(super) fn listed(facts: Facts) -> impl Iterator<Item = Fact> {
    let Facts { uses, exposes, internal } = facts;
    let all = [(Fact::Uses, uses), (Fact::Exposes, exposes), (Fact::Internal, internal)];
    all.into_iter().filter(|(_, holds)| *holds).map(|(fact, _)| fact)
}

/// Returns one of the three facts, to be changed.
pub(super) fn of(facts: &mut Facts, fact: Fact) -> &mut bool {
    match fact {
        Fact::Uses => &mut facts.uses,
        Fact::Exposes => &mut facts.exposes,
        Fact::Internal => &mut facts.internal,
    }
}

impl Effective {
    /// Returns what a matrix and these recipes give to a structure of this extent.
    pub fn of(
        structure: StructureId,
        matrix: &Matrix,
        recipes: &BTreeMap<Label, Held>,
        extent: &Extent,
        policy: InternalPolicy,
    ) -> Self {
        let given = matrix.give(extent);
        let facts = given.facts.into_iter();
        let facts =
            facts.map(|(kind, facts, family)| GivenFacts { group: kind.id(structure), facts, family });
        let links = given.rules.iter();
        let links = links.map(|(from, to)| Link { from: from.id(structure), to: to.id(structure) });
        let mut whole = Self { facts: facts.collect(), links: links.collect(), parts: vec![] };
        let mut closed = vec![];
        // A recipe that is no longer shipped does nothing for groups made afterwards.
        for (name, held) in recipes {
            let Some(recipe) = Recipe::shipped(name.as_str()) else { continue };
            let asks = recipe.asks(structure, extent);
            let unlinks: BTreeSet<_> = asks.unlinks.into_iter().collect();
            let without = whole.links.iter().copied().filter(|link| unlinks.contains(link)).collect();
            whole.parts.push(Part {
                recipe: recipe.name,
                version: recipe.version,
                accepts: held.accepts,
                facts: asks.facts,
                links: asks.links,
                withheld: vec![],
                without,
            });
            closed.push(asks.closes);
        }
        let without: BTreeSet<Link> = whole.parts.iter().flat_map(|part| &part.without).copied().collect();
        whole.links.retain(|link| !without.contains(link));
        for (place, groups) in closed.into_iter().enumerate().filter(|(_, groups)| !groups.is_empty()) {
            whole.close(place, &groups, policy);
        }
        whole
    }

    /// Withholds what lets the members of groups reach each other, as closing them would.
    fn close(&mut self, place: usize, groups: &[GroupId], policy: InternalPolicy) {
        let links = || self.links.iter().chain(self.parts.iter().flat_map(|part| &part.links));
        let starts: BTreeSet<_> = links().map(|link| link.from).collect();
        let ends: BTreeSet<_> = links().map(|link| link.to).collect();
        for group in groups {
            let mut dropped = vec![Fact::Internal];
            let both = self.says(*group, Fact::Uses) && self.says(*group, Fact::Exposes);
            if policy == InternalPolicy::Implied && both {
                let rests = (starts.contains(group), ends.contains(group));
                dropped.extend((rests != (false, true)).then_some(Fact::Exposes));
                dropped.extend((!rests.0).then_some(Fact::Uses));
            }
            for fact in dropped {
                self.withhold(place, *group, fact);
            }
        }
    }

    fn says(&self, group: GroupId, fact: Fact) -> bool {
        let by_matrix = self.facts.iter().filter(|given| given.group == group);
        by_matrix.into_iter().any(|given| listed(given.facts).any(|it| it == fact))
            || self.parts.iter().flat_map(|part| &part.facts).any(|it| (it.group, it.fact) == (group, fact))
    }

    fn withhold(&mut self, place: usize, group: GroupId, fact: Fact) {
        for given in self.facts.iter_mut().filter(|given| given.group == group) {
            let said = of(&mut given.facts, fact);
            if std::mem::take(said) {
                self.parts[place].withheld.push(Reasoned { group, fact, reason: Reason::Matrix });
            }
        }
        for part in &mut self.parts {
            part.facts.retain(|it| (it.group, it.fact) != (group, fact));
        }
    }

    /// Returns every reason that the whole gives.
    pub fn reasons(&self) -> BTreeSet<Reasoned> {
        let of_matrix = self.facts.iter().flat_map(|given| {
            let reason = |fact| Reasoned { group: given.group, fact, reason: Reason::Matrix };
            listed(given.facts).map(reason)
        });
        of_matrix.chain(self.parts.iter().flat_map(|part| &part.facts).copied()).collect()
    }
}
