//! Favourites: lists of recipients that somebody saved for themselves (`communication.md` section 4).
//!
//! Invariant: a favourite is its owner's alone. Who in it is out of reach now is counted, never named.

use async_graphql::connection::{Edge, OpaqueCursor};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::actor::RoleName;
use domain::favourite::{Command, Favourites as Decided, Refusal, Save};
use domain::message::Party;
use domain::sealed::{Carries, Visit};
use domain::{FavouriteId, GroupId, PersonId, Retention, Sealed, StreamId, Subject};
use projections::favourites::Favourite as Row;
use projections::{PersonNo, World};

use super::acting::{Acting, Asked, name};
use super::common::{Global, Listed, Page, Position, Total, Ulid, UserError};
use super::messaging::names;
use super::names::{Correspondent, NamedGroup};
use crate::failure::{Failure, Result};

/// A saved list of recipients.
#[derive(Debug, SimpleObject)]
pub struct Favourite {
    /// Names it among recipients: whoever of it the caller reaches then gets the message.
    id: ID,
    /// What its owner calls it; null once erased.
    name: Option<String>,
    /// People in it whom the caller reaches now.
    people: Vec<Correspondent>,
    /// Groups in it that the caller reaches now.
    groups: Vec<NamedGroup>,
    /// How many people and groups in it the caller does not reach now.
    out_of_reach: u32,
}

/// A favourite to be saved: all of it, as it is now.
#[derive(Debug, InputObject)]
pub struct SaveFavouriteInput {
    /// The favourite to replace; a new one if left out.
    favourite: Option<ID>,
    /// 1 to 100 characters.
    name: String,
    /// People and groups the caller reaches, 1 to 500. Whoever is in it already may stay.
    members: Vec<ID>,
    idempotency_key: Ulid,
}

/// A favourite to be deleted.
#[derive(Debug, InputObject)]
pub struct DeleteFavouriteInput {
    favourite: ID,
    idempotency_key: Ulid,
}

/// The favourite as it is now, or why nothing was done.
#[derive(Debug, SimpleObject)]
pub struct FavouritePayload {
    /// Null if it was refused, or is gone.
    favourite: Option<Favourite>,
    /// Why not, if not: one for each member out of reach.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// What can be asked about favourites.
#[derive(Debug, Default)]
pub struct FavouritesQuery;

/// Queries.
#[Object]
impl FavouritesQuery {
    /// The caller's favourites, in a fixed order.
    async fn favourites(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Listed<FavouriteId, Favourite>> {
        let (acting, page) = (Acting::of(ctx)?, Page::read(first, after.as_deref(), None, None)?);
        acting.look(|world, _| listed(&acting, world, &page))
    }
}

/// What can be done with favourites.
#[derive(Debug, Default)]
pub struct FavouritesMutation;

/// Mutations.
#[Object]
impl FavouritesMutation {
    /// Saves a favourite, new or in place of one.
    async fn save_favourite(&self, ctx: &Context<'_>, input: SaveFavouriteInput) -> Result<FavouritePayload> {
        let (acting, name, members) = (Acting::of(ctx)?, name(&input.name)?, Members::read(&input.members)?);
        let replaced = input.favourite.as_ref().map(|id| FavouriteId::read(id, "favourite")).transpose()?;
        let asked = Asked::new("saveFavourite", &input, input.idempotency_key, None);
        let look = |world: &World, _: &_| Ok((RoleName::User, members.reached(&acting, world)));
        let (order, (people, groups)) = acting.order(asked, look).await?;
        let favourite = replaced.unwrap_or_else(|| FavouriteId::derived(order.meta.command, 0));
        let (person, replace) = (acting.caller.person, replaced.is_some());
        let save = Save { person, favourite, replace, name, people, groups };
        let stream = StreamId::favourites(person);
        let carried = acting.carry::<Decided>(&order, &stream, Command::Save(save)).await?;
        let user_errors =
            carried.refusal.map(|refusal| members.errors(&acting, &refusal)).unwrap_or_default();
        payload(&acting, favourite, user_errors, carried.position)
    }

    /// Deletes a favourite.
    async fn delete_favourite(
        &self,
        ctx: &Context<'_>,
        input: DeleteFavouriteInput,
    ) -> Result<FavouritePayload> {
        let (acting, favourite) = (Acting::of(ctx)?, FavouriteId::read(&input.favourite, "favourite")?);
        let asked = Asked::new("deleteFavourite", &input, input.idempotency_key, None);
        let (order, ()) = acting.order(asked, |_, _| Ok((RoleName::User, ()))).await?;
        let stream = StreamId::favourites(acting.caller.person);
        let carried = acting.carry::<Decided>(&order, &stream, Command::Delete { favourite }).await?;
        let errors = carried.refusal.iter().map(|refusal| acting.refused(refusal, Some("favourite")));
        payload(&acting, favourite, errors.collect(), carried.position)
    }
}

/// Members as they were asked for, with their places.
struct Members {
    people: Vec<(usize, PersonId)>,
    groups: Vec<(usize, GroupId)>,
}

/// Each person and each group with whether the caller reaches it.
type Reached = (Vec<(PersonId, bool)>, Vec<(GroupId, bool)>);

impl Members {
    fn read(ids: &[ID]) -> Result<Self> {
        let mut members = Self { people: vec![], groups: vec![] };
        for (place, id) in ids.iter().enumerate() {
            if let Ok(person) = PersonId::read(id, "members") {
                members.people.push((place, person));
            } else {
                members.groups.push((place, GroupId::read(id, "members")?));
            }
        }
        Ok(members)
    }

