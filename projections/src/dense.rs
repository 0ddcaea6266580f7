//! Dense numbers for ids: 0, 1, 2, … in the order in which the log names them.

use std::collections::HashMap;
use std::hash::Hash;

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

/// Numbers for ids, and back.
#[derive(Debug, Clone)]
pub struct Numbers<Id> {
    numbers: HashMap<Id, u32>,
    ids: Vec<Id>,
}

impl<Id> Default for Numbers<Id> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), ids: Vec::new() }
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

    /// Returns whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }
}
