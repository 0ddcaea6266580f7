//! Who there is: structures, classes, people, accounts, and the memberships in force.
//!
//! Invariant: a person is a current member of a group while the membership is in force (begun, not ended) and the
//! account is neither closed nor under a `PERSON` or `SECURITY` block (`communication.md` section 3). Memberships
//! are derived from what is attached to a person, never written.

mod ask;
mod dump;
mod entitled;
mod fold;
mod members;
mod membership;
mod memory;
mod near;
mod person;
mod roster;
mod row;
mod stored;
#[cfg(test)]
mod tests;
mod wholes;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::group::{GroupKind, Profile};
use domain::label::Uai;
use domain::{Date, Event, GroupId, PersonId, StructureId};
pub use entitled::{Barred, Entitled, Late};
use members::Members;
pub(crate) use near::Groups;
use near::Near;
use roaring::RoaringBitmap;
pub use roster::{List, Matching, Roster};
pub use row::{AccountState, Attachment, Block, Class, Closure, Group, Person, Structure, Timetable};

use crate::dense::{GroupNo, Numbers, PersonNo, StructureNo};
use crate::snapshot::names::{Named, Names};
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
    numbers: Numbers<PersonId>,
    groups: Numbers<GroupId>,
    structures: Numbers<StructureId>,
    /// Apart, so that the list grows without moving them, and a fold takes one out and puts it back for nothing.
    rows: Vec<Option<Box<Person>>>,
    /// Current memberships and relatives of each; a child may be named before it is registered.
    near: Vec<Near>,
    group_rows: Vec<Option<Group>>,
    /// Groups nested in a group.
    nested: Vec<Vec<GroupNo>>,
    /// So that the id of a derived group is computed once.
    by_kind: HashMap<(StructureNo, GroupKind), GroupNo>,
    /// The groups by profile of each structure.
    wholes: wholes::Wholes,
    places: Vec<Place>,
    by_uai: BTreeMap<Uai, StructureNo>,
    /// Current members, by group.
    members: Members,
    /// Accounts that get nothing new: closed, or under a `PERSON` or `SECURITY` block.
    barred: RoaringBitmap,
    /// Accounts never activated.
    inactive: RoaringBitmap,
    /// People whom nobody reaches: technical accounts.
    hidden: RoaringBitmap,
    /// Groups that nobody reaches as groups.
    hidden_groups: RoaringBitmap,
    /// Everybody ever registered, by profile.
    profiles: BTreeMap<Profile, RoaringBitmap>,
    /// People without a login.
    nameless: RoaringBitmap,
    /// The last day that began, by zone.
    today: BTreeMap<&'static str, Date>,
    /// Who is looked at again on a day to come.
    due: BTreeMap<(&'static str, Date), BTreeSet<PersonNo>>,
    /// Groups filled by hand.
    rosters: roster::Rosters,
}

/// A structure, and what hangs on its number before it is created.
#[derive(Debug)]
struct Place {
    id: StructureId,
    row: Option<Structure>,
    /// Everybody attached, in force or not.
    attached: RoaringBitmap,
    /// Those of them whose attachment has begun and not ended.
    present: RoaringBitmap,
    /// Those of them whose attachment has ended.
    gone: RoaringBitmap,
    groups: Vec<GroupNo>,
    /// Structures right below.
    below: Vec<StructureNo>,
}

impl People {
    /// Applies one event, and returns the memberships it began and ended, in a fixed order: people by id, what
    /// ended before what began, groups by number.
    pub fn apply(&mut self, at: At, event: &Event) -> Result<Vec<Change>, Impossible> {
        self.fold(at, event)
    }

