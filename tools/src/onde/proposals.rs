//! Pairs of relatives who may be one person.
//!
//! Invariant: alike by name and by telephone, e-mail, address or a shared child; never by name alone, and
//! nobody is merged here.

use std::collections::{BTreeMap, BTreeSet};

use super::known::{Evidence, Identity};
use super::plan::{Proposal, Who};

/// A relative, of the files or of the platform only.
#[derive(Debug, Clone, Copy)]
pub struct Relative<'a> {
    /// Who.
    pub who: Who,
    /// Names and the rest.
    pub identity: &'a Identity,
    /// Children.
    pub children: &'a [Who],
    /// Whether a line of the files speaks of them.
    pub in_files: bool,
}

/// How many people with one name and one thing in common are compared two by two; past that each is
/// compared with the first.
const SMALL: usize = 8;

/// Returns the pairs with at least one side in the files, without those settled before.
pub fn proposals(relatives: &[Relative<'_>], is_settled: impl Fn(Who, Who) -> bool) -> Vec<Proposal> {
    let mut alike: BTreeMap<String, (Evidence, Vec<usize>)> = BTreeMap::new();
    for (place, relative) in relatives.iter().enumerate() {
        let mut shown = relative.identity.contact_keys();
        shown.extend(relative.children.iter().map(|child| (Evidence::Child, format!("{child:?}"))));
        for name in relative.identity.names.keys() {
            for (evidence, key) in &shown {
                let bucket = alike.entry(format!("{name}/{evidence:?}/{key}"));
                bucket.or_insert_with(|| (*evidence, Vec::new())).1.push(place);
            }
        }
    }
    let mut pairs: BTreeMap<(usize, usize), BTreeSet<Evidence>> = BTreeMap::new();
    for (evidence, places) in alike.into_values() {
        let firsts = if places.len() > SMALL { 1 } else { places.len() };
        for (at, first) in places.iter().enumerate().take(firsts) {
            for second in places.iter().skip(at + 1).filter(|second| *second != first) {
                pairs.entry((*first, *second)).or_default().insert(evidence);
            }
        }
    }
    let told =
        pairs.into_iter().map(|((first, second), evidence)| (relatives[first], relatives[second], evidence));
    told.filter(|(first, second, _)| first.in_files || second.in_files)
        .filter(|(first, second, _)| !is_settled(first.who, second.who))
        .map(|(first, second, evidence)| Proposal {
            first: first.who,
            second: second.who,
            evidence: evidence.into_iter().collect(),
        })
        .collect()
}
