//! The key ring: every key of the platform, in a folder of its own, made so that a key can be destroyed.
//!
//! | File | |
//! |---|---|
//! | `master.key` | the master key, unless a file elsewhere was named; bytes in `keys/master.rs` |
//! | `epoch.<n>` | the epoch key, wrapped by the master key; bytes in `keys/epoch.rs` |
//! | `ring.<n>` | the base: all keys at a moment, under the epoch key; bytes in `keys/base.rs` |
//! | `journal.<n>` | the keys made since, under the epoch key; bytes in `keys/journal.rs` |
//! | `committed` | how long the journal is at least; bytes in `keys/mark.rs` |
//! | | a record in both: `keys/entry.rs`; nonces: `keys/cipher.rs` |
//! | `*.tmp` | a file that was never finished; removed at open |
//!
//! The largest n with a `ring.<n>` is in force. [`Ring::compact`] writes `epoch`, `journal` and `ring` of n + 1,
//! in this order and the last by renaming, then overwrites and unlinks `epoch.<n>` and unlinks the other two.
//! Cut short anywhere, one of the two numbers is whole; the other goes at the next open.
//! What is not in memory at that moment is then gone: nothing else holds the old epoch key.
//!
//! Invariants: a key is on disk before the first event that needs it ([`Ring::before_commit`]).
//! No file holds a key of the ring in clear. Nothing on disk changes until everything in force was read.
//! A destroyed key is not made again: its entry goes on with the next generation, or never.
//! One process opens a ring at a time; the lock of the data directory sees to that.
//!
//! The secrets of the platform ([`Secret`]) are never rotated: logins name streams by their digest, and who holds
//! a checkpoint of the log checks the next one with the same key. One that a ring does not have yet is made at open.

mod base;
pub(crate) mod cipher;
mod destroy;
mod entry;
mod epoch;
mod error;
mod files;
#[cfg(fuzzing)]
pub mod fuzzing;
mod journal;
mod mark;
mod master;
mod memory;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use self::cipher::Cipher;
pub use self::entry::{Class, Entry, Key, Secret};
pub use self::error::KeyError;
use self::files::Found;
use self::journal::Journal;
use self::mark::{Mark, Marked, Witness};
use self::master::Master;
use self::memory::Memory;

/// A journal longer than this is made into a new base.
const JOURNAL_LIMIT: u64 = 64 << 20;

/// All keys of the platform.
pub struct Ring {
    memory: RwLock<Memory>,
    /// How many keys are not on disk yet. Raised before such a key is seen, lowered after the sync.
    unsaved: AtomicUsize,
    /// An error left it open what is on disk.
    stopped: AtomicBool,
    /// `None`: in memory only.
    disk: Option<Mutex<Disk>>,
    login: Hmac<Sha256>,
    code: Hmac<Sha256>,
    variables: Hmac<Sha256>,
}

/// What was found when a ring was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RingReport {
    /// There was no ring: it was made. With events in the log, that is a loss of all keys.
    pub made: bool,
    /// A master key was made beside the ring: whoever copies the folder has both. Warn.
    pub made_master: bool,
    /// The torn end of the journal that was cut, if there was one.
    pub cut: Option<String>,
    /// What was lost or damaged and could be made again without loss, as a sentence that names the file.
    pub restored: Option<String>,
    /// The generation of the ring: the n of its files.
    pub generation: u64,
    /// How many keys there are.
    pub keys: usize,
}

/// What was found damaged when a ring was opened, and repaired without loss.
#[derive(Default)]
struct Repaired {
    cut: Option<String>,
    restored: Option<String>,
}

struct Disk {
    directory: PathBuf,
    master: Master,
    number: u64,
    cipher: Cipher,
    journal: Journal,
    mark: Mark,
    limit: u64,
}

impl Ring {
    /// Opens the ring in `directory`, or makes it if there was never one.
    ///
    /// The master key is read from `master`; without it, from `master.key` in the directory, made at first start.
    pub fn open(directory: &Path, master: Option<&Path>) -> Result<(Self, RingReport), KeyError> {
        let current = Self::current(directory)?;
        let path = master.map_or_else(|| Master::beside(directory), Path::to_owned);
        if let (None, Some(number)) = (master, current) {
            Master::settle(directory, number)?;
        }
        let found = Master::read(path.clone())?;
        if found.is_none() && (master.is_some() || current.is_some()) {
            return Err(KeyError::MasterMissing(path));
        }
        if current.is_none() {
            files::make_directory(directory)?;
        }
        let made_master = found.is_none();
        let key = found.map_or_else(|| Master::make(path), Ok)?;
        let mut memory = Memory::default();
        let (disk, Repaired { cut, restored }) = match current {
            Some(number) => Disk::open(directory, number, key, &mut memory)?,
            None => (Disk::make(directory, 1, key, &memory)?, Repaired::default()),
        };
        let generation = disk.number;
        Found::look(directory)?.tidy(directory, disk.number)?;
        let keys = memory.len();
        let ring = Self::with(memory, Some(disk))?;
        ring.save()?;
        let made = current.is_none();
        let keys = if made { ring.len() } else { keys };
        let report = RingReport { made, made_master, cut, restored, generation, keys };
        Ok((ring, report))
    }

