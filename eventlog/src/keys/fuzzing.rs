//! Doors for the fuzzers in `tests/fuzz`, which cannot forge a seal: files of a ring around records they invent.
//!
//! Invariant: there is none of this in a program; only `cargo fuzz` sets `--cfg fuzzing`.

use std::convert::Infallible;
use std::path::Path;

use super::cipher::{Cipher, TooLong, nonce};
use super::entry::{Key, NO_KEY, Record};
use super::error::KeyError;
use super::memory::Memory;
use super::{base, journal};

/// The only epoch of an invented ring; its key is zero.
const NUMBER: u64 = 1;

fn cipher() -> Cipher {
    Cipher::new(&Key::zero())
}

/// Returns the records that `bytes` begin with, each encoded again.
pub fn records(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut encoded = vec![];
    while let Some(record) = Record::decode(&mut bytes) {
        let mut again = vec![];
        record.encode(&mut again);
        encoded.push(again);
    }
    encoded
}

/// Returns a base whose header speaks of `records`, and whose frames hold what `frames` are.
pub fn base(records: u64, frames: &[&[u8]]) -> Result<Vec<u8>, TooLong> {
    let header = base::header(NUMBER, records);
    let mut file = header.to_vec();
    for (number, frame) in (0..).zip(frames) {
        let mut sealed = frame.to_vec();
        cipher().seal(&nonce(b'B', number), &header, &mut sealed, 0)?;
        file.extend_from_slice(&u32::try_from(sealed.len()).unwrap_or(u32::MAX).to_be_bytes());
        file.extend_from_slice(&sealed);
    }
    Ok(file)
}

/// Returns a journal whose frames hold what `frames` are, and where each begins or the last ends.
pub fn journal(frames: &[&[u8]]) -> Result<(Vec<u8>, Vec<usize>), TooLong> {
    let mut file = journal::header(NUMBER).to_vec();
    let mut ends = vec![file.len()];
    for frame in frames {
        let mut sealed = [&[0; journal::FRAME_HEADER], *frame].concat();
        journal::seal(&mut sealed, NUMBER, file.len() as u64, &cipher())?;
        file.extend_from_slice(&sealed);
        ends.push(file.len());
    }
    Ok((file, ends))
}

/// Reads a base. Returns what a new base would hold.
pub fn read_base(mut bytes: Vec<u8>) -> Result<Vec<Vec<u8>>, KeyError> {
    let mut memory = Memory::default();
    base::decode(&mut bytes, Path::new("ring"), NUMBER, &cipher(), &mut memory)?;
    Ok(held(&memory))
}

/// Reads a journal. Returns where its last whole frame ends, and what a new base would hold.
pub fn read_journal(mut bytes: Vec<u8>) -> Result<(usize, Vec<Vec<u8>>), KeyError> {
    let mut memory = Memory::default();
    let end = journal::decode(&mut bytes, Path::new("journal"), NUMBER, &cipher(), &mut memory)?;
    Ok((end, held(&memory)))
}

fn held(memory: &Memory) -> Vec<Vec<u8>> {
    let mut records = vec![];
    let Ok(()) = memory.each(1, |record| {
        records.push(record.to_vec());
        Ok::<_, Infallible>(())
    });
    // As `each` shows them: what was destroyed comes first. Sorted, because maps are not.
    records.sort_by_key(|record: &Vec<u8>| (record[0] & NO_KEY == 0, record.clone()));
    records
}
