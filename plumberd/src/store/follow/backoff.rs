use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// Pauses between attempts to read: they double from 50 ms to 5 s, and each is
/// a random part from a half to the whole, so that the readers of a store that
/// comes back do not all come at once.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(5);

    /// The pause after one more failure.
    pub(super) fn pause(&mut self) -> Duration {
        let whole = Self::FIRST
            .saturating_mul(2_u32.saturating_pow(self.failures))
            .min(Self::LONGEST);
        self.failures = self.failures.saturating_add(1);
        // Each `RandomState` has other keys; what is hashed does not matter.
        let random = RandomState::new().hash_one(self.failures);
        let part = u32::try_from(random % 1_000).unwrap_or_default();
        whole / 2 + whole / 2 * part / 1_000
    }

    /// Begins again after a success.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}
