//! How what comes from the events is written down in a snapshot.

use chrono::{DateTime, Datelike as _, NaiveDate};
use domain::actor::RoleName;
use domain::booking::slot::Slot;
use domain::clock::Zone;
use domain::contents::What as Opened;
use domain::erasure::What;
use domain::group::{Fact, FamilyLink, GroupKind, InternalPolicy, Profile};
use domain::label::Uai;
use domain::message::{Field, Replies};
use domain::person::{Address, Availability, BlockCause, Identity, Role, Source};
use domain::{
    BookingId, ClassId, ClosureId, ContentRequestId, Date, DomainId, ErasureId, EventId, FavouriteId, FeedId,
    GrantId, GroupId, Label, MessageId, PersonId, ResourceId, RuleId, RuleRequestId, Sealed, StructureId,
    Timestamp,
};
use eventlog::Position;

use super::bytes::{Stored, coded, stored, text};
use crate::contents::{ContentRequest, Reading, State as ContentState};
use crate::erasures::{Erasure, State};
use crate::favourites::{Favourite, Favourites};
use crate::feeds::{Feed, Feeds};

macro_rules! ids {
    ($($name:ident)+) => {$(
        impl Stored for $name {
            fn put(&self, to: &mut Vec<u8>) {
                self.to_u128().put(to);
            }

            fn get(from: &mut &[u8]) -> Option<Self> {
                u128::get(from).map(Self::from_u128)
            }
        }
    )+};
}

ids! {
    BookingId ClassId ClosureId ContentRequestId DomainId ErasureId EventId FavouriteId FeedId GrantId GroupId MessageId PersonId ResourceId RuleId
    RuleRequestId StructureId
}

coded! {
    Profile { Teacher = 0, Staff = 1, Student = 2, Relative = 3, Guest = 4 }
    Fact { Uses = 0, Exposes = 1, Internal = 2 }
    InternalPolicy { Implied = 0, Explicit = 1 }
    Field { To = 0, Cc = 1, Bcc = 2 }
    Replies { All = 0, Sender = 1, None = 2 }
    RoleName {
        User = 0,
        LocalAdministrator = 1,
        PlatformAdministrator = 2,
        Auditor = 3,
        ContentApprover = 4,
        DataProtectionOfficer = 5,
    }
    BlockCause { Person = 0, Security = 1 }
    Source { Aaf = 0, Aaf1d = 1, Onde = 2, Csv = 3, Edt = 4, Udt = 5, Manual = 6 }
}

stored! {
    Erasure { id, what, by, requested_at, position, event, reason, state }
    ContentRequest { id, what, by, requested_at, ends, position, event, reason, state, readings, last }
    Reading { message, at }
    Favourites { all, of }
    Feeds { all, of, by_digest }
    Feed { id, owner, of, digest, last_day, opened_at }
    Favourite { id, owner, name, event, people, groups }
    Slot { start, end }
    FamilyLink { to_child, to_relative }
    Role { role, structures, below }
    Address { street, post_code, town, country }
    Identity {
        honorific,
        first_name,
        last_name,
        usual_name,
        birth_date,
        email,
        home_phone,
        work_phone,
        mobile_phone,
        address,
        source_keys,
    }
}

