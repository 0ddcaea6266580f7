//! What is decided while a write is under way rests on it: it counts on what is being written, and is not answered before.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Wake};
use std::time::Duration;

use super::*;
use crate::log::Ticket;

/// Says before each durable write that it begins, and lets it go on when told to, or fail.
struct Gate {
    begins: Mutex<Sender<()>>,
    goes_on: Mutex<Receiver<io::Result<()>>>,
}

impl BeforeCommit for Gate {
    fn before_commit(&self) -> io::Result<()> {
        self.begins.lock().unwrap_or_else(PoisonError::into_inner).send(()).unwrap();
        self.goes_on.lock().unwrap_or_else(PoisonError::into_inner).recv().unwrap()
    }
}

/// Says each time it is asked for the time: once for every append that is decided.
struct Asked(Mutex<Sender<()>>);

impl Clock for Asked {
    fn now(&self) -> domain::Timestamp {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).send(()).unwrap();
        noon()
    }
}

struct Held {
    place: Place,
    log: SledLog,
    decided: Receiver<()>,
    begins: Receiver<()>,
    go_on: Sender<io::Result<()>>,
}

impl Held {
    fn new() -> Self {
        let place = Place::new();
        let ((asked, decided), (begun, begins), (go_on, goes_on)) = (channel(), channel(), channel());
        let gate = Gate { begins: Mutex::new(begun), goes_on: Mutex::new(goes_on) };
        let clock = Asked(Mutex::new(asked));
        let (log, _) = SledLog::open(&place.dir(), Arc::new(clock), Arc::new(gate)).unwrap();
        Self { place, log, decided, begins, go_on }
    }

    /// Appends, and waits until it is decided.
    fn decide(&self, one: Append) -> Ticket {
        let ticket = self.log.append(one);
        self.decided.recv().unwrap();
        ticket
    }

    /// Begins a write of two appends, which is made on its own thread.
    fn begin(&self) -> Vec<Ticket> {
        let two = vec![append("a-1", Expected::NoStream, [1, 2]), append("b-1", Expected::Any, [3])];
        let tickets = self.log.append_all(two);
        self.begins.recv().unwrap();
        for _ in &tickets {
            self.decided.recv().unwrap();
        }
        tickets
    }
}

#[tokio::test]
async fn it_counts_on_what_is_being_written_and_is_not_answered_before() {
    let held = Held::new();
    let first = held.begin();
    let next = [
        held.decide(append("a-1", Expected::At(1), [4])),
        held.decide(append("a-1", Expected::NoStream, [5])),
        held.decide(append("a-1", Expected::At(2), [6])),
        // Once more what is being written, and what was only decided.
        held.decide(append("a-1", Expected::NoStream, [1, 2])),
        held.decide(append("a-1", Expected::At(1), [4])),
        held.decide(append("c-1", Expected::NoStream, [7])),
    ];
    assert!(first.iter().chain(&next).all(|ticket| ticket.peek().is_none()), "nothing is durable yet");
    assert_eq!(held.log.head(), Position::START);
    assert_eq!(all(&held.log).await.len(), 0);

    held.go_on.send(Ok(())).unwrap();
    let [one, two] = first.try_into().unwrap();
    assert_eq!((one.wait().await, two.wait().await), (at(2, 1), at(3, 0)));
    held.begins.recv().unwrap();
    assert!(next.iter().all(|ticket| ticket.peek().is_none()), "what a refusal rests on is not all durable");
    assert_eq!(held.log.head(), Position(3));

    held.go_on.send(Ok(())).unwrap();
    let mut answers = vec![];
    for ticket in next {
        answers.push(ticket.wait().await);
    }
    let refused = Err(AppendError::WrongExpected { actual: Some(2) });
    assert_eq!(answers, [at(4, 2), refused, at(5, 3), at(2, 1), at(4, 2), at(6, 0)]);
    let ids = |events: Vec<Recorded>| events.iter().map(|event| event.id.to_u128()).collect::<Vec<_>>();
    assert_eq!(ids(all(&held.log).await), [1, 2, 3, 4, 6, 7]);
    held.log.close();
    assert_eq!(ids(all(&held.place.open().0).await), [1, 2, 3, 4, 6, 7]);
}

/// Waits, when it is woken, until the next write begins: who wakes it must have seen to that before.
struct Patient {
    begins: Mutex<Receiver<()>>,
    begun: AtomicBool,
}

impl Wake for Patient {
    fn wake(self: Arc<Self>) {
        let begins = self.begins.lock().unwrap_or_else(PoisonError::into_inner);
        let begun = begins.recv_timeout(Duration::from_secs(20)).is_ok();
        self.begun.store(begun, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn the_disk_has_its_next_work_before_anybody_is_woken() {
    let held = Held::new();
    let [first, _] = held.begin().try_into().unwrap();
    let next =
        [held.decide(append("a-1", Expected::At(1), [4])), held.decide(append("c-1", Expected::Any, [5]))];
    let patient = Arc::new(Patient { begins: Mutex::new(held.begins), begun: AtomicBool::new(false) });
    let waker = Arc::clone(&patient).into();
    let mut waiting = pin!(first.wait());
    assert!(waiting.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    held.go_on.send(Ok(())).unwrap();
    held.go_on.send(Ok(())).unwrap();
    for ticket in next {
        ticket.wait().await.unwrap();
    }
    assert!(patient.begun.load(Ordering::Relaxed));
}

#[tokio::test]
async fn it_fails_with_what_is_being_written() {
    let held = Held::new();
    let mut tickets = held.begin();
    tickets.push(held.decide(append("a-1", Expected::At(1), [4])));
    // Refused, but by what is not durable.
    tickets.push(held.decide(append("b-1", Expected::NoStream, [5])));
    held.go_on.send(Err(io::Error::other("disk full"))).unwrap();
    for ticket in tickets {
        let error = ticket.wait().await.unwrap_err();
        assert!(matches!(error, AppendError::Stopped(LogError::FailStop(_))), "{error}");
        assert!(error.to_string().contains("disk full"), "{error}");
    }
    assert!(held.log.append(append("d-1", Expected::Any, [7])).wait().await.is_err());
    held.log.close();
    assert_eq!(held.place.open().1.events, 0);
}

#[tokio::test]
async fn what_does_not_fit_into_the_next_write_waits_for_the_one_after_in_order() {
    let held = Held::new();
    let first = held.begin();
    // More than one write takes, by number and by size.
    let large = |id: u128| {
        let mut one = append("c-1", Expected::Any, []);
        one.events = vec![sized(id, 1_000_000)];
        one
    };
    let mut tickets: Vec<_> =
        (10..310).map(|id| held.log.append(append("a-1", Expected::Any, [id]))).collect();
    tickets.extend((1_000..1_010).map(|id| held.log.append(large(id))));
    tickets.push(held.log.append(append("a-1", Expected::Any, [2_000])));
    for _ in 0..9 {
        held.go_on.send(Ok(())).unwrap();
    }
    let mut positions = vec![];
    for ticket in first.into_iter().chain(tickets) {
        positions.push(ticket.wait().await.unwrap().position.0);
    }
    assert!(positions.is_sorted(), "{positions:?}");
    assert_eq!(positions.last(), Some(&314));
    // 256; 44 and five of the large; five of the large; the last.
    assert_eq!(held.begins.try_iter().count(), 4);
    held.log.close();
    let ids: Vec<_> = all(&held.place.open().0).await.iter().map(|event| event.id.to_u128()).collect();
    assert!(ids.into_iter().eq([1, 2, 3].into_iter().chain(10..310).chain(1_000..1_010).chain([2_000])));
}
