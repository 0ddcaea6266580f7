//! The model: a list of events and the heads of the streams. And the steps of a random life.

use std::collections::HashMap;
use std::sync::Arc;

use domain::{EventId, StreamId, Timestamp};
use preau_eventlog::log::Direction;
use preau_eventlog::{Append, AppendError, Appended, Expected, NewEvent, Position};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;

const STREAMS: usize = 4;
const KINDS: [&str; 3] = ["test.happened", "test.went", "é.à"];

/// An event as the log must give it back.
#[derive(Debug)]
pub struct Kept {
    pub position: Position,
    pub stream: StreamId,
    pub revision: u64,
    pub previous: Option<Position>,
    pub recorded_at: Timestamp,
    pub event: NewEvent,
}

/// What an append must be answered. Which sentence says that it does not fit is not the model's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    There(Appended),
    Wrong(Option<u64>),
    Unfit,
}

impl Answer {
    pub fn of(result: Result<Appended, AppendError>) -> Self {
        match result {
            Ok(appended) => Self::There(appended),
            Err(AppendError::WrongExpected { actual }) => Self::Wrong(actual),
            Err(AppendError::Unfit(_)) => Self::Unfit,
            Err(AppendError::Stopped(error)) => panic!("the log stopped: {error}"),
        }
    }
}

/// What a log holds, and what was asked of it.
#[derive(Debug, Clone, Default)]
pub struct Model {
    pub events: Vec<Arc<Kept>>,
    pub heads: HashMap<String, Appended>,
    /// In milliseconds around noon.
    pub clock: i64,
    /// Every append so far, to be repeated.
    pub asked: Vec<Append>,
    /// The appends of the last step, and what each must be answered.
    pub answers: Vec<(Append, Answer)>,
}

pub fn instant(milliseconds: i64) -> Timestamp {
    Timestamp::from_timestamp_millis(1_700_000_000_000 + milliseconds).unwrap()
}

impl Model {
    pub fn head(&self) -> Position {
        Position(self.events.len() as u64)
    }

    pub fn all(&self, after: u64, limit: usize) -> impl Iterator<Item = &Kept> {
        self.events.iter().map(|kept| &**kept).filter(move |kept| kept.position.0 > after).take(limit)
    }

    pub fn at(&self, position: u64) -> Option<&Kept> {
        self.events.iter().map(|kept| &**kept).find(|kept| kept.position.0 == position)
    }

    pub fn forwards(
        &self,
        stream: &StreamId,
        from: Option<u64>,
        limit: usize,
    ) -> impl Iterator<Item = &Kept> {
        self.of(stream).filter(move |kept| from.is_none_or(|from| kept.revision >= from)).take(limit)
    }

    pub fn backwards(
        &self,
        stream: &StreamId,
        from: Option<u64>,
        limit: usize,
    ) -> impl Iterator<Item = &Kept> {
        self.of(stream).rev().filter(move |kept| from.is_none_or(|from| kept.revision <= from)).take(limit)
    }

    fn of(&self, stream: &StreamId) -> impl DoubleEndedIterator<Item = &Kept> {
        self.events.iter().map(|kept| &**kept).filter(move |kept| kept.stream == *stream)
    }

    fn append(&mut self, append: &Append) -> Answer {
        if append.events.is_empty() {
            return Answer::Unfit;
        }
        let head = self.heads.get(append.stream.as_str()).copied();
        let met = match append.expected {
            Expected::NoStream => head.is_none(),
            Expected::At(revision) => head.is_some_and(|head| head.revision == revision),
            Expected::Any => true,
        };
        if met {
            return Answer::There(self.write(append));
        }
        self.written_before(append).map_or(Answer::Wrong(head.map(|head| head.revision)), Answer::There)
    }

    /// An append whose expectation fails is a repetition if its events stand exactly where it wants them.
    fn written_before(&self, append: &Append) -> Option<Appended> {
        let skipped = match append.expected {
            Expected::NoStream => 0,
            Expected::At(revision) => usize::try_from(revision).ok()?.checked_add(1)?,
            Expected::Any => return None,
        };
        let there: Vec<_> = self.of(&append.stream).skip(skipped).take(append.events.len()).collect();
        let wanted = append.events.iter().map(|event| event.id);
        let last = there.last().filter(|_| there.iter().map(|kept| kept.event.id).eq(wanted))?;
        Some(Appended { position: last.position, revision: last.revision })
    }

