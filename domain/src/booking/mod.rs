//! Booking of resources: what its streams share (`booking.md`).
//!
//! Times are wall clock and zone; the instants they gave when it was decided are what counts and what is stored.
//! Intervals are half-open, in whole minutes.

pub mod level;
pub mod recurrence;
pub mod role;
pub mod slot;
