//! What happened to a person and their account. A diff of this file is a change of what is stored.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::actor::RoleName;
use crate::group::Profile;
use crate::id::{ClassId, ErasureId, GroupId, PersonId, StructureId};
use crate::label::Label;
use crate::sealed::{Carries, Retention, Sealed, Subject, Visit};
use crate::{Date, Timestamp};

crate::events! {
    /// A person exists. No login yet is a state.
    Registered = "person.registered", schema 1;
    /// Names or contact data changed.
    IdentityChanged = "person.identity-changed", schema 1;
    /// Belongs to a structure.
    Attached = "person.attached", schema 1;
    /// Belongs to a structure no longer.
    Detached = "person.detached", schema 1;
    /// Is in a class.
    ClassJoined = "person.class-joined", schema 1;
    /// Is in a class no longer.
    ClassLeft = "person.class-left", schema 1;
    /// Is in a teaching group.
    TeachingGroupJoined = "person.teaching-group-joined", schema 1;
    /// Is in a teaching group no longer.
    TeachingGroupLeft = "person.teaching-group-left", schema 1;
    /// A pupil's levels in a structure.
    LevelsSet = "person.levels-set", schema 1;
    /// Holds a function.
    FunctionGiven = "person.function-given", schema 1;
    /// Holds a function no longer.
    FunctionTaken = "person.function-taken", schema 1;
    /// Is head teacher of a class.
    HeadTeacherNamed = "person.head-teacher-named", schema 1;
    /// Is head teacher of a class no longer.
    HeadTeacherEnded = "person.head-teacher-ended", schema 1;
    /// A relative has a child.
    ChildLinked = "person.child-linked", schema 1;
    /// A relative has a child no longer.
    ChildUnlinked = "person.child-unlinked", schema 1;
    /// Has a login.
    LoginGiven = "person.login-given", schema 1;
    /// An activation code is in force.
    CodeIssued = "person.code-issued", schema 1;
    /// The account was activated.
    Activated = "person.activated", schema 1;
    /// The password changed.
    PasswordChanged = "person.password-changed", schema 1;
    /// Signed in.
    SignedIn = "person.signed-in", schema 1;
    /// Blocked.
    Blocked = "person.blocked", schema 1;
    /// Blocked no longer.
    Unblocked = "person.unblocked", schema 1;
    /// The account was closed.
    Closed = "person.closed", schema 1;
    /// The account was opened again.
    Reopened = "person.reopened", schema 1;
    /// The feed no longer has them.
    Missing = "person.missing", schema 1;
    /// The feed has them again.
    Returned = "person.returned", schema 1;
    /// Holds a role.
    RoleGranted = "person.role-granted", schema 1;
    /// Holds a role no longer.
    RoleRevoked = "person.role-revoked", schema 1;
    /// Erased: the keys of what is known of them are destroyed.
    Erased = "person.erased", schema 1;
    /// Everything that is known of them was handed out (RGPD, article 15).
    Exported = "person.exported", schema 1;
    /// What they did was looked at, with the addresses they did it from.
    IncidentRead = "person.incident-read", schema 1;
    /// Is reached by nobody: a technical account.
    Hidden = "person.hidden", schema 1;
    /// Is reached again by whoever the rules say.
    Shown = "person.shown", schema 1;
    /// Reaches somebody by hand, whatever the rules say.
    LinkMade = "person.link-made", schema 1;
    /// That link is no more.
    LinkRemoved = "person.link-removed", schema 1;
}

/// Names and contact data; one sealed value.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Identity {
    /// `M.`, `Mme`, as the source writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub honorific: Option<String>,
    /// First name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Name in use, if another than the family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usual_name: Option<String>,
    /// Pupils only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Date>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Telephone at home, as the source writes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home_phone: Option<String>,
    /// Telephone at work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work_phone: Option<String>,
    /// Mobile telephone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobile_phone: Option<String>,
    /// Postal address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// What the source knows them by; two after a merge.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source_keys: Vec<String>,
}

