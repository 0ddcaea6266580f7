//! The bytes of what stands under one key of the tree `log`: a chunk. Final: chunks are never rewritten.
//!
//! A chunk holds 1 to [`MAX_COUNT`] events that stand one after the other, in at most [`MAX_CHUNK`] bytes
//! (sled puts larger values into files of their own, which it never syncs).
//! Its key is the position of its first event (u64, big-endian). An event that does not fit is cut into
//! pieces: the first is a chunk with this one event, the others are continuations under the keys
//! `position ++ part` (u64, u32, big-endian, parts from 1).
//!
//! The value is a header of 34 bytes, all numbers big-endian, and the records or the piece:
//!
//! | at | bytes | what |
//! |---|---|---|
//! | 0 | 1 | format, [`FORMAT`] |
//! | 1 | 1 | number of events that begin here; 0 in a continuation |
//! | 2 | 4 | CRC-32C of the key, bytes 0 to 2 and everything from 6 on |
//! | 6 | 4 | number of pieces of the event, 1 if nothing is cut |
//! | 10 | 8 | first position of the chunk before, 0 if none; a continuation repeats it |
//! | 18 | 8 | first position of the commit |
//! | 26 | 8 | last position of the commit |
//! | 34 | | records ([`crate::record`]) one after the other, or the piece of one |
//!
//! A commit is what one durable write holds: whole appends, one or many, and nobody is answered before all
//! of it is durable. So a commit of which something is missing at the end of the log was never acknowledged,
//! and is cut as a whole; missing anywhere else, it is damage.
//!
//! Invariant: reading never panics, whatever the bytes.

use std::sync::Arc;

use crate::log::{Position, Recorded};
use crate::record::{self, Broken, field};

/// The only format there is.
pub const FORMAT: u8 = 1;

/// The most events of a chunk.
pub const MAX_COUNT: usize = 16;

/// The most bytes of a value, header included.
pub const MAX_CHUNK: usize = 7 * 1024;

/// The length of the header.
pub const HEADER: usize = 34;

/// The most bytes of records in a chunk, and of a piece.
const BODY: usize = MAX_CHUNK - HEADER;

/// The positions that one durable write holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commit {
    /// The first.
    pub first: Position,
    /// The last.
    pub last: Position,
}

/// The header of a chunk, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The position of its first event, or of the event it continues.
    pub position: Position,
    /// Which piece of an event: 0 is the first, or all of it.
    pub part: u32,
    /// How many events begin here.
    pub count: u8,
    /// In how many pieces its event is.
    pub parts: u32,
    /// The first position of the chunk before it, 0 if it is the first.
    pub previous: Position,
    /// What was written together.
    pub commit: Commit,
}

/// Returns the key of the chunk that begins at `position`.
pub fn key(position: Position) -> [u8; 8] {
    position.0.to_be_bytes()
}

/// Returns the key of a piece of the event at `position`.
pub fn part_key(position: Position, part: u32) -> Vec<u8> {
    let mut key = position.0.to_be_bytes().to_vec();
    if part > 0 {
        key.extend_from_slice(&part.to_be_bytes());
    }
    key
}

/// Returns the position and the part that a key names.
pub fn read_key(key: &[u8]) -> Result<(Position, u32), Broken> {
    let position = Position(u64::from_be_bytes(field(key, 0).map_err(|_| NO_KEY)?));
    match key.len() {
        8 => Ok((position, 0)),
        12 => Ok((position, u32::from_be_bytes(field(key, 8)?))),
        _ => Err(NO_KEY),
    }
}

const NO_KEY: Broken = Broken("a key is not a position");

/// A commit in chunks.
#[derive(Debug)]
pub struct Packed {
    /// Keys and values, in order.
    pub chunks: Vec<(Vec<u8>, Vec<u8>)>,
    /// The first position of the last chunk.
    pub last_chunk: Position,
}

