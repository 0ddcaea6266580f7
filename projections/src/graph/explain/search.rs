//! The search for what is nearest to being allowed.
//!
//! Invariant: it looks at the groups of the two ends, at the rules that start and end there, and at the classes of
//! their structures; never at who else is in a group.

use std::cmp::Reverse;

use domain::group::{GroupKind, Profile};

use super::about::may_lead;
use super::fix::{Fix, is_list};
use super::miss::{Miss, Missing};
use crate::dense::{GroupNo, PersonNo, StructureNo};
use crate::graph::says::Says;
use crate::graph::{Graph, Target};
use crate::people::{Attachment, Entitled, People};

/// The most misses that are told.
const MOST: usize = 8;

/// The most of them that differ only in the groups between which a rule would be made.
const MOST_NEW_RULES: usize = 3;

/// Returns what is nearest to being allowed, the fewest changes first. There must be no path.
pub(super) fn misses(graph: &Graph, people: &People, me: PersonNo, target: Target) -> Vec<Miss> {
    if target == Target::Person(me) {
        return vec![Miss { from: None, to: None, missing: vec![Missing::Oneself] }];
    }
    let mut search = Search::of(graph, people, me, target);
    search.between_their_groups();
    search.by_joining();
    search.by_joining_both();
    search.by_family();
    search.by_being_somewhere();
    search.ranked()
}

/// Whether a group is that of a profile in a whole structure.
fn is_wide(people: &People, group: GroupNo) -> bool {
    people.group_row(group).is_some_and(|row| matches!(row.kind, GroupKind::Profile(_)))
}

struct Search<'a> {
    graph: &'a Graph,
    people: &'a People,
    me: PersonNo,
    target: Target,
    /// Groups of the asker.
    mine: Vec<Entitled>,
    /// Groups of the person who is looked for; for a group itself and the one it is nested in.
    theirs: Vec<Entitled>,
    /// What is missing on every way.
    always: Vec<Missing>,
    found: Vec<Miss>,
}

impl<'a> Search<'a> {
    fn of(graph: &'a Graph, people: &'a People, me: PersonNo, target: Target) -> Self {
        let mine = people.entitled(me);
        let mut always: Vec<_> = Missing::of_account(people, me).collect();
        always.extend(Missing::of_target(people, target));
        let theirs = match target {
            Target::Person(person) => {
                always.extend(Missing::of_account(people, person));
                people.entitled(person)
            }
            Target::Group(group) => {
                let parent = people.group_row(group).and_then(|row| row.parent);
                let both = std::iter::once(group).chain(parent);
                let mut both: Vec<_> = both.map(|group| Entitled { group, but: None }).collect();
                both.sort_unstable();
                both
            }
        };
        Self { graph, people, me, target, mine, theirs, always, found: vec![] }
    }

    fn one_by_one(&self) -> bool {
        matches!(self.target, Target::Person(_))
    }

    /// From a group of the one to a group of the other.
    fn between_their_groups(&mut self) {
        for from in self.mine.clone() {
            for to in self.theirs.clone() {
                self.look_at(from, to, vec![]);
            }
        }
    }

    /// Over a rule that is there, were one of the two in the group at its other end.
    fn by_joining(&mut self) {
        for from in self.mine.clone() {
            let Target::Person(person) = self.target else { break };
            for to in self.led_to(from.group) {
                if !stands(&self.theirs, to)
                    && let Some(missing) = self.to_join(person, to)
                {
                    self.look_at(from, Entitled { group: to, but: None }, missing);
                }
            }
        }
        for to in self.theirs.clone() {
            let starts = self.graph.rules_to(to.group).map(|rule| rule.from);
            let starts = starts.filter(|from| self.graph.uses(*from));
            let inside = Some(to.group).filter(|group| self.graph.internal(self.people, *group));
            for from in starts.chain(inside).collect::<Vec<_>>() {
                if !stands(&self.mine, from)
                    && let Some(missing) = self.to_join(self.me, from)
                {
                    self.look_at(Entitled { group: from, but: None }, to, missing);
                }
            }
        }
    }

