//! A person: identity, attachments, functions, children, account and credentials.
//!
//! Invariant: exactly one profile, for ever; blocks of different causes are lifted apart.

mod event;
pub mod login;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use event::*;

use crate::group::Profile;
use crate::id::{ClassId, GroupId, PersonId, StructureId};
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
}

/// A person, as far as the rules need to know.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Person {
    known: Option<Known>,
    account: Account,
    login: Option<Sealed<String>>,
    blocks: BTreeMap<BlockCause, Option<StructureId>>,
    attachments: BTreeMap<StructureId, Attached>,
    classes: BTreeSet<(StructureId, ClassId)>,
    head_teacher: BTreeSet<(StructureId, ClassId)>,
    groups: BTreeSet<(StructureId, GroupId)>,
    functions: BTreeSet<(StructureId, Label, Option<Label>)>,
    levels: BTreeMap<StructureId, Vec<Label>>,
    children: BTreeSet<PersonId>,
    missing: bool,
    roles: BTreeMap<Role, Option<Date>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Known {
    person: PersonId,
    profile: Profile,
    identity: Sealed<Identity>,
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
            (Command::Register(register), known) => return register_once(known.as_ref(), register),
            (_, None) => return Err(Refusal::Unknown),
            (command, Some(known)) => (command, known),
        };
        let (command, Known { person, profile, identity }) = known;
        let person = *person;
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
                let block = || Blocked { person, cause, by, until, reason: reason.into() }.into();
                Ok(one_if(!self.blocks.contains_key(&cause), block))
            }
            Command::Unblock(cause) => {
                Ok(one_if(self.blocks.contains_key(&cause), || Unblocked { cause }.into()))
            }
            Command::Close => Ok(one_if(!self.closed(), || Closed {}.into())),
            Command::Reopen => Ok(one_if(self.closed(), || Reopened {}.into())),
            Command::MarkMissing => Ok(one_if(!self.missing, || Missing {}.into())),
            Command::MarkReturned => Ok(one_if(self.missing, || Returned {}.into())),
            Command::GrantRole(role, ends) => {
                let same = self.roles.get(&role) == Some(&ends);
                Ok(one_if(!same, || RoleGranted { role, ends }.into()))
            }
            Command::RevokeRole(role) => {
                Ok(one_if(self.roles.contains_key(&role), || RoleRevoked { role }.into()))
            }
        }
    }

    fn evolve(mut self, event: &Event) -> Self {
        match event {
            Event::Registered(registered) => {
                let Registered { person, profile, identity, .. } = registered.clone();
                self.known = Some(Known { person, profile, identity });
            }
            Event::IdentityChanged(changed) => {
                if let Some(known) = &mut self.known {
                    known.identity = changed.identity.clone();
                }
            }
            Event::Attached(attached) => {
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
            Event::SignedIn(_) => {}
            Event::Blocked(blocked) => {
                self.blocks.insert(blocked.cause, blocked.by);
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
        }
        self
    }
}

fn one_if(condition: bool, event: impl FnOnce() -> Event) -> Vec<Event> {
    condition.then(event).into_iter().collect()
}

fn register_once(known: Option<&Known>, register: Register) -> Decision {
    let Register { person, profile, identity, source, availability } = register;
    match known {
        Some(known) if known.profile == profile => Ok(vec![]),
        Some(_) => Err(Refusal::ProfileIsFinal),
        None if identity.first_name.trim().is_empty() || identity.last_name.trim().is_empty() => {
            Err(Refusal::NameRequired)
        }
        None => {
            let identity = Sealed::Open(identity);
            Ok(vec![Registered { person, profile, identity, source, availability }.into()])
        }
    }
}

fn change_identity(person: PersonId, known: &Sealed<Identity>, new: Identity) -> Decision {
    if new.first_name.trim().is_empty() || new.last_name.trim().is_empty() {
        return Err(Refusal::NameRequired);
    }
    Ok(one_if(known.open() != Some(&new), || IdentityChanged { person, identity: new.into() }.into()))
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

    fn closed(&self) -> bool {
        matches!(self.account, Account::Closed(_))
    }

    fn attached(&self, structure: StructureId) -> Result<(), Refusal> {
        self.attachments.contains_key(&structure).then_some(()).ok_or(Refusal::NotAttached)
    }

    fn attach(&self, attached: Attached) -> Decision {
        if let (Some(starts), Some(ends)) = (attached.starts, attached.ends)
            && ends < starts
        {
            return Err(Refusal::EndsBeforeItStarts);
        }
        let same = self.attachments.get(&attached.structure) == Some(&attached);
        Ok(one_if(!same, || attached.into()))
    }

    fn detach(&mut self, structure: StructureId) {
        self.attachments.remove(&structure);
        self.classes.retain(|(of, _)| *of != structure);
        self.head_teacher.retain(|(of, _)| *of != structure);
        self.groups.retain(|(of, _)| *of != structure);
        self.functions.retain(|(of, ..)| *of != structure);
        self.levels.remove(&structure);
    }

    fn join_class(&self, profile: Profile, structure: StructureId, class: ClassId) -> Decision {
        match profile {
            Profile::Relative | Profile::Guest => return Err(Refusal::ProfileHasNoClass),
            Profile::Teacher | Profile::Staff | Profile::Student => {}
        }
        self.attached(structure)?;
        Ok(one_if(!self.classes.contains(&(structure, class)), || ClassJoined { structure, class }.into()))
    }

    fn give_login(&self, person: PersonId, login: String) -> Decision {
        match &self.login {
            None => Ok(vec![LoginGiven { person, login: login.into() }.into()]),
            Some(Sealed::Open(known)) if *known == login => Ok(vec![]),
            Some(_) => Err(Refusal::HasALogin),
        }
    }

    fn issue_code(&self, person: PersonId, digest: String) -> Decision {
        if self.login.is_none() {
            return Err(Refusal::NoLogin);
        }
        match &self.account {
            Account::Active { .. } => Err(Refusal::Active),
            Account::Closed(_) => Err(Refusal::Closed),
            Account::Issued { code } if code.open() == Some(&digest) => Ok(vec![]),
            Account::Inactive | Account::Issued { .. } => {
                Ok(vec![CodeIssued { person, digest: digest.into() }.into()])
            }
        }
    }

    fn activate(
        &self,
        person: PersonId,
        code: &str,
        password: String,
        charter: Option<Label>,
        kept_out: Option<KeptOut>,
    ) -> Decision {
        match &self.account {
            Account::Issued { code: issued } if issued.open().is_some_and(|known| known == code) => {}
            Account::Issued { .. } | Account::Inactive => return Err(Refusal::WrongCode),
            Account::Active { .. } => return Err(Refusal::Active),
            Account::Closed(_) => return Err(Refusal::Closed),
        }
        self.not_kept_out(kept_out)?;
        let charter = charter.ok_or(Refusal::CharterRequired)?;
        Ok(vec![Activated { person, password: password.into(), charter }.into()])
    }

    fn change_password(
        &self,
        person: PersonId,
        verified: Option<&String>,
        password: String,
        temporary: bool,
    ) -> Decision {
        let current = match &self.account {
            Account::Active { password, .. } => Some(password),
            Account::Closed(_) => return Err(Refusal::Closed),
            Account::Inactive | Account::Issued { .. } => None,
        };
        match (verified, current) {
            (Some(_), None) => return Err(Refusal::NotActivated),
            (Some(verified), Some(current)) if current.open() != Some(verified) => {
                return Err(Refusal::WrongPassword);
            }
            (Some(_), Some(_)) => {}
            (None, _) if self.login.is_none() => return Err(Refusal::NoLogin),
            (None, _) => {}
        }
        Ok(vec![PasswordChanged { person, password: password.into(), temporary }.into()])
    }

    fn sign_in(
        &self,
        person: PersonId,
        verified: &String,
        address: String,
        kept_out: Option<KeptOut>,
    ) -> Decision {
        match &self.account {
            Account::Active { password, .. } if password.open() == Some(verified) => {}
            Account::Active { .. } => return Err(Refusal::WrongPassword),
            Account::Inactive | Account::Issued { .. } => return Err(Refusal::NotActivated),
            Account::Closed(_) => return Err(Refusal::Closed),
        }
        self.not_kept_out(kept_out)?;
        Ok(vec![SignedIn { person, address: address.into() }.into()])
    }

    fn not_kept_out(&self, kept_out: Option<KeptOut>) -> Result<(), Refusal> {
        if let Some((cause, by)) = self.blocks.first_key_value() {
            return Err(Refusal::Blocked { cause: *cause, by: *by });
        }
        match kept_out {
            Some(KeptOut::Profile(by, until)) => Err(Refusal::ProfileBlocked { by, until }),
            Some(KeptOut::Window(by, opens)) => Err(Refusal::WindowClosed { by, opens }),
            None => Ok(()),
        }
    }
}
