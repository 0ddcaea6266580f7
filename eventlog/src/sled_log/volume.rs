//! A volume: one file of chunks, from a first position on.
//!
//! It begins with a header of 36 bytes, all numbers big-endian; the chunks ([`crate::chunk`]) follow, one after the other:
//!
//! | at | bytes | what |
//! |---|---|---|
//! | 0 | 8 | [`MAGIC`]; the format is its last digit |
//! | 8 | 8 | the first position |
//! | 16 | 16 | id of the event before it, 0 if there is none |
//! | 32 | 4 | CRC-32C of everything before |
//! | 36 | | chunks |
//!
//! Behind the last chunk there may be zeros: room that was made for what comes next.
//! A volume is made under the name `….new` and renamed when its header is on disk, so one that has its name is whole.
//!
//! Invariant: what is written is never written again; only the tail that a crash left unfinished is cut.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::num::NonZeroU64;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use domain::EventId;

use crate::durable::{rename, sync, tried};
use crate::log::{LogError, Position};
use crate::record::field;

/// What a volume begins with.
const MAGIC: &[u8; 8] = b"PREAUVO2";

/// The length of the header.
pub(super) const HEADER: usize = 36;

/// Where the first chunk stands.
pub(super) const BEGIN: u64 = HEADER as u64;

const CHECKSUM: usize = 32;

/// So many bytes of room are made at once.
const ROOM: usize = 256 << 10;

/// A commit of so many bytes makes no room beside its own.
const LARGE: u64 = 64 << 10;

/// The disk is given whole pages.
const PAGE: u64 = 4096;

/// A volume that is open.
#[derive(Debug)]
pub(super) struct Volume {
    pub first: Position,
    /// The event before the first, none if that begins the log.
    pub after: Option<EventId>,
    pub path: PathBuf,
    file: File,
}

impl Volume {
    /// Makes an empty volume in `dir`, behind the event `after`.
    pub fn create(dir: &Path, first: Position, after: Option<EventId>) -> Result<Self, LogError> {
        let path = path(dir, first);
        let new = path.with_extension("new");
        let made = File::create(&new).and_then(|file| {
            file.write_all_at(&header(first, after), 0)?;
            file.sync_all()
        });
        made.map_err(tried("make", &new))?;
        rename(&new, &path)?;
        sync(dir.parent().unwrap_or(dir))?;
        Self::open(path, first)
    }

    /// Opens a volume, and checks its header.
    pub fn open(path: PathBuf, first: Position) -> Result<Self, LogError> {
        let damaged = |what: String| LogError::Damaged {
            file: path.display().to_string(),
            position: first,
            what: format!("{what}: restore the volume from a backup; it begins"),
        };
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let file = file.map_err(|error| match error.kind() {
            ErrorKind::NotFound => damaged("is missing".to_owned()),
            _ => tried("open", &path)(error),
        })?;
        let mut bytes = [0; HEADER];
        let read = read_at(&file, &mut bytes, 0).map_err(tried("read", &path))?;
        if read < bytes.len() {
            return Err(damaged("ends in its header".to_owned()));
        }
        if bytes[..8] != *MAGIC {
            return Err(damaged("is no volume of a format this program knows".to_owned()));
        }
        let (named, after) = match (field(&bytes, 8), field(&bytes, 16), field(&bytes, CHECKSUM)) {
            (Ok(first), Ok(after), Ok(checksum))
                if u32::from_be_bytes(checksum) == crc32c::crc32c(&bytes[..CHECKSUM]) =>
            {
                (Position(u64::from_be_bytes(first)), u128::from_be_bytes(after))
            }
            _ => return Err(damaged("the checksum of its header is wrong".to_owned())),
        };
        if named != first {
            return Err(damaged(format!("is the volume from position {named}")));
        }
        Ok(Self { first, after: (after != 0).then(|| EventId::from_u128(after)), path, file })
    }

    /// Reads from `at` on; returns how much there was.
    pub fn read_at(&self, bytes: &mut [u8], at: u64) -> Result<usize, LogError> {
        read_at(&self.file, bytes, at).map_err(tried("read", &self.path))
    }

    /// Removes everything from `at` on; returns when that is durable.
    pub fn cut(&self, at: u64) -> Result<(), LogError> {
        let cut = self.file.set_len(at).and_then(|()| self.file.sync_all());
        cut.map_err(tried("shorten", &self.path))
    }

    /// Returns how many bytes the file has.
    pub fn size(&self) -> Result<u64, LogError> {
        self.file.metadata().map(|file| file.len()).map_err(tried("look at", &self.path))
    }

    pub fn damaged(&self, position: Position, what: &str) -> LogError {
        LogError::Damaged { file: self.path.display().to_string(), position, what: what.to_owned() }
    }

