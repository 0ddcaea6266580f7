//! Feeds: secret links by which a program reads a calendar (`booking.md`, What people look at).
//!
//! Invariant: the secret is in the answer of whoever opens the feed, under the same key again and again, and nowhere
//! else.

use async_graphql::connection::{Edge, OpaqueCursor};
use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use domain::actor::RoleName;
use domain::feed::{Command, Feeds as Decided, Of, Open, Refusal};
use domain::{Date, FeedId, ResourceId, StreamId};
use projections::World;
use projections::feeds::Feed as Row;
use projections::resources::On;

use super::acting::{Acting, Asked};
use super::bookings::facts::calendar;
use super::common::{Day, Global, Instant, Listed, Page, Position, Total, Ulid, UserError};
use super::domains::resource::Resource;
use super::notices::home;
use crate::failure::{Failure, Result};
use crate::feed::{digest, path, secret};
use crate::rights::Rights;

/// What a feed is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum FeedScope {
    /// The caller's own bookings, on any resource.
    Own,
    /// When a resource is taken, and nothing else.
    Busy,
    /// What is booked of a resource, with what the caller may see of it when it is read.
    Details,
}

/// A secret link by which a program reads a calendar. The link itself is told once, when it is opened.
#[derive(Debug, SimpleObject)]
pub struct Feed {
    /// Opaque; not the secret.
    id: ID,
    /// What it is of.
    scope: FeedScope,
    /// The resource; null for the caller's own bookings, and once the caller no longer sees it: then nothing is read.
    resource: Option<Resource>,
    /// When it was opened.
    opened_at: Instant,
    /// The last day on which it is read, where the caller is at home; null if there is none.
    last_day: Option<Day>,
}

/// A feed to be opened.
#[derive(Debug, InputObject)]
pub struct OpenFeedInput {
    scope: FeedScope,
    /// The resource, for `BUSY` and `DETAILS`: one on which the caller has a role.
    resource: Option<ID>,
    /// The last day on which it is to be read; until it is revoked if left out.
    last_day: Option<Day>,
    idempotency_key: Ulid,
}

/// A feed whose link is to read nothing any more.
#[derive(Debug, InputObject)]
pub struct RevokeFeedInput {
    feed: ID,
    idempotency_key: Ulid,
}

/// The feed and its link, or why there is none.
#[derive(Debug, SimpleObject)]
pub struct OpenFeedPayload {
    /// Null if it was refused, or is revoked.
    feed: Option<Feed>,
    /// The path of its link at this server, while there is one: whoever has it reads the calendar. Shown once; the same
    /// key shows it again.
    path: Option<String>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// That it reads nothing any more, or why nothing was done.
#[derive(Debug, SimpleObject)]
pub struct RevokeFeedPayload {
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// What can be asked about feeds.
#[derive(Debug, Default)]
pub struct FeedsQuery;

/// Queries.
#[Object]
impl FeedsQuery {
    /// The feeds the caller opened and did not revoke, in a fixed order; never their secrets.
    async fn feeds(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Listed<FeedId, Feed>> {
        let (acting, page) = (Acting::of(ctx)?, Page::read(first, after.as_deref(), None, None)?);
        acting.look(|world, rights| listed(&acting, world, rights, &page))
    }
}

/// What can be done with feeds.
#[derive(Debug, Default)]
pub struct FeedsMutation;

/// Mutations.
#[Object]
impl FeedsMutation {
    /// Opens a feed, of the caller's own bookings or of a resource. Somebody has twenty at most.
    async fn open_feed(&self, ctx: &Context<'_>, input: OpenFeedInput) -> Result<OpenFeedPayload> {
        let (acting, of) = (Acting::of(ctx)?, of(&input)?);
        let asked = Asked::new("openFeed", &input, input.idempotency_key, None);
        let (order, today) = acting.order(asked, |world, rights| opens(&acting, world, rights, of)).await?;
        let (person, command) = (acting.caller.person, order.meta.command);
        let (feed, secret) =
            (FeedId::derived(command, 0), secret(acting.front.node.vault().ring(), command, person));
        let (digest, last_day) = (digest(&secret).into(), input.last_day.map(|day| day.0));
        let open = Open { feed, person, of, digest, last_day, today };
        let carried = acting.carry::<Decided>(&order, &StreamId::feeds(person), Command::Open(open)).await?;
        let feed =
            acting.look(|world, rights| world.feeds.get(feed).map(|row| shown(&acting, world, rights, row)));
        Ok(OpenFeedPayload {
            path: feed.is_some().then(|| path(&secret)),
            feed,
            user_errors: carried.refusal.iter().map(|refusal| refused(&acting, refusal)).collect(),
            position: Position(carried.position),
        })
    }

