//! Contents: an auditor reads a message or a thread that is not theirs (`audit.md`, Who asks what).
//!
//! One asks with a reason and an end, a second person approves, and every reading is an event beside them.
//!
//! Invariant: neither who asks nor who granted them the role of an auditor approves. Nothing is read before the
//! approval or after the end, nor what was sent after the approval.

use chrono::{SubsecRound as _, TimeDelta};
use serde::{Deserialize, Serialize};

use crate::id::{ContentRequestId, MessageId, PersonId};
use crate::sealed::{Carries, Retention, Sealed, Subject, Visit};
use crate::{Decider, Timestamp};

/// How long contents stay open at most.
const LONGEST: TimeDelta = TimeDelta::days(7);

crate::events! {
    /// Somebody asked for it.
    Requested = "contents.requested", schema 1;
    /// A second person agreed.
    Approved = "contents.approved", schema 1;
    /// Somebody said no.
    Declined = "contents.declined", schema 1;
    /// A message was read.
    Read = "contents.read", schema 1;
}

/// What is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// One message.
    Message {
        /// Which.
        message: MessageId,
        /// Who wrote it.
        author: PersonId,
    },
    /// All of a thread that was sent when it was approved.
    Thread {
        /// The first message of it.
        thread: MessageId,
        /// Who wrote that one.
        author: PersonId,
    },
}

impl What {
    /// Returns who wrote the message, or began the thread.
    pub fn author(self) -> PersonId {
        match self {
            Self::Message { author, .. } | Self::Thread { author, .. } => author,
        }
    }

    /// Returns the message, or the first one of the thread.
    pub fn message(self) -> MessageId {
        match self {
            Self::Message { message, .. } => message,
            Self::Thread { thread, .. } => thread,
        }
    }
}

/// Somebody asked for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Requested {
    /// Which request.
    pub request: ContentRequestId,
    /// Of what.
    pub what: What,
    /// Who asked.
    pub by: PersonId,
    /// When it ends; nothing is read from this instant on.
    pub ends: Timestamp,
    /// Why. It stays when people are erased, so nothing personal belongs in it.
    pub reason: Sealed<String>,
}

impl Carries for Requested {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Platform, Retention::Life, "reason", 0, &mut self.reason);
    }
}

/// A second person agreed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approved {
    /// Who.
    pub by: PersonId,
    /// When they did; what was sent later is not read.
    pub at: Timestamp,
    /// Who granted the one who asked a role by which they audit: none of them approves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub granted_by: Vec<PersonId>,
}

impl Carries for Approved {}

/// Somebody said no.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Declined {
    /// Who.
    pub by: PersonId,
}

impl Carries for Declined {}

/// A message was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Read {
    /// Which.
    pub message: MessageId,
    /// Who read it.
    pub by: PersonId,
}

impl Carries for Read {}

/// What may be asked of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Ask for contents.
    Request(Request),
    /// Agree.
    Approve {
        /// Who.
        by: PersonId,
        /// Looked up: who granted the one who asked a role by which they audit, since they asked or before.
        granted_by: Vec<PersonId>,
        /// The instant.
        now: Timestamp,
    },
    /// Say no.
    Decline {
        /// Who.
        by: PersonId,
    },
    /// Read a message.
    Read(Reading),
}

/// Ask for contents.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Which request.
    pub request: ContentRequestId,
    /// Of what.
    pub what: What,
    /// Who asks.
    pub by: PersonId,
    /// When it ends.
    pub ends: Timestamp,
    /// Why.
    pub reason: String,
    /// The instant.
    pub now: Timestamp,
}

/// Read a message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reading {
    /// Who.
    pub by: PersonId,
    /// Which.
    pub message: MessageId,
    /// Looked up: the first message of its thread.
    pub thread: MessageId,
    /// Looked up: when it was sent.
    pub sent_at: Timestamp,
    /// The instant.
    pub now: Timestamp,
}

