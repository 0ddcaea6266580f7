//! Changing a booking: one date, or all from a date on. The past is never touched.
//!
//! Invariant: whoever needs validation changes nothing that is confirmed; what they ask for waits beside it.

use std::collections::BTreeSet;

use chrono::NaiveDateTime;

use super::book::{Ask, begins, expanded, may_pass, moderates};
use super::event::{
    Branched, Change as Waiting, Described, Event, Made, Moved, Overridable, ProposalEnd, ProposalEnded,
    Proposed, When,
};
use super::giving::Giving;
use super::rules::{Broken, Look, Wanted};
use super::state::{Booking, OfDate, Resource, Standing};
use super::{By, Decision, Refusal};
use crate::booking::recurrence::Rule;
use crate::booking::role::{Action, Answer};
use crate::booking::slot::Wall;
use crate::id::{BookingId, GroupId};
use crate::{Date, Timestamp};

/// How much of a series is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One date.
    This(Date),
    /// A date and all after it.
    Following(Date),
    /// Every date that has not begun.
    AllFuture,
}

/// Change when a booking is, or how much of the resource it takes.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Which booking.
    pub booking: BookingId,
    /// Who.
    pub by: By,
    /// How much of it.
    pub scope: Scope,
    /// What a clock on the wall is to show at its beginning, or at the first one's.
    pub start: NaiveDateTime,
    /// What it is to show at its end.
    pub end: NaiveDateTime,
    /// How it goes on, if not as before; for a series.
    pub rule: Option<Rule>,
    /// How much of the resource, if not as before.
    pub quantity: Option<u32>,
    /// Whether dates that are taken are left out; for a series.
    pub skip_conflicts: bool,
    /// Rules to pass over.
    pub passing: Vec<Overridable>,
    /// Whether a reason stands beside the command.
    pub reasoned: bool,
    /// Looked up: the groups of quotas that the owner is in.
    pub groups: Vec<GroupId>,
    /// Which booking the rest of a series becomes.
    pub into: BookingId,
    /// The instant.
    pub now: Timestamp,
}

impl Resource {
    pub(super) fn change(&self, change: Change) -> Decision {
        let (zone, _) = self.opened()?;
        let booking = self.booking(change.booking).ok_or(Refusal::UnknownBooking)?;
        let answer = may_change(booking, change.by)?;
        if self.booking(change.into).is_some_and(|made| made.continues == Some(change.booking)) {
            return Ok(vec![]); // A retry: already so.
        }
        may_pass(change.by, &change.passing, change.reasoned)?;
        if change.quantity == Some(0) {
            return Err(Refusal::NoQuantity);
        }
        let wall = Wall { zone, start: change.start, end: change.end };
        let from = first_of(booking, change.scope, change.now)?;
        self.in_time(&change, *from, zone)?;
        let (events, waits) = match change.scope {
            Scope::This(_) => {
                let moved = self.move_one(booking, &change, *from, &wall)?;
                let Some(moved) = moved else { return Ok(vec![]) };
                (vec![moved.clone().into()], Waiting::Move(moved))
            }
            Scope::Following(_) | Scope::AllFuture => {
                let (branched, made) = self.branch(booking, &change, *from, &wall, answer)?;
                (
                    vec![branched.clone().into(), made.clone().into()],
                    Waiting::Branch(branched, Box::new(made)),
                )
            }
        };
        let confirmed =
            booking.dates.iter().any(|of| of.date >= from.date && of.standing == Standing::Confirmed);
        if answer == Answer::NeedsValidation && confirmed {
            return Ok(proposed(change.booking, booking, waits));
        }
        // A change that waited was of what is no longer so.
        let before = ended(change.booking, booking, ProposalEnd::Withdrawn, None);
        Ok(before.into_iter().chain(events).collect())
    }

    /// Checks the notice of a change, which counts from the slot that is left.
    fn in_time(&self, change: &Change, from: OfDate, zone: crate::clock::Zone) -> Result<(), Refusal> {
        let look = Look {
            rules: &super::Rules::default(),
            periods: &[],
            zone,
            now: change.now,
            notice: self.rules().to_change,
            passed: &change.passing,
        };
        let mut told: Vec<Broken> = vec![];
        look.at(from.wanted(), &mut told);
        if told.is_empty() { Ok(()) } else { Err(Refusal::Broken(told)) }
    }

    /// Returns one date at another time; none if it is so already.
    fn move_one(
        &self,
        booking: &Booking,
        change: &Change,
        from: OfDate,
        wall: &Wall,
    ) -> Result<Option<Moved>, Refusal> {
        let quantity = change.quantity.unwrap_or(from.quantity);
        if (from.start, from.end, from.quantity) == (wall.start, wall.end, quantity) {
            return Ok(None);
        }
        let fitting = expanded(wall, None, &BTreeSet::new())?;
        // What is left gives way to what is asked for, and so does what was asked for before.
        let giving_way = booking.giving_way_of(&from);
        let uncounted = counted([&from]);
        let fitting = self.fitting(fitting, &ask(booking, change, quantity, &giving_way, &uncounted))?;
        let slot = fitting.wanted.first().ok_or(Refusal::NoSuchDate)?.slot;
        let (booking, date, passed) = (change.booking, from.date, change.passing.clone());
        Ok(Some(Moved { booking, date, quantity, start: wall.start, end: wall.end, slot, passed }))
    }

