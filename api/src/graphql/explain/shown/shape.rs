//! What the engine explains, put into the types of the schema.
//!
//! Invariant: nothing here asks for rights; whoever shows an explanation has checked them.

use domain::ClassId;
use domain::group::Fact as DomainFact;
use projections::dense::StructureNo;
use projections::graph::change::Change;
use projections::graph::explain::{Authority, Explanation, Fix, Miss, Missing, Remedy, Route, Step};
use projections::graph::{Because, Cause, Since, Target};
use projections::{GroupNo, PersonNo};

use super::{
    ExplainedPath, FactCause, FactReason, FixAuthority, ReachExplanation, ReachFix, ReachFixKind, ReachGap,
    ReachGapKind, ReachMiss, ReachStep, ReachStepKind,
};
use crate::graphql::common::Global;
use crate::graphql::explain::previewed::FixPreview;
use crate::graphql::explain::words::{Words, sentence};
use crate::graphql::names::{Correspondent, NamedGroup};
use crate::graphql::structure::{Class, Structure};

impl ReachExplanation {
    /// Shows all of an explanation.
    pub fn whole(words: &Words<'_>, me: PersonNo, target: Target, all: &Explanation) -> Self {
        let paths = all.routes.iter().map(|route| path(words, route));
        Self {
            allowed: !all.routes.is_empty(),
            sentence: words.verdict(me, target, all),
            paths: paths.collect(),
            misses: all.misses.iter().map(|found| miss(words, found)).collect(),
            ask_administrator: false,
        }
    }

    /// Shows what is missing about the asker, and nothing of whom they asked for.
    pub(in crate::graphql::explain) fn of_oneself(words: &Words<'_>, missing: &[Missing]) -> Self {
        let one = |missing: &Missing| Miss { from: None, to: None, missing: vec![*missing] };
        Self {
            allowed: false,
            sentence: sentence(&words.names.say("explain.ask")),
            paths: vec![],
            misses: missing.iter().map(|missing| miss(words, &one(missing))).collect(),
            ask_administrator: true,
        }
    }
}

fn path(words: &Words<'_>, route: &Route) -> ExplainedPath {
    let steps = route.steps.iter().map(|found| step(words, found)).collect();
    ExplainedPath { sentence: words.route(route), steps }
}

fn step(words: &Words<'_>, step: &Step) -> ReachStep {
    let names = &words.names;
    let origin = |position| words.origins.shown(names, position);
    let mut shown = ReachStep {
        kind: ReachStepKind::Member,
        sentence: words.step(step),
        person: None,
        child: None,
        linked: None,
        group: None,
        to: None,
        rule: None,
        by_matrix: None,
        since: None,
        reasons: vec![],
    };
    match step {
        Step::Member { person, group } => {
            (shown.person, shown.group) = (Some(names.person(*person)), Some(names.group(*group)));
            shown.since = words.member_since(*person, *group).and_then(origin);
        }
        Step::States { group, fact, because, implied } => {
            shown.kind = match fact {
                DomainFact::Uses => ReachStepKind::Uses,
                DomainFact::Exposes => ReachStepKind::Exposes,
                DomainFact::Internal => ReachStepKind::Internal,
            };
            shown.group = Some(names.group(*group));
            let implied = implied.map(|implied| FactReason {
                cause: FactCause::Implied,
                rule: None,
                accepted: !implied.waiting,
                since: origin(implied.since.position),
            });
            shown.reasons = because.iter().map(|because| reason(words, because)).chain(implied).collect();
        }
        Step::Leads(rule) => {
            shown.kind = ReachStepKind::Rule;
            (shown.group, shown.to) = (Some(names.group(rule.from)), Some(names.group(rule.to)));
            (shown.rule, shown.by_matrix) = (Some(rule.id.global()), Some(rule.by_matrix));
            shown.since = origin(rule.since.position);
        }
        Step::Nested { group, within } => {
            shown.kind = ReachStepKind::Nested;
            (shown.group, shown.to) = (Some(names.group(*group)), Some(names.group(*within)));
        }
        Step::Family { relative, child, says } => {
            shown.kind = ReachStepKind::Family;
            (shown.person, shown.child) = (Some(names.person(*relative)), Some(names.person(*child)));
            shown.group = says.first().map(|(group, _)| names.group(*group));
            let reason = |since: &Since| FactReason {
                cause: FactCause::Matrix,
                rule: None,
                accepted: false,
                since: origin(since.position),
            };
            shown.reasons = says.iter().filter_map(|(_, since)| since.as_ref()).map(reason).collect();
            shown.since = words.links.get(&(*relative, *child)).copied().and_then(origin);
        }
        Step::Linked(link) => {
            shown.kind = ReachStepKind::DirectLink;
            (shown.person, shown.linked) = (Some(names.person(link.from)), Some(names.person(link.to)));
            shown.since = origin(link.since.position);
        }
    }
    shown
}

