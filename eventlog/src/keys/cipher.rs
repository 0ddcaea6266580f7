//! AES-256-GCM-SIV (RFC 8452) for the files of the ring.
//!
//! A nonce is one byte for the file (`B` base, `J` journal), three zeros and a number that grows in it
//! (u64, big-endian): no two things written under one epoch key share one, but for what was cut off a torn
//! journal and written again at the same place.
//! There GCM-SIV gives away at most that the same was written twice, and random keys are never the same.

use aes_gcm_siv::{AeadInOut, Aes256GcmSiv, KeyInit, Nonce, Tag};

use super::entry::Key;

/// The bytes a seal adds.
pub(crate) const TAG: usize = 16;

/// A nonce.
pub(crate) type NonceBytes = [u8; 12];

/// Returns the nonce of the `number`-th thing of a file.
pub(super) fn nonce(file: u8, number: u64) -> NonceBytes {
    let mut nonce = [0; 12];
    nonce[0] = file;
    nonce[4..].copy_from_slice(&number.to_be_bytes());
    nonce
}

/// A key, made ready.
pub(crate) struct Cipher(Aes256GcmSiv);

impl Cipher {
    pub(crate) fn new(key: &Key) -> Self {
        Self(Aes256GcmSiv::new(key.bytes().into()))
    }

    /// Turns plaintext, all of `bytes` from `start` on, into ciphertext and tag.
    pub(crate) fn seal(
        &self,
        nonce: &NonceBytes,
        label: &[u8],
        bytes: &mut Vec<u8>,
        start: usize,
    ) -> Result<(), TooLong> {
        let nonce: &Nonce = nonce.into();
        let tag = self
            .0
            .encrypt_inout_detached(nonce, label, bytes[start..].as_mut().into())
            .map_err(|_| TooLong)?;
        bytes.extend_from_slice(&tag);
        Ok(())
    }

    /// Turns ciphertext and tag into plaintext, which is returned. `None`: the tag is wrong.
    pub(crate) fn open<'a>(
        &self,
        nonce: &NonceBytes,
        label: &[u8],
        bytes: &'a mut [u8],
    ) -> Option<&'a mut [u8]> {
        let at = bytes.len().checked_sub(TAG)?;
        let (text, tag) = bytes.split_at_mut(at);
        let (nonce, tag): (&Nonce, &Tag) = (nonce.into(), (&*tag).try_into().ok()?);
        self.0.decrypt_inout_detached(nonce, label, (&mut *text).into(), tag).ok()?;
        Some(text)
    }
}

/// More than 64 GiB.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("too long to be sealed: 64 GiB at most")]
pub struct TooLong;
