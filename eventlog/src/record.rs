//! The bytes of an event. Final: stored records are never rewritten.
//!
//! A record is a header of 57 bytes, all numbers big-endian, and four texts one after the other:
//!
//! | at | bytes | what |
//! |---|---|---|
//! | 0 | 1 | format, [`FORMAT`] |
//! | 1 | 1 | length of the stream name, 1 to 100 |
//! | 2 | 1 | length of the kind, 1 to 255 |
//! | 3 | 4 | length of `data` |
//! | 7 | 4 | length of `meta`; both together at most [`MAX_EVENT`] |
//! | 11 | 2 | schema |
//! | 13 | 8 | revision in its stream, from 0 |
//! | 21 | 8 | recorded at, milliseconds since 1970 UTC, signed |
//! | 29 | 16 | event id |
//! | 45 | 8 | position of the event before it in its stream, 0 if none |
//! | 53 | 4 | CRC-32C of bytes 0 to 53 and everything from 57 on |
//! | 57 | | stream name, kind (both UTF-8), `data`, `meta` (both JSON) |
//!
//! The position of the event itself is not in the record: whoever holds the record (a chunk) gives it.
//!
//! The [`leaf`] is what a Merkle tree hashes: bytes 0 to 45, then the four texts. It has neither position,
//! back-link nor checksum, so the same event has the same leaf in any log.
//!
//! Invariant: reading never panics, whatever the bytes.

use std::sync::Arc;

use domain::{EventId, Timestamp};

use crate::log::{MAX_EVENT, Position, Recorded};

/// The only format there is.
pub const FORMAT: u8 = 1;

/// The length of the header.
pub const HEADER: usize = 57;

/// The longest stream name.
pub const MAX_STREAM: usize = 100;

/// The longest kind.
pub const MAX_KIND: usize = 255;

const LEAF: usize = 45;
const CHECKSUM: usize = 53;

/// The bytes are not what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(pub &'static str);

/// An event to be encoded.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// The name of its stream.
    pub stream: &'a str,
    /// The stored name of its kind.
    pub kind: &'a str,
    /// The version of `data`.
    pub schema: u16,
    /// Its number in its stream.
    pub revision: u64,
    /// When, in milliseconds since 1970.
    pub recorded_at: i64,
    /// Its id.
    pub id: EventId,
    /// The event before it in its stream.
    pub previous: Option<Position>,
    /// JSON.
    pub data: &'a [u8],
    /// JSON.
    pub meta: &'a [u8],
}

/// Appends the record of `draft` to `out`. Fails, and leaves `out` alone, if a text is empty or too long.
pub fn encode(draft: &Draft<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    let start = out.len();
    encode_unchecked(draft, out)?;
    check(&mut out[start..]);
    Ok(())
}

/// Does the same, but for the checksum: the record will get its [`place`].
pub(crate) fn encode_unchecked(draft: &Draft<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    head(draft, out)?;
    out.extend_from_slice(&draft.previous.unwrap_or_default().0.to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    texts(draft, out);
    Ok(())
}

/// Gives a record its place: its number in its stream, its instant, and the event before it there.
pub(crate) fn place(record: &mut [u8], revision: u64, recorded_at: i64, previous: Option<Position>) {
    record[13..21].copy_from_slice(&revision.to_be_bytes());
    record[21..29].copy_from_slice(&recorded_at.to_be_bytes());
    record[LEAF..CHECKSUM].copy_from_slice(&previous.unwrap_or_default().0.to_be_bytes());
    check(record);
}

/// Writes the checksum of a whole record.
fn check(record: &mut [u8]) {
    let checksum = checksum(record).to_be_bytes();
    record[CHECKSUM..HEADER].copy_from_slice(&checksum);
}

/// Returns the checksum of a whole record.
fn checksum(record: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&record[..CHECKSUM]), &record[HEADER..])
}

