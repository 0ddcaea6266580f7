//! The log: one port, its adapters, sealing, and the queue of commands.
//!
//! - [`log`]: the port, [`EventLog`]; what every adapter promises.
//! - [`record`]: the bytes of an event; [`chunk`]: the bytes of a run of them, of which a volume is made.
//! - [`backup`]: the events once more, in files of their own.
//! - [`memory`], [`sled_log`]: the adapters here. `contract` holds the tests every adapter passes.
//! - [`keys`]: the key ring; [`vault`]: sealing and opening of events.
//! - [`tlog`]: proof that nothing was edited: the Merkle tree, checkpoints, bundles.
//! - [`execute`]: commands: one stream at a time, decided on cached state, appended in order.
//! - [`clock`]: the only way to the time.

pub mod backup;
pub mod chunk;
pub mod clock;
#[cfg(test)]
mod contract;
pub mod decode;
mod durable;
pub mod execute;
pub mod keys;
pub mod log;
pub mod memory;
mod plan;
pub mod record;
pub mod sled_log;
pub mod tlog;
pub mod vault;

pub use clock::Clock;
pub use log::{
    Append, AppendError, Appended, EventLog, Expected, LogError, NewEvent, Position, Recorded, Ticket,
};
pub use memory::MemoryLog;
pub use sled_log::SledLog;
