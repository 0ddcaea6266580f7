//! `preau keys …`: what ends by the month, and the keys that wrap the others.

pub mod arguments;

use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use api::node::Opened;
use api::process;
use domain::retention::Refusal;
use eventlog::execute;

use crate::beside::{self, Place, Request};
use crate::settings::Settings;
use crate::{failed, opened, retention, say};
use arguments::{ClassName, EndMonth, KeysRotate, RotateMaster};

/// Destroys the key of a class of a month: everything of it that was recorded then ends, for everybody.
pub async fn end_month(args: EndMonth) -> Result<()> {
    let EndMonth { flags, class, month, reason, yes } = args;
    say(&beside::carry_out(&Settings::of(&flags)?, Request::EndMonth { class, month, reason, yes }).await?)
}

/// Ends a month where the log is open, and returns what is printed.
pub async fn ended(
    place: Place<'_>,
    class: ClassName,
    month: u32,
    reason: String,
    yes: bool,
) -> Result<String> {
    let now = execute::month(place.node.now());
    if reason.trim().is_empty() {
        return Err(failed::input("--reason: say who decided it and why; nothing was changed"));
    }
    let class = class.data();
    let what = retention::what(class);
    if !yes && month < now {
        return Err(failed::input(format!(
            "{what} recorded in {month} would be erased for ever, for everybody; say --yes to do it, nothing was \
             changed"
        )));
    }
    let refusal = process::retention::end(place.node, class, month, reason).await;
    let refusal =
        refusal.map_err(|failure| anyhow!("the key of the month cannot be destroyed: {failure:?}"))?;
    match refusal {
        None => Ok(format!("{what} recorded in {month} are erased.\n")),
        Some(Refusal::NotAMonth) => {
            Err(failed::input(format!("{month} is no month: yyyymm is expected, such as {now}")))
        }
        Some(Refusal::MonthNotOver | Refusal::DelayNotOver) => {
            Err(failed::input(format!("{month} is not over yet: only a month that passed can end")))
        }
    }
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
