//! Somebody acts: their rights, their turn, and the answer they get.
//!
//! Invariant: rights are checked before the caller's turn, so that it is refused at once what was never allowed, and
//! again after it, on read models that passed everything the caller did before.

use std::sync::Arc;

use async_graphql::{Context, InputType};
use domain::actor::RoleName;
use domain::clock::Zone;
use domain::group::Profile as DomainProfile;
use domain::id::derive;
use domain::structure::Refusal;
use domain::{CommandId, Date, GroupId, PersonId, StreamId, StructureId};
use eventlog::execute::Kept;
use projections::dense::{PersonNo, StructureNo};
use projections::{GroupNo, World};

use super::common::{Global, Ulid, UserError, variables};
use super::moments::Moments;
use crate::failure::{Failure, Result};
use crate::front::{Caller, Front};
use crate::node::{Carried, Order};
use crate::refusals::Whose;
use crate::rights::{Right, Rights};

/// The longest name that somebody gives to a group or a favourite, in characters.
const NAME: usize = 100;

/// The longest reason, in characters.
const REASON: usize = 1_000;

/// The caller, and what is at hand for them.
#[derive(Debug, Clone)]
pub struct Acting<'a> {
    /// The front door.
    pub front: &'a Front,
    /// Who asks.
    pub caller: Caller,
    /// The world they look at, if it is a past one.
    past: Option<Arc<World>>,
}

/// What everybody does every day; whoever may not is told so, and no event is made of it. All else is administration.
const EVERYDAY: [&str; 14] = [
    "acceptInvitation",
    "closeReplies",
    "declineInvitation",
    "deleteFavourite",
    "discardDraft",
    "openFeed",
    "openMessage",
    "replyToMessage",
    "restoreMessages",
    "revokeFeed",
    "saveDraft",
    "saveFavourite",
    "sendMessage",
    "trashMessages",
];

/// What every mutation is given beside its own input.
#[derive(Debug)]
pub struct Asked<'a> {
    mutation: &'a str,
    key: Ulid,
    variables: Vec<u8>,
    reason: Option<&'a str>,
}

impl<'a> Asked<'a> {
    /// Notes what `mutation` was asked, under which key, and why.
    pub fn new<T: InputType>(mutation: &'a str, input: &T, key: Ulid, reason: Option<&'a str>) -> Self {
        Self { mutation, key, variables: variables(mutation, input), reason }
    }
}

impl<'a> Acting<'a> {
    /// Returns who asks, signed in with a password of their own.
    pub fn of(ctx: &Context<'a>) -> Result<Self> {
        Ok(Self { past: Moments::of(ctx), ..Self::now(Front::of(ctx)?, Caller::of(ctx)?)? })
    }

    /// Returns who asks beside the schema: of the world as it is.
    pub(crate) fn now(front: &'a Front, caller: Caller) -> Result<Self> {
        if caller.must_change {
            return Err(Failure::PasswordMustChange);
        }
        Ok(Self { front, caller, past: None })
    }

    /// Returns the day on which the caller's rights are read.
    pub fn today(&self) -> Date {
        Zone::PARIS.day_at(self.front.node.now())
    }

    /// Reads the world with the rights of the caller. `look` must copy out what it needs, and be short.
    pub fn look<T>(&self, look: impl FnOnce(&World, &Rights) -> T) -> T {
        let today = self.today();
        let rights = |world: &World| Rights::of(world, self.caller.person, today);
        match &self.past {
            None => self.front.node.read(|world| look(world, &rights(world))),
            // What was is looked at with the rights of today.
            Some(past) => look(past, &self.front.node.read(rights)),
        }
    }

    /// Returns the position up to which the log is looked at; none if all of it is.
    pub fn until(&self) -> Option<eventlog::Position> {
        self.past.as_ref().map(|past| past.position)
    }

    /// Checks, takes the caller's turn, and checks again: answers what the second check found.
    ///
    /// Commands of administration that were not allowed are written down.
    pub async fn order<T>(
        &self,
        asked: Asked<'_>,
        check: impl Fn(&World, &Rights) -> Result<(RoleName, T)>,
    ) -> Result<(Order, T)> {
        let mutation = asked.mutation;
        let ordered = self.checked(asked, check).await;
        if let Err(failure @ (Failure::Forbidden | Failure::NotFound)) = &ordered
            && !EVERYDAY.contains(&mutation)
        {
            let (front, Caller { person, address, .. }) = (self.front, self.caller);
            front.refusals.tell(&front.node, Whose::Caller(person), mutation, failure.code(), address);
        }
        ordered
    }