    /// Over one class, were both in it who are in none.
    fn by_joining_both(&mut self) {
        let Target::Person(person) = self.target else { return };
        let profile = |person| self.people.person(person).map(|row| row.profile);
        let (Some(mine), Some(theirs)) = (profile(self.me), profile(person)) else { return };
        let places = self.people.person(self.me).map(|row| row.attachments.clone()).unwrap_or_default();
        for structure in places.into_iter().map(|attachment| attachment.structure) {
            let Some(row) = self.people.structure(structure) else { continue };
            let mut classes: Vec<_> = row.classes.iter().filter(|(_, class)| class.open).collect();
            classes.sort_unstable_by_key(|(_, class)| &class.name);
            let group =
                |class, profile| self.people.group_of_kind(structure, &GroupKind::Class(class, profile));
            let ends = classes.into_iter().find_map(|(class, _)| {
                let (from, to) = (group(*class, mine)?, group(*class, theirs)?);
                let open = self.led_to(from).contains(&to) && (from == to || self.graph.exposes(to));
                open.then_some((*class, from, to))
            });
            let Some((class, from, to)) = ends else { continue };
            let Some(mut missing) = self.in_no_class(self.me, structure, class) else { continue };
            let Some(more) = self.in_no_class(person, structure, class) else { continue };
            missing.extend(more);
            let entitled = |group| Entitled { group, but: None };
            self.look_at(entitled(from), entitled(to), missing);
        }
    }

    /// Over the link between a relative and their child.
    fn by_family(&mut self) {
        let Target::Person(other) = self.target else { return };
        let to_child = self.people.children(self.me).contains(&other);
        if !to_child && !self.people.relatives(self.me).contains(&other) {
            return;
        }
        let (relative, child) = if to_child { (self.me, other) } else { (other, self.me) };
        let link = self.graph.family_link(self.people, child);
        let linked = if to_child { link.to_child } else { link.to_relative };
        let missing = (!linked).then_some(Missing::NotLinked { relative, child, to_child });
        self.add(None, None, missing.into_iter().collect());
    }

    /// Where nothing was found, somebody is attached nowhere.
    fn by_being_somewhere(&mut self) {
        if !self.found.is_empty() {
            return;
        }
        let nowhere_but_on_lists =
            |groups: &[Entitled]| groups.iter().all(|entitled| is_list(self.people, entitled.group));
        let mut nowhere = vec![];
        if nowhere_but_on_lists(&self.mine) {
            nowhere.push(Missing::NoStructure { person: self.me });
        }
        if let (Target::Person(person), true) = (self.target, nowhere_but_on_lists(&self.theirs)) {
            nowhere.push(Missing::NoStructure { person });
        }
        self.add(None, None, nowhere);
    }

    /// Returns where the rules of a group lead, and itself if its members reach each other.
    fn led_to(&self, from: GroupNo) -> Vec<GroupNo> {
        let rules = self.graph.rules_from(from).filter(|_| self.graph.uses(from)).map(|rule| rule.to);
        rules.chain(Some(from).filter(|group| self.graph.internal(self.people, *group))).collect()
    }

    /// Notes what is missing on the way from one group to another, besides `missing`.
    fn look_at(&mut self, from: Entitled, to: Entitled, mut missing: Vec<Missing>) {
        let Some(more) = self.on_the_way(from.group, to.group) else { return };
        missing.extend(more);
        missing.extend(from.but.into_iter().chain(to.but).flat_map(|late| Missing::late(self.people, late)));
        if let Target::Group(group) = self.target {
            // The group that the one looked for is nested in leads to it only while somebody is in both.
            let ends = [group, to.group].into_iter().filter(|end| *end != from.group);
            missing.extend(ends.filter_map(|end| self.empty(end)));
        }
        self.add(Some(from.group), Some(to.group), missing);
    }

