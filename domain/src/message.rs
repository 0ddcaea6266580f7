//! A message: drafted, sent, its replies closed; or a notice, which nobody wrote.
//!
//! Invariant: who got it is fixed by the position of `message.sent`; nothing later adds or removes anybody.
//! What readers do is elsewhere ([`crate::reading`]), so that nothing ever waits behind them.

mod event;
mod notice;
#[cfg(test)]
mod tests;

pub use event::*;
pub use notice::*;

use crate::Decider;
use crate::id::{ErasureId, FavouriteId, MessageId, PersonId};

/// What may be asked of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Save the draft.
    Save(Draft),
    /// Throw the draft away.
    Discard {
        /// Who asks.
        by: PersonId,
        /// Which.
        message: MessageId,
    },
    /// Send it.
    Send(Send),
    /// Note that the key of its subject and body is destroyed.
    Erase {
        /// Which.
        message: MessageId,
        /// By which erasure.
        erasure: ErasureId,
    },
    /// Tell people something, in the name of nobody.
    Notify(Notify),
    /// End the replies.
    CloseReplies {
        /// Who asks.
        by: PersonId,
        /// Of which.
        message: MessageId,
    },
}

/// Save a draft.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Its id.
    pub message: MessageId,
    /// Whose it is.
    pub author: PersonId,
    /// Its subject.
    pub subject: String,
    /// Its body.
    pub body: Body,
    /// Named in `to`.
    pub to: Vec<Party>,
    /// Named in `cc`.
    pub cc: Vec<Party>,
    /// Named in `bcc`.
    pub bcc: Vec<Party>,
    /// Favourites named in `to`, `cc` and `bcc`; any, as a draft may name anybody.
    pub favourites: [Vec<FavouriteId>; 3],
}

/// Send a message, new or an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Send {
    /// Its id.
    pub message: MessageId,
    /// Who writes.
    pub author: PersonId,
    /// Its subject.
    pub subject: String,
    /// Its body.
    pub body: Body,
    /// To whom.
    pub recipients: Recipients,
    /// Who may answer, and whom.
    pub replies: Replies,
}

/// To whom a message goes.
#[derive(Debug, Clone, PartialEq)]
pub enum Recipients {
    /// Parties that were looked up in the author's reach.
    Named {
        /// Openly.
        to: Vec<Asked>,
        /// Openly, for information.
        cc: Vec<Asked>,
        /// Blindly.
        bcc: Vec<Asked>,
        /// How many relatives and students in `to` and `cc` do not all reach each other.
        exposed: u32,
        /// Whether the author accepts that those can write to all by replying.
        accept_exposure: bool,
    },
    /// Those a reply goes to.
    Reply {
        /// The message answered.
        original: Original,
        /// Also to everybody in its `to` and `cc`.
        everyone: bool,
    },
}

/// A party asked for, and the fact that allows it if there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Whom.
    pub party: Party,
    /// What allows it.
    pub witness: Option<Witness>,
    /// Whether it is a broadcast list.
    pub broadcast_list: bool,
}

/// A message that is answered, as the one who answers got it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Original {
    /// Its id.
    pub message: MessageId,
    /// Who wrote it; none for a notice.
    pub author: Option<PersonId>,
    /// The first message of its thread.
    pub thread: MessageId,
    /// Who may answer, and whom.
    pub replies: Replies,
    /// Whether its author ended the replies.
    pub closed: bool,
    /// How the one who answers got it.
    pub got: Got,
}

/// How somebody got a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Got {
    /// Wrote it.
    Author,
    /// In `to` or `cc`.
    Openly,
    /// In `bcc` only.
    Blindly,
    /// Not at all.
    Never,
}

/// Where a party stands: `to`, `cc` or `bcc`, and its place there from 0.
pub type Place = (Field, usize);

/// A list of recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// `to`.
    To,
    /// `cc`.
    Cc,
    /// `bcc`.
    Bcc,
}

