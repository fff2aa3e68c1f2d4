mod keys;

use super::{
    ATTEMPT_HEADER, CONTENT_SCHEMA_KEY, EventStoreV1Config, METADATA_BASE64_HEADER,
    METADATA_HEADER, conversion::aggregate_type, error::corrupt, proto::EventMetadata,
};
use crate::{
    codec::JsonObject,
    event::{Metadata, RawMetadata},
    store::StoreError,
    stream::StreamName,
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use chrono::{DateTime, Utc};
use keys::Keys;
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
    let bytes = metadata.as_bytes();
    let text = std::str::from_utf8(bytes).ok();
    // What is no JSON object has no keys that others could use.
    let keys = text.and_then(Keys::read).unwrap_or_default();
    let created = keys.created().unwrap_or(now);
    into.timestamp_unix_ms = u64::try_from(created.timestamp_millis()).unwrap_or(0);
    into.correlation_id = keys.correlation_id.unwrap_or_default();
    into.causation_id = keys.causation_id.unwrap_or_default();
    into.content_schema = keys.content_schema.unwrap_or_default();
    into.actor_id = keys
        .user_id
        .or_else(|| config.actor.clone())
        .unwrap_or_default();
    into.headers.reserve(keys.others.len() + 2);
    for (key, text) in keys.others {
        match text {
            Some(text) => into.headers.insert(key.into_owned(), text),
            None => into.headers.remove(key.as_ref()),
        };
    }
    let (header, value) = match text {
        Some(text) if !text.contains('\0') => (METADATA_HEADER, text.to_owned()),
        _ => (METADATA_BASE64_HEADER, BASE64.encode(bytes)),
    };
    into.headers.insert(header.to_owned(), value);
}

/// Whether plumberd wrote the event: its metadata is there as it was written.
pub(super) fn is_own(meta: &EventMetadata) -> bool {
    meta.headers.contains_key(METADATA_HEADER) || meta.headers.contains_key(METADATA_BASE64_HEADER)
}

/// The metadata of an event of `stream`: as it was written, or what the fields
/// of another client's event say.
pub(super) fn read(
    meta: &mut EventMetadata,
    stream: &StreamName,
) -> Result<RawMetadata, StoreError> {
    if let Some(text) = meta.headers.remove(METADATA_HEADER) {
        return Ok(RawMetadata::new(text.into()));
    }
    if let Some(text) = meta.headers.remove(METADATA_BASE64_HEADER) {
        let bytes = BASE64.decode(text).map_err(|_| {
            corrupt(format!(
                "event `{}` has a header `{METADATA_BASE64_HEADER}` that is no base64",
                meta.event_id
            ))
        })?;
        return Ok(RawMetadata::new(bytes.into()));
    }
    Ok(RawMetadata::new(of_fields(meta, stream).to_bytes().into()))
}

fn of_fields(meta: &EventMetadata, stream: &StreamName) -> Metadata {
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
    let insert = |json: &mut JsonObject, key: &str, value: &str| {
        if !value.is_empty() {
            let _ = json.insert(key, value);
        }
    };
    insert(json, "$correlationId", &meta.correlation_id);
    insert(json, "$causationId", &meta.causation_id);
    insert(json, "UserId", &meta.actor_id);
    if meta.event_version > 1 {
        let _ = json.insert("Revision", &meta.event_version);
    }
    insert(json, CONTENT_SCHEMA_KEY, &meta.content_schema);
    if Uuid::parse_str(&meta.event_id).is_err() {
        insert(json, EVENT_ID_KEY, &meta.event_id);
    }
    if meta.aggregate_type != aggregate_type(stream) {
        insert(json, AGGREGATE_TYPE_KEY, &meta.aggregate_type);
    }
    let mut headers: Vec<_> = meta.headers.iter().collect();
    headers.sort();
    for (key, value) in headers {
        if !FIELDS.contains(&key.as_str()) && key != ATTEMPT_HEADER {
            let _ = json.insert(key, value);
        }
    }
    metadata
}
