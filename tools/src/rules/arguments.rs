//! What `preau rules` can be asked.

use clap::{Args, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

use super::requests::arguments::Requests;
use crate::cli::{Flags, Format, Language, TableFormat};

/// What the shipped recipes are, for `preau rules recipe --help`.
const RECIPES: &str = "\
Take a recipe, or take it back: a named change of the matrix, which classes made later get too.

  TEACHERS_OWN_CLASSES_ONLY         teachers write to pupils and parents of their classes only
  NO_TALK_INSIDE_CLASSES            pupils of a class do not write to each other
  PARENTS_DO_NOT_WRITE_TO_TEACHERS  parents do not write to teachers first; they can reply

Groups that somebody changed by hand are left as they are. Look with --preview first. Beside a running \
server or without one.";

/// `preau rules …`
#[derive(Debug, Subcommand)]
pub enum Rules {
    /// One line for each person: how many people and groups they reach, by profile.
    Report(RulesTable),
    /// Profile by profile: ordered pairs who may write, and how many of them are one-way.
    Matrix(RulesTable),
    /// Why somebody may write to a person or a group, or what is missing and who may change it. Beside a running server
    /// or without one.
    Explain(Explain),
    /// What a change would do, before it is made: pairs of people and groups that open and close. Nothing is written.
    ///
    /// A group is written UAI/TEACHER, UAI/CLASS/RELATIVE, or as its id. Changes may be given together: policies first,
    /// then what is removed, then what is made.
    Preview(Preview),
    /// The groups of a structure and the rules between them, as a picture or as a table that says the same. Classes that
    /// are alike are drawn once.
    Draw(Draw),
    /// What changed between two moments: rules, what groups say of their members, and who is in them.
    Diff(Diff),
    /// Take a recipe, or take it back: a named change of the matrix, which classes made later get too.
    #[command(long_about = RECIPES)]
    Recipe(Recipe),
    /// Apply the matrix of a structure again, or another one: it adds what is missing, and takes nothing away.
    ///
    /// Groups that somebody changed by hand get nothing but rules towards new groups. Beside a running server or
    /// without one.
    Apply(Apply),
    /// Put the groups of a structure that are not free back to its matrix and recipes: rules and facts by hand go.
    ///
    /// Rules of other structures stay, and so does the policy. Look with --preview first. Beside a running server or
    /// without one.
    Reset(Reset),
    /// Changes of rules that somebody asked for who may not make them: list, show, accept or refuse them. Beside a running
    /// server or without one.
    #[command(subcommand)]
    Requests(Requests),
}

/// `preau rules recipe`
#[derive(Debug, Args)]
pub struct Recipe {
    /// What all of them share.
    #[command(flatten)]
    pub changing: Changing,
    /// Take this recipe
    #[arg(long, value_name = "NAME", conflicts_with = "take_back", required_unless_present = "take_back")]
    pub take: Option<String>,
    /// Take this recipe back: what it did is undone, and only that
    #[arg(long, value_name = "NAME")]
    pub take_back: Option<String>,
}

/// `preau rules apply`
#[derive(Debug, Args)]
pub struct Apply {
    /// What all of them share.
    #[command(flatten)]
    pub changing: Changing,
    /// Another matrix, by its name [default: the one the structure has]
    ///
    /// One that ships, or that of the file which the setting `matrix` names: `preau serve --matrix FILE`.
    #[arg(long, value_name = "NAME")]
    pub matrix: Option<String>,
}

/// `preau rules reset`
#[derive(Debug, Args)]
pub struct Reset {
    /// What all of them share.
    #[command(flatten)]
    pub changing: Changing,
}

/// What changes of a matrix share.
#[derive(Debug, Args)]
pub struct Changing {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// The code of the structure
    #[arg(long, value_name = "UAI")]
    pub structure: String,
    /// Only say what would happen
    #[arg(long)]
    pub preview: bool,
    /// Accept that students or relatives come to write to each other
    #[arg(long, value_enum)]
    pub accept: Vec<Accept>,
    /// Why; it stands beside the event
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// The language of the text [default: from LANG]
    #[arg(long, visible_alias = "lang", value_enum)]
    pub language: Option<Language>,
}

/// What somebody who changes rules accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Accept {
    /// Students or relatives come to write to each other.
    OpensMembers,
}

