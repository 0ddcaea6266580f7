//! What a platform administrator sets beside the rules: direct links, who and what nobody reaches, closed structures
//! (`communication.md` sections 3 and 6).
//!
//! Invariant: for the platform alone, each with a reason that the log keeps.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::actor::RoleName;
use domain::person::{Command, Exception, Person as Decided};
use domain::structure::{Command as OfStructure, Structure as DecidedStructure};
use domain::{GroupId, PersonId, StreamId, StructureId};
use projections::World;

use super::access::{StructurePayload, required};
use super::acting::{Acting, Asked, group, within};
use super::common::{Global, Position, Ulid, UserError, opened};
use super::groups::Group;
use super::people::Person;
use super::rules::change::target;
use crate::failure::{Failure, Result};
use crate::rights::{Right, Rights};

/// Between whom a direct link is made.
#[derive(Debug, InputObject)]
pub struct MakeDirectLinkInput {
    /// Who is to reach the other.
    from: ID,
    /// Whom.
    to: ID,
    /// Whether the other reaches back.
    #[graphql(default)]
    both_ways: bool,
    /// Why, kept sealed in the log: 1 to 1,000 characters.
    reason: String,
    idempotency_key: Ulid,
}

/// Which direct link is removed: as it was made.
#[derive(Debug, InputObject)]
pub struct RemoveDirectLinkInput {
    from: ID,
    to: ID,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// Both ends of a direct link, or why nothing was changed.
#[derive(Debug, SimpleObject)]
pub struct DirectLinkPayload {
    /// From whom; null if it was refused.
    from: Option<Person>,
    /// To whom; null if it was refused.
    to: Option<Person>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// Whom or what nobody is to reach.
#[derive(Debug, InputObject)]
pub struct HideInput {
    /// A person or a group.
    target: ID,
    /// Why, kept sealed in the log: 1 to 1,000 characters.
    reason: String,
    idempotency_key: Ulid,
}

/// Whom or what is to be reached again.
#[derive(Debug, InputObject)]
pub struct UnhideInput {
    /// A person or a group.
    target: ID,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// Who or what was hidden or shown, or why nothing was changed.
#[derive(Debug, SimpleObject)]
pub struct HiddenPayload {
    /// The person, if it is one; null if it was refused.
    person: Option<Person>,
    /// The group, if it is one; null if it was refused.
    group: Option<Group>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// Which structure is closed.
#[derive(Debug, InputObject)]
pub struct CloseStructureInput {
    structure: ID,
    /// Why, kept sealed in the log: 1 to 1,000 characters.
    reason: String,
    idempotency_key: Ulid,
}

/// Which structure opens again.
#[derive(Debug, InputObject)]
pub struct ReopenStructureInput {
    structure: ID,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// What the platform sets beside the rules.
#[derive(Debug, Default)]
pub struct ExceptionsMutation;

/// Mutations.
#[Object]
impl ExceptionsMutation {
    /// Lets somebody reach somebody else whatever the rules say. It stands in every explanation, with who made it. For
    /// platform administrators.
    async fn make_direct_link(
        &self,
        ctx: &Context<'_>,
        input: MakeDirectLinkInput,
    ) -> Result<DirectLinkPayload> {
        let (acting, reason) = (Acting::of(ctx)?, required(&input.reason)?);
        let ends = (PersonId::read(&input.from, "from")?, PersonId::read(&input.to, "to")?);
        let asked = Asked::new("makeDirectLink", &input, input.idempotency_key, Some(reason));
        link(&acting, asked, ends, Exception::Link { to: ends.1, both_ways: input.both_ways }).await
    }

    /// Removes a direct link. For platform administrators.
    async fn remove_direct_link(
        &self,
        ctx: &Context<'_>,
        input: RemoveDirectLinkInput,
    ) -> Result<DirectLinkPayload> {
        let acting = Acting::of(ctx)?;
        let ends = (PersonId::read(&input.from, "from")?, PersonId::read(&input.to, "to")?);
        let asked = Asked::new("removeDirectLink", &input, input.idempotency_key, input.reason.as_deref());
        link(&acting, asked, ends, Exception::Unlink(ends.1)).await
    }

    /// Lets nobody reach a person or a group: technical accounts. They keep their groups, and what is written to these
    /// groups; administrators in scope still see them. For platform administrators.
    async fn hide(&self, ctx: &Context<'_>, input: HideInput) -> Result<HiddenPayload> {
        let (acting, reason) = (Acting::of(ctx)?, required(&input.reason)?);
        let asked = Asked::new("hide", &input, input.idempotency_key, Some(reason));
        hidden(&acting, asked, Hideable::read(&input.target)?, true).await
    }

    /// Lets a person or a group be reached again by whoever the rules say. For platform administrators.
    async fn unhide(&self, ctx: &Context<'_>, input: UnhideInput) -> Result<HiddenPayload> {
        let acting = Acting::of(ctx)?;
        let asked = Asked::new("unhide", &input, input.idempotency_key, input.reason.as_deref());
        hidden(&acting, asked, Hideable::read(&input.target)?, false).await
    }

