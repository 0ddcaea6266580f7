//! Series: the rule by which something is booked again and again, and the occurrences it gives.
//!
//! A rule is a part of RFC 5545 (DAILY; WEEKLY on weekdays; MONTHLY on a day or the nth weekday; YEARLY; COUNT or
//! UNTIL; weeks begin on Monday) and of RFC 7529 (`SKIP=BACKWARD`: what a short month does to day 31).
//! Invariants: a rule has an end; the first slot is an occurrence of it; every occurrence keeps the wall times of the
//! first; no two overlap; there are 366 at most. What is decided from a rule is stored: this is for `decide` only.

mod text;

use std::collections::BTreeSet;

use chrono::{Datelike, Months, NaiveTime, Weekday};

use super::slot::{NotASlot, Slot, Wall};
use crate::Date;

/// The most dates a series can have, those that are left out counted.
pub const MOST: u16 = 366;

/// The longest interval between two occurrences, in days, weeks, months or years.
pub const LONGEST: u8 = 99;

/// The last day a series can end on: nothing can be booked after it.
const LAST: Date = match Date::from_ymd_opt(2199, 12, 31) {
    Some(date) => date,
    None => Date::MAX,
};

/// How something comes again. Stored as the text of RFC 5545: `FREQ=WEEKLY;BYDAY=MO,TH;COUNT=10`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Rule {
    every: Every,
    interval: u8,
    ends: Ends,
    short_months: ShortMonths,
}

/// What is counted from one occurrence to the next, and where in it they are. What is left open is that of the first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Every {
    /// On days.
    Day,
    /// On these weekdays of a week that begins on Monday; with none, on that of the first.
    Week(Vec<Weekday>),
    /// On a day of the month, 1 to 31.
    Month(Option<u8>),
    /// On the nth weekday of the month, 1 to 5, or the last with -1.
    MonthWeekday(i8, Weekday),
    /// On a month and a day of the year.
    Year(Option<(u8, u8)>),
}

/// When a series ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ends {
    /// After so many dates, those counted that are left out.
    Count(u16),
    /// On this day at the latest.
    Until(Date),
}

/// What becomes of a day that a month does not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ShortMonths {
    /// There is no occurrence in that month.
    #[default]
    Skip,
    /// It is on the last day of that month.
    Clamp,
}

/// Why a series cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The first slot is none.
    #[error(transparent)]
    Slot(#[from] NotASlot),
    /// A part of the rule is not of those we know, or has a value it cannot have.
    #[error("booking.rule-not-understood")]
    NotUnderstood {
        /// The part, as it was written: `BYSETPOS=1`.
        part: String,
    },
    /// It has neither a count nor a last day.
    #[error("booking.series-without-end")]
    WithoutEnd,
    /// The first slot is not on a day of the rule.
    #[error("booking.first-not-in-series")]
    FirstNotInSeries,
    /// More dates than a series can have.
    #[error("booking.series-too-long")]
    TooLong,
    /// Nothing is left of it.
    #[error("booking.series-empty")]
    Empty,
    /// An occurrence ends after the next one has begun.
    #[error("booking.series-overlaps-itself")]
    OverlapsItself,
    /// The rule gives no occurrence on the day at which it was to be parted.
    #[error("booking.not-in-series")]
    NotInSeries,
}

/// One time of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Occurrence {
    /// The local day on which it begins. It names the occurrence.
    pub date: Date,
    /// The instants it stands for.
    pub slot: Slot,
}

/// What a rule gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expanded {
    /// The occurrences, in order.
    pub occurrences: Vec<Occurrence>,
    /// The days on which the spring change skips the hour: there is no occurrence.
    pub dropped: Vec<Date>,
}

