//! Checking a bundle: nothing but the bundle is needed, and a key if one is known from elsewhere.

use std::fmt;
use std::io::{self, BufRead, Read as _};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;

use crate::log::{MAX_EVENT, Position};
use crate::tlog::merkle::{self, Hash, leaf_hash};
use crate::tlog::note::BadNote;
use crate::tlog::{Checkpoint, PublicKey};

use super::{FORMAT, Header, Line, Trailer};

/// No line is longer: the largest event in base64, its path, and room.
const MOST: u64 = (MAX_EVENT as u64 / 3 + 1) * 4 + (64 << 10);

/// What a bundle proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The key it was signed with.
    pub key: PublicKey,
    /// The state of the log it is proved against.
    pub checkpoint: Checkpoint,
    /// An earlier state that was not changed since.
    pub since: Option<Checkpoint>,
    /// The position of the first event.
    pub from: Position,
    /// The position of the last event.
    pub until: Position,
}

/// A bundle that proves nothing, and the first place that says so.
#[derive(Debug)]
pub struct Unproven {
    /// The first bad position, if what is bad is an event.
    pub position: Option<Position>,
    /// Which line of the file, from 1.
    pub line: u64,
    /// What is wrong.
    pub what: String,
    /// The file could not be read.
    pub source: Option<io::Error>,
}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(position) = self.position {
            write!(f, "position {position}: ")?;
        }
        write!(f, "{} (line {})", self.what, self.line)
    }
}

impl std::error::Error for Unproven {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}

/// Checks a bundle from its first line to its last, and stops at the first that is bad.
///
/// With `key`, it must be signed with this one; without, the one in the bundle is believed.
pub fn verify(bundle: &mut dyn BufRead, key: Option<&PublicKey>) -> Result<Verified, Unproven> {
    let mut lines = Lines { bundle, line: 0, bytes: Vec::new(), position: None };
    let verified = header(&mut lines, key)?;
    for position in verified.from.0..=verified.until.0 {
        lines.position = Some(Position(position));
        event(&mut lines, &verified.checkpoint, position)?;
    }
    lines.position = None;
    let trailer: Trailer = lines.read("the last line")?;
    let events = verified.until.0 - verified.from.0 + 1;
    if trailer.events != events || !trailer.end {
        return Err(lines.bad(format!("it says {} events, and there are {events}", trailer.events)));
    }
    if lines.next()? {
        return Err(lines.bad("there is more after the last line"));
    }
    Ok(verified)
}

fn header(lines: &mut Lines<'_>, key: Option<&PublicKey>) -> Result<Verified, Unproven> {
    let Header { format, key: written, checkpoint: note, since, consistency, from, until } =
        lines.read("the first line")?;
    if format != FORMAT {
        return Err(lines.bad(format!("this is no bundle of the format {FORMAT}")));
    }
    let own: PublicKey =
        written.parse().map_err(|bad: BadNote| lines.bad(format!("the public key of the bundle: {bad}")))?;
    if let Some(key) = key.filter(|key| **key != own) {
        return Err(lines.bad(format!("it is signed with another key than the one given: {own}, not {key}")));
    }
    let open = |name: &str, note: &str| {
        Checkpoint::open(note, &own).map_err(|bad| lines.bad(format!("the {name}: {bad}")))
    };
    let checkpoint = open("checkpoint", &note)?;
    let since = since.map(|note| open("earlier checkpoint", &note)).transpose()?;
    let proof = hashes(&consistency).ok_or_else(|| lines.bad("the consistency proof cannot be read"))?;
    match &since {
        Some(old) => {
            let (old, new) = ((old.size, &old.root), (checkpoint.size, &checkpoint.root));
            if !merkle::extends(old, new, &proof) {
                return Err(lines.bad(format!(
                    "the checkpoint of {} events does not go on from that of {}: \
                     the log was changed between the two, or the proof was",
                    new.0, old.0
                )));
            }
        }
        None if !proof.is_empty() => {
            return Err(lines.bad("there is a consistency proof without an earlier checkpoint"));
        }
        None => {}
    }
    if from == 0 || from > until || until > checkpoint.size {
        return Err(lines.bad(format!(
            "it cannot hold the events from {from} to {until}: the checkpoint is over 1 to {}",
            checkpoint.size
        )));
    }
    Ok(Verified { key: own, checkpoint, since, from: Position(from), until: Position(until) })
}

fn event(lines: &mut Lines<'_>, checkpoint: &Checkpoint, position: u64) -> Result<(), Unproven> {
    let line: Line = lines.read("the event")?;
    if line.position != position {
        return Err(lines.bad(format!(
            "the event of position {} stands in its place: an event was removed, inserted or moved",
            line.position
        )));
    }
    let leaf = STANDARD.decode(&line.leaf).map_err(|_| lines.bad("the bytes of the event are not base64"))?;
    let path = hashes(&line.path).ok_or_else(|| lines.bad("its proof cannot be read"))?;
    let leaf = leaf_hash(&leaf);
    if !merkle::includes(&leaf, position - 1, checkpoint.size, &path, &checkpoint.root) {
        return Err(lines.bad("the event is not the one that was recorded there, or its proof was changed"));
    }
    // The origin is made of the first event.
    if position == 1 && crate::tlog::note::origin(&leaf) != checkpoint.origin {
        return Err(lines.bad("the first event is not the one the log is named after"));
    }
    Ok(())
}

fn hashes(texts: &[String]) -> Option<Vec<Hash>> {
    texts.iter().map(|text| STANDARD.decode(text).ok()?.try_into().ok()).collect()
}

/// The lines of a bundle, one in memory at a time.
struct Lines<'a> {
    bundle: &'a mut dyn BufRead,
    line: u64,
    bytes: Vec<u8>,
    position: Option<Position>,
}

impl Lines<'_> {
    /// Goes to the next line; `false` at the end of the file.
    fn next(&mut self) -> Result<bool, Unproven> {
        self.line += 1;
        self.bytes.clear();
        let read = (&mut *self.bundle).take(MOST).read_until(b'\n', &mut self.bytes);
        if let Err(error) = read {
            return Err(Unproven { source: Some(error), ..self.bad("it cannot be read") });
        }
        Ok(!self.bytes.is_empty())
    }

    /// Reads the next line, which must be there and whole.
    fn read<T: DeserializeOwned>(&mut self, what: &str) -> Result<T, Unproven> {
        if !self.next()? {
            return Err(self.bad(format!("{what} is missing: the file was cut")));
        }
        if self.bytes.last() != Some(&b'\n') {
            let why = if self.bytes.len() as u64 == MOST { "too long" } else { "cut" };
            return Err(self.bad(format!("{what} is {why}")));
        }
        serde_json::from_slice(&self.bytes).map_err(|error| {
            let why = if error.is_data() { "not what is expected here" } else { "not readable" };
            self.bad(format!("{what} is {why}: an event was removed or inserted, or the line was changed"))
        })
    }

    fn bad(&self, what: impl Into<String>) -> Unproven {
        Unproven { position: self.position, line: self.line, what: what.into(), source: None }
    }
}
