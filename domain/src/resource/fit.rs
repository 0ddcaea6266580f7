//! What no longer fits: a closure, fewer of the resource, rules of zones that changed, a deletion.
//!
//! Invariant: nothing is lost. What is confirmed is suspended and comes back when it fits again; what waits is refused
//! with the reason.

use std::collections::BTreeMap;

use super::change::ended;
use super::event::{
    Because, Cancelled, Closed, ClosureDeclined, ClosureLifted, Deleted, Event, OnClosure, ProposalEnd,
    QuantitySet, Refused, Released, Resumed, Rezoned, Suspended,
};
use super::state::{Booking, Life, OfDate, Resource, Standing};
use super::{Decision, Refusal, fit_quantity};
use crate::booking::level::Level;
use crate::booking::slot::{Slot, Wall};
use crate::id::{BookingId, ClosureId};
use crate::{Date, Timestamp};

/// Dates by booking, in the order of ids.
type Dates = BTreeMap<BookingId, Vec<Date>>;

impl Resource {
    pub(super) fn set_quantity(&self, quantity: u32, now: Timestamp) -> Decision {
        self.opened()?;
        fit_quantity(quantity)?;
        if quantity == self.quantity() {
            return Ok(vec![]);
        }
        let mut happened = vec![QuantitySet { quantity }.into()];
        if quantity < self.quantity() {
            happened.extend(self.suspend_over(quantity, now));
        } else {
            happened.extend(self.resume(None, quantity, now));
        }
        Ok(happened)
    }

    pub(super) fn close(&self, closed: Closed, now: Timestamp) -> Decision {
        let Closed { closure, slot, in_the_way, .. } = closed;
        self.opened()?;
        if self.knows(closure) {
            return Ok(vec![]);
        }
        let found: Vec<_> = self.in_way_of(slot, now);
        let closed_it = Event::from(closed.clone());
        Ok(match in_the_way {
            OnClosure::Report if !found.is_empty() => {
                let in_the_way = u32::try_from(found.len()).unwrap_or(u32::MAX);
                let of_structure = closed.of_structure;
                vec![ClosureDeclined { closure, in_the_way, of_structure }.into()]
            }
            OnClosure::Report | OnClosure::BookAround => vec![closed_it],
            OnClosure::Suspend => {
                let because = Because::Closure(closure);
                std::iter::once(closed_it).chain(self.make_way(&found, because, false)).collect()
            }
            OnClosure::Cancel => {
                let because = Because::Closure(closure);
                std::iter::once(closed_it).chain(self.make_way(&found, because, true)).collect()
            }
        })
    }

    pub(super) fn lift(&self, closure: ClosureId, now: Timestamp) -> Decision {
        self.opened()?;
        if !self.knows(closure) {
            return Ok(vec![]);
        }
        let mut happened = vec![ClosureLifted { closure }.into()];
        happened.extend(self.resume(Some(closure), self.quantity(), now));
        Ok(happened)
    }

    pub(super) fn delete(&self, cancel_future: Option<String>, now: Timestamp) -> Decision {
        match self.life() {
            Life::None => return Err(Refusal::Unknown),
            Life::Deleted { .. } => return Ok(vec![]),
            Life::Open { .. } => {}
        }
        let coming: Vec<_> = self.from(now).map(|(id, booking, of)| (id, booking, *of)).collect();
        let Some(reason) = cancel_future.filter(|reason| !reason.trim().is_empty()) else {
            let dates = u32::try_from(coming.len()).unwrap_or(u32::MAX);
            return if coming.is_empty() {
                Ok(vec![Deleted {}.into()])
            } else {
                Err(Refusal::Booked { dates })
            };
        };
        let mut happened: Vec<Event> = vec![];
        let mut by_booking: BTreeMap<BookingId, Vec<OfDate>> = BTreeMap::new();
        for (id, _, of) in coming {
            by_booking.entry(id).or_default().push(of);
        }
        for (id, dates) in by_booking {
            let Some(booking) = self.booking(id) else { continue };
            happened.extend(given_up(id, booking, &dates, &reason));
        }
        happened.push(Deleted {}.into());
        Ok(happened)
    }