/// Packs the records of a commit.
///
/// `records` holds them one after the other, `ends` where each ends; the first stands at `first`.
/// `previous` is the first position of the chunk before.
pub fn pack(first: Position, previous: Position, records: &[u8], ends: &[usize]) -> Packed {
    let last = Position((first.0 + ends.len() as u64).saturating_sub(1));
    let commit = Commit { first, last };
    let mut packed = Packed { chunks: Vec::new(), last_chunk: previous };
    let mut index = 0;
    let mut start = 0;
    while index < ends.len() {
        let position = Position(first.0 + index as u64);
        let fitting = |end: &&usize| **end - start <= BODY;
        let count = ends[index..].iter().take(MAX_COUNT).take_while(fitting).count();
        let begun = count.max(1);
        let end = ends[index + begun - 1];
        let body = &records[start..end];
        let pieces = body.len().div_ceil(BODY).max(1);
        let mut header = Header {
            position,
            part: 0,
            count: u8::try_from(begun).unwrap_or(u8::MAX),
            parts: u32::try_from(pieces).unwrap_or(u32::MAX),
            previous: packed.last_chunk,
            commit,
        };
        for piece in body.chunks(BODY) {
            packed.chunks.push(seal(&header, piece));
            header.part += 1;
            header.count = 0;
        }
        packed.last_chunk = position;
        index += begun;
        start = end;
    }
    packed
}

fn seal(header: &Header, body: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let key = part_key(header.position, header.part);
    let mut value = Vec::with_capacity(HEADER + body.len());
    value.extend_from_slice(&[FORMAT, header.count, 0, 0, 0, 0]);
    value.extend_from_slice(&header.parts.to_be_bytes());
    value.extend_from_slice(&header.previous.0.to_be_bytes());
    value.extend_from_slice(&header.commit.first.0.to_be_bytes());
    value.extend_from_slice(&header.commit.last.0.to_be_bytes());
    value.extend_from_slice(body);
    let checksum = checksum(&key, &value).to_be_bytes();
    value[2..6].copy_from_slice(&checksum);
    (key, value)
}

fn checksum(key: &[u8], value: &[u8]) -> u32 {
    let checksum = crc32c::crc32c_append(crc32c::crc32c(key), &value[..2]);
    crc32c::crc32c_append(checksum, &value[6..])
}

/// Reads and checks the header of the chunk `value` under `key`; all of it, but not the records.
pub fn open(key: &[u8], value: &[u8]) -> Result<Header, Broken> {
    let (position, part) = read_key(key)?;
    if value.len() <= HEADER || value.len() > MAX_CHUNK {
        return Err(Broken("a chunk has an impossible length"));
    }
    if value[0] != FORMAT {
        return Err(Broken("a chunk has an unknown format"));
    }
    if checksum(key, value).to_be_bytes() != field(value, 2)? {
        return Err(Broken("the checksum of a chunk is wrong"));
    }
    let number = |at| field(value, at).map(|bytes| Position(u64::from_be_bytes(bytes)));
    let header = Header {
        position,
        part,
        count: value[1],
        parts: u32::from_be_bytes(field(value, 6)?),
        previous: number(10)?,
        commit: Commit { first: number(18)?, last: number(26)? },
    };
    let count = u64::from(header.count);
    let counted = if key.len() == 8 {
        (1..=MAX_COUNT as u64).contains(&count) && (header.parts == 1 || (header.parts > 1 && count == 1))
    } else {
        count == 0 && part > 0 && part < header.parts
    };
    let end = position.0.checked_add(count.saturating_sub(1));
    let placed = header.previous < position
        && header.commit.first > Position::START
        && header.commit.first <= position
        && end.is_some_and(|end| end <= header.commit.last.0);
    if counted && placed { Ok(header) } else { Err(Broken("the header of a chunk contradicts itself")) }
}

/// Reads the `count` records from `start` of `bytes` to its end; the first stands at `first`.
pub fn records(first: Position, count: u8, bytes: &Arc<[u8]>, start: usize) -> Result<Vec<Recorded>, Broken> {
    let (events, end) = record::decode_run(first, usize::from(count), bytes, start)?;
    if end == bytes.len() { Ok(events) } else { Err(Broken("a chunk holds more than its records")) }
}

#[cfg(test)]
mod tests {
    use domain::EventId;
    use proptest::prelude::*;

    use super::*;
    use crate::record::{Draft, encode};

