//! Questions about calendars.

use domain::booking::slot::Slot;
use domain::resource::{Booking, Life, OfDate, OnClosure, Period, Standing};
use domain::{BookingId, BookingRequestId, ClosureId, PersonId, ResourceId, StructureId, Timestamp};

use super::{Calendar, Calendars, Request, Unopened, Untold};
use crate::people::People;

/// One date of a booking, with whose resource it is of.
#[derive(Debug, Clone, Copy)]
pub struct Booked<'a> {
    /// The calendar it stands in.
    pub calendar: &'a Calendar,
    /// Which booking.
    pub id: BookingId,
    /// The booking.
    pub booking: &'a Booking,
    /// The date.
    pub of: &'a OfDate,
}

/// A piece of time in which as much of a resource is free all along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Free {
    /// From when to when.
    pub slot: Slot,
    /// How much is free; none while it is closed.
    pub free: u32,
    /// Whether it is closed.
    pub closed: bool,
}

impl Calendars {
    /// Returns the calendar of a resource.
    pub fn get(&self, resource: ResourceId) -> Option<&Calendar> {
        self.all.get(&resource)
    }

    /// Returns every calendar, in the order of ids.
    pub fn all(&self) -> impl Iterator<Item = &Calendar> {
        self.all.values()
    }

    /// Returns a booking and the calendar it stands in.
    pub fn booking(&self, booking: BookingId) -> Option<(&Calendar, &Booking)> {
        let calendar = self.all.get(self.of_booking.get(&booking)?)?;
        Some((calendar, calendar.state.booking(booking)?))
    }

    /// Returns every booking of somebody, in the order of ids.
    pub fn of_owner(&self, owner: PersonId) -> impl Iterator<Item = (BookingId, &Calendar, &Booking)> {
        self.of_owner.get(&owner).into_iter().flatten().filter_map(|id| {
            let (calendar, booking) = self.booking(*id)?;
            Some((*id, calendar, booking))
        })
    }

    /// Returns a request.
    pub fn request(&self, request: BookingRequestId) -> Option<&Request> {
        self.requests.get(&request)
    }

    /// Returns every request there ever was, in the order of ids.
    pub fn requests(&self) -> impl Iterator<Item = &Request> {
        self.requests.values()
    }

    /// Returns what was added to a domain and is to be opened.
    pub fn unopened(&self) -> impl Iterator<Item = (ResourceId, &Unopened)> {
        self.unopened.iter().map(|(id, unopened)| (*id, unopened))
    }

    /// Returns what was deleted and is to be taken out of its domain.
    pub fn leaving(&self) -> impl Iterator<Item = ResourceId> {
        self.leaving.iter().copied()
    }

    /// Returns what somebody is to be told of.
    pub fn untold(&self) -> impl Iterator<Item = &Untold> {
        self.untold.values()
    }

    /// Returns what has other periods or closures than its structure.
    pub fn unfit(&self) -> impl Iterator<Item = &Calendar> {
        self.unfit.iter().filter_map(|id| self.all.get(id))
    }

    /// Returns whether a request has not come to its end.
    pub fn is_pending(&self, request: BookingRequestId) -> bool {
        self.pending.contains(&request)
    }

    /// Returns the requests that have not come to their end.
    pub fn pending(&self) -> impl Iterator<Item = &Request> {
        self.pending.iter().filter_map(|id| self.requests.get(id))
    }
}

/// What a resource lacks to have the periods and closures of its structure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// The periods are others.
    Periods(Vec<Period>),
    /// A closure is not known.
    Closure(ClosureId, Slot, OnClosure),
    /// A closure was lifted.
    Lifted(ClosureId),
}

impl Calendar {
    /// Returns the structure of a resource that can be booked.
    pub fn structure(&self) -> Option<StructureId> {
        match self.state.life() {
            Life::Open { structure, .. } => Some(structure),
            Life::None | Life::Deleted { .. } => None,
        }
    }

    /// Returns the first thing a resource lacks to have the periods and closures of its structure.
    pub fn misses(&self, people: &People) -> Option<Missing> {
        let structure = people.structure(people.structure_no(self.structure()?)?)?;
        let periods = &structure.timetable.periods;
        if periods != self.state.periods() {
            return Some(Missing::Periods(periods.clone()));
        }
        let closures = &structure.timetable.closures;
        let unknown = closures.iter().find(|(id, _)| !self.state.knows(**id));
        if let Some((id, closure)) = unknown {
            return Some(Missing::Closure(*id, closure.slot, closure.way));
        }
        let lifted = self.state.closures_of_structure().iter().find(|id| !closures.contains_key(id));
        lifted.map(|id| Missing::Lifted(*id))
    }

    /// Returns what may still take place during a slot, in the order of beginning.
    pub fn during(&self, slot: Slot) -> impl Iterator<Item = Booked<'_>> {
        self.state.during(slot).map(|(id, booking, of)| Booked { calendar: self, id, booking, of })
    }

    /// Returns what waits to be validated: dates, and changes.
    pub fn waiting(&self) -> impl Iterator<Item = (BookingId, &Booking)> {
        self.state.waiting().iter().filter_map(|id| Some((*id, self.state.booking(*id)?)))
    }

    /// Returns how much is free during a slot, piece by piece: together they are the slot, and two that follow each
    /// other differ.
    pub fn free(&self, slot: Slot) -> Vec<Free> {
        let mut pieces = vec![];
        let mut closed: Vec<Slot> =
            self.state.closures().values().copied().filter(|closed| closed.overlaps(slot)).collect();
        closed.sort_unstable();
        for (piece, used) in self.state.level_kept().pieces(slot) {
            let free = self.state.quantity().saturating_sub(used);
            let mut start = piece.start;
            for shut in closed.iter().filter(|shut| shut.overlaps(piece)) {
                let (from, to) = (shut.start.max(start), shut.end.min(piece.end));
                push(&mut pieces, start, from, free, false);
                push(&mut pieces, from, to, 0, true);
                start = start.max(to);
            }
            push(&mut pieces, start, piece.end, free, false);
        }
        pieces
    }

    /// Returns whether so much is free during all of a slot.
    pub fn has_free(&self, slot: Slot, quantity: u32) -> bool {
        let closed = self.state.closures().values().any(|closed| closed.overlaps(slot));
        let (before, after) = self.state.rules().buffer;
        let peak = self.state.level_kept().peak(slot.widened(before, after));
        !closed && peak + quantity <= self.state.quantity()
    }

    /// Returns the dates whose stored instants are no longer those of their hours on the wall.
    pub fn is_to_rezone(&self, now: Timestamp) -> bool {
        let domain::resource::Life::Open { zone, .. } = self.state.life() else { return false };
        self.state.from(now).any(|(_, _, of)| {
            let wall = domain::booking::slot::Wall { zone, start: of.start, end: of.end };
            of.standing != Standing::Held && wall.slot().is_ok_and(|slot| slot != of.slot)
        })
    }
}

fn push(pieces: &mut Vec<Free>, start: Timestamp, end: Timestamp, free: u32, closed: bool) {
    if start >= end {
        return;
    }
    match pieces.last_mut() {
        Some(last) if (last.free, last.closed, last.slot.end) == (free, closed, start) => last.slot.end = end,
        Some(_) | None => pieces.push(Free { slot: Slot { start, end }, free, closed }),
    }
}
