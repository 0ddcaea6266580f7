//! Random lives of a school: people, rules, days that begin, messages written and read, all in one history.
//!
//! Invariants tested, after whatever happened: everybody reaches whom the naive twin of the graph says; every
//! mailbox is that of the naive model, in which a message goes to the members its groups have, says the twin, at its
//! position; and a world built again from the log is the one that followed, to the last letter of its dumps, also
//! where it followed from a snapshot.

use std::collections::{BTreeMap, BTreeSet};

use domain::favourite::{Deleted, Saved};
use domain::message::{Addressed, Got, Party, Replies, Sent, Witness};
use domain::person::Activated;
use domain::reading::{Event as ReadingEvent, Opened, Restored, Trashed};
use domain::{Event, FavouriteId, GroupId, MessageId, PersonId, Sealed};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::graph::twin::act::{self as happening, Act as Happening, PROFILES, beginning, kinds, structure};
use crate::graph::twin::compare as compare_reach;
use crate::graph::twin::naive::Twin;
use crate::mailboxes::tests::naive::{Naive, Now, Row};
use crate::mailboxes::tests::same;
use crate::mailboxes::tests::school::Parties;
use crate::testing::{School, label, person};
use crate::world::{Owner, World};

/// Something that happens; numbers are counted around.
#[derive(Debug, Clone)]
enum Act {
    /// To people and rules, or a day begins.
    Happens(Happening),
    Activate(usize),
    Send {
        author: usize,
        to: Vec<Pick>,
        cc: Vec<Pick>,
        bcc: Vec<Pick>,
    },
    /// To one of the messages the author has.
    Reply {
        author: usize,
        of: usize,
        everyone: bool,
    },
    Open(usize, usize),
    Trash(usize, Vec<usize>),
    Restore(usize, Vec<usize>),
    /// A favourite of somebody, with somebody in it or deleted.
    Favourite(usize, Option<usize>),
    /// A feed of somebody, opened or revoked.
    Feed(usize, bool),
}

/// A party of a message.
#[derive(Debug, Clone, Copy)]
struct Pick {
    /// One of those whom the author reaches, or anything: a fact can be stale when the message is appended.
    reached: bool,
    group: bool,
    number: usize,
}

fn act() -> impl Strategy<Value = Act> {
    let someone = || 0..PROFILES.len();
    let pick =
        || {
            (prop::bool::weighted(0.8), any::<bool>(), 0..256_usize)
                .prop_map(|(reached, group, number)| Pick { reached, group, number })
        };
    let picks = move |most: usize| vec(pick(), 0..most);
    let messages = || vec(0..40_usize, 1..4);
    prop_oneof![
        24 => happening::any_act().prop_map(Act::Happens),
        1 => someone().prop_map(Act::Activate),
        6 => (someone(), picks(4), picks(2), picks(2))
            .prop_map(|(author, to, cc, bcc)| Act::Send { author, to, cc, bcc }),
        3 => (someone(), 0..40_usize, any::<bool>())
            .prop_map(|(author, of, everyone)| Act::Reply { author, of, everyone }),
        4 => (someone(), 0..40_usize).prop_map(|(reader, message)| Act::Open(reader, message)),
        2 => (someone(), messages()).prop_map(|(reader, messages)| Act::Trash(reader, messages)),
        1 => (someone(), messages()).prop_map(|(reader, messages)| Act::Restore(reader, messages)),
        1 => (someone(), prop::option::weighted(0.7, someone())).prop_map(|(owner, who)| Act::Favourite(owner, who)),
        1 => (someone(), prop::bool::weighted(0.7)).prop_map(|(owner, open)| Act::Feed(owner, open)),
    ]
}

/// A school whose world follows event by event, and the naive models beside it.
struct Lives {
    school: School,
    twin: Twin,
    /// How much of the log the twin followed.
    followed: usize,
    naive: Naive,
    everybody: Vec<PersonId>,
}

impl Lives {
    fn new() -> Self {
        let mut school = School::default();
        beginning(&mut school);
        let everybody: Vec<_> = (0..).take(PROFILES.len()).map(person).collect();
        // The naive mailboxes know people by their number.
        assert!((0..).zip(&everybody).all(|(number, id)| school.no(*id).0 == number));
        let (twin, naive) = (Twin::small(), Naive::default());
        let mut lives = Self { school, twin, followed: 0, naive, everybody };
        lives.tell_the_twin();
        lives
    }

