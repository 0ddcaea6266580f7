//! What happens to a resource and its bookings, as it is stored. A diff of this file is a change of what is stored.
//!
//! A date of a series is named by the local day on which it was to begin; that stays its name when it is moved.

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};

use crate::Date;
use crate::booking::recurrence::Rule;
use crate::booking::slot::Slot;
use crate::clock::Zone;
use crate::id::{
    BookingId, BookingRequestId, ClosureId, DomainId, GrantId, GroupId, PersonId, ResourceId, StructureId,
};
use crate::sealed::{Carries, Retention, Sealed, Subject, Visit};

pub use super::rules::{Overridable, Rules};
pub use crate::structure::{OnClosure, Period};

crate::events! {
    /// A resource can be booked.
    Opened = "resource.opened", schema 1;
    /// It has another name.
    Renamed = "resource.renamed", schema 1;
    /// There are more or fewer of it.
    QuantitySet = "resource.quantity-set", schema 1;
    /// Its rules are others.
    RulesSet = "resource.rules-set", schema 1;
    /// The named periods of its structure, as they are now.
    PeriodsSet = "resource.periods-set", schema 1;
    /// It is closed for a time.
    Closed = "resource.closed", schema 1;
    /// A closure was not made, because of what is booked.
    ClosureDeclined = "resource.closure-declined", schema 1;
    /// A closure is no more.
    ClosureLifted = "resource.closure-lifted", schema 1;
    /// It is no more.
    Deleted = "resource.deleted", schema 1;
    /// Somebody booked it, once or as a series.
    Made = "booking.made", schema 1;
    /// It was held together with others, and is a booking now.
    Settled = "booking.settled", schema 1;
    /// It was held together with others, one of which refused.
    Released = "booking.released", schema 1;
    /// Somebody who may said yes.
    Validated = "booking.validated", schema 1;
    /// Somebody who may said no, or it became impossible.
    Refused = "booking.refused", schema 1;
    /// Its owner took it back before anybody answered.
    Withdrawn = "booking.withdrawn", schema 1;
    /// It was given up.
    Cancelled = "booking.cancelled", schema 1;
    /// It no longer fits; nothing is lost.
    Suspended = "booking.suspended", schema 1;
    /// It fits again.
    Resumed = "booking.resumed", schema 1;
    /// One date of it is at another time.
    Moved = "booking.moved", schema 1;
    /// From a date on it goes on as another booking.
    Branched = "booking.branched", schema 1;
    /// What it is for was said another way.
    Described = "booking.described", schema 1;
    /// A change waits for somebody who may; until then nothing changes.
    Proposed = "booking.proposed", schema 1;
    /// A change that waited will not be made.
    ProposalEnded = "booking.proposal-ended", schema 1;
    /// Its owner has booked more than the threshold.
    ThresholdPassed = "booking.threshold-passed", schema 1;
    /// Rules of time zones changed, and with them the instants of dates to come.
    Rezoned = "series.rezoned", schema 1;
}

/// A resource can be booked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    /// Which.
    pub resource: ResourceId,
    /// The domain it is in.
    pub domain: DomainId,
    /// The structure of the domain.
    pub structure: StructureId,
    /// Where its hours are.
    pub zone: Zone,
    /// What it is called.
    pub name: Sealed<String>,
    /// How much of it there is: one room, thirty tablets.
    pub quantity: u32,
}

impl Carries for Opened {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Structure(self.structure), Retention::Life, "name", 0, &mut self.name);
    }
}

/// It has another name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Renamed {
    /// The structure whose name it is.
    pub structure: StructureId,
    /// What it is called.
    pub name: Sealed<String>,
}

impl Carries for Renamed {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Structure(self.structure), Retention::Life, "name", 0, &mut self.name);
    }
}

/// There are more or fewer of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuantitySet {
    /// How much of it there is.
    pub quantity: u32,
}

impl Carries for QuantitySet {}

/// Its rules are others: all of them, as they are now. What is booked already stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RulesSet {
    /// What they are.
    pub rules: Rules,
}

impl Carries for RulesSet {}

/// The named periods of its structure, as they are now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PeriodsSet {
    /// In the order of the day.
    pub periods: Vec<Period>,
}

impl Carries for PeriodsSet {}

/// It is closed for a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Closed {
    /// Which closure.
    pub closure: ClosureId,
    /// From when to when.
    pub slot: Slot,
    /// What it does with what is booked.
    pub in_the_way: OnClosure,
    /// Whether it is one of the structure: whoever lifts it lifts it there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_structure: bool,
}

impl Carries for Closed {}

/// A closure was not made, because of what is booked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClosureDeclined {
    /// Which closure.
    pub closure: ClosureId,
    /// How many dates are in its way.
    pub in_the_way: u32,
    /// Whether it is one of the structure.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub of_structure: bool,
}