    /// Closes a structure: nobody is in its groups any longer and nothing of it can be changed, until it opens again.
    /// Accounts stay. For platform administrators.
    async fn close_structure(
        &self,
        ctx: &Context<'_>,
        input: CloseStructureInput,
    ) -> Result<StructurePayload> {
        let (acting, reason) = (Acting::of(ctx)?, required(&input.reason)?);
        let structure = StructureId::read(&input.structure, "structure")?;
        let asked = Asked::new("closeStructure", &input, input.idempotency_key, Some(reason));
        of_structure(&acting, asked, structure, OfStructure::Close).await
    }

    /// Opens a closed structure again, as it was. For platform administrators.
    async fn reopen_structure(
        &self,
        ctx: &Context<'_>,
        input: ReopenStructureInput,
    ) -> Result<StructurePayload> {
        let (acting, structure) = (Acting::of(ctx)?, StructureId::read(&input.structure, "structure")?);
        let asked = Asked::new("reopenStructure", &input, input.idempotency_key, input.reason.as_deref());
        of_structure(&acting, asked, structure, OfStructure::Reopen).await
    }
}

/// What can be hidden.
#[derive(Debug, Clone, Copy)]
enum Hideable {
    Person(PersonId),
    Group(GroupId),
}

impl Hideable {
    fn read(id: &ID) -> Result<Self> {
        match opened(id).map(|(kind, _)| kind).as_deref() {
            Some(PersonId::KIND) => PersonId::read(id, "target").map(Self::Person),
            Some(GroupId::KIND) => GroupId::read(id, "target").map(Self::Group),
            _ => Err(Failure::BadInput("target", "the id of a person or of a group")),
        }
    }
}

/// Returns the role in which the caller sets exceptions, if they see everybody named.
fn platform(world: &World, rights: &Rights, people: &[PersonId]) -> Result<RoleName> {
    let seen = |id: &PersonId| world.people.number(*id).and_then(|number| rights.sees(world, number));
    if people.iter().any(|id| seen(id).is_none()) {
        return Err(Failure::NotFound);
    }
    rights.platform().ok_or(Failure::Forbidden)
}

async fn link(
    acting: &Acting<'_>,
    asked: Asked<'_>,
    (from, to): (PersonId, PersonId),
    exception: Exception,
) -> Result<DirectLinkPayload> {
    let check = |world: &World, rights: &Rights| Ok((platform(world, rights, &[from, to])?, ()));
    let (order, ()) = acting.order(asked, check).await?;
    let carried =
        acting.carry::<Decided>(&order, &StreamId::person(from), Command::Except(exception)).await?;
    let shown = |id| Person::by_id(acting, id).filter(|_| carried.refusal.is_none());
    Ok(DirectLinkPayload {
        from: shown(from),
        to: shown(to),
        user_errors: carried.refusal.iter().map(|refusal| acting.refused(refusal, Some("to"))).collect(),
        position: Position(carried.position),
    })
}

async fn hidden(acting: &Acting<'_>, asked: Asked<'_>, what: Hideable, hide: bool) -> Result<HiddenPayload> {
    match what {
        Hideable::Person(person) => {
            let check = |world: &World, rights: &Rights| Ok((platform(world, rights, &[person])?, ()));
            let (order, ()) = acting.order(asked, check).await?;
            let exception = if hide { Exception::Hide } else { Exception::Show };
            let carried = acting
                .carry::<Decided>(&order, &StreamId::person(person), Command::Except(exception))
                .await?;
            let shown = Person::by_id(acting, person).filter(|_| carried.refusal.is_none());
            let refused = carried.refusal.iter().map(|refusal| acting.refused(refusal, Some("target")));
            let (user_errors, position) = (refused.collect(), Position(carried.position));
            Ok(HiddenPayload { person: shown, group: None, user_errors, position })
        }
        Hideable::Group(id) => {
            let check = |world: &World, rights: &Rights| {
                let (number, structure) = group(world, rights, id)?;
                let role = rights.platform().ok_or(Failure::Forbidden)?;
                Ok((role, (target(world, number)?, structure)))
            };
            let (order, (which, structure)) = acting.order(asked, check).await?;
            let command = if hide { OfStructure::HideGroup(which) } else { OfStructure::ShowGroup(which) };
            let stream = StreamId::structure(structure);
            let carried = acting.carry::<DecidedStructure>(&order, &stream, command).await?;
            let shown = Group::by_id(acting, id).filter(|_| carried.refusal.is_none());
            let refused = carried.refusal.iter().map(|refusal| acting.refused(refusal, Some("target")));
            let (user_errors, position) = (refused.collect(), Position(carried.position));
            Ok(HiddenPayload { person: None, group: shown, user_errors, position })
        }
    }
}

async fn of_structure(
    acting: &Acting<'_>,
    asked: Asked<'_>,
    structure: StructureId,
    command: OfStructure,
) -> Result<StructurePayload> {
    let check = |world: &World, rights: &Rights| {
        within(world, rights, Right::Read, structure)?;
        Ok((rights.platform().ok_or(Failure::Forbidden)?, ()))
    };
    let (order, ()) = acting.order(asked, check).await?;
    let carried = acting.carry::<DecidedStructure>(&order, &StreamId::structure(structure), command).await?;
    Ok(StructurePayload::of(acting, structure, &carried))
}
