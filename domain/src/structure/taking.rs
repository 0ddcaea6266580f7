//! Taking a recipe, and taking it back (`communication.md` section 7, Recipes).
//!
//! Invariants:
//! - What a recipe did is remembered, in groups made afterwards too; taking it back undoes that and only that.
//! - Groups that somebody changed by hand are left as they are, as a matrix leaves them (section 5). A fact that is
//!   set off by hand later does not come back with the end of a recipe.

use std::collections::{BTreeMap, BTreeSet};

use super::event::{Adjustment, GivenRule, Link, Reasoned, RecipeTaken, RecipeTakenBack, Share};
use super::matrix::Extent;
use super::recipe::Recipe;
use super::{Closing, Decision, Refusal, Rule, Structure, not_accepted};
use crate::group::{Fact, InternalPolicy, Reason};
use crate::id::{CommandId, GroupId, RuleId, StructureId};
use crate::label::Label;

/// What would open, and what of it somebody accepts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opening {
    /// Groups of students or relatives that it would open to each other.
    pub opens: Vec<GroupId>,
    /// Those that the caller accepted.
    pub accepted: Vec<GroupId>,
    /// Whether the caller accepts it of groups made afterwards too.
    pub accepts: bool,
}

/// Take a recipe, or take it back.
#[derive(Debug, Clone, PartialEq)]
pub struct Taking {
    /// Its name.
    pub recipe: Label,
    /// The functions and disciplines somebody holds.
    pub functions: Vec<Label>,
    /// See `functions`.
    pub disciplines: Vec<Label>,
    /// What is known of the groups of [`Structure::to_close`].
    pub closings: Vec<Closing>,
    /// What it would open.
    pub opening: Opening,
    /// Rule ids are derived from it.
    pub command: CommandId,
}

/// What a recipe did here.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Held {
    /// Whether what it opens in groups made afterwards is accepted.
    pub accepts: bool,
    pub facts: BTreeSet<Reasoned>,
    pub rules: BTreeSet<RuleId>,
    pub withheld: BTreeSet<Reasoned>,
    pub without: BTreeSet<Link>,
}

impl Held {
    /// Adds what it is for some groups.
    pub fn extend(&mut self, share: &Share) {
        self.facts.extend(&share.facts);
        self.rules.extend(share.rules.iter().map(|given| given.rule));
        self.withheld.extend(&share.withheld);
        self.without.extend(&share.without);
    }

    fn forget(&mut self, group: GroupId, fact: Fact) {
        self.facts.retain(|it| (it.group, it.fact) != (group, fact));
        self.withheld.retain(|it| (it.group, it.fact) != (group, fact));
    }
}

impl Structure {
    /// Returns the names of the recipes the structure has.
    pub fn recipes(&self) -> impl Iterator<Item = &Label> {
        self.recipes.keys()
    }

    /// Returns the groups that a recipe, and those the structure has, keep closed: what is to be looked up of them.
    pub fn to_close(&self, recipe: &Label) -> Vec<GroupId> {
        let Some(structure) = self.created else { return vec![] };
        let extent = self.extent(vec![], vec![]);
        let names = self.recipes.keys().chain([recipe]);
        let shipped = names.filter_map(|name| Recipe::shipped(name.as_str()));
        let groups: BTreeSet<_> = shipped.flat_map(|recipe| recipe.asks(structure, &extent).closes).collect();
        groups.into_iter().collect()
    }

    /// Returns the groups a recipe is about that somebody changed by hand, so that it leaves them alone.
    pub fn left_alone(&self, recipe: &Label) -> Vec<GroupId> {
        let Some((structure, recipe)) = self.created.zip(Recipe::shipped(recipe.as_str())) else {
            return vec![];
        };
        let about = recipe.about(structure, &self.extent(vec![], vec![]));
        about.into_iter().filter(|group| self.customised.contains(group)).collect()
    }

