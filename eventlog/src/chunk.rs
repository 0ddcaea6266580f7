//! The bytes of what a volume is made of: a chunk. Final: chunks are never rewritten.
//!
//! A chunk holds 1 to [`MAX_COUNT`] events that stand one after the other, in at most [`MAX_BODY`] bytes; an event that
//! is larger has a chunk of its own. It is a header of 46 bytes, all numbers big-endian, and the records:
//!
//! | at | bytes | what |
//! |---|---|---|
//! | 0 | 4 | [`MAGIC`]; the format is its last digit |
//! | 4 | 4 | CRC-32C of everything from 8 on |
//! | 8 | 4 | length of the records |
//! | 12 | 2 | number of events |
//! | 14 | 8 | position of the first event |
//! | 22 | 8 | first position of the chunk before, 0 if none |
//! | 30 | 8 | first position of the commit |
//! | 38 | 8 | last position of the commit |
//! | 46 | | records ([`crate::record`]) one after the other |
//!
//! A commit is what one durable write holds: whole appends, one or many, and nobody is answered before all
//! of it is durable. So a commit of which something is missing at the end of the log was never acknowledged,
//! and is cut as a whole; missing anywhere else, it is damage.
//!
//! Invariant: reading never panics, whatever the bytes.

use std::sync::Arc;

use crate::log::{MAX_EVENT, Position, Recorded};
use crate::record::{self, Broken, MAX_KIND, MAX_STREAM, field};

/// What a chunk begins with.
pub const MAGIC: &[u8; 4] = b"PrC2";

/// The most events of a chunk.
pub const MAX_COUNT: usize = 16;

/// The most bytes of records in a chunk of more than one event.
pub const MAX_BODY: usize = 8 * 1024;

/// The length of the header.
pub const HEADER: usize = 46;

/// The most bytes of a chunk, header included.
pub const MAX_CHUNK: usize = HEADER + record::HEADER + MAX_STREAM + MAX_KIND + MAX_EVENT;

const CHECKED: usize = 8;

/// The positions that one durable write holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commit {
    /// The first.
    pub first: Position,
    /// The last.
    pub last: Position,
}

/// The header of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The position of its first event.
    pub position: Position,
    /// How many events it holds.
    pub count: u16,
    /// How many bytes its records take.
    pub length: u32,
    /// The first position of the chunk before it, 0 if it is the first.
    pub previous: Position,
    /// What was written together.
    pub commit: Commit,
    /// The stored CRC-32C.
    pub checksum: u32,
}

impl Header {
    /// Reads the header at the beginning of `bytes`; it is not checked against its checksum.
    pub fn read(bytes: &[u8]) -> Result<Self, Broken> {
        if field::<4>(bytes, 0)? != *MAGIC {
            return Err(Broken("no chunk begins where one should"));
        }
        let number = |at| field(bytes, at).map(|bytes| Position(u64::from_be_bytes(bytes)));
        let header = Self {
            position: number(14)?,
            count: u16::from_be_bytes(field(bytes, 12)?),
            length: u32::from_be_bytes(field(bytes, 8)?),
            previous: number(22)?,
            commit: Commit { first: number(30)?, last: number(38)? },
            checksum: u32::from_be_bytes(field(bytes, 4)?),
        };
        let most = if header.count == 1 { MAX_CHUNK - HEADER } else { MAX_BODY };
        let counted = (1..=MAX_COUNT).contains(&usize::from(header.count));
        let sized = (1..=most).contains(&(header.length as usize));
        let end = header.position.0.checked_add(u64::from(header.count));
        let placed = header.previous < header.position
            && header.commit.first > Position::START
            && header.commit.first <= header.position
            && end.is_some_and(|end| end - 1 <= header.commit.last.0);
        if counted && sized && placed {
            Ok(header)
        } else {
            Err(Broken("the header of a chunk contradicts itself"))
        }
    }

    /// Returns the position of its last event.
    pub fn last(&self) -> Position {
        Position((self.position.0 + u64::from(self.count)).saturating_sub(1))
    }

    /// Returns the length of the chunk, header included.
    pub fn total(&self) -> usize {
        HEADER + self.length as usize
    }
}

/// Reads the chunk at the beginning of `bytes` and checks it. Returns its header and its records.
pub fn open(bytes: &[u8]) -> Result<(Header, &[u8]), Broken> {
    let header = Header::read(bytes)?;
    let chunk = bytes.get(..header.total()).ok_or(Broken("a chunk is cut short"))?;
    if crc32c::crc32c(&chunk[CHECKED..]) != header.checksum {
        return Err(Broken("the checksum of a chunk is wrong"));
    }
    Ok((header, &chunk[HEADER..]))
}

/// Returns the events of a chunk, whose records are all of `bytes`.
pub fn records(header: &Header, bytes: &Arc<[u8]>) -> Result<Vec<Recorded>, Broken> {
    let (events, end) = record::decode_run(header.position, usize::from(header.count), bytes, 0)?;
    if end == bytes.len() { Ok(events) } else { Err(Broken("a chunk holds more than its records")) }
}

