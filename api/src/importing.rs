//! Events of a calendar file as bookings of one resource.
//!
//! Invariants: each event is one command to the resource, and has its line in the report, whatever became of it; what a
//! file says is known by its UID (and the day, for one that differs), so that the same file books nothing twice. No
//! address is ever fetched. Rights and rules are those of booking: nothing is passed over.

use std::collections::BTreeSet;

use domain::booking::recurrence::{Rule, expand};
use domain::booking::role::{Action, Answer};
use domain::booking::slot::{Wall, wall};
use domain::clock::Zone;
use domain::id::derive;
use domain::meta::Meta;
use domain::resource::{Book, Booking, By, Command, Event as Happened, Refusal, Resource, Standing};
use domain::{BookingId, CommandId, Date, Decider, GroupId, PersonId, ResourceId, StreamId};
use eventlog::Position;
use eventlog::execute::NotDone;
use projections::World;

use crate::calendar::read::{NotACalendar, Read, Refused, read};
use crate::calendar::{Event, Status};
use crate::failure::{Failure, Result};
use crate::graphql::bookings::facts;
use crate::graphql::bookings::refused::{Voice, told};
use crate::graphql::common::UserError;
use crate::node::Node;

/// The longest file, in bytes.
pub const LONGEST: usize = 1024 * 1024;

/// The most events of one file.
pub const MOST: usize = 1_000;

/// The longest purpose, in characters; what is longer is cut.
const PURPOSE: usize = 500;

/// How many reasons are told of one event; the rest is counted.
const TOLD: usize = 50;

/// Why a file is not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It is an address and no file.
    #[error("calendar.an-address")]
    AnAddress,
    /// It is too long.
    #[error("calendar.too-large")]
    TooLarge,
    /// It holds too many events.
    #[error("calendar.too-many")]
    TooMany,
    /// It holds no calendar.
    #[error(transparent)]
    NotACalendar(#[from] NotACalendar),
}

/// What is imported into, by whom, for whom.
#[derive(Debug, Clone)]
pub struct Import {
    /// The resource.
    pub resource: ResourceId,
    /// Where its hours are.
    pub zone: Zone,
    /// Who books.
    pub by: By,
    /// For whom.
    pub owner: PersonId,
    /// The groups of quotas that they are in.
    pub groups: Vec<GroupId>,
    /// Whether dates of series that are taken are left out.
    pub skip_conflicts: bool,
    /// Whether nothing is written.
    pub dry_run: bool,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is a booking now, or would be one.
    Booked {
        /// Days of the series on which it is not: they are taken, or the clock skips the hour.
        left_out: Vec<Date>,
    },
    /// It was imported before and is as the file says.
    AlreadyThere,
    /// It was imported before and is otherwise than the file says.
    ThereOtherwise,
    /// It was imported before and given up since.
    GivenUp,
    /// The file says that it does not take place.
    Cancelled,
    /// It is not understood.
    NotUnderstood(Refused),
    /// Its hours in its own zone are no hours of the resource's.
    OtherZone(Zone),
    /// The resource refused it.
    Refused(Refusal),
}

/// What is reported of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it begins in the file, from 1.
    pub line: usize,
    /// What it is known by, if it says so.
    pub uid: Option<String>,
    /// The day of the series that it is, if it is one.
    pub date: Option<Date>,
    /// The booking that it is, or would be.
    pub booking: Option<BookingId>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What is reported of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// A line for each event, in the order of the file.
    pub lines: Vec<Line>,
    /// What the report rests on.
    pub position: Position,
}

/// A booking that an event asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    line: usize,
    uid: String,
    date: Option<Date>,
    wall: Wall,
    rule: Option<Rule>,
    except: BTreeSet<Date>,
    purpose: Option<String>,
}

impl Line {
    /// Returns why it is no booking of this file; nothing if it is one, or was.
    pub fn errors(&self, voice: &Voice<'_>) -> Vec<UserError> {
        let one = |code: &str| vec![voice.say(code, None, &[])];
        match &self.outcome {
            Outcome::Booked { .. } | Outcome::AlreadyThere => vec![],
            Outcome::ThereOtherwise => one("calendar.there-otherwise"),
            Outcome::GivenUp => one("calendar.given-up"),
            Outcome::Cancelled => one("calendar.cancelled"),
            Outcome::OtherZone(zone) => {
                vec![voice.say("calendar.other-zone", None, &[("part", zone.name().into())])]
            }
            Outcome::NotUnderstood(refused) => {
                vec![voice.say(&refused.code, None, &[("part", refused.part.as_str().into())])]
            }
            Outcome::Refused(refusal) => {
                let mut errors = told(voice, refusal);
                let more = errors.len().saturating_sub(TOLD);
                errors.truncate(TOLD);
                if more > 0 {
                    errors.push(voice.say("calendar.and-more", None, &[("count", (more as u64).into())]));
                }
                errors
            }
        }
    }

