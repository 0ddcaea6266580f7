//! Requests for changes of rules as they are shown.
//!
//! Invariant: a group is named only if the reader sees it anyway, or if it is no secret that it is there.

use async_graphql::{ComplexObject, Context, Enum, ID, SimpleObject};
use domain::rule_request::{Change as Asked, Counts, Pairs, Undone};
use domain::sealed::Sealed;
use domain::{GroupId, RuleRequestId};
use projections::World;
use projections::graph::Profiles;
use projections::rule_requests::{Reason, RuleRequest as Row, State};

use super::differences::{self, PreviewDifference};
use super::facts::{decides, previewed};
use crate::failure::Result;
use crate::graphql::acting::Acting;
use crate::graphql::common::{Global, Instant, Listed, Page, UserError, newest_first};
use crate::graphql::erasure;
use crate::graphql::groups::Fact;
use crate::graphql::messaging::names;
use crate::graphql::names::{Correspondent, NamedGroup};
use crate::graphql::rules::change::is_public;
use crate::graphql::rules::preview::{ProfilePairs, RuleChangePreview, Shown};
use crate::graphql::structure::{InternalPolicy, Structure};
use crate::rights::Rights;

/// How far a request for a change of rules is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum RuleChangeRequestState {
    /// Waits for somebody who may decide.
    Asked,
    /// Somebody said no.
    Refused,
    /// Somebody who may make it let it be made; it is being made.
    Accepted,
    /// Made, but for what was refused meanwhile.
    Done,
}

/// A request for a change of rules.
#[derive(Debug, SimpleObject)]
#[graphql(complex)]
pub struct RuleChangeRequest {
    #[graphql(skip)]
    request: RuleRequestId,
    /// Opaque.
    id: ID,
    /// How far it is.
    state: RuleChangeRequestState,
    /// What is asked for, in the order in which it is made.
    changes: Vec<RequestedRuleChange>,
    /// Who asked.
    requested_by: Correspondent,
    /// When.
    requested_at: Instant,
    /// Why.
    reason: Option<String>,
    /// What it would have done when it was asked for.
    preview_then: PreviewCounts,
    /// Whether the caller may decide about it.
    may_decide: bool,
    /// Who accepted or refused it; null while nobody did.
    decided_by: Option<Correspondent>,
    /// When they did.
    decided_at: Option<Instant>,
    /// Why it was refused.
    refusal: Option<String>,
    /// When it was made.
    done_at: Option<Instant>,
}

/// A change that is asked for.
#[derive(Debug, SimpleObject)]
pub struct RequestedRuleChange {
    /// What it is.
    kind: RequestedRuleChangeKind,
    /// The group it changes; where a rule starts. Null if the caller does not see it.
    group: Option<NamedGroup>,
    /// Where a rule ends.
    to: Option<NamedGroup>,
    /// The rule that is removed.
    rule: Option<ID>,
    /// The fact.
    fact: Option<Fact>,
    /// Whether members of `to` are reached one by one because of the rule.
    expose_members: Option<bool>,
    /// The structure whose policy is set.
    structure: Option<Structure>,
    /// The policy.
    policy: Option<InternalPolicy>,
    /// Why it was refused when its turn came, if it was.
    undone: Option<UserError>,
}

/// What a change that is asked for is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum RequestedRuleChangeKind {
    /// A fact of a group gets a reason by hand.
    GrantFact,
    /// A fact of a group loses every reason.
    RemoveFact,
    /// A rule by hand.
    MakeRule,
    /// A rule is no more.
    RemoveRule,
    /// The policy of a structure.
    SetInternalPolicy,
}

/// The numbers of a preview, as they were kept.
#[derive(Debug, SimpleObject)]
pub struct PreviewCounts {
    /// Ordered pairs that open, by the profiles of their ends.
    opened: Vec<ProfilePairs>,
    /// Ordered pairs that close, likewise.
    closed: Vec<ProfilePairs>,
    /// Groups whose members begin to reach each other.
    opened_inside: Vec<InsideCounts>,
    /// Whether students or relatives would reach each other: it takes `accept: [OPENS_MEMBERS]`.
    needs_acceptance: bool,
}

/// A group whose members begin to reach each other.
#[derive(Debug, SimpleObject)]
pub struct InsideCounts {
    /// Which; null if the caller does not see it.
    group: Option<NamedGroup>,
    /// How many members it had.
    members: u64,
    /// How many of them were students.
    students: u64,
    /// How many of them were relatives.
    relatives: u64,
}

/// What of a request is looked at only when asked for.
#[ComplexObject]
impl RuleChangeRequest {
    /// What it would do now; null once somebody decided.
    async fn preview_now(&self, ctx: &Context<'_>) -> Result<Option<RuleChangePreview>> {
        let acting = Acting::of(ctx)?;
        acting.look(|world, rights| {
            let waits = self.state == RuleChangeRequestState::Asked;
            let preview = waits.then(|| previewed(world, self.request)).transpose()?;
            let shown = Shown { acting: &acting, world, rights };
            Ok(preview.map(|(preview, _)| shown.show(&preview)))
        })
    }

    /// What is another way now than when it was asked for; nothing once somebody decided.
    async fn differences(&self, ctx: &Context<'_>) -> Result<Vec<PreviewDifference>> {
        let acting = Acting::of(ctx)?;
        acting.look(|world, rights| {
            if self.state != RuleChangeRequestState::Asked {
                return Ok(vec![]);
            }
            let (preview, _) = previewed(world, self.request)?;
            Ok(differences::of(Shown { acting: &acting, world, rights }, self.request, &preview))
        })
    }
}