    pub(super) fn take(&self, structure: StructureId, taking: Taking) -> Decision {
        let Taking { recipe, functions, disciplines, closings, opening, command } = taking;
        let recipe = Recipe::shipped(recipe.as_str()).ok_or(Refusal::UnknownRecipe)?;
        if self.recipes.contains_key(&recipe.name) {
            return Ok(vec![]);
        }
        let asks = recipe.asks(structure, &self.extent(functions, disciplines));
        let left = |group: &GroupId| self.customised.contains(group);
        let facts: Vec<_> = asks.facts.into_iter().filter(|it| !left(&it.group)).collect();
        let links = asks.links.into_iter().filter(|link| !left(&link.from) || !self.met.contains(&link.to));
        let rules: Vec<_> = given(links, command, 0).collect();
        let unlinks: BTreeSet<_> = asks.unlinks.into_iter().filter(|link| !left(&link.from)).collect();
        let removed: Vec<_> = self.of_matrix(|link| unlinks.contains(link)).collect();
        let standing: BTreeSet<_> =
            removed.iter().filter_map(|rule| self.rules.get(rule)).map(link).collect();
        let gone: BTreeSet<_> = self.recipes.values().flat_map(|held| &held.without).copied().collect();
        let without =
            unlinks.into_iter().filter(|link| standing.contains(link) || gone.contains(link)).collect();
        let mine: BTreeSet<_> = asks.closes.into_iter().filter(|group| !left(group)).collect();
        let lost = self.closed_by(&closings, &mine)?;
        self.stays_closed(&closings, &mine, &facts)?;
        let gone = self.recipes.values().flat_map(|held| &held.withheld);
        let withheld: BTreeSet<_> =
            lost.iter().copied().chain(gone.copied().filter(|it| mine.contains(&it.group))).collect();
        accepted(&opening)?;
        let share = Share {
            recipe: recipe.name,
            version: recipe.version,
            facts: facts.clone(),
            rules: rules.clone(),
            withheld: withheld.into_iter().collect(),
            without,
        };
        let facts = facts.into_iter().filter(|it| !self.has(it)).collect();
        let change = Adjustment { removed, lost, facts, rules, families: vec![], accepted: opening.accepted };
        Ok(vec![RecipeTaken { share, change, accepts: opening.accepts }.into()])
    }

    pub(super) fn take_back(&self, taking: Taking) -> Decision {
        let Some(held) = self.recipes.get(&taking.recipe) else {
            let known = Recipe::shipped(taking.recipe.as_str()).is_some();
            return if known { Ok(vec![]) } else { Err(Refusal::UnknownRecipe) };
        };
        let others = || self.recipes.iter().filter(|(name, _)| **name != taking.recipe).map(|(_, held)| held);
        let removed = held.rules.iter().copied().filter(|rule| self.rules.contains_key(rule)).collect();
        let kept = |it: &Reasoned| {
            self.base.contains(&(it.group, it.fact)) || others().any(|other| other.facts.contains(it))
        };
        let lost = held.facts.iter().copied().filter(|it| self.has(it) && !kept(it)).collect();
        let back = held.withheld.iter().copied();
        let facts =
            back.filter(|it| !self.has(it) && !others().any(|other| other.withheld.contains(it))).collect();
        let stands: BTreeSet<_> =
            self.of_matrix(|_| true).filter_map(|rule| self.rules.get(&rule)).map(link).collect();
        let back = held.without.iter().copied();
        let back =
            back.filter(|link| !stands.contains(link) && !others().any(|other| other.without.contains(link)));
        let rules = given(back, taking.command, 0).collect();
        accepted(&taking.opening)?;
        let families = vec![];
        let change = Adjustment { removed, lost, facts, rules, families, accepted: taking.opening.accepted };
        Ok(vec![RecipeTakenBack { recipe: taking.recipe, change }.into()])
    }

    /// Returns the reasons that closing groups takes, or all the rules that stand in the way.
    fn closed_by(&self, closings: &[Closing], mine: &BTreeSet<GroupId>) -> Result<Vec<Reasoned>, Refusal> {
        let (mut lost, mut rules) = (vec![], vec![]);
        for closing in closings.iter().filter(|closing| mine.contains(&closing.group.group)) {
            let group = closing.group.group;
            match closing.facts(self.policy) {
                Ok(facts) => lost.extend(facts.into_iter().flat_map(|fact| self.because(group, fact))),
                Err(Refusal::ImpliedByBothDirections(those)) => rules.extend(those),
                Err(other) => return Err(other),
            }
        }
        if rules.is_empty() { Ok(lost) } else { Err(Refusal::ImpliedByBothDirections(rules)) }
    }

