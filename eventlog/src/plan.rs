//! What one durable write will hold, decided append by append. Adapters that order appends themselves share it.
//!
//! Invariant: an append that is admitted lies whole in the plan; one that is refused leaves no trace in it.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use domain::{EventId, StreamId, Timestamp};
use xxhash_rust::xxh3::xxh3_128;

use crate::log::{
    Append, AppendError, Appended, Expected, LogError, MAX_APPEND, MAX_EVENT, Position, Recorded,
};
use crate::record::{self, Draft, Header, MAX_KIND, MAX_STREAM};

/// The end of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// Its last revision.
    pub revision: u64,
    /// Where its last event stands.
    pub position: Position,
}

/// The ends of streams, by the 128-bit hash of their name: 32 bytes each and what the table leaves free.
#[derive(Debug, Default, Clone)]
pub(crate) struct Heads(HashMap<u128, Head, BuildHasherDefault<Hashed>>);

impl Heads {
    pub fn get(&self, stream: &str) -> Option<Head> {
        self.0.get(&xxh3_128(stream.as_bytes())).copied()
    }

    pub fn set(&mut self, stream: &str, head: Head) {
        self.0.insert(xxh3_128(stream.as_bytes()), head);
    }

    /// Returns an empty table with room for so many streams.
    pub fn with_room(streams: usize) -> Self {
        Self(HashMap::with_capacity_and_hasher(streams, BuildHasherDefault::default()))
    }

    /// Sets the end of the stream whose name has this hash.
    pub fn put(&mut self, hash: u128, head: Head) {
        self.0.insert(hash, head);
    }

    /// Returns the ends of all streams under the hashes of their names, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (u128, Head)> + '_ {
        self.0.iter().map(|(hash, head)| (*hash, *head))
    }

    /// Takes all of `later` over.
    pub fn absorb(&mut self, later: &Self) {
        self.0.extend(later.iter());
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// Takes half of a key that is a hash already.
#[derive(Debug, Default)]
pub(crate) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, key: u128) {
        let low = key & u128::from(u64::MAX);
        self.0 = u64::try_from(low).unwrap_or_default();
    }
}

/// Reads an event that is durable already.
pub(crate) type Stored<'a> = &'a dyn Fn(Position) -> Result<Recorded, LogError>;

/// What was written before a plan.
pub(crate) struct Before<'a> {
    /// The plan that is being written; it will be durable before this one.
    pub ahead: Option<&'a Plan>,
    /// The ends of the streams before that.
    pub durable: &'a Heads,
    pub stored: Stored<'a>,
}

impl Before<'_> {
    fn head(&self, stream: &str) -> Option<Head> {
        self.ahead.and_then(|plan| plan.heads.get(stream)).or_else(|| self.durable.get(stream))
    }

    fn link(&self, at: Position) -> Result<(EventId, Option<Position>), LogError> {
        match self.ahead.map(|plan| plan.planned(at)).transpose()?.flatten() {
            Some(link) => Ok(link),
            None => (self.stored)(at).map(|event| (event.id, event.previous)),
        }
    }
}

/// What a record has beside data and meta, in bytes, unless its stream or kind has a long name.
const BESIDE: usize = 192;

/// An append that fits, as records that lack their places only. Who appends makes it, so that the thread that decides
/// for all has less to do.
pub(crate) struct Ready {
    stream: StreamId,
    expected: Expected,
    /// The records one after the other.
    pub records: Vec<u8>,
    /// Where each record ends.
    ends: Vec<usize>,
}

impl Ready {
    /// Writes the records of an append, unless it cannot be stored.
    pub fn of(append: &Append) -> Result<Self, AppendError> {
        fits(append)?;
        let bytes = append.events.iter().map(|event| event.data.len() + event.meta.len() + BESIDE).sum();
        let mut records = Vec::with_capacity(bytes);
        let mut ends = Vec::with_capacity(append.events.len());
        for event in &append.events {
            let draft = Draft {
                stream: append.stream.as_str(),
                kind: event.kind,
                schema: event.schema,
                revision: 0,
                recorded_at: 0,
                id: event.id,
                previous: None,
                data: &event.data,
                meta: &event.meta,
            };
            let written = record::encode_unchecked(&draft, &mut records);
            written.map_err(|broken| AppendError::Unfit(broken.to_string()))?;
            ends.push(records.len());
        }
        Ok(Self { stream: append.stream.clone(), expected: append.expected, records, ends })
    }

    /// Returns the id of an event, counted from 0.
    fn id(&self, index: usize) -> Option<EventId> {
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        Header::read(self.records.get(start..)?).ok().map(|header| header.id)
    }
}

/// The next durable write, as it grows.
pub(crate) struct Plan {
    /// The position of its first event.
    pub first: Position,
    /// The records one after the other.
    pub records: Vec<u8>,
    /// Where each record ends.
    pub ends: Vec<usize>,
    /// The ends of the streams it touches.
    pub heads: Heads,
    /// The instant of the newest event, in milliseconds.
    pub recorded_at: i64,
    /// The newest event of the plan.
    pub event: Option<EventId>,
}

impl Plan {
    /// Begins behind the event at `last`, which was recorded at `recorded_at`.
    pub fn after(last: Position, recorded_at: i64) -> Self {
        Self {
            first: Position(last.0 + 1),
            records: vec![],
            ends: vec![],
            heads: Heads::default(),
            recorded_at,
            event: None,
        }
    }

