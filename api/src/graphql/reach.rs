//! Whom the caller may see and write to, and why (`communication.md` sections 3 and 8).
//!
//! Invariant: everybody asks from themselves, or from somebody whose record they administer, head or audit; and a miss
//! says nothing: unknown, hidden, blocked and out of reach are answered alike.

use async_graphql::connection::{Edge, OpaqueCursor};
use async_graphql::{Context, ID, Object, SimpleObject};
use domain::message::Witness;
use domain::{GroupId, PersonId};
use projections::World;
use projections::dense::{GroupNo, PersonNo};
use projections::graph::{Path as Found, Target};

use super::acting::Acting;
use super::common::{Global, Listed, Page, Position, Total, asks_for_total};
use super::groups::Group;
use super::names::Names;
use super::people::{Person, Profile, keep, page};
use crate::failure::{Failure, Result};
use crate::rights::{Right, Rights};

/// Whether the caller reaches somebody or a group, and by what.
#[derive(Debug, SimpleObject)]
pub struct Reachability {
    /// Whether the caller may see and write to them.
    reachable: bool,
    /// Every fact that allows it.
    paths: Vec<Path>,
}

/// One fact that allows it.
#[derive(Debug, SimpleObject)]
pub struct Path {
    /// For people, in the language of the request.
    text: String,
    /// The group of the caller it starts from; none for a family.
    from: Option<Group>,
    /// The group it ends at; none for a family.
    to: Option<Group>,
    /// The rule, if it is one.
    rule: Option<ID>,
    /// Where the log says so, for a rule.
    since: Option<Position>,
}

/// What can be asked about reach.
#[derive(Debug, Default)]
pub struct ReachQuery;

/// Queries.
#[Object]
impl ReachQuery {
    /// People the caller may write to, by name. Never the caller. Those whom somebody else may write to, `of`, for who
    /// administers, heads or audits them.
    async fn reach(
        &self,
        ctx: &Context<'_>,
        of: Option<ID>,
        profile: Option<Profile>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Listed<(u8, String, PersonId), Person>> {
        let asked = Page::read(first, after.as_deref(), None, None)?;
        let (acting, total) = (Acting::of(ctx)?, asks_for_total(ctx));
        acting.look(|world, rights| {
            let me = whose(&acting, world, rights, of.as_ref())?;
            let mut reach = world.graph.reach(&world.people, me);
            if let Some(profile) = profile {
                keep(&mut reach.people, world.people.of_profile(profile.into()));
            }
            page(world, rights, &reach, "", &asked, total)
        })
    }

    /// Groups the caller, or somebody else as with `reach`, may write to as groups, in the order in which they became
    /// known.
    async fn reach_groups(
        &self,
        ctx: &Context<'_>,
        of: Option<ID>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Listed<GroupId, Group>> {
        let asked = Page::read(first, after.as_deref(), None, None)?;
        let (acting, asks) = (Acting::of(ctx)?, asks_for_total(ctx));
        acting.look(|world, rights| {
            let me = whose(&acting, world, rights, of.as_ref())?;
            groups(&acting, world, me, &asked, asks)
        })
    }

    /// Whether the caller, or somebody else as with `reach`, reaches a person, or a group as a group, and every fact that
    /// allows it.
    async fn reachable(
        &self,
        ctx: &Context<'_>,
        of: Option<ID>,
        person: Option<ID>,
        group: Option<ID>,
    ) -> Result<Reachability> {
        let acting = Acting::of(ctx)?;
        let person = person.map(|id| PersonId::read(&id, "person")).transpose()?;
        let group = group.map(|id| GroupId::read(&id, "group")).transpose()?;
        if person.is_some() == group.is_some() {
            return Err(Failure::BadInput("person", "either `person` or `group`"));
        }
        let paths = acting.look(|world, rights| -> Result<Vec<_>> {
            let people = &world.people;
            let me = whose(&acting, world, rights, of.as_ref())?;
            let target = match (person, group) {
                (Some(person), _) => people.number(person).map(Target::Person),
                (None, group) => group.and_then(|group| people.group(group)).map(Target::Group),
            };
            let found = target.map(|target| world.graph.paths(people, me, target));
            Ok(found.into_iter().flatten().filter_map(|found| path(&acting, world, &found)).collect())
        })?;
        Ok(Reachability { reachable: !paths.is_empty(), paths })
    }
}

/// Returns whose reach is asked for: the caller's, or that of somebody whose record they may look at.
fn whose(acting: &Acting<'_>, world: &World, rights: &Rights, of: Option<&ID>) -> Result<PersonNo> {
    let Some(of) = of else {
        return world.people.number(acting.caller.person).ok_or(Failure::NotFound);
    };
    let person = PersonId::read(of, "of")?;
    if person == acting.caller.person {
        return world.people.number(person).ok_or(Failure::NotFound);
    }
    let seen = world.people.number(person).filter(|number| rights.sees(world, *number).is_some());
    let number = seen.ok_or(Failure::NotFound)?;
    let looks = rights.over(world, Right::Read, number).or_else(|| rights.over(world, Right::Audit, number));
    looks.map(|_| number).ok_or(Failure::Forbidden)
}

fn groups(
    acting: &Acting<'_>,
    world: &World,
    me: PersonNo,
    asked: &Page<GroupId>,
    asks: bool,
) -> Result<Listed<GroupId, Group>> {
    let Page::First(first, after) = asked else {
        return Err(Failure::BadInput("last", "this list is read from its beginning"));
    };
    let after =
        after.map(|id| world.people.group(id).ok_or(Failure::BadInput("after", "a cursor of this list")));
    let after = after.transpose()?;
    let reach = world.graph.reach(&world.people, me);
    let begin = after.map_or(0, |after| after.0.saturating_add(1));
    let mut rest = reach.groups.range(begin..).map(GroupNo);
    let page: Vec<_> = rest.by_ref().take(*first).collect();
    let total = Total { total_count: asks.then(|| reach.groups.len()) };
    let mut listed = Listed::with_additional_fields(after.is_some(), rest.next().is_some(), total);
    listed.edges.extend(page.into_iter().filter_map(|number| {
        let group = Group::of(acting.front, acting.caller.language, world, number)?;
        Some(Edge::new(OpaqueCursor(world.people.group_id(number)?), group))
    }));
    Ok(listed)
}

fn path(acting: &Acting<'_>, world: &World, found: &Found) -> Option<Path> {
    let (front, language) = (acting.front, acting.caller.language);
    let rule = match found.witness {
        Witness::Rule { rule, .. } => Some(rule.global()),
        Witness::Internal { .. } | Witness::Family { .. } | Witness::Link { .. } => None,
        // An answer is no path: it gives no right to write anew.
        Witness::Reply { .. } => return None,
    };
    let group = |number: Option<GroupNo>| number.and_then(|number| Group::of(front, language, world, number));
    Some(Path {
        text: Names { world, texts: &front.texts, language }.witness(found.witness),
        from: group(found.from),
        to: group(found.to),
        rule,
        since: found.since.map(|since| Position(since.position)),
    })
}
