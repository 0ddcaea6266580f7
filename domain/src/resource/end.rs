//! Saying yes or no to what waits, and giving up what was booked.

use std::collections::BTreeSet;

use super::book::{Ask, may_pass, moderates};
use super::change::ended;
use super::event::{
    Because, Cancelled, Change, Event, Overridable, ProposalEnd, Refused, Validated, Withdrawn,
};
use super::giving::Giving;
use super::rules::{Broken, Look, Rule};
use super::state::{Booking, OfDate, Resource, Standing};
use super::{By, Decision, Refusal, Rules};
use crate::booking::level::Level;
use crate::booking::role::{Action, Answer as Allowed};
use crate::booking::slot::Slot;
use crate::id::BookingId;
use crate::{Date, Timestamp};

/// Say yes or no to what waits of a booking: its dates, or a change of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Which booking.
    pub booking: BookingId,
    /// Which dates of it; all that wait if empty.
    pub dates: BTreeSet<Date>,
    /// Who.
    pub by: By,
    /// Looked up: whether its owner may still book here.
    pub owner_may: bool,
    /// Why not.
    pub reason: Option<String>,
    /// The instant.
    pub now: Timestamp,
}

/// Which dates are given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// One.
    This(Date),
    /// One and all after it.
    Following(Date),
    /// All that have not begun.
    AllFuture,
}

/// Give up a booking: what waits is withdrawn, what is valid is cancelled.
#[derive(Debug, Clone, PartialEq)]
pub struct Cancel {
    /// Which booking.
    pub booking: BookingId,
    /// Which dates of it.
    pub which: Which,
    /// Who.
    pub by: By,
    /// Why; whoever gives up what is another's says it.
    pub reason: Option<String>,
    /// Rules to pass over.
    pub passing: Vec<Overridable>,
    /// The instant.
    pub now: Timestamp,
}

impl Resource {
    pub(super) fn validate(&self, answer: Answer) -> Decision {
        let (id, booking, waiting) = self.asked(&answer)?;
        if waiting.is_empty() && booking.proposal.is_none() {
            let so = |of: &&OfDate| answer.dates.is_empty() || answer.dates.contains(&of.date);
            let confirmed = booking.dates.iter().filter(so).any(|of| of.standing == Standing::Confirmed);
            return if confirmed { Ok(vec![]) } else { Err(Refusal::NothingWaits) };
        }
        if !answer.owner_may {
            return Err(Refusal::OwnerMayNot);
        }
        if waiting.is_empty() {
            return self.accept_proposal(id, booking, &answer);
        }
        let (mut told, none) = (vec![], Giving::default());
        for of in &waiting {
            let mut tell = |rule| told.push(Broken { rule, date: Some(of.date) });
            if of.slot.start < answer.now {
                tell(Rule::InThePast);
            }
            if booking.leaves_free {
                let ask = plain(booking, of.quantity, &none, answer.now);
                self.taken(of.wanted(), &ask).into_iter().for_each(tell);
            }
        }
        if !told.is_empty() {
            return Err(Refusal::Broken(told));
        }
        let dates = waiting.iter().map(|of| of.date).collect();
        let spans = waiting.iter().map(|of| (booking.span(of.slot, true), of.quantity));
        let holds: Vec<_> = spans.collect();
        let mut happened = vec![Validated { booking: id, dates }.into()];
        happened.extend(self.rivals(id, &holds));
        Ok(happened)
    }

    pub(super) fn refuse(&self, answer: Answer) -> Decision {
        let (id, booking, waiting) = self.asked(&answer)?;
        let reason = answer.reason.filter(|reason| !reason.trim().is_empty());
        if waiting.is_empty() && booking.proposal.is_none() {
            let so = |of: &&OfDate| answer.dates.is_empty() || answer.dates.contains(&of.date);
            let refused = booking.dates.iter().filter(so).any(|of| of.standing == Standing::Refused);
            return if refused { Ok(vec![]) } else { Err(Refusal::NothingWaits) };
        }
        let reason = reason.ok_or(Refusal::ReasonRequired)?;
        if waiting.is_empty() {
            return Ok(ended(id, booking, ProposalEnd::Refused, Some(reason)).into_iter().collect());
        }
        let (owner, dates) = (booking.owner, waiting.iter().map(|of| of.date).collect());
        Ok(vec![Refused { booking: id, owner, dates, because: None, reason: Some(reason.into()) }.into()])
    }

