//! Sealing and opening of the personal data in events.
//!
//! A sealed field is stored as `1:<generation>:<month>:<bytes>`:
//! - generation of the subject's key, decimal;
//! - month (yyyymm) of shutting, whose retention key was used; `-` for what lives as long as its subject;
//! - ciphertext and tag in base64url without padding; AES-256-GCM-SIV of the JSON of the value.
//!
//! Associated data: `preau.sealed.v1`.
//!
//! Nonce: the first 12 bytes of SHA-256 over `preau.nonce.v1`, the event id (16 bytes, big-endian), the name of the
//! field and its index (u32, big-endian), each preceded by its length (u32, big-endian); [`domain::id::derive`].
//! No two fields share one, and a retry gives the same bytes, as long as month and key are the same.
//!
//! Key: HKDF-SHA-256 without salt; input the subject's key, then the key of class and month unless it lives as long
//! as its subject; info `preau.seal.v1`.
//! The subject's key is the one in the ring ([`Entry`]). For a writing it is HKDF-Expand of the author's `Writing`
//! key with info `message` and the message id (16 bytes, big-endian); if that generation is gone, the
//! `WritingMessage` key of the message, which is the same bytes kept when another message was erased.
//!
//! Invariant: only a key that was destroyed makes a field [erased](domain::Sealed::Erased).
//! With the key there, whatever does not open is a fault; so is a key that is gone and that nobody destroyed.

#[cfg(test)]
mod tests;
mod text;

use std::sync::Arc;

use domain::sealed::{Carries, Slot, Visit};
use domain::{EventId, MessageId, PersonId, Retention, StructureId, Subject};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use self::text::Text;
use crate::keys::cipher::{Cipher, NonceBytes};
use crate::keys::{Class, Entry, Key, KeyError, Ring};

const LABEL: &[u8] = b"preau.sealed.v1";
const INFO: &[u8] = b"preau.seal.v1";
const NONCE: &[u8] = b"preau.nonce.v1";

/// A sealed field could not be shut or opened. Holds ids and names of fields, never what is in them.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// What is stored is not what was sealed there.
    #[error("event {event}, field {field}[{index}]: {why}")]
    Unopenable {
        /// The event.
        event: EventId,
        /// The name of the field.
        field: &'static str,
        /// Its index, 0 unless it is in a list.
        index: u32,
        /// What is wrong.
        why: &'static str,
    },
    /// The value cannot be stored.
    #[error("event {event}, field {field}[{index}] cannot be sealed: {why}")]
    Unsealable {
        /// The event.
        event: EventId,
        /// The name of the field.
        field: &'static str,
        /// Its index, 0 unless it is in a list.
        index: u32,
        /// What is wrong.
        why: &'static str,
    },
    /// What a model kept cannot be shut or opened.
    #[error("what was kept of a person or a structure: {0}")]
    Unkept(&'static str),
    /// The month is not yyyymm.
    #[error("{0} is not a month: yyyymm is expected")]
    NotAMonth(u32),
    /// The ring gave no key.
    #[error(transparent)]
    Keys(#[from] KeyError),
}

/// Seals and opens with the keys of a ring.
#[derive(Clone)]
pub struct Vault {
    ring: Arc<Ring>,
}

impl Vault {
    /// Returns a vault on `ring`.
    pub fn new(ring: Arc<Ring>) -> Self {
        Self { ring }
    }

    /// Returns the ring.
    pub fn ring(&self) -> &Arc<Ring> {
        &self.ring
    }

    /// Shuts every open field of what `event` carries; shut ones stay as they are.
    ///
    /// `recorded_month` is the month of now as a number, yyyymm. After an error some fields are shut and others not.
    pub fn shut(
        &self,
        event: EventId,
        recorded_month: u32,
        carries: &mut dyn Carries,
    ) -> Result<(), VaultError> {
        if !text::is_month(recorded_month) {
            return Err(VaultError::NotAMonth(recorded_month));
        }
        let mut walk = Walk { ring: &self.ring, event, way: Way::Shut(recorded_month), done: Ok(()) };
        carries.each(&mut walk);
        walk.done
    }

    /// Opens every shut field of what `event` carries, or marks it erased if its key is gone; open ones stay.
    ///
    /// After an error some fields are open and others not.
    pub fn open(&self, event: EventId, carries: &mut dyn Carries) -> Result<(), VaultError> {
        let mut walk = Walk { ring: &self.ring, event, way: Way::Open, done: Ok(()) };
        carries.each(&mut walk);
        walk.done
    }
}

/// What a model keeps of a subject outside of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The generation of the subject's key.
    pub generation: u32,
    /// Ciphertext and tag.
    pub bytes: Vec<u8>,
}

