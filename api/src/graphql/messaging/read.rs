//! Reading: rows of folders, and one message.

use async_graphql::connection::{Edge, OpaqueCursor};
use domain::message::{Field, Got, Replies};
use domain::{Event, EventId, MessageId, PersonId, Sealed, message};
use eventlog::Position;
use projections::mailboxes::{Content, Message as Row, Target, Whom};
use projections::{GroupNo, MessageNo, PersonNo, World};
use roaring::RoaringBitmap;
use tokio::sync::OnceCell;

use super::{Folder, MailboxRow, Message, Recipients, got, listed};
use crate::failure::{Failure, Result};
use crate::graphql::acting::Acting;
use crate::graphql::common::{Global, Instant, Listed, Page};
use crate::graphql::names::Names;
use crate::graphql::notices::{Notice, Words, home, resource_name};

/// How many names of recipients are shown in a list.
const NAMES: usize = 50;

pub(in crate::graphql) fn names<'a>(acting: &'a Acting<'_>, world: &'a World) -> Names<'a> {
    Names { world, texts: &acting.front.texts, language: acting.caller.language }
}

/// Returns a page of a folder, newest first.
pub(super) fn mailbox(
    acting: &Acting<'_>,
    folder: Folder,
    page: &Page<MessageId>,
) -> Result<Listed<MessageId, MailboxRow>> {
    acting.look(|world, rights| {
        let me = world.people.number(acting.caller.person).ok_or(Failure::NotFound)?;
        let names = names(acting, world);
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
        let mut list = listed(before.is_some(), entries.len() == asked);
        for entry in entries.iter().take(page.size()) {
            let row = world.mailboxes.message(entry.message);
            let Some((row, id)) = row.zip(world.mailboxes.id(entry.message)) else { continue };
            let node = MailboxRow {
                number: entry.message,
                id: id.global(),
                subject: match row.notice() {
                    Some(notice) => {
                        let called = resource_name(acting, world, notice)?;
                        Some(Words::of(names, notice, home(world, me)).called(called).subject())
                    }
                    None => sent_subject(acting, world, id, row)?,
                },
                author: row.author().map(|author| names.person(author)),
                notice: row.notice().map(|notice| Notice::of(names, rights, notice)),
                sent_at: Instant(row.sent_at()),
                unread: entry.unread,
            };
            list.edges.push(Edge::new(OpaqueCursor(id), node));
        }
        Ok(list)
    })
}

/// Returns the subject of a message that somebody wrote, opened; none once erased.
pub(super) fn sent_subject(
    acting: &Acting<'_>,
    world: &World,
    id: MessageId,
    row: &Row,
) -> Result<Option<String>> {
    let Content::Written(sealed) = &row.content else { return Ok(None) };
    let Some(author) = row.author().and_then(|author| world.people.id(author)) else { return Ok(None) };
    subject(acting, author, id, row.event, sealed)
}

