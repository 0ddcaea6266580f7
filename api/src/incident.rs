//! What one person did in a window of time, for whoever looks into an incident (`messaging.md`, Recall, safety, crisis).
//!
//! Invariants:
//! - Addresses are opened here, so whoever calls this has noted the reading in the log before ([`note`]).
//! - Nothing that somebody wrote is opened; drafts and what somebody does with own copies are nobody's business.
//! - Each list has at most [`MOST`] rows, the oldest, and says when there are, or may be, more.

use std::time::{Duration, Instant as Started};

use chrono::TimeDelta;
use domain::actor::Actor;
use domain::person::{self, Person};
use domain::{Event, Label, MessageId, PersonId, StreamId, Timestamp, access, message, reading};
use eventlog::decode::{self, made};
use eventlog::{Position, Recorded};
use projections::World;
use projections::about::About;
use projections::occurrences::{Key, Wanted};
use serde::Serialize;

use crate::failure::{Failure, Result};
use crate::node::{Carried, Node, Order};

/// How many rows a list has at most.
pub const MOST: usize = 200;

/// The longest window: who asks for more asks for something else than an incident.
const LONGEST: TimeDelta = TimeDelta::days(31);

/// How many events are read at once.
const READ: u64 = 1024;

/// How long it looks.
const PATIENCE: Duration = Duration::from_secs(2);

/// A window: from an instant on, before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    from: Timestamp,
    until: Timestamp,
}

impl Window {
    /// Returns the window; none if its end is not after its beginning, or more than 31 days after it.
    pub fn of(from: Timestamp, until: Timestamp) -> Option<Self> {
        let length = until.signed_duration_since(from);
        (length > TimeDelta::zero() && length <= LONGEST).then_some(Self { from, until })
    }
}

/// Rows, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct List<T> {
    /// At most [`MOST`].
    pub nodes: Vec<T>,
    /// Whether there are, or may be, more.
    pub more: bool,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { nodes: vec![], more: false }
    }
}

impl<T> List<T> {
    fn add(&mut self, row: T) {
        if self.nodes.len() < MOST {
            self.nodes.push(row);
        } else {
            self.more = true;
        }
    }
}

/// Somebody signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignIn {
    /// When.
    pub at: Timestamp,
    /// From where; none once its month ended.
    pub address: Option<String>,
}

/// Something befell the account: a code, a password, a block, a role, a reading like this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfAccount {
    /// Where it stands in the log.
    pub position: u64,
    /// When.
    pub at: Timestamp,
    /// What: the kind of the event.
    pub kind: String,
    /// Who did it.
    pub actor: Actor,
}

/// Refused accesses of the account from one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusals {
    /// When the last of them was.
    pub at: Timestamp,
    /// The command.
    pub command: String,
    /// The code of the refusal.
    pub code: String,
    /// From where; none once its month ended.
    pub address: Option<String>,
    /// How many.
    pub count: u32,
}

/// A message they sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// Which.
    pub message: MessageId,
    /// When.
    pub at: Timestamp,
    /// How many got it.
    pub recipients: u32,
    /// How many of them opened it until now.
    pub opened: u32,
}

/// A message they opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Opening {
    /// Which.
    pub message: MessageId,
    /// When.
    pub at: Timestamp,
}

/// Something else they did: administration, for themselves or for others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Act {
    /// Where it stands in the log: `events` shows all of it.
    pub position: u64,
    /// When.
    pub at: Timestamp,
    /// What: the kind of the event.
    pub kind: String,
    /// The stream it stands in.
    pub stream: String,
    /// Whom it is about, if it is about somebody.
    pub about: Option<PersonId>,
}

/// What one person did in a window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Incident {
    /// Who.
    pub person: PersonId,
    /// From this instant on.
    pub from: Timestamp,
    /// Before this instant.
    pub to: Timestamp,
    /// Whether all of the window was looked at; if not, every list may have more.
    pub complete: bool,
    /// Sign-ins.
    pub sign_ins: List<SignIn>,
    /// What befell the account.
    pub account: List<OfAccount>,
    /// Refused accesses.
    pub refused: List<Refusals>,
    /// Messages they sent.
    pub sent: List<Sent>,
    /// Messages they opened.
    pub opened: List<Opening>,
    /// What else they did, as far as the reader audits it.
    pub acts: List<Act>,
    /// How many acts were left out because the reader does not audit whom or what they are about.
    pub out_of_scope: u32,
}