/// Appends the chunks of a commit to `out`. Returns the first position of the last one.
///
/// `records` holds its records one after the other, `ends` where each ends; the first stands at `first`.
/// `previous` is the first position of the chunk before. `begun` is told where in `out` each chunk begins.
pub fn pack(
    first: Position,
    previous: Position,
    records: &[u8],
    ends: &[usize],
    out: &mut Vec<u8>,
    begun: impl FnMut(Position, usize),
) -> Position {
    let mut packing = Packing::of(first, previous, records, ends);
    packing.fill(usize::MAX, out, begun);
    packing.previous
}

/// A commit that becomes chunks, piece by piece.
pub(crate) struct Packing<'a> {
    commit: Commit,
    records: &'a [u8],
    ends: &'a [usize],
    /// The first position of the last chunk there is.
    pub previous: Position,
    /// How many events are in chunks, and where the records of those end.
    packed: usize,
    start: usize,
}

impl<'a> Packing<'a> {
    /// Begins with the first chunk; what is meant is what [`pack`] takes.
    pub fn of(first: Position, previous: Position, records: &'a [u8], ends: &'a [usize]) -> Self {
        let last = Position((first.0 + ends.len() as u64).saturating_sub(1));
        Self { commit: Commit { first, last }, records, ends, previous, packed: 0, start: 0 }
    }

    /// Appends chunks to `out` until that has `enough` bytes. Says whether there are more.
    pub fn fill(&mut self, enough: usize, out: &mut Vec<u8>, mut begun: impl FnMut(Position, usize)) -> bool {
        while self.packed < self.ends.len() && out.len() < enough {
            let position = Position(self.commit.first.0 + self.packed as u64);
            let fitting = |end: &&usize| **end - self.start <= MAX_BODY;
            let waiting = &self.ends[self.packed..];
            let count = waiting.iter().take(MAX_COUNT).take_while(fitting).count().max(1);
            let end = waiting[count - 1];
            begun(position, out.len());
            seal(position, count, self.previous, self.commit, &self.records[self.start..end], out);
            self.previous = position;
            self.packed += count;
            self.start = end;
        }
        self.packed < self.ends.len()
    }
}

fn seal(
    position: Position,
    count: usize,
    previous: Position,
    commit: Commit,
    body: &[u8],
    out: &mut Vec<u8>,
) {
    let mut header = [0; HEADER];
    header[..4].copy_from_slice(MAGIC);
    header[8..12].copy_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
    header[12..14].copy_from_slice(&u16::try_from(count).unwrap_or(u16::MAX).to_be_bytes());
    let numbers = [position, previous, commit.first, commit.last];
    for (slot, number) in header[14..].as_chunks_mut().0.iter_mut().zip(numbers) {
        *slot = number.0.to_be_bytes();
    }
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&header[CHECKED..]), body);
    header[4..8].copy_from_slice(&checksum.to_be_bytes());
    out.extend_from_slice(&header);
    out.extend_from_slice(body);
}