    pub(super) fn cancel(&self, cancel: Cancel) -> Decision {
        self.opened()?;
        let booking = self.booking(cancel.booking).ok_or(Refusal::UnknownBooking)?;
        let own = booking.owner == cancel.by.person;
        let reason = cancel.reason.filter(|reason| !reason.trim().is_empty());
        if !own && cancel.by.role.may(Action::DeleteOther) != Allowed::Yes {
            return Err(Refusal::RoleTooLow);
        }
        may_pass(cancel.by, &cancel.passing, reason.is_some())?;
        let open: Vec<&OfDate> = dates_of(booking, cancel.which, cancel.now)?;
        if open.is_empty() {
            let ended = booking.dates.iter().any(|of| !of.standing.is_open());
            return if ended { Ok(vec![]) } else { Err(Refusal::Begun) };
        }
        if !own && reason.is_none() {
            return Err(Refusal::ReasonRequired);
        }
        let (waiting, valid): (Vec<&OfDate>, Vec<_>) =
            open.into_iter().partition(|of| of.standing == Standing::Pending);
        self.in_time_to_cancel(&valid, &cancel.passing, cancel.now)?;
        let (id, owner) = (cancel.booking, booking.owner);
        let names = |dates: &[&OfDate]| dates.iter().map(|of| of.date).collect::<Vec<_>>();
        let mut happened: Vec<Event> = vec![];
        match cancel.which {
            // A change of what is given up is given up.
            Which::AllFuture | Which::Following(_) => {
                happened.extend(ended(id, booking, ProposalEnd::Withdrawn, None));
            }
            Which::This(date) if booking.asks_of(date) => {
                happened.extend(ended(id, booking, ProposalEnd::Withdrawn, None));
            }
            Which::This(_) => {}
        }
        let sealed = |reason: &Option<String>| reason.clone().map(Into::into);
        if !waiting.is_empty() {
            let dates = names(&waiting);
            happened.push(if own {
                Withdrawn { booking: id, dates }.into()
            } else {
                Refused { booking: id, owner, dates, because: None, reason: sealed(&reason) }.into()
            });
        }
        if !valid.is_empty() {
            let dates = names(&valid);
            let cancelled = Cancelled { booking: id, owner, dates, because: None, reason: sealed(&reason) };
            happened.push(cancelled.into());
        }
        Ok(happened)
    }

    /// Returns the booking that is answered, and its dates that wait.
    fn asked(&self, answer: &Answer) -> Result<(BookingId, &Booking, Vec<OfDate>), Refusal> {
        self.opened()?;
        let booking = self.booking(answer.booking).ok_or(Refusal::UnknownBooking)?;
        if !moderates(answer.by) {
            return Err(Refusal::RoleTooLow);
        }
        if answer.dates.iter().any(|date| booking.date(*date).is_none()) {
            return Err(Refusal::NoSuchDate);
        }
        let so = |of: &&OfDate| answer.dates.is_empty() || answer.dates.contains(&of.date);
        let waiting = booking.dates.iter().filter(so).filter(|of| of.standing == Standing::Pending);
        Ok((answer.booking, booking, waiting.copied().collect()))
    }

    fn accept_proposal(&self, id: BookingId, booking: &Booking, answer: &Answer) -> Decision {
        let change = booking.proposal.as_ref().ok_or(Refusal::NothingWaits)?;
        let (events, wanted, from): (Vec<Event>, Vec<_>, Date) = match change {
            Change::Move(moved) => {
                let wanted = super::rules::Wanted {
                    date: moved.date,
                    start: moved.start,
                    end: moved.end,
                    slot: moved.slot,
                };
                (vec![moved.clone().into()], vec![(wanted, moved.quantity)], moved.date)
            }
            Change::Branch(branched, made) => {
                let (long, first) = (made.when.end - made.when.start, made.when.start.time());
                let wanted = made.when.slots().map(|(date, slot)| {
                    let start = date.and_time(first);
                    (super::rules::Wanted { date, start, end: start + long, slot }, made.quantity)
                });
                let wanted = wanted.collect();
                // Nothing of it waits any more once somebody said yes.
                let made = super::Made { beginning: super::Beginning::Confirmed, ..(**made).clone() };
                (vec![branched.clone().into(), made.into()], wanted, branched.from)
            }
        };
        let gives = match change {
            Change::Move(moved) => {
                booking.giving_way_of(booking.date(moved.date).ok_or(Refusal::NoSuchDate)?)
            }
            Change::Branch(..) => booking.giving_way(from),
        };
        let mut told = vec![];
        for (wanted, quantity) in &wanted {
            let mut tell = |rule| told.push(Broken { rule, date: Some(wanted.date) });
            if wanted.slot.start < answer.now {
                tell(Rule::InThePast);
            }
            let ask = plain(booking, *quantity, &gives, answer.now);
            self.taken(*wanted, &ask).into_iter().for_each(tell);
        }
        if !told.is_empty() {
            return Err(Refusal::Broken(told));
        }
        let spans = wanted.iter().map(|(wanted, quantity)| (booking.span(wanted.slot, true), *quantity));
        let holds: Vec<_> = spans.collect();
        // First it no longer waits, so that it does not count twice.
        let ended = ended(id, booking, ProposalEnd::Validated, None);
        Ok(ended.into_iter().chain(events).chain(self.rivals(id, &holds)).collect())
    }

