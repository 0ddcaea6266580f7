//! What the events said of every group, and beside it, small and close together, what most questions are answered from.
//!
//! Invariant: a brief is that of its node, because a node is changed in [`Nodes::change`] and nowhere else; a change
//! adds a rule behind the others or takes some away.

use smallvec::SmallVec;

use super::Node;
use crate::dense::GroupNo;
use crate::memory::Heap;
use crate::people::Groups;
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

/// What a question about two people reads of a group: a cache line, since it reads those of all groups of the one.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(super) struct Brief {
    state: State,
    /// Where the rules of the group end, in the order of its rules.
    ends: SmallVec<[GroupNo; 8]>,
    /// A bit for each of them ([`GroupNo::bit`]).
    bits: u64,
    /// The smallest and the largest of them: groups of one school have numbers that are close together.
    first: u32,
    last: u32,
}

impl Brief {
    fn of(node: &Node) -> Self {
        let mut brief = Self { state: State::of(node), ..Self::default() };
        brief.end_at(node.starts.iter().map(|(_, to)| *to));
        brief
    }

    fn end_at(&mut self, ends: impl Iterator<Item = GroupNo>) {
        for to in ends {
            self.first = if self.ends.is_empty() { to.0 } else { self.first.min(to.0) };
            self.last = self.last.max(to.0);
            self.bits |= to.bit();
            self.ends.push(to);
        }
    }

    /// Returns whether somebody in the group may reach somebody in others: not, where this says no. All is looked at
    /// before anything is decided, so that no look waits for another.
    #[expect(clippy::needless_bitwise_bool, reason = "a branch would wait for what it is about")]
    fn may_lead(&self, here: GroupNo, to: Groups<'_>) -> bool {
        let Some((first, last)) = to.groups.first().zip(to.groups.last()) else { return false };
        let inside = self.state.may_be_internal() & (to.bits & here.bit() != 0);
        let overlap = (self.first <= last.0) & (first.0 <= self.last);
        inside | (self.state.uses() & overlap & (self.bits & to.bits != 0))
    }
}

/// Nodes by group number.
#[derive(Debug, Default)]
pub(super) struct Nodes {
    nodes: Vec<Node>,
    briefs: Vec<Brief>,
}

impl Nodes {
    /// Returns what was said of a group.
    pub(super) fn get(&self, group: GroupNo) -> Option<&Node> {
        self.nodes.get(group.index())
    }

    /// Returns what a group states.
    pub(super) fn state(&self, group: GroupNo) -> State {
        self.briefs.get(group.index()).map_or(State::default(), |brief| brief.state)
    }

    /// Returns where the rules of a group end, in the order of its rules.
    pub(super) fn ends(&self, group: GroupNo) -> &[GroupNo] {
        self.briefs.get(group.index()).map_or(&[], |brief| &brief.ends)
    }

    /// Returns whether somebody in a group may reach somebody in others; if not, they do not.
    pub(super) fn may_lead(&self, group: GroupNo, to: Groups<'_>) -> bool {
        self.briefs.get(group.index()).is_some_and(|brief| brief.may_lead(group, to))
    }

    /// Changes what is said of a group.
    pub(super) fn change<T>(&mut self, group: GroupNo, change: impl FnOnce(&mut Node) -> T) -> T {
        let index = group.index();
        if self.nodes.len() <= index {
            self.nodes.resize_with(index + 1, Node::default);
            self.briefs.resize_with(index + 1, Brief::default);
        }
        let node = &mut self.nodes[index];
        let done = change(node);
        let brief = &mut self.briefs[index];
        brief.state = State::of(node);
        // Rules come one by one at the end, or one goes: only then is the list written anew.
        match node.starts.len().checked_sub(brief.ends.len()) {
            Some(0) => {}
            Some(1) => brief.end_at(node.starts.last().map(|(_, to)| *to).into_iter()),
            Some(_) | None => *brief = Brief::of(node),
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

impl Heap for Brief {
    fn heap(&self) -> usize {
        self.ends.heap()
    }
}

impl Heap for Nodes {
    fn heap(&self) -> usize {
        self.nodes.heap() + self.briefs.heap()
    }
}

impl Stored for Nodes {
    fn put(&self, to: &mut Vec<u8>) {
        self.nodes.put(to);
    }

    fn get(from: &mut &[u8]) -> Option<Self> {
        let nodes: Vec<Node> = Stored::get(from)?;
        let briefs = nodes.iter().map(Brief::of).collect();
        Some(Self { nodes, briefs })
    }
}
