//! The rules of a person that are longer than a line, one function for each command.

use super::{
    Account, Activated, Attached, ClassJoined, CodeIssued, Decision, Event, Identity, IdentityChanged,
    KeptOut, Known, LoginGiven, PasswordChanged, Person, Refusal, Register, Registered, SignedIn,
};
use crate::group::Profile;
use crate::id::{ClassId, PersonId, StructureId};
use crate::label::Label;
use crate::sealed::Sealed;

pub(super) fn one_if(condition: bool, event: impl FnOnce() -> Event) -> Vec<Event> {
    condition.then(event).into_iter().collect()
}

pub(super) fn register_once(known: Option<&Known>, register: Register) -> Decision {
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

pub(super) fn change_identity(person: PersonId, known: &Sealed<Identity>, new: Identity) -> Decision {
    if new.first_name.trim().is_empty() || new.last_name.trim().is_empty() {
        return Err(Refusal::NameRequired);
    }
    Ok(one_if(known.open() != Some(&new), || IdentityChanged { person, identity: new.into() }.into()))
}

impl Person {
    pub(super) fn closed(&self) -> bool {
        matches!(self.account, Account::Closed(_))
    }

    pub(super) fn attached(&self, structure: StructureId) -> Result<(), Refusal> {
        self.attachments.contains_key(&structure).then_some(()).ok_or(Refusal::NotAttached)
    }

    pub(super) fn attach(&self, attached: Attached) -> Decision {
        if let (Some(starts), Some(ends)) = (attached.starts, attached.ends)
            && ends < starts
        {
            return Err(Refusal::EndsBeforeItStarts);
        }
        let same = self.attachments.get(&attached.structure) == Some(&attached);
        Ok(one_if(!same, || attached.into()))
    }

    pub(super) fn detach(&mut self, structure: StructureId) {
        self.attachments.remove(&structure);
        self.classes.retain(|(of, _)| *of != structure);
        self.head_teacher.retain(|(of, _)| *of != structure);
        self.groups.retain(|(of, _)| *of != structure);
        self.functions.retain(|(of, ..)| *of != structure);
        self.levels.remove(&structure);
    }

    pub(super) fn join_class(&self, profile: Profile, structure: StructureId, class: ClassId) -> Decision {
        match profile {
            Profile::Relative | Profile::Guest => return Err(Refusal::ProfileHasNoClass),
            Profile::Teacher | Profile::Staff | Profile::Student => {}
        }
        self.attached(structure)?;
        Ok(one_if(!self.classes.contains(&(structure, class)), || ClassJoined { structure, class }.into()))
    }

    pub(super) fn give_login(&self, person: PersonId, login: String) -> Decision {
        match &self.login {
            None => Ok(vec![LoginGiven { person, login: login.into() }.into()]),
            Some(Sealed::Open(known)) if *known == login => Ok(vec![]),
            Some(_) => Err(Refusal::HasALogin),
        }
    }

    pub(super) fn issue_code(&self, person: PersonId, digest: String) -> Decision {
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

    pub(super) fn activate(
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

    pub(super) fn change_password(
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
            (None, _) if self.login.is_none() => return Err(Refusal::NoLogin),
            (Some(_), Some(_)) | (None, _) => {}
        }
        Ok(vec![PasswordChanged { person, password: password.into(), temporary }.into()])
    }

    pub(super) fn sign_in(
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
        if let Some((cause, (by, _))) = self.blocks.first_key_value() {
            return Err(Refusal::Blocked { cause: *cause, by: *by });
        }
        match kept_out {
            Some(KeptOut::Profile(by, until)) => Err(Refusal::ProfileBlocked { by, until }),
            Some(KeptOut::Window(by, opens)) => Err(Refusal::WindowClosed { by, opens }),
            None => Ok(()),
        }
    }
}
