//! A week of all resources of a domain: as a text, as a table, as a picture, and as a page with both.
//!
//! - [`page`]: the picture and its table, for a browser.
//! - [`svg`]: the picture.
//!
//! Invariants: every form shows the same slots. One that lasts past midnight is a slot of each of its days; what a slot
//! is (pending, suspended, closed) is told by a word in each form. Whose a booking is and what for is in none of them
//! unless the reader may see it.

mod page;
mod svg;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;
use std::io;

use chrono::{Datelike as _, Days, NaiveDateTime, Timelike, Weekday};
use domain::booking::slot::{Slot, instant, wall};
use domain::clock::Zone;
use domain::resource::Standing;
use domain::{Date, PersonId, Timestamp};
use projections::calendars::{Booked, Calendar};

use crate::failure::Result;
use crate::graphql::bookings::opened;
use crate::graphql::names::Names;
use crate::node::Node;
use crate::table::csv;
use crate::texts::Language;

/// Minutes of a day.
const DAY: u32 = 24 * 60;

/// The years in which something can be booked.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2199;

/// A week of a domain.
#[derive(Debug, PartialEq, Eq)]
pub struct Week {
    language: Language,
    title: String,
    /// Its days from Monday on, and what each is called.
    days: Vec<(Date, String)>,
    resources: Vec<Lane>,
    /// In the order of days, then resources, then hours.
    slots: Vec<Taken>,
    words: Words,
}

/// What is said around the slots.
#[derive(Debug, PartialEq, Eq)]
struct Words {
    /// What the columns of the table are called.
    header: Vec<String>,
    /// What the table is called, and the list of resources with how much there is of each.
    caption: String,
    resources: String,
    /// What a day or a resource without a slot is called, and a domain without a resource.
    nothing: String,
    no_resource: String,
}

/// Whose bookings are shown with who has them and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Details {
    /// Everybody's.
    All,
    /// One's own; of the others that a slot is taken.
    Own(PersonId),
}

/// A resource that is shown.
#[derive(Debug)]
pub struct Shown<'w> {
    /// What it is called.
    pub name: String,
    /// Its bookings.
    pub calendar: &'w Calendar,
    /// Which of them are shown whole.
    pub details: Details,
}

/// A resource.
#[derive(Debug, PartialEq, Eq)]
struct Lane {
    name: String,
    quantity: u32,
}

/// What is taken of a resource on a day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Taken {
    day: usize,
    resource: usize,
    /// Minutes from midnight by the clock on the wall.
    from: u32,
    to: u32,
    kind: Kind,
    /// How much of the resource; none while it is closed.
    quantity: Option<u32>,
    /// What it is, in a word.
    state: String,
    owner: String,
    purpose: String,
}

/// What a slot is, for the stroke of its box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Closed,
    Confirmed,
    /// Pending, or being booked.
    Waiting,
    Suspended,
}

/// Reads a day of a week that can be shown.
pub fn day(text: &str) -> Option<Date> {
    text.parse::<Date>().ok().filter(|day| YEARS.contains(&day.year()))
}

impl Week {
    /// Returns the week of a day: what is booked of resources of a domain, in the order of their names.
    pub fn of(
        node: &Node,
        names: &Names<'_>,
        (domain, zone): (&str, Zone),
        day: Date,
        mut resources: Vec<Shown<'_>>,
    ) -> Result<Self> {
        resources.sort_by(|one, other| one.name.cmp(&other.name));
        let mut week = Self::empty(names, domain, day, zone);
        for shown in resources {
            week.add(node, names, shown, zone)?;
        }
        week.slots.sort();
        Ok(week)
    }

    fn empty(names: &Names<'_>, domain: &str, day: Date, zone: Zone) -> Self {
        let monday = day.week(Weekday::Mon).first_day();
        let say = |code: &str| names.say(&format!("draw.week-{code}"));
        let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        let days = days.iter().zip(0..).map(|(name, number)| (monday + Days::new(number), say(name)));
        let days: Vec<_> = days.collect();
        let last = (monday + Days::new(6)).to_string();
        let values = [
            ("domain", domain.into()),
            ("first", monday.to_string().into()),
            ("last", last.into()),
            ("zone", zone.name().into()),
        ];
        let header = ["resource", "day", "start", "end", "quantity", "state", "owner", "purpose"];
        let words = Words {
            header: header.map(|column| say(&format!("column-{column}"))).to_vec(),
            caption: say("caption"),
            resources: say("resources"),
            nothing: say("nothing"),
            no_resource: say("no-resource"),
        };
        let title = names.texts.say(names.language, "draw.week-title", &values);
        Self { language: names.language, title, days, resources: vec![], slots: vec![], words }
    }

    fn monday(&self) -> Date {
        self.days[0].0
    }