    fn play(&mut self, act: &Act) -> Result<(), TestCaseError> {
        match act {
            Act::Happens(act) => happening::act(&mut self.school, act),
            Act::Activate(who) => {
                let (person, password) = (self.everybody[*who], Sealed::Shut("v1".into()));
                self.school.of_person(person, Activated { person, password, charter: label("1") });
            }
            Act::Send { author, to, cc, bcc } => self.send(*author, [to, cc, bcc])?,
            Act::Reply { author, of, everyone } => self.reply(*author, *of, *everyone),
            Act::Open(reader, message) => {
                let (person, opened) = (self.everybody[*reader], self.messages(&[*message]));
                if let [message] = opened[..] {
                    self.read(Opened { message, person });
                    self.each_row(*reader, &opened, |row| row.opened |= row.got != Got::Author);
                }
            }
            Act::Trash(reader, messages) => {
                let (person, messages) = (self.everybody[*reader], self.messages(messages));
                self.each_row(*reader, &messages, |row| row.trashed = true);
                self.read(Trashed { person, messages });
            }
            Act::Favourite(owner, who) => self.favourite(*owner, *who),
            Act::Feed(owner, open) => self.feed(*owner, *open),
            Act::Restore(reader, messages) => {
                let (person, messages) = (self.everybody[*reader], self.messages(messages));
                self.each_row(*reader, &messages, |row| row.trashed = false);
                self.read(Restored { person, messages });
            }
        }
        self.tell_the_twin();
        same::counters(&self.school.world.mailboxes, &self.naive, self.people())
    }

    /// Everybody has one favourite at most.
    fn favourite(&mut self, owner: usize, who: Option<usize>) {
        let (person, favourite) = (self.everybody[owner], FavouriteId::from_u128(owner as u128));
        let event = match who {
            Some(who) => {
                let (people, groups) = (vec![self.everybody[who]], vec![]);
                let name = Sealed::Shut("v1.name".into());
                Saved { person, favourite, name, people, groups }.into()
            }
            None if self.school.world.favourites.get(favourite).is_some() => Deleted { favourite }.into(),
            None => return,
        };
        self.school.happened(Owner::Favourites(person), Event::Favourite(event));
    }

    /// Everybody has one feed at a time.
    fn feed(&mut self, owner: usize, open: bool) {
        let person = self.everybody[owner];
        let known = self.school.world.feeds.of(person).next().map(|feed| feed.id);
        let event: domain::feed::Event = match known {
            Some(feed) if !open => domain::feed::Revoked { feed }.into(),
            None if open => {
                let feed = domain::FeedId::from_u128(self.school.log.len() as u128);
                let (of, digest) = (domain::feed::Of::Own, feed.to_string().into());
                domain::feed::Opened { feed, person, of, digest, last_day: None }.into()
            }
            Some(_) | None => return,
        };
        self.school.happened(Owner::Feeds(person), Event::Feed(event));
    }

    fn tell_the_twin(&mut self) {
        for (at, event) in &self.school.log[self.followed..] {
            self.twin.follow(at.owner, event);
        }
        self.followed = self.school.log.len();
    }

    fn people(&self) -> u32 {
        u32::try_from(self.everybody.len()).unwrap()
    }

    /// Ids of messages by their place; one place in so many names no message at all.
    fn messages(&self, places: &[usize]) -> Vec<MessageId> {
        let sent = &self.naive.messages;
        let id =
            |place: usize| sent.get(place % (sent.len() + 1)).map_or(MessageId::from_u128(9), |it| it.id);
        places.iter().map(|place| id(*place)).collect()
    }

    fn read(&mut self, event: impl Into<ReadingEvent>) {
        self.school.happened(Owner::Other, Event::Reading(event.into()));
    }

    fn each_row(&mut self, reader: usize, messages: &[MessageId], change: impl Fn(&mut Row)) {
        for id in messages {
            let place = self.naive.messages.iter().position(|written| written.id == *id);
            let reader = u32::try_from(reader).unwrap();
            if let Some(row) = place.and_then(|place| self.naive.row_mut(reader, place)) {
                change(row);
            }
        }
    }

    /// Sends to people and groups picked among those the naive twin says the author reaches. The graph must have a
    /// witness for each of them.
    fn send(&mut self, author: usize, picked: [&Vec<Pick>; 3]) -> Result<(), TestCaseError> {
        let (people, groups) = self.twin.reach(self.everybody[author]);
        let (people, groups): (Vec<_>, Vec<_>) = (people.into_iter().collect(), groups.into_iter().collect());
        let mut lists = [vec![], vec![], vec![]];
        for (list, picked) in lists.iter_mut().zip(picked) {
            for pick in picked {
                let reached = if pick.group {
                    groups.get(pick.number % groups.len().max(1)).map(|group| Party::Group(*group))
                } else {
                    people.get(pick.number % people.len().max(1)).map(|person| Party::Person(*person))
                };
                let addressed = match reached.filter(|_| pick.reached) {
                    Some(party) => {
                        let witness = self.witness(self.everybody[author], party);
                        prop_assert!(witness.is_some(), "{party:?} is reached without a witness");
                        witness.map(|witness| Addressed { party, witness })
                    }
                    None => Some(self.anything(*pick)),
                };
                list.extend(addressed);
            }
        }
        self.write(author, lists, None);
        Ok(())
    }