impl Field {
    /// Returns its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::To => "to",
            Self::Cc => "cc",
            Self::Bcc => "bcc",
        }
    }
}

/// Why something may not happen to a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such message, or it is not theirs.
    #[error("messaging.unknown")]
    Unknown,
    /// Nobody is named.
    #[error("messaging.no-recipients")]
    NoRecipients,
    /// Neither subject nor body.
    #[error("messaging.empty")]
    Empty,
    /// The author reaches none of these; the message is refused whole.
    #[error("messaging.out-of-reach")]
    OutOfReach(Vec<(Place, Party)>),
    /// A broadcast list is named openly.
    #[error("messaging.list-only-blind")]
    ListOnlyBlind(Vec<Place>),
    /// Relatives or students who do not reach each other could write to all by replying.
    #[error("messaging.recipients-can-reply-to-all")]
    RecipientsCanReplyToAll(u32),
    /// It was sent already, as something else.
    #[error("messaging.already-sent")]
    AlreadySent,
    /// The draft was thrown away.
    #[error("messaging.discarded")]
    Discarded,
    /// It was erased.
    #[error("messaging.erased")]
    Erased,
    /// Nobody may answer, or no longer.
    #[error("messaging.replies-closed")]
    RepliesClosed,
    /// Only the sender may be answered.
    #[error("messaging.replies-to-sender-only")]
    RepliesToSenderOnly,
    /// Who got it blindly answers the sender alone.
    #[error("messaging.blind-copies-answer-the-sender-alone")]
    BlindCopiesAnswerTheSenderAlone,
    /// Who did not get it cannot answer it.
    #[error("messaging.not-a-recipient")]
    NotARecipient,
}

/// Where a message is in its life.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Message {
    /// Nothing was written yet.
    #[default]
    Blank,
    /// A draft.
    Draft(Box<Drafted>),
    /// A draft that was thrown away.
    Discarded {
        /// Whose it was.
        author: PersonId,
    },
    /// Sent.
    Sent {
        /// Who wrote it.
        author: PersonId,
        /// Whether replies were ended.
        closed: bool,
    },
    /// Erased alone.
    Erased {
        /// Who wrote it.
        author: PersonId,
    },
    /// A notice, sent once and for ever.
    Notice,
}

type Decision = Result<Vec<Event>, Refusal>;

impl Decider for Message {
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(&self, command: Command) -> Decision {
        match command {
            Command::Save(draft) => self.save(draft),
            Command::Discard { by, message } => self.discard(by, message),
            Command::Send(send) => self.send(send),
            Command::CloseReplies { by, message } => self.close_replies(by, message),
            Command::Erase { message, erasure } => self.erase(message, erasure),
            Command::Notify(notify) => self.notify(notify),
        }
    }

    fn evolve(self, event: &Event) -> Self {
        match event {
            Event::Drafted(drafted) => Self::Draft(Box::new(drafted.clone())),
            Event::Discarded(_) => match self {
                Self::Draft(draft) => Self::Discarded { author: draft.author },
                Self::Blank
                | Self::Discarded { .. }
                | Self::Sent { .. }
                | Self::Erased { .. }
                | Self::Notice => self,
            },
            Event::Sent(sent) => Self::Sent { author: sent.author, closed: false },
            Event::RepliesClosed(_) => match self {
                Self::Sent { author, .. } => Self::Sent { author, closed: true },
                Self::Blank
                | Self::Draft(_)
                | Self::Discarded { .. }
                | Self::Erased { .. }
                | Self::Notice => self,
            },
            Event::Erased(_) => match self {
                Self::Draft(draft) => Self::Erased { author: draft.author },
                Self::Discarded { author } | Self::Sent { author, .. } | Self::Erased { author } => {
                    Self::Erased { author }
                }
                Self::Blank | Self::Notice => self,
            },
            Event::Notified(_) => Self::Notice,
        }
    }
}

