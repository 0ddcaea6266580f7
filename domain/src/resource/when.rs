//! How the dates of a booking are written down, and read back.
//!
//! Invariant: what is read are the instants its rule gave when it was decided; nothing is computed anew.

use super::event::When;
use crate::booking::recurrence::Rule;
use crate::booking::slot::{Slot, Wall};
use crate::{Date, Timestamp};

impl When {
    /// Returns when something is, of the slots its rule gave.
    pub fn of(first: &Wall, rule: Option<Rule>, except: Vec<Date>, slots: &[(Date, Slot)]) -> Option<Self> {
        let (first_date, first_slot) = *slots.first()?;
        let minutes = |from: Timestamp, to: Timestamp| u32::try_from((to - from).num_minutes()).unwrap_or(0);
        let others = slots[1..].iter().map(|(date, slot)| {
            let days = u32::try_from((*date - first_date).num_days()).unwrap_or(0);
            (days, minutes(first_slot.start, slot.start), minutes(slot.start, slot.end))
        });
        let others = others.collect();
        let date = Some(first_date).filter(|date| *date != first.start.date());
        let (zone, start, end) = (first.zone, first.start, first.end);
        Some(Self { zone, start, end, rule, except, date, first: first_slot, others })
    }

    /// Returns each date with its instants.
    pub fn slots(&self) -> impl Iterator<Item = (Date, Slot)> {
        let first_date = self.date.unwrap_or(self.start.date());
        let minutes = |minutes: u32| chrono::TimeDelta::minutes(i64::from(minutes));
        let others = self.others.iter().map(move |(days, after, long)| {
            let start = self.first.start + minutes(*after);
            let date = first_date + chrono::Days::new(u64::from(*days));
            (date, Slot { start, end: start + minutes(*long) })
        });
        std::iter::once((first_date, self.first)).chain(others)
    }
}