    /// Refuses whatever left its slot free while it waited and can no longer be had.
    fn rivals(&self, valid: BookingId, holds: &[(Slot, u32)]) -> Vec<Event> {
        let mut happened = vec![];
        for id in self.waiting().iter().filter(|id| **id != valid) {
            let Some(booking) = self.booking(*id).filter(|booking| booking.leaves_free) else { continue };
            let lost = booking.dates.iter().filter(|of| of.standing == Standing::Pending).filter(|of| {
                let mine = booking.span(of.slot, true);
                let met: Vec<_> = holds.iter().filter(|(slot, _)| slot.overlaps(mine)).collect();
                !met.is_empty() && self.no_room_beside(mine, of.quantity, &met)
            });
            let dates: Vec<_> = lost.map(|of| of.date).collect();
            if !dates.is_empty() {
                let (owner, because) = (booking.owner, Some(Because::Rival(valid)));
                happened.push(Refused { booking: *id, owner, dates, because, reason: None }.into());
            }
        }
        happened
    }

    /// Returns whether something no longer fits beside what holds and what is about to.
    fn no_room_beside(&self, mine: Slot, quantity: u32, more: &[&(Slot, u32)]) -> bool {
        let mut level = Level::default();
        for (piece, used) in self.level_kept().pieces(mine) {
            level.add(piece, used);
        }
        for (slot, quantity) in more {
            level.add(*slot, *quantity);
        }
        level.peak(mine) + quantity > self.quantity()
    }

    fn in_time_to_cancel(
        &self,
        valid: &[&OfDate],
        passing: &[Overridable],
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let (zone, _) = self.opened()?;
        let notice = self.rules().to_cancel;
        let look = Look { rules: &Rules::default(), periods: &[], zone, now, notice, passed: passing };
        let mut told = vec![];
        for of in valid {
            look.at(of.wanted(), &mut told);
        }
        if told.is_empty() { Ok(()) } else { Err(Refusal::Broken(told)) }
    }
}

/// Returns a look at nothing but capacity and closures.
fn plain<'a>(booking: &Booking, quantity: u32, gives: &'a Giving, now: Timestamp) -> Ask<'a> {
    // A booking without a buffer was made without one.
    let passing: &[Overridable] = if booking.buffer == (0, 0) { &[Overridable::Buffers] } else { &[] };
    Ask {
        owner: booking.owner,
        groups: &[],
        counts_for: &[],
        quantity,
        passing,
        skip_conflicts: false,
        giving_way: gives,
        uncounted: &[],
        now,
    }
}

/// Returns the open dates that are given up. What has begun is not.
fn dates_of(booking: &Booking, which: Which, now: Timestamp) -> Result<Vec<&OfDate>, Refusal> {
    let open = |of: &&OfDate| of.standing.is_open() && of.standing != Standing::Held;
    let coming = |of: &&OfDate| of.slot.start >= now;
    Ok(match which {
        Which::This(date) => {
            let of = booking.date(date).ok_or(Refusal::NoSuchDate)?;
            if open(&of) && !coming(&of) {
                return Err(Refusal::Begun);
            }
            [of].into_iter().filter(open).collect()
        }
        Which::Following(date) => {
            booking.date(date).ok_or(Refusal::NoSuchDate)?;
            booking.dates.iter().filter(|of| of.date >= date).filter(open).filter(coming).collect()
        }
        Which::AllFuture => booking.dates.iter().filter(open).filter(coming).collect(),
    })
}
