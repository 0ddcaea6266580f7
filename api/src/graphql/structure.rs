//! Structures and their classes.
//!
//! Invariant: everybody signed in may know the name and the code of a structure; what it is made of is for those who
//! administer or head it. Others see their own classes.

use std::collections::BTreeMap;

use async_graphql::connection::{Edge, OpaqueCursor};
use async_graphql::{Context, Enum, ID, Object, SimpleObject};
use domain::group::GroupKind;
use domain::label::Uai;
use domain::{ClassId, GroupId, StructureId};
use projections::World;
use projections::dense::{PersonNo, StructureNo};
use projections::people::Structure as Row;

use super::acting::Acting;
use super::common::{Day, Global, Instant, Listed, Page, Total, asks_for_total};
use super::groups::Group;
use super::messaging::names;
use super::names::NamedGroup;
use super::people::Profile;
use super::recipes::{self, StructureMatrix, StructureRecipe};
use super::timetable::{self, Closure, Period};
use crate::failure::{Failure, Result};
use crate::rights::Rights;

/// A structure: what of it everybody may know, and the way to the rest.
#[derive(Debug)]
pub struct Structure {
    id: StructureId,
    uai: Option<Uai>,
    name: String,
}

/// A class.
#[derive(Debug, SimpleObject, serde::Serialize)]
pub struct Class {
    /// Opaque.
    id: ID,
    /// Its name, unique in its structure.
    name: String,
}

/// Whether `uses` and `exposes` together imply `internal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, serde::Serialize)]
#[graphql(remote = "domain::group::InternalPolicy")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InternalPolicy {
    /// They do.
    Implied,
    /// `internal` only where it was granted.
    Explicit,
}

/// What keeps a profile out of a structure.
#[derive(Debug, SimpleObject)]
pub struct Access {
    /// The profile.
    profile: Profile,
    /// The first day they may enter, if one was set.
    opens: Option<Day>,
    /// Whether they are blocked.
    blocked: bool,
    /// When the block ends by itself.
    blocked_until: Option<Instant>,
}

/// As the schema shows it, for the command line.
impl serde::Serialize for Structure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut fields = serializer.serialize_struct("Structure", 3)?;
        fields.serialize_field("id", &self.id.global())?;
        fields.serialize_field("uai", &self.uai)?;
        fields.serialize_field("name", &self.name)?;
        fields.end()
    }
}

impl Structure {
    /// Returns a structure.
    pub fn of(row: &Row) -> Self {
        Self { id: row.id, uai: row.uai, name: row.name.to_string() }
    }

    /// Returns the structure of an id.
    pub fn by_id(world: &World, id: StructureId) -> Option<Self> {
        world.people.structure(world.people.structure_no(id)?).map(Self::of)
    }

    /// Reads what only those who administer or head the structure may see; none for others.
    fn inside<T>(
        &self,
        ctx: &Context<'_>,
        look: impl FnOnce(&World, &Row, StructureNo) -> T,
    ) -> Result<Option<T>> {
        Ok(Acting::of(ctx)?.look(|world, rights| {
            rights.looks(self.id).then_some(())?;
            let number = world.people.structure_no(self.id)?;
            Some(look(world, world.people.structure(number)?, number))
        }))
    }

    /// Reads what those who belong to the structure may see too; none for others.
    fn hours<T>(&self, ctx: &Context<'_>, look: impl FnOnce(&Row) -> T) -> Result<Option<T>> {
        let acting = Acting::of(ctx)?;
        Ok(acting.look(|world, rights| {
            let number = world.people.structure_no(self.id)?;
            let me = world.people.person_by_id(acting.caller.person);
            let mine = me.and_then(|me| me.attachment(number));
            let belongs = mine.is_some_and(|attachment| world.people.in_force(attachment));
            (belongs || rights.looks(self.id)).then_some(())?;
            world.people.structure(number).map(look)
        }))
    }
}

/// A structure.
#[Object]
impl Structure {
    /// Opaque.
    pub async fn id(&self) -> ID {
        self.id.global()
    }

