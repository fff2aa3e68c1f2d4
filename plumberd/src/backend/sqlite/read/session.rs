use super::{
    event::{COLUMNS, PAGE_BYTES, PageBuffer},
    names::{Kinds, Streams},
    order::{ENTRY_AFTER, check_entry_after, check_head},
};
use crate::{
    backend::sqlite::{
        checksum::{self, Unchecked},
        config::SqliteConfig,
        error::{corrupt, store_error},
        files::Files,
        in_force,
        index::LastRevision,
        number::{position, revision, to_sql},
    },
    clock::Clock,
    event::RecordedEvent,
    store::{
        Location, StoreError, StreamInfo,
        toolkit::rules::{self, Visibility},
    },
    stream::{Position, Revision, StreamMetadata, StreamName, TenantId},
};
use lru::LruCache;
use rusqlite::{Connection, OptionalExtension, Statement};
use std::{num::NonZeroUsize, sync::Arc};
use uuid::Uuid;

const STREAM_KEYS: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();

/// One thread's side of the reads.
pub(in super::super) struct Session<'c> {
    pub(super) connection: &'c Connection,
    files: Arc<Files>,
    pub(super) kinds: Kinds<'c>,
    pub(super) streams: Streams<'c>,
    pub(super) forwards: Statement<'c>,
    pub(super) backwards: Statement<'c>,
    /// The events of a stream after a position.
    pub(super) after_position: Statement<'c>,
    pub(super) all_forwards: Statement<'c>,
    pub(super) all_backwards: Statement<'c>,
    clock: Clock,
    begin: Statement<'c>,
    commit: Statement<'c>,
    head: Statement<'c>,
    pub(super) unchecked: Unchecked,
    entry_after: Statement<'c>,
    find_stream: Statement<'c>,
    stream_row: Statement<'c>,
    last_revision: LastRevision<'c>,
    find_event: Statement<'c>,
    find_tenant: Statement<'c>,
    keys: LruCache<(Option<TenantId>, StreamName), i64>,
}

/// A stream that exists, and what is visible of it.
pub(in super::super) struct Found {
    pub(super) key: i64,
    metadata: StreamMetadata,
    tombstoned: bool,
}

impl<'c> Session<'c> {
    pub(super) fn new(
        connection: &'c Connection,
        config: &SqliteConfig,
        files: Arc<Files>,
    ) -> rusqlite::Result<Self> {
        let prepare = |sql: &str| connection.prepare(sql);
        let page = |order: &str| {
            connection.prepare(&format!(
                "SELECT {COLUMNS} FROM events
                 WHERE stream = ?1 AND revision BETWEEN ?2 AND ?3 AND recorded_at > ?4
                 ORDER BY revision {order}"
            ))
        };
        let all = |order: &str| {
            connection.prepare(&format!(
                "SELECT {COLUMNS} FROM events WHERE position BETWEEN ?1 AND ?2
                 ORDER BY position {order}"
            ))
        };
        Ok(Self {
            connection,
            files,
            kinds: Kinds::new(connection)?,
            streams: Streams::new(connection)?,
            forwards: page("ASC")?,
            backwards: page("DESC")?,
            after_position: prepare(&format!(
                "SELECT {COLUMNS} FROM events WHERE stream = ?1 AND position > ?2 ORDER BY revision"
            ))?,
            all_forwards: all("ASC")?,
            all_backwards: all("DESC")?,
            clock: config.clock.clone(),
            begin: prepare("BEGIN")?,
            commit: prepare("COMMIT")?,
            head: prepare(
                "SELECT max(position), (SELECT seq FROM sqlite_sequence WHERE name = 'events')
                 FROM events",
            )?,
            unchecked: Unchecked::load(connection)?,
            entry_after: prepare(ENTRY_AFTER)?,
            find_stream: prepare("SELECT stream FROM streams WHERE tenant = ?1 AND name = ?2")?,
            stream_row: prepare(&format!(
                "SELECT {}, tombstoned, checksum FROM streams WHERE stream = ?1",
                in_force::COLUMNS,
            ))?,
            last_revision: LastRevision::new(connection)?,
            find_event: prepare(
                "SELECT stream, revision, position FROM events WHERE id = ?1 AND tenant = ?2",
            )?,
            find_tenant: prepare("SELECT tenant FROM tenants WHERE name = ?1")?,
            keys: LruCache::new(STREAM_KEYS),
        })
    }

