//! Delivery: a message finds its people, once and for ever.
//!
//! Invariant: what is answered here about a message is a function of its number: later joins, leaves and blocks
//! change nothing.

use domain::message::{Addressed, Field, Got, Notified, Party, Replies, Sent};
use domain::{MessageId, PersonId};
use roaring::RoaringBitmap;

use super::memberships::Membership;
use super::openers::Openers;
use super::population::{self, Population};
use super::sent::{Content, Counts, Message, Target, Whom};
use super::{Answered, Mailboxes, at_index};
use crate::dense::{MessageNo, PersonNo};
use crate::world::{At, Impossible};

/// Somebody who got a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// Who.
    pub person: PersonNo,
    /// Openly or blindly.
    pub got: Got,
    /// Through which parties, in the order of `to`, `cc`, `bcc`.
    pub through: Vec<Through>,
}

/// A party through which somebody got a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Through {
    /// The place of the party in all of `to`, `cc`, `bcc`.
    pub target: usize,
    /// The membership, if the party is a group.
    pub member: Option<Membership>,
}

/// Whom the parties of a message mean when it is sent: those who are barred and the author included.
#[derive(Default)]
struct Meant {
    openly: RoaringBitmap,
    blindly: RoaringBitmap,
    /// Named other than through a group: they get an entry of their own.
    named: RoaringBitmap,
}

/// Stands where a message has its author, for one that has none.
const NOBODY: PersonNo = PersonNo(u32::MAX);

/// A message on its way into the mailboxes.
struct New {
    message: MessageId,
    author: Option<PersonNo>,
    content: Content,
    targets: Box<[Target]>,
    thread: MessageNo,
    in_reply_to: Option<MessageNo>,
    replies: Replies,
}

impl Mailboxes {
    /// Delivers a message that somebody wrote.
    pub(super) fn deliver(&mut self, at: At, sent: &Sent, people: &dyn Population) -> Result<(), Impossible> {
        let number = MessageNo(self.next());
        let author = population::author(at, sent.author, people)?;
        let targets = self.targets(at, sent, people)?;
        let thread = if sent.thread == sent.message { number } else { self.known(at, sent.thread)? };
        let in_reply_to = sent.in_reply_to.map(|original| self.known(at, original)).transpose()?;
        let (message, content, replies) =
            (sent.message, Content::Written(sent.subject.clone()), sent.replies);
        let author = Some(author);
        let new = New { message, author, content, targets, thread, in_reply_to, replies };
        self.enter_new(at, new, people)?;
        self.drafts.remove(sent.message);
        Ok(())
    }

    /// Delivers a notice. Each gets it as if they were alone: who else is told is nobody's business.
    pub(super) fn notify(
        &mut self,
        at: At,
        notified: &Notified,
        people: &dyn Population,
    ) -> Result<(), Impossible> {
        let target = |person: &PersonId| Ok(Target { field: Field::Bcc, whom: told(at, *person, people)? });
        let targets = notified.to.iter().map(target).collect::<Result<_, Impossible>>()?;
        let (message, content) = (notified.message, Content::Notice(Box::new(notified.notice)));
        let (thread, replies) = (MessageNo(self.next()), Replies::None);
        let (author, in_reply_to) = (None, None);
        self.enter_new(at, New { message, author, content, targets, thread, in_reply_to, replies }, people)
    }

