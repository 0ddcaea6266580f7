//! What every adapter promises, as tests. Each adapter runs all of them: `contract!(make)` in its own tests,
//! where `make` returns a fresh [`Bench`].

use std::sync::Arc;

use domain::{EventId, StreamId, Timestamp};

use crate::clock::TestClock;
use crate::log::{
    Append, AppendError, Appended, Direction, EventLog, Expected, MAX_APPEND, MAX_EVENT, NewEvent, Position,
    Recorded, follow,
};

/// A fresh log and its clock; `_keep` lives as long as the log is used.
pub(crate) struct Bench {
    pub log: Arc<dyn EventLog>,
    pub clock: TestClock,
    pub _keep: Box<dyn Send>,
}

pub(crate) fn noon() -> Timestamp {
    Timestamp::from_timestamp_millis(1_700_000_000_000).unwrap()
}

pub(crate) fn stream(name: &str) -> StreamId {
    StreamId::parse(name).unwrap()
}

pub(crate) fn event(id: u128) -> NewEvent {
    sized(id, 40)
}

/// An event whose data is JSON of about `size` bytes that depends on its id.
pub(crate) fn sized(id: u128, size: usize) -> NewEvent {
    let mut data = format!("{{\"id\":{id},\"text\":\"").into_bytes();
    data.resize(data.len().max(size.saturating_sub(2)), b'a' + u8::try_from(id % 26).unwrap());
    data.extend_from_slice(b"\"}");
    NewEvent { id: EventId::from_u128(id), kind: "test.happened", schema: 1, data, meta: b"{}".to_vec() }
}

pub(crate) fn append(name: &str, expected: Expected, ids: impl IntoIterator<Item = u128>) -> Append {
    Append { stream: stream(name), expected, events: ids.into_iter().map(event).collect() }
}

#[allow(clippy::unnecessary_wraps, reason = "it is compared with answers")]
pub(crate) fn at(position: u64, revision: u64) -> Result<Appended, AppendError> {
    Ok(Appended { position: Position(position), revision })
}

fn wrong(actual: Option<u64>) -> Result<Appended, AppendError> {
    Err(AppendError::WrongExpected { actual })
}

/// Everything that is stored of an event, comparable.
pub(crate) fn seen(event: &Recorded) -> (Position, Option<Position>, Vec<u8>) {
    (event.position, event.previous, crate::record::leaf(event))
}

fn positions(events: &[Recorded]) -> Vec<u64> {
    events.iter().map(|event| event.position.0).collect()
}

fn revisions(events: &[Recorded]) -> Vec<u64> {
    events.iter().map(|event| event.revision).collect()
}

pub(crate) async fn expectations_are_kept(bench: Bench) {
    let log = &bench.log;
    let write = |expected, id| log.append(append("a-1", expected, [id])).wait();
    assert_eq!(write(Expected::At(0), 1).await, wrong(None));
    assert_eq!(write(Expected::NoStream, 2).await, at(1, 0));
    assert_eq!(write(Expected::NoStream, 3).await, wrong(Some(0)));
    assert_eq!(write(Expected::At(0), 4).await, at(2, 1));
    assert_eq!(write(Expected::At(0), 5).await, wrong(Some(1)));
    assert_eq!(write(Expected::At(2), 6).await, wrong(Some(1)));
    assert_eq!(write(Expected::At(u64::MAX), 7).await, wrong(Some(1)));
    assert_eq!(write(Expected::Any, 8).await, at(3, 2));
    assert_eq!(log.append(append("b-1", Expected::Any, [9])).wait().await, at(4, 0));
    assert_eq!(log.head(), Position(4));
}

pub(crate) async fn what_is_written_is_read_in_the_order_of_the_calls(bench: Bench) {
    let log = &bench.log;
    let mut last = None;
    for id in 0..50_u128 {
        let name = ["a-1", "b-1", "c-1"][usize::try_from(id % 3).unwrap()];
        let ids = (0..=id % 4).map(|index| id * 10 + index);
        last = Some(log.append(append(name, Expected::Any, ids)));
    }
    last.unwrap().wait().await.unwrap();
    let events = log.read_all(Position::START, 1000).await.unwrap();
    let ids: Vec<_> = (0..50_u128).flat_map(|id| (0..=id % 4).map(move |index| id * 10 + index)).collect();
    assert_eq!(events.iter().map(|event| event.id.to_u128()).collect::<Vec<_>>(), ids);
    assert_eq!(positions(&events), (1..=ids.len() as u64).collect::<Vec<_>>());
    for name in ["a-1", "b-1", "c-1"] {
        let own: Vec<_> = events.iter().filter(|event| event.stream() == name).collect();
        for (index, pair) in own.windows(2).enumerate() {
            assert_eq!(pair[1].previous, Some(pair[0].position));
            assert_eq!(pair[0].revision, index as u64);
        }
        assert_eq!(own[0].previous, None);
    }
    let first = &events[0];
    let expected = event(0);
    assert_eq!(
        (first.kind(), first.schema, first.data(), first.meta()),
        ("test.happened", 1, &*expected.data, &b"{}"[..])
    );
    assert_eq!(first.recorded_at, noon());
}

