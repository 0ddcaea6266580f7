//! What a resource asks of a booking, beside that there is enough of it (`booking.md`, A booking).
//!
//! Invariant: what is broken is told whole, each rule with its date; nothing is asked of a booking that the resource's
//! rules do not say.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Days, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Weekday};
use serde::{Deserialize, Serialize};

use crate::booking::slot::{self, Slot};
use crate::clock::Zone;
use crate::id::{ClosureId, GroupId};
use crate::structure::Period;
use crate::{Date, Timestamp};

/// The rules of a resource. The default asks for nothing, and lets what waits hold its slot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// When it is open, in its zone; at any time if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opening: Vec<Opening>,
    /// Whether a slot must begin with a named period of the structure and end with one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub periods_only: bool,
    /// The shortest slot, in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortest: Option<u32>,
    /// The longest slot, in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest: Option<u32>,
    /// How long before, at the latest and at the earliest, it is booked.
    #[serde(default, skip_serializing_if = "Notice::is_none")]
    pub to_book: Notice,
    /// Likewise changed.
    #[serde(default, skip_serializing_if = "Notice::is_none")]
    pub to_change: Notice,
    /// Likewise cancelled.
    #[serde(default, skip_serializing_if = "Notice::is_none")]
    pub to_cancel: Notice,
    /// How many days ahead, at most, counted from today in its zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days_ahead: Option<u32>,
    /// Minutes kept free before and after each date.
    #[serde(default, skip_serializing_if = "none_kept")]
    pub buffer: (u32, u32),
    /// Whether what waits to be validated leaves its slot to others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pending_leaves_free: bool,
    /// How much each may book.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quotas: Vec<Quota>,
    /// How much somebody may book before managers are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<Limit>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(super) fn none_kept(buffer: &(u32, u32)) -> bool {
    *buffer == (0, 0)
}

/// Hours of a day of the week, in the zone of the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The day: 1 is Monday, 7 Sunday.
    pub day: u8,
    /// From when.
    pub from: NaiveTime,
    /// To when; midnight is the end of the day.
    pub to: NaiveTime,
}

/// How long before a slot begins something must and may be done, in minutes. Exactly at the limit is allowed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// At least so long before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<u32>,
    /// At most so long before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<u32>,
}

impl Notice {
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// How much is booked, of whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Of each member of this group; of everybody if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupId>,
    /// How much each may have, or all together. Exactly so much is allowed.
    pub limit: Limit,
    /// Whether they share it: then what counts is what whoever was in the group has booked, each while they were.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
}

/// How much in which period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// What is counted.
    pub unit: Unit,
    /// In which period, in the zone of the resource.
    pub per: Per,
    /// At most so much.
    pub most: u32,
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Unit {
    /// Dates.
    Bookings,
    /// Minutes.
    Minutes,
}

/// The period of a limit. A date counts where it begins; weeks begin on Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Per {
    /// A day.
    Day,
    /// A week.
    Week,
    /// A month.
    Month,
    /// A calendar year.
    Year,
}

impl Per {
    /// Returns the first day of the period that holds a day, and the first day after it.
    pub fn around(self, day: Date) -> (Date, Date) {
        let month = |year: i32, month: u32| Date::from_ymd_opt(year, month, 1).unwrap_or(day);
        match self {
            Self::Day => (day, day + Days::new(1)),
            Self::Week => {
                let monday = day.week(Weekday::Mon).first_day();
                (monday, monday + Days::new(7))
            }
            Self::Month if day.month() == 12 => (month(day.year(), 12), month(day.year() + 1, 1)),
            Self::Month => (month(day.year(), day.month()), month(day.year(), day.month() + 1)),
            Self::Year => (month(day.year(), 1), month(day.year() + 1, 1)),
        }
    }
}

/// What moderators and managers may pass over, with a reason. Nobody passes capacity or closures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Overridable {
    /// Notices, and days ahead.
    Notices,
    /// Quotas.
    Quotas,
    /// Opening hours and periods.
    OpeningHours,
    /// Buffers.
    Buffers,
}