impl Message {
    fn save(&self, draft: Draft) -> Decision {
        let Draft { message, author, subject, body, to, cc, bcc, favourites } = draft;
        let (subject, body) = (subject.into(), body.into());
        let [to_favourites, cc_favourites, bcc_favourites] = favourites;
        let drafted = Drafted {
            message,
            author,
            subject,
            body,
            to,
            cc,
            bcc,
            to_favourites,
            cc_favourites,
            bcc_favourites,
        };
        match self {
            Self::Draft(known) if known.author != author => Err(Refusal::Unknown),
            Self::Draft(known) if **known == drafted => Ok(vec![]),
            Self::Blank | Self::Draft(_) => Ok(vec![drafted.into()]),
            Self::Discarded { author: known } if *known == author => Err(Refusal::Discarded),
            Self::Sent { author: known, .. } if *known == author => Err(Refusal::AlreadySent),
            Self::Erased { author: known } if *known == author => Err(Refusal::Erased),
            Self::Discarded { .. } | Self::Sent { .. } | Self::Erased { .. } | Self::Notice => {
                Err(Refusal::Unknown)
            }
        }
    }

    fn discard(&self, by: PersonId, message: MessageId) -> Decision {
        match self {
            Self::Draft(draft) if draft.author == by => Ok(vec![Discarded { message }.into()]),
            Self::Discarded { author } if *author == by => Ok(vec![]),
            Self::Sent { author, .. } if *author == by => Err(Refusal::AlreadySent),
            Self::Erased { author } if *author == by => Err(Refusal::Erased),
            Self::Blank
            | Self::Draft(_)
            | Self::Discarded { .. }
            | Self::Sent { .. }
            | Self::Erased { .. }
            | Self::Notice => Err(Refusal::Unknown),
        }
    }

    fn send(&self, send: Send) -> Decision {
        match self {
            Self::Blank => {}
            Self::Draft(draft) if draft.author == send.author => {}
            Self::Discarded { author } if *author == send.author => return Err(Refusal::Discarded),
            Self::Sent { author, .. } if *author == send.author => return Err(Refusal::AlreadySent),
            Self::Erased { author } if *author == send.author => return Err(Refusal::Erased),
            Self::Draft(_)
            | Self::Discarded { .. }
            | Self::Sent { .. }
            | Self::Erased { .. }
            | Self::Notice => {
                return Err(Refusal::Unknown);
            }
        }
        if send.subject.trim().is_empty() && send.body.text.trim().is_empty() {
            return Err(Refusal::Empty);
        }
        let Send { message, author, subject, body, recipients, replies } = send;
        let (in_reply_to, thread) = match &recipients {
            Recipients::Named { .. } => (None, message),
            Recipients::Reply { original, .. } => (Some(original.message), original.thread),
        };
        let [to, cc, bcc] = recipients.check(author)?;
        let (subject, body) = (subject.into(), body.into());
        Ok(vec![Sent { message, author, subject, body, to, cc, bcc, in_reply_to, thread, replies }.into()])
    }

    fn close_replies(&self, by: PersonId, message: MessageId) -> Decision {
        match self {
            Self::Sent { author, closed } if *author == by => {
                Ok(if *closed { vec![] } else { vec![RepliesClosed { message }.into()] })
            }
            // Nobody can answer what nobody can read.
            Self::Erased { author } if *author == by => Ok(vec![]),
            Self::Blank
            | Self::Draft(_)
            | Self::Discarded { .. }
            | Self::Sent { .. }
            | Self::Erased { .. }
            | Self::Notice => Err(Refusal::Unknown),
        }
    }

    /// The id of a notice is derived from what it tells of: whoever comes second finds it sent.
    fn notify(&self, notify: Notify) -> Decision {
        match self {
            Self::Blank => Ok(vec![notify.event().into()]),
            Self::Notice => Ok(vec![]),
            Self::Draft(_) | Self::Discarded { .. } | Self::Sent { .. } | Self::Erased { .. } => {
                Err(Refusal::AlreadySent)
            }
        }
    }

