mod keys;

use super::{
    ATTEMPT_HEADER, CONTENT_SCHEMA_KEY, EventStoreV1Config, METADATA_BASE64_HEADER,
    METADATA_HEADER,
    aggregate_type::aggregate_type,
    error::corrupt,
    wire::{EventMetadata, Header, bytes, text},
};
use crate::{
    codec::JsonObject,
    event::{Metadata, RawMetadata},
    store::StoreError,
    stream::StreamName,
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use keys::Keys;
use std::borrow::Cow;
use uuid::Uuid;

/// The key with the id of another client's event that is no UUID.
const EVENT_ID_KEY: &str = "$eventId";

/// The key with what another client says the aggregate's type is, where that is
/// not the stream's category.
const AGGREGATE_TYPE_KEY: &str = "$aggregateType";

/// Keys of the metadata that the protocol has a field for.
const FIELDS: [&str; 9] = [
    "Created",
    "$correlationId",
    "$causationId",
    "UserId",
    "TenantId",
    "Revision",
    CONTENT_SCHEMA_KEY,
    EVENT_ID_KEY,
    AGGREGATE_TYPE_KEY,
];

/// The headers that are plumberd's own begin so.
const OWN: &str = "plumberd-";

/// Writes `metadata` twice: as it is, in a header, so that it comes back byte
/// for byte; and, for other clients, as far as the protocol has a place for it.
///
/// Servers on a database refuse texts with a NUL, so none is sent.
pub(super) fn write(
    metadata: &RawMetadata,
    now: DateTime<Utc>,
    config: &EventStoreV1Config,
    into: &mut EventMetadata,
) {
    let json = metadata.as_bytes();
    let text = std::str::from_utf8(json).ok();
    // What is no JSON object has no keys that others could use.
    let keys = text.and_then(Keys::read).unwrap_or_default();
    let created = keys.created().unwrap_or(now);
    into.timestamp_unix_ms = u64::try_from(created.timestamp_millis()).unwrap_or(0);
    // A text without escapes is a part of the metadata, and not copied.
    let part = |text: Cow<'_, str>| match text {
        Cow::Borrowed(text) => json.slice_ref(text.as_bytes()),
        Cow::Owned(text) => text.into(),
    };
    into.correlation_id = keys.correlation_id.map(part).unwrap_or_default();
    into.causation_id = keys.causation_id.map(part).unwrap_or_default();
    into.content_schema = keys.content_schema.map(part).unwrap_or_default();
    into.actor_id = match (keys.user_id, &config.actor) {
        (Some(user), _) => part(user),
        (None, Some(actor)) => bytes(actor),
        (None, None) => Bytes::new(),
    };
    let own = match text {
        Some(text) if !text.contains('\0') => Header::new(METADATA_HEADER, json.clone()),
        _ => Header::new(METADATA_BASE64_HEADER, BASE64.encode(json)),
    };
    into.headers.reserve_exact(keys.others.len() + 2);
    into.headers
        .extend(keys.others.into_iter().map(|(key, text)| Header {
            key: part(key),
            value: part(text),
        }));
    into.headers.push(own);
}

/// Whether plumberd wrote the event: its metadata is there as it was written.
pub(super) fn is_own(meta: &EventMetadata) -> bool {
    meta.header(METADATA_HEADER)
        .or_else(|| meta.header(METADATA_BASE64_HEADER))
        .is_some()
}

/// The metadata of an event of `stream`: as it was written, or what the fields
/// of another client's event say.
pub(super) fn read(meta: &EventMetadata, stream: &StreamName) -> Result<RawMetadata, StoreError> {
    if let Some(text) = meta.header(METADATA_HEADER) {
        return Ok(RawMetadata::new(text.clone()));
    }
    if let Some(text) = meta.header(METADATA_BASE64_HEADER) {
        let bytes = BASE64.decode(text).map_err(|_| {
            corrupt(format!(
                "event `{}` has a header `{METADATA_BASE64_HEADER}` that is no base64",
                String::from_utf8_lossy(&meta.event_id)
            ))
        })?;
        return Ok(RawMetadata::new(bytes.into()));
    }
    let metadata = of_fields(meta, stream)?;
    Ok(RawMetadata::new(metadata.to_bytes().into()))
}

fn of_fields(meta: &EventMetadata, stream: &StreamName) -> Result<Metadata, StoreError> {
    let mut metadata = Metadata::new();
    let created = i64::try_from(meta.timestamp_unix_ms).unwrap_or(i64::MAX);
    if let Some(created) = DateTime::<Utc>::from_timestamp_millis(created)
        && created.timestamp_millis() != 0
    {
        // A year that has no text is left out, as one that was never said.
        let _ = metadata.set_created(created.fixed_offset());
    }
    let json = metadata.json_mut();
    // A text always has a JSON form; so has a number.
    let insert = |json: &mut JsonObject, key: &str, value: &Bytes| {
        if !value.is_empty() {
            let _ = json.insert(key, text(value)?);
        }
        Ok::<_, StoreError>(())
    };
    insert(json, "$correlationId", &meta.correlation_id)?;
    insert(json, "$causationId", &meta.causation_id)?;
    insert(json, "UserId", &meta.actor_id)?;
    if meta.event_version > 1 {
        let _ = json.insert("Revision", &meta.event_version);
    }
    insert(json, CONTENT_SCHEMA_KEY, &meta.content_schema)?;
    if Uuid::try_parse_ascii(&meta.event_id).is_err() {
        insert(json, EVENT_ID_KEY, &meta.event_id)?;
    }
    if meta.aggregate_type != aggregate_type(stream).as_bytes() {
        insert(json, AGGREGATE_TYPE_KEY, &meta.aggregate_type)?;
    }
    let mut headers: Vec<_> = meta.headers.iter().collect();
    headers.sort_by(|a, b| a.key.cmp(&b.key));
    for Header { key, value } in headers {
        let key = text(key)?;
        if !FIELDS.contains(&key) && key != ATTEMPT_HEADER {
            let _ = json.insert(key, text(value)?);
        }
    }
    Ok(metadata)
}
