//! Who is kept out: blocks of single accounts, blocks of a profile, access windows (`directory.md`, Life of an account).
//!
//! Invariants: whoever blocks an account could do all that its owner may do; lifting the block of one cause, or of a
//! profile, never lifts another.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::actor::RoleName;
use domain::person::{Command, Person as Decided};
use domain::structure::{
    self, Command as OfStructure, Event as OfStructureEvent, Structure as DecidedStructure,
};
use domain::{PersonId, StreamId, StructureId};
use projections::World;

use super::acting::{Acting, Asked, over, within};
use super::common::{Day, Global, Instant, Position, Ulid, UserError};
use super::people::{BlockCause, Person, Profile};
use super::structure::Structure;
use crate::failure::{Failure, Result};
use crate::node::Carried;
use crate::rights::{Right, Rights};

/// Whose account is blocked.
#[derive(Debug, InputObject)]
pub struct BlockAccountInput {
    person: ID,
    cause: BlockCause,
    /// Why, kept sealed in the log: 1 to 1,000 characters.
    reason: String,
    idempotency_key: Ulid,
}

/// Whose block is lifted.
#[derive(Debug, InputObject)]
pub struct UnblockAccountInput {
    person: ID,
    cause: BlockCause,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// The account, or why nothing was done to it.
#[derive(Debug, SimpleObject)]
pub struct AccountPayload {
    /// Whose; null if it was refused.
    person: Option<Person>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// Which profile is kept out of a structure.
#[derive(Debug, InputObject)]
pub struct BlockProfileInput {
    structure: ID,
    profile: Profile,
    /// When the block ends by itself; not at all if left out.
    until: Option<Instant>,
    /// Why, kept sealed in the log: 1 to 1,000 characters.
    reason: String,
    idempotency_key: Ulid,
}

/// Which profile may enter again.
#[derive(Debug, InputObject)]
pub struct UnblockProfileInput {
    structure: ID,
    profile: Profile,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// From which day a profile may enter.
#[derive(Debug, InputObject)]
pub struct SetAccessWindowInput {
    structure: ID,
    profile: Profile,
    /// The first day; no window if left out.
    opens: Option<Day>,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// The structure, or why nothing was done to it.
#[derive(Debug, SimpleObject)]
pub struct StructurePayload {
    /// Which; null if it was refused.
    structure: Option<Structure>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// What can be done to keep somebody out, and to let them in again.
#[derive(Debug, Default)]
pub struct AccessMutation;

/// Mutations.
#[Object]
impl AccessMutation {
    /// Blocks an account: its owner cannot sign in, is found by administrators only and gets nothing new. All their
    /// sessions end with the next request.
    async fn block_account(&self, ctx: &Context<'_>, input: BlockAccountInput) -> Result<AccountPayload> {
        let (acting, person) = (Acting::of(ctx)?, PersonId::read(&input.person, "person")?);
        let reason = required(&input.reason)?;
        let asked = Asked::new("blockAccount", &input, input.idempotency_key, None);
        let (cause, reason) = (input.cause.into(), reason.to_owned());
        let make = |by| Command::Block { cause, by, until: None, reason };
        account(&acting, asked, person, |_, _, by| Ok(by), make).await
    }

    /// Lifts the block of one cause. What a structure blocked is lifted by it, or by the platform.
    async fn unblock_account(&self, ctx: &Context<'_>, input: UnblockAccountInput) -> Result<AccountPayload> {
        let (acting, person) = (Acting::of(ctx)?, PersonId::read(&input.person, "person")?);
        let asked = Asked::new("unblockAccount", &input, input.idempotency_key, input.reason.as_deref());
        let cause: domain::person::BlockCause = input.cause.into();
        let theirs = |world: &World, rights: &Rights, _| {
            let row = world.people.person_by_id(person).ok_or(Failure::NotFound)?;
            let block = row.blocks.iter().find(|block| block.cause == cause);
            let may = |by: StructureId| rights.may(Right::Block, by).is_some();
            let lifts = block.is_none_or(|block| rights.platform().is_some() || block.by.is_some_and(may));
            lifts.then_some(()).ok_or(Failure::Forbidden)
        };
        account(&acting, asked, person, theirs, |()| Command::Unblock(cause)).await
    }

