//! What somebody may do, and whose records they may see (`directory.md`, rights table and Scopes).
//!
//! Invariants: rights are evaluated when used, never stored; nobody gives, takes over or takes away more than they
//! hold. What is not said here is not allowed.

use std::collections::BTreeSet;

use domain::actor::RoleName;
use domain::group::{GroupKind, Profile};
use domain::person::Role;
use domain::{Date, PersonId, StructureId};
use projections::dense::{PersonNo, StructureNo};
use projections::graph::Reach;
pub use projections::graph::explain::is_structure_wide;
use projections::people::{People, Person};
use projections::{GroupNo, World};

/// What can be allowed in a structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// See the records of people, groups, facts and rules.
    Read,
    /// Change people, attachments, classes, credentials and roles.
    People,
    /// Give somebody a temporary password.
    ResetPassword,
    /// Block people and profiles, and set access windows.
    Block,
    /// Change facts, rules and the policy.
    Rules,
    /// Read the traces of messages.
    Audit,
    /// Approve that an auditor reads contents. No administrator has it without the role.
    ApproveContents,
    /// See who asked for contents, who approved and what was read. No administrator has it without the role.
    OverseeContents,
}

/// How much of a person somebody sees; what comes first shows most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// Themselves.
    Own,
    /// As an administrator in scope.
    Administered,
    /// As a head of school.
    Headed,
    /// As an auditor in scope.
    Audited,
    /// Their relative or child.
    Family,
    /// Reached by the rules of communication.
    Reached,
}

/// What one person may do, at one position and on one day.
#[derive(Debug, Clone)]
pub struct Rights {
    person: PersonId,
    /// Set for a platform administrator.
    platform: Option<Term>,
    local: Vec<Held>,
    /// Roles of an auditor; one that names no structure is for the whole platform.
    audits: Vec<Held>,
    /// Roles of an approver of contents; likewise.
    approves: Vec<Held>,
    /// Roles of a data-protection officer; likewise.
    oversees: Vec<Held>,
    heads: BTreeSet<StructureId>,
}

/// How long a role is held.
#[derive(Debug, Clone, Copy)]
struct Term {
    /// Its last day, if it has one.
    ends: Option<Date>,
}

/// A role with a scope, as it is worth today.
#[derive(Debug, Clone)]
struct Held {
    /// It names no structure: it is a role of the platform.
    whole: bool,
    structures: BTreeSet<StructureId>,
    below: bool,
    ends: Option<Date>,
}

impl Rights {
    /// Returns what `person` may do. Nobody barred may do anything.
    pub fn of(world: &World, person: PersonId, today: Date) -> Self {
        let (local, audits, approves, oversees) = (vec![], vec![], vec![], vec![]);
        let heads = BTreeSet::new();
        let mut rights = Self { person, platform: None, local, audits, approves, oversees, heads };
        let people = &world.people;
        let Some(number) = people.number(person).filter(|number| !people.is_barred(*number)) else {
            return rights;
        };
        let Some(row) = people.person(number) else { return rights };
        for (role, ends) in row.roles.iter().filter(|(_, ends)| ends.is_none_or(|ends| today <= ends)) {
            match role.role {
                RoleName::PlatformAdministrator if role.structures.is_empty() => {
                    let held = rights.platform.map_or(*ends, |held| longer(held.ends, *ends));
                    rights.platform = Some(Term { ends: held });
                }
                RoleName::LocalAdministrator => rights.local.push(held(people, role, *ends)),
                RoleName::Auditor => rights.audits.push(held(people, role, *ends)),
                RoleName::ContentApprover => rights.approves.push(held(people, role, *ends)),
                RoleName::DataProtectionOfficer => rights.oversees.push(held(people, role, *ends)),
                RoleName::PlatformAdministrator | RoleName::User => {}
            }
        }
        rights.heads = headed(people, row);
        rights
    }

    /// Returns the role that gives `right` in `structure`, none if it is not held there. A head of school acts as a
    /// user: the function is no role.
    pub fn may(&self, right: Right, structure: StructureId) -> Option<RoleName> {
        let head = match right {
            Right::Read | Right::ResetPassword | Right::Block => self.heads.contains(&structure),
            Right::People | Right::Rules => false,
            Right::Audit | Right::ApproveContents | Right::OverseeContents => {
                return self.everywhere(right).or_else(|| self.named(right, Some(structure)));
            }
        };
        self.administers(structure).or(head.then_some(RoleName::User))
    }

    /// Returns whether people, groups, facts and rules of a structure are seen: as somebody who has to do with them, or
    /// as an auditor.
    pub fn looks(&self, structure: StructureId) -> bool {
        self.may(Right::Read, structure).or_else(|| self.may(Right::Audit, structure)).is_some()
    }