    /// Returns whether there is a ring in `directory`; if not, [`open`](Self::open) would make one.
    pub fn exists(directory: &Path) -> Result<bool, KeyError> {
        Self::current(directory).map(|current| current.is_some())
    }

    /// Returns the number of the ring in force. `None`: there was never one here.
    fn current(directory: &Path) -> Result<Option<u64>, KeyError> {
        let current = Found::look(directory)?.current(directory)?;
        if current.is_none() {
            mark::never_was(&Mark::read(directory)?, directory)?;
        }
        Ok(current)
    }

    /// Returns a ring that is nowhere on disk, for tests and for the log in memory.
    pub fn ephemeral() -> Result<Self, KeyError> {
        Self::with(Memory::default(), None)
    }

    fn with(mut memory: Memory, disk: Option<Disk>) -> Result<Self, KeyError> {
        let mut secret = |secret| {
            let entry = Entry::Secret(secret);
            let key = match memory.get(entry, 0) {
                Some(key) => key.clone(),
                None => memory.make(entry)?.1,
            };
            // HMAC fills a key up to its block of 64 bytes with zeros.
            let mut block = zeroize::Zeroizing::new([0; 64]);
            block[..32].copy_from_slice(key.bytes());
            Ok::<_, KeyError>(Hmac::new((&*block).into()))
        };
        let (login, code, variables) =
            (secret(Secret::Login)?, secret(Secret::Code)?, secret(Secret::Variables)?);
        // Rings made before checkpoints were signed gain it here.
        secret(Secret::Checkpoint)?;
        if disk.is_none() {
            memory.unsaved.clear();
        }
        Ok(Self {
            unsaved: AtomicUsize::new(memory.unsaved.len()),
            memory: RwLock::new(memory),
            stopped: AtomicBool::new(false),
            disk: disk.map(Mutex::new),
            login,
            code,
            variables,
        })
    }

    /// Returns how many keys there are.
    pub fn len(&self) -> usize {
        self.read(Memory::len)
    }

    /// Returns whether there is no key. There is always one.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the key of that generation. `None`: it was destroyed, or never made.
    pub fn key(&self, entry: Entry, generation: u32) -> Option<Key> {
        self.read(|memory| memory.get(entry, generation).cloned())
    }

    /// Returns the key in use and its generation, if there is one.
    pub fn in_use(&self, entry: Entry) -> Option<(u32, Key)> {
        self.read(|memory| memory.in_use(entry))
    }

    /// Returns the months of a class that have a key, yyyymm, the oldest first. Looks at every key: not for a request.
    pub fn months(&self, class: Class) -> Vec<u32> {
        self.read(|memory| memory.months(class))
    }

    /// Returns whether the key of that generation was destroyed. If not, and it is not there, it is lost.
    pub fn was_destroyed(&self, entry: Entry, generation: u32) -> bool {
        self.read(|memory| generation < memory.generation(entry))
    }

    /// Returns the key in use and its generation; makes one if there is none.
    ///
    /// It is on disk after the next [`before_commit`](Self::before_commit).
    pub fn get_or_create(&self, entry: Entry) -> Result<(u32, Key), KeyError> {
        if let Some(found) = self.in_use(entry) {
            return Ok(found);
        }
        self.write(|memory| {
            if let Some(found) = memory.in_use(entry) {
                return Ok(found);
            }
            let made = memory.make(entry)?;
            if self.disk.is_some() {
                self.unsaved.fetch_add(1, Ordering::Release);
            } else {
                memory.unsaved.clear();
            }
            Ok(made)
        })
    }

    /// Puts the keys made since the last call on disk. Costs nothing if there are none.
    ///
    /// The writer of the log calls it before each commit. After an error the ring takes nothing more.
    pub fn before_commit(&self) -> io::Result<()> {
        self.save().map_err(io::Error::other)
    }

    /// Writes all keys into a new base under a new epoch key, and destroys the old epoch key.
    ///
    /// Whatever was taken out of memory before is gone from the disk after.
    pub fn compact(&self) -> Result<(), KeyError> {
        self.on_disk(|disk| self.rewrite(disk))
    }

    /// Returns the digest that stands for a login; `normalised` is the login as it is compared.
    pub fn login_digest(&self, normalised: &str) -> String {
        hex(&digest(&self.login, normalised.as_bytes()))
    }

    /// Returns the digest that stands for an activation code.
    pub fn code_digest(&self, code: &str) -> String {
        hex(&digest(&self.code, code.as_bytes()))
    }

    /// Returns the keyed hash of a command's variables, 128 bits.
    pub fn variables_hash(&self, variables: &[u8]) -> String {
        hex(&digest(&self.variables, variables)[..16])
    }

