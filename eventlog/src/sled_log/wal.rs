//! The write-ahead log: two files that are written in turn, `wal.0` and `wal.1`.
//!
//! What is durable here is brought into sled a moment later (`settle`), in larger portions. A file is written again
//! from its beginning when everything in it is durable in sled: bytes that are there already are overwritten, so a sync
//! has no length and no blocks of the file to write, which takes half the time of one that has.
//! A log that was closed has no such files. What a crash left in them is brought into sled at open.
//!
//! Invariants: a frame is begun only when the one before is on the disk; nothing is overwritten before it is durable in
//! sled; a file has its name on the disk before anything in it counts.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::durable::{sync, tried};
use crate::frame::{self, Frame, HEADER};
use crate::log::{LogError, Position};

/// By so much a file grows.
const STEP: usize = 256 << 10;

/// The files, while they are written.
pub(super) struct Wal {
    dir: PathBuf,
    /// A file is full when it has this many bytes of frames.
    most: u64,
    files: [Option<Written>; 2],
    /// The one that is written.
    now: usize,
    zeros: Vec<u8>,
}

/// One of the two files.
struct Written {
    file: File,
    path: PathBuf,
    /// Where the next frame will stand.
    end: u64,
    length: u64,
    /// The last position in it.
    last: Position,
}

impl Wal {
    /// Begins anew: what was in the files is in sled, and they are gone.
    pub fn new(dir: &Path, most: u64) -> Self {
        Self { dir: dir.to_owned(), most, files: [None, None], now: 0, zeros: vec![0; STEP] }
    }

    /// Writes a frame; returns when it is durable. `settled` waits until everything up to a position is in sled.
    pub fn append(
        &mut self,
        frame: &Frame<'_>,
        settled: impl FnOnce(Position) -> Result<(), LogError>,
    ) -> Result<(), LogError> {
        let total = frame.total() as u64;
        let full =
            self.files[self.now].as_ref().is_some_and(|file| file.end > 0 && file.end + total > self.most);
        if full {
            self.now = 1 - self.now;
            if let Some(file) = &mut self.files[self.now] {
                settled(file.last)?;
                file.begin_again(self.most)?;
            }
        }
        let file = match &mut self.files[self.now] {
            Some(file) => file,
            none => none.insert(Written::make(&self.dir, self.now)?),
        };
        file.write(frame, &self.zeros)
    }

    /// Removes the files: everything in them is durable in sled.
    pub fn remove(self) -> Result<(), LogError> {
        remove(&self.dir)
    }
}

impl Written {
    fn make(dir: &Path, number: usize) -> Result<Self, LogError> {
        let path = path(dir, number);
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(&path);
        let file = file.map_err(tried("make", &path))?;
        sync(dir)?;
        Ok(Self { file, path, end: 0, length: 0, last: Position::START })
    }

    /// Begins at the beginning again. What one large append took is given back.
    fn begin_again(&mut self, most: u64) -> Result<(), LogError> {
        if self.length > most.saturating_mul(2) {
            self.file.set_len(most).map_err(tried("shorten", &self.path))?;
            self.length = most;
        }
        self.end = 0;
        Ok(())
    }

    fn write(&mut self, frame: &Frame<'_>, zeros: &[u8]) -> Result<(), LogError> {
        self.put(frame, zeros).map_err(tried("write", &self.path))?;
        self.file.sync_data().map_err(tried("sync", &self.path))
    }

    fn put(&mut self, frame: &Frame<'_>, zeros: &[u8]) -> std::io::Result<()> {
        let at = self.end;
        self.file.write_all_at(&frame.header(), at)?;
        self.file.write_all_at(frame.records, at + HEADER as u64)?;
        self.end = at + frame.total() as u64;
        self.last = frame.last;
        // The room for the next frames is made with the same sync.
        if self.end > self.length {
            self.file.write_all_at(zeros, self.end)?;
            self.length = self.end + zeros.len() as u64;
        }
        Ok(())
    }
}

fn path(dir: &Path, number: usize) -> PathBuf {
    dir.join(format!("wal.{number}"))
}

fn remove(dir: &Path) -> Result<(), LogError> {
    let mut removed = false;
    for path in [path(dir, 0), path(dir, 1)] {
        match fs::remove_file(&path) {
            Ok(()) => removed = true,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(tried("remove", &path)(error)),
        }
    }
    if removed { sync(dir) } else { Ok(()) }
}

/// What a crash left in the files.
#[derive(Default)]
pub(super) struct Left {
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Left {
    /// Reads the files in `dir`; mostly there are none.
    pub fn read(dir: &Path) -> Result<Self, LogError> {
        let mut files = vec![];
        for path in [path(dir, 0), path(dir, 1)] {
            match fs::read(&path) {
                Ok(bytes) => files.push((path, bytes)),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(tried("read", &path)(error)),
            }
        }
        Ok(Self { files })
    }

    /// Returns the newest frames, of which none is missing between the first and the last, and their files. Those
    /// before a gap were in sled before they were overwritten.
    pub fn frames(&self) -> Vec<(&Path, Frame<'_>)> {
        let met = self.met().filter_map(|(path, frame)| Some((path, frame.ok()?)));
        let mut frames: Vec<_> = met.collect();
        frames.sort_unstable_by_key(|(_, frame)| frame.first);
        let gap = frames.windows(2).rposition(|pair| pair[0].1.last.0 + 1 != pair[1].1.first.0);
        frames.drain(..gap.map_or(0, |gap| gap + 1));
        frames
    }

    /// Returns the file in which a frame begins at `first` that is not whole.
    pub fn torn(&self, first: Position) -> Option<&Path> {
        let torn =
            |frame: &Result<Frame<'_>, frame::Torn>| frame.is_err_and(|torn| torn.first == Some(first));
        self.met().find(|(_, frame)| torn(frame)).map(|(path, _)| path)
    }

    /// Removes the files: everything in them is durable in sled.
    pub fn remove(self, dir: &Path) -> Result<(), LogError> {
        if self.files.is_empty() { Ok(()) } else { remove(dir) }
    }

    fn met(&self) -> impl Iterator<Item = (&Path, Result<Frame<'_>, frame::Torn>)> {
        self.files.iter().flat_map(|(path, bytes)| frame::all(bytes).map(|(_, frame)| (&**path, frame)))
    }
}