    /// Returns each with whether the caller reaches it.
    fn reached(&self, acting: &Acting<'_>, world: &World) -> Reached {
        let me = world.people.number(acting.caller.person);
        let reaches = |party| me.is_some_and(|me| reaches(world, me, party));
        let people = self.people.iter().map(|(_, person)| (*person, reaches(Party::Person(*person))));
        let groups = self.groups.iter().map(|(_, group)| (*group, reaches(Party::Group(*group))));
        (people.collect(), groups.collect())
    }

    fn errors(&self, acting: &Acting<'_>, refusal: &Refusal) -> Vec<UserError> {
        let Refusal::OutOfReach { people, groups } = refusal else {
            return vec![acting.refused(refusal, None)];
        };
        let people = people.iter().filter_map(|index| self.people.get(*index)).map(|(place, _)| *place);
        let groups = groups.iter().filter_map(|index| self.groups.get(*index)).map(|(place, _)| *place);
        let mut places: Vec<_> = people.chain(groups).collect();
        places.sort_unstable();
        places.into_iter().map(|place| acting.refused(refusal, Some(&format!("members.{place}")))).collect()
    }
}

/// Returns the members of a favourite of the caller that they reach now, and how many they do not; none if the caller
/// has no such favourite.
pub fn expanded(acting: &Acting<'_>, world: &World, favourite: FavouriteId) -> Option<(Vec<Party>, u32)> {
    let row = world.favourites.get(favourite).filter(|row| row.owner == acting.caller.person)?;
    let me = world.people.number(row.owner)?;
    let people = row.people.iter().copied().map(Party::Person);
    let all = people.chain(row.groups.iter().copied().map(Party::Group));
    let (reached, lost): (Vec<_>, Vec<_>) = all.partition(|party| reaches(world, me, *party));
    Some((reached, u32::try_from(lost.len()).unwrap_or(u32::MAX)))
}

fn reaches(world: &World, me: PersonNo, party: Party) -> bool {
    let people = &world.people;
    let witness = match party {
        Party::Person(person) => {
            people.number(person).and_then(|person| world.graph.witness(people, me, person))
        }
        Party::Group(group) => {
            people.group(group).and_then(|group| world.graph.witness_group(people, me, group))
        }
        Party::Audience(_) => None,
    };
    witness.is_some()
}

fn listed(
    acting: &Acting<'_>,
    world: &World,
    page: &Page<FavouriteId>,
) -> Result<Listed<FavouriteId, Favourite>> {
    let Page::First(first, after) = page else {
        return Err(Failure::BadInput("last", "this list is read from its beginning"));
    };
    let own = || world.favourites.of(acting.caller.person);
    let mut rest = own().filter(|row| after.is_none_or(|after| row.id > after));
    let rows: Vec<_> = rest.by_ref().take(*first).collect();
    let total = Total { total_count: Some(own().count() as u64) };
    let mut listed = Listed::with_additional_fields(after.is_some(), rest.next().is_some(), total);
    for row in rows {
        listed.edges.push(Edge::new(OpaqueCursor(row.id), shown(acting, world, row)?));
    }
    Ok(listed)
}

/// Returns a favourite of the caller as it is now; none if they have no such favourite.
pub fn own(acting: &Acting<'_>, world: &World, favourite: FavouriteId) -> Result<Option<Favourite>> {
    let row = world.favourites.get(favourite).filter(|row| row.owner == acting.caller.person);
    row.map(|row| shown(acting, world, row)).transpose()
}

fn shown(acting: &Acting<'_>, world: &World, row: &Row) -> Result<Favourite> {
    let (reached, out_of_reach) = expanded(acting, world, row.id).ok_or(Failure::NotFound)?;
    let (names, mut people, mut groups) = (names(acting, world), vec![], vec![]);
    for party in reached {
        match party {
            Party::Person(person) => people.push(names.person_by_id(person)),
            Party::Group(group) => groups.push(names.group_by_id(group)),
            Party::Audience(_) => {}
        }
    }
    Ok(Favourite { id: row.id.global(), name: name_of(acting, row)?, people, groups, out_of_reach })
}

/// Opens the name of a favourite; none once erased.
fn name_of(acting: &Acting<'_>, row: &Row) -> Result<Option<String>> {
    let mut carried = Name { of: row.owner, name: row.name.clone() };
    let opened = acting.front.node.vault().open(row.event, &mut carried);
    opened.map_err(|error| Failure::Internal(Box::new(error)))?;
    Ok(carried.name.into_open())
}

/// The name alone of a favourite, with the id its key is derived from.
struct Name {
    of: PersonId,
    name: Sealed<String>,
}

impl Carries for Name {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Identity(self.of), Retention::Life, "name", 0, &mut self.name);
    }
}

fn payload(
    acting: &Acting<'_>,
    favourite: FavouriteId,
    user_errors: Vec<UserError>,
    position: eventlog::Position,
) -> Result<FavouritePayload> {
    let shown = acting.look(|world, _| own(acting, world, favourite))?;
    let favourite = shown.filter(|_| user_errors.is_empty());
    Ok(FavouritePayload { favourite, user_errors, position: Position(position) })
}
