//! Counts what a change opens and closes: once for each set of groups, weighted by how many people are in it.
//!
//! Whoever is in the same groups reaches the same people but for their family and direct links, which no rule changes:
//! what these give anyway is taken off for the few people concerned.
//!
//! Invariant: the work grows with the groups and with the people who are in those touched, never with pairs.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use domain::group::Profile;
use roaring::RoaringBitmap;

use super::{GroupReach, Profiles};
use crate::dense::{GroupNo, PersonNo};
use crate::graph::Graph;
use crate::graph::reach::{Aim, Way, group_ways, has_members};
use crate::graph::says::Says;
use crate::people::People;

/// What is counted for one direction: opened, or closed.
#[derive(Debug, Default)]
pub(super) struct Weight {
    /// Ordered pairs, by the profiles of their ends.
    pub pairs: [[u64; 5]; 5],
    /// Who reaches somebody more, or less.
    pub who: RoaringBitmap,
    /// Who is reached by somebody more, or less.
    pub whom: RoaringBitmap,
    /// By how many people more, or less, a group is reached as a group.
    pub groups: BTreeMap<GroupNo, u64>,
}

/// People of one profile in the same groups.
struct Alike<'a> {
    profile: Profile,
    people: RoaringBitmap,
    /// Those of them who have a family or a direct link.
    related: Vec<PersonNo>,
    groups: Vec<GroupNo>,
    model: &'a People,
}

/// Returns what is opened and what is closed for these people between one state of the groups and another.
pub(super) fn weigh(
    graph: &Graph,
    after: &impl Says,
    people: &People,
    looked_at: &RoaringBitmap,
) -> (Weight, Weight) {
    let (mut opened, mut closed) = (Weight::default(), Weight::default());
    for alike in alike(graph, after, people, looked_at) {
        let (was, will) = (ends(graph, people, &alike.groups), ends(after, people, &alike.groups));
        opened.add(graph, &alike, &was, &will);
        closed.add(graph, &alike, &will, &was);
    }
    (opened, closed)
}

/// Where the ways of some groups end, and whether they lead to the members one by one.
type Ends = BTreeMap<GroupNo, bool>;

fn ends(says: &impl Says, people: &People, mine: &[GroupNo]) -> Ends {
    let mut ends = Ends::new();
    let _ = group_ways(says, people, mine, Aim::Everything, |way| {
        if let Way::Group { to, one_by_one, .. } = way {
            *ends.entry(to).or_default() |= one_by_one;
        }
        ControlFlow::<()>::Continue(())
    });
    ends
}

/// Sorts people by profile and by those of their groups that lead anywhere, before or after.
fn alike<'a>(
    graph: &Graph,
    after: &impl Says,
    people: &'a People,
    looked_at: &RoaringBitmap,
) -> Vec<Alike<'a>> {
    let mut leads: HashMap<GroupNo, bool> = HashMap::new();
    let mut places: HashMap<(Profile, Vec<GroupNo>), usize> = HashMap::new();
    let mut sorted: Vec<Alike<'a>> = vec![];
    for me in looked_at.iter().map(PersonNo) {
        let Some(row) = people.person(me) else { continue };
        let mine = people.memberships(me).iter().copied().filter(|group| {
            *leads.entry(*group).or_insert_with(|| {
                leads_somewhere(graph, people, *group) || leads_somewhere(after, people, *group)
            })
        });
        let key = (row.profile, mine.collect::<Vec<_>>());
        let place = *places.entry(key).or_insert_with_key(|(profile, groups)| {
            let (people_of, related, groups) = (RoaringBitmap::new(), vec![], groups.clone());
            sorted.push(Alike { profile: *profile, people: people_of, related, groups, model: people });
            sorted.len() - 1
        });
        sorted[place].people.insert(me.0);
        if !row.children.is_empty() || !people.relatives(me).is_empty() || !graph.links(me).is_empty() {
            sorted[place].related.push(me);
        }
    }
    sorted
}

fn leads_somewhere(says: &impl Says, people: &People, group: GroupNo) -> bool {
    says.uses(group) || says.internal(people, group)
}

