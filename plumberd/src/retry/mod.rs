//! When to try again: arithmetic, no clock and no waiting.

mod backoff;

pub use backoff::Backoff;

use std::time::Duration;

/// How often to try again, and how long to wait before it.
///
/// The pause before the first retry is random between nothing and
/// [`RetryPolicy::base`], and its bound doubles with every retry up to
/// [`RetryPolicy::cap`] ("full jitter": writers that collided spread out).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// How many times to try again after the first attempt. 10 by default.
    pub retries: u32,
    /// The longest first pause. 2 ms by default.
    pub base: Duration,
    /// The longest pause. 100 ms by default.
    pub cap: Duration,
}

impl RetryPolicy {
    /// Ten retries, pauses from 2 ms to 100 ms.
    pub const DEFAULT: Self = Self {
        retries: 10,
        base: Duration::from_millis(2),
        cap: Duration::from_millis(100),
    };

    /// No retry: the first failure is final.
    pub const NEVER: Self = Self {
        retries: 0,
        ..Self::DEFAULT
    };

    /// With so many retries after the first attempt.
    #[must_use]
    pub const fn with_retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// With pauses that begin at `base` and end at `cap`.
    #[must_use]
    pub const fn with_pauses(mut self, base: Duration, cap: Duration) -> Self {
        self.base = base;
        self.cap = cap;
        self
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::DEFAULT
    }
}
