//! What a resource is, after its events; the read model of calendars is the same.
//!
//! Invariants: the levels are the sums of what holds, bare and with buffers; a date is in one standing; a booking is
//! never removed.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDateTime, TimeDelta};
use serde::{Deserialize, Serialize};

use super::event::{Beginning, Change, Event, Made, Moved, ProposalEnd};
use super::rules::{Booked, Rules, Wanted};
use crate::booking::level::Level;
use crate::booking::recurrence::Rule;
use crate::booking::slot::Slot;
use crate::clock::Zone;
use crate::id::{BookingId, BookingRequestId, ClosureId, DomainId, GroupId, PersonId, StructureId};
use crate::structure::Period;
use crate::{Date, Timestamp};

/// Whether a resource can be booked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Life {
    /// There is none.
    #[default]
    None,
    /// It can.
    Open {
        /// The domain it is in.
        domain: DomainId,
        /// The structure of the domain.
        structure: StructureId,
        /// Where its hours are.
        zone: Zone,
    },
    /// It is no more.
    Deleted {
        /// The domain it was in.
        domain: DomainId,
        /// The structure of the domain.
        structure: StructureId,
        /// Where its hours were.
        zone: Zone,
    },
}

/// Where one date of a booking is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Standing {
    /// Waits for the other resources of its request.
    Held,
    /// Waits for somebody who validates.
    Pending,
    /// Valid.
    Confirmed,
    /// Does not fit now.
    Suspended,
    /// Somebody said no.
    Refused,
    /// Taken back before anybody answered.
    Withdrawn,
    /// Given up.
    Cancelled,
    /// Given back with its request.
    Released,
    /// Goes on as another booking.
    Branched,
}

impl Standing {
    /// Returns whether it may still take place.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Held | Self::Pending | Self::Confirmed | Self::Suspended)
    }

    /// Returns whether it counts for quotas.
    pub fn counts(self) -> bool {
        matches!(self, Self::Held | Self::Pending | Self::Confirmed)
    }
}

/// One date of a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfDate {
    /// Its name: the day on which it was to begin when it was made.
    pub date: Date,
    /// What a clock on the wall shows at its beginning.
    pub start: NaiveDateTime,
    /// What it shows at its end.
    pub end: NaiveDateTime,
    /// The instants that gave.
    pub slot: Slot,
    /// How much of the resource.
    pub quantity: u32,
    /// Where it is.
    pub standing: Standing,
    /// Whether it was moved alone, away from its series.
    pub moved: bool,
}

/// A booking, once or as a series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Booking {
    /// Whose.
    pub owner: PersonId,
    /// Its place among the bookings of the resource, from 0.
    pub order: u32,
    /// What a clock on the wall showed at the beginning of its first slot.
    pub start: NaiveDateTime,
    /// What it showed at its end.
    pub end: NaiveDateTime,
    /// How it goes on, if it is a series.
    pub rule: Option<Rule>,
    /// Days on which the rule gives a date and there is none.
    pub except: Vec<Date>,
    /// What it is once it is no longer held.
    pub beginning: Beginning,
    /// The request it is a part of.
    pub request: Option<BookingRequestId>,
    /// Whether it is no longer held for that.
    pub settled: bool,
    /// Minutes kept free before and after each date.
    pub buffer: (u32, u32),
    /// Whether it leaves its slot free while it waits.
    pub leaves_free: bool,
    /// Its dates, in the order of their names.
    pub dates: Vec<OfDate>,
    /// A change that waits.
    pub proposal: Option<Change>,
    /// The booking it goes on from.
    pub continues: Option<BookingId>,
    /// The groups whose shared quotas it counts for.
    pub counts_for: Vec<GroupId>,
    /// How often it was changed: SEQUENCE of RFC 5545, 3.8.7.4.
    pub sequence: u32,
}

