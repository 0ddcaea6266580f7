//! Random lives of a log, next to a model that can be checked by eye: a list of events and the heads of the streams.
//!
//! Invariant tested: whatever came before, every adapter answers each step as the model does, and holds the same
//! events; a follower that was opened somewhere on the way misses nothing and sees nothing twice, across restarts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "model/adapters.rs"]
mod adapters;
#[path = "model/reference.rs"]
mod reference;

use std::sync::Arc;

use domain::StreamId;
use preau_eventlog::clock::TestClock;
use preau_eventlog::log::{Direction, Follow, follow};
use preau_eventlog::{Append, EventLog, Position, Recorded};
use proptest::test_runner::Config;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest, prop_state_machine};
use tokio::runtime::Runtime;

use self::adapters::{Adapter, InMemory, InSled};
use self::reference::{Answer, Kept, Life, Model, Step, instant};

/// An adapter under test.
struct Machine<A> {
    adapter: A,
    clock: TestClock,
    runtime: Runtime,
    follower: Option<Follower>,
}

/// Somebody who follows, drained after every step.
struct Follower {
    follow: Follow,
    seen: Position,
    limit: usize,
}

impl<A: Adapter> StateMachineTest for Machine<A> {
    type SystemUnderTest = Self;
    type Reference = Life;

    fn init_test(model: &Model) -> Self {
        let clock = TestClock::at(instant(model.clock));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        Self { adapter: A::open(&clock), clock, runtime, follower: None }
    }

    fn apply(mut it: Self, model: &Model, step: Step) -> Self {
        it.take(model, step);
        it.drain(model);
        it
    }

    fn check_invariants(it: &Self, model: &Model) {
        assert_eq!(it.log().head(), model.head());
        let all = it.runtime.block_on(it.log().read_all(Position::START, usize::MAX)).unwrap();
        same(&all, model.all(0, usize::MAX));
    }
}

impl<A: Adapter> Machine<A> {
    fn log(&self) -> &Arc<dyn EventLog> {
        self.adapter.log()
    }

    fn take(&mut self, model: &Model, step: Step) {
        match step {
            Step::Append { together, .. } => self.append(model, together),
            Step::ReadAll { after, limit } => {
                let got = self.runtime.block_on(self.log().read_all(Position(after), limit)).unwrap();
                same(&got, model.all(after, limit));
            }
            Step::ReadStream { stream, from, direction, limit } => {
                self.read_stream(model, &stream, from, direction, limit);
            }
            Step::ReadAt(position) => {
                let got = self.runtime.block_on(self.log().read_at(Position(position))).unwrap();
                same(got.as_slice(), model.at(position).into_iter());
            }
            Step::Follow { after, limit } => {
                let follow = follow(Arc::clone(self.log()), Position(after));
                self.follower = Some(Follower { follow, seen: Position(after), limit });
            }
            Step::SetClock(milliseconds) => self.clock.set(instant(milliseconds)),
            Step::Restart => {
                // A follower holds the log open.
                let followed = self.follower.take().map(|follower| (follower.seen, follower.limit));
                self.adapter.restart(&self.clock, model);
                self.follower = followed.map(|(seen, limit)| Follower {
                    follow: follow(Arc::clone(self.log()), seen),
                    seen,
                    limit,
                });
            }
        }
    }

    /// Nobody waits for an answer before the last append is in line: the writer may take any number at once.
    fn append(&self, model: &Model, together: bool) {
        let asked: Vec<Append> = model.answers.iter().map(|(asked, _)| asked.clone()).collect();
        let tickets = if together {
            self.log().append_all(asked)
        } else {
            asked.into_iter().map(|append| self.log().append(append)).collect()
        };
        assert_eq!(tickets.len(), model.answers.len());
        for (ticket, (asked, answer)) in tickets.into_iter().zip(&model.answers) {
            let got = Answer::of(self.runtime.block_on(ticket.wait()));
            assert_eq!(got, *answer, "{} {:?}", asked.stream.as_str(), asked.expected);
        }
    }

