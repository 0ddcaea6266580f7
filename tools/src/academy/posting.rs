//! Sending and answering: each message is decided on what the read models know, then appended with the others of its
//! hour.

use anyhow::{Result, bail};
use api::Node;
use domain::actor::{Actor, RoleName};
use domain::group::Profile;
use domain::message::{Asked, Command, Message, Original, Party, Recipients, Replies, Send};
use domain::meta::ClientFamily;
use domain::{CommandId, MessageId, Meta, PersonId, StreamId};
use projections::people::AccountState;
use projections::{PersonNo, World};

use super::build::appended;
use super::letters::{self, Fill, Occasion};
use super::plan::Academy;
use super::seed::Draws;
use crate::bulk;

/// How many messages are decided at once.
const BATCH: usize = 1024;

/// A message that somebody wants to write.
#[derive(Debug)]
pub struct Letter {
    /// Who.
    pub author: PersonId,
    /// Why.
    pub occasion: Occasion,
    /// To whom.
    pub party: Party,
    /// Whether in `bcc`.
    pub blind: bool,
    /// Who may answer.
    pub replies: Replies,
    /// What is filled in.
    pub fill: Fill,
}

/// A message that was sent.
#[derive(Debug, Clone)]
pub struct Posted {
    /// Which.
    pub message: MessageId,
    /// Why it was written.
    pub occasion: Occasion,
    /// Its subject.
    pub subject: String,
}

/// An answer that somebody wants to write.
#[derive(Debug)]
pub struct Answer {
    /// Who.
    pub author: PersonId,
    /// What they call themselves.
    pub signature: String,
    /// What it answers.
    pub original: Posted,
    /// What is answered.
    pub occasion: Occasion,
}

/// Sends the messages of an academy, numbered one after the other.
pub struct Outbox<'a> {
    node: &'a Node,
    academy: &'a Academy,
    next: usize,
}

impl<'a> Outbox<'a> {
    /// Returns the outbox of an academy in which nothing was written.
    pub fn new(node: &'a Node, academy: &'a Academy) -> Self {
        Self { node, academy, next: 0 }
    }

    /// Sends letters, and returns what was sent and how many were not: their author does not reach the party.
    pub async fn send(&mut self, letters: &[Letter], draws: &mut Draws) -> Result<(Vec<Posted>, usize)> {
        let (mut posted, mut unreached) = (vec![], 0);
        for batch in letters.chunks(BATCH) {
            let recipients: Vec<_> =
                self.node.read(|world| batch.iter().map(|letter| named(world, letter)).collect());
            let mut sends = vec![];
            for (letter, recipients) in batch.iter().zip(recipients) {
                let (subject, body) = letters::write(letter.occasion, &letter.fill, draws);
                let Some(recipients) = recipients else {
                    unreached += 1;
                    continue;
                };
                let message = self.message();
                posted.push(Posted { message, occasion: letter.occasion, subject: subject.clone() });
                let (author, replies) = (letter.author, letter.replies);
                sends.push(Send { message, author, subject, body, recipients, replies });
            }
            self.post(sends).await?;
        }
        Ok((posted, unreached))
    }

    /// Sends answers, and returns what was sent. Nobody answers what may not be answered.
    pub async fn answer(&mut self, answers: &[Answer], draws: &mut Draws) -> Result<Vec<Posted>> {
        let mut posted = vec![];
        for batch in answers.chunks(BATCH) {
            let originals: Vec<_> = self.node.read(|world| {
                let original = |answer: &Answer| original(world, answer.author, answer.original.message);
                batch.iter().map(original).collect()
            });
            let mut sends = vec![];
            for (answer, original) in batch.iter().zip(originals) {
                let Some(original) = original else { continue };
                let fill = Fill { signature: answer.signature.clone(), ..Fill::default() };
                let (_, body) = letters::write(answer.occasion, &fill, draws);
                let message = self.message();
                let subject = match answer.original.subject.strip_prefix("Re : ") {
                    Some(_) => answer.original.subject.clone(),
                    None => format!("Re : {}", answer.original.subject),
                };
                posted.push(Posted { message, occasion: answer.occasion, subject: subject.clone() });
                let recipients = Recipients::Reply { original, everyone: false };
                let (author, replies) = (answer.author, Replies::All);
                sends.push(Send { message, author, subject, body, recipients, replies });
            }
            self.post(sends).await?;
        }
        Ok(posted)
    }

