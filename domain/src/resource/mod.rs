//! A resource, its rules and its bookings: one stream (`booking.md`, A booking).
//!
//! Invariants:
//! - At no instant is more of it confirmed or held than there is.
//! - What no longer fits is suspended, refused or cancelled by an event with its reason; nothing is lost.
//! - Whatever a zone, a rule of recurrence or a policy gave stands in the event that says so: `evolve` computes nothing.

mod book;
mod change;
mod end;
mod event;
mod fit;
mod giving;
mod packed;
pub mod rules;
mod state;
#[cfg(test)]
mod tests;
mod when;

pub use book::Book;
pub use change::{Change as ChangeBooking, Scope};
pub use end::{Answer, Cancel, Which};
pub use event::*;
pub use rules::{Broken, Limit, Notice, Opening, Per, Quota, Rule, Unit};
pub use state::{Booking, Life, OfDate, Resource, Standing};

use crate::booking::recurrence;
use crate::booking::role::Role;
use crate::booking::slot::{NotASlot, Slot};
use crate::clock::Zone;
use crate::id::{BookingId, ClosureId, DomainId, GrantId, PersonId, ResourceId, StructureId};
use crate::{Decider, Timestamp};

/// Who acts on a resource, and as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct By {
    /// Who.
    pub person: PersonId,
    /// Looked up: their role.
    pub role: Role,
    /// Looked up: the grant that gives it; none for an administrator of the structure.
    pub grant: Option<GrantId>,
}

/// What may be asked of a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Let it be booked.
    Open(Open),
    /// Call it another way.
    Rename {
        /// What.
        name: String,
    },
    /// Say how much of it there is.
    SetQuantity {
        /// How much.
        quantity: u32,
        /// The instant.
        now: Timestamp,
    },
    /// Replace its rules.
    SetRules(Box<Rules>),
    /// Say what the periods of its structure are.
    SetPeriods {
        /// In the order of the day.
        periods: Vec<Period>,
    },
    /// Close it for a time.
    Close {
        /// Which closure.
        closure: ClosureId,
        /// From when to when.
        slot: Slot,
        /// What becomes of what is booked.
        in_the_way: OnClosure,
        /// Whether it is one of the structure.
        of_structure: bool,
        /// The instant.
        now: Timestamp,
    },
    /// Lift a closure.
    Lift {
        /// Which.
        closure: ClosureId,
        /// The instant.
        now: Timestamp,
    },
    /// Delete it.
    Delete {
        /// Whether what is booked from now on is cancelled, and why.
        cancel_future: Option<String>,
        /// The instant.
        now: Timestamp,
    },
    /// Book it.
    Book(Box<Book>),
    /// Make a booking of what was held.
    Settle {
        /// Which.
        booking: BookingId,
    },
    /// Give back what was held.
    Release {
        /// Which.
        booking: BookingId,
    },
    /// Say yes to what waits.
    Validate(Answer),
    /// Say no to what waits.
    Refuse(Answer),
    /// Give it up, or take back what waits.
    Cancel(Cancel),
    /// Change when it is, or how much.
    Change(Box<ChangeBooking>),
    /// Take back a change that waits.
    WithdrawProposal {
        /// Of which booking.
        booking: BookingId,
        /// Who.
        by: By,
    },
    /// Say another way what it is for.
    Describe {
        /// Which.
        booking: BookingId,
        /// Who.
        by: By,
        /// What for.
        purpose: String,
    },
    /// Look whether rules of zones changed.
    Rezone {
        /// The instant.
        now: Timestamp,
    },
}

/// Let a resource be booked.
#[derive(Debug, Clone, PartialEq)]
pub struct Open {
    /// Which.
    pub resource: ResourceId,
    /// In which domain.
    pub domain: DomainId,
    /// Of which structure.
    pub structure: StructureId,
    /// Its zone.
    pub zone: Zone,
    /// What it is called.
    pub name: String,
    /// How much of it there is.
    pub quantity: u32,
    /// Looked up: the periods of the structure.
    pub periods: Vec<Period>,
    /// Looked up: when the structure is closed.
    pub closures: Vec<(ClosureId, Slot)>,
}

