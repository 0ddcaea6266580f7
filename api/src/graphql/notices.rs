//! Notices: what the system tells people, in the schema and in words.
//!
//! Invariant: the text is made for its reader, in their language and by the clock where they are at home. Somebody it
//! is about has a name in it only if the reader sees them; a resource only if whoever asks for the words opened its
//! name for that reader.

use async_graphql::{Enum, ID, SimpleObject};
use chrono::TimeDelta;
use domain::booking::slot::{Slot, wall};
use domain::clock::Zone;
use domain::message::{Body, BookingNotice, Notice as Told};
use projections::resources::On;
use projections::{PersonNo, World};

use super::acting::Acting;
use super::body::marked_up;
use super::bookings;
use super::common::{Global, Instant};
use super::names::{Correspondent, Names};
use crate::failure::Result;
use crate::rights::Rights;
use crate::texts::Language;

/// What a notice tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum NoticeKind {
    /// A booking waits for a moderator.
    BookingToValidate,
    /// A booking is confirmed.
    BookingValidated,
    /// A booking is refused.
    BookingRefused,
    /// Whoever asked for a booking took it back.
    BookingWithdrawn,
    /// A booking is cancelled.
    BookingCancelled,
    /// Somebody else changed a booking.
    BookingChanged,
    /// A change of a booking waits for a moderator.
    BookingProposalToValidate,
    /// A change of a booking is refused; it stands as it was.
    BookingProposalRefused,
    /// A booking is in the way of something, and waits.
    BookingSuspended,
    /// A booking stands again.
    BookingResumed,
    /// The rules of a time zone changed, and with them the instants of a booking.
    BookingRezoned,
    /// Somebody has booked more than the threshold.
    BookingThresholdPassed,
    /// One of several resources asked for at once was refused, so none is held.
    BookingRequestReleased,
}

/// What a message tells that nobody wrote.
#[derive(Debug, Clone, SimpleObject)]
pub struct Notice {
    /// What happened.
    kind: NoticeKind,
    /// The resource that is booked.
    resource: ID,
    /// The booking.
    booking: ID,
    /// Whom it is about, if it is about somebody whom the caller sees.
    person: Option<Correspondent>,
    /// When that date of the booking begins, or begins now.
    start: Option<Instant>,
    /// When it ends.
    end: Option<Instant>,
}

impl Notice {
    /// Returns a notice as somebody with these rights sees it.
    pub fn of(names: Names<'_>, rights: &Rights, notice: &Told) -> Self {
        let Told::Booking { resource, booking, what, slot } = notice;
        let person = about(what).and_then(|person| names.world.people.number(person));
        let person = person.filter(|person| rights.sees(names.world, *person).is_some());
        Self {
            kind: kind(what),
            resource: resource.global(),
            booking: booking.global(),
            person: person.map(|person| names.person(person)),
            start: slot.map(|slot| Instant(slot.start)),
            end: slot.map(|slot| Instant(slot.end)),
        }
    }
}

/// A notice in words.
#[derive(Clone)]
pub struct Words<'a> {
    names: Names<'a>,
    notice: &'a Told,
    zone: Zone,
    resource: Option<String>,
    person: Option<String>,
}

impl<'a> Words<'a> {
    /// Returns the words for somebody at home in `zone`, naming nobody and nothing yet.
    pub fn of(names: Names<'a>, notice: &'a Told, zone: Zone) -> Self {
        Self { names, notice, zone, resource: None, person: None }
    }

    /// The same, naming the resource: its name was opened for this reader.
    #[must_use]
    pub fn called(self, resource: Option<String>) -> Self {
        Self { resource, ..self }
    }

    /// The same, naming whom it is about, if somebody with these rights sees them.
    #[must_use]
    pub fn seen_with(self, rights: &Rights) -> Self {
        let Told::Booking { what, .. } = self.notice;
        let person = about(what).and_then(|person| self.names.world.people.number(person));
        let person = person.filter(|person| rights.sees(self.names.world, *person).is_some());
        Self { person: person.map(|person| self.names.name(person)), ..self }
    }

    /// Returns the subject.
    pub fn subject(&self) -> String {
        let Told::Booking { what, .. } = self.notice;
        let subject = self.names.say(code(what).0);
        match &self.resource {
            Some(name) => format!("{subject} – {name}"),
            None => subject,
        }
    }

