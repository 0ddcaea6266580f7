//! What can be asked of `preau person export`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::{Flags, Language};

/// `preau person export`
#[derive(Debug, Args)]
pub struct PersonExport {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// Who: a login, the id the API shows, or the 26 characters in the log
    pub person: String,
    /// The folder for `export.json` and `export.html`; made if it is not there, and for nobody else to read
    #[arg(long, value_name = "FOLDER")]
    pub to: PathBuf,
    /// Why: kept in the log, in the record of the person
    #[arg(long)]
    pub reason: String,
    /// The language of the page, and of what groups are called [default: from LANG]
    #[arg(long, value_enum)]
    pub language: Option<Language>,
}
