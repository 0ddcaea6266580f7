//! The Merkle tree of RFC 6962, section 2.1, over SHA-256: hashes, and proofs made and checked.
//!
//! Where hashes come from is a trait, [`Nodes`], so that the same code proves from memory and from files.
//! Checking follows RFC 9162, sections 2.1.3.2 and 2.1.4.2, which say in steps what RFC 6962 says in words.
//!
//! Invariant: checking never panics and never loops for long, whatever it is given.

use sha2::{Digest, Sha256};

/// A hash of the tree.
pub type Hash = [u8; 32];

/// The hash of a leaf.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

/// The hash over two hashes.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The hash of the tree without leaves.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// Where the hashes of whole subtrees come from.
pub trait Nodes {
    /// Why one cannot be had.
    type Error;

    /// Returns the hash over the leaves from `index × 2^height`, `2^height` of them, all of which are there.
    fn node(&mut self, height: u32, index: u64) -> Result<Hash, Self::Error>;
}

/// Returns the root of the tree of the first `size` leaves.
pub fn root<N: Nodes>(nodes: &mut N, size: u64) -> Result<Hash, N::Error> {
    if size == 0 { Ok(empty_root()) } else { range(nodes, 0, size) }
}

/// Returns the inclusion proof of leaf `index` in the tree of `size` leaves: PATH(index, D[size]) of RFC 6962.
///
/// A leaf outside of the tree has no proof: what is returned is empty.
pub fn inclusion<N: Nodes>(nodes: &mut N, index: u64, size: u64) -> Result<Vec<Hash>, N::Error> {
    let (mut low, mut high) = (0, size);
    let mut path = Vec::new();
    while index < size && high - low > 1 {
        let middle = low + split(high - low);
        if index < middle {
            path.push(range(nodes, middle, high)?);
            high = middle;
        } else {
            path.push(range(nodes, low, middle)?);
            low = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Returns the consistency proof from the tree of `old` leaves to that of `new`: PROOF(old, D[new]) of RFC 6962.
///
/// It is empty for trees of the same size, and where there is none: from nothing, or to a smaller tree.
pub fn consistency<N: Nodes>(nodes: &mut N, old: u64, new: u64) -> Result<Vec<Hash>, N::Error> {
    if old == 0 || old >= new {
        return Ok(Vec::new());
    }
    let (mut low, mut high) = (0, new);
    let mut proof = Vec::new();
    while high > old {
        let middle = low + split(high - low);
        if old <= middle {
            proof.push(range(nodes, middle, high)?);
            high = middle;
        } else {
            proof.push(range(nodes, low, middle)?);
            low = middle;
        }
    }
    // A subtree that is the whole old tree is what the checker has already.
    if low > 0 {
        proof.push(range(nodes, low, high)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Returns whether `path` proves that the leaf with this hash has this index in the tree of this size and root.
pub fn includes(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node_hash(sibling, &hash);
            (at, last) = up_to_a_right_child(at, last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && hash == *root
}

/// Returns whether `proof` proves that the tree of `old` leaves is the beginning of that of `new`.
pub fn extends((old, old_root): (u64, &Hash), (new, new_root): (u64, &Hash), proof: &[Hash]) -> bool {
    if old == 0 || old > new {
        return false;
    }
    if old == new {
        return proof.is_empty() && old_root == new_root;
    }
    let (mut at, mut last) = (old - 1, new - 1);
    while at & 1 == 1 {
        (at, last) = (at >> 1, last >> 1);
    }
    let mut proof = proof.iter();
    let first = if old.is_power_of_two() { Some(old_root) } else { proof.next() };
    let Some(first) = first else { return false };
    let (mut before, mut after) = (*first, *first);
    for hash in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            before = node_hash(hash, &before);
            after = node_hash(hash, &after);
            (at, last) = up_to_a_right_child(at, last);
        } else {
            after = node_hash(&after, hash);
        }
        (at, last) = (at >> 1, last >> 1);
    }
    last == 0 && before == *old_root && after == *new_root
}

/// Skips the levels where a last node has no sibling.
fn up_to_a_right_child(mut at: u64, mut last: u64) -> (u64, u64) {
    while at & 1 == 0 && at != 0 {
        (at, last) = (at >> 1, last >> 1);
    }
    (at, last)
}

/// Returns the hash over the leaves from `low` to `high`. `low` is where RFC 6962 cuts.
fn range<N: Nodes>(nodes: &mut N, low: u64, high: u64) -> Result<Hash, N::Error> {
    // From the right: whole subtrees, each larger than the one behind it.
    let mut end = high;
    let mut hash = None;
    while end > low {
        let height = (end - low).trailing_zeros();
        let left = nodes.node(height, (end >> height) - 1)?;
        hash = Some(hash.map_or(left, |right| node_hash(&left, &right)));
        end -= 1 << height;
    }
    Ok(hash.unwrap_or_else(empty_root))
}

/// Returns the largest power of two below `size`, which is at least 2.
fn split(size: u64) -> u64 {
    1 << (u64::BITS - 1 - (size - 1).leading_zeros())
}
