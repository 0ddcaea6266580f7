//! The file of one segment: which key occurs in which of its 256 blocks.
//!
//! All numbers little-endian: magic `preauocc`, version (4 bytes), events a block (8), number of the segment (8), id of
//! its last event (16); for each first byte of a hash the end of its bucket and the CRC-32C of it (4 each); CRC-32C of
//! all that (4). Then the buckets, each a sorted list of records: the last three bytes of the hash, then the block.
//!
//! Invariants: a key is its CRC-32C; two keys of one hash only make more blocks be read. Reading never panics, whatever
//! the bytes, and a bucket that is damaged is an error.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use domain::EventId;

use super::Key;

/// How many blocks a segment has: a record names one in a byte.
pub(super) const BLOCKS: u64 = 256;

const MAGIC: [u8; 8] = *b"preauocc";
/// Whom an event is about is in it: another answer is another version. 2: events of bookings are about their owner.
const VERSION: u32 = 2;
const BUCKETS: usize = 256;
const RECORD: usize = 4;
/// Bytes before the table of buckets.
const FIXED: usize = 44;
/// Bytes before the first bucket.
pub(super) const HEAD: usize = FIXED + BUCKETS * 8 + 4;

fn hash(key: Key<'_>) -> u32 {
    let of = |tag: u8, bytes: &[u8]| crc32c::crc32c_append(crc32c::crc32c(&[tag]), bytes);
    match key {
        Key::Person(person) => of(b'p', &person.to_u128().to_be_bytes()),
        Key::Structure(structure) => of(b's', &structure.to_u128().to_be_bytes()),
        Key::Kind(kind) => of(b'k', kind.as_bytes()),
        Key::Command(command) => of(b'c', &command.to_u128().to_be_bytes()),
    }
}

/// What is looked for: in a block of interest something of every group occurs.
#[derive(Debug, Clone, Default)]
pub struct Wanted(Vec<Vec<u32>>);

/// With more keys than this in a group, it is not looked for: hardly a block would be left out.
const MOST: usize = 1 << 16;

impl Wanted {
    /// Also asks for any of these keys.
    pub fn any_of<'a>(&mut self, keys: impl IntoIterator<Item = Key<'a>>) {
        let mut group: Vec<_> = keys.into_iter().map(hash).take(MOST + 1).collect();
        if group.len() <= MOST {
            group.sort_unstable();
            group.dedup();
            self.0.push(group);
        }
    }

    /// Returns whether everything is wanted.
    pub fn is_everything(&self) -> bool {
        self.0.is_empty()
    }
}

/// Blocks of a segment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Blocks([u64; 4]);

impl Blocks {
    const ALL: Self = Self([u64::MAX; 4]);

    fn insert(&mut self, block: u8) {
        self.0[usize::from(block / 64)] |= 1 << (block % 64);
    }

    fn keep(&mut self, other: &Self) {
        for (own, other) in self.0.iter_mut().zip(other.0) {
            *own &= other;
        }
    }

    fn contains(&self, block: u64) -> bool {
        let word = usize::try_from(block / 64).ok().and_then(|word| self.0.get(word));
        word.is_some_and(|word| word & (1 << (block % 64)) != 0)
    }

    /// Returns the first block from `from` on that is one of these, and the end of the row of them it begins.
    pub(super) fn run(&self, from: u64) -> Option<(u64, u64)> {
        let begin = (from..BLOCKS).find(|block| self.contains(*block))?;
        let end = (begin..BLOCKS).find(|block| !self.contains(*block)).unwrap_or(BLOCKS);
        Some((begin, end))
    }
}

/// What was noted of a segment.
#[derive(Debug, Default)]
pub(super) struct Entries(Vec<u64>);

impl Entries {
    pub(super) fn note(&mut self, key: Key<'_>, block: u8) {
        self.0.push(u64::from(hash(key)) << 8 | u64::from(block));
    }

