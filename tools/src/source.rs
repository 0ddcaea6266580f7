//! The events of a data directory, wherever they can be had: in the directory, or from the server that runs on it.
//!
//! Invariant: the events come in order, without a gap, whole; nothing sealed is opened, no key is needed.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use api::operator::Head;
use eventlog::backup::frame;
use eventlog::clock::SystemClock;
use eventlog::{EventLog, LogError, Position, Recorded, SledLog};

use crate::operator::Operator;
use crate::settings::Settings;
use crate::{failed, opened};

/// How many events are read at once.
const PAGE: usize = 64;

/// Where the events are.
pub enum Source {
    /// In a directory that nobody uses.
    Closed(SledLog),
    /// With a running server.
    Running(Operator),
}

impl Source {
    /// Opens the directory the settings name, or turns to the server that runs on it.
    pub fn open(settings: &Settings) -> Result<Self> {
        let data = settings.data();
        opened::must_be_there(&data)?;
        let lock = match SledLog::lock(&data.join("log")) {
            Err(LogError::InUse(_)) => return Operator::of(&data).map(Self::Running),
            lock => lock.map_err(failed::of_log)?,
        };
        // Nothing is written, so no key is.
        let opened = SledLog::open_locked(lock, Arc::new(SystemClock), Arc::new(()));
        let (log, report) = opened.map_err(|error| failed::unopened(error.into()))?;
        for what in report.cut.iter().chain(&report.restored) {
            tracing::warn!("{what}");
        }
        Ok(Self::Closed(log))
    }

    /// Returns where the log ends, and which it is.
    pub async fn head(&self) -> Result<Head> {
        match self {
            Self::Closed(log) => Head::of(log).await.map_err(failed::of_log),
            Self::Running(operator) => operator.head(),
        }
    }

    /// Shows each event after `after`, up to `to`, which is there.
    pub async fn events(
        &self,
        after: Position,
        to: Position,
        mut show: impl FnMut(&Recorded) -> Result<()>,
    ) -> Result<()> {
        let mut last = after;
        match self {
            Self::Closed(log) => {
                while last < to {
                    let limit = usize::try_from(to.0 - last.0).map_or(PAGE, |left| left.min(PAGE));
                    for event in log.read_all(last, limit).await.map_err(failed::of_log)? {
                        show(&event)?;
                        last = event.position;
                    }
                }
            }
            Self::Running(operator) => {
                let mut answer = operator.get(&format!("/events?after={after}&to={to}"))?;
                let early = "the server ended its answer early: it was stopped, or its own output says why";
                while let Some(event) = frame::read(&mut answer).context(early)? {
                    if event.position.0 != last.0 + 1 {
                        bail!("the server sent position {} after {last}", event.position);
                    }
                    show(&event)?;
                    last = event.position;
                }
                if last != to {
                    bail!("{early}");
                }
            }
        }
        Ok(())
    }
}
