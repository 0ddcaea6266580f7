//! The bytes of one durable write in the write-ahead log: a frame. Final as long as a crash may leave one behind.
//!
//! A frame is a header of 52 bytes, all numbers big-endian, and the records ([`crate::record`]) of whole appends, one
//! after the other:
//!
//! | at | bytes | what |
//! |---|---|---|
//! | 0 | 8 | [`MAGIC`] |
//! | 8 | 8 | position of its first event |
//! | 16 | 8 | position of its last event |
//! | 24 | 8 | length of the records |
//! | 32 | 16 | id of the event before the first, 0 if there is none |
//! | 48 | 4 | CRC-32C of bytes 0 to 48 and of the records |
//! | 52 | | records |
//!
//! The file it stands in is written again from its beginning when it is full, so frames of before, whole and in part,
//! lie behind the newest. Positions only grow, and a frame names the event it follows: none of before is taken for one
//! of now.
//!
//! Invariant: reading never panics, whatever the bytes.

use domain::EventId;

use crate::log::{Position, Recorded};
use crate::record::{self, Broken, field};

/// What a frame begins with; the format is its last digit.
pub const MAGIC: &[u8; 8] = b"PREAUWL1";

/// The length of the header.
pub const HEADER: usize = 52;

const CHECKSUM: usize = 48;

/// A frame, whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The position of its first event.
    pub first: Position,
    /// The position of its last event.
    pub last: Position,
    /// The event before the first, none if that begins the log.
    pub after: Option<EventId>,
    /// Its records one after the other.
    pub records: &'a [u8],
}

impl<'a> Frame<'a> {
    /// Returns the bytes that stand before the records.
    pub fn header(&self) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        header[..8].copy_from_slice(MAGIC);
        let length = self.records.len() as u64;
        for (slot, number) in
            header[8..32].as_chunks_mut().0.iter_mut().zip([self.first.0, self.last.0, length])
        {
            *slot = number.to_be_bytes();
        }
        let after = self.after.map_or(0, EventId::to_u128);
        header[32..CHECKSUM].copy_from_slice(&after.to_be_bytes());
        let checksum = crc32c::crc32c_append(crc32c::crc32c(&header[..CHECKSUM]), self.records);
        header[CHECKSUM..].copy_from_slice(&checksum.to_be_bytes());
        header
    }

    /// Returns the length of the frame.
    pub fn total(&self) -> usize {
        HEADER + self.records.len()
    }

    /// Returns its events. Each has bytes of its own: a frame may be longer than an event can point into.
    pub fn events(&self) -> Result<Vec<Recorded>, Broken> {
        let (mut events, mut rest) = (vec![], self.records);
        for position in (self.first.0..=self.last.0).map(Position) {
            let length = record::Header::read(rest)?.total();
            let record = rest.get(..length).ok_or(Broken("a record is cut short"))?;
            events.push(record::decode(position, &record.into(), 0)?.0);
            rest = &rest[length..];
        }
        if rest.is_empty() { Ok(events) } else { Err(Broken("a frame holds more than its records")) }
    }

    /// Reads the frame that `bytes` begin with.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Torn> {
        let header = Self::read_header(bytes).map_err(|what| Torn { first: None, what })?;
        let (frame, length, checksum) = header;
        let torn = |what| Torn { first: Some(frame.first), what: Broken(what) };
        let records = bytes[HEADER..].get(..length).ok_or_else(|| torn("a frame is cut short"))?;
        let whole = crc32c::crc32c_append(crc32c::crc32c(&bytes[..CHECKSUM]), records);
        if whole != checksum {
            return Err(torn("the checksum of a frame is wrong"));
        }
        let count = frame.last.0.checked_sub(frame.first.0);
        let placed = frame.first > Position::START && frame.last < Position(u64::MAX);
        if !placed || count.is_none_or(|count| count >= length as u64) {
            return Err(torn("the header of a frame contradicts itself"));
        }
        Ok(Self { records, ..frame })
    }

    fn read_header(bytes: &[u8]) -> Result<(Self, usize, u32), Broken> {
        if field::<8>(bytes, 0)? != *MAGIC {
            return Err(Broken("no frame begins here"));
        }
        let number = |at| field(bytes, at).map(u64::from_be_bytes);
        let length = usize::try_from(number(24)?).map_err(|_| Broken("a frame has an impossible length"))?;
        let after = u128::from_be_bytes(field(bytes, 32)?);
        let checksum = u32::from_be_bytes(field(bytes, CHECKSUM)?);
        let frame = Self {
            first: Position(number(8)?),
            last: Position(number(16)?),
            after: (after != 0).then(|| EventId::from_u128(after)),
            records: &[],
        };
        Ok((frame, length, checksum))
    }
}

