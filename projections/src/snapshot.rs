//! Snapshots: a world at a position, in a file, so that a start and a past world need not read the whole log.
//!
//! `models/<position>`: all numbers little-endian.
//!
//! | at | bytes | what |
//! |---|---|---|
//! | 0 | 8 | `PREAUSN1` |
//! | 8 | 8 | fingerprint of the program that wrote it ([`FINGERPRINT`]) |
//! | 16 | 8 | the position |
//! | 24 | 16 | the id of the event at the position |
//! | 40 | 8 each | lengths of the eleven parts: people, rules, mailboxes, erasures, contents, requests, favourites, feeds, resources, calendars, names |
//! | 128 | 4 each | CRC-32C of each part |
//! | 172 | 4 | CRC-32C of everything before |
//! | 176 | | the parts, one after the other |
//!
//! Invariants: nothing personal stands in it in clear ([`names`]): ids, numbers, times, public labels, and sealed
//! texts as they stand in the log. It can be deleted at any moment. One that is damaged, of another log or of another
//! program is not used; what it would have saved is read from the log.

pub(crate) mod bytes;
mod folder;
pub(crate) mod names;
mod notices;
mod requests;
mod resources;
#[cfg(test)]
pub(crate) mod tests;
mod timetables;
mod values;

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;

use domain::EventId;
use eventlog::Position;
use eventlog::vault::{Vault, VaultError};

use self::bytes::Stored;
use self::names::Names;
use crate::calendars::Calendars;
use crate::contents::Contents;
use crate::erasures::Erasures;
use crate::favourites::Favourites;
use crate::feeds::Feeds;
use crate::graph::Graph;
use crate::mailboxes::Mailboxes;
use crate::people::People;
use crate::resources::Resources;
use crate::rule_requests::RuleRequests;
use crate::search::Search;
use crate::world::World;

pub use folder::{Folder, Unwritten};

const MAGIC: &[u8; 8] = b"PREAUSN1";
const HEADER: usize = 176;
const PARTS: usize = 11;

/// A hash of the sources of `domain`, `migrations` and this crate, as hexadecimal digits: who folds otherwise must not
/// go on from what this program folded.
pub const FINGERPRINT: &str = env!("PREAU_MODELS");

/// The first bytes of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Header {
    position: Position,
    event: EventId,
    lengths: [usize; PARTS],
    checksums: [u32; PARTS],
}

/// Why a snapshot is not used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    /// It is not what was written, or another program wrote it.
    #[error("it is damaged, or another version wrote it")]
    Unreadable,
    /// A name in it cannot be opened.
    #[error("a name in it cannot be opened")]
    Sealed(#[from] VaultError),
}

/// Returns the bytes of a snapshot of `world`, whose last event is `event`.
pub(crate) fn write(world: &World, event: EventId, vault: &Vault) -> Result<Vec<u8>, VaultError> {
    let mut bytes = vec![0; HEADER];
    let mut ends = [0; PARTS];
    world.people.put(&mut bytes);
    ends[0] = bytes.len();
    world.graph.put(&mut bytes);
    ends[1] = bytes.len();
    world.mailboxes.put(&mut bytes);
    ends[2] = bytes.len();
    world.erasures.put(&mut bytes);
    ends[3] = bytes.len();
    world.contents.put(&mut bytes);
    ends[4] = bytes.len();
    world.rule_requests.put(&mut bytes);
    ends[5] = bytes.len();
    world.favourites.put(&mut bytes);
    ends[6] = bytes.len();
    world.feeds.put(&mut bytes);
    ends[7] = bytes.len();
    world.resources.put(&mut bytes);
    ends[8] = bytes.len();
    world.calendars.put(&mut bytes);
    ends[9] = bytes.len();
    names::put(&world.people, vault, world.position.0, &mut bytes)?;
    ends[10] = bytes.len();
    let (mut lengths, mut checksums, mut begin) = ([0; PARTS], [0; PARTS], HEADER);
    for (part, end) in ends.into_iter().enumerate() {
        lengths[part] = end - begin;
        checksums[part] = crc32c::crc32c(&bytes[begin..end]);
        begin = end;
    }
    let header = Header { position: world.position, event, lengths, checksums }.encode();
    bytes[..HEADER].copy_from_slice(&header);
    Ok(bytes)
}

/// The bytes of a snapshot that are as they were written.
#[derive(Debug)]
struct Sound {
    header: Header,
    bytes: Vec<u8>,
}

impl Sound {
    /// Returns the bytes, if they are as they were written, by this program.
    fn of(bytes: Vec<u8>) -> Option<Self> {
        let (head, body) = bytes.split_first_chunk::<HEADER>()?;
        let header = Header::decode(head)?;
        let sound =
            header.parts(body)?.iter().zip(header.checksums).all(|(part, sum)| crc32c::crc32c(part) == sum);
        sound.then_some(Self { header, bytes })
    }

    fn parts(&self) -> Option<[&[u8]; PARTS]> {
        self.header.parts(self.bytes.get(HEADER..)?)
    }

    /// Returns whether it is the world that the event made at the position.
    fn is_of(&self, position: Position, event: Option<EventId>) -> bool {
        self.header.position == position && Some(self.header.event) == event
    }
}

/// A snapshot while it is read, in a thread of its own: all but the names, for which there must be keys.
#[derive(Debug)]
pub(crate) struct Reading {
    sound: Receiver<Arc<Sound>>,
    rest: JoinHandle<Option<Rest>>,
}

