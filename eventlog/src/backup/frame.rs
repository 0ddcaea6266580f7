//! A record on its way out of the log: in a segment, and in what a running server sends.
//!
//! | at | bytes | what |
//! |---|---|---|
//! | 0 | 8 | position, big-endian |
//! | 8 | 4 | length of the record, big-endian |
//! | 12 | | the record ([`crate::record`]), as it stands in the log |
//!
//! Final: segments are never rewritten. Invariant: reading never panics, whatever the bytes.

use std::io::{self, Read};
use std::sync::Arc;

use crate::log::{MAX_EVENT, Position, Recorded};
use crate::record::{self, Broken, MAX_KIND, MAX_STREAM, field};

const HEADER: usize = 12;

/// The largest record.
const MOST: usize = record::HEADER + MAX_STREAM + MAX_KIND + MAX_EVENT;

/// Why there is no next frame.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    /// Nothing could be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// What was read is not what was written.
    #[error(transparent)]
    Broken(#[from] Broken),
}

/// Appends the frame of `event` to `out`.
pub fn encode(event: &Recorded, out: &mut Vec<u8>) {
    let record = event.record();
    out.extend_from_slice(&event.position.0.to_be_bytes());
    // A record has at most a little over 1 MiB.
    out.extend_from_slice(&u32::try_from(record.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(record);
}

/// Reads the next frame and checks its record. `None`: there are no more.
pub fn read(from: &mut impl Read) -> Result<Option<Recorded>, Unread> {
    let mut header = [0; HEADER];
    match fill(from, &mut header)? {
        0 => return Ok(None),
        HEADER => {}
        _ => return Err(SHORT.into()),
    }
    let position = Position(u64::from_be_bytes(field(&header, 0)?));
    let length = u32::from_be_bytes(field(&header, 8)?) as usize;
    if !(record::HEADER..=MOST).contains(&length) {
        return Err(Broken("a frame has an impossible length").into());
    }
    let mut bytes = vec![0; length];
    if fill(from, &mut bytes)? != length {
        return Err(SHORT.into());
    }
    let bytes: Arc<[u8]> = bytes.into();
    let (event, end) = record::decode(position, &bytes, 0)?;
    if end == length { Ok(Some(event)) } else { Err(Broken("a frame holds more than its record").into()) }
}

const SHORT: Broken = Broken("a frame is cut short");

/// Fills `buffer`, or as much of it as there is, and returns how much.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use domain::EventId;
    use proptest::prelude::*;

    use super::*;
    use crate::record::Draft;

    fn framed(sizes: &[usize]) -> (Vec<Vec<u8>>, Vec<u8>) {
        let (mut records, mut bytes) = (Vec::new(), Vec::new());
        for (index, size) in sizes.iter().enumerate() {
            let mut record = Vec::new();
            let (id, data) = (EventId::from_u128(index as u128), vec![b'1'; *size]);
            let (stream, kind, revision, previous) = ("a-1", "a.b", index as u64, None);
            let draft = Draft {
                stream,
                kind,
                schema: 1,
                revision,
                recorded_at: 0,
                id,
                previous,
                data: &data,
                meta: b"{}",
            };
            record::encode(&draft, &mut record).unwrap();
            let (event, _) = record::decode(Position(7 + index as u64), &record.clone().into(), 0).unwrap();
            assert_eq!(event.record(), record);
            encode(&event, &mut bytes);
            records.push(record);
        }
        (records, bytes)
    }

    #[test]
    fn the_bytes_never_change() {
        let (records, bytes) = framed(&[3]);
        assert_eq!(bytes[..12], [0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 68]);
        assert_eq!(bytes[12..], records[0]);
    }

    proptest! {
        #[test]
        fn what_is_framed_is_read(sizes in prop::collection::vec(0_usize..3_000, 0..9)) {
            let (records, bytes) = framed(&sizes);
            let mut from = &*bytes;
            for (index, record) in records.iter().enumerate() {
                let event = read(&mut from).unwrap().unwrap();
                prop_assert_eq!((event.position.0, event.record()), (7 + index as u64, &**record));
            }
            prop_assert!(read(&mut from).unwrap().is_none());
        }

        #[test]
        fn a_frame_cut_short_is_no_end(size in 0_usize..300, keep: prop::sample::Index) {
            let (_, bytes) = framed(&[size]);
            let keep = 1 + keep.index(bytes.len() - 1);
            prop_assert!(read(&mut &bytes[..keep]).is_err());
        }

        #[test]
        fn random_bytes_are_refused_without_a_panic(mut bytes: Vec<u8>, length in 0_u32..200) {
            let _ = read(&mut &*bytes);
            if let Some(field) = bytes.get_mut(8..12) {
                field.copy_from_slice(&length.to_be_bytes());
                prop_assert!(read(&mut &*bytes).is_err());
            }
        }
    }
}
