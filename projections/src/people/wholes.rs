//! The groups by profile of each structure: who reaches all of them reaches whoever is there, one set for four or five.
//!
//! Invariants: in a group of a profile is whoever of that profile is present in its structure and not barred, because
//! both are settled together (`People::refresh`); so all of a structure's together are its present people but those
//! barred. What is kept here is that of the rows of groups, because a row is made in `People::ensure_group` and read
//! back with [`Wholes::know`].

use domain::group::GroupKind;
use roaring::RoaringBitmap;
use smallvec::SmallVec;

use super::People;
use crate::dense::{GroupNo, StructureNo};
use crate::memory::Heap;

/// Groups of profiles.
#[derive(Debug, Default)]
pub(super) struct Wholes {
    all: RoaringBitmap,
    /// By structure.
    of: Vec<SmallVec<[GroupNo; 5]>>,
}

impl Wholes {
    /// Notes a group that became known.
    pub(super) fn know(&mut self, structure: StructureNo, kind: &GroupKind, group: GroupNo) {
        if let GroupKind::Profile(_) = kind {
            let index = structure.index();
            if self.of.len() <= index {
                self.of.resize_with(index + 1, SmallVec::new);
            }
            self.of[index].push(group);
            self.all.insert(group.0);
        }
    }
}

impl People {
    /// Returns how many structures have a number.
    pub(crate) fn structures_ever(&self) -> usize {
        self.places.len()
    }

    /// Returns the structures whose members of a profile are all in one of these groups: the groups of their profiles,
    /// and who is present there, those barred included.
    pub(crate) fn wholly_in(
        &self,
        groups: &RoaringBitmap,
    ) -> impl Iterator<Item = (&[GroupNo], &RoaringBitmap)> {
        let Wholes { all, of } = &self.wholes;
        let beside = (all & self.peopled()) - groups;
        let structures = of.iter().map(|own| &own[..]).zip(self.places.iter().map(|place| &place.present));
        structures.filter(move |(own, _)| !own.iter().any(|group| beside.contains(group.0)))
    }
}

impl Heap for Wholes {
    fn heap(&self) -> usize {
        self.all.heap() + self.of.heap()
    }
}
