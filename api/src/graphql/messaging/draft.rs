//! Drafts: their author's alone, may name anybody, become the message when sent.

use async_graphql::connection::{Edge, OpaqueCursor};
use async_graphql::{ID, InputObject, SimpleObject};
use domain::actor::RoleName;
use domain::message::{Command, Draft as Saved, Drafted, Event as Written, Message, Party};
use domain::{Event, FavouriteId, MessageId, StreamId};
use eventlog::Position as At;
use projections::World;
use projections::mailboxes::Draft as Row;

use super::Recipients;
use super::read::{Shown, subject};
use super::send::{Body, NamedParties, read_named, written};
use crate::failure::{Failure, Result};
use crate::graphql::acting::{Acting, Asked};
use crate::graphql::common::{Global, Instant, Listed, Page, Position, Total, Ulid, UserError};
use crate::graphql::favourites::{self, Favourite};
use crate::rights::Rights;

/// A row of the list of drafts.
#[derive(Debug, SimpleObject)]
pub struct DraftRow {
    /// The message it may become.
    id: ID,
    /// Its subject; null once erased.
    subject: Option<String>,
    /// When it was saved last.
    saved_at: Instant,
}

/// A draft, as it was saved last.
#[derive(Debug, SimpleObject)]
pub struct Draft {
    /// The message it may become.
    id: ID,
    /// Its subject; null once erased.
    subject: Option<String>,
    /// Its body, cleaned; null once erased.
    body_html: Option<String>,
    /// The same as text.
    body_text: Option<String>,
    /// Named openly. Whom the caller does not reach now is counted, not named.
    to: Recipients,
    /// Named openly, for information.
    cc: Recipients,
    /// Named blindly.
    bcc: Recipients,
    /// Favourites named openly, as they are now: the message goes to whom they hold when it is sent.
    to_favourites: Vec<Favourite>,
    /// Favourites named openly, for information.
    cc_favourites: Vec<Favourite>,
    /// Favourites named blindly.
    bcc_favourites: Vec<Favourite>,
    /// Favourites it names that the caller does not have, or no longer: `sendMessage` refuses them.
    gone_favourites: Vec<ID>,
    /// When it was saved last.
    saved_at: Instant,
}

/// A draft to be saved: all of it, as it is now.
#[derive(Debug, InputObject)]
pub struct SaveDraftInput {
    /// The draft to replace; a new one if left out.
    draft: Option<ID>,
    subject: String,
    body_html: Option<String>,
    body_text: Option<String>,
    /// People and groups, in reach or not, and favourites. What a favourite holds is looked up when the message is sent.
    #[graphql(default)]
    to: Vec<ID>,
    #[graphql(default)]
    cc: Vec<ID>,
    #[graphql(default)]
    bcc: Vec<ID>,
    idempotency_key: Ulid,
}

/// A draft to be thrown away.
#[derive(Debug, InputObject)]
pub struct DiscardDraftInput {
    draft: ID,
    idempotency_key: Ulid,
}

/// The draft as it is now, or why it was not saved or thrown away.
#[derive(Debug, SimpleObject)]
pub struct DraftPayload {
    /// The draft; null if it was refused, sent, or is gone.
    draft: Option<Draft>,
    /// Why not, if not.
    user_errors: Vec<UserError>,
    /// What the answer rests on.
    position: Position,
}

/// Saves a draft.
pub(super) async fn save(acting: &Acting<'_>, input: SaveDraftInput) -> Result<DraftPayload> {
    let body = Body { html: input.body_html.as_deref(), text: input.body_text.as_deref() };
    let (subject, body) = match written(&input.subject, body)? {
        Ok(written) => written,
        Err(large) => return Ok(refused(acting, acting.refused(large.0, Some(large.1)))),
    };
    let named = [read_named(&input.to, "to")?, read_named(&input.cc, "cc")?, read_named(&input.bcc, "bcc")?];
    let favourites = named.each_ref().map(NamedParties::favourites);
    let [to, cc, bcc] = named.map(|named| named.parties);
    let replaced = input.draft.as_ref().map(|id| MessageId::read(id, "draft")).transpose()?;
    let asked = Asked::new("saveDraft", &input, input.idempotency_key, None);
    let (order, ()) = acting.order(asked, |_, _| Ok((RoleName::User, ()))).await?;
    let message = replaced.unwrap_or_else(|| MessageId::derived(order.meta.command, 0));
    let author = acting.caller.person;
    let command = Command::Save(Saved { message, author, subject, body, to, cc, bcc, favourites });
    let carried = acting.carry::<Message>(&order, &StreamId::message(message), command).await?;
    let user_errors: Vec<_> =
        carried.refusal.iter().map(|refusal| acting.refused(refusal, Some("draft"))).collect();
    let draft = if user_errors.is_empty() { draft(acting, message).await? } else { None };
    Ok(DraftPayload { draft, user_errors, position: Position(carried.position) })
}

