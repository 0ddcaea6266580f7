//! A build without Cedar: it is measured by one with `--features cedar`.

use anyhow::Result;
use projections::World;

use super::Pair;
use crate::bench::measure::Samples;

/// Whether this program has it.
pub(super) const HERE: bool = false;

/// Nothing is one of these.
pub(super) enum Cedar {}

impl Cedar {
    /// Returns none.
    #[expect(clippy::unnecessary_wraps, reason = "as with the feature")]
    pub(super) fn of(_: &World) -> Result<Option<Self>> {
        Ok(None)
    }

    /// Is never called.
    pub(super) fn entities(&self) -> usize {
        match *self {}
    }

    /// Is never called.
    pub(super) fn policies(&self) -> usize {
        match *self {}
    }

    /// Is never called.
    pub(super) fn allows(&self, _: Pair, _: &mut Samples) -> Result<bool> {
        match *self {}
    }
}
