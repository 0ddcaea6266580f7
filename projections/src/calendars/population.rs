//! Who books, as far as statistics say: what somebody was at school when they booked, and nobody's name.
//!
//! Invariant: the population of a booking is what the read models said of its owner at the event that made it; it stays,
//! whatever becomes of them. What goes on as another booking keeps it.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use domain::PersonId;
use domain::group::{GroupKind, Profile};
use serde::{Deserialize, Serialize};

use super::Calendars;
use super::statistics::{Occupation, Part};
use crate::dense::GroupNo;
use crate::people::People;

/// What somebody is at school: a profile, and the groups of their classes, by number.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Population {
    /// What they are; none for whom nobody knows.
    pub profile: Option<Profile>,
    /// The groups they are in by their classes: teachers of CE1 A.
    classes: Vec<u32>,
}

/// Every population that ever booked, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Populations {
    all: Vec<Population>,
    numbers: BTreeMap<Population, u32>,
}

/// Part of a population, as statistics are divided: all of a profile, or who is in a group by a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// Everybody of a profile; whom nobody knows if none.
    Profile(Option<Profile>),
    /// The group of a class.
    Class(GroupNo),
}

impl Population {
    /// Returns what somebody is now.
    pub(super) fn of(people: &People, person: PersonId) -> Self {
        let Some(number) = people.number(person) else { return Self::default() };
        let is_class = |group: &&GroupNo| {
            people.group_row(**group).is_some_and(|row| matches!(row.kind, GroupKind::Class(..)))
        };
        let classes = people.memberships(number).iter().filter(is_class).map(|group| group.0);
        let mut classes: Vec<u32> = classes.collect();
        classes.sort_unstable();
        Self { profile: people.person(number).map(|row| row.profile), classes }
    }

    /// Returns the parts it is in: its profile, and each of its classes.
    fn parts(&self) -> impl Iterator<Item = Of> {
        let classes = self.classes.iter().map(|group| Of::Class(GroupNo(*group)));
        std::iter::once(Of::Profile(self.profile)).chain(classes)
    }
}

impl Populations {
    /// Returns them in the order of their numbers.
    pub(super) fn all(&self) -> &[Population] {
        &self.all
    }

    /// Returns the number of a population.
    pub(super) fn number(&mut self, population: Population) -> u32 {
        if let Some(number) = self.numbers.get(&population) {
            return *number;
        }
        let number = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.all.push(population.clone());
        self.numbers.insert(population, number);
        number
    }
}

impl FromIterator<Population> for Populations {
    fn from_iter<I: IntoIterator<Item = Population>>(all: I) -> Self {
        let mut populations = Self::default();
        for population in all {
            populations.number(population);
        }
        populations
    }
}

impl Calendars {
    /// Returns a week of a resource by profiles and classes. Who is in two classes is counted in each.
    pub fn by_population(&self, week: &Occupation) -> BTreeMap<Of, Part> {
        let mut all = BTreeMap::<Of, Part>::new();
        for (number, part) in &week.parts {
            let population =
                usize::try_from(*number).ok().and_then(|number| self.populations.all().get(number));
            for of in population.into_iter().flat_map(Population::parts) {
                *all.entry(of).or_default() += *part;
            }
        }
        all
    }
}

impl AddAssign for Part {
    fn add_assign(&mut self, other: Self) {
        self.taken += other.taken;
        self.week += other.week;
    }
}
