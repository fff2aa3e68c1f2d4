use std::hash::{BuildHasher, RandomState};

/// Numbers that a seed repeats.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// From `PLUMBERD_TEST_SEED`, or one that was never there. It is printed.
    pub(crate) fn new() -> Self {
        let seed = std::env::var("PLUMBERD_TEST_SEED").map_or_else(
            |_| RandomState::new().hash_one("seed"),
            |seed| seed.parse().expect("PLUMBERD_TEST_SEED is a whole number"),
        );
        println!("PLUMBERD_TEST_SEED={seed}");
        Self(seed | 1)
    }

    pub(crate) fn between(&mut self, from: u64, to: u64) -> u64 {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        from + self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % (to - from + 1)
    }
}
