//! A structure (établissement): its classes, what its groups state, and the rules between them.
//!
//! Invariant: what a structure owns is decided in its own stream; the end of a rule may belong to another
//! structure, the start never.

mod applying;
mod closing;
mod effective;
mod event;
mod filled;
pub mod matrix;
mod recipe;
mod taking;
#[cfg(test)]
mod tests;
mod timetable;

use std::collections::{BTreeMap, BTreeSet};

pub use applying::Applying;
pub use closing::Closing;
pub use event::*;
pub use filled::Filling;
pub use matrix::Matrix;
pub use recipe::Recipe;
pub use taking::{Opening, Taking};
pub use timetable::{MOST_PERIODS, MakeClosure, NotATimetable, Scheduling};

use crate::clock::Zone;
use crate::group::{Fact, FamilyLink, InternalPolicy, Profile, Reason};
use crate::id::{ClassId, CommandId, GroupId, RuleId, StructureId};
use crate::label::{Label, Uai};
use crate::sealed::Sealed;
use crate::{Date, Decider, Timestamp};

/// What may be asked of a structure.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Make it.
    Create(Create),
    /// Open a class; one that is open under this name is that class.
    OpenClass {
        /// The id of a new class.
        class: ClassId,
        /// Its name.
        name: Label,
    },
    /// Close a class.
    CloseClass {
        /// Which.
        class: ClassId,
        /// How many people are in it.
        people: u32,
    },
    /// Open a teaching group.
    OpenTeachingGroup {
        /// The id of a new group.
        group: GroupId,
        /// Its name in the feed.
        name: Label,
    },
    /// Create a free group.
    CreateFreeGroup {
        /// Its id.
        group: GroupId,
        /// What its maker calls it.
        name: String,
        /// Whether members reach each other.
        members_reach_each_other: bool,
    },
    /// Create a broadcast list, or change a group that is filled by hand.
    Filling(Filling),
    /// Give what a matrix says to groups that do not have it yet.
    ApplyMatrix {
        /// The matrix.
        matrix: Matrix,
        /// The functions and disciplines somebody holds; the classes are known here.
        functions: Vec<Label>,
        /// See `functions`.
        disciplines: Vec<Label>,
        /// Rule ids are derived from it.
        command: CommandId,
    },
    /// The same because somebody asked for it, perhaps of another matrix.
    ReapplyMatrix(Applying),
    /// Put the groups that are not free back to the matrix and the recipes.
    ResetMatrix(Applying),
    /// Make a recipe a part of the matrix.
    TakeRecipe(Taking),
    /// Undo what a recipe did.
    TakeBackRecipe(Taking),
    /// Give a fact a reason by hand.
    GrantFact {
        /// The group.
        group: Target,
        /// The fact.
        fact: Fact,
        /// Why.
        reason: Reason,
        /// Groups of students or relatives that it would open to each other.
        opens: Vec<GroupId>,
        /// What the caller accepted.
        accepted: Vec<GroupId>,
    },
    /// Take every reason of a fact.
    RemoveFact {
        /// The group.
        group: Target,
        /// The fact.
        fact: Fact,
    },
    /// Let the members of a group no longer reach each other.
    CloseInternal(Closing),
    /// Make a rule by hand.
    MakeRule(MakeRule),
    /// Remove a rule.
    RemoveRule {
        /// Which.
        rule: RuleId,
    },
    /// Choose the policy of internal communication.
    SetPolicy {
        /// The policy.
        policy: InternalPolicy,
        /// Groups that would open and were not accepted.
        opens: Vec<GroupId>,
        /// What the caller accepted.
        accepted: Vec<GroupId>,
    },
    /// Say from which day a profile may sign in.
    SetAccessWindow {
        /// The profile.
        profile: Profile,
        /// The first day, or none.
        opens: Option<Date>,
    },
    /// Keep a profile out.
    BlockProfile {
        /// The profile.
        profile: Profile,
        /// Until when.
        until: Option<Timestamp>,
        /// Why.
        reason: String,
    },
    /// Let a profile in again.
    UnblockProfile {
        /// The profile.
        profile: Profile,
    },
    /// Change its hours.
    Schedule(Scheduling),
    /// Let nobody reach a group as a group.
    HideGroup(Target),
    /// Let a group be reached again.
    ShowGroup(Target),
    /// Close the structure.
    Close,
    /// Open it again.
    Reopen,
}

