//! What a delivery asks of who there is.

use domain::{GroupId, PersonId};
use roaring::RoaringBitmap;

use crate::dense::{GroupNo, PersonNo};
use crate::people::People;
use crate::world::{At, Impossible};

/// Who there is, as far as a delivery asks.
///
/// Invariant: members are current, so nobody who is barred is a member ([`crate::people`]).
pub(super) trait Population {
    /// Returns the number of a person.
    fn person(&self, person: PersonId) -> Option<PersonNo>;
    /// Returns the number of a group.
    fn group(&self, group: GroupId) -> Option<GroupNo>;
    /// Returns the current members of a group.
    fn members(&self, group: GroupNo) -> Option<&RoaringBitmap>;
    /// Returns the accounts that get nothing new.
    fn barred(&self) -> &RoaringBitmap;
    /// Returns the accounts never activated.
    fn inactive(&self) -> &RoaringBitmap;
}

impl Population for People {
    fn person(&self, person: PersonId) -> Option<PersonNo> {
        self.number(person)
    }

    fn group(&self, group: GroupId) -> Option<GroupNo> {
        Self::group(self, group)
    }

    fn members(&self, group: GroupNo) -> Option<&RoaringBitmap> {
        Self::members(self, group)
    }

    fn barred(&self) -> &RoaringBitmap {
        Self::barred(self)
    }

    fn inactive(&self) -> &RoaringBitmap {
        Self::inactive(self)
    }
}

/// Returns the number of somebody who writes; whoever writes was registered before.
pub(super) fn author(at: At, author: PersonId, people: &dyn Population) -> Result<PersonNo, Impossible> {
    people.person(author).ok_or_else(|| at.impossible(format!("{author:?} writes but was never registered")))
}
