//! Groups filled by hand: free groups, their members and managers, and broadcast lists (`communication.md` section 4).
//!
//! Invariants: whoever puts somebody in administers or reaches them. Broadcast lists are made and filled by platform
//! administrators alone. A group that no rule reaches says so to whoever fills it.

mod facts;
pub mod shown;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::roster::{Candidate, Command as Fill, Refusal, Roster};
use domain::structure::{Command, Filling, Structure as Decided};
use domain::{GroupId, PersonId, StreamId, StructureId};
use projections::World;

use self::facts::{Filler, candidate, of_group};
use self::shown::GroupWarning;
use super::acting::{Acting, Asked, ids, name, within};
use super::common::{Global, Position, Ulid, UserError};
use super::groups::Group;
use super::people::Profile;
use crate::failure::{Failure, Result};
use crate::node::Order;
use crate::rights::{Right, Rights};

/// A free group to be created.
#[derive(Debug, InputObject)]
pub struct CreateFreeGroupInput {
    /// Whose it is.
    structure: ID,
    /// 1 to 100 characters.
    name: String,
    /// Whether its members may write to each other. There is no default: it must be thought about.
    members_reach_each_other: bool,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// A broadcast list to be created.
#[derive(Debug, InputObject)]
pub struct CreateBroadcastListInput {
    /// Whose it is.
    structure: ID,
    /// 1 to 100 characters.
    name: String,
    /// The profile of everybody in it, for ever.
    profile: Profile,
    /// Who is in it without being put there; nobody if left out.
    criteria: Option<ListCriteriaInput>,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// Who of the profile of a list is in it without being put there.
#[derive(Debug, InputObject)]
pub struct ListCriteriaInput {
    /// People of these structures, without those below them; of any if none is named.
    #[graphql(default)]
    structures: Vec<ID>,
    /// Codes of functions, one of which they hold there; any or none if none is named.
    #[graphql(default)]
    functions: Vec<String>,
}

/// Criteria of a broadcast list to be set.
#[derive(Debug, InputObject)]
pub struct SetListCriteriaInput {
    group: ID,
    /// Nobody is in it without being put there if left out.
    criteria: Option<ListCriteriaInput>,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// A group to be called something else.
#[derive(Debug, InputObject)]
pub struct RenameGroupInput {
    group: ID,
    /// 1 to 100 characters.
    name: String,
    reason: Option<String>,
    idempotency_key: Ulid,
}

/// People to be put into a group.
#[derive(Debug, InputObject)]
pub struct AddMembersInput {
    group: ID,
    /// At most 1,000, of any structure.
    people: Vec<ID>,
    idempotency_key: Ulid,
}

/// People to be taken out of a group.
#[derive(Debug, InputObject)]
pub struct RemoveMembersInput {
    group: ID,
    /// At most 1,000.
    people: Vec<ID>,
    idempotency_key: Ulid,
}

/// Somebody who is to manage a free group.
#[derive(Debug, InputObject)]
pub struct NameManagerInput {
    group: ID,
    person: ID,
    /// The manager above them; a manager names under themselves or under one below them.
    under: Option<ID>,
    idempotency_key: Ulid,
}

/// Somebody who is no longer to manage a free group.
#[derive(Debug, InputObject)]
pub struct EndManagerInput {
    group: ID,
    person: ID,
    idempotency_key: Ulid,
}

/// The group as it is now, or why nothing was done.
#[derive(Debug, SimpleObject)]
pub struct FilledGroupPayload {
    /// Which; null if it was refused.
    group: Option<Group>,
    /// What whoever fills it should know.
    warnings: Vec<GroupWarning>,
    /// Why not, if not: one for each person who may not be put in.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// What can be done to groups filled by hand.
#[derive(Debug, Default)]
pub struct FilledMutation;

/// Mutations.
#[Object]
impl FilledMutation {
    /// Creates a free group, with nobody in it and no rule: for administrators of its structure.
    async fn create_free_group(
        &self,
        ctx: &Context<'_>,
        input: CreateFreeGroupInput,
    ) -> Result<FilledGroupPayload> {
        let (acting, structure) = (Acting::of(ctx)?, StructureId::read(&input.structure, "structure")?);
        let (name, members_reach_each_other) = (name(&input.name)?, input.members_reach_each_other);
        let asked = Asked::new("createFreeGroup", &input, input.idempotency_key, input.reason.as_deref());
        let check =
            |world: &World, rights: &Rights| Ok((within(world, rights, Right::Rules, structure)?.0, ()));
        let (order, ()) = acting.order(asked, check).await?;
        let group = GroupId::derived(order.meta.command, 0);
        let command = Command::CreateFreeGroup { group, name, members_reach_each_other };
        of_structure(&acting, &order, structure, group, command).await
    }

