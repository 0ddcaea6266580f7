//! Changing a volume behind the back of the log.

use std::fs;
use std::ops::Range;
use std::path::Path;

use crate::chunk::Header;
use crate::sled_log::volume::HEADER;

/// The bytes of a volume.
pub(super) struct Bytes {
    pub bytes: Vec<u8>,
}

/// What is told, the position unless it is said otherwise, and what is done to the volume.
pub(super) type Damage<T = u64> = (T, fn(&mut Bytes));

/// Changes a volume.
pub(super) fn tamper(path: &Path, change: impl FnOnce(&mut Bytes)) {
    let mut volume = Bytes::of(path);
    change(&mut volume);
    fs::write(path, volume.bytes).unwrap();
}

impl Bytes {
    pub fn of(path: &Path) -> Self {
        Self { bytes: fs::read(path).unwrap() }
    }

    /// Returns where each chunk stands, by their headers alone.
    pub fn chunks(&self) -> Vec<(Header, Range<usize>)> {
        let (mut chunks, mut at) = (vec![], HEADER);
        while let Ok(header) = Header::read(&self.bytes[at.min(self.bytes.len())..]) {
            chunks.push((header, at..at + header.total()));
            at += header.total();
        }
        chunks
    }

    /// Returns where the last chunk ends.
    pub fn end(&self) -> usize {
        self.chunks().last().map_or(HEADER, |(_, range)| range.end)
    }

    /// Returns where the chunk stands that holds a position.
    pub fn chunk(&self, position: u64) -> Range<usize> {
        let holds = |header: &Header| (header.position.0..=header.last().0).contains(&position);
        self.chunks().into_iter().find(|(header, _)| holds(header)).expect("it holds the position").1
    }

    /// Changes a byte in the middle of a chunk.
    pub fn flip(&mut self, position: u64) {
        let chunk = self.chunk(position);
        self.bytes[usize::midpoint(chunk.start, chunk.end)] ^= 0x10;
    }

    /// Takes a chunk out of the file.
    pub fn remove(&mut self, position: u64) {
        self.bytes.drain(self.chunk(position));
    }

    /// Puts a chunk in the place of another.
    pub fn replace(&mut self, position: u64, chunk: &[u8]) {
        self.bytes.splice(self.chunk(position), chunk.iter().copied());
    }

    /// Changes what a chunk says, so that its checksum is right again.
    pub fn rewrite(&mut self, position: u64, change: impl FnOnce(&mut [u8])) {
        let chunk = self.chunk(position);
        let chunk = &mut self.bytes[chunk];
        change(chunk);
        let checksum = crc32c::crc32c(&chunk[8..]).to_be_bytes();
        chunk[4..8].copy_from_slice(&checksum);
    }

    pub fn zero(&mut self, range: Range<usize>) {
        self.bytes[range].fill(0);
    }
}