/// Why contents stay closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody asked for it.
    #[error("contents.unknown")]
    Unknown,
    /// Nobody reads without a reason.
    #[error("contents.reason-required")]
    ReasonRequired,
    /// The end is not after now.
    #[error("contents.ends-too-early")]
    EndsTooEarly,
    /// The end is more than seven days after now.
    #[error("contents.ends-too-late")]
    EndsTooLate,
    /// Another person than who asked, and than who granted them the role, must agree.
    #[error("contents.second-person-required")]
    SecondPersonRequired,
    /// Nobody agreed yet.
    #[error("contents.not-approved")]
    NotApproved,
    /// It was approved already.
    #[error("contents.approved")]
    Approved,
    /// Somebody said no.
    #[error("contents.declined")]
    Declined,
    /// It ended.
    #[error("contents.expired")]
    Expired,
    /// Only who asked reads.
    #[error("contents.another-reader")]
    AnotherReader,
    /// The message is not in what was approved.
    #[error("contents.not-covered")]
    NotCovered,
    /// It is another request.
    #[error("contents.other")]
    Other,
}

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    what: What,
    by: PersonId,
    ends: Timestamp,
}

/// Where a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Contents {
    /// Nobody asked.
    #[default]
    Unasked,
    /// Waits for a second person.
    Waiting(Asked),
    /// Agreed at this instant; open until its end.
    Open(Asked, Timestamp),
    /// Somebody said no.
    Refused(Asked),
}

type Decision = Result<Vec<Event>, Refusal>;

impl Decider for Contents {
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(&self, command: Command) -> Decision {
        match command {
            Command::Request(request) => self.request(request),
            Command::Approve { by, granted_by, now } => self.approve(by, granted_by, now),
            Command::Decline { by } => match self {
                Self::Unasked => Err(Refusal::Unknown),
                Self::Waiting(_) => Ok(vec![Declined { by }.into()]),
                Self::Open(..) => Err(Refusal::Approved),
                Self::Refused(_) => Ok(vec![]),
            },
            Command::Read(reading) => self.read(reading),
        }
    }

    fn evolve(self, event: &Event) -> Self {
        match (event, self) {
            (Event::Requested(requested), _) => {
                Self::Waiting(Asked { what: requested.what, by: requested.by, ends: requested.ends })
            }
            (Event::Approved(approved), Self::Waiting(asked)) => Self::Open(asked, approved.at),
            (Event::Declined(_), Self::Waiting(asked)) => Self::Refused(asked),
            (Event::Approved(_) | Event::Declined(_) | Event::Read(_), state) => state,
        }
    }
}

impl Contents {
    fn request(&self, request: Request) -> Decision {
        let Request { request, what, by, ends, reason, now } = request;
        match self {
            Self::Unasked => {}
            Self::Waiting(known) | Self::Open(known, _) | Self::Refused(known) => {
                let same = known.what == what && known.by == by;
                return if same { Ok(vec![]) } else { Err(Refusal::Other) };
            }
        }
        if reason.trim().is_empty() {
            return Err(Refusal::ReasonRequired);
        }
        // Instants are kept to the millisecond, as everywhere in the log.
        let ends = ends.trunc_subsecs(3);
        if ends <= now {
            return Err(Refusal::EndsTooEarly);
        }
        if ends - now > LONGEST {
            return Err(Refusal::EndsTooLate);
        }
        Ok(vec![Requested { request, what, by, ends, reason: reason.into() }.into()])
    }

    fn approve(&self, by: PersonId, granted_by: Vec<PersonId>, now: Timestamp) -> Decision {
        match self {
            Self::Unasked => Err(Refusal::Unknown),
            Self::Waiting(asked) if asked.by == by || granted_by.contains(&by) => {
                Err(Refusal::SecondPersonRequired)
            }
            Self::Waiting(asked) if asked.ends <= now => Err(Refusal::Expired),
            Self::Waiting(_) => Ok(vec![Approved { by, at: now, granted_by }.into()]),
            Self::Open(..) => Ok(vec![]),
            Self::Refused(_) => Err(Refusal::Declined),
        }
    }

