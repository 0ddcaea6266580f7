//! A request for a change of rules that one may not make (`communication.md` section 7, last item).
//!
//! One asks with a reason; whoever may make every change of the list accepts it or refuses it with a reason. Accepted,
//! a process makes the changes one after the other, and says what was refused meanwhile.
//!
//! Invariant: what is accepted is what was looked at when it was asked for, or is accepted expressly as it is now.

mod event;
#[cfg(test)]
mod tests;

pub use event::*;

use crate::Decider;
use crate::id::{GroupId, PersonId, RuleRequestId};

/// What may be asked of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Ask for a change.
    Make(Make),
    /// Let it be made.
    Accept(Accept),
    /// Say no.
    Refuse {
        /// Who.
        by: PersonId,
        /// Why.
        reason: String,
    },
    /// Note that the changes were made, but for those named.
    Finish {
        /// What was refused.
        undone: Vec<Undone>,
    },
}

/// Ask for a change.
#[derive(Debug, Clone, PartialEq)]
pub struct Make {
    /// Which request.
    pub request: RuleRequestId,
    /// Who asks.
    pub by: PersonId,
    /// What is asked for, in this order.
    pub changes: Vec<Change>,
    /// Why.
    pub reason: String,
    /// Looked up: what it would do now.
    pub preview: Counts,
    /// Looked up: whether who asks may make all of it.
    pub own: bool,
}

/// Let a change be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Accept {
    /// Who.
    pub by: PersonId,
    /// Looked up: what it would do now.
    pub preview: Counts,
    /// Whether it may open students or relatives to each other.
    pub opens_members: bool,
    /// Whether it is to be made although it does something else than when it was asked for.
    pub as_it_is_now: bool,
}

/// Why something may not happen to a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody asked for it.
    #[error("rule-request.unknown")]
    Unknown,
    /// It says no change.
    #[error("rule-request.nothing-asked")]
    NothingAsked,
    /// Nobody asks, or refuses, without a reason.
    #[error("rule-request.reason-required")]
    ReasonRequired,
    /// Who asks may make the change.
    #[error("rule-request.yours-to-make")]
    YoursToMake,
    /// It would do something else now than when it was asked for.
    #[error("rule-request.differs-now")]
    DiffersNow,
    /// It would open students or relatives to each other, which was not accepted.
    #[error("communication.opens-members")]
    OpensMembers(Vec<GroupId>),
    /// It was accepted already.
    #[error("rule-request.accepted")]
    Accepted,
    /// Somebody said no.
    #[error("rule-request.refused")]
    Refused,
    /// Nobody accepted it.
    #[error("rule-request.not-accepted")]
    NotAccepted,
    /// It is another request.
    #[error("rule-request.other")]
    Other,
}

/// Where a request is.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum RuleRequest {
    /// Nobody asked.
    #[default]
    Unmade,
    /// Waits for somebody who may decide.
    Waiting(Asked),
    /// Somebody said no.
    Refused(Asked),
    /// To be made, one change after the other.
    Accepted(Asked),
    /// Made, but for what was refused meanwhile.
    Done(Asked),
}

/// What was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    by: PersonId,
    changes: Vec<Change>,
    preview: Counts,
}

type Decision = Result<Vec<Event>, Refusal>;

impl Decider for RuleRequest {
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(&self, command: Command) -> Decision {
        match command {
            Command::Make(make) => self.make(make),
            Command::Accept(accept) => self.accept(accept),
            Command::Refuse { by, reason } => self.refuse(by, reason),
            Command::Finish { undone } => match self {
                Self::Unmade => Err(Refusal::Unknown),
                Self::Waiting(_) | Self::Refused(_) => Err(Refusal::NotAccepted),
                Self::Accepted(_) => Ok(vec![Done { undone }.into()]),
                Self::Done(_) => Ok(vec![]),
            },
        }
    }

    fn evolve(self, event: &Event) -> Self {
        match (event, self) {
            (Event::Made(made), _) => {
                let (changes, preview) = (made.changes.clone(), made.preview.clone());
                Self::Waiting(Asked { by: made.by, changes, preview })
            }
            (Event::Accepted(_), Self::Waiting(asked)) => Self::Accepted(asked),
            (Event::Refused(_), Self::Waiting(asked)) => Self::Refused(asked),
            (Event::Done(_), Self::Accepted(asked)) => Self::Done(asked),
            (Event::Accepted(_) | Event::Refused(_) | Event::Done(_), state) => state,
        }
    }
}

impl RuleRequest {
    fn make(&self, make: Make) -> Decision {
        let Make { request, by, changes, reason, preview, own } = make;
        match self {
            Self::Unmade => {}
            Self::Waiting(known) | Self::Refused(known) | Self::Accepted(known) | Self::Done(known) => {
                let same = known.by == by && known.changes == changes;
                return if same { Ok(vec![]) } else { Err(Refusal::Other) };
            }
        }
        if changes.is_empty() {
            return Err(Refusal::NothingAsked);
        }
        if reason.trim().is_empty() {
            return Err(Refusal::ReasonRequired);
        }
        if own {
            return Err(Refusal::YoursToMake);
        }
        Ok(vec![Made { request, by, changes, reason: reason.into(), preview }.into()])
    }

    fn accept(&self, accept: Accept) -> Decision {
        let Accept { by, preview, opens_members, as_it_is_now } = accept;
        let asked = match self {
            Self::Unmade => return Err(Refusal::Unknown),
            Self::Waiting(asked) => asked,
            Self::Refused(_) => return Err(Refusal::Refused),
            Self::Accepted(_) | Self::Done(_) => return Ok(vec![]),
        };
        if asked.preview != preview && !as_it_is_now {
            return Err(Refusal::DiffersNow);
        }
        if !preview.to_accept.is_empty() && !opens_members {
            return Err(Refusal::OpensMembers(preview.to_accept));
        }
        Ok(vec![Accepted { by, preview }.into()])
    }

    fn refuse(&self, by: PersonId, reason: String) -> Decision {
        match self {
            Self::Unmade => Err(Refusal::Unknown),
            Self::Waiting(_) if reason.trim().is_empty() => Err(Refusal::ReasonRequired),
            Self::Waiting(_) => Ok(vec![Refused { by, reason: reason.into() }.into()]),
            Self::Refused(_) => Ok(vec![]),
            Self::Accepted(_) | Self::Done(_) => Err(Refusal::Accepted),
        }
    }
}
