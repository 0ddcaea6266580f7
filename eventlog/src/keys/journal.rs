//! `journal.<n>`: the keys made since the base.
//!
//! A header of 20 bytes: `PREAUKJ1`, n (u64), CRC-32C of these 16 bytes (u32).
//! Then frames, one for each write: length of the last part (u32), CRC-32C of that length, n and the offset of the
//! frame in the file (u32), AES-256-GCM-SIV of whole records ([`entry`](super::entry)) under the epoch key, with
//! the tag; nonce `J` and the offset of the frame, associated data the header. Numbers are big-endian.
//!
//! Invariant: a frame is on disk before the next one is written. So only the last can be torn: it ends too early,
//! or sectors of it were never written and read as zeros. No event needs its keys and it is cut.
//! Whatever else cannot be read is damage: keys that events need may be in it, and without them the events would
//! pass for erased.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::cipher::{Cipher, TAG, TooLong, nonce};
use super::entry::Record;
use super::error::{KeyError, io_error};
use super::files;
use super::memory::Memory;

const MAGIC: &[u8; 8] = b"PREAUKJ1";
/// The bytes before the first frame.
pub(super) const HEADER: usize = 20;
/// The bytes of a frame before what is sealed.
pub(super) const FRAME_HEADER: usize = 8;
/// What a disk writes whole or not at all.
const SECTOR: usize = 512;
/// The most records in one frame: 4 MiB.
pub(super) const MOST: usize = 1 << 16;

/// A journal open for writing.
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    number: u64,
    /// Where the next frame goes.
    pub end: u64,
}

/// Where a journal ends early.
pub(super) struct Torn {
    /// Where the torn frame begins.
    pub offset: u64,
    /// How many bytes of it there are.
    pub bytes: u64,
}

impl Journal {
    /// Makes the empty journal of epoch `number`.
    pub fn make(directory: &Path, number: u64) -> Result<Self, KeyError> {
        let path = files::numbered(directory, "journal", number);
        let header = header(number);
        files::write(&path, |to| to.write_all(&header).map_err(io_error("write", &path)))?;
        Self::at(path, number, HEADER as u64)
    }

    /// Reads the journal of epoch `number` into `memory`. Changes nothing on disk; see [`cut`](Self::cut).
    pub fn read(
        directory: &Path,
        number: u64,
        cipher: &Cipher,
        memory: &mut Memory,
    ) -> Result<(Self, Option<Torn>), KeyError> {
        let path = files::numbered(directory, "journal", number);
        let mut bytes = files::read(&path)?;
        let end = decode(&mut bytes, &path, number, cipher, memory)?;
        let left = (bytes.len() - end) as u64;
        let torn = (left > 0).then_some(Torn { offset: end as u64, bytes: left });
        Ok((Self::at(path, number, end as u64)?, torn))
    }

    /// Cuts what follows the last whole frame.
    pub fn cut(&self) -> Result<(), KeyError> {
        self.file
            .set_len(self.end)
            .and_then(|()| self.file.sync_all())
            .map_err(io_error("cut the torn end of", &self.path))
    }

    /// Appends at most [`MOST`] records as one frame, on disk when this returns.
    pub fn append(&mut self, cipher: &Cipher, records: &[Record]) -> Result<(), KeyError> {
        let mut bytes = Vec::with_capacity(FRAME_HEADER + records.len() * Record::MAX + TAG);
        bytes.resize(FRAME_HEADER, 0);
        for record in records {
            record.encode(&mut bytes);
        }
        seal(&mut bytes, self.number, self.end, cipher)
            .map_err(|error| io_error("write", &self.path)(std::io::Error::other(error)))?;
        self.file.write_all_at(&bytes, self.end).map_err(io_error("write", &self.path))?;
        self.file.sync_data().map_err(io_error("sync", &self.path))?;
        self.end += bytes.len() as u64;
        Ok(())
    }

    fn at(path: PathBuf, number: u64, end: u64) -> Result<Self, KeyError> {
        let file = OpenOptions::new().write(true).open(&path).map_err(io_error("open", &path))?;
        Ok(Self { path, file, number, end })
    }
}

