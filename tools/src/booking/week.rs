//! `preau booking week`: a week of all resources of a domain, as a text, as a table and as a picture.
//!
//! Invariant: it is drawn by the code that draws it for a browser (`api::week`); the operator sees all of it.

use anyhow::Result;
use api::Node;
use api::graphql::names::Names;
use api::texts::Texts;
use api::week::{Details, Shown, Week};
use domain::Date;
use serde::{Deserialize, Serialize};

use super::arguments::{Week as Args, WeekFormat};
use super::{Place, day, fault, plain, resources};
use crate::beside::{self, Request};
use crate::cli::Language;
use crate::say;
use crate::settings::Settings;

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
        let shown = resources(node, world, domain)?.into_iter().map(|(name, calendar)| Shown {
            name,
            calendar,
            details: Details::All,
        });
        let domain = (plain(&question.domain), place.zone);
        let week = Week::of(node, &names, (&domain.0, domain.1), day, shown.collect()).map_err(fault)?;
        Ok(match question.format {
            WeekFormat::Text => week.text(),
            WeekFormat::Csv => week.csv()?,
            WeekFormat::Svg => week.svg(),
        })
    })
}
