//! Applying the matrix of a structure, and putting groups back to it (`communication.md` section 5).
//!
//! Invariants:
//! - Applying gives to groups nobody customised, and to customised ones nothing but rules towards new groups. It takes
//!   nothing away.
//! - A reset makes every group that is not free what the matrix and the recipes say. It changes no policy and no link of
//!   a family that was said before, and no rule of another structure.

use std::collections::{BTreeMap, BTreeSet};

use super::effective::{Effective, Part, listed, of};
use super::event::{Adjustment, GivenFacts, GivenFamily, GivenRule, Link, MatrixApplied, MatrixReset, Share};
use super::taking::{Opening, accepted, given, link};
use super::{Decision, Event, Matrix, Refusal, Structure};
use crate::group::{Fact, Reason};
use crate::id::{CommandId, GroupId, RuleId, StructureId};
use crate::label::Label;

/// Apply a matrix, or put groups back to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Applying {
    /// The matrix; none if there is none of the name that was asked for.
    pub matrix: Option<Matrix>,
    /// The functions and disciplines somebody holds.
    pub functions: Vec<Label>,
    /// See `functions`.
    pub disciplines: Vec<Label>,
    /// What it would open.
    pub opening: Opening,
    /// Rule ids are derived from it.
    pub command: CommandId,
}

impl Structure {
    /// Applies a matrix because somebody asked for it.
    pub(super) fn reapply(&self, structure: StructureId, applying: Applying) -> Decision {
        let Applying { matrix, functions, disciplines, opening, command } = applying;
        let matrix = matrix.ok_or(Refusal::UnknownMatrix)?;
        let applied = self.apply(structure, &matrix, (functions, disciplines), command);
        let Some(mut applied) = applied.or_else(|| self.chosen(&matrix)) else { return Ok(vec![]) };
        accepted(&opening)?;
        let more = opening.accepted.into_iter().filter(|group| !applied.accepted.contains(group));
        let more: Vec<_> = more.collect();
        applied.accepted.extend(more);
        Ok(vec![applied.into()])
    }

    /// Returns what the matrix adds: facts and rules for groups nobody customised, and to customised ones
    /// nothing but rules towards groups it had not met (`communication.md` section 5).
    pub(super) fn apply(
        &self,
        structure: StructureId,
        matrix: &Matrix,
        (functions, disciplines): (Vec<Label>, Vec<Label>),
        command: CommandId,
    ) -> Option<MatrixApplied> {
        let extent = self.extent(functions, disciplines);
        let whole = Effective::of(structure, matrix, &self.recipes, &extent, self.policy);
        let facts: Vec<_> = whole.facts.into_iter().filter_map(|given| self.lacks(matrix, given)).collect();
        let pairs: BTreeSet<_> = self.rules.values().map(link).collect();
        let links: Vec<_> =
            whole.links.into_iter().filter(|it| !pairs.contains(it) && self.may_begin(it)).collect();
        let mut count = u32::try_from(links.len()).unwrap_or(u32::MAX);
        let rules: Vec<_> = given(links, command, 0).collect();
        let (mut recipes, mut accepted) = (vec![], vec![]);
        for part in whole.parts {
            let accepts = part.accepts;
            let Some(share) = self.new_share(part, &pairs, command, &mut count) else { continue };
            accepted.extend(share.facts.iter().filter(|_| accepts).map(|it| it.group));
            recipes.push(share);
        }
        accepted.sort_unstable();
        accepted.dedup();
        if facts.is_empty() && rules.is_empty() && recipes.is_empty() {
            return None;
        }
        let (matrix, version) = (matrix.name.clone(), matrix.version);
        Some(MatrixApplied { matrix, version, facts, rules, recipes, accepted })
    }

    /// Returns what a group lacks of what the matrix says: all of it if none was said before, and what another matrix
    /// says more.
    fn lacks(&self, matrix: &Matrix, given: GivenFacts) -> Option<GivenFacts> {
        if self.customised.contains(&given.group) {
            return None;
        }
        if !self.stated(given.group) {
            return Some(given);
        }
        let mut facts = given.facts;
        for fact in listed(given.facts) {
            *of(&mut facts, fact) = !self.has_of_matrix(given.group, fact);
        }
        let more = self.is_another(matrix) && listed(facts).next().is_some();
        more.then_some(GivenFacts { facts, family: None, ..given })
    }

    fn is_another(&self, matrix: &Matrix) -> bool {
        self.matrix.as_ref() != Some(&matrix.name)
    }

    /// Returns the event that notes the choice of another matrix which adds nothing.
    fn chosen(&self, matrix: &Matrix) -> Option<MatrixApplied> {
        let (name, version) = (matrix.name.clone(), matrix.version);
        let (facts, rules, recipes, accepted) = (vec![], vec![], vec![], vec![]);
        let applied = MatrixApplied { matrix: name, version, facts, rules, recipes, accepted };
        self.is_another(matrix).then_some(applied)
    }