    /// Returns the days on which it is not, though the file says so.
    pub fn left_out(&self) -> &[Date] {
        if let Outcome::Booked { left_out } = &self.outcome { left_out } else { &[] }
    }
}

impl Import {
    /// Returns an import by a person for themselves; none if the resource cannot be booked.
    pub fn of(world: &World, resource: ResourceId, person: PersonId) -> Option<Self> {
        let calendar = world.calendars.get(resource)?;
        let domain::resource::Life::Open { zone, .. } = calendar.state.life() else { return None };
        let by = facts::known_of(world, calendar, person, person)?;
        let groups = facts::groups(world, calendar, person);
        let (owner, skip_conflicts, dry_run) = (person, false, false);
        Some(Self { resource, zone, by, owner, groups, skip_conflicts, dry_run })
    }

    /// Returns why nothing of any file would be booked.
    pub fn refused(&self) -> Option<Refusal> {
        let may = self.by.role.may(Action::CreateBooking) != Answer::No;
        let for_them = self.owner == self.by.person || self.by.role.may(Action::Validate) == Answer::Yes;
        (!may || !for_them).then_some(Refusal::RoleTooLow)
    }

    /// Imports a file: each event by a command of its own, beside what `meta` says. Not to be called by who was refused.
    pub async fn carry_out(&self, node: &Node, meta: &Meta, file: String) -> Result<Result<Report, Unfit>> {
        let (zone, own) = (self.zone, self.clone());
        let planned = tokio::task::spawn_blocking(move || opened(&file, zone).map(|read| own.plan(read)));
        let planned = planned.await.map_err(|error| Failure::Internal(Box::new(error)))?;
        let planned = match planned {
            Ok(planned) => planned,
            Err(unfit) => return Ok(Err(unfit)),
        };
        let (known, mut state) = self.known(node, &planned)?;
        let (mut lines, mut position) = (vec![], node.live().position());
        for (planned, known) in planned.into_iter().zip(known) {
            let line = match (planned, known) {
                (Ok(wanted), Some(outcome)) => wanted.line(self.resource, outcome),
                (Ok(wanted), None) => {
                    let outcome = if self.dry_run {
                        self.tried(node, &mut state, &wanted)
                    } else {
                        let (outcome, at) = self.booked(node, meta, &wanted).await?;
                        position = position.max(at);
                        outcome
                    };
                    wanted.line(self.resource, outcome)
                }
                (Err(line), _) => line,
            };
            lines.push(line);
        }
        lines.sort_by_key(|line| line.line);
        node.at_least(position).await?;
        Ok(Ok(Report { lines, position }))
    }

    /// Returns what each event asks for, or what there is to say of it already.
    fn plan(&self, read: Read) -> Vec<Result<Wanted, Line>> {
        let Read { events, lines, .. } = read;
        let place = |uid: &str, date: Option<Date>| lines.get(&(uid.to_owned(), date)).copied().unwrap_or(0);
        let mut planned = vec![];
        for event in events {
            match event {
                Ok(event) => self.plan_one(&event, place, &mut planned),
                Err(refused) => planned.push(Err(Line {
                    line: refused.line,
                    uid: refused.uid.clone(),
                    date: None,
                    booking: None,
                    outcome: Outcome::NotUnderstood(refused),
                })),
            }
        }
        planned
    }

    fn plan_one(
        &self,
        event: &Event,
        place: impl Fn(&str, Option<Date>) -> usize,
        planned: &mut Vec<Result<Wanted, Line>>,
    ) {
        let not = |date: Option<Date>, outcome: Outcome| {
            let (line, uid, booking) = (place(&event.uid, date), Some(event.uid.clone()), None);
            Line { line, uid, date, booking, outcome }
        };
        let other = || Outcome::OtherZone(event.first.zone);
        let purpose = Some(event.summary.trim()).filter(|text| !text.is_empty());
        let purpose: Option<String> = purpose.map(|text| text.chars().take(PURPOSE).collect());
        let wanted = |date, wall, rule, except| Wanted {
            line: place(&event.uid, date),
            uid: event.uid.clone(),
            date,
            wall,
            rule,
            except,
            purpose: purpose.clone(),
        };
        planned.push(match (event.status, here(self.zone, event)) {
            (Status::Cancelled, _) => Err(not(None, Outcome::Cancelled)),
            (Status::Tentative | Status::Confirmed, None) => Err(not(None, other())),
            (Status::Tentative | Status::Confirmed, Some((first, except))) => {
                Ok(wanted(None, first, event.rule.clone(), except))
            }
        });
        for moved in &event.changed {
            let date = Some(moved.date);
            planned.push(match (event.status, moved.status, there(self.zone, &moved.wall)) {
                (Status::Cancelled, _, _) | (_, Status::Cancelled, _) => Err(not(date, Outcome::Cancelled)),
                (_, _, None) => Err(not(date, other())),
                (_, _, Some(wall)) => Ok(wanted(date, wall, None, BTreeSet::new())),
            });
        }
    }

