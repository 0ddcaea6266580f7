//! Sets of numbers put together: in a row from the smallest to the largest, since numbers of one school lie close
//! together and those of everybody fit into a cache.
//!
//! Invariant: no set here is kept as runs (`optimize`, `insert_range`): of a run that fills a container, `next_many` of
//! `roaring` 0.12 gives nothing.

use roaring::RoaringBitmap;

/// So many numbers are sorted; more are put into bits, and any that lie this close together.
const FEW: usize = 256;
const CLOSE: u32 = 1 << 16;

/// Numbers that lie this far from each other or closer, on average, are put into bytes first.
const DENSE: u64 = 16;

/// Ranges of so many numbers, on average, are worth being copied as ranges.
const LONG: u64 = 8;

/// How many numbers of a set are taken at once.
const AT_ONCE: usize = 256;

/// Returns all that is in one of the sets.
pub(super) fn sets(sets: &[&RoaringBitmap]) -> RoaringBitmap {
    if let [] | [_] | [_, _] = sets {
        return sets.iter().fold(RoaringBitmap::new(), |all, set| all | *set);
    }
    // Each pass touches what the next one reads of all sets: so no miss waits for another.
    let count: u64 = sets.iter().map(|set| set.len()).sum();
    let ends = sets.iter().filter_map(|set| Some((set.min()?, set.max()?)));
    let ends = ends.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
    let Some((first, last)) = ends else { return RoaringBitmap::new() };
    if u64::from(last - first) / DENSE <= count {
        let mut row = Bytes::between(first, last);
        all_of(sets, |numbers| row.add(numbers));
        row.bits().set()
    } else {
        let mut row = Bits::between(first, last);
        all_of(sets, |numbers| row.add(numbers));
        row.set()
    }
}

/// Hands over all that is in the sets, many numbers at a time.
fn all_of(sets: &[&RoaringBitmap], mut hand: impl FnMut(&[u32])) {
    let mut numbers = [0; AT_ONCE];
    for set in sets {
        let mut rest = set.iter();
        loop {
            let taken = rest.next_many(&mut numbers);
            hand(taken);
            if taken.len() < AT_ONCE {
                break;
            }
        }
    }
}

/// Returns the set of some numbers, in any order.
pub(super) fn numbers(mut numbers: Vec<u32>) -> RoaringBitmap {
    let ends = numbers.iter().min().zip(numbers.iter().max());
    let worth = |(first, last): &(&u32, &u32)| numbers.len() > FEW || *last - *first < CLOSE;
    let Some((first, last)) = ends.filter(worth) else {
        numbers.sort_unstable();
        return numbers.into_iter().collect();
    };
    let mut row = Bits::between(*first, *last);
    row.add(&numbers);
    row.set()
}

/// Returns the numbers of a set, in their order, copied out.
pub(super) fn listed(set: &RoaringBitmap) -> Vec<u32> {
    let count = usize::try_from(set.len()).unwrap_or(usize::MAX);
    let between = set.min().zip(set.max()).map_or(0, |(first, last)| u64::from(last - first) + 1);
    // There are no more ranges than numbers that are missing, and one.
    if (between - set.len()).saturating_mul(LONG) < set.len() {
        let (mut numbers, mut rest) = (Vec::with_capacity(count), set.iter());
        while let Some(range) = rest.next_range() {
            numbers.extend(range);
        }
        return numbers;
    }
    let mut numbers = vec![0; count];
    let copied = set.iter().next_many(&mut numbers).len();
    numbers.truncate(copied);
    numbers
}

/// A bit for each number from the first on.
struct Bits {
    first: u32,
    bits: Vec<u8>,
}

impl Bits {
    fn between(first: u32, last: u32) -> Self {
        let (first, words) = words(first, last);
        Self { first, bits: vec![0; words.saturating_mul(8)] }
    }