/// Throws a draft away.
pub(super) async fn discard(acting: &Acting<'_>, input: DiscardDraftInput) -> Result<DraftPayload> {
    let message = MessageId::read(&input.draft, "draft")?;
    let asked = Asked::new("discardDraft", &input, input.idempotency_key, None);
    let (order, ()) = acting.order(asked, |_, _| Ok((RoleName::User, ()))).await?;
    let command = Command::Discard { by: acting.caller.person, message };
    let carried = acting.carry::<Message>(&order, &StreamId::message(message), command).await?;
    let user_errors: Vec<_> =
        carried.refusal.iter().map(|refusal| acting.refused(refusal, Some("draft"))).collect();
    Ok(DraftPayload { draft: None, user_errors, position: Position(carried.position) })
}

/// Returns a page of the caller's drafts, last saved first.
pub(super) fn list(acting: &Acting<'_>, page: &Page<u64>) -> Result<Listed<u64, DraftRow>> {
    let Page::First(first, after) = page else {
        return Err(Failure::BadInput("last", "this list is read from its beginning"));
    };
    acting.look(|world, _| {
        let me = world.people.number(acting.caller.person).ok_or(Failure::NotFound)?;
        let mut rows = world.mailboxes.drafts(me, after.map(At), first + 1);
        let more = rows.len() > *first;
        rows.truncate(*first);
        let mut listed = Listed::with_additional_fields(after.is_some(), more, Total::default());
        for Row { message, event, position, updated_at, subject: sealed } in rows {
            let node = DraftRow {
                id: message.global(),
                subject: subject(acting, acting.caller.person, message, event, &sealed)?,
                saved_at: Instant(updated_at),
            };
            listed.edges.push(Edge::new(OpaqueCursor(position.0), node));
        }
        Ok(listed)
    })
}

/// Returns a draft of the caller's; none if there is no such draft.
pub(super) async fn draft(acting: &Acting<'_>, id: MessageId) -> Result<Option<Draft>> {
    let found = acting.look(|world, _| {
        let (author, row) = world.mailboxes.draft(id)?;
        (world.people.id(author) == Some(acting.caller.person)).then_some(row)
    });
    let Some(row) = found else { return Ok(None) };
    let recorded = acting.front.node.log().read_at(row.position).await?.ok_or(Failure::NotFound)?;
    let event = eventlog::decode::open(acting.front.node.vault(), &recorded)?;
    let Event::Message(Written::Drafted(drafted)) = event else { return Ok(None) };
    let Drafted { subject, body, to, cc, bcc, .. } = drafted;
    let favourites = [drafted.to_favourites, drafted.cc_favourites, drafted.bcc_favourites];
    let (body_html, body_text) = body.into_open().map(|body| (body.html, body.text)).unzip();
    acting.look(|world, rights| {
        let shown = |parties: &[Party]| shown(acting, world, rights, parties).ok_or(Failure::NotFound);
        let mut gone_favourites = vec![];
        let mut held = |ids: &[FavouriteId]| held(acting, world, ids, &mut gone_favourites);
        let [to_favourites, cc_favourites, bcc_favourites] =
            [held(&favourites[0])?, held(&favourites[1])?, held(&favourites[2])?];
        Ok(Some(Draft {
            id: id.global(),
            subject: subject.into_open(),
            body_html,
            body_text,
            to: shown(&to)?,
            cc: shown(&cc)?,
            bcc: shown(&bcc)?,
            to_favourites,
            cc_favourites,
            bcc_favourites,
            gone_favourites,
            saved_at: Instant(row.updated_at),
        }))
    })
}

/// Returns favourites as they are now, and notes those that the caller does not have.
fn held(
    acting: &Acting<'_>,
    world: &World,
    ids: &[FavouriteId],
    gone: &mut Vec<ID>,
) -> Result<Vec<Favourite>> {
    let mut found = vec![];
    for id in ids {
        match favourites::own(acting, world, *id)? {
            Some(favourite) => found.push(favourite),
            None => gone.push(id.global()),
        }
    }
    Ok(found)
}

fn shown(acting: &Acting<'_>, world: &World, rights: &Rights, parties: &[Party]) -> Option<Recipients> {
    let mut list = Shown::new(acting, world, world.people.number(acting.caller.person)?);
    for party in parties {
        match party {
            Party::Person(person) => match world.people.number(*person) {
                Some(number) => list.if_reached(number),
                None => list.shown.others += 1,
            },
            Party::Group(group) => {
                match world.people.group(*group).filter(|group| rights.sees_group(world, *group)) {
                    Some(number) => list.group(number),
                    None => list.shown.others += 1,
                }
            }
            Party::Audience(_) => {}
        }
    }
    Some(list.shown)
}

fn refused(acting: &Acting<'_>, error: UserError) -> DraftPayload {
    let position = Position(acting.front.node.log().head());
    DraftPayload { draft: None, user_errors: vec![error], position }
}