/// Why something may not happen to a resource. Its text is its code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such resource.
    #[error("resource.unknown")]
    Unknown,
    /// It is no more.
    #[error("resource.deleted")]
    Deleted,
    /// It has no name, or one of more than 100 characters.
    #[error("resource.name-unfit")]
    NameUnfit,
    /// There is none of it, or more than a million.
    #[error("resource.quantity-unfit")]
    QuantityUnfit,
    /// A rule cannot be kept; the field says which.
    #[error("resource.rules-unfit")]
    RulesUnfit(&'static str),
    /// It is booked in times to come.
    #[error("resource.booked")]
    Booked {
        /// How many dates.
        dates: u32,
    },
    /// There is no such booking.
    #[error("booking.unknown")]
    UnknownBooking,
    /// It has no such date.
    #[error("booking.no-such-date")]
    NoSuchDate,
    /// The role does not allow it.
    #[error("booking.role-too-low")]
    RoleTooLow,
    /// Only moderators and managers pass over rules.
    #[error("booking.may-not-override")]
    MayNotOverride,
    /// It needs a reason.
    #[error("booking.reason-required")]
    ReasonRequired,
    /// At least one is booked.
    #[error("booking.no-quantity")]
    NoQuantity,
    /// The slot is none.
    #[error(transparent)]
    NotASlot(#[from] NotASlot),
    /// The series is none.
    #[error(transparent)]
    Series(#[from] recurrence::Refusal),
    /// Rules of the resource are broken: all of them are told.
    #[error("booking.rules-broken")]
    Broken(Vec<Broken>),
    /// Nothing of it waits.
    #[error("booking.nothing-waits")]
    NothingWaits,
    /// It is not held.
    #[error("booking.not-held")]
    NotHeld,
    /// It ended: refused, withdrawn or cancelled.
    #[error("booking.ended")]
    Ended,
    /// What has begun is not changed.
    #[error("booking.begun")]
    Begun,
    /// Its owner may not book here any more.
    #[error("booking.owner-may-not")]
    OwnerMayNot,
    /// It is no series.
    #[error("booking.no-series")]
    NoSeries,
}

/// What a decision is here.
pub(crate) type Decision = Result<Vec<Event>, Refusal>;

impl Decider for Resource {
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(&self, command: Command) -> Decision {
        match command {
            Command::Open(open) => self.open(open),
            Command::Rename { name } => self.rename(name),
            Command::SetQuantity { quantity, now } => self.set_quantity(quantity, now),
            Command::SetRules(rules) => self.set_rules(*rules),
            Command::SetPeriods { periods } => self.set_periods(periods),
            Command::Close { closure, slot, in_the_way, of_structure, now } => {
                self.close(Closed { closure, slot, in_the_way, of_structure }, now)
            }
            Command::Lift { closure, now } => self.lift(closure, now),
            Command::Delete { cancel_future, now } => self.delete(cancel_future, now),
            Command::Book(book) => self.book(*book),
            Command::Settle { booking } => self.settle(booking),
            Command::Release { booking } => Ok(self.release(booking)),
            Command::Validate(answer) => self.validate(answer),
            Command::Refuse(answer) => self.refuse(answer),
            Command::Cancel(cancel) => self.cancel(cancel),
            Command::Change(change) => self.change(*change),
            Command::WithdrawProposal { booking, by } => self.withdraw_proposal(booking, by),
            Command::Describe { booking, by, purpose } => self.describe(booking, by, purpose),
            Command::Rezone { now } => self.rezone(now),
        }
    }

    fn evolve(mut self, event: &Event) -> Self {
        self.apply(event);
        self
    }

    const PACKS: bool = true;

    fn pack(&self) -> Option<Vec<u8>> {
        self.packed()
    }

    fn unpack(bytes: &[u8]) -> Option<Self> {
        Self::unpacked(bytes)
    }
}

impl Resource {
    fn open(&self, open: Open) -> Decision {
        let Open { resource, domain, structure, zone, name, quantity, periods, closures } = open;
        match self.life() {
            Life::None => {}
            Life::Open { .. } => return Ok(vec![]),
            Life::Deleted { .. } => return Err(Refusal::Deleted),
        }
        let name = fit_name(&name)?;
        fit_quantity(quantity)?;
        let name = name.into();
        let mut happened = vec![Opened { resource, domain, structure, zone, name, quantity }.into()];
        if !periods.is_empty() {
            happened.push(PeriodsSet { periods }.into());
        }
        let closed = closures.into_iter().map(|(closure, slot)| {
            let (in_the_way, of_structure) = (OnClosure::default(), true);
            Closed { closure, slot, in_the_way, of_structure }.into()
        });
        happened.extend(closed);
        Ok(happened)
    }

    fn rename(&self, name: String) -> Decision {
        let (_, structure) = self.opened()?;
        // Whether it is called so already nobody can know: the name is sealed.
        Ok(vec![Renamed { structure, name: fit_name(&name)?.into() }.into()])
    }

    fn set_rules(&self, rules: Rules) -> Decision {
        self.opened()?;
        rules.check().map_err(Refusal::RulesUnfit)?;
        if *self.rules() == rules { Ok(vec![]) } else { Ok(vec![RulesSet { rules }.into()]) }
    }

    fn set_periods(&self, periods: Vec<Period>) -> Decision {
        self.opened()?;
        if self.periods() == periods { Ok(vec![]) } else { Ok(vec![PeriodsSet { periods }.into()]) }
    }

    /// Returns its zone and structure, if it can be booked.
    fn opened(&self) -> Result<(Zone, StructureId), Refusal> {
        match self.life() {
            Life::None => Err(Refusal::Unknown),
            Life::Open { zone, structure, .. } => Ok((zone, structure)),
            Life::Deleted { .. } => Err(Refusal::Deleted),
        }
    }
}

fn fit_name(name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    let fits = (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if fits { Ok(name.to_owned()) } else { Err(Refusal::NameUnfit) }
}

fn fit_quantity(quantity: u32) -> Result<(), Refusal> {
    if (1..=1_000_000).contains(&quantity) { Ok(()) } else { Err(Refusal::QuantityUnfit) }
}
