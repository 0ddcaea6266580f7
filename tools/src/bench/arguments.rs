//! What `preau bench` can be asked.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::Format;

/// `preau bench …`
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// Make an invented academy in a data directory: the same people from the same seed.
    Data(Data),
    /// Durable appends, next to a bare file, to PostgreSQL and to UmaDB.
    Append(Append),
    /// All read models rebuilt from a log, next to reading and decoding it alone; memory by part.
    Replay(Replay),
    /// A message to everybody, and pages of the inbox over HTTP.
    Mailbox(Mailbox),
    /// Who reaches whom, at three sizes, next to PostgreSQL; a change of a rule.
    Reach(Reach),
    /// Bookings by 64 writers, next to PostgreSQL; what 200 rooms have free; the first command on a long stream.
    Booking(Booking),
    /// Signing in over HTTP, next to the hash of the password alone.
    SignIn(SignIn),
}

/// What every scenario is asked.
#[derive(Debug, Clone, Args)]
pub struct Common {
    /// How to print what was found
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Seconds instead of minutes: shows that it runs, measures nothing
    #[arg(long)]
    pub quick: bool,
    /// Where temporary data is made [default: the temporary folder of the system]
    #[arg(long, value_name = "DIR")]
    pub scratch: Option<PathBuf>,
    /// How often everything is measured, one after the other in turn
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub rounds: usize,
}

/// Which academy.
#[derive(Debug, Clone, Copy, Args)]
pub struct Whom {
    /// How many people
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub people: u32,
    /// The same seed makes the same academy
    #[arg(long, default_value_t = crate::demo::SEED)]
    pub seed: u64,
}

/// `preau bench data`
#[derive(Debug, Args)]
pub struct Data {
    /// Which academy.
    #[command(flatten)]
    pub whom: Whom,
    /// How many messages they write, answers among them
    #[arg(long, value_name = "M", conflicts_with = "events")]
    pub messages: Option<usize>,
    /// Write messages until the log has so many events, or a few more
    #[arg(long, value_name = "N")]
    pub events: Option<u64>,
    /// The data directory to make
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// How to print what was made
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `preau bench append`
#[derive(Debug, Args)]
pub struct Append {
    /// What every scenario is asked.
    #[command(flatten)]
    pub common: Common,
    /// How long each case runs in each round
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seconds: u64,
    /// How many events an append holds, several with commas between them
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [1, 16, 256], value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub batch: Vec<u16>,
    /// How many append at once, several with commas between them
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [1, 64], value_parser = clap::value_parser!(u16).range(1..=64))]
    pub writers: Vec<u16>,
    /// The folder with PostgreSQL's programs [default: the newest below /usr/lib/postgresql]
    #[arg(long, value_name = "DIR")]
    pub postgres: Option<PathBuf>,
    /// The program of UmaDB's server, 0.7, which is measured too; needs a build with `--features umadb`
    #[arg(long, value_name = "PROGRAM")]
    pub umadb: Option<PathBuf>,
}

/// `preau bench replay`
#[derive(Debug, Args)]
pub struct Replay {
    /// What every scenario is asked.
    #[command(flatten)]
    pub common: Common,
    /// How many events the log has, if it is made
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub events: u64,
    /// How many people, if it is made [default: one for each 25 events]
    #[arg(long, value_name = "N")]
    pub people: Option<u32>,
    /// The seed, if it is made
    #[arg(long, default_value_t = crate::demo::SEED)]
    pub seed: u64,
    /// A data directory that is there, instead of one that is made; snapshots are written in it, nothing else is changed
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// `preau bench mailbox`
#[derive(Debug, Args)]
pub struct Mailbox {
    /// What every scenario is asked.
    #[command(flatten)]
    pub common: Common,
    /// How many people
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub people: u32,
    /// How many copies are in the mailboxes, at the largest of the three sizes
    #[arg(long, value_name = "M", default_value_t = 500_000)]
    pub deliveries: u64,
    /// The same seed makes the same academy
    #[arg(long, default_value_t = crate::demo::SEED)]
    pub seed: u64,
    /// How many pages are read in each round
    #[arg(long, value_name = "N", default_value_t = 4_000)]
    pub pages: usize,
    /// The folder with PostgreSQL's programs [default: the newest below /usr/lib/postgresql]
    #[arg(long, value_name = "DIR")]
    pub postgres: Option<PathBuf>,
    /// The program of PostGraphile, 4, whose pages are measured too: `npm install postgraphile@4` puts it into
    /// `node_modules/.bin`
    #[arg(long, value_name = "PROGRAM")]
    pub postgraphile: Option<PathBuf>,
}

/// `preau bench reach`
#[derive(Debug, Args)]
pub struct Reach {
    /// What every scenario is asked.
    #[command(flatten)]
    pub common: Common,
    /// How many people, at the largest of the three sizes
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub people: u32,
    /// The same seed makes the same academy
    #[arg(long, default_value_t = crate::demo::SEED)]
    pub seed: u64,
    /// How many pairs of people are asked about in each round
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub pairs: usize,
    /// How long PostgreSQL is asked in each round, in seconds
    #[arg(long, value_name = "S", default_value_t = 2)]
    pub seconds: u64,
    /// How many of the pairs Cedar is asked about in each round, each a look at every policy; 0 leaves it out. Needs a
    /// build with `--features cedar`
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub cedar_pairs: usize,
    /// The folder with PostgreSQL's programs [default: the newest below /usr/lib/postgresql]
    #[arg(long, value_name = "DIR")]
    pub postgres: Option<PathBuf>,
}

/// `preau bench booking`
#[derive(Debug, Args)]
pub struct Booking {
    /// What every scenario is asked.
    #[command(flatten)]
    pub common: Common,
    /// How long 64 writers book in each case and round
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seconds: u64,
    /// How many bookings there are at the largest of the three sizes, 500 of each room
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub bookings: u64,
    /// How many events the long stream has
    #[arg(long, value_name = "N", default_value_t = 50_000)]
    pub events: u64,
    /// How many questions about 200 rooms and four weeks are asked in each round
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub questions: usize,
    /// The seed of the school and of the questions
    #[arg(long, default_value_t = crate::demo::SEED)]
    pub seed: u64,
    /// The folder with PostgreSQL's programs [default: the newest below /usr/lib/postgresql]
    #[arg(long, value_name = "DIR")]
    pub postgres: Option<PathBuf>,
}

/// `preau bench sign-in`
#[derive(Debug, Args)]
pub struct SignIn {
    /// What every scenario is asked.
    #[command(flatten)]
    pub common: Common,
    /// How many people sign in in each round
    #[arg(long, value_name = "N", default_value_t = 300)]
    pub sign_ins: usize,
    /// How many of them at once
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub at_once: usize,
}
