//! An invented French academy, made from a seed: for the demonstration and for benchmarks.
//!
//! - [`plan`]: who is where, before anything is appended; [`schools`], [`adults`] and [`families`] make it up from
//!   [`names`] and the draws of [`seed`].
//! - [`build`]: the commands that bring it about; [`enrol`]: those of people; [`accounts`]: roles.
//! - [`messages`]: a few weeks of messages; [`letters`]: what stands in them; [`posting`]: sending and answering;
//!   [`openings`]: what readers do; [`filling`]: mailboxes that are full.
//! - [`rooms`]: what is booked.
//!
//! Invariant: whatever is appended was decided by the domain, on what the read models know at that position.

pub mod accounts;
mod adults;
pub mod build;
mod enrol;
mod families;
pub mod filling;
mod letters;
pub mod messages;
mod names;
mod openings;
pub mod plan;
mod posting;
pub mod rooms;
pub mod schools;
pub mod seed;
#[cfg(test)]
mod tests;

pub use plan::Academy;
