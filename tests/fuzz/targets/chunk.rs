//! The chunk decoder: an accepted header says what stands in the bytes, and its records pack to the same bytes.
//!
//! Input: the length of the key (1: odd means a continuation), the key (8 or 12), then the value. It is read as it is,
//! and again with the checksums of the chunk and of its records put right.
#![no_main]

use std::sync::Arc;

use eventlog::Recorded;
use eventlog::chunk::{self, FORMAT, HEADER, MAX_CHUNK, MAX_COUNT};
use eventlog::record::{self, Draft};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [kind, rest @ ..] = input else { return };
    let Some((key, value)) = rest.split_at_checked(if kind % 2 == 0 { 8 } else { 12 }) else { return };
    check(key, value);
    if value.len() >= HEADER {
        let mut value = value.to_vec();
        mend_records(&mut value);
        mend(key, &mut value);
        check(key, &value);
    }
});

/// Puts the checksums of the records right, as far as their lengths lead.
fn mend_records(value: &mut [u8]) {
    let mut at = HEADER;
    while let Ok(total) = record::Header::read(&value[at..]).map(|header| header.total()) {
        let Some(record) = value.get(at..at + total) else { return };
        let checksum = crc32c::crc32c_append(crc32c::crc32c(&record[..53]), &record[record::HEADER..]);
        value[at + 53..at + 57].copy_from_slice(&checksum.to_be_bytes());
        at += total;
    }
}

/// Puts the checksum of the chunk right.
fn mend(key: &[u8], value: &mut [u8]) {
    let checksum = crc32c::crc32c_append(crc32c::crc32c(key), &value[..2]);
    let checksum = crc32c::crc32c_append(checksum, &value[6..]);
    value[2..6].copy_from_slice(&checksum.to_be_bytes());
}

fn check(key: &[u8], value: &[u8]) {
    let Ok(header) = chunk::open(key, value) else { return };
    assert!(value.len() > HEADER && value.len() <= MAX_CHUNK);
    assert_eq!(chunk::read_key(key), Ok((header.position, header.part)));
    assert_eq!(key, chunk::part_key(header.position, header.part));

    // The header written again, from the table in `chunk.rs`.
    let mut again = vec![FORMAT, header.count, 0, 0, 0, 0];
    again.extend_from_slice(&header.parts.to_be_bytes());
    for position in [header.previous, header.commit.first, header.commit.last] {
        again.extend_from_slice(&position.0.to_be_bytes());
    }
    again.extend_from_slice(&value[HEADER..]);
    mend(key, &mut again);
    assert_eq!(again, value, "the header is another");

    assert!(header.previous < header.position && header.commit.first <= header.position);
    let last = header.position.0 + u64::from(header.count).saturating_sub(1);
    assert!(last <= header.commit.last.0, "events outside of their commit");
    match header.part {
        0 => assert!((1..=MAX_COUNT).contains(&usize::from(header.count)) && header.parts > 0),
        part => assert!(header.count == 0 && part < header.parts),
    }
    if header.part == 0 && header.parts == 1 {
        let bytes: Arc<[u8]> = value.into();
        if let Ok(events) = chunk::records(header.position, header.count, &bytes, HEADER) {
            assert_eq!(events.len(), usize::from(header.count));
            packed(&header, &events, value);
        }
    }

    // A chunk belongs under its key.
    let mut other = key.to_vec();
    other[7] ^= 1;
    assert!(chunk::open(&other, value).is_err(), "accepted under another key");
}

/// The records of a chunk pack to one chunk with the same body; to the same chunk, if it was all of its commit.
fn packed(header: &chunk::Header, events: &[Recorded], value: &[u8]) {
    let (mut records, mut ends) = (vec![], vec![]);
    for event in events {
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
        record::encode(&draft, &mut records).expect("what was decoded can be encoded");
        ends.push(records.len());
    }
    assert_eq!(records, &value[HEADER..], "the records are others");
    let packed = chunk::pack(header.position, header.previous, &records, &ends);
    assert_eq!((packed.chunks.len(), packed.last_chunk), (1, header.position));
    let alone = header.commit.first == header.position
        && header.commit.last.0 == header.position.0 + events.len() as u64 - 1;
    let (_, again) = &packed.chunks[0];
    assert_eq!(again[HEADER..], value[HEADER..]);
    assert!(!alone || again == value, "packed otherwise than stored");
}
