//! What somebody asks for and somebody else decides about, in the order of asking: erasures, contents, changes of rules.
//!
//! Invariant: what waits for a process is known without a look at the others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Write as _};

use eventlog::Position;

use crate::snapshot::bytes::Stored;

/// One thing that was asked for.
pub trait Request: Debug {
    /// What names it.
    type Id: Copy + Debug + Ord;

    /// Returns which it is.
    fn id(&self) -> Self::Id;

    /// Returns where it was asked for.
    fn position(&self) -> Position;
}

/// Everything of a kind that was ever asked for.
#[derive(Debug)]
pub struct Requests<T: Request> {
    all: BTreeMap<T::Id, T>,
    order: Vec<T::Id>,
    /// What was agreed to and is not done.
    pending: BTreeSet<T::Id>,
}

impl<T: Request> Default for Requests<T> {
    fn default() -> Self {
        Self { all: BTreeMap::new(), order: vec![], pending: BTreeSet::new() }
    }
}

impl<T: Request> Requests<T> {
    /// Notes that something is asked for.
    pub(crate) fn ask(&mut self, request: T) {
        self.order.push(request.id());
        self.all.insert(request.id(), request);
    }

    /// Returns what goes on.
    pub(crate) fn known(&mut self, id: T::Id) -> Option<&mut T> {
        self.all.get_mut(&id)
    }

    /// Notes whether it waits for the process that does it.
    pub(crate) fn wait(&mut self, id: T::Id, waits: bool) {
        if waits {
            self.pending.insert(id);
        } else {
            self.pending.remove(&id);
        }
    }

    /// Returns one.
    pub fn get(&self, id: T::Id) -> Option<&T> {
        self.all.get(&id)
    }

    /// Returns what was asked for before `before`, newest first.
    pub fn newest(&self, before: Option<Position>) -> impl Iterator<Item = &T> {
        let all = self.order.iter().rev().filter_map(|id| self.all.get(id));
        all.skip_while(move |request| before.is_some_and(|before| request.position() >= before))
    }

    /// Returns whether it was agreed to and is not done.
    pub fn is_pending(&self, id: T::Id) -> bool {
        self.pending.contains(&id)
    }

    /// Returns what was agreed to and is not done.
    pub fn pending(&self) -> impl Iterator<Item = &T> {
        self.pending.iter().filter_map(|id| self.all.get(id))
    }

    /// Returns everything it knows, as canonical text.
    pub fn dump(&self) -> String {
        let mut text = String::new();
        for id in &self.order {
            let _ = writeln!(text, "{:?}", self.all.get(id));
        }
        let _ = writeln!(text, "pending {:?}", self.pending);
        text
    }
}

impl<T: Request + Stored> Stored for Requests<T>
where
    T::Id: Stored,
{
    fn put(&self, to: &mut Vec<u8>) {
        let Self { all, order, pending } = self;
        all.put(to);
        order.put(to);
        pending.put(to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        Some(Self { all: Stored::get(from)?, order: Stored::get(from)?, pending: Stored::get(from)? })
    }
}
