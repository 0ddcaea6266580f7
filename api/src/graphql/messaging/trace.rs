//! The trace of a message: its whole life as an auditor reads it, without its contents.

use async_graphql::connection::{Edge, OpaqueCursor};
use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use domain::message::{Event as MessageEvent, Got, Party, Witness};
use domain::reading::Event as ReadingEvent;
use domain::{Event, MessageId, RuleId, StreamId};
use eventlog::log::Direction;
use projections::graph::{Rule, Since};
use projections::mailboxes::{Membership, Message as Row, Recipient, Whom};
use projections::trace::{Trace, Traced};
use projections::world::At;
use projections::{PersonNo, World};

use super::{read, send};
use crate::failure::{Failure, Result};
use crate::graphql::acting::Acting;
use crate::graphql::common::{Global, Instant, Listed, Page, Position, Total, asks_for_total};
use crate::graphql::names::{Correspondent, NamedGroup, Names};
use crate::graphql::notices::Notice;
use crate::graphql::origin::{Origins, TracedOrigin};
use crate::node::Node;
use crate::rights::{Right, Rights};
use send::RepliesAllowed;

/// The whole life of a message, but for its contents.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub struct MessageTrace {
    #[graphql(skip)]
    trace: Trace,
    /// Which message.
    id: ID,
    /// Who wrote it; null for a notice.
    author: Option<Correspondent>,
    /// What it tells of, if nobody wrote it.
    notice: Option<Notice>,
    /// When it was sent.
    sent_at: Instant,
    /// Where the log says so.
    position: Position,
    /// The first message of its thread; itself if it begins one.
    thread: ID,
    /// The message it answers.
    in_reply_to: Option<ID>,
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
    /// What allowed it; null for a notice, which needs nothing.
    witness: Option<TracedWitness>,
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
    /// Whether a matrix gave the rule, if it was one.
    by_matrix: Option<bool>,
    /// The event since which the rule is.
    made: Option<TracedOrigin>,
    /// The event that removed the rule, if one has.
    removed: Option<TracedOrigin>,
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
    /// A direct link by hand.
    DirectLink,
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
    /// The group, if the party is one.
    group: Option<NamedGroup>,
    /// When their membership began that was in force when the message was sent.
    member_since: Option<Instant>,
    /// When it ended, if it has.
    member_until: Option<Instant>,
    /// The event that began it.
    set_by: Option<TracedOrigin>,
    /// The event that ended it.
    ended_by: Option<TracedOrigin>,
}

/// What of a trace is long.
#[ComplexObject]
impl MessageTrace {
    /// Whom it is addressed to, and what allowed each, in the order of `to`, `cc`, `bcc`.
    async fn parties(&self, ctx: &Context<'_>) -> Result<Vec<TracedParty>> {
        let acting = Acting::of(ctx)?;
        let rules = acting.look(|world, _| positions_of_rules(world, &self.trace));
        let origins = Origins::read(&acting.front.node, rules).await?;
        Ok(acting.look(|world, _| {
            let parties = self.trace.parties.iter();
            parties.map(|traced| party(&acting, world, &origins, traced)).collect()
        }))
    }

    /// Who got it, through what, and when they opened it first.
    async fn recipients(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Listed<u32, TracedRecipient>> {
        let page = Page::read(first, after.as_deref(), None, None)?;
        let Page::First(first, after) = page else {
            return Err(Failure::BadInput("last", "this list is read from its beginning"));
        };
        let (acting, all) = (Acting::of(ctx)?, &self.trace.recipients);
        let begin = all.partition_point(|one| after.is_some_and(|after| one.person.0 <= after));
        let page = &all[begin..all.len().min(begin + first)];
        let origins = Origins::read(&acting.front.node, positions_of_memberships(page)).await?;
        let total = Total { total_count: asks_for_total(ctx).then_some(all.len() as u64) };
        let mut listed = Listed::with_additional_fields(begin > 0, all.len() > begin + first, total);
        acting.look(|world, _| {
            let node = |one: &Recipient| recipient(&acting, world, &self.trace, &origins, one);
            listed.edges.extend(page.iter().map(|one| Edge::new(OpaqueCursor(one.person.0), node(one))));
        });
        Ok(listed)
    }
}

/// Returns where the events stand that made and removed the rules by which a message could be sent.
pub fn positions_of_rules(world: &World, trace: &Trace) -> Vec<eventlog::Position> {
    let witnesses = trace.parties.iter().filter_map(|traced| traced.witness);
    let rules = witnesses.filter_map(|witness| world.graph.rule_ever(rule_of(witness)?));
    let both = |(rule, until): (&Rule, Option<Since>)| [Some(rule.since), until].into_iter().flatten();
    rules.flat_map(both).map(|since| since.position).collect()
}

/// Returns where the events stand that began and ended the memberships through which people got a message.
pub fn positions_of_memberships(recipients: &[Recipient]) -> Vec<eventlog::Position> {
    let through = recipients.iter().flat_map(|one| &one.through).filter_map(|through| through.member);
    let both = |member: Membership| [Some(member.since), member.until].into_iter().flatten();
    through.flat_map(both).map(|moment| moment.position).collect()
}

/// Returns the rule of a witness, if it is one.
pub fn rule_of(witness: Witness) -> Option<RuleId> {
    match witness {
        Witness::Rule { rule, .. } => Some(rule),
        Witness::Internal { .. } | Witness::Family { .. } | Witness::Link { .. } | Witness::Reply { .. } => {
            None
        }
    }
}

/// Reads the trace of a message for an auditor; none if it was never sent or is out of scope.
pub(super) async fn message_trace(acting: &Acting<'_>, message: MessageId) -> Result<Option<MessageTrace>> {
    let known = acting.look(|world, _| world.mailboxes.number(message).is_some());
    let audits = acting.look(|world, rights| {
        let row = world.mailboxes.number(message).and_then(|number| world.mailboxes.message(number));
        row.is_some_and(|row| audits(world, rights, row))
    });
    if !known || !audits {
        // Whether a message exists is told to auditors only; anybody else may not ask.
        let auditor = acting.look(|_, rights| rights.audits_somewhere());
        return if auditor { Ok(None) } else { Err(Failure::Forbidden) };
    }
    let (own, openings) = events(&acting.front.node, message, acting.until()).await?;
    Ok(acting.look(|world, rights| {
        let trace = Trace::of(&own, &openings, &world.mailboxes);
        trace.map(|trace| shown(acting, world, rights, trace))
    }))
}

/// Returns whether somebody audits who wrote a message, or everybody whom a notice was sent to.
fn audits(world: &World, rights: &Rights, row: &Row) -> bool {
    let covers = |person: PersonNo| rights.over(world, Right::Audit, person).is_some();
    match row.author() {
        Some(author) => covers(author),
        None => row.targets().iter().all(|target| match target.whom {
            Whom::Person(person) => covers(person),
            Whom::Group(_) | Whom::Audience(_) | Whom::Nobody => false,
        }),
    }
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
                | Event::Roster(_)
                | Event::Favourite(_)
                | Event::Feed(_)
                | Event::Import(_)
                | Event::Erasure(_)
                | Event::Contents(_)
                | Event::RuleRequest(_)
                | Event::ResourceDomain(_)
                | Event::Resource(_)
                | Event::BookingRequest(_)
                | Event::Clock(_)
                | Event::Access(_)
                | Event::Retention(_) => {}
            }
        }
    }
    Ok((own, openings))
}

