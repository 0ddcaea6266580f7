//! Files and folders that are on the disk when the call returns.
//!
//! Invariant: every error says what was tried, and on which path.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::log::LogError;

/// Makes `dir` and every folder above it that is missing. Their names are on disk when this returns.
pub fn make_directory(dir: &Path) -> Result<(), LogError> {
    if dir.as_os_str().is_empty() || dir.is_dir() {
        return Ok(());
    }
    let above = dir.parent().unwrap_or(dir);
    make_directory(above)?;
    match fs::create_dir(dir) {
        Err(error) if !dir.is_dir() => return Err(tried("make", dir)(error)),
        Ok(()) | Err(_) => sync(above),
    }
}

/// Writes a file. Its name is on disk once its folder is synced.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), LogError> {
    let written = File::create(path).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.map_err(tried("write", path))
}

/// Writes a file beside its place (`….tmp`), then puts it there: nobody ever sees half of it.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), LogError> {
    let aside = aside(path);
    write(&aside, bytes)?;
    rename(&aside, path)
}

/// Returns where a file is written before it gets its name.
pub(crate) fn aside(path: &Path) -> PathBuf {
    let mut aside = path.as_os_str().to_owned();
    aside.push(".tmp");
    aside.into()
}

/// Gives a file or folder another name in the same folder.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), LogError> {
    fs::rename(from, to).map_err(tried("rename", from))?;
    sync(to.parent().unwrap_or(to))
}

/// Syncs a file or folder.
pub(crate) fn sync(path: &Path) -> Result<(), LogError> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path).and_then(|file| file.sync_all()).map_err(tried("sync", path))
}

/// Returns what makes an I/O error on `path` a [`LogError`].
pub(crate) fn tried<'a>(verb: &'a str, path: &'a Path) -> impl Fn(std::io::Error) -> LogError + use<'a> {
    move |error| LogError::io(format!("cannot {verb} {}", path.display()), error)
}