    /// Creates a broadcast list: for platform administrators. Its members do not see each other, and it is named among
    /// blind copies only.
    async fn create_broadcast_list(
        &self,
        ctx: &Context<'_>,
        input: CreateBroadcastListInput,
    ) -> Result<FilledGroupPayload> {
        let (acting, structure) = (Acting::of(ctx)?, StructureId::read(&input.structure, "structure")?);
        let (name, profile) = (name(&input.name)?, input.profile.into());
        let asked = Asked::new("createBroadcastList", &input, input.idempotency_key, input.reason.as_deref());
        let check = |world: &World, rights: &Rights| {
            within(world, rights, Right::Read, structure)?;
            let criteria = facts::criteria(world, input.criteria.as_ref())?;
            Ok((rights.platform().ok_or(Failure::Forbidden)?, criteria))
        };
        let (order, criteria) = acting.order(asked, check).await?;
        let group = GroupId::derived(order.meta.command, 0);
        let command = Command::Filling(Filling::CreateList { group, name, profile, criteria });
        of_structure(&acting, &order, structure, group, command).await
    }

    /// Says who is in a broadcast list without being put there: for platform administrators. It is looked at now, and
    /// then whenever an import ends and a day begins; whoever was put in by hand stays.
    async fn set_list_criteria(
        &self,
        ctx: &Context<'_>,
        input: SetListCriteriaInput,
    ) -> Result<FilledGroupPayload> {
        let (acting, group) = (Acting::of(ctx)?, GroupId::read(&input.group, "group")?);
        let asked = Asked::new("setListCriteria", &input, input.idempotency_key, input.reason.as_deref());
        let check = |world: &World, rights: &Rights| {
            let filler = of_group(world, rights, &acting, group)?;
            let criteria = facts::criteria(world, input.criteria.as_ref())?;
            Ok((rights.platform().ok_or(Failure::Forbidden)?, (filler.structure, criteria)))
        };
        let (order, (structure, criteria)) = acting.order(asked, check).await?;
        let command = Command::Filling(Filling::SetCriteria { group, criteria });
        of_structure(&acting, &order, structure, group, command).await
    }

    /// Calls a free group or a broadcast list something else: for who may create one there.
    async fn rename_group(&self, ctx: &Context<'_>, input: RenameGroupInput) -> Result<FilledGroupPayload> {
        let (acting, group) = (Acting::of(ctx)?, GroupId::read(&input.group, "group")?);
        let name = name(&input.name)?;
        let asked = Asked::new("renameGroup", &input, input.idempotency_key, input.reason.as_deref());
        let check = |world: &World, rights: &Rights| {
            let filler = of_group(world, rights, &acting, group)?;
            Ok((filler.administers()?, filler.structure))
        };
        let (order, structure) = acting.order(asked, check).await?;
        let command = Command::Filling(Filling::Rename { group, name });
        of_structure(&acting, &order, structure, group, command).await
    }

    /// Puts people into a free group or a broadcast list: those whom the caller administers or reaches. For who
    /// administers or manages it.
    async fn add_members(&self, ctx: &Context<'_>, input: AddMembersInput) -> Result<FilledGroupPayload> {
        let (acting, group) = (Acting::of(ctx)?, GroupId::read(&input.group, "group")?);
        let people: Vec<PersonId> = ids(&input.people, "people")?;
        let asked = Asked::new("addMembers", &input, input.idempotency_key, None);
        fill(&acting, asked, group, "people", |world, rights, filler| {
            let people = people.iter().map(|person| candidate(world, rights, &acting, *person)).collect();
            Fill::Add { people, kind: filler.kind, by: filler.by }
        })
        .await
    }

    /// Takes people out of a free group or a broadcast list; out of a list they stay out, whatever its criteria say,
    /// until they are put in again. For who administers or manages it.
    async fn remove_members(
        &self,
        ctx: &Context<'_>,
        input: RemoveMembersInput,
    ) -> Result<FilledGroupPayload> {
        let (acting, group) = (Acting::of(ctx)?, GroupId::read(&input.group, "group")?);
        let people: Vec<PersonId> = ids(&input.people, "people")?;
        let asked = Asked::new("removeMembers", &input, input.idempotency_key, None);
        fill(&acting, asked, group, "people", |world, _, filler| {
            let people = filler.in_it(world, &people);
            Fill::Remove { people, kind: filler.kind, by: filler.by }
        })
        .await
    }