    /// Returns the body.
    pub fn body(&self) -> Body {
        let Told::Booking { what, slot, .. } = self.notice;
        let mut of = self.resource.clone().unwrap_or_else(|| self.names.say("notice.some-resource"));
        if let Some(slot) = slot {
            of = format!("{of}, {}", self.when(*slot));
        }
        let person = self.person.clone().unwrap_or_else(|| self.names.say("notice.somebody"));
        let values = [("of", of.into()), ("person", person.into())];
        let text = self.names.texts.say(self.names.language, code(what).1, &values);
        Body { html: marked_up(&text), text }
    }

    /// Returns when something is, by the clock where the reader is at home.
    fn when(&self, slot: Slot) -> String {
        let (start, end) = (wall(self.zone, slot.start), wall(self.zone, slot.end));
        let date = match self.names.language {
            Language::French => "%d/%m/%Y",
            Language::English => "%-d %B %Y",
        };
        let say = |code, values: [(&str, String); 3]| {
            let values = values.map(|(name, value)| (name, value.into()));
            self.names.texts.say(self.names.language, code, &values)
        };
        let (day, from, to) = (start.format(date).to_string(), start.format("%H:%M"), end.format("%H:%M"));
        // What ends at midnight is of the day before.
        if (end - TimeDelta::minutes(1)).date() == start.date() {
            let values = [("date", day), ("from", from.to_string()), ("to", to.to_string())];
            return say("notice.when", values);
        }
        let until = format!("{} {to}", end.format(date));
        say("notice.when-days", [("date", String::new()), ("from", format!("{day} {from}")), ("to", until)])
    }
}

/// Returns what the booked resource is called, for a caller who has a role on it now, or whose booking it is.
pub fn resource_name(acting: &Acting<'_>, world: &World, notice: &Told) -> Result<Option<String>> {
    let (Told::Booking { resource, booking, .. }, me) = (notice, acting.caller.person);
    let calendar = world.calendars.get(*resource).filter(|calendar| {
        let own = || calendar.state.booking(*booking).is_some_and(|row| row.owner == me);
        world.resources.role(&world.people, On::Resource(*resource), me).is_some() || own()
    });
    calendar.map_or(Ok(None), |calendar| bookings::shown::name(acting, calendar))
}

/// Returns the zone of the structure somebody is at home in.
pub fn home(world: &World, person: PersonNo) -> Zone {
    let main = world.people.person(person).and_then(|row| row.main());
    let structure = main.and_then(|attachment| world.people.structure(attachment.structure));
    structure.map_or(Zone::PARIS, |structure| structure.zone)
}

/// Returns whom it is about, if not only about a booking.
fn about(what: &BookingNotice) -> Option<domain::PersonId> {
    if let BookingNotice::ThresholdPassed { person } = what { Some(*person) } else { None }
}

fn kind(what: &BookingNotice) -> NoticeKind {
    match what {
        BookingNotice::ToValidate => NoticeKind::BookingToValidate,
        BookingNotice::Validated => NoticeKind::BookingValidated,
        BookingNotice::Refused => NoticeKind::BookingRefused,
        BookingNotice::Withdrawn => NoticeKind::BookingWithdrawn,
        BookingNotice::Cancelled => NoticeKind::BookingCancelled,
        BookingNotice::Changed => NoticeKind::BookingChanged,
        BookingNotice::ProposalToValidate => NoticeKind::BookingProposalToValidate,
        BookingNotice::ProposalRefused => NoticeKind::BookingProposalRefused,
        BookingNotice::Suspended => NoticeKind::BookingSuspended,
        BookingNotice::Resumed => NoticeKind::BookingResumed,
        BookingNotice::Rezoned => NoticeKind::BookingRezoned,
        BookingNotice::ThresholdPassed { .. } => NoticeKind::BookingThresholdPassed,
        BookingNotice::RequestReleased => NoticeKind::BookingRequestReleased,
    }
}

