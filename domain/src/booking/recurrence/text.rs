//! A rule as text: RFC 5545, 3.3.10, and `SKIP` of RFC 7529.
//!
//! Invariants: what is written is read again alike; one rule has one text, so that it can be stored and compared.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use chrono::Weekday;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Ends, Every, Refusal, Rule, ShortMonths};
use crate::Date;

/// The days of a week, as the standard calls them.
const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Mon),
    ("TU", Weekday::Tue),
    ("WE", Weekday::Wed),
    ("TH", Weekday::Thu),
    ("FR", Weekday::Fri),
    ("SA", Weekday::Sat),
    ("SU", Weekday::Sun),
];

/// How much of a part that is not understood is told.
const TOLD: usize = 100;

/// Returns the name of a weekday in the standard.
pub(super) fn weekday(day: Weekday) -> &'static str {
    WEEKDAYS.iter().find(|(_, known)| *known == day).map_or("", |(name, _)| *name)
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.short_months == ShortMonths::Clamp {
            f.write_str("RSCALE=GREGORIAN;")?;
        }
        f.write_str(match self.every {
            Every::Day => "FREQ=DAILY",
            Every::Week(_) => "FREQ=WEEKLY",
            Every::Month(_) | Every::MonthWeekday(..) => "FREQ=MONTHLY",
            Every::Year(_) => "FREQ=YEARLY",
        })?;
        if self.interval > 1 {
            write!(f, ";INTERVAL={}", self.interval)?;
        }
        match &self.every {
            Every::Week(days) if !days.is_empty() => {
                let days: Vec<_> = days.iter().map(|day| weekday(*day)).collect();
                write!(f, ";BYDAY={}", days.join(","))?;
            }
            Every::Month(Some(day)) => write!(f, ";BYMONTHDAY={day}")?,
            Every::MonthWeekday(nth, day) => write!(f, ";BYDAY={nth}{}", weekday(*day))?,
            Every::Year(Some((month, day))) => write!(f, ";BYMONTH={month};BYMONTHDAY={day}")?,
            Every::Day | Every::Week(_) | Every::Month(None) | Every::Year(None) => {}
        }
        match self.ends {
            Ends::Count(count) => write!(f, ";COUNT={count}")?,
            Ends::Until(last) => write!(f, ";UNTIL={}", last.format("%Y%m%d"))?,
        }
        if self.short_months == ShortMonths::Clamp { f.write_str(";SKIP=BACKWARD") } else { Ok(()) }
    }
}

/// The parts of a rule, as they were written.
#[derive(Default)]
struct Parts<'a> {
    frequency: Option<&'a str>,
    interval: Option<&'a str>,
    days: Option<&'a str>,
    month_day: Option<&'a str>,
    month: Option<&'a str>,
    count: Option<&'a str>,
    until: Option<&'a str>,
    week_start: Option<&'a str>,
    scale: Option<&'a str>,
    skip: Option<&'a str>,
}

fn not(part: &str) -> Refusal {
    Refusal::NotUnderstood { part: part.chars().take(TOLD).collect() }
}

fn number<T: FromStr>(name: &str, value: &str) -> Result<T, Refusal> {
    let digits = value.bytes().all(|byte| byte.is_ascii_digit());
    value.parse().ok().filter(|_| digits).ok_or_else(|| not(&format!("{name}={value}")))
}

fn day_named(name: &str) -> Option<Weekday> {
    WEEKDAYS.iter().find(|(known, _)| *known == name).map(|(_, day)| *day)
}

/// Refuses parts that say nothing together with the frequency.
fn unused<const N: usize>(parts: [(&str, Option<&str>); N]) -> Result<(), Refusal> {
    let part = parts.iter().find_map(|(name, value)| Some(format!("{name}={}", (*value)?)));
    part.map_or(Ok(()), |part| Err(not(&part)))
}

fn nth(text: &str) -> Result<Every, Refusal> {
    let part = || not(&format!("BYDAY={text}"));
    let (count, day) = text.split_at_checked(text.len().saturating_sub(2)).ok_or_else(part)?;
    let day = day_named(day).ok_or_else(part)?;
    let count = count.strip_prefix('+').unwrap_or(count).parse().map_err(|_| part())?;
    Ok(Every::MonthWeekday(count, day))
}