    /// Revokes a feed: its link reads nothing from now on, also for whoever has it already.
    async fn revoke_feed(&self, ctx: &Context<'_>, input: RevokeFeedInput) -> Result<RevokeFeedPayload> {
        let (acting, feed) = (Acting::of(ctx)?, FeedId::read(&input.feed, "feed")?);
        let asked = Asked::new("revokeFeed", &input, input.idempotency_key, None);
        let (order, ()) = acting.order(asked, |_, _| Ok((RoleName::User, ()))).await?;
        let stream = StreamId::feeds(acting.caller.person);
        let carried = acting.carry::<Decided>(&order, &stream, Command::Revoke { feed }).await?;
        Ok(RevokeFeedPayload {
            user_errors: carried.refusal.iter().map(|refusal| refused(&acting, refusal)).collect(),
            position: Position(carried.position),
        })
    }
}

fn refused(acting: &Acting<'_>, refusal: &Refusal) -> UserError {
    let field = match refusal {
        Refusal::Unknown => Some("feed"),
        Refusal::Over => Some("lastDay"),
        Refusal::TooMany => None,
    };
    acting.refused(refusal, field)
}

/// Reads what a feed is to be of.
fn of(input: &OpenFeedInput) -> Result<Of> {
    let resource = input.resource.as_ref().map(|id| ResourceId::read(id, "resource")).transpose()?;
    match (input.scope, resource) {
        (FeedScope::Own, None) => Ok(Of::Own),
        (FeedScope::Busy, Some(resource)) => Ok(Of::Busy(resource)),
        (FeedScope::Details, Some(resource)) => Ok(Of::Details(resource)),
        (FeedScope::Own, Some(_)) => Err(Failure::BadInput("resource", "nothing for one's own bookings")),
        (FeedScope::Busy | FeedScope::Details, None) => Err(Failure::BadInput("resource", "a resource")),
    }
}

/// Returns the day it is where the caller is at home; of a resource they must have a role on it.
fn opens(acting: &Acting<'_>, world: &World, rights: &Rights, of: Of) -> Result<(RoleName, Date)> {
    let person = acting.caller.person;
    if let Of::Busy(resource) | Of::Details(resource) = of {
        calendar(acting, world, rights, resource)?;
        let role = world.resources.role(&world.people, On::Resource(resource), person);
        role.ok_or(Failure::Forbidden)?;
    }
    let number = world.people.number(person).ok_or(Failure::NotFound)?;
    Ok((RoleName::User, home(world, number).day_at(acting.front.node.now())))
}

fn listed(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    page: &Page<FeedId>,
) -> Result<Listed<FeedId, Feed>> {
    let Page::First(first, after) = page else {
        return Err(Failure::BadInput("last", "this list is read from its beginning"));
    };
    let own = || world.feeds.of(acting.caller.person);
    let mut rest = own().filter(|row| after.is_none_or(|after| row.id > after));
    let rows: Vec<_> = rest.by_ref().take(*first).collect();
    let total = Total { total_count: Some(own().count() as u64) };
    let mut listed = Listed::with_additional_fields(after.is_some(), rest.next().is_some(), total);
    let edge = |row: &Row| Edge::new(OpaqueCursor(row.id), shown(acting, world, rights, row));
    listed.edges.extend(rows.into_iter().map(edge));
    Ok(listed)
}

fn shown(acting: &Acting<'_>, world: &World, rights: &Rights, row: &Row) -> Feed {
    let (scope, resource) = match row.of {
        Of::Own => (FeedScope::Own, None),
        Of::Busy(resource) => (FeedScope::Busy, Some(resource)),
        Of::Details(resource) => (FeedScope::Details, Some(resource)),
    };
    Feed {
        id: row.id.global(),
        scope,
        resource: resource.and_then(|resource| Resource::by_id(acting, world, rights, resource)),
        opened_at: Instant(row.opened_at),
        last_day: row.last_day.map(Day),
    }
}
