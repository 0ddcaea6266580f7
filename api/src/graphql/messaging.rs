//! Messages: the mailbox of the caller, drafts, reading, sending, answering, opening, the trash.
//!
//! Invariant: only what the caller got or wrote is answered; for everything else a message is `null` or `NOT_FOUND`.
//! A trace is for auditors, and holds no contents.

mod draft;
mod read;
mod send;
pub mod trace;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, SimpleObject};
use domain::message::{Body, Command, Field, Got, Message as Decided};
use domain::reading::{Opened, Restored, Trashed};
use domain::{MessageId, StreamId};
use projections::{MessageNo, World};
use tokio::sync::OnceCell;

use super::acting::{Acting, Asked};
use super::common::{Global, Instant, Listed, Page, Position, Total, Ulid, UserError};
use super::names::{Correspondent, NamedGroup};
use super::notices::Notice;
use crate::failure::{Failure, Result};
use domain::actor::RoleName;
use draft::{DiscardDraftInput, Draft, DraftPayload, DraftRow, SaveDraftInput};
pub(super) use read::{message, names};
pub use send::{ReplyToMessageInput, SendMessageInput, SendMessagePayload};
use trace::MessageTrace;

/// A folder of a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Folder {
    /// What was got.
    Inbox,
    /// What was written.
    Sent,
    /// What was put away.
    Trash,
}

/// A row of a folder.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub struct MailboxRow {
    /// Its number, by which the rest of it is found.
    #[graphql(skip)]
    pub number: MessageNo,
    /// Which message.
    pub id: ID,
    /// Its subject; null once erased.
    pub subject: Option<String>,
    /// Who wrote it; null for a notice.
    pub author: Option<Correspondent>,
    /// What it tells of, if nobody wrote it.
    pub notice: Option<Notice>,
    /// When.
    pub sent_at: Instant,
    /// Whether the caller has yet to open it.
    pub unread: bool,
}

/// What of a row costs more than a look.
#[ComplexObject]
impl MailboxRow {
    /// Addressed openly; empty for somebody who got it blindly.
    async fn to(&self, ctx: &Context<'_>) -> Result<Recipients> {
        let acting = Acting::of(ctx)?;
        Ok(acting.look(|world, _| {
            let (row, me) = (world.mailboxes.message(self.number), world.people.number(acting.caller.person));
            let found = row.zip(me).map(|(row, me)| {
                let how = world.mailboxes.can_see(me, self.number).unwrap_or(Got::Never);
                read::recipients(&acting, world, row, me, how, Field::To)
            });
            found.unwrap_or_default()
        }))
    }
}

/// A message as the caller got it.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub struct Message {
    /// Where its body is read, when it is asked for.
    #[graphql(skip)]
    position: eventlog::Position,
    #[graphql(skip)]
    body: OnceCell<Option<Body>>,
    /// Which.
    #[graphql(owned)]
    pub id: ID,
    /// Its subject; null once erased.
    pub subject: Option<String>,
    /// Who wrote it; null for a notice.
    pub author: Option<Correspondent>,
    /// What it tells of, if nobody wrote it.
    pub notice: Option<Notice>,
    /// When.
    pub sent_at: Instant,
    /// Whether the caller has yet to open it.
    pub unread: bool,
    /// Addressed openly; empty for somebody who got it blindly.
    pub to: Recipients,
    /// Addressed openly, for information.
    pub cc: Recipients,
    /// Addressed blindly: all of it for the author, the caller alone for a recipient.
    pub bcc: Recipients,
    /// How many got it, for the author.
    pub delivered: Option<u32>,
    /// How many opened it, for the author.
    pub opened: Option<u32>,
    /// The message it answers, if the caller has that one.
    pub in_reply_to: Option<ID>,
    /// Whether the caller may answer its author.
    pub may_reply: bool,
    /// Whether the caller may answer everybody in `to` and `cc`.
    pub may_reply_to_all: bool,
}

/// What of a message stands in the log alone: read once, and only if it is asked for.
#[ComplexObject]
impl Message {
    /// Its body, cleaned; null once erased.
    async fn body_html(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        Ok(self.body(ctx).await?.map(|body| body.html.as_str()))
    }

    /// The same as text.
    async fn body_text(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        Ok(self.body(ctx).await?.map(|body| body.text.as_str()))
    }
}

impl Message {
    async fn body(&self, ctx: &Context<'_>) -> Result<Option<&Body>> {
        let acting = Acting::of(ctx)?;
        Ok(self.body.get_or_try_init(|| read::body(&acting, self.position)).await?.as_ref())
    }
}

