//! `preau restore`: a log brought back from a backup.
//!
//! Invariant: a log that is there is never touched; one that is brought back gets its name when all of it is on disk,
//! and is the last thing to appear, so whatever interrupted it, the same command begins it again.

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use eventlog::backup::{Events, To, find};
use eventlog::sled_log::{self, make_directory};
use eventlog::{LogError, Position};

use super::arguments::Restore;
use super::{keys, shown};
use crate::settings::Settings;
use crate::{failed, opened, say};

/// Brings a log back.
pub fn restore(args: Restore) -> Result<()> {
    let data = Settings::of(&args.flags)?.data();
    let log = data.join("log");
    if fs::read_dir(&log).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(failed::input(format!(
            "{}: there is a log already; name another directory with --data, or move that one away",
            log.display()
        )));
    }
    let to = args.to.as_deref().map(read_to).transpose()?;
    let end = match to {
        Some(to) => find(&args.from, to).map_err(failed::of_backup)?,
        None => Position(Events::of(&args.from).map_err(failed::of_backup)?.manifest().position),
    };
    if let Some(keys) = &args.keys {
        keys::check(keys, &data.join("keys"))?;
    }
    make_directory(&data).map_err(failed::of_log)?;
    let mut restore = sled_log::Restore::begin(&log, sled_log::Settings::default()).map_err(busy)?;
    let last = match copy(&args.from, end, &mut restore) {
        Ok(last) => last,
        Err(error) => {
            restore.abandon().map_err(failed::of_log)?;
            return Err(error);
        }
    };
    if let Some(keys) = &args.keys {
        keys::bring(keys, &data.join("keys"))?;
    }
    // Sessions and snapshots of what was there before; either may be of a future that is no more.
    for folder in ["sessions", "models"].map(|name| data.join(name)) {
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", folder.display()));
            }
            Ok(()) | Err(_) => {}
        }
    }
    restore.finish().map_err(failed::of_log)?;
    say(&text(&data, to, last))
}

/// Reads the events up to `end` and writes them. Returns the last one's position and instant.
fn copy(
    from: &Path,
    end: Position,
    restore: &mut sled_log::Restore,
) -> Result<(Position, Option<domain::Timestamp>)> {
    let mut last = (Position::START, None);
    let events = Events::of(from).map_err(failed::of_backup)?;
    let all = events.manifest().position == end.0;
    let bar = opened::bar("restoring");
    bar.set_length(end.0);
    for event in events {
        let event = event.map_err(failed::of_log)?;
        restore.take(&event).map_err(failed::of_log)?;
        last = (event.position, Some(event.recorded_at));
        if event.position.0.is_multiple_of(4096) {
            bar.set_position(event.position.0);
        }
        // All of it is read to its end, where the last checksum is.
        if event.position == end && !all {
            break;
        }
    }
    bar.finish_and_clear();
    Ok(last)
}

fn text(data: &Path, to: Option<To>, (last, recorded_at): (Position, Option<domain::Timestamp>)) -> String {
    let recorded_at = recorded_at.map(|at| format!(", recorded at {}", shown(at))).unwrap_or_default();
    let mut text =
        format!("{}: {last} events are back, up to position {last}{recorded_at}.\n", data.display());
    if let Some(To::Position(asked)) = to.filter(|to| *to != To::Position(last)) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "Position {asked} is inside of a command, which was left out whole.");
    }
    text += if keys::are_in(&data.join("keys")) {
        "Look whether the keys are the right ones with `preau doctor --deep`. Everybody signs in again.\n"
    } else {
        "Nothing can be read or served before the keys are there: bring the newest copy of `keys` back into it.\n"
    };
    text
}

fn busy(error: LogError) -> anyhow::Error {
    match error {
        LogError::InUse(folder) => {
            failed::in_use(format!("{folder}: another restore is going on; wait for its end"))
        }
        other => failed::of_log(other),
    }
}

fn read_to(text: &str) -> Result<To> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // What does not fit is behind every end.
        return Ok(To::Position(Position(text.parse().unwrap_or(u64::MAX))));
    }
    let instant = DateTime::parse_from_rfc3339(text).map_err(|_| {
        failed::input(format!(
            "--to {text}: write a position, such as 1234, or an instant with its offset, such as \
             2026-09-03T18:00:00+02:00"
        ))
    })?;
    Ok(To::Instant(instant.with_timezone(&Utc)))
}
