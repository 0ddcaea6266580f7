//! The rule graph: the one implementation of reach (`communication.md` section 3).

use domain::Event;

use crate::people::{Change, People};
use crate::world::{At, Impossible};

/// Who may write to whom.
#[derive(Debug, Default)]
pub struct Graph {}

impl Graph {
    /// Applies one event; `people` are as they are after it, `changes` are the memberships it began and ended.
    pub fn apply(
        &mut self,
        at: At,
        event: &Event,
        people: &People,
        changes: &[Change],
    ) -> Result<(), Impossible> {
        let _ = (at, event, people, changes);
        Ok(())
    }
}
