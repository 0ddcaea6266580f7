//! Dense numbers for ids: 0, 1, 2, … in the order in which the log names them.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use crate::memory::Heap;

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident,)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// Returns the number as an index.
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    )+};
}

numbers! {
    /// A person.
    PersonNo,
    /// A group.
    GroupNo,
    /// A sent message, in the order of sending.
    MessageNo,
    /// A structure.
    StructureNo,
}

impl GroupNo {
    /// Returns one of 64 bits: what is in none of some groups is mostly told by their bits together.
    pub(crate) const fn bit(self) -> u64 {
        1 << (self.0 % 64)
    }
}

/// A table whose keys are ids. They are derived by a hash already: a second one that is keyed buys little.
pub(crate) type ById<Id, V> = HashMap<Id, V, BuildHasherDefault<Folded>>;

/// Folds an id, which is a hash already, into 64 bits.
#[derive(Debug, Default, Clone)]
pub(crate) struct Folded(u64);

impl Hasher for Folded {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0.rotate_left(8) ^ u64::from(*byte)).wrapping_mul(ODD);
        }
    }

    fn write_u128(&mut self, id: u128) {
        let (high, low) = (id >> 64, id & u128::from(u64::MAX));
        let folded = u64::try_from(high ^ low).unwrap_or_default();
        // Spreads ids that are small numbers, as tests have them, over all bits.
        self.0 = folded.wrapping_mul(ODD).rotate_left(26);
    }
}

/// 2^64 over the golden ratio.
const ODD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Numbers for ids, and back.
#[derive(Debug, Clone)]
pub struct Numbers<Id> {
    numbers: ById<Id, u32>,
    ids: Vec<Id>,
}

impl<Id> Default for Numbers<Id> {
    fn default() -> Self {
        Self { numbers: ById::default(), ids: Vec::new() }
    }
}

impl<Id: Copy + Eq + Hash> Numbers<Id> {
    /// Returns the number of `id`, giving it the next one if it has none.
    pub fn number(&mut self, id: Id) -> u32 {
        let next = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(id).or_insert(next);
        if number == next {
            self.ids.push(id);
        }
        number
    }

    /// Returns the number of `id`, if it has one.
    pub fn get(&self, id: Id) -> Option<u32> {
        self.numbers.get(&id).copied()
    }

    /// Returns the id of `number`.
    pub fn id(&self, number: u32) -> Option<Id> {
        self.ids.get(number as usize).copied()
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Returns the ids, in the order of their numbers.
    pub(crate) fn ids(&self) -> &[Id] {
        &self.ids
    }

    /// Returns the numbers of `ids`, none if one is there twice.
    pub(crate) fn from_ids(ids: Vec<Id>) -> Option<Self> {
        let mut numbers = ById::with_capacity_and_hasher(ids.len(), BuildHasherDefault::default());
        for (id, number) in ids.iter().zip(0..) {
            if numbers.insert(*id, number).is_some() {
                return None;
            }
        }
        Some(Self { numbers, ids })
    }

    /// Returns how many bytes they take.
    pub(crate) fn memory(&self) -> usize
    where
        Id: Heap,
    {
        self.numbers.heap() + self.ids.heap()
    }

    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}
