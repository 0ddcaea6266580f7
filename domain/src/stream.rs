//! Names of streams: what owns which events (`ARCHITECTURE.md`, Streams).

use std::fmt;

use crate::id::{
    BookingRequestId, ContentRequestId, DomainId, ErasureId, GroupId, MessageId, PersonId, ResourceId,
    RuleRequestId, StructureId,
};

/// The name of a stream: `<what>-<id>`, ASCII, at most 100 bytes, nothing personal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(Box<str>);

impl StreamId {
    /// The one stream of settings that belong to no structure.
    pub fn platform() -> Self {
        Self("platform".into())
    }

    /// The structure, its classes, groups, facts, rules, policy and matrix.
    pub fn structure(id: StructureId) -> Self {
        Self(format!("structure-{id}").into())
    }

    /// Members and managers of a free group, or whom somebody put into a broadcast list or took out.
    pub fn group(id: GroupId) -> Self {
        Self(format!("group-{id}").into())
    }

    /// The recipients that a person saved.
    pub fn favourites(id: PersonId) -> Self {
        Self(format!("favourites-{id}").into())
    }

    /// The secret links to calendars that a person opened.
    pub fn feeds(id: PersonId) -> Self {
        Self(format!("feeds-{id}").into())
    }

    /// Identity, attachments, functions, account and credentials.
    pub fn person(id: PersonId) -> Self {
        Self(format!("person-{id}").into())
    }

    /// Who holds a login; `digest` is lower-case hexadecimal.
    pub fn login(digest: &str) -> Self {
        Self(format!("login-{digest}").into())
    }

    /// What the author and the moderators of a message did.
    pub fn message(id: MessageId) -> Self {
        Self(format!("message-{id}").into())
    }

    /// Who opened a message.
    pub fn openings(id: MessageId) -> Self {
        Self(format!("openings-{id}").into())
    }

    /// What a person did with single copies.
    pub fn copies(id: PersonId) -> Self {
        Self(format!("copies-{id}").into())
    }

    /// All imports of a structure.
    pub fn imports(id: StructureId) -> Self {
        Self(format!("imports-{id}").into())
    }

    /// An erasure, from its request to its end.
    pub fn erasure(id: ErasureId) -> Self {
        Self(format!("erasure-{id}").into())
    }

    /// A request to read contents, its approval and every reading.
    pub fn contents(id: ContentRequestId) -> Self {
        Self(format!("contents-{id}").into())
    }

    /// A request for a change of rules, what was decided and what became of it.
    pub fn rule_request(id: RuleRequestId) -> Self {
        Self(format!("rule-request-{id}").into())
    }

    /// A domain of resources: the list of them, and the roles granted on it and on each.
    pub fn domain(id: DomainId) -> Self {
        Self(format!("domain-{id}").into())
    }

    /// A resource, its rules and its bookings.
    pub fn resource(id: ResourceId) -> Self {
        Self(format!("resource-{id}").into())
    }

    /// A booking of several resources at once, and what became of it.
    pub fn booking_request(id: BookingRequestId) -> Self {
        Self(format!("booking-request-{id}").into())
    }

    /// Refused accesses of a month (yyyymm): to accounts of a structure, or to none of any.
    pub fn access(structure: Option<StructureId>, month: u32) -> Self {
        match structure {
            Some(structure) => Self(format!("access-{structure}-{month}").into()),
            None => Self(format!("access-platform-{month}").into()),
        }
    }

    /// The months that ended, of every class of data.
    pub fn retention() -> Self {
        Self("retention".into())
    }

    /// The days that began in a time zone; `Europe/Paris` is `clock-Europe-Paris`.
    pub fn clock(zone: &str) -> Self {
        Self(format!("clock-{}", zone.replace('/', "-")).into())
    }

    /// Reads a stream name as stored.
    pub fn parse(text: &str) -> Result<Self, NotAStream> {
        let fits = !text.is_empty() && text.len() <= 100;
        if fits && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'+')) {
            Ok(Self(text.into()))
        } else {
            Err(NotAStream)
        }
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what stands before the first dash: `person`, `structure`, …
    pub fn category(&self) -> &str {
        self.0.split_once('-').map_or(&*self.0, |(category, _)| category)
    }

    /// Returns what stands after the first dash; empty if there is none.
    pub fn key(&self) -> &str {
        self.0.split_once('-').map_or("", |(_, key)| key)
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a stream name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a stream: 1 to 100 letters, digits and dashes are expected")]
pub struct NotAStream;
