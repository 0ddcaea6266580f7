//! Who is in each group now, and in which groups somebody is.
//!
//! Invariant: a group is among the peopled ones while it has a member, because members come in [`Members::add`] and go
//! in [`Members::remove`] and nowhere else.

use roaring::RoaringBitmap;

use crate::dense::{GroupNo, PersonNo};
use crate::memory::Heap;
use crate::snapshot::bytes::Stored;

/// Current members, by group.
#[derive(Debug, Default)]
pub(super) struct Members {
    sets: Vec<RoaringBitmap>,
    /// Groups with members: whoever asks about thousands need not look at each.
    peopled: RoaringBitmap,
}

impl Members {
    /// Returns the members of a group; none if the group has no number here.
    pub(super) fn of(&self, group: GroupNo) -> Option<&RoaringBitmap> {
        self.sets.get(group.index())
    }

    /// Returns the groups with members.
    pub(super) fn peopled(&self) -> &RoaringBitmap {
        &self.peopled
    }

    /// Makes room for the groups with a number below `groups`.
    pub(super) fn grow(&mut self, groups: usize) {
        if self.sets.len() < groups {
            self.sets.resize_with(groups, RoaringBitmap::new);
        }
    }

    /// Adds somebody to a group that there is room for.
    pub(super) fn add(&mut self, group: GroupNo, person: PersonNo) {
        let set = &mut self.sets[group.index()];
        if set.is_empty() {
            self.peopled.insert(group.0);
        }
        set.insert(person.0);
    }

    /// Takes somebody out of a group that there is room for.
    pub(super) fn remove(&mut self, group: GroupNo, person: PersonNo) {
        let set = &mut self.sets[group.index()];
        set.remove(person.0);
        if set.is_empty() {
            self.peopled.remove(group.0);
        }
    }
}

impl Heap for Members {
    fn heap(&self) -> usize {
        self.sets.heap() + self.peopled.heap()
    }
}

impl Stored for Members {
    fn put(&self, to: &mut Vec<u8>) {
        self.sets.put(to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        let sets: Vec<RoaringBitmap> = Stored::get(from)?;
        let peopled = (0..).zip(&sets).filter(|(_, set)| !set.is_empty()).map(|(group, _)| group).collect();
        Some(Self { sets, peopled })
    }
}
