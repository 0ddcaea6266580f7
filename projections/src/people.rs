//! Who there is: structures, classes, people, accounts, and the memberships in force.
//!
//! Invariant: a person is a current member of a group while the membership is in force (begun, not ended) and the
//! account is neither closed nor under a `PERSON` or `SECURITY` block (`communication.md` section 3). Memberships
//! are derived from what is attached to a person, never written.

use domain::{Event, GroupId, PersonId};
use roaring::RoaringBitmap;

use crate::dense::{GroupNo, Numbers, PersonNo};
use crate::world::{At, Impossible};

/// A current membership began or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Who.
    pub person: PersonNo,
    /// In which group.
    pub group: GroupNo,
    /// Began, or ended.
    pub joined: bool,
}

/// Who there is.
#[derive(Debug, Default)]
pub struct People {
    people: Numbers<PersonId>,
    groups: Numbers<GroupId>,
    /// Current members, by group.
    members: Vec<RoaringBitmap>,
    /// Accounts that get nothing new: closed, or under a `PERSON` or `SECURITY` block.
    barred: RoaringBitmap,
    /// Accounts never activated.
    inactive: RoaringBitmap,
}

impl People {
    /// Applies one event, and returns the memberships it began and ended, in a fixed order.
    pub fn apply(&mut self, at: At, event: &Event) -> Result<Vec<Change>, Impossible> {
        let _ = (at, event);
        Ok(vec![])
    }

    /// Returns the number of a person.
    pub fn number(&self, person: PersonId) -> Option<PersonNo> {
        self.people.get(person).map(PersonNo)
    }

    /// Returns the id of a person.
    pub fn id(&self, person: PersonNo) -> Option<PersonId> {
        self.people.id(person.0)
    }

    /// Returns the number of a group.
    pub fn group(&self, group: GroupId) -> Option<GroupNo> {
        self.groups.get(group).map(GroupNo)
    }

    /// Returns the id of a group.
    pub fn group_id(&self, group: GroupNo) -> Option<GroupId> {
        self.groups.id(group.0)
    }

    /// Returns the current members of a group, numbers of people.
    pub fn members(&self, group: GroupNo) -> Option<&RoaringBitmap> {
        self.members.get(group.index())
    }

    /// Returns the accounts that get nothing new.
    pub fn barred(&self) -> &RoaringBitmap {
        &self.barred
    }

    /// Returns the accounts never activated.
    pub fn inactive(&self) -> &RoaringBitmap {
        &self.inactive
    }
}