    /// Adds numbers that are not before the first or behind the last. Those of one word, which follow each other, are
    /// put into the row together: one after the other, each would wait for the one before.
    fn add(&mut self, numbers: &[u32]) {
        let (words, _) = self.bits.as_chunks_mut();
        let mut put = |place: u32, bits: u64| {
            if let Some(word) = usize::try_from(place).ok().and_then(|place| words.get_mut(place)) {
                *word = (u64::from_le_bytes(*word) | bits).to_le_bytes();
            }
        };
        let (mut place, mut bits) = (0, 0);
        for number in numbers {
            let at = number.wrapping_sub(self.first);
            if at / 64 != place {
                put(place, bits);
                (place, bits) = (at / 64, 0);
            }
            bits |= 1 << (at % 64);
        }
        put(place, bits);
    }

    fn set(&self) -> RoaringBitmap {
        RoaringBitmap::from_lsb0_bytes(self.first, &self.bits)
    }
}

/// A byte for each number from the first on: that a number is there is written down without reading what is there of
/// its neighbours, so no number waits for the one before.
struct Bytes {
    first: u32,
    bytes: Vec<u8>,
}

impl Bytes {
    fn between(first: u32, last: u32) -> Self {
        let (first, words) = words(first, last);
        Self { first, bytes: vec![0; words.saturating_mul(64)] }
    }

    /// Adds numbers that are not before the first or behind the last.
    fn add(&mut self, numbers: &[u32]) {
        for number in numbers {
            self.bytes[number.wrapping_sub(self.first) as usize] = 1;
        }
    }

    fn bits(self) -> Bits {
        /// Moves the lowest bit of byte `n` of eight to bit `n` of the highest.
        const GATHER: u64 = 0x0102_0408_1020_4080;
        let (eights, _) = self.bytes.as_chunks();
        let highest = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(GATHER).to_be_bytes()[0];
        Bits { first: self.first, bits: eights.iter().map(highest).collect() }
    }
}

/// Returns where whole words of 64 numbers begin that hold two numbers and all between, and how many they are: a set is
/// made of them without a shift.
fn words(first: u32, last: u32) -> (u32, usize) {
    let first = first & !63;
    let words = usize::try_from((last - first) / 64).unwrap_or(usize::MAX);
    (first, words.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_set, vec};
    use proptest::prelude::*;

    use super::*;

    /// Numbers with a hole here and there, over several containers of a set.
    #[expect(clippy::disallowed_methods, reason = "the runs are taken away")]
    fn with_holes() -> impl Strategy<Value = RoaringBitmap> {
        let some = || btree_set(0..140_000_u32, 0..40);
        (some(), some(), 0..140_000_u32, 0..140_000_u32).prop_map(|(more, holes, first, last)| {
            let mut set: RoaringBitmap = more.into_iter().collect();
            set.insert_range(first..last);
            for hole in holes {
                set.remove(hole);
            }
            set.remove_run_compression();
            set
        })
    }

    proptest! {
        #[test]
        fn what_is_copied_out_is_what_is_there(few in with_holes(), many in vec(with_holes(), 0..5)) {
            let sets_: Vec<&RoaringBitmap> = many.iter().chain([&few]).collect();
            let all = sets(&sets_);
            prop_assert_eq!(&all, &many.iter().fold(few.clone(), |all, set| all | set));
            for set in [&few, &all] {
                prop_assert_eq!(listed(set), set.iter().collect::<Vec<_>>());
            }
        }

        #[test]
        fn it_is_what_joining_one_after_the_other_gives(
            parts in vec(btree_set(prop_oneof![0..40_u32, 65_500..65_600_u32, 900_000..900_900_u32], 0..400), 0..6)
        ) {
            let parts: Vec<RoaringBitmap> = parts.into_iter().map(|part| part.into_iter().collect()).collect();
            let expected = parts.iter().fold(RoaringBitmap::new(), |all, part| all | part);
            prop_assert_eq!(&sets(&parts.iter().collect::<Vec<_>>()), &expected);
            let listed = parts.iter().rev().flatten().collect();
            prop_assert_eq!(&numbers(listed), &expected);
            prop_assert_eq!(super::listed(&expected), expected.iter().collect::<Vec<_>>());
        }
    }
}
