use super::{
    names::{Kind, Kinds, Named, Streams},
    order::Order,
};
use crate::{
    backend::sqlite::{
        checksum::{self, EventParts, Unchecked},
        error::{corrupt, store_error},
        number::{position, revision},
    },
    event::{RawMetadata, RecordedEvent},
    store::{Direction, StoreError},
};
use bytes::Bytes;
use chrono::DateTime;
use rusqlite::{Row, types::ValueRef};
use std::ops::Range;
use uuid::Uuid;

/// The columns that [`PageBuffer::push`] reads, in this order.
pub(super) const COLUMNS: &str =
    "position, stream, revision, kind, id, recorded_at, data, metadata, checksum, tenant";

/// A page also ends when it has so many bytes of data, those that its links
/// point to included.
pub(super) const PAGE_BYTES: usize = 4 << 20;

/// The events of a page while it is read: all data in one piece of memory that
/// the events share.
#[derive(Default)]
pub(super) struct PageBuffer {
    rows: Vec<RowParts>,
    bytes: Vec<u8>,
}

struct RowParts {
    position: i64,
    stream: i64,
    revision: i64,
    kind: i64,
    id: Uuid,
    recorded: i64,
    data: Range<usize>,
    metadata: Range<usize>,
    checksum: Option<i64>,
    tenant: i64,
}

/// Fails unless the `row`, which a read leaves out, is the one that was written:
/// what it says decides that it is left out.
pub(super) fn check_left_out(
    row: &Row<'_>,
    named: &Named,
    kind: &Kind,
    unchecked: Unchecked,
) -> Result<(), StoreError> {
    let at = row.get(0).map_err(store_error)?;
    let parts = EventParts {
        revision: row.get(2).map_err(store_error)?,
        recorded: row.get(5).map_err(store_error)?,
        id: id(row, at)?,
        data: blob(row, 6, at)?,
        metadata: blob(row, 7, at)?,
    };
    let tenant = row.get(9).map_err(store_error)?;
    check(
        at,
        tenant,
        row.get(8).map_err(store_error)?,
        named,
        kind,
        &parts,
        unchecked,
    )
}

fn check(
    at: i64,
    tenant: i64,
    stored: Option<i64>,
    named: &Named,
    kind: &Kind,
    parts: &EventParts<'_>,
    unchecked: Unchecked,
) -> Result<(), StoreError> {
    if tenant != named.tenant_key {
        return Err(corrupt(format!("the tenant of the event at position {at}")));
    }
    checksum::check(
        stored,
        at <= unchecked.position,
        || checksum::of_event(named.sum, kind.sum, parts),
        || format!("the event at position {at}"),
    )
}

fn id(row: &Row<'_>, at: i64) -> Result<Uuid, StoreError> {
    let id = match row.get_ref(4).map_err(store_error)? {
        ValueRef::Blob(id) => Uuid::from_slice(id).ok(),
        _ => None,
    };
    id.ok_or_else(|| corrupt(format!("the id of the event at position {at}")))
}

fn blob<'r>(row: &'r Row<'_>, column: usize, at: i64) -> Result<&'r [u8], StoreError> {
    match row.get_ref(column).map_err(store_error)? {
        ValueRef::Blob(blob) => Ok(blob),
        _ => Err(corrupt(format!("the data of the event at position {at}"))),
    }
}

impl PageBuffer {
    pub(super) fn is_full(&self, most: usize) -> bool {
        self.rows.len() >= most || self.bytes.len() >= PAGE_BYTES
    }

    pub(super) fn push(&mut self, row: &Row<'_>) -> Result<(), StoreError> {
        let integer = |column| row.get::<_, i64>(column).map_err(store_error);
        let at = integer(0)?;
        let mut copied = |column| {
            let start = self.bytes.len();
            self.bytes.extend_from_slice(blob(row, column, at)?);
            Ok::<_, StoreError>(start..self.bytes.len())
        };
        let data = copied(6)?;
        let metadata = copied(7)?;
        self.rows.push(RowParts {
            position: at,
            stream: integer(1)?,
            revision: integer(2)?,
            kind: integer(3)?,
            id: id(row, at)?,
            recorded: integer(5)?,
            data,
            metadata,
            checksum: row.get(8).map_err(store_error)?,
            tenant: integer(9)?,
        });
        Ok(())
    }

    /// Fails unless the rows are of the stream `key`, each of the revision next
    /// to the one before, between `low` and `high`.
    pub(super) fn check_revisions(
        &self,
        key: i64,
        direction: Direction,
        (low, high): (i64, i64),
    ) -> Result<(), StoreError> {
        let mut order = Order::new("revision", direction, (low, high));
        for row in &self.rows {
            if row.stream != key {
                let at = row.position;
                return Err(corrupt(format!("the stream of the event at position {at}")));
            }
            order.step(row.revision, true)?;
        }
        Ok(())
    }

    pub(super) fn first_revision(&self) -> Option<i64> {
        self.rows.first().map(|row| row.revision)
    }

    pub(super) fn last_revision(&self) -> Option<i64> {
        self.rows.last().map(|row| row.revision)
    }

    pub(super) fn into_events(
        self,
        kinds: &mut Kinds<'_>,
        streams: &mut Streams<'_>,
        unchecked: Unchecked,
    ) -> Result<Vec<RecordedEvent>, StoreError> {
        let bytes = Bytes::from(self.bytes);
        let mut events = Vec::with_capacity(self.rows.len());
        // Neighbours are mostly of one stream, and of few kinds.
        let mut last_stream = None;
        let mut last_kind: Option<(i64, Kind)> = None;
        for row in self.rows {
            let named = match &last_stream {
                Some((key, found)) if *key == row.stream => found,
                _ => {
                    let found = streams.get(row.stream)?.clone();
                    &last_stream.insert((row.stream, found)).1
                }
            };
            let kind = match &last_kind {
                Some((key, kind)) if *key == row.kind => kind,
                _ => &last_kind.insert((row.kind, kinds.get(row.kind)?.clone())).1,
            };
            let (data, metadata) = (bytes.slice(row.data), bytes.slice(row.metadata));
            let parts = EventParts {
                revision: row.revision,
                recorded: row.recorded,
                id: row.id,
                data: &data,
                metadata: &metadata,
            };
            check(
                row.position,
                row.tenant,
                row.checksum,
                named,
                kind,
                &parts,
                unchecked,
            )?;
            events.push(RecordedEvent {
                stream: named.stream.clone(),
                revision: revision(row.revision),
                position: position(row.position),
                id: row.id,
                event_type: kind.event_type.clone(),
                content_type: kind.content_type.clone(),
                data,
                metadata: RawMetadata::new(metadata),
                shape_revision: kind.shape,
                recorded_at: DateTime::from_timestamp_micros(row.recorded).ok_or_else(|| {
                    corrupt(format!(
                        "the time of the event at position {}",
                        row.position
                    ))
                })?,
                tenant: named.tenant.clone(),
                link: None,
            });
        }
        Ok(events)
    }
}
