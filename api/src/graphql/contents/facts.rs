//! Who may ask, approve and read, and what a rule needs to know about it.

use std::collections::{BTreeMap, BTreeSet};

use domain::actor::RoleName;
use domain::contents::What;
use domain::person::{Event as PersonEvent, Role};
use domain::{ContentRequestId, Event, MessageId, PersonId, StreamId, Timestamp};
use eventlog::Position;
use eventlog::decode::made;
use eventlog::log::Direction;
use projections::World;
use projections::contents::ContentRequest as Row;
use projections::dense::PersonNo;
use projections::mailboxes::Message;

use crate::failure::{Failure, Result};
use crate::node::Node;
use crate::rights::{Right, Rights};

/// A sent message that is to be read.
pub(super) struct Sent {
    /// The first message of its thread.
    pub thread: MessageId,
    /// When it was sent.
    pub at: Timestamp,
    /// Where it stands.
    pub position: Position,
    /// When the request ends.
    pub ends: Timestamp,
}

/// Returns what is asked for, if the caller audits who wrote it.
pub(super) fn asked(
    world: &World,
    rights: &Rights,
    message: MessageId,
    whole_thread: bool,
) -> Result<(RoleName, What)> {
    let (role, row) = audited(world, rights, message)?;
    let wrote =
        |row: &Message| row.author().and_then(|author| world.people.id(author)).ok_or(Failure::NotFound);
    if !whole_thread {
        return Ok((role, What::Message { message, author: wrote(row)? }));
    }
    let thread = world.mailboxes.id(row.thread).ok_or(Failure::NotFound)?;
    let (_, first) = audited(world, rights, thread)?;
    Ok((role, What::Thread { thread, author: wrote(first)? }))
}

/// Returns who asked and where the request stands, if the caller may approve all that it is of.
pub(super) fn approved(
    world: &World,
    rights: &Rights,
    request: ContentRequestId,
) -> Result<(RoleName, (PersonId, Position))> {
    let row = world.contents.get(request).ok_or(Failure::NotFound)?;
    let role = over(world, rights, Right::ApproveContents, row).ok_or(Failure::NotFound)?;
    if let What::Thread { thread, .. } = row.what {
        let first = world.mailboxes.number(thread).ok_or(Failure::NotFound)?;
        let mut authors =
            world.mailboxes.whole_thread(first).filter_map(|number| world.mailboxes.message(number));
        let covers = |author: PersonNo| rights.over(world, Right::ApproveContents, author).is_some();
        if !authors.all(|sent| sent.author().is_some_and(covers)) {
            return Err(Failure::Forbidden);
        }
    }
    Ok((role, (row.by, row.position)))
}

/// Checks that the caller may approve the request, or made it.
pub(super) fn declined(
    world: &World,
    rights: &Rights,
    request: ContentRequestId,
    caller: PersonId,
) -> Result<(RoleName, ())> {
    let row = world.contents.get(request).ok_or(Failure::NotFound)?;
    let approver = over(world, rights, Right::ApproveContents, row);
    let asker =
        || (row.by == caller).then(|| over(world, rights, Right::Audit, row).unwrap_or(RoleName::User));
    approver.or_else(asker).map(|role| (role, ())).ok_or(Failure::NotFound)
}

/// Returns a message, if the caller made the request and audits who wrote the message.
pub(super) fn read(
    world: &World,
    rights: &Rights,
    request: ContentRequestId,
    caller: PersonId,
    message: MessageId,
) -> Result<(RoleName, Sent)> {
    let row = world.contents.get(request).filter(|row| row.by == caller).ok_or(Failure::NotFound)?;
    let (role, sent) = audited(world, rights, message)?;
    let thread = world.mailboxes.id(sent.thread).ok_or(Failure::NotFound)?;
    Ok((role, Sent { thread, at: sent.sent_at(), position: sent.position, ends: row.ends }))
}

/// Returns the role that gives `right` over who wrote what a request is of.
pub(super) fn over(world: &World, rights: &Rights, right: Right, row: &Row) -> Option<RoleName> {
    let author = world.people.number(row.what.author())?;
    rights.over(world, right, author).map(|(role, _)| role)
}

/// Returns a sent message whose author the caller audits. Whether one exists is told to auditors only.
fn audited<'a>(world: &'a World, rights: &Rights, message: MessageId) -> Result<(RoleName, &'a Message)> {
    let row = world.mailboxes.number(message).and_then(|number| world.mailboxes.message(number));
    let found = row.and_then(|row| Some((rights.over(world, Right::Audit, row.author()?)?.0, row)));
    let missing = if rights.audits_somewhere() { Failure::NotFound } else { Failure::Forbidden };
    found.ok_or(missing)
}

/// Returns who granted `person` a role by which they audit and that they held at `since` or later.
///
/// The stream of the person says it; whoever granted the role again is one of them.
pub(super) async fn granted_by(node: &Node, person: PersonId, since: Position) -> Result<Vec<PersonId>> {
    let mut grants: BTreeMap<Role, BTreeSet<PersonId>> = BTreeMap::new();
    let stream = StreamId::person(person);
    for recorded in node.log().read_stream(&stream, None, Direction::Forwards, usize::MAX).await? {
        if !recorded.kind().starts_with("person.role-") {
            continue;
        }
        let event = eventlog::decode::decode(&recorded)?;
        if let Event::Person(PersonEvent::RoleGranted(granted)) = &event {
            grants.entry(granted.role.clone()).or_default().extend(made(&recorded)?.actor.person());
        }
        if let Event::Person(PersonEvent::RoleRevoked(revoked)) = &event
            && recorded.position <= since
        {
            grants.remove(&revoked.role);
        }
    }
    let audits = |role: &Role| matches!(role.role, RoleName::Auditor | RoleName::PlatformAdministrator);
    let granted = grants.into_iter().filter(|(role, _)| audits(role)).flat_map(|(_, by)| by);
    Ok(granted.collect::<BTreeSet<_>>().into_iter().collect())
}