impl Rule {
    /// Makes a rule. Weekdays are put in order, and each is named once.
    pub fn new(every: Every, interval: u8, ends: Ends, short_months: ShortMonths) -> Result<Self, Refusal> {
        let not = |part: String| Err(Refusal::NotUnderstood { part });
        if !(1..=LONGEST).contains(&interval) {
            return not(format!("INTERVAL={interval}"));
        }
        match ends {
            Ends::Count(0) => return not("COUNT=0".to_owned()),
            Ends::Count(count) if count > MOST => return Err(Refusal::TooLong),
            Ends::Count(_) | Ends::Until(_) => {}
        }
        let every = match every {
            Every::Week(mut days) => {
                days.sort_by_key(Weekday::num_days_from_monday);
                days.dedup();
                Every::Week(days)
            }
            Every::Month(Some(day)) if !(1..=31).contains(&day) => return not(format!("BYMONTHDAY={day}")),
            Every::MonthWeekday(nth, day) if !(nth == -1 || (1..=5).contains(&nth)) => {
                return not(format!("BYDAY={nth}{}", text::weekday(day)));
            }
            // In a year with a 29th of February.
            Every::Year(Some((month, day)))
                if Date::from_ymd_opt(2000, month.into(), day.into()).is_none() =>
            {
                return not(format!("BYMONTH={month};BYMONTHDAY={day}"));
            }
            every @ (Every::Day | Every::Month(_) | Every::MonthWeekday(..) | Every::Year(_)) => every,
        };
        Ok(Self { every, interval, ends, short_months })
    }

    /// Returns what is counted.
    pub fn every(&self) -> &Every {
        &self.every
    }

    /// Returns how many of it lie between two occurrences.
    pub fn interval(&self) -> u8 {
        self.interval
    }

    /// Returns when it ends.
    pub fn ends(&self) -> Ends {
        self.ends
    }

    /// Returns what becomes of day 31 in a short month.
    pub fn short_months(&self) -> ShortMonths {
        self.short_months
    }

    /// Returns the rule with what is left open filled in from the first day.
    #[must_use]
    pub fn pinned(&self, first: Date) -> Self {
        let [month, day] = [first.month(), first.day()].map(|part| u8::try_from(part).unwrap_or(u8::MAX));
        let every = match &self.every {
            Every::Week(days) if days.is_empty() => Every::Week(vec![first.weekday()]),
            Every::Month(None) => Every::Month(Some(day)),
            Every::Year(None) => Every::Year(Some((month, day))),
            every @ (Every::Day
            | Every::Week(_)
            | Every::Month(_)
            | Every::MonthWeekday(..)
            | Every::Year(_)) => every.clone(),
        };
        Self { every, ..self.clone() }
    }

    fn ending(&self, ends: Ends) -> Self {
        Self { ends, ..self.clone() }
    }

    /// Returns the days it gives from `first` on, before any is left out. The first of them is `first`.
    pub fn dates(&self, first: Date) -> Result<Vec<Date>, Refusal> {
        let rule = self.pinned(first);
        let dates = match (rule.short_months, &rule.every) {
            (ShortMonths::Clamp, Every::Month(Some(day))) => clamped(&rule, first, 1, *day),
            (ShortMonths::Clamp, Every::Year(Some((_, day)))) => clamped(&rule, first, 12, *day),
            (ShortMonths::Skip | ShortMonths::Clamp, _) => of_the_standard(&rule, first)?,
        };
        match dates.first() {
            None => Err(Refusal::Empty),
            Some(date) if *date != first => Err(Refusal::FirstNotInSeries),
            Some(_) if dates.len() > usize::from(MOST) => Err(Refusal::TooLong),
            // What a count promises must be there: the calendar ends before it does.
            Some(_) if matches!(rule.ends, Ends::Count(count) if dates.len() < usize::from(count)) => {
                Err(NotASlot::OutOfRange.into())
            }
            Some(_) => Ok(dates),
        }
    }

    /// Parts the rule: the first half ends before `date`, the second begins there. Together they give what it gives.
    ///
    /// There is no first half if `date` is the first day. `date` must be one the rule gives, left out or not.
    pub fn split_at(&self, first: Date, date: Date) -> Result<(Option<Self>, Self), Refusal> {
        let dates = self.dates(first)?;
        let before = dates.binary_search(&date).map_err(|_| Refusal::NotInSeries)?;
        let rule = self.pinned(first);
        let count = |dates: usize| u16::try_from(dates).map(Ends::Count).map_err(|_| Refusal::TooLong);
        let (head, tail) = match rule.ends {
            Ends::Count(_) => (count(before)?, count(dates.len() - before)?),
            // Never before the first day: nobody is asked for that half then.
            Ends::Until(last) => (Ends::Until(date.pred_opt().unwrap_or(date)), Ends::Until(last)),
        };
        Ok(((before > 0).then(|| rule.ending(head)), rule.ending(tail)))
    }
}