/// What a snapshot holds but for names.
#[derive(Debug)]
struct Rest {
    people: People,
    graph: Graph,
    mailboxes: Mailboxes,
    erasures: Erasures,
    contents: Contents,
    rule_requests: RuleRequests,
    favourites: Favourites,
    feeds: Feeds,
    resources: Resources,
    calendars: Calendars,
}

impl Reading {
    /// Begins to read the bytes that `bytes` returns.
    pub(crate) fn begin(bytes: impl FnOnce() -> Option<Vec<u8>> + Send + 'static) -> Self {
        let (found, sound) = std::sync::mpsc::sync_channel(1);
        let rest = std::thread::spawn(move || {
            let sound = Arc::new(bytes().and_then(Sound::of)?);
            // Who no longer waits for it needs the rest neither.
            found.send(Arc::clone(&sound)).ok()?;
            drop(found);
            Rest::of(&sound)
        });
        Self { sound, rest }
    }

    /// Returns the world, if it is the one that the event made at the position. Two cores: here the names are opened and
    /// the search is built from them, while the thread reads the rest.
    pub(crate) fn finish(
        self,
        position: Position,
        event: Option<EventId>,
        vault: &Vault,
    ) -> Result<World, Unusable> {
        let sound = self.sound.recv().map_err(|_| Unusable::Unreadable)?;
        let parts = sound.parts().filter(|_| sound.is_of(position, event)).ok_or(Unusable::Unreadable)?;
        let [.., names] = parts;
        let named = named(names, vault, position);
        let rest = self.rest.join().ok().flatten().ok_or(Unusable::Unreadable);
        let ((names, search), rest) = (named?, rest?);
        let Rest {
            mut people,
            graph,
            mailboxes,
            erasures,
            contents,
            rule_requests,
            favourites,
            feeds,
            resources,
            calendars,
        } = rest;
        people.name(names).ok_or(Unusable::Unreadable)?;
        Ok(World {
            position,
            people,
            search,
            graph,
            mailboxes,
            erasures,
            contents,
            rule_requests,
            favourites,
            feeds,
            resources,
            calendars,
            changes: None,
        })
    }
}

impl Rest {
    fn of(sound: &Sound) -> Option<Self> {
        let [
            people,
            graph,
            mailboxes,
            erasures,
            contents,
            rule_requests,
            favourites,
            feeds,
            resources,
            calendars,
            _,
        ] = sound.parts()?;
        Some(Self {
            people: whole(people)?,
            graph: whole(graph)?,
            mailboxes: whole(mailboxes)?,
            erasures: whole(erasures)?,
            contents: whole(contents)?,
            rule_requests: whole(rule_requests)?,
            favourites: whole(favourites)?,
            feeds: whole(feeds)?,
            resources: whole(resources)?,
            calendars: whole(calendars)?,
        })
    }
}

fn named(bytes: &[u8], vault: &Vault, position: Position) -> Result<(Names, Search), Unusable> {
    let names = names::open(bytes, vault, position.0)
        .map_err(|error| error.map_or(Unusable::Unreadable, Unusable::Sealed))?;
    let mut search = Search::default();
    for (number, named) in &names.people {
        search.name(*number, named.identity.as_ref());
    }
    Ok((names, search))
}

fn whole<T: Stored>(mut bytes: &[u8]) -> Option<T> {
    T::get(&mut bytes).filter(|_| bytes.is_empty())
}

impl Header {
    fn encode(self) -> [u8; HEADER] {
        let mut bytes = Vec::with_capacity(HEADER);
        bytes.extend_from_slice(MAGIC);
        fingerprint().put(&mut bytes);
        self.position.put(&mut bytes);
        self.event.put(&mut bytes);
        for length in self.lengths {
            (length as u64).put(&mut bytes);
        }
        for checksum in self.checksums {
            checksum.put(&mut bytes);
        }
        let checksum = crc32c::crc32c(&bytes);
        checksum.put(&mut bytes);
        let mut header = [0; HEADER];
        header.copy_from_slice(&bytes);
        header
    }

    fn decode(bytes: &[u8; HEADER]) -> Option<Self> {
        let (mut body, checksum) = bytes.split_last_chunk::<4>()?;
        let sound = crc32c::crc32c(body) == u32::from_le_bytes(*checksum);
        let known = bytes::take(&mut body, MAGIC.len())? == MAGIC && u64::get(&mut body)? == fingerprint();
        if !sound || !known {
            return None;
        }
        let (position, event) = (Stored::get(&mut body)?, Stored::get(&mut body)?);
        let (mut lengths, mut checksums) = ([0; PARTS], [0; PARTS]);
        for length in &mut lengths {
            *length = usize::try_from(u64::get(&mut body)?).ok()?;
        }
        for checksum in &mut checksums {
            *checksum = u32::get(&mut body)?;
        }
        Some(Self { position, event, lengths, checksums })
    }

    /// Returns the parts, if they are as long as they say together.
    fn parts<'a>(&self, mut body: &'a [u8]) -> Option<[&'a [u8]; PARTS]> {
        let mut parts = [&[][..]; PARTS];
        for (part, length) in parts.iter_mut().zip(self.lengths) {
            *part = bytes::take(&mut body, length)?;
        }
        body.is_empty().then_some(parts)
    }
}

fn fingerprint() -> u64 {
    u64::from_str_radix(FINGERPRINT, 16).unwrap_or_default()
}
