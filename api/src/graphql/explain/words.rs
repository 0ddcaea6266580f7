//! An explanation as sentences, in French and in English: pieces of text from the typed facts, put together.
//!
//! Invariant: whoever builds [`Words`] has checked that the reader may be told; nothing here asks for rights.

use std::collections::BTreeMap;

use domain::actor::Actor;
use domain::clock::Zone;
use domain::group::{Fact, InternalPolicy};
use domain::person::BlockCause;
use domain::{ClassId, Date};
use eventlog::Position;
use projections::dense::StructureNo;
use projections::graph::change::Change;
use projections::graph::explain::{Authority, Explanation, Fix, Miss, Missing, Remedy, Route, Step};
use projections::graph::{Because, Cause, Target};
use projections::{GroupNo, PersonNo, World};

use crate::graphql::messaging::origin::Origins;
use crate::graphql::names::Names;
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
                Step::Member { .. } | Step::States { .. } | Step::Family { .. } => self.clause(step),
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
        }
    }

    /// Returns what is missing on a way as a sentence, each thing with what would mend it and who may do that.
    pub fn miss(&self, miss: &Miss) -> String {
        let gaps = miss.missing.iter().map(|missing| self.gap_and_fixes(*missing)).collect::<Vec<_>>();
        sentence(&gaps.join(" ; "))
    }

    /// Returns something that is missing, with what would mend it and who may do that.
    pub fn gap_and_fixes(&self, missing: Missing) -> String {
        let World { people, graph, .. } = self.names.world;
        let fixes: Vec<_> = missing.fixes(graph, people).into_iter().map(|fix| self.fix_by(fix)).collect();
        let gap = self.gap(missing);
        if fixes.is_empty() {
            return format!("{gap} ({})", self.names.say("explain.no-fix"));
        }
        format!("{gap} → {}", fixes.join(&format!(", {} ", self.names.say("explain.or"))))
    }

    /// Returns something that is missing.
    pub fn gap(&self, missing: Missing) -> String {
        let person = |code: &str, person| self.say(code, &[("person", self.names.name(person).into())]);
        let group = |code: &str, group| self.say(code, &[("group", self.group(group).into())]);
        match missing {
            Missing::Oneself => self.names.say("explain.gap-oneself"),
            Missing::Blocked { person: whose, cause: BlockCause::Person } => {
                person("explain.gap-blocked", whose)
            }
            Missing::Blocked { person: whose, cause: BlockCause::Security } => {
                person("explain.gap-blocked-security", whose)
            }
            Missing::Closed { person: whose } => person("explain.gap-closed", whose),
            Missing::Expired { person: whose } => person("explain.gap-expired", whose),
            Missing::NotInForce(late) => {
                let (code, day) = match late.ended {
                    Some(day) => ("explain.gap-ended", self.day(day)),
                    None => ("explain.gap-not-begun", String::new()),
                };
                let (whose, structure) = (self.names.name(late.person), self.structure(late.structure));
                let values = [("person", whose.into()), ("structure", structure.into()), ("day", day.into())];
                self.say(code, &values)
            }
            Missing::WaitingForAcceptance { group: which } => group("explain.gap-waiting", which),
            Missing::NoStructure { person: who } => person("explain.gap-no-structure", who),
            Missing::NoChild { relative } => person("explain.gap-no-child", relative),
            Missing::NoClass { person: who, .. } => person("explain.gap-no-class", who),
            Missing::NotInClass { person, structure, class } => {
                let class = self.class(structure, class);
                let values = [("person", self.names.name(person).into()), ("class", class.into())];
                self.say("explain.gap-not-in-class", &values)
            }
            Missing::NotInGroup { person, group } => {
                let values =
                    [("person", self.names.name(person).into()), ("group", self.group(group).into())];
                self.say("explain.gap-not-in-group", &values)
            }
            Missing::DoesNotExpose { group: which } => group("explain.gap-exposes", which),
            Missing::DoesNotUse { group: which } => group("explain.gap-uses", which),
            Missing::NotInternal { group: which } => group("explain.gap-internal", which),
            Missing::NotImplied { group, structure } => {
                let structure = self.of_structure(structure);
                let values = [("group", self.group(group).into()), ("structure", structure.into())];
                self.say("explain.gap-implied", &values)
            }
            Missing::NoRule { from, to, .. } => self.between("explain.gap-no-rule", from, to),
            Missing::NoRuleAtAll { group: which } => group("explain.gap-no-rule-at-all", which),
            Missing::Empty { group: which } => group("explain.gap-empty", which),
            Missing::NotLinked { relative, child, to_child } => {
                let (relative, child) = (self.names.name(relative), self.names.name(child));
                let (from, to) = if to_child { (&relative, &child) } else { (&child, &relative) };
                let values = [
                    ("from", from.clone().into()),
                    ("to", to.clone().into()),
                    ("child", child.clone().into()),
                ];
                self.say("explain.gap-not-linked", &values)
            }
        }
    }

    /// Returns what would mend something, and who may do it.
    pub fn fix_by(&self, fix: Fix) -> String {
        let values = [("fix", self.fix(fix.remedy).into()), ("who", self.who(fix.by).into())];
        self.say("explain.fix", &values)
    }

    /// Returns what would mend something.
    pub fn fix(&self, remedy: Remedy) -> String {
        let person = |code: &str, person| self.say(code, &[("person", self.names.name(person).into())]);
        let group = |code: &str, group| self.say(code, &[("group", self.group(group).into())]);
        match remedy {
            Remedy::Rules(change) => self.change(change),
            Remedy::Accept { group: which } => group("explain.fix-accept", which),
            Remedy::JoinClass { person, structure, class: Some(class) } => {
                let class = self.class(structure, class);
                let values = [("person", self.names.name(person).into()), ("class", class.into())];
                self.say("explain.fix-class", &values)
            }
            Remedy::JoinClass { person: who, class: None, .. } => person("explain.fix-own-class", who),
            Remedy::JoinGroup { person, group } => {
                let values =
                    [("person", self.names.name(person).into()), ("group", self.group(group).into())];
                self.say("explain.fix-group", &values)
            }
            Remedy::Attach { person, structure: Some(structure) } => {
                let structure = self.structure(structure);
                let values = [("person", self.names.name(person).into()), ("structure", structure.into())];
                self.say("explain.fix-attach", &values)
            }
            Remedy::Attach { person: who, structure: None } => person("explain.fix-attach-somewhere", who),
            Remedy::LinkChild { relative } => person("explain.fix-child", relative),
            Remedy::Unblock { person: whose, .. } => person("explain.fix-unblock", whose),
            Remedy::Reopen { person: whose } => person("explain.fix-reopen", whose),
        }
    }

    fn change(&self, change: Change) -> String {
        match change {
            Change::GrantFact { group, fact } => {
                let code = match fact {
                    Fact::Uses => "explain.fix-uses",
                    Fact::Exposes => "explain.fix-exposes",
                    Fact::Internal => "explain.fix-internal",
                };
                self.say(code, &[("group", self.group(group).into())])
            }
            Change::MakeRule { from, to, expose_members: true } => self.between("explain.fix-rule", from, to),
            Change::MakeRule { from, to, expose_members: false } => {
                self.between("explain.fix-rule-to-group", from, to)
            }
            Change::SetPolicy { structure, policy } => {
                let code = match policy {
                    InternalPolicy::Implied => "explain.fix-policy-implied",
                    InternalPolicy::Explicit => "explain.fix-policy-explicit",
                };
                self.say(code, &[("structure", self.of_structure(structure).into())])
            }
            Change::RemoveFact { .. } | Change::RemoveRule { .. } => self.names.say("explain.fix-remove"),
        }
    }

    fn who(&self, by: Authority) -> String {
        let of =
            |code: &str, structure| self.say(code, &[("structure", self.of_structure(structure).into())]);
        match by {
            Authority::Platform => self.names.say("explain.may-platform"),
            Authority::Local(structure) => of("explain.may-local", structure),
            Authority::LocalOrHead(structure) => of("explain.may-head", structure),
            Authority::LocalOfBoth(one, other) => {
                let values = [
                    ("structure", self.of_structure(one).into()),
                    ("other", self.of_structure(other).into()),
                ];
                self.say("explain.may-both", &values)
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
        match self.origins.at(position).map(|origin| &origin.actor) {
            Some(Actor::Person { person, .. }) => self.names.person_by_id(*person).display_name,
            Some(Actor::Process(name)) => self.say("explain.by-process", &[("name", name.as_str().into())]),
            Some(Actor::Operator) | None => self.names.say("explain.by-operator"),
        }
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

    fn say(&self, code: &str, values: &[(&str, Value<'_>)]) -> String {
        self.names.texts.say(self.names.language, code, values)
    }
}

/// Returns a clause as a sentence: a capital, a full stop.
pub fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).chain(['.']).collect()
}
