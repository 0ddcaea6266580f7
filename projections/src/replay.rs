//! Building a world from the whole log: one core reads, others decode, one folds.
//!
//! Invariant: events are applied in the order of their positions, whoever decoded them; what cannot be decoded stops
//! the replay at its place, after everything before it was applied.

use std::sync::Arc;

use domain::{Event, person, structure};
use eventlog::decode::{self, Fault};
use eventlog::vault::Vault;
use eventlog::{EventLog, Position, Recorded};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::live::Stopped;
use crate::world::{At, World};

/// How many events are read, decoded and handed over at once.
const PAGE: usize = 2048;

/// How many pages may be between reading and folding.
const AHEAD: usize = 8;

/// A page, once it is decoded: what came before a fault, and the fault.
type Decoded = (Vec<(At, Event)>, Option<Fault>);

/// Brings `world` up to the position `head`, at most that of the log. `progress` hears the position and the head.
pub(crate) async fn replay(
    log: &Arc<dyn EventLog>,
    vault: &Arc<Vault>,
    world: &mut World,
    head: Position,
    mut progress: impl FnMut(Position, Position),
) -> Result<(), Stopped> {
    let (pages, mut decoded) = mpsc::channel::<JoinHandle<Decoded>>(AHEAD);
    let reader = tokio::spawn(read(Arc::clone(log), Arc::clone(vault), world.position, head, pages));
    while let Some(page) = decoded.recv().await {
        // A decoder that panicked or was cancelled hands over nothing: its page cannot be told from an empty one.
        let (events, fault) = page.await.map_err(|_| Stopped::Ended)?;
        for (at, event) in &events {
            world.apply(*at, event)?;
        }
        if let Some(fault) = fault {
            return Err(fault.into());
        }
        progress(world.position, head);
    }
    Ok(reader.await.map_err(|_| Stopped::Ended)??)
}

/// Reads page after page, and has each decoded by whatever core is free; hands them over in their order.
async fn read(
    log: Arc<dyn EventLog>,
    vault: Arc<Vault>,
    mut after: Position,
    head: Position,
    pages: mpsc::Sender<JoinHandle<Decoded>>,
) -> Result<(), Fault> {
    while after < head {
        let left = usize::try_from(head.0 - after.0).unwrap_or(PAGE);
        let events = log.read_all(after, left.min(PAGE)).await?;
        let Some(last) = events.last() else { return Ok(()) };
        after = last.position;
        let vault = Arc::clone(&vault);
        let work = tokio::task::spawn_blocking(move || decode_all(&vault, &events));
        if pages.send(work).await.is_err() {
            return Ok(()); // The replay ended at a fault.
        }
    }
    Ok(())
}

/// Decodes events up to the first that cannot be.
pub(crate) fn decode_all(vault: &Vault, events: &[Recorded]) -> Decoded {
    let mut decoded = Vec::with_capacity(events.len());
    for recorded in events {
        match decode_shown(vault, recorded) {
            Ok(event) => decoded.push((At::of(recorded), event)),
            Err(fault) => return (decoded, Some(fault)),
        }
    }
    (decoded, None)
}

/// Returns the event, with those sealed fields open that a model shows: names and typed labels.
fn decode_shown(vault: &Vault, recorded: &Recorded) -> Result<Event, Fault> {
    let mut event = decode::decode(recorded)?;
    let shown = matches!(
        event,
        Event::Person(
            person::Event::Registered(_) | person::Event::IdentityChanged(_) | person::Event::LoginGiven(_)
        ) | Event::Structure(
            structure::Event::FreeGroupCreated(_)
                | structure::Event::BroadcastListCreated(_)
                | structure::Event::GroupRenamed(_)
        )
    );
    if shown {
        vault
            .open(recorded.id, &mut event)
            .map_err(|source| Fault::Sealed { position: recorded.position, source })?;
    }
    Ok(event)
}
