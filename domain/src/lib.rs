//! The rules of a school digital workspace: what may happen.
//!
//! Invariant: this crate has no clock, no randomness, no input or output and no async.
//! Time, ids, the actor and looked-up facts arrive in the command; look at its `Cargo.toml`.
//!
//! Where to start:
//! - [`decider`]: the shape of every rule.
//! - [`event`]: how events are declared and encoded; [`Event`] is the whole table.
//! - [`sealed`]: personal data inside events.
//! - [`structure`], [`person`], [`message`]: the features, one file or folder each.

#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub mod access;
pub mod actor;
pub mod booking;
pub mod booking_request;
pub mod clock;
pub mod contents;
pub mod decider;
pub mod erasure;
pub mod event;
pub mod favourite;
pub mod feed;
pub mod group;
pub mod id;
pub mod import;
pub mod label;
pub mod message;
pub mod meta;
pub mod person;
pub mod reading;
pub mod resource;
pub mod resource_domain;
pub mod retention;
pub mod roster;
pub mod rule_request;
pub mod sealed;
pub mod stream;
pub mod structure;

pub use decider::Decider;
pub use event::Event;
pub use id::{
    BookingId, BookingRequestId, ClassId, ClosureId, CommandId, ContentRequestId, DomainId, ErasureId,
    EventId, FavouriteId, FeedId, GrantId, GroupId, ImportId, MessageId, PersonId, ResourceId, RuleId,
    RuleRequestId, StructureId,
};
pub use label::Label;
pub use meta::Meta;
pub use sealed::{Retention, Sealed, Subject};
pub use stream::StreamId;

/// An instant, in UTC. Stored as RFC 3339 text.
pub type Timestamp = chrono::DateTime<chrono::Utc>;

/// A calendar day, without a zone. Stored as `yyyy-mm-dd`.
pub type Date = chrono::NaiveDate;