    /// Changes bytes behind the back of the log.
    #[cfg(test)]
    pub fn tamper(&self, at: u64, bytes: &[u8]) {
        self.file.write_all_at(bytes, at).unwrap();
    }
}

/// Returns where the volume of a position stands.
pub(super) fn path(dir: &Path, first: Position) -> PathBuf {
    dir.join(format!("{:020}.events", first.0))
}

/// Returns the volumes in `dir`, sorted by first position. Removes what an unfinished creation left.
pub(super) fn list(dir: &Path) -> Result<Vec<(Position, PathBuf)>, LogError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(tried("list", dir))? {
        let path = entry.map_err(tried("list", dir))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let (digits, kind) = name.split_once('.').unwrap_or((name, ""));
        let Some(first) = digits.parse().ok().filter(|_| digits.len() == 20) else { continue };
        match kind {
            // A folder is what a volume was before, a database of sled.
            "" | "new" if path.is_dir() => {
                return Err(LogError::Damaged {
                    file: path.display().to_string(),
                    position: Position(first),
                    what: "is a volume of format 1, which this program cannot read: make a backup with the \
                           program that wrote it and restore that with this one; it begins"
                        .to_owned(),
                });
            }
            "new" => fs::remove_file(&path).map_err(tried("remove", &path))?,
            "events" => found.push((Position(first), path)),
            _ => {}
        }
    }
    found.sort();
    Ok(found)
}

fn header(first: Position, after: Option<EventId>) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(MAGIC);
    header[8..16].copy_from_slice(&first.0.to_be_bytes());
    header[16..CHECKSUM].copy_from_slice(&after.map_or(0, EventId::to_u128).to_be_bytes());
    let checksum = crc32c::crc32c(&header[..CHECKSUM]);
    header[CHECKSUM..].copy_from_slice(&checksum.to_be_bytes());
    header
}

fn read_at(file: &File, bytes: &mut [u8], at: u64) -> std::io::Result<usize> {
    let mut read = 0;
    while read < bytes.len() {
        match file.read_at(&mut bytes[read..], at + read as u64) {
            Ok(0) => break,
            Ok(more) => read += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

/// The end of the volume that is written.
#[derive(Debug)]
pub(super) struct Tip {
    /// Where the next chunk will stand.
    pub end: u64,
    /// Up to where there is room: zeros that are in the file already.
    room: u64,
}

impl Tip {
    /// Goes on behind the chunk that ends at `end`, in a file of `size` bytes.
    pub fn at(end: u64, size: u64) -> Self {
        Self { end, room: size }
    }

    /// Writes chunks behind the others.
    pub fn write(&mut self, volume: &Volume, chunks: &[u8]) -> Result<(), LogError> {
        volume.file.write_all_at(chunks, self.end).map_err(tried("write", &volume.path))?;
        self.end += chunks.len() as u64;
        Ok(())
    }

    /// Lets the disk begin with the last `length` bytes that were written, while the rest of a commit is made.
    pub fn hasten(&self, volume: &Volume, length: usize) {
        // Whole pages: the last one will be written on, and goes with what comes next.
        let from = self.end.saturating_sub(length as u64) / PAGE * PAGE;
        if let Some(length) = NonZeroU64::new((self.end / PAGE * PAGE).saturating_sub(from)) {
            begin_writing(&volume.file, from, length);
        }
    }

    /// Returns when everything that was written is durable; the commit began at `begin`.
    pub fn sync(&mut self, volume: &Volume, begin: u64) -> Result<(), LogError> {
        if self.end > self.room {
            // A sync of what is there already has neither a length nor blocks to write beside it, and takes half the time.
            // The room for the next commits is made with the same sync.
            self.room = self.end;
            if self.end - begin < LARGE {
                volume.file.write_all_at(&ZEROS, self.end).map_err(tried("write", &volume.path))?;
                self.room += ROOM as u64;
            }
        }
        volume.file.sync_data().map_err(tried("sync", &volume.path))
    }

    /// Gives back the room that is left; returns when that is durable.
    pub fn close(&self, volume: &Volume) -> Result<(), LogError> {
        if self.room > self.end { volume.cut(self.end) } else { Ok(()) }
    }
}

static ZEROS: [u8; ROOM] = [0; ROOM];

/// Asks the disk to begin with dirty pages of a file; nothing relies on it, the sync says whether it went well.
///
/// The advice that pages are not needed is how Linux is told without unsafe code: it begins to write those that are
/// dirty, and drops only what is clean, which they are not. (`PostgreSQL` does so where there is no `sync_file_range`.)
fn begin_writing(file: &File, from: u64, length: NonZeroU64) {
    #[cfg(target_os = "linux")]
    rustix::fs::fadvise(file, from, Some(length), rustix::fs::Advice::DontNeed).ok();
    #[cfg(not(target_os = "linux"))]
    let _ = (file, from, length);
}
