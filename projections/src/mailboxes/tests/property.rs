//! The mailboxes equal a model that keeps a row for each recipient.

use std::collections::BTreeSet;

use domain::MessageId;
use domain::message::{Got, Party};
use proptest::collection::vec;
use proptest::prelude::*;

use super::naive::{Naive, Now, Row};
use super::same;
use super::school::{Parties, School, all, group, one, person};

const PEOPLE: u32 = 7;
const GROUPS: u32 = 4;

#[derive(Debug, Clone)]
enum Act {
    Join(u32, u32),
    Leave(u32, u32),
    Bar(u32),
    Unbar(u32),
    Activate(u32, bool),
    Send(u32, Parties),
    /// To a message by its place, counted around; how the audience is named, if it is.
    Reply(u32, usize, Option<Copied>),
    Notify(Vec<u32>),
    Open(u32, usize),
    Trash(u32, Vec<usize>),
    Restore(u32, Vec<usize>),
}

#[derive(Debug, Clone, Copy)]
enum Copied {
    Openly,
    Blindly,
}

fn parties() -> impl Strategy<Value = Parties> {
    let party = || prop_oneof![(0..PEOPLE).prop_map(one), (0..GROUPS).prop_map(all)];
    let list = move || vec(party(), 0..3);
    (list(), list(), list()).prop_map(|(to, cc, bcc)| Parties { to, cc, bcc })
}

fn act() -> impl Strategy<Value = Act> {
    let copied = prop_oneof![
        1 => Just(None),
        3 => Just(Some(Copied::Openly)),
        1 => Just(Some(Copied::Blindly)),
    ];
    prop_oneof![
        5 => (0..PEOPLE, 0..GROUPS).prop_map(|(p, g)| Act::Join(p, g)),
        2 => (0..PEOPLE, 0..GROUPS).prop_map(|(p, g)| Act::Leave(p, g)),
        1 => (0..PEOPLE).prop_map(Act::Bar),
        1 => (0..PEOPLE).prop_map(Act::Unbar),
        1 => (0..PEOPLE, any::<bool>()).prop_map(|(p, active)| Act::Activate(p, active)),
        6 => (0..PEOPLE, parties()).prop_map(|(author, parties)| Act::Send(author, parties)),
        4 => (0..PEOPLE, 0..40_usize, copied).prop_map(|(p, of, copied)| Act::Reply(p, of, copied)),
        2 => vec(0..PEOPLE, 1..4).prop_map(Act::Notify),
        5 => (0..PEOPLE, 0..40_usize).prop_map(|(p, m)| Act::Open(p, m)),
        3 => (0..PEOPLE, vec(0..40_usize, 1..4)).prop_map(|(p, m)| Act::Trash(p, m)),
        2 => (0..PEOPLE, vec(0..40_usize, 1..4)).prop_map(|(p, m)| Act::Restore(p, m)),
    ]
}

/// The school, the naive model beside it, and what the naive model is told.
struct Both {
    school: School,
    naive: Naive,
    barred: BTreeSet<u32>,
    inactive: BTreeSet<u32>,
}

impl Both {
    fn new() -> Self {
        let school = School::new(PEOPLE, GROUPS as usize);
        Self { school, naive: Naive::default(), barred: BTreeSet::new(), inactive: BTreeSet::new() }
    }

    /// Returns the id at a place; one place in so many names no message at all.
    fn id(&self, place: usize) -> MessageId {
        let place = place % (self.school.sent.len() + 1);
        self.school.sent.get(place).copied().unwrap_or(MessageId::from_u128(9))
    }

    fn now(&self) -> Now {
        Now {
            people: (0..PEOPLE).map(person).collect(),
            enrolled: (0..GROUPS)
                .map(|number| (group(number), self.school.enrolled(number).clone()))
                .collect(),
            barred: self.barred.clone(),
            inactive: self.inactive.clone(),
        }
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Join(person, group) => self.school.join(*person, *group),
            Act::Leave(person, group) => self.school.leave(*person, *group),
            Act::Bar(person) => {
                self.barred.insert(*person);
                self.school.bar(*person);
            }
            Act::Unbar(person) => {
                self.barred.remove(person);
                self.school.unbar(*person);
            }
            Act::Activate(person, active) => {
                if *active {
                    self.inactive.remove(person)
                } else {
                    self.inactive.insert(*person)
                };
                self.school.set_active(*person, *active);
            }
            Act::Send(author, parties) => {
                let now = self.now();
                let message = self.school.send(*author, parties);
                self.naive.send(message, Some(*author), parties, None, &now);
            }
            Act::Notify(readers) => {
                let now = self.now();
                let message = self.school.notify(readers);
                let parties =
                    Parties { bcc: readers.iter().copied().map(one).collect(), ..Parties::default() };
                self.naive.send(message, None, &parties, None, &now);
            }
            Act::Reply(author, of, copied) => self.reply(*author, *of, *copied),
            Act::Open(person, place) => {
                self.school.open(*person, self.id(*place));
                self.each_row(*person, &[*place], |row| row.opened |= row.got != Got::Author);
            }
            Act::Trash(person, places) => {
                self.school.trash(*person, &places.iter().map(|m| self.id(*m)).collect::<Vec<_>>());
                self.each_row(*person, places, |row| row.trashed = true);
            }
            Act::Restore(person, places) => {
                self.school.restore(*person, &places.iter().map(|m| self.id(*m)).collect::<Vec<_>>());
                self.each_row(*person, places, |row| row.trashed = false);
            }
        }
    }

    fn reply(&mut self, author: u32, of: usize, copied: Option<Copied>) {
        if self.school.sent.is_empty() {
            return;
        }
        let of = of % self.school.sent.len();
        let original = self.school.sent[of];
        // Nobody answers a notice.
        let Some(writer) = self.naive.messages[of].author else { return };
        let audience = Party::Audience(original);
        let mut parties = Parties::default();
        if writer == author {
            parties.to.push(audience);
        } else {
            parties.to.push(one(writer));
            match copied {
                Some(Copied::Openly) => parties.cc.push(audience),
                Some(Copied::Blindly) => parties.bcc.push(audience),
                None => {}
            }
        }
        let now = self.now();
        let message = self.school.reply(author, &parties, original);
        self.naive.send(message, Some(author), &parties, Some(of), &now);
    }

    fn each_row(&mut self, person: u32, places: &[usize], change: impl Fn(&mut Row)) {
        for place in places {
            let place = place % (self.school.sent.len() + 1);
            if let Some(row) = self.naive.row_mut(person, place) {
                change(row);
            }
        }
    }

    fn same_counters(&self) -> Result<(), TestCaseError> {
        same::counters(&self.school.mailboxes, &self.naive, PEOPLE)
    }

    fn same(&self) -> Result<(), TestCaseError> {
        same::everything(&self.school.mailboxes, &self.naive, PEOPLE)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_mailboxes_equal_a_row_for_each_recipient(acts in vec(act(), 1..80)) {
        let mut both = Both::new();
        for act in &acts {
            both.act(act);
            both.same_counters()?;
        }
        both.same()?;
    }

    #[test]
    fn rebuilt_mailboxes_equal_those_that_followed(acts in vec(act(), 1..80)) {
        let mut followed = Both::new();
        for act in &acts {
            followed.act(act);
            followed.same()?;
        }
        let mut rebuilt = Both::new();
        for act in &acts {
            rebuilt.act(act);
        }
        prop_assert_eq!(rebuilt.school.mailboxes.dump(), followed.school.mailboxes.dump());
    }
}
