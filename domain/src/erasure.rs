//! Erasing: of a person, or of one message (RGPD article 17; `audit.md`, Privacy).
//!
//! Two people decide: one asks with a reason, another confirms. Keys are destroyed by a process afterwards; it notes
//! what it did in the stream of the person or the message, then here.
//!
//! Invariant: who asked never confirms, and nobody confirms the erasure of themselves. What was confirmed is done.

use serde::{Deserialize, Serialize};

use crate::Decider;
use crate::id::{ErasureId, MessageId, PersonId};
use crate::sealed::{Carries, Retention, Sealed, Subject, Visit};

crate::events! {
    /// Somebody asked for it.
    Requested = "erasure.requested", schema 1;
    /// A second person agreed.
    Confirmed = "erasure.confirmed", schema 1;
    /// Somebody said no.
    Declined = "erasure.declined", schema 1;
    /// The keys are destroyed.
    Done = "erasure.done", schema 1;
}

/// What is to be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Everything that says who somebody is.
    Person {
        /// Who.
        person: PersonId,
        /// Also what they wrote, in everybody's mailbox.
        writings: bool,
    },
    /// Subject and body of one message, in everybody's mailbox.
    Message {
        /// Which.
        message: MessageId,
        /// Who wrote it.
        author: PersonId,
    },
}

impl What {
    /// Returns whose data it is.
    pub fn person(self) -> PersonId {
        match self {
            Self::Person { person, .. } => person,
            Self::Message { author, .. } => author,
        }
    }
}

/// Somebody asked for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Requested {
    /// Which erasure.
    pub erasure: ErasureId,
    /// Of what.
    pub what: What,
    /// Who asked; not there for the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
    /// Why. It stays when the person is erased, so nothing personal belongs in it.
    pub reason: Sealed<String>,
}

impl Carries for Requested {
    fn each(&mut self, visit: &mut dyn Visit) {
        visit.field(Subject::Platform, Retention::Life, "reason", 0, &mut self.reason);
    }
}

/// A second person agreed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Confirmed {
    /// Who; not there for the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
}

impl Carries for Confirmed {}

/// Somebody said no.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Declined {
    /// Who; not there for the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PersonId>,
}

impl Carries for Declined {}

/// The keys are destroyed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {}

impl Carries for Done {}

/// What may be asked of an erasure.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Ask for it.
    Request(Request),
    /// Agree.
    Confirm {
        /// Who; none for the operator.
        by: Option<PersonId>,
    },
    /// Say no.
    Decline {
        /// Who; none for the operator.
        by: Option<PersonId>,
    },
    /// Note that the keys are destroyed.
    Finish,
}

/// Ask for an erasure.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Which erasure.
    pub erasure: ErasureId,
    /// Of what.
    pub what: What,
    /// Who asks; none for the operator, who has the keys anyway and decides alone.
    pub by: Option<PersonId>,
    /// Why.
    pub reason: String,
}

/// Why an erasure does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody asked for it.
    #[error("erasure.unknown")]
    Unknown,
    /// Nobody is erased without a reason.
    #[error("erasure.reason-required")]
    ReasonRequired,
    /// Another person than who asked must agree.
    #[error("erasure.second-person-required")]
    SecondPersonRequired,
    /// It was confirmed already.
    #[error("erasure.confirmed")]
    Confirmed,
    /// Somebody said no already.
    #[error("erasure.declined")]
    Declined,
    /// It is another erasure.
    #[error("erasure.other")]
    Other,
}

/// Where an erasure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Erasure {
    /// Nobody asked.
    #[default]
    Unasked,
    /// Waits for a second person.
    Asked {
        /// Of what.
        what: What,
        /// Who asked; none for the operator.
        by: Option<PersonId>,
    },
    /// Agreed; the process has not destroyed the keys yet.
    Agreed {
        /// Of what.
        what: What,
    },
    /// Somebody said no.
    Refused {
        /// Of what.
        what: What,
    },
    /// Done.
    Over {
        /// Of what.
        what: What,
    },
}

type Decision = Result<Vec<Event>, Refusal>;

impl Decider for Erasure {
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(&self, command: Command) -> Decision {
        match command {
            Command::Request(request) => self.request(request),
            Command::Confirm { by } => self.confirm(by),
            Command::Decline { by } => match self {
                Self::Unasked => Err(Refusal::Unknown),
                Self::Asked { .. } => Ok(vec![Declined { by }.into()]),
                Self::Refused { .. } => Ok(vec![]),
                Self::Agreed { .. } | Self::Over { .. } => Err(Refusal::Confirmed),
            },
            Command::Finish => match self {
                Self::Agreed { .. } => Ok(vec![Done {}.into()]),
                Self::Over { .. } => Ok(vec![]),
                Self::Unasked | Self::Asked { .. } => Err(Refusal::Unknown),
                Self::Refused { .. } => Err(Refusal::Declined),
            },
        }
    }