/// A rule that a date breaks. Its text is its code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// It begins in the past.
    #[error("booking.in-the-past")]
    InThePast,
    /// Not enough is free.
    #[error("booking.slot-taken")]
    SlotTaken {
        /// How much is.
        free: u32,
    },
    /// There never is so much.
    #[error("booking.more-than-there-is")]
    MoreThanThereIs {
        /// How much there is.
        quantity: u32,
    },
    /// The resource is closed then.
    #[error("booking.closed")]
    Closed(ClosureId),
    /// It is not open then.
    #[error("booking.outside-opening-hours")]
    OutsideOpeningHours,
    /// A slot is whole periods of the structure.
    #[error("booking.not-whole-periods")]
    NotWholePeriods,
    /// It is shorter than slots are here.
    #[error("booking.too-short")]
    TooShort {
        /// How long they are at least, in minutes.
        minutes: u32,
    },
    /// It is longer than slots are here.
    #[error("booking.too-long")]
    TooLong {
        /// How long they are at most, in minutes.
        minutes: u32,
    },
    /// It is too late for that.
    #[error("booking.too-late")]
    TooLate {
        /// How long before it must be, in minutes.
        minutes: u32,
    },
    /// It is too early for that.
    #[error("booking.too-early")]
    TooEarly {
        /// How long before it may be, in minutes.
        minutes: u32,
    },
    /// It is too many days ahead.
    #[error("booking.too-far-ahead")]
    TooFarAhead {
        /// How many days it may be.
        days: u32,
    },
    /// Its owner has as much as each may have.
    #[error("booking.quota-reached")]
    QuotaReached(Limit),
    /// A group, or everybody if none is named, has as much as its members may have together.
    #[error("booking.shared-quota-reached")]
    SharedQuotaReached {
        /// Who shares it.
        group: Option<GroupId>,
        /// How much they may have.
        limit: Limit,
    },
}

/// A broken rule, and the date that breaks it; none if all of it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The rule.
    pub rule: Rule,
    /// The date, by its name.
    pub date: Option<Date>,
}

/// One date of a booking that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Its name.
    pub date: Date,
    /// What a clock on the wall shows at its beginning.
    pub start: NaiveDateTime,
    /// What it shows at its end.
    pub end: NaiveDateTime,
    /// The instants that gave.
    pub slot: Slot,
}

/// What somebody has booked, by the day it begins: how often, and how many minutes.
pub type Booked = BTreeMap<Date, (u32, u32)>;

/// What looks at a booking.
#[derive(Debug)]
pub struct Look<'a> {
    /// The rules.
    pub rules: &'a Rules,
    /// The periods of the structure.
    pub periods: &'a [Period],
    /// The zone of the resource.
    pub zone: Zone,
    /// The instant.
    pub now: Timestamp,
    /// Which notice is asked for.
    pub notice: Notice,
    /// What is passed over.
    pub passed: &'a [Overridable],
}

impl Look<'_> {
    /// Tells what a date breaks by itself.
    pub fn at(&self, wanted: Wanted, told: &mut Vec<Broken>) {
        let mut tell = |rule| told.push(Broken { rule, date: Some(wanted.date) });
        if wanted.slot.start < self.now {
            tell(Rule::InThePast);
        }
        let minutes = wanted.slot.minutes();
        if let Some(shortest) = self.rules.shortest.filter(|shortest| minutes < i64::from(*shortest)) {
            tell(Rule::TooShort { minutes: shortest });
        }
        if let Some(longest) = self.rules.longest.filter(|longest| minutes > i64::from(*longest)) {
            tell(Rule::TooLong { minutes: longest });
        }
        if !self.passed.contains(&Overridable::OpeningHours) {
            if !self.rules.is_open(wanted) {
                tell(Rule::OutsideOpeningHours);
            }
            if self.rules.periods_only && !whole_periods(self.periods, wanted) {
                tell(Rule::NotWholePeriods);
            }
        }
        if !self.passed.contains(&Overridable::Notices) {
            for rule in self.late_or_early(wanted) {
                tell(rule);
            }
        }
    }

    fn late_or_early(&self, wanted: Wanted) -> impl Iterator<Item = Rule> {
        // What is past is told once.
        let before = Some(wanted.slot.start - self.now).filter(|before| *before >= TimeDelta::zero());
        let minutes = |minutes: u32| TimeDelta::minutes(i64::from(minutes));
        let late = self.notice.least.filter(|least| before.is_some_and(|before| before < minutes(*least)));
        let early = self.notice.most.filter(|most| before.is_some_and(|before| before > minutes(*most)));
        let today = slot::wall(self.zone, self.now).date();
        let ahead = (wanted.start.date() - today).num_days();
        let far = self.rules.days_ahead.filter(|days| ahead > i64::from(*days));
        late.map(|minutes| Rule::TooLate { minutes })
            .into_iter()
            .chain(early.map(|minutes| Rule::TooEarly { minutes }))
            .chain(far.map(|days| Rule::TooFarAhead { days }))
    }

    /// Tells which quotas dates break together with what `booked` says is there: of their owner, who is in `groups`; of
    /// all who share a quota, if they count for one of `shared`.
    pub fn quotas<'b>(
        &self,
        wanted: &[Wanted],
        groups: &[GroupId],
        shared: &[GroupId],
        booked: impl Fn(&Quota) -> Cow<'b, Booked>,
        told: &mut Vec<Broken>,
    ) {
        if self.passed.contains(&Overridable::Quotas) {
            return;
        }
        for quota in &self.rules.quotas {
            let of = if quota.shared { shared } else { groups };
            if quota.group.is_none_or(|group| of.contains(&group)) {
                over(quota.limit, wanted, Some(&booked(quota)), |date, _| {
                    told.push(Broken { rule: quota.reached(), date: Some(date) });
                });
            }
        }
    }
}

