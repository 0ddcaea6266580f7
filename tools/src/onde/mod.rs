//! ONDE, the base of French primary schools: reads the three files a head teacher exports and says what
//! they would change.
//!
//! Invariant: everything here is pure. Bytes and what is known come in, a [`plan::Plan`] comes out; no
//! clock, no store, no log, and the same input gives the same plan. An import never merges people.
//!
//! Where to start: [`read::read`], then [`reconcile::reconcile`], then [`report`].

pub mod children;
pub mod classes;
pub mod diff;
pub mod encoding;
pub mod facts;
pub mod finding;
pub mod headers;
pub mod known;
pub mod lines;
pub mod matching;
pub mod plan;
pub mod proposals;
pub mod read;
pub mod reconcile;
pub mod records;
pub mod report;
pub mod rows;
pub mod text;

#[cfg(test)]
mod tests;
