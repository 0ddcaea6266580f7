//! Why somebody reaches a person or a group, or what is missing that they do (`communication.md` section 8).
//!
//! Invariants: what allows it are the paths of the one enumeration (`reach.rs`), each told as facts with the events
//! that made them; misses are looked for only where there is no path. The cost is per group, never per person.

mod about;
mod fix;
mod miss;
mod search;
#[cfg(test)]
mod tests;

use domain::group::{Fact, FamilyLink, GroupKind, Profile};
use domain::message::Witness;
pub use fix::{Authority, Fix, Remedy, is_structure_wide};
pub use miss::{Miss, Missing};

use super::says::Says;
use super::{Because, Graph, Implication, Link, Path, Rule, Since, Target};
use crate::dense::{GroupNo, PersonNo};
use crate::people::People;

/// Why somebody reaches a target, or what is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Explanation {
    /// Every way, in the order of the asker's groups and of the age of their rules; none if it is not allowed.
    pub routes: Vec<Route>,
    /// What is nearest to being allowed, the fewest changes first; none if it is allowed.
    pub misses: Vec<Miss>,
}

/// One way from somebody to a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// What allows it.
    pub witness: Witness,
    /// The facts that make it up, from the asker to the target.
    pub steps: Vec<Step>,
}

/// A fact that is true now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Somebody is a current member of a group.
    Member {
        /// Who.
        person: PersonNo,
        /// Of which.
        group: GroupNo,
    },
    /// A group states a fact.
    States {
        /// Which group.
        group: GroupNo,
        /// Which fact.
        fact: Fact,
        /// Its own reasons.
        because: Vec<Because>,
        /// For `internal`: whether `uses` and `exposes` imply it, and since when.
        implied: Option<Implication>,
    },
    /// A rule leads from one group to another.
    Leads(Rule),
    /// A group is nested in another, and reachable as a group with it.
    Nested {
        /// Which.
        group: GroupNo,
        /// In which.
        within: GroupNo,
    },
    /// A relative and their own child.
    Family {
        /// The relative.
        relative: PersonNo,
        /// The child.
        child: PersonNo,
        /// The groups of relatives of the classes that say how they are linked, with the event that made each say so;
        /// none where the structure says it.
        says: Vec<(GroupNo, Option<Since>)>,
    },
    /// A direct link by hand.
    Linked(Link),
}

impl Graph {
    /// Returns why `me` reaches a target, or what is missing.
    pub fn explain(&self, people: &People, me: PersonNo, target: Target) -> Explanation {
        let routes = self.routes(people, me, target);
        let misses = if routes.is_empty() { search::misses(self, people, me, target) } else { vec![] };
        Explanation { routes, misses }
    }

    /// Returns every way from `me` to a target.
    pub fn routes(&self, people: &People, me: PersonNo, target: Target) -> Vec<Route> {
        let route =
            |path: Path| Route { witness: path.witness, steps: self.steps(people, me, target, &path) };
        self.paths(people, me, target).into_iter().map(route).collect()
    }

    /// Returns what is missing about somebody, whomever they ask for: it depends on nobody else.
    pub fn about(&self, people: &People, me: PersonNo) -> Vec<Missing> {
        about::about(self, people, me)
    }

    fn steps(&self, people: &People, me: PersonNo, target: Target, path: &Path) -> Vec<Step> {
        let (Some(from), Some(to)) = (path.from, path.to) else {
            return self.own_step(people, me, target, path).into_iter().collect();
        };
        let mut steps = vec![Step::Member { person: me, group: from }];
        let rule = match path.witness {
            Witness::Rule { rule, .. } => self.rule(rule),
            Witness::Internal { .. }
            | Witness::Family { .. }
            | Witness::Link { .. }
            | Witness::Reply { .. } => None,
        };
        if let Some(rule) = rule {
            steps.extend([self.states(people, from, Fact::Uses), Step::Leads(*rule)]);
        } else {
            steps.push(self.states(people, from, Fact::Internal));
        }
        match target {
            Target::Person(person) => {
                steps.extend(rule.map(|_| self.states(people, to, Fact::Exposes)));
                steps.push(Step::Member { person, group: to });
            }
            Target::Group(group) if group != to => steps.push(Step::Nested { group, within: to }),
            Target::Group(_) => {}
        }
        steps
    }

    fn states(&self, people: &People, group: GroupNo, fact: Fact) -> Step {
        let implied = match fact {
            Fact::Internal => self.implication(people, group),
            Fact::Uses | Fact::Exposes => None,
        };
        Step::States { group, fact, because: self.reasons(group, fact).to_vec(), implied }
    }

    fn own_step(&self, people: &People, me: PersonNo, target: Target, path: &Path) -> Option<Step> {
        match path.witness {
            Witness::Link { from, to } => {
                let ends = (people.number(from)?, people.number(to)?);
                let link = self.links(me).iter().find(|link| (link.from, link.to) == ends);
                link.copied().map(Step::Linked)
            }
            Witness::Family { .. }
            | Witness::Rule { .. }
            | Witness::Internal { .. }
            | Witness::Reply { .. } => self.family_step(people, me, target),
        }
    }

    fn family_step(&self, people: &People, me: PersonNo, target: Target) -> Option<Step> {
        let Target::Person(other) = target else { return None };
        let to_child = people.children(me).contains(&other);
        let (relative, child) = if to_child { (me, other) } else { (other, me) };
        let says = |link: &FamilyLink| if to_child { link.to_child } else { link.to_relative };
        let classes = people.classes(child).into_iter().filter_map(|(structure, class)| {
            let group = people.group_of_kind(structure, &GroupKind::Class(class, Profile::Relative))?;
            let node = self.node(group).filter(|node| node.family.as_ref().is_some_and(says))?;
            Some((group, node.family_since))
        });
        Some(Step::Family { relative, child, says: classes.collect() })
    }
}
