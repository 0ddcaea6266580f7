//! What is read: one file for each read model, fold and queries together, in memory, on dense numbers.
//!
//! Invariants: a projection never decides, never writes events, never fails on an event it knows; what cannot
//! happen stops it loudly with the position. It can be dropped at any moment and comes back the same.
//!
//! - [`world`]: the core models in lock-step, and their position. Start here.
//! - [`people`]: who there is, and the memberships in force. [`search`]: finding people by name.
//! - [`graph`]: the rule graph; the one implementation of reach.
//! - [`occurrences`]: where in the log somebody occurs, on the disk. [`about`]: whom an event is about.
//! - [`live`]: the runner. [`memory`]: what each part takes.
//! - [`mailboxes`]: feeds cut to membership intervals, and unread counters. [`trace`]: the life of one message.

#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

pub mod about;
pub mod calendars;
pub mod contents;
pub mod dense;
pub mod erasures;
pub mod favourites;
pub mod feeds;
pub mod graph;
pub mod live;
#[cfg(test)]
mod lives;
pub mod mailboxes;
pub mod memory;
pub mod occurrences;
pub mod past;
pub mod people;
mod replay;
pub mod requests;
pub mod resources;
mod rows;
pub mod rule_requests;
pub mod search;
pub mod snapshot;
#[cfg(test)]
mod testing;
pub mod trace;
pub mod world;

pub use dense::{GroupNo, MessageNo, PersonNo};
pub use live::Live;
pub use world::{At, Impossible, World};