impl<'a> Parts<'a> {
    fn read(text: &'a str) -> Result<Self, Refusal> {
        let mut parts = Self::default();
        for part in text.split(';') {
            let (name, value) = part.split_once('=').ok_or_else(|| not(part))?;
            let place = match name {
                "FREQ" => &mut parts.frequency,
                "INTERVAL" => &mut parts.interval,
                "BYDAY" => &mut parts.days,
                "BYMONTHDAY" => &mut parts.month_day,
                "BYMONTH" => &mut parts.month,
                "COUNT" => &mut parts.count,
                "UNTIL" => &mut parts.until,
                "WKST" => &mut parts.week_start,
                "RSCALE" => &mut parts.scale,
                "SKIP" => &mut parts.skip,
                _ => return Err(not(part)),
            };
            if place.replace(value).is_some() || value.is_empty() {
                return Err(not(part));
            }
        }
        Ok(parts)
    }

    fn every(&self) -> Result<Every, Refusal> {
        let frequency = self.frequency.ok_or_else(|| not("FREQ="))?;
        let days = ("BYDAY", self.days);
        let month_day = ("BYMONTHDAY", self.month_day);
        let month = ("BYMONTH", self.month);
        match frequency {
            "DAILY" => unused([days, month_day, month]).map(|()| Every::Day),
            "WEEKLY" => {
                unused([month_day, month])?;
                let named = |name| day_named(name).ok_or_else(|| not(&format!("BYDAY={name}")));
                let days = self.days.into_iter().flat_map(|days| days.split(','));
                days.map(named).collect::<Result<_, _>>().map(Every::Week)
            }
            "MONTHLY" => {
                unused([month])?;
                if let Some(day) = self.days {
                    return unused([month_day]).and_then(|()| nth(day));
                }
                self.month_day.map(|day| number("BYMONTHDAY", day)).transpose().map(Every::Month)
            }
            "YEARLY" => {
                unused([days])?;
                if let (Some(month), Some(day)) = (self.month, self.month_day) {
                    return Ok(Every::Year(Some((number("BYMONTH", month)?, number("BYMONTHDAY", day)?))));
                }
                unused([month, month_day]).map(|()| Every::Year(None))
            }
            other => Err(not(&format!("FREQ={other}"))),
        }
    }

    fn ends(&self) -> Result<Ends, Refusal> {
        match (self.count, self.until) {
            (None, None) => Err(Refusal::WithoutEnd),
            (Some(count), None) => {
                // However large it is: it is too long, not badly written.
                let count: u64 = number("COUNT", count)?;
                u16::try_from(count).map(Ends::Count).map_err(|_| Refusal::TooLong)
            }
            (None, Some(until)) => {
                let day = Some(until).filter(|until| until.len() == 8);
                let day = day.and_then(|day| Date::parse_from_str(day, "%Y%m%d").ok());
                day.map(Ends::Until).ok_or_else(|| not(&format!("UNTIL={until}")))
            }
            (Some(_), Some(until)) => Err(not(&format!("UNTIL={until}"))),
        }
    }

    fn short_months(&self) -> Result<ShortMonths, Refusal> {
        if let Some(scale) = self.scale.filter(|scale| *scale != "GREGORIAN") {
            return Err(not(&format!("RSCALE={scale}")));
        }
        match self.skip {
            None | Some("OMIT") => Ok(ShortMonths::Skip),
            Some("BACKWARD") => Ok(ShortMonths::Clamp),
            Some(other) => Err(not(&format!("SKIP={other}"))),
        }
    }
}

impl Rule {
    /// Reads the text of RFC 5545. `UNTIL` is a local day.
    ///
    /// What is not of the part of it that is known here is named in the refusal.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim().to_ascii_uppercase();
        let parts = Parts::read(&text)?;
        let interval = parts.interval.map_or(Ok(1), |interval| number("INTERVAL", interval))?;
        let every = parts.every()?;
        // Where a week begins matters only for several days of every other week.
        let matters = interval > 1 && matches!(&every, Every::Week(days) if days.len() > 1);
        match parts.week_start {
            None | Some("MO") => {}
            Some(day) if !matters && day_named(day).is_some() => {}
            Some(day) => return Err(not(&format!("WKST={day}"))),
        }
        Self::new(every, interval, parts.ends()?, parts.short_months()?)
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