    fn message(&mut self) -> MessageId {
        self.next += 1;
        self.academy.message(self.next)
    }

    async fn post(&self, sends: Vec<Send>) -> Result<()> {
        let mut appends = Vec::with_capacity(sends.len());
        for send in sends {
            let (message, stream) = (send.message, StreamId::message(send.message));
            let meta = meta(self.node, send.author, b"send", message);
            match self.node.executor().prepare::<Message>(&stream, &meta, vec![Command::Send(send)]).await? {
                Ok(append) => appends.extend(append),
                Err(refusal) => bail!("message {message} of the academy is refused: {refusal}"),
            }
        }
        let head = appended(self.node, appends).await?;
        bulk::caught_up(self.node, head).await
    }
}

/// Returns the `meta` of what a person does with a message.
pub(super) fn meta(node: &Node, person: PersonId, act: &[u8], message: MessageId) -> Meta {
    let parts =
        [b"preau.academy.act.v1", act, &person.to_u128().to_be_bytes(), &message.to_u128().to_be_bytes()];
    let command = CommandId::from_u128(domain::id::derive(&parts));
    Meta {
        facts_at: Some(node.live().position().0),
        client: Some(ClientFamily::Web),
        ..eventlog::execute::meta(Actor::Person { person, role: RoleName::User }, command)
    }
}

/// Returns the party of a letter with what allows it; `None` if nothing does, or if the author cannot sign in.
fn named(world: &World, letter: &Letter) -> Option<Recipients> {
    let me = world.people.number(letter.author)?;
    if world.people.person(me)?.account() != AccountState::Active {
        return None;
    }
    let (witness, exposed) = match letter.party {
        Party::Person(person) => (world.graph.witness(&world.people, me, world.people.number(person)?)?, 0),
        Party::Group(group) => {
            let group = world.people.group(group)?;
            let witness = world.graph.witness_group(&world.people, me, group)?;
            (witness, if letter.blind { 0 } else { exposed(world, group) })
        }
        Party::Audience(_) => return None,
    };
    let asked = vec![Asked { party: letter.party, witness: Some(witness), broadcast_list: false }];
    let (to, bcc) = if letter.blind { (vec![], asked) } else { (asked, vec![]) };
    Some(Recipients::Named { to, cc: vec![], bcc, exposed, accept_exposure: false })
}

/// Returns how many relatives and students of a group do not all reach each other.
fn exposed(world: &World, group: projections::dense::GroupNo) -> u32 {
    if world.graph.facts(&world.people, group).internal {
        return 0;
    }
    let members = world.people.members(group).into_iter().flatten();
    let protected = members.filter(|member| {
        let profile = world.people.person(PersonNo(*member)).map(|row| row.profile);
        matches!(profile, Some(Profile::Student | Profile::Relative))
    });
    u32::try_from(protected.count()).unwrap_or(u32::MAX)
}

/// Returns a message as its answerer got it; `None` if it may not be answered.
fn original(world: &World, me: PersonId, message: MessageId) -> Option<Original> {
    let (me, number) = (world.people.number(me)?, world.mailboxes.number(message)?);
    let sent = world.mailboxes.message(number)?;
    let got = world.mailboxes.can_see(me, number)?;
    if sent.replies == Replies::None || sent.closed {
        return None;
    }
    Some(Original {
        message,
        author: Some(world.people.id(sent.author()?)?),
        thread: world.mailboxes.id(sent.thread)?,
        replies: sent.replies,
        closed: sent.closed,
        got,
    })
}
