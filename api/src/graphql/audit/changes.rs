//! What changed between two moments: rules, facts of groups, memberships.

use async_graphql::{ID, InputObject, SimpleObject};
use projections::past::Between;
use projections::{GroupNo, World};

use crate::failure::{Failure, Result};
use crate::graphql::acting::Acting;
use crate::graphql::common::{Global, Instant, Position};
use crate::graphql::messaging::names;
use crate::graphql::names::{Correspondent, NamedGroup};
use crate::rights::Rights;

/// How many changes of a kind are shown.
const MOST: usize = 1_000;

/// A moment: a position of the log, or an instant.
#[derive(Debug, InputObject)]
pub struct MomentInput {
    /// After the event at this position.
    position: Option<Position>,
    /// After the last event before this instant, or at it.
    instant: Option<Instant>,
}

/// What changed.
#[derive(Debug, SimpleObject)]
pub struct Changes {
    /// From when.
    from: Position,
    /// To when.
    to: Position,
    /// Rules that were made.
    rules_made: Vec<ChangedRule>,
    /// Rules that were removed.
    rules_removed: Vec<ChangedRule>,
    /// Groups whose facts are others than before.
    facts: Vec<ChangedFacts>,
    /// Who became a member.
    joined: Vec<ChangedMembership>,
    /// Who is a member no longer.
    left: Vec<ChangedMembership>,
    /// Whether there is more of a kind than the thousand shown.
    more: bool,
}

/// A rule between two groups.
#[derive(Debug, SimpleObject)]
pub struct ChangedRule {
    /// Opaque.
    id: ID,
    /// Whose members may write.
    from: NamedGroup,
    /// To whom.
    to: NamedGroup,
}

/// What a group says about its members, before and after.
#[derive(Debug, SimpleObject)]
pub struct ChangedFacts {
    /// Which.
    group: NamedGroup,
    /// Before.
    before: FactsThen,
    /// After.
    after: FactsThen,
}

/// The three facts of a group.
#[derive(Debug, SimpleObject)]
pub struct FactsThen {
    /// Members may use the rules that start at the group.
    uses: bool,
    /// Members are reachable one by one by whoever reaches the group.
    exposes: bool,
    /// Members reach each other.
    internal: bool,
}

impl From<domain::group::Facts> for FactsThen {
    fn from(facts: domain::group::Facts) -> Self {
        Self { uses: facts.uses, exposes: facts.exposes, internal: facts.internal }
    }
}

/// Somebody and a group.
#[derive(Debug, SimpleObject)]
pub struct ChangedMembership {
    /// Who.
    person: Correspondent,
    /// Of what.
    group: NamedGroup,
}

pub(super) async fn between(acting: &Acting<'_>, from: MomentInput, to: MomentInput) -> Result<Changes> {
    let node = &acting.front.node;
    let from = super::position(node, from.position, from.instant).await?;
    let to = super::position(node, to.position, to.instant).await?;
    if from > to {
        return Err(Failure::BadInput("to", "a moment that is not before `from`"));
    }
    let between =
        node.past().between(from, to).await.map_err(|stopped| Failure::Internal(Box::new(stopped)))?;
    // Names are those of today: groups and people have the same numbers in every world.
    let mut changes = acting.look(|world, rights| shown(acting, world, rights, &between));
    (changes.from, changes.to) = (Position(from), Position(to));
    Ok(changes)
}

fn shown(acting: &Acting<'_>, world: &World, rights: &Rights, between: &Between) -> Changes {
    let names = names(acting, world);
    let seen = |group: GroupNo| {
        let row = world.people.group_row(group).and_then(|row| world.people.structure(row.structure));
        rights.audits_all() || row.is_some_and(|structure| rights.looks(structure.id))
    };
    let rules = |rules: &[projections::graph::Rule]| -> Vec<ChangedRule> {
        let seen = rules.iter().filter(|rule| seen(rule.from) || seen(rule.to));
        let shown = seen.map(|rule| ChangedRule {
            id: rule.id.global(),
            from: names.group(rule.from),
            to: names.group(rule.to),
        });
        shown.take(MOST + 1).collect()
    };
    let memberships = |joined: bool| -> Vec<ChangedMembership> {
        let changed = between.memberships.iter().filter(|((_, group), is)| **is == joined && seen(*group));
        let shown = changed.map(|((person, group), _)| ChangedMembership {
            person: names.person(*person),
            group: names.group(*group),
        });
        shown.take(MOST + 1).collect()
    };
    let facts = between.facts.iter().filter(|(group, ..)| seen(*group));
    let facts = facts.map(|(group, before, after)| ChangedFacts {
        group: names.group(*group),
        before: (*before).into(),
        after: (*after).into(),
    });
    let mut changes = Changes {
        from: Position(eventlog::Position::START),
        to: Position(eventlog::Position::START),
        rules_made: rules(&between.rules_made),
        rules_removed: rules(&between.rules_removed),
        facts: facts.take(MOST + 1).collect(),
        joined: memberships(true),
        left: memberships(false),
        more: false,
    };
    let lengths = [
        cut(&mut changes.rules_made),
        cut(&mut changes.rules_removed),
        cut(&mut changes.facts),
        cut(&mut changes.joined),
        cut(&mut changes.left),
    ];
    changes.more = lengths.contains(&true);
    changes
}

/// Cuts a list to what is shown, and returns whether there was more.
fn cut<T>(list: &mut Vec<T>) -> bool {
    let more = list.len() > MOST;
    list.truncate(MOST);
    more
}