    /// Enters a message for everybody it is meant for.
    fn enter_new(&mut self, at: At, new: New, people: &dyn Population) -> Result<(), Impossible> {
        let number = MessageNo(self.next());
        let New { message, author, content, targets, thread, in_reply_to, replies } = new;
        if self.ids.number(message) != number.0 {
            return Err(at.impossible(format!("{message:?} is sent twice")));
        }

        let mut meant = self.meant(&targets, people);
        let refused = (&meant.openly | &meant.blindly) & people.barred();
        for bitmap in [&mut meant.openly, &mut meant.blindly, &mut meant.named] {
            *bitmap -= people.barred();
            if let Some(author) = author {
                bitmap.remove(author.0);
            }
        }
        let everybody = &meant.openly | &meant.blindly;
        let counts = Counts {
            delivered: count(everybody.len()),
            inactive: count(everybody.intersection_len(people.inactive())),
            blocked: count(refused.len()),
        };

        self.count_unread(&everybody);
        self.enter(number, author, &targets, &meant.named);
        if !refused.is_empty() {
            self.refused.insert(number.0, refused);
        }
        if targets.iter().any(|target| matches!(target.whom, Whom::Audience(_))) {
            self.answers.insert(number.0, Answered { openly: meant.openly, blindly: meant.blindly });
        }
        if thread != number {
            self.threads.entry(thread.0).or_default().push(number.0);
        }
        self.messages.push(Message {
            writer: author.unwrap_or(NOBODY),
            content,
            event: at.event,
            position: at.position,
            thread,
            in_reply_to,
            replies,
            closed: false,
            counts,
            targets,
            openers: Openers::default(),
            recorded_at: at.recorded_at.timestamp_millis(),
        });
        Ok(())
    }

    fn known(&self, at: At, message: MessageId) -> Result<MessageNo, Impossible> {
        self.number(message).ok_or_else(|| at.impossible(format!("{message:?} is named but was never sent")))
    }

    fn targets(&self, at: At, sent: &Sent, people: &dyn Population) -> Result<Box<[Target]>, Impossible> {
        let whom = |party: Party| match party {
            Party::Person(person) => told(at, person, people),
            // Derived groups exist while somebody is in them: one without a number never had a member.
            Party::Group(group) => Ok(people.group(group).map_or(Whom::Nobody, Whom::Group)),
            Party::Audience(message) => self.known(at, message).map(Whom::Audience),
        };
        let in_field = |field: Field, list: &[Addressed]| {
            let target = |addressed: &Addressed| Ok(Target { field, whom: whom(addressed.party)? });
            list.iter().map(target).collect::<Result<Vec<_>, Impossible>>()
        };
        let to = in_field(Field::To, &sent.to)?;
        let cc = in_field(Field::Cc, &sent.cc)?;
        let bcc = in_field(Field::Bcc, &sent.bcc)?;
        Ok([to, cc, bcc].concat().into())
    }

    fn meant(&self, targets: &[Target], people: &dyn Population) -> Meant {
        let mut meant = Meant::default();
        for target in targets {
            let reached = if target.openly() { &mut meant.openly } else { &mut meant.blindly };
            match target.whom {
                Whom::Person(person) => {
                    reached.insert(person.0);
                    meant.named.insert(person.0);
                }
                Whom::Group(group) => {
                    if let Some(members) = people.members(group) {
                        *reached |= members;
                    }
                }
                Whom::Audience(original) => {
                    let audience = self.audience(original);
                    *reached |= &audience;
                    meant.named |= audience;
                }
                Whom::Nobody => {}
            }
        }
        meant
    }

    fn count_unread(&mut self, people: &RoaringBitmap) {
        if let Some(last) = people.max() {
            at_index(&mut self.unread, last as usize);
        }
        for person in people {
            self.unread[person as usize] += 1;
        }
    }

    /// Enters a message where it is found again.
    fn enter(
        &mut self,
        number: MessageNo,
        author: Option<PersonNo>,
        targets: &[Target],
        named: &RoaringBitmap,
    ) {
        if let Some(author) = author {
            self.mailbox_mut(author).sent.push(number.0);
        }
        for person in named {
            self.mailbox_mut(PersonNo(person)).entries.push(number.0);
        }
        for target in targets {
            if let Whom::Group(group) = target.whom {
                let feed = at_index(&mut self.feeds, group.index());
                // A group named twice in one message has it once.
                if feed.last() != Some(&number.0) {
                    feed.push(number.0);
                }
            }
        }
    }

