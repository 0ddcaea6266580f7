//! A person: identity, attachments, functions, children, account and credentials.
//!
//! Invariant: exactly one profile, for ever; blocks of different causes are lifted apart.

mod event;
mod exceptions;
pub mod login;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use event::*;
pub use exceptions::Exception;
use exceptions::Exceptions;
use rules::{change_identity, one_if, register_once};

use crate::group::Profile;
use crate::id::{ClassId, ErasureId, GroupId, PersonId, StructureId};
use crate::label::Label;
use crate::sealed::Sealed;
use crate::{Date, Decider, Timestamp};

/// What may be asked of a person.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Make the record.
    Register(Register),
    /// Replace names and contact data.
    ChangeIdentity(Identity),
    /// Attach to a structure, or change the days of the attachment.
    Attach(Attached),
    /// End an attachment and all that hangs on it.
    Detach(StructureId),
    /// Put into a class.
    JoinClass(StructureId, ClassId),
    /// Take out of a class.
    LeaveClass(StructureId, ClassId),
    /// Put into a teaching group.
    JoinTeachingGroup(StructureId, GroupId),
    /// Take out of a teaching group.
    LeaveTeachingGroup(StructureId, GroupId),
    /// Say a pupil's levels in a structure.
    SetLevels(StructureId, Vec<Label>),
    /// Give a function, with or without a post discipline.
    GiveFunction(StructureId, Label, Option<Label>),
    /// Take a function.
    TakeFunction(StructureId, Label, Option<Label>),
    /// Name head teacher of a class.
    NameHeadTeacher(StructureId, ClassId),
    /// End being head teacher of a class.
    EndHeadTeacher(StructureId, ClassId),
    /// Link a relative to their child.
    LinkChild {
        /// The pupil.
        child: PersonId,
        /// What the pupil is.
        profile: Profile,
    },
    /// End the link of a relative to a child.
    UnlinkChild(PersonId),
    /// Give a login that was claimed for this person.
    GiveLogin(String),
    /// Put an activation code in force.
    IssueCode {
        /// HMAC of the code.
        digest: String,
    },
    /// Activate the account.
    Activate {
        /// HMAC of the code that was shown.
        code: String,
        /// Argon2id verifier of the chosen password.
        password: String,
        /// The version of the charter that was accepted, if it was.
        charter: Option<Label>,
        /// What keeps this person out by their structures.
        kept_out: Option<KeptOut>,
    },
    /// Change the password.
    ChangePassword {
        /// The verifier that the old password matched; none for a reset by right.
        verified: Option<String>,
        /// The new verifier.
        password: String,
        /// Whether it must be changed at the next sign-in.
        temporary: bool,
    },
    /// Sign in.
    SignIn {
        /// The verifier that the password matched.
        verified: String,
        /// From which address.
        address: String,
        /// What keeps this person out by their structures.
        kept_out: Option<KeptOut>,
    },
    /// Block for a cause.
    Block {
        /// The cause.
        cause: BlockCause,
        /// By which structure.
        by: Option<StructureId>,
        /// When it is to be lifted.
        until: Option<Timestamp>,
        /// Why.
        reason: String,
    },
    /// Lift a block.
    Unblock(BlockCause),
    /// Close the account.
    Close,
    /// Open the account again.
    Reopen,
    /// Say that the feed no longer has them.
    MarkMissing,
    /// Say that the feed has them again.
    MarkReturned,
    /// Grant a role.
    GrantRole(Role, Option<Date>),
    /// Revoke a role.
    RevokeRole(Role),
    /// Note that the keys of what is known of them are destroyed.
    Erase {
        /// By which erasure.
        erasure: ErasureId,
        /// Whether what they wrote is erased too.
        writings: bool,
    },
    /// Note that everything that is known of them is handed out; each time is one of its own.
    Export,
    /// Note that what they did from one instant on and before another is looked at; each time is one of its own.
    ReadIncident {
        /// From this instant on.
        from: Timestamp,
        /// Before this instant.
        until: Timestamp,
    },
    /// Set something beside the rules.
    Except(Exception),
}

/// Make a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Register {
    /// Their id.
    pub person: PersonId,
    /// Their one profile.
    pub profile: Profile,
    /// Names and contact data.
    pub identity: Identity,
    /// Where the record comes from.
    pub source: Source,
    /// Until when it is kept.
    pub availability: Availability,
}

/// What keeps somebody out who is not blocked in person: looked up in their structures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptOut {
    /// The structure keeps the profile out, until then if it said so.
    Profile(StructureId, Option<Timestamp>),
    /// The access window of the structure opens this day.
    Window(StructureId, Date),
}