    pub(super) fn rezone(&self, now: Timestamp) -> Decision {
        let (zone, _) = self.opened()?;
        let mut changed: BTreeMap<BookingId, Vec<(Date, Slot)>> = BTreeMap::new();
        for (id, _, of) in self.from(now) {
            let slot = Wall { zone, start: of.start, end: of.end }.slot();
            // An hour that is no more stays the instant it was.
            if let Ok(slot) = slot
                && slot != of.slot
            {
                changed.entry(id).or_default().push((of.date, slot));
            }
        }
        let rezoned = changed.iter().map(|(id, slots)| {
            let (booking, slots) = (*id, slots.clone());
            Rezoned { booking, slots }.into()
        });
        let mut happened: Vec<Event> = rezoned.collect();
        // What the new instants make of it is looked at as they will be.
        let mut after = self.clone();
        for event in &happened {
            after.apply(event);
        }
        happened.extend(after.suspend_over(after.quantity(), now));
        let closed = after.closures().iter().flat_map(|(closure, slot)| {
            let found = after.in_way_of(*slot, now).into_iter();
            let moved = found.filter(|(id, of)| {
                changed.get(id).is_some_and(|slots| slots.iter().any(|(date, _)| *date == of.date))
            });
            after.make_way(&moved.collect::<Vec<_>>(), Because::Closure(*closure), false)
        });
        happened.extend(closed);
        Ok(happened)
    }

    /// Returns the dates that have not ended and hold or wait during a slot.
    fn in_way_of(&self, slot: Slot, now: Timestamp) -> Vec<(BookingId, OfDate)> {
        let dates = self.during(slot).filter(|(_, _, of)| of.slot.end > now);
        let there = dates.filter(|(_, _, of)| of.standing != Standing::Suspended);
        there.map(|(id, _, of)| (id, *of)).collect()
    }

    /// Suspends or cancels what is confirmed or held, refuses what waits.
    fn make_way(&self, found: &[(BookingId, OfDate)], because: Because, cancel: bool) -> Vec<Event> {
        let (mut valid, mut waiting, mut held): (Dates, Dates, Dates) = Default::default();
        // What is held is about to be valid: it is suspended, and its request goes on.
        let to_keep = |standing| standing == Standing::Confirmed || standing == Standing::Held && !cancel;
        for (id, of) in found {
            let kind = match of.standing {
                standing if to_keep(standing) => &mut valid,
                Standing::Confirmed => &mut valid,
                Standing::Pending => &mut waiting,
                Standing::Held => &mut held,
                Standing::Suspended
                | Standing::Refused
                | Standing::Withdrawn
                | Standing::Cancelled
                | Standing::Released
                | Standing::Branched => continue,
            };
            kind.entry(*id).or_default().push(of.date);
        }
        let owner = |id: BookingId| self.booking(id).map(|booking| booking.owner);
        let mut happened: Vec<Event> = vec![];
        for (booking, mut dates) in valid {
            dates.sort_unstable();
            let Some(owner) = owner(booking) else { continue };
            let known = self.booking(booking).filter(|known| dates.iter().any(|date| known.asks_of(*date)));
            happened.extend(known.and_then(|known| ended(booking, known, ProposalEnd::Impossible, None)));
            let because = Some(because);
            happened.push(match because {
                Some(because) if !cancel => Suspended { booking, dates, because }.into(),
                because => Cancelled { booking, owner, dates, because, reason: None }.into(),
            });
        }
        for (booking, mut dates) in waiting {
            dates.sort_unstable();
            let Some(owner) = owner(booking) else { continue };
            let because = Some(because);
            happened.push(Refused { booking, owner, dates, because, reason: None }.into());
        }
        happened.extend(held.into_keys().map(|booking| Released { booking }.into()));
        happened
    }

