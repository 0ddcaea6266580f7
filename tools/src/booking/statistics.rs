//! `preau booking statistics`: how much of each resource of a domain is taken, week by week (`booking.md`, What people
//! look at).
//!
//! Invariant: the numbers are those the API answers to managers, counted by the same code.

use anyhow::Result;
use api::Node;
use domain::Date;
use projections::calendars::Occupation;
use serde::{Deserialize, Serialize};

use super::arguments::Statistics;
use super::{Place, day, resources};
use crate::beside::{self, Request};
use crate::cli::TableFormat;
use crate::rules::Table;
use crate::settings::Settings;
use crate::{failed, say};

/// The most days that are asked for at once: ten years.
const MOST_DAYS: i64 = 3653;

const HEADER: &str =
    "resource week quantity taken_minutes open_minutes percent asked refused withdrawn cancelled";

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    structure: String,
    domain: String,
    from: Date,
    through: Date,
    format: TableFormat,
}

/// Prints the table.
pub async fn print(args: Statistics) -> Result<()> {
    let Statistics { flags, structure, domain, from, through, format } = args;
    let (from, through) = (day("--from", &from)?, day("--through", &through)?);
    if through < from {
        return Err(failed::input(format!("--through {through} is before --from {from}: exchange the two")));
    }
    if (through - from).num_days() > MOST_DAYS {
        return Err(failed::input(format!(
            "--through {through} is more than ten years after --from {from}: ask for fewer at once"
        )));
    }
    let question = Question { structure, domain, from, through, format };
    say(&beside::carry_out(&Settings::of(&flags)?, Request::BookingStatistics(question)).await?)
}

/// Returns the table, as it is printed.
pub fn of(node: &Node, question: &Question) -> Result<String> {
    let Question { structure, domain, from, through, format } = question;
    node.read(|world| {
        let domain = Place::called(world, structure)?.domain(node, world, domain)?;
        let mut rows = vec![HEADER.split(' ').map(str::to_owned).collect::<Vec<_>>()];
        for (name, calendar) in resources(node, world, domain)? {
            let quantity = calendar.state.quantity();
            let weeks = calendar.occupation(*from, *through);
            rows.extend(weeks.iter().map(|week| row(&name, quantity, week)));
        }
        Table(rows).print(*format)
    })
}

fn row(name: &str, quantity: u32, of: &Occupation) -> Vec<String> {
    // What is never open is taken to no part.
    let percent = (of.taken * 100).checked_div(of.open).map(|percent| percent.to_string());
    vec![
        name.to_owned(),
        of.monday.to_string(),
        quantity.to_string(),
        of.taken.to_string(),
        of.open.to_string(),
        percent.unwrap_or_default(),
        of.week.asked.to_string(),
        of.week.refused.to_string(),
        of.week.withdrawn.to_string(),
        of.week.cancelled.to_string(),
    ]
}
