//! What can be asked of `preau incident`.

use clap::Args;

use crate::cli::{Flags, Format, Language};

/// `preau incident`
#[derive(Debug, Args)]
pub struct Incident {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// Who: a login, the id the API shows, or the 26 characters in the log
    pub person: String,
    /// From this instant on, with its offset: 2026-09-03T18:00:00+02:00
    #[arg(long, value_name = "INSTANT")]
    pub from: String,
    /// Before this instant: 31 days later at most
    #[arg(long, value_name = "INSTANT")]
    pub to: String,
    /// Why: kept in the log, in the record of the person
    #[arg(long)]
    pub reason: String,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// The language of the text [default: from LANG]
    #[arg(long, value_enum)]
    pub language: Option<Language>,
}
