//! An explanation as sentences, in French and in English: pieces of text from the typed facts, put together.
//!
//! Invariant: whoever builds [`Words`] has checked that the reader may be told; nothing here asks for rights.

mod gaps;

use std::collections::BTreeMap;

use domain::actor::Actor;
use domain::clock::Zone;
use domain::group::Fact;
use domain::{ClassId, Date};
use eventlog::Position;
use projections::dense::StructureNo;
use projections::graph::explain::{Explanation, Route, Step};
use projections::graph::{Because, Cause, Target};
use projections::{GroupNo, PersonNo, World};

use super::previewed::Previews;
use crate::graphql::names::Names;
use crate::graphql::origin::Origins;
use crate::texts::{Language, Value};

/// Where the log says that a relative and a child were linked.
pub type Links = BTreeMap<(PersonNo, PersonNo), Position>;

/// What an explanation is told with.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    /// How people and groups are called.
    pub names: Names<'a>,
    /// The events that made its facts so.
    pub origins: &'a Origins,
    /// Since when families are.
    pub links: &'a Links,
    /// What its fixes would open, if that was looked at.
    pub previews: &'a Previews,
}

/// Returns where the events stand that made the facts of an explanation so.
pub fn positions(world: &World, routes: &[Route]) -> Vec<Position> {
    let steps = routes.iter().flat_map(|route| &route.steps);
    steps.flat_map(|step| positions_of(world, step)).collect()
}

fn positions_of(world: &World, step: &Step) -> Vec<Position> {
    match step {
        Step::Member { person, group } => {
            world.mailboxes.member_since(*person, *group).map(|moment| moment.position).into_iter().collect()
        }
        Step::States { because, implied, .. } => {
            let own = because.iter().map(|because| because.since.position);
            own.chain(implied.map(|implied| implied.since.position)).collect()
        }
        Step::Leads(rule) => vec![rule.since.position],
        Step::Family { says, .. } => {
            says.iter().filter_map(|(_, since)| since.map(|since| since.position)).collect()
        }
        Step::Linked(link) => vec![link.since.position],
        Step::Nested { .. } => vec![],
    }
}