impl Vault {
    /// Shuts what a model knows of `subject` at `position`, to be kept in a snapshot; none if the subject's key is
    /// gone. It lives as long as the subject: what ends by the month must not be in it.
    ///
    /// Key: HKDF-SHA-256 without salt of the subject's key, info `preau.kept.v1`; nonce as for a field of the event
    /// whose id is `position`, under the name of the subject; associated data `preau.kept.v1`.
    pub fn shut_kept(
        &self,
        subject: Kin,
        position: u64,
        mut bytes: Vec<u8>,
    ) -> Result<Option<Kept>, VaultError> {
        let Some((generation, key)) = self.ring.in_use(subject.entry()) else { return Ok(None) };
        let sealed = kept_cipher(&key).and_then(|cipher| {
            cipher.seal(&subject.nonce(position), KEPT, &mut bytes, 0).map_err(|_| TOO_LONG)
        });
        sealed.map_err(VaultError::Unkept)?;
        Ok(Some(Kept { generation, bytes }))
    }

    /// Opens what was kept of `subject` at `position`; none if its key was destroyed since.
    pub fn open_kept(
        &self,
        subject: Kin,
        position: u64,
        mut kept: Kept,
    ) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let Some(key) = self.ring.key(subject.entry(), kept.generation) else {
            return if self.ring.was_destroyed(subject.entry(), kept.generation) {
                Ok(None)
            } else {
                Err(VaultError::Unkept("its key is not in the ring, and nobody destroyed it"))
            };
        };
        let cipher = kept_cipher(&key).map_err(VaultError::Unkept)?;
        match cipher.open(&subject.nonce(position), KEPT, &mut kept.bytes) {
            Some(plain) => {
                let length = plain.len();
                kept.bytes.truncate(length);
                Ok(Some(Zeroizing::new(kept.bytes)))
            }
            None => Err(VaultError::Unkept("what is stored was not sealed here, or was changed")),
        }
    }
}

/// Whose data a model keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kin {
    /// Names of a person.
    Person(PersonId),
    /// Labels of a structure that somebody typed.
    Structure(StructureId),
}

impl Kin {
    fn entry(self) -> Entry {
        match self {
            Self::Person(person) => Entry::Identity(person),
            Self::Structure(structure) => Entry::Structure(structure),
        }
    }

    fn nonce(self, position: u64) -> NonceBytes {
        let (name, id) = match self {
            Self::Person(person) => ("person", person.to_u128()),
            Self::Structure(structure) => ("structure", structure.to_u128()),
        };
        let hash =
            domain::id::derive(&[NONCE, KEPT, &position.to_be_bytes(), name.as_bytes(), &id.to_be_bytes()]);
        let mut nonce = NonceBytes::default();
        nonce.copy_from_slice(&hash.to_be_bytes()[..12]);
        nonce
    }
}

fn kept_cipher(subject: &Key) -> Result<Cipher, &'static str> {
    let mut key = Key::zero();
    Hkdf::<Sha256>::new(None, subject.bytes()).expand(KEPT, key.bytes_mut()).map_err(|_| NO_KEY)?;
    Ok(Cipher::new(&key))
}

const KEPT: &[u8] = b"preau.kept.v1";
const TOO_LONG: &str = "it is longer than 64 GiB";

struct Walk<'a> {
    ring: &'a Ring,
    event: EventId,
    way: Way,
    done: Result<(), VaultError>,
}

enum Way {
    Shut(u32),
    Open,
}

impl Visit for Walk<'_> {
    fn field(
        &mut self,
        subject: Subject,
        retention: Retention,
        name: &'static str,
        index: u32,
        slot: &mut dyn Slot,
    ) {
        if self.done.is_err() {
            return;
        }
        let (ring, event) = (self.ring, self.event);
        let place = Place { ring, subject, class: Class::of(retention), nonce: nonce(event, name, index) };
        self.done = match self.way {
            Way::Shut(month) => shut(&place, month, slot).map_err(|fault| match fault {
                Fault::Keys(error) => VaultError::Keys(error),
                Fault::Why(why) => VaultError::Unsealable { event, field: name, index, why },
            }),
            Way::Open => {
                open(&place, slot).map_err(|why| VaultError::Unopenable { event, field: name, index, why })
            }
        };
    }
}

/// One field: whose, how long, where.
struct Place<'a> {
    ring: &'a Ring,
    subject: Subject,
    class: Option<Class>,
    nonce: NonceBytes,
}

