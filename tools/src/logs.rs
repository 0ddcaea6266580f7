//! `preau log tail` and `preau log stats`, beside a running server as well. Nothing sealed is opened.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;
use eventlog::{Position, Recorded};
use serde_json::json;
use serde_json::value::RawValue;

use crate::cli::{Format, Stats, Tail};
use crate::say;
use crate::settings::Settings;
use crate::source::Source;

/// Prints the last events.
pub async fn tail(args: Tail) -> Result<()> {
    let source = Source::open(&Settings::of(&args.flags)?)?;
    let head = Position(source.head().await?.position);
    let after = Position(head.0.saturating_sub(args.lines));
    let show = |recorded: &Recorded| {
        say(&match args.format {
            Format::Text => line(recorded),
            Format::Json => object(recorded)? + "\n",
        })
    };
    source.events(after, head, show).await
}

/// Prints how many events of each kind there are.
pub async fn stats(args: Stats) -> Result<()> {
    let source = Source::open(&Settings::of(&args.flags)?)?;
    let head = Position(source.head().await?.position);
    let (mut events, mut streams, mut kinds) = (0_u64, 0_u64, BTreeMap::<String, u64>::new());
    let count = |recorded: &Recorded| {
        events += 1;
        streams += u64::from(recorded.revision == 0);
        match kinds.get_mut(recorded.kind()) {
            Some(count) => *count += 1,
            None => drop(kinds.insert(recorded.kind().to_owned(), 1)),
        }
        Ok(())
    };
    source.events(Position::START, head, count).await?;
    match args.format {
        Format::Json => say(&format!("{}\n", json!({ "events": events, "kinds": kinds }))),
        Format::Text => {
            let mut text = format!("{events:>12}  events in {streams} streams\n");
            for (kind, count) in kinds {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{count:>12}  {kind}");
            }
            say(&text)
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
