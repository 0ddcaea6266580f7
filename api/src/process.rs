//! Forward-only processes: each step can be repeated, is found by a scan at start, and is never undone.

pub mod booking_notices;
pub mod booking_requests;
pub mod checkpoints;
pub mod clock;
pub mod erasures;
pub mod logins;
pub mod notices;
pub mod occurrences;
pub mod resources;
pub mod retention;
pub mod rule_requests;
pub mod snapshots;
#[cfg(test)]
mod testing;
