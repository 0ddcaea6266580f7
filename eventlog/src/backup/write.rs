//! Adding to a backup.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{BufWriter, ErrorKind, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use domain::Timestamp;
use sha2::{Digest as _, Sha256};

use super::manifest::{Manifest, Segment, events};
use super::{BackupError, MAGIC, digest, frame, hex, log_id};
use crate::durable::{self, make_directory, sync, tried};
use crate::log::{LogError, Position, Recorded};

/// A segment ends when it has so many bytes.
const SEGMENT_BYTES: u64 = 256 << 20;

/// A backup that no other run can add to.
#[derive(Debug)]
pub struct Backup {
    dir: PathBuf,
    manifest: Manifest,
    // Released when this is dropped.
    _lock: File,
}

/// What a run added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    /// Everything up to here is in the backup now.
    pub position: Position,
    /// When the event there was recorded.
    pub recorded_at: Option<Timestamp>,
    /// How many events were added.
    pub events: u64,
    /// How many bytes of files.
    pub bytes: u64,
}

impl Backup {
    /// Opens the backup in `dir`, or makes one there. Removes what a run that did not finish left.
    pub fn open(dir: &Path) -> Result<Self, BackupError> {
        if let Some(above) = dir.parent() {
            make_directory(above)?;
        }
        make_private(dir)?;
        if read(dir)?.is_none() && !is_vacant(dir)? {
            return Err(BackupError::Foreign(dir.display().to_string()));
        }
        let lock = lock(dir)?;
        make_private(&events(dir))?;
        // Read again: another run may have ended before the lock was ours.
        let manifest = if let Some(manifest) = read(dir)? {
            manifest
        } else {
            // On disk before any segment: segments without a manifest are a loss, never a beginning.
            let manifest = Manifest::empty();
            manifest.write(dir)?;
            manifest
        };
        let backup = Self { dir: dir.to_owned(), manifest, _lock: lock };
        backup.look()?;
        backup.tidy()?;
        Ok(backup)
    }

    /// Returns what is in it.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Begins a run that takes everything up to `head` of the log `log` ([`log_id`]; `None`: it has no event).
    pub fn begin(self, log: Option<&str>, head: Position) -> Result<Run, BackupError> {
        self.begin_with(log, head, SEGMENT_BYTES)
    }

    /// Begins a run whose segments end when they have so many bytes.
    pub(super) fn begin_with(
        self,
        log: Option<&str>,
        head: Position,
        segment_bytes: u64,
    ) -> Result<Run, BackupError> {
        let backup = self.dir.display().to_string();
        let backed_up = Position(self.manifest.position);
        match (self.manifest.log.as_deref(), log) {
            (Some(known), Some(log)) if known != log => return Err(BackupError::AnotherLog(backup)),
            _ if head < backed_up => return Err(BackupError::Ahead { backup, backed_up, head }),
            _ => {}
        }
        Ok(Run {
            last: backed_up,
            compared: backed_up == Position::START,
            head,
            backup: self,
            segment_bytes,
            open: None,
            new: vec![],
            log: None,
            newest: None,
        })
    }

    /// Looks whether the files that the manifest names are there.
    fn look(&self) -> Result<(), LogError> {
        for segment in &self.manifest.segments {
            let path = segment.path(&self.dir);
            let damaged = |what: String| LogError::Damaged {
                file: path.display().to_string(),
                position: Position(segment.first),
                what,
            };
            match fs::metadata(&path) {
                Ok(file) if file.len() == segment.bytes => {}
                Ok(file) => {
                    let what = format!("has {} bytes instead of {}; it begins", file.len(), segment.bytes);
                    return Err(damaged(what));
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    return Err(damaged("is missing; it begins".to_owned()));
                }
                Err(error) => return Err(tried("look at", &path)(error)),
            }
        }
        Ok(())
    }

    /// Removes what a run that did not finish left behind the last segment. What it does not know it leaves alone.
    fn tidy(&self) -> Result<(), LogError> {
        let folder = events(&self.dir);
        for entry in fs::read_dir(&folder).map_err(tried("list", &folder))? {
            let path = entry.map_err(tried("list", &folder))?.path();
            if path.file_name().and_then(|name| name.to_str()).and_then(begins_at)
                > Some(self.manifest.position)
            {
                fs::remove_file(&path).map_err(tried("remove", &path))?;
            }
        }
        Ok(())
    }
}

/// A run that adds to a backup.
#[derive(Debug)]
pub struct Run {
    backup: Backup,
    head: Position,
    last: Position,
    /// The last event that was backed up before was found in the log.
    compared: bool,
    segment_bytes: u64,
    open: Option<Open>,
    new: Vec<Segment>,
    log: Option<String>,
    newest: Option<(Timestamp, String)>,
}

impl Run {
    /// Returns where to begin to read the log: before the last event that is in the backup, to compare it.
    pub fn after(&self) -> Position {
        Position(self.backup.manifest.position.saturating_sub(1))
    }

