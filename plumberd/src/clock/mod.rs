//! Where the time comes from, so that a test can say what time it is.

use chrono::{DateTime, Utc};
use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// A source of the current time.
///
/// Stores stamp events and apply `$maxAge` with it. [`Clock::system`] is the
/// default everywhere.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place that asks it"
        )]
        Self(Arc::new(Utc::now))
    }

    /// A clock that stands at `start` until it is told to move on.
    pub fn manual(start: DateTime<Utc>) -> (Self, ManualClock) {
        let hand = ManualClock(Arc::new(Mutex::new(start)));
        let shown = hand.clone();
        (Self(Arc::new(move || shown.now())), hand)
    }

    /// What time it is.
    pub fn now(&self) -> DateTime<Utc> {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

/// The hand of a [`Clock::manual`].
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<DateTime<Utc>>>);

impl ManualClock {
    /// Moves the clock on.
    pub fn advance(&self, by: std::time::Duration) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now += by;
    }

    /// What time the clock shows.
    pub fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