/// `preau rules report`, `preau rules matrix`
#[derive(Debug, Args)]
pub struct RulesTable {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// The code of the structure
    #[arg(long, value_name = "UAI")]
    pub structure: String,
    /// How to print the table
    #[arg(long, value_enum, default_value_t = TableFormat::Csv)]
    pub format: TableFormat,
}

/// `preau rules explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// Who would write: a login, the id the API shows, or its 26 characters
    #[arg(long, value_name = "LOGIN")]
    pub from: String,
    /// To whom: likewise; or a group, by its id or by its name as it is shown
    #[arg(long, value_name = "LOGIN|GROUP")]
    pub to: String,
    /// As it was at a position, or at an instant such as 2026-09-03T18:00:00+02:00 [default: now]
    #[arg(long, value_name = "POSITION|INSTANT")]
    pub at: Option<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = ExplainFormat::Text)]
    pub format: ExplainFormat,
    /// The language of the sentences [default: from LANG]
    #[arg(long, visible_alias = "lang", value_enum)]
    pub language: Option<Language>,
}

/// `preau rules preview`
#[derive(Debug, Args)]
pub struct Preview {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// A policy of internal communication
    #[arg(long, num_args = 2, value_names = ["UAI", "IMPLIED|EXPLICIT"])]
    pub policy: Vec<String>,
    /// Every rule from one group to another goes
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"])]
    pub remove: Vec<String>,
    /// A fact of a group loses every reason: uses, exposes or internal
    #[arg(long, num_args = 2, value_names = ["GROUP", "FACT"])]
    pub take: Vec<String>,
    /// A fact of a group gets a reason: uses, exposes or internal
    #[arg(long, num_args = 2, value_names = ["GROUP", "FACT"])]
    pub grant: Vec<String>,
    /// A rule from one group to another
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"])]
    pub make: Vec<String>,
    /// A rule that reaches the other group as a group, and not its members one by one
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"])]
    pub make_without_members: Vec<String>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// The language of the text [default: from LANG]
    #[arg(long, visible_alias = "lang", value_enum)]
    pub language: Option<Language>,
}

/// `preau rules draw`
#[derive(Debug, Args)]
pub struct Draw {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// The code of the structure
    #[arg(long, value_name = "UAI")]
    pub structure: String,
    /// One class alone, by its name, and what it has to do with
    #[arg(long, value_name = "NAME")]
    pub class: Option<String>,
    /// In which form
    #[arg(long, value_enum, default_value_t = DrawFormat::Svg)]
    pub format: DrawFormat,
    /// Into this file [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub out: Option<std::path::PathBuf>,
    /// The language of the names [default: from LANG]
    #[arg(long, visible_alias = "lang", value_enum)]
    pub language: Option<Language>,
}

/// In which form rules are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DrawFormat {
    /// A picture, for a browser or a page.
    Svg,
    /// For Graphviz.
    Dot,
    /// A table for a terminal.
    Text,
    /// The same table for a spreadsheet.
    Csv,
}

/// `preau rules diff`
#[derive(Debug, Args)]
pub struct Diff {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// What changed in one structure [default: in all of them]
    #[arg(long, value_name = "UAI")]
    pub structure: Option<String>,
    /// From a position, or an instant such as 2026-09-03T18:00:00+02:00
    #[arg(long, value_name = "POSITION|INSTANT")]
    pub from: String,
    /// To a later one [default: now]
    #[arg(long, value_name = "POSITION|INSTANT")]
    pub to: Option<String>,
    /// Also who joined and left groups
    #[arg(long)]
    pub memberships: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// The language of the text [default: from LANG]
    #[arg(long, visible_alias = "lang", value_enum)]
    pub language: Option<Language>,
}

/// How an explanation is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExplainFormat {
    /// Sentences.
    Text,
    /// What the API answers to `explainReach`.
    Json,
}
