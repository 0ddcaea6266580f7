//! Groups filled by hand: who is in them, and who manages them (`communication.md` section 4).
//!
//! Whom the criteria of a broadcast list put in is derived, never written: for everybody when the list is made or its
//! criteria change, and for whoever changed since when an import ends and when a day begins. A list in between keeps
//! whom it has, so that a correction that is taken back an hour later moves nobody.
//!
//! Invariants: in a group is who was added or matches its criteria, and was not taken out since. An account that is
//! barred stays here and is no current member, as everywhere.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use domain::group::{GroupKind, Profile};
use domain::structure::{BroadcastListCreated, Criteria, ListCriteriaSet};
use domain::{GroupId, Label, PersonId, roster as events};
use roaring::RoaringBitmap;

use super::fold::Outcome;
use super::row::{add, take};
use super::{Change, People};
use crate::dense::{GroupNo, PersonNo, StructureNo};
use crate::memory::Heap;
use crate::snapshot::bytes::stored;
use crate::world::{At, Impossible};

/// Who is in a group filled by hand, and who manages it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Roster {
    /// By hand.
    pub added: RoaringBitmap,
    /// Taken out by hand, and not put in again since.
    removed: RoaringBitmap,
    /// By the criteria, when they were looked at last.
    automatic: RoaringBitmap,
    /// Managers of a free group, with who is above each.
    pub managers: BTreeMap<PersonNo, Option<PersonNo>>,
    /// Set for a broadcast list.
    pub list: Option<List>,
}

/// What a broadcast list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// The profile of everybody in it.
    pub profile: Profile,
    /// Who is in it without being put there; nobody if none.
    pub matching: Option<Matching>,
}

/// Criteria of a broadcast list; see [`Criteria`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matching {
    /// Any if none is named.
    pub structures: Vec<StructureNo>,
    /// Any or none if none is named.
    pub functions: Vec<Label>,
}

/// Every group filled by hand.
#[derive(Debug, Default)]
pub(super) struct Rosters {
    pub(super) groups: BTreeMap<GroupNo, Roster>,
    /// In which of them each person is.
    of: BTreeMap<PersonNo, Vec<GroupNo>>,
    /// Who changed since the criteria of lists were looked at.
    changed: RoaringBitmap,
}

stored! {
    Roster { added, removed, automatic, managers, list }
    List { profile, matching }
    Matching { structures, functions }
    Rosters { groups, of, changed }
}

impl Roster {
    /// Returns whether somebody is in it, whatever their account is.
    pub fn holds(&self, person: PersonNo) -> bool {
        let person = person.0;
        (self.added.contains(person) || self.automatic.contains(person)) && !self.removed.contains(person)
    }

    /// Returns whether a manager is somewhere below another.
    pub fn is_below(&self, person: PersonNo, above: PersonNo) -> bool {
        let next = |at: &PersonNo| self.managers.get(at).copied().flatten();
        let chain = std::iter::successors(next(&person), next).take(self.managers.len());
        chain.into_iter().any(|at| at == above)
    }
}

impl Rosters {
    /// Returns the groups filled by hand in which somebody is, in the order of numbers.
    pub(super) fn of(&self, person: PersonNo) -> &[GroupNo] {
        self.of.get(&person).map_or(&[], |groups| groups)
    }

    /// Notes that somebody changed.
    pub(super) fn note(&mut self, person: PersonNo) {
        self.changed.insert(person.0);
    }

    /// Notes whether somebody is in a group, after something about it changed.
    fn settle(&mut self, group: GroupNo, person: PersonNo) {
        if self.groups.get(&group).is_some_and(|roster| roster.holds(person)) {
            add(self.of.entry(person).or_default(), group);
        } else if let Some(groups) = self.of.get_mut(&person) {
            take(groups, &group);
            if groups.is_empty() {
                self.of.remove(&person);
            }
        }
    }
}

impl People {
    /// Returns who is in a group filled by hand, and who manages it; none for another group.
    pub fn roster(&self, group: GroupNo) -> Option<&Roster> {
        self.rosters.groups.get(&group)
    }

    /// Returns every group filled by hand, in the order of numbers.
    pub fn filled_by_hand(&self) -> impl Iterator<Item = GroupId> {
        self.rosters.groups.keys().filter_map(|group| self.group_id(*group))
    }

    /// Returns whether a group is of a closed structure: nobody is in it until that opens again.
    pub(super) fn is_of_closed(&self, group: GroupNo) -> bool {
        let row = self.group_row(group).and_then(|row| self.structure(row.structure));
        row.is_some_and(|structure| structure.closed)
    }

    /// Returns who is in a group of a structure that is filled by hand, open or not.
    pub(super) fn put_into_groups_of(&self, structure: StructureNo) -> RoaringBitmap {
        let rosters = self.groups_of(structure).iter().filter_map(|group| self.roster(*group));
        rosters.fold(RoaringBitmap::new(), |people, roster| people | &roster.added | &roster.automatic)
    }

    /// Notes that a group exists that is filled by hand.
    pub(super) fn fill_by_hand(&mut self, group: GroupNo) {
        self.rosters.groups.entry(group).or_default();
    }

    pub(super) fn apply_roster(&mut self, at: At, group: GroupId, event: &events::Event) -> Outcome {
        let known = self.group(group).filter(|group| self.rosters.groups.contains_key(group));
        let group =
            known.ok_or_else(|| Impossible::here(at, "nobody made this group to be filled by hand"))?;
        match event {
            events::Event::MembersAdded(added) => Ok(self.enter(group, &added.people, true)),
            events::Event::MembersRemoved(removed) => Ok(self.enter(group, &removed.people, false)),
            events::Event::ManagerNamed(named) => {
                let person = self.person_number(named.person);
                let under = named.under.map(|under| self.person_number(under));
                self.rosters.groups.entry(group).or_default().managers.insert(person, under);
                Ok(vec![])
            }
            events::Event::ManagerEnded(ended) => {
                let person = self.person_number(ended.person);
                let managers = &mut self.rosters.groups.entry(group).or_default().managers;
                let above = managers.remove(&person).flatten();
                for under in managers.values_mut().filter(|under| **under == Some(person)) {
                    *under = above;
                }
                Ok(vec![])
            }
        }
    }

