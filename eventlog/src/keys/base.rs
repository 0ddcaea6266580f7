//! `ring.<n>`: all keys at the moment of writing.
//!
//! A header of 28 bytes: `PREAUKB1`, n (u64), number of records (u64), CRC-32C of these 24 bytes (u32).
//! Then frames: length of what follows (u32), AES-256-GCM-SIV of whole records ([`entry`](super::entry))
//! under the epoch key, with the tag; nonce `B` and the number of the frame from 0, associated data the header.
//! Numbers are big-endian. The file ends with the last record.
//!
//! Invariant: its name appears after its last byte is on disk, and it is never written again.

use std::io::{BufWriter, Write};
use std::path::Path;

use super::cipher::{Cipher, TAG, nonce};
use super::entry::Record;
use super::error::{KeyError, io_error};
use super::files;
use super::memory::Memory;

const MAGIC: &[u8; 8] = b"PREAUKB1";
const HEADER: usize = 28;
const FRAME: usize = 1 << 18;

/// Writes the base of epoch `number`. The name is on disk once the directory is synced.
pub(super) fn write(directory: &Path, number: u64, cipher: &Cipher, memory: &Memory) -> Result<(), KeyError> {
    let file = files::numbered(directory, "ring", number);
    let header = header(number, memory.records() as u64);
    files::write_aside(&file, |to| {
        let mut to = BufWriter::with_capacity(FRAME, to);
        let mut put = |bytes: &[u8]| to.write_all(bytes).map_err(io_error("write", &file));
        put(&header)?;
        let (mut frame, mut frames) = (Vec::with_capacity(FRAME + Record::MAX + TAG), 0);
        memory.each(FRAME, |records| {
            frame.clear();
            frame.extend_from_slice(records);
            cipher
                .seal(&nonce(b'B', frames), &header, &mut frame, 0)
                .map_err(|error| io_error("write", &file)(std::io::Error::other(error)))?;
            frames += 1;
            let length = u32::try_from(frame.len()).unwrap_or(u32::MAX);
            put(&length.to_be_bytes())?;
            put(&frame)
        })?;
        to.flush().map_err(io_error("write", &file))
    })
}

/// Reads the base of epoch `number` into `memory`.
pub(super) fn read(
    directory: &Path,
    number: u64,
    cipher: &Cipher,
    memory: &mut Memory,
) -> Result<(), KeyError> {
    let file = files::numbered(directory, "ring", number);
    decode(&mut files::read(&file)?, &file, number, cipher, memory)
}

/// Takes the `bytes` of the base of epoch `number` into `memory`; they are overwritten. `file` is what errors name.
pub(super) fn decode(
    bytes: &mut [u8],
    file: &Path,
    number: u64,
    cipher: &Cipher,
    memory: &mut Memory,
) -> Result<(), KeyError> {
    let length = bytes.len();
    let damaged =
        |offset: usize, what| KeyError::Damaged { file: file.to_owned(), offset: offset as u64, what };

    let Some((head, mut rest)) = bytes.split_first_chunk_mut::<HEADER>() else {
        return Err(damaged(0, "shorter than its header"));
    };
    let mut records = [0; 8];
    records.copy_from_slice(&head[16..24]);
    let mut missing = u64::from_be_bytes(records);
    if *head != header(number, missing) {
        return Err(damaged(0, "not the header it should have"));
    }
    // A record takes at least 21 bytes: a number that cannot be true must not cost memory.
    memory.reserve(usize::try_from(missing).unwrap_or(usize::MAX).min(length / 21));
    let mut frames = 0;
    while missing > 0 {
        let offset = length - rest.len();
        let frame;
        (frame, rest) = split_frame(rest).ok_or_else(|| damaged(offset, "cut short"))?;
        let plain = cipher
            .open(&nonce(b'B', frames), head, frame)
            .ok_or_else(|| damaged(offset, "not what was written"))?;
        let mut left = &*plain;
        while !left.is_empty() {
            let record = Record::decode(&mut left)
                .ok_or_else(|| damaged(offset, "a record this version does not know"))?;
            missing = missing.checked_sub(1).ok_or_else(|| damaged(offset, "too many records"))?;
            memory.apply(record);
        }
        zeroize::Zeroize::zeroize(plain);
        frames += 1;
    }
    if !rest.is_empty() {
        return Err(damaged(length - rest.len(), "bytes after the last record"));
    }
    Ok(())
}

/// Splits off the first frame, which is not empty, without its length.
fn split_frame(bytes: &mut [u8]) -> Option<(&mut [u8], &mut [u8])> {
    let (length, rest) = bytes.split_first_chunk_mut::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    if length <= TAG {
        return None;
    }
    rest.split_at_mut_checked(length)
}

pub(super) fn header(number: u64, records: u64) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(MAGIC);
    header[8..16].copy_from_slice(&number.to_be_bytes());
    header[16..24].copy_from_slice(&records.to_be_bytes());
    let check = crc32c::crc32c(&header[..24]);
    header[24..].copy_from_slice(&check.to_be_bytes());
    header
}
