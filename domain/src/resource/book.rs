//! Booking: what a booking asks of the resource, and what it becomes.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::event::{Beginning, Made, Overridable, Released, Settled, ThresholdPassed, When};
use super::giving::Giving;
use super::rules::{Booked, Broken, Look, Quota, Rule as Broke, Wanted, over};
use super::state::{Resource, Standing};
use super::{By, Decision, Refusal};
use crate::booking::recurrence::{self, Rule, expand};
use crate::booking::role::{Action, Answer};
use crate::booking::slot::{Slot, Wall};
use crate::id::{BookingId, BookingRequestId, GroupId, PersonId};
use crate::{Date, Timestamp};

/// Book a resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Book {
    /// Which booking it becomes.
    pub booking: BookingId,
    /// Who books.
    pub by: By,
    /// For whom: their quotas count.
    pub owner: PersonId,
    /// Looked up: the groups of quotas that the owner is in.
    pub groups: Vec<GroupId>,
    /// How much of it.
    pub quantity: u32,
    /// When, or when first.
    pub wall: Wall,
    /// How it goes on, if it is a series.
    pub rule: Option<Rule>,
    /// Days of the rule on which it is not.
    pub except: BTreeSet<Date>,
    /// Whether dates that are taken are left out.
    pub skip_conflicts: bool,
    /// What for.
    pub purpose: Option<String>,
    /// Rules to pass over.
    pub passing: Vec<Overridable>,
    /// Whether a reason stands beside the command.
    pub reasoned: bool,
    /// The request it is a part of.
    pub request: Option<BookingRequestId>,
    /// The instant.
    pub now: Timestamp,
}

impl Book {
    /// Returns the plain one: one of it, once, for whoever books, by all rules; what differs is said beside it.
    pub fn once(booking: BookingId, by: By, wall: Wall, now: Timestamp) -> Self {
        Self {
            booking,
            by,
            owner: by.person,
            groups: vec![],
            quantity: 1,
            wall,
            rule: None,
            except: BTreeSet::new(),
            skip_conflicts: false,
            purpose: None,
            passing: vec![],
            reasoned: false,
            request: None,
            now,
        }
    }
}

/// The dates that are left of what was wanted, and those that are not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fitting {
    /// Dates with their instants.
    pub wanted: Vec<Wanted>,
    /// Days on which there is none.
    pub except: Vec<Date>,
}

/// How something wanted is looked at.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    /// Whose it is.
    pub owner: PersonId,
    /// The groups of quotas that they are in.
    pub groups: &'a [GroupId],
    /// The groups whose shared quotas it counts for.
    pub counts_for: &'a [GroupId],
    /// How much.
    pub quantity: u32,
    /// What is passed over.
    pub passing: &'a [Overridable],
    /// Whether dates that are taken are left out.
    pub skip_conflicts: bool,
    /// What of the same booking gives way: the slots and how much.
    pub giving_way: &'a Giving,
    /// Dates of the same booking that no longer count for quotas.
    pub uncounted: &'a [Wanted],
    /// The instant.
    pub now: Timestamp,
}

impl Resource {
    pub(super) fn book(&self, book: Book) -> Decision {
        if self.booking(book.booking).is_some() {
            return Ok(vec![]); // A retry: already so.
        }
        self.opened()?;
        let answer = book.by.role.may(Action::CreateBooking);
        if answer == Answer::No {
            return Err(Refusal::RoleTooLow);
        }
        if book.owner != book.by.person && !moderates(book.by) {
            return Err(Refusal::RoleTooLow);
        }
        may_pass(book.by, &book.passing, book.reasoned)?;
        if book.quantity == 0 {
            return Err(Refusal::NoQuantity);
        }
        let fitting = expanded(&book.wall, book.rule.as_ref(), &book.except)?;
        let counts_for = self.rules().sharing(&book.groups);
        let ask = Ask {
            owner: book.owner,
            groups: &book.groups,
            counts_for: &counts_for,
            quantity: book.quantity,
            passing: &book.passing,
            skip_conflicts: book.skip_conflicts && book.rule.is_some(),
            giving_way: &Giving::default(),
            uncounted: &[],
            now: book.now,
        };
        let fitting = self.fitting(fitting, &ask)?;
        let beginning = begins(answer);
        let slots: Vec<_> = fitting.wanted.iter().map(|wanted| (wanted.date, wanted.slot)).collect();
        let when = When::of(&book.wall, book.rule, fitting.except, &slots).ok_or(Refusal::NoSuchDate)?.into();
        let made = Made {
            booking: book.booking,
            owner: book.owner,
            quantity: book.quantity,
            when,
            purpose: book.purpose.filter(|purpose| !purpose.trim().is_empty()).map(Into::into),
            beginning,
            grant: book.by.grant,
            request: book.request,
            buffer: self.buffer(&book.passing),
            leaves_free: self.rules().pending_leaves_free,
            passed: book.passing,
            continues: None,
            counts_for,
        };
        let passed = self.threshold(book.booking, book.owner, &fitting.wanted);
        Ok(std::iter::once(made.into()).chain(passed).collect())
    }