    fn write(&mut self, append: &Append) -> Appended {
        let newest = self.events.last().map_or(instant(self.clock), |kept| kept.recorded_at);
        let recorded_at = newest.max(instant(self.clock));
        let mut head = self.heads.get(append.stream.as_str()).copied();
        for event in &append.events {
            let position = Position(self.head().0 + 1);
            let revision = head.map_or(0, |head| head.revision + 1);
            let (stream, previous) = (append.stream.clone(), head.map(|head| head.position));
            let event = event.clone();
            self.events.push(Arc::new(Kept { position, stream, revision, previous, recorded_at, event }));
            head = Some(Appended { position, revision });
        }
        let head = head.unwrap();
        self.heads.insert(append.stream.as_str().to_owned(), head);
        head
    }

    fn resolve(&self, write: &Write) -> Append {
        match write {
            Write::New { stream, expected, sizes } => {
                let stream = stream_of(*stream);
                let expected = self.expected(&stream, *expected);
                Append { stream, expected, events: self.new_events(sizes) }
            }
            Write::Again { which, cut, more, expected } => {
                let Some(asked) = self.asked.get(which % self.asked.len().max(1)) else {
                    let nothing = Write::New { stream: 0, expected: Guess::Any, sizes: vec![] };
                    return self.resolve(&nothing);
                };
                let mut again = asked.clone();
                if *cut {
                    again.events.pop();
                }
                if *more {
                    again.events.extend(self.new_events(&[30]));
                }
                if let Some(guess) = expected {
                    again.expected = self.expected(&again.stream, *guess);
                }
                again
            }
        }
    }

    fn expected(&self, stream: &StreamId, guess: Guess) -> Expected {
        let head = self.heads.get(stream.as_str()).map(|head| head.revision);
        match guess {
            Guess::NoStream => Expected::NoStream,
            Guess::Any => Expected::Any,
            Guess::Head => head.map_or(Expected::NoStream, Expected::At),
            Guess::Before(by) => Expected::At(head.unwrap_or(0).saturating_sub(by)),
            Guess::After(by) => Expected::At(head.unwrap_or(0).saturating_add(by)),
        }
    }

    /// Ids are told from what was asked before, so that they are new whatever is left out of a life.
    fn new_events(&self, sizes: &[usize]) -> Vec<NewEvent> {
        let events = |appends: &[Append]| appends.iter().map(|asked| asked.events.len()).sum::<usize>();
        let first = 1 + events(&self.asked);
        let event = |(number, size): (usize, &usize)| {
            let text = char::from(b'a' + u8::try_from(number % 26).unwrap()).to_string().repeat(*size);
            NewEvent {
                id: EventId::from_u128(number as u128),
                kind: KINDS[number % KINDS.len()],
                schema: u16::try_from(number % 7).unwrap(),
                data: format!("{{\"n\":{number},\"text\":\"{text}\"}}").into_bytes(),
                meta: if number.is_multiple_of(3) { vec![] } else { b"{\"by\":1}".to_vec() },
            }
        };
        (first..).zip(sizes).map(event).collect()
    }
}

/// One thing that is done to a log.
#[derive(Debug, Clone)]
pub enum Step {
    /// Appends, in one call or in one call each.
    Append {
        together: bool,
        writes: Vec<Write>,
    },
    ReadAll {
        after: u64,
        limit: usize,
    },
    ReadStream {
        stream: StreamId,
        from: Option<u64>,
        direction: Direction,
        limit: usize,
    },
    ReadAt(u64),
    Follow {
        after: u64,
        limit: usize,
    },
    SetClock(i64),
    Restart,
}

/// An append, before it is known what stands in its stream.
#[derive(Debug, Clone)]
pub enum Write {
    New {
        stream: usize,
        expected: Guess,
        sizes: Vec<usize>,
    },
    /// An earlier append by its number, counted around; perhaps without its last event, with one more, expecting
    /// something else.
    Again {
        which: usize,
        cut: bool,
        more: bool,
        expected: Option<Guess>,
    },
}

