//! Empty.

#[allow(dead_code, reason = "the import command calls it")]
mod onde;

fn main() {}