    /// Fails when what this thread reads is not what has the path.
    pub(super) fn check_files(&self) -> Result<(), StoreError> {
        self.files.check_main()?;
        Ok(())
    }

    /// Has `read` see one state of the store throughout.
    pub(super) fn in_snapshot<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.begin.execute([]).map_err(store_error)?;
        let result = read(self);
        let ended = self.commit.execute([]);
        if ended.is_err() && !self.connection.is_autocommit() {
            // Nothing was written, so it does not matter how it ends.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        let value = result?;
        ended.map_err(store_error)?;
        Ok(value)
    }

    /// The position of the last event there is.
    pub(in super::super) fn head(&mut self) -> Result<Option<Position>, StoreError> {
        let (head, given): (Option<i64>, _) = self
            .head
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(store_error)?;
        check_head(head, given, self.unchecked.position)?;
        Ok(head.map(position))
    }

    /// The key of the tenant; none when nothing was ever written for it.
    fn tenant(&mut self, tenant: Option<&TenantId>) -> Result<Option<i64>, StoreError> {
        let Some(tenant) = tenant else {
            return Ok(Some(0));
        };
        self.find_tenant
            .query_row([tenant.as_str()], |row| row.get(0))
            .optional()
            .map_err(store_error)
    }

    fn key(
        &mut self,
        tenant: Option<&TenantId>,
        stream: &StreamName,
    ) -> Result<Option<i64>, StoreError> {
        let name = (tenant.cloned(), stream.clone());
        if let Some(key) = self.keys.get(&name) {
            return Ok(Some(*key));
        }
        let Some(tenant) = self.tenant(tenant)? else {
            return Ok(None);
        };
        let key = self
            .find_stream
            .query_row((tenant, stream.as_str()), |row| row.get(0))
            .optional()
            .map_err(store_error)?;
        if let Some(key) = key {
            self.keys.put(name, key);
        }
        Ok(key)
    }

    pub(super) fn find(
        &mut self,
        tenant: Option<&TenantId>,
        stream: &StreamName,
    ) -> Result<Option<Found>, StoreError> {
        let Some(key) = self.key(tenant, stream)? else {
            return Ok(None);
        };
        let found = self
            .stream_row
            .query_row([key], |row| {
                let metadata = in_force::read(row, 0)?;
                let found = Found {
                    key,
                    metadata,
                    tombstoned: row.get(3)?,
                };
                Ok((found, row.get(4)?))
            })
            .optional()
            .map_err(store_error)?;
        let Some((found, stored)) = found else {
            return Err(corrupt(format!(
                "the index has the stream `{stream}`, and the table has not"
            )));
        };
        checksum::check(
            stored,
            key <= self.unchecked.stream,
            || {
                let name = checksum::of_name(stream, tenant);
                checksum::of_stream(name, &found.metadata, found.tombstoned)
            },
            || format!("the row of the stream `{stream}`"),
        )?;
        Ok(Some(found))
    }

