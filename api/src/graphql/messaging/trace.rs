//! The trace of a message: its whole life as an auditor reads it, without its contents.

use async_graphql::connection::{Edge, OpaqueCursor};
use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use domain::message::{Addressed, Event as MessageEvent, Field, Got, Party, Witness};
use domain::reading::Event as ReadingEvent;
use domain::{Event, MessageId, PersonId, StreamId};
use eventlog::log::Direction;
use projections::World;
use projections::trace::Trace;
use projections::world::At;

use super::{read, send};
use crate::failure::{Failure, Result};
use crate::graphql::acting::Acting;
use crate::graphql::common::{Global, Instant, Listed, Page, Position, Total, asks_for_total};
use crate::graphql::names::{Correspondent, NamedGroup};
use crate::node::Node;
use crate::rights::Right;
use send::RepliesAllowed;

/// The whole life of a message, but for its contents.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub struct MessageTrace {
    #[graphql(skip)]
    trace: Trace,
    /// Which message.
    id: ID,
    /// Who wrote it.
    author: Correspondent,
    /// When it was sent.
    sent_at: Instant,
    /// Where the log says so.
    position: Position,
    /// The first message of its thread; itself if it begins one.
    thread: ID,
    /// The message it answers.
    in_reply_to: Option<ID>,
    /// Whom it is addressed to, and what allowed each, in the order of `to`, `cc`, `bcc`.
    parties: Vec<TracedParty>,
    /// Who may answer, and whom.
    replies: RepliesAllowed,
    /// When its author ended the replies.
    replies_closed_at: Option<Instant>,
    /// When its subject and body were erased.
    erased_at: Option<Instant>,
    /// How many got it.
    delivered: u32,
    /// How many of them had never activated their account.
    inactive: u32,
    /// How many were blocked and got nothing.
    blocked: u32,
    /// How many opened it.
    opened: u32,
    /// The answers to it, in the order of sending.
    answers: Vec<ID>,
}

/// A list of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::message::Field")]
pub enum RecipientList {
    /// Openly.
    To,
    /// Openly, for information.
    Cc,
    /// Blindly.
    Bcc,
}

/// What a message was addressed to, and the fact that allowed it when it was sent.
#[derive(Debug, SimpleObject)]
pub struct TracedParty {
    /// In which list.
    list: RecipientList,
    /// A person.
    person: Option<Correspondent>,
    /// The members of a group at the position of the message.
    group: Option<NamedGroup>,
    /// Whoever got this message openly: an answer to all.
    audience_of: Option<ID>,
    /// What allowed it.
    witness: TracedWitness,
}

/// The fact that allowed a party; kept in the event.
#[derive(Debug, SimpleObject)]
pub struct TracedWitness {
    /// What it was.
    kind: WitnessKind,
    /// For people, in the language of the request.
    text: String,
    /// The rule, if it was one.
    rule: Option<ID>,
    /// The group of the author it starts at, or whose members reach each other.
    from: Option<NamedGroup>,
    /// The group it ends at.
    to: Option<NamedGroup>,
}

/// What allowed somebody to write to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum WitnessKind {
    /// A rule between two groups.
    Rule,
    /// Members of a group reach each other.
    Internal,
    /// A parent and their own child.
    Family,
    /// An answer: reach is not asked for.
    Reply,
}

/// Somebody who got a message.
#[derive(Debug, SimpleObject)]
pub struct TracedRecipient {
    /// Who.
    person: Correspondent,
    /// Whether they got it blindly only.
    blindly: bool,
    /// Through which parties.
    through: Vec<TracedThrough>,
    /// When they opened it first.
    opened_at: Option<Instant>,
}

/// A party through which somebody got a message.
#[derive(Debug, SimpleObject)]
pub struct TracedThrough {
    /// Its place in `parties`, from 0.
    party: usize,
    /// When their membership began that was in force when the message was sent, if the party is a group.
    member_since: Option<Instant>,
}

