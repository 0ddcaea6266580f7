//! Groups that are filled by hand: free groups and broadcast lists (`communication.md` section 4). Who is in them is
//! decided in streams of their own ([`crate::roster`]).
//!
//! Invariant: a list is of one profile for ever. Who its criteria put in is derived, never written.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    BroadcastListCreated, Criteria, Event, FreeGroupCreated, GroupRenamed, ListCriteriaSet, Refusal,
};
use crate::group::Profile;
use crate::id::{GroupId, StructureId};
use crate::sealed::Sealed;

/// What may be asked of the groups that are filled by hand.
#[derive(Debug, Clone, PartialEq)]
pub enum Filling {
    /// Create a broadcast list.
    CreateList {
        /// Its id.
        group: GroupId,
        /// What its maker calls it.
        name: String,
        /// The profile of everybody in it.
        profile: Profile,
        /// Who is in it without being put there; nobody if none.
        criteria: Option<Criteria>,
    },
    /// Say who is in a list without being put there.
    SetCriteria {
        /// Which list.
        group: GroupId,
        /// Nobody if none.
        criteria: Option<Criteria>,
    },
    /// Call a group something else.
    Rename {
        /// Which.
        group: GroupId,
        /// What it is called from now on.
        name: String,
    },
}

/// The groups that are filled by hand, as far as rules need to know.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Filled {
    names: BTreeMap<GroupId, Sealed<String>>,
    lists: BTreeMap<GroupId, Option<Criteria>>,
}

impl Filled {
    pub(super) fn decide(&self, structure: StructureId, asked: Filling) -> Result<Vec<Event>, Refusal> {
        match asked {
            Filling::CreateList { group, .. } if self.names.contains_key(&group) => Ok(vec![]),
            Filling::CreateList { group, name, profile, criteria } => {
                let (name, criteria) = (name.into(), criteria.map(Criteria::sorted));
                Ok(vec![BroadcastListCreated { structure, group, name, profile, criteria }.into()])
            }
            Filling::SetCriteria { group, criteria } => {
                let known = self.lists.get(&group).ok_or(Refusal::UnknownGroup)?;
                let criteria = criteria.map(Criteria::sorted);
                let already = *known == criteria;
                Ok(if already { vec![] } else { vec![ListCriteriaSet { group, criteria }.into()] })
            }
            Filling::Rename { group, name } => {
                let known = self.names.get(&group).ok_or(Refusal::UnknownGroup)?;
                if known.open() == Some(&name) {
                    return Ok(vec![]);
                }
                Ok(vec![GroupRenamed { structure, group, name: name.into() }.into()])
            }
        }
    }

    /// Returns whether a group is one of them.
    pub(super) fn has(&self, group: &GroupId) -> bool {
        self.names.contains_key(group)
    }

    pub(super) fn free(&mut self, created: &FreeGroupCreated) {
        self.names.insert(created.group, created.name.clone());
    }

    pub(super) fn list(&mut self, created: &BroadcastListCreated) {
        self.names.insert(created.group, created.name.clone());
        self.lists.insert(created.group, created.criteria.clone());
    }

    pub(super) fn criteria(&mut self, set: &ListCriteriaSet) {
        self.lists.insert(set.group, set.criteria.clone());
    }

    pub(super) fn renamed(&mut self, renamed: &GroupRenamed) {
        self.names.insert(renamed.group, renamed.name.clone());
    }
}

