//! What each event of a structure changes in the graph.

use domain::group::{Fact, InternalPolicy, Profile, Reason};
use domain::structure::{Event as StructureEvent, FactGranted, MatrixApplied, PolicySet, RuleMade};
use domain::{Event, GroupId, RuleId};

use super::{Because, Cause, Graph, Implied, Node, Policy, Removed, Rule, Since};
use crate::dense::{GroupNo, PersonNo, StructureNo};
use crate::people::{Change, People};
use crate::world::{At, Impossible, Owner};

impl Graph {
    /// Applies one event; `people` are as they are after it, `changes` are the memberships it began and ended.
    pub fn apply(
        &mut self,
        at: At,
        event: &Event,
        people: &People,
        changes: &[Change],
    ) -> Result<(), Impossible> {
        // Facts hang on groups, not on who is in them.
        let _ = changes;
        match event {
            Event::Structure(event) => self.apply_structure(at, event, people),
            Event::Person(_)
            | Event::Erasure(_)
            | Event::Contents(_)
            | Event::Clock(_)
            | Event::Access(_)
            | Event::Retention(_)
            | Event::Reading(_)
            | Event::Message(_)
            | Event::Login(_)
            | Event::Import(_) => Ok(()),
        }
    }

    fn apply_structure(&mut self, at: At, event: &StructureEvent, people: &People) -> Result<(), Impossible> {
        match event {
            StructureEvent::Created(created) => {
                self.set_policy(here(at, people)?, created.policy, vec![]);
                Ok(())
            }
            StructureEvent::FreeGroupCreated(created) => {
                if created.internal {
                    let group = number(at, people, created.group)?;
                    self.give(at, group, Fact::Internal, Cause::Hand, false);
                }
                Ok(())
            }
            StructureEvent::MatrixApplied(applied) => self.apply_matrix(at, applied, people),
            StructureEvent::FactGranted(granted) => self.grant(at, granted, people),
            StructureEvent::FactRemoved(removed) => {
                let group = number(at, people, removed.group)?;
                self.node_mut(group).reasons_mut(removed.fact).clear();
                self.settle(at, people, group);
                Ok(())
            }
            StructureEvent::RuleMade(made) => self.make(at, made, people),
            StructureEvent::RuleRemoved(removed) => {
                self.remove(at, removed.rule, people);
                Ok(())
            }
            StructureEvent::PolicySet(set) => self.change_policy(at, set, people),
            StructureEvent::ClassOpened(_)
            | StructureEvent::ClassClosed(_)
            | StructureEvent::TeachingGroupOpened(_)
            | StructureEvent::AccessWindowSet(_)
            | StructureEvent::ProfileBlocked(_)
            | StructureEvent::ProfileUnblocked(_) => Ok(()),
        }
    }

    fn apply_matrix(&mut self, at: At, applied: &MatrixApplied, people: &People) -> Result<(), Impossible> {
        for given in &applied.facts {
            let group = number(at, people, given.group)?;
            let facts = [
                (Fact::Uses, given.facts.uses),
                (Fact::Exposes, given.facts.exposes),
                (Fact::Internal, given.facts.internal),
            ];
            for (fact, _) in facts.into_iter().filter(|(_, holds)| *holds) {
                self.give(at, group, fact, Cause::Matrix, false);
            }
            if given.family.is_some() {
                self.node_mut(group).family = given.family;
            }
            self.settle(at, people, group);
        }
        for given in &applied.rules {
            let (from, to) = (number(at, people, given.from)?, number(at, people, given.to)?);
            self.link_groups(Rule { id: given.rule, from, to, by_matrix: true, since: since(at) });
        }
        Ok(())
    }

    fn grant(&mut self, at: At, granted: &FactGranted, people: &People) -> Result<(), Impossible> {
        let group = number(at, people, granted.group)?;
        let cause = match granted.reason {
            Reason::Matrix => Cause::Matrix,
            Reason::Hand => Cause::Hand,
            Reason::Feed => Cause::Feed,
        };
        self.give(at, group, granted.fact, cause, granted.accepted.contains(&granted.group));
        self.settle(at, people, group);
        Ok(())
    }

