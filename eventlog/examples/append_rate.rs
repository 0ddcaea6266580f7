//! How many events a second are durable, without the rest of the program: for who changes the writer.
//!
//! `cargo run --release -p preau-eventlog --example append_rate -- DIR [SECONDS [BATCH WRITERS]]` appends in batches of 1, 16 and 256
//! events, by 1 and 64 writers, to a log in DIR, one case after the other; beside each, a bare file with `fdatasync`.
//! What `preau bench append` measures next to a bare file and PostgreSQL, without building those.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a measurement, for the one who runs it"
)]

use std::io::Write;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use domain::{EventId, PersonId, StreamId};
use preau_eventlog::clock::SystemClock;
use preau_eventlog::log::Answer;
use preau_eventlog::{Append, Appended, EventLog, Expected, NewEvent, Position, SledLog, Ticket};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let time = arguments.get(1).map_or(2.0, |seconds| seconds.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let dir = Path::new(&arguments[0]);
    let (log, _) = SledLog::open(dir, Arc::new(SystemClock), Arc::new(())).unwrap();
    let log = Arc::new(log);
    let mut streams = log.head().0;
    let only = arguments.get(3).map(|_| [2, 3].map(|at| arguments[at].parse().unwrap()));
    for batch in only.map_or(vec![1, 16, 256], |[batch, _]| vec![batch]) {
        for writers in only.map_or(vec![1, 64], |[_, writers]| vec![writers]) {
            let begun = now();
            let work = |stream: u64| work(Arc::clone(&log), stream, batch, Duration::from_secs_f64(time));
            let tasks: Vec<_> =
                (0..writers).map(|writer| runtime.spawn(work(streams + writer + 1))).collect();
            streams = streams + writers + 1_000_000;
            let events: u64 = tasks.into_iter().map(|task| runtime.block_on(task).unwrap()).sum();
            let rate = events as f64 / begun.elapsed().as_secs_f64();
            let file = bare(&dir.join("bare"), batch, writers, Duration::from_secs_f64(time), &runtime);
            println!("{batch:4} x {writers:2}: {rate:9.0} events/s, file {file:9.0}: {:.2}", rate / file);
        }
    }
    let begun = now();
    drop(log);
    println!("closed in {:.2} s", begun.elapsed().as_secs_f64());
}

/// Appends to a stream for some time. Returns how many events.
async fn work(log: Arc<SledLog>, stream: u64, batch: u64, time: Duration) -> u64 {
    let name = StreamId::person(PersonId::from_u128(u128::from(stream)));
    let (begun, mut expected, mut events) = (now(), Expected::NoStream, 0);
    while begun.elapsed() < time {
        let new = (events..events + batch).map(|number| NewEvent {
            id: EventId::from_u128(u128::from(stream) << 64 | u128::from(number)),
            kind: "message.opened",
            schema: 1,
            data: vec![b'7'; 150],
            meta: vec![b'7'; 130],
        });
        let append = Append { stream: name.clone(), expected, events: new.collect() };
        expected = Expected::At(log.append(append).wait().await.unwrap().revision);
        events += batch;
    }
    events
}

/// Appends the same bytes to a file as somebody with nothing else to do would. Returns how many events a second.
fn bare(path: &Path, batch: u64, writers: u64, time: Duration, runtime: &tokio::runtime::Runtime) -> f64 {
    let mut file = std::fs::File::options().create(true).append(true).open(path).unwrap();
    let bytes = vec![7; usize::try_from(batch).unwrap() * RECORD];
    let begun = now();
    let (line, waiting) = mpsc::channel::<Answer>();
    let writer = std::thread::spawn(move || {
        let mut lot = vec![];
        while let Ok(first) = waiting.recv() {
            let answers: Vec<_> = std::iter::once(first).chain(waiting.try_iter().take(255)).collect();
            lot.clear();
            for _ in &answers {
                lot.extend_from_slice(&bytes);
            }
            file.write_all(&lot).unwrap();
            file.sync_data().unwrap();
            for answer in answers {
                answer.send(Ok(Appended { position: Position(1), revision: 0 }));
            }
        }
    });
    let work = |line: mpsc::Sender<Answer>| async move {
        let mut events = 0;
        while begun.elapsed() < time {
            let (answer, ticket) = Ticket::new();
            line.send(answer).unwrap();
            ticket.wait().await.unwrap();
            events += batch;
        }
        events
    };
    let tasks: Vec<_> = (0..writers).map(|_| runtime.spawn(work(line.clone()))).collect();
    let events: u64 = tasks.into_iter().map(|task| runtime.block_on(task).unwrap()).sum();
    drop(line);
    writer.join().unwrap();
    std::fs::remove_file(path).unwrap();
    events as f64 / begun.elapsed().as_secs_f64()
}

/// The bytes of a record of this example.
const RECORD: usize = 384;

#[allow(clippy::disallowed_methods, reason = "the time that passes is what is measured")]
fn now() -> Instant {
    Instant::now()
}