    fn save(&self) -> Result<(), KeyError> {
        if self.unsaved.load(Ordering::Acquire) == 0 && !self.stopped.load(Ordering::Acquire) {
            return Ok(());
        }
        self.on_disk(|disk| {
            let new = self.write(|memory| std::mem::take(&mut memory.unsaved));
            for part in new.chunks(journal::MOST) {
                disk.journal.append(&disk.cipher, part)?;
            }
            disk.mark.set(disk.marked())?;
            self.unsaved.fetch_sub(new.len(), Ordering::Release);
            if disk.journal.end > disk.limit { self.rewrite(disk) } else { Ok(()) }
        })
    }

    fn rewrite(&self, disk: &mut Disk) -> Result<(), KeyError> {
        // They are in memory, so in the base. One made meanwhile is in both, which does no harm.
        let new = self.write(|memory| std::mem::take(&mut memory.unsaved));
        self.read(|memory| disk.rewrite(memory))?;
        self.unsaved.fetch_sub(new.len(), Ordering::Release);
        Ok(())
    }

    /// Does something with the disk; an error stops the ring for good.
    fn on_disk(&self, act: impl FnOnce(&mut Disk) -> Result<(), KeyError>) -> Result<(), KeyError> {
        let Some(disk) = &self.disk else { return Ok(()) };
        let mut disk: MutexGuard<'_, Disk> = disk.lock().unwrap_or_else(PoisonError::into_inner);
        if self.stopped.load(Ordering::Acquire) {
            return Err(KeyError::Stopped);
        }
        let done = act(&mut disk);
        if done.is_err() {
            self.stopped.store(true, Ordering::Release);
        }
        done
    }

    fn read<T>(&self, look: impl FnOnce(&Memory) -> T) -> T {
        look(&self.memory.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut Memory) -> T) -> T {
        change(&mut self.memory.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Disk {
    /// Reads the ring in force; then, and only then, cuts a torn journal.
    fn open(
        directory: &Path,
        number: u64,
        master: Master,
        memory: &mut Memory,
    ) -> Result<(Self, Repaired), KeyError> {
        let witness = Mark::read(directory)?;
        let cipher = epoch::open(directory, number, &master)?;
        base::read(directory, number, &cipher, memory)?;
        let (journal, torn) = Journal::read(directory, number, &cipher, memory)?;
        let marked = Marked { number, end: journal.end };
        let restored = mark::check(directory, &witness, marked)?;
        let cut = torn.map(|torn| {
            format!(
                "journal.{number}: {} bytes of an unfinished write cut at byte {}",
                torn.bytes, torn.offset
            )
        });
        if cut.is_some() {
            journal.cut()?;
        }
        let mark = Mark::open(directory)?;
        if !matches!(&witness, Witness::Whole(found) if *found == marked) {
            mark.write(marked)?;
            files::sync_directory(directory)?;
        }
        let directory = directory.to_owned();
        let disk = Self { directory, master, number, cipher, journal, mark, limit: JOURNAL_LIMIT };
        Ok((disk, Repaired { cut, restored }))
    }

    /// Writes a ring of this number. It is in force when this returns, and not before its base has its name.
    fn make(directory: &Path, number: u64, master: Master, memory: &Memory) -> Result<Self, KeyError> {
        let cipher = epoch::make(directory, number, &master)?;
        let journal = Journal::make(directory, number)?;
        let (mark, marked) = (Mark::open(directory)?, Marked { number, end: journal.end });
        // Later, a mark of a ring that is not in force yet would say that it is lost.
        if number == 1 {
            mark.write(marked)?;
        }
        files::sync_directory(directory)?;
        base::write(directory, number, &cipher, memory)?;
        files::sync_directory(directory)?;
        mark.set(marked)?;
        let directory = directory.to_owned();
        Ok(Self { directory, master, number, cipher, journal, mark, limit: JOURNAL_LIMIT })
    }

    fn marked(&self) -> Marked {
        Marked { number: self.number, end: self.journal.end }
    }

    /// Goes over to the next number, under the same master key, and destroys this one.
    fn rewrite(&mut self, memory: &Memory) -> Result<(), KeyError> {
        let master = Master { file: self.master.file.clone(), key: self.master.key.clone() };
        self.rewrite_under(master, memory)
    }

    /// Goes over to the next number and destroys this one.
    fn rewrite_under(&mut self, master: Master, memory: &Memory) -> Result<(), KeyError> {
        let mut next = Self::make(&self.directory, self.number + 1, master, memory)?;
        next.limit = self.limit;
        let old = std::mem::replace(self, next);
        files::destroy(&files::numbered(&old.directory, "epoch", old.number))?;
        files::remove(&files::numbered(&old.directory, "ring", old.number))?;
        files::remove(&files::numbered(&old.directory, "journal", old.number))?;
        files::sync_directory(&old.directory)
    }
}

fn digest(key: &Hmac<Sha256>, bytes: &[u8]) -> [u8; 32] {
    key.clone().chain_update(bytes).finalize().into_bytes().into()
}

/// Returns the lower-case hexadecimal text of `bytes`.
fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

impl crate::sled_log::BeforeCommit for Ring {
    fn before_commit(&self) -> io::Result<()> {
        Ring::before_commit(self)
    }
}