/// A postal address as the source writes it; what is not there is empty.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// Number and street.
    pub street: String,
    /// Post code.
    pub post_code: String,
    /// Town.
    pub town: String,
    /// Country.
    pub country: String,
}

/// Addresses never reach a program log.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}

/// Names never reach a program log.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// Where a person's record comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Source {
    /// Academic feed, second degree.
    Aaf,
    /// Academic feed, first degree.
    Aaf1d,
    /// The three CSV files of primary schools.
    Onde,
    /// CSV files by profile.
    Csv,
    /// Timetable.
    Edt,
    /// Timetable.
    Udt,
    /// By hand.
    Manual,
}

/// Until when a record is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Availability {
    /// As long as its source has it.
    Source,
    /// Kept when the feed no longer has it.
    Permanent,
    /// Closed after this day.
    Until(Date),
}

/// Why an account is blocked; each is lifted apart (`directory.md`, Life of an account).
///
/// Blocks of a profile and access windows belong to the structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BlockCause {
    /// This person, by decision.
    Person,
    /// The account is not safe.
    Security,
}

/// A role and its scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Role {
    /// What it is.
    pub role: RoleName,
    /// The structures it is held in; empty for a role of the platform.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub structures: Vec<StructureId>,
    /// Also in all structures below, evaluated when used.
    #[serde(default)]
    pub below: bool,
}

/// A person exists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registered {
    /// Their id.
    pub person: PersonId,
    /// Their one profile.
    pub profile: Profile,
    /// Names and contact data.
    pub identity: Sealed<Identity>,
    /// Where the record comes from.
    pub source: Source,
    /// Until when it is kept.
    pub availability: Availability,
}

/// Names or contact data changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IdentityChanged {
    /// Who.
    pub person: PersonId,
    /// All of it, as it is now.
    pub identity: Sealed<Identity>,
}

/// Belongs to a structure from the first day named until the last, both included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attached {
    /// The structure.
    pub structure: StructureId,
    /// Whether it is the main one.
    pub main: bool,
    /// From this day; at once if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<Date>,
    /// Through this day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Date>,
}

impl Carries for Attached {}

macro_rules! of_structure {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $name {
            /// In this structure.
            pub structure: StructureId,
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl Carries for $name {}
    )+};
}

of_structure! {
    /// Belongs to a structure no longer; classes, groups and functions there end with it.
    Detached {}
    /// Is in a class. Relatives are not: they are in the classes of their children.
    ClassJoined {
        /// The class.
        class: ClassId,
    }
    /// Is in a class no longer.
    ClassLeft {
        /// The class.
        class: ClassId,
    }
    /// Is in a teaching group.
    TeachingGroupJoined {
        /// The group.
        group: GroupId,
    }
    /// Is in a teaching group no longer.
    TeachingGroupLeft {
        /// The group.
        group: GroupId,
    }
    /// A pupil's levels (a pupil of two levels keeps both).
    LevelsSet {
        /// All of them.
        levels: Vec<Label>,
    }
    /// Holds a function, with or without a post discipline.
    FunctionGiven {
        /// Its code.
        function: Label,
        /// Code of the post discipline.
        discipline: Option<Label>,
    }
    /// Holds a function no longer.
    FunctionTaken {
        /// Its code.
        function: Label,
        /// Code of the post discipline.
        discipline: Option<Label>,
    }
    /// Is head teacher of a class.
    HeadTeacherNamed {
        /// The class.
        class: ClassId,
    }
    /// Is head teacher of a class no longer.
    HeadTeacherEnded {
        /// The class.
        class: ClassId,
    }
}

/// A relative has a child.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChildLinked {
    /// The pupil.
    pub child: PersonId,
}

impl Carries for ChildLinked {}

/// A relative has a child no longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChildUnlinked {
    /// The pupil.
    pub child: PersonId,
}

impl Carries for ChildUnlinked {}

