//! The adapters, as the random lives open them and open them again.

use std::sync::Arc;

use preau_eventlog::clock::TestClock;
use preau_eventlog::sled_log::Settings;
use preau_eventlog::{EventLog, MemoryLog, SledLog};
use tempfile::TempDir;

use super::reference::Model;

/// A log that can be opened anew.
pub trait Adapter {
    /// Opens an empty log.
    fn open(clock: &TestClock) -> Self;
    /// Closes the log and opens it again, if that means anything; `model` says what must be found.
    fn restart(&mut self, clock: &TestClock, model: &Model);
    /// Returns the log.
    fn log(&self) -> &Arc<dyn EventLog>;
}

pub struct InMemory(Arc<dyn EventLog>);

impl Adapter for InMemory {
    fn open(clock: &TestClock) -> Self {
        Self(Arc::new(MemoryLog::new(Arc::new(clock.clone()))))
    }

    /// It forgets everything: there is nothing to open again.
    fn restart(&mut self, _: &TestClock, _: &Model) {}

    fn log(&self) -> &Arc<dyn EventLog> {
        &self.0
    }
}

/// So small that a life has several volumes, and goes on from files of ends.
const TINY: Settings = Settings { volume_bytes: 4 << 10, ends_every: 16 };

pub struct InSled {
    /// `None` only between closing and opening.
    log: Option<Arc<dyn EventLog>>,
    place: TempDir,
}

impl InSled {
    /// The one place where the log in sled is opened, and what it finds is compared.
    fn open_in(place: &TempDir, clock: &TestClock, events: usize, streams: usize) -> Arc<dyn EventLog> {
        let lock = SledLog::lock(&place.path().join("log")).unwrap();
        let (log, report) = SledLog::open_with(lock, TINY, Arc::new(clock.clone()), Arc::new(())).unwrap();
        assert_eq!((report.events, report.streams), (events as u64, streams));
        assert_eq!((report.cut, report.restored), (None, vec![]));
        Arc::new(log)
    }
}

impl Adapter for InSled {
    fn open(clock: &TestClock) -> Self {
        let place = TempDir::new().unwrap();
        Self { log: Some(Self::open_in(&place, clock, 0, 0)), place }
    }

    fn restart(&mut self, clock: &TestClock, model: &Model) {
        let log = self.log.take().unwrap();
        assert_eq!(Arc::strong_count(&log), 1, "somebody keeps the log open");
        drop(log);
        self.log = Some(Self::open_in(&self.place, clock, model.events.len(), model.heads.len()));
    }

    fn log(&self) -> &Arc<dyn EventLog> {
        self.log.as_ref().unwrap()
    }
}
