//! States of long streams, kept in files, so that the first command after a start need not read such a stream whole.
//!
//! `models/deciders/<stream>`: all numbers little-endian.
//!
//! | at | bytes | what |
//! |---|---|---|
//! | 0 | 8 | `PREAUDE1` |
//! | 8 | 8 | fingerprint of the program that wrote it |
//! | 16 | 8 | the revision of the last event it knows |
//! | 24 | 16 | the id of that event |
//! | 40 | 8 each | lengths of the two parts: the state, the commands |
//! | 56 | 4 | CRC-32C of everything before, of the stream's name, and of the parts |
//! | 60 | | the state, as [`Decider::pack`] gives it; then each command, in the order of positions: its id, the position of its last event, and whether and how long the hash of its variables is, and the hash |
//!
//! Invariants: what it holds is durable, since it is read from the log and not from the state that commands are decided
//! on; a file has its name when all of it is on the disk; one that is missing, damaged, of another log, stream or
//! program is not used, and the stream is read whole. It can be deleted at any moment. Nothing that a person typed is
//! in it.

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::{CommandId, EventId, StreamId};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Kept;
use super::cached::{Cached, Rest};
use crate::log::Position;

const MAGIC: &[u8; 8] = b"PREAUDE1";
const HEADER: usize = 60;

/// A stream of fewer events is read whole: that takes less than half a second.
const LEAST: u64 = 20_000;

/// What stands for the variables of a command that had none.
const NONE: u16 = u16::MAX;

/// Where states of long streams are kept, if there is a place for them.
#[derive(Debug, Clone)]
pub struct Deciders(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folder: Option<PathBuf>,
    program: u64,
    least: u64,
    /// The streams that have a file, so that the others cost nothing.
    there: Mutex<HashSet<Box<str>>>,
    /// One is written at a time.
    turn: Arc<Semaphore>,
}

/// A state as it was in a file, with the event that must stand in the log for it to count.
pub(super) struct Found<D> {
    pub(super) cached: Cached<D>,
    pub(super) revision: u64,
    pub(super) event: EventId,
}

impl Deciders {
    /// Returns a place that is nowhere: every stream is read whole.
    pub fn nowhere() -> Self {
        Self::made(None, 0, u64::MAX)
    }

    /// Returns the folder in which the program with this fingerprint keeps states; others wrote for themselves.
    pub fn of(folder: &Path, program: u64) -> Self {
        Self::made(Some(folder.to_owned()), program, LEAST)
    }

    /// The same, for streams of so many events.
    pub fn of_streams_from(folder: &Path, program: u64, least: u64) -> Self {
        Self::made(Some(folder.to_owned()), program, least)
    }

    fn made(folder: Option<PathBuf>, program: u64, least: u64) -> Self {
        let entries = folder.as_ref().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten();
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let there = Mutex::new(names.map(String::into_boxed_str).collect());
        Self(Arc::new(Inner { folder, program, least, there, turn: Arc::new(Semaphore::new(1)) }))
    }

    /// Returns whether a stream of `events`, of which a file knows `kept`, is to be written: a quarter of it is new, so
    /// that all files ever written of a stream cost no more than a few readings of it.
    pub(super) fn is_due(&self, kept: u64, events: u64) -> bool {
        let new = events.saturating_sub(kept);
        self.0.folder.is_some() && new >= self.0.least.max(events / 4)
    }

    /// Returns the turn to write, if nobody else writes.
    pub(super) fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0.turn).try_acquire_owned().ok()
    }

    /// Waits until nothing is being written.
    pub async fn idle(&self) {
        let _ = self.0.turn.acquire().await;
    }

    fn there(&self) -> MutexGuard<'_, HashSet<Box<str>>> {
        self.0.there.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what is kept of a stream, if it is as it was written.
    pub(super) async fn find<D: Kept>(&self, stream: &StreamId) -> Option<Found<D>> {
        if !D::PACKS || !self.there().contains(stream.as_str()) {
            return None;
        }
        let (file, program, name) = (self.file(stream)?, self.0.program, stream.clone());
        let read = move || decode(&fs::read(file).ok()?, program, &name);
        let found = tokio::task::spawn_blocking(read).await.ok()?;
        if found.is_none() {
            self.remove(stream);
        }
        found
    }

    /// Removes what is kept of a stream: it is of no use.
    pub(super) fn remove(&self, stream: &StreamId) {
        let was_there = self.there().remove(stream.as_str());
        if let Some(file) = self.file(stream).filter(|_| was_there) {
            tracing::info!(file = %file.display(), "a kept state is not used and removed: its stream is read whole");
            let _ = fs::remove_file(file);
        }
    }

    /// Writes what was read from the log of a stream.
    pub(super) fn write<D: Kept>(
        &self,
        stream: &StreamId,
        cached: &Cached<D>,
        event: EventId,
    ) -> io::Result<()> {
        let Some((folder, file)) = self.0.folder.as_ref().zip(self.file(stream)) else { return Ok(()) };
        let Some(bytes) = encode(stream, cached, event, self.0.program) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "something in it cannot be written"));
        };
        fs::create_dir_all(folder)?;
        let aside = folder.join(NEW);
        let mut to =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
        to.write_all(&bytes)?;
        to.sync_all()?;
        fs::rename(&aside, &file)?;
        File::open(folder)?.sync_all()?;
        self.there().insert(stream.as_str().into());
        Ok(())
    }

    fn file(&self, stream: &StreamId) -> Option<PathBuf> {
        Some(self.0.folder.as_ref()?.join(stream.as_str()))
    }
}

