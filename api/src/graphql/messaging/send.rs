//! Sending and answering: facts, command, answer.

use async_graphql::{Enum, ID, InputObject, SimpleObject};
use domain::actor::RoleName;
use domain::group::{GroupKind, Profile};
use domain::message::{
    Asked as Party_, Command, Field, Got, Message, Original, Party, Place, Recipients, Refusal, Replies, Send,
};
use domain::{FavouriteId, GroupId, MessageId, PersonId, StreamId};
use projections::World;
use roaring::RoaringBitmap;

use super::{Message as Sent, got, read};
use crate::failure::{Failure, Result};
use crate::graphql::acting::{Acting, Asked};
use crate::graphql::body;
use crate::graphql::common::{Global, Position, Ulid, UserError};
use crate::graphql::favourites;
use crate::graphql::filled::shown::ruleless;
use crate::node::Order;

/// Who may answer, and whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Replies")]
pub enum RepliesAllowed {
    /// The sender, and everybody in `to` and `cc`.
    All,
    /// The sender only.
    Sender,
    /// Nobody.
    None,
}

/// What a sender accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Accepted {
    /// Relatives or students who do not reach each other may write to all by replying.
    ReplyAllExposure,
}

/// A message to be sent.
#[derive(Debug, InputObject)]
pub struct SendMessageInput {
    /// The draft that becomes the message; what is sent is what stands here.
    draft: Option<ID>,
    subject: String,
    body_html: Option<String>,
    body_text: Option<String>,
    /// People, groups and favourites; may be empty if another list is not. Of a favourite it goes to whom the caller
    /// reaches.
    #[graphql(default)]
    to: Vec<ID>,
    #[graphql(default)]
    cc: Vec<ID>,
    #[graphql(default)]
    bcc: Vec<ID>,
    replies: Option<RepliesAllowed>,
    #[graphql(default)]
    accept: Vec<Accepted>,
    idempotency_key: Ulid,
}

/// An answer to be sent.
#[derive(Debug, InputObject)]
pub struct ReplyToMessageInput {
    message: ID,
    /// Also to everybody in its `to` and `cc`.
    #[graphql(default)]
    everyone: bool,
    body_html: Option<String>,
    body_text: Option<String>,
    idempotency_key: Ulid,
}

/// What was sent, or why not.
#[derive(Debug, Default, SimpleObject)]
pub struct SendMessagePayload {
    /// The message, as its author sees it; null if it was refused.
    message: Option<Sent>,
    /// How many got it.
    delivered: Option<u32>,
    /// How many of them never activated their account.
    inactive: Option<u32>,
    /// How many are blocked and got nothing.
    blocked: Option<u32>,
    /// How many people and groups in the favourites that were named the caller does not reach: they are left out.
    left_out: Option<u32>,
    /// Why not: one for each recipient out of reach.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Option<Position>,
}

/// A body as it is sent: as HTML, as text, or not at all.
pub(super) struct Body<'a> {
    pub(super) html: Option<&'a str>,
    pub(super) text: Option<&'a str>,
}

/// Reads subject and body of a message or a draft.
pub(super) fn written(
    subject: &str,
    body: Body<'_>,
) -> Result<Result<(String, domain::message::Body), body::TooLarge>> {
    let body = body::read(body.html, body.text)?;
    Ok(body::subject(subject).and_then(|subject| Ok((subject, body?))))
}

/// Sends a message.
pub(super) async fn send(acting: &Acting<'_>, input: SendMessageInput) -> Result<SendMessagePayload> {
    let body = Body { html: input.body_html.as_deref(), text: input.body_text.as_deref() };
    let (subject, written) = match written(&input.subject, body)? {
        Ok(written) => written,
        Err(large) => return Ok(refused(vec![acting.refused(large.0, Some(large.1))])),
    };
    let draft = input.draft.as_ref().map(|id| MessageId::read(id, "draft")).transpose()?;
    let asked = Asked::new("sendMessage", &input, input.idempotency_key, None);
    let accept = input.accept.contains(&Accepted::ReplyAllExposure);
    let named = [read_named(&input.to, "to")?, read_named(&input.cc, "cc")?, read_named(&input.bcc, "bcc")?];
    let facts = |world: &World, _: &_| {
        let looked = expanded(acting, world, &named)
            .map(|(named, left_out)| (look_up(acting, world, &named, accept), left_out));
        Ok((RoleName::User, looked))
    };
    let (order, looked) = acting.order(asked, facts).await?;
    let (recipients, left_out) = match looked {
        Ok(looked) => looked,
        Err(gone) => return Ok(refused(gone.iter().map(|field| unknown(acting, field)).collect())),
    };
    let replies = input.replies.map_or(Replies::All, Into::into);
    let message = draft.unwrap_or_else(|| MessageId::derived(order.meta.command, 0));
    let author = acting.caller.person;
    let send = Send { message, author, subject, body: written, recipients, replies };
    let payload = carry(acting, &order, send, &named.map(|named| named.places)).await?;
    let left_out = payload.message.as_ref().map(|_| left_out);
    Ok(SendMessagePayload { left_out, ..payload })
}

