//! What a key of the ring is for, and the bytes of a record that holds one.
//!
//! | Bytes | |
//! |---|---|
//! | 1 | kind: below; the high bit says "no key, and none below this generation" |
//! | 16 | id, big-endian |
//! | 4 | generation, big-endian |
//! | 16 | id of the message, big-endian; kind 7 only |
//! | 32 | the key; not with the high bit |
//!
//! | Kind | Id |
//! |---|---|
//! | 1 identity, 2 writing | the person |
//! | 3 structure | the structure |
//! | 4 platform | 0 |
//! | 5 month | class (1 connection, 2 message, 3 register, 4 import) × 2³² + yyyymm |
//! | 6 secret | 1 login, 2 code, 3 variables, 4 checkpoint |
//! | 7 one message | the person, then the message |
//!
//! Invariant: a number given here never changes its meaning.

use std::fmt;

use domain::retention::DataClass;
use domain::{MessageId, PersonId, Retention, StructureId};
use zeroize::Zeroizing;

use super::error::KeyError;

/// 256 bits nobody else knows. Overwritten when dropped; has no text.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// Returns a new key from the randomness of the machine.
    pub fn random() -> Result<Self, KeyError> {
        let mut key = Self::zero();
        getrandom::fill(key.0.as_mut_slice()).map_err(KeyError::NoRandomness)?;
        Ok(key)
    }

    /// Returns a place to write a key into.
    pub(crate) fn zero() -> Self {
        Self(Zeroizing::new([0; 32]))
    }

    /// Returns the bytes.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns the bytes, to be written.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8; 32] {
        &mut self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// What a key of the ring is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Entry {
    /// Who a person is.
    Identity(PersonId),
    /// What a person wrote; each message has a key derived from it.
    Writing(PersonId),
    /// One message whose author's `Writing` key of that generation was destroyed for another message.
    WritingMessage(PersonId, MessageId),
    /// What a structure publishes.
    Structure(StructureId),
    /// What belongs to no person and no structure.
    Platform,
    /// What a class of data recorded in a month needs beside its subject.
    Month {
        /// Which data.
        class: Class,
        /// The month as a number, yyyymm.
        month: u32,
    },
    /// A secret of the platform; never rotated, never destroyed.
    Secret(Secret),
}

/// A class of data that ends by the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Sign-ins and addresses.
    Connection,
    /// Messages and drafts.
    Message,
    /// Roll call and absences.
    Register,
    /// Import reports.
    Import,
}

impl Class {
    const ALL: [Self; 4] = [Self::Connection, Self::Message, Self::Register, Self::Import];

    /// Returns the class of a retention; what lives as long as its subject has none.
    pub fn of(retention: Retention) -> Option<Self> {
        match retention {
            Retention::Life => None,
            Retention::Connection => Some(Self::Connection),
            Retention::Message => Some(Self::Message),
            Retention::Register => Some(Self::Register),
            Retention::Import => Some(Self::Import),
        }
    }

    /// Returns the class of data that ends by the month.
    pub fn of_data(class: DataClass) -> Self {
        match class {
            DataClass::Connection => Self::Connection,
            DataClass::Message => Self::Message,
            DataClass::Register => Self::Register,
            DataClass::Import => Self::Import,
        }
    }

    fn code(self) -> u32 {
        match self {
            Self::Connection => 1,
            Self::Message => 2,
            Self::Register => 3,
            Self::Import => 4,
        }
    }
}

/// A secret of the platform, for keyed hashes and signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Secret {
    /// Digests of logins, which name streams.
    Login,
    /// Digests of activation codes.
    Code,
    /// Hashes of the variables of commands.
    Variables,
    /// The key that signs checkpoints of the log is derived from it.
    Checkpoint,
}

impl Secret {
    const ALL: [Self; 4] = [Self::Login, Self::Code, Self::Variables, Self::Checkpoint];

    fn code(self) -> u32 {
        match self {
            Self::Login => 1,
            Self::Code => 2,
            Self::Variables => 3,
            Self::Checkpoint => 4,
        }
    }
}

const KIND_ONE_MESSAGE: u8 = 7;
/// The bit of a kind that says that the keys were destroyed.
pub(super) const NO_KEY: u8 = 0x80;

impl Entry {
    /// Returns the kind and the id of the record.
    pub(super) fn code(self) -> (u8, u128) {
        match self {
            Self::Identity(person) => (1, person.to_u128()),
            Self::Writing(person) => (2, person.to_u128()),
            Self::Structure(structure) => (3, structure.to_u128()),
            Self::Platform => (4, 0),
            Self::Month { class, month } => (5, u128::from(class.code()) << 32 | u128::from(month)),
            Self::Secret(secret) => (6, u128::from(secret.code())),
            Self::WritingMessage(person, _) => (KIND_ONE_MESSAGE, person.to_u128()),
        }
    }