impl Criteria {
    /// Returns the same in a fixed order, each once.
    fn sorted(self) -> Self {
        let structures: BTreeSet<_> = self.structures.into_iter().collect();
        let functions: BTreeSet<_> = self.functions.into_iter().collect();
        Self { structures: structures.into_iter().collect(), functions: functions.into_iter().collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Zone;
    use crate::decider::testing::given;
    use crate::group::{Fact, InternalPolicy};
    use crate::label::Label;
    use crate::structure::{Command, Created, MakeRule, Structure, Target};

    const HERE: StructureId = StructureId::from_u128(1);
    const LIST: GroupId = GroupId::from_u128(5);
    const FREE: GroupId = GroupId::from_u128(6);

    fn label(text: &str) -> Label {
        Label::parse(text).unwrap()
    }

    fn school() -> Event {
        let (uai, name, parent, zone) = (None, label("École"), None, Zone::PARIS);
        let (policy, family) = (InternalPolicy::Implied, crate::group::FamilyLink::default());
        Created { structure: HERE, uai, name, parent, zone, policy, family }.into()
    }

    fn criteria(structures: &[u128], functions: &[&str]) -> Criteria {
        let structures = structures.iter().map(|number| StructureId::from_u128(*number)).collect();
        Criteria { structures, functions: functions.iter().map(|code| label(code)).collect() }
    }

    fn list(criteria: Option<Criteria>) -> Event {
        let (name, profile) = ("Directeurs".to_owned().into(), Profile::Teacher);
        BroadcastListCreated { structure: HERE, group: LIST, name, profile, criteria }.into()
    }

    fn free() -> Event {
        let name = "Sortie".to_owned().into();
        FreeGroupCreated { structure: HERE, group: FREE, name, internal: false }.into()
    }

    fn create(criteria: Option<Criteria>) -> Command {
        let (name, profile) = ("Directeurs".to_owned(), Profile::Teacher);
        Command::Filling(Filling::CreateList { group: LIST, name, profile, criteria })
    }

    fn set(group: GroupId, criteria: Option<Criteria>) -> Command {
        Command::Filling(Filling::SetCriteria { group, criteria })
    }

    fn rename(group: GroupId, name: &str) -> Command {
        Command::Filling(Filling::Rename { group, name: name.to_owned() })
    }

    #[test]
    fn a_list_is_created_once_with_its_criteria_in_order() {
        given::<Structure>([]).when(create(None)).refused(Refusal::Unknown);
        given::<Structure>([school()])
            .when(create(Some(criteria(&[3, 2, 3], &["SOC", "DIR", "SOC"]))))
            .then([list(Some(criteria(&[2, 3], &["DIR", "SOC"])))]);
        given::<Structure>([school(), list(None)]).when(create(Some(criteria(&[2], &[])))).already_so();
        given::<Structure>([school()]).when(create(None)).then([list(None)]);
    }

    #[test]
    fn criteria_are_of_lists_and_are_set_when_they_differ() {
        let here = || given::<Structure>([school(), free(), list(Some(criteria(&[2, 3], &[])))]);
        here().when(set(FREE, None)).refused(Refusal::UnknownGroup);
        here().when(set(GroupId::from_u128(9), None)).refused(Refusal::UnknownGroup);
        here().when(set(LIST, Some(criteria(&[3, 2], &[])))).already_so();
        here().when(set(LIST, None)).then([ListCriteriaSet { group: LIST, criteria: None }.into()]);
        let none = ListCriteriaSet { group: LIST, criteria: None }.into();
        given::<Structure>([school(), list(Some(criteria(&[2], &[]))), none])
            .when(set(LIST, None))
            .already_so();
    }

    #[test]
    fn a_free_group_and_a_list_are_renamed_and_no_other_group() {
        let here = || given::<Structure>([school(), free(), list(None)]);
        for group in [FREE, LIST] {
            let name = "Voyage".to_owned().into();
            here().when(rename(group, "Voyage")).then([GroupRenamed { structure: HERE, group, name }.into()]);
        }
        here().when(rename(FREE, "Sortie")).already_so();
        here().when(rename(GroupId::from_u128(9), "Voyage")).refused(Refusal::UnknownGroup);
        let renamed = GroupRenamed { structure: HERE, group: FREE, name: Sealed::Erased }.into();
        let again = GroupRenamed { structure: HERE, group: FREE, name: "Sortie".to_owned().into() };
        given::<Structure>([school(), free(), renamed]).when(rename(FREE, "Sortie")).then([again.into()]);
    }

    #[test]
    fn a_list_that_was_created_never_exposes_and_is_never_internal() {
        // The fact that it is a list arrives with every command about it.
        let (group, opens, accepted) =
            (Target { group: LIST, structure: HERE, broadcast_list: true }, vec![], vec![]);
        for (fact, refusal) in
            [(Fact::Exposes, Refusal::ListNeverExposes), (Fact::Internal, Refusal::ListNeverInternal)]
        {
            let (reason, opens, accepted) = (crate::group::Reason::Hand, vec![], vec![]);
            given::<Structure>([school(), list(None)])
                .when(Command::GrantFact { group, fact, reason, opens, accepted })
                .refused(refusal);
        }
        let from = Target { group: FREE, structure: HERE, broadcast_list: false };
        let rule = crate::id::RuleId::from_u128(7);
        let make = MakeRule { rule, from, to: group, exposes_members: true, opens, accepted };
        let made =
            super::super::RuleMade { rule, from: FREE, to: LIST, exposes_members: false, accepted: vec![] };
        given::<Structure>([school(), list(None)]).when(Command::MakeRule(make)).then([made.into()]);
    }
}