pub(crate) async fn a_repeated_append_answers_the_same(bench: Bench) {
    let log = &bench.log;
    // Both at once: the first is not durable when the second is looked at.
    let tickets = [(); 2].map(|()| log.append(append("a-1", Expected::NoStream, [1, 2, 3])));
    for ticket in tickets {
        assert_eq!(ticket.wait().await, at(3, 2));
    }
    log.append(append("b-1", Expected::NoStream, [50])).wait().await.unwrap();
    assert_eq!(log.append(append("a-1", Expected::At(2), [4, 5])).wait().await, at(6, 4));
    assert_eq!(log.append(append("a-1", Expected::Any, [6])).wait().await, at(7, 5));
    // Long after, and across what came behind.
    let again = |expected, ids: &[u128]| log.append(append("a-1", expected, ids.iter().copied())).wait();
    assert_eq!(again(Expected::NoStream, &[1, 2, 3]).await, at(3, 2));
    assert_eq!(again(Expected::At(2), &[4, 5]).await, at(6, 4));
    assert_eq!(again(Expected::At(2), &[4]).await, at(5, 3));
    // Not the same: other ids, another place, another stream, more than there is.
    assert_eq!(again(Expected::NoStream, &[1, 2, 9]).await, wrong(Some(5)));
    assert_eq!(again(Expected::NoStream, &[9, 2, 3]).await, wrong(Some(5)));
    assert_eq!(again(Expected::At(1), &[4, 5]).await, wrong(Some(5)));
    assert_eq!(again(Expected::At(3), &[5, 6, 7]).await, wrong(Some(5)));
    assert_eq!(log.append(append("b-1", Expected::NoStream, [1])).wait().await, wrong(Some(0)));
    assert_eq!(log.head(), Position(7));
}

pub(crate) async fn one_refused_append_does_not_stop_the_others(bench: Bench) {
    let log = &bench.log;
    log.append(append("b-1", Expected::NoStream, [1])).wait().await.unwrap();
    let tickets = log.append_all(vec![
        append("a-1", Expected::NoStream, [2, 3]),
        append("b-1", Expected::NoStream, [4, 5]),
        append("c-1", Expected::NoStream, []),
        append("a-1", Expected::At(1), [6]),
        append("d-1", Expected::Any, [7]),
    ]);
    let mut answers = Vec::new();
    for ticket in tickets {
        answers.push(ticket.wait().await);
    }
    assert_eq!(answers[0], at(3, 1));
    assert_eq!(answers[1], wrong(Some(0)));
    assert!(matches!(answers[2], Err(AppendError::Unfit(_))));
    assert_eq!(answers[3..], [at(4, 2), at(5, 0)]);
    let ids: Vec<_> =
        log.read_all(Position(1), 100).await.unwrap().iter().map(|event| event.id.to_u128()).collect();
    assert_eq!(ids, [2, 3, 6, 7]);
}

pub(crate) async fn the_log_is_read_in_pages(bench: Bench) {
    let log = &bench.log;
    assert_eq!(log.head(), Position::START);
    assert!(log.read_all(Position::START, 10).await.unwrap().is_empty());
    for id in (0..100).step_by(5) {
        log.append(append("a-1", Expected::Any, id..id + 5)).wait().await.unwrap();
    }
    let read = async |after, limit| positions(&log.read_all(Position(after), limit).await.unwrap());
    assert_eq!(read(0, 3).await, [1, 2, 3]);
    assert_eq!(read(3, 20).await, (4..=23).collect::<Vec<_>>());
    assert_eq!(read(97, 20).await, [98, 99, 100]);
    assert_eq!(read(0, usize::MAX).await, (1..=100).collect::<Vec<_>>());
    assert!(read(0, 0).await.is_empty());
    assert!(read(100, 20).await.is_empty());
    assert!(read(u64::MAX, 20).await.is_empty());
    assert!(log.read_at(Position::START).await.unwrap().is_none());
    assert_eq!(log.read_at(Position(17)).await.unwrap().unwrap().id.to_u128(), 16);
    assert!(log.read_at(Position(101)).await.unwrap().is_none());
    assert!(log.read_at(Position(u64::MAX)).await.unwrap().is_none());
}

