//! What can be asked: one file for each feature, merged in [`schema`].
//!
//! Invariant: GraphQL types live here only; a domain type is never an output object.

pub mod account;
pub mod common;
pub mod schema;
