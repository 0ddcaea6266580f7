//! Finding people by name: any order of words, beginnings, accents and case ignored, hyphens and apostrophes as
//! spaces (`directory.md`, Search).
//!
//! Invariant: whoever is erased or renamed leaves their old words at once. A question walks over words and over the
//! people who have them, never over everybody.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};
use std::fmt::Write;
use std::ops::Bound;

use domain::Event;
use domain::person::{self, Identity};
use roaring::RoaringBitmap;

use crate::dense::PersonNo;
use crate::memory::Heap as _;
use crate::people::People;
use crate::world::{At, Impossible, Owner};

/// How well a name answers; better ones come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// Every word asked for is a word of the name.
    Exact,
    /// Every word asked for begins a word of the name.
    Prefix,
    /// Every word asked for stands inside a word of the name.
    Inside,
}

/// Somebody found, and where the next page begins: after them.
///
/// It stays good while people are added, renamed and erased: it is a place in an order, not a count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// How well the name answers.
    pub rank: Rank,
    /// The name as it is sorted: folded, family name first.
    pub name: Box<str>,
    /// Who.
    pub person: PersonNo,
}

/// Names of everybody.
#[derive(Debug, Default)]
pub struct Search {
    /// Folded names, by person number; empty for who is not to be found.
    names: Vec<Box<str>>,
    /// Who has a word in their name.
    words: BTreeMap<Box<str>, RoaringBitmap>,
}

impl Search {
    /// Applies one event; `people` are as they are after it.
    pub fn apply(&mut self, at: At, event: &Event, people: &People) -> Result<(), Impossible> {
        let named = matches!(
            event,
            Event::Person(
                person::Event::Registered(_) | person::Event::IdentityChanged(_) | person::Event::Erased(_)
            )
        );
        if let (true, Owner::Person(person)) = (named, at.owner) {
            let number =
                people.number(person).ok_or_else(|| Impossible::here(at, "a person has no number"))?;
            self.name(number, people.person(number).and_then(|row| row.identity.as_ref()));
        }
        Ok(())
    }

    /// Gives a person a name, instead of the one they had; none if they were erased.
    pub fn name(&mut self, person: PersonNo, identity: Option<&Identity>) {
        let name = identity.map(sorted_name).unwrap_or_default();
        if self.names.len() <= person.index() {
            self.names.resize_with(person.index() + 1, Box::default);
        }
        let before = std::mem::replace(&mut self.names[person.index()], name);
        for word in before.split(' ').filter(|word| !word.is_empty()) {
            if let Some(people) = self.words.get_mut(word) {
                people.remove(person.0);
                if people.is_empty() {
                    self.words.remove(word);
                }
            }
        }
        for word in self.names[person.index()].split(' ').filter(|word| !word.is_empty()) {
            match self.words.get_mut(word) {
                Some(people) => {
                    people.insert(person.0);
                }
                None => {
                    self.words.insert(word.into(), RoaringBitmap::from_iter([person.0]));
                }
            }
        }
    }

    /// Returns the `first` people of `among` whose names answer `query`, best first, those of a rank by name, after
    /// the one that ended the page before. Without a word to ask for, everybody who has a name.
    ///
    /// A word of one letter is sought at the beginning of words only; words are read through for what stands
    /// inside them only when better answers do not fill the page.
    pub fn search(
        &self,
        query: &str,
        among: &RoaringBitmap,
        after: Option<&Found>,
        first: usize,
    ) -> Vec<Found> {
        let folded = fold(query);
        let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
        let mut found = vec![];
        let mut better = RoaringBitmap::new();
        for rank in [Rank::Exact, Rank::Prefix, Rank::Inside] {
            if found.len() >= first {
                break;
            }
            let mut people = self.answering(&words, rank, among);
            people -= &better;
            better |= &people;
            if after.is_none_or(|after| after.rank <= rank) {
                found.extend(self.page(&people, rank, after, first - found.len()));
            }
        }
        found
    }

    fn answering(&self, words: &[&str], rank: Rank, among: &RoaringBitmap) -> RoaringBitmap {
        let mut people = among.clone();
        for word in words {
            let those = match rank {
                Rank::Exact => self.words.get(*word).cloned().unwrap_or_default(),
                Rank::Inside if word.len() > 1 => {
                    let inside = self.words.iter().filter(|(known, _)| known.contains(word));
                    union(inside.map(|(_, people)| people))
                }
                Rank::Prefix | Rank::Inside => {
                    let from = self.words.range::<str, _>((Bound::Included(*word), Bound::Unbounded));
                    let begun = from.take_while(|(known, _)| known.starts_with(word));
                    union(begun.map(|(_, people)| people))
                }
            };
            people &= those;
        }
        people
    }

