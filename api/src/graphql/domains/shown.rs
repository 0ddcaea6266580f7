//! Domains, grants and invitations as they are shown.
//!
//! Invariant: whoever builds one of these has checked that the caller may see it.

use async_graphql::connection::{Edge, OpaqueCursor};
use async_graphql::{ComplexObject, Context, Enum, ID, Object, OutputType, SimpleObject};
use domain::resource_domain::Target;
use domain::{DomainId, GrantId, ResourceId, StructureId};
use projections::World;
use projections::resources::{But, Domain as Row, Grant, On, Standing};

use super::resource::Resource;
use super::{BookingRole, facts};
use crate::failure::{Failure, Result};
use crate::graphql::acting::Acting;
use crate::graphql::bookings::opened;
use crate::graphql::common::{Day, Global, Listed, Page, Total};
use crate::graphql::messaging::names;
use crate::graphql::names::{Correspondent, NamedGroup};
use crate::graphql::origin::{Origins, TracedOrigin};
use crate::graphql::people::Profile;
use crate::graphql::structure::Structure;
use crate::rights::Rights;

/// A domain of resources.
#[derive(Debug)]
pub struct ResourceDomain {
    id: DomainId,
    structure: StructureId,
    name: Option<String>,
    details_from: BookingRole,
}

/// Where a grant on a resource comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum BookingGrantSource {
    /// It is on the domain.
    Domain,
    /// It is on the resource itself.
    Resource,
}

/// Why a grant does not decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum BookingGrantDoubt {
    /// It is an invitation that was not accepted.
    NotAccepted,
    /// Its first day has not begun.
    NotBegun,
    /// Its last day has passed.
    Over,
    /// It is on the domain, and the resource has grants of its own.
    Replaced,
    /// Whose it is has an account that is closed or blocked.
    Barred,
    /// It is to somebody else, or to a group they are not in.
    NotTheirs,
    /// Another one gives more, or the same.
    NotTheHighest,
}

/// A role that is granted.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub struct BookingGrant {
    #[graphql(skip)]
    position: eventlog::Position,
    /// Opaque.
    id: ID,
    /// Where it comes from.
    source: BookingGrantSource,
    /// The resource it is on; null for one on the domain.
    resource: Option<ID>,
    /// The profile of whom it is granted to, where there is one.
    profile: Option<Profile>,
    /// The group it is granted to; null for one to a person.
    group: Option<NamedGroup>,
    /// The person it is granted to; null for one to a group.
    person: Option<Correspondent>,
    /// What they are.
    role: BookingRole,
    /// The first day it counts; at once if null.
    from: Option<Day>,
    /// The last day it counts; without end if null.
    through: Option<Day>,
    /// Whether it is an invitation.
    invitation: bool,
    /// Why it does not count where it was looked at; null if it does, and where nothing was looked at.
    doubt: Option<BookingGrantDoubt>,
    /// The same as a sentence.
    message: Option<String>,
}

/// An invitation of the caller.
#[derive(Debug, SimpleObject)]
pub struct BookingInvitation {
    /// What it gives once accepted.
    grant: BookingGrant,
    /// What the domain is called; null once erased.
    domain_name: Option<String>,
    /// Where it is.
    structure: Option<Structure>,
}

/// What of a grant is looked at only when asked for.
#[ComplexObject]
impl BookingGrant {
    /// The event that made it, and who caused that.
    async fn granted_by(&self, ctx: &Context<'_>) -> Result<Option<TracedOrigin>> {
        let acting = Acting::of(ctx)?;
        let origins = Origins::read(&acting.front.node, [self.position]).await?;
        Ok(acting.look(|world, _| origins.shown(&names(&acting, world), self.position)))
    }
}

/// A domain of resources.
#[Object]
impl ResourceDomain {
    /// Opaque.
    async fn id(&self) -> ID {
        self.id.global()
    }

    /// What it is called; null once erased.
    async fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Where it is.
    async fn structure(&self, ctx: &Context<'_>) -> Result<Option<Structure>> {
        Ok(Acting::of(ctx)?.look(|world, _| Structure::by_id(world, self.structure)))
    }