    fn commit_of(sizes: &[usize]) -> (Vec<u8>, Vec<usize>) {
        let mut bytes = Vec::new();
        let mut ends = Vec::new();
        for (index, size) in sizes.iter().enumerate() {
            let draft = Draft {
                stream: "person-1",
                kind: "a.b",
                schema: 1,
                revision: index as u64,
                recorded_at: 0,
                id: EventId::from_u128(index as u128),
                previous: None,
                data: &vec![b'1'; *size],
                meta: b"{}",
            };
            encode(&draft, &mut bytes).unwrap();
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    fn unpack(packed: &Packed) -> Vec<u8> {
        packed.chunks.iter().flat_map(|(_, value)| value[HEADER..].to_vec()).collect()
    }

    #[test]
    fn the_bytes_never_change() {
        let (key, value) = seal(
            &Header {
                position: Position(5),
                part: 0,
                count: 1,
                parts: 1,
                previous: Position(4),
                commit: Commit { first: Position(5), last: Position(6) },
            },
            b"xyz",
        );
        let hex: String = value.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        assert_eq!(key, [0, 0, 0, 0, 0, 0, 0, 5]);
        assert_eq!(hex, "0101d32480a30000000100000000000000040000000000000005000000000000000678797a");
    }

    #[test]
    fn small_events_share_a_chunk_and_a_large_one_is_cut() {
        let (bytes, ends) = commit_of(&[&[10; 20][..], &[20_000, 10]].concat());
        let packed = pack(Position(3), Position(1), &bytes, &ends);
        let headers: Vec<_> = packed.chunks.iter().map(|(key, value)| open(key, value).unwrap()).collect();
        let shape: Vec<_> =
            headers.iter().map(|h| (h.position.0, h.part, h.count, h.parts, h.previous.0)).collect();
        assert_eq!(
            shape,
            [
                (3, 0, 16, 1, 1),
                (19, 0, 4, 1, 3),
                (23, 0, 1, 3, 19),
                (23, 1, 0, 3, 19),
                (23, 2, 0, 3, 19),
                (24, 0, 1, 1, 23)
            ]
        );
        assert_eq!(packed.last_chunk, Position(24));
        assert!(headers.iter().all(|h| h.commit == Commit { first: Position(3), last: Position(24) }));
        assert!(packed.chunks.is_sorted_by_key(|(key, _)| key.clone()));
    }

    #[test]
    fn a_chunk_under_another_key_is_refused() {
        let (bytes, ends) = commit_of(&[10]);
        let packed = pack(Position(3), Position(1), &bytes, &ends);
        assert_eq!(
            open(&key(Position(4)), &packed.chunks[0].1),
            Err(Broken("the checksum of a chunk is wrong"))
        );
    }

    proptest! {
        #[test]
        fn what_is_packed_is_read(sizes in prop::collection::vec(prop_oneof![0_usize..900, 6_000_usize..30_000], 1..60)) {
            let (bytes, ends) = commit_of(&sizes);
            let packed = pack(Position(1), Position::START, &bytes, &ends);
            let mut next = 1;
            let mut previous = 0;
            for (key, value) in &packed.chunks {
                let header = open(key, value).unwrap();
                prop_assert!(value.len() <= MAX_CHUNK);
                prop_assert_eq!(header.commit, Commit { first: Position(1), last: Position(sizes.len() as u64) });
                if header.part == 0 {
                    prop_assert_eq!((header.position.0, header.previous.0), (next, previous));
                    previous = next;
                    next += u64::from(header.count);
                }
                if header.parts == 1 {
                    let events = records(header.position, header.count, &value.clone().into(), HEADER).unwrap();
                    prop_assert_eq!(events.len(), usize::from(header.count));
                }
            }
            prop_assert_eq!(unpack(&packed), bytes);
        }

        #[test]
        fn random_bytes_are_refused_without_a_panic(key: Vec<u8>, mut value: Vec<u8>, count: u8, start in 0_usize..200) {
            prop_assert!(open(&key, &value).is_err());
            let _ = records(Position(u64::MAX), count, &value.clone().into(), start);
            if value.len() > HEADER {
                value[0] = FORMAT;
                let right = checksum(&key, &value).to_be_bytes();
                value[2..6].copy_from_slice(&right);
                let _ = open(&key, &value);
            }
        }

        #[test]
        fn a_changed_byte_is_noticed(at in 0_usize..100, by in 1_u8..) {
            let (bytes, ends) = commit_of(&[10]);
            let (key, mut value) = pack(Position(3), Position(1), &bytes, &ends).chunks.remove(0);
            let at = at % value.len();
            value[at] ^= by;
            prop_assert!(open(&key, &value).is_err());
        }
    }
}