    /// Returns what is there already of each event, and the resource as it is.
    fn known(
        &self,
        node: &Node,
        planned: &[Result<Wanted, Line>],
    ) -> Result<(Vec<Option<Outcome>>, Resource)> {
        node.read(|world| {
            let calendar = world.calendars.get(self.resource).ok_or(Failure::NotFound)?;
            let known = planned.iter().map(|planned| {
                let wanted = planned.as_ref().ok()?;
                let booking = calendar.state.booking(wanted.booking(self.resource))?;
                Some(compared(booking, wanted, self.skip_conflicts))
            });
            // Only what is tried needs a state of its own.
            let state = if self.dry_run { calendar.state.clone() } else { Resource::default() };
            Ok((known.collect(), state))
        })
    }

    /// Decides an event on a state of its own, and goes on from there.
    fn tried(&self, node: &Node, state: &mut Resource, wanted: &Wanted) -> Outcome {
        match state.decide(self.command(node, wanted)) {
            Ok(events) => {
                *state = events.iter().fold(std::mem::take(state), Resource::evolve);
                outcome(&events, wanted)
            }
            Err(refusal) => Outcome::Refused(refusal),
        }
    }

    /// Books an event.
    async fn booked(&self, node: &Node, meta: &Meta, wanted: &Wanted) -> Result<(Outcome, Position)> {
        let (meta, stream) = (self.meta(node, meta, wanted), StreamId::resource(self.resource));
        let done = node.executor().execute::<Resource>(&stream, &meta, self.command(node, wanted)).await;
        match done {
            Ok(done) => Ok((outcome(&done.events, wanted), done.position)),
            Err(NotDone::Refused { refusal, at }) => Ok((Outcome::Refused(refusal), at)),
            // Somebody imported another form of it at the same moment.
            Err(NotDone::Mismatch) => Ok((Outcome::ThereOtherwise, node.live().position())),
            Err(other) => Err(other.into()),
        }
    }

    fn meta(&self, node: &Node, meta: &Meta, wanted: &Wanted) -> Meta {
        let said = format!("{:?}", (&wanted.wall, &wanted.rule, &wanted.except));
        Meta {
            command: wanted.command(self.resource),
            variables: Some(node.vault().ring().variables_hash(said.as_bytes()).into()),
            correlation: Some(meta.command),
            ..meta.clone()
        }
    }

    fn command(&self, node: &Node, wanted: &Wanted) -> Command {
        Command::Book(Box::new(Book {
            owner: self.owner,
            groups: self.groups.clone(),
            rule: wanted.rule.clone(),
            except: wanted.except.clone(),
            skip_conflicts: self.skip_conflicts,
            purpose: wanted.purpose.clone(),
            ..Book::once(wanted.booking(self.resource), self.by, wanted.wall, node.now())
        }))
    }
}

impl Wanted {
    /// Returns the command that books it: the same for the same event of any file, whoever imports it.
    fn command(&self, resource: ResourceId) -> CommandId {
        let date = self.date.map(|date| date.to_string()).unwrap_or_default();
        let resource = resource.to_u128().to_be_bytes();
        let parts = [b"preau.import-calendar.v1".as_slice(), &resource, self.uid.as_bytes(), date.as_bytes()];
        CommandId::from_u128(derive(&parts))
    }

    fn booking(&self, resource: ResourceId) -> BookingId {
        BookingId::derived(self.command(resource), 0)
    }

    fn line(self, resource: ResourceId, outcome: Outcome) -> Line {
        let booking = Some(self.booking(resource)).filter(|_| !matches!(outcome, Outcome::Refused(_)));
        Line { line: self.line, uid: Some(self.uid), date: self.date, booking, outcome }
    }

