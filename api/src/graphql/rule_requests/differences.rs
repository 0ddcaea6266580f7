//! What a request would do now and did not when it was asked for, or the other way round.

use async_graphql::{Enum, SimpleObject};
use domain::group::Profile as DomainProfile;
use domain::rule_request::{Counts, Pairs};
use domain::{GroupId, RuleRequestId};
use projections::graph::Preview;
use projections::rule_requests::counts;

use super::shown::named;
use crate::graphql::names::NamedGroup;
use crate::graphql::people::Profile;
use crate::graphql::rules::preview::Shown;

/// One number of a preview that is another now.
#[derive(Debug, SimpleObject)]
pub struct PreviewDifference {
    /// Of what.
    kind: PreviewDifferenceKind,
    /// Who reaches, of pairs.
    from: Option<Profile>,
    /// Who is reached, of pairs.
    to: Option<Profile>,
    /// The group whose members begin to reach each other; null of pairs, and if the caller does not see it.
    group: Option<NamedGroup>,
    /// When it was asked for.
    before: u64,
    /// Now.
    now: u64,
}

/// The same before anybody reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// Of what.
    pub kind: PreviewDifferenceKind,
    /// Who reaches and who is reached, of pairs.
    pub ends: Option<(DomainProfile, DomainProfile)>,
    /// The group whose members begin to reach each other.
    pub group: Option<GroupId>,
    /// When it was asked for.
    pub before: u64,
    /// Now.
    pub now: u64,
}

/// What a number of a preview counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum PreviewDifferenceKind {
    /// Ordered pairs that open.
    Opened,
    /// Ordered pairs that close.
    Closed,
    /// Members of a group who begin to reach each other.
    OpenedInside,
    /// Students and relatives among them, where that needs acceptance.
    NeedsAcceptance,
}

/// Returns what is another way in a preview of now.
pub(super) fn of(shown: Shown<'_>, request: RuleRequestId, now: &Preview) -> Vec<PreviewDifference> {
    let Some(row) = shown.world.rule_requests.get(request) else { return vec![] };
    let found = between(&row.preview, &counts(&shown.world.people, now));
    let told = |it: Difference| {
        let (from, to) = it.ends.unzip();
        PreviewDifference {
            kind: it.kind,
            from: from.map(Into::into),
            to: to.map(Into::into),
            group: it.group.and_then(|group| named(shown, group)),
            before: it.before,
            now: it.now,
        }
    };
    found.into_iter().map(told).collect()
}

/// Returns what is another way in some numbers than in others.
pub fn between(before: &Counts, now: &Counts) -> Vec<Difference> {
    let mut found = pairs(PreviewDifferenceKind::Opened, &before.opened, &now.opened);
    found.extend(pairs(PreviewDifferenceKind::Closed, &before.closed, &now.closed));
    let mut groups: Vec<_> =
        [before, now].iter().flat_map(|counts| &counts.opened_inside).map(|inside| inside.group).collect();
    groups.sort_unstable();
    groups.dedup();
    for group in groups {
        let of = |counts: &Counts| {
            let inside = counts.opened_inside.iter().find(|inside| inside.group == group);
            let asks = counts.to_accept.contains(&group);
            let members = inside.map_or(0, |inside| inside.members);
            (members, inside.filter(|_| asks).map_or(0, |inside| inside.students + inside.relatives))
        };
        let ((members, protected), (members_now, protected_now)) = (of(before), of(now));
        let lines = [
            (PreviewDifferenceKind::OpenedInside, members, members_now),
            (PreviewDifferenceKind::NeedsAcceptance, protected, protected_now),
        ];
        for (kind, before, now) in lines.into_iter().filter(|(_, before, now)| before != now) {
            found.push(Difference { kind, ends: None, group: Some(group), before, now });
        }
    }
    found
}

fn pairs(kind: PreviewDifferenceKind, before: &[Pairs], now: &[Pairs]) -> Vec<Difference> {
    let count = |lines: &[Pairs], from, to| {
        lines.iter().find(|line| (line.from, line.to) == (from, to)).map_or(0, |line| line.pairs)
    };
    let all = DomainProfile::ALL;
    let ends = all.into_iter().flat_map(|from| all.into_iter().map(move |to| (from, to)));
    let lines = ends.filter_map(|(from, to)| {
        let (before, now) = (count(before, from, to), count(now, from, to));
        (before != now).then_some(Difference { kind, ends: Some((from, to)), group: None, before, now })
    });
    lines.collect()
}
