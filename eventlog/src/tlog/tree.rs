//! The tree of a log: extended as the log grows, proved from, signed.
//!
//! Invariant: one process has it open at a time; the lock of the log sees to that.

use std::path::{Path, PathBuf};

pub use ed25519_dalek::SigningKey;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::keys::{Entry, Ring, Secret};
use crate::log::{EventLog, LogError, Position, Recorded};
use crate::record;

use super::checkpoints::Checkpoints;
use super::error::TlogError;
use super::levels::{Levels, sync_directory};
use super::merkle::{self, Hash, leaf_hash};
use super::note::{self, Checkpoint, PublicKey};
use super::subtrees::Cache;

/// How many events are read at once.
const BATCH: usize = 256;

/// What the key that signs is derived for.
const INFO: &[u8] = b"preau.checkpoint.v1";

/// Returns the key that signs checkpoints: HKDF-SHA-256 of the ring's secret `checkpoint`, without salt, with the
/// info `preau.checkpoint.v1`. It is the same for ever, and in no file.
pub fn signing_key(ring: &Ring) -> Result<SigningKey, TlogError> {
    let secret = ring.key(Entry::Secret(Secret::Checkpoint), 0).ok_or(TlogError::NoKey)?;
    let mut seed = Zeroizing::new([0; 32]);
    let derive = Hkdf::<Sha256>::new(None, secret.bytes());
    derive.expand(INFO, seed.as_mut_slice()).map_err(|_| TlogError::NoKey)?;
    Ok(SigningKey::from_bytes(&seed))
}

/// The tree of a log.
pub struct Tlog {
    levels: Levels,
    cache: Cache,
    checkpoints: Checkpoints,
    key: SigningKey,
    /// How many events the newest checkpoint is over.
    signed: u64,
}

/// What was found when a tree was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// How many events the newest checkpoint is over; 0: there is none.
    pub signed: u64,
    /// How many hashes were made from the log.
    pub made: u64,
    /// How many hashes were there for which the log has no event, and were cut.
    pub cut: u64,
}

impl Tlog {
    /// Opens the tree in `directory`, or makes it, and brings it up to the head of `log`.
    ///
    /// The newest checkpoint must be one of this log, or this is an error.
    pub async fn open(
        directory: &Path,
        log: &dyn EventLog,
        key: SigningKey,
    ) -> Result<(Self, Report), TlogError> {
        let checkpoints = Checkpoints::of(directory);
        checkpoints.prepare()?;
        if let Some(above) = directory.parent().filter(|above| !above.as_os_str().is_empty()) {
            sync_directory(above)?;
        }
        let signed = checkpoints.sizes()?.last().copied().unwrap_or(0);
        let head = log.head();
        if signed > head.0 {
            return Err(TlogError::Missing { file: checkpoints.file(signed), size: signed, head });
        }
        let levels = Levels::open(directory, signed)?;
        let mut tlog = Self { levels, cache: Cache::new(), checkpoints, key, signed };
        let trusted = tlog.size();
        if signed > 0 {
            tlog.extend(log, Position(signed)).await?;
            tlog.check_newest(log).await?;
        }
        tlog.extend(log, head).await?;
        let cut = tlog.levels.left_over();
        tlog.levels.cut()?;
        let report = Report { signed, made: tlog.size() - trusted, cut };
        Ok((tlog, report))
    }

    /// Returns how many events the tree is over.
    pub fn size(&self) -> u64 {
        self.levels.size()
    }

    /// Returns how many events the newest checkpoint is over.
    pub fn signed(&self) -> u64 {
        self.signed
    }

    /// Returns the checkpoints that were signed.
    pub fn checkpoints(&self) -> &Checkpoints {
        &self.checkpoints
    }

