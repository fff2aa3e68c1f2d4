use crate::stream::Revision;
use chrono::{DateTime, Utc};
use std::time::Duration;

/// When a snapshot is taken: after an append that makes one due.
///
/// Due when at least [`SnapshotPolicy::every`] so many events, or
/// [`SnapshotPolicy::after`] so much time, have passed since the last one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotPolicy {
    events: Option<u64>,
    age: Option<Duration>,
    version: u32,
}

impl SnapshotPolicy {
    /// Every `events` events; 0 counts as 1.
    pub const fn every(events: u64) -> Self {
        Self {
            events: Some(if events == 0 { 1 } else { events }),
            age: None,
            version: 1,
        }
    }

    /// With the first append when the last snapshot is older than `age`.
    pub const fn after(age: Duration) -> Self {
        Self {
            events: None,
            age: Some(age),
            version: 1,
        }
    }

    /// Also when the last snapshot is older than `age`.
    #[must_use]
    pub const fn or_after(mut self, age: Duration) -> Self {
        self.age = Some(age);
        self
    }

    /// With another version of the fold, 1 by default.
    ///
    /// A snapshot is used only when the state has the same shape as when it
    /// was taken. Raise the version when handlers change what they do while
    /// the state keeps its shape: older snapshots are then passed over.
    #[must_use]
    pub const fn with_version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// The version of the fold.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Whether a snapshot is due at `revision`, `now`; `last` says where and
    /// when the last one was taken.
    pub fn is_due(
        &self,
        revision: Revision,
        now: DateTime<Utc>,
        last: Option<(Revision, DateTime<Utc>)>,
    ) -> bool {
        // Without a snapshot the first event is as far away as from revision −1.
        let events = match last {
            Some((last, _)) => revision.as_u64().saturating_sub(last.as_u64()),
            None => revision.as_u64().saturating_add(1),
        };
        let enough = self.events.is_some_and(|every| events >= every);
        let old = self.age.is_some_and(|age| match last {
            Some((_, taken)) => (now - taken).to_std().is_ok_and(|passed| passed >= age),
            None => false,
        });
        events > 0 && (enough || old || (self.age.is_some() && last.is_none()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap_or_default()
    }

    #[test]
    fn a_snapshot_is_due_every_so_many_events() {
        let policy = SnapshotPolicy::every(10);

        assert!(!policy.is_due(Revision::new(8), at(0), None));
        assert!(policy.is_due(Revision::new(9), at(0), None));
        assert!(!policy.is_due(Revision::new(18), at(0), Some((Revision::new(9), at(0)))));
        assert!(policy.is_due(Revision::new(19), at(0), Some((Revision::new(9), at(0)))));
    }

    #[test]
    fn a_snapshot_is_due_after_some_time() {
        let policy = SnapshotPolicy::after(Duration::from_secs(60));

        assert!(policy.is_due(Revision::new(0), at(0), None));
        assert!(!policy.is_due(Revision::new(1), at(59), Some((Revision::new(0), at(0)))));
        assert!(policy.is_due(Revision::new(1), at(60), Some((Revision::new(0), at(0)))));
    }

    #[test]
    fn no_snapshot_is_due_of_what_has_one() {
        let policy = SnapshotPolicy::every(1).or_after(Duration::ZERO);

        assert!(!policy.is_due(Revision::new(4), at(9), Some((Revision::new(4), at(0)))));
    }
}
