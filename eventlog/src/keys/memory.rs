//! The keys as they are used: about 60 bytes each.
//!
//! Invariant: what is in `unsaved` is in the maps too, from the same moment on.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use domain::{MessageId, PersonId};
use zeroize::Zeroizing;

use super::entry::{Class, Entry, Key, Record, encode};
use super::error::KeyError;

/// Kind, id and generation as in a record, unaligned: 800,000 of them stay small.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Name([u8; 21]);

impl Name {
    fn of(entry: Entry, generation: u32) -> Self {
        let (kind, id) = entry.code();
        let mut name = [0; 21];
        name[0] = kind;
        name[1..17].copy_from_slice(&id.to_be_bytes());
        name[17..].copy_from_slice(&generation.to_be_bytes());
        Self(name)
    }

    fn entry(&self) -> Option<Entry> {
        let mut id = [0; 16];
        id.copy_from_slice(&self.0[1..17]);
        Entry::decode(self.0[0], u128::from_be_bytes(id), None)
    }

    /// Returns whether this is one of these generations of `entry`.
    fn is(self, entry: Entry, generations: &Range<u32>) -> bool {
        // Big-endian: names of one entry lie in the order of their generations.
        let ends = [generations.start, generations.end].map(|end| Self::of(entry, end));
        (ends[0].0..ends[1].0).contains(&self.0)
    }
}

#[derive(Default)]
pub(super) struct Memory {
    keys: HashMap<Name, Key>,
    /// Keys of single messages, by author and generation: few, and found again by author.
    pub(super) single: BTreeMap<(PersonId, u32, MessageId), Key>,
    /// The generation in use or to be made next; not here means 0.
    generations: HashMap<Entry, u32>,
    /// Made since the last write.
    pub unsaved: Vec<Record>,
}