/// What of a trace is long.
#[ComplexObject]
impl MessageTrace {
    /// Who got it, through what, and when they opened it first.
    async fn recipients(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Listed<u32, TracedRecipient>> {
        let page = Page::read(first, after.as_deref(), None, None)?;
        let (acting, asks) = (Acting::of(ctx)?, asks_for_total(ctx));
        acting.look(|world, _| recipients(&acting, world, &self.trace, &page, asks))
    }
}

/// Reads the trace of a message for an auditor; none if it was never sent or is out of scope.
pub(super) async fn message_trace(acting: &Acting<'_>, message: MessageId) -> Result<Option<MessageTrace>> {
    let known = acting.look(|world, _| world.mailboxes.number(message).is_some());
    let audits = acting.look(|world, rights| {
        let author = world.mailboxes.number(message).and_then(|number| world.mailboxes.message(number));
        author.is_some_and(|row| rights.over(world, Right::Audit, row.author).is_some())
    });
    if !known || !audits {
        // Whether a message exists is told to auditors only; anybody else may not ask.
        let auditor = acting.look(|_, rights| rights.audits_somewhere());
        return if auditor { Ok(None) } else { Err(Failure::Forbidden) };
    }
    let (own, openings) = events(&acting.front.node, message, acting.until()).await?;
    Ok(acting.look(|world, _| {
        let trace = Trace::of(&own, &openings, &world.mailboxes);
        trace.map(|trace| shown(acting, world, trace))
    }))
}

/// Reads the trace of a message as it is now; none if it was never sent.
pub async fn of(node: &Node, message: MessageId) -> Result<Option<Trace>> {
    let (own, openings) = events(node, message, None).await?;
    Ok(node.read(|world| Trace::of(&own, &openings, &world.mailboxes)))
}

type Streams = (Vec<(At, MessageEvent)>, Vec<(At, ReadingEvent)>);

/// Reads the two streams of a message, up to a position if there is one.
async fn events(node: &Node, message: MessageId, until: Option<eventlog::Position>) -> Result<Streams> {
    let (mut own, mut openings) = (vec![], vec![]);
    for stream in [StreamId::message(message), StreamId::openings(message)] {
        for recorded in node.log().read_stream(&stream, None, Direction::Forwards, usize::MAX).await? {
            if until.is_some_and(|until| recorded.position > until) {
                break;
            }
            let at = At::of(&recorded);
            match eventlog::decode::decode(&recorded)? {
                Event::Message(event) => own.push((at, event)),
                Event::Reading(event) => openings.push((at, event)),
                Event::Person(_)
                | Event::Login(_)
                | Event::Structure(_)
                | Event::Import(_)
                | Event::Erasure(_)
                | Event::Clock(_)
                | Event::Access(_) => {}
            }
        }
    }
    Ok((own, openings))
}

fn shown(acting: &Acting<'_>, world: &World, trace: Trace) -> MessageTrace {
    let party = |(field, addressed): &(Field, Addressed)| party(acting, world, *field, addressed);
    MessageTrace {
        id: trace.message.global(),
        author: read::names(acting, world).person_by_id(trace.author),
        sent_at: Instant(trace.sent_at),
        position: Position(trace.position),
        thread: trace.thread.global(),
        in_reply_to: trace.in_reply_to.map(Global::global),
        parties: trace.parties.iter().map(party).collect(),
        replies: trace.replies.into(),
        replies_closed_at: trace.replies_closed_at.map(Instant),
        erased_at: trace.erased_at.map(Instant),
        delivered: trace.counts.delivered,
        inactive: trace.counts.inactive,
        blocked: trace.counts.blocked,
        opened: u32::try_from(trace.openings.len()).unwrap_or(u32::MAX),
        answers: trace.answers.iter().map(|answer| answer.global()).collect(),
        trace,
    }
}

fn party(acting: &Acting<'_>, world: &World, field: Field, addressed: &Addressed) -> TracedParty {
    let names = read::names(acting, world);
    let (person, group, audience_of) = match addressed.party {
        Party::Person(person) => (Some(names.person_by_id(person)), None, None),
        Party::Group(group) => (None, Some(names.group_by_id(group)), None),
        Party::Audience(message) => (None, None, Some(message.global())),
    };
    let (kind, rule, from, to) = match addressed.witness {
        Witness::Rule { rule, from, to } => (WitnessKind::Rule, Some(rule.global()), Some(from), Some(to)),
        Witness::Internal { group } => (WitnessKind::Internal, None, Some(group), Some(group)),
        Witness::Family { .. } => (WitnessKind::Family, None, None, None),
        Witness::Reply { .. } => (WitnessKind::Reply, None, None, None),
    };
    let witness = TracedWitness {
        kind,
        text: names.witness(addressed.witness),
        rule,
        from: from.map(|group| names.group_by_id(group)),
        to: to.map(|group| names.group_by_id(group)),
    };
    TracedParty { list: field.into(), person, group, audience_of, witness }
}

fn recipients(
    acting: &Acting<'_>,
    world: &World,
    trace: &Trace,
    page: &Page<u32>,
    asks: bool,
) -> Result<Listed<u32, TracedRecipient>> {
    let Page::First(first, after) = page else {
        return Err(Failure::BadInput("last", "this list is read from its beginning"));
    };
    let begin = trace.recipients.partition_point(|one| after.is_some_and(|after| one.person.0 <= after));
    let rest = &trace.recipients[begin..];
    let total = Total { total_count: asks.then_some(trace.recipients.len() as u64) };
    let mut listed = Listed::with_additional_fields(begin > 0, rest.len() > *first, total);
    let opened = |person: Option<PersonId>| {
        let opening = trace.openings.iter().find(|opening| Some(opening.person) == person);
        opening.map(|opening| Instant(opening.at))
    };
    for one in rest.iter().take(*first) {
        let through = one.through.iter().map(|through| TracedThrough {
            party: through.target,
            member_since: through.since.map(|since| Instant(since.recorded_at)),
        });
        let node = TracedRecipient {
            person: read::names(acting, world).person(one.person),
            blindly: one.got == Got::Blindly,
            through: through.collect(),
            opened_at: opened(world.people.id(one.person)),
        };
        listed.edges.push(Edge::new(OpaqueCursor(one.person.0), node));
    }
    Ok(listed)
}