    /// Returns whether traces may be read in some structure.
    pub fn audits_somewhere(&self) -> bool {
        self.platform.is_some() || !self.audits.is_empty()
    }

    /// Returns the role in which changes of rules may be asked for that are not one's own to make: that of an
    /// administrator, or a user who heads a structure.
    pub fn asks_for_rules(&self) -> Option<RoleName> {
        let local = (!self.local.is_empty()).then_some(RoleName::LocalAdministrator);
        let head = (!self.heads.is_empty()).then_some(RoleName::User);
        self.platform().or(local).or(head)
    }

    /// Returns whether everything may be audited.
    pub fn audits_all(&self) -> bool {
        self.everywhere(Right::Audit).is_some()
    }

    /// Returns whether contents may be approved in some structure.
    pub fn approves_somewhere(&self) -> bool {
        !self.approves.is_empty()
    }

    /// Returns whether requests for contents are overseen in some structure.
    pub fn oversees_somewhere(&self) -> bool {
        !self.oversees.is_empty()
    }

    /// Returns the role that gives `right` everywhere. Contents are not for an administrator as such.
    fn everywhere(&self, right: Right) -> Option<RoleName> {
        let platform = match right {
            Right::ApproveContents | Right::OverseeContents => None,
            Right::Read
            | Right::People
            | Right::ResetPassword
            | Right::Block
            | Right::Rules
            | Right::Audit => self.platform(),
        };
        platform.or_else(|| self.named(right, None))
    }

    /// Returns the role that is held for `right` alone, in a structure, or for the whole platform where none is asked.
    fn named(&self, right: Right, structure: Option<StructureId>) -> Option<RoleName> {
        let (roles, name) = match right {
            Right::Audit => (&self.audits, RoleName::Auditor),
            Right::ApproveContents => (&self.approves, RoleName::ContentApprover),
            Right::OverseeContents => (&self.oversees, RoleName::DataProtectionOfficer),
            Right::Read | Right::People | Right::ResetPassword | Right::Block | Right::Rules => return None,
        };
        let reaches = |held: &Held| {
            held.whole || structure.is_some_and(|structure| held.structures.contains(&structure))
        };
        roles.iter().any(reaches).then_some(name)
    }

    /// Returns the role of a platform administrator, if it is held.
    pub fn platform(&self) -> Option<RoleName> {
        self.platform.is_some().then_some(RoleName::PlatformAdministrator)
    }

    /// Returns the role that gives `right` over a person, and the structure it is held in: none for the platform.
    pub fn over(
        &self,
        world: &World,
        right: Right,
        person: PersonNo,
    ) -> Option<(RoleName, Option<StructureId>)> {
        let row = world.people.person(person)?;
        if let Some(role) = self.everywhere(right) {
            return Some((role, None));
        }
        let mut structures = structures_of(&world.people, row);
        structures.find_map(|structure| Some((self.may(right, structure)?, Some(structure))))
    }

    /// Returns whether a role, until `ends`, is no more than what is held here.
    pub fn covers(&self, role: &Role, ends: Option<Date>) -> bool {
        if self.platform.is_some_and(|held| outlasts(held.ends, ends)) {
            return true;
        }
        let given = |structure| {
            let fits = |held: &&Held| held.structures.contains(structure) && (held.below || !role.below);
            self.local.iter().filter(fits).any(|held| outlasts(held.ends, ends))
        };
        match role.role {
            RoleName::User => true,
            RoleName::LocalAdministrator => !role.structures.is_empty() && role.structures.iter().all(given),
            RoleName::PlatformAdministrator
            | RoleName::Auditor
            | RoleName::ContentApprover
            | RoleName::DataProtectionOfficer => false,
        }
    }

    /// Returns whether everything a person may do is covered: only then may their account be opened, taken over or
    /// shut.
    pub fn covers_account(&self, world: &World, person: PersonNo, today: Date) -> bool {
        let Some(row) = world.people.person(person) else { return false };
        let in_force = row.roles.iter().filter(|(_, ends)| ends.is_none_or(|ends| today <= ends));
        let heads = headed(&world.people, row);
        in_force.into_iter().all(|(role, ends)| self.covers(role, *ends))
            && heads.iter().all(|structure| self.may(Right::ResetPassword, *structure).is_some())
    }

