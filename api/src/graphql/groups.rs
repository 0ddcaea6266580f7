//! Groups, their names, what they say about their members, and the rules that start at them.
//!
//! Invariant: facts, rules and how many members there are is for those who administer or head the structure; who
//! merely reaches a group knows its name.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use domain::group::{GroupKind as Kind, Profile as DomainProfile};
use domain::{GroupId, PersonId, StructureId};
use projections::{GroupNo, World};

use super::acting::Acting;
use super::common::{Global, Listed, Page};
use super::filled::shown::{self as filled, BroadcastList, GroupManager, GroupWarning};
use super::names::{Correspondent, Names};
use super::people::Profile;
use super::structure::Structure;
use crate::failure::Result;
use crate::front::Front;
use crate::texts::Language;

/// What a group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum GroupKind {
    /// People of a profile in a structure.
    Profile,
    /// People of a profile in a class.
    Class,
    /// The head teachers of a class.
    HeadTeacher,
    /// Holders of the direction function.
    Direction,
    /// Holders of a function.
    Function,
    /// Holders of a post discipline.
    Discipline,
    /// Who teaches a subject.
    Subject,
    /// Pupils of a level, or their relatives.
    Level,
    /// A teaching group.
    Teaching,
    /// A free group.
    Free,
    /// A broadcast list.
    BroadcastList,
}

/// One of the three things a group says about its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, serde::Serialize)]
#[graphql(remote = "domain::group::Fact")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Fact {
    /// Members may use the rules that start at the group.
    Uses,
    /// Members are reachable, one by one, by whoever reaches the group.
    Exposes,
    /// Members reach each other, and the group itself.
    Internal,
}

/// A group.
#[derive(Debug)]
pub struct Group {
    id: GroupId,
    number: GroupNo,
    structure: StructureId,
    kind: GroupKind,
    profile: Option<DomainProfile>,
    name: String,
}

/// What a group says about its members.
#[derive(Debug, SimpleObject)]
pub struct Facts {
    /// See [`Fact::Uses`].
    uses: bool,
    /// See [`Fact::Exposes`].
    exposes: bool,
    /// See [`Fact::Internal`].
    internal: bool,
    /// `internal` is implied and opens nobody until somebody accepts it.
    waiting_for_acceptance: bool,
}

/// A rule: members of one group reach another.
#[derive(Debug, SimpleObject)]
pub struct Rule {
    /// Opaque.
    id: ID,
    /// From this group.
    from: Group,
    /// To this group.
    to: Group,
    /// Whether a matrix gave it.
    by_matrix: bool,
}

impl Group {
    /// Returns a group as it is called in a language.
    pub fn of(front: &Front, language: Language, world: &World, number: GroupNo) -> Option<Self> {
        let row = world.people.group_row(number)?;
        let structure = world.people.structure(row.structure)?;
        let (kind, profile) = match &row.kind {
            Kind::Profile(profile) => (GroupKind::Profile, Some(*profile)),
            Kind::Class(_, profile) => (GroupKind::Class, Some(*profile)),
            Kind::Level(_, profile) => (GroupKind::Level, Some(*profile)),
            Kind::HeadTeacher(_) => (GroupKind::HeadTeacher, None),
            Kind::Direction => (GroupKind::Direction, None),
            Kind::Function(_) => (GroupKind::Function, None),
            Kind::Discipline(_) => (GroupKind::Discipline, None),
            Kind::Subject(_) => (GroupKind::Subject, None),
            Kind::Teaching(_) => (GroupKind::Teaching, None),
            Kind::Free(_) => (GroupKind::Free, None),
            Kind::BroadcastList(_) => (GroupKind::BroadcastList, None),
        };
        let name = Names { world, texts: &front.texts, language }.group_name(number)?;
        Some(Self { id: row.id, number, structure: structure.id, kind, profile, name })
    }
}

impl Group {
    /// Returns a group by id, unless the caller does not know of it.
    pub fn by_id(acting: &Acting<'_>, id: GroupId) -> Option<Self> {
        acting.look(|world, rights| {
            let number = world.people.group(id).filter(|number| rights.sees_group(world, *number))?;
            Self::of(acting.front, acting.caller.language, world, number)
        })
    }
}

