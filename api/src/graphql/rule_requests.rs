//! Asking for a change of rules one may not make, and deciding about it (`communication.md` section 7, last item).
//!
//! Invariants: who asks administers or heads some structure; who decides may make every change of the request, by the
//! same check as if they made it. A request is shown to who made it and to who may decide; to anybody else it is not
//! there.

pub mod differences;
pub mod facts;
mod shown;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::rule_request::{Accept, Command, Event, Make, Refusal, RuleRequest as Decided};
use domain::{RuleRequestId, StreamId};
use projections::World;
use projections::graph::Preview;

use super::access::required;
use super::acting::{Acting, Asked};
use super::common::{Global, Listed, Page, Position, Ulid, UserError};
use super::rules::CHANGES;
use super::rules::change::{AcceptedOpening, RuleChangeInput};
use super::rules::preview::{RuleChangePreview, Shown};
use crate::failure::{Failure, Result};
use crate::node::{Carried, PATIENCE};
use crate::rights::Rights;
use differences::PreviewDifference;
use shown::{RuleChangeRequest, RuleChangeRequestState};

/// What is asked for.
#[derive(Debug, InputObject)]
pub struct RequestRuleChangeInput {
    /// 1 to 100 changes, to be made one after the other. Groups that the caller sees, and the groups of all people of a
    /// profile of any structure (`profileGroups`).
    changes: Vec<RuleChangeInput>,
    /// Why. It stays when people are erased: name the need, not the people.
    reason: String,
    idempotency_key: Ulid,
}

/// Which request is accepted.
#[derive(Debug, InputObject)]
pub struct AcceptRuleChangeInput {
    request: ID,
    #[graphql(default)]
    accept: Vec<AcceptedOpening>,
    /// Make it even though it does something else now than when it was asked for.
    #[graphql(default)]
    as_it_is_now: bool,
    idempotency_key: Ulid,
}

/// Which request is refused; by who asked, taken back.
#[derive(Debug, InputObject)]
pub struct RefuseRuleChangeInput {
    request: ID,
    /// Why. It stays when people are erased.
    reason: String,
    idempotency_key: Ulid,
}

/// The request, or why nothing was done.
#[derive(Debug, SimpleObject)]
pub struct RuleChangeRequestPayload {
    /// Null if it was refused.
    request: Option<RuleChangeRequest>,
    /// What it does now, where that stands in the way of accepting it.
    preview: Option<RuleChangePreview>,
    /// What is another way now than when it was asked for, where that stands in the way.
    differences: Vec<PreviewDifference>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// What can be asked about requests for changes of rules.
#[derive(Debug, Default)]
pub struct RuleRequestsQuery;

/// Queries.
#[Object]
impl RuleRequestsQuery {
    /// Requests for changes of rules, the newest first: the caller's own, and those they may decide about.
    async fn rule_change_requests(
        &self,
        ctx: &Context<'_>,
        state: Option<RuleChangeRequestState>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Listed<RuleRequestId, RuleChangeRequest>> {
        let (acting, page) = (Acting::of(ctx)?, Page::read(first, after.as_deref(), None, None)?);
        acting.look(|world, rights| shown::listed(&acting, world, rights, state, &page))
    }
}

/// What can be done about requests for changes of rules.
#[derive(Debug, Default)]
pub struct RuleRequestsMutation;

/// Mutations.
#[Object]
impl RuleRequestsMutation {
    /// Asks for a change of rules that the caller may not make: for administrators and heads of school. Who may decide
    /// sees it with what it would do.
    async fn request_rule_change(
        &self,
        ctx: &Context<'_>,
        input: RequestRuleChangeInput,
    ) -> Result<RuleChangeRequestPayload> {
        if !(1..=CHANGES).contains(&input.changes.len()) {
            return Err(Failure::BadInput("changes", "1 to 100 changes"));
        }
        let (acting, reason) = (Acting::of(ctx)?, required(&input.reason)?.to_owned());
        let asked = Asked::new("requestRuleChange", &input, input.idempotency_key, None);
        let check = |world: &World, rights: &Rights| facts::wanted(world, rights, &input.changes);
        let (order, wanted) = acting.order(asked, check).await?;
        let (request, by) = (RuleRequestId::derived(order.meta.command, 0), acting.caller.person);
        let facts::Wanted { changes, preview, own } = wanted;
        let command = Command::Make(Make { request, by, changes, reason, preview, own });
        let stream = StreamId::rule_request(request);
        let carried = acting.carry::<Decided>(&order, &stream, command).await?;
        payload(&acting, request, &carried, None)
    }

