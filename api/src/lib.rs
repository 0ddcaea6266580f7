//! The front door: GraphQL over HTTP, sessions, and the processes that run beside them. Thin.
//!
//! - [`node`]: what a mutation does, step by step. Start here.
//! - [`calendar`]: calendars as files, written and read.
//! - [`failure`]: everything that is not data.
//! - [`feed`]: what a calendar program is told by a secret link.
//! - [`front`]: what every resolver has at hand; [`graphql`]: what can be asked, one file for each feature.
//! - [`http`]: the way in: what is read, what is refused unread, what is answered.
//! - [`html`]: pages for people; [`table`]: tables for spreadsheets; [`week`]: the bookings of a week, as both and drawn.
//! - [`importing`]: a calendar file as bookings.
//! - [`operator`]: the socket in the data directory, for whoever may open that.
//! - [`process`]: forward-only processes: the clock, the logins, the erasures, the snapshots, the checkpoints.

pub mod calendar;
pub mod code;
pub mod failure;
pub mod feed;
pub mod front;
pub mod graphql;
pub mod html;
pub mod http;
pub mod importing;
pub mod incident;
pub mod limits;
pub mod matrices;
pub mod node;
pub mod operator;
pub mod password;
pub mod process;
pub mod refusals;
pub mod rights;
pub mod session;
pub mod table;
pub mod texts;
pub mod throttle;
pub mod week;

pub use failure::{Failure, Result};
pub use node::Node;