impl Rule {
    /// Returns a rule, its groups as they are called in a language.
    pub fn of(
        front: &Front,
        language: Language,
        world: &World,
        rule: &projections::graph::Rule,
    ) -> Option<Self> {
        let group = |number| Group::of(front, language, world, number);
        Some(Self {
            id: rule.id.global(),
            from: group(rule.from)?,
            to: group(rule.to)?,
            by_matrix: rule.by_matrix,
        })
    }
}

/// A group.
#[Object]
impl Group {
    /// Opaque.
    pub async fn id(&self) -> ID {
        self.id.global()
    }

    /// For people, in the language of the request.
    async fn name(&self) -> &str {
        &self.name
    }

    /// What it is.
    async fn kind(&self) -> GroupKind {
        self.kind
    }

    /// The profile of its members, where its kind says one.
    async fn profile(&self) -> Option<Profile> {
        self.profile.map(Into::into)
    }

    /// Whose it is.
    async fn structure(&self, ctx: &Context<'_>) -> Result<Option<Structure>> {
        Ok(Acting::of(ctx)?.look(|world, _| Structure::by_id(world, self.structure)))
    }

    /// How many current members it has. For those who administer or head its structure.
    async fn member_count(&self, ctx: &Context<'_>) -> Result<Option<u64>> {
        self.inside(ctx, |world| world.people.members(self.number).map_or(0, roaring::RoaringBitmap::len))
    }

    /// Who is in it, in a fixed order. For those who administer or head its structure, those who manage it, and those who
    /// reach its members one by one because of it; null for others, so for everybody else of a broadcast list.
    async fn members(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<Listed<PersonId, Correspondent>>> {
        let (acting, page) = (Acting::of(ctx)?, Page::read(first, after.as_deref(), None, None)?);
        acting.look(|world, rights| filled::members(&acting, world, rights, self.number, &page))
    }

    /// Who manages a free group, the highest first. For those who administer or head its structure, and for managers.
    async fn managers(&self, ctx: &Context<'_>) -> Result<Option<Vec<GroupManager>>> {
        let acting = Acting::of(ctx)?;
        Ok(acting.look(|world, rights| {
            filled::managers(&acting, world, rights.looks(self.structure), self.number)
        }))
    }

    /// What it is as a broadcast list. For those who administer or head its structure.
    async fn broadcast_list(&self, ctx: &Context<'_>) -> Result<Option<BroadcastList>> {
        Ok(self.inside(ctx, |world| filled::list(world, self.number))?.flatten())
    }

    /// What whoever fills it should know. For those who administer or head its structure.
    async fn warnings(&self, ctx: &Context<'_>) -> Result<Option<Vec<GroupWarning>>> {
        let acting = Acting::of(ctx)?;
        self.inside(ctx, |world| filled::warnings(&acting, world, self.number))
    }

    /// What it says about its members. For those who administer or head its structure.
    async fn facts(&self, ctx: &Context<'_>) -> Result<Option<Facts>> {
        self.inside(ctx, |world| {
            let facts = world.graph.facts(&world.people, self.number);
            let implied = world.graph.implication(&world.people, self.number);
            let waiting_for_acceptance = !facts.internal && implied.is_some_and(|implied| implied.waiting);
            let (uses, exposes, internal) = (facts.uses, facts.exposes, facts.internal);
            Facts { uses, exposes, internal, waiting_for_acceptance }
        })
    }

    /// Whether a platform administrator hid it: nobody reaches it as a group. For those who administer or head its
    /// structure.
    async fn hidden(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        self.inside(ctx, |world| world.people.hidden_groups().contains(self.number.0))
    }

    /// Rules that start at it, oldest first. For those who administer or head its structure.
    async fn rules(&self, ctx: &Context<'_>) -> Result<Option<Vec<Rule>>> {
        let acting = Acting::of(ctx)?;
        self.inside(ctx, |world| {
            let rule = |rule| Rule::of(acting.front, acting.caller.language, world, rule);
            world.graph.rules_from(self.number).filter_map(rule).collect()
        })
    }
}

impl Group {
    fn inside<T>(&self, ctx: &Context<'_>, look: impl FnOnce(&World) -> T) -> Result<Option<T>> {
        Ok(Acting::of(ctx)?.look(|world, rights| {
            rights.looks(self.structure).then_some(())?;
            Some(look(world))
        }))
    }
}
