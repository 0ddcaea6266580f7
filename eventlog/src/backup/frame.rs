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
