//! What groups say and what a change makes of it: for the graph, and for a change that is only looked at.
//!
//! Invariant: what a rule, a fact or a policy does to a group is written here once, so that a preview cannot differ
//! from what the events will do.

use std::borrow::Cow;

use domain::group::{Fact, InternalPolicy, Profile};
use domain::{GroupId, RuleId};

use super::nodes::State;
use super::{Because, Cause, Implication, Implied, Node, Policy, Rule, Since};
use crate::dense::{GroupNo, PersonNo, StructureNo};
use crate::people::{Groups, People};

/// Where it can be read what groups say.
pub(super) trait Says {
    /// Returns what the events said of a group.
    fn node(&self, group: GroupNo) -> Option<&Node>;

    /// Returns what a group states, in a byte.
    fn state(&self, group: GroupNo) -> State {
        self.node(group).map_or(State::default(), State::of)
    }

    /// Returns where the rules of a group end, in their order.
    fn ends(&self, group: GroupNo) -> Cow<'_, [GroupNo]> {
        self.node(group).map(Node::ends_of_rules).unwrap_or_default().into()
    }

    /// Returns whether somebody in a group may reach somebody in others; if not, they do not.
    fn may_lead(&self, group: GroupNo, to: Groups<'_>) -> bool {
        let _ = (group, to);
        true
    }

    /// Returns what the events said of internal communication in a structure.
    fn policy(&self, structure: StructureNo) -> Option<&Policy>;

    fn uses(&self, group: GroupNo) -> bool {
        self.state(group).uses()
    }

    fn exposes(&self, group: GroupNo) -> bool {
        self.state(group).exposes()
    }

    /// Whether `internal` has a reason of its own.
    fn granted(&self, group: GroupNo) -> bool {
        self.node(group).is_some_and(|node| !node.internal.is_empty())
    }

    fn internal(&self, people: &People, group: GroupNo) -> bool {
        let implied = |implication: Implication| !implication.waiting;
        self.granted(group) || self.implied(people, group).is_some_and(implied)
    }

    fn implied(&self, people: &People, group: GroupNo) -> Option<Implication> {
        let node = self.node(group)?;
        let implied = node.implied.filter(|_| self.policy_of(people, group) == InternalPolicy::Implied)?;
        let accepted = || {
            let named = node.uses.iter().chain(&node.exposes).any(|because| because.accepted);
            named || self.policy_accepted(people, group)
        };
        Some(Implication { since: implied.since, waiting: implied.held && !accepted() })
    }

    /// A group that nobody was ever in may not be known yet: its structure is then taken to have the default.
    fn policy_of(&self, people: &People, group: GroupNo) -> InternalPolicy {
        let structure = people.group_row(group).and_then(|row| self.policy(row.structure));
        structure.map_or(InternalPolicy::default(), |policy| policy.policy)
    }

    fn policy_accepted(&self, people: &People, group: GroupNo) -> bool {
        let Some(row) = people.group_row(group) else { return false };
        self.policy(row.structure).is_some_and(|policy| policy.accepted.contains(&row.id))
    }
}

/// Where it can be changed.
pub(super) trait Changes: Says {
    /// Changes what is said of a group.
    fn change_node<T>(&mut self, group: GroupNo, change: impl FnOnce(&mut Node) -> T) -> T;

    /// Keeps a rule; says whether it is a new one.
    fn keep_rule(&mut self, rule: Rule) -> bool;

    /// Forgets a rule, and returns it.
    fn drop_rule(&mut self, rule: RuleId, since: Since) -> Option<Rule>;

    /// Sets what is said of internal communication in a structure.
    fn set_policy(&mut self, structure: StructureNo, policy: Policy);

    /// Makes a rule by hand, with the reasons it is.
    fn make_rule(&mut self, people: &People, rule: Rule, exposes_members: bool, accepted: &[GroupId]) {
        self.link_groups(rule);
        let Rule { id, from, to, since, .. } = rule;
        let named = |group| people.group_id(group).is_some_and(|group| accepted.contains(&group));
        self.give(since, from, Fact::Uses, Cause::Rule(id), named(from));
        if exposes_members {
            self.give(since, to, Fact::Exposes, Cause::Rule(id), named(to));
        }
        self.settle(since, people, from);
        self.settle(since, people, to);
    }

    /// Removes a rule and the reasons it still is; what was taken off by hand before is gone already.
    fn remove_rule(&mut self, since: Since, people: &People, rule: RuleId) {
        let Some(Rule { from, to, .. }) = self.unlink(since, rule) else { return };
        self.settle(since, people, from);
        self.settle(since, people, to);
    }

    /// Takes a rule away with the reasons it still is, and returns it; its ends are still to be settled.
    fn unlink(&mut self, since: Since, rule: RuleId) -> Option<Rule> {
        let known = self.drop_rule(rule, since)?;
        let (Rule { from, to, .. }, cause) = (known, Cause::Rule(rule));
        self.change_node(from, |start| {
            start.starts.retain(|(of, _)| *of != rule);
            start.uses.retain(|because| because.cause != cause);
        });
        self.change_node(to, |end| {
            end.ends.retain(|of| *of != rule);
            end.exposes.retain(|because| because.cause != cause);
        });
        Some(known)
    }

    /// Takes every reason of a fact.
    fn remove_fact(&mut self, since: Since, people: &People, group: GroupNo, fact: Fact) {
        self.change_node(group, |node| node.reasons_mut(fact).clear());
        self.settle(since, people, group);
    }

    /// Changes the policy of a structure.
    fn change_policy(&mut self, since: Since, people: &People, structure: StructureNo, to: Policy) {
        let (before, after) = (self.policy(structure).map(|policy| policy.policy), to.policy);
        self.set_policy(structure, to);
        if before != Some(after) {
            for group in people.groups_of(structure) {
                self.change_node(*group, |node| node.implied = None);
                self.settle(since, people, *group);
            }
        }
    }

    fn link_groups(&mut self, rule: Rule) {
        if self.keep_rule(rule) {
            self.change_node(rule.from, |node| node.starts.push((rule.id, rule.to)));
            self.change_node(rule.to, |node| node.ends.push(rule.id));
        }
    }

    /// Gives a fact a reason; one it has already keeps its beginning, and may gain an acceptance.
    fn give(&mut self, since: Since, group: GroupNo, fact: Fact, cause: Cause, accepted: bool) {
        self.change_node(group, |node| {
            let reasons = node.reasons_mut(fact);
            match reasons.iter_mut().find(|because| because.cause == cause) {
                Some(known) => known.accepted |= accepted,
                None => reasons.push(Because { cause, since, accepted }),
            }
        });
    }

    /// Notes that `internal` became implied, with whether somebody to protect was in the group then, or that it
    /// no longer is.
    fn settle(&mut self, since: Since, people: &People, group: GroupNo) {
        let both = self.uses(group) && self.exposes(group);
        let implies = both && self.policy_of(people, group) == InternalPolicy::Implied;
        self.change_node(group, |node| {
            if !implies {
                node.implied = None;
            } else if node.implied.is_none() {
                node.implied = Some(Implied { since, held: holds_protected(people, group) });
            }
        });
    }
}

/// Returns whether students or relatives are in a group.
fn holds_protected(people: &People, group: GroupNo) -> bool {
    let protected = |person| match people.person(PersonNo(person)).map(|row| row.profile) {
        Some(Profile::Student | Profile::Relative) => true,
        Some(Profile::Teacher | Profile::Staff | Profile::Guest) | None => false,
    };
    people.members(group).is_some_and(|members| members.iter().any(protected))
}
