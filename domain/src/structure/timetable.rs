//! The hours of a structure: its named periods, and when it is closed (`booking.md`, A booking).
//!
//! Invariants: periods follow one another and never overlap; a closure has the instants that its wall times stood for
//! when it was made; what is over is never changed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDateTime, NaiveTime, Timelike};

use super::{ClosureLifted, ClosureMade, Event, OnClosure, Period, PeriodsSet};
use crate::Timestamp;
use crate::booking::slot::{NotASlot, Wall};
use crate::clock::Zone;
use crate::id::{ClosureId, StructureId};

/// The most periods of a day.
pub const MOST_PERIODS: usize = 40;

/// What may be asked of the hours of a structure.
#[derive(Debug, Clone, PartialEq)]
pub enum Scheduling {
    /// Say which periods a day has, in any order.
    SetPeriods(Vec<Period>),
    /// Close the structure for some time.
    MakeClosure(MakeClosure),
    /// Do not close it then after all.
    LiftClosure {
        /// Which closure.
        closure: ClosureId,
        /// The instant.
        now: Timestamp,
    },
}

/// Close a structure for some time.
#[derive(Debug, Clone, PartialEq)]
pub struct MakeClosure {
    /// The id of the closure.
    pub closure: ClosureId,
    /// What a clock there shows at its beginning.
    pub from: NaiveDateTime,
    /// What a clock there shows at its end.
    pub to: NaiveDateTime,
    /// Why.
    pub what: String,
    /// What becomes of bookings in its way.
    pub way: OnClosure,
    /// The instant.
    pub now: Timestamp,
}

/// Why hours cannot be so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotATimetable {
    /// No times, or none that a clock shows.
    #[error(transparent)]
    NotASlot(#[from] NotASlot),
    /// Two periods have a minute in common.
    #[error("structure.periods-overlap")]
    PeriodsOverlap,
    /// Two periods are called the same.
    #[error("structure.period-named-twice")]
    PeriodNamedTwice,
    /// More than [`MOST_PERIODS`].
    #[error("structure.too-many-periods")]
    TooManyPeriods,
    /// No such closure.
    #[error("structure.unknown-closure")]
    UnknownClosure,
    /// It ended before now.
    #[error("structure.closure-over")]
    ClosureOver,
}

/// The hours of a structure, as far as rules need to know.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Timetable {
    /// Where its clocks are; none before it is created.
    pub(super) zone: Option<Zone>,
    periods: Vec<Period>,
    closures: BTreeMap<ClosureId, Closure>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Closure {
    end: Timestamp,
    lifted: bool,
}

impl Timetable {
    pub(super) fn decide(
        &self,
        structure: StructureId,
        asked: Scheduling,
    ) -> Result<Vec<Event>, NotATimetable> {
        match asked {
            Scheduling::SetPeriods(periods) => self.set_periods(periods),
            Scheduling::MakeClosure(make) => self.make_closure(structure, make),
            Scheduling::LiftClosure { closure, now } => {
                let known = self.closures.get(&closure).ok_or(NotATimetable::UnknownClosure)?;
                if known.lifted {
                    return Ok(vec![]);
                }
                if known.end <= now {
                    return Err(NotATimetable::ClosureOver);
                }
                Ok(vec![ClosureLifted { closure }.into()])
            }
        }
    }

    pub(super) fn follow(&mut self, event: &Event) {
        if let Event::PeriodsSet(set) = event {
            self.periods.clone_from(&set.periods);
        }
        if let Event::ClosureMade(made) = event {
            self.closures.insert(made.closure, Closure { end: made.end, lifted: false });
        }
        if let Event::ClosureLifted(lifted) = event
            && let Some(closure) = self.closures.get_mut(&lifted.closure)
        {
            closure.lifted = true;
        }
    }

