//! What can be asked on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

use crate::backup::arguments::{Backup, Restore};
use crate::bench::arguments::Bench;
use crate::booking::arguments::Booking;
use crate::export::arguments::PersonExport;
use crate::incident::arguments::Incident;
use crate::keys::arguments::{Keys, Retention};
use crate::rules::arguments::Rules;

/// What every exit code means, shown at the end of `--help`.
const EXIT_CODES: &str = "Exit codes:
  0  done
  1  something failed that should not; the text says what
  2  the command line cannot be read
  3  an input file or value is refused; nothing was changed
  4  the data directory is in use by a running server
  5  the data, the keys or a bundle are damaged, changed, missing or not the right ones
  6  what was asked for is not there

Settings come from flags, then PREAU_… variables, then a TOML file; `preau config explain` shows each.";

/// The engine of a school digital workspace: who may write to whom, what was written, and why.
#[derive(Debug, Parser)]
#[command(name = "preau", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the GraphQL API on a data directory, making it if it is not there.
    Serve(Serve),
    /// Serve an invented academy of about 1,200 people from a temporary directory, until stopped.
    Demo(Demo),
    /// Administrators of the platform.
    #[command(subcommand)]
    Admin(Admin),
    /// Bring a school in from its files.
    #[command(subcommand)]
    Import(Import),
    /// Who may write to whom: tables, why and why not, what a change would do.
    #[command(subcommand)]
    Rules(Rules),
    /// Resources and their bookings: a week as a text, a table or a picture; statistics; resources from a file.
    #[command(subcommand)]
    Booking(Booking),
    /// The whole life of one message: who wrote it, what allowed it, who got and opened it.
    Trace(Trace),
    /// What somebody did in a window of time, with the addresses they did it from: for who looks into an incident.
    ///
    /// Each reading is an event in the record of the person, with its reason.
    Incident(Incident),
    /// People in a data directory.
    #[command(subcommand)]
    Person(Person),
    /// Messages in a data directory.
    #[command(subcommand)]
    Message(Message),
    /// The keys: what ends by the month, and the keys that wrap the others.
    #[command(subcommand)]
    Keys(Keys),
    /// What ends because its delay is over: shown, and with `--yes` ended. A server does it each day by itself.
    ///
    /// The delays are settings, `retention_connection` and so on; beside a running server, those it runs with.
    Retention(Retention),
    /// The log of events.
    #[command(subcommand)]
    Log(Log),
    /// Rebuild the read models from the log and print a digest of each: what `preau serve --digests` prints too.
    Models(Models),
    /// Write a snapshot of the read models: the next start reads it instead of the log before it.
    Snapshot(Snapshot),
    /// What is in a data directory and whether it is as it was written.
    Doctor(Doctor),
    /// Copy what is new in the log to a backup, beside a running server or without one; look whether one is whole.
    ///
    /// The first run copies the whole log, each later one what is new since, and says up to which position. A run that
    /// is interrupted leaves the backup as it was.
    ///
    /// The keys are not in it: copy them apart with `preau backup keys`, after each run, and keep no old copies: one of
    /// them would bring back whoever was erased since.
    Backup(Backup),
    /// Bring a log back from a backup, all of it or up to a position or an instant.
    ///
    /// The events come back as they were: same positions, same bytes. Every byte that is read is checked before the
    /// log gets its name; a restore that is interrupted is simply begun again.
    Restore(Restore),
    /// Proof that nothing was edited: signed checkpoints of the log, and bundles that are checked anywhere.
    #[command(subcommand)]
    Audit(Audit),
    /// The settings.
    #[command(subcommand)]
    Config(Config),
    /// How fast this machine is with it. Makes data of its own, touches no other.
    #[command(subcommand)]
    Bench(Bench),
}

