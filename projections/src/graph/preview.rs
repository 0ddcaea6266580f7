//! What a change of rules would open and close, before it is made (`communication.md` section 7).
//!
//! Invariants: nothing is written; the answer is what the same events will make of the graph, if they come now and
//! what needs accepting is accepted; the work grows with groups, never with pairs of people.

mod adjustment;
mod overlay;
#[cfg(test)]
mod tests;
mod weigh;

use domain::RuleId;
use domain::group::{Fact, Profile};
use roaring::RoaringBitmap;

use self::overlay::Overlay;
use self::weigh::{Weight, weigh};
use super::says::Says;
use super::{Change, Graph};
use crate::dense::{GroupNo, PersonNo};
use crate::people::People;

/// How many people are named of each set.
const FIRST: usize = 20;

/// What a list of changes would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// Ordered pairs that open: one could not write to the other, and then can.
    pub opened: Side,
    /// Ordered pairs that close.
    pub closed: Side,
    /// Groups whose members begin to reach each other.
    pub opened_inside: Vec<Inside>,
    /// Groups whose members no longer reach each other by it.
    pub closed_inside: Vec<Inside>,
    /// Those of `opened_inside` that hold students or relatives: they open only if that is accepted.
    pub to_accept: Vec<GroupNo>,
    /// What there is to say: by the place of the change it is about in the list, or of all of it.
    pub warnings: Vec<(Option<usize>, Warning)>,
}

/// What opens, or what closes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Side {
    /// Ordered pairs by the profiles of their ends, without those that are none.
    pub profiles: Vec<Profiles>,
    /// How many people reach somebody they did not, or no longer reach somebody they did.
    pub who: u64,
    /// The first of them.
    pub first_who: Vec<PersonNo>,
    /// How many people are reached by somebody who did not, or no longer by somebody who did.
    pub whom: u64,
    /// The first of them.
    pub first_whom: Vec<PersonNo>,
    /// Groups that are reached as groups, or no longer.
    pub groups: Vec<GroupReach>,
}

/// Ordered pairs of people of two profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profiles {
    /// Who reaches.
    pub from: Profile,
    /// Who is reached.
    pub to: Profile,
    /// How many pairs.
    pub pairs: u64,
}

/// A group that is reached as a group, or no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupReach {
    /// Which.
    pub group: GroupNo,
    /// By how many people.
    pub people: u64,
}

/// A group whose members reach each other, or no longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inside {
    /// Which.
    pub group: GroupNo,
    /// How many members it has.
    pub members: u64,
    /// How many of them are students.
    pub students: u64,
    /// How many of them are relatives.
    pub relatives: u64,
    /// The first of its members.
    pub first: Vec<PersonNo>,
}

/// What should be known before a change is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// It is so already: nothing would happen.
    AlreadySo,
    /// There is no such rule.
    UnknownRule(RuleId),
    /// A rule from a group to itself is the fact `internal`.
    RuleToItself(GroupNo),
    /// A broadcast list never exposes its members, nor opens them to each other.
    ListStaysShut(GroupNo),
    /// The rule goes, and the members of a group at its end or its start still reach each other, because that was
    /// granted: so many ordered pairs.
    StaysInternal {
        /// The group.
        group: GroupNo,
        /// Ordered pairs of its members.
        pairs: u64,
    },
    /// `internal` loses its reasons, and the members still reach each other: `uses` and `exposes` imply it.
    StaysImplied(GroupNo),
    /// Somebody changed the group by hand: a recipe leaves it as it is.
    LeftAlone(GroupNo),
    /// Members would reach each other by `uses` and `exposes`, and do not until somebody accepts it.
    Waiting(GroupNo),
}

impl Side {
    /// Returns how many ordered pairs there are.
    pub fn pairs(&self) -> u64 {
        self.profiles.iter().map(|profiles| profiles.pairs).sum()
    }

    fn of(weight: &Weight) -> Self {
        Self {
            profiles: weight.profiles(),
            who: weight.who.len(),
            first_who: first(&weight.who),
            whom: weight.whom.len(),
            first_whom: first(&weight.whom),
            groups: weight.reached_groups(),
        }
    }
}

impl Inside {
    /// Returns whether it holds students or relatives.
    pub fn protects(&self) -> bool {
        self.students + self.relatives > 0
    }

    fn of(people: &People, group: GroupNo) -> Self {
        let empty = RoaringBitmap::new();
        let members = people.members(group).unwrap_or(&empty);
        let of = |profile| people.of_profile(profile).map_or(0, |those| members.intersection_len(those));
        let (students, relatives) = (of(Profile::Student), of(Profile::Relative));
        Self { group, members: members.len(), students, relatives, first: first(members) }
    }
}

