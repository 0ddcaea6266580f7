//! Bookings: what is free, what is booked, and booking it (`booking.md`).
//!
//! Invariants: whoever has no role on a resource does not see it; every broken rule is told at once; whoever may not
//! see the details of a booking sees that its slot is taken and nothing more.

pub(crate) mod facts;
pub mod imported;
mod listed;
pub mod opened;
pub mod refused;
pub(crate) mod requested;
pub(crate) mod shown;
pub(crate) mod week;

use std::collections::BTreeSet;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use domain::resource::{
    Answer, Book, Cancel, ChangeBooking, Command, Overridable, Refusal, Resource as Decided, Scope, Which,
};
use domain::{BookingId, Date, PersonId, ResourceId, StreamId};
use projections::World;

use self::listed::{BookingPreview, ResourceAvailability, TakenSlot};
use self::requested::{BookingRequest, BookingRequestPayload};
use self::shown::Booking;
use super::acting::{Acting, Asked};
use super::common::{Day, Global, Instant, Listed, Page, Position, Ulid, UserError, WallTime};
use super::domains::resource::Resource;
use crate::failure::{Failure, Result};
use crate::node::{Carried, Order};
use crate::rights::Rights;

/// How much of a series is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum BookingScope {
    /// The date that is named, or the only one there is.
    This,
    /// The date that is named and all after it.
    Following,
    /// Every date that has not begun.
    AllFuture,
}

/// A rule that moderators and managers may pass over, with a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Overridable")]
pub enum BookingRule {
    /// Notices, and days ahead.
    Notices,
    /// Quotas.
    Quotas,
    /// Opening hours and periods.
    OpeningHours,
    /// Buffers.
    Buffers,
}

/// What is to be booked.
#[derive(Debug, Clone, InputObject)]
pub struct MakeBookingInput {
    resource: ID,
    /// What a clock on the wall shows at its beginning, in the zone of the resource.
    start: WallTime,
    /// What it shows at its end.
    end: WallTime,
    /// How much of it.
    #[graphql(default = 1)]
    quantity: u32,
    /// How it goes on, as in RFC 5545: `FREQ=WEEKLY;BYDAY=TU;UNTIL=20261218`.
    rule: Option<String>,
    /// Leave out dates that are taken, and tell which.
    #[graphql(default)]
    skip_conflicts: bool,
    /// What for, 500 characters at most.
    purpose: Option<String>,
    /// For whom, if not for the caller; for moderators and managers.
    owner: Option<ID>,
    /// Rules to pass over; for moderators and managers, with a reason.
    #[graphql(default)]
    r#override: Vec<BookingRule>,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// What is to be changed of a booking.
#[derive(Debug, InputObject)]
pub struct ChangeBookingInput {
    booking: ID,
    #[graphql(default_with = "BookingScope::This")]
    scope: BookingScope,
    /// Which date; may be left out where there is one only.
    date: Option<Day>,
    /// What a clock on the wall is to show at its beginning, or at the first one's.
    start: WallTime,
    /// What it is to show at its end.
    end: WallTime,
    /// How the rest goes on, if not as before.
    rule: Option<String>,
    /// How much of the resource, if not as before.
    quantity: Option<u32>,
    #[graphql(default)]
    skip_conflicts: bool,
    #[graphql(default)]
    r#override: Vec<BookingRule>,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// What is to be given up.
#[derive(Debug, InputObject)]
pub struct CancelBookingInput {
    booking: ID,
    #[graphql(default_with = "BookingScope::AllFuture")]
    scope: BookingScope,
    /// Which date, for `THIS` and `FOLLOWING`.
    date: Option<Day>,
    #[graphql(default)]
    r#override: Vec<BookingRule>,
    /// Why; required for what is somebody else's.
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// What is answered.
#[derive(Debug, InputObject)]
pub struct ValidateBookingInput {
    booking: ID,
    /// Which dates; all that wait if left out.
    #[graphql(default)]
    dates: Vec<Day>,
    idempotency_key: Ulid,
}

/// What is refused, and why.
#[derive(Debug, InputObject)]
pub struct RefuseBookingInput {
    booking: ID,
    /// Which dates; all that wait if left out.
    #[graphql(default)]
    dates: Vec<Day>,
    /// Why; its owner reads it.
    reason: String,
    idempotency_key: Ulid,
}

/// A booking whose change is taken back.
#[derive(Debug, InputObject)]
pub struct WithdrawBookingProposalInput {
    booking: ID,
    idempotency_key: Ulid,
}

/// What a booking is for.
#[derive(Debug, InputObject)]
pub struct DescribeBookingInput {
    booking: ID,
    /// 500 characters at most.
    purpose: String,
    idempotency_key: Ulid,
}

/// The booking as it is now, or why nothing was done: every broken rule with its date.
#[derive(Debug, SimpleObject)]
pub struct BookingPayload {
    /// Null if it was refused.
    booking: Option<Booking>,
    /// Why not, if not. The field of a broken rule names the date: `dates.2026-09-15`.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// What can be asked about bookings.
#[derive(Debug, Default)]
pub struct BookingsQuery;

/// Queries.
#[Object]
impl BookingsQuery {
    /// How much of 1 to 200 resources is free from one instant to another, 92 days at most; of more than 20, 31 days.
    async fn availability(
        &self,
        ctx: &Context<'_>,
        resources: Vec<ID>,
        from: Instant,
        to: Instant,
    ) -> Result<Vec<ResourceAvailability>> {
        let (acting, slot) = (Acting::of(ctx)?, listed::span(from, to)?);
        if !(1..=200).contains(&resources.len()) {
            return Err(Failure::BadInput("resources", "1 to 200 resources"));
        }
        if resources.len() > 20 && slot.minutes() > 31 * 24 * 60 {
            return Err(Failure::BadInput("to", "31 days at most for more than 20 resources"));
        }
        let ids = super::acting::ids::<ResourceId>(&resources, "resources")?;
        acting.look(|world, rights| listed::availability(&acting, world, rights, &ids, slot))
    }