/// Has a login, claimed before in its own stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoginGiven {
    /// Who.
    pub person: PersonId,
    /// The login.
    pub login: Sealed<String>,
}

/// An activation code is in force; the one before it no longer is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodeIssued {
    /// Who.
    pub person: PersonId,
    /// HMAC-SHA-256 of the code under the platform's code key, hexadecimal.
    pub digest: Sealed<String>,
}

/// The account was activated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Activated {
    /// Who.
    pub person: PersonId,
    /// The argon2id verifier (PHC string).
    pub password: Sealed<String>,
    /// The version of the charter that was accepted.
    pub charter: Label,
}

/// The password changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PasswordChanged {
    /// Who.
    pub person: PersonId,
    /// The argon2id verifier (PHC string).
    pub password: Sealed<String>,
    /// Whether it must be changed at the next sign-in.
    #[serde(default)]
    pub temporary: bool,
}

/// Signed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignedIn {
    /// Who.
    pub person: PersonId,
    /// From which address.
    pub address: Sealed<String>,
}

/// Blocked for a cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Blocked {
    /// Who.
    pub person: PersonId,
    /// Why, as a cause.
    pub cause: BlockCause,
    /// The structure that did it, whom to ask.
    pub by: Option<StructureId>,
    /// When it is to be lifted by a process.
    pub until: Option<Timestamp>,
    /// Why, in words.
    pub reason: Sealed<String>,
}

/// No longer blocked for a cause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unblocked {
    /// The cause.
    pub cause: BlockCause,
}

impl Carries for Unblocked {}

macro_rules! bare {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name {}

        impl Carries for $name {}
    )+};
}

bare! {
    /// The account was closed.
    Closed
    /// The account was opened again.
    Reopened
    /// The feed no longer has them.
    Missing
    /// The feed has them again.
    Returned
    /// Everything that is known of them was handed out. Who did it, and why, stands beside it.
    Exported
}

/// What they did in a time was looked at, with the addresses they did it from. Who did it, and why, stands beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentRead {
    /// From this instant on.
    pub from: Timestamp,
    /// Before this instant.
    pub until: Timestamp,
}

impl Carries for IncidentRead {}

/// Holds a role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoleGranted {
    /// Which, and where.
    pub role: Role,
    /// Through this day.
    pub ends: Option<Date>,
}

impl Carries for RoleGranted {}

/// Erased. Who decided and why stands in the stream of the erasure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Erased {
    /// By which erasure.
    pub erasure: ErasureId,
    /// Whether what they wrote is erased too.
    pub writings: bool,
}

impl Carries for Erased {}

/// Holds a role no longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoleRevoked {
    /// Which, and where.
    pub role: Role,
}

impl Carries for RoleRevoked {}

macro_rules! sealed_identity {
    ($($name:ident . $field:ident: $retention:ident,)+) => {$(
        impl Carries for $name {
            fn each(&mut self, visit: &mut dyn Visit) {
                let subject = Subject::Identity(self.person);
                visit.field(subject, Retention::$retention, stringify!($field), 0, &mut self.$field);
            }
        }
    )+};
}

sealed_identity! {
    Registered.identity: Life,
    IdentityChanged.identity: Life,
    LoginGiven.login: Life,
    CodeIssued.digest: Life,
    Activated.password: Life,
    PasswordChanged.password: Life,
    SignedIn.address: Connection,
    Blocked.reason: Life,
}

/// Is reached by nobody (`communication.md` section 3).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hidden {}

impl Carries for Hidden {}

/// Is hidden no longer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shown {}

impl Carries for Shown {}

/// A direct link by hand (`communication.md` section 6), from whom the stream is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkMade {
    /// To whom.
    pub to: PersonId,
    /// Whether they reach back by it.
    pub both_ways: bool,
}

impl Carries for LinkMade {}

/// A direct link is no more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkRemoved {
    /// To whom it led.
    pub to: PersonId,
}

impl Carries for LinkRemoved {}
