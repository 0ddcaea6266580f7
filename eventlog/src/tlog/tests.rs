//! The tree against known answers, against another implementation, and against whatever happens to files.

mod bundles;
mod erasure;
mod files;
mod notes;
mod trees;

use std::path::Path;
use std::sync::Arc;

use crate::clock::TestClock;
use crate::contract::{event, noon, sized, stream};
use crate::keys::Ring;
use crate::log::{Append, EventLog, Expected, Position, Recorded};
use crate::memory::MemoryLog;
use crate::record;

use super::tree::SigningKey;
use super::{Report, Tlog, TlogError, signing_key};

/// Returns a log of so many events in a few streams.
async fn log_of(events: u64) -> Arc<dyn EventLog> {
    let log: Arc<dyn EventLog> = Arc::new(MemoryLog::new(Arc::new(TestClock::at(noon()))));
    grow(&*log, events).await;
    log
}

/// Appends so many events.
async fn grow(log: &dyn EventLog, events: u64) {
    let first = u128::from(log.head().0);
    for id in first..first + u128::from(events) {
        let name = ["a-1", "b-1", "c-1"][usize::try_from(id % 3).unwrap()];
        let append = Append { stream: stream(name), expected: Expected::Any, events: vec![event(id + 1)] };
        log.append(append).wait().await.unwrap();
    }
}

/// Returns a log like `log`, but for the events that `change` gives another size.
async fn edited(log: &dyn EventLog, keep: usize, change: impl Fn(u128) -> bool) -> Arc<dyn EventLog> {
    let other: Arc<dyn EventLog> = Arc::new(MemoryLog::new(Arc::new(TestClock::at(noon()))));
    for old in all(log).await.into_iter().take(keep) {
        let id = old.id.to_u128();
        let event = if change(id) { sized(id, 200) } else { event(id) };
        let append = Append { stream: stream(old.stream()), expected: Expected::Any, events: vec![event] };
        other.append(append).wait().await.unwrap();
    }
    other
}

async fn all(log: &dyn EventLog) -> Vec<Recorded> {
    log.read_all(Position::START, usize::MAX).await.unwrap()
}

async fn leaves(log: &dyn EventLog) -> Vec<Vec<u8>> {
    all(log).await.iter().map(record::leaf).collect()
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

async fn open(folder: &Path, log: &dyn EventLog) -> Result<(Tlog, Report), TlogError> {
    Tlog::open(&folder.join("tlog"), log, key()).await
}

#[test]
fn the_key_that_signs_is_the_rings_and_not_a_secret_of_it() {
    let (ring, other) = (Ring::ephemeral().unwrap(), Ring::ephemeral().unwrap());
    let key = signing_key(&ring).unwrap();
    assert_eq!(key, signing_key(&ring).unwrap());
    assert_ne!(key, signing_key(&other).unwrap());
    let secret = ring.key(crate::keys::Entry::Secret(crate::keys::Secret::Checkpoint), 0).unwrap();
    assert_ne!(key.as_bytes(), secret.bytes());
}
