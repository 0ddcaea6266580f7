//! Recipes and matrices as a client reads them.
//!
//! Invariants: groups and rules are named only if the caller sees them; what is not listed is counted.

use async_graphql::{Enum, SimpleObject};
use domain::RuleId;
use domain::structure::Reasoned;
use projections::World;
use projections::dense::StructureNo;
use projections::graph::Named;

use crate::failure::Result;
use crate::graphql::acting::{Acting, field_of};
use crate::graphql::common::UserError;
use crate::graphql::groups::{Fact, Group, Rule};
use crate::graphql::names::Names;
use crate::graphql::origin::{Origins, TracedOrigin};
use crate::graphql::rules::preview::{self, RuleChangePreview};
use crate::matrices::Looked;
use crate::rights::Rights;

/// The most that is listed of rules and of facts.
const LISTED: usize = 100;

/// What a recipe, its end, a matrix or a reset would do, if it happened now, and was accepted where it needs it.
#[derive(Debug, SimpleObject)]
pub struct MatrixChangePreview {
    /// Pairs and groups that open and close, and what should be known first.
    reach: RuleChangePreview,
    /// How many rules begin.
    rules_made: u64,
    /// How many rules end.
    rules_removed: u64,
    /// Those of them that somebody made by hand and the caller sees, one hundred at most.
    removed_by_hand: Vec<Rule>,
    /// How many facts get a reason.
    facts_given: u64,
    /// How many facts lose a reason.
    facts_lost: u64,
    /// Of both, those of groups the caller sees, one hundred at most.
    facts: Vec<ReasonChange>,
    /// Rules of other structures that end here, and stay whatever is reset, one hundred at most.
    from_elsewhere: Vec<Rule>,
    /// Why it is refused whatever is accepted; null if it is not.
    refused: Option<UserError>,
    /// What it would do with the policy `EXPLICIT`, where that is the way without; null where it is not needed.
    explicit: Option<RuleChangePreview>,
}

/// A fact that gets a reason, or loses one.
#[derive(Debug, SimpleObject)]
pub struct ReasonChange {
    /// Of this group.
    group: Group,
    /// Which fact.
    fact: Fact,
    /// Which reason.
    reason: ReasonKind,
    /// Whether it gets it; else it loses it.
    gets: bool,
}

/// Why a fact holds, besides the rules that give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::group::Reason")]
pub enum ReasonKind {
    /// The matrix of the structure, recipes included.
    Matrix,
    /// An administrator, or an import.
    Hand,
    /// A mixed teaching group.
    Feed,
}

/// The base matrix of a structure.
#[derive(Debug, SimpleObject)]
pub struct StructureMatrix {
    /// Its name.
    name: String,
    /// Its version.
    version: u32,
    /// The event since which the structure has it, and who caused it.
    since: Option<TracedOrigin>,
}

/// A recipe that a structure took.
#[derive(Debug, SimpleObject)]
pub struct StructureRecipe {
    /// Its name: `NO_TALK_INSIDE_CLASSES`.
    name: String,
    /// Its version.
    version: u32,
    /// What it does, in the language of the request.
    title: String,
    /// The event that took it, and who caused it.
    since: Option<TracedOrigin>,
}

/// How it is shown to somebody.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub acting: &'a Acting<'a>,
    pub world: &'a World,
    pub rights: &'a Rights,
}

impl Shown<'_> {
    pub fn preview(self, looked: &Looked) -> MatrixChangePreview {
        let Self { acting, world, rights } = self;
        let reach = preview::Shown { acting, world, rights };
        let change = looked.change.clone().unwrap_or_default();
        let by_hand = change.removed.iter().filter_map(|rule| self.rule(*rule, true));
        let lost = change.lost.iter().map(|it| (it, false));
        let facts = lost.chain(change.facts.iter().map(|it| (it, true)));
        let elsewhere = looked.from_elsewhere(world).into_iter();
        MatrixChangePreview {
            reach: reach.show(&looked.preview),
            rules_made: change.rules.len() as u64,
            rules_removed: change.removed.len() as u64,
            removed_by_hand: by_hand.take(LISTED).collect(),
            facts_given: change.facts.len() as u64,
            facts_lost: change.lost.len() as u64,
            facts: facts.filter_map(|(it, gets)| self.fact(it, gets)).take(LISTED).collect(),
            from_elsewhere: elsewhere.filter_map(|rule| self.rule(rule, false)).take(LISTED).collect(),
            refused: looked.refusal.as_ref().map(|refusal| acting.refused(refusal, field_of(refusal))),
            explicit: looked.explicit.as_ref().map(|explicit| reach.show(explicit)),
        }
    }

    fn fact(self, it: &Reasoned, gets: bool) -> Option<ReasonChange> {
        let number = self.world.people.group(it.group)?;
        let Self { acting, world, rights } = self;
        let group = preview::Shown { acting, world, rights }.group(number)?;
        Some(ReasonChange { group, fact: it.fact.into(), reason: it.reason.into(), gets })
    }

    /// Returns a rule, one that is no more too, if the caller sees both of its ends.
    fn rule(self, rule: RuleId, by_hand: bool) -> Option<Rule> {
        let (rule, _) = self.world.graph.rule_ever(rule)?;
        let seen = [rule.from, rule.to].into_iter().all(|end| self.rights.sees_group(self.world, end));
        let shown = seen && !(by_hand && rule.by_matrix);
        shown.then(|| Rule::of(self.acting.front, self.acting.caller.language, self.world, rule))?
    }
}

/// Returns the matrix of a structure, as an administrator reads it.
pub async fn matrix(acting: &Acting<'_>, number: StructureNo) -> Result<Option<StructureMatrix>> {
    let known = acting.look(|world, _| world.graph.standing(number)?.matrix.clone());
    let shown = with_origins(acting, known.into_iter().collect(), |_, named, since| StructureMatrix {
        name: named.name.to_string(),
        version: named.version,
        since,
    });
    Ok(shown.await?.pop())
}

/// Returns the recipes of a structure, in the order in which they were taken.
pub async fn recipes(acting: &Acting<'_>, number: StructureNo) -> Result<Vec<StructureRecipe>> {
    let known = acting.look(|world, _| {
        let standing = world.graph.standing(number);
        standing.map(|standing| standing.recipes.clone()).unwrap_or_default()
    });
    let shown = with_origins(acting, known, |names, named, since| StructureRecipe {
        title: names.say(&title(named.name.as_str())),
        name: named.name.to_string(),
        version: named.version,
        since,
    });
    shown.await
}

/// Returns the code of the text that says what a recipe does.
pub fn title(recipe: &str) -> String {
    format!("recipe.{}", recipe.to_lowercase().replace('_', "-"))
}

async fn with_origins<T>(
    acting: &Acting<'_>,
    known: Vec<Named>,
    show: impl Fn(&Names<'_>, &Named, Option<TracedOrigin>) -> T,
) -> Result<Vec<T>> {
    let positions = known.iter().map(|named| named.since.position);
    let origins = Origins::read(&acting.front.node, positions).await?;
    Ok(acting.look(|world, _| {
        let names = Names { world, texts: &acting.front.texts, language: acting.caller.language };
        let shown = known.iter().map(|named| {
            let since = origins.shown(&names, named.since.position);
            show(&names, named, since)
        });
        shown.collect()
    }))
}