impl Weight {
    /// Adds what people who are alike reach by `new` and did not by `old`.
    fn add(&mut self, graph: &Graph, alike: &Alike<'_>, old: &Ends, new: &Ends) {
        self.add_groups(alike, old, new);
        let mut reached = RoaringBitmap::new();
        let members = |group: GroupNo| alike.model.members(group);
        let fresh = new.iter().filter(|(group, one)| **one && old.get(group) != Some(&true));
        for members in fresh.filter_map(|(group, _)| members(*group)) {
            reached |= members;
        }
        reached -= alike.model.hidden();
        for members in old.iter().filter(|(_, one)| **one).filter_map(|(group, _)| members(*group)) {
            if reached.is_empty() {
                return;
            }
            reached -= members;
        }
        if !reached.is_empty() {
            self.add_people(graph, alike, &reached);
        }
    }

    fn add_people(&mut self, graph: &Graph, alike: &Alike<'_>, reached: &RoaringBitmap) {
        let own = index(alike.profile);
        let each = alike.people.len();
        for (profile, pairs) in Profile::ALL.into_iter().zip(&mut self.pairs[own]) {
            let of_it = alike.model.of_profile(profile);
            *pairs += each * of_it.map_or(0, |those| reached.intersection_len(those));
        }
        self.pairs[own][own] -= alike.people.intersection_len(reached);
        // Whom somebody's family is, is reached anyway: by how many of those alike, for each who is reached.
        let mut anyway: HashMap<u32, u64> = HashMap::new();
        let mut without = RoaringBitmap::new();
        for me in alike.related.iter().copied() {
            let mut spared = u64::from(reached.contains(me.0));
            for other in family(graph, alike.model, me).iter().filter(|other| reached.contains(*other)) {
                if let Some(row) = alike.model.person(PersonNo(other)) {
                    self.pairs[own][index(row.profile)] -= 1;
                }
                *anyway.entry(other).or_default() += 1;
                spared += 1;
            }
            if spared == reached.len() {
                without.insert(me.0);
            }
        }
        // Nobody reaches themselves: who is the only one reached gains nothing by it.
        if reached.len() == 1 {
            without |= &alike.people & reached;
        }
        let nobody_else = |other: u32| {
            let themselves = u64::from(alike.people.contains(other));
            anyway.get(&other).copied().unwrap_or_default() + themselves == each
        };
        self.who |= &alike.people - without;
        if each == 1 {
            self.whom.extend(reached.iter().filter(|other| !nobody_else(*other)));
        } else {
            let none: RoaringBitmap = anyway.keys().copied().filter(|other| nobody_else(*other)).collect();
            self.whom |= reached - none;
        }
    }

    fn add_groups(&mut self, alike: &Alike<'_>, old: &Ends, new: &Ends) {
        let fresh: Vec<_> = new.keys().filter(|group| !old.contains_key(group)).copied().collect();
        if fresh.is_empty() {
            return;
        }
        let with_nested = |groups: &mut dyn Iterator<Item = GroupNo>| {
            let mut all = RoaringBitmap::new();
            for group in groups {
                all.insert(group.0);
                let nested = alike.model.nested(group).iter();
                all.extend(nested.filter(|group| has_members(alike.model, **group)).map(|group| group.0));
            }
            all
        };
        let was = with_nested(&mut old.keys().copied());
        for group in with_nested(&mut fresh.into_iter()) - was - alike.model.hidden_groups() {
            *self.groups.entry(GroupNo(group)).or_default() += alike.people.len();
        }
    }

    /// Returns the pairs that are not none, in the order of [`Profile::ALL`].
    pub fn profiles(&self) -> Vec<Profiles> {
        let ends =
            Profile::ALL.into_iter().flat_map(|from| Profile::ALL.into_iter().map(move |to| (from, to)));
        let pairs = ends.map(|(from, to)| Profiles { from, to, pairs: self.pairs[index(from)][index(to)] });
        pairs.filter(|profiles| profiles.pairs > 0).collect()
    }

    /// Returns the groups, in the order in which they became known.
    pub fn reached_groups(&self) -> Vec<GroupReach> {
        self.groups.iter().map(|(group, people)| GroupReach { group: *group, people: *people }).collect()
    }
}

/// Returns whom somebody reaches because they are their family, or by a direct link.
fn family(graph: &Graph, people: &People, me: PersonNo) -> RoaringBitmap {
    let mut family = RoaringBitmap::new();
    let _ = graph.own_ways(people, me, Aim::Everything, |way| {
        if let Way::Family { to, .. } | Way::Link { to, .. } = way {
            family.insert(to.0);
        }
        ControlFlow::<()>::Continue(())
    });
    family.remove(me.0);
    family
}

fn index(profile: Profile) -> usize {
    match profile {
        Profile::Teacher => 0,
        Profile::Staff => 1,
        Profile::Student => 2,
        Profile::Relative => 3,
        Profile::Guest => 4,
    }
}
