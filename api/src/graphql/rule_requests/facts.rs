//! Who may ask and who may decide, and what a rule needs to know about it.

use domain::actor::RoleName;
use domain::rule_request::{Change as Asked, Counts};
use domain::{PersonId, RuleRequestId};
use projections::World;
use projections::graph::{Change, Preview};
use projections::rule_requests::{self, RuleRequest as Row, counts};

use crate::failure::{Failure, Result};
use crate::graphql::rules::change::{RuleChangeInput, may_make};
use crate::rights::Rights;

/// What is asked for.
#[derive(Debug)]
pub(super) struct Wanted {
    /// The changes.
    pub changes: Vec<Asked>,
    /// What they would do now.
    pub preview: Counts,
    /// Whether who asks may make all of them.
    pub own: bool,
}

/// Returns what is asked for, if the caller administers or heads some structure.
pub(super) fn wanted(
    world: &World,
    rights: &Rights,
    asked: &[RuleChangeInput],
) -> Result<(RoleName, Wanted)> {
    let role = rights.asks_for_rules().ok_or(Failure::Forbidden)?;
    let changes = asked.iter().map(|asked| asked.asked(world, rights)).collect::<Result<Vec<_>>>()?;
    let own = changes.iter().all(|change| may_make(world, rights, change).is_ok());
    let preview = counts(&world.people, &world.graph.preview(&world.people, &changes));
    let stored = changes.into_iter().map(|change| rule_requests::asked(&world.people, change));
    let changes = stored.collect::<Option<_>>().ok_or(Failure::NotFound)?;
    Ok((role, Wanted { changes, preview, own }))
}

/// Returns the role in which the caller may decide: who may make every change.
pub fn decides(world: &World, rights: &Rights, row: &Row) -> Option<RoleName> {
    let changes = changes(world, row)?;
    let roles = changes.iter().map(|change| may_make(world, rights, change).ok());
    roles.collect::<Option<Vec<_>>>()?.first().copied()
}

/// Checks that the caller may decide. Who asked knows that the request is there, nobody else.
pub(super) fn accepted(
    world: &World,
    rights: &Rights,
    request: RuleRequestId,
    caller: PersonId,
) -> Result<(RoleName, ())> {
    let row = world.rule_requests.get(request).ok_or(Failure::NotFound)?;
    let missing = if row.by == caller { Failure::Forbidden } else { Failure::NotFound };
    decides(world, rights, row).map(|role| (role, ())).ok_or(missing)
}

/// Checks that the caller may decide, or asked.
pub(super) fn refused(
    world: &World,
    rights: &Rights,
    request: RuleRequestId,
    caller: PersonId,
) -> Result<(RoleName, ())> {
    let row = world.rule_requests.get(request).ok_or(Failure::NotFound)?;
    let asker = || (row.by == caller).then(|| rights.asks_for_rules().unwrap_or(RoleName::User));
    decides(world, rights, row).or_else(asker).map(|role| (role, ())).ok_or(Failure::NotFound)
}

/// Returns what a request would do now.
pub fn previewed(world: &World, request: RuleRequestId) -> Result<(Preview, Counts)> {
    let row = world.rule_requests.get(request).ok_or(Failure::NotFound)?;
    let changes = changes(world, row).ok_or(Failure::NotFound)?;
    let preview = world.graph.preview(&world.people, &changes);
    let counts = counts(&world.people, &preview);
    Ok((preview, counts))
}

fn changes(world: &World, row: &Row) -> Option<Vec<Change>> {
    row.changes.iter().map(|asked| rule_requests::change(&world.people, *asked)).collect()
}
