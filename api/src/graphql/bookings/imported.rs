//! A calendar file as bookings of one resource, with a line for each event.

use async_graphql::{Enum, ID, InputObject, SimpleObject};
use projections::World;

use super::{facts, refused};
use crate::failure::Result;
use crate::graphql::acting::{Acting, Asked};
use crate::graphql::common::{Day, Global, Position, Ulid, UserError};
use crate::importing::{Import, Line, Outcome};
use crate::rights::Rights;
use refused::Voice;

/// A calendar file to be imported.
#[derive(Debug, InputObject)]
pub struct ImportCalendarInput {
    resource: ID,
    /// What is in an .ics file (RFC 5545), 1 MiB and 1,000 events at most. An address is never fetched.
    file: String,
    /// For whom, if not for the caller; for moderators and managers.
    owner: Option<ID>,
    /// Leave out dates of series that are taken, and tell which.
    #[graphql(default)]
    skip_conflicts: bool,
    /// Tell what would become of each event, and book nothing.
    #[graphql(default)]
    dry_run: bool,
    idempotency_key: Ulid,
}

/// What became of an event of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum ImportedEventOutcome {
    /// It is a booking now; in a dry run, it would be one.
    Booked,
    /// It was imported before and is as the file says.
    AlreadyThere,
    /// It is no booking, or not the one the file says: the errors say why.
    Refused,
}

/// An event of a file, and what became of it.
#[derive(Debug, SimpleObject)]
pub struct ImportedEvent {
    /// Where it stands in the file, from 1.
    line: u32,
    /// What it is known by, if it says so.
    uid: Option<String>,
    /// The day of its series, if it is one that differs from the others.
    date: Option<Day>,
    /// What became of it.
    outcome: ImportedEventOutcome,
    /// The booking; null if there is none, and in a dry run.
    booking: Option<ID>,
    /// Days of the series on which it is not: they are taken, or the clock skips the hour.
    left_out: Vec<Day>,
    /// Every reason why it is no booking.
    user_errors: Vec<UserError>,
}

/// What became of a file.
#[derive(Debug, SimpleObject)]
pub struct ImportCalendarPayload {
    /// A line for each event of the file, in its order; empty if the file was not looked at.
    events: Vec<ImportedEvent>,
    /// Why the file was not looked at, if it was not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// Imports a file, event by event.
pub(super) async fn import(acting: &Acting<'_>, input: ImportCalendarInput) -> Result<ImportCalendarPayload> {
    let resource = domain::ResourceId::read(&input.resource, "resource")?;
    let owner = facts::owner(input.owner.as_ref())?;
    let asked = Asked::new("importCalendar", &input, input.idempotency_key, None);
    let check = |world: &World, rights: &Rights| facts::books(acting, world, rights, resource, owner);
    let (order, known) = acting.order(asked, check).await?;
    let facts::Known { by, owner, groups, zone, .. } = known;
    let (skip_conflicts, dry_run) = (input.skip_conflicts, input.dry_run);
    let import = Import { resource, zone, by, owner, groups, skip_conflicts, dry_run };
    let node = &acting.front.node;
    let not = |user_errors: Vec<UserError>| {
        let position = Position(node.live().position());
        Ok(ImportCalendarPayload { events: vec![], user_errors, position })
    };
    if let Some(refusal) = import.refused() {
        return not(refused::errors(acting, &refusal));
    }
    let report = import.carry_out(node, &order.meta, input.file).await?;
    let called = |group| refused::called(acting, group);
    let voice = Voice { texts: &acting.front.texts, language: acting.caller.language, called: &called };
    match report {
        Err(unfit) => not(vec![voice.say(unfit, Some("file"), &[])]),
        Ok(report) => Ok(ImportCalendarPayload {
            events: report.lines.iter().map(|line| shown(line, &voice, dry_run)).collect(),
            user_errors: vec![],
            position: Position(report.position),
        }),
    }
}

fn shown(line: &Line, voice: &Voice<'_>, dry_run: bool) -> ImportedEvent {
    ImportedEvent {
        line: u32::try_from(line.line).unwrap_or(u32::MAX),
        uid: line.uid.clone(),
        date: line.date.map(Day),
        outcome: match line.outcome {
            Outcome::Booked { .. } => ImportedEventOutcome::Booked,
            Outcome::AlreadyThere => ImportedEventOutcome::AlreadyThere,
            Outcome::ThereOtherwise
            | Outcome::GivenUp
            | Outcome::Cancelled
            | Outcome::NotUnderstood(_)
            | Outcome::OtherZone(_)
            | Outcome::Refused(_) => ImportedEventOutcome::Refused,
        },
        booking: line.booking.filter(|_| !dry_run).map(Global::global),
        left_out: line.left_out().iter().copied().map(Day).collect(),
        user_errors: line.errors(voice),
    }
}