    /// Returns what is left of dates once all rules were asked; tells every one that is broken.
    pub(super) fn fitting(&self, fitting: Fitting, ask: &Ask<'_>) -> Result<Fitting, Refusal> {
        let Fitting { wanted, mut except } = fitting;
        let (zone, _) = self.opened()?;
        let look = Look {
            rules: self.rules(),
            periods: self.periods(),
            zone,
            now: ask.now,
            notice: self.rules().to_book,
            passed: ask.passing,
        };
        let mut told = vec![];
        if ask.quantity > self.quantity() {
            told.push(Broken { rule: Broke::MoreThanThereIs { quantity: self.quantity() }, date: None });
        }
        let mut left = vec![];
        for date in wanted {
            let mut taken = self.taken(date, ask);
            if ask.quantity > self.quantity() && matches!(taken, Some(Broke::SlotTaken { .. })) {
                taken = None; // Told once, for all dates.
            }
            if taken.is_some() && ask.skip_conflicts {
                except.push(date.date);
                continue;
            }
            look.at(date, &mut told);
            told.extend(taken.map(|rule| Broken { rule, date: Some(date.date) }));
            left.push(date);
        }
        if left.is_empty() {
            return Err(Refusal::Series(recurrence::Refusal::Empty));
        }
        let booked = |quota: &Quota| {
            let there = if quota.shared { self.booked_together(quota.group) } else { self.booked(ask.owner) };
            without(there, ask.uncounted)
        };
        look.quotas(&left, ask.groups, ask.counts_for, booked, &mut told);
        except.sort_unstable();
        if told.is_empty() { Ok(Fitting { wanted: left, except }) } else { Err(Refusal::Broken(told)) }
    }

    /// Returns why a date cannot be had, if it is taken or the resource is closed then.
    pub(super) fn taken(&self, wanted: Wanted, ask: &Ask<'_>) -> Option<Broke> {
        let closure = self.closures().iter().find(|(_, closed)| closed.overlaps(wanted.slot));
        if let Some((closure, _)) = closure {
            return Some(Broke::Closed(*closure));
        }
        let used = self.used(wanted.slot, self.buffer(ask.passing), ask.giving_way);
        let free = self.quantity().saturating_sub(used);
        (ask.quantity > free).then_some(Broke::SlotTaken { free })
    }

    /// Returns how much is in use at the worst instant of a slot with its buffers, what gives way left out.
    pub(super) fn used(&self, slot: Slot, buffer: (u32, u32), giving_way: &Giving) -> u32 {
        let (before, after) = buffer;
        // Without a buffer of one's own nobody else's counts: it was passed over, or there is none.
        let bare = buffer == (0, 0);
        let (wide, level) =
            (slot.widened(before, after), if bare { self.level() } else { self.level_kept() });
        let all = if bare { &giving_way.bare } else { &giving_way.kept };
        let gives: Vec<_> = all.iter().filter(|(slot, _)| slot.overlaps(wide)).collect();
        if gives.is_empty() {
            return level.peak(wide);
        }
        let mut worst = 0;
        for (piece, used) in level.pieces(wide) {
            // What gives way may begin or end inside a piece.
            let ends = gives.iter().flat_map(|(slot, _)| [slot.start, slot.end]);
            let cuts = ends.filter(|cut| piece.start < *cut && *cut < piece.end);
            for cut in cuts.chain([piece.start]) {
                let gone = gives.iter().filter(|(slot, _)| slot.start <= cut && cut < slot.end);
                let gone: u32 = gone.map(|(_, quantity)| *quantity).sum();
                worst = worst.max(used.saturating_sub(gone));
            }
        }
        worst
    }