    /// Lets a request be made, as it was looked at when it was asked for. If it does something else now nothing is
    /// changed, and the answer says what, unless it is accepted as it is now. Its changes are made one after the other;
    /// what is refused meanwhile, the request says.
    async fn accept_rule_change(
        &self,
        ctx: &Context<'_>,
        input: AcceptRuleChangeInput,
    ) -> Result<RuleChangeRequestPayload> {
        let (acting, request) = (Acting::of(ctx)?, RuleRequestId::read(&input.request, "request")?);
        let by = acting.caller.person;
        let asked = Asked::new("acceptRuleChange", &input, input.idempotency_key, None);
        let check = |world: &World, rights: &Rights| facts::accepted(world, rights, request, by);
        let (order, ()) = acting.order(asked, check).await?;
        let (preview, counts) = acting.look(|world, _| facts::previewed(world, request))?;
        let (opens_members, as_it_is_now) =
            (input.accept.contains(&AcceptedOpening::OpensMembers), input.as_it_is_now);
        let command = Command::Accept(Accept { by, preview: counts, opens_members, as_it_is_now });
        let stream = StreamId::rule_request(request);
        let carried = acting.carry::<Decided>(&order, &stream, command).await?;
        made(&acting, request).await;
        payload(&acting, request, &carried, Some(&preview))
    }

    /// Says no to a request, with a reason; who asked may take it back so.
    async fn refuse_rule_change(
        &self,
        ctx: &Context<'_>,
        input: RefuseRuleChangeInput,
    ) -> Result<RuleChangeRequestPayload> {
        let (acting, request) = (Acting::of(ctx)?, RuleRequestId::read(&input.request, "request")?);
        let (by, reason) = (acting.caller.person, required(&input.reason)?.to_owned());
        let asked = Asked::new("refuseRuleChange", &input, input.idempotency_key, None);
        let check = |world: &World, rights: &Rights| facts::refused(world, rights, request, by);
        let (order, ()) = acting.order(asked, check).await?;
        let stream = StreamId::rule_request(request);
        let carried = acting.carry::<Decided>(&order, &stream, Command::Refuse { by, reason }).await?;
        payload(&acting, request, &carried, None)
    }
}

/// Waits until the process made what was accepted. Later than two seconds it is made as surely; the answer then says
/// `ACCEPTED`.
async fn made(acting: &Acting<'_>, request: RuleRequestId) {
    let node = &acting.front.node;
    let mut position = node.live().watch();
    let over = position.wait_for(|_| node.read(|world| !world.rule_requests.is_pending(request)));
    let _ = tokio::time::timeout(PATIENCE, over).await;
}

fn payload(
    acting: &Acting<'_>,
    request: RuleRequestId,
    carried: &Carried<Event, Refusal>,
    preview: Option<&Preview>,
) -> Result<RuleChangeRequestPayload> {
    let refusal = carried.refusal.as_ref();
    let in_the_way = matches!(refusal, Some(Refusal::DiffersNow | Refusal::OpensMembers(_)));
    let preview = preview.filter(|_| in_the_way);
    acting.look(|world, rights| {
        let shown = Shown { acting, world, rights };
        let row = world.rule_requests.get(request).filter(|_| refusal.is_none());
        let differences = preview.map(|preview| differences::of(shown, request, preview));
        Ok(RuleChangeRequestPayload {
            request: row.map(|row| shown::shown(shown, row)).transpose()?,
            preview: preview.map(|preview| shown.show(preview)),
            differences: differences.unwrap_or_default(),
            user_errors: refusal.iter().map(|refusal| acting.refused(refusal, field(refusal))).collect(),
            position: Position(carried.position),
        })
    })
}

/// Returns the field of the input a refusal is about.
fn field(refusal: &Refusal) -> Option<&'static str> {
    match refusal {
        Refusal::OpensMembers(_) => Some("accept"),
        Refusal::DiffersNow => Some("asItIsNow"),
        Refusal::YoursToMake => Some("changes"),
        Refusal::ReasonRequired => Some("reason"),
        Refusal::Unknown
        | Refusal::NothingAsked
        | Refusal::Accepted
        | Refusal::Refused
        | Refusal::NotAccepted
        | Refusal::Other => None,
    }
}