/// Notes that what `person` did is read. Nothing may be read before this is answered.
pub async fn note(
    node: &Node,
    order: &Order,
    person: PersonId,
    window: Window,
) -> Result<Carried<person::Event, person::Refusal>> {
    let command = person::Command::ReadIncident { from: window.from, until: window.until };
    node.execute::<Person>(order, &StreamId::person(person), command).await
}

/// Reads what `person` did in `window`, as far as the log went before the reading was noted at `noted`.
///
/// `scope` says whom or what an event is about, and whether the reader audits it.
pub async fn read(
    node: &Node,
    person: PersonId,
    window: Window,
    noted: Position,
    scope: impl Fn(&Recorded) -> Result<(About, bool)> + Send + Sync,
) -> Result<Incident> {
    let mut at = node.past().position_before(window.from).await?;
    let until = node.past().position_before(window.until).await?;
    let until = until.min(Position(noted.0.saturating_sub(1)));
    let mut seen = Seen::new(node, person, window);
    let mut wanted = Wanted::default();
    wanted.any_of([Key::Person(person)]);
    let (mut walk, begun) = (node.occurrences().walk(wanted), Started::now());
    while at < until && seen.incident.complete {
        let (read, reached) = walk.read(node.log(), at, until, READ).await?;
        for recorded in &read {
            seen.see(recorded, &scope)?;
        }
        at = reached;
        seen.incident.complete = at >= until || begun.elapsed() < PATIENCE;
    }
    Ok(node.read(|world| seen.counted(world)))
}

/// What was seen so far.
struct Seen<'a> {
    node: &'a Node,
    stream: StreamId,
    incident: Incident,
}

impl<'a> Seen<'a> {
    fn new(node: &'a Node, person: PersonId, Window { from, until }: Window) -> Self {
        let incident = Incident {
            person,
            from,
            to: until,
            complete: true,
            sign_ins: List::default(),
            account: List::default(),
            refused: List::default(),
            sent: List::default(),
            opened: List::default(),
            acts: List::default(),
            out_of_scope: 0,
        };
        Self { node, stream: StreamId::person(person), incident }
    }

    fn see(
        &mut self,
        recorded: &Recorded,
        scope: &impl Fn(&Recorded) -> Result<(About, bool)>,
    ) -> Result<()> {
        let own = recorded.stream() == self.stream.as_str();
        let refused = recorded.stream().starts_with("access-");
        let actor = made(recorded)?.actor;
        let acted = actor.person() == Some(self.incident.person);
        if !(own || refused || acted) {
            return Ok(());
        }
        let at = recorded.recorded_at;
        match decode::decode(recorded)? {
            Event::Person(person::Event::SignedIn(_)) if own => {
                let address = match decode::open(self.node.vault(), recorded)? {
                    Event::Person(person::Event::SignedIn(signed_in)) => signed_in.address.into_open(),
                    _ => None,
                };
                self.incident.sign_ins.add(SignIn { at, address });
            }
            Event::Person(event) if own && of_account(&event) => {
                let (position, kind) = (recorded.position.0, recorded.kind().to_owned());
                self.incident.account.add(OfAccount { position, at, kind, actor });
            }
            Event::Access(access::Event::Refused(refused))
                if refused.account == Some(self.incident.person) =>
            {
                self.refuse(recorded)?;
            }
            Event::Access(_) => {}
            Event::Message(message::Event::Sent(sent)) if acted => {
                let (recipients, opened) = (0, 0);
                self.incident.sent.add(Sent { message: sent.message, at, recipients, opened });
            }
            Event::Reading(reading::Event::Opened(opened)) if acted => {
                self.incident.opened.add(Opening { message: opened.message, at });
            }
            Event::Message(message::Event::Drafted(_) | message::Event::Discarded(_)) | Event::Reading(_) => {
            }
            _ if acted => self.act(recorded, scope)?,
            _ => {}
        }
        Ok(())
    }

