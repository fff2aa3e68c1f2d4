//! Numbers that look random, and are the same for the same seed.

use std::hash::{BuildHasher, RandomState};

/// Numbers that a seed repeats.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// From this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// From `PLUMBERD_TEST_SEED`, or one that was never there. It is printed.
    ///
    /// # Panics
    ///
    /// When `PLUMBERD_TEST_SEED` is no number.
    pub fn printed() -> Self {
        let seed = std::env::var("PLUMBERD_TEST_SEED").map_or_else(
            |_| RandomState::new().hash_one("seed"),
            |seed| seed.parse().expect("PLUMBERD_TEST_SEED is a whole number"),
        );
        println!("PLUMBERD_TEST_SEED={seed}");
        Self::new(seed)
    }

    /// Any number.
    pub const fn bits(&mut self) -> u64 {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number from `from` to `to`, both included.
    pub const fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.bits() % (to - from + 1)
    }
}
