use super::{
    batch::{Failure, Target},
    statements::Statements,
};
use crate::{
    backend::sqlite::{
        checksum::{self, Unchecked},
        in_force,
        number::to_sql,
        read::check_entry_after,
    },
    event::{ContentType, EventType, NewEvent},
    store::toolkit::rules::StreamState,
    stream::{Revision, StreamName, TenantId},
};
use lru::LruCache;
use rusqlite::OptionalExtension;
use std::num::NonZeroUsize;

const STREAMS: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();
const KINDS: NonZeroUsize = NonZeroUsize::new(1024).unwrap();
const TENANTS: NonZeroUsize = NonZeroUsize::new(1024).unwrap();

/// The key of events that belong to no tenant.
pub(super) const NO_TENANT: i64 = 0;

/// What the writer must know of a stream to decide an append.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct StreamRow {
    /// None until it is written for the first time.
    pub(super) key: Option<i64>,
    pub(super) last: Option<Revision>,
    pub(super) truncate_before: Option<Revision>,
    pub(super) tombstoned: bool,
}

impl StreamRow {
    pub(super) fn state(&self) -> StreamState {
        StreamState {
            last: self.last,
            deleted: self.truncate_before == Some(Revision::MAX),
            tombstoned: self.tombstoned,
        }
    }
}

/// What has been looked up, for as long as no other process has written and nothing
/// was taken back.
pub(super) struct Names {
    streams: LruCache<(i64, StreamName), StreamRow>,
    /// Keys, and the checksums of what they stand for.
    kinds: LruCache<(EventType, ContentType, u32), (i64, u32)>,
    tenants: LruCache<TenantId, i64>,
    pub(super) unchecked: Unchecked,
}

impl Names {
    pub(super) fn new(unchecked: Unchecked) -> Self {
        Self {
            unchecked,
            streams: LruCache::new(STREAMS),
            kinds: LruCache::new(KINDS),
            tenants: LruCache::new(TENANTS),
        }
    }

    pub(super) fn forget(&mut self) {
        self.streams.clear();
        self.kinds.clear();
        self.tenants.clear();
    }

    /// The key of the tenant, which it is given if it has none.
    pub(super) fn tenant(
        &mut self,
        statements: &mut Statements<'_>,
        tenant: Option<&TenantId>,
    ) -> rusqlite::Result<i64> {
        let Some(tenant) = tenant else {
            return Ok(NO_TENANT);
        };
        if let Some(key) = self.tenants.get(tenant) {
            return Ok(*key);
        }
        let found = statements
            .find_tenant
            .query_row([tenant.as_str()], |row| row.get(0))
            .optional()?;
        let key = match found {
            Some(key) => key,
            None => statements.add_tenant.insert([tenant.as_str()])?,
        };
        self.tenants.put(tenant.clone(), key);
        Ok(key)
    }

    pub(super) fn stream(
        &mut self,
        statements: &mut Statements<'_>,
        target: Target<'_>,
    ) -> Result<StreamRow, Failure> {
        let Target { tenant, stream, .. } = target;
        let name = (tenant, stream.clone());
        if let Some(row) = self.streams.get(&name) {
            return Ok(*row);
        }
        let found = statements
            .find_stream
            .query_row((tenant, stream.as_str()), |row| {
                let metadata = in_force::read(row, 1)?;
                Ok((row.get(0)?, metadata, row.get(4)?, row.get(5)?))
            })
            .optional()?;
        let Some((key, metadata, tombstoned, stored)) = found else {
            return Ok(StreamRow::default());
        };
        checksum::check(
            stored,
            key <= self.unchecked.stream,
            || {
                let name = checksum::of_name(stream, target.tenant_id);
                checksum::of_stream(name, &metadata, tombstoned)
            },
            || format!("the row of the stream `{stream}`"),
        )?;
        let mut row = StreamRow {
            key: Some(key),
            last: None,
            truncate_before: metadata.truncate_before,
            tombstoned,
        };
        row.last = statements.last_revision.of(key)?;
        let last = row.last.map_or(-1, |last| to_sql(last.as_u64()));
        let after = statements
            .entry_after
            .query_row((key, last), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        check_entry_after(key, after)?;
        self.streams.put(name, row);
        Ok(row)
    }

    /// Keeps what `stream` is like now.
    pub(super) fn keep_stream(&mut self, tenant: i64, stream: &StreamName, row: StreamRow) {
        self.streams.put((tenant, stream.clone()), row);
    }

    pub(super) fn kind(
        &mut self,
        statements: &mut Statements<'_>,
        event: &NewEvent,
    ) -> rusqlite::Result<(i64, u32)> {
        let shape = event.shape_revision();
        let name = (
            event.event_type().clone(),
            event.content_type().clone(),
            shape,
        );
        if let Some(kind) = self.kinds.get(&name) {
            return Ok(*kind);
        }
        let columns = (
            event.event_type().as_str(),
            event.content_type().as_str(),
            shape,
        );
        let found = statements
            .find_kind
            .query_row(columns, |row| row.get(0))
            .optional()?;
        let kind = match found {
            Some(kind) => kind,
            None => statements.add_kind.insert(columns)?,
        };
        let sum = checksum::of_kind(columns.0, columns.1, shape);
        self.kinds.put(name, (kind, sum));
        Ok((kind, sum))
    }
}