    pub(super) fn decode(kind: u8, id: u128, message: Option<u128>) -> Option<Self> {
        Some(match kind {
            1 => Self::Identity(PersonId::from_u128(id)),
            2 => Self::Writing(PersonId::from_u128(id)),
            3 => Self::Structure(StructureId::from_u128(id)),
            4 if id == 0 => Self::Platform,
            5 => {
                let (class, month) = (u32::try_from(id >> 32).ok()?, u32::try_from(id & 0xffff_ffff).ok()?);
                Self::Month { class: Class::ALL.into_iter().find(|it| it.code() == class)?, month }
            }
            6 => Self::Secret(Secret::ALL.into_iter().find(|it| u128::from(it.code()) == id)?),
            KIND_ONE_MESSAGE => Self::WritingMessage(PersonId::from_u128(id), MessageId::from_u128(message?)),
            _ => return None,
        })
    }

    /// Returns whether a destroyed key of this entry is followed by one of the next generation.
    pub(super) fn comes_again(self) -> bool {
        match self {
            Self::Identity(_) | Self::Writing(_) | Self::Structure(_) | Self::Platform => true,
            Self::WritingMessage(..) | Self::Month { .. } | Self::Secret(_) => false,
        }
    }
}

/// A key as the files of the ring hold it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub entry: Entry,
    pub generation: u32,
    /// `None`: all keys of earlier generations were destroyed.
    pub key: Option<Key>,
}

impl Record {
    /// The most bytes one takes.
    pub const MAX: usize = 1 + 16 + 4 + 16 + 32;

    /// Appends the bytes of the record.
    pub fn encode(&self, to: &mut Vec<u8>) {
        encode(self.entry, self.generation, self.key.as_ref(), to);
    }

    /// Takes one record from the front of `bytes`. `None`: these are not the bytes of one.
    pub fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let [kind] = take(bytes)?;
        let id = u128::from_be_bytes(take(bytes)?);
        let generation = u32::from_be_bytes(take(bytes)?);
        let message = match kind & !NO_KEY {
            KIND_ONE_MESSAGE => Some(u128::from_be_bytes(take(bytes)?)),
            _ => None,
        };
        let key = if kind & NO_KEY == 0 {
            let mut key = Key::zero();
            let (first, rest) = bytes.split_first_chunk::<32>()?;
            key.bytes_mut().copy_from_slice(first);
            *bytes = rest;
            Some(key)
        } else {
            None
        };
        Some(Self { entry: Entry::decode(kind & !NO_KEY, id, message)?, generation, key })
    }
}

/// Appends the bytes of a record; nothing is copied before.
pub(super) fn encode(entry: Entry, generation: u32, key: Option<&Key>, to: &mut Vec<u8>) {
    let (kind, id) = entry.code();
    to.push(if key.is_some() { kind } else { kind | NO_KEY });
    to.extend_from_slice(&id.to_be_bytes());
    to.extend_from_slice(&generation.to_be_bytes());
    if let Entry::WritingMessage(_, message) = entry {
        to.extend_from_slice(&message.to_u128().to_be_bytes());
    }
    if let Some(key) = key {
        to.extend_from_slice(key.bytes());
    }
}

/// Takes the first `N` bytes.
fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_read_back_and_its_bytes_never_change() {
        let (person, message) = (PersonId::from_u128(0xa1), MessageId::from_u128(0xb2));
        let cases = [
            (Entry::Identity(person), "01", "a1", ""),
            (Entry::Writing(person), "02", "a1", ""),
            (Entry::WritingMessage(person, message), "07", "a1", "000000000000000000000000000000b2"),
            (Entry::Structure(StructureId::from_u128(0xc3)), "03", "c3", ""),
            (Entry::Platform, "04", "0", ""),
            (Entry::Month { class: Class::Connection, month: 202_609 }, "05", "100031771", ""),
            (Entry::Month { class: Class::Message, month: 202_609 }, "05", "200031771", ""),
            (Entry::Month { class: Class::Register, month: 202_609 }, "05", "300031771", ""),
            (Entry::Month { class: Class::Import, month: 202_609 }, "05", "400031771", ""),
            (Entry::Secret(Secret::Login), "06", "1", ""),
            (Entry::Secret(Secret::Code), "06", "2", ""),
            (Entry::Secret(Secret::Variables), "06", "3", ""),
            (Entry::Secret(Secret::Checkpoint), "06", "4", ""),
        ];
        for (entry, kind, id, message) in cases {
            let mut key = Key::zero();
            key.bytes_mut().fill(0x5a);
            let record = Record { entry, generation: 3, key: Some(key) };
            let mut bytes = Vec::new();
            record.encode(&mut bytes);
            let expected = format!("{kind}{id:0>32}00000003{message}{}", "5a".repeat(32));
            assert_eq!(super::super::hex(&bytes), expected);
            assert!(bytes.len() <= Record::MAX);
            assert_eq!(Record::decode(&mut &bytes[..]), Some(record));
            let gone = Record { entry, generation: 3, key: None };
            bytes.clear();
            gone.encode(&mut bytes);
            assert_eq!(Record::decode(&mut &bytes[..]), Some(gone));
        }
    }

    #[test]
    fn an_unknown_kind_and_a_short_record_are_not_read() {
        let mut bytes = Vec::new();
        encode(Entry::Platform, 0, Some(&Key::zero()), &mut bytes);
        for kind in [0, 8, 0x7f] {
            bytes[0] = kind;
            assert_eq!(Record::decode(&mut &bytes[..]), None);
        }
        bytes[0] = 4;
        assert_eq!(Record::decode(&mut &bytes[..52]), None);
    }
}