/// Make a structure.
#[derive(Debug, Clone, PartialEq)]
pub struct Create {
    /// Its id.
    pub structure: StructureId,
    /// Its code.
    pub uai: Option<Uai>,
    /// Its name.
    pub name: Label,
    /// The structure above it.
    pub parent: Option<StructureId>,
    /// Where its days begin.
    pub zone: Zone,
    /// The matrix it begins with.
    pub matrix: Matrix,
    /// Rule ids are derived from it.
    pub command: CommandId,
}

/// Make a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct MakeRule {
    /// Its id.
    pub rule: RuleId,
    /// From this group.
    pub from: Target,
    /// To this group.
    pub to: Target,
    /// Whether it is a reason for `exposes` at its end.
    pub exposes_members: bool,
    /// Groups of students or relatives that it would open to each other.
    pub opens: Vec<GroupId>,
    /// What the caller accepted.
    pub accepted: Vec<GroupId>,
}

/// A group as looked up: whose it is, and what may be said about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The group.
    pub group: GroupId,
    /// The structure it belongs to.
    pub structure: StructureId,
    /// Whether it is a broadcast list.
    pub broadcast_list: bool,
}

/// Why something may not happen to a structure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such structure.
    #[error("structure.unknown")]
    Unknown,
    /// There is one of this id already.
    #[error("structure.exists")]
    Exists,
    /// It is closed: it must be opened again first.
    #[error("structure.closed")]
    Closed,
    /// No such class, or it was closed.
    #[error("structure.unknown-class")]
    UnknownClass,
    /// No such group that is filled by hand, or not of the kind that is needed.
    #[error("structure.unknown-group")]
    UnknownGroup,
    /// Somebody is in the class.
    #[error("structure.class-not-empty")]
    ClassNotEmpty,
    /// The group belongs to another structure.
    #[error("communication.group-of-another-structure")]
    GroupOfAnotherStructure,
    /// A rule from a group to itself is the fact `internal`.
    #[error("communication.rule-to-itself")]
    RuleToItself,
    /// The same rule stands already, under another id.
    #[error("communication.rule-exists")]
    RuleExists,
    /// There is no such rule.
    #[error("communication.unknown-rule")]
    UnknownRule,
    /// A broadcast list never exposes its members.
    #[error("communication.list-never-exposes")]
    ListNeverExposes,
    /// A broadcast list never opens its members to each other.
    #[error("communication.list-never-internal")]
    ListNeverInternal,
    /// It would open students or relatives to each other, which was not accepted.
    #[error("communication.opens-members")]
    OpensMembers(Vec<GroupId>),
    /// There is no recipe of this name.
    #[error("communication.unknown-recipe")]
    UnknownRecipe,
    /// There is no matrix of this name, or nobody named its file.
    #[error("communication.unknown-matrix")]
    UnknownMatrix,
    /// Rules start at the group and others end at it, which together imply that its members reach each other.
    #[error("communication.implied-by-both-directions")]
    ImpliedByBothDirections(Vec<RuleId>),
    /// Its hours cannot be so.
    #[error(transparent)]
    Timetable(#[from] NotATimetable),
}

