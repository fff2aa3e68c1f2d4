//! The order that rows have, whatever a damaged file gives.

use crate::{
    backend::sqlite::error::corrupt,
    store::{Direction, StoreError},
};
use rusqlite::Connection;

/// Numbers that follow one another in a read.
pub(super) struct Order {
    what: &'static str,
    direction: Direction,
    low: i64,
    high: i64,
    last: Option<i64>,
}

impl Order {
    /// That of positions or revisions from `low` to `high`.
    pub(super) fn new(what: &'static str, direction: Direction, (low, high): (i64, i64)) -> Self {
        Self {
            what,
            direction,
            low,
            high,
            last: None,
        }
    }

    /// Fails unless `number` may come next; with `dense` only if it is next to
    /// the one before.
    pub(super) fn step(&mut self, number: i64, dense: bool) -> Result<(), StoreError> {
        let what = self.what;
        if !(self.low..=self.high).contains(&number) {
            let (low, high) = (self.low, self.high);
            return Err(corrupt(format!(
                "{what} {number} is among those from {low} to {high}"
            )));
        }
        if let Some(last) = self.last.replace(number) {
            let (earlier, later) = match self.direction {
                Direction::Forwards => (last, number),
                Direction::Backwards => (number, last),
            };
            if later <= earlier || (dense && later - earlier != 1) {
                return Err(corrupt(format!(
                    "{what} {later} is next to {earlier}, and nothing between them"
                )));
            }
        }
        Ok(())
    }
}

/// The last position that was given to an event.
pub(in super::super) fn given_positions(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row(
        "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)",
        [],
        |row| row.get(0),
    )
}

/// Fails unless the last position `there` is the last that was `given`, in a
/// store without gaps above `unchecked`.
pub(in super::super) fn check_head(
    there: Option<i64>,
    given: Option<i64>,
    unchecked: i64,
) -> Result<(), StoreError> {
    let (there, given) = (there.unwrap_or(0), given.unwrap_or(0));
    if there == given || there.max(given) <= unchecked {
        return Ok(());
    }
    Err(corrupt(format!(
        "the last event is at position {there}, and positions were given up to {given}"
    )))
}

/// The entry after `(stream, revision)` in the index of streams.
pub(in super::super) const ENTRY_AFTER: &str =
    "SELECT stream, revision FROM events WHERE (stream, revision) > (?1, ?2)
     ORDER BY stream, revision LIMIT 1";

/// Fails unless the entry `found` after the last event of the stream `key` is
/// the first of another, or its tombstone: an entry that is lost, or a page in
/// the place of another, leaves a stream without beginning there.
pub(in super::super) fn check_entry_after(
    key: i64,
    found: Option<(i64, i64)>,
) -> Result<(), StoreError> {
    match found {
        None => Ok(()),
        Some((stream, revision)) if stream >= key && revision == i64::MAX => Ok(()),
        Some((stream, 0)) if stream > key => Ok(()),
        Some((stream, revision)) => Err(corrupt(format!(
            "revision {revision} of stream number {stream} follows the end of stream number {key}"
        ))),
    }
}

/// Fails unless there are as many events as positions from `low` to `high`.
pub(super) fn check_count(found: i64, low: i64, high: i64) -> Result<(), StoreError> {
    if found == high - low + 1 {
        return Ok(());
    }
    Err(corrupt(format!(
        "there are {found} events at the positions from {low} to {high}"
    )))
}