/// What a writer believes of a stream.
#[derive(Debug, Clone, Copy)]
pub enum Guess {
    NoStream,
    Any,
    /// The truth.
    Head,
    Before(u64),
    After(u64),
}

fn stream_of(number: usize) -> StreamId {
    StreamId::parse(&format!("s-{}", number % STREAMS)).unwrap()
}

fn guess() -> impl Strategy<Value = Guess> {
    prop_oneof![
        2 => Just(Guess::NoStream),
        3 => Just(Guess::Any),
        6 => Just(Guess::Head),
        1 => (0..4_u64).prop_map(Guess::Before),
        1 => prop_oneof![1..3_u64, Just(u64::MAX)].prop_map(Guess::After),
    ]
}

fn write() -> impl Strategy<Value = Write> {
    // Around the 7 KiB of a chunk, and far beyond; more events than its 16.
    let size = || prop_oneof![12 => 0..200_usize, 1 => 6_900..7_200_usize, 1 => 14_000..30_000_usize];
    let sizes = prop_oneof![12 => vec(size(), 1..5), 1 => vec(0..60_usize, 15..40), 1 => vec(size(), 0)];
    let again = (0..64_usize, prop::bool::weighted(0.2), prop::bool::weighted(0.2));
    prop_oneof![
        3 => (0..STREAMS, guess(), sizes)
            .prop_map(|(stream, expected, sizes)| Write::New { stream, expected, sizes }),
        1 => (again, prop::option::weighted(0.2, guess()))
            .prop_map(|((which, cut, more), expected)| Write::Again { which, cut, more, expected }),
    ]
}

fn limit() -> impl Strategy<Value = usize> {
    prop_oneof![1 => Just(0), 6 => 1..8_usize, 2 => 8..40_usize, 1 => Just(usize::MAX)]
}

/// A number from 0 to a little beyond `end`, or as far beyond as can be.
fn around(end: u64) -> impl Strategy<Value = u64> {
    prop_oneof![12 => 0..=end + 2, 1 => Just(u64::MAX)]
}

/// The random lives of a log.
#[derive(Debug)]
pub struct Life;

impl ReferenceStateMachine for Life {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        Just(Model::default()).boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Step> {
        let end = model.head().0;
        let longest = model.heads.values().map(|head| head.revision).max().unwrap_or(0);
        let directions = prop_oneof![Just(Direction::Forwards), Just(Direction::Backwards)];
        // One stream more than there is.
        let stream = prop_oneof![12 => (0..STREAMS).prop_map(stream_of), 1 => Just(StreamId::parse("s-none").unwrap())];
        let from = prop::option::of(around(longest));
        prop_oneof![
            8 => (any::<bool>(), vec(write(), 1..5))
                .prop_map(|(together, writes)| Step::Append { together, writes }),
            2 => (around(end), limit()).prop_map(|(after, limit)| Step::ReadAll { after, limit }),
            3 => (stream, from, directions, limit()).prop_map(|(stream, from, direction, limit)| {
                Step::ReadStream { stream, from, direction, limit }
            }),
            1 => around(end).prop_map(Step::ReadAt),
            1 => (around(end), limit())
                .prop_map(|(after, limit)| Step::Follow { after, limit: limit.max(1) }),
            1 => (-5_000..20_000_i64).prop_map(Step::SetClock),
            1 => Just(Step::Restart),
        ]
        .boxed()
    }

    fn apply(mut model: Model, step: &Step) -> Model {
        model.answers.clear();
        match step {
            Step::Append { writes, .. } => {
                for write in writes {
                    let append = model.resolve(write);
                    let answer = model.append(&append);
                    model.asked.push(append.clone());
                    model.answers.push((append, answer));
                }
            }
            Step::SetClock(milliseconds) => model.clock = *milliseconds,
            Step::ReadAll { .. }
            | Step::ReadStream { .. }
            | Step::ReadAt(_)
            | Step::Follow { .. }
            | Step::Restart => {}
        }
        model
    }
}
