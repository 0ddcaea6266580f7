//! `preau models`: the read models rebuilt from the log, each as a digest of its canonical dump.
//!
//! Invariant: a server that followed the log and a world built anew from it say the same digests at the same position.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use projections::World;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::cli::{Format, Models as Args, Snapshot};
use crate::settings::Settings;
use crate::{opened, say};

/// Rebuilds the read models and prints their digests.
pub async fn print(args: Args) -> Result<()> {
    // From the log alone: a snapshot is no proof of what the log says.
    let node = opened::rebuilt(opened::directory(&Settings::of(&args.flags)?, false)?).await?;
    let digests = node.read(digests);
    match args.format {
        Format::Json => say(&format!("{digests}\n")),
        Format::Text => {
            let mut text = format!("position   {}\n", digests["position"]);
            for (name, digest) in digests["models"].as_object().into_iter().flatten() {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{name:<10} {}", digest.as_str().unwrap_or_default());
            }
            say(&text)
        }
    }
}

/// Writes a snapshot of the read models.
pub async fn snapshot(args: &Snapshot) -> Result<()> {
    let node = opened::existing(&Settings::of(&args.flags)?).await?;
    node.past().write_snapshot().await.context("the log cannot be read")?;
    say(&format!("The read models are written down as they are at position {}.\n", node.live().position()))
}

/// Returns the position of a world and the SHA-256 of the canonical dump of each model: `{"position", "models"}`.
pub fn digests(world: &World) -> Value {
    let digest = |text: String| {
        let bytes: [u8; 32] = Sha256::digest(text).into();
        bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let models = world.dumps().map(|(name, text)| (name.to_owned(), Value::String(digest(text))));
    json!({ "position": world.position.0, "models": serde_json::Map::from_iter(models) })
}
