//! What stands in the place of UmaDB where this program was built without its client: nothing, and how to build it.
//!
//! Invariant: the same functions as in `umadb.rs`; there is no value to call them with.

use std::path::Path;

use anyhow::Result;

use super::{Case, Run};
use crate::failed;

/// Never made.
#[derive(Debug)]
pub(super) enum Umadb {}

impl Umadb {
    #[expect(clippy::unused_async, reason = "as where there is a server")]
    pub(super) async fn start(_program: &Path, _scratch: Option<&Path>) -> Result<Self> {
        Err(failed::input(
            "this preau was built without a client for UmaDB: build it with `cargo build --release -p preau --features umadb` to use --umadb",
        ))
    }

    #[expect(clippy::unused_async, reason = "as where there is a server")]
    pub(super) async fn own_streams(&mut self, _case: Case<'_>) -> Result<Run> {
        match *self {}
    }

    #[expect(clippy::unused_async, reason = "as where there is a server")]
    pub(super) async fn one_stream(&mut self, _case: Case<'_>) -> Result<Run> {
        match *self {}
    }

    #[expect(clippy::unused_async, reason = "as where there is a server")]
    pub(super) async fn events(&mut self) -> Result<usize> {
        match *self {}
    }

    pub(super) fn disk(&self) -> u64 {
        match *self {}
    }

    pub(super) fn memory(&self) -> Option<u64> {
        match *self {}
    }
}