/// Returns where the first [`MAGIC`] stands in `bytes`.
pub fn find(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        from += bytes.get(from..)?.iter().position(|byte| *byte == MAGIC[0])?;
        if bytes[from..].starts_with(MAGIC) {
            return Some(from);
        }
        from += 1;
    }
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

    /// Packs a commit; returns the bytes, where each chunk begins, and the last chunk.
    fn packed(first: u64, previous: u64, sizes: &[usize]) -> (Vec<u8>, Vec<(u64, usize)>, Position) {
        let (records, ends) = commit_of(sizes);
        let (mut out, mut begun) = (vec![], vec![]);
        let last = pack(Position(first), Position(previous), &records, &ends, &mut out, |position, at| {
            begun.push((position.0, at));
        });
        (out, begun, last)
    }

    fn one() -> Vec<u8> {
        packed(3, 1, &[10]).0
    }

    #[test]
    fn the_bytes_never_change() {
        let mut out = vec![];
        let commit = Commit { first: Position(5), last: Position(6) };
        seal(Position(5), 1, Position(4), commit, b"xyz", &mut out);
        let hex: String = out.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        assert_eq!(
            hex,
            "5072433240a333cd00000003000100000000000000050000000000000004\
             0000000000000005000000000000000678797a"
        );
    }

    #[test]
    fn small_events_share_a_chunk_and_a_large_one_has_its_own() {
        let (bytes, begun, last) = packed(3, 1, &[&[10; 20][..], &[20_000, 10]].concat());
        let headers: Vec<_> = begun.iter().map(|(_, at)| open(&bytes[*at..]).unwrap().0).collect();
        let shape: Vec<_> = headers.iter().map(|h| (h.position.0, h.count, h.previous.0)).collect();
        assert_eq!(shape, [(3, 16, 1), (19, 4, 3), (23, 1, 19), (24, 1, 23)]);
        assert!(begun.iter().zip(&headers).all(|((position, _), header)| header.position.0 == *position));
        assert_eq!(last, Position(24));
        assert!(headers.iter().all(|h| h.commit == Commit { first: Position(3), last: Position(24) }));
    }

    #[test]
    fn a_header_that_contradicts_itself_is_refused() {
        let with = |at: usize, number: &[u8]| {
            let mut bytes = one();
            bytes[at..at + number.len()].copy_from_slice(number);
            Header::read(&bytes).map(|_| ())
        };
        assert_eq!(with(12, &[0, 1]), Ok(()));
        let contradicts = Err(Broken("the header of a chunk contradicts itself"));
        for (at, number) in [
            (8, &0_u32.to_be_bytes()[..]),
            (8, &u32::MAX.to_be_bytes()),
            (12, &[0, 0]),
            (12, &[0, 2]),
            (12, &[0, 17]),
            (14, &u64::MAX.to_be_bytes()),
            (22, &3_u64.to_be_bytes()),
            (30, &0_u64.to_be_bytes()),
            (30, &4_u64.to_be_bytes()),
            (38, &2_u64.to_be_bytes()),
        ] {
            assert_eq!(with(at, number), contradicts, "{at} {number:?}");
        }
        assert_eq!(with(3, b"1"), Err(Broken("no chunk begins where one should")));
    }

    #[test]
    fn the_next_chunk_is_found_behind_anything() {
        let chunk = one();
        let bytes = [b"PPrPrCPrC1", &chunk[..]].concat();
        assert_eq!(find(&bytes), Some(10));
        assert_eq!(find(&bytes[..12]), None);
        assert_eq!(find(&[]), None);
    }

    proptest! {
        #[test]
        fn what_is_packed_is_read(sizes in prop::collection::vec(prop_oneof![0_usize..900, 6_000_usize..30_000], 1..60)) {
            let (bytes, begun, _) = packed(1, 0, &sizes);
            let (mut at, mut next, mut previous, mut read) = (0, 1, 0, vec![]);
            for (position, begins) in begun {
                let (header, body) = open(&bytes[at..]).unwrap();
                prop_assert_eq!((position, begins), (next, at));
                prop_assert_eq!((header.position.0, header.previous.0), (next, previous));
                prop_assert_eq!(header.commit, Commit { first: Position(1), last: Position(sizes.len() as u64) });
                prop_assert!(header.count == 1 || body.len() <= MAX_BODY);
                let events = records(&header, &body.into()).unwrap();
                prop_assert_eq!(events.last().unwrap().position, header.last());
                previous = next;
                next += events.len() as u64;
                at += header.total();
                read.extend_from_slice(body);
            }
            prop_assert_eq!((at, read), (bytes.len(), commit_of(&sizes).0));
        }

        #[test]
        fn pieces_are_the_whole(sizes in prop::collection::vec(prop_oneof![0_usize..900, 6_000_usize..30_000], 1..60), enough in 1_usize..80_000) {
            let (records, ends) = commit_of(&sizes);
            let mut packing = Packing::of(Position(4), Position(2), &records, &ends);
            let (mut pieces, mut begun, mut more) = (vec![], vec![], true);
            while more {
                let (mut piece, before) = (vec![], pieces.len());
                more = packing.fill(enough, &mut piece, |position, at| begun.push((position.0, before + at)));
                // It ends with the chunk that made it enough.
                prop_assert!(!more || piece.len() >= enough);
                let last = begun.last().map_or(0, |(_, at)| at - before);
                prop_assert!(last < enough);
                pieces.extend_from_slice(&piece);
            }
            let (whole, places, previous) = packed(4, 2, &sizes);
            prop_assert_eq!((pieces, begun, packing.previous), (whole, places, previous));
        }

        #[test]
        fn random_bytes_are_refused_without_a_panic(mut bytes: Vec<u8>, count in 1_u16..20) {
            prop_assert!(open(&bytes).is_err());
            if bytes.len() > HEADER {
                let length = u32::try_from(bytes.len() - HEADER).unwrap();
                bytes[..4].copy_from_slice(MAGIC);
                bytes[8..12].copy_from_slice(&length.to_be_bytes());
                bytes[12..14].copy_from_slice(&count.to_be_bytes());
                let right = crc32c::crc32c(&bytes[CHECKED..]).to_be_bytes();
                bytes[4..8].copy_from_slice(&right);
                if let Ok((header, body)) = open(&bytes) {
                    let _ = records(&header, &body.into());
                }
            }
        }

        #[test]
        fn a_changed_byte_is_noticed(at in 0_usize..200, by in 1_u8..) {
            let mut bytes = one();
            let at = at % bytes.len();
            bytes[at] ^= by;
            prop_assert!(open(&bytes).is_err());
        }
    }
}