    /// Returns the rest of a series as another one.
    fn branch(
        &self,
        booking: &Booking,
        change: &Change,
        from: OfDate,
        wall: &Wall,
        answer: Answer,
    ) -> Result<(Branched, Made), Refusal> {
        let rule = booking.rule.as_ref().ok_or(Refusal::NoSeries)?;
        let (head, tail) = rule.split_at(booking.start.date(), from.date)?;
        // What was given up in the rest stays given up.
        let gone = booking.dates.iter().filter(|of| of.date >= from.date && !of.standing.is_open());
        let except = booking.except.iter().copied().filter(|date| *date >= from.date);
        let except = except.chain(gone.map(|of| of.date)).collect();
        let rule = change.rule.clone().unwrap_or(tail);
        let quantity = change.quantity.unwrap_or(from.quantity);
        let fitting = expanded(wall, Some(&rule), &except)?;
        let uncounted = counted(booking.dates.iter().filter(|of| of.date >= from.date));
        let giving_way = booking.giving_way(from.date);
        let fitting = self.fitting(fitting, &ask(booking, change, quantity, &giving_way, &uncounted))?;
        let slots: Vec<_> = fitting.wanted.iter().map(|wanted| (wanted.date, wanted.slot)).collect();
        let when = When::of(wall, Some(rule), fitting.except, &slots).ok_or(Refusal::NoSuchDate)?.into();
        let branched = Branched { booking: change.booking, from: from.date, rule: head, into: change.into };
        // Whatever waited still waits, unless who changes it may say yes.
        let beginning = begins(answer);
        let made = Made {
            booking: change.into,
            owner: booking.owner,
            quantity,
            when,
            purpose: None,
            beginning,
            grant: change.by.grant,
            request: None,
            buffer: self.buffer(&change.passing),
            leaves_free: self.rules().pending_leaves_free,
            passed: change.passing.clone(),
            continues: Some(change.booking),
            counts_for: booking.counts_for.clone(),
        };
        Ok((branched, made))
    }

    pub(super) fn withdraw_proposal(&self, id: BookingId, by: By) -> Decision {
        let booking = self.booking(id).ok_or(Refusal::UnknownBooking)?;
        if booking.owner != by.person && !moderates(by) {
            return Err(Refusal::RoleTooLow);
        }
        Ok(ended(id, booking, ProposalEnd::Withdrawn, None).into_iter().collect())
    }

    pub(super) fn describe(&self, id: BookingId, by: By, purpose: String) -> Decision {
        self.opened()?;
        let booking = self.booking(id).ok_or(Refusal::UnknownBooking)?;
        may_change(booking, by)?;
        let (owner, purpose) = (booking.owner, purpose.into());
        Ok(vec![Described { booking: id, owner, purpose }.into()])
    }
}

/// Returns the first date that a change is of.
fn first_of(booking: &Booking, scope: Scope, now: Timestamp) -> Result<&OfDate, Refusal> {
    let date = match scope {
        Scope::This(date) | Scope::Following(date) => booking.date(date).ok_or(Refusal::NoSuchDate)?,
        Scope::AllFuture => {
            let mut open = booking.dates.iter().filter(|of| of.standing.is_open());
            open.find(|of| of.slot.start >= now).ok_or(Refusal::Begun)?
        }
    };
    match date.standing {
        Standing::Pending | Standing::Confirmed | Standing::Suspended if date.slot.start >= now => Ok(date),
        Standing::Pending | Standing::Confirmed | Standing::Suspended => Err(Refusal::Begun),
        Standing::Held => Err(Refusal::NothingWaits),
        Standing::Refused
        | Standing::Withdrawn
        | Standing::Cancelled
        | Standing::Released
        | Standing::Branched => Err(Refusal::Ended),
    }
}

/// Returns the dates that count for quotas: what is suspended does not.
fn counted<'a>(dates: impl IntoIterator<Item = &'a OfDate>) -> Vec<Wanted> {
    dates.into_iter().filter(|of| of.standing.counts()).map(OfDate::wanted).collect()
}

/// Returns how a change is looked at: for shared quotas it counts like what is changed, whoever its owner is with now.
fn ask<'a>(
    booking: &'a Booking,
    change: &'a Change,
    quantity: u32,
    giving_way: &'a Giving,
    uncounted: &'a [Wanted],
) -> Ask<'a> {
    Ask {
        owner: booking.owner,
        groups: &change.groups,
        counts_for: &booking.counts_for,
        quantity,
        passing: &change.passing,
        skip_conflicts: change.skip_conflicts && !matches!(change.scope, Scope::This(_)),
        giving_way,
        uncounted,
        now: change.now,
    }
}

/// Returns whether somebody may change a booking, and whether that needs validation.
fn may_change(booking: &Booking, by: By) -> Result<Answer, Refusal> {
    let action = if booking.owner == by.person { Action::ChangeOwn } else { Action::ChangeOther };
    let answer = by.role.may(action);
    if answer == Answer::No { Err(Refusal::RoleTooLow) } else { Ok(answer) }
}

/// Returns the event that ends a change that waits, if one does.
pub(super) fn ended(
    id: BookingId,
    booking: &Booking,
    end: ProposalEnd,
    reason: Option<String>,
) -> Option<Event> {
    booking.proposal.as_ref()?;
    let (owner, reason) = (booking.owner, reason.map(Into::into));
    Some(ProposalEnded { booking: id, owner, end, reason }.into())
}

fn proposed(id: BookingId, booking: &Booking, change: Waiting) -> Vec<Event> {
    if booking.proposal.as_ref() == Some(&change) {
        return vec![];
    }
    let before = ended(id, booking, ProposalEnd::Withdrawn, None);
    before.into_iter().chain([Proposed { booking: id, change }.into()]).collect()
}
