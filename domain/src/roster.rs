//! Who is in a group filled by hand: a free group, or a broadcast list (`communication.md` section 4).
//!
//! An administrator names managers of a free group; a manager adds and removes members, and names managers under
//! themselves, never above. When one ends, those under them go to who was above; those of the highest are then the
//! highest.
//!
//! Invariants: ids only. Nobody is their own manager, however far. Whom somebody took out of a broadcast list stays out
//! until somebody puts them in again, whatever its criteria say.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Decider;
use crate::group::Profile;
use crate::id::PersonId;
use crate::sealed::Carries;

/// The most people that one command adds or removes: an event of them is 30 KB.
pub const MOST_AT_ONCE: usize = 1_000;

/// The most managers a group has.
pub const MOST_MANAGERS: usize = 100;

crate::events! {
    /// People are in it.
    MembersAdded = "group.members-added", schema 1;
    /// People are no longer in it.
    MembersRemoved = "group.members-removed", schema 1;
    /// Somebody manages it.
    ManagerNamed = "group.manager-named", schema 1;
    /// Somebody no longer manages it.
    ManagerEnded = "group.manager-ended", schema 1;
}

/// People are in it by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MembersAdded {
    /// Who; of any structure.
    pub people: Vec<PersonId>,
}

impl Carries for MembersAdded {}

/// People are no longer in it; in a broadcast list not by its criteria either.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MembersRemoved {
    /// Who.
    pub people: Vec<PersonId>,
}

impl Carries for MembersRemoved {}

/// Somebody manages it, or manages it under somebody else from now on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManagerNamed {
    /// Who. They need not be a member.
    pub person: PersonId,
    /// The manager above them; none but an administrator is above the highest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<PersonId>,
}

impl Carries for ManagerNamed {}

/// Somebody no longer manages it; those under them go to who was above.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManagerEnded {
    /// Who.
    pub person: PersonId,
}

impl Carries for ManagerEnded {}

/// What may be asked of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Put people in.
    Add {
        /// Who.
        people: Vec<Candidate>,
        /// What the group is.
        kind: Kind,
        /// Who asks.
        by: By,
    },
    /// Take people out.
    Remove {
        /// Who; of a broadcast list only those who are in it.
        people: Vec<PersonId>,
        /// What the group is.
        kind: Kind,
        /// Who asks.
        by: By,
    },
    /// Let somebody manage it, or manage it under somebody else.
    Name {
        /// Who.
        manager: Candidate,
        /// The manager above them, if there is one.
        under: Option<PersonId>,
        /// What the group is.
        kind: Kind,
        /// Who asks.
        by: By,
    },
    /// Let somebody no longer manage it.
    End {
        /// Who.
        person: PersonId,
        /// Who asks.
        by: By,
    },
}

/// Somebody to be put in, as looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Who.
    pub person: PersonId,
    /// Their profile, and that whoever asks administers or reaches them; none if they do not, or if nobody is there.
    pub reached: Option<Profile>,
}

/// What the group is, as looked up; it never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A free group.
    Free,
    /// A broadcast list of people of this profile.
    List(Profile),
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Somebody who administers the structure of the group.
    Administrator,
    /// Somebody who acts as a manager: whether they are one is decided here.
    Manager(PersonId),
}

/// Why something may not happen to it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// More people at once than one event holds.
    #[error("members.too-many-at-once")]
    TooManyAtOnce,
    /// Whoever asks neither administers nor reaches those at these places.
    #[error("members.out-of-reach")]
    OutOfReach(Vec<usize>),
    /// Those at these places do not have the profile of the list.
    #[error("members.another-profile")]
    AnotherProfile(Vec<usize>),
    /// Whoever asks does not manage it any more.
    #[error("members.not-a-manager")]
    NotAManager,
    /// A manager acts on those below them alone.
    #[error("members.manager-above")]
    ManagerAbove,
    /// Nobody manages a group under who does not manage it.
    #[error("members.unknown-manager")]
    UnknownManager,
    /// Nobody manages a group under themselves, however far.
    #[error("members.manager-under-themselves")]
    ManagerUnderThemselves,
    /// It has as many managers as a group may have.
    #[error("members.too-many-managers")]
    TooManyManagers,
    /// Only a platform administrator fills a broadcast list.
    #[error("members.list-has-no-managers")]
    ListHasNoManagers,
}

/// Who is in a group and who manages it, as far as its rules need to know.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Roster {
    members: BTreeSet<PersonId>,
    /// Taken out, and not put in again since.
    removed: BTreeSet<PersonId>,
    /// Managers, with who is above each.
    managers: BTreeMap<PersonId, Option<PersonId>>,
}

type Decision = Result<Vec<Event>, Refusal>;

impl Decider for Roster {
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(&self, command: Command) -> Decision {
        match command {
            Command::Add { people, kind, by } => self.add(&people, kind, by),
            Command::Remove { people, kind, by } => self.remove(people, kind, by),
            Command::Name { manager, under, kind, by } => self.name(manager, under, kind, by),
            Command::End { person, by } => self.end(person, by),
        }
    }

