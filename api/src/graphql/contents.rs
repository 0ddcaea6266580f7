//! Contents that are not the caller's: asked for with a reason, approved by a second person, read (`audit.md`).
//!
//! Invariants: who asks audits the author of what they ask for and of every message they read; who approves holds the
//! role for it over every author of what is approved. A request is shown to who made it, who may approve it, and the
//! data-protection officer in scope; to anybody else it is not there.

mod facts;
mod shown;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::contents::{Command, Contents as Decided, Reading, Refusal, Request};
use domain::{ContentRequestId, Event, MessageId, StreamId, message};
use eventlog::Position as Place;
use projections::World;

use super::access::required;
use super::acting::{Acting, Asked};
use super::common::{Global, Instant, Listed, Page, Position, Ulid, UserError};
use crate::failure::{Failure, Result};
use crate::rights::Rights;
use shown::{ContentRequest, ContentRequestState};

/// Which contents are asked for.
#[derive(Debug, InputObject)]
pub struct RequestContentsInput {
    /// A message that was sent.
    message: ID,
    /// Also the rest of its thread, as far as it is sent when the request is approved.
    #[graphql(default)]
    whole_thread: bool,
    /// From when on nothing is read: within seven days.
    ends: Instant,
    /// Why. It stays when people are erased: name the case, not the people.
    reason: String,
    idempotency_key: Ulid,
}

/// Which request is approved.
#[derive(Debug, InputObject)]
pub struct ApproveContentsInput {
    request: ID,
    idempotency_key: Ulid,
}

/// Which request is declined, or taken back.
#[derive(Debug, InputObject)]
pub struct DeclineContentsInput {
    request: ID,
    idempotency_key: Ulid,
}

/// Which message is read, and by which request.
#[derive(Debug, InputObject)]
pub struct ReadContentsInput {
    request: ID,
    message: ID,
    idempotency_key: Ulid,
}

/// The request, or why nothing was done.
#[derive(Debug, SimpleObject)]
pub struct ContentRequestPayload {
    /// Null if it was refused.
    request: Option<ContentRequest>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// What somebody wrote.
#[derive(Debug, SimpleObject)]
pub struct OpenedContents {
    /// Which message.
    message: ID,
    /// Its subject; null once erased.
    subject: Option<String>,
    /// Its body, cleaned; null once erased.
    body_html: Option<String>,
    /// The same as text.
    body_text: Option<String>,
}

/// What was read, or why not.
#[derive(Debug, SimpleObject)]
pub struct ReadContentsPayload {
    /// Null if it was refused.
    contents: Option<OpenedContents>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// What can be asked about requests for contents.
#[derive(Debug, Default)]
pub struct ContentsQuery;

/// Queries.
#[Object]
impl ContentsQuery {
    /// Requests for contents, the newest first: the caller's own, those they may approve, and for a data-protection
    /// officer all in scope.
    async fn content_requests(
        &self,
        ctx: &Context<'_>,
        state: Option<ContentRequestState>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Listed<ContentRequestId, ContentRequest>> {
        let (acting, page) = (Acting::of(ctx)?, Page::read(first, after.as_deref(), None, None)?);
        acting.look(|world, rights| shown::listed(&acting, world, rights, state, &page))
    }
}

/// What can be done about contents.
#[derive(Debug, Default)]
pub struct ContentsMutation;

/// Mutations.
#[Object]
impl ContentsMutation {
    /// Asks to read a message or a thread: for auditors of its author. Nothing is read before a second person approves.
    async fn request_contents(
        &self,
        ctx: &Context<'_>,
        input: RequestContentsInput,
    ) -> Result<ContentRequestPayload> {
        let (acting, message) = (Acting::of(ctx)?, MessageId::read(&input.message, "message")?);
        let reason = required(&input.reason)?.to_owned();
        let asked = Asked::new("requestContents", &input, input.idempotency_key, None);
        let check = |world: &World, rights: &Rights| facts::asked(world, rights, message, input.whole_thread);
        let (order, what) = acting.order(asked, check).await?;
        let (request, now) = (ContentRequestId::derived(order.meta.command, 0), acting.front.node.now());
        let (by, ends) = (acting.caller.person, input.ends.0);
        let command = Command::Request(Request { request, what, by, ends, reason, now });
        let carried = acting.carry::<Decided>(&order, &StreamId::contents(request), command).await?;
        payload(&acting, request, carried.refusal, carried.position)
    }