/// Makes `bytes`, which are room for the header of a frame and whole records, the frame that goes to `offset`.
pub(super) fn seal(bytes: &mut Vec<u8>, number: u64, offset: u64, cipher: &Cipher) -> Result<(), TooLong> {
    cipher.seal(&nonce(b'J', offset), &header(number), bytes, FRAME_HEADER)?;
    let length = u32::try_from(bytes.len() - FRAME_HEADER).unwrap_or(u32::MAX).to_be_bytes();
    bytes[..4].copy_from_slice(&length);
    bytes[4..8].copy_from_slice(&check(length, number, offset));
    Ok(())
}

/// Takes the `bytes` of the journal of epoch `number` into `memory`; its frames are overwritten. Returns where the last
/// whole frame ends: what follows was torn. `path` is what errors name.
pub(super) fn decode(
    bytes: &mut [u8],
    path: &Path,
    number: u64,
    cipher: &Cipher,
    memory: &mut Memory,
) -> Result<usize, KeyError> {
    let damaged =
        |offset: usize, what| KeyError::Damaged { file: path.to_owned(), offset: offset as u64, what };
    let header = header(number);
    if !bytes.starts_with(&header) {
        return Err(damaged(0, "not the header it should have"));
    }
    let mut offset = header.len();
    while offset < bytes.len() {
        let Some(records) = frame(bytes, offset, number, &header, cipher) else {
            if !is_torn(bytes, offset, number, &header, cipher) {
                return Err(damaged(offset, "not what was written"));
            }
            break;
        };
        let end = offset + FRAME_HEADER + records.len() + TAG;
        let mut left = &*records;
        while !left.is_empty() {
            let record = Record::decode(&mut left)
                .ok_or_else(|| damaged(offset, "a record this version does not know"))?;
            memory.apply(record);
        }
        zeroize::Zeroize::zeroize(records);
        offset = end;
    }
    Ok(offset)
}

/// Opens the frame at `offset` in place and returns its records, never none.
fn frame<'a>(
    bytes: &'a mut [u8],
    offset: usize,
    number: u64,
    header: &[u8],
    cipher: &Cipher,
) -> Option<&'a mut [u8]> {
    let length = length(bytes, offset, number)?;
    let start = offset + FRAME_HEADER;
    let sealed = bytes.get_mut(start..start.checked_add(length)?)?;
    cipher.open(&nonce(b'J', offset as u64), header, sealed)
}

/// Returns the length that the header of a frame at `offset` says, if there is one.
fn length(bytes: &[u8], offset: usize, number: u64) -> Option<usize> {
    let (length, rest) = bytes.get(offset..)?.split_first_chunk::<4>()?;
    let (stored, _) = rest.split_first_chunk::<4>()?;
    let sound = check(*length, number, offset as u64) == *stored;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    (sound && length > TAG).then_some(length)
}

/// Returns whether a crash can have left what stands at `offset`, which is no whole frame.
fn is_torn(bytes: &[u8], offset: usize, number: u64, header: &[u8], cipher: &Cipher) -> bool {
    let left = bytes.len() - offset;
    match length(bytes, offset, number) {
        // More was written after it, so it once was on disk.
        Some(length) if FRAME_HEADER + length < left => return false,
        Some(length) if FRAME_HEADER + length > left => return true,
        // The check covers the first bytes, which are zeros in every short frame.
        Some(_) => return has_empty_sector(bytes, offset + FRAME_HEADER),
        None if left < FRAME_HEADER => return true,
        None => {
            // Where it ends is not known: look for a later frame, which opens if it is one.
            let later = (offset + 1..bytes.len()).find(|at| {
                length_at_end(bytes, *at, number).is_some_and(|end| {
                    let mut copy = bytes[*at + FRAME_HEADER..end].to_vec();
                    cipher.open(&nonce(b'J', *at as u64), header, &mut copy).is_some()
                })
            });
            if later.is_some() {
                return false;
            }
        }
    }
    // No frame is as long as 16 MiB: its first byte is zero, written or not.
    has_empty_sector(bytes, offset + 1)
}

