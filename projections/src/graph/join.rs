//! Sets of numbers put together: in a row of bits from the smallest to the largest, since numbers of one school lie close
//! together and those of everybody fit into a cache.

use roaring::RoaringBitmap;

/// So many numbers are sorted; more are put into bits, and any that lie this close together.
const FEW: usize = 256;
const CLOSE: u32 = 1 << 16;

/// How many numbers of a set are taken at once.
const AT_ONCE: usize = 256;

/// Returns all that is in one of the sets.
pub(super) fn sets(sets: &[&RoaringBitmap]) -> RoaringBitmap {
    if let [] | [_] | [_, _] = sets {
        return sets.iter().fold(RoaringBitmap::new(), |all, set| all | *set);
    }
    let ends = sets.iter().filter_map(|set| Some((set.min()?, set.max()?)));
    let ends = ends.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
    let Some((first, last)) = ends else { return RoaringBitmap::new() };
    let (mut row, mut numbers) = (Row::between(first, last), [0; AT_ONCE]);
    for set in sets {
        let mut rest = set.iter();
        loop {
            let taken = rest.next_many(&mut numbers);
            if taken.is_empty() {
                break;
            }
            row.add(taken);
        }
    }
    row.set()
}

/// Returns the set of some numbers, in any order.
pub(super) fn numbers(mut numbers: Vec<u32>) -> RoaringBitmap {
    let ends = numbers.iter().min().zip(numbers.iter().max());
    let worth = |(first, last): &(&u32, &u32)| numbers.len() > FEW || *last - *first < CLOSE;
    let Some((first, last)) = ends.filter(worth) else {
        numbers.sort_unstable();
        return numbers.into_iter().collect();
    };
    let mut row = Row::between(*first, *last);
    row.add(&numbers);
    row.set()
}

/// A bit for each number from the first on.
struct Row {
    first: u32,
    bits: Vec<u8>,
}

impl Row {
    fn between(first: u32, last: u32) -> Self {
        // Whole words: then a set is made of them without a shift.
        let first = first & !63;
        let words = usize::try_from((last - first) / 64).unwrap_or(usize::MAX);
        Self { first, bits: vec![0; words.saturating_add(1).saturating_mul(8)] }
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

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_set, vec};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_what_joining_one_after_the_other_gives(
            parts in vec(btree_set(prop_oneof![0..40_u32, 65_500..65_600_u32, 900_000..900_900_u32], 0..400), 0..6)
        ) {
            let parts: Vec<RoaringBitmap> = parts.into_iter().map(|part| part.into_iter().collect()).collect();
            let expected = parts.iter().fold(RoaringBitmap::new(), |all, part| all | part);
            prop_assert_eq!(&sets(&parts.iter().collect::<Vec<_>>()), &expected);
            let listed = parts.iter().rev().flatten().collect();
            prop_assert_eq!(&numbers(listed), &expected);
        }
    }
}
