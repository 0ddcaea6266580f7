//! `preau booking …`: the week of a domain of resources, how much of each is taken, and resources and bookings from a file.
//!
//! Invariant: a domain is named as people call it; a name that no domain has, or that two have, is answered with the
//! names there are.

pub mod arguments;
pub mod import;
pub mod import_calendar;
pub mod statistics;
pub mod week;

use anyhow::{Result, anyhow};
use api::Node;
use api::failure::Failure;
use api::graphql::bookings::opened;
use domain::clock::Zone;
use domain::{Date, StructureId};
use projections::World;
use projections::calendars::Calendar;
use projections::resources::Domain;

use crate::{failed, named};
use arguments::Booking;

/// Prints what is asked for, or does it.
pub async fn print(asked: Booking) -> Result<()> {
    match asked {
        Booking::Week(args) => week::print(args).await,
        Booking::Statistics(args) => statistics::print(args).await,
        Booking::Import(args) => import::print(args).await,
        Booking::ImportCalendar(args) => import_calendar::print(args).await,
    }
}

/// A structure, as far as its bookings need to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    structure: StructureId,
    zone: Zone,
}

impl Place {
    /// Finds a structure by its code.
    fn called(world: &World, uai: &str) -> Result<Self> {
        let row = world.people.structure(named::structure(world, uai)?);
        let row = row.ok_or_else(|| failed::not_there(format!("{uai}: there is no such structure")))?;
        Ok(Self { structure: row.id, zone: row.zone })
    }

    /// Returns the domains of the structure with what each is called; one whose name was erased has none.
    fn domains<'w>(&self, node: &Node, world: &'w World) -> Result<Vec<(String, &'w Domain)>> {
        let mut domains = vec![];
        for domain in world.resources.domains_of(self.structure) {
            if let Some(name) = opened::of_domain(node, domain).map_err(fault)? {
                domains.push((name, domain));
            }
        }
        domains.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(domains)
    }

    /// Finds the one domain of the structure that is called so.
    fn domain<'w>(&self, node: &Node, world: &'w World, name: &str) -> Result<&'w Domain> {
        let (name, domains) = (plain(name), self.domains(node, world)?);
        let mut called = domains.iter().filter(|(known, _)| *known == name);
        match (called.next(), called.next()) {
            (Some((_, domain)), None) => Ok(domain),
            (Some(_), Some(_)) => Err(failed::input(format!(
                "--domain {name}: {} domains of this structure have this name, rename all but one; there are: {}",
                2 + called.count(),
                list(&domains)
            ))),
            (None, _) if domains.is_empty() => Err(failed::not_there(format!(
                "--domain {name}: this structure has no domain; make one with `preau booking import`"
            ))),
            (None, _) => Err(failed::not_there(format!(
                "--domain {name}: this structure has no domain of this name; there are: {}",
                list(&domains)
            ))),
        }
    }
}

/// Returns the resources of a domain with what each is called, in the order of names.
fn resources<'w>(node: &Node, world: &'w World, domain: &Domain) -> Result<Vec<(String, &'w Calendar)>> {
    let mut resources = vec![];
    for calendar in domain.resources.iter().filter_map(|id| world.calendars.get(*id)) {
        let name = opened::of_resource(node, calendar).map_err(fault)?;
        resources.push((name.unwrap_or_else(|| "—".to_owned()), calendar));
    }
    resources.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(resources)
}

fn list(domains: &[(String, &Domain)]) -> String {
    domains.iter().map(|(name, _)| format!("“{name}”")).collect::<Vec<_>>().join(", ")
}

/// Returns a name as it is stored: on one line, without outer spaces.
fn plain(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads a day.
fn day(flag: &str, text: &str) -> Result<Date> {
    api::week::day(text).ok_or_else(|| {
        failed::input(format!("{flag} `{text}`: this is no day; write one from 1970 to 2199 as 2026-09-07"))
    })
}

fn fault(failure: Failure) -> anyhow::Error {
    anyhow!("{failure:?}")
}
