//! Erasing people and messages: two people decide (`audit.md`, Privacy).
//!
//! Invariant: who asks or confirms administers the person and holds all they hold; what is shown of an erasure is shown
//! to such people only.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use domain::actor::RoleName;
use domain::erasure::{Command, Erasure as Decided, Request, What};
use domain::sealed::Visit;
use domain::{ErasureId, EventId, MessageId, PersonId, Retention, Sealed, StreamId, Subject};
use projections::World;
use projections::erasures::{Erasure as Row, State};

use super::acting::{Acting, Asked, over};
use super::common::{Global, Instant, Listed, Page, Position, Ulid, UserError, newest_first};
use super::messaging;
use super::names::Correspondent;
use crate::failure::{Failure, Result};
use crate::node::{Node, PATIENCE};
use crate::rights::{Right, Rights};

/// How far an erasure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ErasureState {
    /// Waits for a second person.
    Asked,
    /// Somebody said no.
    Declined,
    /// Agreed; the keys are about to be destroyed.
    Confirmed,
    /// The keys are destroyed.
    Done,
}

/// An erasure somebody asked for.
#[derive(Debug, SimpleObject)]
pub struct Erasure {
    /// Opaque.
    id: ID,
    /// Whose data it is.
    person: Correspondent,
    /// The one message that is erased, if it is not the person.
    message: Option<ID>,
    /// Whether what the person wrote is erased too, in everybody's mailbox.
    writings: bool,
    /// Who asked; null for the operator.
    requested_by: Option<Correspondent>,
    /// When.
    requested_at: Instant,
    /// Why.
    reason: Option<String>,
    /// How far it is.
    state: ErasureState,
    /// Who agreed or said no; null for the operator, or while nobody did.
    decided_by: Option<Correspondent>,
    /// When they did.
    decided_at: Option<Instant>,
    /// When the keys were destroyed.
    done_at: Option<Instant>,
}

/// Who is to be erased.
#[derive(Debug, InputObject)]
pub struct ErasePersonInput {
    person: ID,
    /// Also what they wrote, in everybody's mailbox. Without it, messages stay until their month ends.
    #[graphql(default)]
    writings: bool,
    /// Why. It stays when the person is erased: name the decision, not the person.
    reason: String,
    idempotency_key: Ulid,
}

/// Which message is to be erased.
#[derive(Debug, InputObject)]
pub struct EraseMessageInput {
    message: ID,
    /// Why. It stays when the message is erased.
    reason: String,
    idempotency_key: Ulid,
}

/// Which erasure is agreed to.
#[derive(Debug, InputObject)]
pub struct ConfirmErasureInput {
    erasure: ID,
    idempotency_key: Ulid,
}

/// Which erasure is declined.
#[derive(Debug, InputObject)]
pub struct DeclineErasureInput {
    erasure: ID,
    idempotency_key: Ulid,
}

/// The erasure, or why nothing was done.
#[derive(Debug, SimpleObject)]
pub struct ErasurePayload {
    /// Null if it was refused.
    erasure: Option<Erasure>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// What can be asked about erasures.
#[derive(Debug, Default)]
pub struct ErasureQuery;

/// Queries.
#[Object]
impl ErasureQuery {
    /// The erasures the caller may decide on, the newest first.
    async fn erasures(
        &self,
        ctx: &Context<'_>,
        state: Option<ErasureState>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Listed<ErasureId, Erasure>> {
        let (acting, page) = (Acting::of(ctx)?, Page::read(first, after.as_deref(), None, None)?);
        acting.look(|world, rights| listed(&acting, world, rights, state, &page))
    }
}

/// What can be done about erasures.
#[derive(Debug, Default)]
pub struct ErasureMutation;

/// Mutations.
#[Object]
impl ErasureMutation {
    /// Asks that somebody be erased: names, contact data, login and account for ever, and what they wrote if so said.
    /// Done once a second person confirms.
    async fn erase_person(&self, ctx: &Context<'_>, input: ErasePersonInput) -> Result<ErasurePayload> {
        let (acting, person) = (Acting::of(ctx)?, PersonId::read(&input.person, "person")?);
        let what = What::Person { person, writings: input.writings };
        let asked = Asked::new("erasePerson", &input, input.idempotency_key, None);
        request(&acting, asked, what, &input.reason).await
    }

    /// Asks that subject and body of one message be erased, in everybody's mailbox: illegal content, a court.
    /// Done once a second person confirms.
    async fn erase_message(&self, ctx: &Context<'_>, input: EraseMessageInput) -> Result<ErasurePayload> {
        let (acting, message) = (Acting::of(ctx)?, MessageId::read(&input.message, "message")?);
        let author = acting.look(|world, _| {
            let row = world.mailboxes.message(world.mailboxes.number(message)?)?;
            world.people.id(row.author()?)
        });
        let what = What::Message { message, author: author.ok_or(Failure::NotFound)? };
        let asked = Asked::new("eraseMessage", &input, input.idempotency_key, None);
        request(&acting, asked, what, &input.reason).await
    }

    /// Agrees to an erasure that somebody else asked for. It cannot be taken back.
    async fn confirm_erasure(&self, ctx: &Context<'_>, input: ConfirmErasureInput) -> Result<ErasurePayload> {
        let acting = Acting::of(ctx)?;
        let asked = Asked::new("confirmErasure", &input, input.idempotency_key, None);
        let command = Command::Confirm { by: Some(acting.caller.person) };
        decide(&acting, asked, &input.erasure, command).await
    }