impl Stored for Position {
    fn put(&self, to: &mut Vec<u8>) {
        self.0.put(to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        u64::get(from).map(Self)
    }
}

impl Stored for Timestamp {
    fn put(&self, to: &mut Vec<u8>) {
        self.timestamp_millis().put(to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        DateTime::from_timestamp_millis(i64::get(from)?)
    }
}

impl Stored for Date {
    fn put(&self, to: &mut Vec<u8>) {
        i64::from(self.num_days_from_ce()).put(to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        NaiveDate::from_num_days_from_ce_opt(i64::get(from)?.try_into().ok()?)
    }
}

impl Stored for Label {
    fn put(&self, to: &mut Vec<u8>) {
        super::bytes::put_length(self.as_str().len(), to);
        to.extend_from_slice(self.as_str().as_bytes());
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        Self::parse(text(from)?).ok()
    }
}

impl Stored for Uai {
    fn put(&self, to: &mut Vec<u8>) {
        self.as_str().to_owned().put(to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        Self::parse(text(from)?).ok()
    }
}

impl Stored for Zone {
    fn put(&self, to: &mut Vec<u8>) {
        self.name().to_owned().put(to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        Self::parse(text(from)?).ok()
    }
}

impl Stored for Availability {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Source => to.push(0),
            Self::Permanent => to.push(1),
            Self::Until(day) => {
                to.push(2);
                day.put(to);
            }
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        match u8::get(from)? {
            0 => Some(Self::Source),
            1 => Some(Self::Permanent),
            2 => Date::get(from).map(Self::Until),
            _ => None,
        }
    }
}

impl Stored for GroupKind {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Profile(profile) => tagged(0, profile, to),
            Self::Class(class, profile) => tagged(1, &(*class, *profile), to),
            Self::HeadTeacher(class) => tagged(2, class, to),
            Self::Direction => to.push(3),
            Self::Function(code) => tagged(4, code, to),
            Self::Discipline(code) => tagged(5, code, to),
            Self::Subject(code) => tagged(6, code, to),
            Self::Level(level, profile) => {
                tagged(7, level, to);
                profile.put(to);
            }
            Self::Teaching(group) => tagged(8, group, to),
            Self::Free(group) => tagged(9, group, to),
            Self::BroadcastList(group) => tagged(10, group, to),
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        Some(match u8::get(from)? {
            0 => Self::Profile(Stored::get(from)?),
            1 => Self::Class(Stored::get(from)?, Stored::get(from)?),
            2 => Self::HeadTeacher(Stored::get(from)?),
            3 => Self::Direction,
            4 => Self::Function(Stored::get(from)?),
            5 => Self::Discipline(Stored::get(from)?),
            6 => Self::Subject(Stored::get(from)?),
            7 => Self::Level(Stored::get(from)?, Stored::get(from)?),
            8 => Self::Teaching(Stored::get(from)?),
            9 => Self::Free(Stored::get(from)?),
            10 => Self::BroadcastList(Stored::get(from)?),
            _ => return None,
        })
    }
}

impl Stored for What {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Person { person, writings } => {
                tagged(0, person, to);
                writings.put(to);
            }
            Self::Message { message, author } => {
                tagged(1, message, to);
                author.put(to);
            }
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        match u8::get(from)? {
            0 => Some(Self::Person { person: Stored::get(from)?, writings: Stored::get(from)? }),
            1 => Some(Self::Message { message: Stored::get(from)?, author: Stored::get(from)? }),
            _ => None,
        }
    }
}

impl Stored for State {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Asked => to.push(0),
            Self::Declined { by, at } => {
                tagged(1, by, to);
                at.put(to);
            }
            Self::Confirmed { by, at, done } => {
                tagged(2, by, to);
                at.put(to);
                done.put(to);
            }
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        match u8::get(from)? {
            0 => Some(Self::Asked),
            1 => Some(Self::Declined { by: Stored::get(from)?, at: Stored::get(from)? }),
            2 => Some(Self::Confirmed {
                by: Stored::get(from)?,
                at: Stored::get(from)?,
                done: Stored::get(from)?,
            }),
            _ => None,
        }
    }
}

impl Stored for Opened {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Message { message, author } => {
                tagged(0, message, to);
                author.put(to);
            }
            Self::Thread { thread, author } => {
                tagged(1, thread, to);
                author.put(to);
            }
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        match u8::get(from)? {
            0 => Some(Self::Message { message: Stored::get(from)?, author: Stored::get(from)? }),
            1 => Some(Self::Thread { thread: Stored::get(from)?, author: Stored::get(from)? }),
            _ => None,
        }
    }
}

impl Stored for ContentState {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Asked => to.push(0),
            Self::Declined { by, at } => {
                tagged(1, by, to);
                at.put(to);
            }
            Self::Approved { by, at } => {
                tagged(2, by, to);
                at.put(to);
            }
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        match u8::get(from)? {
            0 => Some(Self::Asked),
            1 => Some(Self::Declined { by: Stored::get(from)?, at: Stored::get(from)? }),
            2 => Some(Self::Approved { by: Stored::get(from)?, at: Stored::get(from)? }),
            _ => None,
        }
    }
}

pub(super) fn tagged(tag: u8, value: &impl Stored, to: &mut Vec<u8>) {
    to.push(tag);
    value.put(to);
}

/// As it stands in the log, or erased. What is open is for [`super::names`], and is never written here.
impl Stored for Sealed<String> {
    fn put(&self, to: &mut Vec<u8>) {
        let shut = match self {
            Self::Shut(text) => Some(String::from(&**text)),
            Self::Open(_) | Self::Erased => None,
        };
        shut.put(to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        let shut = Option::<String>::get(from)?;
        Some(shut.map_or(Self::Erased, |text| Self::Shut(text.into())))
    }
}