    /// Returns the buffer of a new date.
    pub(super) fn buffer(&self, passing: &[Overridable]) -> (u32, u32) {
        if passing.contains(&Overridable::Buffers) { (0, 0) } else { self.rules().buffer }
    }

    /// Returns the event that says that an owner passes the threshold with these dates.
    fn threshold(&self, booking: BookingId, owner: PersonId, wanted: &[Wanted]) -> Option<super::Event> {
        let limit = self.rules().threshold?;
        let booked = self.booked(owner);
        let mut first = None;
        over(limit, wanted, booked, |date, sum| first = first.or(Some((date, sum))));
        let (date, sum) = first?;
        let wanted = wanted.iter().find(|wanted| wanted.date == date)?;
        // Who was over it before was told of before.
        let mut before = false;
        let (from, _) = limit.per.around(wanted.start.date());
        let there = booked.into_iter().flat_map(|booked| booked.range(from..limit.per.around(from).1));
        let unit = |(count, minutes): &(u32, u32)| match limit.unit {
            super::Unit::Bookings => *count,
            super::Unit::Minutes => *minutes,
        };
        before |= there.map(|(_, day)| unit(day)).sum::<u32>() > limit.most;
        (!before).then_some(ThresholdPassed { booking, owner, booked: sum }.into())
    }

    pub(super) fn settle(&self, id: BookingId) -> Decision {
        let booking = self.booking(id).ok_or(Refusal::UnknownBooking)?;
        if !booking.settled {
            return Ok(vec![Settled { booking: id, beginning: booking.beginning }.into()]);
        }
        let released = booking.dates.iter().any(|of| of.standing == Standing::Released);
        if released { Err(Refusal::NotHeld) } else { Ok(vec![]) }
    }

    /// Returns what happens if what is held is given back. What was never held, or is settled or released already, stays
    /// as it is.
    pub(super) fn release(&self, id: BookingId) -> Vec<super::Event> {
        let held = self.booking(id).filter(|booking| !booking.settled);
        held.map(|_| Released { booking: id }.into()).into_iter().collect()
    }
}

/// Returns what is booked without what of it no longer counts. It may be of years: it is copied only where something of
/// it gives way.
fn without<'a>(booked: Option<&'a Booked>, uncounted: &[Wanted]) -> Cow<'a, Booked> {
    let mut booked = booked.map(Cow::Borrowed).unwrap_or_default();
    for gone in uncounted {
        let minutes = u32::try_from(gone.slot.minutes()).unwrap_or(0);
        if let Some(day) = booked.to_mut().get_mut(&gone.start.date()) {
            *day = (day.0.saturating_sub(1), day.1.saturating_sub(minutes));
        }
    }
    booked
}

/// Returns whether somebody changes and validates what others booked.
pub(super) fn moderates(by: By) -> bool {
    by.role.may(Action::Validate) == Answer::Yes
}

/// Returns what a new booking is.
pub(super) fn begins(answer: Answer) -> Beginning {
    match answer {
        Answer::Yes => Beginning::Confirmed,
        Answer::NeedsValidation | Answer::No => Beginning::Pending,
    }
}

/// Checks that who passes over rules may, and says why.
pub(super) fn may_pass(by: By, passing: &[Overridable], reasoned: bool) -> Result<(), Refusal> {
    match passing {
        [] => Ok(()),
        _ if !moderates(by) => Err(Refusal::MayNotOverride),
        _ if !reasoned => Err(Refusal::ReasonRequired),
        _ => Ok(()),
    }
}

/// Returns the dates of a slot, or of a series that begins with it.
pub(super) fn expanded(
    wall: &Wall,
    rule: Option<&Rule>,
    except: &BTreeSet<Date>,
) -> Result<Fitting, Refusal> {
    let Some(rule) = rule else {
        let (slot, date) = (wall.slot()?, wall.start.date());
        let wanted = Wanted { date, start: wall.start, end: wall.end, slot };
        return Ok(Fitting { wanted: vec![wanted], except: vec![] });
    };
    let found = expand(rule, wall, except)?;
    let long = wall.end - wall.start;
    let wanted = found.occurrences.iter().map(|of| {
        let start = of.date.and_time(wall.start.time());
        Wanted { date: of.date, start, end: start + long, slot: of.slot }
    });
    let except = except.iter().copied().chain(found.dropped.iter().copied());
    Ok(Fitting { wanted: wanted.collect(), except: except.collect() })
}
