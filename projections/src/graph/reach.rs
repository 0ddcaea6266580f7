//! Who reaches whom (`communication.md` section 3): one enumeration, several questions.

use std::collections::HashMap;
use std::ops::ControlFlow;

use domain::RuleId;
use domain::group::{FamilyLink, GroupKind, Profile};
use domain::message::Witness;
use roaring::RoaringBitmap;

use super::says::Says;
use super::{Graph, Link, Since, ends, join};
use crate::dense::{GroupNo, PersonNo};
use crate::people::{Groups, People};

/// Room for the ways of most people: a list that grows is moved.
const ROOM: usize = 256;

/// Whom and what a person reaches.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reach {
    /// People, one by one; never the person.
    pub people: RoaringBitmap,
    /// Groups, as groups.
    pub groups: RoaringBitmap,
}

impl Reach {
    /// Returns the numbers of the people, in their order, copied out.
    pub fn numbers(&self) -> Vec<u32> {
        join::listed(&self.people)
    }
}

/// What a question is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A person.
    Person(PersonNo),
    /// A group, as a group.
    Group(GroupNo),
}

/// One path from a person to a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Path {
    /// The fact that allows it.
    pub witness: Witness,
    /// The group of the asker that it starts from; none for a family and for a direct link.
    pub from: Option<GroupNo>,
    /// The group it ends at; none for a family and for a direct link.
    pub to: Option<GroupNo>,
    /// The event that made the rule or the direct link; facts of groups have their own (`Graph::reasons`, `Graph::implication`).
    pub since: Option<Since>,
}

/// A way out of one of my groups, to my family, or by a direct link: the element of the one enumeration.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    /// To a group with at least one current member; without a rule, to one I am in that is internal.
    Group { to: GroupNo, one_by_one: bool, from: GroupNo, rule: Option<RuleId> },
    /// To a relative or a child of mine.
    Family { to: PersonNo, relative: PersonNo, child: PersonNo },
    /// To somebody I am linked to by hand.
    Link { to: PersonNo, link: Link },
}

/// What ways are walked for: one that cannot lead there is passed over before anything else is read of it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Aim<'a> {
    /// Wherever they lead.
    Everything,
    /// A person, who is in these groups.
    Person { person: PersonNo, within: Groups<'a> },
    /// A group, and the one it is nested in.
    Group { group: GroupNo, parent: Option<GroupNo> },
}

impl<'a> Aim<'a> {
    fn at(people: &'a People, target: Target) -> Self {
        match target {
            Target::Person(person) => Self::Person { person, within: people.groups_with_bits(person) },
            Target::Group(group) => {
                Self::Group { group, parent: people.group_row(group).and_then(|row| row.parent) }
            }
        }
    }

    /// Returns whether a group has members, which one that leads to a person has.
    fn has_members(self, people: &People, to: GroupNo) -> bool {
        match self {
            Self::Everything | Self::Group { .. } => has_members(people, to),
            Self::Person { .. } => true,
        }
    }

    fn is_person(self, to: PersonNo) -> bool {
        match self {
            Self::Everything => true,
            Self::Person { person, .. } => person == to,
            Self::Group { .. } => false,
        }
    }

    /// Returns whether a way to a group with current members leads there.
    fn is_group(self, to: GroupNo) -> bool {
        match self {
            Self::Everything => true,
            Self::Person { within, .. } => within.bits & to.bit() != 0 && within.groups.contains(&to),
            Self::Group { group, parent } => to == group || parent == Some(to),
        }
    }

    /// Returns, for each of the first groups somebody is in, whether a way from it may lead there.
    fn may_lead_from(self, says: &impl Says, mine: &[GroupNo]) -> u64 {
        let Self::Person { within, .. } = self else { return u64::MAX };
        let looked =
            mine.iter().zip(0..u64::BITS).map(|(group, place)| (says.may_lead(*group, within), place));
        looked.fold(0, |may, (leads, place)| may | u64::from(leads) << place)
    }
}

impl Graph {
    /// Returns whom and what `me` reaches now.
    pub fn reach(&self, people: &People, me: PersonNo) -> Reach {
        let (mut ends, mut reached) = (Vec::with_capacity(ROOM), RoaringBitmap::new());
        let _ = self.ways(people, me, Aim::Everything, |way| {
            match way {
                Way::Group { to, one_by_one, .. } => ends.push((to, one_by_one)),
                Way::Family { to, .. } | Way::Link { to, .. } => {
                    reached.insert(to.0);
                }
            }
            ControlFlow::<()>::Continue(())
        });
        // Many rules end at one group: each is looked at once, as what it lets reach most.
        ends.sort_unstable_by_key(|(to, one_by_one)| (*to, !one_by_one));
        ends.dedup_by_key(|(to, _)| *to);
        let (mut reached, mut groups) =
            (ends::with_members(people, &ends, &reached), ends::with_nested(people, &ends));
        reached.remove(me.0);
        reached -= people.hidden();
        groups -= people.hidden_groups();
        Reach { people: reached, groups }
    }