    /// Begins again behind another event, with the room there is.
    pub fn again(mut self, last: Position, recorded_at: i64) -> Self {
        self.records.clear();
        self.ends.clear();
        self.heads.0.clear();
        let Self { records, ends, heads, .. } = self;
        Self { records, ends, heads, ..Self::after(last, recorded_at) }
    }

    /// Returns the position of the newest event, planned or not.
    pub fn last(&self) -> Position {
        Position(self.first.0 - 1 + self.ends.len() as u64)
    }

    /// Takes `append` in, or says why not.
    pub fn admit(
        &mut self,
        append: &Ready,
        now: Timestamp,
        before: &Before<'_>,
    ) -> Result<Appended, AppendError> {
        let stream = append.stream.as_str();
        let head = self.heads.get(stream).or_else(|| before.head(stream));
        let met = match append.expected {
            Expected::Any => true,
            Expected::NoStream => head.is_none(),
            Expected::At(revision) => head.is_some_and(|head| head.revision == revision),
        };
        if met {
            return self.write(append, now, head);
        }
        let repeated = head.map(|head| self.repeated(append, head, before)).transpose()?.flatten();
        repeated.ok_or(AppendError::WrongExpected { actual: head.map(|head| head.revision) })
    }

    fn write(
        &mut self,
        append: &Ready,
        now: Timestamp,
        mut head: Option<Head>,
    ) -> Result<Appended, AppendError> {
        self.recorded_at = self.recorded_at.max(now.timestamp_millis());
        let start = self.records.len();
        self.records.extend_from_slice(&append.records);
        let mut begin = start;
        for end in append.ends.iter().map(|end| start + end) {
            let revision = head.map_or(0, |head| head.revision + 1);
            let previous = head.map(|head| head.position);
            record::place(&mut self.records[begin..end], revision, self.recorded_at, previous);
            head = Some(Head { revision, position: Position(self.last().0 + 1) });
            self.ends.push(end);
            begin = end;
        }
        let head = head.ok_or_else(nothing)?;
        self.heads.set(append.stream.as_str(), head);
        self.event = append.ends.len().checked_sub(1).and_then(|last| append.id(last));
        Ok(Appended { position: head.position, revision: head.revision })
    }

    /// Returns what the first one answered if exactly these events already stand where `append` wants them.
    fn repeated(
        &self,
        append: &Ready,
        head: Head,
        before: &Before<'_>,
    ) -> Result<Option<Appended>, LogError> {
        let first = match append.expected {
            Expected::NoStream => 0,
            Expected::At(revision) => revision.saturating_add(1),
            Expected::Any => return Ok(None),
        };
        let last = first.saturating_add(append.ends.len() as u64 - 1);
        let mut position = Some(head.position);
        let mut revision = head.revision;
        let mut answer = None;
        while let Some(at) = position.filter(|_| revision >= first && last <= head.revision) {
            let (id, previous) = self.planned(at)?.map_or_else(|| before.link(at), Ok)?;
            if revision == last {
                answer = Some(Appended { position: at, revision });
            }
            let wanted = usize::try_from(revision - first).ok().and_then(|index| append.id(index));
            if wanted.is_some_and(|wanted| wanted != id) {
                return Ok(None);
            }
            position = previous;
            revision = revision.saturating_sub(1);
        }
        Ok(answer)
    }

    /// Returns the id of a planned event and the event before it in its stream; none if it stands before the plan.
    fn planned(&self, at: Position) -> Result<Option<(EventId, Option<Position>)>, LogError> {
        let Some(index) = at.0.checked_sub(self.first.0).and_then(|index| usize::try_from(index).ok()) else {
            return Ok(None);
        };
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        let header = Header::read(&self.records[start..]).map_err(|broken| LogError::Damaged {
            file: "the records waiting to be written".to_owned(),
            position: at,
            what: broken.to_string(),
        })?;
        Ok(Some((header.id, header.previous)))
    }
}

fn nothing() -> AppendError {
    AppendError::Unfit("an append holds at least one event".to_owned())
}

fn fits(append: &Append) -> Result<(), AppendError> {
    let stream = append.stream.as_str();
    let count = append.events.len();
    if count == 0 {
        return Err(nothing());
    }
    if count > MAX_APPEND {
        return Err(AppendError::Unfit(format!(
            "{count} events for {stream}: an append holds at most {MAX_APPEND}; append them in several steps"
        )));
    }
    if stream.is_empty() || stream.len() > MAX_STREAM {
        return Err(AppendError::Unfit(format!("{stream}: a stream name has 1 to {MAX_STREAM} bytes")));
    }
    for (index, event) in append.events.iter().enumerate() {
        let size = event.data.len().saturating_add(event.meta.len());
        if size > MAX_EVENT {
            return Err(AppendError::Unfit(format!(
                "event {index} for {stream} has {size} bytes of data and meta: at most {MAX_EVENT} fit; \
                 store the content beside the log and refer to it"
            )));
        }
        if event.kind.is_empty() || event.kind.len() > MAX_KIND {
            return Err(AppendError::Unfit(format!(
                "event {index} for {stream}: a kind has 1 to {MAX_KIND} bytes"
            )));
        }
    }
    Ok(())
}
