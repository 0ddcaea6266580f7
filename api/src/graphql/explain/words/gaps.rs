//! What is missing, what would mend it and who may do that, as pieces of sentences.

use domain::group::{Fact, InternalPolicy};
use domain::person::BlockCause;
use projections::World;
use projections::graph::change::Change;
use projections::graph::explain::{Authority, Fix, Miss, Missing, Remedy};

use super::{Words, sentence};

impl Words<'_> {
    /// Returns what is missing on a way as a sentence, each thing with what would mend it and who may do that.
    pub fn miss(&self, miss: &Miss) -> String {
        self.told(miss, |fix| self.fix_by(fix))
    }

    /// The same, each fix with what it would open.
    pub fn miss_previewed(&self, miss: &Miss) -> String {
        self.told(miss, |fix| match self.previewed(fix.remedy) {
            None => self.fix_by(fix),
            Some(preview) => {
                let (what, who) = (self.fix(fix.remedy), self.who(fix.by));
                let values = [("fix", what.into()), ("who", who.into()), ("preview", preview.into())];
                self.say("explain.fix-previewed", &values)
            }
        })
    }

    fn told(&self, miss: &Miss, say: impl Fn(Fix) -> String) -> String {
        let gaps = miss.missing.iter().map(|missing| self.gap_and_fixes(*missing, &say)).collect::<Vec<_>>();
        sentence(&gaps.join(" ; "))
    }

    /// Returns something that is missing, with what would mend it.
    fn gap_and_fixes(&self, missing: Missing, say: impl Fn(Fix) -> String) -> String {
        let World { people, graph, .. } = self.names.world;
        let fixes: Vec<_> = missing.fixes(graph, people).into_iter().map(say).collect();
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
            Missing::Hidden { person: whom } => person("explain.gap-hidden", whom),
            Missing::HiddenGroup { group: which } => group("explain.gap-hidden-group", which),
            Missing::StructureClosed { structure } => {
                self.say("explain.gap-structure-closed", &[("structure", self.structure(structure).into())])
            }
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
            Remedy::Show { person: whom } => person("explain.fix-unhide", whom),
            Remedy::ShowGroup { group: which } => group("explain.fix-unhide-group", which),
            Remedy::ReopenStructure { structure } => {
                self.say("explain.fix-reopen-structure", &[("structure", self.structure(structure).into())])
            }
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
}
