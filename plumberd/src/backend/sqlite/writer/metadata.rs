//! What ends or hides a stream: its metadata, a delete, a tombstone.

use super::append::{Batch, Failure, Session, Target};
use crate::{
    backend::sqlite::{error::corrupt, number::to_sql},
    event::NewEvent,
    store::{
        AppendOutcome,
        rules::{self, Deletion},
    },
    stream::{ExpectedRevision, Revision, StreamMetadata},
};
use rusqlite::OptionalExtension;

impl Session<'_> {
    /// The metadata in force: the last event of the metadata stream.
    pub(super) fn metadata(&mut self, target: Target<'_>) -> Result<StreamMetadata, Failure> {
        let stream = target.stream.metadata_stream();
        let of = Target {
            stream: &stream,
            ..target
        };
        let key = self.row(of)?.key;
        let data = self
            .statements
            .last_data
            .query_row([key], |row| row.get::<_, Vec<u8>>(0))
            .optional()?;
        let Some(data) = data else {
            return Ok(StreamMetadata::default());
        };
        StreamMetadata::from_json(&data)
            .map_err(|error| corrupt(format!("the last event of `{stream}` ({error})")).into())
    }

    /// Appends to the metadata stream, whatever its revision.
    pub(super) fn write_metadata(
        &mut self,
        target: Target<'_>,
        event: NewEvent,
    ) -> Result<AppendOutcome, Failure> {
        let metadata = rules::read_metadata(target.stream, &event)?;
        let stream = target.stream.metadata_stream();
        let of = Target {
            stream: &stream,
            ..target
        };
        let row = self.row(of)?;
        let batch = Batch {
            events: &[event],
            metadata: Some(&metadata),
        };
        self.write(of, row, row.state().next(), batch)
    }

    /// Notes beside the stream what its metadata says.
    pub(super) fn put_in_force(
        &mut self,
        target: Target<'_>,
        metadata: &StreamMetadata,
    ) -> rusqlite::Result<()> {
        let mut row = self.row(target)?;
        let key = self.key(target, &mut row)?;
        self.statements.set_metadata.execute((
            key,
            metadata.max_count.map(to_sql),
            metadata.max_age.map(|age| to_sql(age.as_secs())),
            metadata
                .truncate_before
                .map(|before| to_sql(before.as_u64())),
        ))?;
        row.truncate_before = metadata.truncate_before;
        self.names.keep_stream(target.tenant, target.stream, row);
        Ok(())
    }

    pub(super) fn delete(
        &mut self,
        target: Target<'_>,
        expected: ExpectedRevision,
    ) -> Result<Option<AppendOutcome>, Failure> {
        let row = self.row(target)?;
        match rules::check_delete(target.stream, expected, row.state())? {
            Deletion::AlreadyDeleted => Ok(None),
            Deletion::Write => {
                let current = self.metadata(target)?;
                let event = rules::soft_delete_event(target.stream, &current)?;
                self.write_metadata(target, event).map(Some)
            }
        }
    }

    pub(super) fn tombstone(
        &mut self,
        target: Target<'_>,
        expected: ExpectedRevision,
    ) -> Result<AppendOutcome, Failure> {
        let mut row = self.row(target)?;
        rules::check_tombstone(target.stream, expected, row.state())?;
        let at = Revision::MAX;
        let position = self.insert(target, &mut row, at, &[rules::tombstone_event()])?;
        self.statements.set_tombstone.execute([row.key])?;
        row.tombstoned = true;
        self.names.keep_stream(target.tenant, target.stream, row);
        Ok(AppendOutcome::written(at, at, position))
    }
}
