use serde::{Deserialize, Serialize};
use std::fmt;

/// The number of an event in its stream: 0, 1, 2, …
///
/// Revisions of a stream are consecutive. They go on after a soft delete, so
/// a revision never names two events.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(u64);

impl Revision {
    /// The revision of the first event of a stream.
    pub const FIRST: Self = Self(0);

    /// The highest revision, `i64::MAX`: a store's own mark for a tombstone.
    pub const MAX: Self = Self(i64::MAX.unsigned_abs());

    /// The revision `number`, counted from 0.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number, counted from 0.
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The revision after this one; stays where it is at `u64::MAX`.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The revision `count` after this one, if there is such a number.
    pub const fn checked_add(self, count: u64) -> Option<Self> {
        match self.0.checked_add(count) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The revision before this one; none before the first.
    pub const fn previous(self) -> Option<Self> {
        match self.0.checked_sub(1) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }
}

impl From<u64> for Revision {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Revision({})", self.0)
    }
}

/// What a writer believes about a stream; an append to another stream state
/// is refused.
///
/// A soft-deleted stream counts as one without events: `NoStream` matches it,
/// `StreamExists` and `Exact` do not, so a decision made before the delete
/// cannot land after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExpectedRevision {
    /// Nothing: append whatever the stream's state.
    Any,
    /// The stream has no events.
    NoStream,
    /// The stream has at least one event.
    StreamExists,
    /// The last event of the stream has this revision.
    Exact(Revision),
}

impl From<Revision> for ExpectedRevision {
    fn from(last: Revision) -> Self {
        Self::Exact(last)
    }
}

impl From<Option<Revision>> for ExpectedRevision {
    /// `Some(revision)` is `Exact`, `None` is `NoStream`.
    fn from(last: Option<Revision>) -> Self {
        last.map_or(Self::NoStream, Self::Exact)
    }
}

impl fmt::Display for ExpectedRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any revision"),
            Self::NoStream => f.write_str("no stream"),
            Self::StreamExists => f.write_str("an existing stream"),
            Self::Exact(revision) => write!(f, "revision {revision}"),
        }
    }
}
