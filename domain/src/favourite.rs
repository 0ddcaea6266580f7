//! Favourites: lists of recipients that somebody saved for themselves (`communication.md` section 4).
//!
//! Invariant: private. A favourite is no group and gives no right: whom its owner reaches is asked anew whenever it is
//! read or used.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Decider;
use crate::id::{FavouriteId, GroupId, PersonId};
use crate::sealed::{Carries, Retention, Sealed, Subject, Visit};

/// The most favourites somebody has.
pub const MOST: usize = 100;

/// The most people and groups in one.
pub const MOST_IN_ONE: usize = 500;

crate::events! {
    /// It was saved, new or as it is now.
    Saved = "favourite.saved", schema 1;
    /// It is no more.
    Deleted = "favourite.deleted", schema 1;
}

/// It was saved: all of it, as it is from now on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    /// Whose it is.
    pub person: PersonId,
    /// Which.
    pub favourite: FavouriteId,
    /// What its owner calls it.
    pub name: Sealed<String>,
    /// People in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PersonId>,
    /// Groups in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupId>,
}

impl Carries for Saved {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Identity(self.person), Retention::Life, "name", 0, &mut self.name);
    }
}

/// It is no more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deleted {
    /// Which.
    pub favourite: FavouriteId,
}

impl Carries for Deleted {}

/// What may be asked of the favourites of a person.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Save one.
    Save(Save),
    /// Delete one.
    Delete {
        /// Which.
        favourite: FavouriteId,
    },
}

/// Save a favourite, all of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Save {
    /// Whose it is.
    pub person: PersonId,
    /// Which; one that is not there is new.
    pub favourite: FavouriteId,
    /// Whether one that is there is to be replaced.
    pub replace: bool,
    /// What its owner calls it.
    pub name: String,
    /// People, each with whether they are reached now.
    pub people: Vec<(PersonId, bool)>,
    /// Groups, likewise.
    pub groups: Vec<(GroupId, bool)>,
}

/// Why something may not happen to favourites.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such favourite, or it was deleted.
    #[error("favourites.unknown")]
    Unknown,
    /// Nobody is in it.
    #[error("favourites.empty")]
    Empty,
    /// More people and groups than one holds.
    #[error("favourites.too-large")]
    TooLarge,
    /// As many as somebody may have.
    #[error("favourites.too-many")]
    TooMany,
    /// These are not reached, and were not in it before; people first, then groups, by place in their own list.
    #[error("favourites.out-of-reach")]
    OutOfReach {
        /// Places among the people.
        people: Vec<usize>,
        /// Places among the groups.
        groups: Vec<usize>,
    },
}

/// The favourites of one person.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Favourites {
    all: BTreeMap<FavouriteId, Saved>,
    /// Once deleted, an id is not used again.
    deleted: BTreeSet<FavouriteId>,
}

impl Decider for Favourites {
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(&self, command: Command) -> Result<Vec<Event>, Refusal> {
        match command {
            Command::Save(save) => self.save(save),
            Command::Delete { favourite } => {
                if self.all.contains_key(&favourite) {
                    return Ok(vec![Deleted { favourite }.into()]);
                }
                if self.deleted.contains(&favourite) { Ok(vec![]) } else { Err(Refusal::Unknown) }
            }
        }
    }

    fn evolve(mut self, event: &Event) -> Self {
        match event {
            Event::Saved(saved) => {
                self.all.insert(saved.favourite, saved.clone());
            }
            Event::Deleted(deleted) => {
                self.all.remove(&deleted.favourite);
                self.deleted.insert(deleted.favourite);
            }
        }
        self
    }
}

impl Favourites {
    fn save(&self, save: Save) -> Result<Vec<Event>, Refusal> {
        let known = self.all.get(&save.favourite);
        if self.deleted.contains(&save.favourite) || (save.replace && known.is_none()) {
            return Err(Refusal::Unknown);
        }
        if save.people.is_empty() && save.groups.is_empty() {
            return Err(Refusal::Empty);
        }
        if save.people.len() + save.groups.len() > MOST_IN_ONE {
            return Err(Refusal::TooLarge);
        }
        if known.is_none() && self.all.len() >= MOST {
            return Err(Refusal::TooMany);
        }
        // Whoever is in it already may stay, reached or not: they may come within reach again.
        let people = lost(&save.people, known.map_or(&[], |known| &known.people));
        let groups = lost(&save.groups, known.map_or(&[], |known| &known.groups));
        if !people.is_empty() || !groups.is_empty() {
            return Err(Refusal::OutOfReach { people, groups });
        }
        let Save { person, favourite, name, people, groups, .. } = save;
        let (name, people, groups) = (name.into(), once(people), once(groups));
        let saved = Saved { person, favourite, name, people, groups };
        Ok(if known == Some(&saved) { vec![] } else { vec![saved.into()] })
    }
}

