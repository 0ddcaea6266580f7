//! What readers do with what they got: open it, answer it, put it into the trash.

use anyhow::Result;
use api::Node;
use domain::group::Profile;
use domain::message::Replies;
use domain::reading::{Event, Opened, Trashed};
use domain::{MessageId, PersonId, StreamId};
use eventlog::decode::encode;
use eventlog::execute::month;
use eventlog::{Append, Expected, NewEvent};
use projections::World;
use projections::people::AccountState;

use super::build::Pending;
use super::letters::Occasion;
use super::posting::{Answer, Posted, meta};
use super::seed::Draws;
use crate::bulk;

/// The largest number of openings in one append.
const MOST: usize = 2048;

/// When somebody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// In the evening of the day it was sent.
    SameDay,
    /// The day after, those who did not.
    NextDay,
}

/// What readers did.
#[derive(Debug, Default)]
pub struct Looked {
    /// First openings.
    pub openings: usize,
    /// Copies put into the trash.
    pub trashed: usize,
    /// What they answer.
    pub answers: Vec<Answer>,
}

/// Somebody who opens a message.
struct Reader {
    person: PersonId,
    profile: Profile,
    name: String,
}

/// Lets readers look at what was posted.
pub async fn open(node: &Node, posted: &[Posted], pass: Pass, draws: &mut Draws) -> Result<Looked> {
    let mut looked = Looked::default();
    // `append_all` answers each; a few thousand openings at once are one durable write.
    let (mut pending, mut appends, mut events) = (Pending::new(node), vec![], 0);
    for original in posted {
        let (readers, answerable) = node.read(|world| readers(world, original.message));
        let chosen: Vec<_> =
            readers.into_iter().filter(|reader| draws.chance(likely(reader.profile, pass))).collect();
        for part in chosen.chunks(MOST) {
            let opened = part.iter().map(|reader| {
                let (message, person) = (original.message, reader.person);
                event(node, Opened { message, person }.into(), person, message, b"open")
            });
            let opened = opened.collect::<Result<Vec<_>>>()?.concat();
            let stream = StreamId::openings(original.message);
            appends.push(Append { stream, expected: Expected::Any, events: opened });
        }
        looked.openings += chosen.len();
        events += chosen.len();
        for reader in &chosen {
            if draws.chance(4) {
                looked.trashed += 1;
                appends.push(trash(node, reader.person, original.message)?);
            }
        }
        let answers = chosen.into_iter().filter_map(|reader| answer(reader, original, draws));
        looked.answers.extend(answers.filter(|_| answerable));
        if events >= MOST {
            pending.push(std::mem::take(&mut appends)).await?;
            events = 0;
        }
    }
    pending.push(appends).await?;
    bulk::caught_up(node, pending.finish().await?).await?;
    Ok(looked)
}

/// Returns who has a message, uses their account and did not open it, and whether it may be answered.
fn readers(world: &World, message: MessageId) -> (Vec<Reader>, bool) {
    let Some(number) = world.mailboxes.number(message) else { return (vec![], false) };
    let Some(sent) = world.mailboxes.message(number) else { return (vec![], false) };
    let recipients = world.mailboxes.recipients(number).into_iter();
    let readers = recipients.filter(|recipient| !sent.opened_by(recipient.person)).filter_map(|recipient| {
        let row = world.people.person(recipient.person)?;
        let shown = row.identity.as_ref().filter(|_| row.account() == AccountState::Active)?;
        let last = shown.usual_name.as_ref().unwrap_or(&shown.last_name);
        let name = format!("{} {last}", shown.first_name);
        Some(Reader { person: row.id, profile: row.profile, name })
    });
    (readers.collect(), sent.replies != Replies::None && !sent.closed)
}

fn likely(profile: Profile, pass: Pass) -> usize {
    let at_once = match profile {
        Profile::Teacher | Profile::Staff => 72,
        Profile::Student => 38,
        Profile::Relative => 46,
        Profile::Guest => 20,
    };
    match pass {
        Pass::SameDay => at_once,
        Pass::NextDay => at_once / 2,
    }
}

fn answer(reader: Reader, original: &Posted, draws: &mut Draws) -> Option<Answer> {
    let percent = match original.occasion {
        Occasion::PupilQuestion | Occasion::FamilyQuestion => 75,
        Occasion::OneFamily | Occasion::Colleague => 60,
        Occasion::ReplyAnswer if reader.profile == Profile::Student => 25,
        Occasion::ClassFamilies | Occasion::ClassPupils => 3,
        Occasion::HeadToTeachers => 2,
        Occasion::HeadToFamilies | Occasion::ReplyAnswer | Occasion::ReplyThanks | Occasion::ReplyPupil => 0,
    };
    let occasion = match reader.profile {
        Profile::Teacher | Profile::Staff | Profile::Guest => Occasion::ReplyAnswer,
        Profile::Student => Occasion::ReplyPupil,
        Profile::Relative => Occasion::ReplyThanks,
    };
    draws.chance(percent).then(|| Answer {
        author: reader.person,
        signature: reader.name,
        original: original.clone(),
        occasion,
    })
}

fn trash(node: &Node, person: PersonId, message: MessageId) -> Result<Append> {
    let trashed = Trashed { person, messages: vec![message] };
    let events = event(node, trashed.into(), person, message, b"trash")?;
    Ok(Append { stream: StreamId::copies(person), expected: Expected::Any, events })
}

/// Encodes what a person does with a copy. No decider: these events commute (`domain::reading`).
fn event(
    node: &Node,
    event: Event,
    person: PersonId,
    message: MessageId,
    act: &[u8],
) -> Result<Vec<NewEvent>> {
    let stream = match &event {
        Event::Opened(_) => StreamId::openings(message),
        Event::Trashed(_) | Event::Restored(_) => StreamId::copies(person),
    };
    let meta = meta(node, person, act, message);
    Ok(encode(node.vault(), &stream, &meta, month(node.now()), 0, &[event])?)
}
