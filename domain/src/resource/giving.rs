//! What a booking holds, and what of it gives way to a change of the same booking.
//!
//! Invariant: where a change that waits meets what it takes the place of, the slot is held once.

use super::event::Change;
use super::state::{Booking, OfDate};
use crate::Date;
use crate::booking::level::Level;
use crate::booking::slot::Slot;

/// What gives way to something of the same booking: slots and how much, as they are and with their buffers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Giving {
    /// Buffers left out.
    pub bare: Vec<(Slot, u32)>,
    /// Buffers counted.
    pub kept: Vec<(Slot, u32)>,
}

impl Booking {
    /// Returns what its dates hold from one on, with their buffers or without.
    fn held(&self, from: Date, buffered: bool) -> impl Iterator<Item = (Slot, u32)> {
        let dates = self.dates.iter().filter(move |of| of.date >= from && self.holds(of));
        dates.map(move |of| (self.span(of.slot, buffered), of.quantity))
    }

    /// Returns what a change that waits holds beside what the dates hold that it takes the place of: where both meet,
    /// only what it has more.
    pub fn proposed(&self, buffered: bool) -> Vec<(Slot, u32)> {
        let (from, wanted): (Date, Vec<(Slot, u32)>) = match &self.proposal {
            None => return vec![],
            Some(_) if self.leaves_free => return vec![],
            Some(Change::Move(moved)) => (moved.date, vec![(moved.slot, moved.quantity)]),
            Some(Change::Branch(branched, made)) => {
                (branched.from, made.when.slots().map(|(_, slot)| (slot, made.quantity)).collect())
            }
        };
        let alone = matches!(self.proposal, Some(Change::Move(_)));
        let mut own = Level::default();
        for of in self.dates.iter().filter(|of| if alone { of.date == from } else { of.date >= from }) {
            if self.holds(of) {
                own.add(self.span(of.slot, buffered), of.quantity);
            }
        }
        let pieces = wanted.into_iter().flat_map(|(slot, quantity)| {
            let pieces = own.pieces(self.span(slot, buffered)).into_iter();
            pieces.map(move |(piece, held)| (piece, quantity.saturating_sub(held)))
        });
        pieces.filter(|(_, quantity)| *quantity > 0).collect()
    }

    /// Returns whether a change that waits is of a date.
    pub fn asks_of(&self, date: Date) -> bool {
        match &self.proposal {
            None => false,
            Some(Change::Move(moved)) => moved.date == date,
            Some(Change::Branch(branched, _)) => date >= branched.from,
        }
    }

    /// Returns what gives way to another change of one date: what it holds, and what a change that waits does.
    pub fn giving_way_of(&self, of: &OfDate) -> Giving {
        let own = |buffered| {
            let held = self.holds(of).then(|| (self.span(of.slot, buffered), of.quantity));
            held.into_iter().chain(self.proposed(buffered)).collect()
        };
        Giving { bare: own(false), kept: own(true) }
    }

    /// Returns what gives way to another change of all dates from one on.
    pub fn giving_way(&self, from: Date) -> Giving {
        let own = |buffered| self.held(from, buffered).chain(self.proposed(buffered)).collect();
        Giving { bare: own(false), kept: own(true) }
    }

    /// Returns a slot as it is, or with the buffer of this booking.
    pub fn span(&self, slot: Slot, buffered: bool) -> Slot {
        if buffered { slot.widened(self.buffer.0, self.buffer.1) } else { slot }
    }
}
