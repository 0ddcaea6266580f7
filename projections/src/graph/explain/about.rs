//! What is missing about somebody, whomever they ask for: what they may be told who may not be told of others.
//!
//! Invariant: it depends on the asker, their groups and the rules that start there, and on nobody else.

use domain::group::{GroupKind, Profile};

use super::miss::Missing;
use crate::dense::{GroupNo, PersonNo};
use crate::graph::Graph;
use crate::graph::says::Says;
use crate::people::People;

/// Returns what is missing about somebody, whomever they ask for.
pub(super) fn about(graph: &Graph, people: &People, me: PersonNo) -> Vec<Missing> {
    let Some(row) = people.person(me) else { return vec![] };
    let mut missing: Vec<_> = Missing::of_account(people, me).collect();
    let mine = people.entitled(me);
    missing
        .extend(mine.iter().filter_map(|entitled| entitled.but).flat_map(|late| Missing::late(people, late)));
    if row.attachments.is_empty() {
        missing.push(Missing::NoStructure { person: me });
    }
    if row.profile == Profile::Relative && row.children.is_empty() {
        missing.push(Missing::NoChild { relative: me });
    }
    let in_class = match row.profile {
        Profile::Student | Profile::Teacher => std::slice::from_ref(&me),
        Profile::Relative => &row.children[..],
        Profile::Staff | Profile::Guest => &[],
    };
    for person in in_class.iter().copied().filter(|person| people.classes(*person).is_empty()) {
        if let Some(main) = people.person(person).and_then(|row| row.main()) {
            missing.push(Missing::NoClass { person, structure: main.structure, class: None });
        }
    }
    let groups = || mine.iter().filter(|entitled| entitled.but.is_none()).map(|entitled| entitled.group);
    let has_rules = |group: &GroupNo| graph.rules_from(*group).next().is_some();
    missing.extend(groups().filter(|group| graph.is_waiting(people, *group)).map(Missing::waiting));
    let unused = groups().filter(|group| has_rules(group) && !graph.uses(*group));
    missing.extend(unused.map(|group| Missing::DoesNotUse { group }));
    if !groups().any(|group| has_rules(&group) && graph.uses(group)) {
        missing.extend(groups().filter(|group| may_lead(people, *group)).map(Missing::no_rule_at_all));
    }
    missing.sort_unstable();
    missing.dedup();
    missing
}

/// Whether a group is of a kind from which rules start: the others are only targets (section 4).
pub(super) fn may_lead(people: &People, group: GroupNo) -> bool {
    people.group_row(group).is_some_and(|row| match row.kind {
        GroupKind::Profile(_) | GroupKind::Class(..) | GroupKind::Teaching(_) | GroupKind::Free(_) => true,
        GroupKind::HeadTeacher(_)
        | GroupKind::Direction
        | GroupKind::Function(_)
        | GroupKind::Discipline(_)
        | GroupKind::Subject(_)
        | GroupKind::Level(..)
        | GroupKind::BroadcastList(_) => false,
    })
}
