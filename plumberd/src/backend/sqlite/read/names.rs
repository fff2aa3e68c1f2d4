use crate::{
    backend::sqlite::{
        checksum,
        error::{corrupt, store_error},
    },
    event::{ContentType, EventType},
    store::StoreError,
    stream::{StreamName, TenantId},
};
use lru::LruCache;
use rusqlite::{Connection, OptionalExtension, Statement};
use std::{num::NonZeroUsize, sync::Arc};

const KINDS: NonZeroUsize = NonZeroUsize::new(4096).unwrap();
const STREAMS: NonZeroUsize = NonZeroUsize::new(16_384).unwrap();

/// What events of one kind have in common.
#[derive(Debug, Clone)]
pub(super) struct Kind {
    pub(super) event_type: EventType,
    pub(super) content_type: ContentType,
    pub(super) shape: u32,
    /// The checksum of all this.
    pub(super) sum: u32,
}

/// Which stream it is, and whose.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) stream: StreamName,
    pub(super) tenant: Option<TenantId>,
    pub(super) tenant_key: i64,
    /// The checksum of all this.
    pub(super) sum: u32,
}

/// The kinds that this thread has come across. They never change.
pub(super) struct Kinds<'c> {
    find: Statement<'c>,
    known: LruCache<i64, Kind>,
}

impl<'c> Kinds<'c> {
    pub(super) fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            find: connection
                .prepare("SELECT event_type, content_type, shape FROM kinds WHERE kind = ?1")?,
            known: LruCache::new(KINDS),
        })
    }

    pub(super) fn get(&mut self, key: i64) -> Result<&Kind, StoreError> {
        if !self.known.contains(&key) {
            let kind = load_kind(&mut self.find, key)?;
            self.known.put(key, kind);
        }
        self.known
            .get(&key)
            .ok_or_else(|| corrupt(format!("kind {key} of events")))
    }
}

fn load_kind(find: &mut Statement<'_>, key: i64) -> Result<Kind, StoreError> {
    let (event_type, content_type, shape) = find
        .query_row([key], |row| {
            Ok((
                row.get::<_, Arc<str>>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, i64>(2)?,
            ))
        })
        .optional()
        .map_err(store_error)?
        .ok_or_else(|| corrupt(format!("events are of kind {key}, which there is not")))?;
    let event_type = EventType::new(event_type)
        .map_err(|error| corrupt(format!("kind {key} of events ({error})")))?;
    let content_type = ContentType::new(content_type);
    let shape = u32::try_from(shape)
        .map_err(|_| corrupt(format!("kind {key} of events has shape {shape}")))?;
    Ok(Kind {
        sum: checksum::of_kind(event_type.as_str(), content_type.as_str(), shape),
        event_type,
        content_type,
        shape,
    })
}

/// The streams that this thread has come across, by key. Names never change.
pub(super) struct Streams<'c> {
    find: Statement<'c>,
    known: LruCache<i64, Named>,
}

impl<'c> Streams<'c> {
    pub(super) fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            find: connection.prepare(
                "SELECT s.name, t.name, s.tenant FROM streams s LEFT JOIN tenants t ON t.tenant = s.tenant
                 WHERE s.stream = ?1",
            )?,
            known: LruCache::new(STREAMS),
        })
    }

    pub(super) fn get(&mut self, key: i64) -> Result<&Named, StoreError> {
        if !self.known.contains(&key) {
            let found = load_stream(&mut self.find, key)?;
            self.known.put(key, found);
        }
        self.known
            .get(&key)
            .ok_or_else(|| corrupt(format!("stream number {key}")))
    }
}

fn load_stream(find: &mut Statement<'_>, key: i64) -> Result<Named, StoreError> {
    let (stream, tenant, tenant_key) = find
        .query_row([key], |row| {
            Ok((
                row.get::<_, Arc<str>>(0)?,
                row.get::<_, Option<Arc<str>>>(1)?,
                row.get(2)?,
            ))
        })
        .optional()
        .map_err(store_error)?
        .ok_or_else(|| {
            corrupt(format!(
                "events are in stream number {key}, which there is not"
            ))
        })?;
    let wrong = |error: &dyn std::error::Error| corrupt(format!("stream number {key} ({error})"));
    if tenant.is_none() && tenant_key != 0 {
        // Else its events would be read as those of no tenant.
        return Err(corrupt(format!(
            "stream number {key} is of tenant number {tenant_key}, which there is not"
        )));
    }
    let stream = StreamName::raw(stream).map_err(|error| wrong(&error))?;
    let tenant = tenant
        .map(TenantId::new)
        .transpose()
        .map_err(|error| wrong(&error))?;
    Ok(Named {
        sum: checksum::of_name(&stream, tenant.as_ref()),
        stream,
        tenant,
        tenant_key,
    })
}