    fn make(&mut self, at: At, made: &RuleMade, people: &People) -> Result<(), Impossible> {
        let (from, to) = (number(at, people, made.from)?, number(at, people, made.to)?);
        self.link_groups(Rule { id: made.rule, from, to, by_matrix: false, since: since(at) });
        let cause = Cause::Rule(made.rule);
        self.give(at, from, Fact::Uses, cause, made.accepted.contains(&made.from));
        if made.exposes_members {
            self.give(at, to, Fact::Exposes, cause, made.accepted.contains(&made.to));
        }
        self.settle(at, people, from);
        self.settle(at, people, to);
        Ok(())
    }

    /// Removes a rule and the reasons it still is; what was taken off by hand before is gone already.
    fn remove(&mut self, at: At, rule: RuleId, people: &People) {
        let Some(known) = self.rules.remove(&rule) else { return };
        self.removed.insert(rule, Removed { rule: known, until: since(at) });
        let Rule { from, to, .. } = known;
        let cause = Cause::Rule(rule);
        let start = self.node_mut(from);
        start.starts.retain(|(of, _)| *of != rule);
        start.uses.retain(|because| because.cause != cause);
        let end = self.node_mut(to);
        end.ends.retain(|of| *of != rule);
        end.exposes.retain(|because| because.cause != cause);
        self.settle(at, people, from);
        self.settle(at, people, to);
    }

    fn change_policy(&mut self, at: At, set: &PolicySet, people: &People) -> Result<(), Impossible> {
        let structure = here(at, people)?;
        let before = self.policy(structure).map(|policy| policy.policy);
        self.set_policy(structure, set.policy, set.accepted.clone());
        if before != Some(set.policy) {
            for group in people.groups_of(structure) {
                self.node_mut(*group).implied = None;
                self.settle(at, people, *group);
            }
        }
        Ok(())
    }

    fn set_policy(&mut self, structure: StructureNo, policy: InternalPolicy, accepted: Vec<GroupId>) {
        if self.policies.len() <= structure.index() {
            self.policies.resize_with(structure.index() + 1, Policy::default);
        }
        self.policies[structure.index()] = Policy { policy, accepted };
    }

    fn link_groups(&mut self, rule: Rule) {
        if self.rules.insert(rule.id, rule).is_none() {
            self.node_mut(rule.from).starts.push((rule.id, rule.to));
            self.node_mut(rule.to).ends.push(rule.id);
        }
    }

    /// Gives a fact a reason; one it has already keeps its beginning, and may gain an acceptance.
    fn give(&mut self, at: At, group: GroupNo, fact: Fact, cause: Cause, accepted: bool) {
        let reasons = self.node_mut(group).reasons_mut(fact);
        match reasons.iter_mut().find(|because| because.cause == cause) {
            Some(known) => known.accepted |= accepted,
            None => reasons.push(Because { cause, since: since(at), accepted }),
        }
    }

    /// Notes that `internal` became implied, with whether somebody to protect was in the group then, or that it
    /// no longer is.
    fn settle(&mut self, at: At, people: &People, group: GroupNo) {
        let both = self.uses(group) && self.exposes(group);
        let implies = both && self.policy_of(people, group) == InternalPolicy::Implied;
        let node = self.node_mut(group);
        if !implies {
            node.implied = None;
        } else if node.implied.is_none() {
            node.implied = Some(Implied { since: since(at), held: holds_protected(people, group) });
        }
    }

    fn node_mut(&mut self, group: GroupNo) -> &mut Node {
        if self.nodes.len() <= group.index() {
            self.nodes.resize_with(group.index() + 1, Node::default);
        }
        &mut self.nodes[group.index()]
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

fn since(at: At) -> Since {
    Since { position: at.position, event: at.event }
}

fn number(at: At, people: &People, group: GroupId) -> Result<GroupNo, Impossible> {
    let number = people.group(group);
    number.ok_or_else(|| Impossible::here(at, "a group is named here that the people model did not number"))
}

fn here(at: At, people: &People) -> Result<StructureNo, Impossible> {
    let structure = match at.owner {
        Owner::Structure(structure) => people.structure_no(structure),
        Owner::Person(_) | Owner::Erasure(_) | Owner::Contents(_) | Owner::Other => None,
    };
    structure.ok_or_else(|| Impossible::here(at, "what a structure owns stands in no structure's stream"))
}