impl Carries for ClosureDeclined {}

/// A closure is no more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClosureLifted {
    /// Which.
    pub closure: ClosureId,
}

impl Carries for ClosureLifted {}

/// It is no more. What was booked before stays for statistics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deleted {}

impl Carries for Deleted {}

/// What a booking is when it is made; with a request, what it becomes once all of the request is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Beginning {
    /// Waits for somebody who validates.
    Pending,
    /// Valid at once.
    Confirmed,
}

/// When a booking is: its first slot as a clock on the wall shows it, its rule, and the instants that gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct When {
    /// Where the clock hangs.
    pub zone: Zone,
    /// What it shows at the beginning of the first slot.
    pub start: NaiveDateTime,
    /// What it shows at its end.
    pub end: NaiveDateTime,
    /// How it goes on, if it is a series.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// Days on which the rule gives a date and the series has none: in the gap of spring, or taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<Date>,
    /// The name of the first date there is, if it is not the day of `start`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// Its instants.
    pub first: Slot,
    /// The other slots: days after the first one, minutes after its start, length in minutes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<(u32, u32, u32)>,
}

/// Somebody booked it, once or as a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// Which booking.
    pub booking: BookingId,
    /// Whose.
    pub owner: PersonId,
    /// How much of the resource.
    pub quantity: u32,
    /// When.
    pub when: Box<When>,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Sealed<String>>,
    /// What it is at first, or is to become.
    pub beginning: Beginning,
    /// The grant its author relied on; none for an administrator of the structure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<GrantId>,
    /// The request it is a part of: it is held until all of that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<BookingRequestId>,
    /// Minutes kept free before and after each date.
    #[serde(default, skip_serializing_if = "super::rules::none_kept")]
    pub buffer: (u32, u32),
    /// Whether its slot stays free to others while it waits.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leaves_free: bool,
    /// Rules that were passed over, for the reason beside the event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<Overridable>,
    /// The booking it goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<BookingId>,
    /// The groups whose shared quotas it counts for: its owner was in them when it was made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counts_for: Vec<GroupId>,
}

impl Carries for Made {
    fn each(&mut self, visit: &mut dyn Visit) {
        if let Some(purpose) = &mut self.purpose {
            visit.field(Subject::Identity(self.owner), Retention::Life, "purpose", 0, purpose);
        }
    }
}

/// It was held together with others, and is a booking now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settled {
    /// Which.
    pub booking: BookingId,
    /// What it is from now on.
    pub beginning: Beginning,
}

impl Carries for Settled {}

/// It was held together with others, one of which refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Released {
    /// Which.
    pub booking: BookingId,
}

impl Carries for Released {}

/// Somebody who may said yes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Validated {
    /// Which.
    pub booking: BookingId,
    /// Which dates; all that waited if empty. Not of a change that waited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dates: Vec<Date>,
}

impl Carries for Validated {}

/// Why the platform did something to a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// A closure.
    Closure(ClosureId),
    /// There are fewer of the resource.
    Quantity,
    /// Another booking was validated.
    Rival(BookingId),
    /// The resource is no more.
    Deleted,
    /// Rules of time zones changed.
    Zone,
}

/// Somebody who may said no, or it became impossible.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// Which.
    pub booking: BookingId,
    /// Whose: the reason is about them.
    pub owner: PersonId,
    /// Which dates; all that were open if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dates: Vec<Date>,
    /// Why, if the platform did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<Because>,
    /// Why, in somebody's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Sealed<String>>,
}

impl Carries for Refused {
    fn each(&mut self, visit: &mut dyn Visit) {
        if let Some(reason) = &mut self.reason {
            visit.field(Subject::Identity(self.owner), Retention::Life, "reason", 0, reason);
        }
    }
}

/// It was given up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cancelled {
    /// Which.
    pub booking: BookingId,
    /// Whose: the reason is about them.
    pub owner: PersonId,
    /// Which dates; all that were open if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dates: Vec<Date>,
    /// Why, if the platform did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<Because>,
    /// Why, in somebody's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Sealed<String>>,
}

impl Carries for Cancelled {
    fn each(&mut self, visit: &mut dyn Visit) {
        if let Some(reason) = &mut self.reason {
            visit.field(Subject::Identity(self.owner), Retention::Life, "reason", 0, reason);
        }
    }
}

/// Its owner took it back before anybody answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Withdrawn {
    /// Which.
    pub booking: BookingId,
    /// Which dates; all that waited if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dates: Vec<Date>,
}

impl Carries for Withdrawn {}

/// It no longer fits; nothing is lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suspended {
    /// Which.
    pub booking: BookingId,
    /// Which dates.
    pub dates: Vec<Date>,
    /// Why.
    pub because: Because,
}