    fn enter(&mut self, group: GroupNo, people: &[PersonId], enters: bool) -> Vec<Change> {
        let people: Vec<_> = people.iter().map(|person| self.person_number(*person)).collect();
        let roster = self.rosters.groups.entry(group).or_default();
        for person in &people {
            if enters {
                roster.removed.remove(person.0);
                roster.added.insert(person.0);
            } else {
                roster.added.remove(person.0);
                roster.removed.insert(person.0);
            }
        }
        for person in &people {
            self.rosters.settle(group, *person);
        }
        self.touch(people)
    }

    pub(super) fn create_list(&mut self, at: StructureNo, created: &BroadcastListCreated) -> Vec<Change> {
        let group = self.ensure_group(at, GroupKind::BroadcastList(created.group));
        if let Some(row) = self.group_rows[group.index()].as_mut() {
            row.typed = created.name.open().cloned();
        }
        let matching = created.criteria.as_ref().map(|criteria| self.matching(criteria));
        let list = List { profile: created.profile, matching };
        self.rosters.groups.entry(group).or_default().list = Some(list);
        self.look_at_everybody(group)
    }

    pub(super) fn set_criteria(&mut self, at: At, set: &ListCriteriaSet) -> Outcome {
        let matching = set.criteria.as_ref().map(|criteria| self.matching(criteria));
        let group = self.group(set.group);
        let list =
            group.and_then(|group| self.rosters.groups.get_mut(&group)).and_then(|it| it.list.as_mut());
        let (Some(group), Some(list)) = (group, list) else {
            return Err(Impossible::here(at, "criteria are set of what is no broadcast list"));
        };
        list.matching = matching;
        Ok(self.look_at_everybody(group))
    }

    fn matching(&mut self, criteria: &Criteria) -> Matching {
        let structures = criteria.structures.iter().map(|id| self.structure_number(*id)).collect();
        Matching { structures, functions: criteria.functions.clone() }
    }

    /// Looks at the criteria of all lists again, for whoever changed since this was done last.
    pub(super) fn look_at_lists(&mut self) -> Vec<Change> {
        let people = std::mem::take(&mut self.rosters.changed);
        let lists = self.rosters.groups.iter().filter(|(_, roster)| roster.list.is_some());
        let lists: Vec<_> = lists.map(|(group, _)| *group).collect();
        let moved = lists.into_iter().flat_map(|list| self.look_at(list, &people)).collect::<Vec<_>>();
        let changes = self.touch(moved);
        // Being in a list or not changes nothing that criteria ask for.
        self.rosters.changed.clear();
        changes
    }

    fn look_at_everybody(&mut self, list: GroupNo) -> Vec<Change> {
        let profile = self.roster(list).and_then(|roster| roster.list.as_ref()).map(|list| list.profile);
        let people = profile.and_then(|profile| self.profiles.get(&profile)).cloned().unwrap_or_default();
        let moved = self.look_at(list, &people);
        let before = self.rosters.changed.clone();
        let changes = self.touch(moved);
        self.rosters.changed = before;
        changes
    }

    /// Looks at the criteria of a list again for some people, and returns for whom something changed.
    fn look_at(&mut self, list: GroupNo, people: &RoaringBitmap) -> Vec<PersonNo> {
        let Some(of) = self.roster(list).and_then(|roster| roster.list.clone()) else { return vec![] };
        let mut moved = vec![];
        for person in people.iter().map(PersonNo) {
            let matches = self.matches(&of, person);
            let Some(roster) = self.rosters.groups.get_mut(&list) else { continue };
            let changed =
                if matches { roster.automatic.insert(person.0) } else { roster.automatic.remove(person.0) };
            if changed {
                self.rosters.settle(list, person);
                moved.push(person);
            }
        }
        moved
    }

    /// Whether somebody is in a list without being put there, whatever their account is.
    fn matches(&self, list: &List, person: PersonNo) -> bool {
        let (Some(row), Some(matching)) = (self.person(person), &list.matching) else { return false };
        let Matching { structures, functions } = matching;
        let there = row.attachments.iter().filter(|attachment| self.in_force(attachment));
        let mut there = there.filter(|at| structures.is_empty() || structures.contains(&at.structure));
        row.profile == list.profile
            && there.any(|at| {
                functions.is_empty() || at.functions.iter().any(|(function, _)| functions.contains(function))
            })
    }
}

impl Heap for Rosters {
    fn heap(&self) -> usize {
        let Self { groups, of, changed } = self;
        let lists: usize = of.values().map(|groups| groups.heap() + size_of_val(groups)).sum();
        groups.values().map(|roster| roster.heap() + size_of_val(roster)).sum::<usize>()
            + lists
            + changed.heap()
    }
}

impl Heap for Roster {
    fn heap(&self) -> usize {
        let Self { added, removed, automatic, managers, list } = self;
        let sets = added.heap() + removed.heap() + automatic.heap();
        let list = list.as_ref().and_then(|list| list.matching.as_ref());
        let matching = list.map_or(0, |matching| matching.structures.heap() + matching.functions.heap());
        sets + managers.len() * size_of::<(PersonNo, Option<PersonNo>)>() + matching
    }
}