    fn erase(&self, message: MessageId, erasure: ErasureId) -> Decision {
        match self {
            // A notice holds nothing that could be erased.
            Self::Blank | Self::Notice => Err(Refusal::Unknown),
            Self::Erased { .. } => Ok(vec![]),
            Self::Draft(_) | Self::Discarded { .. } | Self::Sent { .. } => {
                Ok(vec![Erased { message, erasure }.into()])
            }
        }
    }
}

impl Recipients {
    /// Returns the parties with what allows them: `to`, `cc`, `bcc`.
    fn check(self, author: PersonId) -> Result<[Vec<Addressed>; 3], Refusal> {
        match self {
            Self::Named { to, cc, bcc, exposed, accept_exposure } => {
                named(&[(Field::To, to), (Field::Cc, cc), (Field::Bcc, bcc)], exposed, accept_exposure)
            }
            Self::Reply { original, everyone } => reply(author, original, everyone),
        }
    }
}

fn named(
    lists: &[(Field, Vec<Asked>); 3],
    exposed: u32,
    accept_exposure: bool,
) -> Result<[Vec<Addressed>; 3], Refusal> {
    let all = || {
        lists.iter().flat_map(|(field, asked)| {
            asked.iter().enumerate().map(move |(index, asked)| ((*field, index), asked))
        })
    };
    if all().next().is_none() {
        return Err(Refusal::NoRecipients);
    }
    let unreachable: Vec<_> = all()
        .filter(|(_, asked)| asked.witness.is_none())
        .map(|(place, asked)| (place, asked.party))
        .collect();
    if !unreachable.is_empty() {
        return Err(Refusal::OutOfReach(unreachable));
    }
    let open_lists: Vec<_> = all()
        .filter(|((field, _), asked)| asked.broadcast_list && *field != Field::Bcc)
        .map(|(place, _)| place)
        .collect();
    if !open_lists.is_empty() {
        return Err(Refusal::ListOnlyBlind(open_lists));
    }
    if exposed > 1 && !accept_exposure {
        return Err(Refusal::RecipientsCanReplyToAll(exposed));
    }
    Ok([0, 1, 2].map(|list| {
        let asked = lists[list].1.iter();
        asked.filter_map(|a| Some(Addressed { party: a.party, witness: a.witness? })).collect()
    }))
}

/// Who got it in `to` or `cc` may answer the sender and everybody in `to` and `cc`; who got it in `bcc` the
/// sender alone. Reach is not asked for, and the `bcc` of the message answered is never added (seed 000).
fn reply(author: PersonId, original: Original, everyone: bool) -> Result<[Vec<Addressed>; 3], Refusal> {
    match (original.got, original.replies) {
        (Got::Never, _) => return Err(Refusal::NotARecipient),
        (Got::Author | Got::Openly | Got::Blindly, Replies::None) => return Err(Refusal::RepliesClosed),
        (Got::Author | Got::Openly | Got::Blindly, _) if original.closed => {
            // Also for the author: what was closed would else be a way round reach for ever.
            return Err(Refusal::RepliesClosed);
        }
        (Got::Blindly, _) if everyone => return Err(Refusal::BlindCopiesAnswerTheSenderAlone),
        (Got::Openly, Replies::Sender) if everyone => return Err(Refusal::RepliesToSenderOnly),
        (Got::Author | Got::Openly | Got::Blindly, Replies::All | Replies::Sender) => {}
    }
    // A notice is answered by nobody.
    let writer = original.author.ok_or(Refusal::RepliesClosed)?;
    let witness = Witness::Reply { to: original.message };
    let audience = Addressed { party: Party::Audience(original.message), witness };
    if author == writer {
        return Ok([vec![audience], vec![], vec![]]);
    }
    let to = vec![Addressed { party: Party::Person(writer), witness }];
    Ok([to, if everyone { vec![audience] } else { vec![] }, vec![]])
}