enum Fault {
    Keys(KeyError),
    Why(&'static str),
}

impl From<KeyError> for Fault {
    fn from(error: KeyError) -> Self {
        Self::Keys(error)
    }
}

fn shut(place: &Place<'_>, month: u32, slot: &mut dyn Slot) -> Result<(), Fault> {
    // The text of a JSON error can hold the value: it goes no further.
    let mut bytes = match slot.plaintext() {
        Some(Ok(bytes)) => bytes,
        Some(Err(_)) => return Err(Fault::Why("its value has no JSON")),
        None if slot.shut_text().is_some() => return Ok(()),
        None => return Err(Fault::Why("it is erased")),
    };
    let (generation, key) = place.ring.get_or_create(entry(place.subject))?;
    let subject = match place.subject {
        Subject::Writing(_, message) => message_key(&key, message).map_err(Fault::Why)?,
        Subject::Identity(_) | Subject::Structure(_) | Subject::Platform => key,
    };
    let month = place.class.map(|class| (class, month));
    let retention = match month {
        Some((class, month)) => Some(place.ring.get_or_create(Entry::Month { class, month })?.1),
        None => None,
    };
    let cipher = cipher(&subject, retention.as_ref()).map_err(Fault::Why)?;
    cipher.seal(&place.nonce, LABEL, &mut bytes, 0).map_err(|_| Fault::Why("it is longer than 64 GiB"))?;
    slot.shut(text::write(generation, month.map(|(_, month)| month), &bytes));
    Ok(())
}

fn open(place: &Place<'_>, slot: &mut dyn Slot) -> Result<(), &'static str> {
    let Some(stored) = slot.shut_text() else { return Ok(()) };
    let Text { generation, month, bytes } =
        Text::read(stored).ok_or("what is stored is not the text of a sealed field")?;
    let month = match (place.class, month) {
        (Some(class), Some(month)) => Some(Entry::Month { class, month }),
        (None, None) => None,
        (Some(_), None) => return Err("a month is missing in what is stored"),
        (None, Some(_)) => return Err("a month is in what is stored and none belongs there"),
    };
    let retention = month.and_then(|month| place.ring.key(month, 0));
    let subject = subject_key(place, generation)?;
    let Some(subject) = subject.filter(|_| month.is_some() == retention.is_some()) else {
        let destroyed = |entry, generation| place.ring.was_destroyed(entry, generation);
        if destroyed(entry(place.subject), generation) || month.is_some_and(|month| destroyed(month, 0)) {
            slot.erase();
            return Ok(());
        }
        return Err("its key is not in the ring, and nobody destroyed it");
    };
    let mut bytes = Zeroizing::new(text::bytes(bytes).ok_or("what is stored is not base64url")?);
    let plain = cipher(&subject, retention.as_ref())?
        .open(&place.nonce, LABEL, &mut bytes)
        .ok_or("what is stored was not sealed here, or was changed")?;
    slot.open(plain).map_err(|_| "what was sealed is not a value of this field")
}

/// Returns the entry whose key seals what is new of `subject`.
fn entry(subject: Subject) -> Entry {
    match subject {
        Subject::Identity(person) => Entry::Identity(person),
        Subject::Writing(person, _) => Entry::Writing(person),
        Subject::Structure(structure) => Entry::Structure(structure),
        Subject::Platform => Entry::Platform,
    }
}

/// Returns the subject's key of that generation, if it still exists.
fn subject_key(place: &Place<'_>, generation: u32) -> Result<Option<Key>, &'static str> {
    let key = place.ring.key(entry(place.subject), generation);
    match (place.subject, key) {
        (Subject::Writing(_, message), Some(key)) => message_key(&key, message).map(Some),
        (Subject::Writing(person, message), None) => {
            Ok(place.ring.key(Entry::WritingMessage(person, message), generation))
        }
        (Subject::Identity(_) | Subject::Structure(_) | Subject::Platform, key) => Ok(key),
    }
}

/// Returns the key of one message from the `Writing` key of its author.
pub(crate) fn message_key(writing: &Key, message: MessageId) -> Result<Key, &'static str> {
    let expand = Hkdf::<Sha256>::from_prk(writing.bytes()).map_err(|_| NO_KEY)?;
    let mut key = Key::zero();
    expand
        .expand_multi_info(&[b"message", &message.to_u128().to_be_bytes()], key.bytes_mut())
        .map_err(|_| NO_KEY)?;
    Ok(key)
}

/// Returns the cipher of a field from the two keys it stands under.
fn cipher(subject: &Key, retention: Option<&Key>) -> Result<Cipher, &'static str> {
    let mut input = Zeroizing::new([0; 64]);
    input[..32].copy_from_slice(subject.bytes());
    let mut length = 32;
    if let Some(retention) = retention {
        input[32..].copy_from_slice(retention.bytes());
        length = 64;
    }
    let mut key = Key::zero();
    Hkdf::<Sha256>::new(None, &input[..length]).expand(INFO, key.bytes_mut()).map_err(|_| NO_KEY)?;
    Ok(Cipher::new(&key))
}

const NO_KEY: &str = "its key cannot be derived";

fn nonce(event: EventId, field: &str, index: u32) -> NonceBytes {
    let hash =
        domain::id::derive(&[NONCE, &event.to_u128().to_be_bytes(), field.as_bytes(), &index.to_be_bytes()]);
    let mut nonce = NonceBytes::default();
    nonce.copy_from_slice(&hash.to_be_bytes()[..12]);
    nonce
}