    /// Returns what is missing between two groups; none if that can never lead there.
    fn on_the_way(&self, from: GroupNo, to: GroupNo) -> Option<Vec<Missing>> {
        let (graph, people, one_by_one) = (self.graph, self.people, self.one_by_one());
        if is_list(people, to) && (one_by_one || from == to) {
            return None;
        }
        if from == to {
            return Some(self.inside(from).into_iter().collect());
        }
        if graph.rules_from(from).any(|rule| rule.to == to) {
            let uses = (!graph.uses(from)).then_some(Missing::DoesNotUse { group: from });
            let exposes = (one_by_one && !graph.exposes(to)).then_some(Missing::DoesNotExpose { group: to });
            return Some(uses.into_iter().chain(exposes).collect());
        }
        if is_list(people, from) {
            // Being written to by a list gives no right to write.
            return None;
        }
        Some(vec![Missing::NoRule { from, to, one_by_one }])
    }

    /// Returns what is missing that members of a group reach each other.
    fn inside(&self, group: GroupNo) -> Option<Missing> {
        let (graph, people) = (self.graph, self.people);
        if graph.internal(people, group) {
            return None;
        }
        if graph.is_waiting(people, group) {
            return Some(Missing::waiting(group));
        }
        let structure = people.group_row(group).map(|row| row.structure);
        let both = structure.filter(|_| graph.uses(group) && graph.exposes(group));
        Some(
            both.map_or(Missing::NotInternal { group }, |structure| Missing::NotImplied { group, structure }),
        )
    }

    /// Returns what is missing that somebody were in a group; none if no attachment would put them there.
    fn to_join(&self, person: PersonNo, group: GroupNo) -> Option<Vec<Missing>> {
        let (row, people) = (self.people.group_row(group)?, self.people);
        let profile = people.person(person)?.profile;
        match &row.kind {
            GroupKind::Class(class, of) if *of == profile && people.is_open(row.structure, *class) => {
                let missing =
                    |person| Missing::NotInClass { person, structure: row.structure, class: *class };
                self.through_a_place(person, row.structure, missing)
            }
            GroupKind::Teaching(_) if matches!(profile, Profile::Student | Profile::Teacher) => {
                self.through_a_place(person, row.structure, |person| Missing::NotInGroup { person, group })
            }
            GroupKind::Teaching(_)
            | GroupKind::Class(..)
            | GroupKind::Profile(_)
            | GroupKind::HeadTeacher(_)
            | GroupKind::Direction
            | GroupKind::Function(_)
            | GroupKind::Discipline(_)
            | GroupKind::Subject(_)
            | GroupKind::Level(..)
            | GroupKind::Free(_)
            | GroupKind::BroadcastList(_) => None,
        }
    }

    /// Returns what is missing of somebody who is in no class of a structure; none if they are in one.
    fn in_no_class(
        &self,
        person: PersonNo,
        structure: StructureNo,
        class: domain::ClassId,
    ) -> Option<Vec<Missing>> {
        let in_none = |(_, attachment): (_, &Attachment)| attachment.classes.is_empty();
        let place = self.people.whose_place(person, structure);
        place.is_none_or(in_none).then_some(())?;
        let class = Some(class);
        self.through_a_place(person, structure, |person| Missing::NoClass { person, structure, class })
    }

    /// Returns what is missing of whoever's attachment to a structure puts somebody there, and the attachment itself
    /// where it is not in force.
    fn through_a_place(
        &self,
        person: PersonNo,
        structure: StructureNo,
        missing: impl FnOnce(PersonNo) -> Missing,
    ) -> Option<Vec<Missing>> {
        let (people, row) = (self.people, self.people.person(person)?);
        if row.profile == Profile::Guest {
            return None;
        }
        if row.profile == Profile::Relative && row.children.is_empty() {
            return row.attachment(structure).map(|_| vec![Missing::NoChild { relative: person }]);
        }
        let (whose, attachment) = people.whose_place(person, structure)?;
        let late = people.late(whose, attachment).into_iter().flat_map(|late| Missing::late(people, late));
        Some(late.chain([missing(whose)]).collect())
    }

