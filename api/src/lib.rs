//! The front door: GraphQL over HTTP, sessions, and the processes that run beside them. Thin.
//!
//! - [`node`]: what a mutation does, step by step. Start here.
//! - [`failure`]: everything that is not data.
//! - [`process`]: forward-only processes: the clock and the logins.

pub mod failure;
pub mod node;
pub mod process;

pub use failure::{Failure, Result};
pub use node::Node;
