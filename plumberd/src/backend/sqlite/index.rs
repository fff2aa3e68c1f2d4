//! What an index says, held against the rows that it names.

use super::{
    error::{corrupt, store_error},
    number::revision,
};
use crate::{store::StoreError, stream::Revision};
use rusqlite::{Connection, OptionalExtension, Statement};

/// The last revision of a stream, its tombstone left out.
pub(super) struct LastRevision<'c>(Statement<'c>);

impl<'c> LastRevision<'c> {
    pub(super) fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        connection
            .prepare(
                "SELECT i.revision, e.stream IS ?1 AND e.revision IS i.revision FROM
                    (SELECT position, revision FROM events
                     WHERE stream = ?1 AND revision < 9223372036854775807
                     ORDER BY revision DESC LIMIT 1) i
                 LEFT JOIN events e ON e.position = i.position",
            )
            .map(Self)
    }

    pub(super) fn of(&mut self, key: i64) -> Result<Option<Revision>, StoreError> {
        let last = self
            .0
            .query_row([key], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional();
        match last.map_err(store_error)? {
            None => Ok(None),
            Some((last, true)) => Ok(Some(revision(last))),
            Some((last, false)) => Err(corrupt(format!(
                "the index has revision {last} as the last of stream number {key}, and the events \
                 have not"
            ))),
        }
    }
}
