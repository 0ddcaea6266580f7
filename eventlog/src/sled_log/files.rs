//! The files of the log on disk, and making them durable.
//!
//! ```text
//! log/lock                          held by the process that runs
//! log/committed                     the position that was acknowledged last, at least
//! log/ends.00000000000000524288     the ends of all streams at a position, see `ends`
//! log/wal.0, log/wal.1              what is durable and not yet in a volume, see `wal`
//! log/00000000000000000001/         a volume, named after its first position: one sled database
//! log/00000000000000000001/manifest.json
//! ```
//!
//! The manifest says the format of the volume and keeps a copy of sled's `conf`, without which sled would
//! take the database for a new one. A volume is made under the name `….new` and renamed when all of it is on
//! disk, so a volume that has its name is whole.
//!
//! `committed` is a position (u64, big-endian) and the CRC-32C of these 8 bytes, rewritten after each commit and
//! not synced: what it says was durable, though more may be. sled takes damage near the end of its file for a
//! write that a crash cut short, and drops it without a word; this file tells the two apart.
//!
//! Invariant: sled never syncs; whatever must survive a power loss is synced here.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Seek, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

pub use crate::durable::make_directory;
pub(super) use crate::durable::tried;
use crate::durable::{sync, write};
use crate::log::{LogError, Position};
use crate::record::field;

/// The format of a volume: chunks and records in the tree `log` of a sled 0.34 database.
const FORMAT: u32 = 1;
const ENGINE: &str = "sled 0.34";
const MANIFEST: &str = "manifest.json";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: u32,
    engine: String,
    first: u64,
    /// Base64 of sled's file `conf`.
    conf: String,
}

/// Makes `dir` if it is missing and keeps every other process out of it as long as the file is open.
pub(super) fn lock(dir: &Path) -> Result<Held, LogError> {
    make_directory(dir)?;
    let path = dir.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(tried("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(Held(file)),
        Err(TryLockError::WouldBlock) => Err(LogError::InUse(dir.display().to_string())),
        Err(TryLockError::Error(error)) => Err(tried("lock", &path)(error)),
    }
}

/// The lock of a directory, held until this is dropped.
#[derive(Debug)]
pub(super) struct Held(File);

impl Drop for Held {
    fn drop(&mut self) {
        // Closing alone would leave it locked while a process that was just forked has a copy.
        self.0.unlock().ok();
    }
}

/// Returns the volumes in `dir`, sorted by first position. Removes what an unfinished creation left.
pub(super) fn volumes(dir: &Path) -> Result<Vec<(Position, PathBuf)>, LogError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(tried("list", dir))? {
        let path = entry.map_err(tried("list", dir))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let (digits, new) = name.strip_suffix(".new").map_or((name, false), |digits| (digits, true));
        let Some(first) = digits.parse().ok().filter(|_| digits.len() == 20) else { continue };
        if new {
            fs::remove_dir_all(&path).map_err(tried("remove", &path))?;
        } else {
            found.push((Position(first), path));
        }
    }
    found.sort();
    Ok(found)
}

/// Makes the volume whose first position is `first`. `fill` creates the database in the folder it is given.
pub(super) fn create(
    dir: &Path,
    first: Position,
    fill: impl FnOnce(&Path) -> Result<(), LogError>,
) -> Result<PathBuf, LogError> {
    let path = dir.join(format!("{:020}", first.0));
    let new = path.with_extension("new");
    fs::create_dir(&new).map_err(tried("make", &new))?;
    fill(&new)?;
    let conf = new.join("conf");
    let manifest = Manifest {
        format: FORMAT,
        engine: ENGINE.to_owned(),
        first: first.0,
        conf: STANDARD.encode(fs::read(&conf).map_err(tried("read", &conf))?),
    };
    let text = serde_json::to_vec(&manifest).map_err(|error| tried("write", &new)(error.into()))?;
    write(&new.join(MANIFEST), &text)?;
    for part in [conf, new.join("db"), new.join("blobs"), new.clone()] {
        sync(&part)?;
    }
    fs::rename(&new, &path).map_err(tried("rename", &new))?;
    sync(dir)?;
    sync(dir.parent().unwrap_or(dir))?;
    Ok(path)
}

