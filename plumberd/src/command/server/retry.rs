//! When a server tries again, and which errors of the store end that.

use crate::{
    retry::{Backoff, RetryPolicy},
    store::StoreError,
};
use std::time::Duration;

/// For as long as the store is away.
pub(super) const PATIENT: RetryPolicy = RetryPolicy::DEFAULT
    .with_retries(u32::MAX)
    .with_pauses(Duration::from_millis(20), Duration::from_secs(5));

pub(super) fn patient() -> Backoff {
    Backoff::new(PATIENT)
}

/// The tries that one step of a command has left: without end while the store is
/// unavailable, few while the store answers and refuses, since it may refuse until
/// an operator changes a setting. A command that waits holds up those behind it,
/// and the checkpoint.
pub(super) struct RetryBudget {
    backoff: Backoff,
    refused: u32,
}

impl RetryBudget {
    /// So many refusals take half a minute or so.
    const MOST_REFUSED: u32 = 20;

    pub(super) fn new() -> Self {
        Self {
            backoff: patient(),
            refused: 0,
        }
    }

    /// Whether there is no sense in trying it again.
    pub(super) fn is_over(&mut self, error: &StoreError) -> bool {
        if !error.is_transient() {
            self.refused += 1;
        }
        is_for_good(error) || self.refused >= Self::MOST_REFUSED
    }

    /// How long to wait before the next try; `None` when there is none.
    pub(super) fn next_pause(&mut self) -> Option<Duration> {
        self.backoff.next_pause()
    }
}

/// Whether the stream of answers cannot be used whatever happens to the store.
pub(super) const fn is_for_good(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::StreamDeleted { .. }
            | StoreError::TenantRequired
            | StoreError::TenantForbidden
            | StoreError::Unsupported { .. }
            // The answer's id is stored elsewhere, and nothing will take it away.
            | StoreError::Idempotency { .. }
    )
}

/// Whether what is stored there cannot be read, now or later.
pub(super) const fn is_corrupt(error: &StoreError) -> bool {
    matches!(error, StoreError::Corrupt { .. })
}
