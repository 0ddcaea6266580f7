//! The rows of `preau rules report` and `preau rules matrix` (`communication.md` section 9).

use std::collections::HashMap;

use domain::group::Profile;
use domain::{Label, PersonId};
use roaring::RoaringBitmap;

use super::Graph;
use crate::dense::{PersonNo, StructureNo};
use crate::people::{AccountState, People};

/// What one person of a structure reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonLine {
    /// Who.
    pub person: PersonId,
    /// Their login, if they have one.
    pub login: Option<String>,
    /// Their profile.
    pub profile: Profile,
    /// Names of their classes in the structure, sorted; those of their children for a relative.
    pub classes: Vec<Label>,
    /// How many people they reach, of any structure, by profile in the order of [`Profile::ALL`].
    pub reachable: [u64; 5],
    /// How many groups they reach as groups.
    pub reachable_groups: u64,
}

impl PersonLine {
    /// Returns how many people they reach.
    pub fn reachable_people(&self) -> u64 {
        self.reachable.iter().sum()
    }

    /// Returns the names of the classes joined by `|`.
    pub fn joined_classes(&self) -> String {
        self.classes.iter().map(Label::as_str).collect::<Vec<_>>().join("|")
    }
}

/// How many ordered pairs of people of a structure reach each other, for two profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProfilePair {
    /// Who reaches.
    pub from: Profile,
    /// Who is reached.
    pub to: Profile,
    /// Ordered pairs.
    pub pairs: u64,
    /// Those of them whose other direction is closed.
    pub one_way: u64,
}

impl Graph {
    /// Returns a line for each person attached to a structure whose account is not closed, by login, then by id.
    pub fn report(&self, people: &People, structure: StructureNo) -> Vec<PersonLine> {
        let profiles = by_profile(people);
        let mut lines: Vec<_> = people
            .people_of(structure)
            .iter()
            .filter_map(|number| self.line(people, structure, PersonNo(number), &profiles))
            .collect();
        lines.sort_by(|a, b| (&a.login, a.person).cmp(&(&b.login, b.person)));
        lines
    }

    fn line(
        &self,
        people: &People,
        structure: StructureNo,
        person: PersonNo,
        profiles: &[RoaringBitmap; 5],
    ) -> Option<PersonLine> {
        let row = people.person(person).filter(|row| row.account() != AccountState::Closed)?;
        let names = &people.structure(structure)?.classes;
        let here = people.classes(person).into_iter().filter(|(of, _)| *of == structure);
        let named = here.filter_map(|(_, class)| names.get(&class)).map(|class| class.name.clone());
        let mut classes: Vec<_> = named.collect();
        classes.sort_unstable();
        let reach = self.reach(people, person);
        Some(PersonLine {
            person: row.id,
            login: row.login.clone(),
            profile: row.profile,
            classes,
            reachable: std::array::from_fn(|index| reach.people.intersection_len(&profiles[index])),
            reachable_groups: reach.groups.len(),
        })
    }

    /// Returns profile × profile, both ends in the structure, in the order of [`Profile::ALL`].
    pub fn matrix(&self, people: &People, structure: StructureNo) -> Vec<ProfilePair> {
        let here = people.people_of(structure);
        let profiles = by_profile(people).map(|those| those & &here);
        let reach: HashMap<u32, RoaringBitmap> =
            here.iter().map(|me| (me, self.reach(people, PersonNo(me)).people & &here)).collect();
        let back = |to: u32, me: u32| reach.get(&to).is_some_and(|reached| reached.contains(me));
        let mut pairs = vec![];
        for (from, mine) in Profile::ALL.into_iter().zip(&profiles) {
            for (to, theirs) in Profile::ALL.into_iter().zip(&profiles) {
                let mut pair = ProfilePair { from, to, pairs: 0, one_way: 0 };
                for me in mine {
                    for to in reach.get(&me).map(|reached| reached & theirs).unwrap_or_default() {
                        pair.pairs += 1;
                        pair.one_way += u64::from(!back(to, me));
                    }
                }
                pairs.push(pair);
            }
        }
        pairs
    }
}

fn by_profile(people: &People) -> [RoaringBitmap; 5] {
    let mut profiles: [RoaringBitmap; 5] = Default::default();
    for (number, row) in people.everybody() {
        for (profile, those) in Profile::ALL.into_iter().zip(&mut profiles) {
            if profile == row.profile {
                those.insert(number.0);
            }
        }
    }
    profiles
}
