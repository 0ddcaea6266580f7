//! Where a fact comes from: the event that made it so, and who caused that. For traces and explanations.
//!
//! Invariant: events are read by position, each once; nothing is searched.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::SimpleObject;
use domain::Timestamp;
use domain::actor::Actor;
use eventlog::Position as Place;
use eventlog::decode::made;
use serde::Serialize;

use crate::failure::Result;
use crate::graphql::audit::{self, EventActor};
use crate::graphql::common::{Instant, Position};
use crate::graphql::names::Names;
use crate::node::Node;

/// An event that made something so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Where it stands.
    pub position: Place,
    /// When it was recorded.
    pub at: Timestamp,
    /// What happened: `person.class-joined`.
    pub kind: String,
    /// Who caused it.
    pub actor: Actor,
}

/// The events of a trace that made something so, by position.
#[derive(Debug, Default)]
pub struct Origins(BTreeMap<Place, Origin>);

/// An event that made something so.
#[derive(Debug, SimpleObject, Serialize)]
pub struct TracedOrigin {
    /// Where it stands in the log.
    position: Position,
    /// When it was recorded.
    at: Instant,
    /// What happened: `person.class-joined`.
    kind: String,
    /// Who caused it.
    actor: EventActor,
}

impl Origins {
    /// Reads the events at these positions.
    pub async fn read(node: &Node, positions: impl IntoIterator<Item = Place>) -> Result<Self> {
        let mut origins = BTreeMap::new();
        for position in positions.into_iter().collect::<BTreeSet<_>>() {
            let Some(recorded) = node.log().read_at(position).await? else { continue };
            let (at, kind) = (recorded.recorded_at, recorded.kind().to_owned());
            origins.insert(position, Origin { position, at, kind, actor: made(&recorded)?.actor });
        }
        Ok(Self(origins))
    }

    /// Returns the event at a position, if it was asked for and is there.
    pub fn at(&self, position: Place) -> Option<&Origin> {
        self.0.get(&position)
    }

    /// Returns the event at a position as it is shown.
    pub(super) fn shown(&self, names: &Names<'_>, position: Place) -> Option<TracedOrigin> {
        let origin = self.at(position)?;
        Some(TracedOrigin {
            position: Position(position),
            at: Instant(origin.at),
            kind: origin.kind.clone(),
            actor: audit::actor(names, &origin.actor),
        })
    }
}
