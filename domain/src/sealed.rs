//! Personal data inside events.
//!
//! Invariant: this crate knows no cipher. A [`Sealed`] value is written only once it is shut and is
//! read back shut; who holds the keys opens it. No rule depends on what is in one, except "same as before".

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::{MessageId, PersonId, StructureId};

/// Personal data: open in memory, ciphertext in the log, or gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sealed<T> {
    /// The value itself. Serialising it is an error.
    Open(T),
    /// As it stands in the log.
    Shut(Box<str>),
    /// The key was destroyed.
    Erased,
}

impl<T> Sealed<T> {
    /// Returns the value if it is open.
    pub fn open(&self) -> Option<&T> {
        match self {
            Self::Open(value) => Some(value),
            Self::Shut(_) | Self::Erased => None,
        }
    }

    /// Returns the value if it is open.
    pub fn into_open(self) -> Option<T> {
        match self {
            Self::Open(value) => Some(value),
            Self::Shut(_) | Self::Erased => None,
        }
    }
}

impl<T> From<T> for Sealed<T> {
    fn from(value: T) -> Self {
        Self::Open(value)
    }
}

impl<T> Serialize for Sealed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Shut(text) => serializer.serialize_str(text),
            Self::Open(_) => Err(serde::ser::Error::custom("a sealed field was left open")),
            Self::Erased => Err(serde::ser::Error::custom("an erased field cannot be written")),
        }
    }
}

impl<'de, T> Deserialize<'de> for Sealed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<str>::deserialize(deserializer).map(Self::Shut)
    }
}

/// Whose data a sealed field is: the first of its two keys.
///
/// Destroying a subject's key erases the subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// Names, contact data, notes and reasons about a person, connection data.
    Identity(PersonId),
    /// What a person wrote. Each message has a key of its own, derived from the person's.
    Writing(PersonId, MessageId),
    /// What a structure publishes, import reports, typed labels.
    Structure(StructureId),
    /// What belongs to no person and no structure: reasons of operators.
    Platform,
}

/// How long a sealed field may live: the second of its two keys, one for each class and month of recording.
///
/// Destroying a month's key ends that class of that month for everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Retention {
    /// As long as the subject; has no key.
    Life,
    /// Sign-ins and addresses.
    Connection,
    /// Messages and drafts.
    Message,
    /// Roll call and absences.
    Register,
    /// Import reports.
    Import,
}

/// What walks over the sealed fields of an event.
pub trait Visit {
    /// Meets one field. `name` and `index` are unique within the event; `index` is 0 unless the field is in a list.
    fn field(
        &mut self,
        subject: Subject,
        retention: Retention,
        name: &'static str,
        index: u32,
        slot: &mut dyn Slot,
    );
}

/// One sealed field, whatever its type.
pub trait Slot {
    /// Returns the JSON of the value if it is open.
    fn plaintext(&self) -> Option<Result<Vec<u8>, serde_json::Error>>;
    /// Returns the text as stored if it is shut.
    fn shut_text(&self) -> Option<&str>;
    /// Replaces the value by its stored text.
    fn shut(&mut self, text: Box<str>);
    /// Replaces the stored text by the value read from `plaintext`.
    fn open(&mut self, plaintext: &[u8]) -> Result<(), serde_json::Error>;
    /// Says that the key is gone.
    fn erase(&mut self);
}

impl<T: Serialize + DeserializeOwned> Slot for Sealed<T> {
    fn plaintext(&self) -> Option<Result<Vec<u8>, serde_json::Error>> {
        self.open().map(serde_json::to_vec)
    }

    fn shut_text(&self) -> Option<&str> {
        match self {
            Self::Shut(text) => Some(text),
            Self::Open(_) | Self::Erased => None,
        }
    }

    fn shut(&mut self, text: Box<str>) {
        *self = Self::Shut(text);
    }

    fn open(&mut self, plaintext: &[u8]) -> Result<(), serde_json::Error> {
        *self = Self::Open(serde_json::from_slice(plaintext)?);
        Ok(())
    }

    fn erase(&mut self) {
        *self = Self::Erased;
    }
}

/// What carries sealed fields. The default has none.
pub trait Carries {
    /// Shows each sealed field to `visit`, with whose it is and how long it lives.
    fn each(&mut self, visit: &mut dyn Visit) {
        let _ = visit;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_value_is_never_written() {
        assert!(serde_json::to_string(&Sealed::Open("Odile".to_owned())).is_err());
    }

    #[test]
    fn what_is_read_is_shut() {
        let read: Sealed<String> = serde_json::from_str("\"v1\"").unwrap();
        assert_eq!(read, Sealed::Shut("v1".into()));
        assert_eq!(serde_json::to_string(&read).unwrap(), "\"v1\"");
    }
}