impl Memory {
    /// Returns how many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len() + self.single.len()
    }

    /// Makes room for `more` keys.
    pub fn reserve(&mut self, more: usize) {
        self.keys.reserve(more);
    }

    /// Returns the generation in use.
    pub fn generation(&self, entry: Entry) -> u32 {
        self.generations.get(&entry).copied().unwrap_or(0)
    }

    /// Returns the key of that generation.
    pub fn get(&self, entry: Entry, generation: u32) -> Option<&Key> {
        match entry {
            Entry::WritingMessage(person, message) => self.single.get(&(person, generation, message)),
            Entry::Identity(_)
            | Entry::Writing(_)
            | Entry::Structure(_)
            | Entry::Platform
            | Entry::Month { .. }
            | Entry::Secret(_) => self.keys.get(&Name::of(entry, generation)),
        }
    }

    /// Returns the key in use and its generation.
    pub fn in_use(&self, entry: Entry) -> Option<(u32, Key)> {
        let generation = self.generation(entry);
        self.get(entry, generation).map(|key| (generation, key.clone()))
    }

    /// Returns the months of `class` that have a key, the oldest first.
    pub fn months(&self, class: Class) -> Vec<u32> {
        let month = |name: &Name| match name.entry()? {
            Entry::Month { class: other, month } if other == class => Some(month),
            Entry::Month { .. }
            | Entry::Identity(_)
            | Entry::Writing(_)
            | Entry::WritingMessage(..)
            | Entry::Structure(_)
            | Entry::Platform
            | Entry::Secret(_) => None,
        };
        let mut months: Vec<_> = self.keys.keys().filter_map(month).collect();
        months.sort_unstable();
        months
    }

    /// Takes in what a file holds. Later records win.
    pub fn apply(&mut self, record: Record) {
        let Record { entry, generation, key } = record;
        match (entry, key) {
            (Entry::WritingMessage(person, message), Some(key)) => {
                self.single.insert((person, generation, message), key);
            }
            (Entry::WritingMessage(person, message), None) => {
                self.single
                    .retain(|(whose, g, which), _| (*whose, *which) != (person, message) || *g >= generation);
            }
            (_, key) => {
                let before = self.generation(entry);
                if generation > before {
                    self.generations.insert(entry, generation);
                }
                match key {
                    Some(key) => {
                        self.keys.insert(Name::of(entry, generation), key);
                    }
                    None => self.forget(entry, before..generation),
                }
            }
        }
    }

    /// Takes out the keys of these generations. A number that cannot be true must not cost time.
    fn forget(&mut self, entry: Entry, generations: Range<u32>) {
        if generations.len() <= self.keys.len() {
            for gone in generations {
                self.keys.remove(&Name::of(entry, gone));
            }
        } else {
            self.keys.retain(|name, _| !name.is(entry, &generations));
        }
    }

    /// Makes the key in use, to be saved before anything rests on it.
    pub fn make(&mut self, entry: Entry) -> Result<(u32, Key), KeyError> {
        let generation = self.generation(entry);
        if generation > 0 && !entry.comes_again() {
            return Err(KeyError::Destroyed(entry));
        }
        let key = Key::random()?;
        let record = Record { entry, generation, key: Some(key.clone()) };
        self.unsaved.push(record.clone());
        self.apply(record);
        Ok((generation, key))
    }

    /// Shows the bytes of all records of a base file, in portions of about `size`.
    pub fn each<E>(&self, size: usize, mut show: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut portion = Zeroizing::new(Vec::with_capacity(size + Record::MAX));
        let mut put = |fill: &mut dyn FnMut(&mut Vec<u8>)| {
            fill(&mut portion);
            if portion.len() < size {
                return Ok(());
            }
            let shown = show(&portion);
            portion.clear();
            shown
        };
        for (entry, generation) in self.gone() {
            put(&mut |to| encode(entry, generation, None, to))?;
        }
        for (name, key) in &self.keys {
            put(&mut |to| {
                to.extend_from_slice(&name.0);
                to.extend_from_slice(key.bytes());
            })?;
        }
        for ((person, generation, message), key) in &self.single {
            put(&mut |to| encode(Entry::WritingMessage(*person, *message), *generation, Some(key), to))?;
        }
        if portion.is_empty() { Ok(()) } else { show(&portion) }
    }

    /// Returns how many records [`each`](Self::each) shows.
    pub fn records(&self) -> usize {
        self.len() + self.gone().count()
    }

    /// Returns what was destroyed and has no new key yet; a new key says the generation itself.
    fn gone(&self) -> impl Iterator<Item = (Entry, u32)> {
        self.generations
            .iter()
            .map(|(entry, generation)| (*entry, *generation))
            .filter(|(entry, generation)| !self.keys.contains_key(&Name::of(*entry, *generation)))
    }
}

#[cfg(test)]
mod tests {
    use domain::PersonId;

    use super::*;

    /// Which of the generations 0 to 5 of person 1, and whether the key of person 2, are left when the key of
    /// generation 2 was in use and those below `generation` are destroyed, beside `others` more keys.
    fn left(generation: u32, others: u128) -> (Vec<u32>, bool) {
        let mut memory = Memory::default();
        let person = |number| Entry::Identity(PersonId::from_u128(number));
        let mut put = |entry, generation, key| memory.apply(Record { entry, generation, key });
        (0..=2).for_each(|generation| put(person(1), generation, Some(Key::zero())));
        (2..3 + others).for_each(|number| put(person(number), 0, Some(Key::zero())));
        put(person(1), generation, None);
        put(person(1), 5, Some(Key::zero()));
        let left = (0..=5).filter(|generation| memory.get(person(1), *generation).is_some()).collect();
        (left, memory.get(person(2), 0).is_some())
    }

    #[test]
    fn however_far_the_generation_the_key_in_use_is_forgotten_at_once() {
        // Found by the fuzzer: four billion keys that never were took 106 seconds to forget.
        for generation in [3, 4, u32::MAX] {
            for others in [0, 10] {
                assert_eq!(left(generation, others), (vec![0, 1, 5], true), "{generation}, {others}");
            }
        }
        assert_eq!(left(2, 0), (vec![0, 1, 2, 5], true));
    }
}