/// Returns the places of those who are not reached and were not there before.
fn lost<T: PartialEq>(asked: &[(T, bool)], before: &[T]) -> Vec<usize> {
    let lost = asked.iter().enumerate().filter(|(_, (one, reached))| !reached && !before.contains(one));
    lost.map(|(place, _)| place).collect()
}

/// Returns each once, in a fixed order.
fn once<T: Ord>(asked: Vec<(T, bool)>) -> Vec<T> {
    asked.into_iter().map(|(one, _)| one).collect::<BTreeSet<_>>().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decider::testing::given;

    const ME: PersonId = PersonId::from_u128(1);
    const FIRST: FavouriteId = FavouriteId::from_u128(7);

    fn person(number: u128) -> PersonId {
        PersonId::from_u128(number)
    }

    fn group(number: u128) -> GroupId {
        GroupId::from_u128(number)
    }

    fn saves(people: &[(u128, bool)], groups: &[(u128, bool)]) -> Save {
        let people = people.iter().map(|(number, reached)| (person(*number), *reached)).collect();
        let groups = groups.iter().map(|(number, reached)| (group(*number), *reached)).collect();
        Save { person: ME, favourite: FIRST, replace: false, name: "Cantine".to_owned(), people, groups }
    }

    fn replaces(people: &[(u128, bool)], groups: &[(u128, bool)]) -> Command {
        Command::Save(Save { replace: true, ..saves(people, groups) })
    }

    fn saved_as(favourite: FavouriteId, people: &[u128], groups: &[u128]) -> Event {
        let people = people.iter().copied().map(person).collect();
        let groups = groups.iter().copied().map(group).collect();
        Saved { person: ME, favourite, name: "Cantine".to_owned().into(), people, groups }.into()
    }

    fn saved(people: &[u128], groups: &[u128]) -> Event {
        saved_as(FIRST, people, groups)
    }

    fn deleted() -> Event {
        Deleted { favourite: FIRST }.into()
    }

    #[test]
    fn a_favourite_holds_people_and_groups_each_once() {
        let asked = saves(&[(3, true), (2, true), (3, true)], &[(9, true)]);
        given::<Favourites>([]).when(Command::Save(asked)).then([saved(&[2, 3], &[9])]);
        let asked = saves(&[(2, true), (3, true)], &[(9, true)]);
        given::<Favourites>([saved(&[2, 3], &[9])]).when(Command::Save(asked)).already_so();
        given::<Favourites>([]).when(Command::Save(saves(&[], &[]))).refused(Refusal::Empty);
    }

    #[test]
    fn who_is_not_reached_is_not_saved_but_may_stay() {
        let asked = saves(&[(2, true), (3, false)], &[(8, false), (9, true)]);
        let refusal = Refusal::OutOfReach { people: vec![1], groups: vec![0] };
        given::<Favourites>([]).when(Command::Save(asked)).refused(refusal);
        given::<Favourites>([saved(&[3], &[8])])
            .when(replaces(&[(2, true), (3, false)], &[(8, false)]))
            .then([saved(&[2, 3], &[8])]);
    }

    #[test]
    fn only_what_is_there_is_replaced() {
        given::<Favourites>([]).when(replaces(&[(2, true)], &[])).refused(Refusal::Unknown);
        given::<Favourites>([saved(&[2], &[]), deleted()])
            .when(replaces(&[(2, true)], &[]))
            .refused(Refusal::Unknown);
        given::<Favourites>([saved(&[2], &[])]).when(replaces(&[(3, true)], &[])).then([saved(&[3], &[])]);
    }

    #[test]
    fn it_is_deleted_once() {
        let delete = || Command::Delete { favourite: FIRST };
        given::<Favourites>([]).when(delete()).refused(Refusal::Unknown);
        given::<Favourites>([saved(&[2], &[])]).when(delete()).then([deleted()]);
        given::<Favourites>([saved(&[2], &[]), deleted()]).when(delete()).already_so();
    }

    #[test]
    fn somebody_has_a_hundred_and_each_holds_five_hundred() {
        let full = || (100..200).map(|number| saved_as(FavouriteId::from_u128(number), &[2], &[]));
        given::<Favourites>(full()).when(Command::Save(saves(&[(2, true)], &[]))).refused(Refusal::TooMany);
        let again = Save { favourite: FavouriteId::from_u128(100), ..saves(&[(3, true)], &[]) };
        let saved = saved_as(FavouriteId::from_u128(100), &[3], &[]);
        given::<Favourites>(full()).when(Command::Save(again)).then([saved]);
        let many: Vec<_> = (0..501).map(|number| (number, true)).collect();
        given::<Favourites>([]).when(Command::Save(saves(&many, &[]))).refused(Refusal::TooLarge);
        given::<Favourites>([])
            .when(Command::Save(saves(&many[..499], &[(1, true), (2, true)])))
            .refused(Refusal::TooLarge);
    }
}