    fn evolve(self, event: &Event) -> Self {
        match (event, self) {
            (Event::Requested(requested), _) => Self::Asked { what: requested.what, by: requested.by },
            (Event::Confirmed(_), Self::Asked { what, .. }) => Self::Agreed { what },
            (Event::Declined(_), Self::Asked { what, .. }) => Self::Refused { what },
            (Event::Done(_), Self::Agreed { what }) => Self::Over { what },
            (Event::Confirmed(_) | Event::Declined(_) | Event::Done(_), state) => state,
        }
    }
}

impl Erasure {
    fn request(&self, request: Request) -> Decision {
        let Request { erasure, what, by, reason } = request;
        match self {
            Self::Unasked if reason.trim().is_empty() => Err(Refusal::ReasonRequired),
            Self::Unasked => Ok(vec![Requested { erasure, what, by, reason: reason.into() }.into()]),
            Self::Asked { what: known, .. }
            | Self::Agreed { what: known }
            | Self::Refused { what: known }
            | Self::Over { what: known } => {
                if *known == what {
                    Ok(vec![])
                } else {
                    Err(Refusal::Other)
                }
            }
        }
    }

    fn confirm(&self, by: Option<PersonId>) -> Decision {
        match self {
            Self::Unasked => Err(Refusal::Unknown),
            Self::Asked { what, by: asked } => {
                let person = by.is_some_and(|by| *asked == Some(by) || what.person() == by);
                if person { Err(Refusal::SecondPersonRequired) } else { Ok(vec![Confirmed { by }.into()]) }
            }
            Self::Agreed { .. } | Self::Over { .. } => Ok(vec![]),
            Self::Refused { .. } => Err(Refusal::Declined),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decider::testing::given;

    fn person(id: u128) -> PersonId {
        PersonId::from_u128(id)
    }

    fn what() -> What {
        What::Person { person: person(9), writings: false }
    }

    fn request(by: u128, reason: &str) -> Command {
        let (erasure, by) = (ErasureId::from_u128(1), Some(person(by)));
        Command::Request(Request { erasure, what: what(), by, reason: reason.to_owned() })
    }

    fn requested() -> Event {
        let reason = Sealed::Open("article 17".to_owned());
        Requested { erasure: ErasureId::from_u128(1), what: what(), by: Some(person(1)), reason }.into()
    }

    fn confirmed() -> Event {
        Confirmed { by: Some(person(2)) }.into()
    }

    fn declined() -> Event {
        Declined { by: Some(person(2)) }.into()
    }

    fn confirm(by: u128) -> Command {
        Command::Confirm { by: Some(person(by)) }
    }

    fn decline() -> Command {
        Command::Decline { by: Some(person(2)) }
    }

    #[test]
    fn who_asks_says_why() {
        given::<Erasure>([]).when(request(1, " ")).refused(Refusal::ReasonRequired);
        given::<Erasure>([]).when(request(1, "article 17")).then([requested()]);
        given::<Erasure>([requested()]).when(request(1, "article 17")).already_so();
        let other = What::Person { person: person(8), writings: false };
        let asked = Request { erasure: ErasureId::from_u128(1), what: other, by: None, reason: "x".into() };
        given::<Erasure>([requested()]).when(Command::Request(asked)).refused(Refusal::Other);
    }

    #[test]
    fn another_person_confirms_and_never_the_one_who_is_erased() {
        given::<Erasure>([]).when(confirm(2)).refused(Refusal::Unknown);
        given::<Erasure>([requested()]).when(confirm(1)).refused(Refusal::SecondPersonRequired);
        given::<Erasure>([requested()]).when(confirm(9)).refused(Refusal::SecondPersonRequired);
        given::<Erasure>([requested()]).when(confirm(2)).then([confirmed()]);
        given::<Erasure>([requested(), confirmed()]).when(confirm(3)).already_so();
        given::<Erasure>([requested(), confirmed(), Done {}.into()]).when(confirm(3)).already_so();
        given::<Erasure>([requested(), declined()]).when(confirm(3)).refused(Refusal::Declined);
    }

    #[test]
    fn the_operator_decides_alone() {
        let reason = Sealed::Open("article 17".to_owned());
        let asked = Requested { erasure: ErasureId::from_u128(1), what: what(), by: None, reason };
        let agreed = Confirmed { by: None };
        given::<Erasure>([asked.into()]).when(Command::Confirm { by: None }).then([agreed.into()]);
    }

    #[test]
    fn what_was_confirmed_is_not_declined() {
        given::<Erasure>([]).when(decline()).refused(Refusal::Unknown);
        given::<Erasure>([requested()]).when(decline()).then([declined()]);
        given::<Erasure>([requested(), declined()]).when(decline()).already_so();
        given::<Erasure>([requested(), confirmed()]).when(decline()).refused(Refusal::Confirmed);
    }

    #[test]
    fn only_what_was_confirmed_is_done() {
        given::<Erasure>([]).when(Command::Finish).refused(Refusal::Unknown);
        given::<Erasure>([requested()]).when(Command::Finish).refused(Refusal::Unknown);
        given::<Erasure>([requested(), declined()]).when(Command::Finish).refused(Refusal::Declined);
        given::<Erasure>([requested(), confirmed()]).when(Command::Finish).then([Done {}.into()]);
        given::<Erasure>([requested(), confirmed(), Done {}.into()]).when(Command::Finish).already_so();
    }
}