    /// Returns the bytes of the file.
    pub(super) fn encode(mut self, block: u64, number: u64, event: EventId) -> (Head, Vec<u8>) {
        self.0.sort_unstable();
        self.0.dedup();
        let mut records = Vec::with_capacity(self.0.len() * RECORD);
        let mut buckets = [Bucket::default(); BUCKETS];
        let mut entries = self.0.into_iter().peekable();
        for (first, bucket) in (0_u64..).zip(&mut buckets) {
            let begin = records.len();
            while let Some(entry) = entries.next_if(|entry| entry >> 32 == first) {
                let [.., a, b, c, d] = entry.to_be_bytes();
                records.extend([a, b, c, d]);
            }
            *bucket = Bucket {
                end: u32::try_from(records.len()).unwrap_or(u32::MAX),
                crc: crc32c::crc32c(&records[begin..]),
            };
        }
        let head = Head { block, number, event, buckets };
        let mut bytes = head.encode();
        bytes.extend(records);
        (head, bytes)
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Bucket {
    /// Where it ends, counted from the first bucket.
    end: u32,
    crc: u32,
}

/// The beginning of the file of a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    block: u64,
    number: u64,
    event: EventId,
    buckets: [Bucket; BUCKETS],
}

impl Head {
    /// Returns whether it is about this segment of this log.
    pub(super) fn fits(&self, block: u64, number: u64, event: EventId) -> bool {
        (self.block, self.number, self.event) == (block, number, event)
    }

    /// Returns the same beginning about a segment that ends with another event.
    #[cfg(test)]
    pub(super) fn with_event(&self, event: EventId) -> Self {
        Self { event, ..self.clone() }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(self.block.to_le_bytes());
        bytes.extend(self.number.to_le_bytes());
        bytes.extend(self.event.to_u128().to_le_bytes());
        for bucket in &self.buckets {
            bytes.extend(bucket.end.to_le_bytes());
            bytes.extend(bucket.crc.to_le_bytes());
        }
        bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
        bytes
    }

    /// Reads the beginning of a file; none if it is none, or is damaged.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
        let mut from = &head[..];
        if take(&mut from)? != MAGIC || u32::from_le_bytes(take(&mut from)?) != VERSION {
            return None;
        }
        let (block, number) = (u64::from_le_bytes(take(&mut from)?), u64::from_le_bytes(take(&mut from)?));
        let event = EventId::from_u128(u128::from_le_bytes(take(&mut from)?));
        let (mut buckets, mut begin) = ([Bucket::default(); BUCKETS], 0);
        for bucket in &mut buckets {
            let (end, crc) = (u32::from_le_bytes(take(&mut from)?), u32::from_le_bytes(take(&mut from)?));
            *bucket = Bucket { end, crc };
            if end < begin {
                return None;
            }
            begin = end;
        }
        let whole = u32::from_le_bytes(take(&mut from)?) == crc32c::crc32c(&head[..HEAD - 4]);
        (whole && usize::try_from(begin) == Ok(rest.len())).then_some(Self { block, number, event, buckets })
    }

    /// Returns the blocks in which something of every wanted group occurs.
    pub(super) fn find(&self, file: &File, wanted: &Wanted) -> io::Result<Blocks> {
        let (mut blocks, mut bytes) = (Blocks::ALL, vec![]);
        for group in &wanted.0 {
            let mut found = Blocks::default();
            for keys in group.chunk_by(|a, b| a >> 24 == b >> 24) {
                self.bucket(file, keys[0] >> 24, &mut bytes)?;
                let mut keys = keys.iter().map(|key| key & 0x00ff_ffff).peekable();
                for record in bytes.chunks_exact(RECORD) {
                    let &[a, b, c, block] = record else { break };
                    let there = u32::from_be_bytes([0, a, b, c]);
                    while keys.next_if(|key| *key < there).is_some() {}
                    match keys.peek() {
                        Some(key) if *key == there => found.insert(block),
                        Some(_) => {}
                        None => break,
                    }
                }
            }
            blocks.keep(&found);
        }
        Ok(blocks)
    }

    fn bucket(&self, file: &File, first: u32, bytes: &mut Vec<u8>) -> io::Result<()> {
        let first = usize::try_from(first).unwrap_or(BUCKETS - 1);
        let begin = first.checked_sub(1).map_or(0, |before| self.buckets[before].end);
        let Bucket { end, crc } = self.buckets[first];
        bytes.resize(usize::try_from(end - begin).unwrap_or_default(), 0);
        file.read_exact_at(bytes, HEAD as u64 + u64::from(begin))?;
        if crc32c::crc32c(bytes) == crc { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
    }
}

fn take<const N: usize>(from: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = from.split_first_chunk::<N>()?;
    *from = rest;
    Some(*first)
}