/// Returns a page of the requests that the caller sees.
pub(super) fn listed(
    acting: &Acting<'_>,
    world: &World,
    rights: &Rights,
    state: Option<RuleChangeRequestState>,
    page: &Page<RuleRequestId>,
) -> Result<Listed<RuleRequestId, RuleChangeRequest>> {
    let asked = |row: &&Row| state.is_none_or(|state| state == of(&row.state));
    let sees = |row: &&Row| row.by == acting.caller.person || decides(world, rights, row).is_some();
    newest_first(
        page,
        |after| Some(world.rule_requests.get(*after)?.position),
        |before| world.rule_requests.newest(before).filter(asked).filter(sees),
        |row| Ok((row.id, shown(Shown { acting, world, rights }, row)?)),
    )
}

fn of(state: &State) -> RuleChangeRequestState {
    match state {
        State::Asked => RuleChangeRequestState::Asked,
        State::Refused { .. } => RuleChangeRequestState::Refused,
        State::Accepted { done: None, .. } => RuleChangeRequestState::Accepted,
        State::Accepted { done: Some(_), .. } => RuleChangeRequestState::Done,
    }
}

/// Returns a request, its reasons open, for somebody who may see it.
pub(super) fn shown(shown: Shown<'_>, row: &Row) -> Result<RuleChangeRequest> {
    let Shown { acting, world, rights } = shown;
    let names = names(acting, world);
    let opened = |reason: &Reason| {
        let sealed: &Sealed<String> = &reason.text;
        erasure::reason(acting, reason.event, sealed)
    };
    let (decided, refusal, done, undone): (_, _, _, &[Undone]) = match &row.state {
        State::Asked => (None, None, None, &[]),
        State::Refused { by, at, reason } => (Some((*by, *at)), opened(reason)?, None, &[]),
        State::Accepted { by, at, done, undone, .. } => (Some((*by, *at)), None, *done, undone),
    };
    let changes = row.changes.iter().zip(0..).map(|(asked, place)| {
        let undone = undone.iter().find(|undone| undone.place == place);
        let undone = undone.map(|undone| acting.refused(undone.code.as_str(), None));
        RequestedRuleChange { undone, ..change(shown, *asked) }
    });
    Ok(RuleChangeRequest {
        request: row.id,
        id: row.id.global(),
        state: of(&row.state),
        changes: changes.collect(),
        requested_by: names.person_by_id(row.by),
        requested_at: Instant(row.requested_at),
        reason: opened(&row.reason)?,
        preview_then: counts(shown, &row.preview),
        may_decide: decides(world, rights, row).is_some(),
        decided_by: decided.map(|(by, _)| names.person_by_id(by)),
        decided_at: decided.map(|(_, at)| Instant(at)),
        refusal,
        done_at: done.map(Instant),
    })
}

fn change(shown: Shown<'_>, asked: Asked) -> RequestedRuleChange {
    let group = |group| named(shown, group);
    let bare = |kind| RequestedRuleChange {
        kind,
        group: None,
        to: None,
        rule: None,
        fact: None,
        expose_members: None,
        structure: None,
        policy: None,
        undone: None,
    };
    match asked {
        Asked::GrantFact { group: of, fact } => RequestedRuleChange {
            group: group(of),
            fact: Some(fact.into()),
            ..bare(RequestedRuleChangeKind::GrantFact)
        },
        Asked::RemoveFact { group: of, fact } => RequestedRuleChange {
            group: group(of),
            fact: Some(fact.into()),
            ..bare(RequestedRuleChangeKind::RemoveFact)
        },
        Asked::MakeRule { from, to, exposes_members } => RequestedRuleChange {
            group: group(from),
            to: group(to),
            expose_members: Some(exposes_members),
            ..bare(RequestedRuleChangeKind::MakeRule)
        },
        Asked::RemoveRule { rule } => {
            let Shown { world, .. } = shown;
            let ends = world.graph.rule_ever(rule).map(|(rule, _)| [rule.from, rule.to]);
            let end = |place: usize| group(world.people.group_id(ends?[place])?);
            let (group, to, rule) = (end(0), end(1), Some(rule.global()));
            RequestedRuleChange { group, to, rule, ..bare(RequestedRuleChangeKind::RemoveRule) }
        }
        Asked::SetPolicy { structure, policy } => RequestedRuleChange {
            structure: Structure::by_id(shown.world, structure),
            policy: Some(policy.into()),
            ..bare(RequestedRuleChangeKind::SetInternalPolicy)
        },
    }
}

/// Returns a group, if the reader sees it or if it is no secret that it is there.
pub(super) fn named(shown: Shown<'_>, group: GroupId) -> Option<NamedGroup> {
    let Shown { acting, world, rights } = shown;
    let number = world.people.group(group)?;
    let seen = is_public(world, number) || rights.sees_group(world, number);
    seen.then(|| names(acting, world).group(number))
}

fn counts(shown: Shown<'_>, counts: &Counts) -> PreviewCounts {
    let pairs = |lines: &[Pairs]| -> Vec<_> {
        let line = |line: &Pairs| Profiles { from: line.from, to: line.to, pairs: line.pairs };
        lines.iter().map(line).map(|line| ProfilePairs::of(&line)).collect()
    };
    let inside = counts.opened_inside.iter().map(|inside| InsideCounts {
        group: named(shown, inside.group),
        members: inside.members,
        students: inside.students,
        relatives: inside.relatives,
    });
    PreviewCounts {
        opened: pairs(&counts.opened),
        closed: pairs(&counts.closed),
        opened_inside: inside.collect(),
        needs_acceptance: !counts.to_accept.is_empty(),
    }
}
