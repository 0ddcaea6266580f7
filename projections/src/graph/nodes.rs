//! What the events said of every group, and beside it, small and close together, what most questions are answered from.
//!
//! Invariant: state and ends are those of the node, because a node is changed in [`Nodes::change`] and nowhere else;
//! a change adds a rule behind the others or takes some away.

use super::Node;
use crate::dense::GroupNo;
use crate::memory::Heap;
use crate::snapshot::bytes::Stored;

/// What a group states, in a byte: a reach question looks at hundreds of groups and reads the nodes of few.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct State(u8);

impl State {
    const USES: u8 = 1;
    const EXPOSES: u8 = 2;
    const INSIDE: u8 = 4;

    /// Returns the state of a node.
    pub(super) fn of(node: &Node) -> Self {
        let bit = |holds: bool, bit: u8| if holds { bit } else { 0 };
        Self(
            bit(!node.uses.is_empty(), Self::USES)
                | bit(!node.exposes.is_empty(), Self::EXPOSES)
                | bit(!node.internal.is_empty() || node.implied.is_some(), Self::INSIDE),
        )
    }

    /// Returns whether members use the rules that start at the group.
    pub(super) fn uses(self) -> bool {
        self.0 & Self::USES != 0
    }

    /// Returns whether members are reachable one by one.
    pub(super) fn exposes(self) -> bool {
        self.0 & Self::EXPOSES != 0
    }

    /// Returns whether members may reach each other: granted, or implied and perhaps waiting.
    pub(super) fn may_be_internal(self) -> bool {
        self.0 & Self::INSIDE != 0
    }
}

/// Nodes by group number.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    nodes: Vec<Node>,
    states: Vec<State>,
    /// Where the rules of each group end, in the order of its rules.
    ends: Vec<Vec<GroupNo>>,
}

impl Nodes {
    /// Returns what was said of a group.
    pub(super) fn get(&self, group: GroupNo) -> Option<&Node> {
        self.nodes.get(group.index())
    }

    /// Returns what a group states.
    pub(super) fn state(&self, group: GroupNo) -> State {
        self.states.get(group.index()).copied().unwrap_or_default()
    }

    /// Returns where the rules of a group end, in the order of its rules.
    pub(super) fn ends(&self, group: GroupNo) -> &[GroupNo] {
        self.ends.get(group.index()).map_or(&[], |ends| ends)
    }

    /// Changes what is said of a group.
    pub(super) fn change<T>(&mut self, group: GroupNo, change: impl FnOnce(&mut Node) -> T) -> T {
        let index = group.index();
        if self.nodes.len() <= index {
            self.nodes.resize_with(index + 1, Node::default);
            self.states.resize(index + 1, State::default());
            self.ends.resize_with(index + 1, Vec::new);
        }
        let node = &mut self.nodes[index];
        let done = change(node);
        self.states[index] = State::of(node);
        let ends = &mut self.ends[index];
        // Rules come one by one at the end, or one goes: only then is the list written anew.
        match node.starts.len().checked_sub(ends.len()) {
            Some(0) => {}
            Some(1) => ends.extend(node.starts.last().map(|(_, to)| *to)),
            Some(_) | None => *ends = node.ends_of_rules(),
        }
        done
    }

    /// Returns how many groups have a number here.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns every node, in the order of numbers.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Node> {
        self.nodes.iter()
    }
}

impl Heap for Nodes {
    fn heap(&self) -> usize {
        self.nodes.heap() + self.states.capacity() + self.ends.heap()
    }
}

impl Stored for Nodes {
    fn put(&self, to: &mut Vec<u8>) {
        self.nodes.put(to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        let nodes: Vec<Node> = Stored::get(from)?;
        let states = nodes.iter().map(State::of).collect();
        let ends = nodes.iter().map(Node::ends_of_rules).collect();
        Some(Self { nodes, states, ends })
    }
}
