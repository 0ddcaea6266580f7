//! The chunk decoder: an accepted header says what stands in the bytes, and its records pack to the same bytes.
//!
//! Input: bytes of a volume. The first chunk in it is looked for and read, and the bytes are read once more as a chunk
//! from the beginning, with its length and all checksums put right.
#![no_main]

use std::sync::Arc;

use eventlog::Recorded;
use eventlog::chunk::{self, HEADER, Header, MAGIC, MAX_BODY, MAX_CHUNK, MAX_COUNT};
use eventlog::record::{self, Draft};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let found = chunk::find(input);
    assert_eq!(found, input.windows(MAGIC.len()).position(|bytes| bytes == MAGIC), "it is elsewhere");
    assert!(found == Some(0) || chunk::open(input).is_err(), "accepted without its beginning");
    if let Some(at) = found {
        check(&input[at..]);
    }
    if input.len() > HEADER {
        let mut bytes = input.to_vec();
        mend_records(&mut bytes[HEADER..]);
        bytes[..4].copy_from_slice(MAGIC);
        if length(&bytes) > bytes.len() - HEADER {
            let there = u32::try_from(bytes.len() - HEADER).expect("an input is small");
            bytes[8..12].copy_from_slice(&there.to_be_bytes());
        }
        mend(&mut bytes);
        check(&bytes);
    }
});

/// Puts the checksums of the records right, as far as their lengths lead.
fn mend_records(records: &mut [u8]) {
    let mut at = 0;
    while let Ok(total) = record::Header::read(&records[at..]).map(|header| header.total()) {
        let Some(record) = records.get(at..at + total) else { return };
        let checksum = crc32c::crc32c_append(crc32c::crc32c(&record[..53]), &record[record::HEADER..]);
        records[at + 53..at + 57].copy_from_slice(&checksum.to_be_bytes());
        at += total;
    }
}

/// Returns the length of the records, as the header says it.
fn length(bytes: &[u8]) -> usize {
    u32::from_be_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]) as usize
}

/// Puts the checksum of the chunk right.
fn mend(bytes: &mut [u8]) {
    let checksum = crc32c::crc32c(&bytes[8..HEADER + length(bytes)]);
    bytes[4..8].copy_from_slice(&checksum.to_be_bytes());
}

fn check(bytes: &[u8]) {
    let Ok((header, body)) = chunk::open(bytes) else { return };
    let bytes = &bytes[..header.total()];
    assert_eq!(Header::read(bytes), Ok(header));
    assert!(bytes.len() > HEADER && bytes.len() <= MAX_CHUNK);
    assert_eq!(body, &bytes[HEADER..]);

    // The header written again, from the table in `chunk.rs`.
    let mut again = MAGIC.to_vec();
    again.extend_from_slice(&header.checksum.to_be_bytes());
    again.extend_from_slice(&header.length.to_be_bytes());
    again.extend_from_slice(&header.count.to_be_bytes());
    for position in [header.position, header.previous, header.commit.first, header.commit.last] {
        again.extend_from_slice(&position.0.to_be_bytes());
    }
    assert_eq!(again, &bytes[..HEADER], "the header is another");

    assert!((1..=MAX_COUNT).contains(&usize::from(header.count)));
    assert!(header.count == 1 || body.len() <= MAX_BODY);
    assert_eq!(header.last().0, header.position.0 + u64::from(header.count) - 1);
    assert!(header.previous < header.position && header.commit.first <= header.position);
    assert!(header.last() <= header.commit.last, "events outside of their commit");

    // Of another length or at another position it is another chunk.
    for at in [11, 21] {
        let mut other = bytes.to_vec();
        other.push(0);
        other[at] ^= 1;
        assert!(chunk::open(&other).is_err(), "byte {at} is not checked");
    }

    let records: Arc<[u8]> = body.into();
    if let Ok(events) = chunk::records(&header, &records) {
        assert_eq!(events.len(), usize::from(header.count));
        packed(&header, &events, bytes);
    }
}

/// The records of a chunk pack to one chunk, which is the same but for the rest of its commit.
fn packed(header: &Header, events: &[Recorded], bytes: &[u8]) {
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
    assert_eq!(records, &bytes[HEADER..], "the records are others");
    let (mut again, mut begun) = (vec![], vec![]);
    let last = chunk::pack(header.position, header.previous, &records, &ends, &mut again, |position, at| {
        begun.push((position, at));
    });
    assert_eq!((last, begun), (header.position, vec![(header.position, 0)]));
    again[30..HEADER].copy_from_slice(&bytes[30..HEADER]);
    mend(&mut again);
    assert_eq!(again, bytes, "packed otherwise than stored");
}