    /// Its code; an office may have none.
    async fn uai(&self) -> Option<&str> {
        self.uai.as_ref().map(Uai::as_str)
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.name
    }

    /// Open classes: all of them for those who administer or head the structure, their own for others.
    async fn classes(&self, ctx: &Context<'_>) -> Result<Vec<Class>> {
        let acting = Acting::of(ctx)?;
        Ok(acting.look(|world, rights| {
            let row = |number| world.people.structure(number);
            let Some(number) = world.people.structure_no(self.id) else { return vec![] };
            let mut shown: Vec<ClassId> = if rights.looks(self.id) {
                row(number).map(|row| row.classes.keys().copied().collect()).unwrap_or_default()
            } else {
                let me = world.people.number(acting.caller.person);
                let mine = me.map(|me| world.people.classes(me)).unwrap_or_default();
                mine.into_iter().filter(|(of, _)| *of == number).map(|(_, class)| class).collect()
            };
            shown.dedup();
            let classes =
                row(number).into_iter().flat_map(|row| shown.iter().map(move |id| Class::of(row, *id)));
            let mut classes: Vec<_> = classes.flatten().collect();
            classes.sort_by(|one, other| one.name.cmp(&other.name));
            classes
        }))
    }

    /// The structure above it. For those who administer or head this one.
    async fn parent(&self, ctx: &Context<'_>) -> Result<Option<Self>> {
        let parent = |world: &World, row: &Row, _| {
            row.parent.and_then(|parent| world.people.structure(parent)).map(Self::of)
        };
        Ok(self.inside(ctx, parent)?.flatten())
    }

    /// Whether it is closed: nobody is in its groups. For those who administer or head it.
    async fn closed(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        self.inside(ctx, |_, row, _| row.closed)
    }

    /// For those who administer or head it.
    async fn internal_policy(&self, ctx: &Context<'_>) -> Result<Option<InternalPolicy>> {
        self.inside(ctx, |_, row, _| row.policy.into())
    }

    /// The matrix it has, recipes apart. For those who administer or head it.
    async fn matrix(&self, ctx: &Context<'_>) -> Result<Option<StructureMatrix>> {
        match self.inside(ctx, |_, _, number| number)? {
            Some(number) => recipes::matrix(&Acting::of(ctx)?, number).await,
            None => Ok(None),
        }
    }

    /// The recipes it took, in that order. For those who administer or head it.
    async fn recipes(&self, ctx: &Context<'_>) -> Result<Option<Vec<StructureRecipe>>> {
        match self.inside(ctx, |_, _, number| number)? {
            Some(number) => recipes::recipes(&Acting::of(ctx)?, number).await.map(Some),
            None => Ok(None),
        }
    }

    /// What keeps profiles out, one line for each that is. For those who administer or head it.
    async fn access(&self, ctx: &Context<'_>) -> Result<Option<Vec<Access>>> {
        self.inside(ctx, |_, row, _| {
            let mut lines = BTreeMap::new();
            let line = |profile: domain::group::Profile| Access {
                profile: profile.into(),
                opens: None,
                blocked: false,
                blocked_until: None,
            };
            for (profile, opens) in &row.windows {
                lines.entry(*profile).or_insert_with(|| line(*profile)).opens = Some(Day(*opens));
            }
            for (profile, until) in &row.blocks {
                let line = lines.entry(*profile).or_insert_with(|| line(*profile));
                (line.blocked, line.blocked_until) = (true, until.map(Instant));
            }
            lines.into_values().collect()
        })
    }

    /// The periods of its day, in their order. For those who belong to it, administer or head it.
    async fn periods(&self, ctx: &Context<'_>) -> Result<Option<Vec<Period>>> {
        self.hours(ctx, timetable::periods)
    }

    /// When it is closed and when it was, in the order of beginnings. For those who belong to it, administer or head
    /// it.
    async fn closures(&self, ctx: &Context<'_>) -> Result<Option<Vec<Closure>>> {
        self.hours(ctx, timetable::closures)
    }