/// What is being written; no stream is called so.
const NEW: &str = "new";

fn encode<D: Kept>(stream: &StreamId, cached: &Cached<D>, event: EventId, program: u64) -> Option<Vec<u8>> {
    let state = cached.state.pack()?;
    let mut commands: Vec<_> = cached.commands.iter().collect();
    commands.sort_unstable_by_key(|(id, rest)| (rest.position, **id));
    let mut bytes = Vec::with_capacity(HEADER + state.len() + commands.len() * 80);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&program.to_le_bytes());
    bytes.extend_from_slice(&cached.revision?.to_le_bytes());
    bytes.extend_from_slice(&event.to_u128().to_le_bytes());
    bytes.extend_from_slice(&(state.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&[0; 12]);
    bytes.extend_from_slice(&state);
    for (id, Rest { variables, position, ticket: _ }) in commands {
        bytes.extend_from_slice(&id.to_u128().to_le_bytes());
        bytes.extend_from_slice(&position.0.to_le_bytes());
        let hash = variables.as_deref().unwrap_or_default();
        let length = u16::try_from(hash.len()).ok().filter(|length| *length < NONE)?;
        bytes.extend_from_slice(&if variables.is_some() { length } else { NONE }.to_le_bytes());
        bytes.extend_from_slice(hash.as_bytes());
    }
    let commands = (bytes.len() - HEADER - state.len()) as u64;
    bytes[48..56].copy_from_slice(&commands.to_le_bytes());
    let sum = checksum(&bytes, stream)?;
    bytes[56..HEADER].copy_from_slice(&sum.to_le_bytes());
    Some(bytes)
}

fn decode<D: Kept>(bytes: &[u8], program: u64, stream: &StreamId) -> Option<Found<D>> {
    let mut head = bytes.get(..HEADER)?;
    let ours = take(&mut head).as_ref() == Some(MAGIC) && u64::from_le_bytes(take(&mut head)?) == program;
    let revision = u64::from_le_bytes(take(&mut head)?);
    let event = EventId::from_u128(u128::from_le_bytes(take(&mut head)?));
    let state = usize::try_from(u64::from_le_bytes(take(&mut head)?)).ok()?;
    let commands = usize::try_from(u64::from_le_bytes(take(&mut head)?)).ok()?;
    let sum = u32::from_le_bytes(take(&mut head)?);
    let body = &bytes[HEADER..];
    let whole = body.len() == state.checked_add(commands)?;
    if !ours || !whole || checksum(bytes, stream)? != sum {
        return None;
    }
    let (state, mut rest) = body.split_at_checked(state)?;
    let mut commands = HashMap::new();
    while !rest.is_empty() {
        let id = CommandId::from_u128(u128::from_le_bytes(take(&mut rest)?));
        let position = Position(u64::from_le_bytes(take(&mut rest)?));
        let variables = match u16::from_le_bytes(take(&mut rest)?) {
            NONE => None,
            length => {
                let (hash, after) = rest.split_at_checked(usize::from(length))?;
                rest = after;
                Some(std::str::from_utf8(hash).ok()?.into())
            }
        };
        commands.insert(id, Rest { variables, position, ticket: None });
    }
    let (state, kept) = (D::unpack(state)?, revision + 1);
    let cached = Cached { state, revision: Some(revision), commands, tail: None, kept };
    Some(Found { cached, revision, event })
}

/// Returns the checksum of a file, whatever stands in the place of it.
fn checksum(bytes: &[u8], stream: &StreamId) -> Option<u32> {
    let sum = crc32c::crc32c(bytes.get(..56)?);
    let sum = crc32c::crc32c_append(sum, stream.as_str().as_bytes());
    Some(crc32c::crc32c_append(sum, bytes.get(HEADER..)?))
}

fn take<const N: usize>(from: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = from.split_first_chunk::<N>()?;
    *from = rest;
    Some(*taken)
}
