//! What a school does, through the front door: HTTP and the command line of the real binary.
//!
//! Start with [`school::School`], which has one handle for each caller.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::needless_pass_by_value,
    reason = "a test that cannot go on panics, and its driver is part of it"
)]

mod access;
mod backup;
mod bench;
mod booking_line;
mod booking_roles;
mod bookings;
mod canary;
#[path = "../../api/tests/python/mod.rs"]
mod client;
mod command_line;
mod contents;
mod demo;
mod directory;
mod doctor;
mod domains;
mod drafts;
mod draw;
mod erasure;
mod exceptions;
mod explain;
mod export;
mod feeds;
mod files;
mod first_light;
mod groups;
mod importing;
mod incident;
mod interrupted;
mod kill;
mod load;
mod occurrences;
mod operator;
mod past;
mod preau;
mod proof;
mod questions;
mod quotas;
mod recipes;
mod refused;
mod requests_line;
mod rule_requests;
mod rules;
mod school;
mod scope;
mod signing_in;
mod timetable;
mod trace;
mod week;
