//! What a matrix, a recipe, its end or a reset changes of groups: for the graph, and for a look at it before.
//!
//! Invariant: it happens at once; whether `internal` is implied is looked at when all of it is there.

use std::collections::BTreeSet;

use domain::GroupId;
use domain::group::{Fact, Reason};
use domain::structure::{Adjustment, Closing, Event as StructureEvent, Target};

use super::fold::{number, since};
use super::says::Changes;
use super::{Cause, Graph, Rule, Since};
use crate::dense::GroupNo;
use crate::people::People;
use crate::world::{At, Impossible};

/// Makes an adjustment; groups that have no number are nobody's, and left out.
pub(super) fn adjust(says: &mut impl Changes, since: Since, people: &People, change: &Adjustment) {
    let mut touched = BTreeSet::new();
    for rule in &change.removed {
        let known = says.unlink(since, *rule);
        touched.extend(known.into_iter().flat_map(|rule| [rule.from, rule.to]));
    }
    for lost in &change.lost {
        let Some(group) = people.group(lost.group) else { continue };
        let cause = Cause::from(lost.reason);
        says.change_node(group, |node| node.reasons_mut(lost.fact).retain(|it| it.cause != cause));
        touched.insert(group);
    }
    for given in &change.facts {
        let Some(group) = people.group(given.group) else { continue };
        let accepted = change.accepted.contains(&given.group);
        says.give(since, group, given.fact, given.reason.into(), accepted);
        touched.insert(group);
    }
    for given in &change.families {
        let Some(group) = people.group(given.group) else { continue };
        says.change_node(group, |node| {
            node.family = Some(given.family);
            node.family_since = Some(since);
        });
    }
    for given in &change.rules {
        let Some((from, to)) = people.group(given.from).zip(people.group(given.to)) else { continue };
        says.link_groups(Rule { id: given.rule, from, to, by_matrix: true, since });
    }
    for group in touched {
        says.settle(since, people, group);
    }
}

impl Graph {
    /// Follows an event that adjusts groups.
    pub(super) fn adjust_groups(
        &mut self,
        at: At,
        event: &StructureEvent,
        people: &People,
    ) -> Result<(), Impossible> {
        let change = event.adjustment().unwrap_or_default();
        let named: Result<Vec<GroupNo>, _> =
            change.clone().groups().map(|group: GroupId| number(at, people, group)).collect();
        named?;
        adjust(self, since(at), people, &change);
        self.follow_standing(at, event, people)
    }

    /// Returns what is to be known to close a group's internal communication; none if nobody knows whose it is.
    pub fn closing(&self, people: &People, group: GroupNo) -> Option<Closing> {
        let row = people.group_row(group)?;
        let structure = people.structure(row.structure)?.id;
        let broadcast_list = matches!(row.kind, domain::group::GroupKind::BroadcastList(_));
        let facts = self.facts(people, group);
        Some(Closing {
            group: Target { group: row.id, structure, broadcast_list },
            granted: !self.reasons(group, Fact::Internal).is_empty(),
            uses: facts.uses,
            exposes: facts.exposes,
            starts: self.rules_from(group).map(|rule| rule.id).collect(),
            ends: self.rules_to(group).map(|rule| rule.id).collect(),
        })
    }
}

impl From<Reason> for Cause {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Matrix => Self::Matrix,
            Reason::Hand => Self::Hand,
            Reason::Feed => Self::Feed,
        }
    }
}
