//! What somebody may do with a resource, and which grant decides.
//!
//! Invariant: the answer is the one that every booking rests on; nothing is computed a second time. Who asks of
//! themselves alone is told of no grant to somebody else.

use async_graphql::SimpleObject;
use domain::PersonId;
use projections::World;
use projections::resources::{On, is_of};

use super::shown::{self, BookingGrant, BookingGrantDoubt, Doubt};
use super::{BookingAction, BookingAnswer, BookingRole};
use crate::failure::{Failure, Result};
use crate::graphql::acting::Acting;
use crate::graphql::messaging::names;
use crate::graphql::names::Correspondent;

/// What somebody may do with a resource.
#[derive(Debug, SimpleObject)]
pub struct BookingRightExplanation {
    /// Who.
    person: Correspondent,
    /// What was asked.
    action: BookingAction,
    /// Whether they may.
    answer: BookingAnswer,
    /// What they are; null if nothing.
    role: Option<BookingRole>,
    /// The grant that gives the role; null if none does.
    decides: Option<BookingGrant>,
    /// The other grants that were looked at, each with why it does not decide.
    others: Vec<BookingGrant>,
}

/// Returns what somebody may do, with every grant that was looked at if `whole`, else with those about them.
pub(super) fn explained(
    acting: &Acting<'_>,
    world: &World,
    on: On,
    person: PersonId,
    action: BookingAction,
    whole: bool,
) -> Result<BookingRightExplanation> {
    let (people, resources) = (&world.people, &world.resources);
    let number = people.number(person).ok_or(Failure::NotFound)?;
    let on = resources.on_for(on, action.into()).ok_or(Failure::NotFound)?;
    let decided = resources.role(people, on, person);
    let looked = resources.looked_at(people, on).ok_or(Failure::NotFound)?.into_iter();
    let mut others = vec![];
    for it in looked.filter(|it| decided.is_none_or(|(_, grant)| grant.id != it.grant.id)) {
        let theirs = is_of(people, it.grant, person, number);
        let doubt = match it.but {
            _ if !theirs => Doubt(BookingGrantDoubt::NotTheirs, None),
            Some(but) => Doubt::of(but),
            None if people.is_barred(number) => Doubt(BookingGrantDoubt::Barred, None),
            None => Doubt(BookingGrantDoubt::NotTheHighest, None),
        };
        if theirs || whole {
            others.push(shown::grant(acting, world, it.grant, Some(doubt)));
        }
    }
    let answer = resources.may(people, on, person, action.into());
    Ok(BookingRightExplanation {
        person: names(acting, world).person(number),
        action,
        answer: answer.into(),
        role: decided.map(|(role, _)| role.into()),
        decides: decided.map(|(_, grant)| shown::grant(acting, world, grant, None)),
        others,
    })
}
