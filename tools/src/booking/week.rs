//! `preau booking week`: a week of all resources of a domain, as a text, as a table and as a picture.
//!
//! - [`svg`]: the picture.
//!
//! Invariant: every form shows the same slots. One that lasts past midnight is a slot of each of its days; what a slot
//! is (pending, suspended, closed) is told by a word in each form.

mod svg;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use anyhow::Result;
use api::Node;
use api::graphql::bookings::opened;
use api::graphql::names::Names;
use api::texts::Texts;
use chrono::{Days, NaiveDateTime, Timelike, Weekday};
use domain::Date;
use domain::booking::slot::{Slot, instant, wall};
use domain::clock::Zone;
use domain::resource::Standing;
use projections::calendars::{Booked, Calendar};
use serde::{Deserialize, Serialize};

use super::arguments::{Week as Args, WeekFormat};
use super::{Place, day, fault, plain, resources};
use crate::beside::{self, Request};
use crate::cli::{Language, TableFormat};
use crate::rules::Table;
use crate::say;
use crate::settings::Settings;

/// Minutes of a day.
const DAY: u32 = 24 * 60;

/// What is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    structure: String,
    domain: String,
    week: Option<Date>,
    format: WeekFormat,
    language: Language,
}

/// A week of a domain.
#[derive(Debug, PartialEq, Eq)]
struct Week {
    title: String,
    /// Its days from Monday on, and what each is called.
    days: Vec<(Date, String)>,
    resources: Vec<Lane>,
    /// In the order of days, then resources, then hours.
    slots: Vec<Taken>,
    /// What the columns of the table are called.
    header: Vec<String>,
    /// What a day or a resource without a slot is called, and a domain without a resource.
    nothing: String,
    no_resource: String,
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

/// Prints the week.
pub async fn print(args: Args) -> Result<()> {
    let Args { flags, structure, domain, week, format, language } = args;
    let language = Language::or_of_system(language);
    let week = week.map(|text| day("--week", &text)).transpose()?;
    let question = Question { structure, domain, week, format, language };
    say(&beside::carry_out(&Settings::of(&flags)?, Request::BookingWeek(question)).await?)
}

/// Returns the week in its form.
pub fn of(node: &Node, question: &Question) -> Result<String> {
    let texts = Texts::load()?;
    let now = node.now();
    node.read(|world| {
        let place = Place::called(world, &question.structure)?;
        let domain = place.domain(node, world, &question.domain)?;
        let day = question.week.unwrap_or_else(|| place.zone.day_at(now));
        let names = Names { world, texts: &texts, language: question.language.into() };
        let mut week = Week::empty(&names, &plain(&question.domain), day, place.zone);
        for (name, calendar) in resources(node, world, domain)? {
            week.add(node, &names, name, calendar, place.zone)?;
        }
        week.slots.sort();
        Ok(match question.format {
            WeekFormat::Text => week.text(),
            WeekFormat::Csv => week.table()?,
            WeekFormat::Svg => svg::draw(&week, question.language),
        })
    })
}

impl Week {
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
        Self {
            title: names.texts.say(names.language, "draw.week-title", &values),
            days,
            resources: vec![],
            slots: vec![],
            header: header.map(|column| say(&format!("column-{column}"))).to_vec(),
            nothing: say("nothing"),
            no_resource: say("no-resource"),
        }
    }

    fn monday(&self) -> Date {
        self.days[0].0
    }

    /// Adds a resource and what is taken of it.
    fn add(
        &mut self,
        node: &Node,
        names: &Names<'_>,
        name: String,
        calendar: &Calendar,
        zone: Zone,
    ) -> Result<()> {
        let resource = self.resources.len();
        self.resources.push(Lane { name, quantity: calendar.state.quantity() });
        let week =
            Slot { start: midnight(zone, self.monday()), end: midnight(zone, self.monday() + Days::new(7)) };
        for Booked { id, booking, of, .. } in calendar.during(week) {
            let Some((kind, code)) = kind(of.standing) else { continue };
            let purpose = calendar.told.get(&id).and_then(|told| told.purpose.as_ref());
            let purpose = purpose.map(|text| opened::purpose(node, booking.owner, text)).transpose();
            let shown = Taken {
                day: 0,
                resource,
                from: 0,
                to: 0,
                kind,
                quantity: Some(of.quantity),
                state: names.say(code),
                owner: names.person_by_id(booking.owner).display_name,
                purpose: purpose.map_err(fault)?.flatten().unwrap_or_default(),
            };
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
    fn of(&self, day: usize, resource: usize) -> impl Iterator<Item = &Taken> {
        self.slots.iter().filter(move |slot| (slot.day, slot.resource) == (day, resource))
    }

    /// Returns it as a text, day by day.
    fn text(&self) -> String {
        let mut to = format!("{}\n", shown(&self.title));
        if self.resources.is_empty() {
            let _ = writeln!(to, "\n{}", self.no_resource);
            return to;
        }
        for (day, (date, name)) in self.days.iter().enumerate() {
            let _ = writeln!(to, "\n{name} {date}");
            if !self.slots.iter().any(|slot| slot.day == day) {
                let _ = writeln!(to, "  {}", self.nothing);
                continue;
            }
            for (resource, lane) in self.resources.iter().enumerate() {
                let _ = writeln!(to, "  {} ({})", shown(&lane.name), lane.quantity);
                if self.of(day, resource).next().is_none() {
                    let _ = writeln!(to, "    {}", self.nothing);
                }
                for slot in self.of(day, resource) {
                    let _ = writeln!(to, "    {}", shown(&slot.said()));
                }
            }
        }
        to
    }

    /// Returns the twin of the picture: a line for each slot.
    fn table(&self) -> Result<String> {
        Table(
            std::iter::once(self.header.clone())
                .chain(self.slots.iter().map(|slot| self.row(slot)))
                .collect(),
        )
        .print(TableFormat::Csv)
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
fn midnight(zone: Zone, day: Date) -> domain::Timestamp {
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