    /// Lets somebody manage a free group, or manage it under somebody else: they add and remove members, and name
    /// managers under themselves. For who administers it, and for managers above.
    async fn name_manager(&self, ctx: &Context<'_>, input: NameManagerInput) -> Result<FilledGroupPayload> {
        let (acting, group) = (Acting::of(ctx)?, GroupId::read(&input.group, "group")?);
        let person = PersonId::read(&input.person, "person")?;
        let under = input.under.as_ref().map(|id| PersonId::read(id, "under")).transpose()?;
        let asked = Asked::new("nameManager", &input, input.idempotency_key, None);
        fill(&acting, asked, group, "under", |world, rights, filler| {
            let manager: Candidate = candidate(world, rights, &acting, person);
            Fill::Name { manager, under, kind: filler.kind, by: filler.by }
        })
        .await
    }

    /// Lets somebody no longer manage a free group; those under them go to who was above. For who administers it, for
    /// managers above, and for themselves.
    async fn end_manager(&self, ctx: &Context<'_>, input: EndManagerInput) -> Result<FilledGroupPayload> {
        let (acting, group) = (Acting::of(ctx)?, GroupId::read(&input.group, "group")?);
        let person = PersonId::read(&input.person, "person")?;
        let asked = Asked::new("endManager", &input, input.idempotency_key, None);
        fill(&acting, asked, group, "person", |_, _, filler| Fill::End { person, by: filler.by }).await
    }
}

/// Carries out a command of the structure of a group.
async fn of_structure(
    acting: &Acting<'_>,
    order: &Order,
    structure: StructureId,
    group: GroupId,
    command: Command,
) -> Result<FilledGroupPayload> {
    let carried = acting.carry::<Decided>(order, &StreamId::structure(structure), command).await?;
    let refused = carried.refusal.map(|refusal| vec![acting.refused(refusal, None)]);
    Ok(payload(acting, group, refused, carried.position))
}

/// Carries out a command of who may fill a group.
async fn fill(
    acting: &Acting<'_>,
    asked: Asked<'_>,
    group: GroupId,
    field: &str,
    command: impl Fn(&World, &Rights, &Filler) -> Fill,
) -> Result<FilledGroupPayload> {
    let check = |world: &World, rights: &Rights| {
        let filler = of_group(world, rights, acting, group)?;
        Ok((filler.fills()?, command(world, rights, &filler)))
    };
    let (order, command) = acting.order(asked, check).await?;
    let carried = acting.carry::<Roster>(&order, &StreamId::group(group), command).await?;
    let errors = carried.refusal.map(|refusal| errors(acting, &refusal, field));
    Ok(payload(acting, group, errors, carried.position))
}

/// One error for each person who may not be put in, in their place; one for anything else.
fn errors(acting: &Acting<'_>, refusal: &Refusal, field: &str) -> Vec<UserError> {
    match refusal {
        Refusal::OutOfReach(places) | Refusal::AnotherProfile(places) if field == "people" => {
            let error = |place: &usize| acting.refused(refusal, Some(&format!("{field}.{place}")));
            places.iter().map(error).collect()
        }
        // What is about whom to name, and not about who is to be above.
        Refusal::OutOfReach(_) | Refusal::ListHasNoManagers | Refusal::TooManyManagers => {
            vec![acting.refused(refusal, Some("person"))]
        }
        other => vec![acting.refused(other, Some(field))],
    }
}

fn payload(
    acting: &Acting<'_>,
    group: GroupId,
    refused: Option<Vec<UserError>>,
    position: eventlog::Position,
) -> FilledGroupPayload {
    let position = Position(position);
    if let Some(user_errors) = refused {
        return FilledGroupPayload { group: None, warnings: vec![], user_errors, position };
    }
    let (group, warnings) = acting.look(|world, _| {
        let number = world.people.group(group);
        let shown = number.and_then(|it| Group::of(acting.front, acting.caller.language, world, it));
        (shown, number.map(|number| shown::warnings(acting, world, number)).unwrap_or_default())
    });
    FilledGroupPayload { group, warnings, user_errors: vec![], position }
}