    /// Keeps a profile out of a structure: they are told when they may come back, and found and written to as before.
    async fn block_profile(&self, ctx: &Context<'_>, input: BlockProfileInput) -> Result<StructurePayload> {
        let (acting, structure) = (Acting::of(ctx)?, StructureId::read(&input.structure, "structure")?);
        let reason = required(&input.reason)?.to_owned();
        let asked = Asked::new("blockProfile", &input, input.idempotency_key, None);
        let (profile, until) = (input.profile.into(), input.until.map(|until| until.0));
        structure_access(&acting, asked, structure, OfStructure::BlockProfile { profile, until, reason })
            .await
    }

    /// Lets a profile in again. Blocks of single accounts stay.
    async fn unblock_profile(
        &self,
        ctx: &Context<'_>,
        input: UnblockProfileInput,
    ) -> Result<StructurePayload> {
        let (acting, structure) = (Acting::of(ctx)?, StructureId::read(&input.structure, "structure")?);
        let asked = Asked::new("unblockProfile", &input, input.idempotency_key, input.reason.as_deref());
        let command = OfStructure::UnblockProfile { profile: input.profile.into() };
        structure_access(&acting, asked, structure, command).await
    }

    /// Says from which day a profile may enter a structure.
    async fn set_access_window(
        &self,
        ctx: &Context<'_>,
        input: SetAccessWindowInput,
    ) -> Result<StructurePayload> {
        let (acting, structure) = (Acting::of(ctx)?, StructureId::read(&input.structure, "structure")?);
        let asked = Asked::new("setAccessWindow", &input, input.idempotency_key, input.reason.as_deref());
        let opens = input.opens.map(|day| day.0);
        let command = OfStructure::SetAccessWindow { profile: input.profile.into(), opens };
        structure_access(&acting, asked, structure, command).await
    }
}

/// Reads a reason that must be given.
pub fn required(reason: &str) -> Result<&str> {
    let reason = reason.trim();
    let fits = (1..=1_000).contains(&reason.chars().count());
    fits.then_some(reason).ok_or(Failure::BadInput("reason", "1 to 1000 characters"))
}

/// Carries out a command on the account of somebody whom the caller has `Right::Block` over and covers.
async fn account<T>(
    acting: &Acting<'_>,
    asked: Asked<'_>,
    person: PersonId,
    check: impl Fn(&World, &Rights, Option<StructureId>) -> Result<T>,
    make: impl FnOnce(T) -> Command,
) -> Result<AccountPayload> {
    let (order, found) = acting
        .order(asked, |world, rights| {
            let (role, number, by) = over(world, rights, Right::Block, person)?;
            if !rights.covers_account(world, number, acting.today()) {
                return Err(Failure::Forbidden);
            }
            Ok((role, check(world, rights, by)?))
        })
        .await?;
    let carried = acting.carry::<Decided>(&order, &StreamId::person(person), make(found)).await?;
    Ok(AccountPayload {
        person: Person::by_id(acting, person).filter(|_| carried.refusal.is_none()),
        user_errors: carried.refusal.iter().map(|refusal| acting.refused(refusal, Some("person"))).collect(),
        position: Position(carried.position),
    })
}

async fn structure_access(
    acting: &Acting<'_>,
    asked: Asked<'_>,
    structure: StructureId,
    command: OfStructure,
) -> Result<StructurePayload> {
    let check = |world: &World, rights: &Rights| -> Result<(RoleName, ())> {
        let (role, _) = within(world, rights, Right::Block, structure)?;
        Ok((role, ()))
    };
    let (order, ()) = acting.order(asked, check).await?;
    let carried = acting.carry::<DecidedStructure>(&order, &StreamId::structure(structure), command).await?;
    Ok(StructurePayload::of(acting, structure, &carried))
}

impl StructurePayload {
    /// Returns a structure after a command, or why it was refused.
    pub(super) fn of(
        acting: &Acting<'_>,
        structure: StructureId,
        carried: &Carried<OfStructureEvent, structure::Refusal>,
    ) -> Self {
        let shown = acting.look(|world, _| Structure::by_id(world, structure));
        Self {
            structure: shown.filter(|_| carried.refusal.is_none()),
            user_errors: carried.refusal.iter().map(|refusal| acting.refused(refusal, None)).collect(),
            position: Position(carried.position),
        }
    }
}