    /// Takes the next event.
    pub fn take(&mut self, event: &Recorded) -> Result<(), BackupError> {
        let Manifest { position, end, .. } = &self.backup.manifest;
        if !self.compared && event.position.0 == *position {
            self.compared = true;
            if Some(digest(event.record())) == *end {
                return Ok(());
            }
            let backup = self.backup.dir.display().to_string();
            return Err(BackupError::Diverged { backup, position: event.position });
        }
        if !self.compared || event.position.0 != self.last.0 + 1 {
            return Err(self.missing().into());
        }
        if event.position == Position(1) {
            self.log = Some(log_id(event));
        }
        let mut open = match self.open.take() {
            Some(open) => open,
            None => Open::make(&events(&self.backup.dir), event.position)?,
        };
        open.put(event)?;
        self.last = event.position;
        if self.last == self.head {
            self.newest = Some((event.recorded_at, digest(event.record())));
        }
        if open.bytes >= self.segment_bytes || self.last == self.head {
            self.new.push(open.end(self.last)?);
        } else {
            self.open = Some(open);
        }
        Ok(())
    }

    /// Ends the run: everything up to the head is in the backup, and on the disk.
    pub fn finish(mut self) -> Result<Added, BackupError> {
        if self.last != self.head || !self.compared {
            return Err(self.missing().into());
        }
        let Some((recorded_at, end)) = self.newest.take() else {
            let recorded_at = self.backup.manifest.recorded_at;
            return Ok(Added { position: self.head, recorded_at, events: 0, bytes: 0 });
        };
        sync(&events(&self.backup.dir))?;
        let manifest = &mut self.backup.manifest;
        let events = self.head.0 - manifest.position;
        let bytes = self.new.iter().map(|segment| segment.bytes).sum();
        manifest.segments.append(&mut self.new);
        manifest.position = self.head.0;
        manifest.log = manifest.log.take().or(self.log);
        (manifest.recorded_at, manifest.end) = (Some(recorded_at), Some(end));
        manifest.write(&self.backup.dir)?;
        Ok(Added { position: self.head, recorded_at: Some(recorded_at), events, bytes })
    }

    fn missing(&self) -> LogError {
        LogError::Damaged {
            file: "the log".to_owned(),
            position: Position(self.last.0 + u64::from(self.compared)),
            what: "it does not give the event".to_owned(),
        }
    }
}

/// A segment that is being written, under a name that is not yet its own.
#[derive(Debug)]
struct Open {
    first: Position,
    path: PathBuf,
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
    frame: Vec<u8>,
}

impl Open {
    fn make(folder: &Path, first: Position) -> Result<Self, LogError> {
        let path = durable::aside(&folder.join(format!("{:020}", first.0)));
        let file = File::create(&path).map_err(tried("make", &path))?;
        let (file, frame) = (BufWriter::with_capacity(1 << 16, file), MAGIC.to_vec());
        let mut open = Self { first, path, file, hash: Sha256::new(), bytes: 0, frame };
        open.write()?;
        Ok(open)
    }

    fn put(&mut self, event: &Recorded) -> Result<(), LogError> {
        frame::encode(event, &mut self.frame);
        self.write()
    }

    fn write(&mut self) -> Result<(), LogError> {
        self.hash.update(&self.frame);
        self.bytes += self.frame.len() as u64;
        let written = self.file.write_all(&self.frame);
        self.frame.clear();
        written.map_err(tried("write", &self.path))
    }

    /// Puts it on disk under its name. The name is on disk once the folder is synced.
    fn end(mut self, last: Position) -> Result<Segment, LogError> {
        let written = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        written.map_err(tried("write", &self.path))?;
        let sha256 = hex(&self.hash.finalize());
        let segment = Segment { first: self.first.0, last: last.0, bytes: self.bytes, sha256 };
        fs::rename(&self.path, self.path.with_file_name(segment.name()))
            .map_err(tried("rename", &self.path))?;
        Ok(segment)
    }
}

/// Returns the manifest, if there is one.
fn read(dir: &Path) -> Result<Option<Manifest>, BackupError> {
    match Manifest::read(dir) {
        Err(BackupError::Missing(_)) => Ok(None),
        read => read.map(Some),
    }
}

/// Makes a folder for its owner alone, if it is not there.
fn make_private(dir: &Path) -> Result<(), LogError> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(_) if dir.is_dir() => Ok(()),
        Err(error) => Err(tried("make", dir)(error)),
        Ok(()) => sync(dir.parent().unwrap_or(dir)),
    }
}

/// Returns whether a first run may begin in `dir`: there is nothing, or what one left that did not come far.
fn is_vacant(dir: &Path) -> Result<bool, LogError> {
    for entry in fs::read_dir(dir).map_err(tried("list", dir))? {
        let name = entry.map_err(tried("list", dir))?.file_name();
        if !["lock", "events", "manifest.tmp"].iter().any(|known| name == *known) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn lock(dir: &Path) -> Result<File, BackupError> {
    let path = dir.join("lock");
    let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    let file = open.map_err(tried("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(BackupError::InUse(dir.display().to_string())),
        Err(TryLockError::Error(error)) => Err(tried("lock", &path)(error).into()),
    }
}

/// Returns the first position in the name of a segment, finished or not.
fn begins_at(name: &str) -> Option<u64> {
    let (first, rest) = name.split_at_checked(20)?;
    let last = rest.strip_prefix('-');
    let is_segment =
        rest == ".tmp" || last.is_some_and(|last| last.len() == 20 && last.parse::<u64>().is_ok());
    first.parse().ok().filter(|_| is_segment)
}