    fn witness(&self, author: PersonId, party: Party) -> Option<Witness> {
        let World { people, graph, .. } = &self.school.world;
        let author = people.number(author)?;
        match party {
            Party::Person(person) => graph.witness(people, author, people.number(person)?),
            Party::Group(group) => graph.witness_group(people, author, people.group(group)?),
            Party::Audience(_) => None,
        }
    }

    /// A person or a group, in reach or not; perhaps a group that nobody was ever in.
    fn anything(&self, pick: Pick) -> Addressed {
        let groups = groups();
        let group = groups[pick.number % groups.len()];
        let person = self.everybody[pick.number % self.everybody.len()];
        let party = if pick.group { Party::Group(group) } else { Party::Person(person) };
        Addressed { party, witness: Witness::Internal { group } }
    }

    fn reply(&mut self, author: usize, of: usize, everyone: bool) {
        let number = u32::try_from(author).unwrap();
        let rows: Vec<_> = self.naive.rows.iter().filter(|row| row.person == number).collect();
        let Some(of) = rows.get(of % rows.len().max(1)).map(|row| row.message) else { return };
        let original = &self.naive.messages[of];
        let addressed = |party| Addressed { party, witness: Witness::Reply { to: original.id } };
        let audience = addressed(Party::Audience(original.id));
        let Some(writes) = original.author else { return };
        let writer = addressed(Party::Person(self.everybody[writes as usize]));
        let lists = match (writes == number, everyone) {
            (true, _) => [vec![audience], vec![], vec![]],
            (false, true) => [vec![writer], vec![audience], vec![]],
            (false, false) => [vec![writer], vec![], vec![]],
        };
        self.write(author, lists, Some(of));
    }

    fn write(&mut self, author: usize, [to, cc, bcc]: [Vec<Addressed>; 3], original: Option<usize>) {
        let message = MessageId::from_u128(3_000 + self.naive.messages.len() as u128);
        let parties = |list: &[Addressed]| list.iter().map(|addressed| addressed.party).collect();
        let parties = Parties { to: parties(&to), cc: parties(&cc), bcc: parties(&bcc) };
        let number = u32::try_from(author).unwrap();
        let now = self.now();
        self.naive.send(message, Some(number), &parties, original, &now);
        let written = |place: usize| &self.naive.messages[place];
        let sent = Sent {
            message,
            author: self.everybody[author],
            subject: Sealed::Shut("v1.subject".into()),
            body: Sealed::Shut("v1.body".into()),
            to,
            cc,
            bcc,
            in_reply_to: original.map(|original| written(original).id),
            thread: original.map_or(message, |original| written(written(original).thread).id),
            replies: Replies::All,
        };
        self.school.happened(Owner::Other, domain::message::Event::from(sent));
    }

    /// Who there is at this position, as the twin knows it.
    fn now(&self) -> Now {
        let number = |id: &PersonId| u32::try_from(id.to_u128()).unwrap();
        let members = |group: GroupId| self.twin.members(group).iter().map(number).collect::<BTreeSet<_>>();
        let barred = self.everybody.iter().filter(|id| self.twin.barred(**id));
        Now {
            people: self.everybody.clone(),
            enrolled: groups().into_iter().map(|group| (group, members(group))).collect::<BTreeMap<_, _>>(),
            barred: barred.map(number).collect(),
            inactive: self.twin.inactive().iter().map(number).collect(),
        }
    }

    fn same(&mut self) -> Result<(), TestCaseError> {
        compare_reach(&self.school, &self.twin)?;
        same::everything(&self.school.world.mailboxes, &self.naive, self.people())?;
        let rebuilt = self.school.rebuilt();
        prop_assert_eq!(rebuilt.position, self.school.world.position);
        for ((name, rebuilt), (_, followed)) in rebuilt.dumps().iter().zip(self.school.world.dumps()) {
            prop_assert_eq!(rebuilt, &followed, "{}", name);
        }
        // From here on it follows from a snapshot of itself.
        self.school.world = crate::snapshot::tests::through(&self.school.world);
        for ((name, read), (_, rebuilt)) in self.school.world.dumps().iter().zip(rebuilt.dumps()) {
            prop_assert_eq!(read, &rebuilt, "{} after a snapshot", name);
        }
        Ok(())
    }
}

/// Every group there can be.
fn groups() -> Vec<GroupId> {
    let of = |second: bool| kinds(second).into_iter().map(move |kind| kind.id(structure(second)));
    [false, true].into_iter().flat_map(of).collect()
}

/// `PREAU_LIVES` is the long form.
fn lives(few: u32) -> ProptestConfig {
    let long = std::env::var("PREAU_LIVES").ok().and_then(|text| text.parse().ok());
    ProptestConfig::with_cases(long.unwrap_or(few))
}

proptest! {
    #![proptest_config(lives(96))]

    #[test]
    fn following_rebuilding_and_the_naive_models_agree(first in vec(act(), 0..60), second in vec(act(), 1..60)) {
        let mut lives = Lives::new();
        for acts in [first, second] {
            for act in &acts {
                lives.play(act)?;
            }
            lives.same()?;
        }
    }
}