/// Returns what a Merkle tree hashes of this event.
pub fn leaf(event: &Recorded) -> Vec<u8> {
    let draft = Draft {
        stream: event.stream(),
        kind: event.kind(),
        schema: event.schema,
        revision: event.revision,
        recorded_at: event.recorded_at.timestamp_millis(),
        id: event.id,
        previous: event.previous,
        data: event.data(),
        meta: event.meta(),
    };
    let mut out = Vec::with_capacity(LEAF + event.bytes.len());
    // A recorded event was encoded before, so its texts fit.
    if head(&draft, &mut out).is_ok() {
        texts(&draft, &mut out);
    }
    out
}

fn head(draft: &Draft<'_>, out: &mut Vec<u8>) -> Result<(), Broken> {
    let short = |text: &str, most: usize, what| {
        u8::try_from(text.len())
            .ok()
            .filter(|len| (1..=most).contains(&usize::from(*len)))
            .ok_or(Broken(what))
    };
    let stream = short(draft.stream, MAX_STREAM, "a stream name has 1 to 100 bytes")?;
    let kind = short(draft.kind, MAX_KIND, "a kind has 1 to 255 bytes")?;
    if draft.data.len().saturating_add(draft.meta.len()) > MAX_EVENT {
        return Err(TOO_LARGE);
    }
    let data = u32::try_from(draft.data.len()).map_err(|_| TOO_LARGE)?;
    let meta = u32::try_from(draft.meta.len()).map_err(|_| TOO_LARGE)?;
    out.extend_from_slice(&[FORMAT, stream, kind]);
    out.extend_from_slice(&data.to_be_bytes());
    out.extend_from_slice(&meta.to_be_bytes());
    out.extend_from_slice(&draft.schema.to_be_bytes());
    out.extend_from_slice(&draft.revision.to_be_bytes());
    out.extend_from_slice(&draft.recorded_at.to_be_bytes());
    out.extend_from_slice(&draft.id.to_u128().to_be_bytes());
    Ok(())
}

const TOO_LARGE: Broken = Broken("data and meta have at most 1 MiB together");

fn texts(draft: &Draft<'_>, out: &mut Vec<u8>) {
    for part in [draft.stream.as_bytes(), draft.kind.as_bytes(), draft.data, draft.meta] {
        out.extend_from_slice(part);
    }
}

/// The header of a record, read but not yet checked against its checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Lengths of stream name, kind, `data` and `meta`.
    pub lengths: [u32; 4],
    /// The version of `data`.
    pub schema: u16,
    /// Its number in its stream.
    pub revision: u64,
    /// When, in milliseconds since 1970.
    pub recorded_at: i64,
    /// Its id.
    pub id: EventId,
    /// The event before it in its stream.
    pub previous: Option<Position>,
    /// The stored CRC-32C.
    pub checksum: u32,
}

impl Header {
    /// Reads the header at the beginning of `bytes`.
    pub fn read(bytes: &[u8]) -> Result<Self, Broken> {
        if field::<1>(bytes, 0)? != [FORMAT] {
            return Err(Broken("a record has an unknown format"));
        }
        let [stream, kind] = field(bytes, 1)?;
        let data = u32::from_be_bytes(field(bytes, 3)?);
        let meta = u32::from_be_bytes(field(bytes, 7)?);
        let previous = u64::from_be_bytes(field(bytes, 45)?);
        if stream == 0 || usize::from(stream) > MAX_STREAM || kind == 0 {
            return Err(Broken("a record has an impossible length"));
        }
        if u64::from(data) + u64::from(meta) > MAX_EVENT as u64 {
            return Err(TOO_LARGE);
        }
        Ok(Self {
            lengths: [u32::from(stream), u32::from(kind), data, meta],
            schema: u16::from_be_bytes(field(bytes, 11)?),
            revision: u64::from_be_bytes(field(bytes, 13)?),
            recorded_at: i64::from_be_bytes(field(bytes, 21)?),
            id: EventId::from_u128(u128::from_be_bytes(field(bytes, 29)?)),
            previous: (previous != 0).then_some(Position(previous)),
            checksum: u32::from_be_bytes(field(bytes, CHECKSUM)?),
        })
    }