    /// Returns what a recipe is for groups it had not met.
    fn new_share(
        &self,
        part: Part,
        pairs: &BTreeSet<Link>,
        command: CommandId,
        count: &mut u32,
    ) -> Option<Share> {
        let held = self.recipes.get(&part.recipe)?;
        let mine: BTreeSet<_> = held.rules.iter().filter_map(|rule| self.rules.get(rule)).map(link).collect();
        let left = |group: &GroupId| self.customised.contains(group);
        let links: Vec<_> =
            part.links.into_iter().filter(|it| !mine.contains(it) && self.may_begin(it)).collect();
        let first = *count;
        *count = first.saturating_add(u32::try_from(links.len()).unwrap_or(u32::MAX));
        let facts = part.facts.into_iter().filter(|it| !held.facts.contains(it) && !left(&it.group));
        let new = |group: &GroupId| !left(group) && !self.stated(*group);
        let withheld = part.withheld.into_iter();
        let withheld = withheld.filter(|it| !held.withheld.contains(it) && new(&it.group));
        let without = part.without.into_iter();
        let without =
            without.filter(|it| !held.without.contains(it) && !pairs.contains(it) && !left(&it.from));
        let share = Share {
            recipe: part.recipe,
            version: part.version,
            facts: facts.collect(),
            rules: given(links, command, first).collect(),
            withheld: withheld.collect(),
            without: without.collect(),
        };
        let nothing = share.facts.is_empty() && share.rules.is_empty();
        (!nothing || !share.withheld.is_empty() || !share.without.is_empty()).then_some(share)
    }

    fn may_begin(&self, link: &Link) -> bool {
        !self.customised.contains(&link.from) || !self.met.contains(&link.to)
    }

    /// Whether the matrix spoke of a group's facts before, if only to have them withheld.
    fn stated(&self, group: GroupId) -> bool {
        let all = [Fact::Uses, Fact::Exposes, Fact::Internal];
        let said = || all.into_iter().any(|fact| self.has_of_matrix(group, fact));
        let withheld = || self.recipes.values().flat_map(|held| &held.withheld).any(|it| it.group == group);
        self.met.contains(&group) && (said() || withheld())
    }

    fn has_of_matrix(&self, group: GroupId, fact: Fact) -> bool {
        self.reasons.get(&(group, fact)).is_some_and(|reasons| reasons.contains(&Reason::Matrix))
    }

    /// Puts the groups that are not free back to the matrix and the recipes.
    pub(super) fn reset(&self, structure: StructureId, applying: Applying) -> Decision {
        let Applying { matrix, functions, disciplines, opening, command } = applying;
        let matrix = matrix.ok_or(Refusal::UnknownMatrix)?;
        let extent = self.extent(functions, disciplines);
        let whole = Effective::of(structure, &matrix, &self.recipes, &extent, self.policy);
        let reasons = whole.reasons();
        let is_free = |group: &GroupId| self.filled.has(group);
        let known = self.reasons.keys().filter(|(group, _)| !is_free(group));
        let known = known.flat_map(|(group, fact)| self.because(*group, *fact));
        let lost = known.filter(|it| match it.reason {
            Reason::Matrix => !reasons.contains(it),
            Reason::Hand => true,
            Reason::Feed => false,
        });
        let lost: Vec<_> = lost.collect();
        let facts: Vec<_> = reasons.iter().copied().filter(|it| !self.has(it)).collect();
        let families = whole.facts.iter().filter(|given| !self.linked.contains(&given.group));
        let families =
            families.filter_map(|given| Some(GivenFamily { group: given.group, family: given.family? }));
        let families: Vec<_> = families.collect();
        let (standing, removed) = self.sorted(&whole);
        let mut count = 0;
        let mut begins = |links: &[Link]| -> (Vec<GivenRule>, Vec<GivenRule>) {
            let known = |link: &&Link| standing.contains_key(*link);
            let stay = links.iter().filter(known).map(|it| GivenRule {
                rule: standing[it],
                from: it.from,
                to: it.to,
            });
            let new: Vec<_> = links.iter().filter(|it| !known(it)).copied().collect();
            let first = count;
            count += u32::try_from(new.len()).unwrap_or(u32::MAX);
            (stay.collect(), given(new, command, first).collect())
        };
        let (_, mut rules) = begins(&whole.links);
        let mut recipes = vec![];
        for part in whole.parts {
            let (stay, new) = begins(&part.links);
            rules.extend(new.iter().copied());
            recipes.push(Share {
                recipe: part.recipe,
                version: part.version,
                facts: part.facts,
                rules: stay.into_iter().chain(new).collect(),
                withheld: part.withheld,
                without: part.without,
            });
        }
        let changes = !lost.is_empty() || !facts.is_empty() || !removed.is_empty() || !rules.is_empty();
        if !changes && families.is_empty() && self.customised.iter().all(is_free) {
            return Ok(vec![]);
        }
        accepted(&opening)?;
        let (matrix, version, accepted) = (matrix.name.clone(), matrix.version, opening.accepted);
        let change = Adjustment { removed, lost, facts, rules, families, accepted };
        Ok(vec![MatrixReset { matrix, version, recipes, change }.into()])
    }

