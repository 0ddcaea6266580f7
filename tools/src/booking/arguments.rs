//! What `preau booking` can be asked.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::cli::{Flags, Language, TableFormat};

/// `preau booking …`
#[derive(Debug, Subcommand)]
pub enum Booking {
    /// A week of all resources of a domain: a text, a table, or a picture that says the same. Beside a running server or
    /// without one.
    Week(Week),
    /// How much of each resource of a domain is taken, and what became of what was asked for: one line for each resource
    /// and week. Beside a running server or without one.
    Statistics(Statistics),
    /// Make domains and resources from a CSV file with the columns domain, resource, quantity.
    ///
    /// What is there by its name is left as it is, so the same file can be given again. Every line is checked before
    /// anything is written. Beside a running server or without one.
    Import(Import),
    /// Book a resource for somebody, for each event of an .ics file, with their rights: a line tells what became of each.
    ///
    /// The same file may be given again: what was booked is left as it is. No address is fetched. Beside a running server
    /// or without one.
    ImportCalendar(ImportCalendar),
}

/// `preau booking week`
#[derive(Debug, Args)]
pub struct Week {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// The code of the structure
    #[arg(long, value_name = "UAI")]
    pub structure: String,
    /// The domain, by its name
    #[arg(long, value_name = "NAME")]
    pub domain: String,
    /// A day of the week, such as 2026-09-07 [default: today, where the structure is]
    #[arg(long, value_name = "DAY")]
    pub week: Option<String>,
    /// In which form
    #[arg(long, value_enum, default_value_t = WeekFormat::Text)]
    pub format: WeekFormat,
    /// The language of the words [default: from LANG]
    #[arg(long, visible_alias = "lang", value_enum)]
    pub language: Option<Language>,
}

/// In which form a week is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WeekFormat {
    /// Day by day, for a terminal.
    Text,
    /// A line for each slot, for a spreadsheet.
    Csv,
    /// A picture, for a browser or a page.
    Svg,
}

/// `preau booking statistics`
#[derive(Debug, Args)]
pub struct Statistics {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// The code of the structure
    #[arg(long, value_name = "UAI")]
    pub structure: String,
    /// The domain, by its name
    #[arg(long, value_name = "NAME")]
    pub domain: String,
    /// A day of the first week
    #[arg(long, value_name = "DAY")]
    pub from: String,
    /// A day of the last week, ten years later at most
    #[arg(long, value_name = "DAY")]
    pub through: String,
    /// Whether each week of a resource is one line, or one for each population that booked
    #[arg(long, value_enum, default_value_t = By::Week)]
    pub by: By,
    /// How to print the table
    #[arg(long, value_enum, default_value_t = TableFormat::Csv)]
    pub format: TableFormat,
    /// The language in which populations are called [default: from LANG]
    #[arg(long, visible_alias = "lang", value_enum)]
    pub language: Option<Language>,
}

/// What has a line of its own in statistics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// A week of a resource.
    Week,
    /// A profile and a class in a week of a resource: what owners were when they booked.
    Population,
}

/// `preau booking import-calendar`
#[derive(Debug, Args)]
pub struct ImportCalendar {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// The code of the structure
    #[arg(long, value_name = "UAI")]
    pub structure: String,
    /// The domain, by its name
    #[arg(long, value_name = "NAME")]
    pub domain: String,
    /// The resource, by its name
    #[arg(long, value_name = "NAME")]
    pub resource: String,
    /// For whom: a login, or the id the API shows
    #[arg(long, value_name = "LOGIN")]
    pub r#for: String,
    /// Leave out dates of series that are taken, and tell which
    #[arg(long)]
    pub skip_conflicts: bool,
    /// Tell what would become of each event, and book nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Why; it stands beside each event
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// The language of the text [default: from LANG]
    #[arg(long, visible_alias = "lang", value_enum)]
    pub language: Option<Language>,
    /// The file: .ics, 1 MiB and 1,000 events at most
    pub file: PathBuf,
}

/// `preau booking import`
#[derive(Debug, Args)]
pub struct Import {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// The code of the structure
    #[arg(long, value_name = "UAI")]
    pub structure: String,
    /// Why; it stands beside each event
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// The language of the text [default: from LANG]
    #[arg(long, visible_alias = "lang", value_enum)]
    pub language: Option<Language>,
    /// The file: a header, comma or semicolon, UTF-8 or Latin-1
    pub file: PathBuf,
}
