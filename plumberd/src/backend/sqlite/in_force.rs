//! What is in force for a stream, as the columns of its row have it.

use super::number::{from_sql, to_sql};
use crate::stream::{Revision, StreamMetadata};
use rusqlite::Row;
use std::time::Duration;

/// The columns, in the order in which [`read`] and [`columns`] have them.
pub(super) const COLUMNS: &str = "max_count, max_age, truncate_before";

/// What the row says, from the column `first` on.
pub(super) fn read(row: &Row<'_>, first: usize) -> rusqlite::Result<StreamMetadata> {
    let number = |column| -> rusqlite::Result<Option<u64>> {
        Ok(row.get::<_, Option<i64>>(first + column)?.map(from_sql))
    };
    Ok(StreamMetadata {
        max_count: number(0)?,
        max_age: number(1)?.map(Duration::from_secs),
        truncate_before: number(2)?.map(Revision::new),
        ..StreamMetadata::default()
    })
}

/// What the row is to say.
pub(super) fn columns(metadata: &StreamMetadata) -> [Option<i64>; 3] {
    [
        metadata.max_count.map(to_sql),
        metadata.max_age.map(|age| to_sql(age.as_secs())),
        metadata
            .truncate_before
            .map(|before| to_sql(before.as_u64())),
    ]
}