fn reason(words: &Words<'_>, because: &Because) -> FactReason {
    let (cause, rule) = match because.cause {
        Cause::Matrix => (FactCause::Matrix, None),
        Cause::Hand => (FactCause::Hand, None),
        Cause::Feed => (FactCause::Feed, None),
        Cause::Rule(rule) => (FactCause::Rule, Some(rule.global())),
    };
    let since = words.origins.shown(&words.names, because.since.position);
    FactReason { cause, rule, accepted: because.accepted, since }
}

fn miss(words: &Words<'_>, miss: &Miss) -> ReachMiss {
    let group = |group: Option<GroupNo>| group.map(|group| words.names.group(group));
    ReachMiss {
        changes: miss.missing.len(),
        sentence: words.miss(miss),
        from: group(miss.from),
        to: group(miss.to),
        missing: miss.missing.iter().map(|missing| gap(words, *missing)).collect(),
    }
}

fn gap(words: &Words<'_>, missing: Missing) -> ReachGap {
    let world = words.names.world;
    let fixes = missing.fixes(&world.graph, &world.people).into_iter().map(|found| fix(words, found));
    let mut parts = Parts::default();
    let kind = match missing {
        Missing::Oneself => ReachGapKind::Oneself,
        Missing::Blocked { person, .. } => parts.of(person, ReachGapKind::AccountBlocked),
        Missing::Closed { person } => parts.of(person, ReachGapKind::AccountClosed),
        Missing::Expired { person } => parts.of(person, ReachGapKind::AccountExpired),
        Missing::Hidden { person } => parts.of(person, ReachGapKind::Hidden),
        Missing::HiddenGroup { group } => parts.at(group, ReachGapKind::Hidden),
        Missing::StructureClosed { structure } => {
            parts.structure = Some(structure);
            ReachGapKind::StructureClosed
        }
        Missing::NotInForce(late) => {
            parts.structure = Some(late.structure);
            parts.of(late.person, ReachGapKind::AttachmentNotInForce)
        }
        Missing::WaitingForAcceptance { group } => parts.at(group, ReachGapKind::WaitingForAcceptance),
        Missing::NoStructure { person } => parts.of(person, ReachGapKind::NoStructure),
        Missing::NoChild { relative } => parts.of(relative, ReachGapKind::NoChild),
        Missing::NoClass { person, structure, .. } => {
            parts.structure = Some(structure);
            parts.of(person, ReachGapKind::NoClass)
        }
        Missing::NotInClass { person, structure, class } => {
            (parts.structure, parts.class) = (Some(structure), Some(class));
            parts.of(person, ReachGapKind::NotInClass)
        }
        Missing::NotInGroup { person, group } => {
            parts.group = Some(group);
            parts.of(person, ReachGapKind::NotInGroup)
        }
        Missing::DoesNotExpose { group } => parts.at(group, ReachGapKind::DoesNotExpose),
        Missing::DoesNotUse { group } => parts.at(group, ReachGapKind::DoesNotUse),
        Missing::NotInternal { group } => parts.at(group, ReachGapKind::NotInternal),
        Missing::NotImplied { group, structure } => {
            parts.structure = Some(structure);
            parts.at(group, ReachGapKind::NotImplied)
        }
        Missing::NoRule { from, to, .. } => {
            parts.to = Some(to);
            parts.at(from, ReachGapKind::NoRule)
        }
        Missing::NoRuleAtAll { group } => parts.at(group, ReachGapKind::NoRuleAtAll),
        Missing::Empty { group } => parts.at(group, ReachGapKind::EmptyGroup),
        Missing::NotLinked { child, .. } => parts.of(child, ReachGapKind::FamilyNotLinked),
    };
    let (person, group, to, structure, class) = parts.shown(words);
    let sentence = sentence(&words.gap(missing));
    ReachGap { kind, sentence, person, group, to, structure, class, fixes: fixes.collect() }
}

