//! Closing the internal communication of a group (`communication.md` section 7).
//!
//! Invariant: a fact that a rule rests on is never taken away by it: what starts at the group goes on, or what ends
//! at it does; if both do, it is refused and the rules are named.

use super::{Decision, Event, FactRemoved, Refusal, Target};
use crate::group::{Fact, InternalPolicy};
use crate::id::{RuleId, StructureId};

/// A group whose members are no longer to reach each other, as looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// The group.
    pub group: Target,
    /// Whether `internal` has a reason of its own.
    pub granted: bool,
    /// Whether it uses.
    pub uses: bool,
    /// Whether it exposes.
    pub exposes: bool,
    /// Rules that start at it.
    pub starts: Vec<RuleId>,
    /// Rules that end at it, of any structure.
    pub ends: Vec<RuleId>,
}

impl Closing {
    /// Returns the facts that lose their reasons under a policy.
    pub fn facts(&self, policy: InternalPolicy) -> Result<Vec<Fact>, Refusal> {
        let mut facts = Vec::from_iter(self.granted.then_some(Fact::Internal));
        if policy == InternalPolicy::Implied && self.uses && self.exposes {
            if !self.starts.is_empty() && !self.ends.is_empty() {
                let rules = self.starts.iter().chain(&self.ends).copied().collect();
                return Err(Refusal::ImpliedByBothDirections(rules));
            }
            facts.extend(self.ends.is_empty().then_some(Fact::Exposes));
            facts.extend(self.starts.is_empty().then_some(Fact::Uses));
        }
        Ok(facts)
    }

    pub(super) fn decide(&self, structure: StructureId, policy: InternalPolicy) -> Decision {
        if self.group.structure != structure {
            return Err(Refusal::GroupOfAnotherStructure);
        }
        let group = self.group.group;
        let removed = |fact| Event::from(FactRemoved { group, fact });
        Ok(self.facts(policy)?.into_iter().map(removed).collect())
    }
}

/// Takes every reason of a fact.
pub(super) fn remove_fact(structure: StructureId, group: Target, fact: Fact) -> Decision {
    if group.structure != structure {
        return Err(Refusal::GroupOfAnotherStructure);
    }
    // Rules of other structures may be a reason too, so what is known here cannot say "already so".
    Ok(vec![FactRemoved { group: group.group, fact }.into()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decider::testing::given;
    use crate::group::{GroupKind, Profile};
    use crate::id::CommandId;
    use crate::structure::{Command, Create, Matrix, PolicySet, Structure};

    const HERE: StructureId = StructureId::from_u128(1);

    fn created() -> Vec<Event> {
        let create = Create {
            structure: HERE,
            uai: None,
            name: crate::Label::parse("École des Tilleuls").unwrap(),
            parent: None,
            zone: crate::clock::Zone::PARIS,
            matrix: Matrix::shipped(Matrix::DEFAULT).unwrap(),
            command: CommandId::from_u128(1),
        };
        crate::Decider::decide(&Structure::default(), Command::Create(create)).unwrap()
    }

    fn closing(starts: u128, ends: u128) -> Closing {
        let group = GroupKind::Profile(Profile::Teacher).id(HERE);
        let rules = |from: u128, count: u128| (from..from + count).map(RuleId::from_u128).collect();
        Closing {
            group: Target { group, structure: HERE, broadcast_list: false },
            granted: true,
            uses: true,
            exposes: true,
            starts: rules(10, starts),
            ends: rules(20, ends),
        }
    }

    fn then(closing: &Closing, facts: &[Fact]) {
        let group = closing.group.group;
        let removed = facts.iter().map(|fact| Event::from(FactRemoved { group, fact: *fact }));
        given::<Structure>(created()).when(Command::CloseInternal(closing.clone())).then(removed);
    }

    #[test]
    fn what_no_rule_rests_on_goes_with_internal() {
        then(&closing(1, 0), &[Fact::Internal, Fact::Exposes]);
        then(&closing(0, 1), &[Fact::Internal, Fact::Uses]);
        then(&closing(0, 0), &[Fact::Internal, Fact::Exposes, Fact::Uses]);
        then(&Closing { granted: false, ..closing(1, 0) }, &[Fact::Exposes]);
    }

    #[test]
    fn what_implies_nothing_stays() {
        then(&Closing { uses: false, ..closing(0, 0) }, &[Fact::Internal]);
        then(&Closing { granted: false, exposes: false, ..closing(1, 1) }, &[]);
    }

    #[test]
    fn rules_both_ways_refuse_it_and_are_named() {
        let rules = vec![RuleId::from_u128(10), RuleId::from_u128(20)];
        given::<Structure>(created())
            .when(Command::CloseInternal(closing(1, 1)))
            .refused(Refusal::ImpliedByBothDirections(rules));
        let mut history = created();
        history.push(PolicySet { policy: InternalPolicy::Explicit, accepted: vec![] }.into());
        let group = closing(1, 1).group.group;
        let removed = FactRemoved { group, fact: Fact::Internal };
        given::<Structure>(history).when(Command::CloseInternal(closing(1, 1))).then([removed.into()]);
    }

    #[test]
    fn a_group_of_another_structure_is_refused() {
        let structure = StructureId::from_u128(2);
        let group = Target { structure, ..closing(0, 0).group };
        given::<Structure>(created())
            .when(Command::CloseInternal(Closing { group, ..closing(0, 0) }))
            .refused(Refusal::GroupOfAnotherStructure);
    }
}
