//! The same facts for Cedar, the policy language: people and groups as entities, each rule a link of one template.
//!
//! A group is no child of the group it is nested in: members of a nested group are not reached through nesting.
//! Only rules that reach members one by one are given, for only people are asked about: that is in Cedar's favour.

use std::collections::{HashMap, HashSet};

use anyhow::{Result, anyhow};
use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicyId,
    PolicySet, Request, RestrictedExpression, SlotId, Template,
};
use projections::World;

use super::{Pair, linked};
use crate::bench::measure::{Samples, Stopwatch};

/// Whoever is in a group that uses its rules may write to whoever is in the group where one ends.
const RULE: &str = "permit(principal in ?principal, action == Action::\"write\", resource in ?resource);";

/// Relatives and children stand in an attribute.
const FAMILY: &str = "permit(principal, action == Action::\"write\", resource)
    when { principal.family.contains(resource) };";

/// Whether this program has it.
pub(super) const HERE: bool = true;

/// An authorizer that holds an academy.
pub(super) struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
    people: EntityTypeName,
    action: EntityUid,
}

impl Cedar {
    /// Gives it everything that is current in `world`.
    pub(super) fn of(world: &World) -> Result<Option<Self>> {
        let (people, groups): (EntityTypeName, EntityTypeName) = ("Person".parse()?, "Group".parse()?);
        let group = |number: u32| uid(&groups, number);
        let mut policies: PolicySet = FAMILY.parse()?;
        policies.add_template(Template::parse(Some(PolicyId::new("rule")), RULE)?)?;
        let mut links = 0_u64;
        let mut link = |from: u32, to: u32| -> Result<()> {
            links += 1;
            let slots = [(SlotId::principal(), group(from)), (SlotId::resource(), group(to))];
            let name = PolicyId::new(format!("rule{links}"));
            Ok(policies.link(PolicyId::new("rule"), name, HashMap::from(slots))?)
        };
        let mut entities = vec![];
        for (structure, _) in world.people.all_structures() {
            for from in world.people.groups_of(structure) {
                entities.push(Entity::new_no_attrs(group(from.0), HashSet::new()));
                let facts = world.graph.facts(&world.people, *from);
                if facts.internal {
                    link(from.0, from.0)?;
                }
                let exposed = |to| world.graph.facts(&world.people, to).exposes;
                for rule in world.graph.rules_from(*from).filter(|rule| facts.uses && exposed(rule.to)) {
                    link(from.0, rule.to.0)?;
                }
            }
        }
        for (person, _) in world.people.everybody() {
            let family = world.people.children(person).iter().chain(world.people.relatives(person));
            let linked = family.filter(|other| linked(world, person, **other));
            let linked = linked.map(|other| RestrictedExpression::new_entity_uid(uid(&people, other.0)));
            let attributes = [("family".to_owned(), RestrictedExpression::new_set(linked))];
            let parents = world.people.memberships(person).iter().map(|of| group(of.0)).collect();
            entities.push(Entity::new(uid(&people, person.0), HashMap::from(attributes), parents)?);
        }
        let entities = Entities::from_entities(entities, None)?;
        let (authorizer, action) = (Authorizer::new(), "Action::\"write\"".parse()?);
        Ok(Some(Self { authorizer, policies, entities, people, action }))
    }

    /// Returns how many people and groups it was given.
    pub(super) fn entities(&self) -> usize {
        self.entities.iter().count()
    }

    /// Returns how many policies it looks at for each question.
    pub(super) fn policies(&self) -> usize {
        self.policies.policies().count()
    }

    /// Returns whether it allows one to write to the other, and notes how long that took.
    pub(super) fn allows(&self, (from, to): Pair, times: &mut Samples) -> Result<bool> {
        let (from, to) = (uid(&self.people, from.0), uid(&self.people, to.0));
        let watch = Stopwatch::start();
        let request = Request::new(from, self.action.clone(), to, Context::empty(), None);
        let request = request.map_err(|error| anyhow!("{error}"))?;
        let answer = self.authorizer.is_authorized(&request, &self.policies, &self.entities);
        times.add_time(watch.elapsed());
        Ok(answer.decision() == Decision::Allow)
    }
}

fn uid(of: &EntityTypeName, number: u32) -> EntityUid {
    EntityUid::from_type_name_and_id(of.clone(), EntityId::new(number.to_string()))
}
