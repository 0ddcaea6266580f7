//! Hashes and proofs: known answers of RFC 6962, and the crate `ct-merkle`, which was written by others.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof};
use proptest::prelude::*;
use sha2::Sha256;

use crate::tlog::levels::Levels;
use crate::tlog::merkle::{self, Hash, Nodes, extends, includes, leaf_hash, node_hash};
use crate::tlog::subtrees::Cache;

/// A tree in memory, hashed anew for each question.
struct InMemory(Vec<Hash>);

impl Nodes for InMemory {
    type Error = std::convert::Infallible;

    fn node(&mut self, height: u32, index: u64) -> Result<Hash, Self::Error> {
        if height == 0 {
            return Ok(self.0[usize::try_from(index).unwrap()]);
        }
        let (left, right) = (self.node(height - 1, 2 * index)?, self.node(height - 1, 2 * index + 1)?);
        Ok(node_hash(&left, &right))
    }
}

fn hash(text: &str) -> Hash {
    let bytes: Vec<u8> =
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect();
    bytes.try_into().unwrap()
}

/// The leaves of the tests of Certificate Transparency, written by the authors of RFC 6962.
fn known() -> InMemory {
    let texts: [&[u8]; 8] = [b"", b"\x00", b"\x10", b" !", b"01", b"@ABC", b"PQRSTUVW", b"`abcdefghijklmno"];
    InMemory(texts.iter().map(|leaf| leaf_hash(leaf)).collect())
}

#[test]
fn roots_are_those_of_certificate_transparency() {
    let roots = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    for (size, root) in roots.iter().enumerate() {
        assert_eq!(merkle::root(&mut known(), size as u64).unwrap(), hash(root), "{size}");
    }
}

#[test]
fn proofs_are_those_of_certificate_transparency() {
    let first = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    let second = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
    let (two, four) = (
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    );
    let third_and_fourth = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
    let fifth = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
    let last_two = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
    let last_four = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";
    let sixth_pair = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
    for (index, size, path) in [
        (0, 1, vec![]),
        (0, 8, vec![second, third_and_fourth, last_four]),
        (5, 8, vec![fifth, last_two, four]),
        (2, 3, vec![two]),
        (1, 5, vec![first, third_and_fourth, fifth]),
    ] {
        let path: Vec<_> = path.into_iter().map(hash).collect();
        assert_eq!(merkle::inclusion(&mut known(), index, size).unwrap(), path, "{index} of {size}");
    }
    for (old, new, proof) in [
        (1, 1, vec![]),
        (1, 8, vec![second, third_and_fourth, last_four]),
        (6, 8, vec![sixth_pair, last_two, four]),
        (2, 5, vec![third_and_fourth, fifth]),
    ] {
        let proof: Vec<_> = proof.into_iter().map(hash).collect();
        assert_eq!(merkle::consistency(&mut known(), old, new).unwrap(), proof, "{old} to {new}");
    }
}

fn leaf(number: u64) -> Vec<u8> {
    number.to_be_bytes().repeat(usize::try_from(number % 5).unwrap() + 1)
}

/// The same leaves in the tree of others and in ours, which is on disk.
struct Both {
    theirs: MemoryBackedTree<Sha256, Vec<u8>>,
    ours: Levels,
    cache: Cache,
    _folder: tempfile::TempDir,
}

impl Both {
    fn of(size: u64, portion: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut ours = Levels::open(folder.path(), 0).unwrap();
        let mut theirs = MemoryBackedTree::new();
        let leaves: Vec<_> = (0..size).map(leaf).collect();
        let hashes: Vec<_> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        hashes.chunks(portion).for_each(|part| ours.append(part).unwrap());
        for leaf in leaves {
            theirs.push(leaf);
        }
        Self { theirs, ours, cache: Cache::new(), _folder: folder }
    }
}

