//! How much of a resource is in use at each moment: a step function.
//!
//! Invariants: it is what was added minus what was taken off, at every instant; two steps that follow each other
//! differ; before the first step and after the last one nothing is in use. A question costs O(log n + steps inside).

use std::collections::BTreeMap;

use super::slot::Slot;
use crate::Timestamp;

/// Quantity in use, from each instant on until the next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Level {
    steps: BTreeMap<Timestamp, u32>,
}

impl Level {
    /// Adds a quantity during a slot.
    pub fn add(&mut self, slot: Slot, quantity: u32) {
        self.change(slot, |level| level.saturating_add(quantity));
    }

    /// Takes a quantity off that was added during the slot.
    pub fn take(&mut self, slot: Slot, quantity: u32) {
        self.change(slot, |level| level.saturating_sub(quantity));
    }

    /// Returns the largest quantity in use at an instant of a slot.
    pub fn peak(&self, slot: Slot) -> u32 {
        let inside = self.steps.range(slot.start..slot.end).map(|(_, level)| *level);
        inside.fold(self.at(slot.start), u32::max)
    }

    /// Returns the quantity in use at an instant.
    pub fn at(&self, instant: Timestamp) -> u32 {
        self.steps.range(..=instant).next_back().map_or(0, |(_, level)| *level)
    }

    /// Returns the pieces of a slot in each of which the quantity stays the same, in order: together they are the slot.
    pub fn pieces(&self, slot: Slot) -> Vec<(Slot, u32)> {
        let mut pieces = vec![];
        let (mut start, mut level) = (slot.start, self.at(slot.start));
        for (instant, next) in self.steps.range(slot.start..slot.end) {
            if *instant > start {
                pieces.push((Slot { start, end: *instant }, level));
            }
            (start, level) = (*instant, *next);
        }
        pieces.push((Slot { start, end: slot.end }, level));
        pieces
    }

    /// Returns whether nothing is in use at any time.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Returns how many steps it has.
    pub fn steps(&self) -> usize {
        self.steps.len()
    }

    fn change(&mut self, slot: Slot, new: impl Fn(u32) -> u32) {
        // Steps at both ends; what turns out to be none is removed again.
        let (before, after) = (self.at(slot.start), self.at(slot.end));
        self.steps.insert(slot.start, before);
        self.steps.insert(slot.end, after);
        for (_, level) in self.steps.range_mut(slot.start..slot.end) {
            *level = new(*level);
        }
        // Inside, neighbours that differed still do; only at the ends may a step be gone.
        self.smooth(slot.start);
        self.smooth(slot.end);
    }

    /// Removes the step at an instant if nothing changes there.
    fn smooth(&mut self, instant: Timestamp) {
        let before = self.steps.range(..instant).next_back().map_or(0, |(_, level)| *level);
        if self.steps.get(&instant) == Some(&before) {
            self.steps.remove(&instant);
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn at(minute: u16) -> Timestamp {
        Timestamp::UNIX_EPOCH + TimeDelta::minutes(i64::from(minute))
    }

    fn slot(start: u16, end: u16) -> Slot {
        Slot { start: at(start), end: at(end) }
    }

    #[test]
    fn what_touches_adds_up_to_no_peak() {
        let mut level = Level::default();
        level.add(slot(0, 10), 1);
        level.add(slot(10, 20), 1);
        assert_eq!((level.peak(slot(0, 20)), level.steps()), (1, 2));
        assert_eq!(level.peak(slot(20, 30)), 0);
        level.add(slot(5, 15), 2);
        assert_eq!((level.peak(slot(0, 20)), level.peak(slot(0, 5)), level.at(at(15))), (3, 1, 1));
        let pieces: Vec<_> = level.pieces(slot(2, 25)).iter().map(|(_, level)| *level).collect();
        assert_eq!(pieces, [1, 3, 1, 0]);
    }

    proptest! {
        /// Beside a list of minutes: whatever was added and taken off, in whatever order.
        #[test]
        fn it_is_the_sum_of_what_is_in_it(
            slots in prop::collection::vec((0_u16..60, 1_u16..20, 1_u32..4, any::<bool>()), 0..30)
        ) {
            let (mut level, mut minutes) = (Level::default(), [0_u32; 100]);
            for (start, length, quantity, goes) in slots {
                let span = slot(start, start + length);
                level.add(span, quantity);
                if goes {
                    level.take(span, quantity);
                } else {
                    for minute in start..start + length {
                        minutes[usize::from(minute)] += quantity;
                    }
                }
            }
            for (minute, expected) in (0_u16..).zip(minutes) {
                prop_assert_eq!(level.at(at(minute)), expected);
            }
            for start in 0_u16..80 {
                let peak = minutes[usize::from(start)..usize::from(start) + 15].iter().max();
                prop_assert_eq!(Some(&level.peak(slot(start, start + 15))), peak);
            }
            let changes = (0..100).filter(|at| {
                let before = if *at == 0 { 0 } else { minutes[at - 1] };
                before != minutes[*at]
            });
            prop_assert_eq!(level.steps(), changes.count());
            prop_assert_eq!(level.is_empty(), minutes.iter().all(|level| *level == 0));
        }
    }
}
