//! Data that ends by the month of its recording (`audit.md`, Privacy: Retention).
//!
//! That a month ended, and by which delay, is in the log before its key is destroyed; whoever finds a key of an ended
//! month (a crash in between, a ring from a backup) destroys it.
//!
//! Invariant: a month ends once, never before it is over, and by a delay never before that many whole months passed
//! since its last day.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::Decider;
use crate::sealed::Carries;

crate::events! {
    /// What was recorded in a month ended.
    MonthEnded = "retention.month-ended", schema 1;
}

/// What ends by the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataClass {
    /// Addresses of sign-ins and of refused accesses.
    Connection,
    /// Subjects and bodies of messages and drafts.
    Message,
    /// Roll call and absences.
    Register,
    /// Reports of imports.
    Import,
}

impl DataClass {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Connection, Self::Message, Self::Register, Self::Import];

    /// Returns its name, as in an event.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Message => "message",
            Self::Register => "register",
            Self::Import => "import",
        }
    }
}

/// What was recorded in a month ended: it cannot be read any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthEnded {
    /// What.
    pub class: DataClass,
    /// The month in which it was recorded, yyyymm.
    pub month: u32,
    /// The delay by which it ended, in months; not there if the operator named the month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u16>,
}

impl Carries for MonthEnded {}

/// End a month of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndMonth {
    /// What.
    pub class: DataClass,
    /// The month, yyyymm.
    pub month: u32,
    /// By which delay, in months; without one the month must only be over.
    pub after: Option<u16>,
    /// The month it is now, yyyymm.
    pub now: u32,
}

/// Why a month does not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no month, yyyymm.
    #[error("retention.not-a-month")]
    NotAMonth,
    /// It goes on.
    #[error("retention.month-not-over")]
    MonthNotOver,
    /// The delay is not over.
    #[error("retention.delay-not-over")]
    DelayNotOver,
}

/// Returns how many months there were before a month, yyyymm, since the year 0; none if it is no month.
fn count(month: u32) -> Option<u32> {
    let (year, of_year) = (month / 100, month % 100);
    let fits = (1..=12).contains(&of_year) && (1970..=9999).contains(&year);
    fits.then(|| year * 12 + of_year - 1)
}

/// Returns whether a delay is over: so many whole months passed since the last day of `month`. All are yyyymm.
pub fn is_over(month: u32, after: u16, now: u32) -> bool {
    let both = count(month).zip(count(now));
    both.is_some_and(|(month, now)| now.checked_sub(month).is_some_and(|passed| passed > u32::from(after)))
}

/// The months that ended, of every class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Months {
    ended: BTreeSet<(DataClass, u32)>,
}

impl Months {
    /// Returns them, class by class, the oldest first.
    pub fn ended(&self) -> impl Iterator<Item = (DataClass, u32)> {
        self.ended.iter().copied()
    }

    /// Returns whether a month of a class ended.
    pub fn has_ended(&self, class: DataClass, month: u32) -> bool {
        self.ended.contains(&(class, month))
    }
}

impl Decider for Months {
    type Command = EndMonth;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(&self, command: EndMonth) -> Result<Vec<Event>, Refusal> {
        let EndMonth { class, month, after, now } = command;
        if self.has_ended(class, month) {
            return Ok(vec![]);
        }
        if count(month).is_none() {
            return Err(Refusal::NotAMonth);
        }
        if !is_over(month, 0, now) {
            return Err(Refusal::MonthNotOver);
        }
        if after.is_some_and(|after| !is_over(month, after, now)) {
            return Err(Refusal::DelayNotOver);
        }
        Ok(vec![MonthEnded { class, month, after }.into()])
    }

    fn evolve(mut self, event: &Event) -> Self {
        match event {
            Event::MonthEnded(ended) => self.ended.insert((ended.class, ended.month)),
        };
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decider::testing::given;

    const NOW: u32 = 202_612;

    fn end(month: u32, after: Option<u16>) -> EndMonth {
        EndMonth { class: DataClass::Connection, month, after, now: NOW }
    }

    fn ended(month: u32, after: Option<u16>) -> Event {
        MonthEnded { class: DataClass::Connection, month, after }.into()
    }

    #[test]
    fn a_month_ends_once_its_last_day_is_as_long_ago_as_the_delay() {
        given::<Months>([]).when(end(202_511, Some(12))).then([ended(202_511, Some(12))]);
        given::<Months>([]).when(end(202_512, Some(12))).refused(Refusal::DelayNotOver);
        given::<Months>([]).when(end(202_611, Some(1))).refused(Refusal::DelayNotOver);
        given::<Months>([]).when(end(202_610, Some(1))).then([ended(202_610, Some(1))]);
        given::<Months>([]).when(end(201_512, Some(131))).then([ended(201_512, Some(131))]);
        given::<Months>([]).when(end(201_512, Some(132))).refused(Refusal::DelayNotOver);
    }

    #[test]
    fn the_operator_ends_whatever_month_is_over() {
        given::<Months>([]).when(end(202_611, None)).then([ended(202_611, None)]);
        for month in [NOW, 202_701, 999_912] {
            given::<Months>([]).when(end(month, None)).refused(Refusal::MonthNotOver);
        }
    }

    #[test]
    fn a_month_ends_once_and_each_class_by_itself() {
        given::<Months>([ended(202_511, Some(12))]).when(end(202_511, Some(12))).already_so();
        given::<Months>([ended(202_511, Some(12))]).when(end(202_511, None)).already_so();
        let message = EndMonth { class: DataClass::Message, ..end(202_511, None) };
        let its = MonthEnded { class: DataClass::Message, month: 202_511, after: None };
        given::<Months>([ended(202_511, Some(12))]).when(message).then([its.into()]);
    }

    #[test]
    fn what_is_no_month_never_ends() {
        for month in [0, 12, 202_600, 202_613, 196_912, 1_000_001] {
            given::<Months>([]).when(end(month, None)).refused(Refusal::NotAMonth);
        }
    }

    #[test]
    fn months_are_told_class_by_class() {
        let state =
            [ended(202_512, None), ended(202_511, None)].iter().fold(Months::default(), Months::evolve);
        let told: Vec<_> = state.ended().collect();
        assert_eq!(told, [(DataClass::Connection, 202_511), (DataClass::Connection, 202_512)]);
    }
}