fn bytes(hashes: &[Hash]) -> Vec<u8> {
    hashes.concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn others_make_the_same_roots_and_proofs_and_accept_ours(
        size in prop_oneof![4 => 1_u64..20, 4 => 1_u64..3000, 1 => Just(256), 1 => Just(257), 1 => Just(65_536 + 300)],
        portion in 1_usize..700,
        places in prop::collection::vec(any::<prop::sample::Index>(), 3),
    ) {
        let Both { theirs, ours, mut cache, _folder } = Both::of(size, portion);
        let mut nodes = cache.on(&ours);
        let root = theirs.root();
        let ours_root = merkle::root(&mut nodes, size).unwrap();
        prop_assert_eq!(&ours_root[..], root.as_bytes().as_slice());
        for place in places {
            let index = place.index(usize::try_from(size).unwrap());
            let (at, number) = (index as u64, u64::try_from(index).unwrap());
            let path = merkle::inclusion(&mut nodes, at, size).unwrap();
            prop_assert_eq!(bytes(&path), theirs.prove_inclusion(index).as_bytes().to_vec());
            let taken = root.verify_inclusion(&leaf(number), at, &InclusionProof::from_bytes(bytes(&path)));
            prop_assert!(taken.is_ok());
            prop_assert!(includes(&leaf_hash(&leaf(number)), at, size, &path, &ours_root));

            // From here on `at` is the size of an older tree.
            if at > 0 {
                let mut before = MemoryBackedTree::<Sha256, Vec<u8>>::new();
                (0..at).for_each(|number| before.push(leaf(number)));
                let old_root = merkle::root(&mut nodes, at).unwrap();
                prop_assert_eq!(old_root.to_vec(), before.root().as_bytes().to_vec());
                let proof = merkle::consistency(&mut nodes, at, size).unwrap();
                let additions = usize::try_from(size - at).unwrap();
                prop_assert_eq!(bytes(&proof), theirs.prove_consistency(additions).as_bytes().to_vec());
                let taken = root.verify_consistency(&before.root(), &ConsistencyProof::try_from_bytes(bytes(&proof)).unwrap());
                prop_assert!(taken.is_ok());
                prop_assert!(extends((at, &old_root), (size, &ours_root), &proof));
            }
        }
    }

    #[test]
    fn a_proof_that_was_changed_proves_nothing(
        size in 1_u64..600,
        place in any::<prop::sample::Index>(),
        change in any::<(prop::sample::Index, u8)>(),
    ) {
        let mut tree = InMemory((0..size).map(|number| leaf_hash(&leaf(number))).collect());
        let root = merkle::root(&mut tree, size).unwrap();
        let at = place.index(usize::try_from(size).unwrap()) as u64;
        let hash = leaf_hash(&leaf(at));
        let path = merkle::inclusion(&mut tree, at, size).unwrap();
        let bit = |hashes: &[Hash]| {
            let mut hashes = hashes.to_vec();
            let which = change.0.index(hashes.len());
            hashes[which][usize::from(change.1 >> 3)] ^= 1 << (change.1 & 7);
            hashes
        };
        prop_assert!(includes(&hash, at, size, &path, &root));
        for wrong in (0..size + 3).filter(|wrong| *wrong != at) {
            prop_assert!(!includes(&hash, wrong, size, &path, &root), "{wrong}");
        }
        let longer = [&path[..], &[root]].concat();
        prop_assert!(!includes(&hash, at, size, &longer, &root));
        if !path.is_empty() {
            prop_assert!(!includes(&hash, at, size, &bit(&path), &root));
            prop_assert!(!includes(&hash, at, size, &path[1..], &root));
            prop_assert!(!includes(&hash, at, size, &path[..path.len() - 1], &root));
        }
        let old = at + 1;
        let old_root = merkle::root(&mut tree, old).unwrap();
        let proof = merkle::consistency(&mut tree, old, size).unwrap();
        prop_assert!(extends((old, &old_root), (size, &root), &proof));
        let longer = [&proof[..], &[root]].concat();
        prop_assert!(!extends((old, &old_root), (size, &root), &longer));
        if old < size {
            prop_assert!(!extends((old, &root), (size, &root), &proof));
            prop_assert!(!extends((old, &old_root), (size, &old_root), &proof));
            prop_assert!(!extends((old, &old_root), (size, &root), &bit(&proof)));
            prop_assert!(!extends((old, &old_root), (size, &root), &proof[..proof.len() - 1]));
        }
        prop_assert!(!extends((0, &old_root), (size, &root), &proof));
        prop_assert!(!extends((size + 1, &old_root), (size, &root), &proof));
    }
}
