//! The limit: bytes appended to a file, then `fdatasync`.
//!
//! With one writer there is nothing between it and the file. Many writers are served as a log must serve them: what
//! waits is written together, synced once, and everybody is answered.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use anyhow::{Context as _, Result, anyhow};
use eventlog::log::{Answer, Appended, Ticket};
use eventlog::{LogError, Position};

use super::super::measure::{Samples, Stopwatch};
use super::{Case, Run};

/// How many appends are written together at most: as many as the log takes.
const TOGETHER: usize = 256;

/// A file that is only appended to.
pub(super) struct BareFile {
    file: File,
    events: usize,
}

impl BareFile {
    pub(super) fn open(path: &Path) -> Result<Self> {
        std::fs::create_dir_all(path)?;
        let file = File::create_new(path.join("bytes")).context("a bare file cannot be made")?;
        Ok(Self { file, events: 0 })
    }

    pub(super) fn events(&self) -> usize {
        self.events
    }

    pub(super) async fn run(&mut self, case: Case<'_>) -> Result<Run> {
        let bytes = case.payload.bytes(case.batch);
        let run =
            if case.writers == 1 { self.alone(case, &bytes)? } else { self.together(case, bytes).await? };
        self.events += run.events;
        Ok(run)
    }

    fn alone(&mut self, case: Case<'_>, bytes: &[u8]) -> Result<Run> {
        let (watch, mut calls) = (Stopwatch::start(), Samples::default());
        while watch.elapsed() < case.time {
            let call = Stopwatch::start();
            self.file.write_all(bytes)?;
            self.file.sync_data()?;
            calls.add_time(call.elapsed());
        }
        Ok(Run { events: calls.len() * case.batch, seconds: watch.seconds(), calls })
    }

    async fn together(&mut self, case: Case<'_>, bytes: Vec<u8>) -> Result<Run> {
        let (line, waiting) = channel::<Answer>();
        let file = self.file.try_clone()?;
        let writer = std::thread::spawn(move || serve(file, &bytes, &waiting));
        let watch = Stopwatch::start();
        let writers: Vec<_> = (0..case.writers)
            .map(|_| {
                let (line, time) = (line.clone(), case.time);
                tokio::spawn(async move {
                    let mut calls = Samples::default();
                    loop {
                        let call = Stopwatch::start();
                        let (answer, ticket) = Ticket::new();
                        line.send(answer).map_err(|_| anyhow!("the writer of the bare file ended"))?;
                        ticket.wait().await?;
                        calls.add_time(call.elapsed());
                        if watch.elapsed() >= time {
                            return Ok::<_, anyhow::Error>(calls);
                        }
                    }
                })
            })
            .collect();
        let mut calls = Samples::default();
        for writer in writers {
            calls.append(writer.await??);
        }
        let seconds = watch.seconds();
        drop(line);
        writer.join().map_err(|_| anyhow!("the writer of the bare file ended"))?;
        Ok(Run { events: calls.len() * case.batch, seconds, calls })
    }
}

/// Writes for everybody who waits, as long as there is somebody.
fn serve(mut file: File, bytes: &[u8], waiting: &Receiver<Answer>) {
    let mut lot = vec![];
    while let Ok(first) = waiting.recv() {
        let answers: Vec<_> = std::iter::once(first).chain(waiting.try_iter().take(TOGETHER - 1)).collect();
        lot.clear();
        for _ in &answers {
            lot.extend_from_slice(bytes);
        }
        let written = file.write_all(&lot).and_then(|()| file.sync_data());
        let answered = match written {
            Ok(()) => Ok(Appended { position: Position(1), revision: 0 }),
            Err(error) => {
                Err(LogError::Io { what: "cannot write the bare file".to_owned(), source: Arc::new(error) }
                    .into())
            }
        };
        for answer in answers {
            answer.send(answered.clone());
        }
    }
}