    /// Its groups of all people of a profile. For those who administer or head a structure, this one or another: what
    /// they may not change they may ask for.
    async fn profile_groups(&self, ctx: &Context<'_>) -> Result<Option<Vec<NamedGroup>>> {
        let acting = Acting::of(ctx)?;
        Ok(acting.look(|world, rights| {
            rights.asks_for_rules()?;
            let of = |profile| world.people.group(GroupKind::Profile(profile).id(self.id));
            let groups = domain::group::Profile::ALL.into_iter().filter_map(of);
            Some(groups.map(|group| names(&acting, world).group(group)).collect())
        }))
    }

    /// Its groups with their facts and rules, in the order in which they became known. For those who administer or
    /// head it.
    async fn groups(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<Listed<GroupId, Group>>> {
        let page = Page::read(first, after.as_deref(), None, None)?;
        let (acting, asks) = (Acting::of(ctx)?, asks_for_total(ctx));
        let listed = self.inside(ctx, |world, _, number| {
            let known = world.people.groups_of(number);
            let Page::First(first, after) = page else {
                return Err(Failure::BadInput("last", "this list is read from its beginning"));
            };
            let place = |after: GroupId| {
                let number = world.people.group(after);
                let place = number.and_then(|number| known.iter().position(|group| *group == number));
                place.ok_or(Failure::BadInput("after", "a cursor that this list gave"))
            };
            let begin = after.map(place).transpose()?.map_or(0, |after| after + 1);
            let end = begin.saturating_add(first).min(known.len());
            let total = Total { total_count: asks.then_some(known.len() as u64) };
            let mut listed = Listed::with_additional_fields(begin > 0, end < known.len(), total);
            listed.edges.extend(known[begin..end].iter().filter_map(|number| {
                let group = Group::of(acting.front, acting.caller.language, world, *number)?;
                Some(Edge::new(OpaqueCursor(world.people.group_id(*number)?), group))
            }));
            Ok(listed)
        })?;
        listed.transpose()
    }
}

impl Class {
    /// Returns an open class of a structure.
    pub fn of(structure: &Row, class: ClassId) -> Option<Self> {
        let row = structure.classes.get(&class).filter(|row| row.open)?;
        Some(Self { id: class.global(), name: row.name.to_string() })
    }
}

/// Returns the classes a person is in today, those of their children for a relative, by name.
pub fn classes_of(world: &World, person: PersonNo) -> Vec<Class> {
    let classes = world.people.classes(person).into_iter();
    let shown = classes.filter_map(|(structure, class)| Class::of(world.people.structure(structure)?, class));
    let mut shown: Vec<_> = shown.collect();
    shown.sort_by(|one, other| one.name.cmp(&other.name));
    shown
}

/// What can be asked about structures.
#[derive(Debug, Default)]
pub struct StructureQuery;

/// Queries.
#[Object]
impl StructureQuery {
    /// A structure by its id or by its code; null if there is none.
    async fn structure(
        &self,
        ctx: &Context<'_>,
        id: Option<ID>,
        uai: Option<String>,
    ) -> Result<Option<Structure>> {
        let acting = Acting::of(ctx)?;
        match (id, uai) {
            (Some(id), None) => {
                let id = StructureId::read(&id, "id")?;
                Ok(acting.look(|world, _: &Rights| Structure::by_id(world, id)))
            }
            (None, Some(uai)) => {
                let uai = Uai::parse(&uai).map_err(|_| Failure::BadInput("uai", CODE))?;
                let found = |world: &World| {
                    world.people.structure(world.people.structure_by_uai(uai)?).map(Structure::of)
                };
                Ok(acting.look(|world, _| found(world)))
            }
            (Some(_), Some(_)) | (None, None) => Err(Failure::BadInput("id", "either `id` or `uai`")),
        }
    }
}

/// What a code looks like.
const CODE: &str = "seven digits and the letter they give, such as 0750001T";