    /// Takes in the events of `log` up to `until`, a portion at a time.
    pub async fn extend(&mut self, log: &dyn EventLog, until: Position) -> Result<(), TlogError> {
        let mut hashes = Vec::with_capacity(BATCH);
        while self.size() < until.0 {
            let after = Position(self.size());
            let left = usize::try_from(until.0 - after.0).unwrap_or(usize::MAX);
            for event in read(log, after, left.min(BATCH)).await? {
                hashes.push(leaf_hash(&record::leaf(&event)));
            }
            self.levels.append(&hashes)?;
            hashes.clear();
            // A long way is gone in small steps, so that others come to their turn.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Returns the root over the first `size` events.
    pub fn root(&mut self, size: u64) -> Result<Hash, TlogError> {
        merkle::root(&mut self.cache.on(&self.levels), size)
    }

    /// Returns the file of the hashes of the events.
    pub(super) fn leaves(&self) -> PathBuf {
        self.levels.file(0)
    }

    /// Returns the hash kept for the event at a position.
    pub fn leaf(&mut self, position: Position) -> Result<Hash, TlogError> {
        merkle::Nodes::node(&mut self.cache.on(&self.levels), 0, position.0.saturating_sub(1))
    }

    /// Returns the proof that the event at a position is among the first `size`.
    pub fn inclusion(&mut self, position: Position, size: u64) -> Result<Vec<Hash>, TlogError> {
        merkle::inclusion(&mut self.cache.on(&self.levels), position.0.saturating_sub(1), size)
    }

    /// Returns the proof that the first `old` events are the beginning of the first `new`.
    pub fn consistency(&mut self, old: u64, new: u64) -> Result<Vec<Hash>, TlogError> {
        merkle::consistency(&mut self.cache.on(&self.levels), old, new)
    }

    /// Returns the key others check with. It bears the name of the log, so an empty log has none yet.
    pub fn public_key(&self) -> Result<PublicKey, TlogError> {
        public_key(&self.levels, &self.key)
    }

    /// Signs the events taken in so far and returns the note, which is on disk; the same for the same events.
    pub fn checkpoint(&mut self) -> Result<String, TlogError> {
        let (size, public) = (self.size(), self.public_key()?);
        if size == self.signed {
            return self.signed_note(size).map(|(note, _)| note);
        }
        if self.signed > 0 {
            self.signed_note(self.signed)?;
        }
        let root = self.root(size)?;
        let note = Checkpoint { origin: public.name().to_owned(), size, root }.sign(&self.key);
        self.levels.sync()?;
        self.checkpoints.write(size, &note)?;
        self.signed = size;
        Ok(note)
    }

    /// Returns a checkpoint that was signed before, if it is one of this log.
    pub fn signed_note(&mut self, size: u64) -> Result<(String, Checkpoint), TlogError> {
        let (note, checkpoint) = self.checkpoints.open(size, &self.public_key()?)?;
        if size > self.size() || self.root(size)? != checkpoint.root {
            return Err(TlogError::Inconsistent { file: self.checkpoints.file(size), size });
        }
        Ok((note, checkpoint))
    }

    /// Looks whether the newest checkpoint is one of this log; if not, finds out where they part.
    async fn check_newest(&mut self, log: &dyn EventLog) -> Result<(), TlogError> {
        match self.signed_note(self.signed) {
            Ok(_) => Ok(()),
            Err(error) => Err(self.located(log, error).await),
        }
    }

    /// Returns `error`, or what is behind it: the first position where a hash is not that of the event, or hashes
    /// that do not fit together.
    pub async fn located(&self, log: &dyn EventLog, error: TlogError) -> TlogError {
        let until = match &error {
            TlogError::Inner { .. } | TlogError::Inconsistent { .. } | TlogError::Note { .. } => self.size(),
            _ => return error,
        };
        match compare(&self.levels, log, until, self.signed).await {
            Err(found @ TlogError::Contradicts { .. }) => found,
            Err(_) => error,
            Ok(()) => Cache::new().on(&self.levels).check().err().unwrap_or(error),
        }
    }
}

/// Returns the next events of a log, at least one, whose positions must follow each other.
pub(super) async fn read(
    log: &dyn EventLog,
    after: Position,
    limit: usize,
) -> Result<Vec<Recorded>, TlogError> {
    let events = log.read_all(after, limit).await?;
    let mut next = after.0;
    for event in &events {
        next += 1;
        if event.position.0 != next {
            return Err(TlogError::Gap(Position(next - 1)));
        }
    }
    if events.is_empty() {
        let position = Position(after.0 + 1);
        let what = "the log ends before it".to_owned();
        return Err(LogError::Damaged { file: "the log".to_owned(), position, what }.into());
    }
    Ok(events)
}

/// Compares the hashes of the leaves with the events of `log`, up to `until` of them.
///
/// Behind those that were `signed`, zeros are what a crash leaves.
pub(super) async fn compare(
    levels: &Levels,
    log: &dyn EventLog,
    until: u64,
    signed: u64,
) -> Result<(), TlogError> {
    let mut at = 0;
    while at < until {
        let left = usize::try_from(until - at).unwrap_or(usize::MAX);
        let events = read(log, Position(at), left.min(BATCH)).await?;
        let kept = levels.read(0, at, events.len() as u64)?;
        for (event, kept) in events.iter().zip(kept) {
            let torn = event.position.0 > signed && kept == [0; 32];
            if !torn && leaf_hash(&record::leaf(event)) != kept {
                return Err(TlogError::Contradicts { file: levels.file(0), position: event.position });
            }
        }
        at += events.len() as u64;
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Returns the key of the log whose hashes these are.
pub(super) fn public_key(levels: &Levels, key: &SigningKey) -> Result<PublicKey, TlogError> {
    if levels.size() == 0 {
        return Err(TlogError::Empty);
    }
    let first = levels.read(0, 0, 1)?;
    let first = first.first().ok_or(TlogError::Empty)?;
    Ok(PublicKey::of(key, &note::origin(first)))
}