/// Answers a message.
pub(super) async fn reply(acting: &Acting<'_>, input: ReplyToMessageInput) -> Result<SendMessagePayload> {
    let message = MessageId::read(&input.message, "message")?;
    let written = match body::read(input.body_html.as_deref(), input.body_text.as_deref())? {
        Ok(written) => written,
        Err(large) => return Ok(refused(vec![acting.refused(large.0, Some(large.1))])),
    };
    let asked = Asked::new("replyToMessage", &input, input.idempotency_key, None);
    let facts = |world: &World, _: &_| Ok((RoleName::User, original(acting, world, message)?));
    let (order, (original, subject)) = acting.order(asked, facts).await?;
    let recipients = Recipients::Reply { original, everyone: input.everyone };
    let (message, author) = (MessageId::derived(order.meta.command, 0), acting.caller.person);
    let (subject, body, replies) = (body::answer(&subject), written, Replies::All);
    let send = Send { message, author, subject, body, recipients, replies };
    carry(acting, &order, send, &Places::default()).await
}

async fn carry(
    acting: &Acting<'_>,
    order: &Order,
    send: Send,
    places: &Places,
) -> Result<SendMessagePayload> {
    let message = send.message;
    let command = Command::Send(send);
    let carried = acting.carry::<Message>(order, &StreamId::message(message), command).await?;
    let position = Some(Position(carried.position));
    if let Some(refusal) = carried.refusal {
        return Ok(SendMessagePayload { position, ..refused(errors(acting, &refusal, places)) });
    }
    let counts =
        acting.look(|world, _| Some(world.mailboxes.message(world.mailboxes.number(message)?)?.counts));
    Ok(SendMessagePayload {
        message: read::message(acting, message)?,
        delivered: counts.map(|counts| counts.delivered),
        inactive: counts.map(|counts| counts.inactive),
        blocked: counts.map(|counts| counts.blocked),
        left_out: None,
        user_errors: vec![],
        position,
    })
}

fn refused(user_errors: Vec<UserError>) -> SendMessagePayload {
    SendMessagePayload { user_errors, ..SendMessagePayload::default() }
}

/// One error for each party out of reach, in its place; one for anything else.
fn errors(acting: &Acting<'_>, refusal: &Refusal, places: &Places) -> Vec<UserError> {
    match refusal {
        Refusal::OutOfReach(parties) => {
            let groups = acting.look(|world, _| own_groups(acting, world));
            let error = |((field, place), party): &(Place, Party)| {
                let (list, asked) = match field {
                    Field::To => ("recipients.to", &places[0]),
                    Field::Cc => ("recipients.cc", &places[1]),
                    Field::Bcc => ("recipients.bcc", &places[2]),
                };
                let place = asked.get(*place).copied().unwrap_or(*place);
                let list = acting.front.texts.say(acting.caller.language, list, &[]);
                let number = (place + 1).into();
                let values = [("number", number), ("list", list.into()), ("groups", groups.as_str().into())];
                let field = format!("{}.{place}", field.as_str());
                // Only somebody who knows of the group is told that no rule ends there.
                let without_rule = matches!(party, Party::Group(group) if acting.look(|world, rights| {
                    let number = world.people.group(*group).filter(|it| rights.sees_group(world, *it));
                    number.and_then(|number| ruleless(world, number)).is_some()
                }));
                let code = if without_rule {
                    "messaging.group-without-rule"
                } else {
                    "messaging.party-out-of-reach"
                };
                acting
                    .front
                    .user_error(acting.caller.language, code, Some(&field), &values)
                    .with_code("messaging.out-of-reach")
            };
            parties.iter().map(error).collect()
        }
        other => vec![acting.refused(other, None)],
    }
}

/// Returns the names of the groups somebody is in: what a miss may say, because it is about the asker.
fn own_groups(acting: &Acting<'_>, world: &World) -> String {
    let Some(me) = world.people.number(acting.caller.person) else { return String::new() };
    let names = read::names(acting, world);
    let named = |group: &projections::GroupNo| {
        let row = world.people.group_row(*group)?;
        let own = matches!(row.kind, GroupKind::Class(..) | GroupKind::Profile(_));
        own.then(|| names.group_name(*group)).flatten()
    };
    world.people.memberships(me).iter().filter_map(named).collect::<Vec<_>>().join(", ")
}

fn parties(ids: &[ID], argument: &'static str) -> Result<Vec<Party>> {
    let party = |id: &ID| {
        let person = PersonId::read(id, argument).map(Party::Person);
        person.or_else(|_| GroupId::read(id, argument).map(Party::Group))
    };
    ids.iter().map(party).collect()
}

/// Where the parties of each list stood among what was asked for, favourites too.
type Places = [Vec<usize>; 3];

/// A list as it was asked for: parties, and favourites whose members are parties when they are looked up.
pub(super) struct NamedParties {
    pub(super) parties: Vec<Party>,
    places: Vec<usize>,
    /// Each with its place.
    favourites: Vec<(usize, FavouriteId)>,
    argument: &'static str,
}