/// A resource: what is decided by, and what is shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    life: Life,
    quantity: u32,
    rules: Rules,
    periods: Vec<Period>,
    closures: BTreeMap<ClosureId, Slot>,
    declined: BTreeSet<ClosureId>,
    /// Closures that are the structure's.
    of_structure: BTreeSet<ClosureId>,
    bookings: BTreeMap<BookingId, Booking>,
    /// Bookings with a date or a change that waits.
    waiting: BTreeSet<BookingId>,
    suspended: BTreeSet<BookingId>,
    #[serde(skip)]
    bare: Level,
    /// With buffers.
    #[serde(skip)]
    kept: Level,
    #[serde(skip)]
    booked: BTreeMap<PersonId, Booked>,
    /// What counts for the shared quotas of each group, and of everybody.
    #[serde(skip)]
    shared: BTreeMap<Option<GroupId>, Booked>,
    /// What may still take place, by its beginning.
    #[serde(skip)]
    by_start: BTreeSet<(Timestamp, BookingId, Date)>,
    /// How long the longest date ever was, in minutes.
    longest: i64,
}

impl Booking {
    /// Returns a date by its name.
    pub fn date(&self, date: Date) -> Option<&OfDate> {
        self.dates.binary_search_by_key(&date, |of| of.date).ok().map(|index| &self.dates[index])
    }

    /// Returns whether a date holds its slot.
    pub fn holds(&self, of: &OfDate) -> bool {
        match of.standing {
            Standing::Held | Standing::Confirmed => true,
            Standing::Pending => !self.leaves_free,
            Standing::Suspended
            | Standing::Refused
            | Standing::Withdrawn
            | Standing::Cancelled
            | Standing::Released
            | Standing::Branched => false,
        }
    }
}

impl OfDate {
    /// Returns it as it is looked at by rules.
    pub fn wanted(&self) -> Wanted {
        Wanted { date: self.date, start: self.start, end: self.end, slot: self.slot }
    }
}

impl Resource {
    /// Returns whether it can be booked.
    pub fn life(&self) -> Life {
        self.life
    }

    /// Returns how much of it there is.
    pub fn quantity(&self) -> u32 {
        self.quantity
    }

    /// Returns its rules.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Returns the periods of its structure.
    pub fn periods(&self) -> &[Period] {
        &self.periods
    }

    /// Returns when it is closed.
    pub fn closures(&self) -> &BTreeMap<ClosureId, Slot> {
        &self.closures
    }

    /// Returns the closures that are the structure's, made or declined.
    pub fn closures_of_structure(&self) -> &BTreeSet<ClosureId> {
        &self.of_structure
    }

    /// Returns whether a closure is known here: made, or declined.
    pub fn knows(&self, closure: ClosureId) -> bool {
        self.closures.contains_key(&closure) || self.declined.contains(&closure)
    }

    /// Returns every booking there ever was.
    pub fn bookings(&self) -> &BTreeMap<BookingId, Booking> {
        &self.bookings
    }

    /// Returns a booking.
    pub fn booking(&self, booking: BookingId) -> Option<&Booking> {
        self.bookings.get(&booking)
    }

    /// Returns the bookings with a date or a change that waits.
    pub fn waiting(&self) -> &BTreeSet<BookingId> {
        &self.waiting
    }

    /// Returns the bookings with a date that is suspended.
    pub fn suspended(&self) -> &BTreeSet<BookingId> {
        &self.suspended
    }

    /// Returns how much is in use, buffers left out.
    pub fn level(&self) -> &Level {
        &self.bare
    }

    /// Returns how much is in use, buffers counted.
    pub fn level_kept(&self) -> &Level {
        &self.kept
    }

    /// Returns what somebody has booked, by the day.
    pub fn booked(&self, owner: PersonId) -> Option<&Booked> {
        self.booked.get(&owner)
    }

    /// Returns what counts for the shared quotas of a group, or of everybody, by the day.
    pub fn booked_together(&self, group: Option<GroupId>) -> Option<&Booked> {
        self.shared.get(&group)
    }