impl Quota {
    fn reached(&self) -> Rule {
        let Self { group, limit, shared } = *self;
        if shared { Rule::SharedQuotaReached { group, limit } } else { Rule::QuotaReached(limit) }
    }
}

/// Tells each date with which its owner has more than the limit, and how much that is.
pub fn over(limit: Limit, wanted: &[Wanted], booked: Option<&Booked>, mut tell: impl FnMut(Date, u32)) {
    let mut sums: BTreeMap<Date, u32> = BTreeMap::new();
    for date in wanted {
        let (from, to) = limit.per.around(date.start.date());
        let sum = sums.entry(from).or_insert_with(|| {
            let there = booked.into_iter().flat_map(|booked| booked.range(from..to));
            there
                .map(|(_, (count, minutes))| if limit.unit == Unit::Bookings { *count } else { *minutes })
                .sum()
        });
        *sum += match limit.unit {
            Unit::Bookings => 1,
            Unit::Minutes => u32::try_from(date.slot.minutes()).unwrap_or(u32::MAX),
        };
        if *sum > limit.most {
            tell(date.date, *sum);
        }
    }
}

impl Rules {
    /// Returns the groups that its quotas name.
    pub fn groups(&self) -> impl Iterator<Item = GroupId> {
        self.quotas.iter().filter_map(|quota| quota.group)
    }

    /// Returns those of some groups that share a quota, each once.
    pub fn sharing(&self, groups: &[GroupId]) -> Vec<GroupId> {
        let shared = self.quotas.iter().filter(|quota| quota.shared).filter_map(|quota| quota.group);
        let shared: BTreeSet<_> = shared.filter(|group| groups.contains(group)).collect();
        shared.into_iter().collect()
    }

    /// Returns whether they can be kept: what is empty, upside down or too long is told by the name of its field.
    pub fn check(&self) -> Result<(), &'static str> {
        const YEAR: u32 = 366 * 24 * 60;
        let whole = |time: &NaiveTime| time.second() == 0 && time.nanosecond() == 0;
        let opening = self.opening.iter().all(|opening| {
            let end = opening.to == NaiveTime::MIN || opening.from < opening.to;
            (1..=7).contains(&opening.day) && end && whole(&opening.from) && whole(&opening.to)
        });
        let lengths = self.shortest.is_none_or(|least| (1..=YEAR).contains(&least))
            && self.longest.is_none_or(|most| (self.shortest.unwrap_or(1)..=YEAR).contains(&most));
        let notice = |notice: Notice| {
            let fits = |minutes: Option<u32>| minutes.is_none_or(|minutes| minutes <= YEAR);
            let turned = notice.least.zip(notice.most).is_some_and(|(least, most)| least > most);
            fits(notice.least) && fits(notice.most) && !turned
        };
        let checks = [
            ("opening", opening && self.opening.len() <= 100),
            ("shortest", lengths),
            ("toBook", notice(self.to_book)),
            ("toChange", notice(self.to_change)),
            ("toCancel", notice(self.to_cancel)),
            ("buffer", self.buffer.0 <= 24 * 60 && self.buffer.1 <= 24 * 60),
            ("quotas", self.quotas.len() <= 50),
        ];
        checks.iter().find(|(_, fits)| !fits).map_or(Ok(()), |(field, _)| Err(*field))
    }

    fn is_open(&self, wanted: Wanted) -> bool {
        if self.opening.is_empty() {
            return true;
        }
        // Hour by hour of opening, from the beginning on: what touches goes on.
        let mut reached = wanted.start;
        while reached < wanted.end {
            let day = reached.date();
            let number = day.weekday().number_from_monday();
            let hours = self.opening.iter().filter(|opening| u32::from(opening.day) == number);
            let next = hours.filter_map(|opening| {
                let ends = if opening.to == NaiveTime::MIN { day + Days::new(1) } else { day };
                let (from, to) = (day.and_time(opening.from), ends.and_time(opening.to));
                (from <= reached && reached < to).then_some(to)
            });
            match next.max() {
                Some(next) => reached = next,
                None => return false,
            }
        }
        true
    }
}

fn whole_periods(periods: &[Period], wanted: Wanted) -> bool {
    let same_day = wanted.start.date() == wanted.end.date();
    let begins = periods.iter().any(|period| period.from == wanted.start.time());
    let ends = periods.iter().any(|period| period.to == wanted.end.time());
    same_day && begins && ends
}
