//! `epoch.<n>`: the epoch key, wrapped by the master key. 80 bytes:
//!
//! | Bytes | |
//! |---|---|
//! | 8 | `PREAUKE1` |
//! | 8 | n, big-endian |
//! | 12 | nonce, random |
//! | 48 | AES-256-GCM-SIV under the master key: the epoch key and the tag; associated data: the 16 bytes above |
//! | 4 | CRC-32C of all of it, big-endian: a broken file is not taken for a wrong master key |

use std::path::Path;

use zeroize::Zeroizing;

use super::cipher::{Cipher, NonceBytes};
use super::entry::Key;
use super::error::{KeyError, io_error};
use super::files;
use super::master::Master;

const MAGIC: &[u8; 8] = b"PREAUKE1";
const LENGTH: usize = 80;

/// Makes the key of epoch `number` and writes it wrapped.
pub(super) fn make(directory: &Path, number: u64, master: &Master) -> Result<Cipher, KeyError> {
    let file = files::numbered(directory, "epoch", number);
    let key = Key::random()?;
    let mut nonce = NonceBytes::default();
    getrandom::fill(&mut nonce).map_err(KeyError::NoRandomness)?;
    let mut bytes = Vec::with_capacity(LENGTH);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&number.to_be_bytes());
    let header = bytes.clone();
    bytes.extend_from_slice(&nonce);
    let start = bytes.len();
    bytes.extend_from_slice(key.bytes());
    Cipher::new(&master.key)
        .seal(&nonce, &header, &mut bytes, start)
        .map_err(|error| io_error("write", &file)(std::io::Error::other(error)))?;
    bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_be_bytes());
    files::write(&file, |to| to.write_all(&bytes).map_err(io_error("write", &file)))?;
    Ok(Cipher::new(&key))
}

/// Reads the key of epoch `number`.
pub(super) fn open(directory: &Path, number: u64, master: &Master) -> Result<Cipher, KeyError> {
    let file = files::numbered(directory, "epoch", number);
    let mut bytes = Zeroizing::new(files::read(&file)?);
    let whole = bytes.len() == LENGTH
        && bytes[..8] == *MAGIC
        && bytes[8..16] == number.to_be_bytes()
        && bytes[LENGTH - 4..] == crc32c::crc32c(&bytes[..LENGTH - 4]).to_be_bytes();
    if !whole {
        return Err(KeyError::Damaged { file, offset: 0, what: "not the epoch key it should be" });
    }
    let (header, rest) = bytes.split_at_mut(16);
    let (nonce, rest) = rest.split_at_mut(12);
    let mut key = Key::zero();
    let mut at = NonceBytes::default();
    at.copy_from_slice(nonce);
    match Cipher::new(&master.key).open(&at, header, &mut rest[..48]) {
        Some(plain) => key.bytes_mut().copy_from_slice(plain),
        None => return Err(KeyError::WrongMaster { master: master.file.clone(), epoch: file }),
    }
    Ok(Cipher::new(&key))
}