fn shown(acting: &Acting<'_>, world: &World, rights: &Rights, trace: Trace) -> MessageTrace {
    let names = read::names(acting, world);
    MessageTrace {
        id: trace.message.global(),
        author: trace.author.map(|author| names.person_by_id(author)),
        notice: trace.notice.map(|notice| Notice::of(names, rights, &notice)),
        sent_at: Instant(trace.sent_at),
        position: Position(trace.position),
        thread: trace.thread.global(),
        in_reply_to: trace.in_reply_to.map(Global::global),
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

fn party(acting: &Acting<'_>, world: &World, origins: &Origins, traced: &Traced) -> TracedParty {
    let names = read::names(acting, world);
    let (person, group, audience_of) = match traced.party {
        Party::Person(person) => (Some(names.person_by_id(person)), None, None),
        Party::Group(group) => (None, Some(names.group_by_id(group)), None),
        Party::Audience(message) => (None, None, Some(message.global())),
    };
    let witness = traced.witness.map(|fact| witness(world, names, origins, fact));
    TracedParty { list: traced.field.into(), person, group, audience_of, witness }
}

fn witness(world: &World, names: Names<'_>, origins: &Origins, fact: Witness) -> TracedWitness {
    let (kind, from, to) = match fact {
        Witness::Rule { from, to, .. } => (WitnessKind::Rule, Some(from), Some(to)),
        Witness::Internal { group } => (WitnessKind::Internal, Some(group), Some(group)),
        Witness::Family { .. } => (WitnessKind::Family, None, None),
        Witness::Link { .. } => (WitnessKind::DirectLink, None, None),
        Witness::Reply { .. } => (WitnessKind::Reply, None, None),
    };
    let rule = rule_of(fact);
    let known = rule.and_then(|rule| world.graph.rule_ever(rule));
    let origin = |since: Since| origins.shown(&names, since.position);
    TracedWitness {
        kind,
        text: names.witness(fact),
        rule: rule.map(Global::global),
        by_matrix: known.map(|(rule, _)| rule.by_matrix),
        made: known.and_then(|(rule, _)| origin(rule.since)),
        removed: known.and_then(|(_, until)| origin(until?)),
        from: from.map(|group| names.group_by_id(group)),
        to: to.map(|group| names.group_by_id(group)),
    }
}

fn recipient(
    acting: &Acting<'_>,
    world: &World,
    trace: &Trace,
    origins: &Origins,
    one: &Recipient,
) -> TracedRecipient {
    let names = read::names(acting, world);
    let through = one.through.iter().map(|through| {
        let (since, until) =
            (through.member.map(|member| member.since), through.member.and_then(|m| m.until));
        let group = trace.parties.get(through.target).and_then(|traced| match traced.party {
            Party::Group(group) => Some(names.group_by_id(group)),
            Party::Person(_) | Party::Audience(_) => None,
        });
        TracedThrough {
            party: through.target,
            group,
            member_since: since.map(|since| Instant(since.recorded_at)),
            member_until: until.map(|until| Instant(until.recorded_at)),
            set_by: since.and_then(|since| origins.shown(&names, since.position)),
            ended_by: until.and_then(|until| origins.shown(&names, until.position)),
        }
    });
    let person = world.people.id(one.person);
    let opening = trace.openings.iter().find(|opening| Some(opening.person) == person);
    TracedRecipient {
        person: names.person(one.person),
        blindly: one.got == Got::Blindly,
        through: through.collect(),
        opened_at: opening.map(|opening| Instant(opening.at)),
    }
}
