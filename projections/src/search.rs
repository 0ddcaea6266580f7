//! Finding people by name.
use crate::people::People;
use crate::world::{At, Impossible};
use domain::Event;
/// Names.
#[derive(Debug, Default)]
pub struct Search {}
impl Search {
    /// Applies one event.
    pub fn apply(&mut self, at: At, event: &Event, people: &People) -> Result<(), Impossible> {
        let _ = (at, event, people);
        Ok(())
    }
}