    /// Agrees to a request: for whoever holds the role for it, is not who asked, and did not grant them their role.
    async fn approve_contents(
        &self,
        ctx: &Context<'_>,
        input: ApproveContentsInput,
    ) -> Result<ContentRequestPayload> {
        let (acting, request) = (Acting::of(ctx)?, ContentRequestId::read(&input.request, "request")?);
        let asked = Asked::new("approveContents", &input, input.idempotency_key, None);
        let check = |world: &World, rights: &Rights| facts::approved(world, rights, request);
        let node = &acting.front.node;
        // Before the authors are looked at: whatever was sent by then is among what is approved.
        let now = node.now();
        let (order, (auditor, since)) = acting.order(asked, check).await?;
        let granted_by = facts::granted_by(node, auditor, since).await?;
        let command = Command::Approve { by: acting.caller.person, granted_by, now };
        let carried = acting.carry::<Decided>(&order, &StreamId::contents(request), command).await?;
        payload(&acting, request, carried.refusal, carried.position)
    }

    /// Says no to a request; who asked may take it back so.
    async fn decline_contents(
        &self,
        ctx: &Context<'_>,
        input: DeclineContentsInput,
    ) -> Result<ContentRequestPayload> {
        let (acting, request) = (Acting::of(ctx)?, ContentRequestId::read(&input.request, "request")?);
        let by = acting.caller.person;
        let asked = Asked::new("declineContents", &input, input.idempotency_key, None);
        let check = |world: &World, rights: &Rights| facts::declined(world, rights, request, by);
        let (order, ()) = acting.order(asked, check).await?;
        let stream = StreamId::contents(request);
        let carried = acting.carry::<Decided>(&order, &stream, Command::Decline { by }).await?;
        payload(&acting, request, carried.refusal, carried.position)
    }

    /// Reads a message by an approved request. A mutation, because each reading is an event.
    async fn read_contents(
        &self,
        ctx: &Context<'_>,
        input: ReadContentsInput,
    ) -> Result<ReadContentsPayload> {
        let (acting, request) = (Acting::of(ctx)?, ContentRequestId::read(&input.request, "request")?);
        let (by, message) = (acting.caller.person, MessageId::read(&input.message, "message")?);
        let asked = Asked::new("readContents", &input, input.idempotency_key, None);
        let check = |world: &World, rights: &Rights| facts::read(world, rights, request, by, message);
        let (order, sent) = acting.order(asked, check).await?;
        let now = acting.front.node.now();
        let reading = Reading { by, message, thread: sent.thread, sent_at: sent.at, now };
        let stream = StreamId::contents(request);
        let carried = acting.carry::<Decided>(&order, &stream, Command::Read(reading)).await?;
        // A repetition is not decided again, and must not go on for ever.
        let refusal = carried.refusal.or((sent.ends <= now).then_some(Refusal::Expired));
        let contents = match refusal {
            None => Some(opened(&acting, message, sent.position).await?),
            Some(_) => None,
        };
        let user_errors = refusal.iter().map(|refusal| acting.refused(refusal, None)).collect();
        Ok(ReadContentsPayload { contents, user_errors, position: Position(carried.position) })
    }
}

/// Opens subject and body of the message that was sent at `position`.
async fn opened(acting: &Acting<'_>, message: MessageId, position: Place) -> Result<OpenedContents> {
    let recorded = acting.front.node.log().read_at(position).await?.ok_or(Failure::NotFound)?;
    let event = eventlog::decode::open(acting.front.node.vault(), &recorded)?;
    let Event::Message(message::Event::Sent(sent)) = event else { return Err(Failure::NotFound) };
    let (body_html, body_text) = sent.body.into_open().map(|body| (body.html, body.text)).unzip();
    Ok(OpenedContents { message: message.global(), subject: sent.subject.into_open(), body_html, body_text })
}

fn payload(
    acting: &Acting<'_>,
    request: ContentRequestId,
    refusal: Option<Refusal>,
    position: Place,
) -> Result<ContentRequestPayload> {
    let row = |world: &World| world.contents.get(request).map(|row| shown::shown(acting, world, row));
    let shown = acting.look(|world, _| row(world)).transpose()?;
    Ok(ContentRequestPayload {
        request: shown.filter(|_| refusal.is_none()),
        user_errors: refusal.iter().map(|refusal| acting.refused(refusal, field(*refusal))).collect(),
        position: Position(position),
    })
}

/// Returns the field of the input a refusal is about.
fn field(refusal: Refusal) -> Option<&'static str> {
    matches!(refusal, Refusal::EndsTooEarly | Refusal::EndsTooLate).then_some("ends")
}