    fn refuse(&mut self, recorded: &Recorded) -> Result<()> {
        let Event::Access(access::Event::Refused(refused)) = decode::open(self.node.vault(), recorded)?
        else {
            return Ok(());
        };
        let text = |label: &Label| label.as_str().to_owned();
        self.incident.refused.add(Refusals {
            at: recorded.recorded_at,
            command: text(&refused.command),
            code: text(&refused.code),
            address: refused.address.into_open(),
            count: refused.count,
        });
        Ok(())
    }

    fn act(
        &mut self,
        recorded: &Recorded,
        scope: &impl Fn(&Recorded) -> Result<(About, bool)>,
    ) -> Result<()> {
        let (about, audited) = scope(recorded)?;
        if audited {
            self.incident.acts.add(Act {
                position: recorded.position.0,
                at: recorded.recorded_at,
                kind: recorded.kind().to_owned(),
                stream: recorded.stream().to_owned(),
                about: about.person,
            });
        } else {
            self.incident.out_of_scope += 1;
        }
        Ok(())
    }

    /// Returns it all, with how many got and opened what was sent.
    fn counted(self, world: &World) -> Incident {
        let mut incident = self.incident;
        for sent in &mut incident.sent.nodes {
            let row = world.mailboxes.number(sent.message).and_then(|number| world.mailboxes.message(number));
            if let Some(row) = row {
                (sent.recipients, sent.opened) = (row.counts.delivered, row.opened());
            }
        }
        if !incident.complete {
            incident.sign_ins.more = true;
            incident.account.more = true;
            incident.refused.more = true;
            incident.sent.more = true;
            incident.opened.more = true;
            incident.acts.more = true;
        }
        incident
    }
}

/// Returns whether an event in the stream of a person is about their account, and not about them.
fn of_account(event: &person::Event) -> bool {
    use person::Event;
    match event {
        Event::IdentityChanged(_)
        | Event::LoginGiven(_)
        | Event::CodeIssued(_)
        | Event::Activated(_)
        | Event::PasswordChanged(_)
        | Event::Blocked(_)
        | Event::Unblocked(_)
        | Event::Closed(_)
        | Event::Reopened(_)
        | Event::RoleGranted(_)
        | Event::RoleRevoked(_)
        | Event::Erased(_)
        | Event::Exported(_)
        | Event::IncidentRead(_)
        | Event::Hidden(_)
        | Event::Shown(_)
        | Event::LinkMade(_)
        | Event::LinkRemoved(_) => true,
        Event::Registered(_)
        | Event::SignedIn(_)
        | Event::Attached(_)
        | Event::Detached(_)
        | Event::ClassJoined(_)
        | Event::ClassLeft(_)
        | Event::TeachingGroupJoined(_)
        | Event::TeachingGroupLeft(_)
        | Event::LevelsSet(_)
        | Event::FunctionGiven(_)
        | Event::FunctionTaken(_)
        | Event::HeadTeacherNamed(_)
        | Event::HeadTeacherEnded(_)
        | Event::ChildLinked(_)
        | Event::ChildUnlinked(_)
        | Event::Missing(_)
        | Event::Returned(_) => false,
    }
}

/// Says what a window must be.
pub fn no_window() -> Failure {
    Failure::BadInput("to", "an instant after `from`, by 31 days at most")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_ends_after_it_begins_and_has_31_days_at_most() {
        let at = |text: &str| text.parse().unwrap();
        let begin = at("2026-09-01T00:00:00Z");
        for (end, fits) in [
            ("2026-08-31T23:59:59Z", false),
            ("2026-09-01T00:00:00Z", false),
            ("2026-09-01T00:00:00.001Z", true),
            ("2026-10-02T00:00:00Z", true),
            ("2026-10-02T00:00:00.001Z", false),
        ] {
            assert_eq!(Window::of(begin, at(end)).is_some(), fits, "{end}");
        }
        let ages = Window::of(Timestamp::MIN_UTC, Timestamp::MAX_UTC);
        assert_eq!(ages, None);
    }

    #[test]
    fn a_list_keeps_the_first_rows_and_says_that_there_are_more() {
        let mut list = List::default();
        for row in 0..MOST {
            list.add(row);
        }
        assert_eq!((list.nodes.len(), list.more), (MOST, false));
        list.add(MOST);
        assert_eq!((list.nodes.len(), list.nodes[MOST - 1], list.more), (MOST, MOST - 1, true));
    }
}