pub(crate) async fn a_stream_is_read_both_ways(bench: Bench) {
    let log = &bench.log;
    for id in 0..20 {
        log.append(append("a-1", Expected::Any, [id])).wait().await.unwrap();
        log.append(append("b-1", Expected::Any, [100 + id, 200 + id])).wait().await.unwrap();
    }
    let read = async |from, direction, limit| {
        let events = log.read_stream(&stream("a-1"), from, direction, limit).await.unwrap();
        assert!(
            events.iter().all(|event| event.stream() == "a-1" && event.id.to_u128() == event.revision.into())
        );
        revisions(&events)
    };
    let none = Vec::<u64>::new();
    assert_eq!(read(None, Direction::Forwards, 100).await, (0..20).collect::<Vec<_>>());
    assert_eq!(read(None, Direction::Forwards, 2).await, [0, 1]);
    assert_eq!(read(Some(5), Direction::Forwards, 3).await, [5, 6, 7]);
    assert_eq!(read(Some(18), Direction::Forwards, 30).await, [18, 19]);
    assert_eq!(read(Some(20), Direction::Forwards, 3).await, none);
    assert_eq!(read(None, Direction::Backwards, 3).await, [19, 18, 17]);
    assert_eq!(read(Some(5), Direction::Backwards, 3).await, [5, 4, 3]);
    assert_eq!(read(Some(1), Direction::Backwards, 30).await, [1, 0]);
    assert_eq!(read(Some(99), Direction::Backwards, 1).await, [19]);
    assert_eq!(read(None, Direction::Backwards, 0).await, none);
    assert_eq!(read(None, Direction::Forwards, 0).await, none);
    for direction in [Direction::Forwards, Direction::Backwards] {
        assert!(log.read_stream(&stream("none"), None, direction, 9).await.unwrap().is_empty());
    }
}

pub(crate) async fn a_follower_misses_nothing_and_sees_nothing_twice(bench: Bench) {
    const APPENDS: u128 = 300;
    let mut readers = tokio::task::JoinSet::new();
    for limit in [1, 7, 1000] {
        let mut follower = follow(Arc::clone(&bench.log), Position::START);
        readers.spawn(async move {
            let mut seen = Vec::new();
            while seen.len() < usize::try_from(APPENDS).unwrap() * 3 {
                // Dropping the future while it waits loses nothing.
                let events = tokio::select! {
                    biased;
                    () = tokio::task::yield_now() => continue,
                    events = follower.next(limit) => events.unwrap(),
                };
                assert!(!events.is_empty() && events.len() <= limit);
                seen.extend(positions(&events));
            }
            seen
        });
    }
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..3_u128 {
        let log = Arc::clone(&bench.log);
        writers.spawn(async move {
            for id in 0..APPENDS {
                let ticket =
                    log.append(append(&format!("w-{writer}"), Expected::Any, [writer * APPENDS + id]));
                if id % 10 == 0 {
                    ticket.wait().await.unwrap();
                }
            }
        });
    }
    writers.join_all().await;
    for seen in readers.join_all().await {
        assert_eq!(seen, (1..=seen.len() as u64).collect::<Vec<_>>());
    }
}

pub(crate) async fn many_writers_share_a_stream_without_waiting_for_the_disk(bench: Bench) {
    const WRITERS: u128 = 64;
    const APPENDS: u128 = 10_000;
    // What the queue of commands does: decide on the last enqueued revision.
    let enqueued = Arc::new(tokio::sync::Mutex::new((0_u128, Expected::NoStream)));
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..WRITERS {
        let (log, enqueued) = (Arc::clone(&bench.log), Arc::clone(&enqueued));
        writers.spawn(async move {
            loop {
                let (ticket, revision) = {
                    let mut next = enqueued.lock().await;
                    if next.0 == APPENDS {
                        return;
                    }
                    let revision = u64::try_from(next.0).unwrap();
                    let ticket = log.append(append("a-1", next.1, [next.0]));
                    *next = (next.0 + 1, Expected::At(revision));
                    (ticket, revision)
                };
                assert_eq!(ticket.wait().await, at(revision + 1, revision));
            }
        });
    }
    writers.join_all().await;
    let events = bench.log.read_all(Position::START, usize::MAX).await.unwrap();
    assert_eq!(revisions(&events), (0..u64::try_from(APPENDS).unwrap()).collect::<Vec<_>>());
}

