//! `preau backup`, `preau backup verify`, `preau backup keys`. `restore`: the way back.
//!
//! Invariant: nothing of `keys/` is ever in a backup of the log, and nothing sealed is opened.

pub mod arguments;
mod keys;
pub mod restore;

use std::path::Path;

use anyhow::{Context as _, Result};
use eventlog::Position;
use eventlog::backup::{self, Events, Manifest};
use serde_json::json;

use crate::cli::Format;
use crate::settings::Settings;
use crate::source::Source;
use crate::{failed, opened, say};
use arguments::{Backup, Other, SavedKeys, Verify};

/// Adds to a backup what is new, or does what else was asked.
pub async fn backup(args: Backup) -> Result<()> {
    match args.other {
        Some(Other::Verify(args)) => return verify(args),
        Some(Other::Keys(args)) => return save_keys(args),
        None => {}
    }
    let to = args.to.context("--to is missing")?;
    let settings = Settings::of(&args.flags)?;
    let source = Source::open(&settings)?;
    outside(&settings.data(), &to)?;
    let head = source.head().await?;
    let backup = backup::Backup::open(&to).map_err(failed::of_backup)?;
    let end = Position(head.position);
    let mut run = backup.begin(head.log.as_deref(), end).map_err(failed::of_backup)?;
    let bar = opened::bar("backing up");
    bar.set_length(end.0);
    let after = run.after();
    let take = |event: &eventlog::Recorded| {
        if event.position.0.is_multiple_of(4096) {
            bar.set_position(event.position.0);
        }
        run.take(event).map_err(failed::of_backup)
    };
    source.events(after, end, take).await?;
    let added = run.finish().map_err(failed::of_backup)?;
    bar.finish_and_clear();
    let recorded_at = added.recorded_at.map(shown);
    say(&match args.format {
        Format::Json => {
            let (position, events, bytes) = (added.position.0, added.events, added.bytes);
            let backup = to.display().to_string();
            let added = json!({ "events": events, "bytes": bytes });
            format!(
                "{}\n",
                json!({ "backup": backup, "position": position, "recorded_at": recorded_at, "added": added })
            )
        }
        Format::Text => format!(
            "{}: {} events added ({} bytes), now at position {}{}\n",
            to.display(),
            added.events,
            added.bytes,
            added.position,
            recorded_at.map(|at| format!(", recorded at {at}")).unwrap_or_default()
        ),
    })
}

/// Refuses a place inside of the data directory: it would go with what it is to bring back.
pub fn outside(data: &Path, to: &Path) -> Result<()> {
    // As far as it is there: the rest will be made.
    let real = |path: &Path| path.ancestors().find_map(|path| path.canonicalize().ok());
    let to_real = if to.is_absolute() { real(to) } else { real(&Path::new(".").join(to)) };
    match (real(data), to_real) {
        (Some(data), Some(real)) if real.starts_with(&data) => Err(failed::input(format!(
            "{}: is inside of the data directory; name a place outside of it, best on another disk",
            to.display()
        ))),
        _ => Ok(()),
    }
}

/// Copies the keys.
fn save_keys(args: SavedKeys) -> Result<()> {
    let settings = Settings::of(&args.flags)?;
    let data = settings.data();
    opened::must_be_there(&data)?;
    outside(&data, &args.to)?;
    keys::save(&data.join("keys"), &args.to)?;
    let master = match settings.master_key() {
        Some(master) => format!("the master key is not: it lies in {}", master.display()),
        None => "the master key too, so whoever has this copy has everything".to_owned(),
    };
    say(&format!("{}: the keys are copied; {master}\n", args.to.display()))
}

/// Reads every byte of a backup.
fn verify(args: Verify) -> Result<()> {
    let mut events = Events::of(&args.backup).map_err(failed::of_backup)?;
    let bar = opened::bar("reading everything");
    bar.set_length(events.manifest().position);
    let mut read = 0_u64;
    for event in &mut events {
        let event = event.map_err(failed::of_log)?;
        read += 1;
        if event.position.0.is_multiple_of(4096) {
            bar.set_position(event.position.0);
        }
    }
    bar.finish_and_clear();
    let streams = events.streams();
    say(&match args.format {
        Format::Json => json(&args.backup, events.manifest(), read, streams),
        Format::Text => text(&args.backup, events.manifest(), read, streams),
    })
}

fn json(backup: &Path, manifest: &Manifest, events: u64, streams: usize) -> String {
    let Manifest { position, log, segments, .. } = manifest;
    let report = json!({
        "backup": backup.display().to_string(), "position": position, "log": log, "events": events,
        "streams": streams, "recorded_at": manifest.recorded_at.map(shown), "segments": segments.len(),
        "bytes": bytes(manifest),
    });
    format!("{report}\n")
}

fn text(backup: &Path, manifest: &Manifest, events: u64, streams: usize) -> String {
    let recorded_at =
        manifest.recorded_at.map(|at| format!(", recorded at {}", shown(at))).unwrap_or_default();
    format!(
        "{}: whole; {events} events in {streams} streams, up to position {}{recorded_at}; {} segments, {} bytes\n",
        backup.display(),
        manifest.position,
        manifest.segments.len(),
        bytes(manifest)
    )
}

fn bytes(manifest: &Manifest) -> u64 {
    manifest.segments.iter().map(|segment| segment.bytes).sum()
}

fn shown(instant: domain::Timestamp) -> String {
    instant.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
