//! The shape of every rule: the state is the decider.

/// What may happen to one stream.
///
/// Time, ids, the actor and looked-up facts arrive in the command, so that a decision is a function
/// of the stream's events and the command alone.
pub trait Decider: Default {
    /// What is asked.
    type Command;
    /// What happened.
    type Event;
    /// Why it may not happen.
    type Refusal;

    /// Returns what happens if `command` is obeyed. No events means "already so".
    fn decide(&self, command: Self::Command) -> Result<Vec<Self::Event>, Self::Refusal>;

    /// Returns the state after `event`. Never fails and never judges: it already happened.
    #[must_use]
    fn evolve(self, event: &Self::Event) -> Self;

    /// Whether the state can be written down, so that a long stream need not be read whole again.
    const PACKS: bool = false;

    /// Returns the state as bytes, if it can be written: nothing in it that a person typed stands there in clear.
    fn pack(&self) -> Option<Vec<u8>> {
        None
    }

    /// Reads what [`Decider::pack`] of the same program wrote; none if it is anything else.
    fn unpack(_bytes: &[u8]) -> Option<Self> {
        None
    }
}

#[cfg(test)]
pub(crate) mod testing {
    //! `given(events).when(command).then(events)`, or `.refused(why)`.

    use std::fmt::Debug;

    use super::Decider;

    pub(crate) struct Given<D>(D);

    pub(crate) fn given<D: Decider>(events: impl IntoIterator<Item = D::Event>) -> Given<D> {
        Given(events.into_iter().fold(D::default(), |state, event| state.evolve(&event)))
    }

    pub(crate) struct When<D: Decider>(Result<Vec<D::Event>, D::Refusal>);

    impl<D: Decider> Given<D> {
        pub(crate) fn when(self, command: D::Command) -> When<D> {
            When(self.0.decide(command))
        }
    }

    impl<D: Decider> When<D>
    where
        D::Event: Debug + PartialEq,
        D::Refusal: Debug + PartialEq,
    {
        #[track_caller]
        pub(crate) fn then(self, events: impl IntoIterator<Item = D::Event>) {
            assert_eq!(self.0.expect("refused"), events.into_iter().collect::<Vec<_>>());
        }

        #[track_caller]
        #[allow(clippy::needless_pass_by_value, reason = "a refusal reads better without `&`")]
        pub(crate) fn refused(self, why: D::Refusal) {
            assert_eq!(self.0.expect_err("not refused"), why);
        }

        #[track_caller]
        pub(crate) fn already_so(self) {
            self.then([]);
        }
    }
}
