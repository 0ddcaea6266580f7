//! The trace of a message: its whole life, from the streams it owns (`audit.md`, `messageTrace`).
//!
//! Invariant: a trace is metadata. It holds no subject and no body, and begins with `message.sent` (a notice with
//! `message.notified`): drafts are shown to their author only. The recipients are those of the mailboxes; what allowed each party is the witness
//! kept in the event, so no past world is needed.

use std::collections::HashSet;

use domain::message::{
    Addressed, Event as MessageEvent, Field, Notice, Notified, Party, Replies, Sent, Witness,
};
use domain::reading::Event as ReadingEvent;
use domain::{MessageId, PersonId, Timestamp};
use eventlog::Position;

use crate::mailboxes::{Counts, Mailboxes, Recipient};
use crate::world::At;

/// The life of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// Which.
    pub message: MessageId,
    /// Who wrote it; none for a notice.
    pub author: Option<PersonId>,
    /// What it tells of, if it is a notice.
    pub notice: Option<Notice>,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// Where `message.sent` or `message.notified` stands.
    pub position: Position,
    /// Its parties in the order of `to`, `cc`, `bcc`, each with what allowed it.
    pub parties: Vec<Traced>,
    /// Who may answer, and whom.
    pub replies: Replies,
    /// When its author ended the replies.
    pub replies_closed_at: Option<Timestamp>,
    /// When its subject and body were erased.
    pub erased_at: Option<Timestamp>,
    /// The first message of its thread; itself if it begins one.
    pub thread: MessageId,
    /// The message answered.
    pub in_reply_to: Option<MessageId>,
    /// How many got it.
    pub counts: Counts,
    /// Who got it, by number; the places in [`Recipient::through`] are those of `parties`.
    pub recipients: Vec<Recipient>,
    /// Who opened it first when, in the order of the log.
    pub openings: Vec<Opening>,
    /// The answers, in the order of sending.
    pub answers: Vec<MessageId>,
}

/// A party of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traced {
    /// In which list.
    pub field: Field,
    /// Whom.
    pub party: Party,
    /// What allowed it; the system needs nothing to tell people something.
    pub witness: Option<Witness>,
}

/// Somebody opened a message for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// Who.
    pub person: PersonId,
    /// When.
    pub at: Timestamp,
    /// Where the event stands.
    pub position: Position,
}

impl Trace {
    /// Returns the trace of a message from the events of `message-<id>` and `openings-<id>`, in their order;
    /// `None` if it was never sent, or if the mailboxes are not there yet.
    pub fn of<'a>(
        message: impl IntoIterator<Item = &'a (At, MessageEvent)>,
        openings: impl IntoIterator<Item = &'a (At, ReadingEvent)>,
        mailboxes: &Mailboxes,
    ) -> Option<Self> {
        let mut trace = None;
        let (mut closed_at, mut erased_at) = (None, None);
        for (at, event) in message {
            match event {
                MessageEvent::Sent(sent) => trace = Some(Self::begin(*at, sent, mailboxes)?),
                MessageEvent::Notified(notified) => trace = Some(Self::told(*at, notified, mailboxes)?),
                MessageEvent::RepliesClosed(_) => closed_at = closed_at.or(Some(at.recorded_at)),
                MessageEvent::Erased(_) => erased_at = Some(at.recorded_at),
                MessageEvent::Drafted(_) | MessageEvent::Discarded(_) => {}
            }
        }
        let trace = trace?;
        let openings = first_openings(openings, trace.message);
        Some(Self { replies_closed_at: closed_at, erased_at, openings, ..trace })
    }

    fn begin(at: At, sent: &Sent, mailboxes: &Mailboxes) -> Option<Self> {
        let lists = [(Field::To, &sent.to), (Field::Cc, &sent.cc), (Field::Bcc, &sent.bcc)];
        let traced = |field, one: &Addressed| Traced { field, party: one.party, witness: Some(one.witness) };
        let parties =
            lists.into_iter().flat_map(|(field, list)| list.iter().map(move |one| traced(field, one)));
        Some(Self {
            author: Some(sent.author),
            parties: parties.collect(),
            replies: sent.replies,
            thread: sent.thread,
            in_reply_to: sent.in_reply_to,
            ..Self::bare(at, sent.message, mailboxes)?
        })
    }

    fn told(at: At, notified: &Notified, mailboxes: &Mailboxes) -> Option<Self> {
        let traced =
            |person: &PersonId| Traced { field: Field::Bcc, party: Party::Person(*person), witness: None };
        Some(Self {
            notice: Some(notified.notice),
            parties: notified.to.iter().map(traced).collect(),
            ..Self::bare(at, notified.message, mailboxes)?
        })
    }

    /// Returns what a trace says of any message.
    fn bare(at: At, message: MessageId, mailboxes: &Mailboxes) -> Option<Self> {
        let number = mailboxes.number(message)?;
        Some(Self {
            message,
            author: None,
            notice: None,
            sent_at: at.recorded_at,
            position: at.position,
            parties: vec![],
            replies: Replies::None,
            replies_closed_at: None,
            erased_at: None,
            thread: message,
            in_reply_to: None,
            counts: mailboxes.message(number)?.counts,
            recipients: mailboxes.recipients(number),
            openings: vec![],
            answers: mailboxes.answers(number).filter_map(|answer| mailboxes.id(answer)).collect(),
        })
    }
}

