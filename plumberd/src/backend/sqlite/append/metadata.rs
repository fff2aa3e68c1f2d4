//! What ends or hides a stream: its metadata, a delete, a tombstone.

use super::batch::{Batch, Failure, Session, Target};
use crate::{
    backend::sqlite::{
        checksum::{self, EventParts},
        error::corrupt,
        in_force,
    },
    event::NewEvent,
    store::{
        AppendOutcome,
        toolkit::rules::{self, Deletion},
    },
    stream::{ExpectedRevision, Revision, StreamMetadata},
};
use rusqlite::OptionalExtension;
use uuid::Uuid;

impl Session<'_> {
    /// The metadata in force: the last event of the metadata stream.
    pub(super) fn metadata(&mut self, target: Target<'_>) -> Result<StreamMetadata, Failure> {
        let stream = target.stream.metadata_stream();
        let of = Target {
            stream: &stream,
            ..target
        };
        let key = self.row(of)?.key;
        let unchecked = self.names.unchecked;
        let last = self
            .statements
            .last_event
            .query_row([key], |row| {
                let data: Vec<u8> = row.get(3)?;
                let stored: Option<i64> = row.get(5)?;
                let position: i64 = row.get(6)?;
                let (event_type, content_type): (String, String) = (row.get(7)?, row.get(8)?);
                let parts = EventParts {
                    revision: row.get(0)?,
                    recorded: row.get(1)?,
                    id: Uuid::from_bytes(row.get(2)?),
                    data: &data,
                    metadata: row.get_ref(4)?.as_blob()?,
                };
                let kind = checksum::of_kind(&event_type, &content_type, row.get(9)?);
                let name = checksum::of_name(&stream, target.tenant_id);
                let computed = checksum::of_event(name, kind, &parts);
                Ok((data, stored, position, computed))
            })
            .optional()?;
        let Some((data, stored, position, computed)) = last else {
            return Ok(StreamMetadata::default());
        };
        checksum::check(
            stored,
            position <= unchecked.position,
            || computed,
            || format!("the event at position {position}"),
        )?;
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
    ) -> Result<(), Failure> {
        let mut row = self.row(target)?;
        let key = self.key(target, &mut row)?;
        let [max_count, max_age, truncate_before] = in_force::columns(metadata);
        let name = checksum::of_name(target.stream, target.tenant_id);
        let checksum = checksum::of_stream(name, metadata, row.tombstoned);
        self.statements.set_metadata.execute((
            key,
            max_count,
            max_age,
            truncate_before,
            checksum,
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
        let metadata = self.metadata(target)?;
        let at = Revision::MAX;
        let position = self.insert(target, &mut row, at, &[rules::tombstone_event()])?;
        let name = checksum::of_name(target.stream, target.tenant_id);
        let checksum = checksum::of_stream(name, &metadata, true);
        self.statements.set_tombstone.execute((row.key, checksum))?;
        row.tombstoned = true;
        self.names.keep_stream(target.tenant, target.stream, row);
        Ok(AppendOutcome::written(at, at, position))
    }
}
