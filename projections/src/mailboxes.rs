//! Mailboxes: feeds cut to membership intervals (`architecture.md`, Mailboxes: what a delivery is).

use domain::Event;

use crate::people::{Change, People};
use crate::world::{At, Impossible};

/// Who got what.
#[derive(Debug, Default)]
pub struct Mailboxes {}

impl Mailboxes {
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
