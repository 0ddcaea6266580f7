//! What `preau backup` and `preau restore` can be asked.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::{Flags, Format};

/// `preau backup`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Backup {
    /// What else can be done with a backup.
    #[command(subcommand)]
    pub other: Option<Other>,
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// The directory of the backup, made if it is not there
    #[arg(long, value_name = "BACKUP", required = true)]
    pub to: Option<PathBuf>,
    /// How to print what was done
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `preau backup …`
#[derive(Debug, Subcommand)]
pub enum Other {
    /// Read every byte of a backup: checksums, positions, records, revisions, links. The first damage is named with
    /// file and position, and ends it with exit code 5
    Verify(Verify),
    /// Copy the keys, beside a running server or without one, in place of the copy made before. Do it after each
    /// backup of the log: what that holds opens with keys as new as it, or newer
    Keys(SavedKeys),
}

/// `preau backup keys`
#[derive(Debug, Args)]
pub struct SavedKeys {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// The folder of the copy: another one than that of the log's backup, on another medium
    #[arg(long, value_name = "KEYS")]
    pub to: PathBuf,
}

/// `preau backup verify`
#[derive(Debug, Args)]
pub struct Verify {
    /// The directory of the backup
    pub backup: PathBuf,
    /// How to print what was found
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `preau restore`
#[derive(Debug, Args)]
pub struct Restore {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// The directory of the backup
    #[arg(long, value_name = "BACKUP")]
    pub from: PathBuf,
    /// The last position, or an instant such as 2026-09-03T18:00:00+02:00; a command that would be cut in half is left
    /// out whole [default: all that is in the backup]
    #[arg(long, value_name = "POSITION|INSTANT")]
    pub to: Option<String>,
    /// A copy of the folder `keys` to put into the data directory [default: the keys that are there]
    #[arg(long, value_name = "KEYS")]
    pub keys: Option<PathBuf>,
}
