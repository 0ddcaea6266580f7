//! `preau booking statistics`: how much of each resource of a domain is taken, week by week (`booking.md`, What people
//! look at).
//!
//! Invariant: the numbers are those the API answers to managers, counted by the same code.

use anyhow::Result;
use api::Node;
use api::graphql::names::Names;
use api::texts::Texts;
use domain::Date;
use projections::calendars::{Occupation, Of};
use serde::{Deserialize, Serialize};

use super::arguments::{By, Statistics};
use super::{Place, day, resources};
use crate::beside::{self, Request};
use crate::cli::{Language, TableFormat};
use crate::rules::Table;
use crate::settings::Settings;
use crate::{failed, say};

/// The most days that are asked for at once: ten years.
const MOST_DAYS: i64 = 3653;

const HEADER: &str =
    "resource week quantity taken_minutes open_minutes percent asked refused withdrawn cancelled";

const BY_POPULATION: &str =
    "resource week population taken_minutes percent asked refused withdrawn cancelled";

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    structure: String,
    domain: String,
    from: Date,
    through: Date,
    by: By,
    format: TableFormat,
    language: Language,
}

/// Prints the table.
pub async fn print(args: Statistics) -> Result<()> {
    let Statistics { flags, structure, domain, from, through, by, format, language } = args;
    let language = Language::or_of_system(language);
    let (from, through) = (day("--from", &from)?, day("--through", &through)?);
    if through < from {
        return Err(failed::input(format!("--through {through} is before --from {from}: exchange the two")));
    }
    if (through - from).num_days() > MOST_DAYS {
        return Err(failed::input(format!(
            "--through {through} is more than ten years after --from {from}: ask for fewer at once"
        )));
    }
    let question = Question { structure, domain, from, through, by, format, language };
    say(&beside::carry_out(&Settings::of(&flags)?, Request::BookingStatistics(question)).await?)
}

/// Returns the table, as it is printed.
pub fn of(node: &Node, question: &Question) -> Result<String> {
    let Question { structure, domain, from, through, by, format, language } = question;
    let texts = Texts::load()?;
    node.read(|world| {
        let domain = Place::called(world, structure)?.domain(node, world, domain)?;
        let names = Names { world, texts: &texts, language: (*language).into() };
        let header = if *by == By::Week { HEADER } else { BY_POPULATION };
        let mut rows = vec![header.split(' ').map(str::to_owned).collect::<Vec<_>>()];
        for (name, calendar) in resources(node, world, domain)? {
            let quantity = calendar.state.quantity();
            let weeks = calendar.occupation(*from, *through);
            match by {
                By::Week => rows.extend(weeks.iter().map(|week| row(&name, quantity, week))),
                By::Population => rows.extend(weeks.iter().flat_map(|week| populations(&names, &name, week))),
            }
        }
        Table(rows).print(*format)
    })
}

fn row(name: &str, quantity: u32, of: &Occupation) -> Vec<String> {
    vec![
        name.to_owned(),
        of.monday.to_string(),
        quantity.to_string(),
        of.taken.to_string(),
        of.open.to_string(),
        percent(of.taken, of.open),
        of.week.asked.to_string(),
        of.week.refused.to_string(),
        of.week.withdrawn.to_string(),
        of.week.cancelled.to_string(),
    ]
}

/// Returns a line for each population that booked in a week.
fn populations(names: &Names<'_>, name: &str, week: &Occupation) -> Vec<Vec<String>> {
    let called = |of: Of| match of {
        Of::Profile(Some(profile)) => names.profile(profile),
        Of::Profile(None) => names.say("draw.population-unknown"),
        Of::Class(group) => names.group(group).name,
    };
    let all = names.world.calendars.by_population(week).into_iter();
    let line = |(of, share): (Of, projections::calendars::Share)| {
        vec![
            name.to_owned(),
            week.monday.to_string(),
            called(of),
            share.taken.to_string(),
            percent(share.taken, week.open),
            share.week.asked.to_string(),
            share.week.refused.to_string(),
            share.week.withdrawn.to_string(),
            share.week.cancelled.to_string(),
        ]
    };
    all.map(line).collect()
}

/// Returns what is taken of what is open. What is never open is taken to no part.
fn percent(taken: u64, open: u64) -> String {
    (taken * 100).checked_div(open).map(|percent| percent.to_string()).unwrap_or_default()
}