    /// Returns how much of a person is seen; none if they are not seen at all, or not there.
    pub fn sees(&self, world: &World, person: PersonNo) -> Option<Sight> {
        let people = &world.people;
        let row = people.person(person)?;
        if row.id == self.person {
            return Some(Sight::Own);
        }
        if self.over(world, Right::People, person).is_some() {
            return Some(Sight::Administered);
        }
        if self.over(world, Right::Read, person).is_some() {
            return Some(Sight::Headed);
        }
        if self.over(world, Right::Audit, person).is_some() {
            return Some(Sight::Audited);
        }
        let me = people.number(self.person).filter(|me| !people.is_barred(*me))?;
        if people.is_barred(person) {
            return None;
        }
        if people.children(me).contains(&person) || people.relatives(me).contains(&person) {
            return Some(Sight::Family);
        }
        world.graph.witness(people, me, person).map(|_| Sight::Reached)
    }

    /// Returns everybody who is seen, and the groups that are reached.
    pub fn all_seen(&self, world: &World) -> Reach {
        let people = &world.people;
        let Some(me) = people.number(self.person) else { return Reach::default() };
        let mut seen = world.graph.reach(people, me);
        let family = people.children(me).iter().chain(people.relatives(me));
        seen.people.extend(family.filter(|other| !people.is_barred(**other)).map(|other| other.0));
        seen.people.insert(me.0);
        if self.platform.is_some() {
            let everybody = Profile::ALL.into_iter().filter_map(|profile| people.of_profile(profile));
            everybody.for_each(|all| seen.people |= all);
            return seen;
        }
        for (number, structure) in people.all_structures() {
            if self.looks(structure.id) {
                seen.people |= people.staying(number);
            }
        }
        seen
    }

    /// Returns whether the members of a group are seen as its members: a group that is only reached as a whole says
    /// nothing about who is in it.
    pub fn sees_members(&self, world: &World, group: GroupNo) -> bool {
        let people = &world.people;
        let Some(row) = people.group_row(group) else { return false };
        if self.reads(people, row.structure) {
            return true;
        }
        let Some(me) = people.number(self.person) else { return false };
        let facts = world.graph.facts(people, group);
        // Who reaches a group that only nests in what a rule names reaches nobody by it.
        let named = || {
            let mine = people.memberships(me).iter().filter(|mine| world.graph.facts(people, **mine).uses);
            mine.into_iter().any(|mine| world.graph.rules_from(*mine).any(|rule| rule.to == group))
        };
        (facts.internal && people.is_member(me, group)) || (facts.exposes && named())
    }

    /// Returns whether a group is known to be there: its structure is in scope, or it is reached, or it is mine, or I
    /// manage it.
    pub fn sees_group(&self, world: &World, group: GroupNo) -> bool {
        let people = &world.people;
        let read = people.group_row(group).is_some_and(|row| self.reads(people, row.structure));
        let manages = |me| people.roster(group).is_some_and(|roster| roster.managers.contains_key(&me));
        let reached =
            |me| people.is_member(me, group) || world.graph.witness_group(people, me, group).is_some();
        let me = || people.number(self.person);
        read || me().is_some_and(reached) || me().is_some_and(|me| manages(me) && !people.is_barred(me))
    }

    fn reads(&self, people: &People, structure: StructureNo) -> bool {
        let structure = people.structure(structure);
        structure.is_some_and(|structure| self.looks(structure.id))
    }

    fn administers(&self, structure: StructureId) -> Option<RoleName> {
        let local = || self.local.iter().any(|held| held.structures.contains(&structure));
        self.platform().or_else(|| local().then_some(RoleName::LocalAdministrator))
    }
}

fn structures_of<'a>(people: &'a People, row: &'a Person) -> impl Iterator<Item = StructureId> + 'a {
    let attachments = row.attachments.iter().filter(|attachment| !people.ended(attachment));
    attachments.filter_map(|attachment| people.structure(attachment.structure)).map(|structure| structure.id)
}

fn headed(people: &People, row: &Person) -> BTreeSet<StructureId> {
    let attachments = row.attachments.iter().filter(|attachment| people.in_force(attachment));
    let heads = attachments
        .filter(|a| a.functions.iter().any(|(function, _)| function.as_str() == GroupKind::DIRECTION));
    heads.filter_map(|a| people.structure(a.structure)).map(|structure| structure.id).collect()
}

fn held(people: &People, role: &Role, ends: Option<Date>) -> Held {
    let named = role.structures.iter().filter_map(|structure| people.structure_no(*structure));
    let numbers = named.flat_map(|named| if role.below { people.below(named) } else { vec![named] });
    let structures = numbers.filter_map(|number| people.structure(number)).map(|structure| structure.id);
    Held { whole: role.structures.is_empty(), structures: structures.collect(), below: role.below, ends }
}

/// Returns the later of two last days; none is never.
fn longer(one: Option<Date>, other: Option<Date>) -> Option<Date> {
    Some(one?.max(other?))
}

fn outlasts(held: Option<Date>, asked: Option<Date>) -> bool {
    held.is_none_or(|held| asked.is_some_and(|asked| asked <= held))
}