    /// The resources of a domain of which so much is free all the time between two hours on the wall there.
    async fn free_resources(
        &self,
        ctx: &Context<'_>,
        domain: ID,
        start: WallTime,
        end: WallTime,
        #[graphql(default = 1)] quantity: u32,
    ) -> Result<Vec<Resource>> {
        let (acting, domain) = (Acting::of(ctx)?, domain::DomainId::read(&domain, "domain")?);
        acting.look(|world, rights| listed::free(&acting, world, rights, domain, (start.0, end.0), quantity))
    }

    /// A booking; null if it is not there or not for the caller to see.
    async fn booking(&self, ctx: &Context<'_>, id: ID) -> Result<Option<Booking>> {
        let (acting, id) = (Acting::of(ctx)?, BookingId::read(&id, "id")?);
        acting.look(|world, rights| {
            let Ok((calendar, _)) = facts::booking(&acting, world, rights, id) else { return Ok(None) };
            shown::booking(&acting, world, rights, calendar, id).map(Some)
        })
    }

    /// What is booked of a resource from one instant to another, 92 days at most, in the order of beginning.
    async fn taken_slots(
        &self,
        ctx: &Context<'_>,
        resource: ID,
        from: Instant,
        to: Instant,
    ) -> Result<Vec<TakenSlot>> {
        let (acting, slot) = (Acting::of(ctx)?, listed::span(from, to)?);
        let resource = ResourceId::read(&resource, "resource")?;
        acting.look(|world, rights| listed::taken(&acting, world, rights, resource, slot))
    }

