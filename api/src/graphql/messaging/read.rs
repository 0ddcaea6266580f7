//! Reading: rows of folders, and one message.

use async_graphql::connection::{Edge, OpaqueCursor};
use domain::message::{Field, Got, Replies};
use domain::{Event, MessageId, Sealed, message};
use eventlog::Position;
use projections::mailboxes::{Message as Row, Target, Whom};
use projections::{MessageNo, PersonNo, World};

use super::{Folder, MailboxRow, Message, Recipients, got, listed};
use crate::failure::{Failure, Result};
use crate::graphql::acting::Acting;
use crate::graphql::common::{Global, Instant, Listed, Page};
use crate::graphql::names::Names;

/// How many names of recipients are shown.
const NAMES: usize = 50;

fn names<'a>(acting: &'a Acting<'_>, world: &'a World) -> Names<'a> {
    Names { world, texts: &acting.front.texts, language: acting.caller.language }
}

/// Returns a page of a folder, newest first.
pub(super) fn mailbox(
    acting: &Acting<'_>,
    folder: Folder,
    page: &Page<MessageId>,
) -> Result<Listed<MessageId, MailboxRow>> {
    acting.look(|world, _| {
        let me = world.people.number(acting.caller.person).ok_or(Failure::NotFound)?;
        let before = match page {
            Page::First(_, Some(after)) => Some(
                world
                    .mailboxes
                    .number(*after)
                    .ok_or(Failure::BadInput("after", "a cursor that this list gave"))?,
            ),
            Page::First(_, None) | Page::Last(..) => None,
        };
        let asked = page.size() + 1;
        let entries = match folder {
            Folder::Inbox => world.mailboxes.inbox(me, before, asked),
            Folder::Sent => world.mailboxes.sent(me, before, asked),
            Folder::Trash => world.mailboxes.trash(me, before, asked),
        };
        let mut list = listed(entries.len() == asked);
        for entry in entries.iter().take(page.size()) {
            let row = world.mailboxes.message(entry.message);
            let Some((row, id)) = row.zip(world.mailboxes.id(entry.message)) else { continue };
            let node = MailboxRow {
                id: id.global(),
                subject: subject(acting, world, id, row)?,
                author: names(acting, world).person(row.author),
                sent_at: Instant(row.sent_at()),
                unread: entry.unread,
            };
            list.edges.push(Edge::new(OpaqueCursor(id), node));
        }
        Ok(list)
    })
}

/// Returns the subject of a message, opened; none once erased.
pub(super) fn subject(
    acting: &Acting<'_>,
    world: &World,
    id: MessageId,
    row: &Row,
) -> Result<Option<String>> {
    let Some(author) = world.people.id(row.author) else { return Ok(None) };
    let mut event = Subject { of: domain::Subject::Writing(author, id), subject: row.subject.clone() };
    let opened = acting.front.node.vault().open(row.event, &mut event);
    opened.map_err(|error| Failure::Internal(Box::new(error)))?;
    Ok(event.subject.into_open())
}

/// The subject alone of a message, with the ids its key is derived from.
struct Subject {
    of: domain::Subject,
    subject: Sealed<String>,
}

impl domain::sealed::Carries for Subject {
    fn each(&mut self, visit: &mut dyn domain::sealed::Visit) {
        visit.field(self.of, domain::Retention::Message, "subject", 0, &mut self.subject);
    }
}

/// What a reader sees of a message besides its contents.
struct Seen {
    position: Position,
    view: Message,
}

/// Returns a message as the caller got it; none if they neither got nor wrote it.
pub(super) async fn message(acting: &Acting<'_>, id: MessageId) -> Result<Option<Message>> {
    let Some(Seen { position, mut view }) = acting.look(|world, _| seen(acting, world, id)) else {
        return Ok(None);
    };
    let recorded = acting.front.node.log().read_at(position).await?.ok_or(Failure::NotFound)?;
    let event = eventlog::decode::open(acting.front.node.vault(), &recorded)?;
    if let Event::Message(message::Event::Sent(sent)) = event {
        view.subject = sent.subject.into_open();
        let body = sent.body.into_open();
        (view.body_html, view.body_text) = body.map(|body| (body.html, body.text)).unzip();
    }
    Ok(Some(view))
}

fn seen(acting: &Acting<'_>, world: &World, id: MessageId) -> Option<Seen> {
    let how = got(world, acting, id);
    if how == Got::Never {
        return None;
    }
    let me = world.people.number(acting.caller.person)?;
    let number = world.mailboxes.number(id)?;
    let row = world.mailboxes.message(number)?;
    let author = how == Got::Author;
    let list = |field| recipients(acting, world, row, me, how, field);
    let answered = row.in_reply_to.filter(|answered| world.mailboxes.can_see(me, *answered).is_some());
    let may_reply = author || (!row.closed && row.replies != Replies::None);
    let to_all = may_reply && (author || (how == Got::Openly && row.replies == Replies::All));
    let view = Message {
        id: id.global(),
        subject: None,
        body_html: None,
        body_text: None,
        author: names(acting, world).person(row.author),
        sent_at: Instant(row.sent_at()),
        unread: !author && !row.opened_by(me),
        to: list(Field::To),
        cc: list(Field::Cc),
        bcc: list(Field::Bcc),
        delivered: author.then_some(row.counts.delivered),
        opened: author.then(|| row.opened()),
        in_reply_to: answered
            .and_then(|answered: MessageNo| world.mailboxes.id(answered))
            .map(Global::global),
        may_reply,
        may_reply_to_all: to_all,
    };
    Some(Seen { position: row.position, view })
}

/// Who got it openly sees `to` and `cc`; who got it blindly sees only themselves in `bcc`; the author sees all.
fn recipients(
    acting: &Acting<'_>,
    world: &World,
    row: &Row,
    me: PersonNo,
    how: Got,
    field: Field,
) -> Recipients {
    let names = names(acting, world);
    let mut list = Recipients::default();
    match (how, field) {
        (Got::Blindly, Field::Bcc) => list.people.push(names.person(me)),
        (Got::Blindly, Field::To | Field::Cc) | (Got::Openly, Field::Bcc) | (Got::Never, _) => {}
        (Got::Author, _) | (Got::Openly, Field::To | Field::Cc) => {
            for Target { whom, .. } in row.targets().iter().filter(|target| target.field == field) {
                match whom {
                    Whom::Person(person) => list.people.push(names.person(*person)),
                    Whom::Group(group) => list.groups.push(names.group(*group)),
                    Whom::Audience(original) => {
                        let audience = world.mailboxes.audience(*original);
                        list.people
                            .extend(audience.iter().take(NAMES).map(|person| names.person(PersonNo(person))));
                    }
                    Whom::Nobody => {}
                }
            }
        }
    }
    list
}