    /// Fails when the stream `key` cannot end where a read of it ended: after
    /// `last`, or without an event.
    pub(super) fn check_end(&mut self, key: i64, last: i64) -> Result<(), StoreError> {
        let after = self
            .entry_after
            .query_row((key, last), |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()
            .map_err(store_error)?;
        check_entry_after(key, after)
    }

    pub(super) fn last_revision(&mut self, key: i64) -> Result<Option<Revision>, StoreError> {
        self.last_revision.of(key)
    }

    pub(super) fn visibility(&mut self, found: &Found) -> Result<Visibility, StoreError> {
        let last = match found.metadata.max_count {
            Some(_) => self.last_revision(found.key)?,
            // Only a count needs to know.
            None => None,
        };
        Ok(Visibility::of(&found.metadata, last, self.clock.now()))
    }

    /// What the store knows of the stream.
    pub(in super::super) fn info(
        &mut self,
        tenant: Option<&TenantId>,
        stream: &StreamName,
    ) -> Result<StreamInfo, StoreError> {
        self.in_snapshot(|session| {
            let Some(found) = session.find(tenant, stream)? else {
                return Ok(StreamInfo::default());
            };
            Ok(StreamInfo {
                last_revision: session.last_revision(found.key)?,
                deleted: found.metadata.is_deleted(),
                tombstoned: found.tombstoned,
                metadata: session.metadata(tenant, stream)?,
            })
        })
    }

    fn metadata(
        &mut self,
        tenant: Option<&TenantId>,
        of: &StreamName,
    ) -> Result<StreamMetadata, StoreError> {
        let stream = of.metadata_stream();
        let Some(key) = self.key(tenant, &stream)? else {
            return Ok(StreamMetadata::default());
        };
        let mut page = PageBuffer::default();
        let mut rows = self
            .backwards
            .query((key, 0, i64::MAX, i64::MIN))
            .map_err(store_error)?;
        if let Some(row) = rows.next().map_err(store_error)? {
            page.push(row)?;
        }
        drop(rows);
        let last = page.into_events(&mut self.kinds, &mut self.streams, self.unchecked)?;
        let Some(last) = last.first() else {
            return Ok(StreamMetadata::default());
        };
        StreamMetadata::from_json(&last.data)
            .map_err(|error| corrupt(format!("the last event of `{stream}` ({error})")))
    }

    pub(in super::super) fn locate(
        &mut self,
        tenant: Option<&TenantId>,
        stream: &StreamName,
        id: Uuid,
    ) -> Result<Option<Location>, StoreError> {
        let (Some(key), Some(tenant)) = (self.key(tenant, stream)?, self.tenant(tenant)?) else {
            return Ok(None);
        };
        let found = self
            .find_event
            .query_row((id.as_bytes(), tenant), |row| {
                Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()
            .map_err(store_error)?;
        Ok(found
            .filter(|(found, ..)| *found == key)
            .map(|(_, at, place)| Location {
                revision: revision(at),
                position: position(place),
            }))
    }

    /// Follows links to events that are visible. Leaves out the rest of the
    /// events, and says so, once it has enough for a page.
    pub(super) fn resolve(
        &mut self,
        events: Vec<RecordedEvent>,
    ) -> Result<(Vec<RecordedEvent>, bool), StoreError> {
        if !events.iter().any(rules::is_link) {
            return Ok((events, false));
        }
        let mut resolved = Vec::with_capacity(events.len());
        let mut bytes = 0;
        for event in events {
            if bytes >= PAGE_BYTES {
                return Ok((resolved, true));
            }
            let event = self.resolve_one(event)?;
            bytes += event.data.len() + event.metadata.as_bytes().len();
            resolved.push(event);
        }
        Ok((resolved, false))
    }

    fn resolve_one(&mut self, event: RecordedEvent) -> Result<RecordedEvent, StoreError> {
        let target = match rules::link_target(&event.data) {
            Some((revision, stream)) if rules::is_link(&event) => {
                self.visible_event(event.tenant.as_ref(), &stream, revision)?
            }
            _ => return Ok(event),
        };
        Ok(rules::resolve_link(event, target))
    }

    fn visible_event(
        &mut self,
        tenant: Option<&TenantId>,
        stream: &StreamName,
        revision: Revision,
    ) -> Result<Option<RecordedEvent>, StoreError> {
        let Some(found) = self.find(tenant, stream)? else {
            return Ok(None);
        };
        if found.tombstoned {
            return Ok(None);
        }
        let visibility = self.visibility(&found)?;
        let event = self.stored_at(&found, revision)?;
        Ok(event.filter(|event| visibility.shows(event.revision, event.recorded_at)))
    }

    /// The event of this revision, hidden or not.
    pub(super) fn stored_at(
        &mut self,
        found: &Found,
        revision: Revision,
    ) -> Result<Option<RecordedEvent>, StoreError> {
        let mut page = PageBuffer::default();
        let at = to_sql(revision.as_u64());
        let mut rows = self
            .forwards
            .query((found.key, at, at, i64::MIN))
            .map_err(store_error)?;
        if let Some(row) = rows.next().map_err(store_error)? {
            page.push(row)?;
        }
        drop(rows);
        let events = page.into_events(&mut self.kinds, &mut self.streams, self.unchecked)?;
        Ok(events.into_iter().next())
    }
}

impl Found {
    pub(super) fn check_readable(&self, stream: &StreamName) -> Result<(), StoreError> {
        if self.tombstoned {
            return Err(StoreError::StreamDeleted {
                stream: stream.clone(),
            });
        }
        Ok(())
    }
}
