//! How much memory it takes.

use super::{Because, Graph, Node, Policy, Removed, Rule};
use crate::memory::{Heap, flat};

impl Graph {
    /// Returns how many bytes it takes.
    pub(crate) fn memory(&self) -> usize {
        self.nodes.heap() + self.rules.heap() + self.removed.heap() + self.policies.heap() + self.links.heap()
    }
}

impl Heap for Node {
    fn heap(&self) -> usize {
        let reasons = self.uses.heap() + self.exposes.heap() + self.internal.heap();
        reasons + self.starts.heap() + self.ends.heap()
    }
}

impl Heap for Policy {
    fn heap(&self) -> usize {
        self.accepted.heap()
    }
}

flat! { Because Removed Rule }