/// Returns a subject that stands sealed in `event`, opened; none once erased.
pub(super) fn subject(
    acting: &Acting<'_>,
    author: PersonId,
    message: MessageId,
    event: EventId,
    sealed: &Sealed<String>,
) -> Result<Option<String>> {
    let mut carried = Subject { of: domain::Subject::Writing(author, message), subject: sealed.clone() };
    let opened = acting.front.node.vault().open(event, &mut carried);
    opened.map_err(|error| Failure::Internal(Box::new(error)))?;
    Ok(carried.subject.into_open())
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

/// Returns a message as the caller got it; none if they neither got nor wrote it.
pub(in crate::graphql) fn message(acting: &Acting<'_>, id: MessageId) -> Result<Option<Message>> {
    acting.look(|world, rights| {
        let Some((row, mut view)) = seen(acting, world, id) else { return Ok(None) };
        let me = world.people.number(acting.caller.person).ok_or(Failure::NotFound)?;
        if let Some(notice) = row.notice() {
            let names = names(acting, world);
            let called = resource_name(acting, world, notice)?;
            let words = Words::of(names, notice, home(world, me)).called(called).seen_with(rights);
            view.subject = Some(words.subject());
            view.body = OnceCell::new_with(Some(Some(words.body())));
            view.notice = Some(Notice::of(names, rights, notice));
        } else {
            view.subject = sent_subject(acting, world, id, row)?;
        }
        Ok(Some(view))
    })
}

/// Reads the body of the message that was sent at `position`; none once erased.
pub(super) async fn body(acting: &Acting<'_>, position: Position) -> Result<Option<message::Body>> {
    let recorded = acting.front.node.log().read_at(position).await?.ok_or(Failure::NotFound)?;
    let event = eventlog::decode::open(acting.front.node.vault(), &recorded)?;
    let Event::Message(message::Event::Sent(sent)) = event else { return Ok(None) };
    Ok(sent.body.into_open())
}

fn seen<'a>(acting: &Acting<'_>, world: &'a World, id: MessageId) -> Option<(&'a Row, Message)> {
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
    // Also for the author: what was closed would else be a way round reach.
    let may_reply = !row.closed && row.replies != Replies::None;
    let to_all = may_reply && (author || (how == Got::Openly && row.replies == Replies::All));
    let view = Message {
        position: row.position,
        body: OnceCell::new(),
        id: id.global(),
        subject: None,
        author: row.author().map(|author| names(acting, world).person(author)),
        notice: None,
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
    Some((row, view))
}

/// Returns one list of a message as `me` may see it.
///
/// Who got it openly sees `to` and `cc`; who got it blindly sees only themselves in `bcc`. Its author sees all three,
/// but names only of those they reach one by one now (`messaging.md`, What the sender sees of recipients). Whoever
/// reads an answer to all sees by name those they reach: the message it answers may have named a group.
pub(super) fn recipients(
    acting: &Acting<'_>,
    world: &World,
    row: &Row,
    me: PersonNo,
    how: Got,
    field: Field,
) -> Recipients {
    let mut list = Shown::new(acting, world, me);
    match (how, field) {
        (Got::Blindly, Field::Bcc) => list.person(me),
        (Got::Blindly, Field::To | Field::Cc) | (Got::Openly, Field::Bcc) | (Got::Never, _) => {}
        (Got::Author, _) | (Got::Openly, Field::To | Field::Cc) => {
            // Whom one answers is known: one has their message.
            let answered = row.in_reply_to.and_then(|original| world.mailboxes.message(original));
            let answered = answered.and_then(Row::author);
            for Target { whom, .. } in row.targets().iter().filter(|target| target.field == field) {
                match whom {
                    Whom::Person(person) if how == Got::Openly || Some(*person) == answered => {
                        list.person(*person);
                    }
                    Whom::Person(person) => list.if_reached(*person),
                    Whom::Group(group) => list.group(*group),
                    Whom::Audience(original) => list.audience(&world.mailboxes.audience(*original)),
                    Whom::Nobody => {}
                }
            }
        }
    }
    list.shown
}

/// A list that is being filled for one reader.
pub(super) struct Shown<'a> {
    names: Names<'a>,
    world: &'a World,
    me: PersonNo,
    pub(super) shown: Recipients,
}

impl<'a> Shown<'a> {
    pub(super) fn new(acting: &'a Acting<'_>, world: &'a World, me: PersonNo) -> Self {
        Self { names: names(acting, world), world, me, shown: Recipients::default() }
    }

    /// Adds somebody whose name the reader may see.
    pub(super) fn person(&mut self, person: PersonNo) {
        if self.shown.people.len() < NAMES {
            self.shown.people.push(self.names.person(person));
        } else {
            self.shown.others += 1;
        }
    }

    /// Adds somebody by name if the reader reaches them now, else as one more.
    pub(super) fn if_reached(&mut self, person: PersonNo) {
        let shown = self.shown.people.len() < NAMES;
        let reached = |world: &World| world.graph.witness(&world.people, self.me, person).is_some();
        if shown && (person == self.me || reached(self.world)) {
            self.shown.people.push(self.names.person(person));
        } else {
            self.shown.others += 1;
        }
    }

    /// Adds whoever got another message: by name those the reader reaches now, one question for all of them.
    fn audience(&mut self, audience: &RoaringBitmap) {
        let mut named = self.world.graph.reach(&self.world.people, self.me).people & audience;
        if audience.contains(self.me.0) {
            named.insert(self.me.0);
        }
        let left = audience.len() - named.len();
        named.iter().for_each(|person| self.person(PersonNo(person)));
        self.shown.others += u32::try_from(left).unwrap_or(u32::MAX);
    }

    /// Adds a group by name.
    pub(super) fn group(&mut self, group: GroupNo) {
        self.shown.groups.push(self.names.group(group));
    }
}