    /// Says no to an erasure that somebody asked for; who asked may do so too.
    async fn decline_erasure(&self, ctx: &Context<'_>, input: DeclineErasureInput) -> Result<ErasurePayload> {
        let acting = Acting::of(ctx)?;
        let asked = Asked::new("declineErasure", &input, input.idempotency_key, None);
        let command = Command::Decline { by: Some(acting.caller.person) };
        decide(&acting, asked, &input.erasure, command).await
    }
}

async fn request(acting: &Acting<'_>, asked: Asked<'_>, what: What, reason: &str) -> Result<ErasurePayload> {
    super::access::required(reason)?;
    let check = |world: &World, rights: &Rights| may(acting, world, rights, what.person());
    let (order, ()) = acting.order(asked, check).await?;
    let (erasure, by) = (ErasureId::derived(order.meta.command, 0), Some(acting.caller.person));
    let request = Request { erasure, what, by, reason: reason.trim().to_owned() };
    let stream = StreamId::erasure(erasure);
    let carried = acting.carry::<Decided>(&order, &stream, Command::Request(request)).await?;
    payload(acting, erasure, carried.refusal, carried.position)
}

async fn decide(acting: &Acting<'_>, asked: Asked<'_>, id: &ID, command: Command) -> Result<ErasurePayload> {
    let erasure = ErasureId::read(id, "erasure")?;
    let check = |world: &World, rights: &Rights| {
        let row = world.erasures.get(erasure).ok_or(Failure::NotFound)?;
        may(acting, world, rights, row.what.person()).map_err(|_| Failure::NotFound)
    };
    let (order, ()) = acting.order(asked, check).await?;
    let carried = acting.carry::<Decided>(&order, &StreamId::erasure(erasure), command).await?;
    let node = &acting.front.node;
    let mut position = node.live().watch();
    let over = position.wait_for(|_| node.read(|world| !world.erasures.is_pending(erasure)));
    // Later than two seconds it is done as surely; the answer then says `CONFIRMED`.
    let _ = tokio::time::timeout(PATIENCE, over).await;
    payload(acting, erasure, carried.refusal, carried.position)
}

/// Checks that the caller may have somebody erased, and returns the role they do it in.
fn may(acting: &Acting<'_>, world: &World, rights: &Rights, person: PersonId) -> Result<(RoleName, ())> {
    let (role, number, _) = over(world, rights, Right::People, person)?;
    let covered = rights.covers_account(world, number, acting.today());
    covered.then_some((role, ())).ok_or(Failure::Forbidden)
}

fn payload(
    acting: &Acting<'_>,
    erasure: ErasureId,
    refusal: Option<domain::erasure::Refusal>,
    position: eventlog::Position,
) -> Result<ErasurePayload> {
    let shown = acting.look(|world, _| world.erasures.get(erasure).map(|row| shown(acting, world, row)));
    Ok(ErasurePayload {
        erasure: shown.transpose()?.filter(|_| refusal.is_none()),
        user_errors: refusal.iter().map(|refusal| acting.refused(refusal, None)).collect(),
        position: Position(position),
    })
}

fn listed(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    state: Option<ErasureState>,
    page: &Page<ErasureId>,
) -> Result<Listed<ErasureId, Erasure>> {
    let sees = |row: &&Row| may(acting, world, rights, row.what.person()).is_ok();
    let asked = |row: &&Row| state.is_none_or(|state| state == of(row.state));
    newest_first(
        page,
        |after| Some(world.erasures.get(*after)?.position),
        |before| world.erasures.newest(before).filter(sees).filter(asked),
        |row| Ok((row.id, shown(acting, world, row)?)),
    )
}

fn of(state: State) -> ErasureState {
    match state {
        State::Asked => ErasureState::Asked,
        State::Declined { .. } => ErasureState::Declined,
        State::Confirmed { done: None, .. } => ErasureState::Confirmed,
        State::Confirmed { done: Some(_), .. } => ErasureState::Done,
    }
}

fn shown(acting: &Acting<'_>, world: &World, row: &Row) -> Result<Erasure> {
    let names = messaging::names(acting, world);
    let (message, writings) = match row.what {
        What::Person { writings, .. } => (None, writings),
        What::Message { message, .. } => (Some(message.global()), false),
    };
    let (decided_by, decided_at, done_at) = match row.state {
        State::Asked => (None, None, None),
        State::Declined { by, at } => (by, Some(at), None),
        State::Confirmed { by, at, done } => (by, Some(at), done),
    };
    Ok(Erasure {
        id: row.id.global(),
        person: names.person_by_id(row.what.person()),
        message,
        writings,
        requested_by: row.by.map(|by| names.person_by_id(by)),
        requested_at: Instant(row.requested_at),
        reason: reason(acting, row.event, &row.reason)?,
        state: of(row.state),
        decided_by: decided_by.map(|by| names.person_by_id(by)),
        decided_at: decided_at.map(Instant),
        done_at: done_at.map(Instant),
    })
}

/// Returns the reason of a request that stands sealed in `event`, opened; none once its key is destroyed.
pub(in crate::graphql) fn reason(
    acting: &Acting<'_>,
    event: EventId,
    sealed: &Sealed<String>,
) -> Result<Option<String>> {
    opened_reason(&acting.front.node, event, sealed)
}

/// Returns a reason that stands in an event under the key of the platform; none once erased.
pub fn opened_reason(node: &Node, event: EventId, sealed: &Sealed<String>) -> Result<Option<String>> {
    let mut reason = Reason(sealed.clone());
    let opened = node.vault().open(event, &mut reason);
    opened.map_err(|error| Failure::Internal(Box::new(error)))?;
    Ok(reason.0.into_open())
}

/// The reason alone of a request.
struct Reason(Sealed<String>);

impl domain::sealed::Carries for Reason {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Platform, Retention::Life, "reason", 0, &mut self.0);
    }
}
