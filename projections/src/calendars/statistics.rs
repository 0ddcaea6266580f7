//! What became of bookings, week by week.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use chrono::{Days, Weekday};
use domain::booking::slot::{self, Slot, instant};
use domain::resource::{Event, Life, Standing};
use domain::{BookingId, Date, Timestamp};
use serde::{Deserialize, Serialize};

use super::Calendar;

/// What became of dates that were to be in a week, but for those that take place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Week {
    /// How many were asked for, those valid at once among them.
    pub asked: u32,
    /// How many were refused.
    pub refused: u32,
    /// How many were taken back before anybody answered.
    pub withdrawn: u32,
    /// How many were given up.
    pub cancelled: u32,
}

/// How much of a resource is taken in a week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occupation {
    /// The Monday.
    pub monday: Date,
    /// Minutes of what is valid, times how much of the resource.
    pub taken: u64,
    /// Minutes that it is open and not closed, times how much there is.
    pub open: u64,
    /// What became of the others.
    pub week: Week,
    /// The same by the number of the population that booked.
    pub parts: BTreeMap<u32, Part>,
}

/// What of a week is a population's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Part {
    /// Minutes of what is valid, times how much of the resource.
    pub taken: u64,
    /// What became of the others.
    pub week: Week,
}

impl AddAssign for Week {
    fn add_assign(&mut self, other: Self) {
        self.asked += other.asked;
        self.refused += other.refused;
        self.withdrawn += other.withdrawn;
        self.cancelled += other.cancelled;
    }
}

impl Calendar {
    /// Counts what an event says of bookings of a population, before the state is another.
    pub(super) fn count(&mut self, event: &Event, population: u32) {
        match event {
            Event::Made(made) => {
                let dates = made.when.slots().map(|(date, _)| date).collect();
                self.each(population, dates, |week| week.asked += 1);
            }
            Event::Refused(of) => {
                let dates = self.named(of.booking, &of.dates, &[Standing::Pending]);
                self.each(population, dates, |week| week.refused += 1);
            }
            Event::Withdrawn(of) => {
                let dates = self.named(of.booking, &of.dates, &[Standing::Pending]);
                self.each(population, dates, |week| week.withdrawn += 1);
            }
            Event::Cancelled(of) => {
                let open = [Standing::Pending, Standing::Confirmed, Standing::Suspended];
                let dates = self.named(of.booking, &of.dates, &open);
                self.each(population, dates, |week| week.cancelled += 1);
            }
            // Its dates are asked for again by the booking it goes on as.
            Event::Branched(of) => {
                let open = [Standing::Pending, Standing::Confirmed, Standing::Suspended];
                let dates = self.named(of.booking, &[], &open);
                let dates = dates.into_iter().filter(|date| *date >= of.from).collect();
                self.each(population, dates, |week| week.asked = week.asked.saturating_sub(1));
            }
            Event::Opened(_)
            | Event::Renamed(_)
            | Event::QuantitySet(_)
            | Event::RulesSet(_)
            | Event::PeriodsSet(_)
            | Event::Closed(_)
            | Event::ClosureDeclined(_)
            | Event::ClosureLifted(_)
            | Event::Deleted(_)
            | Event::Settled(_)
            | Event::Released(_)
            | Event::Validated(_)
            | Event::Suspended(_)
            | Event::Resumed(_)
            | Event::Moved(_)
            | Event::Described(_)
            | Event::Proposed(_)
            | Event::ProposalEnded(_)
            | Event::ThresholdPassed(_)
            | Event::Rezoned(_) => {}
        }
    }

    fn named(&self, booking: BookingId, dates: &[Date], from: &[Standing]) -> Vec<Date> {
        let known = self.state.booking(booking).into_iter().flat_map(|booking| &booking.dates);
        let named = known.filter(|of| dates.is_empty() || dates.contains(&of.date));
        named.filter(|of| from.contains(&of.standing)).map(|of| of.date).collect()
    }

    fn each(&mut self, population: u32, dates: Vec<Date>, change: impl Fn(&mut Week)) {
        for date in dates {
            change(self.weeks.entry(monday(date)).or_default().entry(population).or_default());
        }
    }

    /// Returns how much is taken in each week from one that holds a day through one that holds another.
    pub fn occupation(&self, from: Date, through: Date) -> Vec<Occupation> {
        let (Life::Open { zone, .. } | Life::Deleted { zone, .. }) = self.state.life() else { return vec![] };
        let mut weeks = vec![];
        let mut first = monday(from);
        while first <= through {
            let next = first + Days::new(7);
            if let (Some(start), Some(end)) = (midnight(zone, first), midnight(zone, next)) {
                weeks.push(self.in_week(first, Slot { start, end }));
            }
            first = next;
        }
        weeks
    }

    fn in_week(&self, monday: Date, week: Slot) -> Occupation {
        let mut parts = BTreeMap::<u32, Part>::new();
        for (population, week) in self.weeks.get(&monday).into_iter().flatten() {
            parts.entry(*population).or_default().week += *week;
        }
        for booked in self.during(week).filter(|booked| booked.of.standing == Standing::Confirmed) {
            let slot =
                Slot { start: booked.of.slot.start.max(week.start), end: booked.of.slot.end.min(week.end) };
            let minutes = u64::try_from(slot.minutes()).unwrap_or(0) * u64::from(booked.of.quantity);
            let population = self.told.get(&booked.id).map_or(0, |told| told.population);
            parts.entry(population).or_default().taken += minutes;
        }
        let mut all = Part::default();
        for part in parts.values() {
            all += *part;
        }
        Occupation {
            monday,
            taken: all.taken,
            open: self.open_minutes(monday, week) * u64::from(self.state.quantity()),
            week: all.week,
            parts,
        }
    }

    /// Returns how many minutes of a week the resource is open and not closed.
    fn open_minutes(&self, monday: Date, week: Slot) -> u64 {
        let (Life::Open { zone, .. } | Life::Deleted { zone, .. }) = self.state.life() else { return 0 };
        let hours: Vec<Slot> = if self.state.rules().opening.is_empty() {
            vec![week]
        } else {
            let hours = self.state.rules().opening.iter().filter_map(|opening| {
                let day = monday + Days::new(u64::from(opening.day) - 1);
                let ends = if opening.to == chrono::NaiveTime::MIN { day + Days::new(1) } else { day };
                let start = instant(zone, day.and_time(opening.from)).ok()?;
                Some(Slot { start, end: instant(zone, ends.and_time(opening.to)).ok()? })
            });
            hours.collect()
        };
        let closed = self.state.closures().values().copied().filter(|closed| closed.overlaps(week));
        let mut closed: Vec<Slot> = closed.collect();
        closed.sort_unstable();
        let minutes = hours.into_iter().map(|open| {
            let (mut reached, mut left) = (open.start, 0);
            for shut in closed.iter().filter(|shut| shut.overlaps(open)) {
                left += (shut.start - reached).num_minutes().max(0);
                reached = reached.max(shut.end);
            }
            left + (open.end - reached).num_minutes().max(0)
        });
        u64::try_from(minutes.sum::<i64>()).unwrap_or(0)
    }
}

fn monday(day: Date) -> Date {
    day.week(Weekday::Mon).first_day()
}

/// Returns the first instant of a day. Where midnight is skipped it is the hour after.
fn midnight(zone: domain::clock::Zone, day: Date) -> Option<Timestamp> {
    let at = |hour: u32| slot::instant(zone, day.and_hms_opt(hour, 0, 0)?).ok();
    at(0).or_else(|| at(1))
}
