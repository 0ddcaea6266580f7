//! What a person wrote and was sent, their drafts, and what they did with their copies.
//!
//! Messages are found through the read models, a page at a time, and read one by one where they stand in the log.

use anyhow::Result;
use api::graphql::names::Names;
use api::graphql::notices::{Words, home};
use domain::message::{Addressed, Event as MessageEvent, Got, Party};
use domain::reading::Event as ReadingEvent;
use domain::{Event, MessageId, StreamId, Timestamp};
use eventlog::Position;
use eventlog::log::Direction;
use projections::{MessageNo, PersonNo, World};
use serde_json::{Value, json};

use super::document::{Datum, Section, erased};
use super::origin::{Reader, Told, sealed};

/// How many rows are looked up at once.
const PAGE: usize = 200;

/// Returns messages written and received, drafts, and acts on copies.
pub async fn sections(reader: &Reader<'_>) -> Result<Vec<Section>> {
    let Some(me) = reader.node.read(|world| world.people.number(reader.person)) else { return Ok(vec![]) };
    let (mut written, mut received) = (vec![], vec![]);
    for row in rows(reader, me) {
        let list = if row.got == Got::Author { &mut written } else { &mut received };
        list.extend(message(reader, &row).await?);
        // A server has others to answer in between.
        tokio::task::yield_now().await;
    }
    for list in [&mut written, &mut received] {
        list.sort_by_key(|datum| datum.origin.position);
    }
    let sections = [
        ("messagesWritten", written),
        ("messagesReceived", received),
        ("drafts", drafts(reader, me).await?),
        ("copies", copies(reader).await?),
    ];
    Ok(sections.into_iter().map(|(section, data)| Section { section: section.to_owned(), data }).collect())
}

/// A message of theirs.
struct Row {
    message: MessageId,
    position: Position,
    got: Got,
    opened: bool,
    in_trash: bool,
}

/// Returns a row for each message of inbox, sent and trash.
fn rows(reader: &Reader<'_>, me: PersonNo) -> Vec<Row> {
    type Folder = fn(&World, PersonNo, Option<MessageNo>) -> Vec<MessageNo>;
    let folders: [(Folder, bool); 3] = [
        (|world, me, before| numbers(world.mailboxes.inbox(me, before, PAGE)), false),
        (|world, me, before| numbers(world.mailboxes.sent(me, before, PAGE)), false),
        (|world, me, before| numbers(world.mailboxes.trash(me, before, PAGE)), true),
    ];
    let mut rows = vec![];
    for (folder, in_trash) in folders {
        let mut before = None;
        loop {
            let page = reader.node.read(|world| {
                let numbers = folder(world, me, before);
                before = numbers.last().copied();
                rows.extend(numbers.iter().filter_map(|number| row(world, me, *number, in_trash)));
                numbers.len()
            });
            if page < PAGE {
                break;
            }
        }
    }
    rows
}

fn numbers(entries: Vec<projections::mailboxes::Entry>) -> Vec<MessageNo> {
    entries.into_iter().map(|entry| entry.message).collect()
}

fn row(world: &World, me: PersonNo, number: MessageNo, in_trash: bool) -> Option<Row> {
    let (message, sent) = (world.mailboxes.id(number)?, world.mailboxes.message(number)?);
    let (got, opened) = (world.mailboxes.can_see(me, number)?, sent.opened_by(me));
    Some(Row { message, position: sent.position, got, opened, in_trash })
}

async fn message(reader: &Reader<'_>, row: &Row) -> Result<Option<Datum>> {
    let told = reader.at(row.position).await?;
    if let Event::Message(MessageEvent::Notified(_)) = &told.event {
        return notice(reader, row, told).await;
    }
    let Event::Message(MessageEvent::Sent(sent)) = &told.event else { return Ok(None) };
    let text = sent.body.open().map_or_else(erased, |body| json!(body.text));
    let mut value = json!({
        "message": sent.message, "subject": sealed(&sent.subject), "text": text,
        "inReplyTo": sent.in_reply_to, "replies": sent.replies, "inTrash": row.in_trash,
    });
    let more = if row.got == Got::Author {
        let list = |list: &[Addressed]| parties(reader, list.iter().map(|addressed| addressed.party));
        json!({ "to": list(&sent.to), "cc": list(&sent.cc), "bcc": list(&sent.bcc) })
    } else {
        let opened = if row.opened { opened_at(reader, row.message).await? } else { None };
        let blindly = row.got == Got::Blindly;
        json!({ "author": reader.by_name(sent.author), "openedAt": opened, "blindly": blindly })
    };
    if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
        value.extend(more);
    }
    Ok(Some(told.datum(value)))
}