    fn set_periods(&self, mut periods: Vec<Period>) -> Result<Vec<Event>, NotATimetable> {
        if periods.len() > MOST_PERIODS {
            return Err(NotATimetable::TooManyPeriods);
        }
        let minutes = |time: NaiveTime| time.second() == 0 && time.nanosecond() == 0;
        if !periods.iter().all(|period| minutes(period.from) && minutes(period.to)) {
            return Err(NotASlot::WholeMinutes.into());
        }
        if periods.iter().any(|period| period.to <= period.from) {
            return Err(NotASlot::NoLength.into());
        }
        let names: BTreeSet<_> = periods.iter().map(|period| &period.name).collect();
        if names.len() < periods.len() {
            return Err(NotATimetable::PeriodNamedTwice);
        }
        periods.sort_by_key(|period| period.from);
        if periods.windows(2).any(|pair| pair[1].from < pair[0].to) {
            return Err(NotATimetable::PeriodsOverlap);
        }
        Ok(if self.periods == periods { vec![] } else { vec![PeriodsSet { periods }.into()] })
    }

    fn make_closure(&self, structure: StructureId, make: MakeClosure) -> Result<Vec<Event>, NotATimetable> {
        let MakeClosure { closure, from, to, what, way, now } = make;
        if self.closures.contains_key(&closure) {
            return Ok(vec![]); // A retry: already so.
        }
        let zone = self.zone.unwrap_or(Zone::PARIS);
        let slot = Wall { zone, start: from, end: to }.slot()?;
        if slot.end <= now {
            return Err(NotATimetable::ClosureOver);
        }
        let (start, end, what) = (slot.start, slot.end, what.into());
        Ok(vec![ClosureMade { structure, closure, from, to, start, end, what, way }.into()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decider::testing::given;
    use crate::group::{FamilyLink, InternalPolicy};
    use crate::label::Label;
    use crate::structure::{Closed, Command, Created, Refusal, Structure};

    const HERE: StructureId = StructureId::from_u128(1);
    const CLOSURE: ClosureId = ClosureId::from_u128(2);

    fn school(zone: &str) -> Event {
        Created {
            structure: HERE,
            uai: None,
            name: Label::parse("École").unwrap(),
            parent: None,
            zone: Zone::parse(zone).unwrap(),
            policy: InternalPolicy::Implied,
            family: FamilyLink::default(),
        }
        .into()
    }

    fn period(name: &str, from: &str, to: &str) -> Period {
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        Period { name: Label::parse(name).unwrap(), from, to }
    }

    fn periods(periods: &[Period]) -> Command {
        Command::Schedule(Scheduling::SetPeriods(periods.to_vec()))
    }

    fn instant(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn closure(from: &str, to: &str) -> MakeClosure {
        let (from, to) = (from.parse().unwrap(), to.parse().unwrap());
        let (what, way, now) = ("vacances".into(), OnClosure::Suspend, instant("2026-12-18T12:00:00Z"));
        MakeClosure { closure: CLOSURE, from, to, what, way, now }
    }

    fn christmas() -> MakeClosure {
        closure("2026-12-19T00:00:00", "2027-01-04T00:00:00")
    }

    fn make(make: MakeClosure) -> Command {
        Command::Schedule(Scheduling::MakeClosure(make))
    }

    fn made(start: &str, end: &str) -> Event {
        let MakeClosure { closure, from, to, what, way, .. } = christmas();
        let (start, end) = (instant(start), instant(end));
        ClosureMade { structure: HERE, closure, from, to, start, end, what: what.into(), way }.into()
    }

    fn in_paris() -> Event {
        made("2026-12-18T23:00:00Z", "2027-01-03T23:00:00Z")
    }

    fn lift(closure: ClosureId, now: &str) -> Command {
        Command::Schedule(Scheduling::LiftClosure { closure, now: instant(now) })
    }

    fn refused(command: Command, why: impl Into<NotATimetable>) {
        given::<Structure>([school("Europe/Paris")]).when(command).refused(Refusal::Timetable(why.into()));
    }

    #[test]
    fn periods_are_kept_in_the_order_of_the_day_and_may_touch() {
        let (first, second) = (period("M1", "08:00:00", "09:00:00"), period("M2", "09:00:00", "10:00:00"));
        let set = PeriodsSet { periods: vec![first.clone(), second.clone()] };
        let history = [school("Europe/Paris"), set.clone().into()];
        given::<Structure>([school("Europe/Paris")])
            .when(periods(&[second.clone(), first.clone()]))
            .then([set.into()]);
        given::<Structure>(history.clone()).when(periods(&[first, second])).then([]);
        given::<Structure>(history).when(periods(&[])).then([PeriodsSet { periods: vec![] }.into()]);
    }

    #[test]
    fn periods_that_are_none_are_refused() {
        let first = period("M1", "08:00:00", "09:00:00");
        let with = |other: Period| periods(&[other, first.clone()]);
        refused(with(period("M2", "08:59:00", "10:00:00")), NotATimetable::PeriodsOverlap);
        refused(with(period("M1", "09:00:00", "10:00:00")), NotATimetable::PeriodNamedTwice);
        refused(with(period("M2", "10:00:00", "10:00:00")), NotASlot::NoLength);
        refused(with(period("M2", "10:00:00", "10:00:30")), NotASlot::WholeMinutes);
        let many = (0..=MOST_PERIODS)
            .map(|n| period(&n.to_string(), &format!("10:{n:02}:00"), &format!("10:{:02}:00", n + 1)));
        let many: Vec<_> = many.collect();
        refused(periods(&many), NotATimetable::TooManyPeriods);
        given::<Structure>([school("Europe/Paris")])
            .when(periods(&many[..MOST_PERIODS]))
            .then([PeriodsSet { periods: many[..MOST_PERIODS].to_vec() }.into()]);
    }

    #[test]
    fn a_closure_has_the_instants_of_where_the_structure_is() {
        for (zone, event) in [
            ("Europe/Paris", in_paris()),
            ("Indian/Reunion", made("2026-12-18T20:00:00Z", "2027-01-03T20:00:00Z")),
        ] {
            given::<Structure>([school(zone)]).when(make(christmas())).then([event.clone()]);
            given::<Structure>([school(zone), event]).when(make(christmas())).then([]);
        }
    }

    #[test]
    fn a_closure_that_is_none_or_is_over_is_refused() {
        refused(make(closure("2026-12-19T08:00:00", "2026-12-19T08:00:00")), NotASlot::NoLength);
        refused(make(closure("2027-03-28T02:30:00", "2027-03-29T08:00:00")), NotASlot::NoSuchHour);
        refused(make(closure("2026-12-19T08:00:01", "2026-12-19T09:00:00")), NotASlot::WholeMinutes);
        refused(make(closure("2026-12-01T08:00:00", "2026-12-18T13:00:00")), NotATimetable::ClosureOver);
        // One that lasts is made: the school is closed because of snow, since this morning.
        let snow = closure("2026-12-18T08:00:00", "2026-12-18T13:01:00");
        let decided = crate::Decider::decide(
            &crate::Decider::evolve(Structure::default(), &school("Europe/Paris")),
            make(snow),
        );
        assert_eq!(decided.map(|events| events.len()), Ok(1));
    }

    #[test]
    fn a_closure_is_lifted_once_and_never_when_it_is_over() {
        let history = || vec![school("Europe/Paris"), in_paris()];
        let (now, after) = ("2027-01-03T22:59:00Z", "2027-01-03T23:00:00Z");
        let lifted = Event::from(ClosureLifted { closure: CLOSURE });
        given::<Structure>(history()).when(lift(CLOSURE, now)).then([lifted.clone()]);
        given::<Structure>(history())
            .when(lift(CLOSURE, after))
            .refused(Refusal::Timetable(NotATimetable::ClosureOver));
        let history = [history(), vec![lifted]].concat();
        given::<Structure>(history.clone()).when(lift(CLOSURE, after)).then([]);
        given::<Structure>(history).when(make(christmas())).then([]);
        refused(lift(ClosureId::from_u128(9), now), NotATimetable::UnknownClosure);
    }

    #[test]
    fn a_closed_structure_has_no_hours_to_change() {
        given::<Structure>([school("Europe/Paris"), Closed {}.into()])
            .when(make(christmas()))
            .refused(Refusal::Closed);
    }
}
