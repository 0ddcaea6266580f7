//! The first command on a stream of many events: read whole, and from a state that was kept.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow, ensure};
use domain::resource::Resource;
use domain::{PersonId, ResourceId, StreamId};
use eventlog::clock::SystemClock;
use eventlog::execute::{Deciders, Executor};

use super::super::measure::{Samples, Stopwatch, disk};
use super::super::report::{Cell, Table};
use super::site::{Site, new_meta};
use super::{Measured, WRITERS};

/// From so many events on a state is kept, as everywhere; fewer where there are not so many.
const LEAST: u64 = 20_000;

/// Whoever writes and reads here is one program.
const PROGRAM: u64 = 1;

/// Makes a long stream, then starts anew and again, and lets somebody book.
pub(super) async fn measure(folder: &Path, measured: &Measured) -> Result<Table> {
    let site = Arc::new(Site::open(folder).await?);
    let room = *site.rooms(1, 1).await?.first().context("no room was opened")?;
    fill(&site, room, measured.events).await?;
    let kept = folder.join("kept");
    let deciders = || Deciders::of_streams_from(&kept, PROGRAM, LEAST.min(measured.events / 4));
    let started =
        || Executor::new(Arc::clone(site.node.log()), Arc::clone(site.node.vault()), Arc::new(SystemClock));
    let mut slot = measured.events;
    let mut first = async |executor: &Executor| {
        slot += 1;
        let command = site.book(PersonId::from_u128(1 << 90), slot)?;
        let watch = Stopwatch::start();
        let done = executor.execute::<Resource>(&StreamId::resource(room), &new_meta(), command).await;
        done.map_err(|error| anyhow!("a booking was not made: {error:?}"))?;
        Ok::<_, anyhow::Error>(watch)
    };
    let [mut whole, mut writing, mut from_kept] = [(); 3].map(|()| Samples::default());
    for round in 0..measured.rounds {
        whole.add_time(first(&started()).await?.elapsed());
        if round == 0 {
            let executor = started().keeping(deciders());
            let watch = Stopwatch::start();
            first(&executor).await?;
            executor.deciders().idle().await;
            writing.add_time(watch.elapsed());
        }
        from_kept.add_time(first(&started().keeping(deciders())).await?.elapsed());
    }
    let size = disk(&kept);
    ensure!(size > 0, "no state was kept of {} events", measured.events);
    let columns = &["events", "first_command", "times", "p50_ms", "slowest_ms", "file_mib"];
    let mut table = Table::new("a long stream", columns);
    for (name, samples, file) in [
        ("stream read whole", &whole, Cell::Missing),
        ("read whole, and until its state was kept", &writing, Cell::Missing),
        ("from its kept state", &from_kept, Cell::mebibytes(size)),
    ] {
        let slowest = samples.extremes().map(|(_, slowest)| slowest);
        table.row([
            Cell::Count(measured.events),
            name.into(),
            samples.len().into(),
            Cell::measure(samples.median(), 2),
            Cell::measure(slowest, 2),
            file,
        ]);
    }
    Ok(table)
}

/// Books a room so often, 64 at once.
async fn fill(site: &Arc<Site>, room: ResourceId, events: u64) -> Result<()> {
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let site = Arc::clone(site);
            tokio::spawn(async move {
                let owner = PersonId::from_u128(1 << 90 | writer as u128);
                for slot in (writer as u64..events).step_by(WRITERS) {
                    let (stream, command) = (StreamId::resource(room), site.book(owner, slot)?);
                    let done = site.node.executor().execute::<Resource>(&stream, &new_meta(), command).await;
                    done.map_err(|error| anyhow!("a booking was not made: {error:?}"))?;
                }
                Ok::<_, anyhow::Error>(())
            })
        })
        .collect();
    for writer in writers {
        writer.await??;
    }
    site.node.executor().deciders().idle().await;
    Ok(())
}
