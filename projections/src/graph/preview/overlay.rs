//! A graph as it would be after changes: what they touch is copied, all else is read where it is.
//!
//! Invariant: the graph below is never changed, and never copied whole.

use std::collections::{BTreeMap, BTreeSet};

use domain::group::{Fact, GroupKind};
use domain::{EventId, GroupId, RuleId};
use eventlog::Position;

use super::Warning;
use crate::dense::{GroupNo, StructureNo};
use crate::graph::says::{Changes, Says};
use crate::graph::{Cause, Change, Graph, Node, Policy, Rule, Since};
use crate::people::People;

/// What comes after everything that happened.
pub(super) const LATER: Since = Since { position: Position(u64::MAX), event: EventId::from_u128(u128::MAX) };

/// A graph, and what changes make of a part of it.
pub(super) struct Overlay<'a> {
    graph: &'a Graph,
    nodes: BTreeMap<GroupNo, Node>,
    /// Rules made, and none for those removed.
    rules: BTreeMap<RuleId, Option<Rule>>,
    policies: BTreeMap<StructureNo, Policy>,
    /// What there is to say of single changes, by their place in the list.
    pub warnings: Vec<(usize, Warning)>,
}

impl<'a> Overlay<'a> {
    /// Returns a graph as it is.
    pub fn over(graph: &'a Graph) -> Self {
        let (nodes, rules, policies) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { graph, nodes, rules, policies, warnings: vec![] }
    }

    /// Returns what a list of changes makes of a graph, one after the other; each accepts that `accepted` open.
    pub fn after(graph: &'a Graph, people: &People, changes: &[Change], accepted: &[GroupId]) -> Self {
        let mut overlay = Self::over(graph);
        for (place, change) in changes.iter().enumerate() {
            if let Err(warning) = overlay.change(people, place, *change, accepted) {
                overlay.warnings.push((place, warning));
            }
        }
        overlay
    }

    /// Returns the groups that the changes touched, and those they may have.
    pub fn touched(&self) -> impl Iterator<Item = GroupNo> + '_ {
        self.nodes.keys().copied()
    }

    /// Returns the groups in which people to protect would reach each other by what these changes say, if that is
    /// accepted.
    pub fn to_accept(&self, people: &People) -> Vec<GroupNo> {
        let told = |group: GroupNo, node: &Node| {
            let structure = people.group_row(group).map(|row| row.structure);
            let reasons = || node.uses.iter().chain(&node.exposes);
            structure.is_some_and(|structure| self.policies.contains_key(&structure))
                || reasons().any(|because| because.since == LATER)
        };
        let waits = |group| !self.granted(group) && self.implied(people, group).is_some_and(|it| it.waiting);
        let touched = self.nodes.iter().filter(|(group, node)| told(**group, node) && waits(**group));
        touched.map(|(group, _)| *group).collect()
    }

    /// Returns the groups from which a rule leads to a group, now or after the changes.
    pub fn lead_to(&self, group: GroupNo) -> BTreeSet<GroupNo> {
        let before = self.graph.node(group).map_or(&[][..], |node| &node.ends);
        let after = self.node(group).map_or(&[][..], |node| &node.ends);
        let ends = before.iter().chain(after);
        ends.filter_map(|rule| self.graph.rule(*rule).or_else(|| self.rules.get(rule)?.as_ref()))
            .map(|rule| rule.from)
            .collect()
    }

    fn change(
        &mut self,
        people: &People,
        place: usize,
        change: Change,
        accepted: &[GroupId],
    ) -> Result<(), Warning> {
        match change {
            Change::GrantFact { group, fact } => {
                if is_list(people, group) && fact != Fact::Uses {
                    return Err(Warning::ListStaysShut(group));
                }
                let reasons = self.node(group).map_or(&[][..], |node| node.reasons(fact));
                if reasons.iter().any(|because| because.cause == Cause::Hand) {
                    return Err(Warning::AlreadySo);
                }
                let named = people.group_id(group).is_some_and(|group| accepted.contains(&group));
                self.give(LATER, group, fact, Cause::Hand, named);
                self.settle(LATER, people, group);
            }
            Change::RemoveFact { group, fact } => self.remove_fact(LATER, people, group, fact),
            Change::MakeRule { from, to, expose_members } => {
                if from == to {
                    return Err(Warning::RuleToItself(from));
                }
                if self.has_rule_by_hand(from, to) {
                    return Err(Warning::AlreadySo);
                }
                let id = RuleId::from_u128(u128::MAX - place as u128);
                let rule = Rule { id, from, to, by_matrix: false, since: LATER };
                let exposes_members = expose_members && !is_list(people, to);
                if expose_members && !exposes_members {
                    self.warnings.push((place, Warning::ListStaysShut(to)));
                }
                self.make_rule(people, rule, exposes_members, accepted);
            }
            Change::RemoveRule { rule } => {
                let known = self.rules.get(&rule).copied().unwrap_or_else(|| self.graph.rule(rule).copied());
                if known.is_none() {
                    return Err(Warning::UnknownRule(rule));
                }
                self.remove_rule(LATER, people, rule);
            }
            Change::SetPolicy { structure, policy } => {
                if self.policy(structure).is_some_and(|known| known.policy == policy) {
                    return Err(Warning::AlreadySo);
                }
                let policy = Policy { policy, accepted: accepted.to_vec() };
                self.change_policy(LATER, people, structure, policy);
            }
        }
        Ok(())
    }

    fn has_rule_by_hand(&self, from: GroupNo, to: GroupNo) -> bool {
        let starts = self.node(from).map_or(&[][..], |node| &node.starts);
        let by_hand = |rule: &RuleId| {
            let made = self.rules.get(rule).copied().flatten();
            made.or_else(|| self.graph.rule(*rule).copied()).is_some_and(|rule| !rule.by_matrix)
        };
        starts.iter().any(|(rule, end)| *end == to && by_hand(rule))
    }
}

impl Says for Overlay<'_> {
    fn node(&self, group: GroupNo) -> Option<&Node> {
        self.nodes.get(&group).or_else(|| self.graph.node(group))
    }

    fn policy(&self, structure: StructureNo) -> Option<&Policy> {
        self.policies.get(&structure).or_else(|| self.graph.policy(structure))
    }
}

impl Changes for Overlay<'_> {
    fn change_node<T>(&mut self, group: GroupNo, change: impl FnOnce(&mut Node) -> T) -> T {
        let graph = self.graph;
        change(self.nodes.entry(group).or_insert_with(|| graph.node(group).cloned().unwrap_or_default()))
    }

    fn keep_rule(&mut self, rule: Rule) -> bool {
        let known = self.rules.insert(rule.id, Some(rule)).flatten();
        known.is_none() && self.graph.rule(rule.id).is_none()
    }

    fn drop_rule(&mut self, rule: RuleId, _: Since) -> Option<Rule> {
        let made = self.rules.insert(rule, None);
        made.unwrap_or_else(|| self.graph.rule(rule).copied())
    }

    fn set_policy(&mut self, structure: StructureNo, policy: Policy) {
        self.policies.insert(structure, policy);
    }
}

fn is_list(people: &People, group: GroupNo) -> bool {
    people.group_row(group).is_some_and(|row| matches!(row.kind, GroupKind::BroadcastList(_)))
}