    fn evolve(mut self, event: &Event) -> Self {
        match event {
            Event::MembersAdded(added) => {
                for person in &added.people {
                    self.removed.remove(person);
                    self.members.insert(*person);
                }
            }
            Event::MembersRemoved(removed) => {
                for person in &removed.people {
                    self.members.remove(person);
                    self.removed.insert(*person);
                }
            }
            Event::ManagerNamed(named) => {
                self.managers.insert(named.person, named.under);
            }
            Event::ManagerEnded(ended) => {
                let above = self.managers.remove(&ended.person).flatten();
                for under in self.managers.values_mut().filter(|under| **under == Some(ended.person)) {
                    *under = above;
                }
            }
        }
        self
    }
}

impl Roster {
    fn add(&self, people: &[Candidate], kind: Kind, by: By) -> Decision {
        self.acts(by)?;
        if people.len() > MOST_AT_ONCE {
            return Err(Refusal::TooManyAtOnce);
        }
        let unreached = places(people, |candidate| candidate.reached.is_none());
        if !unreached.is_empty() {
            return Err(Refusal::OutOfReach(unreached));
        }
        if let Kind::List(profile) = kind {
            let others = places(people, |candidate| candidate.reached != Some(profile));
            if !others.is_empty() {
                return Err(Refusal::AnotherProfile(others));
            }
        }
        let new: BTreeSet<_> = people.iter().map(|candidate| candidate.person).collect();
        let people: Vec<_> = new.difference(&self.members).copied().collect();
        Ok(if people.is_empty() { vec![] } else { vec![MembersAdded { people }.into()] })
    }

    fn remove(&self, people: Vec<PersonId>, kind: Kind, by: By) -> Decision {
        self.acts(by)?;
        if people.len() > MOST_AT_ONCE {
            return Err(Refusal::TooManyAtOnce);
        }
        let is_in = |person: &PersonId| match kind {
            Kind::Free => self.members.contains(person),
            Kind::List(_) => !self.removed.contains(person),
        };
        let people: BTreeSet<_> = people.into_iter().filter(is_in).collect();
        let people: Vec<_> = people.into_iter().collect();
        Ok(if people.is_empty() { vec![] } else { vec![MembersRemoved { people }.into()] })
    }

    fn name(&self, manager: Candidate, under: Option<PersonId>, kind: Kind, by: By) -> Decision {
        self.acts(by)?;
        let person = manager.person;
        if kind != Kind::Free {
            return Err(Refusal::ListHasNoManagers);
        }
        if let By::Manager(me) = by {
            let known = self.managers.contains_key(&person);
            if !under.is_some_and(|under| under == me || self.is_below(under, me)) {
                return Err(Refusal::ManagerAbove);
            }
            if known && !self.is_below(person, me) {
                return Err(Refusal::ManagerAbove);
            }
        }
        if self.managers.get(&person) == Some(&under) {
            return Ok(vec![]);
        }
        if manager.reached.is_none() {
            return Err(Refusal::OutOfReach(vec![0]));
        }
        if let Some(under) = under {
            if under == person || self.is_below(under, person) {
                return Err(Refusal::ManagerUnderThemselves);
            }
            if !self.managers.contains_key(&under) {
                return Err(Refusal::UnknownManager);
            }
        }
        if self.managers.len() >= MOST_MANAGERS && !self.managers.contains_key(&person) {
            return Err(Refusal::TooManyManagers);
        }
        Ok(vec![ManagerNamed { person, under }.into()])
    }

    /// A manager may end themselves: nobody has to stay one.
    fn end(&self, person: PersonId, by: By) -> Decision {
        match by {
            By::Manager(me) if me == person => {}
            By::Administrator | By::Manager(_) => self.acts(by)?,
        }
        if !self.managers.contains_key(&person) {
            return Ok(vec![]);
        }
        match by {
            By::Manager(me) if me != person && !self.is_below(person, me) => Err(Refusal::ManagerAbove),
            By::Administrator | By::Manager(_) => Ok(vec![ManagerEnded { person }.into()]),
        }
    }

    fn acts(&self, by: By) -> Result<(), Refusal> {
        match by {
            By::Manager(person) if !self.managers.contains_key(&person) => Err(Refusal::NotAManager),
            By::Administrator | By::Manager(_) => Ok(()),
        }
    }

    /// Whether a manager is somewhere below another.
    fn is_below(&self, person: PersonId, above: PersonId) -> bool {
        let mut at = person;
        // Nobody is under themselves, so this ends; it ends even if somebody were.
        for _ in 0..=self.managers.len() {
            match self.managers.get(&at).copied().flatten() {
                Some(next) if next == above => return true,
                Some(next) => at = next,
                None => return false,
            }
        }
        false
    }
}

fn places(people: &[Candidate], which: impl Fn(&Candidate) -> bool) -> Vec<usize> {
    people.iter().enumerate().filter(|(_, candidate)| which(candidate)).map(|(place, _)| place).collect()
}
