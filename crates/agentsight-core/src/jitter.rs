//! Seeded pseudo-random numbers: SplitMix64, so that a schedule can be replayed from its seed.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::context::Entropy;

/// How far the state moves with every number.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A fast source of numbers that look random and are determined by a seed: SplitMix64, shared by threads.
///
/// Whoever sees one number can tell the next ones. A client that seeds it from the operating system gets jitter from it
/// without asking the system for every request; [`Entropy::unguessable_u64`] is to come from the system itself.
///
/// ```
/// use agentsight_core::{Entropy, SeededEntropy};
///
/// let (one, other) = (SeededEntropy::new(7), SeededEntropy::new(7));
/// assert_eq!(one.next_u64(), other.next_u64());
/// assert_ne!(one.next_u64(), one.next_u64());
/// ```
#[derive(Debug)]
pub struct SeededEntropy(AtomicU64);

impl SeededEntropy {
    /// The numbers that follow from `seed`.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn next_u64(&self) -> u64 {
        mix(self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP))
    }
}

/// The same numbers for one owner.
#[derive(Clone, Debug)]
pub(crate) struct Jitter(u64);

impl Jitter {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }
}

/// Spreads every bit of a number over the whole of another.
pub(crate) fn mix(number: u64) -> u64 {
    let mut mixed = number;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_stream() {
        let draw = |seed| {
            let mut jitter = Jitter::new(seed);
            [jitter.next(), jitter.next(), jitter.next()]
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert_eq!(draw(0)[0], 0xe220_a839_7b1d_cdaf, "the published first value of SplitMix64 for seed 0");
    }

    #[test]
    fn an_entropy_gives_the_numbers_of_its_seed() {
        for seed in [0, 7, u64::MAX] {
            let (entropy, mut jitter) = (SeededEntropy::new(seed), Jitter::new(seed));
            for _ in 0..100 {
                assert_eq!(entropy.next_u64(), jitter.next());
            }
        }
    }
}
