//! Subscribers of `tracing` in tests that run beside one another.

use std::sync::LazyLock;
use tracing::{
    Dispatch, Subscriber,
    subscriber::{DefaultGuard, NoSubscriber},
};

/// A subscriber that is there all the time, and hears nothing.
///
/// `tracing` keeps for each place that tells something whether a subscriber listens.
/// As long as it knows of one at the most it asks only the thread that comes to
/// the place first: one without a subscriber silences the place for the thread
/// that has it. With this one there are always two, and then it asks them all.
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(NoSubscriber::default()));

/// Sets the subscriber of this thread, until the guard is dropped. It hears
/// everything that it asks for, whatever other threads do meanwhile.
#[must_use]
pub fn set(subscriber: impl Subscriber + Send + Sync) -> DefaultGuard {
    LazyLock::force(&SECOND);
    tracing::subscriber::set_default(subscriber)
}
