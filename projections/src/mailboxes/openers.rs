//! Who opened a message: few numbers in order, or a bitmap.

use roaring::RoaringBitmap;

use crate::dense::PersonNo;

/// Up to so many stay a list: 128 bytes, less than a bitmap and its container.
const FEW: usize = 32;

/// Who opened a message.
#[derive(Clone)]
pub(super) enum Openers {
    /// Ascending.
    Few(Vec<u32>),
    /// More than [`FEW`].
    Many(Box<RoaringBitmap>),
}

impl Default for Openers {
    fn default() -> Self {
        Self::Few(vec![])
    }
}

impl Openers {
    /// Adds a person, and returns whether they had not opened it before.
    pub(super) fn insert(&mut self, person: PersonNo) -> bool {
        match self {
            Self::Few(list) => match list.binary_search(&person.0) {
                Ok(_) => false,
                Err(place) if list.len() < FEW => {
                    // Most messages have one reader: no room for four.
                    if list.is_empty() {
                        list.reserve_exact(1);
                    }
                    list.insert(place, person.0);
                    true
                }
                Err(_) => {
                    let mut all: RoaringBitmap = list.iter().copied().collect();
                    all.insert(person.0);
                    *self = Self::Many(Box::new(all));
                    true
                }
            },
            Self::Many(all) => all.insert(person.0),
        }
    }

    /// Returns whether a person opened it.
    pub(super) fn contains(&self, person: PersonNo) -> bool {
        match self {
            Self::Few(list) => list.binary_search(&person.0).is_ok(),
            Self::Many(all) => all.contains(person.0),
        }
    }

    /// Returns how many opened it.
    pub(super) fn len(&self) -> u32 {
        match self {
            Self::Few(list) => u32::try_from(list.len()).unwrap_or(u32::MAX),
            Self::Many(all) => u32::try_from(all.len()).unwrap_or(u32::MAX),
        }
    }

    /// Returns who opened it, ascending.
    pub(super) fn iter(&self) -> Box<dyn Iterator<Item = PersonNo> + '_> {
        match self {
            Self::Few(list) => Box::new(list.iter().copied().map(PersonNo)),
            Self::Many(all) => Box::new(all.iter().map(PersonNo)),
        }
    }
}
