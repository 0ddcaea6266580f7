//! A notice: a message that nobody wrote. The system tells people what happened.
//!
//! Invariant: it holds ids, enumerations and instants only. Its text is made when it is read, in the language of its
//! reader, so that nothing of it is sealed, and what a reader may no longer see is not in it.

use serde::{Deserialize, Serialize};

use crate::booking::slot::Slot;
use crate::id::{BookingId, CommandId, EventId, MessageId, PersonId, ResourceId};
use crate::sealed::Carries;

/// To how many people one notice goes at most; more of them get another of the same.
pub const MOST_NOTIFIED: usize = 500;

/// What people are told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// Something about a booking.
    Booking {
        /// Of what.
        resource: ResourceId,
        /// Which.
        booking: BookingId,
        /// What happened.
        what: BookingNotice,
        /// Which date of it, or when it is now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        slot: Option<Slot>,
    },
}

impl Notice {
    /// Returns the command of the message that says this because of an event: the `place`-th, of those that say it.
    ///
    /// It is derived from both, so that whoever sends it again sends nothing.
    pub fn command(&self, cause: EventId, place: u32) -> CommandId {
        let says = serde_json::to_string(self).unwrap_or_default();
        CommandId::reaction(&format!("notices:{says}"), cause, place)
    }
}

/// What happened to a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingNotice {
    /// It waits for a moderator.
    ToValidate,
    /// It is confirmed.
    Validated,
    /// It is refused.
    Refused,
    /// Whoever asked for it took it back.
    Withdrawn,
    /// It is cancelled.
    Cancelled,
    /// Somebody else changed it.
    Changed,
    /// A change of it waits for a moderator.
    ProposalToValidate,
    /// A change of it is refused; it stands as it was.
    ProposalRefused,
    /// It is in the way of something, and waits.
    Suspended,
    /// It stands again.
    Resumed,
    /// The rules of a time zone changed, and with them its instants.
    Rezoned,
    /// Somebody has booked so much that the managers are told.
    ThresholdPassed {
        /// Who.
        person: PersonId,
    },
    /// One of several resources asked for at once was refused, so none is held.
    RequestReleased,
}

/// People were told something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notified {
    /// The message that tells them.
    pub message: MessageId,
    /// Whom: ascending, each once, at least one and at most [`MOST_NOTIFIED`].
    pub to: Vec<PersonId>,
    /// What.
    pub notice: Notice,
}

impl Carries for Notified {}

/// Tell people something. Made by [`Notify::all`] alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Notify(Notified);

impl Notify {
    /// Returns the messages that tell everybody in `to`: none for nobody, one for each [`MOST_NOTIFIED`] people.
    /// `id` gives the id of each by its place, from 0.
    pub fn all(mut to: Vec<PersonId>, notice: Notice, id: impl Fn(u32) -> MessageId) -> Vec<Self> {
        to.sort_unstable();
        to.dedup();
        let part = |(place, part): (u32, &[PersonId])| {
            Self(Notified { message: id(place), to: part.to_vec(), notice })
        };
        (0..).zip(to.chunks(MOST_NOTIFIED)).map(part).collect()
    }

    /// Returns the message it is sent as.
    pub fn message(&self) -> MessageId {
        self.0.message
    }

    /// Returns what happens if it is obeyed.
    pub(super) fn event(self) -> Notified {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decider::testing::given;
    use crate::message::{Body, Command, Draft, Message, Recipients, Refusal, Replies, Send};

    const NOTICE: Notice = Notice::Booking {
        resource: ResourceId::from_u128(1),
        booking: BookingId::from_u128(2),
        what: BookingNotice::ToValidate,
        slot: None,
    };

    fn message(place: u32) -> MessageId {
        MessageId::from_u128(u128::from(place))
    }

    fn people(numbers: impl IntoIterator<Item = u128>) -> Vec<PersonId> {
        numbers.into_iter().map(PersonId::from_u128).collect()
    }

    fn notified() -> Notified {
        Notified { message: message(0), to: people([3, 4]), notice: NOTICE }
    }

    fn notify() -> Command {
        Command::Notify(Notify::all(people([4, 3, 4]), NOTICE, message).remove(0))
    }

    #[test]
    fn it_goes_to_each_once_in_the_order_of_ids() {
        given::<Message>([]).when(notify()).then([notified().into()]);
    }

    #[test]
    fn many_get_several_of_the_same_and_nobody_gets_none() {
        let all = Notify::all(people(0..1_201), NOTICE, message);
        let of = |one: &Notify| (one.message(), one.0.to.len());
        assert_eq!(
            all.iter().map(of).collect::<Vec<_>>(),
            [(message(0), 500), (message(1), 500), (message(2), 201)]
        );
        assert_eq!(Notify::all(vec![], NOTICE, message), []);
    }

    #[test]
    fn telling_again_is_already_so() {
        given::<Message>([notified().into()]).when(notify()).then([]);
    }

    #[test]
    fn nobody_can_do_anything_to_it() {
        let (author, body) = (PersonId::from_u128(3), Body { html: String::new(), text: "oui".into() });
        let subject = String::new();
        let draft = Draft {
            message: message(0),
            author,
            subject,
            body,
            to: vec![],
            cc: vec![],
            bcc: vec![],
            favourites: Default::default(),
        };
        let Draft { subject, body, .. } = draft.clone();
        let recipients =
            Recipients::Named { to: vec![], cc: vec![], bcc: vec![], exposed: 0, accept_exposure: false };
        let send = Send { message: message(0), author, subject, body, recipients, replies: Replies::All };
        let erasure = crate::ErasureId::from_u128(5);
        for command in [
            Command::Save(draft),
            Command::Send(send),
            Command::Discard { by: author, message: message(0) },
            Command::CloseReplies { by: author, message: message(0) },
            Command::Erase { message: message(0), erasure },
        ] {
            given::<Message>([notified().into()]).when(command).refused(Refusal::Unknown);
        }
    }

    #[test]
    fn it_never_takes_the_place_of_what_somebody_wrote() {
        let discarded = crate::message::Drafted {
            message: message(0),
            author: PersonId::from_u128(3),
            subject: String::new().into(),
            body: Body { html: String::new(), text: "oui".into() }.into(),
            to: vec![],
            cc: vec![],
            bcc: vec![],
            to_favourites: vec![],
            cc_favourites: vec![],
            bcc_favourites: vec![],
        };
        given::<Message>([discarded.into()]).when(notify()).refused(Refusal::AlreadySent);
    }

    #[test]
    fn the_derivation_never_changes() {
        // What was told before an upgrade is not told again after it.
        let (cause, command) = (EventId::from_u128(1), "3GMG91E40F0973C653RK0CKC2W");
        assert_eq!(NOTICE.command(cause, 0).to_string(), command);
        assert_ne!(NOTICE.command(cause, 1), NOTICE.command(cause, 0));
    }

    #[test]
    fn what_is_stored_never_changes() {
        let person = PersonId::from_u128(7);
        let what = BookingNotice::ThresholdPassed { person };
        let Notice::Booking { resource, booking, .. } = NOTICE;
        let text = serde_json::to_string(&Notice::Booking { resource, booking, what, slot: None }).unwrap();
        assert_eq!(
            text,
            "{\"booking\":{\"resource\":\"00000000000000000000000001\",\"booking\":\"00000000000000000000000002\",\
             \"what\":{\"threshold_passed\":{\"person\":\"00000000000000000000000007\"}}}}"
        );
    }
}
