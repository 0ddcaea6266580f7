//! `ends.<position>`: the ends of all streams at a position, so that opening reads only what follows it.
//!
//! All numbers are big-endian:
//!
//! | at | bytes | what |
//! |---|---|---|
//! | 0 | 8 | `PREAUEN1` |
//! | 8 | 8 | the position, which is the last of a commit |
//! | 16 | 8 | the first position of the chunk that holds it |
//! | 24 | 8 | when its event was recorded, milliseconds since 1970 UTC, signed |
//! | 32 | 8 | how many chunks there are up to it |
//! | 40 | 8 | v, how many volumes |
//! | 48 | 8 | s, how many streams |
//! | 56 | 16 | the id of the event at the position |
//! | 72 | 8 v | the first position of each volume |
//! | | 32 s | the XXH3-128 of the name of a stream, its last revision, the position of its last event |
//! | | 4 | CRC-32C of everything before |
//!
//! Invariants: what it says was durable before its name was. It can be made again by reading the whole log, so one
//! that is missing, damaged or of another log costs time and nothing else.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use domain::EventId;

use crate::log::{LogError, Position};
use crate::plan::{Head, Heads};
use crate::record::field;

use crate::durable::{sync, tried};

const MAGIC: &[u8; 8] = b"PREAUEN1";
const HEADER: usize = 72;
const STREAM: usize = 32;

/// The log at a position, and the ends of all streams there.
pub(super) struct Ends {
    pub tail: Tail,
    pub heads: Heads,
}

/// The end of the log at a position.
pub(super) struct Tail {
    pub last: Position,
    /// Its event: another log may have the same positions.
    pub event: EventId,
    pub last_chunk: Position,
    pub recorded_at: i64,
    pub chunks: u64,
    /// The first positions of the volumes, of which those up to there are noted.
    pub volumes: Vec<Position>,
}

impl Ends {
    /// Returns the newest in `dir` that can be used with the volumes found there. Those that cannot are removed, and
    /// said to be.
    pub fn newest(
        dir: &Path,
        volumes: &[(Position, PathBuf)],
        removed: &mut Vec<String>,
    ) -> Result<Option<Self>, LogError> {
        for (_, path) in files_in(dir)?.into_iter().rev() {
            let bytes = fs::read(&path).map_err(tried("read", &path))?;
            let there = |Self { tail, .. }: &Self| {
                let up_to = volumes.iter().map(|(first, _)| *first).filter(|first| *first <= tail.last);
                up_to.eq(tail.volumes.iter().copied())
            };
            if let Some(ends) = Self::decode(&bytes).filter(there) {
                return Ok(Some(ends));
            }
            removed.push(discard(&path)?);
        }
        Ok(None)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (body, checksum) = bytes.split_last_chunk::<4>()?;
        if !body.starts_with(MAGIC) || crc32c::crc32c(body).to_be_bytes() != *checksum {
            return None;
        }
        let number = |at| field(body, at).ok().map(u64::from_be_bytes);
        let count = |at| number(at).and_then(|count| usize::try_from(count).ok());
        let (volumes, streams) = (count(40)?, count(48)?);
        let rest = body.get(HEADER..)?;
        let (firsts, ends) = rest.split_at_checked(volumes.checked_mul(8)?)?;
        if ends.len() != streams.checked_mul(STREAM)? {
            return None;
        }
        let mut heads = Heads::with_room(streams);
        for end in ends.chunks_exact(STREAM) {
            let (stream, rest) = end.split_first_chunk::<16>()?;
            let (revision, position) = rest.split_first_chunk::<8>()?;
            let head =
                Head { revision: u64::from_be_bytes(*revision), position: be(*position.first_chunk()?) };
            heads.put(u128::from_be_bytes(*stream), head);
        }
        let tail = Tail {
            last: Position(number(8)?),
            event: EventId::from_u128(u128::from_be_bytes(field(body, 56).ok()?)),
            last_chunk: Position(number(16)?),
            recorded_at: i64::from_be_bytes(number(24)?.to_be_bytes()),
            chunks: number(32)?,
            volumes: firsts.chunks_exact(8).filter_map(|at| field(at, 0).ok()).map(be).collect(),
        };
        Some(Self { tail, heads })
    }
}

impl Tail {
    /// Returns the bytes of the file but for its checksum. `heads` are the ends of the streams there.
    pub fn encode(&self, heads: &Heads) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + 8 * self.volumes.len() + STREAM * heads.len() + 4);
        bytes.extend_from_slice(MAGIC);
        let recorded_at = u64::from_be_bytes(self.recorded_at.to_be_bytes());
        // A volume that is begun and still empty is none of those that are found again: its first event comes later.
        let volumes = self.volumes.partition_point(|first| *first <= self.last);
        let (firsts, streams) = (&self.volumes[..volumes], heads.len() as u64);
        for number in [self.last.0, self.last_chunk.0, recorded_at, self.chunks, volumes as u64, streams] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(&self.event.to_u128().to_be_bytes());
        for first in firsts {
            bytes.extend_from_slice(&first.0.to_be_bytes());
        }
        for (stream, head) in heads.iter() {
            bytes.extend_from_slice(&stream.to_be_bytes());
            bytes.extend_from_slice(&head.revision.to_be_bytes());
            bytes.extend_from_slice(&head.position.0.to_be_bytes());
        }
        bytes
    }
}

fn be(bytes: [u8; 8]) -> Position {
    Position(u64::from_be_bytes(bytes))
}

/// Writes the file of `position` from its bytes, still without their checksum, and removes those before it.
pub(super) fn write(dir: &Path, position: Position, mut bytes: Vec<u8>) -> Result<(), LogError> {
    let checksum = crc32c::crc32c(&bytes);
    bytes.extend_from_slice(&checksum.to_be_bytes());
    let path = path(dir, position);
    let aside = dir.join("ends.new");
    crate::durable::write(&aside, &bytes)?;
    fs::rename(&aside, &path).map_err(tried("rename", &aside))?;
    sync(dir)?;
    for (other, path) in files_in(dir)? {
        if other != position {
            fs::remove_file(&path).map_err(tried("remove", &path))?;
        }
    }
    Ok(())
}

/// Removes a file that cannot be used, and says so.
pub(super) fn discard(path: &Path) -> Result<String, LogError> {
    fs::remove_file(path).map_err(tried("remove", path))?;
    Ok(format!(
        "{} was damaged, or is of another log, and was removed: the whole log was read",
        path.display()
    ))
}

/// Returns the file of `position`.
pub(super) fn path(dir: &Path, position: Position) -> PathBuf {
    dir.join(format!("ends.{:020}", position.0))
}

/// Returns the files in `dir` with their positions, in their order. Removes one that was never finished.
fn files_in(dir: &Path) -> Result<Vec<(Position, PathBuf)>, LogError> {
    let mut found = Vec::new();
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(found),
        entries => entries.map_err(tried("list", dir))?,
    };
    for entry in entries {
        let path = entry.map_err(tried("list", dir))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        match name.strip_prefix("ends.") {
            Some("new") => fs::remove_file(&path).map_err(tried("remove", &path))?,
            Some(digits) => {
                if let Some(position) = digits.parse().ok().filter(|_| digits.len() == 20) {
                    found.push((Position(position), path));
                }
            }
            None => {}
        }
    }
    found.sort_unstable();
    Ok(found)
}