    /// Returns the fact by which `me` reaches a person, none if they do not.
    pub fn witness(&self, people: &People, me: PersonNo, to: PersonNo) -> Option<Witness> {
        self.first(people, me, Target::Person(to))
    }

    /// Returns the fact by which `me` reaches a group as a group, none if they do not.
    pub fn witness_group(&self, people: &People, me: PersonNo, to: GroupNo) -> Option<Witness> {
        self.first(people, me, Target::Group(to))
    }

    /// Returns every path from `me` to a target, in the order of my groups and of the age of their rules.
    pub fn paths(&self, people: &People, me: PersonNo, target: Target) -> Vec<Path> {
        let mut paths = vec![];
        let _ = self.ways(people, me, Aim::at(people, target), |way| {
            if leads(people, me, way, target)
                && let Some(witness) = witness_of(people, way)
            {
                let of_rule =
                    |rule: Option<RuleId>| rule.and_then(|rule| self.rule(rule)).map(|rule| rule.since);
                let (from, to, since) = match way {
                    Way::Group { from, to, rule, .. } => (Some(from), Some(to), of_rule(rule)),
                    Way::Family { .. } => (None, None, None),
                    Way::Link { link, .. } => (None, None, Some(link.since)),
                };
                paths.push(Path { witness, from, to, since });
            }
            ControlFlow::<()>::Continue(())
        });
        paths
    }

    fn first(&self, people: &People, me: PersonNo, target: Target) -> Option<Witness> {
        let found = self.ways(people, me, Aim::at(people, target), |way| {
            if leads(people, me, way, target) {
                ControlFlow::Break(witness_of(people, way))
            } else {
                ControlFlow::Continue(())
            }
        });
        found.break_value().flatten()
    }

    /// Returns whether everybody in a set reaches everybody else in it.
    ///
    /// Whoever is in the same groups reaches the same people but for their families, so what is out of reach is
    /// computed once for each set of groups, not for each person.
    pub fn all_reach_each_other(&self, people: &People, set: &RoaringBitmap) -> bool {
        let mut beyond: HashMap<&[GroupNo], RoaringBitmap> = HashMap::new();
        set.iter().map(PersonNo).all(|me| {
            let groups = people.memberships(me);
            let beyond = beyond.entry(groups).or_insert_with(|| {
                let mut left = set.clone();
                let _ = group_ways(self, people, groups, Aim::Everything, |way| {
                    if let Way::Group { to, one_by_one: true, .. } = way
                        && let Some(members) = people.members(to)
                    {
                        left -= members;
                    }
                    ControlFlow::<()>::Continue(())
                });
                left |= set & people.hidden();
                left
            });
            let own = |other: PersonNo| self.witness(people, me, other).is_some();
            beyond.iter().all(|other| other == me.0 || own(PersonNo(other)))
        })
    }

    /// Walks over every way `me` has: the groups I am in that are internal, the ends of the rules of those that use,
    /// my family, whom I am linked to. Nobody barred has any, and none leads to an empty group, to somebody barred, or
    /// to whom or what is hidden where that is what is looked for.
    fn ways<T>(
        &self,
        people: &People,
        me: PersonNo,
        aim: Aim<'_>,
        mut each: impl FnMut(Way) -> ControlFlow<T>,
    ) -> ControlFlow<T> {
        let hidden = match aim {
            Aim::Everything => false,
            Aim::Person { person, .. } => people.hidden().contains(person.0),
            Aim::Group { group, .. } => people.hidden_groups().contains(group.0),
        };
        if hidden {
            return ControlFlow::Continue(());
        }
        // Nobody barred is in a group.
        group_ways(self, people, people.memberships(me), aim, &mut each)?;
        self.own_ways(people, me, aim, each)
    }