    /// The caller's own bookings, in a fixed order.
    async fn my_bookings(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Listed<BookingId, Booking>> {
        let (acting, page) = (Acting::of(ctx)?, Page::read(first, after.as_deref(), None, None)?);
        acting.look(|world, rights| listed::own(&acting, world, rights, &page))
    }

    /// Bookings and changes that wait for the caller's answer, in a fixed order.
    async fn booking_queue(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Listed<BookingId, Booking>> {
        let (acting, page) = (Acting::of(ctx)?, Page::read(first, after.as_deref(), None, None)?);
        acting.look(|world, rights| listed::queue(&acting, world, rights, &page))
    }

    /// What booking would answer, without booking.
    async fn preview_booking(&self, ctx: &Context<'_>, input: MakeBookingInput) -> Result<BookingPreview> {
        let (acting, wanted) = (Acting::of(ctx)?, Wanted::read(&input)?);
        let look = |world: &World, rights: &Rights| {
            facts::books(&acting, world, rights, wanted.resource, wanted.owner)
        };
        let (_, known) = acting.look(look)?;
        let command = wanted.command(&acting, &input, known, BookingId::from_u128(0));
        let decided = acting.look(|world, _| listed::decided(world, wanted.resource, command))?;
        Ok(listed::preview(&acting, decided))
    }

    /// A booking of several resources at once; null if it is not there or not the caller's.
    async fn booking_request(&self, ctx: &Context<'_>, id: ID) -> Result<Option<BookingRequest>> {
        let acting = Acting::of(ctx)?;
        let id = domain::BookingRequestId::read(&id, "id")?;
        acting.look(|world, rights| requested::shown(&acting, world, rights, id))
    }
}

/// What can be done with bookings.
#[derive(Debug, Default)]
pub struct BookingsMutation;

/// Mutations.
#[Object]
impl BookingsMutation {
    /// Books a resource, once or as a series; with a role that needs validation it waits for that.
    async fn make_booking(&self, ctx: &Context<'_>, input: MakeBookingInput) -> Result<BookingPayload> {
        let (acting, wanted) = (Acting::of(ctx)?, Wanted::read(&input)?);
        let asked = Asked::new("makeBooking", &input, input.idempotency_key, input.reason.as_deref());
        let check = |world: &World, rights: &Rights| {
            facts::books(&acting, world, rights, wanted.resource, wanted.owner)
        };
        let (order, known) = acting.order(asked, check).await?;
        let booking = BookingId::derived(order.meta.command, 0);
        let command = wanted.command(&acting, &input, known, booking);
        carry(&acting, &order, wanted.resource, booking, command).await
    }

    /// Books two to twenty resources at once, all of them or none.
    async fn make_bookings(
        &self,
        ctx: &Context<'_>,
        input: requested::MakeBookingsInput,
    ) -> Result<BookingRequestPayload> {
        requested::make(&Acting::of(ctx)?, &input).await
    }

    /// Books a resource for each event of a calendar file: each by itself, so that some may be refused, with a line for each.
    /// The same file again books nothing twice.
    async fn import_calendar(
        &self,
        ctx: &Context<'_>,
        input: imported::ImportCalendarInput,
    ) -> Result<imported::ImportCalendarPayload> {
        imported::import(&Acting::of(ctx)?, input).await
    }

    /// Changes when a booking is, or how much of the resource it takes. What needs validation waits for that, beside what
    /// is confirmed.
    async fn change_booking(&self, ctx: &Context<'_>, input: ChangeBookingInput) -> Result<BookingPayload> {
        let (acting, id) = (Acting::of(ctx)?, BookingId::read(&input.booking, "booking")?);
        let asked = Asked::new("changeBooking", &input, input.idempotency_key, input.reason.as_deref());
        let rule = facts::rule(input.rule.as_deref());
        let check = |world: &World, rights: &Rights| {
            let (role, known) = facts::changes(&acting, world, rights, id)?;
            Ok((role, (known, only_date(world, id, input.date)?)))
        };
        let (order, (known, date)) = acting.order(asked, check).await?;
        let rule = match rule {
            Ok(rule) => rule,
            Err(error) => return Ok(refused(&acting, &Refusal::Series(error), order_position(&acting))),
        };
        let into = BookingId::derived(order.meta.command, 1);
        let resource = known.resource;
        let command = Command::Change(Box::new(ChangeBooking {
            booking: id,
            by: known.by,
            scope: match input.scope {
                BookingScope::This => Scope::This(date),
                BookingScope::Following => Scope::Following(date),
                BookingScope::AllFuture => Scope::AllFuture,
            },
            start: input.start.0,
            end: input.end.0,
            rule,
            quantity: input.quantity,
            skip_conflicts: input.skip_conflicts,
            passing: passing(&input.r#override),
            reasoned: reasoned(input.reason.as_deref()),
            groups: known.groups,
            into,
            now: acting.front.node.now(),
        }));
        let carried = acting.carry::<Decided>(&order, &StreamId::resource(resource), command).await?;
        // The rest of a series may be another booking now.
        let made = acting.look(|world, _| world.calendars.booking(into).is_some());
        payload(&acting, if made { into } else { id }, &carried)
    }

    /// Gives up a booking: what waits is withdrawn, what is confirmed is cancelled. The past is not touched.
    async fn cancel_booking(&self, ctx: &Context<'_>, input: CancelBookingInput) -> Result<BookingPayload> {
        let (acting, id) = (Acting::of(ctx)?, BookingId::read(&input.booking, "booking")?);
        let asked = Asked::new("cancelBooking", &input, input.idempotency_key, input.reason.as_deref());
        let check = |world: &World, rights: &Rights| {
            let (role, known) = facts::changes(&acting, world, rights, id)?;
            let date = match input.scope {
                BookingScope::AllFuture => Date::MIN,
                BookingScope::This | BookingScope::Following => only_date(world, id, input.date)?,
            };
            Ok((role, (known, date)))
        };
        let (order, (known, date)) = acting.order(asked, check).await?;
        let command = Command::Cancel(Cancel {
            booking: id,
            which: match input.scope {
                BookingScope::This => Which::This(date),
                BookingScope::Following => Which::Following(date),
                BookingScope::AllFuture => Which::AllFuture,
            },
            by: known.by,
            reason: input.reason.clone(),
            passing: passing(&input.r#override),
            now: acting.front.node.now(),
        });
        carry(&acting, &order, known.resource, id, command).await
    }

    /// Says yes to what waits: a booking, dates of a series, or a change. For moderators and managers.
    async fn validate_booking(
        &self,
        ctx: &Context<'_>,
        input: ValidateBookingInput,
    ) -> Result<BookingPayload> {
        let (acting, id) = (Acting::of(ctx)?, BookingId::read(&input.booking, "booking")?);
        let asked = Asked::new("validateBooking", &input, input.idempotency_key, None);
        let (order, known) = changing(&acting, asked, id).await?;
        let answer = answer(&acting, id, &known, &input.dates, None);
        carry(&acting, &order, known.resource, id, Command::Validate(answer)).await
    }

    /// Says no to what waits, with a reason. For moderators and managers.
    async fn refuse_booking(&self, ctx: &Context<'_>, input: RefuseBookingInput) -> Result<BookingPayload> {
        let (acting, id) = (Acting::of(ctx)?, BookingId::read(&input.booking, "booking")?);
        let asked = Asked::new("refuseBooking", &input, input.idempotency_key, None);
        let (order, known) = changing(&acting, asked, id).await?;
        let answer = answer(&acting, id, &known, &input.dates, Some(input.reason.clone()));
        carry(&acting, &order, known.resource, id, Command::Refuse(answer)).await
    }

    /// Takes back a change that waits.
    async fn withdraw_booking_proposal(
        &self,
        ctx: &Context<'_>,
        input: WithdrawBookingProposalInput,
    ) -> Result<BookingPayload> {
        let (acting, id) = (Acting::of(ctx)?, BookingId::read(&input.booking, "booking")?);
        let asked = Asked::new("withdrawBookingProposal", &input, input.idempotency_key, None);
        let (order, known) = changing(&acting, asked, id).await?;
        let command = Command::WithdrawProposal { booking: id, by: known.by };
        carry(&acting, &order, known.resource, id, command).await
    }

    /// Says another way what a booking is for.
    async fn describe_booking(
        &self,
        ctx: &Context<'_>,
        input: DescribeBookingInput,
    ) -> Result<BookingPayload> {
        let (acting, id) = (Acting::of(ctx)?, BookingId::read(&input.booking, "booking")?);
        let purpose = purpose(Some(&input.purpose))?.unwrap_or_default();
        let asked = Asked::new("describeBooking", &input, input.idempotency_key, None);
        let (order, known) = changing(&acting, asked, id).await?;
        let command = Command::Describe { booking: id, by: known.by, purpose };
        carry(&acting, &order, known.resource, id, command).await
    }
}

/// What is wanted, as far as it can be read without a look at the world.
struct Wanted {
    resource: ResourceId,
    owner: Option<PersonId>,
    purpose: Option<String>,
    rule: Result<Option<domain::booking::recurrence::Rule>, domain::booking::recurrence::Refusal>,
}

impl Wanted {
    fn read(input: &MakeBookingInput) -> Result<Self> {
        Ok(Self {
            resource: ResourceId::read(&input.resource, "resource")?,
            owner: facts::owner(input.owner.as_ref())?,
            purpose: purpose(input.purpose.as_deref())?,
            rule: facts::rule(input.rule.as_deref()),
        })
    }

    /// Returns the command; or why its rule is none.
    fn command(
        &self,
        acting: &Acting<'_>,
        input: &MakeBookingInput,
        known: facts::Known,
        booking: BookingId,
    ) -> Result<Command, Refusal> {
        let rule = self.rule.clone().map_err(Refusal::Series)?;
        let wall = facts::wall(known.zone, input.start.0, input.end.0);
        Ok(Command::Book(Box::new(Book {
            owner: known.owner,
            groups: known.groups,
            quantity: input.quantity,
            rule,
            skip_conflicts: input.skip_conflicts,
            purpose: self.purpose.clone(),
            passing: passing(&input.r#override),
            reasoned: reasoned(input.reason.as_deref()),
            ..Book::once(booking, known.by, wall, acting.front.node.now())
        })))
    }
}

/// Reads what a booking is for.
fn purpose(text: Option<&str>) -> Result<Option<String>> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.chars().count() > 500) {
        return Err(Failure::BadInput("purpose", "500 characters at most"));
    }
    Ok(text.map(ToOwned::to_owned))
}

fn passing(rules: &[BookingRule]) -> Vec<Overridable> {
    let rules: BTreeSet<Overridable> = rules.iter().map(|rule| (*rule).into()).collect();
    rules.into_iter().collect()
}

fn reasoned(reason: Option<&str>) -> bool {
    reason.is_some_and(|reason| !reason.trim().is_empty())
}

fn answer(
    acting: &Acting<'_>,
    booking: BookingId,
    known: &facts::Known,
    dates: &[Day],
    reason: Option<String>,
) -> Answer {
    let dates = dates.iter().map(|day| day.0).collect();
    let (by, owner_may, now) = (known.by, known.owner_may, acting.front.node.now());
    Answer { booking, dates, by, owner_may, reason, now }
}

/// Takes the caller's turn, and returns what a change of a booking needs to know.
async fn changing(acting: &Acting<'_>, asked: Asked<'_>, id: BookingId) -> Result<(Order, facts::Known)> {
    acting.order(asked, |world, rights| facts::changes(acting, world, rights, id)).await
}

/// Returns the date that is meant: the one that is named, or the only one.
fn only_date(world: &World, booking: BookingId, named: Option<Day>) -> Result<Date> {
    let dates = world.calendars.booking(booking).map(|(_, booking)| booking.dates.as_slice());
    match (named, dates.unwrap_or_default()) {
        (Some(day), _) => Ok(day.0),
        (None, [only]) => Ok(only.date),
        (None, _) => Err(Failure::BadInput("date", "the date of the series that is meant")),
    }
}

/// Carries out a command, and answers with the booking as it is then.
async fn carry(
    acting: &Acting<'_>,
    order: &Order,
    resource: ResourceId,
    booking: BookingId,
    command: impl Into<Wish>,
) -> Result<BookingPayload> {
    match command.into().0 {
        Ok(command) => {
            let stream = StreamId::resource(resource);
            let carried = acting.carry::<Decided>(order, &stream, command).await?;
            payload(acting, booking, &carried)
        }
        Err(refusal) => Ok(refused(acting, &refusal, order_position(acting))),
    }
}

/// A command, or why there is none.
struct Wish(Result<Command, Refusal>);

impl From<Command> for Wish {
    fn from(command: Command) -> Self {
        Self(Ok(command))
    }
}

impl From<Result<Command, Refusal>> for Wish {
    fn from(command: Result<Command, Refusal>) -> Self {
        Self(command)
    }
}

fn order_position(acting: &Acting<'_>) -> eventlog::Position {
    acting.front.node.live().position()
}

fn refused(acting: &Acting<'_>, refusal: &Refusal, position: eventlog::Position) -> BookingPayload {
    let user_errors = refused::errors(acting, refusal);
    BookingPayload { booking: None, user_errors, position: Position(position) }
}

fn payload(
    acting: &Acting<'_>,
    booking: BookingId,
    carried: &Carried<domain::resource::Event, Refusal>,
) -> Result<BookingPayload> {
    if let Some(refusal) = &carried.refusal {
        return Ok(refused(acting, refusal, carried.position));
    }
    let booking = acting.look(|world, rights| {
        let found = world.calendars.booking(booking);
        found.map(|(calendar, _)| shown::booking(acting, world, rights, calendar, booking)).transpose()
    })?;
    Ok(BookingPayload { booking, user_errors: vec![], position: Position(carried.position) })
}