/// The settings every command shares. What is not given here comes from `PREAU_…` or the file.
#[derive(Debug, Clone, Default, Args)]
pub struct Flags {
    /// The data directory [default: ./data]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// A file with the master key: 32 bytes, raw or 64 hexadecimal digits [default: made in DIR/keys]
    #[arg(long, value_name = "FILE")]
    pub master_key: Option<PathBuf>,
    /// A TOML file with settings [default: ./preau.toml if it is there]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// The settings of a server. What is not given here comes from `PREAU_…` or the file.
#[derive(Debug, Clone, Default, Args)]
pub struct Serving {
    /// The address to listen on [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Answer GraphQL introspection: for developers only
    #[arg(long)]
    pub introspection: bool,
    /// How often a checkpoint of the log is signed if it grew: 30s, 10m, 1h [default: 10m]
    #[arg(long, value_name = "TIME")]
    pub checkpoint_interval: Option<String>,
    /// A file with a default matrix of your own, which structures can then be given by its name
    #[arg(long, value_name = "FILE")]
    pub matrix: Option<PathBuf>,
}

/// `preau serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// The settings of a server.
    #[command(flatten)]
    pub serving: Serving,
    /// When stopped, print the position and a digest of each read model as one line of JSON: the same as
    /// `preau models --format json` says of the log
    #[arg(long)]
    pub digests: bool,
}

/// `preau demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// The address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// The same seed makes the same academy
    #[arg(long, default_value_t = crate::demo::SEED)]
    pub seed: u64,
}

/// `preau admin …`
#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Make a platform administrator and print the code that activates the account.
    Create(AdminCreate),
}

/// `preau admin create`
#[derive(Debug, Args)]
pub struct AdminCreate {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// The login: 3 to 64 of a-z, 0-9, dot and dash
    #[arg(long, value_name = "L")]
    pub login: String,
    /// First name, as others see it
    #[arg(long, default_value = "Administration")]
    pub first_name: String,
    /// Last name, as others see it
    #[arg(long, default_value = "Plateforme")]
    pub last_name: String,
    /// Why, kept in the log
    #[arg(long)]
    pub reason: Option<String>,
}

/// `preau import …`
#[derive(Debug, Subcommand)]
pub enum Import {
    /// The three CSV files a head teacher of a primary school exports from ONDE.
    Onde(Onde),
}

/// `preau import onde`
#[derive(Debug, Args)]
pub struct Onde {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// The code of the school: seven digits and a letter
    #[arg(long)]
    pub uai: String,
    /// The name of the school, used if it is new [default: its UAI]
    #[arg(long)]
    pub name: Option<String>,
    /// Its default communication rules: a name (published-2025, classic) or a file of your own
    /// [default: what the school has; published-2025 if it is new]
    #[arg(long, value_name = "NAME")]
    pub matrix: Option<String>,
    /// The time zone of the school, used if it is new
    #[arg(long, default_value = "Europe/Paris")]
    pub zone: String,
    /// `complete` also marks missing whom the files no longer have
    #[arg(long, value_enum, default_value_t = Mode::Partial)]
    pub mode: Mode,
    /// How many people a complete import may mark missing, if they are over 20 %
    #[arg(long, value_name = "N")]
    pub confirm_missing: Option<usize>,
    /// Say what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write the lines that were left out to this CSV file, each with its reason
    #[arg(long, value_name = "FILE")]
    pub left_out: Option<PathBuf>,
    /// The language of the report [default: from LANG]
    #[arg(long, value_enum)]
    pub language: Option<Language>,
    /// The folder with the three files
    pub folder: PathBuf,
}

/// Whether people the files no longer have are marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// Nobody is marked missing.
    Partial,
    /// Whom the files no longer have is marked missing.
    Complete,
}

/// How something is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// How a trace is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TraceFormat {
    /// A tree for people, at a terminal.
    Text,
    /// For programs.
    Json,
    /// The same tree as a page that prints on A4.
    Html,
}

/// How a table is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TableFormat {
    /// Aligned columns.
    Text,
    /// UTF-8, comma, header.
    Csv,
}

/// A language people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Français.
    Fr,
    /// English.
    En,
}

impl From<Language> for api::texts::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::Fr => Self::French,
            Language::En => Self::English,
        }
    }
}

impl Language {
    /// Returns the language asked for, that of the system without one.
    pub fn or_of_system(asked: Option<Self>) -> Self {
        let french = || std::env::var("LANG").is_ok_and(|lang| lang.starts_with("fr"));
        asked.unwrap_or_else(|| if french() { Self::Fr } else { Self::En })
    }
}

/// `preau trace`
#[derive(Debug, Args)]
pub struct Trace {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// The message: its id as the API shows it, or the 26 characters in the log
    pub message: String,
    /// How to print it
    #[arg(long, value_enum, default_value_t = TraceFormat::Text)]
    pub format: TraceFormat,
    /// The language of the text [default: from LANG]
    #[arg(long, value_enum)]
    pub language: Option<Language>,
}

