//! The log itself, and what changed between two moments: for auditors (`audit.md`, Who asks what).
//!
//! Invariant: an event is shown to whoever audits the person or structure its stream is about; never a sealed field of
//! it, but the reason beside it. A page ends after [`PATIENCE`], and says how far it looked.

mod changes;
mod filter;

use std::time::{Duration, Instant as Started};

use async_graphql::{Context, Enum, Object, SimpleObject};
use domain::actor::Actor;
use domain::sealed::{Carries as _, Slot, Visit};
use domain::{Event, Retention, Subject};
use eventlog::decode;
use eventlog::log::Direction;
use eventlog::{Position as Place, Recorded};
use projections::World;
use projections::about::About;

use super::acting::Acting;
use super::common::{Instant, Position};
use super::messaging::names;
use super::names::Correspondent;
use super::people::RoleName;
use crate::failure::{Failure, Result};
use crate::node::Node;
use crate::rights::Rights;
use changes::{Changes, MomentInput};
pub(super) use filter::audited;
use filter::{Asked, EventsFilter};

/// How long a page looks for events.
const PATIENCE: Duration = Duration::from_millis(200);

/// How many events are read at once.
const READ: u64 = 1024;

/// How many events a page has at most.
const MOST: usize = 200;

/// Who caused an event.
#[derive(Debug, SimpleObject, serde::Serialize)]
pub struct EventActor {
    /// What they are.
    kind: ActorKind,
    /// The person, if it was one.
    person: Option<Correspondent>,
    /// The role they used.
    role: Option<RoleName>,
    /// The name of the process, if it was one.
    process: Option<String>,
}

/// What somebody is who causes events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, serde::Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActorKind {
    /// A person, signed in.
    Person,
    /// A process of the platform.
    Process,
    /// Whoever runs `preau` on the machine itself.
    Operator,
}

/// An event as it stands in the log.
#[derive(Debug, SimpleObject)]
pub struct LoggedEvent {
    /// Where it stands.
    position: Position,
    /// Its id, a ULID.
    id: String,
    /// What happened: `person.registered`.
    kind: String,
    /// The stream it stands in.
    stream: String,
    /// Its number there, from 0.
    revision: u64,
    /// When it was recorded.
    recorded_at: Instant,
    /// Who caused it.
    actor: EventActor,
    /// The command that made it, a ULID.
    command: String,
    /// What all events of one undertaking share, a ULID.
    correlation: Option<String>,
    /// The event it reacts to, a ULID.
    causation: Option<String>,
    /// Why, in the words of the actor; null without one, or once erased.
    reason: Option<String>,
    /// JSON: what happened, personal data left out.
    data: String,
}

/// A page of the log.
#[derive(Debug, SimpleObject)]
pub struct Events {
    /// In the order of the log.
    nodes: Vec<LoggedEvent>,
    /// How far this page looked: give it as `after` for the next.
    looked_to: Position,
    /// Whether there is more to look at.
    has_next_page: bool,
}

/// What auditors ask of the log.
#[derive(Debug, Default)]
pub struct AuditQuery;

/// Queries.
#[Object]
impl AuditQuery {
    /// The log itself, oldest first, as far as the caller audits it. A page may be short, or empty, and not be the last:
    /// it ends after a fifth of a second and says how far it looked.
    async fn events(
        &self,
        ctx: &Context<'_>,
        filter: Option<EventsFilter>,
        after: Option<Position>,
        first: Option<i32>,
    ) -> Result<Events> {
        let acting = auditor(ctx)?;
        let asked = Asked::read(&acting, filter.unwrap_or_default()).await?;
        let Ok(first @ 1..=MOST) = usize::try_from(first.unwrap_or(50)) else {
            return Err(Failure::BadInput("first", "1 to 200"));
        };
        page(&acting, &asked, after.map_or(Place::START, |after| after.0), first).await
    }

    /// What changed in rules, facts of groups and memberships from one moment to a later one; what was done and undone
    /// between them is not there.
    async fn diff(&self, ctx: &Context<'_>, from: MomentInput, to: MomentInput) -> Result<Changes> {
        let acting = auditor(ctx)?;
        changes::between(&acting, from, to).await
    }
}

fn auditor<'a>(ctx: &Context<'a>) -> Result<Acting<'a>> {
    let acting = Acting::of(ctx)?;
    let audits = acting.look(|_, rights| rights.audits_somewhere());
    audits.then_some(acting).ok_or(Failure::Forbidden)
}

/// Returns the position that a client named, itself or by an instant that passed.
pub(super) async fn position(
    node: &Node,
    position: Option<Position>,
    instant: Option<Instant>,
) -> Result<Place> {
    match (position, instant) {
        (Some(Position(position)), None) if position > Place::START && position <= node.log().head() => {
            Ok(position)
        }
        (Some(_), None) => Err(Failure::BadInput("position", "a position from 1 to the head of this log")),
        (None, Some(Instant(instant))) if instant <= node.now() => {
            let position = node.past().position_at(instant).await?;
            let there = Some(position).filter(|position| *position > Place::START);
            there.ok_or(Failure::BadInput("instant", "an instant after the first event of this log"))
        }
        (None, Some(_)) => Err(Failure::BadInput("instant", "an instant that has passed")),
        (Some(_), Some(_)) | (None, None) => {
            Err(Failure::BadInput("position", "a position or an instant, one of the two"))
        }
    }
}