    /// Suspends what is more than a quantity, the newest first.
    fn suspend_over(&self, quantity: u32, now: Timestamp) -> Vec<Event> {
        let mut level: Level = self.level().clone();
        let mut proposals: Vec<Event> = vec![];
        let coming = self.not_over(now);
        let mut newest: Vec<&(BookingId, &Booking, OfDate)> = coming.iter().collect();
        newest.sort_by_key(|(_, booking, of)| (std::cmp::Reverse(booking.order), of.date));
        let mut found = vec![];
        // A change that waits gives way before anything that is valid does.
        for id in self.waiting() {
            let Some(booking) = self.booking(*id).filter(|booking| booking.proposal.is_some()) else {
                continue;
            };
            let holds = booking.proposed(false);
            if holds.iter().any(|(slot, _)| level.peak(*slot) > quantity) {
                for (slot, held) in holds {
                    level.take(slot, held);
                }
                proposals.extend(ended(*id, booking, ProposalEnd::Impossible, None));
            }
        }
        for (id, booking, of) in newest {
            if booking.holds(of) && level.peak(of.slot) > quantity {
                level.take(of.slot, of.quantity);
                found.push((*id, *of));
            }
        }
        // What went before something older did may fit again.
        for (id, of) in std::mem::take(&mut found).into_iter().rev() {
            if level.peak(of.slot) + of.quantity <= quantity {
                level.add(of.slot, of.quantity);
            } else {
                found.push((id, of));
            }
        }
        // It ends once, also where what it was to take the place of goes as well.
        let known = |event: &Event| matches!(event, Event::ProposalEnded(_)) && proposals.contains(event);
        let rest: Vec<_> = self
            .make_way(&found, Because::Quantity, false)
            .into_iter()
            .filter(|event| !known(event))
            .collect();
        proposals.extend(rest);
        proposals
    }

    fn not_over(&self, now: Timestamp) -> Vec<(BookingId, &Booking, OfDate)> {
        let far = now + chrono::TimeDelta::days(366 * 300);
        self.during(Slot { start: now, end: far }).map(|(id, booking, of)| (id, booking, *of)).collect()
    }

    /// Resumes what is suspended and fits again, the oldest first; a closure that is lifted no longer counts.
    fn resume(&self, lifted: Option<ClosureId>, quantity: u32, now: Timestamp) -> Vec<Event> {
        let mut level = self.level().clone();
        let mut suspended: Vec<_> =
            self.suspended().iter().filter_map(|id| Some((*id, self.booking(*id)?))).collect();
        suspended.sort_by_key(|(_, booking)| booking.order);
        let closures: Vec<_> = self.closures().iter().filter(|(id, _)| Some(**id) != lifted).collect();
        let mut happened = vec![];
        for (id, booking) in suspended {
            let mut dates = vec![];
            for of in booking.dates.iter().filter(|of| of.standing == Standing::Suspended) {
                let closed = closures.iter().any(|(_, closed)| closed.overlaps(of.slot));
                if of.slot.start >= now && !closed && level.peak(of.slot) + of.quantity <= quantity {
                    level.add(of.slot, of.quantity);
                    dates.push(of.date);
                }
            }
            if !dates.is_empty() {
                happened.push(Resumed { booking: id, dates }.into());
            }
        }
        happened
    }
}

/// Gives up dates of a booking because its resource is no more.
fn given_up(id: BookingId, booking: &Booking, dates: &[OfDate], reason: &str) -> Vec<Event> {
    let of = |wanted: &[Standing]| {
        let dates = dates.iter().filter(|of| wanted.contains(&of.standing));
        dates.map(|of| of.date).collect::<Vec<_>>()
    };
    let (owner, because) = (booking.owner, Some(Because::Deleted));
    let why = || Some(reason.to_owned().into());
    let mut happened: Vec<Event> = ended(id, booking, ProposalEnd::Impossible, None).into_iter().collect();
    let (waiting, valid) = (of(&[Standing::Pending]), of(&[Standing::Confirmed, Standing::Suspended]));
    if !waiting.is_empty() {
        happened.push(Refused { booking: id, owner, dates: waiting, because, reason: why() }.into());
    }
    if !valid.is_empty() {
        happened.push(Cancelled { booking: id, owner, dates: valid, because, reason: why() }.into());
    }
    if !of(&[Standing::Held]).is_empty() {
        happened.push(Released { booking: id }.into());
    }
    happened
}
