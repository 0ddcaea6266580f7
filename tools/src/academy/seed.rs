//! Draws: `SplitMix64` (Steele, Lea and Flood, 2014), so that a seed gives the same academy on any machine for ever.
//!
//! Invariant: integers only; each part of the academy draws from a fork of its own, so that a change in one part
//! moves nothing in another.

/// A source of draws.
#[derive(Debug, Clone)]
pub struct Draws(u64);

impl Draws {
    /// Returns the draws of `seed` for the part called `part`.
    pub fn of(seed: u64, part: &str) -> Self {
        let start = domain::id::derive(&[b"preau.academy.draws.v1", &seed.to_be_bytes(), part.as_bytes()]);
        // Half of 128 bits that are a hash already.
        Self(u64::try_from(start >> 64).unwrap_or_default())
    }

    /// Returns the next 64 bits.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below `end`; 0 if `end` is 0. The bias, `end` in 2^64, does not matter here.
    pub fn below(&mut self, end: usize) -> usize {
        let scaled = (u128::from(self.draw()) * end as u128) >> 64;
        usize::try_from(scaled).unwrap_or_default()
    }

    /// Returns whether something happens that happens in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// Returns one of `things`; `None` if there are none.
    pub fn pick<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        things.get(self.below(things.len()))
    }

    /// Returns one of `things`, those in front more often: names are not equally common.
    pub fn pick_common<'a, T>(&mut self, things: &'a [T]) -> Option<&'a T> {
        let within = self.below(things.len()) + 1;
        things.get(self.below(within))
    }

    /// Returns the index of one of `weights`, each as often as it weighs.
    pub fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            match left.checked_sub(*weight) {
                None => return index,
                Some(rest) => left = rest,
            }
        }
        0
    }

    /// Puts `things` into another order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_sequence_comes_out() {
        // The first three values of SplitMix64 from the state 1234567.
        let mut draws = Draws(1_234_567);
        let values = [draws.draw(), draws.draw(), draws.draw()];
        assert_eq!(values, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn a_draw_stays_below_its_end() {
        let mut draws = Draws::of(1, "test");
        assert!((0..10_000).all(|_| draws.below(7) < 7));
        assert_eq!(draws.below(0), 0);
        assert_eq!(draws.pick::<u8>(&[]), None);
    }

    #[test]
    fn weights_are_kept() {
        let mut draws = Draws::of(1, "test");
        let heavy = (0..10_000).filter(|_| draws.weighted(&[1, 9]) == 1).count();
        assert!((8_800..9_200).contains(&heavy), "{heavy}");
    }
}