fn fix(words: &Words<'_>, fix: Fix) -> ReachFix {
    let mut parts = Parts::default();
    let (mut fact, mut expose_members, mut set) = (None, None, None);
    let kind = match fix.remedy {
        Remedy::Rules(Change::GrantFact { group, fact: granted }) => {
            fact = Some(granted.into());
            parts.at(group, ReachFixKind::GrantFact)
        }
        Remedy::Rules(Change::MakeRule { from, to, expose_members: exposes }) => {
            (expose_members, parts.to) = (Some(exposes), Some(to));
            parts.at(from, ReachFixKind::MakeRule)
        }
        Remedy::Rules(Change::SetPolicy { structure, policy }) => {
            (parts.structure, set) = (Some(structure), Some(policy.into()));
            ReachFixKind::SetPolicy
        }
        Remedy::Rules(Change::RemoveFact { group, fact: removed }) => {
            fact = Some(removed.into());
            parts.at(group, ReachFixKind::Remove)
        }
        Remedy::Rules(Change::RemoveRule { .. }) => ReachFixKind::Remove,
        Remedy::Accept { group } => parts.at(group, ReachFixKind::Accept),
        Remedy::JoinClass { person, structure, class } => {
            (parts.structure, parts.class) = (Some(structure), class);
            parts.of(person, ReachFixKind::JoinClass)
        }
        Remedy::JoinGroup { person, group } => {
            parts.group = Some(group);
            parts.of(person, ReachFixKind::JoinGroup)
        }
        Remedy::Attach { person, structure } => {
            parts.structure = structure;
            parts.of(person, ReachFixKind::Attach)
        }
        Remedy::LinkChild { relative } => parts.of(relative, ReachFixKind::LinkChild),
        Remedy::Unblock { person, .. } => parts.of(person, ReachFixKind::Unblock),
        Remedy::Reopen { person } => parts.of(person, ReachFixKind::Reopen),
        Remedy::Show { person } => parts.of(person, ReachFixKind::Unhide),
        Remedy::ShowGroup { group } => parts.at(group, ReachFixKind::Unhide),
        Remedy::ReopenStructure { structure } => {
            parts.structure = Some(structure);
            ReachFixKind::ReopenStructure
        }
    };
    let (by, structures) = match fix.by {
        Authority::Platform => (FixAuthority::Platform, vec![]),
        Authority::Local(structure) => (FixAuthority::Local, vec![structure]),
        Authority::LocalOrHead(structure) => (FixAuthority::LocalOrHead, vec![structure]),
        Authority::LocalOfBoth(one, other) => (FixAuthority::LocalOfBoth, vec![one, other]),
    };
    let (person, group, to, structure, class) = parts.shown(words);
    ReachFix {
        kind,
        sentence: sentence(&words.fix_by(fix)),
        person,
        group,
        to,
        fact,
        expose_members,
        structure,
        class,
        policy: set,
        by,
        preview: FixPreview::of(words, fix.remedy),
        by_structures: structures.into_iter().filter_map(|structure| shown(words, structure)).collect(),
    }
}

/// What something is about.
#[derive(Default)]
struct Parts {
    person: Option<PersonNo>,
    group: Option<GroupNo>,
    to: Option<GroupNo>,
    structure: Option<StructureNo>,
    class: Option<ClassId>,
}

type Shown =
    (Option<Correspondent>, Option<NamedGroup>, Option<NamedGroup>, Option<Structure>, Option<Class>);

impl Parts {
    fn of<T>(&mut self, person: PersonNo, kind: T) -> T {
        self.person = Some(person);
        kind
    }

    fn at<T>(&mut self, group: GroupNo, kind: T) -> T {
        self.group = Some(group);
        kind
    }

    fn shown(self, words: &Words<'_>) -> Shown {
        let names = &words.names;
        let row = self.structure.and_then(|structure| names.world.people.structure(structure));
        (
            self.person.map(|person| names.person(person)),
            self.group.map(|group| names.group(group)),
            self.to.map(|group| names.group(group)),
            row.map(Structure::of),
            row.zip(self.class).and_then(|(row, class)| Class::of(row, class)),
        )
    }
}

fn shown(words: &Words<'_>, structure: StructureNo) -> Option<Structure> {
    words.names.world.people.structure(structure).map(Structure::of)
}
