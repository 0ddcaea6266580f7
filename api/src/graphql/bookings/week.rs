//! The week of a domain as somebody sees it.
//!
//! Invariant: a resource on which they have no role is not in it; whose a booking is and what for is in it where
//! [`facts::sees_details`] says so, and of their own bookings.

use domain::{Date, DomainId};
use projections::resources::On;

use super::{facts, opened};
use crate::failure::{Failure, Result};
use crate::graphql::acting::Acting;
use crate::graphql::domains::facts::seen;
use crate::graphql::messaging::names;
use crate::week::{Details, Shown, Week};

/// What is called nothing any more: its name was erased.
const UNNAMED: &str = "—";

/// Returns the week of a day; of today, where the domain is, if none is named.
pub(crate) fn of(acting: &Acting<'_>, domain: DomainId, day: Option<Date>) -> Result<Week> {
    let node = &*acting.front.node;
    acting.look(|world, rights| {
        let row = seen(acting, world, rights, On::Domain(domain))?;
        let structure = world.people.structure_no(row.structure).and_then(|no| world.people.structure(no));
        let zone = structure.ok_or(Failure::NotFound)?.zone;
        let name = opened::of_domain(node, row)?.unwrap_or_else(|| UNNAMED.to_owned());
        let calendars = row.resources.iter().filter_map(|id| world.calendars.get(*id));
        let seen = calendars.filter(|one| seen(acting, world, rights, On::Resource(one.id)).is_ok());
        let shown = seen.map(|calendar| {
            let all = facts::sees_details(acting, world, calendar.id);
            let details = if all { Details::All } else { Details::Own(acting.caller.person) };
            let name = opened::of_resource(node, calendar)?.unwrap_or_else(|| UNNAMED.to_owned());
            Ok(Shown { name, calendar, details })
        });
        let shown = shown.collect::<Result<Vec<_>>>()?;
        let day = day.unwrap_or_else(|| zone.day_at(node.now()));
        Week::of(node, &names(acting, world), (&name, zone), day, shown)
    })
}