    /// Walks over the ways that no group gives: to my family, and to whom I am linked by hand.
    pub(super) fn own_ways<T>(
        &self,
        people: &People,
        me: PersonNo,
        aim: Aim<'_>,
        mut each: impl FnMut(Way) -> ControlFlow<T>,
    ) -> ControlFlow<T> {
        let (children, relatives) = match &aim {
            Aim::Everything => (people.children(me), people.relatives(me)),
            // Whose relative I am is my child; so nothing is read but what is noted of children.
            Aim::Person { person, .. } => {
                let one = std::slice::from_ref(person);
                let only = |there: bool| if there { one } else { &[] };
                (only(people.relatives(*person).contains(&me)), only(people.relatives(me).contains(person)))
            }
            Aim::Group { .. } => (&[][..], &[][..]),
        };
        let links = self.links(me);
        if (children.is_empty() && relatives.is_empty() && links.is_empty()) || people.is_barred(me) {
            return ControlFlow::Continue(());
        }
        for child in children.iter().copied() {
            if !people.is_barred(child) && self.family_link(people, child).to_child {
                each(Way::Family { to: child, relative: me, child })?;
            }
        }
        if !relatives.is_empty() && self.family_link(people, me).to_relative {
            for relative in relatives.iter().copied().filter(|relative| !people.is_barred(*relative)) {
                each(Way::Family { to: relative, relative, child: me })?;
            }
        }
        for link in links {
            if let Some(to) = link.leads(me).filter(|to| aim.is_person(*to) && !people.is_barred(*to)) {
                each(Way::Link { to, link: *link })?;
            }
        }
        ControlFlow::Continue(())
    }

    /// Returns how a child and their relatives are linked: what the RELATIVE groups of the child's classes say,
    /// together; for a child in no class, what their structures say. A class that says nothing links nobody.
    pub(super) fn family_link(&self, people: &People, child: PersonNo) -> FamilyLink {
        let mut link = FamilyLink::default();
        let mut add = |said: FamilyLink| {
            link.to_child |= said.to_child;
            link.to_relative |= said.to_relative;
        };
        let classes = people.classes(child);
        for (structure, class) in &classes {
            let group = people.group_of_kind(*structure, &GroupKind::Class(*class, Profile::Relative));
            if let Some(said) = group.and_then(|group| self.family(group)) {
                add(said);
            }
        }
        if classes.is_empty()
            && let Some(row) = people.person(child)
        {
            for attachment in row.attachments.iter().filter(|attachment| people.in_force(attachment)) {
                if let Some(structure) = people.structure(attachment.structure) {
                    add(structure.family);
                }
            }
        }
        link
    }
}

/// Walks over the ways of whoever is in these groups.
pub(super) fn group_ways<T>(
    says: &impl Says,
    people: &People,
    mine: &[GroupNo],
    aim: Aim<'_>,
    mut each: impl FnMut(Way) -> ControlFlow<T>,
) -> ControlFlow<T> {
    let may = aim.may_lead_from(says, mine);
    for (from, place) in mine.iter().copied().zip(0_u32..) {
        if may.checked_shr(place).is_some_and(|may| may & 1 == 0) {
            continue;
        }
        let state = says.state(from);
        if state.may_be_internal() && aim.is_group(from) && says.internal(people, from) {
            each(Way::Group { to: from, one_by_one: true, from, rule: None })?;
        }
        if !state.uses() {
            continue;
        }
        // The rule itself is read only where its end may be meant.
        for (place, to) in says.ends(from).iter().copied().enumerate() {
            if !aim.is_group(to) || !aim.has_members(people, to) {
                continue;
            }
            let rule = says.node(from).and_then(|node| node.starts.get(place)).map(|(rule, _)| *rule);
            each(Way::Group { to, one_by_one: says.exposes(to), from, rule })?;
        }
    }
    ControlFlow::Continue(())
}

/// Returns whether a way of `me`, which is one of those that were walked with this aim, leads to a target.
fn leads(people: &People, me: PersonNo, way: Way, target: Target) -> bool {
    match (way, target) {
        (_, Target::Person(person)) if person == me => false,
        // They are in the group: others were passed over.
        (Way::Group { one_by_one, .. }, Target::Person(_)) => one_by_one,
        (Way::Group { to, .. }, Target::Group(group)) => {
            to == group || (is_nested(people, group, to) && has_members(people, group))
        }
        (Way::Family { to, .. } | Way::Link { to, .. }, Target::Person(person)) => to == person,
        (Way::Family { .. } | Way::Link { .. }, Target::Group(_)) => false,
    }
}

fn is_nested(people: &People, group: GroupNo, parent: GroupNo) -> bool {
    people.group_row(group).is_some_and(|row| row.parent == Some(parent))
}

pub(super) fn has_members(people: &People, group: GroupNo) -> bool {
    people.members(group).is_some_and(|members| !members.is_empty())
}

/// Returns the fact behind a way. Numbers always have ids.
fn witness_of(people: &People, way: Way) -> Option<Witness> {
    Some(match way {
        Way::Group { to, from, rule: Some(rule), .. } => {
            Witness::Rule { rule, from: people.group_id(from)?, to: people.group_id(to)? }
        }
        Way::Group { to, rule: None, .. } => Witness::Internal { group: people.group_id(to)? },
        Way::Family { relative, child, .. } => {
            Witness::Family { relative: people.id(relative)?, child: people.id(child)? }
        }
        Way::Link { link, .. } => Witness::Link { from: people.id(link.from)?, to: people.id(link.to)? },
    })
}