/// Returns a notice, in words and as it is stored, but for who else was told.
async fn notice(reader: &Reader<'_>, row: &Row, told: Told) -> Result<Option<Datum>> {
    let Event::Message(MessageEvent::Notified(notified)) = &told.event else { return Ok(None) };
    let opened = if row.opened { opened_at(reader, row.message).await? } else { None };
    let value = reader.node.read(|world| {
        let names = Names { world, texts: reader.texts, language: reader.language };
        let me = world.people.number(reader.person)?;
        let words = Words::of(names, &notified.notice, home(world, me));
        Some(json!({
            "message": notified.message, "subject": words.subject(), "text": words.body().text,
            "notice": notified.notice, "openedAt": opened, "inTrash": row.in_trash,
        }))
    });
    Ok(value.map(|value| told.datum(value)))
}

/// Returns whom a message names, as its author named them.
fn parties(reader: &Reader<'_>, parties: impl Iterator<Item = Party>) -> Vec<Value> {
    let shown = |party| match party {
        Party::Person(person) => json!({ "person": reader.somebody(person) }),
        Party::Group(group) => json!({ "group": reader.group(group) }),
        Party::Audience(message) => json!({ "audienceOf": message }),
    };
    parties.map(shown).collect()
}

/// Returns when this person opened a message first.
async fn opened_at(reader: &Reader<'_>, message: MessageId) -> Result<Option<Timestamp>> {
    let stream = StreamId::openings(message);
    let events = reader.node.log().read_stream(&stream, None, Direction::Forwards, usize::MAX).await;
    // Nothing is sealed there, and the first of a person counts.
    for recorded in events.map_err(crate::failed::of_log)? {
        if let Event::Reading(ReadingEvent::Opened(opened)) = eventlog::decode::decode(&recorded)?
            && opened.person == reader.person
        {
            return Ok(Some(recorded.recorded_at));
        }
    }
    Ok(None)
}

async fn drafts(reader: &Reader<'_>, me: PersonNo) -> Result<Vec<Datum>> {
    let saved = reader.node.read(|world| world.mailboxes.drafts(me, None, usize::MAX));
    let mut data = vec![];
    for draft in saved.iter().rev() {
        let told = reader.at(draft.position).await?;
        let Event::Message(MessageEvent::Drafted(drafted)) = &told.event else { continue };
        let list = |list: &[Party]| parties(reader, list.iter().copied());
        let favourites = [&drafted.to_favourites, &drafted.cc_favourites, &drafted.bcc_favourites];
        let mut value = json!({
            "message": drafted.message, "subject": sealed(&drafted.subject),
            "text": drafted.body.open().map_or_else(erased, |body| json!(body.text)),
            "to": list(&drafted.to), "cc": list(&drafted.cc), "bcc": list(&drafted.bcc),
        });
        if favourites.iter().any(|named| !named.is_empty()) {
            value["favourites"] = json!(favourites.into_iter().flatten().collect::<Vec<_>>());
        }
        data.push(told.datum(value));
    }
    Ok(data)
}

async fn copies(reader: &Reader<'_>) -> Result<Vec<Datum>> {
    let told = reader.stream(&StreamId::copies(reader.person)).await?.into_iter();
    let acts = told.filter_map(|told| {
        let messages = match &told.event {
            Event::Reading(ReadingEvent::Trashed(it)) => it.messages.clone(),
            Event::Reading(ReadingEvent::Restored(it)) => it.messages.clone(),
            _ => return None,
        };
        Some(told.datum(json!({ "messages": messages })))
    });
    Ok(acts.collect())
}
