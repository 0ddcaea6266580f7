//! From what is stored to events, and back.

use domain::actor::Actor;
use domain::sealed::Carries;
use domain::{CommandId, Event, EventId, Meta, StreamId};
use serde::Deserialize;

use crate::log::{LogError, NewEvent, Position, Recorded};
use crate::vault::{Vault, VaultError};

/// The log, or what stands in it, cannot be used; nobody's mistake who asked.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The log cannot be read or written.
    #[error("the log cannot be used")]
    Log(#[from] LogError),
    /// A sealed field cannot be shut or opened.
    #[error("position {position}: a sealed field cannot be opened")]
    Sealed {
        /// Where.
        position: Position,
        /// Why.
        #[source]
        source: VaultError,
    },
    /// A field cannot be shut.
    #[error("an event cannot be sealed")]
    Shut(#[source] VaultError),
    /// An event cannot be read.
    #[error("position {position}: the event cannot be read")]
    Undecodable {
        /// Where.
        position: Position,
        /// Why.
        #[source]
        source: migrations::Undecodable,
    },
    /// An event stands in a stream of another feature.
    #[error("position {position}: an event of another feature stands in this stream")]
    Misplaced {
        /// Where.
        position: Position,
    },
    /// The JSON beside an event cannot be read or written.
    #[error("an event cannot be encoded")]
    Json(#[from] serde_json::Error),
}

/// Returns the event as stored: sealed fields shut.
pub fn decode(recorded: &Recorded) -> Result<Event, Fault> {
    migrations::decode(recorded.kind(), recorded.schema, recorded.data())
        .map_err(|source| Fault::Undecodable { position: recorded.position, source })
}

/// Returns the event with every sealed field open or erased.
pub fn open(vault: &Vault, recorded: &Recorded) -> Result<Event, Fault> {
    let mut event = decode(recorded)?;
    vault
        .open(recorded.id, &mut event)
        .map_err(|source| Fault::Sealed { position: recorded.position, source })?;
    Ok(event)
}

/// Returns what stands beside the event, its reason open or erased.
pub fn open_meta(vault: &Vault, recorded: &Recorded) -> Result<Meta, Fault> {
    let mut meta: Meta = serde_json::from_slice(recorded.meta())?;
    if let Ok(stream) = StreamId::parse(recorded.stream()) {
        vault
            .open(recorded.id, &mut domain::meta::MetaIn(&mut meta, &stream))
            .map_err(|source| Fault::Sealed { position: recorded.position, source })?;
    }
    Ok(meta)
}

/// What stands beside an event and tells who made it, in which undertaking.
#[derive(Debug, Clone, Deserialize)]
pub struct Made {
    /// Who gave the command.
    pub actor: Actor,
    /// The command.
    pub command: CommandId,
    /// What all events of one undertaking share.
    #[serde(default)]
    pub correlation: Option<CommandId>,
}

/// Returns who made the event; nothing is opened.
pub fn made(recorded: &Recorded) -> Result<Made, Fault> {
    Ok(serde_json::from_slice(recorded.meta())?)
}

/// Seals and encodes `events` as the ones that `meta.command` made in `stream`, numbered from `first`.
///
/// `month` is the month of sealing, `yyyymm`.
pub fn encode<E: Carries + Clone + Into<Event>>(
    vault: &Vault,
    stream: &StreamId,
    meta: &Meta,
    month: u32,
    first: u32,
    events: &[E],
) -> Result<Vec<NewEvent>, Fault> {
    let encode_one = |(event, index): (&E, u32)| {
        let id = EventId::derived(meta.command, index);
        let mut event = event.clone();
        vault.shut(id, month, &mut event).map_err(Fault::Shut)?;
        let mut meta = meta.clone();
        vault.shut(id, month, &mut domain::meta::MetaIn(&mut meta, stream)).map_err(Fault::Shut)?;
        let event: Event = event.into();
        let kind = event.kind();
        let (data, meta) = (event.encode()?, serde_json::to_vec(&meta)?);
        Ok(NewEvent { id, kind: kind.kind, schema: kind.schema, data, meta })
    };
    events.iter().zip(first..).map(encode_one).collect()
}

/// What of `meta` tells a repetition from another command.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Repetition {
    pub(crate) command: CommandId,
    #[serde(default)]
    pub(crate) variables: Option<Box<str>>,
}
