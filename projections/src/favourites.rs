//! Favourites: the recipients that people saved for themselves.
//!
//! Invariant: names are as they stand in the log. Whom an owner reaches is not asked here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use domain::favourite::Event as FavouriteEvent;
use domain::{Event, EventId, FavouriteId, GroupId, PersonId, Sealed};

use crate::world::{At, Impossible, Owner};

/// A favourite, as it was saved last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Favourite {
    /// Which.
    pub id: FavouriteId,
    /// Whose.
    pub owner: PersonId,
    /// What its owner calls it, as it stands in the log.
    pub name: Sealed<String>,
    /// The event that saved it, by which its name is opened.
    pub event: EventId,
    /// People in it, in the order of their ids.
    pub people: Vec<PersonId>,
    /// Groups in it, likewise.
    pub groups: Vec<GroupId>,
}

/// Every favourite there is.
#[derive(Debug, Default)]
pub struct Favourites {
    pub(crate) all: BTreeMap<FavouriteId, Favourite>,
    pub(crate) of: BTreeMap<PersonId, BTreeSet<FavouriteId>>,
}

impl Favourites {
    /// Applies one event. An erased person has no favourites; whoever is named in those of others stays as an id.
    pub fn apply(&mut self, at: At, event: &Event) -> Result<(), Impossible> {
        if let Event::Favourite(event) = event {
            let Owner::Favourites(owner) = at.owner else {
                return Err(Impossible::here(at, "a favourite stands in no stream of favourites"));
            };
            return self.fold(at, owner, event);
        }
        if let (Event::Person(domain::person::Event::Erased(_)), Owner::Person(person)) = (event, at.owner) {
            for favourite in self.of.remove(&person).unwrap_or_default() {
                self.all.remove(&favourite);
            }
        }
        Ok(())
    }

    fn fold(&mut self, at: At, owner: PersonId, event: &FavouriteEvent) -> Result<(), Impossible> {
        match event {
            FavouriteEvent::Saved(saved) => {
                let favourite = Favourite {
                    id: saved.favourite,
                    owner,
                    name: saved.name.clone(),
                    event: at.event,
                    people: saved.people.clone(),
                    groups: saved.groups.clone(),
                };
                self.all.insert(saved.favourite, favourite);
                self.of.entry(owner).or_default().insert(saved.favourite);
                Ok(())
            }
            FavouriteEvent::Deleted(deleted) => {
                let known = self.all.remove(&deleted.favourite);
                known.ok_or_else(|| Impossible::here(at, "a favourite is deleted that nobody saved"))?;
                if let Some(own) = self.of.get_mut(&owner) {
                    own.remove(&deleted.favourite);
                }
                Ok(())
            }
        }
    }

    /// Returns a favourite.
    pub fn get(&self, favourite: FavouriteId) -> Option<&Favourite> {
        self.all.get(&favourite)
    }

    /// Returns the favourites of a person, in the order of their ids.
    pub fn of(&self, owner: PersonId) -> impl Iterator<Item = &Favourite> {
        self.of.get(&owner).into_iter().flatten().filter_map(|favourite| self.all.get(favourite))
    }

    /// Returns how many bytes it takes.
    pub(crate) fn memory(&self) -> usize {
        let each = |favourite: &Favourite| {
            let (people, groups) = (favourite.people.capacity(), favourite.groups.capacity());
            size_of::<Favourite>() + (people + groups) * size_of::<PersonId>() + size_of::<FavouriteId>()
        };
        self.all.values().map(each).sum()
    }

    /// Returns everything it knows, as canonical text.
    pub fn dump(&self) -> String {
        let mut text = String::new();
        for (owner, favourites) in self.of.iter().filter(|(_, favourites)| !favourites.is_empty()) {
            for favourite in favourites {
                let _ = writeln!(text, "{owner} {:?}", self.all.get(favourite));
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use domain::favourite::{Deleted, Saved};

    use super::*;
    use crate::snapshot::tests::through;
    use crate::testing::{School, person};

    fn happened(school: &mut School, owner: u128, event: impl Into<FavouriteEvent>) {
        school.happened(Owner::Favourites(person(owner)), event.into());
    }

    fn saved(owner: u128, favourite: u128, people: &[u128]) -> Saved {
        Saved {
            person: person(owner),
            favourite: FavouriteId::from_u128(favourite),
            name: Sealed::Shut("1:0:202609:bm9t".into()),
            people: people.iter().copied().map(person).collect(),
            groups: vec![GroupId::from_u128(9)],
        }
    }

    fn deleted(favourite: u128) -> Deleted {
        Deleted { favourite: FavouriteId::from_u128(favourite) }
    }

    /// Two people with three favourites, one of them deleted, one saved twice.
    fn school() -> School {
        let mut school = School::bare();
        for owner in [1, 2] {
            school.member(owner, domain::group::Profile::Teacher, &[]);
        }
        happened(&mut school, 1, saved(1, 7, &[2]));
        happened(&mut school, 1, saved(1, 8, &[2]));
        happened(&mut school, 2, saved(2, 6, &[1]));
        happened(&mut school, 1, deleted(8));
        happened(&mut school, 1, saved(1, 7, &[2, 3]));
        school
    }

    fn people_of(school: &School, owner: u128) -> Vec<(u128, usize)> {
        let own = school.world.favourites.of(person(owner));
        own.map(|favourite| (favourite.id.to_u128(), favourite.people.len())).collect()
    }

    #[test]
    fn somebody_has_what_they_saved_last_and_did_not_delete() {
        let school = school();
        assert_eq!(people_of(&school, 1), [(7, 2)]);
        assert_eq!(people_of(&school, 2), [(6, 1)]);
        assert_eq!(people_of(&school, 3), []);
        assert!(school.world.favourites.get(FavouriteId::from_u128(8)).is_none());
    }

    #[test]
    fn it_comes_back_from_the_log_and_from_a_snapshot() {
        let school = school();
        assert_eq!(school.rebuilt().favourites.dump(), school.world.favourites.dump());
        assert_eq!(through(&school.world).favourites.dump(), school.world.favourites.dump());
        assert_eq!(school.world.favourites.dump().lines().count(), 2);
    }

    #[test]
    fn an_erased_person_has_none_and_stays_an_id_in_those_of_others() {
        let mut school = school();
        let erased = domain::person::Erased { erasure: domain::ErasureId::from_u128(1), writings: true };
        school.of_person(person(1), erased);
        assert_eq!(people_of(&school, 1), []);
        assert!(school.world.favourites.get(FavouriteId::from_u128(7)).is_none());
        assert_eq!(people_of(&school, 2), [(6, 1)]);
        assert_eq!(school.rebuilt().favourites.dump(), school.world.favourites.dump());
    }

    #[test]
    fn what_nobody_saved_is_not_deleted() {
        let mut school = school();
        let at = At { owner: Owner::Favourites(person(1)), ..school.log[0].0 };
        let event = Event::from(FavouriteEvent::from(deleted(99)));
        assert!(school.world.favourites.apply(at, &event).is_err());
        let misplaced = Event::from(FavouriteEvent::from(saved(1, 5, &[2])));
        assert!(school.world.favourites.apply(At { owner: Owner::Other, ..at }, &misplaced).is_err());
    }
}
