//! Keys that end: of subjects, of months, of one message; and the change of the keys that wrap the others.
//!
//! Invariant: when one of these returns, no file of the ring and no memory of it has what was destroyed, and the epoch
//! key that the old files stood under is overwritten. Cut short, it has happened or not: done again, it has.

use std::path::Path;

use domain::{MessageId, PersonId};

use super::entry::Record;
use super::error::KeyError;
use super::master::Master;
use super::memory::Memory;
use super::{Disk, Entry, Ring};
use crate::vault::message_key;

impl Ring {
    /// Destroys all keys of these entries, in one rewriting. What has no key is left alone: again is once.
    pub fn destroy(&self, entries: &[Entry]) -> Result<(), KeyError> {
        if let Some(secret) = entries.iter().find(|entry| matches!(entry, Entry::Secret(_))) {
            return Err(KeyError::Destroyed(*secret));
        }
        let some = self.write(|memory| {
            // A month can end before anything was sealed in it.
            let ends = |entry: Entry| matches!(entry, Entry::Month { .. }) && memory.generation(entry) == 0;
            let known = entries.iter().filter(|entry| memory.in_use(**entry).is_some() || ends(**entry));
            let known: Vec<_> = known.collect();
            for entry in &known {
                let generation = memory.generation(**entry) + 1;
                memory.apply(Record { entry: **entry, generation, key: None });
            }
            let singles = entries.iter().map(|entry| match entry {
                Entry::Writing(person) => memory.forget_singles(*person, |_| true),
                _ => false,
            });
            // Every entry is looked at, so that no `any` stops at the first.
            let singles = singles.fold(false, |some, one| some | one);
            !known.is_empty() || singles
        });
        if some { self.compact() } else { Ok(()) }
    }

    /// Destroys the key of one message of `author`. `stay` are all other messages they wrote, drafts included.
    ///
    /// The author's `Writing` key is replaced by the keys of the messages that stay, derived from it; what they write
    /// next has a new one.
    pub fn destroy_message(
        &self,
        author: PersonId,
        message: MessageId,
        stay: impl IntoIterator<Item = MessageId>,
    ) -> Result<(), KeyError> {
        let some = self.write(|memory| {
            let single = memory.forget_singles(author, |other| other == message);
            let Some((generation, key)) = memory.in_use(Entry::Writing(author)) else { return single };
            for other in stay.into_iter().filter(|other| *other != message) {
                if let Ok(key) = message_key(&key, other) {
                    let entry = Entry::WritingMessage(author, other);
                    memory.apply(Record { entry, generation, key: Some(key) });
                }
            }
            let entry = Entry::Writing(author);
            memory.apply(Record { entry, generation: generation + 1, key: None });
            true
        });
        if some { self.compact() } else { Ok(()) }
    }

    /// Wraps the ring with another master key: that of `file`, or without one a new key beside the ring, if the one
    /// in force lies there. The old one opens nothing any more.
    pub fn change_master(&self, file: Option<&Path>) -> Result<(), KeyError> {
        let named = match file {
            Some(file) => {
                let master = Master::read(file.to_owned())?;
                Some(master.ok_or_else(|| KeyError::MasterMissing(file.to_owned()))?)
            }
            None => None,
        };
        self.on_disk(|disk| {
            if let Some(master) = named {
                return self.rewrite_under(disk, master);
            }
            let beside = Master::beside(&disk.directory);
            if disk.master.file != beside {
                return Err(KeyError::MasterElsewhere(disk.master.file.clone()));
            }
            let next = Master::make(Master::next(&disk.directory))?;
            let master = Master { file: beside.clone(), key: next.key.clone() };
            self.rewrite_under(disk, master)?;
            next.replaces(&beside)
        })
    }

    fn rewrite_under(&self, disk: &mut Disk, master: Master) -> Result<(), KeyError> {
        let new = self.write(|memory| std::mem::take(&mut memory.unsaved));
        self.read(|memory| disk.rewrite_under(master, memory))?;
        self.unsaved.fetch_sub(new.len(), std::sync::atomic::Ordering::Release);
        Ok(())
    }
}

