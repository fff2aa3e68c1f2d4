use std::sync::atomic::{AtomicU64, Ordering};

/// What a store's writer has done since it was opened.
///
/// Fewer `commits` than `appends` means that concurrent appends shared them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SqliteStats {
    /// Appends, deletes and tombstones that were answered, refused ones too.
    pub calls: u64,
    /// Events that were written.
    pub events: u64,
    /// Transactions that were committed.
    pub commits: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    calls: AtomicU64,
    events: AtomicU64,
    commits: AtomicU64,
}

impl Counters {
    pub(super) fn committed(&self, calls: usize, events: u64) {
        self.answered(calls);
        self.events.fetch_add(events, Ordering::Relaxed);
        self.commits.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn answered(&self, calls: usize) {
        self.calls.fetch_add(calls as u64, Ordering::Relaxed);
    }

    pub(super) fn shown(&self) -> SqliteStats {
        SqliteStats {
            calls: self.calls.load(Ordering::Relaxed),
            events: self.events.load(Ordering::Relaxed),
            commits: self.commits.load(Ordering::Relaxed),
        }
    }
}
