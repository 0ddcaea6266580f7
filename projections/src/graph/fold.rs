//! What each event of a structure changes in the graph.

use domain::group::Fact;
use domain::person::Event as PersonEvent;
use domain::structure::{Event as StructureEvent, FactGranted, RuleMade};
use domain::{Event, GroupId, PersonId, RuleId};

use super::says::Changes;
use super::{Cause, Graph, Link, Node, Policy, Removed, Rule, Since};
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
            Event::Person(PersonEvent::LinkMade(made)) => {
                let (from, to) = ends(at, people, made.to)?;
                self.links.make(Link { from, to, both_ways: made.both_ways, since: since(at) });
                Ok(())
            }
            Event::Person(PersonEvent::LinkRemoved(removed)) => {
                let (from, to) = ends(at, people, removed.to)?;
                self.links.remove(from, to);
                Ok(())
            }
            Event::Person(_)
            | Event::Erasure(_)
            | Event::Contents(_)
            | Event::RuleRequest(_)
            | Event::ResourceDomain(_)
            | Event::Resource(_)
            | Event::BookingRequest(_)
            | Event::Clock(_)
            | Event::Access(_)
            | Event::Retention(_)
            | Event::Reading(_)
            | Event::Message(_)
            | Event::Login(_)
            | Event::Roster(_)
            | Event::Favourite(_)
            | Event::Feed(_)
            | Event::Import(_) => Ok(()),
        }
    }

    fn apply_structure(&mut self, at: At, event: &StructureEvent, people: &People) -> Result<(), Impossible> {
        match event {
            StructureEvent::Created(created) => {
                self.set_policy(here(at, people)?, Policy { policy: created.policy, accepted: vec![] });
                Ok(())
            }
            StructureEvent::FreeGroupCreated(created) => {
                if created.internal {
                    let group = number(at, people, created.group)?;
                    self.give(since(at), group, Fact::Internal, Cause::Hand, false);
                }
                Ok(())
            }
            StructureEvent::MatrixApplied(_)
            | StructureEvent::RecipeTaken(_)
            | StructureEvent::RecipeTakenBack(_)
            | StructureEvent::MatrixReset(_) => self.adjust_groups(at, event, people),
            StructureEvent::FactGranted(granted) => self.grant(at, granted, people),
            StructureEvent::FactRemoved(removed) => {
                let group = number(at, people, removed.group)?;
                self.remove_fact(since(at), people, group, removed.fact);
                Ok(())
            }
            StructureEvent::RuleMade(made) => self.make(at, made, people),
            StructureEvent::RuleRemoved(removed) => {
                self.remove_rule(since(at), people, removed.rule);
                Ok(())
            }
            StructureEvent::PolicySet(set) => {
                let policy = Policy { policy: set.policy, accepted: set.accepted.clone() };
                self.change_policy(since(at), people, here(at, people)?, policy);
                Ok(())
            }
            StructureEvent::ClassOpened(_)
            | StructureEvent::ClassClosed(_)
            | StructureEvent::TeachingGroupOpened(_)
            | StructureEvent::BroadcastListCreated(_)
            | StructureEvent::ListCriteriaSet(_)
            | StructureEvent::GroupRenamed(_)
            | StructureEvent::AccessWindowSet(_)
            | StructureEvent::ProfileBlocked(_)
            | StructureEvent::ProfileUnblocked(_)
            | StructureEvent::GroupHidden(_)
            | StructureEvent::GroupShown(_)
            | StructureEvent::Closed(_)
            | StructureEvent::Reopened(_)
            | StructureEvent::PeriodsSet(_)
            | StructureEvent::ClosureMade(_)
            | StructureEvent::ClosureLifted(_) => Ok(()),
        }
    }

    fn grant(&mut self, at: At, granted: &FactGranted, people: &People) -> Result<(), Impossible> {
        let group = number(at, people, granted.group)?;
        let cause = granted.reason.into();
        self.give(since(at), group, granted.fact, cause, granted.accepted.contains(&granted.group));
        self.settle(since(at), people, group);
        Ok(())
    }

    fn make(&mut self, at: At, made: &RuleMade, people: &People) -> Result<(), Impossible> {
        let (from, to) = (number(at, people, made.from)?, number(at, people, made.to)?);
        let rule = Rule { id: made.rule, from, to, by_matrix: false, since: since(at) };
        self.make_rule(people, rule, made.exposes_members, &made.accepted);
        Ok(())
    }
}

impl Changes for Graph {
    fn change_node<T>(&mut self, group: GroupNo, change: impl FnOnce(&mut Node) -> T) -> T {
        self.nodes.change(group, change)
    }

    fn keep_rule(&mut self, rule: Rule) -> bool {
        self.rules.insert(rule.id, rule).is_none()
    }

    fn drop_rule(&mut self, rule: RuleId, since: Since) -> Option<Rule> {
        let known = self.rules.remove(&rule)?;
        self.removed.insert(rule, Removed { rule: known, until: since });
        Some(known)
    }

    fn set_policy(&mut self, structure: StructureNo, policy: Policy) {
        if self.policies.len() <= structure.index() {
            self.policies.resize_with(structure.index() + 1, Policy::default);
        }
        self.policies[structure.index()] = policy;
    }
}

pub(super) fn since(at: At) -> Since {
    Since { position: at.position, event: at.event }
}

pub(super) fn number(at: At, people: &People, group: GroupId) -> Result<GroupNo, Impossible> {
    let number = people.group(group);
    number.ok_or_else(|| Impossible::here(at, "a group is named here that the people model did not number"))
}

/// Returns the ends of a direct link: whose stream this is, and to whom it leads.
fn ends(at: At, people: &People, to: PersonId) -> Result<(PersonNo, PersonNo), Impossible> {
    let from = if let Owner::Person(person) = at.owner { people.number(person) } else { None };
    let ends = from.zip(people.number(to));
    ends.ok_or_else(|| Impossible::here(at, "a direct link is between two people who have numbers"))
}

pub(super) fn here(at: At, people: &People) -> Result<StructureNo, Impossible> {
    let structure =
        if let Owner::Structure(structure) = at.owner { people.structure_no(structure) } else { None };
    structure.ok_or_else(|| Impossible::here(at, "what a structure owns stands in no structure's stream"))
}