    /// Returns that nobody is in a group; an asker whose account is barred would be, were it not.
    fn empty(&self, group: GroupNo) -> Option<Missing> {
        let members = self.people.members(group).is_some_and(|members| !members.is_empty());
        let me = self.mine.iter().any(|mine| mine.group == group && mine.but.is_none());
        (!members && !me).then_some(Missing::Empty { group })
    }

    fn add(&mut self, from: Option<GroupNo>, to: Option<GroupNo>, mut missing: Vec<Missing>) {
        missing.extend_from_slice(&self.always);
        missing.sort_unstable();
        missing.dedup();
        if !missing.is_empty() {
            self.found.push(Miss { from, to, missing });
        }
    }

    /// What can be mended comes before what cannot, then the fewest changes, then changes of people before changes of
    /// rules, rules between groups from which rules start before those that are targets alone, then what opens fewer
    /// people to fewer.
    fn ranked(mut self) -> Vec<Miss> {
        let (graph, people) = (self.graph, self.people);
        let count = |group: Option<GroupNo>| {
            let members = group.and_then(|group| people.members(group));
            members.map_or(1, roaring::RoaringBitmap::len)
        };
        self.found.sort_by_cached_key(|miss| {
            let mended = miss.missing.iter().all(|missing| !Fix::of(graph, people, *missing).is_empty());
            let rank = miss.missing.iter().map(rank).max();
            let targets_only = is_new_rule(miss) && ends(miss).any(|group| !may_lead(people, group));
            let opened = count(miss.from).saturating_mul(count(miss.to));
            let wide = ends(miss).filter(|group| is_wide(people, *group)).count();
            (Reverse(mended), miss.missing.len(), rank, targets_only, opened, wide, miss.from, miss.to)
        });
        let (mut told, mut new_rules): (Vec<Miss>, _) = (vec![], 0);
        for miss in self.found {
            if told.len() == MOST {
                break;
            }
            if told.iter().any(|other| other.missing == miss.missing) {
                continue;
            }
            if is_new_rule(&miss) {
                new_rules += 1;
                if new_rules > MOST_NEW_RULES {
                    continue;
                }
            }
            told.push(miss);
        }
        told
    }
}

fn is_new_rule(miss: &Miss) -> bool {
    miss.missing.iter().any(|missing| matches!(missing, Missing::NoRule { .. }))
}

fn ends(miss: &Miss) -> impl Iterator<Item = GroupNo> {
    [miss.from, miss.to].into_iter().flatten()
}

fn stands(entitled: &[Entitled], group: GroupNo) -> bool {
    entitled.binary_search_by_key(&group, |entitled| entitled.group).is_ok()
}

fn rank(missing: &Missing) -> u8 {
    match missing {
        Missing::Oneself
        | Missing::Blocked { .. }
        | Missing::Closed { .. }
        | Missing::Expired { .. }
        | Missing::Hidden { .. }
        | Missing::HiddenGroup { .. }
        | Missing::StructureClosed { .. } => 0,
        Missing::NotInForce(_) | Missing::WaitingForAcceptance { .. } => 1,
        Missing::NoStructure { .. }
        | Missing::NoChild { .. }
        | Missing::NoClass { .. }
        | Missing::NotInClass { .. }
        | Missing::NotInGroup { .. } => 2,
        Missing::DoesNotExpose { .. } | Missing::DoesNotUse { .. } => 3,
        Missing::NotInternal { .. } | Missing::NotImplied { .. } => 4,
        Missing::NoRule { .. } | Missing::NoRuleAtAll { .. } => 5,
        Missing::Empty { .. } | Missing::NotLinked { .. } => 6,
    }
}
