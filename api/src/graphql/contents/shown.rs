//! Requests for contents as they are shown.

use async_graphql::connection::{Edge, OpaqueCursor};
use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use domain::contents::{Event as ContentsEvent, What};
use domain::{ContentRequestId, Event, StreamId};
use eventlog::log::Direction;
use projections::World;
use projections::contents::{ContentRequest as Row, State};

use super::facts::over;
use crate::failure::{Failure, Result};
use crate::graphql::acting::Acting;
use crate::graphql::common::{Global, Instant, Listed, Page, Total, newest_first};
use crate::graphql::names::Correspondent;
use crate::graphql::{erasure, messaging};
use crate::rights::{Right, Rights};

/// The revision of the first reading: the request and the approval stand before it.
const FIRST_READING: u64 = 2;

/// How far a request for contents is; whether it has ended, `ends` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ContentRequestState {
    /// Waits for a second person.
    Asked,
    /// Somebody said no.
    Declined,
    /// A second person agreed.
    Approved,
}

/// A request to read contents.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub struct ContentRequest {
    #[graphql(skip)]
    request: ContentRequestId,
    /// Opaque.
    id: ID,
    /// The message, or the first one of the thread.
    message: ID,
    /// Whether it is of the whole thread.
    whole_thread: bool,
    /// Who wrote that message.
    author: Correspondent,
    /// Who asked.
    requested_by: Correspondent,
    /// When.
    requested_at: Instant,
    /// Why.
    reason: Option<String>,
    /// From when on nothing is read.
    ends: Instant,
    /// How far it is.
    state: ContentRequestState,
    /// Who agreed or said no; null while nobody did.
    decided_by: Option<Correspondent>,
    /// When they did.
    decided_at: Option<Instant>,
    /// How often something was read.
    reading_count: u64,
    /// The last reading.
    last_reading: Option<ContentReading>,
}

/// A reading.
#[derive(Debug, SimpleObject)]
pub struct ContentReading {
    /// Of which message.
    message: ID,
    /// When.
    at: Instant,
}

/// What of a request stands in the log alone.
#[ComplexObject]
impl ContentRequest {
    /// Every reading, in the order of the log.
    async fn readings(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Listed<u64, ContentReading>> {
        let (acting, page) = (Acting::of(ctx)?, Page::read(first, after.as_deref(), None, None)?);
        let Page::First(first, after) = page else {
            return Err(Failure::BadInput("last", "this list is read from its beginning"));
        };
        let from = after.map_or(FIRST_READING, |after: u64| after.saturating_add(1).max(FIRST_READING));
        let (log, stream) = (acting.front.node.log(), StreamId::contents(self.request));
        let read = log.read_stream(&stream, Some(from), Direction::Forwards, first + 1).await?;
        let there = read.iter().filter(|recorded| {
            // What had not happened yet is not in a past world.
            acting.until().is_none_or(|until| recorded.position <= until)
        });
        let mut edges = vec![];
        for recorded in there {
            if let Event::Contents(ContentsEvent::Read(read)) = eventlog::decode::decode(recorded)? {
                let node =
                    ContentReading { message: read.message.global(), at: Instant(recorded.recorded_at) };
                edges.push(Edge::new(OpaqueCursor(recorded.revision), node));
            }
        }
        let more = edges.len() > first;
        edges.truncate(first);
        let mut listed = Listed::with_additional_fields(
            after.is_some(),
            more,
            Total { total_count: Some(self.reading_count) },
        );
        listed.edges = edges;
        Ok(listed)
    }
}

/// Returns a page of the requests that the caller sees.
pub(super) fn listed(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    state: Option<ContentRequestState>,
    page: &Page<ContentRequestId>,
) -> Result<Listed<ContentRequestId, ContentRequest>> {
    let may = |right, row: &Row| over(world, rights, right, row).is_some();
    let sees = |row: &&Row| {
        let mine = row.by == acting.caller.person;
        mine || may(Right::OverseeContents, row) || may(Right::ApproveContents, row)
    };
    let asked = |row: &&Row| state.is_none_or(|state| state == of(row.state));
    newest_first(
        page,
        |after| Some(world.contents.get(*after)?.position),
        |before| world.contents.newest(before).filter(sees).filter(asked),
        |row| Ok((row.id, shown(acting, world, row)?)),
    )
}

fn of(state: State) -> ContentRequestState {
    match state {
        State::Asked => ContentRequestState::Asked,
        State::Declined { .. } => ContentRequestState::Declined,
        State::Approved { .. } => ContentRequestState::Approved,
    }
}

/// Returns a request, its reason open, for somebody who may see it.
pub(super) fn shown(acting: &Acting<'_>, world: &World, row: &Row) -> Result<ContentRequest> {
    let names = messaging::names(acting, world);
    let (by, at) = match row.state {
        State::Asked => (None, None),
        State::Declined { by, at } | State::Approved { by, at } => (Some(by), Some(at)),
    };
    Ok(ContentRequest {
        request: row.id,
        id: row.id.global(),
        message: row.what.message().global(),
        whole_thread: matches!(row.what, What::Thread { .. }),
        author: names.person_by_id(row.what.author()),
        requested_by: names.person_by_id(row.by),
        requested_at: Instant(row.requested_at),
        reason: erasure::reason(acting, row.event, &row.reason)?,
        ends: Instant(row.ends),
        state: of(row.state),
        decided_by: by.map(|by| names.person_by_id(by)),
        decided_at: at.map(Instant),
        reading_count: row.readings,
        last_reading: row
            .last
            .map(|last| ContentReading { message: last.message.global(), at: Instant(last.at) }),
    })
}