    /// Refuses what would let members of a group reach each other that another recipe keeps closed.
    fn stays_closed(
        &self,
        closings: &[Closing],
        mine: &BTreeSet<GroupId>,
        facts: &[Reasoned],
    ) -> Result<(), Refusal> {
        if self.policy == InternalPolicy::Explicit {
            return Ok(());
        }
        let others = closings.iter().filter(|it| !mine.contains(&it.group.group));
        let opened = others.filter(|closing| {
            let gets = |fact| facts.iter().any(|it| (it.group, it.fact) == (closing.group.group, fact));
            let both = (closing.uses || gets(Fact::Uses)) && (closing.exposes || gets(Fact::Exposes));
            both && !(closing.uses && closing.exposes)
        });
        let opened: Vec<_> = opened.collect();
        if opened.is_empty() {
            return Ok(());
        }
        let rules = opened.iter().flat_map(|closing| closing.starts.iter().chain(&closing.ends)).copied();
        Err(Refusal::ImpliedByBothDirections(rules.collect()))
    }

    /// Returns the reasons of a fact.
    pub(super) fn because(&self, group: GroupId, fact: Fact) -> Vec<Reasoned> {
        let reasons = self.reasons.get(&(group, fact)).into_iter().flatten();
        reasons.map(|reason| Reasoned { group, fact, reason: *reason }).collect()
    }

    pub(super) fn has(&self, it: &Reasoned) -> bool {
        self.reasons.get(&(it.group, it.fact)).is_some_and(|reasons| reasons.contains(&it.reason))
    }

    /// Returns the rules of the matrix, without those of recipes.
    fn of_matrix(&self, which: impl Fn(&Link) -> bool) -> impl Iterator<Item = RuleId> {
        let of_recipes: BTreeSet<_> = self.recipes.values().flat_map(|held| &held.rules).copied().collect();
        let those = self
            .rules
            .iter()
            .filter(move |(id, rule)| rule.by_matrix && !of_recipes.contains(id) && which(&link(rule)));
        those.map(|(id, _)| *id)
    }

    pub(super) fn follow_taken(&mut self, taken: &RecipeTaken) {
        self.adjust(&taken.change);
        let held = self.recipes.entry(taken.share.recipe.clone()).or_default();
        held.accepts = taken.accepts;
        held.extend(&taken.share);
    }

    pub(super) fn follow_taken_back(&mut self, back: &RecipeTakenBack) {
        self.recipes.remove(&back.recipe);
        self.adjust(&back.change);
        // What a recipe withheld was of the matrix.
        let of_matrix = back.change.facts.iter().filter(|it| it.reason == Reason::Matrix);
        self.base.extend(of_matrix.map(|it| (it.group, it.fact)));
    }

    pub(super) fn adjust(&mut self, change: &Adjustment) {
        for rule in &change.removed {
            self.rules.remove(rule);
        }
        for it in &change.lost {
            if let Some(reasons) = self.reasons.get_mut(&(it.group, it.fact)) {
                reasons.remove(&it.reason);
            }
            if it.reason == Reason::Matrix {
                self.base.remove(&(it.group, it.fact));
            }
        }
        for it in &change.facts {
            self.met.insert(it.group);
            self.reasons.entry((it.group, it.fact)).or_default().insert(it.reason);
        }
        self.linked.extend(change.families.iter().map(|it| it.group));
        self.follow_rules(&change.rules);
    }

    pub(super) fn follow_rules(&mut self, rules: &[GivenRule]) {
        for GivenRule { rule, from, to } in rules {
            self.met.extend([*from, *to]);
            self.rules.insert(*rule, Rule { from: *from, to: *to, by_matrix: true });
        }
    }

    pub(super) fn forget_fact(&mut self, group: GroupId, fact: Fact) {
        self.base.remove(&(group, fact));
        for held in self.recipes.values_mut() {
            held.forget(group, fact);
        }
    }
}

pub(super) fn link(rule: &Rule) -> Link {
    Link { from: rule.from, to: rule.to }
}

/// Gives each link a rule, whose ids are derived from the command from a place on.
pub(super) fn given(
    links: impl IntoIterator<Item = Link>,
    command: CommandId,
    first: u32,
) -> impl Iterator<Item = GivenRule> {
    let rules = links.into_iter().zip(first..);
    rules.map(move |(Link { from, to }, index)| GivenRule { rule: RuleId::derived(command, index), from, to })
}

pub(super) fn accepted(opening: &Opening) -> Result<(), Refusal> {
    let refused = not_accepted(&opening.opens, &opening.accepted);
    if refused.is_empty() { Ok(()) } else { Err(Refusal::OpensMembers(refused)) }
}

/// What the recipes of a structure did, by name.
pub(super) type Recipes = BTreeMap<Label, Held>;

impl Structure {
    pub(super) fn extent(&self, functions: Vec<Label>, disciplines: Vec<Label>) -> Extent {
        Extent { classes: self.classes.keys().copied().collect(), functions, disciplines }
    }
}
