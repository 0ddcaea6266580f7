//! What every question about two people begins with: close together, a cache line for each person.
//!
//! Invariant: the bits are those of the groups, because groups are set in [`Near::join`] and nowhere else.

use smallvec::SmallVec;

use crate::dense::{GroupNo, PersonNo};
use crate::memory::Heap;
use crate::snapshot::bytes::Stored;

/// Which groups somebody is in, and whose child they are. Most are in few groups and have few relatives: these lie
/// here.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(super) struct Near {
    /// Current memberships, in the order of group numbers.
    groups: SmallVec<[GroupNo; 6]>,
    /// A bit for each group ([`GroupNo::bit`]).
    bits: u64,
    /// In the order of numbers.
    relatives: SmallVec<[PersonNo; 4]>,
}

/// The groups of one person.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Groups<'a> {
    /// In the order of numbers.
    pub(crate) groups: &'a [GroupNo],
    /// A bit for each ([`GroupNo::bit`]).
    pub(crate) bits: u64,
}

impl Near {
    pub(super) fn groups(&self) -> &[GroupNo] {
        &self.groups
    }

    /// Returns the groups with their bits.
    pub(super) fn with_bits(&self) -> Groups<'_> {
        Groups { groups: &self.groups, bits: self.bits }
    }

    /// Returns the relatives, in the order of numbers.
    pub(super) fn relatives(&self) -> &[PersonNo] {
        &self.relatives
    }

    /// Sets the groups, which are in the order of numbers, and returns those before.
    pub(super) fn join(&mut self, groups: &[GroupNo]) -> SmallVec<[GroupNo; 6]> {
        self.bits = groups.iter().fold(0, |bits, group| bits | group.bit());
        std::mem::replace(&mut self.groups, groups.into())
    }

    /// Adds a relative, once.
    pub(super) fn relate(&mut self, relative: PersonNo) {
        if let Err(place) = self.relatives.binary_search(&relative) {
            self.relatives.insert(place, relative);
        }
    }

    /// Takes a relative out.
    pub(super) fn unrelate(&mut self, relative: PersonNo) {
        if let Ok(place) = self.relatives.binary_search(&relative) {
            self.relatives.remove(place);
        }
    }
}

impl Heap for Near {
    fn heap(&self) -> usize {
        self.groups.heap() + self.relatives.heap()
    }
}

impl Stored for Near {
    fn put(&self, to: &mut Vec<u8>) {
        self.groups.put(to);
        self.relatives.put(to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        let (mut near, groups): (Self, SmallVec<[GroupNo; 6]>) = (Self::default(), Stored::get(from)?);
        near.join(&groups);
        near.relatives = Stored::get(from)?;
        Some(near)
    }
}