/// `preau person …`
#[derive(Debug, Subcommand)]
pub enum Person {
    /// Erase somebody: the keys of their names, contact data and account are destroyed. Traces and counts stay.
    Erase(PersonErase),
    /// Write out everything that is known of somebody, with the origin of each datum (RGPD, article 15).
    Export(PersonExport),
}

/// `preau person erase`
#[derive(Debug, Args)]
pub struct PersonErase {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// Who: a login, the id the API shows, or the 26 characters in the log
    pub person: String,
    /// Why: kept in the log for ever, so name the decision and not the person
    #[arg(long)]
    pub reason: String,
    /// Also what they wrote, in everybody's mailbox
    #[arg(long)]
    pub writings: bool,
    /// Do it: it cannot be taken back
    #[arg(long)]
    pub yes: bool,
}

/// `preau message …`
#[derive(Debug, Subcommand)]
pub enum Message {
    /// Erase subject and body of one message, in everybody's mailbox. Its trace stays.
    Erase(MessageErase),
}

/// `preau message erase`
#[derive(Debug, Args)]
pub struct MessageErase {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// Which: the id the API shows, or the 26 characters in the log
    pub message: String,
    /// Why: kept in the log for ever
    #[arg(long)]
    pub reason: String,
    /// Do it: it cannot be taken back
    #[arg(long)]
    pub yes: bool,
}

/// `preau log …`
#[derive(Debug, Subcommand)]
pub enum Log {
    /// The last events: position, time, stream, kind. Nothing sealed is opened.
    Tail(Tail),
    /// How many events of each kind.
    Stats(Stats),
}

/// `preau log tail`
#[derive(Debug, Args)]
pub struct Tail {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// How many
    #[arg(short = 'n', long, default_value_t = 20)]
    pub lines: u64,
    /// How to print them; json is one object a line, with data and meta as stored
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `preau log stats`
#[derive(Debug, Args)]
pub struct Stats {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `preau models`
#[derive(Debug, Args)]
pub struct Models {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `preau snapshot`
#[derive(Debug, Args)]
pub struct Snapshot {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
}

/// `preau doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// Read every chunk, record and link again and open every sealed field
    #[arg(long)]
    pub deep: bool,
    /// How to print what was found
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `preau audit …`
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Sign the log as it is now and print the checkpoint, a signed note.
    Checkpoint(AuditCheckpoint),
    /// Print the public key that checkpoints are checked with: give it to whoever checks, before they need it.
    Key(AuditKey),
    /// Write events with their proofs to a file that is checked without this data.
    Export(AuditExport),
    /// Check such a file. Needs nothing else.
    Verify(AuditVerify),
}

/// `preau audit checkpoint`
#[derive(Debug, Args)]
pub struct AuditCheckpoint {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
}

/// `preau audit key`
#[derive(Debug, Args)]
pub struct AuditKey {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
}

/// `preau audit export`
#[derive(Debug, Args)]
pub struct AuditExport {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// The file to write; replaced as a whole, if it is there
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// The first event
    #[arg(long, value_name = "POSITION", default_value_t = 1)]
    pub from: u64,
    /// The last event [default: the last there is]
    #[arg(long, value_name = "POSITION")]
    pub until: Option<u64>,
    /// The earlier checkpoint to prove that nothing changed since, by its number of events
    /// [default: the one before the newest]
    #[arg(long, value_name = "EVENTS")]
    pub since: Option<u64>,
}

/// `preau audit verify`
#[derive(Debug, Args)]
pub struct AuditVerify {
    /// The file
    pub bundle: PathBuf,
    /// The public key it must be signed with, as `preau audit key` printed it
    /// [default: the one in the file is believed]
    #[arg(long, value_name = "PUBLICKEY")]
    pub key: Option<String>,
    /// A file with a checkpoint that was kept elsewhere: the bundle must be of it, or go on from it (`--since` of
    /// `preau audit export`)
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `preau config …`
#[derive(Debug, Subcommand)]
pub enum Config {
    /// Every setting, its value, and where it comes from. Secrets are never shown, only where they lie.
    Explain(Explain),
}

/// `preau config explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// The settings of a server.
    #[command(flatten)]
    pub serving: Serving,
}
