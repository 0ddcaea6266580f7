//! `preau log tail` and `preau log stats`. Nothing sealed is opened.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use eventlog::{EventLog, Position, Recorded};
use serde_json::json;
use serde_json::value::RawValue;

use crate::cli::{Format, Stats, Tail};
use crate::settings::Settings;
use crate::{opened, say};

/// How many events are read at once.
const PAGE: usize = 1024;

/// Prints the last events.
pub async fn tail(args: Tail) -> Result<()> {
    let opened = opened::directory(&Settings::of(&args.flags)?, false)?;
    let after = Position(opened.log.head().0.saturating_sub(args.lines));
    each(&*opened.log, after, |recorded| {
        say(&match args.format {
            Format::Text => line(recorded),
            Format::Json => object(recorded)? + "\n",
        })
    })
    .await
}

/// Prints how many events of each kind there are.
pub async fn stats(args: Stats) -> Result<()> {
    let opened = opened::directory(&Settings::of(&args.flags)?, false)?;
    let (mut events, mut kinds) = (0_u64, BTreeMap::<String, u64>::new());
    each(&*opened.log, Position::START, |recorded| {
        events += 1;
        match kinds.get_mut(recorded.kind()) {
            Some(count) => *count += 1,
            None => drop(kinds.insert(recorded.kind().to_owned(), 1)),
        }
        Ok(())
    })
    .await?;
    match args.format {
        Format::Json => say(&format!("{}\n", json!({ "events": events, "kinds": kinds }))),
        Format::Text => {
            let mut text = format!("{events:>12}  events in {} streams\n", opened.report.streams);
            for (kind, count) in kinds {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{count:>12}  {kind}");
            }
            say(&text)
        }
    }
}

async fn each(
    log: &dyn EventLog,
    mut after: Position,
    mut look: impl FnMut(&Recorded) -> Result<()>,
) -> Result<()> {
    loop {
        let page = log.read_all(after, PAGE).await.context("the log cannot be read")?;
        for recorded in &page {
            look(recorded)?;
            after = recorded.position;
        }
        if page.len() < PAGE {
            return Ok(());
        }
    }
}

fn line(recorded: &Recorded) -> String {
    let at = recorded.recorded_at.format("%Y-%m-%d %H:%M:%S%.3f");
    format!(
        "{:>10}  {at}  {:<34}  {}@{}\n",
        recorded.position,
        recorded.kind(),
        recorded.stream(),
        recorded.revision
    )
}

/// An event as `log tail --format json` prints it.
#[derive(serde::Serialize)]
struct Shown<'a> {
    position: u64,
    recorded_at: String,
    id: String,
    stream: &'a str,
    revision: u64,
    kind: &'a str,
    schema: u16,
    data: Box<RawValue>,
    meta: Box<RawValue>,
}

fn object(recorded: &Recorded) -> Result<String> {
    let raw = |bytes: &[u8]| Ok::<_, anyhow::Error>(serde_json::from_slice::<Box<RawValue>>(bytes)?);
    let shown = Shown {
        position: recorded.position.0,
        recorded_at: recorded.recorded_at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
        id: recorded.id.to_string(),
        stream: recorded.stream(),
        revision: recorded.revision,
        kind: recorded.kind(),
        schema: recorded.schema,
        data: raw(recorded.data())?,
        meta: raw(recorded.meta())?,
    };
    Ok(serde_json::to_string(&shown)?)
}
