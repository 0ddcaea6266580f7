//! What a school does, through the front door: HTTP and the command line of the real binary.
//!
//! Start with [`school::School`], which has one handle for each caller.

mod canary;
mod command_line;
mod files;
mod first_light;
mod kill;
mod preau;
mod school;
