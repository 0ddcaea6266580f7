//! Direct links by hand between two people (`communication.md` section 6).
//!
//! Invariant: a link stands in the lists of both its ends, and from one person to another there is one at most.

use std::collections::BTreeMap;

use super::Since;
use crate::dense::PersonNo;
use crate::memory::Heap;
use crate::snapshot::bytes::Stored;

/// A direct link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// From whom.
    pub from: PersonNo,
    /// To whom.
    pub to: PersonNo,
    /// Whether it leads back too.
    pub both_ways: bool,
    /// Which event made it what it is.
    pub since: Since,
}

impl Link {
    /// Returns whom it lets `me` reach, if anybody.
    pub fn leads(&self, me: PersonNo) -> Option<PersonNo> {
        if self.from == me {
            return Some(self.to);
        }
        (self.to == me && self.both_ways).then_some(self.from)
    }
}

/// Links by the people at their ends: few have one.
#[derive(Debug, Default)]
pub(super) struct Links(BTreeMap<PersonNo, Vec<Link>>);

impl Links {
    /// Returns those at whose end a person is.
    pub(super) fn of(&self, person: PersonNo) -> &[Link] {
        if self.0.is_empty() { &[] } else { self.0.get(&person).map_or(&[], Vec::as_slice) }
    }

    /// Makes a link; one between the two in this direction is replaced.
    pub(super) fn make(&mut self, link: Link) {
        self.remove(link.from, link.to);
        for end in [link.from, link.to] {
            self.0.entry(end).or_default().push(link);
        }
    }

    /// Removes the link from one to another.
    pub(super) fn remove(&mut self, from: PersonNo, to: PersonNo) {
        for end in [from, to] {
            let Some(links) = self.0.get_mut(&end) else { continue };
            links.retain(|link| (link.from, link.to) != (from, to));
            if links.is_empty() {
                self.0.remove(&end);
            }
        }
    }

    /// Returns each once, in the order of whom they start at.
    pub(super) fn each(&self) -> impl Iterator<Item = &Link> {
        self.0.iter().flat_map(|(end, links)| links.iter().filter(move |link| link.from == *end))
    }
}

impl Heap for Links {
    fn heap(&self) -> usize {
        self.0.values().map(|links| links.capacity() * size_of::<Link>() + size_of_val(links)).sum()
    }
}

impl Stored for Links {
    fn put(&self, to: &mut Vec<u8>) {
        self.each().copied().collect::<Vec<_>>().put(to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        let mut links = Self::default();
        let listed: Vec<Link> = Stored::get(from)?;
        for link in listed {
            links.make(link);
        }
        Some(links)
    }
}