    /// Returns the length of the whole record.
    pub fn total(&self) -> usize {
        HEADER + self.lengths.iter().map(|length| *length as usize).sum::<usize>()
    }
}

/// Reads the record that begins at `start` of `bytes` and checks it. Returns it and where it ends.
///
/// The event shares `bytes`; nothing is copied.
pub fn decode(position: Position, bytes: &Arc<[u8]>, start: usize) -> Result<(Recorded, usize), Broken> {
    let rest = bytes.get(start..).ok_or(SHORT)?;
    let header = Header::read(rest)?;
    let record = rest.get(..header.total()).ok_or(SHORT)?;
    if checksum(record) != header.checksum {
        return Err(Broken("the checksum of a record is wrong"));
    }
    if header.previous.is_some_and(|previous| previous >= position) {
        return Err(Broken("a record links forwards"));
    }
    let recorded_at = Timestamp::from_timestamp_millis(header.recorded_at)
        .ok_or(Broken("a record has an impossible instant"))?;
    let start_of_texts = u32::try_from(start + HEADER).map_err(|_| TOO_LARGE)?;
    let mut ends = [start_of_texts; 4];
    let mut end = start_of_texts;
    for (slot, length) in ends.iter_mut().zip(header.lengths) {
        end = end.checked_add(length).ok_or(TOO_LARGE)?;
        *slot = end;
    }
    for (from, to) in [(start_of_texts, ends[0]), (ends[0], ends[1])] {
        std::str::from_utf8(&bytes[from as usize..to as usize])
            .map_err(|_| Broken("a stream name or kind is not UTF-8"))?;
    }
    let event = Recorded {
        position,
        previous: header.previous,
        revision: header.revision,
        id: header.id,
        recorded_at,
        schema: header.schema,
        ends,
        start: start_of_texts,
        bytes: Arc::clone(bytes),
    };
    Ok((event, start + header.total()))
}

/// Reads the `count` records that stand one after the other from `start` of `bytes` on; the first stands at `first`.
/// Returns them and where the last ends.
pub fn decode_run(
    first: Position,
    count: usize,
    bytes: &Arc<[u8]>,
    start: usize,
) -> Result<(Vec<Recorded>, usize), Broken> {
    let (mut events, mut at) = (Vec::with_capacity(count), start);
    for index in 0..count {
        let (event, end) = decode(Position(first.0.saturating_add(index as u64)), bytes, at)?;
        events.push(event);
        at = end;
    }
    Ok((events, at))
}

const SHORT: Broken = Broken("a record is cut short");