impl Carries for Suspended {}

/// It fits again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resumed {
    /// Which.
    pub booking: BookingId,
    /// Which dates.
    pub dates: Vec<Date>,
}

impl Carries for Resumed {}

/// One date of it is at another time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// Which.
    pub booking: BookingId,
    /// The date, by its name.
    pub date: Date,
    /// How much of the resource, from now on.
    pub quantity: u32,
    /// What a clock on the wall shows at its beginning.
    pub start: NaiveDateTime,
    /// What it shows at its end.
    pub end: NaiveDateTime,
    /// The instants that gave.
    pub slot: Slot,
    /// Rules that were passed over, for the reason beside the event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed: Vec<Overridable>,
}

impl Carries for Moved {}

/// From a date on it goes on as another booking, which is made by the event after this one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Branched {
    /// Which.
    pub booking: BookingId,
    /// The first date that is no more of it.
    pub from: Date,
    /// Its rule until there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// The booking it goes on as.
    pub into: BookingId,
}

impl Carries for Branched {}

/// What it is for was said another way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Described {
    /// Which.
    pub booking: BookingId,
    /// Whose.
    pub owner: PersonId,
    /// What for.
    pub purpose: Sealed<String>,
}

impl Carries for Described {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Identity(self.owner), Retention::Life, "purpose", 0, &mut self.purpose);
    }
}

/// A change that waits: what will be written once somebody says yes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// One date goes to another time.
    Move(Moved),
    /// From a date on it goes on as another booking.
    Branch(Branched, Box<Made>),
}

/// A change waits for somebody who may; until then nothing changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposed {
    /// Of which booking.
    pub booking: BookingId,
    /// What.
    pub change: Change,
}

impl Carries for Proposed {
    fn each(&mut self, visit: &mut dyn Visit) {
        match &mut self.change {
            Change::Move(_) => {}
            Change::Branch(_, made) => made.each(visit),
        }
    }
}

/// Why a change that waited will not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProposalEnd {
    /// It was made: the events that stand beside this one say so.
    Validated,
    /// Somebody who may said no.
    Refused,
    /// Its owner took it back, or asked for another.
    Withdrawn,
    /// It became impossible.
    Impossible,
}

/// A change that waited will not wait any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProposalEnded {
    /// Of which booking.
    pub booking: BookingId,
    /// Whose: the reason is about them.
    pub owner: PersonId,
    /// How.
    pub end: ProposalEnd,
    /// Why, in somebody's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Sealed<String>>,
}

impl Carries for ProposalEnded {
    fn each(&mut self, visit: &mut dyn Visit) {
        if let Some(reason) = &mut self.reason {
            visit.field(Subject::Identity(self.owner), Retention::Life, "reason", 0, reason);
        }
    }
}

/// Its owner has booked more than the threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThresholdPassed {
    /// The booking that passed it.
    pub booking: BookingId,
    /// Who.
    pub owner: PersonId,
    /// How much they have booked in the period of the threshold, in its unit.
    pub booked: u32,
}

impl Carries for ThresholdPassed {}

/// Rules of time zones changed, and with them the instants of dates to come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rezoned {
    /// Which booking.
    pub booking: BookingId,
    /// Each date with its instants from now on.
    pub slots: Vec<(Date, Slot)>,
}

impl Carries for Rezoned {}

impl Event {
    /// Returns the booking that an event is of; none if it is of the resource alone.
    pub fn booking(&self) -> Option<BookingId> {
        match self {
            Self::Opened(_)
            | Self::Renamed(_)
            | Self::QuantitySet(_)
            | Self::RulesSet(_)
            | Self::PeriodsSet(_)
            | Self::Closed(_)
            | Self::ClosureDeclined(_)
            | Self::ClosureLifted(_)
            | Self::Deleted(_) => None,
            Self::Made(of) => Some(of.booking),
            Self::Settled(of) => Some(of.booking),
            Self::Released(of) => Some(of.booking),
            Self::Validated(of) => Some(of.booking),
            Self::Refused(of) => Some(of.booking),
            Self::Withdrawn(of) => Some(of.booking),
            Self::Cancelled(of) => Some(of.booking),
            Self::Suspended(of) => Some(of.booking),
            Self::Resumed(of) => Some(of.booking),
            Self::Moved(of) => Some(of.booking),
            Self::Branched(of) => Some(of.booking),
            Self::Described(of) => Some(of.booking),
            Self::Proposed(of) => Some(of.booking),
            Self::ProposalEnded(of) => Some(of.booking),
            Self::ThresholdPassed(of) => Some(of.booking),
            Self::Rezoned(of) => Some(of.booking),
        }
    }
}