    /// Never "already so": reading again is another reading.
    fn read(&self, reading: Reading) -> Decision {
        let Reading { by, message, thread, sent_at, now } = reading;
        let (asked, approved_at) = match self {
            Self::Unasked => return Err(Refusal::Unknown),
            Self::Waiting(asked) if asked.by != by => return Err(Refusal::AnotherReader),
            Self::Waiting(_) => return Err(Refusal::NotApproved),
            Self::Open(asked, at) => (asked, *at),
            Self::Refused(_) => return Err(Refusal::Declined),
        };
        if asked.by != by {
            return Err(Refusal::AnotherReader);
        }
        if asked.ends <= now {
            return Err(Refusal::Expired);
        }
        let covered = match asked.what {
            What::Message { message: approved, .. } => message == approved,
            What::Thread { thread: approved, .. } => thread == approved && sent_at <= approved_at,
        };
        if !covered {
            return Err(Refusal::NotCovered);
        }
        Ok(vec![Read { message, by }.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decider::testing::given;

    const REQUEST: ContentRequestId = ContentRequestId::from_u128(1);
    const MESSAGE: MessageId = MessageId::from_u128(5);
    const ANSWER: MessageId = MessageId::from_u128(6);
    const AUDITOR: PersonId = PersonId::from_u128(1);
    const GRANTER: PersonId = PersonId::from_u128(2);
    const APPROVER: PersonId = PersonId::from_u128(3);
    const AUTHOR: PersonId = PersonId::from_u128(9);

    fn at(text: &str) -> Timestamp {
        format!("2026-09-{text}:00Z").parse().unwrap()
    }

    fn now() -> Timestamp {
        at("01T08:00")
    }

    fn message() -> What {
        What::Message { message: MESSAGE, author: AUTHOR }
    }

    fn thread() -> What {
        What::Thread { thread: MESSAGE, author: AUTHOR }
    }

    fn asks(what: What, ends: Timestamp, reason: &str) -> Command {
        let reason = reason.to_owned();
        Command::Request(Request { request: REQUEST, what, by: AUDITOR, ends, reason, now: now() })
    }

    fn requested_of(what: What) -> Event {
        let reason = Sealed::Open("signalement".to_owned());
        Requested { request: REQUEST, what, by: AUDITOR, ends: at("03T08:00"), reason }.into()
    }

    fn requested() -> Event {
        requested_of(message())
    }

    fn approve(by: PersonId, now: Timestamp) -> Command {
        Command::Approve { by, granted_by: vec![GRANTER], now }
    }

    fn approved() -> Event {
        Approved { by: APPROVER, at: at("01T09:00"), granted_by: vec![GRANTER] }.into()
    }

    fn declined() -> Event {
        Declined { by: APPROVER }.into()
    }

    fn reading() -> Reading {
        let (sent_at, now) = (at("01T07:00"), at("01T10:00"));
        Reading { by: AUDITOR, message: MESSAGE, thread: MESSAGE, sent_at, now }
    }

    fn read() -> Event {
        Read { message: MESSAGE, by: AUDITOR }.into()
    }

    #[test]
    fn who_asks_says_why_and_until_when() {
        let ends = at("03T08:00");
        given::<Contents>([]).when(asks(message(), ends, " ")).refused(Refusal::ReasonRequired);
        given::<Contents>([]).when(asks(message(), ends, "signalement")).then([requested()]);
        given::<Contents>([requested()]).when(asks(message(), ends, "signalement")).already_so();
        given::<Contents>([requested()]).when(asks(thread(), ends, "x")).refused(Refusal::Other);
        for state in [approved(), declined()] {
            given::<Contents>([requested(), state]).when(asks(message(), ends, "x")).already_so();
        }
    }

    #[test]
    fn it_ends_after_now_and_within_seven_days() {
        let ends = |ends| asks(message(), ends, "signalement");
        given::<Contents>([]).when(ends(now())).refused(Refusal::EndsTooEarly);
        let late = at("08T08:00") + TimeDelta::milliseconds(1);
        given::<Contents>([]).when(ends(late)).refused(Refusal::EndsTooLate);
        // Kept to the millisecond, as every instant of the log.
        let finer = at("08T08:00") + TimeDelta::nanoseconds(1);
        let reason = Sealed::Open("signalement".to_owned());
        let (request, what, by, latest) = (REQUEST, message(), AUDITOR, at("08T08:00"));
        given::<Contents>([])
            .when(ends(finer))
            .then([Requested { request, what, by, ends: latest, reason }.into()]);
    }

    #[test]
    fn neither_who_asks_nor_who_granted_the_role_approves() {
        given::<Contents>([]).when(approve(APPROVER, at("01T09:00"))).refused(Refusal::Unknown);
        for by in [AUDITOR, GRANTER] {
            let approval = approve(by, at("01T09:00"));
            given::<Contents>([requested()]).when(approval).refused(Refusal::SecondPersonRequired);
        }
        given::<Contents>([requested()]).when(approve(APPROVER, at("01T09:00"))).then([approved()]);
        given::<Contents>([requested(), approved()]).when(approve(GRANTER, at("01T09:30"))).already_so();
        given::<Contents>([requested(), approved(), read()]).when(approve(APPROVER, now())).already_so();
        given::<Contents>([requested(), declined()])
            .when(approve(APPROVER, now()))
            .refused(Refusal::Declined);
    }

    #[test]
    fn what_ended_is_not_approved() {
        given::<Contents>([requested()]).when(approve(APPROVER, at("03T08:00"))).refused(Refusal::Expired);
    }

    #[test]
    fn what_was_approved_is_not_declined() {
        let decline = || Command::Decline { by: APPROVER };
        given::<Contents>([]).when(decline()).refused(Refusal::Unknown);
        given::<Contents>([requested()]).when(decline()).then([declined()]);
        given::<Contents>([requested(), declined()]).when(decline()).already_so();
        given::<Contents>([requested(), approved()]).when(decline()).refused(Refusal::Approved);
        given::<Contents>([requested(), approved(), read()]).when(decline()).refused(Refusal::Approved);
    }

    #[test]
    fn only_who_asked_reads_and_only_once_it_is_approved() {
        let reads = |by| Command::Read(Reading { by, ..reading() });
        given::<Contents>([]).when(reads(AUDITOR)).refused(Refusal::Unknown);
        given::<Contents>([requested()]).when(reads(AUDITOR)).refused(Refusal::NotApproved);
        given::<Contents>([requested()]).when(reads(APPROVER)).refused(Refusal::AnotherReader);
        given::<Contents>([requested(), declined()]).when(reads(AUDITOR)).refused(Refusal::Declined);
        given::<Contents>([requested(), approved()]).when(reads(APPROVER)).refused(Refusal::AnotherReader);
        given::<Contents>([requested(), approved()]).when(reads(AUDITOR)).then([read()]);
    }

    #[test]
    fn every_reading_is_another() {
        given::<Contents>([requested(), approved(), read()]).when(Command::Read(reading())).then([read()]);
    }

    #[test]
    fn nothing_is_read_from_its_end_on() {
        let reads = |now| Command::Read(Reading { now, ..reading() });
        let last = at("03T08:00") - TimeDelta::milliseconds(1);
        given::<Contents>([requested(), approved()]).when(reads(last)).then([read()]);
        given::<Contents>([requested(), approved()]).when(reads(at("03T08:00"))).refused(Refusal::Expired);
    }

    #[test]
    fn another_message_is_not_read_and_of_a_thread_what_was_sent_before_the_approval() {
        let answer = Reading { message: ANSWER, ..reading() };
        let reads = |reading| Command::Read(reading);
        given::<Contents>([requested(), approved()]).when(reads(answer)).refused(Refusal::NotCovered);
        let whole = || given::<Contents>([requested_of(thread()), approved()]);
        whole().when(reads(answer)).then([Read { message: ANSWER, by: AUDITOR }.into()]);
        let later = Reading { sent_at: at("01T09:01"), ..answer };
        whole().when(reads(later)).refused(Refusal::NotCovered);
        let elsewhere = Reading { thread: ANSWER, ..answer };
        whole().when(reads(elsewhere)).refused(Refusal::NotCovered);
    }
}
