//! Reading a volume chunk by chunk, from a place on.
//!
//! Invariants: nothing is passed over in silence: what is neither a whole chunk nor the room at the end is told;
//! who reads up to what is committed never sees what is being written behind it.

use std::sync::Arc;

use crate::chunk::{self, HEADER, Header};
use crate::log::{LogError, Position};
use crate::record::Broken;

use super::volume::Volume;

/// What is read at once, first and at most: who reads on reads more.
const FIRST: usize = 32 << 10;
const MOST: usize = 512 << 10;

/// A place in a volume, and what was read around it.
pub(super) struct Walk {
    pub volume: Arc<Volume>,
    /// Where the next chunk stands.
    pub at: u64,
    /// What was read, and where it begins.
    bytes: Vec<u8>,
    from: u64,
    window: usize,
}

/// What is met at a place.
pub(super) enum Met {
    /// A chunk and its records.
    Chunk(Header, Arc<[u8]>),
    /// The end, or room.
    End,
    /// Something else.
    Broken(Broken),
}

const MISSING: Broken = Broken("is missing");

impl Walk {
    pub fn new(volume: Arc<Volume>, at: u64) -> Self {
        Self { volume, at, bytes: vec![], from: 0, window: FIRST }
    }

    /// Goes to another place in the same volume.
    pub fn go(&mut self, at: u64) {
        self.at = at;
    }

    /// Reads what stands here, and goes behind it if it is a chunk.
    pub fn next(&mut self) -> Result<Met, LogError> {
        let broken = match self.header()? {
            Ok(header) => match chunk::open(self.fill(header.total())?) {
                Ok((header, records)) => {
                    let records = records.into();
                    self.at += header.total() as u64;
                    return Ok(Met::Chunk(header, records));
                }
                Err(broken) => broken,
            },
            Err(broken) => broken,
        };
        Ok(if self.is_room()? { Met::End } else { Met::Broken(broken) })
    }

    /// Reads the header of the chunk that stands here; it is not checked.
    pub fn header(&mut self) -> Result<Result<Header, Broken>, LogError> {
        Ok(Header::read(self.fill(HEADER)?))
    }

    /// Goes on from the chunk that begins at `from` to the one that holds `position`, by the headers alone. Says what is
    /// wrong, and at which position, if it is not there.
    pub fn reach(
        &mut self,
        from: Position,
        position: Position,
    ) -> Result<Result<(), (Position, Broken)>, LogError> {
        let mut next = from;
        loop {
            let header = match self.header()? {
                Ok(header) if header.position == next => header,
                Ok(_) => return Ok(Err((next, MISSING))),
                Err(_) if self.is_room()? => return Ok(Err((next, MISSING))),
                Err(broken) => return Ok(Err((next, broken))),
            };
            if header.last() >= position {
                return Ok(Ok(()));
            }
            next = Position(header.last().0 + 1);
            self.at += header.total() as u64;
        }
    }

    /// Goes on behind what is broken here, to the next chunk that is whole. Returns whether there is one.
    pub fn resume(&mut self) -> Result<bool, LogError> {
        self.at += 1;
        loop {
            let bytes = self.fill(FIRST)?;
            let Some(found) = chunk::find(bytes) else {
                if bytes.len() < FIRST {
                    return Ok(false);
                }
                // One may begin in the last bytes.
                self.at += (FIRST + 1 - chunk::MAGIC.len()) as u64;
                continue;
            };
            self.at += found as u64;
            if let Ok(header) = self.header()?
                && chunk::open(self.fill(header.total())?).is_ok()
            {
                return Ok(true);
            }
            self.at += 1;
        }
    }

    /// Says whether there is nothing from here on, or zeros.
    fn is_room(&mut self) -> Result<bool, LogError> {
        let here = self.at;
        let room = loop {
            let bytes = self.fill(FIRST)?;
            let read = bytes.len();
            if bytes.iter().any(|byte| *byte != 0) {
                break false;
            }
            if read < FIRST {
                break true;
            }
            self.at += read as u64;
        };
        self.at = here;
        Ok(room)
    }

    /// Returns so many bytes from here on, fewer if the file ends before.
    fn fill(&mut self, count: usize) -> Result<&[u8], LogError> {
        let within = |at: u64, from: u64| usize::try_from(at.wrapping_sub(from)).unwrap_or(usize::MAX);
        let mut start = within(self.at, self.from);
        if self.bytes.get(start..).is_none_or(|left| left.len() < count) {
            // Who reads on where it read before reads more at once.
            let on = start <= self.bytes.len() && !self.bytes.is_empty();
            self.window = if on { (self.window * 2).min(MOST) } else { FIRST };
            self.bytes.resize(count.max(self.window), 0);
            let read = self.volume.read_at(&mut self.bytes, self.at)?;
            self.bytes.truncate(read);
            (self.from, start) = (self.at, 0);
        }
        let end = self.bytes.len().min(start + count);
        Ok(&self.bytes[start..end])
    }
}
