//! Identifiers: 128 bits, written as 26-character ULID text everywhere they are stored or shown.
//!
//! Invariant: an id is derived, never drawn. A command's id comes from its actor and idempotency key,
//! the ids of new things and of events from the command's id and an index, so that the same command
//! gives the same ids on any node, however often it is repeated.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
pub use ulid::Ulid;

use crate::actor::Actor;

/// Returns the first 128 bits of the SHA-256 of `parts`, each preceded by its length (u32, big-endian).
///
/// The length prefix keeps `["ab", "c"]` and `["a", "bc"]` apart.
pub fn derive(parts: &[&[u8]]) -> u128 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        hash.update(part);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let mut first = [0; 16];
    first.copy_from_slice(&digest[..16]);
    u128::from_be_bytes(first)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $label:literal,)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// Returns the id with these 128 bits.
            pub const fn from_u128(bits: u128) -> Self {
                Self(bits)
            }

            /// Returns the 128 bits.
            pub const fn to_u128(self) -> u128 {
                self.0
            }

            /// Returns the id of the `index`-th new thing of this type that `command` makes.
            pub fn derived(command: CommandId, index: u32) -> Self {
                Self(derive(&[b"preau.id.v1", $label.as_bytes(), &command.0.to_be_bytes(), &index.to_be_bytes()]))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = [0; ulid::ULID_LEN];
                f.write_str(Ulid::from(self.0).array_to_str(&mut text))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}-{self}", $label)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                Ulid::from_string(text).map(|id| Self(id.into())).map_err(|_| NotAnId)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut text = [0; ulid::ULID_LEN];
                serializer.serialize_str(Ulid::from(self.0).array_to_str(&mut text))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(UlidText).map(Self)
            }
        }
    )+};
}

ids! {
    /// One command: the same actor with the same idempotency key has the same.
    CommandId = "command",
    /// One event, fixed across retries.
    EventId = "event",
    /// A human's record. Their account is how they log in.
    PersonId = "person",
    /// A school, or an office above schools (établissement).
    StructureId = "structure",
    /// A class (classe, division) of one structure.
    ClassId = "class",
    /// A group (groupe) of any kind; see [`crate::group`].
    GroupId = "group",
    /// A communication rule from one group to another.
    RuleId = "rule",
    /// A message, or the draft it was.
    MessageId = "message",
    /// One run of an import.
    ImportId = "import",
    /// An erasure somebody asked for.
    ErasureId = "erasure",
    /// A request to read contents.
    ContentRequestId = "content-request",
    /// A request for a change of rules.
    RuleRequestId = "rule-request",
    /// A saved list of recipients.
    FavouriteId = "favourite",
    /// A secret link to a calendar.
    FeedId = "feed",
    /// A domain of resources.
    DomainId = "domain",
    /// What can be booked: a room, a trolley of tablets, a vehicle.
    ResourceId = "resource",
    /// A role that was granted on a domain or a resource.
    GrantId = "grant",
    /// A booking, once or as a series.
    BookingId = "booking",
    /// A booking of several resources at once.
    BookingRequestId = "booking-request",
    /// Days or hours on which a structure or a resource is closed.
    ClosureId = "closure",
}

impl CommandId {
    /// Returns the id of the command that `actor` gives under the idempotency `key`.
    ///
    /// The key belongs to the actor: the same key from somebody else is another command.
    pub fn of(actor: &Actor, key: Ulid) -> Self {
        Self(derive(&[b"preau.command.v1", actor.key().as_bytes(), &u128::from(key).to_be_bytes()]))
    }

    /// Returns the id of the `step`-th command that process `name` gives because of `event`.
    pub fn reaction(name: &str, event: EventId, step: u32) -> Self {
        Self(derive(&[
            b"preau.reaction.v1",
            name.as_bytes(),
            &event.to_u128().to_be_bytes(),
            &step.to_be_bytes(),
        ]))
    }
}

/// The text is not the 26 characters of a ULID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an id: 26 characters of 0-9 and A-Z without I, L, O, U are expected")]
pub struct NotAnId;

struct UlidText;

impl serde::de::Visitor<'_> for UlidText {
    type Value = u128;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a ULID of 26 characters")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<u128, E> {
        Ulid::from_string(text).map(u128::from).map_err(|_| E::custom(NotAnId))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_written_as_ulid_text_and_read_back() {
        let id = PersonId::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        assert_eq!(id.to_string().parse(), Ok(id));
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<PersonId>(&json).unwrap(), id);
    }

    #[test]
    fn the_derivation_never_changes() {
        // Stored ids depend on these bytes.
        let command = CommandId::of(&Actor::Operator, Ulid::from(7));
        assert_eq!(command.to_string(), "5QPM4X3SHTHFA78120Z1CYKFYW");
        assert_eq!(PersonId::derived(command, 0).to_string(), "4ZX9F2MKD8S9SFZZ84B0HG4E4Y");
    }

    #[test]
    fn parts_are_kept_apart() {
        assert_ne!(derive(&[b"ab", b"c"]), derive(&[b"a", b"bc"]));
    }
}
