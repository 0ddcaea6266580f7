//! Why somebody reaches a person or a group, or what is missing (`communication.md` section 8).
//!
//! Invariant: who may only ask from themselves is told of a miss what is about themselves and nothing else. That answer
//! is made before it is known whom they asked for, so it is the same for a blocked, a hidden and an unknown person.

pub mod events;
pub mod previewed;
pub mod shown;
pub mod words;

use async_graphql::{Context, ID, Object};
use domain::{GroupId, PersonId};
use projections::graph::Target;
use projections::graph::explain::{Explanation, Missing, Route};
use projections::{PersonNo, World};

use super::acting::Acting;
use super::common::{Global, opened};
use super::messaging::names;
use crate::failure::{Failure, Result};
use crate::rights::{Right, Rights};
use events::Needed;
use previewed::Previews;
use shown::ReachExplanation;
use words::Words;

/// What can be asked about why.
#[derive(Debug, Default)]
pub struct ExplainQuery;

/// Queries.
#[Object]
impl ExplainQuery {
    /// Why somebody reaches a person or a group, or what is missing that they do and who may change it. The caller asks
    /// from themselves, where `from` is left out; who administers, heads or audits both ends asks for anybody.
    async fn explain_reach(&self, ctx: &Context<'_>, from: Option<ID>, to: ID) -> Result<ReachExplanation> {
        let acting = Acting::of(ctx)?;
        let from = from.map(|id| PersonId::read(&id, "from")).transpose()?;
        let (from, to) = (from.unwrap_or(acting.caller.person), End::read(&to)?);
        let told = acting.look(|world, rights| told(&acting, world, rights, from, to))?;
        let needed = acting.look(|world, _| Needed::of(world, told.routes()));
        let (origins, links) = needed.read(&acting.front.node, acting.until()).await?;
        let previews = if asks_for_previews(ctx) { previews(&acting, &told) } else { Previews::default() };
        Ok(acting.look(|world, _| {
            let (origins, links, previews) = (&origins, &links, &previews);
            let words = Words { names: names(&acting, world), origins, links, previews };
            match &told {
                Told::Whole(me, target, all) => ReachExplanation::whole(&words, *me, *target, all),
                Told::Oneself(missing) => ReachExplanation::of_oneself(&words, missing),
            }
        }))
    }
}

/// Whom or what somebody asks for.
#[derive(Debug, Clone, Copy)]
enum End {
    Person(PersonId),
    Group(GroupId),
}

impl End {
    fn read(id: &ID) -> Result<Self> {
        match opened(id).map(|(kind, _)| kind).as_deref() {
            Some(PersonId::KIND) => PersonId::read(id, "to").map(Self::Person),
            Some(GroupId::KIND) => GroupId::read(id, "to").map(Self::Group),
            _ => Err(Failure::BadInput("to", "the id of a person or of a group")),
        }
    }

    fn find(self, world: &World) -> Option<Target> {
        let people = &world.people;
        match self {
            Self::Person(id) => {
                people.number(id).filter(|number| people.person(*number).is_some()).map(Target::Person)
            }
            Self::Group(id) => people.group(id).map(Target::Group),
        }
    }
}

/// What the caller may be told.
enum Told {
    Whole(PersonNo, Target, Explanation),
    Oneself(Vec<Missing>),
}

impl Told {
    fn routes(&self) -> &[Route] {
        match self {
            Self::Whole(_, _, all) => &all.routes,
            Self::Oneself(_) => &[],
        }
    }
}

fn told(acting: &Acting<'_>, world: &World, rights: &Rights, from: PersonId, to: End) -> Result<Told> {
    let (people, graph) = (&world.people, &world.graph);
    let me = people.number(from).filter(|number| people.person(*number).is_some());
    let target = to.find(world);
    if from == acting.caller.person {
        let me = me.ok_or(Failure::NotFound)?;
        let about = graph.about(people, me);
        let Some(target) = target else { return Ok(Told::Oneself(about)) };
        if in_scope(world, rights, Target::Person(me)) && in_scope(world, rights, target) {
            return Ok(Told::Whole(me, target, graph.explain(people, me, target)));
        }
        let routes = graph.routes(people, me, target);
        if routes.is_empty() {
            return Ok(Told::Oneself(about));
        }
        return Ok(Told::Whole(me, target, Explanation { routes, misses: vec![] }));
    }
    let me = me.filter(|number| rights.sees(world, *number).is_some()).ok_or(Failure::NotFound)?;
    let target = target.filter(|target| match target {
        Target::Person(person) => rights.sees(world, *person).is_some(),
        Target::Group(group) => rights.sees_group(world, *group),
    });
    if !in_scope(world, rights, Target::Person(me)) {
        return Err(Failure::Forbidden);
    }
    let target = target.ok_or(Failure::NotFound)?;
    if !in_scope(world, rights, target) {
        return Err(Failure::Forbidden);
    }
    Ok(Told::Whole(me, target, graph.explain(people, me, target)))
}

/// Returns whether the query asks what fixes would open.
fn asks_for_previews(ctx: &Context<'_>) -> bool {
    let fixes = ctx.look_ahead().field("misses").field("missing").field("fixes");
    fixes.field("preview").exists()
}

/// Returns what the fixes that are told would open. Each is looked at alone, so that no lock is held for long.
fn previews(acting: &Acting<'_>, told: &Told) -> Previews {
    let mut previews = Previews::default();
    if let Told::Whole(_, _, all) = told {
        for change in acting.look(|world, _| previewed::changes(world, all)) {
            acting.look(|world, rights| previews.add(world, change, |group| rights.sees_group(world, group)));
        }
    }
    previews
}

/// Returns whether the caller administers, heads or audits one end.
fn in_scope(world: &World, rights: &Rights, end: Target) -> bool {
    match end {
        Target::Person(person) => {
            let over = |right| rights.over(world, right, person).is_some();
            over(Right::Read) || over(Right::Audit)
        }
        Target::Group(group) => {
            let row = world.people.group_row(group).and_then(|row| world.people.structure(row.structure));
            row.is_some_and(|structure| rights.looks(structure.id))
        }
    }
}
