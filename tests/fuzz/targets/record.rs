//! The record decoder: what decodes encodes to the same bytes, and a byte changed afterwards is noticed.
//!
//! Input: how many bytes to skip (1), the position (2), then bytes that hold a record. They are read as they are, and
//! again with the checksum put right, because nothing random gets past it.
#![no_main]

use std::sync::Arc;

use eventlog::Position;
use eventlog::record::{self, Draft, HEADER, Header};
use libfuzzer_sys::fuzz_target;

/// Where the checksum stands.
const CHECKSUM: usize = 53;
/// How many bytes of the header are in a leaf.
const LEAF: usize = 45;

fuzz_target!(|input: &[u8]| {
    let [skipped, high, low, bytes @ ..] = input else { return };
    let start = usize::from(*skipped) % 8;
    let position = Position(u64::from(u16::from_be_bytes([*high, *low])));
    check(position, bytes.to_vec(), start);
    if let Some(right) = with_checksum(bytes, start) {
        check(position, right, start);
    }
});

/// Returns the bytes with the right checksum in the record at `start`, if its lengths fit.
fn with_checksum(bytes: &[u8], start: usize) -> Option<Vec<u8>> {
    let record = bytes.get(start..)?;
    let total = Header::read(record).ok()?.total();
    let record = record.get(..total)?;
    let checksum = crc32c::crc32c_append(crc32c::crc32c(&record[..CHECKSUM]), &record[HEADER..]);
    let mut right = bytes.to_vec();
    right[start + CHECKSUM..start + HEADER].copy_from_slice(&checksum.to_be_bytes());
    Some(right)
}

fn check(position: Position, bytes: Vec<u8>, start: usize) {
    let shared: Arc<[u8]> = bytes.into();
    let Ok((event, end)) = record::decode(position, &shared, start) else { return };
    assert_eq!(event.position, position);
    assert!(event.previous.is_none_or(|previous| previous < position));
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
    let mut again = vec![];
    record::encode(&draft, &mut again).expect("what was decoded can be encoded");
    let stored = &shared[start..end];
    assert_eq!(again, stored, "encoded otherwise than stored");
    assert_eq!(record::leaf(&event), [&stored[..LEAF], &stored[HEADER..]].concat());

    // Behind the lengths: CRC-32C notices every change of one byte.
    let at = 11 + usize::try_from(position.0).unwrap_or(0) % (stored.len() - 11);
    let mut broken = shared.to_vec();
    broken[start + at] ^= 0x41;
    assert!(record::decode(position, &broken.into(), start).is_err(), "byte {at} changed unnoticed");
    let short: Arc<[u8]> = shared[..end - 1].into();
    assert!(record::decode(position, &short, start).is_err(), "cut short unnoticed");
}