/// A structure, as far as its rules need to know.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Structure {
    created: Option<StructureId>,
    policy: InternalPolicy,
    family: FamilyLink,
    /// The matrix applied last, by name.
    matrix: Option<Label>,
    /// What the recipes it has did here.
    recipes: taking::Recipes,
    classes: BTreeMap<ClassId, Label>,
    groups: BTreeSet<GroupId>,
    /// Groups that no matrix is about.
    filled: filled::Filled,
    rules: BTreeMap<RuleId, Rule>,
    /// Reasons given by hand or feed, and the matrix's, by group.
    reasons: BTreeMap<(GroupId, Fact), BTreeSet<Reason>>,
    /// Facts that hold because of the base matrix, whatever recipes say.
    base: BTreeSet<(GroupId, Fact)>,
    /// Groups of relatives whose links to their children were said.
    linked: BTreeSet<GroupId>,
    /// Groups that a matrix spoke about, as start or end.
    met: BTreeSet<GroupId>,
    /// Groups somebody changed by hand.
    customised: BTreeSet<GroupId>,
    windows: BTreeMap<Profile, Date>,
    blocks: BTreeMap<Profile, Option<Timestamp>>,
    hidden: BTreeSet<GroupId>,
    timetable: timetable::Timetable,
    closed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Rule {
    from: GroupId,
    to: GroupId,
    by_matrix: bool,
}

type Decision = Result<Vec<Event>, Refusal>;

impl Decider for Structure {
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(&self, command: Command) -> Decision {
        if let Command::Create(create) = command {
            return self.create(create);
        }
        let structure = self.created.ok_or(Refusal::Unknown)?;
        match command {
            Command::Close if self.closed => Ok(vec![]),
            Command::Close => Ok(vec![Closed {}.into()]),
            Command::Reopen if self.closed => Ok(vec![Reopened {}.into()]),
            Command::Reopen => Ok(vec![]),
            _ if self.closed => Err(Refusal::Closed),
            Command::Create(create) => self.create(create),
            Command::OpenClass { class, name } => Ok(self.open_class(class, name)),
            Command::CloseClass { class, people } => self.close_class(class, people),
            Command::OpenTeachingGroup { group, name } => {
                Ok(self.new_group(group, TeachingGroupOpened { group, name }.into()))
            }
            Command::CreateFreeGroup { group, name, members_reach_each_other: internal } => {
                let created = FreeGroupCreated { structure, group, name: name.into(), internal };
                Ok(self.new_group(group, created.into()))
            }
            Command::Filling(filling) => self.filled.decide(structure, filling),
            Command::ApplyMatrix { matrix, functions, disciplines, command } => {
                let applied = self.apply(structure, &matrix, (functions, disciplines), command);
                Ok(applied.map(Event::from).into_iter().collect())
            }
            Command::ReapplyMatrix(applying) => self.reapply(structure, applying),
            Command::ResetMatrix(applying) => self.reset(structure, applying),
            Command::TakeRecipe(taking) => self.take(structure, taking),
            Command::TakeBackRecipe(taking) => self.take_back(taking),
            Command::GrantFact { group, fact, reason, opens, accepted } => {
                self.grant_fact(structure, group, (fact, reason), &opens, accepted)
            }
            Command::RemoveFact { group, fact } => closing::remove_fact(structure, group, fact),
            Command::CloseInternal(closing) => closing.decide(structure, self.policy),
            Command::MakeRule(make) => self.make_rule(structure, make),
            Command::RemoveRule { rule } => Ok(self.remove_rule(rule)),
            Command::SetPolicy { policy, opens, accepted } => self.set_policy(policy, &opens, accepted),
            Command::SetAccessWindow { profile, opens } => Ok(self.set_window(profile, opens)),
            Command::BlockProfile { profile, until, reason } => {
                Ok(self.block(ProfileBlocked { structure, profile, until, reason: Sealed::Open(reason) }))
            }
            Command::Schedule(asked) => Ok(self.timetable.decide(structure, asked)?),
            Command::HideGroup(group) => self.hide(structure, group, true),
            Command::ShowGroup(group) => self.hide(structure, group, false),
            Command::UnblockProfile { profile } => {
                let blocked = self.blocks.contains_key(&profile);
                Ok(Vec::from_iter(blocked.then(|| ProfileUnblocked { profile }.into())))
            }
        }
    }

