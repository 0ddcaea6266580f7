//! `preau keys …`: what ends by the month, and the keys that wrap the others.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use api::node::Opened;
use eventlog::Clock as _;
use eventlog::clock::SystemClock;
use eventlog::execute::month;
use eventlog::keys::{Class, Entry};

use crate::cli::{ClassName, EndMonth, KeysRotate, RotateMaster};
use crate::settings::Settings;
use crate::{failed, opened, say};

/// Destroys the key of a class of a month: everything of it that was recorded then ends, for everybody.
pub fn end_month(args: &EndMonth) -> Result<()> {
    let now = month(SystemClock.now());
    let (year, of_year) = (args.month / 100, args.month % 100);
    if !(1..=12).contains(&of_year) || !(2000..=9999).contains(&year) {
        return Err(failed::input(format!("{} is no month: yyyymm is expected, such as {now}", args.month)));
    }
    if args.month >= now {
        return Err(failed::input(format!(
            "{} is not over yet: only a month that passed can end",
            args.month
        )));
    }
    let (class, what) = match args.class {
        ClassName::Connection => (Class::Connection, "addresses of sign-ins"),
        ClassName::Message => (Class::Message, "subjects and bodies of messages"),
        ClassName::Register => (Class::Register, "the register"),
        ClassName::Import => (Class::Import, "reports of imports"),
    };
    if !args.yes {
        return Err(failed::input(format!(
            "{what} recorded in {} would be erased for ever, for everybody; say --yes to do it, nothing was changed",
            args.month
        )));
    }
    let opened = directory(&args.flags)?;
    let ended = opened.vault.ring().destroy(&[Entry::Month { class, month: args.month }]);
    ended.context("the key of the month cannot be destroyed")?;
    say(&format!("{what} recorded in {} are erased.\n", args.month))
}

/// Writes all keys anew under a new epoch key.
pub fn rotate(args: &KeysRotate) -> Result<()> {
    let opened = directory(&args.flags)?;
    opened.vault.ring().compact().context("the keys cannot be written anew")?;
    say("All keys are under a new epoch key; the old one is destroyed.\n")
}

/// Wraps all keys with another master key.
pub fn rotate_master(args: &RotateMaster) -> Result<()> {
    let opened = directory(&args.flags)?;
    let ring = Arc::clone(opened.vault.ring());
    ring.change_master(args.new.as_deref()).map_err(|error| failed::damaged(error.to_string()))?;
    match &args.new {
        Some(file) => say(&format!(
            "All keys are under {}: name it with --master-key from now on, and destroy the old file.\n",
            file.display()
        )),
        None => say("All keys are under a new master key beside them; the old one is destroyed.\n"),
    }
}

fn directory(flags: &crate::cli::Flags) -> Result<Opened> {
    opened::directory(&Settings::of(flags)?, false)
}
