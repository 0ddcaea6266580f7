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
//! | 40 | 8 each | lengths of the seven parts: people, rule graph, mailboxes, erasures, contents, favourites, names |
//! | 96 | 4 each | CRC-32C of each part |
//! | 124 | 4 | CRC-32C of everything before |
//! | 128 | | the parts, one after the other |
//!
//! Invariants: nothing personal stands in it in clear ([`names`]): ids, numbers, times, public labels, and sealed
//! texts as they stand in the log. It can be deleted at any moment. One that is damaged, of another log or of another
//! program is not used; what it would have saved is read from the log.

pub(crate) mod bytes;
mod folder;
pub(crate) mod names;
#[cfg(test)]
pub(crate) mod tests;
mod values;

use domain::EventId;
use eventlog::Position;
use eventlog::vault::{Vault, VaultError};

use self::bytes::Stored;
use self::names::Names;
use crate::contents::Contents;
use crate::erasures::Erasures;
use crate::favourites::Favourites;
use crate::graph::Graph;
use crate::mailboxes::Mailboxes;
use crate::people::People;
use crate::search::Search;
use crate::world::World;

pub use folder::{Folder, Unwritten};

const MAGIC: &[u8; 8] = b"PREAUSN1";
const HEADER: usize = 128;
const PARTS: usize = 7;

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
    world.favourites.put(&mut bytes);
    ends[5] = bytes.len();
    names::put(&world.people, vault, world.position.0, &mut bytes)?;
    ends[6] = bytes.len();
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

/// Returns the world of a snapshot, names open.
pub(crate) fn read(bytes: &[u8], vault: &Vault) -> Result<World, Unusable> {
    let (head, body) = bytes.split_first_chunk::<HEADER>().ok_or(Unusable::Unreadable)?;
    let header = Header::decode(head).ok_or(Unusable::Unreadable)?;
    let parts = header.parts(body).ok_or(Unusable::Unreadable)?;
    let [people, graph, mailboxes, erasures, contents, favourites, names] = parts;
    let position = header.position;
    // Two cores: one opens the names and builds the search from them, one reads the rest.
    let (named, rest) = std::thread::scope(|scope| {
        let named = scope.spawn(|| named(names, vault, position));
        let rest = (
            whole::<People>(people),
            whole::<Graph>(graph),
            whole::<Mailboxes>(mailboxes),
            whole::<Erasures>(erasures),
            whole::<Contents>(contents),
            whole::<Favourites>(favourites),
        );
        (named.join(), rest)
    });
    let (names, search) = named.map_err(|_| Unusable::Unreadable)??;
    let (Some(mut people), Some(graph), Some(mailboxes), Some(erasures), Some(contents), Some(favourites)) =
        rest
    else {
        return Err(Unusable::Unreadable);
    };
    people.name(names).ok_or(Unusable::Unreadable)?;
    Ok(World { position, people, search, graph, mailboxes, erasures, contents, favourites, changes: None })
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

    /// Returns the parts, if all of them are as they were written.
    fn parts<'a>(&self, mut body: &'a [u8]) -> Option<[&'a [u8]; PARTS]> {
        let mut parts = [&[][..]; PARTS];
        for (part, (length, checksum)) in parts.iter_mut().zip(self.lengths.into_iter().zip(self.checksums)) {
            *part = bytes::take(&mut body, length)?;
            if crc32c::crc32c(part) != checksum {
                return None;
            }
        }
        body.is_empty().then_some(parts)
    }
}

fn fingerprint() -> u64 {
    u64::from_str_radix(FINGERPRINT, 16).unwrap_or_default()
}
