//! The part of a snapshot that is personal: names, contact data, logins, labels that somebody typed.
//!
//! Invariant: each stands alone, sealed under the key of whom it is about. Who was erased since it was written cannot
//! be read from it, and it need not be written again.

use domain::person::Identity;
use domain::{PersonId, StructureId};
use eventlog::vault::{Kept, Kin, Vault, VaultError};

use super::bytes::{Stored, stored};
use crate::dense::{GroupNo, PersonNo};
use crate::people::People;

/// What is known of a person by name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Named {
    pub(crate) identity: Option<Identity>,
    pub(crate) login: Option<String>,
}

stored! { Named { identity, login } Kept { generation, bytes } }

/// A name as it stands in a snapshot.
enum Entry {
    Person(PersonNo, PersonId, Kept),
    Group(GroupNo, StructureId, Kept),
}

impl Stored for Entry {
    fn put(&self, to: &mut Vec<u8>) {
        match self {
            Self::Person(number, person, kept) => {
                to.push(0);
                number.put(to);
                person.put(to);
                kept.put(to);
            }
            Self::Group(number, structure, kept) => {
                to.push(1);
                number.put(to);
                structure.put(to);
                kept.put(to);
            }
        }
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        match u8::get(from)? {
            0 => Some(Self::Person(Stored::get(from)?, Stored::get(from)?, Stored::get(from)?)),
            1 => Some(Self::Group(Stored::get(from)?, Stored::get(from)?, Stored::get(from)?)),
            _ => None,
        }
    }
}

/// Appends every name that `people` know, sealed; nothing of those whose key is gone.
pub(crate) fn put(people: &People, vault: &Vault, position: u64, to: &mut Vec<u8>) -> Result<(), VaultError> {
    for (number, person, named) in people.named() {
        let mut plain = vec![];
        named.put(&mut plain);
        if let Some(kept) = vault.shut_kept(Kin::Person(person), position, plain)? {
            Entry::Person(number, person, kept).put(to);
        }
    }
    for (number, structure, typed) in people.typed() {
        let mut plain = vec![];
        typed.to_owned().put(&mut plain);
        if let Some(kept) = vault.shut_kept(Kin::Structure(structure), position, plain)? {
            Entry::Group(number, structure, kept).put(to);
        }
    }
    Ok(())
}

/// Names, opened.
#[derive(Default)]
pub(crate) struct Names {
    pub(crate) people: Vec<(PersonNo, Named)>,
    pub(crate) groups: Vec<(GroupNo, String)>,
}

/// Opens every name; who was erased since has none. The error is `None` if the bytes are not what was written.
pub(crate) fn open(mut from: &[u8], vault: &Vault, position: u64) -> Result<Names, Option<VaultError>> {
    let mut names = Names::default();
    while !from.is_empty() {
        match Entry::get(&mut from).ok_or(None)? {
            Entry::Person(number, person, kept) => {
                if let Some(plain) = vault.open_kept(Kin::Person(person), position, kept)? {
                    names.people.push((number, Named::get(&mut &plain[..]).ok_or(None)?));
                }
            }
            Entry::Group(number, structure, kept) => {
                if let Some(plain) = vault.open_kept(Kin::Structure(structure), position, kept)? {
                    names.groups.push((number, String::get(&mut &plain[..]).ok_or(None)?));
                }
            }
        }
    }
    Ok(names)
}