    /// From which role up one sees who booked and what for.
    async fn details_shown_from(&self) -> BookingRole {
        self.details_from
    }

    /// What the caller is for the domain now; null for who has a role on some resource of it alone, or only administers
    /// its structure.
    async fn my_role(&self, ctx: &Context<'_>) -> Result<Option<BookingRole>> {
        let (acting, on) = (Acting::of(ctx)?, On::Domain(self.id));
        let role = |world: &World| Some(world.resources.role(&world.people, on, acting.caller.person)?.0);
        Ok(acting.look(|world, _| role(world)).map(Into::into))
    }

    /// Its resources that the caller sees, in a fixed order.
    async fn resources(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Listed<ResourceId, Resource>> {
        let (acting, page) = (Acting::of(ctx)?, Page::read(first, after.as_deref(), None, None)?);
        acting.look(|world, rights| {
            let row = world.resources.domain(self.id).ok_or(Failure::NotFound)?;
            let seen = |id: &ResourceId| {
                Resource::by_id(&acting, world, rights, *id).map(|resource| (*id, resource))
            };
            let all: Vec<_> = row.resources.iter().filter_map(seen).collect();
            listed(&page, all, Ok)
        })
    }

    /// The grants on it, in the order in which they were made. For MANAGER and for who administers the structure; null
    /// for others.
    async fn grants(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Option<Listed<GrantId, BookingGrant>>> {
        let (acting, on) = (Acting::of(ctx)?, On::Domain(self.id));
        let page = Page::read(first, after.as_deref(), None, None)?;
        acting.look(|world, rights| {
            let manages = facts::manages(&acting, world, rights, on).is_ok();
            manages.then(|| grants(&acting, world, on, &page)).transpose()
        })
    }
}

/// Returns a page of the domains of a structure that the caller sees.
pub(super) fn domains(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    structure: StructureId,
    page: &Page<DomainId>,
) -> Result<Listed<DomainId, ResourceDomain>> {
    let seen = world.resources.seen_by(&world.people, acting.caller.person);
    let all = world.resources.domains_of(structure);
    let all = all.filter(|row| seen.contains(&row.id) || facts::administers(rights, row).is_some());
    listed(page, all.map(|row| (row.id, row)).collect(), |row| of_row(acting, row))
}

/// Returns a domain, if the caller sees it.
pub(super) fn domain(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    domain: DomainId,
) -> Result<Option<ResourceDomain>> {
    let seen = facts::seen(acting, world, rights, On::Domain(domain)).ok();
    seen.map(|row| of_row(acting, row)).transpose()
}

/// Returns a page of the grants on a domain, or on a resource and its domain.
pub(super) fn grants(
    acting: &Acting<'_>,
    world: &World,
    on: On,
    page: &Page<GrantId>,
) -> Result<Listed<GrantId, BookingGrant>> {
    let looked = world.resources.looked_at(&world.people, on).ok_or(Failure::NotFound)?;
    let rows = looked.into_iter().map(|looked| (looked.grant.id, looked)).collect();
    listed(page, rows, |looked| Ok(grant(acting, world, looked.grant, looked.but.map(Doubt::of))))
}

/// Returns the invitations that the caller did not answer and that are not over.
pub(super) fn invitations(acting: &Acting<'_>, world: &World) -> Result<Vec<BookingInvitation>> {
    let theirs = world.resources.granted_to(acting.caller.person);
    let mut invitations = vec![];
    for row in theirs.filter(|row| row.standing == Standing::Invited) {
        let Some(domain) = world.resources.domain(row.domain) else { continue };
        let today = world.resources.today(&world.people, domain);
        if row.through.is_some_and(|through| today.is_some_and(|today| through < today)) {
            continue;
        }
        invitations.push(BookingInvitation {
            grant: grant(acting, world, row, None),
            domain_name: name_of(acting, domain)?,
            structure: Structure::by_id(world, domain.structure),
        });
    }
    Ok(invitations)
}

/// Why a grant does not decide, with the day it is about, if it is about one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Doubt(pub BookingGrantDoubt, pub Option<domain::Date>);

impl Doubt {
    pub(super) fn of(but: But) -> Self {
        match but {
            But::NotAccepted => Self(BookingGrantDoubt::NotAccepted, None),
            But::NotBegun(day) => Self(BookingGrantDoubt::NotBegun, Some(day)),
            But::Over(day) => Self(BookingGrantDoubt::Over, Some(day)),
            But::Replaced => Self(BookingGrantDoubt::Replaced, None),
            But::Barred => Self(BookingGrantDoubt::Barred, None),
        }
    }

    fn code(self) -> &'static str {
        match self.0 {
            BookingGrantDoubt::NotAccepted => "booking.grant-not-accepted",
            BookingGrantDoubt::NotBegun => "booking.grant-not-begun",
            BookingGrantDoubt::Over => "booking.grant-over",
            BookingGrantDoubt::Replaced => "booking.grant-replaced",
            BookingGrantDoubt::Barred => "booking.grant-barred",
            BookingGrantDoubt::NotTheirs => "booking.grant-not-theirs",
            BookingGrantDoubt::NotTheHighest => "booking.grant-not-the-highest",
        }
    }
}

/// Returns a grant.
pub(super) fn grant(acting: &Acting<'_>, world: &World, row: &Grant, doubt: Option<Doubt>) -> BookingGrant {
    let names = names(acting, world);
    let (profile, group, person) = match row.to {
        Target::Group(id) => {
            let kind = world.people.group(id).and_then(|group| world.people.group_row(group));
            (kind.and_then(|group| facts::profile(&group.kind)), Some(names.group_by_id(id)), None)
        }
        Target::Person(id) => {
            let person = names.person_by_id(id);
            (world.people.person_by_id(id).map(|row| row.profile), None, Some(person))
        }
    };
    let message = doubt.map(|doubt| {
        let day = doubt.1.map(|day| day.to_string()).unwrap_or_default();
        names.texts.say(names.language, doubt.code(), &[("day", day.into())])
    });
    BookingGrant {
        position: row.position,
        id: row.id.global(),
        source: if row.on.is_some() { BookingGrantSource::Resource } else { BookingGrantSource::Domain },
        resource: row.on.map(Global::global),
        profile: profile.map(Into::into),
        group,
        person,
        role: row.role.into(),
        from: row.from.map(Day),
        through: row.through.map(Day),
        invitation: row.standing != Standing::Plain,
        doubt: doubt.map(|doubt| doubt.0),
        message,
    }
}

fn of_row(acting: &Acting<'_>, row: &Row) -> Result<ResourceDomain> {
    let (name, details_from) = (name_of(acting, row)?, row.details_from.into());
    Ok(ResourceDomain { id: row.id, structure: row.structure, name, details_from })
}

/// Opens the name of a domain; none once erased.
pub(super) fn name_of(acting: &Acting<'_>, row: &Row) -> Result<Option<String>> {
    opened::of_domain(&acting.front.node, row)
}

/// Returns a page of rows in the order in which they are.
fn listed<C, R, N>(page: &Page<C>, rows: Vec<(C, R)>, shown: impl Fn(R) -> Result<N>) -> Result<Listed<C, N>>
where
    OpaqueCursor<C>: async_graphql::connection::CursorType,
    C: PartialEq + Send + Sync,
    N: OutputType,
{
    let Page::First(first, after) = page else {
        return Err(Failure::BadInput("last", "this list is read from its beginning"));
    };
    let total = Total { total_count: Some(rows.len() as u64) };
    let place = |after: &C| rows.iter().position(|(id, _)| id == after);
    let known = |after| place(after).ok_or(Failure::BadInput("after", "a cursor of this list"));
    let begin = after.as_ref().map(known).transpose()?.map_or(0, |place| place + 1);
    let more = rows.len() > begin + first;
    let mut listed = Listed::with_additional_fields(begin > 0, more, total);
    for (id, row) in rows.into_iter().skip(begin).take(*first) {
        listed.edges.push(Edge::new(OpaqueCursor(id), shown(row)?));
    }
    Ok(listed)
}