impl Graph {
    /// Returns what a list of changes, made one after the other, would do now.
    pub fn preview(&self, people: &People, changes: &[Change]) -> Preview {
        let plain = Overlay::after(self, people, changes, &[]);
        let to_accept = plain.to_accept(people);
        let accepted: Vec<_> = to_accept.iter().filter_map(|group| people.group_id(*group)).collect();
        let after =
            if accepted.is_empty() { plain } else { Overlay::after(self, people, changes, &accepted) };
        let mut preview = self.look(people, &after, to_accept);
        self.warn(people, changes, &after, &mut preview.warnings);
        preview
    }

    /// Returns what is different after changes that were looked at.
    fn look(&self, people: &People, after: &Overlay<'_>, to_accept: Vec<GroupNo>) -> Preview {
        let (opened, closed) = weigh(self, after, people, &self.concerned(people, after));
        let mut preview = Preview {
            opened: Side::of(&opened),
            closed: Side::of(&closed),
            to_accept,
            warnings: after.warnings.iter().map(|(place, warning)| (Some(*place), *warning)).collect(),
            ..Preview::default()
        };
        for group in after.touched() {
            match (self.internal(people, group), after.internal(people, group)) {
                (false, true) => {
                    let inside = Inside::of(people, group);
                    // What is granted by hand is in force at once, so it is the command that must ask.
                    if after.granted(group) && inside.protects() {
                        preview.to_accept.push(group);
                    }
                    preview.opened_inside.push(inside);
                }
                (true, false) => preview.closed_inside.push(Inside::of(people, group)),
                (true, true) | (false, false) => {}
            }
        }
        preview.to_accept.sort_unstable();
        preview
    }

    /// Returns the groups at the ends of a rule, one that is no more too, in which `internal` was granted, and how many
    /// ordered pairs of their members it opens.
    pub fn granted_at_ends(&self, people: &People, rule: RuleId) -> Vec<(GroupNo, u64)> {
        let ends = self.rule_ever(rule).into_iter().flat_map(|(rule, _)| [rule.from, rule.to]);
        let granted = ends.filter(|group| self.granted(*group));
        granted.map(|group| (group, pairs_in(people, group))).collect()
    }

    /// Returns the people who may reach more or less: members of groups from which another way leads, now or then.
    fn concerned(&self, people: &People, after: &Overlay<'_>) -> RoaringBitmap {
        let mut concerned = RoaringBitmap::new();
        let mut add = |group: GroupNo| {
            if let Some(members) = people.members(group) {
                concerned |= members;
            }
        };
        let starts = |says: &dyn Says, group| {
            let mut ends: Vec<_> =
                says.node(group).into_iter().flat_map(|node| &node.starts).copied().collect();
            ends.sort_unstable();
            (says.uses(group), says.internal(people, group), ends)
        };
        for group in after.touched() {
            if starts(self, group) != starts(after, group) {
                add(group);
            }
            if self.exposes(group) != after.exposes(group) {
                after.lead_to(group).into_iter().for_each(&mut add);
            }
        }
        concerned
    }

    fn warn(
        &self,
        people: &People,
        changes: &[Change],
        after: &Overlay<'_>,
        warnings: &mut Vec<(Option<usize>, Warning)>,
    ) {
        for (place, change) in changes.iter().enumerate() {
            match *change {
                Change::RemoveRule { rule } => {
                    let ends = self.rule(rule).into_iter().flat_map(|rule| [rule.from, rule.to]);
                    let stay = ends.filter(|group| after.granted(*group));
                    for (group, pairs) in stay.map(|group| (group, pairs_in(people, group))) {
                        warnings.push((Some(place), Warning::StaysInternal { group, pairs }));
                    }
                }
                Change::RemoveFact { group, fact: Fact::Internal } if after.internal(people, group) => {
                    warnings.push((Some(place), Warning::StaysImplied(group)));
                }
                Change::RemoveFact { .. }
                | Change::GrantFact { .. }
                | Change::MakeRule { .. }
                | Change::SetPolicy { .. } => {}
            }
        }
        let waits = |group: &GroupNo| {
            let implied = after.implied(people, *group).is_some_and(|implied| implied.waiting);
            implied && !after.granted(*group)
        };
        warnings.extend(after.touched().filter(waits).map(|group| (None, Warning::Waiting(group))));
    }
}

/// Returns how many ordered pairs the members of a group are.
fn pairs_in(people: &People, group: GroupNo) -> u64 {
    let members = people.members(group).map_or(0, RoaringBitmap::len);
    members * members.saturating_sub(1)
}

fn first(people: &RoaringBitmap) -> Vec<PersonNo> {
    people.iter().take(FIRST).map(PersonNo).collect()
}
