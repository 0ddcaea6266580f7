//! Who is in a group, who manages it and what its criteria are, as far as the caller may see; what whoever fills it
//! should know.
//!
//! Invariants: members are for those who administer, head or audit the structure of the group, those who manage it, and
//! those who reach them one by one because the group exposes them or its members reach each other; so those of a
//! broadcast list are for the first alone. Managers are for the first and for managers.

use async_graphql::connection::{Edge, OpaqueCursor};
use async_graphql::{Enum, SimpleObject};
use domain::group::Profile as DomainProfile;
use domain::{PersonId, StructureId};
use projections::people::Roster;
use projections::{GroupNo, PersonNo, World};

use crate::failure::{Failure, Result};
use crate::graphql::acting::Acting;
use crate::graphql::common::{Listed, Page, Total};
use crate::graphql::messaging::names;
use crate::graphql::names::Correspondent;
use crate::graphql::people::Profile;
use crate::graphql::structure::Structure;
use crate::rights::Rights;

/// What whoever fills or names a group should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum GroupWarningKind {
    /// No rule ends at the group and its members do not reach each other: nobody can write to it.
    ReachedByNobody,
    /// No rule ends at the group: nobody but its members can write to it.
    ReachedByMembersAlone,
    /// Several students or relatives are in the group, and its members reach each other.
    OpensMembers,
}

/// What whoever fills a group should know.
#[derive(Debug, Clone, SimpleObject)]
pub struct GroupWarning {
    /// Stable, for programs.
    kind: GroupWarningKind,
    /// For people, in the language of the request.
    message: String,
}

/// Somebody who manages a group.
#[derive(Debug, SimpleObject)]
pub struct GroupManager {
    /// Who.
    person: Correspondent,
    /// The manager above them; null for the highest.
    under: Option<Correspondent>,
}

/// Who is in a broadcast list without being put there.
#[derive(Debug, SimpleObject)]
pub struct ListCriteria {
    /// People of these structures; of any if none is named.
    structures: Vec<Structure>,
    /// Codes of functions, one of which they hold there; any or none if none is named.
    functions: Vec<String>,
}

/// What a broadcast list is.
#[derive(Debug, SimpleObject)]
pub struct BroadcastList {
    /// The profile of everybody in it.
    profile: Profile,
    /// Who is in it without being put there; nobody if null.
    criteria: Option<ListCriteria>,
    /// How many were put in by hand.
    by_hand: u64,
}

/// Returns who alone reaches a group filled by hand, if no rule ends there.
pub fn ruleless(world: &World, group: GroupNo) -> Option<GroupWarningKind> {
    world.people.roster(group)?;
    if world.graph.rules_to(group).next().is_some() {
        return None;
    }
    let internal = world.graph.facts(&world.people, group).internal;
    Some(if internal { GroupWarningKind::ReachedByMembersAlone } else { GroupWarningKind::ReachedByNobody })
}

/// Returns what whoever fills a group should know; nothing of one that is not filled by hand.
pub fn warnings(acting: &Acting<'_>, world: &World, group: GroupNo) -> Vec<GroupWarning> {
    if world.people.roster(group).is_none() {
        return vec![];
    }
    let opens = world.graph.facts(&world.people, group).internal && protected(world, group) > 1;
    let opens = opens.then_some(GroupWarningKind::OpensMembers);
    let shown = |kind| {
        let code = match kind {
            GroupWarningKind::ReachedByNobody => "members.reached-by-nobody",
            GroupWarningKind::ReachedByMembersAlone => "members.reached-by-members-alone",
            GroupWarningKind::OpensMembers => "members.open-each-other",
        };
        GroupWarning { kind, message: names(acting, world).say(code) }
    };
    ruleless(world, group).into_iter().chain(opens).map(shown).collect()
}

/// Returns how many students and relatives are in a group now.
fn protected(world: &World, group: GroupNo) -> u64 {
    let of_profile =
        |profile| Some(world.people.of_profile(profile)?.intersection_len(world.people.members(group)?));
    [DomainProfile::Student, DomainProfile::Relative].into_iter().filter_map(of_profile).sum()
}

/// Returns a page of the members of a group, in a fixed order; none if the caller may not know who is in it.
pub fn members(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    group: GroupNo,
    page: &Page<PersonId>,
) -> Result<Option<Listed<PersonId, Correspondent>>> {
    let Page::First(first, after) = page else {
        return Err(Failure::BadInput("last", "this list is read from its beginning"));
    };
    if !rights.sees_members(world, group) && !manages(acting, world, group) {
        return Ok(None);
    }
    let Some(members) = world.people.members(group) else { return Ok(None) };
    let known =
        |id: &PersonId| world.people.number(*id).ok_or(Failure::BadInput("after", "a cursor of this list"));
    let after = after.as_ref().map(known).transpose()?;
    let mut rest = members.range(after.map_or(0, |after| after.0.saturating_add(1))..).map(PersonNo);
    let shown: Vec<_> = rest.by_ref().take(*first).collect();
    let total = Total { total_count: Some(members.len()) };
    let mut listed = Listed::with_additional_fields(after.is_some(), rest.next().is_some(), total);
    listed.edges.extend(shown.into_iter().filter_map(|number| {
        let cursor = OpaqueCursor(world.people.id(number)?);
        Some(Edge::new(cursor, names(acting, world).person(number)))
    }));
    Ok(Some(listed))
}

/// Returns who manages a free group, the highest first; none if the caller may not know.
pub fn managers(
    acting: &Acting<'_>,
    world: &World,
    looks: bool,
    group: GroupNo,
) -> Option<Vec<GroupManager>> {
    let roster = world.people.roster(group).filter(|roster| roster.list.is_none())?;
    if !looks && !manages(acting, world, group) {
        return None;
    }
    let mut all: Vec<_> = roster.managers.iter().collect();
    all.sort_by_key(|(person, _)| (depth(roster, **person), **person));
    let names = names(acting, world);
    let shown = |(person, under): (&PersonNo, &Option<PersonNo>)| GroupManager {
        person: names.person(*person),
        under: under.map(|under| names.person(under)),
    };
    Some(all.into_iter().map(shown).collect())
}

/// Returns what a broadcast list is; none for another group.
pub fn list(world: &World, group: GroupNo) -> Option<BroadcastList> {
    let roster = world.people.roster(group)?;
    let list = roster.list.as_ref()?;
    let criteria = list.matching.as_ref().map(|matching| {
        let id = |number| world.people.structure(number).map(|row| row.id);
        let structures = matching.structures.iter().copied().filter_map(id);
        let structures = structures.filter_map(|id: StructureId| Structure::by_id(world, id));
        ListCriteria {
            structures: structures.collect(),
            functions: matching.functions.iter().map(ToString::to_string).collect(),
        }
    });
    Some(BroadcastList { profile: list.profile.into(), criteria, by_hand: roster.added.len() })
}

/// Whether the caller manages a group now: an account that is barred does nothing.
fn manages(acting: &Acting<'_>, world: &World, group: GroupNo) -> bool {
    let me = world.people.number(acting.caller.person).filter(|me| !world.people.is_barred(*me));
    me.zip(world.people.roster(group)).is_some_and(|(me, roster)| roster.managers.contains_key(&me))
}

/// Returns how many managers are above one.
fn depth(roster: &Roster, person: PersonNo) -> usize {
    roster.managers.keys().filter(|above| roster.is_below(person, **above)).count()
}