async fn page(acting: &Acting<'_>, asked: &Asked, after: Place, first: usize) -> Result<Events> {
    let (log, begun) = (acting.front.node.log(), Started::now());
    let until = acting.until().unwrap_or_else(|| log.head()).min(asked.until);
    let mut events =
        Events { nodes: vec![], looked_to: Position(after.max(asked.after)), has_next_page: false };
    let mut walk = acting.front.node.occurrences().walk(acting.look(|world, _| asked.wanted(world)));
    while events.looked_to.0 < until {
        let looked_to = events.looked_to.0;
        let (read, reached): (Vec<Recorded>, Place) = if let Some(stream) = &asked.stream {
            let all = log.read_stream(stream, None, Direction::Forwards, usize::MAX).await?;
            let within = |event: &Recorded| event.position > looked_to && event.position <= until;
            // A stream is read whole, so what follows its last event is looked at too.
            (all.into_iter().filter(within).collect(), until)
        } else {
            walk.read(log, looked_to, until, READ).await?
        };
        for recorded in read {
            if events.nodes.len() == first {
                events.has_next_page = true;
                return Ok(events);
            }
            events.looked_to = Position(recorded.position);
            if asked.by_header(&recorded) {
                events.nodes.extend(one(acting, asked, &recorded)?);
            }
        }
        events.looked_to = Position(reached);
        if begun.elapsed() >= PATIENCE {
            break;
        }
    }
    events.has_next_page = events.looked_to.0 < until;
    Ok(events)
}

/// Returns an event as the caller sees it; none if it is not asked for or not in their scope.
fn one(acting: &Acting<'_>, asked: &Asked, recorded: &Recorded) -> Result<Option<LoggedEvent>> {
    if !asked.by_made(&decode::made(recorded)?) {
        return Ok(None);
    }
    let in_scope = |world: &World, rights: &Rights| {
        About::of(world, recorded).map(|about| asked.in_scope(world, rights, about))
    };
    if !acting.look(in_scope)? {
        return Ok(None);
    }
    let mut event = decode::decode(recorded)?;
    let meta = decode::open_meta(acting.front.node.vault(), recorded)?;
    let actor = acting.look(|world, _| actor(&names(acting, world), &meta.actor));
    Ok(Some(LoggedEvent {
        position: Position(recorded.position),
        id: recorded.id.to_string(),
        kind: recorded.kind().to_owned(),
        stream: recorded.stream().to_owned(),
        revision: recorded.revision,
        recorded_at: Instant(recorded.recorded_at),
        actor,
        command: meta.command.to_string(),
        correlation: meta.correlation.map(|id| id.to_string()),
        causation: meta.causation.map(|id| id.to_string()),
        reason: meta.reason.and_then(domain::Sealed::into_open),
        data: without_sealed(recorded, &mut event)?,
    }))
}

/// Returns who caused an event, by name.
pub(super) fn actor(names: &super::names::Names<'_>, actor: &Actor) -> EventActor {
    let (kind, person, role, process) = match actor {
        Actor::Person { person, role } => {
            (ActorKind::Person, Some(names.person_by_id(*person)), Some((*role).into()), None)
        }
        Actor::Process(name) => (ActorKind::Process, None, None, Some(name.clone())),
        Actor::Operator => (ActorKind::Operator, None, None, None),
    };
    EventActor { kind, person, role, process }
}

/// Returns the JSON of an event with null in the place of every sealed field.
fn without_sealed(recorded: &Recorded, event: &mut Event) -> Result<String> {
    #[derive(Default)]
    struct Sealed(Vec<Box<str>>);
    impl Visit for Sealed {
        fn field(&mut self, _: Subject, _: Retention, _: &'static str, _: u32, slot: &mut dyn Slot) {
            self.0.extend(slot.shut_text().map(Box::from));
        }
    }
    let mut sealed = Sealed::default();
    event.each(&mut sealed);
    let mut data: serde_json::Value =
        serde_json::from_slice(recorded.data()).map_err(|error| Failure::Internal(Box::new(error)))?;
    blank(&mut data, &sealed.0);
    Ok(data.to_string())
}

fn blank(value: &mut serde_json::Value, sealed: &[Box<str>]) {
    match value {
        serde_json::Value::String(text) if sealed.iter().any(|one| **one == **text) => {
            *value = serde_json::Value::Null;
        }
        serde_json::Value::Array(list) => list.iter_mut().for_each(|one| blank(one, sealed)),
        serde_json::Value::Object(fields) => fields.values_mut().for_each(|one| blank(one, sealed)),
        serde_json::Value::String(_)
        | serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Number(_) => {}
    }
}
