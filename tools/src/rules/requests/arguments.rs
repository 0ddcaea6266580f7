//! What `preau rules requests` can be asked.

use clap::{Args, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::cli::{Flags, Format, Language};
use crate::rules::arguments::Accept as Accepted;

/// `preau rules requests …`
#[derive(Debug, Subcommand)]
pub enum Requests {
    /// Requests for changes of rules, the newest first.
    List(List),
    /// One request: who asked for what and why, what it would do now, and what became of it.
    Show(Show),
    /// Let a request be made, as somebody who may make it decided. It is made at once.
    ///
    /// If it does something else now than when it was asked for, nothing is changed, and what differs is told.
    Accept(Accept),
    /// Say no to a request, as somebody who may make it decided, or take it back for who asked.
    #[command(visible_alias = "decline")]
    Refuse(Refuse),
}

/// What all of them share.
#[derive(Debug, Args)]
pub struct Shared {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// The language of the text [default: from LANG]
    #[arg(long, visible_alias = "lang", value_enum)]
    pub language: Option<Language>,
}

/// `preau rules requests list`
#[derive(Debug, Args)]
pub struct List {
    /// What all of them share.
    #[command(flatten)]
    pub shared: Shared,
    /// Those that are so far [default: all]
    #[arg(long, value_enum)]
    pub state: Option<StateName>,
}

/// `preau rules requests show`
#[derive(Debug, Args)]
pub struct Show {
    /// What all of them share.
    #[command(flatten)]
    pub shared: Shared,
    /// The request: the id the API shows, or its 26 characters
    #[arg(value_name = "REQUEST")]
    pub request: String,
}

/// `preau rules requests accept`
#[derive(Debug, Args)]
pub struct Accept {
    /// What all of them share.
    #[command(flatten)]
    pub shared: Shared,
    /// The request: the id the API shows, or its 26 characters
    #[arg(value_name = "REQUEST")]
    pub request: String,
    /// Who decided: the login of somebody who may make every change of it
    #[arg(long, value_name = "LOGIN")]
    pub by: String,
    /// Accept that students or relatives come to write to each other
    #[arg(long, value_enum)]
    pub accept: Vec<Accepted>,
    /// Make it even though it does something else now than when it was asked for
    #[arg(long)]
    pub as_it_is_now: bool,
}

/// `preau rules requests refuse`
#[derive(Debug, Args)]
pub struct Refuse {
    /// What all of them share.
    #[command(flatten)]
    pub shared: Shared,
    /// The request: the id the API shows, or its 26 characters
    #[arg(value_name = "REQUEST")]
    pub request: String,
    /// Who decided: the login of somebody who may make every change of it, or of who asked
    #[arg(long, value_name = "LOGIN")]
    pub by: String,
    /// Why; who asked reads it, and it stays when people are erased
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StateName {
    /// It waits for somebody who may decide.
    Asked,
    /// Somebody said no.
    Refused,
    /// It is being made.
    Accepted,
    /// It was made, but for what was refused meanwhile.
    Done,
}
