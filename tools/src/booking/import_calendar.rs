//! `preau booking import-calendar`: events of an .ics file as bookings of one resource, for somebody.
//!
//! Invariant: they are booked with the rights and by the rules of whoever they are for, by the same code as over the API;
//! the same file may be given again, also after a crash.

use std::fmt::Write as _;

use anyhow::{Result, anyhow};
use api::Node;
use api::graphql::bookings::refused::{Voice, told};
use api::graphql::names::Names;
use api::importing::{Import, LONGEST, Line, Outcome, Report, is_address};
use api::texts::Texts;
use domain::PersonId;
use domain::actor::Actor;
use projections::World;
use serde::{Deserialize, Serialize};

use super::arguments::ImportCalendar;
use super::{Place, fault, plain, resources};
use crate::beside::{self, Request};
use crate::onde::encoding::decode;
use crate::settings::Settings;
use crate::{cli, failed, named, opened, say};

/// What is to be imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    structure: String,
    domain: String,
    resource: String,
    /// For whom.
    person: String,
    /// What the file is called.
    name: String,
    /// What is in it.
    file: String,
    skip_conflicts: bool,
    dry_run: bool,
    reason: Option<String>,
    language: cli::Language,
}

/// Reads the file, books what is in it, and says what became of each event.
pub async fn print(args: ImportCalendar) -> Result<()> {
    let settings = Settings::of(&args.flags)?;
    let name = args.file.display().to_string();
    if is_address(&name) {
        return Err(failed::input(format!(
            "{name}: this is an address, and none is fetched; download the file and name that"
        )));
    }
    let unreadable = |what: String| failed::input(format!("{name}: {what}"));
    let size = std::fs::metadata(&args.file).map_or(0, |file| file.len());
    if size > LONGEST as u64 {
        return Err(unreadable(format!("{size} bytes; {LONGEST} at most, export a shorter time")));
    }
    let bytes = std::fs::read(&args.file)
        .map_err(|error| unreadable(format!("cannot be read: {error}; name an .ics file")))?;
    let asked = Asked {
        structure: args.structure,
        domain: args.domain,
        resource: args.resource,
        person: args.r#for,
        file: decode(&bytes).text,
        name,
        skip_conflicts: args.skip_conflicts,
        dry_run: args.dry_run,
        reason: args.reason,
        language: cli::Language::or_of_system(args.language),
    };
    say(&beside::carry_out(&settings, Request::ImportCalendar(asked)).await?)
}

/// Books what is in the file, and returns what is printed.
pub async fn of(node: &Node, asked: Asked) -> Result<String> {
    let (texts, language) = (Texts::load()?, asked.language.into());
    let called = |group| {
        node.read(|world| Names { world, texts: &texts, language }.group_name(world.people.group(group)?))
    };
    let voice = Voice { texts: &texts, language, called: &called };
    let person = named::person(node, &asked.person).await?;
    let import = node.read(|world| found(node, world, &asked, person))?;
    if let Some(refusal) = import.refused() {
        let said =
            told(&voice, &refusal).into_iter().map(|error| error.message).collect::<Vec<_>>().join(" ");
        return Err(failed::input(format!("--for {}: {said}", asked.person)));
    }
    let mut order = node.order_as(Actor::Operator, opened::new_command()?);
    order.meta.on_behalf_of = Some(person);
    order.meta.reason = asked.reason.map(Into::into);
    let done = import.carry_out(node, &order.meta, asked.file).await;
    let again = "give the same file again: what was booked is left as it is";
    let report = done.map_err(|failure| anyhow!("{failure:?}: {again}"))?;
    let report = report
        .map_err(|unfit| failed::input(format!("{}: {}", asked.name, voice.say(unfit, None, &[]).message)))?;
    Ok(printed(&report, &voice, import.dry_run))
}

/// Returns what is imported into, by the rights of whoever it is for.
fn found(node: &Node, world: &World, asked: &Asked, person: PersonId) -> Result<Import> {
    let domain = Place::called(world, &asked.structure)?.domain(node, world, &asked.domain)?;
    let (name, all) = (plain(&asked.resource), resources(node, world, domain)?);
    let mut called = all.iter().filter(|(known, _)| *known == name);
    let calendar = match (called.next(), called.next()) {
        (Some((_, calendar)), None) => calendar,
        (Some(_), Some(_)) => {
            return Err(failed::input(format!(
                "--resource {name}: several resources of this domain have this name; rename all but one"
            )));
        }
        (None, _) => {
            let names = all.iter().map(|(name, _)| format!("“{name}”")).collect::<Vec<_>>().join(", ");
            return Err(failed::not_there(format!(
                "--resource {name}: this domain has no resource of this name; there are: {names}"
            )));
        }
    };
    let import = Import::of(world, calendar.id, person);
    let import = import.ok_or_else(|| fault(api::Failure::NotFound))?;
    Ok(Import { skip_conflicts: asked.skip_conflicts, dry_run: asked.dry_run, ..import })
}

/// Returns a line for each event, and one for all.
fn printed(report: &Report, voice: &Voice<'_>, dry_run: bool) -> String {
    let mut text = String::new();
    let (mut booked, mut there, mut refused) = (0_u64, 0_u64, 0_u64);
    for line in &report.lines {
        let said = |code: &str| voice.say(code, None, &[]).message;
        let what = match line.outcome {
            Outcome::Booked { .. } => {
                booked += 1;
                said(if dry_run { "calendar.would-be-booked" } else { "calendar.booked" })
            }
            Outcome::AlreadyThere => {
                there += 1;
                said("calendar.already-there")
            }
            Outcome::ThereOtherwise
            | Outcome::GivenUp
            | Outcome::Cancelled
            | Outcome::NotUnderstood(_)
            | Outcome::OtherZone(_)
            | Outcome::Refused(_) => {
                refused += 1;
                let errors = line.errors(voice).into_iter();
                errors
                    .map(|error| format!("[{}] {}", error.code, error.message))
                    .collect::<Vec<_>>()
                    .join(" ")
            }
        };
        let _ = writeln!(text, "{}: {what}{}", place(line), left_out(line, voice));
    }
    let counts = [("booked", booked.into()), ("there", there.into()), ("refused", refused.into())];
    let code = if dry_run { "calendar.import-tried" } else { "calendar.import-done" };
    text + &voice.say(code, None, &counts).message + "\n"
}

/// Returns where an event stands: its line, its UID, and its day if it is one of a series.
fn place(line: &Line) -> String {
    let date = line.date.map(|date| format!(" ({date})")).unwrap_or_default();
    // A UID is whatever a file says: no control character of it reaches a terminal.
    let uid: String = line.uid.iter().flat_map(|uid| uid.chars()).filter(|c| !c.is_control()).collect();
    format!("{:>5}  {uid}{date}", line.line)
}

fn left_out(line: &Line, voice: &Voice<'_>) -> String {
    if line.left_out().is_empty() {
        return String::new();
    }
    let dates: Vec<_> = line.left_out().iter().map(ToString::to_string).collect();
    format!(" {}", voice.say("calendar.left-out", None, &[("dates", dates.join(", ").into())]).message)
}
