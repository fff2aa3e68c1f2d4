//! How long an answer is waited for, and a server that does not answer.

use super::connection::Connection;
use crate::retry::{Backoff, RetryPolicy};
use std::time::Duration;
use tokio::time::Instant;

/// How often a read goes on after a lost connection without an event between:
/// for a few seconds, as a server takes to start again, and no longer than the
/// deadline.
const RESUMES: RetryPolicy = RetryPolicy::DEFAULT
    .with_retries(8)
    .with_pauses(Duration::from_millis(50), Duration::from_secs(1));

/// Until when the server must have answered.
pub(super) struct ReadDeadline {
    ends: Instant,
    /// What is waited again after an answer that is not the last.
    again: Option<Duration>,
    backoff: Backoff,
}

impl ReadDeadline {
    /// Of a call, which ends then, whatever has come.
    pub(super) fn until(ends: Instant) -> Self {
        Self {
            ends,
            again: None,
            backoff: Backoff::new(RESUMES),
        }
    }

    /// Of a read, which may be of any length: as long as something comes.
    pub(super) fn while_it_goes_on(connection: &Connection) -> Self {
        Self {
            again: Some(connection.deadline()),
            ..Self::until(connection.ends())
        }
    }

    pub(super) const fn ends(&self) -> Instant {
        self.ends
    }

    /// Something has come, or no call waited.
    pub(super) fn renew(&mut self) {
        self.backoff = Backoff::new(RESUMES);
        if let Some(again) = self.again {
            self.ends = Instant::now() + again;
        }
    }

    /// How long to wait before it is tried again; `None` when that is for
    /// nothing.
    pub(super) fn pause(&mut self) -> Option<Duration> {
        let left = self.ends.saturating_duration_since(Instant::now());
        self.backoff.next_pause().filter(|pause| *pause < left)
    }
}
