//! The one thread that brings what is durable in the write-ahead log into sled.
//!
//! Invariants: commits go to sled whole and in their order; what is said to be in sled is durable there; after an error
//! nothing is brought there any more, and whoever waits for it is told.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use crate::chunk;
use crate::log::{LogError, Position};

use super::pending::{Lot, Stored};
use super::read::Shared;
use super::volume::{Volume, guarded};

pub(super) struct Settler {
    pub shared: Arc<Shared>,
    pub stored: Stored,
    /// Where the volumes are, and at which size the next one is begun.
    pub dir: PathBuf,
    pub volume_bytes: u64,
    /// The thread that closes the volume that was full.
    pub closing: Option<JoinHandle<()>>,
}

impl Settler {
    /// Runs until nothing more comes and everything is in sled.
    pub fn run(mut self) {
        let shared = Arc::clone(&self.shared);
        let over = catch_unwind(AssertUnwindSafe(|| self.work()));
        let over = over
            .unwrap_or_else(|_| Err(LogError::FailStop("what brings the log to sled panicked".to_owned())));
        if let Err(error) = over {
            tracing::error!(%error, "nothing more is brought into the volumes; what is durable is not lost");
            shared.pending.fail(error);
        }
        self.wait_for_closing();
    }

    fn work(&mut self) -> Result<(), LogError> {
        let (mut records, mut ends) = (vec![], vec![]);
        while let Some(lots) = self.shared.pending.next() {
            let Some(first) = lots.first().map(|lot| lot.first) else { continue };
            records.clear();
            ends.clear();
            for Lot { records: more, ends: places, .. } in lots.iter().map(|lot| &**lot) {
                let before = records.len();
                records.extend_from_slice(more);
                ends.extend(places.iter().map(|end| before + end));
            }
            self.roll_over_if_full(first)?;
            let packed = chunk::pack(first, self.stored.last_chunk, &records, &ends);
            self.stored.last_chunk = packed.last_chunk;
            self.stored.chunks += packed.chunks.len() as u64;
            self.shared.volumes.with_newest(|volume| volume.commit(packed))?;
            self.stored.last = Position(first.0 + ends.len() as u64 - 1);
            self.shared.pending.settle(lots.len(), self.stored.clone());
        }
        Ok(())
    }

    /// Goes over to a new volume if the one that is written reached its size.
    fn roll_over_if_full(&mut self, next: Position) -> Result<(), LogError> {
        let full = self
            .shared
            .volumes
            .with_newest(|volume| Ok(volume.first < next && volume.size()? >= self.volume_bytes))?;
        if !full {
            return Ok(());
        }
        let (volume, _) = guarded(&self.dir, next, || Volume::open(Volume::create(&self.dir, next)?, next))?;
        self.wait_for_closing();
        self.stored.firsts.push(volume.first);
        self.shared.volumes.roll_over(volume);
        let shared = Arc::clone(&self.shared);
        let close = move || {
            if let Err(error) = shared.volumes.close_full() {
                tracing::error!(%error, "a full volume cannot be opened for reading");
            }
        };
        let closing = std::thread::Builder::new().name("log-closer".to_owned()).spawn(close);
        self.closing = Some(closing.map_err(|error| LogError::io("cannot close a full volume", error))?);
        Ok(())
    }

    /// Waits until the volume that was full before is closed.
    fn wait_for_closing(&mut self) {
        if self.closing.take().is_some_and(|closing| closing.join().is_err()) {
            tracing::error!("closing a full volume panicked");
        }
    }
}
