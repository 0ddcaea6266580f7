//! Signed notes (C2SP signed-note) whose text is a checkpoint (C2SP tlog-checkpoint), signed with Ed25519.
//!
//! ```text
//! preau/0f2a9c41d7e6b358
//! 12345
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//!
//! — preau/0f2a9c41d7e6b358 Az3grlgtzPICa5OS8npVmf1Myq/5…
//! ```
//!
//! Origin, number of events, root of their tree in base64; an empty line; em dash, name of the key, and in base64
//! the number of the key (4 bytes) and the signature (64 bytes) over everything before the empty line.
//!
//! The origin is `preau/` and the first eight bytes of the hash of the first leaf: a log is the log that began with
//! that event, whose id nobody else has, and everybody who holds the first event can compute it.
//! The name of the key is the origin. The number of the key is the first 4 bytes of SHA-256(name, 0x0A, 0x01, key).
//!
//! A public key is written as Go and C2SP write it: `<name>+<number of the key, hexadecimal>+<base64 of 0x01 and key>`.
//!
//! Invariant: reading never panics, and what was read without error was signed by the key.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::merkle::Hash;

/// What Ed25519 is called in the number of a key.
const ED25519: u8 = 1;

/// No note of ours comes near it.
const MOST: usize = 64 << 10;

/// What is wrong with a note or a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadNote(pub &'static str);

/// The state of a log: how many events, and the root over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many events.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
}

impl Checkpoint {
    /// Returns the text that is signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// Returns the note: the text and the signature.
    pub fn sign(&self, key: &SigningKey) -> String {
        let text = self.text();
        let public = PublicKey { name: self.origin.clone(), key: key.verifying_key() };
        let mut signed = public.number().to_vec();
        signed.extend_from_slice(&key.sign(text.as_bytes()).to_bytes());
        format!("{text}\n— {} {}\n", self.origin, STANDARD.encode(signed))
    }

    /// Reads a note that `key` must have signed. Signatures of others are passed over, as the format asks.
    pub fn open(note: &str, key: &PublicKey) -> Result<Self, BadNote> {
        if note.len() > MOST || note.chars().any(|c| c < ' ' && c != '\n') {
            return Err(BadNote("it is not a signed note"));
        }
        let at = note.rfind("\n\n").ok_or(BadNote("it is not a signed note"))?;
        let (text, signatures) = (&note[..=at], &note[at + 2..]);
        if !signatures.ends_with('\n') {
            return Err(BadNote("its last line is cut"));
        }
        let mut signed = false;
        for line in signatures.lines() {
            let (name, signature) = line
                .strip_prefix("— ")
                .and_then(|line| line.split_once(' '))
                .ok_or(BadNote("a line of its signatures cannot be read"))?;
            let bytes = STANDARD.decode(signature).map_err(|_| BadNote("a signature is not base64"))?;
            let (number, bytes) =
                bytes.split_first_chunk::<4>().ok_or(BadNote("a signature is too short"))?;
            if name != key.name || *number != key.number() {
                continue;
            }
            let signature = Signature::from_slice(bytes).map_err(|_| UNSIGNED)?;
            key.key.verify_strict(text.as_bytes(), &signature).map_err(|_| UNSIGNED)?;
            signed = true;
        }
        if !signed {
            return Err(BadNote("it was not signed with this key"));
        }
        let checkpoint = Self::read(text)?;
        if checkpoint.origin != key.name {
            return Err(BadNote("it was signed with the key of another log"));
        }
        Ok(checkpoint)
    }

    fn read(text: &str) -> Result<Self, BadNote> {
        let malformed = BadNote("its text is not a checkpoint");
        let mut lines = text.lines();
        let mut line = || lines.next().filter(|line| !line.is_empty()).ok_or(malformed);
        let (origin, size, root) = (line()?, line()?, line()?);
        let number: u64 = size.parse().map_err(|_| malformed)?;
        if number.to_string() != size {
            return Err(malformed);
        }
        let root = STANDARD.decode(root).ok().and_then(|root| root.try_into().ok()).ok_or(malformed)?;
        Ok(Self { origin: origin.to_owned(), size: number, root })
    }
}

const UNSIGNED: BadNote = BadNote("its signature does not fit: it was changed after it was signed");

/// Returns the origin of the log that begins with the leaf of this hash.
pub fn origin(first: &Hash) -> String {
    let digits: String = first[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("preau/{digits}")
}

/// The key of a log, as others know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    key: VerifyingKey,
}

impl PublicKey {
    /// Returns the public half of a key under a name, the origin of its log.
    pub fn of(key: &SigningKey, name: &str) -> Self {
        Self { name: name.to_owned(), key: key.verifying_key() }
    }

    /// Returns its name: the origin of its log.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn number(&self) -> [u8; 4] {
        let digest: Hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', ED25519])
            .chain_update(self.key.as_bytes())
            .finalize()
            .into();
        [digest[0], digest[1], digest[2], digest[3]]
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![ED25519];
        bytes.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{:08x}+{}", self.name, u32::from_be_bytes(self.number()), STANDARD.encode(bytes))
    }
}

impl FromStr for PublicKey {
    type Err = BadNote;

    fn from_str(text: &str) -> Result<Self, BadNote> {
        let malformed = BadNote("a public key is written <name>+<8 hexadecimal digits>+<base64>");
        let mut parts = text.splitn(3, '+');
        let (name, number, key) = (parts.next(), parts.next(), parts.next());
        let (Some(name), Some(number), Some(key)) = (name, number, key) else { return Err(malformed) };
        let named = !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control());
        let bytes = STANDARD.decode(key).map_err(|_| malformed)?;
        let key: [u8; 32] = match bytes.split_first() {
            Some((&ED25519, key)) => key.try_into().map_err(|_| malformed)?,
            Some(_) | None => return Err(malformed),
        };
        let key = VerifyingKey::from_bytes(&key).map_err(|_| BadNote("it is not an Ed25519 key"))?;
        let public = Self { name: name.to_owned(), key };
        if !named || number != format!("{:08x}", u32::from_be_bytes(public.number())) {
            return Err(BadNote("name, number and bytes of the public key do not belong together"));
        }
        Ok(public)
    }
}