    async fn checked<T>(
        &self,
        asked: Asked<'_>,
        check: impl Fn(&World, &Rights) -> Result<(RoleName, T)>,
    ) -> Result<(Order, T)> {
        let reason = asked.reason.map(str::trim).filter(|reason| !reason.is_empty());
        if reason.is_some_and(|reason| reason.chars().count() > REASON) {
            return Err(Failure::BadInput("reason", "1000 characters at most"));
        }
        let (role, _) = self.look(&check)?;
        let mut order =
            self.front.node.order(self.caller.person, role, asked.key.0, &asked.variables).await?;
        let (role, found) = self.look(&check)?;
        let person = self.caller.person;
        order.meta.actor = domain::actor::Actor::Person { person, role };
        order.meta.reason = reason.map(|reason| reason.to_owned().into());
        Ok((order, found))
    }

    /// Carries out a command of an order.
    pub async fn carry<D: Kept>(
        &self,
        order: &Order,
        stream: &StreamId,
        command: D::Command,
    ) -> Result<Carried<D::Event, D::Refusal>> {
        self.front.node.execute::<D>(order, stream, command).await
    }

    /// Returns a refusal as the caller reads it.
    pub fn refused(&self, code: impl ToString, field: Option<&str>) -> UserError {
        self.front.user_error(self.caller.language, code, field, &[])
    }

    /// Returns a failure that is data here: in a list, what is not there is not for the others to suffer from.
    pub fn failed(&self, failure: Failure) -> Result<UserError> {
        match failure {
            Failure::NotFound => Ok(self.refused("not-found", None)),
            Failure::Forbidden => Ok(self.refused("forbidden", None)),
            other => Err(other),
        }
    }
}

/// Makes the next step of an order a command of its own: the same step of the same order is the same command.
pub fn step(order: &mut Order, whole: CommandId, step: u32) {
    let parts = [b"preau.step.v1".as_slice(), &whole.to_u128().to_be_bytes(), &step.to_be_bytes()];
    order.meta.command = CommandId::from_u128(derive(&parts));
    order.meta.correlation = Some(whole);
}

/// Returns a person the caller sees, and the role that gives `right` over them.
pub fn over(
    world: &World,
    rights: &Rights,
    right: Right,
    person: PersonId,
) -> Result<(RoleName, PersonNo, Option<StructureId>)> {
    let number = world.people.number(person).filter(|number| rights.sees(world, *number).is_some());
    let number = number.ok_or(Failure::NotFound)?;
    let (role, by) = rights.over(world, right, number).ok_or(Failure::Forbidden)?;
    Ok((role, number, by))
}

/// Returns the role that gives `right` in a structure. Structures are no secret.
pub fn within(
    world: &World,
    rights: &Rights,
    right: Right,
    structure: StructureId,
) -> Result<(RoleName, StructureNo)> {
    let number =
        world.people.structure_no(structure).filter(|number| world.people.structure(*number).is_some());
    let number = number.ok_or(Failure::NotFound)?;
    Ok((rights.may(right, structure).ok_or(Failure::Forbidden)?, number))
}

/// Returns a group that the caller knows of, and the structure it belongs to.
pub fn group(world: &World, rights: &Rights, group: GroupId) -> Result<(GroupNo, StructureId)> {
    let people = &world.people;
    let number = people.group(group).filter(|number| rights.sees_group(world, *number));
    let number = number.ok_or(Failure::NotFound)?;
    let row = people.group_row(number).and_then(|row| people.structure(row.structure));
    Ok((number, row.ok_or(Failure::NotFound)?.id))
}

/// Returns how many students and relatives are in a group now.
pub fn protected(world: &World, group: GroupNo) -> usize {
    let people = &world.people;
    let members = people.members(group).into_iter().flatten();
    let profiles = members.filter_map(|member| people.person(PersonNo(member))).map(|row| row.profile);
    profiles.filter(|profile| matches!(profile, DomainProfile::Student | DomainProfile::Relative)).count()
}

/// Returns the field a refusal of a structure is about.
pub fn field_of(refusal: &Refusal) -> Option<&'static str> {
    matches!(refusal, Refusal::OpensMembers(_)).then_some("accept")
}

/// Reads ids that a client sent as `argument`.
pub fn ids<T: Global>(ids: &[async_graphql::ID], argument: &'static str) -> Result<Vec<T>> {
    ids.iter().map(|id| T::read(id, argument)).collect()
}

/// Reads a public label that a client sent as `argument`.
pub fn label(text: &str, argument: &'static str) -> Result<domain::Label> {
    domain::Label::parse(text).map_err(|_| Failure::BadInput(argument, "1 to 200 characters on one line"))
}

/// Reads what somebody calls a group or a favourite.
pub fn name(text: &str) -> Result<String> {
    let name = text.trim();
    let fits = (1..=NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits { Ok(name.to_owned()) } else { Err(Failure::BadInput("name", "1 to 100 characters on one line")) }
}