/// Why something may not happen to a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such person.
    #[error("person.unknown")]
    Unknown,
    /// First and last name are required.
    #[error("person.name-required")]
    NameRequired,
    /// A record stands here already, of another profile.
    #[error("person.profile-is-final")]
    ProfileIsFinal,
    /// Not attached to that structure.
    #[error("person.not-attached")]
    NotAttached,
    /// An attachment ends before it starts.
    #[error("person.ends-before-it-starts")]
    EndsBeforeItStarts,
    /// Relatives are in the classes of their children, guests in none.
    #[error("person.profile-has-no-class")]
    ProfileHasNoClass,
    /// Only a relative has children, and only a pupil is one.
    #[error("person.not-a-family")]
    NotAFamily,
    /// A direct link leads to somebody else.
    #[error("communication.link-to-oneself")]
    LinkToOneself,
    /// Another login is in force.
    #[error("account.has-a-login")]
    HasALogin,
    /// No login yet.
    #[error("account.no-login")]
    NoLogin,
    /// Active already.
    #[error("account.active")]
    Active,
    /// The code is not the one in force, or none is.
    #[error("account.wrong-code")]
    WrongCode,
    /// The charter must be accepted.
    #[error("account.charter-required")]
    CharterRequired,
    /// Never activated.
    #[error("account.not-activated")]
    NotActivated,
    /// The password is not the one in force.
    #[error("account.wrong-password")]
    WrongPassword,
    /// Blocked for a cause.
    #[error("account.blocked")]
    Blocked {
        /// Why.
        cause: BlockCause,
        /// By which structure.
        by: Option<StructureId>,
    },
    /// The profile is kept out by a structure.
    #[error("account.profile-blocked")]
    ProfileBlocked {
        /// Which.
        by: StructureId,
        /// Until when.
        until: Option<Timestamp>,
    },
    /// The access window is not open yet.
    #[error("account.window-closed")]
    WindowClosed {
        /// Of which structure.
        by: StructureId,
        /// The first day.
        opens: Date,
    },
    /// Closed.
    #[error("account.closed")]
    Closed,
    /// Erased: nothing happens to them any more.
    #[error("account.erased")]
    Erased,
}

/// A person, as far as the rules need to know.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Person {
    known: Option<Known>,
    account: Account,
    login: Option<Sealed<String>>,
    blocks: BTreeMap<BlockCause, (Option<StructureId>, Option<Timestamp>)>,
    attachments: BTreeMap<StructureId, Attached>,
    classes: BTreeSet<(StructureId, ClassId)>,
    head_teacher: BTreeSet<(StructureId, ClassId)>,
    groups: BTreeSet<(StructureId, GroupId)>,
    functions: BTreeSet<(StructureId, Label, Option<Label>)>,
    levels: BTreeMap<StructureId, Vec<Label>>,
    children: BTreeSet<PersonId>,
    missing: bool,
    roles: BTreeMap<Role, Option<Date>>,
    exceptions: Exceptions,
    erased: bool,
}

#[derive(Debug, Clone, PartialEq)]
struct Known {
    person: PersonId,
    profile: Profile,
    identity: Sealed<Identity>,
    /// Made by hand or permanent: no feed marks them missing (`directory.md`, Life).
    kept: bool,
}

/// Where an account is in its life.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Account {
    /// No password; a code opens it, if one is in force.
    #[default]
    Inactive,
    /// A code is in force.
    Issued {
        /// Its HMAC.
        code: Sealed<String>,
    },
    /// Has a password.
    Active {
        /// The verifier.
        password: Sealed<String>,
        /// Whether it must be changed.
        temporary: bool,
    },
    /// Closed; keeps what it had for a return.
    Closed(Box<Account>),
}

type Decision = Result<Vec<Event>, Refusal>;