    /// Returns the `first` of `people` by name that stand after `after`.
    fn page(&self, people: &RoaringBitmap, rank: Rank, after: Option<&Found>, first: usize) -> Vec<Found> {
        let after = after.filter(|after| after.rank == rank);
        let mut nearest = BinaryHeap::new();
        for person in people {
            let Some(name) = self.names.get(PersonNo(person).index()).filter(|name| !name.is_empty()) else {
                continue;
            };
            let place = (&**name, person);
            let passed =
                after.is_some_and(|after| place.cmp(&(&*after.name, after.person.0)) != Ordering::Greater);
            let far = nearest.len() >= first && nearest.peek().is_none_or(|last| place >= *last);
            if passed || far {
                continue;
            }
            nearest.push(place);
            if nearest.len() > first {
                nearest.pop();
            }
        }
        let found = |(name, person): (&str, u32)| Found { rank, name: name.into(), person: PersonNo(person) };
        nearest.into_sorted_vec().into_iter().map(found).collect()
    }

    /// Returns how many bytes it takes.
    pub(crate) fn memory(&self) -> usize {
        self.names.heap() + self.words.heap()
    }

    /// Returns every name, in the order of numbers. Holds names: for tests and for comparing two models.
    pub fn dump(&self) -> String {
        let mut text = String::new();
        for (number, name) in self.names.iter().enumerate() {
            let _ = writeln!(text, "person {number}: {name}");
        }
        for (word, people) in &self.words {
            let _ = writeln!(text, "{word}: {:?}", people.iter().collect::<Vec<_>>());
        }
        text
    }
}

fn union<'a>(sets: impl Iterator<Item = &'a RoaringBitmap>) -> RoaringBitmap {
    let mut union = RoaringBitmap::new();
    for set in sets {
        union |= set;
    }
    union
}

/// Returns the words by which somebody is sorted and found: family name, first name, name in use.
fn sorted_name(identity: &Identity) -> Box<str> {
    let usual = identity.usual_name.as_deref().unwrap_or_default();
    fold(&format!("{} {} {usual}", identity.last_name, identity.first_name)).into()
}

/// Returns lower-case words of ASCII letters and digits with one space between.
fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in deunicode::deunicode(text).chars() {
        if letter.is_ascii_alphanumeric() {
            folded.push(letter.to_ascii_lowercase());
        } else if !folded.ends_with(' ') && !folded.is_empty() {
            folded.push(' ');
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[(&str, &str)]) -> Search {
        let mut search = Search::default();
        for (number, (first, last)) in (0..).zip(names) {
            search.name(PersonNo(number), Some(&identity(first, last)));
        }
        search
    }

    fn identity(first: &str, last: &str) -> Identity {
        Identity { first_name: first.into(), last_name: last.into(), ..Identity::default() }
    }

    fn asked(search: &Search, query: &str) -> Vec<u32> {
        let everybody = (0..100).collect();
        search.search(query, &everybody, None, 50).into_iter().map(|found| found.person.0).collect()
    }

    #[test]
    fn words_are_found_in_any_order_without_accents_and_case() {
        let search = named(&[("Élise", "D’Ornano-Lefèvre"), ("Jean", "Martin")]);
        assert_eq!(asked(&search, "lefevre ÉLI"), [0]);
        assert_eq!(asked(&search, "d'ornano"), [0]);
        assert_eq!(asked(&search, "eli martin"), [] as [u32; 0]);
    }

    #[test]
    fn exact_comes_before_prefix_before_inside() {
        let search = named(&[("Ana", "Lamartine"), ("Ana", "Martineau"), ("Zoé", "Martin")]);
        assert_eq!(asked(&search, "martin"), [2, 1, 0]);
        assert_eq!(asked(&search, "ana"), [0, 1], "equal ranks stand by name");
    }

    #[test]
    fn a_letter_is_sought_at_the_beginning_of_words() {
        let search = named(&[("Ana", "Roy"), ("Yves", "Petit")]);
        assert_eq!(asked(&search, "y"), [1]);
    }

    #[test]
    fn renamed_and_erased_people_leave_their_words() {
        let mut search = named(&[("Ana", "Roy"), ("Ana", "Petit")]);
        search.name(PersonNo(0), Some(&identity("Ana", "Durand")));
        search.name(PersonNo(1), None);
        assert_eq!(asked(&search, "roy"), [] as [u32; 0]);
        assert_eq!(asked(&search, "ana"), [0]);
        assert_eq!(asked(&search, ""), [0]);
    }

    #[test]
    fn only_those_asked_among_are_found() {
        let search = named(&[("Ana", "Roy"), ("Ana", "Petit")]);
        let found = search.search("ana", &RoaringBitmap::from_iter([0]), None, 10);
        assert_eq!(found.iter().map(|found| found.person.0).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn pages_follow_each_other_while_people_are_added() {
        let names = [("Ana", "Roy"), ("Roy", "Abel"), ("Luc", "Royer"), ("Eve", "Leroy"), ("Zoé", "Roy")];
        let mut search = named(&names);
        let everybody: RoaringBitmap = (0..100).collect();
        let whole = asked(&search, "roy");
        let (mut paged, mut last): (Vec<u32>, Option<Found>) = (vec![], None);
        loop {
            let page = search.search("roy", &everybody, last.as_ref(), 2);
            let Some(end) = page.last().cloned() else { break };
            paged.extend(page.iter().map(|found| found.person.0));
            last = Some(end);
            // Stands before every page that is still to come.
            search.name(PersonNo(50), Some(&identity("Aa", "Roy")));
        }
        assert_eq!(paged.iter().copied().filter(|person| *person != 50).collect::<Vec<_>>(), whole);
    }
}
