//! What can be asked: one file for each feature, merged in [`schema`].
//!
//! Invariant: GraphQL types live here only; a domain type is never an output object.

#![allow(
    clippy::unused_async,
    reason = "async-graphql takes resolvers that are async, whether they wait or not"
)]

pub mod access;
pub mod account;
pub mod acting;
pub mod audit;
pub mod body;
pub mod bookings;
pub mod common;
pub mod contents;
pub mod credentials;
pub mod domains;
pub mod erasure;
pub mod exceptions;
pub mod explain;
pub mod favourites;
pub mod feeds;
pub mod filled;
pub mod groups;
pub mod incident;
pub mod messaging;
pub mod moments;
pub mod names;
pub mod notices;
pub mod origin;
pub mod people;
pub mod reach;
pub mod recipes;
pub mod resources;
pub mod roles;
pub mod rule_requests;
pub mod rules;
pub mod schema;
pub mod structure;
pub mod timetable;
pub mod world;