/// Returns the first opening of each person, in the order of the log.
fn first_openings<'a>(
    events: impl IntoIterator<Item = &'a (At, ReadingEvent)>,
    message: MessageId,
) -> Vec<Opening> {
    let mut seen = HashSet::new();
    let opening = |(at, event): &(At, ReadingEvent)| match event {
        ReadingEvent::Opened(opened) if opened.message == message && seen.insert(opened.person) => {
            Some(Opening { person: opened.person, at: at.recorded_at, position: at.position })
        }
        ReadingEvent::Opened(_) | ReadingEvent::Trashed(_) | ReadingEvent::Restored(_) => None,
    };
    events.into_iter().filter_map(opening).collect()
}

#[cfg(test)]
mod tests {
    use domain::Event;
    use domain::message::{Got, Party};

    use super::*;
    use crate::dense::PersonNo;
    use crate::mailboxes::tests::school::{NOTICE, Parties, School, all, one, person, to};

    /// Returns the trace of a message from the log of a school, as its two streams hold it.
    fn trace(school: &School, message: MessageId) -> Option<Trace> {
        let (mut own, mut openings) = (vec![], vec![]);
        for (at, event) in &school.log {
            match event {
                Event::Message(event) if about(event) == message => own.push((*at, event.clone())),
                Event::Reading(event @ ReadingEvent::Opened(opened)) if opened.message == message => {
                    openings.push((*at, event.clone()));
                }
                _ => {}
            }
        }
        Trace::of(&own, &openings, &school.mailboxes)
    }

    fn about(event: &MessageEvent) -> MessageId {
        match event {
            MessageEvent::Drafted(event) => event.message,
            MessageEvent::Discarded(event) => event.message,
            MessageEvent::Sent(event) => event.message,
            MessageEvent::RepliesClosed(event) => event.message,
            MessageEvent::Erased(event) => event.message,
            MessageEvent::Notified(event) => event.message,
        }
    }

    #[test]
    fn a_trace_tells_who_got_it_through_what_who_opened_it_and_who_answered() {
        let mut school = School::new(5, 1);
        school.join(1, 0);
        school.join(2, 0);
        let message = school.send(0, &Parties { bcc: vec![one(3)], ..to([all(0), one(2)]) });
        school.leave(2, 0);
        school.open(2, message);
        school.open(1, message);
        school.open(2, message);
        let answer = school.reply(1, &to([one(0), Party::Audience(message)]), message);
        school.close_replies(message).unwrap();

        let trace = trace(&school, message).unwrap();
        assert_eq!((trace.author, trace.message), (Some(person(0)), message));
        assert_eq!(trace.sent_at, school.log[2].0.recorded_at);
        assert_eq!(trace.parties.len(), 3);
        let recipients: Vec<_> = trace
            .recipients
            .iter()
            .map(|one| {
                let member = |t: &crate::mailboxes::Through| {
                    t.member
                        .map(|member| (member.since.position.0, member.until.map(|until| until.position.0)))
                };
                (one.person, one.got, one.through.iter().map(|t| (t.target, member(t))).collect::<Vec<_>>())
            })
            .collect();
        assert_eq!(
            recipients,
            [
                (PersonNo(1), Got::Openly, vec![(0, Some((1, None)))]),
                // Left after it was sent: still a recipient, no longer a member.
                (PersonNo(2), Got::Openly, vec![(0, Some((2, Some(4)))), (1, None)]),
                (PersonNo(3), Got::Blindly, vec![(2, None)]),
            ]
        );
        let opened: Vec<_> = trace.openings.iter().map(|one| (one.person, one.position.0)).collect();
        assert_eq!(opened, [(person(2), 5), (person(1), 6)]);
        assert_eq!(trace.answers, [answer]);
        assert_eq!(trace.replies_closed_at, school.log.last().map(|(at, _)| at.recorded_at));
    }

    #[test]
    fn a_notice_was_written_by_nobody_and_needed_nothing() {
        let mut school = School::new(3, 0);
        school.bar(2);
        let message = school.notify(&[0, 2]);
        school.open(0, message);
        let trace = trace(&school, message).unwrap();
        assert_eq!((trace.author, trace.notice, trace.replies), (None, Some(NOTICE), Replies::None));
        let party = |number| Traced { field: Field::Bcc, party: one(number), witness: None };
        assert_eq!(trace.parties, [party(0), party(2)]);
        let got: Vec<_> = trace.recipients.iter().map(|one| (one.person, one.got)).collect();
        assert_eq!(got, [(PersonNo(0), Got::Blindly)]);
        assert_eq!((trace.counts.delivered, trace.counts.blocked, trace.openings.len()), (1, 1, 1));
    }

    #[test]
    fn a_draft_has_no_trace() {
        let mut school = School::new(1, 1);
        let message = MessageId::from_u128(1);
        school.draft(0, message);
        assert_eq!(trace(&school, message), None);
    }
}