pub(crate) async fn what_does_not_fit_is_refused(bench: Bench) {
    let log = &bench.log;
    let refused = async |append: Append| match log.append(append).wait().await {
        Err(AppendError::Unfit(why)) => why,
        other => panic!("{other:?}"),
    };
    assert!(refused(append("a-1", Expected::Any, [])).await.contains("at least one"));
    let many = append("a-1", Expected::Any, 0..=MAX_APPEND as u128);
    assert!(refused(many).await.contains("at most 4096"));
    let mut large = append("a-1", Expected::Any, [1, 2]);
    large.events[1].data = vec![b'1'; MAX_EVENT - 1];
    assert!(refused(large).await.contains("at most 1048576"));
    let mut nameless = append("a-1", Expected::Any, [1]);
    nameless.events[0].kind = "";
    assert!(refused(nameless).await.contains("kind"));
    let mut far = append("a-1", Expected::Any, [1]);
    far.stream = StreamId::login(&"f".repeat(200));
    assert!(refused(far).await.contains("stream name"));
    assert_eq!(log.head(), Position::START);
    assert_eq!(
        log.append(append("a-1", Expected::NoStream, 0..MAX_APPEND as u128)).wait().await,
        at(4096, 4095)
    );
}

pub(crate) async fn large_events_lie_between_small_ones(bench: Bench) {
    let log = &bench.log;
    let sizes = [10, 7 * 1024 - 200, 7 * 1024, 7 * 1024 + 1, 10, 100_000, 14_336, MAX_EVENT - 2, 10];
    for (index, size) in sizes.into_iter().enumerate() {
        let mut one = append("a-1", Expected::Any, []);
        one.events = vec![sized(index as u128 * 2, size), event(index as u128 * 2 + 1)];
        log.append(one).wait().await.unwrap();
    }
    let events = log.read_all(Position::START, 100).await.unwrap();
    assert_eq!(positions(&events), (1..=18).collect::<Vec<_>>());
    for (index, size) in sizes.into_iter().enumerate() {
        assert_eq!(events[index * 2].data(), sized(index as u128 * 2, size).data);
        let alone = log.read_at(events[index * 2].position).await.unwrap().unwrap();
        assert_eq!(seen(&alone), seen(&events[index * 2]));
    }
    let back = log.read_stream(&stream("a-1"), None, Direction::Backwards, 100).await.unwrap();
    assert!(back.iter().rev().map(seen).eq(events.iter().map(seen)));
}

pub(crate) async fn recorded_at_never_goes_back(bench: Bench) {
    let at = |milliseconds| noon() + chrono::Duration::milliseconds(milliseconds);
    for (id, now) in [(1, 5), (2, 3), (3, -1000), (4, 9)] {
        bench.clock.set(at(now));
        bench.log.append(append("a-1", Expected::Any, [id])).wait().await.unwrap();
    }
    let events = bench.log.read_all(Position::START, 9).await.unwrap();
    let times: Vec<_> = events.iter().map(|event| event.recorded_at).collect();
    assert_eq!(times, [at(5), at(5), at(5), at(9)]);
}

/// Runs the whole contract against what `$make` returns.
macro_rules! contract {
    ($make:expr) => {
        contract! { $make =>
            expectations_are_kept,
            what_is_written_is_read_in_the_order_of_the_calls,
            a_repeated_append_answers_the_same,
            one_refused_append_does_not_stop_the_others,
            the_log_is_read_in_pages,
            a_stream_is_read_both_ways,
            a_follower_misses_nothing_and_sees_nothing_twice,
            many_writers_share_a_stream_without_waiting_for_the_disk,
            what_does_not_fit_is_refused,
            large_events_lie_between_small_ones,
            recorded_at_never_goes_back,
        }
    };
    ($make:expr => $($name:ident,)+) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            $crate::contract::$name($make()).await;
        })+
    };
}
pub(crate) use contract;