    /// Returns whoever got a message in `to` or `cc`: the people a reply to all goes to, besides its author.
    pub fn audience(&self, message: MessageNo) -> RoaringBitmap {
        if let Some(answered) = self.answers.get(&message.0) {
            return answered.openly.clone();
        }
        let mut audience = RoaringBitmap::new();
        let Some(sent) = self.message(message) else { return audience };
        for target in sent.targets.iter().filter(|target| target.openly()) {
            match target.whom {
                Whom::Person(person) => {
                    audience.insert(person.0);
                }
                Whom::Group(group) => {
                    audience.extend(self.memberships.members(group, message).map(|(person, _)| person.0));
                }
                // A message to an audience is among the answers.
                Whom::Audience(_) | Whom::Nobody => {}
            }
        }
        if let Some(author) = sent.author() {
            audience.remove(author.0);
        }
        if let Some(refused) = self.refused.get(&message.0) {
            audience -= refused;
        }
        audience
    }

    /// Returns how `person` has a message, `None` if they do not.
    pub fn can_see(&self, person: PersonNo, message: MessageNo) -> Option<Got> {
        let sent = self.message(message)?;
        if sent.author() == Some(person) {
            return Some(Got::Author);
        }
        if self.refused.get(&message.0).is_some_and(|refused| refused.contains(person.0)) {
            return None;
        }
        if let Some(answered) = self.answers.get(&message.0) {
            return if answered.openly.contains(person.0) {
                Some(Got::Openly)
            } else {
                answered.blindly.contains(person.0).then_some(Got::Blindly)
            };
        }
        let mut got = None;
        for target in sent.targets.iter().filter(|target| self.means(target.whom, person, message)) {
            if target.openly() {
                return Some(Got::Openly);
            }
            got = Some(Got::Blindly);
        }
        got
    }

    fn means(&self, whom: Whom, person: PersonNo, message: MessageNo) -> bool {
        match whom {
            Whom::Person(named) => named == person,
            Whom::Group(group) => self.memberships.when(person, group, message).is_some(),
            Whom::Audience(_) | Whom::Nobody => false,
        }
    }

    /// Returns everybody who got a message, ascending, with the parties through which they did.
    ///
    /// Costs a look at everybody who ever was in the groups named: for traces and replies, not for pages.
    pub fn recipients(&self, message: MessageNo) -> Vec<Recipient> {
        let Some(sent) = self.message(message) else { return vec![] };
        let refused = self.refused.get(&message.0);
        let mut rows: Vec<(PersonNo, Through, bool)> = vec![];
        for (target, party) in sent.targets.iter().enumerate() {
            let mut add = |person: PersonNo, member| {
                let excluded = Some(person) == sent.author() || refused.is_some_and(|r| r.contains(person.0));
                if !excluded {
                    rows.push((person, Through { target, member }, party.openly()));
                }
            };
            match party.whom {
                Whom::Person(person) => add(person, None),
                Whom::Group(group) => {
                    self.memberships.members(group, message).for_each(|(person, member)| add(person, member));
                }
                Whom::Audience(original) => {
                    self.audience(original).iter().for_each(|person| add(PersonNo(person), None));
                }
                Whom::Nobody => {}
            }
        }
        rows.sort_by_key(|(person, through, _)| (*person, through.target));
        let by_person = rows.chunk_by(|left, right| left.0 == right.0);
        by_person
            .map(|rows| Recipient {
                person: rows[0].0,
                got: if rows.iter().any(|row| row.2) { Got::Openly } else { Got::Blindly },
                through: rows.iter().map(|row| row.1).collect(),
            })
            .collect()
    }
}

/// Returns somebody who is written to; whoever is was registered before.
fn told(at: At, person: PersonId, people: &dyn Population) -> Result<Whom, Impossible> {
    let number = people.person(person).map(Whom::Person);
    number.ok_or_else(|| at.impossible(format!("{person:?} is written to but was never registered")))
}

fn count(people: u64) -> u32 {
    u32::try_from(people).unwrap_or(u32::MAX)
}
