use crate::stream::Revision;
use chrono::{DateTime, Utc};
use std::{fmt, sync::Arc, time::Duration};

/// When a snapshot is taken: after an append that makes one due.
///
/// Due when at least [`SnapshotPolicy::every`] so many events, or
/// [`SnapshotPolicy::after`] so much time, have passed since the last one, or when
/// [`SnapshotPolicy::when`] says so.
#[derive(Clone)]
pub struct SnapshotPolicy {
    events: Option<u64>,
    age: Option<Duration>,
    own: Option<Arc<Own>>,
    version: u32,
}

/// A rule of the application's.
type Own = dyn Fn(&SnapshotState) -> bool + Send + Sync;

/// How an aggregate stands to its last snapshot, for a rule of one's own:
/// [`SnapshotPolicy::when`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SnapshotState {
    /// The revision that the aggregate is at.
    pub revision: Revision,
    /// What time it is.
    pub now: DateTime<Utc>,
    /// The revision that the last snapshot is of, and when it was taken; `None`
    /// when there is none that can be used.
    pub last: Option<(Revision, DateTime<Utc>)>,
}

impl SnapshotState {
    /// How many events came after the last snapshot; without one, how many there are.
    pub const fn events(&self) -> u64 {
        match self.last {
            Some((last, _)) => self.revision.as_u64().saturating_sub(last.as_u64()),
            // The first event is as far away as from revision −1.
            None => self.revision.as_u64().saturating_add(1),
        }
    }

    /// How old the last snapshot is; `None` without one. Zero when the clock was
    /// set back meanwhile.
    pub fn age(&self) -> Option<Duration> {
        self.last
            .map(|(_, taken)| (self.now - taken).to_std().unwrap_or_default())
    }
}

impl SnapshotPolicy {
    /// Every `events` events; 0 counts as 1.
    pub const fn every(events: u64) -> Self {
        Self {
            events: Some(if events == 0 { 1 } else { events }),
            age: None,
            own: None,
            version: 1,
        }
    }

    /// With the first append when the last snapshot is older than `age`.
    pub const fn after(age: Duration) -> Self {
        Self {
            events: None,
            age: Some(age),
            own: None,
            version: 1,
        }
    }

    /// When this rule says so. It is asked after every append, so it computes and
    /// does not wait; without a new event there is never a snapshot.
    ///
    /// # Examples
    ///
    /// Every hundred events, but not more than one a minute:
    ///
    /// ```
    /// use plumberd::snapshot::SnapshotPolicy;
    /// use std::time::Duration;
    ///
    /// let policy = SnapshotPolicy::when(|state| {
    ///     state.events() >= 100
    ///         && state.age().is_none_or(|age| age >= Duration::from_secs(60))
    /// });
    /// ```
    pub fn when(rule: impl Fn(&SnapshotState) -> bool + Send + Sync + 'static) -> Self {
        Self {
            events: None,
            age: None,
            own: Some(Arc::new(rule)),
            version: 1,
        }
    }

    /// Also when this rule says so.
    #[must_use]
    pub fn or_when(
        mut self,
        rule: impl Fn(&SnapshotState) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.own = Some(match self.own {
            None => Arc::new(rule),
            Some(own) => Arc::new(move |state| own(state) || rule(state)),
        });
        self
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
        let state = SnapshotState {
            revision,
            now,
            last,
        };
        let events = state.events();
        let enough = self.events.is_some_and(|every| events >= every);
        let old = self.age.is_some_and(|age| match last {
            Some((_, taken)) => (now - taken).to_std().is_ok_and(|passed| passed >= age),
            None => true,
        });
        let own = || self.own.as_ref().is_some_and(|own| own(&state));
        events > 0 && (enough || old || own())
    }
}

/// Two policies with a rule of the application's are the same only when one is a
/// clone of the other.
impl PartialEq for SnapshotPolicy {
    fn eq(&self, other: &Self) -> bool {
        let own = match (&self.own, &other.own) {
            (None, None) => true,
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            _ => false,
        };
        own && (self.events, self.age, self.version) == (other.events, other.age, other.version)
    }
}

impl Eq for SnapshotPolicy {}

impl fmt::Debug for SnapshotPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnapshotPolicy")
            .field("events", &self.events)
            .field("age", &self.age)
            .field("own", &self.own.is_some())
            .field("version", &self.version)
            .finish()
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

    #[test]
    fn a_rule_of_ones_own_decides_when_a_snapshot_is_due() {
        let minute = Duration::from_secs(60);
        let policy = SnapshotPolicy::when(move |state| {
            state.events() >= 10 && state.age().is_none_or(|age| age >= minute)
        });
        let last = Some((Revision::new(9), at(0)));

        assert!(!policy.is_due(Revision::new(8), at(0), None));
        assert!(policy.is_due(Revision::new(9), at(0), None));
        assert!(!policy.is_due(Revision::new(19), at(59), last));
        assert!(!policy.is_due(Revision::new(18), at(60), last));
        assert!(policy.is_due(Revision::new(19), at(60), last));
    }

    #[test]
    fn a_rule_of_ones_own_adds_to_the_others() {
        let even =
            SnapshotPolicy::every(10).or_when(|state| state.revision.as_u64().is_multiple_of(2));
        let last = Some((Revision::new(1), at(0)));

        assert!(even.is_due(Revision::new(4), at(0), last));
        assert!(!even.is_due(Revision::new(5), at(0), last));
        assert!(even.is_due(Revision::new(11), at(0), last));
    }

    #[test]
    fn each_rule_of_ones_own_is_enough() {
        let policy = SnapshotPolicy::when(|state| state.revision == Revision::new(4))
            .or_when(|state| state.revision == Revision::new(6));
        let due = |revision| policy.is_due(Revision::new(revision), at(0), None);

        assert_eq!([3, 4, 5, 6, 7].map(due), [false, true, false, true, false]);
    }

    #[test]
    fn a_rule_that_always_holds_takes_no_second_snapshot_of_one_revision() {
        let policy = SnapshotPolicy::when(|_| true);

        assert!(!policy.is_due(Revision::new(4), at(9), Some((Revision::new(4), at(0)))));
    }

    #[test]
    fn policies_with_a_rule_are_the_same_when_one_is_a_clone() {
        let policy = SnapshotPolicy::when(|_| true);

        assert_eq!(policy, policy.clone());
        assert_ne!(policy, SnapshotPolicy::when(|_| true));
        assert_ne!(policy, SnapshotPolicy::every(1));
        assert_eq!(SnapshotPolicy::every(1), SnapshotPolicy::every(1));
    }
}