    /// Sorts the rules that do not start at free groups: those of the whole, by what they link, and those that go.
    fn sorted(&self, whole: &Effective) -> (BTreeMap<Link, RuleId>, Vec<RuleId>) {
        let parts = whole.parts.iter().flat_map(|part| &part.links);
        let wanted: BTreeSet<_> = whole.links.iter().chain(parts).copied().collect();
        let (mut standing, mut removed) = (BTreeMap::new(), vec![]);
        for (id, rule) in self.rules.iter().filter(|(_, rule)| !self.filled.has(&rule.from)) {
            let link = link(rule);
            if rule.by_matrix && wanted.contains(&link) && !standing.contains_key(&link) {
                standing.insert(link, *id);
            } else {
                removed.push(*id);
            }
        }
        (standing, removed)
    }

    pub(super) fn follow_matrix(&mut self, applied: &MatrixApplied) {
        self.matrix = Some(applied.matrix.clone());
        for given in &applied.facts {
            self.met.insert(given.group);
            self.linked.extend(given.family.map(|_| given.group));
            for fact in listed(given.facts) {
                self.base.insert((given.group, fact));
                self.reasons.entry((given.group, fact)).or_default().insert(Reason::Matrix);
            }
        }
        self.follow_rules(&applied.rules);
        for share in &applied.recipes {
            for it in &share.facts {
                self.met.insert(it.group);
                self.reasons.entry((it.group, it.fact)).or_default().insert(it.reason);
            }
            self.follow_rules(&share.rules);
            self.recipes.entry(share.recipe.clone()).or_default().extend(share);
        }
    }

    pub(super) fn follow_reset(&mut self, reset: &MatrixReset) {
        self.matrix = Some(reset.matrix.clone());
        self.adjust(&reset.change);
        for held in self.recipes.values_mut() {
            let accepts = held.accepts;
            *held = super::taking::Held { accepts, ..Default::default() };
        }
        for share in &reset.recipes {
            self.recipes.entry(share.recipe.clone()).or_default().extend(share);
        }
        self.customised.retain(|group| self.filled.has(group));
        // What no recipe gives is of the matrix.
        let of_recipes: BTreeSet<_> =
            self.recipes.values().flat_map(|held| &held.facts).map(|it| (it.group, it.fact)).collect();
        let all = self.reasons.iter().filter(|(_, reasons)| reasons.contains(&Reason::Matrix));
        self.base = all.map(|(of, _)| *of).filter(|of| !of_recipes.contains(of)).collect();
    }
}

impl From<MatrixApplied> for Adjustment {
    fn from(applied: MatrixApplied) -> Self {
        let mut change = Self { rules: applied.rules, accepted: applied.accepted, ..Self::default() };
        for GivenFacts { group, facts, family } in applied.facts {
            let reason = Reason::Matrix;
            change.facts.extend(listed(facts).map(|fact| super::Reasoned { group, fact, reason }));
            change.families.extend(family.map(|family| GivenFamily { group, family }));
        }
        for share in applied.recipes {
            change.facts.extend(share.facts);
            change.rules.extend(share.rules);
        }
        change
    }
}

impl Adjustment {
    /// Returns every group that gets or loses something, in the order in which it is named.
    pub fn groups(self) -> impl Iterator<Item = GroupId> {
        let lost = self.lost.into_iter().map(|it| it.group);
        let facts = self.facts.into_iter().map(|it| it.group);
        let families = self.families.into_iter().map(|it| it.group);
        let rules = self.rules.into_iter().flat_map(|rule| [rule.from, rule.to]);
        lost.chain(facts).chain(families).chain(rules)
    }
}

impl Event {
    /// Returns what an event of the matrix or of a recipe changes; none if it is another one.
    pub fn adjustment(&self) -> Option<Adjustment> {
        match self {
            Self::MatrixApplied(applied) => Some(applied.clone().into()),
            Self::RecipeTaken(taken) => Some(taken.change.clone()),
            Self::RecipeTakenBack(back) => Some(back.change.clone()),
            Self::MatrixReset(reset) => Some(reset.change.clone()),
            Self::Created(_)
            | Self::ClassOpened(_)
            | Self::ClassClosed(_)
            | Self::TeachingGroupOpened(_)
            | Self::FreeGroupCreated(_)
            | Self::FactGranted(_)
            | Self::FactRemoved(_)
            | Self::RuleMade(_)
            | Self::RuleRemoved(_)
            | Self::PolicySet(_)
            | Self::AccessWindowSet(_)
            | Self::ProfileBlocked(_)
            | Self::ProfileUnblocked(_)
            | Self::BroadcastListCreated(_)
            | Self::ListCriteriaSet(_)
            | Self::GroupRenamed(_)
            | Self::GroupHidden(_)
            | Self::GroupShown(_)
            | Self::Closed(_)
            | Self::Reopened(_)
            | Self::PeriodsSet(_)
            | Self::ClosureMade(_)
            | Self::ClosureLifted(_) => None,
        }
    }
}