    /// Returns the days on which it is to be.
    fn days(&self) -> Vec<Date> {
        let first = self.wall.start.date();
        let all =
            self.rule.as_ref().map_or_else(|| vec![first], |rule| rule.dates(first).unwrap_or_default());
        all.into_iter().filter(|date| !self.except.contains(date)).collect()
    }
}

/// Reads a file, unless it is none.
fn opened(file: &str, zone: Zone) -> std::result::Result<Read, Unfit> {
    if is_address(file) {
        return Err(Unfit::AnAddress);
    }
    if file.len() > LONGEST {
        return Err(Unfit::TooLarge);
    }
    let begins = |line: &&str| line.trim().eq_ignore_ascii_case("BEGIN:VEVENT");
    // Before anything is worked out of them.
    if file.lines().filter(begins).count() > MOST {
        return Err(Unfit::TooMany);
    }
    Ok(read(file.as_bytes(), zone)?)
}

/// Returns whether a text is an address and no file.
pub fn is_address(text: &str) -> bool {
    let begin: String = text.trim_start().chars().take(9).collect::<String>().to_ascii_lowercase();
    ["http://", "https://", "webcal://", "webcals:/", "ftp://", "file://"]
        .iter()
        .any(|scheme| begin.starts_with(scheme))
}

/// Returns a slot by the clock of another zone; none if a clock there cannot say it.
fn there(zone: Zone, own: &Wall) -> Option<Wall> {
    if own.zone == zone {
        return Some(*own);
    }
    let slot = own.slot().ok()?;
    let there = Wall { zone, start: wall(zone, slot.start), end: wall(zone, slot.end) };
    (there.slot() == Ok(slot)).then_some(there)
}

/// Returns when an event is first, by the clock of the resource, and the days on which it is not; none if its dates
/// there are not what they are in its own zone.
fn here(zone: Zone, event: &Event) -> Option<(Wall, BTreeSet<Date>)> {
    let first = there(zone, &event.first)?;
    let Some(rule) = &event.rule else { return Some((first, BTreeSet::new())) };
    let left_out = event.except.iter().chain(event.changed.iter().map(|moved| &moved.date));
    let shift = first.start.date() - event.first.start.date();
    let given = rule.dates(first.start.date()).ok()?;
    let own: BTreeSet<Date> = left_out.copied().collect();
    let except: BTreeSet<Date> = own.iter().map(|date| *date + shift).collect();
    let except = except.into_iter().filter(|date| given.binary_search(date).is_ok()).collect();
    if event.first.zone != zone {
        let theirs = expand(rule, &event.first, &own).ok()?.occurrences;
        let ours = expand(rule, &first, &except).ok()?.occurrences;
        let same =
            theirs.len() == ours.len() && theirs.iter().zip(&ours).all(|(one, other)| one.slot == other.slot);
        return same.then_some((first, except));
    }
    Some((first, except))
}

/// Returns what became of an event that was decided.
fn outcome(events: &[Happened], wanted: &Wanted) -> Outcome {
    let made =
        events.iter().find_map(|event| if let Happened::Made(made) = event { Some(made) } else { None });
    let Some(made) = made else { return Outcome::AlreadyThere };
    let left_out = made.when.except.iter().filter(|date| !wanted.except.contains(date)).copied().collect();
    Outcome::Booked { left_out }
}

/// Compares what is there with what the file says.
fn compared(booking: &Booking, wanted: &Wanted, skip_conflicts: bool) -> Outcome {
    let ended = |standing| match standing {
        Standing::Refused | Standing::Withdrawn | Standing::Cancelled | Standing::Released => true,
        Standing::Held
        | Standing::Pending
        | Standing::Confirmed
        | Standing::Suspended
        | Standing::Branched => false,
    };
    if booking.dates.iter().all(|of| ended(of.standing)) {
        return Outcome::GivenUp;
    }
    let hours = (booking.start, booking.end, &booking.rule);
    let whole = booking.dates.iter().all(|of| of.standing.is_open() && !of.moved);
    let days = wanted.days();
    let only = booking.dates.iter().all(|of| days.contains(&of.date));
    let missing = days.iter().filter(|date| booking.date(**date).is_none());
    // A day that the clock skips, or that was taken and left out, is none in either.
    let missing = missing.filter(|date| !(skip_conflicts || booking.except.contains(date))).count();
    if hours == (wanted.wall.start, wanted.wall.end, &wanted.rule) && whole && only && missing == 0 {
        Outcome::AlreadyThere
    } else {
        Outcome::ThereOtherwise
    }
}

#[cfg(test)]
mod tests;