    fn evolve(mut self, event: &Event) -> Self {
        match event {
            Event::Created(created) => {
                self.created = Some(created.structure);
                self.policy = created.policy;
                self.family = created.family;
                self.timetable.zone = Some(created.zone);
            }
            Event::ClassOpened(opened) => {
                self.classes.insert(opened.class, opened.name.clone());
            }
            Event::ClassClosed(closed) => {
                self.classes.remove(&closed.class);
            }
            Event::TeachingGroupOpened(opened) => {
                self.groups.insert(opened.group);
            }
            Event::FreeGroupCreated(created) => {
                self.groups.insert(created.group);
                self.filled.free(created);
                if created.internal {
                    self.reasons.entry((created.group, Fact::Internal)).or_default().insert(Reason::Hand);
                }
            }
            Event::BroadcastListCreated(created) => {
                self.filled.list(created);
            }
            Event::ListCriteriaSet(set) => self.filled.criteria(set),
            Event::GroupRenamed(renamed) => self.filled.renamed(renamed),
            Event::MatrixApplied(applied) => self.follow_matrix(applied),
            Event::RecipeTaken(taken) => self.follow_taken(taken),
            Event::RecipeTakenBack(back) => self.follow_taken_back(back),
            Event::MatrixReset(reset) => self.follow_reset(reset),
            Event::FactGranted(granted) => {
                self.reasons.entry((granted.group, granted.fact)).or_default().insert(granted.reason);
                if granted.reason == Reason::Hand {
                    self.customised.insert(granted.group);
                }
            }
            Event::FactRemoved(removed) => {
                self.reasons.remove(&(removed.group, removed.fact));
                self.forget_fact(removed.group, removed.fact);
                self.customised.insert(removed.group);
            }
            Event::RuleMade(made) => {
                self.rules.insert(made.rule, Rule { from: made.from, to: made.to, by_matrix: false });
                self.customised.insert(made.from);
            }
            Event::RuleRemoved(removed) => {
                if let Some(rule) = self.rules.remove(&removed.rule) {
                    self.customised.insert(rule.from);
                }
            }
            Event::PolicySet(set) => self.policy = set.policy,
            Event::AccessWindowSet(set) => match set.opens {
                Some(day) => {
                    self.windows.insert(set.profile, day);
                }
                None => {
                    self.windows.remove(&set.profile);
                }
            },
            Event::ProfileBlocked(blocked) => {
                self.blocks.insert(blocked.profile, blocked.until);
            }
            Event::ProfileUnblocked(unblocked) => {
                self.blocks.remove(&unblocked.profile);
            }
            Event::GroupHidden(hidden) => {
                self.hidden.insert(hidden.group);
            }
            Event::GroupShown(shown) => {
                self.hidden.remove(&shown.group);
            }
            Event::PeriodsSet(_) | Event::ClosureMade(_) | Event::ClosureLifted(_) => {
                self.timetable.follow(event);
            }
            Event::Closed(_) => self.closed = true,
            Event::Reopened(_) => self.closed = false,
        }
        self
    }
}

impl Structure {
    /// Returns the open class called `name`.
    pub fn class(&self, name: &Label) -> Option<ClassId> {
        self.classes.iter().find(|(_, known)| *known == name).map(|(class, _)| *class)
    }

    /// Returns the name of the matrix the structure has, once it was created.
    pub fn matrix(&self) -> Option<&Label> {
        self.matrix.as_ref()
    }

    fn create(&self, create: Create) -> Decision {
        match self.created {
            Some(known) if known == create.structure => return Ok(vec![]),
            Some(_) => return Err(Refusal::Exists),
            None => {}
        }
        let created = Created {
            structure: create.structure,
            uai: create.uai,
            name: create.name,
            parent: create.parent,
            zone: create.zone,
            policy: InternalPolicy::Implied,
            family: create.matrix.family(),
        };
        let applied = self.apply(create.structure, &create.matrix, (vec![], vec![]), create.command);
        Ok(std::iter::once(created.into()).chain(applied.map(Event::from)).collect())
    }

    fn open_class(&self, class: ClassId, name: Label) -> Vec<Event> {
        if self.class(&name).is_some() || self.classes.contains_key(&class) {
            return vec![];
        }
        vec![ClassOpened { class, name }.into()]
    }

