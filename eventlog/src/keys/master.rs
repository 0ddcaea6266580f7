//! The master key: 32 bytes in a file of its own, raw or as 64 hexadecimal digits with white space around.
//!
//! Invariant: a master key is made only where there is no ring, and never at a path somebody named.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::entry::Key;
use super::error::{KeyError, io_error};
use super::{files, hex};

/// A master key and where it came from.
pub(super) struct Master {
    pub file: PathBuf,
    pub key: Key,
}

impl Master {
    /// Returns where the key lies when nobody names a file.
    pub fn beside(directory: &Path) -> PathBuf {
        directory.join("master.key")
    }

    /// Reads the key; `None` if there is no such file.
    pub fn read(file: PathBuf) -> Result<Option<Self>, KeyError> {
        let bytes = match fs::read(&file) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io_error("read", &file)(error)),
        };
        match parse(&bytes) {
            Some(key) => Ok(Some(Self { file, key })),
            None => Err(KeyError::MasterMalformed(file)),
        }
    }

    /// Ends a change of the key beside the ring that was cut short: the one that opens epoch `number` stays.
    pub fn settle(directory: &Path, number: u64) -> Result<(), KeyError> {
        let (old, new) = (Self::beside(directory), Self::next(directory));
        let Some(next) = Self::read(new)? else { return Ok(()) };
        match super::epoch::open(directory, number, &next) {
            Ok(_) => next.replaces(&old),
            Err(KeyError::WrongMaster { .. }) => {
                files::destroy(&next.file)?;
                files::sync_directory(directory)
            }
            Err(error) => Err(error),
        }
    }

    /// Returns where a key lies that is to replace the one beside the ring.
    pub fn next(directory: &Path) -> PathBuf {
        directory.join("master.key.next")
    }

    /// Destroys the key at `old` and takes its place.
    pub fn replaces(self, old: &Path) -> Result<(), KeyError> {
        if old.exists() {
            files::destroy(old)?;
        }
        fs::rename(&self.file, old).map_err(io_error("rename", &self.file))?;
        old.parent().map_or(Ok(()), files::sync_directory)
    }

    /// Makes a key, on disk when this returns.
    pub fn make(file: PathBuf) -> Result<Self, KeyError> {
        let key = Key::random()?;
        let text = Zeroizing::new(hex(key.bytes()) + "\n");
        files::write_aside(&file, |to| to.write_all(text.as_bytes()).map_err(io_error("write", &file)))?;
        if let Some(directory) = file.parent() {
            files::sync_directory(directory)?;
        }
        Ok(Self { file, key })
    }
}

fn parse(bytes: &[u8]) -> Option<Key> {
    let mut key = Key::zero();
    if bytes.len() == 32 {
        key.bytes_mut().copy_from_slice(bytes);
        return Some(key);
    }
    let digits = bytes.trim_ascii();
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in key.bytes_mut().iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(key)
}

fn digit(text: u8) -> Option<u8> {
    char::from(text).to_digit(16).and_then(|it| u8::try_from(it).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_master_key_is_raw_or_hexadecimal() {
        let key = parse(&[0xab; 32]).unwrap();
        assert_eq!(parse("ab".repeat(32).as_bytes()), Some(key.clone()));
        assert_eq!(parse(format!(" {}\n", "AB".repeat(32)).as_bytes()), Some(key));
    }

    #[test]
    fn anything_else_is_not() {
        for bytes in [&[1; 31][..], &[1; 33], b"", "ab".repeat(31).as_bytes(), "zz".repeat(32).as_bytes()] {
            assert_eq!(parse(bytes), None);
        }
    }
}
