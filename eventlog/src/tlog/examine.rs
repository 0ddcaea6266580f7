//! A look at the tree beside a log that writes nothing.

use std::path::Path;

use ed25519_dalek::SigningKey;

use crate::log::EventLog;

use super::checkpoints::Checkpoints;
use super::error::TlogError;
use super::levels::{self, Levels, MOST};
use super::merkle;
use super::subtrees::Cache;
use super::tree::{compare, public_key};

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Examined {
    /// How many hashes of events are kept.
    pub hashes: u64,
    /// How many checkpoints there are.
    pub checkpoints: usize,
    /// How many events the newest is over; 0: there is none.
    pub signed: u64,
}

/// Looks whether the newest checkpoint in `directory` is one of `log`, and, if `deep`, whether each hash is that
/// of its event. `None`: there is no tree.
///
/// What is not there is no fault: it is made again when the tree is opened.
pub async fn examine(
    directory: &Path,
    log: &dyn EventLog,
    key: Option<&SigningKey>,
    deep: bool,
) -> Result<Option<Examined>, TlogError> {
    if !directory.is_dir() {
        return Ok(None);
    }
    let (checkpoints, head) = (Checkpoints::of(directory), log.head());
    let sizes = checkpoints.sizes()?;
    let (signed, hashes) = (sizes.last().copied().unwrap_or(0), levels::kept(directory)?);
    if signed > head.0 {
        return Err(TlogError::Missing { file: checkpoints.file(signed), size: signed, head });
    }
    if deep && let Some(levels) = Levels::look(directory, hashes.min(head.0), 1)? {
        compare(&levels, log, levels.size(), signed).await?;
    }
    if signed > 0
        && let Some(key) = key
        && let Some(levels) = Levels::look(directory, signed, MOST)?
    {
        let (_, checkpoint) = checkpoints.open(signed, &public_key(&levels, key)?)?;
        let mut cache = Cache::new();
        if deep {
            cache.on(&levels).check()?;
        }
        if merkle::root(&mut cache.on(&levels), signed)? != checkpoint.root {
            return Err(TlogError::Inconsistent { file: checkpoints.file(signed), size: signed });
        }
    }
    Ok(Some(Examined { hashes, checkpoints: sizes.len(), signed }))
}
