//! What is known of one person, structure or group.

use std::collections::BTreeMap;

use chrono::NaiveDateTime;
use domain::booking::slot::Slot;
use domain::clock::Zone;
use domain::group::{FamilyLink, GroupKind, InternalPolicy, Profile};
use domain::label::Uai;
use domain::person::{Availability, BlockCause, Identity, Role, Source};
use domain::structure::{Event as StructureEvent, OnClosure, Period};
use domain::{ClassId, ClosureId, Date, EventId, GroupId, Label, PersonId, Sealed, StructureId, Timestamp};

use crate::dense::{GroupNo, PersonNo, StructureNo};
use crate::world::{At, Impossible};

/// A person, as their events left them.
#[derive(Debug, Clone, PartialEq)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// Their one profile.
    pub profile: Profile,
    /// Names and contact data; none once erased.
    pub identity: Option<Identity>,
    /// Where the record comes from.
    pub source: Source,
    /// Until when it is kept.
    pub availability: Availability,
    /// One for each structure, in the order of structure numbers; see [`Attachment`].
    pub attachments: Vec<Attachment>,
    /// Children of a relative, in the order of numbers.
    pub children: Vec<PersonNo>,
    /// The login, if one was given and not erased.
    pub login: Option<String>,
    /// Whether the account was ever activated.
    pub activated: bool,
    /// Whether the account is closed.
    pub closed: bool,
    /// Blocks in force, one for each cause.
    pub blocks: Vec<Block>,
    /// Roles held, with the last day of each.
    pub roles: Vec<(Role, Option<Date>)>,
    /// Whether the feed no longer has them.
    pub missing: bool,
    /// Whether they were erased: nothing personal is known any more.
    pub erased: bool,
    /// The day of the last sign-in, where they are at home.
    pub last_sign_in: Option<Date>,
}

/// Where an account is in its life; blocks are apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccountState {
    /// Never activated.
    Inactive,
    /// Activated.
    Active,
    /// Closed.
    Closed,
}

impl Person {
    /// Returns where the account is in its life.
    pub fn account(&self) -> AccountState {
        match (self.closed, self.activated) {
            (true, _) => AccountState::Closed,
            (false, true) => AccountState::Active,
            (false, false) => AccountState::Inactive,
        }
    }

    /// Returns the attachment to a structure, in force or not.
    pub fn attachment(&self, structure: StructureNo) -> Option<&Attachment> {
        self.attachments.iter().find(|attachment| attachment.structure == structure)
    }

    /// Returns the main attachment, the first if none is.
    pub fn main(&self) -> Option<&Attachment> {
        self.attachments.iter().find(|attachment| attachment.main).or(self.attachments.first())
    }

    pub(super) fn attachment_mut(&mut self, structure: StructureNo) -> Option<&mut Attachment> {
        self.attachments.iter_mut().find(|attachment| attachment.structure == structure)
    }
}

/// A person belongs to a structure. Small sorted lists: most hold nothing or one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The structure.
    pub structure: StructureNo,
    /// Whether it is the main one.
    pub main: bool,
    /// From this day; at once if none.
    pub starts: Option<Date>,
    /// Through this day.
    pub ends: Option<Date>,
    /// Classes; a relative has none of their own.
    pub classes: Vec<ClassId>,
    /// Classes they are head teacher of.
    pub head_teacher: Vec<ClassId>,
    /// Teaching groups.
    pub teaching_groups: Vec<GroupId>,
    /// Functions, with or without a post discipline.
    pub functions: Vec<(Label, Option<Label>)>,
    /// A pupil's levels.
    pub levels: Vec<Label>,
}

/// A block in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Why.
    pub cause: BlockCause,
    /// The structure that did it, whom to ask.
    pub by: Option<StructureId>,
    /// When a process is to lift it.
    pub until: Option<Timestamp>,
}

/// A structure.
#[derive(Debug, Clone, PartialEq)]
pub struct Structure {
    /// Its id.
    pub id: StructureId,
    /// Its code.
    pub uai: Option<Uai>,
    /// Its name.
    pub name: Label,
    /// The structure above it.
    pub parent: Option<StructureNo>,
    /// Where its days begin.
    pub zone: Zone,
    /// Its policy of internal communication.
    pub policy: InternalPolicy,
    /// How relatives and their children without a class are linked.
    pub family: FamilyLink,
    /// Its classes, closed ones too.
    pub classes: BTreeMap<ClassId, Class>,
    /// The first day a profile may sign in.
    pub windows: BTreeMap<Profile, Date>,
    /// Profiles kept out, until when.
    pub blocks: BTreeMap<Profile, Option<Timestamp>>,
    /// The periods of its day, and when it is closed for some time.
    pub timetable: Timetable,
    /// Whether it is closed: nobody's attachment to it is in force.
    pub closed: bool,
}

/// The hours of a structure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timetable {
    /// The periods of its day, in their order.
    pub periods: Vec<Period>,
    /// When it is closed, past times too; not those that were lifted.
    pub closures: BTreeMap<ClosureId, Closure>,
}

/// A time when a structure is closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closure {
    /// What a clock there shows at its beginning.
    pub from: NaiveDateTime,
    /// What a clock there shows at its end.
    pub to: NaiveDateTime,
    /// The instants.
    pub slot: Slot,
    /// What becomes of bookings in its way.
    pub way: OnClosure,
    /// Why, as it stands in the log.
    pub what: Sealed<String>,
    /// The event that made it, by which that is opened.
    pub event: EventId,
}

impl Timetable {
    /// Applies one event about hours; any other changes nothing.
    pub(super) fn apply(&mut self, at: At, event: &StructureEvent) -> Result<(), Impossible> {
        if let StructureEvent::PeriodsSet(set) = event {
            self.periods.clone_from(&set.periods);
        }
        if let StructureEvent::ClosureMade(made) = event {
            let (slot, what) = (Slot { start: made.start, end: made.end }, made.what.clone());
            let (from, to, way, event) = (made.from, made.to, made.way, at.event);
            self.closures.insert(made.closure, Closure { from, to, slot, way, what, event });
        }
        if let StructureEvent::ClosureLifted(lifted) = event
            && self.closures.remove(&lifted.closure).is_none()
        {
            return Err(Impossible::here(at, format!("{:?} is lifted that is not there", lifted.closure)));
        }
        Ok(())
    }
}

/// A class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// Its name.
    pub name: Label,
    /// Whether it is open.
    pub open: bool,
}

/// A group of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Whose it is.
    pub structure: StructureNo,
    /// What it is; names of classes are in the structure's row.
    pub kind: GroupKind,
    /// The group it is nested in.
    pub parent: Option<GroupNo>,
    /// The name of a teaching group in its feed.
    pub label: Option<Label>,
    /// The name somebody typed; none once erased.
    pub typed: Option<String>,
}

/// Puts `value` into a sorted list, once.
pub(super) fn add<T: Ord>(list: &mut Vec<T>, value: T) {
    if let Err(place) = list.binary_search(&value) {
        insert(list, place, value);
    }
}

/// Puts `value` into a list that has few: room is made for a quarter more, not for four times as many.
pub(super) fn insert<T>(list: &mut Vec<T>, place: usize, value: T) {
    if list.len() == list.capacity() {
        list.reserve_exact(1 + list.len() / 4);
    }
    list.insert(place, value);
}

/// Takes `value` out of a sorted list.
pub(super) fn take<T: Ord>(list: &mut Vec<T>, value: &T) {
    if let Ok(place) = list.binary_search(value) {
        list.remove(place);
    }
}
