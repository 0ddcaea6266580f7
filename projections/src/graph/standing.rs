//! Which matrix a structure has, and which recipes it took.
//!
//! Invariant: a recipe is here from the event that took it to the one that took it back.

use domain::Label;
use domain::structure::Event as StructureEvent;

use super::fold::{here, since};
use super::{Graph, Since};
use crate::dense::StructureNo;
use crate::people::People;
use crate::world::{At, Impossible};

/// The matrix of a structure: a base matrix plus recipes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The base matrix.
    pub matrix: Option<Named>,
    /// The recipes, in the order in which they were taken.
    pub recipes: Vec<Named>,
}

/// A matrix or a recipe that a structure has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its name.
    pub name: Label,
    /// Its version.
    pub version: u32,
    /// Which event made it so; for a matrix the first of this name and version.
    pub since: Since,
}

impl Graph {
    /// Returns which matrix and which recipes a structure has; none if it has no matrix yet.
    pub fn standing(&self, structure: StructureNo) -> Option<&Standing> {
        self.standings.get(&structure)
    }

    pub(super) fn follow_standing(
        &mut self,
        at: At,
        event: &StructureEvent,
        people: &People,
    ) -> Result<(), Impossible> {
        let standing = self.standings.entry(here(at, people)?).or_default();
        let named = |name: &Label, version| Named { name: name.clone(), version, since: since(at) };
        match event {
            StructureEvent::MatrixApplied(applied) => {
                standing.base(named(&applied.matrix, applied.version));
            }
            StructureEvent::MatrixReset(reset) => standing.base(named(&reset.matrix, reset.version)),
            StructureEvent::RecipeTaken(taken) => {
                standing.recipes.push(named(&taken.share.recipe, taken.share.version));
            }
            StructureEvent::RecipeTakenBack(back) => {
                standing.recipes.retain(|recipe| recipe.name != back.recipe);
            }
            StructureEvent::Created(_)
            | StructureEvent::ClassOpened(_)
            | StructureEvent::ClassClosed(_)
            | StructureEvent::TeachingGroupOpened(_)
            | StructureEvent::FreeGroupCreated(_)
            | StructureEvent::FactGranted(_)
            | StructureEvent::FactRemoved(_)
            | StructureEvent::RuleMade(_)
            | StructureEvent::RuleRemoved(_)
            | StructureEvent::PolicySet(_)
            | StructureEvent::AccessWindowSet(_)
            | StructureEvent::ProfileBlocked(_)
            | StructureEvent::ProfileUnblocked(_)
            | StructureEvent::BroadcastListCreated(_)
            | StructureEvent::ListCriteriaSet(_)
            | StructureEvent::GroupRenamed(_)
            | StructureEvent::GroupHidden(_)
            | StructureEvent::GroupShown(_)
            | StructureEvent::Closed(_)
            | StructureEvent::Reopened(_)
            | StructureEvent::PeriodsSet(_)
            | StructureEvent::ClosureMade(_)
            | StructureEvent::ClosureLifted(_) => {}
        }
        Ok(())
    }
}

impl Standing {
    fn base(&mut self, matrix: Named) {
        let same = |known: &Named| (&known.name, known.version) == (&matrix.name, matrix.version);
        if !self.matrix.as_ref().is_some_and(same) {
            self.matrix = Some(matrix);
        }
    }
}