/// Returns the codes of subject and text.
fn code(what: &BookingNotice) -> (&'static str, &'static str) {
    match what {
        BookingNotice::ToValidate => ("notice.to-validate", "told.to-validate"),
        BookingNotice::Validated => ("notice.validated", "told.validated"),
        BookingNotice::Refused => ("notice.refused", "told.refused"),
        BookingNotice::Withdrawn => ("notice.withdrawn", "told.withdrawn"),
        BookingNotice::Cancelled => ("notice.cancelled", "told.cancelled"),
        BookingNotice::Changed => ("notice.changed", "told.changed"),
        BookingNotice::ProposalToValidate => ("notice.change-to-validate", "told.change-to-validate"),
        BookingNotice::ProposalRefused => ("notice.change-refused", "told.change-refused"),
        BookingNotice::Suspended => ("notice.suspended", "told.suspended"),
        BookingNotice::Resumed => ("notice.resumed", "told.resumed"),
        BookingNotice::Rezoned => ("notice.rezoned", "told.rezoned"),
        BookingNotice::ThresholdPassed { .. } => ("notice.threshold-passed", "told.threshold-passed"),
        BookingNotice::RequestReleased => ("notice.request-released", "told.request-released"),
    }
}

#[cfg(test)]
mod tests {
    use domain::{BookingId, PersonId, ResourceId};

    use super::*;
    use crate::texts::Texts;

    const ALL: [BookingNotice; 13] = [
        BookingNotice::ToValidate,
        BookingNotice::Validated,
        BookingNotice::Refused,
        BookingNotice::Withdrawn,
        BookingNotice::Cancelled,
        BookingNotice::Changed,
        BookingNotice::ProposalToValidate,
        BookingNotice::ProposalRefused,
        BookingNotice::Suspended,
        BookingNotice::Resumed,
        BookingNotice::Rezoned,
        BookingNotice::ThresholdPassed { person: PersonId::from_u128(3) },
        BookingNotice::RequestReleased,
    ];

    fn notice(what: BookingNotice, slot: Option<Slot>) -> Told {
        Told::Booking { resource: ResourceId::from_u128(1), booking: BookingId::from_u128(2), what, slot }
    }

    fn slot(start: &str, end: &str) -> Slot {
        Slot { start: start.parse().unwrap(), end: end.parse().unwrap() }
    }

    fn words<'a>(world: &'a World, texts: &'a Texts, language: Language, notice: &'a Told) -> Words<'a> {
        Words::of(Names { world, texts, language }, notice, Zone::PARIS)
    }

    #[test]
    fn every_notice_says_something_else_in_both_languages() {
        let (world, texts) = (World::default(), Texts::load().unwrap());
        let mut said = std::collections::BTreeSet::new();
        for language in [Language::French, Language::English] {
            for what in ALL {
                let notice = notice(what, None);
                let words = words(&world, &texts, language, &notice);
                let (subject, body) = (words.subject(), words.body().text);
                assert!(!subject.contains("notice."), "{subject}");
                assert!(!body.contains("told.") && !body.contains('{'), "{body}");
                assert!(said.insert(subject) && said.insert(body));
            }
        }
    }

    #[test]
    fn what_it_is_about_is_named_and_escaped_with_its_date_by_the_clock_of_the_reader() {
        let (world, texts) = (World::default(), Texts::load().unwrap());
        let told =
            notice(BookingNotice::Validated, Some(slot("2026-09-04T06:00:00Z", "2026-09-04T07:00:00Z")));
        let english = words(&world, &texts, Language::English, &told).called(Some("Room <12>".into()));
        assert_eq!(english.subject(), "Booking confirmed – Room <12>");
        let body = english.body();
        let text = "Room <12>, on 4 September 2026 from 08:00 to 09:00: the booking is confirmed.";
        assert_eq!(body.text, text);
        assert_eq!(body.html, format!("<p>{}</p>", text.replace('<', "&lt;").replace('>', "&gt;")));
        let french = words(&world, &texts, Language::French, &told);
        assert_eq!(french.subject(), "Réservation confirmée");
        assert_eq!(
            french.body().text,
            "Une ressource, le 04/09/2026 de 08:00 à 09:00 : la réservation est confirmée."
        );
    }

    #[test]
    fn what_lasts_until_midnight_is_of_one_day_and_what_lasts_longer_of_several() {
        let (world, texts) = (World::default(), Texts::load().unwrap());
        let when = |start, end| {
            let told = notice(BookingNotice::Validated, None);
            words(&world, &texts, Language::English, &told).when(slot(start, end))
        };
        assert_eq!(
            when("2026-09-04T06:00:00Z", "2026-09-04T22:00:00Z"),
            "on 4 September 2026 from 08:00 to 00:00"
        );
        assert_eq!(
            when("2026-09-04T06:00:00Z", "2026-09-05T06:00:00Z"),
            "from 4 September 2026 08:00 to 5 September 2026 08:00"
        );
    }
}
