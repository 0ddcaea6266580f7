//! Rules of a resource, as they are read and shown.

use async_graphql::{Enum, ID, InputObject, SimpleObject};
use domain::GroupId;
use domain::resource::{Limit, Notice, Opening, Per, Quota, Rules, Unit};

use crate::failure::Result;
use crate::graphql::common::Global;
use crate::graphql::timetable::TimeOfDay;

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Unit")]
pub enum BookingUnit {
    /// Dates.
    Bookings,
    /// Minutes.
    Minutes,
}

/// The period of a limit, in the zone of the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Per")]
pub enum BookingPeriod {
    /// A day.
    Day,
    /// A week, from Monday.
    Week,
    /// A month.
    Month,
    /// A calendar year.
    Year,
}

/// Hours of a day of the week.
#[derive(Debug, Clone, SimpleObject, InputObject)]
#[graphql(input_name = "OpeningHoursInput")]
pub struct OpeningHours {
    /// 1 is Monday, 7 Sunday.
    day: u8,
    /// From this hour.
    from: TimeOfDay,
    /// To this one; 00:00 is the end of the day.
    to: TimeOfDay,
}

/// How long before something must and may be done, in minutes. Exactly at the limit is allowed.
#[derive(Debug, Clone, Copy, Default, SimpleObject, InputObject)]
#[graphql(input_name = "BookingNoticeInput")]
pub struct BookingNotice {
    /// At least so long before.
    least: Option<u32>,
    /// At most so long before.
    most: Option<u32>,
}

/// How much may be booked in a period. Exactly so much is allowed.
#[derive(Debug, Clone, Copy, SimpleObject, InputObject)]
#[graphql(input_name = "BookingLimitInput")]
pub struct BookingLimit {
    /// What is counted.
    unit: BookingUnit,
    /// In which period; a date counts where it begins.
    per: BookingPeriod,
    /// At most so much.
    most: u32,
}

/// How much each may book, or all of a group together.
#[derive(Debug, Clone, SimpleObject, InputObject)]
#[graphql(input_name = "BookingQuotaInput")]
pub struct BookingQuota {
    /// Each member of this group; everybody if left out.
    group: Option<ID>,
    /// How much.
    limit: BookingLimit,
    /// Whether they share it: what each booked while in the group counts together.
    #[graphql(default)]
    shared: bool,
}

/// The rules of a resource. What is left out is not asked for.
#[derive(Debug, Clone, Default, SimpleObject, InputObject)]
#[graphql(input_name = "ResourceRulesInput")]
pub struct ResourceRules {
    /// When it is open; at any time if empty.
    #[graphql(default)]
    opening: Vec<OpeningHours>,
    /// Whether a slot is whole periods of the structure.
    #[graphql(default)]
    periods_only: bool,
    /// The shortest slot, in minutes.
    shortest: Option<u32>,
    /// The longest slot, in minutes.
    longest: Option<u32>,
    /// How long before it is booked.
    #[graphql(default)]
    to_book: BookingNotice,
    /// How long before it is changed.
    #[graphql(default)]
    to_change: BookingNotice,
    /// How long before it is cancelled.
    #[graphql(default)]
    to_cancel: BookingNotice,
    /// How many days ahead it is booked at most.
    days_ahead: Option<u32>,
    /// Minutes kept free before each date.
    #[graphql(default)]
    buffer_before: u32,
    /// Minutes kept free after each date.
    #[graphql(default)]
    buffer_after: u32,
    /// Whether what waits to be validated leaves its slot to others.
    #[graphql(default)]
    pending_leaves_free: bool,
    /// How much each may book.
    #[graphql(default)]
    quotas: Vec<BookingQuota>,
    /// How much somebody may book before managers are told.
    threshold: Option<BookingLimit>,
}

/// The rules as they are sent.
pub type ResourceRulesInput = ResourceRules;

impl ResourceRules {
    /// Reads the rules.
    pub(super) fn read(&self) -> Result<Rules> {
        let opening =
            self.opening.iter().map(|hours| Opening { day: hours.day, from: hours.from.0, to: hours.to.0 });
        let quotas = self.quotas.iter().map(|quota| {
            let group = quota.group.as_ref().map(|id| GroupId::read(id, "rules.quotas")).transpose()?;
            Ok(Quota { group, limit: quota.limit.into(), shared: quota.shared })
        });
        Ok(Rules {
            opening: opening.collect(),
            periods_only: self.periods_only,
            shortest: self.shortest,
            longest: self.longest,
            to_book: self.to_book.into(),
            to_change: self.to_change.into(),
            to_cancel: self.to_cancel.into(),
            days_ahead: self.days_ahead,
            buffer: (self.buffer_before, self.buffer_after),
            pending_leaves_free: self.pending_leaves_free,
            quotas: quotas.collect::<Result<_>>()?,
            threshold: self.threshold.map(Into::into),
        })
    }
}

impl From<&Rules> for ResourceRules {
    fn from(rules: &Rules) -> Self {
        let opening = rules.opening.iter().map(|opening| OpeningHours {
            day: opening.day,
            from: TimeOfDay(opening.from),
            to: TimeOfDay(opening.to),
        });
        let quotas = rules.quotas.iter().map(|quota| BookingQuota {
            group: quota.group.map(Global::global),
            limit: quota.limit.into(),
            shared: quota.shared,
        });
        Self {
            opening: opening.collect(),
            periods_only: rules.periods_only,
            shortest: rules.shortest,
            longest: rules.longest,
            to_book: rules.to_book.into(),
            to_change: rules.to_change.into(),
            to_cancel: rules.to_cancel.into(),
            days_ahead: rules.days_ahead,
            buffer_before: rules.buffer.0,
            buffer_after: rules.buffer.1,
            pending_leaves_free: rules.pending_leaves_free,
            quotas: quotas.collect(),
            threshold: rules.threshold.map(Into::into),
        }
    }
}

impl From<BookingNotice> for Notice {
    fn from(notice: BookingNotice) -> Self {
        Self { least: notice.least, most: notice.most }
    }
}

impl From<Notice> for BookingNotice {
    fn from(notice: Notice) -> Self {
        Self { least: notice.least, most: notice.most }
    }
}

impl From<BookingLimit> for Limit {
    fn from(limit: BookingLimit) -> Self {
        Self { unit: limit.unit.into(), per: limit.per.into(), most: limit.most }
    }
}

impl From<Limit> for BookingLimit {
    fn from(limit: Limit) -> Self {
        Self { unit: limit.unit.into(), per: limit.per.into(), most: limit.most }
    }
}