/// Returns the wall times of the occurrence that begins on `date`: those of the first.
pub fn on(first: &Wall, date: Date) -> Wall {
    let moved = date.signed_duration_since(first.start.date());
    Wall { zone: first.zone, start: first.start + moved, end: first.end + moved }
}

/// Returns what `rule` gives from the slot `first` on, without the days of `except`.
///
/// Days are counted before any is left out (RFC 5545, 3.3.10 and 3.8.5.1).
pub fn expand(rule: &Rule, first: &Wall, except: &BTreeSet<Date>) -> Result<Expanded, Refusal> {
    first.slot()?;
    if matches!(rule.ends, Ends::Until(last) if last > LAST) {
        return Err(NotASlot::OutOfRange.into());
    }
    let (mut occurrences, mut dropped) = (vec![], vec![]);
    for date in rule.dates(first.start.date())? {
        if except.contains(&date) {
            continue;
        }
        match on(first, date).slot() {
            Ok(slot) => occurrences.push(Occurrence { date, slot }),
            Err(NotASlot::NoSuchHour) => dropped.push(date),
            Err(broken @ (NotASlot::NoLength | NotASlot::WholeMinutes | NotASlot::OutOfRange)) => {
                return Err(broken.into());
            }
        }
    }
    if occurrences.is_empty() {
        return Err(Refusal::Empty);
    }
    if occurrences.windows(2).any(|two| two[0].slot.overlaps(two[1].slot)) {
        return Err(Refusal::OverlapsItself);
    }
    Ok(Expanded { occurrences, dropped })
}

/// Returns the days the standard gives, one more than a series can have at most.
fn of_the_standard(rule: &Rule, first: Date) -> Result<Vec<Date>, Refusal> {
    // Time floats: days are counted as if in UTC, the zone is put on afterwards.
    let utc = |date: Date| date.and_time(NaiveTime::MIN).and_utc().with_timezone(&rrule::Tz::UTC);
    let nth = |nth, day| rrule::NWeekday::Nth(nth, day);
    let new = |frequency| rrule::RRule::new(frequency).week_start(Weekday::Mon);
    let counted = match &rule.every {
        Every::Day => new(rrule::Frequency::Daily),
        Every::Week(days) => new(rrule::Frequency::Weekly)
            .by_weekday(days.iter().map(|day| rrule::NWeekday::Every(*day)).collect()),
        Every::Month(day) => {
            new(rrule::Frequency::Monthly).by_month_day(day.iter().map(|day| signed(*day)).collect())
        }
        Every::MonthWeekday(n, day) => {
            new(rrule::Frequency::Monthly).by_weekday(vec![nth(i16::from(*n), *day)])
        }
        Every::Year(day) => {
            let month = day.and_then(|(month, _)| chrono::Month::try_from(month).ok());
            new(rrule::Frequency::Yearly)
                .by_month(&month.into_iter().collect::<Vec<_>>())
                .by_month_day(day.iter().map(|(_, day)| signed(*day)).collect())
        }
    };
    let ended = match rule.ends {
        Ends::Count(count) => counted.count(count.into()),
        Ends::Until(last) if last < first => return Ok(vec![]),
        Ends::Until(last) => counted.until(utc(last)),
    };
    let part = || Refusal::NotUnderstood { part: rule.to_string() };
    let set = ended.interval(rule.interval.into()).build(utc(first)).map_err(|_| part())?;
    Ok(set.all(MOST + 1).dates.into_iter().map(|date| date.date_naive()).collect())
}

fn signed(day: u8) -> i8 {
    i8::try_from(day).unwrap_or(i8::MAX)
}

/// Returns one day every so many months, the last of the month where it has no such day.
fn clamped(rule: &Rule, first: Date, months: u32, day: u8) -> Vec<Date> {
    let Some(month) = first.with_day(1) else { return vec![] };
    let most = match rule.ends {
        Ends::Count(count) => count,
        Ends::Until(_) => MOST + 1,
    };
    let until = match rule.ends {
        Ends::Until(last) => last.min(LAST),
        Ends::Count(_) => LAST,
    };
    let step = months * u32::from(rule.interval);
    (0..u32::from(most))
        .map_while(|index| month.checked_add_months(Months::new(index * step)))
        .filter_map(|month| month.with_day(u32::from(day).min(u32::from(month.num_days_in_month()))))
        .take_while(|date| *date <= until)
        .collect()
}

#[cfg(test)]
mod tests;