impl Decider for Person {
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(&self, command: Command) -> Decision {
        let known = match (command, &self.known) {
            (Command::Register(_), Some(_)) if self.erased => return Err(Refusal::Erased),
            (Command::Register(register), known) => return register_once(known.as_ref(), register),
            (_, None) => return Err(Refusal::Unknown),
            (Command::Erase { .. }, Some(_)) if self.erased => return Ok(vec![]),
            (_, Some(_)) if self.erased => return Err(Refusal::Erased),
            (command, Some(known)) => (command, known),
        };
        let (command, Known { person, profile, identity, kept }) = known;
        let (person, kept) = (*person, *kept);
        match command {
            Command::Register(register) => register_once(self.known.as_ref(), register),
            Command::ChangeIdentity(new) => change_identity(person, identity, new),
            Command::Attach(attached) => self.attach(attached),
            Command::Detach(structure) => {
                Ok(one_if(self.attachments.contains_key(&structure), || Detached { structure }.into()))
            }
            Command::JoinClass(structure, class) => self.join_class(*profile, structure, class),
            Command::LeaveClass(structure, class) => {
                Ok(one_if(self.classes.contains(&(structure, class)), || {
                    ClassLeft { structure, class }.into()
                }))
            }
            Command::JoinTeachingGroup(structure, group) => {
                self.attached(structure)?;
                let join = || TeachingGroupJoined { structure, group }.into();
                Ok(one_if(!self.groups.contains(&(structure, group)), join))
            }
            Command::LeaveTeachingGroup(structure, group) => {
                let leave = || TeachingGroupLeft { structure, group }.into();
                Ok(one_if(self.groups.contains(&(structure, group)), leave))
            }
            Command::SetLevels(structure, levels) => {
                self.attached(structure)?;
                let same = self.levels.get(&structure).map_or(levels.is_empty(), |known| *known == levels);
                Ok(one_if(!same, || LevelsSet { structure, levels }.into()))
            }
            Command::GiveFunction(structure, function, discipline) => {
                self.attached(structure)?;
                let held = self.functions.contains(&(structure, function.clone(), discipline.clone()));
                Ok(one_if(!held, || FunctionGiven { structure, function, discipline }.into()))
            }
            Command::TakeFunction(structure, function, discipline) => {
                let held = self.functions.contains(&(structure, function.clone(), discipline.clone()));
                Ok(one_if(held, || FunctionTaken { structure, function, discipline }.into()))
            }
            Command::NameHeadTeacher(structure, class) => {
                self.attached(structure)?;
                let name = || HeadTeacherNamed { structure, class }.into();
                Ok(one_if(!self.head_teacher.contains(&(structure, class)), name))
            }
            Command::EndHeadTeacher(structure, class) => {
                let end = || HeadTeacherEnded { structure, class }.into();
                Ok(one_if(self.head_teacher.contains(&(structure, class)), end))
            }
            Command::LinkChild { child, profile: of_child } => {
                if *profile != Profile::Relative || of_child != Profile::Student {
                    return Err(Refusal::NotAFamily);
                }
                Ok(one_if(!self.children.contains(&child), || ChildLinked { child }.into()))
            }
            Command::UnlinkChild(child) => {
                Ok(one_if(self.children.contains(&child), || ChildUnlinked { child }.into()))
            }
            Command::GiveLogin(login) => self.give_login(person, login),
            Command::IssueCode { digest } => self.issue_code(person, digest),
            Command::Activate { code, password, charter, kept_out } => {
                self.activate(person, &code, password, charter, kept_out)
            }
            Command::ChangePassword { verified, password, temporary } => {
                self.change_password(person, verified.as_ref(), password, temporary)
            }
            Command::SignIn { verified, address, kept_out } => {
                self.sign_in(person, &verified, address, kept_out)
            }
            Command::Block { cause, by, until, reason } => {
                let same = self.blocks.get(&cause) == Some(&(by, until));
                Ok(one_if(!same, || Blocked { person, cause, by, until, reason: reason.into() }.into()))
            }
            Command::Unblock(cause) => {
                Ok(one_if(self.blocks.contains_key(&cause), || Unblocked { cause }.into()))
            }
            Command::Close => Ok(one_if(!self.closed(), || Closed {}.into())),
            Command::Reopen => Ok(one_if(self.closed(), || Reopened {}.into())),
            Command::MarkMissing => Ok(one_if(!self.missing && !kept, || Missing {}.into())),
            Command::MarkReturned => Ok(one_if(self.missing, || Returned {}.into())),
            Command::GrantRole(role, ends) => {
                let same = self.roles.get(&role) == Some(&ends);
                Ok(one_if(!same, || RoleGranted { role, ends }.into()))
            }
            Command::Erase { erasure, writings } => Ok(vec![Erased { erasure, writings }.into()]),
            Command::Export => Ok(vec![Exported {}.into()]),
            Command::ReadIncident { from, until } => Ok(vec![IncidentRead { from, until }.into()]),
            Command::Except(exception) => self.exceptions.decide(person, exception),
            Command::RevokeRole(role) => {
                Ok(one_if(self.roles.contains_key(&role), || RoleRevoked { role }.into()))
            }
        }
    }