/// Checks the manifest of a volume. Says so if sled's `conf` was lost or damaged and had to be restored.
pub(super) fn check(path: &Path, first: Position) -> Result<Option<String>, LogError> {
    let file = path.join(MANIFEST);
    let damaged =
        |what: String| LogError::Damaged { file: file.display().to_string(), position: first, what };
    let text = fs::read(&file).map_err(|error| match error.kind() {
        ErrorKind::NotFound => damaged("is missing: restore the volume from a backup; it begins".to_owned()),
        _ => tried("read", &file)(error),
    })?;
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|error| damaged(format!("cannot be read ({error})")))?;
    if manifest.format != FORMAT || manifest.engine != ENGINE {
        return Err(damaged(format!(
            "format {} on {}, this program knows format {FORMAT} on {ENGINE} only: run a newer one",
            manifest.format, manifest.engine
        )));
    }
    if manifest.first != first.0 {
        return Err(damaged(format!("the manifest is that of the volume from {}", manifest.first)));
    }
    let kept = STANDARD.decode(&manifest.conf).map_err(|error| damaged(format!("conf: {error}")))?;
    if !is_conf(&kept) {
        return Err(damaged("the copy of conf is not what was written".to_owned()));
    }
    let db = path.join("db");
    if !db.is_file() {
        return Err(LogError::Damaged {
            file: db.display().to_string(),
            position: first,
            what: "is missing: restore the volume from a backup; it begins".to_owned(),
        });
    }
    let conf = path.join("conf");
    if fs::read(&conf).is_ok_and(|conf| conf == kept) {
        return Ok(None);
    }
    write(&conf, &kept)?;
    sync(path)?;
    Ok(Some(format!("{} was lost or damaged and restored from the manifest", conf.display())))
}

/// Says whether these are the bytes of a `conf`: they end with the CRC-32 of the rest, little-endian.
fn is_conf(bytes: &[u8]) -> bool {
    bytes.split_last_chunk::<4>().is_some_and(|(body, crc)| crc32fast::hash(body).to_le_bytes() == *crc)
}

/// The position that was acknowledged last.
pub(super) struct Mark {
    file: File,
    path: PathBuf,
}

impl Mark {
    /// Opens the mark in `dir` and reads it. If there is none it is made, and the position is none.
    pub fn open(dir: &Path) -> Result<(Self, Option<Position>), LogError> {
        let path = dir.join("committed");
        let found = path.try_exists().map_err(tried("look for", &path))?;
        if !found {
            write(&path, &Self::bytes(Position::START))?;
            sync(dir)?;
        }
        let bytes = fs::read(&path).map_err(tried("read", &path))?;
        let position = field(&bytes, 0).map(|bytes| Position(u64::from_be_bytes(bytes)));
        let position = position.ok().filter(|position| bytes == Self::bytes(*position));
        let position = position.ok_or_else(|| LogError::Damaged {
            file: path.display().to_string(),
            position: Position::START,
            what: "the checksum is wrong; remove the file to open the log without knowing how far it went"
                .to_owned(),
        })?;
        let file = OpenOptions::new().write(true).open(&path).map_err(tried("open", &path))?;
        Ok((Self { file, path }, Some(position).filter(|_| found)))
    }

    /// Notes that everything up to `position` is durable.
    pub fn set(&mut self, position: Position) -> Result<(), LogError> {
        let written = self.file.rewind().and_then(|()| self.file.write_all(&Self::bytes(position)));
        written.map_err(tried("write", &self.path))
    }

    pub fn sync(&self) -> Result<(), LogError> {
        self.file.sync_data().map_err(tried("sync", &self.path))
    }

    fn bytes(position: Position) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&position.0.to_be_bytes());
        let checksum = crc32c::crc32c(&bytes[..8]);
        bytes[8..].copy_from_slice(&checksum.to_be_bytes());
        bytes
    }
}

/// Returns how many bytes the database of a volume takes.
pub(super) fn size(volume: &Path) -> Result<u64, LogError> {
    let file = volume.join("db");
    fs::metadata(&file).map(|file| file.len()).map_err(tried("look at", &file))
}
