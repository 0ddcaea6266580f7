//! How much memory it takes.

use super::{Because, Graph, Named, Node, Policy, Removed, Rule, Standing};
use crate::memory::{Heap, flat};

impl Graph {
    /// Returns how many bytes it takes.
    pub(crate) fn memory(&self) -> usize {
        self.nodes.heap()
            + self.rules.heap()
            + self.removed.heap()
            + self.policies.heap()
            + self.standings.heap()
            + self.links.heap()
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

impl Heap for Named {
    fn heap(&self) -> usize {
        self.name.heap()
    }
}

impl Heap for Standing {
    fn heap(&self) -> usize {
        self.matrix.heap() + self.recipes.heap()
    }
}

flat! { Because Removed Rule }