    fn close_class(&self, class: ClassId, people: u32) -> Decision {
        if !self.classes.contains_key(&class) {
            return Err(Refusal::UnknownClass);
        }
        if people > 0 {
            return Err(Refusal::ClassNotEmpty);
        }
        Ok(vec![ClassClosed { class }.into()])
    }

    fn new_group(&self, group: GroupId, event: Event) -> Vec<Event> {
        if self.groups.contains(&group) { vec![] } else { vec![event] }
    }

    fn grant_fact(
        &self,
        structure: StructureId,
        group: Target,
        (fact, reason): (Fact, Reason),
        opens: &[GroupId],
        accepted: Vec<GroupId>,
    ) -> Decision {
        if group.structure != structure {
            return Err(Refusal::GroupOfAnotherStructure);
        }
        match fact {
            Fact::Exposes if group.broadcast_list => return Err(Refusal::ListNeverExposes),
            Fact::Internal if group.broadcast_list => return Err(Refusal::ListNeverInternal),
            Fact::Uses | Fact::Exposes | Fact::Internal => {}
        }
        let group = group.group;
        if self.reasons.get(&(group, fact)).is_some_and(|reasons| reasons.contains(&reason)) {
            return Ok(vec![]);
        }
        let refused = not_accepted(opens, &accepted);
        if !refused.is_empty() {
            return Err(Refusal::OpensMembers(refused));
        }
        Ok(vec![FactGranted { group, fact, reason, accepted }.into()])
    }

    fn make_rule(&self, structure: StructureId, make: MakeRule) -> Decision {
        if self.rules.contains_key(&make.rule) {
            return Ok(vec![]);
        }
        if make.from.structure != structure {
            return Err(Refusal::GroupOfAnotherStructure);
        }
        let (from, to) = (make.from.group, make.to.group);
        if from == to {
            return Err(Refusal::RuleToItself);
        }
        if self.rules.values().any(|rule| rule.from == from && rule.to == to && !rule.by_matrix) {
            return Err(Refusal::RuleExists);
        }
        let refused = not_accepted(&make.opens, &make.accepted);
        if !refused.is_empty() {
            return Err(Refusal::OpensMembers(refused));
        }
        let exposes_members = make.exposes_members && !make.to.broadcast_list;
        Ok(vec![RuleMade { rule: make.rule, from, to, exposes_members, accepted: make.accepted }.into()])
    }

    fn remove_rule(&self, rule: RuleId) -> Vec<Event> {
        if self.rules.contains_key(&rule) { vec![RuleRemoved { rule }.into()] } else { vec![] }
    }

    fn set_policy(&self, policy: InternalPolicy, opens: &[GroupId], accepted: Vec<GroupId>) -> Decision {
        if self.policy == policy {
            return Ok(vec![]);
        }
        let refused = not_accepted(opens, &accepted);
        if !refused.is_empty() {
            return Err(Refusal::OpensMembers(refused));
        }
        Ok(vec![PolicySet { policy, accepted }.into()])
    }

    fn set_window(&self, profile: Profile, opens: Option<Date>) -> Vec<Event> {
        if self.windows.get(&profile).copied() == opens {
            return vec![];
        }
        vec![AccessWindowSet { profile, opens }.into()]
    }

    fn hide(
        &self,
        structure: StructureId,
        Target { group, structure: of, .. }: Target,
        hide: bool,
    ) -> Decision {
        if of != structure {
            return Err(Refusal::GroupOfAnotherStructure);
        }
        Ok(match (self.hidden.contains(&group), hide) {
            (false, true) => vec![GroupHidden { group }.into()],
            (true, false) => vec![GroupShown { group }.into()],
            (true, true) | (false, false) => vec![],
        })
    }

    fn block(&self, block: ProfileBlocked) -> Vec<Event> {
        if self.blocks.get(&block.profile) == Some(&block.until) { vec![] } else { vec![block.into()] }
    }
}

fn not_accepted(opens: &[GroupId], accepted: &[GroupId]) -> Vec<GroupId> {
    opens.iter().copied().filter(|group| !accepted.contains(group)).collect()
}
