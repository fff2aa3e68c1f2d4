//! Revisions and positions are `u64`, SQLite's integers are `i64`.

use crate::stream::{Position, Revision};

/// As SQLite keeps it; what is beyond its integers becomes the largest, which
/// no event has.
pub(super) fn to_sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Columns hold no negative number; one that does is damage, and 0 is found
/// out by the reader that misses the event.
pub(super) fn from_sql(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

pub(super) fn revision(number: i64) -> Revision {
    Revision::new(from_sql(number))
}

pub(super) fn position(number: i64) -> Position {
    Position::new(from_sql(number))
}