pub(crate) fn field<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], Broken> {
    bytes.get(at..at + N).and_then(|field| field.try_into().ok()).ok_or(SHORT)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SAMPLE: Draft<'_> = Draft {
        stream: "person-1",
        kind: "person.registered",
        schema: 2,
        revision: 3,
        recorded_at: 1_700_000_000_123,
        id: EventId::from_u128(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10),
        previous: Some(Position(7)),
        data: br#"{"a":1}"#,
        meta: b"{}",
    };

    fn sample() -> Vec<u8> {
        let mut out = Vec::new();
        encode(&SAMPLE, &mut out).unwrap();
        out
    }

    fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
        if let (Ok(header), true) = (Header::read(&bytes), bytes.len() >= HEADER) {
            let end = header.total().min(bytes.len());
            check(&mut bytes[..end]);
        }
        bytes
    }

    #[test]
    fn the_bytes_never_change() {
        let hex: String = sample().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        assert_eq!(
            hex,
            "0108110000000700000002000200000000000000030000018bcfe5687b0102030405060708090a0b0c0d0e0f10\
             0000000000000007b1111bd7706572736f6e2d31706572736f6e2e726567697374657265647b2261223a317d7b7d"
        );
    }

    #[test]
    fn the_leaf_is_the_record_without_back_link_and_checksum() {
        let bytes = sample();
        let (event, _) = decode(Position(9), &bytes.clone().into(), 0).unwrap();
        assert_eq!(leaf(&event), [&bytes[..45], &bytes[57..]].concat());
        let (elsewhere, _) = decode(Position(10), &bytes.into(), 0).unwrap();
        assert_eq!(leaf(&event), leaf(&elsewhere));
    }

    #[test]
    fn a_record_does_not_link_forwards() {
        assert_eq!(decode(Position(7), &sample().into(), 0).err(), Some(Broken("a record links forwards")));
    }

    #[test]
    fn what_does_not_fit_is_not_encoded() {
        let long = "x".repeat(101);
        let mut out = vec![1];
        let (event, _) = decode(Position(9), &sample().into(), 0).unwrap();
        let fits = Draft {
            stream: "s",
            kind: "k",
            schema: 1,
            revision: 0,
            recorded_at: 0,
            id: event.id,
            previous: None,
            data: &[],
            meta: &[],
        };
        let large = vec![0; MAX_EVENT + 1];
        for draft in [
            Draft { stream: &long, ..fits },
            Draft { stream: "", ..fits },
            Draft { kind: "", ..fits },
            Draft { data: &large, ..fits },
        ] {
            assert!(encode(&draft, &mut out).is_err());
        }
        assert_eq!(out, [1]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            stream in "[a-z]{1,20}-[A-Z0-9]{1,26}", kind in "[a-z.-]{1,255}", schema: u16, revision: u64,
            recorded_at in -1_000_000_000_000_i64..10_000_000_000_000, id: u128, previous in 0_u64..100,
            data: Vec<u8>, meta: Vec<u8>, before in prop::collection::vec(any::<u8>(), 0..50),
        ) {
            let previous = (previous != 0).then_some(Position(previous));
            let id = EventId::from_u128(id);
            let draft = Draft {
                stream: &stream, kind: &kind, schema, revision, recorded_at, id, previous, data: &data, meta: &meta,
            };
            let mut out = before.clone();
            encode(&draft, &mut out).unwrap();
            let length = out.len();
            let (event, end) = decode(Position(100), &out.into(), before.len()).unwrap();
            prop_assert_eq!(end, length);
            prop_assert_eq!((event.stream(), event.kind(), event.data(), event.meta()), (&*stream, &*kind, &*data, &*meta));
            prop_assert_eq!((event.schema, event.revision, event.id, event.previous), (schema, revision, id, previous));
            prop_assert_eq!(event.recorded_at.timestamp_millis(), recorded_at);
        }

        #[test]
        fn a_record_gets_its_place(revision: u64, recorded_at in 0..4_000_000_000_000_i64, previous in prop::option::of(1..u64::MAX)) {
            let previous = previous.map(Position);
            let mut bytes = sample();
            place(&mut bytes, revision, recorded_at, previous);
            let draft = Draft { revision, recorded_at, previous, ..SAMPLE };
            let mut expected = vec![];
            encode(&draft, &mut expected).unwrap();
            prop_assert_eq!(bytes, expected);
        }

        #[test]
        fn random_bytes_are_refused_without_a_panic(mut bytes: Vec<u8>, start in 0_usize..300) {
            if let Some(first) = bytes.first_mut() { *first = FORMAT; }
            prop_assert!(decode(Position(9), &bytes.clone().into(), 0).is_err());
            let _ = decode(Position(9), &bytes.clone().into(), start);
            // With a right checksum, the checks behind it are met as well.
            let _ = decode(Position(9), &with_checksum(bytes).into(), 0);
        }

        #[test]
        fn a_changed_byte_is_noticed(at in 0_usize..91, by in 1_u8..) {
            let mut bytes = sample();
            bytes[at] ^= by;
            prop_assert!(decode(Position(9), &bytes.clone().into(), 0).is_err());
            let _ = decode(Position(9), &with_checksum(bytes).into(), 0);
        }

        #[test]
        fn a_record_cut_short_is_noticed(keep in 0_usize..91) {
            prop_assert!(decode(Position(9), &sample()[..keep].into(), 0).is_err());
        }
    }
}