    fn evolve(mut self, event: &Event) -> Self {
        match event {
            Event::Registered(registered) => {
                let Registered { person, profile, identity, source, availability } = registered.clone();
                let kept = source == Source::Manual || availability == Availability::Permanent;
                self.known = Some(Known { person, profile, identity, kept });
            }
            Event::IdentityChanged(changed) => {
                if let Some(known) = &mut self.known {
                    known.identity = changed.identity.clone();
                }
            }
            Event::Attached(attached) => {
                if attached.main {
                    // One structure is the main one, so the newest to say so takes it from the one before.
                    self.attachments.values_mut().for_each(|other| other.main = false);
                }
                self.attachments.insert(attached.structure, attached.clone());
            }
            Event::Detached(Detached { structure }) => self.detach(*structure),
            Event::ClassJoined(ClassJoined { structure, class }) => {
                self.classes.insert((*structure, *class));
            }
            Event::ClassLeft(ClassLeft { structure, class }) => {
                self.classes.remove(&(*structure, *class));
            }
            Event::TeachingGroupJoined(joined) => {
                self.groups.insert((joined.structure, joined.group));
            }
            Event::TeachingGroupLeft(left) => {
                self.groups.remove(&(left.structure, left.group));
            }
            Event::LevelsSet(set) => {
                self.levels.insert(set.structure, set.levels.clone());
            }
            Event::FunctionGiven(FunctionGiven { structure, function, discipline }) => {
                self.functions.insert((*structure, function.clone(), discipline.clone()));
            }
            Event::FunctionTaken(FunctionTaken { structure, function, discipline }) => {
                self.functions.remove(&(*structure, function.clone(), discipline.clone()));
            }
            Event::HeadTeacherNamed(named) => {
                self.head_teacher.insert((named.structure, named.class));
            }
            Event::HeadTeacherEnded(ended) => {
                self.head_teacher.remove(&(ended.structure, ended.class));
            }
            Event::ChildLinked(linked) => {
                self.children.insert(linked.child);
            }
            Event::ChildUnlinked(unlinked) => {
                self.children.remove(&unlinked.child);
            }
            Event::LoginGiven(given) => self.login = Some(given.login.clone()),
            Event::CodeIssued(issued) => self.account = Account::Issued { code: issued.digest.clone() },
            Event::Activated(activated) => {
                self.account = Account::Active { password: activated.password.clone(), temporary: false };
            }
            Event::PasswordChanged(changed) => {
                let (password, temporary) = (changed.password.clone(), changed.temporary);
                self.account = Account::Active { password, temporary };
            }
            Event::SignedIn(_) | Event::Exported(_) | Event::IncidentRead(_) => {}
            Event::Blocked(blocked) => {
                self.blocks.insert(blocked.cause, (blocked.by, blocked.until));
            }
            Event::Unblocked(unblocked) => {
                self.blocks.remove(&unblocked.cause);
            }
            Event::Closed(_) => self.account = Account::Closed(Box::new(self.account)),
            Event::Reopened(_) => {
                if let Account::Closed(before) = self.account {
                    self.account = *before;
                }
            }
            Event::Missing(_) => self.missing = true,
            Event::Returned(_) => self.missing = false,
            Event::RoleGranted(granted) => {
                self.roles.insert(granted.role.clone(), granted.ends);
            }
            Event::RoleRevoked(revoked) => {
                self.roles.remove(&revoked.role);
            }
            Event::Hidden(_) => self.exceptions.hide(true),
            Event::Shown(_) => self.exceptions.hide(false),
            Event::LinkMade(made) => self.exceptions.link(made),
            Event::LinkRemoved(removed) => self.exceptions.unlink(removed),
            Event::Erased(_) => {
                if let Some(known) = &mut self.known {
                    known.identity = Sealed::Erased;
                }
                self.login = self.login.map(|_| Sealed::Erased);
                self.account = Account::Closed(Box::default());
                self.roles.clear();
                self.exceptions = Exceptions::default();
                self.erased = true;
            }
        }
        self
    }
}

impl Person {
    /// Returns the profile, if the person exists.
    pub fn profile(&self) -> Option<Profile> {
        self.known.as_ref().map(|known| known.profile)
    }

    /// Returns the account.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Returns whether a login was given.
    pub fn has_login(&self) -> bool {
        self.login.is_some()
    }

    /// Returns names and contact data, unless erased.
    pub fn identity(&self) -> Option<&Identity> {
        self.known.as_ref().and_then(|known| known.identity.open())
    }
}
