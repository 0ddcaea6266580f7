//! A school of plain sets that writes messages: it answers what a delivery asks, and drives the mailboxes.

use std::collections::BTreeSet;

use chrono::DateTime;
use domain::message::{
    Addressed, Body, BookingNotice, Discarded, Drafted, Event as MessageEvent, Notice, Notified, Party,
    Replies, RepliesClosed, Sent, Witness,
};
use domain::reading::{Event as ReadingEvent, Opened, Restored, Trashed};
use domain::{BookingId, Event, EventId, GroupId, MessageId, PersonId, ResourceId, RuleId, Sealed};
use eventlog::Position;
use roaring::RoaringBitmap;

use crate::dense::{GroupNo, PersonNo};
use crate::mailboxes::Mailboxes;
use crate::mailboxes::population::Population;
use crate::people::Change;
use crate::world::{At, Impossible, Owner};

/// Something to tell of.
pub(crate) const NOTICE: Notice = Notice::Booking {
    resource: ResourceId::from_u128(1),
    booking: BookingId::from_u128(2),
    what: BookingNotice::Validated,
    slot: None,
};

pub(crate) struct School {
    pub(crate) mailboxes: Mailboxes,
    /// The messages sent, in order.
    pub(crate) sent: Vec<MessageId>,
    pub(crate) log: Vec<(At, Event)>,
    people: u32,
    /// Who is enrolled in a group, barred or not.
    enrolled: Vec<BTreeSet<u32>>,
    /// Who is a current member.
    members: Vec<RoaringBitmap>,
    used: BTreeSet<u32>,
    barred: RoaringBitmap,
    inactive: RoaringBitmap,
}

/// To whom: `to`, `cc`, `bcc`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parties {
    pub(crate) to: Vec<Party>,
    pub(crate) cc: Vec<Party>,
    pub(crate) bcc: Vec<Party>,
}

pub(crate) fn person(number: u32) -> PersonId {
    PersonId::from_u128(1_000 + u128::from(number))
}

pub(crate) fn group(number: u32) -> GroupId {
    GroupId::from_u128(2_000 + u128::from(number))
}

pub(crate) fn to(parties: impl IntoIterator<Item = Party>) -> Parties {
    Parties { to: parties.into_iter().collect(), ..Parties::default() }
}

pub(crate) fn bcc(parties: impl IntoIterator<Item = Party>) -> Parties {
    Parties { bcc: parties.into_iter().collect(), ..Parties::default() }
}

pub(crate) fn one(number: u32) -> Party {
    Party::Person(person(number))
}

pub(crate) fn all(number: u32) -> Party {
    Party::Group(group(number))
}

fn index(number: impl Into<u128>, base: u128, end: usize) -> Option<u32> {
    let number = u32::try_from(number.into().checked_sub(base)?).ok()?;
    ((number as usize) < end).then_some(number)
}

impl Population for School {
    fn person(&self, person: PersonId) -> Option<PersonNo> {
        index(person.to_u128(), 1_000, self.people as usize).map(PersonNo)
    }

    fn group(&self, group: GroupId) -> Option<GroupNo> {
        let number = index(group.to_u128(), 2_000, self.members.len())?;
        self.used.contains(&number).then_some(GroupNo(number))
    }

    fn members(&self, group: GroupNo) -> Option<&RoaringBitmap> {
        self.members.get(group.index())
    }

    fn barred(&self) -> &RoaringBitmap {
        &self.barred
    }

    fn inactive(&self) -> &RoaringBitmap {
        &self.inactive
    }
}

impl School {
    pub(crate) fn new(people: u32, groups: usize) -> Self {
        Self {
            mailboxes: Mailboxes::default(),
            sent: vec![],
            log: vec![],
            people,
            enrolled: vec![BTreeSet::new(); groups],
            members: vec![RoaringBitmap::new(); groups],
            used: BTreeSet::new(),
            barred: RoaringBitmap::new(),
            inactive: RoaringBitmap::new(),
        }
    }

    pub(crate) fn enrolled(&self, group: u32) -> &BTreeSet<u32> {
        &self.enrolled[group as usize]
    }

    pub(crate) fn join(&mut self, person: u32, group: u32) {
        self.enrolled[group as usize].insert(person);
        self.used.insert(group);
        self.recompute();
    }

    pub(crate) fn leave(&mut self, person: u32, group: u32) {
        self.enrolled[group as usize].remove(&person);
        self.recompute();
    }

    pub(crate) fn bar(&mut self, person: u32) {
        self.barred.insert(person);
        self.recompute();
    }

    pub(crate) fn unbar(&mut self, person: u32) {
        self.barred.remove(person);
        self.recompute();
    }

    pub(crate) fn set_active(&mut self, person: u32, active: bool) {
        if active {
            self.inactive.remove(person);
        } else {
            self.inactive.insert(person);
        }
    }