/// Returns where a frame at `offset` would end, if its header says so and it is inside.
fn length_at_end(bytes: &[u8], offset: usize, number: u64) -> Option<usize> {
    let end = (offset + FRAME_HEADER).checked_add(length(bytes, offset, number)?)?;
    (end <= bytes.len()).then_some(end)
}

/// Returns whether a sector has nothing but zeros from `offset` on.
fn has_empty_sector(bytes: &[u8], offset: usize) -> bool {
    if offset >= bytes.len() {
        return false;
    }
    let first = (offset / SECTOR + 1) * SECTOR;
    let (head, rest) = bytes[offset..].split_at((first - offset).min(bytes.len() - offset));
    std::iter::once(head).chain(rest.chunks(SECTOR)).any(|sector| sector.iter().all(|byte| *byte == 0))
}

fn check(length: [u8; 4], number: u64, offset: u64) -> [u8; 4] {
    let check = crc32c::crc32c(&length);
    let check = crc32c::crc32c_append(check, &number.to_be_bytes());
    crc32c::crc32c_append(check, &offset.to_be_bytes()).to_be_bytes()
}

pub(super) fn header(number: u64) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(MAGIC);
    header[8..16].copy_from_slice(&number.to_be_bytes());
    let check = crc32c::crc32c(&header[..16]);
    header[16..].copy_from_slice(&check.to_be_bytes());
    header
}

#[cfg(test)]
mod tests {
    use domain::PersonId;

    use super::super::entry::{Entry, Key};
    use super::*;

    fn cipher() -> Cipher {
        Cipher::new(&Key::zero())
    }

    /// A journal whose last frame begins so many bytes before the end of a sector, and where.
    fn last_frame_before_the_end_of_a_sector(bytes: usize) -> (Vec<u8>, usize) {
        let mut file = header(1).to_vec();
        let start = 2 * SECTOR - bytes;
        let write = |file: &mut Vec<u8>, plain: &[u8]| {
            let mut frame = [&[0; FRAME_HEADER], plain].concat();
            seal(&mut frame, 1, file.len() as u64, &cipher()).unwrap();
            file.extend_from_slice(&frame);
        };
        // What it holds does not matter to what is torn.
        let before = vec![1; start - HEADER - FRAME_HEADER - TAG];
        write(&mut file, &before);
        let mut record = vec![];
        let person = Entry::Identity(PersonId::from_u128(1));
        Record { entry: person, generation: 0, key: Some(Key::zero()) }.encode(&mut record);
        write(&mut file, &record);
        (file, start)
    }

    fn torn(mut bytes: Vec<u8>, start: usize) -> bool {
        let header = header(1);
        assert!(frame(&mut bytes.clone(), start, 1, &header, &cipher()).is_none(), "it is whole");
        // As `decode` does: opening one that does not open leaves it as it was.
        frame(&mut bytes, start, 1, &header, &cipher());
        is_torn(&bytes, start, 1, &header, &cipher())
    }

    #[test]
    fn a_changed_byte_is_no_torn_frame_wherever_the_frame_begins() {
        // With two or three bytes in the sector, the first may be zeros because nobody wrote them.
        for (before, from) in [(1, 0), (2, FRAME_HEADER), (3, FRAME_HEADER), (4, 0), (9, 0), (300, 0)] {
            let (whole, start) = last_frame_before_the_end_of_a_sector(before);
            for at in start + from..whole.len() {
                let mut changed = whole.clone();
                changed[at] ^= 0x10;
                assert!(!torn(changed, start), "{before} bytes before the end of a sector, byte {at}");
            }
        }
    }

    #[test]
    fn a_frame_with_a_sector_that_was_never_written_is_torn() {
        for before in [3, 9, 60] {
            let (whole, start) = last_frame_before_the_end_of_a_sector(before);
            let mut unwritten = whole.clone();
            unwritten[2 * SECTOR..].fill(0);
            assert!(torn(unwritten, start), "{before}: the rest");
            let mut unwritten = whole.clone();
            unwritten[start..2 * SECTOR].fill(0);
            // Three zeros are what a short frame begins with: it is as it was written.
            if unwritten != whole {
                assert!(torn(unwritten, start), "{before}: the beginning");
            }
        }
    }
}