impl Words<'_> {
    /// Returns in one sentence whether somebody reaches a target.
    pub fn verdict(&self, me: PersonNo, target: Target, explanation: &Explanation) -> String {
        let allowed = !explanation.routes.is_empty();
        let (code, to) = match (target, allowed) {
            (Target::Person(person), true) => ("explain.allowed", self.names.name(person)),
            (Target::Person(person), false) => ("explain.refused", self.names.name(person)),
            (Target::Group(group), true) => ("explain.allowed-group", self.group(group)),
            (Target::Group(group), false) => ("explain.refused-group", self.group(group)),
        };
        sentence(&self.say(code, &[("from", self.names.name(me).into()), ("to", to.into())]))
    }

    /// Returns a way as one sentence, its facts in their order.
    pub fn route(&self, route: &Route) -> String {
        let mut text = String::new();
        let mut at = None;
        for (place, step) in route.steps.iter().enumerate() {
            let clause = match step {
                Step::Member { person, group } if at == Some(*group) => {
                    let member =
                        self.say("explain.member-of-it", &[("person", self.names.name(*person).into())]);
                    member + &self.since(self.member_since(*person, *group), self.zone(*group))
                }
                Step::States { group, fact, because, .. } if at == Some(*group) => {
                    let values =
                        [("what", self.fact(*fact).into()), ("because", self.because(step, because).into())];
                    text += &self.say("explain.which", &values);
                    continue;
                }
                Step::Leads(rule) => {
                    at = Some(rule.to);
                    self.say("explain.rule", &[("to", self.group(rule.to).into())]) + &self.made(step)
                }
                Step::Nested { group, .. } => {
                    self.say("explain.nested", &[("group", self.group(*group).into())])
                }
                Step::Member { .. } | Step::States { .. } | Step::Family { .. } | Step::Linked(_) => {
                    self.clause(step)
                }
            };
            if let Step::Member { group, .. } = step {
                at = Some(*group);
            }
            if place > 0 {
                text += " → ";
            }
            text += &clause;
        }
        sentence(&text)
    }

    /// Returns a fact as a sentence of its own.
    pub fn step(&self, step: &Step) -> String {
        sentence(&self.clause(step))
    }

    fn clause(&self, step: &Step) -> String {
        match step {
            Step::Member { person, group } => {
                let values =
                    [("person", self.names.name(*person).into()), ("group", self.group(*group).into())];
                self.say("explain.member", &values)
                    + &self.since(self.member_since(*person, *group), self.zone(*group))
            }
            Step::States { group, fact, because, .. } => {
                let because = self.because(step, because);
                let (group, what) = (self.group(*group), self.fact(*fact));
                let values = [("group", group.into()), ("what", what.into()), ("because", because.into())];
                self.say("explain.states", &values)
            }
            Step::Leads(rule) => {
                let values = [("from", self.group(rule.from).into()), ("to", self.group(rule.to).into())];
                self.say("explain.rule-between", &values) + &self.made(step)
            }
            Step::Nested { group, within } => {
                let values = [("group", self.group(*group).into()), ("within", self.group(*within).into())];
                self.say("explain.nested-in", &values)
            }
            Step::Family { relative, child, says } => {
                let since = self.since(self.links.get(&(*relative, *child)).copied(), Zone::PARIS);
                let (relative, child) = (self.names.name(*relative), self.names.name(*child));
                let mut values =
                    vec![("relative", relative.into()), ("child", child.into()), ("since", since.into())];
                let Some((group, _)) = says.first() else {
                    return self.say("explain.family-structure", &values);
                };
                values.push(("group", self.group(*group).into()));
                self.say("explain.family-class", &values)
            }
            Step::Linked(link) => {
                let code = if link.both_ways { "explain.linked-both" } else { "explain.linked" };
                let (from, to) = (self.names.name(link.from), self.names.name(link.to));
                let by = self.say("explain.made-hand", &[("actor", self.actor(link.since.position).into())]);
                let since = self.since(Some(link.since.position), Zone::PARIS);
                self.say(code, &[("from", from.into()), ("to", to.into())]) + &since + &by
            }
        }
    }

    /// Returns since when somebody is in a group.
    pub fn member_since(&self, person: PersonNo, group: GroupNo) -> Option<Position> {
        self.names.world.mailboxes.member_since(person, group).map(|moment| moment.position)
    }

    fn made(&self, step: &Step) -> String {
        let Step::Leads(rule) = step else { return String::new() };
        let since = self.since(Some(rule.since.position), self.zone(rule.from));
        let by = if rule.by_matrix {
            self.names.say("explain.made-matrix")
        } else {
            self.say("explain.made-hand", &[("actor", self.actor(rule.since.position).into())])
        };
        since + &by
    }

    fn because(&self, step: &Step, own: &[Because]) -> String {
        let Step::States { group, implied, .. } = step else { return String::new() };
        let zone = self.zone(*group);
        let mut reasons: Vec<_> = own
            .iter()
            .map(|because| {
                let (code, by_hand) = match because.cause {
                    Cause::Matrix => ("explain.because-matrix", false),
                    Cause::Hand => ("explain.because-hand", true),
                    Cause::Feed => ("explain.because-feed", false),
                    Cause::Rule(_) => ("explain.because-rule", true),
                };
                let position = because.since.position;
                let mut text = self.names.say(code) + &self.since(Some(position), zone);
                if by_hand {
                    text += &self.say("explain.made-hand", &[("actor", self.actor(position).into())]);
                }
                text
            })
            .collect();
        if let Some(implied) = implied {
            let implied = self.since(Some(implied.since.position), zone);
            reasons.push(self.names.say("explain.because-implied") + &implied);
        }
        reasons.join(" ; ")
    }

    /// Returns " since" a day; nothing where that is not known.
    fn since(&self, position: Option<Position>, zone: Zone) -> String {
        let origin = position.and_then(|position| self.origins.at(position));
        origin.map_or(String::new(), |origin| {
            let day = self.day(zone.day_at(origin.at));
            format!(" {}", self.say("explain.since", &[("day", day.into())]))
        })
    }

    fn actor(&self, position: Position) -> String {
        let origin = self.origins.at(position);
        self.names.actor(origin.map_or(&Actor::Operator, |origin| &origin.actor))
    }

    fn day(&self, day: Date) -> String {
        use chrono::Datelike as _;
        let months = self.names.say("explain.months");
        let month = usize::try_from(day.month0()).ok().and_then(|month| months.split(' ').nth(month));
        let first = if day.day() == 1 && self.names.language == Language::French { "er" } else { "" };
        format!("{}{first} {} {}", day.day(), month.unwrap_or_default(), day.year())
    }

    fn fact(&self, fact: Fact) -> String {
        self.names.say(match fact {
            Fact::Uses => "explain.uses",
            Fact::Exposes => "explain.exposes",
            Fact::Internal => "explain.internal",
        })
    }

    fn between(&self, code: &str, from: GroupNo, to: GroupNo) -> String {
        self.say(code, &[("from", self.group(from).into()), ("to", self.group(to).into())])
    }

    fn group(&self, group: GroupNo) -> String {
        self.names.group(group).name
    }

    fn structure(&self, structure: StructureNo) -> String {
        self.names.world.people.structure(structure).map(|row| row.name.to_string()).unwrap_or_default()
    }

    /// Returns the name of a structure after "of".
    fn of_structure(&self, structure: StructureNo) -> String {
        let row = self.names.world.people.structure(structure);
        row.map(|row| self.names.of_structure(row)).unwrap_or_default()
    }

    fn class(&self, structure: StructureNo, class: ClassId) -> String {
        let row = self.names.world.people.structure(structure).and_then(|row| row.classes.get(&class));
        row.map(|class| class.name.to_string()).unwrap_or_default()
    }

    fn zone(&self, group: GroupNo) -> Zone {
        let people = &self.names.world.people;
        let structure = people.group_row(group).and_then(|row| people.structure(row.structure));
        structure.map_or(Zone::PARIS, |structure| structure.zone)
    }

    /// Returns a text.
    pub(super) fn say(&self, code: &str, values: &[(&str, Value<'_>)]) -> String {
        self.names.texts.say(self.names.language, code, values)
    }
}

/// Returns a clause as a sentence: a capital, a full stop.
pub fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).chain(['.']).collect()
}
