//! What a matrix, a recipe, its end or a reset would open and close.
//!
//! Invariant: what is looked at was decided by the structure itself, as if it happened now.

use domain::GroupId;
use domain::group::InternalPolicy;
use domain::structure::Adjustment;

use super::overlay::{LATER, Overlay};
use super::{Preview, Warning};
use crate::dense::StructureNo;
use crate::graph::adjusting::adjust;
use crate::graph::says::Changes as _;
use crate::graph::{Graph, Policy};
use crate::people::People;

impl Graph {
    /// Returns what an adjustment would do now; `policy` is set first if there is one, and `left` are groups that it is
    /// about and leaves as they are.
    pub fn preview_adjustment(
        &self,
        people: &People,
        policy: Option<(StructureNo, InternalPolicy)>,
        change: &Adjustment,
        left: &[GroupId],
    ) -> Preview {
        let after = |accepted: Vec<GroupId>| {
            let mut overlay = Overlay::over(self);
            if let Some((structure, policy)) = policy {
                let policy = Policy { policy, accepted: accepted.clone() };
                overlay.change_policy(LATER, people, structure, policy);
            }
            adjust(&mut overlay, LATER, people, &Adjustment { accepted, ..change.clone() });
            overlay
        };
        let plain = after(change.accepted.clone());
        let to_accept = plain.to_accept(people);
        let more = to_accept.iter().filter_map(|group| people.group_id(*group));
        let accepted: Vec<_> = change.accepted.iter().copied().chain(more).collect();
        let after = if to_accept.is_empty() { plain } else { after(accepted) };
        let mut preview = self.look(people, &after, to_accept);
        self.warn(people, &[], &after, &mut preview.warnings);
        let left = left.iter().filter_map(|group| people.group(*group));
        preview.warnings.extend(left.map(|group| (None, Warning::LeftAlone(group))));
        preview
    }
}
