use super::RetryPolicy;
use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// The pauses of one call that is tried again.
#[derive(Debug, Clone)]
pub struct Backoff {
    policy: RetryPolicy,
    retries: u32,
}

impl Backoff {
    /// Begins with the first attempt.
    pub const fn new(policy: RetryPolicy) -> Self {
        Self { policy, retries: 0 }
    }

    /// How many retries there have been.
    pub const fn retries(&self) -> u32 {
        self.retries
    }

    /// The pause before the next retry; `None` when there were enough.
    pub fn next_pause(&mut self) -> Option<Duration> {
        if self.retries >= self.policy.retries {
            return None;
        }
        let bound = self.bound();
        self.retries += 1;
        Some(bound.mul_f64(random_fraction()))
    }

    /// The longest the next pause can be.
    pub fn bound(&self) -> Duration {
        self.policy
            .base
            .saturating_mul(1_u32.checked_shl(self.retries).unwrap_or(u32::MAX))
            .min(self.policy.cap)
    }
}

/// A number from 0 to 1; the standard library's hash keys are random enough to
/// spread writers.
fn random_fraction() -> f64 {
    let random = RandomState::new().hash_one(0_u8);
    f64::from(u32::try_from(random >> 32).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_cap_and_end() {
        let policy = RetryPolicy::DEFAULT
            .with_retries(70)
            .with_pauses(Duration::from_millis(10), Duration::from_millis(45));
        let mut backoff = Backoff::new(policy);
        let mut bounds = Vec::new();

        loop {
            let bound = backoff.bound();
            let Some(pause) = backoff.next_pause() else {
                break;
            };
            assert!(pause <= bound, "{pause:?} is longer than {bound:?}");
            bounds.push(bound.as_millis());
        }

        assert_eq!(bounds[..4], [10, 20, 40, 45]);
        assert_eq!((bounds.len(), bounds[69]), (70, 45));
    }

    #[test]
    fn pauses_are_not_alike() {
        let pauses: std::collections::HashSet<_> = (0..32)
            .filter_map(|_| Backoff::new(RetryPolicy::DEFAULT).next_pause())
            .collect();

        assert!(pauses.len() > 16, "{pauses:?}");
    }
}