/// What begins like a frame and is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Torn {
    /// What its header says of the first position, if there is so much of it.
    pub first: Option<Position>,
    /// What is wrong.
    pub what: Broken,
}

/// What is met in a file: a frame with where it begins, or what is not whole.
pub type Met<'a> = (usize, Result<Frame<'a>, Torn>);

/// Returns everything in a file that begins like a frame, from its beginning to its end.
pub fn all(bytes: &[u8]) -> impl Iterator<Item = Met<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let found = at + find(bytes.get(at..)?)?;
        let frame = Frame::read(&bytes[found..]);
        at = found + frame.map_or(MAGIC.len(), |frame| frame.total());
        Some((found, frame))
    })
}

fn find(bytes: &[u8]) -> Option<usize> {
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
    use proptest::prelude::*;

    use super::*;

    fn bytes(first: u64, last: u64, after: u128, records: &[u8]) -> Vec<u8> {
        let after = (after != 0).then(|| EventId::from_u128(after));
        let frame = Frame { first: Position(first), last: Position(last), after, records };
        [&frame.header()[..], records].concat()
    }

    #[test]
    fn the_bytes_never_change() {
        let hex: String =
            bytes(5, 6, 9, b"xyz").iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        assert_eq!(
            hex,
            "5052454155574c31000000000000000500000000000000060000000000000003\
             0000000000000000000000000000000967b9978e78797a"
        );
    }

    #[test]
    fn what_lies_between_and_behind_frames_is_passed_over() {
        let within = bytes(1, 1, 0, b"a frame in a record");
        let (one, two) = (bytes(7, 9, 3, &within), bytes(10, 10, 4, b"g"));
        let file =
            [b"PREAU", &one[..], &two, &one[20..HEADER], b"PREAUWL1PREAUWL", &two[..two.len() - 1]].concat();
        let met: Vec<_> = all(&file)
            .map(|(at, frame)| (at, frame.map(|frame| frame.first).map_err(|torn| torn.first)))
            .collect();
        let torn = 5 + one.len() + two.len() + HEADER - 20;
        assert_eq!(met[..2], [(5, Ok(Position(7))), (5 + one.len(), Ok(Position(10)))]);
        assert_eq!(met[2].0, torn);
        assert_eq!(met.last().unwrap(), &(file.len() - two.len() + 1, Err(Some(Position(10)))));
    }

    #[test]
    fn a_frame_that_contradicts_itself_is_refused() {
        for (first, last) in [(0, 1), (3, 2), (1, 3), (u64::MAX, u64::MAX)] {
            let bytes = bytes(first, last, 0, b"ab");
            let torn = Frame::read(&bytes).unwrap_err();
            assert_eq!(torn.what, Broken("the header of a frame contradicts itself"));
        }
        assert!(Frame::read(&bytes(1, 2, 0, b"ab")).is_ok());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            first in 1..u64::MAX - 9, count in 0_u64..9, after: u128, records in prop::collection::vec(any::<u8>(), 10..200)
        ) {
            let last = first + count;
            let bytes = bytes(first, last, after, &records);
            let frame = Frame::read(&bytes).unwrap();
            prop_assert_eq!((frame.first.0, frame.last.0, frame.total()), (first, last, bytes.len()));
            prop_assert_eq!(frame.after.map_or(0, EventId::to_u128), after);
            prop_assert_eq!(frame.records, &records[..]);
        }

        #[test]
        fn a_changed_byte_is_noticed(at in 0_usize..72, by in 1_u8..) {
            let mut bytes = bytes(5, 6, 9, &[7; 20]);
            bytes[at] ^= by;
            prop_assert!(Frame::read(&bytes).is_err());
        }

        #[test]
        fn random_bytes_are_refused_without_a_panic(bytes: Vec<u8>, tail: Vec<u8>) {
            let bytes = [&bytes[..], MAGIC, &tail].concat();
            for (_, frame) in all(&bytes) {
                prop_assert!(frame.is_err());
            }
        }
    }
}
