//! What happens to bookings that somebody is to be told of (`booking.md`, Notifications).
//!
//! Invariant: it is here from the event on until the message that tells it is in the log, or a week has passed.

use domain::booking::slot::Slot;
use domain::message::{BookingNotice, Notice};
use domain::resource::{Beginning, Event, ProposalEnd};
use domain::{BookingId, Date, EventId, MessageId, PersonId, ResourceId, Timestamp};
use serde::{Deserialize, Serialize};

use super::Calendar;
use crate::world::At;

/// Whom something is to be told to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Whom {
    /// Whose booking it is, unless they did it themselves.
    Owner(PersonId),
    /// Who is notified of bookings to validate.
    Validators,
    /// Who is notified of a user's threshold.
    Managers,
}

/// Something that somebody is to be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Untold {
    /// Of which resource.
    pub resource: ResourceId,
    /// What.
    pub notice: Notice,
    /// Whom.
    pub whom: Whom,
    /// The event that says so.
    pub event: EventId,
    /// Where it stands: there is who did it.
    pub position: u64,
    /// When.
    pub at: Timestamp,
}

impl Untold {
    /// Returns the message that tells it.
    pub fn message(&self) -> MessageId {
        MessageId::derived(self.notice.command(self.event, 0), 0)
    }
}

impl Calendar {
    /// Returns what an event is to be told of, once it happened.
    pub(super) fn news(&self, at: At, event: &Event) -> Option<Untold> {
        let owner =
            |booking: BookingId| self.state.booking(booking).map(|booking| Whom::Owner(booking.owner));
        let (booking, what, whom, date) = match event {
            Event::Made(made) if made.request.is_none() && made.continues.is_none() => match made.beginning {
                Beginning::Pending => (made.booking, BookingNotice::ToValidate, Whom::Validators, None),
                Beginning::Confirmed => return None,
            },
            Event::Settled(of) if of.beginning == Beginning::Pending => {
                (of.booking, BookingNotice::ToValidate, Whom::Validators, None)
            }
            Event::Released(of) => (of.booking, BookingNotice::RequestReleased, owner(of.booking)?, None),
            Event::Validated(of) => {
                (of.booking, BookingNotice::Validated, owner(of.booking)?, of.dates.first())
            }
            Event::Refused(of) => {
                (of.booking, BookingNotice::Refused, Whom::Owner(of.owner), of.dates.first())
            }
            Event::Cancelled(of) => {
                (of.booking, BookingNotice::Cancelled, Whom::Owner(of.owner), of.dates.first())
            }
            Event::Suspended(of) => {
                (of.booking, BookingNotice::Suspended, owner(of.booking)?, of.dates.first())
            }
            Event::Resumed(of) => (of.booking, BookingNotice::Resumed, owner(of.booking)?, of.dates.first()),
            Event::Moved(of) => (of.booking, BookingNotice::Changed, owner(of.booking)?, Some(&of.date)),
            Event::Branched(of) => (of.booking, BookingNotice::Changed, owner(of.booking)?, Some(&of.from)),
            Event::Proposed(of) => (of.booking, BookingNotice::ProposalToValidate, Whom::Validators, None),
            Event::ProposalEnded(of) => match of.end {
                ProposalEnd::Refused | ProposalEnd::Impossible => {
                    (of.booking, BookingNotice::ProposalRefused, Whom::Owner(of.owner), None)
                }
                ProposalEnd::Validated => (of.booking, BookingNotice::Validated, Whom::Owner(of.owner), None),
                ProposalEnd::Withdrawn => return None,
            },
            Event::ThresholdPassed(of) => {
                let what = BookingNotice::ThresholdPassed { person: of.owner };
                (of.booking, what, Whom::Managers, None)
            }
            Event::Rezoned(of) => {
                let date = of.slots.first().map(|(date, _)| date);
                (of.booking, BookingNotice::Rezoned, owner(of.booking)?, date)
            }
            Event::Made(_)
            | Event::Settled(_)
            | Event::Withdrawn(_)
            | Event::Described(_)
            | Event::Opened(_)
            | Event::Renamed(_)
            | Event::QuantitySet(_)
            | Event::RulesSet(_)
            | Event::PeriodsSet(_)
            | Event::Closed(_)
            | Event::ClosureDeclined(_)
            | Event::ClosureLifted(_)
            | Event::Deleted(_) => return None,
        };
        let (resource, slot) = (self.id, self.slot_of(booking, date.copied()));
        let notice = Notice::Booking { resource, booking, what, slot };
        let (event, position) = (at.event, at.position.0);
        Some(Untold { resource, notice, whom, event, position, at: at.recorded_at })
    }

    /// Returns when a date is, or the first one of a booking.
    fn slot_of(&self, booking: BookingId, date: Option<Date>) -> Option<Slot> {
        let booking = self.state.booking(booking)?;
        let of = date.map_or_else(|| booking.dates.first(), |date| booking.date(date));
        of.map(|of| of.slot)
    }
}