impl NamedParties {
    /// Returns the favourites, in the order in which they were named.
    pub(super) fn favourites(&self) -> Vec<FavouriteId> {
        self.favourites.iter().map(|(_, favourite)| *favourite).collect()
    }
}

pub(super) fn read_named(ids: &[ID], argument: &'static str) -> Result<NamedParties> {
    let favourite = |id: &ID| FavouriteId::read(id, argument).ok();
    let others = ids.iter().enumerate().filter(|(_, id)| favourite(id).is_none());
    let (places, others): (Vec<_>, Vec<_>) = others.map(|(place, id)| (place, id.clone())).unzip();
    let favourites = ids.iter().enumerate().filter_map(|(place, id)| Some((place, favourite(id)?)));
    let (favourites, parties) = (favourites.collect(), parties(&others, argument)?);
    Ok(NamedParties { parties, places, favourites, argument })
}

/// Says that no favourite of the caller is named there: it was deleted, is somebody else's, or never was.
fn unknown(acting: &Acting<'_>, field: &str) -> UserError {
    acting.refused(domain::favourite::Refusal::Unknown, Some(field))
}

/// Returns each list with the members of its favourites that the caller reaches, behind what was named itself, and how
/// many they do not; or where favourites are named that the caller does not have.
fn expanded(
    acting: &Acting<'_>,
    world: &World,
    named: &[NamedParties; 3],
) -> Result<([Vec<Party>; 3], u32), Vec<String>> {
    let (mut lists, mut left_out, mut gone) = ([vec![], vec![], vec![]], 0_u32, vec![]);
    for (list, named) in lists.iter_mut().zip(named) {
        list.clone_from(&named.parties);
        for (place, favourite) in &named.favourites {
            let Some((reached, lost)) = favourites::expanded(acting, world, *favourite) else {
                gone.push(format!("{}.{place}", named.argument));
                continue;
            };
            left_out = left_out.saturating_add(lost);
            for party in reached {
                if !list.contains(&party) {
                    list.push(party);
                }
            }
        }
    }
    if gone.is_empty() { Ok((lists, left_out)) } else { Err(gone) }
}

/// Looks up what allows each party. Who is not there is out of reach like anybody else.
fn look_up(acting: &Acting<'_>, world: &World, named: &[Vec<Party>; 3], accept_exposure: bool) -> Recipients {
    let me = world.people.number(acting.caller.person);
    let one = |party: &Party| {
        let witness = me.and_then(|me| match party {
            Party::Person(person) => world.graph.witness(&world.people, me, world.people.number(*person)?),
            Party::Group(group) => world.graph.witness_group(&world.people, me, world.people.group(*group)?),
            Party::Audience(_) => None,
        });
        Party_ { party: *party, witness, broadcast_list: is_list(world, *party) }
    };
    let [to, cc, bcc] = [0, 1, 2].map(|list: usize| named[list].iter().map(one).collect::<Vec<_>>());
    let exposed = exposed(world, named[0].iter().chain(&named[1]));
    Recipients::Named { to, cc, bcc, exposed, accept_exposure }
}

fn is_list(world: &World, party: Party) -> bool {
    let Party::Group(group) = party else { return false };
    let row = world.people.group(group).and_then(|number| world.people.group_row(number));
    row.is_some_and(|row| matches!(row.kind, GroupKind::BroadcastList(_)))
}

/// Returns how many relatives and students are named openly, if not all of them reach each other; else none.
fn exposed<'a>(world: &World, named: impl Iterator<Item = &'a Party>) -> u32 {
    let mut everybody = RoaringBitmap::new();
    for party in named {
        match party {
            Party::Person(person) => {
                everybody.extend(world.people.number(*person).map(|number| number.0));
            }
            Party::Group(group) => {
                let members = world.people.group(*group).and_then(|number| world.people.members(number));
                everybody |= members.cloned().unwrap_or_default();
            }
            Party::Audience(_) => {}
        }
    }
    let mut protected = RoaringBitmap::new();
    for profile in [Profile::Student, Profile::Relative] {
        protected |= world.people.of_profile(profile).map(|all| all & &everybody).unwrap_or_default();
    }
    // Who is blocked gets nothing, so nobody is exposed to them.
    protected -= world.people.barred();
    if world.graph.all_reach_each_other(&world.people, &protected) {
        return 0;
    }
    u32::try_from(protected.len()).unwrap_or(u32::MAX)
}

fn original(acting: &Acting<'_>, world: &World, message: MessageId) -> Result<(Original, String)> {
    let got = got(world, acting, message);
    let row = world.mailboxes.number(message).and_then(|number| world.mailboxes.message(number));
    let row = row.filter(|_| got != Got::Never).ok_or(Failure::NotFound)?;
    let author = row.author().map(|author| world.people.id(author).ok_or(Failure::NotFound)).transpose()?;
    let thread = world.mailboxes.id(row.thread).ok_or(Failure::NotFound)?;
    let subject = read::sent_subject(acting, world, message, row)?.unwrap_or_default();
    let (replies, closed) = (row.replies, row.closed);
    Ok((Original { message, author, thread, replies, closed, got }, subject))
}