    /// Computes the current members again, and tells the mailboxes who joined and who left.
    fn recompute(&mut self) {
        let mut changes = vec![];
        for (group, enrolled) in (0..).map(GroupNo).zip(&self.enrolled) {
            let now = enrolled.iter().copied().collect::<RoaringBitmap>() - &self.barred;
            let before = std::mem::replace(&mut self.members[group.index()], now.clone());
            let change = |joined| move |p| Change { person: PersonNo(p), group, joined };
            changes.extend((&before - &now).iter().map(change(false)));
            changes.extend((&now - &before).iter().map(change(true)));
        }
        // Any event that is none of the mailboxes' stands for what happened.
        let event =
            domain::clock::DayBegan { zone: domain::clock::Zone::PARIS, date: "2026-09-01".parse().unwrap() };
        self.tell(Event::Clock(event.into()), &changes).unwrap();
    }

    pub(crate) fn tell(&mut self, event: Event, changes: &[Change]) -> Result<(), Impossible> {
        let position = self.log.len() as u64 + 1;
        let at = At {
            position: Position(position),
            recorded_at: DateTime::from_timestamp(1_788_000_000 + position.cast_signed(), 0).unwrap(),
            event: EventId::from_u128(u128::from(position)),
            owner: Owner::Other,
        };
        let mut mailboxes = std::mem::take(&mut self.mailboxes);
        let told = mailboxes.fold(at, &event, self, changes);
        self.mailboxes = mailboxes;
        self.log.push((at, event));
        told
    }

    pub(crate) fn write(&mut self, event: impl Into<MessageEvent>) -> Result<(), Impossible> {
        self.tell(Event::Message(event.into()), &[])
    }

    fn read(&mut self, event: impl Into<ReadingEvent>) {
        self.tell(Event::Reading(event.into()), &[]).unwrap();
    }

    /// Sends a new message, and returns its id.
    pub(crate) fn send(&mut self, author: u32, parties: &Parties) -> MessageId {
        self.send_as(MessageId::from_u128(3_000 + self.sent.len() as u128), author, parties, None)
    }

    pub(crate) fn reply(&mut self, author: u32, parties: &Parties, original: MessageId) -> MessageId {
        let message = MessageId::from_u128(3_000 + self.sent.len() as u128);
        self.send_as(message, author, parties, Some(original))
    }

    pub(crate) fn send_as(
        &mut self,
        message: MessageId,
        author: u32,
        parties: &Parties,
        in_reply_to: Option<MessageId>,
    ) -> MessageId {
        let thread = in_reply_to.map_or(message, |original| self.thread_of(original));
        let witness = Witness::Internal { group: GroupId::from_u128(RuleId::from_u128(7).to_u128()) };
        let addressed = |list: &[Party]| list.iter().map(|p| Addressed { party: *p, witness }).collect();
        let sent = Sent {
            message,
            author: person(author),
            subject: Sealed::Shut("v1.subject".into()),
            body: Sealed::Shut("v1.body".into()),
            to: addressed(&parties.to),
            cc: addressed(&parties.cc),
            bcc: addressed(&parties.bcc),
            in_reply_to,
            thread,
            replies: Replies::All,
        };
        self.write(sent).unwrap();
        self.sent.push(message);
        message
    }

    /// Tells people something, and returns the message.
    pub(crate) fn notify(&mut self, readers: &[u32]) -> MessageId {
        let message = MessageId::from_u128(3_000 + self.sent.len() as u128);
        let to = readers.iter().copied().collect::<BTreeSet<_>>().into_iter().map(person).collect();
        self.write(Notified { message, to, notice: NOTICE }).unwrap();
        self.sent.push(message);
        message
    }

    fn thread_of(&self, message: MessageId) -> MessageId {
        let number = self.mailboxes.number(message).unwrap();
        self.mailboxes.id(self.mailboxes.message(number).unwrap().thread).unwrap()
    }

    pub(crate) fn draft(&mut self, author: u32, message: MessageId) {
        let body: Sealed<Body> = Sealed::Shut("v1.body".into());
        let subject = Sealed::Shut("v1.subject".into());
        let author = person(author);
        let drafted = Drafted {
            message,
            author,
            subject,
            body,
            to: vec![],
            cc: vec![],
            bcc: vec![],
            to_favourites: vec![],
            cc_favourites: vec![],
            bcc_favourites: vec![],
        };
        self.write(drafted).unwrap();
    }

    pub(crate) fn discard(&mut self, message: MessageId) -> Result<(), Impossible> {
        self.write(Discarded { message })
    }

    pub(crate) fn close_replies(&mut self, message: MessageId) -> Result<(), Impossible> {
        self.write(RepliesClosed { message })
    }

    pub(crate) fn open(&mut self, reader: u32, message: MessageId) {
        self.read(Opened { message, person: person(reader) });
    }

    pub(crate) fn trash(&mut self, reader: u32, messages: &[MessageId]) {
        self.read(Trashed { person: person(reader), messages: messages.to_vec() });
    }

    pub(crate) fn restore(&mut self, reader: u32, messages: &[MessageId]) {
        self.read(Restored { person: person(reader), messages: messages.to_vec() });
    }
}