    /// Returns the same without bookings, and without what is counted of them.
    pub(super) fn without_bookings(&self) -> Self {
        Self {
            life: self.life,
            quantity: self.quantity,
            rules: self.rules.clone(),
            periods: self.periods.clone(),
            closures: self.closures.clone(),
            declined: self.declined.clone(),
            of_structure: self.of_structure.clone(),
            waiting: self.waiting.clone(),
            suspended: self.suspended.clone(),
            longest: self.longest,
            ..Self::default()
        }
    }

    /// Returns the same with these bookings, counted; none if they are not the ones that it was written with.
    pub(super) fn with_bookings(mut self, bookings: BTreeMap<BookingId, Booking>) -> Option<Self> {
        for (id, booking) in &bookings {
            for of in &booking.dates {
                self.count(*id, booking, of, true);
            }
            self.count_proposal(booking, true);
        }
        let named = self.waiting.iter().chain(&self.suspended).all(|id| bookings.contains_key(id));
        named.then_some(Self { bookings, ..self })
    }

    /// Notes what happened.
    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::Opened(opened) => {
                let (domain, structure, zone) = (opened.domain, opened.structure, opened.zone);
                self.life = Life::Open { domain, structure, zone };
                self.quantity = opened.quantity;
            }
            Event::Renamed(_) | Event::ThresholdPassed(_) | Event::Described(_) => {}
            Event::QuantitySet(set) => self.quantity = set.quantity,
            Event::RulesSet(set) => self.rules = set.rules.clone(),
            Event::PeriodsSet(set) => self.periods.clone_from(&set.periods),
            Event::Closed(closed) => {
                self.closures.insert(closed.closure, closed.slot);
                if closed.of_structure {
                    self.of_structure.insert(closed.closure);
                }
            }
            Event::ClosureDeclined(declined) => {
                self.declined.insert(declined.closure);
                if declined.of_structure {
                    self.of_structure.insert(declined.closure);
                }
            }
            Event::ClosureLifted(lifted) => {
                self.closures.remove(&lifted.closure);
                self.declined.remove(&lifted.closure);
                self.of_structure.remove(&lifted.closure);
            }
            Event::Deleted(_) => {
                if let Life::Open { domain, structure, zone } = self.life {
                    self.life = Life::Deleted { domain, structure, zone };
                }
            }
            Event::Made(made) => self.made(made),
            Event::Settled(settled) => {
                let to = match settled.beginning {
                    Beginning::Pending => Standing::Pending,
                    Beginning::Confirmed => Standing::Confirmed,
                };
                self.stand(settled.booking, &[], to, |standing| standing == Standing::Held);
                self.with(settled.booking, |booking| booking.settled = true);
            }
            Event::Released(released) => {
                let held = |standing| matches!(standing, Standing::Held | Standing::Suspended);
                self.stand(released.booking, &[], Standing::Released, held);
                self.with(released.booking, |booking| booking.settled = true);
            }
            Event::Validated(of) => {
                self.stand(of.booking, &of.dates, Standing::Confirmed, |it| it == Standing::Pending);
            }
            Event::Refused(of) => {
                self.stand(of.booking, &of.dates, Standing::Refused, |it| it == Standing::Pending);
            }
            Event::Withdrawn(of) => {
                self.stand(of.booking, &of.dates, Standing::Withdrawn, |it| it == Standing::Pending);
            }
            Event::Cancelled(of) => self.stand(of.booking, &of.dates, Standing::Cancelled, Standing::is_open),
            Event::Suspended(of) => {
                let valid = |standing| matches!(standing, Standing::Confirmed | Standing::Held);
                self.stand(of.booking, &of.dates, Standing::Suspended, valid);
            }
            Event::Resumed(of) => {
                self.stand(of.booking, &of.dates, Standing::Confirmed, |it| it == Standing::Suspended);
            }
            Event::Moved(moved) => self.moved(moved),
            Event::Branched(branched) => self.branched(branched),
            Event::Proposed(proposed) => {
                self.propose(proposed.booking, Some(proposed.change.clone()));
            }
            Event::ProposalEnded(ended) => {
                let _: ProposalEnd = ended.end;
                self.propose(ended.booking, None);
            }
            Event::Rezoned(rezoned) => {
                self.with(rezoned.booking, |booking| {
                    for (date, slot) in &rezoned.slots {
                        if let Some(of) = booking.dates.iter_mut().find(|of| of.date == *date) {
                            of.slot = *slot;
                        }
                    }
                    booking.sequence += 1;
                });
            }
        }
    }

    fn made(&mut self, made: &Made) {
        let when = &made.when;
        let (first, long) = (when.start.time(), when.end - when.start);
        let standing = match (made.request, made.beginning) {
            (Some(_), _) => Standing::Held,
            (None, Beginning::Pending) => Standing::Pending,
            (None, Beginning::Confirmed) => Standing::Confirmed,
        };
        let dates = when.slots().map(|(date, slot)| {
            let start = date.and_time(first);
            let (quantity, end) = (made.quantity, start + long);
            OfDate { date, start, end, slot, quantity, standing, moved: false }
        });
        let booking = Booking {
            owner: made.owner,
            order: u32::try_from(self.bookings.len()).unwrap_or(u32::MAX),
            start: when.start,
            end: when.end,
            rule: when.rule.clone(),
            except: when.except.clone(),
            beginning: made.beginning,
            request: made.request,
            settled: made.request.is_none(),
            buffer: made.buffer,
            leaves_free: made.leaves_free,
            dates: dates.collect(),
            proposal: None,
            continues: made.continues,
            counts_for: made.counts_for.clone(),
            sequence: 0,
        };
        for of in &booking.dates {
            self.count(made.booking, &booking, of, true);
        }
        self.file(made.booking, &booking);
        self.bookings.insert(made.booking, booking);
    }

    fn moved(&mut self, moved: &Moved) {
        self.with(moved.booking, |booking| {
            if let Some(of) = booking.dates.iter_mut().find(|of| of.date == moved.date) {
                (of.start, of.end, of.slot) = (moved.start, moved.end, moved.slot);
                (of.quantity, of.moved) = (moved.quantity, true);
                booking.sequence += 1;
            }
        });
    }

    fn branched(&mut self, branched: &super::event::Branched) {
        self.with(branched.booking, |booking| {
            for of in booking.dates.iter_mut().filter(|of| of.date >= branched.from) {
                if of.standing.is_open() {
                    of.standing = Standing::Branched;
                }
            }
            booking.rule.clone_from(&branched.rule);
            booking.except.retain(|date| *date < branched.from);
            booking.sequence += 1;
        });
    }

    fn propose(&mut self, booking: BookingId, change: Option<Change>) {
        self.with(booking, |booking| booking.proposal = change);
    }

    /// Moves dates of a booking to a standing, if they are in one that leads there. No dates are all.
    fn stand(&mut self, booking: BookingId, dates: &[Date], to: Standing, from: impl Fn(Standing) -> bool) {
        self.with(booking, |booking| {
            for of in &mut booking.dates {
                if (dates.is_empty() || dates.contains(&of.date)) && from(of.standing) {
                    of.standing = to;
                }
            }
            booking.sequence += 1;
        });
    }

    /// Changes a booking, and counts what it holds anew.
    fn with(&mut self, id: BookingId, change: impl FnOnce(&mut Booking)) {
        let Some(mut booking) = self.bookings.remove(&id) else { return };
        let (dates, proposal) = (booking.dates.clone(), booking.proposal.is_some());
        if proposal {
            self.count_proposal(&booking, false);
        }
        change(&mut booking);
        for (before, after) in dates.iter().zip(&booking.dates) {
            if before != after {
                self.count(id, &booking, before, false);
                self.count(id, &booking, after, true);
            }
        }
        self.count_proposal(&booking, true);
        self.file(id, &booking);
        self.bookings.insert(id, booking);
    }

    fn file(&mut self, id: BookingId, booking: &Booking) {
        let has = |standing| booking.dates.iter().any(|of| of.standing == standing);
        let waits = has(Standing::Pending) || booking.proposal.is_some();
        for (set, is) in [(&mut self.waiting, waits), (&mut self.suspended, has(Standing::Suspended))] {
            if is {
                set.insert(id);
            } else {
                set.remove(&id);
            }
        }
    }

    fn count(&mut self, id: BookingId, booking: &Booking, of: &OfDate, on: bool) {
        if of.standing.is_open() {
            let key = (of.slot.start, id, of.date);
            if on {
                self.by_start.insert(key);
                self.longest = self.longest.max(of.slot.minutes());
            } else {
                self.by_start.remove(&key);
            }
        }
        if booking.holds(of) {
            level_of(&mut self.bare, of.slot, of.quantity, on);
            level_of(&mut self.kept, booking.span(of.slot, true), of.quantity, on);
        }
        if of.standing.counts() {
            add(&mut self.booked, booking.owner, of, on);
            for group in booking.counts_for.iter().copied().map(Some).chain([None]) {
                add(&mut self.shared, group, of, on);
            }
        }
    }

    fn count_proposal(&mut self, booking: &Booking, on: bool) {
        for (level, buffered) in [(&mut self.bare, false), (&mut self.kept, true)] {
            for (slot, quantity) in booking.proposed(buffered) {
                level_of(level, slot, quantity, on);
            }
        }
    }

    /// Returns what may still take place during a slot, in the order of beginning.
    pub fn during(&self, slot: Slot) -> impl Iterator<Item = (BookingId, &Booking, &OfDate)> {
        // What begins before the slot by more than the longest date has ended.
        let first = slot.start - TimeDelta::minutes(self.longest);
        let least = BookingId::from_u128(0);
        let range = (first, least, Date::MIN)..(slot.end, least, Date::MIN);
        let known = self.by_start.range(range).filter_map(|(_, id, date)| {
            let booking = self.bookings.get(id)?;
            Some((*id, booking, booking.date(*date)?))
        });
        known.filter(move |(_, _, of)| of.slot.overlaps(slot))
    }

    /// Returns what may still take place and begins at an instant or later, in that order.
    pub fn from(&self, instant: Timestamp) -> impl Iterator<Item = (BookingId, &Booking, &OfDate)> {
        let range = (instant, BookingId::from_u128(0), Date::MIN)..;
        self.by_start.range(range).filter_map(|(_, id, date)| {
            let booking = self.bookings.get(id)?;
            Some((*id, booking, booking.date(*date)?))
        })
    }
}

/// Adds a date to what is booked by the day, or takes it away; nothing is kept of whom nothing is left.
fn add<K: Ord>(booked: &mut BTreeMap<K, Booked>, key: K, of: &OfDate, on: bool) {
    let (date, minutes) = (of.start.date(), u32::try_from(of.slot.minutes()).unwrap_or(u32::MAX));
    if on {
        let day = booked.entry(key).or_default().entry(date).or_default();
        *day = (day.0 + 1, day.1.saturating_add(minutes));
        return;
    }
    let Some(days) = booked.get_mut(&key) else { return };
    if let Some(day) = days.get_mut(&date) {
        *day = (day.0.saturating_sub(1), day.1.saturating_sub(minutes));
        if *day == (0, 0) {
            days.remove(&date);
        }
    }
    if days.is_empty() {
        booked.remove(&key);
    }
}

fn level_of(level: &mut Level, slot: Slot, quantity: u32, on: bool) {
    if on {
        level.add(slot, quantity);
    } else {
        level.take(slot, quantity);
    }
}