    fn read_stream(
        &self,
        model: &Model,
        stream: &StreamId,
        from: Option<u64>,
        direction: Direction,
        limit: usize,
    ) {
        let got = self.runtime.block_on(self.log().read_stream(stream, from, direction, limit)).unwrap();
        match direction {
            Direction::Forwards => same(&got, model.forwards(stream, from, limit)),
            Direction::Backwards => same(&got, model.backwards(stream, from, limit)),
        }
    }

    /// Reads what there is to follow, and finds that nothing more comes.
    fn drain(&mut self, model: &Model) {
        let Some(Follower { follow, seen, limit }) = &mut self.follower else { return };
        self.runtime.block_on(async {
            while *seen < model.head() {
                let events = follow.next(*limit).await.unwrap();
                same(&events, model.all(seen.0, *limit));
                *seen = events.last().expect("a follower is woken for something").position;
            }
            tokio::select! {
                biased;
                events = follow.next(*limit) => panic!("it follows what is not there: {events:?}"),
                () = std::future::ready(()) => {}
            }
        });
    }
}

/// Everything that is stored of an event, to the byte.
fn same<'a>(got: &[Recorded], expected: impl Iterator<Item = &'a Kept>) {
    let expected: Vec<_> = expected.collect();
    let positions: Vec<_> = got.iter().map(|event| event.position).collect();
    assert_eq!(positions, expected.iter().map(|kept| kept.position).collect::<Vec<_>>());
    for (got, kept) in got.iter().zip(expected) {
        let place = (got.stream(), got.revision, got.previous, got.recorded_at);
        assert_eq!(place, (kept.stream.as_str(), kept.revision, kept.previous, kept.recorded_at));
        assert_eq!((got.id, got.kind(), got.schema), (kept.event.id, kept.event.kind, kept.event.schema));
        assert!(got.data() == kept.event.data && got.meta() == kept.event.meta, "{got:?} has other bytes");
    }
}

/// `PREAU_LIVES` is the long form.
fn lives(few: u32) -> Config {
    let cases = std::env::var("PREAU_LIVES").ok().and_then(|text| text.parse().ok()).unwrap_or(few);
    Config { cases, failure_persistence: None, ..Config::default() }
}

prop_state_machine! {
    #![proptest_config(lives(256))]
    #[test]
    fn random_lives_in_memory_answer_as_the_model(sequential 1..60 => Machine<InMemory>);
}

prop_state_machine! {
    #![proptest_config(lives(64))]
    #[test]
    fn random_lives_in_sled_answer_as_the_model(sequential 1..60 => Machine<InSled>);
}

/// The steps are drawn so that what is hard to get right happens; this holds the draw to it.
#[test]
fn random_lives_meet_conflicts_repetitions_and_restarts() {
    use proptest::strategy::{Strategy as _, ValueTree as _};
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut met = std::collections::BTreeMap::<&str, usize>::new();
    for _ in 0..40 {
        let drawn = Life::sequential_strategy(40..60).new_tree(&mut runner).unwrap();
        let (mut model, steps, _) = drawn.current();
        for step in steps {
            let before = model.events.len();
            model = Life::apply(model, &step);
            *met.entry("restart").or_default() += usize::from(matches!(step, Step::Restart));
            *met.entry("follow").or_default() += usize::from(matches!(step, Step::Follow { .. }));
            let written = model.events.len() - before;
            let admitted = model.answers.iter().filter(|(_, answer)| matches!(answer, Answer::There(_)));
            let events: usize = admitted.map(|(asked, _)| asked.events.len()).sum();
            // Answered, but not written again.
            *met.entry("repeated").or_default() += usize::from(written < events);
            for (_, answer) in &model.answers {
                let name = match answer {
                    Answer::There(_) => "written",
                    Answer::Wrong(_) => "conflict",
                    Answer::Unfit => "unfit",
                };
                *met.entry(name).or_default() += 1;
            }
        }
    }
    for (name, least) in [
        ("restart", 40),
        ("follow", 40),
        ("repeated", 100),
        ("written", 500),
        ("conflict", 200),
        ("unfit", 20),
    ] {
        assert!(met[name] >= least, "{met:?}");
    }
}