impl Memory {
    /// Forgets the keys of single messages of `author` that `gone` names. Returns whether there were any.
    fn forget_singles(&mut self, author: PersonId, gone: impl Fn(MessageId) -> bool) -> bool {
        let before = self.single.len();
        self.single.retain(|(person, _, message), _| *person != author || !gone(*message));
        self.single.len() < before
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use domain::{PersonId, StructureId};
    use tempfile::TempDir;

    use super::super::{Class, Key, Secret};
    use super::*;

    fn person(number: u128) -> PersonId {
        PersonId::from_u128(number)
    }

    fn message(number: u128) -> MessageId {
        MessageId::from_u128(number)
    }

    fn open(folder: &TempDir) -> Ring {
        Ring::open(&folder.path().join("keys"), None).unwrap().0
    }

    /// Says whether any file below the folder holds these bytes.
    fn anywhere(folder: &TempDir, bytes: &[u8]) -> bool {
        let files = fs::read_dir(folder.path().join("keys")).unwrap().map(|entry| entry.unwrap().path());
        files
            .into_iter()
            .any(|file| fs::read(file).unwrap().windows(bytes.len()).any(|window| window == bytes))
    }

    #[test]
    fn destroyed_keys_are_gone_after_opening_again_and_the_others_stay() {
        let folder = TempDir::new().unwrap();
        let ring = open(&folder);
        let gone = [
            Entry::Identity(person(1)),
            Entry::Writing(person(1)),
            Entry::Month { class: Class::Message, month: 202_601 },
        ];
        let stay = [Entry::Identity(person(2)), Entry::Structure(StructureId::from_u128(3))];
        for entry in gone.iter().chain(&stay) {
            ring.get_or_create(*entry).unwrap();
        }
        ring.before_commit().unwrap();
        let wrapped = fs::read(folder.path().join("keys/epoch.1")).unwrap()[28..76].to_vec();
        assert!(anywhere(&folder, &wrapped));
        ring.destroy(&gone).unwrap();
        assert!(!anywhere(&folder, &wrapped), "the wrapped epoch key of before is still there");
        let check = |ring: &Ring| {
            for entry in gone {
                assert!(ring.key(entry, 0).is_none() && ring.was_destroyed(entry, 0), "{entry:?}");
            }
            for entry in stay {
                assert!(ring.key(entry, 0).is_some() && !ring.was_destroyed(entry, 0), "{entry:?}");
            }
        };
        check(&ring);
        drop(ring);
        let ring = open(&folder);
        check(&ring);
        // Again is once: nothing is rewritten for keys that are gone.
        let before = fs::read_dir(folder.path().join("keys")).unwrap().count();
        ring.destroy(&gone).unwrap();
        assert_eq!(fs::read_dir(folder.path().join("keys")).unwrap().count(), before);
        assert!(folder.path().join("keys/ring.2").exists());
    }

    #[test]
    fn the_months_of_a_class_are_those_that_have_a_key() {
        let folder = TempDir::new().unwrap();
        let ring = open(&folder);
        let month = |class, month| Entry::Month { class, month };
        for entry in [
            month(Class::Connection, 202_601),
            month(Class::Connection, 202_512),
            month(Class::Message, 202_512),
            Entry::Identity(person(1)),
        ] {
            ring.get_or_create(entry).unwrap();
        }
        assert_eq!(ring.months(Class::Connection), [202_512, 202_601]);
        ring.destroy(&[month(Class::Connection, 202_512)]).unwrap();
        drop(ring);
        let ring = open(&folder);
        assert_eq!(ring.months(Class::Connection), [202_601]);
        assert_eq!(ring.months(Class::Message), [202_512]);
        assert!(ring.months(Class::Import).is_empty());
    }

    #[test]
    fn a_secret_is_never_destroyed() {
        let ring = Ring::ephemeral().unwrap();
        assert!(ring.destroy(&[Entry::Secret(Secret::Login)]).is_err());
        assert!(ring.key(Entry::Secret(Secret::Login), 0).is_some());
    }

    #[test]
    fn one_message_goes_and_the_others_keep_their_keys() {
        let folder = TempDir::new().unwrap();
        let ring = open(&folder);
        let entry = Entry::Writing(person(1));
        let (_, key) = ring.get_or_create(entry).unwrap();
        let derived: Vec<Key> = (0..3).map(|number| message_key(&key, message(number)).unwrap()).collect();
        ring.destroy_message(person(1), message(1), (0..3).map(message)).unwrap();
        drop(ring);
        let ring = open(&folder);
        let single = |ring: &Ring, number| ring.key(Entry::WritingMessage(person(1), message(number)), 0);
        assert_eq!(
            [0, 1, 2].map(|number| single(&ring, number)),
            [Some(derived[0].clone()), None, Some(derived[2].clone())]
        );
        assert!(ring.was_destroyed(entry, 0));
        assert_eq!(ring.get_or_create(entry).unwrap().0, 1);
        // One of those that stayed goes later.
        ring.destroy_message(person(1), message(2), [message(0)]).unwrap();
        assert_eq!(single(&ring, 2), None);
        assert_eq!(single(&ring, 0), Some(derived[0].clone()));
        // And the author at last.
        ring.destroy(&[entry]).unwrap();
        assert_eq!(single(&ring, 0), None);
    }

    #[test]
    fn another_master_key_opens_and_the_old_one_does_not() {
        let folder = TempDir::new().unwrap();
        let keys = folder.path().join("keys");
        let file = |name: &str, byte: u8| {
            let path = folder.path().join(name);
            fs::write(&path, [byte; 32]).unwrap();
            path
        };
        let (old, new) = (file("old", 1), file("new", 2));
        let (ring, _) = Ring::open(&keys, Some(&old)).unwrap();
        let (_, key) = ring.get_or_create(Entry::Identity(person(1))).unwrap();
        assert!(matches!(ring.change_master(None), Err(KeyError::MasterElsewhere(path)) if path == old));
        drop(ring);
        let (ring, _) = Ring::open(&keys, Some(&old)).unwrap();
        ring.get_or_create(Entry::Identity(person(1))).unwrap();
        ring.change_master(Some(&new)).unwrap();
        drop(ring);
        assert!(matches!(Ring::open(&keys, Some(&old)), Err(KeyError::WrongMaster { .. })));
        let (ring, _) = Ring::open(&keys, Some(&new)).unwrap();
        assert!(ring.key(Entry::Identity(person(1)), 0).is_some_and(|now| now != key));
    }

    #[test]
    fn a_change_of_the_master_key_beside_the_ring_that_was_cut_short_ends_at_the_next_open() {
        let folder = TempDir::new().unwrap();
        let ring = open(&folder);
        let (_, key) = ring.get_or_create(Entry::Identity(person(1))).unwrap();
        ring.before_commit().unwrap();
        let keys = folder.path().join("keys");
        let old = fs::read(keys.join("master.key")).unwrap();
        // Cut short before the ring was written anew: the old key stays.
        fs::write(keys.join("master.key.next"), [7; 32]).unwrap();
        drop(ring);
        let ring = open(&folder);
        assert!(!keys.join("master.key.next").exists());
        assert_eq!(fs::read(keys.join("master.key")).unwrap(), old);
        // Cut short after it: the new one takes its place.
        ring.change_master(None).unwrap();
        drop(ring);
        let new = fs::read(keys.join("master.key")).unwrap();
        assert_ne!(new, old);
        for left in [Some(&old), None] {
            fs::rename(keys.join("master.key"), keys.join("master.key.next")).unwrap();
            if let Some(old) = left {
                fs::write(keys.join("master.key"), old).unwrap();
            }
            let ring = open(&folder);
            assert_eq!(ring.key(Entry::Identity(person(1)), 0), Some(key.clone()));
            assert_eq!(fs::read(keys.join("master.key")).unwrap(), new);
        }
    }
}