/// Whom a message is addressed to.
#[derive(Debug, Default, SimpleObject)]
pub struct Recipients {
    /// One by one: the first 50 whose names the caller may see.
    pub people: Vec<Correspondent>,
    /// As groups.
    pub groups: Vec<NamedGroup>,
    /// How many more people are named whose names are not shown.
    pub others: u32,
}

/// Which copies to act on.
#[derive(Debug, InputObject)]
pub struct CopiesInput {
    /// At most 100.
    messages: Vec<ID>,
    idempotency_key: Ulid,
}

/// Which message to open.
#[derive(Debug, InputObject)]
pub struct OpenMessageInput {
    message: ID,
    idempotency_key: Ulid,
}

/// Of which message the replies end.
#[derive(Debug, InputObject)]
pub struct CloseRepliesInput {
    message: ID,
    idempotency_key: Ulid,
}

/// The replies ended, or why not.
#[derive(Debug, SimpleObject)]
pub struct CloseRepliesPayload {
    /// The message; null if it was refused.
    message: Option<Message>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// What was done with copies.
#[derive(Debug, SimpleObject)]
pub struct CopiesPayload {
    /// The messages, as they are now.
    messages: Vec<Message>,
    /// How many unread messages there are now.
    unread_count: u32,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// What can be asked about messages.
#[derive(Debug, Default)]
pub struct MessagingQuery;

/// Queries.
#[Object]
impl MessagingQuery {
    /// A folder of the caller's mailbox, newest first.
    async fn mailbox(
        &self,
        ctx: &Context<'_>,
        folder: Folder,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Listed<MessageId, MailboxRow>> {
        read::mailbox(&Acting::of(ctx)?, folder, &Page::read(first, after.as_deref(), None, None)?)
    }

    /// How many messages of the inbox the caller has yet to open.
    async fn unread_count(&self, ctx: &Context<'_>) -> Result<u32> {
        Ok(unread(&Acting::of(ctx)?))
    }

    /// What the caller saved and has neither sent nor thrown away, last saved first.
    async fn drafts(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Listed<u64, DraftRow>> {
        draft::list(&Acting::of(ctx)?, &Page::read(first, after.as_deref(), None, None)?)
    }

    /// A draft; null if it is not the caller's, or no longer one.
    async fn draft(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Draft>> {
        draft::draft(&Acting::of(ctx)?, MessageId::read(&id, "id")?).await
    }

    /// The whole life of a message, without its contents; null if it was never sent. For auditors with its author's
    /// structure in scope, for a notice those of everybody it was sent to; and for platform administrators.
    async fn message_trace(&self, ctx: &Context<'_>, id: ID) -> Result<Option<MessageTrace>> {
        trace::message_trace(&Acting::of(ctx)?, MessageId::read(&id, "id")?).await
    }

    /// A message; null if the caller neither got nor wrote it.
    async fn message(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Message>> {
        read::message(&Acting::of(ctx)?, MessageId::read(&id, "id")?)
    }
}

/// What can be done with messages.
#[derive(Debug, Default)]
pub struct MessagingMutation;

/// Mutations.
#[Object]
impl MessagingMutation {
    /// Saves a draft, which may name anybody: reach is asked for when it is sent.
    async fn save_draft(&self, ctx: &Context<'_>, input: SaveDraftInput) -> Result<DraftPayload> {
        draft::save(&Acting::of(ctx)?, input).await
    }

    /// Throws a draft away.
    async fn discard_draft(&self, ctx: &Context<'_>, input: DiscardDraftInput) -> Result<DraftPayload> {
        draft::discard(&Acting::of(ctx)?, input).await
    }

    /// Ends the replies to a message of the caller's, for everybody and for good.
    async fn close_replies(
        &self,
        ctx: &Context<'_>,
        input: CloseRepliesInput,
    ) -> Result<CloseRepliesPayload> {
        let (acting, message) = (Acting::of(ctx)?, MessageId::read(&input.message, "message")?);
        let asked = Asked::new("closeReplies", &input, input.idempotency_key, None);
        let had = |world: &World, _: &_| mine(world, &acting, &[message]).map(|()| (RoleName::User, ()));
        let (order, ()) = acting.order(asked, had).await?;
        let command = Command::CloseReplies { by: acting.caller.person, message };
        let carried = acting.carry::<Decided>(&order, &StreamId::message(message), command).await?;
        let user_errors: Vec<_> =
            carried.refusal.iter().map(|refusal| acting.refused(refusal, Some("message"))).collect();
        let message = if user_errors.is_empty() { read::message(&acting, message)? } else { None };
        Ok(CloseRepliesPayload { message, user_errors, position: Position(carried.position) })
    }

    /// Sends a message to people and groups the caller reaches; refused whole if one is out of reach.
    async fn send_message(&self, ctx: &Context<'_>, input: SendMessageInput) -> Result<SendMessagePayload> {
        send::send(&Acting::of(ctx)?, input).await
    }

    /// Answers a message: its author, or everybody in its `to` and `cc` too.
    async fn reply_to_message(
        &self,
        ctx: &Context<'_>,
        input: ReplyToMessageInput,
    ) -> Result<SendMessagePayload> {
        send::reply(&Acting::of(ctx)?, input).await
    }

    /// Notes that the caller opened a message; the first time counts.
    async fn open_message(&self, ctx: &Context<'_>, input: OpenMessageInput) -> Result<CopiesPayload> {
        let acting = Acting::of(ctx)?;
        let (person, message) = (acting.caller.person, MessageId::read(&input.message, "message")?);
        let asked = Asked::new("openMessage", &input, input.idempotency_key, None);
        let had = |world: &World, _: &_| mine(world, &acting, &[message]).map(|()| (RoleName::User, ()));
        let (order, ()) = acting.order(asked, had).await?;
        let events = [Opened { message, person }.into()];
        let position = if acting.look(|world, _| opened(world, &acting, message)) {
            acting.front.node.log().head()
        } else {
            let stream = StreamId::openings(message);
            acting.front.node.append_any::<domain::reading::Event>(&order, &stream, &events).await?
        };
        copies(&acting, &[message], position)
    }

    /// Puts copies into the trash.
    async fn trash_messages(&self, ctx: &Context<'_>, input: CopiesInput) -> Result<CopiesPayload> {
        act_on_copies(&Acting::of(ctx)?, "trashMessages", &input, true).await
    }

    /// Takes copies out of the trash.
    async fn restore_messages(&self, ctx: &Context<'_>, input: CopiesInput) -> Result<CopiesPayload> {
        act_on_copies(&Acting::of(ctx)?, "restoreMessages", &input, false).await
    }
}

async fn act_on_copies(
    acting: &Acting<'_>,
    mutation: &str,
    input: &CopiesInput,
    trash: bool,
) -> Result<CopiesPayload> {
    if input.messages.is_empty() || input.messages.len() > 100 {
        return Err(Failure::BadInput("messages", "1 to 100 messages"));
    }
    let messages: Vec<MessageId> =
        input.messages.iter().map(|id| MessageId::read(id, "messages")).collect::<Result<_>>()?;
    let asked = Asked::new(mutation, input, input.idempotency_key, None);
    let had = |world: &World, _: &_| mine(world, acting, &messages).map(|()| (RoleName::User, ()));
    let (order, ()) = acting.order(asked, had).await?;
    let person = acting.caller.person;
    let event = if trash {
        Trashed { person, messages: messages.clone() }.into()
    } else {
        Restored { person, messages: messages.clone() }.into()
    };
    let stream = StreamId::copies(person);
    let position = acting.front.node.append_any::<domain::reading::Event>(&order, &stream, &[event]).await?;
    copies(acting, &messages, position)
}

fn copies(
    acting: &Acting<'_>,
    messages: &[MessageId],
    position: eventlog::Position,
) -> Result<CopiesPayload> {
    let shown = messages.iter().filter_map(|message| read::message(acting, *message).transpose());
    Ok(CopiesPayload {
        messages: shown.collect::<Result<_>>()?,
        unread_count: unread(acting),
        user_errors: vec![],
        position: Position(position),
    })
}

/// Fails unless the caller has all of these.
fn mine(world: &World, acting: &Acting<'_>, messages: &[MessageId]) -> Result<()> {
    let all = messages.iter().all(|message| got(world, acting, *message) != Got::Never);
    all.then_some(()).ok_or(Failure::NotFound)
}

/// Returns how the caller got a message.
fn got(world: &World, acting: &Acting<'_>, message: MessageId) -> Got {
    let me = world.people.number(acting.caller.person);
    let number = world.mailboxes.number(message);
    me.zip(number).and_then(|(me, number)| world.mailboxes.can_see(me, number)).unwrap_or(Got::Never)
}

fn opened(world: &World, acting: &Acting<'_>, message: MessageId) -> bool {
    let me = world.people.number(acting.caller.person);
    let row = world.mailboxes.number(message).and_then(|number| world.mailboxes.message(number));
    me.zip(row).is_some_and(|(me, row)| row.opened_by(me) || row.author() == Some(me))
}

fn unread(acting: &Acting<'_>) -> u32 {
    acting
        .look(|world, _| world.people.number(acting.caller.person).map_or(0, |me| world.mailboxes.unread(me)))
}

/// An empty page of rows, to be filled.
fn listed(after: bool, more: bool) -> Listed<MessageId, MailboxRow> {
    Listed::with_additional_fields(after, more, Total::default())
}