    /// Adds a resource and what is taken of it.
    fn add(&mut self, node: &Node, names: &Names<'_>, shown: Shown<'_>, zone: Zone) -> Result<()> {
        let Shown { name, calendar, details } = shown;
        let resource = self.resources.len();
        self.resources.push(Lane { name, quantity: calendar.state.quantity() });
        let week =
            Slot { start: midnight(zone, self.monday()), end: midnight(zone, self.monday() + Days::new(7)) };
        for Booked { id, booking, of, .. } in calendar.during(week) {
            let Some((kind, code)) = kind(of.standing) else { continue };
            let (mut owner, mut purpose) = (String::new(), None);
            if details == Details::All || details == Details::Own(booking.owner) {
                owner = names.person_by_id(booking.owner).display_name;
                let text = calendar.told.get(&id).and_then(|told| told.purpose.as_ref());
                purpose = text.map(|text| opened::purpose(node, booking.owner, text)).transpose()?.flatten();
            }
            let (purpose, state) = (purpose.unwrap_or_default(), names.say(code));
            let quantity = Some(of.quantity);
            let shown = Taken { day: 0, resource, from: 0, to: 0, kind, quantity, state, owner, purpose };
            self.put(&shown, of.start, of.end);
        }
        let closed = calendar.state.closures().values().filter(|closed| closed.overlaps(week));
        for closed in closed {
            let (kind, state) = (Kind::Closed, names.say("draw.week-closed"));
            let (owner, purpose) = (String::new(), String::new());
            let shown =
                Taken { day: 0, resource, from: 0, to: 0, kind, quantity: None, state, owner, purpose };
            self.put(&shown, wall(zone, closed.start), wall(zone, closed.end));
        }
        Ok(())
    }

    /// Puts a slot on each day of the week on which it is.
    fn put(&mut self, shown: &Taken, start: NaiveDateTime, end: NaiveDateTime) {
        let minutes = |at: NaiveDateTime| at.hour() * 60 + at.minute();
        for (number, (date, _)) in self.days.iter().enumerate() {
            let from = if start.date() < *date { 0 } else { minutes(start) };
            let to = if end.date() > *date { DAY } else { minutes(end) };
            if start.date() <= *date && *date <= end.date() && from < to {
                self.slots.push(Taken { day: number, from, to, ..shown.clone() });
            }
        }
    }

    /// Returns the slots of a resource on a day.
    fn on(&self, day: usize, resource: usize) -> impl Iterator<Item = &Taken> {
        self.slots.iter().filter(move |slot| (slot.day, slot.resource) == (day, resource))
    }

    /// Returns it as a text, day by day.
    pub fn text(&self) -> String {
        let mut to = format!("{}\n", shown(&self.title));
        if self.resources.is_empty() {
            let _ = writeln!(to, "\n{}", self.words.no_resource);
            return to;
        }
        for (day, (date, name)) in self.days.iter().enumerate() {
            let _ = writeln!(to, "\n{name} {date}");
            if !self.slots.iter().any(|slot| slot.day == day) {
                let _ = writeln!(to, "  {}", self.words.nothing);
                continue;
            }
            for (resource, lane) in self.resources.iter().enumerate() {
                let _ = writeln!(to, "  {} ({})", shown(&lane.name), lane.quantity);
                if self.on(day, resource).next().is_none() {
                    let _ = writeln!(to, "    {}", self.words.nothing);
                }
                for slot in self.on(day, resource) {
                    let _ = writeln!(to, "    {}", shown(&slot.said()));
                }
            }
        }
        to
    }

    /// Returns the twin of the picture: a line for each slot.
    pub fn csv(&self) -> io::Result<String> {
        let rows = self.slots.iter().map(|slot| self.row(slot));
        csv(&std::iter::once(self.words.header.clone()).chain(rows).collect::<Vec<_>>())
    }

    /// Returns the picture.
    pub fn svg(&self) -> String {
        svg::draw(self)
    }

    /// Returns the page with both.
    pub fn page(&self) -> String {
        page::of(self)
    }

    fn row(&self, slot: &Taken) -> Vec<String> {
        vec![
            self.resources[slot.resource].name.clone(),
            self.days[slot.day].0.to_string(),
            clock(slot.from),
            clock(slot.to),
            slot.quantity.map(|quantity| quantity.to_string()).unwrap_or_default(),
            slot.state.clone(),
            slot.owner.clone(),
            slot.purpose.clone(),
        ]
    }
}

impl Taken {
    /// Returns it in a line.
    fn said(&self) -> String {
        let hours = format!("{}–{}", clock(self.from), clock(self.to));
        let quantity = self.quantity.map(|quantity| format!("× {quantity}")).unwrap_or_default();
        let said = [&hours, &self.state, &quantity, &self.owner, &self.purpose];
        said.into_iter().filter(|said| !said.is_empty()).cloned().collect::<Vec<_>>().join("  ")
    }
}

/// Returns what a date is that may still take place, and the code of its word.
fn kind(standing: Standing) -> Option<(Kind, &'static str)> {
    match standing {
        Standing::Held => Some((Kind::Waiting, "draw.week-held")),
        Standing::Pending => Some((Kind::Waiting, "draw.week-pending")),
        Standing::Confirmed => Some((Kind::Confirmed, "draw.week-confirmed")),
        Standing::Suspended => Some((Kind::Suspended, "draw.week-suspended")),
        Standing::Refused
        | Standing::Withdrawn
        | Standing::Cancelled
        | Standing::Released
        | Standing::Branched => None,
    }
}

/// Returns the first instant of a day: where midnight is skipped, an hour later; by the world's clock where that is, too.
fn midnight(zone: Zone, day: Date) -> Timestamp {
    let at = |hour: u32| instant(zone, day.and_hms_opt(hour, 0, 0)?).ok();
    at(0).or_else(|| at(1)).unwrap_or_else(|| day.and_time(chrono::NaiveTime::MIN).and_utc())
}

/// Returns what a clock shows; the end of a day is 24:00.
fn clock(minutes: u32) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Returns a text that is one line and no command to a terminal.
fn shown(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}