    /// Returns everybody of whom a name or a login is known, in the order of numbers.
    pub(crate) fn named(&self) -> impl Iterator<Item = (PersonNo, PersonId, Named)> + '_ {
        (0..).zip(&self.rows).filter_map(|(number, row)| {
            let row = row.as_deref().filter(|row| row.identity.is_some() || row.login.is_some())?;
            Some((
                PersonNo(number),
                row.id,
                Named { identity: row.identity.clone(), login: row.login.clone() },
            ))
        })
    }

    /// Returns every group whose name somebody typed, with the structure under whose key it is.
    pub(crate) fn typed(&self) -> impl Iterator<Item = (GroupNo, StructureId, &str)> + '_ {
        (0..).zip(&self.group_rows).filter_map(|(number, row)| {
            let row = row.as_ref()?;
            let structure = self.places.get(row.structure.index())?.id;
            Some((GroupNo(number), structure, row.typed.as_deref()?))
        })
    }

    /// Gives names back to people and groups that were read without; none if one of them is not there.
    pub(crate) fn name(&mut self, names: Names) -> Option<()> {
        for (number, Named { identity, login }) in names.people {
            let row = self.rows.get_mut(number.index())?.as_deref_mut()?;
            (row.identity, row.login) = (identity, login);
        }
        for (number, typed) in names.groups {
            self.group_rows.get_mut(number.index())?.as_mut()?.typed = Some(typed);
        }
        Some(())
    }

    /// Returns the number of a person.
    pub fn number(&self, person: PersonId) -> Option<PersonNo> {
        self.numbers.get(person).map(PersonNo)
    }

    /// Returns the id of a person.
    pub fn id(&self, person: PersonNo) -> Option<PersonId> {
        self.numbers.id(person.0)
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
        self.members.of(group)
    }

    /// Returns the groups with current members, numbers of groups.
    pub(crate) fn peopled(&self) -> &RoaringBitmap {
        self.members.peopled()
    }

    /// Returns the accounts that get nothing new.
    pub fn barred(&self) -> &RoaringBitmap {
        &self.barred
    }

    /// Returns the accounts never activated.
    pub fn inactive(&self) -> &RoaringBitmap {
        &self.inactive
    }

    /// Returns the people whom nobody reaches.
    pub fn hidden(&self) -> &RoaringBitmap {
        &self.hidden
    }

    /// Returns the groups that nobody reaches as groups.
    pub fn hidden_groups(&self) -> &RoaringBitmap {
        &self.hidden_groups
    }

    /// Returns everybody of a profile, whatever their account is; none if nobody ever was.
    pub fn of_profile(&self, profile: Profile) -> Option<&RoaringBitmap> {
        self.profiles.get(&profile)
    }

    fn person_number(&mut self, person: PersonId) -> PersonNo {
        let number = self.numbers.number(person);
        if self.rows.len() < self.numbers.len() {
            self.rows.push(None);
            self.near.push(Near::default());
        }
        PersonNo(number)
    }

    fn structure_number(&mut self, structure: StructureId) -> StructureNo {
        let number = self.structures.number(structure);
        if self.places.len() < self.structures.len() {
            self.places.push(Place {
                id: structure,
                row: None,
                attached: RoaringBitmap::new(),
                present: RoaringBitmap::new(),
                gone: RoaringBitmap::new(),
                groups: vec![],
                below: vec![],
            });
        }
        StructureNo(number)
    }

    /// Numbers a group, perhaps before it is known what it is: a rule may name one that nobody is in yet.
    fn group_number(&mut self, group: GroupId) -> GroupNo {
        let number = self.groups.number(group);
        if self.group_rows.len() < self.groups.len() {
            self.members.grow(self.groups.len());
            self.group_rows.push(None);
            self.nested.push(vec![]);
        }
        GroupNo(number)
    }

    /// Returns the group of a kind in a structure; from now on it is known.
    fn ensure_group(&mut self, structure: StructureNo, kind: GroupKind) -> GroupNo {
        if let Some(known) = self.by_kind.get(&(structure, kind.clone())) {
            return *known;
        }
        let id = kind.id(self.places[structure.index()].id);
        let number = self.group_number(id);
        let parent = kind.parent().map(|parent| self.ensure_group(structure, parent));
        if let Some(parent) = parent {
            self.nested[parent.index()].push(number);
        }
        self.wholes.know(structure, &kind, number);
        self.by_kind.insert((structure, kind.clone()), number);
        self.places[structure.index()].groups.push(number);
        self.group_rows[number.index()] =
            Some(Group { id, structure, kind, parent, label: None, typed: None });
        number
    }
}
