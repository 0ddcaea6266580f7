//! What can be asked about keys, and about what ends by the month.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use domain::retention::DataClass;
use serde::{Deserialize, Serialize};

use crate::cli::{Flags, Format};

/// `preau keys …`
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// Destroy the key of a class of data of one month: it ends for everybody.
    EndMonth(EndMonth),
    /// Write all keys anew under a new epoch key, and destroy the old one.
    Rotate(KeysRotate),
    /// Wrap all keys with another master key. Once a year, and when somebody who had it leaves.
    RotateMaster(RotateMaster),
}

/// `preau keys end-month`
#[derive(Debug, Args)]
pub struct EndMonth {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// Which data
    #[arg(value_enum)]
    pub class: ClassName,
    /// The month in which it was recorded: yyyymm
    pub month: u32,
    /// Why: kept in the log for ever, so name the decision and nobody
    #[arg(long)]
    pub reason: String,
    /// Do it: it cannot be taken back
    #[arg(long)]
    pub yes: bool,
}

/// A class of data that ends by the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClassName {
    /// Addresses of sign-ins.
    Connection,
    /// Subjects and bodies of messages and drafts.
    Message,
    /// Roll call and absences.
    Register,
    /// Reports of imports.
    Import,
}

impl ClassName {
    /// Returns the class of the log.
    pub fn data(self) -> DataClass {
        match self {
            Self::Connection => DataClass::Connection,
            Self::Message => DataClass::Message,
            Self::Register => DataClass::Register,
            Self::Import => DataClass::Import,
        }
    }
}

/// `preau retention`
#[derive(Debug, Args)]
pub struct Retention {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// Do it: it cannot be taken back
    #[arg(long)]
    pub yes: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// `preau keys rotate`
#[derive(Debug, Args)]
pub struct KeysRotate {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
}

/// `preau keys rotate-master`
#[derive(Debug, Args)]
pub struct RotateMaster {
    /// The shared settings.
    #[command(flatten)]
    pub flags: Flags,
    /// A file with the new master key [default: a new one in the place of the one beside the keys]
    #[arg(long, value_name = "FILE")]
    pub new: Option<PathBuf>,
}
